/**
 * Query and Scan.
 */
import { consumed, Meter, readUnits } from "./capacity.js"
import type { Condition, Operand, Path } from "./expression/ast.js"
import { checkParameters, compile } from "./expression/compile.js"
import { evaluate } from "./expression/evaluate.js"
import { type KeyPredicate, type KeyRange, keyRange } from "./expression/keyCondition.js"
import { choose, projectItem } from "./expression/projection.js"
import type { Output } from "./items.js"
import { hashRange, keyAttributes, placeInIndex, placeOfKey } from "./keys.js"
import * as Legacy from "./legacy.js"
import * as Members from "./members.js"
import { Refusal, validation } from "./refusal.js"
import * as Shape from "./shape.js"
import { comparePlaces, type Cursor, type Place } from "./sorted.js"
import { type Index, projectToIndex, type Row, sizeInIndex, type Table } from "./table.js"
import { admitRead } from "./throttle.js"
import { attribute, type AttributeValue, decodeItem, encodeItem, type Item, pick, typeOf } from "./value.js"
import * as wording from "./wording/query.js"
import * as requestWording from "./wording/request.js"
import * as valueWording from "./wording/value.js"
import { tableOf, type World } from "./world.js"
import { checkKeyPaths } from "./write.js"

const select = Shape.oneOf("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")

const readMembers = {
  ReturnConsumedCapacity: Members.capacity,
  TableName: Members.table,
  IndexName: Members.index,
  Select: select,
  ConsistentRead: Shape.flag,
  ExclusiveStartKey: Members.item,
  AttributesToGet: Members.attributesToGet,
  ConditionalOperator: Legacy.conditionalOperator,
  ProjectionExpression: Shape.text(),
  FilterExpression: Shape.text(),
  ExpressionAttributeNames: Members.expressionNames,
  ExpressionAttributeValues: Members.expressionValues
} as const

const queryShape = Shape.struct({
  ...readMembers,
  Limit: Shape.whole(),
  ScanIndexForward: Shape.flag,
  KeyConditions: Legacy.conditionsShape,
  QueryFilter: Legacy.conditionsShape,
  KeyConditionExpression: Shape.text()
})

const scanShape = Shape.struct({
  ...readMembers,
  Limit: Shape.whole({ min: 1 }),
  ScanFilter: Legacy.conditionsShape,
  Segment: Shape.whole({ min: 0, max: 999_999 }),
  TotalSegments: Shape.whole({ min: 1, max: 1_000_000 })
})

type ReadInput = Shape.Decoded<typeof readMembers>

/** What a page is made of: a table or one of its indexes, and which part of each item is given out. */
export interface View {
  readonly table: Table
  readonly index: Index | undefined
  /** Attributes that are not in a local index are fetched from the table. */
  readonly fetch: boolean
  /** Of an item in an index all attributes are given out, not only those that the index holds. */
  readonly whole: boolean
  readonly projection: ReadonlyArray<Path> | undefined
  readonly filter: Condition | undefined
  readonly countOnly: boolean
}

const maxPageBytes = 1024 * 1024

interface Page {
  readonly items: ReadonlyArray<Item>
  readonly count: number
  readonly scanned: number
  readonly lastKey: Item | undefined
  readonly bytes: number
  readonly fetchedUnits: number
}

/** A row of a table, or the row behind an entry of an index. */
interface Found extends Place {
  readonly row?: Row
}

/** The attributes of an item that a cursor through a view carries. */
const cursorNames = ({ index, table }: Pick<View, "table" | "index">): ReadonlyArray<string> => [
  ...new Set([...table.keyNames, ...(index?.keyNames ?? [])])
]

/** Reads rows until the cursor ends, the limit is reached or the page is full. */
export const readPage = (
  view: View,
  next: () => Row | undefined,
  limit: number | undefined,
  factor: number
): Page => {
  const choice = view.projection === undefined ? undefined : choose(view.projection)
  const items: Array<Item> = []
  let count = 0
  let scanned = 0
  let bytes = 0
  let fetchedUnits = 0
  let last: Row | undefined
  let ended = false
  while (scanned !== limit) {
    const row = next()
    if (row === undefined) {
      ended = true
      break
    }
    const size = view.index === undefined ? row.size : sizeInIndex(view.index, row)
    if (scanned > 0 && bytes + size > maxPageBytes) break
    bytes += size
    scanned++
    last = row
    const seen = view.index === undefined || view.fetch ? row.item : projectToIndex(view.index, row.item)
    if (view.fetch) fetchedUnits += readUnits(row.size, factor)
    if (view.filter !== undefined && !evaluate(view.filter, seen)) continue
    count++
    if (view.countOnly) continue
    const given = choice !== undefined
      ? projectItem(seen, choice)
      : view.index === undefined || view.whole
      ? seen
      : projectToIndex(view.index, row.item)
    items.push(encodeItem(given))
  }
  const lastKey = ended || last === undefined ? undefined : pick(last.item, cursorNames(view))
  return { items, count, scanned, lastKey, bytes, fetchedUnits }
}

// ---------------------------------------------------------------------------------------------------------------- the view

const headsOfOperand = (operand: Operand<AttributeValue>): ReadonlyArray<Path> =>
  operand.kind === "path" ? [operand.path] : operand.kind === "size" ? headsOfOperand(operand.of) : []

/** The paths that a condition reads. */
export const pathsOf = (condition: Condition): ReadonlyArray<Path> => {
  switch (condition.kind) {
    case "and":
    case "or":
      return [...pathsOf(condition.left), ...pathsOf(condition.right)]
    case "not":
      return pathsOf(condition.of)
    case "compare":
      return [condition.left, condition.right].flatMap(headsOfOperand)
    case "between":
      return [condition.of, condition.low, condition.high].flatMap(headsOfOperand)
    case "in":
      return [condition.of, ...condition.list].flatMap(headsOfOperand)
    case "call":
      return condition.operands.flatMap(headsOfOperand)
  }
}

export const indexOf = (table: Table, name: string | undefined, consistent: boolean | undefined): Index | undefined => {
  if (name === undefined) return undefined
  const index = table.indexes.get(name)
  if (index === undefined) throw validation(wording.noIndex(name))
  if (index.status === "CREATING") {
    throw validation(`Cannot read from backfilling global secondary index: ${name}`)
  }
  if (index.definition.kind === "global" && consistent === true) throw validation(wording.consistentGlobal)
  return index
}

/** Whether a read of an index must fetch what the index does not hold; refuses that for a global one. */
export const needsFetch = (
  index: Index | undefined,
  wanted: "all" | "projected" | ReadonlyArray<Path>,
  alsoRead: ReadonlyArray<Path>
): boolean => {
  const projected = index?.projected
  if (index === undefined || projected === undefined) return false
  const isGlobal = index.definition.kind === "global"
  if (wanted === "all") {
    if (isGlobal) throw validation(wording.allAttributesOnGlobal(index.definition.name))
    return true
  }
  const paths = wanted === "projected" ? [] : wanted
  const missing = [...new Set(paths.map((path) => String(path[0])))].filter((name) => !projected.has(name))
  if (isGlobal) {
    if (missing.length > 0) throw validation(wording.notProjected(index.definition.name, missing))
    return false
  }
  return missing.length > 0 || alsoRead.some((path) => !projected.has(String(path[0])))
}

const viewOf = (
  table: Table,
  input: ReadInput,
  filter: Condition | undefined,
  projection: ReadonlyArray<Path> | undefined
): View => {
  const index = indexOf(table, input.IndexName, input.ConsistentRead)
  const wanted = input.Select === "ALL_ATTRIBUTES" ? "all" : projection ?? "projected"
  if (projection !== undefined) checkKeyPaths(table, projection)
  const read = filter === undefined ? [] : pathsOf(filter)
  checkKeyPaths(table, read)
  return {
    table,
    index,
    fetch: needsFetch(index, wanted, read),
    whole: wanted === "all",
    projection,
    filter,
    countOnly: input.Select === "COUNT"
  }
}

const checkSelect = (input: ReadInput): void => {
  const parameter = input.ProjectionExpression !== undefined
    ? "ProjectionExpression"
    : input.AttributesToGet !== undefined
    ? "AttributesToGet"
    : undefined
  if (input.Select === "ALL_PROJECTED_ATTRIBUTES" && input.IndexName === undefined) {
    throw validation(wording.projectedWithoutIndex)
  }
  if (parameter === undefined) {
    if (input.Select === "SPECIFIC_ATTRIBUTES") throw validation(wording.specificWithoutProjection)
  } else if (input.Select !== undefined && input.Select !== "SPECIFIC_ATTRIBUTES") {
    throw validation(wording.selectWithProjection(input.Select, parameter))
  }
}

const legacyNames = ["AttributesToGet", "QueryFilter", "ScanFilter", "ConditionalOperator"]

// ---------------------------------------------------------------------------------------------------------------- the cursor

/** Refusals about which DynamoDB says nothing but what they say of the value. */
const bare = /contains duplicates|number set|numeric value|significant digits|number with magnitude/

const decodeStart = (given: Readonly<Record<string, unknown>>): Item => {
  try {
    return decodeItem(given)
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || refusal.code !== "ValidationException") throw refusal
    throw bare.test(refusal.message) ? refusal : validation(wording.startKeyBecause(refusal.message))
  }
}

/** The place that a page starts after. */
const startPlace = ({ index, table }: View, start: Item): Place => {
  const names = cursorNames({ table, index })
  if (Object.keys(start).length !== names.length || names.some((name) => attribute(start, name) === undefined)) {
    throw validation(index === undefined ? wording.startKeyBecause(valueWording.keyMismatch) : wording.startKey)
  }
  try {
    const primary = placeOfKey(table.schema, pick(start, table.keyNames))
    if (index === undefined) return primary
    for (const { name, type } of keyAttributes(index.definition.schema)) {
      const value = attribute(start, name)
      if (value !== undefined && typeOf(value) !== type) throw validation(valueWording.keyMismatch)
    }
    const place = placeInIndex(index.definition.schema, start, primary)
    if (place === undefined) throw validation(valueWording.keyMismatch)
    return place
  } catch (refusal) {
    if (refusal instanceof Refusal) throw validation(wording.startKeyBecause(refusal.message))
    throw refusal
  }
}

const through = <R extends Found>(cursor: Cursor<R>, within: (row: R) => boolean, row: (found: R) => Row) => () => {
  const found = cursor()
  return found !== undefined && within(found) ? row(found) : undefined
}

/** Rows of one partition within a range of sort keys, after a start if there is one. */
export const rangeCursor = (
  view: Pick<View, "table" | "index">,
  range: KeyRange,
  forward: boolean,
  start: Place | undefined
): () => Row | undefined => {
  const { from, hash, pk, to } = range
  const floor: Place = { hash, pk, sk: start !== undefined && forward ? start.sk + "\u0000" : from }
  const ceiling = start !== undefined && !forward ? start.sk : to
  const within = (place: Place) =>
    place.hash === hash && place.pk === pk && (forward ? to === undefined || place.sk < to : place.sk >= from)
  const isBefore = forward
    ? (place: Place) => comparePlaces(place, floor) < 0
    : (place: Place) =>
      ceiling === undefined
        ? comparePlaces(place, { hash, pk, sk: place.sk }) <= 0
        : comparePlaces(place, { hash, pk, sk: ceiling }) < 0
  if (view.index !== undefined) {
    const { entries } = view.index
    return through(forward ? entries.ascend(isBefore) : entries.descend(isBefore), within, ({ row }) => row)
  }
  const { rows } = view.table
  return through(forward ? rows.ascend(isBefore) : rows.descend(isBefore), within, (row) => row)
}

/** All rows whose partition's hash is in [low, high), after a start if there is one. */
export const hashCursor = (
  view: Pick<View, "table" | "index">,
  low: number,
  high: number,
  start: Place | undefined
): () => Row | undefined => {
  const isBefore = (place: Place) => place.hash < low || (start !== undefined && comparePlaces(place, start) <= 0)
  const within = (place: Place) => place.hash < high
  return view.index === undefined
    ? through(view.table.rows.ascend(isBefore), within, (row) => row)
    : through(view.index.entries.ascend(isBefore), within, ({ row }) => row)
}

// ---------------------------------------------------------------------------------------------------------------- operations

const respond = (world: World, input: ReadInput, view: View, page: Page, factor: number): Output => {
  const units = readUnits(page.bytes, factor)
  admitRead(world, view.table, view.index, () => units + page.fetchedUnits)
  const meter = new Meter(view.table)
  if (view.index === undefined) meter.addTable(units)
  else {
    meter.addIndex(view.index, units)
    meter.addTable(page.fetchedUnits)
  }
  return {
    ...(view.countOnly ? {} : { Items: page.items }),
    Count: page.count,
    ScannedCount: page.scanned,
    ...(page.lastKey === undefined ? {} : { LastEvaluatedKey: encodeItem(page.lastKey) }),
    ...consumed(meter, input.ReturnConsumedCapacity)
  }
}

const readFactor = (input: ReadInput): number => (input.ConsistentRead === true ? 1 : 0.5)

const checkFilterKeys = (view: View, parameter: string): void => {
  if (view.filter === undefined) return
  const schema = view.index?.definition.schema ?? view.table.schema
  const heads = new Set(pathsOf(view.filter).map((path) => path[0]))
  for (const { name } of keyAttributes(schema)) {
    if (heads.has(name)) throw validation(wording.filterOnKey(parameter, name))
  }
}

const isInRange = (start: Place, range: KeyRange): boolean =>
  start.sk >= range.from && (range.to === undefined || start.sk < range.to)

export const query = (world: World, request: unknown): Output => {
  const input = Shape.check(queryShape, request)
  if (input.Limit !== undefined && input.Limit < 1) throw validation(requestWording.queryLimit)
  const legacy = Legacy.given({ ...input }, legacyNames)
  checkParameters(
    input,
    ["ProjectionExpression", "FilterExpression", "KeyConditionExpression"],
    input.KeyConditionExpression !== undefined && input.KeyConditions !== undefined
      ? [...legacy, "KeyConditions"]
      : legacy
  )
  const legacyFilter = Legacy.fromFilter(input.QueryFilter, input.ConditionalOperator)
  const attributes = Legacy.fromAttributes(input.AttributesToGet)
  const start = input.ExclusiveStartKey === undefined ? undefined : decodeStart(input.ExclusiveStartKey)
  if (input.KeyConditions === undefined && input.KeyConditionExpression === undefined) {
    throw validation(wording.noKeyCondition)
  }
  checkSelect(input)
  const compiled = compile(input)
  const predicates: ReadonlyArray<KeyPredicate> = compiled.key ?? Legacy.fromKeyConditions(input.KeyConditions ?? {})
  const table = tableOf(world, input.TableName)
  const view = viewOf(table, input, legacyFilter ?? compiled.filter, attributes ?? compiled.projection)
  const schema = view.index?.definition.schema ?? table.schema
  const place = start === undefined ? undefined : startPlace(view, start)
  const range = keyRange(schema, predicates, view.index !== undefined)
  if (place !== undefined) {
    if (place.pk !== range.pk) throw validation(wording.startKeyOutside)
    if (!isInRange(place, range)) throw validation(wording.startKeyRange)
  }
  checkFilterKeys(view, input.QueryFilter !== undefined ? "QueryFilter" : "Filter Expression")
  const factor = readFactor(input)
  const next = rangeCursor(view, range, input.ScanIndexForward !== false, place)
  return respond(world, input, view, readPage(view, next, input.Limit, factor), factor)
}

export const scan = (world: World, request: unknown): Output => {
  const input = Shape.check(scanShape, request)
  checkParameters(input, ["ProjectionExpression", "FilterExpression"], Legacy.given({ ...input }, legacyNames))
  const attributes = Legacy.fromAttributes(input.AttributesToGet)
  const legacyFilter = Legacy.fromFilter(input.ScanFilter, input.ConditionalOperator)
  const start = input.ExclusiveStartKey === undefined ? undefined : decodeStart(input.ExclusiveStartKey)
  const { Segment: segment = 0, TotalSegments: total = 1 } = input
  if (input.Segment !== undefined && input.TotalSegments === undefined) throw validation(wording.noTotalSegments)
  if (input.TotalSegments !== undefined && input.Segment === undefined) throw validation(wording.noSegment)
  if (segment >= total) throw validation(wording.segmentRange(segment, total))
  checkSelect(input)
  const compiled = compile(input)
  const table = tableOf(world, input.TableName)
  const view = viewOf(table, input, legacyFilter ?? compiled.filter, attributes ?? compiled.projection)
  const place = start === undefined ? undefined : startPlace(view, start)
  const low = Math.ceil(segment * hashRange / total)
  const high = Math.ceil((segment + 1) * hashRange / total)
  if (place !== undefined && (place.hash < low || place.hash >= high)) {
    throw validation(wording.startKeySegment(segment, total))
  }
  const factor = readFactor(input)
  return respond(world, input, view, readPage(view, hashCursor(view, low, high, place), input.Limit, factor), factor)
}
