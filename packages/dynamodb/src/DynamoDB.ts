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
import { randomUUID } from "node:crypto"
import { type ConditionalCheckFailedException, TransactionInProgressException } from "./DynamoDBException.js"
import { durationName } from "./DynamoDBMetrics.js"
import { asking } from "./internal/capacity.js"
import { rules } from "./internal/classification.js"
import { fake } from "./internal/fake.js"
import type { Item as InternalItem } from "./internal/items.js"
import * as operations from "./internal/operations.js"
import * as sdk from "./internal/sdk.js"
import { answered, attributes, measure } from "./internal/telemetry.js"

/**
 * An item in wire form: attribute values by attribute name.
 *
 * @since 0.1.0
 * @category models
 */
export type Item = InternalItem

/**
 * Refuses what the input type `S` does not know, where a generic parameter would let it pass.
 *
 * @since 0.1.0
 * @category models
 */
export type Exact<I, S> = I & { readonly [K in Exclude<I extends unknown ? keyof I : never, keyof S>]: never }

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
 * What `getItem` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type GetItemError = ServiceClient.ErrorOf<typeof operations.getItem>

/**
 * What every put fails with; one with a condition adds `ConditionError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type PutItemError = Unconditional<ServiceClient.ErrorOf<typeof operations.putItem>>

/**
 * What every update fails with; one with a condition adds `ConditionError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type UpdateItemError = Unconditional<ServiceClient.ErrorOf<typeof operations.updateItem>>

/**
 * What every delete fails with; one with a condition adds `ConditionError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type DeleteItemError = Unconditional<ServiceClient.ErrorOf<typeof operations.deleteItem>>

/**
 * What `query` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type QueryError = ServiceClient.ErrorOf<typeof operations.query>

/**
 * What `scan` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ScanError = ServiceClient.ErrorOf<typeof operations.scan>

/**
 * What `transactWriteItems` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type TransactWriteItemsError = ServiceClient.ErrorOf<typeof operations.transactWriteItems>

/**
 * What `createTable` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type CreateTableError = ServiceClient.ErrorOf<typeof operations.createTable>

/**
 * What `describeTable` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DescribeTableError = ServiceClient.ErrorOf<typeof operations.describeTable>

/**
 * What `deleteTable` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DeleteTableError = ServiceClient.ErrorOf<typeof operations.deleteTable>

/**
 * What `listTables` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListTablesError = ServiceClient.ErrorOf<typeof operations.listTables>

/**
 * What `ping` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type PingError = ListTablesError

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
export type Operations = operations.Operations

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
   * One method for each operation. Inputs and outputs are those of AWS's API reference.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    readonly createTable: (
      input: Sdk.CreateTableCommandInput
    ) => Effect.Effect<Sdk.CreateTableCommandOutput, CreateTableError>
    readonly deleteItem: <const I extends Sdk.DeleteItemCommandInput>(
      input: Exact<I, Sdk.DeleteItemCommandInput>,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.DeleteItemCommandOutput, DeleteItemError | ConditionError<I>>
    readonly deleteTable: (
      input: Sdk.DeleteTableCommandInput
    ) => Effect.Effect<Sdk.DeleteTableCommandOutput, DeleteTableError>
    readonly describeTable: (
      input: Sdk.DescribeTableCommandInput
    ) => Effect.Effect<Sdk.DescribeTableCommandOutput, DescribeTableError>
    readonly getItem: (input: Sdk.GetItemCommandInput) => Effect.Effect<Sdk.GetItemCommandOutput, GetItemError>
    readonly listTables: (
      input: Sdk.ListTablesCommandInput
    ) => Effect.Effect<Sdk.ListTablesCommandOutput, ListTablesError>
    /** Whether the service can be reached with these credentials: lists one table. */
    readonly ping: Effect.Effect<void, PingError>
    readonly putItem: <const I extends Sdk.PutItemCommandInput>(
      input: Exact<I, Sdk.PutItemCommandInput>,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.PutItemCommandOutput, PutItemError | ConditionError<I>>
    readonly query: (input: Sdk.QueryCommandInput) => Effect.Effect<Sdk.QueryCommandOutput, QueryError>
    readonly scan: (input: Sdk.ScanCommandInput) => Effect.Effect<Sdk.ScanCommandOutput, ScanError>
    /** Each run of the effect is a transaction of its own; all requests of one run carry the same token. */
    readonly transactWriteItems: (
      input: Sdk.TransactWriteItemsCommandInput,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.TransactWriteItemsCommandOutput, TransactWriteItemsError>
    readonly updateItem: <const I extends Sdk.UpdateItemCommandInput>(
      input: Exact<I, Sdk.UpdateItemCommandInput>,
      options?: WriteOptions
    ) => Effect.Effect<Sdk.UpdateItemCommandOutput, UpdateItemError | ConditionError<I>>
  }

  /**
   * What a fake does for each operation. A handler may fail with whatever its operation can fail with, a condition included.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Handlers {
    readonly createTable: Handler<"CreateTable", CreateTableError>
    readonly deleteItem: Handler<"DeleteItem", DeleteItemError | ConditionalCheckFailedException<Item>>
    readonly deleteTable: Handler<"DeleteTable", DeleteTableError>
    readonly describeTable: Handler<"DescribeTable", DescribeTableError>
    readonly getItem: Handler<"GetItem", GetItemError>
    readonly listTables: Handler<"ListTables", ListTablesError>
    readonly ping: Effect.Effect<void, PingError>
    readonly putItem: Handler<"PutItem", PutItemError | ConditionalCheckFailedException<Item>>
    readonly query: Handler<"Query", QueryError>
    readonly scan: Handler<"Scan", ScanError>
    readonly transactWriteItems: Handler<"TransactWriteItems", TransactWriteItemsError>
    readonly updateItem: Handler<"UpdateItem", UpdateItemError | ConditionalCheckFailedException<Item>>
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
    const client = ServiceClient.make<Operations>({
      service: "DynamoDB",
      transport: asking(transport, options.consumedCapacity ?? "TOTAL"),
      rules,
      retry: resolved.retry ?? Option.getOrElse(inForce, () => defaultRetry),
      resend: resolved.resend ?? "safe",
      inProgress: (e) => e instanceof TransactionInProgressException,
      attributes,
      answered,
      measure: measure(),
      durationMetric: durationName,
      operationLabel: "db.operation.name",
      slow: resolved.slow
    })
    return {
      createTable: (input) => client.call(operations.createTable, input),
      deleteItem: (input, options) => asConditional(client.call(operations.deleteItem, input, options)),
      deleteTable: (input) => client.call(operations.deleteTable, input),
      describeTable: (input) => client.call(operations.describeTable, input),
      getItem: (input) => client.call(operations.getItem, input),
      listTables: (input) => client.call(operations.listTables, input),
      ping: Effect.asVoid(client.call(operations.listTables, { Limit: 1 })),
      putItem: (input, options) => asConditional(client.call(operations.putItem, input, options)),
      query: (input) => client.call(operations.query, input),
      scan: (input) => client.call(operations.scan, input),
      transactWriteItems: (input, options) =>
        Effect.suspend(() => client.call(operations.transactWriteItems, withToken(input), options)),
      updateItem: (input, options) => asConditional(client.call(operations.updateItem, input, options))
    }
  })

/**
 * A token of one's own is kept. Not from Effect's `Random`: two programs with one seed would take each other's transactions for repeats
 * of their own.
 */
const withToken = (input: Sdk.TransactWriteItemsCommandInput): Sdk.TransactWriteItemsCommandInput =>
  input.ClientRequestToken === undefined ? { ...input, ClientRequestToken: randomUUID() } : input

// the driver rules the exception out for an input without a condition (`excludes` in the table), which is what ConditionError says of I
const asConditional = <A, E, I>(effect: Effect.Effect<A, E>): Effect.Effect<A, Unconditional<E> | ConditionError<I>> =>
  effect as Effect.Effect<A, Unconditional<E> | ConditionError<I>>

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
  Layer.scoped(
    DynamoDB,
    Effect.flatMap(sdkTransport(options), (transport) =>
      Effect.provideService(make(options), DynamoDBTransport, transport))
  )

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
      SdkTransport.make({ service: "DynamoDB", options: resolved, client: sdk.client, senders: sdk.senders })
  )

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
 * A service that does what its handlers say, for tests. An operation without a handler fails with a `ConfigurationException` that says
 * so. A condition's failure on a request that has no condition is none that the real service could give, and becomes a
 * `ServiceException`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFake = (handlers: Partial<DynamoDB.Handlers>): Layer.Layer<DynamoDB> =>
  Layer.succeed(DynamoDB, fake(handlers))
