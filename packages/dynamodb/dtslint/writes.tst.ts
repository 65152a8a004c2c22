import type * as Exceptions from "@armature/aws/Exceptions"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type * as D from "@armature/dynamodb/DynamoDBException"
import * as Operation from "@armature/dynamodb/Operation"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { describe, expect, it } from "tstyche"

declare const db: DynamoDB.DynamoDB.Service

type Any =
  | Exceptions.AccessDeniedException
  | Exceptions.ConfigurationException
  | Exceptions.ConnectionException
  | Exceptions.CredentialsException
  | Exceptions.ServiceException
  | Exceptions.ThrottlingException
  | Exceptions.ValidationException
  | D.ProvisionedThroughputExceededException
  | Exceptions.ResourceNotFoundException
type Read = Any | Exceptions.InvalidResponseException | Exceptions.ServiceUnavailableException
type Write = Any | Exceptions.WriteOutcomeUnknownException
type Condition = D.ConditionalCheckFailedException<DynamoDB.Item>

describe("batches", () => {
  it("reads", () => {
    expect(db.batchGetItem({ RequestItems: {} })).type.toBe<
      Effect.Effect<
        DynamoDB.BatchGetItemOutput,
        | Read
        | D.UnprocessedException<
          Record<string, Sdk.KeysAndAttributes>,
          Readonly<Record<string, ReadonlyArray<Option.Option<DynamoDB.Item>>>>
        >
      >
    >()
    expect<DynamoDB.BatchGetItemOutput>().type.not.toHaveProperty("UnprocessedKeys")
  })

  it("writes", () => {
    expect(db.batchWriteItem({ RequestItems: {} })).type.toBe<
      Effect.Effect<
        DynamoDB.BatchWriteItemOutput,
        | Write
        | D.ItemCollectionSizeLimitExceededException
        | D.ReplicatedWriteConflictException
        | D.UnprocessedException<Record<string, Array<Sdk.WriteRequest>>>
      >
    >()
    expect<DynamoDB.BatchWriteItemOutput>().type.not.toHaveProperty("UnprocessedItems")
  })

  it("what is left can be sent again as it is", () => {
    const _again = db.batchWriteItem({ RequestItems: {} }).pipe(
      Effect.catchTag("UnprocessedException", (e) => db.batchWriteItem({ RequestItems: e.unprocessed }))
    )
    expect<Effect.Effect.Success<typeof _again>>().type.toBe<DynamoDB.BatchWriteItemOutput>()
  })
})

const key = { TableName: "t", Key: { id: { S: "1" } } }
const put = { TableName: "t", Item: { id: { S: "1" } } }
const update = { ...key, UpdateExpression: "ADD n :one" }
const options = { idempotent: true } as const

describe("idempotent writes", () => {
  type Idempotent = Write | D.ItemCollectionSizeLimitExceededException | D.TransactionConflictException

  it("fail as their transaction can", () => {
    expect(db.putItem(put, { idempotent: true })).type.toBe<Effect.Effect<Sdk.PutItemCommandOutput, Idempotent>>()
    expect(db.updateItem(update, options)).type.toBe<Effect.Effect<Sdk.UpdateItemCommandOutput, Idempotent>>()
    expect(db.deleteItem(key, { idempotent: true, resend: "never" })).type.toBe<
      Effect.Effect<Sdk.DeleteItemCommandOutput, Idempotent>
    >()
    expect(db.putItem({ ...put, ConditionExpression: "x" }, options)).type.toBe<
      Effect.Effect<Sdk.PutItemCommandOutput, Idempotent | Condition>
    >()
  })

  it("others fail as before", () => {
    type Plain = Effect.Effect<Sdk.PutItemCommandOutput, Idempotent | D.ReplicatedWriteConflictException>
    expect(db.putItem(put, {})).type.toBe<Plain>()
    expect(db.putItem(put, { resend: "never" })).type.toBe<Plain>()
    expect(db.putItem(put, { idempotent: false })).type.toBe<Plain>()
    expect(db.putItem(put, {} as DynamoDB.ItemWriteOptions)).type.toBe<Plain>()
  })

  it("take no ReturnValues and no legacy parameters", () => {
    expect(db.putItem).type.toBeCallableWith({ ...put, ReturnValues: "NONE" } as const, options)
    expect(db.putItem).type.toBeCallableWith({ ...put, ReturnValues: "ALL_OLD" } as const, { idempotent: false })
    expect(db.putItem).type.not.toBeCallableWith({ ...put, ReturnValues: "ALL_OLD" } as const, options)
    expect(db.putItem).type.not.toBeCallableWith({} as Sdk.PutItemCommandInput, options)
    expect(db.putItem).type.not.toBeCallableWith({ ...put, Expected: { id: { Exists: false } } }, options)
    expect(db.updateItem).type.not.toBeCallableWith({ ...update, ReturnValues: "ALL_NEW" } as const, options)
    expect(db.deleteItem).type.not.toBeCallableWith({ ...key, ReturnValues: "ALL_OLD" } as const, options)
    expect(db.putItem).type.not.toBeCallableWith(put, { idempotnt: true })
    expect(db.transactWriteItems).type.not.toBeCallableWith({ TransactItems: [] }, options)
  })
})

describe("Operation.freeze", () => {
  it("keeps the write's type", () => {
    const write = db.updateItem(update, options)
    expect(Operation.freeze(write)).type.toBe<Effect.Effect<typeof write>>()
  })
})
