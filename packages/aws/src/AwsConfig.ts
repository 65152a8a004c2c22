/**
 * Where AWS is and who asks: options that every service's Layer takes, and a reference that sets them for all of them at once.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { Policy } from "./AwsRetry.js"

/**
 * Static credentials.
 *
 * @since 0.1.0
 * @category models
 */
export interface StaticCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted<string>
  readonly sessionToken?: Redacted.Redacted<string> | undefined
}

/**
 * What a provider of the AWS SDK resolves to.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProvidedCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/**
 * Static credentials, or a provider of the AWS SDK (`@aws-sdk/credential-providers`); without either the SDK's default chain is used.
 *
 * @since 0.1.0
 * @category models
 */
export type Credentials = StaticCredentials | (() => Promise<ProvidedCredentials>)

/**
 * How long each part of a request may take.
 *
 * @since 0.1.0
 * @category models
 */
export interface Timeouts {
  /** To get a socket when all of them are busy. Default 10 seconds. */
  readonly acquire?: Duration.DurationInput | undefined
  /** To connect, TLS handshake included. Default 3 seconds. */
  readonly connect?: Duration.DurationInput | undefined
  /**
   * From the request's start until its answer begins, and as long again until it has arrived whole. A body that is sent has a second more
   * for every 16 KiB of it. Default 30 seconds.
   */
  readonly request?: Duration.DurationInput | undefined
  /** Between two pieces of an object's body, while it is read. Default 30 seconds. */
  readonly idle?: Duration.DurationInput | undefined
}

/**
 * May a write be sent again after an attempt of which the outcome is not known?
 *
 * - `"safe"` (the default): puts and deletes without condition and return values, batch writes, and whatever carries a token. The first
 *   two are last-writer-wins: such a resend may overwrite a write that another client made in between.
 * - `"never"`: no write, whatever it is.
 * - `"always"`: this write may be repeated.
 *
 * @since 0.1.0
 * @category models
 */
export type Resend = "safe" | "never" | "always"

/**
 * Options of every service's Layer. What is not given comes from `AwsConfig`, then from the AWS SDK's own sources (environment, shared
 * files, instance metadata).
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly region?: string | undefined
  /** `http(s)://host:port`; default is AWS's own for service and region. */
  readonly endpoint?: string | undefined
  readonly credentials?: Credentials | undefined
  /** A profile of the shared AWS configuration files. */
  readonly profile?: string | undefined
  readonly timeouts?: Timeouts | undefined
  /** Connections at most. Default 50. */
  readonly maxSockets?: number | undefined
  /** When a request is sent again; see `AwsRetry`. */
  readonly retry?: Policy | undefined
  /** Default `"safe"`. */
  readonly resend?: Resend | undefined
  /** A call that takes longer, retries included, is logged as a warning. Default: none is. */
  readonly slow?: Duration.DurationInput | undefined
}

/**
 * Options for all services of a program. A Layer's own options win, field by field.
 *
 * @example
 * ```ts
 * import * as AwsConfig from "@armature/aws/AwsConfig"
 *
 * const inFrankfurt = AwsConfig.layer({ region: "eu-central-1" })
 * ```
 *
 * @since 0.1.0
 * @category references
 */
export class AwsConfig extends Context.Reference<AwsConfig>()("@armature/aws/AwsConfig", {
  defaultValue: (): Options => ({})
}) {}

/**
 * A Layer that sets the options for the client Layers it is provided to.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<never> => Layer.succeed(AwsConfig, options)

/**
 * The options in force for a Layer: its own, and under them those of `AwsConfig`; timeouts likewise, one by one.
 *
 * @since 0.1.0
 * @category utils
 */
export const resolve = (own: Options): Effect.Effect<Options> =>
  Effect.map(AwsConfig, (base) => ({
    ...base,
    ...defined(own),
    timeouts: { ...base.timeouts, ...defined(own.timeouts ?? {}) }
  }))

/** An option given as `undefined` is one that was not given. */
const defined = (options: object): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
