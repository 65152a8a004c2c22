import * as Sdk from "@aws-sdk/client-s3"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import { settled } from "../http/client.js"
import type { Failure } from "../http/client.js"
import { Bucket, bytes, world } from "./client.js"

/** Short calls on one bucket: the output, or the failure. */
const calls = (client: Sdk.S3Client) => ({
  put: (Key: string, Body: string | Uint8Array, more: Partial<Sdk.PutObjectCommandInput> = {}) =>
    Effect.promise(() => client.send(new Sdk.PutObjectCommand({ Bucket, Key, Body, ...more }))),
  get: (Key: string, more: Partial<Sdk.GetObjectCommandInput> = {}) =>
    Effect.promise(async () => {
      const output = await client.send(new Sdk.GetObjectCommand({ Bucket, Key, ...more }))
      return { ...output, text: await output.Body?.transformToString() }
    }),
  failure: (run: () => Promise<unknown>) =>
    Effect.map(settled(run), (result) => {
      assert.instanceOf(result, Error)
      return result as Failure
    })
})

describe("objects", () => {
  it.scopedLive("keep what they are put with", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const { get, put } = calls(client)
      const given = {
        CacheControl: "max-age=1",
        ContentDisposition: "attachment; filename=\"a b.txt\"",
        ContentLanguage: "pl",
        ContentType: "text/plain; charset=utf-8",
        Expires: new Date("2030-01-01T00:00:00Z"),
        Metadata: { one: "1", "with-dash": "two words" },
        StorageClass: "STANDARD_IA",
        WebsiteRedirectLocation: "/other"
      } as const
      yield* put("a/b c+d?e#f&g=ż.txt", "text", { ...given, Tagging: "x=1&y=a%20b" })
      const got = yield* get("a/b c+d?e#f&g=ż.txt")
      assert.strictEqual(got.text, "text")
      assert.deepInclude(got, { ...given, ContentLength: 4, AcceptRanges: "bytes", TagCount: 2 })
      const head = yield* Effect.promise(() =>
        client.send(new Sdk.HeadObjectCommand({ Bucket, Key: "a/b c+d?e#f&g=ż.txt" }))
      )
      assert.deepInclude(head, { ...given, ContentLength: 4, ETag: got.ETag })
      const tags = yield* Effect.promise(() =>
        client.send(new Sdk.GetObjectTaggingCommand({ Bucket, Key: "a/b c+d?e#f&g=ż.txt" }))
      )
      assert.deepStrictEqual(tags.TagSet, [{ Key: "x", Value: "1" }, { Key: "y", Value: "a b" }])
    }))

  it.scopedLive("are read in ranges", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const { failure, get, put } = calls(client)
      yield* put("k", "0123456789")
      const range = (Range: string) =>
        Effect.map(get("k", { Range }), (got) => [got.text, got.ContentRange, got.$metadata.httpStatusCode])
      assert.deepStrictEqual(yield* range("bytes=2-4"), ["234", "bytes 2-4/10", 206])
      assert.deepStrictEqual(yield* range("bytes=7-"), ["789", "bytes 7-9/10", 206])
      assert.deepStrictEqual(yield* range("bytes=-3"), ["789", "bytes 7-9/10", 206])
      assert.deepStrictEqual(yield* range("bytes=5-100"), ["56789", "bytes 5-9/10", 206])
      assert.deepStrictEqual(yield* range("bytes=4-2"), ["0123456789", undefined, 200])
      assert.deepStrictEqual(yield* range("lines=1-2"), ["0123456789", undefined, 200])
      const outside = yield* failure(() =>
        client.send(new Sdk.GetObjectCommand({ Bucket, Key: "k", Range: "bytes=10-" }))
      )
      assert.strictEqual(outside.name, "InvalidRange")
      assert.strictEqual(outside.$metadata?.httpStatusCode, 416)
    }))

  it.scopedLive("are written under conditions", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const { failure, get, put } = calls(client)
      const write = (more: Partial<Sdk.PutObjectCommandInput>) => () =>
        client.send(new Sdk.PutObjectCommand({ Bucket, Key: "k", Body: "new", ...more }))
      assert.strictEqual((yield* failure(write({ IfMatch: "\"x\"" }))).name, "NoSuchKey")
      const { ETag } = yield* put("k", "old", { IfNoneMatch: "*" })
      const again = yield* failure(write({ IfNoneMatch: "*" }))
      assert.strictEqual(again.name, "PreconditionFailed")
      assert.strictEqual(again.$metadata?.httpStatusCode, 412)
      assert.strictEqual((yield* failure(write({ IfMatch: "\"x\"" }))).name, "PreconditionFailed")
      assert.strictEqual((yield* get("k")).text, "old")
      yield* put("k", "new", { IfMatch: ETag })
      assert.strictEqual((yield* get("k")).text, "new")
      const removal = yield* failure(() =>
        client.send(new Sdk.DeleteObjectCommand({ Bucket, Key: "k", IfMatch: ETag }))
      )
      assert.strictEqual(removal.name, "PreconditionFailed")
    }))

  it.scopedLive("are read under conditions", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const { failure, get, put } = calls(client)
      const { ETag } = yield* put("k", "text")
      const { LastModified } = yield* get("k")
      const before = new Date((LastModified?.getTime() ?? 0) - 1000)
      const status = (more: Partial<Sdk.GetObjectCommandInput>) =>
        Effect.map(
          failure(() => client.send(new Sdk.GetObjectCommand({ Bucket, Key: "k", ...more }))),
          (error) => error.$metadata?.httpStatusCode
        )
      assert.strictEqual(yield* status({ IfMatch: "\"x\"" }), 412)
      assert.strictEqual(yield* status({ IfNoneMatch: ETag }), 304)
      assert.strictEqual(yield* status({ IfModifiedSince: LastModified }), 304)
      assert.strictEqual(yield* status({ IfUnmodifiedSince: before }), 412)
      assert.strictEqual((yield* get("k", { IfMatch: ETag, IfUnmodifiedSince: before })).text, "text")
      assert.strictEqual((yield* get("k", { IfNoneMatch: "\"x\"", IfModifiedSince: LastModified })).text, "text")
    }))

  it.scopedLive("that are missing are named as AWS names them", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const { failure } = calls(client)
      const got = yield* failure(() => client.send(new Sdk.GetObjectCommand({ Bucket, Key: "none" })))
      assert.instanceOf(got, Sdk.NoSuchKey)
      const head = yield* failure(() => client.send(new Sdk.HeadObjectCommand({ Bucket, Key: "none" })))
      assert.instanceOf(head, Sdk.NotFound)
      const bucket = yield* failure(() => client.send(new Sdk.GetObjectCommand({ Bucket: "none", Key: "k" })))
      assert.strictEqual(bucket.name, "NoSuchBucket")
      const upload = yield* failure(() =>
        client.send(new Sdk.AbortMultipartUploadCommand({ Bucket, Key: "k", UploadId: "none" }))
      )
      assert.instanceOf(upload, Sdk.NoSuchUpload)
      yield* Effect.promise(() => client.send(new Sdk.DeleteObjectCommand({ Bucket, Key: "none" })))
      const acl = yield* failure(() => client.send(new Sdk.GetBucketAclCommand({ Bucket })))
      assert.strictEqual(acl.name, "NotImplemented")
    }))

  it.scopedLive("are copied, with their metadata or another", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const { failure, get, put } = calls(client)
      const { ETag } = yield* put("a b/ż", "text", { Metadata: { m: "1" }, ContentType: "text/plain" })
      const CopySource = `${Bucket}/${encodeURIComponent("a b/ż")}`
      const copy = (more: Partial<Sdk.CopyObjectCommandInput>) => () =>
        client.send(new Sdk.CopyObjectCommand({ Bucket, Key: "copy", CopySource, ...more }))
      const { CopyObjectResult } = yield* Effect.promise(copy({}))
      assert.strictEqual(CopyObjectResult?.ETag, ETag)
      assert.instanceOf(CopyObjectResult?.LastModified, Date)
      assert.deepInclude(yield* get("copy"), { text: "text", Metadata: { m: "1" }, ContentType: "text/plain" })
      yield* Effect.promise(copy({ MetadataDirective: "REPLACE", Metadata: { n: "2" } }))
      assert.deepInclude(yield* get("copy"), { text: "text", Metadata: { n: "2" } })
      assert.strictEqual((yield* failure(copy({ CopySourceIfNoneMatch: ETag }))).name, "PreconditionFailed")
      assert.strictEqual((yield* failure(copy({ Key: "a b/ż" }))).name, "InvalidRequest")
      assert.instanceOf(yield* failure(copy({ CopySource: `${Bucket}/none` })), Sdk.NoSuchKey)
      yield* put("a b/ż", "changed")
      assert.strictEqual((yield* get("copy")).text, "text")
    }))

  it.scopedLive("are deleted many at once", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const { put } = calls(client)
      for (const key of ["a", "b", "c<&>\"'"]) yield* put(key, key)
      const { Deleted } = yield* Effect.promise(() =>
        client.send(
          new Sdk.DeleteObjectsCommand({
            Bucket,
            Delete: { Objects: [{ Key: "a" }, { Key: "c<&>\"'" }, { Key: "none" }] }
          })
        )
      )
      assert.deepStrictEqual(Deleted, [{ Key: "a" }, { Key: "c<&>\"'" }, { Key: "none" }])
      const { Contents } = yield* Effect.promise(() => client.send(new Sdk.ListObjectsV2Command({ Bucket })))
      assert.deepStrictEqual(Contents?.map((one) => one.Key), ["b"])
    }))
})

describe("versions", () => {
  it.scopedLive("are kept, marked, read and removed", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const { failure, get, put } = calls(client)
      const remove = (VersionId?: string) =>
        Effect.promise(() => client.send(new Sdk.DeleteObjectCommand({ Bucket, Key: "k", VersionId })))
      const list = Effect.promise(() => client.send(new Sdk.ListObjectVersionsCommand({ Bucket })))

      yield* put("k", "zero")
      yield* Effect.promise(() =>
        client.send(
          new Sdk.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } })
        )
      )
      const one = yield* put("k", "one")
      const two = yield* put("k", "two")
      assert.notStrictEqual(one.VersionId, two.VersionId)
      assert.strictEqual((yield* get("k", { VersionId: one.VersionId })).text, "one")
      assert.strictEqual((yield* get("k", { VersionId: "null" })).text, "zero")

      const marker = yield* remove()
      assert.isTrue(marker.DeleteMarker)
      assert.instanceOf(
        yield* failure(() => client.send(new Sdk.GetObjectCommand({ Bucket, Key: "k" }))),
        Sdk.NoSuchKey
      )
      const marked = yield* failure(() =>
        client.send(new Sdk.GetObjectCommand({ Bucket, Key: "k", VersionId: marker.VersionId }))
      )
      assert.strictEqual(marked.$metadata?.httpStatusCode, 405)
      assert.isUndefined((yield* Effect.promise(() => client.send(new Sdk.ListObjectsV2Command({ Bucket })))).Contents)
      yield* put("k", "three", { IfNoneMatch: "*" })

      const all = yield* list
      assert.deepStrictEqual(all.Versions?.map((version) => version.VersionId).slice(1), [
        two.VersionId,
        one.VersionId,
        "null"
      ])
      assert.deepStrictEqual(all.DeleteMarkers?.map((version) => version.VersionId), [marker.VersionId])
      assert.deepStrictEqual(all.Versions?.map((version) => version.IsLatest), [true, false, false, false])

      const removed = yield* remove(marker.VersionId)
      assert.isTrue(removed.DeleteMarker)
      yield* remove(one.VersionId)
      const gone = yield* failure(() =>
        client.send(new Sdk.GetObjectCommand({ Bucket, Key: "k", VersionId: one.VersionId }))
      )
      assert.strictEqual(gone.name, "NoSuchVersion")
      const { Status } = yield* Effect.promise(() => client.send(new Sdk.GetBucketVersioningCommand({ Bucket })))
      assert.strictEqual(Status, "Enabled")
    }))

  it.scopedLive("are listed in pages that join to the whole", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const { put } = calls(client)
      yield* Effect.promise(() =>
        client.send(
          new Sdk.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } })
        )
      )
      for (const key of ["a", "b", "c"]) for (const text of ["1", "2", "3"]) yield* put(key, text)
      const whole = yield* Effect.promise(() => client.send(new Sdk.ListObjectVersionsCommand({ Bucket })))
      for (const MaxKeys of [1, 2, 3, 4]) {
        const joined: Array<string | undefined> = []
        let KeyMarker: string | undefined
        let VersionIdMarker: string | undefined
        do {
          const page: Sdk.ListObjectVersionsCommandOutput = yield* Effect.promise(() =>
            client.send(new Sdk.ListObjectVersionsCommand({ Bucket, MaxKeys, KeyMarker, VersionIdMarker }))
          )
          for (const version of page.Versions ?? []) joined.push(version.VersionId)
          KeyMarker = page.NextKeyMarker
          VersionIdMarker = page.NextVersionIdMarker
        } while (KeyMarker !== undefined)
        assert.deepStrictEqual(joined, whole.Versions?.map((version) => version.VersionId))
      }
    }))
})

describe("multipart uploads", () => {
  const start = (client: Sdk.S3Client, more: Partial<Sdk.CreateMultipartUploadCommandInput> = {}) =>
    Effect.promise(() => client.send(new Sdk.CreateMultipartUploadCommand({ Bucket, Key: "k", ...more })))
  const five = 5 * 1024 * 1024

  it.scopedLive("join their parts in the order of their numbers", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const { failure } = calls(client)
      const { UploadId } = yield* start(client, { Metadata: { m: "1" }, ContentType: "text/plain" })
      const all = bytes(five + 10)
      const part = (PartNumber: number, Body: Uint8Array) =>
        Effect.promise(() => client.send(new Sdk.UploadPartCommand({ Bucket, Key: "k", UploadId, PartNumber, Body })))
      const last = yield* part(7, all.subarray(five))
      yield* part(2, bytes(17))
      const first = yield* part(2, all.subarray(0, five))

      const listed = yield* Effect.promise(() => client.send(new Sdk.ListPartsCommand({ Bucket, Key: "k", UploadId })))
      assert.deepStrictEqual(listed.Parts?.map(({ ETag, PartNumber, Size }) => ({ ETag, PartNumber, Size })), [
        { ETag: first.ETag, PartNumber: 2, Size: five },
        { ETag: last.ETag, PartNumber: 7, Size: 10 }
      ])
      const uploads = yield* Effect.promise(() => client.send(new Sdk.ListMultipartUploadsCommand({ Bucket })))
      assert.deepStrictEqual(uploads.Uploads?.map((one) => one.UploadId), [UploadId])

      const complete =
        (Parts: ReadonlyArray<Sdk.CompletedPart>, more: Partial<Sdk.CompleteMultipartUploadCommandInput> = {}) => () =>
          client.send(
            new Sdk.CompleteMultipartUploadCommand({
              Bucket,
              Key: "k",
              UploadId,
              MultipartUpload: { Parts: [...Parts] },
              ...more
            })
          )
      const right = [{ PartNumber: 2, ETag: first.ETag }, { PartNumber: 7, ETag: last.ETag }]
      assert.strictEqual((yield* failure(complete([...right].reverse()))).name, "InvalidPartOrder")
      assert.strictEqual((yield* failure(complete([{ PartNumber: 3, ETag: first.ETag }]))).name, "InvalidPart")
      assert.strictEqual((yield* failure(complete([{ PartNumber: 2, ETag: last.ETag }]))).name, "InvalidPart")
      const done = yield* Effect.promise(complete(right, { IfNoneMatch: "*" }))
      assert.match(done.ETag ?? "", /-2"$/)
      const got = yield* Effect.promise(async () => {
        const output = await client.send(new Sdk.GetObjectCommand({ Bucket, Key: "k" }))
        return { ...output, body: await output.Body?.transformToByteArray() }
      })
      assert.isTrue(Buffer.compare(all, got.body ?? new Uint8Array()) === 0)
      assert.deepInclude(got, {
        Metadata: { m: "1" },
        ContentType: "text/plain",
        ETag: done.ETag,
        ChecksumType: "FULL_OBJECT"
      })
      assert.instanceOf(yield* failure(complete(right)), Sdk.NoSuchUpload)
    }), 30_000)

  it.scopedLive("refuse small parts and a key that was taken meanwhile, and end when they are aborted", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const { failure, put } = calls(client)
      const { UploadId } = yield* start(client)
      const etags: Array<string | undefined> = []
      for (const PartNumber of [1, 2]) {
        const part = yield* Effect.promise(() =>
          client.send(new Sdk.UploadPartCommand({ Bucket, Key: "k", UploadId, PartNumber, Body: "small" }))
        )
        etags.push(part.ETag)
      }
      const complete = (Parts: Array<Sdk.CompletedPart>) => () =>
        client.send(
          new Sdk.CompleteMultipartUploadCommand({
            Bucket,
            Key: "k",
            UploadId,
            MultipartUpload: { Parts },
            IfNoneMatch: "*"
          })
        )
      const both = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }))
      assert.strictEqual((yield* failure(complete(both))).name, "EntityTooSmall")
      yield* put("k", "first")
      assert.strictEqual((yield* failure(complete(both.slice(1)))).name, "PreconditionFailed")
      yield* Effect.promise(() => client.send(new Sdk.AbortMultipartUploadCommand({ Bucket, Key: "k", UploadId })))
      assert.instanceOf(yield* failure(complete(both)), Sdk.NoSuchUpload)
    }))

  it.scopedLive("take parts of other objects", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const { get, put } = calls(client)
      yield* put("source", "0123456789")
      const { UploadId } = yield* start(client)
      const { CopyPartResult } = yield* Effect.promise(() =>
        client.send(
          new Sdk.UploadPartCopyCommand({
            Bucket,
            Key: "k",
            UploadId,
            PartNumber: 1,
            CopySource: `${Bucket}/source`,
            CopySourceRange: "bytes=2-5"
          })
        )
      )
      yield* put("source", "other")
      const Parts = [{ PartNumber: 1, ETag: CopyPartResult?.ETag }]
      yield* Effect.promise(() =>
        client.send(new Sdk.CompleteMultipartUploadCommand({ Bucket, Key: "k", UploadId, MultipartUpload: { Parts } }))
      )
      assert.strictEqual((yield* get("k")).text, "2345")
    }))
})

describe("buckets", () => {
  it.scopedLive("are made, listed, found and removed", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const { failure, put } = calls(client)
      const create = (name: string, LocationConstraint?: "eu-central-1") => () =>
        client.send(
          new Sdk.CreateBucketCommand({
            Bucket: name,
            ...(LocationConstraint === undefined ? {} : { CreateBucketConfiguration: { LocationConstraint } })
          })
        )
      yield* Effect.promise(create("another", "eu-central-1"))
      assert.instanceOf(yield* failure(create("another", "eu-central-1")), Sdk.BucketAlreadyOwnedByYou)
      yield* Effect.promise(create(Bucket))
      for (const name of ["No", "a..b", "192.168.0.1"]) {
        assert.strictEqual((yield* failure(create(name))).name, "InvalidBucketName")
      }
      const { Buckets } = yield* Effect.promise(() => client.send(new Sdk.ListBucketsCommand({})))
      assert.deepStrictEqual(Buckets?.map((one) => one.Name), ["another", Bucket])
      const location = (name: string) =>
        Effect.promise(() => client.send(new Sdk.GetBucketLocationCommand({ Bucket: name })))
      assert.strictEqual((yield* location("another")).LocationConstraint, "eu-central-1")
      assert.isUndefined((yield* location(Bucket)).LocationConstraint)
      const head = yield* Effect.promise(() => client.send(new Sdk.HeadBucketCommand({ Bucket: "another" })))
      assert.strictEqual(head.BucketRegion, "eu-central-1")
      yield* put("k", "text")
      assert.strictEqual(
        (yield* failure(() => client.send(new Sdk.DeleteBucketCommand({ Bucket })))).name,
        "BucketNotEmpty"
      )
      yield* Effect.promise(() => client.send(new Sdk.DeleteBucketCommand({ Bucket: "another" })))
      assert.instanceOf(
        yield* failure(() => client.send(new Sdk.HeadBucketCommand({ Bucket: "another" }))),
        Sdk.NotFound
      )
    }))
})
