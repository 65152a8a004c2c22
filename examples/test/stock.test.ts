/** The tests of `docs/testing.md`. */
import { AwsException, Exceptions } from "@armature/aws"
import { Document, DynamoDB } from "@armature/dynamodb"
import { Endpoint, Faults, LocalDynamoDB } from "@armature/local"
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, TestClock } from "effect"
import { assert } from "vitest"
import { count, stock, take } from "../stock.js"

/** A world of its own for each test that provides it. */
const local = Document.layer.pipe(Layer.provideMerge(LocalDynamoDB.layer({ tables: [stock] })))

const ten = Effect.flatMap(Document.Document, (document) => document.putItem("stock", { article: "pen", count: 10 }))

describe("in process", () => {
  it.effect("takes what is there, and no more", () =>
    Effect.gen(function*() {
      yield* ten
      yield* take("pen", 7)
      const refused = yield* Effect.flip(take("pen", 7))
      assert.strictEqual(refused._tag === "OutOfStock" && refused.left, 3)
    }).pipe(Effect.provide(local)))
})

describe("faults", () => {
  it.effect("takes once when the answer is lost", () =>
    Effect.gen(function*() {
      yield* ten
      // under TestClock no time passes by itself, and a retry waits
      const fiber = yield* take("pen", 1).pipe(
        LocalDynamoDB.withFaults([{
          operation: "TransactWriteItems",
          effect: "after",
          failure: Faults.connectionReset
        }]),
        Effect.fork
      )
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      assert.strictEqual(yield* count("pen", { consistent: true }), 9)
    }).pipe(Effect.provide(local)))

  it.effect("a read may be stale, and a consistent one is not", () =>
    Effect.gen(function*() {
      yield* ten
      const [stale, consistent] = yield* Effect.gen(function*() {
        yield* TestClock.adjust("1 second")
        yield* take("pen", 1)
        return [yield* count("pen", { consistent: false }), yield* count("pen", { consistent: true })]
      }).pipe(LocalDynamoDB.withFaults([{ operation: "GetItem", stale: "1 minute", nth: "every" }]))
      assert.deepStrictEqual([stale, consistent], [10, 9])
    }).pipe(Effect.provide(local)))
})

describe("the call log", () => {
  it.effect("one request for each take", () =>
    Effect.gen(function*() {
      yield* ten
      yield* take("pen", 1)
      const { calls, callsTo } = yield* LocalDynamoDB.LocalDynamoDB
      assert.strictEqual((yield* callsTo({ operation: "TransactWriteItems", table: "stock" })).length, 1)
      assert.deepStrictEqual((yield* calls).map(({ operation }) => operation), ["PutItem", "TransactWriteItems"])
    }).pipe(Effect.provide(local)))
})

describe("stubs", () => {
  const fake = (handlers: Partial<DynamoDB.DynamoDB.Handlers>) =>
    Document.layer.pipe(Layer.provide(DynamoDB.layerFake(handlers)))

  it.effect("a failure that a test makes", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(count("pen", { consistent: true }))
      assert.isTrue(AwsException.isAuth(e))
    }).pipe(Effect.provide(fake({
      getItem: () => Effect.fail(new Exceptions.AccessDeniedException({ service: "DynamoDB", operation: "GetItem" }))
    }))))

  it.effect("an answer that a test makes", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* count("pen", { consistent: true }), 4)
    }).pipe(Effect.provide(fake({ getItem: () => Effect.succeed({ Item: { count: { N: "4" } } }) }))))
})

describe("over HTTP", () => {
  it.scopedLive("any AWS SDK, on a free port", () =>
    Effect.gen(function*() {
      const { url } = yield* Endpoint.make()
      const credentials = { accessKeyId: "test", secretAccessKey: "test" }

      // the library, through the AWS SDK
      const remote = Document.layer.pipe(Layer.provideMerge(DynamoDB.layer({
        region: "us-east-1",
        endpoint: url,
        credentials: { ...credentials, secretAccessKey: Redacted.make(credentials.secretAccessKey) }
      })))
      yield* Effect.gen(function*() {
        const db = yield* DynamoDB.DynamoDB
        yield* db.createTable(stock)
        yield* ten
        yield* take("pen", 2)
      }).pipe(Effect.provide(remote))

      // code that is not yours
      const client = yield* Effect.acquireRelease(
        Effect.sync(() => new DynamoDBClient({ region: "us-east-1", endpoint: url, credentials })),
        (client) => Effect.sync(() => client.destroy())
      )
      const { Item } = yield* Effect.promise(() =>
        client.send(new GetItemCommand({ TableName: "stock", Key: { article: { S: "pen" } } }))
      )
      assert.deepStrictEqual(Item?.count, { N: "8" })
    }))
})
