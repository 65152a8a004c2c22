/**
 * Rate limits around the calls of a client. A call waits before it begins, outside its span and before its windows for repetition run;
 * each attempt is charged, and corrected by what its answer reports.
 */
import type { AwsException } from "@armature/aws/AwsException"
import { classify } from "@armature/aws/Classify"
import { ConfigurationException } from "@armature/aws/Exceptions"
import type { InputOf, Transport } from "@armature/aws/Transport"
import type { WireFailure } from "@armature/aws/WireFailure"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type { Access } from "./access.js"
import { rules } from "./classification.js"
import type { Operations } from "./operations.js"
import * as bucket from "./rateLimitBucket.js"
import * as cost from "./rateLimitCost.js"
import { Queue, type Taken } from "./rateLimitQueue.js"

/** Marks policies, which stand where tables' names may stand too. */
export const TypeId: unique symbol = Symbol.for("@armature/dynamodb/RateLimit")

export interface Fixed {
  readonly [TypeId]: "fixed"
  readonly read: number | undefined
  readonly write: number | undefined
  readonly burst: number | undefined
}

export interface Adaptive {
  readonly [TypeId]: "adaptive"
  readonly min: number
  readonly max: number
}

export type Policy = Fixed | Adaptive

const isPolicy = (u: Policy | Readonly<Record<string, Policy>>): u is Policy => TypeId in u

/** The limit on everything. */
const everything = "*"

/** What is taken from one bucket for one place of a request. */
interface Draw {
  readonly limiter: Limiter
  readonly queue: Queue
  readonly place: cost.Place
  /** Whether the bucket is that of an index alone. */
  readonly ofIndex: boolean
  /** What is learned is learned for this. */
  readonly kind: string
  readonly base: number
  readonly units: number
  taken: Taken | undefined
}

type Queues = { readonly [A in Access]: Queue | undefined }

const nameOf = ({ index, table }: cost.Place): string => index === undefined ? table : `${table}/${index}`

/** How much the newest observation weighs. */
const learning = 0.2
/** A program that names ever new tables learns nothing more. */
const maxFactors = 10_000

/** The buckets of one set of limits. */
export class Limiter {
  private readonly queues = new Map<string, Queues>()
  /** By table, its indexes that have limits of their own. */
  private readonly indexes = new Map<string, Array<string>>()
  private readonly factors = new Map<string, number>()

  constructor(policies: ReadonlyArray<readonly [string, Policy]>, at: number) {
    for (const [name, policy] of policies) {
      const queue = (access: Access): Queue | undefined => {
        const state = bucketOf(policy, access, at)
        return state === undefined ? undefined : new Queue(state, name, access)
      }
      this.queues.set(name, { read: queue("read"), write: queue("write") })
      const [table = "", index] = name.split("/")
      if (index !== undefined) this.indexes.set(table, [...this.indexes.get(table) ?? [], index])
    }
  }

  /** The buckets that a place draws on. */
  queuesOf(place: cost.Place, access: Access): ReadonlyArray<Queue> {
    return [everything, nameOf(place)].flatMap((name) => this.queues.get(name)?.[access] ?? [])
  }

  /** What a request will draw. A write may reach each index of its table: what it costs there is learned. */
  draws(operation: string, charges: ReadonlyArray<cost.Charge>): ReadonlyArray<Draw> {
    return charges.flatMap((charge) => {
      const { access, base, factor, index, table } = charge
      const draw = (name: string, place: cost.Place): ReadonlyArray<Draw> => {
        const queue = this.queues.get(name)?.[access]
        if (queue === undefined) return []
        const kind = [name, operation, charge.kind, nameOf(place)].join(" ")
        const units = base * (this.factors.get(kind) ?? factor)
        const ofIndex = place.index !== undefined && name !== everything
        return [{ limiter: this, queue, place, ofIndex, kind, base, units, taken: undefined }]
      }
      const indexes = access === "write" ? this.indexes.get(table) ?? [] : []
      return [
        ...draw(everything, { table, index }),
        ...draw(nameOf(charge), { table, index }),
        ...indexes.flatMap((index) => draw(`${table}/${index}`, { table, index }))
      ]
    })
  }

  /** Learns what a request of this kind costs for each unit of its base. */
  learn(kind: string, factor: number): void {
    const known = this.factors.get(kind)
    if (known === undefined && this.factors.size >= maxFactors) return
    this.factors.set(kind, known === undefined ? factor : known + learning * (factor - known))
  }
}

const bucketOf = (policy: Policy, access: Access, at: number): bucket.Bucket | undefined => {
  if (policy[TypeId] === "adaptive") return bucket.adaptive(policy.min, policy.max, at)
  const rate = policy[access]
  return rate === undefined ? undefined : bucket.fixed(rate, policy.burst ?? rate, at)
}

/** The limiters in force: the outermost first. */
export type Limiters = ReadonlyArray<Limiter>

/** The limiters that a Layer or a program has set. */
export class InForce extends Context.Reference<InForce>()("@armature/dynamodb/RateLimit", {
  defaultValue: (): Limiters => []
}) {}

/** Set around a request that must not wait, since the time in which it may be repeated runs. */
class Urgent extends Context.Reference<Urgent>()("@armature/dynamodb/RateLimit/Urgent", {
  defaultValue: () => false
}) {}

/** Runs a request that is charged like others, and does not wait. */
export const urgently = <A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(request, Urgent, true)

const invalid = (option: string, detail: string) =>
  new ConfigurationException({ service: "DynamoDB", operation: "RateLimit", reason: "Invalid", option, detail })

const isRate = (n: number): boolean => Number.isFinite(n) && n > 0

const problemOf = (name: string, policy: Policy): ConfigurationException | undefined => {
  const rates = policy[TypeId] === "adaptive"
    ? { min: policy.min, max: policy.max }
    : { read: policy.read, write: policy.write, burst: policy.burst }
  for (const [option, rate] of Object.entries(rates)) {
    if (rate !== undefined && !isRate(rate)) return invalid(`${name}.${option}`, "it is a number above 0")
  }
  return policy[TypeId] === "adaptive" && policy.min > policy.max
    ? invalid(`${name}.min`, "it is not above `max`")
    : undefined
}

/** Limiters with those of `limits` inside those that are in force, new each time this is run. */
export const inside = (
  limits: Policy | Readonly<Record<string, Policy>>
): Effect.Effect<Limiters, ConfigurationException> =>
  Effect.gen(function*() {
    const outer = yield* InForce
    const policies = isPolicy(limits) ? [[everything, limits] as const] : Object.entries(limits)
    for (const [name, policy] of policies) {
      const problem = problemOf(name, policy)
      if (problem !== undefined) return yield* Effect.fail(problem)
    }
    return [...outer, new Limiter(policies, yield* Clock.currentTimeMillis)]
  })

/** One attempt: what was drawn for it. */
type Attempt = ReadonlyArray<Draw>

/** One call under limiters, from its first attempt to its last. */
class Call {
  /** What was drawn for the attempt that comes next, once it was. */
  drawn: Attempt | undefined

  constructor(
    private readonly limiters: Limiters,
    private readonly operation: string,
    private readonly access: Access,
    private readonly charges: ReadonlyArray<cost.Charge>,
    /** Whether it must not wait: the time runs in which it may be repeated. */
    private urgent: boolean
  ) {}

  /** Draws for an attempt, once it is its turn everywhere. */
  draw(): Effect.Effect<Attempt> {
    return Effect.clockWith((clock) => {
      const drawn = this.limiters.flatMap((limiter) => limiter.draws(this.operation, this.charges))
      const at = clock.unsafeCurrentTimeMillis()
      const late: Array<Draw> = []
      for (const draw of drawn) {
        if (this.urgent) draw.taken = draw.queue.pay(draw.units, at)
        // a bucket is asked once those before it have given
        else if (late.length > 0) late.push(draw)
        else {
          draw.taken = draw.queue.takeNow(draw.units, at)
          if (draw.taken === undefined) late.push(draw)
        }
      }
      if (late.length === 0) return Effect.succeed(drawn)
      const waiting = Effect.forEach(late, (draw) =>
        draw.queue.take(draw.units, (taken) => {
          draw.taken = taken
        }), { discard: true })
      const giveBack = Effect.sync(() => {
        const now = clock.unsafeCurrentTimeMillis()
        for (const { queue, taken } of drawn) if (taken !== undefined) queue.giveBack(taken, now)
      })
      return Effect.as(Effect.onInterrupt(waiting, () => giveBack), drawn)
    })
  }

  /** One attempt, charged and put right. The first one is drawn for before the call begins. */
  attempt<A>(send: Effect.Effect<A, WireFailure>): Effect.Effect<A, WireFailure> {
    return Effect.suspend(() => {
      const ready = this.drawn === undefined ? this.draw() : Effect.succeed(this.drawn)
      this.drawn = undefined
      return Effect.flatMap(ready, (drawn) =>
        Effect.clockWith((clock) =>
          Effect.tapBoth(send, {
            onFailure: (failure) => Effect.sync(() => this.failed(drawn, failure, clock.unsafeCurrentTimeMillis())),
            onSuccess: (output) => Effect.sync(() => this.answered(drawn, output, clock.unsafeCurrentTimeMillis()))
          })
        ))
    })
  }

  private answered(drawn: Attempt, output: unknown, at: number): void {
    const answer = cost.consumedOf(this.access, output)
    if (answer !== undefined) this.correct(drawn, answer, at)
    // who does not say what was consumed is taken to have consumed what was expected
    else for (const { queue, units } of drawn) queue.correct({ units, epoch: 0 }, units, at)
    this.throttled(drawn, cost.leftOf(output, answer?.consumed ?? []), at)
  }

  private correct(drawn: Attempt, { consumed, split }: cost.Answer, at: number): void {
    const used = new Map<Draw, number>()
    for (const one of consumed) {
      for (const queue of this.limiters.flatMap((limiter) => limiter.queuesOf(one, one.access))) {
        const draw = drawn.find((draw) => draw.queue === queue && draw.place.table === one.table)
        // what nobody foresaw, as the reads of a transaction that was made before
        if (draw === undefined) queue.correct(undefined, one.units, at)
        else used.set(draw, (used.get(draw) ?? 0) + one.units)
      }
    }
    for (const draw of drawn) {
      // what indexes had is not known: their share stays as it was estimated
      if (draw.ofIndex && !split) continue
      const units = used.get(draw) ?? 0
      draw.queue.correct(draw.taken, units, at)
      if (draw.base > 0) draw.limiter.learn(draw.kind, units / draw.base)
    }
  }

  private failed(drawn: Attempt, failure: WireFailure, at: number): void {
    const call = { service: "DynamoDB", operation: this.operation, resource: undefined, attempts: 1 }
    const e: AwsException = classify(call, failure, rules)
    // from the first unknown outcome on, the time runs in which the call may be sent again
    if (e.outcome === "unknown") this.urgent = true
    const units = cost.failedUnits(e)
    if (units !== undefined) {
      // nothing was written, so no index was reached
      for (const { base, ofIndex, queue, taken } of drawn) {
        queue.correct(taken, ofIndex ? 0 : Math.max(base, units), at)
      }
    }
    this.throttled(drawn, cost.throttlesOf(e), at)
  }

  private throttled(drawn: Attempt, places: ReadonlyArray<cost.Throttled>, at: number): void {
    for (const { place, queue, taken } of drawn) {
      if (taken !== undefined && places.some((one) => concerns(one, place, queue.access))) queue.throttled(taken, at)
    }
  }
}

/** Whether what was throttled is, or may be, what was drawn on. */
const concerns = (one: cost.Throttled, place: cost.Place, access: Access): boolean =>
  (one.table === undefined || one.table === place.table && one.index === place.index) &&
  (one.access === undefined || one.access === access)

/** The call that an attempt belongs to. */
class Current extends Context.Reference<Current>()("@armature/dynamodb/RateLimit/Current", {
  defaultValue: (): Call | undefined => undefined
}) {}

/** Charges the attempts of calls that are limited. */
export const attempts = (transport: Transport<Operations>): Transport<Operations> => ({
  get info() {
    return transport.info
  },
  send: (operation, input) => {
    // made outside, where the driver catches what a transport throws
    const send = transport.send(operation, input)
    return Effect.withFiberRuntime((fiber) => {
      const call = Context.get(fiber.getFiberRef(FiberRef.currentContext), Current)
      return call === undefined ? send : call.attempt(send)
    })
  }
})

/**
 * Asks for what each index consumes. Not of a request with a token: that a request is the one before again, AWS sees by its other
 * parameters too.
 */
export const asking = <I>(input: I): I =>
  typeof input === "object" && input !== null && !("ClientRequestToken" in input)
    ? { ...input, ReturnConsumedCapacity: "INDEXES" }
    : input

/** Runs a call once it is its turn. */
export const limited = <K extends keyof Operations, A, E>(
  limiters: Limiters,
  operation: K,
  access: Access,
  input: InputOf<Operations, K>,
  run: (input: InputOf<Operations, K>) => Effect.Effect<A, E>
): Effect.Effect<A, E> => {
  const charges = cost.chargesOf(operation, input)
  if (charges === undefined) return run(input)
  return Effect.flatMap(Urgent, (urgent) => {
    const call = new Call(limiters, operation, access, charges, urgent)
    return Effect.flatMap(call.draw(), (drawn) => {
      call.drawn = drawn
      return Effect.provideService(run(asking(input)), Current, call)
    })
  })
}
