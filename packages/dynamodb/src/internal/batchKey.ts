/**
 * When two requests are about the same item. A key becomes a text, the same for two keys if and only if DynamoDB takes them for equal:
 * numbers by value, binary by bytes.
 */
import { latin1, type ReadonlyAttributeValue } from "./attributeValue.js"
import * as number from "./number.js"

export type ReadonlyItem = Readonly<Record<string, ReadonlyAttributeValue>>

/** Integers that are written in one way only, whatever else is written in many. */
const plainInteger = /^(?:0|-?[1-9][0-9]{0,37})$/

/** A number as a text, the same for numbers that are equal. */
export const numberText = (text: string): string => {
  if (plainInteger.test(text)) return text
  try {
    return number.ofBigDecimal(number.toBigDecimal(text))
  } catch {
    // no number at all: DynamoDB refuses it
    return text
  }
}

// the length keeps one part from running into the next
const part = (type: string, text: string): string => `${type}${text.length}:${text}`

const setText = (type: string, members: ReadonlyArray<string>): string =>
  part(type, members.map((member) => part("", member)).sort().join(""))

const valueText = (value: ReadonlyAttributeValue | undefined): string => {
  if (value === undefined) return "-"
  if (value.S !== undefined) return part("S", value.S)
  if (value.N !== undefined) return part("N", numberText(value.N))
  if (value.B !== undefined) return part("B", latin1(value.B))
  if (value.M !== undefined) return part("M", itemId(value.M))
  if (value.L !== undefined) return part("L", value.L.map(valueText).join(""))
  if (value.SS !== undefined) return setText("SS", value.SS)
  if (value.NS !== undefined) return setText("NS", value.NS.map(numberText))
  if (value.BS !== undefined) return setText("BS", value.BS.map(latin1))
  return part("O", JSON.stringify(value))
}

/** The text of the attributes named; of all of them, where none is named. */
export const itemId = (item: ReadonlyItem, names: ReadonlyArray<string> = Object.keys(item)): string =>
  [...names].sort().map((name) => part("", name) + valueText(item[name])).join("")
