/** Which partition keys a request was about, and what it cost each. */
import { asRecord } from "@armature/aws/Classify"
import type { InputOf } from "@armature/aws/Transport"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import type { Access } from "./access.js"
import { latin1, type ReadonlyAttributeValue } from "./attributeValue.js"
import { numberText, type ReadonlyItem } from "./batchKey.js"
import type { Operations } from "./operations.js"
import { tableName, writeUnits } from "./rateLimitCost.js"

/** What one partition key had. */
export interface Touch {
  /** A table, or `table/index`. */
  readonly place: string
  readonly access: Access
  readonly key: string
  readonly units: number
}

/** The name of the partition key's attribute, of a place that is watched. */
export type KeyName = (place: string) => string | undefined

/** A key as a text: one place has keys of one type, so the type is not in it. */
const textOf = (value: ReadonlyAttributeValue | undefined): string | undefined =>
  value === undefined
    ? undefined
    : value.S ?? (value.N !== undefined ? numberText(value.N) : value.B !== undefined ? latin1(value.B) : undefined)

/** Equalities in key conditions, by the text of the condition: most programs have few. */
const equalities = new Map<string, ReadonlyArray<readonly [name: string, value: string]>>()
const maxEqualities = 1000

const equalitiesIn = (condition: string): ReadonlyArray<readonly [name: string, value: string]> => {
  const known = equalities.get(condition)
  if (known !== undefined) return known
  const found = [...condition.matchAll(/([#\w.-]+)\s*=\s*(:\w+)/g)].map(([, name = "", value = ""]) =>
    [name, value] as const
  )
  if (equalities.size >= maxEqualities) equalities.clear()
  equalities.set(condition, found)
  return found
}

/** The value that a query's condition gives the partition key. */
const queried = (input: Sdk.QueryCommandInput, name: string): ReadonlyAttributeValue | undefined => {
  if (input.KeyConditionExpression === undefined) return input.KeyConditions?.[name]?.AttributeValueList?.[0]
  for (const [attribute, value] of equalitiesIn(input.KeyConditionExpression)) {
    if (attribute === name || input.ExpressionAttributeNames?.[attribute] === name) {
      return input.ExpressionAttributeValues?.[value]
    }
  }
  return undefined
}

const ofTable = (reports: ReadonlyArray<unknown>, table: string): unknown =>
  reports.find((one) => {
    const { TableName } = asRecord(one)
    return typeof TableName === "string" && tableName(TableName) === table
  })

/** The units that an answer reports for a table, without its global indexes where it says so; for an index, all of them. */
const reported = (output: unknown, table: string, access: Access, index: boolean): number | undefined => {
  const { ConsumedCapacity } = asRecord(output)
  const report = asRecord(Array.isArray(ConsumedCapacity) ? ofTable(ConsumedCapacity, table) : ConsumedCapacity)
  const part = index || report.Table === undefined ? report : asRecord(report.Table)
  const split = part[access === "read" ? "ReadCapacityUnits" : "WriteCapacityUnits"]
  const units = split ?? part.CapacityUnits
  return typeof units === "number" ? units : undefined
}

interface Member {
  readonly table: string | undefined
  readonly item: ReadonlyItem | undefined
  readonly weight: number
}

const put = (table: string | undefined, item: ReadonlyItem | undefined): Member => ({
  table,
  item,
  weight: writeUnits(item)
})
const by = (table: string | undefined, item: ReadonlyItem | undefined): Member => ({ table, item, weight: 1 })

/** What an answer reports for a table, shared out among the members of its request by their weights. */
const shared = (
  members: ReadonlyArray<Member>,
  access: Access,
  output: unknown,
  keyName: KeyName
): ReadonlyArray<Touch> => {
  const weights = new Map<string, number>()
  for (const { table, weight } of members) {
    if (table !== undefined) weights.set(table, (weights.get(table) ?? 0) + weight)
  }
  return members.flatMap(({ item, table, weight }) => {
    if (table === undefined) return []
    const place = tableName(table)
    const name = keyName(place)
    const key = name === undefined ? undefined : textOf(item?.[name])
    if (key === undefined) return []
    const units = reported(output, place, access, false)
    return [{ place, access, key, units: units === undefined ? weight : units * weight / (weights.get(table) ?? 1) }]
  })
}

const single = (
  table: string | undefined,
  item: ReadonlyItem | undefined,
  access: Access,
  output: unknown,
  keyName: KeyName
): Touch | undefined => {
  if (table === undefined) return undefined
  const place = tableName(table)
  const name = keyName(place)
  const key = name === undefined ? undefined : textOf(item?.[name])
  return key === undefined ? undefined : { place, access, key, units: reported(output, place, access, false) ?? 1 }
}

/** One for most requests, several for a batch or a transaction; none for those that no one key is in. */
type Touches = Touch | ReadonlyArray<Touch> | undefined

const finders: {
  readonly [K in keyof Operations]?: (input: InputOf<Operations, K>, output: unknown, keyName: KeyName) => Touches
} = {
  GetItem: ({ Key, TableName }, output, keyName) => single(TableName, Key, "read", output, keyName),
  PutItem: ({ Item, TableName }, output, keyName) => single(TableName, Item, "write", output, keyName),
  UpdateItem: ({ Key, TableName }, output, keyName) => single(TableName, Key, "write", output, keyName),
  DeleteItem: ({ Key, TableName }, output, keyName) => single(TableName, Key, "write", output, keyName),
  Query: (input, output, keyName) => {
    if (input.TableName === undefined) return undefined
    const table = tableName(input.TableName)
    const place = input.IndexName === undefined ? table : `${table}/${input.IndexName}`
    const name = keyName(place)
    const key = name === undefined ? undefined : textOf(queried(input, name))
    const index = input.IndexName !== undefined
    return key === undefined
      ? undefined
      : { place, access: "read", key, units: reported(output, table, "read", index) ?? 1 }
  },
  BatchGetItem: ({ RequestItems = {} }, output, keyName) =>
    shared(
      Object.entries(RequestItems).flatMap(([table, { Keys = [] }]) => Keys.map((key) => by(table, key))),
      "read",
      output,
      keyName
    ),
  BatchWriteItem: ({ RequestItems = {} }, output, keyName) =>
    shared(
      Object.entries(RequestItems).flatMap(([table, requests]) =>
        requests.map(({ DeleteRequest, PutRequest }) =>
          PutRequest === undefined ? by(table, DeleteRequest?.Key) : put(table, PutRequest.Item)
        )
      ),
      "write",
      output,
      keyName
    ),
  TransactGetItems: ({ TransactItems = [] }, output, keyName) =>
    shared(TransactItems.map(({ Get }) => by(Get?.TableName, Get?.Key)), "read", output, keyName),
  TransactWriteItems: ({ TransactItems = [] }, output, keyName) =>
    shared(
      TransactItems.map(({ ConditionCheck, Delete, Put, Update }) => {
        if (Put !== undefined) return put(Put.TableName, Put.Item)
        const action = Update ?? Delete ?? ConditionCheck
        return by(action?.TableName, action?.Key)
      }),
      "write",
      output,
      keyName
    )
}

/** What a request cost each partition key. A scan, and a statement of PartiQL, name none. */
export const touchesOf = <K extends keyof Operations>(
  operation: K,
  input: InputOf<Operations, K>,
  output: unknown,
  keyName: KeyName
): Touches => {
  const finder = finders[operation]
  if (finder === undefined) return undefined
  try {
    return finder(input, output, keyName)
  } catch {
    // no input of this operation: it has failed, or will
    return undefined
  }
}
