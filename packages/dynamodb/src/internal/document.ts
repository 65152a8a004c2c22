/** The operations on native values, over the service: encode, send, decode. */
import type { AwsException } from "@armature/aws/AwsException"
import type {
  SerializationException,
  ValidationException,
  WriteOutcomeUnknownException
} from "@armature/aws/Exceptions"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Document } from "../Document.js"
import type { DynamoDB } from "../DynamoDB.js"
import { type Access, accessOf } from "./access.js"
import { decodeItem, type NativeItem, type NumberTypes } from "./attributeValue.js"
import type { BatchGetOptions } from "./batch.js"
import * as answers from "./documentAnswers.js"
import type * as models from "./documentModels.js"
import * as requests from "./documentRequests.js"
import type { ErrorFor, ItemWriteOptions } from "./idempotent.js"
import type { Item } from "./items.js"
import type * as methods from "./methods.js"

type Numbers = keyof NumberTypes
type Unsent = SerializationException | ValidationException
type Output = Parameters<typeof answers.page>[0]

/** A single write. A request has a condition exactly if its options have one, and without one the service rules the exception out. */
const write = <K extends Numbers, I, E extends AwsException, O>(
  numbers: K,
  operation: string,
  table: string,
  input: () => requests.Request<I>,
  send: (input: I) => Effect.Effect<{ readonly Attributes?: Item | undefined }, E>
) => {
  const effect = Effect.suspend(input).pipe(
    Effect.flatMap(send),
    Effect.flatMap(({ Attributes }) => answers.written(operation, table, Attributes, numbers)),
    Effect.mapError((e) => answers.failure(e, numbers))
  )
  // and one that is idempotent meets no ReplicatedWriteConflictException, which is what ErrorFor says of O
  return effect as Effect.Effect<
    Option.Option<models.WrittenItem<K>>,
    | ErrorFor<O, Exclude<E, { readonly _tag: "ConditionalCheckFailedException" }>>
    | Unsent
    | WriteOutcomeUnknownException
    | models.ConditionError<O, K>
  >
}

/** How a write is sent. */
const sending = (options: ItemWriteOptions | undefined) => ({
  resend: options?.resend,
  idempotent: options?.idempotent
})

const page = <K extends Numbers, O, I, E>(
  numbers: K,
  input: () => requests.Request<I>,
  send: (input: I) => Effect.Effect<Output, E>
) =>
  Effect.suspend(input).pipe(
    Effect.flatMap(send),
    Effect.flatMap((output) => answers.page(output, numbers))
    // PageFor takes items out of the type, and an answer that only counts has none
  ) as Effect.Effect<models.PageFor<O, K>, E | Unsent>

const streamed = <I, A, E>(input: () => requests.Request<I>, send: (input: I) => Stream.Stream<A, E>) =>
  Stream.unwrap(Effect.map(Effect.suspend(input), send))

const pages = <K extends Numbers, O, I, E>(
  numbers: K,
  input: () => requests.Request<I>,
  send: (input: I) => Stream.Stream<Output, E>
) =>
  Stream.mapEffect(
    streamed(input, send),
    (output) => answers.page(output, numbers)
    // as above
  ) as Stream.Stream<models.PageFor<O, K>, E | Unsent>

const items = <K extends Numbers, I, E>(
  numbers: K,
  input: () => requests.Request<I>,
  send: (input: I) => Stream.Stream<Item, E>
): Stream.Stream<NativeItem<NumberTypes[K]>, E | Unsent> =>
  Stream.mapEffect(streamed(input, send), (item) => decodeItem(item, numbers))

const count = <I, E>(input: () => requests.Request<I>, send: (input: I) => Effect.Effect<number, E>) =>
  Effect.flatMap(Effect.suspend(input), send)

/** Some statements read only if all do: what a write gave back cannot fail it. */
const accessOfAll = (statements: ReadonlyArray<models.TransactStatement>): Access =>
  statements.every(({ statement }) => accessOf(statement) === "read") ? "read" : "write"

export const make = <K extends Numbers>(db: DynamoDB.Service, numbers: K): Document.Service<K> => {
  const native = <A, E extends AwsException>(effect: Effect.Effect<A, E>) =>
    Effect.mapError(effect, (e) => answers.failure(e, numbers))

  const query = <S extends Sdk.Select>(
    table: string,
    options: Parameters<typeof requests.query<S>>[1]
  ) =>
  () => requests.query(table, options)

  const scan = <S extends Sdk.Select>(
    table: string,
    options: Parameters<typeof requests.scan<S>>[1] = {}
  ) =>
  () => requests.scan(table, options)

  return {
    getItem: (table, key, options = {}) =>
      Effect.suspend(() => requests.get(table, key, options)).pipe(
        Effect.flatMap((input) => db.getItem(input)),
        Effect.flatMap(({ Item }) => answers.read(Item, numbers))
      ),
    putItem: (table, item, options) =>
      write(
        numbers,
        "PutItem",
        table,
        () => requests.put(table, item, options ?? {}),
        (input) => db.putItem(input, sending(options))
      ),
    updateItem: (table, key, changes, options) =>
      write(
        numbers,
        "UpdateItem",
        table,
        () => requests.update(table, key, changes, options ?? {}),
        (input) => db.updateItem(input, sending(options))
      ),
    deleteItem: (table, key, options) =>
      write(
        numbers,
        "DeleteItem",
        table,
        () => requests.remove(table, key, options ?? {}),
        (input) => db.deleteItem(input, sending(options))
      ),
    query: Object.assign(
      (table: string, options: models.QueryOptions) => page(numbers, query(table, options), (input) => db.query(input)),
      {
        pages: (table: string, options: models.QueryOptions) =>
          pages(numbers, query(table, options), (input) => db.query.pages(input)),
        items: (table: string, options: models.ItemsOptions<models.QueryOptions>, take?: methods.ItemsOptions) =>
          items(numbers, query(table, options), (input) => db.query.items(input, take)),
        count: (table: string, options: models.CountOptions<models.QueryOptions>) =>
          count(query(table, options), (input) => db.query.count(input))
      }
    ),
    scan: Object.assign(
      (table: string, options?: models.ScanOptions) => page(numbers, scan(table, options), (input) => db.scan(input)),
      {
        pages: (table: string, options?: models.ScanOptions) =>
          pages(numbers, scan(table, options), (input) => db.scan.pages(input)),
        items: (table: string, options?: models.ItemsOptions<models.ScanOptions>, take?: methods.ItemsOptions) =>
          items(numbers, scan(table, options), (input) => db.scan.items(input, take)),
        count: (table: string, options?: models.CountOptions<models.ScanOptions>) =>
          count(scan(table, options), (input) => db.scan.count(input)),
        parallel: (table: string, options: models.ParallelOptions) =>
          items(numbers, scan(table, options), (input) => db.scan.parallel(input, options))
      }
    ),
    batchGetItem: <T extends string>(
      reads: { readonly [Table in T]: models.BatchRead },
      options?: BatchGetOptions
    ) =>
      Effect.suspend(() => requests.batchGet(reads)).pipe(
        Effect.flatMap(({ given, input }) =>
          Effect.catchTag(
            db.batchGetItem(input, options),
            "UnprocessedException",
            (e) => Effect.flatMap(answers.unread<T, K>(e, reads, given, numbers), Effect.fail)
          )
        ),
        Effect.flatMap(({ items }) => answers.found<T, K>(items, numbers))
      ),
    batchWriteItem: (writes, options) =>
      Effect.suspend(() => requests.batchWrite(writes)).pipe(
        Effect.flatMap(({ given, input }) =>
          Effect.catchTag(
            db.batchWriteItem(input, options),
            "UnprocessedException",
            (e) => Effect.flatMap(answers.unwritten(e, given, numbers), Effect.fail)
          )
        ),
        Effect.asVoid
      ),
    transactGetItems: <A extends ReadonlyArray<models.TransactRead>>(
      reads: models.ExactEach<A, models.TransactRead>
    ) =>
      Effect.suspend(() => requests.transactGet(reads)).pipe(
        Effect.flatMap((input) => db.transactGetItems(input)),
        Effect.flatMap(({ Responses }) => answers.parts("TransactGetItems", reads.length, Responses)),
        Effect.flatMap((parts) => requests.each(parts, ({ Item }) => answers.read(Item, numbers))),
        // there is one for each of A
        Effect.map((items) => items as models.Each<A, Option.Option<NativeItem<NumberTypes[K]>>>),
        native
      ),
    transactWriteItems: (actions, options = {}) =>
      Effect.suspend(() => requests.transactWrite(actions, options)).pipe(
        Effect.flatMap((input) => db.transactWriteItems(input, { resend: options.resend })),
        Effect.asVoid,
        native
      ),
    executeStatement: <S extends string>(
      text: S,
      parameters?: ReadonlyArray<unknown>,
      options: models.StatementOptions = {}
    ) =>
      Effect.suspend(() => requests.execute(text, parameters, options)).pipe(
        Effect.flatMap((input) => db.executeStatement(input, { resend: options.resend })),
        Effect.flatMap(({ Items = [], NextToken }) =>
          Effect.map(answers.answered(accessOf(text), "ExecuteStatement", Items, numbers), (all) => ({
            items: all.flatMap(Option.toArray),
            nextToken: Option.fromNullable(NextToken)
          }))
        ),
        native
        // ByAccess, by which the types are told apart, never says one where accessOf says the other
      ) as Effect.Effect<models.StatementPage<S, K>, models.ExecuteStatementError<S, K>>,
    batchExecuteStatement: <A extends ReadonlyArray<models.BatchStatement>>(
      statements: models.ExactEach<A, models.BatchStatement>
    ) =>
      Effect.suspend(() => requests.batchExecute(statements)).pipe(
        Effect.flatMap((input) => db.batchExecuteStatement(input)),
        Effect.map(({ Responses }) =>
          answers.results(accessOfAll(statements), "BatchExecuteStatement", Responses, numbers)
        )
        // as above, and the service has one for each of A
      ) as Effect.Effect<
        models.Each<A, models.StatementResult<A[number]["statement"], K>>,
        models.BatchExecuteStatementError<A[number]["statement"]>
      >,
    executeTransaction: <A extends ReadonlyArray<models.TransactStatement>>(
      statements: models.ExactEach<A, models.TransactStatement>,
      options: models.TransactOptions = {}
    ) => {
      const access = accessOfAll(statements)
      return Effect.suspend(() => requests.executeAll(statements, options)).pipe(
        Effect.flatMap((input) => db.executeTransaction(input, { resend: options.resend })),
        Effect.flatMap(({ Responses }) =>
          answers.partsOfWrite(access, "ExecuteTransaction", statements.length, Responses)
        ),
        Effect.flatMap((parts) =>
          answers.answered(access, "ExecuteTransaction", parts.map((part) => part?.Item), numbers)
        ),
        native
        // as above
      ) as Effect.Effect<
        models.Each<A, Option.Option<models.StatementItem<A[number]["statement"], K>>>,
        models.ExecuteTransactionError<K>
      >
    }
  }
}
