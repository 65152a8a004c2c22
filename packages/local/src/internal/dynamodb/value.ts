/**
 * Attribute values and items as the engine keeps them: decoded once on the way in, canonical, never changed, copied on the way out.
 */
import * as decimal from "./decimal.js"
import { present, serialization, validation } from "./refusal.js"
import * as wording from "./wording/value.js"

/** Exactly one member is set. */
export interface AttributeValue {
  readonly S?: string
  readonly N?: string
  readonly B?: Uint8Array
  readonly BOOL?: boolean
  readonly NULL?: true
  readonly M?: Item
  readonly L?: ReadonlyArray<AttributeValue>
  readonly SS?: ReadonlyArray<string>
  readonly NS?: ReadonlyArray<string>
  readonly BS?: ReadonlyArray<Uint8Array>
}

export type Type = keyof AttributeValue

export type Item = Readonly<Record<string, AttributeValue>>

export type MutableItem = Record<string, AttributeValue>

export const emptyItem = (): MutableItem => ({})

/**
 * The value of an attribute. Items are plain objects, which V8 copies fastest, so an attribute named as something that every object
 * inherits must be told from it: what is inherited is a function, but for `__proto__`.
 */
export const attribute = (item: Item, name: string): AttributeValue | undefined => {
  const value = item[name]
  return typeof value === "object" && (name !== "__proto__" || Object.hasOwn(item, name)) ? value : undefined
}

export const setAttribute = (item: MutableItem, name: string, value: AttributeValue): void => {
  if (name === "__proto__") {
    Object.defineProperty(item, name, { value, writable: true, enumerable: true, configurable: true })
  } else item[name] = value
}

/** These attributes of an item, as far as it has them. */
export const pick = (item: Item, names: Iterable<string>): MutableItem => {
  const part = emptyItem()
  for (const name of names) {
    const value = attribute(item, name)
    if (value !== undefined) setAttribute(part, name, value)
  }
  return part
}

export const isType = (name: string): name is Type => {
  switch (name) {
    case "S":
    case "N":
    case "B":
    case "BOOL":
    case "NULL":
    case "M":
    case "L":
    case "SS":
    case "NS":
    case "BS":
      return true
    default:
      return false
  }
}

export const typeOf = (value: AttributeValue): Type => {
  for (const type in value) if (isType(type)) return type
  return "NULL"
}

// ---------------------------------------------------------------------------------------------------------------- decoding

const maxNesting = 31

const nameOfJson = (value: unknown): string =>
  typeof value === "number"
    ? Number.isInteger(value) ? "NUMBER_VALUE" : "DECIMAL_VALUE"
    : typeof value === "boolean"
    ? value ? "TRUE_VALUE" : "FALSE_VALUE"
    : "STRING_VALUE"

/** The refusal for a value of the wrong JSON type where `wanted` (a Java type's name) is expected. */
export const wrongJson = (value: unknown, wanted: string) =>
  serialization(
    typeof value === "object" && value !== null
      ? Array.isArray(value)
        ? `Unrecognized collection type class java.lang.${wanted}`
        : "Start of structure or map found where not expected"
      : `${nameOfJson(value)} cannot be converted to ${wanted}`
  )

const string = (value: unknown): string => {
  if (typeof value !== "string") throw wrongJson(value, "String")
  return value
}

const boolean = (value: unknown): boolean => {
  if (typeof value !== "boolean") throw wrongJson(value, "Boolean")
  return value
}

const binary = (value: unknown): Uint8Array => {
  if (!(value instanceof Uint8Array)) throw serialization("only base-64-encoded strings are convertible to bytes")
  // A plain Uint8Array of its own, also of a Buffer.
  return new Uint8Array(value)
}

const list = (value: unknown): ReadonlyArray<unknown> => {
  if (!Array.isArray(value)) {
    throw serialization(
      typeof value === "object" && value !== null
        ? "Start of structure or map found where not expected"
        : "Unexpected field type"
    )
  }
  return value
}

export const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")

const distinct = (values: ReadonlyArray<string>): boolean => new Set(values).size === values.length

const decodeMember = (type: Type, value: unknown, depth: number): AttributeValue => {
  switch (type) {
    case "S":
      return { S: string(value) }
    case "N":
      return { N: decimal.canonical(string(value)) }
    case "B":
      return { B: binary(value) }
    case "BOOL":
      return { BOOL: boolean(value) }
    case "NULL":
      if (!boolean(value)) throw validation(wording.nullNotTrue)
      return { NULL: true }
    case "M":
      if (depth > maxNesting) throw validation(wording.nesting)
      return { M: decodeItemAt(value, depth + 1) }
    case "L": {
      if (depth > maxNesting) throw validation(wording.nesting)
      return { L: list(value).map((member) => decodeAt(member, depth + 1)) }
    }
    case "SS": {
      const SS = list(value).map(string)
      if (SS.length === 0) throw validation(wording.emptySet(type))
      if (!distinct(SS)) throw validation(wording.duplicateStrings(SS))
      return { SS }
    }
    case "NS": {
      const given = list(value).map(string)
      if (given.length === 0) throw validation(wording.emptySet(type))
      const NS = given.map(decimal.canonical)
      if (!distinct(NS)) throw validation(wording.duplicateNumbers)
      return { NS }
    }
    case "BS": {
      const BS = list(value).map(binary)
      if (BS.length === 0) throw validation(wording.emptySet(type))
      if (!distinct(BS.map(latin1))) throw validation(wording.duplicateBinaries(BS.length))
      return { BS }
    }
  }
}

const decodeAt = (value: unknown, depth: number): AttributeValue => {
  if (typeof value !== "object" || value === null) throw serialization("Unexpected value type in payload")
  if (Array.isArray(value)) {
    throw serialization("Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue")
  }
  const members = value as Readonly<Record<string, unknown>>
  let decoded: AttributeValue | undefined
  for (const type in members) {
    const member = members[type]
    if (member === undefined || member === null || !isType(type)) continue
    if (decoded !== undefined) throw validation(wording.severalTypes)
    decoded = decodeMember(type, member, depth)
  }
  if (decoded === undefined) throw validation(wording.emptyValue)
  return decoded
}

const decodeItemAt = (value: unknown, depth: number): Item => {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) {
    throw serialization("Unexpected field type")
  }
  if (Array.isArray(value)) {
    throw serialization(
      "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"
    )
  }
  // An object that is no array: its own members may be read by name.
  const members = value as Readonly<Record<string, unknown>>
  const item = emptyItem()
  for (const name of Object.keys(members)) {
    const member = members[name]
    if (member !== undefined) setAttribute(item, name, decodeAt(member, depth))
  }
  return item
}

/** A value as it came from outside: checked, numbers made canonical, and shared with nobody. */
export const decode = (value: unknown): AttributeValue => decodeAt(value, 1)

/** A map of attribute names to values as it came from outside. */
export const decodeItem = (value: unknown): Item => decodeItemAt(value, 1)

/** Whether a value made by an update nests deeper than is allowed. */
export const nestsTooDeep = (value: AttributeValue, depth = 1): boolean => {
  if (value.M !== undefined) {
    if (depth > maxNesting) return true
    for (const name in value.M) if (nestsTooDeep(present(value.M[name]), depth + 1)) return true
  }
  if (value.L !== undefined) {
    return depth > maxNesting || value.L.some((member) => nestsTooDeep(member, depth + 1))
  }
  return false
}

// ---------------------------------------------------------------------------------------------------------------- giving out

/** A value that whoever gets it may change. */
export const encode = (value: AttributeValue): AttributeValue => {
  if (value.S !== undefined) return { S: value.S }
  if (value.N !== undefined) return { N: value.N }
  if (value.M !== undefined) return { M: encodeItem(value.M) }
  if (value.L !== undefined) return { L: value.L.map(encode) }
  if (value.BOOL !== undefined) return { BOOL: value.BOOL }
  if (value.NULL !== undefined) return { NULL: true }
  if (value.B !== undefined) return { B: value.B.slice() }
  if (value.SS !== undefined) return { SS: value.SS.slice() }
  if (value.NS !== undefined) return { NS: value.NS.slice() }
  return { BS: (value.BS ?? []).map((member) => member.slice()) }
}

/** An item as a plain object that whoever gets it may change. */
export const encodeItem = (item: Item): Item => {
  // The spread copies names at once, and defines even one called `__proto__`; the loop only replaces values.
  const copy: MutableItem = { ...item }
  for (const name in copy) copy[name] = encode(present(copy[name]))
  return copy
}

// ---------------------------------------------------------------------------------------------------------------- size

/** The length of a text in UTF-8. */
export const utf8Length = (text: string): number => {
  if (text.length > 48) return Buffer.byteLength(text, "utf8")
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return Buffer.byteLength(text, "utf8")
  return text.length
}

const sum = <A>(values: ReadonlyArray<A>, size: (value: A) => number): number => {
  let total = 0
  for (const value of values) total += size(value)
  return total
}

/** Bytes that a value takes up, without its name. */
export const sizeOf = (value: AttributeValue): number => {
  if (value.S !== undefined) return utf8Length(value.S)
  if (value.N !== undefined) return decimal.size(value.N)
  if (value.B !== undefined) return value.B.length
  if (value.L !== undefined) return 3 + sum(value.L, (member) => 1 + sizeOf(member))
  if (value.M !== undefined) {
    let total = 3
    for (const name in value.M) total += 1 + utf8Length(name) + sizeOf(present(value.M[name]))
    return total
  }
  if (value.SS !== undefined) return sum(value.SS, utf8Length)
  if (value.NS !== undefined) return sum(value.NS, decimal.size)
  if (value.BS !== undefined) return sum(value.BS, (member) => member.length)
  return 1
}

/** Bytes that an item takes up. */
export const sizeOfItem = (item: Item): number => {
  let total = 0
  for (const name in item) total += utf8Length(name) + sizeOf(present(item[name]))
  return total
}

export const maxItemSize = 409_600

// ---------------------------------------------------------------------------------------------------------------- order

const surrogateOrAbove = /[\ud800-\uffff]/

/**
 * A text whose order by UTF-16 code units is the order of the given one by UTF-8 bytes, which is DynamoDB's: code points above
 * U+FFFF come last there, but first among U+D800–U+FFFF in UTF-16. Prefixes are kept.
 */
export const byteOrdered = (text: string): string =>
  surrogateOrAbove.test(text)
    ? text.replace(/[\ud800-\uffff]/g, (unit) => {
      const code = unit.charCodeAt(0)
      return String.fromCharCode(code >= 0xe000 ? code - 0x800 : code + 0x2000)
    })
    : text

/** Orders two values of the same scalar type; `undefined` when they are of different types or have no order. */
export const compare = (a: AttributeValue, b: AttributeValue): number | undefined => {
  if (a.N !== undefined) return b.N === undefined ? undefined : decimal.compare(a.N, b.N)
  if (a.S !== undefined) {
    if (b.S === undefined) return undefined
    if (a.S === b.S) return 0
    return byteOrdered(a.S) < byteOrdered(b.S) ? -1 : 1
  }
  if (a.B !== undefined) return b.B === undefined ? undefined : Buffer.compare(a.B, b.B)
  return undefined
}

const sameMembers = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean => {
  if (a.length !== b.length) return false
  const members = new Set(a)
  return b.every((member) => members.has(member))
}

/** Deep equality; sets without order. */
export const equals = (a: AttributeValue, b: AttributeValue): boolean => {
  if (a.S !== undefined) return a.S === b.S
  if (a.N !== undefined) return a.N === b.N
  if (a.BOOL !== undefined) return a.BOOL === b.BOOL
  if (a.NULL !== undefined) return b.NULL !== undefined
  if (a.B !== undefined) return b.B !== undefined && Buffer.compare(a.B, b.B) === 0
  if (a.SS !== undefined) return b.SS !== undefined && sameMembers(a.SS, b.SS)
  if (a.NS !== undefined) return b.NS !== undefined && sameMembers(a.NS, b.NS)
  if (a.BS !== undefined) return b.BS !== undefined && sameMembers(a.BS.map(latin1), b.BS.map(latin1))
  if (a.L !== undefined) {
    const other = b.L
    return other !== undefined && a.L.length === other.length &&
      a.L.every((member, i) => equals(member, present(other[i])))
  }
  return a.M !== undefined && b.M !== undefined && equalItems(a.M, b.M)
}

export const equalItems = (a: Item, b: Item): boolean => {
  let count = 0
  for (const name in a) {
    const other = attribute(b, name)
    if (other === undefined || !equals(present(a[name]), other)) return false
    count++
  }
  for (const _ in b) count--
  return count === 0
}
