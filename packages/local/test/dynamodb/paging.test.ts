/** Pages, items and counts as streams: on demand, to the end, and no further. */
import * as AwsRetry from "@armature/aws/AwsRetry"
import type { Transport } from "@armature/aws/Transport"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import { describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { assert } from "vitest"
import { users } from "../service.js"

const item = (id: number) => ({ org: { S: "acme" }, id: { N: String(id) }, even: { BOOL: id % 2 === 0 } })
const query = {
  TableName: "users",
  KeyConditionExpression: "org = :org",
  ExpressionAttributeValues: { ":org": { S: "acme" } }
}
const even = {
  FilterExpression: "even = :true",
  ExpressionAttributeValues: { ":org": { S: "acme" }, ":true": { BOOL: true } }
}
const last = { FilterExpression: "id = :last", ExpressionAttributeValues: { ":last": { N: "10" } } }

/** A program on ten items with the ids 1 to 10, in one partition. */
const onTen = <A, E>(
  body: (db: DynamoDB.DynamoDB.Service) => Effect.Effect<A, E, LocalDynamoDB.LocalDynamoDB>
) =>
  Effect.gen(function*() {
    const db = yield* DynamoDB.DynamoDB
    for (let id = 1; id <= 10; id++) yield* db.putItem({ TableName: "users", Item: item(id) })
    return yield* body(db)
  }).pipe(Effect.provide(LocalDynamoDB.layer({ tables: [users] })))

/** The requests of one operation so far, as they were sent. */
const requests = (operation: string) =>
  Effect.map(
    Effect.flatMap(LocalDynamoDB.LocalDynamoDB, ({ calls }) => calls),
    (calls) =>
      calls.filter((call) => call.operation === operation).map(({ input }) =>
        input as { readonly Limit?: number; readonly ExclusiveStartKey?: DynamoDB.Item; readonly Select?: string }
      )
  )

const ids = (items: Iterable<DynamoDB.Item>) => [...items].map(({ id }) => Number(id?.N))

describe("pages", () => {
  it.effect("come until there are no more, each when it is asked for", () =>
    onTen((db) =>
      Effect.gen(function*() {
        const all = yield* Stream.runCollect(db.query.pages({ ...query, Limit: 4 }))
        assert.deepStrictEqual([...all].map((page) => page.Count), [4, 4, 2])
        assert.strictEqual((yield* requests("Query")).length, 3)
        yield* Stream.runHead(db.query.pages({ ...query, Limit: 4 }))
        assert.strictEqual((yield* requests("Query")).length, 4)
      })
    ))

  it.effect("start after a given key, and the same stream twice starts there twice", () =>
    onTen((db) =>
      Effect.gen(function*() {
        const { even: _, ...ExclusiveStartKey } = item(7)
        const rest = db.query.items({ ...query, Limit: 2, ExclusiveStartKey })
        assert.deepStrictEqual(ids(yield* Stream.runCollect(rest)), [8, 9, 10])
        assert.deepStrictEqual(ids(yield* Stream.runCollect(rest)), [8, 9, 10])
      })
    ))

  it.effect("that are empty are not the end", () =>
    onTen((db) =>
      Effect.gen(function*() {
        const found = yield* Stream.runCollect(db.scan.items({ TableName: "users", Limit: 1, ...last }))
        assert.deepStrictEqual(ids(found), [10])
      })
    ))

  it.effect("a failure comes after the items that were read before it", () =>
    onTen((db) =>
      Effect.gen(function*() {
        const seen = yield* Ref.make<ReadonlyArray<number>>([])
        const e = yield* db.query.items({ ...query, Limit: 4 }).pipe(
          Stream.runForEach((one) => Ref.update(seen, (before) => [...before, ...ids([one])])),
          Effect.flip,
          AwsRetry.withPolicy(AwsRetry.none),
          LocalDynamoDB.withFaults([{
            operation: "Query",
            nth: 2,
            failure: { _tag: "ServiceFault", code: "ResourceNotFoundException", message: "", statusCode: 400 }
          }])
        )
        assert.strictEqual(e._tag, "ResourceNotFoundException")
        assert.deepStrictEqual(yield* Ref.get(seen), [1, 2, 3, 4])
      })
    ))

  it.effect("names of tables, all of them", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      for (const name of ["aaa", "bbb", "ccc"]) yield* db.createTable({ ...users, TableName: name })
      const all = ["aaa", "bbb", "ccc", "users"]
      assert.deepStrictEqual([...yield* Stream.runCollect(db.listTables.names({ Limit: 1 }))], all)
      assert.deepStrictEqual([...yield* Stream.runCollect(db.listTables.names())], all)
      const after = db.listTables.names({ ExclusiveStartTableName: "bbb" })
      assert.deepStrictEqual([...yield* Stream.runCollect(after)], ["ccc", "users"])
    }).pipe(Effect.provide(LocalDynamoDB.layer({ tables: [users] }))))
})

describe("a total limit", () => {
  it.effect("ends the items, and no page is asked for that is not needed", () =>
    onTen((db) =>
      Effect.gen(function*() {
        for (const [limit, Limit, expected] of [[5, 2, 3], [4, 2, 2], [3, undefined, 1], [0, 2, 0]] as const) {
          const before = (yield* requests("Query")).length
          const found = yield* Stream.runCollect(db.query.items({ ...query, Limit }, { limit }))
          assert.deepStrictEqual(ids(found), [1, 2, 3, 4, 5].slice(0, limit))
          assert.strictEqual((yield* requests("Query")).length - before, expected, `limit ${limit}, Limit ${Limit}`)
        }
        assert.strictEqual((yield* requests("Query")).at(-1)?.Limit, 3)
      })
    ))

  it.effect("counts what passes the filter, so it does not make filtered pages small", () =>
    onTen((db) =>
      Effect.gen(function*() {
        const found = yield* Stream.runCollect(db.query.items({ ...query, ...even }, { limit: 3 }))
        assert.deepStrictEqual(ids(found), [2, 4, 6])
        assert.deepStrictEqual((yield* requests("Query")).map(({ Limit }) => Limit), [undefined])
      })
    ))

  it.effect("that is no count is refused", () =>
    onTen((db) =>
      Effect.gen(function*() {
        for (const limit of [-1, 1.5, NaN]) {
          const e = yield* Effect.flip(Stream.runDrain(db.scan.items({ TableName: "users" }, { limit })))
          assert.strictEqual(e._tag, "ValidationException")
        }
        assert.strictEqual((yield* requests("Scan")).length, 0)
      })
    ))
})

describe("counts", () => {
  it.effect("add up over all pages, and no item is sent", () =>
    onTen((db) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* db.query.count({ ...query, ...even, Limit: 3 }), 5)
        assert.strictEqual(yield* db.scan.count({ TableName: "users", Limit: 3 }), 10)
        assert.deepStrictEqual(new Set((yield* requests("Query")).map(({ Select }) => Select)), new Set(["COUNT"]))
        const counted = yield* db.query({ ...query, Select: "COUNT" })
        assert.notProperty(counted, "Items")
        assert.strictEqual(counted.Count, 10)
      })
    ))
})

describe("a parallel scan", () => {
  const many = (count: number) =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      for (let id = 1; id <= count; id++) {
        yield* db.putItem({ TableName: "users", Item: { ...item(id), org: { S: `org ${id}` } } })
      }
      return db
    })

  it.effect("reads every item once, and tells how far it is", () =>
    Effect.gen(function*() {
      const db = yield* many(60)
      const told = yield* Ref.make<ReadonlyArray<DynamoDB.ScanProgress>>([])
      const found = yield* Stream.runCollect(db.scan.parallel(
        {
          TableName: "users",
          Limit: 5,
          FilterExpression: "even = :true",
          ExpressionAttributeValues: { ":true": { BOOL: true } }
        },
        { segments: 4, onProgress: (progress) => Ref.update(told, (before) => [...before, progress]) }
      ))
      assert.deepStrictEqual(ids(found).sort((a, b) => a - b), Array.from({ length: 30 }, (_, i) => 2 * i + 2))
      const progress = yield* Ref.get(told)
      const { capacity, ...end } = progress.at(-1) ?? assert.fail("no progress was told")
      assert.deepStrictEqual(end, { segments: 4, segmentsDone: 4, items: 30, scanned: 60 })
      assert.isAbove(capacity, 0)
      assert.strictEqual(progress.length, (yield* requests("Scan")).length)
      for (const [i, one] of progress.entries()) assert.isAtLeast(one.scanned, progress[i - 1]?.scanned ?? 0)
    }).pipe(Effect.provide(LocalDynamoDB.layer({ tables: [users] }))))

  it.effect("holds one page for each segment that is being read, one between, and the one that is taken", () =>
    Effect.gen(function*() {
      const db = yield* many(60)
      const taken = yield* Ref.make(0)
      const gate = yield* Deferred.make<void>()
      const fiber = yield* db.scan.parallel({ TableName: "users", Limit: 1 }, { segments: 6, concurrency: 3 }).pipe(
        Stream.runForEach(() => Effect.zipRight(Ref.update(taken, (n) => n + 1), Deferred.await(gate))),
        Effect.fork
      )
      // as long as anything can go on, it does; then nobody takes more
      for (let i = 0; i < 1_000; i++) yield* Effect.yieldNow()
      assert.strictEqual(yield* Ref.get(taken), 1)
      assert.isAtMost((yield* requests("Scan")).length, 3 + 1 + 1)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(fiber)
      assert.strictEqual(yield* Ref.get(taken), 60)
    }).pipe(Effect.provide(LocalDynamoDB.layer({ tables: [users] }))))

  it.effect("of no segments, or of none at a time, is refused", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      for (
        const options of [{ segments: 0 }, { segments: 1.5 }, { segments: 1_000_001 }, { segments: 2, concurrency: 0 }]
      ) {
        const e = yield* Effect.flip(Stream.runDrain(db.scan.parallel({ TableName: "users" }, options)))
        assert.strictEqual(e._tag, "ValidationException")
      }
    }).pipe(Effect.provide(LocalDynamoDB.layer({ tables: [users] }))))
})

describe("interruption", () => {
  it.effect("stops the request of the page that is under way", () =>
    Effect.gen(function*() {
      const started = yield* Deferred.make<void>()
      const stopped = yield* Deferred.make<void>()
      let asked = 0
      const { transport } = yield* LocalDynamoDB.make({ tables: [users] })
      /** Answers the first page, and never the second. */
      const hanging: Transport<DynamoDB.Operations> = {
        info: transport.info,
        send: (operation, input) =>
          operation !== "Query" || ++asked === 1
            ? transport.send(operation, input)
            : Effect.zipRight(Deferred.succeed(started, undefined), Effect.never).pipe(
              Effect.onInterrupt(() => Deferred.succeed(stopped, undefined))
            )
      }
      yield* Effect.gen(function*() {
        const db = yield* DynamoDB.DynamoDB
        for (const id of [1, 2, 3]) yield* db.putItem({ TableName: "users", Item: item(id) })
        const fiber = yield* Effect.fork(Stream.runCollect(db.query.items({ ...query, Limit: 2 })))
        yield* Deferred.await(started)
        yield* Fiber.interrupt(fiber)
        assert.isTrue(yield* Deferred.isDone(stopped))
      }).pipe(
        Effect.provide(DynamoDB.layerTransport.pipe(Layer.provide(Layer.succeed(DynamoDB.DynamoDBTransport, hanging))))
      )
    }).pipe(Effect.scoped))

  it.effect("of what takes the items ends it in the middle of a page", () =>
    onTen((db) =>
      Effect.gen(function*() {
        const taken = yield* Ref.make<ReadonlyArray<number>>([])
        const second = yield* Deferred.make<void>()
        const fiber = yield* db.query.items({ ...query, Limit: 5 }).pipe(
          Stream.runForEach((one) =>
            Ref.updateAndGet(taken, (before) => [...before, ...ids([one])]).pipe(
              Effect.flatMap((all) =>
                all.length < 2 ? Effect.void : Effect.zipRight(Deferred.succeed(second, undefined), Effect.never)
              )
            )
          ),
          Effect.fork
        )
        yield* Deferred.await(second)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* Ref.get(taken), [1, 2])
        assert.strictEqual((yield* requests("Query")).length, 1)
      })
    ))
})

describe("a server that gives an empty key at the end, or a null", () => {
  it.effect("has no more pages", () =>
    Effect.gen(function*() {
      for (const end of ["{}", "null"]) {
        const fake = DynamoDB.layerFake({
          scan: () => Effect.succeed({ Items: [item(1)], LastEvaluatedKey: JSON.parse(end) })
        })
        const scan = Effect.flatMap(DynamoDB.DynamoDB, (db) => Stream.runCollect(db.scan.items({ TableName: "users" })))
        assert.strictEqual(Chunk.size(yield* Effect.provide(scan, fake)), 1)
      }
    }))
})
