/**
 * Transactions: writes and checks of any entities and tables that all apply or none, and reads of any as they stood at one moment.
 *
 * @since 0.1.0
 */
import type { ServiceException, ThrottlingException, ValidationException } from "@armature/aws/Exceptions"
import type { DynamoDB, TransactGetItemsError, TransactWriteItemsError } from "@armature/dynamodb/DynamoDB"
import type {
  ItemCollectionSizeLimitExceededException,
  ProvisionedThroughputExceededException,
  TransactionConflictException
} from "@armature/dynamodb/DynamoDBException"
import type { S3AttributeException } from "@armature/s3/S3AttributeException"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { TransactionCanceledException } from "./EntityException.js"
import type {
  AnyOperation,
  ConditionOf,
  Fitting,
  MemberOf,
  Members,
  PlanErrorOf,
  PlanRequiresOf,
  Results
} from "./internal/memberTypes.js"
import * as internal from "./internal/transact.js"
import type { Read, ReadInfo, Write, WriteInfo } from "./Operation.js"

/**
 * What a write says of itself that a transaction can take.
 *
 * @since 0.1.0
 * @category models
 */
export interface TransactInfo extends WriteInfo {
  readonly fits: "batch" | "transact"
}

/**
 * What a transaction can take: checks, and any write that returns no old or new item.
 *
 * @since 0.1.0
 * @category models
 */
export type Member = Write<unknown, unknown, unknown, TransactInfo>

interface Whys {
  readonly alone: "no transaction takes what returns an item, or has a hook after it: it goes alone"
  readonly read: "a transaction of writes takes no read: transactGet does"
}

interface GetWhys {
  readonly batch: Writes
  readonly transact: Writes
  readonly alone: Writes
}

type Writes = "transactGet takes no write: transact does"

/**
 * Options of `transact`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * 1 to 36 characters. For ten minutes a transaction with the same token and the same bytes is the same transaction, and done once; with
   * other bytes it is an `IdempotentParameterMismatchException`. What is sealed, generated, or filled in by the clock is other bytes in each
   * run. Without it each run has its own token, which all of its requests carry.
   */
  readonly token?: string | undefined
}

/**
 * Why a read of a transaction may fail, and with it all others.
 *
 * @since 0.1.0
 * @category errors
 */
export type ReadReason =
  | ProvisionedThroughputExceededException
  | ServiceException
  | ThrottlingException
  | TransactionConflictException
  | ValidationException

/**
 * Why a write of a transaction may fail, and with it all others: its own condition, what it keeps in S3 that has been replaced, and what
 * any write can meet.
 *
 * @since 0.1.0
 * @category errors
 */
export type WriteReason<O> =
  | ConditionOf<O>
  | Extract<PlanErrorOf<O>, S3AttributeException>
  | ItemCollectionSizeLimitExceededException
  | ReadReason

type OwnError<E> = E extends { readonly _tag: "TransactionCanceledException" } ? never : E

/**
 * What a transaction of these writes can fail with: its own set, what each member's plan can fail with, and why it was canceled.
 *
 * @since 0.1.0
 * @category errors
 */
export type TransactError<M> =
  | OwnError<TransactWriteItemsError>
  | PlanErrorOf<MemberOf<M>>
  | TransactionCanceledException<{ readonly [I in keyof M]: Option.Option<WriteReason<M[I]>> }>

/**
 * What a transaction of these reads can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type TransactGetError<M> =
  | OwnError<TransactGetItemsError>
  | PlanErrorOf<MemberOf<M>>
  | TransactionCanceledException<{ readonly [I in keyof M]: Option.Option<ReadReason> }>

/**
 * Writes and checks that all apply or none, 1 to 100 of them, each on another item, in an array or by names; gives what each of them gives,
 * in the same form. Two members on one item, and a number that cannot be, are a `ValidationException` before anything is sent.
 *
 * Each run is a transaction of its own, and all of its requests carry the same token: it is never applied twice. No old image comes back:
 * values in S3 that it replaces stay for the sweeper; those of a transaction that was not applied are deleted.
 *
 * @example
 * ```ts
 * import * as Entity from "@armature/model/Entity"
 * import { key } from "@armature/model/Key"
 * import * as Table from "@armature/model/Table"
 * import { transact } from "@armature/model/Transact"
 * import * as Effect from "effect/Effect"
 * import * as Option from "effect/Option"
 * import * as Schema from "effect/Schema"
 *
 * const App = Table.make("app", { key: ["pk"] })
 *
 * class Stock extends Schema.Class<Stock>("Stock")({ sku: Schema.String, count: Schema.Number }) {}
 * class Order extends Schema.Class<Order>("Order")({ id: Schema.String, sku: Schema.String }) {}
 *
 * const Stocks = Entity.make(App, Stock, { primary: { pk: key`STOCK#${"sku"}` } })
 * const Orders = Entity.make(App, Order, { primary: { pk: key`ORDER#${"id"}` } })
 *
 * export const place = (order: Order) =>
 *   transact({
 *     order: Orders.create(order),
 *     stock: Stocks.update({ sku: order.sku }, (p) => [p.count.add(-1)], { if: (p) => p.count.gt(0) })
 *   }).pipe(
 *     Effect.map(({ order }) => order),
 *     Effect.catchTag("TransactionCanceledException", (e) =>
 *       Effect.gen(function*() {
 *         if (Option.isSome(e.reasons.stock)) return yield* Effect.fail(e.reasons.stock.value)
 *         return yield* Effect.fail(e)
 *       }))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
// the members' types say what each of them gives and fails with, and all of it is lost in their plans
export const transact = internal.transact as <const M extends Members<AnyOperation>>(
  members: Fitting<M, Member, Whys> & M,
  options?: Options
) => Effect.Effect<Results<M>, TransactError<M>, DynamoDB | PlanRequiresOf<MemberOf<M>>>

/**
 * Reads of 1 to 100 items, each of another, all as they stood at one moment; in an array or by names. They are consistent, and cost twice
 * what consistent reads do.
 *
 * @since 0.1.0
 * @category constructors
 */
// the members' types say what each of them gives and fails with, and all of it is lost in their plans
export const transactGet = internal.transactGet as <const M extends Members<AnyOperation>>(
  members: Fitting<M, Read<unknown, unknown, unknown, ReadInfo>, GetWhys> & M
) => Effect.Effect<Results<M>, TransactGetError<M>, DynamoDB | PlanRequiresOf<MemberOf<M>>>
