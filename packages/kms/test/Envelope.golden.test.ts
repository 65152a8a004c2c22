/**
 * Values sealed once and read for ever. `golden/*.json` is never written again: what fails here breaks what is stored. A second reader,
 * made from the description of the format alone, reads them too.
 */
import { describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { createDecipheriv, createHash, hkdfSync } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { assert } from "vitest"
import * as Envelope from "../src/Envelope.js"
import { sealWith } from "../src/internal/envelope.js"

const directory = new URL("golden/", import.meta.url)

const AttributeValue = Schema.declare((u: unknown): u is Envelope.AttributeValue => typeof u === "object" && u !== null)
const KeyValue = Schema.Union(
  Schema.Struct({ S: Schema.String }),
  Schema.Struct({ N: Schema.String }),
  Schema.Struct({ B: Schema.Uint8ArrayFromSelf })
)
const Golden = Schema.Struct({
  name: Schema.String,
  dataKey: Schema.String,
  keyId: Schema.String,
  edk: Schema.String,
  table: Schema.String,
  partitionKey: KeyValue,
  sortKey: Schema.optional(KeyValue),
  path: Schema.Array(Schema.String),
  messageId: Schema.String,
  value: AttributeValue,
  sealed: Schema.String
})

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"))

/** Binary stands in base64 behind B and BS, as in DynamoDB JSON. */
const revive = (name: string, json: unknown): unknown => {
  if (name === "B" && typeof json === "string") return new Uint8Array(Buffer.from(json, "base64"))
  return name === "BS" && Array.isArray(json) ? json.map((item) => revive("B", item)) : json
}

const goldens = readdirSync(directory).filter((name) => name.endsWith(".json")).flatMap((file) =>
  Schema.decodeUnknownSync(Schema.Array(Golden))(JSON.parse(readFileSync(new URL(file, directory), "utf8"), revive))
)

const prepare = (golden: typeof Golden.Type) => ({
  key: Either.getOrThrow(
    Envelope.key({ keyId: golden.keyId, edk: hex(golden.edk), dataKey: hex(golden.dataKey) })
  ),
  binding: { item: Either.getOrThrow(Envelope.item(golden)), path: golden.path }
})

describe("golden files", () => {
  it("are the files that were written", () => {
    const digests = readdirSync(directory).sort().map((file) => [
      file,
      createHash("sha256").update(readFileSync(new URL(file, directory), "utf8").replaceAll("\r\n", "\n")).digest("hex")
    ])
    assert.deepStrictEqual(digests, [
      ["version-1-suite-1.json", "8ea9baf5788a38c4ab4d7f7d0acef469e4e8ffc33e1eb21ceeaf153a5729adc4"]
    ])
  })

  it("hold every type, several keys and several places", () => {
    const types = new Set(goldens.flatMap((golden) => Object.keys(golden.value)))
    assert.deepStrictEqual([...types].sort(), ["B", "BOOL", "BS", "L", "M", "N", "NS", "NULL", "S", "SS"])
    assert.strictEqual(new Set(goldens.map((golden) => golden.dataKey)).size, 3)
    assert.isAtLeast(goldens.length, 26)
  })

  for (const golden of goldens) {
    const { binding, key } = prepare(golden)

    it(`${golden.name}: opens`, () => {
      assert.deepStrictEqual(Envelope.open(key, hex(golden.sealed), binding), Either.right(golden.value))
    })

    it(`${golden.name}: seals to the same bytes`, () => {
      const sealed = sealWith(() => hex(golden.messageId), key, golden.value, binding)
      assert.strictEqual(Buffer.from(Either.getOrThrow(sealed)).toString("hex"), golden.sealed)
    })

    it(`${golden.name}: is what the format says`, () => {
      const { json, type } = readBySpecification(golden)
      assert.deepStrictEqual(Object.entries(golden.value), [[type, json]])
    })
  }
})

/** The format written out a second time, with Node's own HKDF, sharing no code with the envelope. */
const readBySpecification = (golden: typeof Golden.Type): { readonly type: string; readonly json: unknown } => {
  const bytes = Buffer.from(golden.sealed, "hex")
  let at = 0
  const take = (length: number) => bytes.subarray(at, at += length)
  assert.deepStrictEqual([...take(2)], [1, 1])
  assert.strictEqual(take(take(1).readUInt8()).toString("ascii"), golden.keyId)
  assert.strictEqual(take(take(2).readUInt16BE()).toString("hex"), golden.edk)
  const messageId = take(32)
  const commitment = take(32)
  const ciphertext = take(bytes.length - at - 16)
  const tag = take(16)
  assert.strictEqual(messageId.toString("hex"), golden.messageId)

  const label = Buffer.concat([Buffer.from("armature.attribute"), Buffer.from([1, 1])])
  const okm = Buffer.from(
    hkdfSync("sha512", hex(golden.dataKey), Buffer.alloc(64), Buffer.concat([label, messageId]), 64)
  )
  assert.deepStrictEqual(okm.subarray(32), commitment)
  const u32 = (n: number) => Buffer.from([n >>> 24, n >>> 16, n >>> 8, n])
  const field = (field: Buffer) => Buffer.concat([u32(field.length), field])
  const keyField = (value: typeof KeyValue.Type | undefined): Buffer => {
    if (value === undefined) return field(Buffer.alloc(0))
    if ("S" in value) return field(Buffer.from(`S${value.S}`))
    if ("B" in value) return field(Buffer.concat([Buffer.from("B"), value.B]))
    return field(Buffer.from(`N${canonical[value.N]}`))
  }
  const decipher = createDecipheriv("aes-256-gcm", okm.subarray(0, 32), Buffer.alloc(12), { authTagLength: 16 })
  decipher.setAAD(Buffer.concat([
    label,
    messageId,
    commitment,
    field(Buffer.from(golden.table)),
    keyField(golden.partitionKey),
    keyField(golden.sortKey),
    u32(golden.path.length),
    ...golden.path.map((segment) => field(Buffer.from(segment)))
  ]))
  decipher.setAuthTag(tag)
  const frame = Buffer.concat([decipher.update(ciphertext), decipher.final()])
  const size = frame.readUInt32BE()
  assert.strictEqual(frame.length, Math.ceil((5 + size) / 32) * 32)
  assert.isTrue(frame.subarray(5 + size).every((byte) => byte === 0))
  const content = frame.subarray(5, 5 + size)
  const type = { S: "S", N: "N", B: "B", T: "BOOL", 0: "NULL", s: "SS", n: "NS", b: "BS", L: "L", M: "M" }[
    String.fromCharCode(frame[4]!)
  ]!
  const json: unknown = type === "B" ?
    new Uint8Array(content)
    : type === "S" || type === "N"
    ? content.toString()
    : revive(type, JSON.parse(content.toString(), revive))
  return { type, json }
}

/** The number keys of the golden files, as the format spells them. */
const canonical: Readonly<Record<string, string>> = { "42": "42E0", "-1.50": "-15E-1", "0.0": "0", "1e3": "1E3" }
