/** The types of the operations on native values: what they take, what they give and what they fail with. `Document` exports the names. */
import type { SerializationException } from "@armature/aws/Exceptions"
import type { CallOptions } from "@armature/aws/ServiceClient"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import type { BigDecimal } from "effect/BigDecimal"
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type {
  CancellationReason,
  ConditionalCheckFailedException,
  StatementException,
  TransactionCanceledException,
  UnprocessedException
} from "../DynamoDBException.js"
import type { ByAccess } from "./access.js"
import type { NativeItem, NumberTypes } from "./attributeValue.js"
import type * as batch from "./batch.js"
import type * as errors from "./errors.js"
import type * as tree from "./expressionTree.js"
import type { ErrorFor, ItemWriteOptions } from "./idempotent.js"
import type * as methods from "./methods.js"

type Numbers = keyof NumberTypes

/**
 * Options `O` of a write: refuses what `S` does not know, and values back from an idempotent write, which returns none.
 *
 * @since 0.1.0
 * @category models
 */
export type Writing<O, S> =
  & methods.Exact<O, S>
  & (O extends { readonly idempotent: true } ? { readonly returnValues?: "NONE" | undefined } : unknown)

/**
 * Members `A`: refuses what `S` does not know, in each of them.
 *
 * @since 0.1.0
 * @category models
 */
export type ExactEach<A extends ReadonlyArray<unknown>, S> = A & { readonly [I in keyof A]: methods.Exact<A[I], S> }

/**
 * One `B` for each member of `A`, in order.
 *
 * @since 0.1.0
 * @category models
 */
export type Each<A extends ReadonlyArray<unknown>, B> = { readonly [I in keyof A]: B }

// ---------------------------------------------------------------------------------------------------------------- requests

/**
 * A condition on the item that stands there, and whether it comes with the failure.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConditionOptions {
  /** An expression, or text of one's own with `names` and `values`. */
  readonly condition?: tree.Condition | string | undefined
  /** Attribute names by placeholder (`#name`), for text of one's own. */
  readonly names?: Readonly<Record<string, string>> | undefined
  /** Native values by placeholder (`:value`), for text of one's own. */
  readonly values?: Readonly<Record<string, unknown>> | undefined
  /** Whether the exception has the item for which the condition was false. Default `false`. */
  readonly returnItemOnFailure?: boolean | undefined
}

/**
 * Options of `putItem`. With `idempotent: true` nothing is returned.
 *
 * @since 0.1.0
 * @category models
 */
export interface PutOptions extends ConditionOptions, ItemWriteOptions {
  readonly returnValues?: "NONE" | "ALL_OLD" | undefined
}

/**
 * Options of `deleteItem`. With `idempotent: true` nothing is returned.
 *
 * @since 0.1.0
 * @category models
 */
export interface DeleteOptions extends ConditionOptions, ItemWriteOptions {
  readonly returnValues?: "NONE" | "ALL_OLD" | undefined
}

/**
 * Options of `updateItem`. With `idempotent: true` nothing is returned, and the changes cannot be none.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpdateOptions extends ConditionOptions, ItemWriteOptions {
  readonly returnValues?: "NONE" | "ALL_OLD" | "UPDATED_OLD" | "ALL_NEW" | "UPDATED_NEW" | undefined
}

/**
 * What an update changes: values by attribute name, the actions of an expression, or text of one's own. A value that is `undefined` is
 * left out; one of `set` may be an operand (`Expression.plus("count", 1)`).
 *
 * @since 0.1.0
 * @category models
 */
export type Changes =
  | {
    readonly set?: Readonly<Record<string, unknown>> | undefined
    readonly remove?: ReadonlyArray<tree.Path> | undefined
    readonly add?: Readonly<Record<string, unknown>> | undefined
    readonly delete?: Readonly<Record<string, unknown>> | undefined
  }
  | readonly [tree.Action, ...ReadonlyArray<tree.Action>]
  | string

/** Which attributes are read. */
interface Projecting {
  readonly projection?: tree.Expressions["projection"]
  readonly names?: Readonly<Record<string, string>> | undefined
}

/**
 * Options of `getItem`.
 *
 * @since 0.1.0
 * @category models
 */
export interface GetOptions extends Projecting {
  readonly consistentRead?: boolean | undefined
}

/**
 * Options of `scan`, and those that a query has as well.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScanOptions extends GetOptions {
  readonly indexName?: string | undefined
  readonly filter?: tree.Condition | string | undefined
  readonly values?: Readonly<Record<string, unknown>> | undefined
  /** How many items are looked at for one page, before the filter. */
  readonly limit?: number | undefined
  /** Where the page before ended: its `lastEvaluatedKey`. */
  readonly exclusiveStartKey?: object | undefined
  /** `"COUNT"` for a page without its items. */
  readonly select?: Sdk.Select | undefined
  readonly segment?: number | undefined
  readonly totalSegments?: number | undefined
}

/**
 * Options of `query`.
 *
 * @since 0.1.0
 * @category models
 */
export interface QueryOptions extends Omit<ScanOptions, "segment" | "totalSegments"> {
  readonly keyCondition: tree.KeyCondition | string
  /** `false` for the largest sort key first. Default `true`. */
  readonly scanIndexForward?: boolean | undefined
}

/**
 * Options `O` of a query or scan whose items are wanted.
 *
 * @since 0.1.0
 * @category models
 */
export type ItemsOptions<O> = Omit<O, "select"> & { readonly select?: Exclude<Sdk.Select, "COUNT"> | undefined }

/**
 * Options `O` of a query or scan that only counts: nothing is projected.
 *
 * @since 0.1.0
 * @category models
 */
export type CountOptions<O> = Omit<O, "projection" | "select">

/**
 * Options of a parallel scan, which cuts the table into segments by itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface ParallelOptions
  extends Omit<ItemsOptions<ScanOptions>, "exclusiveStartKey" | "segment" | "totalSegments">, methods.ParallelOptions
{}

/**
 * What `batchGetItem` reads of one table.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchRead extends GetOptions {
  readonly keys: ReadonlyArray<object>
}

/**
 * One write of a batch, named by its table: `{ put: "users", item }` or `{ delete: "users", key }`.
 *
 * @since 0.1.0
 * @category models
 */
export type BatchWrite =
  | { readonly put: string; readonly item: object }
  | { readonly delete: string; readonly key: object }

/**
 * One read of a transaction, named by its table: `{ get: "users", key }`.
 *
 * @since 0.1.0
 * @category models
 */
export interface TransactRead extends Projecting {
  readonly get: string
  readonly key: object
}

/**
 * One action of a transaction, named by its table: `{ put: "users", item }`, `{ update: "users", key, changes }`, `{ delete: "users",
 * key }`, `{ check: "users", key, condition }`.
 *
 * @since 0.1.0
 * @category models
 */
export type Action =
  | ConditionOptions & { readonly put: string; readonly item: object }
  | ConditionOptions & { readonly update: string; readonly key: object; readonly changes: Changes }
  | ConditionOptions & { readonly delete: string; readonly key: object }
  | ConditionOptions & {
    readonly check: string
    readonly key: object
    readonly condition: tree.Condition | string
  }

/**
 * Options of `transactWriteItems` and `executeTransaction`.
 *
 * @since 0.1.0
 * @category models
 */
export interface TransactOptions extends CallOptions {
  /** Makes repetitions of the same transaction within ten minutes one. By default each run of the effect has a token of its own. */
  readonly clientRequestToken?: string | undefined
}

/**
 * Options of `executeStatement`.
 *
 * @since 0.1.0
 * @category models
 */
export interface StatementOptions extends CallOptions {
  readonly consistentRead?: boolean | undefined
  /** How many items are looked at, before the filter. */
  readonly limit?: number | undefined
  /** Where the page before ended: its `nextToken`. */
  readonly nextToken?: string | undefined
  /** Whether the exception has the item for which the condition was false. Default `false`. */
  readonly returnItemOnFailure?: boolean | undefined
}

/**
 * One PartiQL statement of a transaction.
 *
 * @since 0.1.0
 * @category models
 */
export interface TransactStatement {
  readonly statement: string
  /** Native values, one for each `?` of the statement. */
  readonly parameters?: ReadonlyArray<unknown> | undefined
  /** Whether the reason has the item for which the condition was false. Default `false`. */
  readonly returnItemOnFailure?: boolean | undefined
}

/**
 * One PartiQL statement of a batch.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchStatement extends TransactStatement {
  readonly consistentRead?: boolean | undefined
}

// ---------------------------------------------------------------------------------------------------------------- answers

/**
 * An item that a write gave back, that a failure holds, or where a page ended. A number that `K` cannot hold is a `BigDecimal`.
 *
 * @since 0.1.0
 * @category models
 */
export interface WrittenItem<K extends Numbers> extends NativeItem<NumberTypes[K] | BigDecimal> {}

/**
 * A page of a query or scan.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<K extends Numbers> {
  readonly items: ReadonlyArray<NativeItem<NumberTypes[K]>>
  /** How many items passed the filter. */
  readonly count: number
  /** How many items were looked at. */
  readonly scannedCount: number
  /** Where the next page begins; `None` behind the last. */
  readonly lastEvaluatedKey: Option.Option<WrittenItem<K>>
}

/**
 * The page for options of type `O`: `select: "COUNT"` takes the items out of it.
 *
 * @since 0.1.0
 * @category models
 */
export type PageFor<O, K extends Numbers> = O extends { readonly select: "COUNT" } ? Omit<Page<K>, "items"> : Page<K>

/**
 * By table, one entry for each key, in order: the item, or `None` where there is none.
 *
 * @since 0.1.0
 * @category models
 */
export type BatchItems<T extends string, I> = { readonly [Table in T]: ReadonlyArray<Option.Option<I>> }

/**
 * An item from a statement with the text `S`: a `SELECT` reads it, and what a write returns is a `WrittenItem`.
 *
 * @since 0.1.0
 * @category models
 */
export type StatementItem<S, K extends Numbers> = ByAccess<S, NativeItem<NumberTypes[K]>, WrittenItem<K>>

/**
 * A page of a PartiQL statement.
 *
 * @since 0.1.0
 * @category models
 */
export interface StatementPage<S, K extends Numbers> {
  readonly items: ReadonlyArray<StatementItem<S, K>>
  /** Where the next page begins; `None` behind the last. */
  readonly nextToken: Option.Option<string>
}

/**
 * What became of one statement of a batch whose texts are `S`: what it read (`None` for a write or a missing item), or why it failed.
 *
 * @since 0.1.0
 * @category models
 */
export type StatementResult<S, K extends Numbers> = Either.Either<
  Option.Option<StatementItem<S, K>>,
  StatementException<WrittenItem<K>> | ByAccess<S, SerializationException, never>
>

// --------------------------------------------------------------------------------------------------------------- failures

/**
 * A failure of the service, with native values where it holds items.
 *
 * @since 0.1.0
 * @category errors
 */
export type NativeError<E, K extends Numbers> = E extends { readonly _tag: "ConditionalCheckFailedException" }
  ? ConditionalCheckFailedException<WrittenItem<K>>
  : E extends { readonly _tag: "TransactionCanceledException" }
    ? TransactionCanceledException<ReadonlyArray<CancellationReason<WrittenItem<K>>>>
  : E

/**
 * `ConditionalCheckFailedException` if options of type `O` can carry a condition; `never` if they cannot.
 *
 * @since 0.1.0
 * @category errors
 */
export type ConditionError<O, K extends Numbers> = O extends unknown
  ? "condition" extends keyof O
    ? [O["condition"]] extends [undefined] ? never : ConditionalCheckFailedException<WrittenItem<K>>
  : never
  : never

/**
 * What a single write with options `O` fails with, where the service's method without a condition fails with `E`.
 *
 * @since 0.1.0
 * @category errors
 */
export type WriteError<E, O, K extends Numbers> = ErrorFor<O, E> | SerializationException | ConditionError<O, K>

/**
 * What `batchGetItem` fails with. Keys that are left are those that were given.
 *
 * @since 0.1.0
 * @category errors
 */
export type BatchGetItemError<T extends string, K extends Numbers> =
  | Exclude<batch.BatchGetItemError, { readonly _tag: "UnprocessedException" }>
  | UnprocessedException<Readonly<Record<string, BatchRead>>, BatchItems<T, WrittenItem<K>>>
  | SerializationException

/**
 * What `batchWriteItem` fails with. Writes that are left, or unknown, are those that were given.
 *
 * @since 0.1.0
 * @category errors
 */
export type BatchWriteItemError =
  | Exclude<batch.BatchWriteItemError, { readonly _tag: "UnprocessedException" }>
  | UnprocessedException<ReadonlyArray<BatchWrite>>
  | SerializationException

/**
 * What `transactGetItems` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type TransactGetItemsError<K extends Numbers> =
  | NativeError<errors.TransactGetItemsError, K>
  | SerializationException

/**
 * What `transactWriteItems` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type TransactWriteItemsError<K extends Numbers> =
  | NativeError<errors.TransactWriteItemsError, K>
  | SerializationException

/**
 * What `executeStatement` fails with, by the text of the statement.
 *
 * @since 0.1.0
 * @category errors
 */
export type ExecuteStatementError<S, K extends Numbers> =
  | NativeError<errors.ExecuteStatementError<S>, K>
  | SerializationException

/**
 * What `batchExecuteStatement` fails with as a whole, by the texts of its statements.
 *
 * @since 0.1.0
 * @category errors
 */
export type BatchExecuteStatementError<S> = errors.BatchExecuteStatementError<S> | SerializationException

/**
 * What `executeTransaction` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ExecuteTransactionError<K extends Numbers> =
  | NativeError<errors.ExecuteTransactionError, K>
  | SerializationException
