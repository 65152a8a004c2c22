/** What the DynamoDB service promises, over whatever carries its requests. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { assert } from "vitest"

export const users: CreateTableCommandInput = {
  TableName: "users",
  KeySchema: [{ AttributeName: "org", KeyType: "HASH" }, { AttributeName: "id", KeyType: "RANGE" }],
  AttributeDefinitions: [{ AttributeName: "org", AttributeType: "S" }, { AttributeName: "id", AttributeType: "N" }],
  BillingMode: "PAY_PER_REQUEST"
}

const key = (id: number) => ({ org: { S: "acme" }, id: { N: String(id) } })
const user = (id: number, name: string) => ({ ...key(id), name: { S: name }, photo: { B: new Uint8Array([id, 2, 3]) } })

/** Runs the suite on a Layer that gives a service with the table `users`, empty. */
export const suite = <E>(name: string, layer: Layer.Layer<DynamoDB.DynamoDB, E>) =>
  describe(name, () => {
    const test = (what: string, body: (db: DynamoDB.DynamoDB.Service) => Effect.Effect<void, unknown>) =>
      it.scopedLive(what, () => Effect.flatMap(DynamoDB.DynamoDB, body).pipe(Effect.provide(layer)))

    test("puts, gets and deletes an item byte for byte", (db) =>
      Effect.gen(function*() {
        const item = {
          ...user(1, "Ada"),
          n: { N: "12345678901234567890123456789012345678" },
          set: { NS: ["1", "2.5"] },
          words: { SS: ["a", "b"] },
          blobs: { BS: [new Uint8Array([0, 255])] },
          deep: { M: { list: { L: [{ BOOL: true }, { NULL: true }, { S: "" }] } } }
        }
        yield* db.putItem({ TableName: "users", Item: item })
        const { Item } = yield* db.getItem({ TableName: "users", Key: key(1), ConsistentRead: true })
        assert.deepStrictEqual(Item, item)
        const { Attributes } = yield* db.deleteItem({ TableName: "users", Key: key(1), ReturnValues: "ALL_OLD" })
        assert.deepStrictEqual(Attributes, item)
        assert.isUndefined((yield* db.getItem({ TableName: "users", Key: key(1) })).Item)
      }))

    test("updates by every kind of action", (db) =>
      Effect.gen(function*() {
        yield* db.putItem({ TableName: "users", Item: { ...user(1, "Ada"), n: { N: "1" }, tags: { SS: ["a", "b"] } } })
        const { Attributes } = yield* db.updateItem({
          TableName: "users",
          Key: key(1),
          UpdateExpression:
            "SET #n = :name, seen = if_not_exists(seen, :zero) + :one REMOVE photo ADD n :one DELETE tags :b",
          ExpressionAttributeNames: { "#n": "name" },
          ExpressionAttributeValues: {
            ":name": { S: "Ada L." },
            ":zero": { N: "0" },
            ":one": { N: "1" },
            ":b": { SS: ["b"] }
          },
          ReturnValues: "ALL_NEW"
        })
        assert.deepStrictEqual(Attributes, {
          ...key(1),
          name: { S: "Ada L." },
          seen: { N: "1" },
          n: { N: "2" },
          tags: { SS: ["a"] }
        })
      }))

    test("queries by a key condition, in pages", (db) =>
      Effect.gen(function*() {
        for (const id of [3, 10, -1, 2]) yield* db.putItem({ TableName: "users", Item: user(id, `u${id}`) })
        const ask = (ExclusiveStartKey?: DynamoDB.Item) =>
          db.query({
            TableName: "users",
            KeyConditionExpression: "org = :org AND id BETWEEN :low AND :high",
            ExpressionAttributeValues: { ":org": { S: "acme" }, ":low": { N: "-5" }, ":high": { N: "9" } },
            Limit: 2,
            ExclusiveStartKey
          })
        const first = yield* ask()
        assert.deepStrictEqual(first.Items?.map((item) => item.id?.N), ["-1", "2"])
        const second = yield* ask(first.LastEvaluatedKey)
        assert.deepStrictEqual(second.Items?.map((item) => item.id?.N), ["3"])
        const all = yield* db.scan({
          TableName: "users",
          FilterExpression: "begins_with(#n, :u)",
          ExpressionAttributeNames: { "#n": "name" },
          ExpressionAttributeValues: { ":u": { S: "u1" } }
        })
        assert.deepStrictEqual([all.Count, all.ScannedCount], [1, 4])
      }))

    test("a failed condition carries the item, when it was asked for", (db) =>
      Effect.gen(function*() {
        yield* db.putItem({ TableName: "users", Item: user(1, "Ada") })
        const put = { TableName: "users", Item: user(1, "Bob"), ConditionExpression: "attribute_not_exists(id)" }
        const asked = yield* Effect.flip(db.putItem({ ...put, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }))
        const silent = yield* Effect.flip(db.putItem(put))
        assert.deepStrictEqual(
          [asked, silent].map((e) => e._tag === "ConditionalCheckFailedException" ? e.item : e._tag),
          [Option.some(user(1, "Ada")), Option.none()]
        )
        const gone = yield* Effect.flip(db.deleteItem({
          TableName: "users",
          Key: key(2),
          ConditionExpression: "attribute_exists(id)",
          ReturnValuesOnConditionCheckFailure: "ALL_OLD"
        }))
        assert.deepStrictEqual(gone._tag === "ConditionalCheckFailedException" ? gone.item : gone._tag, Option.none())
        assert.deepStrictEqual((yield* db.getItem({ TableName: "users", Key: key(1) })).Item, user(1, "Ada"))
      }))

    test("a canceled transaction gives one reason for each action, and writes nothing", (db) =>
      Effect.gen(function*() {
        yield* db.putItem({ TableName: "users", Item: user(1, "Ada") })
        const e = yield* Effect.flip(db.transactWriteItems({
          TransactItems: [
            { Put: { TableName: "users", Item: user(5, "Eve") } },
            {
              Put: {
                TableName: "users",
                Item: user(1, "Bob"),
                ConditionExpression: "attribute_not_exists(id)",
                ReturnValuesOnConditionCheckFailure: "ALL_OLD"
              }
            },
            { ConditionCheck: { TableName: "users", Key: key(9), ConditionExpression: "attribute_exists(id)" } }
          ]
        }))
        assert.strictEqual(e._tag, "TransactionCanceledException")
        if (e._tag !== "TransactionCanceledException") return
        assert.deepStrictEqual(e.reasons.map((reason) => reason.code), [
          "None",
          "ConditionalCheckFailed",
          "ConditionalCheckFailed"
        ])
        assert.deepStrictEqual(e.reasons.map((reason) => reason.item), [
          Option.none(),
          Option.some(user(1, "Ada")),
          Option.none()
        ])
        assert.isUndefined((yield* db.getItem({ TableName: "users", Key: key(5) })).Item)
      }))

    test("a transaction writes all", (db) =>
      Effect.gen(function*() {
        yield* db.transactWriteItems({
          TransactItems: [1, 2, 3].map((id) => ({ Put: { TableName: "users", Item: user(id, "x") } }))
        })
        assert.strictEqual((yield* db.scan({ TableName: "users" })).Count, 3)
      }))

    test("a token makes a transaction once, and holds for its parameters only", (db) =>
      Effect.gen(function*() {
        const add = (amount: string) =>
          db.transactWriteItems({
            ClientRequestToken: "token-1",
            TransactItems: [{
              Update: {
                TableName: "users",
                Key: key(1),
                UpdateExpression: "ADD n :n",
                ExpressionAttributeValues: { ":n": { N: amount } }
              }
            }]
          })
        yield* add("1")
        yield* add("1")
        assert.deepStrictEqual((yield* db.getItem({ TableName: "users", Key: key(1) })).Item?.n, { N: "1" })
        assert.strictEqual((yield* Effect.flip(add("2")))._tag, "IdempotentParameterMismatchException")
      }))

    test("tables: create, describe, list, delete, and their failures", (db) =>
      Effect.gen(function*() {
        yield* db.createTable({ ...users, TableName: "more" })
        assert.strictEqual((yield* db.describeTable({ TableName: "more" })).Table?.TableName, "more")
        assert.deepStrictEqual((yield* db.listTables({})).TableNames, ["more", "users"])
        assert.strictEqual((yield* Effect.flip(db.createTable(users)))._tag, "ResourceInUseException")
        yield* db.deleteTable({ TableName: "more" })
        assert.strictEqual(
          (yield* Effect.flip(db.deleteTable({ TableName: "none" })))._tag,
          "ResourceNotFoundException"
        )
        yield* db.ping
      }))

    test("a missing table, a wrong key, a wrong expression", (db) =>
      Effect.gen(function*() {
        const missing = yield* Effect.flip(db.getItem({ TableName: "none", Key: key(1) }))
        assert.deepStrictEqual([missing._tag, missing.operation, missing.resource, missing.attempts], [
          "ResourceNotFoundException",
          "GetItem",
          "none",
          1
        ])
        const invalid: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }>> = [
          db.getItem({ TableName: "users", Key: { org: { S: "acme" } } }),
          db.getItem({ TableName: "users", Key: { org: { S: "acme" }, id: { S: "1" } } }),
          db.putItem({ TableName: "users", Item: { org: { S: "acme" } } }),
          db.scan({ TableName: "users", FilterExpression: "id >" }),
          db.scan({
            TableName: "users",
            FilterExpression: "size = :x",
            ExpressionAttributeValues: { ":x": { S: "" } }
          }),
          db.putItem({ TableName: "users", Item: { ...user(1, "x"), big: { S: "x".repeat(409_600) } } })
        ]
        for (const call of invalid) {
          const e = yield* Effect.flip(call)
          assert.strictEqual(e instanceof Object && "_tag" in e ? e._tag : e, "ValidationException")
        }
      }))
  })
