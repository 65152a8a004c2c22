/**
 * The keys of values in S3, and what else lies under their prefix.
 *
 * ```
 * prefix/<hash of table and key>/<attribute>/<ULID>                                    a value
 * prefix/.armature/tables/<account>/<region>/<table>/<seconds of maxWrite>             whose values these are
 * prefix/.armature/clock/<ULID>                                                        asks S3 what time it is
 * prefix/.armature/retired/<rest of a value's key>/<version>                           no longer pointed to, since its date
 * ```
 *
 * The hash is SHA-256 over the label, the version and the u32-prefixed logical table, partition key and sort key; a key value is its type
 * as one ASCII letter and its bytes, a number in one spelling. It hides key values from who lists the bucket; whoever can guess a key
 * can find its hash.
 */
import * as BigDecimal from "effect/BigDecimal"
import * as Option from "effect/Option"
import { createHash } from "node:crypto"
import type { Blobs } from "../Blobs.js"
import type { Pointer } from "../Pointer.js"
import type { KeyValue } from "./attributeValue.js"

const label = "armature.s3"
const version = 1

const maxPrefix = 256
const maxAttribute = 512

/** Whether a text has no half of a surrogate pair: else two of them would have the same UTF-8. */
const isWellFormed = (text: unknown): text is string => typeof text === "string" && !/\p{Cs}/u.test(text)

/** The prefix without a slash at its end; `undefined` for one that cannot be used. */
export const prefixOf = (prefix: string): string | undefined => {
  if (typeof prefix !== "string") return undefined
  const plain = prefix.endsWith("/") ? prefix.slice(0, -1) : prefix
  const usable = plain.length <= maxPrefix &&
    plain.split("/").every((part) => /^[A-Za-z0-9_.-]+$/.test(part) && !/^\.+$|^\.armature$/.test(part))
  return usable ? plain : undefined
}

/** Letters, digits, `-` and `_` as they are, the UTF-8 of all else as `!` and two hex digits. */
const escaped = (text: string): string =>
  text.replace(
    /[^A-Za-z0-9_-]+/g,
    (part) => [...Buffer.from(part)].map((byte) => `!${byte.toString(16).padStart(2, "0")}`).join("")
  )

const unescaped = (text: string): string =>
  text.replace(/(?:![0-9a-f]{2})+/g, (part) => Buffer.from(part.replaceAll("!", ""), "hex").toString())

const hexOf = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex")

const attributeOf = (path: ReadonlyArray<string>): string | undefined => {
  if (!Array.isArray(path) || path.length === 0 || !path.every((name) => isWellFormed(name) && name.length > 0)) {
    return undefined
  }
  const text = path.map(escaped).join(".")
  // no name begins with two marks
  return text.length <= maxAttribute ? text : `!!${hexOf(text)}`
}

const numeral = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/

/** DynamoDB gives a number back in another spelling than the one it was written in. */
const canonical = (text: string): string | undefined => {
  if (!numeral.test(text)) return undefined
  const number = Option.getOrUndefined(BigDecimal.fromString(text))
  if (number === undefined) return undefined
  const { scale, value } = BigDecimal.normalize(number)
  return `${value}E${-scale}`
}

/** The value's type as one letter, and its bytes; `undefined` for what cannot be a key. */
const keyBytes = (key: KeyValue): Uint8Array | undefined => {
  if (typeof key !== "object" || key === null) return undefined
  if ("S" in key) return isWellFormed(key.S) && key.S.length > 0 ? Buffer.from(`S${key.S}`) : undefined
  if ("N" in key) {
    const number = typeof key.N === "string" ? canonical(key.N) : undefined
    return number === undefined ? undefined : Buffer.from(`N${number}`)
  }
  return key.B instanceof Uint8Array && key.B.length > 0 ? Buffer.concat([Buffer.from("B"), key.B]) : undefined
}

const hashOf = (owner: Blobs.Owner): string | undefined => {
  const table = isWellFormed(owner.table) && owner.table.length > 0 ? Buffer.from(owner.table) : undefined
  const partitionKey = keyBytes(owner.partitionKey)
  const sortKey = owner.sortKey === undefined ? new Uint8Array() : keyBytes(owner.sortKey)
  if (table === undefined || partitionKey === undefined || sortKey === undefined) return undefined
  const hash = createHash("sha256").update(label).update(Uint8Array.of(version))
  for (const field of [table, partitionKey, sortKey]) {
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(field.length)
    hash.update(length).update(field)
  }
  return hash.digest("hex")
}

/** Where the values of an attribute of an item lie. */
export interface Place {
  readonly prefix: string
  readonly previous: ReadonlyArray<string>
  /** What follows a prefix, but for the ULID. */
  readonly own: string
}

/** `undefined` for an owner that cannot be used. */
export const placeOf = (given: Blobs.Owner): Place | undefined => {
  const owner = { ...given }
  const prefix = prefixOf(owner.prefix)
  const previous: Array<string> = []
  for (const earlier of owner.previousPrefixes ?? []) {
    const plain = prefixOf(earlier)
    // left out, its pointers would be called foreign
    if (plain === undefined) return undefined
    previous.push(plain)
  }
  const hash = hashOf(owner)
  const attribute = attributeOf(owner.path)
  return prefix === undefined || hash === undefined || attribute === undefined
    ? undefined
    : { prefix, previous, own: `/${hash}/${attribute}/` }
}

export const keyAt = (place: Place, id: string): string => `${place.prefix}${place.own}${id}`

const ulidForm = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
const isUlid = new RegExp(`^${ulidForm}$`)

/** Whether a pointer is one of the attribute at this place. */
export const isOwn = (place: Place, buckets: ReadonlySet<string>, pointer: Pointer | undefined): boolean =>
  typeof pointer?.key === "string" && buckets.has(pointer.bucket) &&
  [place.prefix, ...place.previous].some((prefix) => {
    const start = `${prefix}${place.own}`
    return pointer.key.startsWith(start) && isUlid.test(pointer.key.slice(start.length))
  })

const valueForm = new RegExp(`^[0-9a-f]{64}/[A-Za-z0-9_.!-]+/${ulidForm}$`)

/** What a value's key has after its prefix; `undefined` for a key that is no value's. */
export const valueUnder = (prefix: string, key: string): string | undefined => {
  const rest = key.startsWith(`${prefix}/`) ? key.slice(prefix.length + 1) : ""
  return valueForm.test(rest) ? rest : undefined
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** A ULID of a time in milliseconds and ten random bytes. */
export const ulid = (time: number, random: Uint8Array): string => {
  let number = random.reduce((sum, byte) => (sum << 8n) | BigInt(byte), BigInt(Math.max(0, Math.floor(time))))
  let text = ""
  for (let i = 0; i < 26; i++) {
    text = crockford.charAt(Number(number & 31n)) + text
    number >>= 5n
  }
  return text
}

/** A table whose items point to values under a prefix. */
export interface Table {
  readonly account: string
  readonly region: string
  readonly table: string
}

const tables = "/.armature/tables/"

export const tablesUnder = (prefix: string): string => `${prefix}${tables}`

export const tableMark = (prefix: string, table: Table, maxWriteSeconds: number): string =>
  tablesUnder(prefix) + [table.account, table.region, table.table].map(escaped).join("/") + `/${maxWriteSeconds}`

/** A table and its longest write, in seconds, by the key of its mark. */
export const readTableMark = (prefix: string, key: string): (Table & { readonly maxWrite: number }) | undefined => {
  const [account, region, table, seconds, ...more] = key.slice(tablesUnder(prefix).length).split("/")
  return account === undefined || region === undefined || table === undefined || more.length > 0 ||
      !/^[1-9]\d{0,9}$/.test(seconds ?? "")
    ? undefined
    : {
      account: unescaped(account),
      region: unescaped(region),
      table: unescaped(table),
      maxWrite: Number(seconds)
    }
}

export const clockUnder = (prefix: string, id: string): string => `${prefix}/.armature/clock/${id}`

export const retiredUnder = (prefix: string): string => `${prefix}/.armature/retired/`

export const retiredMark = (prefix: string, value: string, versionId: string): string =>
  `${retiredUnder(prefix)}${value}/${escaped(versionId)}`
