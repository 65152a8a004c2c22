/** An attribute that is opaque in one member of a union and plain in another: an update does not know which member it meets. */
import * as Attribute from "@armature/model/Attribute"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { assert, describe } from "vitest"
import { App } from "./shop.js"
import { failure, test } from "./together.js"

const Note = Schema.Union(
  Schema.Struct({
    kind: Schema.Literal("secret"),
    id: Schema.String,
    text: Schema.NullOr(Attribute.encrypted(Schema.String)),
    inside: Schema.Struct({ long: Attribute.compressed(Schema.String) }),
    own: Attribute.encrypted(Schema.String)
  }),
  Schema.Struct({
    kind: Schema.Literal("open"),
    id: Schema.String,
    text: Schema.NullOr(Schema.String),
    inside: Schema.Struct({ long: Schema.String })
  })
)
const Notes = Entity.make(App, Note, { primary: { pk: key`NOTE#${"id"}`, sk: key`NOTE` } }, { name: "Note" })

const secret = { kind: "secret", id: "1", text: "marked-a", inside: { long: "marked-b" }, own: "marked-c" } as const
const open = { kind: "open", id: "2", text: "marked-a", inside: { long: "marked-b" } } as const

describe("an attribute that is opaque in one member of a union only", () => {
  test("is not set by an update, which would leave an item that nothing decodes", () =>
    Effect.gen(function*() {
      yield* Notes.put(secret)
      yield* Notes.put(open)
      for (const { id } of [secret, open]) {
        const e = yield* failure(Notes.update({ id }, (p) => [p.text.set("marked-d")]), "SerializationException")
        assert.deepStrictEqual(e.path, ["text"])
        assert.notInclude(e.message, "marked")
        yield* failure(Notes.update({ id }, (p) => [p.inside.long.set("marked-d")]), "SerializationException")
        const inside = Notes.update({ id }, (p) => [p.inside.set({ long: "marked-d".repeat(100) })])
        yield* failure(inside, "SerializationException")
      }
      assert.deepStrictEqual(yield* Notes.require(secret), secret)
      assert.deepStrictEqual(yield* Notes.require(open), open)
    }))

  test("is set to null, written with the whole item, and saved", () =>
    Effect.gen(function*() {
      for (const before of [secret, open]) {
        yield* Notes.put(before)
        const after = { ...before, text: "marked-d", inside: { long: "marked-e" } }
        yield* Notes.save(before, after)
        assert.deepStrictEqual(yield* Notes.require(before), after)
        yield* Notes.update(before, (p) => [p.text.set(null)])
        assert.strictEqual((yield* Notes.require(before)).text, null)
      }
      // in one member alone
      yield* Notes.update(secret, (p) => [p.own.set("marked-f")])
      assert.deepStrictEqual(yield* Notes.require(secret), {
        ...secret,
        text: null,
        inside: { long: "marked-e" },
        own: "marked-f"
      })
    }))
})
