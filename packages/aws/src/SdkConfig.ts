/**
 * What every transport takes from the AWS SDK: a client that knows region, credentials and endpoint by the SDK's own rules, and what its
 * failures say before anything was sent. It loads nothing of the SDK by itself.
 *
 * @since 0.1.0
 */
import type { NodeHttpHandler } from "@smithy/node-http-handler"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Credentials, Options, ProvidedCredentials } from "./AwsConfig.js"
import { asRecord, configurationReason } from "./Classify.js"
import { ConfigurationException } from "./Exceptions.js"
import { textOf } from "./internal/unknown.js"
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
  readonly credentials?: Provider
  readonly credentialDefaultProvider: (init: unknown) => Provider
  readonly requestHandler?: NodeHttpHandler
  readonly maxAttempts: 1
  readonly retryMode: "standard"
}

/**
 * What the transports use of a client of the SDK.
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
 * Times in milliseconds, and how many connections there may be.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  readonly acquire: number
  readonly connect: number
  readonly request: number
  /** After which an idle connection is not used again, by the wall clock. */
  readonly maxIdle: number
  readonly maxSockets: number
}

/** Node's timers hold 31 bits, and take what is longer for 1 ms. */
const longest = Duration.days(24)

/**
 * The longest time that Node's timers can hold, in milliseconds.
 *
 * @since 0.1.0
 * @category constants
 */
export const longestMillis: number = Duration.toMillis(longest)

/**
 * Milliseconds as Node's timers take them.
 *
 * @since 0.1.0
 * @category utils
 */
export const millis = (given: Duration.DurationInput | undefined, fallback: Duration.Duration): number =>
  Duration.toMillis(Duration.min(given ?? fallback, longest))

/**
 * The limits that options set, or their defaults.
 *
 * @since 0.1.0
 * @category utils
 */
export const limits = ({ maxSockets, timeouts }: Options): Limits => ({
  acquire: millis(timeouts?.acquire, Duration.seconds(10)),
  connect: millis(timeouts?.connect, Duration.seconds(3)),
  request: millis(timeouts?.request, Duration.seconds(30)),
  maxIdle: 4_000,
  maxSockets: maxSockets ?? 50
})

/**
 * A client and its region, closed with the scope. Fails when no region is to be found, or the endpoint is not a URL.
 *
 * @since 0.1.0
 * @category constructors
 */
export const open = <Client extends SdkClient>(given: {
  readonly service: string
  readonly options: Options
  readonly client: (config: ClientConfig) => Client
  /** The SDK's own chain of providers. */
  readonly chain: (init: Record<string, unknown>) => Provider
  readonly requestHandler?: NodeHttpHandler | undefined
}): Effect.Effect<{ readonly client: Client; readonly region: string }, ConfigurationException, Scope.Scope> =>
  Effect.gen(function*() {
    const { credentials, endpoint, profile, region } = given.options
    yield* checkEndpoint(given.service, endpoint)
    const failed = (cause: unknown) =>
      new ConfigurationException({ service: given.service, cause, ...configurationReason(cause) })
    const client = yield* Effect.acquireRelease(
      Effect.try({
        try: () =>
          given.client({
            ...(region === undefined ? {} : { region }),
            ...(endpoint === undefined ? {} : { endpoint }),
            ...(profile === undefined ? {} : { profile }),
            ...(credentials === undefined ? {} : { credentials: checkedProvider(provider(credentials)) }),
            credentialDefaultProvider: (init) => checkedProvider(given.chain({ ...asRecord(init) })),
            ...(given.requestHandler === undefined ? {} : { requestHandler: given.requestHandler }),
            maxAttempts: 1,
            retryMode: "standard"
          }),
        catch: failed
      }),
      (client) => Effect.sync(() => client.destroy())
    )
    return { client, region: yield* Effect.tryPromise({ try: () => client.config.region(), catch: failed }) }
  })

const checkEndpoint = (service: string, endpoint: string | undefined): Effect.Effect<void, ConfigurationException> => {
  if (endpoint === undefined) return Effect.void
  const protocol = URL.canParse(endpoint) ? new URL(endpoint).protocol : undefined
  return protocol === "http:" || protocol === "https:"
    ? Effect.void
    : Effect.fail(new ConfigurationException({ service, reason: "InvalidEndpoint", option: "endpoint" }))
}

/**
 * Credentials that a server called expired, and how they are had anew.
 *
 * @since 0.1.0
 * @category models
 */
export interface Freshness {
  readonly isStale: () => boolean
  /** Looks at a failure: after one that calls the credentials expired, they are stale. */
  readonly note: (failure: Wire.WireFailure) => void
  /** One refresh for all that wait for it; what was stale stays so until one has come. */
  readonly refresh: () => Promise<unknown>
}

/**
 * Watches over the credentials of a client.
 *
 * @since 0.1.0
 * @category constructors
 */
export const freshness = (
  client: { readonly config: Pick<SdkClient["config"], "credentials"> }
): Freshness => {
  let stale = false
  let refreshing: Promise<unknown> | undefined
  return {
    isStale: () => stale,
    note: (failure) => {
      if (failure._tag === "ServiceFault" && expired.has(failure.code ?? "")) stale = true
    },
    refresh: () =>
      refreshing ??= client.config.credentials({ forceRefresh: true }).then((fresh) => {
        stale = false
        return fresh
      }).finally(() => {
        refreshing = undefined
      })
  }
}

const expired: ReadonlySet<string> = new Set(["ExpiredToken", "ExpiredTokenException"])

/**
 * What an error of the SDK says that was thrown before anything was sent.
 *
 * @since 0.1.0
 * @category decoding
 */
export const unsent = (error: unknown): Wire.WireFailure => {
  if (typeof error !== "object" || error === null) return Wire.inputFault(error)
  if (credentialsMark in error) return Wire.credentialsFault(error[credentialsMark])
  const name = textOf(error, "name")
  if (name === "CredentialsProviderError" || name === "TokenProviderError") return Wire.credentialsFault(error)
  return configurationReason(error).reason === "Invalid" ? Wire.inputFault(error) : Wire.configurationFault(error)
}

/**
 * Whether an error came out of a provider of credentials, whoever wrote it.
 *
 * @since 0.1.0
 * @category decoding
 */
export const isCredentialsError = (error: object): boolean => credentialsMark in error

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

/**
 * Gives credentials. The options are those of the SDK's own providers.
 *
 * @since 0.1.0
 * @category models
 */
export type Provider = (options?: Record<string, unknown>) => Promise<ProvidedCredentials>

/**
 * A provider that gives nothing but what can be signed with. Whatever it throws is marked: nothing else about it can be relied on.
 *
 * @since 0.1.0
 * @category constructors
 */
export const checkedProvider = (provider: Provider): Provider => (options) =>
  Promise.resolve().then(() => provider(options)).then(checked).catch((cause: unknown) => {
    throw Object.defineProperty(new Error("no credentials", { cause }), credentialsMark, {
      value: cause,
      enumerable: false
    })
  })

/**
 * A provider of what the options say.
 *
 * @since 0.1.0
 * @category constructors
 */
export const provider = (credentials: Credentials): Provider => {
  if (typeof credentials === "function") return credentials
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const value = {
    accessKeyId,
    secretAccessKey: Redacted.value(secretAccessKey),
    ...(sessionToken === undefined ? {} : { sessionToken: Redacted.value(sessionToken) })
  }
  return () => Promise.resolve(value)
}
