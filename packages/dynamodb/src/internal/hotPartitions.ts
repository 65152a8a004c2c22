/** The watch for hot partitions: counts what each answered call cost its partition keys, and tells of those with too much. */
import { ConfigurationException } from "@armature/aws/Exceptions"
import type { InputOf } from "@armature/aws/Transport"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import { createHash } from "node:crypto"
import { hotPartitions } from "../DynamoDBMetrics.js"
import type { Access } from "./access.js"
import { SlidingWindow } from "./heavyHitters.js"
import { type Touch, touchesOf } from "./hotPartitionKeys.js"
import type { Operations } from "./operations.js"

/**
 * What is watched of a table, or of an index (`table/index`).
 *
 * @since 0.1.0
 * @category models
 */
export interface Watched {
  /** The name of the partition key's attribute. */
  readonly key: string
  /** Read capacity units a second of one partition key that are too many. Default 2,400, four fifths of what AWS gives a partition. */
  readonly read?: number | undefined
  /** Write capacity units a second of one partition key that are too many. Default 800, four fifths of what AWS gives a partition. */
  readonly write?: number | undefined
}

/**
 * Options of the watch.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** By table, or by `table/index` for the reads of an index. */
  readonly tables: Readonly<Record<string, Watched>>
  /** Over how long units are averaged, and for how long a key that was warned of is not warned of again. Default 10 seconds. */
  readonly window?: Duration.DurationInput | undefined
  /**
   * How warnings name a key: by the first 16 hexadecimal digits of its SHA-256 (the default), which tells keys apart and hides none that
   * can be guessed; or in clear, in logs too.
   */
  readonly keys?: "hashed" | "clear" | undefined
  /** How many keys are held for each table, access and tenth of the window, 1 or more. Default 256. */
  readonly held?: number | undefined
}

/**
 * A partition key that takes too much.
 *
 * @since 0.1.0
 * @category models
 */
export interface Warning {
  /** The table, or `table/index`. */
  readonly table: string
  readonly access: "read" | "write"
  /** The key, hashed unless the options say otherwise: a string as it is, a number in its shortest form, bytes as Latin-1. */
  readonly key: string
  /** Capacity units a second, at least, over the window. */
  readonly rate: number
  readonly threshold: number
  /** Milliseconds since the epoch. */
  readonly at: number
}

const defaults = { read: 2400, write: 800, window: "10 seconds", held: 256 } as const

const hashed = (key: string): string => createHash("sha256").update(key, "utf8").digest("hex").slice(0, 16)

interface Counted {
  readonly counts: SlidingWindow
  /** Units in the window that are too many. */
  readonly limit: number
  readonly threshold: number
  /** When a key was warned of; the oldest first. */
  readonly warned: Map<string, number>
}

/** Counts, and says what is new. */
export class Watch {
  private readonly keys = new Map<string, string>()
  private readonly counted: { readonly [A in Access]: Map<string, Counted> } = { read: new Map(), write: new Map() }
  private readonly keyName = (place: string): string | undefined => this.keys.get(place)

  constructor(
    private readonly options: Options,
    private readonly window: number
  ) {
    for (const [place, watched] of Object.entries(options.tables)) {
      this.keys.set(place, watched.key)
      for (const access of ["read", "write"] as const) {
        const threshold = watched[access] ?? defaults[access]
        this.counted[access].set(place, {
          counts: new SlidingWindow(window, options.held ?? defaults.held),
          limit: threshold * window / 1000,
          threshold,
          warned: new Map()
        })
      }
    }
  }

  /** Counts an answered request; gives what is to be warned of, if anything. */
  see<K extends keyof Operations>(
    operation: K,
    input: InputOf<Operations, K>,
    output: unknown,
    now: number
  ): ReadonlyArray<Warning> | undefined {
    const touches = touchesOf(operation, input, output, this.keyName)
    if (touches === undefined) return undefined
    if (!isList(touches)) {
      const warning = this.count(touches, now)
      return warning === undefined ? undefined : [warning]
    }
    const warnings = touches.flatMap((touch) => this.count(touch, now) ?? [])
    return warnings.length === 0 ? undefined : warnings
  }

  private count({ access, key, place, units }: Touch, now: number): Warning | undefined {
    const counted = this.counted[access].get(place)
    if (counted === undefined) return undefined
    const sum = counted.counts.add(key, units, now, counted.limit)
    if (sum < counted.limit) return undefined
    const { threshold, warned } = counted
    for (const [key, at] of warned) {
      if (at > now - this.window) break
      warned.delete(key)
    }
    if (warned.has(key)) return undefined
    warned.set(key, now)
    return {
      table: place,
      access,
      key: this.options.keys === "clear" ? key : hashed(key),
      rate: sum * 1000 / this.window,
      threshold,
      at: now
    }
  }
}

const isList = (u: Touch | ReadonlyArray<Touch>): u is ReadonlyArray<Touch> => Array.isArray(u)

/** A watch, and those who hear of what it finds. */
export interface Monitor {
  readonly watch: Watch
  readonly warnings: PubSub.PubSub<Warning>
}

export type Monitors = ReadonlyArray<Monitor>

/** The monitors that a Layer or a program has set: the outermost first. */
export class HotPartitions extends Context.Reference<HotPartitions>()("@armature/dynamodb/HotPartitions", {
  defaultValue: (): Monitors => []
}) {}

/** A slow listener loses the oldest beyond these. */
const heldWarnings = 256

const invalid = (option: string, detail: string) =>
  new ConfigurationException({ service: "DynamoDB", operation: "HotPartitions", reason: "Invalid", option, detail })

const problemOf = ({ held, tables }: Options, window: number): ConfigurationException | undefined => {
  if (!(Number.isFinite(window) && window > 0)) return invalid("window", "it is a time above 0")
  if (held !== undefined && !(Number.isSafeInteger(held) && held > 0)) {
    return invalid("held", "it is a whole number from 1")
  }
  for (const [place, { read, write }] of Object.entries(tables)) {
    for (const [name, threshold] of Object.entries({ read, write })) {
      if (threshold !== undefined && !(threshold > 0)) {
        return invalid(`tables.${place}.${name}`, "it is a number above 0")
      }
    }
  }
  return undefined
}

/** Monitors with a new one inside those that are in force. */
export const inside = (options: Options): Effect.Effect<Monitors, ConfigurationException, Scope.Scope> =>
  Effect.gen(function*() {
    const outer = yield* HotPartitions
    const window = Duration.toMillis(options.window ?? defaults.window)
    const problem = problemOf(options, window)
    if (problem !== undefined) return yield* Effect.fail(problem)
    const warnings = yield* Effect.acquireRelease(PubSub.sliding<Warning>(heldWarnings), PubSub.shutdown)
    return [...outer, { watch: new Watch(options, window), warnings }]
  })

const told = (monitor: Monitor, warning: Warning): Effect.Effect<void> => {
  const { access, key, rate, table, threshold } = warning
  const line = `Hot partition in ${table}: one key takes ${Math.round(rate)} ${access} units a second, ` +
    `${threshold} are too many; key ${key}`
  return PubSub.publish(monitor.warnings, warning).pipe(
    Effect.zipRight(Metric.update(
      hotPartitions.pipe(Metric.tagged("db.collection.name", table), Metric.tagged("access", access)),
      1
    )),
    Effect.zipRight(Effect.logWarning(line))
  )
}

/** A call whose answer is counted. */
export const watched = <K extends keyof Operations, A, E>(
  monitors: Monitors,
  clock: Clock.Clock,
  operation: K,
  input: InputOf<Operations, K>,
  call: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(call, (output) => {
    const now = clock.unsafeCurrentTimeMillis()
    let done: Effect.Effect<void> | undefined
    for (const monitor of monitors) {
      const warnings = monitor.watch.see(operation, input, output, now)
      if (warnings === undefined) continue
      for (const warning of warnings) {
        const next = told(monitor, warning)
        done = done === undefined ? next : Effect.zipRight(done, next)
      }
    }
    return done === undefined ? Effect.succeed(output) : Effect.as(done, output)
  })
