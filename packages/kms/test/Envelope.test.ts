import { describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { inspect } from "node:util"
import { assert } from "vitest"
import * as Envelope from "../src/Envelope.js"
import { readFrame } from "../src/internal/frame.js"
import { hkdfExtract } from "../src/internal/primitives.js"
import { binding, bytesOf, fields, item, key, keyOf, reason, sealed, value, values } from "./support.js"

const MiB = 1024 * 1024

describe("seal and open", () => {
  it.prop("gives back every value with its type", [value], ([v]) => {
    assert.deepStrictEqual(Envelope.open(key, sealed(v), binding), Either.right(v))
  })

  it("gives back each of the fixed values", () => {
    for (const v of values) assert.deepStrictEqual(Envelope.open(key, sealed(v), binding), Either.right(v))
  })

  it("opens bytes that stand anywhere in a larger buffer", () => {
    const bytes = sealed({ S: "x" })
    const larger = new Uint8Array(bytes.length + 20)
    larger.set(bytes, 7)
    assert.deepStrictEqual(
      Envelope.open(key, larger.subarray(7, 7 + bytes.length), binding),
      Either.right({ S: "x" })
    )
  })

  it("seals the same value to other bytes each time, with another key and commitment", () => {
    const [one, other] = [fields(sealed({ S: "x" })), fields(sealed({ S: "x" }))]
    for (const [i, [name, bytes]] of one.entries()) {
      const differs = ["messageId", "commitment", "ciphertext", "tag"].includes(name)
      assert.strictEqual(Buffer.compare(bytes, other[i]![1]) !== 0, differs, name)
    }
  })

  it("never uses a message id twice", () => {
    const ids = new Set<string>()
    for (let n = 0; n < 5000; n++) {
      const messageId = fields(sealed({ NULL: true })).find(([name]) => name === "messageId")
      ids.add(Buffer.from(messageId![1]).toString("hex"))
    }
    assert.strictEqual(ids.size, 5000)
  })

  it("makes true and false, and all short texts, of one length", () => {
    const length = sealed({ BOOL: true }).length
    for (const v of [{ BOOL: false }, { NULL: true }, { S: "" }, { S: "x".repeat(27) }]) {
      assert.strictEqual(sealed(v).length, length)
    }
    assert.strictEqual(sealed({ S: "x".repeat(28) }).length, length + 32)
  })

  it("takes values up to 16 MiB, and says of larger ones that they are too large", () => {
    const largest = { B: new Uint8Array(16 * MiB).fill(7) }
    assert.deepStrictEqual(Envelope.open(key, sealed(largest), binding), Either.right(largest))
    for (
      const v of [
        { B: new Uint8Array(16 * MiB + 1) },
        { S: "x".repeat(16 * MiB + 1) },
        { S: "é".repeat(8 * MiB + 1) },
        { L: [{ B: new Uint8Array(13 * MiB) }] },
        { SS: Array.from({ length: 1000 }, () => "x".repeat(20_000)) }
      ]
    ) assert.strictEqual(reason(Envelope.seal(key, v, binding)), "TooLarge")
  }, 60_000)

  it("refuses a sealed value longer than any that can be sealed", () => {
    const bytes = sealed({ S: "x" })
    const longer = new Uint8Array(bytes.length + 16 * MiB + 32)
    longer.set(bytes)
    assert.strictEqual(reason(Envelope.header(longer)), "Tampered")
    assert.strictEqual(reason(Envelope.open(key, longer, binding)), "Tampered")
  })

  it("nests as deep as DynamoDB does, and no deeper", () => {
    const nested = (depth: number): Envelope.AttributeValue => depth === 1 ? { NULL: true } : { L: [nested(depth - 1)] }
    assert.deepStrictEqual(Envelope.open(key, sealed(nested(32)), binding), Either.right(nested(32)))
    assert.strictEqual(reason(Envelope.seal(key, nested(33), binding)), "InvalidValue")
  })

  it("refuses text that UTF-8 would change", () => {
    const lone = "a\ud800b"
    for (
      const v of [{ S: lone }, { N: lone }, { SS: [lone] }, { L: [{ S: lone }] }, { M: { [lone]: { NULL: true } } }]
    ) {
      assert.strictEqual(reason(Envelope.seal(key, v, binding)), "InvalidValue")
    }
  })

  it("refuses what is no attribute value, and ends on a circular one", () => {
    const circle: Array<unknown> = []
    const circular = { L: circle }
    circle.push(circular, circular)
    const wrong: ReadonlyArray<unknown> = [
      {},
      { S: undefined },
      { S: "a", N: "1" },
      { X: "a" },
      { S: 1 },
      { N: "" },
      { N: "NaN" },
      { NS: ["1", "0x1"] },
      { L: [{ N: "one" }] },
      { B: "AAEC" },
      { BOOL: "true" },
      { SS: "a" },
      { BS: ["AAEC"] },
      { L: [1] },
      { L: [{}] },
      { M: [] },
      { M: { a: null } },
      circular
    ]
    for (const v of wrong) {
      assert.strictEqual(reason(Envelope.seal(key, v as Envelope.AttributeValue, binding)), "InvalidValue")
    }
  })

  it("keeps a member named __proto__ a member", () => {
    const value = { M: JSON.parse(`{"__proto__":{"S":"x"}}`) as { readonly [name: string]: Envelope.AttributeValue } }
    const opened = Either.getOrThrow(Envelope.open(key, sealed(value), binding))
    assert.isTrue("M" in opened && Object.hasOwn(opened.M, "__proto__"))
    assert.deepStrictEqual(opened, value)
  })
})

describe("open", () => {
  it("refuses a value whose type is not the one expected", () => {
    const types = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"] as const
    for (const v of values) {
      for (const type of types) {
        const opened = Envelope.open(key, sealed(v), binding, type)
        if (type in v) assert.deepStrictEqual(opened, Either.right(v))
        else assert.strictEqual(reason(opened), "TypeMismatch")
      }
    }
  })

  it("refuses another data key, whether it wears its own EDK or the right one", () => {
    const bytes = sealed({ S: "x" })
    assert.strictEqual(reason(Envelope.open(keyOf("two"), bytes, binding)), "WrongKey")
    const disguised = Either.getOrThrow(
      Envelope.key({ keyId: key.keyId, edk: key.edk, dataKey: bytesOf("two data key", 32) })
    )
    assert.strictEqual(reason(Envelope.open(disguised, bytes, binding)), "Tampered")
  })

  it("says nothing of which check refused", () => {
    const bytes = sealed({ S: "x" })
    const messages = new Set<string>()
    for (let i = 10; i <= 200; i++) {
      const flipped = bytes.slice()
      flipped[flipped.length - i]! ^= 1
      const result = Envelope.open(key, flipped, binding)
      if (Either.isLeft(result) && result.left.reason === "Tampered") messages.add(result.left.message)
    }
    assert.strictEqual(messages.size, 1)
  })

  it("names a suite that is reserved, and versions and suites that are not known", () => {
    const bytes = sealed({ S: "x" })
    const suite2 = bytes.slice()
    suite2[1] = 2
    const refusal = Envelope.open(key, suite2, binding)
    assert.strictEqual(reason(refusal), "UnsupportedFormat")
    assert.include(Either.isLeft(refusal) ? refusal.left.message : "", "suite 2")
    for (const at of [0, 1]) {
      for (const code of [0, 3, 255]) {
        const unknown = bytes.slice()
        unknown[at] = code
        assert.strictEqual(reason(Envelope.header(unknown)), "UnsupportedFormat")
        assert.strictEqual(reason(Envelope.open(key, unknown, binding)), "UnsupportedFormat")
      }
    }
    assert.strictEqual(reason(Envelope.open(key, new Uint8Array(), binding)), "UnsupportedFormat")
    assert.strictEqual(reason(Envelope.open(key, Buffer.from("4111 1111 1111 1111"), binding)), "UnsupportedFormat")
  })
})

describe("key", () => {
  const parts = { keyId: "id", edk: new Uint8Array(1), dataKey: new Uint8Array(32) }

  it("is exactly 32 bytes, with an id and an EDK that the header can hold", () => {
    const wrong = [
      { ...parts, dataKey: new Uint8Array(31) },
      { ...parts, dataKey: new Uint8Array(33) },
      { ...parts, keyId: "" },
      { ...parts, keyId: "x".repeat(256) },
      { ...parts, keyId: "ké" },
      { ...parts, keyId: "a b" },
      { ...parts, edk: new Uint8Array() },
      { ...parts, edk: new Uint8Array(65_536) }
    ]
    for (const w of wrong) assert.strictEqual(reason(Envelope.key(w)), "InvalidKey")
    const largest = Either.getOrThrow(Envelope.key({ ...parts, keyId: "x".repeat(255), edk: new Uint8Array(65_535) }))
    const bytes = sealed({ S: "x" }, binding, largest)
    assert.deepStrictEqual(Envelope.open(largest, bytes, binding), Either.right({ S: "x" }))
    assert.deepStrictEqual(
      Envelope.header(bytes),
      Either.right({ keyId: "x".repeat(255), edk: new Uint8Array(65_535) })
    )
  })

  it("neither seals nor opens once it was wiped", () => {
    const short = keyOf("short")
    const bytes = sealed({ S: "x" }, binding, short)
    Envelope.wipe(short)
    assert.strictEqual(reason(Envelope.seal(short, { S: "x" }, binding)), "KeyWiped")
    assert.strictEqual(reason(Envelope.open(short, bytes, binding)), "KeyWiped")
  })

  it("is independent of the bytes it was made from", () => {
    const dataKey = bytesOf("one data key", 32)
    const edk = bytesOf("one edk", 184)
    const made = Either.getOrThrow(Envelope.key({ keyId: key.keyId, edk, dataKey }))
    dataKey.fill(0)
    edk.fill(0)
    assert.deepStrictEqual(Envelope.open(key, sealed({ S: "x" }, binding, made), binding), Either.right({ S: "x" }))
  })

  it("shows neither its secret nor, in an item, the key values", () => {
    const shown = (x: unknown) =>
      [inspect(x, { depth: Infinity, showHidden: true, maxArrayLength: Infinity }), JSON.stringify(x), String(x)]
        .join().replace(/\s|"\d+":/g, "")
    const dataKey = Buffer.from(bytesOf("one data key", 32))
    for (const secret of [dataKey, hkdfExtract(Buffer.alloc(64), dataKey)]) {
      for (const form of forms(secret.subarray(0, 8))) assert.notInclude(shown(key), form)
    }
    for (const form of forms(Buffer.from("acme"))) assert.notInclude(shown(item), form)
    // the search finds what is printed
    assert.isTrue(forms(Buffer.from(key.edk.subarray(0, 8))).some((form) => shown(key).includes(form)))
  })
})

/** The ways in which bytes are printed, without white space and array indices. */
const forms = (bytes: Buffer): ReadonlyArray<string> => [
  bytes.toString("latin1"),
  bytes.toString("hex"),
  bytes.subarray(0, bytes.length - bytes.length % 3).toString("base64"),
  Array.from(bytes).join()
]

describe("header", () => {
  it("refuses every length that a sealed value cannot have", () => {
    const bytes = sealed({ B: bytesOf("some", 100) })
    const start = fields(bytes).slice(0, 6).reduce((sum, [, part]) => sum + part.length, 0)
    for (let length = 0; length <= bytes.length; length++) {
      const rest = length - start - 64 - 16
      const possible = rest > 0 && rest % 32 === 0
      assert.strictEqual(Either.isRight(Envelope.header(bytes.subarray(0, length))), possible, `${length}`)
    }
  })

  it("refuses a key id and an EDK that no writer writes", () => {
    const bytes = sealed({ S: "x" })
    const parts = fields(bytes).map(([, part]) => part)
    const withParts = (changes: Readonly<Record<number, Uint8Array>>) =>
      Envelope.header(Buffer.concat(parts.map((part, i) => changes[i] ?? part)))
    assert.strictEqual(reason(withParts({ 2: Uint8Array.of(0), 3: new Uint8Array() })), "Tampered")
    assert.strictEqual(reason(withParts({ 4: Uint8Array.of(0, 0), 5: new Uint8Array() })), "Tampered")
    for (const char of [0, 0x20, 0x7f, 0xe9]) {
      assert.strictEqual(reason(withParts({ 2: Uint8Array.of(1), 3: Uint8Array.of(char) })), "Tampered")
    }
  })
})

describe("an authentic plaintext that no writer writes", () => {
  const frame = (
    type: string,
    content: string | Uint8Array,
    change: (frame: Buffer, size: number) => void = () => {}
  ) => {
    const size = Buffer.from(content).length
    const buffer = Buffer.alloc(Math.ceil((5 + size) / 32) * 32)
    buffer.writeUInt32BE(size)
    buffer.write(type, 4, "latin1")
    buffer.set(Buffer.from(content), 5)
    change(buffer, size)
    return readFrame(buffer, undefined)
  }

  it("is refused for its length, its type, its padding or its text", () => {
    assert.deepStrictEqual(frame("S", "x"), Either.right({ S: "x" }))
    assert.strictEqual(reason(frame("S", "x", (buffer) => buffer.writeUInt32BE(28))), "Tampered")
    assert.strictEqual(reason(frame("S", "x", (buffer) => buffer.writeUInt32BE(2 ** 32 - 1))), "Tampered")
    assert.strictEqual(reason(frame("S", "x".repeat(40), (buffer) => buffer.writeUInt32BE(3))), "Tampered")
    assert.strictEqual(reason(frame("X", "x")), "Tampered")
    assert.strictEqual(reason(frame("\0", "x")), "Tampered")
    for (const at of [6, 31]) {
      assert.strictEqual(reason(frame("S", "x", (buffer) => buffer.writeUInt8(1, at))), "Tampered")
    }
    for (const type of ["S", "N", "M"]) {
      assert.strictEqual(reason(frame(type, Uint8Array.of(0xff, 0xfe))), "Tampered")
    }
    const oversized = Buffer.alloc(16 * MiB + 32)
    oversized.writeUInt32BE(16 * MiB + 1)
    oversized.write("B", 4)
    assert.strictEqual(reason(readFrame(oversized, undefined)), "Tampered")
  })

  it("is refused for JSON that is not the type's", () => {
    const nested = (depth: number): string => depth === 1 ? "[]" : `[{"L":${nested(depth - 1)}}]`
    assert.isTrue(Either.isRight(frame("L", nested(32))))
    const wrong: ReadonlyArray<readonly [type: string, json: string]> = [
      ["T", "1"],
      ["T", ""],
      ["0", "null"],
      ["s", "{}"],
      ["s", "[1]"],
      ["N", "one"],
      ["n", "[1]"],
      ["n", "[\"one\"]"],
      ["L", "[{\"N\":\"one\"}]"],
      ["b", "[\"A\"]"],
      ["b", "[\"AAE\"]"],
      ["b", "[\"AAE=\\n\"]"],
      ["L", "[1]"],
      ["L", "[{}]"],
      ["L", "[{\"S\":\"a\",\"N\":\"1\"}]"],
      ["L", "[{\"X\":\"a\"}]"],
      ["L", "[{\"N\":1}]"],
      ["L", nested(33)],
      ["L", "[".repeat(1_000_000)],
      ["M", "[]"],
      ["M", "{\"a\":\"b\"}"],
      ["M", "{\"a\":{\"S\":1}}"],
      ["M", "{\"a\":{\"B\":1}}"],
      // no writer writes white space, a name twice, an escape that is not needed, or half a character
      ["s", "[ ]"],
      ["T", "true\n"],
      ["M", "{\"a\":{\"S\":\"x\"},\"a\":{\"S\":\"y\"}}"],
      ["s", "[\"\\u0061\"]"],
      ["s", "[\"\\ud800\"]"],
      ["L", "[{\"S\":\"\\ud800\"}]"],
      ["M", "{\"\\ud800\":{\"S\":\"x\"}}"]
    ]
    for (const [type, json] of wrong) assert.strictEqual(reason(frame(type, json)), "Tampered", json.slice(0, 40))
  })
})

describe("rewrap", () => {
  it("moves a sealed value under another encryption of the same data key", () => {
    const bytes = sealed({ S: "x" })
    const to = { keyId: "other", edk: bytesOf("another edk", 200) }
    const moved = Either.getOrThrow(Envelope.rewrap(bytes, to))
    assert.deepStrictEqual(Envelope.header(moved), Either.right(to))
    assert.strictEqual(reason(Envelope.open(key, moved, binding)), "WrongKey")
    const same = Either.getOrThrow(Envelope.key({ ...to, dataKey: bytesOf("one data key", 32) }))
    assert.deepStrictEqual(Envelope.open(same, moved, binding), Either.right({ S: "x" }))
  })

  it("refuses what is not a sealed value, and a header that cannot be written", () => {
    assert.strictEqual(reason(Envelope.rewrap(new Uint8Array(400), key)), "UnsupportedFormat")
    assert.strictEqual(reason(Envelope.rewrap(sealed({ S: "x" }), { keyId: "", edk: key.edk })), "InvalidKey")
  })
})
