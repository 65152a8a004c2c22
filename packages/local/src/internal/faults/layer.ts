/**
 * Rules laid over whatever answers requests: the same for the services in process and for the endpoint.
 */
import { serviceFault } from "@armature/aws/WireFailure"
import type { WireFailure } from "@armature/aws/WireFailure"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Utils from "effect/Utils"
import { cancelled } from "../dynamodb/wording/transaction.js"
import { record } from "../refusal.js"
import * as batch from "./batch.js"
import * as body from "./body.js"
import * as Replica from "./replica.js"
import * as Rule from "./rule.js"

/** Requests of operations whose types are not looked at. */
export type Send = (operation: string, input: unknown) => Effect.Effect<unknown, WireFailure>

interface Layer {
  readonly send: Send
  /** Lets a rule stand, behind those that stand already. */
  readonly stand: (rule: Rule.Rule) => Effect.Effect<Rule.Standing>
  readonly withdraw: (rules: ReadonlyArray<Rule.Standing>) => Effect.Effect<void>
}

const conflicted = (rule: Rule.Rule, input: unknown): WireFailure => {
  const { TransactItems, TransactStatements } = record(input)
  const all = TransactItems ?? TransactStatements
  const at = new Set(Rule.positions(rule.conflict ?? []))
  const reasons = (Array.isArray(all) ? all : []).map((_, i) =>
    at.has(i)
      ? { Code: "TransactionConflict", Message: "Transaction is ongoing for the item" }
      : { Code: "None" }
  )
  return serviceFault({
    code: "TransactionCanceledException",
    message: cancelled(reasons.map(({ Code }) => Code)),
    statusCode: 400,
    detail: { CancellationReasons: reasons }
  })
}

const limited = (operation: string, input: unknown, limit: number) => ({
  ...record(input),
  [Rule.pageLimits[operation] ?? "Limit"]: limit
})

/** Only what the filter drops, and the key to go on behind it: nothing that the caller asked for is lost. */
const isEmptyPage = (answer: unknown): boolean =>
  record(answer).Count === 0 && record(answer).LastEvaluatedKey !== undefined

/** With `replicate`, rules of stale reads have a past to answer from. */
export const make = (below: Send, replicate?: Replica.Replicate): Effect.Effect<Layer, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    let standing: ReadonlyArray<Rule.Standing> = []
    let replicas: ReadonlyArray<Replica.Replica> = []

    const next: Send = (operation, input) =>
      Effect.suspend(() =>
        replicas.length === 0
          ? below(operation, input)
          : Effect.tap(below(operation, input), () =>
            Effect.map(Clock.currentTimeMillis, (now) => {
              for (const replica of replicas) replica.note(now, operation, input)
            }))
      )

    const change = (one: Rule.Standing, operation: string, input: unknown): Effect.Effect<unknown, WireFailure> => {
      const { rule } = one
      if (rule.page === "empty") {
        return Effect.flatMap(next(operation, limited(operation, input, 1)), (answer) => {
          if (!isEmptyPage(answer)) return next(operation, input)
          one.fired++
          return Effect.succeed(answer)
        })
      }
      const harm = rule.body
      if (harm !== undefined) {
        return Effect.map(next(operation, input), (answer) => {
          const harmed = body.harm(harm, answer)
          if (harmed !== undefined) one.fired++
          return harmed ?? answer
        })
      }
      if (rule.page !== undefined) return next(operation, limited(operation, input, rule.page))
      const { stale } = rule
      if (stale !== undefined) {
        return Effect.zipWith(next(operation, input), Clock.currentTimeMillis, (answer, now) => {
          const past = one.replica?.read(now - Duration.toMillis(stale), operation, input, record(answer))
          if (past !== undefined) one.fired++
          return past ?? answer
        })
      }
      if (rule.conflict !== undefined) return Effect.fail(conflicted(rule, input))
      if (rule.unprocessed !== undefined) {
        const chosen = batch.choose(rule, rule.unprocessed, input)
        const rest = batch.without(input, chosen)
        return Effect.map(
          rest === undefined ? Effect.succeed({}) : next(operation, rest),
          (answer) => batch.unprocessed(operation, input, chosen, answer)
        )
      }
      const ending = rule.hang === true
        ? Effect.never
        : rule.failure === undefined
        ? undefined
        : Effect.fail(rule.failure)
      if (ending === undefined) return next(operation, input)
      switch (rule.effect ?? "before") {
        case "before":
          return ending
        case "after":
          return Effect.zipRight(Effect.either(next(operation, input)), ending)
        case "late":
          return Effect.either(next(operation, input)).pipe(
            Effect.delay(rule.delay ?? Duration.seconds(1)),
            Effect.forkIn(scope),
            Effect.zipRight(ending)
          )
      }
    }

    const send: Send = (operation, input) =>
      Effect.suspend(() => {
        const one = standing.length === 0 ? undefined : Rule.meet(standing, operation, input)
        if (one === undefined) return next(operation, input)
        const { body, latency, page, stale } = one.rule
        // before the latency, behind which the caller may have gone; of these only the answer tells whether they change it
        if (page !== "empty" && body === undefined && stale === undefined) one.fired++
        const changed = Effect.suspend(() => change(one, operation, input))
        return latency === undefined ? changed : Effect.delay(changed, latency)
      })

    /** Only a rule of chance draws its seed, so that no other rule moves the program's own random numbers. */
    const randomOf = (rule: Rule.Rule): Effect.Effect<() => number> =>
      rule.probability === undefined
        ? Effect.succeed(() => 0)
        : Effect.map(rule.seed === undefined ? Random.nextInt : Effect.succeed(rule.seed), (seed) => {
          const random = new Utils.PCGRandom(seed)
          return () => random.number()
        })

    return {
      send,
      stand: (rule) =>
        Effect.zipWith(randomOf(rule), Clock.currentTimeMillis, (random, now) => {
          const replica = rule.stale === undefined || replicate === undefined ? undefined : Replica.make(replicate, now)
          if (replica !== undefined) replicas = [...replicas, replica]
          const one = { rule, random, replica, seen: 0, fired: 0 }
          standing = [...standing, one]
          return one
        }),
      withdraw: (rules) =>
        Effect.sync(() => {
          standing = standing.filter((one) => !rules.includes(one))
          replicas = standing.flatMap(({ replica }) => replica === undefined ? [] : [replica])
        })
    }
  })
