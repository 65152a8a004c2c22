/** Where an input names tables, and which errors carry more than a message. */
import { asRecord } from "@armature/aws/Classify"
import type { Operations } from "./operations.js"

/** The errors that carry more than a message. What no structure describes is kept as it came. */
export const errors: ReadonlySet<string> = new Set([
  "ConditionalCheckFailedException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
  "TransactionCanceledException"
])

/** What of an input the SDK resolves an endpoint by: a name of a table may be an ARN, which says whose it is. */
export type Named = string | ReadonlyArray<string> | undefined

const text = (u: unknown): string | undefined => typeof u === "string" ? u : undefined

// inputs are read as what they may be: what is none is for the server to refuse
const table = (input: unknown): Named => text(asRecord(input).TableName)
const tables = (input: unknown): Named => Object.keys(asRecord(asRecord(input).RequestItems))
const resource = (input: unknown): Named => text(asRecord(input).ResourceArn)
const none = (): Named => undefined
const actions = (input: unknown): Named => {
  const { TransactItems } = asRecord(input)
  if (!Array.isArray(TransactItems)) return undefined
  return TransactItems.flatMap((action: unknown) =>
    Object.values(asRecord(action)).flatMap((one) => text(asRecord(one).TableName) ?? [])
  )
}

export const named: { readonly [K in keyof Operations]: (input: unknown) => Named } = {
  BatchExecuteStatement: none,
  BatchGetItem: tables,
  BatchWriteItem: tables,
  CreateTable: table,
  DeleteItem: table,
  DeleteTable: table,
  DescribeContinuousBackups: table,
  DescribeLimits: none,
  DescribeTable: table,
  DescribeTimeToLive: table,
  ExecuteStatement: none,
  ExecuteTransaction: none,
  GetItem: table,
  ListTables: none,
  ListTagsOfResource: resource,
  PutItem: table,
  Query: table,
  Scan: table,
  TagResource: resource,
  TransactGetItems: actions,
  TransactWriteItems: actions,
  UntagResource: resource,
  UpdateItem: table,
  UpdateTable: table,
  UpdateTimeToLive: table
}
