/**
 * Keys: from the attributes of an item to the place where its row stands, in a table or in an index.
 */
import * as decimal from "./decimal.js"
import { present, validation } from "./refusal.js"
import type { Place } from "./sorted.js"
import { attribute, type AttributeValue, byteOrdered, type Item, latin1, typeOf, utf8Length } from "./value.js"
import * as wording from "./wording/value.js"

export type KeyType = "S" | "N" | "B"

export interface KeyAttribute {
  readonly name: string
  readonly type: KeyType
}

/** A table has one partition key attribute and at most one sort key attribute; an index may have up to four of each. */
export interface KeySchema {
  readonly partition: ReadonlyArray<KeyAttribute>
  readonly sort: ReadonlyArray<KeyAttribute>
}

export const keyAttributes = (schema: KeySchema): ReadonlyArray<KeyAttribute> => [...schema.partition, ...schema.sort]

/** A key value as text that sorts as DynamoDB sorts the values of that type. */
export const encodePart = (value: AttributeValue): string =>
  value.S !== undefined
    ? byteOrdered(value.S)
    : value.N !== undefined
    ? decimal.sortable(value.N)
    : latin1(value.B ?? new Uint8Array())

/** Ends a part of a key made of several; within a part, what could be taken for it is escaped, so that order is kept. */
const separator = "\u0000\u0000"
const escapePart = (part: string): string => part.includes("\u0000") ? part.replaceAll("\u0000", "\u0000\u0001") : part

/** Key parts as one text: ordered by the first, then the second, and so on. */
export const joinParts = (parts: ReadonlyArray<string>): string =>
  parts.map((part) => escapePart(part) + separator).join("")

/** The beginning that all keys with these leading parts, and a next part that begins with `prefix`, have in common. */
export const joinPrefix = (parts: ReadonlyArray<string>, prefix: string): string =>
  joinParts(parts) + escapePart(prefix)

/** A stable hash of a partition key in [0, 2^31). Scans go in its order, and segments of a parallel scan are ranges of it. */
export const hash = (text: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return h >>> 1
}

export const hashRange = 0x80000000

const valueSize = (value: AttributeValue): number =>
  value.S !== undefined ? utf8Length(value.S) : value.B !== undefined ? value.B.length : 0

const isEmpty = (value: AttributeValue): boolean => value.S === "" || value.B?.length === 0

const checkLength = (value: AttributeValue, isPartition: boolean): void => {
  if (isPartition ? valueSize(value) > 2048 : valueSize(value) > 1024) {
    throw validation(isPartition ? wording.partitionKeyTooLong : wording.sortKeyTooLong)
  }
}

/** The value of a key attribute of a `Key`; refuses one that is missing, of another type, empty or too long. */
const keyPart = (key: Item, { name, type }: KeyAttribute, isPartition: boolean): AttributeValue => {
  const value = attribute(key, name)
  if (value === undefined || value[type] === undefined) throw validation(wording.keyMismatch)
  if (type !== "N" && isEmpty(value)) throw validation(wording.emptyKey(name, type))
  checkLength(value, isPartition)
  return value
}

/** The place of the row with this primary key, which must have exactly the key's attributes. */
export const placeOfKey = (schema: KeySchema, key: Item): Place => {
  const [partition] = schema.partition
  const [sort] = schema.sort
  let count = 0
  for (const _ in key) count++
  if (partition === undefined || count !== (sort === undefined ? 1 : 2)) throw validation(wording.keyMismatch)
  const pk = encodePart(keyPart(key, partition, true))
  const sk = sort === undefined ? "" : encodePart(keyPart(key, sort, false))
  return { hash: hash(pk), pk, sk }
}

const itemPart = (item: Item, { name, type }: KeyAttribute, isPartition: boolean): AttributeValue => {
  const value = attribute(item, name)
  if (value === undefined) throw validation(wording.missingKey(name))
  if (value[type] === undefined) throw validation(wording.keyType(name, type, typeOf(value)))
  if (type !== "N" && isEmpty(value)) throw validation(wording.emptyKey(name, type))
  checkLength(value, isPartition)
  return value
}

/** The place of an item in its table; refuses an item without a whole and valid primary key. */
export const placeOfItem = (schema: KeySchema, item: Item): Place => {
  const [partition] = schema.partition
  const [sort] = schema.sort
  if (partition === undefined) throw validation(wording.keyMismatch)
  const pk = encodePart(itemPart(item, partition, true))
  const sk = sort === undefined ? "" : encodePart(itemPart(item, sort, false))
  return { hash: hash(pk), pk, sk }
}

const encodeParts = (attributes: ReadonlyArray<KeyAttribute>, item: Item): ReadonlyArray<string> | undefined => {
  const parts: Array<string> = []
  for (const { name } of attributes) {
    const value = attribute(item, name)
    if (value === undefined) return undefined
    parts.push(encodePart(value))
  }
  return parts
}

/** The partition of an index as text. */
export const joinPartition = (parts: ReadonlyArray<string>): string =>
  parts.length === 1 ? present(parts[0]) : joinParts(parts)

/**
 * The place of an item in an index, ties on the index's key broken by the table's; `undefined` when the item lacks a key attribute
 * and so is not in the index.
 */
export const placeInIndex = (schema: KeySchema, item: Item, primary: Place): Place | undefined => {
  const partition = encodeParts(schema.partition, item)
  if (partition === undefined) return undefined
  const sort = encodeParts(schema.sort, item)
  if (sort === undefined) return undefined
  const pk = joinPartition(partition)
  return { hash: hash(pk), pk, sk: joinParts([...sort, primary.pk, primary.sk]) }
}

/** Refuses an item whose attributes for an index's key are of another type, empty or too long. */
export const checkIndexKey = (schema: KeySchema, item: Item, index: string): void => {
  for (const part of [schema.partition, schema.sort]) {
    for (const { name, type } of part) {
      const value = attribute(item, name)
      if (value === undefined) continue
      if (value[type] === undefined) throw validation(wording.indexKeyType(name, type, typeOf(value), index))
      if (type !== "N" && isEmpty(value)) throw validation(wording.emptyIndexKey(name, type, index))
      checkLength(value, part === schema.partition)
    }
  }
}
