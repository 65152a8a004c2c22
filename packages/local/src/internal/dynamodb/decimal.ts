/**
 * DynamoDB's numbers: decimals of up to 38 significant digits between 1E-130 and 9.99…E+125, exact. They are kept as canonical text
 * (plain notation, no leading or trailing zeros), which is also how DynamoDB gives them back.
 */
import { validation } from "./refusal.js"
import * as wording from "./wording/value.js"

/** `0.digits × 10^point`, negated if `negative`; `digits` is empty for zero and has no zero at either end. */
interface Decimal {
  readonly negative: boolean
  readonly digits: string
  readonly point: number
}

const zero: Decimal = { negative: false, digits: "", point: 0 }

const maxDigits = 38

/** Texts that are canonical as they stand: an integer of at most 38 digits. */
const plainInteger = /^(?:0|-?[1-9][0-9]{0,37})$/
const grammar = /^([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:[eE]([+-]?[0-9]+))?$/

const strip = (negative: boolean, digits: string, point: number): Decimal => {
  let start = 0
  while (start < digits.length && digits.charCodeAt(start) === 48) start++
  if (start === digits.length) return zero
  let end = digits.length
  while (digits.charCodeAt(end - 1) === 48) end--
  return { negative, digits: digits.slice(start, end), point: point - start }
}

/** Reads any text that is a number; `undefined` for one that is none. Range and precision are not looked at. */
const parse = (text: string): Decimal | undefined => {
  const match = grammar.exec(text)
  if (match === null) return undefined
  const whole = match[2] ?? ""
  const fraction = match[3] ?? match[4] ?? ""
  return strip(match[1] === "-", whole + fraction, whole.length + Number(match[5] ?? 0))
}

/** Reads canonical text, which needs no grammar. */
const parseCanonical = (text: string): Decimal => {
  const negative = text.charCodeAt(0) === 45
  const start = negative ? 1 : 0
  const dot = text.indexOf(".")
  return dot < 0
    ? strip(negative, text.slice(start), text.length - start)
    : strip(negative, text.slice(start, dot) + text.slice(dot + 1), dot - start)
}

const toText = ({ digits, negative, point }: Decimal): string => {
  if (digits === "") return "0"
  const sign = negative ? "-" : ""
  if (point <= 0) return sign + "0." + "0".repeat(-point) + digits
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length)
  return sign + digits.slice(0, point) + "." + digits.slice(point)
}

const checked = (decimal: Decimal): string => {
  if (decimal.digits === "") return "0"
  if (decimal.point > 126) throw validation(wording.numberOverflow)
  if (decimal.point < -129) throw validation(wording.numberUnderflow)
  if (decimal.digits.length > maxDigits) throw validation(wording.numberPrecision)
  return toText(decimal)
}

/** The canonical text of a number; refuses what is no number, too large, too small or has more than 38 significant digits. */
export const canonical = (text: string): string => {
  if (plainInteger.test(text)) return text
  const decimal = parse(text)
  if (decimal === undefined) throw validation(wording.notNumeric(text))
  return checked(decimal)
}

const scaled = (decimal: Decimal, lowest: number): bigint => {
  const magnitude = BigInt(decimal.digits + "0".repeat(decimal.point - decimal.digits.length - lowest))
  return decimal.negative ? -magnitude : magnitude
}

/** A text this short holds at most 15 digits, and a double orders such decimals as they are and adds such integers exactly. */
const exactInDouble = 15

const sum = (a: Decimal, b: Decimal): string => {
  if (a.digits === "") return checked(b)
  if (b.digits === "") return checked(a)
  const lowest = Math.min(a.point - a.digits.length, b.point - b.digits.length)
  const total = scaled(a, lowest) + scaled(b, lowest)
  const digits = (total < 0n ? -total : total).toString()
  return checked(strip(total < 0n, digits, digits.length + lowest))
}

const bothShortIntegers = (a: string, b: string): boolean =>
  a.length <= exactInDouble && b.length <= exactInDouble && !a.includes(".") && !b.includes(".")

/** The sum of two canonical numbers. */
export const add = (a: string, b: string): string =>
  bothShortIntegers(a, b) ? String(Number(a) + Number(b)) : sum(parseCanonical(a), parseCanonical(b))

/** The difference of two canonical numbers. */
export const subtract = (a: string, b: string): string => {
  if (bothShortIntegers(a, b)) return String(Number(a) - Number(b))
  const negated = parseCanonical(b)
  return sum(parseCanonical(a), negated.digits === "" ? negated : { ...negated, negative: !negated.negative })
}

/** Negative, zero or positive as canonical `a` is less than, equal to or greater than `b`. */
export const compare = (a: string, b: string): number => {
  if (a === b) return 0
  if (a.length <= exactInDouble && b.length <= exactInDouble) return Number(a) - Number(b)
  return sortable(a) < sortable(b) ? -1 : 1
}

/** A text whose order as a string is the order of the numbers. */
export const sortable = (text: string): string => {
  const { digits, negative, point } = parseCanonical(text)
  if (digits === "") return "1"
  if (!negative) return "2" + String(point + 300) + digits
  let complement = ""
  for (let i = 0; i < digits.length; i++) complement += String.fromCharCode(48 + 57 - digits.charCodeAt(i))
  // The final "~" sorts behind every digit: of two negative numbers the one with more digits is the smaller.
  return "0" + String(600 - point) + complement + "~"
}

/** The bytes that a canonical number takes up. */
export const size = (text: string): number => {
  const { digits, negative, point } = parseCanonical(text)
  if (digits === "") return 1
  const integer = Math.min(Math.max(point, 0), digits.length)
  const bytes = 1 + Math.ceil(integer / 2) + Math.ceil((digits.length - integer) / 2) + (negative ? 1 : 0)
  return Math.min(bytes, 21)
}
