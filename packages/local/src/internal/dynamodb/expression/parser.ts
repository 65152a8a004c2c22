/**
 * What the parsers of all expressions share: tokens, syntax errors, document paths, placeholders and the faults found on the way.
 */
import { present, validation } from "../refusal.js"
import { isReserved } from "../reserved.js"
import * as wording from "../wording/expression.js"
import type { Parsed, ParsedPath } from "./ast.js"

interface Token {
  readonly kind: "name" | "alias" | "value" | "number" | "symbol" | "end"
  readonly text: string
  readonly start: number
  readonly end: number
}

const pattern =
  /\s+|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<alias>#[A-Za-z0-9_]+)|(?<value>:[A-Za-z0-9_]+)|(?<number>[0-9]+)|(?<symbol><>|<=|>=|[\s\S])/gu

const kinds = ["name", "alias", "value", "number", "symbol"] as const

const tokenize = (text: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  for (const match of text.matchAll(pattern)) {
    const groups = match.groups ?? {}
    const kind = kinds.find((name) => groups[name] !== undefined)
    if (kind !== undefined) {
      tokens.push({ kind, text: match[0], start: match.index, end: match.index + match[0].length })
    }
  }
  tokens.push({ kind: "end", text: "<EOF>", start: text.length, end: text.length })
  return tokens
}

const maxNesting = 32
const maxOperators = 300
const maxDepth = 300

/** One pass over an expression. */
export class Parser {
  private readonly tokens: ReadonlyArray<Token>
  private at = 0
  private operators = 0
  private depth = 0
  private readonly faults = new Map<string, string>()
  readonly placeholders: Array<string> = []

  constructor(private readonly text: string) {
    this.tokens = tokenize(text)
  }

  get token(): Token {
    return present(this.tokens[this.at])
  }

  peek(ahead = 1): Token {
    return present(this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)])
  }

  next(): Token {
    const token = this.token
    if (token.kind !== "end") this.at++
    return token
  }

  /** The token here is not what can stand here. */
  fail(): never {
    const before = this.tokens[this.at - 1] ?? this.token
    const after = this.peek()
    throw validation(wording.syntax(this.token.text, this.text.slice(before.start, after.end).trim()))
  }

  isSymbol(text: string): boolean {
    return this.token.kind === "symbol" && this.token.text === text
  }

  /** Steps over a symbol if it stands here. */
  takes(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false
    this.at++
    return true
  }

  expect(symbol: string): void {
    if (!this.takes(symbol)) this.fail()
  }

  isKeyword(word: string): boolean {
    return this.token.kind === "name" && this.token.text.toUpperCase() === word
  }

  takesKeyword(word: string): boolean {
    if (!this.isKeyword(word)) return false
    this.at++
    return true
  }

  expectKeyword(word: string): void {
    if (!this.takesKeyword(word)) this.fail()
  }

  expectEnd(): void {
    if (this.token.kind !== "end") this.fail()
  }

  /** A fault of a kind; only the first of each kind is kept. */
  fault(kind: string, message: string): void {
    if (!this.faults.has(kind)) this.faults.set(kind, message)
  }

  countOperator(): void {
    if (++this.operators > maxOperators) this.fault("operators", wording.tooManyOperators)
  }

  /** Reads what stands in parentheses, which may not be nested without end. */
  nested<A>(read: () => A): A {
    if (++this.depth > maxDepth) this.fail()
    const result = read()
    this.depth--
    return result
  }

  /** A placeholder for a value, by its name. */
  value(): string {
    if (this.token.kind !== "value") this.fail()
    const { text } = this.next()
    this.placeholders.push(text)
    return text
  }

  path(): ParsedPath {
    const path: Array<string | number> = [this.pathName()]
    for (;;) {
      if (this.takes(".")) path.push(this.pathName())
      else if (this.isSymbol("[") && this.peek().kind === "number") {
        this.next()
        path.push(Number(this.next().text))
        this.expect("]")
      } else break
    }
    if (path.length > maxNesting) this.fault("depth", wording.pathTooDeep(path.length))
    return path
  }

  private pathName(): string {
    const { kind, text } = this.token
    if (kind !== "name" && kind !== "alias") this.fail()
    this.at++
    if (kind === "alias") this.placeholders.push(text)
    else if (isReserved(text)) this.fault("reserved", wording.reservedWord(text))
    return text
  }

  /** The result, once everything is read; `order` says which kind of fault is told first. */
  finish<A>(tree: A, order: ReadonlyArray<string>): Parsed<A> {
    this.expectEnd()
    const kind = order.find((name) => this.faults.has(name))
    return {
      tree,
      placeholders: this.placeholders,
      fault: kind === undefined ? undefined : this.faults.get(kind),
      operandFault: this.faults.get("operands")
    }
  }
}
