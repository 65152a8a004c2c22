/** Calls that are effects. */
import * as Effect from "effect/Effect"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import type { Calls, Lane } from "./contestant.js"
import type { Column } from "./work.js"

/** A lane is one fiber, as a program that makes several calls is: what it costs to start a fiber is not a call's. */
export const effects = <R, E>(
  runtime: ManagedRuntime.ManagedRuntime<R, E>,
  calls: { readonly [C in Column]?: (i: number) => Effect.Effect<unknown, unknown, R> }
): Calls =>
  Object.fromEntries(
    Object.entries(calls).map(([column, call]): [string, Lane] => [
      column,
      (from, to) =>
        runtime.runPromise(
          Effect.iterate(from, { while: (i) => i < to, body: (i) => Effect.as(call(i), i + 1) })
        )
    ])
  )
