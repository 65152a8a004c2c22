/** Heads of requests: what is written once for many is what each would have. */
import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { Heads } from "../src/internal/directHead.js"
import { Signer } from "../src/internal/directSigV4.js"
import type { Identity, Target } from "../src/internal/directTarget.js"

const target: Target = {
  origin: "http://127.0.0.1:8000",
  address: "127.0.0.1",
  port: 8000,
  host: "127.0.0.1:8000",
  path: "/",
  canonicalPath: "/",
  region: "us-east-1",
  service: "dynamodb",
  headers: []
}
const identity: Identity = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "secret",
  sessionToken: undefined,
  accountId: undefined,
  until: Infinity
}
const date = "20150830T123600Z"
const body = Buffer.from("{}")
const operation = "DynamoDB_20120810.GetItem"

type Given = readonly [date: string, target: Target, identity: Identity, body: Buffer]

const given: ReadonlyArray<Given> = [
  [date, target, identity, body],
  [date, target, identity, Buffer.from("{\"TableName\":\"a\"}")],
  ["20150830T123601Z", target, identity, body],
  [date, { ...target, host: "localhost:8000" }, identity, body],
  [date, { ...target, path: "/a/", canonicalPath: "/a/" }, identity, body],
  [date, { ...target, headers: [["x-more", "1"]] }, identity, body],
  [date, target, { ...identity, secretAccessKey: "another" }, body],
  [date, target, { ...identity, sessionToken: "token" }, body]
]

describe("the head of a request", () => {
  it("is that of its own body, second, place and identity, whatever was sent before", () => {
    const signer = new Signer()
    const heads = new Heads(operation)
    const alone = given.map((each) => new Heads(operation).of(new Signer(), ...each))
    assert.strictEqual(new Set(alone).size, given.length)
    for (const [i, one] of alone.entries()) {
      for (const [j, other] of alone.entries()) {
        assert.strictEqual(heads.of(signer, ...(given[i] ?? assert.fail())), one)
        assert.strictEqual(heads.of(signer, ...(given[j] ?? assert.fail())), other)
      }
    }
  })

  it("has what the request is and its length", () => {
    const head = new Heads(operation).of(new Signer(), date, target, identity, body)
    assert.isTrue(head.startsWith("POST / HTTP/1.1\r\n"))
    assert.isTrue(head.endsWith("\r\n\r\n"))
    assert.include(head, "\r\ncontent-length: 2\r\n")
    assert.include(head, `\r\nx-amz-target: ${operation}\r\n`)
    assert.include(head, "\r\nhost: 127.0.0.1:8000\r\n")
  })

  it.each([
    ["a key's id", target, { ...identity, accessKeyId: "a\r\nb" }],
    ["a token", target, { ...identity, sessionToken: "a\nb" }],
    ["a header of the endpoint's", { ...target, headers: [["x-more", "\u20ac"]] as const }, identity]
  ])("is none with %s that cannot be sent", (_, to, by) => {
    assert.throws(() => new Heads(operation).of(new Signer(), date, to, by, body), "not a header")
  })
})
