/**
 * Items in wire form, and the bytes that DynamoDB counts for them: names and text in UTF-8, numbers by their digits, binary as it is,
 * and what lists and maps cost beside their members.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import type { ReadonlyAttributeValue } from "./AttributeValue.js"
import { ItemTooLargeException } from "./DynamoDBException.js"
import { sizeOfAttribute } from "./internal/item.js"
import type { Item as InternalItem } from "./internal/items.js"

/**
 * An item in wire form: attribute values by attribute name.
 *
 * @since 0.1.0
 * @category models
 */
export type Item = InternalItem

/**
 * An item in wire form that is only read.
 *
 * @since 0.1.0
 * @category models
 */
export type ReadonlyItem = Readonly<Record<string, ReadonlyAttributeValue>>

/**
 * The bytes of an attribute, its name included.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttributeSize {
  readonly attribute: string
  readonly size: number
}

/**
 * DynamoDB's limit: 400 KB, 409,600 bytes.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxSize = 409_600

/**
 * The bytes that DynamoDB counts for an item.
 *
 * @since 0.1.0
 * @category sizes
 */
export const size = (item: ReadonlyItem): number => {
  let total = 0
  for (const name in item) total += sizeOfAttribute(name, item[name])
  return total
}

/**
 * The bytes of each attribute, largest first.
 *
 * @since 0.1.0
 * @category sizes
 */
export const sizes = (item: ReadonlyItem): ReadonlyArray<AttributeSize> =>
  Object.entries(item)
    .map(([attribute, value]) => ({ attribute, size: sizeOfAttribute(attribute, value) }))
    .sort((a, b) => b.size - a.size)

const named = 3

/**
 * The item itself if it has at most `maxSize` bytes (409,600 by default); else an `ItemTooLargeException` that names its three largest
 * attributes.
 *
 * @since 0.1.0
 * @category sizes
 */
export const checkSize = <I extends ReadonlyItem>(
  item: I,
  options: { readonly maxSize?: number | undefined } = {}
): Either.Either<I, ItemTooLargeException> => {
  const limit = options.maxSize ?? maxSize
  const bytes = size(item)
  return bytes <= limit
    ? Either.right(item)
    : Either.left(new ItemTooLargeException({ size: bytes, maxSize: limit, largest: sizes(item).slice(0, named) }))
}
