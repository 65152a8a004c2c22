import * as AwsRetry from "@armature/aws/AwsRetry"
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"
import { users } from "./service.js"

const Key = { org: { S: "acme" }, id: { N: "1" } }
const local = LocalDynamoDB.layer({ tables: [users] })

const increment = Effect.flatMap(DynamoDB.DynamoDB, (db) =>
  db.updateItem({
    TableName: "users",
    Key,
    UpdateExpression: "ADD n :one",
    ExpressionAttributeValues: { ":one": { N: "1" } }
  }))
const put = (n: string) =>
  Effect.flatMap(DynamoDB.DynamoDB, (db) => db.putItem({ TableName: "users", Item: { ...Key, n: { N: n } } }))
const count = Effect.flatMap(
  DynamoDB.DynamoDB,
  (db) => Effect.map(db.getItem({ TableName: "users", Key }), ({ Item }) => Item?.n?.N)
)

const lost = Wire.connectionFault({ phase: "sent", timeout: false, cause: { code: "ECONNRESET" } })
const throttle = Wire.serviceFault({ code: "ProvisionedThroughputExceededException", message: "", statusCode: 400 })

describe("LocalDynamoDB", () => {
  it.effect("each layer is a world of its own", () =>
    Effect.gen(function*() {
      yield* Effect.provide(increment, local)
      assert.isUndefined(yield* Effect.provide(count, local))
    }))

  it.effect("a table that cannot be created is a ConfigurationException that names it", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Effect.provide(count, LocalDynamoDB.layer({ tables: [users, users] })))
      assert.strictEqual(e._tag, "ConfigurationException")
      assert.strictEqual(e._tag === "ConfigurationException" ? e.option : "", "tables[1]")
      assert.strictEqual(e.resource, "users")
      assert.include(e.message, "Table already exists: users")
    }))

  it.effect("keeps the calls to assert on, each request of a call apart, and none where asked not to", () =>
    Effect.gen(function*() {
      const program = Effect.gen(function*() {
        yield* count.pipe(
          AwsRetry.withPolicy(AwsRetry.standard({ base: 0, attempts: 3 })),
          Effect.withRandom(Random.fixed([0])),
          LocalDynamoDB.withFaults([{ operation: "GetItem", times: 2, failure: throttle }])
        )
        return (yield* (yield* LocalDynamoDB.LocalDynamoDB).calls).map((call) => call.operation)
      })
      assert.deepStrictEqual(yield* Effect.provide(program, local), ["GetItem", "GetItem", "GetItem"])
      assert.deepStrictEqual(yield* Effect.provide(program, LocalDynamoDB.layer({ tables: [users], log: false })), [])
    }))

  it.effect("follows the clock of the program, not of the machine", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2030, 0, 1))
      const db = yield* DynamoDB.DynamoDB
      yield* db.createTable({ ...users, TableName: "late" })
      const { Table } = yield* db.describeTable({ TableName: "late" })
      assert.deepStrictEqual(Table?.CreationDateTime, new Date(Date.UTC(2030, 0, 1)))
    }).pipe(Effect.provide(local)))

  it.effect("a fault before: nothing took effect", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(
        increment.pipe(LocalDynamoDB.withFaults([{ operation: "UpdateItem", failure: lost }]))
      )
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
      assert.isUndefined(yield* count)
    }).pipe(Effect.provide(local)))

  it.effect("a fault after: it took effect, its answer was lost, and it is not sent twice", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(
        increment.pipe(LocalDynamoDB.withFaults([{ operation: "UpdateItem", effect: "after", failure: lost }]))
      )
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
      assert.strictEqual(yield* count, "1")
    }).pipe(Effect.provide(local)))

  it.effect("a fault late: it takes effect after its delay, over what was written in between", () =>
    Effect.gen(function*() {
      const late = put("1").pipe(
        LocalDynamoDB.withFaults([{ operation: "PutItem", effect: "late", delay: "3 seconds", failure: lost }]),
        AwsRetry.withPolicy(AwsRetry.none)
      )
      yield* Effect.flip(late)
      yield* put("2")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* count, "2")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* count, "1")
    }).pipe(Effect.provide(local)))

  it.effect("the nth request, and as many as said", () =>
    Effect.gen(function*() {
      const tags = yield* Effect.forEach([1, 2, 3, 4, 5], () =>
        count.pipe(
          AwsRetry.withPolicy(AwsRetry.none),
          Effect.match({ onFailure: (e) => e._tag, onSuccess: () => "ok" })
        )).pipe(
          LocalDynamoDB.withFaults([{ operation: "GetItem", nth: 2, times: 2, failure: throttle }])
        )
      const refused = "ProvisionedThroughputExceededException"
      assert.deepStrictEqual(tags, ["ok", refused, refused, "ok", "ok"])
      assert.strictEqual(
        yield* Effect.either(count).pipe(Effect.map((e) => e._tag)),
        "Right"
      )
    }).pipe(Effect.provide(local)))

  it.effect("a rule that never fired fails the program", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(
        count.pipe(LocalDynamoDB.withFaults([{ operation: "GetItem", nth: 2, failure: throttle }]))
      )
      assert.strictEqual(e._tag, "FaultNotFiredException")
      assert.include(e.message, "GetItem, request 2")
      const own = yield* Effect.flip(
        Effect.fail("mine").pipe(LocalDynamoDB.withFaults([{ operation: "GetItem", failure: throttle }]))
      )
      assert.strictEqual(own, "mine")
    }).pipe(Effect.provide(local)))

  it.effect("a blind put is repeated after a lost answer; resend: never leaves it unknown", () =>
    Effect.gen(function*() {
      const rules = [{ operation: "PutItem", effect: "after", failure: lost }] as const
      const fiber = yield* Effect.fork(put("1").pipe(LocalDynamoDB.withFaults(rules)))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      const db = yield* DynamoDB.DynamoDB
      const never = db.putItem({ TableName: "users", Item: { ...Key } }, { resend: "never" })
      assert.strictEqual(
        (yield* Effect.flip(never.pipe(LocalDynamoDB.withFaults(rules))))._tag,
        "WriteOutcomeUnknownException"
      )
    }).pipe(Effect.provide(local)))

  it.effect("a conditional put whose answer was lost is not mistaken for one that came second", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const create = db.putItem({
        TableName: "users",
        Item: { ...Key },
        ConditionExpression: "attribute_not_exists(id)"
      })
      const e = yield* Effect.flip(
        create.pipe(LocalDynamoDB.withFaults([{ operation: "PutItem", effect: "after", failure: lost }]))
      )
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
    }).pipe(Effect.provide(local)))

  it.effect("a transaction carries one token through all its requests, and each run another", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const one = db.transactWriteItems({
        TransactItems: [{
          Update: {
            TableName: "users",
            Key,
            UpdateExpression: "ADD n :one",
            ExpressionAttributeValues: { ":one": { N: "1" } }
          }
        }]
      })
      const fiber = yield* Effect.fork(
        one.pipe(
          LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", times: 2, effect: "after", failure: lost }])
        )
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.strictEqual(yield* count, "1")
      yield* one
      assert.strictEqual(yield* count, "2")
      const calls = yield* (yield* LocalDynamoDB.LocalDynamoDB).calls
      const tokens = calls.flatMap((call) =>
        call.operation === "TransactWriteItems" && typeof call.input === "object" && call.input !== null &&
          "ClientRequestToken" in call.input
          ? [call.input.ClientRequestToken]
          : []
      )
      assert.strictEqual(tokens.length, 4)
      assert.deepStrictEqual([new Set(tokens.slice(0, 3)).size, new Set(tokens).size], [1, 2])
    }).pipe(Effect.provide(local)))
})
