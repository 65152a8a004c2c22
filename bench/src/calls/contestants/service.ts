/** What both of Armature's transports have in common: the service, on values as they are on the wire. */
import type { ConfigurationException } from "@armature/aws/Exceptions"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import type { Calls } from "../contestant.js"
import { effects } from "../effects.js"
import { accessKeyId, at, hundred, record, region, secretAccessKey, tableName, ten, wireItem } from "../work.js"

export const optionsFor = (endpoint: string): DynamoDB.DynamoDB.Options => ({
  endpoint,
  region,
  credentials: { accessKeyId, secretAccessKey: Redacted.make(secretAccessKey) }
})

export const serviceCalls = async (layer: Layer.Layer<DynamoDB.DynamoDB, ConfigurationException>): Promise<Calls> => {
  const runtime = ManagedRuntime.make(layer)
  const db = await runtime.runPromise(DynamoDB.DynamoDB)
  const key = (i: number) => {
    const { pk, sk } = record(at(i))
    return { pk: { S: pk }, sk: { S: sk } }
  }
  return effects(runtime, {
    GetItem: (i) => db.getItem({ TableName: tableName, Key: key(i) }),
    PutItem: (i) => db.putItem({ TableName: tableName, Item: wireItem(at(i)) }),
    UpdateItem: (i) =>
      db.updateItem({
        TableName: tableName,
        Key: key(i),
        UpdateExpression: "SET quantity = quantity + :one",
        ConditionExpression: "attribute_exists(pk)",
        ExpressionAttributeValues: { ":one": { N: "1" } }
      }),
    Query: () =>
      db.query({
        TableName: tableName,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: record(1).pk } }
      }),
    BatchGetItem: () => db.batchGetItem({ RequestItems: { [tableName]: { Keys: hundred.map(key) } } }),
    TransactWriteItems: () =>
      db.transactWriteItems({
        TransactItems: ten.map((i) => ({ Put: { TableName: tableName, Item: wireItem(i) } }))
      })
  })
}
