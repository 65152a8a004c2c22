/**
 * DynamoDB in process: the real service over the in-process engine. Everything above the transport is the code that runs on AWS; time
 * comes from Effect's `Clock` and chance from its `Random`, so a test under `TestClock` is deterministic.
 *
 * @since 0.1.0
 */
import { ConfigurationException } from "@armature/aws/Exceptions"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Utils from "effect/Utils"
import * as DynamoDBEngine from "./DynamoDBEngine.js"
import type * as Faults from "./Faults.js"
import * as inProcess from "./internal/inProcess.js"

/**
 * One request that reached the transport.
 *
 * @since 0.1.0
 * @category models
 */
export type Call = inProcess.Call

/**
 * What a test can see and do beside the service: the engine itself, the calls that were made, and faults.
 *
 * @since 0.1.0
 * @category tags
 */
export class LocalDynamoDB extends Context.Tag("@armature/local/LocalDynamoDB")<
  LocalDynamoDB,
  inProcess.InProcess<DynamoDB.Operations, DynamoDBEngine.Engine>["local"]
>() {}

/**
 * Options of `make`, `layer` and `layerTransport`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Tables that stand from the beginning, as `CreateTable` takes them. */
  readonly tables?: ReadonlyArray<CreateTableCommandInput> | undefined
  /** Appears in ARNs and telemetry. Default `"us-east-1"`. */
  readonly region?: string | undefined
  /** As `DynamoDBEngine.Options` has it. Default `"instant"`. */
  readonly transitions?: DynamoDBEngine.Options["transitions"]
  /** As `DynamoDBEngine.Options` has it. Default `false`. */
  readonly throttle?: boolean | undefined
  /** Whether calls are kept to assert on. Default `true`; `false` for a load that would fill the memory with them. */
  readonly log?: boolean | undefined
}

/**
 * The engine and its transport, a world of their own each time this is run. Fails when one of the tables cannot be created.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<
  inProcess.InProcess<DynamoDB.Operations, DynamoDBEngine.Engine>,
  ConfigurationException,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const region = options.region ?? "us-east-1"
    const random = new Utils.PCGRandom(yield* Random.nextInt)
    const world = yield* inProcess.make<DynamoDB.Operations, DynamoDBEngine.Engine>({
      region,
      log: options.log ?? true,
      engine: (now) =>
        DynamoDBEngine.make({
          now,
          random: () => random.number(),
          region,
          transitions: options.transitions,
          throttle: options.throttle
        }),
      replicate: (engine) => engine.replicate
    })
    for (const [i, table] of (options.tables ?? []).entries()) {
      const created = world.local.engine.execute("CreateTable", table)
      if (Either.isLeft(created)) {
        return yield* new ConfigurationException({
          service: "DynamoDB",
          operation: "CreateTable",
          resource: table.TableName,
          reason: "Invalid",
          option: `tables[${i}]`,
          code: created.left.code,
          // of a table's definition, so it quotes no item
          detail: created.left.message
        })
      }
    }
    return world
  })

/**
 * The transport in process, for a service of one's own making over it, with `LocalDynamoDB` to look behind it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTransport = (
  options: Options = {}
): Layer.Layer<DynamoDB.DynamoDBTransport | LocalDynamoDB, ConfigurationException> =>
  Layer.scopedContext(
    Effect.map(make(options), ({ local, transport }) =>
      Context.make(DynamoDB.DynamoDBTransport, transport).pipe(Context.add(LocalDynamoDB, local)))
  )

/**
 * The service in process. Each `layer` is a world of its own.
 *
 * @example
 * ```ts
 * import * as DynamoDB from "@armature/dynamodb/DynamoDB"
 * import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
 * import * as Effect from "effect/Effect"
 *
 * const users: DynamoDB.Operations["CreateTable"]["input"] = {
 *   TableName: "users",
 *   KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
 *   AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
 *   BillingMode: "PAY_PER_REQUEST"
 * }
 *
 * export const main = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.getItem({ TableName: "users", Key: { id: { S: "1" } } })).pipe(
 *   Effect.provide(LocalDynamoDB.layer({ tables: [users] }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<DynamoDB.DynamoDB | LocalDynamoDB, ConfigurationException> =>
  Layer.merge(DynamoDB.layerTransport, Layer.context<LocalDynamoDB>()).pipe(Layer.provide(layerTransport(options)))

/**
 * Runs a program under fault rules.
 *
 * @since 0.1.0
 * @category faults
 */
export const withFaults: {
  (
    rules: ReadonlyArray<Faults.Rule<DynamoDB.Operations>>
  ): <A, E, R>(
    program: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | Faults.FaultNotFiredException, R | LocalDynamoDB>
  <A, E, R>(
    program: Effect.Effect<A, E, R>,
    rules: ReadonlyArray<Faults.Rule<DynamoDB.Operations>>
  ): Effect.Effect<A, E | Faults.FaultNotFiredException, R | LocalDynamoDB>
} = dual(2, <A, E, R>(
  program: Effect.Effect<A, E, R>,
  rules: ReadonlyArray<Faults.Rule<DynamoDB.Operations>>
): Effect.Effect<A, E | Faults.FaultNotFiredException, R | LocalDynamoDB> =>
  Effect.flatMap(LocalDynamoDB, (local) => local.faults.run(rules)(program)))
