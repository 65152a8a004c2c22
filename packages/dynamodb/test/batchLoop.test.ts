/** A server that leaves every member over and answers with what nobody asked for: the batch ends by the policy. */
import * as AwsRetry from "@armature/aws/AwsRetry"
import type { Transport } from "@armature/aws/Transport"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { assert } from "vitest"

it.effect("a full answer in which nothing was done is not asked for again at once", () =>
  Effect.gen(function*() {
    let asked = 0
    const transport: Transport<DynamoDB.Operations> = {
      info: { region: "r", serverAddress: undefined, serverPort: undefined },
      send: (operation, input) =>
        Effect.suspend(() => {
          asked++
          if (asked > 50) return Effect.dieMessage("asked without end")
          const answer = {
            Responses: { t: [{ id: { S: "other" } }] },
            UnprocessedKeys: Reflect.get(Object(input), "RequestItems")
          }
          // only BatchGetItem is asked of this server
          type Output = Effect.Effect.Success<ReturnType<typeof transport.send<typeof operation>>>
          return Effect.succeed(answer as unknown as Output)
        })
    }
    const layer = DynamoDB.layerTransport.pipe(Layer.provide(Layer.succeed(DynamoDB.DynamoDBTransport, transport)))
    const e = yield* Effect.flatMap(DynamoDB.DynamoDB, (db) =>
      db.batchGetItem({
        RequestItems: { t: { Keys: [{ id: { S: "1" } }], ProjectionExpression: "id" } }
      })).pipe(AwsRetry.withPolicy(Schedule.recurs(3)), Effect.provide(layer), Effect.flip)
    assert.deepStrictEqual([e._tag, asked], ["UnprocessedException", 4])
  }))
