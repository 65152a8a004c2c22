/**
 * Evolution: items that were written by an earlier schema are read as values of the current one.
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"
import type * as Schema from "effect/Schema"
import type * as Entity from "./Entity.js"
import { fromPlan } from "./internal/entity.js"
import type { EntityPlan } from "./internal/entityPlan.js"
import type * as T from "./internal/entityTypes.js"
import * as internal from "./internal/evolution.js"

/**
 * How many items of an earlier schema were met, by `entity` (its name), `schema` (the position in `previous`, from 1) and `outcome`:
 * `read`, `written`, `conflict` (another writer changed the item meanwhile), `failed` (it could not be written back).
 *
 * @since 0.1.0
 * @category metrics
 */
export const migrations: Metric.Metric.Counter<number> = Metric.fromMetricKey(internal.counterKey)

/**
 * An earlier schema, and what makes an `A` of its values; `E` and `R` are what reading it can fail with and needs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Previous<out A, out E, out R> {
  readonly schema: T.AnySchema
  readonly migrate: (old: never) => A
  readonly _E?: E
  readonly _R?: R
}

/**
 * An earlier schema of an entity. `migrate` is pure; where it throws, reading the item is a `SerializationException`. Of a versioned entity
 * it keeps the version that it is given.
 *
 * @since 0.1.0
 * @category constructors
 */
export const from = <S extends T.AnySchema, A>(
  schema: S & T.Storable<T.Shape<S>>,
  migrate: (old: S["Type"]) => A
): Previous<A, T.DecodeError<T.Shape<S>>, T.DecodeRequires<T.Shape<S>, S["Context"]>> => ({ schema, migrate })

type ErrorOf<P> = P extends Previous<unknown, infer E, unknown> ? E : never
type ContextOf<P> = P extends Previous<unknown, unknown, infer R> ? R : never

/**
 * What earlier schemas `P` add to an entity's reads; `W` where they are written back.
 *
 * @since 0.1.0
 * @category models
 */
export interface Evolving<E, R, H extends T.Around, P, W> extends T.Around {
  readonly load: {
    readonly error: H["load"]["error"] | ErrorOf<P>
    readonly requires: H["load"]["requires"] | ContextOf<P> | (W extends true ? T.EncodeRequires<E, R> : never)
  }
  readonly put: H["put"]
  readonly update: H["update"]
  readonly delete: H["delete"]
}

/**
 * An entity that reads items of earlier schemas, too.
 *
 * @since 0.1.0
 * @category models
 */
export interface Evolved<A, E, R, X extends T.AnyKeys, N, H extends T.Around> extends Entity.Entity<A, E, R, X, N, H> {
  /** The earlier schemas as they are compiled. */
  readonly previous: ReadonlyArray<internal.Previous>
}

/**
 * The entity with its earlier schemas. An item that the current schema does not decode is tried with each of `previous` in order, newest
 * first, and migrated; where none fits, the failure is that of the current schema. What cannot be opened (an `EncryptionException`) is
 * never tried again: it is no older item. What is no binary, though sealed now, was never sealed: it is tried with those that have its
 * attribute in clear. Such a previous schema is best given only as long as there are such items, since until then whoever can write the
 * table can put one.
 *
 * With `writeBack` an item that was read whole from the table (by `get`, `require`, queries and scans, of an index only if that has all
 * attributes) is written back as an ordinary put, if it is still what was read: by its version, which goes up by one, or where it has
 * none by all of its attributes. The reading goes on whether that succeeds or not, and fails with nothing more. Items from batches,
 * transactions, streams and old images are migrated, but not written back; what is picked is not migrated at all. Hooks do not run.
 *
 * Each such item is counted in `migrations`. `Migration.run` migrates a whole table.
 *
 * @example
 * ```ts
 * import * as Entity from "@armature/model/Entity"
 * import * as Evolution from "@armature/model/Evolution"
 * import { key } from "@armature/model/Key"
 * import * as Table from "@armature/model/Table"
 * import * as Schema from "effect/Schema"
 *
 * const UserV1 = Schema.Struct({ id: Schema.String, name: Schema.String })
 * class User extends Schema.Class<User>("User")({ id: Schema.String, first: Schema.String, last: Schema.String }) {}
 *
 * const App = Table.make("app", { key: ["pk"] })
 * const Users = Evolution.make(Entity.make(App, User, { primary: { pk: key`USER#${"id"}` } }), {
 *   previous: [
 *     Evolution.from(UserV1, ({ id, name }) => {
 *       const [first = "", ...rest] = name.split(" ")
 *       return new User({ id, first, last: rest.join(" ") })
 *     })
 *   ],
 *   writeBack: true
 * })
 *
 * export const user = Users.require({ id: "1" })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const make = <
  A,
  E,
  R,
  X extends T.AnyKeys,
  N,
  H extends T.Around,
  const P extends ReadonlyArray<Previous<A, unknown, unknown>>,
  const W extends boolean = false
>(
  entity: Entity.Entity<A, E, R, X, N, H>,
  options: { readonly previous: P; readonly writeBack?: W | undefined }
): Evolved<A, E, R, X, N, Evolving<E, R, H, P[number], W>> => {
  // what the plan is of is known to the types of the entity alone
  const plan = entity.plan as unknown as EntityPlan<never>
  const previous = options.previous.map(({ migrate, schema }, i) =>
    // schemas are taken by their types alone, which is less for the compiler than all that they are
    internal.compilePrevious(plan, schema as unknown as Schema.Schema.All, migrate, i)
  )
  const made = {
    ...fromPlan({ ...plan, evolve: internal.evolve(plan, previous, options.writeBack === true) }),
    previous
  }
  return made as unknown as Evolved<A, E, R, X, N, Evolving<E, R, H, P[number], W>>
}
