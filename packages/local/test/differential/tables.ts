/** Random tables: one or two key attributes of any type, global and local indexes of any projection. */
import type { Chance, Item, KeyType } from "./values.js"
import { keyValue, plain, value } from "./values.js"

export interface Key {
  readonly name: string
  readonly type: KeyType
}

export interface Index {
  readonly name: string
  readonly local: boolean
  readonly hash: Key
  readonly range: Key | undefined
  readonly projection: Readonly<Record<string, unknown>>
}

export interface Table {
  readonly name: string
  readonly hash: Key
  readonly range: Key | undefined
  readonly indexes: ReadonlyArray<Index>
}

const indexKeys: readonly [Key, ...ReadonlyArray<Key>] = [
  { name: "gs", type: "S" },
  { name: "gn", type: "N" },
  { name: "gb", type: "B" }
]

const projection = (chance: Chance) =>
  chance.pick([
    { ProjectionType: "ALL" },
    { ProjectionType: "KEYS_ONLY" },
    { ProjectionType: "INCLUDE", NonKeyAttributes: ["a", "m"] }
  ])

export const table = (chance: Chance, name: string): Table => {
  const hash: Key = { name: "pk", type: chance.pick(["S", "S", "N", "B"]) }
  const range: Key | undefined = chance.of(0.65) ? { name: "sk", type: chance.pick(["S", "N", "B"]) } : undefined
  const indexes: Array<Index> = []
  if (chance.of(0.4)) {
    const [first, second] = [chance.pick(indexKeys), chance.pick(indexKeys)]
    indexes.push({
      name: "global",
      local: false,
      hash: first,
      range: second.name === first.name ? undefined : second,
      projection: projection(chance)
    })
  }
  if (range !== undefined && chance.of(0.3)) {
    indexes.push({ name: "local", local: true, hash, range: chance.pick(indexKeys), projection: projection(chance) })
  }
  return { name, hash, range, indexes }
}

const schema = (hash: Key, range: Key | undefined) => [
  { AttributeName: hash.name, KeyType: "HASH" },
  ...(range === undefined ? [] : [{ AttributeName: range.name, KeyType: "RANGE" }])
]

export const keysOf = (table: Table): ReadonlyArray<Key> => [
  table.hash,
  ...(table.range === undefined ? [] : [table.range])
]

const indexKeysOf = (table: Table): ReadonlyArray<Key> =>
  table.indexes.flatMap((index) => keysOf({ ...index, indexes: [] }))

/** As `CreateTable` takes it. */
export const definition = (table: Table) => {
  const types = new Map([...keysOf(table), ...indexKeysOf(table)].map((key) => [key.name, key.type]))
  const indexes = (local: boolean) =>
    table.indexes.filter((index) => index.local === local).map((index) => ({
      IndexName: index.name,
      KeySchema: schema(index.hash, index.range),
      Projection: index.projection
    }))
  const [global, local] = [indexes(false), indexes(true)]
  return {
    TableName: table.name,
    AttributeDefinitions: Array.from(types, ([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    KeySchema: schema(table.hash, table.range),
    BillingMode: "PAY_PER_REQUEST",
    ...(global.length > 0 ? { GlobalSecondaryIndexes: global } : {}),
    ...(local.length > 0 ? { LocalSecondaryIndexes: local } : {})
  }
}

/** A key of a table; now and then one with a member too many or too few. */
export const key = (chance: Chance, table: Table): Item => {
  const members = keysOf(table).map(({ name, type }) => [name, keyValue(chance, type)] as const)
  if (chance.of(0.005)) members.pop()
  if (chance.of(0.005)) members.push(["extra", { S: "x" }])
  return Object.fromEntries(members)
}

/** A whole item; now and then one whose index key has a wrong type. */
export const item = (chance: Chance, table: Table): Item => {
  const indexed = indexKeys.filter(() => chance.of(0.7)).map(({ name, type }) =>
    [name, chance.of(0.01) ? value(chance) : keyValue(chance, type)] as const
  )
  return { ...plain(chance), ...Object.fromEntries(indexed), ...key(chance, table) }
}
