/**
 * Cursors: the key that a page ended at, as text that can be given away and is trusted in nothing when it comes back. It is bound to the
 * index, and of a query to the partition: nobody moves from one tenant's partition to another's by it.
 */
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import type { Item } from "@armature/dynamodb/Item"

/** The first character says which form it is. */
const version = "1"

const maxLength = 8_192

type Entry = readonly [name: string, type: "S" | "N" | "B", value: string]

const entryOf = (name: string, value: AttributeValue): Entry =>
  value.N !== undefined
    ? [name, "N", value.N]
    : value.B !== undefined
    ? [name, "B", Buffer.from(value.B).toString("base64")]
    : [name, "S", value.S ?? ""]

/** `what` is what the cursor belongs to: a query of an index, a scan. */
export const encode = (what: string, key: Item): string => {
  const entries = Object.entries(key).map(([name, value]) => entryOf(name, value))
  return version + Buffer.from(JSON.stringify([what, entries])).toString("base64url")
}

const isEntry = (u: unknown): u is Entry =>
  Array.isArray(u) && u.length === 3 && u.every((part) => typeof part === "string") &&
  ["S", "N", "B"].includes(String(u[1]))

const number = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:E[+-]?[0-9]+)?$/i

/** The key, if it is one of `what` with exactly these attributes and types; undefined for anything else. */
export const decode = (
  what: string,
  cursor: string,
  types: ReadonlyMap<string, "S" | "N" | "B">
): Item | undefined => {
  if (!cursor.startsWith(version) || cursor.length > maxLength || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined
  const parsed = parse(Buffer.from(cursor.slice(1), "base64url").toString())
  if (!Array.isArray(parsed) || parsed.length !== 2 || parsed[0] !== what || !Array.isArray(parsed[1])) return undefined
  const key: Item = {}
  for (const entry of parsed[1]) {
    if (!isEntry(entry) || types.get(entry[0]) !== entry[1] || entry[0] in key) return undefined
    const [name, type, value] = entry
    if (value === "" || (type === "N" && !number.test(value))) return undefined
    key[name] = type === "S"
      ? { S: value }
      : type === "N"
      ? { N: value }
      : { B: Uint8Array.from(Buffer.from(value, "base64")) }
  }
  // one text for each key: what decodes alike but reads otherwise is none of ours
  return Object.keys(key).length === types.size && encode(what, key) === cursor ? key : undefined
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
