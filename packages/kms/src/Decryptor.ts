/**
 * The right to open what was sealed.
 *
 * @since 0.1.0
 */
import type { ConfigurationException } from "@armature/aws/Exceptions"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { DataKeys, type EncryptionContext } from "./DataKeys.js"
import type { EncryptionError } from "./EncryptionException.js"
import type { Binding } from "./Encryptor.js"
import * as Envelope from "./Envelope.js"
import { contextOf, fixedContext } from "./internal/encryptionContext.js"
import { encryptionFailure, envelopeFailed, fromEnvelope } from "./internal/encryptionErrors.js"
import { keysById } from "./internal/keyIds.js"

/**
 * The capability to open.
 *
 * @since 0.1.0
 * @category tags
 */
export class Decryptor extends Context.Tag("@armature/kms/Decryptor")<Decryptor, Decryptor.Service>() {}

/**
 * @since 0.1.0
 */
export declare namespace Decryptor {
  /**
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    /**
     * Opens a value for the place that it was sealed for. With `options.expected`, a value of another type is refused.
     */
    readonly open: (
      sealed: Uint8Array,
      binding: Binding,
      options?: OpenOptions
    ) => Effect.Effect<Envelope.AttributeValue, EncryptionError>
  }

  /**
   * @since 0.1.0
   * @category models
   */
  export interface OpenOptions {
    readonly expected?: Envelope.AttributeType | undefined
  }

  /**
   * @since 0.1.0
   * @category models
   */
  export interface Options {
    /**
     * The KMS keys whose values are opened: their ARNs (or ids), never aliases, since an alias names another key after a rotation by hand.
     * A value of any other key is refused, and KMS is not asked.
     */
    readonly keys: ReadonlyArray<string>
    /** As the `Encryptor` has it. */
    readonly context?: EncryptionContext | undefined
    /** What the encryption context was, made from what it is now; tried in order when KMS does not know the present one. */
    readonly previousContexts?: ReadonlyArray<(context: EncryptionContext) => EncryptionContext> | undefined
  }
}

/**
 * The capability over the data keys in the context; `layer` provides it. Fails when `keys` has an alias, or two keys of one id.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Decryptor.Options
): Effect.Effect<Decryptor.Service, ConfigurationException, DataKeys> =>
  Effect.gen(function*() {
    const dataKeys = yield* DataKeys
    const fixed = yield* fixedContext(options.context)
    const accepted = yield* keysById("keys", options.keys)
    const previous = options.previousContexts ?? []
    return {
      open: (sealed, binding, openOptions) =>
        Effect.suspend(() => {
          const header = Envelope.header(sealed)
          if (Either.isLeft(header)) return envelopeFailed(header.left)
          const key = accepted.get(header.right.keyId)
          if (key === undefined) return encryptionFailure("IncorrectKey")
          const item = Envelope.item(binding)
          if (Either.isLeft(item)) return envelopeFailed(item.left)
          const context = contextOf(fixed, binding)
          if (context === undefined) return encryptionFailure("InvalidBinding")
          const place = { item: item.right, path: binding.path }
          const opened = dataKeys.withOpeningKey(
            { header: header.right, key, contexts: [context, ...previous.map((before) => before(context))] },
            (key) => Envelope.open(key, sealed, place, openOptions?.expected)
          )
          return Effect.flatMap(opened, fromEnvelope)
        })
    }
  })

/**
 * Opens with KMS data keys. Needs `kms:Decrypt` on the keys.
 *
 * @example
 * ```ts
 * import * as DataKeys from "@armature/kms/DataKeys"
 * import * as Decryptor from "@armature/kms/Decryptor"
 * import * as Kms from "@armature/kms/Kms"
 * import * as Layer from "effect/Layer"
 *
 * export const live = Decryptor.layer({
 *   keys: ["arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
 * }).pipe(
 *   Layer.provide(DataKeys.layer()),
 *   Layer.provide(Kms.layer({ region: "eu-central-1" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Decryptor.Options): Layer.Layer<Decryptor, ConfigurationException, DataKeys> =>
  Layer.effect(Decryptor, make(options))
