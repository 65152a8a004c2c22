/**
 * SELECT: pages over the partitions that its WHERE selects, or over everything.
 */
import { type Level, Meter, readUnits } from "../capacity.js"
import type { Condition, Path } from "../expression/ast.js"
import { resolve } from "../expression/evaluate.js"
import { firstOverlap } from "../expression/projection.js"
import type { Output } from "../items.js"
import { hashRange, keyAttributes, placeInIndex, placeOfKey } from "../keys.js"
import { hashCursor, indexOf, needsFetch, pathsOf, rangeCursor, readPage, type View } from "../query.js"
import { present, Refusal, validation } from "../refusal.js"
import type { Index, Row, Table } from "../table.js"
import { admitRead } from "../throttle.js"
import { decodeItem, emptyItem, encodeItem, type Item, setAttribute } from "../value.js"
import * as wording from "../wording/partiql.js"
import { tableOf, type World } from "../world.js"
import type { Select } from "./parser.js"
import { sourcesOf } from "./where.js"

/** The chosen attributes under the names that a result has them by: the last name of each path. */
export const chosen = (item: Item, paths: ReadonlyArray<Path> | undefined): Item => {
  if (paths === undefined) return encodeItem(item)
  const result = emptyItem()
  for (const path of paths) {
    const value = resolve(item, path)
    const name = path.findLast((element) => typeof element === "string")
    if (value !== undefined && name !== undefined) setAttribute(result, name, value)
  }
  return encodeItem(result)
}

/** How far a paged statement has come: which source, and the key after which to go on in it. */
interface Position {
  readonly source: number
  readonly after: Item | undefined
}

const binary = (_: string, member: unknown): unknown =>
  member instanceof Uint8Array ? { base64: Buffer.from(member).toString("base64") } : member

const unBinary = (_: string, member: unknown): unknown =>
  typeof member === "object" && member !== null && "base64" in member && typeof member.base64 === "string"
    ? new Uint8Array(Buffer.from(member.base64, "base64"))
    : member

const encodePosition = ({ after, source }: Position): string =>
  Buffer.from(JSON.stringify([source, after === undefined ? null : encodeItem(after)], binary)).toString("base64")

const decodePosition = (token: string | undefined): Position => {
  if (token === undefined) return { source: 0, after: undefined }
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64").toString("utf8"), unBinary)
    const [source, after]: ReadonlyArray<unknown> = Array.isArray(parts) ? parts : []
    if (typeof source === "number") return { source, after: after === null ? undefined : decodeItem(after) }
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError) && !(thrown instanceof Refusal)) throw thrown
  }
  throw validation(wording.nextToken)
}

const afterPlace = (table: Table, index: Index | undefined, after: Item | undefined) => {
  if (after === undefined) return undefined
  const primary = placeOfKey(table.schema, table.keyOf(after))
  return index === undefined ? primary : placeInIndex(index.definition.schema, after, primary)
}

interface SelectOptions {
  readonly limit: number | undefined
  readonly consistent: boolean
  readonly token: string | undefined
  readonly level: Level | undefined
}

/** The index that a statement names; PartiQL words its refusals otherwise than Query. */
const selectedIndex = (table: Table, name: string | undefined, consistent: boolean): Index | undefined => {
  if (name === undefined) return undefined
  const index = table.indexes.get(name)
  if (index === undefined) throw validation(wording.noIndex)
  if (consistent && index.definition.kind === "global") throw validation(wording.consistentGlobal)
  return indexOf(table, name, consistent)
}

const checkProjected = (index: Index | undefined, where: Condition | undefined): void => {
  const projected = index?.projected
  if (index === undefined || projected === undefined || where === undefined) return
  const missing = [...new Set(pathsOf(where).map((path) => String(path[0])))].filter((name) => !projected.has(name))
  if (missing.length > 0) throw validation(wording.filterNotProjected(index.definition.name, missing))
}

export const select = (world: World, statement: Select, options: SelectOptions): Output => {
  const table = tableOf(world, statement.table)
  const index = selectedIndex(table, statement.index, options.consistent)
  const schema = index?.definition.schema ?? table.schema
  const { order, paths, where } = statement
  if (order !== undefined) {
    if (where === undefined) throw validation(wording.orderBy)
    if (keyAttributes(schema).every(({ name }) => name !== order.name)) throw validation(wording.orderByKey(order.name))
  }
  const fault = paths === undefined ? undefined : firstOverlap(paths)
  if (fault !== undefined) throw validation(fault)
  checkProjected(index, where)
  const view: View = {
    table,
    index,
    fetch: needsFetch(index, paths ?? "projected", []),
    whole: paths !== undefined,
    projection: undefined,
    filter: where,
    countOnly: false
  }
  const factor = options.consistent ? 1 : 0.5
  const sources = sourcesOf(schema, index !== undefined, where)
  let position: Position | undefined = decodePosition(options.token)
  let left = options.limit
  let bytes = 0
  let lastKey: Item | undefined
  const items: Array<Item> = []
  while (position !== undefined && position.source < sources.length) {
    const { range } = present(sources[position.source])
    const start = afterPlace(table, index, position.after)
    const next: () => Row | undefined = range === undefined
      ? hashCursor(view, 0, hashRange, start)
      : rangeCursor(view, range, order?.descending !== true, start)
    const page = readPage(view, next, left, factor)
    for (const item of page.items) items.push(item)
    bytes += page.bytes
    lastKey = page.lastKey
    if (left !== undefined) left -= page.scanned
    if (lastKey !== undefined) {
      position = { source: position.source, after: lastKey }
      break
    }
    position = { source: position.source + 1, after: undefined }
  }
  const ended = position === undefined || position.source >= sources.length
  const units = readUnits(bytes, factor)
  admitRead(world, table, index, () => units)
  const meter = new Meter(table)
  if (index === undefined) meter.addTable(units)
  else meter.addIndex(index, units)
  return {
    Items: items.map((item) => chosen(item, paths)),
    ...(ended || position === undefined ? {} : { NextToken: encodePosition(position) }),
    ...(lastKey === undefined ? {} : { LastEvaluatedKey: encodeItem(lastKey) }),
    ...(options.level === undefined || options.level === "NONE"
      ? {}
      : { ConsumedCapacity: meter.report(options.level) })
  }
}
