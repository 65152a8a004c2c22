/** Every feature of the model, each in one short test that is named as the feature is in `docs/features.md`. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Encryptor from "@armature/kms/Encryptor"
import * as Faults from "@armature/local/Faults"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as Attribute from "@armature/model/Attribute"
import { batch } from "@armature/model/Batch"
import * as Collection from "@armature/model/Collection"
import * as Entity from "@armature/model/Entity"
import * as Evolution from "@armature/model/Evolution"
import * as Hooks from "@armature/model/Hooks"
import * as Ids from "@armature/model/Ids"
import { key } from "@armature/model/Key"
import * as Loader from "@armature/model/Loader"
import * as Stored from "@armature/model/Stored"
import * as StreamImage from "@armature/model/StreamImage"
import * as Table from "@armature/model/Table"
import { transact } from "@armature/model/Transact"
import { describe, it } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { readFileSync } from "node:fs"
import { assert } from "vitest"
import { App, Order, Orders, type World, world } from "./shop.js"

const shown = new Set<string>()

/** Shows a feature, at a time that the test sets. */
const feature = (name: string, body: () => Effect.Effect<void, unknown, World | Scope.Scope>) => {
  shown.add(name)
  it.scoped(name, () => Effect.suspend(body).pipe(Effect.provide(world)))
}

class Account extends Schema.Class<Account>("Account")({
  id: Schema.String,
  balance: Schema.Number,
  version: Attribute.Version
}) {}

const Accounts = Entity.make(App, Account, { primary: { pk: key`ACCOUNT#${"id"}`, sk: key`ACCOUNT` } })

class User extends Schema.Class<User>("User")({ id: Schema.String, name: Schema.String }) {}

const Users = Entity.make(App, User, { primary: { pk: key`USER#${"id"}`, sk: key`USER` } })

const user = (id: string) => new User({ id, name: `name ${id}` })

const order = (id: string, total = 10) =>
  new Order({
    tenant: "acme",
    id,
    status: "open",
    region: "eu",
    total,
    big: 1n,
    lines: [{ sku: "a", qty: 1 }, { sku: "b", qty: 2 }],
    address: { zip: "10115", geo: { lat: 52.5 } },
    scores: { a: 1 },
    tags: new Set(["x", "y"]),
    long: "long",
    placedAt: DateTime.unsafeMake("2026-01-02T03:04:05.678Z")
  })

const one = { tenant: "acme", id: "1" }

/** The item as it lies in the table. */
const raw = (pk: string, sk: string) =>
  Effect.flatMap(
    DynamoDB.DynamoDB,
    (db) =>
      Effect.map(db.getItem({ TableName: "app", Key: { pk: { S: pk }, sk: { S: sk } } }), ({ Item }) => Item ?? {})
  )

const ids = <E, R>(stream: Stream.Stream<{ readonly id: string }, E, R>) =>
  Effect.map(Stream.runCollect(stream), (all) => Chunk.toReadonlyArray(all).map(({ id }) => id).join(""))

/** How many requests of an operation there were. */
const sent = (operation: keyof DynamoDB.Operations) =>
  Effect.flatMap(
    LocalDynamoDB.LocalDynamoDB,
    ({ callsTo }) => Effect.map(callsTo({ operation }), (calls) => calls.length)
  )

describe("features", () => {
  feature("Item on a failed condition", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1", 7))
      const e = yield* Effect.flip(Orders.put(order("1"), { if: (p) => p.total.gt(100) }))
      assert(e._tag === "ConditionalCheckFailedException")
      assert.deepStrictEqual(yield* e.decoded, Option.some(order("1", 7)))
    }))

  feature("Reasons of a canceled transaction", () =>
    Effect.gen(function*() {
      yield* Accounts.create({ id: "1", balance: 20 })
      const e = yield* Effect.flip(transact({
        user: Users.put(user("1")),
        account: Accounts.update({ id: "1", version: 1 }, (p) => [p.balance.add(-50)], { if: (p) => p.balance.gte(50) })
      }))
      assert(e._tag === "TransactionCanceledException")
      assert.deepStrictEqual(e.reasons.user, Option.none())
      const reason = Option.getOrThrow(e.reasons.account)
      assert(reason._tag === "ConditionalCheckFailedException")
      assert.strictEqual(Option.getOrThrow(yield* reason.decoded).balance, 20)
    }))

  feature("Schema model, typed paths", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1"))
      yield* Orders.update(one, (p) => [p.address.geo.lat.set(1), p.lines.at(0).qty.add(4), p.scores.at("b").set(2)])
      const found = yield* Orders.require(one)
      assert.instanceOf(found, Order)
      assert.deepStrictEqual([found.address.geo.lat, found.lines[0]?.qty, found.scores], [1, 5, { a: 1, b: 2 }])
    }))

  feature("Key templates, single table, collections", () =>
    Effect.gen(function*() {
      class Note extends Schema.Class<Note>("Note")({ tenant: Schema.String, id: Schema.String }) {}
      const Notes = Entity.make(App, Note, { primary: { pk: key`T#${"tenant"}`, sk: key`NOTE#${"id"}` } })
      yield* Notes.put(new Note({ tenant: "acme", id: "a#b" }))
      yield* Orders.put(order("1"))
      const { notes, orders } = yield* Collection.make({ notes: Notes, orders: Orders }).grouped({ tenant: "acme" })
      assert.deepStrictEqual([notes.map(({ id }) => id), orders.map(({ id }) => id)], [["a#b"], ["1"]])
    }))

  feature("Multi-attribute index keys", () =>
    Effect.gen(function*() {
      const Readings = Table.make("readings", {
        key: ["id"],
        indexes: { byPlace: { partitionKey: ["country", "city"], sortKey: ["year", "id"] } },
        keyTypes: { year: "N" }
      })
      class Reading extends Schema.Class<Reading>("Reading")({
        id: Schema.String,
        country: Schema.String,
        city: Schema.String,
        year: Schema.Number
      }) {}
      const Entities = Entity.make(Readings, Reading, {
        primary: { pk: key.attribute("id") },
        byPlace: { index: "byPlace" }
      })
      yield* Table.create(Readings)
      for (const [id, year] of [["1", 9], ["2", 10], ["3", 100]] as const) {
        yield* Entities.put(new Reading({ id, country: "de", city: "berlin", year }))
      }
      const found = Entities.query("byPlace", { country: "de", city: "berlin" }, { sk: { gte: { year: 10 } } })
      assert.strictEqual(yield* ids(found), "23")
    }))

  feature("Index keys never stale on update", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1"))
      const pay = (region: string) => Orders.update(one, (p) => [p.status.set("paid")], { given: { region } })
      // an index key that was made of what is not so would be stale: the update does not apply
      assert.strictEqual((yield* Effect.flip(pay("us")))._tag, "ConditionalCheckFailedException")
      yield* pay("eu")
      assert.deepStrictEqual((yield* raw("T#acme", "ORDER#1")).g1pk, { S: "T#acme#paid#eu" })
      assert.strictEqual(yield* ids(Orders.query("byStatus", { tenant: "acme", status: "paid", region: "eu" })), "1")
    }))

  feature("Atomic updates, all five expression kinds", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1"))
      // condition and update: SET, REMOVE, ADD, DELETE
      yield* Orders.update(one, (p) => [
        p.total.set(p.total.plus(5)),
        p.note.setIfMissing("n"),
        p.lines.append([{ sku: "c", qty: 3 }]),
        p.big.add(1n),
        p.tags.delete(new Set(["x"])),
        p.scores.at("a").remove
      ], { if: (p) => p.lines.size.eq(2).and(p.tags.contains("x")).and(p.address.zip.beginsWith("10")) })
      // projection
      assert.deepStrictEqual(
        yield* Orders.pick(one, ["total", "note", "big"]),
        Option.some({ total: 15, note: "n", big: 2n })
      )
      // key condition and filter
      const found = Orders.query("primary", { tenant: "acme" }, {
        sk: { between: [{ id: "1" }, { id: "2" }] },
        filter: (p) => p.lines.at(2).sku.eq("c").and(p.scores.at("a").missing)
      })
      assert.strictEqual(yield* ids(found), "1")
    }))

  feature("Smart update of what changed", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1"))
      yield* Orders.update(one, (p) => [p.address.geo.lat.set(1)])
      // what it does not change stays as it is now, not as it was read
      yield* Orders.save(order("1"), new Order({ ...order("1"), address: { zip: "new", geo: { lat: 52.5 } } }))
      assert.deepStrictEqual((yield* Orders.require(one)).address, { zip: "new", geo: { lat: 1 } })
    }))

  feature("Optimistic lock", () =>
    Effect.gen(function*() {
      const read = yield* Accounts.create({ id: "1", balance: 1 })
      const mine = yield* Accounts.put(new Account({ ...read, balance: 2 }))
      assert.strictEqual(mine.version, 2)
      const theirs = yield* Effect.flip(Accounts.put(new Account({ ...read, balance: 3 })))
      assert.strictEqual(theirs._tag, "ConditionalCheckFailedException")
      assert.strictEqual((yield* Accounts.require({ id: "1" })).balance, 2)
    }))

  feature("TTL, timestamps, generated ids", () =>
    Effect.gen(function*() {
      class Session extends Schema.Class<Session>("Session")({
        id: Attribute.uuid7,
        createdAt: Attribute.CreatedAt,
        expiresAt: Attribute.TimeToLive
      }) {}
      const Expiring = Table.make("expiring", { key: ["pk"], timeToLive: "expiresAt" })
      const Sessions = Entity.make(Expiring, Session, { primary: { pk: key`SESSION#${"id"}` } })
      yield* Table.create(Expiring)
      yield* TestClock.setTime(Date.parse("2026-03-01T00:00:00Z"))
      const expiresAt = DateTime.unsafeMake("2026-03-01T01:00:00Z")
      const made = yield* Sessions.create({ expiresAt }).pipe(Effect.provide(Ids.layerCounting))
      assert.match(made.id, /-000000000001$/)
      assert.strictEqual(DateTime.formatIso(made.createdAt), "2026-03-01T00:00:00.000Z")
      assert.strictEqual(yield* ids(Sessions.scan({ unexpired: true })), made.id)
      // DynamoDB takes its time to delete what has expired
      yield* TestClock.adjust("2 hours")
      assert.strictEqual(yield* ids(Sessions.scan({ unexpired: true })), "")
      assert.strictEqual((yield* Sessions.require(made)).id, made.id)
    }))

  feature("Query / scan as streams, cursor, parallel scan", () =>
    Effect.gen(function*() {
      yield* batch(Array.from({ length: 9 }, (_, i) => Orders.put(order(String(i)))))
      assert.strictEqual(yield* ids(Orders.query("primary", { tenant: "acme" }, { reverse: true })), "876543210")
      const first = yield* Orders.queryPage("primary", { tenant: "acme" }, { limit: 5 })
      const cursor = Option.getOrThrow(first.cursor)
      assert.strictEqual(yield* ids(Orders.query("primary", { tenant: "acme" }, { cursor })), "5678")
      const scanned = yield* ids(Orders.scan({ segments: 3 }))
      assert.strictEqual([...scanned].sort().join(""), "012345678")
    }))

  feature("Batches split, deduplicated, retried, leftovers returned", () =>
    Effect.gen(function*() {
      const all = Array.from({ length: 120 }, (_, i) => String(i))
      yield* batch(all.map((id) => Users.put(user(id))))
      assert.strictEqual(yield* sent("BatchWriteItem"), 5)
      const found = yield* batch([...all, ...all].map((id) => Users.require({ id })))
      assert.lengthOf(found, 240)
      assert.strictEqual(yield* sent("BatchGetItem"), 2)
      // one that is never done comes back, with all that was read
      const reading = yield* batch([Users.get({ id: "1" }), Users.get({ id: "2" })]).pipe(
        LocalDynamoDB.withFaults([{
          operation: "BatchGetItem",
          key: { pk: { S: "USER#2" } },
          nth: "every",
          unprocessed: "all"
        }]),
        Effect.flip,
        Effect.fork
      )
      yield* TestClock.adjust("10 minutes")
      const left = yield* reading
      assert(left._tag === "UnprocessedException")
      assert.deepStrictEqual(left.items, [Option.some(Option.some(user("1"))), Option.none()])
      assert.deepStrictEqual(yield* batch(left.unprocessed), [Option.some(user("2"))])
    }))

  feature("Gets batched automatically", () =>
    Effect.gen(function*() {
      yield* Users.put(user("1"))
      const { load } = yield* Loader.make({ window: "5 millis" })
      const loading = yield* Effect.fork(
        Effect.forEach(["1", "2", "1"], (id) => load(Users.get({ id })), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("5 millis")
      assert.deepStrictEqual(yield* loading, [Option.some(user("1")), Option.none(), Option.some(user("1"))])
      assert.strictEqual(yield* sent("BatchGetItem"), 1)
    }))

  feature("Transactions typed, idempotent", () =>
    Effect.gen(function*() {
      yield* Accounts.create({ id: "1", balance: 1 })
      const writing = yield* transact([
        Accounts.create({ id: "2", balance: 5 }),
        Accounts.update({ id: "1", version: 1 }, (p) => [p.balance.add(1)])
      ]).pipe(
        // its answer is lost, and it is sent again
        LocalDynamoDB.withFaults([{
          operation: "TransactWriteItems",
          effect: "after",
          failure: Faults.connectionReset
        }]),
        Effect.fork
      )
      yield* TestClock.adjust("1 minute")
      const [made, version] = yield* writing
      assert.deepStrictEqual([made.balance, version], [5, 2])
      assert.strictEqual((yield* Accounts.require({ id: "1" })).balance, 2)
      assert.strictEqual(yield* sent("TransactWriteItems"), 2)
    }))

  feature("bigint, decimal, binary, all sets", () =>
    Effect.gen(function*() {
      class Row extends Schema.Class<Row>("Row")({
        id: Schema.String,
        big: Schema.BigIntFromSelf,
        exact: Schema.BigDecimalFromSelf,
        bytes: Schema.Uint8ArrayFromSelf,
        texts: Schema.ReadonlySetFromSelf(Schema.String),
        numbers: Schema.ReadonlySetFromSelf(Schema.BigIntFromSelf),
        binaries: Schema.ReadonlySetFromSelf(Schema.Uint8ArrayFromSelf)
      }) {}
      const Rows = Entity.make(App, Row, { primary: { pk: key`ROW#${"id"}`, sk: key`ROW` } })
      const row = new Row({
        id: "1",
        big: 123456789012345678901234567890n,
        exact: BigDecimal.unsafeFromString("0.1234567890123456789"),
        bytes: new Uint8Array([0, 255]),
        texts: new Set(["a", "b"]),
        numbers: new Set([1n, 9007199254740993n]),
        binaries: new Set([new Uint8Array([1]), new Uint8Array([2])])
      })
      yield* Rows.put(row)
      const item = yield* raw("ROW#1", "ROW")
      assert.deepStrictEqual(item.exact, { N: "0.1234567890123456789" })
      assert.deepStrictEqual(Object.keys({ ...item.texts, ...item.numbers, ...item.binaries }), ["SS", "NS", "BS"])
      assert.deepStrictEqual(yield* Rows.require({ id: "1" }), row)
    }))

  class Customer extends Schema.Class<Customer>("Customer")({
    id: Schema.String,
    taxId: Attribute.encrypted(Schema.String)
  }) {}
  const Customers = Entity.make(App, Customer, { primary: { pk: key`CUSTOMER#${"id"}`, sk: key`CUSTOMER` } })

  feature("KMS-encrypted attributes", () =>
    Effect.gen(function*() {
      yield* Customers.put(new Customer({ id: "1", taxId: "SECRET" }))
      const item = yield* raw("CUSTOMER#1", "CUSTOMER")
      assert.notInclude(Buffer.from(item.taxId?.B ?? []).toString("latin1"), "SECRET")
      assert.strictEqual((yield* Customers.require({ id: "1" })).taxId, "SECRET")
      // it is bound to its item
      const db = yield* DynamoDB.DynamoDB
      yield* db.putItem({ TableName: "app", Item: { ...item, pk: { S: "CUSTOMER#2" } } })
      assert.strictEqual((yield* Effect.flip(Customers.require({ id: "2" })))._tag, "EncryptionException")
    }))

  feature("Read and write power separated", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const encryptor = yield* Encryptor.Encryptor
      const services = Context.make(DynamoDB.DynamoDB, db).pipe(Context.add(Encryptor.Encryptor, encryptor))
      const alone = <A, E>(effect: Effect.Effect<A, E, DynamoDB.DynamoDB | Encryptor.Encryptor>) =>
        Effect.mapInputContext(effect, (_: Context.Context<never>) => services)
      yield* alone(Customers.put(new Customer({ id: "1", taxId: "SECRET" })))
      yield* alone(Customers.update({ id: "1" }, (p) => [p.taxId.set("SECRET-2")]))
      assert.isTrue(Option.isSome(yield* alone(Customers.pick({ id: "1" }, ["id"]))))
      // @ts-expect-error: it opens what is sealed
      const opened = yield* Effect.exit(alone(Customers.require({ id: "1" })))
      assert.isTrue(Exit.isFailure(opened) && Cause.isDie(opened.cause))
    }))

  feature("Large values in S3", () =>
    Effect.gen(function*() {
      class Scan extends Schema.Class<Scan>("Scan")({
        id: Schema.String,
        pages: Attribute.offloaded(Schema.Uint8ArrayFromSelf, { prefix: "scans/" })
      }) {}
      const Scans = Entity.make(App, Scan, { primary: { pk: key`SCAN#${"id"}`, sk: key`SCAN` } })
      const bytes = new Uint8Array(1_000_000).fill(7)
      yield* Scans.put(new Scan({ id: "1", pages: Stored.of(bytes) }))
      const found = yield* Scans.require({ id: "1" })
      assert.strictEqual(found.pages.size, 1_000_000)
      assert.isTrue(Buffer.from(bytes).equals(yield* found.pages.read))
    }))

  feature("Compressed attributes", () =>
    Effect.gen(function*() {
      class Page extends Schema.Class<Page>("Page")({ id: Schema.String, text: Attribute.compressed(Schema.String) }) {}
      const Pages = Entity.make(App, Page, { primary: { pk: key`PAGE#${"id"}`, sk: key`PAGE` } })
      const text = "armature ".repeat(100_000)
      yield* Pages.put(new Page({ id: "1", text }))
      assert.isBelow((yield* raw("PAGE#1", "PAGE")).text?.B?.length ?? Infinity, 10_000)
      assert.strictEqual((yield* Pages.require({ id: "1" })).text, text)
    }))

  feature("Size calculator, size limit", () =>
    Effect.gen(function*() {
      const Small = Entity.make(App, User, { primary: { pk: key`SMALL#${"id"}`, sk: key`SMALL` } }, { maxSize: 1000 })
      const { attributes, read, share, size, write } = yield* Small.size(user("1"))
      assert.deepStrictEqual([attributes[0]?.attribute, share === size / 1000], ["__entity", true])
      assert.deepStrictEqual([read.eventuallyConsistent, write.total], [0.5, 1])
      const e = yield* Effect.flip(Small.put(new User({ id: "1", name: "x".repeat(1000) })))
      assert(e._tag === "ItemTooLargeException")
      assert.strictEqual(e.largest[0]?.attribute, "name")
      assert.strictEqual(yield* sent("PutItem"), 0)
    }))

  feature("Hooks", () =>
    Effect.gen(function*() {
      class Nameless extends Data.TaggedError("Nameless") {}
      const Hooked = Hooks.make(Users, {
        beforePut: (user) => user.name === "" ? new Nameless() : Effect.succeed(user),
        afterLoad: (user) => Effect.succeed(new User({ ...user, name: user.name.toUpperCase() }))
      })
      assert.strictEqual((yield* Effect.flip(Hooked.put(new User({ id: "1", name: "" }))))._tag, "Nameless")
      assert.strictEqual(yield* sent("PutItem"), 0)
      yield* Hooked.put(user("1"))
      assert.strictEqual((yield* Hooked.require({ id: "1" })).name, "NAME 1")
    }))

  feature("Table definition for tests and deploys", () =>
    Effect.gen(function*() {
      const Things = Table.make("things", { key: ["pk", "sk"], indexes: { gsi1: ["g1pk", "g1sk"] } })
      const { GlobalSecondaryIndexes: _, ...withoutIndex } = Table.definition(Things)
      const db = yield* DynamoDB.DynamoDB
      yield* db.createTable({
        ...withoutIndex,
        AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }, { AttributeName: "sk", AttributeType: "S" }]
      })
      const e = yield* Effect.flip(Table.verify(Things))
      assert(e._tag === "TableMismatchException")
      assert.include(e.message, "gsi1 is missing")
      yield* db.deleteTable({ TableName: "things" })
      yield* Table.create(Things)
      yield* Table.verify(Things)
    }))

  feature("Stream images decoded", () =>
    Effect.gen(function*() {
      yield* Users.put(user("1"))
      const NewImage = yield* raw("USER#1", "USER")
      const change = yield* StreamImage.decodeRecord(Users, {
        eventName: "INSERT",
        // as Lambda hands it over
        dynamodb: { Keys: { pk: { S: "USER#1" }, sk: { S: "USER" } }, SequenceNumber: "1", NewImage: { ...NewImage } }
      })
      const inserted = Option.getOrThrow(change)
      assert(inserted._tag === "Insert")
      assert.deepStrictEqual(inserted.new, user("1"))
    }))

  feature("Old items against a new schema (migrate on read)", () =>
    Effect.gen(function*() {
      yield* Users.put(new User({ id: "1", name: "Ada Lovelace" }))
      class Now extends Schema.Class<Now>("User")({ id: Schema.String, names: Schema.Array(Schema.String) }) {}
      const primary = { pk: key`USER#${"id"}`, sk: key`USER` }
      const Current = Entity.make(App, Now, { primary })
      const Evolving = Evolution.make(Current, {
        previous: [Evolution.from(User, ({ id, name }) => new Now({ id, names: name.split(" ") }))],
        writeBack: true
      })
      assert.strictEqual((yield* Effect.flip(Current.require({ id: "1" })))._tag, "SerializationException")
      assert.deepStrictEqual((yield* Evolving.require({ id: "1" })).names, ["Ada", "Lovelace"])
      assert.deepStrictEqual((yield* Current.require({ id: "1" })).names, ["Ada", "Lovelace"])
    }))

  it("are those that docs/features.md tells of", () => {
    const text = readFileSync(new URL("../../../../docs/features.md", import.meta.url), "utf8")
    const [, model = ""] = /^## The model\n([^]*?)^## /m.exec(text) ?? []
    const told = [...model.matchAll(/^\| ([^|]*[^| ]) +\|/gm)].map(([, name]) => name)
    assert.deepStrictEqual(told, ["Feature", ...shown])
  })
})
