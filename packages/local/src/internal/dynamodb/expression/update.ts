/**
 * Parses update expressions.
 */
import * as wording from "../wording/expression.js"
import type { ActionOf, Parsed, SetValueOf } from "./ast.js"
import { Parser } from "./parser.js"

type Action = ActionOf<string>
type Value = SetValueOf<string>

const conditionFunctions: ReadonlySet<string> = new Set([
  "attribute_exists",
  "attribute_not_exists",
  "attribute_type",
  "begins_with",
  "contains",
  "size"
])

const faults = ["operators", "reserved", "function", "section", "depth"]

export const parse = (text: string): Parsed<ReadonlyArray<Action>> => {
  const parser = new Parser(text)
  const actions: Array<Action> = []

  const set = (): void => {
    const path = parser.path()
    parser.expect("=")
    parser.countOperator()
    actions.push({ kind: "set", path, value: sum() })
  }

  const sum = (): Value => {
    const left = operand()
    const { text } = parser.token
    if (!parser.isSymbol("+") && !parser.isSymbol("-")) return left
    parser.next()
    parser.countOperator()
    return { kind: "sum", operator: text === "+" ? "+" : "-", left, right: operand() }
  }

  const operand = (): Value => {
    const { kind } = parser.token
    if (kind === "value") return { kind: "value", value: parser.value() }
    if (parser.takes("(")) {
      const value = parser.nested(sum)
      parser.expect(")")
      return value
    }
    if (kind === "name" && parser.peek().kind === "symbol" && parser.peek().text === "(") return call()
    return { kind: "path", path: parser.path() }
  }

  const call = (): Value => {
    const name = parser.next().text
    parser.expect("(")
    parser.countOperator()
    const list = [parser.nested(operand)]
    while (parser.takes(",")) list.push(parser.nested(operand))
    parser.expect(")")
    const [left, right] = list
    if (left === undefined) return parser.fail()
    if (name !== "if_not_exists" && name !== "list_append") {
      parser.fault(
        "function",
        conditionFunctions.has(name) ? wording.notInUpdate(name) : wording.unknownFunction(name)
      )
      return left
    }
    if (right === undefined || list.length !== 2) {
      parser.fault("operands", wording.operandCount(name, list.length))
      return left
    }
    if (name === "list_append") return { kind: "listAppend", left, right }
    if (left.kind !== "path") {
      parser.fault("operands", wording.needsPath(name))
      return left
    }
    return { kind: "ifNotExists", path: left.path, otherwise: right }
  }

  const section: Readonly<Record<string, () => void>> = {
    SET: set,
    REMOVE: () => actions.push({ kind: "remove", path: parser.path() }),
    ADD: () => actions.push({ kind: "add", path: parser.path(), value: parser.value() }),
    DELETE: () => actions.push({ kind: "delete", path: parser.path(), value: parser.value() })
  }

  const seen = new Set<string>()
  do {
    const name = parser.token.text.toUpperCase()
    const action = parser.token.kind === "name" && Object.hasOwn(section, name) ? section[name] : undefined
    if (action === undefined) return parser.fail()
    parser.next()
    if (seen.has(name)) parser.fault("section", wording.repeatedSection(name))
    seen.add(name)
    do action()
    while (parser.takes(","))
  } while (parser.token.kind !== "end")

  return parser.finish(actions, faults)
}
