/**
 * KMS as a plain value: an in-process engine that takes requests in the AWS SDK's own shapes and answers as KMS answers. Ciphertexts
 * are real AES-256-GCM under real random keys, so a wrong encryption context or a flipped bit fails because the cryptography says so.
 *
 * Symmetric keys do everything; asymmetric and HMAC keys can be created and described, and refuse to encrypt as they should. Key
 * policies, grants and tags are taken and not enforced.
 *
 * @since 0.1.0
 */
import type { ServiceFault } from "@armature/aws/WireFailure"
import type * as Either from "effect/Either"
import * as internal from "./internal/kms/engine.js"

/**
 * What the engine takes from outside.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Milliseconds since the epoch. Dates, rotation and the end of a key's waiting period follow it. */
  readonly now: () => number
  /** Bytes for keys, ids and nonces; `node:crypto`'s `randomBytes` by default. Anything weaker breaks the encryption. */
  readonly randomBytes?: ((size: number) => Uint8Array) | undefined
  /** The region in ARNs; `us-east-1` by default. */
  readonly region?: string | undefined
  /** The account in ARNs; `000000000000` by default. */
  readonly accountId?: string | undefined
}

/**
 * The whole state of an engine as plain data. It holds key material.
 *
 * @since 0.1.0
 * @category models
 */
export type Snapshot = internal.Snapshot

/**
 * One world of keys.
 *
 * @since 0.1.0
 * @category models
 */
export interface Engine {
  /**
   * One request by the operation's name, in the AWS SDK's shapes: binary as `Uint8Array`, dates as `Date`. Never throws: what is
   * wrong with a request is the answer on the left.
   */
  readonly execute: (
    operation: string,
    input: unknown
  ) => Either.Either<Readonly<Record<string, unknown>>, ServiceFault>
  readonly snapshot: () => Snapshot
  /** Replaces the whole state by that of a snapshot. */
  readonly restore: (snapshot: Snapshot) => void
}

/**
 * An engine without keys.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options: Options) => Engine = internal.make
