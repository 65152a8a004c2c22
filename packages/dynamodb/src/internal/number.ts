/**
 * DynamoDB's numbers as text: decimals of up to 38 significant digits between 1E-130 and 9.99…E+125. Canonical text is plain notation
 * without needless zeros, which is also how DynamoDB gives numbers back.
 */
import * as BigDecimal from "effect/BigDecimal"

/** Thrown where a value cannot be represented, and caught by whoever knows its path; `reason` follows "the value at …". */
export class Unrepresentable {
  readonly #brand = true
  constructor(readonly reason: string) {}

  /** Unlike `instanceof`, runs no code of what was thrown. */
  static is(thrown: unknown): thrown is Unrepresentable {
    return typeof thrown === "object" && thrown !== null && #brand in thrown
  }
}

/** `0.digits × 10^point`, negated if `negative`; `digits` is empty for zero and has no zero at either end. */
interface Decimal {
  readonly negative: boolean
  readonly digits: string
  readonly point: number
}

const zero: Decimal = { negative: false, digits: "", point: 0 }

const maxDigits = 38
const grammar = /^([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:[eE]([+-]?[0-9]+))?$/

/** Integers of at most 38 digits, which are canonical as they stand. */
const plainInteger = /^(?:0|-?[1-9][0-9]{0,37})$/

const code = { zero: 48, nine: 57, minus: 45, point: 46, E: 69, e: 101 } as const

const strip = (negative: boolean, digits: string, point: number): Decimal => {
  let start = 0
  while (start < digits.length && digits.charCodeAt(start) === code.zero) start++
  if (start === digits.length) return zero
  let end = digits.length
  while (digits.charCodeAt(end - 1) === code.zero) end--
  return { negative, digits: digits.slice(start, end), point: point - start }
}

/** Any text that is a number, whatever its range and precision; `undefined` for one that is none. */
const parse = (text: string): Decimal | undefined => {
  const match = grammar.exec(text)
  if (match === null) return undefined
  const whole = match[2] ?? ""
  const fraction = match[3] ?? match[4] ?? ""
  return strip(match[1] === "-", whole + fraction, whole.length + Number(match[5] ?? 0))
}

const tooLarge = "is a number of a magnitude above 9.99…E+125, which DynamoDB cannot store"

const checked = (decimal: Decimal): Decimal => {
  if (decimal.digits === "") return zero
  if (decimal.point > 126) throw new Unrepresentable(tooLarge)
  if (decimal.point < -129) {
    throw new Unrepresentable("is a number of a magnitude below 1E-130, which DynamoDB cannot store")
  }
  if (decimal.digits.length > maxDigits) {
    throw new Unrepresentable(`is a number of more than ${maxDigits} significant digits, which DynamoDB cannot store`)
  }
  return decimal
}

const read = (text: string): Decimal => {
  const decimal = parse(text)
  if (decimal === undefined) throw new Unrepresentable("is not the text of a number")
  return checked(decimal)
}

const toText = ({ digits, negative, point }: Decimal): string => {
  if (digits === "") return "0"
  const sign = negative ? "-" : ""
  if (point <= 0) return sign + "0." + "0".repeat(-point) + digits
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length)
  return sign + digits.slice(0, point) + "." + digits.slice(point)
}

const canonical = (text: string): string => plainInteger.test(text) ? text : toText(read(text))

/** A number as JavaScript prints it: the shortest text that reads back as the same double. */
export const ofNumber = (value: number): string => {
  const text = String(value)
  if (Number.isSafeInteger(value)) return text
  if (!Number.isFinite(value)) throw new Unrepresentable(`is ${text}, which DynamoDB cannot store`)
  // at most 17 digits between 1E-6 and 1E+21, unless there is an exponent
  return text.includes("e") ? toText(read(text)) : text
}

const beyond = 10n ** 126n

export const ofBigInt = (value: bigint): string => {
  // before it becomes text, which is slow for one of millions of digits
  if (value >= beyond || value <= -beyond) throw new Unrepresentable(tooLarge)
  return canonical(String(value))
}

export const ofBigDecimal = (value: BigDecimal.BigDecimal): string => {
  const negative = value.value < 0n
  const digits = String(negative ? -value.value : value.value)
  return toText(checked(strip(negative, digits, digits.length - value.scale)))
}

const plain = /^-?[0-9]+(?:\.[0-9]+)?$/

/** The number that `ofNumber` writes as the same value; refuses a text that no number is written as. */
export const toNumber = (text: string): number => {
  const value = Number(text)
  // any decimal of 15 digits is that of the double next to it
  const exact = plain.test(text) && (text.length <= 15 || String(value) === text)
  if (!exact && ofNumber(Number(canonical(text))) !== canonical(text)) {
    throw new Unrepresentable("has more digits than a number holds; read it as bigint or BigDecimal")
  }
  // a zero may be a negative one
  return value === 0 ? 0 : value
}

export const toBigInt = (text: string): bigint => {
  const whole = canonical(text)
  if (whole.includes(".")) throw new Unrepresentable("has a fraction, which a bigint cannot hold")
  return BigInt(whole)
}

/** In its normal form: without trailing zeros. */
export const toBigDecimal = (text: string): BigDecimal.BigDecimal => {
  const { digits, negative, point } = read(text)
  const magnitude = BigInt(digits) // of "", too: zero
  return BigDecimal.make(negative ? -magnitude : magnitude, digits.length - point)
}

/** Bytes by the count of significant digits before and after the decimal point. */
const bytes = (whole: number, fraction: number, negative: boolean): number =>
  Math.min(1 + ((whole + 1) >> 1) + ((fraction + 1) >> 1) + (negative ? 1 : 0), 21)

/** The bytes that a number takes up in an item. Nothing is refused: what is no number counts as zero. */
export const size = (text: string): number => {
  let point = -1
  let first = -1
  let last = -1
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c > code.zero && c <= code.nine) {
      last = i
      if (first < 0) first = i
    } else if (c === code.point) point = i
    else if (c === code.e || c === code.E) return sizeOfDecimal(parse(text) ?? zero)
  }
  if (first < 0) return 1
  const negative = text.charCodeAt(0) === code.minus
  if (point < 0 || last < point) return bytes((point < 0 ? last + 1 : Math.min(last + 1, point)) - first, 0, negative)
  return first > point ? bytes(0, last - first + 1, negative) : bytes(point - first, last - point, negative)
}

const sizeOfDecimal = ({ digits, negative, point }: Decimal): number => {
  if (digits === "") return 1
  const whole = Math.min(Math.max(point, 0), digits.length)
  return bytes(whole, digits.length - whole, negative)
}
