/**
 * For programs that both seal and open: the two capabilities in one Layer, and moving a value from one place to another.
 *
 * @since 0.1.0
 */
import type { ConfigurationException } from "@armature/aws/Exceptions"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { DataKeys } from "./DataKeys.js"
import * as Decryptor from "./Decryptor.js"
import type { EncryptionError } from "./EncryptionException.js"
import * as Encryptor from "./Encryptor.js"

/**
 * Seals and opens under one encryption context: `key` (and `keys` by name) to seal with, `accept` for the ARNs of the keys whose values
 * are opened.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerReadWrite = (
  options: Encryptor.Encryptor.Options & {
    readonly accept: Decryptor.Decryptor.Options["keys"]
    readonly previousContexts?: Decryptor.Decryptor.Options["previousContexts"]
  }
): Layer.Layer<Encryptor.Encryptor | Decryptor.Decryptor, ConfigurationException, DataKeys> =>
  Layer.merge(
    Encryptor.layer(options),
    Decryptor.layer({ keys: options.accept, context: options.context, previousContexts: options.previousContexts })
  )

/**
 * Opens a value under one binding and seals it under another: for a key that was renamed, or an item that was copied. The value keeps its
 * type.
 *
 * @since 0.1.0
 * @category combinators
 */
export const rebind = (
  sealed: Uint8Array,
  from: Encryptor.Binding,
  to: Encryptor.Binding,
  options?: Encryptor.Encryptor.SealOptions
): Effect.Effect<Uint8Array, EncryptionError, Encryptor.Encryptor | Decryptor.Decryptor> =>
  Effect.gen(function*() {
    const decryptor = yield* Decryptor.Decryptor
    const encryptor = yield* Encryptor.Encryptor
    const value = yield* decryptor.open(sealed, from)
    return yield* encryptor.seal(value, to, options)
  })
