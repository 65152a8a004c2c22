/**
 * The operations of DynamoDB on native values, for those who come from a document client: items and keys are objects, conditions and
 * updates are `Expression`s, or text with `names` and `values` of one's own. Each method has the failures of its operation, and
 * `SerializationException` for a value that has no representation; nothing is sent then.
 *
 * What numbers are read as is chosen once. What is read fails with a `SerializationException` where it has a number that this cannot
 * hold; what a write gives back, and the item on a failure, has it as a `BigDecimal` instead, since the write has its outcome already.
 *
 * @example
 * ```ts
 * import * as Document from "@armature/dynamodb/Document"
 * import * as DynamoDB from "@armature/dynamodb/DynamoDB"
 * import * as Expression from "@armature/dynamodb/Expression"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const document = yield* Document.Document
 *   yield* document.putItem("users", { id: "1", name: "Ada", tags: new Set(["admin"]) })
 *   yield* document.updateItem("users", { id: "1" }, { set: { name: "Ada L." }, add: { logins: 1 } }, {
 *     condition: Expression.attributeExists("id")
 *   }).pipe(Effect.catchTag("ConditionalCheckFailedException", () => Effect.log("no such user")))
 *   return yield* document.getItem("users", { id: "1" })
 * })
 *
 * export const main = program.pipe(Effect.provide(Document.layer), Effect.provide(DynamoDB.layer({ region: "eu-central-1" })))
 * ```
 *
 * @since 0.1.0
 */
import type { SerializationException } from "@armature/aws/Exceptions"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { NativeItem, NumberOf, Numbers } from "./AttributeValue.js"
import * as DynamoDB from "./DynamoDB.js"
import * as internal from "./internal/document.js"
import type * as models from "./internal/documentModels.js"

export type {
  Action,
  BatchExecuteStatementError,
  BatchGetItemError,
  BatchItems,
  BatchRead,
  BatchStatement,
  BatchWrite,
  BatchWriteItemError,
  Changes,
  ConditionError,
  ConditionOptions,
  CountOptions,
  DeleteOptions,
  Each,
  ExactEach,
  ExecuteStatementError,
  ExecuteTransactionError,
  GetOptions,
  ItemsOptions,
  NativeError,
  Page,
  PageFor,
  ParallelOptions,
  PutOptions,
  QueryOptions,
  ScanOptions,
  StatementItem,
  StatementOptions,
  StatementPage,
  StatementResult,
  TransactGetItemsError,
  TransactOptions,
  TransactRead,
  TransactStatement,
  TransactWriteItemsError,
  UpdateOptions,
  WriteError,
  Writing,
  WrittenItem
} from "./internal/documentModels.js"

/**
 * A query: one page as a call, all pages as streams. A stream asks for a page when it is needed and goes on after pages that are empty.
 * An item that `K` cannot hold fails with a `SerializationException`, those before it having been given.
 *
 * @since 0.1.0
 * @category models
 */
export interface Query<K extends Numbers> {
  /** One page. */
  <const O extends models.QueryOptions>(
    table: string,
    options: DynamoDB.Exact<O, models.QueryOptions>
  ): Effect.Effect<models.PageFor<O, K>, DynamoDB.QueryError | SerializationException>
  /** All pages. */
  readonly pages: <const O extends models.QueryOptions>(
    table: string,
    options: DynamoDB.Exact<O, models.QueryOptions>
  ) => Stream.Stream<models.PageFor<O, K>, DynamoDB.QueryError | SerializationException>
  /** The items of all pages; `take.limit` at most. */
  readonly items: (
    table: string,
    options: models.ItemsOptions<models.QueryOptions>,
    take?: DynamoDB.ItemsOptions
  ) => Stream.Stream<NativeItem<NumberOf<K>>, DynamoDB.QueryError | SerializationException>
  /** How many items all pages have, past the filter. Items are read and paid for, but not sent. */
  readonly count: (
    table: string,
    options: models.CountOptions<models.QueryOptions>
  ) => Effect.Effect<number, DynamoDB.QueryError | SerializationException>
}

/**
 * A scan: as a query, and the table read in several parts at a time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Scan<K extends Numbers> {
  /** One page. */
  <const O extends models.ScanOptions = {}>(
    table: string,
    options?: DynamoDB.Exact<O, models.ScanOptions>
  ): Effect.Effect<models.PageFor<O, K>, DynamoDB.ScanError | SerializationException>
  /** All pages. */
  readonly pages: <const O extends models.ScanOptions = {}>(
    table: string,
    options?: DynamoDB.Exact<O, models.ScanOptions>
  ) => Stream.Stream<models.PageFor<O, K>, DynamoDB.ScanError | SerializationException>
  /** The items of all pages; `take.limit` at most. */
  readonly items: (
    table: string,
    options?: models.ItemsOptions<models.ScanOptions>,
    take?: DynamoDB.ItemsOptions
  ) => Stream.Stream<NativeItem<NumberOf<K>>, DynamoDB.ScanError | SerializationException>
  /** How many items all pages have, past the filter. Items are read and paid for, but not sent. */
  readonly count: (
    table: string,
    options?: models.CountOptions<models.ScanOptions>
  ) => Effect.Effect<number, DynamoDB.ScanError | SerializationException>
  /** The items of all segments, as they come. */
  readonly parallel: (
    table: string,
    options: models.ParallelOptions
  ) => Stream.Stream<NativeItem<NumberOf<K>>, DynamoDB.ScanError | SerializationException>
}

/**
 * The operations on native values, with numbers read as `number`. For another choice, `make` a service of one's own.
 *
 * @since 0.1.0
 * @category tags
 */
export class Document extends Context.Tag("@armature/dynamodb/Document")<Document, Document.Service<"number">>() {}

/**
 * @since 0.1.0
 */
export declare namespace Document {
  /**
   * Options of `make`.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Options<K extends Numbers> {
    /** What numbers are read as. */
    readonly numbers: K
  }

  /**
   * One method for each operation. What a write gives back (`returnValues`) is `None` where it was not asked for.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service<K extends Numbers> {
    readonly getItem: (
      table: string,
      key: object,
      options?: models.GetOptions
    ) => Effect.Effect<Option.Option<NativeItem<NumberOf<K>>>, DynamoDB.GetItemError | SerializationException>
    readonly putItem: <const O extends models.PutOptions = {}>(
      table: string,
      item: object,
      options?: models.Writing<O, models.PutOptions>
    ) => Effect.Effect<Option.Option<models.WrittenItem<K>>, models.WriteError<DynamoDB.PutItemError, O, K>>
    readonly updateItem: <const O extends models.UpdateOptions = {}>(
      table: string,
      key: object,
      changes: models.Changes,
      options?: models.Writing<O, models.UpdateOptions>
    ) => Effect.Effect<Option.Option<models.WrittenItem<K>>, models.WriteError<DynamoDB.UpdateItemError, O, K>>
    readonly deleteItem: <const O extends models.DeleteOptions = {}>(
      table: string,
      key: object,
      options?: models.Writing<O, models.DeleteOptions>
    ) => Effect.Effect<Option.Option<models.WrittenItem<K>>, models.WriteError<DynamoDB.DeleteItemError, O, K>>
    readonly query: Query<K>
    readonly scan: Scan<K>
    /**
     * Any number of reads, by table. The items come in the order of the keys. What could not be read is an `UnprocessedException` whose
     * `unprocessed` can be asked for again as it is.
     */
    readonly batchGetItem: <T extends string>(
      reads: { readonly [Table in T]: models.BatchRead },
      options?: DynamoDB.BatchGetOptions
    ) => Effect.Effect<models.BatchItems<T, NativeItem<NumberOf<K>>>, models.BatchGetItemError<T, K>>
    /**
     * Any number of puts and deletes. Of several writes to one key the last one is made, and no other; the order among keys is open. What
     * was not written is an `UnprocessedException`, which has the very writes that were given.
     */
    readonly batchWriteItem: (
      writes: ReadonlyArray<models.BatchWrite>,
      options?: DynamoDB.BatchWriteOptions
    ) => Effect.Effect<void, models.BatchWriteItemError>
    /** All or none, 100 at most, each of another item. The items come in the order of the reads. */
    readonly transactGetItems: <const A extends ReadonlyArray<models.TransactRead>>(
      reads: models.ExactEach<A, models.TransactRead>
    ) => Effect.Effect<models.Each<A, Option.Option<NativeItem<NumberOf<K>>>>, models.TransactGetItemsError<K>>
    /** All or none, 100 actions at most, each on another item. */
    readonly transactWriteItems: (
      actions: ReadonlyArray<models.Action>,
      options?: models.TransactOptions
    ) => Effect.Effect<void, models.TransactWriteItemsError<K>>
    /** One PartiQL statement, with a native value for each `?`. */
    readonly executeStatement: <const S extends string>(
      statement: S,
      parameters?: ReadonlyArray<unknown>,
      options?: models.StatementOptions
    ) => Effect.Effect<models.StatementPage<S, K>, models.ExecuteStatementError<S, K>>
    /** PartiQL statements that all read or all write, 25 at most. What fails for itself is in the result, one for each statement. */
    readonly batchExecuteStatement: <const A extends ReadonlyArray<models.BatchStatement>>(
      statements: models.ExactEach<A, models.BatchStatement>
    ) => Effect.Effect<
      models.Each<A, models.StatementResult<A[number]["statement"], K>>,
      models.BatchExecuteStatementError<A[number]["statement"]>
    >
    /** PartiQL statements that all apply or none, 100 at most: an item, or none, for each of them. */
    readonly executeTransaction: <const A extends ReadonlyArray<models.TransactStatement>>(
      statements: models.ExactEach<A, models.TransactStatement>,
      options?: models.TransactOptions
    ) => Effect.Effect<
      models.Each<A, Option.Option<models.StatementItem<A[number]["statement"], K>>>,
      models.ExecuteTransactionError<K>
    >
  }
}

/**
 * The operations on native values, over the service. Numbers are read as `options.numbers`, `"number"` by default.
 *
 * @since 0.1.0
 * @category constructors
 */
export function make(): Effect.Effect<Document.Service<"number">, never, DynamoDB.DynamoDB>
export function make<K extends Numbers>(
  options: Document.Options<K>
): Effect.Effect<Document.Service<K>, never, DynamoDB.DynamoDB>
export function make(
  options: Document.Options<Numbers> = { numbers: "number" }
): Effect.Effect<Document.Service<Numbers>, never, DynamoDB.DynamoDB> {
  return Effect.map(DynamoDB.DynamoDB, (db) => internal.make(db, options.numbers))
}

/**
 * `Document` over the service in the context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Document, never, DynamoDB.DynamoDB> = Layer.effect(Document, make())
