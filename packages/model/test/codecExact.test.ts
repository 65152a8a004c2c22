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
import { finishOf } from "../src/internal/codecExact.js"
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

  it("is asked of its schema only where that says more than what is stored", () => {
    const finished = (schema: Schema.Schema.All, value: Readonly<Record<string, unknown>>) =>
      finishOf(schema.ast)?.(value)
    const value = { id: "a", n: 1 }
    assert.strictEqual(finished(Schema.Struct({ id: Schema.String, n: Schema.Number }), value), value)
    assert.deepStrictEqual(finished(Schema.Struct({ id: Schema.String, n: even }), { id: "a", n: 2 }), {
      id: "a",
      n: 2
    })
    // what it refuses, what waits, and what says how it is to be parsed
    assert.isUndefined(finished(Schema.Struct({ id: Schema.String, n: even }), value))
    assert.isUndefined(finished(schemas.later, { id: "a", later: "b" }))
    assert.isUndefined(finished(schemas.told, value))
  })

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
