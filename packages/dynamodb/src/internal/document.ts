/**
 * Native requests to wire requests, and wire answers and failures back.
 */
import type { AwsException, Fields } from "@armature/aws/AwsException"
import {
  SerializationException,
  type ValidationException,
  WriteOutcomeUnknownException
} from "@armature/aws/Exceptions"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Document from "../Document.js"
import {
  type CancellationReason,
  ConditionalCheckFailedException,
  TransactionCanceledException
} from "../DynamoDBException.js"
import { decodeItem, decodeWhole, encodeItem, type NativeItem, type NumberTypes } from "./attributeValue.js"
import { render } from "./expression.js"
import type * as tree from "./expressionTree.js"
import type { Item, TransactionReasons } from "./items.js"

type Input<A> = Either.Either<A, SerializationException | ValidationException>

const onFailure = (options: Document.ConditionOptions): "ALL_OLD" | undefined =>
  options.returnItemOnFailure === true ? "ALL_OLD" : undefined

const expressions = ({ condition, names, values }: Document.ConditionOptions): tree.Expressions => ({
  condition,
  names,
  values
})

// ---------------------------------------------------------------------------------------------------------------- requests

export const get = (table: string, key: object, options: Document.GetOptions): Input<Sdk.GetItemCommandInput> =>
  Either.gen(function*() {
    const { names, projection } = options
    return {
      TableName: table,
      Key: yield* encodeItem(key),
      ConsistentRead: options.consistentRead,
      ...(yield* render({ projection, names }))
    }
  })

/** What a put is, alone or in a transaction. */
const putAction = (table: string, item: object, options: Document.ConditionOptions) =>
  Either.gen(function*() {
    return {
      TableName: table,
      Item: yield* encodeItem(item),
      ReturnValuesOnConditionCheckFailure: onFailure(options),
      ...(yield* render(expressions(options)))
    }
  })

/** What a delete or a check is, alone or in a transaction. */
const keyAction = (
  table: string,
  key: object,
  options: Document.ConditionOptions,
  update?: tree.Expressions["update"]
) =>
  Either.gen(function*() {
    return {
      TableName: table,
      Key: yield* encodeItem(key),
      ReturnValuesOnConditionCheckFailure: onFailure(options),
      ...(yield* render({ ...expressions(options), update }))
    }
  })

export const put = (table: string, item: object, options: Document.PutOptions): Input<Sdk.PutItemCommandInput> =>
  Either.map(putAction(table, item, options), (input) => ({ ...input, ReturnValues: options.returnValues }))

export const remove = (
  table: string,
  key: object,
  options: Document.DeleteOptions
): Input<Sdk.DeleteItemCommandInput> =>
  Either.map(keyAction(table, key, options), (input) => ({ ...input, ReturnValues: options.returnValues }))

export const update = (
  table: string,
  key: object,
  changes: Document.Changes,
  options: Document.UpdateOptions
): Input<Sdk.UpdateItemCommandInput> =>
  Either.map(keyAction(table, key, options, actionsOf(changes)), (input) => ({
    ...input,
    ReturnValues: options.returnValues
  }))

const isActions = (changes: Document.Changes): changes is tree.Update => Array.isArray(changes)

/** No actions at all are an update without an expression, which DynamoDB takes: it makes sure that the item is there. */
const actionsOf = (changes: Document.Changes): tree.Update | string | undefined => {
  if (typeof changes === "string" || isActions(changes)) return changes
  const actions: Array<tree.Action> = []
  const each = (
    of: Readonly<Record<string, unknown>> | undefined,
    action: (path: string, value: unknown) => tree.Action
  ) => {
    for (const [name, value] of Object.entries(of ?? {})) if (value !== undefined) actions.push(action(name, value))
  }
  each(changes.set, (path, value) => ({ _tag: "Set", path, value }))
  for (const path of changes.remove ?? []) actions.push({ _tag: "Remove", path })
  each(changes.add, (path, value) => ({ _tag: "Add", path, value }))
  each(changes.delete, (path, value) => ({ _tag: "Delete", path, value }))
  const [first, ...rest] = actions
  return first === undefined ? undefined : [first, ...rest]
}

const pageOf = (table: string, options: Document.ScanOptions | Document.QueryOptions) =>
  Either.gen(function*() {
    const start = options.exclusiveStartKey
    return {
      TableName: table,
      IndexName: options.indexName,
      ConsistentRead: options.consistentRead,
      Limit: options.limit,
      ExclusiveStartKey: start === undefined ? undefined : yield* encodeItem(start)
    }
  })

export const query = (table: string, options: Document.QueryOptions): Input<Sdk.QueryCommandInput> =>
  Either.gen(function*() {
    const { filter, keyCondition, names, projection, values } = options
    return {
      ...(yield* pageOf(table, options)),
      ScanIndexForward: options.scanIndexForward,
      ...(yield* render({ filter, keyCondition, names, projection, values }))
    }
  })

export const scan = (table: string, options: Document.ScanOptions): Input<Sdk.ScanCommandInput> =>
  Either.gen(function*() {
    const { filter, names, projection, values } = options
    return {
      ...(yield* pageOf(table, options)),
      Segment: options.segment,
      TotalSegments: options.totalSegments,
      ...(yield* render({ filter, names, projection, values }))
    }
  })

const transactItem = (action: Document.Action): Input<Sdk.TransactWriteItem> => {
  if ("put" in action) return Either.map(putAction(action.put, action.item, action), (Put) => ({ Put }))
  if ("delete" in action) return Either.map(keyAction(action.delete, action.key, action), (Delete) => ({ Delete }))
  if ("update" in action) {
    return Either.map(
      keyAction(action.update, action.key, action, actionsOf(action.changes)),
      // an update of a transaction is the one place where DynamoDB's model wants an expression
      (input) => ({ Update: { ...input, UpdateExpression: input.UpdateExpression } })
    )
  }
  return Either.map(
    keyAction(action.check, action.key, action),
    (input) => ({ ConditionCheck: { ...input, ConditionExpression: input.ConditionExpression } })
  )
}

/** The path of a failure begins with the number of the action. */
export const transact = (
  actions: ReadonlyArray<Document.Action>,
  clientRequestToken: string | undefined
): Input<Sdk.TransactWriteItemsCommandInput> =>
  Either.gen(function*() {
    const TransactItems: Array<Sdk.TransactWriteItem> = []
    for (const [i, action] of actions.entries()) {
      TransactItems.push(yield* Either.mapLeft(transactItem(action), (e) => within(i, e)))
    }
    return { TransactItems, ClientRequestToken: clientRequestToken }
  })

const within = <E extends SerializationException | ValidationException>(
  step: number,
  e: E
): E | SerializationException =>
  e._tag === "SerializationException" ? new SerializationException({ path: [step, ...e.path], reason: e.reason }) : e

// ---------------------------------------------------------------------------------------------------------------- answers

/** An item that was read, where there is one. */
export const read = <K extends keyof NumberTypes>(
  item: Item | undefined,
  numbers: K
): Either.Either<Option.Option<NativeItem<NumberTypes[K]>>, SerializationException> =>
  item === undefined ? Either.right(Option.none()) : Either.map(decodeItem(item, numbers), Option.some)

/** A page that was read; the path of a failure begins with the item's number. */
export const page = <K extends keyof NumberTypes>(
  output: Pick<Sdk.ScanCommandOutput, "Items" | "Count" | "ScannedCount" | "LastEvaluatedKey">,
  numbers: K
): Either.Either<Document.Page<K>, SerializationException> =>
  Either.gen(function*() {
    const { Count, Items = [], LastEvaluatedKey, ScannedCount } = output
    const items: Array<NativeItem<NumberTypes[K]>> = []
    for (const [i, item] of Items.entries()) {
      items.push(yield* Either.mapLeft(decodeItem(item, numbers), (e) => within(i, e)))
    }
    const count = Count ?? items.length
    return {
      items,
      count,
      scannedCount: ScannedCount ?? count,
      lastEvaluatedKey: yield* read(LastEvaluatedKey, numbers)
    }
  })

/** What a write gave back. An answer that holds no items is none to rely on: neither is what it says of the write. */
export const written = <K extends keyof NumberTypes>(
  operation: string,
  table: string,
  attributes: Item | undefined,
  numbers: K
): Either.Either<Option.Option<Document.WrittenItem<K>>, WriteOutcomeUnknownException> =>
  attributes === undefined ? Either.right(Option.none()) : Either.mapBoth(decodeWhole(attributes, numbers), {
    onRight: Option.some,
    onLeft: (last) => new WriteOutcomeUnknownException({ service: "DynamoDB", operation, resource: table, last })
  })

/** The item of a failure; a stored item is always one that can be decoded so. */
const failed = <K extends keyof NumberTypes>(item: Option.Option<Item>, numbers: K) =>
  Option.flatMap(item, (item) => Either.getRight(decodeWhole(item, numbers)))

/** What an exception was made with, but for its own fields. */
const fieldsOf = (e: AwsException): Fields => ({
  service: e.service,
  operation: e.operation,
  resource: e.resource,
  code: e.code,
  awsMessage: e.awsMessage,
  statusCode: e.statusCode,
  requestId: e.requestId,
  attempts: e.attempts,
  retryable: e.retryable,
  outcome: e.outcome,
  retryAfter: e.retryAfter,
  cause: e.cause
})

type Condition<K extends keyof NumberTypes> = ConditionalCheckFailedException<Document.WrittenItem<K>>

/** A failed condition, with its item in native form; other failures as they are. */
export const conditionFailed = <E, K extends keyof NumberTypes>(
  e: E | ConditionalCheckFailedException<Item>,
  numbers: K
): Exclude<E, { readonly _tag: "ConditionalCheckFailedException" }> | Condition<K> =>
  e instanceof ConditionalCheckFailedException
    ? new ConditionalCheckFailedException({ ...fieldsOf(e), item: failed(e.item, numbers) })
    // the one with this tag was the branch above
    : e as Exclude<E, { readonly _tag: "ConditionalCheckFailedException" }>

type Reasons<K extends keyof NumberTypes> = ReadonlyArray<CancellationReason<Document.WrittenItem<K>>>

/** A canceled transaction, with the items of its reasons in native form; other failures as they are. */
export const canceled = <E, K extends keyof NumberTypes>(
  e: E | TransactionCanceledException<TransactionReasons>,
  numbers: K
): Exclude<E, { readonly _tag: "TransactionCanceledException" }> | TransactionCanceledException<Reasons<K>> =>
  e instanceof TransactionCanceledException
    ? new TransactionCanceledException<Reasons<K>>({
      ...fieldsOf(e),
      reasons: e.reasons.map((reason) => ({ ...reason, item: failed(reason.item, numbers) }))
    })
    // the one with this tag was the branch above
    : e as Exclude<E, { readonly _tag: "TransactionCanceledException" }>
