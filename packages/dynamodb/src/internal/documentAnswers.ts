/** Wire answers and failures to native ones. */
import { type AwsException, fieldsOf } from "@armature/aws/AwsException"
import {
  InvalidResponseException,
  type SerializationException,
  WriteOutcomeUnknownException
} from "@armature/aws/Exceptions"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import {
  ConditionalCheckFailedException,
  StatementException,
  TransactionCanceledException,
  UnprocessedException
} from "../DynamoDBException.js"
import type { Access } from "./access.js"
import { decodeItem, decodeWhole, type NativeItem, type NumberTypes } from "./attributeValue.js"
import type * as plan from "./batchPlan.js"
import type * as models from "./documentModels.js"
import { each, eachOf, type Reads } from "./documentRequests.js"
import type { Item, TransactionReasons } from "./items.js"
import type * as methods from "./methods.js"

type Numbers = keyof NumberTypes
type Read<K extends Numbers> = NativeItem<NumberTypes[K]>

// ------------------------------------------------------------------------------------------------------------------- items

/** An item that was read, where there is one. */
export const read = <K extends Numbers>(
  item: Item | undefined,
  numbers: K
): Either.Either<Option.Option<Read<K>>, SerializationException> =>
  item === undefined ? Either.right(Option.none()) : Either.map(decodeItem(item, numbers), Option.some)

/** A write whose answer holds no items. */
const unknown = (operation: string, last: AwsException, resource?: string): WriteOutcomeUnknownException =>
  new WriteOutcomeUnknownException({ service: "DynamoDB", operation, resource, last })

/** What a write gave back. An answer that holds no items is none to rely on: neither is what it says of the write. */
export const written = <K extends Numbers>(
  operation: string,
  table: string | undefined,
  attributes: Item | undefined,
  numbers: K
): Either.Either<Option.Option<models.WrittenItem<K>>, WriteOutcomeUnknownException> =>
  attributes === undefined ? Either.right(Option.none()) : Either.mapBoth(decodeWhole(attributes, numbers), {
    onRight: Option.some,
    onLeft: (last) => unknown(operation, last, table)
  })

/** What statements gave: items that they read, or that their writes gave back. */
export const answered = <K extends Numbers>(
  access: Access,
  operation: string,
  items: ReadonlyArray<Item | undefined>,
  numbers: K
): Either.Either<
  ReadonlyArray<Option.Option<Read<K> | models.WrittenItem<K>>>,
  SerializationException | WriteOutcomeUnknownException
> =>
  access === "read"
    ? each(items, (item) => read(item, numbers))
    : Either.all(items.map((item) => written(operation, undefined, item, numbers)))

/** A page that was read; the path of a failure begins with the item's number. */
export const page = <K extends Numbers>(
  output: Pick<Sdk.ScanCommandOutput, "Items" | "Count" | "ScannedCount" | "LastEvaluatedKey">,
  numbers: K
): Either.Either<models.Page<K>, SerializationException> => {
  const { Count, Items = [], LastEvaluatedKey = {}, ScannedCount } = output
  const items = each(Items, (item) => decodeItem(item, numbers))
  if (Either.isLeft(items)) return Either.left(items.left)
  // an empty key is what some servers send where there is none
  const last = Object.keys(LastEvaluatedKey).length === 0 ? undefined : decodeWhole(LastEvaluatedKey, numbers)
  if (last !== undefined && Either.isLeft(last)) return Either.left(last.left)
  const count = Count ?? items.right.length
  return Either.right({
    items: items.right,
    count,
    scannedCount: ScannedCount ?? count,
    lastEvaluatedKey: last === undefined ? Option.none() : Option.some(last.right)
  })
}

/** What a transaction read, one part for each of its reads. */
export const parts = <A>(
  operation: string,
  count: number,
  responses: ReadonlyArray<A> | undefined
): Either.Either<ReadonlyArray<A>, InvalidResponseException> =>
  responses?.length === count
    ? Either.right(responses)
    : Either.left(new InvalidResponseException({ service: "DynamoDB", operation, retryable: true }))

/** As `parts`, of an operation whose failures are those of a write. */
export const partsOfWrite = <A>(
  access: Access,
  operation: string,
  count: number,
  responses: ReadonlyArray<A> = []
): Either.Either<ReadonlyArray<A | undefined>, WriteOutcomeUnknownException> =>
  access === "read"
    ? Either.mapLeft(parts(operation, count, responses), (last) => unknown(operation, last))
    // what only writes may be answered without parts
    : Either.right(Array.from({ length: count }, (_, i) => responses[i]))

/** The items of a batch of reads, by table; the path of a failure begins with the table and the key's number. */
const items = <T extends string, I>(
  found: plan.Items,
  decode: (item: Item) => Either.Either<I, SerializationException>
): Either.Either<models.BatchItems<T, I>, SerializationException> =>
  Either.map(
    eachOf(found, (ofTable) =>
      each(
        ofTable,
        Option.match({
          onNone: () => Either.right(Option.none<I>()),
          onSome: (item) => Either.map(decode(item), Option.some)
        })
      )),
    // the service has an entry for each table that was asked for
    (tables) =>
      Object.fromEntries(tables) as Readonly<Record<string, ReadonlyArray<Option.Option<I>>>> as models.BatchItems<T, I>
  )

export const found = <T extends string, K extends Numbers>(
  batch: plan.Items,
  numbers: K
): Either.Either<models.BatchItems<T, Read<K>>, SerializationException> =>
  items(batch, (item) => decodeItem(item, numbers))

/** What became of each statement of a batch. */
export const results = <K extends Numbers>(
  access: Access,
  operation: string,
  responses: ReadonlyArray<methods.StatementResult>,
  numbers: K
): ReadonlyArray<models.StatementResult<string, K>> =>
  responses.map((result): models.StatementResult<string, K> => {
    if (Either.isLeft(result)) {
      const e = result.left
      return Either.left(new StatementException({ ...fieldsOf(e), code: e.code, item: failed(e.item, numbers) }))
    }
    return access === "read" ? read(result.right, numbers) : Either.mapLeft(
      written(operation, undefined, result.right, numbers),
      ({ last }) =>
        new StatementException({
          service: "DynamoDB",
          operation,
          code: last._tag,
          item: Option.none(),
          outcome: "unknown",
          cause: last
        })
    )
  })

// --------------------------------------------------------------------------------------------------------------- failures

/** The item of a failure; a stored item is always one that can be decoded so. */
const failed = <K extends Numbers>(item: Option.Option<Item>, numbers: K) =>
  Option.flatMap(item, (item) => Either.getRight(decodeWhole(item, numbers)))

// what the service fails with holds items in wire form
const isConditionFailed = (e: AwsException): e is ConditionalCheckFailedException<Item> =>
  e instanceof ConditionalCheckFailedException
const isCanceled = (e: AwsException): e is TransactionCanceledException<TransactionReasons> =>
  e instanceof TransactionCanceledException

const native = <K extends Numbers>(e: AwsException, numbers: K): AwsException => {
  if (isConditionFailed(e)) {
    return new ConditionalCheckFailedException({ ...fieldsOf(e), item: failed(e.item, numbers) })
  }
  if (isCanceled(e)) {
    return new TransactionCanceledException({
      ...fieldsOf(e),
      reasons: e.reasons.map((reason) => ({ ...reason, item: failed(reason.item, numbers) }))
    })
  }
  if (e instanceof WriteOutcomeUnknownException) {
    const last = native(e.last, numbers)
    return last === e.last ? e : new WriteOutcomeUnknownException({ ...fieldsOf(e), last })
  }
  return e
}

/** A failure with its items in native form, also in the last failure of a write whose outcome is unknown; others as they are. */
export const failure = <E extends AwsException, K extends Numbers>(e: E, numbers: K): models.NativeError<E, K> =>
  // an exception of the same class, and of native items where it is one of those with items
  native(e, numbers) as models.NativeError<E, K>

const fieldsOfBatch = (e: UnprocessedException<unknown, unknown>) => ({ ...fieldsOf(e), last: e.last })

/** What a batch of reads left over, by the keys that were given, and what it read. */
export const unread = <T extends string, K extends Numbers>(
  e: UnprocessedException<plan.Reads, plan.Items>,
  reads: Reads,
  given: ReadonlyMap<Item, object>,
  numbers: K
): Either.Either<
  UnprocessedException<Reads, models.BatchItems<T, models.WrittenItem<K>>>,
  SerializationException
> =>
  Either.gen(function*() {
    const left = yield* eachOf(e.unprocessed, ({ Keys = [] }, table) =>
      Either.map(
        each(Keys, (key): Either.Either<object, SerializationException> => {
          const own = given.get(key)
          return own === undefined ? decodeWhole(key, numbers) : Either.right(own)
        }),
        (keys) => ({ ...reads[table], keys })
      ))
    return new UnprocessedException({
      ...fieldsOfBatch(e),
      unprocessed: Object.fromEntries(left),
      unknown: {},
      items: yield* items<T, models.WrittenItem<K>>(e.items, (item) => decodeWhole(item, numbers))
    })
  })

/** What a batch of writes left over: the writes that were given. One that AWS gives back in other words is decoded. */
export const unwritten = <K extends Numbers>(
  e: UnprocessedException<plan.Writes>,
  given: ReadonlyMap<Sdk.WriteRequest, models.BatchWrite>,
  numbers: K
): Either.Either<UnprocessedException<ReadonlyArray<models.BatchWrite>>, WriteOutcomeUnknownException> => {
  const own = (request: Sdk.WriteRequest, table: string): Either.Either<models.BatchWrite, SerializationException> => {
    const write = given.get(request)
    if (write !== undefined) return Either.right(write)
    return request.PutRequest === undefined
      ? Either.map(decodeWhole(request.DeleteRequest?.Key, numbers), (key) => ({ delete: table, key }))
      : Either.map(decodeWhole(request.PutRequest.Item, numbers), (item) => ({ put: table, item }))
  }
  const writes = (left: plan.Writes) =>
    Either.map(
      eachOf(left, (requests, table) => each(requests, (request) => own(request, table))),
      (tables) => tables.flatMap(([, writes]) => writes)
    )
  return Either.mapLeft(
    Either.gen(function*() {
      return new UnprocessedException({
        ...fieldsOfBatch(e),
        unprocessed: yield* writes(e.unprocessed),
        unknown: yield* writes(e.unknown),
        items: {}
      })
    }),
    (last) => unknown("BatchWriteItem", last)
  )
}
