/** What both of Armature's transports have in common: `Document`, on native values. */
import type { ConfigurationException } from "@armature/aws/Exceptions"
import * as Document from "@armature/dynamodb/Document"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Expression from "@armature/dynamodb/Expression"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { Calls } from "../contestant.js"
import { effects } from "../effects.js"
import { at, hundred, record, tableName, ten } from "../work.js"

export const documentCalls = async (layer: Layer.Layer<DynamoDB.DynamoDB, ConfigurationException>): Promise<Calls> => {
  const runtime = ManagedRuntime.make(Layer.provide(Document.layer, layer))
  const document = await runtime.runPromise(Document.Document)
  const key = (i: number) => {
    const { pk, sk } = record(at(i))
    return { pk, sk }
  }
  return effects(runtime, {
    GetItem: (i) => document.getItem(tableName, key(i)),
    PutItem: (i) => document.putItem(tableName, record(at(i))),
    UpdateItem: (i) =>
      document.updateItem(
        tableName,
        key(i),
        { set: { quantity: Expression.plus(Expression.path("quantity"), 1) } },
        { condition: Expression.attributeExists("pk") }
      ),
    Query: () => document.query(tableName, { keyCondition: Expression.eq("pk", record(1).pk) }),
    BatchGetItem: () => document.batchGetItem({ [tableName]: { keys: hundred.map(key) } }),
    TransactWriteItems: () => document.transactWriteItems(ten.map((i) => ({ put: tableName, item: record(i) })))
  })
}
