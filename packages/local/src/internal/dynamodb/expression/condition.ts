/**
 * Parses condition, filter and key condition expressions.
 */
import * as wording from "../wording/expression.js"
import type { Comparator, ConditionOf, Function, Operand, Parsed } from "./ast.js"
import { Parser } from "./parser.js"

type Condition = ConditionOf<string>
type Term = { readonly condition: Condition } | { readonly operand: Operand<string> }

const functions: Readonly<Record<Function, number>> = {
  attribute_exists: 1,
  attribute_not_exists: 1,
  attribute_type: 2,
  begins_with: 2,
  contains: 2
}

const isFunction = (name: string): name is Function => Object.hasOwn(functions, name)

const updateFunctions: ReadonlySet<string> = new Set(["if_not_exists", "list_append"])

const comparators: ReadonlySet<string> = new Set(["=", "<>", "<", "<=", ">", ">="])

const isComparator = (text: string): text is Comparator => comparators.has(text)

const faults = ["operators", "parentheses", "function", "misuse", "reserved", "depth"]

export const parse = (text: string): Parsed<Condition> => {
  const parser = new Parser(text)

  const asCondition = (term: Term): Condition => {
    if ("condition" in term) return term.condition
    if (term.operand.kind === "size") {
      parser.fault("misuse", wording.misusedFunction("size"))
      return { kind: "compare", operator: "=", left: term.operand, right: term.operand }
    }
    return parser.fail()
  }

  const asOperand = (term: Term): Operand<string> => {
    if ("operand" in term) return term.operand
    const { condition } = term
    if (condition.kind !== "call") return parser.fail()
    parser.fault("misuse", wording.misusedFunction(condition.name))
    return condition.operands[0] ?? parser.fail()
  }

  const or = (): Term => {
    let term = and()
    while (parser.takesKeyword("OR")) {
      parser.countOperator()
      term = { condition: { kind: "or", left: asCondition(term), right: asCondition(and()) } }
    }
    return term
  }

  const and = (): Term => {
    let term = not()
    while (parser.takesKeyword("AND")) {
      parser.countOperator()
      term = { condition: { kind: "and", left: asCondition(term), right: asCondition(not()) } }
    }
    return term
  }

  const not = (): Term => {
    if (!parser.isKeyword("NOT")) return predicate()
    parser.next()
    parser.countOperator()
    return { condition: { kind: "not", of: asCondition(parser.nested(not)) } }
  }

  const predicate = (): Term => {
    const term = primary()
    const { token } = parser
    if (token.kind === "symbol" && isComparator(token.text)) {
      parser.next()
      parser.countOperator()
      const left = asOperand(term)
      return { condition: { kind: "compare", operator: token.text, left, right: asOperand(primary()) } }
    }
    if (parser.takesKeyword("BETWEEN")) {
      parser.countOperator()
      const of = asOperand(term)
      const low = asOperand(primary())
      parser.expectKeyword("AND")
      return { condition: { kind: "between", of, low, high: asOperand(primary()) } }
    }
    if (parser.takesKeyword("IN")) {
      parser.countOperator()
      const of = asOperand(term)
      parser.expect("(")
      const list = operands()
      if (list.length > 100) parser.fault("operands", wording.operandCount("IN", list.length + 1))
      return { condition: { kind: "in", of, list } }
    }
    return term
  }

  /** Operands up to the closing parenthesis. */
  const operands = (): ReadonlyArray<Operand<string>> => {
    const list = [asOperand(primary())]
    while (parser.takes(",")) list.push(asOperand(primary()))
    parser.expect(")")
    return list
  }

  const primary = (): Term => {
    const { kind } = parser.token
    if (parser.takes("(")) {
      const doubled = parser.isSymbol("(")
      const term = parser.nested(or)
      // `((a) AND (b))` opens two at once but closes them apart: redundant are only two that also close together.
      if (doubled && parenthesized.has(term)) parser.fault("parentheses", wording.redundantParentheses)
      parser.expect(")")
      parenthesized.add(term)
      return term
    }
    if (kind === "value") return { operand: { kind: "value", value: parser.value() } }
    if (kind === "name" && parser.peek().kind === "symbol" && parser.peek().text === "(") return call()
    return { operand: { kind: "path", path: parser.path() } }
  }
  const parenthesized = new WeakSet<Term>()

  const call = (): Term => {
    const name = parser.next().text
    parser.expect("(")
    parser.countOperator()
    const list = parser.takes(")") ? parser.fail() : parser.nested(operands)
    if (name === "size") {
      if (list.length !== 1) parser.fault("operands", wording.operandCount(name, list.length))
      return { operand: { kind: "size", of: list[0] ?? parser.fail() } }
    }
    if (!isFunction(name)) {
      parser.fault(
        "function",
        updateFunctions.has(name) ? wording.notInCondition(name) : wording.unknownFunction(name)
      )
      return { condition: { kind: "call", name: "attribute_exists", operands: list } }
    }
    if (list.length !== functions[name]) parser.fault("operands", wording.operandCount(name, list.length))
    return { condition: { kind: "call", name, operands: list } }
  }

  return parser.finish(asCondition(or()), faults)
}
