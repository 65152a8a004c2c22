/**
 * The failures that only DynamoDB has. Those it shares with other services are in `@armature/aws/Exceptions`.
 *
 * @since 0.1.0
 */
import { type AwsException, type Fields, tagged } from "@armature/aws/AwsException"
import type { ThrottlingReason } from "@armature/aws/Exceptions"
import type * as Option from "effect/Option"

/**
 * The condition is false. `item` is the item that stands there, when the request asked for it
 * (`ReturnValuesOnConditionCheckFailure: "ALL_OLD"`) and there is one.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ConditionalCheckFailedException<out Item> extends tagged("ConditionalCheckFailedException")<{
  readonly item: Option.Option<unknown>
}>({ says: "the condition is false; nothing was written" }) {
  declare readonly item: Option.Option<Item>
  constructor(fields: Fields & { readonly item: Option.Option<Item> }) {
    super(fields)
  }
}

/**
 * AWS's name for why one action of a transaction failed; `"None"` where it did not.
 *
 * @since 0.1.0
 * @category models
 */
export type CancellationCode =
  | "None"
  | "ConditionalCheckFailed"
  | "DuplicateItem"
  | "ItemCollectionSizeLimitExceeded"
  | "ProvisionedThroughputExceeded"
  | "ThrottlingError"
  | "TransactionConflict"
  | "ValidationError"
  | (string & {})

/**
 * What became of one action of a canceled transaction. `awsMessage` and `item` may hold data, and are not printed.
 *
 * @since 0.1.0
 * @category models
 */
export interface CancellationReason<out Item> {
  readonly code: CancellationCode
  readonly awsMessage: string | undefined
  /** The item that stands there, when the action asked for it. */
  readonly item: Option.Option<Item>
}

/**
 * The transaction was canceled, and none of its actions applied. `reasons` has one entry for each action, in the order of the request.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class TransactionCanceledException<out Reasons> extends tagged("TransactionCanceledException")<{
  readonly reasons: unknown
  /** The codes of `reasons`, in order. */
  readonly codes: ReadonlyArray<CancellationCode>
}>({
  says: (e) => `the transaction was canceled and nothing was written; by action: ${e.codes.join(", ")}`,
  printed: ["codes"]
}) {
  declare readonly reasons: Reasons
  constructor(
    fields: Fields & { readonly reasons: Reasons & ReadonlyArray<{ readonly code: CancellationCode }> }
  ) {
    super({ ...fields, codes: fields.reasons.map((reason) => reason.code) })
  }
}

/**
 * Another transaction, or a write beside one, holds the item.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class TransactionConflictException extends tagged("TransactionConflictException")({
  says: "a transaction that is under way holds the item; try again"
}) {}

/**
 * A transaction with this token is under way. It is waited for, and it may still be applied: so no method fails with it, and if it goes on
 * it is the `last` of a `WriteOutcomeUnknownException`.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class TransactionInProgressException extends tagged("TransactionInProgressException")({
  says: "a transaction with the same token is under way"
}) {}

/**
 * The token was used within ten minutes for a request with other parameters.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class IdempotentParameterMismatchException extends tagged("IdempotentParameterMismatchException")({
  says: "the token stands for a request with other parameters; use a token for one request only"
}) {}

/**
 * An INSERT (PartiQL) met an item with the same primary key.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class DuplicateItemException extends tagged("DuplicateItemException")({
  says: "an item with this primary key exists already; nothing was inserted"
}) {}

/**
 * AWS's name for why one statement of a batch failed.
 *
 * @since 0.1.0
 * @category models
 */
export type StatementCode =
  | "AccessDenied"
  | "ConditionalCheckFailed"
  | "DuplicateItem"
  | "InternalServerError"
  | "ItemCollectionSizeLimitExceeded"
  | "MissingResponse"
  | "ProvisionedThroughputExceeded"
  | "RequestLimitExceeded"
  | "ResourceNotFound"
  | "ThrottlingError"
  | "TransactionConflict"
  | "ValidationError"
  | (string & {})

/**
 * One statement of a batch failed. `code` is AWS's name for why, and `"MissingResponse"` where the answer has no part for the statement;
 * where a repetition of what was left over failed as a whole, it is that failure's, which is the `cause`. `outcome` is `"unknown"` where a write may have been applied.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class StatementException<out Item> extends tagged("StatementException")<{
  readonly item: Option.Option<unknown>
}>({
  says: (e) =>
    e.outcome === "unknown"
      ? "it is not known whether the statement was applied; read before writing again"
      : "the statement failed; see `code`, and `awsMessage` for AWS's explanation"
}) {
  declare readonly code: StatementCode
  declare readonly item: Option.Option<Item>
  constructor(fields: Fields & { readonly code: StatementCode; readonly item: Option.Option<Item> }) {
    super(fields)
  }
}

/**
 * Faster than the table's, the index's or the key range's capacity. `reasons` are AWS's own, where it gave any.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ProvisionedThroughputExceededException extends tagged("ProvisionedThroughputExceededException")<{
  readonly reasons?: ReadonlyArray<ThrottlingReason> | undefined
}>({
  says: (e) =>
    `faster than the capacity of the table, an index or one key range${
      e.reasons === undefined || e.reasons.length === 0 ? "" : `: ${e.reasons.map((r) => r.reason).join(", ")}`
    }`,
  printed: ["reasons"]
}) {}

/**
 * The item collection (all items of one partition key, with their local indexes) is over 10 GB.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ItemCollectionSizeLimitExceededException extends tagged("ItemCollectionSizeLimitExceededException")({
  says: "the items of this partition key, with their local secondary indexes, are over 10 GB"
}) {}

/**
 * Another region wrote the item at the same time (multi-region strong consistency).
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ReplicatedWriteConflictException extends tagged("ReplicatedWriteConflictException")({
  says: "another region is writing the same item; try again"
}) {}

/**
 * A waiter has asked as often as its schedule says, and what it waits for has not come. `status` is the table's last one; `undefined`
 * where there is no table.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class WaiterTimeoutException extends tagged("WaiterTimeoutException")<{
  readonly waiter: "TableExists" | "TableNotExists"
  readonly status: string | undefined
}>({
  says: (e) =>
    `gave up waiting for the table to ${e.waiter === "TableExists" ? "be active" : "be gone"}; ${
      e.status === undefined ? "it does not exist" : `its status is ${e.status}`
    }`,
  printed: ["waiter", "status"]
}) {}

/**
 * An item is over its limit, found before anything was sent. `size` and `maxSize` are bytes as DynamoDB counts them; `largest` are the
 * names of the largest attributes with their sizes, largest first.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ItemTooLargeException extends tagged("ItemTooLargeException")<{
  readonly size: number
  readonly maxSize: number
  readonly largest: ReadonlyArray<{ readonly attribute: string; readonly size: number }>
}>({
  says: (e) =>
    `the item has ${e.size} bytes and its limit is ${e.maxSize}; largest: ${
      e.largest.map((a) => `${a.attribute} (${a.size})`).join(", ")
    }`,
  printed: ["size", "maxSize", "largest"]
}) {}

/**
 * A batch that was not done whole. `unprocessed` was certainly not applied; of `unknown`, which only writes have, it is not known: both
 * hold exactly those requests, in the shape that the batch takes, so that they can be sent again. `items` is what was read so far, and
 * is empty for writes. `last` is the last failure of a request, and absent where AWS only left members over. `outcome` is `"unknown"`
 * if a member's is.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class UnprocessedException<out Left, out Items = {}> extends tagged("UnprocessedException")<{
  readonly unprocessed: unknown
  readonly unknown: unknown
  readonly items: unknown
  readonly last?: AwsException | undefined
}>({
  says: (e) =>
    `a part of the batch was not done${
      e.last === undefined ? ", however often it was asked for" : `; the last failure was ${e.last._tag}`
    }: what is left is in \`unprocessed\`${
      e.outcome === "unknown" ? ", and in `unknown` what may have been written" : ""
    }`,
  printed: ["last"]
}) {
  declare readonly unprocessed: Left
  declare readonly unknown: Left
  declare readonly items: Items
  constructor(
    fields: Fields & {
      readonly unprocessed: Left
      readonly unknown: Left
      readonly items: Items
      readonly last?: AwsException | undefined
    }
  ) {
    super(fields)
  }
}
