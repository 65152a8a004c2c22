/**
 * The service as a table: one row for each operation. The types of its failures and what the driver does at run time both come from here.
 */
import * as E from "@armature/aws/Exceptions"
import {
  type ExceptionClass,
  type Operation,
  readExceptions,
  type Repeatable,
  writeExceptions
} from "@armature/aws/ServiceClient"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as D from "../DynamoDBException.js"
import type { Item, TransactionReasons } from "./items.js"

/** Input and output of one operation. */
interface Wire<Input, Output> {
  readonly input: Input
  readonly output: Output
}

/** Input and output by operation, in the SDK's own shapes. */
export interface Operations {
  readonly BatchExecuteStatement: Wire<Sdk.BatchExecuteStatementCommandInput, Sdk.BatchExecuteStatementCommandOutput>
  readonly BatchGetItem: Wire<Sdk.BatchGetItemCommandInput, Sdk.BatchGetItemCommandOutput>
  readonly BatchWriteItem: Wire<Sdk.BatchWriteItemCommandInput, Sdk.BatchWriteItemCommandOutput>
  readonly CreateTable: Wire<Sdk.CreateTableCommandInput, Sdk.CreateTableCommandOutput>
  readonly DeleteItem: Wire<Sdk.DeleteItemCommandInput, Sdk.DeleteItemCommandOutput>
  readonly DeleteTable: Wire<Sdk.DeleteTableCommandInput, Sdk.DeleteTableCommandOutput>
  readonly DescribeContinuousBackups: Wire<
    Sdk.DescribeContinuousBackupsCommandInput,
    Sdk.DescribeContinuousBackupsCommandOutput
  >
  readonly DescribeLimits: Wire<Sdk.DescribeLimitsCommandInput, Sdk.DescribeLimitsCommandOutput>
  readonly DescribeTable: Wire<Sdk.DescribeTableCommandInput, Sdk.DescribeTableCommandOutput>
  readonly DescribeTimeToLive: Wire<Sdk.DescribeTimeToLiveCommandInput, Sdk.DescribeTimeToLiveCommandOutput>
  readonly ExecuteStatement: Wire<Sdk.ExecuteStatementCommandInput, Sdk.ExecuteStatementCommandOutput>
  readonly ExecuteTransaction: Wire<Sdk.ExecuteTransactionCommandInput, Sdk.ExecuteTransactionCommandOutput>
  readonly GetItem: Wire<Sdk.GetItemCommandInput, Sdk.GetItemCommandOutput>
  readonly ListTables: Wire<Sdk.ListTablesCommandInput, Sdk.ListTablesCommandOutput>
  readonly ListTagsOfResource: Wire<Sdk.ListTagsOfResourceCommandInput, Sdk.ListTagsOfResourceCommandOutput>
  readonly PutItem: Wire<Sdk.PutItemCommandInput, Sdk.PutItemCommandOutput>
  readonly Query: Wire<Sdk.QueryCommandInput, Sdk.QueryCommandOutput>
  readonly Scan: Wire<Sdk.ScanCommandInput, Sdk.ScanCommandOutput>
  readonly TagResource: Wire<Sdk.TagResourceCommandInput, Sdk.TagResourceCommandOutput>
  readonly TransactGetItems: Wire<Sdk.TransactGetItemsCommandInput, Sdk.TransactGetItemsCommandOutput>
  readonly TransactWriteItems: Wire<Sdk.TransactWriteItemsCommandInput, Sdk.TransactWriteItemsCommandOutput>
  readonly UntagResource: Wire<Sdk.UntagResourceCommandInput, Sdk.UntagResourceCommandOutput>
  readonly UpdateItem: Wire<Sdk.UpdateItemCommandInput, Sdk.UpdateItemCommandOutput>
  readonly UpdateTable: Wire<Sdk.UpdateTableCommandInput, Sdk.UpdateTableCommandOutput>
  readonly UpdateTimeToLive: Wire<Sdk.UpdateTimeToLiveCommandInput, Sdk.UpdateTimeToLiveCommandOutput>
}

// the generic classes, at this level's own item; what is held is decoded by the rules of `classification`
const ConditionalCheckFailed: abstract new(...args: never) => D.ConditionalCheckFailedException<Item> =
  D.ConditionalCheckFailedException
const TransactionCanceled: abstract new(...args: never) => D.TransactionCanceledException<TransactionReasons> =
  D.TransactionCanceledException

const data = [D.ProvisionedThroughputExceededException, E.ResourceNotFoundException] as const
const readItems = [...readExceptions, ...data] as const
const writeItem = [
  ...writeExceptions,
  ...data,
  ConditionalCheckFailed,
  D.ItemCollectionSizeLimitExceededException,
  D.ReplicatedWriteConflictException,
  D.TransactionConflictException
] as const
const transactWrite = [
  ...writeExceptions,
  ...data,
  D.IdempotentParameterMismatchException,
  TransactionCanceled
] as const
const statement = [
  ...writeExceptions,
  ...data,
  ConditionalCheckFailed,
  D.DuplicateItemException,
  D.ItemCollectionSizeLimitExceededException,
  D.TransactionConflictException
] as const
const makeTable = [...writeExceptions, E.LimitExceededException, E.ResourceInUseException] as const
const changeTable = [...makeTable, E.ResourceNotFoundException] as const
const readTable = [...readExceptions, E.ResourceNotFoundException] as const

interface OnTable {
  readonly TableName: string | undefined
}

const read = <const Name extends keyof Operations, const Classes extends ReadonlyArray<ExceptionClass>>(
  name: Name,
  exceptions: Classes,
  resource: (input: Operations[Name]["input"]) => string | undefined
): Operation<Operations[Name]["input"], Classes> & { readonly name: Name } => ({
  name,
  access: "read",
  exceptions,
  resource,
  repeatable: () => "lastWriterWins"
})

const write = <const Name extends keyof Operations, const Classes extends ReadonlyArray<ExceptionClass>>(
  name: Name,
  exceptions: Classes,
  resource: (input: Operations[Name]["input"]) => string | undefined,
  repeatable: (input: Operations[Name]["input"]) => Repeatable,
  excludes?: (input: Operations[Name]["input"]) => ReadonlyArray<ExceptionClass>
): Operation<Operations[Name]["input"], Classes> & { readonly name: Name } => ({
  name,
  access: "write",
  exceptions,
  resource,
  repeatable,
  excludes
})

const table = (input: OnTable): string | undefined => input.TableName
const nothing = () => undefined
const never = (): Repeatable => "never"

interface Conditional {
  readonly ConditionExpression?: string | undefined
  readonly Expected?: unknown
}

/** Whether a request carries a condition: in an expression, or in the legacy form. */
const isConditional = (input: Conditional): boolean =>
  input.ConditionExpression !== undefined || input.Expected !== undefined

const none: ReadonlyArray<ExceptionClass> = []
const conditionFailures: ReadonlyArray<ExceptionClass> = [D.ConditionalCheckFailedException]
const unlessConditional = (input: Conditional) => isConditional(input) ? none : conditionFailures

/** A put or delete that neither asks nor answers anything about what stood there. */
const blind = (input: Conditional & { readonly ReturnValues?: string | undefined }): Repeatable =>
  !isConditional(input) && (input.ReturnValues === undefined || input.ReturnValues === "NONE")
    ? "lastWriterWins"
    : "never"

/** The table of a request, where there is only one. */
const only = (names: Iterable<string | undefined>): string | undefined => {
  const [name, ...others] = new Set(names)
  return others.length === 0 ? name : undefined
}

/** The table that a resource's ARN names. */
const tableOfArn = (input: { readonly ResourceArn: string | undefined }): string | undefined =>
  input.ResourceArn?.split(":table/")[1]?.split("/")[0]

const tokenOf = (input: { readonly ClientRequestToken?: string | undefined }): Repeatable =>
  input.ClientRequestToken === undefined ? "never" : "token"

/** Operations whose method takes the input, gives the output and fails with what the row says: the row is all there is to them. */
export const plain = {
  createTable: write("CreateTable", makeTable, table, never),
  deleteTable: write("DeleteTable", changeTable, table, never),
  describeContinuousBackups: read("DescribeContinuousBackups", readTable, table),
  describeLimits: read("DescribeLimits", readExceptions, nothing),
  describeTable: read("DescribeTable", readTable, table),
  describeTimeToLive: read("DescribeTimeToLive", readTable, table),
  getItem: read("GetItem", readItems, table),
  listTagsOfResource: read("ListTagsOfResource", readTable, tableOfArn),
  tagResource: write("TagResource", changeTable, tableOfArn, never),
  untagResource: write("UntagResource", changeTable, tableOfArn, never),
  updateTable: write("UpdateTable", changeTable, table, never),
  updateTimeToLive: write("UpdateTimeToLive", changeTable, table, never)
}

export const listTables = read("ListTables", readExceptions, nothing)
export const query = read("Query", readItems, table)
export const scan = read("Scan", readItems, table)
export const putItem = write("PutItem", writeItem, table, blind, unlessConditional)
export const deleteItem = write("DeleteItem", writeItem, table, blind, unlessConditional)
export const updateItem = write("UpdateItem", writeItem, table, never, unlessConditional)

export const batchGetItem = read("BatchGetItem", readItems, (input) => only(Object.keys(input.RequestItems ?? {})))
export const batchWriteItem = write(
  "BatchWriteItem",
  [
    ...writeExceptions,
    ...data,
    D.ItemCollectionSizeLimitExceededException,
    D.ReplicatedWriteConflictException
  ] as const,
  (input) => only(Object.keys(input.RequestItems ?? {})),
  () => "lastWriterWins"
)

export const transactGetItems = read(
  "TransactGetItems",
  [...readItems, TransactionCanceled] as const,
  (input) => only(input.TransactItems?.map((action) => action.Get?.TableName) ?? [])
)
export const transactWriteItems = write(
  "TransactWriteItems",
  transactWrite,
  (input) =>
    only(
      input.TransactItems?.map((action) =>
        (action.Put ?? action.Update ?? action.Delete ?? action.ConditionCheck)?.TableName
      ) ?? []
    ),
  tokenOf
)
export const executeTransaction = write("ExecuteTransaction", transactWrite, nothing, tokenOf)

// PartiQL: what a statement may fail with follows from whether it reads or writes, so one operation has two rows
export const readStatement = read("ExecuteStatement", readItems, nothing)
export const writeStatement = write("ExecuteStatement", statement, nothing, never)
export const readStatements = read("BatchExecuteStatement", readExceptions, nothing)
export const writeStatements = write("BatchExecuteStatement", writeExceptions, nothing, never)

/** Every row. */
export const rows = [
  ...Object.values(plain),
  listTables,
  query,
  scan,
  putItem,
  deleteItem,
  updateItem,
  batchGetItem,
  batchWriteItem,
  transactGetItems,
  transactWriteItems,
  executeTransaction,
  readStatement,
  writeStatement,
  readStatements,
  writeStatements
] as const
