import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { createTable, N, S, world } from "./harness.js"

const Key = { pk: S("a") }
const list = (...members: ReadonlyArray<string>) => ({ L: members.map(S) })

const run = (
  before: Readonly<Record<string, unknown>>,
  UpdateExpression: string,
  values?: Readonly<Record<string, unknown>>,
  ReturnValues = "ALL_NEW"
): unknown => {
  const w = world()
  createTable(w, "things", ["pk"])
  w.ok("PutItem", { TableName: "things", Item: { ...Key, ...before } })
  const output = w.ok("UpdateItem", {
    TableName: "things",
    Key,
    UpdateExpression,
    ReturnValues,
    ...(values === undefined ? {} : { ExpressionAttributeValues: values })
  })
  return output["Attributes"]
}

const refuses = (
  before: Readonly<Record<string, unknown>>,
  UpdateExpression: string,
  values: Readonly<Record<string, unknown>> | undefined,
  message: string | RegExp
): void => {
  const w = world()
  createTable(w, "things", ["pk"])
  const item = { ...Key, ...before }
  w.ok("PutItem", { TableName: "things", Item: item })
  w.fails(
    "UpdateItem",
    {
      TableName: "things",
      Key,
      UpdateExpression,
      ...(values === undefined ? {} : { ExpressionAttributeValues: values })
    },
    "ValidationException",
    message
  )
  assert.deepStrictEqual(w.ok("GetItem", { TableName: "things", Key })["Item"], item)
}

describe("updates", () => {
  it("SET reads the item as it was", () => {
    assert.deepStrictEqual(run({ x: N(1), y: N(2) }, "SET x = y, y = x"), { ...Key, x: N(2), y: N(1) })
    assert.deepStrictEqual(run({ x: N(1) }, "SET y = x REMOVE x"), { ...Key, y: N(1) })
  })

  it("SET computes", () => {
    assert.deepStrictEqual(run({ x: N("0.1") }, "SET x = x + :v", { ":v": N("0.2") }), { ...Key, x: N("0.3") })
    assert.deepStrictEqual(run({ x: N(1) }, "SET x = :v - x", { ":v": N("0.5") }), { ...Key, x: N("-0.5") })
    assert.deepStrictEqual(run({}, "SET x = if_not_exists(x, :v) + :v", { ":v": N(2) }), { ...Key, x: N(4) })
    assert.deepStrictEqual(run({ l: list("a") }, "SET l = list_append(:v, l)", { ":v": list("b") }), {
      ...Key,
      l: list("b", "a")
    })
    assert.deepStrictEqual(
      run({}, "SET l = list_append(if_not_exists(l, :e), :v)", { ":e": { L: [] }, ":v": list("b") }),
      { ...Key, l: list("b") }
    )
  })

  it("elements are numbered as before the update, and those set beyond the end are appended in order", () => {
    const l = list("a", "b", "c")
    const v = { ":v": S("v"), ":w": S("w") }
    assert.deepStrictEqual(run({ l }, "SET l[1] = :v REMOVE l[0]", { ":v": S("v") }), { ...Key, l: list("v", "c") })
    assert.deepStrictEqual(run({ l }, "REMOVE l[0], l[1]"), { ...Key, l: list("c") })
    assert.deepStrictEqual(run({ l }, "SET l[9] = :w, l[7] = :v", v), { ...Key, l: list("a", "b", "c", "v", "w") })
    assert.deepStrictEqual(run({ l }, "REMOVE l[5]"), { ...Key, l })
  })

  it("paths into maps and lists touch nothing beside them", () => {
    const m = { M: { a: { L: [{ M: { x: N(1), y: N(2) } }] }, b: S("b") } }
    assert.deepStrictEqual(run({ m }, "SET m.a[0].x = :v REMOVE m.b", { ":v": N(9) }), {
      ...Key,
      m: { M: { a: { L: [{ M: { x: N(9), y: N(2) } }] } } }
    })
    assert.deepStrictEqual(run({ m }, "SET m.c = :v", { ":v": N(9) }), { ...Key, m: { M: { ...m.M, c: N(9) } } })
  })

  it("ADD and DELETE", () => {
    const set = (...SS: ReadonlyArray<string>) => ({ SS })
    assert.deepStrictEqual(run({ n: N(1) }, "ADD n :v, k :v", { ":v": N("2.5") }), { ...Key, n: N("3.5"), k: N("2.5") })
    assert.deepStrictEqual(run({ s: set("a", "b") }, "ADD s :v", { ":v": set("b", "c") }), {
      ...Key,
      s: set("a", "b", "c")
    })
    assert.deepStrictEqual(run({ s: set("a", "b") }, "DELETE s :v", { ":v": set("b", "z") }), { ...Key, s: set("a") })
    assert.deepStrictEqual(run({ s: set("a") }, "DELETE s :v", { ":v": set("a") }), Key)
    assert.deepStrictEqual(run({}, "DELETE s :v", { ":v": set("a") }), Key)
    assert.deepStrictEqual(run({ s: { NS: ["1"] } }, "DELETE s :v", { ":v": { NS: ["1.0"] } }), Key)
    const bytes = (...all: ReadonlyArray<number>) => ({ BS: all.map((each) => new Uint8Array([each])) })
    assert.deepStrictEqual(run({ s: bytes(1) }, "ADD s :v", { ":v": bytes(1, 2) }), { ...Key, s: bytes(1, 2) })
    assert.deepStrictEqual(run({ s: bytes(1, 2) }, "DELETE s :v", { ":v": bytes(1) }), { ...Key, s: bytes(2) })
  })

  it("make an item where none stands, of its key and what they set", () => {
    const w = world()
    createTable(w, "things", ["pk"])
    w.ok("UpdateItem", { TableName: "things", Key })
    assert.deepStrictEqual(w.ok("GetItem", { TableName: "things", Key }), { Item: Key })
  })

  it("ReturnValues: all or only what was touched, before or after", () => {
    const before = { x: N(1), l: list("a", "b"), m: { M: { p: S("p"), q: S("q") } } }
    const of = (expression: string, values: Readonly<Record<string, unknown>> | undefined, returnValues: string) =>
      run(before, expression, values, returnValues)
    const v = { ":v": N(9) }
    assert.deepStrictEqual(of("SET x = :v", v, "ALL_OLD"), { ...Key, ...before })
    assert.deepStrictEqual(of("SET x = :v", v, "ALL_NEW"), { ...Key, ...before, x: N(9) })
    assert.deepStrictEqual(of("SET x = :v", v, "UPDATED_OLD"), { x: N(1) })
    assert.deepStrictEqual(of("SET x = :v", v, "UPDATED_NEW"), { x: N(9) })
    assert.deepStrictEqual(of("SET m.p = :v, l[1] = :v", v, "UPDATED_NEW"), { m: { M: { p: N(9) } }, l: { L: [N(9)] } })
    assert.deepStrictEqual(of("SET m.p = :v", v, "UPDATED_OLD"), { m: { M: { p: S("p") } } })
    assert.isUndefined(of("REMOVE x", undefined, "UPDATED_NEW"))
    assert.isUndefined(of("SET y = :v", v, "UPDATED_OLD"))
    assert.isUndefined(of("SET x = :v", v, "NONE"))
    const w = world()
    createTable(w, "things", ["pk"])
    w.fails(
      "PutItem",
      { TableName: "things", Item: Key, ReturnValues: "ALL_NEW" },
      "ValidationException",
      /ALL_OLD or NONE/
    )
    assert.deepStrictEqual(w.ok("PutItem", { TableName: "things", Item: Key, ReturnValues: "ALL_OLD" }), {})
    assert.deepStrictEqual(w.ok("DeleteItem", { TableName: "things", Key, ReturnValues: "ALL_OLD" }), {
      Attributes: Key
    })
  })

  it("refuse at the item what only the item shows, and change nothing", () => {
    const invalid = "The document path provided in the update expression is invalid for update"
    const wrong = "An operand in the update expression has an incorrect data type"
    const v = { ":v": N(1) }
    refuses({}, "SET m.x = :v", v, invalid)
    refuses({ m: S("x") }, "SET m.x = :v", v, invalid)
    refuses({ m: { M: {} } }, "SET m[0] = :v", v, invalid)
    refuses({ l: list("a") }, "SET l.x = :v", v, invalid)
    refuses({ l: list("a") }, "SET l[3].x = :v", v, invalid)
    refuses({}, "REMOVE m.x", undefined, invalid)
    refuses(
      {},
      "SET x = y",
      undefined,
      "The provided expression refers to an attribute that does not exist in the item"
    )
    refuses({}, "SET x = x + :v", v, "The provided expression refers to an attribute that does not exist in the item")
    refuses({ x: S("s") }, "SET x = x + :v", v, wrong)
    refuses({ x: S("s") }, "SET x = list_append(x, :v)", { ":v": { L: [] } }, wrong)
    refuses({ x: S("s") }, "ADD x :v", v, wrong)
    refuses({ x: { SS: ["s"] } }, "DELETE x :v", { ":v": { NS: ["1"] } }, wrong)
    refuses({ x: N("9" + "0".repeat(125)) }, "ADD x :v", { ":v": N("9e125") }, /overflow/)
    refuses({ x: N("9".repeat(38)) }, "ADD x :v", { ":v": N("0.1") }, /38 significant digits/)
  })

  it("refuse an expression that is wrong for any item", () => {
    const v = { ":v": N(1) }
    const says = (message: string) => `Invalid UpdateExpression: ${message}`
    refuses({}, "", undefined, says("The expression can not be empty;"))
    refuses({}, "INVALID SYNTAX", undefined, says("Syntax error; token: \"INVALID\", near: \"INVALID SYNTAX\""))
    refuses({}, "SET x = :v SET y = :v", v, says("The \"SET\" section can only be used once in an update expression;"))
    refuses({}, "SET x = :v, x.y = :v", v, /Two document paths overlap/)
    refuses({}, "SET x[0] = :v REMOVE x.y", v, /Two document paths conflict/)
    refuses({}, "SET x = foo(y, :v)", v, says("Invalid function name; function: foo"))
    refuses(
      {},
      "SET x = size(y)",
      undefined,
      says("The function is not allowed in an update expression; function: size")
    )
    refuses(
      {},
      "SET x = if_not_exists(y)",
      undefined,
      says(
        "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1"
      )
    )
    refuses({}, "SET x = if_not_exists(:v, :v)", v, /requires a document path; operator or function: if_not_exists/)
    refuses({}, "SET x = y + :s", { ":s": S("s") }, /operator or function: \+, operand type: S/)
    refuses({}, "SET x = list_append(y, :v)", v, /operator or function: list_append, operand type: N/)
    refuses(
      {},
      "ADD x :s",
      { ":s": S("s") },
      says("Incorrect operand type for operator or function; operator: ADD, operand type: STRING")
    )
    refuses(
      {},
      "DELETE x :v",
      v,
      says("Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER")
    )
    refuses(
      {},
      "SET pk = :v",
      v,
      "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"
    )
    refuses({}, "SET pk.x = :v", v, /Key attributes must be scalars/)
    refuses({}, "SET name = :v", v, says("Attribute name is a reserved keyword; reserved keyword: name"))
  })
})
