/** Rendered expressions fit the requests that they were made for, and no others; what DynamoDB cannot read does not compile. */
import type { SerializationException, ValidationException } from "@armature/aws/Exceptions"
import type { DynamoDB, PutItemError } from "@armature/dynamodb/DynamoDB"
import type { ConditionalCheckFailedException } from "@armature/dynamodb/DynamoDBException"
import * as Expression from "@armature/dynamodb/Expression"
import type { Item } from "@armature/dynamodb/Item"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import type { Effect } from "effect/Effect"
import type { Either } from "effect/Either"
import { describe, expect, it } from "tstyche"

declare const db: DynamoDB.Service
declare const condition: Expression.Condition
declare const conditions: ReadonlyArray<Expression.Condition>
declare const optional: { readonly condition?: Expression.Condition | undefined }

const success = <A, E>(either: Either<A, E>): A => {
  throw either
}

describe("render", () => {
  it("gives the members that were asked for", () => {
    const rendered = Expression.render({ condition, update: [Expression.set("a", 1)] })
    expect(rendered).type.toBeAssignableTo<
      Either<
        { readonly ConditionExpression: string; readonly UpdateExpression: string },
        SerializationException | ValidationException
      >
    >()
    expect(success(rendered)).type.not.toHaveProperty("FilterExpression")
    expect(success(rendered).ExpressionAttributeValues).type.toBe<Item | undefined>()
    expect(success(Expression.render(optional)).ConditionExpression).type.toBe<string | undefined>()
  })

  it("fits the request, and tells it whether there is a condition", () => {
    const put = { TableName: "t", Item: {} }
    expect(db.putItem({ ...put, ...success(Expression.render({ condition })) })).type.toBe<
      Effect<Sdk.PutItemCommandOutput, PutItemError | ConditionalCheckFailedException<Item>>
    >()
    expect(db.putItem({ ...put, ...success(Expression.render(optional)) })).type.toBe<
      Effect<Sdk.PutItemCommandOutput, PutItemError | ConditionalCheckFailedException<Item>>
    >()
    expect(db.putItem({ ...put, ...success(Expression.render({})) })).type.toBe<
      Effect<Sdk.PutItemCommandOutput, PutItemError>
    >()
    expect(db.putItem).type.not.toBeCallableWith({ ...put, ...success(Expression.render({ filter: condition })) })
  })

  it("refuses an option that there is not", () => {
    expect(Expression.render).type.not.toBeCallableWith({ conditions: condition })
  })
})

describe("what cannot be built", () => {
  it("is nothing of", () => {
    expect(Expression.and).type.not.toBeCallableWith()
    expect(Expression.or).type.not.toBeCallableWith()
    expect(Expression.and).type.not.toBeCallableWith(...conditions)
    expect(Expression.and).type.toBeCallableWith(condition, ...conditions)
    expect(Expression.in).type.not.toBeCallableWith("a", [])
    expect(Expression.render).type.not.toBeCallableWith({ update: [] })
    expect(Expression.render).type.not.toBeCallableWith({ projection: [] })
    expect(Expression.eq).type.not.toBeCallableWith([], 1)
    expect(Expression.eq).type.not.toBeCallableWith([0], 1)
  })

  it("is a key condition of what a query does not take", () => {
    const { and, beginsWith, between, contains, eq, lt, ne, not, or } = Expression
    const render = (keyCondition: Expression.KeyCondition) => Expression.render({ keyCondition })
    expect(render).type.toBeCallableWith(eq("a", 1))
    expect(render).type.toBeCallableWith(and(eq("a", 1), beginsWith("b", "x")))
    expect(render).type.toBeCallableWith(and(eq("a", 1), eq("b", 1), between("c", 1, 2)))
    expect(render).type.toBeCallableWith(and(eq("a", 1), lt("b", 1)))
    expect(render).type.not.toBeCallableWith(ne("a", 1))
    expect(render).type.not.toBeCallableWith(or(eq("a", 1), eq("b", 1)))
    expect(render).type.not.toBeCallableWith(not(eq("a", 1)))
    expect(render).type.not.toBeCallableWith(and(eq("a", 1), contains("b", 1)))
    expect(render).type.not.toBeCallableWith(and(eq("a", 1), or(eq("b", 1))))
  })
})
