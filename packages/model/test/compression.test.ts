/** The form of compressed attributes: written once, read for ever; bounded, whatever the bytes are. */
import type { ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import { describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { gzipSync } from "node:zlib"
import { assert } from "vitest"
import { compress, decompress, isAvailable } from "../src/internal/compression.js"

const numRuns = Math.ceil(Number(process.env["ARMATURE_SEQUENCES"] ?? 6_000) / 20)

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"))
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
const packed = (value: ReadonlyAttributeValue, algorithm: Parameters<typeof compress>[1] = "gzip"): Uint8Array =>
  Either.getOrThrowWith(compress(value, algorithm), (reason) => new Error(reason))
const reasonOf = <A>(result: Either.Either<A, string>): string => Either.getOrThrow(Either.flip(result))

const gives = (compressed: Uint8Array, value: ReadonlyAttributeValue) => {
  const read: unknown = Either.getOrThrowWith(decompress(compressed), (reason) => new Error(reason))
  assert.deepStrictEqual(read, value)
}

const algorithms = (["gzip", "deflate", "brotli", "zstd"] as const).filter(isAvailable)
const long: ReadonlyAttributeValue = { S: "hello ".repeat(1000) }

/** Never to be changed: items that were written so must stay readable. */
const golden: Readonly<Record<string, readonly [hex: string, value: ReadonlyAttributeValue]>> = {
  "stored text": ["010053c3a9", { S: "é" }],
  "stored number": ["01004e2d312e35", { N: "-1.5" }],
  "stored binary": ["010042ff00", { B: bytes("ff00") }],
  "stored boolean": ["01005474727565", { BOOL: true }],
  "stored null": ["01003074727565", { NULL: true }],
  "stored list": ["01004c5b7b2253223a2261227d5d", { L: [{ S: "a" }] }],
  "stored map": ["01004d7b2261223a7b2242223a222f7741 3d227d7d".replaceAll(" ", ""), { M: { a: { B: bytes("ff00") } } }],
  "stored string set": ["0100735b2261225d", { SS: ["a"] }],
  "stored number set": ["01006e5b2231225d", { NS: ["1"] }],
  "stored binary set": ["0100625b222f77413d225d", { BS: [bytes("ff00")] }],
  "gzip": [
    "0101531f8b0800000000000003cb48cdc9c957c8c04e0200f6d253381d000000",
    { S: "hello hello hello hello hello" }
  ],
  "deflate": ["010253789ccb48cdc9c957c8c04e0200a3100ae5", { S: "hello hello hello hello hello" }],
  "brotli": ["0103531b1c00f88d946ede445586966c206f414f1c2071", { S: "hello hello hello hello hello" }]
}

describe("golden", () => {
  for (const [what, [hex, value]] of Object.entries(golden)) {
    it(`${what} is read`, () => {
      gives(bytes(hex), value)
    })
    if (what.startsWith("stored")) {
      it(`${what} is written`, () => {
        assert.strictEqual(hexOf(packed(value)), hex)
      })
    }
  }

  it("zstd is read, or refused by name where the runtime does not have it", () => {
    // a frame with one block as it is
    const result = decompress(bytes("01045328b52ffd200529000068656c6c6f"))
    if (isAvailable("zstd")) assert.deepStrictEqual(result, Either.right({ S: "hello" }))
    else {
      assert.include(reasonOf(result), "zstd")
      assert.include(reasonOf(compress(long, "zstd")), "zstd")
    }
  })
})

const scalar: FastCheck.Arbitrary<ReadonlyAttributeValue> = FastCheck.oneof(
  FastCheck.string({ unit: "grapheme" }).map((S) => ({ S })),
  FastCheck.integer().map((n) => ({ N: String(n) })),
  FastCheck.uint8Array().map((B) => ({ B })),
  FastCheck.boolean().map((BOOL) => ({ BOOL })),
  FastCheck.constant({ NULL: true }),
  FastCheck.array(FastCheck.string(), { minLength: 1 }).map((SS) => ({ SS })),
  FastCheck.array(FastCheck.integer().map(String), { minLength: 1 }).map((NS) => ({ NS })),
  FastCheck.array(FastCheck.uint8Array(), { minLength: 1 }).map((BS) => ({ BS }))
)
const nested = FastCheck.letrec<{ readonly value: ReadonlyAttributeValue }>((tie) => ({
  value: FastCheck.oneof(
    { maxDepth: 4 },
    scalar,
    FastCheck.array(tie("value"), { maxLength: 4 }).map((L) => ({ L })),
    FastCheck.dictionary(FastCheck.oneof(FastCheck.string(), FastCheck.constant("__proto__")), tie("value"), {
      maxKeys: 4
    })
      // as an item's map is: with the prototype of objects
      .map((M) => ({ M: Object.fromEntries(Object.entries(M)) }))
  )
})).value

describe("compression", () => {
  for (const algorithm of algorithms) {
    it(`by ${algorithm} gives any value back`, () => {
      FastCheck.assert(
        FastCheck.property(nested, (value) => {
          gives(packed(value, algorithm), value)
        }),
        { numRuns }
      )
    })

    it(`by ${algorithm} makes a long value short`, () => {
      const small = packed(long, algorithm)
      assert.isBelow(small.length, 200)
      gives(small, long)
    })

    it(`by ${algorithm} of bytes that were cut off is refused`, () => {
      const small = packed(long, algorithm)
      for (let length = 0; length < small.length; length++) {
        assert.isTrue(Either.isLeft(decompress(small.subarray(0, length))), `${length}`)
      }
    })

    it(`by ${algorithm} is bounded: a bomb is refused`, () => {
      const bomb = packed({ B: new Uint8Array(1_000_001) }, algorithm)
      assert.isBelow(bomb.length, 10_000)
      assert.include(reasonOf(decompress(bomb, { maxLength: 1_000_000 })), "1000000 bytes")
      assert.isTrue(Either.isRight(decompress(bomb, { maxLength: 1_000_001 })))
    })
  }

  it("is not done where it does not pay", () => {
    for (const algorithm of algorithms) assert.strictEqual(packed({ S: "short" }, algorithm)[1], 0)
  })

  it("holds to a bound that nobody chose", () => {
    const bomb = Uint8Array.from([1, 1, 0x42, ...gzipSync(new Uint8Array(64 * 1024 * 1024 + 1))])
    assert.include(reasonOf(decompress(bomb)), "67108864 bytes")
    assert.include(reasonOf(compress({ B: new Uint8Array(64 * 1024 * 1024 + 1) }, "gzip")), "67108864 bytes")
  })

  it("bounds what is stored as it is, too", () => {
    assert.isTrue(Either.isLeft(decompress(packed({ S: "short" }), { maxLength: 4 })))
  })

  it("does not give out the bytes that it was given", () => {
    const given = packed({ B: bytes("ff00") })
    const value = Either.getOrThrow(decompress(given))
    given.fill(7)
    assert.deepStrictEqual(value, { B: bytes("ff00") })
  })

  for (
    const [what, hex] of Object.entries({
      "nothing": "",
      "no type": "0100",
      "another version": "020053",
      "an algorithm that is not known": "010553",
      "a type that is not known": "010051",
      "text that is no UTF-8": "010053ff",
      "JSON that is none": "01004c5b",
      "JSON of another type": "01004c7b7d",
      "a map in place of a list's member": "01004c5b7b7d5d",
      "binary that is not base64": "0100625b222f2a225d",
      "a boolean that is none": "01005431"
    })
  ) {
    it(`refuses ${what}`, () => {
      assert.isTrue(Either.isLeft(decompress(bytes(hex))))
    })
  }

  it("does not put another character in place of half of one", () => {
    assert.isTrue(Either.isLeft(compress({ S: "a\ud834" }, "gzip")))
  })

  it("refuses what is nested deeper than DynamoDB nests", () => {
    const deep = (levels: number): ReadonlyAttributeValue => levels === 1 ? { L: [] } : { L: [deep(levels - 1)] }
    assert.isTrue(Either.isRight(decompress(packed(deep(32)))))
    assert.isTrue(Either.isLeft(decompress(packed(deep(33)))))
  })

  it("refuses any bytes that nobody made, and throws nothing", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 0, max: 5 }), FastCheck.uint8Array(), (algorithm, rest) => {
        decompress(Uint8Array.from([1, algorithm, 0x53, ...rest]))
        decompress(rest)
      }),
      { numRuns }
    )
  })
})
