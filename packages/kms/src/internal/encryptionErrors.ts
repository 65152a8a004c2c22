/** From what KMS and the envelope say to what sealing and opening fail with. */
import { type AwsException, type Fields, fieldsOf } from "@armature/aws/AwsException"
import { AccessDeniedException, ConnectionException, ServiceException } from "@armature/aws/Exceptions"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type EncryptionError, EncryptionException, type EncryptionReason } from "../EncryptionException.js"
import type * as Envelope from "../Envelope.js"
import type * as Kms from "../Kms.js"

export const encryptionFailure = (reason: EncryptionReason): Effect.Effect<never, EncryptionException> =>
  Effect.fail(new EncryptionException({ reason }))

/** Sealing and opening write nothing, so no outcome is carried over. */
const facts = (e: AwsException): Fields => ({ ...fieldsOf(e), outcome: undefined })

/** KMS's own tags become reasons; what any service can say stays. Computing leaves no outcome unknown. */
export const fromKms = (e: Kms.GenerateDataKeyError | Kms.DecryptError | Kms.ReEncryptError): EncryptionError => {
  const because = (reason: EncryptionReason) => new EncryptionException({ ...facts(e), reason, cause: e })
  switch (e._tag) {
    case "NotFoundException":
      return because("KeyNotFound")
    case "DisabledException":
      return because("KeyDisabled")
    case "KMSInvalidStateException":
      return because("KeyState")
    case "InvalidKeyUsageException":
      return because("KeyUsage")
    case "InvalidCiphertextException":
      return because("InvalidCiphertext")
    case "IncorrectKeyException":
      return because("IncorrectKey")
    case "ServiceUnavailableException":
    case "InvalidResponseException":
      return because("Unavailable")
    case "InvalidGrantTokenException":
      return new AccessDeniedException({ ...facts(e), cause: e })
    case "DryRunOperationException":
      return new ServiceException({ ...facts(e), cause: e })
    case "ConnectionException":
      return new ConnectionException({ ...facts(e), reason: e.reason, address: e.address, cause: e.cause })
    case "ServiceException":
      return new ServiceException({ ...facts(e), cause: e.cause })
    default:
      return e
  }
}

const reasons: Readonly<Record<Envelope.Reason, EncryptionReason>> = {
  Tampered: "Tampered",
  UnsupportedFormat: "UnsupportedFormat",
  TypeMismatch: "TypeMismatch",
  WrongKey: "IncorrectKey",
  InvalidBinding: "InvalidBinding",
  InvalidValue: "InvalidValue",
  TooLarge: "TooLarge",
  // a data key that KMS gave and the envelope cannot use
  InvalidKey: "Unavailable",
  KeyWiped: "Unavailable"
}

export const envelopeFailed = (failure: Envelope.EnvelopeFailure): Effect.Effect<never, EncryptionException> =>
  encryptionFailure(reasons[failure.reason])

export const fromEnvelope = <A>(
  result: Either.Either<A, Envelope.EnvelopeFailure>
): Effect.Effect<A, EncryptionException> =>
  Either.isRight(result) ? Effect.succeed(result.right) : envelopeFailed(result.left)
