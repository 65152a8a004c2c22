/**
 * Effect's `RateLimiter` on DynamoDB: what it promises on every store, the same answers as Effect's own store in memory over random
 * sequences, and no token lost or given twice among many takers and under lost answers.
 */
import * as AwsException from "@armature/aws/AwsException"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as DynamoDBRateLimiterStore from "@armature/dynamodb/DynamoDBRateLimiterStore"
import * as Faults from "@armature/local/Faults"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as RateLimiter from "@effect/experimental/RateLimiter"
import { describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"
import { overHttp } from "./overHttp.js"

const tables = [DynamoDBRateLimiterStore.table("app")]
const store = DynamoDBRateLimiterStore.layer({ table: "app" })
const world = LocalDynamoDB.layer({ tables })
const inProcess = Layer.provideMerge(store, world)

/** What every store has to make of Effect's `RateLimiter`. */
const suite = <E>(name: string, layer: Layer.Layer<RateLimiter.RateLimiterStore, E>) =>
  describe(name, () => {
    const test = (
      what: string,
      options: { readonly algorithm: "fixed-window" | "token-bucket"; readonly onExceeded: "delay" | "fail" },
      body: (
        consume: Effect.Effect<RateLimiter.ConsumeResult, RateLimiter.RateLimiterError>
      ) => Effect.Effect<void, unknown>
    ) =>
      it.effect(what, () =>
        Effect.flatMap(RateLimiter.make, (limiter) =>
          body(limiter.consume({ ...options, window: "1 minute", limit: 5, key: "a" }))).pipe(Effect.provide(layer)))
    const delays = (consume: Effect.Effect<RateLimiter.ConsumeResult, RateLimiter.RateLimiterError>, n: number) =>
      Effect.map(Effect.replicateEffect(consume, n), (results) =>
        results.map(({ delay }) =>
          Duration.toSeconds(delay)
        ))
    const exceeded = (consume: Effect.Effect<RateLimiter.ConsumeResult, RateLimiter.RateLimiterError>) =>
      Effect.map(Effect.flip(consume), (e) =>
        e.reason === "Exceeded" ? [Duration.toSeconds(e.retryAfter), e.remaining, e.limit] : e.reason)

    test("fixed-window, delay: each window's worth waits for its own window", {
      algorithm: "fixed-window",
      onExceeded: "delay"
    }, (consume) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* delays(consume, 11), [0, 0, 0, 0, 0, 60, 60, 60, 60, 60, 120])
        yield* TestClock.adjust("30 seconds")
        assert.deepStrictEqual(yield* delays(consume, 1), [90])
        yield* TestClock.adjust("45 seconds")
        assert.deepStrictEqual(yield* delays(consume, 1), [45])
      }))

    test("fixed-window, fail: nothing more until the window ends, and then all of it", {
      algorithm: "fixed-window",
      onExceeded: "fail"
    }, (consume) =>
      Effect.gen(function*() {
        const results = yield* Effect.replicateEffect(consume, 5)
        assert.deepStrictEqual(
          results.map(({ remaining }) =>
            remaining
          ),
          [4, 3, 2, 1, 0]
        )
        assert.deepStrictEqual(results.map(({ resetAfter }) => Duration.toSeconds(resetAfter)), [12, 24, 36, 48, 60])
        assert.deepStrictEqual(yield* exceeded(consume), [60, 0, 5])
        yield* TestClock.adjust("30 seconds")
        assert.deepStrictEqual(yield* exceeded(consume), [30, 0, 5])
        yield* TestClock.adjust("30 seconds")
        assert.strictEqual((yield* consume).remaining, 4)
      }))

    test("token-bucket, delay: each waits until its own token is there", {
      algorithm: "token-bucket",
      onExceeded: "delay"
    }, (consume) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* delays(consume, 7), [0, 0, 0, 0, 0, 12, 24])
        yield* TestClock.adjust("1 minute")
        const result = yield* consume
        assert.deepStrictEqual([Duration.toSeconds(result.delay), result.remaining], [0, 2])
      }))

    test(
      "token-bucket, fail: until tokens are there again",
      { algorithm: "token-bucket", onExceeded: "fail" },
      (consume) =>
        Effect.gen(function*() {
          yield* Effect.replicateEffect(consume, 5)
          assert.deepStrictEqual(yield* exceeded(consume), [12, 0, 5])
          yield* TestClock.adjust("36 seconds")
          const result = yield* consume
          assert.deepStrictEqual([result.remaining, Duration.toSeconds(result.resetAfter)], [2, 36])
        })
    )
  })

suite("RateLimiter in memory", RateLimiter.layerStoreMemory)
suite("RateLimiter on DynamoDB in process", inProcess)

const minute = { key: "k", refillRate: Duration.seconds(12) }

interface Step {
  readonly wait: number
  readonly key: string
  readonly tokens: number
  readonly algorithm: string
}

/** A take, and how long it comes after the one before. */
const step: FastCheck.Arbitrary<Step> = FastCheck.record({
  wait: FastCheck.oneof(FastCheck.constant(0), FastCheck.integer({ min: 0, max: 90_000 })),
  key: FastCheck.constantFrom("a", "b", "\ud83d", "", "a#b"),
  tokens: FastCheck.integer({ min: 0, max: 5 }),
  algorithm: FastCheck.constantFrom("fixed", "unlimited", "bucket", "overflowing")
})

const take = (
  store: RateLimiter.RateLimiterStore["Type"],
  { algorithm, key, tokens }: Step
): Effect.Effect<unknown, RateLimiter.RateLimiterError> => {
  const refillRate = Duration.seconds(12)
  switch (algorithm) {
    case "fixed":
      return store.fixedWindow({ key, tokens, refillRate, limit: 5 })
    case "unlimited":
      return store.fixedWindow({ key, tokens, refillRate, limit: undefined })
    default:
      return store.tokenBucket({ key, tokens, refillRate, limit: 5, allowOverflow: algorithm === "overflowing" })
  }
}

describe("RateLimiterStore on DynamoDB", () => {
  it.effect.prop(
    "answers whatever Effect's store in memory answers",
    [FastCheck.array(step, { minLength: 1, maxLength: 40 })],
    ([steps]) =>
      Effect.gen(function*() {
        const mine = yield* DynamoDBRateLimiterStore.make({ table: "app" })
        const memory = yield* RateLimiter.RateLimiterStore
        let now = 0
        const clock = { ...Clock.make(), unsafeCurrentTimeMillis: () => now, currentTimeMillis: Effect.sync(() => now) }
        for (const one of steps) {
          now += one.wait
          const [actual, expected] = yield* Effect.withClock(Effect.zip(take(mine, one), take(memory, one)), clock)
          assert.deepStrictEqual(actual, expected)
        }
      }).pipe(Effect.provide(Layer.merge(RateLimiter.layerStoreMemory, world))),
    { timeout: 600_000, fastCheck: { numRuns: Math.ceil(Number(process.env["ARMATURE_SEQUENCES"] ?? 7_500) / 125) } }
  )

  it.effect("no token comes back a millisecond early, however slow the rate", () =>
    Effect.gen(function*() {
      const limits = yield* RateLimiter.RateLimiterStore
      for (const [key, refillRate] of [["12 seconds", 12_000], ["a day", 86_400_000]] as const) {
        const take = (tokens: number) =>
          limits.tokenBucket({ key, tokens, refillRate: Duration.millis(refillRate), limit: 5, allowOverflow: false })
        assert.strictEqual(yield* take(5), 0)
        yield* TestClock.adjust(refillRate - 1)
        assert.deepStrictEqual([yield* take(0), yield* take(1)], [0, -1])
        yield* TestClock.adjust(1)
        assert.deepStrictEqual([yield* take(0), yield* take(1)], [1, 0])
        // full again, and a millisecond before the next turn of its rhythm
        yield* TestClock.adjust(7 * refillRate - 1)
        assert.strictEqual(yield* take(5), 0)
        yield* TestClock.adjust(1)
        assert.strictEqual(yield* take(0), 1)
      }
    }).pipe(Effect.provide(inProcess)))

  it.effect("a rate that is no whole number of milliseconds gives exactly the limit", () =>
    Effect.gen(function*() {
      const limiter = yield* RateLimiter.make
      for (const algorithm of ["fixed-window", "token-bucket"] as const) {
        for (const limit of [3, 7, 49, 131]) {
          const consume = limiter.consume({ algorithm, limit, window: "1 second", key: `${limit}` })
          for (let round = 0; round < 3; round++) {
            const results = yield* Effect.replicateEffect(Effect.either(consume), limit + 3)
            assert.deepStrictEqual(results.map(Either.isRight), results.map((_, i) => i < limit))
            yield* TestClock.adjust("1001 millis")
          }
        }
      }
    }).pipe(Effect.provide(Layer.provideMerge(store, LocalDynamoDB.layer({ tables, log: false })))), 30_000)

  for (
    const [name, layer, fibers] of [["in process", world, 300], ["over the endpoint", overHttp(tables), 60]] as const
  ) {
    it.scopedLive(
      `many takers from several processes lose no token, and get none twice, ${name}`,
      () =>
        Effect.gen(function*() {
          const stores = yield* Effect.replicateEffect(DynamoDBRateLimiterStore.make({ table: "app" }), 3)
          const all = Array.from({ length: fibers }, (_, i) => i)
          const limit = Math.floor(fibers / 2)
          // so slow that nothing comes back meanwhile
          const refillRate = Duration.hours(1)
          const race = <A, E>(take: (store: RateLimiter.RateLimiterStore["Type"]) => Effect.Effect<A, E>) =>
            Effect.forEach(all, (i) => Effect.flatMap(Effect.fromNullable(stores[i % 3]), take), {
              concurrency: "unbounded"
            })
          const counts = yield* race((store) => store.fixedWindow({ key: "k", tokens: 1, refillRate, limit }))
          assert.deepStrictEqual(
            counts.map(([count]) => Math.min(count, limit + 1)).sort((a, b) => a - b),
            all.map((i) => Math.min(i, limit) + 1)
          )
          const left = yield* race((store) =>
            store.tokenBucket({ key: "k", tokens: 1, refillRate, limit, allowOverflow: false })
          )
          assert.deepStrictEqual(left.sort((a, b) => b - a), all.map((i) => Math.max(limit - 1 - i, -1)))
          const owed = yield* race((store) =>
            store.tokenBucket({ key: "debt", tokens: 1, refillRate, limit, allowOverflow: true })
          )
          assert.deepStrictEqual(owed.sort((a, b) => b - a), all.map((i) => limit - 1 - i))
        }).pipe(Effect.provide(layer)),
      30_000
    )
  }

  it.effect(
    "takers that meet a full bucket or a window that has ended share what is new in it",
    () =>
      Effect.gen(function*() {
        const store = yield* RateLimiter.RateLimiterStore
        const race = Effect.all({
          window: Effect.replicateEffect(store.fixedWindow({ ...minute, tokens: 1, limit: 5 }), 12, {
            concurrency: "unbounded"
          }),
          bucket: Effect.replicateEffect(
            store.tokenBucket({ ...minute, tokens: 1, limit: 5, allowOverflow: false }),
            12,
            { concurrency: "unbounded" }
          )
        }, { concurrency: "unbounded" })
        for (let round = 0; round < 3; round++) {
          // each request takes a second, so that all find the same state, and all try to begin what is new
          const fiber = yield* Effect.fork(
            LocalDynamoDB.withFaults(race, [{ operation: "UpdateItem", nth: "every", latency: "1 second" }])
          )
          yield* TestClock.adjust("10 seconds")
          const { bucket, window } = yield* Fiber.join(fiber)
          assert.strictEqual(window.filter(([count]) => count <= 5).length, 5)
          assert.strictEqual(bucket.filter((left) => left >= 0).length, 5)
          // seven refills after the last round began, so that none falls into a round
          yield* TestClock.adjust("74 seconds")
        }
      }).pipe(Effect.provide(inProcess)),
    30_000
  )

  it.effect(
    "under lost requests and answers, also late ones, no window gives more than its limit, nor any bucket",
    () =>
      Effect.gen(function*() {
        const store = yield* RateLimiter.RateLimiterStore
        const limit = 20
        const given = { window: new Map<number, number>(), bucket: 0 }
        const program = Effect.forEach(
          Array.from({ length: 300 }, (_, i) => i),
          (i) =>
            Effect.gen(function*() {
              // five windows of 20 seconds, 60 takers in each
              const window = Math.floor(i / 60)
              yield* Effect.sleep(Duration.millis(window * 20_000 + (i % 60) * 300))
              const refillRate = Duration.seconds(1)
              const counted = yield* Effect.either(store.fixedWindow({ key: "w", tokens: 1, refillRate, limit }))
              if (Either.isRight(counted) && counted.right[0] <= limit) {
                given.window.set(window, (given.window.get(window) ?? 0) + 1)
              }
              const left = yield* Effect.either(
                store.tokenBucket({ key: "b", tokens: 1, refillRate, limit, allowOverflow: false })
              )
              if (Either.isRight(left) && left.right >= 0) given.bucket++
              for (const e of [Either.getLeft(counted), Either.getLeft(left)]) {
                if (Option.isSome(e) && e.value.reason === "StoreError") {
                  assert.isTrue(AwsException.isAwsException(e.value.cause))
                }
              }
            }),
          { concurrency: "unbounded", discard: true }
        )
        const lost = {
          operation: "UpdateItem",
          nth: "every",
          probability: 0.15,
          failure: Faults.connectionReset
        } as const
        const fiber = yield* Effect.fork(
          program.pipe(LocalDynamoDB.withFaults([
            { ...lost, seed: 1, effect: "before" },
            { ...lost, seed: 2, effect: "after" },
            { ...lost, seed: 3, effect: "late", delay: "7 seconds" }
          ]))
        )
        yield* TestClock.adjust("5 minutes")
        yield* Fiber.join(fiber)
        const windows = [...given.window.values()]
        assert.isAbove(windows.length, 3)
        for (const count of windows) assert.isAtMost(count, limit)
        // full at first, and one more each second of a hundred
        assert.isAtMost(given.bucket, limit + 100)
        assert.isAbove(given.bucket, limit)
      }).pipe(Effect.provide(inProcess)),
    30_000
  )

  it.live("a take of unknown outcome is not made again, and says so", () =>
    Effect.gen(function*() {
      const store = yield* RateLimiter.RateLimiterStore
      const take = store.fixedWindow({ key: "k", tokens: 1, refillRate: Duration.hours(1), limit: 5 })
      yield* take
      const e = yield* Effect.flip(take).pipe(
        LocalDynamoDB.withFaults([{ operation: "UpdateItem", effect: "after", failure: Faults.connectionReset }])
      )
      assert.deepStrictEqual(
        e.reason === "StoreError" && AwsException.isAwsException(e.cause) && e.cause._tag,
        "WriteOutcomeUnknownException"
      )
      assert.strictEqual((yield* take)[0], 3)
    }).pipe(Effect.provide(inProcess)))

  it.effect("an item may be removed when it is as good as new, and not before", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const { engine } = yield* LocalDynamoDB.LocalDynamoDB
      const store = yield* RateLimiter.RateLimiterStore
      yield* db.updateTimeToLive(DynamoDBRateLimiterStore.timeToLive("app"))
      const bucket = store.tokenBucket({ ...minute, tokens: 1, limit: 5, allowOverflow: true })
      const window = store.fixedWindow({ ...minute, tokens: 1, limit: undefined })
      yield* Effect.replicateEffect(Effect.zip(bucket, window), 10)
      for (const [wait, left] of [["119 seconds", 2], ["2 hours", 0]] as const) {
        yield* TestClock.adjust(wait)
        engine.sweep()
        const { Count } = yield* db.scan({ TableName: "app" })
        assert.strictEqual(Count, left)
      }
      assert.deepStrictEqual([yield* bucket, yield* window], [4, [1, 12_000]])
    }).pipe(Effect.provide(inProcess)))

  it.effect("numbers that no limit can have are refused, and no request leaves", () =>
    Effect.gen(function*() {
      const store = yield* RateLimiter.RateLimiterStore
      const bucket = { ...minute, tokens: 1, limit: 5, allowOverflow: false }
      const refused = yield* Effect.all([
        store.fixedWindow({ key: "k", tokens: NaN, refillRate: Duration.seconds(1), limit: 5 }),
        store.fixedWindow({ key: "k", tokens: 1, refillRate: Duration.infinity, limit: 5 }),
        store.tokenBucket({ ...bucket, limit: Infinity }),
        store.tokenBucket({ ...bucket, tokens: 0.5 }),
        store.tokenBucket({ ...bucket, refillRate: Duration.zero })
      ].map((call) => Effect.flip<unknown, RateLimiter.RateLimiterError, never>(call)))
      assert.deepStrictEqual(refused.map(({ reason }) => reason), Array(5).fill("StoreError"))
      assert.deepStrictEqual(yield* (yield* LocalDynamoDB.LocalDynamoDB).calls, [])
    }).pipe(Effect.provide(inProcess)))

  it.effect("takes its options from Config, and one prefix sees nothing of another", () =>
    Effect.gen(function*() {
      const one = yield* RateLimiter.RateLimiterStore
      const other = yield* DynamoDBRateLimiterStore.make({ table: "app", prefix: "other" })
      const take = { ...minute, tokens: 1, limit: 5 }
      yield* one.fixedWindow(take)
      assert.strictEqual((yield* other.fixedWindow(take))[0], 1)
      assert.strictEqual((yield* one.fixedWindow(take))[0], 2)
    }).pipe(
      Effect.provide(
        DynamoDBRateLimiterStore.layerConfig({ table: Config.string("TABLE"), prefix: Config.succeed("one") }).pipe(
          Layer.provideMerge(world)
        )
      ),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["TABLE", "app"]])))
    ))
})
