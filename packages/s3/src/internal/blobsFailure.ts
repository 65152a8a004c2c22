/** From what S3 says to what storing and fetching a value fails with. */
import { type AwsException, fieldsOf, type Outcome } from "@armature/aws/AwsException"
import type { Pointer } from "../Pointer.js"
import { S3AttributeException, type S3AttributeReason } from "../S3AttributeException.js"

/** Where the object is, or would be. */
export type Target = Pick<Pointer, "bucket" | "key">

const reasons: Readonly<Record<string, S3AttributeReason>> = {
  NoSuchKey: "NotFound",
  NoSuchVersion: "NotFound",
  AccessDeniedException: "AccessDenied",
  CredentialsException: "AccessDenied",
  ChecksumMismatch: "Corrupt",
  ConditionalRequestConflict: "Unavailable",
  ConnectionException: "Unavailable",
  InvalidResponseException: "Unavailable",
  ServiceUnavailableException: "Unavailable",
  ThrottlingException: "Unavailable",
  WriteOutcomeUnknownException: "Unavailable"
}

/** Found here, without S3. */
export const failure = (reason: S3AttributeReason, target?: Target): S3AttributeException =>
  new S3AttributeException({ service: "S3", reason, bucket: target?.bucket, key: target?.key })

/** Of S3's own. Whatever became of an object, no item was written, unless `outcome` says something else. */
export const fromS3 = (target: Target, outcome: Outcome = "not-applied") => (e: AwsException): S3AttributeException =>
  new S3AttributeException({
    ...fieldsOf(e),
    retryable: e.retryable || reasons[e._tag] === "Unavailable",
    outcome,
    cause: e,
    failure: e,
    reason: reasons[e._tag] ?? (e.retryable ? "Unavailable" : "Rejected"),
    bucket: target.bucket,
    key: target.key
  })
