/** What fills itself, under all that Schema wraps around it: filled through the attribute's own schema by every write. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Attribute from "@armature/model/Attribute"
import * as Entity from "@armature/model/Entity"
import * as Ids from "@armature/model/Ids"
import { key } from "@armature/model/Key"
import { describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"
import { App, type World, world } from "./shop.js"

const test = (what: string, body: () => Effect.Effect<void, unknown, World>) =>
  it.scoped(what, () => Effect.suspend(body).pipe(Effect.provide(world), Effect.provide(Ids.layerCounting)))

const raw = (id: string) =>
  Effect.flatMap(
    DynamoDB.DynamoDB,
    (db) =>
      Effect.map(
        db.getItem({ TableName: "app", Key: { pk: { S: `FILLED#${id}` }, sk: { S: "FILLED" } } }),
        ({ Item }) => Item ?? {}
      )
  )

const keys = { primary: { pk: key`FILLED#${"id"}`, sk: key`FILLED` } } as const

const wrapped = <A, I>(own: Schema.Schema<A, I>, other: A) => ({
  optional: Schema.optional(own),
  exact: Schema.optionalWith(own, { exact: true }),
  nullable: Schema.optionalWith(own, { nullable: true }),
  default: Schema.optionalWith(own, { default: () => other }),
  defaultNullable: Schema.optionalWith(own, { default: () => other, nullable: true }),
  option: Schema.optionalWith(own, { as: "Option" }),
  optionExact: Schema.optionalWith(own, { as: "Option", exact: true }),
  optionNullable: Schema.optionalWith(own, { as: "Option", nullable: true }),
  nullOr: Schema.NullOr(own),
  undefinedOr: Schema.UndefinedOr(own),
  nullishOr: Schema.NullishOr(own),
  optionFromNullOr: Schema.OptionFromNullOr(own),
  redacted: Schema.Redacted(own),
  hidden: Attribute.hidden(own),
  fromKey: Schema.propertySignature(own).pipe(Schema.fromKey("stored")),
  transformed: Schema.transform(own, Schema.Struct({ value: Schema.typeSchema(own) }), {
    strict: true,
    decode: (value) => ({ value }),
    encode: ({ value }) => value
  }),
  filtered: Schema.asSchema(own.pipe(Schema.filter(() => true)))
})

type Wrapping = keyof ReturnType<typeof wrapped>

/** What stands in the program for a value under each. */
const seen = (name: string, value: unknown): unknown => {
  switch (name as Wrapping) {
    case "option":
    case "optionExact":
    case "optionNullable":
    case "optionFromNullOr":
      return Option.some(value)
    case "redacted":
    case "hidden":
      return Redacted.make(value)
    case "transformed":
      return { value }
    default:
      return value
  }
}

const same = (actual: unknown, name: string, value: unknown): void => {
  assert.deepStrictEqual(actual, seen(name, value))
  // which shows nothing of itself
  if (Redacted.isRedacted(actual)) assert.deepStrictEqual(Redacted.value(actual), value)
}

/** What the entity's types are for each wrapping is what the type tests are for. */
const entityOf = (field: Schema.Struct.Field) => {
  class Filled extends Schema.Class<Filled>("Filled")({
    id: Schema.String,
    n: Schema.Number,
    own: field as Schema.Schema<unknown>
  }) {}
  return Entity.make(App, Filled, keys)
}

const at = (hour: number) => DateTime.unsafeMake(hour * 3_600_000)
const iso = (hour: number) => ({ S: DateTime.formatIso(at(hour)) })
const stored = (name: string) => name === "fromKey" ? "stored" : "own"
/** As `create` takes it: what fills itself is left out. */
const input = (id: string) => ({ id, n: 1 }) as { readonly id: string; readonly n: number; readonly own: unknown }

describe("what fills itself, optional, nullable, defaulted, transformed:", () => {
  for (const [name, field] of Object.entries(wrapped(Attribute.UpdatedAt, at(99)))) {
    test(`the time of the last write, ${name}`, () =>
      Effect.gen(function*() {
        const All = entityOf(field)
        const created = yield* All.create(input("1"))
        same(created.own, name, at(0))
        assert.deepStrictEqual((yield* raw("1"))[stored(name)], iso(0))
        const read = yield* All.require({ id: "1" })
        assert.deepStrictEqual(read, created)
        yield* TestClock.adjust("1 hour")
        yield* All.put(read)
        assert.deepStrictEqual((yield* raw("1"))[stored(name)], iso(1))
        yield* TestClock.adjust("1 hour")
        yield* All.update({ id: "1" }, (p) => [p.n.set(2)])
        same((yield* All.require({ id: "1" })).own, name, at(2))
        yield* TestClock.adjust("1 hour")
        const saved = yield* All.save(read, Object.assign(Object.create(Object.getPrototypeOf(read)), read, { n: 3 }))
        same(saved.own, name, at(3))
        assert.deepStrictEqual(yield* All.require({ id: "1" }), saved)
      }))
  }

  for (const [name, field] of Object.entries(wrapped(Attribute.CreatedAt, at(99)))) {
    // a default in the constructor is given
    const hour = name.startsWith("default") ? 99 : 1
    test(`the time of creation, ${name}`, () =>
      Effect.gen(function*() {
        const All = entityOf(field)
        yield* TestClock.adjust("1 hour")
        const created = yield* All.create(input("1"))
        same(created.own, name, at(hour))
        yield* TestClock.adjust("1 hour")
        const read = yield* All.require({ id: "1" })
        assert.deepStrictEqual(read, created)
        yield* All.put(read)
        assert.deepStrictEqual((yield* raw("1"))[stored(name)], iso(hour))
      }))
  }

  for (const [name, field] of Object.entries(wrapped(Attribute.uuid4, "00000000-0000-4000-8000-0000000000ff"))) {
    const id = `00000000-0000-4000-8000-0000000000${name.startsWith("default") ? "ff" : "01"}`
    test(`an id, ${name}`, () =>
      Effect.gen(function*() {
        const All = entityOf(field)
        const created = yield* All.create(input("1"))
        same(created.own, name, id)
        assert.deepStrictEqual((yield* raw("1"))[stored(name)], { S: id })
        assert.deepStrictEqual(yield* All.require({ id: "1" }), created)
      }))
  }

  const twice = Attribute.computed(Schema.NumberFromString, ({ n }: { readonly n: number }) => 2 * n)
  for (const [name, field] of Object.entries(wrapped(twice, 0))) {
    test(`what is computed, ${name}`, () =>
      Effect.gen(function*() {
        const All = entityOf(field)
        const created = yield* All.create(input("1"))
        same(created.own, name, 2)
        yield* All.put(Object.assign(Object.create(Object.getPrototypeOf(created)), created, { n: 4 }))
        assert.deepStrictEqual((yield* raw("1"))[stored(name)], { S: "8" })
        same((yield* All.require({ id: "1" })).own, name, 8)
      }))
  }

  test("a time of expiry that is given is read back, and expires", () =>
    Effect.gen(function*() {
      for (const [name, field] of Object.entries(wrapped(Attribute.TimeToLive, at(99)))) {
        const All = entityOf(field)
        yield* All.put({ ...input(name), own: seen(name, at(1)) })
        assert.deepStrictEqual((yield* raw(name))[stored(name)], { N: "3600" })
        same((yield* All.require({ id: name })).own, name, at(1))
        assert.isTrue(Option.isSome(yield* All.get({ id: name }, { unexpired: true })))
      }
      yield* TestClock.adjust("2 hours")
      for (const [name, field] of Object.entries(wrapped(Attribute.TimeToLive, at(99)))) {
        assert.isTrue(Option.isNone(yield* entityOf(field).get({ id: name }, { unexpired: true })), name)
      }
    }))

  test("none, or null, that is given when it is created stands", () =>
    Effect.gen(function*() {
      const { nullOr, option } = wrapped(Attribute.CreatedAt, at(99))
      const created = yield* entityOf(option).create({ ...input("1"), own: Option.none() })
      assert.deepStrictEqual(created.own, Option.none())
      assert.notProperty(yield* raw("1"), "own")
      yield* entityOf(nullOr).create({ ...input("2"), own: null })
      assert.deepStrictEqual((yield* raw("2"))["own"], { NULL: true })
    }))

  test("a function that computes, and throws, is a failure of the write", () =>
    Effect.gen(function*() {
      const All = entityOf(Attribute.computed(Schema.String, (): string => {
        throw new Error("no")
      }))
      const e = yield* Effect.flip(All.create(input("1")))
      assert.strictEqual(e._tag, "SerializationException")
      assert.include(e.message, "own")
    }))
})

describe("what cannot fill itself is refused when the entity is made, with its place:", () => {
  const refuses = (what: string, field: Schema.Struct.Field, why: RegExp) =>
    it(what, () => {
      assert.throws(() => entityOf(field), why)
    })
  refuses("a time of the last write that is sealed", Attribute.encrypted(Attribute.UpdatedAt), /at own .*be sealed/)
  refuses("one that is compressed", Attribute.compressed(Attribute.UpdatedAt), /at own .*cannot be sealed, compressed/)
  refuses("a time of expiry that is sealed", Attribute.encrypted(Attribute.TimeToLive), /at own .*cannot be sealed/)
  refuses(
    "an id that is offloaded",
    Attribute.offloaded(Attribute.ulid, { prefix: "p/" }),
    /at own .*cannot be offloaded/
  )

  it("a version that some values lack", () => {
    const Versioned = Schema.Struct({ kind: Schema.Literal("a"), id: Schema.String, version: Attribute.Version })
    const Loose = Schema.Struct({ kind: Schema.Literal("b"), id: Schema.String })
    assert.throws(
      () => Entity.make(App, Schema.Union(Versioned, Loose), keys, { name: "Some" }),
      /at version .*give it to all/
    )
    assert.throws(
      () => Entity.make(App, Schema.partialWith(Versioned, { exact: true }), keys as never, { name: "Some" }),
      /at version .*give it to all/
    )
  })

  test("what is sealed or compressed can be filled", () =>
    Effect.gen(function*() {
      for (const field of [Attribute.encrypted(Attribute.CreatedAt), Attribute.compressed(Attribute.CreatedAt)]) {
        const All = entityOf(Schema.optionalWith(field, { as: "Option" }))
        yield* All.create(input("1"))
        assert.deepStrictEqual((yield* All.require({ id: "1" })).own, Option.some(at(0)))
        yield* All.delete({ id: "1" })
      }
    }))
})
