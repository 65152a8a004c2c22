/** The service through the AWS SDK, against a server that misbehaves on purpose. */
import type * as AwsConfig from "@armature/aws/AwsConfig"
import * as AwsRetry from "@armature/aws/AwsRetry"
import { describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import { crc32 } from "node:zlib"
import { assert } from "vitest"
import * as S3 from "../src/S3.js"

const object = { Bucket: "b", Key: "k" }
const content = Buffer.alloc(200_000, "bytes")
const checksum = (bytes: Buffer): string => {
  const out = Buffer.alloc(4)
  out.writeUInt32BE(crc32(bytes))
  return out.toString("base64")
}

/** A server on a loopback port, and a service of a single connection to it. */
const serve = (answer: Http.RequestListener, timeouts: AwsConfig.Timeouts = {}) =>
  Effect.gen(function*() {
    const server = yield* Effect.acquireRelease(
      Effect.async<Http.Server>((resume) => {
        const server = Http.createServer(answer)
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          server.closeAllConnections()
          server.close(() => resume(Effect.void))
        })
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const context = yield* Layer.build(S3.layer({
      endpoint: `http://127.0.0.1:${port}`,
      region: "eu-central-1",
      credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: Redacted.make("secret") },
      maxSockets: 1,
      timeouts,
      retry: AwsRetry.none
    }))
    return yield* Effect.provide(S3.S3, context)
  })

describe("over the AWS SDK", () => {
  it.scopedLive("a body that is cut short is a ConnectionException, never fewer bytes", () =>
    Effect.gen(function*() {
      for (const headers of [{}, { "x-amz-checksum-crc32": checksum(content) }]) {
        const s3 = yield* serve((_, response) => {
          response.writeHead(200, { "content-length": content.length, ...headers })
          response.write(content.subarray(0, 100_000), () => setImmediate(() => response.destroy()))
        })
        const e = yield* Effect.flip(s3.getObject.bytes(object))
        assert.deepStrictEqual([e._tag, "reason" in e && e.reason], ["ConnectionException", "Truncated"])
      }
    }))

  it.scopedLive("a body that is not the one of its checksum is a ChecksumMismatch", () =>
    Effect.gen(function*() {
      const flipped = Buffer.from(content)
      flipped[100] = 0
      const s3 = yield* serve((_, response) => {
        response.writeHead(200, { "content-length": content.length, "x-amz-checksum-crc32": checksum(content) })
        response.end(flipped)
      })
      assert.strictEqual((yield* Effect.flip(s3.getObject.bytes(object)))._tag, "ChecksumMismatch")
    }))

  it.scopedLive("an unread body, a body half read and one whose server is silent keep no connection", () =>
    Effect.gen(function*() {
      let closed = 0
      const s3 = yield* serve((request, response) => {
        if (request.method === "HEAD") return void response.writeHead(200).end()
        response.on("close", () => closed++)
        response.writeHead(200, { "content-length": content.length })
        response.write(content.subarray(0, 10))
      })
      yield* Effect.scoped(s3.getObject(object))
      yield* Effect.scoped(Effect.flatMap(s3.getObject(object), ({ Body }) => Stream.runHead(Body)))
      const reading = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(
        Effect.scoped(
          Effect.flatMap(
            s3.getObject(object),
            ({ Body }) => Stream.runForEach(Body, () => Deferred.succeed(reading, undefined))
          )
        )
      )
      yield* Deferred.await(reading)
      yield* Fiber.interrupt(fiber)
      // there is one connection: had any of them kept it, this would wait for it in vain
      yield* s3.headObject(object)
      assert.strictEqual(closed, 3)
    }))

  it.scopedLive("a body that stands still in the middle is a timeout; one whose reader takes his time is not", () =>
    Effect.gen(function*() {
      let silent = true
      const s3 = yield* serve((_, response) => {
        response.writeHead(200, { "content-length": content.length })
        response.write(content.subarray(0, 100_000))
        if (!silent) response.end(content.subarray(100_000))
      }, { idle: "400 millis" })
      const read = (wait: number) =>
        Effect.scoped(
          Effect.flatMap(s3.getObject(object), ({ Body }) => Stream.runForEach(Body, () => Effect.sleep(wait)))
        )
      for (const call of [s3.getObject.bytes(object), read(0)]) {
        const e = yield* Effect.flip(call)
        assert.deepStrictEqual([e._tag, "reason" in e && e.reason], ["ConnectionException", "Timeout"])
      }
      silent = false
      yield* read(600)
    }))

  it.scopedLive("a body that is sent has time by its size", () =>
    Effect.gen(function*() {
      let put = 0
      const s3 = yield* serve((request, response) => {
        request.resume()
        put++
        if (put === 1) setTimeout(() => response.writeHead(200).end(), 400)
      }, { request: "200 millis" })
      // two seconds more
      yield* s3.putObject({ ...object, Body: content.subarray(0, 32 * 1024) })
      const e = yield* Effect.flip(s3.putObject({ ...object, Body: content.subarray(0, 1000) }))
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
      assert.isTrue("last" in e && e.last._tag === "ConnectionException")
    }))

  it.scopedLive("HEAD says what is wrong by its status alone", () =>
    Effect.gen(function*() {
      let status = 404
      const s3 = yield* serve((_, response) => void response.writeHead(status).end())
      const tags: Array<string> = []
      for (status of [304, 403, 404, 405, 412]) {
        tags.push((yield* Effect.flip(s3.headObject({ ...object, IfMatch: "e", IfNoneMatch: "f" })))._tag)
      }
      assert.deepStrictEqual(
        tags,
        ["NotModified", "AccessDeniedException", "NoSuchKey", "NoSuchVersion", "PreconditionFailed"]
      )
    }))

  it.effect("an endpoint that is none is a ConfigurationException of the Layer", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Effect.scoped(Layer.build(S3.layer({ endpoint: "nowhere", region: "r" }))))
      assert.strictEqual(e._tag, "ConfigurationException")
    }))
})
