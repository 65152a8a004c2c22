import * as AttributeValue from "@armature/dynamodb/AttributeValue"
import { convertToAttr, marshall, unmarshall } from "@aws-sdk/util-dynamodb"
import { describe, it } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import { assert } from "vitest"

const right = <A, E>(either: Either.Either<A, E>): A =>
  Either.getOrThrowWith(either, (e) => new Error(`expected a value, got ${String(e)}`))

const left = <A, E>(either: Either.Either<A, E>): E =>
  Either.getOrThrowWith(Either.flip(either), () => new Error("expected a failure, got a value"))

const digits = (count: number) => "1".repeat(count)

// ---------------------------------------------------------------------------------------------------------------- arbitraries

const text = fc.string({ unit: "binary", maxLength: 8 })
/** Names that a careless implementation would lose or inherit are frequent. */
const name = fc.oneof(text, fc.constantFrom("__proto__", "constructor", "toString", "S", "a.b", ""))
const bytes = fc.uint8Array({ maxLength: 8 })

const withoutNegativeZero = (value: number) => value === 0 ? 0 : value
const storable = (value: number) => value === 0 || (Math.abs(value) >= 1e-130 && Math.abs(value) < 1e126)
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
  fc.integer()
).map(withoutNegativeZero).filter(storable)
/** The SDK's converter refuses larger ones. */
const safeDouble = double.filter((value) => Math.abs(value) <= Number.MAX_SAFE_INTEGER)

const decimal = fc.tuple(
  fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
  fc.integer({ min: -87, max: 92 })
)
  .map(([value, scale]) => BigDecimal.normalize(BigDecimal.make(value, scale)))

const set = <A>(member: fc.Arbitrary<A>) =>
  fc.array(member, { minLength: 1, maxLength: 4 }).map((list) => new Set(list))

const native = <N>(numbers: fc.Arbitrary<N>) =>
  fc.letrec<{ readonly value: unknown; readonly record: Record<string, unknown> }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      text,
      numbers,
      fc.boolean(),
      fc.constant(null),
      bytes,
      set(text),
      set(numbers),
      bytes.map((value) => new Set([value])),
      fc.array(tie("value"), { maxLength: 4 }),
      tie("record")
    ),
    record: fc.dictionary(name, tie("value"), { maxKeys: 4, noNullPrototype: true })
  }))

// ---------------------------------------------------------------------------------------------------------------- encode

describe("encode", () => {
  const cases: ReadonlyArray<readonly [string, unknown, AttributeValue.AttributeValue]> = [
    ["a string", "text", { S: "text" }],
    ["an empty string", "", { S: "" }],
    ["text beyond the basic plane", "😀", { S: "😀" }],
    ["an integer", 42, { N: "42" }],
    ["a fraction as JavaScript prints it", 0.1 + 0.2, { N: "0.30000000000000004" }],
    ["a negative zero", -0, { N: "0" }],
    ["a number that JavaScript prints with an exponent", 1e21, { N: "1000000000000000000000" }],
    ["a small number that JavaScript prints with an exponent", -1.5e-7, { N: "-0.00000015" }],
    ["the largest safe integer and one more", Number.MAX_SAFE_INTEGER + 1, { N: "9007199254740992" }],
    ["a bigint", -12345678901234567890n, { N: "-12345678901234567890" }],
    ["a bigint of 38 digits and many zeros", 10n ** 125n, { N: `1${"0".repeat(125)}` }],
    ["a BigDecimal", BigDecimal.unsafeFromString("3.14159265358979323846264338327950288"), {
      N: "3.14159265358979323846264338327950288"
    }],
    ["a BigDecimal that is not in its normal form", BigDecimal.make(1500n, 2), { N: "15" }],
    ["a BigDecimal with a negative scale", BigDecimal.make(-15n, -3), { N: "-15000" }],
    ["booleans", true, { BOOL: true }],
    ["null", null, { NULL: true }],
    ["bytes", new Uint8Array([1, 2]), { B: new Uint8Array([1, 2]) }],
    ["no bytes", new Uint8Array(), { B: new Uint8Array() }],
    ["a Buffer", Buffer.from("ab"), { B: Buffer.from("ab") }],
    ["a set of strings", new Set(["b", "a", ""]), { SS: ["b", "a", ""] }],
    ["a set of numbers of every kind, once each", new Set([1, 1n, BigDecimal.make(10n, 1), 2n]), { NS: ["1", "2"] }],
    ["a set of bytes, once each", new Set([new Uint8Array([1]), new Uint8Array([1]), new Uint8Array()]), {
      BS: [new Uint8Array([1]), new Uint8Array()]
    }],
    ["a list", [1, "a", [null]], { L: [{ N: "1" }, { S: "a" }, { L: [{ NULL: true }] }] }],
    ["an object", { a: 1, "b.c": {} }, { M: { a: { N: "1" }, "b.c": { M: {} } } }],
    ["a Map", new Map([["a", 1]]), { M: { a: { N: "1" } } }],
    ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), { M: { a: { N: "1" } } }],
    ["an object with members that are undefined", { a: undefined, b: 1 }, { M: { b: { N: "1" } } }],
    ["a Map with members that are undefined", new Map([["a", undefined]]), { M: {} }]
  ]
  for (const [what, value, expected] of cases) {
    it(what, () => assert.deepStrictEqual(right(AttributeValue.encode(value)), expected))
  }

  it("keeps an attribute called __proto__, and pollutes nothing", () => {
    const item = right(AttributeValue.encodeItem(JSON.parse(`{ "__proto__": { "a": 1 } }`)))
    assert.deepStrictEqual(Object.entries(item), [["__proto__", { M: { a: { N: "1" } } }]])
    assert.strictEqual(Object.getPrototypeOf(item), Object.prototype)
    assert.deepStrictEqual(Object.entries(right(AttributeValue.decodeItem(item))), [["__proto__", { a: 1 }]])
  })

  it("writes something twice that stands in two places", () => {
    const shared = { a: 1 }
    assert.deepStrictEqual(right(AttributeValue.encode([shared, shared])), {
      L: [{ M: { a: { N: "1" } } }, { M: { a: { N: "1" } } }]
    })
  })

  it.effect("is an Effect", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* AttributeValue.encode("a"), { S: "a" })
      const e = yield* Effect.flip(AttributeValue.encode(undefined))
      assert.strictEqual(e._tag, "SerializationException")
    }))
})

describe("what has no representation", () => {
  const cyclic: Record<string, unknown> = { a: [{}] }
  cyclic["a"] = [1, { b: cyclic }]
  const cyclicMap = new Map<string, unknown>()
  cyclicMap.set("self", [cyclicMap])
  const nested = (levels: number, innermost: unknown = 1): unknown => {
    let value = innermost
    for (let i = 0; i < levels; i++) value = i % 2 === 0 ? { a: value } : [value]
    return value
  }
  const cannot = (what: string) => `is ${what}, which DynamoDB cannot store`
  const cases: ReadonlyArray<readonly [string, unknown, ReadonlyArray<string | number>, string]> = [
    ["NaN", { a: [NaN] }, ["a", 0], cannot("NaN")],
    ["an infinity", [1, -Infinity], [1], cannot("-Infinity")],
    ["undefined", undefined, [], cannot("undefined")],
    ["undefined in a list", { a: [1, undefined] }, ["a", 1], cannot("undefined")],
    ["a hole in a list", Array(3), [0], cannot("undefined")],
    ["a function", { a: { b: () => 1 } }, ["a", "b"], cannot("a function")],
    ["a symbol", [Symbol("s")], [0], cannot("a symbol")],
    ["an empty set", { a: new Set() }, ["a"], cannot("an empty set")],
    [
      "a mixed set",
      { a: new Set<unknown>(["1", 1]) },
      ["a"],
      "is a set with a member that is of another type than those before it"
    ],
    [
      "a set of what has no sets",
      [new Set([true])],
      [0],
      "is a set with a member that is neither a string, a number nor binary"
    ],
    ["a set with undefined", [new Set([undefined])], [
      0
    ], "is a set with a member that is neither a string, a number nor binary"],
    ["a set with NaN", [new Set([1, NaN])], [0], `is a set with a member that ${cannot("NaN")}`],
    ["a class instance", { a: new Date(0) }, ["a"], "is an instance of a class; give an object without one"],
    ["a boxed string", [Object("a")], [0], "is an instance of a class; give an object without one"],
    ["another view of bytes", [new DataView(new ArrayBuffer(1))], [
      0
    ], "is an instance of a class; give an object without one"],
    ["a Map with other keys", { a: new Map([[1, 1]]) }, ["a"], "is a Map with a key that is no string"],
    [
      "39 digits",
      BigInt(digits(39)),
      [],
      "is a number of more than 38 significant digits, which DynamoDB cannot store"
    ],
    ["39 digits behind the point", { a: BigDecimal.unsafeFromString(`0.${digits(39)}`) }, [
      "a"
    ], "is a number of more than 38 significant digits, which DynamoDB cannot store"],
    ["too large a number", [1e126], [0], "is a number of a magnitude above 9.99…E+125, which DynamoDB cannot store"],
    [
      "too large a bigint",
      [-(10n ** 126n)],
      [0],
      "is a number of a magnitude above 9.99…E+125, which DynamoDB cannot store"
    ],
    ["too small a number", [9.9e-131], [0], "is a number of a magnitude below 1E-130, which DynamoDB cannot store"],
    ["a BigDecimal beyond anything", [BigDecimal.make(1n, Number.MAX_SAFE_INTEGER)], [
      0
    ], "is a number of a magnitude below 1E-130, which DynamoDB cannot store"],
    ["a lone surrogate", ["a\ud800b"], [0], "has a lone surrogate, which UTF-8 cannot hold"],
    ["a lone surrogate in a name", { a: { "\udc00": 1 } }, [
      "a",
      "\udc00"
    ], "has a lone surrogate, which UTF-8 cannot hold"],
    ["a cycle", cyclic, ["a", 1, "b"], "contains itself, which DynamoDB cannot store"],
    ["a cycle of Maps", [cyclicMap], [0, "self", 0], "contains itself, which DynamoDB cannot store"],
    [
      "32 levels",
      nested(32),
      Array.from({ length: 31 }, (_, i) => i % 2 === 0 ? 0 : "a"),
      cannot("a list or map at more than 31 levels")
    ],
    [
      "a getter that throws",
      {
        a: {
          get b() {
            throw new Error("secret")
          }
        }
      },
      ["a", "b"],
      "throws when it is read"
    ],
    [
      "a proxy that throws",
      {
        a: new Proxy({}, {
          ownKeys: () => {
            throw new Error("secret")
          }
        })
      },
      ["a"],
      "throws when it is read"
    ],
    [
      "a proxy of bytes",
      [new Proxy(new Uint8Array(1), {})],
      [0],
      "is an instance of a class; give an object without one"
    ],
    ["a revoked proxy", [revoked()], [0], "throws when it is read"],
    [
      "what throws what throws",
      [
        new Proxy([], {
          get: () => {
            throw revoked()
          }
        })
      ],
      [0],
      "throws when it is read"
    ]
  ]
  for (const [what, value, path, reason] of cases) {
    it(what, () => {
      const e = left(AttributeValue.encode(value))
      assert.strictEqual(e._tag, "SerializationException")
      assert.deepStrictEqual(e.path, path)
      assert.strictEqual(e.reason, reason)
      assert.notInclude(JSON.stringify(e), "secret")
    })
  }

  it("31 levels below the item are none of it, as the item is the first of 32", () => {
    const deep = nested(31)
    assert.deepStrictEqual(right(AttributeValue.decode(right(AttributeValue.encode(deep)))), deep)
    assert.isTrue(Either.isRight(AttributeValue.encodeItem({ a: deep })))
    assert.isTrue(Either.isLeft(AttributeValue.encodeItem({ a: [deep] })))
  })

  it("getters that give new objects for ever", () => {
    const endless = (): unknown => ({
      get a() {
        return endless()
      }
    })
    assert.strictEqual(left(AttributeValue.encode(endless())).reason, cannot("a list or map at more than 31 levels"))
  })

  it("an item that is no object", () => {
    for (const value of [undefined, null, 1, "a", [], new Set(["a"]), new Date(0), () => 1]) {
      const e = left(AttributeValue.encodeItem(value))
      assert.deepStrictEqual(e.path, [])
      assert.strictEqual(e.message, "the value at the root is not an object of attributes")
    }
  })
})

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

// ---------------------------------------------------------------------------------------------------------------- decode

describe("decode", () => {
  it("reads numbers as chosen once", () => {
    const item = { a: { N: "12" }, b: { L: [{ NS: ["1", "2"] }] } }
    assert.deepStrictEqual(right(AttributeValue.decodeItem(item)), { a: 12, b: [new Set([1, 2])] })
    assert.deepStrictEqual(right(AttributeValue.decodeItem(item, { numbers: "bigint" })), {
      a: 12n,
      b: [new Set([1n, 2n])]
    })
    assert.deepStrictEqual(
      right(AttributeValue.decode({ N: "1E-3" }, { numbers: "BigDecimal" })),
      BigDecimal.make(1n, 3)
    )
    assert.deepStrictEqual(right(AttributeValue.decode({ N: "-0.0" })), 0)
    assert.deepStrictEqual(right(AttributeValue.decode({ N: "1E+3" }, { numbers: "bigint" })), 1000n)
  })

  const losing = "has more digits than a number holds; read it as bigint or BigDecimal"
  const refused: ReadonlyArray<readonly [string, AttributeValue.Numbers, string]> = [
    ["9007199254740993", "number", losing],
    ["0.1000000000000000055", "number", losing],
    ["73786976294838206464", "number", losing],
    ["1.5", "bigint", "has a fraction, which a bigint cannot hold"],
    ["0.1E-3", "bigint", "has a fraction, which a bigint cannot hold"],
    ["1E+999999999", "bigint", "is a number of a magnitude above 9.99…E+125, which DynamoDB cannot store"]
  ]
  for (const [N, numbers, reason] of refused) {
    it(`${N} as ${numbers} is a failure, not a rounding`, () => {
      const e = left(AttributeValue.decodeItem({ a: { L: [{ N }] } }, { numbers }))
      assert.deepStrictEqual(e.path, ["a", 0])
      assert.strictEqual(e.reason, reason)
      assert.notInclude(JSON.stringify(e), N)
    })
  }

  it("refuses a text that is no number, however it is read", () => {
    for (const N of ["", " 1", "0x10", "1_000", "NaN", "Infinity", "1e", "--1", ".", "1n"]) {
      for (const numbers of ["number", "bigint", "BigDecimal"] as const) {
        assert.strictEqual(left(AttributeValue.decode({ N }, { numbers })).reason, "is not the text of a number", N)
      }
    }
  })

  it("refuses what is no attribute value, at its path", () => {
    const values: ReadonlyArray<unknown> = [
      undefined,
      null,
      "a",
      [],
      {},
      { S: 1 },
      { S: null },
      { S: "a", N: "1" },
      { X: "a" },
      { $unknown: ["X", 1] },
      { N: 1 },
      { B: "a" },
      { BOOL: "true" },
      { NULL: false },
      { SS: "a" },
      { SS: [1] },
      { NS: [1] },
      { BS: ["a"] },
      { L: {} },
      { M: [] },
      { M: null }
    ]
    for (const value of values) {
      // what a transport hands over is typed, and may still be anything
      const e = left(AttributeValue.decodeItem({ a: { L: [value as AttributeValue.AttributeValue] } }))
      assert.deepStrictEqual(e.path, ["a", 0])
      assert.strictEqual(e.reason, "is not an attribute value")
    }
    assert.strictEqual(left(AttributeValue.decode({ SS: [] })).reason, "is an empty set, which DynamoDB cannot store")
  })

  it("takes no attribute value that is nested too deep, or in itself, for a reason to overflow", () => {
    let deep: AttributeValue.AttributeValue = { S: "a" }
    for (let i = 0; i < 100_000; i++) deep = { L: [deep] }
    assert.strictEqual(left(AttributeValue.decode(deep)).path.length, 31)
    const cyclic: AttributeValue.AttributeValue = { L: [] }
    cyclic.L?.push(cyclic)
    assert.strictEqual(left(AttributeValue.decode(cyclic))._tag, "SerializationException")
  })

  it("passes over members that are undefined", () => {
    assert.strictEqual(right(AttributeValue.decode({ S: undefined, N: "1" })), 1)
  })
})

// ---------------------------------------------------------------------------------------------------------------- properties

/** The SDK's converter writes JavaScript's exponents. */
const sameNotation = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sameNotation)
    : typeof value === "object" && value !== null && !(value instanceof Uint8Array)
    ? Object.entries(value).map(([key, inner]) =>
      key === "N" && typeof inner === "string" || key === "NS" && Array.isArray(inner)
        ? [key, [inner].flat().map((n) => BigDecimal.format(BigDecimal.normalize(BigDecimal.unsafeFromString(n))))]
        : [key, sameNotation(inner)]
    )
    : value

/** The SDK's converter loses an attribute called __proto__, and takes an object with a `constructor` of its own for an instance. */
const plainNames = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.every(plainNames)
    : typeof value !== "object" || value === null || value instanceof Uint8Array || value instanceof Set ||
      (!Object.hasOwn(value, "__proto__") && !Object.hasOwn(value, "constructor") &&
        Object.values(value).every(plainNames))

const runs = { fastCheck: { numRuns: 1000 } }

describe("properties", () => {
  it.prop(
    "agrees with the AWS SDK's own converter, both ways",
    [native(safeDouble).record.filter(plainNames)],
    ([item]) => {
      const ours = right(AttributeValue.encodeItem(item))
      assert.deepStrictEqual(sameNotation(ours), sameNotation(marshall(item)))
      assert.deepStrictEqual(unmarshall(ours), item)
      assert.deepStrictEqual(right(AttributeValue.decodeItem(marshall(item))), item)
    },
    runs
  )

  it.prop("what it writes, it reads back: numbers", [native(double).value], ([value]) => {
    assert.deepStrictEqual(right(AttributeValue.decode(right(AttributeValue.encode(value)))), value)
  }, runs)

  const bigint = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })
  it.prop("what it writes, it reads back: bigint", [native(bigint).value], ([value]) => {
    const back = AttributeValue.decode(right(AttributeValue.encode(value)), { numbers: "bigint" })
    assert.deepStrictEqual(right(back), value)
  }, runs)

  it.prop("what it writes, it reads back: BigDecimal", [decimal], ([value]) => {
    const encoded = right(AttributeValue.encode([value]))
    const [back] = right(AttributeValue.decode(encoded, { numbers: "BigDecimal" })) as [BigDecimal.BigDecimal]
    assert.isTrue(BigDecimal.equals(back, value))
    assert.deepStrictEqual(back.value, value.value)
    assert.deepStrictEqual(back.scale, value.scale)
  }, runs)

  it.prop(
    "writes numbers without exponent, sign of zero or needless zeros",
    [fc.oneof(double, bigint, decimal)],
    ([value]) => {
      assert.match(
        right(AttributeValue.encode(value)).N ?? "",
        /^(?:0|-?(?:[1-9][0-9]*(?:\.[0-9]*[1-9])?|0\.[0-9]*[1-9]))$/
      )
    },
    runs
  )

  it.prop("a bigint is the SDK's text", [bigint], ([value]) => {
    assert.deepStrictEqual(right(AttributeValue.encode(value)), convertToAttr(value))
  }, runs)

  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
    maxDepth: 4
  })
  it.prop("never throws, and writes only what it reads", [anything], ([value]) => {
    const encoded = AttributeValue.encode(value)
    if (Either.isLeft(encoded)) assert.strictEqual(encoded.left._tag, "SerializationException")
    else {
      const decoded = right(AttributeValue.decode(encoded.right, { numbers: "BigDecimal" }))
      assert.deepStrictEqual(right(AttributeValue.encode(decoded)), encoded.right)
    }
  }, runs)

  it.prop("never throws on what is read", [anything], ([value]) => {
    assert.isTrue(Either.isEither(AttributeValue.decode(value as AttributeValue.AttributeValue)))
  }, runs)
})
