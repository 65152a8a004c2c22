/** The service made of handlers. */
import { ConfigurationException } from "@armature/aws/Exceptions"
import type * as Sdk from "@aws-sdk/client-s3"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { S3 } from "../S3.js"
import type { Body } from "./body.js"
import { concat } from "./bytes.js"
import * as listing from "./listing.js"
import { getting, type GetWhole } from "./service.js"

const missing = (operation: string) =>
  Effect.fail(new ConfigurationException({ service: "S3", operation, reason: "HandlerMissing" }))

const run =
  <I, A extends object, E>(operation: string, handler: ((input: I) => Effect.Effect<A, E>) | undefined) =>
  (input: I): Effect.Effect<A & { readonly $metadata: {} }, E | ConfigurationException> =>
    handler === undefined
      ? missing(operation)
      : Effect.map(Effect.suspend(() => handler(input)), (output) => ({ ...output, $metadata: {} }))

/** Handlers are given the bytes of a stream. */
const runBody = <I extends object, A extends object, E>(
  operation: string,
  handler: ((input: I & S3.CollectedBody) => Effect.Effect<A, E>) | undefined
) =>
(input: I & { readonly Body?: Body | undefined }) =>
  Effect.flatMap(collected(input.Body), (Body) => run(operation, handler)({ ...input, Body }))

const collected = (body: Body | undefined): Effect.Effect<Uint8Array | string | undefined, unknown, unknown> =>
  body === undefined || typeof body === "string" || body instanceof Uint8Array
    ? Effect.succeed(body)
    : Effect.map(Stream.runCollect(body), concat)

export const fake = (handlers: Partial<S3.Handlers>): S3.Service => {
  const get = run("GetObject", handlers.getObject)
  const getWhole: GetWhole = (input) =>
    Effect.flatMap(
      get(input),
      (output) =>
        Effect.map(Stream.runCollect(output.Body), (pieces) => ({ ...output, Body: Stream.fromChunk(pieces) }))
    )
  const service = {
    abortMultipartUpload: run("AbortMultipartUpload", handlers.abortMultipartUpload),
    completeMultipartUpload: run("CompleteMultipartUpload", handlers.completeMultipartUpload),
    copyObject: run("CopyObject", handlers.copyObject),
    createBucket: run("CreateBucket", handlers.createBucket),
    createMultipartUpload: run("CreateMultipartUpload", handlers.createMultipartUpload),
    deleteBucket: run("DeleteBucket", handlers.deleteBucket),
    deleteObject: run("DeleteObject", handlers.deleteObject),
    deleteObjects: run("DeleteObjects", handlers.deleteObjects),
    getObject: getting(get, getWhole),
    headBucket: run("HeadBucket", handlers.headBucket),
    headObject: run("HeadObject", handlers.headObject),
    listBuckets: listing.buckets(run("ListBuckets", handlers.listBuckets)),
    listMultipartUploads: listing.uploads(run("ListMultipartUploads", handlers.listMultipartUploads)),
    listObjectVersions: listing.versions(run("ListObjectVersions", handlers.listObjectVersions)),
    listObjectsV2: listing.objects(run("ListObjectsV2", handlers.listObjectsV2)),
    listParts: listing.parts(run("ListParts", handlers.listParts)),
    ping: handlers.ping ?? missing("ListBuckets"),
    presignGetObject: handlers.presignGetObject ?? (() => missing("GetObject")),
    presignPutObject: handlers.presignPutObject ?? (() => missing("PutObject")),
    putObject: runBody<Omit<S3.PutObjectInput, "Body">, Omit<Sdk.PutObjectCommandOutput, "$metadata">, unknown>(
      "PutObject",
      handlers.putObject
    ),
    uploadPart: runBody<Omit<S3.UploadPartInput, "Body">, Omit<Sdk.UploadPartCommandOutput, "$metadata">, unknown>(
      "UploadPart",
      handlers.uploadPart
    ),
    uploadPartCopy: run("UploadPartCopy", handlers.uploadPartCopy)
  }
  // a handler may fail with the operation's whole union, whatever the input; see the same in `service`
  return service as S3.Service
}
