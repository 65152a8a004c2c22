/** `KeyValueStore` on DynamoDB: in process, through the AWS SDK against the endpoint, and under faults. */
import * as AwsException from "@armature/aws/AwsException"
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as DynamoDBKeyValueStore from "@armature/dynamodb/DynamoDBKeyValueStore"
import * as Faults from "@armature/local/Faults"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import type { PlatformError } from "@effect/platform/Error"
import { KeyValueStore } from "@effect/platform/KeyValueStore"
import { describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { assert } from "vitest"
import { suite } from "../keyValueStore.js"
import { overHttp } from "./overHttp.js"

const tables = [DynamoDBKeyValueStore.table("app")]
const store = DynamoDBKeyValueStore.layer({ table: "app" })
const world = LocalDynamoDB.layer({ tables })
const inProcess = Layer.provideMerge(store, world)

suite("KeyValueStore on DynamoDB in process", { store, world }, 100)

suite("KeyValueStore on DynamoDB: the AWS SDK against the endpoint", { store, world: overHttp(tables) }, 2)

const systemError = (e: PlatformError | Faults.FaultNotFiredException) =>
  e._tag === "SystemError" ? [e.reason, e.method, AwsException.isAwsException(e.cause) && e.cause._tag] : [e._tag]

describe("KeyValueStore on DynamoDB", () => {
  it.scoped("the stores of one table see their own entries only", () =>
    Effect.gen(function*() {
      const prefixes = ["a", "ab", "a#0", "", "%"]
      const stores = yield* Effect.forEach(prefixes, (prefix) => DynamoDBKeyValueStore.make({ table: "app", prefix }))
      yield* Effect.forEach(stores, (store, i) => store.set("key", String(i)))
      for (const [i, store] of stores.entries()) {
        assert.deepStrictEqual([yield* store.size, yield* store.get("key")], [1, Option.some(String(i))])
        yield* store.clear
        assert.isTrue(yield* store.isEmpty)
      }
    }).pipe(Effect.provide(inProcess)))

  it.effect("entries are spread over partitions", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore
      yield* Effect.forEach(Array.from({ length: 400 }, (_, i) => `user-${i}`), (key) => store.set(key, ""))
      const db = yield* DynamoDB.DynamoDB
      const { Items = [] } = yield* db.scan({ TableName: "app" })
      const counts = new Map<string | undefined, number>()
      for (const { pk } of Items) counts.set(pk?.S, (counts.get(pk?.S) ?? 0) + 1)
      assert.strictEqual(counts.size, 16)
      assert.isBelow(Math.max(...counts.values()), 3 * 400 / 16)
    }).pipe(Effect.provide(inProcess)))

  it.scoped("a failure is a PlatformError with the typed failure behind it", () =>
    Effect.gen(function*() {
      const lost = yield* DynamoDBKeyValueStore.make({ table: "none" })
      assert.deepStrictEqual(systemError(yield* Effect.flip(lost.get("s3cr3t"))), [
        "NotFound",
        "get",
        "ResourceNotFoundException"
      ])
      const store = yield* KeyValueStore
      const large = yield* Effect.flip(store.set("s3cr3t", "s3cr3t".repeat(80_000)))
      assert.deepStrictEqual(systemError(large), ["InvalidData", "set", "ValidationException"])
      assert.notInclude(String(large) + JSON.stringify(large), "s3cr3t")
      const throttled = yield* Effect.flip(store.size).pipe(
        LocalDynamoDB.withFaults([{ operation: "Query", failure: Faults.throttled() }]),
        AwsRetry.withPolicy(AwsRetry.none)
      )
      assert.deepStrictEqual(systemError(throttled), ["Busy", "size", "ThrottlingException"])
      const late = yield* Effect.flip(store.get("s3cr3t")).pipe(
        LocalDynamoDB.withFaults([{ operation: "GetItem", failure: Faults.timedOut }]),
        AwsRetry.withPolicy(AwsRetry.none)
      )
      assert.deepStrictEqual(systemError(late), ["TimedOut", "get", "ConnectionException"])
      const db = yield* DynamoDB.DynamoDB
      yield* db.updateItem({
        TableName: "app",
        Key:
          (yield* Effect.zipRight(store.set("k", "v"), db.scan({ TableName: "app", ProjectionExpression: "pk, sk" })))
            .Items?.[0] ?? {},
        UpdateExpression: "REMOVE revision"
      })
      assert.deepStrictEqual(systemError(yield* Effect.flip(store.get("k"))), ["InvalidData", "get", false])
    }).pipe(Effect.provide(inProcess)))

  it.live("a modification whose answer was lost is applied once, and known to be", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore
      const modify = store.modify("n", (n) => `${n}+`)
      const lose = (effect: "before" | "after", times: number) =>
        LocalDynamoDB.withFaults([{ operation: "PutItem", effect, times, failure: Faults.connectionReset }])
      yield* store.set("n", "")
      assert.deepStrictEqual(yield* lose("after", 1)(modify), Option.some("+"))
      assert.deepStrictEqual(yield* lose("before", 1)(modify), Option.some("++"))
      // without any repetition it is the store itself that looks
      const once = AwsRetry.withPolicy(AwsRetry.none)
      assert.deepStrictEqual(yield* once(lose("after", 1)(modify)), Option.some("+++"))
      assert.deepStrictEqual(systemError(yield* Effect.flip(once(lose("before", 1)(modify)))), [
        "Unknown",
        "modify",
        "WriteOutcomeUnknownException"
      ])
      assert.deepStrictEqual(yield* store.get("n"), Option.some("+++"))
    }).pipe(Effect.provide(inProcess)))

  it.effect("takes its options from Config", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore
      yield* store.set("a", "1")
      assert.strictEqual(yield* store.size, 1)
    }).pipe(
      Effect.provide(
        DynamoDBKeyValueStore.layerConfig({ table: Config.string("TABLE"), prefix: Config.string("PREFIX") }).pipe(
          Layer.provide(LocalDynamoDB.layer({ tables }))
        )
      ),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["TABLE", "app"], ["PREFIX", "p"]])))
    ))
})
