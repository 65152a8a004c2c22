/**
 * How long a request is on the wire, without writing it: an item of many small numbers takes several times its own size there.
 */
import type { ReadonlyAttributeValue } from "./attributeValue.js"
import type { ReadonlyItem } from "./batchKey.js"

const escaped = /["\\\u0000-\u001f\ud800-\udfff]/

const code = {
  space: 0x20,
  quote: 0x22,
  backslash: 0x5c,
  ascii: 0x80,
  two: 0x800,
  high: 0xd800,
  low: 0xdc00,
  end: 0xe000
}

/** The control characters that JSON writes with one letter: \b \t \n \f \r. */
const short: ReadonlySet<number> = new Set([8, 9, 10, 12, 13])

/** Bytes of a text as a JSON string in UTF-8, its quotes included. */
export const textSize = (text: string): number => {
  if (!escaped.test(text)) return 2 + Buffer.byteLength(text, "utf8")
  let size = 2
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < code.space) size += short.has(c) ? 2 : 6
    else if (c === code.quote || c === code.backslash) size += 2
    else if (c < code.ascii) size += 1
    else if (c < code.two) size += 2
    else if (c < code.high || c >= code.end) size += 3
    else if (c < code.low && isLow(text.charCodeAt(i + 1))) {
      size += 4
      i++
    } else size += 6 // half of a pair, which JSON escapes
  }
  return size
}

const isLow = (c: number): boolean => c >= code.low && c < code.end

/** `{"S":…}`: braces, quotes, colon and the name of the type. */
const wrapped = (type: string, size: number): number => type.length + 5 + size

const base64Size = (bytes: Uint8Array): number => 2 + 4 * Math.ceil(bytes.length / 3)

const listSize = <A>(members: ReadonlyArray<A>, size: (member: A) => number): number => {
  let total = 2 + Math.max(0, members.length - 1)
  for (const member of members) total += size(member)
  return total
}

const valueSize = (value: ReadonlyAttributeValue): number => {
  if (value.S !== undefined) return wrapped("S", textSize(value.S))
  if (value.N !== undefined) return wrapped("N", textSize(value.N))
  if (value.M !== undefined) return wrapped("M", itemSize(value.M))
  if (value.L !== undefined) return wrapped("L", listSize(value.L, valueSize))
  if (value.B !== undefined) return wrapped("B", base64Size(value.B))
  if (value.BOOL !== undefined) return wrapped("BOOL", value.BOOL ? 4 : 5)
  if (value.SS !== undefined) return wrapped("SS", listSize(value.SS, textSize))
  if (value.NS !== undefined) return wrapped("NS", listSize(value.NS, textSize))
  if (value.BS !== undefined) return wrapped("BS", listSize(value.BS, base64Size))
  if (value.NULL !== undefined) return wrapped("NULL", value.NULL ? 4 : 5)
  return 2
}

/** Bytes of an item as JSON. */
export const itemSize = (item: ReadonlyItem): number => {
  let total = 1
  for (const name in item) {
    const value = item[name]
    if (value !== undefined) total += textSize(name) + valueSize(value) + 2
  }
  return Math.max(2, total)
}
