/** Entities of other shapes: unions at the root, keys that are attributes themselves, indexes of several attributes, items that expire. */
import * as Local from "@armature/local/Local"
import * as Attribute from "@armature/model/Attribute"
import * as Entity from "@armature/model/Entity"
import { key, number } from "@armature/model/Key"
import * as Table from "@armature/model/Table"
import { describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { assert } from "vitest"

const Readings = Table.make("readings", {
  key: ["device", "at"],
  keyTypes: { at: "N", year: "N" },
  indexes: { byPlace: { partitionKey: ["country", "city"], sortKey: ["year", "device"] } }
})

class Reading extends Schema.Class<Reading>("Reading")({
  device: Schema.String,
  at: Schema.Number,
  country: Schema.String,
  city: Schema.String,
  year: Schema.Number,
  expiresAt: Schema.optionalWith(Attribute.TimeToLive, { exact: true })
}) {}

const All = Entity.make(Readings, Reading, {
  primary: { pk: key.attribute("device"), sk: key.attribute("at") },
  byPlace: { index: "byPlace" }
})

const App = Table.make("app", { key: ["pk", "sk"] })
class Cat extends Schema.TaggedClass<Cat>()("Cat", { id: Schema.Number, lives: Schema.Number }) {}
class Dog extends Schema.TaggedClass<Dog>()("Dog", { id: Schema.Number, bark: Schema.String }) {}
const Pets = Entity.make(App, Schema.Union(Cat, Dog), {
  primary: { pk: key`PETS`, sk: key`${number("id", { digits: 4 })}` }
}, { name: "Pet" })

const world = Local.layer({ tables: [Table.definition(Readings), Table.definition(App)] })
const test = (
  what: string,
  body: () => Effect.Effect<void, unknown, Effect.Effect.Context<ReturnType<typeof All.get>>>
) => it.scopedLive(what, () => Effect.suspend(body).pipe(Effect.provide(world)))

const reading = (device: string, at: number, year: number) =>
  new Reading({ device, at, country: "DE", city: "Berlin", year })

describe("keys that are attributes", () => {
  test("are neither copied nor encoded, and ordered as their type is", () =>
    Effect.gen(function*() {
      for (const at of [5, 40, 300]) yield* All.put(reading("a", at, 2026))
      const { Put } = yield* All.put(reading("a", 5, 2026)).params
      assert.deepStrictEqual(Put?.Item?.["at"], { N: "5" })
      const found = yield* Stream.runCollect(All.query("primary", { device: "a" }, { sk: { gt: { at: 30 } } }))
      assert.deepStrictEqual(Chunk.toReadonlyArray(found).map(({ at }) => at), [40, 300])
    }))

  test("several of an index are compared one by one", () =>
    Effect.gen(function*() {
      yield* All.put(reading("a", 1, 2025))
      yield* All.put(reading("b", 1, 2026))
      yield* All.put(reading("c", 1, 2026))
      const place = { country: "DE", city: "Berlin" }
      const devices = (stream: ReturnType<typeof All.query>) =>
        Effect.map(Stream.runCollect(stream), (all) => Chunk.toReadonlyArray(all).map(({ device }) => device).join(""))
      assert.strictEqual(yield* devices(All.query("byPlace", place)), "abc")
      assert.strictEqual(yield* devices(All.query("byPlace", place, { sk: { gte: { year: 2026 } } })), "bc")
      assert.strictEqual(yield* devices(All.query("byPlace", place, { sk: { gt: { year: 2026, device: "b" } } })), "c")
      yield* All.update({ device: "c", at: 1 }, (p) => [p.year.set(2024)])
      assert.strictEqual(yield* devices(All.query("byPlace", place)), "cab")
    }))

  test("what has expired is left out where that is asked", () =>
    Effect.gen(function*() {
      const gone = DateTime.unsafeMake("2001-01-01T00:00:00Z")
      yield* All.put(new Reading({ ...reading("a", 1, 2026), expiresAt: gone }))
      yield* All.put(reading("a", 2, 2026))
      const count = (unexpired: boolean) =>
        Effect.map(Stream.runCollect(All.query("primary", { device: "a" }, { unexpired })), Chunk.size)
      assert.strictEqual(yield* count(false), 2)
      assert.strictEqual(yield* count(true), 1)
    }))
})

describe("a union at the root", () => {
  test("gives back each member as what it is", () =>
    Effect.gen(function*() {
      yield* Pets.put(new Cat({ id: 10, lives: 9 }))
      yield* Pets.create(new Dog({ id: 9, bark: "wau" }))
      const cat = Option.getOrThrow(yield* Pets.get({ id: 10 }))
      assert.instanceOf(cat, Cat)
      const all = Chunk.toReadonlyArray(yield* Stream.runCollect(Pets.query("primary", {})))
      assert.deepStrictEqual(all.map(({ _tag }) => _tag), ["Dog", "Cat"])
      yield* Pets.update({ id: 10 }, (p) => [p.lives.add(-1)], { if: (p) => p._tag.eq("Cat") })
      const e = yield* Effect.flip(Pets.update({ id: 9 }, (p) => [p.lives.add(-1)], { if: (p) => p._tag.eq("Cat") }))
      assert.strictEqual(e._tag, "ConditionalCheckFailedException")
    }))
})

describe("create of a union at the root", () => {
  // what one member has, fills or defaults, another leaves to the program, or has not
  class Tram extends Schema.TaggedClass<Tram>()("Tram", {
    id: Schema.Number,
    state: Schema.optionalWith(Schema.String, { default: () => "idle" }),
    at: Attribute.CreatedAt,
    ref: Schema.optionalWith(Attribute.ulid, { as: "Option" }),
    seen: Attribute.UpdatedAt
  }) {}
  class Bus extends Schema.TaggedClass<Bus>()("Bus", {
    id: Schema.Number,
    state: Schema.String,
    at: Schema.DateTimeUtc,
    ref: Schema.String
  }) {}
  const Ferry = Schema.Struct({
    _tag: Schema.Literal("Ferry", "Boat"),
    id: Schema.Number,
    state: Schema.String.pipe(Schema.propertySignature, Schema.withConstructorDefault(() => "moored")),
    at: Schema.optional(Attribute.CreatedAt)
  })
  const All = Entity.make(App, Schema.Union(Schema.Union(Tram, Bus), Ferry), {
    primary: { pk: key`LINES`, sk: key`${number("id", { digits: 4 })}` }
  }, { name: "Line" })

  test("fills what the value's own member fills, and nothing of another's", () =>
    Effect.gen(function*() {
      const tram = yield* All.create({ _tag: "Tram", id: 1 })
      assert(tram instanceof Tram)
      assert.strictEqual(tram.state, "idle")
      assert.isTrue(Option.isSome(tram.ref))
      assert.deepStrictEqual(tram.at, tram.seen)
      const at = DateTime.unsafeMake(1000)
      const bus = yield* All.create({ _tag: "Bus", id: 2, state: "x", at, ref: "r" })
      assert.deepStrictEqual(bus, new Bus({ id: 2, state: "x", at, ref: "r" }))
      const boat = yield* All.create({ _tag: "Boat", id: 3 })
      assert.deepStrictEqual(Object.keys(boat).sort(), ["_tag", "at", "id", "state"])
      assert.strictEqual(boat.state, "moored")
      const instance = yield* All.create(new Bus({ id: 4, state: "x", at, ref: "r" }))
      for (const one of [tram, bus, boat, instance]) {
        assert.deepStrictEqual(Option.getOrThrow(yield* All.get({ id: one.id })), one)
        yield* All.put(one)
      }
      const again = Option.getOrThrow(yield* All.get({ id: 2 }))
      assert.deepStrictEqual(again, bus)
    }))

  test("fails where a default is another member's, and does not compile", () =>
    Effect.gen(function*() {
      const bus = { _tag: "Bus", id: 2, at: DateTime.unsafeMake(1000), ref: "r" } as const
      const e = yield* Effect.flip(All.create(bus as typeof bus & { readonly state: string }))
      assert.strictEqual(e._tag, "SerializationException")
    }))
})

describe("what cannot be", () => {
  it("is refused when the entity is made, with its place", () => {
    const Loose: Schema.Schema<{ readonly id: string; readonly x: { readonly y: symbol } }> = Schema.Struct({
      id: Schema.String,
      x: Schema.Struct({ y: Schema.SymbolFromSelf })
    })
    assert.throws(
      () => Entity.make(App, Loose, { primary: { pk: key`${"id"}`, sk: key`x` } }, { name: "Loose" }),
      /x\.y/
    )
  })

  it("nor a key behind a transformation of the whole item, where no path leads to it", () => {
    class Base extends Schema.Class<Base>("Base")({ id: Schema.String }) {}
    class Changed extends Base.transformOrFail<Changed>("Changed")({ more: Schema.Number }, {
      decode: (base) => ParseResult.succeed({ ...base, more: 1 }),
      encode: ({ id }) => ParseResult.succeed({ id })
    }) {}
    assert.throws(
      () => Entity.make(App, Changed, { primary: { pk: key`${"id"}`, sk: key`x` } }),
      /made of id, which is not to be found/
    )
  })

  it("nor a primary key that changes with each write", () => {
    for (const field of [Attribute.UpdatedAt, Attribute.Version]) {
      const Moving = Schema.Struct({ id: Schema.String, at: field })
      assert.throws(
        () =>
          Entity.make(App, Moving, { primary: { pk: key`${"id"}`, sk: key`${"at"}` } } as never, { name: "Moving" }),
        /made of at, which changes with each write/
      )
    }
  })

  it("nor a time of expiry that is not the table's", () => {
    const Expiring = Table.make("expiring", { key: ["pk"], timeToLive: "expires" })
    const entity = (field: typeof Attribute.TimeToLive, name: string) =>
      Entity.make(Expiring, Schema.Struct({ id: Schema.String, [name]: field }), { primary: { pk: key`${"id"}` } }, {
        name: "Expiring"
      })
    assert.strictEqual(entity(Attribute.TimeToLive, "expires").name, "Expiring")
    assert.throws(() => entity(Attribute.TimeToLive, "gone"), /stored as gone, and the table's items expire by expires/)
  })
})
