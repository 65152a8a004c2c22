import { describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { assert } from "vitest"
import { createTable, itemsOf, N, type Output, S, world } from "./harness.js"

const setup = () => {
  const w = world()
  createTable(w, "things", ["pk"])
  w.ok("PutItem", { TableName: "things", Item: { pk: S("a"), v: N(1) } })
  return w
}

const Put = (pk: string, extra: Output = {}) => ({
  Put: { TableName: "things", Item: { pk: S(pk), v: N(9) }, ...extra }
})
const Delete = (pk: string, extra: Output = {}) => ({ Delete: { TableName: "things", Key: { pk: S(pk) }, ...extra } })
const Check = (pk: string, ConditionExpression: string, extra: Output = {}) => ({
  ConditionCheck: { TableName: "things", Key: { pk: S(pk) }, ConditionExpression, ...extra }
})
const Update = (pk: string, UpdateExpression: string, extra: Output = {}) => ({
  Update: { TableName: "things", Key: { pk: S(pk) }, UpdateExpression, ...extra }
})
const write = (...TransactItems: ReadonlyArray<unknown>) => ({ TransactItems })
const message = (...codes: ReadonlyArray<string>) =>
  `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(", ")}]`

describe("TransactWriteItems", () => {
  it("does all", () => {
    const w = setup()
    w.ok(
      "TransactWriteItems",
      write(
        Check("a", "attribute_exists(pk)"),
        Put("b"),
        Update("c", "SET v = :v", { ExpressionAttributeValues: { ":v": N(3) } })
      )
    )
    w.ok(
      "TransactWriteItems",
      write(Delete("a"), Update("b", "ADD v :v", { ExpressionAttributeValues: { ":v": N(1) } }))
    )
    const items = itemsOf(w.ok("Scan", { TableName: "things" })).map(({ pk, v }) => `${pk?.S}${v?.N}`).sort()
    assert.deepStrictEqual(items, ["b10", "c3"])
  })

  it("or nothing, with a reason for each action in its place, and the item where it was asked for", () => {
    const w = setup()
    const taken = { ConditionExpression: "attribute_not_exists(pk)" }
    const detail = w.fails(
      "TransactWriteItems",
      write(
        Put("b"),
        Put("a", { ...taken, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
        Delete("c"),
        Check("d", "attribute_exists(pk)", { ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
        Update("e", "SET v = absent")
      ),
      "TransactionCanceledException",
      message("None", "ConditionalCheckFailed", "None", "ConditionalCheckFailed", "ValidationError")
    )
    assert.deepStrictEqual(detail["CancellationReasons"], [
      { Code: "None" },
      { Code: "ConditionalCheckFailed", Message: "The conditional request failed", Item: { pk: S("a"), v: N(1) } },
      { Code: "None" },
      { Code: "ConditionalCheckFailed", Message: "The conditional request failed" },
      {
        Code: "ValidationError",
        Message: "The provided expression refers to an attribute that does not exist in the item"
      }
    ])
    assert.strictEqual(w.ok("Scan", { TableName: "things" })["Count"], 1)
    const hidden = w.fails(
      "TransactWriteItems",
      write(Put("a", taken)),
      "TransactionCanceledException",
      message("ConditionalCheckFailed")
    )
    assert.deepStrictEqual(hidden["CancellationReasons"], [{
      Code: "ConditionalCheckFailed",
      Message: "The conditional request failed"
    }])
  })

  it("refuses in the order of DynamoDB: members, expressions, tables and targets, keys, conditions", () => {
    const w = setup()
    const fails = (input: unknown, code: string, text?: string | RegExp) =>
      w.fails("TransactWriteItems", input, code, text)
    const other = (action: Record<string, object>) =>
      Object.fromEntries(Object.entries(action).map(([kind, of]) => [kind, { ...of, TableName: "missing" }]))
    fails(
      write(),
      "ValidationException",
      /'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1/
    )
    fails(
      write(...Array.from({ length: 101 }, (_, i) => Put(`p${i}`))),
      "ValidationException",
      /Member must have length less than or equal to 100/
    )
    fails(write({}), "ValidationException", /can only contain one of Check, Put, Update or Delete/)
    fails(write({ ...Put("a"), ...Delete("b") }), "ValidationException", /can only contain one of/)
    fails(
      { ...write(Put("b")), ClientRequestToken: "x".repeat(37) },
      "ValidationException",
      /'clientRequestToken'.*less than or equal to 36/
    )
    fails(write(other(Put("a")), Check("a", "foo(")), "ValidationException", /Invalid ConditionExpression/)
    fails(
      write(
        other(Put("a")),
        Put("b", { ConditionExpression: "attribute_exists(pk)", ExpressionAttributeValues: { ":u": N(1) } })
      ),
      "ValidationException",
      /unused in expressions: keys: \{:u\}/
    )
    fails(write(other(Put("a")), Put("a"), Put("a")), "ResourceNotFoundException", "Requested resource not found")
    fails(
      write(Put("b"), Delete("b")),
      "ValidationException",
      "Transaction request cannot include multiple operations on one item"
    )
    fails(write(Put("b"), Put("")), "ValidationException", /cannot contain an empty string value. Key: pk/)
    fails(
      write(Check("a", "attribute_not_exists(pk)"), { Delete: { TableName: "things", Key: { pk: N(1) } } }),
      "TransactionCanceledException",
      message("None", "ValidationError")
    )
    fails(
      write(Put("b"), { Put: { TableName: "things", Item: { v: N(1) } } }),
      "TransactionCanceledException",
      message("None", "ValidationError")
    )
    assert.strictEqual(w.ok("Scan", { TableName: "things" })["Count"], 1)
  })

  it("is no larger than 4 MB", () => {
    const w = setup()
    const large = (i: number) => ({
      Put: { TableName: "things", Item: { pk: S(`l${i}`), data: S("x".repeat(400_000)) } }
    })
    w.ok("TransactWriteItems", write(...Array.from({ length: 10 }, (_, i) => large(i))))
    w.fails("TransactWriteItems", write(...Array.from({ length: 11 }, (_, i) => large(i))), "ValidationException")
  })

  it("a token makes it once for ten minutes, and is for these parameters only", () => {
    const w = setup()
    const input = {
      ...write(Update("a", "ADD v :one", { ExpressionAttributeValues: { ":one": N(1) } })),
      ClientRequestToken: "token",
      ReturnConsumedCapacity: "TOTAL"
    }
    const count = () =>
      (w.ok("GetItem", { TableName: "things", Key: { pk: S("a") } })["Item"] as { readonly v: { readonly N: string } })
        .v.N
    assert.deepStrictEqual(w.ok("TransactWriteItems", input), {
      ConsumedCapacity: [{ TableName: "things", CapacityUnits: 2, WriteCapacityUnits: 2 }]
    })
    w.time += 599_999
    assert.deepStrictEqual(w.ok("TransactWriteItems", input), {
      ConsumedCapacity: [{ TableName: "things", CapacityUnits: 2, ReadCapacityUnits: 2 }]
    })
    assert.strictEqual(count(), "2")
    w.fails("TransactWriteItems", { ...input, ...write(Delete("a")) }, "IdempotentParameterMismatchException")
    w.time += 1
    w.ok("TransactWriteItems", input)
    assert.strictEqual(count(), "3")
  })

  it("a token of a transaction that was cancelled is free", () => {
    const w = setup()
    const token = { ClientRequestToken: "token" }
    w.fails(
      "TransactWriteItems",
      { ...write(Check("none", "attribute_exists(pk)")), ...token },
      "TransactionCanceledException"
    )
    w.ok("TransactWriteItems", { ...write(Put("b")), ...token })
  })

  it.prop(
    "any mix of actions: all of them or none",
    [FastCheck.array(
      FastCheck.record({
        kind: FastCheck.constantFrom("put", "delete", "update", "check"),
        pk: FastCheck.integer({ min: 0, max: 9 }),
        guarded: FastCheck.constantFrom(undefined, "attribute_exists(pk)", "attribute_not_exists(pk)")
      }),
      { minLength: 1, maxLength: 12 }
    )],
    ([given]) => {
      const actions = given.filter(({ pk }, i) => given.findIndex((other) => other.pk === pk) === i)
      const w = world()
      createTable(w, "things", ["pk"], { global: { byV: { keys: ["v"] } } })
      const model = new Map<string, string>()
      for (const pk of [0, 2, 4, 6, 8]) {
        w.ok("PutItem", { TableName: "things", Item: { pk: S(String(pk)), v: S("old") } })
        model.set(String(pk), "old")
      }
      const before = new Map(model)
      let fails = false
      const items = actions.map(({ guarded, kind, pk }) => {
        const name = String(pk)
        const stands = before.has(name)
        const condition = guarded ?? (kind === "check" ? "attribute_exists(pk)" : undefined)
        if (condition !== undefined && (condition === "attribute_exists(pk)") !== stands) fails = true
        const base = { TableName: "things", ...(condition === undefined ? {} : { ConditionExpression: condition }) }
        const Key = { pk: S(name) }
        switch (kind) {
          case "put":
            model.set(name, "put")
            return { Put: { ...base, Item: { ...Key, v: S("put") } } }
          case "update":
            model.set(name, "updated")
            return {
              Update: {
                ...base,
                Key,
                UpdateExpression: "SET v = :v",
                ExpressionAttributeValues: { ":v": S("updated") }
              }
            }
          case "delete":
            model.delete(name)
            return { Delete: { ...base, Key } }
          default:
            return { ConditionCheck: { ...base, Key } }
        }
      })
      const answer = w.engine.execute("TransactWriteItems", { TransactItems: items })
      assert.strictEqual(answer._tag, fails ? "Left" : "Right")
      const expected = [...(fails ? before : model)].sort()
      for (const extra of [{}, { IndexName: "byV" }]) {
        const found = itemsOf(w.ok("Scan", { TableName: "things", ...extra })).map(({ pk, v }) => [pk?.S, v?.S]).sort()
        assert.deepStrictEqual(found, expected)
      }
    },
    { fastCheck: { numRuns: 150 } }
  )
})

describe("TransactGetItems", () => {
  const Get = (pk: string, extra: Output = {}) => ({ Get: { TableName: "things", Key: { pk: S(pk) }, ...extra } })

  it("gives each item in its place, and nothing where none stands", () => {
    const w = setup()
    assert.deepStrictEqual(
      w.ok("TransactGetItems", {
        ...write(Get("none"), Get("a", { ProjectionExpression: "v" })),
        ReturnConsumedCapacity: "TOTAL"
      }),
      {
        Responses: [{}, { Item: { v: N(1) } }],
        ConsumedCapacity: [{ TableName: "things", CapacityUnits: 4, ReadCapacityUnits: 4 }]
      }
    )
  })

  it("refuses as the writes do", () => {
    const w = setup()
    w.fails("TransactGetItems", write(), "ValidationException", /greater than or equal to 1/)
    w.fails("TransactGetItems", write(Get("a"), Get("a")), "ValidationException", /multiple operations on one item/)
    w.fails(
      "TransactGetItems",
      write(Get("a"), Get("b", { Key: {} })),
      "TransactionCanceledException",
      message("None", "ValidationError")
    )
    w.fails("TransactGetItems", write(Get("a", { TableName: "missing" })), "ResourceNotFoundException")
    w.fails(
      "TransactGetItems",
      write(Get("a", { ProjectionExpression: "!!!" })),
      "ValidationException",
      /Syntax error; token: "!", near: "!!"/
    )
  })
})
