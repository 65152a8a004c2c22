/**
 * Effect's `BackingPersistence` on a DynamoDB table, for `PersistedCache`, `RequestResolver.persisted` and whatever else keeps its results
 * in a `ResultPersistence`.
 *
 * A value is kept as JSON, as far as an item of 400 KB holds it, under a key of up to 1024 bytes as UTF-8. A read sees every write that
 * was acknowledged before. An entry with a time to live is gone for readers to the millisecond, by Effect's `Clock`; DynamoDB removes its
 * item later, once `timeToLive` was applied to the table. `setMany` is no transaction: where it fails, some entries may have been set,
 * and its `UnprocessedException` says which were not.
 *
 * The entries of one `storeId` lie in 16 partitions, so that several stores share a table and none makes a hot partition. `clear` reads
 * and deletes the entries of its own store, expired ones too, and does not stop writes meanwhile.
 *
 * Failures are `PersistenceBackingError`s whose `cause` is the typed failure (`AwsException.isAwsException`). Needs `@effect/experimental`
 * and `@effect/platform`.
 *
 * @since 0.1.0
 */
import type { CreateTableCommandInput, UpdateTimeToLiveCommandInput } from "@aws-sdk/client-dynamodb"
import * as Persistence from "@effect/experimental/Persistence"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { DynamoDB, type Item } from "./DynamoDB.js"
import * as storeTable from "./internal/storeTable.js"

/**
 * Where the entries are kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The table, by its name. */
  readonly table: string
  /** Stands before each store's id, for several programs that use the same ids in one table. Default `"persistence"`. */
  readonly prefix?: string | undefined
}

/**
 * The table that the entries need, as `createTable` takes it: partition key `pk`, sort key `sk`, both text. The stores of this package can
 * all share one.
 *
 * @since 0.1.0
 * @category tables
 */
export const table: (name: string) => CreateTableCommandInput = storeTable.table

/**
 * Has DynamoDB remove what has expired, as `updateTimeToLive` takes it. Without it nothing changes for readers, but items stay.
 *
 * @since 0.1.0
 * @category tables
 */
export const timeToLive: (name: string) => UpdateTimeToLiveCommandInput = storeTable.timeToLive

const backingError = (method: string) => (cause: unknown) => Persistence.PersistenceBackingError.make(method, cause)

type Ttl = Option.Option<Duration.Duration>

/** What an item holds beside its key. Its time to live is in whole seconds, none of them too early. */
const content = (value: unknown, ttl: Ttl, now: number): Item => {
  const expires = Option.match(ttl, { onNone: () => Infinity, onSome: (ttl) => now + Duration.toMillis(ttl) })
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError("JSON has no text for the value")
  return {
    value: { S: text },
    ...Number.isFinite(expires) && { expires: { N: String(expires) }, ttl: { N: String(Math.ceil(expires / 1000)) } }
  }
}

/** The value, unless it has expired. */
const valueOf = (item: Item | undefined, now: number): Option.Option<unknown> => {
  const { expires, value } = item ?? {}
  if (value === undefined || expires?.N !== undefined && Number(expires.N) <= now) return Option.none()
  if (value.S === undefined) throw new TypeError("the item is none that this store has written")
  return Option.some(JSON.parse(value.S))
}

/**
 * A persistence over the service in the context.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Persistence.BackingPersistence, never, DynamoDB> =>
  Effect.map(DynamoDB, (db) => {
    const TableName = options.table

    const storeOf = (storeId: string): Persistence.BackingPersistenceStore => {
      const place: storeTable.Place = { table: TableName, collection: `${options.prefix ?? "persistence"}:${storeId}` }
      const keyOf = (key: string): Item => storeTable.keyOf(place.collection, key)

      /** Does something at the present time. What it throws, for a value that is no JSON, is a failure like any other. */
      const at = <A>(method: string, f: (now: number) => Effect.Effect<A, unknown>) =>
        Clock.currentTimeMillis.pipe(
          Effect.flatMap((now) => Effect.flatten(Effect.try({ try: () => f(now), catch: (thrown) => thrown }))),
          Effect.mapError(backingError(method))
        )

      /** Values of items that were read. */
      const values = (items: ReadonlyArray<Item | undefined>, now: number) =>
        Effect.try({ try: () => items.map((item) => valueOf(item, now)), catch: (thrown) => thrown })

      return {
        get: (key) =>
          at("get", (now) =>
            Effect.flatMap(
              db.getItem({ TableName, Key: keyOf(key), ConsistentRead: true }),
              ({ Item }) => Effect.try({ try: () => valueOf(Item, now), catch: (thrown) => thrown })
            )),
        getMany: (keys) =>
          at("getMany", (now) =>
            keys.length === 0 ? Effect.succeed([]) : Effect.flatMap(
              db.batchGetItem({ RequestItems: { [TableName]: { Keys: keys.map(keyOf), ConsistentRead: true } } }),
              ({ items }) => values((items[TableName] ?? []).map(Option.getOrUndefined), now)
            )),
        set: (key, value, ttl) =>
          at("set", (now) => db.putItem({ TableName, Item: { ...keyOf(key), ...content(value, ttl, now) } })),
        setMany: (entries) =>
          at("setMany", (now) =>
            entries.length === 0 ? Effect.void : db.batchWriteItem({
              RequestItems: {
                [TableName]: entries.map(([key, value, ttl]) => ({
                  PutRequest: { Item: { ...keyOf(key), ...content(value, ttl, now) } }
                }))
              }
            }, { keys: { [TableName]: storeTable.keyNames } })),
        remove: (key) => at("remove", () => db.deleteItem({ TableName, Key: keyOf(key) })),
        clear: at("clear", () => storeTable.clear(db, place))
      }
    }

    return Persistence.BackingPersistence.of({
      [Persistence.BackingPersistenceTypeId]: Persistence.BackingPersistenceTypeId,
      make: (storeId) => Effect.succeed(storeOf(storeId))
    })
  })

/**
 * A persistence over the service in the context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Persistence.BackingPersistence, never, DynamoDB> =>
  Layer.effect(Persistence.BackingPersistence, make(options))

/**
 * `layer` with its options from `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<Persistence.BackingPersistence, ConfigError, DynamoDB> =>
  Layer.unwrapEffect(Effect.map(Config.unwrap(options), layer))

/**
 * What `PersistedCache` and `RequestResolver.persisted` need.
 *
 * @example
 * ```ts
 * import * as DynamoDB from "@armature/dynamodb/DynamoDB"
 * import * as DynamoDBPersistence from "@armature/dynamodb/DynamoDBPersistence"
 * import * as PersistedCache from "@effect/experimental/PersistedCache"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as PrimaryKey from "effect/PrimaryKey"
 * import * as Schema from "effect/Schema"
 *
 * class Rate extends Schema.TaggedRequest<Rate>()("Rate", {
 *   payload: { currency: Schema.String },
 *   success: Schema.Number,
 *   failure: Schema.String
 * }) {
 *   [PrimaryKey.symbol]() {
 *     return this.currency
 *   }
 * }
 *
 * const Stores = DynamoDBPersistence.layerResult({ table: "app" }).pipe(
 *   Layer.provideMerge(DynamoDB.layer({ region: "eu-central-1" }))
 * )
 *
 * export const deploy = Effect.gen(function*() {
 *   const db = yield* DynamoDB.DynamoDB
 *   yield* db.createTable(DynamoDBPersistence.table("app"))
 *   yield* db.waitUntilTableExists({ TableName: "app" })
 *   yield* db.updateTimeToLive(DynamoDBPersistence.timeToLive("app"))
 * })
 *
 * export const main = Effect.gen(function*() {
 *   const rates = yield* PersistedCache.make({
 *     storeId: "rates",
 *     lookup: (_: Rate) => Effect.succeed(1.08),
 *     timeToLive: () => "1 hour"
 *   })
 *   return yield* rates.get(new Rate({ currency: "USD" }))
 * }).pipe(Effect.scoped, Effect.provide(Stores))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerResult = (options: Options): Layer.Layer<Persistence.ResultPersistence, never, DynamoDB> =>
  Layer.provide(Persistence.layerResult, layer(options))

/**
 * `layerResult` with its options from `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerResultConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<Persistence.ResultPersistence, ConfigError, DynamoDB> =>
  Layer.provide(Persistence.layerResult, layerConfig(options))
