/**
 * Clock and chance of the running program, as the engines take them: plain functions.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Utils from "effect/Utils"

export interface Sources {
  readonly now: () => number
  readonly random: () => number
}

/** The numbers follow Effect's `Random` by one seed drawn from it: an effect for each number would cost more than a request. */
export const make: Effect.Effect<Sources> = Effect.gen(function*() {
  const clock = yield* Effect.clock
  const generator = new Utils.PCGRandom(yield* Random.nextInt)
  return { now: () => clock.unsafeCurrentTimeMillis(), random: () => generator.number() }
})
