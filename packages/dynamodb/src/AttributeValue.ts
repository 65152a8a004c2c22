/**
 * Native values to attribute values and back, exactly: what has no representation is a `SerializationException` with its path, never
 * a rounding, and nothing is thrown.
 *
 * | Native | DynamoDB |
 * |---|---|
 * | `string` | `S` |
 * | `number`, `bigint`, `BigDecimal` | `N` |
 * | `Uint8Array` (a `Buffer`, too) | `B` |
 * | `boolean`, `null` | `BOOL`, `NULL` |
 * | `Set` of strings, of numbers of any kind, of `Uint8Array` | `SS`, `NS`, `BS` |
 * | an array | `L` |
 * | a plain object, a `Map` with string keys | `M` |
 *
 * - A `number` is written as JavaScript prints it (`0.1 + 0.2` is `0.30000000000000004`, `-0` is `0`), without exponent.
 * - A member of an object or `Map` that is `undefined` is left out. In a list, in a set and at the root `undefined` is a failure.
 * - Members of a set that are equal in DynamoDB (`1` and `1n`, two arrays of the same bytes) are stored once.
 * - Failures are: `NaN` and infinities; more than 38 digits; magnitudes out of 1E-130 to 9.99…E+125; functions and symbols; instances
 *   of other classes; empty and mixed sets; text or names with a lone surrogate; cycles; more than 31 levels of lists and maps; getters
 *   and proxies that throw.
 * - Own enumerable properties with a string key are what an object is. Binary is passed on, not copied.
 *
 * Each result is an `Either`, and so an Effect: `yield* AttributeValue.encode(value)`.
 *
 * @since 0.1.0
 */
import type { SerializationException } from "@armature/aws/Exceptions"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import type { Either } from "effect/Either"
import * as internal from "./internal/attributeValue.js"
import { sizeOfValue } from "./internal/item.js"
import type { Item } from "./internal/items.js"

/**
 * A value in wire form, as the AWS SDK types it: exactly one of `S`, `N`, `B`, `BOOL`, `NULL`, `M`, `L`, `SS`, `NS`, `BS`.
 *
 * @since 0.1.0
 * @category models
 */
export type AttributeValue = Sdk.AttributeValue

/**
 * A value in wire form that is only read: the AWS SDK's, or one whose members are readonly.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReadonlyAttributeValue extends internal.ReadonlyAttributeValue {}

/**
 * A native value, whose numbers are of type `N`.
 *
 * @since 0.1.0
 * @category models
 */
export type Native<N = internal.AnyNumber> = internal.Native<N>

/**
 * An item of native values, whose numbers are of type `N`.
 *
 * @since 0.1.0
 * @category models
 */
export interface NativeItem<N = internal.AnyNumber> extends internal.NativeItem<N> {}

/**
 * What numbers are read as. `"number"` takes those only that a double holds to the last digit, `"bigint"` those only that have no
 * fraction; the rest is a `SerializationException`. `"BigDecimal"` takes all.
 *
 * @since 0.1.0
 * @category models
 */
export type Numbers = keyof internal.NumberTypes

/**
 * The type of the numbers read as `K`.
 *
 * @since 0.1.0
 * @category models
 */
export type NumberOf<K extends Numbers> = internal.NumberTypes[K]

/**
 * How to read.
 *
 * @since 0.1.0
 * @category models
 */
export interface DecodeOptions<K extends Numbers> {
  readonly numbers: K
}

/**
 * A native value as an attribute value.
 *
 * @example
 * ```ts
 * import * as AttributeValue from "@armature/dynamodb/AttributeValue"
 * import * as Either from "effect/Either"
 *
 * AttributeValue.encode({ id: "1", tags: new Set(["a", "b"]), total: 12.5 })
 * // right: { M: { id: { S: "1" }, tags: { SS: ["a", "b"] }, total: { N: "12.5" } } }
 *
 * Either.mapLeft(AttributeValue.encode({ orders: [{ total: NaN }] }), (e) => e.message)
 * // left: the value at orders[0].total is NaN, which DynamoDB cannot store
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const encode: (value: unknown) => Either<AttributeValue, SerializationException> = internal.encode

/**
 * An object, or a `Map` with string keys, as an item.
 *
 * @since 0.1.0
 * @category encoding
 */
export const encodeItem: (value: unknown) => Either<Item, SerializationException> = internal.encodeItem

/**
 * An attribute value as a native value; maps become plain objects. Numbers are read as `options.numbers`, `"number"` by default. A
 * number that this cannot hold, and what is no attribute value, is a failure.
 *
 * @since 0.1.0
 * @category decoding
 */
export function decode(value: ReadonlyAttributeValue): Either<Native<number>, SerializationException>
export function decode<K extends Numbers>(
  value: ReadonlyAttributeValue,
  options: DecodeOptions<K>
): Either<Native<NumberOf<K>>, SerializationException>
export function decode(
  value: ReadonlyAttributeValue,
  options: DecodeOptions<Numbers> = { numbers: "number" }
): Either<Native, SerializationException> {
  return internal.decode(value, options.numbers)
}

/**
 * An item as an object of native values, read as `decode` reads.
 *
 * @since 0.1.0
 * @category decoding
 */
export function decodeItem(
  item: Readonly<Record<string, ReadonlyAttributeValue>>
): Either<NativeItem<number>, SerializationException>
export function decodeItem<K extends Numbers>(
  item: Readonly<Record<string, ReadonlyAttributeValue>>,
  options: DecodeOptions<K>
): Either<NativeItem<NumberOf<K>>, SerializationException>
export function decodeItem(
  item: Readonly<Record<string, ReadonlyAttributeValue>>,
  options: DecodeOptions<Numbers> = { numbers: "number" }
): Either<NativeItem, SerializationException> {
  return internal.decodeItem(item, options.numbers)
}

/**
 * The bytes that a value takes up in an item, without its name, as DynamoDB counts them.
 *
 * @since 0.1.0
 * @category sizes
 */
export const size = (value: ReadonlyAttributeValue): number => sizeOfValue(value)
