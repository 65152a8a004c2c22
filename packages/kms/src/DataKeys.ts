/**
 * Where data keys come from: generated and opened by KMS and kept for a while, so that thousands of values cost one call. Programs seal
 * and open through `Encryptor` and `Decryptor`, which stand on this.
 *
 * @since 0.1.0
 */
import { ConfigurationException } from "@armature/aws/Exceptions"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { EncryptionError } from "./EncryptionException.js"
import * as Envelope from "./Envelope.js"
import { encryptionFailure } from "./internal/encryptionErrors.js"
import { EnvelopeKey } from "./internal/envelopeKey.js"
import * as kmsDataKeys from "./internal/kmsDataKeys.js"
import type { Kms } from "./Kms.js"

/**
 * Names and values that KMS is told with every use of a data key, and demands again when it opens one. They stand in audit logs.
 *
 * @since 0.1.0
 * @category models
 */
export type EncryptionContext = Readonly<Record<string, string>>

/**
 * Which data key to seal with: one that this KMS key wraps (an id, ARN or alias) under this context.
 *
 * @since 0.1.0
 * @category models
 */
export interface SealingRequest {
  readonly key: string
  readonly context: EncryptionContext
}

/**
 * Which data key to open with: the one that a sealed value's header names, wrapped by this KMS key under the first of the contexts; the
 * others are tried in order when KMS says that it was another.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpeningRequest {
  readonly header: Envelope.Header
  readonly key: string
  readonly contexts: readonly [EncryptionContext, ...ReadonlyArray<EncryptionContext>]
}

type Sealed = Either.Either<Uint8Array, Envelope.EnvelopeFailure>
type Opened = Either.Either<Envelope.AttributeValue, Envelope.EnvelopeFailure>

/**
 * The provider of data keys.
 *
 * @since 0.1.0
 * @category tags
 */
export class DataKeys extends Context.Tag("@armature/kms/DataKeys")<DataKeys, DataKeys.Service>() {}

/**
 * @since 0.1.0
 */
export declare namespace DataKeys {
  /**
   * A key is lent to a function that runs at once, and is not kept: it may be overwritten later.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    readonly withSealingKey: (
      request: SealingRequest,
      use: (key: Envelope.EnvelopeKey) => Sealed
    ) => Effect.Effect<Sealed, EncryptionError>
    readonly withOpeningKey: (
      request: OpeningRequest,
      use: (key: Envelope.EnvelopeKey) => Opened
    ) => Effect.Effect<Opened, EncryptionError>
  }

  /**
   * How long data keys are kept. What is over a bound is overwritten (as far as JavaScript lets one), and KMS is asked again.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Options {
    readonly sealing?: SealingBounds | undefined
    readonly opening?: OpeningBounds | undefined
  }

  /**
   * Bounds of the keys that values are sealed with.
   *
   * @since 0.1.0
   * @category models
   */
  export interface SealingBounds {
    /** Default 5 minutes. */
    readonly maxAge?: Duration.DurationInput | undefined
    /** Values that one key seals. Default 1,000,000. */
    readonly maxMessages?: number | undefined
    /** Sealed bytes of one key. Default 1 GiB. */
    readonly maxBytes?: number | undefined
    /** Keys at a time: one for each KMS key and context. Default 1,000. */
    readonly maxKeys?: number | undefined
  }

  /**
   * Bounds of the keys that values are opened with.
   *
   * @since 0.1.0
   * @category models
   */
  export interface OpeningBounds {
    /** Also the delay with which a right that was taken away ends. Default 5 minutes. */
    readonly maxAge?: Duration.DurationInput | undefined
    /** Keys at a time; the least recently used goes first. Default 1,000. */
    readonly maxKeys?: number | undefined
  }

  /**
   * A data key that does not come from KMS: 32 bytes, the id that sealed values will name, and what will stand for its wrapped form
   * (by default the id again).
   *
   * @since 0.1.0
   * @category models
   */
  export interface StaticKey {
    readonly keyId: string
    readonly dataKey: Redacted.Redacted<Uint8Array>
    readonly edk?: Uint8Array | undefined
  }
}

const positive = (option: string, n: number): Effect.Effect<number, ConfigurationException> =>
  n > 0 && !Number.isNaN(n) ? Effect.succeed(n) : invalid(option)

const atLeastOne = (option: string, n: number): Effect.Effect<number, ConfigurationException> =>
  n >= 1 ? Effect.succeed(n) : invalid(option)

const invalid = (option: string) =>
  Effect.fail(new ConfigurationException({ service: "KMS", reason: "Invalid", option }))

const millis = (option: string, duration: Duration.DurationInput) => positive(option, Duration.toMillis(duration))

/**
 * Data keys from KMS, kept within bounds. Any number of concurrent misses make one call; a call that failed is not remembered; keys are
 * overwritten when they leave, at the latest with the Layer's scope. Fails when a bound is not positive.
 *
 * Metrics: `armature.kms.data_key.calls` and `armature.kms.data_key.hits` (counters, tagged `operation`), `armature.kms.data_key.age`
 * (histogram of the age in seconds at which keys left).
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: DataKeys.Options = {}): Layer.Layer<DataKeys, ConfigurationException, Kms> =>
  Layer.scoped(
    DataKeys,
    Effect.gen(function*() {
      const { opening, sealing } = options
      return yield* kmsDataKeys.make({
        sealing: {
          maxAge: yield* millis("sealing.maxAge", sealing?.maxAge ?? "5 minutes"),
          maxUses: yield* positive("sealing.maxMessages", sealing?.maxMessages ?? 1_000_000),
          maxBytes: yield* positive("sealing.maxBytes", sealing?.maxBytes ?? 1024 ** 3),
          maxEntries: yield* atLeastOne("sealing.maxKeys", sealing?.maxKeys ?? 1_000)
        },
        opening: {
          maxAge: yield* millis("opening.maxAge", opening?.maxAge ?? "5 minutes"),
          maxUses: Infinity,
          maxBytes: Infinity,
          maxEntries: yield* atLeastOne("opening.maxKeys", opening?.maxKeys ?? 1_000)
        }
      })
    })
  )

/**
 * Data keys that are given, for tests and for keys that come from elsewhere. All is sealed with `seal`; what was sealed with one of `open`
 * can be opened too. The KMS key and the encryption context that are asked for mean nothing here: any context opens. Fails when a key is not
 * 32 bytes, its id cannot stand in a sealed value, or two different keys have one id and wrapped form.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerStatic = (options: {
  readonly seal: DataKeys.StaticKey
  readonly open?: ReadonlyArray<DataKeys.StaticKey> | undefined
}): Layer.Layer<DataKeys, ConfigurationException> =>
  Layer.effect(
    DataKeys,
    Effect.gen(function*() {
      const sealing = yield* staticKey("seal", options.seal)
      const opening = [sealing, ...(yield* Effect.forEach(options.open ?? [], (key) => staticKey("open", key)))]
      if (opening.some((one) => opening.some((other) => clash(one, other)))) return yield* invalid("open")
      return {
        withSealingKey: (_request, use) => Effect.sync(() => use(sealing)),
        withOpeningKey: ({ header }, use) =>
          Effect.suspend(() => {
            const key = opening.find((key) => key.keyId === header.keyId && Buffer.compare(key.edk, header.edk) === 0)
            return key === undefined ? encryptionFailure("IncorrectKey") : Effect.succeed(use(key))
          })
      }
    })
  )

/** Whether two keys are called alike and are not: which of them is meant could not be told. */
const clash = (one: Envelope.EnvelopeKey, other: Envelope.EnvelopeKey): boolean =>
  one.keyId === other.keyId && Buffer.compare(one.edk, other.edk) === 0 &&
  EnvelopeKey.prk(one)?.equals(EnvelopeKey.prk(other) ?? one.edk) !== true

const staticKey = (
  option: string,
  { dataKey, edk, keyId }: DataKeys.StaticKey
): Effect.Effect<Envelope.EnvelopeKey, ConfigurationException> =>
  Effect.flatMap(
    Effect.orElse(Effect.try(() => Redacted.value(dataKey)), () => invalid(option)),
    (dataKey) =>
      Either.match(Envelope.key({ keyId, edk: edk ?? Buffer.from(keyId), dataKey }), {
        onLeft: () => invalid(option),
        onRight: Effect.succeed
      })
  )
