import * as AwsRetry from "@armature/aws/AwsRetry"
import type { Transport } from "@armature/aws/Transport"
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import * as Utils from "effect/Utils"
import { assert } from "vitest"

const table = (TableName: string, range = false): Sdk.CreateTableCommandInput => ({
  TableName,
  KeySchema: [
    { AttributeName: "id", KeyType: "HASH" },
    ...(range ? [{ AttributeName: "at", KeyType: "RANGE" } as const] : [])
  ],
  AttributeDefinitions: [
    { AttributeName: "id", AttributeType: "N" },
    ...(range ? [{ AttributeName: "at", AttributeType: "B" } as const] : [])
  ],
  BillingMode: "PAY_PER_REQUEST"
})
const tables = [table("alpha"), table("beta", true)]
const local = LocalDynamoDB.layer({ tables })

const key = (id: number | string) => ({ id: { N: String(id) } })
const put = (id: number | string, v = "x"): Sdk.WriteRequest => ({ PutRequest: { Item: { ...key(id), v: { S: v } } } })
const range = (n: number) => Array.from({ length: n }, (_, i) => i)
const keys = { alpha: ["id"] }

type Ops = DynamoDB.Operations
type Answer<K extends keyof Ops> = Effect.Effect<Ops[K]["output"], Wire.WireFailure>

/** The service over the engine, with something between that answers one operation, or has the engine answer. */
const between = <K extends keyof Ops>(
  name: K,
  answer: (input: Ops[K]["input"], engine: (input: Ops[K]["input"]) => Answer<K>) => Answer<K>
) =>
  DynamoDB.layerTransport.pipe(
    Layer.merge(Layer.context<LocalDynamoDB.LocalDynamoDB>()),
    Layer.provide(
      Layer.effectContext(
        Effect.map(Effect.context<LocalDynamoDB.LocalDynamoDB | DynamoDB.DynamoDBTransport>(), (context) => {
          const inner = Context.get(context, DynamoDB.DynamoDBTransport)
          const send = (operation: string, input: unknown): unknown => {
            const engine = (given: unknown) => inner.send(operation as K, given as never) as Answer<K>
            return operation === name ? answer(input as Ops[K]["input"], engine) : engine(input)
          }
          const transport = { info: inner.info, send } as Transport<Ops>
          return Context.add(context, DynamoDB.DynamoDBTransport, transport)
        })
      ).pipe(Layer.provide(LocalDynamoDB.layerTransport({ tables })))
    )
  )

type Write = Ops["BatchWriteItem"]

const writesIn = (input: Write["input"]): ReadonlyArray<Sdk.WriteRequest> => input.RequestItems?.alpha ?? []

/** Has the engine do some of the writes, and leaves the others over. */
const answering = (
  engine: (input: Write["input"]) => Answer<"BatchWriteItem">,
  input: Write["input"],
  done: Array<Sdk.WriteRequest>,
  left: Array<Sdk.WriteRequest>
): Answer<"BatchWriteItem"> => {
  const UnprocessedItems = left.length === 0 ? {} : { alpha: left }
  return done.length === 0
    ? Effect.succeed({ $metadata: {}, UnprocessedItems })
    : Effect.map(engine({ ...input, RequestItems: { alpha: done } }), (output) => ({ ...output, UnprocessedItems }))
}

/** Leaves writes over, as `chosen` says. */
const leaving = (chosen: (request: Sdk.WriteRequest) => boolean) =>
  between("BatchWriteItem", (input, engine) => {
    const left = writesIn(input).filter(chosen)
    return answering(engine, input, writesIn(input).filter((one) => !left.includes(one)), structuredClone(left))
  })

const calls = Effect.flatMap(LocalDynamoDB.LocalDynamoDB, (local) => local.calls)
const sent = Effect.map(calls, (all) => all.map((call) => call.operation))
const stored = (TableName: string) =>
  Effect.flatMap(
    DynamoDB.DynamoDB,
    (db) =>
      Effect.map(db.scan({ TableName }), ({ Items = [] }) =>
        Object.fromEntries(Items.map((item) => [Number(item.id?.N), item.v?.S])))
  )

const lost = Wire.connectionFault({ phase: "sent", timeout: false, cause: { code: "ECONNRESET" } })
const denied = Wire.serviceFault({ code: "AccessDeniedException", message: "", statusCode: 400 })

const unprocessed = <A, E extends Error & { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (e) => {
    assert.strictEqual(e._tag, "UnprocessedException", e.message)
    return e as Extract<E, { readonly _tag: "UnprocessedException" }>
  })

/** Runs a program to its end, however long it waits. */
const inTime = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.fork(program), (fiber) => Effect.zipRight(TestClock.adjust("1 hour"), Fiber.join(fiber)))

describe("batchWriteItem", () => {
  it.effect("any number of writes over any number of tables, in requests of 25", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const at = { at: { B: new Uint8Array([1]) } }
      const output = yield* db.batchWriteItem({
        RequestItems: {
          alpha: range(60).map((i) => put(i)),
          beta: range(60).map((i) => ({ PutRequest: { Item: { ...key(i), ...at } } }))
        },
        ReturnConsumedCapacity: "TOTAL"
      }, { keys: { ...keys, beta: ["id", "at"] } })
      assert.deepStrictEqual(
        output.ConsumedCapacity?.map((used) => [used.TableName, used.CapacityUnits]).sort(),
        [["alpha", 60], ["beta", 60]]
      )
      assert.deepStrictEqual(yield* sent, range(5).map(() => "BatchWriteItem"))
      assert.lengthOf(Object.keys(yield* stored("alpha")), 60)
      assert.lengthOf(Object.keys(yield* stored("beta")), 60)
    }).pipe(Effect.provide(local)))

  it.effect("nothing to write sends nothing", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      assert.deepStrictEqual(yield* db.batchWriteItem({ RequestItems: { alpha: [] } }), {})
      assert.deepStrictEqual(yield* db.batchGetItem({ RequestItems: {} }), { Responses: {}, items: {} })
      assert.deepStrictEqual(yield* sent, [])
    }).pipe(Effect.provide(local)))

  it.effect("of writes to one key the last wins: within a request, across requests, with puts alone", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* db.batchWriteItem({ RequestItems: { alpha: [put(1, "first"), put("1.0", "last")] } })
      assert.deepStrictEqual(yield* stored("alpha"), { 1: "last" })
      // refused as it stood, then asked which key the table has
      assert.deepStrictEqual(yield* sent, ["BatchWriteItem", "DescribeTable", "BatchWriteItem", "Scan"])
      const before = (yield* sent).length
      yield* db.batchWriteItem({
        RequestItems: {
          alpha: [...range(70).map((i) => put(i, "first")), ...range(70).map((i) => put(`${i}e0`, "last"))]
        }
      })
      // three requests for seventy items: what would be overwritten is not sent
      assert.deepStrictEqual((yield* sent).slice(before), ["DescribeTable", ...range(3).map(() => "BatchWriteItem")])
      assert.deepStrictEqual(yield* stored("alpha"), Object.fromEntries(range(70).map((i) => [i, "last"])))
      yield* db.batchWriteItem({ RequestItems: { alpha: [put(1, "new"), { DeleteRequest: { Key: key("1.00") } }] } })
      assert.notProperty(yield* stored("alpha"), "1")
      yield* db.batchWriteItem({ RequestItems: { alpha: [{ DeleteRequest: { Key: key("2.0") } }, put(2, "back")] } })
      assert.propertyVal(yield* stored("alpha"), "2", "back")
    }).pipe(Effect.provide(local)))

  it.effect("a request that is refused for something else fails as it was refused", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const invalid: Sdk.WriteRequest = { PutRequest: { Item: { id: { S: "text" } } } }
      const e = yield* Effect.flip(db.batchWriteItem({ RequestItems: { alpha: [put(1), invalid] } }))
      assert.deepStrictEqual([e._tag, e.operation], ["ValidationException", "BatchWriteItem"])
      const garbage = JSON.parse(
        `{"alpha":[{"PutRequest":{"Item":{"id":{"N":1},"x":null}}},{"DeleteRequest":{"Key":5}}]}`
      )
      const g = yield* Effect.flip(db.batchWriteItem({ RequestItems: garbage }))
      assert.strictEqual(g._tag, "ValidationException")
    }).pipe(Effect.provide(local)))

  it.effect("leftovers are sent again when the policy says, whose waits begin anew on progress", () => {
    // how many of four writes each request does
    const script = [1, 0, 0, 1, 0, 0, 2]
    const times: Array<number> = []
    const layer = between("BatchWriteItem", (input, engine) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const all = writesIn(input)
        const done = script[times.push(now / 1000) - 1] ?? 0
        return answering(engine, input, [...all.slice(0, done)], [...all.slice(done)])
      }))
    return Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* inTime(
        db.batchWriteItem({ RequestItems: { alpha: range(4).map((i) => put(i)) } }, { keys }).pipe(
          AwsRetry.withPolicy(Schedule.exponential("1 second").pipe(Schedule.intersect(Schedule.recurs(3))))
        )
      )
      assert.deepStrictEqual(times, [0, 1, 3, 7, 8, 10, 14])
      assert.lengthOf(Object.keys(yield* stored("alpha")), 4)
    }).pipe(Effect.provide(layer))
  })

  it.effect("what is left when the policy ends is exactly what was not written", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const e = yield* unprocessed(
        inTime(db.batchWriteItem({ RequestItems: { alpha: range(60).map((i) => put(i)) } }, { keys }))
      )
      const odd = range(60).filter((i) => i % 7 === 0)
      assert.deepStrictEqual(e.unprocessed, { alpha: odd.map((i) => put(i)) })
      assert.deepStrictEqual([e.unknown, e.items, e.last, e.outcome, e.retryable], [
        {},
        {},
        undefined,
        "not-applied",
        true
      ])
      assert.deepStrictEqual(Object.keys(yield* stored("alpha")).map(Number), range(60).filter((i) => i % 7 !== 0))
    }).pipe(Effect.provide(leaving((request) => Number(request.PutRequest?.Item?.id?.N) % 7 === 0))))

  it.effect("one request fails and others do not: both sides are exact", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const e = yield* unprocessed(
        db.batchWriteItem({ RequestItems: { alpha: range(75).map((i) => put(i)) } }, { concurrency: 1, keys }).pipe(
          LocalDynamoDB.withFaults([{ operation: "BatchWriteItem", nth: 2, failure: denied }])
        )
      )
      assert.deepStrictEqual(e.unprocessed, { alpha: range(75).slice(25, 50).map((i) => put(i)) })
      assert.deepStrictEqual(e.unknown, {})
      assert.deepStrictEqual([e.last?._tag, e.retryable], ["AccessDeniedException", false])
      assert.lengthOf(Object.keys(yield* stored("alpha")), 50)
    }).pipe(Effect.provide(local)))

  it.effect("a request of unknown outcome is unknown, and what it may have written is not said to be unwritten", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const e = yield* unprocessed(
        db.batchWriteItem({ RequestItems: { alpha: range(75).map((i) => put(i)) } }, {
          concurrency: 1,
          keys,
          resend: "never"
        }).pipe(
          LocalDynamoDB.withFaults([
            { operation: "BatchWriteItem", nth: 2, effect: "after", failure: lost },
            { operation: "BatchWriteItem", nth: 3, failure: denied }
          ])
        )
      )
      assert.deepStrictEqual(e.unprocessed, { alpha: range(75).slice(50).map((i) => put(i)) })
      assert.deepStrictEqual(e.unknown, { alpha: range(75).slice(25, 50).map((i) => put(i)) })
      assert.deepStrictEqual([e.outcome, e.last?._tag], ["unknown", "AccessDeniedException"])
      assert.lengthOf(Object.keys(yield* stored("alpha")), 50)
    }).pipe(Effect.provide(local)))

  it.effect("a request whose answer was lost is sent again", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* inTime(
        db.batchWriteItem({ RequestItems: { alpha: range(30).map((i) => put(i)) } }, { keys }).pipe(
          LocalDynamoDB.withFaults([{ operation: "BatchWriteItem", effect: "after", failure: lost }])
        )
      )
      assert.lengthOf(Object.keys(yield* stored("alpha")), 30)
      assert.lengthOf((yield* sent).filter((operation) => operation === "BatchWriteItem"), 3)
    }).pipe(Effect.provide(local)))

  it.effect("what is left over of a request that was sent again after a lost answer is unknown: the first may have written it", () => {
    let asked = 0
    // the first answer is lost, the second and the third do one write each, the fourth none
    const layer = between("BatchWriteItem", (input, engine) =>
      Effect.suspend(() => {
        const all = [...writesIn(input)]
        asked++
        if (asked === 1) return Effect.zipRight(engine(input), Effect.fail(lost))
        return asked === 4 ? Effect.fail(denied) : answering(engine, input, all.slice(0, 1), all.slice(1))
      }))
    return Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const e = yield* unprocessed(
        inTime(
          db.batchWriteItem({ RequestItems: { alpha: range(4).map((i) => put(i)) } }, { keys }).pipe(
            AwsRetry.withPolicy(Schedule.recurs(1))
          )
        )
      )
      assert.deepStrictEqual(e.unprocessed, {})
      assert.deepStrictEqual(e.unknown, { alpha: range(4).slice(2).map((i) => put(i)) })
      assert.deepStrictEqual([e.outcome, e.last?._tag], ["unknown", "AccessDeniedException"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("a refusal after a lost answer is not told as the whole batch's: it does not say that nothing was written", () => {
    let asked = 0
    const layer = between("BatchWriteItem", (input, engine) =>
      Effect.suspend(() => {
        asked++
        if (asked === 1) return Effect.zipRight(engine(input), Effect.fail(lost))
        return asked === 2 ? answering(engine, input, [], [...writesIn(input)]) : Effect.fail(denied)
      }))
    return Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const e = yield* unprocessed(
        inTime(
          db.batchWriteItem({ RequestItems: { alpha: [put(1)] } }).pipe(AwsRetry.withPolicy(Schedule.recurs(1)))
        )
      )
      assert.deepStrictEqual([e.unprocessed, e.unknown, e.outcome], [{}, { alpha: [put(1)] }, "unknown"])
      assert.strictEqual(e.last?._tag, "AccessDeniedException")
    }).pipe(Effect.provide(layer))
  })

  it.effect("what may have been written is sent again for five seconds at most", () => {
    let asked = 0
    const layer = between(
      "BatchWriteItem",
      (input, engine) =>
        Effect.suspend(() => ++asked === 1 ? Effect.fail(lost) : answering(engine, input, [], [...writesIn(input)]))
    )
    return Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const e = yield* unprocessed(
        inTime(
          db.batchWriteItem({ RequestItems: { alpha: [put(1)] } }).pipe(
            AwsRetry.withPolicy(Schedule.exponential("1 second", 4).pipe(Schedule.intersect(Schedule.recurs(3))))
          )
        )
      )
      // at 0 s, at 1 s and at 2 s; the next would be at 6 s
      assert.deepStrictEqual([e.unprocessed, e.unknown, asked], [{}, { alpha: [put(1)] }, 3])
    }).pipe(Effect.provide(layer))
  })

  it.effect("what may have been written is not sent again by a process that was frozen while it waited", () => {
    let asked = 0
    let now = 0
    const clock: Clock.Clock = {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => now,
      unsafeCurrentTimeNanos: () => BigInt(now) * 1_000_000n,
      currentTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
      currentTimeMillis: Effect.sync(() => now),
      // the first wait is the driver's, the second the batch's
      sleep: () => Effect.sync(() => void (now += asked === 1 ? 1_000 : 3_600_000))
    }
    const layer = between(
      "BatchWriteItem",
      (input, engine) =>
        Effect.suspend(() => ++asked === 1 ? Effect.fail(lost) : answering(engine, input, [], [...writesIn(input)]))
    )
    return Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const e = yield* unprocessed(
        db.batchWriteItem({ RequestItems: { alpha: [put(1)] } }).pipe(
          AwsRetry.withPolicy(Schedule.spaced("1 second")),
          Effect.withClock(clock)
        )
      )
      assert.deepStrictEqual([e.unknown, asked], [{ alpha: [put(1)] }, 2])
    }).pipe(Effect.provide(layer))
  })

  it.effect("a table may have any name", () => {
    const ItemCollectionMetrics = { constructor: [{ SizeEstimateRangeGB: [0, 1] }] }
    const layer = between("BatchWriteItem", () => Effect.succeed({ $metadata: {}, ItemCollectionMetrics }))
    return Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const output = yield* db.batchWriteItem({ RequestItems: { constructor: [put(1)] } })
      assert.deepStrictEqual(output.ItemCollectionMetrics, ItemCollectionMetrics)
    }).pipe(Effect.provide(layer))
  })

  it.effect("a failure that met the whole batch is itself", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const missing = yield* Effect.flip(db.batchWriteItem({ RequestItems: { none: [put(1)] } }))
      assert.strictEqual(missing._tag, "ResourceNotFoundException")
      const many = yield* Effect.flip(db.batchWriteItem({ RequestItems: { none: range(60).map((i) => put(i)) } }))
      assert.deepStrictEqual([many._tag, many.operation], ["ResourceNotFoundException", "DescribeTable"])
      const unknown = yield* Effect.flip(
        db.batchWriteItem({ RequestItems: { alpha: [put(1)] } }, { resend: "never" }).pipe(
          LocalDynamoDB.withFaults([{ operation: "BatchWriteItem", effect: "after", failure: lost }])
        )
      )
      assert.strictEqual(unknown._tag, "WriteOutcomeUnknownException")
    }).pipe(Effect.provide(local)))

  it.effect("without credentials it ends after the requests under way", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const e = yield* Effect.flip(
        db.batchWriteItem({ RequestItems: { alpha: range(1000).map((i) => put(i)) } }, { concurrency: 2, keys }).pipe(
          LocalDynamoDB.withFaults([
            { operation: "BatchWriteItem", times: 1000, failure: Wire.credentialsFault(undefined) }
          ])
        )
      )
      assert.strictEqual(e._tag, "CredentialsException")
      assert.isAtMost((yield* sent).length, 2)
    }).pipe(Effect.provide(local)))

  it.effect("the key of a table that cannot be described: nothing is sent, and all of it is left", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const down = Wire.serviceFault({ code: "InternalServerError", message: "", statusCode: 500 })
      const many = { RequestItems: { alpha: range(30).map((i) => put(i)) } }
      const e = yield* unprocessed(
        inTime(db.batchWriteItem(many)).pipe(
          LocalDynamoDB.withFaults([{ operation: "DescribeTable", times: 4, failure: down }])
        )
      )
      assert.deepStrictEqual([e.unprocessed, e.last?._tag], [many.RequestItems, "ServiceUnavailableException"])
      assert.notInclude(yield* sent, "BatchWriteItem")
    }).pipe(Effect.provide(local)))

  it.effect(
    "10,000 writes, a random fifth of the members unprocessed each time: all of them stand, few at a time",
    () => {
      const random = new Utils.PCGRandom(20_000)
      let inFlight = 0
      let peak = 0
      let planned = 0
      let answered = 0
      let ahead = 0
      const requests = range(10_000).map((i): Sdk.WriteRequest => ({
        PutRequest: {
          Item: {
            ...key(i),
            // read when its request is made, and not before
            get v() {
              planned = Math.max(planned, i)
              ahead = Math.max(ahead, planned - answered)
              return { S: "x" }
            }
          }
        }
      }))
      const layer = between("BatchWriteItem", (input, engine) =>
        Effect.suspend(() => {
          const all = writesIn(input)
          peak = Math.max(peak, inFlight += all.length)
          const left = all.filter(() => random.number() < 0.2)
          const done = all.filter((request) => !left.includes(request))
          return Effect.zipRight(Effect.yieldNow(), answering(engine, input, done, left)).pipe(
            Effect.tap(() =>
              Effect.sync(() => {
                inFlight -= all.length
                answered += done.length
              })
            )
          )
        }))
      return Effect.gen(function*() {
        const db = yield* DynamoDB.DynamoDB
        yield* db.batchWriteItem({ RequestItems: { alpha: requests } }, { concurrency: 4, keys }).pipe(
          AwsRetry.withPolicy(Schedule.recurs(3))
        )
        let count = 0
        let ExclusiveStartKey: DynamoDB.Item | undefined
        do {
          const page = yield* db.scan({ TableName: "alpha", ExclusiveStartKey })
          count += page.Count ?? 0
          ExclusiveStartKey = page.LastEvaluatedKey
        } while (ExclusiveStartKey !== undefined)
        assert.strictEqual(count, 10_000)
        assert.isAtMost(peak, 4 * 25)
        assert.isAtMost(ahead, 10 * 25)
      }).pipe(Effect.provide(layer))
    },
    60_000
  )

  it.effect("interruption stops all requests, and no other is begun", () => {
    let begun = 0
    let stopped = 0
    const layer = between("BatchWriteItem", () =>
      Effect.suspend(() => {
        begun++
        return Effect.never
      }).pipe(Effect.onInterrupt(() => Effect.sync(() => stopped++))))
    return Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const fiber = yield* Effect.fork(
        db.batchWriteItem({ RequestItems: { alpha: range(200).map((i) => put(i)) } }, { concurrency: 3, keys })
      )
      yield* TestClock.adjust("1 second")
      assert.strictEqual(begun, 3)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual([begun, stopped], [3, 3])
    }).pipe(Effect.provide(layer))
  })
})

describe("batchGetItem", () => {
  const fill = (n: number, size = 1) =>
    Effect.flatMap(
      DynamoDB.DynamoDB,
      (db) => db.batchWriteItem({ RequestItems: { alpha: range(n).map((i) => put(i, `${i}`.padEnd(size))) } }, { keys })
    )
  const got = (items: ReadonlyArray<Option.Option<DynamoDB.Item>> = []) =>
    items.map(Option.match({ onNone: () => undefined, onSome: (item) => item.v?.S }))

  it.effect("any number of keys over any number of tables, in the order asked, each asker answered", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* fill(150)
      const at = { at: { B: new Uint8Array([7, 0]) } }
      yield* db.putItem({ TableName: "beta", Item: { ...key(3), ...at, v: { S: "b" } } })
      const asked = [...range(150).reverse(), 999, 5]
      const output = yield* db.batchGetItem({
        RequestItems: {
          alpha: { Keys: [...asked.map(key), key("5.0"), key("5e0")] },
          beta: { Keys: [{ ...key("3.0"), at: { B: Buffer.from([7, 0]) } }, { ...key(4), ...at }] }
        }
      })
      const expected = [...range(150).reverse().map(String), undefined, "5", "5", "5"]
      assert.deepStrictEqual(got(output.items.alpha), expected)
      assert.deepStrictEqual(output.Responses.alpha?.map((item) => item.v?.S), expected.filter((v) => v !== undefined))
      assert.deepStrictEqual(got(output.items.beta), ["b", undefined])
      assert.lengthOf((yield* sent).filter((operation) => operation === "BatchGetItem"), 2)
    }).pipe(Effect.provide(local)))

  it.effect("a projection without the key gives items without it", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* fill(3)
      const Keys = [key(2), key(9), key(0)]
      const read = (of: Omit<Sdk.KeysAndAttributes, "Keys">) =>
        Effect.map(db.batchGetItem({ RequestItems: { alpha: { Keys, ...of } } }), ({ Responses }) => Responses.alpha)
      const bare = [{ v: { S: "2" } }, { v: { S: "0" } }]
      assert.deepStrictEqual(yield* read({ ProjectionExpression: "v" }), bare)
      assert.deepStrictEqual(yield* read({ AttributesToGet: ["v"], ConsistentRead: true }), bare)
      assert.deepStrictEqual(yield* read({ ProjectionExpression: "v, id" }), [{ ...key(2), ...bare[0] }, {
        ...key(0),
        ...bare[1]
      }])
      assert.deepStrictEqual(yield* read({ ProjectionExpression: "w" }), [{}, {}])
    }).pipe(Effect.provide(local)))

  it.effect("answers that are full are asked for again at once, whatever the policy says", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* fill(100, 390_000)
      const before = yield* Clock.currentTimeMillis
      const Keys = range(100).map(key)
      const { items } = yield* db.batchGetItem({ RequestItems: { alpha: { Keys } } }).pipe(
        AwsRetry.withPolicy(AwsRetry.none)
      )
      assert.isTrue(items.alpha?.every(Option.isSome))
      const { Responses } = yield* db.batchGetItem({ RequestItems: { alpha: { Keys, ProjectionExpression: "id" } } })
        .pipe(
          AwsRetry.withPolicy(AwsRetry.none)
        )
      assert.deepStrictEqual(Responses.alpha, Keys)
      assert.strictEqual(yield* Clock.currentTimeMillis, before)
      assert.lengthOf((yield* sent).filter((operation) => operation === "BatchGetItem"), 6)
    }).pipe(Effect.provide(local)))

  it.effect("what is left over is left exactly as it was asked, with what was read", () => {
    const third = (one: DynamoDB.Item) => Number(one.id?.N) % 3 === 0
    const layer = between("BatchGetItem", (input, engine) => {
      const of = input.RequestItems?.alpha
      const left = of?.Keys?.filter(third) ?? []
      const taken = of?.Keys?.filter((one) => !third(one)) ?? []
      const UnprocessedKeys = left.length === 0 ? {} : { alpha: { ...of, Keys: left } }
      return taken.length === 0
        ? Effect.succeed({ $metadata: {}, Responses: {}, UnprocessedKeys })
        : Effect.map(engine({ ...input, RequestItems: { alpha: { ...of, Keys: taken } } }), (output) => ({
          ...output,
          UnprocessedKeys
        }))
    })
    return Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* fill(130)
      const alpha = { Keys: range(130).map(key), ConsistentRead: true }
      const e = yield* unprocessed(inTime(db.batchGetItem({ RequestItems: { alpha } })))
      assert.deepStrictEqual(e.unprocessed, { alpha: { ...alpha, Keys: alpha.Keys.filter((_, i) => i % 3 === 0) } })
      assert.deepStrictEqual([e.unknown, e.last], [{}, undefined])
      assert.deepStrictEqual(got(e.items.alpha), range(130).map((i) => i % 3 === 0 ? undefined : String(i)))
      assert.notInclude(JSON.stringify(e), "129")
      assert.notInclude(e.message, "129")
    }).pipe(Effect.provide(layer))
  })

  it.effect("one request fails and others do not", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* fill(150)
      const RequestItems = { alpha: { Keys: range(150).map(key) } }
      const e = yield* unprocessed(
        db.batchGetItem({ RequestItems }, { concurrency: 1 }).pipe(
          LocalDynamoDB.withFaults([{ operation: "BatchGetItem", failure: denied }])
        )
      )
      assert.deepStrictEqual(e.unprocessed, { alpha: { Keys: range(100).map(key) } })
      assert.deepStrictEqual(got(e.items.alpha), range(150).map((i) => i < 100 ? undefined : String(i)))
      const whole = yield* Effect.flip(
        db.batchGetItem({ RequestItems }).pipe(
          LocalDynamoDB.withFaults([{ operation: "BatchGetItem", times: 2, failure: denied }])
        )
      )
      assert.strictEqual(whole._tag, "AccessDeniedException")
    }).pipe(Effect.provide(local)))

  it.effect("an answer that is none is an InvalidResponseException, and leaves a write unknown", () =>
    Effect.gen(function*() {
      const read = Effect.flatMap(
        DynamoDB.DynamoDB,
        (db) => db.batchGetItem({ RequestItems: { alpha: { Keys: [key(1)] } } })
      )
      const write = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.batchWriteItem({ RequestItems: { alpha: [put(1)] } }))
      const odd = Effect.succeed(JSON.parse(`{"Responses":{"alpha":[null]},"UnprocessedItems":{"alpha":[null]}}`))
      const e = yield* Effect.flip(Effect.provide(read, between("BatchGetItem", () => odd)))
      assert.strictEqual(e._tag, "InvalidResponseException")
      const w = yield* Effect.flip(Effect.provide(write, between("BatchWriteItem", () => odd)))
      assert.strictEqual(w._tag, "WriteOutcomeUnknownException")
    }))

  it.effect("requests are under way at a time as many as said", () => {
    let inFlight = 0
    let peak = 0
    const layer = between("BatchGetItem", (input, engine) =>
      Effect.suspend(() => {
        peak = Math.max(peak, ++inFlight)
        return Effect.delay(engine(input), "10 millis")
      }).pipe(Effect.ensuring(Effect.sync(() => inFlight--))))
    return Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* inTime(db.batchGetItem({ RequestItems: { alpha: { Keys: range(3000).map(key) } } }))
      assert.strictEqual(peak, 8)
      peak = 0
      yield* inTime(db.batchGetItem({ RequestItems: { alpha: { Keys: range(3000).map(key) } } }, { concurrency: 3 }))
      assert.strictEqual(peak, 3)
    }).pipe(Effect.provide(layer))
  })
})
