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
import type {
  SerializationException,
  ValidationException,
  WriteOutcomeUnknownException
} from "@armature/aws/Exceptions"
import type { BigDecimal } from "effect/BigDecimal"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type { NativeItem, NumberOf, Numbers } from "./AttributeValue.js"
import * as DynamoDB from "./DynamoDB.js"
import type {
  CancellationReason,
  ConditionalCheckFailedException,
  TransactionCanceledException
} from "./DynamoDBException.js"
import type * as Expression from "./Expression.js"
import * as internal from "./internal/document.js"

// ---------------------------------------------------------------------------------------------------------------- requests

/**
 * A condition on the item that stands there, and whether it comes with the failure.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConditionOptions {
  /** An expression, or text of one's own with `names` and `values`. */
  readonly condition?: Expression.Condition | string | undefined
  /** Attribute names by placeholder (`#name`), for text of one's own. */
  readonly names?: Readonly<Record<string, string>> | undefined
  /** Native values by placeholder (`:value`), for text of one's own. */
  readonly values?: Readonly<Record<string, unknown>> | undefined
  /** Whether the exception has the item for which the condition was false. Default `false`. */
  readonly returnItemOnFailure?: boolean | undefined
}

/**
 * Options of `putItem`.
 *
 * @since 0.1.0
 * @category models
 */
export interface PutOptions extends ConditionOptions, DynamoDB.WriteOptions {
  readonly returnValues?: "NONE" | "ALL_OLD" | undefined
}

/**
 * Options of `deleteItem`.
 *
 * @since 0.1.0
 * @category models
 */
export interface DeleteOptions extends ConditionOptions, DynamoDB.WriteOptions {
  readonly returnValues?: "NONE" | "ALL_OLD" | undefined
}

/**
 * Options of `updateItem`.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpdateOptions extends ConditionOptions, DynamoDB.WriteOptions {
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
    readonly remove?: ReadonlyArray<Expression.Path> | undefined
    readonly add?: Readonly<Record<string, unknown>> | undefined
    readonly delete?: Readonly<Record<string, unknown>> | undefined
  }
  | readonly [Expression.Action, ...ReadonlyArray<Expression.Action>]
  | string

/**
 * Options of `getItem`.
 *
 * @since 0.1.0
 * @category models
 */
export interface GetOptions {
  readonly consistentRead?: boolean | undefined
  readonly projection?: Expression.Expressions["projection"]
  readonly names?: Readonly<Record<string, string>> | undefined
}

/**
 * Options of `scan`, and those that a query has as well.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScanOptions extends GetOptions {
  readonly indexName?: string | undefined
  readonly filter?: Expression.Condition | string | undefined
  readonly values?: Readonly<Record<string, unknown>> | undefined
  /** How many items are looked at, before the filter. */
  readonly limit?: number | undefined
  /** Where the page before ended: its `lastEvaluatedKey`. */
  readonly exclusiveStartKey?: object | undefined
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
  readonly keyCondition: Expression.KeyCondition | string
  /** `false` for the largest sort key first. Default `true`. */
  readonly scanIndexForward?: boolean | undefined
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
    readonly condition: Expression.Condition | string
  }

/**
 * Options of `transactWriteItems`.
 *
 * @since 0.1.0
 * @category models
 */
export interface TransactOptions extends DynamoDB.WriteOptions {
  /** Makes repetitions of the same transaction within ten minutes one. By default each run of the effect has a token of its own. */
  readonly clientRequestToken?: string | undefined
}

// ---------------------------------------------------------------------------------------------------------------- answers

/**
 * An item that a write gave back, or that a failure holds. A number that `K` cannot hold is a `BigDecimal`.
 *
 * @since 0.1.0
 * @category models
 */
export interface WrittenItem<K extends Numbers> extends NativeItem<NumberOf<K> | BigDecimal> {}

/**
 * A page of a query or scan.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<K extends Numbers> {
  readonly items: ReadonlyArray<NativeItem<NumberOf<K>>>
  /** How many items passed the filter. */
  readonly count: number
  /** How many items were looked at. */
  readonly scannedCount: number
  /** Where the next page begins; `None` behind the last. */
  readonly lastEvaluatedKey: Option.Option<NativeItem<NumberOf<K>>>
}

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
 * What `transactWriteItems` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type TransactWriteItemsError<K extends Numbers> =
  | Exclude<DynamoDB.TransactWriteItemsError, { readonly _tag: "TransactionCanceledException" }>
  | TransactionCanceledException<ReadonlyArray<CancellationReason<WrittenItem<K>>>>
  | SerializationException

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
      options?: GetOptions
    ) => Effect.Effect<Option.Option<NativeItem<NumberOf<K>>>, DynamoDB.GetItemError | SerializationException>
    readonly putItem: <const O extends PutOptions = {}>(
      table: string,
      item: object,
      options?: DynamoDB.Exact<O, PutOptions>
    ) => Effect.Effect<
      Option.Option<WrittenItem<K>>,
      DynamoDB.PutItemError | SerializationException | ConditionError<O, K>
    >
    readonly updateItem: <const O extends UpdateOptions = {}>(
      table: string,
      key: object,
      changes: Changes,
      options?: DynamoDB.Exact<O, UpdateOptions>
    ) => Effect.Effect<
      Option.Option<WrittenItem<K>>,
      DynamoDB.UpdateItemError | SerializationException | ConditionError<O, K>
    >
    readonly deleteItem: <const O extends DeleteOptions = {}>(
      table: string,
      key: object,
      options?: DynamoDB.Exact<O, DeleteOptions>
    ) => Effect.Effect<
      Option.Option<WrittenItem<K>>,
      DynamoDB.DeleteItemError | SerializationException | ConditionError<O, K>
    >
    readonly query: (
      table: string,
      options: QueryOptions
    ) => Effect.Effect<Page<K>, DynamoDB.QueryError | SerializationException>
    readonly scan: (
      table: string,
      options?: ScanOptions
    ) => Effect.Effect<Page<K>, DynamoDB.ScanError | SerializationException>
    readonly transactWriteItems: (
      actions: ReadonlyArray<Action>,
      options?: TransactOptions
    ) => Effect.Effect<void, TransactWriteItemsError<K>>
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
  return Effect.map(DynamoDB.DynamoDB, (db) => service(db, options.numbers))
}

const service = <K extends Numbers>(db: DynamoDB.DynamoDB.Service, numbers: K): Document.Service<K> => ({
  getItem: (table, key, options = {}) =>
    Effect.suspend(() => internal.get(table, key, options)).pipe(
      Effect.flatMap((input) => db.getItem(input)),
      Effect.flatMap(({ Item }) => internal.read(Item, numbers))
    ),
  putItem: (table, item, options) =>
    write(
      numbers,
      "PutItem",
      table,
      () => internal.put(table, item, options ?? {}),
      (input) => db.putItem(input, { resend: options?.resend })
    ),
  updateItem: (table, key, changes, options) =>
    write(
      numbers,
      "UpdateItem",
      table,
      () => internal.update(table, key, changes, options ?? {}),
      (input) => db.updateItem(input, { resend: options?.resend })
    ),
  deleteItem: (table, key, options) =>
    write(
      numbers,
      "DeleteItem",
      table,
      () => internal.remove(table, key, options ?? {}),
      (input) => db.deleteItem(input, { resend: options?.resend })
    ),
  query: (table, options) =>
    Effect.suspend(() => internal.query(table, options)).pipe(
      Effect.flatMap((input) => db.query(input)),
      Effect.flatMap((output) => internal.page(output, numbers))
    ),
  scan: (table, options = {}) =>
    Effect.suspend(() => internal.scan(table, options)).pipe(
      Effect.flatMap((input) => db.scan(input)),
      Effect.flatMap((output) => internal.page(output, numbers))
    ),
  transactWriteItems: (actions, options = {}) =>
    Effect.suspend(() => internal.transact(actions, options.clientRequestToken)).pipe(
      Effect.flatMap((input) => db.transactWriteItems(input, options)),
      Effect.asVoid,
      Effect.mapError((e) => internal.canceled(e, numbers))
    )
})

const write = <K extends Numbers, I, E, O>(
  numbers: K,
  operation: string,
  table: string,
  input: () => Either.Either<I, SerializationException | ValidationException>,
  send: (input: I) => Effect.Effect<{ readonly Attributes?: DynamoDB.Item | undefined }, E>
) => {
  const effect = Effect.suspend(input).pipe(
    Effect.flatMap(send),
    Effect.flatMap(({ Attributes }) => internal.written(operation, table, Attributes, numbers)),
    Effect.mapError((e) => internal.conditionFailed(e, numbers))
  )
  return effect as Effect.Effect<
    Option.Option<WrittenItem<K>>,
    | Exclude<E, { readonly _tag: "ConditionalCheckFailedException" }>
    | SerializationException
    | ValidationException
    | WriteOutcomeUnknownException
    // a request has a condition exactly if its options have one, and without one the service rules the exception out
    | ConditionError<O, K>
  >
}

/**
 * `Document` over the service in the context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Document, never, DynamoDB.DynamoDB> = Layer.effect(Document, make())
