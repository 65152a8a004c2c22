/**
 * The driver that every service stands on: one call is one span around one or more requests. It classifies each failure, decides
 * whether the request may be sent again, waits as the policy says, and ends with an exception that the operation declares.
 *
 * **Outcome belongs to the call.** After one attempt whose outcome is unknown, a write's outcome stays unknown until an attempt
 * succeeds: whatever a later attempt says may be the echo of the earlier one. Such a call ends with `WriteOutcomeUnknownException`.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as LogLevel from "effect/LogLevel"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import * as Tracer from "effect/Tracer"
import type { Resend } from "./AwsConfig.js"
import { type AwsException, fieldsOf, isThrottling } from "./AwsException.js"
import { AwsRetry, type Policy } from "./AwsRetry.js"
import { type Call, classify, type Rules } from "./Classify.js"
import * as E from "./Exceptions.js"
import { CredentialsException, ServiceException, WriteOutcomeUnknownException } from "./Exceptions.js"
import * as telemetry from "./internal/telemetry.js"
import { attempt } from "./internal/unknown.js"
import type { InputOf, OutputOf, Transport } from "./Transport.js"
import { inputFault, type WireFailure } from "./WireFailure.js"

/**
 * A class of the family, by what it makes.
 *
 * @since 0.1.0
 * @category models
 */
export type ExceptionClass = abstract new(...args: never) => AwsException

/**
 * What a class of the family makes. TypeScript's own `InstanceType` is `any` for a class whose arguments are `never`.
 *
 * @since 0.1.0
 * @category models
 */
export type InstanceOf<Class> = Class extends abstract new(...args: never) => infer E ? E : never

/**
 * What makes a write fit to be sent again after an attempt with an unknown outcome.
 *
 * - `"lastWriterWins"`: repeating it changes nothing but the order among writers. Within 5 seconds of the first request.
 * - `"token"`: it carries a token by which AWS recognises it for 10 minutes. Within 8 minutes of the first request.
 * - `"own"`: what it writes is nobody else's (a part of one's own upload), so that repeating it changes nothing however late.
 * - `"never"`: repeating it could apply it twice, or make its own condition fail.
 *
 * @since 0.1.0
 * @category models
 */
export type Repeatable = "lastWriterWins" | "token" | "own" | "never"

/**
 * One operation: what it is called, what it may fail with, and what may be repeated. A service is a table of these.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation<in Input, out Classes extends ReadonlyArray<ExceptionClass>> {
  readonly name: string
  /** A read may always be repeated, and so may what only computes. */
  readonly access: "read" | "write"
  /** Every exception it may fail with beside `ServiceException`, which stands for anything else that AWS names. */
  readonly exceptions: Classes
  /** Exceptions of `exceptions` that this very input rules out. */
  readonly excludes?: ((input: Input) => ReadonlyArray<ExceptionClass>) | undefined
  readonly resource: (input: Input) => string | undefined
  readonly repeatable: (input: Input) => Repeatable
}

/**
 * What a call of an operation fails with.
 *
 * @since 0.1.0
 * @category models
 */
export type ErrorOf<O> = O extends { readonly exceptions: infer Classes extends ReadonlyArray<ExceptionClass> }
  ? InstanceOf<Classes[number]> | ServiceException
  : never

/**
 * What any operation of any service can fail with, beside `ServiceException`.
 *
 * @since 0.1.0
 * @category exceptions
 */
export const anyExceptions = [
  E.AccessDeniedException,
  E.ConfigurationException,
  E.ConnectionException,
  E.CredentialsException,
  E.ThrottlingException,
  E.ValidationException
] as const

/**
 * What any read can fail with. No write declares the two that leave an outcome open.
 *
 * @since 0.1.0
 * @category exceptions
 */
export const readExceptions = [...anyExceptions, E.InvalidResponseException, E.ServiceUnavailableException] as const

/**
 * What any write can fail with.
 *
 * @since 0.1.0
 * @category exceptions
 */
export const writeExceptions = [...anyExceptions, E.WriteOutcomeUnknownException] as const

/**
 * What a service adds to the driver.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings<Ops> {
  /** `"DynamoDB"`, `"KMS"`, `"S3"`. */
  readonly service: string
  readonly transport: Transport<Ops>
  readonly rules: Rules
  /** The policy where neither a call nor a program sets one. */
  readonly retry: Policy
  readonly resend: Resend
  /** A failure that says "the same request is under way": the next one waits until 5 s after the first, once, outside the policy. */
  readonly inProgress?: ((e: AwsException) => boolean) | undefined
  /** A failure that is worth one more request and no more, beside refreshed credentials and a corrected clock. */
  readonly once?: ((e: AwsException) => boolean) | undefined
  /** Span attributes of a call, by OpenTelemetry's names. */
  readonly attributes: (operation: string, resource: string | undefined) => Readonly<Record<string, unknown>>
  /** Span attributes of an answer. */
  readonly answered: (output: unknown) => Readonly<Record<string, unknown>>
  /** Feeds the service's own metrics from an answer. */
  readonly measure?: ((access: "read" | "write", operation: string, output: unknown) => void) | undefined
  /** The name of the histogram of durations. Default `"rpc.client.call.duration"`. */
  readonly durationMetric?: string | undefined
  /** The label and attribute that name an operation. Default `"rpc.method"`. */
  readonly operationLabel?: string | undefined
  /** A call that takes longer than this is logged as a warning. Default: none is. */
  readonly slow?: Duration.DurationInput | undefined
}

/**
 * Options of one write.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallOptions {
  readonly resend?: Resend | undefined
}

/**
 * An earlier call of unknown outcome that a call goes on from: it carries the same token and the same bytes, so the two are one write.
 *
 * @since 0.1.0
 * @category models
 */
export interface Resume {
  /** Milliseconds since the epoch: when the first request of all was sent. */
  readonly first: number
  /** The last failure of the earlier call. */
  readonly last: AwsException
}

/**
 * Sends operations of one service, with retries, a span and typed failures.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServiceClient<Ops> {
  readonly call: <K extends keyof Ops & string, const Classes extends ReadonlyArray<ExceptionClass>>(
    operation: Operation<InputOf<Ops, K>, Classes> & { readonly name: K },
    input: InputOf<Ops, K>,
    options?: CallOptions & { readonly resume?: Resume | undefined }
  ) => Effect.Effect<OutputOf<Ops, K>, InstanceOf<Classes[number]> | ServiceException>
}

/** The retry budget of AWS's standard mode, in tokens. */
const budgetMax = 500
const transientCost = 14
const throttlingCost = 5
const successGain = 1

/** How long after its first request a write may be repeated, in milliseconds. */
const windows: { readonly [R in Exclude<Repeatable, "never">]: number } = {
  lastWriterWins: 5_000,
  token: 480_000,
  own: Infinity
}
const inProgressWait = 5_000

/**
 * Whether a write whose outcome is not known may be sent again at a time, when it was first sent at another; both in milliseconds.
 *
 * @since 0.1.0
 * @category predicates
 */
export const mayResend = (repeatable: Repeatable, first: number, at: number): boolean =>
  repeatable !== "never" && at <= first + windows[repeatable]

/** Effect's own, which keeps no span. */
const nativeTracer = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** What one call has seen so far. */
interface State {
  readonly clock: Clock.Clock
  /** `undefined` where no tracer would see it. */
  readonly span: Tracer.Span | undefined
  /** Whether the program logs at the level of debugging. */
  readonly debugged: boolean
  /** Milliseconds: when this call began. */
  readonly began: number
  /** Milliseconds: when the first request was sent, by this call or the one it goes on from. */
  readonly first: number
  attempts: number
  unknown: boolean
  waited: boolean
  cost: number
  /** What was worth one more request, and had it. */
  tried: Set<string> | undefined
  policy: { readonly schedule: Policy; state: unknown } | undefined
}

/**
 * A driver over a transport, with a retry budget of its own.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Ops>(settings: Settings<Ops>): ServiceClient<Ops> => {
  const { rules, service, transport } = settings
  const budget = MutableRef.make(budgetMax)
  const operationLabel = settings.operationLabel ?? "rpc.method"
  const record = telemetry.make(settings.durationMetric ?? "rpc.client.call.duration", operationLabel)
  const slow = settings.slow === undefined ? Infinity : Duration.toMillis(settings.slow)

  // looked at when it is run, since that is the input that is sent
  const call: ServiceClient<Ops>["call"] = (operation, input, options) =>
    Effect.withFiberRuntime((fiber) => run(fiber, operation, input, options))

  /** What is known of a call when it ends. */
  const describe = (span: Tracer.Span, state: State, e: AwsException | undefined): void => {
    if (state.attempts > 1) span.attribute("http.request.resend_count", state.attempts - 1)
    // known only now: an endpoint may be resolved for each call
    const { region, serverAddress, serverPort } = transport.info
    if (region !== undefined) span.attribute("cloud.region", region)
    if (serverAddress !== undefined) span.attribute("server.address", serverAddress)
    if (serverPort !== undefined) span.attribute("server.port", serverPort)
    if (e === undefined) return
    span.attribute("error.type", e._tag)
    if (e.requestId !== undefined) span.attribute("aws.request_id", e.requestId)
  }

  const run = <K extends keyof Ops & string, const Classes extends ReadonlyArray<ExceptionClass>>(
    fiber: Fiber.RuntimeFiber<unknown, unknown>,
    operation: Operation<InputOf<Ops, K>, Classes> & { readonly name: K },
    input: InputOf<Ops, K>,
    options?: CallOptions & { readonly resume?: Resume | undefined }
  ): Effect.Effect<OutputOf<Ops, K>, InstanceOf<Classes[number]> | ServiceException> => {
    const { access, exceptions, name } = operation
    // what cannot be judged is left to the transport, which refuses what it cannot write
    const resource = textual(attempt(() => operation.resource(input)))
    const excluded = attempt(() => operation.excludes?.(input)) ?? []
    const resend = options?.resend ?? settings.resend
    const own = resend === "never" ? "never" : attempt(() => operation.repeatable(input)) ?? "never"
    const repeatable = resend === "always" && own === "never" ? "lastWriterWins" : own

    type Declared = InstanceOf<(typeof exceptions)[number]> | ServiceException
    const isDeclared = (e: AwsException): e is Declared =>
      e instanceof ServiceException ||
      exceptions.some((declared) => e instanceof declared) && !excluded.some((out) => e instanceof out)

    const end = (state: State, last: AwsException): Effect.Effect<never, Declared> => {
      const e = access === "write" && state.unknown
        ? new WriteOutcomeUnknownException({ ...fieldsOf(last), retryable: false, last })
        : last
      const declared = isDeclared(e) ? e : new ServiceException(fieldsOf(e))
      return told(state, declared, Effect.fail(declared))
    }

    /** Whether it had its one more request already, if it is worth no more than one. */
    const takeOnce = (state: State, e: AwsException): boolean => {
      const once = e instanceof CredentialsException ? e.reason : settings.once?.(e) === true ? e._tag : undefined
      if (once === undefined) return true
      const tried = state.tried ??= new Set()
      if (tried.has(once)) return false
      tried.add(once)
      return true
    }

    const mayRepeat = (state: State, at: number): boolean => {
      return access === "read" || !state.unknown || mayResend(repeatable, state.first, at)
    }

    const sent = (): Effect.Effect<OutputOf<Ops, typeof name>, WireFailure> => {
      try {
        return transport.send(name, input)
      } catch (cause) {
        return Effect.fail(inputFault(cause))
      }
    }

    const send = (state: State): Effect.Effect<OutputOf<Ops, typeof name>, Declared> => {
      state.attempts++
      return Effect.matchEffect(sent(), {
        onFailure: (failure) => failed(state, failure),
        onSuccess: (output) => {
          const tokens = MutableRef.get(budget)
          if (tokens < budgetMax) {
            MutableRef.set(budget, Math.min(budgetMax, tokens + (state.cost === 0 ? successGain : state.cost)))
          }
          if (state.span !== undefined) annotate(state.span, settings.answered(output))
          settings.measure?.(access, name, output)
          return told(state, undefined, Effect.succeed(output))
        }
      })
    }

    const failed = (state: State, failure: WireFailure): Effect.Effect<OutputOf<Ops, typeof name>, Declared> => {
      const described: Call = { service, operation: name, resource, attempts: state.attempts }
      const e = classify(described, failure, rules)
      if (e.outcome === "unknown") state.unknown = true
      record.attemptFailed(name, resource, e)
      if (!e.retryable || !takeOnce(state, e)) return end(state, e)
      const now = state.clock.unsafeCurrentTimeMillis()
      if (settings.inProgress?.(e) === true && !state.waited) {
        state.waited = true
        const at = Math.max(now, state.first + inProgressWait + 1)
        return mayRepeat(state, at) ? again(state, e, at - now) : end(state, e)
      }
      return Effect.flatMap(AwsRetry, (set) => {
        const policy = state.policy ??= fresh(Option.getOrElse(set, () => settings.retry))
        return Effect.flatMap(policy.schedule.step(now, e, policy.state), ([next, _, decision]) => {
          policy.state = next
          if (ScheduleDecision.isDone(decision)) return end(state, e)
          const at = Math.max(now, ScheduleIntervals.start(decision.intervals))
          const cost = isThrottling(e) ? throttlingCost : transientCost
          const tokens = MutableRef.get(budget)
          if (tokens < cost || !mayRepeat(state, at)) return end(state, e)
          MutableRef.set(budget, tokens - cost)
          state.cost = cost
          return again(state, e, at - now)
        })
      })
    }

    const again = (state: State, e: AwsException, wait: number) => {
      record.retried(name, e)
      state.span?.event("retry", state.clock.unsafeCurrentTimeNanos(), {
        "error.type": e._tag,
        "http.request.resend_count": state.attempts,
        "retry.delay_ms": wait
      })
      // looked at again: a process that was frozen while it waited may have woken long after
      const resume = Effect.suspend(() =>
        mayRepeat(state, state.clock.unsafeCurrentTimeMillis()) ? send(state) : end(state, e)
      )
      return wait > 0 ? Effect.zipRight(Effect.sleep(wait), resume) : resume
    }

    /** Tells how the call ended, and ends it so. */
    const told = <A, E>(
      state: State,
      e: AwsException | undefined,
      ended: Effect.Effect<A, E>
    ): Effect.Effect<A, E> => {
      const { span } = state
      const took = state.clock.unsafeCurrentTimeMillis() - state.began
      if (span !== undefined) describe(span, state, e)
      if (e === undefined) record.succeeded(name, took / 1000)
      else record.failed(name, took / 1000, e)
      // most programs do not log at this level: they do not pay for its text
      if (took <= slow && !state.debugged) return ended
      const outcome = e === undefined ? "succeeded" : `failed with ${e._tag}`
      const requests = state.attempts === 1 ? "request" : "requests"
      const line = `${title} ${outcome} after ${took} ms, ${state.attempts} ${requests}`
      return Effect.zipRight(took > slow ? Effect.logWarning(line) : Effect.logDebug(line), ended)
    }

    const title = resource === undefined ? name : `${name} ${resource}`

    const begin = (span: Tracer.Span | undefined) => {
      const clock = Context.get(services, Clock.Clock)
      const began = clock.unsafeCurrentTimeMillis()
      const resume = options?.resume
      const state: State = {
        clock,
        span,
        debugged: LogLevel.lessThanEqual(fiber.getFiberRef(FiberRef.currentMinimumLogLevel), LogLevel.Debug),
        began,
        first: resume?.first ?? began,
        attempts: 0,
        unknown: resume !== undefined,
        waited: false,
        cost: 0,
        tried: undefined,
        policy: undefined
      }
      return resume === undefined || mayRepeat(state, began) ? send(state) : end(state, resume.last)
    }

    const services = fiber.getFiberRef(DefaultServices.currentServices)
    // nothing happens within the span that could be its child, so that without a tracer nobody would ever see it
    return Context.get(services, Tracer.Tracer) === nativeTracer
      ? begin(undefined)
      : Effect.useSpan(
        title,
        { kind: "client", captureStackTrace: false, attributes: settings.attributes(name, resource) },
        begin
      )
  }

  return { call }
}

const fresh = (schedule: Policy) => ({ schedule, state: schedule.initial })

const annotate = (span: Tracer.Span, attributes: Readonly<Record<string, unknown>>): void => {
  for (const key in attributes) span.attribute(key, attributes[key])
}

const textual = (u: unknown): string | undefined => typeof u === "string" ? u : undefined
