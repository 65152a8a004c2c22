import * as Classify from "@armature/aws/Classify"
import * as Wire from "@armature/aws/WireFailure"
import { describe, it } from "@effect/vitest"
import { assert } from "vitest"

const call = { service: "DynamoDB", operation: "GetItem", resource: "t", attempts: 1 }

const seen = (failure: Wire.WireFailure) => {
  const e = Classify.classify(call, failure, {})
  const reason = "reason" in e && typeof e.reason === "string" ? ` ${e.reason}` : ""
  return `${e._tag}${reason} | ${e.retryable ? "retry" : "no"} | ${e.outcome}`
}

const named = (code: string, statusCode = 400, more: Partial<Wire.ServiceFault> = {}) =>
  seen(Wire.serviceFault({ code, statusCode, message: "", ...more }))
const unnamed = (statusCode: number) => seen(Wire.serviceFault({ code: undefined, statusCode, message: "" }))
const socket = (phase: Wire.Phase, code: string, timeout = false) =>
  seen(Wire.connectionFault({ phase, timeout, cause: Object.assign(new Error(code), { code }) }))

describe("Classify", () => {
  it("throttles", () => {
    for (
      const code of [
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "ThrottlingError",
        "TooManyRequestsException"
      ]
    ) assert.strictEqual(named(code), "ThrottlingException | retry | not-applied", code)
    assert.strictEqual(named("Anything", 429), "ThrottlingException | retry | not-applied")
    assert.strictEqual(unnamed(429), "ThrottlingException | retry | not-applied")
  })

  it("keeps AWS's throttling reasons, in either spelling", () => {
    const reasons = [{ reason: "TableWriteKeyRangeThroughputExceeded", resource: "arn:t" }]
    for (const member of ["ThrottlingReasons", "throttlingReasons"]) {
      const e = Classify.classify(
        call,
        Wire.serviceFault({ code: "ThrottlingException", statusCode: 400, message: "", detail: { [member]: reasons } }),
        {}
      )
      assert.deepStrictEqual("reasons" in e ? e.reasons : undefined, reasons)
      assert.include(e.message, "TableWriteKeyRangeThroughputExceeded")
    }
  })

  it("keeps no text in the place of a throttling reason", () => {
    const e = Classify.classify(
      call,
      Wire.serviceFault({
        code: "ThrottlingException",
        statusCode: 400,
        message: "",
        detail: { throttlingReasons: [{ reason: "key SECRET is hot" }, { reason: 5 }, null, { reason: "TableReadX" }] }
      }),
      {}
    )
    assert.deepStrictEqual("reasons" in e ? e.reasons : undefined, [{ reason: "TableReadX", resource: undefined }])
    assert.notInclude(`${e}${JSON.stringify(e)}`, "SECRET")
  })

  it("finds the service not available", () => {
    for (const code of ["InternalServerError", "InternalError", "InternalFailure", "ServiceUnavailable"]) {
      assert.strictEqual(named(code, 500), "ServiceUnavailableException | retry | unknown", code)
      assert.strictEqual(named(code, 400), "ServiceUnavailableException | retry | unknown", code)
    }
    for (const status of [500, 502, 503, 504]) {
      assert.strictEqual(unnamed(status), "ServiceUnavailableException | retry | unknown")
      assert.strictEqual(named("Whatever", status), "ServiceUnavailableException | retry | unknown")
    }
  })

  it("sorts what a socket does by how far the request had come", () => {
    for (const code of ["ECONNREFUSED", "EPROTO", "EMFILE"]) {
      assert.strictEqual(socket("connect", code), "ConnectionException Refused | retry | not-applied")
    }
    for (const code of ["ENOTFOUND", "EAI_AGAIN"]) {
      assert.strictEqual(socket("connect", code), "ConnectionException NotFound | retry | not-applied")
    }
    for (const code of ["EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"]) {
      assert.strictEqual(socket("connect", code), "ConnectionException Unreachable | retry | not-applied")
    }
    assert.strictEqual(
      socket("connect", "CONNECT_TIMEOUT", true),
      "ConnectionException ConnectTimeout | retry | not-applied"
    )
    assert.strictEqual(socket("connect", "ECONNRESET"), "ConnectionException Reset | retry | not-applied")
    assert.strictEqual(socket("sent", "ECONNRESET"), "ConnectionException Reset | retry | unknown")
    assert.strictEqual(socket("sent", "EPIPE"), "ConnectionException Reset | retry | unknown")
    assert.strictEqual(socket("sent", "ETIMEDOUT", true), "ConnectionException Timeout | retry | unknown")
    assert.strictEqual(socket("body", "ECONNRESET"), "ConnectionException Truncated | retry | unknown")
    const abort = Object.assign(new Error("x"), { name: "AbortError" })
    assert.strictEqual(
      seen(Wire.connectionFault({ phase: "sent", timeout: false, cause: abort })),
      "ConnectionException Aborted | retry | unknown"
    )
    assert.strictEqual(named("RequestTimeout"), "ConnectionException Timeout | retry | unknown")
    assert.strictEqual(named("RequestTimeoutException"), "ConnectionException Timeout | retry | unknown")
  })

  it("names the address that was tried, also when two were", () => {
    const one = Object.assign(new Error("x"), { code: "ECONNREFUSED", address: "::1", port: 9 })
    const two = Object.assign(new AggregateError([one]), { code: undefined })
    const e = Classify.classify(call, Wire.connectionFault({ phase: "connect", timeout: false, cause: two }), {})
    assert.include(e.message, "::1:9")
    assert.include(e.message, "refused")
  })

  it("tells what is wrong with credentials", () => {
    const no = "no | not-applied"
    assert.strictEqual(seen(Wire.credentialsFault(new Error("x"))), `CredentialsException Missing | ${no}`)
    assert.strictEqual(
      seen(Wire.credentialsFault(Object.assign(new Error("x"), { name: "ExpiredTokenException" }))),
      `CredentialsException Expired | ${no}`
    )
    const signatures = [
      "UnrecognizedClientException",
      "InvalidAccessKeyId",
      "InvalidClientTokenId",
      "InvalidSignatureException",
      "SignatureDoesNotMatch",
      "IncompleteSignature",
      "IncompleteSignatureException",
      "MissingAuthenticationToken",
      "MissingAuthenticationTokenException"
    ]
    for (const code of signatures) {
      assert.strictEqual(named(code), `CredentialsException Invalid | ${no}`, code)
      assert.strictEqual(named(code, 400, { clockSkew: 239_999 }), `CredentialsException Invalid | ${no}`)
      for (const clockSkew of [240_000, -240_000]) {
        assert.strictEqual(named(code, 400, { clockSkew }), "CredentialsException ClockSkew | retry | not-applied")
      }
    }
    for (const code of ["ExpiredToken", "ExpiredTokenException"]) {
      assert.strictEqual(named(code), "CredentialsException Expired | retry | not-applied")
    }
    for (const code of ["RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"]) {
      assert.strictEqual(named(code), "CredentialsException ClockSkew | retry | not-applied")
    }
  })

  it("denies, validates, configures", () => {
    for (const code of ["AccessDenied", "AccessDeniedException", "AuthFailure"]) {
      assert.strictEqual(named(code), "AccessDeniedException | no | not-applied")
    }
    assert.strictEqual(unnamed(403), "AccessDeniedException | no | not-applied")
    assert.strictEqual(named("ValidationException"), "ValidationException | no | not-applied")
    assert.strictEqual(named("SerializationException"), "ValidationException | no | not-applied")
    assert.strictEqual(unnamed(413), "ValidationException | no | not-applied")
    assert.match(seen(Wire.inputFault(new TypeError("x"))), /^ValidationException .* \| no \| not-applied$/)
    assert.strictEqual(named("PermanentRedirect", 301), "ConfigurationException WrongRegion | no | not-applied")
    assert.strictEqual(named("InvalidEndpointException"), "ConfigurationException InvalidEndpoint | no | not-applied")
    assert.strictEqual(
      seen(Wire.configurationFault(new Error("Region is missing"))),
      "ConfigurationException RegionMissing | no | not-applied"
    )
    assert.strictEqual(
      seen(Wire.configurationFault(Object.assign(new Error("x"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }))),
      "ConfigurationException UntrustedCertificate | no | not-applied"
    )
  })

  it("keeps what no row knows, and vouches for its outcome only when AWS named it", () => {
    assert.strictEqual(named("BrandNew"), "ServiceException | no | not-applied")
    assert.strictEqual(named("BrandNew", 599), "ServiceException | retry | unknown")
    assert.strictEqual(unnamed(400), "ServiceException | no | unknown")
    assert.strictEqual(named("constructor"), "ServiceException | no | not-applied")
    assert.strictEqual(named("__proto__"), "ServiceException | no | not-applied")
    assert.strictEqual(
      seen(Wire.malformedFault({ statusCode: 200, cause: new SyntaxError("x") })),
      "InvalidResponseException | retry | unknown"
    )
  })

  it("carries AWS's facts, and AWS's text only where nothing prints it", () => {
    const e = Classify.classify(
      { ...call, attempts: 2 },
      Wire.serviceFault({
        code: "ValidationException",
        statusCode: 400,
        message: "key SECRET",
        requestId: "r-1",
        retryAfter: 7
      }),
      {}
    )
    assert.deepStrictEqual(
      [e.service, e.operation, e.resource, e.attempts, e.code, e.statusCode, e.requestId, e.retryAfter, e.awsMessage],
      ["DynamoDB", "GetItem", "t", 2, "ValidationException", 400, "r-1", 7, "key SECRET"]
    )
    assert.notInclude(`${e}${JSON.stringify(e)}`, "SECRET")
  })

  it("a service's own rows win", () => {
    const e = Classify.classify(call, Wire.serviceFault({ code: "Throttling", statusCode: 400, message: "" }), {
      Throttling: (fields) => Classify.classify(call, Wire.inputFault(fields), {})
    })
    assert.strictEqual(e._tag, "ValidationException")
  })
})

describe("Classify, of what a program throws", () => {
  it("never throws itself", () => {
    const getter = Object.defineProperty({}, "name", {
      get() {
        throw new Error("g")
      }
    })
    const trap = () => {
      throw new Error("p")
    }
    const proxy = new Proxy({}, { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap })
    const cyclic: { name: string; errors: Array<unknown> } = { name: "x", errors: [] }
    cyclic.errors.push(cyclic)
    const { proxy: revoked, revoke } = Proxy.revocable([], {})
    revoke()
    for (
      const cause of [getter, proxy, cyclic, { errors: proxy }, { errors: revoked }, { errors: [proxy] }, Symbol("x")]
    ) {
      for (
        const failure of [
          Wire.credentialsFault(cause),
          Wire.configurationFault(cause),
          Wire.inputFault(cause),
          Wire.malformedFault({ statusCode: 200, cause }),
          Wire.connectionFault({ phase: "connect", timeout: false, cause }),
          Wire.connectionFault({ phase: "sent", timeout: false, cause }),
          Wire.connectionFault({ phase: "body", timeout: false, cause })
        ]
      ) assert.isAbove(Classify.classify(call, failure, {}).message.length, 20)
    }
  })
})
