import * as Sdk from "@aws-sdk/client-s3"
import { Upload } from "@aws-sdk/lib-storage"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import { Readable } from "node:stream"
import { assert } from "vitest"
import { settled } from "../http/client.js"
import { Bucket, bytes, world } from "./client.js"

const get = (client: Sdk.S3Client, input: Omit<Sdk.GetObjectCommandInput, "Bucket">) =>
  Effect.promise(async () => {
    const output = await client.send(new Sdk.GetObjectCommand({ Bucket, ...input }))
    const body = await output.Body?.transformToByteArray()
    return { output, body: Buffer.from(body ?? []) }
  })

const same = (actual: Uint8Array, expected: Uint8Array): void =>
  assert.isTrue(
    Buffer.compare(actual, expected) === 0,
    `${actual.length} bytes are not the ${expected.length} that were put`
  )

const pieces = (all: Uint8Array, size: number) =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.subarray(i * size, (i + 1) * size))

const forms: Readonly<Record<string, (all: Uint8Array) => NonNullable<Sdk.PutObjectCommandInput["Body"]>>> = {
  "a Uint8Array": (all) => all,
  "a Buffer": (all) => Buffer.from(all),
  "a Node stream": (all) => Readable.from(pieces(all, 10_007))
}

const webStream = (all: Uint8Array) =>
  new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const piece of pieces(all, 10_007)) controller.enqueue(piece)
      controller.close()
    }
  })

// On Node the SDK's own PutObject refuses these before it sends anything; its `Upload` takes them.
const uploaded: Readonly<Record<string, (all: Uint8Array) => ReadableStream | Blob>> = {
  "a web stream": webStream,
  "a Blob": (all) => new Blob([all as Uint8Array<ArrayBuffer>])
}

describe("what is put comes back byte for byte", () => {
  for (const [name, form] of Object.entries(forms)) {
    it.scopedLive(name, () =>
      Effect.gen(function*() {
        const { client } = yield* world()
        for (const size of [0, 1, 65_536, 3 * 1024 * 1024 + 1]) {
          const all = bytes(size)
          // A stream's length has to be told, as for AWS.
          yield* Effect.promise(() =>
            client.send(new Sdk.PutObjectCommand({ Bucket, Key: "k", Body: form(all), ContentLength: size }))
          )
          const { body, output } = yield* get(client, { Key: "k" })
          same(body, all)
          assert.strictEqual(output.ContentLength, size)
          assert.strictEqual(output.ETag, `"${createHash("md5").update(all).digest("hex")}"`)
          assert.isUndefined(output.ContentEncoding)
        }
      }), 30_000)
  }

  for (const [name, form] of Object.entries(uploaded)) {
    it.scopedLive(name, () =>
      Effect.gen(function*() {
        const { client } = yield* world()
        for (const size of [1, 65_536, 3 * 1024 * 1024 + 1]) {
          const all = bytes(size)
          yield* Effect.promise(() => new Upload({ client, params: { Bucket, Key: "k", Body: form(all) } }).done())
          same((yield* get(client, { Key: "k" })).body, all)
        }
      }), 30_000)
  }

  it.scopedLive("a string", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const Body = "żółć 🐟 \u0000\n"
      yield* Effect.promise(() => client.send(new Sdk.PutObjectCommand({ Bucket, Key: "k", Body })))
      same((yield* get(client, { Key: "k" })).body, Buffer.from(Body))
    }))

  for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"] as const) {
    it.scopedLive(`a buffer and a stream with ${ChecksumAlgorithm}, which the SDK verifies on the way back`, () =>
      Effect.gen(function*() {
        const { client } = yield* world()
        const all = bytes(200_001)
        for (const Body of [all, Readable.from(pieces(all, 9999))]) {
          const put = yield* Effect.promise(() =>
            client.send(
              new Sdk.PutObjectCommand({ Bucket, Key: "k", Body, ContentLength: all.length, ChecksumAlgorithm })
            )
          )
          const { body, output } = yield* get(client, { Key: "k" })
          same(body, all)
          const member = `Checksum${ChecksumAlgorithm}` as const
          assert.isString(put[member])
          assert.strictEqual(output[member], put[member])
        }
      }))
  }

  it.scopedLive("keeps a content encoding of one's own", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const all = bytes(70_000)
      yield* Effect.promise(() =>
        client.send(
          new Sdk.PutObjectCommand({
            Bucket,
            Key: "k",
            Body: Readable.from([all]),
            ContentLength: all.length,
            ContentEncoding: "gzip"
          })
        )
      )
      const { body, output } = yield* get(client, { Key: "k" })
      same(body, all)
      assert.strictEqual(output.ContentEncoding, "gzip")
    }))

  it.scopedLive("an upload in parts by lib-storage, from a stream of unknown length", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const all = bytes(12 * 1024 * 1024 + 5)
      yield* Effect.promise(() =>
        new Upload({ client, params: { Bucket, Key: "k", Body: Readable.from(pieces(all, 1_000_003)) } }).done()
      )
      const { body, output } = yield* get(client, { Key: "k" })
      same(body, all)
      assert.match(output.ETag ?? "", /^"[0-9a-f]{32}-3"$/)
      assert.strictEqual(output.ChecksumType, "COMPOSITE")
      assert.match(output.ChecksumCRC32 ?? "", /-3$/)
      const part = yield* get(client, { Key: "k", PartNumber: 3 })
      same(part.body, all.subarray(10 * 1024 * 1024))
      assert.strictEqual(part.output.PartsCount, 3)
    }), 30_000)
})

describe("a checksum that is wrong is refused, and nothing is stored", () => {
  const refused = (input: Omit<Sdk.PutObjectCommandInput, "Bucket" | "Key">) =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const put = yield* settled(() => client.send(new Sdk.PutObjectCommand({ Bucket, Key: "k", ...input })))
      const head = yield* settled(() => client.send(new Sdk.HeadObjectCommand({ Bucket, Key: "k" })))
      assert.strictEqual((head as Error).name, "NotFound")
      return put instanceof Error ? put.name : undefined
    })
  const Body = bytes(1000)

  for (const [member, size] of [["CRC32", 4], ["CRC32C", 4], ["CRC64NVME", 8], ["SHA1", 20], ["SHA256", 32]] as const) {
    it.scopedLive(`x-amz-checksum-${member.toLowerCase()}`, () =>
      Effect.gen(function*() {
        const wrong = Buffer.alloc(size, 1).toString("base64")
        assert.strictEqual(yield* refused({ Body, [`Checksum${member}`]: wrong }), "BadDigest")
      }))
  }

  it.scopedLive("Content-MD5", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refused({ Body, ContentMD5: Buffer.alloc(16).toString("base64") }), "BadDigest")
      assert.strictEqual(yield* refused({ Body, ContentMD5: "x" }), "InvalidDigest")
    }))

  it.scopedLive("a trailer behind a stream", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      client.middlewareStack.add(
        (next) => (args) => {
          const sent = args.request as { body: AsyncIterable<Uint8Array>; headers: Record<string, string> }
          const framed = sent.body
          sent.body = Readable.from((async function*() {
            for await (const piece of framed) {
              yield Buffer.from(
                Buffer.from(piece).toString("latin1").replace(/(x-amz-checksum-crc32:)..../, "$1AAAA"),
                "latin1"
              )
            }
          })())
          return next(args)
        },
        { step: "finalizeRequest", priority: "low" }
      )
      const put = yield* settled(() =>
        client.send(
          new Sdk.PutObjectCommand({ Bucket, Key: "k", Body: Readable.from([Body]), ContentLength: Body.length })
        )
      )
      assert.strictEqual((put as Error).name, "BadDigest")
    }))
})
