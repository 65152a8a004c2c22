/** What becomes of an answer that holds no items. What the operations do is tried on the engine, in `packages/local`. */
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Document from "@armature/dynamodb/Document"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { assert } from "vitest"

// a server's answer is typed, and may still be anything
const malformed = { n: { N: "not a number" }, s: { S: 1 } as unknown as AttributeValue }

const world = Document.layer.pipe(Layer.provide(DynamoDB.layerFake({
  getItem: () => Effect.succeed({ Item: malformed }),
  scan: () => Effect.succeed({ Items: [{}, malformed] }),
  putItem: () => Effect.succeed({ Attributes: malformed }),
  updateItem: () => Effect.succeed({ Attributes: malformed }),
  deleteItem: () => Effect.succeed({ Attributes: malformed })
})))

describe("an answer that holds no items", () => {
  it.effect("fails a read, with the path", () =>
    Effect.gen(function*() {
      const document = yield* Document.Document
      const e = yield* Effect.flip(document.getItem("t", { id: 1 }))
      assert.deepStrictEqual(e._tag === "SerializationException" && e.path, ["n"])
      const page = yield* Effect.flip(document.scan("t"))
      assert.deepStrictEqual(page._tag === "SerializationException" && page.path, [1, "n"])
    }).pipe(Effect.provide(world)))

  it.effect("leaves open what became of a write", () =>
    Effect.gen(function*() {
      const document = yield* Document.Document
      const writes = [
        document.putItem("t", { id: 1 }),
        document.updateItem("t", { id: 1 }, {}),
        document.deleteItem("t", { id: 1 })
      ]
      for (const write of writes) {
        const e = yield* Effect.flip(write)
        if (e._tag !== "WriteOutcomeUnknownException") return assert.fail(e.message)
        assert.strictEqual(e.outcome, "unknown")
        assert.strictEqual(e.last._tag, "SerializationException")
        assert.strictEqual(e.resource, "t")
      }
    }).pipe(Effect.provide(world)))
})
