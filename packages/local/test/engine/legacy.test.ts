import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { createTable, itemsOf, N, type Output, S, world } from "./harness.js"

const setup = () => {
  const w = world()
  createTable(w, "things", ["pk", "n"])
  for (const n of [1, 2, 3]) {
    w.ok("PutItem", {
      TableName: "things",
      Item: { pk: S("a"), n: N(n), name: S(`name${n}`), tags: { SS: ["x", `t${n}`] }, l: { L: [S("e")] } }
    })
  }
  return w
}

const Key = { pk: S("a"), n: N(1) }
const condition = (ComparisonOperator: string, ...AttributeValueList: ReadonlyArray<unknown>) => ({
  ComparisonOperator,
  AttributeValueList
})

describe("parameters from before expressions", () => {
  it("Expected holds or not", () => {
    const w = setup()
    const holds = (Expected: unknown, ConditionalOperator?: string): boolean => {
      const answer = w.engine.execute("UpdateItem", {
        TableName: "things",
        Key,
        Expected,
        ...(ConditionalOperator === undefined ? {} : { ConditionalOperator })
      })
      if (answer._tag === "Left" && answer.left.code !== "ConditionalCheckFailedException") {
        assert.fail(answer.left.message)
      }
      return answer._tag === "Right"
    }
    const yes: ReadonlyArray<unknown> = [
      { name: { Value: S("name1") } },
      { name: { Exists: true, Value: S("name1") } },
      { none: { Exists: false } },
      { name: condition("EQ", S("name1")) },
      { name: condition("NE", S("name2")) },
      { none: condition("NE", S("name2")) },
      { none: condition("NULL") },
      { name: condition("NOT_NULL") },
      { name: condition("BEGINS_WITH", S("na")) },
      { name: condition("CONTAINS", S("me")) },
      { tags: condition("CONTAINS", S("x")) },
      { tags: condition("NOT_CONTAINS", S("y")) },
      { none: condition("NOT_CONTAINS", S("y")) },
      { name: condition("IN", S("z"), S("name1")) },
      { name: condition("BETWEEN", S("name0"), S("name2")) },
      { name: condition("LT", S("name2")), tags: condition("NOT_NULL") }
    ]
    const no: ReadonlyArray<unknown> = [
      { name: { Value: S("other") } },
      { name: { Exists: false } },
      { none: { Value: S("x") } },
      { name: condition("GT", S("name1")) },
      { name: condition("GE", N(1)) },
      { name: condition("EQ", S("name1")), none: condition("NOT_NULL") }
    ]
    for (const expected of yes) assert.isTrue(holds(expected), JSON.stringify(expected))
    for (const expected of no) assert.isFalse(holds(expected), JSON.stringify(expected))
    assert.isTrue(holds({ name: condition("EQ", S("name1")), none: condition("NOT_NULL") }, "OR"))
    const detail = w.fails(
      "PutItem",
      {
        TableName: "things",
        Item: Key,
        Expected: { pk: { Exists: false } },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD"
      },
      "ConditionalCheckFailedException"
    )
    assert.isDefined(detail["Item"])
  })

  it("AttributeUpdates put, add and delete", () => {
    const w = setup()
    const update = (AttributeUpdates: unknown) =>
      w.ok("UpdateItem", { TableName: "things", Key, AttributeUpdates, ReturnValues: "UPDATED_NEW" })["Attributes"]
    assert.deepStrictEqual(update({ name: { Value: S("x"), Action: "PUT" }, "a.b": { Value: N(1) } }), {
      name: S("x"),
      "a.b": N(1)
    })
    assert.deepStrictEqual(update({ "a.b": { Value: N("1.5"), Action: "ADD" }, c: { Value: N(2), Action: "ADD" } }), {
      "a.b": N("2.5"),
      c: N(2)
    })
    assert.deepStrictEqual(update({ tags: { Value: { SS: ["z"] }, Action: "ADD" } }), {
      tags: { SS: ["x", "t1", "z"] }
    })
    assert.deepStrictEqual(update({ tags: { Value: { SS: ["x", "z"] }, Action: "DELETE" } }), { tags: { SS: ["t1"] } })
    assert.deepStrictEqual(update({ l: { Value: { L: [S("f")] }, Action: "ADD" } }), { l: { L: [S("e"), S("f")] } })
    assert.isUndefined(update({ name: { Action: "DELETE" } }))
    const fails = (AttributeUpdates: unknown, message: RegExp) =>
      w.fails("UpdateItem", { TableName: "things", Key, AttributeUpdates }, "ValidationException", message)
    fails({ x: { Action: "PUT" } }, /Only DELETE action is allowed/)
    fails({ x: { Value: S("x"), Action: "ADD" } }, /ADD action is not supported for the type S/)
    fails({ x: { Value: S("x"), Action: "DELETE" } }, /DELETE action with value is not supported for the type S/)
    fails({ c: { Value: { SS: ["x"] }, Action: "ADD" } }, /Type mismatch for attribute to update/)
    fails({ n: { Value: N(5) } }, /Cannot update attribute n. This attribute is part of the key/)
    fails({ x: { Value: S("x"), Action: "SET" } }, /enum value set/)
  })

  it("KeyConditions, filters and AttributesToGet read", () => {
    const w = setup()
    const read = (operation: string, input: Output) =>
      itemsOf(w.ok(operation, { TableName: "things", ...input })).map(({ n }) => n?.N)
    const pk = condition("EQ", S("a"))
    assert.deepStrictEqual(read("Query", { KeyConditions: { pk } }), ["1", "2", "3"])
    assert.deepStrictEqual(
      read("Query", { KeyConditions: { pk, n: condition("GE", N(2)) }, ScanIndexForward: false }),
      ["3", "2"]
    )
    assert.deepStrictEqual(read("Query", { KeyConditions: { pk, n: condition("BETWEEN", N(1), N(2)) } }), ["1", "2"])
    assert.deepStrictEqual(
      read("Query", { KeyConditions: { pk }, QueryFilter: { name: condition("EQ", S("name2")) } }),
      ["2"]
    )
    assert.deepStrictEqual(
      read("Query", {
        KeyConditionExpression: undefined,
        KeyConditions: { pk },
        FilterExpression: "tags = :t",
        ExpressionAttributeValues: { ":t": { SS: ["x", "t3"] } }
      }),
      ["3"]
    )
    assert.deepStrictEqual(
      read("Scan", {
        ScanFilter: { tags: condition("CONTAINS", S("t3")), name: condition("EQ", S("name1")) },
        ConditionalOperator: "OR"
      }).sort(),
      ["1", "3"]
    )
    assert.deepStrictEqual(w.ok("GetItem", { TableName: "things", Key, AttributesToGet: ["name", "none"] })["Item"], {
      name: S("name1")
    })
  })

  it("are refused as they ever were", () => {
    const w = setup()
    const expected = (Expected: unknown, message: RegExp) =>
      w.fails("DeleteItem", { TableName: "things", Key, Expected }, "ValidationException", message)
    expected({ a: {} }, /Value must be provided when Exists is null for Attribute: a/)
    expected({ a: { Exists: true } }, /Value must be provided when Exists is true/)
    expected({ a: { Exists: false, Value: S("x") } }, /Value cannot be used when Exists is false/)
    expected(
      { a: { Value: S("x"), AttributeValueList: [S("x")] } },
      /Value and AttributeValueList cannot be used together/
    )
    expected({ a: { Exists: true, ComparisonOperator: "EQ" } }, /Exists and ComparisonOperator cannot be used together/)
    expected({ a: { AttributeValueList: [S("x")] } }, /can only be used with a ComparisonOperator/)
    expected(
      { a: { ComparisonOperator: "EQ" } },
      /Value or AttributeValueList must be used with ComparisonOperator: EQ/
    )
    expected({ a: condition("BETWEEN", N(1)) }, /Invalid number of argument\(s\) for the BETWEEN/)
    expected({ a: condition("BETWEEN", N(2), N(1)) }, /lower bound is greater than the upper bound/)
    expected({ a: condition("IN", N(2), S("x")) }, /must be of same type/)
    expected({ a: condition("LT", { SS: ["x"] }) }, /ComparisonOperator LT is not valid for SS/)
    const mixed = { Expected: { a: { Exists: false } }, ConditionExpression: "attribute_exists(pk)" }
    w.fails(
      "DeleteItem",
      { TableName: "things", Key, ...mixed },
      "ValidationException",
      "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"
    )
    const query = (input: Output, message: RegExp) =>
      w.fails("Query", { TableName: "things", ...input }, "ValidationException", message)
    query({ KeyConditions: { pk: condition("CONTAINS", S("a")) } }, /not an indexable operation/)
    query({ KeyConditions: {} }, /Conditions can be of length 1 or 2 only/)
    query(
      { KeyConditions: { pk: condition("EQ", S("a")) }, QueryFilter: { n: condition("EQ", N(1)) } },
      /QueryFilter can only contain non-primary key attributes/
    )
    w.fails(
      "GetItem",
      { TableName: "things", Key, AttributesToGet: ["a", "a"] },
      "ValidationException",
      /Duplicate value in attribute name: a/
    )
  })
})
