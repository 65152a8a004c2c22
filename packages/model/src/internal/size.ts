/** What an item in wire form takes up, by attribute, and what reading and writing it costs. Estimates: DynamoDB measures what it does. */
import * as Item from "@armature/dynamodb/Item"
import type { Blobs } from "@armature/s3/Blobs"
import * as Pointer from "@armature/s3/Pointer"
import type { IndexPlan, Keys, TablePlan } from "./table.js"

/** The bytes of one attribute, its name included, and its part of the limit, 0 to 1 and above. */
export interface AttributeSize extends Item.AttributeSize {
  readonly share: number
}

/** Read capacity units of one item. */
export interface ReadUnits {
  readonly eventuallyConsistent: number
  readonly consistent: number
  readonly transactional: number
}

/** Write capacity units of an item that is put where none stands: the table's, those of each index that holds it, and all of them. */
export interface WriteUnits {
  readonly table: number
  readonly indexes: Readonly<Record<string, number>>
  readonly total: number
  /** All of them in a transaction. */
  readonly transactional: number
}

/** The bytes that DynamoDB counts for an item, `share` of the limit (1 is full), by attribute with the largest first, and what it costs. */
export interface SizeReport {
  readonly size: number
  readonly maxSize: number
  readonly share: number
  readonly attributes: ReadonlyArray<AttributeSize>
  readonly read: ReadUnits
  readonly write: WriteUnits
}

const readUnit = 4096
const writeUnit = 1024

/** Of an item, or of all items of a page together; an item that is not there costs the least that there is. */
export const readUnits = (bytes: number): ReadUnits => {
  const consistent = Math.max(1, Math.ceil(bytes / readUnit))
  return { eventuallyConsistent: consistent / 2, consistent, transactional: consistent * 2 }
}

/** Of one item; for an update or a delete, the larger of what stood there and what stands there now. */
export const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / writeUnit))

const names = (keys: Keys): ReadonlyArray<string> => [...keys.partitionKey, ...keys.sortKey]

/** What an index holds of an item; undefined where one of its keys is missing, and the index does not hold it. */
const projected = (
  plan: TablePlan,
  index: IndexPlan,
  item: Item.ReadonlyItem
): Item.ReadonlyItem | undefined => {
  if (!names(index).every((name) => Object.hasOwn(item, name))) return undefined
  if (index.projection === "ALL") return item
  const own = typeof index.projection === "string" ? [] : index.projection
  const held = new Set([...names(plan.key), ...names(index), ...own])
  return Object.fromEntries(Object.entries(item).filter(([name]) => held.has(name)))
}

const indexUnits = (plan: TablePlan, item: Item.ReadonlyItem): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(plan.indexes).flatMap(([name, index]) => {
      const entry = projected(plan, index, item)
      return entry === undefined ? [] : [[name, writeUnits(Item.size(entry))]]
    })
  )

/** `maxSize` is DynamoDB's limit, 409,600 bytes, or an entity's own. */
export const report = (
  plan: TablePlan,
  item: Item.ReadonlyItem,
  maxSize: number = Item.maxSize
): SizeReport => {
  const attributes = Item.sizes(item).map((each) => ({ ...each, share: each.size / maxSize }))
  const size = attributes.reduce((total, each) => total + each.size, 0)
  const table = writeUnits(size)
  const indexes = indexUnits(plan, item)
  const total = Object.values(indexes).reduce((sum, units) => sum + units, table)
  return {
    size,
    maxSize,
    share: size / maxSize,
    attributes,
    read: readUnits(size),
    write: { table, indexes, total, transactional: total * 2 }
  }
}

const longest = { bucket: 63, region: 14, hash: 64, ulid: 26, versionId: 32, sizeDigits: 13 } as const

/**
 * What an item holds of a value that may go to S3: the value, where its attribute says that it is small enough, or a pointer of the longest
 * bucket's name, with a version. No more is known before it is stored.
 */
export const assumed = ({ above, body, contentType, owner }: Blobs.Value<unknown>): Pointer.Stored => {
  const bytes = body instanceof Uint8Array ? body : undefined
  if (bytes !== undefined && above !== undefined && bytes.length <= above) return Pointer.inline({ B: bytes })
  const prefix = owner.prefix.endsWith("/") ? owner.prefix : `${owner.prefix}/`
  return Pointer.offloaded({
    bucket: "-".repeat(longest.bucket),
    region: "-".repeat(longest.region),
    key: `${prefix}${"-".repeat(longest.hash)}/${owner.path.join(".")}/${"-".repeat(longest.ulid)}`,
    size: bytes?.length ?? 10 ** longest.sizeDigits - 1,
    sha256: new Uint8Array(32),
    versionId: "-".repeat(longest.versionId),
    contentType
  })
}
