/** What spans and metrics of DynamoDB calls carry, by OpenTelemetry's conventions for DynamoDB. */
import { asRecord } from "@armature/aws/Classify"
import { labelled } from "@armature/aws/Telemetry"
import * as Metrics from "../DynamoDBMetrics.js"

export const attributes = (operation: string, table: string | undefined): Readonly<Record<string, unknown>> => ({
  "db.system.name": "aws.dynamodb",
  "db.operation.name": operation,
  ...(table === undefined ? {} : { "db.collection.name": table })
})

/** `ConsumedCapacity` is one object, or one for each table. */
const capacities = (output: Readonly<Record<string, unknown>>): ReadonlyArray<unknown> => {
  const { ConsumedCapacity } = output
  return ConsumedCapacity === undefined ? [] : Array.isArray(ConsumedCapacity) ? ConsumedCapacity : [ConsumedCapacity]
}

export const answered = (output: unknown): Readonly<Record<string, unknown>> => {
  const members = asRecord(output)
  const { requestId } = asRecord(members.$metadata)
  const capacity = capacities(members)
  return {
    ...(requestId === undefined ? {} : { "aws.request_id": requestId }),
    ...(capacity.length === 0
      ? {}
      : { "aws.dynamodb.consumed_capacity": capacity.map((one) => JSON.stringify(one)) }),
    ...(typeof members.Count === "number" ? { "aws.dynamodb.count": members.Count } : {}),
    ...(typeof members.ScannedCount === "number" ? { "aws.dynamodb.scanned_count": members.ScannedCount } : {})
  }
}

const list = (u: unknown): ReadonlyArray<unknown> => Array.isArray(u) ? u : []

/** How many items an answer holds: one, a page, an answer for each member, or a list for each table. */
const itemsIn = ({ Item, Items, Responses }: Readonly<Record<string, unknown>>): number =>
  Item !== undefined
    ? 1
    : list(Items).length + (Array.isArray(Responses)
      ? Responses.filter((one) => asRecord(one).Item !== undefined).length
      : Object.values(asRecord(Responses)).reduce((sum: number, of) => sum + list(of).length, 0))

const number = (u: unknown): number | undefined => typeof u === "number" ? u : undefined

/** Feeds DynamoDB's own metrics. What AWS does not split into read and write is what the operation does. */
export const measure = () => {
  const capacity = labelled(Metrics.consumedCapacityKey)
  const items = labelled(Metrics.itemsKey)
  return (access: "read" | "write", operation: string, output: unknown): void => {
    const members = asRecord(output)
    for (const one of capacities(members)) {
      const { CapacityUnits, ReadCapacityUnits, TableName, WriteCapacityUnits } = asRecord(one)
      const table = typeof TableName === "string" ? TableName : "unknown"
      const read = number(ReadCapacityUnits) ?? (access === "read" ? number(CapacityUnits) : undefined)
      const write = number(WriteCapacityUnits) ?? (access === "write" ? number(CapacityUnits) : undefined)
      if (read !== undefined) capacity(read, { "db.collection.name": table, access: "read" })
      if (write !== undefined) capacity(write, { "db.collection.name": table, access: "write" })
    }
    const count = itemsIn(members)
    if (count > 0) items(count, { "db.operation.name": operation })
  }
}
