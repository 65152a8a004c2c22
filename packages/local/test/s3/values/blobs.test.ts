/** Storing and reading values in S3, over the engine in process: what is refused, what is verified, what is settled. */
import * as AwsRetry from "@armature/aws/AwsRetry"
import { AccessDeniedException, ThrottlingException, WriteOutcomeUnknownException } from "@armature/aws/Exceptions"
import * as Wire from "@armature/aws/WireFailure"
import * as Faults from "@armature/local/Faults"
import * as LocalS3 from "@armature/local/LocalS3"
import * as Blobs from "@armature/s3/Blobs"
import * as Pointer from "@armature/s3/Pointer"
import * as S3 from "@armature/s3/S3"
import { describe, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { createHash } from "node:crypto"
import { assert } from "vitest"

const Bucket = "values"
const mebibyte = 1024 * 1024
const options: Blobs.Blobs.Options = { bucket: Bucket, account: "111122223333", region: "us-east-1" }

const world = (more: Partial<Blobs.Blobs.Options> = {}) =>
  Blobs.layer({ ...options, ...more }).pipe(Layer.provideMerge(LocalS3.layer({ buckets: [Bucket, "elsewhere"] })))

const owner: Blobs.Blobs.Owner = { table: "app", partitionKey: { S: "1" }, path: ["doc"], prefix: "docs" }
const other: Blobs.Blobs.Owner = { ...owner, partitionKey: { S: "2" } }

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (all: Uint8Array) => new TextDecoder().decode(all)

class Lost extends Data.TaggedError("Lost")<{}> {}

const pointerOf = (stored: Pointer.Stored<unknown>): Pointer.Pointer => {
  if (stored._tag === "Inline") throw new Error("inline")
  return stored.pointer
}

const stored = (content: string | Uint8Array, by = owner) =>
  Effect.flatMap(
    Blobs.Blobs,
    (blobs) =>
      Effect.map(blobs.store({ owner: by, body: typeof content === "string" ? bytes(content) : content }), pointerOf)
  )

const fetched = (pointer: Pointer.Pointer, more?: Blobs.Blobs.FetchOptions) =>
  Effect.flatMap(Blobs.Blobs, (blobs) => blobs.fetch(owner, pointer, more))

/** The requests since then, by operation. */
const requests = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const local = yield* LocalS3.LocalS3
    const before = (yield* local.calls).length
    const result = yield* program
    return { result, sent: (yield* local.calls).slice(before).map((call) => call.operation) }
  })

const valuesLeft = Effect.map(LocalS3.LocalS3, ({ engine }) => {
  const listed = engine.execute("ListObjectsV2", { Bucket, Prefix: "docs/" })
  const all = Either.isRight(listed) ? listed.right["Contents"] ?? [] : []
  return (all as ReadonlyArray<{ readonly Key: string }>).map((one) => one.Key).filter((key) => !key.includes("/.arm"))
})

const failure = <A, E, R>(program: Effect.Effect<A, E, R>) => Effect.flip(program)
const noRetry = <A, E, R>(program: Effect.Effect<A, E, R>) => AwsRetry.withPolicy(program, AwsRetry.none)

const test = <E>(
  what: string,
  program: () => Effect.Effect<void, E, Blobs.Blobs | S3.S3 | LocalS3.LocalS3>,
  more: Partial<Blobs.Blobs.Options> = {}
) => it.effect(what, () => Effect.provide(Effect.suspend(program), world(more)))

describe("storing and fetching", () => {
  test("bytes come back, with what the pointer says of them", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      const content = bytes("a document")
      const first = pointerOf(yield* blobs.store({ owner, body: content, contentType: "text/plain" }))
      assert.deepInclude(first, { bucket: Bucket, region: "us-east-1", size: 10, contentType: "text/plain" })
      assert.deepStrictEqual(Buffer.from(first.sha256), createHash("sha256").update(content).digest())
      assert.match(first.key, /^docs\/[0-9a-f]{64}\/doc\/[0-9A-Z]{26}$/)
      const got = yield* blobs.fetch(owner, first)
      assert.deepStrictEqual(got, { _tag: "Fetched", bytes: content, pointer: first })
      const s3 = yield* S3.S3
      const { ContentType } = yield* s3.headObject({ Bucket, Key: first.key })
      assert.strictEqual(ContentType, "text/plain")
      // the same value again is another object
      assert.notStrictEqual((yield* stored(content)).key, first.key)
    }))

  test("a put states its checksum, and that nothing may stand there", () =>
    Effect.gen(function*() {
      const pointer = yield* stored("x")
      const local = yield* LocalS3.LocalS3
      const [put] = yield* local.callsTo({ operation: "PutObject", object: pointer.key })
      assert.deepInclude(put?.input, {
        IfNoneMatch: "*",
        ChecksumSHA256: Buffer.from(pointer.sha256).toString("base64")
      })
    }))

  test("a small value stays in the item, and nothing is sent", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      const { result, sent } = yield* requests(Effect.all([
        blobs.store({ owner, body: bytes("12345678") }),
        blobs.store({ owner, body: Stream.make(bytes("1234"), bytes("5678")) }),
        blobs.store({ owner, body: new Uint8Array(), above: 0 })
      ]))
      assert.deepStrictEqual(sent, [])
      for (const one of result) assert.strictEqual(one._tag, "Inline")
      const over = yield* blobs.store({ owner, body: bytes("123456789") })
      const under = yield* blobs.store({ owner, body: bytes("1"), above: 0 })
      assert.deepStrictEqual([over._tag, under._tag], ["Offloaded", "Offloaded"])
    }), { above: 8 })

  test("a stream of any length is stored, read whole and read as a stream", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      const whole = new Uint8Array(17 * mebibyte + 3).map((_, i) => (i * 31 + (i >> 9)) & 255)
      const chunks = Stream.range(0, 17).pipe(Stream.map((i) => whole.slice(i * mebibyte, (i + 1) * mebibyte)))
      const { result, sent } = yield* requests(blobs.store({ owner, body: chunks }))
      assert.include(sent, "CompleteMultipartUpload")
      const pointer = pointerOf(result)
      assert.strictEqual(pointer.size, whole.length)
      const got = yield* blobs.fetch(owner, pointer)
      assert.isTrue(got._tag === "Fetched" && Buffer.from(got.bytes).equals(whole))
      const streamed = Buffer.concat([...yield* Stream.runCollect(blobs.stream(owner, pointer))])
      assert.isTrue(streamed.equals(whole))
    }))

  test("a stream that fails fails with its own failure, and stores nothing", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      for (const before of [1, 10]) {
        const body = Stream.concat(
          Stream.repeatValue(new Uint8Array(mebibyte)).pipe(Stream.take(before)),
          Stream.fail(new Lost())
        )
        const e = yield* failure(blobs.store({ owner, body }))
        assert.instanceOf(e, Lost)
      }
      assert.deepStrictEqual(yield* valuesLeft, [])
      const s3 = yield* S3.S3
      assert.isEmpty((yield* s3.listMultipartUploads({ Bucket })).Uploads ?? [])
    }))

  test("a URL reads it, for whoever has it", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      const url = new URL(yield* blobs.presign(owner, yield* stored("x"), { expiresIn: "1 minute" }))
      assert.strictEqual(url.searchParams.get("X-Amz-Expires"), "60")
      assert.include(url.pathname, "/doc/")
      const e = yield* failure(blobs.presign(owner, yield* stored("x"), { expiresIn: "30 days" }))
      assert.strictEqual(e.reason, "Rejected")
    }))

  test("a deleted value is gone, and may be deleted again", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      const pointer = yield* stored("x")
      yield* blobs.delete(owner, pointer)
      yield* blobs.delete(owner, pointer)
      assert.strictEqual((yield* failure(fetched(pointer))).reason, "NotFound")
    }))
})

describe("a put without an answer", () => {
  const lost = { operation: "PutObject", object: (key: string) => key.includes("/doc/") } as const
  test("that took effect is found", () =>
    Effect.gen(function*() {
      const rule = { ...lost, effect: "after", failure: Faults.connectionReset } as const
      const { result, sent } = yield* requests(LocalS3.withFaults(stored("x"), [rule]))
      assert.deepStrictEqual(sent.slice(-2), ["PutObject", "HeadObject"])
      assert.strictEqual((yield* fetched(result))._tag, "Fetched")
      assert.lengthOf(yield* valuesLeft, 1)
    }))
  test("that did not is made again, under the same key", () =>
    Effect.gen(function*() {
      const rule = { ...lost, effect: "before", failure: Faults.connectionReset } as const
      const { result, sent } = yield* requests(LocalS3.withFaults(stored("x"), [rule]))
      assert.deepStrictEqual(sent.slice(-3), ["PutObject", "HeadObject", "PutObject"])
      assert.deepStrictEqual(yield* valuesLeft, [result.key])
    }))
  test("that is never answered fails, and does not pretend", () =>
    Effect.gen(function*() {
      const rule = { ...lost, times: "always", failure: Faults.connectionReset } as const
      const e = yield* failure(LocalS3.withFaults(stored("x"), [rule]))
      assert.isTrue(e._tag === "S3AttributeException" && e.reason === "Unavailable" && e.retryable)
      assert.isTrue(e._tag === "S3AttributeException" && e.failure?._tag === "WriteOutcomeUnknownException")
    }))
  test("where another object stands is not taken for it", () =>
    Effect.gen(function*() {
      const local = yield* LocalS3.LocalS3
      const s3 = yield* S3.S3
      const rule = { ...lost, failure: Wire.serviceFault({ code: "PreconditionFailed", statusCode: 412, message: "" }) }
      const before = yield* Effect.fork(
        LocalS3.withFaults(stored("x"), [rule, { operation: "HeadObject", nth: 2, latency: "1 second" }])
      )
      yield* TestClock.adjust("100 millis")
      const [put] = yield* local.callsTo(lost)
      const { Key } = put?.input as { readonly Key: string }
      yield* s3.putObject({ Bucket, Key, Body: "y" })
      yield* TestClock.adjust("1 second")
      const e = yield* failure(Fiber.join(before))
      assert.isTrue(e._tag === "S3AttributeException" && e.reason === "Corrupt")
    }))
})

describe("a pointer that is not one's own", () => {
  test("is refused, and no request leaves", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      const own = yield* stored("mine")
      const theirs = yield* stored("theirs", other)
      const sibling = yield* stored("sibling", { ...owner, path: ["pic"] })
      const ulid = own.key.slice(-26)
      const forged: ReadonlyArray<Pointer.Pointer> = [
        theirs,
        sibling,
        { ...own, bucket: "elsewhere" },
        { ...own, key: `x${own.key}` },
        { ...own, key: own.key.replace("docs/", "other/") },
        { ...own, key: `${own.key}/../../${theirs.key.slice(5)}` },
        { ...own, key: own.key.slice(0, -26) },
        { ...own, key: own.key.replace(ulid, ulid.toLowerCase()) },
        { ...own, key: own.key.replace(ulid, `${ulid}A`) },
        { ...own, key: own.key.replace("/doc/", "/doc2/") },
        { ...own, key: "docs/.armature/tables/111122223333/us-east-1/app/3600" }
      ]
      for (const pointer of forged) {
        const { result, sent } = yield* requests(Effect.all([
          failure(blobs.fetch(owner, pointer)),
          failure(Stream.runDrain(blobs.stream(owner, pointer))),
          failure(blobs.delete(owner, pointer)),
          failure(blobs.presign(owner, pointer, { expiresIn: "1 minute" }))
        ]))
        for (const e of result) assert.strictEqual(e.reason, "Foreign", pointer.key)
        assert.deepStrictEqual(sent, [], pointer.key)
      }
      // that an item write replaced it does not make it one's own
      const old = forged.map((pointer) => ({ owner, pointer }))
      const settled = yield* blobs.write([], () => Effect.succeed({ value: "ok", old }))
      assert.deepStrictEqual([settled.deleted, settled.left.length], [[], forged.length])
      assert.deepInclude(yield* blobs.fetch(other, theirs), { bytes: bytes("theirs") })
    }))

  test("is refused too when the item, read again, has it", () =>
    Effect.gen(function*() {
      const theirs = yield* stored("theirs", other)
      const gone = yield* stored("x")
      const blobs = yield* Blobs.Blobs
      yield* blobs.delete(owner, gone)
      const { result, sent } = yield* requests(
        failure(fetched(gone, { reread: Effect.succeedSome(Pointer.offloaded(theirs)) }))
      )
      assert.strictEqual(result.reason, "Foreign")
      assert.deepStrictEqual(sent, ["GetObject"])
    }))

  test("may lie under an earlier prefix, or in an earlier bucket, that is named", () =>
    Effect.gen(function*() {
      const pointer = yield* stored("x")
      const s3 = yield* S3.S3
      yield* s3.copyObject({ Bucket: "elsewhere", Key: pointer.key, CopySource: `${Bucket}/${pointer.key}` })
      const blobs = yield* Blobs.Blobs
      const moved = { ...owner, prefix: "new" }
      assert.strictEqual((yield* failure(blobs.fetch(moved, pointer))).reason, "Foreign")
      yield* blobs.fetch({ ...moved, previousPrefixes: ["docs/"] }, { ...pointer, bucket: "elsewhere" })
    }), { buckets: ["elsewhere"] })
})

describe("bytes that are not those that were stored", () => {
  const all = ["truncated", "corrupt"] as const
  for (const body of all) {
    test(`${body} on their way: a failure, never bytes`, () =>
      Effect.gen(function*() {
        const blobs = yield* Blobs.Blobs
        const pointer = yield* stored("a value of some length")
        const rule = { operation: "GetObject", body, times: "always" } as const
        const e = yield* failure(noRetry(LocalS3.withFaults(fetched(pointer), [rule])))
        assert.include(["Unavailable", "Corrupt"], e._tag === "S3AttributeException" ? e.reason : e._tag)
        const s = yield* failure(noRetry(LocalS3.withFaults(Stream.runDrain(blobs.stream(owner, pointer)), [rule])))
        assert.strictEqual(s._tag, "S3AttributeException")
      }))
    test(`${body} once: asked for again`, () =>
      Effect.gen(function*() {
        const pointer = yield* stored("a value of some length")
        const fiber = yield* Effect.fork(LocalS3.withFaults(fetched(pointer), [{ operation: "GetObject", body }]))
        yield* TestClock.adjust("1 minute")
        const got = yield* Fiber.join(fiber)
        assert.strictEqual(got._tag === "Fetched" ? text(got.bytes) : "", "a value of some length")
      }))
  }

  it.effect("cut short: asked for again as the Layer's policy says, where the program sets none", () =>
    Effect.gen(function*() {
      const pointer = yield* stored("a value of some length")
      const { result, sent } = yield* requests(
        failure(LocalS3.withFaults(fetched(pointer), [{ operation: "GetObject", body: "truncated", times: "always" }]))
      )
      assert.isTrue(result._tag === "S3AttributeException" && result.reason === "Unavailable")
      assert.deepStrictEqual(sent, ["GetObject"])
    }).pipe(
      Effect.provide(world().pipe(Layer.provide(Layer.succeed(AwsRetry.AwsRetry, Option.some(AwsRetry.none)))))
    ))

  test("replaced by many more: no more of them are asked for than tell it", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const pointer = yield* stored("a document.")
      yield* s3.putObject({ Bucket, Key: pointer.key, Body: new Uint8Array(mebibyte) })
      assert.strictEqual((yield* failure(fetched(pointer))).reason, "Corrupt")
      const gets = yield* Effect.flatMap(LocalS3.LocalS3, (local) => local.callsTo({ operation: "GetObject" }))
      for (const { input } of gets) assert.deepInclude(input, { Range: "bytes=0-11" })
      assert.isNotEmpty(gets)
    }))

  test("replaced behind the pointer: corrupt, whatever their length, also as a stream", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const blobs = yield* Blobs.Blobs
      for (const Body of ["another one", "a value", "", "longer than it was"]) {
        const pointer = yield* stored("a document.")
        yield* s3.putObject({ Bucket, Key: pointer.key, Body })
        assert.strictEqual((yield* failure(fetched(pointer))).reason, "Corrupt", Body)
        assert.strictEqual((yield* failure(Stream.runDrain(blobs.stream(owner, pointer)))).reason, "Corrupt", Body)
      }
    }))

  test("whose pointer states another size or another digest: corrupt", () =>
    Effect.gen(function*() {
      const pointer = yield* stored("a document.")
      for (const size of [0, 10, 12]) {
        assert.strictEqual((yield* failure(fetched({ ...pointer, size }))).reason, "Corrupt")
      }
      const sha256 = pointer.sha256.map((byte, i) => i === 31 ? byte ^ 1 : byte)
      const e = yield* failure(fetched({ ...pointer, sha256 }))
      assert.strictEqual(e.reason, "Corrupt")
      assert.deepInclude(e, { bucket: Bucket, key: pointer.key })
    }))

  test("a checksum that S3 does not accept fails the storing", () =>
    Effect.gen(function*() {
      const bad = Wire.serviceFault({ code: "BadDigest", statusCode: 400, message: "" })
      const rule = { operation: "PutObject", object: (key: string) => key.includes("/doc/"), times: "always" } as const
      const e = yield* failure(noRetry(LocalS3.withFaults(stored("x"), [{ ...rule, failure: bad }])))
      assert.isTrue(e._tag === "S3AttributeException" && e.reason === "Corrupt")
    }))

  test("a version that is pinned is read though another lies on top", () =>
    Effect.gen(function*() {
      const { engine } = yield* LocalS3.LocalS3
      engine.execute("PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Enabled" } })
      const s3 = yield* S3.S3
      const pointer = yield* stored("mine")
      assert.isString(pointer.versionId)
      yield* s3.putObject({ Bucket, Key: pointer.key, Body: "theirs" })
      yield* s3.deleteObject({ Bucket, Key: pointer.key })
      const got = yield* fetched(pointer)
      assert.strictEqual(got._tag === "Fetched" ? text(got.bytes) : "", "mine")
      yield* s3.deleteObject({ Bucket, Key: pointer.key, VersionId: pointer.versionId })
      assert.strictEqual((yield* failure(fetched(pointer))).reason, "NotFound")
    }))
})

describe("an object that is not there", () => {
  const denied = Wire.serviceFault({ code: "AccessDenied", statusCode: 403, message: "" })

  test("the item is read again, and its new pointer followed", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      const [old, now] = [yield* stored("old"), yield* stored("now")]
      yield* blobs.delete(owner, old)
      const reread = Effect.succeedSome(Pointer.offloaded(now))
      const got = yield* fetched(old, { reread })
      assert.deepStrictEqual(got, { _tag: "Fetched", bytes: bytes("now"), pointer: now })
      // without the right to list, S3 says that access is denied
      const again = yield* LocalS3.withFaults(fetched(old, { reread }), [{ operation: "GetObject", failure: denied }])
      assert.deepInclude(again, { pointer: now })
    }))

  test("or the value, if it stands in the item by now", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      const old = yield* stored("old")
      yield* blobs.delete(owner, old)
      const inline = Pointer.inline({ S: "now" })
      assert.deepStrictEqual(yield* fetched(old, { reread: Effect.succeedSome(inline) }), inline)
    }))

  test("it fails when the item still points there, or is gone; and with what the reading failed with", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      const old = yield* stored("old")
      yield* blobs.delete(owner, old)
      for (const reread of [Effect.succeedSome(Pointer.offloaded(old)), Effect.succeedNone]) {
        const { result, sent } = yield* requests(failure(fetched(old, { reread })))
        assert.strictEqual(result.reason, "NotFound")
        assert.deepStrictEqual(sent, ["GetObject"])
      }
      assert.instanceOf(yield* failure(blobs.fetch(owner, old, { reread: Effect.fail(new Lost()) })), Lost)
      const rule = { operation: "GetObject", failure: denied } as const
      const e = yield* failure(LocalS3.withFaults(fetched(old), [rule]))
      assert.isTrue(e._tag === "S3AttributeException" && e.reason === "AccessDenied")
    }))

  test("it is read again three times at most", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      const all = yield* Effect.forEach(Array.from({ length: 6 }, (_, i) => String(i)), (one) => stored(one))
      for (const one of all) yield* blobs.delete(owner, one)
      let read = 0
      const reread = Effect.sync(() => Option.fromNullable(all[++read]).pipe(Option.map(Pointer.offloaded)))
      const { result, sent } = yield* requests(failure(fetched(all[0] ?? (yield* stored("x")), { reread })))
      assert.strictEqual(result.reason, "NotFound")
      assert.deepStrictEqual([read, sent.length], [3, 4])
    }))
})

describe("writing an item with its values", () => {
  const write = <E>(
    item: (stored: ReadonlyArray<Blobs.Blobs.Kept>) => Effect.Effect<Blobs.Blobs.Written<string>, E>,
    more?: Blobs.Blobs.WriteOptions<E>
  ) => Effect.flatMap(Blobs.Blobs, (blobs) => blobs.write([{ owner, body: bytes("new") }], item, more))

  test("applied: what it replaced is deleted, but not what it stored", () =>
    Effect.gen(function*() {
      const old = yield* stored("old")
      const settled = yield* write((now) =>
        Effect.succeed({
          value: "ok",
          old: [{ owner, pointer: old }, ...now.map((one) => ({ owner, pointer: pointerOf(one) }))]
        })
      )
      assert.deepStrictEqual([settled.outcome, settled.result], ["applied", Either.right("ok")])
      assert.deepStrictEqual([settled.deleted, settled.left], [[old], []])
      assert.deepStrictEqual(yield* valuesLeft, settled.stored.map((one) => pointerOf(one).key))
    }))

  test("applied without an image to rely on: nothing is deleted", () =>
    Effect.gen(function*() {
      const old = yield* stored("old")
      const settled = yield* write(() => Effect.succeed({ value: "ok", old: undefined }))
      assert.deepStrictEqual([settled.outcome, settled.deleted, settled.left], ["applied", [], []])
      assert.include(yield* valuesLeft, old.key)
    }))

  test("not applied: what it stored is deleted", () =>
    Effect.gen(function*() {
      const e = new ThrottlingException({ service: "DynamoDB" })
      const settled = yield* write(() => Effect.fail(e))
      assert.deepStrictEqual([settled.outcome, settled.result], ["not-applied", Either.left(e)])
      assert.lengthOf(settled.deleted, 1)
      assert.deepStrictEqual(yield* valuesLeft, [])
    }))

  test("unknown: nothing is deleted", () =>
    Effect.gen(function*() {
      const unknown = new WriteOutcomeUnknownException({ last: new ThrottlingException() })
      for (const e of [unknown, new Lost()]) {
        const settled = yield* write(() => Effect.fail(e))
        assert.deepStrictEqual([settled.outcome, settled.result], ["unknown", Either.left(e)])
        assert.deepStrictEqual(settled.left, settled.stored.map(pointerOf))
      }
      assert.lengthOf(yield* valuesLeft, 2)
      const told = yield* write(() => Effect.fail(new Lost()), { isNotApplied: (e) => e._tag === "Lost" })
      assert.strictEqual(told.outcome, "not-applied")
    }))

  test("interrupted: nothing is deleted", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(write(() => Effect.never))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.interrupt(fiber)
      assert.lengthOf(yield* valuesLeft, 1)
    }))

  test("longer than `maxWrite`: stopped, and unknown", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(write(() => Effect.never))
      yield* TestClock.adjust("59 minutes")
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      yield* TestClock.adjust("1 minute")
      const settled = yield* Fiber.join(fiber)
      assert.strictEqual(settled.outcome, "unknown")
      assert.isTrue(Either.isLeft(settled.result) && settled.result.left._tag === "WriteOutcomeUnknownException")
      assert.lengthOf(yield* valuesLeft, 1)
    }))

  test("an upload that is longer than `maxWrite` fails, and the item is not written", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      let wrote = false
      const slow = Stream.tap(Stream.repeatValue(new Uint8Array(mebibyte)), () => Effect.sleep("20 minutes"))
      const fiber = yield* Effect.fork(failure(blobs.write([{ owner, body: slow }], () =>
        Effect.sync(() => {
          wrote = true
          return { value: "", old: undefined }
        }))))
      yield* TestClock.adjust("2 hours")
      const e = yield* Fiber.join(fiber)
      assert.deepStrictEqual([e.reason, wrote], ["TimedOut", false])
    }))

  test("a value that cannot be stored: the item is not written, and the others are deleted", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      const [e, found] = yield* Effect.all([
        failure(blobs.write(
          [
            { owner, body: bytes("one") },
            {
              owner: { ...owner, path: ["pic"] },
              body: Stream.fromEffect(Effect.zipRight(Effect.sleep("1 second"), Effect.fail(new Lost())))
            }
          ],
          () => Effect.dieMessage("written")
        )),
        Effect.zipRight(TestClock.adjust("1 second"), Effect.void)
      ], { concurrency: 2 })
      assert.instanceOf(e, Lost)
      assert.isUndefined(found)
      assert.deepStrictEqual(yield* valuesLeft, [])
    }))

  test("what cannot be deleted is left, and said", () =>
    Effect.gen(function*() {
      const old = yield* stored("old")
      const denied = Wire.serviceFault({ code: "AccessDenied", statusCode: 403, message: "" })
      const settled = yield* LocalS3.withFaults(
        write(() => Effect.succeed({ value: "ok", old: [{ owner, pointer: old }] })),
        [{ operation: "DeleteObject", failure: denied }]
      )
      assert.deepStrictEqual([settled.outcome, settled.deleted, settled.left], ["applied", [], [old]])
    }))

  test("with `retain`, what was replaced stays for the sweeper", () =>
    Effect.gen(function*() {
      const old = yield* stored("old")
      const settled = yield* write(() => Effect.succeed({ value: "ok", old: [{ owner, pointer: old }] }))
      assert.deepStrictEqual([settled.deleted, settled.left], [[], [old]])
      const failed = yield* write(() => Effect.fail(new AccessDeniedException()))
      assert.lengthOf(failed.deleted, 1)
    }), { retain: true })
})

describe("the table is named under the prefix", () => {
  test("before the first value, once", () =>
    Effect.gen(function*() {
      const { sent } = yield* requests(stored("x"))
      assert.deepStrictEqual(sent, ["HeadObject", "PutObject", "PutObject"])
      assert.deepStrictEqual((yield* requests(stored("x"))).sent, ["PutObject"])
      const s3 = yield* S3.S3
      yield* s3.headObject({ Bucket, Key: "docs/.armature/tables/111122223333/us-east-1/app/3600" })
    }))
  test("and if that fails, no value is stored", () =>
    Effect.gen(function*() {
      const denied = Wire.serviceFault({ code: "AccessDenied", statusCode: 403, message: "" })
      const e = yield* failure(
        LocalS3.withFaults(stored("x"), [{ operation: "PutObject", failure: denied }])
      )
      assert.isTrue(e._tag === "S3AttributeException" && e.reason === "AccessDenied")
      assert.deepStrictEqual(yield* valuesLeft, [])
      yield* stored("x")
    }))
})

describe("failures", () => {
  test("say reason, bucket, key and what is behind, and nothing of the item", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      const secret: Blobs.Blobs.Owner = { ...owner, partitionKey: { S: "SECRET-KEY" } }
      const e = yield* failure(
        noRetry(LocalS3.withFaults(blobs.store({ owner: secret, body: bytes("SECRET-VALUE") }), [{
          operation: "HeadObject",
          failure: Faults.slowDown
        }]))
      )
      assert.isTrue(e._tag === "S3AttributeException" && e.failure?._tag === "ThrottlingException" && e.retryable)
      assert.notInclude(JSON.stringify(e) + String(e) + e.message, "SECRET")
      const invalid = yield* failure(blobs.store({ owner: { ...secret, path: [] }, body: bytes("SECRET-VALUE") }))
      assert.strictEqual(invalid.reason, "InvalidOwner")
    }))

  test("owners and pointers that are none are refused, and nothing is sent", () =>
    Effect.gen(function*() {
      const blobs = yield* Blobs.Blobs
      const pointer = yield* stored("x")
      // as a caller without TypeScript may
      const owners: ReadonlyArray<unknown> = [
        undefined,
        null,
        {},
        ...[undefined, null, "1", { S: 1 }, {}].map((partitionKey) => ({ ...owner, partitionKey })),
        { ...owner, sortKey: null },
        { ...owner, path: undefined },
        { ...owner, path: "doc" },
        { ...owner, prefix: undefined },
        { ...owner, table: null },
        { ...owner, previousPrefixes: ["old//"] }
      ]
      const pointers: ReadonlyArray<unknown> = [undefined, null, {}, { bucket: Bucket }, { ...pointer, key: 1 }]
      const { result, sent } = yield* requests(Effect.all({
        owners: Effect.forEach(owners as ReadonlyArray<Blobs.Blobs.Owner>, (by) =>
          Effect.all([
            failure(blobs.store({ owner: by, body: bytes("x") })),
            failure(blobs.fetch(by, pointer)),
            failure(blobs.delete(by, pointer))
          ])),
        pointers: Effect.forEach(pointers as ReadonlyArray<Pointer.Pointer>, (one) =>
          Effect.all([
            failure(Effect.suspend(() => blobs.fetch(owner, one))),
            failure(Stream.runDrain(blobs.stream(owner, one))),
            failure(Effect.suspend(() => blobs.delete(owner, one))),
            failure(Effect.suspend(() => blobs.presign(owner, one, { expiresIn: "1 minute" })))
          ]))
      }))
      assert.deepStrictEqual([...new Set(result.owners.flat().map((e) => e.reason))], ["InvalidOwner"])
      assert.deepStrictEqual([...new Set(result.pointers.flat().map((e) => e.reason))], ["Foreign"])
      assert.deepStrictEqual(sent, [])
    }))

  it.effect("options that cannot be used are refused", () =>
    Effect.gen(function*() {
      const wrong: ReadonlyArray<Partial<Blobs.Blobs.Options>> = [
        { bucket: "" },
        { account: "" },
        { region: undefined },
        { maxWrite: "8 days" },
        { maxWrite: 0 },
        { maxWrite: "1500 millis" }
      ]
      for (const one of wrong) {
        const e = yield* failure(Layer.build(world(one)))
        assert.strictEqual(e._tag, "ConfigurationException")
      }
    }).pipe(Effect.scoped))
})
