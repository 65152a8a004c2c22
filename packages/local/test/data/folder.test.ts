import type { ServiceFault, WireFailure } from "@armature/aws/WireFailure"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert } from "vitest"
import * as DataFolder from "../../src/DataFolder.js"
import * as S3Engine from "../../src/S3Engine.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => Path.join(Fs.mkdtempSync(Path.join(Os.tmpdir(), "armature-data-")), "state")),
  (path) => Effect.sync(() => Fs.rmSync(Path.dirname(path), { recursive: true }))
)

/** Opens the folder for as long as the use takes: each use is a process of its own. */
const session = <A, E>(path: string, use: (data: DataFolder.DataFolder) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(DataFolder.open({ path }), use))

const codeOf = (failure: WireFailure): string | undefined => (failure as ServiceFault).code

const table = {
  TableName: "orders",
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
  BillingMode: "PAY_PER_REQUEST",
  StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" }
}

const files = (path: string) => Fs.readdirSync(Path.join(path, "objects"))

describe("a data folder", () => {
  it.scoped("keeps the world of DynamoDB", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const Item = { pk: { S: "1" }, bytes: { B: new Uint8Array([0, 255]) }, n: { N: "1e10" } }
      const described = yield* session(path, ({ dynamodb, isNew }) =>
        Effect.gen(function*() {
          assert.isTrue(isNew)
          yield* dynamodb.send("CreateTable", table)
          yield* dynamodb.send("PutItem", { TableName: "orders", Item })
          const key = { TableName: "orders", Key: { pk: { S: "1" } } }
          yield* dynamodb.send("UpdateItem", {
            ...key,
            UpdateExpression: "SET c = :one",
            ExpressionAttributeValues: { ":one": { N: "1" } }
          })
          return yield* dynamodb.send("DescribeTable", { TableName: "orders" })
        }))
      for (let start = 0; start < 3; start++) {
        yield* session(path, ({ dynamodb, isNew }) =>
          Effect.gen(function*() {
            assert.isFalse(isNew)
            const got = yield* dynamodb.send("GetItem", { TableName: "orders", Key: { pk: { S: "1" } } })
            assert.deepStrictEqual((got as { Item: unknown }).Item, {
              ...Item,
              n: { N: "10000000000" },
              c: { N: String(start + 1) }
            })
            assert.deepStrictEqual(yield* dynamodb.send("DescribeTable", { TableName: "orders" }), described)
            yield* dynamodb.send("UpdateItem", {
              TableName: "orders",
              Key: { pk: { S: "1" } },
              UpdateExpression: "ADD c :one",
              ExpressionAttributeValues: { ":one": { N: "1" } }
            })
          }))
      }
    }))

  it.scoped("keeps keys of KMS and what they sealed", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const Plaintext = new Uint8Array([1, 2, 3])
      const sealed = yield* session(path, ({ kms }) =>
        Effect.gen(function*() {
          const { KeyMetadata } = (yield* kms.send("CreateKey", {})) as { KeyMetadata: { KeyId: string } }
          yield* kms.send("CreateAlias", { AliasName: "alias/a", TargetKeyId: KeyMetadata.KeyId })
          yield* kms.send("EnableKeyRotation", { KeyId: KeyMetadata.KeyId, RotationPeriodInDays: 90 })
          return (yield* kms.send("Encrypt", { KeyId: "alias/a", Plaintext })) as { CiphertextBlob: Uint8Array }
        }))
      yield* TestClock.adjust("100 days")
      const rotated = yield* session(path, ({ kms }) =>
        // A rotation is made by a request that changes nothing else.
        kms.send("Encrypt", { KeyId: "alias/a", Plaintext }))
      yield* session(path, ({ kms }) =>
        Effect.gen(function*() {
          for (const { CiphertextBlob } of [sealed, rotated as typeof sealed]) {
            const opened = yield* kms.send("Decrypt", { CiphertextBlob })
            assert.deepStrictEqual((opened as { Plaintext: Uint8Array }).Plaintext, Plaintext)
          }
        }))
    }))

  it.scoped("keeps buckets, versions, uploads and bytes of S3, and no byte more", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const Bucket = "bucket"
      const big = new Uint8Array(5 * 1024 * 1024).fill(7)
      const upload = yield* session(path, ({ s3 }) =>
        Effect.gen(function*() {
          yield* s3.send("CreateBucket", { Bucket })
          yield* s3.send("PutObject", { Bucket, Key: "gone", Body: "gone" })
          yield* s3.send("DeleteObject", { Bucket, Key: "gone" })
          yield* s3.send("PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Enabled" } })
          yield* s3.send("PutObject", { Bucket, Key: "k", Body: "one", Metadata: { m: "1" }, Tagging: "a=b" })
          yield* s3.send("PutObject", { Bucket, Key: "k", Body: "two" })
          const { UploadId } = (yield* s3.send("CreateMultipartUpload", { Bucket, Key: "big" })) as { UploadId: string }
          const part = { Bucket, Key: "big", UploadId }
          yield* s3.send("UploadPart", { ...part, PartNumber: 1, Body: big })
          const refused = yield* Effect.flip(
            s3.send("PutObject", { Bucket, Key: "k", Body: "three", IfNoneMatch: "*" })
          )
          assert.strictEqual(codeOf(refused), "PreconditionFailed")
          return part
        }))
      // A file that a kill left behind.
      Fs.writeFileSync(Path.join(path, "objects", "orphan"), "x")
      yield* session(path, ({ s3 }) =>
        Effect.gen(function*() {
          assert.lengthOf(files(path), 3)
          const { Parts } = (yield* s3.send("ListParts", upload)) as { Parts: Array<{ ETag: string }> }
          yield* s3.send("UploadPart", { ...upload, PartNumber: 2, Body: "end" })
          yield* s3.send("CompleteMultipartUpload", {
            ...upload,
            MultipartUpload: { Parts: [{ PartNumber: 1, ETag: Parts[0]?.ETag }, { PartNumber: 2 }] }
          })
        }))
      yield* session(path, ({ s3 }) =>
        Effect.gen(function*() {
          const get = (input: object) =>
            Effect.map(s3.send("GetObject", { Bucket, ...input }), (output): Record<string, unknown> => {
              const { Body, ...rest } = output as { Body: S3Engine.Content; [member: string]: unknown }
              return { ...rest, body: Buffer.concat([...S3Engine.read(Body)]) }
            })
          const { Versions } = (yield* s3.send("ListObjectVersions", { Bucket, Prefix: "k" })) as {
            Versions: Array<{ VersionId: string }>
          }
          const first = yield* get({ Key: "k", VersionId: Versions[1]?.VersionId })
          assert.deepInclude(first, { body: Buffer.from("one"), Metadata: { m: "1" }, TagCount: 1 })
          assert.deepInclude(yield* get({ Key: "k" }), { body: Buffer.from("two") })
          const whole = yield* get({ Key: "big", Range: "bytes=5242878-" })
          assert.deepStrictEqual(whole.body, Buffer.from([7, 7, 101, 110, 100]))
          for (const { VersionId } of Versions) yield* s3.send("DeleteObject", { Bucket, Key: "k", VersionId })
          assert.lengthOf(files(path), 2)
        }))
    }))

  it.scoped("is open once at a time, and open again after its holder is gone", () =>
    Effect.gen(function*() {
      const path = yield* folder
      yield* session(path, () =>
        Effect.gen(function*() {
          const failure = yield* Effect.flip(Effect.scoped(DataFolder.open({ path })))
          assert.strictEqual(failure.reason, "InUse")
        }))
      // No process has an id above the largest that the system gives.
      Fs.writeFileSync(Path.join(path, "lock"), "4194305")
      yield* session(path, () => Effect.void)
    }))

  it.scoped("says when it cannot be read", () =>
    Effect.gen(function*() {
      const path = yield* folder
      yield* session(path, ({ kms }) => kms.send("CreateKey", {}))
      yield* session(path, () => Effect.void)
      Fs.writeFileSync(Path.join(path, "snapshot-1"), "damaged")
      const failure = yield* Effect.flip(Effect.scoped(DataFolder.open({ path })))
      assert.strictEqual(failure.reason, "Unreadable")
      assert.isFalse(Fs.existsSync(Path.join(path, "lock")))
    }))

  it.scoped("is for its owner only", () =>
    Effect.gen(function*() {
      const path = yield* folder
      yield* session(path, ({ kms }) => kms.send("CreateKey", {}))
      assert.strictEqual(Fs.statSync(path).mode & 0o077, 0)
      assert.strictEqual(Fs.statSync(Path.join(path, "log-0")).mode & 0o077, 0)
    }))
})
