import type { AwsException } from "@armature/aws/AwsException"
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as Exceptions from "@armature/aws/Exceptions"
import * as ServiceClient from "@armature/aws/ServiceClient"
import type { Transport } from "@armature/aws/Transport"
import * as Wire from "@armature/aws/WireFailure"
import { describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"

interface Ops {
  readonly Read: { readonly input: string; readonly output: string }
  readonly Write: { readonly input: string; readonly output: string }
}

const any = [
  Exceptions.AccessDeniedException,
  Exceptions.ConnectionException,
  Exceptions.CredentialsException,
  Exceptions.ThrottlingException,
  Exceptions.ValidationException,
  Exceptions.LimitExceededException
] as const

const Read = {
  name: "Read",
  access: "read",
  exceptions: [...any, Exceptions.ServiceUnavailableException, Exceptions.InvalidResponseException] as const,
  resource: () => "t",
  repeatable: (): ServiceClient.Repeatable => "never"
} as const
const Write = (repeatable: ServiceClient.Repeatable) =>
  ({
    name: "Write",
    access: "write",
    exceptions: [...any, Exceptions.WriteOutcomeUnknownException] as const,
    resource: () => "t",
    repeatable: () => repeatable
  }) as const

const fault = (code: string | undefined, statusCode: number, more: Partial<Wire.ServiceFault> = {}) =>
  Wire.serviceFault({ code, statusCode, message: "", ...more })
const down = fault("InternalServerError", 500)
const throttle = fault("ThrottlingException", 400)
const invalid = fault("ValidationException", 400)
const expired = fault("ExpiredTokenException", 400)
const refused = Wire.connectionFault({ phase: "connect", timeout: false, cause: { code: "ECONNREFUSED" } })
const reset = Wire.connectionFault({ phase: "sent", timeout: false, cause: { code: "ECONNRESET" } })
const busy = fault("InProgress", 400)

class InProgress extends Exceptions.ServiceException {}

/** A transport that answers by a script: a failure, or success. Notes when it was asked. */
const scripted = (script: ReadonlyArray<Wire.WireFailure | "ok">) => {
  const sent: Array<number> = []
  const send = (): Effect.Effect<string, Wire.WireFailure> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const answer = script[Math.min(sent.length, script.length - 1)] ?? "ok"
      sent.push(now)
      return answer === "ok" ? Effect.succeed("done") : Effect.fail(answer)
    })
  // every operation of Ops answers a string
  const transport = { info: { region: "r", serverAddress: undefined, serverPort: undefined }, send } as Transport<Ops>
  return { sent, transport }
}

const clientOf = (transport: Transport<Ops>, more: Partial<ServiceClient.Settings<Ops>> = {}) =>
  ServiceClient.make<Ops>({
    service: "Test",
    transport,
    rules: {
      InProgress: (fields) => new InProgress({ ...fields, retryable: true, outcome: "unknown" }),
      Limit: (fields) => new Exceptions.LimitExceededException(fields)
    },
    retry: AwsRetry.standard({ base: "25 millis", attempts: 4 }),
    resend: "safe",
    inProgress: (e) => e instanceof InProgress,
    attributes: () => ({}),
    answered: () => ({}),
    ...more
  })

const drive = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const fiber = yield* effect.pipe(Effect.either, Effect.withRandom(Random.fixed([0.5])), Effect.fork)
    yield* TestClock.adjust("20 minutes")
    return yield* Fiber.join(fiber)
  })

const run = (
  script: ReadonlyArray<Wire.WireFailure | "ok">,
  access: "read" | ServiceClient.Repeatable,
  options?: ServiceClient.CallOptions,
  more?: Partial<ServiceClient.Settings<Ops>>
) =>
  Effect.gen(function*() {
    const { sent, transport } = scripted(script)
    const client = clientOf(transport, more)
    const start = yield* Clock.currentTimeMillis
    const call: Effect.Effect<string, AwsException> = access === "read"
      ? client.call(Read, "in", options)
      : client.call(Write(access), "in", options)
    const result = yield* drive(call)
    return {
      sent: sent.map((at) => at - start),
      tag: Either.isLeft(result) ? result.left._tag : "ok",
      failure: Either.isLeft(result) ? result.left : undefined
    }
  })

const last = (failure: AwsException | undefined) =>
  failure instanceof Exceptions.WriteOutcomeUnknownException ? failure.last._tag : undefined

describe("ServiceClient", () => {
  it.effect("a call that succeeds is sent once", () =>
    Effect.gen(function*() {
      const { sent, tag } = yield* run(["ok"], "read")
      assert.deepStrictEqual([sent, tag], [[0], "ok"])
    }))

  it.effect("a failing call is sent as often as the schedule says, at exact times, and never more", () =>
    Effect.gen(function*() {
      const { failure, sent, tag } = yield* run([down], "read")
      assert.deepStrictEqual(sent, [0, 12.5, 37.5, 87.5])
      assert.strictEqual(tag, "ServiceUnavailableException")
      assert.strictEqual(failure?.attempts, 4)
    }))

  it.effect("what is not retryable is sent once", () =>
    Effect.gen(function*() {
      const { sent, tag } = yield* run([invalid], "read")
      assert.deepStrictEqual([sent, tag], [[0], "ValidationException"])
    }))

  it.effect("a write that was not applied is sent again", () =>
    Effect.gen(function*() {
      const { sent, tag } = yield* run([refused, throttle, "ok"], "never")
      assert.deepStrictEqual([sent, tag], [[0, 12.5, 1012.5], "ok"])
    }))

  it.effect("a write of unknown outcome is not sent again", () =>
    Effect.gen(function*() {
      for (const failure of [down, reset]) {
        const { failure: e, sent, tag } = yield* run([failure, "ok"], "never")
        assert.deepStrictEqual([sent, tag], [[0], "WriteOutcomeUnknownException"])
        assert.strictEqual(e?.outcome, "unknown")
      }
    }))

  it.effect("a last-writer-wins write is sent again, within five seconds of the first", () =>
    Effect.gen(function*() {
      const soon = yield* run([reset, "ok"], "lastWriterWins")
      assert.deepStrictEqual([soon.sent, soon.tag], [[0, 12.5], "ok"])
      const late = yield* run([reset, "ok"], "lastWriterWins", {}, { retry: Schedule.spaced("6 seconds") })
      assert.deepStrictEqual([late.sent, late.tag], [[0], "WriteOutcomeUnknownException"])
      const many = yield* run([reset], "lastWriterWins", {}, { retry: Schedule.spaced("2 seconds") })
      assert.deepStrictEqual([many.sent, many.tag], [[0, 2000, 4000], "WriteOutcomeUnknownException"])
    }))

  it.effect("a write with a token is sent again for eight minutes", () =>
    Effect.gen(function*() {
      const { sent, tag } = yield* run([reset], "token", {}, { retry: Schedule.spaced("2 minutes") })
      assert.deepStrictEqual([sent, tag], [[0, 120_000, 240_000, 360_000, 480_000], "WriteOutcomeUnknownException"])
    }))

  it.effect("outcome belongs to the call: what follows an unknown attempt may be its echo", () =>
    Effect.gen(function*() {
      const echoes = [
        [invalid, "ValidationException"],
        [throttle, "ThrottlingException"],
        [refused, "ConnectionException"],
        [expired, "CredentialsException"],
        [fault("Limit", 400), "LimitExceededException"],
        [Wire.credentialsFault(undefined), "CredentialsException"]
      ] as const
      for (const [echo, expected] of echoes) {
        const { failure, sent, tag } = yield* run([reset, echo], "lastWriterWins", {}, { retry: Schedule.recurs(1) })
        assert.deepStrictEqual([tag, last(failure), sent.length], ["WriteOutcomeUnknownException", expected, 2])
      }
    }))

  it.effect("a write never fails with what leaves its outcome open", () =>
    Effect.gen(function*() {
      for (
        const failure of [
          down,
          reset,
          Wire.malformedFault({ statusCode: 200, cause: undefined }),
          fault(undefined, 400),
          fault("New", 599)
        ]
      ) {
        const { failure: e, tag } = yield* run([failure], "never")
        assert.strictEqual(tag, "WriteOutcomeUnknownException")
        assert.strictEqual(e?.outcome, "unknown")
      }
      for (const failure of [refused, throttle, invalid, fault("New", 400)]) {
        const { failure: e, tag } = yield* run([failure], "never")
        assert.notStrictEqual(tag, "WriteOutcomeUnknownException")
        assert.strictEqual(e?.outcome, "not-applied")
      }
    }))

  it.effect("resend: never holds for a call and for a Layer; always frees a write", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* run([reset, "ok"], "lastWriterWins", { resend: "never" })).sent, [0])
      assert.deepStrictEqual((yield* run([reset, "ok"], "lastWriterWins", {}, { resend: "never" })).sent, [0])
      assert.deepStrictEqual(
        (yield* run([reset, "ok"], "lastWriterWins", { resend: "safe" }, { resend: "never" })).tag,
        "ok"
      )
      assert.deepStrictEqual((yield* run([reset, "ok"], "never", { resend: "always" })).tag, "ok")
      assert.deepStrictEqual((yield* run([reset, "ok"], "read", {}, { resend: "never" })).tag, "ok")
    }))

  it.effect("a request under way elsewhere is waited for, until 5 s after the first, outside the policy", () =>
    Effect.gen(function*() {
      const { sent, tag } = yield* run([busy, "ok"], "token", {}, { retry: AwsRetry.none })
      assert.deepStrictEqual([sent, tag], [[0, 5001], "ok"])
      const still = yield* run([busy], "token")
      assert.deepStrictEqual(still.sent, [0, 5001, 5013.5, 5038.5, 5088.5])
      assert.strictEqual(still.tag, "WriteOutcomeUnknownException")
    }))

  it.effect("refreshed credentials and a corrected clock are tried once each", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* run([expired], "read")).sent.length, 2)
      assert.strictEqual((yield* run([fault("RequestExpired", 400)], "read")).sent.length, 2)
      assert.strictEqual((yield* run([expired, fault("RequestExpired", 400), expired], "read")).sent.length, 3)
      assert.strictEqual((yield* run([fault("UnrecognizedClientException", 400)], "read")).sent.length, 1)
    }))

  it.effect("an exception that the operation does not declare becomes a ServiceException with its code", () =>
    Effect.gen(function*() {
      const { failure, tag } = yield* run([Wire.configurationFault(undefined)], "read")
      assert.strictEqual(tag, "ServiceException")
      assert.strictEqual(failure?.operation, "Read")
      const odd = yield* run([fault("SomethingNew", 599, { retryAfter: 7 })], "read", {}, { retry: AwsRetry.none })
      assert.deepStrictEqual([odd.failure?.retryable, odd.failure?.outcome, odd.failure?.retryAfter], [
        true,
        "unknown",
        7
      ])
      const named = yield* run([fault("SomethingNew", 400, { requestId: "r" })], "read")
      assert.deepStrictEqual([named.tag, named.failure?.code, named.failure?.requestId], [
        "ServiceException",
        "SomethingNew",
        "r"
      ])
    }))

  it.effect("the budget ends retries that do not help, and success gives back", () =>
    Effect.gen(function*() {
      const { sent, transport } = scripted([down])
      const client = clientOf(transport)
      // 500 tokens at 14 a retry: 35 retries, 3 a call
      for (let i = 0; i < 30; i++) yield* drive(client.call(Read, "in"))
      assert.strictEqual(sent.length, 30 + 35)
      const healing = scripted([...Array.from({ length: 65 }, () => down), "ok"])
      const healed = clientOf(healing.transport)
      for (let i = 0; i < 30; i++) yield* drive(healed.call(Read, "in"))
      assert.strictEqual(healing.sent.length, 65)
      for (let i = 0; i < 4; i++) yield* drive(healed.call(Read, "in"))
      assert.strictEqual(healing.sent.length, 69)
    }))

  it.effect("a throttling retry costs 5", () =>
    Effect.gen(function*() {
      const { sent, transport } = scripted([throttle])
      const client = clientOf(transport)
      for (let i = 0; i < 40; i++) yield* drive(client.call(Read, "in"))
      assert.strictEqual(sent.length, 40 + 100)
    }))

  it.effect("a call's policy wins over a program's, a program's over the Layer's", () =>
    Effect.gen(function*() {
      const { sent, transport } = scripted([down])
      const client = clientOf(transport, { retry: Schedule.recurs(5) })
      yield* drive(client.call(Read, "in"))
      assert.strictEqual(sent.length, 6)
      sent.length = 0
      yield* drive(client.call(Read, "in").pipe(AwsRetry.withPolicy(Schedule.recurs(1))))
      assert.strictEqual(sent.length, 2)
      sent.length = 0
      yield* drive(
        client.call(Read, "in").pipe(AwsRetry.withPolicy(AwsRetry.none), AwsRetry.withPolicy(Schedule.recurs(9)))
      )
      assert.strictEqual(sent.length, 1)
      sent.length = 0
      yield* drive(client.call(Read, "in").pipe(Effect.provide(AwsRetry.layer(Schedule.recurs(2)))))
      assert.strictEqual(sent.length, 3)
    }))

  it.effect("a policy sees each failure", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const policy = Schedule.recurs(3).pipe(
        Schedule.tapInput((e: AwsException) => Effect.sync(() => void seen.push(`${e._tag} ${e.attempts}`)))
      )
      yield* run([throttle, down, refused, "ok"], "read", {}, { retry: policy })
      assert.deepStrictEqual(seen, ["ThrottlingException 1", "ServiceUnavailableException 2", "ConnectionException 3"])
    }))

  it.effect("a write is not sent again by a process that was frozen while it waited", () =>
    Effect.gen(function*() {
      for (const [repeatable, frozen] of [["token", 600_000], ["lastWriterWins", 6_000]] as const) {
        const { sent, transport } = scripted([reset, "ok"])
        const clock = yield* Effect.clock
        let woken = 0
        const waking: Clock.Clock = {
          ...clock,
          [Clock.ClockTypeId]: Clock.ClockTypeId,
          unsafeCurrentTimeMillis: () => woken,
          unsafeCurrentTimeNanos: () => BigInt(woken) * 1_000_000n,
          currentTimeMillis: Effect.sync(() => woken),
          currentTimeNanos: Effect.sync(() => BigInt(woken) * 1_000_000n),
          sleep: () => Effect.sync(() => void (woken += frozen))
        }
        const e = yield* Effect.flip(clientOf(transport).call(Write(repeatable), "in")).pipe(Effect.withClock(waking))
        assert.deepStrictEqual([e._tag, last(e), sent.length], [
          "WriteOutcomeUnknownException",
          "ConnectionException",
          1
        ])
      }
    }))

  it.effect("an input that cannot be read is refused, not thrown", () =>
    Effect.gen(function*() {
      const odd = () => {
        throw new Error("odd")
      }
      const { sent, transport } = scripted([reset, "ok"])
      const row = { ...Write("lastWriterWins"), resource: odd, repeatable: odd, excludes: odd }
      const e = yield* Effect.flip(clientOf(transport).call(row, "in"))
      assert.deepStrictEqual([e._tag, e.resource, sent.length], ["WriteOutcomeUnknownException", undefined, 1])
      const throwing = clientOf({ info: transport.info, send: odd })
      const refused = yield* Effect.flip(throwing.call(Write("token"), "in"))
      assert.deepStrictEqual([refused._tag, refused.outcome], ["ValidationException", "not-applied"])
    }))

  it.effect("whether a write may be repeated is asked of the input that is sent", () =>
    Effect.gen(function*() {
      let conditional = false
      const { sent, transport } = scripted([reset, "ok"])
      const call = clientOf(transport).call(
        { ...Write("never"), repeatable: () => conditional ? "never" : "lastWriterWins" },
        "in"
      )
      conditional = true
      const result = yield* drive(call)
      assert.isTrue(Either.isLeft(result))
      assert.strictEqual(sent.length, 1)
    }))

  it.effect("what is said of an unknown outcome does not invite a repetition", () =>
    Effect.gen(function*() {
      const { failure } = yield* run([reset], "never")
      assert.deepStrictEqual([failure?.retryable, failure?.outcome], [false, "unknown"])
    }))

  it.effect("interrupting a call while it waits sends nothing more", () =>
    Effect.gen(function*() {
      const { sent, transport } = scripted([throttle])
      const fiber = yield* Effect.fork(
        clientOf(transport).call(Read, "in").pipe(Effect.withRandom(Random.fixed([0.5])))
      )
      yield* TestClock.adjust(Duration.millis(100))
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(sent.length, 1)
    }))
})
