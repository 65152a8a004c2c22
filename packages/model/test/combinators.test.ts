import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { assert } from "vitest"
import * as Attribute from "../src/Attribute.js"
import type { Attribute as Plan, ItemCodec } from "../src/internal/codec.js"
import * as Stored from "../src/Stored.js"
import { bucket, compiled, printed, problemOf, read, sealing, services, write } from "./behaving.js"
import { kept, lost, refused, valuesOf } from "./combinators.js"

const secret = "MARK-secret-MARK-secret-MARK-secret-MARK-secret"

const named = (attributes: ReadonlyArray<Plan>, is: (attribute: Plan) => boolean): ReadonlyArray<string> =>
  attributes.filter(is).map((one) => one.name).sort()

/** Encodes a value whose type is that of all fields at once, which only the fields know. */
const written = (codec: ItemCodec<unknown, never>, value: unknown) => write(codec, value)

describe("every combinator keeps", () => {
  it.effect("what is sealed: no byte of it is in the item, and it is read back", () =>
    Effect.gen(function*() {
      const fields = kept(Attribute.encrypted(Schema.String))
      const codec = compiled(Schema.Struct(fields))
      const values = valuesOf(secret)
      assert.deepStrictEqual(named(codec.attributes, (one) => one.sealed), Object.keys(values).sort())
      const item = yield* written(codec as ItemCodec<unknown, never>, values)
      assert.strictEqual(Object.keys(item).length, Object.keys(values).length)
      assert.notInclude(printed(item), "MARK")
      const again = yield* read(codec, item)
      assert.deepStrictEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(values)))
    }).pipe(Effect.provide(services)))

  for (const [name, schema] of Object.entries(kept(Attribute.encrypted(Schema.String)))) {
    it.effect(`what is sealed, alone: ${name}`, () =>
      Effect.gen(function*() {
        const codec = compiled(Schema.Struct({ [name]: schema } as Schema.Struct.Fields)) as ItemCodec<unknown, never>
        const item = yield* written(codec, {
          [name]: Object.entries(valuesOf(secret)).find((one) => one[0] === name)?.[1]
        })
        assert.strictEqual(Object.keys(item).length, 1)
        assert.notInclude(printed(item), "MARK")
      }).pipe(Effect.provide(services)))
  }

  it.effect("what is offloaded: no byte of it is in the item, and it is read back", () =>
    Effect.gen(function*() {
      const objects = new Map<string, Uint8Array>()
      yield* Effect.gen(function*() {
        const codec = compiled(Schema.Struct(kept(Attribute.offloaded(Schema.String, { prefix: "p/" }))))
        const values = valuesOf(Stored.of(secret))
        assert.deepStrictEqual(named(codec.attributes, (one) => one.offloaded), Object.keys(values).sort())
        const item = yield* written(codec as ItemCodec<unknown, never>, values)
        assert.notInclude(printed(item), "MARK")
        // one more: below
        assert.strictEqual(objects.size, Object.keys(values).length + 1)
        const again = yield* read(codec, item)
        assert.strictEqual(yield* again.plain.read, secret)
        assert.strictEqual(yield* again.struct.inner.read, secret)
        assert.strictEqual(yield* again.transform.value.read, secret)
      }).pipe(Effect.provide(Layer.merge(sealing, bucket(objects))))
    }))

  it.effect("what is compressed: it is read back, and stands nowhere in clear", () =>
    Effect.gen(function*() {
      const codec = compiled(Schema.Struct(kept(Attribute.compressed(Schema.String))))
      const values = valuesOf(secret.repeat(4))
      const item = yield* written(codec as ItemCodec<unknown, never>, values)
      assert.notInclude(printed(item), secret)
      const again = yield* read(codec, item)
      assert.deepStrictEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(values)))
    }).pipe(Effect.provide(services)))
})

describe("what would lose it makes no item", () => {
  const marked = Attribute.encrypted(Schema.String)
  for (const [name, schema] of Object.entries({ ...refused(marked), ...lost(marked) })) {
    it(name, () => {
      const problem = problemOf(Schema.Struct({ id: Schema.String, at: schema } as Schema.Struct.Fields))
      assert.match(problem, /^at.* (is|has a) (sealed|a set)/)
      assert.notStrictEqual(problem, "can be stored")
    })
  }

  it("a type side has nothing to lose: it says so in its type, and is stored in clear", () => {
    const [, attribute] = compiled(Schema.Struct({ id: Schema.String, at: Schema.typeSchema(marked) })).attributes
    assert.strictEqual(attribute?.sealed, false)
  })

  it("an encoded side keeps it", () => {
    const [, attribute] = compiled(Schema.Struct({ id: Schema.String, at: Schema.encodedSchema(marked) })).attributes
    assert.strictEqual(attribute?.sealed, true)
  })
})
