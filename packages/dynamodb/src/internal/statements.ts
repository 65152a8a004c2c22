/** Batches of PartiQL statements, whose failures ride inside an answer that succeeded. */
import type { AwsException } from "@armature/aws/AwsException"
import type { Policy } from "@armature/aws/AwsRetry"
import { asRecord } from "@armature/aws/Classify"
import { ServiceUnavailableException, ThrottlingException } from "@armature/aws/Exceptions"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { StatementException, TransactionConflictException } from "../DynamoDBException.js"
import { type Access, accessOf } from "./access.js"
import { itemOf } from "./items.js"
import type { BatchExecuteStatementOutput, StatementResult } from "./methods.js"

const maxStatements = 25

/** What is wrong with a batch before it is sent. */
export const problemOf = (input: Sdk.BatchExecuteStatementCommandInput): string | undefined => {
  const statements = input.Statements ?? []
  if (statements.length === 0 || statements.length > maxStatements) {
    return `a batch has 1 to ${maxStatements} statements; this one has ${statements.length}`
  }
  return new Set(statements.map(({ Statement }) => accessOf(Statement))).size > 1
    ? "a batch either reads or writes; send its SELECTs apart"
    : undefined
}

const throttled: ReadonlySet<string> = new Set([
  "ProvisionedThroughputExceeded",
  "RequestLimitExceeded",
  "ThrottlingError"
])
const conflict = "TransactionConflict"
const failedInside = "InternalServerError"

const where = { service: "DynamoDB", operation: "BatchExecuteStatement" }

const missing = "MissingResponse"

/** What an answer has in place of a list counts for nothing. */
const listOf = <A>(list: ReadonlyArray<A> | undefined): ReadonlyArray<A> => Array.isArray(list) ? list : []

const resultOf = (access: Access, given: Sdk.BatchStatementResponse | undefined): StatementResult => {
  // a hole in the list is a null
  const response = given ?? undefined
  if (response !== undefined && response.Error === undefined) return Either.right(response.Item)
  const { Code, Item, Message } = asRecord(response?.Error)
  const code = response === undefined ? missing : typeof Code === "string" ? Code : failedInside
  const unsure = code === failedInside || code === missing
  return Either.left(
    new StatementException({
      ...where,
      resource: response?.TableName,
      code,
      awsMessage: typeof Message === "string" ? Message : undefined,
      item: itemOf(Item),
      retryable: throttled.has(code) || code === conflict || unsure,
      outcome: unsure && access === "write" ? "unknown" : "not-applied"
    })
  )
}

/** A statement that was in a request which failed as a whole. */
const failedWith = (access: Access, last: AwsException): StatementResult =>
  Either.left(
    new StatementException({
      ...where,
      code: last.code ?? last._tag,
      item: Option.none(),
      retryable: last.retryable,
      outcome: access === "write" ? last.outcome : "not-applied",
      cause: last
    })
  )

const mayRepeat = (result: StatementResult | undefined): boolean =>
  result !== undefined && Either.isLeft(result) && result.left.retryable && result.left.outcome === "not-applied"

/** What a policy is asked about: the failure that a whole request would have had. */
const asked = (left: ReadonlyArray<StatementResult | undefined>): AwsException => {
  const codes = new Set(
    left.flatMap((result) => result !== undefined && Either.isLeft(result) ? [result.left.code] : [])
  )
  const fields = { ...where, retryable: true }
  return [...codes].some((code) => throttled.has(code))
    ? new ThrottlingException(fields)
    : codes.has(conflict)
    ? new TransactionConflictException(fields)
    : new ServiceUnavailableException(fields)
}

/**
 * Sends a batch, and again what of it was left over and not applied, when the policy says. The first request's failure is the batch's;
 * once there are results they are never dropped, so a later request's failure becomes the result of the statements that were in it.
 */
export const batch = <E extends AwsException>(
  input: Sdk.BatchExecuteStatementCommandInput,
  send: (input: Sdk.BatchExecuteStatementCommandInput) => Effect.Effect<Sdk.BatchExecuteStatementCommandOutput, E>,
  policy: Effect.Effect<Policy>
): Effect.Effect<BatchExecuteStatementOutput, E> =>
  Effect.gen(function*() {
    const statements = input.Statements ?? []
    const access = accessOf(statements[0]?.Statement)
    let capacity: ReadonlyArray<Sdk.ConsumedCapacity> = []
    const ask = (Statements: Array<Sdk.BatchStatementRequest>) =>
      Effect.map(send({ ...input, Statements }), (output) => {
        capacity = [...capacity, ...listOf(output.ConsumedCapacity)]
        const responses = listOf(output.Responses)
        return { output, parts: Statements.map((_, at) => resultOf(access, responses[at])) }
      })

    const { output, parts } = yield* ask(statements)
    const results = [...parts]
    const leftOver = () => statements.flatMap((statement, i) => mayRepeat(results[i]) ? [{ i, statement }] : [])
    let left = leftOver()
    let waits = yield* Effect.flatMap(policy, Schedule.driver)
    while (left.length > 0) {
      const wait = yield* Effect.option(waits.next(asked(left.map(({ i }) => results[i]))))
      if (Option.isNone(wait)) break
      const again = yield* Effect.either(ask(left.map(({ statement }) => statement)))
      left.forEach(({ i }, at) => {
        const part = Either.isLeft(again) ? failedWith(access, again.left) : again.right.parts[at]
        if (part !== undefined) results[i] = part
      })
      if (Either.isLeft(again)) break
      const still = leftOver()
      if (still.length < left.length) waits = yield* Effect.flatMap(policy, Schedule.driver)
      left = still
    }
    return {
      ...output,
      ...(output.ConsumedCapacity === undefined ? {} : { ConsumedCapacity: [...capacity] }),
      Responses: results
    }
  })
