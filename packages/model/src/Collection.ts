/**
 * Collections: several entities that share a partition of one table, or of one of its indexes, read together. What belongs together is
 * one request, and each item is told by the name that its entity wrote beside it.
 *
 * @since 0.1.0
 */
import { tagged } from "@armature/aws/AwsException"
import type { ValidationException } from "@armature/aws/Exceptions"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type { Item } from "@armature/dynamodb/Item"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type * as Entity from "./Entity.js"
import * as internal from "./internal/collection.js"
import type { EntityPlan } from "./internal/entityPlan.js"
import { withTable } from "./internal/entityRead.js"
import type { Consistent, KeyParts, Whole } from "./internal/entityTypes.js"
import type { Member } from "./internal/membership.js"

/**
 * The brand of collections.
 *
 * @since 0.1.0
 * @category symbols
 */
export const TypeId: unique symbol = Symbol.for("@armature/model/Collection")

/**
 * The type of the brand.
 *
 * @since 0.1.0
 * @category symbols
 */
export type TypeId = typeof TypeId

/**
 * The entities of a collection, by the names that it has for them.
 *
 * @since 0.1.0
 * @category models
 */
export type Members = Readonly<Record<string, Entity.Any & { readonly plan: Member }>>

/**
 * The name that the collection has for an entity, and a value of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tagged<out K, out A> {
  readonly _tag: K
  readonly value: A
}

/**
 * An item is of no entity of the collection.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class NoMemberException extends tagged("NoMemberException")({
  says: "an item is of no entity of the collection"
}) {}

// ---------------------------------------------------------------------------------------------------------------- members

type Decoded<M> = M extends { readonly decode: (item: Item) => infer D } ? D : never
type ValueOf<M> = Decoded<M> extends Effect.Effect<infer A, unknown, unknown> ? A : never
type ErrorOf<M> = {
  readonly [K in keyof M]: Decoded<M[K]> extends Effect.Effect<unknown, infer E, unknown> ? E : never
}[keyof M]
type ContextOf<M> = {
  readonly [K in keyof M]: Decoded<M[K]> extends Effect.Effect<unknown, unknown, infer R> ? R : never
}[keyof M]

// the keys of an entity stand in the type of its queries: the index's name, then the parts of its partition
type KeysOf<M> = M extends Entity.Entity<infer _A, infer _E, infer _R, infer X, infer _N, infer _H> ? X : never

/** A union of functions takes what all of them take. */
type Both<F> = F extends (input: infer I) => void ? I : never
type All<T> = [T[keyof T]] extends [(input: infer I) => void] ? I : Both<T[keyof T]>

/**
 * The names that every member has for its keys in the table (`"primary"`) or an index.
 *
 * @since 0.1.0
 * @category models
 */
export type IndexOf<M> = All<{ readonly [K in keyof M]: (name: keyof KeysOf<M[K]>) => void }> & string

type PartsOf<M, I> = I extends keyof KeysOf<M> ? KeysOf<M>[I] extends KeyParts ? KeysOf<M>[I]["pk"] : never : never

/**
 * Whether the index `I` is a global one.
 *
 * @since 0.1.0
 * @category models
 */
export type IsGlobal<M, I> = true extends { readonly [K in keyof M]: GlobalOf<KeysOf<M[K]>, I> }[keyof M] ? true : false

type GlobalOf<X, I> = I extends keyof X ? X[I] extends { readonly global: true } ? true : false : false

/**
 * The attributes that the partition key of every member is made of, as all of them have it.
 *
 * @since 0.1.0
 * @category models
 */
export type Partition<M, I> = All<
  { readonly [K in keyof M]: (partition: Whole<ValueOf<M[K]>, PartsOf<M[K], I>>) => void }
>

/** Refuses a member whose partition key is made of other attributes than another's. */
type Sound<M, I> = {
  readonly [K in keyof M]: [{ readonly [L in keyof M]: PartsOf<M[L], I> }[keyof M]] extends [PartsOf<M[K], I>] ? unknown
    : { readonly "its partition key is made of other attributes than another member's": never }
}

/**
 * What a collection gives: the union of its members' values, each with its name.
 *
 * @since 0.1.0
 * @category models
 */
export type Entry<M> = { readonly [K in keyof M]: Tagged<K, ValueOf<M[K]>> }[keyof M]

/**
 * The values of each member, in the order of the sort key.
 *
 * @since 0.1.0
 * @category models
 */
export type Grouped<M> = { readonly [K in keyof M]: ReadonlyArray<ValueOf<M[K]>> }

// ---------------------------------------------------------------------------------------------------------------- queries

/**
 * How a partition is read; `G` is whether it is one of a global index.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<O extends "skip" | "fail" = "skip" | "fail", G = false> {
  /** What becomes of items of no member: left out by default, or a `NoMemberException`. They are read, and paid for, either way. */
  readonly others?: O | undefined
  /** From the last to the first. Default `false`. */
  readonly reverse?: boolean | undefined
  /** How many items at most, of all members together. */
  readonly limit?: number | undefined
  /** Reads what the last write wrote; costs twice the units. A global index has no such reads. Default `false`. */
  readonly consistent?: Consistent<G> | undefined
  /** Where to go on: the `cursor` of a page of the same partition. One that is not is a `ValidationException`. */
  readonly cursor?: string | undefined
  /** Leaves out what has expired and is not deleted yet, by the attribute that is `TimeToLive`. Default `false`. */
  readonly unexpired?: boolean | undefined
  /** How many items DynamoDB reads for one page. */
  readonly pageSize?: number | undefined
}

/**
 * What reading a collection can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type QueryError<M, O> =
  | DynamoDB.QueryError
  | ValidationException
  | ErrorOf<M>
  | (O extends "fail" ? NoMemberException : never)

/**
 * Entities of one table that share the partitions of the index `I`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Collection<M, I> {
  readonly [TypeId]: TypeId
  readonly members: M
  /** The compiled entities. */
  readonly plan: ReadonlyArray<Member>

  /** The items of one partition, in the order of the sort key. A page is read when it is needed. */
  readonly query: <const O extends "skip" | "fail" = "skip">(
    partition: Partition<M, I>,
    options?: Options<O, IsGlobal<M, I>>
  ) => Stream.Stream<Entry<M>, QueryError<M, O>, DynamoDB.DynamoDB | ContextOf<M>>

  /** One page of a partition, with the cursor of the next. */
  readonly queryPage: <const O extends "skip" | "fail" = "skip">(
    partition: Partition<M, I>,
    options?: Options<O, IsGlobal<M, I>>
  ) => Effect.Effect<Entity.Page<Entry<M>>, QueryError<M, O>, DynamoDB.DynamoDB | ContextOf<M>>

  /** All items of one partition, or as many as `limit` says, each member's in a list of its own. */
  readonly grouped: <const O extends "skip" | "fail" = "skip">(
    partition: Partition<M, I>,
    options?: Options<O, IsGlobal<M, I>>
  ) => Effect.Effect<Grouped<M>, QueryError<M, O>, DynamoDB.DynamoDB | ContextOf<M>>

  /** An item in wire form, opened and decoded by the entity whose it is; a `NoMemberException` where it is none's. */
  readonly decode: (item: Item) => Effect.Effect<Entry<M>, ErrorOf<M> | NoMemberException, ContextOf<M>>
}

/**
 * A collection of entities of one table, told apart by the names that they write beside their items. `index` is the name that every member
 * has for its keys there: those of the table by default. The partition key of all members is made alike; that it is not, and that the
 * members are of different tables or have one name, is thrown when the collection is made, since it is a fault of the program's text.
 *
 * An item without an entity's name is of no member, unless the collection has but one.
 *
 * @example
 * ```ts
 * import * as Collection from "@armature/model/Collection"
 * import * as Entity from "@armature/model/Entity"
 * import { key } from "@armature/model/Key"
 * import * as Table from "@armature/model/Table"
 * import * as Schema from "effect/Schema"
 *
 * class Order extends Schema.Class<Order>("Order")({ tenant: Schema.String, id: Schema.String }) {}
 * class Customer extends Schema.Class<Customer>("Customer")({ tenant: Schema.String, name: Schema.String }) {}
 * const App = Table.make("app", { key: ["pk", "sk"] })
 * const Orders = Entity.make(App, Order, { primary: { pk: key`T#${"tenant"}`, sk: key`ORDER#${"id"}` } })
 * const Customers = Entity.make(App, Customer, { primary: { pk: key`T#${"tenant"}`, sk: key`CUSTOMER#${"name"}` } })
 * const Tenants = Collection.make({ orders: Orders, customers: Customers })
 *
 * // a stream of { _tag: "orders", value: Order } | { _tag: "customers", value: Customer }
 * export const all = Tenants.query({ tenant: "acme" })
 * // { orders: ReadonlyArray<Order>, customers: ReadonlyArray<Customer> }
 * export const apart = Tenants.grouped({ tenant: "acme" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <const M extends Members, const I extends IndexOf<M> = "primary" & IndexOf<M>>(
  members: M & Sound<M, NoInfer<I>>,
  options?: { readonly index?: I | undefined }
): Collection<M, I> => {
  const plan = internal.compile(
    // what a plan is of is known to the types alone
    Object.fromEntries(
      Object.entries<Members[string]>(members).map(([tag, { plan }]) => [tag, plan as EntityPlan<never>])
    ),
    options?.index ?? "primary",
    (resource) => new NoMemberException({ service: "DynamoDB", resource })
  )
  const operations = {
    [TypeId]: TypeId,
    members,
    plan: plan.plans,
    query: internal.query(plan),
    queryPage: internal.queryPage(plan),
    grouped: internal.grouped(plan),
    decode: (item: Item) =>
      Effect.suspend(() => withTable(plan.first.plan, (table) => internal.decodeItem(plan, table, item)))
  }
  // operations are built by the plan, whose types are lost in it: what each gives and needs is what the interface says of the members
  return operations as unknown as Collection<M, I>
}
