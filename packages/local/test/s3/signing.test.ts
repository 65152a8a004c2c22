import * as Sdk from "@aws-sdk/client-s3"
import { getSignedUrl } from "@aws-sdk/s3-request-presigner"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { createHash, createHmac } from "node:crypto"
import { assert } from "vitest"
import * as Endpoint from "../../src/Endpoint.js"
import * as Chunked from "../../src/internal/http/s3/chunked.js"
import * as Signature from "../../src/internal/http/signature.js"
import { credentials, request, settled } from "../http/client.js"
import { Bucket, bytes, clientOf, world } from "./client.js"

const fetched = (url: string, init: RequestInit = {}) =>
  Effect.promise(async () => {
    const response = await fetch(url, init)
    const text = await response.text()
    return { status: response.status, text, code: /<Code>(\w+)<\/Code>/.exec(text)?.[1], headers: response.headers }
  })

describe("presigned URLs", () => {
  it.scopedLive("put and get, and nothing else than what was signed", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      const Key = "a b/ż+&.txt"
      const put = yield* Effect.promise(() => getSignedUrl(client, new Sdk.PutObjectCommand({ Bucket, Key })))
      assert.strictEqual((yield* fetched(put, { method: "PUT", body: "text" })).status, 200)
      const get = yield* Effect.promise(() =>
        getSignedUrl(client, new Sdk.GetObjectCommand({ Bucket, Key, ResponseContentType: "text/x-other" }))
      )
      const got = yield* fetched(get)
      assert.deepStrictEqual([got.status, got.text], [200, "text"])
      assert.strictEqual(got.headers.get("content-type"), "text/x-other")

      const refused = [
        fetched(get.replace("text%2Fx-other", "text%2Fhtml")),
        fetched(get.replace("/a%20b/", "/a%20c/")),
        fetched(get.replace(/X-Amz-Expires=\d+/, "X-Amz-Expires=3600")),
        fetched(get.replace(/X-Amz-Signature=./, (text) => `${text.slice(0, -1)}${text.endsWith("0") ? "1" : "0"}`)),
        fetched(get, { method: "PUT", body: "other" }),
        fetched(get, { method: "DELETE" })
      ]
      for (const attempt of refused) {
        const { code, status } = yield* attempt
        assert.deepStrictEqual([status, code], [403, "SignatureDoesNotMatch"])
      }
      const other = yield* fetched(get.replace("AKIDEXAMPLE", "AKIDOTHER"))
      assert.deepStrictEqual([other.status, other.code], [403, "InvalidAccessKeyId"])
      const bare = yield* fetched(get.replace(/\?.*/, ""))
      assert.deepStrictEqual([bare.status, bare.code], [403, "AccessDenied"])
      const long = yield* fetched(get.replace(/X-Amz-Expires=\d+/, "X-Amz-Expires=604801"))
      assert.deepStrictEqual([long.status, long.code], [400, "AuthorizationQueryParametersError"])
    }))

  it.scopedLive("of version 2, which boto3 still makes, are checked as well", () =>
    Effect.gen(function*() {
      const { client, endpoint } = yield* world()
      yield* Effect.promise(() => client.send(new Sdk.PutObjectCommand({ Bucket, Key: "a b", Body: "text" })))
      const made = (expires: number) => {
        const signed = createHmac("sha1", credentials.secretAccessKey).update(`GET\n\n\n${expires}\n/${Bucket}/a%20b`)
        return `AWSAccessKeyId=${credentials.accessKeyId}&Signature=${
          encodeURIComponent(signed.digest("base64"))
        }&Expires=${expires}`
      }
      const get = (query: string) => fetched(`${endpoint.url}/${Bucket}/a%20b?${query}`)
      assert.strictEqual((yield* get(made(4102444800))).text, "text")
      assert.strictEqual((yield* get(made(4102444800).replace("Expires=4", "Expires=5"))).code, "SignatureDoesNotMatch")
      assert.strictEqual((yield* get(made(1000000000))).code, "AccessDenied")
    }))

  it.scoped("expire on Effect's clock", () =>
    Effect.gen(function*() {
      const now = Date.UTC(2026, 0, 1)
      yield* TestClock.setTime(now)
      const endpoint = yield* Endpoint.make()
      const client = yield* clientOf(endpoint)
      yield* Effect.promise(() => client.send(new Sdk.CreateBucketCommand({ Bucket })))
      yield* Effect.promise(() => client.send(new Sdk.PutObjectCommand({ Bucket, Key: "k", Body: "text" })))
      const url = yield* Effect.promise(() =>
        getSignedUrl(client, new Sdk.GetObjectCommand({ Bucket, Key: "k" }), {
          expiresIn: 60,
          signingDate: new Date(now)
        })
      )
      assert.strictEqual((yield* fetched(url)).text, "text")
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual((yield* fetched(url)).status, 200)
      yield* TestClock.adjust("1 seconds")
      const expired = yield* fetched(url)
      assert.deepStrictEqual([expired.status, expired.code], [403, "AccessDenied"])
      assert.include(expired.text, "Request has expired")
    }))
})

describe("signatures of S3", () => {
  it.scopedLive("are refused when they are made with another secret", () =>
    Effect.gen(function*() {
      const { endpoint } = yield* world()
      const client = yield* clientOf(endpoint, { credentials: { ...credentials, secretAccessKey: "other" } })
      const put = yield* settled(() => client.send(new Sdk.PutObjectCommand({ Bucket, Key: "k", Body: "text" })))
      assert.strictEqual((put as Error).name, "SignatureDoesNotMatch")
    }))

  it.scopedLive("cover the bytes of a body whose hash is signed", () =>
    Effect.gen(function*() {
      const { client } = yield* world()
      client.middlewareStack.add(
        (next) => (args) => {
          const sent = args.request as { headers: Record<string, string> }
          sent.headers["x-amz-content-sha256"] = createHash("sha256").update("another").digest("hex")
          return next(args)
        },
        { step: "build", priority: "low" }
      )
      const put = yield* settled(() =>
        client.send(new Sdk.PutObjectCommand({ Bucket, Key: "k", Body: "text", ChecksumCRC32: "" }))
      )
      assert.strictEqual((put as Error).name, "XAmzContentSHA256Mismatch")
    }))

  /** A request in signed chunks, as older SDKs send every stream. */
  const inChunks = (endpoint: Endpoint.Endpoint, tamper: (framed: string) => string) => {
    const timestamp = new Date(
      Math.floor(Date.parse(new Date(performance.timeOrigin + performance.now()).toISOString()))
    ).toISOString()
      .replace(/[-:]|\.\d{3}/g, "")
    const scope = {
      accessKeyId: credentials.accessKeyId,
      date: timestamp.slice(0, 8),
      region: "us-east-1",
      service: "s3"
    }
    const stated = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    const headers: Array<readonly [string, string]> = [
      ["host", `${endpoint.host}:${endpoint.port}`],
      ["x-amz-content-sha256", stated],
      ["x-amz-date", timestamp],
      ["x-amz-decoded-content-length", "9"]
    ]
    const signature: Signature.Signature = {
      ...scope,
      kind: "header",
      signedHeaders: headers.map(([name]) => name),
      signature: "",
      timestamp,
      expires: undefined
    }
    const head = { method: "PUT", path: `/${Bucket}/k`, query: [], headers }
    const seed = Signature.expected(head, signature, stated, credentials.secretAccessKey)
    const key = Signature.signingKey(credentials.secretAccessKey, scope)
    let previous = seed
    const framed = ["text-", "more", ""].map((data) => {
      previous = Signature.chunk(key, signature, previous, "PAYLOAD", Signature.payloadHash(data))
      return `${data.length.toString(16)};chunk-signature=${previous}\r\n${data}\r\n`
    }).join("")
    const authorization =
      `${Signature.algorithm} Credential=${scope.accessKeyId}/${scope.date}/us-east-1/s3/aws4_request, ` +
      `SignedHeaders=${signature.signedHeaders.join(";")}, Signature=${seed}`
    return request(endpoint, {
      method: "PUT",
      path: head.path,
      headers: { ...Object.fromEntries(headers), authorization },
      body: tamper(framed)
    })
  }

  it.scopedLive("chain through the chunks of a signed stream", () =>
    Effect.gen(function*() {
      const { client, endpoint } = yield* world()
      assert.strictEqual((yield* inChunks(endpoint, (framed) => framed)).status, 200)
      const got = yield* Effect.promise(async () => {
        const { Body } = await client.send(new Sdk.GetObjectCommand({ Bucket, Key: "k" }))
        return Body?.transformToString()
      })
      assert.strictEqual(got, "text-more")
      for (
        const tamper of [
          (framed: string) => framed.replace("more", "less"),
          (framed: string) => framed.replace(/4;chunk-signature=[^]*?more\r\n/, ""),
          (framed: string) => framed.replace(/chunk-signature=./, "chunk-signature=g")
        ]
      ) {
        const answered = yield* inChunks(endpoint, tamper)
        assert.include([400, 403], answered.status)
        assert.match(answered.body.toString(), /<Code>(SignatureDoesNotMatch|IncompleteBody)<\/Code>/)
      }
      const cut = yield* inChunks(endpoint, (framed) => framed.slice(0, -100))
      assert.match(cut.body.toString(), /<Code>IncompleteBody<\/Code>/)
    }))
})

describe("addresses", () => {
  it.scopedLive("name the bucket in the host as well", () =>
    Effect.gen(function*() {
      const { client, endpoint } = yield* world()
      yield* Effect.promise(() => client.send(new Sdk.PutObjectCommand({ Bucket, Key: "a/b", Body: "text" })))
      const hosted = yield* clientOf(endpoint, { forcePathStyle: false, endpoint: `http://localhost:${endpoint.port}` })
      // No resolver knows the name here: the socket goes to the endpoint, the Host header stays.
      hosted.middlewareStack.add(
        (next) => (args) => {
          const sent = args.request as { hostname: string; headers: Record<string, string> }
          assert.strictEqual(sent.hostname, `${Bucket}.localhost`)
          sent.hostname = endpoint.host
          return next(args)
        },
        { step: "finalizeRequest", priority: "low" }
      )
      const text = yield* Effect.promise(async () => {
        const { Body } = await hosted.send(new Sdk.GetObjectCommand({ Bucket, Key: "a/b" }))
        return Body?.transformToString()
      })
      assert.strictEqual(text, "text")
      const { KeyCount } = yield* Effect.promise(() => hosted.send(new Sdk.ListObjectsV2Command({ Bucket })))
      assert.strictEqual(KeyCount, 1)
    }))
})

describe("the aws-chunked framing", () => {
  const decode = (framed: Uint8Array, size: number) => {
    const out: Array<Uint8Array> = []
    const trailers: Array<readonly [string, string]> = []
    const decoder = Chunked.decoder({
      data: (piece) => void out.push(piece.slice()),
      chunk: () => undefined,
      trailer: (name, value) => void trailers.push([name, value])
    })
    let good = true
    for (let at = 0; at < framed.length && good; at += size) good = decoder.write(framed.subarray(at, at + size))
    return { data: Buffer.concat(out), trailers, good, done: decoder.done() }
  }

  it("is taken off however it is cut", () => {
    const all = Buffer.from(bytes(300))
    const framed = Buffer.concat([
      Buffer.from("c8\r\n"),
      all.subarray(0, 200),
      Buffer.from("\r\n64\r\n"),
      all.subarray(200),
      Buffer.from("\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n")
    ])
    for (const size of [1, 2, 3, 7, 100, 1000]) {
      assert.deepStrictEqual(decode(framed, size), {
        data: all,
        trailers: [["x-amz-checksum-crc32", "AAAAAA=="]],
        good: true,
        done: true
      })
    }
    assert.isFalse(decode(framed.subarray(0, 250), 1000).done)
  })

  it("is refused when it is broken", () => {
    for (const text of ["x\r\n", "5\r\nabcdefg\r\n", "0\r\nno colon\r\n\r\n", "0\r\n\r\nmore", "1".repeat(10_000)]) {
      assert.isFalse(decode(Buffer.from(text), 4).good, text.slice(0, 20))
    }
  })
})
