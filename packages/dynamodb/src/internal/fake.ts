/** The service made of handlers. */
import { ConfigurationException, ServiceException } from "@armature/aws/Exceptions"
import * as Effect from "effect/Effect"
import type { ConditionError, DynamoDB } from "../DynamoDB.js"
import { type Conditional, isConditional } from "./operations.js"

const missing = (operation: string) =>
  Effect.fail(new ConfigurationException({ service: "DynamoDB", operation, reason: "HandlerMissing" }))

const run = <I, A extends object, E>(
  operation: string,
  handler: ((input: I) => Effect.Effect<A, E>) | undefined,
  input: I
): Effect.Effect<A & { readonly $metadata: {} }, E | ConfigurationException> =>
  handler === undefined
    ? missing(operation)
    : Effect.map(Effect.suspend(() => handler(input)), (output) => ({ ...output, $metadata: {} }))

type Ruled<E, I> =
  | Exclude<E, { readonly _tag: "ConditionalCheckFailedException" }>
  | ServiceException
  | ConditionError<I>

const ruledOut = <A, E, I>(effect: Effect.Effect<A, E>, input: Conditional): Effect.Effect<A, Ruled<E, I>> =>
  Effect.mapError(effect, (e): Ruled<E, I> =>
    isTagged(e) && !isConditional(input)
      ? new ServiceException({ service: "DynamoDB", code: e._tag })
      // I is the input's type: with the branch above, the exception is left only where ConditionError<I> has it
      : e as Ruled<E, I>)

const isTagged = (e: unknown): e is { readonly _tag: "ConditionalCheckFailedException" } =>
  typeof e === "object" && e !== null && "_tag" in e && e._tag === "ConditionalCheckFailedException"

export const fake = (handlers: Partial<DynamoDB.Handlers>): DynamoDB.Service => ({
  createTable: (input) => run("CreateTable", handlers.createTable, input),
  deleteItem: (input) => ruledOut(run("DeleteItem", handlers.deleteItem, input), input),
  deleteTable: (input) => run("DeleteTable", handlers.deleteTable, input),
  describeTable: (input) => run("DescribeTable", handlers.describeTable, input),
  getItem: (input) => run("GetItem", handlers.getItem, input),
  listTables: (input) => run("ListTables", handlers.listTables, input),
  ping: handlers.ping ?? missing("ListTables"),
  putItem: (input) => ruledOut(run("PutItem", handlers.putItem, input), input),
  query: (input) => run("Query", handlers.query, input),
  scan: (input) => run("Scan", handlers.scan, input),
  transactWriteItems: (input) => run("TransactWriteItems", handlers.transactWriteItems, input),
  updateItem: (input) => ruledOut(run("UpdateItem", handlers.updateItem, input), input)
})
