/**
 * The ciphertext blob: which key and which of its materials sealed it, and AES-256-GCM over the rest with the encryption context as
 * authenticated data.
 *
 * ```
 * 0x01 | u8 length, key id | u32 material | u32 CRC-32 of the above | nonce (12) | ciphertext | tag (16)
 * ```
 *
 * The checksum tells a damaged blob from one whose key this world does not have.
 */
import { createCipheriv, createDecipheriv } from "node:crypto"
import { crc32 } from "node:zlib"

export type Context = ReadonlyArray<readonly [name: string, value: string]>

export interface Blob {
  readonly keyId: string
  readonly material: number
  readonly header: Uint8Array
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

const version = 1
const nonceLength = 12
const tagLength = 16

const u32 = (value: number): Uint8Array => {
  const out = Buffer.alloc(4)
  out.writeUInt32BE(value)
  return out
}

/** What is authenticated: the blob's header, and each text of the context after its length. */
const associated = (header: Uint8Array, context: Context): Uint8Array => {
  const parts: Array<Uint8Array> = [header]
  for (const pair of context) {
    for (const part of pair) {
      const encoded = Buffer.from(part, "utf8")
      parts.push(u32(encoded.length), encoded)
    }
  }
  return Buffer.concat(parts)
}

export const seal = (
  keyId: string,
  material: number,
  key: Uint8Array,
  nonce: Uint8Array,
  context: Context,
  plaintext: Uint8Array
): Uint8Array => {
  const id = Buffer.from(keyId, "ascii")
  const named = Buffer.concat([Uint8Array.of(version, id.length), id, u32(material)])
  const header = Buffer.concat([named, u32(crc32(named))])
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagLength }).setAAD(
    associated(header, context)
  )
  return new Uint8Array(
    Buffer.concat([header, nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  )
}

/** Takes a blob apart; `undefined` if it cannot be one. */
export const parse = (blob: Uint8Array): Blob | undefined => {
  const idEnd = 2 + (blob[1] ?? 0)
  const materialEnd = idEnd + 4
  const nonceStart = materialEnd + 4
  const start = nonceStart + nonceLength
  if (blob[0] !== version || blob.length < start + tagLength) return undefined
  if (crc32(blob.subarray(0, materialEnd)) !== Buffer.from(blob.subarray(materialEnd, nonceStart)).readUInt32BE()) {
    return undefined
  }
  return {
    keyId: Buffer.from(blob.subarray(2, idEnd)).toString("latin1"),
    material: Buffer.from(blob.subarray(idEnd, materialEnd)).readUInt32BE(),
    header: blob.subarray(0, nonceStart),
    nonce: blob.subarray(nonceStart, start),
    ciphertext: blob.subarray(start, blob.length - tagLength),
    tag: blob.subarray(blob.length - tagLength)
  }
}

/** The plaintext; `undefined` when key, context or a single bit is not the one it was sealed with. */
export const open = (blob: Blob, key: Uint8Array, context: Context): Uint8Array | undefined => {
  const decipher = createDecipheriv("aes-256-gcm", key, blob.nonce, { authTagLength: tagLength })
    .setAAD(associated(blob.header, context))
    .setAuthTag(blob.tag)
  try {
    return new Uint8Array(Buffer.concat([decipher.update(blob.ciphertext), decipher.final()]))
  } catch {
    return undefined
  }
}
