/**
 * What stands in an item whose attribute was read as some value: that value, or, where the schema has a default, nothing. An item may be older
 * than a part of its schema.
 */
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Wire from "@armature/dynamodb/Expression"
import * as Either from "effect/Either"
import { isDeepStrictEqual } from "node:util"
import type { PathCodec } from "./codec.js"
import type { WirePath } from "./condition.js"
import type { EntityPlan } from "./entityPlan.js"

/** A path by the program's names. */
export type OwnPath = ReadonlyArray<string | number>

/** Members of sets have no order. */
const comparable = (value: AttributeValue): unknown =>
  value.SS !== undefined
    ? { SS: [...value.SS].sort() }
    : value.NS !== undefined
    ? { NS: [...value.NS].sort() }
    : value.BS !== undefined
    ? { BS: value.BS.map((bytes) => Buffer.from(bytes).toString("base64")).sort() }
    : value.L !== undefined
    ? { L: value.L.map(comparable) }
    : value.M !== undefined
    ? { M: Object.fromEntries(Object.entries(value.M).map(([name, member]) => [name, comparable(member)])) }
    : value

/** Whether two values are the same in a table. */
export const same = (a: AttributeValue, b: AttributeValue): boolean => isDeepStrictEqual(comparable(a), comparable(b))

const codecAt = ({ codec }: EntityPlan<never>, own: OwnPath): PathCodec<unknown> | undefined =>
  Either.getOrUndefined(codec.at(own))

/** The program's name of a member, by the stored one. */
export const memberPath = (plan: EntityPlan<never>, own: OwnPath, stored: string): OwnPath => {
  const leads = (name: string) => codecAt(plan, [...own, name])?.stored.at(-1) === stored
  const name = leads(stored) ? stored : codecAt(plan, own)?.names.find(leads)
  return [...own, name ?? stored]
}

/** Whether this is read where nothing is stored, or `null`. */
const isReadOf = (codec: PathCodec<unknown> | undefined, nothing: null | undefined, value: AttributeValue): boolean =>
  codec?.readAs(nothing).some((one) => same(one, value)) === true

/** Whether what was read as this may be none that stands there. */
export const mayBeNothing = (plan: EntityPlan<never>, own: OwnPath, value: AttributeValue): boolean => {
  const codec = codecAt(plan, own)
  return isReadOf(codec, undefined, value) || isReadOf(codec, null, value)
}

/** What stands there reads as this value. */
export const readsAs = (
  plan: EntityPlan<never>,
  path: WirePath,
  own: OwnPath,
  value: AttributeValue
): Wire.Condition => {
  const codec = codecAt(plan, own)
  const itself = isReadOf(codec, undefined, value)
    ? Wire.or(Wire.attributeNotExists(path), stands(plan, path, own, value))
    : Wire.eq(path, Wire.attributeValue(value))
  return value.NULL === undefined && isReadOf(codec, null, value)
    ? Wire.or(itself, Wire.eq(path, Wire.attributeValue({ NULL: true })))
    : itself
}

/** A map stands there if each member does, and none besides. */
const stands = (plan: EntityPlan<never>, path: WirePath, own: OwnPath, value: AttributeValue): Wire.Condition => {
  const [first, ...more] = Object.entries(value.M ?? {})
    .map(([name, member]) => readsAs(plan, [...path, name], memberPath(plan, own, name), member))
  return first === undefined
    ? Wire.eq(path, Wire.attributeValue(value))
    : Wire.and(first, ...more, Wire.le(Wire.size(path), Wire.attributeValue({ N: String(more.length + 1) })))
}
