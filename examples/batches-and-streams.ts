/**
 * Any number of reads and writes, and tables as streams. For `docs/batches-and-streams.md`.
 *
 *     npm run example -- examples/batches-and-streams.ts
 */
import { Document, DynamoDB, Expression } from "@armature/dynamodb"
import { Faults, LocalDynamoDB } from "@armature/local"
import { Chunk, Console, Effect, Layer, Option, Ref, Stream } from "effect"
import { orders } from "./tables.js"

const customers = ["ada", "bob", "eve"]
const all = Array.from({ length: 120 }, (_, i) => ({
  customer: customers[i % 3] ?? "ada",
  id: String(i).padStart(3, "0"),
  total: i
}))

const program = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  const document = yield* Document.Document
  const local = yield* LocalDynamoDB.LocalDynamoDB

  // 120 puts in requests of 25; what AWS leaves over is sent again
  yield* document.batchWriteItem(all.map((item) => ({ put: "orders", item }))).pipe(
    LocalDynamoDB.withFaults([{ operation: "BatchWriteItem", unprocessed: [0, 3] }])
  )
  yield* Console.log(`120 puts, ${(yield* local.callsTo({ operation: "BatchWriteItem" })).length} requests`)

  // by table, one entry for each key, in order
  const read = yield* document.batchGetItem({
    orders: { keys: [{ customer: "ada", id: "000" }, { customer: "ada", id: "nowhere" }] }
  })
  yield* Console.log(`read: ${read.orders.map((order) => Option.isSome(order)).join(", ")}`)

  // what was not done is handed back, and what of it is not known: here the second request is refused, and the rest goes on
  const left = yield* document.batchWriteItem(
    all.map(({ customer, id }) => ({ delete: "orders", key: { customer, id } })),
    { concurrency: 1 }
  ).pipe(
    LocalDynamoDB.withFaults([{ operation: "BatchWriteItem", nth: 2, failure: Faults.accessDenied }]),
    Effect.as([]),
    Effect.catchTag("UnprocessedException", (e) =>
      Effect.as(
        Console.log(`left over: ${e.unprocessed.length}, not known: ${e.unknown.length}, because of ${e.last?._tag}`),
        e.unprocessed
      ))
  )
  // it has the shape that the batch takes
  yield* document.batchWriteItem(left)
  yield* Console.log(`items now: ${yield* document.scan.count("orders")}`)

  yield* document.batchWriteItem(all.map((item) => ({ put: "orders", item })))

  // the items of all pages; `limit` here is how many are taken, and in the input how many DynamoDB reads for a page
  const largest = yield* document.query.items("orders", {
    keyCondition: Expression.eq("customer", "ada"),
    filter: Expression.gt("total", 50),
    scanIndexForward: false,
    limit: 10
  }, { limit: 3 }).pipe(Stream.map((order) => order.id), Stream.runCollect)
  yield* Console.log(`Ada's last three orders over 50: ${Chunk.join(Chunk.map(largest, String), ", ")}`)

  // pages, with what stands beside the items
  yield* db.query.pages({
    TableName: "orders",
    KeyConditionExpression: "customer = :c",
    ExpressionAttributeValues: { ":c": { S: "bob" } },
    Limit: 15
  }).pipe(
    Stream.runForEach((page) => Console.log(`a page of ${page.Count}, ${page.ConsumedCapacity?.CapacityUnits} units`))
  )

  // the table in four parts at a time; segments merge as they come
  const progress = yield* Ref.make(0)
  const sum = yield* document.scan.parallel("orders", {
    segments: 4,
    onProgress: ({ items }) => Ref.set(progress, items)
  }).pipe(Stream.runFold(0, (sum, order) => sum + Number(order.total)))
  yield* Console.log(`${yield* Ref.get(progress)} orders, ${sum} in all`)

  // a job that may be cut off: a page at a time, and where it ended
  const cursor = yield* document.scan("orders", { limit: 50 }).pipe(Effect.map((page) => page.lastEvaluatedKey))
  const rest = yield* document.scan.items("orders", { exclusiveStartKey: Option.getOrUndefined(cursor) }).pipe(
    Stream.runCount
  )
  yield* Console.log(`50 in the first page, ${rest} behind it`)
})

const layer = Document.layer.pipe(
  Layer.provideMerge(LocalDynamoDB.layer({ tables: [orders] }))
)

await Effect.runPromise(program.pipe(Effect.provide(layer)))
