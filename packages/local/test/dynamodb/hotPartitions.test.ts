/** The watch for hot partitions, on the test's clock. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as DynamoDBMetrics from "@armature/dynamodb/DynamoDBMetrics"
import * as HotPartitions from "@armature/dynamodb/HotPartitions"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { createHash } from "node:crypto"
import { assert } from "vitest"
import { logging } from "./observing.js"

const table: CreateTableCommandInput = {
  TableName: "hot",
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }, { AttributeName: "sk", KeyType: "RANGE" }],
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "sk", AttributeType: "N" },
    { AttributeName: "g", AttributeType: "N" }
  ],
  BillingMode: "PAY_PER_REQUEST",
  GlobalSecondaryIndexes: [{
    IndexName: "byG",
    KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
    Projection: { ProjectionType: "ALL" }
  }]
}

const secret = "tenant-4711"
const Key = { pk: { S: secret }, sk: { N: "1" } }
const text = { S: "x".repeat(9_000) }
const hashed = createHash("sha256").update(secret).digest("hex").slice(0, 16)

/** What a program under the watch is warned of, in order. */
const warned = <E>(
  options: Omit<HotPartitions.Options, "tables"> & Partial<HotPartitions.Options>,
  program: (db: DynamoDB.DynamoDB.Service) => Effect.Effect<unknown, E>
) => {
  const watch = HotPartitions.layer({
    tables: { hot: { key: "pk", read: 10, write: 10 } },
    window: "1 second",
    ...options
  })
  return Effect.gen(function*() {
    const db = yield* DynamoDB.DynamoDB
    const found: Array<HotPartitions.Warning> = []
    const listener = yield* Effect.fork(
      Stream.runForEach(HotPartitions.warnings, (warning) => Effect.sync(() => found.push(warning)))
    )
    yield* TestClock.adjust(0)
    yield* program(db)
    yield* TestClock.adjust(0)
    yield* Fiber.interrupt(listener)
    return found
  }).pipe(Effect.provide(Layer.provideMerge(LocalDynamoDB.layer({ tables: [table] }), watch)))
}

const put = (db: DynamoDB.DynamoDB.Service) => db.putItem({ TableName: "hot", Item: { ...Key, text } })

describe("the watch for hot partitions", () => {
  it.effect("warns once for each key and window, as a stream, a log line and a metric, the key hashed", () =>
    Effect.gen(function*() {
      const { lines, logger } = logging()
      const count = Effect.map(
        Metric.value(
          DynamoDBMetrics.hotPartitions.pipe(
            Metric.tagged("db.collection.name", "hot"),
            Metric.tagged("access", "write")
          )
        ),
        (state) => state.count
      )
      const before = yield* count
      const found = yield* warned({}, (db) =>
        Effect.gen(function*() {
          for (let i = 0; i < 5; i++) yield* put(db)
          yield* TestClock.adjust("900 millis")
          yield* put(db)
          yield* put(db)
          yield* TestClock.adjust("500 millis")
          yield* put(db)
        })).pipe(Effect.provide(logger))
      assert.deepStrictEqual(
        found.map(({ access, at, key, rate, table, threshold }) => [at, key, rate, table, threshold, access]),
        [
          [0, hashed, 18, "hot", 10, "write"],
          [1400, hashed, 27, "hot", 10, "write"]
        ]
      )
      assert.strictEqual((yield* count) - before, 2)
      const told = lines.filter((line) => line.includes("Hot partition"))
      assert.strictEqual(told.length, 2)
      assert.include(
        told[0],
        `Hot partition in hot: one key takes 18 write units a second, 10 are too many; key ${hashed}`
      )
      assert.isFalse(lines.some((line) => line.includes(secret)))
    }))

  it.effect("in clear where the user says so", () =>
    Effect.map(
      warned({ keys: "clear" }, (db) => Effect.zipRight(put(db), put(db))),
      (found) => assert.deepStrictEqual(found.map((one) => one.key), [secret])
    ))

  it.effect("counts gets, queries, batches and transactions; of a write what the table had, not its indexes", () =>
    Effect.gen(function*() {
      const rates = (program: (db: DynamoDB.DynamoDB.Service) => Effect.Effect<unknown, unknown>) =>
        Effect.map(
          warned({
            keys: "clear",
            tables: { hot: { key: "pk", read: 0.1, write: 0.1 }, "hot/byG": { key: "g", read: 0.1 } }
          }, program),
          (found) => found.map((one) => [one.table, one.access, one.key, one.rate])
        )
      const item = { ...Key, g: { N: "7.0" }, text }
      const other = { pk: { S: "b" }, sk: { N: "1" } }
      assert.deepStrictEqual(yield* rates((db) => db.putItem({ TableName: "hot", Item: item })), [
        ["hot", "write", secret, 9]
      ])
      assert.deepStrictEqual(yield* rates((db) => db.getItem({ TableName: "hot", Key, ConsistentRead: true })), [
        ["hot", "read", secret, 1]
      ])
      const queried = (KeyConditionExpression: string) => (db: DynamoDB.DynamoDB.Service) =>
        db.query({
          TableName: "hot",
          KeyConditionExpression,
          ExpressionAttributeNames: { "#p": "pk" },
          ExpressionAttributeValues: { ":p": { S: secret }, ":s": { N: "1" } }
        })
      assert.deepStrictEqual(yield* rates(queried("sk = :s AND #p = :p")), [["hot", "read", secret, 0.5]])
      assert.deepStrictEqual(
        yield* rates((db) =>
          Effect.zipRight(
            db.putItem({ TableName: "hot", Item: item }),
            db.query({
              TableName: "hot",
              IndexName: "byG",
              KeyConditionExpression: "g = :g",
              ExpressionAttributeValues: { ":g": { N: "7" } }
            })
          )
        ),
        [["hot", "write", secret, 9], ["hot/byG", "read", "7", 1.5]]
      )
      assert.deepStrictEqual(
        yield* rates((db) =>
          db.batchWriteItem({
            RequestItems: { hot: [{ PutRequest: { Item: item } }, { PutRequest: { Item: other } }] }
          })
        ),
        [["hot", "write", secret, 9], ["hot", "write", "b", 1]]
      )
      assert.deepStrictEqual(
        yield* rates((db) => db.batchGetItem({ RequestItems: { hot: { Keys: [Key, other] } } })),
        [["hot", "read", secret, 0.5], ["hot", "read", "b", 0.5]]
      )
      assert.deepStrictEqual(
        yield* rates((db) =>
          db.transactGetItems({
            TransactItems: [{ Get: { TableName: "hot", Key } }, { Get: { TableName: "hot", Key: other } }]
          })
        ),
        [["hot", "read", secret, 2], ["hot", "read", "b", 2]]
      )
      assert.deepStrictEqual(yield* rates((db) => db.scan({ TableName: "hot" })), [])
    }))

  it.effect("says nothing of what stays below, and of tables that are not watched", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* warned({}, (db) => put(db)), [])
      const elsewhere = { other: { key: "pk", read: 0.1, write: 0.1 } }
      assert.deepStrictEqual(yield* warned({ tables: elsewhere }, (db) => put(db)), [])
    }))

  it.effect("refuses options that are none", () =>
    Effect.gen(function*() {
      const tables = { hot: { key: "pk" } }
      const refused: ReadonlyArray<HotPartitions.Options> = [
        { tables, window: 0 },
        { tables, held: 0.5 },
        { tables: { hot: { key: "pk", read: -1 } } }
      ]
      for (const options of refused) {
        const e = yield* Effect.flip(Effect.scoped(Layer.build(HotPartitions.layer(options))))
        assert.deepStrictEqual([e._tag, e.reason], ["ConfigurationException", "Invalid"])
      }
      assert.strictEqual(Chunk.size(yield* Stream.runCollect(HotPartitions.warnings)), 0)
    }))
})
