/** The service's suite over the engine in process, and over the AWS SDK against the endpoint: the same results. */
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Endpoint from "@armature/local/Endpoint"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { suite, users } from "./service.js"

suite("in process", LocalDynamoDB.layer({ tables: [users] }))

const overHttp = (transport: typeof DynamoDB.layer) =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const { local } = yield* LocalDynamoDB.make({ tables: [users] })
    const { url } = yield* Endpoint.make({ dynamodb: Endpoint.fromEngine(local.engine) })
    return transport({
      endpoint: url,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: Redacted.make("test") },
      retry: AwsRetry.none
    })
  }))

suite("the AWS SDK against the endpoint", overHttp(DynamoDB.layer))
suite("the direct transport against the endpoint", overHttp(DynamoDB.layerDirect))
