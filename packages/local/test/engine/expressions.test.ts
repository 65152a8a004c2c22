import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { createTable, N, S, world } from "./harness.js"

const Key = { pk: S("a") }
const item = {
  ...Key,
  name: S("Ann"),
  n: N(5),
  b: { B: new Uint8Array([1, 2, 3]) },
  yes: { BOOL: true },
  nil: { NULL: true },
  ss: { SS: ["x", "y"] },
  ns: { NS: ["1", "2"] },
  l: { L: [S("p"), N(7), { M: { deep: S("d") } }] },
  m: { M: { k: N(1), s: { M: { t: S("u") } } } },
  emoji: S("\u{1F600}"),
  priv: S("\uE000")
}

const setup = () => {
  const w = world()
  createTable(w, "things", ["pk"])
  w.ok("PutItem", { TableName: "things", Item: item })
  return w
}

/** Whether a condition holds for the item, told by a delete that is then undone. */
const holds = (
  w: ReturnType<typeof setup>,
  ConditionExpression: string,
  values: Readonly<Record<string, unknown>> = {},
  names: Readonly<Record<string, string>> = {}
): boolean => {
  const answer = w.engine.execute("PutItem", {
    TableName: "things",
    Item: item,
    ConditionExpression,
    ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
    ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {})
  })
  if (answer._tag === "Left" && answer.left.code !== "ConditionalCheckFailedException") {
    assert.fail(`${ConditionExpression}: ${answer.left.message}`)
  }
  return answer._tag === "Right"
}

describe("conditions", () => {
  it("hold or not, by operator, function and type", () => {
    const w = setup()
    const v = { ":five": N(5), ":six": N("6.0"), ":s": S("Ann"), ":x": S("x"), ":b": { B: new Uint8Array([1, 2]) } }
    const check = (expected: boolean, expressions: ReadonlyArray<string>) => {
      for (const expression of expressions) {
        const used = Object.fromEntries(Object.entries(v).filter(([k]) => new RegExp(`${k}\\b`).test(expression)))
        const names = expression.includes("#name") ? { "#name": "name" } : {}
        assert.strictEqual(holds(w, expression, used, names), expected, expression)
      }
    }
    check(true, [
      "n = :five",
      "n <> :six",
      "n < :six",
      "n <= :five",
      "n >= :five",
      ":six > n",
      "n BETWEEN :five AND :six",
      "n IN (:six, :five)",
      "attribute_exists(m.s.t)",
      "attribute_not_exists(m.zz)",
      "attribute_exists(l[2].deep)",
      "begins_with(b, :b)",
      "contains(ss, :x)",
      "contains(#name, :s)",
      "size(ss) < n",
      "size(#name) < n",
      "size(b) < n",
      "size(m) < size(l)",
      "NOT n = :six",
      "n = :five AND n < :six OR n = :six",
      "n = :six AND n = :six OR n = :five",
      "NOT (n = :six OR n = :six)",
      "(attribute_exists(pk)) AND (n = :five)",
      "absent <> :five",
      "absent <> yonder",
      "n <> :s",
      "nOt n = :six aNd n In (:five)"
    ])
    check(false, [
      "n = :s",
      "absent = :five",
      "absent < :five",
      "NOT absent <> :five",
      "n < :s",
      "contains(n, :five)",
      "begins_with(n, :s)",
      "size(n) = :five",
      "size(absent) = :five",
      "absent = yonder"
    ])
  })

  it("attribute_type tells every type", () => {
    const w = setup()
    const types = { name: "S", n: "N", b: "B", yes: "BOOL", nil: "NULL", ss: "SS", ns: "NS", l: "L", m: "M" }
    for (const [name, type] of Object.entries(types)) {
      assert.isTrue(holds(w, "attribute_type(#a, :t)", { ":t": S(type) }, { "#a": name }), name)
      assert.isFalse(holds(w, "attribute_type(#a, :t)", { ":t": S("BS") }, { "#a": name }), name)
    }
  })

  it("sets are equal in any order, numbers by value, strings by their UTF-8 bytes", () => {
    const w = setup()
    assert.isTrue(holds(w, "ss = :v", { ":v": { SS: ["y", "x"] } }))
    assert.isTrue(holds(w, "ns = :v", { ":v": { NS: ["2.0", "1e0"] } }))
    assert.isFalse(holds(w, "ns = :v", { ":v": { NS: ["2", "3"] } }))
    assert.isTrue(holds(w, "l = :v", { ":v": item.l }))
    assert.isTrue(holds(w, "m = :v", { ":v": { M: { s: { M: { t: S("u") } }, k: N("1.0") } } }))
    // U+1F600 is after U+E000 in UTF-8, but before it in UTF-16.
    assert.isTrue(holds(w, "emoji > priv"))
    assert.isTrue(holds(w, "b > :v", { ":v": { B: new Uint8Array([1, 2]) } }))
  })

  it("says what is wrong with an expression, and in which order", () => {
    const w = setup()
    const v = { ":v": N(1) }
    const cases: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>, string | RegExp]> = [
      ["", {}, "The expression can not be empty;"],
      ["a = ", {}, "Syntax error; token: \"<EOF>\", near: \"=\""],
      ["a = :v :v", v, "Syntax error; token: \":v\", near: \":v :v\""],
      ["a == :v", v, "Syntax error; token: \"=\", near: \"== :v\""],
      ["(a = :v", v, "Syntax error; token: \"<EOF>\", near: \":v\""],
      ["a[0.5] = :v", v, /^Syntax error; token: "\."/],
      ["a.0 = :v", v, /^Syntax error; token: "0"/],
      ["a", {}, /^Syntax error/],
      ["((a = :v))", v, "The expression has redundant parentheses;"],
      ["foo(a)", {}, "Invalid function name; function: foo"],
      ["Attribute_Exists(a)", {}, "Invalid function name; function: Attribute_Exists"],
      ["if_not_exists(a, :v)", v, "The function is not allowed in a condition expression; function: if_not_exists"],
      ["size(a)", {}, "The function is not allowed to be used this way in an expression; function: size"],
      [
        "contains(a, :v) = :v",
        v,
        "The function is not allowed to be used this way in an expression; function: contains"
      ],
      ["status = :v", v, "Attribute name is a reserved keyword; reserved keyword: status"],
      ["Status = :missing", {}, "Attribute name is a reserved keyword; reserved keyword: Status"],
      ["#a = :v", v, "An expression attribute name used in the document path is not defined; attribute name: #a"],
      ["a = :w", v, "An expression attribute value used in expression is not defined; attribute value: :w"],
      [
        "attribute_exists(a, b)",
        {},
        "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2"
      ],
      [
        "attribute_exists(:v)",
        v,
        "Operator or function requires a document path; operator or function: attribute_exists"
      ],
      [
        "a = a",
        {},
        "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]"
      ],
      [
        "begins_with(a, :v)",
        v,
        "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"
      ],
      [
        "size(:v) = a",
        v,
        "Incorrect operand type for operator or function; operator or function: size, operand type: N"
      ],
      [
        "a < :t",
        { ":t": { BOOL: true } },
        "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"
      ],
      ["attribute_type(a, :t)", { ":t": S("X") }, /^Invalid attribute type name found; type: X, valid types/],
      [
        "a BETWEEN :x AND :y",
        { ":x": N(2), ":y": N(1) },
        /^The BETWEEN operator requires upper bound to be greater than or equal/
      ],
      ["a BETWEEN :x AND :y", { ":x": N(2), ":y": S("1") }, /^The BETWEEN operator requires same data type/],
      ["x".repeat(4097), {}, "Expression size has exceeded the maximum allowed size; expression size: 4097"],
      [Array(33).fill("a").join(".") + " = :v", v, /too many nesting elements; nesting levels: 33/],
      [Array(152).fill("a = :v").join(" OR "), v, /too many operators/]
    ]
    for (const [ConditionExpression, values, expected] of cases) {
      const message = typeof expected === "string"
        ? `Invalid ConditionExpression: ${expected}`
        : new RegExp(`^Invalid ConditionExpression: .*${expected.source.replace(/^\^/, "")}`)
      w.fails(
        "DeleteItem",
        {
          TableName: "no-such-table",
          Key,
          ConditionExpression,
          ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {})
        },
        "ValidationException",
        message
      )
    }
  })

  it("names and values: well formed, used, and only beside an expression", () => {
    const w = setup()
    const base = { TableName: "things", Key }
    const condition = { ConditionExpression: "attribute_exists(pk)" }
    const cases: ReadonlyArray<readonly [Readonly<Record<string, unknown>>, string]> = [
      [
        { ExpressionAttributeNames: { "#a": "a" } },
        "ExpressionAttributeNames can only be specified when using expressions"
      ],
      [
        { ExpressionAttributeValues: { ":a": N(1) } },
        "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"
      ],
      [{ ...condition, ExpressionAttributeNames: {} }, "ExpressionAttributeNames must not be empty"],
      [{ ...condition, ExpressionAttributeValues: {} }, "ExpressionAttributeValues must not be empty"],
      [
        { ...condition, ExpressionAttributeNames: { a: "a" } },
        "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\""
      ],
      [
        { ...condition, ExpressionAttributeValues: { a: N(1) } },
        "ExpressionAttributeValues contains invalid key: Syntax error; key: \"a\""
      ],
      [
        { ...condition, ExpressionAttributeValues: { ":a": { N: "z" } } },
        "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: z for key :a"
      ],
      [
        { ...condition, ExpressionAttributeNames: { "#a": "a", "#b": "b" } },
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}"
      ],
      [
        { ...condition, ExpressionAttributeValues: { ":a": N(1) } },
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}"
      ]
    ]
    for (const [extra, message] of cases) w.fails("DeleteItem", { ...base, ...extra }, "ValidationException", message)
  })

  it("a failed condition shows the item only when asked to", () => {
    const w = setup()
    const failing = { TableName: "things", Key, ConditionExpression: "attribute_not_exists(pk)" }
    const message = "The conditional request failed"
    assert.deepStrictEqual(w.fails("DeleteItem", failing, "ConditionalCheckFailedException", message), {})
    const shown = { ...failing, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }
    assert.deepStrictEqual(w.fails("DeleteItem", shown, "ConditionalCheckFailedException", message), { Item: item })
    const absent = { ...shown, Key: { pk: S("none") }, ConditionExpression: "attribute_exists(pk)" }
    assert.deepStrictEqual(w.fails("DeleteItem", absent, "ConditionalCheckFailedException"), {})
  })
})

describe("projections", () => {
  const project = (expression: string, names?: Readonly<Record<string, string>>) =>
    setup().ok("GetItem", {
      TableName: "things",
      Key,
      ProjectionExpression: expression,
      ...(names === undefined ? {} : { ExpressionAttributeNames: names })
    })["Item"]

  it("choose attributes, members and elements; elements close up in order", () => {
    assert.deepStrictEqual(project("n, m.s.t"), { n: N(5), m: { M: { s: { M: { t: S("u") } } } } })
    assert.deepStrictEqual(project("l[2].deep, l[0], l[9]"), { l: { L: [S("p"), { M: { deep: S("d") } }] } })
    assert.deepStrictEqual(project("#a, absent, m.zz", { "#a": "name" }), { name: S("Ann") })
  })

  it("refuse overlap, conflict and a look into a key", () => {
    const w = setup()
    const fails = (ProjectionExpression: string, message: RegExp) =>
      w.fails("GetItem", { TableName: "things", Key, ProjectionExpression }, "ValidationException", message)
    fails("m, m.k", /Two document paths overlap with each other; .* path one: \[m\], path two: \[m, k\]/)
    fails("l[0], l[0]", /overlap .* path one: \[l, \[0\]\]/)
    fails("l[0], l.x", /Two document paths conflict/)
    fails("pk.x", /Key attributes must be scalars; .* Key: pk/)
    fails("n,", /Syntax error; token: "<EOF>", near: ","/)
  })
})
