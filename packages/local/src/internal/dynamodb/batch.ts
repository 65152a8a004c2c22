/**
 * BatchGetItem and BatchWriteItem.
 */
import { type Level, Meter, readUnits } from "./capacity.js"
import type { Path } from "./expression/ast.js"
import { choose, projectItem } from "./expression/projection.js"
import { collectionMetrics, compileProjection, type Output } from "./items.js"
import { placeOfKey } from "./keys.js"
import * as Members from "./members.js"
import { present, validation } from "./refusal.js"
import * as Shape from "./shape.js"
import type { Place } from "./sorted.js"
import type { Table } from "./table.js"
import { admitRead, admitWrite } from "./throttle.js"
import { decodeItem, encodeItem, type Item } from "./value.js"
import * as wording from "./wording/request.js"
import { tableName, tableOf, type World } from "./world.js"
import { checkedSize, checkKeyPaths, commit, evaluate, locate, type Located, type Write } from "./write.js"

const maxGets = 100
const maxWrites = 25
const maxResponseBytes = 16 * 1024 * 1024
const maxPartitionBytes = 1024 * 1024

const keysShape = Shape.struct({
  Keys: Shape.required(Shape.list(Members.item, { min: 1 })),
  ConsistentRead: Shape.flag,
  AttributesToGet: Members.attributesToGet,
  ProjectionExpression: Shape.text(),
  ExpressionAttributeNames: Members.expressionNames
})

const getShape = Shape.struct({
  RequestItems: Shape.required(Shape.map(keysShape)),
  ReturnConsumedCapacity: Members.capacity
})

interface Get {
  readonly name: string
  readonly key: Readonly<Record<string, unknown>>
  readonly table: Table
  readonly place: Place
  readonly paths: ReadonlyArray<Path> | undefined
  readonly consistent: boolean
}

/** An item's identity among tables. A binary key may hold any character, so the length tells where the first ends. */
const placeId = (table: Table, { pk, sk }: Place): string => `${table.name}\u0000${pk.length}\u0000${pk}${sk}`

/** The members in an order that nobody can rely on. */
const shuffled = <A>(world: World, members: ReadonlyArray<A>): ReadonlyArray<A> => {
  const result = [...members]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(world.options.random() * (i + 1))
    const member = present(result[i])
    result[i] = present(result[j])
    result[j] = member
  }
  return result
}

/** Units by table, in the order of the request. */
export class Meters {
  private readonly meters = new Map<Table, Meter>()

  of(table: Table): Meter {
    let meter = this.meters.get(table)
    if (meter === undefined) this.meters.set(table, meter = new Meter(table))
    return meter
  }

  report(level: Level | undefined, kind?: "Read" | "Write"): { readonly ConsumedCapacity?: unknown } {
    if (level === undefined || level === "NONE") return {}
    return { ConsumedCapacity: Array.from(this.meters.values(), (meter) => meter.report(level, kind)) }
  }
}

export const batchGetItem = (world: World, request: unknown): Output => {
  const input = Shape.check(getShape, request)
  const names = Object.keys(input.RequestItems)
  if (names.length === 0) throw validation(wording.emptyRequestItems("BatchGetItem"))
  for (const name of names) {
    if (present(input.RequestItems[name]).Keys.length > maxGets) throw validation(wording.tooManyKeys(name))
  }
  const compiled = names.map((name) => {
    const of = present(input.RequestItems[name])
    const paths = compileProjection(of)
    return { name, paths, consistent: of.ConsistentRead === true, keys: of.Keys.map(decodeItem), given: of.Keys }
  })
  if (compiled.reduce((sum, { keys }) => sum + keys.length, 0) > maxGets) {
    throw validation(wording.tooManyItems("BatchGetItem"))
  }
  const seen = new Set<string>()
  const gets = compiled.flatMap(({ consistent, given, keys, name, paths }) => {
    const table = tableOf(world, name)
    if (paths !== undefined) checkKeyPaths(table, paths)
    return keys.map((key, i): Get => {
      const place = placeOfKey(table.schema, key)
      const id = placeId(table, place)
      if (seen.has(id)) throw validation(wording.duplicateKeys)
      seen.add(id)
      return { name, key: given[i] ?? {}, table, place, paths, consistent }
    })
  })
  const responses: Record<string, Array<Item>> = Object.fromEntries(names.map((name) => [name, []]))
  const left: Record<string, Array<Readonly<Record<string, unknown>>>> = {}
  const meters = new Meters()
  const partitions = new Map<string, number>()
  let total = 0
  for (const { consistent, key, name, paths, place, table } of shuffled(world, gets)) {
    const row = table.rows.get(place)
    const size = row?.size ?? 0
    const partition = `${table.name}\u0000${place.pk}`
    const ofPartition = partitions.get(partition) ?? 0
    if (total + size > maxResponseBytes || (ofPartition > 0 && ofPartition + size > maxPartitionBytes)) {
      ;(left[name] ??= []).push(key)
      continue
    }
    total += size
    partitions.set(partition, ofPartition + size)
    const units = readUnits(size, consistent ? 1 : 0.5)
    admitRead(world, table, undefined, () => units)
    meters.of(table).addTable(units)
    if (row === undefined) continue
    const item = paths === undefined ? row.item : projectItem(row.item, choose(paths))
    responses[name]?.push(encodeItem(item))
  }
  return {
    Responses: responses,
    UnprocessedKeys: Object.fromEntries(
      Object.entries(left).map(([name, keys]) => [name, { ...input.RequestItems[name], Keys: keys.map(copyKey) }])
    ),
    ...meters.report(input.ReturnConsumedCapacity)
  }
}

const copyKey = (key: Readonly<Record<string, unknown>>): Item => encodeItem(decodeItem(key))

const writeShape = Shape.struct({
  RequestItems: Shape.required(Shape.map(Shape.list(Shape.struct({
    PutRequest: Shape.struct({ Item: Shape.required(Members.item) }),
    DeleteRequest: Shape.struct({ Key: Shape.required(Members.item) })
  })))),
  ReturnConsumedCapacity: Members.capacity,
  ReturnItemCollectionMetrics: Members.collectionMetrics
})

type WriteRequest = {
  readonly PutRequest?: { readonly Item: Readonly<Record<string, unknown>> } | undefined
  readonly DeleteRequest?: { readonly Key: Readonly<Record<string, unknown>> } | undefined
}

const compileWrite = (table: string, { DeleteRequest, PutRequest }: WriteRequest): Write => {
  if ((PutRequest === undefined) === (DeleteRequest === undefined)) throw validation(wording.oneWriteRequest)
  const common = { table, condition: undefined, showItem: false }
  if (PutRequest === undefined) return { ...common, kind: "delete", key: decodeItem(DeleteRequest?.Key) }
  const item = decodeItem(PutRequest.Item)
  return { ...common, kind: "put", item, size: checkedSize(item) }
}

/** Refuses two of them at one place. */
export const checkDistinct = (located: ReadonlyArray<Pick<Located, "table" | "place">>, message: string): void => {
  const seen = new Set<string>()
  for (const { place, table } of located) {
    const id = placeId(table, place)
    if (seen.has(id)) throw validation(message)
    seen.add(id)
  }
}

const showTable = (requests: ReadonlyArray<unknown>): string =>
  `[${requests.map(() => "WriteRequest(...)").join(", ")}]`

export const batchWriteItem = (world: World, request: unknown): Output => {
  const input = Shape.check(writeShape, request)
  const names = Object.keys(input.RequestItems)
  if (names.length === 0) throw validation(wording.emptyRequestItems("BatchWriteItem"))
  for (const name of names) {
    const requests = present(input.RequestItems[name])
    if (requests.length < 1 || requests.length > maxWrites) {
      const value = `{${name}=${showTable(requests)}}`
      throw validation(wording.violations([wording.mapValueLength(value, "requestItems", 1, maxWrites)]))
    }
  }
  const writes = names.flatMap((name) => present(input.RequestItems[name]).map((each) => compileWrite(name, each)))
  if (writes.length > maxWrites) throw validation(wording.tooManyItems("BatchWriteItem"))
  const located = writes.map((write) => locate(world, write))
  checkDistinct(located, wording.duplicateKeys)
  const meters = new Meters()
  const metrics: Record<string, Array<Output>> = {}
  for (const each of located) {
    const outcome = evaluate(each)
    admitWrite(world, outcome)
    meters.of(each.table).addWrite(outcome, 1)
    commit(outcome)
    if (input.ReturnItemCollectionMetrics === "SIZE") {
      const metric = collectionMetrics(outcome)
      if (metric !== undefined) (metrics[tableName(each.write.table)] ??= []).push(metric)
    }
  }
  return {
    UnprocessedItems: {},
    ...(Object.keys(metrics).length > 0 ? { ItemCollectionMetrics: metrics } : {}),
    ...meters.report(input.ReturnConsumedCapacity)
  }
}
