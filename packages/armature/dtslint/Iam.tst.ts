import type { SerializationException, ValidationException } from "@armature/aws/Exceptions"
import { Armature, Attribute, type DynamoDB, Entity, Iam, key, type Kms, type S3, Table } from "armature"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "tstyche"

class Order extends Schema.Class<Order>("Order")({
  tenant: Schema.String,
  id: Schema.String,
  status: Schema.Literal("open", "paid"),
  secret: Attribute.encrypted(Schema.String)
}) {}

const keys = {
  primary: { pk: key`T#${"tenant"}`, sk: key`ORDER#${"id"}` },
  byStatus: { index: "gsi1", pk: key`T#${"tenant"}#${"status"}`, sk: key`${"id"}` }
} as const

const indexes = { gsi1: ["g1pk", "g1sk"] } as const

const Orders = Entity.make(Table.make("app", { key: ["pk", "sk"], indexes }), Order, keys)

const Staged = Entity.make(
  Table.make(Config.string("TABLE"), { key: ["pk", "sk"], indexes, logicalName: "app" }),
  Order,
  keys
)

const here = { account: "111122223333", region: "eu-central-1" }

type Made<E> = Effect.Effect<Iam.Policy, SerializationException | ValidationException | E>

describe("Iam", () => {
  it("a policy can fail with what finding the names of its tables can fail with", () => {
    expect(Iam.policy(here, [Iam.uses(Orders, ["get"])])).type.toBe<Made<never>>()
    expect(Iam.policy(here, [Iam.uses(Orders, ["get"]), Iam.uses(Staged, ["put"])])).type.toBe<Made<ConfigError>>()
    expect(Iam.policy(here, [Iam.sweeps(Staged)])).type.toBe<Made<ConfigError>>()
  })

  it("operations, indexes and attributes that the entity does not have do not compile", () => {
    expect(Iam.uses).type.toBeCallableWith(Orders, ["get", "query:primary", "query:byStatus", "scan:byStatus"])
    expect(Iam.uses).type.toBeCallableWith(Orders, [{ pick: ["status", "secret"], batch: true }])
    expect(Iam.uses).type.not.toBeCallableWith(Orders, ["find"])
    expect(Iam.uses).type.not.toBeCallableWith(Orders, ["query:gsi1"])
    expect(Iam.uses).type.not.toBeCallableWith(Orders, ["scan:primary"])
    expect(Iam.uses).type.not.toBeCallableWith(Orders, [{ pick: ["state"] }])
  })

  it("only parts of partition keys can be given, each of the attribute's own type, or as a variable", () => {
    expect(Iam.uses).type.toBeCallableWith(Orders, ["query:byStatus"], { tenant: "a", status: "open" })
    expect(Iam.uses).type.toBeCallableWith(Orders, ["get"], { tenant: Iam.variable("aws:PrincipalTag/tenant") })
    expect(Iam.uses).type.not.toBeCallableWith(Orders, ["get"], { id: "1" })
    expect(Iam.uses).type.not.toBeCallableWith(Orders, ["query:byStatus"], { tenant: "a", status: "lost" })
    expect(Iam.uses).type.not.toBeCallableWith(Orders, ["get"], { tenant: 1 })
  })
})

describe("Armature.check", () => {
  it("fails with nothing; `checkOrFail` with the report", () => {
    expect(Armature.check({ tables: [Orders.table] })).type.toBe<
      Effect.Effect<Armature.Report, never, DynamoDB.DynamoDB | Kms.Kms | S3.S3>
    >()
    expect(Armature.checkOrFail({ tables: [Orders.table] })).type.toBe<
      Effect.Effect<void, Armature.CheckFailedException, DynamoDB.DynamoDB | Kms.Kms | S3.S3>
    >()
  })

  it("a finding says what it is about", () => {
    expect<Extract<Armature.Finding, { _tag: "TableDifferent" }>["differences"]>().type.toBe<
      ReadonlyArray<Table.Difference>
    >()
    expect(Armature.check).type.not.toBeCallableWith({ keys: [{ key: "alias/app", rights: ["delete"] }] })
  })
})
