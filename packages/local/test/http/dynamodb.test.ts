import * as Sdk from "@aws-sdk/client-dynamodb"
import * as Streams from "@aws-sdk/client-dynamodb-streams"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"
import * as Endpoint from "../../src/Endpoint.js"
import { credentials, dynamodb, settled } from "./client.js"

const table: Sdk.CreateTableCommandInput = {
  TableName: "orders",
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "B" }],
  BillingMode: "PAY_PER_REQUEST",
  StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" }
}

const key = (...bytes: Array<number>) => ({ pk: { B: new Uint8Array(bytes) } })

describe("the engine over HTTP", () => {
  it.scopedLive("answers the SDK in its own shapes", () =>
    Effect.gen(function*() {
      const client = yield* dynamodb(yield* Endpoint.make())
      const { TableDescription } = yield* Effect.promise(() => client.send(new Sdk.CreateTableCommand(table)))
      assert.instanceOf(TableDescription?.CreationDateTime, Date)
      const Item = { ...key(0, 255), M: { M: { B: { B: new Uint8Array([1]) } } }, n: { N: "1.50" } }
      yield* Effect.promise(() => client.send(new Sdk.PutItemCommand({ TableName: "orders", Item })))
      const got = yield* Effect.promise(() =>
        client.send(new Sdk.GetItemCommand({ TableName: "orders", Key: key(0, 255), ReturnConsumedCapacity: "TOTAL" }))
      )
      assert.deepStrictEqual(got.Item, { ...Item, n: { N: "1.5" } })
      assert.deepStrictEqual(got.ConsumedCapacity, { TableName: "orders", CapacityUnits: 0.5 })

      const failed = yield* settled(() =>
        client.send(
          new Sdk.PutItemCommand({
            TableName: "orders",
            Item,
            ConditionExpression: "attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure: "ALL_OLD"
          })
        )
      )
      assert.instanceOf(failed, Sdk.ConditionalCheckFailedException)
      assert.deepStrictEqual(failed.Item, { ...Item, n: { N: "1.5" } })

      const canceled = yield* settled(() =>
        client.send(
          new Sdk.TransactWriteItemsCommand({
            TransactItems: [
              { Put: { TableName: "orders", Item: key(1) } },
              { Delete: { TableName: "orders", Key: key(2), ConditionExpression: "attribute_exists(pk)" } }
            ]
          })
        )
      )
      assert.instanceOf(canceled, Sdk.TransactionCanceledException)
      assert.deepStrictEqual(canceled.CancellationReasons?.map((one) => one.Code), ["None", "ConditionalCheckFailed"])
      const missing = yield* settled(() => client.send(new Sdk.DescribeTableCommand({ TableName: "none" })))
      assert.instanceOf(missing, Sdk.ResourceNotFoundException)
    }))

  it.scopedLive("serves the streams of its tables", () =>
    Effect.gen(function*() {
      const endpoint = yield* Endpoint.make()
      const client = yield* dynamodb(endpoint)
      const streams = yield* Effect.acquireRelease(
        Effect.sync(() =>
          new Streams.DynamoDBStreamsClient({
            endpoint: endpoint.url,
            region: "us-east-1",
            credentials,
            maxAttempts: 1
          })
        ),
        (one) => Effect.sync(() => one.destroy())
      )
      const { TableDescription } = yield* Effect.promise(() => client.send(new Sdk.CreateTableCommand(table)))
      const StreamArn = TableDescription?.LatestStreamArn
      yield* Effect.promise(() => client.send(new Sdk.PutItemCommand({ TableName: "orders", Item: key(1) })))
      const records = yield* Effect.promise(async () => {
        const { StreamDescription } = await streams.send(new Streams.DescribeStreamCommand({ StreamArn }))
        const ShardId = StreamDescription?.Shards?.[0]?.ShardId
        const { ShardIterator } = await streams.send(
          new Streams.GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" })
        )
        return (await streams.send(new Streams.GetRecordsCommand({ ShardIterator }))).Records
      })
      assert.lengthOf(records ?? [], 1)
      assert.deepInclude(records?.[0], { eventName: "INSERT" })
      assert.deepStrictEqual(records?.[0]?.dynamodb?.NewImage, key(1))
      assert.instanceOf(records?.[0]?.dynamodb?.ApproximateCreationDateTime, Date)
    }))

  it.scoped("deletes expired items as Effect's clock goes on", () =>
    Effect.gen(function*() {
      const now = Date.UTC(2026, 0, 1)
      yield* TestClock.setTime(now)
      const client = yield* dynamodb(yield* Endpoint.make())
      const send = <A>(run: () => Promise<A>) => Effect.promise(run)
      yield* send(() => client.send(new Sdk.CreateTableCommand(table)))
      yield* send(() =>
        client.send(
          new Sdk.UpdateTimeToLiveCommand({
            TableName: "orders",
            TimeToLiveSpecification: { AttributeName: "ttl", Enabled: true }
          })
        )
      )
      const ttl = { N: String(now / 1000 + 30) }
      yield* send(() => client.send(new Sdk.PutItemCommand({ TableName: "orders", Item: { ...key(1), ttl } })))
      const get = send(() => client.send(new Sdk.GetItemCommand({ TableName: "orders", Key: key(1) })))
      yield* TestClock.adjust("40 seconds")
      assert.isDefined((yield* get).Item)
      yield* TestClock.adjust("30 seconds")
      assert.isUndefined((yield* get).Item)
    }))
})
