/**
 * What a WHERE clause says about keys: the partitions and ranges that it selects, or the one item.
 */
import type { Condition, Path } from "../expression/ast.js"
import { type KeyPredicate, type KeyRange, keyRange } from "../expression/keyCondition.js"
import type { KeySchema } from "../keys.js"
import { present, validation } from "../refusal.js"
import type { Table } from "../table.js"
import { attribute, type AttributeValue, emptyItem, encode, type Item, setAttribute } from "../value.js"
import * as wording from "../wording/partiql.js"

const conjuncts = (condition: Condition | undefined): ReadonlyArray<Condition> =>
  condition === undefined
    ? []
    : condition.kind === "and"
    ? [...conjuncts(condition.left), ...conjuncts(condition.right)]
    : [condition]

const join = (conditions: ReadonlyArray<Condition>): Condition | undefined => {
  const [first, ...rest] = conditions
  return first === undefined ? undefined : rest.reduce((left, right) => ({ kind: "and", left, right }), first)
}

const flipped = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const

/** A condition on one attribute as a key predicate, if it is one. */
const predicateOf = (condition: Condition): KeyPredicate | undefined => {
  const of = (path: Path, operator: KeyPredicate["operator"], values: ReadonlyArray<AttributeValue>) =>
    path.length === 1 ? { name: String(path[0]), operator, values } : undefined
  switch (condition.kind) {
    case "compare": {
      const { left, operator, right } = condition
      if (operator === "<>") return undefined
      if (left.kind === "path" && right.kind === "value") return of(left.path, operator, [right.value])
      if (left.kind === "value" && right.kind === "path") return of(right.path, flipped[operator], [left.value])
      return undefined
    }
    case "between": {
      const { high, low, of: operand } = condition
      if (operand.kind !== "path" || low.kind !== "value" || high.kind !== "value") return undefined
      return of(operand.path, "between", [low.value, high.value])
    }
    case "call": {
      const [first, second] = condition.operands
      if (condition.name !== "begins_with" || first?.kind !== "path" || second?.kind !== "value") return undefined
      return of(first.path, "begins_with", [second.value])
    }
    default:
      return undefined
  }
}

/** The primary key that a WHERE fixes by equality, and what else it demands. */
export const keyOf = (
  table: Table,
  where: Condition | undefined
): { readonly key: Item; readonly rest: Condition | undefined } | undefined => {
  const key = emptyItem()
  const rest = conjuncts(where).filter((condition) => {
    const predicate = predicateOf(condition)
    if (
      predicate?.operator !== "=" || !table.keyNames.has(predicate.name) || attribute(key, predicate.name) !== undefined
    ) {
      return true
    }
    setAttribute(key, predicate.name, present(predicate.values[0]))
    return false
  })
  return [...table.keyNames].every((name) => attribute(key, name) !== undefined) ? { key, rest: join(rest) } : undefined
}

export const mandatoryKey = (table: Table, where: Condition | undefined) => {
  const found = keyOf(table, where)
  if (found === undefined) throw validation(wording.keyEquality)
  return found
}

export interface Source {
  readonly range: KeyRange | undefined
}

/** The partitions that a WHERE selects by equality or IN; one source of everything if it selects none. */
export const sourcesOf = (schema: KeySchema, joined: boolean, where: Condition | undefined): ReadonlyArray<Source> => {
  const all = conjuncts(where)
  const predicates = all.flatMap((condition) => predicateOf(condition) ?? [])
  const first = (name: string, only?: KeyPredicate["operator"]) =>
    predicates.find((predicate) => predicate.name === name && (only === undefined || predicate.operator === only))
  const [partition] = schema.partition
  const listed =
    all.flatMap((condition) =>
      condition.kind === "in" && condition.of.kind === "path" && condition.of.path.length === 1 &&
        schema.partition.length === 1 && condition.of.path[0] === partition?.name &&
        condition.list.every((operand) => operand.kind === "value")
        ? [condition.list.flatMap((operand) => (operand.kind === "value" ? [operand.value] : []))]
        : []
    )[0]
  const fixed = schema.partition.map(({ name }) => first(name, "="))
  const leading: Array<KeyPredicate> = []
  for (const { name } of schema.sort) {
    const predicate = first(name, "=") ?? first(name)
    if (predicate === undefined) break
    leading.push(predicate)
    if (predicate.operator !== "=") break
  }
  const range = (partitions: ReadonlyArray<KeyPredicate>): Source => ({
    range: keyRange(schema, [...partitions, ...leading], joined)
  })
  const given = fixed.filter((predicate) => predicate !== undefined)
  if (given.length === fixed.length) return [range(given)]
  if (listed === undefined || partition === undefined) return [{ range: undefined }]
  const seen = new Map(listed.map((value) => [JSON.stringify(encode(value)), value]))
  return Array.from(seen.values(), (value) => range([{ name: partition.name, operator: "=", values: [value] }]))
}
