/**
 * The right to move sealed values from one KMS key to another without reading them: KMS `ReEncrypt` wraps the data key anew, and the
 * sealed bytes behind it stay as they are.
 *
 * @since 0.1.0
 */
import { ConfigurationException } from "@armature/aws/Exceptions"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { EncryptionContext } from "./DataKeys.js"
import type { EncryptionException } from "./EncryptionException.js"
import type { EncryptionError } from "./EncryptionException.js"
import * as Envelope from "./Envelope.js"
import { cacheKey, contextOf, fixedContext } from "./internal/encryptionContext.js"
import { encryptionFailure, fromEnvelope, fromKms } from "./internal/encryptionErrors.js"
import { keyIdOf, keysById } from "./internal/keyIds.js"
import * as SharedCache from "./internal/sharedCache.js"
import { Kms as KmsTag } from "./internal/tag.js"
import type * as Kms from "./Kms.js"

/**
 * What of a value's binding its encryption context is made of.
 *
 * @since 0.1.0
 * @category models
 */
export interface Place {
  readonly table: string
  readonly context?: EncryptionContext | undefined
}

/**
 * The capability to move sealed values to another KMS key.
 *
 * @since 0.1.0
 * @category tags
 */
export class Reencryptor extends Context.Tag("@armature/kms/Reencryptor")<Reencryptor, Reencryptor.Service>() {}

/**
 * @since 0.1.0
 */
export declare namespace Reencryptor {
  /**
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    /**
     * The same sealed value with its data key wrapped by the destination key. A value that is under that key already is given back as it
     * is. One call to KMS for each data key.
     */
    readonly reencrypt: (sealed: Uint8Array, place: Place) => Effect.Effect<Uint8Array, EncryptionError>
  }

  /**
   * @since 0.1.0
   * @category models
   */
  export interface Options {
    /** The KMS keys that values may come from: their ARNs (or ids). A value of any other key is refused, and KMS is not asked. */
    readonly from: ReadonlyArray<string>
    /** The ARN (or id) of the KMS key to move to. */
    readonly to: string
    /** As the `Encryptor` has it. */
    readonly context?: EncryptionContext | undefined
    /** As the `Decryptor` has it; what is moved comes under the present context. */
    readonly previousContexts?: ReadonlyArray<(context: EncryptionContext) => EncryptionContext> | undefined
    /** Data keys remembered at a time. Default 10,000. */
    readonly maxKeys?: number | undefined
  }
}

/**
 * The capability over the `Kms` in the context; `layer` provides it. Fails when `from` or `to` has an alias, or two keys of one id.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Reencryptor.Options
): Effect.Effect<Reencryptor.Service, ConfigurationException, Kms.Kms | Scope.Scope> =>
  Effect.gen(function*() {
    const kms = yield* KmsTag
    const fixed = yield* fixedContext(options.context)
    const accepted = yield* keysById("from", options.from)
    const [to] = (yield* keysById("to", [options.to])).keys()
    const previous = options.previousContexts ?? []
    const maxEntries = options.maxKeys ?? 10_000
    if (!(maxEntries >= 1)) {
      return yield* new ConfigurationException({ service: "KMS", reason: "Invalid", option: "maxKeys" })
    }
    const wrapped = yield* SharedCache.make<Envelope.Header, EncryptionError>({
      bounds: { maxAge: Infinity, maxBytes: Infinity, maxUses: Infinity, maxEntries },
      onHit: () => undefined,
      onEvict: () => undefined
    })

    const rewrapKey = (header: Envelope.Header, sourceKey: string, context: EncryptionContext) => {
      const under = (source: EncryptionContext) =>
        kms.reEncrypt({
          CiphertextBlob: header.edk,
          SourceKeyId: sourceKey,
          SourceEncryptionContext: { ...source },
          DestinationKeyId: options.to,
          DestinationEncryptionContext: { ...context }
        })
      return previous.reduce(
        (tried, before) => Effect.catchTag(tried, "InvalidCiphertextException", () => under(before(context))),
        under(context)
      ).pipe(
        Effect.mapError(fromKms),
        Effect.flatMap(({ CiphertextBlob, KeyId }): Effect.Effect<Envelope.Header, EncryptionException> => {
          const keyId = keyIdOf(KeyId ?? "")
          return keyId === undefined || CiphertextBlob === undefined
            ? encryptionFailure("Unavailable")
            : Effect.succeed({ keyId, edk: CiphertextBlob })
        })
      )
    }

    return {
      reencrypt: (sealed, place) =>
        Effect.gen(function*() {
          const header = yield* fromEnvelope(Envelope.header(sealed))
          if (header.keyId === to) return sealed
          const sourceKey = accepted.get(header.keyId)
          if (sourceKey === undefined) return yield* encryptionFailure("IncorrectKey")
          const context = contextOf(fixed, place)
          if (context === undefined) return yield* encryptionFailure("InvalidBinding")
          const moved = yield* wrapped.use(
            cacheKey(sourceKey, context, header.edk),
            rewrapKey(header, sourceKey, context),
            (header) => Envelope.rewrap(sealed, header),
            () => 0
          )
          return yield* fromEnvelope(moved)
        })
    }
  })

/**
 * Moves sealed values between KMS keys. Needs `kms:ReEncryptFrom` on the old keys and `kms:ReEncryptTo` on the new one.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Reencryptor.Options
): Layer.Layer<Reencryptor, ConfigurationException, Kms.Kms> => Layer.scoped(Reencryptor, make(options))

/**
 * How far `reencryptAll` has come.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** Values seen. */
  readonly seen: number
  /** Values that are under the destination key now because of this run. */
  readonly moved: number
  /** Values that were under the destination key already. */
  readonly already: number
  /** Values that somebody else changed in between, so that nothing was written. */
  readonly changed: number
}

/**
 * Moves all values of a stream, a table's say, and tells the progress after each of them. `write` puts the new value in the place of the
 * old one if the old one still stands there (`SET a = :new` if `a = :old`), and says whether it did. The first failure ends the stream;
 * begun anew, it passes over what was moved.
 *
 * @since 0.1.0
 * @category streams
 */
export const reencryptAll = <A extends Place & { readonly sealed: Uint8Array }, E, R, E2, R2>(
  values: Stream.Stream<A, E, R>,
  options: {
    readonly write: (value: A, reencrypted: Uint8Array) => Effect.Effect<boolean, E2, R2>
    /** Values at a time. Default 16. */
    readonly concurrency?: number | undefined
  }
): Stream.Stream<Progress, E | E2 | EncryptionError, R | R2 | Reencryptor> =>
  values.pipe(
    Stream.mapEffect(
      (value) =>
        Effect.flatMap(Reencryptor, (reencryptor) =>
          Effect.flatMap(
            reencryptor.reencrypt(value.sealed, value),
            (reencrypted): Effect.Effect<"already" | "moved" | "changed", E2, R2> =>
              reencrypted === value.sealed
                ? Effect.succeed("already")
                : Effect.map(options.write(value, reencrypted), (written) => written ? "moved" : "changed")
          )),
      { concurrency: options.concurrency ?? 16, unordered: true }
    ),
    Stream.scan({ seen: 0, moved: 0, already: 0, changed: 0 }, (progress: Progress, what) => ({
      ...progress,
      seen: progress.seen + 1,
      [what]: progress[what] + 1
    })),
    Stream.drop(1)
  )
