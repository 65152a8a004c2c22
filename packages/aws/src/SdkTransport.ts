/**
 * A transport over a client of the AWS SDK v3. The SDK resolves configuration, credentials and endpoints, writes, signs and reads; it never
 * retries. The transport owns the client's connections, so that it can tell what a failure of one means.
 *
 * @since 0.1.0
 */
import { defaultProvider } from "@aws-sdk/credential-provider-node"
import { NodeHttpHandler } from "@smithy/node-http-handler"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Http from "node:http"
import type * as Https from "node:https"
import { Readable } from "node:stream"
import type { Credentials, Options, ProvidedCredentials } from "./AwsConfig.js"
import { asRecord, configurationReason, isCertificateError } from "./Classify.js"
import { ConfigurationException } from "./Exceptions.js"
import * as agents from "./internal/agents.js"
import * as lanes from "./internal/lanes.js"
import { attempt, member, textOf, word } from "./internal/unknown.js"
import type { Info, InputOf, OutputOf, Transport } from "./Transport.js"
import * as Wire from "./WireFailure.js"

/**
 * The configuration that every client of the SDK is made with.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientConfig {
  readonly region?: string
  readonly endpoint?: string
  readonly profile?: string
  readonly credentials?: () => Promise<ProvidedCredentials>
  readonly credentialDefaultProvider: (
    init: unknown
  ) => (options?: Record<string, unknown>) => Promise<ProvidedCredentials>
  readonly requestHandler: NodeHttpHandler
  readonly maxAttempts: 1
  readonly retryMode: "standard"
}

/**
 * What the transport uses of a client of the SDK.
 *
 * @since 0.1.0
 * @category models
 */
export interface SdkClient {
  readonly config: {
    readonly region: () => Promise<string>
    readonly credentials: (options?: { readonly forceRefresh?: boolean }) => Promise<unknown>
    readonly logger: object
  }
  readonly middlewareStack: object
  readonly destroy: () => void
}

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
        : Math.min(this.answerTimeout + sending(target.headers), longestMillis)
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

/** Milliseconds that a body may take on its way: a slow line is not a silent one. */
const sending = (headers: Readonly<Record<string, string>>): number => {
  const bytes = Number(headers["x-amz-decoded-content-length"] ?? headers["content-length"] ?? 0)
  return bytes > slowest ? bytes * 1000 / slowest : 0
}

/** Bytes in a second. */
const slowest = 16 * 1024

const answerTimeout = () => Object.assign(new Error("answer timeout"), { name: "TimeoutError", code: "ETIMEDOUT" })

const credentialsMark: unique symbol = Symbol.for("@armature/aws/credentialsFailure")

/** What can stand in a header. */
const sendable = /^[\x21-\x7e]+$/

/** What a provider gives is typed by its author, and may be anything. */
const checked = (given: ProvidedCredentials): ProvidedCredentials => {
  const { accessKeyId, expiration, secretAccessKey, sessionToken } = asRecord(given)
  if (
    typeof accessKeyId !== "string" || accessKeyId === "" || typeof secretAccessKey !== "string" ||
    secretAccessKey === ""
  ) {
    throw Object.assign(new Error(), { code: "NO_CREDENTIALS" })
  }
  const isToken = sessionToken === undefined || typeof sessionToken === "string" && sendable.test(sessionToken)
  const isDate = expiration === undefined || expiration instanceof Date && !Number.isNaN(expiration.getTime())
  if (!sendable.test(accessKeyId) || !isToken || !isDate) {
    throw Object.assign(new Error(), { name: "InvalidCredentials", code: "CREDENTIALS_MALFORMED" })
  }
  return given
}

/** Marks whatever a provider of credentials throws: nothing else about it can be relied on. */
const marked =
  <A extends ReadonlyArray<unknown>>(provider: (...args: A) => Promise<ProvidedCredentials>) => (...args: A) =>
    Promise.resolve().then(() => provider(...args)).then(checked).catch((cause: unknown) => {
      throw Object.defineProperty(new Error("no credentials", { cause }), credentialsMark, {
        value: cause,
        enumerable: false
      })
    })

const provider = (credentials: Credentials): () => Promise<ProvidedCredentials> => {
  if (typeof credentials === "function") return credentials
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const value = {
    accessKeyId,
    secretAccessKey: Redacted.value(secretAccessKey),
    ...(sessionToken === undefined ? {} : { sessionToken: Redacted.value(sessionToken) })
  }
  return () => Promise.resolve(value)
}

const defaults = {
  acquire: Duration.seconds(10),
  connect: Duration.seconds(3),
  request: Duration.seconds(30),
  maxSockets: 50,
  maxIdle: 4_000
}

/** Node's timers hold 31 bits, and take what is longer for 1 ms. */
const longest = Duration.days(24)
const longestMillis = Duration.toMillis(longest)

/**
 * Milliseconds as Node's timers take them.
 *
 * @since 0.1.0
 * @category utils
 */
export const millis = (given: Duration.DurationInput | undefined, fallback: Duration.Duration): number =>
  Duration.toMillis(Duration.min(given ?? fallback, longest))

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
    const { credentials, endpoint, maxSockets, profile, region, timeouts } = options.options
    yield* checkEndpoint(options.service, endpoint)
    const owned = agents.make({
      maxSockets: maxSockets ?? defaults.maxSockets,
      acquire: millis(timeouts?.acquire, defaults.acquire),
      connect: millis(timeouts?.connect, defaults.connect),
      maxIdle: defaults.maxIdle
    })
    const handler = new Handler({
      httpAgent: owned.http,
      httpsAgent: owned.https,
      timeout: millis(timeouts?.request, defaults.request)
    })
    const failed = (cause: unknown) =>
      new ConfigurationException({ service: options.service, cause, ...configurationReason(cause) })
    const client = yield* Effect.acquireRelease(
      Effect.try({
        try: () =>
          options.client({
            ...(region === undefined ? {} : { region }),
            ...(endpoint === undefined ? {} : { endpoint }),
            ...(profile === undefined ? {} : { profile }),
            ...(credentials === undefined ? {} : { credentials: marked(provider(credentials)) }),
            credentialDefaultProvider: (init) => marked(defaultProvider(asRecord(init))),
            requestHandler: handler,
            maxAttempts: 1,
            retryMode: "standard"
          }),
        catch: failed
      }),
      (client) => Effect.sync(() => client.destroy())
    )
    // the SDK copies each input and answer, secrets masked, for a logger that drops them; it does not where there is no such method
    Reflect.set(client.config.logger, "info", undefined)
    if (options.reuse === true) Reflect.set(client, "send", lanes.send(client))
    const resolved = yield* Effect.tryPromise({ try: () => client.config.region(), catch: failed })
    const info: Info = {
      region: resolved,
      get serverAddress() {
        return handler.server?.address
      },
      get serverPort() {
        return handler.server?.port
      }
    }
    let stale = false
    let refreshing: Promise<unknown> | undefined

    /** One refresh for all that wait for it; what was stale stays so until one has come. */
    const refresh = () =>
      refreshing ??= client.config.credentials({ forceRefresh: true }).then(() => {
        stale = false
      }).finally(() => {
        refreshing = undefined
      })

    const send: Transport<Ops>["send"] = (operation, input) =>
      Effect.async((resume) => {
        const request = new Request()
        const sender = options.senders[operation]
        const run = () => sender(client, input, { armature: request })
        const failed = (error: unknown) => {
          clearTimeout(request.deadline)
          const failure = attempt(() => wireFailure(error, request)) ?? unreadable(request)
          if (failure._tag === "ServiceFault" && expired.has(failure.code ?? "")) stale = true
          resume(Effect.fail(failure))
        }
        try {
          const answer = stale ? refresh().then(run) : run()
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

const expired: ReadonlySet<string> = new Set(["ExpiredToken", "ExpiredTokenException"])

const checkEndpoint = (service: string, endpoint: string | undefined): Effect.Effect<void, ConfigurationException> => {
  if (endpoint === undefined) return Effect.void
  const protocol = URL.canParse(endpoint) ? new URL(endpoint).protocol : undefined
  return protocol === "http:" || protocol === "https:"
    ? Effect.void
    : Effect.fail(new ConfigurationException({ service, reason: "InvalidEndpoint", option: "endpoint" }))
}

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
  if (credentialsMark in error) return Wire.credentialsFault(error[credentialsMark])
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
      : Wire.malformedFault({ statusCode: request.status, requestId: header(request, requestIds), cause: error })
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
  if (name === "CredentialsProviderError" || name === "TokenProviderError") return Wire.credentialsFault(error)
  return configurationReason(error).reason === "Invalid" ? Wire.inputFault(error) : Wire.configurationFault(error)
}

const requestIds = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"]

const header = (request: Request, names: ReadonlyArray<string>): string | undefined => {
  for (const name of names) {
    const value = request.headers[name]
    if (value !== undefined) return value
  }
  return undefined
}

/** Members of an SDK error that are the SDK's or JavaScript's, not the service's. */
const notDetail: ReadonlySet<string> = new Set([
  "name",
  "message",
  "Message",
  "stack",
  "$fault",
  "$metadata",
  "$retryable",
  "$response",
  "code",
  "__type"
])

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
    requestId: typeof requestId === "string" ? requestId : header(request, requestIds),
    retryAfter: retryAfter(request),
    clockSkew: clockSkew(request),
    detail: Object.fromEntries(Object.entries(members).filter(([member]) => !notDetail.has(member)))
  })
}

/** AWS's own hint is in milliseconds; HTTP's `Retry-After` is in seconds, or a date. */
const retryAfter = (request: Request): number | undefined => {
  const own = request.headers["x-amz-retry-after"]
  if (own !== undefined) return /^\d+$/.test(own) ? Number(own) : undefined
  const standard = request.headers["retry-after"]
  if (standard === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(standard)) return Number(standard) * 1000
  const at = Date.parse(standard)
  // a date of the server's is held against the server's own clock, so that ours need not be right
  const now = Date.parse(request.headers["date"] ?? "")
  return Number.isNaN(at) || Number.isNaN(now) ? undefined : Math.max(0, at - now)
}

const clockSkew = (request: Request): number | undefined => {
  const at = Date.parse(request.headers["date"] ?? "")
  // the machine's clock, not Effect's: it is the one that the SDK signed with
  // eslint-disable-next-line no-restricted-properties
  return Number.isNaN(at) ? undefined : at - Date.now()
}
