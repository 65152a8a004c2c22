/** What an entity cannot be, though its schema can be stored and its keys can be made: found when it is made, and told with its place. */
import * as Either from "effect/Either"
import type { Attribute } from "./codec.js"
import type { EntityPlan } from "./entityPlan.js"
import { keyTypes } from "./table.js"

/** Why an attribute cannot be what fills itself, if it cannot. */
const unfillable = ({ filled, name, opaque, optional }: Attribute): string | undefined => {
  const tags = filled.map(({ _tag }) => _tag)
  const says = `the attribute at ${name} (${tags.join()})`
  if (opaque !== undefined && tags.some((tag) => tag === "version" || tag === "updatedAt" || tag === "timeToLive")) {
    return `${says} is one that updates or DynamoDB see as it is: it cannot be sealed, compressed or offloaded`
  }
  if (opaque?.offloaded !== undefined && tags.length > 0) {
    return `${says} is filled by the write itself: it cannot be offloaded, but sealed or compressed`
  }
  return tags.includes("version") && optional
    ? `${says} is not in all of its values, and a write of one without it would go over any version: give it to all`
    : undefined
}

/** An attribute that is a key of the table or of an index by itself, and may be what DynamoDB takes for no value of it. */
const mistyped = ({ attributes, table }: EntityPlan<never>): string | undefined => {
  const types = keyTypes(table.plan)
  for (const { name, stored, wireTypes } of attributes.values()) {
    const type = types.get(stored)
    const other = type === undefined ? undefined : wireTypes.find((one) => one !== type)
    if (other !== undefined) {
      return `the attribute at ${name} may be ${other}, and DynamoDB takes nothing but ${type} there, since it is a key`
    }
  }
  return undefined
}

/** A part of a key that is no attribute of the program's own: behind a transformation of the whole item. */
const unreachable = ({ codec, primary, secondary }: EntityPlan<never>): string | undefined => {
  for (const keys of [primary, ...secondary]) {
    for (const name of keys.partNames) {
      const found = codec.at([name])
      if (Either.isLeft(found)) return `a key is made of ${name}, which ${found.left.problem}`
    }
  }
  return undefined
}

/** One attribute of the table as the key of several indexes, or of the table itself, has one value: two templates would each write theirs. */
const ambiguous = ({ primary, secondary }: EntityPlan<never>): string | undefined => {
  const made = new Map<string, { readonly by: string; readonly key: string }>()
  for (const { all, name } of [primary, ...secondary]) {
    for (const side of all) {
      const key = JSON.stringify(side.key)
      const other = made.get(side.attribute)
      if (other !== undefined && other.key !== key) {
        return `the key ${side.attribute} is made in one way by ${other.by}, and in another by ${name}`
      }
      made.set(side.attribute, { by: name, key })
    }
  }
  return undefined
}

/** Each write would be one of another item. */
const moving = ({ filled: { updatedAt, version }, primary }: EntityPlan<never>): string | undefined => {
  const name = [updatedAt?.name, version?.name].find((one) => one !== undefined && primary.partNames.includes(one))
  return name === undefined ? undefined : `the primary key is made of ${name}, which changes with each write`
}

/** An item would never expire. */
const unexpiring = ({ filled: { timeToLive }, table }: EntityPlan<never>): string | undefined =>
  timeToLive === undefined || table.plan.timeToLive === undefined || table.plan.timeToLive === timeToLive.stored
    ? undefined
    : `the attribute at ${timeToLive.name} (timeToLive) is stored as ${timeToLive.stored}, and the table's items expire by ${table.plan.timeToLive}`

/** What is wrong with an entity, if anything is. */
export const unsound = (plan: EntityPlan<never>): string | undefined =>
  [...plan.attributes.values()].map(unfillable).find((one) => one !== undefined) ??
    mistyped(plan) ??
    unreachable(plan) ??
    moving(plan) ??
    ambiguous(plan) ??
    unexpiring(plan)
