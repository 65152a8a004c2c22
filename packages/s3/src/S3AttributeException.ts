/**
 * What storing and fetching a value in S3 fails with.
 *
 * @since 0.1.0
 */
import { type AwsException, tagged } from "@armature/aws/AwsException"

/**
 * Why a value in S3 could not be stored, fetched or deleted.
 *
 * - `Foreign`: the pointer is not one of this attribute of this item, or of a bucket that is not configured. Nothing was sent.
 * - `UnsupportedFormat`: the attribute is neither an inline value nor a pointer, or of a version that this one does not know.
 * - `NotFound`: the object, or its version, is not there, and the item still points to it.
 * - `Corrupt`: the bytes are not those that the pointer names: another size, or another SHA-256.
 * - `AccessDenied`: S3 does not let these credentials do it. For a read it may mean that the object is not there.
 * - `Unavailable`: S3 could not be reached, failed or throttled, to the end of the attempts. Later it may work.
 * - `Rejected`: S3 refuses the request: no such bucket, another region, an invalid name, an archived object.
 * - `InvalidOwner`: the table, key, path or prefix that the value belongs to cannot be used.
 * - `TimedOut`: storing and writing took longer than `maxWrite`.
 *
 * @since 0.1.0
 * @category models
 */
export type S3AttributeReason =
  | "Foreign"
  | "UnsupportedFormat"
  | "NotFound"
  | "Corrupt"
  | "AccessDenied"
  | "Unavailable"
  | "Rejected"
  | "InvalidOwner"
  | "TimedOut"

const says: Record<S3AttributeReason, string> = {
  Foreign: "the pointer is not one of this attribute of this item; it was not followed",
  UnsupportedFormat: "the attribute is neither an inline value nor a pointer of a version that is known",
  NotFound: "the object that the item points to is not there",
  Corrupt: "the object is not the one that was stored: its size or its SHA-256 is another",
  AccessDenied: "S3 does not allow it; a missing object reads like this too, without s3:ListBucket",
  Unavailable: "S3 is not available for now",
  Rejected: "S3 refuses the request; see `failure`",
  InvalidOwner: "the table, key, path or prefix that the value belongs to cannot be used",
  TimedOut: "storing the value and writing the item took longer than `maxWrite`"
}

/**
 * A value in S3 could not be stored, fetched or deleted, or is not what was stored. `failure` is the failure of S3 behind it, where there
 * is one; `key` holds no key value of the item in clear.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class S3AttributeException extends tagged("S3AttributeException")<{
  readonly reason: S3AttributeReason
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  readonly failure?: AwsException | undefined
}>({
  says: (e) => says[e.reason],
  printed: ["reason", "bucket", "key"]
}) {}
