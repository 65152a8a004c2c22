import * as AwsException from "@armature/aws/AwsException"
import * as Exceptions from "@armature/aws/Exceptions"
import { describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as util from "node:util"
import { assert } from "vitest"

const secret = "SECRET-42"

class Holding extends AwsException.tagged("Holding")<{ readonly item: unknown; readonly size: number }>({
  says: (e) => `it has ${e.size} bytes`,
  printed: ["size"]
}) {}

const holding = new Holding({
  service: "DynamoDB",
  operation: "PutItem",
  resource: "users",
  code: "Holding",
  requestId: "r-1",
  attempts: 3,
  awsMessage: secret,
  cause: Object.assign(new Error(secret), { $response: { body: secret }, Item: { s: { S: secret } } }),
  item: { ssn: secret },
  size: 7
})

const printed = (e: unknown): ReadonlyArray<string> => [
  String(e),
  JSON.stringify(e),
  JSON.stringify({ nested: [e] }),
  util.inspect(e),
  util.inspect(e, { depth: Infinity, showHidden: true }),
  util.inspect({ e }, { depth: Infinity, showHidden: true, customInspect: false }),
  util.format("%o %O %s %j", e, e, e, e),
  Cause.pretty(Cause.fail(e)),
  Cause.pretty(Cause.fail(e), { renderErrorCause: true }),
  JSON.stringify(Cause.fail(e)),
  util.inspect(Cause.prettyErrors(Cause.fail(e)), { depth: Infinity, showHidden: true }),
  e instanceof Error ? `${e.stack}` : ""
]

describe("AwsException", () => {
  it("holds data reachable by name and prints none of it", () => {
    assert.deepStrictEqual(holding.item, { ssn: secret })
    assert.strictEqual(holding.awsMessage, secret)
    for (const text of printed(holding)) assert.notInclude(text, secret)
  })

  it("prints what identifies the failure", () => {
    assert.strictEqual(holding.message, `PutItem on "users": it has 7 bytes (Holding, request r-1, 3 attempts)`)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(holding)), {
      _tag: "Holding",
      message: holding.message,
      service: "DynamoDB",
      operation: "PutItem",
      resource: "users",
      code: "Holding",
      requestId: "r-1",
      attempts: 3,
      retryable: false,
      outcome: "not-applied",
      size: 7
    })
    assert.include(Cause.pretty(Cause.fail(holding)), holding.message)
  })

  it("is an Error, a TaggedError and of the family", () => {
    assert.instanceOf(holding, Error)
    assert.strictEqual(holding._tag, "Holding")
    assert.strictEqual(holding.name, "Holding")
    assert.isTrue(AwsException.isAwsException(holding))
    for (const other of [new Error("x"), null, undefined, "x", { _tag: "Holding" }]) {
      assert.isFalse(AwsException.isAwsException(other))
    }
  })

  it("keeps of a cause only its name, its code and what the operating system says", () => {
    const socket = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:9"), {
      code: "ECONNREFUSED",
      syscall: "connect",
      address: "127.0.0.1"
    })
    const kept = new Exceptions.ConnectionException({ reason: "Refused", cause: socket }).cause
    assert.instanceOf(kept, Error)
    assert.include(util.inspect(kept), "connect ECONNREFUSED 127.0.0.1:9")
    assert.strictEqual(new Exceptions.ServiceException({ cause: kept }).cause, kept)
    const custom = new Exceptions.CredentialsException({ reason: "Missing", cause: new Error(`password ${secret}`) })
    assert.notInclude(util.inspect(custom.cause, { showHidden: true }), secret)
  })

  it("every shared exception can be made with nothing but its own fields", () => {
    const all = [
      new Exceptions.AccessDeniedException(),
      new Exceptions.ConfigurationException({ reason: "RegionMissing" }),
      new Exceptions.ConnectionException({ reason: "Refused" }),
      new Exceptions.CredentialsException({ reason: "Expired" }),
      new Exceptions.InvalidResponseException(),
      new Exceptions.LimitExceededException(),
      new Exceptions.ResourceInUseException(),
      new Exceptions.ResourceNotFoundException(),
      new Exceptions.SerializationException({ path: ["a", 0, "b"], reason: "is NaN" }),
      new Exceptions.ServiceException(),
      new Exceptions.ServiceUnavailableException(),
      new Exceptions.ThrottlingException(),
      new Exceptions.ValidationException(),
      new Exceptions.WriteOutcomeUnknownException({ last: holding })
    ]
    for (const e of all) {
      assert.isTrue(AwsException.isAwsException(e))
      assert.strictEqual(e.retryable, false)
      assert.strictEqual(e.outcome, e._tag === "WriteOutcomeUnknownException" ? "unknown" : "not-applied")
      assert.isAbove(e.message.length, 20)
      assert.notInclude(e.message, "undefined")
      for (const text of printed(e)) assert.notInclude(text, secret)
    }
    assert.strictEqual(
      new Exceptions.SerializationException({ path: ["a", 0, "b"], reason: "is NaN" }).message,
      "the value at a[0].b is NaN"
    )
  })

  it("gives the fields that another of the family can be made with", () => {
    const fields = {
      service: "DynamoDB",
      operation: "PutItem",
      resource: "users",
      code: "Busy",
      awsMessage: secret,
      statusCode: 503,
      requestId: "r-1",
      attempts: 3,
      retryable: true,
      outcome: "unknown",
      retryAfter: 70,
      cause: holding
    } as const
    assert.deepStrictEqual(AwsException.fieldsOf(new Exceptions.ServiceUnavailableException(fields)), fields)
    const again = new Exceptions.ConnectionException({ ...AwsException.fieldsOf(holding), reason: "Reset" })
    assert.deepStrictEqual(AwsException.fieldsOf(again), AwsException.fieldsOf(holding))
    for (const text of printed(again)) assert.notInclude(text, secret)
  })

  it("names the action that is not allowed", () => {
    const e = new Exceptions.AccessDeniedException({ service: "DynamoDB", operation: "GetItem", resource: "users" })
    assert.include(e.message, "dynamodb:GetItem")
  })

  it("tells how to start the in-process endpoint when nothing listens on loopback", () => {
    const e = new Exceptions.ConnectionException({ reason: "Refused", address: "127.0.0.1:8000" })
    assert.include(e.message, "armature-local")
    assert.notInclude(
      new Exceptions.ConnectionException({ reason: "Refused", address: "10.0.0.1:443" }).message,
      "armature-local"
    )
  })

  it("sorts into categories", () => {
    const throttled = new Exceptions.ThrottlingException()
    const down = new Exceptions.ServiceUnavailableException()
    const denied = new Exceptions.AccessDeniedException()
    assert.deepStrictEqual([throttled, down, denied].map((e) => AwsException.isThrottling(e)), [true, false, false])
    assert.deepStrictEqual([throttled, down, denied].map((e) => AwsException.isTransient(e)), [false, true, false])
    assert.deepStrictEqual([throttled, down, denied].map((e) => AwsException.isAuth(e)), [false, false, true])
    assert.isTrue(AwsException.isOutcomeUnknown(new Exceptions.WriteOutcomeUnknownException({ last: down })))
    assert.isFalse(AwsException.isOutcomeUnknown(denied))
    assert.isFalse(AwsException.isThrottling({ _tag: "ThrottlingException" }))
  })

  it.effect("catchers handle their category and leave the rest", () =>
    Effect.gen(function*() {
      const throttled: Effect.Effect<string, Exceptions.ThrottlingException | Exceptions.AccessDeniedException> = Effect
        .fail(
          new Exceptions.ThrottlingException()
        )
      const denied: Effect.Effect<string, Exceptions.ThrottlingException | Exceptions.AccessDeniedException> = Effect
        .fail(
          new Exceptions.AccessDeniedException()
        )
      assert.strictEqual(
        yield* AwsException.catchThrottling(throttled, (e) => Effect.succeed(e._tag)),
        "ThrottlingException"
      )
      assert.strictEqual(
        (yield* Effect.flip(denied.pipe(AwsException.catchThrottling(() => Effect.succeed("no")))))._tag,
        "AccessDeniedException"
      )
      assert.strictEqual(
        yield* denied.pipe(AwsException.catchAuth((e) => Effect.succeed(e._tag))),
        "AccessDeniedException"
      )
      const mixed: Effect.Effect<string, Exceptions.ThrottlingException | Error> = Effect.fail(new Error("mine"))
      assert.strictEqual((yield* Effect.flip(AwsException.catchAws(mixed, () => Effect.succeed("no")))).message, "mine")
      assert.strictEqual(yield* AwsException.catchAws(throttled, (e) => Effect.succeed(e._tag)), "ThrottlingException")
    }))
})
