/**
 * Evaluates a bound condition against an item.
 */
import { present } from "../refusal.js"
import { attribute, type AttributeValue, compare, equals, type Item, latin1, typeOf, utf8Length } from "../value.js"
import type { Comparator, Condition, Operand, Path } from "./ast.js"

/** What stands at a path, if anything does. */
export const resolve = (item: Item, path: Path): AttributeValue | undefined => {
  const first = path[0]
  let value = typeof first === "string" ? attribute(item, first) : undefined
  for (let i = 1; i < path.length && value !== undefined; i++) {
    const element = present(path[i])
    value = typeof element === "number" ? value.L?.[element] : value.M && attribute(value.M, element)
  }
  return value
}

const countOf = (value: AttributeValue): number | undefined => {
  if (value.S !== undefined) return utf8Length(value.S)
  if (value.B !== undefined) return value.B.length
  if (value.M !== undefined) return Object.keys(value.M).length
  return (value.L ?? value.SS ?? value.NS ?? value.BS)?.length
}

export const operandValue = (operand: Operand<AttributeValue>, item: Item): AttributeValue | undefined => {
  switch (operand.kind) {
    case "path":
      return resolve(item, operand.path)
    case "value":
      return operand.value
    case "size": {
      const value = operandValue(operand.of, item)
      const count = value === undefined ? undefined : countOf(value)
      return count === undefined ? undefined : { N: String(count) }
    }
  }
}

const holds = (operator: Comparator, left: AttributeValue | undefined, right: AttributeValue | undefined): boolean => {
  // What is not there is equal to nothing, so that `<>` is always what `=` is not.
  if (left === undefined || right === undefined) return operator === "<>"
  if (operator === "=") return equals(left, right)
  if (operator === "<>") return !equals(left, right)
  const order = compare(left, right)
  if (order === undefined) return false
  switch (operator) {
    case "<":
      return order < 0
    case "<=":
      return order <= 0
    case ">":
      return order > 0
    case ">=":
      return order >= 0
  }
}

const beginsWith = (value: AttributeValue, prefix: AttributeValue): boolean => {
  if (value.S !== undefined) return prefix.S !== undefined && value.S.startsWith(prefix.S)
  if (value.B === undefined || prefix.B === undefined) return false
  return latin1(value.B).startsWith(latin1(prefix.B))
}

const contains = (value: AttributeValue, member: AttributeValue): boolean => {
  if (value.S !== undefined) return member.S !== undefined && value.S.includes(member.S)
  if (value.B !== undefined) return member.B !== undefined && latin1(value.B).includes(latin1(member.B))
  if (value.SS !== undefined) return member.S !== undefined && value.SS.includes(member.S)
  if (value.NS !== undefined) return member.N !== undefined && value.NS.includes(member.N)
  if (value.BS !== undefined) {
    const bytes = member.B
    return bytes !== undefined && value.BS.some((each) => Buffer.compare(each, bytes) === 0)
  }
  return value.L !== undefined && value.L.some((each) => equals(each, member))
}

const valueAt = (operands: ReadonlyArray<Operand<AttributeValue>>, at: number, item: Item) => {
  const operand = operands[at]
  return operand === undefined ? undefined : operandValue(operand, item)
}

const call = (name: string, operands: ReadonlyArray<Operand<AttributeValue>>, item: Item): boolean => {
  const first = valueAt(operands, 0, item)
  const second = valueAt(operands, 1, item)
  switch (name) {
    case "attribute_exists":
      return first !== undefined
    case "attribute_not_exists":
      return first === undefined
    case "attribute_type":
      return first !== undefined && typeOf(first) === second?.S
    case "begins_with":
      return first !== undefined && second !== undefined && beginsWith(first, second)
    default:
      return first !== undefined && second !== undefined && contains(first, second)
  }
}

/** Whether a condition holds for an item; an item that does not exist is one without attributes. */
export const evaluate = (condition: Condition, item: Item): boolean => {
  switch (condition.kind) {
    case "and":
      return evaluate(condition.left, item) && evaluate(condition.right, item)
    case "or":
      return evaluate(condition.left, item) || evaluate(condition.right, item)
    case "not":
      return !evaluate(condition.of, item)
    case "compare":
      return holds(condition.operator, operandValue(condition.left, item), operandValue(condition.right, item))
    case "between": {
      const value = operandValue(condition.of, item)
      return holds(">=", value, operandValue(condition.low, item)) &&
        holds("<=", value, operandValue(condition.high, item))
    }
    case "in": {
      const value = operandValue(condition.of, item)
      return condition.list.some((operand) => holds("=", value, operandValue(operand, item)))
    }
    case "call":
      return call(condition.name, condition.operands, item)
  }
}
