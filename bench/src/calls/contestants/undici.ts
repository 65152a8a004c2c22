/** What the request costs without anything around it: bytes made beforehand go out, and the answer's bytes come in. */
import { Pool } from "undici"
import { contestant, promises } from "../contestant.js"
import { hundred, record, tableName, ten, wireItem } from "../work.js"

contestant((endpoint) => {
  const pool = new Pool(endpoint, { connections: 16 })
  const call = (operation: string, input: object) => {
    const body = Buffer.from(JSON.stringify(input))
    const headers = {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `DynamoDB_20120810.${operation}`
    }
    return async () => {
      const answer = await pool.request({ method: "POST", path: "/", headers, body })
      return answer.body.arrayBuffer()
    }
  }
  const key = (i: number) => {
    const { pk, sk } = record(i)
    return { pk: { S: pk }, sk: { S: sk } }
  }
  return promises({
    GetItem: call("GetItem", { TableName: tableName, Key: key(1) }),
    PutItem: call("PutItem", { TableName: tableName, Item: wireItem(1) }),
    UpdateItem: call("UpdateItem", {
      TableName: tableName,
      Key: key(1),
      UpdateExpression: "SET quantity = quantity + :one",
      ConditionExpression: "attribute_exists(pk)",
      ExpressionAttributeValues: { ":one": { N: "1" } }
    }),
    Query: call("Query", {
      TableName: tableName,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: record(1).pk } }
    }),
    BatchGetItem: call("BatchGetItem", { RequestItems: { [tableName]: { Keys: hundred.map(key) } } }),
    TransactWriteItems: call("TransactWriteItems", {
      TransactItems: ten.map((i) => ({ Put: { TableName: tableName, Item: wireItem(i) } })),
      ClientRequestToken: "bench"
    })
  })
})
