import { describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { assert } from "vitest"
import { createTable, itemsOf, type Loose, N, type Output, S, world } from "./harness.js"

const fill = (w: ReturnType<typeof world>) => {
  createTable(w, "things", ["pk", "n"], {
    global: { byGroup: { keys: ["group"] } },
    local: { byDate: { keys: ["pk", "date"] } },
    extra: {
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
      Tags: [{ Key: "k", Value: "v" }]
    }
  })
  w.ok("UpdateTimeToLive", { TableName: "things", TimeToLiveSpecification: { AttributeName: "ttl", Enabled: true } })
  for (let i = 0; i < 30; i++) {
    w.ok("PutItem", {
      TableName: "things",
      Item: { pk: S(`p${i % 4}`), n: N(i), group: S(`g${i % 3}`), b: { B: new Uint8Array([i]) }, ttl: N(i) }
    })
  }
  w.ok("TransactWriteItems", {
    TransactItems: [{ Delete: { TableName: "things", Key: { pk: S("p0"), n: N(0) } } }],
    ClientRequestToken: "token"
  })
}

/** Everything that can be seen of a world. */
const view = (w: ReturnType<typeof world>): unknown => {
  const { Streams }: Loose = w.ok("ListStreams", {})
  return {
    table: w.ok("DescribeTable", { TableName: "things" }),
    ttl: w.ok("DescribeTimeToLive", { TableName: "things" }),
    scans: [{}, { IndexName: "byGroup" }, { IndexName: "byDate" }].map((extra) =>
      w.ok("Scan", { TableName: "things", ...extra })
    ),
    records: Streams.map(({ StreamArn }: Loose) => {
      const { StreamDescription }: Loose = w.ok("DescribeStream", { StreamArn })
      const { ShardIterator } = w.ok("GetShardIterator", {
        StreamArn,
        ShardId: StreamDescription.Shards[0].ShardId,
        ShardIteratorType: "TRIM_HORIZON"
      })
      return w.ok("GetRecords", { ShardIterator })["Records"]
    })
  }
}

describe("a world", () => {
  it("restored from a snapshot is the same world, and the snapshot stays what it was", () => {
    const w = world()
    fill(w)
    const before = view(w)
    const snapshot = w.engine.snapshot()
    const other = world()
    createTable(other, "gone", ["pk"])
    other.engine.restore(snapshot)
    assert.deepStrictEqual(view(other), before)
    assert.deepStrictEqual(other.ok("ListTables", {}), { TableNames: ["things"] })
    other.fails(
      "TransactWriteItems",
      {
        TransactItems: [{ Delete: { TableName: "things", Key: { pk: S("p1"), n: N(1) } } }],
        ClientRequestToken: "token"
      },
      "IdempotentParameterMismatchException"
    )
    for (const each of [w, other]) {
      each.ok("PutItem", { TableName: "things", Item: { pk: S("p1"), n: N(1), group: S("moved") } })
      each.ok("UpdateItem", {
        TableName: "things",
        Key: { pk: S("p1"), n: N(5) },
        UpdateExpression: "REMOVE #g",
        ExpressionAttributeNames: { "#g": "group" }
      })
    }
    assert.deepStrictEqual(view(other), view(w))
    w.engine.restore(snapshot)
    assert.deepStrictEqual(view(w), before)
  })

  it("a snapshot is plain data", () => {
    const w = world()
    fill(w)
    const snapshot = structuredClone(w.engine.snapshot())
    const other = world()
    other.engine.restore(snapshot)
    assert.deepStrictEqual(view(other), view(w))
  })

  it("two worlds of the same clock, randomness and requests are the same", () => {
    const [one, two] = [world(), world()]
    fill(one)
    fill(two)
    assert.deepStrictEqual(view(one), view(two))
  })

  it("follows the clock that it is given, and nothing else", () => {
    const w = world()
    w.time = 5000
    createTable(w, "things", ["pk"])
    const { Table }: Loose = w.ok("DescribeTable", { TableName: "things" })
    assert.deepStrictEqual(Table.CreationDateTime, new Date(5000))
  })
})

const operations = [
  "GetItem",
  "PutItem",
  "UpdateItem",
  "DeleteItem",
  "Query",
  "Scan",
  "BatchGetItem",
  "BatchWriteItem",
  "TransactGetItems",
  "TransactWriteItems",
  "CreateTable",
  "UpdateTable",
  "DescribeTable",
  "DeleteTable",
  "ListTables",
  "UpdateTimeToLive",
  "TagResource",
  "UntagResource",
  "ListTagsOfResource",
  "ExecuteStatement",
  "BatchExecuteStatement",
  "ExecuteTransaction",
  "ListStreams",
  "DescribeStream",
  "GetShardIterator",
  "GetRecords",
  "DescribeContinuousBackups"
]

const members = [
  "TableName",
  "Key",
  "Item",
  "Keys",
  "RequestItems",
  "TransactItems",
  "Put",
  "Get",
  "Statements",
  "Statement",
  "TransactStatements",
  "Parameters",
  "KeyConditionExpression",
  "ConditionExpression",
  "UpdateExpression",
  "FilterExpression",
  "ProjectionExpression",
  "ExpressionAttributeNames",
  "ExpressionAttributeValues",
  "Expected",
  "AttributeUpdates",
  "KeyConditions",
  "ExclusiveStartKey",
  "Limit",
  "Segment",
  "KeySchema",
  "AttributeDefinitions",
  "ShardIterator",
  "StreamArn",
  "ResourceArn",
  "Tags",
  "pk",
  "S",
  "N",
  "M",
  "L",
  "#a",
  ":a"
]

const leaf = FastCheck.oneof(
  FastCheck.constantFrom<unknown>(
    "things",
    "a",
    "pk",
    "pk = :a",
    "SET x = :a",
    "SELECT * FROM things WHERE pk = 'a'",
    "",
    0,
    1,
    -1,
    1.5,
    true,
    null,
    undefined,
    "\ud800",
    new Uint8Array([1]),
    new Date(0)
  ),
  FastCheck.string(),
  FastCheck.constant({ pk: { S: "a" } })
)

const { tree } = FastCheck.letrec<{ readonly tree: unknown }>((tie) => ({
  tree: FastCheck.oneof(
    { maxDepth: 5 },
    leaf,
    FastCheck.array(tie("tree"), { maxLength: 3 }),
    FastCheck.dictionary(FastCheck.constantFrom(...members), tie("tree"), { maxKeys: 4 })
  )
}))

describe("any request", () => {
  it.prop(
    "is answered or refused as by AWS, never thrown on, never an internal failure, and a refused one changes nothing",
    [FastCheck.constantFrom(...operations), FastCheck.boolean(), tree],
    ([operation, named, input]) => {
      const w = world()
      createTable(w, "things", ["pk"])
      w.ok("PutItem", { TableName: "things", Item: { pk: S("a"), v: N(1) } })
      const request = named && typeof input === "object" && input !== null && !Array.isArray(input)
        ? { TableName: "things", ...input }
        : input
      const answer = w.engine.execute(operation, request)
      if (answer._tag === "Right") return
      assert.notStrictEqual(answer.left.code, "InternalServerError", JSON.stringify([operation, request]))
      assert.strictEqual(answer.left.statusCode, 400)
      assert.deepStrictEqual(itemsOf(w.ok("Scan", { TableName: "things" })) as ReadonlyArray<Output>, [{
        pk: S("a"),
        v: N(1)
      }])
    },
    { fastCheck: { numRuns: 3000 } }
  )

  it.prop(
    "any text as an expression or a statement is parsed or refused",
    [
      FastCheck.array(
        FastCheck.constantFrom(
          ..."( ) , . [ ] = <> < <= > >= + - 0 1 a #a :a AND OR NOT IN BETWEEN SET REMOVE ADD DELETE size contains begins_with attribute_exists if_not_exists list_append"
            .split(" "),
          ..."SELECT FROM WHERE INSERT INTO VALUE UPDATE things pk ? 'a' \"b\" { } << >> : * IS MISSING NULL EXISTS RETURNING ALL OLD ! \\ \u0000"
            .split(" ")
        ),
        { maxLength: 14 }
      )
    ],
    ([tokens]) => {
      const w = world()
      createTable(w, "things", ["pk"])
      const text = tokens.join(" ")
      const names = { ExpressionAttributeNames: { "#a": "a" }, ExpressionAttributeValues: { ":a": N(1) } }
      const requests: ReadonlyArray<readonly [string, unknown]> = [
        ["UpdateItem", { TableName: "things", Key: { pk: S("a") }, UpdateExpression: text, ...names }],
        ["UpdateItem", { TableName: "things", Key: { pk: S("a") }, ConditionExpression: text, ...names }],
        ["Query", { TableName: "things", KeyConditionExpression: text, ...names }],
        ["GetItem", { TableName: "things", Key: { pk: S("a") }, ProjectionExpression: text }],
        ["ExecuteStatement", { Statement: text }],
        ["ExecuteStatement", { Statement: `SELECT * FROM things WHERE ${text}` }]
      ]
      for (const [operation, request] of requests) {
        const answer = w.engine.execute(operation, request)
        if (answer._tag === "Left") assert.notStrictEqual(answer.left.code, "InternalServerError", text)
      }
    },
    { fastCheck: { numRuns: 1500 } }
  )

  it("a deep nest of anything is refused, not overflowed on", () => {
    const w = world()
    createTable(w, "things", ["pk"])
    const deep = "(".repeat(4000)
    w.fails(
      "DeleteItem",
      { TableName: "things", Key: { pk: S("a") }, ConditionExpression: deep },
      "ValidationException"
    )
    w.fails(
      "DeleteItem",
      { TableName: "things", Key: { pk: S("a") }, ConditionExpression: "NOT ".repeat(1000) },
      "ValidationException"
    )
    w.fails("ExecuteStatement", { Statement: `SELECT * FROM things WHERE ${"(".repeat(8000)}` }, "ValidationException")
    w.fails(
      "ExecuteStatement",
      { Statement: `INSERT INTO things VALUE {'pk': ${"[".repeat(8000)}` },
      "ValidationException"
    )
  })
})
