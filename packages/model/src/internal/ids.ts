/** Ids as text, out of a time and random bytes: RFC 9562 (UUID) and the ULID specification. */

const hex = (bytes: Uint8Array): string => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`
}

const marked = (bytes: Uint8Array, version: number): string => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  view.setUint8(6, view.getUint8(6) & 0x0f | version << 4)
  view.setUint8(8, view.getUint8(8) & 0x3f | 0x80)
  return hex(bytes)
}

/** A UUID of version 4 out of 16 random bytes. */
export const uuid4 = (random: Uint8Array): string => marked(Uint8Array.from(random), 4)

/** How many random bits follow the time. */
export const uuid7Bits = 74
export const ulidBits = 80

/** A UUID of version 7 out of milliseconds and 74 bits. */
export const uuid7 = (millis: number, tail: bigint): string => {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(millis) << 16n | tail >> 62n)
  view.setBigUint64(8, tail & (1n << 62n) - 1n)
  return marked(bytes, 7)
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** A ULID out of milliseconds and 80 bits. */
export const ulid = (millis: number, tail: bigint): string => {
  let rest = BigInt(millis) << BigInt(ulidBits) | tail
  let text = ""
  for (let i = 0; i < 26; i++) {
    text = crockford.charAt(Number(rest & 31n)) + text
    rest >>= 5n
  }
  return text
}

const toBigInt = (bytes: Uint8Array): bigint => bytes.reduce((total, byte) => total << 8n | BigInt(byte), 0n)

const maxMillis = 2 ** 48 - 1

/**
 * Times with tails that rise within a millisecond. A tail begins with one bit at zero, so that it cannot run over into the time, and
 * rises by a random step, so that the next id cannot be guessed from the last.
 */
export const rising = (bits: number, random: (size: number) => Uint8Array) => {
  let last = -1
  let tail = 0n
  return (now: number): readonly [millis: number, tail: bigint] => {
    const millis = Math.min(Math.max(0, Math.floor(now)), maxMillis)
    const next = millis === last ? tail + 1n + toBigInt(random(4)) : undefined
    // what does not fit any more begins anew: after 2^40 ids in one millisecond
    tail = next === undefined || next >> BigInt(bits) !== 0n
      ? toBigInt(random(Math.ceil(bits / 8))) & (1n << BigInt(bits - 1)) - 1n
      : next
    last = millis
    return [millis, tail]
  }
}
