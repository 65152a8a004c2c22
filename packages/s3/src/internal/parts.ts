/** A body cut into parts, as it is read: no more of it is held than the part that is being filled and the piece behind it. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { concat } from "./bytes.js"

export interface Part {
  readonly bytes: Uint8Array
  /** Whether the body ends with it. */
  readonly last: boolean
}

/** The next part, of `size` bytes unless it is the last one. The last may be the only one, and empty. */
export type Next<E, R> = Effect.Effect<Part, E, R>

export const read = <E, R>(
  body: Stream.Stream<Uint8Array, E, R>,
  size: number
): Effect.Effect<Next<E, R>, never, Scope.Scope | R> =>
  Effect.map(Stream.toPull(body), (pull) => {
    let held: Array<Uint8Array> = []
    let length = 0
    let ended = false

    const more = Effect.matchEffect(pull, {
      onFailure: Option.match({
        onNone: () =>
          Effect.sync(() => {
            ended = true
          }),
        onSome: (e) => Effect.fail(e)
      }),
      onSuccess: (pieces) =>
        Effect.sync(() => {
          for (const piece of pieces) {
            if (piece.length === 0) continue
            held.push(piece)
            length += piece.length
          }
        })
    })

    const take = (): Part => {
      const taken: Array<Uint8Array> = []
      const rest: Array<Uint8Array> = []
      let room = size
      for (const piece of held) {
        if (room > 0) taken.push(piece.subarray(0, room))
        if (piece.length > room) rest.push(piece.subarray(room))
        room = Math.max(0, room - piece.length)
      }
      held = rest
      length = rest.reduce((sum, piece) => sum + piece.length, 0)
      return { bytes: concat(taken), last: ended && length === 0 }
    }

    return Effect.map(
      // one byte more than the part, so that it is known whether it is the last
      Effect.whileLoop({ while: () => !ended && length <= size, body: () => more, step: () => undefined }),
      take
    )
  })
