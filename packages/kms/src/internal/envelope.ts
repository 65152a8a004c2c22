/**
 * Sealing and opening: key derivation, commitment and cipher put together. A message's key is its own, so its IV is twelve zero bytes;
 * that stands and falls with a messageId that never comes twice.
 */
import * as Either from "effect/Either"
import { randomFillSync, timingSafeEqual } from "node:crypto"
import type { AttributeType, AttributeValue, ReadonlyAttributeValue } from "./attributeValue.js"
import { authenticatedData, type Binding, commitmentStart, messageIdStart } from "./binding.js"
import { EnvelopeKey } from "./envelopeKey.js"
import * as failure from "./failure.js"
import * as frame from "./frame.js"
import { asBuffer, commitmentLength, frameLength, isRest, messageIdLength, readHeader, writeHeader } from "./layout.js"
import { gcmDecrypt, gcmEncrypt, hkdfExpand, tagLength } from "./primitives.js"

const algorithm = "aes-256-gcm"
const cipherKeyLength = 32
const iv = Buffer.alloc(12)

/** Gives 32 bytes that it never gave before; they are copied before it is called again. */
export type MessageIds = () => Uint8Array

const pool = Buffer.alloc(32 * messageIdLength)
let next = pool.length

/** From `node:crypto`, 32 ids at a time: one call for each would be a sixth of the time of a seal. */
export const randomMessageIds: MessageIds = () => {
  if (next === pool.length) {
    randomFillSync(pool)
    next = 0
  }
  return pool.subarray(next, next += messageIdLength)
}

export const sealWith = (
  messageIds: MessageIds,
  key: EnvelopeKey,
  value: ReadonlyAttributeValue,
  binding: Binding
): Either.Either<Uint8Array, failure.EnvelopeFailure> => {
  const prk = EnvelopeKey.prk(key)
  if (prk === undefined) return failure.keyWiped
  const payload = frame.payload(value)
  if (Either.isLeft(payload)) return Either.left(payload.left)
  const data = authenticatedData(binding)
  if (Either.isLeft(data)) return Either.left(data.left)
  const aad = data.right
  const header = EnvelopeKey.header(key)
  const commitment = header.length + messageIdLength
  const start = commitment + commitmentLength
  const end = start + frameLength(payload.right.size)
  // of its own, not of a shared pool: the value leaves this process
  const sealed = new Uint8Array(end + tagLength)
  const buffer = asBuffer(sealed)
  buffer.set(header, 0)
  const messageId = messageIds()
  buffer.set(messageId, header.length)
  aad.set(messageId, messageIdStart)
  const okm = messageKeys(prk, aad)
  okm.copy(buffer, commitment, cipherKeyLength)
  okm.copy(aad, commitmentStart, cipherKeyLength)
  frame.writeFrame(buffer, start, payload.right)
  gcmEncrypt(algorithm, okm.subarray(0, cipherKeyLength), iv, aad, buffer, start, end)
  okm.fill(0)
  return Either.right(sealed)
}

export const open = (
  key: EnvelopeKey,
  sealed: Uint8Array,
  binding: Binding,
  expected?: AttributeType | undefined
): Either.Either<AttributeValue, failure.EnvelopeFailure> => {
  const plaintext = openFrame(key, sealed, binding)
  return Either.isLeft(plaintext) ? Either.left(plaintext.left) : frame.readFrame(plaintext.right, expected)
}

/** The authenticated plaintext, not yet read. */
export const openFrame = (
  key: EnvelopeKey,
  sealed: Uint8Array,
  binding: Binding
): Either.Either<Buffer, failure.EnvelopeFailure> => {
  const header = EnvelopeKey.header(key)
  if (sealed.length < header.length || header.compare(sealed, 0, header.length) !== 0) {
    return Either.flatMap(readHeader(sealed), () => failure.wrongKey)
  }
  const buffer = asBuffer(sealed)
  if (!isRest(buffer.length - header.length)) return failure.tampered
  const prk = EnvelopeKey.prk(key)
  if (prk === undefined) return failure.keyWiped
  const data = authenticatedData(binding)
  if (Either.isLeft(data)) return Either.left(data.left)
  const aad = data.right
  const commitment = header.length + messageIdLength
  const start = commitment + commitmentLength
  const end = buffer.length - tagLength
  aad.set(buffer.subarray(header.length, start), messageIdStart)
  const okm = messageKeys(prk, aad)
  const plaintext = timingSafeEqual(okm.subarray(cipherKeyLength), buffer.subarray(commitment, start))
    ? gcmDecrypt(
      algorithm,
      okm.subarray(0, cipherKeyLength),
      iv,
      aad,
      buffer.subarray(start, end),
      buffer.subarray(end)
    )
    : undefined
  okm.fill(0)
  return plaintext === undefined ? failure.tampered : Either.right(plaintext)
}

/** 32 bytes of cipher key and 32 of commitment, for the message whose id stands in the authenticated data. */
const messageKeys = (prk: Buffer, aad: Buffer): Buffer =>
  hkdfExpand(prk, aad.subarray(0, commitmentStart), cipherKeyLength + commitmentLength)

/** The same message under another encryption of the same data key: what follows the header does not depend on it. */
export const replaceHeader = (
  sealed: Uint8Array,
  keyId: string,
  edk: Uint8Array
): Either.Either<Uint8Array, failure.EnvelopeFailure> =>
  Either.flatMap(readHeader(sealed), (old) =>
    Either.map(writeHeader(keyId, edk), (header) => {
      const replaced = new Uint8Array(header.length + sealed.length - old.length)
      replaced.set(header, 0)
      replaced.set(sealed.subarray(old.length), header.length)
      return replaced
    }))
