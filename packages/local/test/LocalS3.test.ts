/** The S3 service over the engine in process and over the AWS SDK against the endpoint: the same results. */
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Kms from "@armature/kms/Kms"
import * as Endpoint from "@armature/local/Endpoint"
import * as Local from "@armature/local/Local"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as LocalKms from "@armature/local/LocalKms"
import * as LocalS3 from "@armature/local/LocalS3"
import * as S3 from "@armature/s3/S3"
import { describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { assert } from "vitest"

const Bucket = "documents"
const mebibyte = 1024 * 1024

/** Bytes that no framing or text decoding leaves as they are. */
const bytes = (size: number): Uint8Array => {
  const out = new Uint8Array(size)
  for (let i = 0; i < size; i++) out[i] = (i * 31 + (i >> 8) * 7) & 0xff
  return out
}

const pieces = (all: Uint8Array, size: number) =>
  Stream.unfold(
    0,
    (at) => at >= all.length ? Option.none() : Option.some([all.subarray(at, at + size), at + size] as const)
  )

const same = (actual: Uint8Array, expected: Uint8Array) =>
  assert.isTrue(Buffer.from(actual).equals(Buffer.from(expected)))

class BodyFailed extends Data.TaggedError("BodyFailed")<{}> {}
class Source extends Context.Tag("Source")<Source, Uint8Array>() {}

const suite = <E>(name: string, layer: Layer.Layer<S3.S3, E>) =>
  describe(name, () => {
    const test = (
      what: string,
      body: (s3: S3.S3.Service) => Effect.Effect<void, unknown, S3.S3 | Scope.Scope>
    ) => it.scopedLive(what, () => Effect.flatMap(S3.S3, body).pipe(Effect.provide(layer)))

    test("bytes, text and a stream come back byte for byte", (s3) =>
      Effect.gen(function*() {
        const large = bytes(3 * mebibyte)
        yield* s3.putObject({ Bucket, Key: "bytes", Body: large, ContentType: "image/png", Metadata: { a: "1" } })
        const got = yield* s3.getObject.bytes({ Bucket, Key: "bytes" })
        same(got.Body, large)
        assert.deepStrictEqual([got.ContentType, got.ContentLength, got.Metadata], ["image/png", large.length, {
          a: "1"
        }])

        yield* s3.putObject({ Bucket, Key: "text", Body: "żółw" })
        assert.strictEqual((yield* s3.getObject.text({ Bucket, Key: "text" })).Body, "żółw")

        yield* s3.putObject({ Bucket, Key: "empty" })
        assert.strictEqual((yield* s3.getObject.bytes({ Bucket, Key: "empty" })).Body.length, 0)

        const Body = Stream.unwrap(Effect.map(Source, (source) => pieces(source, 70_001)))
        yield* s3.putObject({ Bucket, Key: "stream", Body, ContentLength: large.length }).pipe(
          Effect.provideService(Source, large)
        )
        const { Body: read } = yield* s3.getObject({ Bucket, Key: "stream" })
        same(Buffer.concat([...yield* Stream.runCollect(read)]), large)
      }))

    test("a stream that fails fails the call with its own failure, and nothing is stored", (s3) =>
      Effect.gen(function*() {
        const Body = Stream.concat(pieces(bytes(100_000), 10_000), Stream.fail(new BodyFailed()))
        const e = yield* Effect.flip(s3.putObject({ Bucket, Key: "failed", Body, ContentLength: 200_000 }))
        assert.strictEqual(e._tag, "BodyFailed")
        assert.strictEqual((yield* Effect.flip(s3.headObject({ Bucket, Key: "failed" })))._tag, "NoSuchKey")
      }))

    test("a stream of another length than stated is refused, and nothing is stored", (s3) =>
      Effect.gen(function*() {
        for (const ContentLength of [99_999, 100_001, 0]) {
          const e = yield* Effect.flip(
            s3.putObject({ Bucket, Key: "length", Body: pieces(bytes(100_000), 33_333), ContentLength })
          )
          assert.strictEqual(e._tag, "ValidationException")
        }
        assert.strictEqual((yield* Effect.flip(s3.headObject({ Bucket, Key: "length" })))._tag, "NoSuchKey")
      }))

    test("an interrupted put stops its body", (s3) =>
      Effect.gen(function*() {
        const began = yield* Deferred.make<void>()
        const stopped = yield* Deferred.make<void>()
        const Body = Stream.concat(
          Stream.make(bytes(1000)),
          Stream.fromEffect(Effect.zipRight(Deferred.succeed(began, undefined), Effect.never))
        ).pipe(Stream.ensuring(Deferred.succeed(stopped, undefined)))
        const fiber = yield* Effect.fork(s3.putObject({ Bucket, Key: "stopped", Body, ContentLength: 2000 }))
        yield* Deferred.await(began)
        yield* Fiber.interrupt(fiber)
        yield* Deferred.await(stopped)
        assert.strictEqual((yield* Effect.flip(s3.headObject({ Bucket, Key: "stopped" })))._tag, "NoSuchKey")
      }))

    test("what is missing, by name", (s3) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* Effect.flip(s3.getObject({ Bucket, Key: "none" })))._tag, "NoSuchKey")
        assert.strictEqual((yield* Effect.flip(s3.headObject({ Bucket, Key: "none" })))._tag, "NoSuchKey")
        assert.strictEqual((yield* Effect.flip(s3.getObject({ Bucket: "no-bucket", Key: "k" })))._tag, "NoSuchBucket")
        assert.strictEqual((yield* Effect.flip(s3.headBucket({ Bucket: "no-bucket" })))._tag, "NoSuchBucket")
        assert.strictEqual((yield* Effect.flip(s3.putObject({ Bucket: "no-bucket", Key: "k" })))._tag, "NoSuchBucket")
        yield* s3.putObject({ Bucket, Key: "one" })
        const version = yield* Effect.flip(s3.getObject({ Bucket, Key: "one", VersionId: "v" }))
        assert.strictEqual(version._tag, "NoSuchVersion")
        const upload = yield* Effect.flip(s3.uploadPart({ Bucket, Key: "k", UploadId: "u", PartNumber: 1, Body: "x" }))
        assert.strictEqual(upload._tag, "NoSuchUpload")
      }))

    test("conditions of reads and writes", (s3) =>
      Effect.gen(function*() {
        const Key = "conditional"
        const { ETag } = yield* s3.putObject({ Bucket, Key, Body: "1", IfNoneMatch: "*" })
        const second = yield* Effect.flip(s3.putObject({ Bucket, Key, Body: "2", IfNoneMatch: "*" }))
        assert.strictEqual(second._tag, "PreconditionFailed")
        const absent = yield* Effect.flip(s3.putObject({ Bucket, Key: "absent", Body: "2", IfMatch: ETag }))
        assert.strictEqual(absent._tag, "NoSuchKey")
        yield* s3.putObject({ Bucket, Key, Body: "2", IfMatch: ETag })
        const other = yield* Effect.flip(s3.putObject({ Bucket, Key, Body: "3", IfMatch: ETag }))
        assert.strictEqual(other._tag, "PreconditionFailed")
        const read = yield* Effect.flip(s3.getObject.text({ Bucket, Key, IfMatch: ETag }))
        assert.strictEqual(read._tag, "PreconditionFailed")
        const head = yield* s3.headObject({ Bucket, Key })
        const unchanged = { Bucket, Key, IfNoneMatch: head.ETag }
        assert.strictEqual((yield* Effect.flip(s3.getObject(unchanged)))._tag, "NotModified")
        assert.strictEqual((yield* Effect.flip(s3.headObject(unchanged)))._tag, "NotModified")
        const headed = yield* Effect.flip(s3.headObject({ Bucket, Key, IfMatch: ETag }))
        assert.strictEqual(headed._tag, "PreconditionFailed")
      }))

    test("ranges", (s3) =>
      Effect.gen(function*() {
        const all = bytes(1000)
        yield* s3.putObject({ Bucket, Key: "ranges", Body: all })
        const part = yield* s3.getObject.bytes({ Bucket, Key: "ranges", Range: "bytes=10-19" })
        same(part.Body, all.subarray(10, 20))
        assert.strictEqual(part.ContentRange, "bytes 10-19/1000")
        const beyond = { Bucket, Key: "ranges", Range: "bytes=2000-" }
        const got = yield* Effect.flip(s3.getObject(beyond))
        const headed = yield* Effect.flip(s3.headObject(beyond))
        for (const e of [got, headed]) assert.deepStrictEqual([e._tag, e.code], ["ValidationException", "InvalidRange"])
      }))

    test("a wrong checksum is refused", (s3) =>
      Effect.gen(function*() {
        const e = yield* Effect.flip(
          s3.putObject({ Bucket, Key: "k", Body: "abc", ChecksumSHA256: Buffer.alloc(32).toString("base64") })
        )
        assert.strictEqual(e._tag, "ChecksumMismatch")
      }))

    test("deletes one and many, and copies", (s3) =>
      Effect.gen(function*() {
        yield* s3.putObject({ Bucket, Key: "d/1", Body: "one" })
        yield* s3.copyObject({ Bucket, Key: "d/2", CopySource: `${Bucket}/d/1` })
        assert.strictEqual((yield* s3.getObject.text({ Bucket, Key: "d/2" })).Body, "one")
        const none = yield* Effect.flip(s3.copyObject({ Bucket, Key: "d/3", CopySource: `${Bucket}/d/none` }))
        assert.strictEqual(none._tag, "NoSuchKey")
        yield* s3.deleteObject({ Bucket, Key: "d/1" })
        const { Deleted } = yield* s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: "d/1" }, { Key: "d/2" }] } })
        assert.deepStrictEqual(Deleted?.map((one) => one.Key), ["d/1", "d/2"])
        assert.strictEqual((yield* s3.listObjectsV2({ Bucket, Prefix: "d/" })).KeyCount, 0)
      }))

    test("lists page by page, and all objects as a stream", (s3) =>
      Effect.gen(function*() {
        const keys = ["l/1", "l/2", "l/3", "l/4", "l/5"]
        yield* Effect.forEach(keys, (Key) => s3.putObject({ Bucket, Key, Body: Key }), { concurrency: 5 })
        const input = { Bucket, Prefix: "l/", MaxKeys: 2 }
        const objects = yield* Stream.runCollect(s3.listObjectsV2.objects(input))
        assert.deepStrictEqual([...objects].map((one) => one.Key), keys)
        const pages = yield* Stream.runCollect(s3.listObjectsV2.pages(input))
        assert.deepStrictEqual([...pages].map((page) => page.KeyCount), [2, 2, 1])
        const first = yield* Stream.runCollect(Stream.take(s3.listObjectsV2.objects(input), 1))
        assert.strictEqual(Chunk.size(first), 1)
      }))

    test("uploads in parts", (s3) =>
      Effect.gen(function*() {
        const Key = "parts"
        const all = bytes(6 * mebibyte)
        const { UploadId } = yield* s3.createMultipartUpload({ Bucket, Key })
        const first = yield* s3.uploadPart({
          Bucket,
          Key,
          UploadId,
          PartNumber: 1,
          Body: all.subarray(0, 5 * mebibyte)
        })
        const rest = all.subarray(5 * mebibyte)
        const second = yield* s3.uploadPart({
          Bucket,
          Key,
          UploadId,
          PartNumber: 2,
          Body: pieces(rest, 65_536),
          ContentLength: rest.length
        })
        const { Parts } = yield* s3.listParts({ Bucket, Key, UploadId })
        assert.deepStrictEqual(Parts?.map((part) => part.Size), [5 * mebibyte, rest.length])
        assert.strictEqual((yield* s3.listMultipartUploads({ Bucket, Prefix: Key })).Uploads?.length, 1)
        const swapped = yield* Effect.flip(s3.completeMultipartUpload({
          Bucket,
          Key,
          UploadId,
          MultipartUpload: { Parts: [{ PartNumber: 2, ETag: second.ETag }, { PartNumber: 1, ETag: first.ETag }] }
        }))
        assert.deepStrictEqual([swapped._tag, swapped.code], ["ValidationException", "InvalidPartOrder"])
        yield* s3.completeMultipartUpload({
          Bucket,
          Key,
          UploadId,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag: first.ETag }, { PartNumber: 2, ETag: second.ETag }] }
        })
        same((yield* s3.getObject.bytes({ Bucket, Key })).Body, all)
        assert.strictEqual(
          (yield* Effect.flip(s3.abortMultipartUpload({ Bucket, Key, UploadId })))._tag,
          "NoSuchUpload"
        )

        const other = yield* s3.createMultipartUpload({ Bucket, Key: "copied" })
        const at = { Bucket, Key: "copied", UploadId: other.UploadId, PartNumber: 1 }
        yield* s3.uploadPartCopy({ ...at, CopySource: `${Bucket}/${Key}`, CopySourceRange: "bytes=0-9" })
        yield* s3.abortMultipartUpload({ Bucket, Key: "copied", UploadId: other.UploadId })
        assert.strictEqual(
          (yield* Effect.flip(s3.listParts({ Bucket, Key: "copied", UploadId: other.UploadId })))._tag,
          "NoSuchUpload"
        )
      }))

    test("buckets", (s3) =>
      Effect.gen(function*() {
        yield* s3.ping
        yield* s3.createBucket({ Bucket: "made-here" })
        yield* s3.headBucket({ Bucket: "made-here" })
        yield* s3.putObject({ Bucket: "made-here", Key: "k" })
        assert.strictEqual((yield* Effect.flip(s3.deleteBucket({ Bucket: "made-here" })))._tag, "BucketNotEmpty")
        yield* s3.deleteObject({ Bucket: "made-here", Key: "k" })
        yield* s3.deleteBucket({ Bucket: "made-here" })
        const { Buckets } = yield* s3.listBuckets()
        assert.deepStrictEqual(Buckets?.map((one) => one.Name), [Bucket])
        const name = yield* Effect.flip(s3.createBucket({ Bucket: "NO" }))
        assert.deepStrictEqual([name._tag, name.code], ["ValidationException", "InvalidBucketName"])
      }))

    test("a body belongs to its scope", (s3) =>
      Effect.gen(function*() {
        const all = bytes(mebibyte)
        yield* s3.putObject({ Bucket, Key: "scoped", Body: all })
        // more than there are sockets: each unread body would keep one
        yield* Effect.forEach(
          Array.from({ length: 32 }),
          () => Effect.scoped(s3.getObject({ Bucket, Key: "scoped" })),
          { concurrency: 4, discard: true }
        )
        const taken = yield* Effect.scoped(
          Effect.flatMap(s3.getObject({ Bucket, Key: "scoped" }), ({ Body }) => Stream.runHead(Body))
        )
        assert.isTrue(taken._tag === "Some")
        yield* s3.headObject({ Bucket, Key: "scoped" })
      }))

    test("a URL is signed for one to seven days only", (s3) =>
      Effect.gen(function*() {
        for (const expiresIn of ["8 days", "0 seconds"] as const) {
          const e = yield* Effect.flip(s3.presignGetObject({ Bucket, Key: "k" }, { expiresIn }))
          assert.strictEqual(e._tag, "ValidationException")
        }
        const url = new URL(yield* s3.presignPutObject({ Bucket, Key: "k" }, { expiresIn: "1 hour" }))
        assert.strictEqual(url.searchParams.get("X-Amz-Expires"), "3600")
      }))
  })

suite("S3 in process", LocalS3.layer({ buckets: [Bucket] }))

const credentials = { accessKeyId: "test", secretAccessKey: Redacted.make("test") }

suite(
  "S3: the AWS SDK against the endpoint",
  Layer.unwrapScoped(Effect.gen(function*() {
    const { local } = yield* LocalS3.make({ buckets: [Bucket] })
    const { url } = yield* Endpoint.make({ s3: Endpoint.fromS3Engine(local.engine), credentials: [credentials] })
    return S3.layer({ endpoint: url, region: "us-east-1", credentials, maxSockets: 8, retry: AwsRetry.none })
  }))
)

describe("LocalS3", () => {
  it.effect("a bucket that is none is a ConfigurationException that names it", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Effect.scoped(LocalS3.make({ buckets: [Bucket, "A B"] })))
      assert.deepStrictEqual([e._tag, e.option, e.operation], ["ConfigurationException", "buckets[1]", "CreateBucket"])
    }))

  it.scopedLive("a presigned URL is fetched from an endpoint over the same engine", () =>
    Effect.gen(function*() {
      const { local } = yield* LocalS3.make({ buckets: [Bucket] })
      const { url } = yield* Endpoint.make({ s3: Endpoint.fromS3Engine(local.engine) })
      const { transport } = yield* LocalS3.make({ url })
      const s3 = yield* Effect.provideService(S3.make(), S3.S3Transport, transport)
      const put = yield* s3.presignPutObject({ Bucket, Key: "a b" }, { expiresIn: "1 minute" })
      const get = yield* s3.presignGetObject({ Bucket, Key: "a b" }, { expiresIn: "1 minute" })
      yield* Effect.promise(() => fetch(put, { method: "PUT", body: "text" }))
      assert.strictEqual(yield* Effect.promise(async () => (await fetch(get)).text()), "text")
    }))

  it.effect("fails by rules, and keeps its calls", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const failure = Wire.serviceFault({ code: "SlowDown", statusCode: 503, message: "" })
      const e = yield* Effect.flip(
        s3.putObject({ Bucket, Key: "k" }).pipe(
          LocalS3.withFaults([{ operation: "PutObject", bucket: Bucket, failure }]),
          AwsRetry.withPolicy(AwsRetry.none)
        )
      )
      assert.strictEqual(e._tag, "ThrottlingException")
      const { calls } = yield* LocalS3.LocalS3
      assert.deepStrictEqual((yield* calls).map((call) => call.operation), ["PutObject"])
    }).pipe(Effect.provide(LocalS3.layer({ buckets: [Bucket] }))))

  it.effect("a body that a rule harms is never taken for the object", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      yield* s3.putObject({ Bucket, Key: "k", Body: bytes(1000) })
      const harmed = (body: "truncated" | "corrupt") =>
        Effect.flip(
          s3.getObject.bytes({ Bucket, Key: "k" }).pipe(
            LocalS3.withFaults([{ operation: "GetObject", body }]),
            AwsRetry.withPolicy(AwsRetry.none)
          )
        )
      assert.strictEqual((yield* harmed("truncated"))._tag, "ConnectionException")
      assert.strictEqual((yield* harmed("corrupt"))._tag, "ChecksumMismatch")
    }).pipe(Effect.provide(LocalS3.layer({ buckets: [Bucket] }))))

  it.effect("what is read is a copy", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      yield* s3.putObject({ Bucket, Key: "k", Body: bytes(10) })
      yield* Effect.scoped(Effect.flatMap(s3.getObject({ Bucket, Key: "k" }), ({ Body }) =>
        Stream.runForEach(Body, (piece) =>
          Effect.sync(() => piece.fill(0)))))
      same((yield* s3.getObject.bytes({ Bucket, Key: "k" })).Body, bytes(10))
    }).pipe(Effect.provide(LocalS3.layer({ buckets: [Bucket] }))))
})

describe("Local", () => {
  const table = {
    TableName: "users",
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" as const }],
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" as const }],
    BillingMode: "PAY_PER_REQUEST" as const
  }
  const layer = Local.layer({ tables: [table], keys: ["pii"], buckets: [Bucket] })

  it.effect("gives the three services, and what is behind them", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      const kms = yield* Kms.Kms
      const s3 = yield* S3.S3
      yield* db.putItem({ TableName: "users", Item: { id: { S: "1" } } })
      yield* kms.describeKey({ KeyId: "alias/pii" })
      yield* s3.putObject({ Bucket, Key: "k", Body: "v" })
      const locals = [yield* LocalDynamoDB.LocalDynamoDB, yield* LocalKms.LocalKms, yield* LocalS3.LocalS3]
      const seen = yield* Effect.forEach(locals, (local) => local.calls)
      assert.deepStrictEqual(seen.flat().map((call) => call.operation), ["PutItem", "DescribeKey", "PutObject"])
    }).pipe(Effect.provide(layer)))

  it.effect("each layer is a world of its own", () =>
    Effect.gen(function*() {
      const put = Effect.flatMap(S3.S3, (s3) => s3.putObject({ Bucket, Key: "k", Body: "v" }))
      const get = Effect.flatMap(S3.S3, (s3) => s3.getObject.text({ Bucket, Key: "k" }))
      yield* Effect.provide(put, layer)
      const e = yield* Effect.flip(Effect.provide(get, Local.layer({ buckets: [Bucket] })))
      assert.strictEqual(e._tag, "NoSuchKey")
    }))
})
