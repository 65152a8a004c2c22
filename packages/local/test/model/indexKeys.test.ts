/** Keys of indexes are what the item says, after every write: with attributes that may be null or absent, and those that change by themselves. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Local from "@armature/local/Local"
import * as Attribute from "@armature/model/Attribute"
import * as Collection from "@armature/model/Collection"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Table from "@armature/model/Table"
import { transact } from "@armature/model/Transact"
import { describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"

const App = Table.make("app", {
  key: ["pk", "sk"],
  indexes: { gsi1: ["g1pk", "g1sk"], lsi1: { key: ["pk", "l1sk"], local: true } }
})

class Doc extends Schema.Class<Doc>("Doc")({
  id: Schema.String,
  state: Schema.String,
  nick: Schema.NullOr(Schema.String),
  rank: Schema.NullOr(Schema.Number),
  alias: Schema.optionalWith(Schema.String, { as: "Option" }),
  note: Schema.optionalWith(Schema.NullOr(Schema.String), { exact: true })
}) {}

const Docs = Entity.make(App, Doc, {
  primary: { pk: key`DOC`, sk: key`${"id"}` },
  byNick: { index: "gsi1", pk: key`NICK#${"nick"}`, sk: key`${"state"}#${"rank"}` },
  mine: { index: "lsi1", sk: key`${"note"}#${"alias"}` }
})

const world = Local.layer({ tables: [Table.definition(App)] })

const test = (what: string, body: () => Effect.Effect<void, unknown, DynamoDB.DynamoDB>) =>
  it.effect(what, () => Effect.suspend(body).pipe(Effect.provide(world)))

const doc = (more: Partial<ConstructorParameters<typeof Doc>[0]> = {}) =>
  new Doc({ id: "1", state: "new", nick: "n", rank: 1, alias: Option.some("a"), note: "o", ...more })

/** The keys of indexes as they stand in the table. */
const keys = (pk = "DOC", sk = "1") =>
  Effect.flatMap(
    DynamoDB.DynamoDB,
    (db) =>
      Effect.map(db.getItem({ TableName: "app", Key: { pk: { S: pk }, sk: { S: sk } } }), ({ Item = {} }) =>
        Object.fromEntries(
          ["g1pk", "g1sk", "l1sk"].flatMap((name) =>
            Item[name] === undefined ? [] : [[name, Item[name].S]]
          )
        ))
  )

const whole = { g1pk: "NICK#n", g1sk: "new#1", l1sk: "o#a" }

const ids = <E, R>(found: Stream.Stream<{ readonly id: string }, E, R>) =>
  Effect.map(Stream.runCollect(found), (all) => Chunk.toReadonlyArray(all).map(({ id }) => id))

describe("an attribute that may be null, in the key of an index,", () => {
  test("takes the item out of it where it is null, and leaves it in the table", () =>
    Effect.gen(function*() {
      yield* Docs.put(doc())
      assert.deepStrictEqual(yield* keys(), whole)
      assert.deepStrictEqual(yield* ids(Docs.query("byNick", { nick: "n" })), ["1"])
      yield* Docs.put(doc({ nick: null, rank: null, note: null }))
      assert.deepStrictEqual(yield* keys(), {})
      assert.deepStrictEqual(yield* ids(Docs.query("byNick", { nick: "n" })), [])
      assert.deepStrictEqual(yield* ids(Docs.query("mine", {})), [])
      assert.deepStrictEqual(
        yield* Docs.require({ id: "1" }),
        doc({ nick: null, rank: null, note: null })
      )
    }))

  test("takes it out where an update sets null, and brings it back where one sets a value", () =>
    Effect.gen(function*() {
      yield* Docs.put(doc())
      yield* Docs.update({ id: "1" }, (p) => [p.nick.set(null)])
      assert.deepStrictEqual(yield* keys(), { g1sk: "new#1", l1sk: "o#a" })
      assert.deepStrictEqual(yield* ids(Docs.query("byNick", { nick: "n" })), [])
      yield* Docs.update({ id: "1" }, (p) => [p.nick.set("m")])
      assert.deepStrictEqual(yield* keys(), { ...whole, g1pk: "NICK#m" })
      assert.deepStrictEqual(yield* ids(Docs.query("byNick", { nick: "m" })), ["1"])
      yield* Docs.update({ id: "1" }, (p) => [p.rank.set(null)], { given: { state: "new" } })
      assert.deepStrictEqual(yield* keys(), { g1pk: "NICK#m", l1sk: "o#a" })
    }))

  test("takes it out where an update removes what need not be there", () =>
    Effect.gen(function*() {
      yield* Docs.put(doc())
      yield* Docs.update({ id: "1" }, (p) => [p.alias.remove], { given: { note: "o" } })
      assert.deepStrictEqual(yield* keys(), { g1pk: "NICK#n", g1sk: "new#1" })
      assert.deepStrictEqual(yield* ids(Docs.query("mine", {})), [])
      assert.deepStrictEqual(yield* Docs.require({ id: "1" }), doc({ alias: Option.none() }))
      yield* Docs.update({ id: "1" }, (p) => [p.alias.set("b"), p.note.remove])
      assert.deepStrictEqual(yield* keys(), { g1pk: "NICK#n", g1sk: "new#1" })
      const stale = yield* Effect.flip(Docs.update({ id: "1" }, (p) => [p.alias.remove], { given: { note: "o" } }))
      assert.strictEqual(stale._tag, "ConditionalCheckFailedException")
    }))

  test("is given as null, which must be what stands there", () =>
    Effect.gen(function*() {
      yield* Docs.put(doc({ rank: null }))
      yield* Docs.update({ id: "1" }, (p) => [p.state.set("old")], { given: { rank: null } })
      assert.deepStrictEqual(yield* keys(), { g1pk: "NICK#n", l1sk: "o#a" })
      const wrong = yield* Effect.flip(
        Docs.update({ id: "1" }, (p) => [p.state.set("new")], { given: { rank: 1 } })
      )
      assert.strictEqual(wrong._tag, "ConditionalCheckFailedException")
      yield* Docs.put(doc())
      const stale = yield* Effect.flip(
        Docs.update({ id: "1" }, (p) => [p.state.set("old")], { given: { rank: null } })
      )
      assert.strictEqual(stale._tag, "ConditionalCheckFailedException")
      assert.deepStrictEqual(yield* keys(), whole)
    }))

  test("that is not there is given as undefined, which must be what is so", () =>
    Effect.gen(function*() {
      yield* Docs.put(doc({ alias: Option.none() }))
      assert.deepStrictEqual(yield* keys(), { g1pk: "NICK#n", g1sk: "new#1" })
      yield* Docs.update({ id: "1" }, (p) => [p.note.set("p")], { given: { alias: undefined } })
      assert.deepStrictEqual(yield* keys(), { g1pk: "NICK#n", g1sk: "new#1" })
      yield* Docs.update({ id: "1" }, (p) => [p.alias.set("b")], { given: { note: "p" } })
      assert.deepStrictEqual(yield* keys(), { ...whole, l1sk: "p#b" })
      const stale = yield* Effect.flip(
        Docs.update({ id: "1" }, (p) => [p.note.set("q")], { given: { alias: undefined } })
      )
      assert.strictEqual(stale._tag, "ConditionalCheckFailedException")
    }))

  test("is followed by save, whether it becomes null, a value, or is left out", () =>
    Effect.gen(function*() {
      const first = doc()
      yield* Docs.put(first)
      const second = yield* Docs.save(first, doc({ nick: null, note: null }))
      assert.deepStrictEqual(yield* keys(), { g1sk: "new#1" })
      const third = yield* Docs.save(second, doc())
      assert.deepStrictEqual(yield* keys(), whole)
      const { note: _, ...rest } = third
      yield* Docs.save(third, new Doc(rest))
      assert.deepStrictEqual(yield* keys(), { g1pk: "NICK#n", g1sk: "new#1" })
      assert.deepStrictEqual(yield* Docs.require({ id: "1" }), new Doc(rest))
    }))

  it("cannot be a key by itself: DynamoDB would refuse the item", () => {
    const Nicks = Table.make("nicks", { key: ["pk", "sk"], indexes: { byNick: ["nick"] } })
    const primary = { pk: key`DOC`, sk: key`${"id"}` }
    assert.throws(() => Entity.make(Nicks, Doc, { primary }), /at nick may be NULL/)
  })
})

class Task extends Schema.Class<Task>("Task")({
  id: Schema.String,
  state: Schema.String,
  title: Schema.String,
  version: Attribute.Version,
  changed: Schema.optionalWith(Attribute.UpdatedAt, { as: "Option" })
}) {}

const Tasks = Entity.make(App, Task, {
  primary: { pk: key`TASK`, sk: key`${"id"}` },
  byTime: { index: "gsi1", pk: key`${"state"}`, sk: key`${"changed"}#${"id"}` },
  mine: { index: "lsi1", sk: key`${"title"}#${"version"}` }
})

describe("what changes by itself, in the key of an index,", () => {
  test("is followed by every update, save and transaction", () =>
    Effect.gen(function*() {
      const at = (hour: number, state: string, title: string, version: number) => ({
        g1pk: state,
        g1sk: `1970-01-01T0${hour}:00:00.000Z#1`,
        l1sk: `${title}#${version}`
      })
      const stands = keys("TASK", "1")
      const created = yield* Tasks.create({ id: "1", state: "open", title: "t" })
      assert.deepStrictEqual(yield* stands, at(0, "open", "t", 1))
      yield* TestClock.adjust("1 hour")
      yield* Tasks.update(created, (p) => [p.state.set("done")], { given: { title: "t" } })
      assert.deepStrictEqual(yield* stands, at(1, "done", "t", 2))
      yield* TestClock.adjust("1 hour")
      const read = yield* Tasks.require({ id: "1" })
      const saved = yield* Tasks.save(read, new Task({ ...read, title: "u" }))
      assert.deepStrictEqual(yield* stands, at(2, "done", "u", 3))
      yield* TestClock.adjust("1 hour")
      yield* transact([Tasks.update(saved, (p) => [p.title.set("v")])])
      assert.deepStrictEqual(yield* stands, at(3, "done", "v", 4))
      const last = yield* Tasks.require({ id: "1" })
      yield* TestClock.adjust("1 hour")
      const wrong = yield* Effect.flip(Tasks.update(last, (p) => [p.state.set("open")], { given: { title: "t" } }))
      assert.strictEqual(wrong._tag, "ConditionalCheckFailedException")
      assert.deepStrictEqual(yield* stands, at(3, "done", "v", 4))
    }))
})

describe("an attribute that is the key of several", () => {
  const Inverted = Table.make("inverted", { key: ["pk", "sk"], indexes: { inverse: ["sk", "pk"] } })
  class Edge extends Schema.Class<Edge>("Edge")({ from: Schema.String, to: Schema.String }) {}
  const primary = { pk: key`E#${"from"}`, sk: key`E#${"to"}` } as const
  it.effect("is made in one way: a table that is read backwards", () =>
    Effect.gen(function*() {
      const Edges = Entity.make(Inverted, Edge, {
        primary,
        inverse: { index: "inverse", pk: primary.sk, sk: primary.pk }
      })
      yield* Edges.put(new Edge({ from: "a", to: "b" }))
      const found = yield* Stream.runCollect(Edges.query("inverse", { to: "b" }, { sk: { beginsWith: { from: "a" } } }))
      assert.deepStrictEqual(Chunk.toReadonlyArray(found), [new Edge({ from: "a", to: "b" })])
    }).pipe(Effect.provide(Local.layer({ tables: [Table.definition(Inverted)] }))))

  it("is refused where it is made in two", () => {
    assert.throws(
      () =>
        Entity.make(Inverted, Edge, { primary, inverse: { index: "inverse", pk: key`TO#${"to"}`, sk: primary.pk } }),
      /the key sk is made in one way by primary, and in another by inverse/
    )
  })
})

describe("an update that makes an item", () => {
  class Visit extends Schema.Class<Visit>("Visit")({
    page: Schema.String,
    count: Schema.Number,
    by: Schema.optionalWith(Schema.String, { exact: true })
  }) {}
  const Visits = Entity.make(App, Visit, {
    primary: { pk: key`VISIT`, sk: key`${"page"}` },
    all: { index: "gsi1", pk: key`ALL`, sk: key`${"page"}` },
    mine: { index: "lsi1", sk: key`${"by"}` }
  })
  test("writes the keys that are made of the primary key alone, and leaves others as they are", () =>
    Effect.gen(function*() {
      const visit = Visits.update({ page: "p" }, (p) => [p.count.add(1)], { upsert: true })
      yield* visit
      assert.deepStrictEqual(yield* keys("VISIT", "p"), { g1pk: "ALL", g1sk: "p" })
      yield* Visits.update({ page: "p" }, (p) => [p.by.set("me")])
      yield* visit
      assert.deepStrictEqual(yield* keys("VISIT", "p"), { g1pk: "ALL", g1sk: "p", l1sk: "me" })
      const found = yield* Stream.runCollect(Visits.query("all", {}))
      assert.deepStrictEqual(Chunk.toReadonlyArray(found), [new Visit({ page: "p", count: 2, by: "me" })])
    }))
})

describe("a collection over a global index", () => {
  test("has no consistent reads: one that gets past its types is refused", () =>
    Effect.gen(function*() {
      const All = Collection.make({ docs: Docs }, { index: "byNick" })
      const e = yield* Effect.flip(Stream.runDrain(All.query({ nick: "n" }, { consistent: true as never })))
      assert.strictEqual(e._tag, "ValidationException")
    }))
})

describe("an attribute that is the key of an index by itself", () => {
  const Games = Table.make("games", {
    key: ["id"],
    indexes: { board: { partitionKey: ["game"], sortKey: ["score"] }, same: ["game", "score"] },
    keyTypes: { score: "N" }
  })

  class Player extends Schema.Class<Player>("Player")({
    id: Schema.String,
    game: Schema.String,
    score: Schema.optionalWith(Schema.Number, { exact: true })
  }) {}

  const primary = { pk: key.attribute("id") }
  const by = {
    "by its name": Entity.make(Games, Player, { primary, best: { index: "board" } }),
    "as a key": Entity.make(Games, Player, {
      primary,
      best: { index: "same", pk: key.attribute("game"), sk: key.attribute("score") }
    })
  }

  it.effect.each(Object.entries(by))("is changed by whatever changes it, %s", ([, Players]) =>
    Effect.gen(function*() {
      const best = Effect.map(Stream.runCollect(Players.query("best", { game: "go" }, { reverse: true })), (all) =>
        Chunk.toReadonlyArray(all).map(({ id, score }) => [id, score]))
      yield* Players.put(new Player({ id: "a", game: "go", score: 1 }))
      yield* Players.put(new Player({ id: "b", game: "go" }))
      assert.deepStrictEqual(yield* best, [["a", 1]])
      yield* Players.update({ id: "b" }, (p) => [p.score.add(5)])
      yield* Players.update({ id: "a" }, (p) => [p.score.set(p.score.plus(1))])
      assert.deepStrictEqual(yield* best, [["b", 5], ["a", 2]])
      yield* Players.update({ id: "b" }, (p) => [p.score.remove])
      assert.deepStrictEqual(yield* best, [["a", 2]])
    }).pipe(Effect.provide(Local.layer({ tables: [Table.definition(Games)] }))))
})
