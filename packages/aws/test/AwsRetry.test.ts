import type { AwsException } from "@armature/aws/AwsException"
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as Exceptions from "@armature/aws/Exceptions"
import { describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"

const down = new Exceptions.ServiceUnavailableException({ retryable: true })
const throttled = new Exceptions.ThrottlingException({ retryable: true })
const hinted = (retryAfter: number) => new Exceptions.ServiceUnavailableException({ retryable: true, retryAfter })

/** The times (ms) at which an effect that fails with each of these in turn is run. */
const times = (failures: ReadonlyArray<AwsException>, policy: AwsRetry.Policy, random: number) =>
  Effect.gen(function*() {
    const at: Array<number> = []
    const call = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const failure = failures[Math.min(at.length, failures.length - 1)] ?? down
      at.push(now)
      return Effect.fail(failure)
    })
    const fiber = yield* call.pipe(
      Effect.retry(policy),
      Effect.either,
      Effect.withRandom(Random.fixed([random])),
      Effect.fork
    )
    yield* TestClock.adjust("5 minutes")
    yield* Fiber.join(fiber)
    return at
  })

const dynamodb = AwsRetry.standard({ base: "25 millis", attempts: 4 })

describe("AwsRetry.standard", () => {
  it.effect("waits random * base * 2^i, and ends after the attempts", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* times([down], dynamodb, 0.5), [0, 12.5, 37.5, 87.5])
    }))

  it.effect("full jitter: from nothing to the whole", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* times([down], dynamodb, 0), [0, 0, 0, 0])
      const start = yield* Clock.currentTimeMillis
      assert.deepStrictEqual((yield* times([down], dynamodb, 1)).map((at) => at - start), [0, 25, 75, 175])
    }))

  it.effect("takes a base of one second after a throttle", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* times([down, throttled, down], dynamodb, 0.5), [0, 12.5, 1012.5, 1062.5])
    }))

  it.effect("waits 20 seconds at most", () =>
    Effect.gen(function*() {
      const patient = AwsRetry.standard({ base: "25 millis", attempts: 8 })
      assert.deepStrictEqual(yield* times([throttled], patient, 1), [0, 1, 3, 7, 15, 31, 51, 71].map((s) => s * 1000))
    }))

  it.effect("honours a hint within [computed, computed + 5 s]", () =>
    Effect.gen(function*() {
      const twice = AwsRetry.standard({ base: "100 millis", attempts: 2 })
      assert.deepStrictEqual(yield* times([hinted(10)], twice, 0.5), [0, 50])
      let start = yield* Clock.currentTimeMillis
      assert.deepStrictEqual((yield* times([hinted(300)], twice, 0.5)).map((at) => at - start), [0, 300])
      start = yield* Clock.currentTimeMillis
      assert.deepStrictEqual((yield* times([hinted(60_000)], twice, 0.5)).map((at) => at - start), [0, 5050])
    }))
})
