/** What entities promise, over the service and the engine in process. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Faults from "@armature/local/Faults"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as Attribute from "@armature/model/Attribute"
import * as Entity from "@armature/model/Entity"
import type * as Expression from "@armature/model/Expression"
import { key as template } from "@armature/model/Key"
import * as Stored from "@armature/model/Stored"
import { transact } from "@armature/model/Transact"
import { describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { inspect } from "node:util"
import { assert } from "vitest"
import { Account, Accounts, App, Customer, Customers, Order, Orders, type World, world } from "./shop.js"

const order = (id: string, more: Partial<ConstructorParameters<typeof Order>[0]> = {}) =>
  new Order({
    tenant: "acme",
    id,
    status: "open",
    region: "eu",
    total: 10,
    big: 12345678901234567890n,
    lines: [{ sku: "a", qty: 1 }, { sku: "b", qty: 2 }],
    address: { zip: "10115", geo: { lat: 52.5 } },
    scores: { a: 1 },
    tags: new Set(["x"]),
    long: "long",
    placedAt: DateTime.unsafeMake("2026-01-02T03:04:05.678Z"),
    ...more
  })

class Counter extends Schema.Class<Counter>("Counter")({
  id: Schema.String,
  n: Schema.Number,
  name: Schema.String,
  note: Schema.optionalWith(Schema.String, { exact: true })
}) {}

const Counters = Entity.make(App, Counter, {
  primary: { pk: template`COUNTER#${"id"}`, sk: template`COUNTER` }
})

const key = (id: string) => ({ tenant: "acme", id })

const test = (what: string, body: () => Effect.Effect<void, unknown, World>) =>
  it.scopedLive(what, () => Effect.suspend(body).pipe(Effect.provide(world)))

/** The same at a time that the test sets. */
const timed = (what: string, body: () => Effect.Effect<void, unknown, World>) =>
  it.scoped(what, () => Effect.suspend(body).pipe(Effect.provide(world)))

/** The item as it lies in the table. */
const raw = (pk: string, sk: string) =>
  Effect.flatMap(
    DynamoDB.DynamoDB,
    (db) =>
      Effect.map(db.getItem({ TableName: "app", Key: { pk: { S: pk }, sk: { S: sk } } }), ({ Item }) => Item ?? {})
  )

const calls = Effect.flatMap(
  LocalDynamoDB.LocalDynamoDB,
  (local) => Effect.map(local.calls, (all) => all.map(({ operation }) => operation))
)

const conditionFailed = { _tag: "ConditionalCheckFailedException" } as const

describe("put and get", () => {
  test("give back what was put, with its keys and its name beside it", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1"))
      const found = Option.getOrThrow(yield* Orders.get(key("1")))
      assert.instanceOf(found, Order)
      assert.deepStrictEqual(found, order("1"))
      const item = yield* raw("T#acme", "ORDER#1")
      assert.deepStrictEqual(item["g1pk"], { S: "T#acme#open#eu" })
      assert.deepStrictEqual(item["g1sk"], { S: "2026-01-02T03:04:05.678Z#1" })
      assert.deepStrictEqual(item["__entity"], { S: "Order" })
      assert.deepStrictEqual(item["l"], { S: "long" })
      assert.deepStrictEqual(item["big"], { N: "12345678901234567890" })
    }))

  test("none where nothing stands, and a failure where one is required", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Orders.get(key("1")), Option.none())
      const e = yield* Effect.flip(Orders.require(key("1")))
      assert.strictEqual(e._tag, "ItemNotFoundException")
      assert.notInclude(inspect(e, { depth: Infinity, showHidden: true }), "acme")
    }))

  test("a condition that is false tells, decoded, what stands there", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1", { total: 7 }))
      const e = yield* Effect.flip(Orders.put(order("1"), { if: (p) => p.id.missing.or(p.total.gt(100)) }))
      assert(e._tag === "ConditionalCheckFailedException")
      const stood = yield* e.decoded
      assert.strictEqual(Option.getOrThrow(stood).total, 7)
      assert.notInclude(inspect(e, { depth: Infinity, showHidden: true }), "acme")
      assert.strictEqual(Option.getOrThrow(yield* Orders.get(key("1"))).total, 7)
    }))

  test("a put gives what it replaced when asked", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Orders.put(order("1"), { return: "ALL_OLD" }), Option.none())
      const old = yield* Orders.put(order("1", { total: 2 }), { return: "ALL_OLD" })
      assert.strictEqual(Option.getOrThrow(old).total, 10)
    }))

  test("some attributes alone", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1"))
      assert.deepStrictEqual(
        Option.getOrThrow(yield* Orders.pick(key("1"), ["status", "long"])),
        { status: "open", long: "long" }
      )
      const { ProjectionExpression } = yield* Orders.pick(key("1"), ["status"]).params
      assert.isString(ProjectionExpression)
    }))

  test("create takes no place that is taken, replace takes no other", () =>
    Effect.gen(function*() {
      const [taken] = [yield* Effect.flip(Orders.replace(order("1")))]
      assert.strictEqual(taken._tag, "ConditionalCheckFailedException")
      yield* Orders.create(order("1"))
      const again = yield* Effect.flip(Orders.create(order("1")))
      assert.strictEqual(again._tag, "ConditionalCheckFailedException")
      yield* Orders.replace(order("1", { total: 3 }))
      assert.strictEqual((yield* Orders.require(key("1"))).total, 3)
    }))

  test("create fills in the schema's defaults, and what is computed of them", () =>
    Effect.gen(function*() {
      const fields = {
        id: Schema.String,
        size: Schema.optionalWith(Schema.Number, { default: () => 3 }),
        color: Schema.String.pipe(Schema.propertySignature, Schema.withConstructorDefault(() => "red")),
        label: Attribute.computed(
          Schema.String,
          ({ color, size }: { readonly color: string; readonly size: number }) => `${color} ${size}`
        )
      }
      class Thing extends Schema.Class<Thing>("Thing")(fields) {}
      const keys = { primary: { pk: template`THING#${"id"}`, sk: template`THING` } } as const
      const Classes = Entity.make(App, Thing, keys)
      const Structs = Entity.make(App, Schema.Struct(fields), keys, { name: "Struct" })
      const expected = { id: "1", size: 3, color: "red", label: "red 3" }
      // the types of `create` say which may be left out
      const input = JSON.parse(`{"id":"1"}`)
      assert.deepStrictEqual({ ...yield* Classes.create(input) }, expected)
      assert.deepStrictEqual(yield* Structs.create({ ...input, id: "2" }), { ...expected, id: "2" })
      assert.deepStrictEqual({ ...yield* Classes.require({ id: "1" }) }, expected)
    }))

  test("an item that is too large is not sent", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Orders.put(order("1", { note: "x".repeat(500_000) })))
      assert(e._tag === "ItemTooLargeException")
      assert.strictEqual(e.largest[0]?.attribute, "note")
      assert.notInclude(yield* calls, "PutItem")
    }))
})

describe("update", () => {
  test("makes no item where none stands, alone or in a transaction", () =>
    Effect.gen(function*() {
      const alone = yield* Effect.flip(Orders.update(key("1"), (p) => [p.total.add(1)]))
      assert.strictEqual(alone._tag, "ItemNotFoundException")
      assert.notInclude(inspect(alone, { depth: Infinity, showHidden: true }), "acme")
      const given = yield* Effect.flip(Orders.update(key("1"), (p) => [p.total.add(1)], { if: (p) => p.note.missing }))
      assert(given._tag === "ConditionalCheckFailedException")
      assert.deepStrictEqual(given.item, Option.none())
      const together = yield* Effect.flip(transact([Orders.update(key("1"), (p) => [p.total.set(1)])]))
      assert(together._tag === "TransactionCanceledException")
      assert.strictEqual(Option.getOrThrow(together.reasons[0])._tag, "ItemNotFoundException")
      const first = yield* Effect.flip(Accounts.update({ id: "1", version: 0 }, (p) => [p.balance.set(1)]))
      assert.strictEqual(first._tag, "ConditionalCheckFailedException")
      assert.deepStrictEqual(yield* raw("T#acme", "ORDER#1"), {})
      assert.deepStrictEqual(yield* raw("ACCOUNT#1", "ACCOUNT"), {})
    }))

  test("makes one where it may, if it sets all that is required", () =>
    Effect.gen(function*() {
      const upsert = (n: number) =>
        Counters.update({ id: "1" }, (p) => [p.n.add(n), p.name.setIfMissing("first")], {
          upsert: true,
          return: "ALL_NEW"
        })
      assert.deepStrictEqual({ ...yield* upsert(1) }, { id: "1", n: 1, name: "first" })
      assert.deepStrictEqual({ ...yield* upsert(2) }, { id: "1", n: 3, name: "first" })
      const before = (yield* calls).length
      for (
        const less of [
          Counters.update({ id: "2" }, (p) => [p.n.add(1)], { upsert: true }),
          Counters.update({ id: "2" }, (p) => [p.n.add(1), p.note.set("x")], { upsert: true })
        ]
      ) {
        const e = yield* Effect.flip(less)
        assert.strictEqual(e._tag, "ValidationException")
        assert.include(String(e), "name")
      }
      assert.strictEqual((yield* calls).length, before)
    }))

  test("of constants is sent again after a lost answer, which makes no item either", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1"))
      yield* Orders.update(key("1"), (p) => [p.total.set(5)]).pipe(
        LocalDynamoDB.withFaults([{ operation: "UpdateItem", failure: Faults.connectionReset, effect: "after" }])
      )
      assert.strictEqual((yield* Orders.require(key("1"))).total, 5)
    }))

  test("changes what it says, and nothing else", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1", { note: "n" }))
      const updated = yield* Orders.update(key("1"), (p) =>
        [
          p.total.add(1),
          p.big.set(p.big.plus(1n)),
          p.address.zip.set("x"),
          p.lines.at(1).qty.set(p.lines.at(0).qty),
          p.lines.append([{ sku: "c", qty: 3 }]),
          p.scores.at("b").set(2),
          p.tags.add(new Set(["y"])),
          p.long.set("longer"),
          p.note.remove
        ].slice(0, 4).concat([
          p.scores.at("b").set(2),
          p.tags.add(new Set(["y"])),
          p.long.set("longer"),
          p.note.remove
        ]), {
        return: "ALL_NEW",
        if: (p) =>
          p.status.in(["open", "paid"]).and(p.address.geo.lat.between(52, 53)).and(p.tags.contains("x")).and(
            p.lines.size.eq(2)
          ).and(p.lines.contains({ sku: "a", qty: 1 })).and(p.long.beginsWith("lo")).and(p.note.exists).and(
            p.scores.at("zz").missing
          ).and(p.total.ne(11).not.not).and(p.id.hasType("S"))
      })
      const { note: _, ...rest } = order("1")
      assert.deepStrictEqual(
        { ...updated },
        {
          ...rest,
          total: 11,
          big: 12345678901234567891n,
          address: { zip: "x", geo: { lat: 52.5 } },
          lines: [{ sku: "a", qty: 1 }, { sku: "b", qty: 1 }],
          scores: { a: 1, b: 2 },
          tags: new Set(["x", "y"]),
          long: "longer"
        }
      )
    }))

  test("an index key follows what it is made of, and what is given is required", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1"))
      yield* Orders.update(key("1"), (p) => [p.status.set("paid")], { given: { region: "eu" } })
      assert.deepStrictEqual((yield* raw("T#acme", "ORDER#1"))["g1pk"], { S: "T#acme#paid#eu" })
      const e = yield* Effect.flip(Orders.update(key("1"), (p) => [p.status.set("open")], { given: { region: "us" } }))
      assert.strictEqual(e._tag, "ConditionalCheckFailedException")
      assert.deepStrictEqual((yield* raw("T#acme", "ORDER#1"))["g1pk"], { S: "T#acme#paid#eu" })
    }))

  test("where types do not tell that one would be stale, it fails before it is sent", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1"))
      const loose: ReadonlyArray<Expression.Action> = []
      const stale = Orders.update(key("1"), (p) => [...loose, p.status.set("paid")])
      assert.strictEqual((yield* Effect.flip(stale))._tag, "ValidationException")
      assert.notInclude(yield* calls, "UpdateItem")
    }))

  test("the parts that were touched come back alone", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1"))
      const parts = yield* Orders.update(key("1"), (p) => [p.total.add(5), p.address.zip.set("y")], {
        return: "UPDATED_NEW"
      })
      assert.deepStrictEqual(parts, { total: 15 })
      const old = yield* Orders.update(key("1"), (p) => [p.long.set("z")], { return: "UPDATED_OLD" })
      assert.deepStrictEqual(old, { long: "long" })
    }))

  test("save sends what changed", () =>
    Effect.gen(function*() {
      const before = order("1", { note: "n" })
      yield* Orders.put(before)
      const { note: _, ...rest } = { ...before }
      const after = new Order({ ...rest, status: "paid", address: { zip: "new", geo: { lat: 52.5 } } })
      const { Update } = yield* Orders.save(before, after).params
      assert.include(Update?.UpdateExpression, "REMOVE")
      assert.strictEqual((Update?.UpdateExpression ?? "").split(" = ").length - 1, 4)
      yield* Orders.update(key("1"), (p) => [p.address.geo.lat.set(1)])
      yield* Orders.save(before, after)
      const now = yield* Orders.require(key("1"))
      assert.deepStrictEqual(now.address, { zip: "new", geo: { lat: 1 } })
      assert.isUndefined(now.note)
      assert.deepStrictEqual((yield* raw("T#acme", "ORDER#1"))["g1pk"], { S: "T#acme#paid#eu" })
    }))

  test("save makes no item: one that was never written cannot be saved", () =>
    Effect.gen(function*() {
      const account = { id: "1", createdAt: DateTime.unsafeMake(0), updatedAt: DateTime.unsafeMake(0) }
      const [before, after] = [new Account({ ...account, balance: 1 }), new Account({ ...account, balance: 2 })]
      const e = yield* Effect.flip(Accounts.save(before, after))
      assert.strictEqual(e._tag, "ConditionalCheckFailedException")
      assert.deepStrictEqual(yield* Accounts.get({ id: "1" }), Option.none())
    }))

  it.effect("save gives the item as it now is, with its version and the time of the change", () =>
    Effect.gen(function*() {
      const before = yield* Accounts.create({ id: "1", balance: 1 })
      yield* TestClock.adjust("1 hour")
      const saved = yield* Accounts.save(before, new Account({ ...before, balance: 2 }))
      assert.deepStrictEqual(saved, yield* Accounts.require({ id: "1" }))
      assert.strictEqual(saved.updatedAt.epochMillis, 3_600_000)
    }).pipe(Effect.provide(world)))
})

describe("delete and check", () => {
  test("delete gives what it took when asked", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1"))
      const e = yield* Effect.flip(Orders.delete(key("1"), { if: (p) => p.status.eq("paid") }))
      assert.strictEqual(e._tag, "ConditionalCheckFailedException")
      assert.strictEqual(Option.getOrThrow(yield* Orders.delete(key("1"), { return: "ALL_OLD" })).id, "1")
      assert.deepStrictEqual(yield* Orders.get(key("1")), Option.none())
    }))

  test("check tells whether a condition holds, and changes nothing", () =>
    Effect.gen(function*() {
      yield* Orders.put(order("1"))
      yield* Orders.check(key("1"), (p) => p.total.eq(10))
      const e = yield* Effect.flip(Orders.check(key("1"), (p) => p.total.eq(11)))
      assert(e._tag === "ConditionalCheckFailedException")
      assert.strictEqual(Option.getOrThrow(yield* e.decoded).total, 10)
    }))
})

describe("versions", () => {
  timed("each write requires the version that was read, and gives the new one", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2026-03-01T00:00:00Z"))
      const created = yield* Accounts.create({ id: "1", balance: 1 })
      assert.instanceOf(created, Account)
      assert.strictEqual(created.version, 1)
      assert.strictEqual(DateTime.formatIso(created.createdAt), "2026-03-01T00:00:00.000Z")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* Accounts.update(created, (p) => [p.balance.add(1)]), 2)
      const lost = yield* Effect.flip(Accounts.update(created, (p) => [p.balance.add(1)]))
      assert(lost._tag === "ConditionalCheckFailedException")
      const stood = Option.getOrThrow(yield* lost.decoded)
      assert.strictEqual(stood.balance, 2)
      assert.strictEqual(DateTime.formatIso(stood.updatedAt), "2026-03-01T01:00:00.000Z")
      assert.strictEqual(DateTime.formatIso(stood.createdAt), "2026-03-01T00:00:00.000Z")
      const put = yield* Accounts.put(stood)
      assert.strictEqual(put.version, 3)
      assert.strictEqual((yield* Effect.flip(Accounts.put(stood)))._tag, conditionFailed._tag)
      assert.strictEqual((yield* Effect.flip(Accounts.delete(stood)))._tag, conditionFailed._tag)
      assert.strictEqual((yield* Effect.flip(Accounts.create({ id: "1", balance: 9 })))._tag, conditionFailed._tag)
      yield* Accounts.delete(put)
      assert.deepStrictEqual(yield* Accounts.get({ id: "1" }), Option.none())
    }))

  test("of a hundred that add one by read and put, each adds one", () =>
    Effect.gen(function*() {
      yield* Accounts.create({ id: "1", balance: 0 })
      const increment = Effect.gen(function*() {
        const account = yield* Accounts.require({ id: "1" }, { consistent: true })
        yield* Effect.yieldNow()
        yield* Accounts.put(new Account({ ...account, balance: account.balance + 1 }))
      }).pipe(Effect.retry({
        while: (e) => e._tag === "ConditionalCheckFailedException",
        schedule: Schedule.jitteredWith(Schedule.exponential("10 millis", 1.2), { min: 0, max: 2 })
      }))
      yield* Effect.all(Array.from({ length: 100 }, () => increment), { concurrency: "unbounded", discard: true })
      assert.strictEqual((yield* Accounts.require({ id: "1" })).balance, 100)
    }))
})

describe("sealed and offloaded", () => {
  const photo = new Uint8Array(1000).fill(7)
  const input = {
    tenant: "acme",
    name: "Ada",
    ssn: "SECRET-1",
    card: { pan: "SECRET-2", month: 5 },
    photo: Stored.of(photo)
  }

  test("what is sealed is nowhere in clear, and what is stored is read when it is asked for", () =>
    Effect.gen(function*() {
      const created = yield* Customers.create(input)
      assert.match(created.id, /^[0-9a-f-]{36}$/)
      const item = yield* raw("T#acme", `CUSTOMER#${created.id}`)
      assert.notInclude(JSON.stringify(item), "SECRET")
      assert.isDefined(item["ssn"]?.B)
      assert.isDefined(item["photo"]?.M?.["p"])
      const found = yield* Customers.require(created)
      assert.strictEqual(found.ssn, "SECRET-1")
      assert.deepStrictEqual(found.card, { pan: "SECRET-2", month: 5 })
      assert.deepStrictEqual(yield* found.photo.read, photo)
    }))

  test("an update seals what it sets", () =>
    Effect.gen(function*() {
      const created = yield* Customers.create(input)
      yield* Customers.update(created, (p) => [
        p.ssn.set("SECRET-3"),
        p.card.pan.set("SECRET-4"),
        p.card.month.set(6),
        p.photo.set(Stored.of(new Uint8Array([1, 2])))
      ])
      const item = yield* raw("T#acme", `CUSTOMER#${created.id}`)
      assert.notInclude(JSON.stringify(item), "SECRET")
      const found = yield* Customers.require(created)
      assert.strictEqual(found.ssn, "SECRET-3")
      assert.deepStrictEqual(found.card, { pan: "SECRET-4", month: 6 })
      assert.deepStrictEqual(yield* found.photo.read, new Uint8Array([1, 2]))
      assert.deepStrictEqual(Option.getOrThrow(yield* Customers.pick(created, ["ssn"])), { ssn: "SECRET-3" })
    }))

  test("a pointer is kept by a put of the item that was read, unless another took its place", () =>
    Effect.gen(function*() {
      const created = yield* Customers.create(input)
      const found = yield* Customers.require(created)
      yield* Customers.put(new Customer({ ...found, name: "Ada L." }))
      const kept = yield* Customers.require(created)
      assert.strictEqual(kept.name, "Ada L.")
      assert.deepStrictEqual(yield* kept.photo.read, photo)
      yield* Customers.put(new Customer({ ...found, photo: Stored.of(new Uint8Array([9])) }))
      const e = yield* Effect.flip(Customers.put(found))
      assert.strictEqual(e._tag, "S3AttributeException")
    }))

  test("save seals only what changed", () =>
    Effect.gen(function*() {
      const created = yield* Customers.create(input)
      const found = yield* Customers.require(created)
      const before = yield* raw("T#acme", `CUSTOMER#${created.id}`)
      yield* Customers.save(found, new Customer({ ...found, card: { ...found.card, pan: "SECRET-5" } }))
      const after = yield* raw("T#acme", `CUSTOMER#${created.id}`)
      assert.deepStrictEqual(after["ssn"], before["ssn"])
      assert.notDeepEqual(after["card"], before["card"])
      assert.strictEqual((yield* Customers.require(created)).card.pan, "SECRET-5")
    }))
})

describe("query and scan", () => {
  const at = (day: number) => DateTime.unsafeMake(`2026-01-${String(day).padStart(2, "0")}T00:00:00Z`)
  const fill = Effect.forEach(
    Array.from({ length: 9 }, (_, i) => i + 1),
    (i) => Orders.put(order(String(i), { placedAt: at(i) })),
    { discard: true }
  )
  const ids = <E, R>(stream: Stream.Stream<Order, E, R>) =>
    Effect.map(Stream.runCollect(stream), (all) => Chunk.toReadonlyArray(all).map(({ id }) => id).join(""))
  const open = { tenant: "acme", status: "open", region: "eu" } as const

  test("by every range", () =>
    Effect.gen(function*() {
      yield* fill
      const range = (sk: NonNullable<Parameters<typeof Orders.query<"byStatus">>[2]>["sk"]) =>
        ids(Orders.query("byStatus", open, { sk }))
      assert.strictEqual(yield* ids(Orders.query("byStatus", open)), "123456789")
      assert.strictEqual(yield* range({ gt: { placedAt: at(7) } }), "89")
      assert.strictEqual(yield* range({ gte: { placedAt: at(7) } }), "789")
      assert.strictEqual(yield* range({ lt: { placedAt: at(3) } }), "12")
      assert.strictEqual(yield* range({ lte: { placedAt: at(3) } }), "123")
      assert.strictEqual(yield* range({ between: [{ placedAt: at(3) }, { placedAt: at(5) }] }), "345")
      assert.strictEqual(yield* range({ eq: { placedAt: at(3), id: "3" } }), "3")
      assert.strictEqual(yield* range({ gt: { placedAt: at(7), id: "7" } }), "89")
      assert.strictEqual(yield* ids(Orders.query("primary", { tenant: "acme" }, { sk: { lt: { id: "3" } } })), "12")
      assert.strictEqual(yield* ids(Orders.query("primary", { tenant: "acme" }, { sk: { gt: { id: "7" } } })), "89")
      assert.strictEqual(
        yield* ids(Orders.query("primary", { tenant: "acme" }, { sk: { beginsWith: { id: "4" } } })),
        "4"
      )
      assert.strictEqual(
        yield* ids(
          Orders.query("primary", { tenant: "acme" }, { reverse: true, limit: 2, filter: (p) => p.total.gt(1) })
        ),
        "98"
      )
    }))

  test("other entities of the partition and the table are not among them", () =>
    Effect.gen(function*() {
      yield* fill
      yield* Accounts.create({ id: "1", balance: 0 })
      yield* Customers.create({
        tenant: "acme",
        name: "Ada",
        ssn: "s",
        card: { pan: "p", month: 1 },
        photo: Stored.of(new Uint8Array([1]))
      })
      assert.strictEqual(yield* ids(Orders.query("primary", { tenant: "acme" })), "123456789")
      assert.lengthOf(yield* ids(Orders.scan()), 9)
      assert.lengthOf(yield* ids(Orders.scan({ segments: 4 })), 9)
      assert.strictEqual(Chunk.size(yield* Stream.runCollect(Accounts.scan())), 1)
    }))

  test("a cursor goes on where a page ended, and is taken from nobody else", () =>
    Effect.gen(function*() {
      yield* fill
      let cursor: string | undefined
      const seen: Array<string> = []
      do {
        const page = yield* Orders.queryPage("byStatus", open, { limit: 4, cursor })
        seen.push(page.items.map(({ id }) => id).join(""))
        cursor = Option.getOrUndefined(page.cursor)
      } while (cursor !== undefined)
      assert.deepStrictEqual(seen.filter((ids) => ids !== ""), ["1234", "5678", "9"])
      const { cursor: mine } = yield* Orders.queryPage("byStatus", open, { limit: 4 })
      const given = Option.getOrThrow(mine)
      const refused = [
        Orders.queryPage("byStatus", { ...open, tenant: "other" }, { cursor: given }),
        Orders.queryPage("primary", { tenant: "acme" }, { cursor: given }),
        Orders.queryPage("byStatus", open, { cursor: `${given}x` }),
        Orders.queryPage("byStatus", open, { cursor: "" }),
        Orders.queryPage("byStatus", open, { cursor: "1e30" })
      ]
      for (const one of refused) {
        const e = yield* Effect.flip(one)
        assert.isTrue(e._tag === "ValidationException" && e.reason === "the cursor is none of this query's")
      }
      const first = yield* Orders.scanPage({ pageSize: 5 })
      assert.lengthOf(first.items, 5)
      const second = yield* Orders.scanPage({ cursor: Option.getOrThrow(first.cursor) })
      assert.lengthOf(second.items, 4)
    }))
})

describe("operations", () => {
  test("show their request, and nothing of it to an inspector", () =>
    Effect.gen(function*() {
      const put = Orders.put(order("SECRET"))
      assert.notInclude(inspect(put, { depth: Infinity, showHidden: true }), "SECRET")
      assert.notInclude(JSON.stringify(put), "SECRET")
      const { Put } = yield* put.params
      assert.deepStrictEqual(Put?.Item?.["pk"], { S: "T#acme" })
      assert.notInclude(yield* calls, "PutItem")
      const exit = yield* Effect.exit(Orders.put(order("SECRET", { total: NaN })))
      assert(Exit.isFailure(exit))
      assert.notInclude(Cause.pretty(exit.cause), "SECRET")
    }))
})
