/**
 * Large values of items, kept in S3: stored under a key of their own each time, followed only by the attribute that they belong to, and
 * verified by size and SHA-256 whenever they are read.
 *
 * @since 0.1.0
 */
import * as AwsConfig from "@armature/aws/AwsConfig"
import { ConfigurationException, type WriteOutcomeUnknownException } from "@armature/aws/Exceptions"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import * as blobs from "./internal/blobs.js"
import { write } from "./internal/blobsWrite.js"
import { S3 } from "./internal/tag.js"
import type { Inline, KeyValue, Offloaded, Pointer, Stored } from "./Pointer.js"
import type * as Api from "./S3.js"
import type { S3AttributeException } from "./S3AttributeException.js"

/**
 * The capability to keep values in S3.
 *
 * @since 0.1.0
 * @category tags
 */
export class Blobs extends Context.Tag("@armature/s3/Blobs")<Blobs, Blobs.Service>() {}

/**
 * @since 0.1.0
 */
export declare namespace Blobs {
  /**
   * @since 0.1.0
   * @category models
   */
  export interface Options {
    /** Where values are stored. */
    readonly bucket: string
    /** The AWS account of the tables: with their region and names it says whose values these are, so that no other stage's sweep takes them. */
    readonly account: string
    /** Of the bucket and the tables. By default `AwsConfig`'s. */
    readonly region?: string | undefined
    /** Further buckets whose pointers are followed: those that values were stored in earlier. */
    readonly buckets?: ReadonlyArray<string> | undefined
    /** Values of at most so many bytes stay in the item, unless a call says otherwise. By default all go to S3. */
    readonly above?: number | undefined
    /** How long storing the values and writing the item may take together. Default 1 hour, at most 7 days, in whole seconds. */
    readonly maxWrite?: Duration.DurationInput | undefined
    /** Leaves every object that is no longer pointed to for the sweeper, whose `retain` says how long it stays. Default `false`. */
    readonly retain?: boolean | undefined
  }

  /**
   * The attribute that a value belongs to.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Owner {
    /** The table's logical name: it stays the same when the physical table is restored under another. */
    readonly table: string
    /** The table's own name. By default the logical one. */
    readonly physicalTable?: string | undefined
    readonly partitionKey: KeyValue
    readonly sortKey?: KeyValue | undefined
    /** The stored names that lead to the attribute. */
    readonly path: ReadonlyArray<string>
    /** What the object's key begins with, `"invoices/"`: letters, digits, `-`, `_`, `.` and `/`. */
    readonly prefix: string
    /** Prefixes of earlier times, under which pointers are still followed. */
    readonly previousPrefixes?: ReadonlyArray<string> | undefined
  }

  /**
   * The bytes of a value, or a stream of them. They are not copied, and must not be changed afterwards.
   *
   * @since 0.1.0
   * @category models
   */
  export type Body<E = never, R = never> = Uint8Array | Stream.Stream<Uint8Array, E, R>

  /**
   * @since 0.1.0
   * @category models
   */
  export interface StoreOptions {
    /** A value of at most so many bytes stays in the item. */
    readonly above?: number | undefined
    /** The media type that S3 is told, and that the pointer keeps. */
    readonly contentType?: string | undefined
  }

  /**
   * What became of a value: it is in S3, or small enough to stand in the item as bytes.
   *
   * @since 0.1.0
   * @category models
   */
  export type Kept = Inline<{ readonly B: Uint8Array }> | Offloaded

  /**
   * One value to store.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Value<E = never, R = never> extends StoreOptions {
    readonly owner: Owner
    readonly body: Body<E, R>
  }

  /**
   * The bytes that were read, and the pointer that led to them: another than the one that was asked for, if the item had changed.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Fetched {
    readonly _tag: "Fetched"
    readonly bytes: Uint8Array
    readonly pointer: Pointer
  }

  /**
   * @since 0.1.0
   * @category models
   */
  export interface FetchOptions<E = never, R = never> {
    /**
     * What the item holds now, by a consistent read of the table itself: run when the object is not there, up to three times. `None` when
     * the item, or the attribute, is gone.
     */
    readonly reread?: Effect.Effect<Option.Option<Stored>, E, R> | undefined
  }

  /**
   * A pointer and the attribute that it stood in.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Old {
    readonly owner: Owner
    readonly pointer: Pointer
  }

  /**
   * What an item write says of itself.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Written<A> {
    readonly value: A
    /**
     * The pointers that the write replaced or deleted, from its own `ALL_OLD` image, less those that the item still holds; `undefined`
     * when there is no image that can be relied on: none was returned, or the write was sent again and the image may be our own.
     */
    readonly old: ReadonlyArray<Old> | undefined
  }

  /**
   * How a write with values ended, and what became of the objects.
   *
   * - `result`: the item write's own value or failure. A write that was stopped by `maxWrite` is of unknown outcome.
   * - `outcome`: whether the item now holds `stored`.
   * - `deleted`: objects that nothing points to any more, and are gone: the old ones of an applied write, the new ones of one that was not.
   * - `left`: objects that nothing may point to any more, and that are the sweeper's.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Settled<A, E> {
    readonly result: Either.Either<A, E | WriteOutcomeUnknownException>
    readonly outcome: "applied" | "not-applied" | "unknown"
    readonly stored: ReadonlyArray<Kept>
    readonly deleted: ReadonlyArray<Pointer>
    readonly left: ReadonlyArray<Pointer>
  }

  /**
   * @since 0.1.0
   * @category models
   */
  export interface WriteOptions<E> {
    /**
     * Whether a failure of the item write says that nothing was written. By default: an exception of Armature's whose `outcome` is
     * `"not-applied"`. Of any other failure nothing is deleted.
     */
    readonly isNotApplied?: ((failure: E) => boolean) | undefined
  }

  /**
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    /** Stores a value under a key that was never used, or leaves it inline when it is small. Without an item write it is an orphan. */
    readonly store: <E = never, R = never>(
      value: Value<E, R>
    ) => Effect.Effect<Kept, S3AttributeException | E, R>
    /**
     * The verified bytes. When the object is not there, the item is read again and its new pointer followed, at most three times; an item
     * that holds the value inline by then gives that.
     */
    readonly fetch: <E = never, R = never>(
      owner: Owner,
      pointer: Pointer,
      options?: FetchOptions<E, R>
    ) => Effect.Effect<Fetched | Inline, S3AttributeException | E, R>
    /**
     * The bytes as they arrive. Size and SHA-256 are verified when the last has come: a chunk that was given may be of a body that turns
     * out to be corrupt, so nothing that cannot be undone should follow from one before the stream has ended.
     */
    readonly stream: (owner: Owner, pointer: Pointer) => Stream.Stream<Uint8Array, S3AttributeException>
    /** Deletes the object, the one version where there are versions. One that is not there is deleted. */
    readonly delete: (owner: Owner, pointer: Pointer) => Effect.Effect<void, S3AttributeException>
    /** A URL by which whoever has it reads the bytes as they are, unverified, until it expires: from one second to seven days. */
    readonly presign: (
      owner: Owner,
      pointer: Pointer,
      options: { readonly expiresIn: Duration.DurationInput }
    ) => Effect.Effect<string, S3AttributeException>
    /**
     * Stores the values, writes the item by `item`, and settles: deletes what was replaced, or what was stored for nothing, and nothing
     * while it is not known which. All of it within `maxWrite`. Deleting an item is a write without values.
     *
     * The item write must never be sent again blindly (`resend: "never"`, or a token): a second request could land after another writer
     * has replaced the value and deleted its object, and would leave the pointer dangling.
     *
     * Fails only while values are stored: the item write has not begun then, and never does.
     */
    readonly write: <A, E, R, E2 = never, R2 = never>(
      values: ReadonlyArray<Value<E2, R2>>,
      item: (stored: ReadonlyArray<Kept>) => Effect.Effect<Written<A>, E, R>,
      options?: WriteOptions<E>
    ) => Effect.Effect<Settled<A, E>, S3AttributeException | E2, R | R2>
  }
}

const maxWriteLimit = 7 * 24 * 3600

/**
 * The capability over the service in the context. Fails without a region, and with options that cannot be used.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Blobs.Options
): Effect.Effect<Blobs.Service, ConfigurationException, Api.S3> =>
  Effect.gen(function*() {
    const s3 = yield* S3
    const { region } = yield* AwsConfig.resolve({ region: options.region })
    const invalid = (option: keyof Blobs.Options, detail: string) =>
      new ConfigurationException({ service: "S3", reason: "Invalid", option, detail })
    const maxWriteSeconds = Duration.toSeconds(options.maxWrite ?? "1 hour")
    if (region === undefined) {
      return yield* new ConfigurationException({ service: "S3", reason: "RegionMissing", option: "region" })
    }
    if (options.bucket === "") return yield* invalid("bucket", "it has no name")
    if (options.account === "") return yield* invalid("account", "it has no id")
    if (!(Number.isInteger(maxWriteSeconds) && maxWriteSeconds >= 1 && maxWriteSeconds <= maxWriteLimit)) {
      return yield* invalid("maxWrite", "it is whole seconds, from one to seven days")
    }
    const settings: blobs.Settings = {
      s3,
      bucket: options.bucket,
      account: options.account,
      region,
      buckets: new Set([options.bucket, ...options.buckets ?? []]),
      above: options.above,
      maxWriteSeconds,
      retain: options.retain ?? false,
      marked: new Set()
    }
    return {
      store: blobs.store(settings),
      fetch: blobs.fetch(settings),
      stream: blobs.stream(settings),
      delete: blobs.remove(settings),
      presign: blobs.presign(settings),
      write: write(settings)
    }
  })

/**
 * Keeps values in a bucket. Writers need `s3:PutObject`, `s3:GetObject` and `s3:DeleteObject` (`s3:DeleteObjectVersion` where the bucket
 * has versions) under the prefixes, readers `s3:GetObject` (`s3:GetObjectVersion`); `s3:ListBucket` lets S3 say what is missing.
 *
 * @example
 * ```ts
 * import * as Blobs from "@armature/s3/Blobs"
 * import * as S3 from "@armature/s3/S3"
 * import * as Layer from "effect/Layer"
 *
 * export const live = Blobs.layer({ bucket: "documents", account: "111122223333", region: "eu-central-1" }).pipe(
 *   Layer.provide(S3.layer({ region: "eu-central-1" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Blobs.Options): Layer.Layer<Blobs, ConfigurationException, Api.S3> =>
  Layer.effect(Blobs, make(options))
