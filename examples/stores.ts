/**
 * Effect's own services on a table: entries by key, a cache and a rate limit, which all processes of the table share. For `docs/stores.md`.
 *
 *     npm run example -- examples/stores.ts
 */
import { DynamoDB } from "@armature/dynamodb"
import * as DynamoDBKeyValueStore from "@armature/dynamodb/DynamoDBKeyValueStore"
import * as DynamoDBPersistence from "@armature/dynamodb/DynamoDBPersistence"
import * as DynamoDBRateLimiterStore from "@armature/dynamodb/DynamoDBRateLimiterStore"
import { LocalDynamoDB } from "@armature/local"
import * as PersistedCache from "@effect/experimental/PersistedCache"
import * as RateLimiter from "@effect/experimental/RateLimiter"
import { KeyValueStore } from "@effect/platform/KeyValueStore"
import { Console, Effect, Layer, Option, PrimaryKey, Schema } from "effect"

// -------------------------------------------------------------------------------------------------------------------- a table

/** For the deploy: all stores can share it. */
const deploy = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  yield* db.createTable(DynamoDBPersistence.table("app"))
  yield* db.waitUntilTableExists({ TableName: "app" })
  yield* db.updateTimeToLive(DynamoDBPersistence.timeToLive("app"))
})

// ----------------------------------------------------------------------------------------------------------- entries by key

const count = Effect.gen(function*() {
  const store = yield* KeyValueStore
  yield* store.set("visits", "0")
  const visit = store.modify("visits", (n) => String(Number(n) + 1))
  yield* Effect.all(Array.from({ length: 10 }, () => visit), { concurrency: "unbounded" })
  return yield* store.get("visits")
}).pipe(Effect.provide(DynamoDBKeyValueStore.layer({ table: "app", prefix: "counters" })))

// ------------------------------------------------------------------------------------------------------------------ a cache

class Rate extends Schema.TaggedRequest<Rate>()("Rate", {
  payload: { currency: Schema.String },
  success: Schema.Number,
  failure: Schema.String
}) {
  [PrimaryKey.symbol]() {
    return this.currency
  }
}

/** Of one process; what another one has looked up is there. */
const rate = (currency: string) =>
  Effect.gen(function*() {
    const rates = yield* PersistedCache.make({
      storeId: "rates",
      lookup: ({ currency }: Rate) => Effect.as(Console.log(`looked up ${currency}`), 1.08),
      timeToLive: () => "1 hour"
    })
    return yield* rates.get(new Rate({ currency }))
  }).pipe(Effect.scoped, Effect.provide(DynamoDBPersistence.layerResult({ table: "app" })))

// ------------------------------------------------------------------------------------------------------------- a rate limit

/** One of several processes that send mail: five in a minute may pass, whichever sends them. */
const sends = Effect.gen(function*() {
  const limited = yield* RateLimiter.makeWithRateLimiter
  const send = limited({ key: "mail", algorithm: "token-bucket", onExceeded: "fail", limit: 5, window: "1 minute" })
  return yield* Effect.all(Array.from({ length: 4 }, () => Effect.isSuccess(send(Effect.void))))
}).pipe(Effect.provide(RateLimiter.layer.pipe(Layer.provide(DynamoDBRateLimiterStore.layer({ table: "app" })))))

const program = Effect.gen(function*() {
  yield* deploy
  yield* Console.log(`ten at a time count ${Option.getOrElse(yield* count, () => "nothing")}`)
  yield* Console.log(`a dollar is ${yield* rate("USD")}, and again ${yield* rate("USD")}`)
  const sent = yield* Effect.all([sends, sends, sends], { concurrency: "unbounded" })
  yield* Console.log(`of ${sent.flat().length} mails ${sent.flat().filter(Boolean).length} were sent`)
})

await Effect.runPromise(program.pipe(Effect.provide(LocalDynamoDB.layer())))
