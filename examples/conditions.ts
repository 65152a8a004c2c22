/**
 * Writes that depend on what stands there: create once, optimistic locking, limits. For `docs/conditions.md`.
 *
 *     npm run example -- examples/conditions.ts
 */
import { Document, DynamoDB, Expression } from "@armature/dynamodb"
import { LocalDynamoDB } from "@armature/local"
import { Console, Effect, Layer, Option } from "effect"
import { accounts } from "./tables.js"

const table = accounts.TableName ?? ""

/** Wire shapes, as in the AWS API reference. The exception is in the type because of `ConditionExpression`. */
const open = Effect.fn("open")(function*(id: string) {
  const db = yield* DynamoDB.DynamoDB
  yield* db.putItem({
    TableName: table,
    Item: { id: { S: id }, balance: { N: "0" }, version: { N: "1" } },
    ConditionExpression: "attribute_not_exists(id)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD"
  })
})

/** The same table on native values: the condition is an `Expression`. */
const deposit = Effect.fn("deposit")(function*(id: string, amount: number, version: number) {
  const document = yield* Document.Document
  yield* document.updateItem(
    table,
    { id },
    { set: { balance: Expression.plus("balance", amount), version: version + 1 } },
    { condition: Expression.eq("version", version), returnItemOnFailure: true }
  )
})

/** Reads the version that stands there from the failure, and tries again on it: no second read. */
const depositNow = (id: string, amount: number, version: number): ReturnType<typeof deposit> =>
  deposit(id, amount, version).pipe(
    Effect.catchTag("ConditionalCheckFailedException", (e) =>
      Option.match(e.item, {
        onNone: () => Effect.fail(e), // nothing stands there: the account is gone
        onSome: (item) => depositNow(id, amount, Number(item.version))
      }))
  )

/** Several conditions on one item. */
const withdraw = Effect.fn("withdraw")(function*(id: string, amount: number) {
  const document = yield* Document.Document
  yield* document.updateItem(table, { id }, { set: { balance: Expression.minus("balance", amount) } }, {
    condition: Expression.and(
      Expression.ge("balance", amount),
      Expression.or(Expression.attributeNotExists("frozen"), Expression.eq("frozen", false))
    )
  })
})

const program = Effect.gen(function*() {
  yield* open("ada")
  yield* open("ada").pipe(
    Effect.catchTag(
      "ConditionalCheckFailedException",
      (e) =>
        Console.log(`open: taken; its balance is ${
          Option.match(e.item, {
            onNone: () => "not known",
            onSome: (item) => item.balance?.N ?? "0"
          })
        }`)
    )
  )

  yield* deposit("ada", 100, 1)
  yield* depositNow("ada", 20, 1)
  yield* withdraw("ada", 500).pipe(
    Effect.catchTag("ConditionalCheckFailedException", () => Console.log("withdraw: not enough, or frozen"))
  )

  const document = yield* Document.Document
  const account = yield* document.getItem(table, { id: "ada" }, { consistentRead: true })
  yield* Console.log(`balance ${Option.getOrThrow(account).balance}, version ${Option.getOrThrow(account).version}`)
})

const layer = Document.layer.pipe(Layer.provideMerge(LocalDynamoDB.layer({ tables: [accounts] })))

await Effect.runPromise(program.pipe(Effect.provide(layer)))
