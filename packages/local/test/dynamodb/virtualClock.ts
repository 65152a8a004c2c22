/**
 * A clock whose time jumps to the next sleeper as soon as nothing else is left to do. Effect's `TestClock` looks at every fiber and waits
 * some milliseconds before each step, which is much for a simulation of many thousand.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

export const make = () => {
  let now = 0
  let sleepers: ReadonlyArray<Sleeper> = []
  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(Math.round(now * 1e6)),
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanos: Effect.sync(() => BigInt(Math.round(now * 1e6))),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const sleeper = { at: now + Duration.toMillis(duration), wake: () => resume(Effect.void) }
        const behind = sleepers.findIndex((one) => one.at > sleeper.at)
        sleepers = behind < 0 ? [...sleepers, sleeper] : sleepers.toSpliced(behind, 0, sleeper)
        return Effect.sync(() => {
          sleepers = sleepers.filter((one) => one !== sleeper)
        })
      })
  }
  /** Lets time pass. */
  const pass = (duration: Duration.DurationInput) =>
    Effect.promise(async () => {
      const end = now + Duration.toMillis(duration)
      for (;;) {
        // fibers run in microtasks: once this comes, all of them wait for something
        await new Promise((resolve) => setImmediate(resolve))
        const [next, ...others] = sleepers
        if (next === undefined || next.at > end) break
        sleepers = others
        now = Math.max(now, next.at)
        next.wake()
      }
      now = end
    })
  return { clock, pass }
}
