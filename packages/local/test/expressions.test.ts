/** What `Expression` renders is what the engine reads: everything is parsed, and means what the tree says. */
import * as AttributeValue from "@armature/dynamodb/AttributeValue"
import * as Expression from "@armature/dynamodb/Expression"
import * as DynamoDBEngine from "@armature/local/DynamoDBEngine"
import { describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import { assert } from "vitest"

const get = <A, E>(either: Either.Either<A, E>): A =>
  Either.getOrThrowWith(either, (e) => new Error(`refused: ${JSON.stringify(e)}`))

const engine = DynamoDBEngine.make({ now: () => 0, random: () => 0 })
const execute = (operation: string, input: unknown) => get(engine.execute(operation, input))
execute("CreateTable", {
  TableName: "items",
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }, { AttributeName: "at", KeyType: "RANGE" }],
  AttributeDefinitions: [
    { AttributeName: "id", AttributeType: "S" },
    { AttributeName: "at", AttributeType: "N" }
  ],
  BillingMode: "PAY_PER_REQUEST"
})

type Native = Record<string, unknown>

const key = { id: "1", at: 5 }
const put = (item: Native): void => {
  execute("PutItem", { TableName: "items", Item: get(AttributeValue.encodeItem({ ...key, ...item })) })
}
const stored = (): unknown => {
  const { Item } = execute("GetItem", { TableName: "items", Key: get(AttributeValue.encodeItem(key)) })
  const { at: _, id: __, ...rest } = get(
    AttributeValue.decodeItem(Item as Record<string, AttributeValue.AttributeValue>)
  )
  return rest
}
const holds = (filter: Expression.Condition): boolean => {
  const { Count } = execute("Scan", { TableName: "items", ...get(Expression.render({ filter })) })
  assert.include([0, 1], Count)
  return Count === 1
}

// Names that are reserved words, placeholders, syntax, or nothing that may stand in an expression at all.
const names = ["status", "SIZE", "a.b", "c[0]", "#n0", ":v0", "and", "with space", "💾", "x' OR 1=1", "__proto__", "-"]
const name = fc.constantFrom(...names)
const scalar = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom("", "a", "ab", "b"),
  fc.boolean(),
  fc.constant(null)
)
const ordered = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom("a", "ab", "b"))
const value = fc.oneof(
  scalar,
  fc.constantFrom(new Set(["a"]), new Set([1, 2]), new Uint8Array([97])),
  fc.array(scalar, { maxLength: 2 }),
  fc.dictionary(name, scalar, { maxKeys: 2, noNullPrototype: true })
)
const item = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true })
const path: fc.Arbitrary<Expression.Path> = fc.oneof(
  name,
  fc.tuple(name, fc.oneof(name, fc.nat({ max: 2 })))
)

const bounds = fc.tuple(ordered, ordered).filter(([low, high]) => typeof low === typeof high && low <= high)
const atom: fc.Arbitrary<Expression.Condition> = fc.oneof(
  fc.tuple(path, value).chain(([path, value]) =>
    fc.constantFrom(Expression.eq(path, value), Expression.ne(path, value))
  ),
  fc.tuple(path, ordered).chain(([path, value]) =>
    fc.constantFrom(
      Expression.lt(path, value),
      Expression.le(path, value),
      Expression.gt(path, value),
      Expression.ge(Expression.size(path), 1),
      Expression.eq(Expression.value(value), Expression.path("status")),
      Expression.eq(Expression.path("a.b", "x", 1), value),
      Expression.contains(path, value)
    )
  ),
  fc.tuple(path, bounds).map(([path, [low, high]]) => Expression.between(path, low, high)),
  fc.tuple(path, value, fc.array(value, { maxLength: 4 })).map(([path, one, more]) =>
    Expression.in(path, [one, ...more])
  ),
  path.chain((path) =>
    fc.constantFrom(
      Expression.attributeExists(path),
      Expression.attributeNotExists(path),
      Expression.attributeType(path, "SS"),
      Expression.beginsWith(path, "a")
    )
  )
)

const condition = fc.letrec<{ readonly condition: Expression.Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    atom,
    fc.array(tie("condition"), { minLength: 1, maxLength: 3 }).map(([first, ...rest]) => {
      assert.isDefined(first)
      return Expression.and(first, ...rest)
    }),
    fc.array(tie("condition"), { minLength: 1, maxLength: 3 }).map(([first, ...rest]) => {
      assert.isDefined(first)
      return Expression.or(first, ...rest)
    }),
    tie("condition").map(Expression.not)
  )
})).condition

/** By the tree alone: only what holds nothing else is asked of the engine. */
const byTree = (condition: Expression.Condition): boolean => {
  switch (condition._tag) {
    case "And":
      return condition.conditions.every(byTree)
    case "Or":
      return condition.conditions.some(byTree)
    case "Not":
      return !byTree(condition.condition)
    default:
      return holds(condition)
  }
}

const short = (condition: Expression.Condition) => Either.isRight(Expression.render({ condition }))
const runs = { fastCheck: { numRuns: 500 } }

describe("what Expression renders, the engine reads", () => {
  it.prop("conditions mean what the tree says", [item, condition.filter(short)], ([item, condition]) => {
    put(item)
    assert.strictEqual(holds(condition), byTree(condition))
  }, runs)

  it.prop(
    "a comparison finds what stands at the path, whatever its name",
    [item, name, value],
    ([item, name, value]) => {
      put({ ...item, [name]: value, deep: { [name]: [value] } })
      assert.isTrue(holds(Expression.and(Expression.eq(name, value), Expression.eq(["deep", name, 0], value))))
      assert.isFalse(holds(Expression.ne(name, value)))
      assert.isFalse(holds(Expression.attributeExists(["deep", name, 1])))
    },
    runs
  )

  const action = fc.oneof(
    { weight: 4, arbitrary: value.map((value) => ({ set: value })) },
    {
      weight: 1,
      arbitrary: fc.constantFrom({ remove: true }, { add: 3 }, { take: "gone" }, { append: "z" }, { default: 7 }, {
        grow: 1
      })
    }
  )
  it.prop(
    "updates do what their actions say",
    [fc.dictionary(name, action, { minKeys: 1, noNullPrototype: true })],
    ([actions]) => {
      const before = new Map<string, unknown>()
      const after = new Map<string, unknown>()
      const made: Array<Expression.Action> = []
      for (const [name, action] of Object.entries(actions)) {
        if ("set" in action) {
          made.push(Expression.set(name, action.set))
          after.set(name, action.set)
        } else if ("remove" in action) {
          made.push(Expression.remove(name))
          before.set(name, 1)
        } else if ("add" in action) {
          made.push(Expression.add(name, action.add))
          before.set(name, 0.1)
          after.set(name, 3.1)
        } else if ("take" in action) {
          made.push(Expression.delete(name, new Set([action.take])))
          before.set(name, new Set(["kept", action.take]))
          after.set(name, new Set(["kept"]))
        } else if ("append" in action) {
          made.push(Expression.set(name, Expression.listAppend(Expression.ifNotExists(name, []), [action.append])))
          before.set(name, ["y"])
          after.set(name, ["y", "z"])
        } else if ("default" in action) {
          made.push(Expression.set(name, Expression.ifNotExists([name, "x"], action.default)))
          before.set(name, {})
          after.set(name, 7)
        } else {
          made.push(Expression.set(name, Expression.minus(Expression.value(10), Expression.path(name))))
          before.set(name, 4)
          after.set(name, 6)
        }
      }
      const [first, ...rest] = made
      assert.isDefined(first)
      put(Object.fromEntries(before))
      execute("UpdateItem", {
        TableName: "items",
        Key: get(AttributeValue.encodeItem(key)),
        ...get(Expression.render({
          update: [first, ...rest],
          condition: Expression.eq("at", 5)
        }))
      })
      assert.deepStrictEqual(stored(), Object.fromEntries(after))
    },
    runs
  )

  it.prop("projections give what they name", [item, fc.uniqueArray(name, { minLength: 1 })], ([item, chosen]) => {
    put(item)
    const [first, ...rest] = chosen
    assert.isDefined(first)
    const { Items } = execute("Query", {
      TableName: "items",
      ...get(Expression.render({
        keyCondition: Expression.and(Expression.eq("id", "1"), Expression.between("at", 5, 6)),
        filter: Expression.attributeNotExists("nowhere"),
        projection: [first, ...rest]
      }))
    })
    const expected = Object.fromEntries(Object.entries(item).filter(([name]) => chosen.includes(name)))
    assert.deepStrictEqual(Items, [get(AttributeValue.encodeItem(expected))])
  }, runs)

  it("takes all kinds of key conditions", () => {
    put({})
    const { between, eq, ge, gt, le, lt } = Expression
    const ranges = [eq("at", 5), lt("at", 6), le("at", 5), gt("at", 4), ge("at", 5), between("at", 4, 6)]
    for (const range of ranges) {
      const keyCondition = Expression.and(eq("id", "1"), range)
      assert.strictEqual(execute("Query", { TableName: "items", ...get(Expression.render({ keyCondition })) }).Count, 1)
    }
  })
})
