/** Keys of indexes whose attributes need not be there: what they are asked for by is the value itself, in the types and at run time. */
import * as Local from "@armature/local/Local"
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

const App = Table.make("app", { key: ["pk"], indexes: { gsi1: ["g1pk", "g1sk"] } })

class Doc extends Schema.Class<Doc>("Doc")({
  id: Schema.String,
  nick: Schema.optionalWith(Schema.String, { as: "Option" }),
  place: Schema.optionalWith(Schema.String, { as: "Option", exact: true }),
  state: Schema.optionalWith(Schema.String, { default: () => "new" }),
  note: Schema.optional(Schema.String)
}) {}

const Docs = Entity.make(App, Doc, {
  primary: { pk: key`DOC#${"id"}` },
  byNick: { index: "gsi1", pk: key`NICK#${"nick"}`, sk: key`${"state"}#${"place"}#${"note"}` }
})

const world = Local.layer({ tables: [Table.definition(App)] })

const doc = (id: string, nick: Option.Option<string>, state?: string) =>
  new Doc({ id, nick, place: Option.some("x"), note: "n", ...(state === undefined ? {} : { state }) })

describe("keys of attributes that need not be there", () => {
  it.scopedLive("are asked for by the value itself", () =>
    Effect.gen(function*() {
      yield* Docs.put(doc("1", Option.some("m")))
      yield* Docs.put(doc("2", Option.some("m"), "old"))
      yield* Docs.put(doc("3", Option.none()))
      const ids = (docs: Stream.Stream<Doc, unknown, never>) =>
        Stream.runCollect(docs).pipe(Effect.map((found) => Chunk.toReadonlyArray(found).map(({ id }) => id)))
      const context = yield* Effect.context<Effect.Effect.Context<ReturnType<typeof Docs.get>>>()
      const all = Docs.query("byNick", { nick: "m" }).pipe(Stream.provideContext(context))
      assert.deepStrictEqual(yield* ids(all), ["1", "2"])
      const some = Docs.query("byNick", { nick: "m" }, { sk: { gte: { state: "new", place: "y" } } })
      assert.deepStrictEqual(yield* ids(some.pipe(Stream.provideContext(context))), ["2"])
      const one = Docs.query("byNick", { nick: "m" }, {
        sk: { eq: { state: "new", place: "x", note: "n" } }
      })
      assert.deepStrictEqual(yield* ids(one.pipe(Stream.provideContext(context))), ["1"])
      yield* Docs.update({ id: "1" }, (p) => [p.state.set("old")], {
        given: { place: "x", note: "n" }
      })
      assert.deepStrictEqual(yield* ids(some.pipe(Stream.provideContext(context))), ["1", "2"])
    }).pipe(Effect.provide(world)))
})

describe("a range that ends before it begins", () => {
  it.effect("has nothing in it, in the order of bytes, which is not that of UTF-16", () =>
    Effect.gen(function*() {
      class Note extends Schema.Class<Note>("Note")({ id: Schema.String, text: Schema.String }) {}
      const Notes = Entity.make(App, Note, {
        primary: { pk: key`NOTE#${"id"}` },
        byText: { index: "gsi1", pk: key`NOTES`, sk: key`${"text"}` }
      })
      const [emoji, halfwidth] = ["\u{1f600}", "\uffee"]
      for (const text of [emoji, halfwidth]) yield* Notes.put(new Note({ id: text, text }))
      const between = (low: string, high: string) =>
        Effect.map(
          Stream.runCollect(Notes.query("byText", {}, { sk: { between: [{ text: low }, { text: high }] } })),
          (found) => Chunk.toReadonlyArray(found).map(({ text }) => text)
        )
      assert.deepStrictEqual(yield* between(halfwidth, emoji), [halfwidth, emoji])
      assert.deepStrictEqual(yield* between(emoji, halfwidth), [])
    }).pipe(Effect.provide(world)))
})
