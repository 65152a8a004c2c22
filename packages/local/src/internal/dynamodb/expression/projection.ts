/**
 * Projections: their parser, and the choice of a part of an item by paths.
 */
import { present } from "../refusal.js"
import { attribute, type AttributeValue, emptyItem, type Item, setAttribute } from "../value.js"
import * as wording from "../wording/expression.js"
import type { Parsed, ParsedPath, Path } from "./ast.js"
import { Parser } from "./parser.js"

export const parse = (text: string): Parsed<ReadonlyArray<ParsedPath>> => {
  const parser = new Parser(text)
  const paths = [parser.path()]
  while (parser.takes(",")) paths.push(parser.path())
  return parser.finish(paths, ["reserved", "depth"])
}

/** The paths by their common beginnings; a leaf stands for everything below it. */
interface Choice {
  readonly children: ReadonlyMap<string | number, Choice> | undefined
}

interface MutableChoice extends Choice {
  children: Map<string | number, MutableChoice> | undefined
}

/** Paths that do not overlap, as `firstOverlap` finds. */
export const choose = (paths: ReadonlyArray<Path>): Choice => {
  const root: MutableChoice = { children: new Map() }
  for (const path of paths) {
    let node = root
    for (const element of path) {
      node.children ??= new Map()
      let child = node.children.get(element)
      if (child === undefined) {
        child = { children: undefined }
        node.children.set(element, child)
      }
      node = child
    }
  }
  return root
}

const project = (value: AttributeValue, choice: Choice): AttributeValue | undefined => {
  if (choice.children === undefined) return value
  if (value.M !== undefined) {
    const part = projectItem(value.M, choice)
    for (const _ in part) return { M: part }
    return undefined
  }
  if (value.L !== undefined) {
    const list = value.L
    const L: Array<AttributeValue> = []
    for (const [index, child] of [...choice.children].sort(([a], [b]) => Number(a) - Number(b))) {
      const member = typeof index === "number" ? list[index] : undefined
      const part = member === undefined ? undefined : project(member, child)
      if (part !== undefined) L.push(part)
    }
    return L.length === 0 ? undefined : { L }
  }
  return undefined
}

/** The chosen part of an item; shares its values. */
export const projectItem = (item: Item, choice: Choice): Item => {
  const part = emptyItem()
  for (const [name, child] of choice.children ?? []) {
    const value = typeof name === "string" ? attribute(item, name) : undefined
    const chosen = value === undefined ? undefined : project(value, child)
    if (chosen !== undefined) setAttribute(part, String(name), chosen)
  }
  return part
}

/** What is wrong with paths used side by side: one lies within another, or one takes for a list what another takes for a map. */
export const firstOverlap = (paths: ReadonlyArray<Path>): string | undefined => {
  let conflict: string | undefined
  for (let j = 1; j < paths.length; j++) {
    for (let i = 0; i < j; i++) {
      const one = present(paths[i])
      const two = present(paths[j])
      const length = Math.min(one.length, two.length)
      let k = 0
      while (k < length && one[k] === two[k]) k++
      if (k === length) return wording.overlap(one, two)
      if (typeof one[k] !== typeof two[k]) conflict ??= wording.conflict(one, two)
    }
  }
  return conflict
}
