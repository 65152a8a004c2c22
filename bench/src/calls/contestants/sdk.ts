/** The AWS SDK's client: values as they are on the wire. */
import {
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand
} from "@aws-sdk/client-dynamodb"
import { contestant, promises } from "../contestant.js"
import { accessKeyId, at, hundred, record, region, secretAccessKey, tableName, ten, wireItem } from "../work.js"

contestant((endpoint) => {
  const client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } })
  const key = (i: number) => {
    const { pk, sk } = record(at(i))
    return { pk: { S: pk }, sk: { S: sk } }
  }
  return promises({
    GetItem: (i) => client.send(new GetItemCommand({ TableName: tableName, Key: key(i) })),
    PutItem: (i) => client.send(new PutItemCommand({ TableName: tableName, Item: wireItem(at(i)) })),
    UpdateItem: (i) =>
      client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: key(i),
          UpdateExpression: "SET quantity = quantity + :one",
          ConditionExpression: "attribute_exists(pk)",
          ExpressionAttributeValues: { ":one": { N: "1" } }
        })
      ),
    Query: () =>
      client.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: "pk = :pk",
          ExpressionAttributeValues: { ":pk": { S: record(1).pk } }
        })
      ),
    BatchGetItem: () =>
      client.send(new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: hundred.map(key) } } })),
    TransactWriteItems: () =>
      client.send(
        new TransactWriteItemsCommand({
          TransactItems: ten.map((i) => ({ Put: { TableName: tableName, Item: wireItem(i) } }))
        })
      )
  })
})
