/** The port's table: input and output by operation, in the SDK's own shapes but for the bodies of objects. */
import type { Transport } from "@armature/aws/Transport"
import type { ConnectionFault, WireFailure } from "@armature/aws/WireFailure"
import type * as Sdk from "@aws-sdk/client-s3"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

/**
 * A body on its way to S3. What is iterated has exactly `ContentLength` bytes, never fails, and begins anew for each attempt; a body that
 * cannot go on hangs, and the request is interrupted.
 *
 * @since 0.1.0
 * @category models
 */
export type RequestBody = Uint8Array | string | AsyncIterable<Uint8Array>

/**
 * The bytes that arrived do not have the checksum that S3 stated of them.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChecksumFault {
  readonly _tag: "ChecksumFault"
}

/**
 * A body on its way from S3. `stream` can be run once. `release` ends the transfer wherever it stands; it has to be run, also for a body
 * that nobody reads, and may be run twice.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResponseBody {
  readonly stream: Stream.Stream<Uint8Array, ConnectionFault | ChecksumFault>
  readonly release: Effect.Effect<void>
}

type Sends<Input> = Omit<Input, "Body"> & { readonly Body?: RequestBody | undefined }
type Answers<Output> = Omit<Output, "Body"> & { readonly Body: ResponseBody }

/**
 * Input and output of each operation, in the AWS SDK's own shapes, but for the bodies of objects.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operations {
  readonly AbortMultipartUpload: {
    readonly input: Sdk.AbortMultipartUploadCommandInput
    readonly output: Sdk.AbortMultipartUploadCommandOutput
  }
  readonly CompleteMultipartUpload: {
    readonly input: Sdk.CompleteMultipartUploadCommandInput
    readonly output: Sdk.CompleteMultipartUploadCommandOutput
  }
  readonly CopyObject: { readonly input: Sdk.CopyObjectCommandInput; readonly output: Sdk.CopyObjectCommandOutput }
  readonly CreateBucket: {
    readonly input: Sdk.CreateBucketCommandInput
    readonly output: Sdk.CreateBucketCommandOutput
  }
  readonly CreateMultipartUpload: {
    readonly input: Sdk.CreateMultipartUploadCommandInput
    readonly output: Sdk.CreateMultipartUploadCommandOutput
  }
  readonly DeleteBucket: {
    readonly input: Sdk.DeleteBucketCommandInput
    readonly output: Sdk.DeleteBucketCommandOutput
  }
  readonly DeleteObject: {
    readonly input: Sdk.DeleteObjectCommandInput
    readonly output: Sdk.DeleteObjectCommandOutput
  }
  readonly DeleteObjects: {
    readonly input: Sdk.DeleteObjectsCommandInput
    readonly output: Sdk.DeleteObjectsCommandOutput
  }
  readonly GetObject: {
    readonly input: Sdk.GetObjectCommandInput
    readonly output: Answers<Sdk.GetObjectCommandOutput>
  }
  readonly HeadBucket: { readonly input: Sdk.HeadBucketCommandInput; readonly output: Sdk.HeadBucketCommandOutput }
  readonly HeadObject: { readonly input: Sdk.HeadObjectCommandInput; readonly output: Sdk.HeadObjectCommandOutput }
  readonly ListBuckets: { readonly input: Sdk.ListBucketsCommandInput; readonly output: Sdk.ListBucketsCommandOutput }
  readonly ListMultipartUploads: {
    readonly input: Sdk.ListMultipartUploadsCommandInput
    readonly output: Sdk.ListMultipartUploadsCommandOutput
  }
  readonly ListObjectVersions: {
    readonly input: Sdk.ListObjectVersionsCommandInput
    readonly output: Sdk.ListObjectVersionsCommandOutput
  }
  readonly ListObjectsV2: {
    readonly input: Sdk.ListObjectsV2CommandInput
    readonly output: Sdk.ListObjectsV2CommandOutput
  }
  readonly ListParts: { readonly input: Sdk.ListPartsCommandInput; readonly output: Sdk.ListPartsCommandOutput }
  readonly PutObject: {
    readonly input: Sends<Sdk.PutObjectCommandInput>
    readonly output: Sdk.PutObjectCommandOutput
  }
  readonly UploadPart: {
    readonly input: Sends<Sdk.UploadPartCommandInput>
    readonly output: Sdk.UploadPartCommandOutput
  }
  readonly UploadPartCopy: {
    readonly input: Sdk.UploadPartCopyCommandInput
    readonly output: Sdk.UploadPartCopyCommandOutput
  }
}

/**
 * What whoever has a presigned URL may do.
 *
 * @since 0.1.0
 * @category models
 */
export type PresignRequest =
  | { readonly operation: "GetObject"; readonly input: Sdk.GetObjectCommandInput }
  | { readonly operation: "PutObject"; readonly input: Omit<Sdk.PutObjectCommandInput, "Body"> }

/**
 * A URL to be signed. `expiresIn` is in seconds, `at` in milliseconds since the epoch.
 *
 * @since 0.1.0
 * @category models
 */
export interface Presign {
  readonly request: PresignRequest
  readonly expiresIn: number
  readonly at: number
}

/**
 * The port: what carries requests to S3, and signs URLs for it, which sends nothing.
 *
 * @since 0.1.0
 * @category models
 */
export interface S3Port extends Transport<Operations> {
  readonly presign: (presign: Presign) => Effect.Effect<string, WireFailure>
}
