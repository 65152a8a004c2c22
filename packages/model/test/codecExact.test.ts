/** What is decoded by the walk alone is what the schema would have made of it: the schema itself is the measure. */
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import { describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { assert } from "vitest"
import * as Attribute from "../src/Attribute.js"
import { finishOf, isExact } from "../src/internal/codecExact.js"
import { fromIssue } from "../src/internal/codecFailure.js"
import { compiled, type Item } from "./behaving.js"

const even = Schema.Number.pipe(Schema.int(), Schema.filter((n) => n % 2 === 0))

/** Decodes in a fiber. */
const Later = Schema.transformOrFail(Schema.String, Schema.String, {
  decode: (text) => Effect.as(Effect.yieldNow(), `later ${text}`),
  encode: (text) => ParseResult.succeed(text.slice("later ".length))
})

const schemas = {
  plain: Schema.Struct({
    id: Schema.String,
    n: Schema.Number,
    yes: Schema.Boolean,
    big: Schema.BigIntFromSelf,
    list: Schema.Array(Schema.Struct({ a: Schema.String, b: Schema.optional(Schema.Number) })),
    inside: Schema.Struct({ a: Schema.String, deep: Schema.Struct({ b: Schema.NullOr(Schema.String) }) })
  }),
  absent: Schema.Struct({
    id: Schema.String,
    maybe: Schema.optional(Schema.String),
    exactly: Schema.optionalWith(Schema.Number, { exact: true }),
    orNull: Schema.NullOr(Schema.String),
    orUndefined: Schema.UndefinedOr(Schema.String),
    nullish: Schema.NullishOr(Schema.Number)
  }),
  mixed: Schema.Struct({
    id: Schema.String.pipe(Schema.brand("Id")),
    at: Schema.Date,
    even,
    when: Schema.optional(Schema.Date),
    level: Schema.Literal("low", "high"),
    kind: Schema.Literal("mixed"),
    either: Schema.Union(Schema.String, Schema.Number),
    pair: Schema.Tuple(Schema.String, Schema.Number),
    record: Schema.Record({ key: Schema.String, value: Schema.Number }),
    set: Schema.ReadonlySetFromSelf(Schema.String),
    name: Schema.String
  }),
  later: Schema.Struct({ id: Schema.String, later: Later }),
  told: Schema.Struct({ id: Schema.String, n: Schema.Number }).annotations({ parseOptions: { errors: "all" } }),
  class: class Told extends Schema.Class<Told>("Told")({ id: Schema.String, n: Schema.Number }) {}
}

const replacements: ReadonlyArray<AttributeValue | undefined> = [
  undefined,
  { S: "other" },
  { N: "3" },
  { NULL: true },
  { BOOL: false },
  { L: [] },
  { M: {} }
]

const bySchema = <A, I>(schema: Schema.Schema<A, I>, encoded: unknown) =>
  Effect.either(Effect.mapError(ParseResult.decodeUnknown(schema)(encoded), (issue) => fromIssue(issue)))

const told = <A>(result: Either.Either<A, { readonly message: string }>) => Either.mapLeft(result, (e) => e.message)

const isAsBySchema = <A extends object, I extends object>(schema: Schema.Schema<A, I>) =>
  Effect.gen(function*() {
    const codec = compiled(schema)
    let refused = 0
    for (const value of FastCheck.sample(Arbitrary.make(schema), { numRuns: 50, seed: 7 })) {
      const drafted = yield* Effect.either(codec.encode(value))
      if (Either.isLeft(drafted)) continue
      const { item } = drafted.right
      const changed = Object.keys(item).flatMap((attribute) =>
        replacements.map((by): Item => {
          const { [attribute]: _, ...rest } = item
          return by === undefined ? rest : { ...rest, [attribute]: by }
        })
      )
      for (const one of [item, { ...item, unknown: { S: "1" } }, ...changed]) {
        const opening = codec.open(one)
        if (Either.isLeft(opening)) continue
        const { encoded } = opening.right
        const before = structuredClone(encoded)
        const actual = yield* Effect.either(codec.close(opening.right))
        const expected = yield* bySchema(schema, encoded)
        assert.deepStrictEqual(told(actual), told(expected))
        // and can be had again
        assert.deepStrictEqual(encoded, before)
        if (Either.isLeft(actual)) refused++
      }
    }
    assert.isAbove(refused, 0)
  })

describe("an item", () => {
  it.effect("of nothing but plain attributes is decoded as its schema does", () => isAsBySchema(schemas.plain))
  it.effect("whose attributes may be absent is decoded as its schema does", () => isAsBySchema(schemas.absent))
  it.effect("of attributes of all kinds is decoded as its schema does", () => isAsBySchema(schemas.mixed))
  it.effect("that waits is decoded as its schema does", () => isAsBySchema(schemas.later))
  it.effect("with options of its own is decoded as its schema does", () => isAsBySchema(schemas.told))
  it.effect("of a class is decoded as its schema does", () => isAsBySchema(schemas.class))

  it.effect("passes its schema only where that says more than what is stored", () =>
    Effect.gen(function*() {
      const codec = compiled(schemas.told)
      const opening = yield* compiled(Schema.Struct({ id: Schema.String })).open({ id: { S: "a" } })
      const same = yield* compiled(Schema.Struct({ id: Schema.String })).close(opening)
      assert.strictEqual<object>(same, opening.encoded)
      // what says how it is to be parsed
      assert.isUndefined(finishOf(schemas.told.ast))
      assert.isFalse(isExact(schemas.told.ast))
      assert.deepStrictEqual(yield* codec.read({ id: { S: "a" }, n: { N: "1" } }), { id: "a", n: 1 })
    }))

  it.effect("meets each function of its schema once, whatever comes of it", () =>
    Effect.gen(function*() {
      let calls = 0
      const Counted = Schema.transform(Schema.String, Schema.String, {
        strict: true,
        decode: (text) => {
          calls++
          return text
        },
        encode: (text) => text
      })
      const once = <A extends object, I extends object>(schema: Schema.Schema<A, I>, item: Item) =>
        Effect.gen(function*() {
          const codec = compiled(schema)
          calls = 0
          yield* Effect.either(codec.close(yield* codec.open(item)))
          assert.strictEqual(calls, 1)
        })
      yield* once(Schema.Struct({ counted: Counted, n: even }), { counted: { S: "a" }, n: { N: "2" } })
      yield* once(Schema.Struct({ counted: Counted, n: even }), { counted: { S: "a" }, n: { N: "1" } })
      yield* once(Schema.Struct({ counted: Counted, later: Later }), { counted: { S: "a" }, later: { S: "b" } })
    }))

  it.effect("has its members in the order of its schema, sealed ones included", () =>
    Effect.gen(function*() {
      const codec = compiled(Schema.Struct({ secret: Attribute.encrypted(Schema.String), a: Schema.String }))
      const opening = yield* codec.open({ secret: { B: new Uint8Array(1) }, a: { S: "a" } })
      for (const hole of opening.holes) hole.fill("opened")
      assert.deepStrictEqual(Object.keys(yield* codec.close(opening)), ["secret", "a"])
    }))

  it.effect("of which a schema's own function throws is a SerializationException", () =>
    Effect.gen(function*() {
      const Throwing = Schema.transform(Schema.String, Schema.String, {
        strict: true,
        decode: () => {
          throw new Error("thrown")
        },
        encode: (text) => text
      })
      const codec = compiled(Schema.Struct({ id: Schema.String, bad: Throwing }))
      const opening = yield* codec.open({ id: { S: "a" }, bad: { S: "b" } })
      const failure = yield* Effect.flip(codec.close(opening))
      assert.include(failure.message, "makes a function of its schema throw")
    }))
})
