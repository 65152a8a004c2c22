/**
 * The direct transport against the AWS SDK: the same requests arrive and the same outputs come back, for random inputs and answers of every
 * operation, and for everything that goes wrong on the way.
 */
import type * as Transport from "@armature/aws/Transport"
import type { WireFailure } from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Sdk from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import { SignatureV4 } from "@smithy/signature-v4"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { createHash, createHmac } from "node:crypto"
import type * as Http from "node:http"
import * as zlib from "node:zlib"
import { assert } from "vitest"
import { serve } from "./server.js"
import { values } from "./shapes.js"

type Operation = keyof DynamoDB.Operations

const operations: ReadonlyArray<readonly [Operation, ReadonlyArray<unknown>]> = [
  ["BatchExecuteStatement", Sdk.BatchExecuteStatement$],
  ["BatchGetItem", Sdk.BatchGetItem$],
  ["BatchWriteItem", Sdk.BatchWriteItem$],
  ["CreateTable", Sdk.CreateTable$],
  ["DeleteItem", Sdk.DeleteItem$],
  ["DeleteTable", Sdk.DeleteTable$],
  ["DescribeContinuousBackups", Sdk.DescribeContinuousBackups$],
  ["DescribeLimits", Sdk.DescribeLimits$],
  ["DescribeTable", Sdk.DescribeTable$],
  ["DescribeTimeToLive", Sdk.DescribeTimeToLive$],
  ["ExecuteStatement", Sdk.ExecuteStatement$],
  ["ExecuteTransaction", Sdk.ExecuteTransaction$],
  ["GetItem", Sdk.GetItem$],
  ["ListTables", Sdk.ListTables$],
  ["ListTagsOfResource", Sdk.ListTagsOfResource$],
  ["PutItem", Sdk.PutItem$],
  ["Query", Sdk.Query$],
  ["Scan", Sdk.Scan$],
  ["TagResource", Sdk.TagResource$],
  ["TransactGetItems", Sdk.TransactGetItems$],
  ["TransactWriteItems", Sdk.TransactWriteItems$],
  ["UntagResource", Sdk.UntagResource$],
  ["UpdateItem", Sdk.UpdateItem$],
  ["UpdateTable", Sdk.UpdateTable$],
  ["UpdateTimeToLive", Sdk.UpdateTimeToLive$]
]

interface Arrived {
  readonly request: Http.IncomingMessage
  readonly body: Buffer
}

type Answer = (request: Http.IncomingMessage, response: Http.ServerResponse) => void

const sessionToken = "token/with+signs=="
const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: Redacted.make("SECRET-42"),
  sessionToken: Redacted.make(sessionToken)
}

/** Both transports against one server, which keeps what arrives and answers as it is told. */
const both = Effect.gen(function*() {
  const arrived: Array<Arrived> = []
  const script: { answer: Answer } = { answer: (_, response) => response.end() }
  const { endpoint } = yield* serve((request, response) => {
    arrived.push({ request, body: Buffer.concat(chunks.get(request) ?? []) })
    script.answer(request, response)
  }, (request) => {
    const parts: Array<Buffer> = []
    chunks.set(request, parts)
    request.on("data", (chunk: Buffer) => parts.push(chunk))
  })
  const options = { endpoint, region: "eu-west-1", credentials }
  return {
    arrived,
    script,
    sdk: yield* DynamoDB.sdkTransport(options),
    direct: yield* DynamoDB.directTransport(options)
  }
})

const chunks = new WeakMap<Http.IncomingMessage, Array<Buffer>>()

/** Sends whatever it is given: inputs are random values of the operation's shape. */
const sender = (transport: Transport.Transport<DynamoDB.Operations>) =>
  transport.send as (operation: Operation, input: unknown) => Effect.Effect<unknown, WireFailure>

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => (_, response) => {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "r-1", ...headers })
  response.end(typeof body === "string" ? body : JSON.stringify(body))
}

const parsed = ({ body }: Arrived): unknown => {
  const request: unknown = JSON.parse(body.toString("utf8"))
  // made up by each for itself
  if (typeof request === "object" && request !== null) Reflect.deleteProperty(request, "ClientRequestToken")
  return request
}

/** AWS's own signer takes a hash as a class. */
class Sha256 {
  private readonly hash: ReturnType<typeof createHash>
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined
      ? createHash("sha256")
      // an HMAC has the methods of a hash that are used here
      : createHmac("sha256", secret as string | NodeJS.ArrayBufferView) as unknown as ReturnType<typeof createHash>
  }
  update(data: string | ArrayBuffer | ArrayBufferView) {
    this.hash.update(data as string | NodeJS.ArrayBufferView)
  }
  digest() {
    return Promise.resolve(new Uint8Array(this.hash.digest()))
  }
  reset() {}
}

/** What `@smithy/signature-v4` puts into `authorization` for what arrived. */
const signedBySdk = async ({ body, request }: Arrived): Promise<string | undefined> => {
  const signer = new SignatureV4({
    service: "dynamodb",
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "SECRET-42", sessionToken },
    sha256: Sha256,
    applyChecksum: false
  })
  const header = (name: string) => String(request.headers[name])
  const date = header("x-amz-date")
  const signingDate = new Date(
    date.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, "$1-$2-$3T$4:$5:$6Z")
  )
  const { headers } = await signer.sign({
    method: request.method ?? "",
    protocol: "http:",
    hostname: "127.0.0.1",
    path: request.url ?? "",
    headers: {
      "content-type": header("content-type"),
      host: header("host"),
      "x-amz-target": header("x-amz-target")
    },
    body
  }, { signingDate })
  return headers.authorization
}

/** Inputs of each operation. */
const runs = Math.min(Number(process.env.ARMATURE_SEQUENCES ?? 6), 100)
const seed = Number(process.env.ARMATURE_SEED ?? 20260101)

describe("the direct transport and the AWS SDK", () => {
  it.scopedLive("send the same and give the same, for every operation", () =>
    Effect.gen(function*() {
      const { arrived, direct, script, sdk } = yield* both
      for (const [operation, shape] of operations) {
        const samples = FastCheck.sample(FastCheck.tuple(values(shape[4]), values(shape[5])), { numRuns: runs, seed })
        for (const [input, output] of samples) {
          script.answer = json(200, output.wire, { "x-amz-crc32": String(zlib.crc32(JSON.stringify(output.wire))) })
          arrived.length = 0
          const one = yield* sender(sdk)(operation, structuredClone(input.given))
          const two = yield* sender(direct)(operation, structuredClone(input.given))
          const about = `${operation}, seed ${seed}`
          const [first, second] = arrived
          if (first === undefined || second === undefined) return assert.fail(`nothing arrived: ${about}`)
          assert.deepStrictEqual(parsed(second), parsed(first), about)
          for (const name of ["host", "content-type", "x-amz-target", "x-amz-security-token"]) {
            assert.strictEqual(second.request.headers[name], first.request.headers[name], `${name} of ${about}`)
          }
          assert.strictEqual(second.request.url, first.request.url)
          assert.strictEqual(second.request.headers["content-length"], String(second.body.length))
          assert.strictEqual(second.request.headers["accept-encoding"], "identity")
          assert.strictEqual(
            second.request.headers.authorization,
            yield* Effect.promise(() => signedBySdk(second)),
            about
          )
          assert.deepStrictEqual(two, one, about)
        }
      }
    }), 60_000)

  it.scopedLive("write what no type allows as the other does, or refuse it as the other does", () =>
    Effect.gen(function*() {
      const { arrived, direct, script, sdk } = yield* both
      script.answer = json(200, {})
      const deep: Record<string, unknown> = {}
      deep.M = { deep }
      const inputs: ReadonlyArray<unknown> = [
        {},
        undefined,
        { TableName: "t", Key: { id: { S: "" } }, Nobody: "knows" },
        {
          TableName: "t",
          Key: { id: { N: "5", Unknown: 1 }, two: { S: "a", N: "1" }, none: {}, un: { $unknown: ["X", 1] } }
        },
        { TableName: 7, Key: { id: undefined, no: null }, ConsistentRead: "yes", AttributesToGet: ["a", null, "b"] },
        { TableName: "t", Key: { id: { B: "text" }, bs: { BS: [new Uint8Array([1]), Buffer.from("b"), "c"] } } },
        {
          TableName: "t",
          Key: { id: { L: [{ S: "a" }, null, { NULL: true }] }, n: "no value", m: { M: { a: null } } }
        },
        { TableName: "t", Key: { id: deep } }
      ]
      for (const input of inputs) {
        arrived.length = 0
        const one = yield* Effect.either(sender(sdk)("GetItem", input))
        const sent = arrived.length
        const two = yield* Effect.either(sender(direct)("GetItem", input))
        assert.strictEqual(arrived.length, 2 * sent)
        assert.deepStrictEqual(arrived.slice(sent).map(parsed), arrived.slice(0, sent).map(parsed))
        if (Either.isLeft(one) || Either.isLeft(two)) {
          assert.deepStrictEqual([one._tag, two._tag], ["Left", "Left"])
          if (Either.isLeft(one) && Either.isLeft(two)) assert.strictEqual(two.left._tag, one.left._tag)
        }
      }
    }))

  it.scopedLive("read what no shape describes as the other does", () =>
    Effect.gen(function*() {
      const { direct, script, sdk } = yield* both
      const answers: ReadonlyArray<unknown> = [
        "",
        {},
        [],
        { Item: null, Nobody: { knows: 1 }, ConsumedCapacity: { CapacityUnits: "NaN", Table: {}, More: 1 } },
        {
          Item: { a: { S: "x", N: "1" }, b: {}, c: { X: 1 }, d: { S: null }, e: { B: "AQI=" }, f: { BS: ["AQ==", ""] } }
        },
        { Item: { a: { L: [{ B: "AQI=" }, { M: { b: { B: "AA==" } } }] }, z: { NULL: true, X: 1 } } },
        { Item: { a: { B: "not base64!" } } },
        { Item: { a: { B: "A" } } },
        { Item: { a: { L: [null] } } },
        { Item: { a: { M: { b: null } }, b: null } },
        { Item: { a: "text", b: 5 } },
        "{\"Item\":",
        "<html></html>"
      ]
      for (const answer of answers) {
        script.answer = json(200, answer)
        const one = yield* Effect.either(sender(sdk)("GetItem", { TableName: "t" }))
        const two = yield* Effect.either(sender(direct)("GetItem", { TableName: "t" }))
        if (Either.isRight(one) && Either.isRight(two)) assert.deepStrictEqual(two.right, one.right)
        else {
          assert.deepStrictEqual(
            [one, two].map((of) => Either.isLeft(of) ? of.left._tag : "an answer"),
            ["MalformedFault", "MalformedFault"],
            JSON.stringify(answer)
          )
        }
      }
    }))

  it.scopedLive("say the same of an error, whatever it is", () =>
    Effect.gen(function*() {
      const { direct, script, sdk } = yield* both
      const item = { id: { S: "1" }, bin: { B: "AQID" } }
      const reason = {
        reason: "TableReadProvisionedThroughputExceeded",
        resource: "arn:aws:dynamodb:eu-west-1:1:table/t"
      }
      const errors: ReadonlyArray<Answer> = [
        json(400, { __type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", message: "no" }),
        json(400, { __type: "ConditionalCheckFailedException", Message: "no", Item: item }),
        json(400, {
          __type: "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
          Message: "no",
          CancellationReasons: [{ Code: "None" }, { Code: "ConditionalCheckFailed", Message: "m", Item: item }]
        }),
        json(400, { __type: "x#ProvisionedThroughputExceededException", message: "m", ThrottlingReasons: [reason] }),
        json(400, { __type: "x#ThrottlingException", message: "m", throttlingReasons: [reason] }, {
          "retry-after": "2"
        }),
        json(400, { __type: "a#NobodyKnows:http://link", message: "m", Other: 1 }, { "x-amz-retry-after": "1500" }),
        json(400, { code: "CodeOnly", Message: "m" }),
        json(400, { __type: 7 }),
        json(400, {}, { "x-amzn-errortype": "FromHeader:more" }),
        json(400, { __type: "text that is no name", message: "m" }),
        json(500, { __type: "x#InternalServerError", message: "m" }),
        json(503, ""),
        json(302, ""),
        json(413, "{}"),
        json(400, "[]"),
        json(500, "<html>"),
        json(400, { __type: { no: "name" } })
      ]
      for (const [i, answer] of errors.entries()) {
        script.answer = answer
        const one = yield* Effect.flip(sender(sdk)("GetItem", { TableName: "t" }))
        const two = yield* Effect.flip(sender(direct)("GetItem", { TableName: "t" }))
        if (one._tag === "ServiceFault" && two._tag === "ServiceFault") {
          assert.deepStrictEqual({ ...two, clockSkew: 0 }, { ...one, clockSkew: 0 }, `error ${i}`)
        } else assert.deepStrictEqual([two._tag, i], [one._tag, i])
      }
    }))

  it.scopedLive("say the same of a connection that fails", () =>
    Effect.gen(function*() {
      const { direct, script, sdk } = yield* both
      const faults: ReadonlyArray<Answer> = [
        (request) => request.socket.destroy(),
        (request) => request.socket.resetAndDestroy(),
        (request) => request.socket.end("garbage\r\n\r\n"),
        (request) => request.socket.end("HTTP/1.1 200 OK\r\nx-amzn-requestid: r\r\ncontent-length: 10\r\n\r\n{\"a"),
        (_, response) => {
          response.writeHead(200, { "content-length": "100" })
          response.write("{\"Item\"", () => response.destroy())
        }
      ]
      for (const [i, answer] of faults.entries()) {
        script.answer = answer
        // a connection that was used before, and one that was not
        for (const operation of ["GetItem", "PutItem"] as const) {
          const one = yield* Effect.flip(sender(sdk)(operation, { TableName: "t" }))
          const two = yield* Effect.flip(sender(direct)(operation, { TableName: "t" }))
          const what = ({ _tag, ...more }: typeof one) =>
            "phase" in more ? [_tag, more.phase, more.timeout, i] : [_tag, "statusCode" in more && more.statusCode, i]
          assert.deepStrictEqual(what(two), what(one))
        }
      }
    }))

  it.scopedLive("an answer whose checksum is wrong is none; without one it passes", () =>
    Effect.gen(function*() {
      const { direct, script } = yield* both
      const body = JSON.stringify({ Item: { id: { S: "1" } } })
      script.answer = json(200, body, { "x-amz-crc32": String(zlib.crc32(body) ^ 1) })
      assert.strictEqual(
        (yield* Effect.flip(direct.send("GetItem", { TableName: "t", Key: {} })))._tag,
        "MalformedFault"
      )
      script.answer = json(200, body)
      assert.deepStrictEqual((yield* direct.send("GetItem", { TableName: "t", Key: {} })).Item, { id: { S: "1" } })
    }))

  it.scopedLive("a clock that is off is corrected once, and the correction is kept", () =>
    Effect.gen(function*() {
      const { arrived, direct, script } = yield* both
      const ahead = 3_600_000
      const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      const at = (n: number) => String(arrived[n]?.request.headers["x-amz-date"]).slice(9, 11)
      const hour = (millis: number) => new Date(millis).toISOString().slice(11, 13)
      script.answer = json(400, { __type: "x#RequestTimeTooSkewed" }, { date: new Date(now + ahead).toUTCString() })
      yield* Effect.flip(direct.send("GetItem", { TableName: "t", Key: {} }))
      // an answer that does not say what time it is changes nothing
      script.answer = (_, response) => {
        response.sendDate = false
        response.writeHead(200).end("{}")
      }
      yield* direct.send("GetItem", { TableName: "t", Key: {} })
      yield* direct.send("GetItem", { TableName: "t", Key: {} })
      assert.deepStrictEqual([at(0), at(1), at(2)], [hour(now), hour(now + ahead), hour(now + ahead)])
    }))
})
