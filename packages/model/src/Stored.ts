/**
 * A value that lives in S3 while its item has the pointer to it. A read of the item fetches nothing: `read` and `stream` do.
 *
 * Written back, a `Stored` that was read from an item keeps its pointer if it is put to the same attribute of the same item, and fails
 * elsewhere (`S3AttributeException`, reason `Foreign`), since two items would own one object. To copy: `read`, then `of`.
 *
 * @since 0.1.0
 */
import type { SerializationException } from "@armature/aws/Exceptions"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type { EncryptionError } from "@armature/kms/EncryptionException"
import type { S3AttributeException } from "@armature/s3/S3AttributeException"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import * as internal from "./internal/behaviourStored.js"

/**
 * The brand of `Stored`.
 *
 * @since 0.1.0
 * @category symbols
 */
export const TypeId: unique symbol = Symbol.for("@armature/model/Stored")

/**
 * The type of the brand.
 *
 * @since 0.1.0
 * @category symbols
 */
export type TypeId = typeof TypeId

/**
 * What fetching a value can fail with: S3, opening, decoding, or the item's own read when the object has been replaced meanwhile.
 *
 * @since 0.1.0
 * @category errors
 */
export type StoredError =
  | S3AttributeException
  | EncryptionError
  | SerializationException
  | DynamoDB.GetItemError

/**
 * A value of type `A` in S3; reading it needs `R`. One that was made by `of` or `fromStream` needs nothing, and can be given wherever
 * one is asked for. Nothing of the value is printed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stored<out A, out R = never> {
  readonly [TypeId]: TypeId
  /** In bytes, as it lies in S3; `undefined` of a value that is new or inline. */
  readonly size: number | undefined
  /** Fetches, verifies, opens and decodes the value, each time that it is run. */
  readonly read: Effect.Effect<A, StoredError, R>
}

/**
 * A new value to store.
 *
 * @since 0.1.0
 * @category constructors
 */
export const of: <A>(value: A) => Stored<A> = internal.of

/**
 * New bytes to store, as they come; the stream is run when the item is written, each time that it is. For attributes that are encoded as
 * binary (`Schema.Uint8ArrayFromSelf`). A stream to be sealed or compressed is held in memory. A stream that fails is a
 * `SerializationException`, its failure the `cause`, and nothing is written.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromStream: <E>(bytes: Stream.Stream<Uint8Array, E>) => Stored<Uint8Array> = internal.fromStream

/**
 * The value, as the member `read` has it.
 *
 * @since 0.1.0
 * @category accessors
 */
export const read = <A, R>(self: Stored<A, R>): Effect.Effect<A, StoredError, R> => self.read

/**
 * The bytes as they arrive. Size and SHA-256 are verified at the end: nothing that cannot be undone should follow from a chunk before. A
 * value that is sealed or compressed arrives as a whole.
 *
 * @since 0.1.0
 * @category accessors
 */
export const stream: <R>(self: Stored<Uint8Array, R>) => Stream.Stream<Uint8Array, StoredError, R> = internal.stream

/**
 * Whether it is a `Stored`.
 *
 * @since 0.1.0
 * @category guards
 */
export const isStored: (value: unknown) => value is Stored<unknown, unknown> = internal.isStored
