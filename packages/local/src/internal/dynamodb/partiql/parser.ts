/**
 * Parses PartiQL statements as far as DynamoDB knows the language. Conditions and updates become the trees that expressions become,
 * with the parameters of the request in place of its question marks.
 */
import type { Action, Comparator, Condition, Operand, Path, SetValue } from "../expression/ast.js"
import { validation } from "../refusal.js"
import { attribute, type AttributeValue, decode, emptyItem, type Item, setAttribute, typeOf } from "../value.js"
import * as expressionWording from "../wording/expression.js"
import * as wording from "../wording/partiql.js"

export type Returning = "ALL_OLD" | "MODIFIED_OLD" | "ALL_NEW" | "MODIFIED_NEW"

export interface Select {
  readonly kind: "select"
  readonly table: string
  readonly index: string | undefined
  /** `undefined` for `*`. */
  readonly paths: ReadonlyArray<Path> | undefined
  readonly where: Condition | undefined
  readonly order: { readonly name: string; readonly descending: boolean } | undefined
}

export type Statement =
  | Select
  | { readonly kind: "insert"; readonly table: string; readonly item: Item }
  | {
    readonly kind: "update"
    readonly table: string
    readonly actions: ReadonlyArray<Action>
    readonly where: Condition | undefined
    readonly returning: Returning | undefined
  }
  | {
    readonly kind: "delete"
    readonly table: string
    readonly where: Condition | undefined
    readonly returning: Returning | undefined
  }
  | { readonly kind: "exists"; readonly table: string; readonly where: Condition | undefined }

interface Token {
  readonly kind: "word" | "quoted" | "string" | "number" | "symbol" | "end"
  readonly text: string
}

const pattern =
  /\s+|--[^\n]*|(?<word>[A-Za-z_$][A-Za-z0-9_$]*)|"(?<quoted>(?:[^"]|"")*)"|'(?<string>(?:[^']|'')*)'|(?<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)|(?<symbol><<|>>|<>|!=|<=|>=|[\s\S])/gu

const kinds = ["word", "quoted", "string", "number", "symbol"] as const

const tokenize = (text: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  for (const match of text.matchAll(pattern)) {
    const groups = match.groups ?? {}
    const kind = kinds.find((name) => groups[name] !== undefined)
    if (kind === undefined) continue
    const raw = groups[kind] ?? ""
    const quote = kind === "quoted" ? "\"" : kind === "string" ? "'" : undefined
    tokens.push({ kind, text: quote === undefined ? raw : raw.replaceAll(quote + quote, quote) })
  }
  return tokens
}

const maxDepth = 300

const end: Token = { kind: "end", text: "<EOF>" }

const comparators: Readonly<Record<string, Comparator>> = {
  "=": "=",
  "<>": "<>",
  "!=": "<>",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">="
}

type Term = { readonly condition: Condition } | { readonly operand: Operand<AttributeValue> }

export const parse = (text: string, parameters: ReadonlyArray<unknown>): Statement => {
  if (text.trim() === "") throw validation(wording.emptyStatement)
  const tokens = tokenize(text)
  let at = 0
  let taken = 0
  let depth = 0

  const token = (): Token => tokens[at] ?? end
  const fail = (): never => {
    throw validation(wording.malformed(token().text))
  }
  const isWord = (word: string): boolean => token().kind === "word" && token().text.toUpperCase() === word
  const takesWord = (word: string): boolean => {
    if (!isWord(word)) return false
    at++
    return true
  }
  const expectWord = (word: string): void => {
    if (!takesWord(word)) fail()
  }
  const isSymbol = (symbol: string, ahead = 0): boolean => {
    const there = tokens[at + ahead]
    return there?.kind === "symbol" && there.text === symbol
  }
  const takes = (symbol: string): boolean => {
    if (!isSymbol(symbol)) return false
    at++
    return true
  }
  const expect = (symbol: string): void => {
    if (!takes(symbol)) fail()
  }
  const name = (): string => {
    const { kind, text: found } = token()
    if (kind !== "word" && kind !== "quoted") return fail()
    at++
    return found
  }
  /** A part of the path after FROM. */
  const component = (): string => {
    const found = name()
    if (found === "") throw validation(wording.emptyComponent)
    return found
  }
  /** Reads what stands within brackets of any kind, which may not be nested without end. */
  const nested = <A>(read: () => A): A => {
    if (++depth > maxDepth) fail()
    const result = read()
    depth--
    return result
  }
  const separated = <A>(close: string, member: () => A): ReadonlyArray<A> => {
    const members: Array<A> = []
    if (takes(close)) return members
    do members.push(nested(member))
    while (takes(","))
    expect(close)
    return members
  }

  // -------------------------------------------------------------------------------------------------------------- values

  const parameter = (): AttributeValue => {
    if (taken >= parameters.length) throw validation(wording.parameterCount)
    return decode(parameters[taken++])
  }

  const setOf = (members: ReadonlyArray<AttributeValue>): AttributeValue => {
    const [first] = members
    if (first === undefined) return decode({ SS: [] })
    const type = first.S !== undefined ? "S" : first.N !== undefined ? "N" : first.B !== undefined ? "B" : fail()
    return decode({ [`${type}S`]: members.map((member) => member[type] ?? fail()) })
  }

  /** A literal or parameter; `undefined` when none stands here. */
  const literal = (): AttributeValue | undefined => {
    const { kind, text: found } = token()
    if (kind === "string") {
      at++
      return { S: found }
    }
    const negative = isSymbol("-")
    if (kind === "number" || (negative && tokens[at + 1]?.kind === "number")) {
      if (negative) at++
      const digits = token().text
      at++
      return decode({ N: negative ? `-${digits}` : digits })
    }
    if (takes("?")) return parameter()
    if (takesWord("TRUE")) return { BOOL: true }
    if (takesWord("FALSE")) return { BOOL: false }
    if (takesWord("NULL")) return { NULL: true }
    if (takes("[")) return { L: separated("]", value) }
    if (takes("<<")) return setOf(separated(">>", value))
    if (isSymbol("{")) return { M: map() }
    return undefined
  }

  const value = (): AttributeValue => literal() ?? fail()

  const map = (): Item => {
    expect("{")
    const item = emptyItem()
    separated("}", () => {
      const { kind, text: key } = token()
      if (kind !== "string" && kind !== "quoted" && kind !== "word") return fail()
      at++
      expect(":")
      if (attribute(item, key) !== undefined) throw validation(wording.repeatedAttribute(key))
      setAttribute(item, key, value())
      return key
    })
    return item
  }

  const path = (): Path => {
    const elements: Array<string | number> = [name()]
    for (;;) {
      if (takes(".")) elements.push(name())
      else if (takes("[")) {
        const { kind, text: found } = token()
        at++
        if (kind === "number") elements.push(Number(found))
        else if (kind === "string") elements.push(found)
        else fail()
        expect("]")
      } else return elements
    }
  }

  // ---------------------------------------------------------------------------------------------------------- conditions

  const asCondition = (term: Term): Condition => ("condition" in term ? term.condition : fail())
  const asOperand = (term: Term): Operand<AttributeValue> => ("operand" in term ? term.operand : fail())

  const or = (): Term => {
    let term = and()
    while (takesWord("OR")) term = { condition: { kind: "or", left: asCondition(term), right: asCondition(and()) } }
    return term
  }

  const and = (): Term => {
    let term = not()
    while (takesWord("AND")) term = { condition: { kind: "and", left: asCondition(term), right: asCondition(not()) } }
    return term
  }

  const not = (): Term => takesWord("NOT") ? { condition: { kind: "not", of: asCondition(nested(not)) } } : predicate()

  /** Only strings, numbers and binaries have an order. */
  const checkOrdered = (operator: string, operands: ReadonlyArray<Operand<AttributeValue>>): void => {
    for (const operand of operands) {
      const type = operand.kind === "value" ? typeOf(operand.value) : "S"
      if (type !== "S" && type !== "N" && type !== "B") throw validation(expressionWording.operandType(operator, type))
    }
  }

  const negate = (condition: Condition, negated: boolean): Term => ({
    condition: negated ? { kind: "not", of: condition } : condition
  })

  const predicate = (): Term => {
    const term = primary()
    const comparator = token().kind === "symbol" ? comparators[token().text] : undefined
    if (comparator !== undefined) {
      const written = token().text
      at++
      const [left, right] = [asOperand(term), asOperand(primary())]
      if (comparator !== "=" && comparator !== "<>") checkOrdered(written, [left, right])
      return { condition: { kind: "compare", operator: comparator, left, right } }
    }
    if (takesWord("IS")) {
      const negated = takesWord("NOT")
      const operand = asOperand(term)
      if (takesWord("MISSING")) {
        return negate({ kind: "call", name: "attribute_not_exists", operands: [operand] }, negated)
      }
      expectWord("NULL")
      const type: Operand<AttributeValue> = { kind: "value", value: { S: "NULL" } }
      return negate({ kind: "call", name: "attribute_type", operands: [operand, type] }, negated)
    }
    const negated = isWord("NOT") && takesWord("NOT")
    if (takesWord("BETWEEN")) {
      const low = asOperand(primary())
      expectWord("AND")
      const [of, high] = [asOperand(term), asOperand(primary())]
      checkOrdered("BETWEEN", [of, low, high])
      return negate({ kind: "between", of, low, high }, negated)
    }
    if (takesWord("IN")) {
      const close = takes("[") ? "]" : takes("(") ? ")" : fail()
      const list = separated(close, () => asOperand(primary()))
      return negate({ kind: "in", of: asOperand(term), list }, negated)
    }
    return negated ? fail() : term
  }

  const primary = (): Term => {
    const constant = literal()
    if (constant !== undefined) return { operand: { kind: "value", value: constant } }
    if (takes("(")) {
      const term = nested(or)
      expect(")")
      return term
    }
    if (token().kind === "word" && isSymbol("(", 1)) return call()
    return { operand: { kind: "path", path: path() } }
  }

  const call = (): Term => {
    const given = token().text
    at += 2
    const operands = separated(")", () => asOperand(primary()))
    const [first] = operands
    switch (given.toLowerCase()) {
      case "size":
        return { operand: { kind: "size", of: operands.length === 1 && first !== undefined ? first : fail() } }
      case "begins_with":
        return { condition: { kind: "call", name: "begins_with", operands: operands.length === 2 ? operands : fail() } }
      case "contains":
        return { condition: { kind: "call", name: "contains", operands: operands.length === 2 ? operands : fail() } }
      case "attribute_type":
        return {
          condition: { kind: "call", name: "attribute_type", operands: operands.length === 2 ? operands : fail() }
        }
      default:
        throw validation(wording.unsupportedFunction(given))
    }
  }

  const where = (): Condition | undefined => (takesWord("WHERE") ? asCondition(or()) : undefined)

  // ---------------------------------------------------------------------------------------------------------- statements

  const setValue = (): SetValue => {
    const left = setOperand()
    const isMinusNumber = token().kind === "symbol" && token().text === "-"
    if (!isSymbol("+") && !isMinusNumber) return left
    const operator = token().text === "+" ? "+" : "-"
    at++
    return { kind: "sum", operator, left, right: setOperand() }
  }

  const setOperand = (): SetValue => {
    const constant = literal()
    if (constant !== undefined) return { kind: "value", value: constant }
    if (token().kind === "word" && isSymbol("(", 1)) {
      const given = token().text.toLowerCase()
      at += 2
      const operands = separated(")", setOperand)
      const [left, right] = operands
      if (left === undefined || right === undefined || operands.length !== 2) return fail()
      if (given === "list_append") return { kind: "listAppend", left, right }
      if (given === "if_not_exists" && left.kind === "path") {
        return { kind: "ifNotExists", path: left.path, otherwise: right }
      }
      throw validation(wording.unsupportedFunction(given))
    }
    return { kind: "path", path: path() }
  }

  /** `set_add(path, set)` and `set_delete(path, set)` on the path they set; any other value is a plain SET. */
  const setAction = (): Action => {
    const target = path()
    expect("=")
    const given = token().text.toLowerCase()
    if (token().kind === "word" && isSymbol("(", 1) && (given === "set_add" || given === "set_delete")) {
      at += 2
      path()
      expect(",")
      const members = value()
      expect(")")
      return { kind: given === "set_add" ? "add" : "delete", path: target, value: members }
    }
    return { kind: "set", path: target, value: setValue() }
  }

  const returning = (): Returning | undefined => {
    if (!takesWord("RETURNING")) return undefined
    const scope = takesWord("ALL") ? "ALL" : takesWord("MODIFIED") ? "MODIFIED" : fail()
    const image = takesWord("OLD") ? "OLD" : takesWord("NEW") ? "NEW" : fail()
    expect("*")
    return `${scope}_${image}`
  }

  const select = (): Select => {
    let paths: Array<Path> | undefined
    if (!takes("*")) {
      paths = [path()]
      while (takes(",")) paths.push(path())
    }
    expectWord("FROM")
    const table = component()
    const index = takes(".") ? component() : undefined
    if (isSymbol(".")) throw validation(wording.tooManyComponents)
    const condition = where()
    let order: { readonly name: string; readonly descending: boolean } | undefined
    if (takesWord("ORDER")) {
      expectWord("BY")
      const by = name()
      const descending = takesWord("DESC")
      if (!descending) takesWord("ASC")
      order = { name: by, descending }
    }
    return { kind: "select", table, index, paths, where: condition, order }
  }

  const statement = (): Statement => {
    if (takesWord("SELECT")) return select()
    if (takesWord("INSERT")) {
      expectWord("INTO")
      const table = name()
      expectWord("VALUE")
      return { kind: "insert", table, item: token().kind === "symbol" && isSymbol("?") ? value().M ?? fail() : map() }
    }
    if (takesWord("UPDATE")) {
      const table = name()
      const actions: Array<Action> = []
      for (;;) {
        if (takesWord("SET")) {
          do actions.push(setAction())
          while (takes(","))
        } else if (takesWord("REMOVE")) {
          do actions.push({ kind: "remove", path: path() })
          while (takes(","))
        } else break
      }
      if (actions.length === 0) fail()
      return { kind: "update", table, actions, where: where(), returning: returning() }
    }
    if (takesWord("DELETE")) {
      expectWord("FROM")
      const table = name()
      const condition = where()
      const image = returning()
      if (image !== undefined && image !== "ALL_OLD") throw validation(wording.deleteReturning(image.replace("_", " ")))
      return { kind: "delete", table, where: condition, returning: image }
    }
    if (takesWord("EXISTS")) {
      expect("(")
      expectWord("SELECT")
      const inner = select()
      expect(")")
      return { kind: "exists", table: inner.table, where: inner.where }
    }
    return fail()
  }

  const result = statement()
  takes(";")
  if (token().kind !== "end") fail()
  if (taken !== parameters.length) throw validation(wording.parameterCount)
  return result
}
