/** Effect's persistence on DynamoDB: what a store of results promises, `PersistedCache` and `RequestResolver.persisted` on it, expiry. */
import * as AwsException from "@armature/aws/AwsException"
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as DynamoDBPersistence from "@armature/dynamodb/DynamoDBPersistence"
import * as Faults from "@armature/local/Faults"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as PersistedCache from "@effect/experimental/PersistedCache"
import * as Persistence from "@effect/experimental/Persistence"
import * as ExperimentalResolver from "@effect/experimental/RequestResolver"
import { describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PrimaryKey from "effect/PrimaryKey"
import * as Request from "effect/Request"
import * as RequestResolver from "effect/RequestResolver"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"
import { overHttp } from "./overHttp.js"

const tables = [DynamoDBPersistence.table("app")]
const options = { table: "app" }
const world = LocalDynamoDB.layer({ tables })
class User extends Schema.Class<User>("User")({ id: Schema.Number, name: Schema.String, since: Schema.Date }) {}

class GetUser extends Schema.TaggedRequest<GetUser>()("GetUser", {
  payload: { id: Schema.Number },
  success: User,
  failure: Schema.String
}) {
  [PrimaryKey.symbol]() {
    return `GetUser:${this.id}`
  }
}

const user = (id: number) => new User({ id, name: "Ada", since: new Date(id) })
const second = Option.some(Duration.seconds(1))
const forever = Option.none<Duration.Duration>()

/** What every persistence has to keep. */
const suite = <E>(
  name: string,
  backing: Layer.Layer<Persistence.BackingPersistence, E>
) =>
  describe(name, () => {
    const layer = Persistence.layerResult.pipe(Layer.provideMerge(backing))
    const test = (
      what: string,
      body: (
        store: Persistence.BackingPersistenceStore
      ) => Effect.Effect<
        void,
        unknown,
        Persistence.BackingPersistence | Persistence.ResultPersistence | Scope.Scope
      >
    ) =>
      it.scoped(what, () =>
        Effect.flatMap(Persistence.BackingPersistence, (backing) =>
          Effect.flatMap(backing.make("users"), body)).pipe(
            Effect.provide(layer)
          ), 20_000)

    test("what was set is got, alone and among many, and no longer once it was removed", (store) =>
      Effect.gen(function*() {
        const value = { _tag: "Success", value: [1, "żółw 👋", null, { deep: true }] }
        assert.deepStrictEqual(yield* store.get("a"), Option.none())
        yield* store.set("a", value, forever)
        yield* store.set("a", value, forever)
        yield* store.setMany([["b", 1, forever], ["c", "first", second], ["c", "last", second]])
        assert.deepStrictEqual(yield* store.get("a"), Option.some(value))
        assert.deepStrictEqual(yield* store.getMany(["c", "none", "a", "b", "c"]), [
          Option.some("last"),
          Option.none(),
          Option.some(value),
          Option.some(1),
          Option.some("last")
        ])
        yield* store.remove("a")
        yield* store.remove("a")
        assert.deepStrictEqual(yield* store.get("a"), Option.none())
        assert.deepStrictEqual(yield* store.getMany([]), [])
        yield* store.setMany([])
      }))

    test("an entry is there until its time, and not at it", (store) =>
      Effect.gen(function*() {
        yield* store.set("set", 1, second)
        yield* store.setMany([["many", 1, second], ["stays", 1, forever]])
        yield* TestClock.adjust("999 millis")
        const there = [Option.some(1), Option.some(1), Option.some(1)]
        assert.deepStrictEqual(yield* store.getMany(["set", "many", "stays"]), there)
        assert.deepStrictEqual(yield* store.get("set"), Option.some(1))
        yield* TestClock.adjust("1 millis")
        const gone = [Option.none(), Option.none(), Option.some(1)]
        assert.deepStrictEqual(yield* store.getMany(["set", "many", "stays"]), gone)
        assert.deepStrictEqual(yield* store.get("set"), Option.none())
        // set again, it lives again, and without a time it stays
        yield* store.set("set", 2, forever)
        yield* TestClock.adjust("1 day")
        assert.deepStrictEqual(yield* store.get("set"), Option.some(2))
      }))

    test("stores see their own entries, each the same for all who open it, and clear no others", (store) =>
      Effect.gen(function*() {
        const backing = yield* Persistence.BackingPersistence
        const again = yield* backing.make("users")
        const other = yield* backing.make("user")
        const keys = Array.from({ length: 60 }, (_, i) =>
          `s:${i}`)
        yield* store.setMany(keys.map((key) =>
          [key, key, forever] as const
        ))
        yield* other.set("s:1", "other", forever)
        assert.deepStrictEqual(yield* again.getMany(keys), keys.map(Option.some))
        yield* again.clear
        assert.deepStrictEqual(yield* store.getMany(keys), keys.map(() => Option.none()))
        assert.deepStrictEqual(yield* other.get("s:1"), Option.some("other"))
      }))

    test("PersistedCache looks up once, also for another process, until the time to live is over", () =>
      Effect.gen(function*() {
        let lookups = 0
        const open = PersistedCache.make({
          storeId: "cache",
          lookup: (request: GetUser) =>
            Effect.suspend(() => {
              lookups++
              return request.id < 0 ? Effect.fail("no such user") : Effect.succeed(user(request.id))
            }),
          timeToLive: (_, exit) => Exit.isSuccess(exit) ? "5 seconds" : "1 second",
          inMemoryTTL: 0
        })
        const cache = yield* open
        const other = yield* open
        assert.deepStrictEqual(yield* cache.get(new GetUser({ id: 1 })), user(1))
        assert.deepStrictEqual(yield* other.get(new GetUser({ id: 1 })), user(1))
        assert.strictEqual(lookups, 1)
        assert.strictEqual(yield* Effect.flip(cache.get(new GetUser({ id: -1 }))), "no such user")
        assert.strictEqual(yield* Effect.flip(other.get(new GetUser({ id: -1 }))), "no such user")
        assert.strictEqual(lookups, 2)
        yield* TestClock.adjust("1 second")
        yield* Effect.flip(other.get(new GetUser({ id: -1 })))
        assert.deepStrictEqual([yield* other.get(new GetUser({ id: 1 })), lookups], [user(1), 3])
        yield* cache.invalidate(new GetUser({ id: 1 }))
        assert.deepStrictEqual([yield* (yield* open).get(new GetUser({ id: 1 })), lookups], [user(1), 4])
      }))

    test("a store of results keeps successes and failures, one by one and many at a time", () =>
      Effect.gen(function*() {
        const results = yield* (yield* Persistence.ResultPersistence).make({ storeId: "results" })
        const [one, two, three] = [1, 2, 3].map((id) => new GetUser({ id })) as [GetUser, GetUser, GetUser]
        yield* results.set(one, Exit.succeed(user(1)))
        yield* results.setMany([[two, Exit.fail("gone")], [three, Exit.succeed(user(3))]])
        assert.deepStrictEqual(yield* results.get(two), Option.some(Exit.fail("gone")))
        assert.deepStrictEqual(yield* results.getMany([three, one, two, new GetUser({ id: 4 })]), [
          Option.some(Exit.succeed(user(3))),
          Option.some(Exit.succeed(user(1))),
          Option.some(Exit.fail("gone")),
          Option.none()
        ])
        yield* results.remove(one)
        assert.deepStrictEqual(yield* results.get(one), Option.none())
      }))

    test("RequestResolver.persisted asks only for what it has not kept", () =>
      Effect.gen(function*() {
        const asked: Array<ReadonlyArray<number>> = []
        const resolver = yield* RequestResolver.makeBatched((requests: ReadonlyArray<GetUser>) => {
          asked.push(requests.map(({ id }) => id))
          return Effect.forEach(requests, (request) => Request.succeed(request, user(request.id)), { discard: true })
        }).pipe(ExperimentalResolver.persisted<GetUser>({ storeId: "requests", timeToLive: () => "1 minute" }))
        const get = (ids: ReadonlyArray<number>) =>
          Effect.forEach(ids, (id) => Effect.request(new GetUser({ id }), resolver), { batching: true })
        assert.deepStrictEqual(yield* get([1, 2, 3]), [1, 2, 3].map(user))
        assert.deepStrictEqual(yield* get([2, 4, 1]), [2, 4, 1].map(user))
        assert.deepStrictEqual(asked, [[1, 2, 3], [4]])
        yield* TestClock.adjust("1 minute")
        yield* get([2])
        assert.deepStrictEqual(asked[2], [2])
      }))
  })

suite("persistence in memory", Persistence.layerMemory)
suite("persistence on DynamoDB in process", Layer.provide(DynamoDBPersistence.layer(options), world))
suite(
  "persistence on DynamoDB: the AWS SDK against the endpoint",
  Layer.provide(DynamoDBPersistence.layer(options), overHttp(tables))
)

const inProcess = Layer.provideMerge(DynamoDBPersistence.layer(options), world)
const opened = Effect.flatMap(Persistence.BackingPersistence, (backing) => backing.make("users"))

describe("persistence on DynamoDB", () => {
  it.scoped("DynamoDB removes what has expired, and nothing else", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const { engine } = yield* LocalDynamoDB.LocalDynamoDB
      yield* db.updateTimeToLive(DynamoDBPersistence.timeToLive("app"))
      const store = yield* opened
      yield* store.set("short", 1, Option.some(Duration.millis(1500)))
      yield* store.setMany([["long", 1, Option.some(Duration.hours(1))], ["stays", 1, forever]])
      const left = Effect.sync(() => engine.sweep()).pipe(
        Effect.zipRight(db.scan({ TableName: "app" })),
        Effect.map(({ Items = [] }) => Items.map(({ sk }) => sk?.S).sort())
      )
      yield* TestClock.adjust("1400 millis")
      assert.deepStrictEqual(yield* left, ["long", "short", "stays"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* left, ["long", "stays"])
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* left, ["stays"])
    }).pipe(Effect.provide(inProcess)))

  it.scoped("a failure is a PersistenceBackingError with the typed failure behind it", () =>
    Effect.gen(function*() {
      const store = yield* opened
      const causes = (calls: ReadonlyArray<Effect.Effect<unknown, Persistence.PersistenceError>>) =>
        Effect.forEach(calls, (call) =>
          Effect.map(Effect.flip(call), (e) =>
            e.reason === "BackingError"
              ? [e.method, AwsException.isAwsException(e.cause) ? e.cause._tag : e.cause instanceof TypeError]
              : [e.reason]))
      const failing = <A, E, R>(program: Effect.Effect<A, E, R>) =>
        program.pipe(
          LocalDynamoDB.withFaults(
            (["GetItem", "BatchGetItem", "PutItem", "BatchWriteItem", "DeleteItem", "Query"] as const).map((
              operation
            ) => ({
              operation,
              nth: "every",
              failure: Faults.connectionRefused
            }))
          ),
          AwsRetry.withPolicy(AwsRetry.none)
        )
      assert.deepStrictEqual(
        yield* failing(causes([
          store.get("a"),
          store.getMany(["a"]),
          store.set("a", 1, forever),
          store.setMany([["a", 1, forever]]),
          store.remove("a"),
          store.clear
        ])),
        ["get", "getMany", "set", "setMany", "remove", "clear"].map((method) => [method, "ConnectionException"])
      )
      assert.deepStrictEqual(
        yield* causes([
          store.set("a", undefined, forever),
          store.set("a", 1n, forever),
          store.setMany([["a", 1n, forever]]),
          store.set("a", "x".repeat(500_000), forever)
        ]),
        [["set", true], ["set", true], ["setMany", true], ["set", "ValidationException"]]
      )
    }).pipe(Effect.provide(inProcess)))

  it.scoped("takes its options from Config", () =>
    Effect.gen(function*() {
      const results = yield* (yield* Persistence.ResultPersistence).make({ storeId: "users" })
      yield* results.set(new GetUser({ id: 1 }), Exit.succeed(user(1)))
      const backing = yield* DynamoDBPersistence.make({ table: "app", prefix: "p" })
      assert.isTrue(Option.isSome(yield* (yield* backing.make("users")).get("GetUser:1")))
      const other = yield* DynamoDBPersistence.make(options)
      assert.deepStrictEqual(yield* (yield* other.make("users")).get("GetUser:1"), Option.none())
    }).pipe(
      Effect.provide(
        DynamoDBPersistence.layerResultConfig({ table: Config.string("TABLE"), prefix: Config.succeed("p") }).pipe(
          Layer.provideMerge(world)
        )
      ),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["TABLE", "app"]])))
    ))

  it.scoped("layerResult is all that a cache needs", () =>
    Effect.gen(function*() {
      const cache = yield* PersistedCache.make({
        storeId: "cache",
        lookup: (request: GetUser) => Effect.succeed(user(request.id)),
        timeToLive: () => "1 minute"
      })
      assert.deepStrictEqual(yield* cache.get(new GetUser({ id: 7 })), user(7))
      const { Count } = yield* Effect.flatMap(DynamoDB.DynamoDB, (db) => db.scan({ TableName: "app" }))
      assert.strictEqual(Count, 1)
    }).pipe(Effect.provide(DynamoDBPersistence.layerResult(options).pipe(Layer.provideMerge(world)))))
})
