/** Those who wait for one bucket: in the order of their coming, each an effect that can be interrupted. */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Metric from "effect/Metric"
import * as Metrics from "../DynamoDBMetrics.js"
import type { Access } from "./access.js"
import * as bucket from "./rateLimitBucket.js"

/** What was taken for one request. */
export interface Taken {
  readonly units: number
  /** The bucket's at that time. */
  readonly epoch: number
}

/** One who waits. `called` is done when there is a reason to look again. */
interface Waiter {
  called: Deferred.Deferred<void>
}

/** Milliseconds: a timer takes no more than some weeks, and the rate may have grown long before. */
const longest = 60_000

/** A bucket, and those who wait for it. */
export class Queue {
  private readonly waiters = new Set<Waiter>()
  private readonly tokens: (units: number) => void
  private readonly rate: (units: number) => void
  private readonly waits: (seconds: number) => void
  private readonly charged: (units: number) => void
  private readonly returned: (units: number) => void

  constructor(private state: bucket.Bucket, limit: string, readonly access: Access) {
    const labels = <T, I, O>(metric: Metric.Metric<T, I, O>) =>
      metric.pipe(Metric.tagged("limit", limit), Metric.tagged("access", access))
    const updating = <T, O>(metric: Metric.Metric<T, number, O>) => {
      const labelled = labels(metric)
      return (value: number): void => labelled.unsafeUpdate(value, [])
    }
    this.tokens = updating(Metrics.rateLimitTokens)
    this.rate = updating(Metrics.rateLimitRate)
    this.waits = updating(Metrics.rateLimitWaits)
    const corrections = (direction: string) =>
      updating(Metric.tagged(Metrics.rateLimitCorrections, "direction", direction))
    this.charged = corrections("charged")
    this.returned = corrections("returned")
    this.shown()
  }

  private shown(): void {
    this.tokens(this.state.level)
    this.rate(this.state.rate)
  }

  private look(now: number): void {
    this.state = bucket.advance(this.state, now, this.waiters.size > 0)
  }

  private get first(): Waiter | undefined {
    return this.waiters.values().next().value
  }

  /** Lets the first of those who wait look again. */
  private call(): void {
    const first = this.first
    if (first !== undefined) Deferred.unsafeDone(first.called, Effect.void)
  }

  private leave(waiter: Waiter): void {
    if (!this.waiters.delete(waiter)) return
    this.call()
  }

  /** Takes the units, be they there or not: those who come after wait for it. */
  pay(units: number, now: number): Taken {
    this.look(now)
    this.state = bucket.take(this.state, units)
    this.shown()
    return { units, epoch: this.state.epoch }
  }

  /** Takes the units, if nobody waits and they are there. */
  takeNow(units: number, now: number): Taken | undefined {
    if (this.waiters.size > 0) return undefined
    this.look(now)
    return bucket.admits(this.state, units) ? this.pay(units, now) : undefined
  }

  /** Waits for its turn and for the units; `took` is told in the same step in which they are taken. */
  take(units: number, took: (taken: Taken) => void): Effect.Effect<void> {
    return Effect.clockWith((clock) => {
      const began = clock.unsafeCurrentTimeMillis()
      const waiter: Waiter = { called: unsafeDeferred() }
      const turn: Effect.Effect<void> = Effect.suspend(() => {
        if (this.first !== waiter) return again(Deferred.await(waiter.called))
        const now = clock.unsafeCurrentTimeMillis()
        this.look(now)
        if (!bucket.admits(this.state, units)) {
          const pause = Duration.millis(Math.min(longest, bucket.wait(this.state, units)))
          return again(Effect.raceFirst(clock.sleep(pause), Deferred.await(waiter.called)))
        }
        took(this.pay(units, now))
        this.leave(waiter)
        this.waits((now - began) / 1000)
        return Effect.void
      })
      const again = (pause: Effect.Effect<void>): Effect.Effect<void> =>
        Effect.flatMap(pause, () => {
          waiter.called = unsafeDeferred()
          return turn
        })
      this.waiters.add(waiter)
      return Effect.onInterrupt(turn, () => Effect.sync(() => this.leave(waiter)))
    })
  }

  /** Gives back what was taken for a request that was not sent. */
  giveBack({ units }: Taken, now: number): void {
    this.pay(-units, now)
    this.call()
  }

  /** Puts right what was taken, if anything was, once it is known what was consumed. */
  correct(taken: Taken | undefined, consumed: number, now: number): void {
    this.look(now)
    this.state = bucket.granted(this.state, consumed)
    const difference = consumed - (taken?.units ?? 0)
    if (difference === 0) return
    this.pay(difference, now)
    if (difference > 0) return this.charged(difference)
    this.returned(-difference)
    this.call()
  }

  /** AWS refused a request for which was taken. */
  throttled({ epoch }: Taken, now: number): void {
    this.look(now)
    this.state = bucket.throttled(this.state, epoch)
    this.shown()
  }
}

const unsafeDeferred = (): Deferred.Deferred<void> => Deferred.unsafeMake(FiberId.none)
