/**
 * A cache of what takes a call to get: bounded by age, number of values, uses and bytes; any number of concurrent misses share one load;
 * a load that fails is not kept. What leaves the cache is handed to `onEvict`, at the latest when its scope closes.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Scope from "effect/Scope"

export interface Bounds {
  /** Milliseconds. */
  readonly maxAge: number
  readonly maxEntries: number
  /** A value that was used so often, or for so many bytes, is used no more. */
  readonly maxUses: number
  readonly maxBytes: number
}

export interface SharedCache<V, E> {
  /**
   * Runs `use` with the value of a key, at once and without a break, so that it cannot be evicted meanwhile; `bytes` says how much that
   * use counts.
   */
  readonly use: <A>(
    key: string,
    load: Effect.Effect<V, E>,
    use: (value: V) => A,
    bytes: (result: A) => number
  ) => Effect.Effect<A, E>
}

interface Entry<V> {
  readonly value: V
  /** Those who asked for it and have not had it yet: until then it is not evicted to make room. */
  readonly askers: { readonly waiting: number }
  readonly since: number
  uses: number
  bytes: number
  evicted: boolean
}

interface Load<V, E> {
  readonly done: Deferred.Deferred<Entry<V>, E>
  fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined
  waiting: number
}

export const make = <V, E>(options: {
  readonly bounds: Bounds
  readonly onHit: () => void
  /** Called once for each value, with its age in milliseconds. */
  readonly onEvict: (value: V, age: number) => void
}): Effect.Effect<SharedCache<V, E>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { maxAge, maxBytes, maxEntries, maxUses } = options.bounds
    const scope = yield* Effect.scope
    const entries = new Map<string, Entry<V>>()
    const loads = new Map<string, Load<V, E>>()
    let sweeping = false

    const evict = (key: string, entry: Entry<V>, now: number): void => {
      if (entries.get(key) === entry) entries.delete(key)
      if (entry.evicted) return
      entry.evicted = true
      options.onEvict(entry.value, Math.max(0, now - entry.since))
    }

    const isSpent = (entry: Entry<V>): boolean => entry.uses >= maxUses || entry.bytes >= maxBytes

    /** After the clock was set back nobody can tell how old a value is. */
    const isOld = (entry: Entry<V>, now: number): boolean => now < entry.since || now - entry.since >= maxAge

    const find = (key: string, now: number): Entry<V> | undefined => {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      if (isSpent(entry) || isOld(entry, now)) {
        evict(key, entry, now)
        return undefined
      }
      // the least recently used stands first
      entries.delete(key)
      entries.set(key, entry)
      return entry
    }

    const keep = (key: string, value: V, now: number, askers: Entry<V>["askers"]): Entry<V> => {
      const entry: Entry<V> = { value, askers, since: now, uses: 0, bytes: 0, evicted: false }
      const old = entries.get(key)
      if (old !== undefined) evict(key, old, now)
      entries.set(key, entry)
      return entry
    }

    const makeRoom = (now: number): void => {
      for (const [oldest, entry] of entries) {
        if (entries.size <= maxEntries) break
        if (entry.askers.waiting === 0) evict(oldest, entry, now)
      }
    }

    /** Evicts what is too old even if nobody asks; runs only while there is something. */
    const sweep: Effect.Effect<void> = Effect.clockWith((clock) => {
      const now = clock.unsafeCurrentTimeMillis()
      let next = Infinity
      for (const [key, entry] of entries) {
        const left = entry.since + maxAge - now
        if (left <= 0 || now < entry.since) evict(key, entry, now)
        else next = Math.min(next, left)
      }
      if (next === Infinity) {
        sweeping = false
        return Effect.void
      }
      return Effect.zipRight(Effect.sleep(next), sweep)
    })

    yield* Scope.addFinalizer(
      scope,
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const [key, entry] of entries) evict(key, entry, now)
      })
    )

    const startSweep = Effect.suspend(() => {
      if (sweeping || entries.size === 0) {
        return Effect.void
      }
      sweeping = true
      return Effect.asVoid(Effect.forkIn(Effect.interruptible(sweep), scope))
    })

    // the sweep begins here and not with the askers: all of them may be gone by now
    const run = (key: string, load: Effect.Effect<V, E>, started: Load<V, E>) =>
      Effect.interruptible(load).pipe(
        Effect.flatMap((value) =>
          Effect.clockWith((clock) => Effect.as(startSweep, keep(key, value, clock.unsafeCurrentTimeMillis(), started)))
        ),
        Effect.onExit((exit) => {
          if (loads.get(key) === started) loads.delete(key)
          return Deferred.done(started.done, exit)
        })
      )

    /** The load that is under way, or a new one; the asker is counted in. No fiber can come between looking and entering. */
    const enter = (key: string, load: Effect.Effect<V, E>): Effect.Effect<Load<V, E>> =>
      Effect.suspend(() => {
        const running = loads.get(key)
        if (running !== undefined) {
          running.waiting++
          return Effect.succeed(running)
        }
        const started: Load<V, E> = { done: Deferred.unsafeMake(FiberId.none), fiber: undefined, waiting: 1 }
        loads.set(key, started)
        return Effect.map(Effect.forkIn(run(key, load, started), scope), (fiber) => {
          started.fiber = fiber
          return started
        })
      })

    const leave = (key: string, load: Load<V, E>): Effect.Effect<void> =>
      Effect.suspend(() => {
        load.waiting--
        if (load.waiting > 0 || load.fiber === undefined) return Effect.void
        if (loads.get(key) === load) loads.delete(key)
        return Effect.asVoid(Fiber.interruptFork(load.fiber))
      })

    /** The last one who stops waiting stops the load; who does not has the value in the same step in which the waiting ends. */
    const join = <A>(
      key: string,
      load: Effect.Effect<V, E>,
      take: (entry: Entry<V>) => Effect.Effect<A, E>
    ): Effect.Effect<A, E> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(enter(key, load), (running) =>
          Effect.flatMap(
            Effect.onInterrupt(restore(Deferred.await(running.done)), () => leave(key, running)),
            (entry) => {
              running.waiting--
              return restore(take(entry))
            }
          ))
      )

    const spend = <A>(entry: Entry<V>, use: (value: V) => A, bytes: (result: A) => number): A => {
      const result = use(entry.value)
      entry.uses++
      entry.bytes += bytes(result)
      return result
    }

    const use: SharedCache<V, E>["use"] = (key, load, run, bytes) =>
      Effect.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        const entry = find(key, now)
        if (entry !== undefined) {
          options.onHit()
          return Effect.succeed(spend(entry, run, bytes))
        }
        return join(key, load, (entry) => {
          // by the time that this one's turn comes, others may have used it up
          if (entry.evicted || isSpent(entry)) return use(key, load, run, bytes)
          const result = spend(entry, run, bytes)
          makeRoom(clock.unsafeCurrentTimeMillis())
          return Effect.succeed(result)
        })
      })

    return { use }
  })
