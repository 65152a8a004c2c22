/**
 * The state of an engine as plain data, and an engine's state from it.
 */
import { placeOfItem } from "./keys.js"
import { type IndexDefinition, type Status, Table, type TableDefinition } from "./table.js"
import { decodeItem, type Item, sizeOfItem } from "./value.js"
import type { Stream, Token, World } from "./world.js"

interface TableSnapshot {
  readonly definition: TableDefinition
  readonly indexes: ReadonlyArray<{ readonly definition: IndexDefinition; readonly status: Status }>
  readonly items: ReadonlyArray<Item>
}

/** See `DynamoDBEngine.Snapshot`. */
export interface Snapshot {
  readonly version: 1
  readonly tables: ReadonlyArray<TableSnapshot>
  readonly streams: ReadonlyArray<Readonly<Stream>>
  readonly tokens: ReadonlyArray<readonly [token: string, use: Token]>
}

const itemsOf = (table: Table): ReadonlyArray<Item> => {
  const items: Array<Item> = []
  const next = table.rows.ascend(() => false)
  for (let row = next(); row !== undefined; row = next()) items.push(row.item)
  return items
}

export const take = (world: World): Snapshot => ({
  version: 1,
  tables: Array.from(world.tables.values(), (table) => ({
    definition: table.definition,
    indexes: Array.from(table.indexes.values(), ({ definition, status }) => ({ definition, status })),
    items: itemsOf(table)
  })),
  streams: Array.from(world.streams.values(), (stream) => ({ ...stream, records: [...stream.records] })),
  tokens: [...world.tokens]
})

/** Items of a snapshot may have been through JSON or another engine: they are taken in as any item is. */
const load = (table: Table, items: ReadonlyArray<Item>): void => {
  for (const given of items) {
    const item = decodeItem(given)
    table.change(placeOfItem(table.schema, item), undefined, item, sizeOfItem(item))
  }
}

export const restore = (world: World, snapshot: Snapshot): void => {
  world.transitions.length = 0
  world.tables.clear()
  world.streams.clear()
  world.tokens.clear()
  for (const { definition, indexes, items } of snapshot.tables) {
    const { stream } = definition
    // Without its stream while it is filled, which is no change to record.
    const table = new Table({ ...definition, stream: undefined }, world.onChange)
    for (const index of indexes) table.addIndex(index.definition, index.status)
    load(table, items)
    table.definition = { ...definition, stream }
    world.tables.set(definition.name, table)
  }
  for (const stream of snapshot.streams) world.streams.set(stream.arn, { ...stream, records: [...stream.records] })
  for (const [token, use] of snapshot.tokens) world.tokens.set(token, use)
}
