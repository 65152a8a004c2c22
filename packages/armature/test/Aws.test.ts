import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { createServer } from "node:http"
import { assert } from "vitest"
import { Aws, DynamoDB, Kms, Local, S3 } from "../src/index.js"

/** Asks each of the three for something, whatever stands below them. */
const program = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  const kms = yield* Kms.Kms
  const s3 = yield* S3.S3
  return yield* Effect.all([
    Effect.map(db.listTables({}), ({ TableNames }) => TableNames ?? []),
    Effect.map(kms.listKeys({}), ({ Keys }) => (Keys ?? []).map(({ KeyId }) => KeyId ?? "")),
    Effect.map(s3.listBuckets({}), ({ Buckets }) => (Buckets ?? []).map(({ Name }) => Name ?? ""))
  ])
})

/** Notes the region that each request was signed for, and whose key signed it; answers nothing that means anything. */
const listener = Effect.acquireRelease(
  Effect.async<{ readonly port: number; readonly scopes: Array<string>; readonly close: () => void }>((resume) => {
    const scopes: Array<string> = []
    const server = createServer((request, response) => {
      const [, id, region, service] = /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)/.exec(
        String(request.headers.authorization)
      ) ?? []
      scopes.push(`${service} ${region} ${id}`)
      request.resume().on("end", () => response.writeHead(403).end())
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed({ port, scopes, close: () => void server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

describe("Aws.layer", () => {
  it.effect("is what a program has in process", () =>
    Effect.gen(function*() {
      const [tables, keys, buckets] = yield* program
      assert.deepStrictEqual([tables, keys.length, buckets], [[], 1, ["documents"]])
    }).pipe(Effect.provide(Local.layer({ keys: ["pii"], buckets: ["documents"] }))))

  it.scopedLive("options are for all three, and those of one service win, field by field", () =>
    Effect.gen(function*() {
      const { port, scopes } = yield* listener
      const aws = Aws.layer({
        endpoint: `http://127.0.0.1:${port}`,
        region: "eu-central-1",
        credentials: { accessKeyId: "all", secretAccessKey: Redacted.make("x") },
        kms: { region: "us-east-1", credentials: undefined },
        s3: { credentials: { accessKeyId: "own", secretAccessKey: Redacted.make("x") } }
      })
      yield* Effect.gen(function*() {
        yield* Effect.flip((yield* DynamoDB.DynamoDB).listTables({}))
        yield* Effect.flip((yield* Kms.Kms).listKeys({}))
        yield* Effect.flip((yield* S3.S3).listBuckets({}))
      }).pipe(Effect.provide(aws))
      assert.deepStrictEqual(scopes, [
        "dynamodb eu-central-1 all",
        "kms us-east-1 all",
        "s3 eu-central-1 own"
      ])
    }))
})
