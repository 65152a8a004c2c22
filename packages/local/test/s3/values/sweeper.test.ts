/** Sweeping values that nothing points to, over the engine in process: what is taken, what is left alone, and when it refuses. */
import * as Wire from "@armature/aws/WireFailure"
import * as LocalS3 from "@armature/local/LocalS3"
import * as Blobs from "@armature/s3/Blobs"
import type * as Pointer from "@armature/s3/Pointer"
import * as S3 from "@armature/s3/S3"
import * as Sweeper from "@armature/s3/Sweeper"
import { describe, it } from "@effect/vitest"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"

const Bucket = "values"
const mebibyte = 1024 * 1024
const table: Sweeper.Table = { account: "111122223333", region: "us-east-1", table: "app" }
const owner: Blobs.Blobs.Owner = { table: "app", partitionKey: { S: "1" }, path: ["doc"], prefix: "docs/" }
const s3World = LocalS3.layer({ buckets: [Bucket] })

class Lost extends Data.TaggedError("Lost")<{}> {}

const blobsOf = (maxWrite?: Duration.DurationInput, account = table.account) =>
  Blobs.make({ bucket: Bucket, account, region: "us-east-1", maxWrite })

const store = (text: string, by = owner) =>
  Effect.flatMap(blobsOf(), (blobs) => blobs.store({ owner: by, body: new TextEncoder().encode(text) })).pipe(
    Effect.map((stored) => {
      if (stored._tag === "Inline") throw new Error("inline")
      return stored.pointer
    })
  )

type More = Partial<Sweeper.Options<Lost>>

const progressOf = (references: ReadonlyArray<Pointer.Pointer>, more: More = {}) =>
  Sweeper.sweep({
    bucket: Bucket,
    prefix: "docs/",
    tables: [table],
    references: Stream.fromIterable(references),
    ...more
  })

const sweep = (references: ReadonlyArray<Pointer.Pointer>, more: More = {}) =>
  Effect.map(Stream.runLast(progressOf(references, more)), Option.getOrThrow)

const list = (operation: string, member: string) =>
  Effect.map(LocalS3.LocalS3, ({ engine }) => {
    const listed = engine.execute(operation, { Bucket })
    const all = Either.isRight(listed) ? listed.right[member] ?? [] : []
    return (all as ReadonlyArray<{ readonly Key: string; readonly VersionId?: string }>).filter((one) =>
      !one.Key.includes("/.armature/tables/")
    )
  })

const keysLeft = Effect.map(list("ListObjectsV2", "Contents"), (all) => all.map((one) => one.Key).sort())
const versioned = Effect.map(LocalS3.LocalS3, ({ engine }) => {
  engine.execute("PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Enabled" } })
})

const writesSince = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const local = yield* LocalS3.LocalS3
    const before = (yield* local.calls).length
    const result = yield* program
    const sent = (yield* local.calls).slice(before).map((call) => call.operation)
    return { result, writes: sent.filter((one) => !/^(Get|Head|List)/.test(one)) }
  })

const test = <E>(what: string, program: () => Effect.Effect<void, E, S3.S3 | LocalS3.LocalS3>) =>
  it.effect(what, () => Effect.provide(Effect.suspend(program), s3World))

describe("a sweep", () => {
  test("deletes what nothing points to, and nothing else", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const [live, dead] = [yield* store("live"), yield* store("dead!")]
      const others = ["docs/readme.txt", `docs/x/doc/${live.key.slice(-26)}`, "other/file", `${dead.key}.bak`]
      for (const Key of others) yield* s3.putObject({ Bucket, Key, Body: "" })
      yield* TestClock.adjust("26 hours")
      const done = yield* sweep([live])
      assert.deepStrictEqual(done, {
        cursor: undefined,
        listed: 2,
        young: 0,
        referenced: 1,
        retained: 0,
        deleted: 1,
        deletedSize: 5,
        failed: 0,
        aborted: 0
      })
      assert.deepStrictEqual(yield* keysLeft, [live.key, ...others].sort())
    }))

  test("leaves alone what is younger than the longest write and the margin, by S3's clock", () =>
    Effect.gen(function*() {
      const dead = yield* store("dead")
      yield* TestClock.adjust("25 hours")
      assert.deepInclude(yield* sweep([]), { young: 1, deleted: 0 })
      assert.deepInclude(yield* sweep([], { margin: "48 hours" }), { young: 1, deleted: 0 })
      yield* TestClock.adjust("1 seconds")
      assert.deepInclude(yield* sweep([], { margin: "48 hours" }), { young: 1, deleted: 0 })
      assert.deepStrictEqual(yield* keysLeft, [dead.key])
      assert.deepInclude(yield* sweep([]), { young: 0, deleted: 1 })
    }))

  test("takes its time from S3 and not from the machine it runs on", () =>
    Effect.gen(function*() {
      yield* store("dead")
      const later = Effect.flatMap(Effect.clock, (clock) =>
        Effect.withClock(sweep([]), {
          ...clock,
          // S3 is asked by a transport that keeps its own clock
          unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis(),
          currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + 1000 * 3600 * 1000)
        }))
      assert.deepInclude(yield* later, { young: 1, deleted: 0 })
    }))

  test("knows how long the writers may take, by their marks", () =>
    Effect.gen(function*() {
      const slow = yield* blobsOf("5 days")
      yield* slow.store({ owner, body: new Uint8Array(1) })
      yield* TestClock.adjust("5 days")
      assert.deepInclude(yield* sweep([]), { young: 1, deleted: 0 })
      yield* TestClock.adjust("25 hours")
      assert.deepInclude(yield* sweep([]), { young: 0, deleted: 1 })
    }))

  test("lists before it reads the tables, and deletes after", () =>
    Effect.gen(function*() {
      yield* store("dead")
      yield* TestClock.adjust("26 hours")
      const local = yield* LocalS3.LocalS3
      const seen: Array<string> = []
      const before = (yield* local.calls).length
      const references = Stream.execute(Effect.map(local.calls, (calls) => {
        for (const call of calls.slice(before)) seen.push(call.operation)
      }))
      yield* sweep([], { references })
      assert.include(seen, "ListObjectVersions")
      assert.notInclude(seen, "DeleteObjects")
    }))

  test("whose reading of the tables fails deletes nothing", () =>
    Effect.gen(function*() {
      const dead = yield* store("dead")
      yield* TestClock.adjust("26 hours")
      const e = yield* Effect.flip(sweep([], { references: Stream.fail(new Lost()) }))
      assert.instanceOf(e, Lost)
      assert.deepStrictEqual(yield* keysLeft, [dead.key])
    }))

  test("in a dry run says what it would do, and does not", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const dead = yield* store("dead")
      yield* s3.createMultipartUpload({ Bucket, Key: dead.key })
      yield* TestClock.adjust("26 hours")
      const { result, writes } = yield* writesSince(sweep([], { dryRun: true, retain: 0 }))
      assert.deepInclude(result, { deleted: 1, deletedSize: 4, aborted: 1 })
      // S3 is asked for the time
      assert.deepStrictEqual(writes, ["PutObject", "DeleteObject"])
      assert.deepStrictEqual(yield* keysLeft, [dead.key])
    }))

  test("counts what S3 does not delete, and the next one tries again", () =>
    Effect.gen(function*() {
      const dead = yield* store("dead")
      yield* TestClock.adjust("26 hours")
      const s3 = yield* S3.S3
      const refusing = S3.S3.of({
        ...s3,
        deleteObjects: () =>
          Effect.succeed({ $metadata: {}, Errors: [{ Key: dead.key, VersionId: "null", Code: "AccessDenied" }] })
      })
      assert.deepInclude(yield* Effect.provideService(sweep([]), S3.S3, refusing), { deleted: 0, failed: 1 })
      assert.deepInclude(yield* sweep([]), { deleted: 1, failed: 0 })
    }))

  test("goes page by page, tells how far it is, and goes on from there", () =>
    Effect.gen(function*() {
      const all = yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7], (i) =>
        store("x", { ...owner, partitionKey: { N: `${i}` } }))
      yield* TestClock.adjust("26 hours")
      const live = all.filter((_, i) =>
        i % 3 === 0
      )
      // the first page holds the table's mark as well
      const paged = LocalS3.withFaults([{ operation: "ListObjectVersions", nth: "every", page: 3 }])
      const first = Option.getOrThrow(yield* paged(Stream.runHead(progressOf(live, { pageSize: 1 }))))
      assert.deepInclude(first, { listed: 2 })
      assert.isString(first.cursor)
      const { cursor } = first
      const rest = [...yield* paged(Stream.runCollect(progressOf(live, { pageSize: 1, cursor })))]
      assert.deepStrictEqual(rest.map((one) => one.listed), [3, 5])
      assert.isUndefined(rest.at(-1)?.cursor)
      assert.deepStrictEqual(yield* keysLeft, live.map((one) => one.key).sort())
    }))

  test("takes uploads in parts that were given up, and none that may be under way", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const dead = yield* store("dead")
      yield* s3.createMultipartUpload({ Bucket, Key: dead.key })
      yield* s3.createMultipartUpload({ Bucket, Key: "docs/not-a-value" })
      yield* TestClock.adjust("25 hours")
      assert.deepInclude(yield* sweep([dead]), { aborted: 0 })
      yield* TestClock.adjust("1 hours")
      yield* s3.createMultipartUpload({ Bucket, Key: dead.key })
      assert.deepInclude(yield* sweep([dead]), { aborted: 1 })
      const left = yield* list("ListMultipartUploads", "Uploads")
      assert.deepStrictEqual(left.map((one) => one.Key).sort(), [dead.key, "docs/not-a-value"].sort())
    }))

  test("does not take an upload in parts that is slower than the usual grace, nor its object, nor loses its value", () =>
    Effect.gen(function*() {
      const blobs = yield* blobsOf("4 days")
      const s3 = yield* S3.S3
      const usual = yield* store("of a writer that is as fast as usual")
      const slow = Stream.range(1, 20).pipe(
        Stream.map((i) => new Uint8Array(mebibyte).fill(i)),
        Stream.tap(() => Effect.sleep("4 hours"))
      )
      let written: ReadonlyArray<Blobs.Blobs.Kept> = []
      const fiber = yield* Effect.fork(blobs.write([{ owner, body: slow }], (stored) =>
        Effect.sync(() => {
          written = stored
          return { value: "ok", old: undefined }
        })))
      for (let day = 0; day < 3; day++) {
        yield* TestClock.adjust("26 hours")
        assert.deepInclude(yield* sweep([usual]), { deleted: 0, aborted: 0 })
      }
      assert.lengthOf((yield* s3.listMultipartUploads({ Bucket })).Uploads ?? [], 1)
      yield* TestClock.adjust("6 hours")
      const settled = yield* Fiber.join(fiber)
      assert.strictEqual(settled.outcome, "applied")
      const pointers = written.flatMap((one) => one._tag === "Offloaded" ? [one.pointer] : [])
      assert.lengthOf(pointers, 1)
      // the object is as old as its upload's beginning
      assert.deepInclude(yield* sweep([usual]), { young: 2, deleted: 0 })
      yield* TestClock.adjust("130 hours")
      assert.deepInclude(yield* sweep([usual, ...pointers]), { referenced: 2, deleted: 0 })
    }))

  test("cleans up after sweeps that were stopped while they asked for the time", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const live = yield* store("live")
      yield* s3.putObject({ Bucket, Key: "docs/.armature/clock/x", Body: "" })
      yield* TestClock.adjust("26 hours")
      yield* sweep([live])
      assert.deepStrictEqual(yield* keysLeft, [live.key])
    }))
})

describe("a sweep of versions", () => {
  test("deletes those that nothing points to, and delete markers, and keeps the one that is pinned", () =>
    Effect.gen(function*() {
      yield* versioned
      const s3 = yield* S3.S3
      const [live, dead] = [yield* store("live"), yield* store("dead")]
      yield* s3.putObject({ Bucket, Key: live.key, Body: "on top" })
      yield* s3.deleteObject({ Bucket, Key: live.key })
      yield* s3.deleteObject({ Bucket, Key: dead.key })
      yield* TestClock.adjust("26 hours")
      const done = yield* sweep([live, live])
      assert.deepInclude(done, { listed: 5, referenced: 1, deleted: 4 })
      const versions = yield* list("ListObjectVersions", "Versions")
      assert.deepStrictEqual(versions.map((one) => [one.Key, one.VersionId]), [[live.key, live.versionId]])
      assert.isEmpty(yield* list("ListObjectVersions", "DeleteMarkers"))
      assert.strictEqual((yield* s3.getObject.text({ Bucket, Key: live.key })).Body, "live")
    }))

  test("keeps every version that a pointer may mean", () =>
    Effect.gen(function*() {
      const before = yield* store("before versions")
      yield* versioned
      const restored = yield* store("restored")
      const s3 = yield* S3.S3
      yield* s3.putObject({ Bucket, Key: before.key, Body: "on top" })
      yield* TestClock.adjust("26 hours")
      const elsewhere = { ...restored, versionId: "of-another-bucket" }
      assert.deepInclude(yield* sweep([before, elsewhere]), { listed: 3, referenced: 3, deleted: 0 })
    }))

  test("is not misled by a pointer to a bucket of the same keys", () =>
    Effect.gen(function*() {
      const dead = yield* store("dead")
      yield* TestClock.adjust("26 hours")
      assert.deepInclude(yield* sweep([{ ...dead, bucket: "elsewhere" }]), { deleted: 1 })
    }))
})

describe("what is retained", () => {
  for (const versions of [false, true]) {
    test(`stays until it has been unreferenced for long enough, versions ${versions}`, () =>
      Effect.gen(function*() {
        if (versions) yield* versioned
        const [live, dead] = [yield* store("live"), yield* store("dead")]
        const retain = "30 days"
        yield* TestClock.adjust("100 days")
        assert.deepInclude(yield* sweep([live], { retain }), { referenced: 1, retained: 1, deleted: 0 })
        yield* TestClock.adjust("29 days")
        assert.deepInclude(yield* sweep([live], { retain }), { retained: 1, deleted: 0 })
        // pointed to again: a restore
        assert.deepInclude(yield* sweep([live, dead], { retain }), { referenced: 2, retained: 0, deleted: 0 })
        yield* TestClock.adjust("2 days")
        assert.deepInclude(yield* sweep([live], { retain }), { retained: 1, deleted: 0 })
        yield* TestClock.adjust("30 days")
        assert.deepInclude(yield* sweep([live], { retain, dryRun: true }), { retained: 0, deleted: 1 })
        assert.deepInclude(yield* sweep([live], { retain }), { retained: 0, deleted: 1 })
        assert.deepStrictEqual(
          (yield* list("ListObjectVersions", "Versions")).map((one) => one.Key),
          [live.key]
        )
        assert.isEmpty(yield* list("ListObjectVersions", "DeleteMarkers"))
      }))
  }
})

describe("a sweep refuses", () => {
  const refused = (references: ReadonlyArray<Pointer.Pointer>, more: More = {}) =>
    Effect.gen(function*() {
      const { result, writes } = yield* writesSince(Effect.flip(sweep(references, more)))
      assert.deepStrictEqual(writes, [])
      return result._tag === "SweepRefusedException" ? [result.reason, result.tables] : result._tag
    })

  test("when another stage keeps its values under the prefix", () =>
    Effect.gen(function*() {
      const mine = yield* store("mine")
      yield* store("theirs", { ...owner, physicalTable: "app-staging" })
      yield* TestClock.adjust("100 days")
      const staging = { ...table, table: "app-staging" }
      assert.deepStrictEqual(yield* refused([mine]), ["UnknownTable", [staging]])
      assert.deepStrictEqual(yield* refused([], { tables: [staging] }), ["UnknownTable", [table]])
      // or another account, or another region
      for (const other of [{ ...table, account: "444455556666" }, { ...table, region: "eu-central-1" }]) {
        assert.deepStrictEqual(yield* refused([mine], { tables: [staging, other] }), ["UnknownTable", [table]])
      }
      assert.lengthOf(yield* keysLeft, 2)
      // whoever reads both tables may sweep
      assert.deepInclude(yield* sweep([mine], { tables: [table, staging] }), { deleted: 1 })
    }))

  test("when a mark cannot be read", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const mine = yield* store("mine")
      yield* s3.putObject({ Bucket, Key: "docs/.armature/tables/of-a-later-version", Body: "" })
      assert.deepStrictEqual(yield* refused([mine]), [
        "UnknownTable",
        [{ account: "", region: "", table: "docs/.armature/tables/of-a-later-version" }]
      ])
    }))

  test("when nobody is named under the prefix", () =>
    Effect.gen(function*() {
      yield* store("mine")
      yield* TestClock.adjust("100 days")
      assert.deepStrictEqual(yield* refused([], { prefix: "doc" }), ["Unmarked", []])
    }))

  test("options that cannot be used", () =>
    Effect.gen(function*() {
      yield* store("mine")
      const wrong: ReadonlyArray<More> = [
        { prefix: "" },
        { prefix: "docs//" },
        { margin: "23 hours" },
        { margin: Infinity },
        { pageSize: 0 },
        { cursor: "x" },
        // as what was kept may be, or a caller without TypeScript
        ...[
          { cursor: null },
          { cursor: 5 },
          { prefix: undefined },
          { margin: "a day" },
          { retain: "a day" }
        ] as unknown as ReadonlyArray<More>
      ]
      for (const one of wrong) {
        assert.deepStrictEqual(yield* refused([], one), ["InvalidOptions", []], JSON.stringify(one))
      }
    }))

  test("with what S3 fails with", () =>
    Effect.gen(function*() {
      yield* store("mine")
      const denied = Wire.serviceFault({ code: "AccessDenied", statusCode: 403, message: "" })
      const e = yield* Effect.flip(
        LocalS3.withFaults(sweep([]), [{ operation: "ListObjectVersions", failure: denied }])
      )
      assert.isTrue(e._tag === "S3AttributeException" && e.reason === "AccessDenied")
    }))
})
