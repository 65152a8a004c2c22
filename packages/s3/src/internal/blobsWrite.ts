/** Upload, write, settle: an item and the values that it points to, in an order in which a crash at any step leaves no pointer dangling. */
import { isAwsException } from "@armature/aws/AwsException"
import { WriteOutcomeUnknownException } from "@armature/aws/Exceptions"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Blobs } from "../Blobs.js"
import type { Pointer } from "../Pointer.js"
import { remove, type Settings, store } from "./blobs.js"
import { failure } from "./blobsFailure.js"

/** How many values of one item are stored at once, and objects deleted. */
const concurrency = 4

const saysNotApplied = (e: unknown): boolean => isAwsException(e) && e.outcome === "not-applied"

interface Cleared {
  readonly deleted: ReadonlyArray<Pointer>
  readonly left: ReadonlyArray<Pointer>
}

/** Deletes what nothing points to. Best effort: what cannot be deleted is left to the sweeper. */
const clear = (settings: Settings, old: ReadonlyArray<Blobs.Old>): Effect.Effect<Cleared> =>
  settings.retain ? Effect.succeed({ deleted: [], left: old.map((one) => one.pointer) }) : Effect.map(
    Effect.partition(
      old,
      ({ owner, pointer }) =>
        Effect.mapBoth(remove(settings)(owner, pointer), { onFailure: () => pointer, onSuccess: () => pointer }),
      { concurrency }
    ),
    ([left, deleted]) => ({ deleted, left })
  )

export const write = (settings: Settings): Blobs.Service["write"] => {
  const storing = store(settings)
  return <A, E, R, E2, R2>(
    values: ReadonlyArray<Blobs.Value<E2, R2>>,
    item: (stored: ReadonlyArray<Blobs.Kept>) => Effect.Effect<Blobs.Written<A>, E, R>,
    options: Blobs.WriteOptions<E> = {}
  ) =>
    Effect.gen(function*() {
      const isNotApplied = options.isNotApplied ?? saysNotApplied
      const timedOut = failure("TimedOut")
      const deadline = (yield* Clock.currentTimeMillis) + settings.maxWriteSeconds * 1000
      const fresh: Array<Blobs.Old> = []

      const stored = yield* Effect.forEach(
        values,
        (value) =>
          Effect.tap(storing(value), (one) => {
            if (one._tag === "Offloaded") fresh.push({ owner: value.owner, pointer: one.pointer })
          }),
        { concurrency }
      ).pipe(
        Effect.timeoutFail({ duration: Duration.seconds(settings.maxWriteSeconds), onTimeout: () => timedOut }),
        // the item write has not begun, and never will
        Effect.tapError(() => clear({ ...settings, retain: false }, fresh))
      )

      const left = deadline - (yield* Clock.currentTimeMillis)
      const ended = yield* Effect.either(item(stored)).pipe(Effect.timeoutOption(Duration.millis(Math.max(left, 0))))
      const settled = (
        outcome: Blobs.Settled<A, E>["outcome"],
        result: Blobs.Settled<A, E>["result"],
        cleared: Cleared
      ): Blobs.Settled<A, E> => ({ result, outcome, stored, ...cleared })
      const unknown: Cleared = { deleted: [], left: fresh.map((one) => one.pointer) }

      if (Option.isNone(ended)) {
        // it was stopped wherever it stood, and a request of it may still land
        const stopped = new WriteOutcomeUnknownException({ service: "S3", last: timedOut })
        return settled("unknown", Either.left(stopped), unknown)
      }
      if (Either.isRight(ended.value)) {
        const { old, value } = ended.value.right
        const replaced = (old ?? []).filter((one) => !fresh.some((mine) => mine.pointer.key === one.pointer.key))
        return settled("applied", Either.right(value), yield* clear(settings, replaced))
      }
      const e = ended.value.left
      return isNotApplied(e)
        ? settled("not-applied", Either.left(e), yield* clear({ ...settings, retain: false }, fresh))
        : settled("unknown", Either.left(e), unknown)
    })
}
