/**
 * The right to seal. A program whose requirements have an `Encryptor` and no `Decryptor` can write secrets and read none.
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
import * as Envelope from "./Envelope.js"
import { contextOf, fixedContext } from "./internal/encryptionContext.js"
import { encryptionFailure, envelopeFailed, fromEnvelope } from "./internal/encryptionErrors.js"

/**
 * The place that a value is sealed for: the item's logical table and primary key, and the stored names that lead to the attribute.
 * `context` adds to the KMS encryption context: a few primary-key attributes of low cardinality (a tenant), since each value of it has a
 * data key of its own, and stands in KMS's audit log.
 *
 * @since 0.1.0
 * @category models
 */
export interface Binding {
  /** The logical name: it stays the same when the physical table is restored under another. */
  readonly table: string
  readonly partitionKey: Envelope.ReadonlyAttributeValue
  readonly sortKey?: Envelope.ReadonlyAttributeValue | undefined
  readonly path: ReadonlyArray<string>
  readonly context?: EncryptionContext | undefined
}

/**
 * The capability to seal.
 *
 * @since 0.1.0
 * @category tags
 */
export class Encryptor extends Context.Tag("@armature/kms/Encryptor")<Encryptor, Encryptor.Service>() {}

/**
 * @since 0.1.0
 */
export declare namespace Encryptor {
  /**
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    /** Seals a value of at most 16 MiB. `options.key` is one of the names of the Layer's `keys`. */
    readonly seal: (
      value: Envelope.ReadonlyAttributeValue,
      binding: Binding,
      options?: SealOptions
    ) => Effect.Effect<Uint8Array, EncryptionError>
  }

  /**
   * @since 0.1.0
   * @category models
   */
  export interface SealOptions {
    /** A name of `keys`; without it the Layer's `key` is used. */
    readonly key?: string | undefined
  }

  /**
   * @since 0.1.0
   * @category models
   */
  export interface Options {
    /** The KMS key to seal with: an id, ARN or alias. */
    readonly key: string
    /** Further KMS keys by name, for attributes that ask for one. */
    readonly keys?: Readonly<Record<string, string>> | undefined
    /** Fixed names and values for the KMS encryption context; names that begin with `armature.` are taken. */
    readonly context?: EncryptionContext | undefined
  }
}

/**
 * The capability over the data keys in the context; `layer` provides it. Fails when the context takes a name that is Armature's.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Encryptor.Options
): Effect.Effect<Encryptor.Service, ConfigurationException, DataKeys> =>
  Effect.gen(function*() {
    const dataKeys = yield* DataKeys
    const fixed = yield* fixedContext(options.context)
    const names: ReadonlyMap<string, string> = new Map(Object.entries(options.keys ?? {}))
    return {
      seal: (value, binding, sealOptions) =>
        Effect.suspend(() => {
          const name = sealOptions?.key
          const key = name === undefined ? options.key : names.get(name)
          if (key === undefined) return encryptionFailure("KeyNotFound")
          const item = Envelope.item(binding)
          if (Either.isLeft(item)) return envelopeFailed(item.left)
          const context = contextOf(fixed, binding)
          if (context === undefined) return encryptionFailure("InvalidBinding")
          const place = { item: item.right, path: binding.path }
          const sealed = dataKeys.withSealingKey({ key, context }, (key) => Envelope.seal(key, value, place))
          return Effect.flatMap(sealed, fromEnvelope)
        })
    }
  })

/**
 * Seals with KMS data keys. Needs `kms:GenerateDataKey` on the keys.
 *
 * @example
 * ```ts
 * import * as DataKeys from "@armature/kms/DataKeys"
 * import * as Encryptor from "@armature/kms/Encryptor"
 * import * as Kms from "@armature/kms/Kms"
 * import * as Layer from "effect/Layer"
 *
 * export const live = Encryptor.layer({ key: "alias/app" }).pipe(
 *   Layer.provide(DataKeys.layer()),
 *   Layer.provide(Kms.layer({ region: "eu-central-1" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Encryptor.Options): Layer.Layer<Encryptor, ConfigurationException, DataKeys> =>
  Layer.effect(Encryptor, make(options))
