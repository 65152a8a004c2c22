/** Reads that lag behind: what an eventually consistent read, or an index, answers some time after a write. */
import type { WireFailure } from "@armature/aws/WireFailure"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type { FaultNotFiredException } from "@armature/local/Faults"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as Sdk from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert } from "vitest"
import * as DataFolder from "../../src/DataFolder.js"
import * as Endpoint from "../../src/Endpoint.js"
import { dynamodb } from "../http/client.js"

const table = (TableName: string): Sdk.CreateTableCommandInput => ({
  TableName,
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }, { AttributeName: "status", AttributeType: "S" }],
  GlobalSecondaryIndexes: [{
    IndexName: "by-status",
    KeySchema: [{ AttributeName: "status", KeyType: "HASH" }],
    Projection: { ProjectionType: "ALL" }
  }],
  BillingMode: "PAY_PER_REQUEST"
})

const world = Effect.map(
  LocalDynamoDB.make({ tables: [table("aaa"), table("bbb")] }),
  ({ local, transport: { send } }) => {
    const put = (id: string, status: string, TableName = "aaa") =>
      send("PutItem", { TableName, Item: { id: { S: id }, status: { S: status } } })
    const statusOf = ({ Item }: { readonly Item?: DynamoDB.Item | undefined }) => Item?.status?.S
    const read = (id: string, ConsistentRead?: boolean) =>
      Effect.map(send("GetItem", { TableName: "aaa", Key: { id: { S: id } }, ConsistentRead }), statusOf)
    const query = (status: string) =>
      Effect.map(
        send("Query", {
          TableName: "aaa",
          IndexName: "by-status",
          KeyConditionExpression: "#s = :s",
          ExpressionAttributeNames: { "#s": "status" },
          ExpressionAttributeValues: { ":s": { S: status } }
        }),
        ({ Items }) => Items?.map(({ id }) => id?.S)
      )
    return { local, send, put, read, query, under: local.faults.run }
  }
)

describe("stale reads", () => {
  it.scoped("answer as things stood so long ago, until the write is that old; consistent ones never", () =>
    Effect.gen(function*() {
      const { put, read, under } = yield* world
      yield* put("1", "old")
      yield* Effect.gen(function*() {
        yield* put("1", "new")
        yield* put("2", "new")
        assert.deepStrictEqual([yield* read("1"), yield* read("2")], ["old", undefined])
        assert.deepStrictEqual([yield* read("1", true), yield* read("2", true)], ["new", "new"])
        yield* TestClock.adjust("999 millis")
        yield* put("1", "newer")
        assert.deepStrictEqual([yield* read("1"), yield* read("2")], ["old", undefined])
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual([yield* read("1"), yield* read("2")], ["new", "new"])
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* read("1"), "newer")
      }).pipe(under([{ operation: "GetItem", nth: "every", stale: "1 second" }]))
      assert.strictEqual(yield* read("1"), "newer")
    }))

  it.scoped("of an index leave the table's alone, and follow every kind of write", () =>
    Effect.gen(function*() {
      const { put, query, read, send, under } = yield* world
      yield* put("1", "open")
      yield* Effect.gen(function*() {
        yield* send("UpdateItem", {
          TableName: "aaa",
          Key: { id: { S: "1" } },
          UpdateExpression: "SET #s = :s",
          ExpressionAttributeNames: { "#s": "status" },
          ExpressionAttributeValues: { ":s": { S: "paid" } }
        })
        yield* send("BatchWriteItem", {
          RequestItems: { aaa: [{ PutRequest: { Item: { id: { S: "2" }, status: { S: "paid" } } } }] }
        })
        yield* send("TransactWriteItems", {
          TransactItems: [{ Put: { TableName: "aaa", Item: { id: { S: "3" }, status: { S: "paid" } } } }]
        })
        yield* send("ExecuteStatement", { Statement: "INSERT INTO \"aaa\" VALUE {'id': '4', 'status': 'paid'}" })
        assert.deepStrictEqual([yield* query("open"), yield* query("paid"), yield* read("1")], [["1"], [], "paid"])
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual([yield* query("open"), (yield* query("paid"))?.sort()], [[], ["1", "2", "3", "4"]])
        yield* send("DeleteItem", { TableName: "aaa", Key: { id: { S: "1" } } })
        assert.include((yield* query("paid")) ?? [], "1")
      }).pipe(under([{ operation: "Query", table: "aaa", index: "by-status", nth: "every", stale: "2 seconds" }]))
    }))

  it.scoped("of a batch are those of the tables that are not read consistently", () =>
    Effect.gen(function*() {
      const { put, send, under } = yield* world
      yield* Effect.all([put("1", "old"), put("1", "old", "bbb"), put("2", "old"), put("3", "old")])
      const answer = yield* Effect.gen(function*() {
        yield* Effect.all([put("1", "new"), put("1", "new", "bbb")])
        return yield* send("BatchGetItem", {
          RequestItems: {
            aaa: { Keys: ["1", "2", "3"].map((id) => ({ id: { S: id } })) },
            bbb: { Keys: [{ id: { S: "1" } }], ConsistentRead: true }
          }
        })
      }).pipe(under([{ operation: "BatchGetItem", stale: "1 second" }]))
      const statuses = (name: string) =>
        answer.Responses?.[name]?.map(({ id, status }) => `${id?.S}${status?.S}`).sort()
      assert.deepStrictEqual([statuses("aaa"), statuses("bbb")], [["1old", "2old", "3old"], ["1new"]])
    }))

  it.scoped("that tell the present have not fired: of a batch in whatever order it comes, and of a table that is new", () =>
    Effect.gen(function*() {
      const { put, read, send, under } = yield* world
      yield* Effect.forEach(["1", "2", "3", "4", "5", "6"], (id) => put(id, "same"))
      const batch = send("BatchGetItem", {
        RequestItems: { aaa: { Keys: ["1", "2", "3", "4", "5", "6"].map((id) => ({ id: { S: id } })) } }
      })
      const idle: ReadonlyArray<Effect.Effect<unknown, WireFailure | FaultNotFiredException>> = [
        batch.pipe(under([{ operation: "BatchGetItem", stale: "1 second" }])),
        put("1", "new").pipe(
          Effect.zipRight(read("1", true)),
          under([{ operation: "GetItem", nth: "every", stale: "1 second" }])
        ),
        send("CreateTable", table("ccc")).pipe(
          Effect.zipRight(put("1", "new", "ccc")),
          Effect.zipRight(send("GetItem", { TableName: "ccc", Key: { id: { S: "1" } } })),
          Effect.tap(({ Item }) => Effect.sync(() => assert.strictEqual(Item?.status?.S, "new"))),
          under([{ operation: "GetItem", stale: "1 second" }])
        )
      ]
      for (const one of idle) assert.strictEqual((yield* Effect.flip(one))._tag, "FaultNotFiredException")
    }))

  const overHttp = (services: Partial<Endpoint.Options>) =>
    Effect.gen(function*() {
      const endpoint = yield* Endpoint.make({
        ...services,
        rules: [{ service: "DynamoDB", operation: "GetItem", nth: "every", stale: 3_600_000 }]
      })
      const client = yield* dynamodb(endpoint)
      const send = <A>(run: () => Promise<A>) => Effect.promise(run)
      yield* send(() => client.send(new Sdk.CreateTableCommand(table("aaa"))))
      yield* send(() => client.send(new Sdk.PutItemCommand({ TableName: "aaa", Item: { id: { S: "1" } } })))
      const get = (ConsistentRead: boolean) =>
        send(() => client.send(new Sdk.GetItemCommand({ TableName: "aaa", Key: { id: { S: "1" } }, ConsistentRead })))
      // the table did not stand an hour ago, nor when the rule began to
      assert.isDefined((yield* get(false)).Item)
      return { endpoint, send, client, get }
    })

  it.scopedLive("over HTTP", () =>
    Effect.gen(function*() {
      const { client, endpoint, get, send } = yield* overHttp({})
      yield* send(() =>
        fetch(`${endpoint.url}/_armature/faults`, {
          method: "PUT",
          headers: { "content-type": "application/json" },
          body: JSON.stringify([{ service: "DynamoDB", operation: "GetItem", nth: "every", stale: 3_600_000 }])
        })
      )
      yield* send(() => client.send(new Sdk.DeleteItemCommand({ TableName: "aaa", Key: { id: { S: "1" } } })))
      assert.deepStrictEqual([(yield* get(false)).Item, (yield* get(true)).Item], [{ id: { S: "1" } }, undefined])
    }))

  it.scopedLive("over HTTP with a data folder, whose state they leave alone", () =>
    Effect.gen(function*() {
      const path = mkdtempSync(join(tmpdir(), "armature-stale-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(path, { recursive: true, force: true })))
      yield* Effect.scoped(Effect.flatMap(DataFolder.open({ path }), overHttp))
      const again = yield* DataFolder.open({ path })
      const answer = yield* again.dynamodb.send("GetItem", { TableName: "aaa", Key: { id: { S: "1" } } })
      assert.deepInclude(answer, { Item: { id: { S: "1" } } })
    }))
})
