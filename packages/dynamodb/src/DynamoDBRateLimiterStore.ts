/**
 * Effect's `RateLimiterStore` on a DynamoDB table: processes that share the table share the limits of Effect's `RateLimiter`.
 *
 * What is taken is taken by one conditional update, so that no two takers ever get the same token, however many there are. A take costs
 * one write unit, and one more when it begins a window or finds the bucket full; a refused take costs one, or two. All takes of one key
 * and algorithm meet in one item, of which DynamoDB updates about a thousand a second.
 *
 * What is promised: within one window no more tokens are given than the limit, and from one bucket no more than its limit and what has come
 * back since, in the rhythm that began with its first take, also when answers are lost. A take whose answer was lost is never repeated: it
 * fails with `WriteOutcomeUnknownException` as the `cause`, and its tokens may be gone, also from a later window if the request arrives
 * that late.
 *
 * Time is each process's own, by Effect's `Clock`: clocks that differ by a second make a window or a refill a second too short or too
 * long. `tokenBucket` takes whole tokens and a refill rate above zero, and counts what a bucket lacks as time until it is full, so that
 * another limit or rate holds from the next take on. `fixedWindow` without a limit, and `tokenBucket` with `allowOverflow`, always give.
 *
 * Failures are `RateLimitStoreError`s whose `cause` is the typed failure (`AwsException.isAwsException`). Needs `@effect/experimental` and
 * `@effect/platform`.
 *
 * @since 0.1.0
 */
import type { AwsException } from "@armature/aws/AwsException"
import type { CreateTableCommandInput, UpdateTimeToLiveCommandInput } from "@aws-sdk/client-dynamodb"
import * as RateLimiter from "@effect/experimental/RateLimiter"
import * as BigDecimal from "effect/BigDecimal"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { DynamoDB, type Item } from "./DynamoDB.js"
import * as storeTable from "./internal/storeTable.js"

/**
 * Where the limits are kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The table, by its name. */
  readonly table: string
  /** Stands before each key, for several programs that use the same keys in one table. Default `"ratelimiter"`. */
  readonly prefix?: string | undefined
}

/**
 * The table that the limits need, as `createTable` takes it: partition key `pk`, sort key `sk`, both text. The stores of this package can
 * all share one.
 *
 * @since 0.1.0
 * @category tables
 */
export const table: (name: string) => CreateTableCommandInput = storeTable.table

/**
 * Has DynamoDB remove what is as good as new, as `updateTimeToLive` takes it: windows that have ended, and buckets that are full. Without
 * it every key that was ever used keeps an item.
 *
 * @since 0.1.0
 * @category tables
 */
export const timeToLive: (name: string) => UpdateTimeToLiveCommandInput = storeTable.timeToLive

/**
 * What stands in the table: a moment, in milliseconds since the epoch, as exact as DynamoDB adds it up, and what was taken by then. The
 * window ends at that moment, or the bucket is full again.
 */
interface State {
  readonly until: BigDecimal.BigDecimal
  readonly taken: number
}

const decimal = (text: string | undefined) => Option.flatMap(Option.fromNullable(text), BigDecimal.fromString)

const stateOf = (item: Item | undefined): Option.Option<State> =>
  Option.map(decimal(item?.["until"]?.N), (until) => ({ until, taken: Number(item?.["taken"]?.N ?? 0) }))

const number = (n: number | BigDecimal.BigDecimal) => ({ N: typeof n === "number" ? String(n) : BigDecimal.format(n) })

/** So many milliseconds after a moment; exact, where a sum of floating point would be off by parts of one. */
const after = (moment: BigDecimal.BigDecimal | number, millis: number): BigDecimal.BigDecimal =>
  BigDecimal.sum(
    typeof moment === "number" ? BigDecimal.unsafeFromNumber(moment) : moment,
    BigDecimal.unsafeFromNumber(millis)
  )

/** The milliseconds from now to a moment. */
const millisTo = (moment: BigDecimal.BigDecimal, now: number): number => BigDecimal.unsafeToNumber(after(moment, -now))

/** Whole seconds, none of them too few. */
const seconds = (millis: number) => Math.ceil(millis / 1000)

/** The milliseconds by which times that are no whole ones may be off: a microsecond, and no more than a thousandth of a token. */
const slack = (rate: number): number => Math.min(rate, 1) / 1000

/** What a bucket holds that is full in so many milliseconds. */
const held = (limit: number, rate: number, millis: number): number =>
  limit - Math.max(0, Math.ceil((millis - slack(rate)) / rate))

/** The moment on the grid of refills, which begins with the bucket, that a full bucket is counted from. */
const refilled = (until: BigDecimal.BigDecimal, rate: number, now: number): BigDecimal.BigDecimal =>
  after(until, Math.floor((slack(rate) - millisTo(until, now)) / rate) * rate)

type Problem = AwsException | keyof typeof problems

const problems = {
  NotFinite: "tokens, limit and refill rate have to be finite",
  NotWhole: "a bucket takes whole tokens, has a whole limit and a refill rate above zero",
  Unreadable: "the item is none that this store has written"
}

const storeError = (problem: Problem) =>
  new RateLimiter.RateLimitStoreError(
    typeof problem === "string"
      ? { message: problems[problem] }
      : { message: problem.message, cause: problem }
  )

type Store = RateLimiter.RateLimiterStore["Type"]

/**
 * A store over the service in the context.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Store, never, DynamoDB> =>
  Effect.map(DynamoDB, (db) => {
    /** Updates one key's item: what then stands there, or, where the condition is false, what stands there instead. */
    const update = (
      algorithm: "fixed-window" | "token-bucket",
      key: string,
      change: {
        readonly set: string
        readonly condition: string
        readonly values: Record<string, number | BigDecimal.BigDecimal>
      }
    ): Effect.Effect<Either.Either<State, Option.Option<State>>, Problem> =>
      db.updateItem({
        TableName: options.table,
        Key: {
          pk: { S: storeTable.keyText(`${options.prefix ?? "ratelimiter"}:${key}`) },
          sk: { S: algorithm }
        },
        UpdateExpression: `SET ${change.set}`,
        ConditionExpression: change.condition,
        ExpressionAttributeNames: { "#until": "until", "#ttl": "ttl" },
        ExpressionAttributeValues: Object.fromEntries(
          Object.entries(change.values).map(([name, value]) => [name, number(value)])
        ),
        ReturnValues: "ALL_NEW",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD"
      }).pipe(
        Effect.matchEffect({
          onSuccess: ({ Attributes }) =>
            Option.match(stateOf(Attributes), {
              onNone: () => Effect.fail("Unreadable" as const),
              onSome: (state) => Effect.succeed(Either.right(state))
            }),
          onFailure: (e) =>
            e._tag === "ConditionalCheckFailedException"
              ? Effect.succeed(Either.left(Option.flatMap(e.item, stateOf)))
              : Effect.fail(e)
        })
      )

    const fixedWindow = (
      window: Parameters<Store["fixedWindow"]>[0]
    ): Effect.Effect<readonly [count: number, ttl: number], Problem> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const { key, limit, tokens } = window
        const cost = Duration.toMillis(window.refillRate) * tokens
        if (![tokens, cost, limit ?? 0].every(Number.isFinite)) return Effect.fail("NotFinite" as const)
        const answer = ({ taken, until }: State) => [taken, millisTo(until, now)] as const

        const begin = limit !== undefined && tokens > limit
          ? Effect.succeed([tokens, 0] as const)
          : Effect.flatMap(
            update("fixed-window", key, {
              set: "taken = :tokens, #until = :until, #ttl = :ttl",
              condition: "attribute_not_exists(#until) OR #until <= :now",
              values: { ":tokens": tokens, ":until": after(now, cost), ":ttl": seconds(now + cost), ":now": now }
            }),
            // another has begun it
            Either.match({ onRight: (state) => Effect.succeed(answer(state)), onLeft: () => fixedWindow(window) })
          )
        const room = limit === undefined ? {} : { ":room": limit - tokens }
        return Effect.flatMap(
          update("fixed-window", key, {
            set: "taken = taken + :tokens, #until = #until + :cost, #ttl = #ttl + :seconds",
            condition: limit === undefined ? "#until > :now" : "#until > :now AND taken <= :room",
            values: { ":tokens": tokens, ":cost": cost, ":seconds": seconds(cost), ":now": now, ...room }
          }),
          Either.match({
            onRight: (state) => Effect.succeed(answer(state)),
            onLeft: (state) =>
              Option.isSome(state) && millisTo(state.value.until, now) > 0
                ? Effect.succeed([state.value.taken + tokens, millisTo(state.value.until, now)] as const)
                : begin
          })
        )
      })

    const tokenBucket = (bucket: Parameters<Store["tokenBucket"]>[0]): Effect.Effect<number, Problem> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const { allowOverflow, key, limit, tokens } = bucket
        const rate = Duration.toMillis(bucket.refillRate)
        if (![tokens, limit, rate].every(Number.isFinite)) return Effect.fail("NotFinite" as const)
        if (!Number.isInteger(tokens) || !Number.isInteger(limit) || rate <= 0) return Effect.fail("NotWhole" as const)
        const cost = rate * tokens
        const left = ({ until }: State) => held(limit, rate, millisTo(until, now))

        const fromFull = (state: Option.Option<State>): Effect.Effect<number, Problem> => {
          if (!allowOverflow && tokens > limit) return Effect.succeed(limit - tokens)
          const until = after(
            Option.match(state, { onNone: () => now, onSome: ({ until }) => refilled(until, rate, now) }),
            cost
          )
          const values = { ":until": until, ":ttl": seconds(BigDecimal.unsafeToNumber(until)) }
          return Effect.flatMap(
            update("token-bucket", key, {
              set: "#until = :until, #ttl = :ttl",
              ...Option.match(state, {
                onNone: () => ({ condition: "attribute_not_exists(#until)", values }),
                onSome: ({ until }) => ({ condition: "#until = :seen", values: { ...values, ":seen": until } })
              })
            }),
            // another was first
            Either.match({ onRight: (state) => Effect.succeed(left(state)), onLeft: () => tokenBucket(bucket) })
          )
        }

        const room = allowOverflow ? {} : { ":latest": after(now, (limit - tokens) * rate + slack(rate)) }
        return Effect.flatMap(
          update("token-bucket", key, {
            set: "#until = #until + :cost, #ttl = #ttl + :seconds",
            condition: allowOverflow ? "#until > :now" : "#until > :now AND #until <= :latest",
            values: { ":cost": cost, ":seconds": seconds(cost), ":now": now, ...room }
          }),
          Either.match({
            onRight: (state) => Effect.succeed(left(state)),
            onLeft: (state) =>
              Option.isSome(state) && millisTo(state.value.until, now) > 0
                // below zero whatever was rounded: it says that nothing was given
                ? Effect.succeed(Math.min(left(state.value) - tokens, -1))
                : fromFull(state)
          })
        )
      })

    return {
      fixedWindow: (window) => Effect.mapError(fixedWindow(window), storeError),
      tokenBucket: (bucket) => Effect.mapError(tokenBucket(bucket), storeError)
    }
  })

/**
 * A store over the service in the context.
 *
 * @example
 * ```ts
 * import * as DynamoDB from "@armature/dynamodb/DynamoDB"
 * import * as DynamoDBRateLimiterStore from "@armature/dynamodb/DynamoDBRateLimiterStore"
 * import * as RateLimiter from "@effect/experimental/RateLimiter"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const Limits = RateLimiter.layer.pipe(
 *   Layer.provide(DynamoDBRateLimiterStore.layer({ table: "app" })),
 *   Layer.provideMerge(DynamoDB.layer({ region: "eu-central-1" }))
 * )
 *
 * export const deploy = Effect.gen(function*() {
 *   const db = yield* DynamoDB.DynamoDB
 *   yield* db.createTable(DynamoDBRateLimiterStore.table("app"))
 *   yield* db.waitUntilTableExists({ TableName: "app" })
 *   yield* db.updateTimeToLive(DynamoDBRateLimiterStore.timeToLive("app"))
 * })
 *
 * // at most 100 a minute, whichever process runs it
 * export const main = Effect.gen(function*() {
 *   const limited = yield* RateLimiter.makeWithRateLimiter
 *   yield* Effect.log("sent").pipe(
 *     limited({ key: "mail", algorithm: "token-bucket", onExceeded: "delay", limit: 100, window: "1 minute" })
 *   )
 * }).pipe(Effect.provide(Limits))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<RateLimiter.RateLimiterStore, never, DynamoDB> =>
  Layer.effect(RateLimiter.RateLimiterStore, make(options))

/**
 * `layer` with its options from `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<RateLimiter.RateLimiterStore, ConfigError, DynamoDB> =>
  Layer.unwrapEffect(Effect.map(Config.unwrap(options), layer))
