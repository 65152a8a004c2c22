/** Batches: every plan is made, the reads are done, and then the writes. */
import { type AwsException, type Fields, fieldsOf } from "@armature/aws/AwsException"
import { ValidationException } from "@armature/aws/Exceptions"
import { type BatchWriteItemError, DynamoDB, type Operations } from "@armature/dynamodb/DynamoDB"
import { UnprocessedException } from "@armature/dynamodb/DynamoDBException"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Member } from "../Batch.js"
import { type Read, type ReadInfo, type ReadPlan, TypeId, type WriteAction } from "../Operation.js"
import { chain } from "./atOnce.js"
import { readAll } from "./batchReads.js"
import { type AnyWritePlan, forEach, itemText, listOf, namesOf, send, shaped } from "./members.js"
import type { Members } from "./memberTypes.js"
import { planOf } from "./operation.js"

/** An operation and its place in the batch. */
interface At<O> {
  readonly place: number
  readonly operation: O
}

type WriteMember = Extract<Member, { readonly [TypeId]: "Write" }>
type ReadMember = Read<unknown, unknown, unknown, ReadInfo>
type WriteRequest = NonNullable<NonNullable<Operations["BatchWriteItem"]["input"]["RequestItems"]>[string]>[number]

/** What there is to say of a batch that was not done whole. */
interface Left {
  readonly fields: Fields
  readonly last: AwsException | undefined
  readonly unprocessed: ReadonlyArray<number>
  readonly unknown: ReadonlyArray<number>
}

const leftBy = (
  e: AwsException,
  unprocessed: ReadonlyArray<number>,
  unknown: ReadonlyArray<number> = []
): Left => ({
  fields: { ...fieldsOf(e), outcome: unknown.length > 0 ? "unknown" : "not-applied" },
  last: e instanceof UnprocessedException ? e.last : e,
  unprocessed,
  unknown
})

// ---------------------------------------------------------------------------------------------------------------- reads

/** Reads and decodes; `done` gets what each gives. Fails with a `Left` where some were read and others not. */
const readMembers = (
  db: DynamoDB.Service,
  plans: ReadonlyArray<At<ReadPlan<unknown, unknown, unknown>>>,
  done: Array<Option.Option<unknown>>
): Effect.Effect<Left | undefined, unknown, unknown> =>
  Effect.gen(function*() {
    const answers = yield* readAll(db, plans.map(({ operation }) => operation.input))
    const members = plans.flatMap(({ operation, place }, i) => {
      const answer = answers[i]
      return answer === undefined ? [] : [{ operation, place, answer }]
    })
    const failed = members.flatMap(({ answer, place }) => Either.isLeft(answer) ? [{ place, e: answer.left }] : [])
    const [first] = failed
    if (first !== undefined && failed.length === members.length && !(first.e instanceof UnprocessedException)) {
      return yield* Effect.fail(first.e)
    }
    yield* forEach(members, ({ answer, operation, place }) =>
      Either.isLeft(answer) ? Either.right(undefined) : chain(operation.decode(answer.right), (value) => {
        done[place] = Option.some(value)
        return Either.right(undefined)
      }))
    return first === undefined ? undefined : leftBy(
      first.e,
      failed.map(({ place }) =>
        place
      )
    )
  })

// ---------------------------------------------------------------------------------------------------------------- writes

/** A put or delete as a batch takes it; a condition it has only if it keeps a value in S3 that was read. */
const requestOf = (action: WriteAction): Either.Either<WriteRequest, string> => {
  const { Delete, Put } = action
  if (Put !== undefined && Put.ConditionExpression === undefined) {
    return Either.right({ PutRequest: { Item: Put.Item } })
  }
  if (Delete !== undefined && Delete.ConditionExpression === undefined) {
    return Either.right({ DeleteRequest: { Key: Delete.Key } })
  }
  return Either.left("keeps a value in S3 as it was read, which takes a condition: send it alone, or in a transaction")
}

const textOf = (table: string, { DeleteRequest, PutRequest }: WriteRequest, names: ReadonlyArray<string>): string =>
  itemText(table, PutRequest?.Item ?? DeleteRequest?.Key ?? {}, names)

/** Writes; gives a `Left` where some were written and others not. */
const writeMembers = (
  db: DynamoDB.Service,
  plans: ReadonlyArray<At<AnyWritePlan>>,
  names: ReadonlyArray<string>
): Effect.Effect<Left | undefined, unknown, unknown> => {
  const keys: Record<string, ReadonlyArray<string>> = {}
  for (const { operation: { key, table } } of plans) keys[table] = Object.keys(key)

  /** The places of the members on the items of these requests: of several on one item all, since only the last was sent. */
  const placesOf = (left: Readonly<Record<string, ReadonlyArray<WriteRequest>>>): ReadonlyArray<number> => {
    const items = new Set(
      Object.entries(left).flatMap(([table, requests]) =>
        requests.map((request) => textOf(table, request, keys[table] ?? []))
      )
    )
    return plans.flatMap(({ operation: { key, table }, place }) => items.has(itemText(table, key)) ? [place] : [])
  }

  const request = (actions: ReadonlyArray<WriteAction>): Effect.Effect<Left | undefined, BatchWriteItemError> =>
    Effect.suspend(() => {
      const RequestItems: Record<string, Array<WriteRequest>> = {}
      for (const [i, action] of actions.entries()) {
        const one = requestOf(action)
        const plan = plans[i]
        if (plan === undefined) continue
        if (Either.isLeft(one)) {
          const reason = `member ${names[plan.place]} of the batch ${one.left}`
          return Effect.fail(new ValidationException({ service: "DynamoDB", operation: "BatchWriteItem", reason }))
        }
        ;(RequestItems[plan.operation.table] ??= []).push(one.right)
      }
      // a pointer that lands a second time could be one whose object another writer has deleted meanwhile
      const resend = plans.some(({ operation }) => operation.values.length > 0) ? "never" as const : undefined
      return Effect.matchEffect(db.batchWriteItem({ RequestItems }, { keys, resend }), {
        onSuccess: () => Effect.succeed(undefined),
        onFailure: (e) =>
          e instanceof UnprocessedException
            ? Effect.succeed(leftBy(e, placesOf(e.unprocessed), placesOf(e.unknown)))
            : Effect.fail(e)
      })
    })

  return send(plans.map(({ operation }) => operation), request)
}

// ---------------------------------------------------------------------------------------------------------------- all

const isWrite = (operation: Member): operation is WriteMember => operation[TypeId] === "Write"
const isRead = (operation: Member): operation is ReadMember => operation[TypeId] === "Read"

const planned = <A>(
  members: ReadonlyArray<At<{ readonly plan: Effect.Effect<A, unknown, unknown> }>>
): Effect.Effect<ReadonlyArray<At<A>>, unknown, unknown> =>
  forEach(
    members,
    ({ operation, place }) => chain(planOf(operation), (plan) => Either.right<At<A>>({ place, operation: plan }))
  )

export const batch = (members: Members<Member>): Effect.Effect<unknown, unknown, unknown> =>
  Effect.flatMap(DynamoDB, (db) =>
    Effect.gen(function*() {
      const operations = listOf(members)
      const reads: Array<At<ReadMember>> = []
      const writes: Array<At<WriteMember>> = []
      for (const [place, operation] of operations.entries()) {
        if (isWrite(operation)) writes.push({ place, operation })
        else if (isRead(operation)) reads.push({ place, operation })
      }
      const readPlans = yield* planned(reads)
      const writePlans = yield* planned(writes)
      const done: Array<Option.Option<unknown>> = operations.map(() => Option.none())
      const unprocessed = (
        { fields, last, unknown, unprocessed }: Left,
        also: ReadonlyArray<At<unknown>>
      ) => {
        const those = (places: ReadonlyArray<number>) => {
          const all = new Set(places)
          return operations.filter((_, place) => all.has(place))
        }
        return new UnprocessedException<unknown, unknown>({
          ...fields,
          unprocessed: those([...unprocessed, ...also.map(({ place }) => place)]),
          unknown: those(unknown),
          items: shaped(members, done),
          last
        })
      }
      const unread = readPlans.length === 0 ? undefined : yield* readMembers(db, readPlans, done)
      if (unread !== undefined) return yield* unprocessed(unread, writes)
      const unwritten = writePlans.length === 0 ? undefined : yield* writeMembers(db, writePlans, namesOf(members))
      const left = new Set([...unwritten?.unprocessed ?? [], ...unwritten?.unknown ?? []])
      for (const { operation, place } of writePlans) if (!left.has(place)) done[place] = Option.some(operation.value)
      if (unwritten !== undefined) return yield* unprocessed(unwritten, [])
      return shaped(members, done.map(Option.getOrUndefined))
    }))
