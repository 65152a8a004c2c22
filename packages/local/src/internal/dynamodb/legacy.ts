/**
 * The parameters that came before expressions, translated to the trees that expressions become.
 */
import type { Action, Comparator, Condition, Operand, Path, Update } from "./expression/ast.js"
import type { KeyPredicate } from "./expression/keyCondition.js"
import { present, validation } from "./refusal.js"
import * as Shape from "./shape.js"
import { type AttributeValue, compare, decode, type Type, typeOf } from "./value.js"
import * as wording from "./wording/legacy.js"
import * as queryWording from "./wording/query.js"
import * as requestWording from "./wording/request.js"

const operators = [
  "IN",
  "NULL",
  "BETWEEN",
  "LT",
  "NOT_CONTAINS",
  "EQ",
  "GT",
  "NOT_NULL",
  "NE",
  "LE",
  "BEGINS_WITH",
  "GE",
  "CONTAINS"
] as const

type Operator = (typeof operators)[number]

const operator = Shape.oneOf(...operators)

export const conditionalOperator = Shape.oneOf("OR", "AND")

export const expectedShape = Shape.map(Shape.struct({
  Value: Shape.raw,
  Exists: Shape.flag,
  ComparisonOperator: operator,
  AttributeValueList: Shape.list(Shape.raw)
}))

export const conditionsShape = Shape.map(Shape.struct({
  AttributeValueList: Shape.list(Shape.raw),
  ComparisonOperator: Shape.required(operator)
}))

export const updatesShape = Shape.map(Shape.struct({
  Value: Shape.raw,
  Action: Shape.oneOf("ADD", "PUT", "DELETE")
}))

type Expected = {
  readonly Value?: unknown
  readonly Exists?: boolean | undefined
  readonly ComparisonOperator?: Operator | undefined
  readonly AttributeValueList?: ReadonlyArray<unknown> | undefined
}

type Conditions = Readonly<
  Record<
    string,
    { readonly AttributeValueList?: ReadonlyArray<unknown> | undefined; readonly ComparisonOperator: Operator }
  >
>

const comparators: Partial<Readonly<Record<Operator, Comparator>>> = {
  EQ: "=",
  NE: "<>",
  LT: "<",
  LE: "<=",
  GT: ">",
  GE: ">="
}

const scalar: ReadonlySet<Type> = new Set<Type>(["S", "N", "B"])
const text: ReadonlySet<Type> = new Set<Type>(["S", "B"])

const accepted: Partial<Readonly<Record<Operator, ReadonlySet<Type>>>> = {
  LE: scalar,
  LT: scalar,
  GE: scalar,
  GT: scalar,
  CONTAINS: scalar,
  NOT_CONTAINS: scalar,
  BEGINS_WITH: text,
  IN: scalar,
  BETWEEN: scalar
}

const countFits = (name: Operator, count: number): boolean =>
  name === "NULL" || name === "NOT_NULL"
    ? count === 0
    : name === "IN"
    ? count > 0
    : count === (name === "BETWEEN" ? 2 : 1)

const checkOperands = (name: Operator, values: ReadonlyArray<AttributeValue>): void => {
  if (!countFits(name, values.length)) throw validation(wording.argumentCount(name))
  const [first, second] = values
  if (first === undefined) return
  const type = typeOf(first)
  if (values.some((value) => typeOf(value) !== type)) throw validation(wording.differentTypes)
  if (accepted[name]?.has(type) === false) throw validation(wording.operandType(name, type))
  if (name === "BETWEEN" && second !== undefined && (compare(first, second) ?? 0) > 0) {
    throw validation(wording.betweenOrder)
  }
}

const literal = (value: AttributeValue): Operand<AttributeValue> => ({ kind: "value", value })

const toCondition = (attribute: string, name: Operator, values: ReadonlyArray<AttributeValue>): Condition => {
  const path: Operand<AttributeValue> = { kind: "path", path: [attribute] }
  const operands = values.map(literal)
  const [first, second] = operands
  const comparator = comparators[name]
  if (comparator !== undefined && first !== undefined) {
    return { kind: "compare", operator: comparator, left: path, right: first }
  }
  switch (name) {
    case "NULL":
      return { kind: "call", name: "attribute_not_exists", operands: [path] }
    case "NOT_NULL":
      return { kind: "call", name: "attribute_exists", operands: [path] }
    case "BEGINS_WITH":
      return { kind: "call", name: "begins_with", operands: [path, ...operands] }
    case "CONTAINS":
      return { kind: "call", name: "contains", operands: [path, ...operands] }
    case "NOT_CONTAINS":
      return { kind: "not", of: { kind: "call", name: "contains", operands: [path, ...operands] } }
    case "BETWEEN":
      return { kind: "between", of: path, low: first ?? path, high: second ?? path }
    default:
      return { kind: "in", of: path, list: operands }
  }
}

const join = (conditions: ReadonlyArray<Condition>, kind: "and" | "or"): Condition | undefined => {
  const [first, ...rest] = conditions
  if (first === undefined) return undefined
  return rest.reduce((left, right) => ({ kind, left, right }), first)
}

type Conjunction = "AND" | "OR" | undefined

const joinAs = (conditions: ReadonlyArray<Condition>, conjunction: Conjunction): Condition | undefined =>
  join(conditions, conjunction === "OR" ? "or" : "and")

const expectedCondition = (name: string, expected: Expected): Condition => {
  const { AttributeValueList, ComparisonOperator, Exists, Value } = expected
  if (AttributeValueList !== undefined && Value !== undefined) throw validation(wording.valueAndList(name))
  if (ComparisonOperator !== undefined) {
    if (Exists !== undefined) throw validation(wording.existsAndOperator(name))
    const given = AttributeValueList ?? (Value === undefined ? undefined : [Value])
    if (given === undefined && ComparisonOperator !== "NULL" && ComparisonOperator !== "NOT_NULL") {
      throw validation(wording.noOperand(ComparisonOperator, name))
    }
    const values = (given ?? []).map(decode)
    checkOperands(ComparisonOperator, values)
    return toCondition(name, ComparisonOperator, values)
  }
  if (AttributeValueList !== undefined) throw validation(wording.listWithoutOperator(name))
  if (Exists === false) {
    if (Value !== undefined) throw validation(wording.valueNotAllowed(name))
    return toCondition(name, "NULL", [])
  }
  if (Value === undefined) throw validation(wording.valueNeeded(Exists, name))
  return toCondition(name, "EQ", [decode(Value)])
}

/** `Expected` as a condition. */
export const fromExpected = (
  expected: Readonly<Record<string, Expected>> | undefined,
  conjunction: Conjunction
): Condition | undefined => {
  if (expected === undefined) {
    if (conjunction !== undefined) throw validation(wording.operatorAlone)
    return undefined
  }
  return joinAs(Object.keys(expected).map((name) => expectedCondition(name, present(expected[name]))), conjunction)
}

const decodeConditions = (conditions: Conditions) =>
  Object.keys(conditions).map((name) => {
    const { AttributeValueList, ComparisonOperator } = present(conditions[name])
    const values = (AttributeValueList ?? []).map(decode)
    checkOperands(ComparisonOperator, values)
    return { name, operator: ComparisonOperator, values }
  })

/** `QueryFilter` or `ScanFilter` as a condition. */
export const fromFilter = (filter: Conditions | undefined, conjunction: Conjunction): Condition | undefined =>
  filter === undefined
    ? undefined
    : joinAs(
      decodeConditions(filter).map(({ name, operator, values }) => toCondition(name, operator, values)),
      conjunction
    )

/** `KeyConditions` as key predicates. */
export const fromKeyConditions = (conditions: Conditions): ReadonlyArray<KeyPredicate> => {
  const all = decodeConditions(conditions)
  if (all.length !== 1 && all.length !== 2) throw validation(queryWording.conditionCount)
  return all.map(({ name, operator, values }) => {
    const comparator = comparators[operator]
    if (comparator !== undefined && comparator !== "<>") return { name, operator: comparator, values }
    if (operator === "BETWEEN") return { name, operator: "between", values }
    if (operator === "BEGINS_WITH") return { name, operator: "begins_with", values }
    throw validation(queryWording.notIndexable)
  })
}

const setTypes: ReadonlySet<Type> = new Set<Type>(["SS", "NS", "BS"])

const toAction = (
  name: string,
  given: { readonly Value?: unknown; readonly Action?: "ADD" | "PUT" | "DELETE" | undefined }
): Action => {
  const path: Path = [name]
  const action = given.Action ?? "PUT"
  if (given.Value === undefined || given.Value === null) {
    if (action !== "DELETE") throw validation(wording.deleteOnly)
    return { kind: "remove", path }
  }
  const value = decode(given.Value)
  const type = typeOf(value)
  switch (action) {
    case "PUT":
      return { kind: "set", path, value: { kind: "value", value } }
    case "DELETE":
      if (!setTypes.has(type)) throw validation(wording.deleteType(type))
      return { kind: "delete", path, value }
    case "ADD":
      if (type === "L") {
        const standing = { kind: "ifNotExists", path, otherwise: { kind: "value", value: { L: [] } } } as const
        return { kind: "set", path, value: { kind: "listAppend", left: standing, right: { kind: "value", value } } }
      }
      if (type !== "N" && !setTypes.has(type)) throw validation(wording.addType(type))
      return { kind: "add", path, value }
  }
}

/** `AttributeUpdates` as an update. */
export const fromUpdates = (
  updates: Readonly<Record<string, Parameters<typeof toAction>[1]>> | undefined
): Update | undefined =>
  updates === undefined
    ? undefined
    : { actions: Object.keys(updates).map((name) => toAction(name, present(updates[name]))), legacy: true }

/** `AttributesToGet` as a projection. */
export const fromAttributes = (names: ReadonlyArray<string> | undefined): ReadonlyArray<Path> | undefined => {
  if (names === undefined) return undefined
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) throw validation(requestWording.duplicateAttribute(name))
    seen.add(name)
  }
  return names.map((name) => [name])
}

/** Which of these legacy parameters a request has. */
export const given = (
  input: Readonly<Record<string, unknown>>,
  names: ReadonlyArray<string>
): ReadonlyArray<string> => names.filter((name) => input[name] !== undefined)
