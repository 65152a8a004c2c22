/** The methods of the service, over whatever calls its operations: the driver, or the handlers of a fake. */
import { AwsRetry, type Policy } from "@armature/aws/AwsRetry"
import { ValidationException } from "@armature/aws/Exceptions"
import type { ServiceClient } from "@armature/aws/ServiceClient"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { DynamoDB } from "../DynamoDB.js"
import { type Access, accessOf, type ByAccess } from "./access.js"
import * as batch from "./batch.js"
import type { ConditionError } from "./errors.js"
import * as idempotent from "./idempotent.js"
import type { ErrorFor } from "./idempotent.js"
import type {
  CountInput,
  ItemsInput,
  ItemsOptions,
  Paged,
  ParallelInput,
  ParallelOptions,
  Selected
} from "./methods.js"
import * as operations from "./operations.js"
import * as paging from "./paging.js"
import * as statements from "./statements.js"
import * as transactions from "./transactions.js"
import * as waiters from "./waiters.js"

type Client = ServiceClient<operations.Operations>

type PlainMethods = Pick<DynamoDB.Service, keyof typeof operations.plain>

const plain = (client: Client): PlainMethods => {
  // TypeScript does not see that a row and its own input go together; the interface says which they are, row by row
  const call = client.call as (row: unknown, input: unknown) => unknown
  return Object.fromEntries(
    Object.entries(operations.plain).map(([method, row]) => [method, (input: unknown) => call(row, input)])
  ) as unknown as PlainMethods
}

// the driver rules the condition's exception out for an input without one (`excludes` in the table), which is what ConditionError says of
// I; and a transaction meets no ReplicatedWriteConflictException, which is what ErrorFor says of O
const asDeclared = <A, E, I, O>(
  effect: Effect.Effect<A, E>
): Effect.Effect<
  A,
  ErrorFor<O, Exclude<E, { readonly _tag: "ConditionalCheckFailedException" }>> | ConditionError<I>
> =>
  effect as Effect.Effect<
    A,
    ErrorFor<O, Exclude<E, { readonly _tag: "ConditionalCheckFailedException" }>> | ConditionError<I>
  >

/** The one that is meant. `ByAccess`, by which the error types are told apart, never says one where `accessOf` says the other. */
const byAccess = <A, R, W, S>(
  access: Access,
  read: Effect.Effect<A, R>,
  write: Effect.Effect<A, W>
): Effect.Effect<A, ByAccess<S, R, W>> => (access === "read" ? read : write) as Effect.Effect<A, ByAccess<S, R, W>>

/** Runs a call unless its input is found wrong. What cannot be judged is left to the transport, which refuses what it cannot write. */
const checked = <I, A, E>(
  operation: string,
  input: I,
  problemOf: (input: I) => string | undefined,
  run: () => Effect.Effect<A, E>
): Effect.Effect<A, E | ValidationException> =>
  Effect.suspend((): Effect.Effect<A, E | ValidationException> => {
    const reason = attempt(() => problemOf(input))
    return reason === undefined
      ? run()
      : Effect.fail(new ValidationException({ service: "DynamoDB", operation, reason }))
  })

const attempt = <A>(f: () => A): A | undefined => {
  try {
    return f()
  } catch {
    return undefined
  }
}

type PagedInput = { readonly Select?: Sdk.Select | undefined } & paging.Request

const paged = <Input extends PagedInput, Output extends paging.Page, E>(
  operation: string,
  call: (input: Input) => Effect.Effect<Output, E>
): Paged<Input, Output, E | ValidationException> => {
  const fetch = (input: Input): paging.Fetch<Output, E> => (change) => call({ ...input, ...change })
  // what these two leave out of Input is optional in it, so each is one
  const counting = (input: CountInput<Input>) => ({ ...input, Select: "COUNT" }) as unknown as Input
  const reading = (input: ItemsInput<Input>) => input as unknown as Input
  return Object.assign(
    // DynamoDB sends no items where only the count is selected, which is what Selected says of I
    <I extends Input>(input: I) => call(input) as Effect.Effect<Selected<I, Output>, E>,
    {
      pages: <I extends Input>(input: I) => paging.pages(input, fetch(input)) as Stream.Stream<Selected<I, Output>, E>,
      items: (input: ItemsInput<Input>, options?: ItemsOptions) =>
        paging.items(operation, reading(input), fetch(reading(input)), options),
      count: (input: CountInput<Input>) => paging.count(counting(input), fetch(counting(input)))
    }
  )
}

/**
 * A program without types may call a method without its input: that is an empty one, which DynamoDB refuses by what it requires.
 * Whatever hangs on a method is wrapped alike.
 */
const orEmpty = <A extends object>(methods: A): A =>
  // each member is again what it was, but for an input that no type admits
  Object.fromEntries(
    Object.entries(methods).map(([name, member]: [string, unknown]) => [
      name,
      typeof member === "function"
        ? Object.assign((input: unknown, options: unknown) => member(input ?? {}, options), orEmpty(member))
        : member
    ])
  ) as A

/** The service; `retry` is the policy where neither a call nor a program sets one. */
export const make = (client: Client, retry: Policy): DynamoDB.Service => {
  const policy = Effect.map(AwsRetry, Option.getOrElse(() => retry))
  const { describeTable, ...others } = plain(client)
  const scanPage = (input: Sdk.ScanCommandInput) => client.call(operations.scan, input)
  const listPage = (input: Sdk.ListTablesCommandInput) => client.call(operations.listTables, input)
  return orEmpty({
    ...others,
    describeTable,
    listTables: Object.assign(listPage, {
      names: (input: Sdk.ListTablesCommandInput = {}) =>
        Stream.paginateChunkEffect(
          input.ExclusiveStartTableName,
          (ExclusiveStartTableName: string | undefined) =>
            Effect.map(listPage({ ...input, ExclusiveStartTableName }), (page) => [
              Chunk.unsafeFromArray(page.TableNames ?? []),
              Option.fromNullable(page.LastEvaluatedTableName)
            ])
        )
    }),
    ping: Effect.asVoid(listPage({ Limit: 1 })),
    query: paged("Query", (input: Sdk.QueryCommandInput) => client.call(operations.query, input)),
    scan: Object.assign(paged("Scan", scanPage), {
      parallel: (input: ParallelInput, options: ParallelOptions) =>
        paging.parallel(options, (segment) => (change) => scanPage({ ...input, ...segment, ...change }))
    }),
    putItem: (input, options) =>
      asDeclared(
        idempotent.single(client, "PutItem", input, options, idempotent.putAction, () =>
          client.call(operations.putItem, input, options))
      ),
    updateItem: (input, options) =>
      asDeclared(
        idempotent.single(client, "UpdateItem", input, options, idempotent.updateAction, () =>
          client.call(operations.updateItem, input, options))
      ),
    deleteItem: (input, options) =>
      asDeclared(
        idempotent.single(client, "DeleteItem", input, options, idempotent.deleteAction, () =>
          client.call(operations.deleteItem, input, options))
      ),
    batchGetItem: batch.batchGetItem(client, policy),
    batchWriteItem: batch.batchWriteItem(client, policy),
    transactGetItems: (input) =>
      checked(
        "TransactGetItems",
        input,
        transactions.problemOfReads,
        () => client.call(operations.transactGetItems, input)
      ),
    transactWriteItems: (input, options) =>
      checked(
        "TransactWriteItems",
        input,
        transactions.problemOfWrites,
        () =>
          idempotent.once("TransactWriteItems", input, (frozen, resume) =>
            client.call(operations.transactWriteItems, frozen, { ...options, resume }))
      ),
    executeTransaction: (input, options) =>
      checked(
        "ExecuteTransaction",
        input,
        transactions.problemOfStatements,
        () =>
          idempotent.once("ExecuteTransaction", input, (frozen, resume) =>
            client.call(operations.executeTransaction, frozen, { ...options, resume }))
      ),
    executeStatement: (input, options) =>
      // judged when it is run, since that is the input that is sent
      Effect.suspend(() =>
        byAccess(
          accessOf(input.Statement),
          client.call(operations.readStatement, input),
          idempotent.unfrozen("ExecuteStatement", client.call(operations.writeStatement, input, options))
        )
      ),
    batchExecuteStatement: (input) =>
      checked("BatchExecuteStatement", input, statements.problemOf, () =>
        byAccess(
          accessOf(input.Statements?.[0]?.Statement),
          statements.batch(input, (part) => client.call(operations.readStatements, part), policy),
          // statements carry no token and their failures come one by one: a whole batch is never repeated blindly
          idempotent.unfrozen(
            "BatchExecuteStatement",
            statements.batch(
              input,
              (part) => client.call(operations.writeStatements, part, { resend: "never" }),
              policy
            )
          )
        )),
    waitUntilTableExists: (input, options) => waiters.untilExists(input.TableName, describeTable(input), options),
    waitUntilTableNotExists: (input, options) => waiters.untilNotExists(input.TableName, describeTable(input), options)
  })
}
