/** `@effect-aws/client-dynamodb`: the AWS SDK's client behind Effect. */
import { DynamoDB } from "@effect-aws/client-dynamodb"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { contestant } from "../contestant.js"
import { effects } from "../effects.js"
import { accessKeyId, at, hundred, record, region, secretAccessKey, tableName, ten, wireItem } from "../work.js"

contestant((endpoint) => {
  const runtime = ManagedRuntime.make(
    DynamoDB.layer({ endpoint, region, credentials: { accessKeyId, secretAccessKey } })
  )
  const key = (i: number) => {
    const { pk, sk } = record(at(i))
    return { pk: { S: pk }, sk: { S: sk } }
  }
  return effects(runtime, {
    GetItem: (i) => DynamoDB.getItem({ TableName: tableName, Key: key(i) }),
    PutItem: (i) => DynamoDB.putItem({ TableName: tableName, Item: wireItem(at(i)) }),
    UpdateItem: (i) =>
      DynamoDB.updateItem({
        TableName: tableName,
        Key: key(i),
        UpdateExpression: "SET quantity = quantity + :one",
        ConditionExpression: "attribute_exists(pk)",
        ExpressionAttributeValues: { ":one": { N: "1" } }
      }),
    Query: () =>
      DynamoDB.query({
        TableName: tableName,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: record(1).pk } }
      }),
    BatchGetItem: () => DynamoDB.batchGetItem({ RequestItems: { [tableName]: { Keys: hundred.map(key) } } }),
    TransactWriteItems: () =>
      DynamoDB.transactWriteItems({
        TransactItems: ten.map((i) => ({ Put: { TableName: tableName, Item: wireItem(i) } }))
      })
  })
})
