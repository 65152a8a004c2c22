/** Values in S3 and their sweeping through the AWS SDK, against the endpoint. */
import * as Endpoint from "@armature/local/Endpoint"
import * as S3Engine from "@armature/local/S3Engine"
import * as Blobs from "@armature/s3/Blobs"
import * as S3 from "@armature/s3/S3"
import * as Sweeper from "@armature/s3/Sweeper"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { assert } from "vitest"

const Bucket = "values"
const region = "us-east-1"
const account = "111122223333"
const mebibyte = 1024 * 1024
const credentials = { accessKeyId: "id", secretAccessKey: Redacted.make("secret") }
const owner: Blobs.Blobs.Owner = { table: "app", partitionKey: { S: "1" }, path: ["doc"], prefix: "docs/" }
const references = (pointers: ReadonlyArray<Blobs.Blobs.Kept>) =>
  Stream.fromIterable(pointers.flatMap((one) => one._tag === "Offloaded" ? [one.pointer] : []))

describe("through the AWS SDK", () => {
  for (const versions of [false, true]) {
    it.scopedLive(`values are stored, read, replaced and swept, versions ${versions}`, () =>
      Effect.gen(function*() {
        let now = Date.now()
        const engine = S3Engine.make({ now: () => now, random: Math.random })
        engine.execute("CreateBucket", { Bucket })
        if (versions) engine.execute("PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Enabled" } })
        const { url } = yield* Endpoint.make({ s3: Endpoint.fromS3Engine(engine), credentials: [credentials] })
        const world = Blobs.layer({ bucket: Bucket, account, region }).pipe(
          Layer.provideMerge(S3.layer({ endpoint: url, region, credentials }))
        )
        yield* Effect.gen(function*() {
          const blobs = yield* Blobs.Blobs
          const s3 = yield* S3.S3
          const whole = new Uint8Array(9 * mebibyte).map((_, i) => (i * 31 + (i >> 9)) & 255)
          const chunks = Stream.range(0, 8).pipe(Stream.map((i) => whole.slice(i * mebibyte, (i + 1) * mebibyte)))
          const old = yield* blobs.store({ owner, body: new TextEncoder().encode("old") })
          const replaced = yield* blobs.write([{ owner, body: chunks }], () =>
            Effect.succeed({ value: "ok", old: old._tag === "Offloaded" ? [{ owner, pointer: old.pointer }] : [] }))
          assert.lengthOf(replaced.deleted, 1)
          const live = replaced.stored
          const pointer = live[0]?._tag === "Offloaded" ? live[0].pointer : undefined
          if (pointer === undefined) {
            return assert.fail("inline")
          }
          assert.strictEqual(pointer.versionId !== undefined, versions)
          const got = yield* blobs.fetch(owner, pointer)
          assert.isTrue(got._tag === "Fetched" && Buffer.from(got.bytes).equals(whole))
          const gone = old._tag === "Offloaded" ? old.pointer : pointer
          assert.strictEqual((yield* Effect.flip(blobs.fetch(owner, gone))).reason, "NotFound")

          yield* blobs.store({ owner, body: new TextEncoder().encode("dead") })
          if (versions) {
            yield* s3.deleteObject({ Bucket, Key: pointer.key })
          }
          yield* s3.createMultipartUpload({ Bucket, Key: gone.key })
          now += 26 * 3600 * 1000
          const last = yield* Stream.runLast(Sweeper.sweep({
            bucket: Bucket,
            prefix: "docs/",
            tables: [{ account, region, table: "app" }],
            references: references(live),
            retain: 0
          }))
          assert.deepInclude(Option.getOrThrow(last), {
            referenced: 1,
            deleted: versions ? 2 : 1,
            failed: 0,
            aborted: 1
          })
          assert.strictEqual((yield* blobs.fetch(owner, pointer))._tag, "Fetched")
          const listed = engine.execute("ListObjectVersions", { Bucket, Prefix: "docs/" })
          const left = Either.isRight(listed)
            ? [listed.right["Versions"], listed.right["DeleteMarkers"] ?? []].flat()
            : []
          // the value and the mark of its table
          assert.lengthOf(left, 2)
        }).pipe(Effect.provide(world))
      }), 60_000)
  }
})
