/** A table with provisioned capacity and without a pool for bursts, as the engine keeps to it, and what was asked of it. */
import type { Transport } from "@armature/aws/Transport"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as DynamoDBEngine from "@armature/local/DynamoDBEngine"
import * as Faults from "@armature/local/Faults"
import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"

const table = (units: number): CreateTableCommandInput => ({
  TableName: "orders",
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
  BillingMode: "PROVISIONED",
  ProvisionedThroughput: { ReadCapacityUnits: units, WriteCapacityUnits: units }
})

/** One request that was answered, or refused as too fast. */
interface Sent {
  readonly at: number
  readonly units: number
  readonly throttled: boolean
}

const unitsIn = (output: unknown): number => {
  const { ConsumedCapacity } = output as { readonly ConsumedCapacity?: { readonly CapacityUnits?: number } }
  return ConsumedCapacity?.CapacityUnits ?? 0
}

/**
 * A table of so many units. AWS keeps five minutes of unused capacity for bursts, and so does the engine: this one is emptied before
 * anything begins, and what a second leaves unused is lost.
 */
export const world = (options: { readonly units: number; readonly latency?: Duration.DurationInput }) =>
  Effect.gen(function*() {
    let clock = yield* Effect.clock
    const now = () => clock.unsafeCurrentTimeMillis()
    const engine = DynamoDBEngine.make({ now, random: () => 0.5, throttle: true })
    engine.execute("CreateTable", table(options.units))
    const huge = { pk: { S: "huge" }, text: { S: "x".repeat(400_000) } }
    while (Either.isRight(engine.execute("PutItem", { TableName: "orders", Item: huge })));
    // until what it took too much has come in again
    const ready = Duration.seconds(Math.ceil(400 / options.units))
    const sent: Array<Sent> = []
    let level = options.units
    let at = now() + Duration.toMillis(ready)
    const latency = options.latency === undefined ? Effect.void : Effect.sleep(options.latency)
    const transport: Transport<DynamoDB.Operations> = {
      info: { region: "us-east-1", serverAddress: undefined, serverPort: undefined },
      send: (operation, input) =>
        Effect.zipRight(
          latency,
          Effect.clockWith((theirs) => {
            clock = theirs
            level = Math.min(options.units, level + (now() - at) / 1000 * options.units)
            at = now()
            const answer = level <= 0 ? Either.left(Faults.throughputExceeded()) : engine.execute(operation, input)
            if (Either.isLeft(answer)) {
              sent.push({ at, units: 0, throttled: answer.left.code === "ProvisionedThroughputExceededException" })
              return Effect.fail(answer.left)
            }
            const units = unitsIn(answer.right)
            level -= units
            sent.push({ at, units, throttled: false })
            // the engine answers each operation in the SDK's own shape
            type Output = Effect.Effect.Success<ReturnType<typeof transport.send<typeof operation>>>
            return Effect.succeed({ ...answer.right, $metadata: {} } as Output)
          })
        )
    }
    return {
      ready,
      sent,
      engine,
      layer: Layer.provide(DynamoDB.layerTransport, Layer.succeed(DynamoDB.DynamoDBTransport, transport))
    }
  })

/** An item of so many write units. */
export const item = (units: number, pk = "a") => ({ pk: { S: pk }, text: { S: "x".repeat(units * 1024 - 40) } })
