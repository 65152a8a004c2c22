import * as Sdk from "@aws-sdk/client-dynamodb"
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert } from "vitest"
import * as Endpoint from "../../src/Endpoint.js"
import { dynamodb, request, settled } from "../http/client.js"
import { start } from "../http/command.js"
import { Bucket, world as s3world } from "../s3/client.js"

const control = (endpoint: Endpoint.Endpoint, method: string, body?: unknown) =>
  Effect.map(
    request(endpoint, {
      method,
      path: "/_armature/faults",
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    }),
    (answered) => ({
      status: answered.status,
      body: answered.body.length === 0 ? undefined : JSON.parse(answered.body.toString())
    })
  )

const key = (n: number) => ({ id: { S: "x" }, n: { N: String(n) } })

const table: Sdk.CreateTableCommandInput = {
  TableName: "one",
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }, { AttributeName: "n", KeyType: "RANGE" }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }, { AttributeName: "n", AttributeType: "N" }],
  BillingMode: "PAY_PER_REQUEST"
}

/** An endpoint with a table of two items, the SDK's client, and rules set over HTTP. */
const world = Effect.gen(function*() {
  const endpoint = yield* Endpoint.make()
  const client = yield* dynamodb(endpoint)
  yield* Effect.promise(() => client.send(new Sdk.CreateTableCommand(table)))
  for (const n of [1, 2]) {
    yield* Effect.promise(() => client.send(new Sdk.PutItemCommand({ TableName: "one", Item: key(n) })))
  }
  const rules = (rules: ReadonlyArray<Endpoint.Rule>) =>
    Effect.map(
      control(endpoint, "PUT", rules),
      ({ body, status }) => assert.deepStrictEqual([status, body], [204, undefined])
    )
  const fired = Effect.map(
    control(endpoint, "GET"),
    ({ body }) => (body as ReadonlyArray<{ readonly fired: number }>).map((one) => one.fired)
  )
  return { endpoint, client, rules, fired }
})

const nameOf = (result: unknown) => result instanceof Error ? result.name : "ok"

describe("fault rules over HTTP", () => {
  it.scopedLive("by table and key, with what an error carries", () =>
    Effect.gen(function*() {
      const { client, fired, rules } = yield* world
      const reasons = [{ reason: "TableReadProvisionedThroughputExceeded", resource: "arn:of:the:table" }]
      yield* rules([{
        service: "DynamoDB",
        operation: "GetItem",
        table: "one",
        key: { id: { S: "x" }, n: { N: "2.0" } },
        nth: "every",
        failure: { code: "ProvisionedThroughputExceededException", detail: { ThrottlingReasons: reasons } }
      }])
      const get = (n: number) => settled(() => client.send(new Sdk.GetItemCommand({ TableName: "one", Key: key(n) })))
      assert.strictEqual(nameOf(yield* get(1)), "ok")
      const failed = yield* get(2)
      assert.instanceOf(failed, Sdk.ProvisionedThroughputExceededException)
      assert.deepStrictEqual((failed as Sdk.ProvisionedThroughputExceededException).ThrottlingReasons, reasons)
      assert.deepStrictEqual(yield* fired, [1])
    }))

  it.scopedLive("a key of bytes is written in base64", () =>
    Effect.gen(function*() {
      const { client, rules } = yield* world
      const get = (bytes: ReadonlyArray<number>) =>
        settled(() =>
          client.send(new Sdk.GetItemCommand({ TableName: "none", Key: { id: { B: Uint8Array.from(bytes) } } }))
        )
      yield* rules([{
        service: "DynamoDB",
        operation: "GetItem",
        key: { id: { B: "AQI=" } },
        nth: "every",
        failure: { code: "AccessDeniedException" }
      }])
      assert.strictEqual(nameOf(yield* get([1, 2, 3])), "ResourceNotFoundException")
      assert.strictEqual(nameOf(yield* get([1, 2])), "AccessDeniedException")
    }))

  it.scopedLive("unprocessed members, short pages, conflicts", () =>
    Effect.gen(function*() {
      const { client, fired, rules } = yield* world
      yield* rules([
        { service: "DynamoDB", operation: "BatchGetItem", unprocessed: [0] },
        { service: "DynamoDB", operation: "Scan", page: 1 },
        { service: "DynamoDB", operation: "TransactWriteItems", conflict: 1 }
      ])
      const batch = yield* Effect.promise(() =>
        client.send(new Sdk.BatchGetItemCommand({ RequestItems: { one: { Keys: [key(1), key(2)] } } }))
      )
      assert.deepStrictEqual([batch.Responses, batch.UnprocessedKeys], [{ one: [key(2)] }, { one: { Keys: [key(1)] } }])
      const scan = yield* Effect.promise(() => client.send(new Sdk.ScanCommand({ TableName: "one" })))
      assert.deepStrictEqual([scan.Items, scan.LastEvaluatedKey], [[key(1)], key(1)])
      const failed = yield* settled(() =>
        client.send(
          new Sdk.TransactWriteItemsCommand({
            TransactItems: [1, 2].map((n) => ({ Delete: { TableName: "one", Key: key(n) } }))
          })
        )
      )
      assert.instanceOf(failed, Sdk.TransactionCanceledException)
      const { CancellationReasons } = failed as Sdk.TransactionCanceledException
      assert.deepStrictEqual(CancellationReasons?.map((reason) => reason.Code), ["None", "TransactionConflict"])
      assert.deepStrictEqual(yield* fired, [1, 1, 1])
    }))

  it.scopedLive("no answer at all, until the client gives up; the write stands", () =>
    Effect.gen(function*() {
      const { client, rules } = yield* world
      yield* rules([{ service: "DynamoDB", operation: "DeleteItem", hang: true, effect: "after" }])
      const given = new AbortController()
      const deleting = yield* Effect.fork(settled(() =>
        client.send(new Sdk.DeleteItemCommand({ TableName: "one", Key: key(1) }), { abortSignal: given.signal })
      ))
      const items = Effect.promise(() =>
        client.send(new Sdk.ScanCommand({ TableName: "one" }))
      )
      const { Items } = yield* Effect.repeat(items, { until: ({ Count }) => Count === 1 })
      assert.deepStrictEqual(Items, [key(2)])
      given.abort()
      assert.strictEqual(nameOf(yield* Fiber.join(deleting)), "AbortError")
    }))

  it.scopedLive("an object that is slowed down, cut in the middle, or not what its checksum says", () =>
    Effect.gen(function*() {
      const { client, endpoint } = yield* s3world()
      yield* Effect.promise(() => client.send(new PutObjectCommand({ Bucket, Key: "big", Body: "x".repeat(100_000) })))
      yield* Effect.promise(() => client.send(new PutObjectCommand({ Bucket, Key: "other", Body: "y" })))
      const set = yield* control(endpoint, "PUT", [
        { service: "S3", operation: "GetObject", object: "big", failure: { code: "SlowDown", statusCode: 503 } },
        { service: "S3", operation: "GetObject", bucket: Bucket, object: "big", nth: 2, body: "truncated" },
        { service: "S3", operation: "GetObject", object: "big", nth: 3, body: "corrupt" }
      ])
      assert.deepStrictEqual([set.status, set.body], [204, undefined])
      const get = (Key: string) =>
        settled(async () => {
          const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
          return await Body?.transformToString()
        })
      assert.strictEqual(yield* get("other"), "y")
      assert.strictEqual(nameOf(yield* get("big")), "SlowDown")
      assert.strictEqual((yield* get("big") as Effect.Effect<{ readonly code?: string }>).code, "ECONNRESET")
      const wrong = yield* get("big")
      assert.match(wrong instanceof Error ? wrong.message : "", /^Checksum mismatch/)
      assert.isTrue((yield* get("big")) === "x".repeat(100_000), "the object itself is whole")
    }))

  it.scopedLive("refused, where they could never fire, with the reason", () =>
    Effect.gen(function*() {
      const endpoint = yield* Endpoint.make()
      const failure = { code: "ThrottlingException" }
      const wrong: ReadonlyArray<readonly [rule: object, reason: string]> = [
        [{ operation: "PutItm", failure }, "DynamoDB has no operation \"PutItm\""],
        [{ operation: "ListTables", table: "one", failure }, "table does not go with ListTables"],
        [{ operation: "GetItem", index: "one", failure }, "index does not go with GetItem"],
        [{ operation: "Query", key: { id: { S: "x" } }, failure }, "key does not go with Query"],
        [{ operation: "GetItem", bucket: "one", failure }, "bucket does not go with GetItem"],
        [{ operation: "GetItem", object: "one", failure }, "object does not go with GetItem"],
        [{ operation: "GetItem", keyId: "one", failure }, "keyId does not go with GetItem"],
        [{ service: "S3", operation: "GetObject", key: { id: { S: "x" } }, failure }, "key does not go with GetObject"],
        [{ operation: "PutItem", unprocessed: "all" }, "unprocessed does not go with PutItem"],
        [{ operation: "BatchWriteItem", unprocessed: [25, 30] }, "a BatchWriteItem has 25 members at most"],
        [{ operation: "GetItem", page: 1 }, "page does not go with GetItem"],
        [{ operation: "ListTables", page: "empty" }, "page does not go with ListTables"],
        [{ operation: "BatchWriteItem", conflict: 0 }, "conflict does not go with BatchWriteItem"],
        [{ service: "S3", operation: "PutObject", body: "corrupt" }, "body does not go with PutObject"],
        [{ operation: "Scan", page: 1, failure }, "failure and page exclude each other"],
        [{ operation: "Scan" }, "one of failure, hang, latency"],
        [{ operation: "Scan", page: 1, effect: "after" }, "effect goes with failure or hang only"],
        [{ operation: "Scan", failure, delay: 10 }, "delay goes with effect \"late\" only"],
        [{ operation: "Scan", failure, nth: [1], times: 2 }, "times goes with a number as nth only"],
        [{ operation: "Scan", failure, seed: 2 }, "seed goes with probability only"],
        [{ operation: "Scan", failure, probability: 0 }, "probability"],
        [{ operation: "Scan", failure, nth: [] }, "nth"]
      ]
      for (const [rule, reason] of wrong) {
        const good = { service: "DynamoDB", operation: "ListTables", failure }
        const { body, status } = yield* control(endpoint, "PUT", [good, { service: "DynamoDB", ...rule }])
        assert.strictEqual(status, 400, reason)
        assert.include(body.message, reason)
        if (!reason.includes("probability") && reason !== "nth") assert.include(body.message, "rule 2: ")
      }
      assert.deepStrictEqual((yield* control(endpoint, "GET")).body, [])
      const e = yield* Effect.flip(Endpoint.make({ rules: [{ service: "KMS", operation: "GetItem", failure }] }))
      assert.deepStrictEqual([e.reason, e.cause], ["InvalidRule", "KMS has no operation \"GetItem\""])
    }))

  it.scopedLive("refused from a file as well, before it listens", () =>
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "armature-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const file = join(folder, "rules.json")
      writeFileSync(file, JSON.stringify([{ service: "KMS", operation: "GetItem", hang: true }]))
      const command = yield* start(["--port", "0", "--faults", file])
      assert.strictEqual(yield* command.exit, 1)
      assert.include(command.err(), "--faults: rule 1: KMS has no operation \"GetItem\"")
    }), 60_000)
})
