/**
 * A table: its rows, its indexes, and the one function that changes them.
 */
import { checkIndexKey, keyAttributes, type KeySchema, placeInIndex } from "./keys.js"
import { comparePlaces, make as makeStore, type Place, type Store } from "./sorted.js"
import { attribute, type Item, pick, sizeOf, utf8Length } from "./value.js"

/** An item at its place. The item is replaced as a whole and never changed. */
export interface Row extends Place {
  item: Item
  size: number
}

interface IndexEntry extends Place {
  readonly row: Row
}

export interface Throughput {
  readonly ReadCapacityUnits: number
  readonly WriteCapacityUnits: number
}

export type ProjectionType = "ALL" | "KEYS_ONLY" | "INCLUDE"

/** An index as it was asked for; plain data. */
export interface IndexDefinition {
  readonly name: string
  readonly kind: "global" | "local"
  readonly schema: KeySchema
  readonly projection: ProjectionType
  readonly nonKeyAttributes: ReadonlyArray<string> | undefined
  readonly throughput: Throughput | undefined
  readonly onDemand: Readonly<Record<string, number>> | undefined
}

export type Status = "CREATING" | "UPDATING" | "DELETING" | "ACTIVE"

export interface Index {
  definition: IndexDefinition
  status: Status
  readonly entries: Store<IndexEntry>
  readonly keyNames: ReadonlyArray<string>
  /** Names of the attributes in the index; `undefined` for all. */
  readonly projected: ReadonlySet<string> | undefined
}

export type StreamView = "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES"

/** A table as it was asked for and stands; plain data. */
export interface TableDefinition {
  readonly name: string
  readonly id: string
  readonly arn: string
  readonly created: number
  readonly schema: KeySchema
  readonly attributes: ReadonlyArray<{ readonly AttributeName: string; readonly AttributeType: "S" | "N" | "B" }>
  readonly billing: "PROVISIONED" | "PAY_PER_REQUEST"
  readonly billingChanged: number | undefined
  readonly throughput: Throughput
  readonly throughputIncreased: number | undefined
  readonly throughputDecreased: number | undefined
  readonly decreasesToday: number
  readonly onDemand: Readonly<Record<string, number>> | undefined
  readonly deletionProtection: boolean
  readonly tableClass: string | undefined
  readonly encryption: { readonly type: string; readonly key: string | undefined } | undefined
  readonly timeToLive: string | undefined
  readonly pointInTimeRecovery: boolean
  readonly tags: ReadonlyArray<readonly [key: string, value: string]>
  readonly stream: { readonly label: string; readonly view: StreamView } | undefined
}

/** Told of each change of an item, once it is made. */
export type OnChange = (table: Table, before: Item | undefined, after: Item | undefined, size: number) => void

const projectedNames = (table: KeySchema, index: IndexDefinition): ReadonlySet<string> | undefined =>
  index.projection === "ALL"
    ? undefined
    : new Set([
      ...keyAttributes(table).map(({ name }) => name),
      ...keyAttributes(index.schema).map(({ name }) => name),
      ...(index.nonKeyAttributes ?? [])
    ])

/** The part of an item that an index holds; the item itself if that is all of it. */
export const projectToIndex = (index: Index, item: Item): Item =>
  index.projected === undefined ? item : pick(item, index.projected)

/** Bytes of the part of a row that an index holds. */
export const sizeInIndex = (index: Index, row: { readonly item: Item; readonly size: number }): number => {
  if (index.projected === undefined) return row.size
  let size = 0
  for (const name of index.projected) {
    const value = attribute(row.item, name)
    if (value !== undefined) size += utf8Length(name) + sizeOf(value)
  }
  return size
}

export class Table {
  status: Status = "ACTIVE"
  readonly rows: Store<Row> = makeStore()
  readonly indexes = new Map<string, Index>()
  bytes = 0
  /** Bytes by partition, in a table with local indexes only: an item collection may not exceed 10 GB. */
  private readonly collections = new Map<string, number>()
  private hasLocal = false
  private definitionNow: TableDefinition
  private keyNamesNow: ReadonlySet<string>

  constructor(
    definition: TableDefinition,
    private readonly onChange: OnChange
  ) {
    this.definitionNow = definition
    this.keyNamesNow = new Set(keyAttributes(definition.schema).map(({ name }) => name))
  }

  get definition(): TableDefinition {
    return this.definitionNow
  }

  set definition(definition: TableDefinition) {
    this.definitionNow = definition
  }

  get name(): string {
    return this.definitionNow.name
  }

  get schema(): KeySchema {
    return this.definitionNow.schema
  }

  get keyNames(): ReadonlySet<string> {
    return this.keyNamesNow
  }

  /** Adds an index and fills it with the rows that stand. */
  addIndex(definition: IndexDefinition, status: Status = "ACTIVE"): void {
    const index: Index = {
      definition,
      status,
      entries: makeStore(),
      keyNames: keyAttributes(definition.schema).map(({ name }) => name),
      projected: projectedNames(this.schema, definition)
    }
    this.indexes.set(definition.name, index)
    const next = this.rows.ascend(() => false)
    for (let row = next(); row !== undefined; row = next()) {
      if (isIndexable(definition, row.item)) link(index, row)
    }
    if (definition.kind === "local" && !this.hasLocal) this.hasLocal = true
  }

  get hasLocalIndexes(): boolean {
    return this.hasLocal
  }

  collectionBytes(pk: string): number {
    return this.collections.get(pk) ?? 0
  }

  /** The primary key of an item. */
  keyOf(item: Item): Item {
    return pick(item, this.keyNamesNow)
  }

  /** Refuses an item that cannot stand in an index because of its type or size. */
  checkIndexKeys(item: Item): void {
    for (const { definition } of this.indexes.values()) checkIndexKey(definition.schema, item, definition.name)
  }

  /** Puts an item at a place, or removes what stands there. */
  change(place: Place, row: Row | undefined, item: Item | undefined, size: number): void {
    const before = row?.item
    if (row === undefined) {
      if (item === undefined) return
      const added: Row = { hash: place.hash, pk: place.pk, sk: place.sk, item, size }
      this.rows.set(added)
      for (const index of this.indexes.values()) link(index, added)
      this.count(place.pk, size)
    } else if (item === undefined) {
      for (const index of this.indexes.values()) unlink(index, row)
      this.rows.delete(row)
      this.count(place.pk, -row.size)
    } else {
      for (const index of this.indexes.values()) relink(index, row, item)
      this.count(place.pk, size - row.size)
      row.item = item
      row.size = size
    }
    this.onChange(this, before, item, size)
  }

  private count(pk: string, bytes: number): void {
    this.bytes += bytes
    if (this.hasLocal) this.collections.set(pk, this.collectionBytes(pk) + bytes)
  }
}

/** Whether an item that was written before the index was made fits it; those that do not are left out of it. */
const isIndexable = ({ name, schema }: IndexDefinition, item: Item): boolean => {
  try {
    checkIndexKey(schema, item, name)
    return true
  } catch {
    return false
  }
}

const link = (index: Index, row: Row): void => {
  const place = placeInIndex(index.definition.schema, row.item, row)
  if (place !== undefined) index.entries.set({ ...place, row })
}

const unlink = (index: Index, row: Row): void => {
  const place = placeInIndex(index.definition.schema, row.item, row)
  if (place !== undefined) index.entries.delete(place)
}

/** Moves a row's entry if the item that is about to replace the row's stands elsewhere. */
const relink = (index: Index, row: Row, item: Item): void => {
  const { schema } = index.definition
  if (index.keyNames.every((name) => attribute(row.item, name) === attribute(item, name))) return
  const from = placeInIndex(schema, row.item, row)
  const to = placeInIndex(schema, item, row)
  if (from !== undefined && to !== undefined && comparePlaces(from, to) === 0) return
  if (from !== undefined) index.entries.delete(from)
  if (to !== undefined) index.entries.set({ ...to, row })
}
