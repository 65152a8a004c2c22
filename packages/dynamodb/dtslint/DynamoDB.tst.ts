import type * as AwsException from "@armature/aws/AwsException"
import type {
  AccessDeniedException,
  ConfigurationException,
  ConnectionException,
  CredentialsException,
  InvalidResponseException,
  LimitExceededException,
  ResourceInUseException,
  ResourceNotFoundException,
  ServiceException,
  ServiceUnavailableException,
  ThrottlingException,
  ValidationException,
  WriteOutcomeUnknownException
} from "@armature/aws/Exceptions"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type {
  CancellationReason,
  ConditionalCheckFailedException,
  IdempotentParameterMismatchException,
  ItemCollectionSizeLimitExceededException,
  ProvisionedThroughputExceededException,
  ReplicatedWriteConflictException,
  TransactionCanceledException,
  TransactionConflictException
} from "@armature/dynamodb/DynamoDBException"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { describe, expect, it } from "tstyche"

declare const db: DynamoDB.DynamoDB.Service

type Any =
  | AccessDeniedException
  | ConfigurationException
  | ConnectionException
  | CredentialsException
  | ServiceException
  | ThrottlingException
  | ValidationException
type Read = Any | InvalidResponseException | ServiceUnavailableException
type Write = Any | WriteOutcomeUnknownException
type Data = ProvisionedThroughputExceededException | ResourceNotFoundException
type WriteItem =
  | Write
  | Data
  | ItemCollectionSizeLimitExceededException
  | ReplicatedWriteConflictException
  | TransactionConflictException
type Condition = ConditionalCheckFailedException<DynamoDB.Item>

const key = { TableName: "t", Key: { id: { S: "1" } } }
const put = { TableName: "t", Item: { id: { S: "1" } } }

describe("each operation has its own closed union", () => {
  it("reads", () => {
    expect(db.getItem(key)).type.toBe<Effect.Effect<Sdk.GetItemCommandOutput, Read | Data>>()
    expect(db.query({ TableName: "t" })).type.toBe<Effect.Effect<Sdk.QueryCommandOutput, Read | Data>>()
    expect(db.scan({ TableName: "t" })).type.toBe<Effect.Effect<Sdk.ScanCommandOutput, Read | Data>>()
    expect(db.listTables({})).type.toBe<Effect.Effect<Sdk.ListTablesCommandOutput, Read>>()
    expect(db.ping).type.toBe<Effect.Effect<void, Read>>()
    expect(db.describeTable({ TableName: "t" })).type.toBe<
      Effect.Effect<Sdk.DescribeTableCommandOutput, Read | ResourceNotFoundException>
    >()
  })

  it("writes", () => {
    expect(db.putItem(put)).type.toBe<Effect.Effect<Sdk.PutItemCommandOutput, WriteItem>>()
    expect(db.updateItem(key)).type.toBe<Effect.Effect<Sdk.UpdateItemCommandOutput, WriteItem>>()
    expect(db.deleteItem(key)).type.toBe<Effect.Effect<Sdk.DeleteItemCommandOutput, WriteItem>>()
    expect(db.transactWriteItems({ TransactItems: [] })).type.toBe<
      Effect.Effect<
        Sdk.TransactWriteItemsCommandOutput,
        | Write
        | Data
        | IdempotentParameterMismatchException
        | TransactionCanceledException<ReadonlyArray<CancellationReason<DynamoDB.Item>>>
      >
    >()
    type MakeTable = Write | LimitExceededException | ResourceInUseException
    expect(db.createTable({ TableName: "t" })).type.toBe<Effect.Effect<Sdk.CreateTableCommandOutput, MakeTable>>()
    expect(db.deleteTable({ TableName: "t" })).type.toBe<
      Effect.Effect<Sdk.DeleteTableCommandOutput, MakeTable | ResourceNotFoundException>
    >()
  })
})

describe("ConditionalCheckFailedException follows from the request", () => {
  const plain: Effect.Effect<Sdk.PutItemCommandOutput, WriteItem> = db.putItem(put)
  type Conditional = Effect.Effect<Sdk.PutItemCommandOutput, WriteItem | Condition>

  it("literal", () => {
    expect(plain).type.toBe<Effect.Effect<Sdk.PutItemCommandOutput, WriteItem>>()
    expect(db.putItem({ ...put, ConditionExpression: "attribute_not_exists(id)" })).type.toBe<Conditional>()
    expect(db.putItem({ ...put, ConditionExpression: undefined })).type.toBe<typeof plain>()
    expect(db.putItem({ ...put, Expected: { id: { Exists: false } } })).type.toBe<Conditional>()
    expect(db.updateItem({ ...key, ConditionExpression: "x" })).type.toBe<
      Effect.Effect<Sdk.UpdateItemCommandOutput, WriteItem | Condition>
    >()
    expect(db.deleteItem({ ...key, ConditionExpression: "x" })).type.toBe<
      Effect.Effect<Sdk.DeleteItemCommandOutput, WriteItem | Condition>
    >()
  })

  it("optional, wide and union", () => {
    const optional = { ...put } as { TableName: string; Item: DynamoDB.Item; ConditionExpression?: string }
    expect(db.putItem(optional)).type.toBe<Conditional>()
    expect(db.putItem({} as Sdk.PutItemCommandInput)).type.toBe<Conditional>()
    expect(db.putItem({ ...put, ConditionExpression: "" as string | undefined })).type.toBe<Conditional>()
    const union = { ...put } as typeof put | (typeof put & { ConditionExpression: string })
    expect(db.putItem(union)).type.toBe<Conditional>()
  })

  it("through flatMap and a generic wrapper", () => {
    expect(Effect.succeed(put).pipe(Effect.flatMap(db.putItem))).type.toBe<typeof plain>()
    const wrap = <const I extends Sdk.PutItemCommandInput>(input: DynamoDB.Exact<I, Sdk.PutItemCommandInput>) =>
      db.putItem<I>(input)
    expect(wrap(put)).type.toBe<typeof plain>()
  })

  it("typos do not compile", () => {
    expect(db.putItem).type.not.toBeCallableWith({ ...put, ConditonExpression: "attribute_not_exists(id)" })
    expect(db.putItem).type.not.toBeCallableWith({ TableName: "t", Item: { id: { Z: "1" } } })
    expect(db.putItem).type.not.toBeCallableWith({ TableName: "t" })
  })

  it("the item on it is typed", () => {
    const _seen = db.putItem({ ...put, ConditionExpression: "x" }).pipe(
      Effect.catchTag("ConditionalCheckFailedException", (e) => e.item)
    )
    expect<Effect.Effect.Success<typeof _seen>>().type.toBe<Sdk.PutItemCommandOutput | DynamoDB.Item>()
  })
})

describe("catching narrows", () => {
  it("by tag, by category, by family", () => {
    const _handled = db.getItem(key).pipe(
      Effect.catchTag("ResourceNotFoundException", () => Effect.succeed("no table" as const))
    )
    expect<Effect.Effect.Error<typeof _handled>>().type.toBe<Exclude<Read | Data, ResourceNotFoundException>>()
  })
})

describe("layers", () => {
  it("say how they can fail", () => {
    expect(DynamoDB.layer({})).type.toBe<Layer.Layer<DynamoDB.DynamoDB, ConfigurationException>>()
    expect(DynamoDB.layerTransport).type.toBe<Layer.Layer<DynamoDB.DynamoDB, never, DynamoDB.DynamoDBTransport>>()
    expect(DynamoDB.layerFake({ getItem: () => Effect.succeed({}) })).type.toBe<Layer.Layer<DynamoDB.DynamoDB>>()
  })

  it("a fake may fail with the operation's whole union and nothing else", () => {
    expect(DynamoDB.layerFake).type.toBeCallableWith({
      putItem: () => Effect.fail({} as Condition)
    })
    expect(DynamoDB.layerFake).type.not.toBeCallableWith({
      getItem: () => Effect.fail({} as Condition)
    })
    expect(DynamoDB.layerFake).type.not.toBeCallableWith({
      getItem: () => Effect.fail({} as AwsException.AwsException)
    })
  })
})
