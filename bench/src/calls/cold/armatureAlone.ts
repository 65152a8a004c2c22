/** One item by Armature's service on its own request path, without the AWS SDK; tells how long that took from the start of the process. */
import { DynamoDB, layerDirectWithoutSdk } from "@armature/dynamodb/DynamoDB"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const program = Effect.gen(function*() {
  const db = yield* DynamoDB
  yield* db.getItem({ TableName: "bench", Key: { pk: { S: "a" }, sk: { S: "b" } } })
  process.send?.({ wall: performance.now(), cpu: process.cpuUsage() })
})

await Effect.runPromise(
  program.pipe(
    Effect.provide(
      layerDirectWithoutSdk({
        endpoint: `http://127.0.0.1:${process.argv[2]}`,
        region: "us-east-1",
        credentials: { accessKeyId: "bench", secretAccessKey: Redacted.make("bench") }
      })
    )
  )
)
