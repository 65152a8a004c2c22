/**
 * Failures on demand. A rule says which request of an operation fails, with which wire failure, and whether the request takes effect all
 * the same: before the failure was seen, never, or later. Rules wrap a transport, so everything above it is the code that runs on AWS.
 *
 * @since 0.1.0
 */
import type { Transport } from "@armature/aws/Transport"
import type { WireFailure } from "@armature/aws/WireFailure"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"

/**
 * A request that fails.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rule<Ops> {
  readonly operation: keyof Ops & string
  /** Which request of the operation, counted from 1 since the rule stands. Default 1. */
  readonly nth?: number | undefined
  /** How many in a row. Default 1. */
  readonly times?: number | undefined
  /**
   * - `"before"` (the default): the request never took effect.
   * - `"after"`: it took effect, and the answer was lost.
   * - `"late"`: it takes effect `delay` after it failed, on Effect's clock.
   */
  readonly effect?: "before" | "after" | "late" | undefined
  /** Default 1 second. */
  readonly delay?: Duration.DurationInput | undefined
  readonly failure: WireFailure
}

/**
 * A rule stood for a whole program and no request met it: the test does not test what it says.
 *
 * @since 0.1.0
 * @category errors
 */
export class FaultNotFiredException extends Data.TaggedError("FaultNotFiredException")<{
  readonly operation: string
  readonly nth: number
}> {
  override get message(): string {
    return `no request met the fault rule for ${this.operation}, request ${this.nth}`
  }
}

/**
 * A transport whose requests fail by rules.
 *
 * @since 0.1.0
 * @category models
 */
export interface Faults<Ops> {
  readonly transport: Transport<Ops>
  /**
   * Runs a program under rules. Where two rules meet one request, the first wins. A rule that never fired fails a program that
   * succeeded.
   */
  readonly run: (
    rules: ReadonlyArray<Rule<Ops>>
  ) => <A, E, R>(program: Effect.Effect<A, E, R>) => Effect.Effect<A, E | FaultNotFiredException, R>
}

interface Standing<Ops> {
  readonly rule: Rule<Ops>
  readonly nth: number
  seen: number
  fired: boolean
}

/**
 * Lays rules over a transport. What takes effect late does so in the scope given, and not at all once that is closed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Ops>(transport: Transport<Ops>): Effect.Effect<Faults<Ops>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    let standing: ReadonlyArray<Standing<Ops>> = []

    const meet = (operation: string): Rule<Ops> | undefined => {
      let met: Rule<Ops> | undefined
      for (const one of standing) {
        if (one.rule.operation !== operation) continue
        one.seen++
        if (met === undefined && one.seen >= one.nth && one.seen < one.nth + (one.rule.times ?? 1)) {
          one.fired = true
          met = one.rule
        }
      }
      return met
    }

    const send: Transport<Ops>["send"] = (operation, input) =>
      Effect.suspend(() => {
        const rule = standing.length === 0 ? undefined : meet(operation)
        if (rule === undefined) return transport.send(operation, input)
        const failure = Effect.fail(rule.failure)
        switch (rule.effect ?? "before") {
          case "before":
            return failure
          case "after":
            return Effect.zipRight(Effect.either(transport.send(operation, input)), failure)
          case "late":
            return Effect.either(transport.send(operation, input)).pipe(
              Effect.delay(rule.delay ?? Duration.seconds(1)),
              Effect.forkIn(scope),
              Effect.zipRight(failure)
            )
        }
      })

    const run: Faults<Ops>["run"] = (rules) => (program) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          const mine = rules.map((rule): Standing<Ops> => ({ rule, nth: rule.nth ?? 1, seen: 0, fired: false }))
          standing = [...standing, ...mine]
          return mine
        }),
        (mine) =>
          Effect.tap(program, () => {
            const idle = mine.find((one) => !one.fired)
            return idle === undefined
              ? Either.right(undefined)
              : Either.left(new FaultNotFiredException({ operation: idle.rule.operation, nth: idle.nth }))
          }),
        (mine) =>
          Effect.sync(() => {
            standing = standing.filter((one) => !mine.includes(one))
          })
      )

    return { transport: { info: transport.info, send }, run }
  })
