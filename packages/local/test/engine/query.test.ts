import { describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { assert } from "vitest"
import { createTable, itemsOf, N, type Output, pages, S, world } from "./harness.js"

const query = (condition: string, values: Readonly<Record<string, unknown>>, extra: Output = {}): Output => ({
  TableName: "things",
  KeyConditionExpression: condition,
  ExpressionAttributeValues: values,
  ...extra
})

const numbered = () => {
  const w = world()
  createTable(w, "things", ["pk", "n"])
  for (const n of [-10, -2.5, 0, 1, 2, 10, 100]) {
    w.ok("PutItem", { TableName: "things", Item: { pk: S("a"), n: N(n), even: { BOOL: n % 2 === 0 } } })
  }
  w.ok("PutItem", { TableName: "things", Item: { pk: S("b"), n: N(1) } })
  const keys = (condition: string, values: Readonly<Record<string, unknown>>, extra: Output = {}) =>
    itemsOf(w.ok("Query", query(condition, { ":a": S("a"), ...values }, extra))).map(({ n }) => Number(n?.N))
  return { w, keys }
}

describe("Query", () => {
  it("ranges of numbers, in order and backwards", () => {
    const { keys } = numbered()
    assert.deepStrictEqual(keys("pk = :a", {}), [-10, -2.5, 0, 1, 2, 10, 100])
    assert.deepStrictEqual(keys("pk = :a", {}, { ScanIndexForward: false }), [100, 10, 2, 1, 0, -2.5, -10])
    assert.deepStrictEqual(keys("pk = :a AND n < :v", { ":v": N(0) }), [-10, -2.5])
    assert.deepStrictEqual(keys("pk = :a AND n <= :v", { ":v": N(0) }), [-10, -2.5, 0])
    assert.deepStrictEqual(keys("pk = :a AND n > :v", { ":v": N(2) }), [10, 100])
    assert.deepStrictEqual(keys("(pk = :a) AND (:v <= n)", { ":v": N(2) }), [2, 10, 100])
    assert.deepStrictEqual(keys("n = :v AND pk = :a", { ":v": N("1.0") }), [1])
    assert.deepStrictEqual(keys("pk = :a AND n BETWEEN :v AND :w", { ":v": N(-3), ":w": N(1) }), [-2.5, 0, 1])
  })

  it("ranges of strings by their bytes, and of prefixes", () => {
    const w = world()
    createTable(w, "things", ["pk", "sk"])
    const order = [
      "",
      "A",
      "a",
      "a\u0000",
      "aa",
      "ab",
      "b",
      "\u00e9",
      "\ud7ff",
      "\ue000",
      "\uffff",
      "\u{10000}",
      "\u{1f600}"
    ]
    for (const sk of [...order].reverse().filter((each) => each !== "")) {
      w.ok("PutItem", { TableName: "things", Item: { pk: S("p"), sk: S(sk) } })
    }
    const keys = (condition: string, values: Readonly<Record<string, unknown>>) =>
      itemsOf(w.ok("Query", query(condition, { ":p": S("p"), ...values }))).map(({ sk }) => sk?.S)
    assert.deepStrictEqual(keys("pk = :p", {}), order.slice(1))
    assert.deepStrictEqual(keys("pk = :p AND begins_with(sk, :v)", { ":v": S("a") }), ["a", "a\u0000", "aa", "ab"])
    assert.deepStrictEqual(keys("pk = :p AND begins_with(sk, :v)", { ":v": S("\uffff") }), ["\uffff"])
    assert.deepStrictEqual(keys("pk = :p AND sk <= :v", { ":v": S("a") }), ["A", "a"])
    assert.deepStrictEqual(keys("pk = :p AND sk > :v", { ":v": S("\uffff") }), ["\u{10000}", "\u{1f600}"])
  })

  it("Limit counts what is read, filters act after it, and a full page has a cursor even at the end", () => {
    const { w } = numbered()
    const filtered = query("pk = :a", { ":a": S("a"), ":t": { BOOL: true } }, {
      FilterExpression: "even = :t",
      Limit: 2
    })
    const all = pages(w, "Query", filtered)
    assert.deepStrictEqual(all.map(({ Count, ScannedCount }) => [Count, ScannedCount]), [[1, 2], [1, 2], [2, 2], [
      1,
      1
    ]])
    const last = w.ok("Query", query("pk = :a", { ":a": S("a") }, { Limit: 7 }))
    assert.deepStrictEqual(last["LastEvaluatedKey"], { pk: S("a"), n: N(100) })
    const after = w.ok("Query", query("pk = :a", { ":a": S("a") }, { ExclusiveStartKey: last["LastEvaluatedKey"] }))
    assert.deepStrictEqual(after, { Items: [], Count: 0, ScannedCount: 0 })
    const counted = w.ok("Query", query("pk = :a", { ":a": S("a") }, { Select: "COUNT" }))
    assert.deepStrictEqual(counted, { Count: 7, ScannedCount: 7 })
  })

  it("a page ends before a megabyte of what is read, whatever the filter and projection leave", () => {
    const w = world()
    createTable(w, "things", ["pk", "n"])
    for (let i = 0; i < 5; i++) {
      w.ok("PutItem", { TableName: "things", Item: { pk: S("a"), n: N(i), data: S("x".repeat(300_000)) } })
    }
    const input = query("pk = :a", { ":a": S("a"), ":never": S("y") }, {
      FilterExpression: "data = :never".replace("data", "#d"),
      ExpressionAttributeNames: { "#d": "data" }
    })
    assert.deepStrictEqual(pages(w, "Query", input).map(({ Count, ScannedCount }) => [Count, ScannedCount]), [[0, 3], [
      0,
      2
    ]])
    assert.deepStrictEqual(
      pages(w, "Scan", { TableName: "things", ProjectionExpression: "n" }).map(({ Count }) => Count),
      [3, 2]
    )
  })

  it("refuses what is no key condition", () => {
    const { w } = numbered()
    const v = { ":a": S("a"), ":v": N(1) }
    const cases: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>, string | RegExp]> = [
      ["n = :v", { ":v": N(1) }, "Query condition missed key schema element: pk"],
      ["pk = :a AND yonder = :v", v, "Query condition missed key schema element: n"],
      ["pk > :a", { ":a": S("a") }, "Query key condition not supported"],
      ["pk = :a OR n = :v", v, "Invalid operator used in KeyConditionExpression: OR"],
      ["pk = :a AND NOT n = :v", v, "Invalid operator used in KeyConditionExpression: NOT"],
      ["pk = :a AND n <> :v", v, /Invalid operator used in KeyConditionExpression/],
      ["pk = :a AND n IN (:v)", v, "Invalid operator used in KeyConditionExpression: IN"],
      [
        "pk = :a AND attribute_exists(n)",
        { ":a": S("a") },
        "Invalid operator used in KeyConditionExpression: attribute_exists"
      ],
      ["pk = :a AND size(n) = :v", v, "KeyConditionExpressions cannot contain nested operations"],
      ["pk = :a AND n.x = :v", v, "KeyConditionExpressions cannot have conditions on nested attributes"],
      ["pk = :a AND pk = :v", v, "KeyConditionExpressions must only contain one condition per key"],
      ["pk = n", {}, "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"],
      ["pk = :v", { ":v": N(1) }, /Condition parameter type does not match schema type/],
      ["pk = :a", { ":a": S("") }, /cannot contain an empty string value. Key: pk/],
      ["", {}, "Invalid KeyConditionExpression: The expression can not be empty;"]
    ]
    for (const [condition, values, message] of cases) {
      const input = query(condition, values)
      w.fails(
        "Query",
        Object.keys(values).length === 0 ? { ...input, ExpressionAttributeValues: undefined } : input,
        "ValidationException",
        message
      )
    }
    const more = (extra: Output, message: string | RegExp) =>
      w.fails("Query", query("pk = :a", { ":a": S("a") }, extra), "ValidationException", message)
    more(
      { FilterExpression: "attribute_exists(n)" },
      /Filter Expression can only contain non-primary key attributes: Primary key attribute: n/
    )
    more({ Limit: 0 }, /Member must have value greater than or equal to 1/)
    more({ IndexName: "nope" }, "The table does not have the specified index: nope")
    more({ Select: "ALL_PROJECTED_ATTRIBUTES" }, /only when Querying using an IndexName/)
    more(
      { Select: "COUNT", ProjectionExpression: "n" },
      /Cannot specify the ProjectionExpression when choosing to get only the Count/
    )
    more({ Select: "SPECIFIC_ATTRIBUTES" }, /Must specify the AttributesToGet or ProjectionExpression/)
    more({ ExclusiveStartKey: { pk: S("b"), n: N(1) } }, /outside query boundaries/)
    more({ ExclusiveStartKey: { pk: S("a") } }, /The provided starting key is invalid/)
    more({ ExclusiveStartKey: { pk: S("a"), n: S("x") } }, /The provided starting key is invalid/)
    w.fails(
      "Query",
      query("pk = :a AND n > :v", v, { ExclusiveStartKey: { pk: S("a"), n: N(0) } }),
      "ValidationException",
      "The provided starting key does not match the range key predicate"
    )
    w.fails(
      "Query",
      { TableName: "things" },
      "ValidationException",
      /Either the KeyConditions or KeyConditionExpression/
    )
  })
})

describe("Scan", () => {
  it("refuses segments that do not fit", () => {
    const { w } = numbered()
    const fails = (input: Output, message: RegExp) =>
      w.fails("Scan", { TableName: "things", ...input }, "ValidationException", message)
    fails({ Segment: 0 }, /TotalSegments parameter is required/)
    fails({ TotalSegments: 2 }, /Segment parameter is required/)
    fails({ Segment: 2, TotalSegments: 2 }, /Segment: 2 is not less than TotalSegments: 2/)
    fails({ Limit: 0 }, /'limit' failed to satisfy constraint/)
    const first = w.ok("Scan", { TableName: "things", Segment: 0, TotalSegments: 1, Limit: 1 })
    const start = { ExclusiveStartKey: first["LastEvaluatedKey"] }
    const wrong = [0, 1].map((Segment) =>
      w.engine.execute("Scan", { TableName: "things", Segment, TotalSegments: 2, ...start })._tag
    )
    assert.deepStrictEqual(wrong.sort(), ["Left", "Right"])
  })
})

// ---------------------------------------------------------------------------------------------------------------- the model

type Row = {
  readonly pk: number
  readonly sk: number
  readonly group: number | undefined
  readonly rank: number
  readonly v: number
}

const writes = FastCheck.array(
  FastCheck.record({
    remove: FastCheck.boolean(),
    pk: FastCheck.integer({ min: 0, max: 5 }),
    sk: FastCheck.integer({ min: -12, max: 12 }),
    group: FastCheck.option(FastCheck.integer({ min: 0, max: 2 }), { nil: undefined }),
    rank: FastCheck.integer({ min: -2, max: 2 }),
    v: FastCheck.integer({ min: 0, max: 9 })
  }),
  { maxLength: 120 }
)

const build = (all: ReadonlyArray<Row & { readonly remove: boolean }>) => {
  const w = world()
  createTable(w, "things", ["pk", "n"], {
    global: { byGroup: { keys: ["group", "nRank"] } },
    local: { byRank: { keys: ["pk", "nRank"], projection: "KEYS_ONLY" } }
  })
  const model = new Map<string, Row>()
  for (const { remove, ...row } of all) {
    const key = { pk: S(String(row.pk)), n: N(row.sk) }
    const id = `${row.pk}/${row.sk}`
    if (remove) {
      w.ok("DeleteItem", { TableName: "things", Key: key })
      model.delete(id)
    } else {
      w.ok("PutItem", {
        TableName: "things",
        Item: {
          ...key,
          nRank: N(row.rank),
          v: N(row.v),
          ...(row.group === undefined ? {} : { group: S(String(row.group)) })
        }
      })
      model.set(id, row)
    }
  }
  return { w, rows: [...model.values()] }
}

const id = (item: Readonly<Record<string, { readonly S?: string; readonly N?: string }>>) =>
  `${item["pk"]?.S}/${item["n"]?.N}`
const ids = (rows: ReadonlyArray<Row>) => rows.map(({ pk, sk }) => `${pk}/${sk}`)

const operators = {
  "=": (a: number, b: number) => a === b,
  "<": (a: number, b: number) => a < b,
  "<=": (a: number, b: number) => a <= b,
  ">": (a: number, b: number) => a > b,
  ">=": (a: number, b: number) => a >= b
}

const operator = FastCheck.constantFrom(...Object.keys(operators) as Array<keyof typeof operators>)

describe("Query and Scan against a naive model", () => {
  it.prop(
    "a query gives what the model gives, in pages of any size, forwards and backwards",
    [
      writes,
      FastCheck.integer({ min: 0, max: 5 }),
      operator,
      FastCheck.integer({ min: -12, max: 12 }),
      FastCheck.boolean(),
      FastCheck.integer({ min: 1, max: 9 })
    ],
    ([all, pk, op, bound, forward, limit]) => {
      const { rows, w } = build(all)
      const expected = rows.filter((row) => row.pk === pk && operators[op](row.sk, bound) && row.v > 3)
        .sort((a, b) => (forward ? a.sk - b.sk : b.sk - a.sk))
      const input = query(`pk = :p AND n ${op} :b`, { ":p": S(String(pk)), ":b": N(bound), ":v": N(3) }, {
        FilterExpression: "v > :v",
        ScanIndexForward: forward
      })
      assert.deepStrictEqual(itemsOf(w.ok("Query", input)).map(id), ids(expected))
      const paged = pages(w, "Query", { ...input, Limit: limit })
      assert.deepStrictEqual(paged.flatMap(itemsOf).map(id), ids(expected))
      for (const page of paged) assert.isAtMost(Number(page["ScannedCount"]), limit)
    },
    { fastCheck: { numRuns: 60 } }
  )

  it.prop(
    "an index holds what has its key, orders it, and pages through ties",
    [
      writes,
      FastCheck.integer({ min: 0, max: 2 }),
      operator,
      FastCheck.integer({ min: -2, max: 2 }),
      FastCheck.boolean(),
      FastCheck.integer({ min: 1, max: 5 })
    ],
    ([all, group, op, bound, forward, limit]) => {
      const { rows, w } = build(all)
      const expected = rows.filter((row) => row.group === group && operators[op](row.rank, bound))
      const found = pages(
        w,
        "Query",
        query(`#g = :g AND nRank ${op} :b`, { ":g": S(String(group)), ":b": N(bound) }, {
          IndexName: "byGroup",
          ExpressionAttributeNames: { "#g": "group" },
          ScanIndexForward: forward,
          Limit: limit
        })
      ).flatMap(itemsOf)
      assert.deepStrictEqual(found.map(id).sort(), ids(expected).sort())
      const ranks = found.map((item) => Number(item["nRank"]?.N))
      assert.deepStrictEqual(ranks, [...ranks].sort((a, b) => (forward ? a - b : b - a)))
      const local = pages(w, "Query", query("pk = :p", { ":p": S("1") }, { IndexName: "byRank", Limit: limit }))
        .flatMap(itemsOf)
      assert.deepStrictEqual(local.map(id).sort(), ids(rows.filter(({ pk }) => pk === 1)).sort())
      for (const item of local) assert.deepStrictEqual(Object.keys(item).sort(), ["n", "nRank", "pk"])
    },
    { fastCheck: { numRuns: 60 } }
  )

  it.prop(
    "segments of a scan are disjoint and together everything, in pages of any size",
    [
      writes,
      FastCheck.integer({ min: 1, max: 7 }),
      FastCheck.integer({ min: 1, max: 9 }),
      FastCheck.constantFrom(undefined, "byGroup", "byRank")
    ],
    ([all, total, limit, index]) => {
      const { rows, w } = build(all)
      const expected = rows.filter(({ group }) => index !== "byGroup" || group !== undefined)
      const found = Array.from({ length: total }, (_, Segment) =>
        pages(w, "Scan", {
          TableName: "things",
          Segment,
          TotalSegments: total,
          Limit: limit,
          ...(index === undefined ? {} : { IndexName: index })
        }).flatMap(itemsOf).map(id)).flat()
      assert.deepStrictEqual(found.sort(), ids(expected).sort())
    },
    { fastCheck: { numRuns: 60 } }
  )

  it("hundreds of rows, in and out of order, are found again one by one", () => {
    const w = world()
    createTable(w, "things", ["pk", "n"])
    const order = Array.from({ length: 2000 }, (_, i) => (i * 7919) % 2000)
    for (const n of order) w.ok("PutItem", { TableName: "things", Item: { pk: S(`p${n % 3}`), n: N(n) } })
    for (const n of order) {
      if (n % 5 === 0) w.ok("DeleteItem", { TableName: "things", Key: { pk: S(`p${n % 3}`), n: N(n) } })
    }
    for (const n of order) {
      const { Item } = w.ok("GetItem", { TableName: "things", Key: { pk: S(`p${n % 3}`), n: N(n) } })
      assert.strictEqual(Item === undefined, n % 5 === 0, String(n))
    }
    assert.strictEqual(pages(w, "Scan", { TableName: "things", Limit: 33 }).flatMap(itemsOf).length, 1600)
    const backwards = pages(w, "Query", query("pk = :p", { ":p": S("p1") }, { ScanIndexForward: false, Limit: 50 }))
      .flatMap(itemsOf)
    assert.deepStrictEqual(
      backwards.map(({ n }) => Number(n?.N)),
      order.filter((n) => n % 3 === 1 && n % 5 !== 0).sort((a, b) => b - a)
    )
  })
})
