/**
 * Objects of any size and of unknown length, uploaded as they are read: in one put when small, else in parts, several at a time, each
 * sent again by the policy. What is in memory is bounded by the size of a part and how many are on their way.
 *
 * @since 0.1.0
 */
import type * as Sdk from "@aws-sdk/client-s3"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import * as internal from "./internal/upload.js"
import type * as S3 from "./S3.js"

/**
 * What `upload` takes: a body, and what its object is to have. The length of a stream need not be known; where it is stated, a stream of
 * another length is refused.
 *
 * @since 0.1.0
 * @category models
 */
export type UploadInput =
  & Omit<Sdk.CreateMultipartUploadCommandInput, "ChecksumAlgorithm" | "ChecksumType">
  & Pick<Sdk.PutObjectCommandInput, "IfMatch" | "IfNoneMatch">
  & {
    readonly Body: Uint8Array | string | Stream.Stream<Uint8Array, unknown, unknown>
    readonly ContentLength?: number | undefined
  }

/**
 * How far an upload or a download has come, in bytes. `total` is there where it is known.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  readonly transferred: number
  readonly total: number | undefined
}

/**
 * How an object is transferred.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * Bytes of a part: from 5 MiB to 5 GiB, 8 MiB by default. An object has 10,000 parts at most: where the length is known and needs it,
   * parts are larger.
   */
  readonly partSize?: number | undefined
  /** How many parts are on their way at a time. Default 4. Memory holds these and the next one. */
  readonly concurrency?: number | undefined
  /** Is run when a part has arrived, before the next one takes its place. */
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
}

/**
 * What an upload made.
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadOutput {
  readonly ETag: string | undefined
  readonly VersionId: string | undefined
  /** Of the whole object, base64: computed of what was read, and verified by S3. */
  readonly ChecksumCRC32: string
  readonly ContentLength: number
  /** In how many parts it went; `undefined` for one put. */
  readonly PartsCount: number | undefined
}

/**
 * What every `upload` fails with; one with a condition adds `WriteConditionError`, and one whose body is a stream what that fails with.
 * The object is not there unless it is a `WriteOutcomeUnknownException` of `PutObject` or `CompleteMultipartUpload`.
 *
 * @since 0.1.0
 * @category errors
 */
export type UploadError =
  | S3.PutObjectError
  | S3.CreateMultipartUploadError
  | S3.UploadPartError
  | S3.CompleteMultipartUploadError

/**
 * Uploads an object. An upload in parts that fails or is interrupted is aborted; one whose completion got no answer is looked after, and
 * succeeds if it was completed. S3 verifies each part and the whole object by their CRC32.
 *
 * An interruption while an upload in parts is being created waits 2 seconds for the name by which it is aborted. Where the answer is lost,
 * an upload without parts stays behind; a part that was on its way may be stored after the abort. A lifecycle rule
 * (`AbortIncompleteMultipartUpload`) clears both away.
 *
 * @example
 * ```ts
 * import * as S3Upload from "@armature/s3/S3Upload"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const lines = Stream.range(1, 10_000_000).pipe(Stream.map((n) => `${n}\n`), Stream.encodeText)
 *
 * export const program = S3Upload.upload({ Bucket: "reports", Key: "numbers.txt", Body: lines }, {
 *   concurrency: 8,
 *   onProgress: ({ transferred }) => Effect.logInfo(`${transferred} bytes`)
 * })
 * ```
 *
 * @since 0.1.0
 * @category uploads
 */
export const upload =
  // what a body that is no stream, and an input without a condition, do not fail with and do not need, is left out of these types
  internal.upload as <I extends UploadInput>(
    input: S3.S3.Exact<I, UploadInput>,
    options?: Options
  ) => Effect.Effect<
    UploadOutput,
    UploadError | S3.WriteConditionError<I> | S3.S3.BodyError<I>,
    S3.S3 | S3.S3.BodyContext<I>
  >
