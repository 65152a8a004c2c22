/** Telling items of entities apart: by the name that an item has, or by how its keys are made. */
import type { ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Either from "effect/Either"
import { discriminator, type EntityPlan } from "./entityPlan.js"
import * as keyCodec from "./keyCodec.js"

/** As much of a compiled entity as tells its items from others. */
export interface Member extends Pick<EntityPlan<never>, "name" | "primary"> {}

type Item = Readonly<Record<string, ReadonlyAttributeValue>>

/** Whose an item is. Of one entity alone it is an item that has no name, too: a table may be older than its entities. */
export const memberOf = <M extends Member>(members: ReadonlyArray<M>, item: Item): M | undefined => {
  const name = item[discriminator]?.S
  if (name !== undefined) return members.find((member) => member.name === name)
  return members.length === 1 ? members[0] : undefined
}

/** Whether a key in wire form is one that the entity makes. */
export const madeByKeys = (member: Member, keys: Item): boolean =>
  member.primary.all.every(({ attribute, key }) => {
    const value = keys[attribute]
    if (value === undefined) return false
    return key._tag === "Attribute" || (value.S !== undefined && Either.isRight(keyCodec.decode(key, value.S)))
  })
