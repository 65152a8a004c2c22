/** The AWS SDK's document client: native values. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand
} from "@aws-sdk/lib-dynamodb"
import { contestant, promises } from "../contestant.js"
import { accessKeyId, at, hundred, record, region, secretAccessKey, tableName, ten } from "../work.js"

contestant((endpoint) => {
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } })
  )
  const key = (i: number) => {
    const { pk, sk } = record(at(i))
    return { pk, sk }
  }
  return promises({
    GetItem: (i) => client.send(new GetCommand({ TableName: tableName, Key: key(i) })),
    PutItem: (i) => client.send(new PutCommand({ TableName: tableName, Item: record(at(i)) })),
    UpdateItem: (i) =>
      client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: key(i),
          UpdateExpression: "SET quantity = quantity + :one",
          ConditionExpression: "attribute_exists(pk)",
          ExpressionAttributeValues: { ":one": 1 }
        })
      ),
    Query: () =>
      client.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: "pk = :pk",
          ExpressionAttributeValues: { ":pk": record(1).pk }
        })
      ),
    BatchGetItem: () => client.send(new BatchGetCommand({ RequestItems: { [tableName]: { Keys: hundred.map(key) } } })),
    TransactWriteItems: () =>
      client.send(
        new TransactWriteCommand({
          TransactItems: ten.map((i) => ({ Put: { TableName: tableName, Item: record(i) } }))
        })
      )
  })
})
