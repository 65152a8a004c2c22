/** Options, by each of the ways in which a schema stores them: in expressions and keys they are the value inside. */
import type { DynamoDB } from "@armature/dynamodb/DynamoDB"
import * as Local from "@armature/local/Local"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Table from "@armature/model/Table"
import { describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { assert } from "vitest"

const App = Table.make("app", { key: ["pk"], indexes: { gsi1: ["g1pk"] } })

const ways = {
  optional: Schema.optionalWith(Schema.String, { as: "Option" }),
  optionalNullable: Schema.optionalWith(Schema.String, { as: "Option", nullable: true }),
  nullOr: Schema.OptionFromNullOr(Schema.String),
  undefinedOr: Schema.OptionFromUndefinedOr(Schema.String),
  nullishOr: Schema.OptionFromNullishOr(Schema.String, null),
  trimmed: Schema.OptionFromNonEmptyTrimmedString,
  branded: Schema.OptionFromNullOr(Schema.String).pipe(Schema.filter(() => true)),
  suspended: Schema.suspend(() => Schema.OptionFromNullOr(Schema.String))
}

const keys = {
  primary: { pk: key`${"id"}` },
  byOwn: { index: "gsi1", pk: key`${"own"}#${"state"}` }
} as const

const entityOf = (own: Schema.Struct.Field) => {
  class Thing extends Schema.Class<Thing>("Thing")({
    id: Schema.String,
    state: Schema.String,
    // all of them are Options of text
    own: own as typeof ways.nullOr
  }) {}
  return { Thing, Things: Entity.make(App, Thing, keys) }
}

const world = Local.layer({ tables: [Table.definition(App)] })
const state = { given: { state: "new" } } as const

describe("an Option", () => {
  for (const [name, own] of Object.entries(ways)) {
    it.effect(`${name} is set, compared, given and asked for by the value inside`, () =>
      Effect.gen(function*() {
        const { Thing, Things } = entityOf(own)
        yield* Things.put(new Thing({ id: "1", state: "new", own: Option.some("a") }))
        yield* Things.update({ id: "1" }, (p) => [p.own.set("b")], { ...state, if: (p) => p.own.eq("a") })
        const e = yield* Effect.flip(
          Things.update({ id: "1" }, (p) => [p.own.set("c")], { ...state, if: (p) => p.own.in(["a", "d"]) })
        )
        assert.strictEqual(e._tag, "ConditionalCheckFailedException")
        yield* Things.update({ id: "1" }, (p) => [p.state.set("old")], { given: { own: "b" } })
        const found = yield* Stream.runCollect(Things.query("byOwn", { own: "b", state: "old" }))
        assert.deepStrictEqual(Chunk.toReadonlyArray(found), [
          new Thing({ id: "1", state: "old", own: Option.some("b") })
        ])
      }).pipe(Effect.provide(world)))

    // what is none is text here
    if (name === "trimmed") continue
    it.effect(`${name} that is none is given as undefined, and stays none`, () =>
      Effect.gen(function*() {
        const { Thing, Things } = entityOf(own)
        yield* Things.put(new Thing({ id: "1", state: "new", own: Option.none() }))
        yield* Things.update({ id: "1" }, (p) => [p.state.set("old")], { given: { own: undefined } })
        const e = yield* Effect.flip(Things.update({ id: "1" }, (p) => [p.state.set("x")], { given: { own: "a" } }))
        assert.strictEqual(e._tag, "ConditionalCheckFailedException")
        assert.deepStrictEqual(
          yield* Things.require({ id: "1" }),
          new Thing({ id: "1", state: "old", own: Option.none() })
        )
        yield* Things.put(new Thing({ id: "1", state: "new", own: Option.some("a") }))
        const stale = yield* Effect.flip(
          Things.update({ id: "1" }, (p) => [p.state.set("x")], { given: { own: undefined } })
        )
        assert.strictEqual(stale._tag, "ConditionalCheckFailedException")
      }).pipe(Effect.provide(world)))
  }

  it.effect("is set to none by null, where that is what is stored", () =>
    Effect.gen(function*() {
      const { Thing, Things } = entityOf(ways.nullOr)
      yield* Things.put(new Thing({ id: "1", state: "new", own: Option.some("a") }))
      yield* Things.update({ id: "1" }, (p) => [p.own.set(null)], state)
      assert.deepStrictEqual((yield* Things.require({ id: "1" })).own, Option.none())
      yield* Things.update({ id: "1" }, (p) => [p.own.set("b")], { ...state, if: (p) => p.own.eq(null) })
      assert.deepStrictEqual((yield* Things.require({ id: "1" })).own, Option.some("b"))
    }).pipe(Effect.provide(world)))

  it.effect("of what may be null itself has null as a value", () =>
    Effect.gen(function*() {
      class Deep extends Schema.Class<Deep>("Deep")({
        id: Schema.String,
        own: Schema.optionalWith(Schema.NullOr(Schema.String), { as: "Option" })
      }) {}
      const All = Entity.make(App, Deep, { primary: keys.primary })
      yield* All.put(new Deep({ id: "1", own: Option.some("a") }))
      yield* All.update({ id: "1" }, (p) => [p.own.set(null)])
      assert.deepStrictEqual((yield* All.require({ id: "1" })).own, Option.some(null))
      yield* All.update({ id: "1" }, (p) => [p.own.remove])
      assert.deepStrictEqual((yield* All.require({ id: "1" })).own, Option.none())
    }).pipe(Effect.provide(world)))

  it.effect("has no paths into it where a transformation stands between: a failure of the operation, and nothing is sent", () =>
    Effect.gen(function*() {
      class Deep extends Schema.Class<Deep>("Deep")({
        id: Schema.String,
        text: Schema.String,
        own: Schema.OptionFromNullOr(Schema.Struct({ z: Schema.String }))
      }) {}
      const All = Entity.make(App, Deep, { primary: keys.primary })
      const refused = [
        All.update({ id: "1" }, (p) => [p.own.z.set("a")]),
        All.update({ id: "1" }, (p) => [p.text.set(p.own.z)]),
        All.update({ id: "1" }, (p) => [p.text.set("a")], { if: (p) => p.text.eq(p.own.z) }),
        All.delete({ id: "1" }, { if: (p) => p.own.z.eq("a") })
      ]
      for (const one of refused) {
        const e = yield* Effect.flip(one as Effect.Effect<unknown, Effect.Effect.Error<typeof one>, DynamoDB>)
        assert.strictEqual(e._tag, "ValidationException")
        assert.include(e.message, "a path into own")
      }
      assert.isEmpty(yield* Effect.flatMap(LocalDynamoDB.LocalDynamoDB, (local) => local.calls))
    }).pipe(Effect.provide(world)))
})
