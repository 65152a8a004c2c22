/** What `docs/testing.md` tests: a warehouse that takes things out of stock, and never more than there are. */
import { Document, Expression } from "@armature/dynamodb"
import { Data, Effect, Option } from "effect"
import type { CreateTable } from "./tables.js"

export const stock: CreateTable = {
  TableName: "stock",
  KeySchema: [{ AttributeName: "article", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "article", AttributeType: "S" }],
  BillingMode: "PAY_PER_REQUEST"
}

export class OutOfStock extends Data.TaggedError("OutOfStock")<{ readonly left: number }> {}

/** Takes articles out of stock once, however often the answer is lost. */
export const take = Effect.fn("take")(function*(article: string, count: number) {
  const document = yield* Document.Document
  yield* document.updateItem("stock", { article }, { set: { count: Expression.minus("count", count) } }, {
    condition: Expression.ge("count", count),
    returnItemOnFailure: true,
    idempotent: true
  }).pipe(
    Effect.catchTag("ConditionalCheckFailedException", (e) =>
      Effect.fail(
        new OutOfStock({ left: Option.match(e.item, { onNone: () => 0, onSome: (item) => Number(item.count) }) })
      ))
  )
})

/** How many there are; `consistent` costs twice as much and sees every write that was acknowledged. */
export const count = Effect.fn("count")(function*(article: string, options: { readonly consistent: boolean }) {
  const document = yield* Document.Document
  const item = yield* document.getItem("stock", { article }, { consistentRead: options.consistent })
  return Option.match(item, { onNone: () => 0, onSome: (item) => Number(item.count) })
})
