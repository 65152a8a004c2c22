/**
 * A transport over a client of the AWS SDK v3. The SDK resolves configuration, credentials and endpoints, writes, signs and reads; it never
 * retries. The transport owns the client's connections, so that it can tell what a failure of one means.
 *
 * @since 0.1.0
 */
import { defaultProvider } from "@aws-sdk/credential-provider-node"
import { NodeHttpHandler } from "@smithy/node-http-handler"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Http from "node:http"
import type * as Https from "node:https"
import { Readable } from "node:stream"
import * as Answer from "./Answer.js"
import type { Options } from "./AwsConfig.js"
import { asRecord, isCertificateError } from "./Classify.js"
import type { ConfigurationException } from "./Exceptions.js"
import * as agents from "./internal/agents.js"
import * as lanes from "./internal/lanes.js"
import { attempt, member, textOf, word } from "./internal/unknown.js"
import * as SdkConfig from "./SdkConfig.js"
import type { ClientConfig, SdkClient } from "./SdkConfig.js"
import type { Info, InputOf, OutputOf, Transport } from "./Transport.js"
import * as Wire from "./WireFailure.js"

export { millis } from "./SdkConfig.js"
export type { ClientConfig, SdkClient } from "./SdkConfig.js"

/**
 * What a sender hands on to the client's `send`, as it is given.
 *
 * @since 0.1.0
 * @category models
 */
export interface SendOptions {
  /** Comes out at the connection. */
  readonly armature: object
  /** Never given: an option of the SDK's, without which TypeScript would not take this for its options. The transport has its own. */
  readonly requestTimeout?: never
}

/**
 * How each operation is sent by a client of the SDK.
 *
 * @since 0.1.0
 * @category models
 */
export type Senders<Ops, Client> = {
  readonly [K in keyof Ops & string]: (
    client: Client,
    input: InputOf<Ops, K>,
    options: SendOptions
  ) => Promise<OutputOf<Ops, K>>
}

/**
 * One request on its way: how far it has come, and how to stop it. It reaches the connection through the options of `send`, and not as the
 * SDK's own `abortSignal`, since that costs each call a race of promises, and a real `AbortController` costs more.
 */
class Request {
  aborted = false
  onabort: (() => void) | null = null
  entered = false
  answered = false
  status: number | undefined = undefined
  headers: Readonly<Record<string, string>> = {}
  /** Ends an answer that began and does not arrive whole. */
  deadline: ReturnType<typeof setTimeout> | undefined = undefined

  stop(): void {
    this.aborted = true
    clearTimeout(this.deadline)
    this.onabort?.()
  }
}

const requestOf = (options: object | undefined): Request | undefined =>
  options !== undefined && "armature" in options && options.armature instanceof Request ? options.armature : undefined

type Handle = NodeHttpHandler["handle"]

class Handler extends NodeHttpHandler {
  /** Where the newest request went: the SDK resolves the endpoint for each. */
  server: { readonly address: string; readonly port: number } | undefined
  /** Milliseconds for an answer that began to arrive whole; 0 for no limit. */
  readonly answerTimeout: number

  constructor(options: { readonly httpAgent: Http.Agent; readonly httpsAgent: Https.Agent; readonly timeout: number }) {
    const { httpAgent, httpsAgent, timeout } = options
    super({ httpAgent, httpsAgent, requestTimeout: timeout, throwOnRequestTimeout: true })
    this.answerTimeout = timeout
  }

  override async handle(target: Parameters<Handle>[0], options?: Parameters<Handle>[1]): ReturnType<Handle> {
    const request = requestOf(options)
    if (request === undefined) return super.handle(target, options)
    request.entered = true
    const { hostname, port, protocol } = target
    this.server = { address: hostname, port: port ?? (protocol === "https:" ? 443 : 80) }
    const answer = await super.handle(target, {
      abortSignal: request,
      requestTimeout: this.answerTimeout === 0
        ? 0
        : Math.min(this.answerTimeout + Answer.sendingTime(bodyLength(target.headers)), SdkConfig.longestMillis)
    })
    request.answered = true
    request.status = answer.response.statusCode
    request.headers = answer.response.headers
    const body: unknown = answer.response.body
    if (this.answerTimeout > 0 && body instanceof Readable) {
      request.deadline = setTimeout(() => body.destroy(answerTimeout()), this.answerTimeout)
    }
    return answer
  }
}

const bodyLength = (headers: Readonly<Record<string, string>>): number =>
  Number(headers["x-amz-decoded-content-length"] ?? headers["content-length"] ?? 0)

const answerTimeout = () => Object.assign(new Error("answer timeout"), { name: "TimeoutError", code: "ETIMEDOUT" })

/**
 * Makes a client of the SDK and a transport over it. The client is destroyed with the scope. Fails when no region is to be found, or the
 * endpoint is not a URL.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Ops, Client extends SdkClient>(options: {
  readonly service: string
  readonly options: Options
  readonly client: (config: ClientConfig) => Client
  readonly senders: Senders<Ops, Client>
  /** Whether a chain of middleware may carry one call after another. S3's may not: it remembers a redirect. */
  readonly reuse?: boolean | undefined
}): Effect.Effect<Transport<Ops>, ConfigurationException, Scope.Scope> =>
  Effect.gen(function*() {
    const limits = SdkConfig.limits(options.options)
    const owned = agents.make(limits)
    const handler = new Handler({ httpAgent: owned.http, httpsAgent: owned.https, timeout: limits.request })
    const { client, region } = yield* SdkConfig.open({ ...options, chain: defaultProvider, requestHandler: handler })
    // the SDK copies each input and answer, secrets masked, for a logger that drops them; it does not where there is no such method
    Reflect.set(client.config.logger, "info", undefined)
    if (options.reuse === true) Reflect.set(client, "send", lanes.send(client))
    const info: Info = {
      region,
      get serverAddress() {
        return handler.server?.address
      },
      get serverPort() {
        return handler.server?.port
      }
    }
    const freshness = SdkConfig.freshness(client)

    const send: Transport<Ops>["send"] = (operation, input) =>
      Effect.async((resume) => {
        const request = new Request()
        const sender = options.senders[operation]
        const run = () => sender(client, input, { armature: request })
        const failed = (error: unknown) => {
          clearTimeout(request.deadline)
          const failure = attempt(() => wireFailure(error, request)) ?? unreadable(request)
          freshness.note(failure)
          resume(Effect.fail(failure))
        }
        try {
          const answer = freshness.isStale() ? freshness.refresh().then(run) : run()
          answer.then((output) => {
            clearTimeout(request.deadline)
            resume(Effect.succeed(output))
          }, failed)
        } catch (error) {
          failed(error)
        }
        return Effect.sync(() => request.stop())
      })

    return { info, send }
  })

/** An error of which nothing can be told but how far its request had come. */
const unreadable = (request: Request): Wire.WireFailure =>
  request.entered
    ? Wire.connectionFault({ phase: request.answered ? "body" : "sent", timeout: false, cause: undefined })
    : Wire.inputFault(undefined)

/** Node's refusal of a header or path: it is thrown before a connection is asked for. */
const unwritable = /^ERR_(HTTP_INVALID_HEADER_VALUE|INVALID_CHAR|INVALID_HTTP_TOKEN|UNESCAPED_CHARACTERS)$/

/**
 * What an error thrown by the SDK says, given how far its request had come.
 */
const wireFailure = (error: unknown, request: Request): Wire.WireFailure => {
  if (typeof error !== "object" || error === null) return Wire.inputFault(error)
  if (SdkConfig.isCredentialsError(error)) return SdkConfig.unsent(error)
  const read = (name: string): unknown => name in error ? Reflect.get(error, name) : undefined
  const name = read("name")
  if (typeof read("$fault") === "string") return serviceFault(error, request)
  if (agents.isBeforeConnected(error)) {
    return isCertificateError(error)
      ? Wire.configurationFault(error)
      : Wire.connectionFault({ phase: "connect", timeout: agents.isConnectTimeout(error), cause: error })
  }
  if (request.answered) {
    return name === "TimeoutError" || name === "AbortError" || typeof read("syscall") === "string" ||
        read("code") === "ECONNRESET"
      ? Wire.connectionFault({
        phase: "body",
        timeout: name === "TimeoutError" && read("code") === "ETIMEDOUT",
        cause: error
      })
      : Wire.malformedFault({
        statusCode: request.status,
        requestId: Answer.requestId(request.headers),
        cause: error
      })
  }
  if (request.entered) {
    if (unwritable.test(textOf(error, "code"))) return Wire.inputFault(error)
    // what came is no HTTP
    if (textOf(error, "code").startsWith("HPE_")) return Wire.malformedFault({ statusCode: undefined, cause: error })
    // an error with a code is the socket's; the handler's own deadline is a TimeoutError without one, or with ETIMEDOUT
    const code = read("code")
    return Wire.connectionFault({
      phase: "sent",
      timeout: name === "TimeoutError" && (code === undefined || code === "ETIMEDOUT"),
      cause: error
    })
  }
  return SdkConfig.unsent(error)
}

const serviceFault = (error: object, request: Request): Wire.ServiceFault => {
  const members = asRecord(error)
  const metadata = asRecord(members.$metadata)
  // what is no name may be anything, and is not kept
  const name = word(member(error, "name"))
  const status = metadata.httpStatusCode
  const requestId = metadata.requestId
  const message = "message" in error && typeof error.message === "string" ? error.message : ""
  return Wire.serviceFault({
    code: name === "Unknown" || name === "UnknownError" || name === "Error" ? undefined : name,
    message,
    statusCode: typeof status === "number" ? status : request.status,
    requestId: typeof requestId === "string" ? requestId : Answer.requestId(request.headers),
    retryAfter: Answer.retryAfter(request.headers),
    clockSkew: Answer.clockSkew(request.headers),
    detail: Answer.detail(members)
  })
}
