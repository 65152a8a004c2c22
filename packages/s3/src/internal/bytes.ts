/** Bytes in pieces, and checksums that can be put together from those of the pieces. */
import { crc32 } from "node:zlib"

/** One array of all pieces; of one piece, itself. */
export const concat = (pieces: Iterable<Uint8Array>): Uint8Array => {
  const all = [...pieces]
  const [only] = all
  if (only !== undefined && all.length === 1) return only
  const out = new Uint8Array(all.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of all) {
    out.set(piece, at)
    at += piece.length
  }
  return out
}

/** Nobody's word makes more room than so many bytes. */
const maxRoom = 64 * 1024 * 1024

/** Takes pieces into one array as long as there is room in it, which is for `expected` bytes; what is more is kept as it comes. */
export const gathered = (expected: number) => {
  const room = new Uint8Array(expected > 0 && expected <= maxRoom ? expected : 0)
  const more: Array<Uint8Array> = []
  let at = 0
  return {
    add: (piece: Uint8Array): void => {
      if (more.length > 0 || piece.length > room.length - at) {
        more.push(piece)
      } else {
        room.set(piece, at)
        at += piece.length
      }
    },
    pieces: (): ReadonlyArray<Uint8Array> => at === 0 ? more : [room.subarray(0, at), ...more]
  }
}

/** A checksum of bytes, and how many they are. */
export interface Checksum {
  readonly crc: number
  readonly length: number
}

export const none: Checksum = { crc: 0, length: 0 }

export const checksum = (bytes: Uint8Array): Checksum => ({ crc: crc32(bytes), length: bytes.length })

/** As S3's headers have it. */
export const base64 = ({ crc }: Checksum): string => {
  const out = Buffer.alloc(4)
  out.writeUInt32BE(crc)
  return out.toString("base64")
}

/** The product of two polynomials modulo that of CRC-32, whose highest coefficient is bit 0. */
const multiply = (a: number, b: number): number => {
  let product = 0
  let factor = b
  for (let bit = 0x80000000; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor
    factor = (factor & 1) !== 0 ? (factor >>> 1) ^ 0xedb88320 : factor >>> 1
  }
  return product >>> 0
}

/** x to the power of 8 × `bytes`: what as many bytes behind a message make of its remainder. */
const shift = (bytes: number): number => {
  let power = 0x80000000
  let square = 0x00800000
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(power, square)
    square = multiply(square, square)
  }
  return power
}

/** The checksum of what two checksums are of, one behind the other, without its bytes. */
export const joined = (first: Checksum, second: Checksum): Checksum => ({
  crc: (multiply(shift(second.length), first.crc) ^ second.crc) >>> 0,
  length: first.length + second.length
})
