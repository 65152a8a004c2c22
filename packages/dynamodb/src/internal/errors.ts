/** What each method of the service fails with, from the rows of `operations`. The names are exported by `DynamoDB`. */
import type { ResourceNotFoundException } from "@armature/aws/Exceptions"
import type { ErrorOf } from "@armature/aws/ServiceClient"
import type { ConditionalCheckFailedException, WaiterTimeoutException } from "../DynamoDBException.js"
import type { ByAccess } from "./access.js"
import type { Item } from "./items.js"
import type * as operations from "./operations.js"

type Plain = typeof operations.plain

/**
 * `ConditionalCheckFailedException` if a request of type `I` can carry a condition; `never` if it cannot.
 *
 * @since 0.1.0
 * @category errors
 */
export type ConditionError<I> = I extends unknown
  ? Has<I, "ConditionExpression"> extends true ? ConditionalCheckFailedException<Item>
  : Has<I, "Expected"> extends true ? ConditionalCheckFailedException<Item>
  : never
  : never

type Has<I, K extends string> = K extends keyof I ? [I[K]] extends [undefined] ? false : true : false

type Unconditional<E> = Exclude<E, { readonly _tag: "ConditionalCheckFailedException" }>

/**
 * What every put fails with; one with a condition adds `ConditionError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type PutItemError = Unconditional<ErrorOf<typeof operations.putItem>>

/**
 * What every update fails with; one with a condition adds `ConditionError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type UpdateItemError = Unconditional<ErrorOf<typeof operations.updateItem>>

/**
 * What every delete fails with; one with a condition adds `ConditionError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type DeleteItemError = Unconditional<ErrorOf<typeof operations.deleteItem>>

/**
 * What `createTable` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type CreateTableError = ErrorOf<Plain["createTable"]>

/**
 * What `deleteTable` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DeleteTableError = ErrorOf<Plain["deleteTable"]>

/**
 * What `describeContinuousBackups` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DescribeContinuousBackupsError = ErrorOf<Plain["describeContinuousBackups"]>

/**
 * What `describeLimits` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DescribeLimitsError = ErrorOf<Plain["describeLimits"]>

/**
 * What `describeTable` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DescribeTableError = ErrorOf<Plain["describeTable"]>

/**
 * What `describeTimeToLive` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DescribeTimeToLiveError = ErrorOf<Plain["describeTimeToLive"]>

/**
 * What `getItem` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type GetItemError = ErrorOf<Plain["getItem"]>

/**
 * What `listTagsOfResource` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListTagsOfResourceError = ErrorOf<Plain["listTagsOfResource"]>

/**
 * What `tagResource` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type TagResourceError = ErrorOf<Plain["tagResource"]>

/**
 * What `untagResource` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type UntagResourceError = ErrorOf<Plain["untagResource"]>

/**
 * What `updateTable` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type UpdateTableError = ErrorOf<Plain["updateTable"]>

/**
 * What `updateTimeToLive` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type UpdateTimeToLiveError = ErrorOf<Plain["updateTimeToLive"]>

/**
 * What `listTables` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListTablesError = ErrorOf<typeof operations.listTables>

/**
 * What `query` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type QueryError = ErrorOf<typeof operations.query>

/**
 * What `scan` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ScanError = ErrorOf<typeof operations.scan>

/**
 * What `transactGetItems` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type TransactGetItemsError = ErrorOf<typeof operations.transactGetItems>

/**
 * What `transactWriteItems` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type TransactWriteItemsError = ErrorOf<typeof operations.transactWriteItems>

/**
 * What `executeTransaction` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ExecuteTransactionError = ErrorOf<typeof operations.executeTransaction>

/**
 * What `ping` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type PingError = ListTablesError

/**
 * What `executeStatement` fails with, by the text of the statement: where it is not known to the compiler, what a read and what a write
 * fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ExecuteStatementError<S = string> = ByAccess<
  S,
  ErrorOf<typeof operations.readStatement>,
  ErrorOf<typeof operations.writeStatement>
>

/**
 * What `batchExecuteStatement` fails with as a whole, by the texts of its statements. What single statements fail with is in its result.
 *
 * @since 0.1.0
 * @category errors
 */
export type BatchExecuteStatementError<S = string> = ByAccess<
  S,
  ErrorOf<typeof operations.readStatements>,
  ErrorOf<typeof operations.writeStatements>
>

/**
 * What `waitUntilTableExists` and `waitUntilTableNotExists` fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type WaitError = Exclude<DescribeTableError, ResourceNotFoundException> | WaiterTimeoutException
