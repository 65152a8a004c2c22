/** DynamoDB through the AWS SDK against the endpoint, over an engine with these tables. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Endpoint from "@armature/local/Endpoint"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

export const overHttp = (tables: LocalDynamoDB.Options["tables"]) =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const { local } = yield* LocalDynamoDB.make({ tables })
    const { url } = yield* Endpoint.make({ dynamodb: Endpoint.fromEngine(local.engine) })
    return DynamoDB.layer({
      endpoint: url,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: Redacted.make("test") }
    })
  }))
