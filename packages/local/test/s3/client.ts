/** What the tests of S3 share: an endpoint with a bucket, the SDK's client as it comes, and bytes to put. */
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3"
import type { S3ClientConfig } from "@aws-sdk/client-s3"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Endpoint from "../../src/Endpoint.js"
import { credentials } from "../http/client.js"

/** A client with the SDK's default settings; only addresses are by path, as no name resolves to a bucket here. */
export const clientOf = (endpoint: Endpoint.Endpoint, config: S3ClientConfig = {}) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      new S3Client({
        endpoint: endpoint.url,
        region: "us-east-1",
        credentials,
        forcePathStyle: true,
        maxAttempts: 1,
        ...config
      })
    ),
    (client) => Effect.sync(() => client.destroy())
  )

/** An endpoint that checks signatures, a client, and a bucket `b`+`ucket`. */
export const world = (options: Endpoint.Options = {}, config: S3ClientConfig = {}) =>
  Effect.gen(function*() {
    const endpoint = yield* Endpoint.make({
      credentials: [{
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: Redacted.make(credentials.secretAccessKey)
      }],
      ...options
    })
    const client = yield* clientOf(endpoint, config)
    yield* Effect.promise(() => client.send(new CreateBucketCommand({ Bucket })))
    return { endpoint, client }
  })

export const Bucket = "bucket"

/** Bytes that no framing or text decoding leaves as they are. */
export const bytes = (size: number): Uint8Array => {
  const out = new Uint8Array(size)
  for (let i = 0; i < size; i++) out[i] = (i * 31 + (i >> 8) * 7) & 0xff
  return out
}
