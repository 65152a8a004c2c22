/**
 * S3 in process: the real service over the in-process engine, its bytes in memory and time from Effect's `Clock`.
 *
 * @since 0.1.0
 */
import * as AwsConfig from "@armature/aws/AwsConfig"
import { ConfigurationException } from "@armature/aws/Exceptions"
import type { Transport } from "@armature/aws/Transport"
import * as Wire from "@armature/aws/WireFailure"
import * as S3 from "@armature/s3/S3"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Utils from "effect/Utils"
import type * as Faults from "./Faults.js"
import * as inProcess from "./internal/inProcess.js"
import { record } from "./internal/refusal.js"
import { algorithms, compute, memberOf } from "./internal/s3/checksum.js"
import { isContent } from "./internal/s3/content.js"
import * as S3Engine from "./S3Engine.js"

/**
 * What a test can see and do beside the service: the engine itself, the calls that were made, and faults. In a call a body that was sent
 * as a stream is `S3Engine.Content`.
 *
 * @since 0.1.0
 * @category tags
 */
export class LocalS3 extends Context.Tag("@armature/local/LocalS3")<
  LocalS3,
  inProcess.InProcess<S3.Operations, S3Engine.Engine>["local"]
>() {}

/**
 * Options of `make`, `layer` and `layerTransport`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Buckets that stand from the beginning, by their names. */
  readonly buckets?: ReadonlyArray<string> | undefined
  /** The region of the buckets, also in telemetry. Default `"us-east-1"`. */
  readonly region?: string | undefined
  /** Whether calls are kept to assert on. Default `true`; `false` for a load that would fill the memory with them. */
  readonly log?: boolean | undefined
  /** Where presigned URLs point to: an endpoint over the same engine, if they are to be fetched. By default to a name that resolves to nothing. */
  readonly url?: string | undefined
}

const unfetchable = "http://s3.armature.invalid"

/**
 * The engine and its transport, a world of their own each time this is run. Fails when a bucket cannot be created.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}) =>
  Effect.gen(function*() {
    const region = options.region ?? "us-east-1"
    const random = new Utils.PCGRandom(yield* Random.nextInt)
    const { local, transport } = yield* inProcess.make<S3.Operations, S3Engine.Engine>({
      region,
      log: options.log ?? true,
      engine: (now) => S3Engine.make({ now, random: () => random.number(), region })
    })
    for (const [i, name] of (options.buckets ?? []).entries()) {
      const created = local.engine.execute("CreateBucket", { Bucket: name })
      if (Either.isLeft(created)) {
        return yield* new ConfigurationException({
          service: "S3",
          operation: "CreateBucket",
          resource: name,
          reason: "Invalid",
          option: `buckets[${i}]`,
          code: created.left.code,
          detail: created.left.message
        })
      }
    }
    const port: S3.S3Port = {
      info: transport.info,
      send: withBodies(transport, local.engine.contents),
      presign: presign(options.url ?? unfetchable, region)
    }
    return { local, transport: port }
  })

/** Bodies as the port has them, over a transport that takes and gives them as the engine's. */
const withBodies = (transport: Transport<S3.Operations>, contents: S3Engine.Contents): S3.S3Port["send"] => {
  // below its types a transport takes an operation's name and input, and gives what it answers; only bodies change, to the port's kind
  const send = transport.send as Send
  const adapted: Send = (operation, input) => {
    const given = record(input)
    const sent = isIterated(given["Body"])
      ? Effect.flatMap(written(contents, given["Body"]), (Body) => send(operation, { ...given, Body }))
      : send(operation, operation === "GetObject" ? { ChecksumMode: "ENABLED", ...given } : given)
    return Effect.map(sent, (output) => {
      const answer = record(output)
      return isContent(answer["Body"]) ? { ...answer, Body: responseBody(answer["Body"], answer) } : output
    })
  }
  return adapted as S3.S3Port["send"]
}

type Send = (operation: string, input: unknown) => Effect.Effect<unknown, Wire.WireFailure>

const isIterated = (body: unknown): body is AsyncIterable<Uint8Array> =>
  typeof body === "object" && body !== null && Symbol.asyncIterator in body

const written = (
  contents: S3Engine.Contents,
  body: AsyncIterable<Uint8Array>
): Effect.Effect<S3Engine.Content, Wire.WireFailure> =>
  Effect.suspend(() => {
    const writer = contents.writer()
    return Stream.fromAsyncIterable(body, Wire.inputFault).pipe(
      Stream.runForEach((piece) => Effect.sync(() => writer.write(piece))),
      Effect.map(() => writer.end()),
      Effect.onError(() => Effect.sync(() => writer.discard()))
    )
  })

/** The bytes, verified at their end as the SDK does it; each piece is a copy, since whoever reads may change what he is given. */
const responseBody = (content: S3Engine.Content, output: Readonly<Record<string, unknown>>): S3.ResponseBody => ({
  stream: Stream.suspend(() => {
    const pieces = S3Engine.read(content)[Symbol.iterator]()
    type Ends = Option.Option<Wire.ConnectionFault | S3.ChecksumFault>
    const next = Effect.try({
      try: () => pieces.next(),
      // a fault rule cuts a body by throwing
      catch: (cause): Ends => Option.some(Wire.connectionFault({ phase: "body", timeout: false, cause }))
    })
    const end = Effect.suspend(() =>
      Effect.fail<Ends>(isAsStated(content, output) ? Option.none() : Option.some({ _tag: "ChecksumFault" }))
    )
    return Stream.repeatEffectOption(
      Effect.flatMap(next, ({ done, value }) => done === true ? end : Effect.succeed(Uint8Array.from(value)))
    )
  }),
  release: Effect.void
})

const isAsStated = (content: S3Engine.Content, output: Readonly<Record<string, unknown>>): boolean => {
  // a checksum of the parts' checksums says nothing that could be found out from the bytes alone
  if (output["ChecksumType"] !== "FULL_OBJECT") return true
  const stated = algorithms.filter((algorithm) => typeof output[memberOf(algorithm)] === "string")
  const computed = compute(content, stated)
  return stated.every((algorithm) => computed.get(algorithm) === output[memberOf(algorithm)])
}

/** Signed by the SDK, with credentials that mean nothing. */
const presign = (endpoint: string, region: string): S3.S3Port["presign"] => (request) =>
  Effect.scoped(Effect.flatMap(
    S3.sdkTransport({
      endpoint,
      region,
      credentials: { accessKeyId: "local", secretAccessKey: Redacted.make("local") }
    }),
    (transport) => transport.presign(request)
  )).pipe(
    Effect.provideService(AwsConfig.AwsConfig, {}),
    Effect.catchTag("ConfigurationException", (e) => Effect.fail(Wire.configurationFault(e)))
  )

/**
 * The transport in process, for a service of one's own making over it, with `LocalS3` to look behind it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTransport = (
  options: Options = {}
): Layer.Layer<S3.S3Transport | LocalS3, ConfigurationException> =>
  Layer.scopedContext(
    Effect.map(make(options), ({ local, transport }) =>
      Context.make(S3.S3Transport, transport).pipe(Context.add(LocalS3, local)))
  )

/**
 * The service in process. Each `layer` is a world of its own.
 *
 * @example
 * ```ts
 * import * as LocalS3 from "@armature/local/LocalS3"
 * import * as S3 from "@armature/s3/S3"
 * import * as Effect from "effect/Effect"
 *
 * export const main = Effect.flatMap(S3.S3, (s3) => s3.putObject({ Bucket: "documents", Key: "a.txt", Body: "hello" })).pipe(
 *   Effect.provide(LocalS3.layer({ buckets: ["documents"] }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<S3.S3 | LocalS3, ConfigurationException> =>
  Layer.merge(S3.layerTransport, Layer.context<LocalS3>()).pipe(Layer.provide(layerTransport(options)))

/**
 * Runs a program under fault rules.
 *
 * @since 0.1.0
 * @category faults
 */
export const withFaults: {
  (
    rules: ReadonlyArray<Faults.Rule<S3.Operations>>
  ): <A, E, R>(program: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Faults.FaultNotFiredException, R | LocalS3>
  <A, E, R>(
    program: Effect.Effect<A, E, R>,
    rules: ReadonlyArray<Faults.Rule<S3.Operations>>
  ): Effect.Effect<A, E | Faults.FaultNotFiredException, R | LocalS3>
} = dual(2, <A, E, R>(
  program: Effect.Effect<A, E, R>,
  rules: ReadonlyArray<Faults.Rule<S3.Operations>>
): Effect.Effect<A, E | Faults.FaultNotFiredException, R | LocalS3> =>
  Effect.flatMap(LocalS3, (local) => local.faults.run(rules)(program)))
