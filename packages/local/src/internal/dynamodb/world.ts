/**
 * The state of one engine, and what every operation needs of it.
 */
import type { Options } from "../../DynamoDBEngine.js"
import { Refusal, resourceNotFound } from "./refusal.js"
import type { OnChange, StreamView, Table } from "./table.js"
import type { Item } from "./value.js"
import * as wording from "./wording/request.js"

/** An answered transaction, by its token. */
export interface Token {
  readonly at: number
  readonly digest: string
}

export interface StreamRecord {
  readonly sequence: number
  readonly id: string
  readonly at: number
  readonly key: Item
  readonly before: Item | undefined
  readonly after: Item | undefined
  readonly expired: boolean
}

export interface Stream {
  readonly arn: string
  readonly label: string
  readonly table: string
  readonly view: StreamView
  readonly keys: ReadonlyArray<{ readonly AttributeName: string; readonly KeyType: string }>
  readonly created: number
  closed: boolean
  nextSequence: number
  /** Of the last 24 hours; older ones are trimmed as new ones come or are asked for. */
  records: Array<StreamRecord>
}

export interface World {
  readonly options: Options
  readonly region: string
  readonly accountId: string
  readonly tables: Map<string, Table>
  readonly tokens: Map<string, Token>
  /** By ARN, in the order of their making; a stream outlives its table. */
  readonly streams: Map<string, Stream>
  /** What ends the changes of tables that are under way. */
  readonly transitions: Array<() => void>
  /** What every table tells its changes to. */
  readonly onChange: OnChange
  /** Changes are now made by the sweep of expired items, which change records say. */
  sweeping: boolean
}

/** A table by its name or ARN. */
export const tableName = (given: string): string =>
  given.startsWith("arn:") ? given.slice(given.lastIndexOf("/") + 1) : given

/** The table that an operation on items names; one that is being made or deleted is not there for them. */
export const tableOf = (world: World, given: string): Table => {
  const table = world.tables.get(given) ?? world.tables.get(tableName(given))
  if (table === undefined || table.status === "CREATING" || table.status === "DELETING") {
    throw resourceNotFound(wording.tableNotFound)
  }
  return table
}

const hex = "0123456789abcdef"

/** So many random hexadecimal digits. */
const randomHex = (world: World, length: number): string => {
  let text = ""
  for (let i = 0; i < length; i++) text += hex.charAt(Math.floor(world.options.random() * 16))
  return text
}

export const randomUuid = (world: World): string => [8, 4, 4, 4, 12].map((length) => randomHex(world, length)).join("-")

/** Something that can only be if the engine is wrong. */
export const impossible = (what: string): Refusal => new Refusal("InternalServerError", what, 500)
