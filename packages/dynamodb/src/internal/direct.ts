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
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import { crc32 } from "node:zlib"
import { NotHttp } from "./directAnswer.js"
import { connector, proxyOf } from "./directConnect.js"
import { Heads } from "./directHead.js"
import * as operations from "./directOperations.js"
import * as plain from "./directPlain.js"
import { type Broken, type Exchange, Pool } from "./directPool.js"
import * as shape from "./directShape.js"
import { amzDate, Signer } from "./directSigV4.js"
import { identities, type Identity, type Source, type Target, targets } from "./directTarget.js"
import type { Operations } from "./operations.js"

export interface DirectOptions extends Options {
  readonly proxy?: string | undefined
}

/** What the SDK's handler could be told, and this transport cannot do. */
const unsupported = ["requestHandler", "httpAgent", "httpsAgent", "agent"]

/** From here on the SDK takes its own clock to be wrong, in milliseconds. */
const skewed = 300_000

interface Codec {
  readonly heads: Heads
  readonly write: shape.Write
  readonly read: (value: unknown) => Record<string, unknown>
}

const codecOf = (name: keyof Operations): Codec => ({
  heads: new Heads(`DynamoDB_20120810.${name}`),
  write: shape.codec(`${name}Input`).write,
  read: shape.structure(`${name}Output`)
})

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
class Call implements Exchange {
  head = ""
  body: Buffer = none
  answerWithin = 0
  readonly endWithin: number
  private done = false
  private pool: Pool | undefined
  private target: Target | undefined

  constructor(
    private readonly wire: Wired,
    private readonly codec: Codec,
    private readonly succeed: (output: object) => void,
    private readonly failed: (failure: Wire.WireFailure) => void
  ) {
    this.endWithin = wire.limits.request
  }

  go(pool: Pool, target: Target, head: string, body: Buffer): void {
    this.head = head
    this.body = body
    if (this.endWithin > 0) {
      this.answerWithin = Math.min(this.endWithin + Answer.sendingTime(body.length), SdkConfig.longestMillis)
    }
    this.pool = pool
    this.target = target
    pool.start(this)
  }

  answered(status: number, headers: Answer.Headers, body: Buffer = none): void {
    if (this.done) return
    this.done = true
    this.wire.clock.note(headers)
    let answer: Record<string, unknown>
    try {
      const checksum = headers["x-amz-crc32"]
      if (checksum !== undefined && Number(checksum) !== crc32(body)) throw new Error("wrong checksum")
      const parsed: unknown = body.length === 0 ? {} : JSON.parse(body.toString("utf8"))
      if (status >= 300) return this.failed(serviceFault(status, headers, asRecord(parsed)))
      answer = this.codec.read(parsed)
    } catch (cause) {
      return this.failed(Wire.malformedFault({ statusCode: status, requestId: Answer.requestId(headers), cause }))
    }
    answer.$metadata = metadata(status, headers)
    this.succeed(answer)
  }

  broken(what: Broken): void {
    if (this.done) return
    this.done = true
    this.failed(faultOf(what, this.target))
  }

  /** The program does not want it any more. */
  stop(): void {
    if (this.done) return
    this.done = true
    this.pool?.stop(this)
  }
}

const none = Buffer.alloc(0)

const metadata = (status: number, headers: Answer.Headers) => ({
  httpStatusCode: status,
  requestId: Answer.requestId(headers),
  extendedRequestId: headers["x-amz-id-2"],
  cfId: headers["x-amz-cf-id"],
  attempts: 1,
  totalRetryDelay: 0
})

const faultOf = ({ cause, headers, phase, status }: Broken, target: Target | undefined): Wire.WireFailure => {
  if (cause === "timeout") {
    return Wire.connectionFault({
      phase,
      timeout: true,
      cause: phase === "connect"
        ? timeout("ACQUIRE_TIMEOUT", target)
        : Object.assign(new Error(), { code: "ETIMEDOUT" })
    })
  }
  if (cause instanceof NotHttp) {
    return Wire.malformedFault(
      status === 0
        ? { statusCode: undefined, cause }
        : { statusCode: status, requestId: Answer.requestId(headers), cause }
    )
  }
  if (phase !== "connect") return Wire.connectionFault({ phase, timeout: false, cause })
  if (isCertificateError(cause)) return Wire.configurationFault(cause)
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : ""
  return code === "CONNECT_TIMEOUT"
    ? Wire.connectionFault({ phase, timeout: true, cause: timeout(code, target) })
    : Wire.connectionFault({
      phase,
      timeout: false,
      // what Node's http client calls it
      cause: code.startsWith("ERR_SSL_") ? Object.assign(new Error(), { code: "EPROTO" }) : cause
    })
}

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
  const read = operations.errors.has(name) ? asRecord(shape.codec(name).read(members)) : {}
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

/** How the SDK is asked. */
export type Asked = (options: Options) => Effect.Effect<Source, ConfigurationException, Scope.Scope>

/** Where requests go and who signs them: known from the options and the environment, else by the SDK, if it may be asked. */
const sourceOf = (
  options: Options,
  asked: Asked | undefined
): Effect.Effect<Source, ConfigurationException, Scope.Scope> =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime<Scope.Scope>()
    const unknown = (option: string) =>
      new ConfigurationException({
        service: "DynamoDB",
        reason: option === "endpoint" ? "InvalidEndpoint" : "Invalid",
        option,
        detail: "without the AWS SDK only a usual one is known"
      })
    let opened: Promise<Source> | undefined
    const later = () => {
      if (asked === undefined) return Promise.reject(Object.assign(new Error("no SDK"), { code: "ERR_INVALID_URL" }))
      return opened ??= Runtime.runPromise(runtime)(Effect.either(asked(options))).then(
        Either.getOrThrowWith((e) => e.cause ?? e)
      ).catch((error: unknown) => {
        opened = undefined
        throw error
      })
    }
    const source = plain.source(options, process.env, later)
    if (typeof source !== "string") return source
    return yield* asked === undefined ? Effect.fail(unknown(source)) : asked(options)
  })

/** A transport of its own for the client's configuration. Its connections are closed with the scope. */
export const make = (
  options: DirectOptions,
  asked: Asked | undefined
): Effect.Effect<Transport<Operations>, ConfigurationException, Scope.Scope> =>
  Effect.gen(function*() {
    const given = unsupported.find((name) => member(options, name) !== undefined)
    const proxy = options.proxy === undefined ? undefined : proxyOf(options.proxy)
    const refused = given ?? (options.proxy !== undefined && proxy === undefined ? "proxy" : undefined)
    if (refused !== undefined) {
      return yield* new ConfigurationException({ service: "DynamoDB", reason: "Invalid", option: refused })
    }
    const source = yield* sourceOf(options, asked)
    const { region } = source
    const limits = SdkConfig.limits(options)
    const wired: Wired = { limits, clock: new SigningClock() }
    const freshness = SdkConfig.freshness(source)
    const credentials = identities(source)
    const endpoints = targets(source)
    const signer = new Signer()
    const pools = new Map<string, Pool>()
    let closed = false
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        closed = true
        for (const pool of pools.values()) pool.close()
      })
    )
    const codecs = new Map<string, Codec>()
    let newest: Target | undefined

    const codecFor = (operation: keyof Operations): Codec => {
      let codec = codecs.get(operation)
      if (codec === undefined) codecs.set(operation, codec = codecOf(operation))
      return codec
    }

    const poolFor = (target: Target): Pool => {
      let pool = pools.get(target.origin)
      if (pool === undefined) {
        pools.set(target.origin, pool = new Pool(limits, connector(target.origin, limits.connect, proxy)))
        if (closed) pool.close()
      }
      return pool
    }

    const send = <K extends keyof Operations>(operation: K, input: InputOf<Operations, K>) =>
      Effect.async<OutputOf<Operations, K>, Wire.WireFailure>((resume) => {
        const codec = codecFor(operation)
        const fail = (failure: Wire.WireFailure) => {
          freshness.note(failure)
          resume(Effect.fail(failure))
        }
        const exchange = new Call(
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
            codec.heads.of(signer, wired.clock.now(), target, identity, body),
            body
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
              const fresh = await credentials.ask(freshness.isStale() ? freshness.refresh : undefined)
              const found = endpoints.current(named, fresh.accountId) ??
                await endpoints.ask(named, fresh.accountId)
              if (!stopped) start(body, fresh, found)
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
