/**
 * What a batch sends: which of its members are the same, what goes into one request, and how the answer finds its way back to whoever
 * asked.
 */
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Option from "effect/Option"
import { itemId, type ReadonlyItem } from "./batchKey.js"
import { itemSize } from "./batchSize.js"
import { sizeOfAttribute } from "./item.js"
import type { Item } from "./items.js"

/** The names of the attributes that a table's key is made of, by table. */
export type KeyNames = Readonly<Record<string, ReadonlyArray<string>>>
export type Keys = ReadonlyMap<string, ReadonlyArray<string>>
export type Reads = Record<string, Sdk.KeysAndAttributes>
export type Writes = Record<string, Array<Sdk.WriteRequest>>

export const maxReads = 100
export const maxWrites = 25
/** Bytes of all members of one request: AWS refuses more than 16 MB, and the request has a frame. */
const maxBytes = 15 * 1024 * 1024

/** One read or write, as it is sent. `index` is its place in the whole batch. */
export interface Member {
  readonly table: string
  readonly index: number
  readonly id: string
}

/** Cuts members into requests, each when it is asked for. */
export function* chunks<M>(
  members: Iterable<M>,
  maxCount: number,
  sizeOf: (member: M) => number
): Generator<ReadonlyArray<M>, undefined, undefined> {
  let chunk: Array<M> = []
  let bytes = 0
  for (const member of members) {
    const size = sizeOf(member)
    if (chunk.length > 0 && (chunk.length === maxCount || bytes + size > maxBytes)) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(member)
    bytes += size
  }
  if (chunk.length > 0) yield chunk
}

const identity = (table: string, id: string): string => `${table.length}:${table}${id}`

const byTable = <M extends Member>(members: ReadonlyArray<M>): ReadonlyMap<string, Array<M>> => {
  const tables = new Map<string, Array<M>>()
  for (const member of [...members].sort((a, b) => a.index - b.index)) {
    const of = tables.get(member.table)
    if (of === undefined) tables.set(member.table, [member])
    else of.push(member)
  }
  return tables
}

// ------------------------------------------------------------------------------------------------------------------ writes

export interface Write extends Member {
  readonly request: Sdk.WriteRequest
}

export interface WritePlan {
  /** One write for each item; where several were asked for, the last. */
  readonly members: ReadonlyArray<Write>
  /** Tables where two puts may be of one key, since nothing here says which attributes the key is made of. */
  readonly unkeyed: ReadonlyArray<string>
}

export const planWrites = (requests: Writes, keys: Keys): WritePlan => {
  const members = new Map<string, Write>()
  const unkeyed: Array<string> = []
  let index = 0
  for (const [table, writes] of Object.entries(requests)) {
    const names = keys.get(table)
    let puts = 0
    for (const request of writes) {
      if (request.PutRequest !== undefined) puts++
      const id = writeId(request, table, names)
      // so that the last one also has the last one's place
      members.delete(id)
      members.set(id, { table, index: index++, id, request })
    }
    if (names === undefined && puts > 1) unkeyed.push(table)
  }
  return { members: [...members.values()], unkeyed }
}

/** The names of the key's attributes, for each table where they were given or a delete shows them. */
export const keysOf = (requests: Writes, given: KeyNames): Keys =>
  new Map(
    Object.entries(requests).flatMap(([table, writes]) => {
      const key = writes.find((write) => write.DeleteRequest?.Key !== undefined)?.DeleteRequest?.Key
      const names = (Object.hasOwn(given, table) ? given[table] : undefined) ?? Object.keys(key ?? {})
      return names.length === 0 ? [] : [[table, names]]
    })
  )

const writeId = (
  { DeleteRequest, PutRequest }: Sdk.WriteRequest,
  table: string,
  names: ReadonlyArray<string> | undefined
): string => {
  const key = DeleteRequest?.Key
  if (key !== undefined) return identity(table, itemId(key))
  const item = PutRequest?.Item ?? {}
  // an item without its key is like no other, and DynamoDB's to refuse
  return identity(table, itemId(item, names?.every((name) => item[name] !== undefined) === true ? names : undefined))
}

const frame = `,{"DeleteRequest":{"Item":}}`.length

/** Bytes of a write on the wire; a table's own name is counted with each, which is more than it takes. */
export const writeSize = ({ request: { DeleteRequest, PutRequest }, table }: Write): number => {
  try {
    return frame + table.length + itemSize(PutRequest?.Item ?? DeleteRequest?.Key ?? {})
  } catch {
    // not of the input's type: the transport refuses what it cannot write
    return 0
  }
}

export const writesOf = (members: ReadonlyArray<Write>): Writes =>
  Object.fromEntries(Array.from(byTable(members), ([table, of]) => [table, of.map((member) => member.request)]))

/** Which members of a request an answer leaves over, as they were given; what is not recognised is kept as AWS gives it back. */
export const writesLeft = (sent: ReadonlyArray<Write>, left: Writes | undefined, keys: Keys): ReadonlyArray<Write> => {
  const byId = new Map(sent.map((member) => [member.id, member]))
  const result: Array<Write> = []
  for (const [table, writes] of Object.entries(left ?? {})) {
    for (const request of writes) {
      const id = writeId(request, table, keys.get(table))
      result.push(byId.get(id) ?? { table, index: sent[0]?.index ?? 0, id, request })
    }
  }
  return result
}

// ------------------------------------------------------------------------------------------------------------------- reads

export interface Read extends Member {
  readonly key: Item
  /** Where in the table's keys it was asked for. */
  readonly places: Array<number>
}

/** What the keys of one table have in common. */
interface Group {
  readonly names: ReadonlyArray<string>
  /** The keys' attributes that are not in the projection: asked for all the same, to know an item by, and taken out again. */
  readonly hidden: ReadonlyArray<string>
  readonly asked: Sdk.KeysAndAttributes
  readonly sent: Omit<Sdk.KeysAndAttributes, "Keys">
  readonly count: number
}

export interface ReadPlan {
  /** One read for each item, whoever asked for it. */
  readonly members: ReadonlyArray<Read>
  readonly groups: ReadonlyMap<string, Group>
}

export const planReads = (requests: Reads): ReadPlan => {
  const members = new Map<string, Read>()
  const groups = new Map<string, Group>()
  let index = 0
  for (const [table, asked] of Object.entries(requests)) {
    const keys = asked.Keys ?? []
    const names = Object.keys(keys[0] ?? {})
    groups.set(table, { names, asked, count: keys.length, ...withKeys(asked, names) })
    for (const [place, key] of keys.entries()) {
      const id = identity(table, itemId(key))
      const same = members.get(id)
      if (same === undefined) members.set(id, { table, index, id, key, places: [place] })
      else same.places.push(place)
      index++
    }
  }
  return { members: [...members.values()], groups }
}

/** A table's projection with the key's attributes in it. */
const withKeys = (asked: Sdk.KeysAndAttributes, names: ReadonlyArray<string>): Pick<Group, "hidden" | "sent"> => {
  const { Keys: _, ...sent } = asked
  const { AttributesToGet, ExpressionAttributeNames = {}, ProjectionExpression } = sent
  const projected = ProjectionExpression === undefined
    ? AttributesToGet
    : ProjectionExpression.split(",").map((path) => path.trim()).map((path) => ExpressionAttributeNames[path] ?? path)
  const hidden = projected === undefined ? [] : names.filter((name) => !projected.includes(name))
  if (hidden.length === 0) return { hidden, sent }
  if (ProjectionExpression === undefined) {
    return { hidden, sent: { ...sent, AttributesToGet: [...projected ?? [], ...hidden] } }
  }
  const placeholders: Record<string, string> = {}
  let i = 0
  for (const name of hidden) {
    while (Object.hasOwn(ExpressionAttributeNames, `#k${i}`)) i++
    placeholders[`#k${i++}`] = name
  }
  return {
    hidden,
    sent: {
      ...sent,
      ProjectionExpression: [ProjectionExpression, ...Object.keys(placeholders)].join(", "),
      ExpressionAttributeNames: { ...ExpressionAttributeNames, ...placeholders }
    }
  }
}

/** The request for some members of a plan. */
export const readsOf = (plan: ReadPlan, members: ReadonlyArray<Read>): Reads =>
  Object.fromEntries(
    Array.from(byTable(members), ([table, of]) => [
      table,
      { ...plan.groups.get(table)?.sent, Keys: of.map((member) => member.key) }
    ])
  )

/** The same as it was asked for, to be asked for again. */
export const asked = (plan: ReadPlan, members: ReadonlyArray<Read>): Reads =>
  Object.fromEntries(
    Array.from(byTable(members), ([table, of]) => [
      table,
      { ...plan.groups.get(table)?.asked, Keys: of.map((member) => member.key) }
    ])
  )

/** Which members of a request an answer leaves over. */
export const readsLeft = (sent: ReadonlyArray<Read>, left: Reads | undefined): ReadonlyArray<Read> => {
  const ids = new Set<string>()
  for (const [table, { Keys }] of Object.entries(left ?? {})) {
    for (const key of Keys ?? []) ids.add(identity(table, itemId(key)))
  }
  return ids.size === 0 ? [] : sent.filter((member) => ids.has(member.id))
}

export type Responses = Readonly<Record<string, ReadonlyArray<Item>>>

/** By table, one entry for each key that was asked for, in that order. */
export type Items = Readonly<Record<string, ReadonlyArray<Option.Option<Item>>>>

/** Where answers are gathered: an entry for each key that was asked for. */
export class Found {
  private readonly members: ReadonlyMap<string, Read>
  private readonly tables: ReadonlyMap<string, Array<Option.Option<Item>>>

  constructor(private readonly plan: ReadPlan) {
    this.members = new Map(plan.members.map((member) => [member.id, member]))
    this.tables = new Map(
      Array.from(plan.groups, ([table, { count }]) => [table, Array.from({ length: count }, () => Option.none())])
    )
  }

  add(responses: Responses | undefined): void {
    for (const [table, items] of Object.entries(responses ?? {})) {
      const group = this.plan.groups.get(table)
      const places = this.tables.get(table)
      if (group === undefined || places === undefined) continue
      for (const item of items) {
        const member = this.members.get(identity(table, itemId(item, group.names)))
        const own = group.hidden.length === 0 ? item : without(item, group.hidden)
        // each asker has an object of its own
        member?.places.forEach((place, i) => {
          places[place] = Option.some(i === 0 ? own : { ...own })
        })
      }
    }
  }

  get items(): Items {
    return Object.fromEntries(this.tables)
  }

  get responses(): Record<string, Array<Item>> {
    return Object.fromEntries(Array.from(this.tables, ([table, found]) => [table, found.flatMap(Option.toArray)]))
  }
}

const without = (item: Item, names: ReadonlyArray<string>): Item => {
  const copy = { ...item }
  for (const name of names) delete copy[name]
  return copy
}

const maxItem = 400 * 1024
const maxAnswer = 16 * 1024 * 1024
const maxPartition = 1024 * 1024

/**
 * Whether an answer leaves members over because it is full, as opposed to a table that is too slow: the next item could have been the
 * one too many, in 16 MB altogether or 1 MB of one partition. A projection hides the sizes, so there any item counts.
 */
export const isFull = (plan: ReadPlan, responses: Responses | undefined, left: ReadonlyArray<Read>): boolean => {
  const short = new Set(left.map((member) => member.table))
  const partitions = new Map<string, number>()
  let total = 0
  for (const [table, items] of Object.entries(responses ?? {})) {
    const group = plan.groups.get(table)
    if (group === undefined) continue
    const { AttributesToGet, ProjectionExpression } = group.asked
    if (short.has(table) && items.length > 0 && (AttributesToGet ?? ProjectionExpression) !== undefined) return true
    for (const item of items) {
      const size = sizeOf(item)
      total += size
      if (total > maxAnswer - maxItem) return true
      // which of the two attributes is the partition key is not known here
      for (const name of short.has(table) ? group.names : []) {
        const partition = identity(table, itemId(item, [name]))
        const sum = (partitions.get(partition) ?? 0) + size
        if (sum > maxPartition - maxItem) return true
        partitions.set(partition, sum)
      }
    }
  }
  return false
}

const sizeOf = (item: ReadonlyItem): number => {
  let total = 0
  for (const name in item) total += sizeOfAttribute(name, item[name])
  return total
}

// ------------------------------------------------------------------------------------------------------------------ totals

/** Adds what requests used up: numbers are summed, by table and by index. */
export class Capacity {
  private readonly tables = new Map<string | undefined, Sdk.ConsumedCapacity>()

  add(used: ReadonlyArray<Sdk.ConsumedCapacity> | undefined): void {
    for (const one of used ?? []) {
      const before = this.tables.get(one.TableName)
      this.tables.set(one.TableName, before === undefined ? one : sum(before, one))
    }
  }

  get total(): { readonly ConsumedCapacity?: Array<Sdk.ConsumedCapacity> } {
    return this.tables.size === 0 ? {} : { ConsumedCapacity: [...this.tables.values()] }
  }
}

const units = (a: Sdk.Capacity, b: Sdk.Capacity): Sdk.Capacity => ({
  ...added("CapacityUnits", a, b),
  ...added("ReadCapacityUnits", a, b),
  ...added("WriteCapacityUnits", a, b)
})

const added = <K extends keyof Sdk.Capacity>(
  name: K,
  a: Sdk.Capacity,
  b: Sdk.Capacity
): { readonly [_ in K]?: number } => {
  const { [name]: x } = a
  const { [name]: y } = b
  // a computed name loses its type
  return x === undefined && y === undefined ? {} : { [name]: (x ?? 0) + (y ?? 0) } as { readonly [_ in K]?: number }
}

type ByIndex = Record<string, Sdk.Capacity>

const indexes = (a: ByIndex = {}, b: ByIndex = {}): ByIndex => {
  const result: ByIndex = { ...a }
  for (const [name, used] of Object.entries(b)) result[name] = units(result[name] ?? {}, used)
  return result
}

const sum = (a: Sdk.ConsumedCapacity, b: Sdk.ConsumedCapacity): Sdk.ConsumedCapacity => ({
  ...(a.TableName === undefined ? {} : { TableName: a.TableName }),
  ...units(a, b),
  ...(a.Table === undefined && b.Table === undefined ? {} : { Table: units(a.Table ?? {}, b.Table ?? {}) }),
  ...((a.LocalSecondaryIndexes ?? b.LocalSecondaryIndexes) === undefined
    ? {}
    : { LocalSecondaryIndexes: indexes(a.LocalSecondaryIndexes, b.LocalSecondaryIndexes) }),
  ...((a.GlobalSecondaryIndexes ?? b.GlobalSecondaryIndexes) === undefined
    ? {}
    : { GlobalSecondaryIndexes: indexes(a.GlobalSecondaryIndexes, b.GlobalSecondaryIndexes) })
})
