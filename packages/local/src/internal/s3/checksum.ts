/**
 * The checksums of S3: which there are, how the SDK names their members, and how each is computed piece by piece.
 */
import { createHash } from "node:crypto"
import { crc32 } from "node:zlib"
import { read } from "./content.js"
import type { Content } from "./content.js"

/** The names that requests give (`ChecksumAlgorithm`), in the order in which S3 prefers them. */
export const algorithms = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5"] as const

export type Algorithm = (typeof algorithms)[number]

/** Algorithms that the SDK's model knows and that are not available here. */
export const unavailable = ["XXHASH64", "XXHASH3", "XXHASH128"] as const

export const memberOf = (algorithm: string): string => `Checksum${algorithm}`

interface Hasher {
  readonly update: (piece: Uint8Array) => void
  readonly digest: () => Uint8Array
}

const crc32cTable = (() => {
  const table = new Uint32Array(256)
  for (let i = 0; i < 256; i++) {
    let value = i
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
    table[i] = value >>> 0
  }
  return table
})()

/** CRC-64/NVME as two halves of 32 bits: whole 64-bit integers are ten times slower. */
const [crc64High, crc64Low] = (() => {
  const high = new Uint32Array(256)
  const low = new Uint32Array(256)
  for (let i = 0; i < 256; i++) {
    let value = BigInt(i)
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n
    high[i] = Number(value >> 32n)
    low[i] = Number(value & 0xffffffffn)
  }
  return [high, low]
})()

const u32 = (value: number): Uint8Array => {
  const out = Buffer.alloc(4)
  out.writeUInt32BE(value >>> 0)
  return out
}

const crc32Hasher = (): Hasher => {
  let value = 0
  return {
    update: (piece) => {
      value = crc32(piece, value)
    },
    digest: () => u32(value)
  }
}

const crc32cHasher = (): Hasher => {
  let value = 0xffffffff
  return {
    update: (piece) => {
      for (let i = 0; i < piece.length; i++) {
        value = (crc32cTable[(value ^ (piece[i] ?? 0)) & 0xff] ?? 0) ^ (value >>> 8)
      }
    },
    digest: () => u32(value ^ 0xffffffff)
  }
}

const crc64Hasher = (): Hasher => {
  let high = 0xffffffff
  let low = 0xffffffff
  return {
    update: (piece) => {
      for (let i = 0; i < piece.length; i++) {
        const index = (low ^ (piece[i] ?? 0)) & 0xff
        low = ((low >>> 8) | (high << 24)) ^ (crc64Low[index] ?? 0)
        high = (high >>> 8) ^ (crc64High[index] ?? 0)
      }
    },
    digest: () => Buffer.concat([u32(~high), u32(~low)])
  }
}

const nodeHasher = (name: string) => (): Hasher => {
  const hash = createHash(name)
  return { update: (piece) => void hash.update(piece), digest: () => hash.digest() }
}

const hashers: Readonly<Record<Algorithm, () => Hasher>> = {
  CRC32: crc32Hasher,
  CRC32C: crc32cHasher,
  CRC64NVME: crc64Hasher,
  SHA1: nodeHasher("sha1"),
  SHA256: nodeHasher("sha256"),
  SHA512: nodeHasher("sha512"),
  MD5: nodeHasher("md5")
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")

/** Several checksums of one content, read once; in base64, by algorithm. */
export const compute = (content: Content, wanted: Iterable<Algorithm>): ReadonlyMap<Algorithm, string> => {
  const running = [...new Set(wanted)].map((algorithm) => [algorithm, hashers[algorithm]()] as const)
  for (const piece of read(content)) for (const [, hasher] of running) hasher.update(piece)
  return new Map(running.map(([algorithm, hasher]) => [algorithm, base64(hasher.digest())]))
}

/** The checksum of the parts' checksums. */
export const composite = (algorithm: Algorithm, parts: ReadonlyArray<string>): string => {
  const hasher = hashers[algorithm]()
  for (const part of parts) hasher.update(Buffer.from(part, "base64"))
  return `${base64(hasher.digest())}-${parts.length}`
}

export const hexOf = (text: string): string => Buffer.from(text, "base64").toString("hex")
