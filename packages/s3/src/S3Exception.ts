/**
 * The failures that only S3 has, by AWS's own names. Those it shares with other services are in `@armature/aws/Exceptions`.
 *
 * @since 0.1.0
 */
import { tagged } from "@armature/aws/AwsException"

/**
 * The bucket cannot be deleted while it holds objects or versions.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class BucketNotEmpty extends tagged("BucketNotEmpty")({
  says: "the bucket still holds objects or versions; delete them first"
}) {}

/**
 * What arrived is not what was sent: a checksum does not match, on the way to S3 or on the way back.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ChecksumMismatch extends tagged("ChecksumMismatch")({
  says: "the bytes that arrived do not have the checksum that was stated of them"
}) {}

/**
 * Another conditional write to the same object, or another change of the same bucket, is under way.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ConditionalRequestConflict extends tagged("ConditionalRequestConflict")({
  says: "another write to the same object or bucket is under way; try again"
}) {}

/**
 * The object is archived; it has to be restored before it can be read.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class InvalidObjectState extends tagged("InvalidObjectState")({
  says: "the object is archived; restore it first"
}) {}

/**
 * The bucket does not exist.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class NoSuchBucket extends tagged("NoSuchBucket")({
  says: "the bucket does not exist; check its name, or create it"
}) {}

/**
 * The object does not exist, or its newest version is a delete marker. Without `s3:ListBucket` AWS answers with `AccessDeniedException`
 * instead. HEAD cannot tell a missing bucket or version from a missing object: this stands for all three.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class NoSuchKey extends tagged("NoSuchKey")({
  says: "the object does not exist"
}) {}

/**
 * The multipart upload does not exist: it was completed or aborted, or its id is of another.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class NoSuchUpload extends tagged("NoSuchUpload")({
  says: "the multipart upload does not exist; it may have been completed or aborted"
}) {}

/**
 * The version does not exist, or is a delete marker.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class NoSuchVersion extends tagged("NoSuchVersion")({
  says: "the version does not exist, or is a delete marker"
}) {}

/**
 * The object is still the one of `IfNoneMatch`, or was not changed since `IfModifiedSince`.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class NotModified extends tagged("NotModified")({
  says: "the object has not changed, by the condition that was given"
}) {}

/**
 * A condition of the request does not hold.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class PreconditionFailed extends tagged("PreconditionFailed")({
  says: "a condition of the request does not hold"
}) {}
