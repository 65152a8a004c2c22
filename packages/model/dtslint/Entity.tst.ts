import type { SerializationException, ValidationException } from "@armature/aws/Exceptions"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type { ItemTooLargeException } from "@armature/dynamodb/DynamoDBException"
import type { Decryptor } from "@armature/kms/Decryptor"
import type { EncryptionError } from "@armature/kms/EncryptionException"
import type { Encryptor } from "@armature/kms/Encryptor"
import * as Attribute from "@armature/model/Attribute"
import * as Entity from "@armature/model/Entity"
import type { ConditionalCheckFailedException, ItemNotFoundException } from "@armature/model/EntityException"
import { key } from "@armature/model/Key"
import * as Table from "@armature/model/Table"
import type { Blobs } from "@armature/s3/Blobs"
import type { S3AttributeException } from "@armature/s3/S3AttributeException"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { describe, expect, it } from "tstyche"

const App = Table.make("app", { key: ["pk", "sk"], indexes: { gsi1: ["g1pk", "g1sk"] } })

class Order extends Schema.Class<Order>("Order")({
  tenant: Schema.String,
  id: Schema.String,
  status: Schema.Literal("open", "paid"),
  region: Schema.String,
  total: Schema.Number,
  big: Schema.BigIntFromSelf,
  lines: Schema.Array(Schema.Struct({ sku: Schema.String, qty: Schema.Number })),
  address: Schema.Struct({ zip: Schema.String, geo: Schema.Struct({ lat: Schema.Number }) }),
  scores: Schema.Record({ key: Schema.String, value: Schema.Number }),
  tags: Schema.ReadonlySetFromSelf(Schema.String),
  note: Schema.optionalWith(Schema.String, { exact: true }),
  long: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("l")),
  nick: Schema.optionalWith(Schema.String, { as: "Option" }),
  ssn: Attribute.encrypted(Schema.String),
  card: Schema.Struct({ pan: Attribute.encrypted(Schema.String), month: Schema.Number }),
  invoice: Attribute.offloaded(Schema.Uint8ArrayFromSelf, { prefix: "invoices/" }),
  placedAt: Schema.DateTimeUtc,
  n: Schema.Number
}) {}

const Orders = Entity.make(App, Order, {
  primary: { pk: key`T#${"tenant"}`, sk: key`ORDER#${"id"}` },
  byStatus: { index: "gsi1", pk: key`T#${"tenant"}#${"status"}#${"region"}`, sk: key`${"placedAt"}#${"n"}` }
})

class Account extends Schema.Class<Account>("Account")({
  id: Schema.String,
  balance: Schema.Number,
  version: Attribute.Version,
  createdAt: Attribute.CreatedAt
}) {}
const Accounts = Entity.make(App, Account, { primary: { pk: key`A#${"id"}`, sk: key`A` } })

declare const errorOf: <E>(effect: Effect.Effect<unknown, E, unknown>) => E
declare const contextOf: <R>(effect: Effect.Effect<unknown, unknown, R>) => R
declare const successOf: <A>(effect: Effect.Effect<A, unknown, unknown>) => A
declare const conditionOf: <E>(
  effect: Effect.Effect<unknown, E, unknown>
) => Extract<E, { readonly _tag: "ConditionalCheckFailedException" }>

declare const order: Order
declare const account: Account

type Old = ConditionalCheckFailedException<
  Order,
  SerializationException | EncryptionError,
  Decryptor
>
type Put =
  | DynamoDB.PutItemError
  | SerializationException
  | ValidationException
  | ItemTooLargeException
  | EncryptionError
  | S3AttributeException
type Read = DynamoDB.GetItemError | SerializationException | EncryptionError

const k = { tenant: "t", id: "1" }

describe("channels", () => {
  it("an unconditional put cannot fail on a condition, and cannot decrypt", () => {
    const put = Orders.put(order)
    expect(errorOf(put)).type.toBe<Put>()
    expect(contextOf(put)).type.toBe<DynamoDB.DynamoDB | Encryptor | Blobs>()
    expect(successOf(put)).type.toBe<void>()
    expect(put.fits).type.toBe<"batch">()
  })
  it("a condition adds its failure, with the item that stood there", () => {
    const put = Orders.put(order, { if: (p) => p.id.missing })
    expect(errorOf(put)).type.toBe<Put | Old>()
    expect(contextOf(put)).type.toBe<DynamoDB.DynamoDB | Encryptor | Blobs>()
    expect(put.fits).type.toBe<"transact">()
    const seen = put.pipe(Effect.catchTag("ConditionalCheckFailedException", (e) => e.decoded))
    expect(successOf(seen)).type.toBe<void | Option.Option<Order>>()
  })
  it("a get cannot encrypt", () => {
    const get = Orders.get(k)
    expect(errorOf(get)).type.toBe<Read>()
    expect(contextOf(get)).type.toBe<DynamoDB.DynamoDB | Decryptor>()
    expect(successOf(get)).type.toBe<Option.Option<Order>>()
    const require = Orders.require(k)
    expect(errorOf(require)).type.toBe<Read | ItemNotFoundException>()
    expect(successOf(require)).type.toBe<Order>()
  })
  it("what is picked says what it takes", () => {
    const plain = Orders.pick(k, ["status", "total"])
    expect(successOf(plain)).type.toBe<Option.Option<Pick<Order, "status" | "total">>>()
    expect(contextOf(plain)).type.toBe<DynamoDB.DynamoDB>()
    expect(errorOf(plain)).type.toBe<DynamoDB.GetItemError | SerializationException>()
    const sealed = Orders.pick(k, ["ssn"])
    expect(contextOf(sealed)).type.toBe<DynamoDB.DynamoDB | Decryptor>()
  })
  it("an update takes what it writes", () => {
    const plain = Orders.update(k, (p) => [
      p.total.add(1),
      p.big.add(1n),
      p.address.zip.set("x"),
      p.lines.at(0).qty.set(p.total),
      p.tags.add(new Set(["a"])),
      p.long.set("x"),
      p.nick.set("y"),
      p.nick.remove,
      p.note.remove,
      p.scores.at("a").remove,
      p.card.month.set(3)
    ])
    expect(contextOf(plain)).type.toBe<DynamoDB.DynamoDB>()
    expect(errorOf(plain)).type.toBe<
      DynamoDB.UpdateItemError | SerializationException | ValidationException | ItemNotFoundException
    >()
    expect(errorOf(Orders.update(k, (p) => [p.total.add(1)], { upsert: true }))).type.toBe<
      DynamoDB.UpdateItemError | SerializationException | ValidationException
    >()
    const sealed = Orders.update(k, (p) => [p.ssn.set("123")])
    expect(contextOf(sealed)).type.toBe<DynamoDB.DynamoDB | Encryptor>()
    const inner = Orders.update(k, (p) => [p.card.set({ pan: "1", month: 2 })])
    expect(contextOf(inner)).type.toBe<DynamoDB.DynamoDB | Encryptor>()
    const all = Orders.update(k, (p) => [p.total.add(1)], {
      if: (p) => p.address.geo.lat.gt(1).and(p.status.eq("open")).or(p.ssn.exists),
      return: "ALL_NEW"
    })
    expect(successOf(all)).type.toBe<Order>()
    expect(contextOf(all)).type.toBe<DynamoDB.DynamoDB | Decryptor>()
    expect(conditionOf(all)).type.toBe<
      Old
    >()
  })
  it("a versioned entity has its lock in every write", () => {
    type Locked = ConditionalCheckFailedException<Account, SerializationException>
    const put = Accounts.put(account)
    expect(errorOf(put)).type.toBe<
      DynamoDB.PutItemError | SerializationException | ValidationException | ItemTooLargeException | Locked
    >()
    expect(contextOf(put)).type.toBe<DynamoDB.DynamoDB>()
    expect(successOf(put)).type.toBe<Account>()
    expect(put.fits).type.toBe<"transact">()
    const updated = Accounts.update(account, (p) => [p.balance.add(1)])
    expect(successOf(updated)).type.toBe<number>()
    expect(errorOf(updated)).type.toBe<
      DynamoDB.UpdateItemError | SerializationException | ValidationException | Locked
    >()
    expect(Accounts.delete).type.toBeCallableWith({ id: "1", version: 2 })
    expect(Accounts.delete).type.not.toBeCallableWith({ id: "1" })
    expect(Accounts.create).type.toBeCallableWith({ id: "1", balance: 1 })
    expect(Accounts.create).type.not.toBeCallableWith({ id: "1" })
  })
  it("a table's name from Config can be missing", () => {
    const Named = Table.make(Config.string("TABLE"), { key: ["pk", "sk"], logicalName: "app" })
    const Entities = Entity.make(Named, Account, { primary: { pk: key`A#${"id"}`, sk: key`A` } })
    const get = Entities.get({ id: "1" })
    expect(errorOf(get)).type.toBe<DynamoDB.GetItemError | SerializationException | ConfigError>()
  })
  it("queries are streams", () => {
    const found = Orders.query("byStatus", { tenant: "t", status: "open", region: "eu" }, {
      sk: { gte: { placedAt: order.placedAt } },
      filter: (p) => p.lines.at(0).qty.gte(2)
    })
    expect(found).type.toBe<
      Stream.Stream<
        Order,
        DynamoDB.QueryError | SerializationException | EncryptionError,
        DynamoDB.DynamoDB | Decryptor
      >
    >()
  })
})

describe("create", () => {
  class Draft extends Schema.Class<Draft>("Draft")({
    id: Attribute.ulid,
    title: Schema.String,
    kind: Schema.Literal("note", "letter"),
    tags: Schema.ReadonlySetFromSelf(Schema.String),
    lines: Schema.Array(Schema.Struct({ kind: Schema.Literal("a", "b") })),
    state: Schema.optionalWith(Schema.String, { default: () => "new" }),
    place: Schema.String.pipe(Schema.propertySignature, Schema.withConstructorDefault(() => "here")),
    version: Attribute.Version
  }) {}
  const Drafts = Entity.make(App, Draft, { primary: { pk: key`DRAFT#${"id"}`, sk: key`DRAFT` } })
  it("asks for what neither fills itself nor has a default", () => {
    const draft = { title: "x", tags: new Set<string>() }
    Drafts.create({ ...draft, kind: "note", lines: [{ kind: "a" }] })
    Drafts.create({ title: "x", kind: "note", tags: new Set(), lines: [], state: "old", place: "there" })
    // @ts-expect-error Refused<"title is missing">
    Drafts.create({ kind: "note", tags: new Set(), lines: [] })
    // @ts-expect-error Type '"postcard"' is not assignable to type '"note" | "letter"'
    Drafts.create({ ...draft, kind: "postcard", lines: [] })
    // @ts-expect-error 'stat' does not exist in type
    Drafts.create({ ...draft, kind: "note", lines: [], stat: "old" })
  })
})

describe("consistent reads", () => {
  const Local = Table.make("local", {
    key: ["pk", "sk"],
    indexes: { gsi1: ["g1pk", "g1sk"], lsi1: { key: ["pk", "l1sk"], local: true } }
  })
  const Both = Entity.make(Local, Account, {
    primary: { pk: key`A#${"id"}`, sk: key`A` },
    mine: { index: "lsi1", sk: key`${"balance"}` },
    all: { index: "gsi1", pk: key`ALL`, sk: key`${"balance"}` }
  })
  it("are there of the table and of its local indexes", () => {
    Both.query("primary", { id: "1" }, { consistent: true })
    Both.query("mine", { id: "1" }, { consistent: true })
    Both.scan({ consistent: true })
    Both.scan({ index: "mine", consistent: true })
    Both.scan({ index: "all" })
    // @ts-expect-error a global index has no consistent reads
    Both.query("all", {}, { consistent: true })
    // @ts-expect-error a global index has no consistent reads
    Both.queryPage("all", {}, { consistent: true })
    // @ts-expect-error a global index has no consistent reads
    Both.scan({ index: "all", consistent: true })
  })
})

describe("paths", () => {
  it("have what DynamoDB has for what is stored", () => {
    Orders.put(order, { if: (p) => p.placedAt.gt(order.placedAt).and(p.placedAt.beginsWith("2026")) })
    Orders.put(order, { if: (p) => p.long.eq("x").and(p.scores.at("a").gt(1)).and(p.tags.contains("a")) })
    Orders.put(order, { if: (p) => p.lines.at(0).sku.size.gt(3).and(p.total.between(1, 2)).and(p.status.in(["open"])) })
    // @ts-expect-error! a date's internals are not paths
    Orders.put(order, { if: (p) => p.placedAt.epochMillis.gt(1) })
    // @ts-expect-error! a sealed attribute cannot be compared
    Orders.put(order, { if: (p) => p.ssn.eq("x") })
    // @ts-expect-error! nor one inside
    Orders.put(order, { if: (p) => p.card.pan.eq("x") })
    // @ts-expect-error! nor the whole around one
    Orders.put(order, { if: (p) => p.card.eq({ pan: "1", month: 1 }) })
    // @ts-expect-error! an offloaded attribute cannot be compared
    Orders.put(order, { if: (p) => p.invoice.eq(new Uint8Array()) })
    // @ts-expect-error! no beginsWith on numbers
    Orders.put(order, { if: (p) => p.total.beginsWith("x") })
    // @ts-expect-error! wrong operand
    Orders.put(order, { if: (p) => p.address.zip.eq(1) })
    // @ts-expect-error! add on a string
    Orders.update(k, (p) => [p.long.add(1)])
    // @ts-expect-error! a required attribute cannot be removed
    Orders.update(k, (p) => [p.total.remove])
    // @ts-expect-error! an option that is not there
    Orders.put(order, { fi: 1 })
  })
})

describe("keys", () => {
  it("are whole", () => {
    // @ts-expect-error is not assignable to parameter of type 'Pick<Order, ..."id"
    Orders.get({ tenant: "t" })
    // @ts-expect-error Argument of type '"nope"' is not assignable to parameter of type '"primary" | "byStatus"'
    Orders.query("nope", { tenant: "t" })
    // @ts-expect-error is not assignable to parameter of type 'Whole<Order, readonly ["tenant", "status", "region"]>'
    Orders.query("byStatus", { tenant: "t" })
    // @ts-expect-error! a range with a hole
    Orders.query("byStatus", { tenant: "t", status: "open", region: "eu" }, { sk: { gte: { n: 1 } } })
    Orders.query("byStatus", { tenant: "t", status: "open", region: "eu" }, {
      sk: { gte: { placedAt: order.placedAt, n: 1 } }
    })
  })
  it("are asked for by the value itself, of an attribute that need not be there, too", () => {
    class Doc extends Schema.Class<Doc>("Doc")({
      id: Schema.String,
      nick: Schema.optionalWith(Schema.String, { as: "Option" }),
      rank: Schema.optional(Schema.Number),
      state: Schema.optionalWith(Schema.String, { default: () => "new" })
    }) {}
    const Docs = Entity.make(App, Doc, {
      primary: { pk: key`DOC#${"id"}`, sk: key`DOC` },
      byNick: { index: "gsi1", pk: key`NICK#${"nick"}`, sk: key`${"rank"}#${"state"}` }
    })
    expect<Parameters<typeof Docs.query<"byNick">>[1]>().type.toBe<{ readonly nick: string }>()
    Docs.query("byNick", { nick: "m" }, { sk: { between: [{ rank: 1 }, { rank: 2, state: "new" }] } })
    Docs.update({ id: "1" }, (p) => [p.state.set("old")], { given: { rank: 1 } })
    // @ts-expect-error Type 'Option<string>' is not assignable to type 'string'
    Docs.query("byNick", { nick: Option.some("m") })
  })
  it("are never stale", () => {
    Orders.update(k, (p) => [p.n.set(2)], { given: { placedAt: order.placedAt } })
    Orders.update(k, (p) => [p.status.set("paid")], { given: { region: "eu" } })
    Orders.update(k, (p) => [p.status.set("paid"), p.region.set("eu")])
    const given = Orders.update(k, (p) => [p.status.set("paid")], { given: { region: "eu" } })
    expect(conditionOf(given)).type
      .toBe<
        Old
      >()
    // @ts-expect-error! given is missing
    Orders.update(k, (p) => [p.status.set("paid")])
    // @ts-expect-error! given is not all
    Orders.update(k, (p) => [p.status.set("paid")], { given: {} })
    // @ts-expect-error! given for nothing
    Orders.update(k, (p) => [p.total.add(1)], { given: { region: "eu" } })
    // @ts-expect-error n is part of an index key: it can only be set to a value
    Orders.update(k, (p) => [p.total.add(1), p.n.add(1)])
    // @ts-expect-error n is part of an index key: it can only be set to a value
    Orders.update(k, (p) => [p.n.add(1)], { given: { placedAt: order.placedAt } })
    // @ts-expect-error id is part of the primary key: no update changes it
    Orders.update(k, (p) => [p.id.set("2")])
    // @ts-expect-error version is the version: each write counts it up by itself
    Accounts.update(account, (p) => [p.version.set(2)])
    // @ts-expect-error is not assignable to parameter of type 'Pick<Account, ..."version"
    Accounts.update({ id: "1" }, (p) => [p.balance.add(1)])
    // @ts-expect-error is not assignable to parameter of type 'Pick<Account, ..."version"
    Accounts.delete({ id: "1" })
  })
  it("are made of attributes that can be in one", () => {
    // @ts-expect-error! an attribute that does not exist
    Entity.make(App, Order, { primary: { pk: key`T#${"tenantt"}`, sk: key`ORDER#${"id"}` } })
    // @ts-expect-error! a sealed one
    Entity.make(App, Order, { primary: { pk: key`T#${"tenant"}`, sk: key`${"ssn"}` } })
    // @ts-expect-error! an optional one in the primary key
    Entity.make(App, Order, { primary: { pk: key`T#${"tenant"}`, sk: key`${"note"}` } })
    // @ts-expect-error! a structured one
    Entity.make(App, Order, { primary: { pk: key`T#${"tenant"}`, sk: key`${"address"}` } })
    // @ts-expect-error! no sort key
    Entity.make(App, Order, { primary: { pk: key`T#${"tenant"}` } })
    Entity.make(App, Order, {
      primary: { pk: key`T#${"tenant"}`, sk: key`${"id"}` },
      // @ts-expect-error! an unknown index
      x: { index: "gsi9", pk: key`${"status"}`, sk: key`${"n"}` }
    })
  })
})

describe("what is sealed", () => {
  class Loose extends Schema.Class<Loose>("Loose")({
    id: Schema.String,
    all: Schema.Array(Schema.Struct({ pan: Attribute.encrypted(Schema.String) }))
  }) {}
  class Optional extends Schema.Class<Optional>("Optional")({
    id: Schema.String,
    ssn: Schema.optional(Attribute.encrypted(Schema.String)),
    pan: Schema.NullOr(Attribute.encrypted(Schema.String))
  }) {}
  const keys = { primary: { pk: key`${"id"}`, sk: key`x` } } as const
  it("stands where it has a place of its own", () => {
    // @ts-expect-error! in a list it has none
    Entity.make(App, Loose, keys)
  })
  it("keeps its mark when it is optional or may be null", () => {
    const entities = Entity.make(App, Optional, keys)
    const put = entities.put(new Optional({ id: "1", pan: null }))
    expect(contextOf(put)).type.toBe<DynamoDB.DynamoDB | Encryptor>()
    const some = entities.pick({ id: "1" }, ["id"])
    expect(contextOf(some)).type.toBe<DynamoDB.DynamoDB>()
  })
})

describe("unions", () => {
  class Cat extends Schema.TaggedClass<Cat>()("Cat", { id: Schema.String, lives: Schema.Number }) {}
  class Dog extends Schema.TaggedClass<Dog>()("Dog", { id: Schema.String, bark: Attribute.encrypted(Schema.String) }) {}
  const Pets = Entity.make(App, Schema.Union(Cat, Dog), { primary: { pk: key`${"id"}`, sk: key`x` } })
  it("have the paths of all members, and need what any needs", () => {
    const put = Pets.put(new Cat({ id: "1", lives: 9 }), { if: (p) => p.lives.gt(1).and(p._tag.eq("Cat")) })
    expect(contextOf(put)).type.toBe<DynamoDB.DynamoDB | Encryptor>()
    const get = Pets.get({ id: "1" })
    expect(successOf(get)).type.toBe<Option.Option<Cat | Dog>>()
  })
  it("are created of what neither fills itself nor has a default in the value's own member", () => {
    class Tram extends Schema.TaggedClass<Tram>()("Tram", {
      id: Schema.String,
      state: Schema.optionalWith(Schema.String, { default: () => "idle" }),
      at: Attribute.CreatedAt
    }) {}
    class Bus extends Schema.TaggedClass<Bus>()("Bus", {
      id: Schema.String,
      state: Schema.String,
      at: Schema.DateTimeUtc
    }) {}
    const Lines = Entity.make(App, Schema.Union(Tram, Bus), { primary: { pk: key`${"id"}`, sk: key`x` } })
    const at = order.placedAt
    Lines.create({ _tag: "Tram", id: "1" })
    Lines.create({ _tag: "Tram", id: "1", state: "x", at })
    Lines.create({ _tag: "Bus", id: "1", state: "x", at })
    Lines.create(new Bus({ id: "1", state: "x", at }))
    // @ts-expect-error! the default is the other's
    Lines.create({ _tag: "Bus", id: "1", at })
    // @ts-expect-error! the other fills it
    Lines.create({ _tag: "Bus", id: "1", state: "x" })
    // @ts-expect-error! what tells them apart has a default in each
    Lines.create({ id: "1", state: "x", at })
  })
})
