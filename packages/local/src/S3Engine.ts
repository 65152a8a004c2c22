/**
 * S3 as a plain value: an in-process engine that takes requests in the AWS SDK's own shapes and answers as S3 answers. Its bytes lie
 * where `Contents` puts them: in memory, unless another place is given.
 *
 * Checksums in every form that the SDK sends are verified, and computed where none is sent. Encryption settings, storage classes and
 * access control lists are taken; they change nothing about how the bytes are kept.
 *
 * @since 0.1.0
 */
import type { ServiceFault } from "@armature/aws/WireFailure"
import type * as Either from "effect/Either"
import * as content from "./internal/s3/content.js"
import * as internal from "./internal/s3/engine.js"
import type * as store from "./internal/s3/store.js"

/**
 * Bytes that were written once and do not change.
 *
 * @since 0.1.0
 * @category models
 */
export type Leaf = content.Leaf

/**
 * The bytes of an object: leaves, one after the other. What `GetObject` gives as `Body`; `PutObject` and `UploadPart` take one as
 * well.
 *
 * @since 0.1.0
 * @category models
 */
export type Content = content.Content

/**
 * Takes bytes piece by piece.
 *
 * @since 0.1.0
 * @category models
 */
export type Writer = content.Writer

/**
 * Where bytes are kept.
 *
 * @since 0.1.0
 * @category models
 */
export type Contents = content.Contents

/**
 * One change of a world, as the state that it leaves: a bucket, a key's versions, an upload.
 *
 * @since 0.1.0
 * @category models
 */
export type Change = store.Change

/**
 * What the engine takes from outside.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** A number in [0, 1): version and upload ids follow it. */
  readonly random: () => number
  /** The region of buckets that name none; `us-east-1` by default. */
  readonly region?: string | undefined
  /** In memory by default. */
  readonly contents?: Contents | undefined
  /** Is told of each change, while the request that makes it is executed. */
  readonly onChange?: ((change: Change) => void) | undefined
}

/**
 * The whole state of an engine: plain data, but for the leaves, which stay where they are.
 *
 * @since 0.1.0
 * @category models
 */
export type Snapshot = internal.Snapshot

/**
 * One world of buckets.
 *
 * @since 0.1.0
 * @category models
 */
export interface Engine {
  /**
   * One request by the operation's name, in the AWS SDK's shapes, but for bodies: given as `Content`, `Uint8Array` or text, answered
   * as `Content`. Never throws: what is wrong with a request is the answer on the left.
   */
  readonly execute: (
    operation: string,
    input: unknown
  ) => Either.Either<Readonly<Record<string, unknown>>, ServiceFault>
  /** Where a body can be written piece by piece, before it is handed to `execute`. */
  readonly contents: Contents
  readonly snapshot: () => Snapshot
  /** Replaces the whole state by that of a snapshot. */
  readonly restore: (snapshot: Snapshot) => void
}

/**
 * Bytes in memory.
 *
 * @since 0.1.0
 * @category constructors
 */
export const memory: Contents = content.memory

/**
 * The bytes of a content, piece by piece, from `start` up to but not including `end`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const read: (content: Content, start?: number, end?: number) => Iterable<Uint8Array> = content.read

/**
 * An engine without buckets.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options: Options) => Engine = internal.make
