/** The operations on native values, over the service in process. */
import type { AwsException } from "@armature/aws/AwsException"
import { SerializationException } from "@armature/aws/Exceptions"
import * as Document from "@armature/dynamodb/Document"
import * as Expression from "@armature/dynamodb/Expression"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { assert } from "vitest"

const users: CreateTableCommandInput = {
  TableName: "users",
  KeySchema: [{ AttributeName: "org", KeyType: "HASH" }, { AttributeName: "id", KeyType: "RANGE" }],
  AttributeDefinitions: [{ AttributeName: "org", AttributeType: "S" }, { AttributeName: "id", AttributeType: "N" }],
  BillingMode: "PAY_PER_REQUEST"
}

const world = Document.layer.pipe(Layer.provideMerge(LocalDynamoDB.layer({ tables: [users] })))
const test = (
  what: string,
  body: (
    document: Document.Document.Service<"number">
  ) => Effect.Effect<void, unknown, Layer.Layer.Success<typeof world>>
) => it.effect(what, () => Effect.flatMap(Document.Document, body).pipe(Effect.provide(world)))

const key = (id: number) => ({ org: "acme", id })
const huge = 12345678901234567890n

describe("items", () => {
  test("are put, read and deleted as they are", (document) =>
    Effect.gen(function*() {
      const item = {
        ...key(1),
        name: "Ada",
        score: 12.5,
        admin: true,
        note: null,
        tags: new Set(["a", "b"]),
        lucky: new Set([1, 2.5]),
        photo: new Uint8Array([1, 2]),
        blobs: new Set([new Uint8Array([3])]),
        deep: { list: [1, { x: "y" }], empty: {} }
      }
      assert.deepStrictEqual(yield* document.getItem("users", key(1)), Option.none())
      assert.deepStrictEqual(yield* document.putItem("users", { ...item, left: undefined }), Option.none())
      assert.deepStrictEqual(yield* document.getItem("users", key(1), { consistentRead: true }), Option.some(item))
      assert.deepStrictEqual(
        yield* document.getItem("users", key(1), { projection: ["name", ["deep", "list", 1]] }),
        Option.some({ name: "Ada", deep: { list: [{ x: "y" }] } })
      )
      const old = yield* document.putItem("users", { ...key(1), name: "B" }, { returnValues: "ALL_OLD" })
      assert.deepStrictEqual(old, Option.some(item))
      const gone = yield* document.deleteItem("users", key(1), { returnValues: "ALL_OLD" })
      assert.deepStrictEqual(gone, Option.some({ ...key(1), name: "B" }))
      assert.deepStrictEqual(yield* document.deleteItem("users", key(1), { returnValues: "ALL_OLD" }), Option.none())
    }))

  test("are updated by changes, by actions and by text", (document) =>
    Effect.gen(function*() {
      yield* document.putItem("users", { ...key(1), name: "Ada", n: 1, old: 1, tags: new Set(["a", "b"]) })
      const changed = yield* document.updateItem("users", key(1), {
        set: { name: "Ada L.", m: Expression.plus("n", 10), never: undefined },
        remove: ["old"],
        add: { n: 0.5 },
        delete: { tags: new Set(["b"]) }
      }, { condition: Expression.eq("name", "Ada"), returnValues: "ALL_NEW" })
      assert.deepStrictEqual(
        changed,
        Option.some({ ...key(1), name: "Ada L.", n: 1.5, m: 11, tags: new Set(["a"]) })
      )
      const acted = yield* document.updateItem("users", key(1), [
        Expression.set("list", Expression.listAppend(Expression.ifNotExists("list", []), ["x"])),
        Expression.remove("tags")
      ], { returnValues: "UPDATED_NEW" })
      assert.deepStrictEqual(acted, Option.some({ list: ["x"] }))
      const texts = yield* document.updateItem("users", key(1), "SET #n = :n", {
        condition: "n = :old",
        names: { "#n": "name" },
        values: { ":n": "Eve", ":old": 1.5 },
        returnValues: "UPDATED_OLD"
      })
      assert.deepStrictEqual(texts, Option.some({ name: "Ada L." }))
      yield* document.updateItem("users", key(2), {})
      assert.deepStrictEqual(yield* document.getItem("users", key(2)), Option.some(key(2)))
    }))

  test("are found by query and scan, page by page", (document) =>
    Effect.gen(function*() {
      for (const id of [1, 2, 3]) yield* document.putItem("users", { ...key(id), odd: id % 2 === 1 })
      const first = yield* document.query("users", {
        keyCondition: Expression.and(Expression.eq("org", "acme"), Expression.ge("id", 1)),
        filter: Expression.eq("odd", true),
        scanIndexForward: false,
        limit: 2
      })
      assert.deepStrictEqual(first, {
        items: [{ ...key(3), odd: true }],
        count: 1,
        scannedCount: 2,
        lastEvaluatedKey: Option.some(key(2))
      })
      const rest = yield* document.query("users", {
        keyCondition: "org = :org",
        values: { ":org": "acme" },
        projection: ["id"],
        scanIndexForward: false,
        exclusiveStartKey: Option.getOrThrow(first.lastEvaluatedKey)
      })
      assert.deepStrictEqual(rest, { items: [{ id: 1 }], count: 1, scannedCount: 1, lastEvaluatedKey: Option.none() })
      const all = yield* document.scan("users", { filter: Expression.attributeExists("odd"), projection: ["id"] })
      assert.deepStrictEqual(all.items, [{ id: 1 }, { id: 2 }, { id: 3 }])
      const segments = yield* Effect.all(
        [0, 1].map((segment) => document.scan("users", { segment, totalSegments: 2 }))
      )
      assert.strictEqual(segments.reduce((count, page) => count + page.count, 0), 3)
    }))
})

describe("failures", () => {
  test("a failed condition has the item that stands there, in native form, when it was asked for", (document) =>
    Effect.gen(function*() {
      yield* document.putItem("users", { ...key(1), version: 3, huge })
      const condition = Expression.eq("version", 2)
      const asked = { condition, returnItemOnFailure: true } as const
      const item = Option.some({ ...key(1), version: 3, huge: BigDecimal.fromBigInt(huge) })
      const writes = [
        document.putItem("users", key(1), asked),
        document.deleteItem("users", key(1), asked),
        document.updateItem("users", key(1), { set: { version: 4 } }, asked)
      ]
      for (const write of writes) {
        const e = yield* Effect.flip(write)
        if (e._tag !== "ConditionalCheckFailedException") return assert.fail(e.message)
        const version = Option.map(e.item, (item) => item["version"])
        assert.deepStrictEqual(version, Option.some(3))
        assert.deepStrictEqual(
          Option.map(e.item, (item) => String(item["huge"])),
          Option.map(item, (i) => String(i.huge))
        )
        assert.deepStrictEqual([e.operation !== undefined, e.resource, e.attempts], [true, "users", 1])
        assert.isNotEmpty(e.awsMessage)
        assert.notInclude(JSON.stringify(e), "version")
      }
      const e = yield* Effect.flip(document.putItem("users", key(1), { condition }))
      assert.deepStrictEqual(e._tag === "ConditionalCheckFailedException" && e.item, Option.none())
    }))

  test("a canceled transaction has a reason for each action, with native items", (document) =>
    Effect.gen(function*() {
      yield* document.transactWriteItems([
        { put: "users", item: { ...key(1), n: 1 } },
        { put: "users", item: key(2) },
        { put: "users", item: key(3) }
      ])
      yield* document.transactWriteItems([
        { update: "users", key: key(1), changes: { add: { n: 1 } }, condition: Expression.eq("n", 1) },
        { delete: "users", key: key(2) },
        { check: "users", key: key(3), condition: Expression.attributeExists("id") },
        { put: "users", item: key(4), condition: "attribute_not_exists(id)" }
      ])
      assert.deepStrictEqual((yield* document.scan("users")).items, [{ ...key(1), n: 2 }, key(3), key(4)])
      const e = yield* Effect.flip(document.transactWriteItems([
        { delete: "users", key: key(3) },
        { check: "users", key: key(1), condition: Expression.gt("n", 2), returnItemOnFailure: true }
      ]))
      if (e._tag !== "TransactionCanceledException") return assert.fail(e.message)
      assert.deepStrictEqual(e.codes, ["None", "ConditionalCheckFailed"])
      assert.deepStrictEqual(e.reasons.map((reason) => reason.item), [
        Option.none(),
        Option.some({ ...key(1), n: 2 })
      ])
    }))

  test("a value that cannot be stored is found before anything is sent", (document) =>
    Effect.gen(function*() {
      const bad = { a: [NaN] }
      const calls: ReadonlyArray<readonly [ReadonlyArray<string | number>, Effect.Effect<unknown, AwsException>]> = [
        [["a", 0], document.putItem("users", bad)],
        [["a", 0], document.getItem("users", bad)],
        [["a", 0], document.deleteItem("users", bad)],
        [["x", "a", 0], document.updateItem("users", key(1), { set: { x: bad } })],
        [["n"], document.updateItem("users", key(1), {}, { condition: Expression.eq("n", undefined) })],
        [["a", 0], document.scan("users", { exclusiveStartKey: bad })],
        [["org"], document.query("users", { keyCondition: Expression.eq("org", Infinity) })],
        [[1, "a", 0], document.transactWriteItems([{ put: "users", item: {} }, { put: "users", item: bad }])]
      ]
      for (const [path, call] of calls) {
        const e = yield* Effect.flip(call)
        assert.deepStrictEqual(e instanceof SerializationException && e.path, path)
      }
      const many = [0, ...Array(100).keys()] as const
      const e = yield* Effect.flip(document.scan("users", { filter: Expression.in("id", many) }))
      assert.strictEqual(e._tag, "ValidationException")
      const local = yield* LocalDynamoDB.LocalDynamoDB
      assert.deepStrictEqual(yield* local.calls, [])
    }))

  test("the service's failures come as they are", (document) =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(document.putItem("nowhere", key(1)))
      assert.strictEqual(e._tag, "ResourceNotFoundException")
      assert.strictEqual((yield* Effect.flip(document.getItem("users", { id: 1 })))._tag, "ValidationException")
    }))
})

describe("numbers", () => {
  test("that are read fail where they would lose digits, and are whole where they were chosen so", (document) =>
    Effect.gen(function*() {
      yield* document.putItem("users", { ...key(1), list: [1, huge] })
      const e = yield* Effect.flip(document.getItem("users", key(1)))
      assert.deepStrictEqual(e._tag === "SerializationException" && e.path, ["list", 1])
      const page = yield* Effect.flip(document.scan("users"))
      assert.deepStrictEqual(page._tag === "SerializationException" && page.path, [0, "list", 1])

      const bigint = yield* Document.make({ numbers: "bigint" })
      assert.deepStrictEqual(
        yield* bigint.getItem("users", key(1)),
        Option.some({ org: "acme", id: 1n, list: [1n, huge] })
      )
      const decimal = yield* Document.make({ numbers: "BigDecimal" })
      const items = (yield* decimal.scan("users", { projection: ["list"] })).items
      assert.deepStrictEqual(items.map((item) => String(item["list"])), [
        "BigDecimal(1),BigDecimal(12345678901234567890)"
      ])
    }))

  test("that a write gives back are whole: it was applied, and cannot fail any more", (document) =>
    Effect.gen(function*() {
      const whole = yield* document.updateItem("users", key(1), { set: { a: 1, huge } }, {
        returnValues: "UPDATED_NEW"
      })
      assert.deepStrictEqual(
        Option.map(whole, ({ a, huge }) => [a, String(huge)]),
        Option.some([
          1,
          "BigDecimal(12345678901234567890)"
        ])
      )
    }))
})
