import * as Expression from "@armature/dynamodb/Expression"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { assert } from "vitest"

const {
  add,
  and,
  attributeExists,
  attributeNotExists,
  attributeType,
  attributeValue,
  beginsWith,
  between,
  contains,
  eq,
  ge,
  gt,
  ifNotExists,
  le,
  listAppend,
  lt,
  minus,
  ne,
  not,
  or,
  path,
  plus,
  remove,
  render,
  set,
  size,
  value
} = Expression

const right = <A, E>(either: Either.Either<A, E>): A =>
  Either.getOrThrowWith(either, (e) => new Error(`expected a value, got ${String(e)}`))

const left = <A, E>(either: Either.Either<A, E>): E =>
  Either.getOrThrowWith(Either.flip(either), () => new Error("expected a failure, got a value"))

const reasonOf = (expressions: Expression.Expressions): string | undefined => {
  const e = left(render(expressions))
  assert.strictEqual(e._tag, "ValidationException")
  return e.reason
}

const condition = (of: Expression.Condition): string => right(render({ condition: of })).ConditionExpression

const update = (...actions: readonly [Expression.Action, ...ReadonlyArray<Expression.Action>]): string =>
  right(render({ update: actions })).UpdateExpression

describe("conditions", () => {
  const a = eq("a", 1)
  const b = eq("b", 1)
  const c = eq("c", 1)
  const cases: ReadonlyArray<readonly [Expression.Condition, string]> = [
    [eq("a", 1), "#n0 = :v0"],
    [ne("a", 1), "#n0 <> :v0"],
    [lt("a", 1), "#n0 < :v0"],
    [le("a", 1), "#n0 <= :v0"],
    [gt("a", 1), "#n0 > :v0"],
    [ge("a", 1), "#n0 >= :v0"],
    [eq(["a", 0, "b", 12, 3], 1), "#n0[0].#n1[12][3] = :v0"],
    [eq("a", path("b", 0)), "#n0 = #n1[0]"],
    [eq(value(1), path("a")), ":v0 = #n0"],
    [gt(size(["a", "b"]), size("c")), "size(#n0.#n1) > size(#n2)"],
    [between("a", 1, path("b")), "#n0 BETWEEN :v0 AND #n1"],
    [Expression.in("a", [1]), "#n0 IN (:v0)"],
    [Expression.in(size("a"), [1, 2, path("b")]), "size(#n0) IN (:v0, :v1, #n1)"],
    [attributeExists(["a", "b"]), "attribute_exists(#n0.#n1)"],
    [attributeNotExists("a"), "attribute_not_exists(#n0)"],
    [attributeType("a", "SS"), "attribute_type(#n0, :v0)"],
    [beginsWith("a", "x"), "begins_with(#n0, :v0)"],
    [contains("a", path("b")), "contains(#n0, #n1)"],
    [and(a), "#n0 = :v0"],
    [and(a, b, c), "#n0 = :v0 AND #n1 = :v0 AND #n2 = :v0"],
    [and(and(a, b), c), "#n0 = :v0 AND #n1 = :v0 AND #n2 = :v0"],
    [or(a, b), "#n0 = :v0 OR #n1 = :v0"],
    [or(and(a, b), c), "#n0 = :v0 AND #n1 = :v0 OR #n2 = :v0"],
    [and(or(a, b), c), "(#n0 = :v0 OR #n1 = :v0) AND #n2 = :v0"],
    [and(a, or(b, c)), "#n0 = :v0 AND (#n1 = :v0 OR #n2 = :v0)"],
    [and(or(a, b)), "#n0 = :v0 OR #n1 = :v0"],
    [and(and(or(a, b)), c), "(#n0 = :v0 OR #n1 = :v0) AND #n2 = :v0"],
    [and(or(or(a, b)), c), "(#n0 = :v0 OR #n1 = :v0) AND #n2 = :v0"],
    [or(or(a, b), c), "#n0 = :v0 OR #n1 = :v0 OR #n2 = :v0"],
    [not(a), "NOT (#n0 = :v0)"],
    [not(not(a)), "NOT (NOT (#n0 = :v0))"],
    [not(or(a, b)), "NOT (#n0 = :v0 OR #n1 = :v0)"],
    [and(not(a), b), "NOT (#n0 = :v0) AND #n1 = :v0"],
    [not(and(or(a, b), or(b, c))), "NOT ((#n0 = :v0 OR #n1 = :v0) AND (#n1 = :v0 OR #n2 = :v0))"],
    [and(between("a", 1, 2), b), "#n0 BETWEEN :v0 AND :v1 AND #n1 = :v0"]
  ]
  for (const [of, expected] of cases) it(expected, () => assert.strictEqual(condition(of), expected))
})

describe("updates", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    [update(set("a", 1)), "SET #n0 = :v0"],
    [update(set(["a", 0], path("b"))), "SET #n0[0] = #n1"],
    [update(set("a", plus("a", 1))), "SET #n0 = #n0 + :v0"],
    [update(set("a", minus(value(10), path("b")))), "SET #n0 = :v0 - #n1"],
    [update(set("a", ifNotExists("a", 0))), "SET #n0 = if_not_exists(#n0, :v0)"],
    [update(set("a", plus(ifNotExists("a", 0), 1))), "SET #n0 = if_not_exists(#n0, :v0) + :v1"],
    [update(set("a", listAppend("a", ["x"]))), "SET #n0 = list_append(#n0, :v0)"],
    [update(set("a", listAppend(value(["x"]), path("a")))), "SET #n0 = list_append(:v0, #n0)"],
    [
      update(set("a", listAppend(ifNotExists("a", []), ["x"]))),
      "SET #n0 = list_append(if_not_exists(#n0, :v0), :v1)"
    ],
    [update(remove("a"), remove(["b", 1])), "REMOVE #n0, #n1[1]"],
    [update(add("a", 1)), "ADD #n0 :v0"],
    [update(Expression.delete("a", new Set(["x"]))), "DELETE #n0 :v0"],
    [
      update(Expression.delete("a", new Set([1])), remove("b"), set("c", 1), add("d", 1), set("e", 1)),
      "SET #n0 = :v0, #n1 = :v0 REMOVE #n2 ADD #n3 :v0 DELETE #n4 :v1"
    ]
  ]
  for (const [text, expected] of cases) it(expected, () => assert.strictEqual(text, expected))
})

describe("names and values", () => {
  it("become the members of a request, and no other member is there", () => {
    assert.deepStrictEqual(
      right(render({ condition: and(eq("status", "open"), attributeExists("a.b"), eq(["#n0", ":v0"], null)) })),
      {
        ConditionExpression: "#n0 = :v0 AND attribute_exists(#n1) AND #n2.#n3 = :v1",
        ExpressionAttributeNames: { "#n0": "status", "#n1": "a.b", "#n2": "#n0", "#n3": ":v0" },
        ExpressionAttributeValues: { ":v0": { S: "open" }, ":v1": { NULL: true } }
      }
    )
    assert.deepStrictEqual(right(render({ condition: attributeExists("a") })), {
      ConditionExpression: "attribute_exists(#n0)",
      ExpressionAttributeNames: { "#n0": "a" }
    })
    assert.deepStrictEqual(right(render({})), {})
    assert.deepStrictEqual(Object.keys(right(render({ condition: undefined }))), [])
  })

  it("are shared by all expressions of a request", () => {
    assert.deepStrictEqual(
      right(render({
        keyCondition: and(eq("pk", "a"), between("sk", 1, 2)),
        filter: or(eq("x", 1), eq("pk", path("x"))),
        projection: ["pk", ["x", 0]]
      })),
      {
        KeyConditionExpression: "#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2",
        FilterExpression: "#n2 = :v1 OR #n0 = #n2",
        ProjectionExpression: "#n0, #n2[0]",
        ExpressionAttributeNames: { "#n0": "pk", "#n1": "sk", "#n2": "x" },
        ExpressionAttributeValues: { ":v0": { S: "a" }, ":v1": { N: "1" }, ":v2": { N: "2" } }
      }
    )
  })

  it("are shared by equal values of any type, and by no others", () => {
    const equal: ReadonlyArray<readonly [unknown, unknown]> = [
      [1, 1n],
      ["a", "a"],
      [new Uint8Array([1]), Buffer.from([1])],
      [{ a: [1] }, { a: [1] }],
      [{ a: new Uint8Array([1]) }, { a: Buffer.from([1]) }],
      [new Set(["a"]), attributeValue({ SS: ["a"] })],
      [null, attributeValue({ NULL: true })]
    ]
    for (const [one, two] of equal) {
      assert.strictEqual(condition(or(eq("a", one), eq("a", two))), "#n0 = :v0 OR #n0 = :v0")
    }
    const different: ReadonlyArray<readonly [unknown, unknown]> = [
      [1, "1"],
      ["S", attributeValue({ B: Buffer.from("S") })],
      [[], {}],
      [new Set(["1"]), new Set([1])],
      [`{"BOOL":true}`, true],
      [["a"], new Set(["a"])],
      [null, false]
    ]
    for (const [one, two] of different) {
      assert.strictEqual(condition(or(eq("a", one), eq("a", two))), "#n0 = :v0 OR #n0 = :v1")
    }
  })

  it("never collide with those that text of one's own uses or defines", () => {
    assert.deepStrictEqual(
      right(render({
        condition: "#n0 = :v1 AND #mine = :mine",
        update: [set("a", 1), set("b", 2), set("c", 3)],
        names: { "#n2": "x", "#mine": "y" },
        values: { ":v2": "text", ":mine": attributeValue({ N: "7" }) }
      })),
      {
        ConditionExpression: "#n0 = :v1 AND #mine = :mine",
        UpdateExpression: "SET #n1 = :v0, #n3 = :v3, #n4 = :v4",
        ExpressionAttributeNames: { "#n2": "x", "#mine": "y", "#n1": "a", "#n3": "b", "#n4": "c" },
        ExpressionAttributeValues: {
          ":v2": { S: "text" },
          ":mine": { N: "7" },
          ":v0": { N: "1" },
          ":v3": { N: "2" },
          ":v4": { N: "3" }
        }
      }
    )
  })

  it("take an object that looks like an operand for the value that it is", () => {
    const { ExpressionAttributeValues } = right(render({ condition: eq("a", { _tag: "Path", path: ["b"] }) }))
    assert.deepStrictEqual(ExpressionAttributeValues, {
      ":v0": { M: { _tag: { S: "Path" }, path: { L: [{ S: "b" }] } } }
    })
  })

  it("renders the same again: an expression is not used up", () => {
    const expressions = { condition: eq("a", 1), update: [set("b", 1)] } as const
    assert.deepStrictEqual(render(expressions), render(expressions))
  })
})

describe("what cannot be rendered", () => {
  it("takes exactly 4,096 bytes, and none more", () => {
    const text = `attribute_exists(${"a".repeat(4096 - 18)})`
    assert.strictEqual(right(render({ condition: text })).ConditionExpression, text)
    const reason = "the ConditionExpression has more than 4096 bytes, which is DynamoDB's limit"
    assert.strictEqual(reasonOf({ condition: text + " " }), reason)
    assert.strictEqual(reasonOf({ condition: "é".repeat(2049) }), reason)
    const many = Array.from({ length: 300 }, (_, i) => eq(`attribute ${i}`, i))
    assert.strictEqual(reasonOf({ condition: or(attributeExists("a"), ...many) }), reason)
  })

  it("takes 100 values for IN, and none more", () => {
    const values = (count: number): readonly [unknown, ...Array<unknown>] => [0, ...Array(count - 1).keys()]
    assert.include(condition(Expression.in("a", values(100))), "IN (")
    assert.strictEqual(
      reasonOf({ filter: Expression.in("a", values(101)) }),
      "IN takes at most 100 values, and here are 101"
    )
  })

  it("ends at a tree that is too deep, or larger than what it is made of", () => {
    let deep: Expression.Condition = eq("a", 1)
    for (let i = 0; i < 100_000; i++) deep = i % 2 === 0 ? and(deep) : or(deep)
    assert.strictEqual(
      reasonOf({ condition: deep }),
      "the ConditionExpression is nested more than 300 levels deep, and DynamoDB takes 300 operators"
    )
    let large: Expression.Condition = eq("a", 1)
    for (let i = 0; i < 100; i++) large = and(large, large)
    assert.strictEqual(
      reasonOf({ condition: large }),
      "the ConditionExpression has more than 4096 bytes, which is DynamoDB's limit"
    )
    let list: Expression.SetOperand = ifNotExists("a", 0)
    for (let i = 0; i < 100_000; i++) list = ifNotExists("a", list)
    assert.strictEqual(
      reasonOf({ update: [set("a", list)] }),
      "the UpdateExpression has more than 4096 bytes, which is DynamoDB's limit"
    )
  })

  it("refuses what cannot stand where it does", () => {
    assert.strictEqual(reasonOf({ condition: eq(["a", -1], 1) }), "a list index of a path is not a whole number from 0")
    assert.strictEqual(reasonOf({ projection: [["a", 0.5]] }), "a list index of a path is not a whole number from 0")
    assert.strictEqual(reasonOf({ projection: [""] }), "a path has an empty attribute name")
    assert.include(reasonOf({ projection: ["\ud800"] }), "lone surrogate")
    assert.strictEqual(reasonOf({ update: [set("a", size("b"))] }), "size cannot stand in an update")
    assert.strictEqual(
      reasonOf({ update: [set("a", plus("a", plus("b", 1)))] }),
      "the operands of plus and minus cannot be sums themselves"
    )
    assert.strictEqual(
      reasonOf({ condition: eq("a", plus("b", 1)) }),
      "if_not_exists, list_append, plus and minus stand in an update only"
    )
    assert.strictEqual(
      reasonOf({ update: [add("a", path("b"))] }),
      "ADD and DELETE take a value, and no path or function"
    )
    assert.strictEqual(reasonOf({ names: { a: "b" } }), "a placeholder of `names` does not begin with #")
    assert.strictEqual(reasonOf({ values: { a: "b" } }), "a placeholder of `values` does not begin with :")
  })

  it.effect("names the attribute that a value without representation was meant for", () =>
    Effect.gen(function*() {
      const pathOf = (expressions: Expression.Expressions) =>
        Effect.map(Effect.flip(render(expressions)), (e) => {
          assert.strictEqual(e._tag, "SerializationException")
          return e._tag === "SerializationException" ? e.path : []
        })
      assert.deepStrictEqual(yield* pathOf({ condition: eq(["a", 1], { b: [NaN] }) }), ["a", 1, "b", 0])
      assert.deepStrictEqual(yield* pathOf({ condition: between("a", 1, undefined) }), ["a"])
      assert.deepStrictEqual(yield* pathOf({ update: [set("a", plus("b", Infinity))] }), ["a"])
      assert.deepStrictEqual(yield* pathOf({ update: [add("a", new Set())] }), ["a"])
      assert.deepStrictEqual(yield* pathOf({ values: { ":a": [() => 1] } }), [":a", 0])
    }))

  it("does not throw what a value throws", () => {
    const hostile = new Proxy({}, {
      has: () => {
        throw new Error("secret")
      }
    })
    const e = left(render({ condition: eq("a", hostile) }))
    assert.strictEqual(e._tag, "SerializationException")
    assert.notInclude(JSON.stringify(e), "secret")
  })
})
