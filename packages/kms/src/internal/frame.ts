/**
 * The plaintext of an envelope: `u32 length | type byte | value | zeros`. S, N and B are their own bytes; any other value is the
 * DynamoDB JSON of what stands behind its type name, the type byte being that name.
 */
import * as Either from "effect/Either"
import { isUtf8 } from "node:buffer"
import type { AttributeType, AttributeValue, ReadonlyAttributeValue } from "./attributeValue.js"
import { isNumeral } from "./canonicalNumber.js"
import { type Budget, fromJson, soleMember, toJson } from "./dynamodbJson.js"
import * as failure from "./failure.js"
import { frameHeader, frameLength, maxValue } from "./layout.js"
import { isWellFormed } from "./text.js"

const typeBytes: Readonly<Record<AttributeType, number>> = {
  S: 0x53, // S
  N: 0x4e, // N
  B: 0x42, // B
  BOOL: 0x54, // T
  NULL: 0x30, // 0
  SS: 0x73, // s
  NS: 0x6e, // n
  BS: 0x62, // b
  L: 0x4c, // L
  M: 0x4d // M
}

const typeOfByte: ReadonlyMap<number, AttributeType> = new Map<number, AttributeType>([
  [typeBytes.S, "S"],
  [typeBytes.N, "N"],
  [typeBytes.B, "B"],
  [typeBytes.BOOL, "BOOL"],
  [typeBytes.NULL, "NULL"],
  [typeBytes.SS, "SS"],
  [typeBytes.NS, "NS"],
  [typeBytes.BS, "BS"],
  [typeBytes.L, "L"],
  [typeBytes.M, "M"]
])

/** A value on its way into a frame, with the number of bytes that it takes there without the frame's own. */
export interface Payload {
  readonly typeByte: number
  readonly content: string | Uint8Array
  readonly size: number
}

export const payload = (value: ReadonlyAttributeValue): Either.Either<Payload, failure.EnvelopeFailure> => {
  const member = soleMember(value)
  if (member === undefined) return failure.invalidValue
  const [type, content] = member
  const typeByte = typeBytes[type]
  switch (type) {
    case "S":
      return isWellFormed(content) ? textPayload(typeByte, content) : failure.invalidValue
    case "N":
      return isNumeral(content) ? textPayload(typeByte, content) : failure.invalidValue
    case "B":
      if (!(content instanceof Uint8Array)) return failure.invalidValue
      return bounded({ typeByte, content, size: content.length })
    default: {
      const budget: Budget = { left: maxValue }
      const json = toJson(type, content, budget)
      if (json === undefined) return budget.left < 0 ? failure.tooLarge : failure.invalidValue
      return textPayload(typeByte, JSON.stringify(json))
    }
  }
}

const textPayload = (typeByte: number, content: string) =>
  bounded({ typeByte, content, size: Buffer.byteLength(content) })

const bounded = (payload: Payload): Either.Either<Payload, failure.EnvelopeFailure> =>
  payload.size > maxValue ? failure.tooLarge : Either.right(payload)

/** Writes a frame at `start`; the bytes after the value, up to the padding, must be zero already. */
export const writeFrame = (buffer: Buffer, start: number, payload: Payload): void => {
  buffer.writeUInt32BE(payload.size, start)
  buffer[start + 4] = payload.typeByte
  if (typeof payload.content === "string") buffer.write(payload.content, start + frameHeader)
  else buffer.set(payload.content, start + frameHeader)
}

/** The value in a frame: its length, its padding and its text are as `writeFrame` writes them, or it is refused. */
export const readFrame = (
  frame: Buffer,
  expected: AttributeType | undefined
): Either.Either<AttributeValue, failure.EnvelopeFailure> => {
  const size = frame.readUInt32BE(0)
  const type = typeOfByte.get(frame[4] ?? 0)
  if (type === undefined || size > maxValue || frameLength(size) !== frame.length) return failure.tampered
  const end = frameHeader + size
  for (let i = end; i < frame.length; i++) if (frame[i] !== 0) return failure.tampered
  if (expected !== undefined && expected !== type) return failure.typeMismatch
  const content = frame.subarray(frameHeader, end)
  if (type === "B") return Either.right({ B: new Uint8Array(content) })
  if (!isUtf8(content)) return failure.tampered
  const text = content.toString("utf8")
  if (type === "S") return Either.right({ S: text })
  if (type === "N") return isNumeral(text) ? Either.right({ N: text }) : failure.tampered
  const json = parseJson(text)
  const value = fromJson(type, json)
  // one spelling for each value: no white space, no name twice, no escape that is not needed
  return value === undefined || JSON.stringify(json) !== text ? failure.tampered : Either.right(value)
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
