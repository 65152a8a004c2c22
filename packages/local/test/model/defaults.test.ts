/** Items that are older than a part of their schema: what is read by its default can be saved, and given, though it does not stand there. */
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Local from "@armature/local/Local"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Table from "@armature/model/Table"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { assert } from "vitest"

const App = Table.make("app", { key: ["pk"], indexes: { gsi1: ["g1pk", "g1sk"] } })

const Size = Schema.propertySignature(Schema.Number).pipe(Schema.fromKey("s"))

class Doc extends Schema.Class<Doc>("Doc")({
  id: Schema.String,
  team: Schema.String,
  state: Schema.optionalWith(Schema.String, { default: () => "new", nullable: true }),
  rank: Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => "low" }),
  scores: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.Number }), { default: () => ({}) }),
  look: Schema.optionalWith(
    Schema.Struct({
      size: Size,
      font: Schema.optionalWith(Schema.String, { default: () => "serif" }),
      more: Schema.optionalWith(Schema.Struct({ n: Schema.Number }), { default: () => ({ n: 0 }) })
    }),
    { default: () => ({ size: 1, font: "serif", more: { n: 0 } }), nullable: true }
  )
}) {}

const Docs = Entity.make(App, Doc, {
  primary: { pk: key`${"id"}` },
  byTeam: { index: "gsi1", pk: key`${"team"}#${"state"}`, sk: key`${"rank"}#${"team"}` }
})

const world = Local.layer({ tables: [Table.definition(App)] })

type Item = Readonly<Record<string, AttributeValue>>

const old: Item = { pk: { S: "1" }, id: { S: "1" }, team: { S: "t" } }

/** Writes an item that some other program made, and reads it. */
const standing = (more: Item = {}) =>
  Effect.gen(function*() {
    const db = yield* DynamoDB.DynamoDB
    yield* db.putItem({ TableName: "app", Item: { ...old, ...more } })
    return yield* Docs.require({ id: "1" })
  })

const stored = (name: string) =>
  Effect.flatMap(
    DynamoDB.DynamoDB,
    (db) => Effect.map(db.getItem({ TableName: "app", Key: { pk: { S: "1" } } }), ({ Item }) => Item?.[name])
  )

const test = (what: string, body: () => Effect.Effect<void, unknown, DynamoDB.DynamoDB>) =>
  it.effect(what, () => Effect.suspend(body).pipe(Effect.provide(world)))

const changed = (doc: Doc, by: Partial<Doc>) => new Doc({ ...doc, ...by })

const serif = { font: "serif", more: { n: 0 } }
const small = { size: 2, ...serif }
const storedSmall = { M: { s: { N: "2" }, font: { S: "serif" }, more: { M: { n: { N: "0" } } } } }

describe("save, of a map that was read by its default,", () => {
  test("writes it where none stands, or null, or one that is older than a member", () =>
    Effect.gen(function*() {
      const scored = yield* standing()
      yield* Docs.save(scored, changed(scored, { scores: { a: 1 } }))
      assert.deepStrictEqual(yield* stored("scores"), { M: { a: { N: "1" } } })
      assert.isUndefined(yield* stored("look"))
      for (const look of [undefined, { NULL: true as const }, { M: { s: { N: "1" } } }]) {
        const looking = yield* standing(look === undefined ? {} : { look })
        const saved = yield* Docs.save(looking, changed(looking, { look: small }))
        assert.deepStrictEqual(yield* stored("look"), storedSmall)
        assert.deepStrictEqual(yield* Docs.require({ id: "1" }), saved)
      }
    }))

  test("writes a member that is a map itself and does not stand there, and nothing else", () =>
    Effect.gen(function*() {
      const before = yield* standing({ look: { M: { s: { N: "5" }, else: { S: "kept" } } } })
      yield* Docs.save(before, changed(before, { look: { ...before.look, more: { n: 3 } } }))
      assert.deepStrictEqual(yield* stored("look"), {
        M: { s: { N: "5" }, else: { S: "kept" }, more: { M: { n: { N: "3" } } } }
      })
    }))

  test("takes nothing away that it has not seen", () =>
    Effect.gen(function*() {
      const others: ReadonlyArray<Item> = [
        { scores: { M: { b: { N: "1" } } } },
        { look: { M: { s: { N: "9" } } } },
        { look: { M: { s: { N: "1" }, font: { S: "serif" }, more: { M: { n: { N: "0" } } }, else: { S: "new" } } } }
      ]
      for (const other of others) {
        const before = yield* standing()
        yield* standing(other)
        const e = yield* Effect.flip(Docs.save(before, changed(before, { scores: { a: 1 }, look: small })))
        assert.strictEqual(e._tag, "ConditionalCheckFailedException")
        for (const [name, value] of Object.entries(other)) assert.deepStrictEqual(yield* stored(name), value)
      }
    }))

  test("leaves to two of one map that stands there what each has changed", () =>
    Effect.gen(function*() {
      const before = yield* standing({ scores: { M: { a: { N: "1" } } } })
      yield* Docs.save(before, changed(before, { scores: { a: 1, b: 2 } }))
      yield* Docs.save(before, changed(before, { scores: { a: 1, c: 3 } }))
      assert.deepStrictEqual(yield* stored("scores"), { M: { a: { N: "1" }, b: { N: "2" }, c: { N: "3" } } })
    }))
})

describe("an attribute that was read by its default, in the key of an index,", () => {
  test("is given by it, and saved beside others", () =>
    Effect.gen(function*() {
      for (const more of [{}, { state: { NULL: true as const } }]) {
        const before = yield* standing(more)
        yield* Docs.update({ id: "1" }, (p) => [p.team.set("u")], { given: before })
        assert.deepStrictEqual(yield* stored("g1pk"), { S: "u#new" })
        yield* standing(more)
        yield* Docs.save(before, changed(before, { team: "v" }))
        assert.deepStrictEqual(yield* stored("g1pk"), { S: "v#new" })
      }
    }))

  test("is what the key is made of once it is removed", () =>
    Effect.gen(function*() {
      const given = yield* standing({ state: { S: "old" }, rank: { S: "high" } })
      yield* Docs.update({ id: "1" }, (p) => [p.state.remove], { given })
      assert.deepStrictEqual(yield* stored("g1pk"), { S: "t#new" })
      assert.isUndefined(yield* stored("state"))
      assert.strictEqual((yield* Docs.require({ id: "1" })).state, "new")
    }))

  test("must be what stands there, if something does", () =>
    Effect.gen(function*() {
      const given = yield* standing()
      // of `rank`, null is a value and no lack of one
      for (const other of [{ state: { S: "old" } }, { rank: { S: "high" } }, { rank: { NULL: true as const } }]) {
        yield* standing(other)
        const e = yield* Effect.flip(Docs.update({ id: "1" }, (p) => [p.team.set("u")], { given }))
        assert.strictEqual(e._tag, "ConditionalCheckFailedException")
        assert.isUndefined(yield* stored("g1pk"))
      }
    }))
})
