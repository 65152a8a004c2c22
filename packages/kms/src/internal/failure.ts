/**
 * What can go wrong with a sealed value, as plain data. Messages are fixed text: nothing of a value, a key or an item is in them.
 */
import * as Either from "effect/Either"

export type Reason =
  | "Tampered"
  | "UnsupportedFormat"
  | "WrongKey"
  | "KeyWiped"
  | "InvalidKey"
  | "InvalidBinding"
  | "InvalidValue"
  | "TooLarge"
  | "TypeMismatch"

export interface EnvelopeFailure {
  readonly _tag: "EnvelopeFailure"
  readonly reason: Reason
  readonly message: string
}

const failure = (reason: Reason, message: string): Either.Either<never, EnvelopeFailure> =>
  Either.left({ _tag: "EnvelopeFailure", reason, message })

// One message for everything that does not authenticate: which check refused is nobody's business.
export const tampered = failure("Tampered", "the sealed value is not what was sealed here")
export const unsupportedVersion = failure("UnsupportedFormat", "not a sealed value of a version that is known")
export const unsupportedSuite = failure("UnsupportedFormat", "a sealed value of a suite that is not known")
export const reservedSuite = failure(
  "UnsupportedFormat",
  "suite 2 (chunked, for large values in S3) is reserved and cannot be opened"
)
export const wrongKey = failure("WrongKey", "the value was sealed with another data key")
export const keyWiped = failure("KeyWiped", "the data key was wiped")
export const invalidDataKey = failure("InvalidKey", "a data key is exactly 32 bytes")
export const invalidKeyId = failure("InvalidKey", "a key id is 1 to 255 printable ASCII characters")
export const invalidEdk = failure("InvalidKey", "an encrypted data key is 1 to 65535 bytes")
export const invalidTable = failure("InvalidBinding", "the logical table name is empty or not well-formed text")
export const invalidPath = failure("InvalidBinding", "the attribute path is empty or not well-formed text")
export const invalidKeyValue = failure("InvalidBinding", "a key value is a non-empty S, N or B")
export const invalidValue = failure("InvalidValue", "not an attribute value that can be sealed")
export const tooLarge = failure("TooLarge", "the value is over 16 MiB")
export const typeMismatch = failure("TypeMismatch", "the sealed value has another type than the one expected")
