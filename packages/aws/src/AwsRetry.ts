/**
 * When a call is sent again. The policy is a `Schedule` over the failure, found through a `Context.Reference`: a call's wins over a
 * program's, a program's over the Layer's, the Layer's over the service's default. The Schedule says *when*; whether a request may be
 * sent again at all (its outcome, the resend window, the budget) is decided by the client and by no Schedule.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleInterval from "effect/ScheduleInterval"
import { type AwsException, isThrottling } from "./AwsException.js"

/**
 * A policy: each failure of a call that may be sent again is its input; its delay is the wait; its end is the call's end.
 *
 * @since 0.1.0
 * @category models
 */
export type Policy = Schedule.Schedule<unknown, AwsException>

/**
 * The policy in force, if a program or a Layer has set one.
 *
 * @since 0.1.0
 * @category references
 */
export class AwsRetry extends Context.Reference<AwsRetry>()("@armature/aws/AwsRetry", {
  defaultValue: (): Option.Option<Policy> => Option.none()
}) {}

/**
 * The longest computed wait.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxDelay: Duration.Duration = Duration.seconds(20)

const throttledBase = 1000
const hintSlack = 5000

/**
 * What AWS's SDKs call the standard mode, made visible: full jitter, `random · min(base · 2^i, 20 s)` before the i-th repetition, with a
 * base of one second after a throttle; a server's hint is honoured within [computed, computed + 5 s].
 *
 * `base` is 25 ms for DynamoDB and 50 ms for KMS and S3, `attempts` (the first included) 4 and 3.
 *
 * @since 0.1.0
 * @category constructors
 */
export const standard = (options: {
  readonly base: Duration.DurationInput
  readonly attempts: number
}): Policy => {
  const base = Duration.toMillis(options.base)
  return Schedule.makeWithState(0, (now, failure: AwsException, i) =>
    i >= options.attempts - 1
      ? Effect.succeed([i, i, ScheduleDecision.done] as const)
      : Effect.map(Random.next, (random) => {
        const computed = random *
          Math.min((isThrottling(failure) ? throttledBase : base) * 2 ** i, Duration.toMillis(maxDelay))
        const wait = failure.retryAfter === undefined
          ? computed
          : Math.max(computed, Math.min(failure.retryAfter, computed + hintSlack))
        return [i + 1, i, ScheduleDecision.continueWith(ScheduleInterval.after(now + wait))] as const
      }))
}

/**
 * Sends each request once.
 *
 * @since 0.1.0
 * @category constructors
 */
export const none: Policy = Schedule.stop

/**
 * Runs a program, or one call, under a policy.
 *
 * @example
 * ```ts
 * import * as AwsRetry from "@armature/aws/AwsRetry"
 * import * as Effect from "effect/Effect"
 * import * as Schedule from "effect/Schedule"
 *
 * const patient = <A, E, R>(program: Effect.Effect<A, E, R>) =>
 *   program.pipe(AwsRetry.withPolicy(Schedule.exponential("100 millis").pipe(Schedule.intersect(Schedule.recurs(8)))))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withPolicy: {
  (policy: Policy): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, policy: Policy): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, policy: Policy): Effect.Effect<A, E, R> =>
    Effect.provideService(self, AwsRetry, Option.some(policy))
)

/**
 * A Layer that sets the policy for the client Layers it is provided to (`Layer.provide`), or for a whole program.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (policy: Policy): Layer.Layer<never> => Layer.succeed(AwsRetry, Option.some(policy))
