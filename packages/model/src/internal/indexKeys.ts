/** The keys of indexes that follow from an update: none is left stale, and none is made of what is not known. */
import { type SerializationException, ValidationException } from "@armature/aws/Exceptions"
import type { AttributeValue, ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Wire from "@armature/dynamodb/Expression"
import * as Either from "effect/Either"
import { readsAs } from "./asRead.js"
import type { Attribute } from "./codec.js"
import type * as condition from "./condition.js"
import { type EntityPlan, type Side, writeSide } from "./entityPlan.js"
import type { Lock } from "./entitySend.js"

type AnyPlan = EntityPlan<never>

export type Failure = SerializationException | ValidationException

export const invalid = (reason: string): Either.Either<never, ValidationException> =>
  Either.left(new ValidationException({ reason }))

/** A change of an attribute; `value` is undefined where it is taken away, and of what is stored in S3 not known. */
interface Change {
  readonly action: condition.Action
  readonly value: () => AttributeValue | undefined
}

/** An attribute that changes by itself. */
interface SelfSet {
  readonly attribute: Attribute
  readonly value: AttributeValue
}

/** What changes by itself in an update of these attributes: the version, and the time of the write where the program does not set it. */
export const selfSets = (
  { filled: { updatedAt, version } }: AnyPlan,
  lock: Lock | undefined,
  actions: ReadonlyArray<condition.Action>,
  millis: number
): ReadonlyArray<SelfSet> => [
  ...(lock === undefined || version === undefined ? [] : [{ attribute: version, value: { N: String(lock.to) } }]),
  ...(updatedAt === undefined || actions.some(({ root }) => root === updatedAt.name)
    ? []
    : [{ attribute: updatedAt, value: { S: new Date(millis).toISOString() } }])
]

interface Indexed {
  readonly actions: ReadonlyArray<Wire.Action>
  readonly conditions: ReadonlyArray<Wire.Condition>
}

/** An attribute that is given: as it stands in the item, or not there. */
export type Given = ReadonlyMap<string, AttributeValue | undefined>

/** What is given is what stands there, or is read where nothing does; where nothing is, a `null`, which is in no key either, is nothing. */
const stands = (
  plan: AnyPlan,
  { name, stored }: Side["parts"][number],
  value: AttributeValue | undefined
): Wire.Condition => {
  if (value !== undefined) return readsAs(plan, [stored], [name], value)
  const missing = Wire.attributeNotExists([stored])
  return plan.attributes.get(name)?.wireTypes.includes("NULL") === true
    ? Wire.or(missing, Wire.eq([stored], Wire.attributeValue({ NULL: true })))
    : missing
}

/** What an update does to an attribute: `whole` if it is known what stands there afterwards. */
interface Touched {
  readonly whole: boolean
  readonly value: () => ReadonlyAttributeValue | undefined
}

/**
 * The keys of indexes that an update touches, made anew out of what it sets, what changes by itself, the primary key, and what is given: which
 * must be what stands there, or the key would be another item's. An update that may make an item (`upsert`) writes those of the primary key alone,
 * too.
 */
export const indexKeys = (
  plan: AnyPlan,
  changes: ReadonlyArray<Change>,
  self: ReadonlyArray<SelfSet>,
  primary: ReadonlyMap<string, AttributeValue>,
  given: Given,
  upsert: boolean
): Either.Either<Indexed, Failure> => {
  const touched = new Map([
    ...self.map(({ attribute, value }) => [attribute.name, { whole: true, value: () => value }] as const),
    ...changes.map(({ action, value }): readonly [string, Touched] => [action.root, { whole: action.whole, value }])
  ])
  const actions = new Map<string, Wire.Action>()
  const conditions = new Map<string, Wire.Condition>()
  for (const name of plan.primary.partNames) {
    if (touched.has(name)) return invalid(`${name} is part of the primary key, which no update changes`)
  }
  const keys = new Set(plan.primary.all.map((side) => side.attribute))
  for (const index of plan.secondary) {
    for (const side of index.all) {
      // of a local index, the partition key is the table's; and what is a key by itself is stored once
      if (keys.has(side.attribute) || side.key._tag === "Attribute") continue
      const own = side.parts.filter((part) => touched.has(part.name))
      if (own.length === 0 && !(upsert && side.parts.every((part) => primary.has(part.name)))) continue
      const unknown = own.find((part) => touched.get(part.name)?.whole !== true)
      if (unknown !== undefined) {
        return invalid(
          `${unknown.name} is part of a key of the index ${index.index}, and can only be set to a known value`
        )
      }
      for (const part of side.parts) {
        if (touched.has(part.name) || primary.has(part.name)) continue
        if (!given.has(part.name)) {
          return invalid(
            `${part.name} is not given, and the index ${index.index} has a key that is made of it and of what is set`
          )
        }
        conditions.set(part.name, stands(plan, part, given.get(part.name)))
      }
      const valueOf = ({ name }: Side["parts"][number]): ReadonlyAttributeValue | undefined =>
        touched.has(name)
          // what is taken away is read by its default from then on
          ? touched.get(name)?.value() ?? plan.at([name]).readAs(undefined)[0]
          : primary.get(name) ?? given.get(name)
      const written = writeSide(side, valueOf)
      if (Either.isLeft(written)) return Either.left(written.left)
      actions.set(
        side.attribute,
        written.right === undefined
          ? Wire.remove([side.attribute])
          : Wire.set([side.attribute], Wire.attributeValue(written.right))
      )
    }
  }
  return Either.right({ actions: [...actions.values()], conditions: [...conditions.values()] })
}
