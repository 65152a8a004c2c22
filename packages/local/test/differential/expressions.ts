/** Random expressions over the whole grammar, mostly well typed: what is refused says little about what is computed. */
import type { Index, Key, Table } from "./tables.js"
import { keysOf } from "./tables.js"
import type { Chance, Value } from "./values.js"
import { attribute, keyValue, number, numberSet, ordered, path, set, stringSet, text, value } from "./values.js"

/** The expressions of one request, and the placeholders that they use. */
export class Expressions {
  private readonly values: Record<string, Value> = {}
  private readonly written: Record<string, string> = {}
  private count = 0
  constructor(readonly chance: Chance, readonly table: Table) {}

  placeholder(value: Value): string {
    const name = `:v${this.count++}`
    this.values[name] = value
    return name
  }

  add(parameter: string, expression: string): this {
    this.written[parameter] = expression
    return this
  }

  /** What the request gets. */
  parameters(): Readonly<Record<string, unknown>> {
    const text = Object.values(this.written).join(" ")
    return {
      ...this.written,
      ...(/#a\b/.test(text) ? { ExpressionAttributeNames: { "#a": "a" } } : {}),
      ...(this.count > 0 ? { ExpressionAttributeValues: this.values } : {})
    }
  }

  /** A path into an item, sometimes to a key. */
  path(): string {
    if (!this.chance.of(0.1)) return path(this.chance)
    return this.chance.pick(["pk", "sk", "gs", "gn", "gb"])
  }

  /** Any operand, or mostly one of a type that the operator takes. */
  private operand(fitting: (chance: Chance) => Value): string {
    const { chance } = this
    const kind = chance.int(20)
    if (kind < 10) return this.path()
    if (kind < 18) return this.placeholder(chance.of(0.99) ? fitting(chance) : value(chance, 1))
    return `size(${this.path()})`
  }

  condition(depth = 0): string {
    const { chance } = this
    switch (chance.int(depth > 2 ? 9 : 14)) {
      case 0:
      case 1: {
        const operator = chance.pick(["=", "<>", "<", "<=", ">", ">="])
        const fitting = operator === "=" || operator === "<>" ? value : ordered
        return `${this.operand(fitting)} ${operator} ${this.operand(fitting)}`
      }
      case 2:
        return `attribute_exists(${this.path()})`
      case 3:
        return `attribute_not_exists(${this.path()})`
      case 4:
        return `begins_with(${this.path()}, ${this.placeholder(chance.of(0.99) ? text(chance) : value(chance))})`
      case 5:
        return `contains(${this.path()}, ${this.operand(ordered)})`
      case 6:
        return `attribute_type(${this.path()}, ${
          this.placeholder({ S: chance.pick(["S", "N", "L", "M", "SS", "BS", "B", "BOOL", "NULL"]) })
        })`
      case 7:
        return `${this.operand(value)} IN (${chance.times(1 + chance.int(3), () => this.operand(value)).join(", ")})`
      case 8:
        return this.between()
      case 9:
        return `NOT ${this.condition(depth + 1)}`
      case 10:
        return `(${this.condition(depth + 1)}) AND (${this.condition(depth + 1)})`
      case 11:
        return `${this.condition(depth + 1)} OR ${this.condition(depth + 1)}`
      case 12:
        return `${this.condition(depth + 1)} AND ${this.condition(depth + 1)}`
      default:
        return depth === 0 ? `(${this.condition(3)})` : this.condition(depth + 1)
    }
  }

  private between(): string {
    const { chance } = this
    // In order but for a few: AWS refuses bounds that are not.
    const [low, high] = chance.of(0.97)
      ? chance.pick([[{ N: "-1" }, { N: "1.5" }], [{ N: "1" }, { N: "1e3" }], [{ S: "a" }, { S: "b" }], [{ S: "ab" }, {
        S: "z"
      }]])
      : [number(chance), text(chance)]
    return `${this.path()} BETWEEN ${chance.of(0.2) ? this.path() : this.placeholder(low)} AND ${
      this.placeholder(high)
    }`
  }

  /** What stands on the right of a SET. */
  private assigned(): string {
    const { chance } = this
    const one = () => this.placeholder(number(chance))
    switch (chance.int(10)) {
      case 0:
        return path(chance)
      case 1:
        return `${path(chance)} + ${one()}`
      case 2:
        return `${path(chance)} - ${one()}`
      case 3:
        return `if_not_exists(${path(chance)}, ${one()}) + ${one()}`
      case 4:
        return `if_not_exists(${path(chance)}, ${this.placeholder(value(chance))})`
      case 5: {
        const list = this.placeholder({ L: [value(chance, 2)] })
        const of = chance.of(0.5) ? "l" : `if_not_exists(l, ${this.placeholder({ L: [] })})`
        return chance.of(0.5) ? `list_append(${of}, ${list})` : `list_append(${list}, ${of})`
      }
      case 6:
        return `${one()} - ${one()}`
      default:
        return this.placeholder(value(chance))
    }
  }

  update(): string {
    const { chance } = this
    const clauses: Array<string> = []
    const target = this.distinctPaths(() => chance.of(0.06) ? chance.pick(["gs", "gn", "gb"]) : path(chance))
    if (chance.of(0.7)) {
      const assignments = chance.times(1 + chance.int(2), () => `${target()} = ${this.assigned()}`)
      clauses.push(`SET ${assignments.join(", ")}`)
    }
    if (chance.of(0.25)) {
      clauses.push(`REMOVE ${chance.times(1 + chance.int(2), target).join(", ")}`)
    }
    if (chance.of(0.25)) {
      clauses.push(`ADD ${target()} ${this.placeholder(chance.pick([number, set, numberSet])(chance))}`)
    }
    if (chance.of(0.2)) clauses.push(`DELETE ${target()} ${this.placeholder(chance.pick([stringSet, set])(chance))}`)
    return clauses.length > 0 ? clauses.join(" ") : `SET ${attribute(chance)} = ${this.placeholder(value(chance))}`
  }

  keyCondition(index: Index | undefined): string {
    const { chance } = this
    const { hash, range } = index ?? this.table
    const given = ({ type }: Key) => this.placeholder(keyValue(chance, type))
    const parts = [`${hash.name} = ${given(hash)}`]
    if (range !== undefined && chance.of(0.6)) {
      const operators = ["=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"] as const
      const operator = chance.pick(operators)
      if (operator === "BETWEEN") parts.push(`${range.name} BETWEEN ${given(range)} AND ${given(range)}`)
      else if (operator === "begins_with" && range.type !== "N") {
        const prefix = range.type === "S"
          ? { S: chance.pick(["p", "\uD83D\uDE00", "é", "x"]) }
          : { B: Uint8Array.of(127) }
        parts.push(`begins_with(${range.name}, ${this.placeholder(prefix)})`)
      } else parts.push(`${range.name} ${operator === "begins_with" ? "=" : operator} ${given(range)}`)
    }
    return (chance.of(0.03) ? parts.reverse() : parts).join(" AND ")
  }

  /** Of what an index holds, when one is given, but for a few. */
  projection(index?: Index): string {
    const { chance } = this
    const names = chance.of(0.3) ? keysOf(this.table).map(({ name }) => name) : []
    const held = index === undefined || index.local || index.projection["ProjectionType"] === "ALL" || chance.of(0.02)
    const next = held ? this.distinctPaths(() => path(chance)) : undefined
    if (next === undefined) return names.length > 0 ? names.join(", ") : this.table.hash.name
    return [...names, ...chance.times(1 + chance.int(2), next)].join(", ")
  }

  /** Paths into different attributes, but for a few: AWS refuses paths that overlap. */
  private distinctPaths(draw: () => string): () => string {
    const roots = new Set<string>()
    return () => {
      for (;;) {
        const path = draw()
        const root = path.split(/[.[]/)[0]?.replace("#", "") ?? path
        if (roots.has(root) && !this.chance.of(0.01)) continue
        roots.add(root)
        return path
      }
    }
  }
}
