/** What both of Armature's transports have in common: an entity, whose schema checks what is written and read. */
import type { ConfigurationException } from "@armature/aws/Exceptions"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { batch } from "@armature/model/Batch"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Table from "@armature/model/Table"
import { transact } from "@armature/model/Transact"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import type { Calls } from "../contestant.js"
import { effects } from "../effects.js"
import { at, hundred, order, tableName, ten, tenant } from "../work.js"

const Order = Schema.Struct({
  tenant: Schema.String,
  id: Schema.String,
  status: Schema.String,
  customer: Schema.String,
  email: Schema.String,
  street: Schema.String,
  city: Schema.String,
  note: Schema.String,
  currency: Schema.String,
  total: Schema.Number,
  quantity: Schema.Number,
  weight: Schema.Number,
  paid: Schema.Boolean,
  tags: Schema.Array(Schema.String),
  carrier: Schema.Struct({ name: Schema.String, days: Schema.Number })
})

const App = Table.make(tableName, { key: ["pk", "sk"] })
export const Orders = Entity.make(App, Order, { primary: { pk: key`tenant#${"tenant"}`, sk: key`order#${"id"}` } }, {
  name: "Order"
})

const keyOf = (i: number) => ({ tenant, id: order(at(i)).id })

export const entityCalls = (layer: Layer.Layer<DynamoDB.DynamoDB, ConfigurationException>): Calls => {
  const runtime = ManagedRuntime.make(layer)
  return effects(runtime, {
    GetItem: (i) => Orders.get(keyOf(i)),
    PutItem: (i) => Orders.put(order(at(i))),
    UpdateItem: (i) => Orders.update(keyOf(i), (p) => [p.quantity.add(1)], { if: (p) => p.id.exists }),
    Query: () => Orders.queryPage("primary", { tenant }),
    BatchGetItem: () => batch(hundred.map((i) => Orders.get(keyOf(i)))),
    TransactWriteItems: () => transact(ten.map((i) => Orders.put(order(i))))
  })
}
