/**
 * DynamoDB's JSON, written and read in one pass by functions that are made once for each structure: members that no structure knows
 * are neither sent nor given, bytes are base64 on the wire and `Uint8Array` here, moments are seconds and `Date`.
 */
import { randomUUID } from "node:crypto"
import { structures } from "./directStructures.js"

/** Text of JSON for a value that is there. */
export type Write = (value: unknown) => string

/** What a value of JSON stands for; it may be the value itself, changed. */
export type Read = (value: unknown) => unknown

interface Codec {
  readonly write: Write
  readonly read: Read
}

type Members = Record<string, unknown>

const isRecord = (u: unknown): u is Members => typeof u === "object" && u !== null

/** What JSON would need escapes for, and what may be half of a pair. */

const special = /[\u0000-\u001f"\\\ud800-\udfff]/

const text = (value: string): string => special.test(value) ? JSON.stringify(value) : `"${value}"`

const json = (value: unknown): string => {
  const written: unknown = JSON.stringify(value)
  return typeof written === "string" ? written : "null"
}

/** A value whose shape is simple, whatever it is: a wrong one is for the server to refuse. */
const plain: Write = (value) => {
  switch (typeof value) {
    case "string":
      return text(value)
    case "boolean":
      return value ? "true" : "false"
    case "number":
      return Number.isFinite(value) ? String(value) : `"${value}"`
    case "bigint":
      return value.toString()
    default:
      return json(value)
  }
}

const same: Read = (value) => value

const base64 = /^[A-Za-z0-9+/]*={0,2}$/

const blob: Codec = {
  write: (value) =>
    value instanceof Uint8Array
      ? `"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")}"`
      : typeof value === "string"
      ? `"${Buffer.from(value, "utf8").toString("base64")}"`
      : plain(value),
  read: (value) => {
    if (typeof value !== "string") return value
    if (value.length % 4 !== 0 || !base64.test(value)) throw new TypeError("not base64")
    const bytes = Buffer.from(value, "base64")
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
}

const moment: Codec = {
  write: (value) => value instanceof Date ? String(value.getTime() / 1000) : plain(value),
  read: (value) => {
    const seconds = typeof value === "number"
      ? value
      : typeof value === "string" && /^-?\d*\.?\d+$/.test(value)
      ? Number.parseFloat(value)
      : NaN
    if (!Number.isFinite(seconds)) throw new TypeError("not a time")
    return new Date(Math.round(seconds * 1000))
  }
}

const simple: Codec = { write: plain, read: same }

const number: Codec = {
  write: plain,
  read: (value) => value === "Infinity" ? Infinity : value === "-Infinity" ? -Infinity : value === "NaN" ? NaN : value
}

const listOf = (of: Codec): Codec => ({
  write: (value) => {
    if (!Array.isArray(value)) return plain(value)
    let out = ""
    for (const one of value as ReadonlyArray<unknown>) {
      if (one === undefined || one === null) continue
      out += out === "" ? of.write(one) : `,${of.write(one)}`
    }
    return `[${out}]`
  },
  read: of.read === same ? same : (value) => {
    if (!Array.isArray(value)) return value
    const list: Array<unknown> = value
    for (let i = 0; i < list.length; i++) list[i] = of.read(list[i])
    return list
  }
})

const mapOf = (of: Codec): Codec => ({
  write: (value) => {
    if (!isRecord(value)) return plain(value)
    let out = ""
    for (const key of Object.keys(value)) {
      const one = value[key]
      if (one === undefined || one === null) continue
      out += `${out === "" ? "" : ","}${text(key)}:${of.write(one)}`
    }
    return `{${out}}`
  },
  read: of.read === same ? same : (value) => {
    if (!isRecord(value) || Array.isArray(value)) return value
    for (const key in value) {
      const one = value[key]
      const read = of.read(one)
      if (read !== one) assign(value, key, read)
    }
    return value
  }
})

/** An own property whatever its name: an attribute called `__proto__` is an attribute. */
const assign = (target: Members, key: string, value: unknown): void => {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else target[key] = value
}

interface Member extends Codec {
  readonly name: string
  /** With the colon. */
  readonly label: string
  readonly token: boolean
}

const structOf = (members: () => ReadonlyArray<Member>): Codec => {
  let known: ReadonlyArray<Member> | undefined
  return {
    write: (value) => {
      if (!isRecord(value)) return plain(value)
      let out = ""
      for (const member of known ??= members()) {
        const one = value[member.name]
        if (one !== undefined && one !== null) {
          out += `${out === "" ? "" : ","}${member.label}${member.write(one)}`
        } else if (member.token && one === undefined) {
          out += `${out === "" ? "" : ","}${member.label}"${randomUUID()}"`
        }
      }
      return `{${out}}`
    },
    read: (value) => {
      if (!isRecord(value)) return value
      const out: Members = {}
      for (const { name, read } of known ??= members()) {
        const one = value[name]
        if (one !== undefined && one !== null) out[name] = read(one)
      }
      return out
    }
  }
}

/** A list of bytes, of which some may be text already. */
const blobs: Write = (value) =>
  Array.isArray(value) ? `[${(value as ReadonlyArray<unknown>).map(blob.write).join(",")}]` : plain(value)

const texts: Write = (value) =>
  Array.isArray(value) ? `[${(value as ReadonlyArray<unknown>).map(plain).join(",")}]` : plain(value)

const attributeMember = (name: string, value: unknown): string => {
  switch (name) {
    case "S":
    case "N":
      return plain(value)
    case "BOOL":
    case "NULL":
      return value === true || value === false ? String(value) : plain(value)
    case "B":
      return value instanceof Uint8Array ? blob.write(value) : plain(value)
    case "M":
      return writeMap(value)
    case "L":
      return Array.isArray(value)
        ? `[${
          (value as ReadonlyArray<unknown>).map((one) => one === undefined ? "null" : writeAttribute(one)).join(",")
        }]`
        : plain(value)
    case "SS":
    case "NS":
      return texts(value)
    case "BS":
      return blobs(value)
    default:
      return json(value)
  }
}

const writeAttribute: Write = (value) => {
  if (!isRecord(value)) return plain(value)
  let out = ""
  for (const name in value) {
    const one = value[name]
    if (one === undefined || one === null) continue
    out += `${out === "" ? "" : ","}${text(name)}:${attributeMember(name, one)}`
  }
  return `{${out}}`
}

/** An attribute value stays what came, but for its bytes. */
const readAttribute: Read = (value) => {
  if (value === null) throw new TypeError("not an attribute value")
  if (!isRecord(value)) return value
  for (const name in value) {
    const one = value[name]
    switch (name) {
      case "B":
        value.B = blob.read(one)
        break
      case "BS":
        value.BS = readBlobs(one)
        break
      case "L":
        value.L = readList(one)
        break
      case "M":
        if (isRecord(one)) readMap(one)
    }
  }
  return value
}

const attribute: Codec = { write: writeAttribute, read: readAttribute }
const attributes = mapOf(attribute)
const { write: writeMap, read: readMap } = attributes
const { read: readList } = listOf(attribute)
const { read: readBlobs } = listOf(blob)

const known = new Map<string, Codec>()

/** The structure of a name; one that is not described has no members. */
export const codec = (name: string): Codec => {
  let made = known.get(name)
  if (made === undefined) known.set(name, made = structOf(() => membersOf(structures[name] ?? "")))
  return made
}

const codecOf = (type: string): Codec => {
  switch (type[0]) {
    case undefined:
    case "!":
      return simple
    case "#":
      return number
    case "@":
      return moment
    case "[":
      return type === "[{A}]" ? listOf(attributes) : listOf(codecOf(type.slice(1, -1)))
    case "{":
      return type === "{A}" ? attributes : mapOf(codecOf(type.slice(1, -1)))
    default:
      return type === "A" ? attribute : codec(type)
  }
}

/** How an output is read: whatever came, it is a structure. */
export const structure = (name: string): (value: unknown) => Record<string, unknown> => {
  const { read } = codec(name)
  return (value) => {
    const out = read(value)
    return isRecord(out) ? out : {}
  }
}

const membersOf = (text: string): ReadonlyArray<Member> =>
  text === "" ? [] : text.split(" ").map((member) => {
    const [name = "", type = ""] = member.split(":")
    return { name, label: `"${name}":`, ...codecOf(type), token: type === "!" }
  })
