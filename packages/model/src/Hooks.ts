/**
 * Hooks: effects that run before and after an entity's writes, and after its items were read. What they fail with and need joins exactly
 * the operations that run them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Entity from "./Entity.js"
import type { Hooks } from "./internal/around.js"
import { fromPlan } from "./internal/entity.js"
import type { EntityPlan } from "./internal/entityPlan.js"
import type { AnyKeys, Around, PrimaryKey } from "./internal/entityTypes.js"

type Any<A> = Effect.Effect<A, unknown, unknown>

/**
 * What can be hooked of an entity of `A` with the primary key `K`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<A, K> {
  /** The item that is put, created or replaced, before it is encoded: what it gives is written, with what fills itself filled after. */
  readonly beforePut?: ((item: A) => Any<A>) | undefined
  /** The item as it was written. */
  readonly afterPut?: ((item: A) => Any<unknown>) | undefined
  /** Before an update or a save. */
  readonly beforeUpdate?: ((key: K) => Any<unknown>) | undefined
  readonly afterUpdate?: ((key: K) => Any<unknown>) | undefined
  readonly beforeDelete?: ((key: K) => Any<unknown>) | undefined
  readonly afterDelete?: ((key: K) => Any<unknown>) | undefined
  /** Every whole item that is decoded, wherever it was read: what it gives is what the operation gives. Not what is picked. */
  readonly afterLoad?: ((item: A) => Any<A>) | undefined
}

type ErrorOf<K, N> = N extends keyof K
  ? K[N] extends ((item: never) => Effect.Effect<unknown, infer E, unknown>) | undefined ? E : never
  : never
type ContextOf<K, N> = N extends keyof K
  ? K[N] extends ((item: never) => Effect.Effect<unknown, unknown, infer R>) | undefined ? R : never
  : never
type Has<K, N> = N extends keyof K ? K[N] extends (item: never) => unknown ? true : boolean : false

interface Written<W, K, Before extends keyof Options<never, never>, After extends keyof Options<never, never>> {
  readonly error: (W extends { readonly error: infer E } ? E : never) | ErrorOf<K, Before> | ErrorOf<K, After>
  readonly requires: (W extends { readonly requires: infer R } ? R : never) | ContextOf<K, Before> | ContextOf<K, After>
  readonly after: W extends { readonly after: true } ? true : Has<K, After>
}

/**
 * What hooks `K` add to an entity that has `H` already.
 *
 * @since 0.1.0
 * @category models
 */
export interface Hooked<H extends Around, K> {
  readonly load: {
    readonly error: H["load"]["error"] | ErrorOf<K, "afterLoad">
    readonly requires: H["load"]["requires"] | ContextOf<K, "afterLoad">
  }
  readonly put: Written<H["put"], K, "beforePut", "afterPut">
  readonly update: Written<H["update"], K, "beforeUpdate", "afterUpdate">
  readonly delete: Written<H["delete"], K, "beforeDelete", "afterDelete">
}

/** The first, then the second. */
const both = <A>(
  first: ((input: A) => Any<unknown>) | undefined,
  second: ((input: A) => Any<unknown>) | undefined
): ((input: A) => Any<unknown>) | undefined =>
  first === undefined || second === undefined
    ? first ?? second
    : (input) => Effect.zipRight(first(input), second(input))

/** The first, and the second of what it gives. */
const piped = <A>(
  first: ((input: A) => Any<A>) | undefined,
  second: ((input: A) => Any<A>) | undefined
): ((input: A) => Any<A>) | undefined =>
  first === undefined || second === undefined ? first ?? second : (input) => Effect.flatMap(first(input), second)

/**
 * The entity with hooks. Hooks of an entity that has some already come after those.
 *
 * - A hook before a write runs when the write's plan is made, so in batches and transactions, too, and for `params`; it runs again where
 *   the operation does. Its failure means that nothing was sent.
 * - A hook after a write runs once the write is known to be applied, not where it failed, and not where the fiber is interrupted between
 *   the two. Its failure says nothing of the write, which stays. An operation with such a hook `fits` neither a batch nor a transaction,
 *   which would have to run it alone: it does not compile there.
 * - `check` has no hooks.
 *
 * @example
 * ```ts
 * import * as Entity from "@armature/model/Entity"
 * import * as Hooks from "@armature/model/Hooks"
 * import { key } from "@armature/model/Key"
 * import * as Table from "@armature/model/Table"
 * import * as Data from "effect/Data"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * class OverdrawnException extends Data.TaggedError("OverdrawnException") {}
 *
 * class Account extends Schema.Class<Account>("Account")({ id: Schema.String, balance: Schema.Number }) {}
 * const App = Table.make("app", { key: ["pk"] })
 * const Accounts = Hooks.make(Entity.make(App, Account, { primary: { pk: key`ACCOUNT#${"id"}` } }), {
 *   beforePut: (account) => account.balance < 0 ? Effect.fail(new OverdrawnException()) : Effect.succeed(account),
 *   afterDelete: ({ id }) => Effect.logInfo(`the account ${id} is closed`)
 * })
 *
 * // its failures include OverdrawnException
 * export const put = Accounts.put(new Account({ id: "1", balance: 10 }))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const make = <
  A,
  E,
  R,
  X extends AnyKeys,
  N,
  H extends Around,
  const K extends Options<A, PrimaryKey<A, X>>
>(
  entity: Entity.Entity<A, E, R, X, N, H>,
  hooks: K & { readonly [M in Exclude<keyof K, keyof Options<never, never>>]: never }
): Entity.Entity<A, E, R, X, N, Hooked<H, K>> => {
  // what the plan is of, and its hooks with it, is known to the types of the entity alone
  const plan = entity.plan as unknown as EntityPlan<never>
  const own = hooks as unknown as Hooks
  const before = plan.hooks ?? {}
  const made = fromPlan({
    ...plan,
    hooks: {
      beforePut: piped(before.beforePut, own.beforePut),
      afterPut: both(before.afterPut, own.afterPut),
      beforeUpdate: both(before.beforeUpdate, own.beforeUpdate),
      afterUpdate: both(before.afterUpdate, own.afterUpdate),
      beforeDelete: both(before.beforeDelete, own.beforeDelete),
      afterDelete: both(before.afterDelete, own.afterDelete),
      afterLoad: piped(before.afterLoad, own.afterLoad)
    }
  })
  return made as unknown as Entity.Entity<A, E, R, X, N, Hooked<H, K>>
}
