import * as Sdk from "@aws-sdk/client-kms"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import * as Endpoint from "../../src/Endpoint.js"
import { credentials, json, request, settled, signed } from "../http/client.js"

const kms = (endpoint: Endpoint.Endpoint) =>
  Effect.acquireRelease(
    Effect.sync(() => new Sdk.KMSClient({ endpoint: endpoint.url, region: "us-east-1", credentials, maxAttempts: 1 })),
    (client) => Effect.sync(() => client.destroy())
  )

describe("KMS over HTTP", () => {
  it.scopedLive("serves the AWS SDK", () =>
    Effect.gen(function*() {
      const client = yield* kms(yield* Endpoint.make())
      const created = yield* Effect.promise(() => client.send(new Sdk.CreateKeyCommand({ Description: "d" })))
      const KeyId = created.KeyMetadata?.KeyId
      assert.instanceOf(created.KeyMetadata?.CreationDate, Date)
      const Plaintext = new Uint8Array([0, 255, 1])
      const EncryptionContext = { tenant: "t1" }
      const { CiphertextBlob } = yield* Effect.promise(() =>
        client.send(new Sdk.EncryptCommand({ KeyId, Plaintext, EncryptionContext }))
      )
      const opened = yield* Effect.promise(() =>
        client.send(new Sdk.DecryptCommand({ CiphertextBlob, EncryptionContext }))
      )
      assert.deepStrictEqual(new Uint8Array(opened.Plaintext ?? []), Plaintext)
      assert.strictEqual(opened.KeyId, created.KeyMetadata?.Arn)

      const wrong = yield* settled(() => client.send(new Sdk.DecryptCommand({ CiphertextBlob })))
      assert.instanceOf(wrong, Sdk.InvalidCiphertextException)
      yield* Effect.promise(() => client.send(new Sdk.DisableKeyCommand({ KeyId })))
      const disabled = yield* settled(() => client.send(new Sdk.GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" })))
      assert.instanceOf(disabled, Sdk.DisabledException)
      const unknown = yield* settled(() => client.send(new Sdk.DescribeKeyCommand({ KeyId: "alias/none" })))
      assert.instanceOf(unknown, Sdk.NotFoundException)
      assert.strictEqual(unknown.message, "Alias arn:aws:kms:us-east-1:000000000000:alias/none is not found.")
    }))

  it.scopedLive("speaks AWS JSON 1.1, with bare names of errors", () =>
    Effect.gen(function*() {
      const answered = yield* request(yield* Endpoint.make(), {
        headers: {
          ...signed,
          "x-amz-target": "TrentService.DescribeKey",
          "content-type": "application/x-amz-json-1.1"
        },
        body: "{}"
      })
      assert.strictEqual(answered.headers["content-type"], "application/x-amz-json-1.1")
      assert.strictEqual(json(answered)["__type"], "ValidationException")
    }))
})
