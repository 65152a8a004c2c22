/**
 * Writes that are applied once, however often they are sent: the token and the bytes are fixed before the first request, and DynamoDB
 * knows a repetition by its token. A single write becomes a transaction of one action.
 */
import { type AwsException, fieldsOf, isAwsException } from "@armature/aws/AwsException"
import {
  ConnectionException,
  ServiceException,
  ThrottlingException,
  ValidationException,
  WriteOutcomeUnknownException
} from "@armature/aws/Exceptions"
import type { CallOptions, ErrorOf, Resume, ServiceClient } from "@armature/aws/ServiceClient"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { randomUUID } from "node:crypto"
import {
  ConditionalCheckFailedException,
  IdempotentParameterMismatchException,
  ItemCollectionSizeLimitExceededException,
  ProvisionedThroughputExceededException,
  type ReplicatedWriteConflictException,
  TransactionCanceledException,
  TransactionConflictException
} from "../DynamoDBException.js"
import type { ConditionError } from "./errors.js"
import type { Item, TransactionReasons } from "./items.js"
import * as operations from "./operations.js"

// ------------------------------------------------------------------------------------------------------------------ frozen

/** A write that was fixed at its first run, and what has become of it. */
interface Written {
  readonly operation: string
  readonly input: unknown
  /** The answer, once there was one. */
  answer: Option.Option<unknown>
  /** Set while it is not known whether the write was applied. */
  open: Resume | undefined
  /** How many runs are under way, and when the first of them began. */
  underWay: number
  since: number
}

/** What the runs of one frozen effect share. */
interface Slot {
  written: Written | undefined
}

/** One run of a frozen effect; `used` once it has written. */
class Frozen extends Context.Reference<Frozen>()("@armature/dynamodb/Frozen", {
  defaultValue: (): Option.Option<{ readonly slot: Slot; used: boolean }> => Option.none()
}) {}

export const freeze = <A, E, R>(write: Effect.Effect<A, E, R>): Effect.Effect<Effect.Effect<A, E, R>> =>
  Effect.sync(() => {
    const slot: Slot = { written: undefined }
    return Effect.suspend(() => Effect.provideService(write, Frozen, Option.some({ slot, used: false })))
  })

const refused = (operation: string, reason: string, cause?: unknown): ValidationException =>
  new ValidationException({ service: "DynamoDB", operation, reason, cause })

/** Runs a write that has no token, which a frozen effect cannot hold. */
export const unfrozen = <A, E>(
  operation: string,
  write: Effect.Effect<A, E>
): Effect.Effect<A, E | ValidationException> =>
  Effect.flatMap(
    Frozen,
    (frozen): Effect.Effect<A, E | ValidationException> =>
      Option.isNone(frozen) ? write : Effect.fail(
        refused(operation, "only a transaction, or a write with `idempotent: true`, can be frozen")
      )
  )

interface Tokened {
  readonly ClientRequestToken?: string | undefined
}

type WithToken<I> = I & { readonly ClientRequestToken: string }

/** Data of a request, copied through and through, so that no later change of it reaches a repetition. */
const copied = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (Array.isArray(value)) return value.map(copied)
  const copy: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    // a member of this name would set the copy's prototype
    if (name === "__proto__") Object.defineProperty(copy, name, { value: copied(member), enumerable: true })
    else copy[name] = copied(member)
  }
  return copy
}

/**
 * A token of one's own is kept. Not from Effect's `Random`: two programs with one seed would take each other's transactions for repeats
 * of their own.
 */
const fixed = <I extends Tokened>(operation: string, input: I): Effect.Effect<WithToken<I>, ValidationException> =>
  Effect.try({
    // a copy of an I, member by member, and its token
    try: () => Object.assign(copied(input) as I, { ClientRequestToken: input.ClientRequestToken ?? randomUUID() }),
    catch: (cause) =>
      refused(
        operation,
        "the input cannot be read; check that each member has the type AWS's API reference gives it",
        cause
      )
  })

/** One write with a token, sent as `send` does: each run is a write of its own, unless the run is one of a frozen effect. */
export const once = <I extends Tokened, A, E>(
  operation: string,
  input: I,
  send: (input: WithToken<I>, resume: Resume | undefined) => Effect.Effect<A, E>
): Effect.Effect<A, E | ValidationException> =>
  Effect.flatMap(Frozen, (frozen): Effect.Effect<A, E | ValidationException> => {
    if (Option.isNone(frozen)) return Effect.flatMap(fixed(operation, input), (input) => send(input, undefined))
    const run = frozen.value
    if (run.used) return Effect.fail(refused(operation, "a frozen effect holds one write; freeze each by itself"))
    run.used = true
    const { slot } = run
    const made = slot.written === undefined ? fixed(operation, input) : Effect.succeed(undefined)
    return Effect.flatMap(made, (input): Effect.Effect<A, E | ValidationException> => {
      // of two first runs at a time one fixes the write
      const written = slot.written ??= {
        operation,
        input,
        answer: Option.none(),
        open: undefined,
        underWay: 0,
        since: 0
      }
      return written.operation === operation
        // fixed and answered by runs of the same operation, so both are of its types
        ? go(written, written.input as WithToken<I>, send)
        : Effect.fail(
          refused(operation, `the frozen write is a ${written.operation}; an effect is frozen as the same write`)
        )
    })
  })

const go = <I, A, E>(
  written: Written,
  input: I,
  send: (input: I, resume: Resume | undefined) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<A, E> => {
    // DynamoDB forgets a token after ten minutes; what is known to stand is never sent again
    if (Option.isSome(written.answer)) return Effect.succeed(written.answer.value as A)
    if (written.underWay === 0) written.since = now
    // the request of a run that is under way may have been applied: its window is this run's too
    const resume = written.open ??
      (written.underWay > 0 ? { first: written.since, last: aborted(written.operation) } : undefined)
    const opened = (last: AwsException) => {
      written.open = { first: written.open?.first ?? resume?.first ?? now, last }
    }
    written.underWay++
    return send(input, resume).pipe(
      Effect.tap((answer) => {
        written.answer = Option.some(answer)
        return Effect.void
      }),
      Effect.catchAll((e): Effect.Effect<A, E> => {
        // another run has had the answer meanwhile: the write stands
        if (Option.isSome(written.answer)) return Effect.succeed(written.answer.value as A)
        if (e instanceof WriteOutcomeUnknownException) {
          opened(e.last)
          return Effect.fail(e)
        }
        // while another run is under way nobody can say that the write is not applied; every write declares the exception that says so
        return isAwsException(e) && written.underWay > 1
          ? Effect.fail(new WriteOutcomeUnknownException({ ...fieldsOf(e), retryable: false, last: e }) as E)
          : Effect.fail(e)
      }),
      Effect.onInterrupt(() => Effect.sync(() => opened(aborted(written.operation)))),
      Effect.ensuring(Effect.sync(() => {
        written.underWay--
      }))
    )
  })

const aborted = (operation: string) =>
  new ConnectionException({ service: "DynamoDB", operation, reason: "Aborted", outcome: "unknown" })

// ----------------------------------------------------------------------------------------------------------- single writes

/**
 * Options of a put, update or delete.
 *
 * @since 0.1.0
 * @category models
 */
export interface ItemWriteOptions extends CallOptions {
  /**
   * Makes the write exactly-once: it is sent as a transaction of one action, whose token lets DynamoDB know a repetition for ten
   * minutes, so it is sent again after an answer was lost; the last time 8 minutes after the first, then it fails with
   * `WriteOutcomeUnknownException`. Costs twice the write units. Takes no `ReturnValues` and no legacy parameters, needs the
   * `UpdateExpression` of an update, and does not exist on tables with multi-region strong consistency. Default `false`.
   */
  readonly idempotent?: boolean | undefined
}

/**
 * What a request must not have to be sent with `idempotent: true`: a transaction returns no values and knows no legacy parameters.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transactable {
  readonly TableName: string | undefined
  readonly ReturnValues?: "NONE" | undefined
  readonly Expected?: undefined
  readonly ConditionalOperator?: undefined
  readonly AttributeUpdates?: undefined
}

/**
 * Options of a write that asks for values, or has legacy parameters: it cannot be idempotent.
 *
 * @since 0.1.0
 * @category models
 */
export interface NotTransactable extends CallOptions {
  readonly idempotent?: false | undefined
}

/**
 * Options `O` for a request of type `I`: `idempotent: true` only where the request can be a transaction's action.
 *
 * @since 0.1.0
 * @category models
 */
export type OptionsFor<I, O> = O extends { readonly idempotent: true } ? I extends Transactable ? O : NotTransactable
  : O

/**
 * The failures of a write with options `O`: a transaction meets no `ReplicatedWriteConflictException`.
 *
 * @since 0.1.0
 * @category errors
 */
export type ErrorFor<O, E> = O extends { readonly idempotent: true } ? Exclude<E, ReplicatedWriteConflictException> : E

/** The members of an input that a transaction has no place for. */
interface Returning {
  readonly ReturnValues?: string | undefined
  readonly Expected?: unknown
  readonly ConditionalOperator?: unknown
  readonly AttributeUpdates?: unknown
}

/** What the three single writes have in common, beside their action. */
interface Single extends Returning {
  readonly TableName: string | undefined
  readonly ConditionExpression?: string | undefined
  readonly ReturnConsumedCapacity?: Sdk.ReturnConsumedCapacity | undefined
  readonly ReturnItemCollectionMetrics?: Sdk.ReturnItemCollectionMetrics | undefined
}

/** Why a request cannot be a transaction's action. */
const problemOf = (input: Returning): string | undefined =>
  input.ReturnValues !== undefined && input.ReturnValues !== "NONE"
    ? "`ReturnValues` cannot be had with `idempotent`: a transaction returns none"
    : input.Expected !== undefined || input.ConditionalOperator !== undefined || input.AttributeUpdates !== undefined
    ? "legacy parameters cannot be sent with `idempotent`; write them as expressions"
    : undefined

const required = "an update with `idempotent` needs an `UpdateExpression`"

export const putAction = ({
  ConditionExpression,
  ExpressionAttributeNames,
  ExpressionAttributeValues,
  Item,
  ReturnValuesOnConditionCheckFailure,
  TableName
}: Sdk.PutItemCommandInput): Sdk.TransactWriteItem => ({
  Put: {
    TableName,
    Item,
    ConditionExpression,
    ExpressionAttributeNames,
    ExpressionAttributeValues,
    ReturnValuesOnConditionCheckFailure
  }
})

export const deleteAction = ({
  ConditionExpression,
  ExpressionAttributeNames,
  ExpressionAttributeValues,
  Key,
  ReturnValuesOnConditionCheckFailure,
  TableName
}: Sdk.DeleteItemCommandInput): Sdk.TransactWriteItem => ({
  Delete: {
    TableName,
    Key,
    ConditionExpression,
    ExpressionAttributeNames,
    ExpressionAttributeValues,
    ReturnValuesOnConditionCheckFailure
  }
})

export const updateAction = ({
  ConditionExpression,
  ExpressionAttributeNames,
  ExpressionAttributeValues,
  Key,
  ReturnValuesOnConditionCheckFailure,
  TableName,
  UpdateExpression
}: Sdk.UpdateItemCommandInput): Sdk.TransactWriteItem | string =>
  UpdateExpression === undefined ? required : {
    Update: {
      TableName,
      Key,
      UpdateExpression,
      ConditionExpression,
      ExpressionAttributeNames,
      ExpressionAttributeValues,
      ReturnValuesOnConditionCheckFailure
    }
  }

type SingleError =
  | Exclude<
    ErrorOf<typeof operations.transactWriteItems>,
    IdempotentParameterMismatchException | TransactionCanceledException<TransactionReasons>
  >
  | ItemCollectionSizeLimitExceededException
  | TransactionConflictException

/** The one reason of a canceled transaction as the exception that stands for it. */
const ofReason = (
  e: TransactionCanceledException<TransactionReasons>,
  conditional: boolean
): SingleError | ConditionalCheckFailedException<Item> => {
  const reason = e.reasons.find(({ code }) => code !== "None")
  const fields = { ...fieldsOf(e), code: reason?.code ?? e.code, awsMessage: reason?.awsMessage }
  switch (reason?.code) {
    case "ConditionalCheckFailed":
      return conditional
        ? new ConditionalCheckFailedException({ ...fields, item: reason.item })
        : new ServiceException(fields)
    case "ItemCollectionSizeLimitExceeded":
      return new ItemCollectionSizeLimitExceededException(fields)
    case "TransactionConflict":
      return new TransactionConflictException(fields)
    case "ProvisionedThroughputExceeded":
      return new ProvisionedThroughputExceededException(fields)
    case "ThrottlingError":
      return new ThrottlingException(fields)
    case "ValidationError":
      return new ValidationException(fields)
    default:
      return new ServiceException(fields)
  }
}

const isCanceled = (e: AwsException): e is TransactionCanceledException<TransactionReasons> =>
  e instanceof TransactionCanceledException

const own = (
  e: ErrorOf<typeof operations.transactWriteItems>,
  conditional: boolean
): SingleError | ConditionalCheckFailedException<Item> => {
  if (isCanceled(e)) return ofReason(e, conditional)
  // the token is this call's own, so no other request can have taken it
  if (e instanceof IdempotentParameterMismatchException) return new ServiceException(fieldsOf(e))
  return e instanceof WriteOutcomeUnknownException && isCanceled(e.last)
    ? new WriteOutcomeUnknownException({ ...fieldsOf(e), last: ofReason(e.last, conditional) })
    : e
}

interface SingleOutput {
  readonly ConsumedCapacity?: Sdk.ConsumedCapacity
  readonly ItemCollectionMetrics?: Sdk.ItemCollectionMetrics
  readonly $metadata: Sdk.PutItemCommandOutput["$metadata"]
}

const outputOf = (output: Sdk.TransactWriteItemsCommandOutput): SingleOutput => {
  const { $metadata, ConsumedCapacity, ItemCollectionMetrics } = output
  const [capacity] = ConsumedCapacity ?? []
  const [metrics] = Object.values(ItemCollectionMetrics ?? {}).flat()
  return {
    $metadata,
    ...(capacity === undefined ? {} : { ConsumedCapacity: capacity }),
    ...(metrics === undefined ? {} : { ItemCollectionMetrics: metrics })
  }
}

/** A single write: as it is, or as a transaction of one action where it is to be idempotent. */
export const single = <I extends Single, A, E, C>(
  client: ServiceClient<operations.Operations>,
  operation: string,
  input: I,
  options: ItemWriteOptions | undefined,
  action: (input: I) => Sdk.TransactWriteItem | string,
  plain: () => Effect.Effect<A, E>
): Effect.Effect<A | SingleOutput, E | SingleError | ConditionError<C>> => {
  if (options?.idempotent !== true) return unfrozen(operation, plain())
  const { ConditionExpression, ReturnConsumedCapacity, ReturnItemCollectionMetrics } = input
  const conditional = ConditionExpression !== undefined
  const made = problemOf(input) ?? action(input)
  if (typeof made === "string") return Effect.fail(refused(operation, made))
  const request: Sdk.TransactWriteItemsCommandInput = {
    TransactItems: [made],
    ReturnConsumedCapacity,
    ReturnItemCollectionMetrics
  }
  return once(
    operation,
    request,
    (frozen, resume) =>
      Effect.mapBoth(client.call(operations.transactWriteItems, frozen, { ...options, resume }), {
        onFailure: (e) =>
          // only where there is a condition, which is what ConditionError says of the input
          own(e, conditional) as SingleError | ConditionError<C>,
        onSuccess: outputOf
      })
  )
}
