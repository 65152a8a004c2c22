/** Requests that no client makes, to DynamoDB, KMS and S3: each is answered as AWS answers, and the next good one is served. */
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { assert } from "vitest"
import * as Endpoint from "../../src/Endpoint.js"
import { request, type Sent, signed } from "./client.js"

const junk = FastCheck.oneof(FastCheck.string(), FastCheck.json(), FastCheck.constant(""))

/** A JSON document of members that the operations know, with values of any kind. */
const members = FastCheck.dictionary(
  FastCheck.constantFrom(
    ...["TableName", "Key", "Item", "KeyId", "Plaintext", "CiphertextBlob", "EncryptionContext", "NumberOfBytes"],
    ...[
      "KeySpec",
      "AliasName",
      "TargetKeyId",
      "RequestItems",
      "TransactItems",
      "Statement",
      "ExpressionAttributeValues"
    ]
  ),
  FastCheck.oneof(
    FastCheck.constantFrom<unknown>("table", "alias/key", "AAAA", 1, -1, 1e300, null, true, [], {}, { S: "a" }, {
      B: "AA=="
    }),
    FastCheck.jsonValue()
  )
).map((input) => JSON.stringify(input))

const byTarget = FastCheck.record({
  target: FastCheck.constantFrom(
    ...["PutItem", "GetItem", "Query", "BatchWriteItem", "TransactWriteItems", "CreateTable", "ExecuteStatement"].map(
      (name) => `DynamoDB_20120810.${name}`
    ),
    ...["Encrypt", "Decrypt", "GenerateDataKey", "CreateKey", "CreateAlias", "DescribeKey", "ReEncrypt"].map(
      (name) => `TrentService.${name}`
    ),
    "TrentService.",
    "DynamoDBStreams_20120810.GetRecords"
  ),
  body: FastCheck.oneof(members, junk)
}).map(({ body, target }): Sent => ({ method: "POST", path: "/", headers: { "x-amz-target": target }, body }))

const header = (name: string, ...values: ReadonlyArray<string>) =>
  FastCheck.option(FastCheck.oneof(FastCheck.constantFrom(...values), FastCheck.stringMatching(/^[!-~]{1,12}$/)), {
    nil: undefined
  }).map((value): Record<string, string> => value === undefined ? {} : { [name]: value })

const toS3 = FastCheck.record({
  method: FastCheck.constantFrom("GET", "PUT", "POST", "DELETE", "HEAD"),
  path: FastCheck.oneof(
    FastCheck.constantFrom(
      "/",
      "/bucket",
      "/bucket/",
      "/bucket/key",
      "/bucket/%",
      "/bucket/%2e%2e/x",
      "//",
      "/bucket//"
    ),
    FastCheck.webPath().map((path) => `/${path}`)
  ),
  query: FastCheck.oneof(
    FastCheck.constantFrom(
      ...["", "?delete", "?uploads", "?versioning", "?versions", "?list-type=2&max-keys=-1", "?list-type=2&prefix=%ff"],
      ...["?uploadId=x", "?uploadId=x&partNumber=0", "?partNumber=1e9&uploadId=", "?versionId=x", "?X-Amz-Algorithm=x"],
      "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=x&X-Amz-Date=x&X-Amz-Credential=x&X-Amz-SignedHeaders=&X-Amz-Signature="
    ),
    FastCheck.webQueryParameters().map((query) => `?${query}`)
  ),
  headers: FastCheck.tuple(
    header("range", "bytes=0-0", "bytes=-0", "bytes=9-1", "bytes=0-1,3-4"),
    header("x-amz-copy-source", "bucket/key", "/", "bucket/key?versionId=x"),
    header("content-md5", "AAAA"),
    header("x-amz-checksum-crc32", "AAAAAA==", "A"),
    header("x-amz-trailer", "x-amz-checksum-crc32"),
    header("if-none-match", "*"),
    header("x-amz-content-sha256", "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
  ).map((all): Record<string, string> => Object.assign({}, ...all)),
  body: FastCheck.oneof(
    junk,
    FastCheck.constantFrom(
      "5\r\nhello\r\n0\r\n\r\n",
      "ffffffffff\r\n",
      "-1\r\n\r\n",
      "0\r\nx-amz-checksum-crc32:A\r\n\r\n"
    ),
    FastCheck.constantFrom("<Delete/>", "<CompleteMultipartUpload><Part/></CompleteMultipartUpload>", "<a".repeat(2000))
  )
}).map(({ body, headers, method, path, query }): Sent => ({ method, path: path + query, headers, body }))

const signedForS3 = {
  "authorization": signed.authorization.replace("/dynamodb/", "/s3/"),
  "x-amz-date": signed["x-amz-date"],
  "x-amz-content-sha256": "UNSIGNED-PAYLOAD"
}

describe("requests that no client makes", () => {
  const answeredAsAwsDoes = (requests: FastCheck.Arbitrary<Sent>, own: Readonly<Record<string, string>>) =>
    Effect.gen(function*() {
      const endpoint = yield* Endpoint.make()
      yield* request(endpoint, { method: "PUT", path: "/bucket", headers: signedForS3 })
      for (const sent of FastCheck.sample(requests, 400)) {
        const { body, status } = yield* request(endpoint, { ...sent, headers: { ...own, ...sent.headers } })
        const told = `${sent.method} ${sent.path} ${JSON.stringify(sent.headers)} ${String(sent.body).slice(0, 200)}`
        assert.isBelow(status, 500, `${told}: ${body.toString().slice(0, 300)}`)
        if (status >= 400 && sent.method !== "HEAD") assert.match(body.toString(), /"__type":"|<Error><Code>/, told)
      }
      const after = yield* request(endpoint, { method: "GET", path: "/", headers: signedForS3 })
      assert.strictEqual(after.status, 200)
    })

  it.scopedLive("to DynamoDB and KMS", () => answeredAsAwsDoes(byTarget, signed), 60_000)
  it.scopedLive("to S3", () => answeredAsAwsDoes(toS3, signedForS3), 60_000)
})
