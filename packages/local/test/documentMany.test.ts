/** The operations on native values that take or give many items, over the service in process. */
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as Wire from "@armature/aws/WireFailure"
import * as Document from "@armature/dynamodb/Document"
import { ConditionalCheckFailedException } from "@armature/dynamodb/DynamoDBException"
import * as Expression from "@armature/dynamodb/Expression"
import * as Operation from "@armature/dynamodb/Operation"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import { describe, it } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { assert } from "vitest"
import { users } from "./service.js"

const world = Document.layer.pipe(Layer.provideMerge(LocalDynamoDB.layer({ tables: [users] })))
const test = (
  what: string,
  body: (
    document: Document.Document.Service<"number">
  ) => Effect.Effect<void, unknown, Layer.Layer.Success<typeof world>>
) => it.effect(what, () => Effect.flatMap(Document.Document, body).pipe(Effect.provide(world)))

const key = (id: number) => ({ org: "acme", id })
const ids = [1, 2, 3, 4, 5]
const huge = 12345678901234567890n

const filled = (document: Document.Document.Service<"number">) =>
  document.batchWriteItem(ids.map((id) => ({ put: "users", item: { ...key(id), odd: id % 2 === 1 } })))

const operations = Effect.flatMap(
  LocalDynamoDB.LocalDynamoDB,
  (local) => Effect.map(local.calls, (calls) => calls.map(({ operation }) => operation))
)

const items = <A, E, R>(stream: Stream.Stream<A, E, R>) => Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)
const all = { keyCondition: Expression.eq("org", "acme") } as const

describe("pages", () => {
  test("follow one another, from a given key on", (document) =>
    Effect.gen(function*() {
      yield* filled(document)
      const query = yield* items(document.query.pages("users", { ...all, limit: 2, projection: ["id"] }))
      assert.deepStrictEqual(query.map((page) => page.items.map(({ id }) => id)), [[1, 2], [3, 4], [5]])
      assert.deepStrictEqual(query[0]?.lastEvaluatedKey, Option.some(key(2)))
      const scan = yield* items(document.scan.pages("users", { limit: 2, exclusiveStartKey: key(2) }))
      assert.deepStrictEqual(scan.map((page) => page.count), [2, 1])
      assert.deepStrictEqual(yield* items(Stream.map(document.scan.pages("users"), (page) => page.scannedCount)), [5])
    }))

  test("give their items, so many at most as are asked for", (document) =>
    Effect.gen(function*() {
      yield* filled(document)
      const odd = { ...all, filter: Expression.eq("odd", true), scanIndexForward: false, limit: 1 } as const
      const query = yield* items(document.query.items("users", odd))
      assert.deepStrictEqual(query.map(({ id }) => id), [5, 3, 1])
      assert.deepStrictEqual((yield* items(document.query.items("users", odd, { limit: 2 }))).map(({ id }) => id), [
        5,
        3
      ])
      const scan = yield* items(document.scan.items("users", { projection: ["id"], limit: 2 }, { limit: 3 }))
      assert.deepStrictEqual(scan, [{ id: 1 }, { id: 2 }, { id: 3 }])
      assert.lengthOf(yield* items(document.scan.items("users")), 5)
    }))

  test("are counted without their items", (document) =>
    Effect.gen(function*() {
      yield* filled(document)
      assert.strictEqual(yield* document.query.count("users", { ...all, limit: 2 }), 5)
      assert.strictEqual(yield* document.scan.count("users", { filter: Expression.eq("odd", true) }), 3)
      assert.strictEqual(yield* document.scan.count("users"), 5)
      const page: Omit<Document.Page<"number">, "items"> = yield* document.query("users", { ...all, select: "COUNT" })
      assert.deepStrictEqual([page.count, page.scannedCount], [5, 5])
      const { calls } = yield* LocalDynamoDB.LocalDynamoDB
      const inputs = (yield* calls).filter(({ operation }) => operation === "Query" || operation === "Scan")
      assert.isTrue(inputs.every(({ input }) => (input as { readonly Select?: unknown }).Select === "COUNT"))
    }))

  test("are read in parts at a time", (document) =>
    Effect.gen(function*() {
      yield* filled(document)
      const seen: Array<number> = []
      const found = yield* items(document.scan.parallel("users", {
        segments: 3,
        concurrency: 2,
        filter: Expression.eq("odd", true),
        projection: ["id"],
        onProgress: ({ segmentsDone }) => Effect.sync(() => seen.push(segmentsDone))
      }))
      assert.sameDeepMembers([...found], [{ id: 1 }, { id: 3 }, { id: 5 }])
      assert.deepStrictEqual(seen, [1, 2, 3])
      const e = yield* Effect.flip(items(document.scan.parallel("users", { segments: 0 })))
      assert.strictEqual(e._tag, "ValidationException")
    }))

  test("give what they can before a number that loses digits, and go on from a key that does", (document) =>
    Effect.gen(function*() {
      yield* document.batchWriteItem([1, huge, 2].map((n, i) => ({ put: "users", item: { ...key(i), n } })))
      const seen: Array<unknown> = []
      const e = yield* document.scan.items("users").pipe(
        Stream.runForEach(({ n }) => Effect.sync(() => seen.push(n))),
        Effect.flip
      )
      assert.deepStrictEqual(e._tag === "SerializationException" && e.path, ["n"])
      assert.deepStrictEqual(seen, [1])
      yield* document.putItem("users", { org: "big", id: huge })
      const [page] = yield* items(document.query.pages("users", {
        keyCondition: Expression.eq("org", "big"),
        projection: ["org"],
        limit: 1
      }))
      const last = Option.getOrThrow(page?.lastEvaluatedKey ?? Option.none())
      assert.isTrue(BigDecimal.isBigDecimal(last.id) && BigDecimal.equals(last.id, BigDecimal.fromBigInt(huge)))
    }))

  test("are not asked for with a value that cannot be stored", (document) =>
    Effect.gen(function*() {
      const bad = { keyCondition: Expression.eq("org", NaN) }
      const tags = yield* Effect.all([
        Effect.flip(items(document.query.pages("users", bad))),
        Effect.flip(items(document.query.items("users", bad))),
        Effect.flip(document.query.count("users", bad))
      ])
      assert.deepStrictEqual(tags.map((e) => e._tag === "SerializationException" && e.path), [["org"], ["org"], [
        "org"
      ]])
      assert.deepStrictEqual(yield* operations, [])
    }))
})

describe("batches", () => {
  test("of any size are written, and read in the order of their keys", (document) =>
    Effect.gen(function*() {
      const many = Array.from({ length: 130 }, (_, id) => ({ ...key(id), n: id }))
      yield* document.batchWriteItem(many.map((item) => ({ put: "users", item })))
      yield* document.batchWriteItem([
        { put: "users", item: { ...key(0), n: "first" } },
        { delete: "users", key: key(1) },
        { put: "users", item: { ...key(0), n: "last" } }
      ], { keys: { users: ["org", "id"] } })
      const found = yield* document.batchGetItem({
        users: {
          keys: [...many].reverse().map(({ id, org }) => ({ org, id })),
          projection: ["n"],
          consistentRead: true
        }
      })
      assert.deepStrictEqual(found.users, [
        ...many.slice(2).reverse().map(({ n }) => Option.some({ n })),
        Option.none(),
        Option.some({ n: "last" })
      ])
      yield* document.batchWriteItem([])
      assert.deepStrictEqual(yield* document.batchGetItem({}), {})
    }))

  test("say where a value is that cannot be stored or read", (document) =>
    Effect.gen(function*() {
      const bad = { a: [NaN] }
      const read = yield* Effect.flip(document.batchGetItem({ users: { keys: [key(1), bad] } }))
      assert.deepStrictEqual(read._tag === "SerializationException" && read.path, ["users", 1, "a", 0])
      const write = yield* Effect.flip(
        document.batchWriteItem([{ put: "users", item: {} }, { delete: "users", key: bad }])
      )
      assert.deepStrictEqual(write._tag === "SerializationException" && write.path, [1, "a", 0])
      assert.deepStrictEqual(yield* operations, [])
      yield* document.putItem("users", { ...key(1), huge })
      const e = yield* Effect.flip(document.batchGetItem({ users: { keys: [key(0), key(1)] } }))
      assert.deepStrictEqual(e._tag === "SerializationException" && e.path, ["users", 1, "huge"])
    }))
})

describe("transactions of reads", () => {
  test("give an item, or none, for each", (document) =>
    Effect.gen(function*() {
      yield* document.putItem("users", { ...key(1), name: "Ada" })
      const found = yield* document.transactGetItems([
        { get: "users", key: key(1), projection: "#n", names: { "#n": "name" } },
        { get: "users", key: key(2) }
      ])
      assert.deepStrictEqual(found, [Option.some({ name: "Ada" }), Option.none()])
      const bad = yield* Effect.flip(document.transactGetItems([{ get: "users", key: { org: Infinity } }]))
      assert.deepStrictEqual(bad._tag === "SerializationException" && bad.path, [0, "org"])
      yield* document.putItem("users", { ...key(2), huge })
      const e = yield* Effect.flip(
        document.transactGetItems([{ get: "users", key: key(1) }, { get: "users", key: key(2) }])
      )
      assert.deepStrictEqual(e._tag === "SerializationException" && e.path, [1, "huge"])
    }))
})

describe("statements", () => {
  test("take native parameters and give native items, page by page", (document) =>
    Effect.gen(function*() {
      const inserted = yield* document.executeStatement(
        "INSERT INTO users VALUE {'org': ?, 'id': ?, 'tags': ?}",
        ["acme", 1, new Set(["a"])]
      )
      assert.deepStrictEqual(inserted, { items: [], nextToken: Option.none() })
      yield* document.putItem("users", key(2))
      const first = yield* document.executeStatement("SELECT * FROM users", [], { limit: 1, consistentRead: true })
      assert.deepStrictEqual(first.items, [{ ...key(1), tags: new Set(["a"]) }])
      const rest = yield* document.executeStatement("SELECT * FROM users", undefined, {
        nextToken: Option.getOrThrow(first.nextToken)
      })
      assert.deepStrictEqual(rest.items, [key(2)])
      const bad = yield* Effect.flip(document.executeStatement("SELECT * FROM users WHERE id = ?", [NaN]))
      assert.deepStrictEqual(bad._tag === "SerializationException" && bad.path, [0])
    }))

  test("fail with native items, and never for what a write gave back", (document) =>
    Effect.gen(function*() {
      yield* document.putItem("users", { ...key(1), huge, n: 1 })
      const e = yield* Effect.flip(
        document.executeStatement("UPDATE users SET n = 3 WHERE org = 'acme' AND id = 1 AND n = 2", [], {
          returnItemOnFailure: true
        })
      )
      if (e._tag !== "ConditionalCheckFailedException") return assert.fail(e.message)
      assert.deepStrictEqual(Option.map(e.item, ({ n }) => n), Option.some(1))
      const read = yield* Effect.flip(document.executeStatement("SELECT * FROM users"))
      assert.deepStrictEqual(read._tag === "SerializationException" && read.path, [0, "huge"])
      const { items: [gone] } = yield* document.executeStatement(
        "DELETE FROM users WHERE org = 'acme' AND id = 1 RETURNING ALL OLD *"
      )
      assert.deepStrictEqual([gone?.n, String(gone?.huge)], [1, `BigDecimal(${huge})`])
    }))

  test("of a batch have a result each", (document) =>
    Effect.gen(function*() {
      yield* document.putItem("users", { ...key(1), n: 1 })
      yield* document.putItem("users", { ...key(2), huge })
      const select = "SELECT * FROM users WHERE org = ? AND id = ?"
      const reads = yield* document.batchExecuteStatement([
        { statement: select, parameters: ["acme", 1], consistentRead: true },
        { statement: select, parameters: ["acme", 2] },
        { statement: select, parameters: ["acme", 3] }
      ])
      assert.deepStrictEqual(reads[0], Either.right(Option.some({ ...key(1), n: 1 })))
      assert.deepStrictEqual(Either.isLeft(reads[1]) && reads[1].left._tag, "SerializationException")
      assert.deepStrictEqual(reads[2], Either.right(Option.none()))
      const update = "UPDATE users SET n = 9 WHERE org = 'acme' AND id = 1 AND n = ?"
      const [write] = yield* document.batchExecuteStatement([
        { statement: update, parameters: [5], returnItemOnFailure: true }
      ])
      if (Either.isRight(write)) return assert.fail("the condition is false")
      assert.deepStrictEqual([write.left._tag, write.left.code], ["StatementException", "ConditionalCheckFailed"])
      assert.deepStrictEqual(write.left.item, Option.some({ ...key(1), n: 1 }))
      const e = yield* Effect.flip(
        document.batchExecuteStatement([{ statement: select }, { statement: select, parameters: ["a", NaN] }])
      )
      assert.deepStrictEqual(e._tag === "SerializationException" && e.path, [1, 1])
    }))

  test("of a transaction all apply, or none", (document) =>
    Effect.gen(function*() {
      const insert = "INSERT INTO users VALUE {'org': 'acme', 'id': ?}"
      const done = yield* document.executeTransaction(
        [{ statement: insert, parameters: [1] }, { statement: insert, parameters: [2] }],
        { clientRequestToken: "once" }
      )
      assert.deepStrictEqual(done, [Option.none(), Option.none()])
      const select = "SELECT * FROM users WHERE org = 'acme' AND id = ?"
      const found = yield* document.executeTransaction([
        { statement: select, parameters: [2] },
        { statement: select, parameters: [3] }
      ])
      assert.deepStrictEqual(found, [Option.some(key(2)), Option.none()])
      const e = yield* Effect.flip(document.executeTransaction([
        { statement: insert, parameters: [4] },
        {
          statement: "UPDATE users SET n = 1 WHERE org = 'acme' AND id = 1 AND n = ?",
          parameters: [0],
          returnItemOnFailure: true
        }
      ]))
      if (e._tag !== "TransactionCanceledException") return assert.fail(e.message)
      assert.deepStrictEqual(e.reasons.map(({ item }) => item), [Option.none(), Option.some(key(1))])
      assert.strictEqual(yield* document.scan.count("users"), 2)
    }))
})

const lost = Wire.connectionFault({ phase: "sent", timeout: false, cause: { code: "ECONNRESET" } })
/** The first answer to an operation is lost, and the policy repeats what may be repeated. */
const losing =
  (operation: "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" | "ExecuteStatement") =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      AwsRetry.withPolicy(Schedule.recurs(3)),
      LocalDynamoDB.withFaults([{ operation, effect: "after", failure: lost }])
    )
const unknown = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (e) => assert.strictEqual(e._tag, "WriteOutcomeUnknownException"))

describe("writes whose answer was lost", () => {
  test("are applied once with `idempotent`, and fail with native items", (document) =>
    Effect.gen(function*() {
      const options = { idempotent: true } as const
      yield* losing("TransactWriteItems")(document.updateItem("users", key(1), { add: { n: 1 } }, options))
      assert.deepStrictEqual(yield* document.getItem("users", key(1)), Option.some({ ...key(1), n: 1 }))
      const add = yield* Operation.freeze(document.updateItem("users", key(1), { add: { n: 1 } }, options))
      yield* unknown(losing("TransactWriteItems")(add.pipe(AwsRetry.withPolicy(AwsRetry.none))))
      yield* add
      yield* add
      assert.deepStrictEqual(yield* document.getItem("users", key(1)), Option.some({ ...key(1), n: 2 }))

      const none = yield* document.putItem("users", { ...key(2), huge }, { idempotent: true, returnValues: "NONE" })
      assert.deepStrictEqual(none, Option.none())
      const e = yield* Effect.flip(document.deleteItem("users", key(2), {
        idempotent: true,
        condition: Expression.eq("huge", 1),
        returnItemOnFailure: true
      }))
      if (e._tag !== "ConditionalCheckFailedException") return assert.fail(e.message)
      assert.deepStrictEqual(Option.map(e.item, (item) => String(item["huge"])), Option.some(`BigDecimal(${huge})`))
      yield* losing("TransactWriteItems")(document.deleteItem("users", key(2), options))
      assert.strictEqual(yield* document.scan.count("users"), 1)
    }))

  test("are sent again as `resend` says", (document) =>
    Effect.gen(function*() {
      const never = { resend: "never" } as const
      const always = { resend: "always" } as const
      const item = key(1)
      yield* losing("PutItem")(document.putItem("users", item))
      yield* unknown(losing("PutItem")(document.putItem("users", item, never)))
      yield* losing("DeleteItem")(document.deleteItem("users", item))
      yield* unknown(losing("DeleteItem")(document.deleteItem("users", item, never)))
      yield* unknown(losing("UpdateItem")(document.updateItem("users", item, { set: { n: 1 } })))
      yield* losing("UpdateItem")(document.updateItem("users", item, { set: { n: 1 } }, always))
      yield* losing("TransactWriteItems")(document.transactWriteItems([{ put: "users", item }]))
      yield* unknown(losing("TransactWriteItems")(document.transactWriteItems([{ put: "users", item }], never)))
      const set = "UPDATE users SET n = 1 WHERE org = 'acme' AND id = 1"
      yield* unknown(losing("ExecuteStatement")(document.executeStatement(set)))
      yield* losing("ExecuteStatement")(document.executeStatement(set, [], always))
      const write = (resend: "never" | "safe") =>
        document.batchWriteItem([{ put: "users", item }], { resend }).pipe(
          AwsRetry.withPolicy(Schedule.recurs(3)),
          LocalDynamoDB.withFaults([{ operation: "BatchWriteItem", effect: "after", failure: lost }])
        )
      yield* write("safe")
      yield* unknown(write("never"))
    }))

  test("have native items on their last failure, too", (document) =>
    Effect.gen(function*() {
      yield* document.putItem("users", { ...key(1), n: 1 })
      const e = yield* Effect.flip(
        losing("UpdateItem")(document.updateItem("users", key(1), { add: { n: 1 } }, {
          condition: Expression.eq("n", 1),
          returnItemOnFailure: true,
          resend: "always"
        }))
      )
      if (e._tag !== "WriteOutcomeUnknownException") return assert.fail(e._tag)
      assert.instanceOf(e.last, ConditionalCheckFailedException)
      assert.deepStrictEqual("item" in e.last && e.last.item, Option.some({ ...key(1), n: 2 }))
      assert.deepStrictEqual([e.resource, e.attempts], ["users", 2])
    }))
})
