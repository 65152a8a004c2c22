/** The methods of the service over a client that sends. */
import { asRecord, classify } from "@armature/aws/Classify"
import {
  ConfigurationException,
  ConnectionException,
  CredentialsException,
  ServiceException,
  ValidationException
} from "@armature/aws/Exceptions"
import type { ServiceClient } from "@armature/aws/ServiceClient"
import { inputFault, serviceFault } from "@armature/aws/WireFailure"
import type { ConnectionFault, WireFailure } from "@armature/aws/WireFailure"
import type * as Sdk from "@aws-sdk/client-s3"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { S3 } from "../S3.js"
import { ChecksumMismatch } from "../S3Exception.js"
import { missing } from "./address.js"
import { withBody } from "./body.js"
import { concat, gathered } from "./bytes.js"
import { named, rules } from "./classification.js"
import type * as Errors from "./errors.js"
import { decodeJson } from "./json.js"
import * as listing from "./listing.js"
import * as operations from "./operations.js"
import type { ChecksumFault, Operations, PresignRequest, ResponseBody, S3Port } from "./port.js"

/** Whether a body that is read is part of its answer: one that breaks off is then a request that failed, and is sent again like any other. */
class Whole extends Context.Reference<Whole>()("@armature/s3/Whole", { defaultValue: () => false }) {}

/**
 * The transport as the driver uses it: what names nothing is not sent, a failure without a name is named, and a body that has begun belongs
 * to the scope of whoever asked for it, even when the call is interrupted before it has returned.
 */
export const held = (transport: S3Port): S3Port => ({
  info: transport.info,
  presign: transport.presign,
  send: (operation, input) => {
    if (missing(operation, input) !== undefined) return Effect.fail(inputFault(undefined))
    const sent = Effect.mapError(transport.send(operation, input), named)
    if (operation !== "GetObject") return sent
    return Effect.flatMap(
      Whole,
      (whole) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(restore(sent), (output) => {
            const body = bodyOf(output)
            if (body === undefined) return Effect.succeed(output)
            // the same body, of which all is there
            if (whole) {
              return Effect.map(
                restore(collected(body, asRecord(output).ContentLength)),
                (Body) => Object.assign({}, output, { Body })
              )
            }
            return Effect.flatMap(
              Effect.serviceOption(Scope.Scope),
              Option.match({
                onNone: () => body.release,
                onSome: (scope) => Scope.addFinalizer(scope, body.release)
              })
            ).pipe(Effect.as(output))
          })
        )
    )
  }
})

/** A body read to its end: into one array, if it is as long as is said of it. */
const collected = ({ release, stream }: ResponseBody, stated: unknown): Effect.Effect<ResponseBody, WireFailure> =>
  Effect.suspend(() => {
    const all = gathered(typeof stated === "number" ? stated : 0)
    return Effect.map(Stream.runForEach(stream, (piece) => Effect.sync(() => all.add(piece))), all.pieces)
  }).pipe(
    Effect.map((pieces) => ({ stream: Stream.fromIterable(pieces), release: Effect.void })),
    Effect.mapError((fault) =>
      fault._tag === "ChecksumFault"
        ? serviceFault({ code: "XAmzContentChecksumMismatch", message: "", statusCode: undefined })
        : fault
    ),
    Effect.ensuring(release)
  )

const bodyOf = (output: unknown): ResponseBody | undefined =>
  typeof output === "object" && output !== null && "Body" in output && isResponseBody(output.Body)
    ? output.Body
    : undefined

const isResponseBody = (body: unknown): body is ResponseBody =>
  typeof body === "object" && body !== null && "release" in body

const bodyError =
  (resource: string | undefined) => (fault: ConnectionFault | ChecksumFault): Errors.GetObjectBodyError => {
    const fields = { service: "S3", operation: "GetObject", resource, retryable: true, outcome: "unknown" } as const
    return fault._tag === "ChecksumFault"
      ? new ChecksumMismatch(fields)
      : new ConnectionException({ ...fields, reason: fault.timeout ? "Timeout" : "Truncated", cause: fault.cause })
  }

/** A body that is read for a second time would seem to be empty, or go on where another reader stands. */
const onceOnly = (stream: ResponseBody["stream"], resource: string | undefined): S3.GetObjectOutput["Body"] => {
  let begun = false
  return Stream.suspend(() => {
    if (begun) {
      const cause = new Error("the body was read before: it can be read once")
      return Stream.fail(
        new ConnectionException({ service: "S3", operation: "GetObject", resource, reason: "Truncated", cause })
      )
    }
    begun = true
    return Stream.mapError(stream, bodyError(resource))
  })
}

/** `getObject`, and its helpers over a call that reads the body to its end and leaves nothing open. */
export const getting = (get: Get<S3.GetObjectOutput, never, Scope.Scope>, getWhole: GetWhole): S3.GetObject => {
  const bytes = (input: Sdk.GetObjectCommandInput) =>
    Effect.flatMap(
      getWhole(input),
      (output) => Effect.map(Stream.runCollect(output.Body), (pieces) => ({ ...output, Body: concat(pieces) }))
    )
  // without a condition none fails, which is what ReadConditionError says of I
  return Object.assign((input: Sdk.GetObjectCommandInput) => get(input), {
    bytes,
    text: (input: Sdk.GetObjectCommandInput) =>
      Effect.map(bytes(input), (output) => ({ ...output, Body: new TextDecoder().decode(output.Body) })),
    json: <A, I, R>(input: Sdk.GetObjectCommandInput, schema: Schema.Schema<A, I, R>) =>
      Effect.flatMap(
        bytes(input),
        (output) => Effect.map(decodeJson(schema, output.Body, input.Bucket), (Body) => ({ ...output, Body }))
      )
  }) as S3.GetObject
}

type Get<Output, E, R> = (
  input: Sdk.GetObjectCommandInput
) => Effect.Effect<Output, E | Errors.GetObjectError | Errors.ReadConditionError<Sdk.GetObjectCommandInput>, R>

/** The body is read to its end when this has run: its stream leaves nothing open, and may be run outside of any scope. */
export type GetWhole = Get<S3.GetObjectOutput, Errors.GetObjectBodyError, never>

/** AWS's limits for a signature in a URL, in seconds. */
const [minExpires, maxExpires] = [1, 7 * 24 * 3600]

const presigned = (
  transport: S3Port,
  request: PresignRequest,
  options: S3.PresignOptions
): Effect.Effect<string, Errors.PresignError> => {
  const { input, operation } = request
  const name = missing(operation, input)
  const facts = { service: "S3", operation, resource: name === undefined ? input.Bucket : undefined }
  const refused = (reason: string) => Effect.fail(new ValidationException({ ...facts, reason }))
  if (name !== undefined) return refused(`${name} is missing, or is not text that has UTF-8`)
  const expiresIn = Math.floor(Duration.toSeconds(options.expiresIn))
  if (!(expiresIn >= minExpires && expiresIn <= maxExpires)) {
    return refused("expiresIn is from one second to seven days")
  }
  const failed = (failure: WireFailure): Errors.PresignError => {
    const e = classify({ ...facts, attempts: 1 }, failure, rules)
    return e instanceof ConfigurationException || e instanceof CredentialsException || e instanceof ValidationException
      ? e
      : new ServiceException({ ...facts, code: e.code, cause: e })
  }
  return Effect.flatMap(
    Clock.currentTimeMillis,
    (at) => Effect.mapError(transport.presign({ request, expiresIn, at }), failed)
  )
}

/** The service. */
export const make = (client: ServiceClient<Operations>, transport: S3Port): S3.Service => {
  const streamed =
    (input: Sdk.GetObjectCommandInput) => (output: Operations["GetObject"]["output"]): S3.GetObjectOutput => ({
      ...output,
      Body: onceOnly(output.Body.stream, input.Bucket)
    })
  const getObject = getting(
    (input) =>
      Effect.zipRight(
        // the body belongs to this scope (see `held`)
        Effect.scope,
        Effect.map(client.call(operations.getObject, input), streamed(input))
      ),
    (input) =>
      Effect.provideService(
        Effect.map(client.call(operations.getObjectWhole, input), streamed(input)),
        Whole,
        true
      )
  )
  const service: Unconditional = {
    abortMultipartUpload: (input, options) => client.call(operations.abortMultipartUpload, input, options),
    completeMultipartUpload: (input, options) => client.call(operations.completeMultipartUpload, input, options),
    copyObject: (input, options) => client.call(operations.copyObject, input, options),
    createBucket: (input, options) => client.call(operations.createBucket, input, options),
    createMultipartUpload: (input, options) => client.call(operations.createMultipartUpload, input, options),
    deleteBucket: (input, options) => client.call(operations.deleteBucket, input, options),
    deleteObject: (input, options) => client.call(operations.deleteObject, input, options),
    deleteObjects: (input, options) => client.call(operations.deleteObjects, input, options),
    getObject,
    headBucket: (input) => client.call(operations.headBucket, input),
    headObject: (input) => client.call(operations.headObject, input),
    listBuckets: listing.buckets((input) => client.call(operations.listBuckets, input)),
    listMultipartUploads: listing.uploads((input) => client.call(operations.listMultipartUploads, input)),
    listObjectVersions: listing.versions((input) => client.call(operations.listObjectVersions, input)),
    listObjectsV2: listing.objects((input) => client.call(operations.listObjectsV2, input)),
    listParts: listing.parts((input) => client.call(operations.listParts, input)),
    ping: Effect.asVoid(client.call(operations.listBuckets, { MaxBuckets: 1 })),
    presignGetObject: (input, options) => presigned(transport, { operation: "GetObject", input }, options),
    presignPutObject: (input, options) => presigned(transport, { operation: "PutObject", input }, options),
    putObject: (input, options) =>
      withBody("PutObject", input, (input) => client.call(operations.putObject, input, options)),
    uploadPart: (input, options) =>
      withBody("UploadPart", input, (input) => client.call(operations.uploadPart, input, options)),
    uploadPartCopy: (input, options) => client.call(operations.uploadPartCopy, input, options)
  }
  // the driver rules a condition's exceptions out for an input without one (`excludes` in the table), which is what the …ConditionError
  // types say of I; and a body that is no stream needs nothing and fails with nothing, which is what BodyError and BodyContext say of it
  return service as S3.Service
}

/** The service as TypeScript follows it: each method with all that it may fail with, whatever the input. */
type Unconditional = {
  readonly [K in keyof S3.Service]: K extends keyof Conditional ? Conditional[K] : S3.Service[K]
}
interface Conditional {
  readonly abortMultipartUpload: Write<Sdk.AbortMultipartUploadCommandInput, Sdk.AbortMultipartUploadCommandOutput>
  readonly completeMultipartUpload: Write<
    Sdk.CompleteMultipartUploadCommandInput,
    Sdk.CompleteMultipartUploadCommandOutput
  >
  readonly copyObject: Write<Sdk.CopyObjectCommandInput, Sdk.CopyObjectCommandOutput>
  readonly deleteObject: Write<Sdk.DeleteObjectCommandInput, Sdk.DeleteObjectCommandOutput>
  readonly headObject: Write<Sdk.HeadObjectCommandInput, Sdk.HeadObjectCommandOutput>
  readonly putObject: Write<S3.PutObjectInput, Sdk.PutObjectCommandOutput>
  readonly uploadPart: Write<S3.UploadPartInput, Sdk.UploadPartCommandOutput>
  readonly uploadPartCopy: Write<Sdk.UploadPartCopyCommandInput, Sdk.UploadPartCopyCommandOutput>
}
type Write<I, A> = (input: I, options?: S3.WriteOptions) => Effect.Effect<A, unknown, unknown>
