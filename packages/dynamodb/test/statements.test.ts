/** PartiQL: what a statement is taken for, and batches whose failures ride inside an answer that succeeded. */
import * as AwsConfig from "@armature/aws/AwsConfig"
import * as AwsRetry from "@armature/aws/AwsRetry"
import { ServiceUnavailableException, ThrottlingException } from "@armature/aws/Exceptions"
import type { Transport } from "@armature/aws/Transport"
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { ConditionalCheckFailedException } from "@armature/dynamodb/DynamoDBException"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"

const item = (id: number) => ({ id: { N: String(id) } })
const secret = "SECRET-42"

type Part = Sdk.BatchStatementResponse | Wire.WireFailure | undefined

const failed = (Code: string, more: object = {}): Part => ({
  Error: { Code: Code as Sdk.BatchStatementErrorCodeEnum, Message: `text with ${secret}`, ...more }
})

/**
 * Answers a batch statement by statement: each has a list of what it is answered, and a wire failure on the list of any statement of a
 * request fails the request.
 */
const scripted = (script: Readonly<Record<string, ReadonlyArray<Part>>>) => {
  const asked: Array<ReadonlyArray<string>> = []
  const times = new Map<string, number>()
  const transport: Transport<DynamoDB.Operations> = {
    info: { region: undefined, serverAddress: undefined, serverPort: undefined },
    send: (_, input) =>
      Effect.suspend(() => {
        // this transport is sent nothing but batches of statements
        const { Statements = [] } = input as Sdk.BatchExecuteStatementCommandInput
        const statements = Statements.map(({ Statement }) => Statement ?? "")
        asked.push(statements)
        const parts = statements.map((statement) => {
          const n = times.get(statement) ?? 0
          times.set(statement, n + 1)
          const list = script[statement] ?? []
          return list[Math.min(n, list.length - 1)]
        })
        for (const part of parts) if (part !== undefined && "_tag" in part) return Effect.fail(part)
        const answer = {
          $metadata: {},
          Responses: parts.flatMap((part) => part === undefined ? [] : [part]),
          ConsumedCapacity: [{ TableName: "t", CapacityUnits: parts.length }]
        }
        return Effect.succeed(answer as never)
      })
  }
  const layer = Layer.provide(DynamoDB.layerTransport, Layer.succeed(DynamoDB.DynamoDBTransport, transport))
  return { asked, layer }
}

const batch = (...statements: ReadonlyArray<string>) =>
  Effect.flatMap(
    DynamoDB.DynamoDB,
    (db) => db.batchExecuteStatement({ Statements: statements.map((Statement) => ({ Statement })) })
  )

const show = (results: ReadonlyArray<DynamoDB.StatementResult>) =>
  results.map(Either.match({ onLeft: (e) => `${e.code} ${e.outcome}`, onRight: (one) => one ?? "nothing" }))

const patient = AwsRetry.withPolicy(Schedule.recurs(3))

describe("a batch of statements", () => {
  it.effect("gives one result for each, in order", () =>
    Effect.gen(function*() {
      const { asked, layer } = scripted({
        "SELECT 1": [{ TableName: "t", Item: item(1) }],
        "SELECT 2": [{ TableName: "t" }],
        "SELECT 3": [failed("ValidationError")]
      })
      const { Responses } = yield* Effect.provide(batch("SELECT 1", "SELECT 2", "SELECT 3"), layer)
      assert.deepStrictEqual(show(Responses), [item(1), "nothing", "ValidationError not-applied"])
      assert.strictEqual(asked.length, 1)
    }))

  it.effect("a failure carries its code and the item that stood there, and prints neither item nor AWS's text", () =>
    Effect.gen(function*() {
      const { layer } = scripted({
        "UPDATE 1": [{ ...failed("ConditionalCheckFailed", { Item: { name: { S: secret } } }), TableName: "t" }]
      })
      const { Responses: [result] } = yield* Effect.provide(batch("UPDATE 1"), layer)
      const e = result !== undefined && Either.isLeft(result) ? result.left : assert.fail("no failure")
      assert.deepStrictEqual(
        [e._tag, e.code, e.resource, e.outcome, e.retryable],
        ["StatementException", "ConditionalCheckFailed", "t", "not-applied", false]
      )
      assert.deepStrictEqual(e.item, Option.some({ name: { S: secret } }))
      assert.strictEqual(e.awsMessage, `text with ${secret}`)
      assert.notInclude(`${e}${JSON.stringify(e)}`, secret)
    }))

  it.effect("sends again what was throttled or met a conflict, and nothing else", () =>
    Effect.gen(function*() {
      const { asked, layer } = scripted({
        "INSERT 1": [{}],
        "INSERT 2": [failed("ThrottlingError"), failed("TransactionConflict"), {}],
        "INSERT 3": [failed("DuplicateItem")],
        "INSERT 4": [failed("ProvisionedThroughputExceeded"), {}],
        "INSERT 5": [failed("RequestLimitExceeded"), failed("ConditionalCheckFailed")]
      })
      const { ConsumedCapacity, Responses } = yield* batch("INSERT 1", "INSERT 2", "INSERT 3", "INSERT 4", "INSERT 5")
        .pipe(patient, Effect.provide(layer))
      assert.deepStrictEqual(show(Responses), [
        "nothing",
        "nothing",
        "DuplicateItem not-applied",
        "nothing",
        "ConditionalCheckFailed not-applied"
      ])
      assert.deepStrictEqual(asked.slice(1), [["INSERT 2", "INSERT 4", "INSERT 5"], ["INSERT 2"]])
      assert.strictEqual(ConsumedCapacity?.reduce((sum, one) => sum + (one.CapacityUnits ?? 0), 0), 5 + 3 + 1)
    }))

  it.effect("a write that failed inside is unknown and never sent again; a read is", () =>
    Effect.gen(function*() {
      const inside = [failed("InternalServerError"), { Item: item(1) }]
      const writes = scripted({ "DELETE 1": inside, "DELETE 2": [failed("ThrottlingError"), {}] })
      const { Responses } = yield* batch("DELETE 1", "DELETE 2").pipe(patient, Effect.provide(writes.layer))
      assert.deepStrictEqual(show(Responses), ["InternalServerError unknown", "nothing"])
      assert.deepStrictEqual(writes.asked, [["DELETE 1", "DELETE 2"], ["DELETE 2"]])
      const reads = scripted({ "SELECT 1": inside })
      assert.deepStrictEqual(
        show((yield* batch("SELECT 1").pipe(patient, Effect.provide(reads.layer))).Responses),
        [item(1)]
      )
    }))

  it.effect("an answer that leaves a statement out says nothing about it", () =>
    Effect.gen(function*() {
      const { layer } = scripted({ "DELETE 1": [{}], "DELETE 2": [undefined] })
      const { Responses } = yield* Effect.provide(batch("DELETE 1", "DELETE 2"), layer)
      assert.deepStrictEqual(show(Responses), ["nothing", "MissingResponse unknown"])
    }))

  it.effect("an answer that is none of the protocol's says nothing either, and is no defect", () =>
    Effect.gen(function*() {
      const answers = (answer: unknown) =>
        Layer.provide(
          Layer.effect(DynamoDB.DynamoDB, DynamoDB.make({ retry: AwsRetry.none })),
          Layer.succeed(DynamoDB.DynamoDBTransport, {
            info: { region: undefined, serverAddress: undefined, serverPort: undefined },
            send: () => Effect.succeed(answer as never)
          })
        )
      for (const answer of [{ Responses: [null] }, { Responses: 5 }, { Responses: [null, {}], ConsumedCapacity: 5 }]) {
        const { Responses } = yield* Effect.provide(batch("DELETE 1"), answers(answer))
        assert.deepStrictEqual(show(Responses), ["MissingResponse unknown"])
      }
    }))

  it.effect("waits as the policy says, gives up when it ends, and begins anew when something was done", () =>
    Effect.gen(function*() {
      const throttle = failed("ThrottlingError")
      const { asked, layer } = scripted({ "DELETE 1": [throttle, throttle, {}], "DELETE 2": [throttle] })
      const start = yield* Clock.currentTimeMillis
      const policy = Schedule.spaced("1 second").pipe(Schedule.intersect(Schedule.recurs(2)))
      const fiber = yield* batch("DELETE 1", "DELETE 2").pipe(
        Effect.zip(Clock.currentTimeMillis),
        AwsRetry.withPolicy(policy),
        Effect.provide(layer),
        Effect.fork
      )
      yield* TestClock.adjust("1 minute")
      const [{ Responses }, end] = yield* Fiber.join(fiber)
      assert.deepStrictEqual(show(Responses), ["nothing", "ThrottlingError not-applied"])
      // two repetitions until the first is done, and then two more
      assert.deepStrictEqual([asked.length, end - start], [5, 4_000])
    }))

  it.effect("fails as a whole when its first request does, and never drops a result after that", () =>
    Effect.gen(function*() {
      const lost = Wire.connectionFault({ phase: "sent", timeout: false, cause: undefined })
      const none = scripted({ "DELETE 1": [lost] })
      const e = yield* Effect.flip(batch("DELETE 1").pipe(patient, Effect.provide(none.layer)))
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
      assert.strictEqual(none.asked.length, 1)
      const later = scripted({
        "INSERT 1": [{}],
        "INSERT 2": [failed("ThrottlingError"), {}],
        "INSERT 3": [failed("ThrottlingError"), lost]
      })
      const { Responses } = yield* batch("INSERT 1", "INSERT 2", "INSERT 3").pipe(
        patient,
        Effect.provide(later.layer)
      )
      assert.deepStrictEqual(
        Responses.map(Either.match({ onLeft: ({ outcome }) => outcome as string, onRight: () => "done" })),
        ["done", "unknown", "unknown"]
      )
      const denied = Wire.serviceFault({ code: "AccessDeniedException", message: "", statusCode: 400 })
      const refused = scripted({ "INSERT 1": [{}], "INSERT 2": [failed("ThrottlingError"), denied] })
      assert.deepStrictEqual(
        show((yield* batch("INSERT 1", "INSERT 2").pipe(patient, Effect.provide(refused.layer))).Responses),
        ["nothing", "AccessDeniedException not-applied"]
      )
    }))

  it.effect("of writes is never repeated blindly, whatever may be repeated else", () =>
    Effect.gen(function*() {
      const lost = Wire.connectionFault({ phase: "sent", timeout: false, cause: undefined })
      const { asked, layer } = scripted({ "DELETE 1": [lost, {}] })
      const always = Layer.provide(layer, AwsConfig.layer({ resend: "always", retry: Schedule.recurs(3) }))
      const e = yield* Effect.flip(Effect.provide(batch("DELETE 1"), always))
      assert.deepStrictEqual([e._tag, asked.length], ["WriteOutcomeUnknownException", 1])
    }))

  it.effect("is held to its limits before it is sent", () =>
    Effect.gen(function*() {
      const { asked, layer } = scripted({})
      const many = Array.from({ length: 26 }, (_, i) => `SELECT ${i}`)
      for (
        const [statements, says] of [[[], /1 to 25.* 0/], [many, /1 to 25.* 26/], [
          ["SELECT 1", "DELETE 1"],
          /SELECTs apart/
        ]] as const
      ) {
        const e = yield* Effect.flip(Effect.provide(batch(...statements), layer))
        assert.strictEqual(e._tag, "ValidationException")
        assert.match(e.message, says)
      }
      assert.strictEqual(asked.length, 0)
    }))
})

describe("a statement", () => {
  const unavailable = Effect.fail(new ServiceUnavailableException({ outcome: "unknown" }))

  it.effect("reads if it is a SELECT, and else is taken for a write", () =>
    Effect.gen(function*() {
      const failure = (Statement: string) =>
        Effect.flatMap(DynamoDB.DynamoDB, (db) => db.executeStatement({ Statement })).pipe(
          Effect.flip,
          Effect.map((e) => e._tag)
        )
      const cut: Transport<DynamoDB.Operations> = {
        info: { region: undefined, serverAddress: undefined, serverPort: undefined },
        send: () => Effect.fail(Wire.malformedFault({ statusCode: 200, cause: undefined }))
      }
      const broken = Layer.provide(
        Layer.effect(DynamoDB.DynamoDB, DynamoDB.make({ retry: AwsRetry.none })),
        Layer.succeed(DynamoDB.DynamoDBTransport, cut)
      )
      for (
        const read of [
          "SELECT * FROM t",
          "  \n\tselect 1",
          "-- a note\n/* SELECT */ Select 1",
          "/* a\nb */-- c\n\nSELECT 1"
        ]
      ) {
        assert.strictEqual(yield* Effect.provide(failure(read), broken), "InvalidResponseException", read)
      }
      for (
        const write of [
          "INSERT INTO t",
          "update t",
          "DELETE FROM t",
          "-- SELECT",
          "/* SELECT 1",
          "EXISTS(SELECT 1)",
          ""
        ]
      ) {
        assert.strictEqual(yield* Effect.provide(failure(write), broken), "WriteOutcomeUnknownException", write)
      }
    }))

  it.effect("is judged when it is run, by the text that is sent", () =>
    Effect.gen(function*() {
      let asked = 0
      const losing: Transport<DynamoDB.Operations> = {
        info: { region: undefined, serverAddress: undefined, serverPort: undefined },
        send: () =>
          Effect.suspend(() => {
            asked++
            return Effect.fail(Wire.connectionFault({ phase: "sent", timeout: false, cause: undefined }))
          })
      }
      const layer = Layer.provide(DynamoDB.layerTransport, Layer.succeed(DynamoDB.DynamoDBTransport, losing))
      const input = { Statement: "SELECT 1" as string }
      const run = yield* Effect.provide(Effect.map(DynamoDB.DynamoDB, (db) => db.executeStatement(input)), layer)
      input.Statement = "DELETE 1"
      const e = yield* Effect.flip(patient(run))
      assert.deepStrictEqual([e._tag, asked], ["WriteOutcomeUnknownException", 1])
    }))

  it.effect("a fake's failure that the statement cannot have is none of it", () =>
    Effect.gen(function*() {
      const conditional = new ConditionalCheckFailedException({ item: Option.none<DynamoDB.Item>() })
      const failures = [
        Effect.fail(conditional),
        Effect.fail(new ThrottlingException()),
        unavailable
      ]
      const tags = (Statement: string) =>
        Effect.forEach(failures, (executeStatement) =>
          Effect.flatMap(DynamoDB.DynamoDB, (db) =>
            db.executeStatement({ Statement })).pipe(
              Effect.flip,
              Effect.map((e) => e._tag),
              Effect.provide(DynamoDB.layerFake({ executeStatement: () => executeStatement }))
            ))
      assert.deepStrictEqual(yield* tags("SELECT 1"), [
        "ServiceException",
        "ThrottlingException",
        "ServiceUnavailableException"
      ])
      assert.deepStrictEqual(yield* tags("DELETE 1"), [
        "ConditionalCheckFailedException",
        "ThrottlingException",
        "ServiceException"
      ])
    }))
})
