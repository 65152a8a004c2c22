/**
 * The DynamoDB service: AWS's operations in the AWS SDK's own shapes, each with exactly the failures it can have.
 *
 * @since 0.1.0
 */
import * as AwsConfig from "@armature/aws/AwsConfig"
import { AwsRetry, standard } from "@armature/aws/AwsRetry"
import type { ConfigurationException } from "@armature/aws/Exceptions"
import * as SdkTransport from "@armature/aws/SdkTransport"
import * as ServiceClient from "@armature/aws/ServiceClient"
import type { Transport } from "@armature/aws/Transport"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { TransactionInProgressException } from "./DynamoDBException.js"
import { durationName } from "./DynamoDBMetrics.js"
import * as around from "./internal/around.js"
import type {
  BatchGetItemError,
  BatchGetItemOutput,
  BatchGetOptions,
  BatchWriteItemError,
  BatchWriteItemOutput,
  BatchWriteOptions
} from "./internal/batch.js"
import { asking } from "./internal/capacity.js"
import { rules } from "./internal/classification.js"
import * as direct from "./internal/direct.js"
import * as asked from "./internal/directAsked.js"
import type {
  BatchExecuteStatementError,
  ConditionError,
  DeleteItemError,
  ExecuteStatementError,
  ExecuteTransactionError,
  PingError,
  PutItemError,
  TransactGetItemsError,
  TransactWriteItemsError,
  UpdateItemError,
  WaitError
} from "./internal/errors.js"
import * as fake from "./internal/fake.js"
import type { ErrorFor, ItemWriteOptions, OptionsFor } from "./internal/idempotent.js"
import type { Item as InternalItem } from "./internal/items.js"
import type { BatchExecuteStatementOutput, Exact, ListTables, Query, Scan, WaitOptions } from "./internal/methods.js"
import type * as operations from "./internal/operations.js"
import { attempts } from "./internal/rateLimit.js"
import * as sdk from "./internal/sdk.js"
import * as service from "./internal/service.js"
import { answered, attributes, measure } from "./internal/telemetry.js"

/**
 * An item in wire form: attribute values by attribute name.
 *
 * @since 0.1.0
 * @category models
 */
export type Item = InternalItem

export type {
  BatchGetItemError,
  BatchGetItemOutput,
  BatchGetOptions,
  BatchWriteItemError,
  BatchWriteItemOutput,
  BatchWriteOptions
} from "./internal/batch.js"

export type {
  BatchExecuteStatementError,
  ConditionError,
  CreateTableError,
  DeleteItemError,
  DeleteTableError,
  DescribeContinuousBackupsError,
  DescribeLimitsError,
  DescribeTableError,
  DescribeTimeToLiveError,
  ExecuteStatementError,
  ExecuteTransactionError,
  GetItemError,
  ListTablesError,
  ListTagsOfResourceError,
  PingError,
  PutItemError,
  QueryError,
  ScanError,
  TagResourceError,
  TransactGetItemsError,
  TransactWriteItemsError,
  UntagResourceError,
  UpdateItemError,
  UpdateTableError,
  UpdateTimeToLiveError,
  WaitError
} from "./internal/errors.js"

export type { ErrorFor, ItemWriteOptions, NotTransactable, OptionsFor, Transactable } from "./internal/idempotent.js"

export type {
  BatchExecuteStatementOutput,
  CountInput,
  Exact,
  ItemsInput,
  ItemsOptions,
  ListTables,
  Paged,
  ParallelInput,
  ParallelOptions,
  Query,
  Scan,
  ScanProgress,
  Selected,
  StatementResult,
  WaitOptions
} from "./internal/methods.js"

/**
 * Options of a write.
 *
 * @since 0.1.0
 * @category models
 */
export type WriteOptions = ServiceClient.CallOptions

/**
 * Input and output of each operation, in the AWS SDK's own shapes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operations extends operations.Operations {}

/**
 * What carries requests to DynamoDB: the AWS SDK, or an engine in process.
 *
 * @since 0.1.0
 * @category tags
 */
export class DynamoDBTransport extends Context.Tag("@armature/dynamodb/DynamoDBTransport")<
  DynamoDBTransport,
  Transport<Operations>
>() {}

/**
 * The service.
 *
 * @example
 * ```ts
 * import * as DynamoDB from "@armature/dynamodb/DynamoDB"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const db = yield* DynamoDB.DynamoDB
 *   yield* db.putItem({ TableName: "users", Item: { id: { S: "1" }, name: { S: "Ada" } } })
 *   const { Item } = yield* db.getItem({ TableName: "users", Key: { id: { S: "1" } } })
 *   return Item
 * })
 *
 * export const main = program.pipe(Effect.provide(DynamoDB.layer({ region: "eu-central-1" })))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class DynamoDB extends Context.Tag("@armature/dynamodb/DynamoDB")<DynamoDB, DynamoDB.Service>() {}

/**
 * @since 0.1.0
 */
export declare namespace DynamoDB {
  /**
   * @since 0.1.0
   * @category models
   */
  export interface Options extends AwsConfig.Options {
    /**
     * Whether calls that do not say ask for the capacity they consume (`ReturnConsumedCapacity`). It costs nothing and feeds spans and
     * metrics. Default `"TOTAL"`.
     */
    readonly consumedCapacity?: "INDEXES" | "TOTAL" | "NONE" | undefined
  }

  /**
   * @since 0.1.0
   * @category models
   */
  export interface DirectOptions extends Options {
    /** `http(s)://host:port` of a proxy. None is read from the environment. */
    readonly proxy?: string | undefined
  }

  /**
   * One method for each operation. Inputs and outputs are those of AWS's API reference.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service extends Plain {
    /**
     * PartiQL statements that all read or all write, 25 at most. What fails for itself is in the result; what was throttled or met a
     * conflict is sent again by the policy. A failure of the whole request is this call's only if it was the first.
     */
    readonly batchExecuteStatement: <const I extends Sdk.BatchExecuteStatementCommandInput>(
      input: Exact<I, Sdk.BatchExecuteStatementCommandInput>
    ) => Effect.Effect<BatchExecuteStatementOutput, BatchExecuteStatementError<Statements<I>>>
    /**
     * Any number of reads, over any number of tables, in requests of 100. Keys that are equal are read once; what is left over is asked
     * for again by the policy, whose waits begin anew when something was read, and at once when an answer was full. A failure is the
     * call's own when nothing was read; else, and for what AWS left over, it is an `UnprocessedException`.
     */
    readonly batchGetItem: (
      input: Sdk.BatchGetItemCommandInput,
      options?: BatchGetOptions
    ) => Effect.Effect<BatchGetItemOutput, BatchGetItemError>
    /**
     * Any number of puts and deletes, over any number of tables, in requests of 25 and of 15 MiB as JSON. Of several writes to one key
     * the last one is made, and no other; the order among keys is open. What is left over is sent again by the policy, whose waits begin
     * anew when something was written. A failure is the call's own when it met the whole batch and nothing was written; else, and for
     * what AWS left over, it is an `UnprocessedException`.
     *
     * A request of unknown outcome is sent again as puts and deletes without a condition are (`resend`); what its repetition leaves over
     * is still unknown.
     *
     * To know which writes are to one key takes the names of the key's attributes: they are `options.keys`, or those of a delete on the
     * table. Where there are neither, `DescribeTable` is asked for a table with puts in more than one request, or in one that was
     * refused.
     */
    readonly batchWriteItem: (
      input: Sdk.BatchWriteItemCommandInput,
      options?: BatchWriteOptions
    ) => Effect.Effect<BatchWriteItemOutput, BatchWriteItemError>
    readonly deleteItem: <const I extends Sdk.DeleteItemCommandInput, const O extends ItemWriteOptions = {}>(
      input: Exact<I, Sdk.DeleteItemCommandInput>,
      options?: OptionsFor<I, O>
    ) => Effect.Effect<Sdk.DeleteItemCommandOutput, ErrorFor<O, DeleteItemError> | ConditionError<I>>
    /** One PartiQL statement. A literal `SELECT …` fails as a read, a literal `INSERT`, `UPDATE` or `DELETE` as a write. */
    readonly executeStatement: <const I extends Sdk.ExecuteStatementCommandInput>(
      input: Exact<I, Sdk.ExecuteStatementCommandInput>,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.ExecuteStatementCommandOutput, ExecuteStatementError<I["Statement"]>>
    /** PartiQL statements that all apply or none. Each run of the effect is a transaction of its own, as with `transactWriteItems`. */
    readonly executeTransaction: (
      input: Sdk.ExecuteTransactionCommandInput,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.ExecuteTransactionCommandOutput, ExecuteTransactionError>
    readonly listTables: ListTables
    /** Whether the service can be reached with these credentials: lists one table, for which they need `dynamodb:ListTables`. */
    readonly ping: Effect.Effect<void, PingError>
    /** How large the item is, is left to DynamoDB, which refuses it above 400 KB; `Item.checkSize` looks before anything is sent. */
    readonly putItem: <const I extends Sdk.PutItemCommandInput, const O extends ItemWriteOptions = {}>(
      input: Exact<I, Sdk.PutItemCommandInput>,
      options?: OptionsFor<I, O>
    ) => Effect.Effect<Sdk.PutItemCommandOutput, ErrorFor<O, PutItemError> | ConditionError<I>>
    readonly query: Query
    readonly scan: Scan
    /** All or none, 100 at most, each of another item. */
    readonly transactGetItems: (
      input: Sdk.TransactGetItemsCommandInput
    ) => Effect.Effect<Sdk.TransactGetItemsCommandOutput, TransactGetItemsError>
    /**
     * All or none, 100 actions at most, each on another item. Each run of the effect is a transaction of its own; all requests of one
     * run carry the same token. An earlier one that is still under way is waited for; if it goes on, `TransactionInProgressException` is
     * the `last` of the `WriteOutcomeUnknownException`.
     */
    readonly transactWriteItems: (
      input: Sdk.TransactWriteItemsCommandInput,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.TransactWriteItemsCommandOutput, TransactWriteItemsError>
    readonly updateItem: <const I extends Sdk.UpdateItemCommandInput, const O extends ItemWriteOptions = {}>(
      input: Exact<I, Sdk.UpdateItemCommandInput>,
      options?: OptionsFor<I, O>
    ) => Effect.Effect<Sdk.UpdateItemCommandOutput, ErrorFor<O, UpdateItemError> | ConditionError<I>>
    /** Until the table is active. */
    readonly waitUntilTableExists: (
      input: Sdk.DescribeTableCommandInput,
      options?: WaitOptions
    ) => Effect.Effect<Sdk.DescribeTableCommandOutput, WaitError>
    /** Until there is no table of the name. */
    readonly waitUntilTableNotExists: (
      input: Sdk.DescribeTableCommandInput,
      options?: WaitOptions
    ) => Effect.Effect<void, WaitError>
  }

  /**
   * What a fake does for each operation, by the method's name: one request, one answer, or a failure that the operation can have.
   *
   * @since 0.1.0
   * @category models
   */
  export type Handlers = {
    readonly [K in keyof Operations as Uncapitalize<K>]: Handler<K, ServiceClient.ErrorOf<Row<K>>>
  }

  /**
   * An answer may leave `$metadata` out.
   *
   * @since 0.1.0
   * @category models
   */
  export type Handler<K extends keyof Operations, E> = (
    input: Operations[K]["input"]
  ) => Effect.Effect<Omit<Operations[K]["output"], "$metadata">, E>
}

/** The methods that a row says all about. */
type Plain = {
  readonly [M in keyof typeof operations.plain]: (
    input: Operations[typeof operations.plain[M]["name"]]["input"]
  ) => Effect.Effect<
    Operations[typeof operations.plain[M]["name"]]["output"],
    ServiceClient.ErrorOf<typeof operations.plain[M]>
  >
}

type Row<K> = Extract<typeof operations.rows[number], { readonly name: K }>

type Statements<I> = I extends { readonly Statements: ReadonlyArray<infer One> }
  ? One extends { readonly Statement: infer S } ? S : string
  : string

/**
 * DynamoDB's default policy: AWS's standard mode with a base of 25 ms and 4 attempts.
 *
 * @since 0.1.0
 * @category retries
 */
export const defaultRetry = standard({ base: "25 millis", attempts: 4 })

/**
 * The service over the transport in the context. The policy is `options.retry`, else the `AwsRetry` that is in force here; a program's or
 * a call's `AwsRetry` wins over both.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: DynamoDB.Options = {}): Effect.Effect<DynamoDB.Service, never, DynamoDBTransport> =>
  Effect.gen(function*() {
    const transport = yield* DynamoDBTransport
    const resolved = yield* AwsConfig.resolve(options)
    const inForce = yield* AwsRetry
    const retry = resolved.retry ?? Option.getOrElse(inForce, () => defaultRetry)
    const client = ServiceClient.make<Operations>({
      service: "DynamoDB",
      transport: attempts(asking(transport, options.consumedCapacity ?? "TOTAL")),
      rules,
      retry,
      resend: resolved.resend ?? "safe",
      inProgress: (e) => e instanceof TransactionInProgressException,
      attributes,
      answered,
      measure: measure(),
      durationMetric: durationName,
      operationLabel: "db.operation.name",
      slow: resolved.slow
    })
    return service.make(around.calls(client, yield* around.base), retry)
  })

/**
 * The service over whatever transport is in the context: this is how the in-process engine and faults plug in. Options come from
 * `AwsConfig` and `AwsRetry`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTransport: Layer.Layer<DynamoDB, never, DynamoDBTransport> = Layer.effect(DynamoDB, make())

/**
 * The service on AWS, through the AWS SDK. Its client and connections are closed with the scope. Fails when no region is to be found or
 * the endpoint is not a URL; credentials are looked for at the first call.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: DynamoDB.Options = {}): Layer.Layer<DynamoDB, ConfigurationException> =>
  over(sdkTransport(options), options)

/**
 * The transport of `layer`, for those who put something of their own between.
 *
 * @since 0.1.0
 * @category constructors
 */
export const sdkTransport = (
  options: DynamoDB.Options = {}
): Effect.Effect<Transport<Operations>, ConfigurationException, Scope.Scope> =>
  Effect.flatMap(
    AwsConfig.resolve(options),
    (resolved) =>
      SdkTransport.make({
        service: "DynamoDB",
        options: resolved,
        client: sdk.client,
        senders: sdk.senders,
        reuse: true
      })
  )

/**
 * The service on AWS without the AWS SDK on the way of a request: writing, signing, sending and reading are ours, for a fraction of the CPU.
 * Region, credentials and endpoint are those that the SDK finds; where options and environment leave nothing open, it is not even loaded. Options,
 * failures and telemetry are those of `layer`. It fails with a `ConfigurationException` where it is given a request handler or agent, which it
 * cannot honour.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDirect = (options: DynamoDB.DirectOptions = {}): Layer.Layer<DynamoDB, ConfigurationException> =>
  over(directTransport(options), options)

/**
 * `layerDirect` without the AWS SDK, not even to ask it: a bundle has no code of it. It is for the configuration that a function has, region and
 * keys in the options or the environment, and an `endpoint` other than the region's own if need be. With anything else that the SDK would look at
 * (a file, a profile, another variable of the environment, a region outside of AWS's first partition) it fails with a
 * `ConfigurationException` that names it, and a table that is named by another account's ARN with one when it is asked for.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDirectWithoutSdk = (
  options: DynamoDB.DirectOptions = {}
): Layer.Layer<DynamoDB, ConfigurationException> => over(transportOf(options, undefined), options)

const over = (
  transport: Effect.Effect<Transport<Operations>, ConfigurationException, Scope.Scope>,
  options: DynamoDB.Options
): Layer.Layer<DynamoDB, ConfigurationException> =>
  Layer.scoped(
    DynamoDB,
    Effect.flatMap(transport, (transport) => Effect.provideService(make(options), DynamoDBTransport, transport))
  )

/**
 * The transport of `layerDirect`, for those who put something of their own between.
 *
 * @since 0.1.0
 * @category constructors
 */
export const directTransport = (
  options: DynamoDB.DirectOptions = {}
): Effect.Effect<Transport<Operations>, ConfigurationException, Scope.Scope> => transportOf(options, asked.open)

const transportOf = (
  options: DynamoDB.DirectOptions,
  asked: direct.Asked | undefined
): Effect.Effect<Transport<Operations>, ConfigurationException, Scope.Scope> =>
  Effect.flatMap(AwsConfig.resolve(options), (resolved) => direct.make({ ...options, ...resolved }, asked))

/**
 * `layer` with its options from `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<DynamoDB.Options>
): Layer.Layer<DynamoDB, ConfigError | ConfigurationException> =>
  Layer.unwrapEffect(Effect.map(Config.unwrap(options), layer))

/**
 * A service that does what its handlers say, for tests. A handler stands for one request of its operation; what is made of requests
 * (pages, batches, waiters, `ping`) is made of it as on AWS. An operation without a handler fails with a `ConfigurationException` that
 * says so. A failure that this very request could not have (a condition's without a condition, a write's on a `SELECT`) becomes a
 * `ServiceException`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFake = (handlers: Partial<DynamoDB.Handlers>): Layer.Layer<DynamoDB> =>
  Layer.succeed(DynamoDB, service.make(fake.make(handlers), defaultRetry))
