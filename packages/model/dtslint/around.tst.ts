import type { SerializationException, ValidationException } from "@armature/aws/Exceptions"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type { ItemTooLargeException } from "@armature/dynamodb/DynamoDBException"
import type { Decryptor } from "@armature/kms/Decryptor"
import type { EncryptionError } from "@armature/kms/EncryptionException"
import type { Encryptor } from "@armature/kms/Encryptor"
import * as Attribute from "@armature/model/Attribute"
import * as Collection from "@armature/model/Collection"
import * as Entity from "@armature/model/Entity"
import type { ConditionalCheckFailedException } from "@armature/model/EntityException"
import * as Evolution from "@armature/model/Evolution"
import * as Hooks from "@armature/model/Hooks"
import { key } from "@armature/model/Key"
import * as Migration from "@armature/model/Migration"
import * as StreamImage from "@armature/model/StreamImage"
import * as Table from "@armature/model/Table"
import { transact } from "@armature/model/Transact"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { describe, expect, it } from "tstyche"

const App = Table.make("app", { key: ["pk", "sk"], indexes: { gsi1: ["g1pk", "g1sk"] } })

class Order extends Schema.Class<Order>("Order")({ tenant: Schema.String, id: Schema.String, total: Schema.Number }) {}
const Orders = Entity.make(App, Order, {
  primary: { pk: key`T#${"tenant"}`, sk: key`ORDER#${"id"}` },
  byTotal: { index: "gsi1", pk: key`T#${"tenant"}`, sk: key`${"id"}` }
})

class Customer extends Schema.Class<Customer>("Customer")({
  tenant: Schema.String,
  name: Schema.String,
  ssn: Attribute.encrypted(Schema.String)
}) {}
const Customers = Entity.make(App, Customer, { primary: { pk: key`T#${"tenant"}`, sk: key`CUSTOMER#${"name"}` } })

class Visit extends Schema.Class<Visit>("Visit")({ place: Schema.String, at: Schema.String }) {}
const Visits = Entity.make(App, Visit, { primary: { pk: key`T#${"place"}`, sk: key`${"at"}` } })

const FromConfig = Entity.make(
  Table.make(Config.string("TABLE"), { key: ["pk"], logicalName: "app" }),
  Schema.Struct({ id: Schema.String }),
  { primary: { pk: key`${"id"}` } },
  { name: "Configured" }
)

class Refused {
  readonly _tag = "Refused"
}
class Denied {
  readonly _tag = "Denied"
}
interface Audit {
  readonly audit: true
}
interface Clearance {
  readonly clearance: true
}

declare const errorOf: <E>(effect: Effect.Effect<unknown, E, unknown>) => E
declare const contextOf: <R>(effect: Effect.Effect<unknown, unknown, R>) => R
declare const conditionOf: <E>(
  effect: Effect.Effect<unknown, E, unknown>
) => Extract<E, { readonly _tag: "ConditionalCheckFailedException" }>
declare const streamSuccessOf: <A>(stream: Stream.Stream<A, unknown, unknown>) => A
declare const streamErrorOf: <E>(stream: Stream.Stream<unknown, E, unknown>) => E
declare const streamContextOf: <R>(stream: Stream.Stream<unknown, unknown, R>) => R

declare const order: Order
declare const record: StreamImage.DynamoDBRecord
declare const admit: (order: Order) => Effect.Effect<Order, Refused, Audit>
declare const note: (input: unknown) => Effect.Effect<void, Denied, Clearance>
declare const reveal: (order: Order) => Effect.Effect<Order, Denied, Clearance>

describe("collections", () => {
  const Both = Collection.make({ orders: Orders, customers: Customers })
  type Both =
    | Collection.Tagged<"orders", Order>
    | Collection.Tagged<"customers", Customer>
  it("are the union of their members, with what each can fail with and needs", () => {
    expect(Both.query({ tenant: "t" })).type.toBe<
      Stream.Stream<
        Both,
        DynamoDB.QueryError | SerializationException | ValidationException | EncryptionError,
        DynamoDB.DynamoDB | Decryptor
      >
    >()
    const failing = Both.query({ tenant: "t" }, { others: "fail" })
    expect(streamErrorOf(failing)).type.toBe<
      | DynamoDB.QueryError
      | SerializationException
      | ValidationException
      | EncryptionError
      | Collection.NoMemberException
    >()
    expect<Effect.Effect.Success<ReturnType<typeof Both.grouped>>>().type.toBe<
      { readonly orders: ReadonlyArray<Order>; readonly customers: ReadonlyArray<Customer> }
    >()
  })
  it("need nothing that no member needs", () => {
    const One = Collection.make({ orders: Orders }, { index: "byTotal" })
    expect(One.query({ tenant: "t" })).type.toBe<
      Stream.Stream<
        Collection.Tagged<"orders", Order>,
        DynamoDB.QueryError | SerializationException | ValidationException,
        DynamoDB.DynamoDB
      >
    >()
  })
  it("have a partition that all members share, by an index that all have", () => {
    expect(Both.query).type.not.toBeCallableWith({})
    expect(Both.query).type.not.toBeCallableWith({ tenant: 1 })
    expect(Collection.make).type.not.toBeCallableWith({ orders: Orders, visits: Visits })
    expect(Collection.make).type.not.toBeCallableWith({ orders: Orders, customers: Customers }, { index: "byTotal" })
  })
})

describe("stream images", () => {
  it("are of an entity or a collection, opened by what it needs", () => {
    expect(StreamImage.decodeRecord(Customers, record)).type.toBe<
      Effect.Effect<
        Option.Option<StreamImage.Change<Customer>>,
        SerializationException | EncryptionError | StreamImage.StreamRecordException,
        Decryptor
      >
    >()
    const Both = Collection.make({ orders: Orders, customers: Customers })
    expect(StreamImage.decodeImage(Both, {})).type.toBe<
      Effect.Effect<
        Collection.Tagged<"orders", Order> | Collection.Tagged<"customers", Customer>,
        | SerializationException
        | EncryptionError
        | Collection.NoMemberException
        | StreamImage.StreamRecordException,
        Decryptor
      >
    >()
  })
  it("have what the view has", () => {
    expect<StreamImage.Insert<Order>["new"]>().type.toBe<Order>()
    expect<StreamImage.Modify<Order, "NEW_IMAGE">["old"]>().type.toBe<undefined>()
    expect<StreamImage.Remove<Order, "KEYS_ONLY">["old"]>().type.toBe<undefined>()
  })
  it("can fail with the table's name, as decode can", () => {
    expect(FromConfig.decode).type.toBe<
      (item: Parameters<typeof FromConfig.decode>[0]) => Effect.Effect<
        { readonly id: string },
        SerializationException | ConfigError,
        never
      >
    >()
  })
})

type Put =
  | DynamoDB.PutItemError
  | SerializationException
  | ValidationException
  | ItemTooLargeException

describe("hooks", () => {
  it("join the operations that run them, and no others", () => {
    const Before = Hooks.make(Orders, { beforePut: admit })
    const put = Before.put(order)
    expect(errorOf(put)).type.toBe<Put | Refused>()
    expect(contextOf(put)).type.toBe<DynamoDB.DynamoDB | Audit>()
    expect(put.fits).type.toBe<"batch">()
    const get = Before.get({ tenant: "t", id: "1" })
    expect(errorOf(get)).type.toBe<DynamoDB.GetItemError | SerializationException>()
    expect(contextOf(get)).type.toBe<DynamoDB.DynamoDB>()
    const removed = Before.delete({ tenant: "t", id: "1" })
    expect(contextOf(removed)).type.toBe<DynamoDB.DynamoDB>()
  })
  it("after a load is in every read, and in what stood there", () => {
    const Loaded = Hooks.make(Orders, { afterLoad: reveal })
    const get = Loaded.get({ tenant: "t", id: "1" })
    expect(errorOf(get)).type.toBe<DynamoDB.GetItemError | SerializationException | Denied>()
    expect(contextOf(get)).type.toBe<DynamoDB.DynamoDB | Clearance>()
    const put = Loaded.put(order, { if: (p) => p.total.missing })
    expect(contextOf(put)).type.toBe<DynamoDB.DynamoDB>()
    expect(conditionOf(put)).type.toBe<
      ConditionalCheckFailedException<Order, SerializationException | Denied, Clearance>
    >()
  })
  it("after a write make it go alone", () => {
    const After = Hooks.make(Orders, { afterUpdate: note })
    const update = After.update({ tenant: "t", id: "1" }, (p) => [p.total.set(1)])
    expect(update.fits).type.toBe<"alone">()
    expect(contextOf(update)).type.toBe<DynamoDB.DynamoDB | Clearance>()
    expect(transact).type.not.toBeCallableWith([update])
    expect(transact).type.toBeCallableWith([After.put(order)])
  })
  it("are those that there are", () => {
    expect(Hooks.make).type.not.toBeCallableWith(Orders, { beforeSave: note })
  })
})

describe("evolution", () => {
  const OrderV1 = Schema.Struct({
    tenant: Schema.String,
    id: Schema.String,
    secret: Attribute.encrypted(Schema.String)
  })
  it("adds to reads what an earlier schema takes", () => {
    const Evolved = Evolution.make(Orders, { previous: [Evolution.from(OrderV1, () => order)] })
    const get = Evolved.get({ tenant: "t", id: "1" })
    expect(errorOf(get)).type.toBe<
      DynamoDB.GetItemError | SerializationException | EncryptionError
    >()
    expect(contextOf(get)).type.toBe<DynamoDB.DynamoDB | Decryptor>()
    expect(contextOf(Evolved.create(order))).type.toBe<DynamoDB.DynamoDB>()
  })
  it("needs to write only where items are written back", () => {
    const CustomerV1 = Schema.Struct({ tenant: Schema.String, name: Schema.String })
    const from = Evolution.from(CustomerV1, (old) => new Customer({ ...old, ssn: "" }))
    const Read = Evolution.make(Customers, { previous: [from] })
    const Written = Evolution.make(Customers, { previous: [from], writeBack: true })
    const k = { tenant: "t", name: "n" }
    expect(contextOf(Read.get(k))).type.toBe<DynamoDB.DynamoDB | Decryptor>()
    expect(contextOf(Written.get(k))).type.toBe<
      DynamoDB.DynamoDB | Decryptor | Encryptor
    >()
    const migration = Migration.run(Read)
    expect(streamSuccessOf(migration)).type.toBe<Migration.Progress>()
    expect(streamContextOf(migration)).type.toBe<DynamoDB.DynamoDB | Decryptor | Encryptor>()
  })
  it("makes values of the entity, and only an entity with earlier schemas is migrated", () => {
    expect(Evolution.make).type.not.toBeCallableWith(Orders, { previous: [Evolution.from(OrderV1, () => 1)] })
    expect(Migration.run).type.not.toBeCallableWith(Orders)
  })
})
