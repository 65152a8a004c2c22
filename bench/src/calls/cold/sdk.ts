/** One item by the AWS SDK's client; tells how long that took from the start of the process. */
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb"

const client = new DynamoDBClient({
  endpoint: `http://127.0.0.1:${process.argv[2]}`,
  region: "us-east-1",
  credentials: { accessKeyId: "bench", secretAccessKey: "bench" }
})
await client.send(new GetItemCommand({ TableName: "bench", Key: { pk: { S: "a" }, sk: { S: "b" } } }))
process.send?.({ wall: performance.now(), cpu: process.cpuUsage() })
