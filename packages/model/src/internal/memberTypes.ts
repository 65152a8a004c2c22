/** What the operations of a batch or a transaction, in a tuple or by names, say in their types. */
import type * as Effect from "effect/Effect"
import type { WritePlan } from "../Operation.js"

/** Operations in an array or a tuple, or by names. */
export type Members<O> = ReadonlyArray<O> | { readonly [name: string]: O }

/** One of them. */
export type MemberOf<M> = M extends ReadonlyArray<infer O> ? O : M[keyof M]

/** What each of them gives, in their form. */
export type Results<M> = { readonly [I in keyof M]: ResultOf<M[I]> }

export type ResultOf<O> = O extends Effect.Effect<infer A, unknown, unknown> ? A : never

/** What making the plan of an operation, and decoding its answer, can fail with. */
export type PlanErrorOf<O> = O extends { readonly plan: Effect.Effect<unknown, infer E, unknown> } ? E : never

/** What making the plan of an operation, and decoding its answer, needs. */
export type PlanRequiresOf<O> = O extends { readonly plan: Effect.Effect<unknown, unknown, infer R> } ? R : never

/** The failure of a write's condition, if it has one. */
export type ConditionOf<O> = O extends {
  readonly plan: Effect.Effect<WritePlan<unknown, infer F, unknown, unknown>, unknown, unknown>
} ? F
  : never
