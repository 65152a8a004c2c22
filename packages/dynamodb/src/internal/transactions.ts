/** Transactions before they are sent: their limits. */
import type * as Sdk from "@aws-sdk/client-dynamodb"
import { size } from "../Item.js"
import { itemId } from "./batchKey.js"
import type { Item } from "./items.js"

const maxActions = 100
const maxBytes = 4 * 1024 * 1024
const maxToken = 36

/** One action, as far as the limits ask: its item, or the key of it. */
interface Target {
  readonly table: string | undefined
  readonly key: Item | undefined
  readonly item: Item | undefined
}

const problemOfToken = (token: string | undefined): string | undefined =>
  token !== undefined && (token.length === 0 || token.length > maxToken)
    ? `ClientRequestToken has 1 to ${maxToken} characters; this one has ${token.length}`
    : undefined

const problemOfCount = (count: number): string | undefined =>
  count === 0 || count > maxActions
    ? `a transaction has 1 to ${maxActions} actions; this one has ${count}`
    : undefined

/**
 * Which two actions are on one item. The key of a put is known where another action on its table shows which attributes make a key; what
 * cannot be told here DynamoDB tells.
 */
const problemOfTargets = (targets: ReadonlyArray<Target>): string | undefined => {
  const keyNames = new Map(targets.flatMap(({ key, table }) => key === undefined ? [] : [[table, Object.keys(key)]]))
  const seen = new Map<string, number>()
  for (const [i, { item, key, table }] of targets.entries()) {
    const known = key ?? item
    const names = keyNames.get(table)
    if (known === undefined || names === undefined || !names.every((name) => known[name] !== undefined)) continue
    const id = JSON.stringify([table, itemId(known, names)])
    const before = seen.get(id)
    if (before !== undefined) {
      return `a transaction has one action on an item; actions ${before} and ${i} are on the same`
    }
    seen.set(id, i)
  }
  return undefined
}

const problemOfSize = (targets: ReadonlyArray<Target>): string | undefined => {
  const bytes = targets.reduce((sum, { item, key }) => sum + size(item ?? key ?? {}), 0)
  return bytes > maxBytes
    ? `the items of a transaction have at most ${maxBytes} bytes; these have ${bytes}`
    : undefined
}

/** What is wrong with a transaction of writes, as far as it can be told from the request. */
export const problemOfWrites = (input: Sdk.TransactWriteItemsCommandInput): string | undefined => {
  const targets = (input.TransactItems ?? []).map(({ ConditionCheck, Delete, Put, Update }): Target => ({
    table: (ConditionCheck ?? Delete ?? Put ?? Update)?.TableName,
    key: (ConditionCheck ?? Delete ?? Update)?.Key,
    item: Put?.Item
  }))
  return problemOfToken(input.ClientRequestToken) ?? problemOfCount(targets.length) ?? problemOfTargets(targets) ??
    problemOfSize(targets)
}

/** What is wrong with a transaction of reads, as far as it can be told from the request. */
export const problemOfReads = (input: Sdk.TransactGetItemsCommandInput): string | undefined => {
  const targets = (input.TransactItems ?? []).map(({ Get }): Target => ({
    table: Get?.TableName,
    key: Get?.Key,
    item: undefined
  }))
  return problemOfCount(targets.length) ?? problemOfTargets(targets)
}

/** What is wrong with a transaction of statements, as far as it can be told from the request. */
export const problemOfStatements = (input: Sdk.ExecuteTransactionCommandInput): string | undefined =>
  problemOfToken(input.ClientRequestToken) ?? problemOfCount(input.TransactStatements?.length ?? 0)
