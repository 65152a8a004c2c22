import { describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { assert } from "vitest"
import * as S3Engine from "../../src/S3Engine.js"

const world = (keys: ReadonlyArray<string>) => {
  let seed = 1
  const engine = S3Engine.make({
    now: () => 1_700_000_000_000,
    random: () => (seed = (seed * 16807) % 2147483647) / 2147483647
  })
  const ok = (operation: string, input: unknown) =>
    Either.getOrThrowWith(engine.execute(operation, input), (fault) => new Error(`${fault.code}: ${fault.message}`))
  ok("CreateBucket", { Bucket: "bucket" })
  for (const Key of keys) ok("PutObject", { Bucket: "bucket", Key, Body: Key })
  return { engine, ok }
}

interface Page {
  readonly Contents?: ReadonlyArray<{ readonly Key: string }>
  readonly CommonPrefixes?: ReadonlyArray<{ readonly Prefix: string }>
  readonly NextContinuationToken?: string
  readonly NextMarker?: string
  readonly IsTruncated: boolean
  readonly KeyCount?: number
}

/** Every page of a list, joined. */
const all = (list: (from: string | undefined) => Page, next: (page: Page) => string | undefined) => {
  const keys: Array<string> = []
  const prefixes: Array<string> = []
  let from: string | undefined
  do {
    const page = list(from)
    for (const { Key } of page.Contents ?? []) keys.push(Key)
    for (const { Prefix } of page.CommonPrefixes ?? []) prefixes.push(Prefix)
    from = page.IsTruncated ? next(page) : undefined
  } while (from !== undefined)
  return { keys, prefixes }
}

/** What a list should say, told without pages or order of evaluation. */
const naive = (keys: ReadonlyArray<string>, Prefix: string, Delimiter: string | undefined) => {
  const matching = [...new Set(keys)].filter((key) => key.startsWith(Prefix))
  const prefixOf = (key: string) => {
    const end = Delimiter === undefined ? -1 : key.indexOf(Delimiter, Prefix.length)
    return end === -1 || Delimiter === undefined ? undefined : key.slice(0, end + Delimiter.length)
  }
  const order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
  return {
    keys: matching.filter((key) => prefixOf(key) === undefined).sort(order),
    prefixes: [...new Set(matching.flatMap((key) => prefixOf(key) ?? []))].sort(order)
  }
}

const key = FastCheck.stringOf(FastCheck.constantFrom("a", "b", "/", "é", "\uffee", "🐟"), {
  minLength: 1,
  maxLength: 6
})

describe("lists", () => {
  it.prop(
    "are what a naive list says, in pages of any size",
    [
      FastCheck.array(key, { maxLength: 25 }),
      FastCheck.constantFrom("", "a", "a/", "/"),
      FastCheck.constantFrom(undefined, "/", "b/"),
      FastCheck.integer({ min: 1, max: 7 })
    ],
    ([keys, Prefix, Delimiter, MaxKeys]) => {
      const { ok } = world(keys)
      const request = { Bucket: "bucket", Prefix, Delimiter, MaxKeys }
      const expected = naive(keys, Prefix, Delimiter)
      const second = all(
        (ContinuationToken) => ok("ListObjectsV2", { ...request, ContinuationToken }) as unknown as Page,
        (page) => page.NextContinuationToken
      )
      assert.deepStrictEqual(second, expected)
      const first = all(
        (Marker) => ok("ListObjects", { ...request, Marker }) as unknown as Page,
        (page) => page.NextMarker ?? page.Contents?.at(-1)?.Key
      )
      assert.deepStrictEqual(first, expected)
    }
  )

  it("begin after a key, count, and encode keys on request", () => {
    const { ok } = world(["a", "b c", "d+e", "ż"])
    const page = ok("ListObjectsV2", { Bucket: "bucket", StartAfter: "a", EncodingType: "url" })
    assert.deepInclude(page, { KeyCount: 3, MaxKeys: 1000, IsTruncated: false, Name: "bucket", StartAfter: "a" })
    assert.deepStrictEqual(
      (page as unknown as Page).Contents?.map((one) => one.Key),
      ["b%20c", "d%2Be", "%C5%BC"]
    )
    assert.deepInclude(ok("ListObjectsV2", { Bucket: "bucket", MaxKeys: 0 }), { KeyCount: 0, IsTruncated: false })
  })
})

describe("the engine", () => {
  it("gives back its state as it was", () => {
    const { engine, ok } = world(["a", "b"])
    const snapshot = engine.snapshot()
    ok("DeleteObject", { Bucket: "bucket", Key: "a" })
    ok("PutObject", { Bucket: "bucket", Key: "b", Body: "changed" })
    engine.restore(snapshot)
    for (const Key of ["a", "b"]) {
      const { Body } = ok("GetObject", { Bucket: "bucket", Key })
      assert.strictEqual(Buffer.concat([...S3Engine.read(Body as S3Engine.Content)]).toString(), Key)
    }
  })

  it("lets bytes go when no object has them any more, and not before", () => {
    const released: Array<string> = []
    const contents: S3Engine.Contents = {
      writer: () => {
        const inner = S3Engine.memory.writer()
        let text = ""
        return {
          write: (piece) => {
            text += Buffer.from(piece).toString()
            inner.write(piece)
          },
          discard: () => void released.push(text),
          end: () => {
            const { leaves, size } = inner.end()
            return { size, leaves: leaves.map((leaf) => ({ ...leaf, release: () => void released.push(text) })) }
          }
        }
      }
    }
    const engine = S3Engine.make({ now: () => 0, random: () => 0.5, contents })
    const call = (operation: string, input: object) => engine.execute(operation, { Bucket: "bucket", ...input })
    call("CreateBucket", {})
    call("PutObject", { Key: "a", Body: "one" })
    call("CopyObject", { Key: "b", CopySource: "bucket/a" })
    call("DeleteObject", { Key: "a" })
    assert.deepStrictEqual(released, [])
    call("PutObject", { Key: "b", Body: "two" })
    assert.deepStrictEqual(released, ["one"])
    assert.isTrue(Either.isLeft(call("PutObject", { Key: "b", Body: "three", IfNoneMatch: "*" })))
    assert.deepStrictEqual(released, ["one", "three"])
    call("DeleteObject", { Key: "b" })
    assert.deepStrictEqual(released, ["one", "three", "two"])
  })

  it.prop(
    "answers whatever it is asked",
    [
      FastCheck.constantFrom(
        "CreateBucket",
        "PutObject",
        "GetObject",
        "ListObjectsV2",
        "CopyObject",
        "DeleteObjects",
        "x"
      ),
      FastCheck.oneof(
        FastCheck.anything(),
        FastCheck.dictionary(
          FastCheck.constantFrom(
            "Bucket",
            "Key",
            "Body",
            "Range",
            "CopySource",
            "Delete",
            "MaxKeys",
            "Tagging",
            "IfMatch"
          ),
          FastCheck.oneof(FastCheck.constant("bucket"), FastCheck.anything())
        )
      )
    ],
    ([operation, input]) => {
      const answer = world(["bucket"]).engine.execute(operation, input)
      if (Either.isLeft(answer)) assert.notStrictEqual(answer.left.code, "InternalError")
    }
  )
})
