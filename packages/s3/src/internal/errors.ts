/** What each method fails with. The names are exported by `S3`. */
import type {
  ConfigurationException,
  ConnectionException,
  CredentialsException,
  ServiceException,
  ValidationException
} from "@armature/aws/Exceptions"
import type { ErrorOf } from "@armature/aws/ServiceClient"
import type * as S from "../S3Exception.js"
import type * as operations from "./operations.js"

type Has<I, K extends string> = K extends keyof I ? [I[K]] extends [undefined] ? never : true : never

type Conditional<I, K extends string, E> = I extends unknown ? [Has<I, K>] extends [never] ? never : E : never

type Without<E, Tag extends string> = Exclude<E, { readonly _tag: Tag }>

type ReadCondition = (typeof operations.readConditions)[number]
type WriteCondition = (typeof operations.writeConditions)[number]
type SourceCondition = (typeof operations.sourceConditions)[number]

/**
 * What a read of type `I` fails with beyond its own failures when it has a condition: nothing, where it has none.
 *
 * @since 0.1.0
 * @category errors
 */
export type ReadConditionError<I> = Conditional<I, ReadCondition, S.NotModified | S.PreconditionFailed>

/**
 * What a write of type `I` fails with beyond its own failures when it has a condition: nothing, where it has none. With `IfMatch` an object
 * that is not there is `NoSuchKey`.
 *
 * @since 0.1.0
 * @category errors
 */
export type WriteConditionError<I> = Conditional<
  I,
  WriteCondition,
  S.ConditionalRequestConflict | S.NoSuchKey | S.PreconditionFailed
>

/**
 * `PreconditionFailed` for an abort of type `I` with a condition.
 *
 * @since 0.1.0
 * @category errors
 */
export type AbortConditionError<I> = Conditional<I, WriteCondition, S.PreconditionFailed>

/**
 * What a copy of type `I` fails with beyond its own failures when source or destination has a condition.
 *
 * @since 0.1.0
 * @category errors
 */
export type CopyConditionError<I> = Conditional<
  I,
  WriteCondition | SourceCondition,
  S.ConditionalRequestConflict | S.PreconditionFailed
>

/**
 * `PreconditionFailed` for the copy of a part of type `I` with a condition on its source.
 *
 * @since 0.1.0
 * @category errors
 */
export type PartCopyConditionError<I> = Conditional<I, SourceCondition, S.PreconditionFailed>

/**
 * What every `abortMultipartUpload` fails with; one with a condition adds `AbortConditionError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type AbortMultipartUploadError = Without<ErrorOf<typeof operations.abortMultipartUpload>, "PreconditionFailed">

/**
 * What every `completeMultipartUpload` fails with; one with a condition adds `WriteConditionError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type CompleteMultipartUploadError = Without<
  ErrorOf<typeof operations.completeMultipartUpload>,
  "ConditionalRequestConflict" | "NoSuchKey" | "PreconditionFailed"
>

/**
 * What every `copyObject` fails with; one with a condition adds `CopyConditionError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type CopyObjectError = Without<
  ErrorOf<typeof operations.copyObject>,
  "ConditionalRequestConflict" | "PreconditionFailed"
>

/**
 * What `createBucket` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type CreateBucketError = ErrorOf<typeof operations.createBucket>

/**
 * What `createMultipartUpload` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type CreateMultipartUploadError = ErrorOf<typeof operations.createMultipartUpload>

/**
 * What `deleteBucket` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DeleteBucketError = ErrorOf<typeof operations.deleteBucket>

/**
 * What every `deleteObject` fails with; one with a condition adds `WriteConditionError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type DeleteObjectError = Without<
  ErrorOf<typeof operations.deleteObject>,
  "ConditionalRequestConflict" | "NoSuchKey" | "PreconditionFailed"
>

/**
 * What `deleteObjects` fails with as a whole. What single objects fail with is in the output's `Errors`.
 *
 * @since 0.1.0
 * @category errors
 */
export type DeleteObjectsError = ErrorOf<typeof operations.deleteObjects>

/**
 * What every `getObject` fails with; one with a condition adds `ReadConditionError`. What its body fails with is `GetObjectBodyError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type GetObjectError = Without<ErrorOf<typeof operations.getObject>, "NotModified" | "PreconditionFailed">

/**
 * What the body of an object fails with while it is read: the connection was cut, or the bytes are not those that S3 stated the checksum of.
 *
 * @since 0.1.0
 * @category errors
 */
export type GetObjectBodyError = ConnectionException | S.ChecksumMismatch

/**
 * What `headBucket` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type HeadBucketError = ErrorOf<typeof operations.headBucket>

/**
 * What every `headObject` fails with; one with a condition adds `ReadConditionError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type HeadObjectError = Without<ErrorOf<typeof operations.headObject>, "NotModified" | "PreconditionFailed">

/**
 * What `listBuckets` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListBucketsError = ErrorOf<typeof operations.listBuckets>

/**
 * What `listMultipartUploads` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListMultipartUploadsError = ErrorOf<typeof operations.listMultipartUploads>

/**
 * What `listObjectVersions` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListObjectVersionsError = ErrorOf<typeof operations.listObjectVersions>

/**
 * What `listObjectsV2` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListObjectsV2Error = ErrorOf<typeof operations.listObjectsV2>

/**
 * What `listParts` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListPartsError = ErrorOf<typeof operations.listParts>

/**
 * What `ping` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type PingError = ListBucketsError

/**
 * What a URL cannot be signed for. Nothing is sent.
 *
 * @since 0.1.0
 * @category errors
 */
export type PresignError = ConfigurationException | CredentialsException | ServiceException | ValidationException

/**
 * What every `putObject` fails with; one with a condition adds `WriteConditionError`, and one whose body is a stream what that fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type PutObjectError = Without<
  ErrorOf<typeof operations.putObject>,
  "ConditionalRequestConflict" | "NoSuchKey" | "PreconditionFailed"
>

/**
 * What every `uploadPart` fails with; one whose body is a stream adds what that fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type UploadPartError = ErrorOf<typeof operations.uploadPart>

/**
 * What every `uploadPartCopy` fails with; one with a condition adds `PartCopyConditionError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type UploadPartCopyError = Without<ErrorOf<typeof operations.uploadPartCopy>, "PreconditionFailed">
