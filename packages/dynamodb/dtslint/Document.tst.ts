/** The operations on native values have their operation's failures, with native items, and one for what cannot be encoded. */
import type { SerializationException } from "@armature/aws/Exceptions"
import type { NativeItem } from "@armature/dynamodb/AttributeValue"
import * as Document from "@armature/dynamodb/Document"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type {
  CancellationReason,
  ConditionalCheckFailedException,
  StatementException,
  TransactionCanceledException,
  UnprocessedException
} from "@armature/dynamodb/DynamoDBException"
import type * as Expression from "@armature/dynamodb/Expression"
import type { BigDecimal } from "effect/BigDecimal"
import { catchTag, type Effect } from "effect/Effect"
import type { Either } from "effect/Either"
import type { Layer } from "effect/Layer"
import type { Option } from "effect/Option"
import type { Stream } from "effect/Stream"
import { describe, expect, it } from "tstyche"

declare const document: Document.Document.Service<"number">
declare const bigint: Document.Document.Service<"bigint">
declare const condition: Expression.Condition
declare const optional: { readonly condition?: Expression.Condition }
declare const wide: Document.PutOptions

const key = { id: "1" }
type Written = Document.WrittenItem<"number">

describe("each method has its operation's failures", () => {
  it("reads", () => {
    expect(document.getItem("t", key)).type.toBe<
      Effect<Option<NativeItem<number>>, DynamoDB.GetItemError | SerializationException>
    >()
    expect(bigint.getItem("t", key)).type.toBe<
      Effect<Option<NativeItem<bigint>>, DynamoDB.GetItemError | SerializationException>
    >()
    expect(document.query("t", { keyCondition: "id = :id" })).type.toBe<
      Effect<Document.Page<"number">, DynamoDB.QueryError | SerializationException>
    >()
    expect(document.scan("t")).type.toBe<
      Effect<Document.Page<"number">, DynamoDB.ScanError | SerializationException>
    >()
  })

  it("pages and items as streams, and counts", () => {
    type QueryError = DynamoDB.QueryError | SerializationException
    type ScanError = DynamoDB.ScanError | SerializationException
    const keyCondition = "id = :id"
    expect(document.query("t", { keyCondition, select: "COUNT" })).type.toBe<
      Effect<Omit<Document.Page<"number">, "items">, QueryError>
    >()
    expect(document.query.pages("t", { keyCondition })).type.toBe<Stream<Document.Page<"number">, QueryError>>()
    expect(document.query.items("t", { keyCondition }, { limit: 1 })).type.toBe<
      Stream<NativeItem<number>, QueryError>
    >()
    expect(document.query.count("t", { keyCondition })).type.toBe<Effect<number, QueryError>>()
    expect(document.scan("t", { select: "COUNT" })).type.toBe<
      Effect<Omit<Document.Page<"number">, "items">, ScanError>
    >()
    expect(bigint.scan.pages("t")).type.toBe<Stream<Document.Page<"bigint">, ScanError>>()
    expect(document.scan.pages("t", { select: "COUNT" })).type.toBe<
      Stream<Omit<Document.Page<"number">, "items">, ScanError>
    >()
    expect(bigint.scan.items("t")).type.toBe<Stream<NativeItem<bigint>, ScanError>>()
    expect(document.scan.count("t")).type.toBe<Effect<number, ScanError>>()
    expect(document.scan.parallel("t", { segments: 4 })).type.toBe<Stream<NativeItem<number>, ScanError>>()
  })

  it("batches, with what is left as it was given", () => {
    type Left<E> = Exclude<E, { readonly _tag: "UnprocessedException" }>
    const reads = { a: { keys: [key] }, b: { keys: [key], projection: "x" } }
    expect(document.batchGetItem(reads)).type.toBe<
      Effect<
        {
          readonly a: ReadonlyArray<Option<NativeItem<number>>>
          readonly b: ReadonlyArray<Option<NativeItem<number>>>
        },
        | Left<DynamoDB.BatchGetItemError>
        | UnprocessedException<
          Readonly<Record<string, Document.BatchRead>>,
          { readonly a: ReadonlyArray<Option<Written>>; readonly b: ReadonlyArray<Option<Written>> }
        >
        | SerializationException
      >
    >()
    expect(document.batchWriteItem([], { concurrency: 2, resend: "never" })).type.toBe<
      Effect<
        void,
        | Left<DynamoDB.BatchWriteItemError>
        | UnprocessedException<ReadonlyArray<Document.BatchWrite>>
        | SerializationException
      >
    >()
    document.batchWriteItem([]).pipe(
      catchTag("UnprocessedException", (e) => document.batchWriteItem([...e.unprocessed, ...e.unknown]))
    )
    document.batchGetItem(reads).pipe(
      catchTag("UnprocessedException", (e) => document.batchGetItem(e.unprocessed))
    )
  })

  it("statements, by whether they read or write", () => {
    type Read = DynamoDB.ExecuteStatementError<"SELECT">
    type Write =
      | Exclude<DynamoDB.ExecuteStatementError<"DELETE">, { readonly _tag: "ConditionalCheckFailedException" }>
      | ConditionalCheckFailedException<Written>
    expect(document.executeStatement("SELECT * FROM t WHERE id = ?", ["1"])).type.toBe<
      Effect<
        { readonly items: ReadonlyArray<NativeItem<number>>; readonly nextToken: Option<string> },
        Read | SerializationException
      >
    >()
    expect(document.executeStatement("DELETE FROM t WHERE id = '1'")).type.toBe<
      Effect<
        { readonly items: ReadonlyArray<Written>; readonly nextToken: Option<string> },
        Write | SerializationException
      >
    >()
    expect(document.executeStatement("" as string)).type.toBe<
      Effect<
        { readonly items: ReadonlyArray<NativeItem<number> | Written>; readonly nextToken: Option<string> },
        Read | Write | SerializationException
      >
    >()
    type Result<A, E> = Either<Option<A>, E>
    expect(document.batchExecuteStatement([{ statement: "SELECT 1" }, { statement: "SELECT 2" }])).type.toBe<
      Effect<
        readonly [
          Result<NativeItem<number>, StatementException<Written> | SerializationException>,
          Result<NativeItem<number>, StatementException<Written> | SerializationException>
        ],
        DynamoDB.BatchExecuteStatementError<"SELECT"> | SerializationException
      >
    >()
    expect(document.batchExecuteStatement([{ statement: "INSERT INTO t" }])).type.toBe<
      Effect<
        readonly [Result<Written, StatementException<Written>>],
        DynamoDB.BatchExecuteStatementError<"INSERT"> | SerializationException
      >
    >()
    expect(document.executeTransaction([{ statement: "SELECT 1" }, { statement: "SELECT 2" }])).type.toBe<
      Effect<
        readonly [Option<NativeItem<number>>, Option<NativeItem<number>>],
        Document.ExecuteTransactionError<"number">
      >
    >()
    expect(document.executeTransaction([] as ReadonlyArray<{ readonly statement: "DELETE" }>)).type.toBe<
      Effect<ReadonlyArray<Option<Written>>, Document.ExecuteTransactionError<"number">>
    >()
    expect<Document.ExecuteTransactionError<"number">>().type.toBe<
      | Exclude<DynamoDB.ExecuteTransactionError, { readonly _tag: "TransactionCanceledException" }>
      | TransactionCanceledException<ReadonlyArray<CancellationReason<Written>>>
      | SerializationException
    >()
  })

  it("writes that are applied once, as their transaction", () => {
    const idempotent = { idempotent: true } as const
    type Plain<E> = Effect<
      Option<Written>,
      Exclude<E, { readonly _tag: "ReplicatedWriteConflictException" }> | SerializationException
    >
    expect(document.putItem("t", key, idempotent)).type.toBe<Plain<DynamoDB.PutItemError>>()
    expect(document.deleteItem("t", key, { idempotent: true, returnValues: "NONE" })).type.toBe<
      Plain<DynamoDB.DeleteItemError>
    >()
    expect(document.updateItem("t", key, {}, { idempotent: true, resend: "never" })).type.toBe<
      Plain<DynamoDB.UpdateItemError>
    >()
    expect(document.putItem("t", key, { idempotent: true, condition })).type.toBe<
      Effect<
        Option<Written>,
        | Exclude<DynamoDB.PutItemError, { readonly _tag: "ReplicatedWriteConflictException" }>
        | SerializationException
        | ConditionalCheckFailedException<Written>
      >
    >()
    expect(document.putItem("t", key, { idempotent: false, returnValues: "ALL_OLD", resend: "always" })).type.toBe<
      Effect<Option<Written>, DynamoDB.PutItemError | SerializationException>
    >()
  })

  it("writes, with a condition's failure only where there can be a condition", () => {
    type Plain = Effect<Option<Written>, DynamoDB.PutItemError | SerializationException>
    type Conditional = Effect<
      Option<Written>,
      DynamoDB.PutItemError | SerializationException | ConditionalCheckFailedException<Written>
    >
    expect(document.putItem("t", key)).type.toBe<Plain>()
    expect(document.putItem("t", key, {})).type.toBe<Plain>()
    expect(document.putItem("t", key, { returnValues: "ALL_OLD" })).type.toBe<Plain>()
    expect(document.putItem("t", key, { condition: undefined })).type.toBe<Plain>()
    expect(document.putItem("t", key, { condition })).type.toBe<Conditional>()
    expect(document.putItem("t", key, { condition: "a = b" })).type.toBe<Conditional>()
    expect(document.putItem("t", key, optional)).type.toBe<Conditional>()
    expect(document.putItem("t", key, wide)).type.toBe<Conditional>()
    expect(document.updateItem("t", key, {})).type.toBe<
      Effect<Option<Written>, DynamoDB.UpdateItemError | SerializationException>
    >()
    expect(document.updateItem("t", key, {}, { condition })).type.toBe<
      Effect<
        Option<Written>,
        DynamoDB.UpdateItemError | SerializationException | ConditionalCheckFailedException<Written>
      >
    >()
    expect(document.deleteItem("t", key)).type.toBe<
      Effect<Option<Written>, DynamoDB.DeleteItemError | SerializationException>
    >()
    expect(bigint.deleteItem("t", key, { condition })).type.toBe<
      Effect<
        Option<Document.WrittenItem<"bigint">>,
        | DynamoDB.DeleteItemError
        | SerializationException
        | ConditionalCheckFailedException<Document.WrittenItem<"bigint">>
      >
    >()
  })

  it("transactions, with native items on their reasons", () => {
    expect(document.transactWriteItems([])).type.toBe<Effect<void, Document.TransactWriteItemsError<"number">>>()
    expect<
      Extract<Document.TransactWriteItemsError<"number">, { readonly _tag: "TransactionCanceledException" }>
    >().type.toBe<TransactionCanceledException<ReadonlyArray<CancellationReason<Written>>>>()
    expect(document.transactGetItems([{ get: "t", key }, { get: "t", key, projection: "x" }])).type.toBe<
      Effect<
        readonly [Option<NativeItem<number>>, Option<NativeItem<number>>],
        | Exclude<DynamoDB.TransactGetItemsError, { readonly _tag: "TransactionCanceledException" }>
        | TransactionCanceledException<ReadonlyArray<CancellationReason<Written>>>
        | SerializationException
      >
    >()
    expect(document.transactGetItems([] as ReadonlyArray<Document.TransactRead>)).type.toBe<
      Effect<ReadonlyArray<Option<NativeItem<number>>>, Document.TransactGetItemsError<"number">>
    >()
  })
})

describe("what does not compile", () => {
  it("is an option that there is not", () => {
    expect(document.putItem).type.not.toBeCallableWith("t", key, { conditions: condition })
    expect(document.putItem).type.not.toBeCallableWith("t", key, { returnValues: "ALL_NEW" })
    expect(document.query).type.not.toBeCallableWith("t", {})
    expect(document.query).type.not.toBeCallableWith("t", { keyCondition: "", segment: 1 })
    expect(document.transactWriteItems).type.not.toBeCallableWith([{ check: "t", key }])
    expect(document.transactWriteItems).type.not.toBeCallableWith([{ put: "t", key }])
    expect(Document.make).type.not.toBeCallableWith({ numbers: "string" })
    expect(document.batchGetItem).type.not.toBeCallableWith({ t: { keys: [key], project: "x" } })
    expect(document.batchGetItem).type.not.toBeCallableWith({ t: [key] })
    expect(document.batchWriteItem).type.not.toBeCallableWith([{ update: "t", key }])
    expect(document.transactGetItems).type.not.toBeCallableWith([{ get: "t", key, consistentRead: true }])
    expect(document.batchExecuteStatement).type.not.toBeCallableWith([{ statement: "SELECT 1", limit: 1 }])
    expect(document.executeTransaction).type.not.toBeCallableWith([{ statement: "SELECT 1", consistentRead: true }])
    expect(document.query.items).type.not.toBeCallableWith("t", { keyCondition: "", select: "COUNT" })
    expect(document.query.count).type.not.toBeCallableWith("t", { keyCondition: "", projection: "x" })
    expect(document.scan.parallel).type.not.toBeCallableWith("t", { segments: 1, segment: 0 })
    expect(document.scan).type.not.toBeCallableWith("t", { keyCondition: "" })
  })

  it("is a value back from a write that is applied once", () => {
    expect(document.putItem).type.not.toBeCallableWith("t", key, { idempotent: true, returnValues: "ALL_OLD" })
    expect(document.updateItem).type.not.toBeCallableWith("t", key, {}, { idempotent: true, returnValues: "ALL_NEW" })
    expect(document.deleteItem).type.not.toBeCallableWith("t", key, { idempotent: true, returnValues: "ALL_OLD" })
    expect(document.putItem).type.toBeCallableWith("t", key, { idempotent: true, returnValues: "NONE" })
    expect(document.transactWriteItems).type.not.toBeCallableWith([], { idempotent: true })
  })
})

describe("making one", () => {
  it("chooses the type of numbers once", () => {
    expect(Document.make()).type.toBe<Effect<Document.Document.Service<"number">, never, DynamoDB.DynamoDB>>()
    expect(Document.make({ numbers: "BigDecimal" })).type.toBe<
      Effect<Document.Document.Service<"BigDecimal">, never, DynamoDB.DynamoDB>
    >()
    expect(Document.layer).type.toBe<Layer<Document.Document, never, DynamoDB.DynamoDB>>()
    expect<Document.WrittenItem<"BigDecimal">>().type.toBeAssignableTo<NativeItem<BigDecimal>>()
  })
})
