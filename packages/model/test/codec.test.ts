import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import { describe, it } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { assert } from "vitest"
import * as Attribute from "../src/Attribute.js"
import type { ItemCodec } from "../src/internal/codec.js"
import { compiled, type Item, problemOf } from "./behaving.js"

const id = Schema.String

/** What is stored for a value, without anything sealed or offloaded. */
const stored = <A, R>(codec: ItemCodec<A, R>, value: A) =>
  Effect.map(codec.encode(value), ({ item, pending }) => {
    assert.deepStrictEqual(pending, [])
    return item
  })

const readBack = <A, R>(codec: ItemCodec<A, R>, item: Item) => Effect.flatMap(codec.open(item), codec.close)

/** Why an item cannot be written, or read. */
const reason = <A, R>(effect: Effect.Effect<A, { readonly message: string }, R>) =>
  Effect.map(Effect.flip(effect), (failure) => failure.message)

describe("what is stored", () => {
  class All extends Schema.Class<All>("All")({
    text: Schema.String,
    number: Schema.Number,
    big: Schema.BigIntFromSelf,
    decimal: Schema.BigDecimalFromSelf,
    bytes: Schema.Uint8ArrayFromSelf,
    yes: Schema.Boolean,
    none: Schema.Null,
    missing: Schema.optional(Schema.String),
    texts: Schema.ReadonlySetFromSelf(Schema.String),
    numbers: Schema.ReadonlySetFromSelf(Schema.Number),
    bigs: Schema.ReadonlySetFromSelf(Schema.BigIntFromSelf),
    binaries: Schema.ReadonlySetFromSelf(Schema.Uint8ArrayFromSelf),
    list: Schema.Array(Schema.Union(Schema.String, Schema.Number)),
    pair: Schema.Tuple(Schema.String, Schema.Number),
    struct: Schema.Struct({ a: Schema.NumberFromString }),
    record: Schema.Record({ key: Schema.String, value: Schema.Number }),
    date: Schema.DateTimeUtc,
    until: Attribute.TimeToLive,
    level: Schema.Literal(1, 2)
  }) {}
  const value = new All({
    text: "é",
    number: 0.1,
    big: 12345678901234567890n,
    decimal: BigDecimal.unsafeFromString("1.5"),
    bytes: new Uint8Array([1, 2]),
    yes: true,
    none: null,
    texts: new Set(["a"]),
    numbers: new Set([1, 2.5]),
    bigs: new Set([10n ** 37n]),
    binaries: new Set([new Uint8Array([3])]),
    list: ["a", 1],
    pair: ["b", 2],
    struct: { a: 7 },
    record: Object.fromEntries([["x", 1], ["constructor", 3]]),
    date: DateTime.unsafeMake("2026-01-02T03:04:05.006Z"),
    until: DateTime.unsafeMake(1_700_000_000_001),
    level: 2
  })

  it.effect("is each value in DynamoDB's own type", () =>
    Effect.gen(function*() {
      const item = yield* stored(compiled(All), value)
      const expected: Record<string, AttributeValue> = {
        text: { S: "é" },
        number: { N: "0.1" },
        big: { N: "12345678901234567890" },
        decimal: { N: "1.5" },
        bytes: { B: new Uint8Array([1, 2]) },
        yes: { BOOL: true },
        none: { NULL: true },
        texts: { SS: ["a"] },
        numbers: { NS: ["1", "2.5"] },
        bigs: { NS: ["1" + "0".repeat(37)] },
        binaries: { BS: [new Uint8Array([3])] },
        list: { L: [{ S: "a" }, { N: "1" }] },
        pair: { L: [{ S: "b" }, { N: "2" }] },
        struct: { M: { a: { S: "7" } } },
        record: { M: Object.fromEntries([["x", { N: "1" }], ["constructor", { N: "3" }]]) },
        date: { S: "2026-01-02T03:04:05.006Z" },
        until: { N: "1700000001" },
        level: { N: "2" }
      }
      assert.deepStrictEqual(item, expected)
    }))

  it.effect("is read back as what was written, whatever else stands in the item", () =>
    Effect.gen(function*() {
      const codec = compiled(All)
      const again = yield* readBack(codec, { ...yield* stored(codec, value), pk: { S: "x" }, _type: { NULL: true } })
      assert.deepStrictEqual({ ...again }, { ...value, until: DateTime.unsafeMake(1_700_000_001_000) })
    }))

  it("is said by attribute: the program's name and the item's, what fills it, what may be absent", () => {
    class Account extends Schema.Class<Account>("Account")({
      id: Attribute.uuid7,
      long: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("l")),
      note: Schema.optional(Attribute.hidden(Schema.String)),
      version: Attribute.Version,
      at: Attribute.CreatedAt,
      until: Schema.optional(Attribute.TimeToLive),
      size: Attribute.computed(Schema.Number, (item: { readonly long: string }) => item.long.length)
    }) {}
    const { attributes } = compiled(Account)
    assert.deepStrictEqual(
      attributes.map((
        one
      ) => [one.name, one.stored, one.optional, one.wireTypes.join(), one.filled.map((x) => x._tag).join()]),
      [
        ["id", "id", false, "S", "generated"],
        ["long", "l", false, "S", ""],
        ["note", "note", true, "S", ""],
        ["version", "version", false, "N", "version"],
        ["at", "at", false, "S", "createdAt"],
        ["until", "until", true, "N", "timeToLive"],
        ["size", "size", false, "N", "computed"]
      ]
    )
    assert.deepStrictEqual(attributes.filter((one) => one.hidden).map((one) => one.name), ["note"])
  })
})

describe("a union", () => {
  class Cat extends Schema.TaggedClass<Cat>()("Cat", { id, mark: Schema.Number }) {}
  class Dog extends Schema.TaggedClass<Dog>()("Dog", { id, mark: Schema.BigIntFromSelf }) {}

  it.effect("of classes is told apart by what tells them apart in the program, at the root and inside", () =>
    Effect.gen(function*() {
      const codec = compiled(Schema.Union(Cat, Dog))
      for (const pet of [new Cat({ id: "1", mark: 1 }), new Dog({ id: "1", mark: 1n })]) {
        assert.deepStrictEqual(yield* readBack(codec, yield* stored(codec, pet)), pet)
      }
      assert.deepStrictEqual(codec.attributes.map((one) => one.name), ["id", "mark", "_tag"])
      const inside = compiled(Schema.Struct({ pet: Schema.Union(Cat, Dog) }))
      const value = { pet: new Dog({ id: "1", mark: 2n ** 100n }) }
      assert.deepStrictEqual(yield* readBack(inside, yield* stored(inside, value)), value)
      assert.strictEqual(
        yield* reason(Effect.asVoid(inside.open({ pet: { M: { _tag: { S: "MARK" } } } }))),
        "the value at pet._tag is of no member that the schema has"
      )
    }))

  it.effect("of structs without a tag is told apart by the types of its members", () =>
    Effect.gen(function*() {
      const codec = compiled(Schema.Struct({
        at: Schema.Union(
          Schema.Struct({ a: Schema.String }),
          Schema.Struct({ a: Schema.Number, b: Schema.BigIntFromSelf }),
          Schema.Array(Schema.Boolean),
          Schema.Null,
          Schema.Uint8ArrayFromSelf
        )
      }))
      for (const at of [{ a: "x" }, { a: 1, b: 2n }, [true], null, new Uint8Array([9])]) {
        assert.deepStrictEqual(yield* readBack(codec, yield* stored(codec, { at })), { at })
      }
    }))
})

describe("what cannot be stored is refused with its path", () => {
  const refusals: ReadonlyArray<readonly [Schema.Schema.Any, string]> = [
    [Schema.DateFromSelf, "is a Date as it is"],
    [Schema.OptionFromSelf(Schema.String), "is a effect/Option as it is"],
    [Schema.SymbolFromSelf, "is a symbol"],
    [Schema.Unknown, "is of a type that is not known"],
    [Schema.Any, "is of a type that is not known"],
    [Schema.Object, "is of a type that is not known"],
    [Schema.declare((value): value is () => void => typeof value === "function"), "is of a type of its own"],
    [Schema.Union(Schema.Number, Schema.BigIntFromSelf), "is a number or a bigint, which DynamoDB cannot tell apart"],
    [Schema.ReadonlySetFromSelf(Schema.Union(Schema.String, Schema.Number)), "is a set that is not of text alone"],
    [Schema.ReadonlySetFromSelf(Schema.Struct({})), "is a set that is not of text alone"],
    [Schema.Struct({ [Symbol.for("x")]: Schema.String }), "has a symbol for a name"],
    [Schema.typeSchema(class extends Schema.Class<object>("X")({ a: Schema.String }) {}), "is an instance of a class"],
    [
      Schema.Union(Attribute.encrypted(Schema.String), Attribute.encrypted(Schema.Number, { key: "pii" })),
      "is a union whose members are sealed, offloaded or compressed each in its own way"
    ],
    [Attribute.encrypted(Schema.Struct({ a: Attribute.encrypted(Schema.String) })), "is sealed inside of what is"],
    [Attribute.encrypted(Attribute.encrypted(Schema.String)), "is sealed twice"],
    [Schema.Struct({ inner: Attribute.CreatedAt }), "is filled when it is written"]
  ]
  for (const [schema, why] of refusals) {
    it(why, () => {
      const problem = problemOf(
        Schema.Struct({ id, at: Schema.Struct({ deep: Schema.make<unknown, unknown>(schema.ast) }) })
      )
      assert.match(problem, /^at\.deep/)
      assert.include(problem, why)
    })
  }

  it("undefined in a list, with the list's path", () => {
    assert.match(
      problemOf(Schema.Struct({ list: Schema.Array(Schema.UndefinedOr(Schema.String)) })),
      /^list\.\* may be undefined in a list/
    )
  })

  it("an item that is no struct, has a record's names, or is sealed as a whole", () => {
    assert.match(problemOf(Schema.Array(Schema.String)), /is not a struct/)
    assert.match(problemOf(Schema.Record({ key: Schema.String, value: Schema.String })), /is a record/)
    assert.match(problemOf(Attribute.encrypted(Schema.Struct({ id }))), /is sealed as a whole/)
  })

  it("a second version", () => {
    assert.match(problemOf(Schema.Struct({ a: Attribute.Version, b: Attribute.Version })), /^b is a second attribute/)
  })
})

describe("what a value cannot be is a SerializationException with its path, and nothing of the value", () => {
  const codec = compiled(Schema.Struct({
    id,
    n: Schema.optional(Schema.Number),
    list: Schema.optional(Schema.Array(Schema.Struct({ n: Schema.Number }))),
    record: Schema.optional(
      Schema.Record({ key: Schema.String, value: Schema.Struct({ n: Schema.NumberFromString }) })
    ),
    tags: Schema.optional(Schema.ReadonlySetFromSelf(Schema.String)),
    thrown: Schema.optional(Schema.transform(Schema.String, Schema.String, {
      strict: true,
      decode: () => {
        throw new Error("MARK")
      },
      encode: () => {
        throw new Error("MARK")
      }
    }))
  }))

  it.effect("on the way in", () =>
    Effect.gen(function*() {
      const why = (value: Omit<Parameters<typeof codec.encode>[0], "id">) => reason(codec.encode({ id: "1", ...value }))
      assert.strictEqual(yield* why({ n: NaN }), "the value at n is NaN, which DynamoDB cannot store")
      assert.strictEqual(
        yield* why({ list: [{ n: 1 }, { n: Infinity }] }),
        "the value at list[1].n is Infinity, which DynamoDB cannot store"
      )
      assert.strictEqual(
        yield* why({ tags: new Set() }),
        "the value at tags is an empty set, which DynamoDB cannot store"
      )
      assert.strictEqual(yield* why({ thrown: "x" }), "the value at the root makes a function of its schema throw")
      assert.strictEqual(
        yield* why({ record: { "MARK\ud800": { n: 1 } } }),
        "the value at record has a member that has a lone surrogate in its name, which UTF-8 cannot hold"
      )
      const wrong = reason(codec.encode(JSON.parse(`{"id":"1","list":[{"n":"MARK"}]}`)))
      assert.match(yield* wrong, /^the value at list\[0\]\.n is not number$/)
    }))

  it.effect("on the way back", () =>
    Effect.gen(function*() {
      const why = (item: Item) => reason(readBack(codec, { id: { S: "1" }, ...item }))
      assert.strictEqual(
        yield* why({ n: { N: "12345678901234567890" } }),
        "the value at n has more digits than a number holds; read it as bigint or BigDecimal"
      )
      assert.strictEqual(yield* why({ n: { S: "MARK" } }), "the value at n is not what the schema says")
      assert.strictEqual(
        yield* why({ record: { M: { MARK: { S: "x" } } } }),
        "the value at record has a member that is not what the schema says"
      )
      assert.match(
        yield* why({ record: { M: { MARK: { M: { n: { S: "MARK" } } } } } }),
        /^the value at record has a member that is not what the schema says$/
      )
      assert.strictEqual(yield* reason(readBack(codec, {})), "the value at id is missing")
      assert.strictEqual(
        yield* reason(readBack(codec, JSON.parse(`{"id":null}`))),
        "the value at id throws when it is read"
      )
    }))
})

describe("a path of the program's", () => {
  class Line extends Schema.Class<Line>("Line")({ sku: id, qty: Schema.Number }) {}
  class Order extends Schema.Class<Order>("Order")({
    id,
    long: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("l")),
    at: Schema.optionalWith(Schema.DateTimeUtc, { as: "Option" }),
    count: Schema.optionalWith(Schema.NumberFromString, { default: () => 0 }),
    lines: Schema.Array(Line),
    tags: Schema.ReadonlySetFromSelf(Schema.String),
    renamed: Schema.rename(Schema.Struct({ x: Schema.Struct({ y: Schema.Number }) }), { x: "z" }),
    extras: Schema.Record({ key: Schema.String, value: Schema.Number }),
    card: Schema.Struct({ pan: Attribute.encrypted(Schema.String), brand: Schema.String }),
    when: Schema.Union(Schema.Struct({ by: Schema.String }), Schema.Struct({ by: Schema.Number }))
  }) {}
  const codec = compiled(Order)
  const at = (...path: ReadonlyArray<string | number>) =>
    Either.getOrThrowWith(codec.at(path), (problem) => new Error(problem.problem))
  const operand = (path: ReadonlyArray<string | number>, value: unknown) =>
    Effect.map(at(...path).encode(value), (one) => [one.path, one.value])

  it.effect("leads to the stored one, with the codec of what stands there", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* operand(["long"], "x"), [["l"], { S: "x" }])
      const time = DateTime.unsafeMake(0)
      assert.deepStrictEqual(yield* operand(["at"], time), [["at"], { S: "1970-01-01T00:00:00.000Z" }])
      assert.deepStrictEqual(yield* operand(["count"], 5), [["count"], { S: "5" }])
      assert.deepStrictEqual(yield* operand(["lines", 3, "qty"], 1), [["lines", 3, "qty"], { N: "1" }])
      assert.deepStrictEqual(yield* operand(["lines", 0], { sku: "a", qty: 1 }), [["lines", 0], {
        M: { sku: { S: "a" }, qty: { N: "1" } }
      }])
      assert.deepStrictEqual(yield* operand(["renamed", "z", "y"], 1), [["renamed", "x", "y"], { N: "1" }])
      assert.deepStrictEqual(yield* operand(["extras", "any"], 1), [["extras", "any"], { N: "1" }])
      assert.deepStrictEqual(yield* operand(["when", "by"], 1), [["when", "by"], { N: "1" }])
      assert.deepStrictEqual(yield* operand(["when", "by"], "x"), [["when", "by"], { S: "x" }])
      assert.deepStrictEqual(yield* operand(["tags"], new Set(["a"])), [["tags"], { SS: ["a"] }])
    }))

  it.effect("knows the members of lists and sets", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* (at("tags").element ?? at("id")).encode("a")).value, { S: "a" })
      assert.deepStrictEqual((yield* (at("lines").element ?? at("id")).encode({ sku: "a", qty: 1 })).value, {
        M: { sku: { S: "a" }, qty: { N: "1" } }
      })
      assert.strictEqual(at("id").element, undefined)
      assert.deepStrictEqual(at("lines", 0).names, ["sku", "qty"])
    }))

  it.effect("hands out what is to be sealed, wherever in the operand it is", () =>
    Effect.gen(function*() {
      const whole = yield* at("card").encode({ pan: "4111", brand: "x" })
      assert.deepStrictEqual(whole.value, { M: { brand: { S: "x" } } })
      assert.deepStrictEqual(whole.pending.map((one) => one.path), [["card", "pan"]])
      const own = yield* at("card", "pan").encode("4111")
      assert.strictEqual(own.value, undefined)
      assert.deepStrictEqual(own.pending.map((one) => one.path), [["card", "pan"]])
      assert.deepStrictEqual(at("card", "pan").wireTypes, ["B"])
    }))

  it.effect("says what an operand cannot be", () =>
    Effect.gen(function*() {
      assert.match(yield* reason(at("lines", 2, "qty").encode("MARK")), /^the value at lines\[2\]\.qty is not number$/)
      assert.match(yield* reason(at("id").encode(undefined)), /^the value at id is not string$/)
    }))

  it("goes nowhere through what is not known, and not into what is sealed", () => {
    const problem = (...path: ReadonlyArray<string>) =>
      Option.getOrThrow(Either.getLeft(Either.map(codec.at(path), () => undefined))).problem
    assert.match(problem("nope"), /no such path/)
    assert.match(problem("card", "pan", "x"), /no such path/)
    assert.match(problem("at", "epochMillis"), /no such path/)
  })
})
