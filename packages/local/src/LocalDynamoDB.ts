/**
 * DynamoDB in process: the real service over the in-process engine. Everything above the transport is the code that runs on AWS; time
 * comes from Effect's `Clock` and chance from its `Random`, so a test under `TestClock` is deterministic.
 *
 * @since 0.1.0
 */
import { ConfigurationException } from "@armature/aws/Exceptions"
import type { Transport } from "@armature/aws/Transport"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Utils from "effect/Utils"
import * as DynamoDBEngine from "./DynamoDBEngine.js"
import * as Faults from "./Faults.js"

/**
 * One request that reached the transport, in the order of their coming: those that a fault met as well, and each repetition.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call {
  readonly operation: string
  readonly input: unknown
}

/**
 * What a test can see and do beside the service: the engine itself, the calls that were made, and faults.
 *
 * @since 0.1.0
 * @category tags
 */
export class LocalDynamoDB extends Context.Tag("@armature/local/LocalDynamoDB")<LocalDynamoDB, {
  readonly engine: DynamoDBEngine.Engine
  readonly faults: Faults.Faults<DynamoDB.Operations>
  /** The calls so far; none where `Options.log` is `false`. */
  readonly calls: Effect.Effect<ReadonlyArray<Call>>
}>() {}

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
  /** Whether calls are kept to assert on. Default `true`; `false` for a load that would fill the memory with them. */
  readonly log?: boolean | undefined
}

/**
 * The engine and its transport, a world of their own each time this is run. Fails when one of the tables cannot be created.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}) =>
  Effect.gen(function*() {
    const region = options.region ?? "us-east-1"
    let clock = yield* Effect.clock
    const random = new Utils.PCGRandom(yield* Random.nextInt)
    const engine = DynamoDBEngine.make({
      now: () => clock.unsafeCurrentTimeMillis(),
      random: () => random.number(),
      region
    })
    for (const [i, table] of (options.tables ?? []).entries()) {
      const created = engine.execute("CreateTable", table)
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
    let requests = 0
    const direct: Transport<DynamoDB.Operations> = {
      info: { region, serverAddress: undefined, serverPort: undefined },
      send: (operation, input) =>
        Effect.clockWith((now) => {
          clock = now
          const requestId = `local-${++requests}`
          const answer = engine.execute(operation, input)
          // the engine answers each operation in the SDK's own shape, which its tests hold against the SDK's client
          type Output = Effect.Effect.Success<ReturnType<typeof direct.send<typeof operation>>>
          return Either.isRight(answer)
            ? Effect.succeed({ ...answer.right, $metadata: { httpStatusCode: 200, requestId } } as Output)
            : Effect.fail({ ...answer.left, requestId })
        })
    }
    const faults = yield* Faults.make(direct)
    const calls: Array<Call> = []
    const transport: Transport<DynamoDB.Operations> = {
      info: direct.info,
      send: (operation, input) =>
        Effect.suspend(() => {
          if (options.log !== false) calls.push({ operation, input })
          return faults.transport.send(operation, input)
        })
    }
    return { transport, local: { engine, faults, calls: Effect.sync(() => [...calls]) } }
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
 * import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb"
 * import * as Effect from "effect/Effect"
 *
 * const users: CreateTableCommandInput = {
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
