/**
 * Writes of one item, in steps that single requests, batches, transactions and PartiQL share: compile (what the request alone tells),
 * locate (table and key), evaluate (the condition and the item after, nothing changed yet), commit.
 */
import { apply } from "./expression/apply.js"
import type { Condition, Path, Update } from "./expression/ast.js"
import { evaluate as holds } from "./expression/evaluate.js"
import { placeOfItem, placeOfKey } from "./keys.js"
import { conditionFailed, Refusal, validation } from "./refusal.js"
import type { Place } from "./sorted.js"
import type { Row, Table } from "./table.js"
import { attribute, emptyItem, encodeItem, type Item, maxItemSize, sizeOf, sizeOfItem, utf8Length } from "./value.js"
import * as expressionWording from "./wording/expression.js"
import * as wording from "./wording/value.js"
import { tableOf, type World } from "./world.js"

interface Common {
  readonly table: string
  readonly condition: Condition | undefined
  /** Whether a failed condition shows the item that stands there. */
  readonly showItem: boolean
}

export type Write =
  | Common & { readonly kind: "put"; readonly item: Item; readonly size: number }
  | Common & { readonly kind: "update"; readonly key: Item; readonly update: Update | undefined }
  | Common & { readonly kind: "delete"; readonly key: Item }
  | Common & { readonly kind: "check"; readonly key: Item }

export interface Located {
  readonly write: Write
  readonly table: Table
  readonly place: Place
}

export interface Outcome {
  readonly located: Located
  readonly row: Row | undefined
  readonly before: Item | undefined
  readonly beforeSize: number
  readonly after: Item | undefined
  readonly afterSize: number
}

const maxCollectionBytes = 10 * 1024 ** 3

/** The item of a put and its size, which must not be over the limit. */
export const checkedSize = (item: Item): number => {
  const size = sizeOfItem(item)
  if (size > maxItemSize) throw validation(wording.itemTooLarge)
  return size
}

/** Refuses paths that look into a key attribute, which is always a scalar. */
export const checkKeyPaths = (table: Table, paths: ReadonlyArray<Path>): void => {
  for (const path of paths) {
    if (path.length === 1) continue
    const name = String(path[0])
    if (table.keyNames.has(name)) throw validation(expressionWording.keyNotScalar(name, false))
    for (const index of table.indexes.values()) {
      if (index.keyNames.includes(name)) throw validation(expressionWording.keyNotScalar(name, true))
    }
  }
}

const checkUpdate = (table: Table, update: Update): void => {
  for (const { path } of update.actions) {
    const name = String(path[0])
    if (path.length === 1 && table.keyNames.has(name)) throw validation(expressionWording.keyUpdate(name))
  }
  checkKeyPaths(table, update.actions.map(({ path }) => path))
}

const locateIn = (table: Table, write: Write): Located => {
  if (write.kind === "put") {
    const place = placeOfItem(table.schema, write.item)
    if (table.indexes.size > 0) table.checkIndexKeys(write.item)
    return { write, table, place }
  }
  const place = placeOfKey(table.schema, write.key)
  if (write.kind === "update" && write.update !== undefined) checkUpdate(table, write.update)
  return { write, table, place }
}

export const locate = (world: World, write: Write): Located => locateIn(tableOf(world, write.table), write)

/** The size of an item after an update of an item of known size: only what the update names can have changed. */
const resized = (update: Update, before: Item, beforeSize: number, after: Item): number => {
  let size = beforeSize
  const names = new Set(update.actions.map(({ path }) => String(path[0])))
  for (const name of names) {
    const old = attribute(before, name)
    const now = attribute(after, name)
    if (old !== undefined) size -= utf8Length(name) + sizeOf(old)
    if (now !== undefined) size += utf8Length(name) + sizeOf(now)
  }
  return size
}

const noItem: Item = emptyItem()

/** What the write makes of the item that stands there; refuses if it may not. */
export const evaluate = (located: Located): Outcome => {
  const { place, table, write } = located
  const row = table.rows.get(place)
  const before = row?.item
  if (write.condition !== undefined && !holds(write.condition, before ?? noItem)) {
    throw conditionFailed(write.showItem && before !== undefined ? encodeItem(before) : undefined)
  }
  const beforeSize = row?.size ?? 0
  const outcome = (after: Item | undefined, afterSize: number): Outcome => {
    if (
      table.hasLocalIndexes && afterSize > beforeSize &&
      table.collectionBytes(place.pk) + afterSize - beforeSize > maxCollectionBytes
    ) {
      throw new Refusal("ItemCollectionSizeLimitExceededException", wording.collectionTooLarge)
    }
    return { located, row, before, beforeSize, after, afterSize }
  }
  switch (write.kind) {
    case "put":
      return outcome(write.item, write.size)
    case "delete":
      return outcome(undefined, 0)
    case "check":
      return outcome(before, beforeSize)
    case "update": {
      const base = before ?? write.key
      const after = write.update === undefined ? base : apply(write.update, base)
      const size = before === undefined || write.update === undefined
        ? sizeOfItem(after)
        : resized(write.update, before, beforeSize, after)
      if (size > maxItemSize) throw validation(wording.updatedItemTooLarge)
      if (table.indexes.size > 0) table.checkIndexKeys(after)
      return outcome(after, size)
    }
  }
}

export const commit = ({ after, afterSize, located, row }: Outcome): void => {
  if (located.write.kind === "check") return
  located.table.change(located.place, row, after, afterSize)
}
