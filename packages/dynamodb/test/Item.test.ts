import * as AttributeValue from "@armature/dynamodb/AttributeValue"
import * as Item from "@armature/dynamodb/Item"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { assert } from "vitest"

describe("size", () => {
  const cases: ReadonlyArray<readonly [string, AttributeValue.ReadonlyAttributeValue, number]> = [
    ["text in ASCII", { S: "abc" }, 3],
    ["empty text", { S: "" }, 0],
    ["text in UTF-8", { S: "aé😀" }, 7],
    ["long text", { S: "a".repeat(100) }, 100],
    ["long text in UTF-8", { S: "é".repeat(100) }, 200],
    ["binary by its raw bytes", { B: new Uint8Array(7) }, 7],
    ["a boolean", { BOOL: false }, 1],
    ["null", { NULL: true }, 1],
    ["zero", { N: "0" }, 1],
    ["one digit", { N: "7" }, 2],
    ["two digits", { N: "27" }, 2],
    ["three digits", { N: "127" }, 3],
    ["a negative number", { N: "-27" }, 3],
    ["trailing zeros", { N: "100000" }, 2],
    ["zeros that say nothing", { N: "007.500" }, 3],
    ["a fraction", { N: "0.05" }, 2],
    ["digits on both sides", { N: "123.456" }, 5],
    ["zeros in the middle", { N: "-1000.0001" }, 6],
    ["an exponent", { N: "1.5E+3" }, 2],
    ["a negative exponent", { N: "-15e-3" }, 3],
    ["38 digits", { N: "1".repeat(38) }, 20],
    ["38 digits, odd on both sides, negative", { N: `-${"1".repeat(19)}.${"1".repeat(19)}` }, 21],
    ["a set of strings", { SS: ["a", "bc"] }, 3],
    ["a set of numbers", { NS: ["1", "100.5"] }, 6],
    ["a set of binary", { BS: [new Uint8Array(2), new Uint8Array(3)] }, 5],
    ["an empty list", { L: [] }, 3],
    ["an empty map", { M: {} }, 3],
    ["a list", { L: [{ S: "a" }, { NULL: true }] }, 3 + 2 + 2],
    ["a map", { M: { ab: { S: "c" } } }, 3 + 1 + 2 + 1],
    ["a map in a list", { L: [{ M: { é: { N: "1" } } }] }, 3 + 1 + 3 + 1 + 2 + 2]
  ]
  for (const [what, value, expected] of cases) {
    it(what, () => {
      assert.strictEqual(AttributeValue.size(value), expected)
      assert.strictEqual(Item.size({ é: value }), 2 + expected)
    })
  }

  it("counts 32 levels, which is all that DynamoDB takes, and comes to an end", () => {
    const nested = (levels: number): AttributeValue.AttributeValue => {
      let value: AttributeValue.AttributeValue = { S: "abc" }
      for (let i = 0; i < levels; i++) value = { L: [value] }
      return value
    }
    assert.strictEqual(AttributeValue.size(nested(31)), 31 * 4 + 3)
    assert.strictEqual(AttributeValue.size(nested(100_000)), 32 * 4)
    const cyclic: AttributeValue.AttributeValue = { M: {} }
    if (cyclic.M !== undefined) cyclic.M["a"] = cyclic
    assert.strictEqual(AttributeValue.size(cyclic), 32 * 5)
  })

  it("of an item is the sum of its attributes", () => {
    assert.strictEqual(Item.size({}), 0)
    assert.strictEqual(Item.size({ id: { S: "123" }, n: { N: "-1.5" } }), 5 + 5)
  })
})

describe("sizes", () => {
  it("are those of the attributes, largest first", () => {
    const item = { small: { BOOL: true }, large: { S: "x".repeat(50) }, middle: { L: [] } }
    assert.deepStrictEqual(Item.sizes(item), [
      { attribute: "large", size: 55 },
      { attribute: "middle", size: 9 },
      { attribute: "small", size: 6 }
    ])
  })
})

describe("checkSize", () => {
  const ofBytes = (bytes: number) => ({ id: { S: "1" }, text: { S: "x".repeat(bytes - 3 - 4) } })

  it("takes an item of exactly 409,600 bytes and gives it back, and none of a byte more", () => {
    const item = ofBytes(409_600)
    assert.strictEqual(Either.getOrThrow(Item.checkSize(item)), item)
    assert.isTrue(Either.isLeft(Item.checkSize(ofBytes(409_601))))
  })

  it.effect("names the largest attributes of one that it refuses", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Item.checkSize({ ...ofBytes(409_601), note: { S: "" }, more: { NULL: true } }))
      assert.strictEqual(e._tag, "ItemTooLargeException")
      assert.strictEqual(e.size, 409_601 + 4 + 5)
      assert.strictEqual(e.maxSize, 409_600)
      assert.deepStrictEqual(e.largest, [
        { attribute: "text", size: 409_598 },
        { attribute: "more", size: 5 },
        { attribute: "note", size: 4 }
      ])
      assert.include(e.message, "text (409598)")
    }))

  it("takes a limit of one's own", () => {
    assert.isTrue(Either.isRight(Item.checkSize(ofBytes(1000), { maxSize: 1000 })))
    assert.isTrue(Either.isLeft(Item.checkSize(ofBytes(1001), { maxSize: 1000 })))
    assert.isTrue(Either.isLeft(Item.checkSize(ofBytes(1000), { maxSize: Number.NaN })))
  })
})
