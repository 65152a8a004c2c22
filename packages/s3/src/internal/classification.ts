/** S3's own rows of the table from AWS's error names to exceptions, and names for the answers that have none. */
import type { AwsException, Fields } from "@armature/aws/AwsException"
import type { Rule, Rules } from "@armature/aws/Classify"
import * as E from "@armature/aws/Exceptions"
import type { WireFailure } from "@armature/aws/WireFailure"
import * as S from "../S3Exception.js"

const as = (exception: new(fields?: Fields) => AwsException): Rule => (fields) => new exception(fields)

const conflict: Rule = (fields) => new S.ConditionalRequestConflict({ ...fields, retryable: true })
const checksum: Rule = (fields) => new S.ChecksumMismatch({ ...fields, retryable: true })
const invalid = as(E.ValidationException)
const wrongRegion: Rule = (fields) =>
  new E.ConfigurationException({ ...fields, reason: "WrongRegion", option: "region" })

export const rules: Rules = {
  AuthorizationHeaderMalformed: wrongRegion,
  BadDigest: checksum,
  BucketAlreadyExists: as(E.ResourceInUseException),
  BucketAlreadyOwnedByYou: as(E.ResourceInUseException),
  BucketNotEmpty: as(S.BucketNotEmpty),
  ConditionalRequestConflict: conflict,
  EncryptionTypeMismatch: invalid,
  EntityTooLarge: invalid,
  EntityTooSmall: invalid,
  IncompleteBody: (fields) => new E.ServiceUnavailableException({ ...fields, retryable: true, outcome: "unknown" }),
  InvalidArgument: invalid,
  InvalidBucketName: invalid,
  InvalidDigest: invalid,
  InvalidObjectState: as(S.InvalidObjectState),
  InvalidPart: invalid,
  InvalidPartNumber: invalid,
  InvalidPartOrder: invalid,
  InvalidRange: invalid,
  InvalidRequest: invalid,
  InvalidTag: invalid,
  InvalidToken: (fields) => new E.CredentialsException({ ...fields, reason: "Invalid" }),
  InvalidWriteOffset: invalid,
  KeyTooLongError: invalid,
  MalformedXML: invalid,
  MetadataTooLarge: invalid,
  // on a delete marker
  MethodNotAllowed: as(S.NoSuchVersion),
  NoSuchBucket: as(S.NoSuchBucket),
  NoSuchKey: as(S.NoSuchKey),
  NoSuchUpload: as(S.NoSuchUpload),
  NoSuchVersion: as(S.NoSuchVersion),
  // of HEAD, whose answer has no body to say more in
  NotFound: (fields) => fields.operation === "HeadBucket" ? new S.NoSuchBucket(fields) : new S.NoSuchKey(fields),
  NotModified: as(S.NotModified),
  ObjectNotInActiveTierError: as(S.InvalidObjectState),
  OperationAborted: conflict,
  PreconditionFailed: as(S.PreconditionFailed),
  Redirect: wrongRegion,
  TemporaryRedirect: wrongRegion,
  TooManyBuckets: as(E.LimitExceededException),
  TooManyParts: invalid,
  XAmzContentChecksumMismatch: checksum
}

/** Bytes that are wrong twice are wrong at the source. */
export const once = (e: AwsException): boolean => e instanceof S.ChecksumMismatch

/** By HTTP's own meaning: HEAD, and a GET that finds nothing new, have no body in which S3 could name what it says. */
const names: Readonly<Record<number, string>> = {
  304: "NotModified",
  404: "NotFound",
  405: "MethodNotAllowed",
  412: "PreconditionFailed",
  416: "InvalidRange"
}

/** Names a failure that came without a name. */
export const named = (failure: WireFailure): WireFailure => {
  if (failure._tag !== "ServiceFault" || failure.code !== undefined) return failure
  const code = failure.statusCode === undefined ? undefined : names[failure.statusCode]
  return code === undefined ? failure : { ...failure, code }
}
