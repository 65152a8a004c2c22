/** The sketch: what it says of a key is never more than the key had, and a key with much is never lost. */
import { describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { assert } from "vitest"
import { SlidingWindow } from "../src/internal/heavyHitters.js"

const window = 1000

const stream = fc.array(
  fc.record({
    // a few keys have most of it
    key: fc.oneof({ weight: 3, arbitrary: fc.constantFrom("a", "b", "c") }, fc.string({ maxLength: 2 })),
    weight: fc.constantFrom(0.5, 1, 10, 400),
    // many in a pane, so that keys put each other out
    pause: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 120 }))
  }),
  { maxLength: 400 }
)

describe("the sketch", () => {
  it("never says more than a key had in the window, nor less by more than its share of all the rest", () => {
    fc.assert(fc.property(stream, fc.integer({ min: 2, max: 16 }), (events, held) => {
      const counts = new SlidingWindow(window, held)
      const seen: Array<{ readonly at: number; readonly key: string; readonly weight: number }> = []
      let now = 12_345
      for (const { key, pause, weight } of events) {
        now += pause
        const said = counts.add(key, weight, now)
        seen.push({ at: now, key, weight })
        const sum = (from: number, of: (one: string) => boolean) =>
          seen.reduce((sum, one) => one.at > from && of(one.key) ? sum + one.weight : sum, 0)
        const had = sum(now - window, (one) => one === key)
        assert.isAtMost(said, had + 1e-6)
        // a pane may have left before all of it was a window old
        const surely = sum(now - window * 0.9, (one) => one === key)
        const rest = sum(now - window, () => true)
        // the key may have been put out of each pane, and come in again above another's count
        assert.isAtLeast(said, surely - 2 * rest / held - 1e-6)
      }
    }))
  })

  it("asked whether it is enough, says the same as without, or less than that", () => {
    fc.assert(
      fc.property(
        stream,
        fc.integer({ min: 2, max: 16 }),
        fc.integer({ min: 0, max: 2000 }),
        (events, held, enough) => {
          const [all, some] = [new SlidingWindow(window, held), new SlidingWindow(window, held)]
          let now = 12_345
          for (const { key, pause, weight } of events) {
            now += pause
            const surely = all.add(key, weight, now)
            const said = some.add(key, weight, now, enough)
            if (surely >= enough) assert.strictEqual(said, surely)
            else assert.isBelow(said, enough)
          }
        }
      ),
      // a key that had it before, and little of late
      { examples: [[[{ key: "a", weight: 400, pause: 0 }, { key: "a", weight: 1, pause: 120 }], 8, 300]] }
    )
  })

  it("finds the one that has much among many that have little", () => {
    const counts = new SlidingWindow(window, 16)
    let hot = 0
    for (let i = 0; i < 10_000; i++) {
      counts.add(`cold ${i}`, 1, i / 100)
      if (i % 4 === 0) hot = counts.add("hot", 1, i / 100)
    }
    assert.isAtLeast(hot, 2500 - 12_500 / 16 * 2)
    assert.isAtMost(hot, 2500)
  })

  it("forgets what has left the window", () => {
    const counts = new SlidingWindow(window, 16)
    assert.strictEqual(counts.add("a", 100, 0), 100)
    assert.strictEqual(counts.add("a", 1, 899), 101)
    assert.strictEqual(counts.add("a", 1, 1000), 2)
    assert.strictEqual(counts.add("a", 1, 90_000), 1)
    assert.strictEqual(counts.add("a", 1, 5), 2)
  })

  it("holds no more keys than it is told, whatever comes", () => {
    const counts = new SlidingWindow(window, 8)
    const count = (value: unknown): number =>
      value instanceof Map
        ? value.size
        : Array.isArray(value)
        ? value.reduce((sum: number, one) => sum + count(one), 0)
        : typeof value === "object" && value !== null && !("count" in value)
        ? Object.values(value).reduce((sum: number, one) => sum + count(one), 0)
        : 0
    for (let i = 0; i < 5000; i++) counts.add(`${i}`, 1, i)
    // ten panes, and the newest once more
    assert.isAtMost(count(counts), 11 * 8)
  })
})
