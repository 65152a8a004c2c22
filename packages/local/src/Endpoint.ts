/**
 * DynamoDB, KMS and S3 on one loopback port, over HTTP as AWS speaks it, so that any AWS SDK in any language can talk to the in-process
 * engines.
 *
 * Time and randomness of the engines come from Effect's `Clock` and `Random`. The endpoint lives as long as its scope: closing it
 * closes every socket that is still open. It listens on nothing but loopback, unless `allowRemote` says so as well.
 *
 * On loopback, `/_armature/faults` takes fault rules and tells how often each has fired, and `/_armature/calls` tells the calls that
 * were answered.
 *
 * @since 0.1.0
 */
import type { ServiceFault, WireFailure } from "@armature/aws/WireFailure"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as DynamoDBEngine from "./DynamoDBEngine.js"
import { sweepInterval } from "./internal/data/folder.js"
import * as json from "./internal/faults/json.js"
import * as control from "./internal/http/control.js"
import * as dispatch from "./internal/http/dispatch.js"
import * as server from "./internal/http/server.js"
import * as Sources from "./internal/sources.js"
import * as KmsEngine from "./KmsEngine.js"
import * as S3Engine from "./S3Engine.js"

/**
 * What answers the requests for one service: an operation's name and its input in the AWS SDK's own shape go in, the output in that
 * shape or what went wrong comes out. A `ConnectionFault` cuts the client's connection: `body` in the middle of an answer, the other
 * phases without one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly send: (operation: string, input: unknown) => Effect.Effect<unknown, WireFailure>
  /** Of DynamoDB's engine, if stale reads are to be had. */
  readonly replicate?: DynamoDBEngine.Engine["replicate"] | undefined
}

/**
 * A service whose bodies are written piece by piece before they are sent on: a body goes in, and comes out, as `S3Engine.Content`.
 *
 * @since 0.1.0
 * @category models
 */
export interface S3Service extends Service {
  readonly contents: S3Engine.Contents
}

/**
 * A fault rule, as `Faults.Rule` has it, but as JSON: the language of `/_armature/faults` and of `armature-local --faults`. `delay`,
 * `latency` and `retryAfter` are milliseconds; a key is asked by its attributes only. `body` harms what `GetObject` answers: it ends in
 * the middle, or its bytes are not those of its checksum.
 *
 * @since 0.1.0
 * @category models
 */
export type Rule = json.Rule

/**
 * One call that the endpoint answered: names and statuses, never items or keys.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call {
  /** Milliseconds since the epoch at which the answer was ready. */
  readonly time: number
  /** Milliseconds from the request's first byte to its answer. */
  readonly duration: number
  readonly service: string
  readonly operation: string
  /** The tables, the key of KMS or the bucket that the request names. */
  readonly resources: ReadonlyArray<string>
  readonly status: number
  /** AWS's name of the error, when it is one. */
  readonly code: string | undefined
}

/**
 * Credentials that the endpoint accepts.
 *
 * @since 0.1.0
 * @category models
 */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted
  readonly sessionToken?: Redacted.Redacted | undefined
}

/**
 * Options of `make` and `layer`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** `0`, the default, takes a free port. */
  readonly port?: number | undefined
  /** `127.0.0.1` by default. */
  readonly host?: string | undefined
  /** Has to be said as well before the endpoint listens on a host that is not loopback: whoever reaches it can read and write. */
  readonly allowRemote?: boolean | undefined
  /**
   * Checks every signature against these. Without any, a request must still carry a signature of the right form, and every one is
   * accepted.
   */
  readonly credentials?: ReadonlyArray<Credentials> | undefined
  /** DynamoDB and DynamoDB Streams; an empty engine by default. */
  readonly dynamodb?: Service | undefined
  /** An engine without keys by default. */
  readonly kms?: Service | undefined
  /** An engine without buckets, its bytes in memory, by default. */
  readonly s3?: S3Service | undefined
  /** Fault rules that stand from the beginning. */
  readonly rules?: ReadonlyArray<Rule> | undefined
  /** Is told of each answer. */
  readonly onCall?: ((call: Call) => Effect.Effect<void>) | undefined
}

/**
 * Where an endpoint listens.
 *
 * @since 0.1.0
 * @category models
 */
export interface Endpoint {
  /** `http://host:port`, to be given to an SDK as `endpoint`. */
  readonly url: string
  readonly host: string
  readonly port: number
}

/**
 * @since 0.1.0
 * @category tags
 */
export const Endpoint: Context.Tag<Endpoint, Endpoint> = Context.GenericTag<Endpoint>("@armature/local/Endpoint")

const reasons = {
  PortInUse: "the port is in use",
  PortNotPermitted: "the port may not be used by this user",
  HostNotFound: "the host has no address on this machine",
  NotLoopback: "the host is not loopback, and allowRemote is not set",
  InvalidRule: "a fault rule could never fire",
  InvalidPort: "the port is not a number from 0 to 65535",
  Other: "the system refused"
} as const

/**
 * The endpoint could not listen.
 *
 * @since 0.1.0
 * @category errors
 */
export class EndpointException extends Data.TaggedError("EndpointException")<{
  readonly reason: keyof typeof reasons
  readonly host: string
  readonly port: number
  readonly cause?: unknown
}> {
  override get message(): string {
    return `Cannot listen on ${this.host}:${this.port}: ${reasons[this.reason]}.`
  }
}

const systemReasons: Readonly<Record<string, EndpointException["reason"]>> = {
  EADDRINUSE: "PortInUse",
  EACCES: "PortNotPermitted",
  EADDRNOTAVAIL: "HostNotFound",
  ENOTFOUND: "HostNotFound",
  EAI_AGAIN: "HostNotFound"
}

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host)

/**
 * A service over an engine: `DynamoDBEngine`'s or any other that answers in the same manner.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromEngine = (engine: {
  readonly execute: (operation: string, input: unknown) => Either.Either<unknown, ServiceFault>
}): Service => ({ send: (operation, input) => Effect.suspend(() => engine.execute(operation, input)) })

/**
 * S3 over an engine.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromS3Engine = (engine: S3Engine.Engine): S3Service => ({
  ...fromEngine(engine),
  contents: engine.contents
})

/** A service over DynamoDB's engine. The first request in each minute finds expired items gone. */
const sweeping = (engine: DynamoDBEngine.Engine, now: () => number): Service => {
  let swept = 0
  const service = fromEngine({
    execute: (operation, input) => {
      if (now() - swept >= sweepInterval) {
        swept = now()
        engine.sweep()
      }
      return engine.execute(operation, input)
    }
  })
  return { ...service, replicate: engine.replicate }
}

/**
 * The three services over new engines in memory. The first request in each minute of Effect's clock finds items gone whose time to live
 * has passed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const services: Effect.Effect<{ readonly dynamodb: Service; readonly kms: Service; readonly s3: S3Service }> =
  Effect
    .map(Sources.make, ({ now, random }) => ({
      dynamodb: sweeping(DynamoDBEngine.make({ now, random }), now),
      kms: fromEngine(KmsEngine.make({ now })),
      s3: fromS3Engine(S3Engine.make({ now, random }))
    }))

/**
 * Listens until the scope closes. Fails when it cannot; once it listens, no request makes it fail.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Endpoint, EndpointException, Scope.Scope> =>
  Effect.gen(function*() {
    const { host = "127.0.0.1", port = 0 } = options
    if (!isLoopback(host) && options.allowRemote !== true) {
      return yield* new EndpointException({ reason: "NotLoopback", host, port })
    }
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      return yield* new EndpointException({ reason: "InvalidPort", host, port })
    }
    const { now, random } = yield* Sources.make
    const fresh = yield* services
    const s3 = options.s3 ?? fresh.s3
    const models = yield* dispatch.models
    for (const rule of options.rules ?? []) {
      const cause = json.problem(models, rule)
      if (cause !== undefined) return yield* new EndpointException({ reason: "InvalidRule", host, port, cause })
    }
    const controlled = yield* control.make({
      DynamoDB: options.dynamodb ?? fresh.dynamodb,
      KMS: options.kms ?? fresh.kms,
      S3: s3
    }, models)
    yield* controlled.set(options.rules ?? [])
    const { onCall } = options
    const handle = yield* dispatch.make({
      now,
      random,
      credentials: (options.credentials ?? []).map((one) => ({
        accessKeyId: one.accessKeyId,
        secretAccessKey: Redacted.value(one.secretAccessKey),
        sessionToken: one.sessionToken === undefined ? undefined : Redacted.value(one.sessionToken)
      })),
      dynamodb: controlled.services.DynamoDB,
      kms: controlled.services.KMS,
      s3: { contents: s3.contents, send: controlled.services.S3 },
      // Whoever reaches the control path rules the endpoint: no signature is asked for there.
      control: isLoopback(host) ? controlled : undefined,
      onAnswer: (answer, duration) => {
        const call: Call = { time: now(), duration, status: answer.status, ...answer.log }
        if (call.service !== "control") controlled.record(call)
        return onCall === undefined ? Effect.void : onCall(call)
      }
    })
    const address = yield* server.serve({ host, port, handle, requestId: () => dispatch.requestId(random) }).pipe(
      Effect.mapError((error) =>
        new EndpointException({ reason: systemReasons[error.code ?? ""] ?? "Other", host, port, cause: error.cause })
      )
    )
    const name = host.includes(":") ? `[${host}]` : host
    return { url: `http://${name}:${address.port}`, host, port: address.port }
  })

/**
 * The endpoint as a Layer, closed with it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Endpoint, EndpointException> =>
  Layer.scoped(Endpoint, make(options))
