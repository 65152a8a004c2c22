/** Key conditions: the partition whole, and of the sort key what a range says, in the way that keys are written. */
import { SerializationException, ValidationException } from "@armature/aws/Exceptions"
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Wire from "@armature/dynamodb/Expression"
import type { Item } from "@armature/dynamodb/Item"
import * as Either from "effect/Either"
import type { KeysPlan, Side } from "./entityPlan.js"
import { writeSide } from "./entityPlan.js"
import type { Template } from "./key.js"
import * as keyCodec from "./keyCodec.js"

/** A range as a program gives it: one operator, and the parts of the key. */
export type Range = Readonly<Record<string, unknown>>

type Parts = ReadonlyMap<string, AttributeValue>
type Failure = SerializationException | ValidationException

/** One part of a key condition. */
export type KeyPart = Extract<Wire.KeyCondition, { readonly _tag: "Between" | "Call" | "Compare" }>

/** What DynamoDB compares, and what of its answer is none of the range. */
export interface Bounds {
  readonly conditions: ReadonlyArray<KeyPart>
  readonly drop: (item: Item) => boolean
}

const invalid = (reason: string): Either.Either<never, ValidationException> =>
  Either.left(new ValidationException({ service: "DynamoDB", operation: "Query", reason }))

const faulty = ({ attribute, reason }: keyCodec.KeyFault): SerializationException =>
  new SerializationException({ path: attribute === undefined ? [] : [attribute], reason })

const wire = Wire.attributeValue

const nothing = (): boolean => false

/** The partition key, every part of which is given. */
export const sideEquals = (
  sides: ReadonlyArray<Side>,
  parts: Parts
): Either.Either<{ readonly conditions: ReadonlyArray<KeyPart>; readonly values: Item }, Failure> => {
  const values: Item = {}
  for (const side of sides) {
    const written = writeSide(side, (part) => parts.get(part.name))
    if (Either.isLeft(written)) return Either.left(written.left)
    if (written.right === undefined) return invalid(`the partition key ${side.attribute} is not given whole`)
    values[side.attribute] = written.right
  }
  return Either.right({
    conditions: Object.entries(values).map(([name, value]) => Wire.eq([name], wire(value))),
    values
  })
}

type Given = ReadonlyArray<readonly [operator: string, parts: Parts]>

/** What a range comes down to; without one, all that the entity has in the partition. */
export const rangeOf = (keys: KeysPlan, given: Given): Either.Either<Bounds, Failure> => {
  const [side, ...more] = keys.sk
  if (side === undefined) {
    return given.length === 0
      ? Either.right({ conditions: [], drop: nothing })
      : invalid("there is no sort key to compare")
  }
  const { key } = side
  if (key._tag === "Template") return templateRange(side.attribute, key, given)
  return attributeRange([side, ...more], given)
}

// ---------------------------------------------------------------------------------------------------------------- templates

const textOf = (value: AttributeValue | undefined): string | undefined => value?.S ?? value?.N

/** The text that leading parts begin with, and whether they are all there are. */
const leading = (
  template: Template,
  parts: Parts,
  begins?: string
): Either.Either<{ readonly text: string; readonly whole: boolean }, Failure> => {
  const get = (name: string) => textOf(parts.get(name))
  return Either.mapBoth(keyCodec.prefix(template, get, { begins }), {
    onLeft: faulty,
    onRight: (text) => ({
      text,
      whole: begins === undefined && template.segments.every(({ attribute }) => get(attribute) !== undefined)
    })
  })
}

/** From `low` to `high`; a bound that is not itself in the range is dropped from the answer, since BETWEEN has both. */
const between = (
  attribute: string,
  low: { readonly text: string; readonly open: boolean } | undefined,
  high: { readonly text: string; readonly open: boolean } | undefined
): Bounds => {
  const open = new Set([low, high].flatMap((bound) => bound !== undefined && bound.open ? [bound.text] : []))
  const drop = (item: Item): boolean => open.has(item[attribute]?.S ?? "")
  if (low !== undefined && high !== undefined) {
    // by bytes, as DynamoDB does: UTF-16 has another order
    if (Buffer.compare(Buffer.from(low.text), Buffer.from(high.text)) > 0) {
      // DynamoDB refuses a range that ends before it begins: nothing is in this one
      return { conditions: [Wire.eq([attribute], wire({ S: low.text }))], drop: () => true }
    }
    return { conditions: [Wire.between([attribute], wire({ S: low.text }), wire({ S: high.text }))], drop }
  }
  if (low !== undefined) {
    return { conditions: [(low.open ? Wire.gt : Wire.ge)([attribute], wire({ S: low.text }))], drop: nothing }
  }
  if (high !== undefined) {
    return { conditions: [(high.open ? Wire.lt : Wire.le)([attribute], wire({ S: high.text }))], drop: nothing }
  }
  return { conditions: [], drop: nothing }
}

const templateRange = (attribute: string, template: Template, given: Given): Either.Either<Bounds, Failure> => {
  const [first, second] = given
  const { before } = template
  const floor = before === "" ? undefined : { text: before, open: false }
  const after = before === "" ? undefined : keyCodec.successor(before)
  const ceiling = after === undefined ? undefined : { text: after, open: true }
  if (first === undefined) {
    if (template.segments.length === 0) {
      return Either.right({ conditions: [Wire.eq([attribute], wire({ S: before }))], drop: nothing })
    }
    return Either.right({
      conditions: before === "" ? [] : [Wire.beginsWith([attribute], wire({ S: before }))],
      drop: nothing
    })
  }
  const [operator, parts] = first
  const last = template.segments.filter((segment) => parts.has(segment.attribute)).at(-1)?.attribute
  /** The first text after all that begin with these parts. */
  const past = ({ text, whole }: { readonly text: string; readonly whole: boolean }) =>
    whole ? { text, open: true } : { text: keyCodec.successor(text) ?? text, open: false }
  const upTo = ({ text, whole }: { readonly text: string; readonly whole: boolean }) =>
    whole ? { text, open: false } : { text: keyCodec.successor(text) ?? text, open: true }
  switch (operator) {
    case "eq":
      return Either.flatMap(leading(template, parts), ({ text, whole }) =>
        whole
          ? Either.right({ conditions: [Wire.eq([attribute], wire({ S: text }))], drop: nothing })
          : invalid("`eq` takes every part of the sort key"))
    case "beginsWith":
      return Either.map(
        leading(template, parts, last),
        ({ text }) => ({ conditions: [Wire.beginsWith([attribute], wire({ S: text }))], drop: nothing })
      )
    case "gt":
      return Either.map(leading(template, parts), (low) => between(attribute, past(low), ceiling))
    case "gte":
      return Either.map(leading(template, parts), ({ text }) => between(attribute, { text, open: false }, ceiling))
    case "lt":
      return Either.map(
        leading(template, parts),
        ({ text, whole: _ }) => between(attribute, floor, { text, open: true })
      )
    case "lte":
      return Either.map(leading(template, parts), (high) => between(attribute, floor, upTo(high)))
    case "between":
      return Either.flatMap(leading(template, parts), (low) =>
        Either.map(
          leading(template, second?.[1] ?? parts),
          (high) => between(attribute, { text: low.text, open: false }, upTo(high))
        ))
    default:
      return invalid("the operator of the sort key is none")
  }
}

// ---------------------------------------------------------------------------------------------------------------- attributes

const operators: Readonly<Record<string, (path: readonly [string], value: unknown) => KeyPart>> = {
  eq: Wire.eq,
  gt: Wire.gt,
  gte: Wire.ge,
  lt: Wire.lt,
  lte: Wire.le,
  beginsWith: Wire.beginsWith
}

/** Attributes as they are: those before the last that is given are equal, and the last is compared. */
const attributeRange = (sides: ReadonlyArray<Side>, given: Given): Either.Either<Bounds, Failure> => {
  const [first, second] = given
  if (first === undefined) return Either.right({ conditions: [], drop: nothing })
  const [operator, parts] = first
  const named = sides.map((side) => ({ attribute: side.attribute, value: parts.get(side.parts[0]?.name ?? "") }))
  const count = named.filter(({ value }) => value !== undefined).length
  const there = named.slice(0, count)
  const last = there[count - 1]
  if (last === undefined || there.some(({ value }) => value === undefined)) {
    return invalid("the attributes of a sort key are given from the first on")
  }
  const before = there.slice(0, -1).flatMap(({ attribute, value }) =>
    value === undefined ? [] : [Wire.eq([attribute], wire(value))]
  )
  const value = last.value ?? { NULL: true }
  if (operator === "between") {
    const high = second?.[1].get(sides[count - 1]?.parts[0]?.name ?? "")
    if (high === undefined) return invalid("both ends of a range have the same attributes")
    const same = there.slice(0, -1).every(({ value }, i) => {
      const other = second?.[1].get(sides[i]?.parts[0]?.name ?? "")
      return other?.S === value?.S && other?.N === value?.N
    })
    return same
      ? Either.right({
        conditions: [...before, Wire.between([last.attribute], wire(value), wire(high))],
        drop: nothing
      })
      : invalid("both ends of a range are equal but for the last attribute")
  }
  if (operator === "eq" && count < sides.length) return invalid("`eq` takes every attribute of the sort key")
  const compare = operators[operator]
  return compare === undefined
    ? invalid("the operator of the sort key is none")
    : Either.right({ conditions: [...before, compare([last.attribute], wire(value))], drop: nothing })
}
