import * as Sdk from "@aws-sdk/client-dynamodb"
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert } from "vitest"
import { credentials, dynamodb } from "../http/client.js"
import { listening, start } from "../http/command.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "armature-kill-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

const seed = JSON.stringify([
  {
    service: "DynamoDB",
    operation: "CreateTable",
    input: {
      TableName: "kept",
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "N" }],
      BillingMode: "PAY_PER_REQUEST"
    }
  },
  { service: "S3", operation: "CreateBucket", input: { Bucket: "bucket" } }
])

describe("a kill", () => {
  it.scopedLive("loses nothing that was acknowledged", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const seedFile = Path.join(path, "seed.json")
      Fs.writeFileSync(seedFile, seed)
      const args = ["--quiet", "--data", Path.join(path, "data"), "--seed", seedFile]
      const acknowledged: Array<number> = []
      for (const killAfter of [1, 150, 0]) {
        yield* Effect.scoped(Effect.gen(function*() {
          const command = yield* listening(args)
          const client = yield* dynamodb(command.endpoint)
          const s3 = new S3Client({
            endpoint: command.endpoint.url,
            region: "us-east-1",
            credentials,
            forcePathStyle: true,
            maxAttempts: 1
          })
          for (const n of acknowledged) {
            const { Item } = yield* Effect.promise(() =>
              client.send(new Sdk.GetItemCommand({ TableName: "kept", Key: { pk: { N: String(n) } } }))
            )
            assert.deepStrictEqual(Item, { pk: { N: String(n) } })
            const body = yield* Effect.promise(async () =>
              (await s3.send(new GetObjectCommand({ Bucket: "bucket", Key: String(n) }))).Body?.transformToString()
            )
            assert.strictEqual(body, `object ${n}`)
          }
          // The last start only looks.
          if (killAfter === 0) return s3.destroy()
          // Eight writers at once; the process is killed in the midst of them.
          const first = killAfter * 1000
          let next = first
          let done = 0
          const writer = async () => {
            for (;;) {
              const n = next++
              await client.send(new Sdk.PutItemCommand({ TableName: "kept", Item: { pk: { N: String(n) } } }))
              await s3.send(new PutObjectCommand({ Bucket: "bucket", Key: String(n), Body: `object ${n}` }))
              acknowledged.push(n)
              if (++done === killAfter) command.child.kill("SIGKILL")
            }
          }
          yield* Effect.promise(() => Promise.allSettled(Array.from({ length: 8 }, writer)))
          assert.isAtLeast(done, killAfter)
          s3.destroy()
        }))
      }
      assert.isAbove(acknowledged.length, 150)
    }), 120_000)

  it.scopedLive("seeds a new folder only, and says which call of a seed failed", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const seedFile = Path.join(path, "seed.json")
      Fs.writeFileSync(seedFile, seed)
      const args = ["--data", Path.join(path, "data"), "--seed", seedFile]
      for (const made of [true, false]) {
        yield* Effect.scoped(Effect.gen(function*() {
          const command = yield* listening(args)
          assert.strictEqual(/made 2 calls/.test(command.out()), made)
          command.child.kill("SIGTERM")
          assert.strictEqual(yield* command.exit, 0)
        }))
      }
      Fs.writeFileSync(seedFile, JSON.stringify([{ service: "KMS", operation: "EnableKey", input: { KeyId: "none" } }]))
      const failed = yield* start(["--port", "0", "--seed", seedFile])
      assert.strictEqual(yield* failed.exit, 1)
      assert.match(failed.err(), /Cannot apply the seed: call 1, KMS EnableKey: NotFoundException/)
    }), 60_000)
})
