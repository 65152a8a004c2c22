/** The bucket as a value: what it lets pass, and how its rate follows what is granted. */
import { describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { assert } from "vitest"
import * as bucket from "../src/internal/rateLimitBucket.js"

/** The requests of a queue that never runs empty, as they are admitted: when, and for how many units. */
const admitted = (rate: number, burst: number, costs: ReadonlyArray<number>, pauses: ReadonlyArray<number>) => {
  const out: Array<{ readonly at: number; readonly cost: number }> = []
  let state = bucket.fixed(rate, burst, 0)
  let now = 0
  costs.forEach((cost, i) => {
    now += pauses[i] ?? 0
    state = bucket.advance(state, now, true)
    now += bucket.wait(state, cost)
    state = bucket.advance(state, now, true)
    assert.isTrue(bucket.admits(state, cost))
    state = bucket.take(state, cost)
    out.push({ at: now, cost })
  })
  return out
}

const most = (admissions: ReturnType<typeof admitted>, window: number): number =>
  Math.max(
    ...admissions.map(({ at }) =>
      admissions.reduce((sum, one) => one.at >= at && one.at < at + window ? sum + one.cost : sum, 0)
    )
  )

const rates = fc.integer({ min: 1, max: 500 })
// most come at once, and a few after a while
const pauses = fc.array(
  fc.oneof({ weight: 30, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 60_000 }) }),
  { maxLength: 300 }
)

describe("a fixed bucket", () => {
  it("charges over no ten seconds more than its rate and the burst", () => {
    fc.assert(fc.property(
      rates,
      fc.integer({ min: 10, max: 500 }),
      fc.array(fc.constantFrom(0.5, 1, 10), { minLength: 1, maxLength: 300 }),
      pauses,
      (rate, burst, costs, pauses) => {
        assert.isAtMost(most(admitted(rate, burst, costs, pauses), 10_000), rate * 10 + burst + 1e-3)
      }
    ))
  })

  it("nor any more than what one request goes beyond the burst, which the next ones wait for", () => {
    fc.assert(fc.property(
      rates,
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 100 }),
      pauses,
      (rate, burst, costs, pauses) => {
        const beyond = Math.max(0, Math.max(...costs) - burst)
        assert.isAtMost(most(admitted(rate, burst, costs, pauses), 10_000), rate * 10 + burst + beyond + 1e-3)
      }
    ))
  })

  it("wastes nothing: who never pauses has the rate", () => {
    const admissions = admitted(100, 100, new Array<number>(1000).fill(7), [])
    assert.approximately(admissions.at(-1)?.at ?? 0, (7000 - 100) * 10, 20)
  })

  it("gives back no more than it holds, and takes nothing from a clock that goes back", () => {
    const full = bucket.fixed(10, 20, 1000)
    assert.strictEqual(bucket.take(full, -5).level, 20)
    assert.strictEqual(bucket.advance(full, 3_600_000, false).level, 20)
    assert.deepStrictEqual(bucket.advance(bucket.take(full, 5), 0, false), bucket.take(full, 5))
  })
})

/** The rate after each second in which requests wait and all are granted. */
const seconds = (from: bucket.Bucket, count: number): ReadonlyArray<number> => {
  let state = from
  return Array.from({ length: count }, (_, i) => {
    for (let step = 1; step <= 100; step++) {
      state = bucket.advance(state, from.at + i * 1000 + step * 10, true)
      state = bucket.granted(bucket.take(state, state.rate / 100), state.rate / 100)
    }
    return state.rate
  })
}

describe("an adaptive bucket", () => {
  const begun = bucket.adaptive(1, 10_000, 0)

  it("begins half-way, doubles while requests wait, and stays within its bounds", () => {
    assert.strictEqual(begun.rate, 100)
    seconds(begun, 3).forEach((rate, i) => assert.approximately(rate, 100 * 2 ** (i + 1), 1e-6))
    assert.strictEqual(seconds(begun, 20).at(-1), 10_000)
    let state = begun
    for (let i = 0; i < 100; i++) state = bucket.throttled(state, state.epoch)
    assert.strictEqual(state.rate, 1)
  })

  it("keeps its rate while nobody waits", () => {
    assert.strictEqual(bucket.advance(begun, 60_000, false).rate, 100)
  })

  const settled = () => {
    let state = begun
    for (let at = 10; at <= 20_000; at += 10) {
      state = bucket.granted(bucket.take(bucket.advance(state, at, false), 1), 1)
    }
    return state
  }

  it("falls to 85 % of what was granted, is back after 15 seconds, and goes on slowly at first", () => {
    const low = bucket.throttled(settled(), 0)
    assert.approximately(low.rate, 85, 1)
    const after = seconds(low, 30)
    assert.approximately(after[4] ?? 0, 100 * (1 - 0.15 * (2 / 3) ** 3), 1)
    assert.approximately(after[14] ?? 0, 100, 1)
    assert.approximately(after[19] ?? 0, 100 * (1 + 0.15 / 27), 1)
    assert.approximately(after[29] ?? 0, 115, 1)
  })

  it("falls once for all requests that were under way, and holds nothing back after", () => {
    const once = bucket.throttled(settled(), 0)
    assert.deepStrictEqual(bucket.throttled(once, 0), once)
    assert.isBelow(bucket.throttled(once, 1).rate, once.rate)
    assert.isAtMost(once.level, 0)
  })

  it("asks less of a table that grants little, however high its rate was", () => {
    const idle = { ...settled(), rate: 5000 }
    assert.approximately(bucket.throttled(idle, 0).rate, 85, 1)
  })
})
