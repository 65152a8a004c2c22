/**
 * Keys as text, and back. A part holds no code point up to U+0024: each becomes `$` and the character 0x30 above it. The text between
 * parts begins with `#`, which is below all that a part holds, so that text order is the order of the parts.
 */
import * as BigDecimal from "effect/BigDecimal"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Encoding, Segment, Template } from "./key.js"

/** Why a key cannot be written or read, without the value. */
export interface KeyFault {
  readonly attribute: string | undefined
  /** Goes on after "the value at …". */
  readonly reason: string
}

/** What an attribute holds: its text or number as it is stored; undefined when it is missing. */
export type Value = string | number | bigint | undefined
export type Get = (attribute: string) => Value

type Written = Either.Either<string, string>

const shift = 0x30
const escapable = /[\u0000-\u0024]/g
const lone = /[\ud800-\udfff]/u

const escape = (text: string): string =>
  text.replace(escapable, (c) => "$" + String.fromCharCode(c.charCodeAt(0) + shift))

/** What an escaped part may hold: nothing up to U+0024 but `$`, and that before one of its 37 characters. */
const escaped = /^(?:[^\u0000-\u0024]|\$[\u0030-\u0054])*$/

const unescape = (part: string): Written =>
  escaped.test(part)
    ? Either.right(part.replace(/\$(.)/g, (_, c: string) => String.fromCharCode(c.charCodeAt(0) - shift)))
    : Either.left("is no part of a key that was written from this template")

/** As digits without a point; `undefined` for what is no number. */
const writeNumber = (value: string | number | bigint, digits: number, decimals: number): Written => {
  const parsed = BigDecimal.fromString(String(value))
  if (value === "" || Option.isNone(parsed)) return Either.left("is not a number")
  const { scale, value: units } = BigDecimal.normalize(parsed.value)
  if (scale > decimals) {
    return Either.left(`is a number of more than ${decimals} decimals, which the key has no room for`)
  }
  // before the power is computed, which is slow for one of millions of digits
  if (-scale > digits) {
    return Either.left(`is a number of more than ${digits} whole digits, which the key has no room for`)
  }
  const scaled = units * 10n ** BigInt(decimals - scale)
  const end = 10n ** BigInt(digits + decimals)
  if (scaled >= end || scaled <= -end) {
    return Either.left(`is a number of more than ${digits} whole digits, which the key has no room for`)
  }
  const magnitude = scaled < 0n ? end - 1n + scaled : scaled
  const all = String(magnitude).padStart(digits + decimals, "0")
  return Either.right((scaled < 0n ? "-" : "0") + withPoint(all, digits))
}

const withPoint = (all: string, digits: number): string =>
  all.length === digits ? all : `${all.slice(0, digits)}.${all.slice(digits)}`

const readNumber = (part: string, digits: number, decimals: number): Written => {
  const all = part.slice(1).replace(".", "")
  if (part !== (part.startsWith("-") ? "-" : "0") + withPoint(all, digits) || !/^[0-9]+$/.test(all)) {
    return Either.left("is no number that was written from this template")
  }
  if (all.length !== digits + decimals) return Either.left("is a number of another width than the template's")
  const magnitude = part.startsWith("-") ? BigInt(all) - (10n ** BigInt(digits + decimals) - 1n) : BigInt(all)
  if (part.startsWith("-") && magnitude === 0n) return Either.left("is a zero with a sign")
  const negative = magnitude < 0n
  const text = String(negative ? -magnitude : magnitude).padStart(decimals + 1, "0")
  const whole = text.slice(0, text.length - decimals)
  const fraction = text.slice(text.length - decimals).replace(/0+$/, "")
  return Either.right(`${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`)
}

const iso = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,3}0*)?)?(?:Z|[+-][0-9]{2}:[0-9]{2})$/
const written = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/
const noDate = "is not a date with a time and an offset, in the years 0000 to 9999 and with milliseconds at most"

const writeDate = (value: string | number | bigint): Written => {
  if (typeof value !== "string" || !iso.test(value)) return Either.left(noDate)
  const millis = Date.parse(value)
  if (Number.isNaN(millis)) return Either.left(noDate)
  const text = new Date(millis).toISOString()
  // an offset can lead out of these years
  return written.test(text) ? Either.right(text) : Either.left(noDate)
}

const readDate = (part: string): Written =>
  written.test(part) && !Number.isNaN(Date.parse(part)) && new Date(part).toISOString() === part
    ? Either.right(part)
    : Either.left("is no date that was written from this template")

/** Whether a text has nothing to be escaped, and no half of a pair: most are so. */
const isPlain = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit <= 0x24 || (unit >= 0xd800 && unit <= 0xdfff)) return false
  }
  return true
}

const writePart = (encoding: Encoding, value: string | number | bigint, after: string): Written => {
  const text = String(value)
  if (encoding._tag === "Text" && isPlain(text)) return Either.right(text)
  if (lone.test(text)) return Either.left("has half of a surrogate pair, which is no text")
  switch (encoding._tag) {
    case "Text":
      return Either.right(escape(text))
    case "Number":
      return writeNumber(value, encoding.digits, encoding.decimals)
    case "Date":
      return writeDate(value)
    case "Raw":
      return after === "" || (text + after).indexOf(after) === text.length
        ? Either.right(text)
        : Either.left("holds the text that comes after it in the key, and could not be read back")
  }
}

const readPart = (encoding: Encoding, part: string): Written => {
  switch (encoding._tag) {
    case "Text":
      return unescape(part)
    case "Number":
      return readNumber(part, encoding.digits, encoding.decimals)
    case "Date":
      return readDate(part)
    case "Raw":
      return Either.right(part)
  }
}

const fault = (attribute: string | undefined, reason: string): Either.Either<never, KeyFault> =>
  Either.left({ attribute, reason })

const writeSegment = (segment: Segment, value: string | number | bigint): Either.Either<string, KeyFault> => {
  const written = writePart(segment.encoding, value, segment.after)
  return Either.isLeft(written) ? fault(segment.attribute, written.left) : Either.right(written.right)
}

/** The text of a key; undefined where an attribute is missing. */
export const encode = (template: Template, get: Get): Either.Either<string | undefined, KeyFault> => {
  let text = template.before
  for (const segment of template.segments) {
    const value = get(segment.attribute)
    if (value === undefined) return Either.right(undefined)
    const part = writeSegment(segment, value)
    if (Either.isLeft(part)) return part
    text += part.right + segment.after
  }
  return text === ""
    ? fault(template.segments[0]?.attribute, "is empty, and so is the key made of it")
    : Either.right(text)
}

/**
 * What all keys with these leading parts begin with, and no other key of the template. `begins` names a part of which only the beginning
 * is given, the last one of them; it must be text. A part after one that is missing is a fault.
 */
export const prefix = (
  template: Template,
  get: Get,
  options: { readonly begins?: string | undefined } = {}
): Either.Either<string, KeyFault> => {
  let text = template.before
  let open = true
  for (const segment of template.segments) {
    const value = get(segment.attribute)
    if (value === undefined) {
      open = false
      continue
    }
    if (!open) return fault(segment.attribute, "is given without all that come before it in the key")
    const partial = segment.attribute === options.begins
    if (partial && segment.encoding._tag !== "Text" && segment.encoding._tag !== "Raw") {
      return fault(segment.attribute, "is a number or a date in the key, which has no beginning")
    }
    const part = writeSegment(segment, value)
    if (Either.isLeft(part)) return part
    text += partial ? part.right : part.right + segment.after
    open = !partial
  }
  return Either.right(text)
}

/** The first text after all that begin with this one; undefined where there is none. */
export const successor = (prefix: string): string | undefined => {
  const points = Array.from(prefix)
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const next = (last.codePointAt(0) ?? 0) + 1
    if (next <= 0x10ffff) return points.join("") + String.fromCodePoint(next === 0xd800 ? 0xe000 : next)
  }
  return undefined
}

const notOurs = "is no key that was written from this template"

/** The parts of a key, as text: a number as DynamoDB writes it, a date in UTC with milliseconds. */
export const decode = (template: Template, text: string): Either.Either<Record<string, string>, KeyFault> => {
  if (!text.startsWith(template.before)) return fault(undefined, notOurs)
  const values: Array<readonly [string, string]> = []
  let at = template.before.length
  for (const [i, { after, attribute, encoding }] of template.segments.entries()) {
    const last = i === template.segments.length - 1
    const end = after === "" ? text.length : last ? text.length - after.length : text.indexOf(after, at)
    if (end < at) return fault(attribute, notOurs)
    const part = readPart(encoding, text.slice(at, end))
    if (Either.isLeft(part)) return fault(attribute, part.left)
    values.push([attribute, part.right])
    at = end + after.length
    if (!text.startsWith(after, end)) return fault(attribute, notOurs)
  }
  return at === text.length ? Either.right(Object.fromEntries(values)) : fault(undefined, notOurs)
}
