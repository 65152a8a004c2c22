/** ElectroDB over the AWS SDK's document client. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb"
import { Entity, Service } from "electrodb"
import { contestant, promises } from "../contestant.js"
import { accessKeyId, at, hundred, order, region, secretAccessKey, tableName, ten, tenant } from "../work.js"

contestant((endpoint) => {
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } })
  )
  const text = { type: "string", required: true } as const
  const number = { type: "number", required: true } as const
  const orders = new Entity({
    model: { entity: "order", version: "1", service: "bench" },
    attributes: {
      tenant: text,
      id: text,
      status: text,
      customer: text,
      email: text,
      street: text,
      city: text,
      note: text,
      currency: text,
      total: number,
      quantity: number,
      weight: number,
      paid: { type: "boolean", required: true },
      tags: { type: "list", items: { type: "string" }, required: true },
      carrier: { type: "map", properties: { name: { type: "string" }, days: { type: "number" } }, required: true }
    },
    indexes: {
      primary: {
        pk: { field: "pk", composite: ["tenant"], template: "tenant#${tenant}", casing: "none" },
        sk: { field: "sk", composite: ["id"], template: "order#${id}", casing: "none" }
      }
    }
  }, { client, table: tableName })
  const service = new Service({ orders })
  const item = (i: number) => {
    const { carrier, tags, ...rest } = order(i)
    return { ...rest, tags: [...tags], carrier: { ...carrier } }
  }
  const key = (i: number) => ({ tenant, id: order(at(i)).id })
  return promises({
    GetItem: (i) => orders.get(key(i)).go(),
    PutItem: (i) => orders.put(item(at(i))).go(),
    UpdateItem: (i) => orders.patch(key(i)).add({ quantity: 1 }).go(),
    Query: () => orders.query.primary({ tenant }).go({ pages: 1 }),
    BatchGetItem: () => orders.get(hundred.map(key)).go(),
    TransactWriteItems: () =>
      service.transaction.write(({ orders }) => ten.map((i) => orders.put(item(i)).commit())).go()
  })
})
