/** Rate limits against the engine's own throttling, on the test's clock. */
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as DynamoDBMetrics from "@armature/dynamodb/DynamoDBMetrics"
import * as RateLimit from "@armature/dynamodb/RateLimit"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"
import { item, world } from "./throttling.js"
import * as virtualClock from "./virtualClock.js"

const thorough = process.env.ARMATURE_SEQUENCES !== undefined

/** Twenty fibers that write without a pause, which is ten times what the table gives: the writes that each got, and what was sent. */
const load = (
  limits: RateLimit.Limits,
  units: number,
  seconds: number,
  pass: (time: Duration.DurationInput) => Effect.Effect<void>
) =>
  Effect.gen(function*() {
    const { layer, sent, ready } = yield* world({ units: 100, latency: Duration.millis(20 * units) })
    yield* pass(ready)
    const calls = new Array<number>(20).fill(0)
    const fiber = yield* Effect.flatMap(DynamoDB.DynamoDB, (db) =>
      Effect.forEach(calls, (_, i) =>
        db.putItem({ TableName: "orders", Item: item(units, `k${i}`) }).pipe(
          Effect.zipRight(Effect.sync(() => {
            calls[i] = (calls[i] ?? 0) + 1
          })),
          Effect.ignore,
          Effect.forever
        ), { concurrency: "unbounded" })).pipe(
        Effect.provide(Layer.provide(layer, RateLimit.layer(limits))),
        Effect.withRandom(Random.make("load")),
        Effect.fork
      )
    yield* pass(Duration.seconds(seconds))
    yield* Fiber.interrupt(fiber)
    return { calls, sent }
  })

type Seen = Effect.Effect.Success<ReturnType<typeof load>>

/** How much of a table of 100 units was used, and how much of what was sent was throttled. */
const judged = ({ sent }: Seen, seconds: number) => ({
  used: sent.reduce((sum, one) => sum + one.units, 0) / (100 * seconds),
  throttled: sent.filter((one) => one.throttled).length / sent.length
})

const sharedEqually = ({ calls }: Seen) => {
  const share = calls.reduce((sum, one) => sum + one, 0) / calls.length
  for (const one of calls) assert.closeTo(one, share, share / 10)
}

const runs = thorough
  ? [[1, 1000, 1, 300], [1, 1000, 10, 300], [10, 4000, 1, 120], [10, 4000, 10, 300]] as const
  : [[1, 1000, 1, 30], [1, 1000, 10, 300]] as const

describe("an adaptive limiter, on a table of 100 units under ten times the load", () => {
  for (const [min, max, units, seconds] of runs) {
    it.effect(
      `uses the table with few throttles, in equal shares: ${min} to ${max}, items of ${units}`,
      () =>
        Effect.gen(function*() {
          const { clock, pass } = virtualClock.make()
          const seen = yield* Effect.withClock(load(RateLimit.adaptive({ min, max }), units, seconds, pass), clock)
          const { throttled, used } = judged(seen, seconds)
          assert.isAtLeast(used, 0.95)
          assert.isBelow(throttled, 0.01)
          sharedEqually(seen)
        }),
      120_000
    )
  }

  it.effect("the same on the test's clock", () =>
    Effect.gen(function*() {
      const seconds = thorough ? 120 : 10
      const seen = yield* load(RateLimit.adaptive({ min: 1, max: 1000 }), 10, seconds, TestClock.adjust)
      const { throttled, used } = judged(seen, seconds)
      // of few calls each, one more is much
      if (thorough) sharedEqually(seen)
      assert.isAtLeast(used, 0.95)
      // the first seconds are the search
      assert.isBelow(throttled, thorough ? 0.01 : 0.1)
    }), 120_000)

  it.effect("without a limiter most of it is throttled", () =>
    Effect.gen(function*() {
      const { clock, pass } = virtualClock.make()
      const { sent } = yield* Effect.withClock(load({}, 10, 20, pass), clock)
      assert.isAbove(sent.filter((one) => one.throttled).length / sent.length, 0.3)
    }), 60_000)
})

describe("a fixed limiter", () => {
  it.effect(
    "lets no ten seconds have more than its rate and the burst, whatever the items' sizes",
    () =>
      Effect.gen(function*() {
        const { clock, pass } = virtualClock.make()
        yield* Effect.gen(function*() {
          const { layer, ready, sent } = yield* world({ units: 1000 })
          yield* pass(ready)
          const fiber = yield* Effect.flatMap(DynamoDB.DynamoDB, (db) =>
            Effect.forEach(
              [1, 10, 1, 10, 1, 1],
              (units, i) => Effect.forever(db.putItem({ TableName: "orders", Item: item(units, `k${i}`) })),
              {
                concurrency: "unbounded"
              }
            )).pipe(
              Effect.provide(
                Layer.provide(layer, RateLimit.layer({ orders: RateLimit.fixed({ write: 40, burst: 25 }) }))
              ),
              Effect.fork
            )
          yield* pass("60 seconds")
          yield* Fiber.interrupt(fiber)
          for (const { at } of sent) {
            const units = sent.reduce((sum, one) => one.at >= at && one.at < at + 10_000 ? sum + one.units : sum, 0)
            assert.isAtMost(units, 425 + 1e-3)
          }
          assert.isAtLeast(sent.reduce((sum, one) => sum + one.units, 0), 40 * 60)
        }).pipe(Effect.withClock(clock))
      }),
    60_000
  )
})

// --------------------------------------------------------------------------------------------------------------- on one call each

const indexed: CreateTableCommandInput = {
  TableName: "shop",
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }, { AttributeName: "g", AttributeType: "S" }],
  BillingMode: "PAY_PER_REQUEST",
  GlobalSecondaryIndexes: [{
    IndexName: "byG",
    KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
    Projection: { ProjectionType: "ALL" }
  }]
}

const local = LocalDynamoDB.layer({ tables: [indexed, { ...indexed, TableName: "other" }] })

const tokens = (limit: string, access: "read" | "write") =>
  Effect.map(
    Metric.value(DynamoDBMetrics.rateLimitTokens.pipe(Metric.tagged("limit", limit), Metric.tagged("access", access))),
    (state) => state.value
  )

const all = RateLimit.fixed({ read: 1, write: 1, burst: 1000 })
const each = { shop: all, "shop/byG": all, other: all }
const big = "x".repeat(9000)
const shop = (pk: string) => ({ pk: { S: pk }, g: { S: "g" }, text: { S: big } })
const plain = (pk: string) => ({ pk: { S: pk } })

/** What a program, run on eight items of 9 KB, took from each bucket. */
const taken = (program: (db: DynamoDB.DynamoDB.Service) => Effect.Effect<unknown, unknown>) =>
  Effect.gen(function*() {
    const db = yield* DynamoDB.DynamoDB
    for (let i = 0; i < 8; i++) yield* db.putItem({ TableName: "shop", Item: shop(`${i}`) })
    yield* RateLimit.withLimits(Effect.ignore(program(db)), each)
    const of = (limit: string, access: "read" | "write") => Effect.map(tokens(limit, access), (left) => 1000 - left)
    return yield* Effect.all([of("shop", "read"), of("shop", "write"), of("shop/byG", "read"), of("shop/byG", "write")])
  }).pipe(Effect.provide(local))

describe("what is charged, after correction", () => {
  const cases: ReadonlyArray<
    readonly [string, (db: DynamoDB.DynamoDB.Service) => Effect.Effect<unknown, unknown>, ReadonlyArray<number>]
  > = [
    ["a get", (db) => db.getItem({ TableName: "shop", Key: plain("1") }), [1.5, 0, 0, 0]],
    ["a put", (db) => db.putItem({ TableName: "shop", Item: shop("9") }), [0, 9, 0, 9]],
    ["a put of what no index has", (db) => db.putItem({ TableName: "shop", Item: plain("9") }), [0, 1, 0, 0]],
    ["a delete", (db) => db.deleteItem({ TableName: "shop", Key: plain("1") }), [0, 9, 0, 9]],
    [
      "an update, idempotent: as a transaction, whose answer does not tell indexes apart",
      (db) =>
        db.updateItem({
          TableName: "shop",
          Key: plain("1"),
          UpdateExpression: "SET n = :n",
          ExpressionAttributeValues: { ":n": { N: "1" } }
        }, { idempotent: true }),
      [0, 36, 0, 2]
    ],
    ["a page", (db) => db.scan({ TableName: "shop", Limit: 2 }), [2.5, 0, 0, 0]],
    ["all pages", (db) => Stream.runDrain(db.scan.items({ TableName: "shop", Limit: 3 })), [9.5, 0, 0, 0]],
    ["a parallel scan", (db) => Stream.runDrain(db.scan.parallel({ TableName: "shop" }, { segments: 1 })), [
      9,
      0,
      0,
      0
    ]],
    [
      "a query of an index",
      (db) =>
        Stream.runDrain(db.query.items({
          TableName: "shop",
          IndexName: "byG",
          KeyConditionExpression: "g = :g",
          ExpressionAttributeValues: { ":g": { S: "g" } }
        })),
      [0, 0, 9, 0]
    ],
    [
      "a batch of reads",
      (db) => db.batchGetItem({ RequestItems: { shop: { Keys: [plain("1"), plain("2")], ConsistentRead: true } } }),
      [6, 0, 0, 0]
    ],
    [
      "a batch of writes",
      (db) =>
        db.batchWriteItem({
          RequestItems: { shop: ["a", "b", "c"].map((pk) => ({ PutRequest: { Item: shop(pk) } })) }
        }),
      [0, 27, 0, 27]
    ],
    [
      "a transaction of reads",
      (db) => db.transactGetItems({ TransactItems: [{ Get: { TableName: "shop", Key: plain("1") } }] }),
      [6, 0, 0, 0]
    ],
    ["a statement", (db) => db.executeStatement({ Statement: "SELECT * FROM shop WHERE pk = '1'" }), [1.5, 0, 0, 0]],
    [
      "a failed condition, which gives the item out",
      (db) =>
        db.putItem({
          TableName: "shop",
          Item: plain("1"),
          ConditionExpression: "attribute_not_exists(pk)",
          ReturnValuesOnConditionCheckFailure: "ALL_OLD"
        }),
      [0, 9, 0, 0]
    ],
    [
      "a failed condition that says nothing: as was expected",
      (db) => db.putItem({ TableName: "shop", Item: plain("1"), ConditionExpression: "attribute_not_exists(pk)" }),
      [0, 1, 0, 1]
    ],
    ["what takes no capacity", (db) => db.describeTable({ TableName: "shop" }), [0, 0, 0, 0]]
  ]
  for (const [name, program, expected] of cases) {
    it.effect(name, () => Effect.map(taken(program), (units) => assert.deepStrictEqual(units, [...expected])))
  }
})

describe("waiting", () => {
  const get = (pk: string) =>
    Effect.flatMap(DynamoDB.DynamoDB, (db) => db.getItem({ TableName: "other", Key: plain(pk), ConsistentRead: true }))
  const order: Array<string> = []
  const noted = (pk: string) => Effect.tap(get(pk), () => Effect.sync(() => order.push(pk)))
  const limited = <A, E, R>(program: Effect.Effect<A, E, R>, limits: RateLimit.Limits) =>
    program.pipe(Effect.provide(Layer.provide(local, RateLimit.layer(limits))))

  it.effect("in the order of coming; who is interrupted leaves, and takes nothing", () =>
    limited(
      Effect.gen(function*() {
        order.length = 0
        const fibers = yield* Effect.forEach(["a", "b", "c", "d"], (pk) =>
          Effect.zipLeft(Effect.fork(noted(pk)), Effect.yieldNow()))
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(order, ["a"])
        yield* Effect.forEach(fibers.slice(1, 3), Fiber.interrupt)
        yield* TestClock.adjust("999 millis")
        assert.deepStrictEqual(order, ["a", "d"])
      }),
      { other: RateLimit.fixed({ read: 1 }) }
    ))

  it.effect("a request larger than the burst goes when the bucket is full, and the next ones wait for it", () =>
    limited(
      Effect.gen(function*() {
        const db = yield* DynamoDB.DynamoDB
        const scan = db.scan({ TableName: "other", ConsistentRead: true })
        yield* get("a")
        const first = yield* Effect.fork(scan)
        yield* TestClock.adjust("900 millis")
        assert.isNull(first.unsafePoll())
        yield* TestClock.adjust("100 millis")
        // it was charged 256, and cost 1
        yield* Fiber.join(first)
        assert.strictEqual(yield* tokens("other", "read"), 9)
      }),
      { other: RateLimit.fixed({ read: 1, burst: 10 }) }
    ))

  it.effect("what was taken too much comes to those who wait at once", () =>
    limited(
      Effect.gen(function*() {
        const db = yield* DynamoDB.DynamoDB
        const scan = yield* Effect.fork(db.scan({ TableName: "other" }))
        const next = yield* Effect.fork(get("a"))
        yield* TestClock.adjust(1)
        yield* Fiber.join(scan)
        yield* Fiber.join(next)
      }),
      { other: RateLimit.fixed({ read: 1, burst: 10 }) }
    ))

  it.effect("around one program, beside the limits outside; other programs are not held up", () =>
    limited(
      Effect.gen(function*() {
        const slow = yield* Effect.fork(
          Effect.zipRight(get("a"), get("b")).pipe(RateLimit.withLimits(RateLimit.fixed({ read: 0.1, burst: 1 })))
        )
        yield* TestClock.adjust("5 seconds")
        assert.isNull(slow.unsafePoll())
        yield* get("c")
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(slow)
        // all three are charged outside too, and ten seconds have filled it
        assert.strictEqual(yield* tokens("*", "read"), 0)
      }),
      { other: RateLimit.fixed({ read: 100 }) }
    ))

  it.effect("a request of unknown outcome does not wait again, but is charged", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const put = yield* Effect.fork(db.putItem({ TableName: "other", Item: plain("a") }))
      yield* TestClock.adjust("100 millis")
      yield* Fiber.join(put)
      assert.approximately(yield* tokens("other", "write"), -1, 0.01)
    }).pipe(
      LocalDynamoDB.withFaults([{
        operation: "PutItem",
        nth: 1,
        failure: Wire.connectionFault({ phase: "sent", timeout: false, cause: undefined })
      }]),
      (program) => limited(program, { other: RateLimit.fixed({ write: 0.01, burst: 1 }) })
    ))

  it.effect("waits, corrections and rate are metrics", () =>
    limited(
      Effect.gen(function*() {
        const db = yield* DynamoDB.DynamoDB
        const waits = Effect.map(
          Metric.value(
            DynamoDBMetrics.rateLimitWaits.pipe(Metric.tagged("limit", "*"), Metric.tagged("access", "read"))
          ),
          (state) => state.count
        )
        const before = yield* waits
        yield* db.scan({ TableName: "shop" })
        const waiting = yield* Effect.fork(
          Effect.replicateEffect(db.getItem({ TableName: "shop", Key: plain("1") }), 3)
        )
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.join(waiting)
        const labelled = <T, I, O>(metric: Metric.Metric<T, I, O>) =>
          Metric.value(metric.pipe(Metric.tagged("limit", "*"), Metric.tagged("access", "read")))
        assert.strictEqual((yield* labelled(DynamoDBMetrics.rateLimitRate)).value, 0.5)
        assert.strictEqual((yield* waits) - before, 2)
        const returned = yield* labelled(Metric.tagged(DynamoDBMetrics.rateLimitCorrections, "direction", "returned"))
        assert.strictEqual(returned.count, 127.5)
      }),
      RateLimit.fixed({ read: 0.5, burst: 1 })
    ))

  it.effect("limits that are none are refused", () =>
    Effect.gen(function*() {
      const refused = [
        RateLimit.fixed({ read: 0 }),
        RateLimit.fixed({ write: Number.NaN }),
        RateLimit.fixed({ read: 1, burst: -1 }),
        RateLimit.adaptive({ min: 2, max: 1 })
      ]
      for (const limits of refused) {
        const e = yield* Effect.flip(RateLimit.withLimits(Effect.void, { other: limits }))
        assert.deepStrictEqual([e._tag, e.reason], ["ConfigurationException", "Invalid"])
      }
    }))
})
