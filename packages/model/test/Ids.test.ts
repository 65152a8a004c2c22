import * as Ids from "@armature/model/Ids"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"

const kinds = ["uuid7", "ulid"] as const
const shapes = {
  uuid4: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  uuid7: /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  ulid: /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/
} as const

const sorted = (texts: ReadonlyArray<string>) => [...texts].sort()
const distinct = (texts: ReadonlyArray<string>) => new Set(texts).size

/** Every bit set, so that what is masked shows. */
const ones = Ids.make({ random: (size) => new Uint8Array(size).fill(255) })

describe("Ids", () => {
  for (const kind of ["uuid4", "uuid7", "ulid"] as const) {
    it.effect(`${kind} has its shape and does not come twice`, () =>
      Effect.gen(function*() {
        const made = yield* Effect.replicateEffect(Ids.make()[kind], 500)
        for (const id of made) assert.match(id, shapes[kind])
        assert.strictEqual(distinct(made), 500)
      }))
  }

  for (const kind of kinds) {
    it.effect(`${kind} rises within a millisecond and from one to the next`, () =>
      Effect.gen(function*() {
        const ids = Ids.make()
        const first = yield* Effect.replicateEffect(ids[kind], 300)
        yield* TestClock.adjust(1)
        const second = yield* Effect.replicateEffect(ids[kind], 300)
        const made = [...first, ...second]
        assert.deepStrictEqual(made, sorted(made))
        assert.strictEqual(distinct(made), 600)
      }))

    it.effect(`${kind} rises by a step that cannot be guessed, and does not run over into the time`, () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(1)
        const made = yield* Effect.replicateEffect(ones[kind], 3)
        const time = kind === "ulid" ? "0000000001" : "00000000-0001"
        for (const id of made) assert.isTrue(id.startsWith(time))
        assert.deepStrictEqual(made, sorted(made))
        assert.strictEqual(distinct(made), 3)
      }))
  }

  it.effect("the time in an id is the Clock's", () =>
    Effect.gen(function*() {
      // the example of RFC 9562, A.6
      yield* TestClock.setTime(0x017F22E279B0)
      assert.match(yield* Ids.make().uuid7, /^017f22e2-79b0-7/)
      // the example of the ULID specification
      yield* TestClock.setTime(1469918176385)
      assert.match(yield* Ids.make().ulid, /^01ARYZ6S41/)
    }))

  it.effect("each bit that is random is taken from the source", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* ones.uuid4, "ffffffff-ffff-4fff-bfff-ffffffffffff")
      const one = Ids.make({ random: (size) => new Uint8Array(size).fill(255) })
      assert.strictEqual(yield* one.uuid7, "00000000-0000-77ff-bfff-ffffffffffff")
      assert.strictEqual(yield* one.ulid, "0000000000FZZZZZZZZZZZZZZZ")
    }))

  it.effect("when the clock is set back, ids follow it", () =>
    Effect.gen(function*() {
      const ids = Ids.make()
      yield* TestClock.setTime(1469918176385)
      yield* ids.ulid
      yield* TestClock.setTime(1)
      assert.match(yield* ids.ulid, /^0000000001/)
    }))

  it.effect("a Layer replaces them", () =>
    Effect.gen(function*() {
      const { ulid, uuid4, uuid7 } = yield* Ids.Ids
      assert.deepStrictEqual([yield* uuid4, yield* uuid4], [
        "00000000-0000-4000-8000-000000000001",
        "00000000-0000-4000-8000-000000000002"
      ])
      assert.strictEqual(yield* uuid7, "00000000-0000-7000-8000-000000000001")
      assert.strictEqual(yield* ulid, "00000000000000000000000001")
    }).pipe(Effect.provide(Ids.layerCounting)))

  it.effect("without a Layer they are the real ones, shared by the program", () =>
    Effect.gen(function*() {
      const ids = yield* Ids.Ids
      assert.strictEqual(ids, yield* Ids.Ids)
      assert.match(yield* ids.uuid4, shapes.uuid4)
    }))
})
