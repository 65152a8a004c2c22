/** What becomes of answers that hold no items, and of what a batch leaves over. What the operations do is tried on the engine, in `packages/local`. */
import * as AwsRetry from "@armature/aws/AwsRetry"
import { ConnectionException, WriteOutcomeUnknownException } from "@armature/aws/Exceptions"
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Document from "@armature/dynamodb/Document"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { assert } from "vitest"

// a server's answer is typed, and may still be anything
const malformed = { n: { N: "not a number" }, s: { S: 1 } as unknown as AttributeValue }

type Failure = Effect.Effect.Error<
  ReturnType<
    Document.Document.Service<"number">["executeStatement" | "executeTransaction" | "updateItem" | "transactGetItems"]
  >
>

const world = Document.layer.pipe(Layer.provide(DynamoDB.layerFake({
  getItem: () => Effect.succeed({ Item: malformed }),
  scan: () => Effect.succeed({ Items: [{}, malformed] }),
  putItem: () => Effect.succeed({ Attributes: malformed }),
  updateItem: () => Effect.succeed({ Attributes: malformed }),
  deleteItem: () => Effect.succeed({ Attributes: malformed }),
  executeStatement: () => Effect.succeed({ Items: [malformed] }),
  batchExecuteStatement: () => Effect.succeed({ Responses: [{ Item: malformed }] }),
  executeTransaction: () => Effect.succeed({ Responses: [{ Item: malformed }] }),
  transactGetItems: () => Effect.succeed({ Responses: [{ Item: malformed }] })
})))

describe("an answer that holds no items", () => {
  it.effect("fails a read, with the path", () =>
    Effect.gen(function*() {
      const document = yield* Document.Document
      const e = yield* Effect.flip(document.getItem("t", { id: 1 }))
      assert.deepStrictEqual(e._tag === "SerializationException" && e.path, ["n"])
      const page = yield* Effect.flip(document.scan("t"))
      assert.deepStrictEqual(page._tag === "SerializationException" && page.path, [1, "n"])
      const statement = "SELECT * FROM t"
      const reads = [
        document.executeStatement(statement),
        document.executeTransaction([{ statement }]),
        document.transactGetItems([{ get: "t", key: { id: 1 } }])
      ]
      for (const read of reads) {
        const e = yield* Effect.flip<unknown, Failure, never>(read)
        assert.deepStrictEqual(e._tag === "SerializationException" && e.path, [0, "n"])
      }
      const [result] = yield* document.batchExecuteStatement([{ statement }])
      assert.strictEqual(Either.isLeft(result) && result.left._tag, "SerializationException")
    }).pipe(Effect.provide(world)))

  it.effect("leaves open what became of a write", () =>
    Effect.gen(function*() {
      const document = yield* Document.Document
      const writes = [
        document.putItem("t", { id: 1 }),
        document.updateItem("t", { id: 1 }, {}),
        document.deleteItem("t", { id: 1 }),
        document.executeStatement("DELETE FROM t WHERE id = 1 RETURNING ALL OLD *"),
        document.executeTransaction([{ statement: "DELETE FROM t WHERE id = 1" }])
      ]
      for (const write of writes) {
        const e = yield* Effect.flip<unknown, Failure, never>(write)
        if (e._tag !== "WriteOutcomeUnknownException") return assert.fail(e.message)
        assert.strictEqual(e.outcome, "unknown")
        assert.strictEqual(e.last._tag, "SerializationException")
        assert.include(["t", undefined], e.resource)
      }
      const [result] = yield* document.batchExecuteStatement([{ statement: "DELETE FROM t WHERE id = 1" }])
      if (Either.isRight(result)) return assert.fail("it holds no item")
      assert.deepStrictEqual([result.left._tag, result.left.outcome], ["StatementException", "unknown"])
    }).pipe(Effect.provide(world)))
})

describe("an answer with too few parts", () => {
  const world = Document.layer.pipe(Layer.provide(DynamoDB.layerFake({
    executeTransaction: () => Effect.succeed({}),
    transactGetItems: () => Effect.succeed({ Responses: [{}] })
  })))

  it.effect("is not taken for missing items", () =>
    Effect.gen(function*() {
      const document = yield* Document.Document
      const read = yield* Effect.flip(
        document.transactGetItems([{ get: "t", key: { id: 1 } }, { get: "t", key: { id: 2 } }])
      )
      assert.strictEqual(read._tag, "InvalidResponseException")
      const select = yield* Effect.flip(document.executeTransaction([{ statement: "SELECT * FROM t" }]))
      assert.strictEqual(select._tag, "WriteOutcomeUnknownException")
      const written = yield* document.executeTransaction([{ statement: "DELETE FROM t WHERE id = 1" }])
      assert.deepStrictEqual(written, [Option.none()])
    }).pipe(Effect.provide(world)))
})

describe("what a batch leaves over", () => {
  const huge = 12345678901234567890n
  const item = (id: number) => ({ id: { N: String(id) }, huge: { N: String(huge) } })
  const batches = (handlers: Partial<DynamoDB.DynamoDB.Handlers>) =>
    Document.layer.pipe(Layer.provide(DynamoDB.layerFake(handlers)))

  it.effect("is the keys that were given, beside the items that were read", () =>
    Effect.gen(function*() {
      const document = yield* Document.Document
      const keys = [{ id: 1 }, { id: 2n }, { id: 3 }]
      const table = { keys, consistentRead: true, projection: ["huge"] } as const
      const e = yield* Effect.flip(document.batchGetItem({ t: table }).pipe(AwsRetry.withPolicy(AwsRetry.none)))
      if (e._tag !== "UnprocessedException") return assert.fail(e._tag)
      assert.deepStrictEqual(e.unprocessed, { t: { ...table, keys: [{ id: 2n }] } })
      assert.strictEqual(e.unprocessed["t"]?.keys[0], keys[1])
      assert.deepStrictEqual(e.items.t.map(Option.map(({ huge }) => String(huge))), [
        Option.some(`BigDecimal(${huge})`),
        Option.none(),
        Option.none()
      ])
      assert.deepStrictEqual([e.operation, e.outcome, e.unknown], ["BatchGetItem", "not-applied", {}])
    }).pipe(Effect.provide(batches({
      batchGetItem: ({ RequestItems }) =>
        Effect.succeed({
          // the first of three, then none of what is left
          Responses: { t: RequestItems?.["t"]?.Keys?.length === 3 ? [item(1)] : [] },
          UnprocessedKeys: { t: { Keys: [{ id: { N: "2" } }] } }
        })
    }))))

  const writes = [
    { put: "t", item: { id: 1, huge } },
    { delete: "u", key: { id: 2 } },
    { put: "t", item: { id: 3 } }
  ] as const
  const left = (document: Document.Document.Service<"number">, given: ReadonlyArray<Document.BatchWrite> = writes) =>
    Effect.flip(document.batchWriteItem(given, { keys: { t: ["id"] } }).pipe(AwsRetry.withPolicy(AwsRetry.none)))

  it.effect("is the writes that were given", () =>
    Effect.gen(function*() {
      const e = yield* left(yield* Document.Document)
      if (e._tag !== "UnprocessedException") return assert.fail(e._tag)
      assert.deepStrictEqual(e.unprocessed, [writes[0], writes[1]])
      assert.strictEqual(e.unprocessed[0], writes[0])
      assert.deepStrictEqual([e.operation, e.outcome, e.unknown], ["BatchWriteItem", "not-applied", []])
    }).pipe(Effect.provide(batches({
      batchWriteItem: ({ RequestItems }) =>
        Effect.succeed({
          UnprocessedItems: { t: (RequestItems?.["t"] ?? []).slice(0, 1), u: RequestItems?.["u"] ?? [] }
        })
    }))))

  it.effect("is told from what is unknown, also where AWS gives it in other words", () =>
    Effect.gen(function*() {
      const document = yield* Document.Document
      const many = Array.from({ length: 26 }, (_, id): Document.BatchWrite => ({ put: "t", item: { id } }))
      const e = yield* left(document, many)
      if (e._tag !== "UnprocessedException") return assert.fail(e._tag)
      assert.deepStrictEqual(e.unknown, many.slice(25))
      assert.deepStrictEqual(e.unprocessed, [{ put: "t", item: { id: 77 } }, { delete: "t", key: { id: 78 } }])
      assert.deepStrictEqual([e.outcome, e.last?._tag], ["unknown", "WriteOutcomeUnknownException"])
    }).pipe(Effect.provide(batches({
      batchWriteItem: ({ RequestItems }) =>
        RequestItems?.["t"]?.length === 1
          ? Effect.fail(new WriteOutcomeUnknownException({ last: new ConnectionException({ reason: "Reset" }) }))
          : Effect.succeed({
            UnprocessedItems: {
              t: [{ PutRequest: { Item: { id: { N: "77" } } } }, { DeleteRequest: { Key: { id: { N: "78" } } } }]
            }
          })
    }))))

  it.effect("is unknown where the answer holds no items", () =>
    Effect.gen(function*() {
      const e = yield* left(yield* Document.Document)
      assert.deepStrictEqual(e._tag === "WriteOutcomeUnknownException" && e.last._tag, "SerializationException")
    }).pipe(Effect.provide(batches({
      batchWriteItem: () => Effect.succeed({ UnprocessedItems: { t: [{ PutRequest: { Item: malformed } }] } })
    }))))
})
