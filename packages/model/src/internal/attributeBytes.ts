/**
 * An attribute value as a type byte and bytes: S, N and B as they are, anything else as the DynamoDB JSON of what stands behind its type's
 * name, with binary in base64. The type bytes are those of sealed values.
 */
import type { AttributeValue, ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"

type Type = "S" | "N" | "B" | "BOOL" | "NULL" | "SS" | "NS" | "BS" | "L" | "M"

export const typeBytes: Readonly<Record<Type, number>> = {
  S: 0x53, // S
  N: 0x4e, // N
  B: 0x42, // B
  BOOL: 0x54, // T
  NULL: 0x30, // 0
  SS: 0x73, // s
  NS: 0x6e, // n
  BS: 0x62, // b
  L: 0x4c, // L
  M: 0x4d // M
}

const isType = (name: string): name is Type => Object.hasOwn(typeBytes, name)

const types: ReadonlyMap<number, Type> = new Map(
  Object.keys(typeBytes).filter(isType).map((type) => [typeBytes[type], type])
)

export interface Typed {
  readonly type: number
  readonly bytes: Uint8Array
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")

/** As `JSON.stringify` calls it; a Buffer would have become an object of its own already. */
function binaryAsBase64(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const own = this[name]
  return own instanceof Uint8Array ? base64(own) : value
}

const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "utf8"))

const lone = /[\ud800-\udfff]/u

/** Undefined for a value without a member that is known, and for text that UTF-8 has no bytes for. */
export const toBytes = (value: ReadonlyAttributeValue): Typed | undefined => {
  if (value.S !== undefined) return lone.test(value.S) ? undefined : { type: typeBytes.S, bytes: utf8(value.S) }
  if (value.N !== undefined) return { type: typeBytes.N, bytes: utf8(value.N) }
  if (value.B !== undefined) return { type: typeBytes.B, bytes: value.B }
  const [name, content] = Object.entries(value).find(([, content]) => content !== undefined) ?? ["", undefined]
  return isType(name) ? { type: typeBytes[name], bytes: utf8(JSON.stringify(content, binaryAsBase64)) } : undefined
}

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Undefined for bytes that are no value of that type. */
export const fromBytes = ({ bytes, type }: Typed): AttributeValue | undefined => {
  const name = types.get(type)
  if (name === undefined) return undefined
  if (name === "B") return { B: bytes }
  const text = textOf(bytes)
  if (text === undefined) return undefined
  if (name === "S") return { S: text }
  return name === "N" ? { N: text } : fromJson(name, parse(text), 1)
}

/** DynamoDB nests values no deeper. */
const maxLevel = 32

const isRecord = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === "object" && json !== null && !Array.isArray(json)

const stringOf = (json: unknown): string | undefined => typeof json === "string" ? json : undefined

const binaryOf = (json: unknown): Uint8Array | undefined => {
  if (typeof json !== "string") return undefined
  const bytes = new Uint8Array(Buffer.from(json, "base64"))
  // Buffer skips what is not base64
  return base64(bytes) === json ? bytes : undefined
}

const eachOf = <A>(json: unknown, read: (member: unknown) => A | undefined): Array<A> | undefined => {
  if (!Array.isArray(json)) return undefined
  const members: ReadonlyArray<unknown> = json
  const all = members.map(read).filter((member) => member !== undefined)
  return all.length === members.length ? all : undefined
}

const memberOf = (json: unknown, level: number): AttributeValue | undefined => {
  const [member, ...others] = isRecord(json) ? Object.entries(json) : []
  return member === undefined || others.length > 0 || !isType(member[0])
    ? undefined
    : fromJson(member[0], member[1], level)
}

const mapOf = (json: unknown, level: number): Record<string, AttributeValue> | undefined => {
  if (!isRecord(json)) return undefined
  const names = Object.keys(json)
  const values = eachOf(Object.values(json), (member) => memberOf(member, level))
  // fromEntries defines: a member named __proto__ stays a member
  return values && Object.fromEntries(values.map((value, i) => [names[i], value]))
}

const fromJson = (type: Type, json: unknown, level: number): AttributeValue | undefined => {
  if (level > maxLevel) return undefined
  switch (type) {
    case "S": {
      const S = stringOf(json)
      return S === undefined ? undefined : { S }
    }
    case "N": {
      const N = stringOf(json)
      return N === undefined ? undefined : { N }
    }
    case "B": {
      const B = binaryOf(json)
      return B && { B }
    }
    case "BOOL":
      return typeof json === "boolean" ? { BOOL: json } : undefined
    case "NULL":
      return typeof json === "boolean" ? { NULL: json } : undefined
    case "SS": {
      const SS = eachOf(json, stringOf)
      return SS && { SS }
    }
    case "NS": {
      const NS = eachOf(json, stringOf)
      return NS && { NS }
    }
    case "BS": {
      const BS = eachOf(json, binaryOf)
      return BS && { BS }
    }
    case "L": {
      const L = eachOf(json, (member) => memberOf(member, level + 1))
      return L && { L }
    }
    case "M": {
      const M = mapOf(json, level + 1)
      return M && { M }
    }
  }
}
