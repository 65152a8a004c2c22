/**
 * DynamoDB JSON of what stands behind a value's type name: binary in base64, nested values with their own type names. Reads and writes
 * exactly the shapes that there are, to the depth that DynamoDB allows.
 */
import type { AttributeType, AttributeValue } from "./attributeValue.js"
import { isNumeral } from "./canonicalNumber.js"
import { isWellFormed } from "./text.js"

const maxDepth = 32

type Members = { readonly [T in AttributeType]?: unknown }

const types: Readonly<Record<AttributeType, true>> = {
  S: true,
  N: true,
  B: true,
  BOOL: true,
  NULL: true,
  SS: true,
  NS: true,
  BS: true,
  L: true,
  M: true
}

const isType = (name: string): name is AttributeType => Object.hasOwn(types, name)

/** The one member of an attribute value with what it holds; `undefined` for anything else than exactly one. */
export const soleMember = (value: Members): readonly [type: AttributeType, content: unknown] | undefined => {
  let found: AttributeType | undefined
  for (const name in value) {
    if (!isType(name)) return undefined
    if (value[name] === undefined) continue
    if (found !== undefined) return undefined
    found = name
  }
  return found === undefined ? undefined : [found, value[found]]
}

/** Counts down what may still be written, so that a huge or circular value ends. */
export interface Budget {
  left: number
}

/** What `JSON.stringify` writes for the content of a value; `undefined` when it is none, too deep, or over the budget. */
export const toJson = (type: AttributeType, content: unknown, budget: Budget, depth = 1): unknown => {
  budget.left--
  if (budget.left < 0 || depth > maxDepth) return undefined
  switch (type) {
    case "S":
      return isWellFormed(content) ? textToJson(content, budget) : undefined
    case "N":
      return isNumeral(content) ? textToJson(content, budget) : undefined
    case "B":
      if (!(content instanceof Uint8Array)) return undefined
      budget.left -= content.length
      return budget.left < 0 ? undefined : base64(content)
    case "BOOL":
    case "NULL":
      return typeof content === "boolean" ? content : undefined
    case "SS":
      return eachToJson(content, (text) => toJson("S", text, budget, depth))
    case "NS":
      return eachToJson(content, (text) => toJson("N", text, budget, depth))
    case "BS":
      return eachToJson(content, (bytes) => toJson("B", bytes, budget, depth))
    case "L":
      return eachToJson(content, (value) => memberToJson(value, budget, depth))
    case "M": {
      if (!isRecord(content)) return undefined
      const out = nullObject()
      for (const name of Object.keys(content)) {
        budget.left -= name.length
        const json = isWellFormed(name) ? memberToJson(content[name], budget, depth) : undefined
        if (json === undefined) return undefined
        out[name] = json
      }
      return out
    }
  }
}

/** The value whose content is this JSON; `undefined` when it is not exactly of the type's shape. */
export const fromJson = (type: AttributeType, json: unknown, depth = 1): AttributeValue | undefined => {
  if (depth > maxDepth) return undefined
  switch (type) {
    case "S":
      return isWellFormed(json) ? { S: json } : undefined
    case "N":
      return isNumeral(json) ? { N: json } : undefined
    case "B": {
      const bytes = bytesOf(json)
      return bytes && { B: bytes }
    }
    case "BOOL":
      return typeof json === "boolean" ? { BOOL: json } : undefined
    case "NULL":
      return typeof json === "boolean" ? { NULL: json } : undefined
    case "SS": {
      const texts = eachFromJson(json, textOf)
      return texts && { SS: texts }
    }
    case "NS": {
      const texts = eachFromJson(json, numeralOf)
      return texts && { NS: texts }
    }
    case "BS": {
      const list = eachFromJson(json, bytesOf)
      return list && { BS: list }
    }
    case "L": {
      const list = eachFromJson(json, (member) => memberFromJson(member, depth))
      return list && { L: list }
    }
    case "M": {
      if (!isRecord(json)) return undefined
      const entries: Array<[string, AttributeValue]> = []
      for (const name of Object.keys(json)) {
        const value = memberFromJson(json[name], depth)
        if (value === undefined || !isWellFormed(name)) return undefined
        entries.push([name, value])
      }
      // Object.fromEntries defines: a member named __proto__ stays a member
      return { M: Object.fromEntries(entries) }
    }
  }
}

const textToJson = (text: string, budget: Budget): string => {
  budget.left -= text.length
  return text
}

const memberToJson = (value: unknown, budget: Budget, depth: number): unknown => {
  const member = isRecord(value) ? soleMember(value) : undefined
  if (member === undefined) return undefined
  const json = toJson(member[0], member[1], budget, depth + 1)
  return json === undefined ? undefined : { [member[0]]: json }
}

const memberFromJson = (json: unknown, depth: number): AttributeValue | undefined => {
  const member = isRecord(json) ? soleMember(json) : undefined
  return member && fromJson(member[0], member[1], depth + 1)
}

const eachToJson = (content: unknown, each: (item: unknown) => unknown): unknown => {
  if (!Array.isArray(content)) return undefined
  const items: ReadonlyArray<unknown> = content
  const out: Array<unknown> = []
  for (const item of items) {
    const json = each(item)
    if (json === undefined) return undefined
    out.push(json)
  }
  return out
}

const eachFromJson = <A>(json: unknown, each: (item: unknown) => A | undefined): Array<A> | undefined => {
  if (!Array.isArray(json)) return undefined
  const items: ReadonlyArray<unknown> = json
  const out: Array<A> = []
  for (const item of items) {
    const value = each(item)
    if (value === undefined) return undefined
    out.push(value)
  }
  return out
}

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const nullObject = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>

const textOf = (json: unknown): string | undefined => isWellFormed(json) ? json : undefined

const numeralOf = (json: unknown): string | undefined => isNumeral(json) ? json : undefined

const bytesOf = (json: unknown): Uint8Array | undefined => {
  if (typeof json !== "string") return undefined
  const bytes = new Uint8Array(Buffer.from(json, "base64"))
  // Buffer skips what is not base64: only the one spelling that we write is taken
  return base64(bytes) === json ? bytes : undefined
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")
