/** The types of those methods of the service that are more than input and output. The names are exported by `DynamoDB`. */
import type * as Sdk from "@aws-sdk/client-dynamodb"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Schedule from "effect/Schedule"
import type * as Stream from "effect/Stream"
import type { StatementException } from "../DynamoDBException.js"
import type { ListTablesError, QueryError, ScanError } from "./errors.js"
import type { Item } from "./items.js"

/**
 * Refuses what the input type `S` does not know, where a generic parameter would let it pass.
 *
 * @since 0.1.0
 * @category models
 */
export type Exact<I, S> = I & { readonly [K in Exclude<I extends unknown ? keyof I : never, keyof S>]: never }

/**
 * The output `O` of a query or scan of type `I`: `Select: "COUNT"` takes the items out of it.
 *
 * @since 0.1.0
 * @category models
 */
export type Selected<I, O> = I extends { readonly Select: "COUNT" } ? Omit<O, "Items"> : O

/**
 * The input of a query or scan whose items are wanted.
 *
 * @since 0.1.0
 * @category models
 */
export type ItemsInput<I extends { readonly Select?: Sdk.Select | undefined }> = Omit<I, "Select"> & {
  readonly Select?: Exclude<Sdk.Select, "COUNT"> | undefined
}

/**
 * The input of a query or scan that only counts: nothing is projected.
 *
 * @since 0.1.0
 * @category models
 */
export type CountInput<I> = Omit<I, "AttributesToGet" | "ProjectionExpression" | "Select">

/**
 * Options of a stream of items.
 *
 * @since 0.1.0
 * @category models
 */
export interface ItemsOptions {
  /** How many items at most, over all pages. `Limit` is how many DynamoDB reads for one page. */
  readonly limit?: number | undefined
}

/**
 * A query or a scan: one page as a call, all pages as streams. A stream asks for a page when it is needed, goes on after pages that are
 * empty, starts after `ExclusiveStartKey` where one is given, and stops the request that is under way when it is interrupted.
 *
 * @since 0.1.0
 * @category models
 */
export interface Paged<Input extends { readonly Select?: Sdk.Select | undefined }, Output, E> {
  /** One page. */
  <const I extends Input>(input: Exact<I, Input>): Effect.Effect<Selected<I, Output>, E>
  /** All pages. */
  readonly pages: <const I extends Input>(input: Exact<I, Input>) => Stream.Stream<Selected<I, Output>, E>
  /** The items of all pages. */
  readonly items: (input: ItemsInput<Input>, options?: ItemsOptions) => Stream.Stream<Item, E>
  /** How many items all pages have, past the filter. Items are read and paid for, but not sent. */
  readonly count: (input: CountInput<Input>) => Effect.Effect<number, E>
}

/**
 * `query`, its pages and its items.
 *
 * @since 0.1.0
 * @category models
 */
export interface Query extends Paged<Sdk.QueryCommandInput, Sdk.QueryCommandOutput, QueryError> {}

/**
 * `scan`, its pages and its items, and the table read in several parts at a time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Scan extends Paged<Sdk.ScanCommandInput, Sdk.ScanCommandOutput, ScanError> {
  /**
   * The items of all segments, as they come. Of each segment that is being read at most one page is held, and one between. Fails with a
   * `ValidationException` when `segments` or `concurrency` is none that can be.
   */
  readonly parallel: (input: ParallelInput, options: ParallelOptions) => Stream.Stream<Item, ScanError>
}

/**
 * The input of a parallel scan, which cuts the table into segments by itself.
 *
 * @since 0.1.0
 * @category models
 */
export type ParallelInput = Omit<ItemsInput<Sdk.ScanCommandInput>, "ExclusiveStartKey" | "Segment" | "TotalSegments">

/**
 * Options of a parallel scan.
 *
 * @since 0.1.0
 * @category models
 */
export interface ParallelOptions {
  /** Into how many parts the table is cut, 1 to 1,000,000. */
  readonly segments: number
  /** How many of them are read at a time. Default: all, and 16 at most. */
  readonly concurrency?: number | undefined
  /** Run after each page. */
  readonly onProgress?: ((progress: ScanProgress) => Effect.Effect<void>) | undefined
}

/**
 * How far a parallel scan has come.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScanProgress {
  readonly segments: number
  /** Segments that have no page left. */
  readonly segmentsDone: number
  /** Items that were read, past the filter. */
  readonly items: number
  /** Items that were read and paid for, before the filter. */
  readonly scanned: number
  /** Read capacity units; 0 where `ReturnConsumedCapacity` is `"NONE"`. */
  readonly capacity: number
}

/**
 * `listTables`, one page as a call, or the names of all tables.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListTables {
  (input: Sdk.ListTablesCommandInput): Effect.Effect<Sdk.ListTablesCommandOutput, ListTablesError>
  readonly names: (input?: Sdk.ListTablesCommandInput) => Stream.Stream<string, ListTablesError>
}

/**
 * What became of one statement of a batch: what it read (nothing, for a write or a missing item), or why it failed.
 *
 * @since 0.1.0
 * @category models
 */
export type StatementResult = Either.Either<Item | undefined, StatementException<Item>>

/**
 * The answer to a batch of statements.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchExecuteStatementOutput extends Omit<Sdk.BatchExecuteStatementCommandOutput, "Responses"> {
  /** One for each statement, in order. */
  readonly Responses: ReadonlyArray<StatementResult>
}

/**
 * Options of a waiter.
 *
 * @since 0.1.0
 * @category models
 */
export interface WaitOptions {
  /** When to ask again, and how often. Default: after 1 s, then 1.5 times as late up to every 20 s, for 10 minutes. */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
}
