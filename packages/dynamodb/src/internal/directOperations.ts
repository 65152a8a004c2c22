/** The shapes of each operation, as the SDK's client carries them, and where an input names tables. */
import { asRecord } from "@armature/aws/Classify"
import * as Sdk from "@aws-sdk/client-dynamodb"
import type { Operations } from "./operations.js"

/** The SDK's tuple of an operation; its fifth and sixth members are the shapes of input and output. */
export const shapes: { readonly [K in keyof Operations]: unknown } = {
  BatchExecuteStatement: Sdk.BatchExecuteStatement$,
  BatchGetItem: Sdk.BatchGetItem$,
  BatchWriteItem: Sdk.BatchWriteItem$,
  CreateTable: Sdk.CreateTable$,
  DeleteItem: Sdk.DeleteItem$,
  DeleteTable: Sdk.DeleteTable$,
  DescribeContinuousBackups: Sdk.DescribeContinuousBackups$,
  DescribeLimits: Sdk.DescribeLimits$,
  DescribeTable: Sdk.DescribeTable$,
  DescribeTimeToLive: Sdk.DescribeTimeToLive$,
  ExecuteStatement: Sdk.ExecuteStatement$,
  ExecuteTransaction: Sdk.ExecuteTransaction$,
  GetItem: Sdk.GetItem$,
  ListTables: Sdk.ListTables$,
  ListTagsOfResource: Sdk.ListTagsOfResource$,
  PutItem: Sdk.PutItem$,
  Query: Sdk.Query$,
  Scan: Sdk.Scan$,
  TagResource: Sdk.TagResource$,
  TransactGetItems: Sdk.TransactGetItems$,
  TransactWriteItems: Sdk.TransactWriteItems$,
  UntagResource: Sdk.UntagResource$,
  UpdateItem: Sdk.UpdateItem$,
  UpdateTable: Sdk.UpdateTable$,
  UpdateTimeToLive: Sdk.UpdateTimeToLive$
}

/** The shapes of the errors that carry more than a message. What no shape describes is kept as it came. */
export const errorShapes: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["ConditionalCheckFailedException", Sdk.ConditionalCheckFailedException$],
  ["ProvisionedThroughputExceededException", Sdk.ProvisionedThroughputExceededException$],
  ["RequestLimitExceeded", Sdk.RequestLimitExceeded$],
  ["ThrottlingException", Sdk.ThrottlingException$],
  ["TransactionCanceledException", Sdk.TransactionCanceledException$]
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
