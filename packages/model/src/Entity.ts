/**
 * An entity: a Schema, the table that it lives in, and how its keys are made. Everything that an entity can do is an operation: an effect
 * with exactly the failures and requirements that it has, which also carries its plan for batches and transactions.
 *
 * @since 0.1.0
 */
import type { ValidationException } from "@armature/aws/Exceptions"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type { ItemTooLargeException } from "@armature/dynamodb/DynamoDBException"
import type { Item } from "@armature/dynamodb/Item"
import type { Blobs } from "@armature/s3/Blobs"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { ItemNotFoundException } from "./EntityException.js"
import type { Action, Capability, Paths } from "./Expression.js"
import * as internal from "./internal/entity.js"
import type { EntityPlan } from "./internal/entityPlan.js"
import type * as T from "./internal/entityTypes.js"
import type { SizeReport } from "./internal/size.js"
import type { Read, Write } from "./Operation.js"
import type * as Table from "./Table.js"

/**
 * The brand of entities.
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

// ---------------------------------------------------------------------------------------------------------------- options

/**
 * How an entity is made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<X> {
  /** Tells the entity's items from others in the table. By default the schema's identifier (a class's name). */
  readonly name?: string | undefined
  /**
   * The most bytes that an item may have, as DynamoDB counts them. Default: 409,600, DynamoDB's own limit. An item that is written whole (by
   * `put`, `create`, `replace` or `save`, alone or in a batch or a transaction) and has more is an `ItemTooLargeException`, and is not sent.
   * An `update` does not know the rest of its item: of an item that becomes too large by it DynamoDB says that it is invalid.
   */
  readonly maxSize?: number | undefined
  /**
   * The attributes of the primary key that go into the KMS encryption context: a tenant, say. Every value of it has a data key of its own
   * and stands in KMS's audit log, so it is of low cardinality.
   */
  readonly context?: ReadonlyArray<T.PrimaryAttributes<X>> | undefined
  /**
   * Whether the attributes that a template of the primary key is made of are stored beside it as well. Default `true`, for conditions, filters
   * and other programs. With `false` they stand in the key alone, and are read from there; a condition, a filter or an update over one of
   * them is a `ValidationException`, and is not sent.
   */
  readonly storeKeyAttributes?: boolean | undefined
}

/**
 * Options of a read of one item.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReadOptions {
  /** Reads what the last write wrote; costs twice the units. Default `false`. */
  readonly consistent?: boolean | undefined
  /** An item that has expired, by the attribute that is `TimeToLive`, and is not deleted yet is none. Default `false`. */
  readonly unexpired?: boolean | undefined
}

/**
 * How the sort key is compared in a query; the parts of a template are given from its first on, without a hole.
 *
 * @since 0.1.0
 * @category models
 */
export type Range<A, P extends ReadonlyArray<string>> =
  | { readonly eq: T.Whole<A, P> }
  | { readonly beginsWith: T.Leading<A, P> }
  | { readonly gt: T.Leading<A, P> }
  | { readonly gte: T.Leading<A, P> }
  | { readonly lt: T.Leading<A, P> }
  | { readonly lte: T.Leading<A, P> }
  | { readonly between: readonly [low: T.Leading<A, P>, high: T.Leading<A, P>] }

/**
 * Options of a query; `G` is whether it is of a global index.
 *
 * @since 0.1.0
 * @category models
 */
export interface QueryOptions<A, E, P extends ReadonlyArray<string>, G = false> extends ScanOptions<A, E, G> {
  /** Which of the partition: all of it by default. */
  readonly sk?: (P extends readonly [] ? never : Range<A, P>) | undefined
  /** From the last to the first. Default `false`. */
  readonly reverse?: boolean | undefined
}

/**
 * Options of a scan, and of any read of many items.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScanOptions<A, E, G = false> {
  /** Which of the items that are read, and paid for, are given. */
  readonly filter?: T.If<A, E> | undefined
  /** How many items at most. */
  readonly limit?: number | undefined
  /** Reads what the last write wrote; costs twice the units. A global index has no such reads. Default `false`. */
  readonly consistent?: T.Consistent<G> | undefined
  /** Where to go on: the `cursor` of a page of the same query, or of a scan. One that is not is a `ValidationException`. */
  readonly cursor?: string | undefined
  /** Leaves out what has expired and is not deleted yet, by the attribute that is `TimeToLive`. Default `false`. */
  readonly unexpired?: boolean | undefined
  /** How many items DynamoDB reads for one page. */
  readonly pageSize?: number | undefined
}

/**
 * Items that were read at once.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<out A> {
  readonly items: ReadonlyArray<A>
  /** Where the next page begins: opaque text that can be given away, since it says nothing but keys; none where this was the last. */
  readonly cursor: Option.Option<string>
}

/**
 * The bytes that DynamoDB counts for an item, by attribute with the largest first, each and all with their `share` of the entity's limit
 * (1 is full), and estimates of the capacity units of reading it and of putting it where none stands.
 *
 * @since 0.1.0
 * @category models
 */
export type ItemSize = SizeReport

// ---------------------------------------------------------------------------------------------------------------- failures

/**
 * What making a put's request can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type PutPlanError<E, N> = T.EncodeError<E> | ItemTooLargeException | ValidationException | N

/**
 * What an update's request can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type UpdatePlanError<N, L> = T.EncodeError<never> | T.ActionError<L> | ValidationException | N

/**
 * What a read's request and answer can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ReadPlanError<E, N> = T.DecodeError<E> | N

type KeyPlanError<N> = T.EncodeError<never> | ValidationException | N

type Old<E, V, H extends T.Around> = V extends "NONE" ? never : T.DecodeError<E> | H["load"]["error"]
type OldRequires<E, R, V, H extends T.Around> = V extends "NONE" ? never
  : T.DecodeRequires<E, R> | H["load"]["requires"]

// ---------------------------------------------------------------------------------------------------------------- entity

/**
 * An entity of the type `A`, encoded as `E` by the program's names, whose schema needs `R`; `X` are the parts of its keys, and `N` what
 * finding the table's name can fail with. `H` is what hooks and earlier schemas add: nothing by default.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entity<
  in out A,
  in out E,
  in out R,
  in out X extends T.AnyKeys,
  in out N,
  in out H extends T.Around = T.Plain
> {
  readonly [TypeId]: TypeId
  /** What tells its items from others in the table. */
  readonly name: string
  readonly table: Table.Any
  /** The compiled entity, for what is built over it. */
  readonly plan: EntityPlan<A>

  /** Writes the item whatever stands there, or if a condition is true. */
  readonly put: <
    const V extends "NONE" | "ALL_OLD" = "NONE",
    C extends T.Claim<A> = never
  >(
    item: A,
    options?: { readonly if?: ((p: Paths<A, E>) => C) | undefined; readonly return?: V | undefined }
  ) => Write<
    T.Returned<A, V, T.AsWritten<A, E>>,
    DynamoDB.PutItemError | PutPlanError<E, N | H["put"]["error"]> | T.Conditional<A, E, R, C, H> | Old<E, V, H>,
    DynamoDB.DynamoDB | T.EncodeRequires<E, R | H["put"]["requires"]> | OldRequires<E, R, V, H>,
    {
      readonly fits: T.FitsOf<V, T.Conditional<A, E, R, C, H>, "batch", H["put"]["after"]>
      readonly error: PutPlanError<E, N | H["put"]["error"]>
      readonly requires: T.EncodeRequires<E, R | H["put"]["requires"]>
      readonly condition: T.Conditional<A, E, R, C, H>
    }
  >

  /**
   * Makes an item and writes it, if none stands there: ids, timestamps and the version are filled in from `Ids` and `Clock`, and what has a
   * default in the schema need not be given. Gives the item as it was written.
   */
  readonly create: <I>(
    input: T.Created<I, T.CreateInput<A, E>>
  ) => Write<
    A,
    DynamoDB.PutItemError | PutPlanError<E, N | H["put"]["error"]> | T.ConditionFailed<A, E, R, H>,
    DynamoDB.DynamoDB | T.EncodeRequires<E, R | H["put"]["requires"]>,
    {
      readonly fits: T.FitsOf<"NONE", never, "transact", H["put"]["after"]>
      readonly error: PutPlanError<E, N | H["put"]["error"]>
      readonly requires: T.EncodeRequires<E, R | H["put"]["requires"]>
      readonly condition: T.ConditionFailed<A, E, R, H>
    }
  >

  /** Writes the item if one stands there already. */
  readonly replace: (
    item: A
  ) => Write<
    T.AsWritten<A, E>,
    DynamoDB.PutItemError | PutPlanError<E, N | H["put"]["error"]> | T.ConditionFailed<A, E, R, H>,
    DynamoDB.DynamoDB | T.EncodeRequires<E, R | H["put"]["requires"]>,
    {
      readonly fits: T.FitsOf<"NONE", never, "transact", H["put"]["after"]>
      readonly error: PutPlanError<E, N | H["put"]["error"]>
      readonly requires: T.EncodeRequires<E, R | H["put"]["requires"]>
      readonly condition: T.ConditionFailed<A, E, R, H>
    }
  >

  /** The item, if there is one. */
  readonly get: (key: Pick<A, T.PrimaryAttributes<X> & keyof A>, options?: ReadOptions) => Read<
    Option.Option<A>,
    DynamoDB.GetItemError | ReadPlanError<E, N | H["load"]["error"]>,
    DynamoDB.DynamoDB | T.DecodeRequires<E, R | H["load"]["requires"]>,
    {
      readonly error: ReadPlanError<E, N | H["load"]["error"]>
      readonly requires: T.DecodeRequires<E, R | H["load"]["requires"]>
    }
  >

  /** The item; an `ItemNotFoundException` where there is none. */
  readonly require: (key: Pick<A, T.PrimaryAttributes<X> & keyof A>, options?: ReadOptions) => Read<
    A,
    DynamoDB.GetItemError | ReadPlanError<E, N | H["load"]["error"]> | ItemNotFoundException,
    DynamoDB.DynamoDB | T.DecodeRequires<E, R | H["load"]["requires"]>,
    {
      readonly error: ReadPlanError<E, N | H["load"]["error"]> | ItemNotFoundException
      readonly requires: T.DecodeRequires<E, R | H["load"]["requires"]>
    }
  >

  /** Some attributes of the item, if there is one. Only they are sent, though all of the item is paid for. */
  readonly pick: <const K extends T.KeysOf<E> & keyof A>(
    key: Pick<A, T.PrimaryAttributes<X> & keyof A>,
    attributes: ReadonlyArray<K>,
    options?: ReadOptions
  ) => Read<
    Option.Option<Pick<A, K>>,
    DynamoDB.GetItemError | T.PickError<E, K> | N,
    DynamoDB.DynamoDB | T.PickRequires<E, K, R>,
    {
      readonly error: T.PickError<E, K> | N
      readonly requires: T.PickRequires<E, K, R>
    }
  >

  /**
   * Changes attributes of an item. An update that touches an attribute of an index's key is `given` the key's other attributes, which also
   * become a condition. A versioned entity takes the version with the key, and gives the new one.
   *
   * Where no item stands it makes none: without a condition of its own it fails with an `ItemNotFoundException`, with one as that does, and
   * `item` is none. With `upsert: true` it makes one of the key and what it sets, which must be every attribute that is required; an update
   * that leaves one out is a `ValidationException`, and is not sent.
   *
   * What it replaces or removes in S3 is deleted, where a `Blobs` is there; with `return: "ALL_NEW"` or `"UPDATED_NEW"`, beside which
   * DynamoDB gives no old image, it is left to the sweeper. What the old image of a `return: "ALL_OLD"` points to is deleted, too.
   */
  readonly update: <
    const L extends ReadonlyArray<Action<string, boolean, Capability>>,
    const V extends "NONE" | "ALL_OLD" | "ALL_NEW" | "UPDATED_OLD" | "UPDATED_NEW" = "NONE",
    C extends T.Claim<A> = never,
    const U extends boolean = false
  >(
    key: Pick<A, (T.PrimaryAttributes<X> | T.VersionOf<E>) & keyof A>,
    actions: (p: Paths<A, E>) => T.Settable<E, X, L[number]> & L,
    ...options: T.UpdateArguments<
      A,
      E,
      X,
      L[number],
      {
        readonly if?: ((p: Paths<A, E>) => C) | undefined
        readonly return?: V | undefined
        readonly upsert?: U | undefined
      }
    >
  ) => Write<
    T.Returned<A, V, T.NewVersion<A, E>>,
    | DynamoDB.UpdateItemError
    | UpdatePlanError<N | H["update"]["error"], L[number]>
    | T.UpdateConditional<A, E, R, X, L[number], C, U, H>
    | Old<E, V, H>,
    DynamoDB.DynamoDB | R | H["update"]["requires"] | T.ActionRequires<L[number]> | OldRequires<E, R, V, H>,
    {
      readonly fits: T.FitsOf<V, never, "transact", H["update"]["after"]>
      readonly error: UpdatePlanError<N | H["update"]["error"], L[number]>
      readonly requires: R | H["update"]["requires"] | T.ActionRequires<L[number]>
      readonly condition: T.UpdateConditional<A, E, R, X, L[number], C, U, H>
    }
  >

  /** Sends what changed between two versions of one item, as an update that touches nothing else, and gives the item as it now is. */
  readonly save: (
    before: A,
    after: A
  ) => Write<
    A,
    DynamoDB.UpdateItemError | PutPlanError<E, N | H["update"]["error"]> | T.ConditionFailed<A, E, R, H>,
    DynamoDB.DynamoDB | T.EncodeRequires<E, R | H["update"]["requires"]>,
    {
      readonly fits: T.FitsOf<"NONE", never, "transact", H["update"]["after"]>
      readonly error: PutPlanError<E, N | H["update"]["error"]>
      readonly requires: T.EncodeRequires<E, R | H["update"]["requires"]>
      readonly condition: T.ConditionFailed<A, E, R, H>
    }
  >

  /** Takes the item away. A versioned entity takes the version with the key. */
  readonly delete: <
    const V extends "NONE" | "ALL_OLD" = "NONE",
    C extends T.Claim<A> = never
  >(
    key: Pick<A, (T.PrimaryAttributes<X> | T.VersionOf<E>) & keyof A>,
    options?: { readonly if?: ((p: Paths<A, E>) => C) | undefined; readonly return?: V | undefined }
  ) => Write<
    T.Returned<A, V, void>,
    DynamoDB.DeleteItemError | KeyPlanError<N | H["delete"]["error"]> | T.Conditional<A, E, R, C, H> | Old<E, V, H>,
    DynamoDB.DynamoDB | R | H["delete"]["requires"] | OldRequires<E, R, V, H>,
    {
      readonly fits: T.FitsOf<V, T.Conditional<A, E, R, C, H>, "batch", H["delete"]["after"]>
      readonly error: KeyPlanError<N | H["delete"]["error"]>
      readonly requires: R | H["delete"]["requires"]
      readonly condition: T.Conditional<A, E, R, C, H>
    }
  >

  /** Whether a condition is true of the item that stands at the key: alone as a transaction of one, mostly with others in one. */
  readonly check: (
    key: Pick<A, T.PrimaryAttributes<X> & keyof A>,
    condition: T.If<A, E>
  ) => Write<
    void,
    T.CheckError | KeyPlanError<N> | T.ConditionFailed<A, E, R, H>,
    DynamoDB.DynamoDB | R,
    {
      readonly fits: "transact"
      readonly error: KeyPlanError<N>
      readonly requires: R
      readonly condition: T.ConditionFailed<A, E, R, H>
    }
  >

  /** The items of one partition of the table (`"primary"`) or an index, in the order of the sort key. A page is read when it is needed. */
  readonly query: <const I extends keyof X & string>(
    index: I,
    partition: T.Whole<A, X[I]["pk"]>,
    options?: QueryOptions<A, E, X[I]["sk"], X[I]["global"]>
  ) => Stream.Stream<
    A,
    DynamoDB.QueryError | ReadPlanError<E, N | H["load"]["error"]> | ValidationException,
    DynamoDB.DynamoDB | T.DecodeRequires<E, R | H["load"]["requires"]>
  >

  /** One page of a query, with the cursor of the next. */
  readonly queryPage: <const I extends keyof X & string>(
    index: I,
    partition: T.Whole<A, X[I]["pk"]>,
    options?: QueryOptions<A, E, X[I]["sk"], X[I]["global"]>
  ) => Effect.Effect<
    Page<A>,
    DynamoDB.QueryError | ReadPlanError<E, N | H["load"]["error"]> | ValidationException,
    DynamoDB.DynamoDB | T.DecodeRequires<E, R | H["load"]["requires"]>
  >

  /** All items of the entity: the whole table is read, and paid for. `segments` are read at a time, and merged as they come. */
  readonly scan: (
    options?: ScanOptions<A, E> & T.ScanIndex<X> & { readonly segments?: number | undefined }
  ) => Stream.Stream<
    A,
    DynamoDB.ScanError | ReadPlanError<E, N | H["load"]["error"]> | ValidationException,
    DynamoDB.DynamoDB | T.DecodeRequires<E, R | H["load"]["requires"]>
  >

  /** One page of a scan, with the cursor of the next. */
  readonly scanPage: (
    options?: ScanOptions<A, E> & T.ScanIndex<X>
  ) => Effect.Effect<
    Page<A>,
    DynamoDB.ScanError | ReadPlanError<E, N | H["load"]["error"]> | ValidationException,
    DynamoDB.DynamoDB | T.DecodeRequires<E, R | H["load"]["requires"]>
  >

  /** An item in wire form, opened and decoded: an image of a stream, what another client read. */
  readonly decode: (
    item: Item
  ) => Effect.Effect<A, T.DecodeError<E> | N | H["load"]["error"], T.DecodeRequires<E, R | H["load"]["requires"]>>

  /**
   * What the item takes up as a `put` would write it now, without its hooks, and what reading and writing it costs. What is sealed is sealed
   * for it, nothing is stored: a value for S3 counts as itself where its attribute says that it is small enough, or as a pointer to the
   * longest bucket. An item above the limit is no failure here.
   */
  readonly size: (item: A) => Effect.Effect<ItemSize, T.EncodeError<E>, Exclude<T.EncodeRequires<E, R>, Blobs>>
}

/**
 * Any entity.
 *
 * @since 0.1.0
 * @category models
 */
export interface Any {
  readonly [TypeId]: TypeId
  readonly name: string
  readonly table: Table.Any
}

/**
 * An entity of a table: a schema, and the template or attribute that each key is made of. What cannot be stored, and a key that cannot be
 * made, is thrown when the entity is made, with its path: it is a fault of the program's text.
 *
 * @since 0.1.0
 * @category constructors
 */
// operations are built by the plan, whose types are lost in it: what each gives and needs is what the interface says of the schema
export const make = internal.make as unknown as <
  S extends T.AnySchema,
  const K extends Table.KeyNames,
  const I extends Readonly<Record<string, Table.Index>>,
  N,
  const KT extends Readonly<Record<string, Table.KeyType | undefined>>,
  const Ix extends T.Declared<T.Shape<S>>
>(
  table: Table.Table<K, I, N, KT>,
  schema: S & T.Storable<T.Shape<S>>,
  keys: Ix & T.Sound<Ix, K, I, KT, T.Shape<S>>,
  options?: Options<T.KeysDeclared<Ix, I>>
) => Entity<S["Type"], T.Shape<S>, S["Context"], T.KeysDeclared<Ix, I>, N>
