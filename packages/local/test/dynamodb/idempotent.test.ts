import * as AwsRetry from "@armature/aws/AwsRetry"
import { ThrottlingException } from "@armature/aws/Exceptions"
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Operation from "@armature/dynamodb/Operation"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"
import { users } from "../service.js"

const Key = { org: { S: "acme" }, id: { N: "1" } }
const local = LocalDynamoDB.layer({ tables: [users] })
const idempotent = { idempotent: true } as const

const adding: Sdk.UpdateItemCommandInput & { readonly UpdateExpression: string } = {
  TableName: "users",
  Key,
  UpdateExpression: "ADD n :one",
  ExpressionAttributeValues: { ":one": { N: "1" } }
}
const { ...increment } = adding as Omit<
  typeof adding,
  "ReturnValues" | "Expected" | "AttributeUpdates" | "ConditionalOperator"
>

const stored = Effect.flatMap(
  DynamoDB.DynamoDB,
  (db) => Effect.map(db.getItem({ TableName: "users", Key }), ({ Item }) => Item)
)
const count = Effect.map(stored, (item) => item?.n?.N)
const transactions = Effect.flatMap(
  LocalDynamoDB.LocalDynamoDB,
  (local) =>
    Effect.map(
      local.calls,
      (calls) =>
        calls.flatMap(({ input, operation }) =>
          operation === "TransactWriteItems" ? [input as Sdk.TransactWriteItemsCommandInput] : []
        )
    )
)

const lost = Wire.connectionFault({ phase: "sent", timeout: false, cause: { code: "ECONNRESET" } })
const cancelled = (reason: object) =>
  Wire.serviceFault({
    code: "TransactionCanceledException",
    message: "",
    statusCode: 400,
    requestId: "r1",
    detail: { CancellationReasons: [reason] }
  })

/** Runs a program to its end, however long it waits. */
const inTime = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.fork(program), (fiber) => Effect.zipRight(TestClock.adjust("1 hour"), Fiber.join(fiber)))

describe("idempotent writes", () => {
  it.effect("are a transaction of one action, with the outputs of the operation", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const put = yield* db.putItem({ TableName: "users", Item: { ...Key, n: { N: "5" } } }, idempotent)
      assert.deepStrictEqual(put.ConsumedCapacity?.TableName, "users")
      assert.strictEqual(put.ConsumedCapacity?.CapacityUnits, 2)
      yield* db.updateItem({
        ...increment,
        ConditionExpression: "n = :five",
        ExpressionAttributeValues: { ":one": { N: "1" }, ":five": { N: "5" } }
      }, idempotent)
      assert.strictEqual(yield* count, "6")
      yield* db.deleteItem(
        { TableName: "users", Key, ReturnValues: "NONE", ReturnConsumedCapacity: "INDEXES" },
        idempotent
      )
      assert.isUndefined(yield* count)
      const sent = yield* transactions
      assert.deepStrictEqual(sent.map(({ TransactItems = [] }) => TransactItems.map((one) => Object.keys(one))), [
        [["Put"]],
        [["Update"]],
        [["Delete"]]
      ])
      assert.strictEqual(sent[2]?.ReturnConsumedCapacity, "INDEXES")
      assert.strictEqual(new Set(sent.map((one) => one.ClientRequestToken)).size, 3)
    }).pipe(Effect.provide(local)))

  it.effect("carry one token and the same bytes through all requests, whatever becomes of the input", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const Item: DynamoDB.Item = { ...Key, n: { N: "1" }, blob: { B: new Uint8Array([1]) }, list: { L: [{ S: "a" }] } }
      const fiber = yield* Effect.fork(
        db.putItem({ TableName: "users", Item }, idempotent).pipe(
          LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", times: 2, effect: "after", failure: lost }])
        )
      )
      yield* Effect.yieldNow()
      const before = structuredClone(Item)
      Item.n = { N: "2" }
      Item.blob?.B?.set([9])
      Item.list?.L?.push({ S: "b" })
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(yield* stored, before)
      const sent = yield* transactions
      assert.lengthOf(sent, 3)
      assert.strictEqual(new Set(sent.map((one) => JSON.stringify(one))).size, 1)
    }).pipe(Effect.provide(local)))

  it.effect("each run is a write of its own", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const add = db.updateItem(increment, idempotent)
      yield* add
      yield* add
      assert.strictEqual(yield* count, "2")
    }).pipe(Effect.provide(local)))

  it.effect("are sent for 8 minutes at most, then the outcome is unknown", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const e = yield* inTime(
        Effect.flip(
          db.updateItem(increment, idempotent).pipe(
            AwsRetry.withPolicy(Schedule.spaced("1 minute")),
            LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", times: 100, failure: lost }])
          )
        )
      )
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
      assert.lengthOf(yield* transactions, 9)
    }).pipe(Effect.provide(local)))

  it.effect("fail with the tag of their one reason", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const create = {
        TableName: "users",
        Item: { ...Key, n: { N: "9" } },
        ConditionExpression: "attribute_not_exists(id)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD"
      } as const
      yield* db.putItem(create, idempotent)
      const e = yield* Effect.flip(db.putItem(create, idempotent))
      assert.strictEqual(e._tag, "ConditionalCheckFailedException")
      assert.deepStrictEqual(
        e._tag === "ConditionalCheckFailedException" ? Option.getOrUndefined(e.item) : e,
        create.Item
      )
      const invalid = yield* Effect.flip(
        db.updateItem({ ...increment, UpdateExpression: "SET id = :one" }, idempotent)
      )
      assert.strictEqual(invalid._tag, "ValidationException")

      const codes = {
        ItemCollectionSizeLimitExceeded: "ItemCollectionSizeLimitExceededException",
        TransactionConflict: "TransactionConflictException",
        ProvisionedThroughputExceeded: "ProvisionedThroughputExceededException",
        ThrottlingError: "ThrottlingException",
        ValidationError: "ValidationException",
        // no condition was sent, so this can be nobody's condition
        ConditionalCheckFailed: "ServiceException",
        DuplicateItem: "ServiceException",
        Unheard: "ServiceException"
      }
      for (const [Code, tag] of Object.entries(codes)) {
        const e = yield* Effect.flip(
          db.updateItem(increment, idempotent).pipe(
            AwsRetry.withPolicy(AwsRetry.none),
            LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", failure: cancelled({ Code, Message: "m" }) }])
          )
        )
        if (e._tag === "FaultNotFiredException") throw e
        assert.deepStrictEqual([e._tag, e.code, e.awsMessage, e.requestId], [tag, Code, "m", "r1"])
      }
    }).pipe(Effect.provide(local)))

  it.effect("a conflict is retried, and after an unknown attempt no reason is believed", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* inTime(
        db.updateItem(increment, idempotent).pipe(
          LocalDynamoDB.withFaults([
            { operation: "TransactWriteItems", times: 2, failure: cancelled({ Code: "TransactionConflict" }) }
          ])
        )
      )
      assert.strictEqual(yield* count, "1")
      const e = yield* inTime(
        Effect.flip(
          db.updateItem({ ...increment, ConditionExpression: "n = :one" }, idempotent).pipe(
            LocalDynamoDB.withFaults([
              { operation: "TransactWriteItems", failure: lost },
              { operation: "TransactWriteItems", nth: 2, failure: cancelled({ Code: "ConditionalCheckFailed" }) }
            ])
          )
        )
      )
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
      assert.strictEqual(
        e._tag === "WriteOutcomeUnknownException" ? e.last._tag : "",
        "ConditionalCheckFailedException"
      )
    }).pipe(Effect.provide(local)))

  it.effect("the token is the call's own: a mismatch is not in its union", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const failure = Wire.serviceFault({ code: "IdempotentParameterMismatchException", message: "", statusCode: 400 })
      const e = yield* Effect.flip(
        db.updateItem(increment, idempotent).pipe(
          LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", failure }])
        )
      )
      assert.strictEqual(e._tag, "ServiceException")
    }).pipe(Effect.provide(local)))

  it.effect("what a transaction cannot do is refused before anything is sent", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const untyped: DynamoDB.ItemWriteOptions = idempotent
      const Item = { ...Key }
      const refused = [
        db.putItem({ TableName: "users", Item, ReturnValues: "ALL_OLD" }, untyped),
        db.putItem({ TableName: "users", Item, Expected: { id: { Exists: false } } }, untyped),
        db.updateItem({ TableName: "users", Key, AttributeUpdates: { n: { Action: "DELETE" } } }, untyped),
        db.updateItem({ TableName: "users", Key }, untyped),
        db.deleteItem({ TableName: "users", Key, ReturnValues: "ALL_OLD" }, untyped)
      ] as const
      for (const write of refused) {
        const e = yield* Effect.flip(write as Effect.Effect<unknown, { readonly _tag: string }>)
        assert.strictEqual(e._tag, "ValidationException")
      }
      assert.deepStrictEqual(yield* (yield* LocalDynamoDB.LocalDynamoDB).calls, [])
    }).pipe(Effect.provide(local)))
})

describe("Operation.freeze", () => {
  const freezing = Effect.flatMap(DynamoDB.DynamoDB, (db) => Operation.freeze(db.updateItem(increment, idempotent)))

  it.effect("of two runs at a time neither says that the write was not applied, while the other may have applied it", () =>
    Effect.gen(function*() {
      let asked = 0
      // the first request waits and then succeeds, the second is refused before or after
      const fake = (success: Effect.Effect<void>, refusal: Effect.Effect<void>) =>
        DynamoDB.layerFake({
          transactWriteItems: () =>
            Effect.suspend((): Effect.Effect<{}, ThrottlingException> =>
              ++asked === 1
                ? Effect.as(success, {})
                : Effect.zipRight(refusal, Effect.fail(new ThrottlingException()))
            )
        })
      const latch = yield* Deferred.make<void>()
      const early = yield* Effect.provide(freezing, fake(Deferred.await(latch), Effect.void))
      const first = yield* Effect.fork(early)
      yield* Effect.yieldNow()
      const e = yield* Effect.flip(early)
      assert.strictEqual(e._tag === "WriteOutcomeUnknownException" ? e.last._tag : e._tag, "ThrottlingException")
      yield* Deferred.succeed(latch, undefined)
      const answer = yield* Fiber.join(first)

      asked = 0
      const answered = yield* Deferred.make<void>()
      const gate = yield* Deferred.make<void>()
      const late = yield* Effect.provide(freezing, fake(Deferred.await(answered), Deferred.await(gate)))
      const one = yield* Effect.fork(late)
      yield* Effect.yieldNow()
      const other = yield* Effect.fork(late)
      yield* Effect.yieldNow()
      yield* Deferred.succeed(answered, undefined)
      assert.deepStrictEqual(yield* Fiber.join(one), answer)
      yield* Deferred.succeed(gate, undefined)
      // the write stands, and that is its answer
      assert.deepStrictEqual(yield* Fiber.join(other), answer)
      assert.strictEqual(asked, 2)
    }))

  it.effect("two runs at a time share one window: the second sends nothing after the first's eight minutes", () =>
    Effect.gen(function*() {
      const frozen = yield* freezing
      const start = yield* Clock.currentTimeMillis
      const sent: Array<number> = []
      const world = yield* LocalDynamoDB.LocalDynamoDB
      const patient = AwsRetry.withPolicy(
        Schedule.spaced("1 minute").pipe(
          Schedule.tapInput(() => Effect.map(Clock.currentTimeMillis, (now) => void sent.push(now - start)))
        )
      )
      const program = Effect.gen(function*() {
        const first = yield* Effect.fork(Effect.either(patient(frozen)))
        yield* TestClock.adjust("5 minutes")
        const second = yield* Effect.fork(Effect.either(patient(frozen)))
        yield* TestClock.adjust("30 minutes")
        return [yield* Fiber.join(first), yield* Fiber.join(second)]
      })
      const ends = yield* world.faults.run([{ operation: "TransactWriteItems", nth: "every", failure: lost }])(program)
      assert.deepStrictEqual(
        ends.map((end) => Either.isLeft(end) ? end.left._tag : "ok"),
        ["WriteOutcomeUnknownException", "WriteOutcomeUnknownException"]
      )
      assert.isAtLeast(sent.length, 10)
      assert.isAtMost(Math.max(...sent), 480_000)
    }).pipe(Effect.provide(local)))
  const losing = LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", effect: "after", failure: lost }])

  it.effect("run again it is the same write: same token, same bytes, counted once", () =>
    Effect.gen(function*() {
      const add = yield* freezing
      const e = yield* Effect.flip(add.pipe(AwsRetry.withPolicy(AwsRetry.none), losing))
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
      yield* add
      yield* add
      assert.strictEqual(yield* count, "1")
      const sent = yield* transactions
      // an answer that is known is not asked for again
      assert.lengthOf(sent, 2)
      assert.deepStrictEqual(sent[1], sent[0])
      yield* yield* freezing
      assert.strictEqual(yield* count, "2")
    }).pipe(Effect.provide(local)))

  it.effect("the 8 minutes are those of all its runs", () =>
    Effect.gen(function*() {
      const add = yield* freezing
      const once = Effect.flip(add.pipe(AwsRetry.withPolicy(AwsRetry.none), losing))
      const tags = [(yield* once)._tag]
      yield* TestClock.adjust("5 minutes")
      tags.push((yield* once)._tag)
      yield* TestClock.adjust("3 minutes")
      yield* TestClock.adjust(1)
      const late = yield* Effect.flip(add)
      tags.push(late._tag)
      assert.deepStrictEqual(new Set(tags), new Set(["WriteOutcomeUnknownException"]))
      assert.strictEqual(late._tag === "WriteOutcomeUnknownException" ? late.last._tag : "", "ConnectionException")
      assert.lengthOf(yield* transactions, 2)
      assert.strictEqual(yield* count, "1")
    }).pipe(Effect.provide(local)))

  it.effect("what was unknown stays so until a run succeeds", () =>
    Effect.gen(function*() {
      const add = yield* freezing
      yield* Effect.flip(add.pipe(AwsRetry.withPolicy(AwsRetry.none), losing))
      const denied = Wire.serviceFault({ code: "AccessDeniedException", message: "", statusCode: 400 })
      const e = yield* Effect.flip(
        add.pipe(LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", failure: denied }]))
      )
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
      yield* add
      assert.strictEqual(yield* count, "1")
    }).pipe(Effect.provide(local)))

  it.effect("a run that was interrupted is one of unknown outcome", () =>
    Effect.gen(function*() {
      const add = yield* freezing
      const fiber = yield* Effect.fork(
        add.pipe(
          AwsRetry.withPolicy(Schedule.spaced("1 minute")),
          LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", effect: "after", failure: lost }])
        )
      )
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("9 minutes")
      assert.strictEqual((yield* Effect.flip(add))._tag, "WriteOutcomeUnknownException")
      assert.strictEqual(yield* count, "1")
    }).pipe(Effect.provide(local)))

  it.effect("what certainly failed may be sent again at any time", () =>
    Effect.gen(function*() {
      const add = yield* freezing
      const throttled = Wire.serviceFault({ code: "ThrottlingException", message: "", statusCode: 400 })
      yield* Effect.flip(
        add.pipe(
          AwsRetry.withPolicy(AwsRetry.none),
          LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", failure: throttled }])
        )
      )
      yield* TestClock.adjust("1 hour")
      yield* add
      assert.strictEqual(yield* count, "1")
    }).pipe(Effect.provide(local)))

  it.effect("a whole transaction, and one of statements", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* db.putItem({ TableName: "users", Item: { ...Key, n: { N: "0" } } })
      const both = yield* Effect.all([
        Operation.freeze(db.transactWriteItems({ TransactItems: [{ Update: { ...increment } }] })),
        Operation.freeze(
          db.executeTransaction({
            TransactStatements: [{ Statement: `UPDATE "users" SET n = n + 1 WHERE org = 'acme' AND id = 1` }]
          })
        )
      ])
      for (const write of both) {
        const rules = (["TransactWriteItems", "ExecuteTransaction"] as const).map((operation) => ({
          operation,
          effect: "after" as const,
          failure: lost
        }))
        yield* Effect.either(
          (write as Effect.Effect<unknown, unknown>).pipe(
            AwsRetry.withPolicy(AwsRetry.none),
            LocalDynamoDB.withFaults(rules)
          )
        )
        yield* write
      }
      assert.strictEqual(yield* count, "2")
    }).pipe(Effect.provide(local)))

  it.effect("run twice at a time it is the same write", () =>
    Effect.gen(function*() {
      const add = yield* freezing
      yield* Effect.all([add, add, add], { concurrency: "unbounded" })
      assert.strictEqual(yield* count, "1")
    }).pipe(Effect.provide(local)))

  it.effect("holds one write, and none without a token", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const add = db.updateItem(increment, idempotent)
      const two = yield* Operation.freeze(Effect.zipRight(add, add))
      assert.strictEqual((yield* Effect.flip(two))._tag, "ValidationException")
      assert.strictEqual(yield* count, "1")
      const plain = [
        db.updateItem(increment),
        db.putItem({ TableName: "users", Item: { ...Key } }),
        db.deleteItem({ TableName: "users", Key }),
        db.batchWriteItem({ RequestItems: { users: [{ DeleteRequest: { Key } }] } }),
        db.executeStatement({ Statement: `DELETE FROM "users" WHERE org = 'acme' AND id = 1` }),
        db.batchExecuteStatement({ Statements: [{ Statement: `DELETE FROM "users" WHERE org = 'acme' AND id = 1` }] })
      ] as const
      for (const write of plain) {
        const result = yield* Effect.either(
          Effect.flatten(Operation.freeze(write as Effect.Effect<unknown, { readonly _tag: string }>))
        )
        assert.strictEqual(Either.isLeft(result) ? result.left._tag : "", "ValidationException")
      }
      assert.strictEqual(yield* count, "1")
      // reading is free
      yield* Effect.flatten(Operation.freeze(Effect.zipRight(count, add)))
      assert.strictEqual(yield* count, "2")
    }).pipe(Effect.provide(local)))
})
