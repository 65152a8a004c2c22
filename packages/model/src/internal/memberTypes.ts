/** What the operations of a batch or a transaction, in a tuple or by names, say in their types. */
import type * as Effect from "effect/Effect"
import type { Read, ReadInfo, Write, WriteInfo, WritePlan } from "../Operation.js"
import type { Refused } from "./entityTypes.js"

export type AnyOperation = Read<unknown, unknown, unknown, ReadInfo> | Write<unknown, unknown, unknown, WriteInfo>

/** Operations in an array or a tuple, or by names. */
export type Members<O> = ReadonlyArray<O> | { readonly [name: string]: O }

/**
 * Refuses members that are not of the type `O`, each by the words that `Whys` has for where it fits. (The words come first in the type: the
 * compiler cuts its messages.)
 */
export type Fitting<M, O, Whys> = [MemberOf<M>] extends [O] ? unknown
  : { readonly [I in keyof M]: M[I] extends O ? unknown : Refused<WhyOf<M[I], Whys>> }

type WhyOf<O, Whys> = O extends { readonly fits: infer F extends keyof Whys } ? Whys[F] & string
  : O extends { readonly fits: unknown } ? "it fits nowhere else"
  : Whys["read" & keyof Whys] & string

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
