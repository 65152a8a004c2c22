/**
 * What an attribute does beyond being stored: it is sealed with KMS, kept in S3, compressed, hidden from print, filled when it is written.
 * Each is a schema around a schema, and composes with all that Schema has: `optional`, `NullOr`, filters, brands, `fromKey`, transforms.
 *
 * A behaviour shows in the schema's `Encoded` type as a mark, and an entity takes from there what it needs and what it may do. It takes
 * effect in an entity only: `Schema.encode` alone seals nothing.
 *
 * `compressed`, `encrypted` and `offloaded` of one value compose: it is compressed first, then sealed, then stored in S3. In a union the
 * behaviour of one member is that of all, but `null` and `undefined` outside of it stay visible, as an absent attribute is.
 *
 * @since 0.1.0
 */
import type { Decryptor } from "@armature/kms/Decryptor"
import type { Blobs } from "@armature/s3/Blobs"
import * as DateTime from "effect/DateTime"
import * as ParseResult from "effect/ParseResult"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as marks from "./internal/behaviourMarks.js"
import * as stored from "./internal/behaviourStored.js"
import type { Stored } from "./Stored.js"

declare const OpaqueId: unique symbol
declare const SealedId: unique symbol
declare const OffloadedId: unique symbol
declare const CompressedId: unique symbol
declare const FilledId: unique symbol
declare const ComputedId: unique symbol
declare const HiddenId: unique symbol
declare const DefaultedId: unique symbol

/**
 * On the encoded type of a value that DynamoDB cannot compare, since it does not see it: sealed, offloaded or compressed.
 *
 * @since 0.1.0
 * @category marks
 */
export interface OpaqueMark {
  readonly [OpaqueId]: true
}

/**
 * On the encoded type of a sealed value.
 *
 * @since 0.1.0
 * @category marks
 */
export interface SealedMark extends OpaqueMark {
  readonly [SealedId]: true
}

/**
 * The encoded type of an offloaded value.
 *
 * @since 0.1.0
 * @category marks
 */
export interface OffloadedMark extends OpaqueMark {
  readonly [OffloadedId]: true
}

/**
 * On the encoded type of a compressed value.
 *
 * @since 0.1.0
 * @category marks
 */
export interface CompressedMark extends OpaqueMark {
  readonly [CompressedId]: true
}

/**
 * On the encoded type of an attribute that is filled when the item is written, of the kind that it says.
 *
 * @since 0.1.0
 * @category marks
 */
export interface FilledMark<out Kind extends string = string> {
  readonly [FilledId]: Kind
}

/**
 * On the encoded type of the version.
 *
 * @since 0.1.0
 * @category marks
 */
export interface VersionMark extends FilledMark<"version"> {}

/**
 * On the encoded type of the time of creation.
 *
 * @since 0.1.0
 * @category marks
 */
export interface CreatedAtMark extends FilledMark<"createdAt"> {}

/**
 * On the encoded type of the time of the last write.
 *
 * @since 0.1.0
 * @category marks
 */
export interface UpdatedAtMark extends FilledMark<"updatedAt"> {}

/**
 * On the encoded type of a generated id.
 *
 * @since 0.1.0
 * @category marks
 */
export interface GeneratedMark extends FilledMark<"generated"> {}

/**
 * On the encoded type of an attribute that is computed out of an item that has `In`.
 *
 * @since 0.1.0
 * @category marks
 */
export interface ComputedMark<in In = never> extends FilledMark<"computed"> {
  readonly [ComputedId]: (item: In) => void
}

/**
 * On the encoded type of the time when DynamoDB may delete the item.
 *
 * @since 0.1.0
 * @category marks
 */
export interface TimeToLiveMark {
  readonly [FilledId]: "timeToLive"
}

/**
 * On the encoded type of a value that nothing prints.
 *
 * @since 0.1.0
 * @category marks
 */
export interface HiddenMark {
  readonly [HiddenId]: true
}

/**
 * On the encoded type of an entity, or of one member of a union: the names of the attributes that have a default in the schema's constructor,
 * and of a member the type of its values.
 *
 * @since 0.1.0
 * @category marks
 */
export interface DefaultedMark<out Names = PropertyKey, out Of = unknown> {
  readonly [DefaultedId]: readonly [names: Names, of: Of]
}

/**
 * An encoded type with a mark. Of `null` and `undefined`, which can carry none, the mark alone is left.
 *
 * @since 0.1.0
 * @category types
 */
export type With<I, Mark> = [I & Mark] extends [never] ? Mark : I & Mark

type Primitive = string | number | bigint | boolean | symbol | null | undefined | Uint8Array

/**
 * `true` if the mark is anywhere in an encoded type, to 8 levels; `never` if not.
 *
 * @since 0.1.0
 * @category types
 */
export type HasMark<E, Mark, Depth extends ReadonlyArray<0> = []> = Depth["length"] extends 8 ? never
  : E extends Mark ? true
  : E extends Primitive ? never
  : E extends ReadonlyArray<infer Element> ? HasMark<Element, Mark, [0, ...Depth]>
  : E extends ReadonlySet<infer Member> ? HasMark<Member, Mark, [0, ...Depth]>
  : E extends ReadonlyMap<infer Key, infer Value> ? HasMark<Key | Value, Mark, [0, ...Depth]>
  : E extends (...args: ReadonlyArray<never>) => unknown ? never
  : E extends object ? { [K in keyof E]-?: HasMark<E[K], Mark, [0, ...Depth]> }[keyof E]
  : never

/**
 * The attributes of an encoded type that have the mark, themselves or anywhere inside.
 *
 * @since 0.1.0
 * @category types
 */
export type Marked<E, Mark> = E extends unknown
  ? { [K in keyof E & string]-?: [HasMark<E[K], Mark>] extends [never] ? never : K }[keyof E & string]
  : never

/**
 * `true` if the mark is in an encoded type below a list, a set or a record of unknown keys, where nothing can be sealed or offloaded: what
 * is bound to its place must have one that stays. `never` if not.
 *
 * @since 0.1.0
 * @category types
 */
export type IsMisplaced<E, Mark, Depth extends ReadonlyArray<0> = []> = Depth["length"] extends 8 ? never
  : E extends Mark ? never
  : E extends Primitive ? never
  : E extends ReadonlyArray<infer Element> ? HasMark<Element, Mark>
  : E extends ReadonlySet<infer Member> ? HasMark<Member, Mark>
  : E extends ReadonlyMap<infer Key, infer Value> ? HasMark<Key | Value, Mark>
  : E extends (...args: ReadonlyArray<never>) => unknown ? never
  : E extends object ?
    { [K in keyof E]-?: string extends K ? HasMark<E[K], Mark> : IsMisplaced<E[K], Mark, [0, ...Depth]> }[keyof E]
  : never

/**
 * The attributes of an encoded type with a sealed or offloaded value where none can be.
 *
 * @since 0.1.0
 * @category types
 */
export type Misplaced<E> = E extends unknown ? {
    [K in keyof E & string]-?: [IsMisplaced<E[K], SealedMark | OffloadedMark>] extends [never] ? never : K
  }[keyof E & string]
  : never

/**
 * How a value is sealed.
 *
 * @since 0.1.0
 * @category models
 */
export interface EncryptedOptions {
  /** A name that the `Encryptor`'s Layer resolves to a KMS key; without it its default key is used. */
  readonly key?: string | undefined
  /** For the time of a migration: a value that is not sealed is read as it is. It is sealed when it is written. Default `false`. */
  readonly acceptPlaintext?: boolean | undefined
}

/**
 * The value is sealed with KMS, bound to its item and attribute. Any schema will do. It cannot be compared, be part of a key, or stand in a
 * list, a set or a record of unknown keys; an offloaded value is sealed from within: `offloaded(encrypted(schema), …)`.
 *
 * @since 0.1.0
 * @category behaviours
 */
export const encrypted = <A, I, R>(
  schema:
    & Schema.Schema<A, I, R>
    & ([HasMark<I, OffloadedMark>] extends [never] ? unknown : { readonly "offloaded goes around encrypted": never }),
  options: EncryptedOptions = {}
): Schema.Schema<A, With<I, SealedMark>, R> =>
  marks.mark(schema, { _tag: "sealed", key: options.key, acceptPlaintext: options.acceptPlaintext ?? false })

/**
 * How a value is kept in S3.
 *
 * @since 0.1.0
 * @category models
 */
export interface OffloadedOptions {
  /** What the object's key begins with, `"invoices/"`. */
  readonly prefix: string
  /** Prefixes of earlier times, under which values are still read. */
  readonly previousPrefixes?: ReadonlyArray<string> | undefined
  /** A value of at most so many bytes stays in the item. By default as the `Blobs` Layer says. */
  readonly above?: number | undefined
  /** The media type that S3 is told. */
  readonly contentType?: string | undefined
}

/**
 * The encoded type of an offloaded value that is encoded as `I` first.
 *
 * @since 0.1.0
 * @category types
 */
export type OffloadedOf<I> = [HasMark<I, SealedMark>] extends [never] ? OffloadedMark : OffloadedMark & SealedMark

/**
 * What reading an offloaded value needs: `Decryptor` as well if it is sealed.
 *
 * @since 0.1.0
 * @category types
 */
export type ReadServices<I> = Blobs | ([HasMark<I, SealedMark>] extends [never] ? never : Decryptor)

/**
 * The value lives in S3, and the item has a pointer to it. In the program it is a `Stored`, which is read when it is asked for. Binary is
 * stored as it is, text as UTF-8, anything else as DynamoDB JSON. It cannot be compared, be part of a key, or stand in a list, a set or a
 * record of unknown keys.
 *
 * @since 0.1.0
 * @category behaviours
 */
export const offloaded = <A, I, R>(
  schema:
    & Schema.Schema<A, I, R>
    & ([HasMark<I, OffloadedMark>] extends [never] ? unknown : { readonly "this is offloaded already": never }),
  options: OffloadedOptions
): Schema.Schema<Stored<A, ReadServices<I> | R>, OffloadedOf<I>, R> =>
  stored.schema(schema, {
    _tag: "offloaded",
    prefix: options.prefix,
    previousPrefixes: options.previousPrefixes,
    above: options.above,
    contentType: options.contentType
  })

/**
 * How a value is compressed.
 *
 * @since 0.1.0
 * @category models
 */
export interface CompressedOptions {
  /** Default `"gzip"`. `"zstd"` where the runtime has it. What is read says by itself what it was compressed with. */
  readonly algorithm?: marks.Algorithm | undefined
}

/**
 * The value is stored compressed, or as it is where compression does not pay. It cannot be compared or be part of a key.
 *
 * @since 0.1.0
 * @category behaviours
 */
export const compressed = <A, I, R>(
  schema:
    & Schema.Schema<A, I, R>
    & ([HasMark<I, OffloadedMark>] extends [never] ? unknown : { readonly "offloaded goes around compressed": never }),
  options: CompressedOptions = {}
): Schema.Schema<A, With<I, CompressedMark>, R> =>
  marks.mark(schema, { _tag: "compressed", algorithm: options.algorithm })

/**
 * The value is `Redacted` in the program, so that nothing prints it. In the table it stands in clear.
 *
 * @since 0.1.0
 * @category behaviours
 */
export const hidden = <A, I, R>(
  schema: Schema.Schema<A, I, R>
): Schema.Schema<Redacted.Redacted<A>, With<I, HiddenMark>, R> =>
  marks.mark(Schema.Redacted(schema), { _tag: "hidden" })

/**
 * The value is computed out of the item each time that it is written as a whole; whatever stood there is overwritten.
 *
 * @since 0.1.0
 * @category behaviours
 */
export const computed = <A, I, R, In>(
  schema: Schema.Schema<A, I, R>,
  from: (item: In) => NoInfer<A>
): Schema.Schema<A, With<I, ComputedMark<In>>, R> => marks.mark(schema, { _tag: "computed", from })

/**
 * The count of the item's writes, and so its optimistic lock: each write requires the version that was read. 0, which the constructor
 * takes by default, is an item that is not in the table yet.
 *
 * @since 0.1.0
 * @category attributes
 */
export const Version: Schema.PropertySignature<":", number, never, ":", number & VersionMark, true> = Schema
  .propertySignature(
    marks.mark<number, number, never, number & VersionMark>(Schema.NonNegativeInt, { _tag: "version" })
  ).pipe(Schema.withConstructorDefault(() => 0))

/**
 * When the item was created: filled by `create`. ISO 8601 in the table, in UTC and with milliseconds.
 *
 * @since 0.1.0
 * @category attributes
 */
export const CreatedAt: Schema.Schema<DateTime.Utc, string & CreatedAtMark> = marks.mark(Schema.DateTimeUtc, {
  _tag: "createdAt"
})

/**
 * When the item was last written: filled by each write. ISO 8601 in the table, in UTC and with milliseconds.
 *
 * @since 0.1.0
 * @category attributes
 */
export const UpdatedAt: Schema.Schema<DateTime.Utc, string & UpdatedAtMark> = marks.mark(Schema.DateTimeUtc, {
  _tag: "updatedAt"
})

const utcFromSeconds = Schema.transformOrFail(
  Schema.Number,
  Schema.DateTimeUtcFromSelf.annotations({
    arbitrary: () => (fc) =>
      fc.integer({ min: 0, max: 4_102_444_800 }).map((seconds) => DateTime.unsafeMake(seconds * 1000))
  }),
  {
    strict: true,
    decode: (seconds, _, ast) => {
      // a Date goes to 8.64E+15 milliseconds
      return Math.abs(seconds) <= 8.64e12
        ? ParseResult.succeed(DateTime.unsafeMake(seconds * 1000))
        : ParseResult.fail(new ParseResult.Type(ast, seconds))
    },
    encode: (time) => ParseResult.succeed(Math.ceil(time.epochMillis / 1000))
  }
)

/**
 * When DynamoDB may delete the item: the table's time-to-live attribute. Whole seconds since 1970 in the table; a fraction is rounded up,
 * so that no item goes before its time.
 *
 * @since 0.1.0
 * @category attributes
 */
export const TimeToLive: Schema.Schema<DateTime.Utc, number & TimeToLiveMark> = marks.mark(utcFromSeconds, {
  _tag: "timeToLive"
})

/**
 * A generated UUID of version 4, filled by `create`.
 *
 * @since 0.1.0
 * @category attributes
 */
export const uuid4: Schema.Schema<string, string & GeneratedMark> = marks.mark(Schema.UUID, {
  _tag: "generated",
  kind: "uuid4"
})

/**
 * A generated UUID of version 7, whose order is that of creation, filled by `create`.
 *
 * @since 0.1.0
 * @category attributes
 */
export const uuid7: Schema.Schema<string, string & GeneratedMark> = marks.mark(Schema.UUID, {
  _tag: "generated",
  kind: "uuid7"
})

/**
 * A generated ULID, whose order is that of creation, filled by `create`.
 *
 * @since 0.1.0
 * @category attributes
 */
export const ulid: Schema.Schema<string, string & GeneratedMark> = marks.mark(Schema.ULID, {
  _tag: "generated",
  kind: "ulid"
})
