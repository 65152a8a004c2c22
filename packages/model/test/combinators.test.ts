import type { ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import { describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { assert } from "vitest"
import * as Attribute from "../src/Attribute.js"
import type { Attribute as Plan, ItemCodec } from "../src/internal/codec.js"
import * as Stored from "../src/Stored.js"
import { bucket, compiled, printed, problemOf, read, sealing, services, write } from "./behaving.js"
import { kept, lost, refused, valuesOf, within } from "./combinators.js"

/** Looked for in what is random: long enough that it is not met there by chance. */
const mark = "MARK-secret"
const secret = `${mark}-${mark}-${mark}-${mark}`

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
      assert.notInclude(printed(item), mark)
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
        assert.notInclude(printed(item), mark)
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
        assert.notInclude(printed(item), mark)
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

/** The wire form of one value, and what the plan says of its attribute, under each combinator that leaves it an attribute of its own. */
const keepsItself = <A, I>(
  what: string,
  marked: Schema.Schema<A, I>,
  value: A,
  wire: ReadonlyAttributeValue,
  is: (attribute: Plan) => boolean
) => {
  const values = Object.entries(valuesOf(value))
  it.effect(what, () =>
    Effect.gen(function*() {
      for (const [name, schema] of Object.entries(kept(marked))) {
        if (within.some((one) => one === name)) continue
        // an item has one of each: here each is alone in its own
        const codec = compiled(Schema.Struct({ [name]: schema } as Schema.Struct.Fields)) as ItemCodec<unknown, never>
        assert.deepStrictEqual(named(codec.attributes, is), [name])
        const item = yield* written(codec, { [name]: values.find((one) => one[0] === name)?.[1] })
        assert.deepStrictEqual(Object.values(item), [wire], name)
      }
    }).pipe(Effect.provide(services)))
}

const fills = (tag: string) => (attribute: Plan) => attribute.filled.length === 1 && attribute.filled[0]?._tag === tag

describe("every combinator keeps, with its wire form,", () => {
  const at = DateTime.unsafeMake(1_700_000_000_000)
  const time = { S: "2023-11-14T22:13:20.000Z" }
  const ulid = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
  const uuid = "0189f7ea-ae2c-7809-8aeb-b819cf5e9e7f"
  keepsItself("the time of creation", Attribute.CreatedAt, at, time, fills("createdAt"))
  keepsItself("the time of the last write", Attribute.UpdatedAt, at, time, fills("updatedAt"))
  keepsItself("the time to live", Attribute.TimeToLive, at, { N: "1700000000" }, fills("timeToLive"))
  keepsItself("an id", Attribute.ulid, ulid, { S: ulid }, fills("generated"))
  keepsItself("a UUID", Attribute.uuid7, uuid, { S: uuid }, fills("generated"))
  keepsItself("what is computed", Attribute.computed(Schema.String, () => "x"), "x", { S: "x" }, fills("computed"))
  keepsItself(
    "what is hidden",
    Attribute.hidden(Schema.String),
    Redacted.make("x"),
    { S: "x" },
    (attribute) => attribute.hidden
  )

  it("the version, which is a property already", () => {
    const { attributes } = compiled(Schema.Struct({ v: Attribute.Version.pipe(Schema.fromKey("stored")) }))
    assert.deepStrictEqual(attributes.map(({ filled, name, stored }) => ({ filled, name, stored })), [
      { filled: [{ _tag: "version" }], name: "v", stored: "stored" }
    ])
  })
})

describe("what fills itself is an attribute of its own, and nothing else:", () => {
  const filling = {
    "the time of creation": Attribute.CreatedAt,
    "the time to live": Attribute.TimeToLive,
    "an id": Attribute.uuid4,
    "what is computed": Attribute.computed(Schema.String, () => "x")
  }
  for (const [what, marked] of Object.entries(filling)) {
    it(what, () => {
      const fields: Readonly<Record<string, Schema.Struct.Field>> = kept<unknown, unknown>(
        marked as Schema.Schema<unknown, unknown>
      )
      for (const name of within) {
        assert.match(
          problemOf(Schema.Struct({ at: fields[name] } as Schema.Struct.Fields)),
          /is filled when it is written, and is no attribute of its own/,
          name
        )
      }
    })
  }
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
