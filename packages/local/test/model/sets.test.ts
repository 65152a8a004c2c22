/** The empty set, which DynamoDB does not have: where a set is always there, it is the absent attribute. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Local from "@armature/local/Local"
import * as Attribute from "@armature/model/Attribute"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Table from "@armature/model/Table"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { assert, describe } from "vitest"

const Things = Table.make("things", {
  key: ["pk"],
  indexes: { narrow: { key: ["g1pk"], projection: ["name"] }, wide: { key: ["g2pk"], projection: ["name", "tags"] } }
})

class Thing extends Schema.Class<Thing>("Thing")({
  id: Schema.String,
  name: Schema.NonEmptyString,
  stock: Schema.NonNegativeInt,
  tags: Schema.ReadonlySetFromSelf(Schema.NonEmptyString),
  nullable: Schema.NullOr(Schema.ReadonlySetFromSelf(Schema.Number)),
  deep: Schema.Struct({ codes: Schema.ReadonlySetFromSelf(Schema.BigIntFromSelf), add: Schema.String }),
  optional: Schema.optionalWith(Schema.ReadonlySetFromSelf(Schema.String), { exact: true }),
  sealed: Schema.optionalWith(Attribute.compressed(Schema.ReadonlySetFromSelf(Schema.String)), { exact: true }),
  list: Schema.Array(Schema.ReadonlySetFromSelf(Schema.String)),
  record: Schema.Record({ key: Schema.String, value: Schema.ReadonlySetFromSelf(Schema.String) })
}) {}

const Entities = Entity.make(Things, Thing, {
  primary: { pk: key`THING#${"id"}` },
  byName: { index: "narrow", pk: key`NAME#${"name"}` },
  alsoByName: { index: "wide", pk: key`NAME#${"name"}` }
})

const empty: ReadonlySet<never> = new Set()

const thing = (more: Partial<ConstructorParameters<typeof Thing>[0]> = {}) =>
  new Thing({
    id: "1",
    name: "n",
    stock: 3,
    tags: empty,
    nullable: empty,
    deep: { codes: empty, add: "a" },
    list: [],
    record: {},
    ...more
  })

const one = { id: "1" }

const raw = Effect.flatMap(
  DynamoDB.DynamoDB,
  (db) => Effect.map(db.getItem({ TableName: "things", Key: { pk: { S: "THING#1" } } }), ({ Item }) => Item ?? {})
)

const test = (what: string, body: () => Effect.Effect<void, unknown, DynamoDB.DynamoDB>) =>
  it.scopedLive(
    what,
    () => Effect.suspend(body).pipe(Effect.provide(Local.layer({ tables: [Table.definition(Things)] })))
  )

describe("an empty set", () => {
  test("that is always there is left out, and read as the empty one", () =>
    Effect.gen(function*() {
      yield* Entities.put(thing())
      const item = yield* raw
      assert.notProperty(item, "tags")
      assert.notProperty(item, "nullable")
      assert.deepStrictEqual(item["deep"], { M: { add: { S: "a" } } })
      assert.deepStrictEqual(yield* Entities.require(one), thing())
      yield* Entities.put(thing({ nullable: null }))
      assert.isNull((yield* Entities.require(one)).nullable)
    }))

  test("is what stands there when its last member is taken out", () =>
    Effect.gen(function*() {
      yield* Entities.put(thing({ tags: new Set(["x"]) }))
      const after = yield* Entities.update(one, (p) => [p.tags.delete(new Set(["x"]))], { return: "ALL_NEW" })
      assert.strictEqual(after.tags.size, 0)
      assert.deepStrictEqual((yield* Entities.require(one)).tags, new Set())
      assert.deepStrictEqual(yield* Entities.pick(one, ["tags"]).pipe(Effect.flatten), { tags: empty })
    }))

  test("is set by taking the attribute away, and saved so", () =>
    Effect.gen(function*() {
      const full = thing({ tags: new Set(["x"]), deep: { codes: new Set([1n]), add: "a" } })
      yield* Entities.put(full)
      yield* Entities.update(one, (p) => [p.tags.set(empty), p.deep.codes.set(empty)])
      assert.deepStrictEqual(yield* Entities.require(one), thing())
      yield* Entities.put(full)
      yield* Entities.save(full, thing())
      assert.deepStrictEqual(yield* Entities.require(one), thing())
      yield* Entities.save(thing(), full)
      assert.deepStrictEqual(yield* Entities.require(one), full)
    }))

  test("compares as what it is", () =>
    Effect.gen(function*() {
      const full = new Set(["x"])
      const holds = (what: string, is: boolean, condition: Parameters<typeof Entities.check>[1]) =>
        Effect.map(
          Effect.either(Entities.check(one, condition)),
          (result) => assert.strictEqual(result._tag, is ? "Right" : "Left", what)
        )
      for (const is of [true, false]) {
        yield* Entities.put(thing({ tags: is ? empty : full }))
        yield* holds("eq", is, (p) => p.tags.eq(empty))
        yield* holds("ne", !is, (p) => p.tags.ne(empty))
        yield* holds("in", is, (p) => p.tags.in([new Set(["y"]), empty]))
        yield* holds("size eq", is, (p) => p.tags.size.eq(0))
        yield* holds("size lt", is, (p) => p.tags.size.lt(1))
        yield* holds("size lte", true, (p) => p.tags.size.lte(1))
        yield* holds("size gt", !is, (p) => p.tags.size.gt(0))
        yield* holds("size between", is, (p) => p.tags.size.between(0, 0))
        yield* holds("not", !is, (p) => p.tags.size.lt(1).not)
      }
    }))

  test("is refused where nothing can be absent, or absent is another value", () =>
    Effect.gen(function*() {
      const why = (more: Parameters<typeof thing>[0]) => Effect.map(Effect.flip(Entities.put(thing(more))), String)
      assert.include(yield* why({ list: [new Set(["x"]), empty] }), "list[1] is an empty set")
      assert.include(yield* why({ record: { x: empty } }), "record has a member that is an empty set")
      assert.include(yield* why({ optional: empty }), "optional is an empty set")
      assert.include(yield* why({ sealed: empty }), "sealed is an empty set")
      const e = yield* Effect.flip(Entities.update(one, (p) => [p.optional.set(empty)]))
      assert.include(String(e), "optional is an empty set")
      const added = yield* Effect.flip(Entities.update(one, (p) => [p.tags.add(empty)]))
      assert.include(String(added), "tags is an empty set")
    }))

  test("is none that an index leaves out of its projection", () =>
    Effect.gen(function*() {
      yield* Entities.put(thing({ tags: new Set(["x"]) }))
      const e = yield* Effect.flip(Stream.runCollect(Entities.query("byName", { name: "n" })))
      assert.include(String(e), "is not in the projection of narrow")
    }))

  it.effect("is none that an index of keys leaves out, whatever its name", () =>
    Effect.gen(function*() {
      const Bare = Table.make("bare", { key: ["id"], indexes: { keys: { key: ["g1pk"], projection: "KEYS_ONLY" } } })
      const Named = Entity.make(
        Bare,
        Schema.Struct({ id: Schema.String, S: Schema.ReadonlySetFromSelf(Schema.String) }),
        {
          primary: { pk: key.attribute("id") },
          keys: { index: "keys", pk: key`ALL` }
        },
        { name: "Named" }
      )
      const read = Effect.gen(function*() {
        yield* Named.put({ id: "1", S: new Set(["x"]) })
        return yield* Stream.runCollect(Named.query("keys", {}))
      })
      const e = yield* Effect.flip(Effect.provide(read, Local.layer({ tables: [Table.definition(Bare)] })))
      assert.include(String(e), "is not in the projection of keys")
    }))
})

describe("filters of a schema", () => {
  test("hold for what is stored, and not for amounts and what is compared", () =>
    Effect.gen(function*() {
      yield* Entities.put(thing())
      yield* Entities.update(one, (p) => [p.stock.add(-1)])
      const after = yield* Entities.update(one, (p) => [p.stock.set(p.stock.plus(-1))], {
        if: (p) => p.stock.gt(-1).and(p.name.ne("")).and(p.stock.between(-1, 2)).and(p.tags.contains("").not),
        return: "ALL_NEW"
      })
      assert.strictEqual(after.stock, 1)
      yield* Entities.update(one, (p) => [p.tags.delete(new Set([""]))])
      for (
        const refused of [
          Entities.update(one, (p) => [p.stock.set(-1)]),
          Entities.update(one, (p) => [p.stock.setIfMissing(-1)]),
          Entities.update(one, (p) => [p.stock.set(p.stock.ifMissing(-1))]),
          Entities.update(one, (p) => [p.tags.add(new Set([""]))])
        ]
      ) assert.strictEqual((yield* Effect.flip(refused))._tag, "SerializationException")
      assert.strictEqual((yield* Entities.require(one)).stock, 1)
    }))

  test("hold for nothing of another type", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Entities.check(one, (p) => p.stock.gt(NaN)))
      assert.include(String(e), "stock")
    }))
})

describe("a member of a struct", () => {
  test("may have the name of an operator that structs do not have", () =>
    Effect.gen(function*() {
      yield* Entities.put(thing())
      yield* Entities.update(one, (p) => [p.deep.add.set("b")], { if: (p) => p.deep.add.eq("a") })
      assert.strictEqual((yield* Entities.require(one)).deep.add, "b")
    }))
})
