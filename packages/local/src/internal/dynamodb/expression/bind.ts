/**
 * Binds a parsed expression to the names and values of a request, and refuses what only then shows: placeholders that are not
 * defined, operands of a wrong type, paths that overlap.
 */
import { present } from "../refusal.js"
import { type AttributeValue, compare, isType, type Type, typeOf } from "../value.js"
import * as wording from "../wording/expression.js"
import type {
  Action,
  ActionOf,
  Condition,
  ConditionOf,
  Operand,
  Parsed,
  ParsedPath,
  Path,
  SetValue,
  SetValueOf
} from "./ast.js"
import { firstOverlap } from "./projection.js"

export interface Scope {
  readonly names: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, AttributeValue>>
  readonly usedNames: Set<string>
  readonly usedValues: Set<string>
}

/** What is wrong with an expression; turned into a refusal by whoever knows which parameter it was. */
export class ExpressionFault {
  constructor(readonly message: string) {}
}

const bindPath = (path: ParsedPath, scope: Scope): Path => {
  for (const element of path) {
    if (typeof element === "string" && element.charCodeAt(0) === 35) {
      return path.map((
        part
      ) => (typeof part === "string" && part.charCodeAt(0) === 35 ? present(scope.names[part]) : part))
    }
  }
  return path
}

type Bound = Operand<AttributeValue>

const bindOperand = (operand: Operand<string>, scope: Scope): Bound => {
  switch (operand.kind) {
    case "path": {
      const path = bindPath(operand.path, scope)
      return path === operand.path ? operand : { kind: "path", path }
    }
    case "value":
      return { kind: "value", value: present(scope.values[operand.value]) }
    case "size":
      return { kind: "size", of: bindOperand(operand.of, scope) }
  }
}

const checkPlaceholders = <A>(parsed: Parsed<A>, scope: Scope): void => {
  if (parsed.fault !== undefined) throw new ExpressionFault(parsed.fault)
  for (const name of parsed.placeholders) {
    if (name.charCodeAt(0) === 35) {
      if (!Object.hasOwn(scope.names, name)) throw new ExpressionFault(wording.undefinedName(name))
      scope.usedNames.add(name)
    } else {
      if (!Object.hasOwn(scope.values, name)) throw new ExpressionFault(wording.undefinedValue(name))
      scope.usedValues.add(name)
    }
  }
  if (parsed.operandFault !== undefined) throw new ExpressionFault(parsed.operandFault)
}

/** The type of an operand where the request alone tells it. */
const knownType = (operand: Bound): Type | undefined =>
  operand.kind === "value" ? typeOf(operand.value) : operand.kind === "size" ? "N" : undefined

const samePath = (a: Bound, b: Bound | undefined): boolean =>
  a.kind === "path" && b?.kind === "path" && a.path.length === b.path.length &&
  a.path.every((element, i) => element === b.path[i])

class ConditionBinder {
  private distinct: string | undefined
  private type: string | undefined

  constructor(private readonly scope: Scope) {}

  bind(tree: ConditionOf<string>): Condition {
    const bound = this.condition(tree)
    const message = this.distinct ?? this.type
    if (message !== undefined) throw new ExpressionFault(message)
    return bound
  }

  private condition(tree: ConditionOf<string>): Condition {
    switch (tree.kind) {
      case "and":
      case "or":
        return { kind: tree.kind, left: this.condition(tree.left), right: this.condition(tree.right) }
      case "not":
        return { kind: "not", of: this.condition(tree.of) }
      case "compare": {
        const left = this.operand(tree.left)
        const right = this.operand(tree.right)
        this.checkDistinct(tree.operator, left, right)
        if (tree.operator !== "=" && tree.operator !== "<>") {
          this.checkOrdered(tree.operator, left)
          this.checkOrdered(tree.operator, right)
        }
        return { kind: "compare", operator: tree.operator, left, right }
      }
      case "between": {
        const of = this.operand(tree.of)
        const low = this.operand(tree.low)
        const high = this.operand(tree.high)
        for (const operand of [of, low, high]) this.checkOrdered("BETWEEN", operand)
        if (low.kind === "value" && high.kind === "value") {
          const order = compare(low.value, high.value)
          if (typeOf(low.value) !== typeOf(high.value)) this.type ??= wording.betweenTypes(low.value, high.value)
          else if (order !== undefined && order > 0) this.type ??= wording.betweenOrder(low.value, high.value)
        }
        return { kind: "between", of, low, high }
      }
      case "in":
        return { kind: "in", of: this.operand(tree.of), list: tree.list.map((operand) => this.operand(operand)) }
      case "call": {
        const operands = tree.operands.map((operand) => this.operand(operand))
        this.checkCall(tree.name, operands)
        return { kind: "call", name: tree.name, operands }
      }
    }
  }

  private operand(operand: Operand<string>): Bound {
    const bound = bindOperand(operand, this.scope)
    if (bound.kind === "size") {
      const type = knownType(bound.of)
      if (type === "N" || type === "BOOL" || type === "NULL") this.type ??= wording.operandType("size", type)
    }
    return bound
  }

  private checkDistinct(name: string, first: Bound, second: Bound | undefined): void {
    if (first.kind === "path" && samePath(first, second)) {
      this.distinct ??= wording.notDistinct(name, wording.showPath(first.path))
    }
  }

  private checkOrdered(name: string, operand: Bound): void {
    const type = knownType(operand)
    if (type !== undefined && type !== "S" && type !== "N" && type !== "B") {
      this.type ??= wording.operandType(name, type)
    }
  }

  private checkCall(name: string, [first, second]: ReadonlyArray<Bound>): void {
    if (first === undefined) return
    this.checkDistinct(name, first, second)
    switch (name) {
      case "attribute_exists":
      case "attribute_not_exists":
        if (first.kind !== "path") this.type ??= wording.needsPath(name)
        return
      case "begins_with":
        for (const operand of [first, second]) {
          const type = operand === undefined ? undefined : knownType(operand)
          if (type !== undefined && type !== "S" && type !== "B") this.type ??= wording.operandType(name, type)
        }
        return
      case "attribute_type": {
        const type = second === undefined ? undefined : knownType(second)
        if (type !== "S") this.type ??= wording.operandType(name, type ?? "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
        else if (second?.kind === "value" && !isType(second.value.S ?? "")) {
          this.type ??= wording.typeName(second.value.S ?? "")
        }
      }
    }
  }
}

export const bindCondition = (parsed: Parsed<ConditionOf<string>>, scope: Scope): Condition => {
  checkPlaceholders(parsed, scope)
  return new ConditionBinder(scope).bind(parsed.tree)
}

export const bindProjection = (parsed: Parsed<ReadonlyArray<ParsedPath>>, scope: Scope): ReadonlyArray<Path> => {
  checkPlaceholders(parsed, scope)
  const paths = parsed.tree.map((path) => bindPath(path, scope))
  const fault = firstOverlap(paths)
  if (fault !== undefined) throw new ExpressionFault(fault)
  return paths
}

const bindSetValue = (value: SetValueOf<string>, scope: Scope): SetValue => {
  switch (value.kind) {
    case "ifNotExists":
      return {
        kind: "ifNotExists",
        path: bindPath(value.path, scope),
        otherwise: bindSetValue(value.otherwise, scope)
      }
    case "listAppend":
    case "sum": {
      const name = value.kind === "sum" ? value.operator : "list_append"
      const wanted = value.kind === "sum" ? "N" : "L"
      const left = bindSetValue(value.left, scope)
      const right = bindSetValue(value.right, scope)
      for (const operand of [left, right]) {
        const type = operand.kind === "value" ? typeOf(operand.value) : undefined
        if (type !== undefined && type !== wanted) throw new ExpressionFault(wording.operandType(name, type))
      }
      return { ...value, left, right }
    }
    default:
      return bindOperand(value, scope)
  }
}

const longTypes: Readonly<Record<Type, string>> = {
  S: "STRING",
  N: "NUMBER",
  B: "BINARY",
  NULL: "NULL",
  BOOL: "BOOLEAN",
  L: "LIST",
  M: "MAP",
  SS: "SS",
  NS: "NS",
  BS: "BS"
}

const setTypes: ReadonlySet<Type> = new Set<Type>(["SS", "NS", "BS"])

const bindAction = (action: ActionOf<string>, scope: Scope): Action => {
  const path = bindPath(action.path, scope)
  switch (action.kind) {
    case "set":
      return { kind: "set", path, value: bindSetValue(action.value, scope) }
    case "remove":
      return { kind: "remove", path }
    default: {
      const value = present(scope.values[action.value])
      const type = typeOf(value)
      if (!setTypes.has(type) && !(action.kind === "add" && type === "N")) {
        throw new ExpressionFault(wording.updateOperandType(action.kind.toUpperCase(), longTypes[type]))
      }
      return { kind: action.kind, path, value }
    }
  }
}

export const bindUpdate = (parsed: Parsed<ReadonlyArray<ActionOf<string>>>, scope: Scope): ReadonlyArray<Action> => {
  checkPlaceholders(parsed, scope)
  if (parsed.tree.length > 1) {
    const fault = firstOverlap(parsed.tree.map(({ path }) => bindPath(path, scope)))
    if (fault !== undefined) throw new ExpressionFault(fault)
  }
  return parsed.tree.map((action) => bindAction(action, scope))
}
