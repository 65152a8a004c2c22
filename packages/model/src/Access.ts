/**
 * What the operations of an entity reach: which partitions, which attributes, which keys of KMS and which prefixes in S3. Permissions are
 * derived from it.
 *
 * @since 0.1.0
 */
import { SerializationException } from "@armature/aws/Exceptions"
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { discriminator, type EntityPlan, type Side, writeSide } from "./internal/entityPlan.js"
import * as keyCodec from "./internal/keyCodec.js"

/**
 * As much of a compiled entity as says what its operations reach: the `plan` of an entity is one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Source
  extends Pick<EntityPlan<never>, "name" | "table" | "attributes" | "primary" | "secondary" | "context" | "at">
{}

/**
 * What the values of one attribute of a partition key have in common: they begin with `text`, or are it where it is `whole`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pattern {
  /** As it stands in the table or the index. */
  readonly attribute: string
  /** From 0: an index may have up to four such attributes. */
  readonly position: number
  readonly text: string
  readonly whole: boolean
}

/**
 * A value of an item that is sealed, stored in S3, or both.
 *
 * @since 0.1.0
 * @category models
 */
export interface Place {
  /** The name of the key that the attribute asks for; undefined for the one that is the Layer's own. */
  readonly sealed: { readonly key: string | undefined } | undefined
  readonly offloaded:
    | { readonly prefix: string; readonly previousPrefixes: ReadonlyArray<string> | undefined }
    | undefined
}

const fail = (path: ReadonlyArray<string>, reason: string): Either.Either<never, SerializationException> =>
  Either.left(new SerializationException({ path, reason }))

/**
 * Attributes in wire form, by the program's names, as they are written into keys.
 *
 * @since 0.1.0
 * @category conversions
 */
export const encode = (
  source: Source,
  values: Readonly<Record<string, unknown>>
): Effect.Effect<ReadonlyMap<string, AttributeValue>, SerializationException, unknown> =>
  Effect.map(
    Effect.forEach(Object.entries(values), ([name, value]) =>
      Effect.flatMap(
        source.at([name]).encode(value),
        (operand) =>
          operand.value === undefined
            ? fail([name], "is sealed or stored in S3, and part of no key")
            : Either.right([name, operand.value] as const)
      )),
    (all) => new Map(all)
  )

/** What one attribute of a partition key begins with; undefined where that is nothing. */
const patternOf = (
  side: Side,
  position: number,
  given: ReadonlyMap<string, AttributeValue>
): Either.Either<Pattern | undefined, SerializationException> => {
  const { attribute, key, parts } = side
  const get = (part: Side["parts"][number]) => given.get(part.name)
  if (parts.every((part) => given.has(part.name))) {
    return Either.flatMap(writeSide(side, get), (value) =>
      value === undefined
        ? Either.right(undefined)
        : value.S === undefined
        ? fail(parts.map((part) => part.name), "is a number or binary as a key, which no policy can name")
        : Either.right({ attribute, position, text: value.S, whole: true }))
  }
  if (key._tag === "Attribute") return Either.right(undefined)
  return Either.mapBoth(keyCodec.prefix(key, (name) => given.get(name)?.S ?? given.get(name)?.N), {
    onLeft: (fault) =>
      new SerializationException({
        path: fault.attribute === undefined ? [] : [fault.attribute],
        reason: fault.reason
      }),
    onRight: (text) => text === "" ? undefined : { attribute, position, text, whole: false }
  })
}

/**
 * What the partition keys begin with that an entity has in the table (`"primary"`) or an index, if some of their parts are `given`. A part
 * that is given and that the key does not begin with is a `SerializationException`: it would be ignored.
 *
 * @since 0.1.0
 * @category accessors
 */
export const partition = (
  source: Source,
  index: string,
  given: ReadonlyMap<string, AttributeValue>
): Either.Either<ReadonlyArray<Pattern>, SerializationException> => {
  const keys = index === "primary" ? source.primary : source.secondary.find((one) => one.name === index)
  if (keys === undefined) return fail([], `is of no key of ${source.name} that is called ${index}`)
  const names = keys.pk.flatMap((side) => side.parts.map((part) => part.name))
  for (const name of given.keys()) {
    if (!names.includes(name)) return fail([name], `is given, and the partition key of ${index} is not made of it`)
  }
  return Either.map(
    Either.all(keys.pk.map((side, position) => patternOf(side, position, given))),
    (patterns) => patterns.filter((pattern) => pattern !== undefined)
  )
}

/**
 * The stored names of all attributes that a `pick` of some asks DynamoDB for: the keys and what says whose item it is are among them.
 *
 * @since 0.1.0
 * @category accessors
 */
export const projected = (source: Source, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const keys = source.primary.all.map(({ attribute }) => attribute)
  const bound = source.context.map(({ stored }) => stored)
  const own = names.flatMap((name) => source.attributes.get(name)?.stored ?? [])
  return [...new Set([discriminator, ...keys, ...bound, ...own])]
}

/**
 * What is sealed or stored in S3 of an entity, or of some of its attributes.
 *
 * @since 0.1.0
 * @category accessors
 */
export const places = (
  source: Source,
  names: ReadonlyArray<string> = [...source.attributes.keys()]
): Either.Either<ReadonlyArray<Place>, SerializationException> => {
  const found: Array<Place> = []
  const walk = (path: ReadonlyArray<string>): SerializationException | undefined => {
    const at = Either.try(() => source.at(path))
    if (Either.isLeft(at)) {
      return new SerializationException({ path, reason: "is not the same in each member of a union" })
    }
    const { names, opaque } = at.right
    if (opaque?.sealed !== undefined || opaque?.offloaded !== undefined) {
      found.push({ sealed: opaque.sealed, offloaded: opaque.offloaded })
      return undefined
    }
    for (const name of names) {
      // a schema that contains itself has the same places at each depth
      if (path.filter((one) => one === name).length > 1) continue
      const failed = walk([...path, name])
      if (failed !== undefined) return failed
    }
    return undefined
  }
  for (const name of names) {
    const attribute = source.attributes.get(name)
    if (attribute === undefined || !(attribute.sealed || attribute.offloaded)) continue
    const failed = walk([name])
    if (failed !== undefined) return Either.left(failed)
  }
  return Either.right(found)
}
