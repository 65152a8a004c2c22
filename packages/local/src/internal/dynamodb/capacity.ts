/**
 * Capacity units: what reads and writes cost, and how a response reports it.
 */
import { placeInIndex } from "./keys.js"
import { comparePlaces, type Place } from "./sorted.js"
import { type Index, projectToIndex, sizeInIndex, type Table } from "./table.js"
import { equalItems, type Item } from "./value.js"
import type { Outcome } from "./write.js"

export type Level = "NONE" | "TOTAL" | "INDEXES"

/** Units of a read of so many bytes; `factor` is 0.5 eventually consistent, 1 strongly, 2 in a transaction. */
export const readUnits = (bytes: number, factor: number): number => Math.max(1, Math.ceil(bytes / 4096)) * factor

const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1024))

interface Sized {
  readonly item: Item
  readonly size: number
}

const indexWriteUnits = (index: Index, place: Place, before: Sized | undefined, after: Sized | undefined): number => {
  const { schema } = index.definition
  const from = before === undefined ? undefined : placeInIndex(schema, before.item, place)
  const to = after === undefined ? undefined : placeInIndex(schema, after.item, place)
  const removed = before === undefined || from === undefined ? 0 : writeUnits(sizeInIndex(index, before))
  const added = after === undefined || to === undefined ? 0 : writeUnits(sizeInIndex(index, after))
  if (before === undefined || after === undefined || from === undefined || to === undefined) return removed + added
  if (comparePlaces(from, to) !== 0) return removed + added
  const unchanged = equalItems(projectToIndex(index, before.item), projectToIndex(index, after.item))
  return unchanged ? 0 : Math.max(removed, added)
}

/** The units that a table and its indexes gave. */
export class Meter {
  private units = 0
  private readonly local = new Map<string, number>()
  private readonly global = new Map<string, number>()

  constructor(readonly table: Table) {}

  addTable(units: number): void {
    this.units += units
  }

  addIndex(index: Index, units: number): void {
    if (units === 0) return
    const { kind, name } = index.definition
    const map = kind === "local" ? this.local : this.global
    map.set(name, (map.get(name) ?? 0) + units)
  }

  /** A write, made or about to be; `factor` is 2 in a transaction. */
  addWrite({ after, afterSize, before, beforeSize, located: { place } }: Outcome, factor: number): void {
    this.addTable(writeUnits(Math.max(beforeSize, afterSize)) * factor)
    if (this.table.indexes.size === 0) return
    const from = before === undefined ? undefined : { item: before, size: beforeSize }
    const to = after === undefined ? undefined : { item: after, size: afterSize }
    for (const index of this.table.indexes.values()) {
      this.addIndex(index, indexWriteUnits(index, place, from, to) * factor)
    }
  }

  get total(): number {
    let total = this.units
    for (const units of this.local.values()) total += units
    for (const units of this.global.values()) total += units
    return total
  }

  get tableUnits(): number {
    return this.units
  }

  get indexUnits(): ReadonlyMap<string, number> {
    return this.global
  }

  /** The `ConsumedCapacity` of a response; `kind` adds the total by kind, as transactions report it. */
  report(level: Level, kind?: "Read" | "Write"): Readonly<Record<string, unknown>> {
    const of = (units: number) =>
      kind === undefined ? { CapacityUnits: units } : { CapacityUnits: units, [`${kind}CapacityUnits`]: units }
    const byName = (map: ReadonlyMap<string, number>) =>
      Object.fromEntries(Array.from(map, ([name, units]) => [name, of(units)]))
    return {
      TableName: this.table.name,
      ...of(this.total),
      ...(level === "INDEXES"
        ? {
          Table: of(this.units),
          ...(this.local.size > 0 ? { LocalSecondaryIndexes: byName(this.local) } : {}),
          ...(this.global.size > 0 ? { GlobalSecondaryIndexes: byName(this.global) } : {})
        }
        : {})
    }
  }
}

/** The member of a response, if it was asked for. */
export const consumed = (meter: Meter, level: Level | undefined): { readonly ConsumedCapacity?: unknown } =>
  level === undefined || level === "NONE" ? {} : { ConsumedCapacity: meter.report(level) }
