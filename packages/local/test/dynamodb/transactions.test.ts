/** Transactions: what is refused before it is sent, what is waited for, and what is sent again. */
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import { describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"
import { users } from "../service.js"

const key = (id: number | string) => ({ org: { S: "acme" }, id: { N: String(id) } })
const put = (id: number | string, more: DynamoDB.Item = {}) => ({
  Put: { TableName: "users", Item: { ...key(id), ...more } }
})
const remove = (id: number | string) => ({ Delete: { TableName: "users", Key: key(id) } })
const get = (id: number | string) => ({ Get: { TableName: "users", Key: key(id) } })
const range = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

const fault = (code: string, detail?: Readonly<Record<string, unknown>>) =>
  Wire.serviceFault({ code, message: "", statusCode: 400, detail })
const canceled = (...codes: ReadonlyArray<string>) =>
  fault("TransactionCanceledException", { CancellationReasons: codes.map((Code) => ({ Code })) })
const lost = Wire.connectionFault({ phase: "sent", timeout: false, cause: { code: "ECONNRESET" } })
const inProgress = fault("TransactionInProgressException")

const calls = Effect.flatMap(LocalDynamoDB.LocalDynamoDB, (local) => local.calls)
const tokens = Effect.map(
  calls,
  (all) =>
    all.map(({ input }) =>
      typeof input === "object" && input !== null && "ClientRequestToken" in input
        ? input.ClientRequestToken
        : undefined
    )
)

const local = <A, E>(
  body: (
    db: DynamoDB.DynamoDB.Service
  ) => Effect.Effect<A, E, LocalDynamoDB.LocalDynamoDB>
) => Effect.flatMap(DynamoDB.DynamoDB, body).pipe(Effect.provide(LocalDynamoDB.layer({ tables: [users] })))

/** The failure of a call, how many requests it took, and when the last of them was over, in ms since the first. */
const outcome = <A, E extends { readonly _tag: string }, R>(call: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const before = (yield* calls).length
    const fiber = yield* Effect.fork(
      Effect.zip(Effect.either(call), Clock.currentTimeMillis)
    )
    yield* TestClock.adjust("1 hour")
    const [result, at] = yield* Fiber.join(fiber)
    return { result, at, sent: (yield* calls).length - before }
  })

describe("limits, before anything is sent", () => {
  const refused = <A, E extends { readonly _tag: string; readonly message: string }>(
    call: Effect.Effect<A, E>,
    says: RegExp
  ) =>
    Effect.gen(function*() {
      const before = (yield* calls).length
      const e = yield* Effect.flip(call)
      assert.strictEqual(e._tag, "ValidationException")
      assert.match(e.message, says)
      assert.strictEqual((yield* calls).length, before)
    })

  it.effect("100 actions", () =>
    local((db) =>
      Effect.gen(function*() {
        yield* db.transactWriteItems({ TransactItems: range(100).map((id) => put(id)) })
        yield* db.transactGetItems({ TransactItems: range(100).map(get) })
        const TransactStatements = range(101).map(() => ({ Statement: "DELETE FROM users" }))
        yield* refused(db.transactWriteItems({ TransactItems: range(101).map((id) => put(id)) }), /1 to 100.*101/)
        yield* refused(db.transactGetItems({ TransactItems: range(101).map(get) }), /1 to 100.*101/)
        yield* refused(db.executeTransaction({ TransactStatements }), /1 to 100.*101/)
        yield* refused(db.transactWriteItems({ TransactItems: [] }), /1 to 100.* 0/)
      })
    ))

  it.effect("one action an item, whichever actions they are, and however its number is written", () =>
    local((db) =>
      Effect.gen(function*() {
        const twice = /actions 0 and 1 are on the same/
        yield* refused(db.transactWriteItems({ TransactItems: [put(1), remove("1.0")] }), twice)
        yield* refused(db.transactWriteItems({ TransactItems: [remove(1), remove("10e-1")] }), twice)
        yield* refused(db.transactGetItems({ TransactItems: [get(1), get(1)] }), twice)
        const Update = { TableName: "users", Key: key(1), UpdateExpression: "REMOVE n" }
        const ConditionCheck = { TableName: "users", Key: key("1e0"), ConditionExpression: "attribute_exists(id)" }
        yield* refused(db.transactWriteItems({ TransactItems: [{ Update }, { ConditionCheck }] }), twice)
        yield* refused(db.transactWriteItems({ TransactItems: [{ ConditionCheck }, put(1)] }), twice)
        yield* db.transactWriteItems({ TransactItems: [put(1), remove(2)] })
        // whether these two are one item only the table knows
        const e = yield* Effect.flip(db.transactWriteItems({ TransactItems: [put(1), put(1, { n: { N: "2" } })] }))
        assert.strictEqual(e._tag, "ValidationException")
      })
    ))

  it.effect("4 MB", () =>
    local((db) =>
      Effect.gen(function*() {
        const big = { text: { S: "x".repeat(400_000) } }
        yield* db.transactWriteItems({ TransactItems: range(10).map((id) => put(id, big)) })
        yield* refused(
          db.transactWriteItems({ TransactItems: range(11).map((id) => put(id, big)) }),
          /at most 4194304 bytes/
        )
      })
    ))

  it.effect("a token of 1 to 36 characters", () =>
    local((db) =>
      Effect.gen(function*() {
        const write = (ClientRequestToken: string) =>
          db.transactWriteItems({ TransactItems: [put(1)], ClientRequestToken })
        yield* write("x".repeat(36))
        yield* refused(write("x".repeat(37)), /1 to 36 characters.* 37/)
        yield* refused(write(""), /1 to 36 characters.* 0/)
        const TransactStatements = [{ Statement: "DELETE FROM users" }]
        yield* refused(db.executeTransaction({ TransactStatements, ClientRequestToken: "x".repeat(37) }), /1 to 36/)
      })
    ))

  it.effect("what cannot be measured is refused by who writes it, not thrown", () =>
    local((db) =>
      Effect.gen(function*() {
        const cycle: DynamoDB.Item = {}
        cycle.self = { M: cycle }
        const e = yield* Effect.flip(db.transactWriteItems({ TransactItems: [put(1, cycle), remove(2)] }))
        assert.isString(e._tag)
      })
    ))
})

describe("canceled", () => {
  const TransactItems = [put(1), put(2)]

  it.effect("for conflicts and throttles alone: sent again, with its token", () =>
    local((db) =>
      Effect.gen(function*() {
        for (
          const codes of [["None", "TransactionConflict"], ["ThrottlingError", "ProvisionedThroughputExceeded"]]
        ) {
          const { result, sent } = yield* outcome(
            db.transactWriteItems({ TransactItems }).pipe(
              LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", times: 2, failure: canceled(...codes) }])
            )
          )
          assert.deepStrictEqual([result._tag, sent], ["Right", 3])
        }
        const all = yield* tokens
        assert.deepStrictEqual([all.length, new Set(all).size], [6, 2])
      })
    ))

  it.effect("for any other reason as well: not sent again, and the reasons stand in order", () =>
    local((db) =>
      Effect.gen(function*() {
        const codes = ["TransactionConflict", "ConditionalCheckFailed"]
        const { result, sent } = yield* outcome(
          db.transactWriteItems({ TransactItems }).pipe(
            LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", failure: canceled(...codes) }])
          )
        )
        assert.strictEqual(sent, 1)
        const e = result._tag === "Left" ? result.left : undefined
        assert.deepStrictEqual(
          e?._tag === "TransactionCanceledException" ? e.reasons.map(({ code }) => code) : e,
          codes
        )
      })
    ))

  it.effect("reads likewise", () =>
    local((db) =>
      Effect.gen(function*() {
        const { result, sent } = yield* outcome(
          db.transactGetItems({ TransactItems: [get(1)] }).pipe(
            LocalDynamoDB.withFaults([{ operation: "TransactGetItems", failure: canceled("TransactionConflict") }])
          )
        )
        assert.deepStrictEqual([result._tag, sent], ["Right", 2])
      })
    ))

  it.effect("after a lost answer it is not known: the first may have been applied", () =>
    local((db) =>
      Effect.gen(function*() {
        const { result } = yield* outcome(
          db.transactWriteItems({ TransactItems }).pipe(
            LocalDynamoDB.withFaults([
              { operation: "TransactWriteItems", effect: "after", failure: lost },
              { operation: "TransactWriteItems", nth: 2, failure: canceled("ConditionalCheckFailed", "None") }
            ])
          )
        )
        const e = result._tag === "Left" ? result.left : undefined
        assert.strictEqual(e?._tag, "WriteOutcomeUnknownException")
        assert.strictEqual(
          e?._tag === "WriteOutcomeUnknownException" ? e.last._tag : "",
          "TransactionCanceledException"
        )
      })
    ))
})

describe("in progress", () => {
  const TransactItems = [put(1)]

  it.effect("is waited for until 5 s after the first request, outside the attempts", () =>
    local((db) =>
      Effect.gen(function*() {
        const start = yield* Clock.currentTimeMillis
        const { at, result, sent } = yield* outcome(
          db.transactWriteItems({ TransactItems }).pipe(
            AwsRetry.withPolicy(AwsRetry.none),
            LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", failure: inProgress }])
          )
        )
        assert.deepStrictEqual([result._tag, sent, at - start], ["Right", 2, 5_001])
        assert.strictEqual(new Set(yield* tokens).size, 1)
      })
    ))

  it.effect("to the end: it is not known whether it was applied", () =>
    local((db) =>
      Effect.gen(function*() {
        const { result, sent } = yield* outcome(
          db.transactWriteItems({ TransactItems }).pipe(
            AwsRetry.withPolicy(AwsRetry.none),
            LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", times: 2, failure: inProgress }])
          )
        )
        const e = result._tag === "Left" ? result.left : undefined
        assert.strictEqual(sent, 2)
        assert.strictEqual(
          e?._tag === "WriteOutcomeUnknownException" ? e.last._tag : e?._tag,
          "TransactionInProgressException"
        )
      })
    ))
})

describe("a transaction of statements", () => {
  it.effect("carries one token through all its requests, and each run another", () =>
    Effect.gen(function*() {
      const seen: Array<string | undefined> = []
      const layer = DynamoDB.layerFake({
        executeTransaction: (input) =>
          Effect.sync(() => {
            seen.push(input.ClientRequestToken)
            return {}
          })
      })
      yield* Effect.gen(function*() {
        const db = yield* DynamoDB.DynamoDB
        const once = db.executeTransaction({ TransactStatements: [{ Statement: "DELETE FROM users" }] })
        yield* once
        yield* once
      }).pipe(Effect.provide(layer))
      assert.strictEqual(new Set(seen).size, 2)
      assert.notInclude(seen, undefined)
    }))

  it.effect("is sent again with it after a lost answer", () =>
    local((db) =>
      Effect.gen(function*() {
        const { sent } = yield* outcome(
          db.executeTransaction({
            TransactStatements: [{ Statement: "DELETE FROM users WHERE org = 'acme' AND id = 1" }]
          })
            .pipe(
              LocalDynamoDB.withFaults([{ operation: "ExecuteTransaction", times: 2, failure: lost }])
            )
        )
        assert.strictEqual(sent, 3)
        const all = yield* tokens
        assert.strictEqual(new Set(all).size, 1)
        assert.isString(all[0])
      })
    ))
})
