import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { createTable, itemsOf, type Loose, N, type Output, pages, S, world } from "./harness.js"

const setup = () => {
  const w = world()
  createTable(w, "things", ["pk", "sk"], {
    global: {
      byGroup: { keys: ["group", "nRank"], projection: ["kept"] },
      keysOnly: { keys: ["group"], projection: "KEYS_ONLY" },
      whole: { keys: ["group"] }
    },
    local: { byDate: { keys: ["pk", "date"], projection: ["kept"] } }
  })
  return w
}

const put = (item: Output, extra: Output = {}) => ({
  TableName: "things",
  Item: { pk: S("a"), sk: S("1"), ...item },
  ...extra
})
const full = { group: S("g"), nRank: N(1), date: S("2020"), kept: S("k"), dropped: S("d") }
const read = (index: string, extra: Output = {}): Output => ({
  TableName: "things",
  IndexName: index,
  KeyConditionExpression: "#k = :v",
  ExpressionAttributeNames: { "#k": index === "byDate" ? "pk" : "group" },
  ExpressionAttributeValues: { ":v": S(index === "byDate" ? "a" : "g") },
  ...extra
})

describe("secondary indexes", () => {
  it("project what they were made to, and only items that have their whole key", () => {
    const w = setup()
    w.ok("PutItem", put(full))
    w.ok("PutItem", put({ sk: S("2"), group: S("g") }))
    const keys = { pk: S("a"), sk: S("1"), group: S("g"), nRank: N(1) }
    assert.deepStrictEqual(itemsOf(w.ok("Query", read("byGroup"))), [{ ...keys, kept: S("k") }] as never)
    assert.deepStrictEqual(itemsOf(w.ok("Query", read("keysOnly"))).map((item) => Object.keys(item).sort()), [[
      "group",
      "pk",
      "sk"
    ], ["group", "pk", "sk"]])
    assert.deepStrictEqual(itemsOf(w.ok("Query", read("whole")))[0], { pk: S("a"), sk: S("1"), ...full } as never)
    assert.strictEqual(w.ok("Scan", { TableName: "things", IndexName: "byGroup" })["Count"], 1)
  })

  it("follow every change", () => {
    const w = setup()
    const update = (UpdateExpression: string, values?: Output) =>
      w.ok("UpdateItem", {
        TableName: "things",
        Key: { pk: S("a"), sk: S("1") },
        UpdateExpression,
        ExpressionAttributeNames: { "#g": "group" },
        ...(values === undefined ? {} : { ExpressionAttributeValues: values })
      })
    const count = (group: string) =>
      w.ok("Query", read("byGroup", { ExpressionAttributeValues: { ":v": S(group) } }))["Count"]
    w.ok("PutItem", put(full))
    update("SET #g = :v", { ":v": S("h") })
    assert.deepStrictEqual([count("g"), count("h")], [0, 1])
    update("REMOVE #g")
    assert.deepStrictEqual([count("g"), count("h")], [0, 0])
    update("SET #g = :v", { ":v": S("g") })
    assert.strictEqual(count("g"), 1)
    w.ok("DeleteItem", { TableName: "things", Key: { pk: S("a"), sk: S("1") } })
    assert.strictEqual(count("g"), 0)
  })

  it("refuse a write whose key attribute is of another type, empty or too long", () => {
    const w = setup()
    w.fails(
      "PutItem",
      put({ group: N(1) }),
      "ValidationException",
      /Type mismatch for Index Key group Expected: S Actual: N IndexName: (byGroup|keysOnly|whole)/
    )
    w.fails(
      "PutItem",
      put({ group: S("") }),
      "ValidationException",
      /cannot contain an empty string value. IndexName: \w+, IndexKey: group/
    )
    w.fails("PutItem", put({ date: S("x".repeat(1025)) }), "ValidationException")
    w.ok("PutItem", put({}))
    w.fails(
      "UpdateItem",
      {
        TableName: "things",
        Key: { pk: S("a"), sk: S("1") },
        UpdateExpression: "SET nRank = :v",
        ExpressionAttributeValues: { ":v": S("x") }
      },
      "ValidationException",
      /Type mismatch for Index Key nRank/
    )
    w.fails(
      "UpdateItem",
      {
        TableName: "things",
        Key: { pk: S("a"), sk: S("1") },
        UpdateExpression: "SET nRank.x = :v",
        ExpressionAttributeValues: { ":v": S("x") }
      },
      "ValidationException",
      /Key attributes must be scalars; .* IndexKey: nRank/
    )
  })

  it("a cursor carries the keys of index and table", () => {
    const w = setup()
    for (let i = 0; i < 5; i++) w.ok("PutItem", put({ ...full, sk: S(String(i)) }))
    const page = w.ok("Query", read("byGroup", { Limit: 2 }))
    assert.sameMembers(Object.keys(page["LastEvaluatedKey"] as object), ["pk", "sk", "group", "nRank"])
    const found = pages(w, "Query", read("byGroup", { Limit: 2, ScanIndexForward: false })).flatMap(itemsOf).map((
      { sk }
    ) => sk?.S)
    assert.deepStrictEqual([...found].sort(), ["0", "1", "2", "3", "4"])
    w.fails(
      "Query",
      read("byGroup", { ExclusiveStartKey: { pk: S("a"), sk: S("0") } }),
      "ValidationException",
      "The provided starting key is invalid"
    )
  })

  it("a global index is read as it is: no strong consistency, nothing that it does not hold", () => {
    const w = setup()
    w.fails(
      "Query",
      read("byGroup", { ConsistentRead: true }),
      "ValidationException",
      "Consistent reads are not supported on global secondary indexes"
    )
    w.fails(
      "Query",
      read("byGroup", { Select: "ALL_ATTRIBUTES" }),
      "ValidationException",
      /Select type ALL_ATTRIBUTES is not supported for global secondary index byGroup/
    )
    w.fails(
      "Query",
      read("byGroup", { ProjectionExpression: "dropped" }),
      "ValidationException",
      /does not project \[dropped\]/
    )
    w.fails("Scan", { TableName: "things", IndexName: "byGroup", ConsistentRead: true }, "ValidationException")
  })

  it("a local index fetches from the table what it does not hold, and that is charged", () => {
    const w = setup()
    w.ok("PutItem", put(full))
    const own = w.ok("Query", read("byDate", { ConsistentRead: true, ReturnConsumedCapacity: "INDEXES" }))
    assert.deepStrictEqual(Object.keys(itemsOf(own)[0] ?? {}).sort(), ["date", "kept", "pk", "sk"])
    assert.deepStrictEqual(own["ConsumedCapacity"], {
      TableName: "things",
      CapacityUnits: 1,
      Table: { CapacityUnits: 0 },
      LocalSecondaryIndexes: { byDate: { CapacityUnits: 1 } }
    })
    const all = w.ok("Query", read("byDate", { Select: "ALL_ATTRIBUTES", ReturnConsumedCapacity: "INDEXES" }))
    assert.deepStrictEqual(itemsOf(all)[0], { pk: S("a"), sk: S("1"), ...full } as never)
    assert.deepStrictEqual(all["ConsumedCapacity"], {
      TableName: "things",
      CapacityUnits: 1,
      Table: { CapacityUnits: 0.5 },
      LocalSecondaryIndexes: { byDate: { CapacityUnits: 0.5 } }
    })
    const chosen = w.ok("Query", read("byDate", { ProjectionExpression: "dropped" }))
    assert.deepStrictEqual(chosen["Items"], [{ dropped: S("d") }])
    const filtered = w.ok(
      "Query",
      read("byDate", {
        FilterExpression: "dropped = :d",
        ExpressionAttributeValues: { ":v": S("a"), ":d": S("d") }
      })
    )
    assert.deepStrictEqual(Object.keys(itemsOf(filtered)[0] ?? {}).sort(), ["date", "kept", "pk", "sk"])
  })

  it("keys of several attributes: every partition attribute by equality, sort attributes from the left", () => {
    const w = world()
    createTable(w, "things", ["pk"], {
      global: { multi: { keys: ["region", "nYear", "kind", "nCount"], partitions: 2 } }
    })
    const item = (pk: string, region: string, nYear: number, kind: string, nCount: number) =>
      w.ok("PutItem", {
        TableName: "things",
        Item: { pk: S(pk), region: S(region), nYear: N(nYear), kind: S(kind), nCount: N(nCount) }
      })
    item("1", "eu", 2020, "a", 10)
    item("2", "eu", 2020, "a", 9)
    item("3", "eu", 2020, "a\u0000", 1)
    item("4", "eu", 2020, "ab", -1)
    item("5", "eu", 2021, "a", 5)
    item("6", "e", 2020, "a", 5)
    w.ok("PutItem", { TableName: "things", Item: { pk: S("7"), region: S("eu"), nYear: N(2020), kind: S("a") } })
    const query = (condition: string, values: Output = {}) => ({
      TableName: "things",
      IndexName: "multi",
      KeyConditionExpression: `#r = :r AND nYear = :y${condition}`,
      ExpressionAttributeNames: { "#r": "region" },
      ExpressionAttributeValues: { ":r": S("eu"), ":y": N("2020.0"), ...values }
    })
    const found = (condition: string, values: Output = {}) =>
      itemsOf(w.ok("Query", query(condition, values))).map(({ pk }) => pk?.S)
    assert.deepStrictEqual(found(""), ["2", "1", "3", "4"])
    assert.deepStrictEqual(found(" AND kind = :k", { ":k": S("a") }), ["2", "1"])
    assert.deepStrictEqual(found(" AND kind = :k AND nCount > :c", { ":k": S("a"), ":c": N(9) }), ["1"])
    assert.deepStrictEqual(found(" AND begins_with(kind, :k)", { ":k": S("a") }), ["2", "1", "3", "4"])
    assert.deepStrictEqual(found(" AND kind > :k", { ":k": S("a") }), ["3", "4"])
    assert.deepStrictEqual(found(" AND kind BETWEEN :k AND :l", { ":k": S("a"), ":l": S("a\u0000") }), ["2", "1", "3"])
    assert.deepStrictEqual(pages(w, "Query", { ...query(""), Limit: 1 }).flatMap(itemsOf).map(({ pk }) => pk?.S), [
      "2",
      "1",
      "3",
      "4"
    ])
    const fails = (condition: string, values: Output, message: RegExp) =>
      w.fails("Query", query(condition, values), "ValidationException", message)
    fails(" AND nCount = :c", { ":c": N(1) }, /missed key schema element: kind/)
    fails(" AND kind > :k AND nCount = :c", { ":k": S("a"), ":c": N(1) }, /Query key condition not supported/)
    w.fails(
      "Query",
      { ...query(""), KeyConditionExpression: "#r = :r", ExpressionAttributeValues: { ":r": S("eu") } },
      "ValidationException",
      "Query condition missed key schema element: nYear"
    )
  })
})

describe("capacity", () => {
  const units = (output: Output) =>
    (output["ConsumedCapacity"] as { readonly CapacityUnits: number } | undefined)?.CapacityUnits
  const sized = (bytes: number) => S("x".repeat(bytes))

  it("reads: 4 KB a unit, half of it when eventually consistent; pages are rounded once", () => {
    const w = world()
    createTable(w, "things", ["pk", "sk"])
    for (let i = 0; i < 3; i++) {
      w.ok("PutItem", { TableName: "things", Item: { pk: S("a"), sk: S(String(i)), data: sized(3000) } })
    }
    w.ok("PutItem", { TableName: "things", Item: { pk: S("b"), sk: S("0"), data: sized(8192) } })
    const get = (pk: string, extra: Output = {}) =>
      units(
        w.ok("GetItem", {
          TableName: "things",
          Key: { pk: S(pk), sk: S("0") },
          ReturnConsumedCapacity: "TOTAL",
          ...extra
        })
      )
    assert.deepStrictEqual([
      get("a"),
      get("a", { ConsistentRead: true }),
      get("b"),
      get("b", { ConsistentRead: true }),
      get("none")
    ], [0.5, 1, 1.5, 3, 0.5])
    assert.strictEqual(get("b", { ProjectionExpression: "sk" }), 1.5)
    const query = (extra: Output) =>
      units(
        w.ok("Query", {
          TableName: "things",
          KeyConditionExpression: "pk = :a",
          ExpressionAttributeValues: { ":a": S("a") },
          ReturnConsumedCapacity: "TOTAL",
          ...extra
        })
      )
    assert.deepStrictEqual([query({}), query({ ConsistentRead: true }), query({ Limit: 1 })], [1.5, 3, 0.5])
    assert.strictEqual(query({ FilterExpression: "attribute_exists(nothing)", Select: "COUNT" }), 1.5)
    assert.isUndefined(w.ok("GetItem", { TableName: "things", Key: { pk: S("a"), sk: S("0") } })["ConsumedCapacity"])
  })

  it("writes: 1 KB a unit of the larger of before and after, twice in a transaction", () => {
    const w = world()
    createTable(w, "things", ["pk"])
    const Key = { pk: S("a") }
    const level = { TableName: "things", ReturnConsumedCapacity: "TOTAL" }
    assert.strictEqual(units(w.ok("PutItem", { ...level, Item: { ...Key, data: sized(2500) } })), 3)
    assert.strictEqual(units(w.ok("PutItem", { ...level, Item: Key })), 3)
    assert.strictEqual(units(w.ok("PutItem", { ...level, Item: Key })), 1)
    assert.strictEqual(
      units(
        w.ok("UpdateItem", {
          ...level,
          Key,
          UpdateExpression: "SET d = :d",
          ExpressionAttributeValues: { ":d": sized(1500) }
        })
      ),
      2
    )
    assert.strictEqual(units(w.ok("DeleteItem", { ...level, Key })), 2)
    assert.strictEqual(units(w.ok("DeleteItem", { ...level, Key })), 1)
    const output = w.ok("TransactWriteItems", {
      TransactItems: [
        { Put: { TableName: "things", Item: { ...Key, data: sized(1500) } } },
        {
          ConditionCheck: { TableName: "things", Key: { pk: S("b") }, ConditionExpression: "attribute_not_exists(pk)" }
        }
      ],
      ReturnConsumedCapacity: "INDEXES"
    })
    assert.deepStrictEqual(output["ConsumedCapacity"], [
      {
        TableName: "things",
        CapacityUnits: 6,
        WriteCapacityUnits: 6,
        Table: { CapacityUnits: 6, WriteCapacityUnits: 6 }
      }
    ])
  })

  it("indexes: charged when what they hold changes, twice when the entry moves", () => {
    const w = world()
    createTable(w, "things", ["pk", "sk"], {
      global: { gsi: { keys: ["group"], projection: ["kept"] } },
      local: { lsi: { keys: ["pk", "date"] } }
    })
    const Key = { pk: S("a"), sk: S("1") }
    const consumed = (operation: string, input: Output) => {
      const { GlobalSecondaryIndexes: g, LocalSecondaryIndexes: l, ...rest }: Loose =
        w.ok(operation, { TableName: "things", ReturnConsumedCapacity: "INDEXES", ...input })["ConsumedCapacity"]
      return [rest.CapacityUnits, rest.Table.CapacityUnits, g?.gsi.CapacityUnits, l?.lsi.CapacityUnits]
    }
    const item = { ...Key, group: S("g"), date: S("2020"), kept: S("k"), dropped: S("d") }
    const set = (expression: string, value?: unknown) =>
      consumed("UpdateItem", {
        Key,
        UpdateExpression: expression,
        ExpressionAttributeNames: { "#g": "group" },
        ...(value === undefined ? {} : { ExpressionAttributeValues: { ":v": value } })
      })
    assert.deepStrictEqual(consumed("PutItem", { Item: item }), [3, 1, 1, 1])
    assert.deepStrictEqual(consumed("PutItem", { Item: item }), [1, 1, undefined, undefined])
    const plain = (expression: string, value: unknown) =>
      consumed("UpdateItem", { Key, UpdateExpression: expression, ExpressionAttributeValues: { ":v": value } })
    assert.deepStrictEqual(plain("SET dropped = :v", S("e")), [2, 1, undefined, 1])
    assert.deepStrictEqual(plain("SET kept = :v", S("l")), [3, 1, 1, 1])
    assert.deepStrictEqual(set("SET #g = :v", S("h")), [4, 1, 2, 1])
    assert.deepStrictEqual(set("REMOVE #g"), [3, 1, 1, 1])
    assert.deepStrictEqual(consumed("PutItem", { Item: { pk: S("b"), sk: S("1") } }), [1, 1, undefined, undefined])
    assert.deepStrictEqual(consumed("DeleteItem", { Key }), [2, 1, undefined, 1])
  })

  it("ItemCollectionMetrics: for tables with local indexes, when asked for", () => {
    const w = world()
    createTable(w, "local", ["pk", "sk"], { local: { lsi: { keys: ["pk", "date"] } } })
    createTable(w, "plain", ["pk", "sk"])
    const input = { Item: { pk: S("a"), sk: S("1") }, ReturnItemCollectionMetrics: "SIZE" }
    assert.deepStrictEqual(w.ok("PutItem", { TableName: "local", ...input }), {
      ItemCollectionMetrics: { ItemCollectionKey: { pk: S("a") }, SizeEstimateRangeGB: [0, 1] }
    })
    assert.deepStrictEqual(w.ok("PutItem", { TableName: "plain", ...input }), {})
  })

  it("provisioned throughput refuses what exceeds it, when asked to, and recovers with the clock", () => {
    const w = world({ throttle: true })
    createTable(w, "slow", ["pk"], {
      extra: { BillingMode: "PROVISIONED", ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } }
    })
    const put = { TableName: "slow", Item: { pk: S("a"), data: sized(100 * 1024) } }
    const get = { TableName: "slow", Key: { pk: S("a") } }
    for (let i = 0; i < 3; i++) w.ok("PutItem", put)
    const detail = w.fails("PutItem", put, "ProvisionedThroughputExceededException")
    assert.deepStrictEqual(detail["ThrottlingReasons"], [
      {
        reason: "TableWriteProvisionedThroughputExceeded",
        resource: "arn:aws:dynamodb:us-east-1:000000000000:table/slow"
      }
    ])
    w.ok("GetItem", get)
    w.fails(
      "TransactWriteItems",
      { TransactItems: [{ Delete: { TableName: "slow", Key: { pk: S("a") } } }] },
      "TransactionCanceledException",
      /\[ProvisionedThroughputExceeded\]/
    )
    w.time += 10_000
    w.ok("PutItem", put)
    w.fails("PutItem", put, "ProvisionedThroughputExceededException")
    const free = world()
    createTable(free, "slow", ["pk"], {
      extra: { BillingMode: "PROVISIONED", ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } }
    })
    for (let i = 0; i < 20; i++) free.ok("PutItem", put)
  })
})
