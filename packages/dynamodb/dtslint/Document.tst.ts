/** The operations on native values have their operation's failures, with native items, and one for what cannot be encoded. */
import type { SerializationException } from "@armature/aws/Exceptions"
import type { NativeItem } from "@armature/dynamodb/AttributeValue"
import * as Document from "@armature/dynamodb/Document"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type {
  CancellationReason,
  ConditionalCheckFailedException,
  TransactionCanceledException
} from "@armature/dynamodb/DynamoDBException"
import type * as Expression from "@armature/dynamodb/Expression"
import type { BigDecimal } from "effect/BigDecimal"
import type { Effect } from "effect/Effect"
import type { Layer } from "effect/Layer"
import type { Option } from "effect/Option"
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
