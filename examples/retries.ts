/**
 * When a request is sent again, and when it must not be. For `docs/retries-and-idempotency.md`. Answers are lost by fault rules.
 *
 *     npm run example -- examples/retries.ts
 */
import { type AwsException, AwsRetry } from "@armature/aws"
import { DynamoDB } from "@armature/dynamodb"
import { Faults, LocalDynamoDB } from "@armature/local"
import { Console, Effect, Schedule } from "effect"
import { users } from "./tables.js"

const TableName = users.TableName ?? ""
const Key = { id: { S: "ada" } }

const visits = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.getItem({ TableName, Key, ConsistentRead: true })).pipe(
  Effect.map(({ Item }) => Item?.visits?.N ?? "0")
)

/** An increment must not be repeated when nobody knows whether it was applied. */
const visit = (options: { readonly idempotent?: boolean }) =>
  Effect.flatMap(DynamoDB.DynamoDB, (db) =>
    db.updateItem({
      TableName,
      Key,
      UpdateExpression: "ADD visits :one",
      ExpressionAttributeValues: { ":one": { N: "1" } }
    }, options))

/** The first request takes effect, and its answer never comes. */
const answerLost = (operation: "UpdateItem" | "TransactWriteItems" | "PutItem") =>
  LocalDynamoDB.withFaults([{ operation, effect: "after", failure: Faults.connectionReset }])

/** Ten attempts: after 10 ms, and then twice as late each time. What may be repeated stays as it is. */
const patient: AwsRetry.Policy = Schedule.exponential("10 millis").pipe(
  Schedule.tapInput((e: AwsException.AwsException) => Effect.logDebug(`again after ${e._tag}`)),
  Schedule.intersect(Schedule.recurs(9))
)

const program = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  const local = yield* LocalDynamoDB.LocalDynamoDB

  // 1. a read is sent again by the default policy
  yield* db.getItem({ TableName, Key }).pipe(
    LocalDynamoDB.withFaults([{ operation: "GetItem", times: 2, failure: Faults.internalError }])
  )
  yield* Console.log(`read: ${(yield* local.callsTo({ operation: "GetItem" })).length} requests`)

  // 2. an update whose answer was lost is not: it may have been applied
  yield* visit({}).pipe(
    answerLost("UpdateItem"),
    Effect.catchTag("WriteOutcomeUnknownException", (e) => Console.log(`update: ${e._tag}, last ${e.last._tag}`))
  )
  yield* Console.log(
    `update: ${(yield* local.callsTo({ operation: "UpdateItem" })).length} request, visits ${yield* visits}`
  )

  // 3. with `idempotent` it is sent again, and counted once
  yield* visit({ idempotent: true }).pipe(answerLost("TransactWriteItems"))
  const sent = yield* local.callsTo({ operation: "TransactWriteItems" })
  yield* Console.log(`idempotent update: ${sent.length} requests, visits ${yield* visits}`)

  // 4. a put without a condition is sent again: the last writer wins. `resend: "never"` forbids it
  const put = (options: DynamoDB.WriteOptions) =>
    db.putItem({ TableName, Item: { id: { S: "bob" }, visits: { N: "0" } } }, options).pipe(
      answerLost("PutItem"),
      Effect.as("written"),
      Effect.catchTag("WriteOutcomeUnknownException", () => Effect.succeed("not known"))
    )
  yield* Console.log(`put: ${yield* put({})}; with resend "never": ${yield* put({ resend: "never" })}`)

  // 5. another policy, for one call or a whole program
  yield* db.getItem({ TableName, Key }).pipe(
    AwsRetry.withPolicy(patient),
    LocalDynamoDB.withFaults([{ operation: "GetItem", times: 6, failure: Faults.throttled() }])
  )
  yield* Console.log("read with 10 attempts: there after 6 throttles")
  yield* db.getItem({ TableName, Key }).pipe(
    AwsRetry.withPolicy(AwsRetry.none),
    LocalDynamoDB.withFaults([{ operation: "GetItem", failure: Faults.throttled() }]),
    Effect.catchTag(
      "ThrottlingException",
      (e) => Console.log(`read without retries: ${e._tag} after ${e.attempts} attempt`)
    )
  )
})

await Effect.runPromise(program.pipe(Effect.provide(LocalDynamoDB.layer({ tables: [users] }))))
