import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { createTable, type Loose, N, type Output, S, world } from "./harness.js"

const setup = () => {
  const w = world()
  createTable(w, "things", ["pk", "sk"])
  createTable(w, "others", ["pk"])
  return w
}

const put = (pk: string, sk: string, extra: Output = {}) => ({
  PutRequest: { Item: { pk: S(pk), sk: S(sk), ...extra } }
})
const get = (RequestItems: unknown, extra: Output = {}) => ({ RequestItems, ...extra })
const keys = (...all: ReadonlyArray<readonly [string, string]>) => all.map(([pk, sk]) => ({ pk: S(pk), sk: S(sk) }))

describe("BatchWriteItem", () => {
  it("puts and deletes in several tables", () => {
    const w = setup()
    w.ok(
      "BatchWriteItem",
      get({ things: [put("a", "1"), put("a", "2")], others: [{ PutRequest: { Item: { pk: S("x") } } }] })
    )
    const output = w.ok(
      "BatchWriteItem",
      get({ things: [{ DeleteRequest: { Key: { pk: S("a"), sk: S("1") } } }, put("a", "3")] }, {
        ReturnConsumedCapacity: "TOTAL"
      })
    )
    assert.deepStrictEqual(output, {
      UnprocessedItems: {},
      ConsumedCapacity: [{ TableName: "things", CapacityUnits: 2 }]
    })
    assert.strictEqual(w.ok("Scan", { TableName: "things" })["Count"], 2)
    assert.strictEqual(w.ok("Scan", { TableName: "others" })["Count"], 1)
  })

  it("refuses the whole of it, before anything is written", () => {
    const w = setup()
    const fails = (input: unknown, code: string, message?: string | RegExp) =>
      w.fails("BatchWriteItem", input, code, message)
    const many = (count: number) => Array.from({ length: count }, (_, i) => put("a", String(i)))
    fails(get({}), "ValidationException", "The requestItems parameter is required for BatchWriteItem")
    fails(get({ things: [] }), "ValidationException", /Map value must satisfy constraint/)
    fails(get({ things: many(26) }), "ValidationException", /Member must have length less than or equal to 25/)
    fails(
      get({
        things: many(20),
        others: Array.from({ length: 6 }, (_, i) => ({ PutRequest: { Item: { pk: S(`${i}`) } } }))
      }),
      "ValidationException",
      /Too many items/
    )
    fails(
      get({ things: [put("a", "1"), { DeleteRequest: { Key: { pk: S("a"), sk: S("1") } } }] }),
      "ValidationException",
      "Provided list of item keys contains duplicates"
    )
    fails(
      get({ things: [put("a", "1"), { PutRequest: { Item: { pk: S("a") } } }] }),
      "ValidationException",
      /Missing the key sk/
    )
    fails(get({ things: [put("a", "1"), {}] }), "ValidationException", /more than one datatypes set/)
    fails(
      get({ things: [put("a", "1"), put("a", "2", { data: S("x".repeat(409_600)) })] }),
      "ValidationException",
      /Item size/
    )
    fails(get({ things: [put("a", "1")], missing: [put("a", "1")] }), "ResourceNotFoundException")
    assert.strictEqual(w.ok("Scan", { TableName: "things" })["Count"], 0)
  })
})

describe("the items of a batch or a transaction", () => {
  it("are told apart by where the partition key ends, whatever the bytes of a binary key", () => {
    const w = setup()
    createTable(w, "binary", ["bpk", "bsk"])
    const key = (bpk: ReadonlyArray<number>, bsk: ReadonlyArray<number>) => ({
      bpk: { B: Uint8Array.from(bpk) },
      bsk: { B: Uint8Array.from(bsk) }
    })
    const three = [key([0], [0, 127]), key([0, 0], [127]), key([0, 0, 0], [127])]
    w.ok("BatchWriteItem", get({ binary: three.map((Item) => ({ PutRequest: { Item } })) }))
    const found: Loose = w.ok("BatchGetItem", get({ binary: { Keys: three } }))
    assert.strictEqual(found.Responses.binary.length, 3)
    w.ok("TransactWriteItems", { TransactItems: three.map((Key) => ({ Delete: { TableName: "binary", Key } })) })
    assert.strictEqual(w.ok("Scan", { TableName: "binary" })["Count"], 0)
  })
})

describe("BatchGetItem", () => {
  it("gives what stands, projected and metered, in an order that nobody can rely on", () => {
    const w = setup()
    const all = Array.from({ length: 20 }, (_, i) => ["a", String(i)] as const)
    w.ok("BatchWriteItem", get({ things: all.map(([pk, sk]) => put(pk, sk, { v: N(1) })) }))
    const input = get({
      things: { Keys: keys(...all, ["none", "0"]), ProjectionExpression: "sk", ConsistentRead: true }
    }, { ReturnConsumedCapacity: "TOTAL" })
    const output: Loose = w.ok("BatchGetItem", input)
    const found = output.Responses.things.map((item: Loose) => item.sk.S)
    assert.deepStrictEqual([...found].sort(), all.map(([, sk]) => sk).sort())
    assert.notDeepEqual(found, all.map(([, sk]) => sk))
    assert.deepStrictEqual(Object.keys(output.Responses.things[0]), ["sk"])
    assert.deepStrictEqual(output.UnprocessedKeys, {})
    assert.deepStrictEqual(output.ConsumedCapacity, [{ TableName: "things", CapacityUnits: 21 }])
  })

  it("the same seed gives the same order", () => {
    const order = () => {
      const w = setup()
      const all = Array.from({ length: 20 }, (_, i) => ["a", String(i)] as const)
      w.ok("BatchWriteItem", get({ things: all.map(([pk, sk]) => put(pk, sk)) }))
      return w.ok("BatchGetItem", get({ things: { Keys: keys(...all) } }))
    }
    assert.deepStrictEqual(order(), order())
  })

  it("hands back what is over 16 MB, or over 1 MB of one partition", () => {
    const w = setup()
    const data = { data: S("x".repeat(399_000)) }
    for (let i = 0; i < 4; i++) {
      w.ok("PutItem", { TableName: "things", Item: { pk: S("one"), sk: S(String(i)), ...data } })
    }
    for (let i = 0; i < 45; i++) w.ok("PutItem", { TableName: "others", Item: { pk: S(String(i)), ...data } })
    const one: Loose = w.ok(
      "BatchGetItem",
      get({ things: { Keys: keys(["one", "0"], ["one", "1"], ["one", "2"], ["one", "3"]), ConsistentRead: true } })
    )
    assert.strictEqual(one.Responses.things.length, 2)
    assert.strictEqual(one.UnprocessedKeys.things.Keys.length, 2)
    assert.isTrue(one.UnprocessedKeys.things.ConsistentRead)
    const many: Loose = w.ok(
      "BatchGetItem",
      get({ others: { Keys: Array.from({ length: 45 }, (_, i) => ({ pk: S(String(i)) })) } })
    )
    const left = many.UnprocessedKeys.others.Keys
    assert.strictEqual(many.Responses.others.length, 42)
    const rest: Loose = w.ok("BatchGetItem", get(many.UnprocessedKeys))
    assert.strictEqual(rest.Responses.others.length, left.length)
    assert.strictEqual(left.length, 3)
  })

  it("refuses the whole of it", () => {
    const w = setup()
    const fails = (input: unknown, code: string, message?: string | RegExp) =>
      w.fails("BatchGetItem", input, code, message)
    const many = (count: number, pk: string) =>
      keys(...Array.from({ length: count }, (_, i) => [pk, String(i)] as const))
    fails(get({}), "ValidationException", "The requestItems parameter is required for BatchGetItem")
    fails(get({ things: { Keys: many(101, "a") } }), "ValidationException", /less than or equal to 100/)
    fails(
      get({ things: { Keys: many(60, "a") }, others: { Keys: many(60, "b") } }),
      "ValidationException",
      /Too many items/
    )
    fails(get({ things: { Keys: [] } }), "ValidationException", /greater than or equal to 1/)
    fails(
      get({ things: { Keys: keys(["a", "1"], ["a", "1"]) } }),
      "ValidationException",
      "Provided list of item keys contains duplicates"
    )
    fails(get({ things: { Keys: [{ pk: S("a") }] } }), "ValidationException", /does not match the schema/)
    fails(get({ missing: { Keys: keys(["a", "1"]) } }), "ResourceNotFoundException")
    fails(
      get({ things: { Keys: keys(["a", "1"]), AttributesToGet: ["a"], ProjectionExpression: "a" } }),
      "ValidationException",
      /Can not use both/
    )
  })
})
