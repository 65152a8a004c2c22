/** Waiting for tables: until they are there, until they are gone, and no longer than the schedule says. */
import { AccessDeniedException, ResourceNotFoundException } from "@armature/aws/Exceptions"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"
import { users } from "../service.js"

const name = { TableName: "users" }
const empty = LocalDynamoDB.layer()

/** Answers `DescribeTable` by a list of statuses, the last one again and again; `undefined` is no such table. */
const statuses = (list: ReadonlyArray<"CREATING" | "ACTIVE" | "DELETING" | undefined>) => {
  const asked = { count: 0 }
  const layer = DynamoDB.layerFake({
    describeTable: () =>
      Effect.suspend(() => {
        const status = list[Math.min(asked.count++, list.length - 1)]
        return status === undefined
          ? Effect.fail(new ResourceNotFoundException({ operation: "DescribeTable" }))
          : Effect.succeed({ Table: { TableStatus: status } })
      })
  })
  return { asked, layer }
}

const exists = (options?: DynamoDB.WaitOptions) =>
  Effect.flatMap(DynamoDB.DynamoDB, (db) => db.waitUntilTableExists(name, options))
const isGone = (options?: DynamoDB.WaitOptions) =>
  Effect.flatMap(DynamoDB.DynamoDB, (db) => db.waitUntilTableNotExists(name, options))

describe("waitUntilTableExists", () => {
  it.effect("waits for a table that is created meanwhile", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const fiber = yield* Effect.fork(exists())
      yield* TestClock.adjust("10 seconds")
      yield* db.createTable(users)
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).Table?.TableName, "users")
    }).pipe(Effect.provide(empty)))

  it.effect("is not content with one that is being created", () =>
    Effect.gen(function*() {
      const { asked, layer } = statuses([undefined, "CREATING", "CREATING", "ACTIVE"])
      const { Table } = yield* Effect.provide(exists({ schedule: Schedule.forever }), layer)
      assert.deepStrictEqual([Table?.TableStatus, asked.count], ["ACTIVE", 4])
    }))

  it.effect("gives up when its schedule ends, and says what stands there", () =>
    Effect.gen(function*() {
      for (const status of ["CREATING", undefined] as const) {
        const { asked, layer } = statuses([status])
        const e = yield* Effect.flip(Effect.provide(exists({ schedule: Schedule.recurs(2) }), layer))
        assert.strictEqual(e._tag, "WaiterTimeoutException")
        if (e._tag !== "WaiterTimeoutException") continue
        assert.deepStrictEqual([e.waiter, e.status, e.resource, asked.count], ["TableExists", status, "users", 3])
      }
    }))

  it.effect("gives up by itself after ten minutes", () =>
    Effect.gen(function*() {
      const { asked, layer } = statuses(["CREATING"])
      const fiber = yield* Effect.fork(Effect.flip(Effect.provide(exists(), layer)))
      yield* TestClock.adjust("9 minutes")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "WaiterTimeoutException")
      assert.isAtMost(asked.count, 45)
    }))

  it.effect("does not wait when it is not allowed to ask", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(exists())
      assert.strictEqual(e._tag, "AccessDeniedException")
    }).pipe(
      Effect.provide(DynamoDB.layerFake({ describeTable: () => Effect.fail(new AccessDeniedException()) }))
    ))
})

describe("waitUntilTableNotExists", () => {
  it.effect("waits for the end of a table", () =>
    Effect.gen(function*() {
      const { asked, layer } = statuses(["ACTIVE", "DELETING", undefined])
      yield* Effect.provide(isGone({ schedule: Schedule.forever }), layer)
      assert.strictEqual(asked.count, 3)
    }))

  it.effect("gives up when its schedule ends", () =>
    Effect.gen(function*() {
      const { layer } = statuses(["DELETING"])
      const e = yield* Effect.flip(Effect.provide(isGone({ schedule: Schedule.recurs(1) }), layer))
      assert.deepStrictEqual(e._tag === "WaiterTimeoutException" ? [e.waiter, e.status] : e._tag, [
        "TableNotExists",
        "DELETING"
      ])
    }))
})
