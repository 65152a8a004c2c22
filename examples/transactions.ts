/**
 * All or none: reading which action stood in the way, and writing once. For `docs/transactions.md`.
 *
 *     npm run example -- examples/transactions.ts
 */
import { Document, Expression, Operation } from "@armature/dynamodb"
import { Faults, LocalDynamoDB } from "@armature/local"
import { Console, Effect, Layer, Option } from "effect"
import { accounts, orders } from "./tables.js"

const bank = accounts.TableName ?? ""

/** Charges an account and places an order: both, or neither. */
const buy = Effect.fn("buy")(function*(customer: string, id: string, price: number) {
  const document = yield* Document.Document
  yield* document.transactWriteItems([
    {
      update: bank,
      key: { id: customer },
      changes: { set: { balance: Expression.minus("balance", price) } },
      condition: Expression.ge("balance", price),
      returnItemOnFailure: true
    },
    {
      put: "orders",
      item: { customer, id, price },
      condition: Expression.attributeNotExists("id")
    }
  ])
})

/** One reason for each action, in the order of the request. */
const bought = (customer: string, id: string, price: number) =>
  buy(customer, id, price).pipe(
    Effect.as("bought"),
    Effect.catchTag("TransactionCanceledException", (e) => {
      const [charge, order] = e.reasons
      if (order?.code === "ConditionalCheckFailed") return Effect.succeed("ordered before")
      if (charge?.code !== "ConditionalCheckFailed") return Effect.fail(e)
      return Effect.succeed(Option.match(charge.item, {
        onNone: () => "no such account",
        onSome: (account) => `balance is ${account.balance}, price is ${price}`
      }))
    })
  )

const balance = Effect.flatMap(
  Document.Document,
  (document) => document.getItem(bank, { id: "ada" }, { consistentRead: true })
).pipe(
  Effect.map((account) => Option.getOrThrow(account).balance)
)

const program = Effect.gen(function*() {
  const document = yield* Document.Document
  yield* document.putItem(bank, { id: "ada", balance: 100 })

  yield* Console.log(`a book: ${yield* bought("ada", "1", 30)}`)
  yield* Console.log(`the book again: ${yield* bought("ada", "1", 30)}`)
  yield* Console.log(`a piano: ${yield* bought("ada", "2", 900)}`)

  // the answer to the first request is lost; the second carries the same token, and DynamoDB answers without writing again
  yield* Console.log(`a pen: ${yield* bought("ada", "3", 5).pipe(
    LocalDynamoDB.withFaults([{
      operation: "TransactWriteItems",
      effect: "after",
      failure: Faults.connectionReset
    }])
  )}; balance ${yield* balance}`)

  // run twice by the program, written once
  const pencil = yield* Operation.freeze(buy("ada", "4", 2))
  yield* pencil
  yield* pencil
  yield* Console.log(`a pencil; balance ${yield* balance}`)

  // two reads of one moment
  const [account, order] = yield* document.transactGetItems([
    { get: bank, key: { id: "ada" } },
    { get: "orders", key: { customer: "ada", id: "4" }, projection: ["price"] }
  ])
  yield* Console.log(
    `at one moment: balance ${Option.getOrThrow(account).balance}, price ${Option.getOrThrow(order).price}`
  )
})

const layer = Document.layer.pipe(Layer.provideMerge(LocalDynamoDB.layer({ tables: [accounts, orders] })))

await Effect.runPromise(program.pipe(Effect.provide(layer)))
