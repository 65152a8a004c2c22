/**
 * Key conditions: a conjunction of simple conditions on key attributes, and the range of sort keys that they select.
 */
import { encodePart, hash, joinPartition, joinParts, joinPrefix, type KeyAttribute, type KeySchema } from "../keys.js"
import { present, validation } from "../refusal.js"
import { type AttributeValue, typeOf } from "../value.js"
import * as wording from "../wording/expression.js"
import * as queryWording from "../wording/query.js"
import * as valueWording from "../wording/value.js"
import type { Condition, Operand } from "./ast.js"

export interface KeyPredicate {
  readonly name: string
  readonly operator: "=" | "<" | "<=" | ">" | ">=" | "between" | "begins_with"
  readonly values: ReadonlyArray<AttributeValue>
}

const flipped = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const

/** The one attribute and the values of a condition; refuses anything else. */
const split = (
  operands: ReadonlyArray<Operand<AttributeValue>>
): { readonly name: string; readonly values: ReadonlyArray<AttributeValue> } => {
  let name: string | undefined
  const values: Array<AttributeValue> = []
  for (const operand of operands) {
    if (operand.kind === "size") throw validation(wording.keyNested)
    if (operand.kind === "value") values.push(operand.value)
    else {
      if (name !== undefined) throw validation(wording.keySeveralNames)
      if (operand.path.length > 1) throw validation(wording.keyNestedPath)
      name = String(operand.path[0])
    }
  }
  if (name === undefined) throw validation(wording.keyNoName)
  return { name, values }
}

const predicates = (condition: Condition): ReadonlyArray<KeyPredicate> => {
  switch (condition.kind) {
    case "and":
      return [...predicates(condition.left), ...predicates(condition.right)]
    case "or":
    case "not":
    case "in":
      throw validation(wording.keyOperator(condition.kind.toUpperCase()))
    case "call": {
      if (condition.name !== "begins_with") throw validation(wording.keyOperator(condition.name))
      if (condition.operands[0]?.kind === "value") throw validation(wording.keyFirstOperand("begins_with"))
      return [{ operator: "begins_with", ...split(condition.operands) }]
    }
    case "between": {
      if (condition.of.kind === "value") throw validation(wording.keyFirstOperand("BETWEEN"))
      return [{ operator: "between", ...split([condition.of, condition.low, condition.high]) }]
    }
    case "compare": {
      const { left, operator, right } = condition
      if (operator === "<>") throw validation(wording.keyOperator("<>"))
      return [{ operator: left.kind === "value" ? flipped[operator] : operator, ...split([left, right]) }]
    }
  }
}

export const keyPredicates = (condition: Condition): ReadonlyArray<KeyPredicate> => {
  const all = predicates(condition)
  if (new Set(all.map(({ name }) => name)).size < all.length) throw validation(wording.keyTwice)
  return all
}

/** One partition and a range of sort keys in it: from `from` up to but not including `to`. */
export interface KeyRange {
  readonly hash: number
  readonly pk: string
  readonly from: string
  readonly to: string | undefined
}

/** The least text above all that begin with `prefix`. */
const afterPrefix = (prefix: string): string | undefined => {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const unit = prefix.charCodeAt(i)
    if (unit < 0xffff) return prefix.slice(0, i) + String.fromCharCode(unit + 1)
  }
  return undefined
}

const checkValues = ({ operator, values }: KeyPredicate, attribute: KeyAttribute): void => {
  for (const value of values) {
    if (value[attribute.type] === undefined) throw validation(queryWording.conditionType)
    if (operator === "begins_with") {
      if (attribute.type === "N") throw validation(queryWording.operatorType("BEGINS_WITH", typeOf(value)))
    } else if (attribute.type !== "N" && (value.S === "" || value.B?.length === 0)) {
      throw validation(valueWording.emptyKey(attribute.name, attribute.type))
    }
  }
}

/** Where sort keys with these leading parts, and the next part within the predicate, lie. */
const sortRange = (
  leading: ReadonlyArray<string>,
  predicate: KeyPredicate | undefined,
  joined: boolean
): Pick<KeyRange, "from" | "to"> => {
  const low = (value: AttributeValue) => joined ? joinParts([...leading, encodePart(value)]) : encodePart(value)
  const high = (value: AttributeValue) =>
    joined ? afterPrefix(joinParts([...leading, encodePart(value)])) : encodePart(value) + "\u0000"
  const prefix = joined ? joinParts(leading) : ""
  const end = afterPrefix(prefix)
  const [first, second] = predicate?.values ?? []
  if (predicate === undefined || first === undefined) return { from: prefix, to: end }
  switch (predicate.operator) {
    case "=":
      return { from: low(first), to: high(first) }
    case "<":
      return { from: prefix, to: low(first) }
    case "<=":
      return { from: prefix, to: high(first) }
    case ">":
      // Above every value there is nothing to begin with: an empty range.
      return { from: high(first) ?? low(first), to: end }
    case ">=":
      return { from: low(first), to: end }
    case "between":
      return { from: low(first), to: high(second ?? first) }
    case "begins_with": {
      const start = joined ? joinPrefix(leading, encodePart(first)) : encodePart(first)
      return { from: start, to: afterPrefix(start) }
    }
  }
}

/** The range that the predicates select by a key; `joined` for an index, whose sort keys are joined parts. */
export const keyRange = (schema: KeySchema, all: ReadonlyArray<KeyPredicate>, joined: boolean): KeyRange => {
  const byName = new Map(all.map((predicate) => [predicate.name, predicate]))
  const take = (attribute: KeyAttribute): KeyPredicate | undefined => {
    const predicate = byName.get(attribute.name)
    if (predicate !== undefined) checkValues(predicate, attribute)
    byName.delete(attribute.name)
    return predicate
  }
  const partition = schema.partition.map((attribute) => {
    if (schema.sort.length === 0 && schema.partition.length === 1 && all.length > 1) {
      throw validation(queryWording.notSupported)
    }
    const predicate = take(attribute)
    if (predicate === undefined) throw validation(queryWording.missed(attribute.name))
    if (predicate.operator !== "=") throw validation(queryWording.notSupported)
    return encodePart(present(predicate.values[0]))
  })
  const leading: Array<string> = []
  let last: KeyPredicate | undefined
  for (const attribute of schema.sort) {
    if (byName.size === 0) break
    const predicate = take(attribute)
    if (predicate === undefined) throw validation(queryWording.missed(attribute.name))
    last = predicate
    if (predicate.operator !== "=" || byName.size === 0) break
    leading.push(encodePart(present(predicate.values[0])))
  }
  if (byName.size > 0) throw validation(queryWording.notSupported)
  const pk = joinPartition(partition)
  return { hash: hash(pk), pk, ...sortRange(leading, last, joined) }
}
