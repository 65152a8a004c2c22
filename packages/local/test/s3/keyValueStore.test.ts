/** `KeyValueStore` on S3: in process, through the AWS SDK against the endpoint, and under faults. */
import * as AwsException from "@armature/aws/AwsException"
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as Endpoint from "@armature/local/Endpoint"
import * as Faults from "@armature/local/Faults"
import * as LocalS3 from "@armature/local/LocalS3"
import * as S3 from "@armature/s3/S3"
import * as S3KeyValueStore from "@armature/s3/S3KeyValueStore"
import type { PlatformError } from "@effect/platform/Error"
import { KeyValueStore } from "@effect/platform/KeyValueStore"
import { describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { assert } from "vitest"
import { anyKey, suite } from "../keyValueStore.js"

const buckets = ["documents"]
const store = S3KeyValueStore.layer({ bucket: "documents", prefix: "kv/" })
const world = LocalS3.layer({ buckets })
const inProcess = Layer.provideMerge(store, world)

suite("KeyValueStore on S3 in process", { store, world }, 10)

const overHttp = Layer.unwrapScoped(Effect.gen(function*() {
  const { local } = yield* LocalS3.make({ buckets })
  const { url } = yield* Endpoint.make({ s3: Endpoint.fromS3Engine(local.engine) })
  return S3.layer({
    endpoint: url,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: Redacted.make("test") },
    maxSockets: 16
  })
}))

suite("KeyValueStore on S3: the AWS SDK against the endpoint", { store, world: overHttp }, 2)

const systemError = (e: PlatformError | Faults.FaultNotFiredException) =>
  e._tag === "SystemError" ? [e.reason, e.method, AwsException.isAwsException(e.cause) && e.cause._tag] : [e._tag]

describe("KeyValueStore on S3", () => {
  it.live("without a prefix too a key is any text, through the AWS SDK", () =>
    Effect.flatMap(KeyValueStore, anyKey).pipe(
      Effect.provide(Layer.provide(S3KeyValueStore.layer({ bucket: "documents", prefix: "" }), overHttp))
    ))

  it.scoped("sees and clears what is under its prefix only", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore
      const other = yield* S3KeyValueStore.make({ bucket: "documents", prefix: "other/" })
      yield* store.set("key", "1")
      yield* other.set("key", "2")
      yield* store.clear
      assert.deepStrictEqual([yield* store.size, yield* other.size], [0, 1])
      assert.deepStrictEqual(yield* other.get("key"), Option.some("2"))
    }).pipe(Effect.provide(inProcess)))

  it.effect("keys that need no escape stand in the bucket as they are, and others' objects are read by their type", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const store = yield* KeyValueStore
      yield* store.set("reports/2026/Übersicht (1).json", "{}")
      const { Contents } = yield* s3.listObjectsV2({ Bucket: "documents" })
      assert.deepStrictEqual(Contents?.map(({ Key }) => Key), ["kv/reports/2026/Übersicht (1).json"])
      yield* s3.putObject({ Bucket: "documents", Key: "kv/foreign", Body: "{}", ContentType: "application/json" })
      assert.deepStrictEqual(yield* store.modify("foreign", (text) => `${text}!`), Option.some("{}!"))
      yield* s3.putObject({
        Bucket: "documents",
        Key: "kv/latin",
        Body: new Uint8Array([0xe9]),
        ContentType: "text/plain"
      })
      assert.deepStrictEqual(systemError(yield* Effect.flip(store.get("latin"))), ["InvalidData", "get", false])
    }).pipe(Effect.provide(inProcess)))

  it.effect("clears more objects than one request lists", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore
      yield* Effect.forEach(Array.from({ length: 1001 }, (_, i) => String(i)), (key) => store.set(key, ""))
      assert.strictEqual(yield* store.size, 1001)
      yield* store.clear
      assert.strictEqual(yield* store.size, 0)
    }).pipe(Effect.provide(store.pipe(Layer.provide(LocalS3.layer({ buckets, log: false }))))))

  it.scoped("a failure is a PlatformError with the typed failure behind it", () =>
    Effect.gen(function*() {
      const lost = yield* S3KeyValueStore.make({ bucket: "no-bucket", prefix: "" })
      const missing = yield* Effect.flip(lost.set("s3cr3t", "s3cr3t"))
      assert.deepStrictEqual(systemError(missing), ["NotFound", "set", "NoSuchBucket"])
      assert.notInclude(String(missing) + JSON.stringify(missing), "s3cr3t")
      const store = yield* KeyValueStore
      const late = yield* Effect.flip(store.get("s3cr3t")).pipe(
        LocalS3.withFaults([{ operation: "GetObject", failure: Faults.timedOut }]),
        AwsRetry.withPolicy(AwsRetry.none)
      )
      assert.deepStrictEqual(systemError(late), ["TimedOut", "get", "ConnectionException"])
    }).pipe(Effect.provide(inProcess)))

  it.scoped("clear fails when S3 deletes some objects and refuses others", () =>
    Effect.gen(function*() {
      const store = yield* S3KeyValueStore.make({ bucket: "documents", prefix: "" })
      assert.deepStrictEqual(systemError(yield* Effect.flip(store.clear)), ["Unknown", "clear", "ServiceException"])
    }).pipe(Effect.provide(S3.layerFake({
      listObjectsV2: () => Effect.succeed({ Contents: [{ Key: "a" }, { Key: "b" }] }),
      deleteObjects: () => Effect.succeed({ Errors: [{ Key: "b", Code: "AccessDenied" }] })
    }))))

  it.effect("a modification whose answer was lost is never applied twice, and known when it was applied", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore
      const modify = store.modify("n", (n) => `${n}+`)
      const lose = (effect: "before" | "after") =>
        LocalS3.withFaults([{ operation: "PutObject", effect, failure: Faults.connectionReset }])
      yield* store.set("n", "")
      assert.deepStrictEqual(yield* lose("after")(modify), Option.some("+"))
      assert.deepStrictEqual(systemError(yield* Effect.flip(lose("before")(modify))), [
        "Unknown",
        "modify",
        "WriteOutcomeUnknownException"
      ])
      assert.deepStrictEqual(yield* store.get("n"), Option.some("+"))
    }).pipe(Effect.provide(inProcess)))

  it.effect("takes its options from Config", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore
      yield* store.set("a", "1")
      assert.strictEqual(yield* store.size, 1)
    }).pipe(
      Effect.provide(
        S3KeyValueStore.layerConfig({ bucket: Config.string("BUCKET"), prefix: Config.succeed("p/") }).pipe(
          Layer.provide(LocalS3.layer({ buckets }))
        )
      ),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["BUCKET", "documents"]])))
    ))
})
