/**
 * The form that a value takes in an item when it may live in S3: inline, or as a pointer to an object. Pure; needs neither S3 nor its SDK.
 *
 * ```
 * { v: N 1, i: <the value, inline> }
 * { v: N 1, p: M { bucket: S, region: S, key: S, size: N, sha256: B, versionId?: S, contentType?: S } }
 * ```
 *
 * An inline value is wrapped, so that no map of a user's can read as a pointer.
 *
 * @since 0.1.0
 */
import type * as Either from "effect/Either"
import type * as attributeValue from "./internal/attributeValue.js"
import * as internal from "./internal/pointer.js"

/**
 * A DynamoDB attribute value, in AWS's own notation.
 *
 * @since 0.1.0
 * @category models
 */
export type ReadonlyAttributeValue = attributeValue.ReadonlyAttributeValue

/**
 * The value of a key attribute, in AWS's own notation.
 *
 * @since 0.1.0
 * @category models
 */
export type KeyValue = attributeValue.KeyValue

/**
 * What a pointer is written with.
 *
 * @since 0.1.0
 * @category models
 */
export type PointerMember = attributeValue.PointerMember

/**
 * Where an object is, and how many bytes with which SHA-256 it has. The region is for whoever reads the table from elsewhere; it directs
 * no request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pointer {
  readonly bucket: string
  readonly region: string
  readonly key: string
  /** In bytes. */
  readonly size: number
  /** 32 bytes. */
  readonly sha256: Uint8Array
  /** Of a versioned bucket: the version that was stored, and no other, is read. */
  readonly versionId?: string | undefined
  readonly contentType?: string | undefined
}

/**
 * A value that stands in the item itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface Inline<V = ReadonlyAttributeValue> {
  readonly _tag: "Inline"
  readonly value: V
}

/**
 * A value that stands in S3.
 *
 * @since 0.1.0
 * @category models
 */
export interface Offloaded {
  readonly _tag: "Offloaded"
  readonly pointer: Pointer
}

/**
 * What an item holds of a value.
 *
 * @since 0.1.0
 * @category models
 */
export type Stored<V = ReadonlyAttributeValue> = Inline<V> | Offloaded

/**
 * A value for the item itself.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inline = <V>(value: V): Inline<V> => ({ _tag: "Inline", value })

/**
 * A value that is in S3 already.
 *
 * @since 0.1.0
 * @category constructors
 */
export const offloaded = (pointer: Pointer): Offloaded => ({ _tag: "Offloaded", pointer })

/**
 * The attribute value of what is stored.
 *
 * @since 0.1.0
 * @category encoding
 */
export const encode: <V = never>(
  stored: Stored<V>
) => { readonly M: { readonly [name: string]: V | PointerMember } } = internal.encode

/**
 * What an attribute value holds; on the left what is wrong with it, without the value. Strict: no member more, none of another type, no
 * version but 1.
 *
 * @since 0.1.0
 * @category encoding
 */
export const decode: (value: ReadonlyAttributeValue) => Either.Either<Stored, string> = internal.decode

/**
 * All pointers in an item, wherever in it they stand: what a sweep must not delete. A map that merely looks like a pointer counts as well,
 * which only keeps an object that nothing else needs.
 *
 * @since 0.1.0
 * @category accessors
 */
export const inItem: (item: { readonly [name: string]: ReadonlyAttributeValue }) => ReadonlyArray<Pointer> =
  internal.inItem
