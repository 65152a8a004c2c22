/**
 * What a request must look like: one small language for the members of an operation's input, their types and their constraints.
 * Checking an input against a shape refuses wrong types at once and collects broken constraints, as DynamoDB does. Nothing is
 * copied; attribute values are left to `value.ts`.
 */

import { present, serialization, validation } from "./refusal.js"
import { wrongJson } from "./value.js"
import * as wording from "./wording/request.js"

interface Base {
  readonly required?: boolean
}

interface Text extends Base {
  readonly kind: "text"
  readonly min?: number
  readonly max?: number
  readonly pattern?: RegExp
  /** How messages write the pattern, where not as it is. */
  readonly patternText?: string
  readonly values?: ReadonlyArray<string>
}

interface Whole extends Base {
  readonly kind: "whole"
  readonly min?: number
  readonly max?: number
}

interface Flag extends Base {
  readonly kind: "flag"
}

interface Raw extends Base {
  readonly kind: "raw"
}

interface List extends Base {
  readonly kind: "list"
  readonly of: Node
  readonly min?: number
  readonly max?: number
  /** How messages show a member; members may hold data, so by default not at all. */
  readonly show?: (member: unknown) => string
}

interface Dictionary extends Base {
  readonly kind: "map"
  readonly of: Node
}

interface Struct extends Base {
  readonly kind: "struct"
  readonly members: Readonly<Record<string, Node>>
}

type Node = Text | Whole | Flag | Raw | List | Dictionary | Struct

declare const type: unique symbol

/** A shape of values of type `A`; `R` says whether the member must be there. */
export type Shape<A, R extends boolean = false> = Node & { readonly [type]?: [A, R] }

type TypeOf<S> = S extends Shape<infer A, boolean> ? A : never
type IsRequired<S> = S extends { readonly [type]?: [unknown, infer R] } ? R : false

export type Members = Readonly<Record<string, Node>>

export type Decoded<M> =
  & { readonly [K in keyof M as IsRequired<M[K]> extends true ? K : never]: TypeOf<M[K]> }
  & { readonly [K in keyof M as IsRequired<M[K]> extends true ? never : K]?: TypeOf<M[K]> | undefined }

export const text = (constraints: Omit<Text, "kind"> = {}): Shape<string> => ({ kind: "text", ...constraints })
export const oneOf = <const A extends ReadonlyArray<string>>(...values: A): Shape<A[number]> => ({
  kind: "text",
  values
})
export const whole = (constraints: Omit<Whole, "kind"> = {}): Shape<number> => ({ kind: "whole", ...constraints })
export const flag: Shape<boolean> = { kind: "flag" }
/** Anything; decoded by whoever reads it. */
export const raw: Shape<unknown> = { kind: "raw" }
export const list = <A>(
  of: Shape<A, boolean>,
  constraints: Omit<List, "kind" | "of"> = {}
): Shape<ReadonlyArray<A>> => ({
  kind: "list",
  of,
  ...constraints
})
export const map = <A>(of: Shape<A, boolean>): Shape<Readonly<Record<string, A>>> => ({ kind: "map", of })
export const struct = <const M extends Members>(members: M): Shape<Decoded<M>> => ({ kind: "struct", members })
export const required = <A>(shape: Shape<A, boolean>): Shape<A, true> => ({ ...(shape as Node), required: true })

const object = (value: unknown): Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) {
    throw serialization("Unexpected field type")
  }
  if (Array.isArray(value)) throw serialization("Unrecognized collection type class java.util.Map")
  // An object that is no array: its members may be read by name.
  return value as Readonly<Record<string, unknown>>
}

/** Whether every constraint held so far. */
interface Verdict {
  ok: boolean
}

const within = (verdict: Verdict, holds: boolean): void => {
  if (!holds) verdict.ok = false
}

/**
 * The value with the members that its shape knows and that are not null; refuses one of another type, and notes whether constraints
 * hold. This is the way of every good request; what exactly is wrong with a bad one is found by `collect`.
 */
const read = (shape: Node, value: unknown, verdict: Verdict): unknown => {
  switch (shape.kind) {
    case "text": {
      if (typeof value !== "string") throw wrongJson(value, "String")
      const { max, min, pattern, values } = shape
      if (values !== undefined) within(verdict, values.includes(value))
      if (min !== undefined) within(verdict, value.length >= min)
      if (max !== undefined) within(verdict, value.length <= max)
      if (pattern !== undefined) within(verdict, pattern.test(value))
      return value
    }
    case "whole":
      if (typeof value !== "number") throw wrongJson(value, "Integer")
      within(verdict, (shape.min ?? value) <= value && value <= (shape.max ?? value))
      return Math.trunc(value)
    case "flag":
      if (typeof value !== "boolean") throw wrongJson(value, "Boolean")
      return value
    case "raw":
      return value
    case "list": {
      if (!Array.isArray(value)) throw serialization("Unexpected field type")
      within(verdict, (shape.min ?? 0) <= value.length && value.length <= (shape.max ?? value.length))
      return shape.of.kind === "raw" ? value : value.map((member) => read(shape.of, member, verdict))
    }
    case "map": {
      const members = object(value)
      if (shape.of.kind === "raw") return members
      return Object.fromEntries(Object.keys(members).map((name) => [name, read(shape.of, members[name], verdict)]))
    }
    case "struct": {
      const members = object(value)
      const known: Record<string, unknown> = {}
      for (const name in shape.members) {
        const of = present(shape.members[name])
        const member = members[name]
        if (member !== undefined && member !== null && Object.hasOwn(members, name)) {
          known[name] = read(of, member, verdict)
        } else if (of.required === true) verdict.ok = false
      }
      return known
    }
  }
}

const dump = (list: ReadonlyArray<unknown>, show: (member: unknown) => string = () => "..."): string =>
  `[${list.map(show).join(", ")}]`

const lower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

const maxViolations = 10

const collect = (shape: Node, value: unknown, path: string, found: Array<string>): void => {
  if (found.length >= maxViolations) return
  if (value === undefined || value === null) {
    if (shape.required === true) found.push(wording.notNull(path))
    return
  }
  if (shape.kind === "text" && typeof value === "string") {
    const { max, min, pattern, values } = shape
    if (values !== undefined && !values.includes(value)) found.push(wording.enumeration(value, path, values))
    if (pattern !== undefined && value !== "" && !pattern.test(value)) {
      found.push(wording.pattern(value, path, shape.patternText ?? pattern.source.slice(1, -1)))
    }
    if (min !== undefined && value.length < min) found.push(wording.minLength(value, path, min))
    if (max !== undefined && value.length > max) found.push(wording.maxLength(value, path, max))
  } else if (shape.kind === "whole" && typeof value === "number") {
    if (shape.min !== undefined && value < shape.min) found.push(wording.minValue(value, path, shape.min))
    if (shape.max !== undefined && value > shape.max) found.push(wording.maxValue(value, path, shape.max))
  } else if (shape.kind === "list" && Array.isArray(value)) {
    if (shape.min !== undefined && value.length < shape.min) {
      found.push(wording.minLength(dump(value, shape.show), path, shape.min))
    }
    if (shape.max !== undefined && value.length > shape.max) {
      found.push(wording.maxLength(dump(value, shape.show), path, shape.max))
    }
    value.forEach((member, i) => collect(shape.of, member, `${path}.${i + 1}.member`, found))
  } else if (shape.kind === "map") {
    const members = object(value)
    for (const name of Object.keys(members)) collect(shape.of, members[name], `${path}.${name}.member`, found)
  } else if (shape.kind === "struct") {
    collectMembers(shape.members, object(value), path + ".", found)
  }
}

const collectMembers = (
  members: Members,
  value: Readonly<Record<string, unknown>>,
  prefix: string,
  found: Array<string>
): void => {
  for (const name in members) {
    const shape = present(members[name])
    const member = value[name]
    collect(shape, member, prefix + lower(name), found)
  }
}

/** The input as the shape describes it, or a refusal. */
export const check = <const M extends Members>(shape: Shape<Decoded<M>>, input: unknown): Decoded<M> => {
  const verdict: Verdict = { ok: true }
  const value = read(shape, input ?? {}, verdict)
  if (!verdict.ok) {
    const found: Array<string> = []
    if (shape.kind === "struct") collectMembers(shape.members, object(input ?? {}), "", found)
    throw validation(wording.violations(found))
  }
  // Each member was just found to have the type that the shape gives it.
  return value as Decoded<M>
}
