/**
 * The bytes of a sealed attribute, version 1 suite 1:
 *
 * ```
 * 0x01 version | 0x01 suite | u8 length, KMS key id | u16be length, EDK | messageId (32) | commitment (32) | ciphertext | tag (16)
 * ```
 *
 * Everything up to and including the EDK is the same for all values of one data key.
 */
import * as Either from "effect/Either"
import * as failure from "./failure.js"
import { tagLength } from "./primitives.js"

export const version = 1
export const suite = 1
const reservedSuite = 2

export const messageIdLength = 32
export const commitmentLength = 32

/** Plaintexts are padded to a multiple of this, so that a short value's length tells little. */
const paddingUnit = 32
/** The type byte and the length that stand before the value in the plaintext. */
export const frameHeader = 5
export const maxValue = 16 * 1024 * 1024

export const frameLength = (valueLength: number): number =>
  Math.ceil((frameHeader + valueLength) / paddingUnit) * paddingUnit

const afterHeader = messageIdLength + commitmentLength
const minRest = afterHeader + paddingUnit + tagLength
const maxRest = afterHeader + frameLength(maxValue) + tagLength

/** The bytes before the messageId. */
export const writeHeader = (
  keyId: string,
  edk: Uint8Array
): Either.Either<Buffer, failure.EnvelopeFailure> => {
  if (!printableAscii.test(keyId)) return failure.invalidKeyId
  if (edk.length === 0 || edk.length > 0xffff) return failure.invalidEdk
  const edkStart = 3 + keyId.length + 2
  const header = Buffer.allocUnsafeSlow(edkStart + edk.length)
  header[0] = version
  header[1] = suite
  header[2] = keyId.length
  header.write(keyId, 3, "latin1")
  header.writeUInt16BE(edk.length, 3 + keyId.length)
  header.set(edk, edkStart)
  return Either.right(header)
}

export interface Header {
  readonly keyId: string
  readonly edk: Uint8Array
  readonly length: number
}

/** Checks every length of a sealed value; looks at nothing that needs a key. */
export const readHeader = (sealed: Uint8Array): Either.Either<Header, failure.EnvelopeFailure> => {
  if (sealed[0] !== version) return failure.unsupportedVersion
  if (sealed[1] !== suite) return sealed[1] === reservedSuite ? failure.reservedSuite : failure.unsupportedSuite
  const edkLengthStart = 3 + (sealed[2] ?? 0)
  const edkStart = edkLengthStart + 2
  if (sealed.length < edkStart) return failure.tampered
  const bytes = asBuffer(sealed)
  const keyId = bytes.toString("latin1", 3, edkLengthStart)
  const edkLength = bytes.readUInt16BE(edkLengthStart)
  const length = edkStart + edkLength
  return !printableAscii.test(keyId) || edkLength === 0 || !isRest(sealed.length - length)
    ? failure.tampered
    : Either.right({ keyId, edk: sealed.subarray(edkStart, length), length })
}

/** Whether so many bytes can follow a header. */
export const isRest = (length: number): boolean =>
  length >= minRest && length <= maxRest && (length - minRest) % paddingUnit === 0

/** A view on the same bytes. */
export const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const printableAscii = /^[\x21-\x7e]{1,255}$/
