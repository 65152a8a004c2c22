/**
 * The S3 service: AWS's operations in the AWS SDK's own shapes, each with exactly the failures it can have. The bodies of objects are
 * streams: one that is read belongs to a scope, and one that is sent may fail and need services, which then stand in the call's type.
 *
 * @since 0.1.0
 */
import * as AwsConfig from "@armature/aws/AwsConfig"
import { AwsRetry, type Policy, standard } from "@armature/aws/AwsRetry"
import type { ConfigurationException, SerializationException } from "@armature/aws/Exceptions"
import * as SdkTransport from "@armature/aws/SdkTransport"
import * as ServiceClient from "@armature/aws/ServiceClient"
import type * as Sdk from "@aws-sdk/client-s3"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { once, rules } from "./internal/classification.js"
import type {
  AbortConditionError,
  AbortMultipartUploadError,
  CompleteMultipartUploadError,
  CopyConditionError,
  CopyObjectError,
  CreateBucketError,
  CreateMultipartUploadError,
  DeleteBucketError,
  DeleteObjectError,
  DeleteObjectsError,
  GetObjectBodyError,
  GetObjectError,
  HeadBucketError,
  HeadObjectError,
  ListBucketsError,
  ListMultipartUploadsError,
  ListObjectsV2Error,
  ListObjectVersionsError,
  ListPartsError,
  PartCopyConditionError,
  PingError,
  PresignError,
  PutObjectError,
  ReadConditionError,
  UploadPartCopyError,
  UploadPartError,
  WriteConditionError
} from "./internal/errors.js"
import { fake } from "./internal/fake.js"
import type { Operations, S3Port } from "./internal/port.js"
import * as sdk from "./internal/sdk.js"
import * as service from "./internal/service.js"
import { key } from "./internal/tag.js"
import { answered, attributes } from "./internal/telemetry.js"

export type {
  AbortConditionError,
  AbortMultipartUploadError,
  CompleteMultipartUploadError,
  CopyConditionError,
  CopyObjectError,
  CreateBucketError,
  CreateMultipartUploadError,
  DeleteBucketError,
  DeleteObjectError,
  DeleteObjectsError,
  GetObjectBodyError,
  GetObjectError,
  HeadBucketError,
  HeadObjectError,
  ListBucketsError,
  ListMultipartUploadsError,
  ListObjectsV2Error,
  ListObjectVersionsError,
  ListPartsError,
  PartCopyConditionError,
  PingError,
  PresignError,
  PutObjectError,
  ReadConditionError,
  UploadPartCopyError,
  UploadPartError,
  WriteConditionError
} from "./internal/errors.js"

export type {
  ChecksumFault,
  Operations,
  Presign,
  PresignRequest,
  RequestBody,
  ResponseBody,
  S3Port
} from "./internal/port.js"

/**
 * What carries requests to S3: the AWS SDK, or an engine in process.
 *
 * @since 0.1.0
 * @category tags
 */
export class S3Transport extends Context.Tag("@armature/s3/S3Transport")<S3Transport, S3Port>() {}

/**
 * The service.
 *
 * @example
 * ```ts
 * import * as S3 from "@armature/s3/S3"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const s3 = yield* S3.S3
 *   yield* s3.putObject({ Bucket: "documents", Key: "hello.txt", Body: "hello" })
 *   const { Body } = yield* s3.getObject.text({ Bucket: "documents", Key: "hello.txt" })
 *   return Body
 * })
 *
 * export const main = program.pipe(Effect.provide(S3.layer({ region: "eu-central-1" })))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class S3 extends Context.Tag(key)<S3, S3.Service>() {}

/**
 * @since 0.1.0
 */
export declare namespace S3 {
  /**
   * @since 0.1.0
   * @category models
   */
  export interface Options extends AwsConfig.Options {
    /** Whether buckets are named in the path and not in the host's name. Default: yes where an `endpoint` is given, else no. */
    readonly forcePathStyle?: boolean | undefined
  }

  /**
   * @since 0.1.0
   * @category models
   */
  export interface WriteOptions extends ServiceClient.CallOptions {}

  /**
   * @since 0.1.0
   * @category models
   */
  export interface PresignOptions {
    /** From one second to seven days. */
    readonly expiresIn: Duration.DurationInput
  }

  /**
   * Refuses what the input type `S` does not know, where a generic parameter would let it pass.
   *
   * @since 0.1.0
   * @category models
   */
  export type Exact<I, S> = I & { readonly [K in Exclude<I extends unknown ? keyof I : never, keyof S>]: never }

  /**
   * A body on its way to S3: bytes, text (sent as UTF-8), or a stream of exactly `ContentLength` bytes, which is run anew when a request is
   * sent again. After an attempt with an unknown outcome a stream is not sent again.
   *
   * @since 0.1.0
   * @category models
   */
  export type Bodied =
    | { readonly Body?: Uint8Array | string | undefined }
    | { readonly Body: Stream.Stream<Uint8Array, unknown, unknown>; readonly ContentLength: number }

  /**
   * The bytes of a body, as a fake is given them.
   *
   * @since 0.1.0
   * @category models
   */
  export interface CollectedBody {
    readonly Body?: Uint8Array | string | undefined
  }

  /**
   * What `putObject` takes.
   *
   * @since 0.1.0
   * @category models
   */
  export type PutObjectInput = Omit<Sdk.PutObjectCommandInput, "Body"> & Bodied

  /**
   * What `uploadPart` takes.
   *
   * @since 0.1.0
   * @category models
   */
  export type UploadPartInput = Omit<Sdk.UploadPartCommandInput, "Body"> & Bodied

  /**
   * What the body of an input of type `I` fails with, where it is a stream.
   *
   * @since 0.1.0
   * @category errors
   */
  export type BodyError<I> = I extends unknown ? "Body" extends keyof I ? StreamError<I["Body"]> : never : never

  /**
   * What the body of an input of type `I` needs, where it is a stream.
   *
   * @since 0.1.0
   * @category models
   */
  export type BodyContext<I> = I extends unknown ? "Body" extends keyof I ? StreamContext<I["Body"]> : never : never

  /**
   * What a stream fails with; nothing, for what is no stream.
   *
   * @since 0.1.0
   * @category errors
   */
  export type StreamError<Body> = Body extends Stream.Stream<infer _A, infer E, infer _R> ? E : never

  /**
   * What a stream needs; nothing, for what is no stream.
   *
   * @since 0.1.0
   * @category models
   */
  export type StreamContext<Body> = Body extends Stream.Stream<infer _A, infer _E, infer R> ? R : never

  /**
   * What `getObject` gives. The body can be read once, while the scope is open.
   *
   * @since 0.1.0
   * @category models
   */
  export type GetObjectOutput = WithBody<Stream.Stream<Uint8Array, GetObjectBodyError>>

  /**
   * What `getObject` gives, with the body in another form.
   *
   * @since 0.1.0
   * @category models
   */
  export type WithBody<Body> = Omit<Sdk.GetObjectCommandOutput, "Body"> & { readonly Body: Body }

  /**
   * Reads an object. The body arrives while it is read; it is let go when it ends, when its reader is interrupted, and when the scope
   * closes, also when nobody has read it. The helpers give it whole, and ask again, by the policy, for one that broke off.
   *
   * @since 0.1.0
   * @category models
   */
  export interface GetObject {
    <I extends Sdk.GetObjectCommandInput>(
      input: Exact<I, Sdk.GetObjectCommandInput>
    ): Effect.Effect<GetObjectOutput, GetObjectError | ReadConditionError<I>, Scope.Scope>
    /** The whole body in memory. */
    readonly bytes: <I extends Sdk.GetObjectCommandInput>(
      input: Exact<I, Sdk.GetObjectCommandInput>
    ) => Effect.Effect<WithBody<Uint8Array>, GetObjectError | GetObjectBodyError | ReadConditionError<I>>
    /** The whole body in memory, decoded as UTF-8. */
    readonly text: <I extends Sdk.GetObjectCommandInput>(
      input: Exact<I, Sdk.GetObjectCommandInput>
    ) => Effect.Effect<WithBody<string>, GetObjectError | GetObjectBodyError | ReadConditionError<I>>
    /** The whole body in memory, read as JSON of the schema's encoded form. */
    readonly json: <A, Encoded, R, I extends Sdk.GetObjectCommandInput>(
      input: Exact<I, Sdk.GetObjectCommandInput>,
      schema: Schema.Schema<A, Encoded, R>
    ) => Effect.Effect<
      WithBody<A>,
      GetObjectError | GetObjectBodyError | ReadConditionError<I> | SerializationException,
      R
    >
  }

  /**
   * Lists page by page: one page as a call, and all pages as a stream. A stream asks for a page when it is needed, and begins at the
   * token or marker of the input where one is given.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Listing<Input, Page, E> {
    (input: Input): Effect.Effect<Page, E>
    readonly pages: (input: Input) => Stream.Stream<Page, E>
  }

  /**
   * Lists buckets: a page, all pages, all buckets.
   *
   * @since 0.1.0
   * @category models
   */
  export interface ListBuckets {
    (input?: Sdk.ListBucketsCommandInput): Effect.Effect<Sdk.ListBucketsCommandOutput, ListBucketsError>
    readonly pages: (
      input?: Sdk.ListBucketsCommandInput
    ) => Stream.Stream<Sdk.ListBucketsCommandOutput, ListBucketsError>
    readonly buckets: (input?: Sdk.ListBucketsCommandInput) => Stream.Stream<Sdk.Bucket, ListBucketsError>
  }

  /**
   * Lists uploads in parts that are under way: a page, all pages, all uploads.
   *
   * @since 0.1.0
   * @category models
   */
  export interface ListMultipartUploads
    extends
      Listing<Sdk.ListMultipartUploadsCommandInput, Sdk.ListMultipartUploadsCommandOutput, ListMultipartUploadsError>
  {
    readonly uploads: (
      input: Sdk.ListMultipartUploadsCommandInput
    ) => Stream.Stream<Sdk.MultipartUpload, ListMultipartUploadsError>
  }

  /**
   * Lists objects: a page, all pages, all objects.
   *
   * @since 0.1.0
   * @category models
   */
  export interface ListObjectsV2
    extends Listing<Sdk.ListObjectsV2CommandInput, Sdk.ListObjectsV2CommandOutput, ListObjectsV2Error>
  {
    readonly objects: (input: Sdk.ListObjectsV2CommandInput) => Stream.Stream<Sdk._Object, ListObjectsV2Error>
  }

  /**
   * Lists the parts of an upload: a page, all pages, all parts.
   *
   * @since 0.1.0
   * @category models
   */
  export interface ListParts extends Listing<Sdk.ListPartsCommandInput, Sdk.ListPartsCommandOutput, ListPartsError> {
    readonly parts: (input: Sdk.ListPartsCommandInput) => Stream.Stream<Sdk.Part, ListPartsError>
  }

  /**
   * One method for each operation. Inputs and outputs are those of AWS's API reference, but for the bodies of objects. What a method of a
   * generic input fails with follows from its conditions: without one, no failure of a condition.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    readonly abortMultipartUpload: <I extends Sdk.AbortMultipartUploadCommandInput>(
      input: Exact<I, Sdk.AbortMultipartUploadCommandInput>,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.AbortMultipartUploadCommandOutput, AbortMultipartUploadError | AbortConditionError<I>>
    readonly completeMultipartUpload: <I extends Sdk.CompleteMultipartUploadCommandInput>(
      input: Exact<I, Sdk.CompleteMultipartUploadCommandInput>,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.CompleteMultipartUploadCommandOutput, CompleteMultipartUploadError | WriteConditionError<I>>
    readonly copyObject: <I extends Sdk.CopyObjectCommandInput>(
      input: Exact<I, Sdk.CopyObjectCommandInput>,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.CopyObjectCommandOutput, CopyObjectError | CopyConditionError<I>>
    readonly createBucket: (
      input: Sdk.CreateBucketCommandInput,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.CreateBucketCommandOutput, CreateBucketError>
    readonly createMultipartUpload: (
      input: Sdk.CreateMultipartUploadCommandInput,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.CreateMultipartUploadCommandOutput, CreateMultipartUploadError>
    readonly deleteBucket: (
      input: Sdk.DeleteBucketCommandInput,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.DeleteBucketCommandOutput, DeleteBucketError>
    readonly deleteObject: <I extends Sdk.DeleteObjectCommandInput>(
      input: Exact<I, Sdk.DeleteObjectCommandInput>,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.DeleteObjectCommandOutput, DeleteObjectError | WriteConditionError<I>>
    readonly deleteObjects: (
      input: Sdk.DeleteObjectsCommandInput,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.DeleteObjectsCommandOutput, DeleteObjectsError>
    readonly getObject: GetObject
    readonly headBucket: (
      input: Sdk.HeadBucketCommandInput
    ) => Effect.Effect<Sdk.HeadBucketCommandOutput, HeadBucketError>
    readonly headObject: <I extends Sdk.HeadObjectCommandInput>(
      input: Exact<I, Sdk.HeadObjectCommandInput>
    ) => Effect.Effect<Sdk.HeadObjectCommandOutput, HeadObjectError | ReadConditionError<I>>
    readonly listBuckets: ListBuckets
    readonly listMultipartUploads: ListMultipartUploads
    readonly listObjectVersions: Listing<
      Sdk.ListObjectVersionsCommandInput,
      Sdk.ListObjectVersionsCommandOutput,
      ListObjectVersionsError
    >
    readonly listObjectsV2: ListObjectsV2
    readonly listParts: ListParts
    /** Whether the service can be reached with these credentials: lists one bucket, for which they need `s3:ListAllMyBuckets`. */
    readonly ping: Effect.Effect<void, PingError>
    /** A URL by which whoever has it can read the object until it expires. Nothing is sent. */
    readonly presignGetObject: (
      input: Sdk.GetObjectCommandInput,
      options: PresignOptions
    ) => Effect.Effect<string, PresignError>
    /** A URL by which whoever has it can write the object until it expires. Nothing is sent. */
    readonly presignPutObject: (
      input: Omit<Sdk.PutObjectCommandInput, "Body">,
      options: PresignOptions
    ) => Effect.Effect<string, PresignError>
    readonly putObject: <I extends PutObjectInput>(
      input: Exact<I, PutObjectInput>,
      options?: WriteOptions
    ) => Effect.Effect<
      Sdk.PutObjectCommandOutput,
      PutObjectError | WriteConditionError<I> | BodyError<I>,
      BodyContext<I>
    >
    readonly uploadPart: <I extends UploadPartInput>(
      input: Exact<I, UploadPartInput>,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.UploadPartCommandOutput, UploadPartError | BodyError<I>, BodyContext<I>>
    readonly uploadPartCopy: <I extends Sdk.UploadPartCopyCommandInput>(
      input: Exact<I, Sdk.UploadPartCopyCommandInput>,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.UploadPartCopyCommandOutput, UploadPartCopyError | PartCopyConditionError<I>>
  }

  /**
   * What a fake does for each operation. A handler may fail with whatever its operation can fail with.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Handlers {
    readonly abortMultipartUpload: Handler<
      Sdk.AbortMultipartUploadCommandInput,
      Sdk.AbortMultipartUploadCommandOutput,
      AbortMultipartUploadError | AbortConditionError<Sdk.AbortMultipartUploadCommandInput>
    >
    readonly completeMultipartUpload: Handler<
      Sdk.CompleteMultipartUploadCommandInput,
      Sdk.CompleteMultipartUploadCommandOutput,
      CompleteMultipartUploadError | WriteConditionError<Sdk.CompleteMultipartUploadCommandInput>
    >
    readonly copyObject: Handler<
      Sdk.CopyObjectCommandInput,
      Sdk.CopyObjectCommandOutput,
      CopyObjectError | CopyConditionError<Sdk.CopyObjectCommandInput>
    >
    readonly createBucket: Handler<Sdk.CreateBucketCommandInput, Sdk.CreateBucketCommandOutput, CreateBucketError>
    readonly createMultipartUpload: Handler<
      Sdk.CreateMultipartUploadCommandInput,
      Sdk.CreateMultipartUploadCommandOutput,
      CreateMultipartUploadError
    >
    readonly deleteBucket: Handler<Sdk.DeleteBucketCommandInput, Sdk.DeleteBucketCommandOutput, DeleteBucketError>
    readonly deleteObject: Handler<
      Sdk.DeleteObjectCommandInput,
      Sdk.DeleteObjectCommandOutput,
      DeleteObjectError | WriteConditionError<Sdk.DeleteObjectCommandInput>
    >
    readonly deleteObjects: Handler<Sdk.DeleteObjectsCommandInput, Sdk.DeleteObjectsCommandOutput, DeleteObjectsError>
    readonly getObject: Handler<
      Sdk.GetObjectCommandInput,
      GetObjectOutput,
      GetObjectError | ReadConditionError<Sdk.GetObjectCommandInput>
    >
    readonly headBucket: Handler<Sdk.HeadBucketCommandInput, Sdk.HeadBucketCommandOutput, HeadBucketError>
    readonly headObject: Handler<
      Sdk.HeadObjectCommandInput,
      Sdk.HeadObjectCommandOutput,
      HeadObjectError | ReadConditionError<Sdk.HeadObjectCommandInput>
    >
    readonly listBuckets: Handler<Sdk.ListBucketsCommandInput, Sdk.ListBucketsCommandOutput, ListBucketsError>
    readonly listMultipartUploads: Handler<
      Sdk.ListMultipartUploadsCommandInput,
      Sdk.ListMultipartUploadsCommandOutput,
      ListMultipartUploadsError
    >
    readonly listObjectVersions: Handler<
      Sdk.ListObjectVersionsCommandInput,
      Sdk.ListObjectVersionsCommandOutput,
      ListObjectVersionsError
    >
    readonly listObjectsV2: Handler<Sdk.ListObjectsV2CommandInput, Sdk.ListObjectsV2CommandOutput, ListObjectsV2Error>
    readonly listParts: Handler<Sdk.ListPartsCommandInput, Sdk.ListPartsCommandOutput, ListPartsError>
    readonly ping: Effect.Effect<void, PingError>
    readonly presignGetObject: (
      input: Sdk.GetObjectCommandInput,
      options: PresignOptions
    ) => Effect.Effect<string, PresignError>
    readonly presignPutObject: (
      input: Omit<Sdk.PutObjectCommandInput, "Body">,
      options: PresignOptions
    ) => Effect.Effect<string, PresignError>
    readonly putObject: Handler<
      Omit<PutObjectInput, "Body"> & CollectedBody,
      Sdk.PutObjectCommandOutput,
      PutObjectError | WriteConditionError<PutObjectInput>
    >
    readonly uploadPart: Handler<
      Omit<UploadPartInput, "Body"> & CollectedBody,
      Sdk.UploadPartCommandOutput,
      UploadPartError
    >
    readonly uploadPartCopy: Handler<
      Sdk.UploadPartCopyCommandInput,
      Sdk.UploadPartCopyCommandOutput,
      UploadPartCopyError | PartCopyConditionError<Sdk.UploadPartCopyCommandInput>
    >
  }

  /**
   * An answer may leave `$metadata` out.
   *
   * @since 0.1.0
   * @category models
   */
  export type Handler<I, A, E> = (input: I) => Effect.Effect<Omit<A, "$metadata">, E>
}

/**
 * S3's default policy: AWS's standard mode with a base of 50 ms and 3 attempts.
 *
 * @since 0.1.0
 * @category retries
 */
export const defaultRetry: Policy = standard({ base: "50 millis", attempts: 3 })

/**
 * The service over the transport in the context. The policy is `options.retry`, else the `AwsRetry` that is in force here; a program's or
 * a call's `AwsRetry` wins over both.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: S3.Options = {}): Effect.Effect<S3.Service, never, S3Transport> =>
  Effect.gen(function*() {
    const transport = service.held(yield* S3Transport)
    const resolved = yield* AwsConfig.resolve(options)
    const inForce = yield* AwsRetry
    const client = ServiceClient.make<Operations>({
      service: "S3",
      transport,
      rules,
      once,
      retry: resolved.retry ?? Option.getOrElse(inForce, () => defaultRetry),
      resend: resolved.resend ?? "safe",
      slow: resolved.slow,
      attributes,
      answered
    })
    return service.make(client, transport)
  })

/**
 * The service over whatever transport is in the context: this is how the in-process engine and faults plug in. Options come from
 * `AwsConfig` and `AwsRetry`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTransport: Layer.Layer<S3, never, S3Transport> = Layer.effect(S3, make())

/**
 * The service on AWS, through the AWS SDK. Its client and connections are closed with the scope. Fails when no region is to be found or
 * the endpoint is not a URL; credentials are looked for at the first call.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: S3.Options = {}): Layer.Layer<S3, ConfigurationException> =>
  Layer.scoped(
    S3,
    Effect.flatMap(sdkTransport(options), (transport) => Effect.provideService(make(options), S3Transport, transport))
  )

/**
 * The transport of `layer`, for those who put something of their own between.
 *
 * @since 0.1.0
 * @category constructors
 */
export const sdkTransport = (
  options: S3.Options = {}
): Effect.Effect<S3Port, ConfigurationException, Scope.Scope> =>
  Effect.flatMap(AwsConfig.resolve(options), (resolved) =>
    Effect.map(
      SdkTransport.make({
        service: "S3",
        options: resolved,
        client: sdk.client(options.forcePathStyle),
        senders: sdk.senders(idleMillis(resolved.timeouts?.idle))
      }),
      sdk.port
    ))

/** Node's timers take no more. */
const idleMillis = (idle: Duration.DurationInput = "30 seconds"): number =>
  Duration.toMillis(Duration.min(idle, "24 days"))

/**
 * `layer` with its options from `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<S3.Options>
): Layer.Layer<S3, ConfigError | ConfigurationException> =>
  Layer.unwrapEffect(Effect.map(Config.unwrap(options), layer))

/**
 * A service that does what its handlers say, for tests. An operation without a handler fails with a `ConfigurationException` that says
 * so.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFake = (handlers: Partial<S3.Handlers>): Layer.Layer<S3> => Layer.succeed(S3, fake(handlers))
