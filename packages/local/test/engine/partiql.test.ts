import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { createTable, itemsOf, type Loose, N, type Output, S, world } from "./harness.js"

const setup = () => {
  const w = world()
  createTable(w, "things", ["pk", "sk"], {
    global: { byGroup: { keys: ["group"], projection: ["kept"] } },
    local: { byDate: { keys: ["pk", "date"] } }
  })
  for (const [pk, sk] of [["a", "1"], ["a", "2"], ["a", "3"], ["b", "1"]]) {
    w.ok("PutItem", {
      TableName: "things",
      Item: {
        pk: S(pk ?? ""),
        sk: S(sk ?? ""),
        v: N(sk ?? ""),
        group: S("g"),
        kept: S("k"),
        m: { M: { l: { L: [S("x"), N(5)] } } }
      }
    })
  }
  const run = (Statement: string, Parameters?: ReadonlyArray<unknown>, extra: Output = {}) =>
    w.ok("ExecuteStatement", { Statement, ...(Parameters === undefined ? {} : { Parameters }), ...extra })
  const fails = (Statement: string, code: string, message?: string | RegExp, extra: Output = {}) =>
    w.fails("ExecuteStatement", { Statement, ...extra }, code, message)
  const found = (where: string, Parameters?: ReadonlyArray<unknown>) =>
    itemsOf(run(`SELECT * FROM things WHERE ${where}`, Parameters)).map(({ pk, sk }) => `${pk?.S}${sk?.S}`)
  return { w, run, fails, found }
}

describe("PartiQL", () => {
  it("SELECT: by key, by range, by filter, with parameters", () => {
    const { found } = setup()
    assert.deepStrictEqual(found("pk = 'a' AND sk = '2'"), ["a2"])
    assert.deepStrictEqual(found("pk = ? AND sk >= ?", [S("a"), S("2")]), ["a2", "a3"])
    assert.deepStrictEqual(found("'2' <= sk AND pk = 'a'"), ["a2", "a3"])
    assert.deepStrictEqual(found("pk = 'a' AND sk BETWEEN '1' AND '2'"), ["a1", "a2"])
    assert.deepStrictEqual(found("pk = 'a' AND begins_with(\"sk\", '3')"), ["a3"])
    assert.deepStrictEqual(found("pk IN ['b', 'a', 'b'] AND v < 2").sort(), ["a1", "b1"])
    assert.deepStrictEqual(found("v > 1 AND NOT v = 3"), ["a2"])
    assert.deepStrictEqual(found("pk = 'a' AND v <> 2"), ["a1", "a3"])
    assert.deepStrictEqual(found("pk = 'a' AND v IN (1, 3)"), ["a1", "a3"])
    assert.deepStrictEqual(found("pk = 'a' AND (v = 1 OR v = 2.0)"), ["a1", "a2"])
    assert.deepStrictEqual(found("pk = 'b' AND none IS MISSING AND v IS NOT MISSING AND v IS NOT NULL"), ["b1"])
    assert.deepStrictEqual(
      found("pk = 'b' AND m.l[1] = 5 AND m['l'][0] = 'x' AND size(m.l) = 2 AND contains(m.l, 'x')"),
      ["b1"]
    )
    assert.deepStrictEqual(found("pk = 'b' AND m = {'l': ['x', 5]}"), ["b1"])
    assert.deepStrictEqual(found("pk = 'b' AND attribute_type(v, 'N') -- a comment"), ["b1"])
  })

  it("SELECT: chosen attributes under their last names, indexes, order", () => {
    const { fails, run } = setup()
    assert.deepStrictEqual(run("select m.l, v from \"things\" where pk = 'b'")["Items"], [{
      l: { L: [S("x"), N(5)] },
      v: N(1)
    }])
    assert.deepStrictEqual(
      itemsOf(run("SELECT sk FROM things WHERE pk = 'a' ORDER BY sk DESC")).map(({ sk }) => sk?.S),
      ["3", "2", "1"]
    )
    const indexed = run("SELECT * FROM \"things\".\"byGroup\" WHERE \"group\" = 'g'")
    assert.strictEqual(itemsOf(indexed).length, 4)
    assert.deepStrictEqual(Object.keys(itemsOf(indexed)[0] ?? {}).sort(), ["group", "kept", "pk", "sk"])
    const invalid = "ValidationException"
    fails(
      "SELECT v FROM things.byGroup WHERE \"group\" = 'g'",
      invalid,
      /Global secondary index byGroup does not project \[v\]/
    )
    fails(
      "SELECT pk FROM things.byGroup WHERE \"group\" = 'g' AND v = 1",
      invalid,
      /Secondary index byGroup does not project one or more filter attributes: \[v\]/
    )
    fails("SELECT * FROM things.none WHERE pk = 'a'", invalid, "The table does not have the specified index")
    fails("SELECT * FROM things.byGroup.more", invalid, "A path may contain at most 2 components in the FROM clause")
    fails("SELECT * FROM \"\"", invalid, "Path component cannot be an empty string")
    fails("SELECT * FROM things.byGroup", invalid, /Strongly consistent read is not supported/, {
      ConsistentRead: true
    })
    fails("SELECT * FROM things ORDER BY sk", invalid, /Must have WHERE clause/)
    fails("SELECT * FROM things WHERE pk = 'a' ORDER BY v", invalid, /must be part of the sort key/)
    fails("SELECT * FROM missing", "ResourceNotFoundException")
  })

  it("SELECT: pages of any size concatenate to the whole", () => {
    const { fails, run } = setup()
    for (const where of ["", " WHERE pk = 'a'", " WHERE pk IN ['a', 'none', 'b']", " WHERE v > 0"]) {
      const whole = itemsOf(run(`SELECT * FROM things${where}`))
      for (const Limit of [1, 2, 3, 10]) {
        const all: Array<unknown> = []
        let NextToken: unknown
        do {
          const page = run(`SELECT * FROM things${where}`, undefined, {
            Limit,
            ...(NextToken === undefined ? {} : { NextToken })
          })
          assert.isAtMost(itemsOf(page).length, Limit)
          for (const item of itemsOf(page)) all.push(item)
          NextToken = page["NextToken"]
        } while (NextToken !== undefined)
        assert.deepStrictEqual(all, whole as never)
      }
    }
    fails("SELECT * FROM things", "ValidationException", "Invalid NextToken", { NextToken: "x" })
  })

  it("INSERT, and never over what stands", () => {
    const { fails, run, w } = setup()
    run(
      "INSERT INTO things VALUE {'pk': 'c', 'sk': ?, 'n': -1.50, 't': true, 'z': null, 'l': [1, 'it''s'], 's': <<'a', 'b'>>, 'ns': <<1, 2>>}",
      [S("1")]
    )
    assert.deepStrictEqual(w.ok("GetItem", { TableName: "things", Key: { pk: S("c"), sk: S("1") } })["Item"], {
      pk: S("c"),
      sk: S("1"),
      n: N("-1.5"),
      t: { BOOL: true },
      z: { NULL: true },
      l: { L: [N(1), S("it's")] },
      s: { SS: ["a", "b"] },
      ns: { NS: ["1", "2"] }
    })
    fails(
      "INSERT INTO things VALUE {'pk': 'c', 'sk': '1'}",
      "DuplicateItemException",
      "Duplicate primary key exists in table"
    )
    fails("INSERT INTO things VALUE {'pk': 'd'}", "ValidationException", /Missing the key sk/)
    fails("INSERT INTO things VALUE {'pk': 'd', 'pk': 'e', 'sk': '1'}", "ValidationException", /Duplicate attribute/)
  })

  it("UPDATE sets and removes what stands, under its condition", () => {
    const { fails, run } = setup()
    const where = "WHERE pk = 'a' AND sk = '1'"
    const update = (actions: string, condition = "") =>
      itemsOf(run(`UPDATE things ${actions} ${where}${condition} RETURNING MODIFIED NEW *`))[0] as unknown
    assert.deepStrictEqual(update("SET v = v + 1, x = 'new'"), { v: N(2), x: S("new") })
    assert.deepStrictEqual(update("SET v = v - 3 REMOVE x", " AND v = 2"), { v: N(-1) })
    assert.deepStrictEqual(update("SET m.l[2] = 'end' SET m.k = -1"), { m: { M: { l: { L: [S("end")] }, k: N(-1) } } })
    assert.deepStrictEqual(update("SET l = list_append(m.l, ['z'])"), { l: { L: [S("x"), N(5), S("end"), S("z")] } })
    assert.deepStrictEqual(update("SET s = <<'a'>>"), { s: { SS: ["a"] } })
    assert.deepStrictEqual(update("SET s = set_add(s, <<'b'>>)"), { s: { SS: ["a", "b"] } })
    assert.deepStrictEqual(update("SET s = set_delete(s, <<'a'>>)"), { s: { SS: ["b"] } })
    assert.deepStrictEqual(run(`UPDATE things SET y = 1 ${where}`)["Items"], [])
    fails("UPDATE things SET y = 1 WHERE pk = 'a' AND sk = 'none'", "ConditionalCheckFailedException")
    const shown = fails(`UPDATE things SET y = 1 ${where} AND v = 99`, "ConditionalCheckFailedException", undefined, {
      ReturnValuesOnConditionCheckFailure: "ALL_OLD"
    })
    assert.isDefined(shown["Item"])
    fails(
      "UPDATE things SET y = 1 WHERE pk = 'a'",
      "ValidationException",
      "Where clause does not contain a mandatory equality on all key attributes"
    )
    fails(`UPDATE things SET pk = 'z' ${where}`, "ValidationException", /part of the key/)
    fails(`UPDATE things SET y = 1, y = 2 ${where}`, "ValidationException", /overlap/)
  })

  it("DELETE", () => {
    const { fails, run } = setup()
    const deleted = run("DELETE FROM things WHERE sk = '1' AND pk = 'b' RETURNING ALL OLD *")
    assert.deepStrictEqual(itemsOf(deleted)[0]?.["pk"], S("b"))
    run("DELETE FROM things WHERE pk = 'b' AND sk = '1'")
    fails("DELETE FROM things WHERE pk = 'a' AND sk = '1' AND v = 9", "ConditionalCheckFailedException")
    fails(
      "DELETE FROM things WHERE pk = 'a' AND sk = '1' RETURNING ALL NEW *",
      "ValidationException",
      /Only RETURNING ALL OLD \* is allowed/
    )
  })

  it("refuses what is no statement, or has not as many parameters as question marks", () => {
    const { fails } = setup()
    for (
      const statement of [
        "SELECTT * FROM things",
        "SELECT FROM things",
        "SELECT * FROM things WHERE",
        "SELECT * FROM things garbage",
        "SELECT * FROM \"things",
        "INSERT INTO things {'pk': 'x'}",
        "UPDATE things WHERE pk = 'a'",
        "SELECT * FROM things WHERE pk = 'a' AND (v = 1",
        "DROP TABLE things",
        " "
      ]
    ) {
      fails(statement, "ValidationException", /Statement wasn't well formed/)
    }
    fails(
      "SELECT * FROM things WHERE pk = ?",
      "ValidationException",
      /Number of parameters in request and statement don't match/
    )
    fails("SELECT * FROM things", "ValidationException", /Number of parameters/, { Parameters: [S("a")] })
    fails("SELECT * FROM things WHERE foo(v)", "ValidationException", /function foo is not supported/)
    fails(
      "SELECT * FROM things WHERE pk = 'a' AND v < true",
      "ValidationException",
      "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"
    )
    fails("EXISTS(SELECT * FROM things WHERE pk = 'a' AND sk = '1')", "ValidationException", /EXISTS/)
    fails("", "ValidationException", /'statement'/)
  })

  it("batches answer each statement for itself", () => {
    const { w } = setup()
    const batch = (...statements: ReadonlyArray<string>) => ({
      Statements: statements.map((Statement) => ({ Statement }))
    })
    const { Responses: reads }: Loose = w.ok(
      "BatchExecuteStatement",
      batch(
        "SELECT v FROM things WHERE pk = 'a' AND sk = '1'",
        "SELECT * FROM things WHERE pk = 'a'",
        "SELECT * FROM missing WHERE pk = 'a'",
        "SELECT * FROM things WHERE pk = 'x' AND sk = '1'"
      )
    )
    assert.deepStrictEqual(reads[0], { TableName: "things", Item: { v: N(1) } })
    assert.deepStrictEqual([reads[1].Error.Code, reads[2].Error.Code], ["ValidationError", "ResourceNotFound"])
    assert.deepStrictEqual(reads[3], { TableName: "things" })
    const { Responses: writes }: Loose = w.ok(
      "BatchExecuteStatement",
      batch(
        "INSERT INTO things VALUE {'pk': 'a', 'sk': '1'}",
        "INSERT INTO things VALUE {'pk': 'z', 'sk': '1'}",
        "UPDATE things SET v = 1 WHERE pk = 'n' AND sk = 'o'",
        "nonsense"
      )
    )
    assert.deepStrictEqual(writes.map(({ Error }: Loose) => Error?.Code), [
      "DuplicateItem",
      undefined,
      "ConditionalCheckFailed",
      "ValidationError"
    ])
    assert.isDefined(w.ok("GetItem", { TableName: "things", Key: { pk: S("z"), sk: S("1") } })["Item"])
    w.fails("BatchExecuteStatement", batch(), "ValidationException")
    w.fails(
      "BatchExecuteStatement",
      batch("SELECT * FROM things WHERE pk = 'a' AND sk = '1'", "DELETE FROM things WHERE pk = 'a' AND sk = '1'"),
      "ValidationException",
      /cannot be mixed/
    )
  })

  it("transactions: all or nothing, with EXISTS, reasons and tokens", () => {
    const { w } = setup()
    const transaction = (...statements: ReadonlyArray<string>) => ({
      TransactStatements: statements.map((Statement) => ({ Statement }))
    })
    const exists = (pk: string) => `EXISTS(SELECT * FROM things WHERE pk = '${pk}' AND sk = '1' AND v = 1)`
    const { Responses: found } = w.ok(
      "ExecuteTransaction",
      transaction(
        "SELECT v FROM things WHERE pk = 'a' AND sk = '1'",
        "SELECT v FROM things WHERE pk = 'a' AND sk = '9'"
      )
    )
    assert.deepStrictEqual(found, [{ Item: { v: N(1) } }, {}])
    const input = {
      ...transaction(
        exists("a"),
        "INSERT INTO things VALUE {'pk': 'n', 'sk': '1', 'v': 0}",
        "UPDATE things SET v = v + 1 WHERE pk = 'b' AND sk = '1'"
      ),
      ClientRequestToken: "t"
    }
    assert.deepStrictEqual(w.ok("ExecuteTransaction", input), { Responses: [{}, {}, {}] })
    w.ok("ExecuteTransaction", input)
    assert.deepStrictEqual(
      (w.ok("GetItem", { TableName: "things", Key: { pk: S("b"), sk: S("1") } })["Item"] as Loose).v,
      N(2)
    )
    const detail: Loose = w.fails(
      "ExecuteTransaction",
      transaction(
        "INSERT INTO things VALUE {'pk': 'a', 'sk': '1'}",
        "INSERT INTO things VALUE {'pk': 'm', 'sk': '1'}",
        exists("none")
      ),
      "TransactionCanceledException",
      /\[DuplicateItem, None, ConditionalCheckFailed\]/
    )
    assert.deepStrictEqual(detail.CancellationReasons[0], {
      Code: "DuplicateItem",
      Message: "Duplicate primary key exists in table"
    })
    assert.deepStrictEqual(w.ok("GetItem", { TableName: "things", Key: { pk: S("m"), sk: S("1") } }), {})
    const fails = (input: unknown, message: RegExp) =>
      w.fails("ExecuteTransaction", input, "ValidationException", message)
    fails(transaction(), /greater than or equal to 1/)
    fails(
      transaction("SELECT * FROM things WHERE pk = 'a' AND sk = '1'", "DELETE FROM things WHERE pk = 'b' AND sk = '1'"),
      /cannot be mixed/
    )
    fails(
      transaction("DELETE FROM things WHERE pk = 'b' AND sk = '1' RETURNING ALL OLD *"),
      /TransactStatements\[0\]: RETURNING clause is not supported/
    )
    fails(
      transaction("SELECT * FROM things.byGroup WHERE \"group\" = 'g'"),
      /Reads on indices are not supported within transactions/
    )
    w.fails(
      "ExecuteTransaction",
      transaction("DELETE FROM missing WHERE pk = 'b' AND sk = '1'"),
      "ResourceNotFoundException"
    )
  })
})
