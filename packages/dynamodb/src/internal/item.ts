/**
 * The bytes that DynamoDB counts for values and items: "Item sizes and formats", Amazon DynamoDB Developer Guide.
 */
import type { ReadonlyAttributeValue } from "./attributeValue.js"
import * as number from "./number.js"

/** The length of a text in UTF-8. */
export const utf8Length = (text: string): number => {
  // for a short text the call into Node costs more than the loop
  if (text.length > 48) return Buffer.byteLength(text, "utf8")
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return Buffer.byteLength(text, "utf8")
  return text.length
}

const perCollection = 3
const perMember = 1
const maxLevel = 32

/** Bytes of a value, without its name. Nothing is counted below the level at which DynamoDB refuses a value: it may have no end. */
export const sizeOfValue = (value: ReadonlyAttributeValue, level = 1): number => {
  if (level > maxLevel) return 0
  if (value.S !== undefined) return utf8Length(value.S)
  if (value.N !== undefined) return number.size(value.N)
  if (value.M !== undefined) {
    let total = perCollection
    for (const name in value.M) total += perMember + sizeOfAttribute(name, value.M[name], level + 1)
    return total
  }
  let total = 0
  if (value.L !== undefined) {
    total = perCollection
    for (const member of value.L) total += perMember + sizeOfValue(member, level + 1)
    return total
  }
  if (value.B !== undefined) return value.B.length
  if (value.SS !== undefined) {
    for (const member of value.SS) total += utf8Length(member)
    return total
  }
  if (value.NS !== undefined) {
    for (const member of value.NS) total += number.size(member)
    return total
  }
  if (value.BS !== undefined) {
    for (const member of value.BS) total += member.length
    return total
  }
  return 1
}

/** Bytes of a name and its value; none where there is no value. */
export const sizeOfAttribute = (name: string, value: ReadonlyAttributeValue | undefined, level = 1): number =>
  value === undefined ? 0 : utf8Length(name) + sizeOfValue(value, level)
