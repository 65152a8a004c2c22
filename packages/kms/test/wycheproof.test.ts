/** C2SP Wycheproof vectors (test/vectors, Apache-2.0) through the functions that the envelope is made of. */
import { describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import { assert } from "vitest"
import { type GcmAlgorithm, gcmDecrypt, gcmEncrypt, hkdfExpand, hkdfExtract } from "../src/internal/primitives.js"

const Hex = Schema.transform(Schema.String, Schema.Uint8ArrayFromSelf, {
  strict: true,
  decode: (text) => new Uint8Array(Buffer.from(text, "hex")),
  encode: (bytes) => Buffer.from(bytes).toString("hex")
})
const result = Schema.Literal("valid", "invalid")

const vectors = <A, I>(file: string, group: Schema.Schema<A, I>): ReadonlyArray<A> => {
  const text = readFileSync(new URL(`vectors/${file}`, import.meta.url), "utf8")
  const Suite = Schema.parseJson(Schema.Struct({ testGroups: Schema.Array(group) }))
  return Schema.decodeUnknownSync(Suite)(text).testGroups
}

describe("AES-GCM", () => {
  const groups = vectors(
    "aes_gcm_test.json",
    Schema.Struct({
      ivSize: Schema.Number,
      keySize: Schema.Literal(128, 192, 256),
      tagSize: Schema.Literal(128),
      tests: Schema.Array(
        Schema.Struct({ tcId: Schema.Number, key: Hex, iv: Hex, aad: Hex, msg: Hex, ct: Hex, tag: Hex, result })
      )
    })
  )

  it("every valid vector opens and seals to the same bytes, every invalid one is refused", () => {
    const count = { valid: 0, "valid with a 12-byte IV": 0, invalid: 0 }
    for (const { ivSize, keySize, tests } of groups) {
      const algorithm: GcmAlgorithm = `aes-${keySize}-gcm`
      for (const { aad, ct, iv, key, msg, result, tag, tcId } of tests) {
        const opened = gcmDecrypt(algorithm, key, iv, aad, ct, tag)
        count[result]++
        if (result === "invalid") {
          assert.isUndefined(opened, `vector ${tcId}`)
          continue
        }
        // OpenSSL takes no IV over 1024 bits
        if (ivSize > 1024) {
          assert.isUndefined(opened, `vector ${tcId}`)
          continue
        }
        if (ivSize === 96) count["valid with a 12-byte IV"]++
        assert.deepStrictEqual(opened, Buffer.from(msg), `vector ${tcId}`)
        const buffer = new Uint8Array(3 + msg.length + 16)
        buffer.set(msg, 3)
        gcmEncrypt(algorithm, key, iv, aad, buffer, 3, 3 + msg.length)
        assert.deepStrictEqual(Buffer.from(buffer.subarray(3)), Buffer.concat([ct, tag]), `vector ${tcId}`)
      }
    }
    assert.deepStrictEqual(count, { valid: 229, "valid with a 12-byte IV": 116, invalid: 87 })
  })

  it("a tag that is not 16 bytes is refused, even if it is the beginning of the right one", () => {
    for (const { keySize, tests } of groups) {
      for (const { aad, ct, iv, key, result, tag } of tests) {
        if (result === "invalid") continue
        for (const length of [0, 4, 8, 12, 13, 14, 15]) {
          assert.isUndefined(gcmDecrypt(`aes-${keySize}-gcm`, key, iv, aad, ct, tag.subarray(0, length)))
        }
      }
    }
  })
})

describe("HKDF-SHA-512", () => {
  const groups = vectors(
    "hkdf_sha512_test.json",
    Schema.Struct({
      tests: Schema.Array(
        Schema.Struct({ tcId: Schema.Number, ikm: Hex, salt: Hex, info: Hex, size: Schema.Number, okm: Hex, result })
      )
    })
  )

  it("every valid vector is derived, every invalid one is refused", () => {
    const count = { valid: 0, invalid: 0 }
    for (const { tests } of groups) {
      for (const { ikm, info, okm, result, salt, size, tcId } of tests) {
        count[result]++
        const derive = () => hkdfExpand(hkdfExtract(salt, ikm), info, size)
        if (result === "invalid") assert.throws(derive, RangeError)
        else assert.deepStrictEqual(derive(), Buffer.from(okm), `vector ${tcId}`)
      }
    }
    assert.deepStrictEqual(count, { valid: 80, invalid: 3 })
  })
})
