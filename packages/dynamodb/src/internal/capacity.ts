/** Asks DynamoDB what each call consumes, where the caller did not say. */
import type { Transport } from "@armature/aws/Transport"
import type { Operations } from "./operations.js"

/** The operations that report what they consume. */
const reporting: ReadonlySet<string> = new Set([
  "BatchExecuteStatement",
  "BatchGetItem",
  "BatchWriteItem",
  "DeleteItem",
  "ExecuteStatement",
  "ExecuteTransaction",
  "GetItem",
  "PutItem",
  "Query",
  "Scan",
  "TransactGetItems",
  "TransactWriteItems",
  "UpdateItem"
])

export type Level = "INDEXES" | "TOTAL" | "NONE"

export const asking = (transport: Transport<Operations>, level: Level): Transport<Operations> =>
  level === "NONE" ? transport : {
    get info() {
      return transport.info
    },
    send: (operation, input) => transport.send(operation, reporting.has(operation) ? withLevel(input, level) : input)
  }

const withLevel = <I>(input: I, level: Level): I => {
  if (typeof input !== "object" || input === null) return input
  // what is said first is copied behind ten times as fast as it is added to a copy
  if (!("ReturnConsumedCapacity" in input)) return { ReturnConsumedCapacity: level, ...input }
  return input.ReturnConsumedCapacity === undefined ? { ...input, ReturnConsumedCapacity: level } : input
}
