/**
 * The direct transport: the SDK's client says where and as whom, and everything else of a request is ours. It is written, signed, sent over a
 * connection of our own and read in one pass each.
 */
import * as Answer from "@armature/aws/Answer"
import type { Options } from "@armature/aws/AwsConfig"
import { asRecord, isCertificateError } from "@armature/aws/Classify"
import { ConfigurationException } from "@armature/aws/Exceptions"
import * as SdkConfig from "@armature/aws/SdkConfig"
import type { InputOf, OutputOf, Transport } from "@armature/aws/Transport"
import * as Wire from "@armature/aws/WireFailure"
import * as Sdk from "@aws-sdk/client-dynamodb"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { crc32 } from "node:zlib"
import type * as Undici from "undici"
import * as operations from "./directOperations.js"
import { type Connection, Pool } from "./directPool.js"
import { through } from "./directProxy.js"
import * as shape from "./directShape.js"
import { amzDate, type CanonicalHeaders, sha256, Signer } from "./directSigV4.js"
import { identities, type Identity, type Target, targets } from "./directTarget.js"
import type { Operations } from "./operations.js"

export interface DirectOptions extends Options {
  readonly proxy?: string | undefined
}

/** What the SDK's handler could be told, and this transport cannot do. */
const unsupported = ["requestHandler", "httpAgent", "httpsAgent", "agent"]

/** From here on the SDK takes its own clock to be wrong, in milliseconds. */
const skewed = 300_000

interface Codec {
  readonly target: string
  readonly write: shape.Write
  readonly read: (value: unknown) => Record<string, unknown>
}

const codecOf = (name: keyof Operations): Codec => {
  const tuple = operations.shapes[name]
  const members: ReadonlyArray<unknown> = Array.isArray(tuple) ? tuple : []
  return {
    target: `DynamoDB_20120810.${name}`,
    write: shape.codec(members[4]).write,
    read: shape.structure(members[5])
  }
}

/** The machine's clock, not Effect's: it is the one that servers hold signatures against. */
// eslint-disable-next-line no-restricted-properties
const clock = (): number => Date.now()

/** Time by the servers' clocks. */
class SigningClock {
  private offset = 0
  private heard = ""
  private second = 0
  private date = ""

  /** `20150830T123600Z`. */
  now(): string {
    const second = Math.floor((clock() + this.offset) / 1000)
    if (second !== this.second) {
      this.second = second
      this.date = amzDate(second * 1000)
    }
    return this.date
  }

  /** Looks at an answer's own time. */
  note(headers: Answer.Headers): void {
    const { date } = headers
    if (typeof date !== "string" || date === this.heard) return
    this.heard = date
    const skew = Answer.clockSkew(headers)
    if (skew !== undefined && Math.abs(skew - this.offset) >= skewed) this.offset = skew
  }
}

/** One request on its way. */
class Exchange implements Undici.Dispatcher.DispatchHandler {
  private sent = false
  private done = false
  private status = 0
  private headers: Answer.Headers = {}
  private first: Buffer | undefined
  private more: Array<Buffer> | undefined
  private deadline = Infinity
  private controller: Undici.Dispatcher.DispatchController | undefined
  private connection: Connection | undefined
  private unqueue: (() => void) | undefined

  constructor(
    private readonly wire: Wired,
    private readonly codec: Codec,
    private readonly succeed: (output: object) => void,
    private readonly failed: (failure: Wire.WireFailure) => void
  ) {}

  go(pool: Pool, target: Target, body: Buffer, headers: Array<string>): void {
    const headersTimeout = this.wire.limits.request === 0
      ? 0
      : Math.min(this.wire.limits.request + Answer.sendingTime(body.length), SdkConfig.longestMillis)
    this.unqueue = pool.acquire(
      (connection) => {
        this.unqueue = undefined
        this.connection = connection
        const { origin, path } = target
        try {
          connection.dispatcher.dispatch(
            { origin, path, method: "POST", headers, body, headersTimeout, bodyTimeout: this.wire.limits.request },
            this
          )
        } catch (error) {
          this.end(pool, Wire.inputFault(error))
        }
      },
      () =>
        this.end(
          pool,
          Wire.connectionFault({ phase: "connect", timeout: true, cause: timeout("ACQUIRE_TIMEOUT", target) })
        )
    )
    this.pool = pool
    this.target = target
  }

  private pool: Pool | undefined
  private target: Target | undefined

  onRequestStart(controller: Undici.Dispatcher.DispatchController): void {
    // what was under way once is never sent again behind the caller's back
    if (this.sent) controller.abort(Object.assign(new Error(), { code: "ECONNRESET" }))
    this.controller = controller
    this.sent = true
  }

  onResponseStart(_: Undici.Dispatcher.DispatchController, status: number, headers: Answer.Headers): void {
    if (status < 200) return
    this.status = status
    this.headers = headers
    if (this.wire.limits.request > 0) this.deadline = clock() + this.wire.limits.request
  }

  onResponseData(controller: Undici.Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.first === undefined) this.first = chunk
    else (this.more ??= [this.first]).push(chunk)
    if (this.more !== undefined && clock() > this.deadline) controller.abort(timeout("BODY_TIMEOUT", this.target))
  }

  onResponseEnd(): void {
    if (this.done) return
    this.done = true
    if (this.connection !== undefined) this.pool?.release(this.connection)
    const bytes = this.more === undefined ? this.first : Buffer.concat(this.more)
    this.wire.clock.note(this.headers)
    let answer: Record<string, unknown>
    try {
      const checksum = this.headers["x-amz-crc32"]
      if (checksum !== undefined && Number(checksum) !== crc32(bytes ?? none)) throw new Error("wrong checksum")
      const parsed: unknown = bytes === undefined ? {} : JSON.parse(bytes.toString("utf8"))
      if (this.status >= 300) return this.failed(serviceFault(this.status, this.headers, asRecord(parsed)))
      answer = this.codec.read(parsed)
    } catch (cause) {
      return this.failed(
        Wire.malformedFault({ statusCode: this.status, requestId: Answer.requestId(this.headers), cause })
      )
    }
    answer.$metadata = this.metadata()
    this.succeed(answer)
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.pool !== undefined) this.end(this.pool, this.failure(error))
  }

  /** The program does not want it any more. */
  stop(): void {
    if (this.done) return
    this.done = true
    this.unqueue?.()
    this.controller?.abort(new Error("stopped"))
    if (this.connection !== undefined) this.pool?.drop(this.connection)
  }

  private end(pool: Pool, failure: Wire.WireFailure): void {
    if (this.done) return
    this.done = true
    if (this.connection !== undefined) pool.drop(this.connection)
    this.failed(failure)
  }

  private metadata() {
    const { headers } = this
    return {
      httpStatusCode: this.status,
      requestId: Answer.requestId(headers),
      extendedRequestId: headers["x-amz-id-2"],
      cfId: headers["x-amz-cf-id"],
      attempts: 1,
      totalRetryDelay: 0
    }
  }

  private failure(error: Error): Wire.WireFailure {
    const code = "code" in error && typeof error.code === "string" ? error.code : ""
    if (!this.sent) {
      if (isCertificateError(error)) return Wire.configurationFault(error)
      return code === "UND_ERR_CONNECT_TIMEOUT"
        ? Wire.connectionFault({ phase: "connect", timeout: true, cause: timeout("CONNECT_TIMEOUT", this.target) })
        : code === "UND_ERR_INVALID_ARG"
        ? Wire.inputFault(error)
        : Wire.connectionFault({
          phase: "connect",
          timeout: false,
          // what Node's http client calls it
          cause: code.startsWith("ERR_SSL_") ? Object.assign(new Error(), { code: "EPROTO" }) : error
        })
    }
    // what came is no HTTP
    if (error.name === "HTTPParserError" || code === "UND_ERR_HEADERS_OVERFLOW") {
      return Wire.malformedFault(
        this.status === 0
          ? { statusCode: undefined, cause: error }
          : { statusCode: this.status, requestId: Answer.requestId(this.headers), cause: error }
      )
    }
    const isTimeout = code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT" || code === "BODY_TIMEOUT"
    return Wire.connectionFault({
      phase: this.status === 0 ? "sent" : "body",
      timeout: isTimeout,
      cause: code.startsWith("UND_ERR_")
        ? Object.assign(new Error(), { code: isTimeout ? "ETIMEDOUT" : "ECONNRESET" })
        : error
    })
  }
}

const none = new Uint8Array()

const timeout = (code: string, target: Target | undefined): Error =>
  Object.assign(new Error(code), { code, syscall: "connect", hostname: target?.address, port: target?.port })

/** AWS's name for an error: without a namespace before it or a link behind it. */
const errorName = (raw: unknown): string => {
  if (typeof raw !== "string" && typeof raw !== "number") throw new TypeError("an error's name is none")
  const [name = ""] = String(raw).split(",")[0]?.split(":") ?? []
  return name.includes("#") ? name.split("#")[1] ?? "" : name
}

/** Names and codes are an error's own; anything else may quote what was sent. */
const isName = /^[\w.:-]{1,80}$/

const unnamed: ReadonlySet<string> = new Set(["Unknown", "UnknownError", "Error"])

const serviceFault = (
  status: number,
  headers: Answer.Headers,
  members: Readonly<Record<string, unknown>>
): Wire.WireFailure => {
  const coded = Object.keys(members).find((key) => key.toLowerCase() === "code")
  const raw = members.__type ?? (coded === undefined ? undefined : members[coded]) ?? headers["x-amzn-errortype"]
  const name = raw === undefined ? "Unknown" : errorName(raw)
  const message = members.message ?? members.Message
  const known = operations.errorShapes.get(name)
  const read = known === undefined ? {} : asRecord(shape.codec(known).read(members))
  return Wire.serviceFault({
    code: unnamed.has(name) || !isName.test(name) ? undefined : name,
    message: typeof message === "string" ? message : "UnknownError",
    statusCode: status,
    requestId: Answer.requestId(headers),
    retryAfter: Answer.retryAfter(headers),
    clockSkew: Answer.clockSkew(headers),
    detail: Answer.detail({ ...members, ...read })
  })
}

/** What all requests of a client share. */
interface Wired {
  readonly limits: SdkConfig.Limits
  readonly clock: SigningClock
}

const contentType = "application/x-amz-json-1.0"

const headersOf = (
  signer: Signer,
  date: string,
  target: Target,
  identity: Identity,
  codec: Codec,
  body: Buffer
): Array<string> => {
  const { sessionToken } = identity
  const signed: CanonicalHeaders = sessionToken === undefined
    ? [
      ["content-type", contentType],
      ["host", target.host],
      ["x-amz-date", date],
      ["x-amz-target", codec.target]
    ]
    : [
      ["content-type", contentType],
      ["host", target.host],
      ["x-amz-date", date],
      ["x-amz-security-token", sessionToken],
      ["x-amz-target", codec.target]
    ]
  const headers = ["accept-encoding", "identity", "user-agent", "armature", ...target.headers]
  for (const [name, value] of signed) if (name !== "host") headers.push(name, value)
  headers.push(
    "authorization",
    signer.authorization(
      { method: "POST", path: target.canonicalPath, headers: signed, bodyHash: sha256(body) },
      { secret: identity, date, region: target.region, service: target.service }
    )
  )
  return headers
}

/** A transport of its own for the client's configuration. Its connections are closed with the scope. */
export const make = (
  options: DirectOptions
): Effect.Effect<Transport<Operations>, ConfigurationException, Scope.Scope> =>
  Effect.gen(function*() {
    const given = unsupported.find((name) => member(options, name) !== undefined)
    const refused = given ?? (options.proxy !== undefined && !URL.canParse(options.proxy) ? "proxy" : undefined)
    if (refused !== undefined) {
      return yield* new ConfigurationException({ service: "DynamoDB", reason: "Invalid", option: refused })
    }
    const { client, region } = yield* SdkConfig.open({
      service: "DynamoDB",
      options,
      client: (config) => new Sdk.DynamoDBClient(config)
    })
    const limits = SdkConfig.limits(options)
    const wired: Wired = { limits, clock: new SigningClock() }
    const freshness = SdkConfig.freshness(client)
    const credentials = identities(client)
    const endpoints = targets(client, region)
    const signer = new Signer()
    const pools = new Map<string, Pool>()
    yield* Effect.addFinalizer(() => Effect.promise(() => Promise.all([...pools.values()].map((pool) => pool.close()))))
    const connect = options.proxy === undefined ? undefined : through(new URL(options.proxy), limits.connect)
    const codecs = new Map<string, Codec>()
    let newest: Target | undefined

    const codecFor = (operation: keyof Operations): Codec => {
      let codec = codecs.get(operation)
      if (codec === undefined) codecs.set(operation, codec = codecOf(operation))
      return codec
    }

    const poolFor = (target: Target): Pool => {
      let pool = pools.get(target.origin)
      if (pool === undefined) pools.set(target.origin, pool = new Pool(target.origin, limits, connect))
      return pool
    }

    const send = <K extends keyof Operations>(operation: K, input: InputOf<Operations, K>) =>
      Effect.async<OutputOf<Operations, K>, Wire.WireFailure>((resume) => {
        const codec = codecFor(operation)
        const fail = (failure: Wire.WireFailure) => {
          freshness.note(failure)
          resume(Effect.fail(failure))
        }
        const exchange = new Exchange(
          wired,
          codec,
          // what it was read by is the shape of this operation's output
          (output) => resume(Effect.succeed(output as OutputOf<Operations, K>)),
          fail
        )
        let stopped = false
        const start = (body: Buffer, identity: Identity, target: Target) => {
          newest = target
          exchange.go(
            poolFor(target),
            target,
            body,
            headersOf(signer, wired.clock.now(), target, identity, codec, body)
          )
        }
        try {
          const body = Buffer.from(codec.write(input ?? {}), "utf8")
          const named = operations.named[operation](input)
          const identity = freshness.isStale() ? undefined : credentials.current(clock())
          const target = identity === undefined ? undefined : endpoints.current(named, identity.accountId)
          if (identity !== undefined && target !== undefined) {
            start(body, identity, target)
          } else {
            const ask = async () => {
              const asked = await credentials.ask(freshness.isStale() ? freshness.refresh : undefined)
              const found = endpoints.current(named, asked.accountId) ??
                await endpoints.ask(named, asked.accountId)
              if (!stopped) start(body, asked, found)
            }
            ask().catch((error: unknown) => fail(SdkConfig.unsent(error)))
          }
        } catch (error) {
          fail(Wire.inputFault(error))
        }
        return Effect.sync(() => {
          stopped = true
          exchange.stop()
        })
      })

    return {
      info: {
        region,
        get serverAddress() {
          return newest?.address
        },
        get serverPort() {
          return newest?.port
        }
      },
      send
    }
  })

const member = (options: object, name: string): unknown => name in options ? Reflect.get(options, name) : undefined
