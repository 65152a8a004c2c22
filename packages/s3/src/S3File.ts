/**
 * Objects from files and to files, through `@effect/platform`'s `FileSystem`. A file that is written is there whole or not at all.
 *
 * @since 0.1.0
 */
import type * as Sdk from "@aws-sdk/client-s3"
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import type * as Effect from "effect/Effect"
import * as downloads from "./internal/download.js"
import * as files from "./internal/file.js"
import type * as S3 from "./S3.js"
import type { PreconditionFailed } from "./S3Exception.js"
import type * as S3Upload from "./S3Upload.js"

/**
 * What `putObject` takes: all but the body.
 *
 * @since 0.1.0
 * @category models
 */
export type PutObjectInput = Omit<Sdk.PutObjectCommandInput, "Body" | "ContentLength">

/**
 * What `upload` takes: all but the body.
 *
 * @since 0.1.0
 * @category models
 */
export type UploadInput = Omit<S3Upload.UploadInput, "Body" | "ContentLength">

/**
 * What `getObject` gives beside the file.
 *
 * @since 0.1.0
 * @category models
 */
export type GetObjectOutput = Omit<Sdk.GetObjectCommandOutput, "Body">

/**
 * What `download` takes: the object, the version or the ETag it has to have, and how it is asked for.
 *
 * @since 0.1.0
 * @category models
 */
export type DownloadInput = Pick<
  Sdk.GetObjectCommandInput,
  | "Bucket"
  | "Key"
  | "ExpectedBucketOwner"
  | "IfMatch"
  | "RequestPayer"
  | "SSECustomerAlgorithm"
  | "SSECustomerKey"
  | "SSECustomerKeyMD5"
  | "VersionId"
>

/**
 * How an object is downloaded. `partSize` is the bytes of a range: 8 MiB by default, at least 1 KiB.
 *
 * @since 0.1.0
 * @category models
 */
export interface DownloadOptions extends S3Upload.Options {
  /**
   * Whether what has arrived is kept when the download fails or is interrupted, in `<path>.part` and `<path>.part.log`, and a download to
   * the same path goes on from there. What is kept of an object that has changed since, and whatever is not as it was written, is
   * fetched anew. Default `false`.
   */
  readonly resume?: boolean | undefined
}

/**
 * What a download gave.
 *
 * @since 0.1.0
 * @category models
 */
export interface DownloadOutput {
  readonly ETag: string
  readonly VersionId: string | undefined
  readonly ContentLength: number
  /** The bytes that an earlier download had left. */
  readonly resumed: number
  /** Whether S3 stated a CRC32 of the whole object, as it does of one by `upload`: the file has it. */
  readonly verified: boolean
}

/**
 * What `download` fails with: `PreconditionFailed` when the object is replaced while it is read, or is not the one of `IfMatch`.
 *
 * @since 0.1.0
 * @category errors
 */
export type DownloadError = S3.GetObjectError | S3.GetObjectBodyError | PreconditionFailed | PlatformError

/**
 * Puts the bytes of a file, in one request. A file that changes its length meanwhile is a `ValidationException`.
 *
 * @example
 * ```ts
 * import * as S3File from "@armature/s3/S3File"
 *
 * export const program = S3File.putObject({ Bucket: "documents", Key: "terms.pdf", ContentType: "application/pdf" }, "./terms.pdf")
 * ```
 *
 * @since 0.1.0
 * @category files
 */
export const putObject =
  // an input without a condition fails with none, which is what WriteConditionError says of I
  files.putObject as <I extends PutObjectInput>(
    input: S3.S3.Exact<I, PutObjectInput>,
    path: string,
    options?: S3.S3.WriteOptions
  ) => Effect.Effect<
    Sdk.PutObjectCommandOutput,
    S3.PutObjectError | S3.WriteConditionError<I> | PlatformError,
    S3.S3 | FileSystem
  >

/**
 * Reads an object into a file, in one request. A body that breaks off fails, and leaves what was at the path.
 *
 * @since 0.1.0
 * @category files
 */
export const getObject =
  // as in `putObject`
  files.getObject as <I extends Sdk.GetObjectCommandInput>(
    input: S3.S3.Exact<I, Sdk.GetObjectCommandInput>,
    path: string
  ) => Effect.Effect<
    GetObjectOutput,
    S3.GetObjectError | S3.GetObjectBodyError | S3.ReadConditionError<I> | PlatformError,
    S3.S3 | FileSystem
  >

/**
 * Uploads a file of any size: see `S3Upload.upload`.
 *
 * @since 0.1.0
 * @category files
 */
export const upload =
  // as in `putObject`
  files.upload as <I extends UploadInput>(
    input: S3.S3.Exact<I, UploadInput>,
    path: string,
    options?: S3Upload.Options
  ) => Effect.Effect<
    S3Upload.UploadOutput,
    S3Upload.UploadError | S3.WriteConditionError<I> | PlatformError,
    S3.S3 | FileSystem
  >

/**
 * Downloads an object in ranges, several at a time, each asked for again by the policy. All of them are of the one object that was there
 * at the beginning: one that is replaced meanwhile is `PreconditionFailed`. Where S3 states a CRC32 of the whole object, the file is held
 * against it. The file stands at its path when all of it has arrived.
 *
 * @example
 * ```ts
 * import * as S3File from "@armature/s3/S3File"
 * import * as Effect from "effect/Effect"
 *
 * export const program = S3File.download({ Bucket: "backups", Key: "2026.tar" }, "./2026.tar", {
 *   resume: true,
 *   onProgress: ({ total, transferred }) => Effect.logInfo(`${transferred} of ${total}`)
 * })
 * ```
 *
 * @since 0.1.0
 * @category files
 */
export const download: (
  input: DownloadInput,
  path: string,
  options?: DownloadOptions
) => Effect.Effect<DownloadOutput, DownloadError, S3.S3 | FileSystem> = downloads.download
