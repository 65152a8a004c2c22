/** Uploads: the body is cut into parts as it is read; one part is a put, several are an upload in parts. */
import { ValidationException } from "@armature/aws/Exceptions"
import type * as Sdk from "@aws-sdk/client-s3"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { S3 } from "../S3.js"
import type { Options, UploadInput, UploadOutput } from "../S3Upload.js"
import { exactly, problemOf } from "./body.js"
import * as Bytes from "./bytes.js"
import * as Parts from "./parts.js"
import { maxParts, minPart, planned } from "./plan.js"
import { S3 as Tag } from "./tag.js"

/** The upload of which a request is about one. */
interface Target {
  readonly Bucket: string | undefined
  readonly Key: string | undefined
  readonly UploadId: string | undefined
  readonly ExpectedBucketOwner: string | undefined
  readonly RequestPayer: UploadInput["RequestPayer"]
}

/** The customer's own key, which every request about bytes repeats. */
const customerKey = (input: UploadInput) => ({
  SSECustomerAlgorithm: input.SSECustomerAlgorithm,
  SSECustomerKey: input.SSECustomerKey,
  SSECustomerKeyMD5: input.SSECustomerKeyMD5
})

const streamed = (body: UploadInput["Body"]): Stream.Stream<Uint8Array, unknown, unknown> =>
  typeof body === "string"
    ? Stream.succeed(new TextEncoder().encode(body))
    : body instanceof Uint8Array
    ? Stream.succeed(body)
    : body

interface Made {
  readonly ETag?: string | undefined
  readonly VersionId?: string | undefined
}

const made = (by: Made, whole: Bytes.Checksum, PartsCount: number | undefined): UploadOutput => ({
  ETag: by.ETag,
  VersionId: by.VersionId,
  ChecksumCRC32: Bytes.base64(whole),
  ContentLength: whole.length,
  PartsCount
})

/** The object that an upload without an answer was to make, if it made it. */
const landed = (s3: S3.Service, target: Target, input: UploadInput, whole: Bytes.Checksum) => {
  const { UploadId: _, ...object } = target
  return s3.abortMultipartUpload(target).pipe(
    // it was there until now, and is aborted
    Effect.as(Option.none<Made>()),
    Effect.catchTag("NoSuchUpload", () =>
      // completed, then, as nobody else knows of it; and the object of these bytes is its own
      Effect.map(s3.headObject({ ...object, ...customerKey(input), ChecksumMode: "ENABLED" }), (head) =>
        head.ContentLength === whole.length && head.ChecksumType === "FULL_OBJECT" &&
          head.ChecksumCRC32 === Bytes.base64(whole)
          ? Option.some<Made>(head)
          : Option.none())),
    Effect.orElseSucceed(() => Option.none<Made>())
  )
}

const abort = (s3: S3.Service, target: Target): Effect.Effect<void> =>
  s3.abortMultipartUpload(target).pipe(
    Effect.catchTag("NoSuchUpload", () => Effect.void),
    Effect.catchAll((e) =>
      Effect.logWarning(`an upload in parts to ${target.Bucket} was given up and could not be aborted: ${e._tag}`)
    )
  )

/** How long who interrupts an upload that is being created waits for its name: without one it cannot be aborted. */
const patience = Duration.seconds(2)

/** Aborts an upload that is being created, if its name comes in time; else stops the request. */
const giveUp = <E>(s3: S3.Service, created: Fiber.RuntimeFiber<Target, E>): Effect.Effect<void> =>
  Effect.interruptible(Fiber.await(created)).pipe(
    Effect.timeout(patience),
    Effect.ignore,
    Effect.zipRight(Fiber.interrupt(created)),
    Effect.flatMap((exit) => Exit.isSuccess(exit) ? abort(s3, exit.value) : Effect.void)
  )

interface Piece extends Bytes.Checksum {
  readonly bytes: Uint8Array
  readonly PartNumber: number
}

const uploading = (input: UploadInput, options: Options) =>
  Effect.gen(function*() {
    const s3 = yield* Tag
    const { Body, ContentLength, IfMatch, IfNoneMatch, ...attributes } = input
    const conditions = { IfMatch, IfNoneMatch }
    const refuse = (reason: string) =>
      new ValidationException({ service: "S3", operation: "CreateMultipartUpload", resource: input.Bucket, reason })
    const problem = problemOf(Body, ContentLength)
    if (problem !== undefined) return yield* refuse(problem)
    const total = typeof Body === "string" || Body instanceof Uint8Array ? Buffer.byteLength(Body) : ContentLength
    const { concurrency, partSize } = yield* planned(options, total, minPart, refuse)
    const body = streamed(Body)
    const next = yield* Parts.read(
      ContentLength === undefined ? body : exactly(body, ContentLength, refuse),
      partSize
    )
    let transferred = 0
    const arrived = (bytes: number) =>
      Effect.suspend(() => {
        transferred += bytes
        return options.onProgress?.({ transferred, total }) ?? Effect.void
      })

    const put = (bytes: Uint8Array) => {
      const whole = Bytes.checksum(bytes)
      const ChecksumCRC32 = Bytes.base64(whole)
      return s3.putObject({ ...attributes, ...conditions, Body: bytes, ChecksumCRC32 }).pipe(
        Effect.zipLeft(arrived(bytes.length)),
        Effect.map((output) => made(output, whole, undefined))
      )
    }

    const inParts = (first: Parts.Part, target: Target) =>
      Effect.gen(function*() {
        let whole = Bytes.none
        let parts = 0
        const pieces = Stream.unfoldEffect(
          Option.some<Parts.Next<unknown, unknown>>(Effect.succeed(first)),
          Option.match({
            onNone: () => Effect.succeed(Option.none()),
            onSome: (read) =>
              Effect.flatMap(read, ({ bytes, last }) => {
                if (parts === maxParts) {
                  return Effect.fail(
                    refuse(`the body has more than ${maxParts} parts; state its length, or a partSize`)
                  )
                }
                const checksum = Bytes.checksum(bytes)
                whole = Bytes.joined(whole, checksum)
                const piece: Piece = { ...checksum, bytes, PartNumber: ++parts }
                return Effect.succeed(Option.some([piece, last ? Option.none() : Option.some(next)] as const))
              })
          })
        )
        const send = ({ PartNumber, bytes, ...checksum }: Piece) => {
          const ChecksumCRC32 = Bytes.base64(checksum)
          return s3.uploadPart({ ...target, ...customerKey(input), PartNumber, Body: bytes, ChecksumCRC32 }).pipe(
            Effect.zipLeft(arrived(bytes.length)),
            Effect.map(({ ETag }): Sdk.CompletedPart => ({ PartNumber, ETag, ChecksumCRC32 }))
          )
        }
        const completed = yield* Stream.runCollect(Stream.mapEffect(pieces, send, { concurrency }))
        const output = yield* s3.completeMultipartUpload({
          ...target,
          ...customerKey(input),
          ...conditions,
          MultipartUpload: { Parts: [...completed] },
          ChecksumCRC32: Bytes.base64(whole),
          ChecksumType: "FULL_OBJECT",
          MpuObjectSize: whole.length
        }).pipe(
          Effect.catchTag("WriteOutcomeUnknownException", (e) =>
            Effect.flatMap(
              landed(s3, target, input, whole),
              Option.match({
                onNone: () => Effect.fail(e),
                onSome: Effect.succeed
              })
            ))
        )
        return made(output, whole, parts)
      })

    const first = yield* next
    if (first.last) return yield* put(first.bytes)
    const create = Effect.map(
      s3.createMultipartUpload({ ...attributes, ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" }),
      ({ UploadId }): Target => ({
        Bucket: input.Bucket,
        Key: input.Key,
        UploadId,
        ExpectedBucketOwner: input.ExpectedBucketOwner,
        RequestPayer: input.RequestPayer
      })
    )
    return yield* Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const created = yield* Effect.fork(Effect.interruptible(create))
        const target = yield* Effect.onInterrupt(restore(Fiber.join(created)), () => giveUp(s3, created))
        return yield* Effect.onExit(
          restore(inParts(first, target)),
          (exit) => Exit.isSuccess(exit) ? Effect.void : abort(s3, target)
        )
      })
    )
  })

/** An upload with all that it may fail with and need, whatever the input. */
export const upload = (input: UploadInput, options: Options = {}): Effect.Effect<UploadOutput, unknown, unknown> =>
  Effect.scoped(uploading({ ...input }, options))
