/** dynamodb-toolbox over the AWS SDK's document client. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb"
import {
  $add,
  BatchGetCommand,
  BatchGetRequest,
  boolean,
  Entity,
  executeBatchGet,
  executeTransactWrite,
  GetItemCommand,
  item as schemaOf,
  list,
  map,
  number,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  string,
  Table,
  UpdateItemCommand
} from "dynamodb-toolbox"
import { contestant, promises } from "../contestant.js"
import {
  accessKeyId,
  at,
  hundred,
  order,
  partitionKey,
  region,
  secretAccessKey,
  sortKey,
  tableName,
  ten,
  tenant
} from "../work.js"

contestant((endpoint) => {
  const documentClient = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } })
  )
  const table = new Table({
    documentClient,
    name: tableName,
    partitionKey: { name: "pk", type: "string" },
    sortKey: { name: "sk", type: "string" }
  })
  const orders = new Entity({
    name: "order",
    table,
    schema: schemaOf({
      tenant: string().key(),
      id: string().key(),
      status: string(),
      customer: string(),
      email: string(),
      street: string(),
      city: string(),
      note: string(),
      currency: string(),
      total: number(),
      quantity: number(),
      weight: number(),
      paid: boolean(),
      tags: list(string()),
      carrier: map({ name: string(), days: number() })
    }),
    computeKey: ({ id, tenant }: { readonly id: string; readonly tenant: string }) => ({
      pk: partitionKey(tenant),
      sk: sortKey(id)
    })
  })
  const item = (i: number) => {
    const { carrier, tags, ...rest } = order(i)
    return { ...rest, tags: [...tags], carrier: { ...carrier } }
  }
  const key = (i: number) => ({ tenant, id: order(at(i)).id })
  return promises({
    GetItem: (i) => orders.build(GetItemCommand).key(key(i)).send(),
    PutItem: (i) => orders.build(PutItemCommand).item(item(at(i))).send(),
    UpdateItem: (i) =>
      orders.build(UpdateItemCommand)
        .item({ ...key(i), quantity: $add(1) })
        .options({ condition: { attr: "id", exists: true } })
        .send(),
    Query: () => table.build(QueryCommand).entities(orders).query({ partition: partitionKey(tenant) }).send(),
    BatchGetItem: () =>
      executeBatchGet(
        table.build(BatchGetCommand).requests(...hundred.map((i) => orders.build(BatchGetRequest).key(key(i))))
      ),
    TransactWriteItems: () => executeTransactWrite(...ten.map((i) => orders.build(PutTransaction).item(item(i))))
  })
})
