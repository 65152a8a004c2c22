/**
 * How a key is made of an entity's attributes: a template, or an attribute as it is.
 *
 * A part of a template is written so that keys sort as their parts do, one after the other; that all keys with the same leading parts
 * have a prefix of their own; and that the parts can be read back. Text that holds the separator `#`, or anything below it, is escaped
 * with `$`; case is never changed.
 *
 * @since 0.1.0
 */
import * as internal from "./internal/key.js"

/**
 * Marks a key.
 *
 * @since 0.1.0
 * @category symbols
 */
export const TypeId: unique symbol = Symbol.for("@armature/model/Key")

/**
 * Marks a key.
 *
 * @since 0.1.0
 * @category symbols
 */
export type TypeId = typeof TypeId

/**
 * A key: the names of its attributes, in order, and how they become a value. A `"template"` is always a string (DynamoDB's type `S`); an
 * `"attribute"` is stored as it is, with its own type.
 *
 * @since 0.1.0
 * @category models
 */
export interface Key<
  out Parts extends ReadonlyArray<string>,
  out Kind extends "template" | "attribute" = "template" | "attribute"
> {
  readonly [TypeId]: TypeId
  readonly parts: Parts
  readonly kind: Kind
  readonly plan: internal.Plan
  /** Why no entity can have this key, if so: an entity that is made with it is refused. */
  readonly problem: string | undefined
}

/**
 * An attribute in a template, and how it is written.
 *
 * @since 0.1.0
 * @category models
 */
export interface Part<out Name extends string> {
  readonly attribute: Name
  readonly encoding: internal.Encoding
}

type Names<P extends ReadonlyArray<string | Part<string>>> = {
  readonly [I in keyof P]: P[I] extends Part<infer N> ? N : P[I] extends string ? P[I] : never
}

const make = <const Parts extends ReadonlyArray<string>, const Kind extends "template" | "attribute">(
  parts: Parts,
  kind: Kind,
  plan: internal.Plan
): Key<Parts, Kind> => ({ [TypeId]: TypeId, parts, kind, plan, problem: internal.problemOf(plan) })

const toPart = (part: string | Part<string>): Part<string> =>
  typeof part === "string" ? { attribute: part, encoding: internal.text } : part

const namesOf = <const P extends ReadonlyArray<string | Part<string>>>(parts: P): Names<P> => {
  const names: ReadonlyArray<string> = parts.map((part) => toPart(part).attribute)
  // the compiler does not follow a tuple through `map`: one name for each part, in order
  return names as Names<P>
}

const template = <const P extends ReadonlyArray<string | Part<string>>>(
  texts: TemplateStringsArray,
  ...parts: P
): Key<Names<P>, "template"> =>
  make(namesOf(parts), "template", {
    _tag: "Template",
    before: texts[0] ?? "",
    segments: parts.map((part, i) => ({ ...toPart(part), after: texts[i + 1] ?? "" }))
  })

/**
 * An attribute that is the key itself, neither encoded nor copied: for tables and indexes whose keys are the entity's own attributes, and
 * for keys of type `N` and `B`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const attribute = <const Name extends string>(name: Name): Key<readonly [Name], "attribute"> =>
  make([name], "attribute", { _tag: "Attribute", attribute: name })

/**
 * Makes a key out of text and attributes: `` key`TENANT#${"tenant"}#${Key.number("line", { digits: 6 })}` ``. The text between two
 * attributes, and after the last, begins with `#`. An attribute that is named by its text alone is written as text; a number is then
 * written without padding, and does not sort as a number.
 *
 * When an attribute of an index's key is missing, the item is left out of that index.
 *
 * @example
 * ```ts
 * import { key, number } from "@armature/model/Key"
 *
 * const lines = key`ORDER#${"order"}#${number("line", { digits: 6 })}`
 * console.log(lines.parts) // [ 'order', 'line' ]
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const key: {
  <const P extends ReadonlyArray<string | Part<string>>>(
    texts: TemplateStringsArray,
    ...parts: P
  ): Key<Names<P>, "template">
  readonly attribute: typeof attribute
} = Object.assign(template, { attribute })

/**
 * A number that sorts as one, negative ones first: the sign (`0`, or `-` with the digits' complement), `digits` whole digits and
 * `decimals` (0 by default) after the point. A number that has more digits than these cannot be written: a `SerializationException`.
 *
 * @since 0.1.0
 * @category parts
 */
export const number = <const Name extends string>(
  name: Name,
  options: { readonly digits: number; readonly decimals?: number | undefined }
): Part<Name> => ({
  attribute: name,
  encoding: { _tag: "Number", digits: options.digits, decimals: options.decimals ?? 0 }
})

/**
 * A point in time that sorts as one, whatever its offset: ISO 8601 in UTC with milliseconds, for the years 0000 to 9999. What is finer
 * than a millisecond cannot be written: a `SerializationException`.
 *
 * @since 0.1.0
 * @category parts
 */
export const date = <const Name extends string>(name: Name): Part<Name> => ({
  attribute: name,
  encoding: { _tag: "Date" }
})

/**
 * Text as it is, without escaping, for tables that exist already. The text after it need not begin with `#`; a value that holds that text
 * could not be read back, and cannot be written: a `SerializationException`. Order and prefixes are what the values make of them.
 *
 * @since 0.1.0
 * @category parts
 */
export const raw = <const Name extends string>(name: Name): Part<Name> => ({
  attribute: name,
  encoding: { _tag: "Raw" }
})
