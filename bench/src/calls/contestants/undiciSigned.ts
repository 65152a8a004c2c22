/**
 * What the work needs: native values are written as JSON, signed with a derived key that is kept, sent with undici, and read back to
 * native values. No retry, no error but a thrown one.
 */
import { createHash, createHmac } from "node:crypto"
import { Pool } from "undici"
import { contestant, promises } from "../contestant.js"
import {
  accessKeyId,
  at,
  hundred,
  order,
  partitionKey,
  record,
  region,
  secretAccessKey,
  sortKey,
  tableName,
  ten,
  tenant,
  wire
} from "../work.js"

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest()
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

const native = (value: Record<string, unknown>): unknown => {
  if ("S" in value) return value.S
  if ("N" in value) return Number(value.N)
  if ("BOOL" in value) return value.BOOL
  if ("L" in value) return (value.L as Array<Record<string, unknown>>).map(native)
  return item(value.M as Record<string, Record<string, unknown>>)
}
const item = (attributes: Record<string, Record<string, unknown>> | undefined) => {
  const found: Record<string, unknown> = {}
  for (const name in attributes) found[name] = native(attributes[name] ?? {})
  return found
}
const attributes = (values: object) => {
  const made: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) made[name] = wire(value)
  return made
}

contestant((endpoint) => {
  const pool = new Pool(endpoint, { connections: 16 })
  const { host } = new URL(endpoint)
  let day = ""
  let derived = Buffer.alloc(0)
  const call = async (operation: string, input: object) => {
    const body = JSON.stringify(input)
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "")
    const target = `DynamoDB_20120810.${operation}`
    const scope = `${time.slice(0, 8)}/${region}/dynamodb/aws4_request`
    if (day !== time.slice(0, 8)) {
      day = time.slice(0, 8)
      derived = ["dynamodb", "aws4_request"].reduce(hmac, hmac(hmac(`AWS4${secretAccessKey}`, day), region))
    }
    const signed = "content-type;host;x-amz-date;x-amz-target"
    const canonical = `POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:${host}\nx-amz-date:${time}\n` +
      `x-amz-target:${target}\n\n${signed}\n${sha256(body)}`
    const signature = hmac(derived, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString("hex")
    const answer = await pool.request({
      method: "POST",
      path: "/",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-date": time,
        "x-amz-target": target,
        authorization:
          `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`
      },
      body
    })
    const text = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(text)
    return JSON.parse(text)
  }
  const key = (i: number) => attributes({ pk: partitionKey(tenant), sk: sortKey(order(at(i)).id) })
  return promises({
    GetItem: async (i) => item((await call("GetItem", { TableName: tableName, Key: key(i) })).Item),
    PutItem: (i) => call("PutItem", { TableName: tableName, Item: attributes(record(at(i))) }),
    UpdateItem: (i) =>
      call("UpdateItem", {
        TableName: tableName,
        Key: key(i),
        UpdateExpression: "SET quantity = quantity + :one",
        ConditionExpression: "attribute_exists(pk)",
        ExpressionAttributeValues: attributes({ ":one": 1 })
      }),
    Query: async () =>
      (await call("Query", {
        TableName: tableName,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: attributes({ ":pk": partitionKey(tenant) })
      })).Items.map(item),
    BatchGetItem: async () =>
      (await call("BatchGetItem", { RequestItems: { [tableName]: { Keys: hundred.map(key) } } }))
        .Responses[tableName].map(item),
    TransactWriteItems: (i) =>
      call("TransactWriteItems", {
        TransactItems: ten.map((k) => ({ Put: { TableName: tableName, Item: attributes(record(k)) } })),
        ClientRequestToken: `bench-${i}`
      })
  })
})
