import * as AwsRetry from "@armature/aws/AwsRetry"
import * as Endpoint from "@armature/local/Endpoint"
import * as Faults from "@armature/local/Faults"
import * as LocalS3 from "@armature/local/LocalS3"
import * as S3 from "@armature/s3/S3"
import * as S3File from "@armature/s3/S3File"
import * as S3Upload from "@armature/s3/S3Upload"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { FileSystem } from "@effect/platform/FileSystem"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { join } from "node:path"
import { assert } from "vitest"
import { bytes } from "./client.js"
import { Bucket, folder, left, mebibyte, partSize, same, suite } from "./transfer.js"

suite("transfers in process", LocalS3.layer({ buckets: [Bucket] }))

const credentials = { accessKeyId: "test", secretAccessKey: Redacted.make("test") }

suite(
  "transfers: the AWS SDK against the endpoint",
  Layer.unwrapScoped(Effect.gen(function*() {
    const { local } = yield* LocalS3.make({ buckets: [Bucket] })
    const { url } = yield* Endpoint.make({ s3: Endpoint.fromS3Engine(local.engine), credentials: [credentials] })
    return S3.layer({ endpoint: url, region: "us-east-1", credentials, maxSockets: 8, retry: AwsRetry.none })
  }))
)

/** Two parts: as few as there can be, so that each of them can fail many times. */
const all = bytes(partSize + mebibyte)
const upload = S3Upload.upload({ Bucket, Key: "k", Body: all }, { partSize })
const world = LocalS3.layer({ buckets: [Bucket] })
/** Three attempts, no waiting. */
const atOnce = AwsRetry.withPolicy(Schedule.recurs(2))

const steps = [
  ["CreateMultipartUpload", 1],
  ["UploadPart", 1],
  ["UploadPart", 2],
  ["CompleteMultipartUpload", 1]
] as const

describe("a fault at each request of an upload", () => {
  const failures = {
    connectionReset: Faults.connectionReset,
    slowDown: Faults.slowDown
  }
  for (const [operation, nth] of steps) {
    for (const effect of ["before", "after"] as const) {
      for (const [name, failure] of Object.entries(failures)) {
        // what is refused has no effect
        if (name === "slowDown" && effect === "after") continue
        for (const times of [1, "always"] as const) {
          it.live(`${operation} ${nth}, ${name} ${effect} its effect, ${times}: the object, or nothing`, () =>
            Effect.gen(function*() {
              const s3 = yield* S3.S3
              const result = yield* Effect.either(
                upload.pipe(LocalS3.withFaults([{ operation, nth, times, effect, failure }]), atOnce)
              )
              const { objects, uploads } = yield* left
              const created = operation === "CreateMultipartUpload" && effect === "after"
              // nobody was told the name of this one
              assert.strictEqual(uploads, created ? 1 : 0)
              if (Either.isRight(result)) {
                same((yield* s3.getObject.bytes({ Bucket, Key: "k" })).Body, all)
                assert.strictEqual((yield* s3.headObject({ Bucket, Key: "k" })).ETag, result.right.ETag)
              } else {
                const e = result.left
                assert.isTrue(e._tag === "WriteOutcomeUnknownException" || e._tag === "ThrottlingException", e._tag)
                assert.deepStrictEqual(objects, [])
              }
              const recovers = times === 1 && !(operation === "CreateMultipartUpload" && name !== "slowDown")
              const landed = operation === "CompleteMultipartUpload" && effect === "after"
              assert.strictEqual(Either.isRight(result), recovers || landed)
            }).pipe(Effect.provide(world)))
        }
      }
    }
  }

  it.live("an object of the same bytes is not taken for the one that was to be made", () =>
    Effect.gen(function*() {
      yield* upload
      const e = yield* Effect.flip(
        upload.pipe(
          LocalS3.withFaults([
            { operation: "CompleteMultipartUpload", times: "always", failure: Faults.connectionReset }
          ]),
          atOnce
        )
      )
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
      assert.strictEqual((yield* left).uploads, 0)
    }).pipe(Effect.provide(world)))

  it.live("an object of other bytes is not taken for it either, though the upload is gone", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const { faults } = yield* LocalS3.LocalS3
      const fiber = yield* Effect.fork(Effect.flip(
        upload.pipe(
          faults.run([
            { operation: "CompleteMultipartUpload", times: "always", effect: "after", failure: Faults.connectionReset },
            { operation: "HeadObject", latency: "500 millis" }
          ]),
          atOnce
        )
      ))
      // another writer, between the completion and the look after it
      yield* Effect.repeat(Effect.flatMap(LocalS3.LocalS3, (local) => local.callsTo({ operation: "HeadObject" })), {
        until: (calls) => calls.length === 1
      })
      yield* s3.putObject({ Bucket, Key: "k", Body: "other" })
      assert.strictEqual((yield* fiber)._tag, "WriteOutcomeUnknownException")
    }).pipe(Effect.provide(world)))
})

describe("an upload in parts", () => {
  it.live("is aborted after its parts were stopped, by the log", () =>
    Effect.gen(function*() {
      const { calls, callsTo, faults } = yield* LocalS3.LocalS3
      const fiber = yield* Effect.fork(
        upload.pipe(faults.run([{ operation: "UploadPart", nth: 2, hang: true }]))
      )
      yield* Effect.repeat(callsTo({ operation: "UploadPart" }), { until: (all) => all.length >= 2 })
      yield* Fiber.interrupt(fiber)
      const operations = (yield* calls).map((call) => call.operation)
      assert.strictEqual(operations[operations.length - 1], "AbortMultipartUpload")
      assert.notInclude(operations, "CompleteMultipartUpload")
      assert.strictEqual((yield* left).uploads, 0)
    }).pipe(Effect.provide(world)))

  it.live("is aborted as well when the abort has to be sent again", () =>
    Effect.gen(function*() {
      const failure = Faults.connectionReset
      const e = yield* Effect.flip(
        upload.pipe(
          LocalS3.withFaults([
            { operation: "UploadPart", nth: 2, times: "always", failure },
            { operation: "AbortMultipartUpload", failure }
          ]),
          atOnce
        )
      )
      assert.deepStrictEqual([e._tag, "operation" in e && e.operation], ["WriteOutcomeUnknownException", "UploadPart"])
      assert.strictEqual((yield* left).uploads, 0)
    }).pipe(Effect.provide(world)))

  it.live("states the checksum of each part and of the whole, and the whole's length", () =>
    Effect.gen(function*() {
      const { callsTo } = yield* LocalS3.LocalS3
      const { ChecksumCRC32 } = yield* upload
      const inputs = (yield* callsTo({ operation: "UploadPart" })).map((call) => call.input as Record<string, unknown>)
      for (const input of inputs) assert.isString(input["ChecksumCRC32"])
      const [complete] = yield* callsTo({ operation: "CompleteMultipartUpload" })
      assert.deepInclude(complete?.input, { ChecksumCRC32, ChecksumType: "FULL_OBJECT", MpuObjectSize: all.length })
    }).pipe(Effect.provide(world)))
})

describe("a download", () => {
  const around = Layer.merge(world, NodeFileSystem.layer)

  it.scopedLive("asks again for a range that breaks off or is not what its checksum says, by the policy", () =>
    Effect.gen(function*() {
      yield* upload
      const file = join(yield* folder, "file")
      const { verified } = yield* S3File.download({ Bucket, Key: "k" }, file, { partSize: mebibyte }).pipe(
        LocalS3.withFaults([
          { operation: "GetObject", nth: 2, body: "truncated" },
          { operation: "GetObject", nth: 5, failure: Faults.slowDown }
        ]),
        atOnce
      )
      assert.isTrue(verified)
      const e = yield* Effect.flip(
        S3File.download({ Bucket, Key: "k" }, file, { partSize: mebibyte }).pipe(
          LocalS3.withFaults([{ operation: "GetObject", nth: 3, times: "always", body: "truncated" }]),
          atOnce
        )
      )
      assert.strictEqual(e._tag, "ConnectionException")
    }).pipe(Effect.provide(around)))

  it.scopedLive("whose bytes are not those of the object's checksum is a ChecksumMismatch, and no file", () =>
    Effect.gen(function*() {
      yield* upload
      const path = yield* folder
      for (const resume of [false, true]) {
        // a range has no checksum by which it could be found out before
        const e = yield* Effect.flip(
          S3File.download({ Bucket, Key: "k" }, join(path, "file"), { partSize: mebibyte, resume }).pipe(
            LocalS3.withFaults([{ operation: "GetObject", nth: 3, body: "corrupt" }]),
            atOnce
          )
        )
        assert.strictEqual(e._tag, "ChecksumMismatch")
        const fs = yield* FileSystem
        assert.deepStrictEqual(yield* fs.readDirectory(path), [])
      }
    }).pipe(Effect.provide(around)))

  it.scopedLive("asks for what is missing only", () =>
    Effect.gen(function*() {
      yield* upload
      const file = join(yield* folder, "file")
      const { callsTo } = yield* LocalS3.LocalS3
      const options = { partSize: mebibyte, concurrency: 1, resume: true }
      yield* Effect.flip(
        S3File.download({ Bucket, Key: "k" }, file, options).pipe(
          LocalS3.withFaults([{ operation: "GetObject", nth: 4, failure: Faults.accessDenied }])
        )
      )
      const before = (yield* callsTo({ operation: "GetObject" })).length
      const { resumed } = yield* S3File.download({ Bucket, Key: "k" }, file, options)
      assert.strictEqual(resumed, 3 * mebibyte)
      assert.strictEqual((yield* callsTo({ operation: "GetObject" })).length - before, 3)
    }).pipe(Effect.provide(around)))
})
