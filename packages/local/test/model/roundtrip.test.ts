/**
 * What is put is what is read: 50 random schemas, each an entity on a table of its own, in process and over HTTP. All 1,000 values of each
 * are tried by `ARMATURE_SEQUENCES=5000000`, which takes minutes.
 */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Endpoint from "@armature/local/Endpoint"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as LocalS3 from "@armature/local/LocalS3"
import * as Attribute from "@armature/model/Attribute"
import * as Entity from "@armature/model/Entity"
import { key, number } from "@armature/model/Key"
import * as Stored from "@armature/model/Stored"
import * as Table from "@armature/model/Table"
import * as S3 from "@armature/s3/S3"
import { layer } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as BigDecimal from "effect/BigDecimal"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { assert } from "vitest"
import { sealingAndBlobs } from "./shop.js"

const schemas = 50
const values = Math.min(Math.ceil(Number(process.env.ARMATURE_SEQUENCES ?? 5_000) / 5_000), 1_000)

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

/** Binary is the same by its bytes, which a `Set` does not see. */
const setOf = (member: Schema.Schema.AnyNoContext, min: number) =>
  Schema.ReadonlySetFromSelf(member).pipe(
    Schema.filter((set) => set.size >= min && new Set(Array.from(set, String)).size === set.size)
  )

type Next = (below: number) => number

/** One of all that can be stored, chosen by `next`. A set that is `always` there may be empty. */
const random = (next: Next, depth: number, always = false): Schema.Schema.AnyNoContext => {
  const scalar = () => scalars[next(scalars.length)] ?? Text
  const one = (always = false) => random(next, depth - 1, always)
  const fields = (): Record<string, Schema.Schema.AnyNoContext> =>
    Object.fromEntries(Array.from({ length: 1 + next(3) }, (_, i) => [`f${i}`, one(true)]))
  if (depth === 0) return scalar()
  switch (next(10)) {
    case 0:
      return Schema.Array(one())
    case 1:
      return Schema.Struct(fields())
    case 2:
      return Schema.Record({ key: Name, value: one() })
    case 3:
      return setOf([Text, Big, Finite][next(4)] ?? Bytes, always ? 0 : 1)
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
      return Schema.Option(one(true))
    default:
      return scalar()
  }
}

/** One in which any depth may be sealed or compressed, as an attribute of an item. */
const attribute = (next: Next, renamed: string): Schema.Schema.All | Schema.PropertySignature.All => {
  const one = (always = false): Schema.Schema<unknown, unknown> => Schema.make(random(next, 3, always).ast)
  switch (next(9)) {
    case 0:
      return Attribute.encrypted(one())
    case 1:
      return Attribute.compressed(one(), { algorithm: next(2) === 0 ? "gzip" : "deflate" })
    case 2:
      return Schema.NullOr(Attribute.encrypted(Attribute.compressed(one())))
    case 3:
      return Schema.optional(Attribute.hidden(one()))
    case 4:
      return Schema.optionalWith(one(), { as: "Option" })
    case 5:
      return Schema.propertySignature(one(true)).pipe(Schema.fromKey(renamed))
    case 6:
      return Attribute.offloaded(Attribute.encrypted(one()), { prefix: "p/", above: next(3) === 0 ? 0 : 1_000 })
    case 7:
      return Schema.Struct({ deep: Schema.optional(Attribute.encrypted(one())) })
    default:
      return one(true)
  }
}

type Services = DynamoDB.DynamoDB | S3.S3 | Layer.Layer.Success<typeof sealingAndBlobs>

/** What a value is, where `Stored` and `Redacted` hide it and equality of objects does not see it. */
const seen = (value: unknown): Effect.Effect<unknown, unknown, Services> =>
  Effect.gen(function*() {
    if (Stored.isStored(value)) {
      // what reading it needs is not known of any value: a world has it all
      const read = value.read as Effect.Effect<unknown, unknown, Services>
      return ["stored", yield* Effect.flatMap(read, seen)]
    }
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

/** What the test knows of each item. */
interface Row {
  readonly batch: number
  readonly id: string
  readonly n: number
}

const rows = (seed: number): Schema.Schema<Row, Row> => {
  let state = seed * 2654435761
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const fields = Array.from({ length: 1 + next(4) }, (_, i) => [`a${i}`, attribute(next, `renamed${i}`)])
  return Schema.make(
    Schema.Struct({ batch: Schema.Number, id: Text, n: Schema.Number, ...Object.fromEntries(fields) }).ast
  )
}

const buckets = ["files"]

const inProcess = Layer.merge(LocalDynamoDB.layer({ log: false }), LocalS3.layer({ buckets, log: false }))

const overHttp = Layer.unwrapScoped(Effect.gen(function*() {
  const dynamodb = yield* LocalDynamoDB.make({ log: false })
  const s3 = yield* LocalS3.make({ buckets, log: false })
  const { url } = yield* Endpoint.make({
    dynamodb: Endpoint.fromEngine(dynamodb.local.engine),
    s3: Endpoint.fromS3Engine(s3.local.engine)
  })
  const options = {
    endpoint: url,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: Redacted.make("test") }
  }
  return Layer.merge(DynamoDB.layerDirect(options), S3.layer(options))
}))

class Worlds extends Context.Tag("Worlds")<Worlds, ReadonlyArray<Context.Context<Services>>>() {}

const worlds = Layer.scoped(
  Worlds,
  Effect.forEach([inProcess, overHttp], (world) => Layer.build(Layer.provideMerge(sealingAndBlobs, world)))
)

/** How many are put and read together. */
const size = 20

const what = `${schemas} random schemas, ${values} random values of each, in process and over HTTP`

layer(worlds, { excludeTestServices: true })(what, (it) => {
  for (let seed = 1; seed <= schemas; seed++) {
    it.effect(`what is put is what is read: schema ${seed}`, () => {
      const table = Table.make(`things-${seed}`, { key: ["pk", "sk"] })
      const schema = rows(seed)
      const arbitrary = Arbitrary.make(schema)
      const Things = Entity.make(table, schema, {
        primary: { pk: key`BATCH#${number("batch", { digits: 6 })}`, sk: key`${"id"}#${number("n", { digits: 6 })}` }
      }, { name: "Thing" })
      const putAndRead = (thing: Row) =>
        Effect.gen(function*() {
          yield* Things.put(thing)
          return yield* seen(Option.getOrThrow(yield* Things.get(thing)))
        })
      return Effect.gen(function*() {
        const worlds = yield* Worlds
        const inEach = (effect: Effect.Effect<unknown, unknown, Services>) =>
          Effect.forEach(worlds, (world) => Effect.provide(effect, world))
        yield* inEach(Table.create(table))
        for (let batch = 0; batch < values; batch += size) {
          const numRuns = Math.min(size, values - batch)
          const given = FastCheck.sample(arbitrary, { numRuns, seed: seed * 1_000 + batch })
            .map((value, n) => ({ ...value, batch, n }))
          yield* inEach(Effect.gen(function*() {
            const expected = yield* Effect.forEach(given, seen)
            assert.deepStrictEqual(yield* Effect.forEach(given, putAndRead, { concurrency: 4 }), expected)
            const { items } = yield* Things.queryPage("primary", { batch }, { limit: 7 })
            assert.lengthOf(items, Math.min(7, numRuns))
            for (const one of items) assert.deepStrictEqual(yield* seen(one), expected[one.n])
          }))
        }
        // what a thousand items take up is given back
        yield* inEach(Effect.flatMap(DynamoDB.DynamoDB, (db) => db.deleteTable({ TableName: `things-${seed}` })))
      })
    }, 600_000)
  }
})
