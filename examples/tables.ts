/** The tables of the examples, as `CreateTable` takes them. */
import type { DynamoDB } from "@armature/dynamodb"

/** The input of `createTable`. */
export type CreateTable = DynamoDB.Operations["CreateTable"]["input"]

const byId = (TableName: string): CreateTable => ({
  TableName,
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
  BillingMode: "PAY_PER_REQUEST"
})

export const users: CreateTable = byId("armature-demo-users")
export const accounts: CreateTable = byId("armature-demo-accounts")

/** Partition key `customer`, sort key `id`. */
export const orders: CreateTable = {
  TableName: "orders",
  KeySchema: [{ AttributeName: "customer", KeyType: "HASH" }, { AttributeName: "id", KeyType: "RANGE" }],
  AttributeDefinitions: [{ AttributeName: "customer", AttributeType: "S" }, {
    AttributeName: "id",
    AttributeType: "S"
  }],
  BillingMode: "PAY_PER_REQUEST"
}
