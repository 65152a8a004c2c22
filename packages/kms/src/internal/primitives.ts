/**
 * The three primitives of the envelope over `node:crypto`: HKDF-SHA512 in its two steps, so that the result of the first can be kept
 * with its key, and AES-GCM with a 16-byte tag.
 */
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto"

export const hashLength = 64
export const tagLength = 16

const gcmOptions = { authTagLength: tagLength }

export type GcmAlgorithm = "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm"

/** HKDF-Extract: the pseudorandom key of a secret. An absent salt is 64 zero bytes. */
export const hkdfExtract = (salt: Uint8Array, secret: Uint8Array): Buffer =>
  createHmac("sha512", salt).update(secret).digest()

/** HKDF-Expand. Throws a RangeError for more than 255 blocks, which no caller here asks for. */
export const hkdfExpand = (prk: Uint8Array, info: Uint8Array, size: number): Buffer => {
  if (size > 255 * hashLength) throw new RangeError("HKDF-SHA512 gives at most 16320 bytes")
  let block = createHmac("sha512", prk).update(info).update(firstCounter).digest()
  if (size === hashLength) return block
  const blocks = [block]
  for (let counter = 2; blocks.length * hashLength < size; counter++) {
    block = createHmac("sha512", prk).update(block).update(info).update(Buffer.of(counter)).digest()
    blocks.push(block)
  }
  return Buffer.concat(blocks, size)
}

const firstCounter = Buffer.of(1)

/**
 * Encrypts `buffer` from `start` to `end` where it stands and writes the tag after it: the plaintext is overwritten, and nothing but
 * `buffer` is kept.
 */
export const gcmEncrypt = (
  algorithm: GcmAlgorithm,
  key: Uint8Array,
  iv: Uint8Array,
  aad: Uint8Array,
  buffer: Uint8Array,
  start: number,
  end: number
): void => {
  const cipher = createCipheriv(algorithm, key, iv, gcmOptions)
  cipher.setAAD(aad)
  buffer.set(cipher.update(buffer.subarray(start, end)), start)
  cipher.final()
  buffer.set(cipher.getAuthTag(), end)
}

/**
 * The plaintext, or `undefined` when the tag does not match. `authTagLength` is stated because Node would otherwise accept a tag of
 * four bytes.
 */
export const gcmDecrypt = (
  algorithm: GcmAlgorithm,
  key: Uint8Array,
  iv: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
  tag: Uint8Array
): Buffer | undefined => {
  try {
    const decipher = createDecipheriv(algorithm, key, iv, gcmOptions)
    decipher.setAAD(aad)
    decipher.setAuthTag(tag)
    const plaintext = decipher.update(ciphertext)
    decipher.final()
    return plaintext
  } catch {
    return undefined
  }
}
