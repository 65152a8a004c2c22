/** What uploads, downloads and the helpers around bodies promise, over whatever carries the requests of S3. */
import * as S3 from "@armature/s3/S3"
import * as S3File from "@armature/s3/S3File"
import * as S3Upload from "@armature/s3/S3Upload"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { FileSystem } from "@effect/platform/FileSystem"
import { describe, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { join } from "node:path"
import { assert } from "vitest"
import { bytes } from "./client.js"

export const Bucket = "transfers"
export const mebibyte = 1024 * 1024
/** The smallest that S3 takes. */
export const partSize = 5 * mebibyte

const pieces = (all: Uint8Array, size = 1_000_003) =>
  Stream.unfold(
    0,
    (at) => at >= all.length ? Option.none() : Option.some([all.subarray(at, at + size), at + size] as const)
  )

export const same = (actual: Uint8Array, expected: Uint8Array): void =>
  assert.isTrue(
    Buffer.compare(actual, expected) === 0,
    `${actual.length} bytes are not the ${expected.length} expected`
  )

/** Uploads in parts that are under way, and keys of objects. */
export const left = Effect.flatMap(S3.S3, (s3) =>
  Effect.all({
    uploads: Effect.map(Stream.runCollect(s3.listMultipartUploads.uploads({ Bucket })), (all) => all.length),
    objects: Effect.map(
      Stream.runCollect(s3.listObjectsV2.objects({ Bucket })),
      (all) => [...all].map((one) => one.Key)
    )
  }))

/** A folder that is gone with the scope. */
export const folder = Effect.flatMap(FileSystem, (fs) => fs.makeTempDirectoryScoped())

class BodyFailed extends Data.TaggedError("BodyFailed")<{}> {}

/** Runs the suite on a Layer that gives a service with the bucket `Bucket`, empty, each time it is built. */
export const suite = <E>(name: string, layer: Layer.Layer<S3.S3, E>) =>
  describe(name, () => {
    const test = (
      what: string,
      body: (s3: S3.S3.Service) => Effect.Effect<void, unknown, S3.S3 | FileSystem | Scope.Scope>
    ) =>
      it.scopedLive(
        what,
        () => Effect.flatMap(S3.S3, body).pipe(Effect.provide(Layer.merge(Layer.fresh(layer), NodeFileSystem.layer))),
        30_000
      )

    test("an upload of any size comes back byte for byte, with what it was given", (s3) =>
      Effect.gen(function*() {
        for (
          const [size, parts] of [[0, undefined], [1, undefined], [partSize, undefined], [partSize + 1, 2], [
            12 * mebibyte,
            3
          ]] as const
        ) {
          const all = bytes(size)
          for (const Body of [all, pieces(all), pieces(all, 3 * partSize)]) {
            const given = { ContentType: "image/png", Metadata: { one: "1" } }
            const made = yield* S3Upload.upload({ Bucket, Key: "k", Body, ...given }, { partSize })
            const { Body: got, ...output } = yield* s3.getObject.bytes({ Bucket, Key: "k", ChecksumMode: "ENABLED" })
            same(got, all)
            assert.deepInclude(output, { ...given, ETag: made.ETag, ChecksumCRC32: made.ChecksumCRC32 })
            assert.strictEqual(output.ChecksumType, "FULL_OBJECT")
            assert.deepInclude(made, { ContentLength: size, PartsCount: parts })
          }
        }
        yield* S3Upload.upload({ Bucket, Key: "text", Body: "żółw" })
        assert.strictEqual((yield* s3.getObject.text({ Bucket, Key: "text" })).Body, "żółw")
        assert.strictEqual((yield* left).uploads, 0)
      }))

    test("an upload holds no more than the parts on their way, and tells how far it is", () =>
      Effect.gen(function*() {
        const all = bytes(40 * mebibyte)
        let pulled = 0
        let most = 0
        const seen: Array<S3Upload.Progress> = []
        const Body = Stream.tap(pieces(all, mebibyte), (piece) => Effect.sync(() => (pulled += piece.length)))
        yield* S3Upload.upload({ Bucket, Key: "k", Body, ContentLength: all.length }, {
          partSize,
          concurrency: 2,
          onProgress: (progress) =>
            Effect.sync(() => {
              most = Math.max(most, pulled - progress.transferred)
              seen.push(progress)
            })
        })
        // those on their way, the one just arrived, the next one, and the piece by which it is known to be no last one
        assert.isAtMost(most, 4 * partSize + mebibyte)
        assert.deepStrictEqual(
          seen,
          Array.from({ length: 8 }, (_, i) => ({ transferred: (i + 1) * partSize, total: all.length }))
        )
      }))

    test("an upload under a condition is refused by it, and leaves nothing", (s3) =>
      Effect.gen(function*() {
        const { ETag } = yield* s3.putObject({ Bucket, Key: "k", Body: "first" })
        for (const size of [10, partSize + 1]) {
          for (const condition of [{ IfNoneMatch: "*" }, { IfMatch: "\"other\"" }]) {
            const e = yield* Effect.flip(
              S3Upload.upload({ Bucket, Key: "k", Body: bytes(size), ...condition }, { partSize })
            )
            assert.strictEqual(e._tag, "PreconditionFailed")
          }
        }
        assert.deepStrictEqual(yield* left, { uploads: 0, objects: ["k"] })
        yield* S3Upload.upload({ Bucket, Key: "k", Body: bytes(partSize + 1), IfMatch: ETag }, { partSize })
        same((yield* s3.getObject.bytes({ Bucket, Key: "k" })).Body, bytes(partSize + 1))
      }))

    test("an upload whose body fails, or has not the length stated, fails so, and leaves nothing", () =>
      Effect.gen(function*() {
        for (const size of [mebibyte, 12 * mebibyte]) {
          const all = bytes(size)
          const failing = Stream.concat(pieces(all), Stream.fail(new BodyFailed()))
          const e = yield* Effect.flip(S3Upload.upload({ Bucket, Key: "k", Body: failing }, { partSize }))
          assert.strictEqual(e._tag, "BodyFailed")
          for (const ContentLength of [size - 1, size + 1]) {
            for (const Body of [all, pieces(all)]) {
              const e = yield* Effect.flip(S3Upload.upload({ Bucket, Key: "k", Body, ContentLength }, { partSize }))
              assert.strictEqual(e._tag, "ValidationException")
            }
          }
        }
        assert.deepStrictEqual(yield* left, { uploads: 0, objects: [] })
      }))

    test("an upload that is interrupted is aborted", (s3) =>
      Effect.gen(function*() {
        const waits = yield* Deferred.make<void>()
        const Body = Stream.concat(
          pieces(bytes(11 * mebibyte)),
          Stream.fromEffect(Effect.zipRight(Deferred.succeed(waits, undefined), Effect.never))
        )
        const fiber = yield* Effect.fork(S3Upload.upload({ Bucket, Key: "k", Body }, { partSize }))
        yield* Deferred.await(waits)
        // else nothing would be aborted
        yield* Effect.repeat(s3.listMultipartUploads({ Bucket }), { until: ({ Uploads = [] }) => Uploads.length === 1 })
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* left, { uploads: 0, objects: [] })
      }))

    test("options that cannot be honoured are refused before anything is read", () =>
      Effect.gen(function*() {
        const Body = Stream.die("read")
        for (
          const options of [{ partSize: partSize - 1 }, { partSize: 5.5 * mebibyte + 0.5 }, { concurrency: 0 }, {
            concurrency: NaN
          }]
        ) {
          const e = yield* Effect.flip(S3Upload.upload({ Bucket, Key: "k", Body }, options))
          assert.strictEqual(e._tag, "ValidationException")
        }
      }))

    test("files are put, uploaded, read and downloaded byte for byte", (s3) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem
        const path = join(yield* folder, "file")
        for (const size of [0, 3 * mebibyte + 1, 11 * mebibyte]) {
          const all = bytes(size)
          yield* fs.writeFile(path, all)
          yield* S3File.putObject({ Bucket, Key: "put", IfNoneMatch: size === 0 ? "*" : undefined }, path)
          same((yield* s3.getObject.bytes({ Bucket, Key: "put" })).Body, all)
          const { ETag } = yield* S3File.upload({ Bucket, Key: "uploaded" }, path, { partSize })
          same((yield* s3.getObject.bytes({ Bucket, Key: "uploaded" })).Body, all)

          const got = yield* S3File.getObject({ Bucket, Key: "put" }, `${path}.got`)
          assert.strictEqual(got.ContentLength, size)
          same(yield* fs.readFile(`${path}.got`), all)
          const seen: Array<S3Upload.Progress> = []
          const onProgress = (progress: S3Upload.Progress) => Effect.sync(() => void seen.push(progress))
          const downloaded = yield* S3File.download({ Bucket, Key: "uploaded" }, `${path}.down`, {
            partSize: mebibyte,
            concurrency: 3,
            onProgress
          })
          assert.deepStrictEqual(downloaded, {
            ETag: ETag ?? "",
            VersionId: undefined,
            ContentLength: size,
            resumed: 0,
            verified: true
          })
          same(yield* fs.readFile(`${path}.down`), all)
          assert.strictEqual(seen.length, Math.ceil(size / mebibyte))
          assert.deepStrictEqual(seen[seen.length - 1], size === 0 ? undefined : { transferred: size, total: size })
        }
      }))

    test("a read that fails leaves the file as it was, and nothing beside it", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem
        const path = yield* folder
        const file = join(path, "file")
        yield* fs.writeFileString(file, "before")
        const missing = { Bucket, Key: "missing" }
        assert.strictEqual((yield* Effect.flip(S3File.getObject(missing, file)))._tag, "NoSuchKey")
        assert.strictEqual((yield* Effect.flip(S3File.download(missing, file)))._tag, "NoSuchKey")
        assert.strictEqual((yield* Effect.flip(S3File.upload(missing, join(path, "none"))))._tag, "SystemError")
        assert.strictEqual(yield* fs.readFileString(file), "before")
        assert.deepStrictEqual(yield* fs.readDirectory(path), ["file"])
      }))

    test("a download is of one object: one that is replaced meanwhile is PreconditionFailed", (s3) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem
        const path = yield* folder
        yield* s3.putObject({ Bucket, Key: "k", Body: bytes(8 * mebibyte) })
        const replace = Effect.ignore(s3.putObject({ Bucket, Key: "k", Body: new Uint8Array(8 * mebibyte) }))
        for (const resume of [false, true]) {
          const e = yield* Effect.flip(
            S3File.download({ Bucket, Key: "k" }, join(path, "file"), {
              partSize: mebibyte,
              concurrency: 1,
              resume,
              onProgress: () => replace
            })
          )
          assert.strictEqual(e._tag, "PreconditionFailed")
          assert.deepStrictEqual(
            (yield* fs.readDirectory(path)).sort(),
            resume ? ["file.part", "file.part.log"] : []
          )
          yield* s3.putObject({ Bucket, Key: "k", Body: bytes(8 * mebibyte) })
        }
        const other = yield* Effect.flip(
          S3File.download({ Bucket, Key: "k", IfMatch: "\"other\"" }, join(path, "file"))
        )
        assert.strictEqual(other._tag, "PreconditionFailed")
      }))

    test("a download goes on where the last one stopped, with what is still as it was written", (s3) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem
        const file = join(yield* folder, "file")
        const all = bytes(8 * mebibyte)
        yield* S3Upload.upload({ Bucket, Key: "k", Body: all })
        const options = { partSize: mebibyte, concurrency: 1, resume: true }
        const stopAfter = (count: number) => {
          let ranges = 0
          return S3File.download({ Bucket, Key: "k" }, file, {
            ...options,
            onProgress: () => Effect.suspend(() => ++ranges === count ? Effect.interrupt : Effect.void)
          })
        }
        yield* Effect.exit(stopAfter(5))
        assert.isFalse(yield* fs.exists(file))
        // one bit of the second range, and a line that was being written
        const harmed = yield* fs.readFile(`${file}.part`)
        harmed[mebibyte + 7]! ^= 1
        yield* fs.writeFile(`${file}.part`, harmed)
        yield* fs.writeFileString(`${file}.part.log`, "6 12", { flag: "a" })
        const output = yield* S3File.download({ Bucket, Key: "k" }, file, options)
        assert.strictEqual(output.resumed, 4 * mebibyte)
        assert.isTrue(output.verified)
        same(yield* fs.readFile(file), all)
        assert.isFalse((yield* fs.exists(`${file}.part`)) || (yield* fs.exists(`${file}.part.log`)))

        yield* Effect.exit(stopAfter(3))
        const other = new Uint8Array(8 * mebibyte)
        yield* s3.putObject({ Bucket, Key: "k", Body: other })
        assert.strictEqual((yield* S3File.download({ Bucket, Key: "k" }, file, options)).resumed, 0)
        same(yield* fs.readFile(file), other)
      }))

    test("JSON by a schema; what it is not is said by its place, never by its text", (s3) =>
      Effect.gen(function*() {
        const schema = Schema.Struct({ at: Schema.Date, names: Schema.Array(Schema.String) })
        const json = (Body: string | Uint8Array) =>
          Effect.zipRight(
            s3.putObject({ Bucket, Key: "json", Body }),
            s3.getObject.json({ Bucket, Key: "json" }, schema)
          )
        const { Body } = yield* json(`{"at":"2026-01-01T00:00:00.000Z","names":["a"]}`)
        assert.deepStrictEqual(Body, { at: new Date("2026-01-01"), names: ["a"] })
        const wrong = yield* Effect.flip(json(`{"at":"2026-01-01T00:00:00.000Z","names":["SECRET", 5]}`))
        assert.isTrue(wrong._tag === "SerializationException")
        assert.deepStrictEqual("path" in wrong ? wrong.path : undefined, ["names", 1])
        for (const bad of ["{", "", new Uint8Array([0x22, 0xff, 0x22])]) {
          const e = yield* Effect.flip(json(bad))
          assert.strictEqual(e._tag, "SerializationException")
        }
        assert.notInclude(String(wrong), "SECRET")
      }))

    test("every list is a stream of pages, and of what is in them", (s3) =>
      Effect.gen(function*() {
        const Key = "k"
        const { UploadId } = yield* s3.createMultipartUpload({ Bucket, Key })
        for (const PartNumber of [1, 2, 3]) yield* s3.uploadPart({ Bucket, Key, UploadId, PartNumber, Body: "x" })
        const part = { Bucket, Key, UploadId, MaxParts: 2 }
        const parts = yield* Stream.runCollect(s3.listParts.parts(part))
        assert.deepStrictEqual([...parts].map((one) => one.PartNumber), [1, 2, 3])
        assert.strictEqual((yield* Stream.runCollect(s3.listParts.pages(part))).length, 2)

        // two of one key: a page may end between them
        for (const Key of ["k", "l", "m"]) yield* s3.createMultipartUpload({ Bucket, Key })
        const uploads = yield* Stream.runCollect(s3.listMultipartUploads.uploads({ Bucket, MaxUploads: 1 }))
        assert.deepStrictEqual([...uploads].map((one) => one.Key), ["k", "k", "l", "m"])

        yield* s3.createBucket({ Bucket: "another" })
        const buckets = yield* Stream.runCollect(s3.listBuckets.buckets({ MaxBuckets: 1 }))
        assert.deepStrictEqual([...buckets].map((one) => one.Name), ["another", Bucket])
        assert.strictEqual((yield* Stream.runCollect(s3.listBuckets.pages({ MaxBuckets: 1 }))).length, 2)
        assert.strictEqual((yield* Stream.runCollect(s3.listBuckets.buckets())).length, 2)

        for (const Key of ["a", "b", "c"]) yield* s3.putObject({ Bucket, Key })
        const versions = yield* Stream.runCollect(s3.listObjectVersions.pages({ Bucket, MaxKeys: 1 }))
        assert.deepStrictEqual([...versions].flatMap(({ Versions = [] }) => Versions.map((one) => one.Key)), [
          "a",
          "b",
          "c"
        ])
      }))
  })
