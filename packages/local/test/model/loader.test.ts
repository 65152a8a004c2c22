/** What loaders promise, over the service and the engine in process. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as Loader from "@armature/model/Loader"
import * as Stored from "@armature/model/Stored"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"
import type { World } from "./shop.js"
import { failure, objects, person, Persons, sent, test, timed, user, Users } from "./together.js"

const window = "10 millis"
const get = (id: string) => Users.get({ id })

describe("a loader", () => {
  timed("asks for what 10,000 want of 500 items in 5 requests", () =>
    Effect.gen(function*() {
      yield* Users.put(user("7"))
      const { load } = yield* Loader.make({ window })
      const all = yield* Effect.fork(Effect.forEach(
        Array.from({ length: 10_000 }, (_, i) => `${i % 500}`),
        (id) => load(get(id)),
        { concurrency: "unbounded" }
      ))
      yield* TestClock.adjust(window)
      const found = yield* Fiber.join(all)
      assert.strictEqual(yield* sent("BatchGetItem"), 5)
      assert.strictEqual(found.filter(Option.isSome).length, 20)
      assert.deepStrictEqual(found[507], Option.some(user("7")))
    }), 30_000)

  timed("sends nothing before its window has passed, and then all of it", () =>
    Effect.gen(function*() {
      yield* Users.put(user("1"))
      const { load } = yield* Loader.make({ window })
      const first = yield* Effect.fork(load(get("1")))
      yield* TestClock.adjust("6 millis")
      const second = yield* Effect.fork(load(Users.pick({ id: "1" }, ["n"])))
      const third = yield* Effect.fork(Effect.either(load(Users.require({ id: "2" }))))
      yield* TestClock.adjust("3 millis")
      assert.strictEqual(yield* sent("BatchGetItem"), 0)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(first), Option.some(user("1")))
      assert.deepStrictEqual(yield* Fiber.join(second), Option.some({ n: 0 }))
      assert.strictEqual((yield* Fiber.join(third))._tag, "Left")
      // what is picked is asked for in another way
      assert.strictEqual(yield* sent("BatchGetItem"), 2)
    }))

  test("remembers nothing: a get that begins after a put sees it", () =>
    Effect.gen(function*() {
      const { load } = yield* Loader.make({ window: "1 millis" })
      for (let n = 0; n < 5; n++) {
        yield* Users.put(user("1", n))
        assert.deepStrictEqual(yield* load(get("1")), Option.some(user("1", n)))
      }
    }))

  timed("lets nobody join what is under way", () =>
    Effect.gen(function*() {
      const { load } = yield* Loader.make({ window })
      const early = yield* Effect.fork(load(get("1")))
      yield* TestClock.adjust("10 millis")
      // it was sent, and is answered in a second
      const late = yield* Effect.fork(load(get("1")))
      yield* TestClock.adjust("10 millis")
      assert.strictEqual(yield* sent("BatchGetItem"), 2)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(early), Option.none())
      assert.deepStrictEqual(yield* Fiber.join(late), Option.none())
    }).pipe(LocalDynamoDB.withFaults([{ operation: "BatchGetItem", latency: "1 second" }])))

  timed("leaves the others alone when one is interrupted", () =>
    Effect.gen(function*() {
      yield* Users.put(user("2"))
      const { load } = yield* Loader.make({ window })
      const [first, second, third] = yield* Effect.all([
        Effect.fork(load(get("1"))),
        Effect.fork(load(get("2"))),
        Effect.fork(load(get("2")))
      ])
      yield* TestClock.adjust("5 millis")
      yield* Fiber.interrupt(first)
      yield* Fiber.interrupt(second)
      yield* TestClock.adjust("5 millis")
      assert.deepStrictEqual(yield* Fiber.join(third), Option.some(user("2")))
      const local = yield* LocalDynamoDB.LocalDynamoDB
      // the first is asked for by nobody
      assert.strictEqual((yield* local.callsTo({ operation: "BatchGetItem", key: { pk: { S: "USER#1" } } })).length, 0)
    }))

  timed("asks for nothing if all are interrupted, and goes on afterwards", () =>
    Effect.gen(function*() {
      const { load } = yield* Loader.make({ window })
      const only = yield* Effect.fork(load(get("1")))
      yield* TestClock.adjust("5 millis")
      yield* Fiber.interrupt(only)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* sent("BatchGetItem"), 0)
      const next = yield* Effect.fork(load(get("1")))
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(yield* Fiber.join(next), Option.none())
    }))

  it.scoped("stops a request for which nobody waits any more", () =>
    Effect.gen(function*() {
      let stopped = 0
      const never = DynamoDB.layerFake({
        batchGetItem: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => stopped++))
      })
      yield* Effect.gen(function*() {
        const { load } = yield* Loader.make({ window })
        const [first, second] = yield* Effect.all([Effect.fork(load(get("1"))), Effect.fork(load(get("2")))])
        yield* TestClock.adjust("10 millis")
        yield* Fiber.interrupt(first)
        assert.strictEqual(stopped, 0)
        yield* Fiber.interrupt(second)
        assert.strictEqual(stopped, 1)
      }).pipe(Effect.provide(never))
    }))

  test("fails whom a failure concerns", () =>
    Effect.gen(function*() {
      yield* Users.put(user("1"))
      const { load } = yield* Loader.make({ window })
      const [first, second, third] = yield* Effect.all([
        Effect.either(load(get("1"))),
        Effect.either(failure(load(get("2")), "UnprocessedException")),
        Effect.either(failure(load(Users.require({ id: "3" })), "ItemNotFoundException"))
      ], { concurrency: "unbounded" }).pipe(
        LocalDynamoDB.withFaults([{
          operation: "BatchGetItem",
          key: { pk: { S: "USER#2" } },
          nth: "every",
          unprocessed: "all"
        }])
      )
      assert(first._tag === "Right")
      assert.deepStrictEqual(first.right, Option.some(user("1")))
      assert(second._tag === "Right")
      assert.strictEqual(second.right.unprocessed.length, 1)
      assert.deepStrictEqual(yield* second.right.unprocessed[0] ?? Effect.void, Option.none())
      assert.strictEqual(third._tag, "Right")
    }))

  timed("lets nobody wait when its scope is closed", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { load } = yield* Scope.extend(Loader.make({ window }), scope)
      const waiting = yield* Effect.fork(load(get("1")))
      yield* TestClock.adjust("5 millis")
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(waiting)))
      const late = yield* Effect.fork(load(get("1")))
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(late)))
      assert.strictEqual(yield* sent("BatchGetItem"), 0)
    }))

  test("gives values in S3 that were replaced after the item was read as they are now, and those that are gone as a failure", () =>
    Effect.gen(function*() {
      yield* Effect.forEach(["1", "2", "3"], (id) => Persons.put(person(id)))
      const { load } = yield* Loader.make({ window: "1 millis" })
      const [first, second, third, picked] = yield* Effect.all([
        load(Persons.require({ id: "1" })),
        load(Persons.require({ id: "2" })),
        load(Persons.require({ id: "3" })),
        load(Persons.pick({ id: "1" }, ["photo"]))
      ], { concurrency: "unbounded" })
      yield* Persons.update({ id: "1" }, (p) => [p.photo.set(Stored.of(new Uint8Array([4, 5, 6])))])
      yield* Persons.delete({ id: "2" })
      assert.strictEqual(yield* objects, 2)
      assert.deepStrictEqual(yield* first.photo.read, new Uint8Array([4, 5, 6]))
      assert.deepStrictEqual(yield* Option.getOrThrow(picked).photo.read, new Uint8Array([4, 5, 6]))
      assert.deepStrictEqual(yield* third.photo.read, new Uint8Array([1, 2, 3]))
      const gone = yield* failure(second.photo.read, "S3AttributeException")
      assert.strictEqual(gone.reason, "NotFound")
      // the items of first and picked were read again, and that of second; that of third was not
      assert.strictEqual(yield* sent("GetItem"), 3)
    }))

  test("gives them so as well when they are replaced before its answer is there", () =>
    Effect.gen(function*() {
      yield* Persons.put(person("1"))
      const db = yield* DynamoDB.DynamoDB
      const replace = Persons.update({ id: "1" }, (p) => [p.photo.set(Stored.of(new Uint8Array([4, 5, 6])))])
      const world = yield* Effect.context<World>()
      const late: DynamoDB.DynamoDB.Service = {
        ...db,
        batchGetItem: (...args) =>
          Effect.zipLeft(db.batchGetItem(...args), Effect.orDie(Effect.provide(replace, world)))
      }
      const photo = yield* Effect.flatMap(
        Loader.make({ window: "1 millis" }),
        ({ load }) => Effect.flatMap(load(Persons.require({ id: "1" })), ({ photo }) => photo.read)
      ).pipe(Effect.provideService(DynamoDB.DynamoDB, late))
      assert.deepStrictEqual(photo, new Uint8Array([4, 5, 6]))
      assert.strictEqual(yield* sent("GetItem"), 1)
    }))
})
