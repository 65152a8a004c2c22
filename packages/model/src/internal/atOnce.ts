/** Effects that need no fiber. (A module with an export `then` would be taken for a promise.) */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"

/** What an effect gives without waiting. */
export const atOnce = <A, E, R>(effect: Effect.Effect<A, E, R>): Either.Either<A, E> | undefined =>
  // an Either that is an Effect of A and E is one of A and E
  Either.isEither(effect) ? effect as Either.Either<A, E> : undefined

/** Goes on at once where there is nothing to wait for. */
export const chain = <A, E, R, B, E2, R2>(
  effect: Effect.Effect<A, E, R>,
  f: (value: A) => Effect.Effect<B, E2, R2>
): Effect.Effect<B, E | E2, R | R2> => {
  const known = atOnce(effect)
  return known === undefined
    ? Effect.flatMap(effect, f)
    : Either.isRight(known)
    ? f(known.right)
    : Either.left(known.left)
}
