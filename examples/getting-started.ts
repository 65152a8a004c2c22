/**
 * The first program of `docs/getting-started.md`: a customer's orders, in process or on AWS.
 *
 *     npm run example -- examples/getting-started.ts
 *     npx tsx examples/getting-started.ts --aws       with your own region, credentials and a table "orders"
 */
import { Document, DynamoDB, Expression } from "@armature/dynamodb"
import { LocalDynamoDB } from "@armature/local"
import { Console, Effect, Layer, Option, Stream } from "effect"
import { orders } from "./tables.js"

const place = Effect.fn("place")(function*(customer: string, id: string, total: number) {
  const document = yield* Document.Document
  yield* document.putItem("orders", { customer, id, total, status: "open" }, {
    condition: Expression.attributeNotExists("id")
  })
})

const program = Effect.gen(function*() {
  const document = yield* Document.Document

  yield* place("ada", "2026-001", 120)
  yield* place("ada", "2026-002", 80)

  // the same order again: the condition is false, and the type says that this can happen
  yield* place("ada", "2026-002", 80).pipe(
    Effect.catchTag("ConditionalCheckFailedException", () => Console.log("2026-002 was placed before"))
  )

  const first = yield* document.getItem("orders", { customer: "ada", id: "2026-001" })
  yield* Console.log(`2026-001: ${Option.match(first, { onNone: () => "nothing", onSome: (o) => String(o.total) })}`)

  // all pages, each fetched when it is needed
  const total = yield* document.query.items("orders", { keyCondition: Expression.eq("customer", "ada") }).pipe(
    Stream.runFold(0, (sum, order) => sum + Number(order.total))
  )
  yield* Console.log(`Ada's orders come to ${total}`)
})

const inProcess = LocalDynamoDB.layer({ tables: [orders] })
const onAws = DynamoDB.layer({ region: "eu-central-1" })

const main = program.pipe(
  Effect.provide(Document.layer.pipe(Layer.provide(process.argv.includes("--aws") ? onAws : inProcess))),
  // whatever is left, said in one line that holds no data
  Effect.tapError((e) => Console.error(`${e._tag}: ${e.message}`))
)

await Effect.runPromise(main)
