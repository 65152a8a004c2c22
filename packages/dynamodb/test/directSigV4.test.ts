/** Signatures against the vectors that AWS publishes for Signature Version 4. */
import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import {
  amzDate,
  canonicalHeaders,
  canonicalPath,
  canonicalRequest,
  deriveKey,
  sha256,
  type Signable,
  Signer
} from "../src/internal/directSigV4.js"

const secret = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" }
const given = { secret, date: "20150830T123600Z", region: "us-east-1", service: "service" }
const common = { Host: "example.amazonaws.com", "X-Amz-Date": "20150830T123600Z" }

/** Of AWS's suite, those without a query: name, method, path, headers beside host and date, body, signed headers, signature. */
const vectors: ReadonlyArray<
  readonly [string, "GET" | "POST", string, Readonly<Record<string, string>>, string, string, string]
> = [
  [
    "get-vanilla",
    "GET",
    "/",
    {},
    "",
    "host;x-amz-date",
    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
  ],
  [
    "post-vanilla",
    "POST",
    "/",
    {},
    "",
    "host;x-amz-date",
    "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
  ],
  [
    "post-header-key-sort",
    "POST",
    "/",
    { "My-Header1": "value1" },
    "",
    "host;my-header1;x-amz-date",
    "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"
  ],
  [
    "post-header-value-case",
    "POST",
    "/",
    { "My-Header1": "VALUE1" },
    "",
    "host;my-header1;x-amz-date",
    "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"
  ],
  [
    "get-header-key-duplicate",
    "GET",
    "/",
    { "My-Header1": "value2,value2,value1" },
    "",
    "host;my-header1;x-amz-date",
    "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"
  ],
  [
    "get-header-value-order",
    "GET",
    "/",
    { "My-Header1": "value4,value1,value3,value2" },
    "",
    "host;my-header1;x-amz-date",
    "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"
  ],
  [
    "get-header-value-trim",
    "GET",
    "/",
    { "My-Header1": "  value1", "My-Header2": " \"a   b   c\" " },
    "",
    "host;my-header1;my-header2;x-amz-date",
    "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
  ],
  [
    "get-unreserved",
    "GET",
    "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    {},
    "",
    "host;x-amz-date",
    "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"
  ],
  [
    "get-utf8",
    "GET",
    "/ሴ",
    {},
    "",
    "host;x-amz-date",
    "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"
  ],
  [
    "get-relative",
    "GET",
    "/example/..",
    {},
    "",
    "host;x-amz-date",
    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
  ],
  [
    "get-slash",
    "GET",
    "//",
    {},
    "",
    "host;x-amz-date",
    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
  ],
  [
    "post-x-www-form-urlencoded",
    "POST",
    "/",
    { "Content-Type": "application/x-www-form-urlencoded" },
    "Param1=value1",
    "content-type;host;x-amz-date",
    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
  ],
  [
    "post-x-www-form-urlencoded-parameters",
    "POST",
    "/",
    { "Content-Type": "application/x-www-form-urlencoded; charset=utf8" },
    "Param1=value1",
    "content-type;host;x-amz-date",
    "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"
  ]
]

const authorization = (signer: Signer, request: Signable, body: string, by: typeof given): string => {
  const { prefix, sign } = signer.signing(request, by)
  return prefix + sign(sha256(body))
}

describe("Signature Version 4", () => {
  it("signs as AWS's published vectors say", () => {
    const signer = new Signer()
    for (const [name, method, path, headers, body, signed, signature] of vectors) {
      const request = {
        method,
        path: canonicalPath(path),
        headers: canonicalHeaders({ ...headers, ...common })
      }
      assert.strictEqual(
        authorization(signer, request, body, given),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
          `SignedHeaders=${signed}, Signature=${signature}`,
        name
      )
    }
  })

  it("makes AWS's canonical request", () => {
    assert.strictEqual(
      canonicalRequest({ method: "GET", path: "/", headers: canonicalHeaders(common) }) + sha256(""),
      "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n" +
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
  })

  it("derives AWS's signing key", () => {
    assert.strictEqual(
      Buffer.from(deriveKey(secret.secretAccessKey, "20150830", "us-east-1", "iam")).toString("hex"),
      "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
    )
  })

  it("a key stands for its day, region, service and secret, and for nothing else", () => {
    const signer = new Signer()
    const request = { method: "POST", path: "/", headers: canonicalHeaders(common) }
    const others = [
      given,
      { ...given, date: "20150831T123600Z" },
      { ...given, region: "eu-west-1" },
      { ...given, service: "dynamodb" },
      { ...given, secret: { ...secret, secretAccessKey: "another" } },
      { ...given, secret: { ...secret, accessKeyId: "ANOTHER" } }
    ]
    // each twice, so that the second finds what the first left
    for (const each of [...others, ...others]) {
      assert.strictEqual(
        authorization(signer, request, "{}", each),
        authorization(new Signer(), request, "{}", each)
      )
    }
    assert.strictEqual(new Set(others.map((each) => authorization(signer, request, "{}", each))).size, others.length)
  })

  it("writes a time as AWS does", () => {
    assert.strictEqual(amzDate(Date.UTC(2015, 7, 30, 12, 36, 0, 999)), "20150830T123600Z")
  })
})
