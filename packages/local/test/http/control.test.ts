import * as Sdk from "@aws-sdk/client-dynamodb"
import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import * as Endpoint from "../../src/Endpoint.js"
import { credentials, dynamodb, request, settled } from "./client.js"

const control = (
  endpoint: Endpoint.Endpoint,
  method: string,
  path: string,
  body?: unknown,
  type = "application/json"
) =>
  Effect.map(
    request(endpoint, {
      method,
      path: `/_armature/${path}`,
      headers: { "content-type": type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    }),
    (answered) => ({
      status: answered.status,
      body: answered.body.length === 0 ? undefined : JSON.parse(answered.body.toString())
    })
  )

const counting = () => {
  const done: Array<string> = []
  const service: Endpoint.Service = {
    send: (operation) => Effect.as(Effect.sync(() => done.push(operation)), { TableNames: [] })
  }
  return { done, service }
}

describe("fault rules over HTTP", () => {
  it.scopedLive("fail the requests that they name, before or after these took effect, and tell how often", () =>
    Effect.gen(function*() {
      const { done, service } = counting()
      const endpoint = yield* Endpoint.make({ dynamodb: service })
      const client = yield* dynamodb(endpoint)
      const list = settled(() => client.send(new Sdk.ListTablesCommand({}))).pipe(
        Effect.map((result) => result instanceof Error ? ("code" in result ? result.code : result.name) : "ok")
      )
      const rules = [
        {
          service: "DynamoDB",
          operation: "ListTables",
          nth: 2,
          times: 2,
          failure: { code: "ThrottlingException", retryAfter: 250 }
        },
        { service: "DynamoDB", operation: "ListTables", nth: 4, effect: "after", failure: { connection: "sent" } },
        { service: "KMS", operation: "DescribeKey", failure: { code: "DisabledException" } }
      ]
      assert.strictEqual((yield* control(endpoint, "PUT", "faults", rules)).status, 204)
      const results: Array<unknown> = []
      for (let i = 0; i < 5; i++) results.push(yield* list)
      assert.deepStrictEqual(results, ["ok", "ThrottlingException", "ThrottlingException", "ECONNRESET", "ok"])
      assert.lengthOf(done, 3)
      const { body } = yield* control(endpoint, "GET", "faults")
      assert.deepStrictEqual(body, rules.map((rule, index) => ({ ...rule, fired: [2, 1, 0][index] })))

      const kms = new KMSClient({ endpoint: endpoint.url, region: "us-east-1", credentials, maxAttempts: 1 })
      const disabled = yield* settled(() => kms.send(new DescribeKeyCommand({ KeyId: "alias/a" })))
      kms.destroy()
      assert.strictEqual((disabled as Error).name, "DisabledException")

      yield* control(endpoint, "PUT", "faults", [{ ...rules[0], nth: 1, times: 100 }])
      assert.strictEqual(yield* list, "ThrottlingException")
      assert.strictEqual((yield* control(endpoint, "DELETE", "faults")).status, 204)
      assert.strictEqual(yield* list, "ok")
      assert.deepStrictEqual((yield* control(endpoint, "GET", "faults")).body, [])
    }))

  it.scopedLive("stand from the beginning when they are given", () =>
    Effect.gen(function*() {
      const endpoint = yield* Endpoint.make({
        rules: [{
          service: "DynamoDB",
          operation: "ListTables",
          failure: { code: "InternalServerError", statusCode: 500 }
        }]
      })
      const client = yield* dynamodb(endpoint)
      const failed = yield* settled(() => client.send(new Sdk.ListTablesCommand({})))
      assert.instanceOf(failed, Sdk.InternalServerError)
    }))

  it.scopedLive("are refused when they are not rules", () =>
    Effect.gen(function*() {
      const endpoint = yield* Endpoint.make()
      const wrong = [
        {},
        [{ service: "SQS", operation: "x", failure: { code: "x" } }],
        [{ service: "S3", operation: "x" }],
        [{ service: "S3", operation: "x", nth: 0, failure: { code: "x" } }],
        [{ service: "S3", operation: "x", nht: 1, failure: { code: "x" } }]
      ]
      for (const body of wrong) assert.strictEqual((yield* control(endpoint, "PUT", "faults", body)).status, 400)
    }))

  it.scopedLive("cannot be sent by a web page unasked", () =>
    Effect.gen(function*() {
      const endpoint = yield* Endpoint.make()
      assert.strictEqual((yield* control(endpoint, "PUT", "faults", [], "text/plain")).status, 415)
      assert.strictEqual((yield* control(endpoint, "POST", "faults", [])).status, 405)
      assert.strictEqual((yield* control(endpoint, "GET", "other")).status, 404)
    }))
})

describe("the call log over HTTP", () => {
  it.scopedLive("tells the calls in their order, and forgets them", () =>
    Effect.gen(function*() {
      const endpoint = yield* Endpoint.make({ dynamodb: counting().service })
      const client = yield* dynamodb(endpoint)
      yield* settled(() => client.send(new Sdk.ListTablesCommand({})))
      yield* settled(() => client.send(new Sdk.DescribeTableCommand({ TableName: "orders" })))
      const { body } = yield* control(endpoint, "GET", "calls")
      assert.deepStrictEqual(
        body.map(({ operation, resources, status }: Endpoint.Call) => [operation, resources, status]),
        [["ListTables", [], 200], ["DescribeTable", ["orders"], 200]]
      )
      yield* control(endpoint, "DELETE", "calls")
      assert.deepStrictEqual((yield* control(endpoint, "GET", "calls")).body, [])
    }))
})
