/**
 * GCM alone does not commit to a key: whoever holds two keys can make a ciphertext and a tag that both accept. Here is such a message,
 * and the commitment that refuses it.
 */
import { describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { createCipheriv } from "node:crypto"
import { assert } from "vitest"
import { authenticatedData, commitmentStart, messageIdStart } from "../src/internal/binding.js"
import { openFrame } from "../src/internal/envelope.js"
import { EnvelopeKey } from "../src/internal/envelopeKey.js"
import { gcmDecrypt, hkdfExpand } from "../src/internal/primitives.js"
import { binding, bytesOf, key, keyOf, reason } from "./support.js"

// GF(2^128) as GCM has it: bit 0 is the leftmost
const reduction = 0xe1n << 120n
const multiply = (x: bigint, y: bigint): bigint => {
  let product = 0n
  let v = y
  for (let i = 127n; i >= 0n; i--) {
    if ((x >> i) & 1n) product ^= v
    v = v & 1n ? (v >> 1n) ^ reduction : v >> 1n
  }
  return product
}
const one = 1n << 127n
const inverse = (x: bigint): bigint => {
  // x^(2^128 - 2)
  let result = one
  let square = x
  for (let i = 1; i < 128; i++) {
    square = multiply(square, square)
    result = multiply(result, square)
  }
  return result
}
const toBytes = (x: bigint): Buffer => Buffer.from(x.toString(16).padStart(32, "0"), "hex")
const fromBytes = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`)
const blocks = (bytes: Uint8Array): ReadonlyArray<bigint> => {
  const padded = Buffer.alloc(Math.ceil(bytes.length / 16) * 16)
  padded.set(bytes)
  return Array.from({ length: padded.length / 16 }, (_, i) => fromBytes(padded.subarray(i * 16, i * 16 + 16)))
}
const encryptBlock = (cipherKey: Uint8Array, block: Uint8Array): bigint =>
  fromBytes(createCipheriv("aes-256-ecb", cipherKey, null).setAutoPadding(false).update(block))

/** The tag of a two-block ciphertext under a zero IV is linear in each block: `tag = constant + first * h3 + second * h2`. */
const tagParts = (cipherKey: Uint8Array, aad: Uint8Array) => {
  const h = encryptBlock(cipherKey, Buffer.alloc(16))
  const mask = encryptBlock(cipherKey, Buffer.from("00000000000000000000000000000001", "hex"))
  const h2 = multiply(h, h)
  const h3 = multiply(h2, h)
  const lengths = (BigInt(aad.length * 8) << 64n) | 256n
  let y = 0n
  for (const block of [...blocks(aad), 0n, 0n, lengths]) y = multiply(y ^ block, h)
  return { constant: y ^ mask, h2, h3 }
}

describe("two keys never open one ciphertext", () => {
  it("not even one that GCM opens under both", () => {
    const other = keyOf("two")
    const disguised = new EnvelopeKey(key.keyId, key.edk, EnvelopeKey.header(key), EnvelopeKey.prk(other)!)
    const messageId = bytesOf("message", 32)
    const aad = Either.getOrThrow(authenticatedData(binding))
    aad.set(messageId, messageIdStart)
    const derived = [key, other].map((k) => hkdfExpand(EnvelopeKey.prk(k)!, aad.subarray(0, commitmentStart), 64))
    const [mine, others] = derived.map((okm) => okm.subarray(0, 32)) as [Buffer, Buffer]
    const commitment = derived[0]!.subarray(32)
    aad.set(commitment, commitmentStart)

    // second block solves: both tags are equal
    const [a, b] = [tagParts(mine, aad), tagParts(others, aad)]
    const first = fromBytes(bytesOf("first block", 16))
    const second = multiply(
      a.constant ^ b.constant ^ multiply(first, a.h3 ^ b.h3),
      inverse(a.h2 ^ b.h2)
    )
    const tag = toBytes(a.constant ^ multiply(first, a.h3) ^ multiply(second, a.h2))
    const ciphertext = Buffer.concat([toBytes(first), toBytes(second)])
    for (const cipherKey of [mine, others]) {
      assert.isDefined(gcmDecrypt("aes-256-gcm", cipherKey, Buffer.alloc(12), aad, ciphertext, tag))
    }

    const message = Buffer.concat([EnvelopeKey.header(key), messageId, commitment, ciphertext, tag])
    assert.isTrue(Either.isRight(openFrame(key, message, binding)))
    assert.strictEqual(reason(openFrame(disguised, message, binding)), "Tampered")
  })
})
