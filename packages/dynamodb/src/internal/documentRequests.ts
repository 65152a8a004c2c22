/** Native requests to wire requests. */
import { SerializationException, type ValidationException } from "@armature/aws/Exceptions"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Either from "effect/Either"
import { encode, encodeItem } from "./attributeValue.js"
import type * as models from "./documentModels.js"
import { render } from "./expression.js"
import type * as tree from "./expressionTree.js"
import type { Item } from "./items.js"

/** A request, or why there is none: nothing is sent then. */
export type Request<A> = Either.Either<A, SerializationException | ValidationException>

/** The failure of a part, told of the whole. */
const within = <E extends SerializationException | ValidationException>(
  step: string | number,
  e: E
): E | SerializationException =>
  e._tag === "SerializationException" ? new SerializationException({ path: [step, ...e.path], reason: e.reason }) : e

/** Each member, or the first failure, whose path begins with the member's number. */
export const each = <A, B, E extends SerializationException | ValidationException>(
  members: Iterable<A>,
  one: (member: A) => Either.Either<B, E>
): Either.Either<Array<B>, E | SerializationException> => {
  const all: Array<B> = []
  for (const member of members) {
    const made = one(member)
    if (Either.isLeft(made)) return Either.left(within(all.length, made.left))
    all.push(made.right)
  }
  return Either.right(all)
}

/** Each member of a record, as its entries; the path of a failure begins with the member's name. */
export const eachOf = <A, B, E extends SerializationException | ValidationException>(
  members: Readonly<Record<string, A>>,
  one: (member: A, name: string) => Either.Either<B, E>
): Either.Either<Array<readonly [name: string, B]>, E | SerializationException> => {
  const all: Array<readonly [name: string, B]> = []
  for (const [name, member] of Object.entries(members)) {
    const made = one(member, name)
    if (Either.isLeft(made)) return Either.left(within(name, made.left))
    all.push([name, made.right])
  }
  return Either.right(all)
}

const onFailure = (options: { readonly returnItemOnFailure?: boolean | undefined }): "ALL_OLD" | undefined =>
  options.returnItemOnFailure === true ? "ALL_OLD" : undefined

const expressions = ({ condition, names, values }: models.ConditionOptions): tree.Expressions => ({
  condition,
  names,
  values
})

// ------------------------------------------------------------------------------------------------------------ single items

/** What a read of one item is, alone or in a transaction. */
const getAction = (table: string, key: object, { names, projection }: models.GetOptions) =>
  Either.zipWith(
    encodeItem(key),
    render({ projection, names }),
    (Key, rendered) => ({ TableName: table, Key, ...rendered })
  )

export const get = (table: string, key: object, options: models.GetOptions): Request<Sdk.GetItemCommandInput> =>
  options.consistentRead === undefined
    ? getAction(table, key, options)
    : Either.map(getAction(table, key, options), (input) => ({ ConsistentRead: options.consistentRead, ...input }))

/** What a put is, alone or in a transaction. */
const putAction = (table: string, item: object, options: models.ConditionOptions) =>
  Either.zipWith(encodeItem(item), render(expressions(options)), (Item, rendered) => ({
    TableName: table,
    Item,
    ReturnValuesOnConditionCheckFailure: onFailure(options),
    ...rendered
  }))

/** What an update, a delete or a check is, alone or in a transaction. */
const keyAction = (
  table: string,
  key: object,
  options: models.ConditionOptions,
  update?: tree.Expressions["update"]
) =>
  Either.zipWith(encodeItem(key), render({ ...expressions(options), update }), (Key, rendered) => ({
    TableName: table,
    Key,
    ReturnValuesOnConditionCheckFailure: onFailure(options),
    ...rendered
  }))

export const put = (table: string, item: object, options: models.PutOptions): Request<Sdk.PutItemCommandInput> =>
  Either.map(putAction(table, item, options), (input) => ({ ReturnValues: options.returnValues, ...input }))

export const remove = (
  table: string,
  key: object,
  options: models.DeleteOptions
): Request<Sdk.DeleteItemCommandInput> =>
  Either.map(keyAction(table, key, options), (input) => ({ ReturnValues: options.returnValues, ...input }))

export const update = (
  table: string,
  key: object,
  changes: models.Changes,
  options: models.UpdateOptions
): Request<Sdk.UpdateItemCommandInput> =>
  Either.map(keyAction(table, key, options, actionsOf(changes)), (input) => ({
    ReturnValues: options.returnValues,
    ...input
  }))

const isActions = (changes: models.Changes): changes is tree.Update => Array.isArray(changes)

/** No actions at all are an update without an expression, which DynamoDB takes: it makes sure that the item is there. */
const actionsOf = (changes: models.Changes): tree.Update | string | undefined => {
  if (typeof changes === "string" || isActions(changes)) return changes
  const actions: Array<tree.Action> = []
  const all = (
    of: Readonly<Record<string, unknown>> | undefined,
    action: (path: string, value: unknown) => tree.Action
  ) => {
    for (const [name, value] of Object.entries(of ?? {})) if (value !== undefined) actions.push(action(name, value))
  }
  all(changes.set, (path, value) => ({ _tag: "Set", path, value }))
  for (const path of changes.remove ?? []) actions.push({ _tag: "Remove", path })
  all(changes.add, (path, value) => ({ _tag: "Add", path, value }))
  all(changes.delete, (path, value) => ({ _tag: "Delete", path, value }))
  const [first, ...rest] = actions
  return first === undefined ? undefined : [first, ...rest]
}

// ------------------------------------------------------------------------------------------------------------------- pages

/** Options whose `select` is of type `S`. */
type Selecting<O, S> = Omit<O, "select"> & { readonly select?: S | undefined }

/** A request that selects what its options do. */
type Selected<I, S> = Omit<I, "Select"> & { readonly Select: S | undefined }

const pageOf = <S>(table: string, options: Selecting<models.ScanOptions | models.QueryOptions, S>) => {
  const start = options.exclusiveStartKey
  return Either.map(start === undefined ? Either.right(undefined) : encodeItem(start), (ExclusiveStartKey) => ({
    TableName: table,
    IndexName: options.indexName,
    ConsistentRead: options.consistentRead,
    Limit: options.limit,
    Select: options.select,
    ExclusiveStartKey
  }))
}

export const query = <S extends Sdk.Select>(
  table: string,
  options: Selecting<models.QueryOptions, S>
): Request<Selected<Sdk.QueryCommandInput, S>> => {
  const { filter, keyCondition, names, projection, values } = options
  return Either.zipWith(
    pageOf(table, options),
    render({ filter, keyCondition, names, projection, values }),
    (page, rendered) => ({
      ScanIndexForward: options.scanIndexForward,
      ...page,
      ...rendered
    })
  )
}

export const scan = <S extends Sdk.Select>(
  table: string,
  options: Selecting<models.ScanOptions, S>
): Request<Selected<Sdk.ScanCommandInput, S>> => {
  const { filter, names, projection, values } = options
  return Either.zipWith(pageOf(table, options), render({ filter, names, projection, values }), (page, rendered) => ({
    Segment: options.segment,
    TotalSegments: options.totalSegments,
    ...page,
    ...rendered
  }))
}

// ----------------------------------------------------------------------------------------------------------------- batches

/** A request of a batch, and which native member each wire member stands for, so that what is left is given back as it came. */
interface Batch<I, W, N> {
  readonly input: I
  readonly given: ReadonlyMap<W, N>
}

export type Reads = Readonly<Record<string, models.BatchRead>>

export const batchGet = (reads: Reads): Request<Batch<Sdk.BatchGetItemCommandInput, Item, object>> => {
  const given = new Map<Item, object>()
  const wire = (key: object) => {
    const encoded = encodeItem(key)
    if (Either.isRight(encoded)) given.set(encoded.right, key)
    return encoded
  }
  const tables = eachOf(
    reads,
    ({ consistentRead, keys, names, projection }) =>
      Either.zipWith(each(keys, wire), render({ projection, names }), (Keys, rendered) => ({
        Keys,
        ConsistentRead: consistentRead,
        ...rendered
      }))
  )
  return Either.map(tables, (tables) => ({ input: { RequestItems: Object.fromEntries(tables) }, given }))
}

/** The table of a write, and its request. */
const batchMember = (write: models.BatchWrite): Request<readonly [table: string, Sdk.WriteRequest]> =>
  "put" in write
    ? Either.map(encodeItem(write.item), (Item) => [write.put, { PutRequest: { Item } }])
    : Either.map(encodeItem(write.key), (Key) => [write.delete, { DeleteRequest: { Key } }])

export const batchWrite = (
  writes: ReadonlyArray<models.BatchWrite>
): Request<Batch<Sdk.BatchWriteItemCommandInput, Sdk.WriteRequest, models.BatchWrite>> =>
  Either.map(each(writes, (write) => Either.map(batchMember(write), (member) => ({ write, member }))), (members) => {
    const given = new Map<Sdk.WriteRequest, models.BatchWrite>()
    const tables = new Map<string, Array<Sdk.WriteRequest>>()
    for (const { member: [table, request], write } of members) {
      given.set(request, write)
      const of = tables.get(table)
      if (of === undefined) tables.set(table, [request])
      else of.push(request)
    }
    return { input: { RequestItems: Object.fromEntries(tables) }, given }
  })

// ------------------------------------------------------------------------------------------------------------ transactions

const transactItem = (action: models.Action): Request<Sdk.TransactWriteItem> => {
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

export const transactWrite = (
  actions: ReadonlyArray<models.Action>,
  { clientRequestToken }: models.TransactOptions
): Request<Sdk.TransactWriteItemsCommandInput> =>
  Either.map(each(actions, transactItem), (TransactItems) => ({
    TransactItems,
    ClientRequestToken: clientRequestToken
  }))

export const transactGet = (
  reads: ReadonlyArray<models.TransactRead>
): Request<Sdk.TransactGetItemsCommandInput> =>
  Either.map(
    each(reads, (read) => Either.map(getAction(read.get, read.key, read), (Get) => ({ Get }))),
    (TransactItems) => ({ TransactItems })
  )

// -------------------------------------------------------------------------------------------------------------- statements

const statement = (one: models.TransactStatement): Request<Sdk.ParameterizedStatement> =>
  Either.map(each(one.parameters ?? [], encode), (Parameters) => ({
    Statement: one.statement,
    // DynamoDB wants one at least where there is a list of them
    Parameters: Parameters.length === 0 ? undefined : Parameters,
    ReturnValuesOnConditionCheckFailure: onFailure(one)
  }))

export const execute = (
  text: string,
  parameters: ReadonlyArray<unknown> | undefined,
  options: models.StatementOptions
): Request<Sdk.ExecuteStatementCommandInput> =>
  Either.map(
    statement({ statement: text, parameters, returnItemOnFailure: options.returnItemOnFailure }),
    (input) => ({
      ...input,
      ConsistentRead: options.consistentRead,
      Limit: options.limit,
      NextToken: options.nextToken
    })
  )

export const batchExecute = (
  statements: ReadonlyArray<models.BatchStatement>
): Request<Sdk.BatchExecuteStatementCommandInput> =>
  Either.map(
    each(
      statements,
      (one) => Either.map(statement(one), (input) => ({ ...input, ConsistentRead: one.consistentRead }))
    ),
    (Statements) => ({ Statements })
  )

export const executeAll = (
  statements: ReadonlyArray<models.TransactStatement>,
  { clientRequestToken }: models.TransactOptions
): Request<Sdk.ExecuteTransactionCommandInput> =>
  Either.map(each(statements, statement), (TransactStatements) => ({
    TransactStatements,
    ClientRequestToken: clientRequestToken
  }))
