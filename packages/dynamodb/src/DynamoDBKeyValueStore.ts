/**
 * Effect's `KeyValueStore` on a DynamoDB table. Reads see every write that was acknowledged before, and `modify` is a conditional write:
 * of any number of them at a time none is lost. `SchemaStore.modify`, which Effect makes of a get and a set, promises no such thing.
 *
 * Keys are any text of up to 1024 bytes as UTF-8, values any bytes or any text, as far as an item of 400 KB holds them. A store's entries
 * lie in 16 partitions under the store's prefix, so that several stores share a table and none makes a hot partition. `size`, `isEmpty`
 * and `clear` query these 16: `size` reads every entry, `clear` reads and deletes every entry, and neither stops writes meanwhile.
 *
 * Failures are `PlatformError`s without keys or values in them; `cause` is the typed failure behind one (`AwsException.isAwsException`).
 * Needs `@effect/platform`.
 *
 * @since 0.1.0
 */
import { type AwsException, isAuth, isThrottling, isTransient } from "@armature/aws/AwsException"
import type { AttributeValue, CreateTableCommandInput } from "@aws-sdk/client-dynamodb"
import { BadArgument, type PlatformError, SystemError, type SystemErrorReason } from "@effect/platform/Error"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as RcMap from "effect/RcMap"
import type * as Scope from "effect/Scope"
import { randomUUID } from "node:crypto"
import { DynamoDB, type Item } from "./DynamoDB.js"
import * as storeTable from "./internal/storeTable.js"

/**
 * Where a store keeps its entries.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The table, by its name. */
  readonly table: string
  /** Tells the stores of one table apart: each sees only the entries under its own prefix. Default `"kv"`. */
  readonly prefix?: string | undefined
}

/**
 * The table that a store needs, as `createTable` takes it: partition key `pk`, sort key `sk`, both text. The stores of this package can
 * all share one.
 *
 * @since 0.1.0
 * @category tables
 */
export const table: (name: string) => CreateTableCommandInput = storeTable.table

/** What stands in the table: text or bytes, and the id of the write that put it there. */
interface Stored {
  readonly value: AttributeValue.SMember | AttributeValue.BMember
  readonly revision: string
}

const stored = (item: Item): Stored | undefined => {
  const revision = item["revision"]?.S
  const { B, S } = item["value"] ?? {}
  if (revision === undefined) return undefined
  return S !== undefined ? { value: { S }, revision } : B !== undefined ? { value: { B }, revision } : undefined
}

const bytesOf = ({ value }: Stored): Uint8Array => value.B ?? new TextEncoder().encode(value.S)

/** Bytes read as text are base64, as in the stores of Effect. */
const textOf = ({ value }: Stored): string => value.S ?? Encoding.encodeBase64(value.B)

const invalid: ReadonlyArray<string> = ["ValidationException", "ItemTooLargeException", "SerializationException"]

const reasonOf = (e: AwsException): SystemErrorReason => {
  if (isAuth(e)) return "PermissionDenied"
  if (isThrottling(e)) return "Busy"
  if (isTransient(e)) return e._tag === "ConnectionException" ? "TimedOut" : "Busy"
  if (e._tag === "ResourceNotFoundException") return "NotFound"
  return invalid.includes(e._tag) ? "InvalidData" : "Unknown"
}

/** How long a modification that lost to another waits before it goes on: at random, longer after each loss, up to 64 ms. */
const pause = (losses: number): Effect.Effect<void> =>
  Effect.flatMap(Random.nextRange(0, Math.min(2 ** losses - 1, 64)), (millis) => Effect.sleep(Duration.millis(millis)))

/** What can go wrong: DynamoDB's own failures, and what is found before or after its answer. */
type Problem = AwsException | keyof typeof problems

const problems = {
  KeyTooLong: "the key is longer than 1024 bytes",
  IllFormed: "the text holds half a surrogate pair, for which UTF-8 has no bytes",
  Unreadable: "the item is none that this store has written"
}

const platformError = (table: string, method: string) => (problem: Problem): PlatformError => {
  const common = { module: "KeyValueStore", method } as const
  if (typeof problem !== "string") {
    const { message: description } = problem
    return new SystemError({
      ...common,
      reason: reasonOf(problem),
      pathOrDescriptor: table,
      description,
      cause: problem
    })
  }
  const description = problems[problem]
  return problem === "Unreadable"
    ? new SystemError({ ...common, reason: "InvalidData", pathOrDescriptor: table, description })
    : new BadArgument({ ...common, description })
}

/**
 * A store over the service in the context. The scope ends nothing but the queues of its modifications.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<KeyValueStore.KeyValueStore, never, DynamoDB | Scope.Scope> =>
  Effect.gen(function*() {
    const db = yield* DynamoDB
    /** Modifications of one entry by this store take turns: among themselves none loses, and none is paid for in vain. */
    const turns = yield* RcMap.make({ lookup: (_: string) => Effect.makeSemaphore(1) })
    const place: storeTable.Place = { table: options.table, collection: options.prefix ?? "kv" }
    const TableName = place.table

    const mapped = <A>(method: string, effect: Effect.Effect<A, Problem>): Effect.Effect<A, PlatformError> =>
      Effect.mapError(effect, platformError(TableName, method))

    const taking = <A, E>(key: string, turn: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.scoped(Effect.flatMap(RcMap.get(turns, key), (one) => one.withPermits(1)(turn)))

    /** Does something to the item of a key, if there can be such a key. */
    const at = <A>(method: string, key: string, f: (key: Item) => Effect.Effect<A, Problem>) =>
      mapped(
        method,
        Effect.suspend(() =>
          storeTable.fits(key) ? f(storeTable.keyOf(place.collection, key)) : Effect.fail("KeyTooLong" as const)
        )
      )

    const readable = (item: Item): Effect.Effect<Stored, Problem> => {
      const found = stored(item)
      return found === undefined ? Effect.fail("Unreadable") : Effect.succeed(found)
    }

    const read = (Key: Item): Effect.Effect<Option.Option<Stored>, Problem> =>
      Effect.flatMap(
        db.getItem({ TableName, Key, ConsistentRead: true }),
        ({ Item }) => Item === undefined ? Effect.succeedNone : Effect.asSome(readable(Item))
      )

    /** The item that a write leaves. */
    const written = (Key: Item, value: string | Uint8Array, revision: string): Effect.Effect<Item, Problem> =>
      typeof value === "string" && !storeTable.isWellFormed(value)
        ? Effect.fail("IllFormed")
        : Effect.succeed({
          ...Key,
          value: typeof value === "string" ? { S: value } : { B: value },
          revision: { S: revision }
        })

    const change = <A extends string | Uint8Array>(
      Key: Item,
      form: (found: Stored) => A,
      f: (value: A) => A
    ) => {
      const replace = (found: Stored, losses: number): Effect.Effect<Option.Option<A>, Problem> =>
        Effect.suspend(() => {
          const value = f(form(found))
          const revision = randomUUID()
          return Effect.flatMap(written(Key, value, revision), (Item) =>
            db.putItem({
              TableName,
              Item,
              ConditionExpression: "#revision = :revision",
              ExpressionAttributeNames: { "#revision": "revision" },
              ExpressionAttributeValues: { ":revision": { S: found.revision } },
              ReturnValuesOnConditionCheckFailure: "ALL_OLD"
              // a repetition changes nothing: a revision that was replaced never comes back
            }, { resend: "always" }).pipe(
              Effect.as(Option.some(value)),
              Effect.catchTags({
                ConditionalCheckFailedException: ({ item }) =>
                  Option.match(item, {
                    onNone: () => Effect.succeedNone,
                    onSome: (item) =>
                      Effect.zipRight(
                        pause(losses),
                        Effect.flatMap(readable(item), (now) => replace(now, losses + 1))
                      )
                  }),
                WriteOutcomeUnknownException: (e): Effect.Effect<Option.Option<A>, Problem> =>
                  Effect.flatMap(
                    read(Key),
                    (now) =>
                      Option.exists(now, (now) => now.revision === revision)
                        ? Effect.succeedSome(value)
                        : Effect.fail(e)
                  )
              })
            ))
        })
      return Effect.flatMap(
        read(Key),
        Option.match({ onNone: () => Effect.succeedNone, onSome: (found) => replace(found, 0) })
      )
    }

    return KeyValueStore.make({
      get: (key) => at("get", key, (Key) => Effect.map(read(Key), Option.map(textOf))),
      getUint8Array: (key) => at("getUint8Array", key, (Key) => Effect.map(read(Key), Option.map(bytesOf))),
      has: (key) =>
        at("has", key, (Key) =>
          Effect.map(
            db.getItem({ TableName, Key, ConsistentRead: true, ProjectionExpression: "pk" }),
            ({ Item }) => Item !== undefined
          )),
      set: (key, value) =>
        at("set", key, (Key) =>
          Effect.flatMap(
            Effect.suspend(() => written(Key, value, randomUUID())),
            (Item) => db.putItem({ TableName, Item })
          )),
      remove: (key) => at("remove", key, (Key) => db.deleteItem({ TableName, Key })),
      modify: (key, f) => at("modify", key, (Key) => taking(key, change(Key, textOf, f))),
      modifyUint8Array: (key, f) => at("modifyUint8Array", key, (Key) => taking(key, change(Key, bytesOf, f))),
      clear: mapped("clear", storeTable.clear(db, place)),
      size: mapped("size", storeTable.size(db, place)),
      isEmpty: mapped("isEmpty", storeTable.isEmpty(db, place))
    })
  })

/**
 * A store over the service in the context.
 *
 * @example
 * ```ts
 * import * as DynamoDB from "@armature/dynamodb/DynamoDB"
 * import * as DynamoDBKeyValueStore from "@armature/dynamodb/DynamoDBKeyValueStore"
 * import { KeyValueStore } from "@effect/platform/KeyValueStore"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const Store = DynamoDBKeyValueStore.layer({ table: "app", prefix: "counters" }).pipe(
 *   Layer.provideMerge(DynamoDB.layer({ region: "eu-central-1" }))
 * )
 *
 * export const deploy = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.createTable(DynamoDBKeyValueStore.table("app")))
 *
 * export const main = Effect.gen(function*() {
 *   const store = yield* KeyValueStore
 *   yield* store.set("visits", "0")
 *   return yield* store.modify("visits", (n) => String(Number(n) + 1))
 * }).pipe(Effect.provide(Store))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<KeyValueStore.KeyValueStore, never, DynamoDB> =>
  Layer.scoped(KeyValueStore.KeyValueStore, make(options))

/**
 * `layer` with its options from `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<KeyValueStore.KeyValueStore, ConfigError, DynamoDB> =>
  Layer.unwrapEffect(Effect.map(Config.unwrap(options), layer))
