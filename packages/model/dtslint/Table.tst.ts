/** A table's keys and indexes are literal types; what cannot be a key does not compile. */
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Table from "@armature/model/Table"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import type { Effect } from "effect/Effect"
import { describe, expect, it } from "tstyche"

const plain = Table.make("app", { key: ["pk"] })
const app = Table.make("app", {
  key: ["pk", "sk"],
  indexes: {
    gsi1: ["g1pk", "g1sk"],
    gsi2: { key: ["g2pk"], projection: ["total"] },
    multi: { partitionKey: ["tenant", "region"], sortKey: ["year", "month"], projection: "KEYS_ONLY" },
    many: { partitionKey: ["a", "b", "c", "d"] },
    byAge: { key: ["pk", "age"], local: true }
  },
  keyTypes: { age: "N", year: "N" }
})
const configured = Table.make(Config.string("TABLE"), { key: ["pk"], logicalName: "app" })

type Names =
  | "pk"
  | "sk"
  | "g1pk"
  | "g1sk"
  | "g2pk"
  | "tenant"
  | "region"
  | "year"
  | "month"
  | "a"
  | "b"
  | "c"
  | "d"
  | "age"

describe("Table", () => {
  it("keeps what was declared as literal types", () => {
    expect(plain).type.toBe<Table.Table<readonly ["pk"], {}, never, {}>>()
    expect(app.key).type.toBe<readonly ["pk", "sk"]>()
    expect(app.indexes.gsi1).type.toBe<readonly ["g1pk", "g1sk"]>()
    expect(app.indexes.multi.partitionKey).type.toBe<readonly ["tenant", "region"]>()
    expect(app.indexes.byAge.local).type.toBe<true>()
    expect(app.keyTypes).type.toBe<{ readonly age: "N"; readonly year: "N" }>()
    expect<Table.KeyAttributes<typeof app["key"], typeof app["indexes"]>>().type.toBe<Names>()
  })

  it("tells the two sides of each key", () => {
    type I = typeof app["indexes"]
    expect<Table.PartitionKeyOf<typeof app["key"]>>().type.toBe<readonly ["pk"]>()
    expect<Table.SortKeyOf<typeof app["key"]>>().type.toBe<readonly ["sk"]>()
    expect<Table.SortKeyOf<readonly ["pk"]>>().type.toBe<readonly []>()
    expect<Table.SortKeyOf<I["gsi1"]>>().type.toBe<readonly ["g1sk"]>()
    expect<Table.PartitionKeyOf<I["gsi2"]>>().type.toBe<readonly ["g2pk"]>()
    expect<Table.SortKeyOf<I["gsi2"]>>().type.toBe<readonly []>()
    expect<Table.PartitionKeyOf<I["multi"]>>().type.toBe<readonly ["tenant", "region"]>()
    expect<Table.SortKeyOf<I["multi"]>>().type.toBe<readonly ["year", "month"]>()
    expect<Table.SortKeyOf<I["many"]>>().type.toBe<readonly []>()
    expect<Table.SortKeyOf<I["byAge"]>>().type.toBe<readonly ["age"]>()
  })

  it("refuses keys that cannot be", () => {
    expect(Table.make).type.not.toBeCallableWith("app", { key: [] })
    expect(Table.make).type.not.toBeCallableWith("app", { key: ["a", "b", "c"] })
    expect(Table.make).type.not.toBeCallableWith("app", { key: ["pk"], indexes: { i: ["a", "b", "c"] } })
    expect(Table.make).type.not.toBeCallableWith("app", {
      key: ["pk"],
      indexes: { i: { partitionKey: ["a", "b", "c", "d", "e"] } }
    })
    expect(Table.make).type.not.toBeCallableWith("app", { key: ["pk"], indexes: { i: { partitionKey: [] } } })
  })

  it("refuses a local index with another partition key, or of a table without a sort key", () => {
    expect(Table.make).type.toBeCallableWith("app", {
      key: ["pk", "sk"],
      indexes: { i: { key: ["pk", "age"], local: true } }
    })
    expect(Table.make).type.not.toBeCallableWith("app", {
      key: ["pk", "sk"],
      indexes: { i: { key: ["other", "age"], local: true } }
    })
    expect(Table.make).type.not.toBeCallableWith("app", {
      key: ["pk"],
      indexes: { i: { key: ["pk", "age"], local: true } }
    })
  })

  it("refuses types for what is in no key, and types that no key has", () => {
    expect(Table.make).type.toBeCallableWith("app", { key: ["pk"], keyTypes: { pk: "B" } })
    expect(Table.make).type.not.toBeCallableWith("app", { key: ["pk"], keyTypes: { total: "N" } })
    expect(Table.make).type.not.toBeCallableWith("app", { key: ["pk"], keyTypes: { pk: "N", total: "N" } })
    expect(Table.make).type.not.toBeCallableWith("app", { key: ["pk"], keyTypes: { pk: "BOOL" } })
  })

  it("fails with a ConfigError only where the name is a Config, which needs a logical name", () => {
    expect(Table.name(app)).type.toBe<Effect<string>>()
    expect(Table.name(configured)).type.toBe<Effect<string, ConfigError>>()
    expect(Table.make).type.not.toBeCallableWith(Config.string("TABLE"), { key: ["pk"] })
  })

  it("is any table", () => {
    expect(app).type.toBeAssignableTo<Table.Any>()
    expect(configured).type.toBeAssignableTo<Table.Any>()
    expect(app).type.toBeAssignableTo<Table.Named<never>>()
    expect(configured).type.not.toBeAssignableTo<Table.Named<never>>()
  })

  it("is defined without an effect where the name is known", () => {
    expect(Table.definition(app)).type.toBe<Table.CreateTableInput>()
    expect(Table.definition(configured, "app-test")).type.toBe<Table.CreateTableInput>()
    expect(Table.definition).type.not.toBeCallableWith(configured)
  })

  it("names what creating and checking can fail with", () => {
    expect(Table.create(app)).type.toBe<
      Effect<
        void,
        | Exclude<DynamoDB.CreateTableError, { readonly _tag: "ResourceInUseException" }>
        | DynamoDB.WaitError
        | DynamoDB.DescribeTimeToLiveError
        | DynamoDB.UpdateTimeToLiveError
        | Table.TableMismatchException,
        DynamoDB.DynamoDB
      >
    >()
    expect(Table.verify(configured)).type.toBe<
      Effect<
        void,
        | ConfigError
        | DynamoDB.DescribeTableError
        | DynamoDB.DescribeTimeToLiveError
        | Table.TableMismatchException,
        DynamoDB.DynamoDB
      >
    >()
    expect(Table.differences(app)).type.toBe<
      Effect<
        ReadonlyArray<Table.Difference>,
        DynamoDB.DescribeTableError | DynamoDB.DescribeTimeToLiveError,
        DynamoDB.DynamoDB
      >
    >()
  })
})
