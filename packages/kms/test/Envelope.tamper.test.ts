import { describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { randomBytes } from "node:crypto"
import { assert } from "vitest"
import * as Envelope from "../src/Envelope.js"
import { canonicalNumber } from "../src/internal/canonicalNumber.js"
import { binding, bytesOf, fields, key, reason, sealed, values } from "./support.js"

const refused = (bytes: Uint8Array, at = binding): void => {
  assert.include(["Tampered", "UnsupportedFormat", "WrongKey"], reason(Envelope.open(key, bytes, at)))
}

// every bit of many values, on a machine that may be busy
const patience = 60_000

describe("a sealed value that was altered is refused:", () => {
  it("every single bit flipped", () => {
    for (const value of values) {
      const bytes = sealed(value)
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const mask = 1 << (bit % 8)
        bytes[bit >> 3]! ^= mask
        refused(bytes)
        bytes[bit >> 3]! ^= mask
      }
      assert.deepStrictEqual(Envelope.open(key, bytes, binding), Either.right(value))
    }
  }, patience)

  it("every truncation, at either end", () => {
    for (const value of values) {
      const bytes = sealed(value)
      for (let length = 0; length < bytes.length; length++) {
        refused(bytes.subarray(0, length))
        refused(bytes.subarray(bytes.length - length))
      }
    }
  })

  it("every extension by 1 to 64 bytes, before and after, of zeros and of noise", () => {
    const bytes = sealed({ S: "x" })
    for (let n = 1; n <= 64; n++) {
      for (const more of [Buffer.alloc(n), randomBytes(n)]) {
        refused(Buffer.concat([bytes, more]))
        refused(Buffer.concat([more, bytes]))
      }
    }
  })

  it("any two fields swapped", () => {
    for (const value of [{ S: "x" }, { B: bytesOf("long", 90) }]) {
      const parts = fields(sealed(value))
      let swaps = 0
      for (let i = 0; i < parts.length; i++) {
        for (let j = i + 1; j < parts.length; j++) {
          const swapped = parts.map(([, bytes]) => bytes)
          ;[swapped[i], swapped[j]] = [swapped[j]!, swapped[i]!]
          // version and suite are both 0x01
          if (Buffer.compare(swapped[i]!, swapped[j]!) === 0) continue
          refused(Buffer.concat(swapped))
          swaps++
        }
      }
      assert.strictEqual(swaps, 44)
    }
  })

  it("any field taken from another value of the same key and place", () => {
    const [one, other] = [fields(sealed({ S: "one" })), fields(sealed({ S: "two" }))]
    for (const [i, [name, bytes]] of other.entries()) {
      if (Buffer.compare(bytes, one[i]![1]) === 0) continue
      const mixed = one.map(([, own], at) => at === i ? bytes : own)
      assert.strictEqual(reason(Envelope.open(key, Buffer.concat(mixed), binding)), "Tampered", name)
    }
  })
})

describe("a sealed value that was moved is refused:", () => {
  const place = { table: "orders", partitionKey: { S: "p" }, sortKey: { S: "s" }, path: ["a", "b"] }
  interface Place {
    readonly table: string
    readonly partitionKey: Envelope.ReadonlyAttributeValue
    readonly sortKey?: Envelope.ReadonlyAttributeValue | undefined
    readonly path: ReadonlyArray<string>
  }
  const at = ({ path, ...item }: Place): Envelope.Binding => ({ item: Either.getOrThrow(Envelope.item(item)), path })
  const bytes = sealed({ S: "x" }, at(place))

  const elsewhere: Readonly<Record<string, Place>> = {
    "another table": { ...place, table: "invoices" },
    "another partition key": { ...place, partitionKey: { S: "q" } },
    "a partition key of another type, number": { ...place, partitionKey: { N: "1" } },
    "a partition key of another type, binary": { ...place, partitionKey: { B: Buffer.from("p") } },
    "another sort key": { ...place, sortKey: { S: "t" } },
    "a sort key of another type": { ...place, sortKey: { B: Buffer.from("s") } },
    "no sort key": { ...place, sortKey: undefined },
    "keys changed places": { ...place, partitionKey: place.sortKey, sortKey: place.partitionKey },
    "text moved from table to partition key": { ...place, table: "order", partitionKey: { S: "sp" } },
    "text moved between the keys": { ...place, partitionKey: { S: "ps" }, sortKey: undefined },
    "the sort key moved into the partition key": { ...place, partitionKey: { S: "pSs" }, sortKey: undefined },
    "the partition key moved into the table": {
      ...place,
      table: "ordersSp",
      partitionKey: place.sortKey,
      sortKey: undefined
    },
    "another attribute": { ...place, path: ["a", "c"] },
    "the parent attribute": { ...place, path: ["a"] },
    "a child": { ...place, path: ["a", "b", "c"] },
    "one segment for two": { ...place, path: ["ab"] },
    "a dotted name": { ...place, path: ["a.b"] },
    "segments in another order": { ...place, path: ["b", "a"] }
  }

  for (const [name, to] of Object.entries(elsewhere)) {
    it(name, () => {
      assert.deepStrictEqual(Envelope.open(key, bytes, at(place)), Either.right({ S: "x" }))
      assert.strictEqual(reason(Envelope.open(key, bytes, at(to))), "Tampered")
    })
  }

  it("each of these places from each of the others", () => {
    const places = [place, ...Object.values(elsewhere)].map(at)
    for (const [i, from] of places.entries()) {
      const moved = sealed({ S: "x" }, from)
      for (const [j, to] of places.entries()) {
        if (i !== j) assert.strictEqual(reason(Envelope.open(key, moved, to)), "Tampered")
      }
    }
  })

  it("what cannot be bound to is refused when sealing and when opening", () => {
    const lone = "\udc00"
    const wrong: ReadonlyArray<Omit<Place, "path">> = [
      { ...place, table: "" },
      { ...place, table: lone },
      { ...place, partitionKey: { S: "" } },
      { ...place, partitionKey: { S: lone } },
      { ...place, partitionKey: { N: "" } },
      { ...place, partitionKey: { N: "one" } },
      { ...place, sortKey: { B: new Uint8Array() } },
      { ...place, partitionKey: {} },
      { ...place, partitionKey: { BOOL: true } },
      { ...place, partitionKey: { S: "a", N: "1" } },
      { ...place, sortKey: { SS: ["a"] } }
    ]
    for (const w of wrong) assert.strictEqual(reason(Envelope.item(w)), "InvalidBinding")
    for (const path of [[], [lone]]) {
      const nowhere = { item: binding.item, path }
      assert.strictEqual(reason(Envelope.seal(key, { S: "x" }, nowhere)), "InvalidBinding")
      assert.strictEqual(reason(Envelope.open(key, sealed({ S: "x" }), nowhere)), "InvalidBinding")
    }
  })
})

describe("a number key", () => {
  const spellings: Readonly<Record<string, ReadonlyArray<string>>> = {
    "0": ["0", "-0", "+0", "0.000", ".0", "0.", "0e5", "-0E-12", "000"],
    "125E-1": ["12.5", "12.50", "+12.5", "012.5", "125e-1", "1.25E1", "1.25e+1", "1250E-2", ".125e2", "0.00125E4"],
    "-125E-1": ["-12.5", "-012.500"],
    "1E2": ["100", "1e2", "1E+2", "0.1e3", "100.", "100.00"],
    "1E-130": ["1E-130", "0.1E-129"],
    "99999999999999999999999999999999999999E88": ["9.9999999999999999999999999999999999999E125"]
  }

  it("has one canonical spelling", () => {
    for (const [canonical, texts] of Object.entries(spellings)) {
      for (const text of texts) assert.strictEqual(canonicalNumber(text), canonical, text)
    }
    for (
      const text of ["", ".", "-", "e1", "1e", "0x10", " 1", "1 ", "1_0", "NaN", "Infinity", "--1", "1.2.3", "1e1.5"]
    ) {
      assert.isUndefined(canonicalNumber(text), text)
    }
  })

  it("binds alike however DynamoDB gives it back, and unlike any other number", () => {
    const at = (text: string): Envelope.Binding => ({
      item: Either.getOrThrow(Envelope.item({ table: "t", partitionKey: { N: text } })),
      path: ["a"]
    })
    const canonicals = Object.keys(spellings)
    for (const [canonical, texts] of Object.entries(spellings)) {
      const bytes = sealed({ S: "x" }, at(canonical))
      for (const text of texts) assert.deepStrictEqual(Envelope.open(key, bytes, at(text)), Either.right({ S: "x" }))
      for (const other of canonicals) {
        if (other !== canonical) assert.strictEqual(reason(Envelope.open(key, bytes, at(other))), "Tampered")
      }
    }
  })
})

describe("bytes that were never sealed", () => {
  it("1,000,000 random strings are refused with a typed failure", () => {
    const pool = randomBytes(1 << 20)
    let refusals = 0
    for (let n = 0; n < 1_000_000; n++) {
      const start = (n * 7919) % (pool.length - 600)
      if (Either.isLeft(Envelope.open(key, pool.subarray(start, start + n % 600), binding))) refusals++
    }
    assert.strictEqual(refusals, 1_000_000)
  }, patience)

  it("so are random strings behind a genuine header", () => {
    const bytes = sealed({ B: bytesOf("some", 200) })
    const start = fields(bytes).slice(0, 6).reduce((sum, [, part]) => sum + part.length, 0)
    let refusals = 0
    for (let n = 0; n < 50_000; n++) {
      const noise = randomBytes(n % 20 === 0 ? n % 700 : 64 + 32 * (1 + n % 16) + 16)
      const result = Envelope.open(key, Buffer.concat([bytes.subarray(0, start), noise]), binding)
      if (Either.isLeft(result) && result.left.reason === "Tampered") refusals++
    }
    assert.strictEqual(refusals, 50_000)
  }, patience)
})
