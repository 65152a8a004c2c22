/**
 * Keeps a program within capacity units a second: for a table, an index, or all that it does. A call waits for its turn before it begins;
 * it is charged what it is expected to cost, and what it really cost is put right by the consumed capacity that DynamoDB reports.
 *
 * @since 0.1.0
 */
import type { ConfigurationException } from "@armature/aws/Exceptions"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as internal from "./internal/rateLimit.js"

/**
 * A rate that stays: units a second for reads and for writes, each with a bucket of its own.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fixed extends internal.Fixed {}

/**
 * A rate that follows what AWS grants, between two bounds, for reads and for writes each on its own.
 *
 * @since 0.1.0
 * @category models
 */
export interface Adaptive extends internal.Adaptive {}

/**
 * How fast.
 *
 * @since 0.1.0
 * @category models
 */
export type Policy = Fixed | Adaptive

/**
 * What is limited: everything together by one policy, or each table by the policy under its name, and each global index by the one under
 * `table/index`. What no name stands for is not limited.
 *
 * @since 0.1.0
 * @category models
 */
export type Limits = Policy | Readonly<Record<string, Policy>>

/**
 * A fixed rate in capacity units a second. What is left out is not limited. `burst` is how many units can be taken at once by those who
 * come after a pause, for reads and for writes each; by default what comes in a second.
 *
 * Charges over any time are never more than the rate times that time, and the burst. Two things are known only once they have happened
 * and go beyond it, and what comes after waits for them: a request that costs more than was expected, and one that costs more than the
 * burst, which is let through when the bucket is full.
 *
 * @example
 * ```ts
 * import * as RateLimit from "@armature/dynamodb/RateLimit"
 *
 * export const nightly = RateLimit.fixed({ read: 200, write: 50, burst: 100 })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const fixed = (options: {
  readonly read?: number | undefined
  readonly write?: number | undefined
  readonly burst?: number | undefined
}): Fixed => ({ [internal.TypeId]: "fixed", read: options.read, write: options.write, burst: options.burst })

/**
 * A rate that finds what AWS grants, in capacity units a second. It begins half-way between the bounds, counted in doublings, doubles each
 * second while requests wait, and from the first throttle on follows CUBIC (RFC 9438): down to 85 % of the rate that was granted, back
 * within 15 seconds, and on from there.
 *
 * @example
 * ```ts
 * import * as RateLimit from "@armature/dynamodb/RateLimit"
 *
 * export const polite = RateLimit.adaptive({ min: 10, max: 4000 })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const adaptive = (options: { readonly min: number; readonly max: number }): Adaptive => ({
  [internal.TypeId]: "adaptive",
  min: options.min,
  max: options.max
})

/**
 * Limits the clients whose Layers this is provided to (`Layer.provide`), or a whole program: all calls share one set of buckets. Limits
 * that are in force outside hold too. Fails when a rate is no number above 0, or `min` is above `max`.
 *
 * @example
 * ```ts
 * import * as DynamoDB from "@armature/dynamodb/DynamoDB"
 * import * as RateLimit from "@armature/dynamodb/RateLimit"
 * import * as Layer from "effect/Layer"
 *
 * const limits = RateLimit.layer({
 *   orders: RateLimit.adaptive({ min: 10, max: 4000 }),
 *   "orders/byStatus": RateLimit.fixed({ read: 100 })
 * })
 *
 * export const live = DynamoDB.layer({ region: "eu-central-1" }).pipe(Layer.provide(limits))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (limits: Limits): Layer.Layer<never, ConfigurationException> =>
  Layer.effect(internal.InForce, internal.inside(limits))

/**
 * Limits one program, beside whatever limits it already: each run has buckets of its own. Fails as `layer` does.
 *
 * @example
 * ```ts
 * import * as DynamoDB from "@armature/dynamodb/DynamoDB"
 * import * as RateLimit from "@armature/dynamodb/RateLimit"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * // a report that leaves the table to those who are in a hurry
 * export const report = Effect.flatMap(
 *   DynamoDB.DynamoDB,
 *   (db) => Stream.runCount(db.scan.parallel({ TableName: "orders" }, { segments: 8 }))
 * ).pipe(RateLimit.withLimits(RateLimit.fixed({ read: 100 })))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withLimits: {
  (
    limits: Limits
  ): <A, E, R>(program: Effect.Effect<A, E, R>) => Effect.Effect<A, E | ConfigurationException, R>
  <A, E, R>(program: Effect.Effect<A, E, R>, limits: Limits): Effect.Effect<A, E | ConfigurationException, R>
} = dual(
  2,
  <A, E, R>(program: Effect.Effect<A, E, R>, limits: Limits): Effect.Effect<A, E | ConfigurationException, R> =>
    Effect.provideServiceEffect(program, internal.InForce, internal.inside(limits))
)
