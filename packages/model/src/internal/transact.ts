/** Transactions: every plan is made, the members are looked at, and one request is sent. */
import { type Fields, fieldsOf } from "@armature/aws/AwsException"
import { ServiceException, ThrottlingException, ValidationException } from "@armature/aws/Exceptions"
import { DynamoDB } from "@armature/dynamodb/DynamoDB"
import * as D from "@armature/dynamodb/DynamoDBException"
import type { Item } from "@armature/dynamodb/Item"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TransactionCanceledException } from "../EntityException.js"
import type { Read, ReadInfo } from "../Operation.js"
import type { Member, Options } from "../Transact.js"
import { forEach, itemText, listOf, namesOf, send, shaped } from "./members.js"
import type { Members } from "./memberTypes.js"
import { planOf } from "./operation.js"

const maxMembers = 100

const invalid = (operation: string, reason: string) =>
  Effect.fail(new ValidationException({ service: "DynamoDB", operation, reason }))

/** Looked at before any value goes to S3. */
const checkCount = (operation: string, { length }: ReadonlyArray<unknown>): Effect.Effect<void, ValidationException> =>
  length > 0 && length <= maxMembers
    ? Effect.void
    : invalid(operation, `a transaction has 1 to ${maxMembers} members; this one has ${length}`)

/** What of a plan says which item it is on. */
interface Target {
  readonly table: string
  readonly key: Item
}

const checkTargets = (
  operation: string,
  names: ReadonlyArray<string>,
  targets: ReadonlyArray<Target>
): Effect.Effect<void, ValidationException> => {
  const seen = new Map<string, string | undefined>()
  for (const [i, { key, table }] of targets.entries()) {
    const id = itemText(table, key)
    if (seen.has(id)) {
      const both = `${seen.get(id)} and ${names[i]}`
      return invalid(operation, `a transaction has one member on an item; members ${both} are on the same`)
    }
    seen.set(id, names[i])
  }
  return Effect.void
}

// ---------------------------------------------------------------------------------------------------------------- reasons

type Reason = D.CancellationReason<Item>

/** Why a member failed, as the exception that stands for it; `own` knows the codes that only its operation has. */
const reasonOf = (
  fields: Fields,
  { awsMessage, code, item }: Reason,
  own: (code: string, fields: Fields, item: Option.Option<Item>) => unknown
): Option.Option<unknown> => {
  if (code === "None") return Option.none()
  const about: Fields = { ...fields, code, awsMessage }
  switch (code) {
    case "ProvisionedThroughputExceeded":
      return Option.some(new D.ProvisionedThroughputExceededException({ ...about, retryable: true }))
    case "ThrottlingError":
      return Option.some(new ThrottlingException({ ...about, retryable: true }))
    case "TransactionConflict":
      return Option.some(new D.TransactionConflictException({ ...about, retryable: true }))
    case "ValidationError":
      return Option.some(new ValidationException({ ...about, retryable: false }))
    default: {
      const rest: Fields = { ...about, retryable: false }
      return Option.some(own(code, rest, item) ?? new ServiceException(rest))
    }
  }
}

/** A transaction that was canceled, with the members' own reasons; any other failure as it is. */
const canceled = <E>(
  e: E | D.TransactionCanceledException<ReadonlyArray<Reason>>,
  members: Members<unknown>,
  own: (i: number, code: string, fields: Fields, item: Option.Option<Item>) => unknown
): E | TransactionCanceledException<unknown> => {
  if (!(e instanceof D.TransactionCanceledException)) return e
  const reasons = listOf(members).map((_, i) => {
    const reason = e.reasons[i]
    return reason === undefined
      ? Option.none()
      : reasonOf(fieldsOf(e), reason, (code, fields, item) => own(i, code, fields, item))
  })
  return new TransactionCanceledException({ ...fieldsOf(e), reasons: shaped(members, reasons), codes: e.codes })
}

// ---------------------------------------------------------------------------------------------------------------- writes

export const transact = (
  members: Members<Member>,
  options?: Options
): Effect.Effect<unknown, unknown, unknown> =>
  Effect.flatMap(DynamoDB, (db) =>
    Effect.gen(function*() {
      const operations = listOf(members)
      yield* checkCount("TransactWriteItems", operations)
      const plans = yield* forEach(operations, planOf)
      yield* checkTargets("TransactWriteItems", namesOf(members), plans)
      yield* send(plans, (TransactItems) =>
        Effect.mapError(
          db.transactWriteItems({
            TransactItems: [...TransactItems],
            ...(options?.token === undefined ? {} : { ClientRequestToken: options.token })
          }),
          (e) =>
            canceled(e, members, (i, code, fields, item) =>
              code === "ConditionalCheckFailed"
                ? plans[i]?.failed({ ...fields, item })
                : code === "ItemCollectionSizeLimitExceeded"
                ? new D.ItemCollectionSizeLimitExceededException(fields)
                : undefined)
        ))
      return shaped(members, plans.map(({ value }) => value))
    }))

// ---------------------------------------------------------------------------------------------------------------- reads

export const transactGet = (
  members: Members<Read<unknown, unknown, unknown, ReadInfo>>
): Effect.Effect<unknown, unknown, unknown> =>
  Effect.flatMap(DynamoDB, (db) =>
    Effect.gen(function*() {
      const operations = listOf(members)
      yield* checkCount("TransactGetItems", operations)
      const plans = yield* forEach(operations, planOf)
      yield* checkTargets(
        "TransactGetItems",
        namesOf(members),
        plans.map(({ input }) => ({ table: input.TableName, key: input.Key }))
      )
      const { Responses } = yield* Effect.mapError(
        db.transactGetItems({
          // a transaction reads what was last written: there is no other consistency to ask for
          TransactItems: plans.map(({ input: { ConsistentRead: _, ...Get } }) => ({ Get }))
        }),
        (e) => canceled(e, members, () => undefined)
      )
      const values = yield* forEach(plans, ({ decode }, i) => decode(Responses?.[i]?.Item))
      return shaped(members, values)
    }))
