/**
 * Conditions and updates over an entity's own attributes. A path is reached by property access (`p.address.zip`, `p.lines.at(0).qty`,
 * `p.scores.at("x")`), and has exactly the operators that DynamoDB has for what is stored there: no `beginsWith` on a number, and of what
 * is sealed, offloaded or compressed only whether it is there. Operands are values as the program holds them; they pass through the
 * attribute's own schema.
 *
 * @since 0.1.0
 */
import type { BigDecimal } from "effect/BigDecimal"
import type { Option } from "effect/Option"
import type { HasMark, OffloadedMark, OpaqueMark, SealedMark } from "./Attribute.js"
import * as internal from "./internal/condition.js"

/**
 * The brand of conditions, actions and what they are made of.
 *
 * @since 0.1.0
 * @category symbols
 */
export const TypeId: typeof internal.TypeId = internal.TypeId

/**
 * The type of the brand.
 *
 * @since 0.1.0
 * @category symbols
 */
export type TypeId = typeof internal.TypeId

/**
 * DynamoDB's names of its types, as `hasType` compares them.
 *
 * @since 0.1.0
 * @category models
 */
export type AttributeType = "S" | "N" | "B" | "BOOL" | "NULL" | "M" | "L" | "SS" | "NS" | "BS"

// ---------------------------------------------------------------------------------------------------------------- conditions

/**
 * Something that is true or false of an item of the model `M`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Condition<in M> {
  readonly [TypeId]: { readonly _M: (_: M) => void }
  /** Both. */
  and(that: Condition<M>): Condition<M>
  /** Either, or both. */
  or(that: Condition<M>): Condition<M>
  /** The opposite. */
  readonly not: Condition<M>
}

/**
 * A condition in DynamoDB's own words, where the typed ones do not reach. It stands alone: `if`, `filter` and `check` take it, and what a
 * version or `given` adds is joined to it by AND.
 *
 * @since 0.1.0
 * @category models
 */
export interface RawCondition {
  readonly [TypeId]: "RawCondition"
  readonly text: string
  readonly names: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * A condition as text, with the names (`#n`) and native values (`:v`) of its placeholders.
 *
 * @since 0.1.0
 * @category constructors
 */
export const raw = (
  text: string,
  placeholders: {
    readonly names?: Readonly<Record<string, string>> | undefined
    readonly values?: Readonly<Record<string, unknown>> | undefined
  } = {}
): RawCondition => ({
  [TypeId]: "RawCondition",
  text,
  names: placeholders.names ?? {},
  values: placeholders.values ?? {}
})

/**
 * All of them; without any, what is true of every item that exists or not cannot be said, so there is at least one.
 *
 * @since 0.1.0
 * @category combinators
 */
export const all = <M>(first: Condition<M>, ...more: ReadonlyArray<Condition<M>>): Condition<M> =>
  more.reduce((left, right) => left.and(right), first)

/**
 * Any of them.
 *
 * @since 0.1.0
 * @category combinators
 */
export const any = <M>(first: Condition<M>, ...more: ReadonlyArray<Condition<M>>): Condition<M> =>
  more.reduce((left, right) => left.or(right), first)

/**
 * The opposite of a condition.
 *
 * @since 0.1.0
 * @category combinators
 */
export const not = <M>(condition: Condition<M>): Condition<M> => condition.not

// ---------------------------------------------------------------------------------------------------------------- actions

/**
 * What writing a value takes beside DynamoDB.
 *
 * @since 0.1.0
 * @category models
 */
export type Capability = "seal" | "store"

/**
 * One change of an update. `K` is the attribute that it touches, `Known` whether the value that will stand there is known beforehand, `W`
 * what writing it takes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Action<out K extends string = string, out Known extends boolean = boolean, out W = Capability> {
  readonly [TypeId]: { readonly _K: K; readonly _Known: Known; readonly _W: W }
}

/**
 * Something within an item of `M` that has a value of type `A`: a path, or what `ifMissing`, `plus` and `minus` make of one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Term<in M, out A> {
  readonly [TypeId]: { readonly _M: (_: M) => void; readonly _A: () => A }
}

/**
 * A path, where its value is meant.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ref<in M, out A> extends Term<M, A> {
  readonly path: ReadonlyArray<string | number>
}

/** What writing a value of the encoded type `E` takes. */
type Needs<E> =
  | ([HasMark<E, SealedMark>] extends [never] ? never : "seal")
  | ([HasMark<E, OffloadedMark>] extends [never] ? never : "store")

// ---------------------------------------------------------------------------------------------------------------- paths

/**
 * What every path has.
 *
 * @since 0.1.0
 * @category paths
 */
export interface AnyPath<M> {
  /** There is something. */
  readonly exists: Condition<M>
  /** There is nothing. */
  readonly missing: Condition<M>
  /** What is there is stored as this type. */
  readonly hasType: (type: AttributeType) => Condition<M>
}

/**
 * A path of what is sealed, offloaded or compressed: it can be set, and asked whether it is there.
 *
 * @since 0.1.0
 * @category paths
 */
export interface OpaquePath<M, K extends string, A, E> extends AnyPath<M> {
  readonly set: (value: A) => Action<K, true, Needs<E>>
}

/**
 * A path that can be taken away: of an optional attribute, a member of a record, an element of a list. What then stands there is known: an
 * index whose key is made of the attribute loses the item, or has it by the schema's default.
 *
 * @since 0.1.0
 * @category paths
 */
export interface Removable<K extends string> {
  readonly remove: Action<K, true, never>
}

/**
 * A path whose value can be compared for equality and set.
 *
 * @since 0.1.0
 * @category paths
 */
export interface ValuePath<M, K extends string, A> extends AnyPath<M>, Ref<M, A> {
  readonly eq: (value: A | Ref<M, A>) => Condition<M>
  readonly ne: (value: A | Ref<M, A>) => Condition<M>
  /** Equal to one of up to 100 values; of none it is never true, so there is at least one. */
  readonly in: (values: readonly [A, ...ReadonlyArray<A>]) => Condition<M>
  /** To a value, or to what stands elsewhere in the item before the update. */
  readonly set: SetTo<M, K, A>
  /** To a value, unless there is one. */
  readonly setIfMissing: (value: A) => Action<K, false, never>
  /** What is here, or another value where there is nothing: for `set`. */
  readonly ifMissing: (value: A) => Term<M, A>
}

/**
 * Sets an attribute to a value, or to what DynamoDB makes of what is there (`plus`, `ifMissing`, …). Only a value is known to be there
 * afterwards: an index key that is made of the attribute is written again.
 *
 * @since 0.1.0
 * @category paths
 */
export interface SetTo<M, K extends string, A> {
  (value: A): Action<K, true, never>
  (value: Term<M, A>): Action<K, false, never>
}

/**
 * A path whose values have an order.
 *
 * @since 0.1.0
 * @category paths
 */
export interface OrderedPath<M, K extends string, A> extends ValuePath<M, K, A>, Ordered<M, NonNullable<A>> {}

/**
 * Comparisons by order.
 *
 * @since 0.1.0
 * @category paths
 */
export interface Ordered<M, A> {
  readonly lt: (value: A | Ref<M, A>) => Condition<M>
  readonly lte: (value: A | Ref<M, A>) => Condition<M>
  readonly gt: (value: A | Ref<M, A>) => Condition<M>
  readonly gte: (value: A | Ref<M, A>) => Condition<M>
  /** From `low` to `high`, both included. */
  readonly between: (low: A, high: A) => Condition<M>
}

/**
 * A path of a number whose type in the program is no number: a date as seconds, say.
 *
 * @since 0.1.0
 * @category paths
 */
export interface NumericPath<M, K extends string, A> extends OrderedPath<M, K, A> {}

/**
 * A path of a number.
 *
 * @since 0.1.0
 * @category paths
 */
export interface NumberPath<M, K extends string, A> extends OrderedPath<M, K, A> {
  /** Adds to what is there, which counts as zero where there is nothing. */
  readonly add: (value: NonNullable<A>) => Action<K, false, never>
  /** The sum, for `set`. */
  readonly plus: (value: NonNullable<A> | Ref<M, A>) => Term<M, A>
  /** The difference, for `set`. */
  readonly minus: (value: NonNullable<A> | Ref<M, A>) => Term<M, A>
}

/**
 * A path of text.
 *
 * @since 0.1.0
 * @category paths
 */
export interface StringPath<M, K extends string, A> extends OrderedPath<M, K, A>, Sized<M> {
  /** The stored text begins with this. */
  readonly beginsWith: (text: string) => Condition<M>
  /** The stored text has this within. */
  readonly contains: (text: string) => Condition<M>
}

/**
 * A path of bytes.
 *
 * @since 0.1.0
 * @category paths
 */
export interface BinaryPath<M, K extends string, A> extends OrderedPath<M, K, A>, Sized<M> {
  readonly beginsWith: (bytes: Uint8Array) => Condition<M>
  readonly contains: (bytes: Uint8Array) => Condition<M>
}

/**
 * A path whose value has a size: bytes of text (in UTF-8) and of binary, members of the rest.
 *
 * @since 0.1.0
 * @category paths
 */
export interface Sized<M> {
  readonly size: SizeOf<M>
}

/**
 * A size, for conditions.
 *
 * @since 0.1.0
 * @category paths
 */
export interface SizeOf<M> extends Ordered<M, number>, Ref<M, number> {
  readonly eq: (value: number | Ref<M, number>) => Condition<M>
  readonly ne: (value: number | Ref<M, number>) => Condition<M>
}

/**
 * A path of a list.
 *
 * @since 0.1.0
 * @category paths
 */
export interface ListPath<M, K extends string, A, I, EI> extends ValuePath<M, K, A>, Sized<M> {
  /** An element, from 0. */
  readonly at: (index: number) => Path<M, K, I, EI> & Removable<K>
  readonly append: (values: ReadonlyArray<I>) => Action<K, false, never>
  readonly prepend: (values: ReadonlyArray<I>) => Action<K, false, never>
  readonly contains: (element: I) => Condition<M>
}

/**
 * A path of a set.
 *
 * @since 0.1.0
 * @category paths
 */
export interface SetPath<M, K extends string, A, I> extends ValuePath<M, K, A>, Sized<M> {
  /** Adds members. */
  readonly add: (members: ReadonlySet<I>) => Action<K, false, never>
  /** Takes members out. */
  readonly delete: (members: ReadonlySet<I>) => Action<K, false, never>
  readonly contains: (member: I) => Condition<M>
}

/**
 * A path of a record: members by name.
 *
 * @since 0.1.0
 * @category paths
 */
export interface RecordPath<M, K extends string, A, I, EI> extends ValuePath<M, K, A>, Sized<M> {
  readonly at: (name: string) => Path<M, K, I, EI> & Removable<K>
}

/**
 * A path of a struct. Its members are properties of the path; one whose name is an operator's is reached by `at`.
 *
 * @since 0.1.0
 * @category paths
 */
export interface StructPath<M, K extends string, A, E> extends ValuePath<M, K, A>, Sized<M>, MemberAt<M, K, A, E> {}

/**
 * A path of a struct with something sealed, offloaded or compressed inside: it cannot be compared as a whole.
 *
 * @since 0.1.0
 * @category paths
 */
export interface OpaqueStructPath<M, K extends string, A, E> extends OpaquePath<M, K, A, E>, MemberAt<M, K, A, E> {}

interface MemberAt<M, K extends string, A, E> {
  /** A member by its name. */
  readonly at: <N extends Keys<A> & Keys<E>>(name: N) => Member<M, K, A, E, N>
}

/** What an operand of an `Option` attribute is: the value inside, or `null` for none of one that is stored so. */
type Operand<A, E> = A extends Option<infer X> ? X | (undefined extends E ? never : Extract<E, null>)
  : Exclude<A, undefined>

/**
 * The path of type `A` in the program and `E` in the encoded form.
 *
 * @since 0.1.0
 * @category paths
 */
export type Path<M, K extends string, A, E> = [Extract<E, OpaqueMark>] extends [never]
  ? [E] extends [never] ? ValuePath<M, K, A>
  : [E] extends [number | bigint | BigDecimal]
    ? [NonNullable<A>] extends [number | bigint | BigDecimal] ? NumberPath<M, K, A> : NumericPath<M, K, A>
  : [E] extends [string] ? StringPath<M, K, A>
  : [E] extends [boolean] ? ValuePath<M, K, A>
  : [E] extends [Uint8Array] ? BinaryPath<M, K, A>
  : [E] extends [ReadonlySet<unknown>] ? SetPath<M, K, A, A extends ReadonlySet<infer I> ? I : never>
  : [E] extends [ReadonlyArray<infer EI>]
    ? NonNullable<A> extends ReadonlyArray<infer I>
      ? [HasMark<EI, OpaqueMark>] extends [never] ? ListPath<M, K, A, I, EI> : OpaquePath<M, K, A, E>
    : ValuePath<M, K, A>
  : [E] extends [object]
    ? string extends Keys<E>
      ? NonNullable<A> extends { readonly [name: string]: infer I } ? RecordPath<M, K, A, I, Get<E, string>>
      : ValuePath<M, K, A>
    : [HasMark<E, OpaqueMark>] extends [never] ?
      StructPath<M, K, A, E> & Members<M, K, A, E, keyof StructPath<M, K, A, E>>
    : OpaqueStructPath<M, K, A, E> & Members<M, K, A, E, keyof OpaqueStructPath<M, K, A, E>>
  : ValuePath<M, K, A>
  : OpaquePath<M, K, A, E>

/** The names of any member of a union. */
type Keys<T> = T extends unknown ? keyof T & string : never

/** What any member of a union has under a name; `undefined` for those that have it not. */
type Get<T, K> = T extends unknown ? K extends keyof T ? T[K] : undefined : never

type Member<M, K extends string, A, E, N extends string> =
  & Path<M, K, Operand<Get<NonNullable<A>, N>, Get<E, N>>, NonNullable<Get<E, N>>>
  & (undefined extends Get<NonNullable<A>, N> | Get<E, N> ? Removable<K> : unknown)

type Members<M, K extends string, A, E, Reserved> = {
  readonly [N in Exclude<Keys<NonNullable<A>> & Keys<E>, Reserved | "remove">]: Member<M, K, A, E, N>
}

/**
 * The paths of a model: `A` in the program, `E` in the encoded form by the program's names. Of a union, those of each member.
 *
 * @since 0.1.0
 * @category paths
 */
export type Paths<in out A, in out E> = { readonly [K in Keys<A> & Keys<E>]: Member<A, K, A, E, K> }
