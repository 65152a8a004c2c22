import { describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as BigDecimal from "effect/BigDecimal"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { assert } from "vitest"
import * as Attribute from "../src/Attribute.js"
import * as Stored from "../src/Stored.js"
import { compiled, read, services, write } from "./behaving.js"

const schemas = 50
const values = Math.ceil(Number(process.env.ARMATURE_SEQUENCES ?? 1_000) / 200)

/** Of a number what DynamoDB keeps: no negative zero, and magnitudes of 1E-130 to 1E+126. */
const Finite = Schema.Number.pipe(
  Schema.filter((n) =>
    Number.isFinite(n) && !Object.is(n, -0) && (n === 0 || (Math.abs(n) > 1e-120 && Math.abs(n) < 1e120))
  )
)
const Big = Schema.BigIntFromSelf.pipe(Schema.betweenBigInt(-(10n ** 30n), 10n ** 30n))
const Decimal = Schema.BigDecimalFromSelf.annotations({
  arbitrary: () => (fc) =>
    fc.tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: -20, max: 20 }))
      .map(([value, scale]) => BigDecimal.normalize(BigDecimal.make(value, scale)))
})
const Text = Schema.String.annotations({ arbitrary: () => (fc) => fc.string({ unit: "binary" }) })
const Name = Schema.String.pipe(Schema.filter((name) => name !== "__proto__"))
const Bytes = Schema.Uint8ArrayFromSelf

const scalars: ReadonlyArray<Schema.Schema.AnyNoContext> = [
  Text,
  Finite,
  Big,
  Decimal,
  Bytes,
  Schema.Boolean,
  Schema.Null,
  Schema.Literal("a", "b"),
  Schema.DateTimeUtc,
  Schema.NumberFromString.pipe(Schema.filter((n) => !Object.is(n, -0))),
  Schema.BigInt,
  Schema.Redacted(Text),
  Schema.TemplateLiteral("x-", Schema.Literal("a", "b")),
  Schema.Uint8ArrayFromBase64,
  Schema.Enums({ One: 1, Two: "two" } as const),
  Text.pipe(Schema.brand("Id"))
]

const setOf = <A, I>(member: Schema.Schema<A, I>) =>
  Schema.ReadonlySetFromSelf(member).pipe(Schema.filter((set) => set.size > 0))

/** One of all that can be stored, chosen by `next`. */
const random = (next: (below: number) => number, depth: number): Schema.Schema.AnyNoContext => {
  const scalar = () => scalars[next(scalars.length)] ?? Text
  const one = () => random(next, depth - 1)
  const fields = (): Record<string, Schema.Schema.AnyNoContext> =>
    Object.fromEntries(Array.from({ length: 1 + next(3) }, (_, i) => [`f${i}`, one()]))
  if (depth === 0) return scalar()
  switch (next(10)) {
    case 0:
      return Schema.Array(one())
    case 1:
      return Schema.Struct(fields())
    case 2:
      return Schema.Record({ key: Name, value: one() })
    case 3:
      return [setOf(Text), setOf(Big), setOf(Finite)][next(3)] ?? setOf(Bytes)
    case 4:
      return Schema.Union(
        Schema.Struct({ _tag: Schema.Literal("A"), ...fields() }),
        Schema.Struct({ _tag: Schema.Literal("B"), ...fields() }),
        Schema.Struct({ _tag: Schema.Literal("C") })
      )
    case 5:
      return Schema.Tuple(one(), one())
    case 6:
      return Schema.NullOr(Schema.Array(one()))
    case 7:
      return Schema.Option(one())
    default:
      return scalar()
  }
}

/** One in which any depth may be sealed or compressed, as an attribute of an item. */
const attribute = (next: (below: number) => number): Schema.Schema.All | Schema.PropertySignature.All => {
  const schema: Schema.Schema<unknown, unknown> = Schema.make(random(next, 3).ast)
  switch (next(9)) {
    case 0:
      return Attribute.encrypted(schema)
    case 1:
      return Attribute.compressed(schema, { algorithm: next(2) === 0 ? "gzip" : "deflate" })
    case 2:
      return Schema.NullOr(Attribute.encrypted(Attribute.compressed(schema)))
    case 3:
      return Schema.optional(Attribute.hidden(schema))
    case 4:
      return Schema.optionalWith(schema, { as: "Option" })
    case 5:
      return Schema.propertySignature(schema).pipe(Schema.fromKey("renamed"))
    case 6:
      return Attribute.offloaded(Attribute.encrypted(schema), { prefix: "p/", above: next(2) * 100 })
    case 7:
      return Schema.Struct({ deep: Schema.optional(Attribute.encrypted(schema)) })
    default:
      return schema
  }
}

/** What a value is, where `Stored` and `Redacted` hide it and equality of objects does not see it. */
const seen = (value: unknown): Effect.Effect<unknown, unknown, unknown> =>
  Effect.gen(function*() {
    if (Stored.isStored(value)) return ["stored", yield* Effect.flatMap(value.read, seen)]
    if (Redacted.isRedacted(value)) return ["redacted", yield* seen(Redacted.value(value))]
    if (Option.isOption(value)) return ["option", Option.isSome(value) ? yield* seen(value.value) : undefined]
    if (BigDecimal.isBigDecimal(value)) return ["decimal", BigDecimal.format(BigDecimal.normalize(value))]
    if (value instanceof Uint8Array) return ["bytes", Buffer.from(value).toString("hex")]
    if (Array.isArray(value)) return yield* Effect.forEach(value, seen)
    if (value instanceof Set) return new Set(yield* Effect.forEach([...value], seen))
    if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
      const entries = Object.entries(value).filter((entry) => entry[1] !== undefined)
      return Object.fromEntries(
        yield* Effect.forEach(entries, ([name, own]) => Effect.map(seen(own), (it) => [name, it]))
      )
    }
    return value
  })

describe(`${schemas} random schemas, ${values} random values of each`, () => {
  for (let seed = 1; seed <= schemas; seed++) {
    it.effect(`what is written is read: schema ${seed}`, () =>
      Effect.gen(function*() {
        let state = seed * 2654435761
        const next = (below: number): number => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0
          return Math.floor((state / 2 ** 32) * below)
        }
        const fields = Object.fromEntries(Array.from({ length: 1 + next(4) }, (_, i) => [`a${i}`, attribute(next)]))
        // one renamed attribute at most
        const schema: Schema.Schema<unknown, unknown> = Schema.make(
          Schema.Struct({ last: Schema.String, ...fields }).ast
        )
        const codec = compiled(schema)
        const arbitrary = Arbitrary.make(schema)
        for (let done = 0; done < values; done += 5) {
          for (const value of FastCheck.sample(arbitrary, { numRuns: 5, seed: seed * values + done })) {
            const again = yield* read(codec, yield* write(codec, value))
            assert.deepStrictEqual(yield* seen(again), yield* seen(value))
          }
          // the runner, too, has things to do
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        }
      }).pipe(Effect.provide(services)) as Effect.Effect<void, unknown>, 600_000)
  }
})
