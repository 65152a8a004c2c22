import type * as Sdk from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { isDeepStrictEqual } from "node:util"
import { assert } from "vitest"
import { itemId } from "../src/internal/batchKey.js"
import * as plan from "../src/internal/batchPlan.js"
import { itemSize, textSize } from "../src/internal/batchSize.js"
import type { Item } from "../src/internal/items.js"

const json = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => v instanceof Uint8Array ? Buffer.from(v).toString("base64") : v)
const bytesOf = (value: unknown): number => Buffer.byteLength(json(value))

const text = FastCheck.oneof(
  FastCheck.string(),
  FastCheck.string({ unit: "binary" }),
  FastCheck.array(FastCheck.integer({ min: 0, max: 0xffff }), { maxLength: 12 }).map((units) =>
    String.fromCharCode(...units)
  ),
  FastCheck.constantFrom("\u0000\b\t\n\f\r\u001f", "\"\\/", "é€😀", "\ud800", "\udc00\ud83d")
)
const binary = FastCheck.uint8Array({ maxLength: 20 })
const number = FastCheck.integer().map(String)
const { value } = FastCheck.letrec<{ value: Sdk.AttributeValue }>((tie) => ({
  value: FastCheck.oneof(
    { maxDepth: 4 },
    text.map((S) => ({ S })),
    number.map((N) => ({ N })),
    binary.map((B) => ({ B })),
    FastCheck.boolean().map((BOOL) => ({ BOOL })),
    FastCheck.boolean().map((NULL) => ({ NULL })),
    FastCheck.array(text, { maxLength: 3 }).map((SS) => ({ SS })),
    FastCheck.array(number, { maxLength: 3 }).map((NS) => ({ NS })),
    FastCheck.array(binary, { maxLength: 3 }).map((BS) => ({ BS })),
    FastCheck.array(tie("value"), { maxLength: 3 }).map((L) => ({ L })),
    FastCheck.dictionary(text, tie("value"), { maxKeys: 3 }).map((M) => ({ M }))
  )
}))
const item = FastCheck.dictionary(text.filter((name) => name !== "__proto__"), value, { maxKeys: 4 })

/** Equal for values that DynamoDB takes for equal: sets have no order, and no integer here is written in two ways. */
const comparable = (u: unknown): unknown => {
  if (u instanceof Uint8Array) return [...u].join()
  if (Array.isArray(u)) return u.map(comparable)
  if (typeof u !== "object" || u === null) return u
  return new Map(
    Object.entries(u).map(([name, member]) => [
      name,
      /^[SNB]S$/.test(name) && Array.isArray(member) ? member.map(comparable).sort() : comparable(member)
    ])
  )
}

describe("sizes on the wire", () => {
  it.prop("a text is as long as JSON writes it", [text], ([text]) => {
    assert.strictEqual(textSize(text), bytesOf(text))
  })

  it.prop("an item is as long as JSON writes it", [item], ([item]) => {
    assert.strictEqual(itemSize(item), bytesOf(item))
  })

  it("a member that is absent takes nothing", () => {
    const absent: Record<string, Sdk.AttributeValue> = { a: { S: "x" } }
    assert.strictEqual(itemSize({ ...absent, ...JSON.parse("{}"), b: undefined }), bytesOf(absent))
  })

  it("writes in one request have at most 25 members and 15 MiB", () => {
    const numbers = { L: Array.from({ length: 80_000 }, () => ({ N: "1" })) }
    const writes = Array.from({ length: 60 }, (_, i) => ({ PutRequest: { Item: { id: { N: String(i) }, numbers } } }))
    const { members } = plan.planWrites({ t: writes }, new Map([["t", ["id"]]]))
    const sizes = [...plan.chunks(members, plan.maxWrites, plan.writeSize)].map((chunk) => [
      chunk.length,
      JSON.stringify({ RequestItems: plan.writesOf(chunk) }).length
    ])
    assert.strictEqual(sizes.reduce((sum, [count = 0]) => sum + count, 0), 60)
    for (const [count = 0, bytes = 0] of sizes.slice(0, -1)) {
      assert.isAtMost(count, 25)
      assert.isAtMost(bytes, 15 * 1024 * 1024 + 1024)
      // and no fewer than fit
      assert.isAbove(bytes, 14 * 1024 * 1024)
    }
    const small = plan.planWrites({
      t: writes.map(({ PutRequest: { Item: { id } } }) => ({ DeleteRequest: { Key: { id } } }))
    }, new Map())
    assert.deepStrictEqual([...plan.chunks(small.members, plan.maxWrites, plan.writeSize)].map((c) => c.length), [
      25,
      25,
      10
    ])
  })

  it("what is no item is left to the transport to refuse", () => {
    const Item: Item = JSON.parse(`{"id":{"N":"1"},"x":null,"y":{"L":5}}`)
    const { members } = plan.planWrites({ t: [{ PutRequest: { Item } }] }, new Map([["t", ["id"]]]))
    assert.strictEqual([...plan.chunks(members, 25, plan.writeSize)].length, 1)
  })
})

describe("which requests are about the same item", () => {
  const n = (N: string): Item => ({ id: { N } })

  it("numbers by value", () => {
    for (const same of ["1.0", "1e0", "10e-1", "0.1E+1", "01", "+1", "1.000"]) {
      assert.strictEqual(itemId(n(same)), itemId(n("1")), same)
    }
    assert.strictEqual(itemId(n("-0")), itemId(n("0")))
    assert.strictEqual(itemId(n("1e2")), itemId(n("100")))
    assert.notStrictEqual(
      itemId(n("10000000000000000000000000000000000001")),
      itemId(n("10000000000000000000000000000000000000"))
    )
    assert.notStrictEqual(itemId(n("1")), itemId({ id: { S: "1" } }))
    assert.notStrictEqual(itemId(n("one")), itemId(n("two")))
  })

  it("binary by bytes", () => {
    const b = (B: Uint8Array): Item => ({ id: { B } })
    assert.strictEqual(itemId(b(Buffer.from([1, 255]))), itemId(b(new Uint8Array([1, 255]))))
    assert.strictEqual(itemId(b(new Uint8Array([9, 1, 2]).subarray(1))), itemId(b(new Uint8Array([1, 2]))))
    assert.notStrictEqual(itemId(b(new Uint8Array([195, 188]))), itemId(b(new Uint8Array([252]))))
  })

  it("the order of attributes does not count, where one ends does", () => {
    assert.strictEqual(itemId({ a: { S: "1" }, b: { S: "2" } }), itemId({ b: { S: "2" }, a: { S: "1" } }))
    assert.notStrictEqual(itemId({ a: { S: "x" }, b: { S: "yz" } }), itemId({ a: { S: "xy" }, b: { S: "z" } }))
  })

  it.prop("of whole items: equal texts for equal items, and for no others", [item, item], ([a, b]) => {
    assert.strictEqual(itemId(a), itemId(Object.fromEntries(Object.entries(a).reverse())))
    assert.strictEqual(itemId(a) === itemId(b), isDeepStrictEqual(comparable(a), comparable(b)))
  })

  it.prop("a change anywhere in an item changes its text", [item, value], ([a, other]) => {
    for (const name of Object.keys(a)) {
      const b = { ...a, [name]: other }
      assert.strictEqual(itemId(a) === itemId(b), isDeepStrictEqual(comparable(a), comparable(b)))
    }
  })

  it("of writes to one key the last one stays, in its own place", () => {
    const put = (id: string, v: string): Sdk.WriteRequest => ({ PutRequest: { Item: { id: { N: id }, v: { S: v } } } })
    const remove = (id: string): Sdk.WriteRequest => ({ DeleteRequest: { Key: { id: { N: id } } } })
    const requests = { t: [put("1", "a"), put("2", "b"), remove("3"), put("1.0", "c"), put("3", "d"), remove("2e0")] }
    const { members, unkeyed } = plan.planWrites(requests, plan.keysOf(requests, {}))
    assert.deepStrictEqual(plan.writesOf(members), { t: [put("1.0", "c"), put("3", "d"), remove("2e0")] })
    assert.deepStrictEqual(unkeyed, [])
  })

  it("puts alone do not tell their key: only what is equal throughout is the same", () => {
    const put = (v: string): Sdk.WriteRequest => ({ PutRequest: { Item: { id: { N: "1" }, v: { N: v } } } })
    const requests = { t: [put("1"), put("2"), put("1.0")] }
    assert.deepStrictEqual(plan.keysOf(requests, {}), new Map())
    const { members, unkeyed } = plan.planWrites(requests, new Map())
    assert.deepStrictEqual([members.length, unkeyed], [2, ["t"]])
    assert.strictEqual(plan.planWrites(requests, new Map([["t", ["id"]]])).members.length, 1)
  })

  it("an item without its key is not taken for another", () => {
    const requests = { t: ["a", "b"].map((S) => ({ PutRequest: { Item: { v: { S } } } })) }
    assert.strictEqual(plan.planWrites(requests, new Map([["t", ["id"]]])).members.length, 2)
  })
})

describe("reads", () => {
  const Keys = [{ id: { N: "1" } }, { id: { N: "2" } }, { id: { N: "1.0" } }]

  it("the key is added to a projection under a name of its own", () => {
    const sent = (asked: Omit<Sdk.KeysAndAttributes, "Keys">) => {
      const reads = plan.planReads({ t: { ...asked, Keys } })
      return plan.readsOf(reads, reads.members)
    }
    const distinct = Keys.slice(0, 2)
    assert.deepStrictEqual(sent({ ConsistentRead: true }), { t: { ConsistentRead: true, Keys: distinct } })
    assert.deepStrictEqual(sent({ ProjectionExpression: "a, #k0.b", ExpressionAttributeNames: { "#k0": "x" } }), {
      t: {
        ProjectionExpression: "a, #k0.b, #k1",
        ExpressionAttributeNames: { "#k0": "x", "#k1": "id" },
        Keys: distinct
      }
    })
    for (const there of [{ ProjectionExpression: "a, id" }, { AttributesToGet: ["id"] }]) {
      assert.deepStrictEqual(sent(there), { t: { ...there, Keys: distinct } })
    }
    const named = { ProjectionExpression: "a,#i", ExpressionAttributeNames: { "#i": "id" } }
    assert.deepStrictEqual(sent(named), { t: { ...named, Keys: distinct } })
    assert.deepStrictEqual(sent({ AttributesToGet: ["a"] }), { t: { AttributesToGet: ["a", "id"], Keys: distinct } })
  })

  it("each asker has an item of its own, without what was not asked for", () => {
    const reads = plan.planReads({ t: { Keys, ProjectionExpression: "a" } })
    const found = new plan.Found(reads)
    found.add({ t: [{ id: { N: "1" }, a: { S: "x" } }] })
    assert.deepStrictEqual(found.responses, { t: [{ a: { S: "x" } }, { a: { S: "x" } }] })
    assert.notStrictEqual(found.responses.t?.[0], found.responses.t?.[1])
    assert.deepStrictEqual(found.items.t?.map((one) => one._tag), ["Some", "None", "Some"])
  })
})

describe("capacity", () => {
  it("is summed by table and by index", () => {
    const used = new plan.Capacity()
    used.add([{ TableName: "a", CapacityUnits: 1 }, {
      TableName: "b",
      CapacityUnits: 2,
      Table: { CapacityUnits: 1.5 }
    }])
    used.add(undefined)
    used.add([{
      TableName: "b",
      CapacityUnits: 2.5,
      WriteCapacityUnits: 1,
      Table: { CapacityUnits: 2 },
      GlobalSecondaryIndexes: { g: { CapacityUnits: 1 } }
    }])
    used.add([{ TableName: "b", CapacityUnits: 1, GlobalSecondaryIndexes: { g: { CapacityUnits: 1 } } }])
    assert.deepStrictEqual(used.total.ConsumedCapacity, [
      { TableName: "a", CapacityUnits: 1 },
      {
        TableName: "b",
        CapacityUnits: 5.5,
        WriteCapacityUnits: 1,
        Table: { CapacityUnits: 3.5 },
        GlobalSecondaryIndexes: { g: { CapacityUnits: 2 } }
      }
    ])
  })
})
