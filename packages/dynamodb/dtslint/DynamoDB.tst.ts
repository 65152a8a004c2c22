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
  DuplicateItemException,
  IdempotentParameterMismatchException,
  ItemCollectionSizeLimitExceededException,
  ProvisionedThroughputExceededException,
  ReplicatedWriteConflictException,
  StatementException,
  TransactionCanceledException,
  TransactionConflictException,
  WaiterTimeoutException
} from "@armature/dynamodb/DynamoDBException"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Stream from "effect/Stream"
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
    type ChangeTable = MakeTable | ResourceNotFoundException
    expect(db.deleteTable({ TableName: "t" })).type.toBe<Effect.Effect<Sdk.DeleteTableCommandOutput, ChangeTable>>()
    expect(db.updateTable({ TableName: "t" })).type.toBe<Effect.Effect<Sdk.UpdateTableCommandOutput, ChangeTable>>()
    expect(
      db.updateTimeToLive({ TableName: "t", TimeToLiveSpecification: { Enabled: true, AttributeName: "at" } })
    ).type.toBe<Effect.Effect<Sdk.UpdateTimeToLiveCommandOutput, ChangeTable>>()
    expect(db.tagResource({ ResourceArn: "arn", Tags: [] })).type.toBe<
      Effect.Effect<Sdk.TagResourceCommandOutput, ChangeTable>
    >()
    expect(db.untagResource({ ResourceArn: "arn", TagKeys: [] })).type.toBe<
      Effect.Effect<Sdk.UntagResourceCommandOutput, ChangeTable>
    >()
  })

  it("of tables", () => {
    type ReadTable = Read | ResourceNotFoundException
    expect(db.describeTimeToLive({ TableName: "t" })).type.toBe<
      Effect.Effect<Sdk.DescribeTimeToLiveCommandOutput, ReadTable>
    >()
    expect(db.describeContinuousBackups({ TableName: "t" })).type.toBe<
      Effect.Effect<Sdk.DescribeContinuousBackupsCommandOutput, ReadTable>
    >()
    expect(db.listTagsOfResource({ ResourceArn: "arn" })).type.toBe<
      Effect.Effect<Sdk.ListTagsOfResourceCommandOutput, ReadTable>
    >()
    expect(db.describeLimits({})).type.toBe<Effect.Effect<Sdk.DescribeLimitsCommandOutput, Read>>()
    expect(db.listTables.names()).type.toBe<Stream.Stream<string, Read>>()
    expect(db.listTables.names({ Limit: 1 })).type.toBe<Stream.Stream<string, Read>>()
  })

  it("of waiters: a missing table is no failure, giving up is", () => {
    type Wait = Read | WaiterTimeoutException
    const options = { schedule: Schedule.spaced("1 second") }
    expect(db.waitUntilTableExists({ TableName: "t" })).type.toBe<
      Effect.Effect<Sdk.DescribeTableCommandOutput, Wait>
    >()
    expect(db.waitUntilTableNotExists({ TableName: "t" }, options)).type.toBe<Effect.Effect<void, Wait>>()
  })

  it("of transactions", () => {
    type Canceled = TransactionCanceledException<ReadonlyArray<CancellationReason<DynamoDB.Item>>>
    expect(db.transactGetItems({ TransactItems: [] })).type.toBe<
      Effect.Effect<Sdk.TransactGetItemsCommandOutput, Read | Data | Canceled>
    >()
    expect(db.executeTransaction({ TransactStatements: [] })).type.toBe<
      Effect.Effect<
        Sdk.ExecuteTransactionCommandOutput,
        Write | Data | Canceled | IdempotentParameterMismatchException
      >
    >()
  })
})

describe("PartiQL: a statement's failures follow from its text", () => {
  type Changing =
    | Write
    | Data
    | Condition
    | DuplicateItemException
    | ItemCollectionSizeLimitExceededException
    | TransactionConflictException
  type Reads = Effect.Effect<Sdk.ExecuteStatementCommandOutput, Read | Data>
  type Writes = Effect.Effect<Sdk.ExecuteStatementCommandOutput, Changing>
  type Either_ = Effect.Effect<Sdk.ExecuteStatementCommandOutput, Read | Data | Changing>

  it("literal", () => {
    expect(db.executeStatement({ Statement: "SELECT * FROM t" })).type.toBe<Reads>()
    expect(db.executeStatement({ Statement: "\n  select * from t" })).type.toBe<Reads>()
    expect(db.executeStatement({ Statement: "INSERT INTO t VALUE {'id': 1}" })).type.toBe<Writes>()
    expect(db.executeStatement({ Statement: "update t set a = 1 where id = 1" })).type.toBe<Writes>()
    expect(db.executeStatement({ Statement: "DELETE FROM t WHERE id = 1" }, { resend: "never" })).type.toBe<Writes>()
  })

  it("not known to the compiler: both", () => {
    expect(db.executeStatement({ Statement: "" as string })).type.toBe<Either_>()
    expect(db.executeStatement({ Statement: "-- a comment\nSELECT * FROM t" })).type.toBe<Either_>()
    expect(db.executeStatement({ Statement: "SELECT 1" as "SELECT 1" | "DELETE 1" })).type.toBe<Either_>()
    expect(db.executeStatement({} as Sdk.ExecuteStatementCommandInput)).type.toBe<Either_>()
    expect(db.executeStatement).type.not.toBeCallableWith({ Statement: "SELECT 1", Limt: 1 })
  })

  it("batches", () => {
    type Output = DynamoDB.BatchExecuteStatementOutput
    expect(
      db.batchExecuteStatement({ Statements: [{ Statement: "SELECT 1" }, { Statement: "SELECT 2" }] })
    ).type.toBe<Effect.Effect<Output, Read>>()
    expect(
      db.batchExecuteStatement({ Statements: [{ Statement: "DELETE 1" }, { Statement: "INSERT 1" }] })
    ).type.toBe<Effect.Effect<Output, Write>>()
    expect(db.batchExecuteStatement({ Statements: [] as Array<{ Statement: string }> })).type.toBe<
      Effect.Effect<Output, Read | Write>
    >()
    expect(db.batchExecuteStatement({} as Sdk.BatchExecuteStatementCommandInput)).type.toBe<
      Effect.Effect<Output, Read | Write>
    >()
    expect<Output["Responses"]>().type.toBe<
      ReadonlyArray<Either.Either<DynamoDB.Item | undefined, StatementException<DynamoDB.Item>>>
    >()
  })
})

describe("pages and items", () => {
  type E = Read | Data

  it("are streams with the operation's union", () => {
    expect(db.query.pages({ TableName: "t" })).type.toBe<Stream.Stream<Sdk.QueryCommandOutput, E>>()
    expect(db.query.items({ TableName: "t" }, { limit: 3 })).type.toBe<Stream.Stream<DynamoDB.Item, E>>()
    expect(db.query.count({ TableName: "t" })).type.toBe<Effect.Effect<number, E>>()
    expect(db.scan.pages({ TableName: "t" })).type.toBe<Stream.Stream<Sdk.ScanCommandOutput, E>>()
    expect(db.scan.items({ TableName: "t" })).type.toBe<Stream.Stream<DynamoDB.Item, E>>()
    expect(db.scan.count({ TableName: "t" })).type.toBe<Effect.Effect<number, E>>()
    expect(
      db.scan.parallel({ TableName: "t" }, { segments: 4, onProgress: (progress) => Effect.log(progress.items) })
    ).type.toBe<Stream.Stream<DynamoDB.Item, E>>()
  })

  it("Select: COUNT takes the items out of the output", () => {
    type Counted = Omit<Sdk.QueryCommandOutput, "Items">
    expect(db.query({ TableName: "t", Select: "COUNT" })).type.toBe<Effect.Effect<Counted, E>>()
    expect(db.query.pages({ TableName: "t", Select: "COUNT" })).type.toBe<Stream.Stream<Counted, E>>()
    expect(db.scan({ TableName: "t", Select: "COUNT" })).type.toBe<
      Effect.Effect<Omit<Sdk.ScanCommandOutput, "Items">, E>
    >()
    expect(db.query({ TableName: "t", Select: "ALL_ATTRIBUTES" })).type.toBe<
      Effect.Effect<Sdk.QueryCommandOutput, E>
    >()
    expect(db.query({} as Sdk.QueryCommandInput)).type.toBe<Effect.Effect<Sdk.QueryCommandOutput, E>>()
  })

  it("what cannot be honoured does not compile", () => {
    expect(db.query.items).type.not.toBeCallableWith({ TableName: "t", Select: "COUNT" })
    expect(db.scan.count).type.not.toBeCallableWith({ TableName: "t", ProjectionExpression: "a" })
    expect(db.scan.parallel).type.not.toBeCallableWith({ TableName: "t", Segment: 1 }, { segments: 2 })
    expect(db.scan.parallel).type.not.toBeCallableWith({ TableName: "t" }, { concurrency: 2 })
    expect(db.query).type.not.toBeCallableWith({ TableName: "t", Slect: "COUNT" })
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
