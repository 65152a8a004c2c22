/**
 * The service as a table: one row for each operation. The types of its failures and what the driver does at run time both come from here.
 */
import * as E from "@armature/aws/Exceptions"
import type { ExceptionClass, Operation, Repeatable } from "@armature/aws/ServiceClient"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as D from "../DynamoDBException.js"
import type { Item, TransactionReasons } from "./items.js"

/** Input and output by operation, in the SDK's own shapes. */
export interface Operations {
  readonly CreateTable: { readonly input: Sdk.CreateTableCommandInput; readonly output: Sdk.CreateTableCommandOutput }
  readonly DeleteItem: { readonly input: Sdk.DeleteItemCommandInput; readonly output: Sdk.DeleteItemCommandOutput }
  readonly DeleteTable: { readonly input: Sdk.DeleteTableCommandInput; readonly output: Sdk.DeleteTableCommandOutput }
  readonly DescribeTable: {
    readonly input: Sdk.DescribeTableCommandInput
    readonly output: Sdk.DescribeTableCommandOutput
  }
  readonly GetItem: { readonly input: Sdk.GetItemCommandInput; readonly output: Sdk.GetItemCommandOutput }
  readonly ListTables: { readonly input: Sdk.ListTablesCommandInput; readonly output: Sdk.ListTablesCommandOutput }
  readonly PutItem: { readonly input: Sdk.PutItemCommandInput; readonly output: Sdk.PutItemCommandOutput }
  readonly Query: { readonly input: Sdk.QueryCommandInput; readonly output: Sdk.QueryCommandOutput }
  readonly Scan: { readonly input: Sdk.ScanCommandInput; readonly output: Sdk.ScanCommandOutput }
  readonly TransactWriteItems: {
    readonly input: Sdk.TransactWriteItemsCommandInput
    readonly output: Sdk.TransactWriteItemsCommandOutput
  }
  readonly UpdateItem: { readonly input: Sdk.UpdateItemCommandInput; readonly output: Sdk.UpdateItemCommandOutput }
}

// the generic classes, at this level's own item; what is held is decoded by the rules of `classification`
const ConditionalCheckFailed: abstract new(...args: never) => D.ConditionalCheckFailedException<Item> =
  D.ConditionalCheckFailedException
const TransactionCanceled: abstract new(...args: never) => D.TransactionCanceledException<TransactionReasons> =
  D.TransactionCanceledException

const any = [
  E.AccessDeniedException,
  E.ConfigurationException,
  E.ConnectionException,
  E.CredentialsException,
  E.ThrottlingException,
  E.ValidationException
] as const
const anyRead = [...any, E.InvalidResponseException, E.ServiceUnavailableException] as const
const anyWrite = [...any, E.WriteOutcomeUnknownException] as const
const data = [D.ProvisionedThroughputExceededException, E.ResourceNotFoundException] as const
const readItems = [...anyRead, ...data] as const
const writeItem = [
  ...anyWrite,
  ...data,
  ConditionalCheckFailed,
  D.ItemCollectionSizeLimitExceededException,
  D.ReplicatedWriteConflictException,
  D.TransactionConflictException
] as const
const transactWrite = [...anyWrite, ...data, D.IdempotentParameterMismatchException, TransactionCanceled] as const
const makeTable = [...anyWrite, E.LimitExceededException, E.ResourceInUseException] as const
const changeTable = [...makeTable, E.ResourceNotFoundException] as const

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

export interface Conditional {
  readonly ConditionExpression?: string | undefined
  readonly Expected?: unknown
}

/** Whether a request carries a condition: in an expression, or in the legacy form. */
export const isConditional = (input: Conditional): boolean =>
  input.ConditionExpression !== undefined || input.Expected !== undefined

const none: ReadonlyArray<ExceptionClass> = []
const conditionFailures: ReadonlyArray<ExceptionClass> = [D.ConditionalCheckFailedException]
const unlessConditional = (input: Conditional) => isConditional(input) ? none : conditionFailures

/** A put or delete that neither asks nor answers anything about what stood there. */
const blind = (input: Conditional & { readonly ReturnValues?: string | undefined }): Repeatable =>
  !isConditional(input) && (input.ReturnValues === undefined || input.ReturnValues === "NONE")
    ? "lastWriterWins"
    : "never"

/** The table of a transaction, where there is only one. */
const oneTable = (input: Sdk.TransactWriteItemsCommandInput): string | undefined => {
  const names = new Set(
    input.TransactItems?.map((action) =>
      (action.Put ?? action.Update ?? action.Delete ?? action.ConditionCheck)?.TableName
    )
  )
  return names.size === 1 ? [...names][0] : undefined
}

export const getItem = read("GetItem", readItems, table)
export const query = read("Query", readItems, table)
export const scan = read("Scan", readItems, table)
export const putItem = write("PutItem", writeItem, table, blind, unlessConditional)
export const deleteItem = write("DeleteItem", writeItem, table, blind, unlessConditional)
export const updateItem = write("UpdateItem", writeItem, table, never, unlessConditional)
export const transactWriteItems = write(
  "TransactWriteItems",
  transactWrite,
  oneTable,
  (input) => input.ClientRequestToken === undefined ? "never" : "token"
)
export const createTable = write("CreateTable", makeTable, table, never)
export const deleteTable = write("DeleteTable", changeTable, table, never)
export const describeTable = read("DescribeTable", [...anyRead, E.ResourceNotFoundException] as const, table)
export const listTables = read("ListTables", anyRead, nothing)
