/**
 * Applies a bound update to an item. Every part of it reads the item as it was before; what it does not touch is shared with the
 * result.
 */
import * as decimal from "../decimal.js"
import { present, validation } from "../refusal.js"
import {
  attribute,
  type AttributeValue,
  emptyItem,
  type Item,
  latin1,
  type MutableItem,
  nestsTooDeep,
  setAttribute
} from "../value.js"
import * as wording from "../wording/expression.js"
import * as valueWording from "../wording/value.js"
import type { Action, SetValue, Update } from "./ast.js"
import { operandValue, resolve } from "./evaluate.js"

const setValue = (value: SetValue, item: Item): AttributeValue => {
  switch (value.kind) {
    case "ifNotExists":
      return resolve(item, value.path) ?? setValue(value.otherwise, item)
    case "listAppend": {
      const left = setValue(value.left, item)
      const right = setValue(value.right, item)
      if (left.L === undefined || right.L === undefined) throw validation(wording.wrongOperand)
      return { L: [...left.L, ...right.L] }
    }
    case "sum": {
      const left = setValue(value.left, item)
      const right = setValue(value.right, item)
      if (left.N === undefined || right.N === undefined) throw validation(wording.wrongOperand)
      return { N: value.operator === "+" ? decimal.add(left.N, right.N) : decimal.subtract(left.N, right.N) }
    }
    default: {
      const found = operandValue(value, item)
      if (found === undefined) throw validation(wording.missingAttribute)
      return found
    }
  }
}

const union = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set([...a, ...b])]

const without = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): ReadonlyArray<string> => {
  const gone = new Set(b)
  return a.filter((member) => !gone.has(member))
}

const add = (value: AttributeValue | undefined, given: AttributeValue, wrong: string): AttributeValue => {
  if (value === undefined) return given
  if (value.N !== undefined && given.N !== undefined) return { N: decimal.add(value.N, given.N) }
  if (value.SS !== undefined && given.SS !== undefined) return { SS: union(value.SS, given.SS) }
  if (value.NS !== undefined && given.NS !== undefined) return { NS: union(value.NS, given.NS) }
  if (value.BS !== undefined && given.BS !== undefined) {
    const standing = new Set(value.BS.map(latin1))
    return { BS: [...value.BS, ...given.BS.filter((member) => !standing.has(latin1(member)))] }
  }
  throw validation(wrong)
}

const subtractSet = (value: AttributeValue, given: AttributeValue, wrong: string): AttributeValue | undefined => {
  if (value.SS !== undefined && given.SS !== undefined) {
    const SS = without(value.SS, given.SS)
    return SS.length === 0 ? undefined : { SS }
  }
  if (value.NS !== undefined && given.NS !== undefined) {
    const NS = without(value.NS, given.NS)
    return NS.length === 0 ? undefined : { NS }
  }
  if (value.BS !== undefined && given.BS !== undefined) {
    const gone = new Set(given.BS.map(latin1))
    const BS = value.BS.filter((member) => !gone.has(latin1(member)))
    return BS.length === 0 ? undefined : { BS }
  }
  throw validation(wrong)
}

/** An action with its value computed, or the actions below a path. */
interface Step {
  run: ((value: AttributeValue | undefined) => AttributeValue | undefined) | undefined
  children: Map<string | number, Step> | undefined
}

const runOf = (action: Action, item: Item, legacy: boolean): Step["run"] => {
  const wrong = legacy ? wording.wrongLegacyOperand : wording.wrongOperand
  switch (action.kind) {
    case "set": {
      const value = setValue(action.value, item)
      return () => value
    }
    case "remove":
      return () => undefined
    case "add":
      return (value) => add(value, action.value, wrong)
    case "delete":
      return (value) => (value === undefined ? undefined : subtractSet(value, action.value, wrong))
  }
}

const plan = (update: Update, item: Item): Step => {
  const root: Step = { run: undefined, children: undefined }
  for (const action of update.actions) {
    let step = root
    for (const element of action.path) {
      step.children ??= new Map()
      let child = step.children.get(element)
      if (child === undefined) {
        child = { run: undefined, children: undefined }
        step.children.set(element, child)
      }
      step = child
    }
    step.run = runOf(action, item, update.legacy)
  }
  return root
}

const stepInto = (value: AttributeValue | undefined, step: Step): AttributeValue | undefined => {
  if (step.run !== undefined) return step.run(value)
  if (value?.M !== undefined) return { M: stepItem(value.M, step) }
  if (value?.L !== undefined) return { L: stepList(value.L, step) }
  throw validation(wording.invalidPath)
}

type Changes = ReadonlyArray<{ readonly name: string; readonly value: AttributeValue | undefined }>

/** The item with these attributes in place of its own; those without a value are gone. */
const changed = (item: Item, changes: Changes): Item => {
  const result: MutableItem = { ...item }
  let removed: Set<string> | undefined
  for (const { name, value } of changes) {
    if (value === undefined) (removed ??= new Set()).add(name)
    else setAttribute(result, name, value)
  }
  if (removed === undefined) return result
  // Built anew rather than deleted from: a deletion would cost the object its compact layout.
  const kept = emptyItem()
  for (const name in result) if (!removed.has(name)) setAttribute(kept, name, present(result[name]))
  return kept
}

const stepItem = (item: Item, step: Step): Item =>
  changed(
    item,
    Array.from(step.children ?? [], ([name, child]) => {
      if (typeof name === "number") throw validation(wording.invalidPath)
      return { name, value: stepInto(attribute(item, name), child) }
    })
  )

/** Indexes are those of the list before the update; what is set beyond its end is appended, in order of the indexes. */
const stepList = (list: ReadonlyArray<AttributeValue>, step: Step): ReadonlyArray<AttributeValue> => {
  const result: Array<AttributeValue | undefined> = [...list]
  const children = [...(step.children ?? [])].sort(([a], [b]) => Number(a) - Number(b))
  for (const [index, child] of children) {
    if (typeof index === "string") throw validation(wording.invalidPath)
    const value = stepInto(list[index], child)
    if (index < list.length) result[index] = value
    else if (value !== undefined) result.push(value)
  }
  return result.filter((member) => member !== undefined)
}

/** An update that only sets and removes whole attributes, as most do: none of its actions can meet another's. */
const isFlat = ({ kind, path }: Action): boolean => path.length === 1 && (kind === "set" || kind === "remove")

/** The item after the update. */
export const apply = (update: Update, item: Item): Item => {
  const { actions } = update
  const result = actions.every(isFlat)
    ? changed(
      item,
      actions.map((action) => ({
        name: String(action.path[0]),
        value: action.kind === "set" ? setValue(action.value, item) : undefined
      }))
    )
    : stepItem(item, plan(update, item))
  for (const { kind, path } of actions) {
    const value = kind === "set" ? attribute(result, String(path[0])) : undefined
    if (value !== undefined && nestsTooDeep(value)) throw validation(valueWording.nesting)
  }
  return result
}
