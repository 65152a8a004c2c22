/**
 * An entity's operations bound to their services, for code that takes a repository and knows of no layers: what reads, and what writes,
 * apart. A writer cannot read: it returns no item, and what a failed condition found is opened only by who has the means to read.
 *
 * @since 0.1.0
 */
import type { ValidationException } from "@armature/aws/Exceptions"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type * as Entity from "./Entity.js"
import type { Action, Capability, Paths } from "./Expression.js"
import type * as T from "./internal/entityTypes.js"
import * as internal from "./internal/repository.js"

/** An operation that is no generic function, with nothing left that it needs. */
type Bound<F> = F extends (...args: infer P) => Effect.Effect<infer A, infer E, unknown>
  ? (...args: P) => Effect.Effect<A, E>
  : F extends (...args: infer P) => Stream.Stream<infer A, infer E, unknown> ? (...args: P) => Stream.Stream<A, E>
  : never

/**
 * The reads of an entity.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reader<A, E, R, X extends T.AnyKeys, N> {
  /** The item, if there is one. */
  readonly get: Bound<Entity.Entity<A, E, R, X, N>["get"]>
  /** The item; an `ItemNotFoundException` where there is none. */
  readonly require: Bound<Entity.Entity<A, E, R, X, N>["require"]>
  /** Some attributes of the item, if there is one. */
  readonly pick: <const K extends T.KeysOf<E> & keyof A>(
    key: Pick<A, T.PrimaryAttributes<X> & keyof A>,
    attributes: ReadonlyArray<K>,
    options?: Entity.ReadOptions
  ) => Effect.Effect<Option.Option<Pick<A, K>>, DynamoDB.GetItemError | T.PickError<E, K> | N>
  /** The items of one partition of the table (`"primary"`) or an index. */
  readonly query: <const I extends keyof X & string>(
    index: I,
    partition: T.Whole<A, X[I]["pk"]>,
    options?: Entity.QueryOptions<A, E, X[I]["sk"], X[I]["global"]>
  ) => Stream.Stream<A, DynamoDB.QueryError | Entity.ReadPlanError<E, N> | ValidationException>
  /** One page of a query, with the cursor of the next. */
  readonly queryPage: <const I extends keyof X & string>(
    index: I,
    partition: T.Whole<A, X[I]["pk"]>,
    options?: Entity.QueryOptions<A, E, X[I]["sk"], X[I]["global"]>
  ) => Effect.Effect<Entity.Page<A>, DynamoDB.QueryError | Entity.ReadPlanError<E, N> | ValidationException>
  /** All items of the entity. */
  readonly scan: Bound<Entity.Entity<A, E, R, X, N>["scan"]>
  /** One page of a scan, with the cursor of the next. */
  readonly scanPage: Bound<Entity.Entity<A, E, R, X, N>["scanPage"]>
}

/**
 * The writes of an entity, none of which returns what it did not write. The item of a failed condition is opened by `decoded`, which asks
 * for what reading takes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Writer<A, E, R, X extends T.AnyKeys, N> {
  /** Writes the item whatever stands there, or if a condition is true. */
  readonly put: <C extends T.Claim<A> = never>(
    item: A,
    options?: { readonly if?: ((p: Paths<A, E>) => C) | undefined }
  ) => Effect.Effect<
    T.AsWritten<A, E>,
    DynamoDB.PutItemError | Entity.PutPlanError<E, N> | T.Conditional<A, E, R, C>
  >
  /** Makes an item and writes it, if none stands there. */
  readonly create: <I>(
    input: T.Created<I, T.CreateInput<A, E>>
  ) => Effect.Effect<A, DynamoDB.PutItemError | Entity.PutPlanError<E, N> | T.ConditionFailed<A, E, R>>
  /** Writes the item if one stands there already. */
  readonly replace: Bound<Entity.Entity<A, E, R, X, N>["replace"]>
  /** Changes attributes of an item that stands there, or makes it where it is an `upsert`. */
  readonly update: <
    const L extends ReadonlyArray<Action<string, boolean, Capability>>,
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
      { readonly if?: ((p: Paths<A, E>) => C) | undefined; readonly upsert?: U | undefined }
    >
  ) => Effect.Effect<
    T.NewVersion<A, E>,
    | DynamoDB.UpdateItemError
    | Entity.UpdatePlanError<N, L[number]>
    | T.UpdateConditional<A, E, R, X, L[number], C, U>
  >
  /** Sends what changed between two versions of one item. */
  readonly save: Bound<Entity.Entity<A, E, R, X, N>["save"]>
  /** Takes the item away. */
  readonly delete: <C extends T.Claim<A> = never>(
    key: Pick<A, (T.PrimaryAttributes<X> | T.VersionOf<E>) & keyof A>,
    options?: { readonly if?: ((p: Paths<A, E>) => C) | undefined }
  ) => Effect.Effect<
    void,
    DynamoDB.DeleteItemError | T.EncodeError<never> | ValidationException | N | T.Conditional<A, E, R, C>
  >
  /** Whether a condition is true of the item that stands at the key. */
  readonly check: Bound<Entity.Entity<A, E, R, X, N>["check"]>
}

/**
 * The reads of an entity over the services that are there now. What a call says itself of retries, limits and spans holds for it.
 *
 * @since 0.1.0
 * @category constructors
 */
// each operation is the entity's own, and has what it needs
export const reader = internal.reader as unknown as <A, E, R, X extends T.AnyKeys, N>(
  entity: Entity.Entity<A, E, R, X, N>
) => Effect.Effect<Reader<A, E, R, X, N>, never, DynamoDB.DynamoDB | T.DecodeRequires<E, R>>

/**
 * The writes of an entity over the services that are there now: those that open what is sealed are not among them.
 *
 * @example
 * ```ts
 * import * as Entity from "@armature/model/Entity"
 * import { key } from "@armature/model/Key"
 * import * as Repository from "@armature/model/Repository"
 * import * as Table from "@armature/model/Table"
 * import * as Context from "effect/Context"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Schema from "effect/Schema"
 *
 * class User extends Schema.Class<User>("User")({ id: Schema.String, name: Schema.String }) {}
 *
 * const Users = Entity.make(Table.make("users", { key: ["pk"] }), User, { primary: { pk: key`USER#${"id"}` } })
 *
 * const make = Effect.all({ reads: Repository.reader(Users), writes: Repository.writer(Users) })
 *
 * export class UserRepository extends Context.Tag("UserRepository")<UserRepository, Effect.Effect.Success<typeof make>>() {}
 *
 * export const layer = Layer.effect(UserRepository, make)
 *
 * export const rename = (id: string, name: string) =>
 *   Effect.flatMap(UserRepository, ({ writes }) => writes.update({ id }, (p) => [p.name.set(name)]))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
// each operation is the entity's own, and has what it needs; that none returns an item is the type's to say, since what would be opened
// takes a service that a writer need not have
export const writer = internal.writer as unknown as <A, E, R, X extends T.AnyKeys, N>(
  entity: Entity.Entity<A, E, R, X, N>
) => Effect.Effect<Writer<A, E, R, X, N>, never, DynamoDB.DynamoDB | T.EncodeRequires<E, R>>
