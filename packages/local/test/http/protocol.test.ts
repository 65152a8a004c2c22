import { connectionFault, serviceFault } from "@armature/aws/WireFailure"
import type { WireFailure } from "@armature/aws/WireFailure"
import * as Sdk from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Net from "node:net"
import { crc32 } from "node:zlib"
import { assert } from "vitest"
import * as Endpoint from "../../src/Endpoint.js"
import { dynamodb, json, request, settled, signed } from "./client.js"

/** A service that remembers what reached it and answers what it is told to. */
const stub = (answer: (operation: string, input: unknown) => Effect.Effect<unknown, WireFailure>) => {
  const seen: Array<{ readonly operation: string; readonly input: unknown }> = []
  const service: Endpoint.Service = {
    send: (operation, input) => {
      seen.push({ operation, input })
      return answer(operation, input)
    }
  }
  return { seen, service }
}

const target = (operation: string) => ({ ...signed, "x-amz-target": `DynamoDB_20120810.${operation}` })

const awkward: Record<string, Sdk.AttributeValue> = Object.fromEntries<Sdk.AttributeValue>([
  ["B", { B: new Uint8Array([0, 1, 254, 255]) }],
  ["M", { M: { B: { S: "AAEC" }, BS: { M: { B: { L: [{ B: new Uint8Array([7]) }] } } } } }],
  ["__proto__", { S: "an attribute like any other" }],
  ["sets", { BS: [new Uint8Array([1]), new Uint8Array([2, 3])] }],
  ["N", { N: "12345678901234567890123456789012345678" }],
  ["empty", { M: {} }],
  ["flags", { L: [{ BOOL: true }, { NULL: true }, { SS: ["a"] }, { NS: ["1"] }, { S: "" }] }]
])

describe("AWS JSON", () => {
  it.scopedLive("hands attribute values to the service, and back, as the SDK has them", () =>
    Effect.gen(function*() {
      const { seen, service } = stub(() => Effect.succeed({ Attributes: awkward }))
      const endpoint = yield* Endpoint.make({ dynamodb: service })
      const client = yield* dynamodb(endpoint)
      const output = yield* settled(() => client.send(new Sdk.PutItemCommand({ TableName: "t1", Item: awkward })))
      assert.deepStrictEqual(seen, [{ operation: "PutItem", input: { TableName: "t1", Item: awkward } }])
      assert.include(Object.keys((seen[0]?.input as Sdk.PutItemInput).Item ?? {}), "__proto__")
      // The SDK itself loses an attribute of that name when it reads an answer.
      const { __proto__: lost, ...rest } = awkward
      const { __proto__: _, ...read } = (output as Sdk.PutItemCommandOutput).Attributes ?? {}
      assert.deepStrictEqual(read, rest)
      const raw = yield* request(endpoint, { headers: target("PutItem"), body: "{}" })
      assert.deepStrictEqual(JSON.parse(raw.body.toString()).Attributes["__proto__"], lost)
    }))

  it.scopedLive("writes dates as the SDK reads them", () =>
    Effect.gen(function*() {
      const CreationDateTime = new Date(1_700_000_000_123)
      const { service } = stub(() => Effect.succeed({ Table: { TableName: "t1", CreationDateTime } }))
      const client = yield* dynamodb(yield* Endpoint.make({ dynamodb: service }))
      const output = yield* settled(() => client.send(new Sdk.DescribeTableCommand({ TableName: "t1" })))
      assert.deepStrictEqual((output as Sdk.DescribeTableCommandOutput).Table?.CreationDateTime, CreationDateTime)
    }))

  it.scopedLive("names failures as AWS does, with their members", () =>
    Effect.gen(function*() {
      const Item = { pk: { B: new Uint8Array([9]) } }
      const CancellationReasons = [{ Code: "None" }, { Code: "ConditionalCheckFailed", Message: "no", Item }]
      const faults: Record<string, WireFailure> = {
        PutItem: serviceFault({
          code: "ConditionalCheckFailedException",
          message: "The conditional request failed",
          statusCode: 400,
          detail: { Item }
        }),
        TransactWriteItems: serviceFault({
          code: "TransactionCanceledException",
          message: "cancelled",
          statusCode: 400,
          detail: { CancellationReasons }
        }),
        GetItem: serviceFault({ code: "ThrottlingException", message: "slow", statusCode: 400, retryAfter: 1500 }),
        Query: serviceFault({ code: "ValidationException", message: "wrong", statusCode: 400 }),
        Scan: serviceFault({ code: "InternalServerError", message: "", statusCode: 500 })
      }
      const { service } = stub((operation) => Effect.fail(faults[operation] as WireFailure))
      const endpoint = yield* Endpoint.make({ dynamodb: service })
      const client = yield* dynamodb(endpoint)

      const condition = yield* settled(() => client.send(new Sdk.PutItemCommand({ TableName: "t1", Item: {} })))
      assert.instanceOf(condition, Sdk.ConditionalCheckFailedException)
      assert.deepStrictEqual(condition.Item, Item)
      assert.strictEqual(condition.message, "The conditional request failed")
      assert.match(condition.$metadata.requestId ?? "", /^[A-Z0-9]{52}$/)

      const canceled = yield* settled(() => client.send(new Sdk.TransactWriteItemsCommand({ TransactItems: [] })))
      assert.instanceOf(canceled, Sdk.TransactionCanceledException)
      assert.deepStrictEqual(canceled.CancellationReasons, CancellationReasons)

      const throttled = yield* request(endpoint, { headers: target("GetItem"), body: "{}" })
      assert.strictEqual(throttled.headers["x-amz-retry-after"], "1500")
      assert.strictEqual(json(throttled)["__type"], "com.amazon.coral.availability#ThrottlingException")

      const invalid = yield* request(endpoint, { headers: target("Query"), body: "{}" })
      assert.deepStrictEqual(json(invalid), {
        __type: "com.amazon.coral.validate#ValidationException",
        message: "wrong"
      })
      const broken = yield* request(endpoint, { headers: target("Scan"), body: "{}" })
      assert.strictEqual(broken.status, 500)
      assert.deepStrictEqual(json(broken), { __type: "com.amazonaws.dynamodb.v20120810#InternalServerError" })
    }))

  it.scopedLive("carries a checksum and a request id", () =>
    Effect.gen(function*() {
      const { service } = stub(() => Effect.succeed({ TableNames: ["t1"] }))
      const answered = yield* request(yield* Endpoint.make({ dynamodb: service }), {
        headers: target("ListTables"),
        body: "{}"
      })
      assert.strictEqual(answered.headers["x-amz-crc32"], String(crc32(answered.body)))
      assert.strictEqual(answered.headers["content-type"], "application/x-amz-json-1.0")
      assert.match(String(answered.headers["x-amzn-requestid"]), /^[A-Z0-9]{52}$/)
      assert.deepStrictEqual(json(answered), { TableNames: ["t1"] })
    }))

  const cases: ReadonlyArray<readonly [string, string | Uint8Array, string | undefined]> = [
    ["text that is not JSON", "{", undefined],
    ["nothing", "", undefined],
    ["bytes that are not UTF-8", new Uint8Array([0x22, 0xff, 0x22]), undefined],
    ["a list for the request", "[]", "Unrecognized collection type class GetItemInput"],
    ["a number for a string", `{"TableName":5}`, "NUMBER_VALUE cannot be converted to String"],
    ["a fraction for a string", `{"TableName":5.5}`, "DECIMAL_VALUE cannot be converted to String"],
    ["true for a string", `{"TableName":true}`, "TRUE_VALUE cannot be converted to String"],
    ["a list for a string", `{"TableName":[]}`, "Unrecognized collection type class java.lang.String"],
    ["a map for a string", `{"TableName":{}}`, "Start of structure or map found where not expected"],
    ["a word for a boolean", `{"ConsistentRead":"maybe"}`, "Unexpected token received from parser"],
    ["text for a list", `{"AttributesToGet":"a"}`, "Unexpected field type"],
    ["text for a map", `{"Key":"a"}`, "Unexpected field type"],
    ["a number for an attribute's N", `{"Key":{"a":{"N":1}}}`, "NUMBER_VALUE cannot be converted to String"],
    ["bytes that are not base64", `{"Key":{"a":{"B":"*abc"}}}`, "Invalid Base64 character detected"],
    [
      "half a base64 group",
      `{"Key":{"a":{"B":"abc"}}}`,
      "Base64 encoded length is expected a multiple of 4 bytes but found: 3"
    ],
    ["a nesting without end", `{"Key":{"a":${`{"L":[`.repeat(5000)}${"]}".repeat(5000)}}}`, "Nesting too deep"]
  ]
  for (const [name, body, message] of cases) {
    it.scopedLive(`is a SerializationException: ${name}`, () =>
      Effect.gen(function*() {
        const { seen, service } = stub(() => Effect.succeed({}))
        const answered = yield* request(yield* Endpoint.make({ dynamodb: service }), {
          headers: target("GetItem"),
          body
        })
        assert.strictEqual(answered.status, 400)
        assert.deepStrictEqual(json(answered), {
          __type: "com.amazon.coral.service#SerializationException",
          ...(message === undefined ? {} : { Message: message })
        })
        assert.deepStrictEqual(seen, [])
      }))
  }

  it.scopedLive("drops members that AWS does not know, and null ones", () =>
    Effect.gen(function*() {
      const { seen, service } = stub(() => Effect.succeed({}))
      yield* request(yield* Endpoint.make({ dynamodb: service }), {
        headers: target("GetItem"),
        body: `{"TableName":"t1","Other":{"x":1},"Key":null,"constructor":1}`
      })
      assert.deepStrictEqual(seen, [{ operation: "GetItem", input: { TableName: "t1" } }])
    }))

  it.scopedLive("knows the operations of DynamoDB and of DynamoDB Streams, and no other", () =>
    Effect.gen(function*() {
      const { seen, service } = stub(() => Effect.succeed({}))
      const endpoint = yield* Endpoint.make({ dynamodb: service })
      const send = (name: string) => request(endpoint, { headers: { ...signed, "x-amz-target": name }, body: "{}" })
      assert.strictEqual((yield* send("DynamoDBStreams_20120810.ListStreams")).status, 200)
      for (
        const name of [
          "DynamoDB_20120810.Nothing",
          "DynamoDB_20111205.GetItem",
          "GetItem",
          "",
          "DynamoDB_20120810.GetItem.x"
        ]
      ) {
        const answered = yield* send(name)
        assert.strictEqual(answered.status, 400)
        assert.deepStrictEqual(json(answered), { __type: "com.amazon.coral.service#UnknownOperationException" })
      }
      assert.deepStrictEqual(seen.map((one) => one.operation), ["ListStreams"])
    }))

  it.scopedLive("refuses more than 16 MB", () =>
    Effect.gen(function*() {
      const { seen, service } = stub(() => Effect.succeed({}))
      const endpoint = yield* Endpoint.make({ dynamodb: service })
      const answered = yield* request(endpoint, {
        headers: target("PutItem"),
        body: Buffer.alloc(16 * 1024 * 1024 + 1, 32)
      })
      assert.strictEqual(answered.status, 413)
      assert.strictEqual(json(answered)["__type"], "com.amazon.coral.service#RequestEntityTooLargeException")
      assert.deepStrictEqual(seen, [])
    }))

  it.scopedLive("answers a health check", () =>
    Effect.gen(function*() {
      const answered = yield* request(yield* Endpoint.make(), { method: "GET" })
      assert.strictEqual(answered.status, 200)
      assert.match(answered.body.toString(), /^healthy/)
    }))

  it.scopedLive("cuts the connection where the service says so", () =>
    Effect.gen(function*() {
      const cut = (phase: "sent" | "body") =>
        Effect.gen(function*() {
          const { service } = stub(() => Effect.fail(connectionFault({ phase, timeout: false, cause: undefined })))
          const client = yield* dynamodb(yield* Endpoint.make({ dynamodb: service }))
          const failure = yield* settled(() => client.send(new Sdk.GetItemCommand({ TableName: "t1", Key: {} })))
          return failure instanceof Error && "code" in failure ? failure.code : undefined
        })
      assert.strictEqual(yield* cut("sent"), "ECONNRESET")
      assert.strictEqual(yield* cut("body"), "ECONNRESET")
    }))
})

describe("arbitrary bytes", () => {
  const exchange = (endpoint: Endpoint.Endpoint, bytes: Uint8Array): Effect.Effect<string> =>
    Effect.async((resume) => {
      const socket = Net.connect(endpoint.port, endpoint.host)
      const chunks: Array<Buffer> = []
      socket.on("data", (chunk: Buffer) => chunks.push(chunk))
      socket.on("error", () => undefined)
      socket.on("close", () => resume(Effect.succeed(Buffer.concat(chunks).toString("latin1"))))
      socket.end(bytes)
    })

  it.scopedLive("end in an AWS-shaped answer, and the next request is served", () =>
    Effect.gen(function*() {
      const { service } = stub(() => Effect.succeed({ TableNames: [] }))
      const endpoint = yield* Endpoint.make({ dynamodb: service })
      const http = FastCheck.record({
        method: FastCheck.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"),
        path: FastCheck.webPath(),
        target: FastCheck.constantFrom("DynamoDB_20120810.PutItem", "DynamoDB_20120810", "TrentService.Encrypt", "x"),
        authorization: FastCheck.oneof(
          FastCheck.constant(signed.authorization),
          FastCheck.stringMatching(/^[!-~]{1,20}$/)
        ),
        body: FastCheck.oneof(FastCheck.string(), FastCheck.json())
      })
      for (const sent of FastCheck.sample(http, 150)) {
        const answered = yield* request(endpoint, {
          method: sent.method,
          path: sent.path === "" ? "/" : sent.path,
          headers: { ...signed, "x-amz-target": sent.target, "authorization": sent.authorization },
          body: sent.body
        })
        assert.isAbove(answered.status, 199)
        if (answered.status >= 400 && sent.method !== "HEAD") assert.match(answered.body.toString(), /__type|<Error>/)
      }
      for (const bytes of FastCheck.sample(FastCheck.uint8Array({ minLength: 1, maxLength: 200 }), 150)) {
        const text = yield* exchange(endpoint, bytes)
        if (text !== "") assert.match(text, /^HTTP\/1\.1 4\d\d [^]*__type/)
      }
      const after = yield* request(endpoint, { headers: target("ListTables"), body: "{}" })
      assert.strictEqual(after.status, 200)
    }), 30_000)
})
