/**
 * Batches of any size. The plan is made by `batchPlan`; here its requests are sent, a few at a time, and what they leave over is sent
 * again until it is done, or the policy ends.
 */
import type { AwsException } from "@armature/aws/AwsException"
import { type Policy, withPolicy } from "@armature/aws/AwsRetry"
import {
  ConfigurationException,
  CredentialsException,
  InvalidResponseException,
  ServiceUnavailableException,
  ValidationException,
  WriteOutcomeUnknownException
} from "@armature/aws/Exceptions"
import { type CallOptions, type ErrorOf, mayResend, type ServiceClient } from "@armature/aws/ServiceClient"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import { UnprocessedException } from "../DynamoDBException.js"
import * as plan from "./batchPlan.js"
import { unfrozen } from "./idempotent.js"
import type { Item } from "./items.js"
import * as operations from "./operations.js"
import { urgently } from "./rateLimit.js"

type Client = ServiceClient<operations.Operations>

/** What is common to both batches' options. */
interface Options {
  /** How many requests are under way at a time, 1 to 1000. Default 8. */
  readonly concurrency?: number | undefined
}

const defaultConcurrency = 8
const maxConcurrency = 1000

/** What became of one request: the members that it left over, and whether that is only because the answer was full. */
interface Answer<M> {
  readonly left: ReadonlyArray<M>
  readonly full: boolean
  /** Milliseconds: when it was first sent, where one of its sends has an unknown outcome and may have done what the last one left over. */
  readonly unsure: number | undefined
}

/** What became of a batch. */
interface Fate<M, E> {
  /** How many members were done. */
  done: number
  readonly unprocessed: Array<M>
  readonly unknown: Array<M>
  /** The first failure of a request, and the last. */
  first: E | undefined
  last: E | undefined
}

const addAll = <M>(to: Array<M>, members: Iterable<M>): void => {
  for (const member of members) to.push(member)
}

/** A failure that every other request would meet as well. */
const isHopeless = (e: AwsException): boolean =>
  e instanceof CredentialsException || e instanceof ConfigurationException

/** Whether it is too late to repeat members that may have been done: as late as it is for a whole request. */
const isLate = (unsure: number | undefined, at: number): boolean =>
  unsure !== undefined && !mayResend("lastWriterWins", unsure, at)

const run = <M, E extends AwsException>(batch: {
  readonly chunks: Iterator<ReadonlyArray<M>>
  readonly options: Options | undefined
  readonly policy: Policy
  readonly send: (members: ReadonlyArray<M>) => Effect.Effect<Answer<M>, E>
  readonly leftOver: (members: ReadonlyArray<M>) => AwsException
}): Effect.Effect<Fate<M, E>> =>
  Effect.suspend(() => {
    const { chunks, leftOver, policy, send } = batch
    const fate: Fate<M, E> = { done: 0, unprocessed: [], unknown: [], first: undefined, last: undefined }
    let hopeless = false

    const giveUp = (left: ReadonlyArray<M>, unsure: number | undefined): Effect.Effect<void> =>
      Effect.sync(() => addAll(unsure === undefined ? fate.unprocessed : fate.unknown, left))

    // runs one chunk to its end; `state` is the policy's since the batch had come as far as `reached`, and since `unsure` it is not known
    // whether the members were done
    const drain = (
      members: ReadonlyArray<M>,
      state: unknown,
      reached: number,
      unsure?: number
    ): Effect.Effect<void> =>
      // its window runs: a rate limiter charges it and does not let it wait
      Effect.matchEffect(unsure === undefined ? send(members) : urgently(send(members)), {
        onFailure: (e) => {
          fate.first ??= e
          fate.last = e
          hopeless ||= isHopeless(e)
          const unknown = unsure !== undefined
          addAll(unknown || e instanceof WriteOutcomeUnknownException ? fate.unknown : fate.unprocessed, members)
          return Effect.void
        },
        onSuccess: ({ full, left, ...answer }) => {
          fate.done += members.length - left.length
          if (left.length === 0) return Effect.void
          const since = unsure ?? answer.unsure
          // a full answer did something: one that did nothing waits like any other, or it would be asked for without end
          if (full && left.length < members.length) return Effect.suspend(() => drain(left, policy.initial, fate.done))
          // a few members may be unlucky often: what counts is whether the batch gets on
          const before = fate.done > reached ? policy.initial : state
          const { done } = fate
          return Effect.flatMap(Clock.currentTimeMillis, (now) =>
            Effect.flatMap(policy.step(now, leftOver(left), before), ([after, _, decision]) => {
              if (ScheduleDecision.isDone(decision)) return giveUp(left, since)
              const at = Math.max(now, ScheduleIntervals.start(decision.intervals))
              if (isLate(since, at)) {
                return giveUp(left, since)
              }
              // looked at again: a process that was frozen while it waited may have woken long after
              const again = Effect.flatMap(
                Clock.currentTimeMillis,
                (now) =>
                  isLate(since, now) ? giveUp(left, since) : drain(left, after, done, since)
              )
              return at > now ? Effect.delay(again, at - now) : again
            }))
        }
      })

    const make = (): ReadonlyArray<M> | undefined => {
      const next = chunks.next()
      return next.done === true ? undefined : next.value
    }
    // looked at beforehand: a single request needs no fiber
    const first = make()
    const second = first === undefined ? undefined : make()
    const ahead = [first, second]
    const take = (): ReadonlyArray<M> | undefined => ahead.length > 0 ? ahead.shift() : make()

    const worker: Effect.Effect<void> = Effect.suspend(() => {
      const next = hopeless ? undefined : take()
      return next === undefined
        ? Effect.void
        : Effect.zipRight(drain(next, policy.initial, fate.done), worker)
    })

    const workers = Math.min(
      Math.max(1, Math.trunc(batch.options?.concurrency ?? defaultConcurrency) || 1),
      maxConcurrency
    )
    return Effect.zipRight(
      second === undefined ? worker : Effect.all(
        Array.from({ length: workers }, () => worker),
        { concurrency: "unbounded", discard: true }
      ),
      Effect.sync(() => {
        for (let next = take(); next !== undefined; next = take()) addAll(fate.unprocessed, next)
        return fate
      })
    )
  })

/** A failure that came of the whole batch, of which nothing was done: it says all there is to say. */
const wholeFailure = <M, E>({ done, first, unknown, unprocessed }: Fate<M, E>): E | undefined =>
  done === 0 && (unknown.length === 0 || unprocessed.length === 0 && first instanceof WriteOutcomeUnknownException)
    ? first
    : undefined

const about = (operation: string, last: AwsException | undefined, unknown: boolean) => ({
  service: "DynamoDB",
  operation,
  resource: last?.resource,
  code: last?.code,
  statusCode: last?.statusCode,
  requestId: last?.requestId,
  retryable: last === undefined || last.retryable,
  outcome: unknown ? "unknown" : "not-applied",
  last
} as const)

/** Plans of what is not the input's type at all: it is said instead of thrown. */
const planned = <A>(operation: string, make: () => A): Effect.Effect<A, ValidationException> =>
  Effect.try({
    try: make,
    catch: (cause) =>
      new ValidationException({
        service: "DynamoDB",
        operation,
        cause,
        reason: "the batch cannot be read; check that each member has the type AWS's API reference gives it"
      })
  })

/** Takes in an answer, which may not be what the protocol allows. */
const understood = <A>(operation: string, read: () => A): Effect.Effect<A, InvalidResponseException> =>
  Effect.try({
    try: read,
    catch: (cause) =>
      new InvalidResponseException({ service: "DynamoDB", operation, cause, retryable: true, outcome: "unknown" })
  })

// ------------------------------------------------------------------------------------------------------------------- reads

/**
 * Options of `batchGetItem`.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchGetOptions extends Options {}

/**
 * The answer to a batch of reads.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchGetItemOutput extends Omit<Sdk.BatchGetItemCommandOutput, "$metadata" | "UnprocessedKeys"> {
  /** By table, the items that there are, in the order of the keys. */
  readonly Responses: Record<string, Array<Item>>
  /** By table, one entry for each key, in order: the item, or `None` where there is none. */
  readonly items: plan.Items
}

/**
 * What `batchGetItem` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type BatchGetItemError =
  | ErrorOf<typeof operations.batchGetItem>
  | UnprocessedException<plan.Reads, plan.Items>

export const batchGetItem = (client: Client, policyInForce: Effect.Effect<Policy>) =>
(
  input: Sdk.BatchGetItemCommandInput,
  options?: BatchGetOptions
): Effect.Effect<BatchGetItemOutput, BatchGetItemError> =>
  Effect.gen(function*() {
    const { RequestItems, ...rest } = input
    const reads = yield* planned("BatchGetItem", () => plan.planReads(RequestItems ?? {}))
    const policy = yield* policyInForce
    const found = new plan.Found(reads)
    const used = new plan.Capacity()
    const unprocessed = (members: ReadonlyArray<plan.Read>, last?: AwsException) =>
      new UnprocessedException<plan.Reads, plan.Items>({
        ...about("BatchGetItem", last, false),
        unprocessed: plan.asked(reads, members),
        unknown: {},
        items: found.items
      })
    const fate = yield* run({
      chunks: plan.chunks(reads.members, plan.maxReads, () => 0),
      options,
      policy,
      leftOver: unprocessed,
      send: (members) =>
        Effect.flatMap(
          client.call(operations.batchGetItem, { ...rest, RequestItems: plan.readsOf(reads, members) }),
          ({ ConsumedCapacity, Responses, UnprocessedKeys }) =>
            understood("BatchGetItem", () => {
              const left = plan.readsLeft(members, UnprocessedKeys)
              found.add(Responses)
              used.add(ConsumedCapacity)
              return { left, full: left.length > 0 && plan.isFull(reads, Responses, left), unsure: undefined }
            })
        )
    })
    if (fate.unprocessed.length > 0) {
      return yield* Effect.fail(wholeFailure(fate) ?? unprocessed(fate.unprocessed, fate.last))
    }
    return { Responses: found.responses, items: found.items, ...used.total }
  })

// ------------------------------------------------------------------------------------------------------------------ writes

/**
 * Options of `batchWriteItem`.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchWriteOptions extends Options, CallOptions {
  /** By table, the names of the attributes that its key is made of: all of them, partition key and sort key. */
  readonly keys?: plan.KeyNames | undefined
}

/**
 * The answer to a batch of writes.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchWriteItemOutput extends Omit<Sdk.BatchWriteItemCommandOutput, "$metadata" | "UnprocessedItems"> {}

/**
 * What `batchWriteItem` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type BatchWriteItemError = ErrorOf<typeof operations.batchWriteItem> | UnprocessedException<plan.Writes>

export const batchWriteItem = (client: Client, policyInForce: Effect.Effect<Policy>) =>
(
  input: Sdk.BatchWriteItemCommandInput,
  options?: BatchWriteOptions
): Effect.Effect<BatchWriteItemOutput, BatchWriteItemError> =>
  unfrozen(
    "BatchWriteItem",
    Effect.gen(function*() {
      const { RequestItems = {}, ...rest } = input
      const policy = yield* policyInForce
      const used = new plan.Capacity()
      const metrics = new Map<string, Array<Sdk.ItemCollectionMetrics>>()

      const unprocessed = (
        members: ReadonlyArray<plan.Write>,
        last?: AwsException,
        unknown: ReadonlyArray<plan.Write> = []
      ) =>
        new UnprocessedException<plan.Writes>({
          ...about("BatchWriteItem", last, unknown.length > 0),
          unprocessed: plan.writesOf(members),
          unknown: plan.writesOf(unknown),
          items: {}
        })

      const write = (keys: plan.Keys, members: Iterator<ReadonlyArray<plan.Write>>) =>
        run({
          chunks: members,
          options,
          policy,
          leftOver: unprocessed,
          send: (members) =>
            Effect.flatMap(Clock.currentTimeMillis, (began) => {
              let unsure: number | undefined
              // the driver asks the policy after each attempt that it may repeat
              const watched = Schedule.tapInput(policy, (e: AwsException) =>
                Effect.sync(() => {
                  if (e.outcome === "unknown") unsure = began
                }))
              return Effect.flatMap(
                withPolicy(
                  client.call(operations.batchWriteItem, { ...rest, RequestItems: plan.writesOf(members) }, options),
                  watched
                ),
                ({ ConsumedCapacity, ItemCollectionMetrics, UnprocessedItems }) =>
                  Effect.mapError(
                    understood("BatchWriteItem", () => {
                      const left = plan.writesLeft(members, UnprocessedItems, keys)
                      used.add(ConsumedCapacity)
                      for (const [table, of] of Object.entries(ItemCollectionMetrics ?? {})) {
                        metrics.set(table, [...metrics.get(table) ?? [], ...of])
                      }
                      return { left, full: false, unsure }
                    }),
                    (last) =>
                      new WriteOutcomeUnknownException({ service: "DynamoDB", operation: "BatchWriteItem", last })
                  )
              )
            })
        })

      const planWith = (keys: plan.KeyNames) =>
        planned("BatchWriteItem", () => {
          const known = plan.keysOf(RequestItems, keys)
          const { members, unkeyed } = plan.planWrites(RequestItems, known)
          const chunks = plan.chunks(members, plan.maxWrites, plan.writeSize)
          return { known, members, unkeyed, chunks, first: chunks.next().value, second: chunks.next().value }
        })

      // which attributes make up the keys of these tables; asked of DynamoDB only where two puts may be of one item
      const describe = (tables: ReadonlyArray<string>) =>
        Effect.map(
          Effect.forEach(tables, (TableName) =>
            Effect.flatMap(client.call(operations.plain.describeTable, { TableName }), ({ Table }) => {
              const names = Table?.KeySchema?.flatMap(({ AttributeName }) => AttributeName ?? []) ?? []
              return names.length > 0
                ? Effect.succeed([TableName, names] as const)
                : Effect.fail(new InvalidResponseException({ service: "DynamoDB", operation: "DescribeTable" }))
            })),
          (named): plan.KeyNames => ({ ...options?.keys, ...Object.fromEntries(named) })
        )

      let writes = yield* planWith(options?.keys ?? {})
      if (writes.unkeyed.length > 0 && writes.second !== undefined) {
        const { members, unkeyed } = writes
        writes = yield* Effect.matchEffect(describe(unkeyed), {
          onFailure: (e) =>
            Effect.fail(
              e instanceof InvalidResponseException || e instanceof ServiceUnavailableException
                ? unprocessed(members, e)
                : e
            ),
          onSuccess: planWith
        })
      }
      let fate = yield* write(writes.known, resumed(writes))
      if (
        writes.unkeyed.length > 0 && writes.second === undefined && fate.done === 0 &&
        fate.first instanceof ValidationException
      ) {
        // one request, refused: perhaps since two of its puts are of one item
        const named = yield* Effect.option(describe(writes.unkeyed))
        const distinct = named._tag === "None" ? writes : yield* planWith(named.value)
        if (distinct.members.length < writes.members.length) {
          fate = yield* write(distinct.known, resumed(distinct))
        }
      }
      if (fate.unprocessed.length > 0 || fate.unknown.length > 0) {
        return yield* Effect.fail(wholeFailure(fate) ?? unprocessed(fate.unprocessed, fate.last, fate.unknown))
      }
      return { ...(metrics.size === 0 ? {} : { ItemCollectionMetrics: Object.fromEntries(metrics) }), ...used.total }
    })
  )

/** The chunks of a plan, the first two of which were looked at. */
function* resumed<M>(
  { chunks, first, second }: {
    readonly chunks: Generator<M, undefined, undefined>
    readonly first: M | undefined
    readonly second: M | undefined
  }
): Generator<M, undefined, undefined> {
  if (first !== undefined) yield first
  if (second !== undefined) yield second
  yield* chunks
}
