/**
 * The three engines over a folder. DynamoDB's requests are logged with the moment and the random numbers they were given, so that
 * running them again makes the same world; KMS and S3 log the state that a request leaves. Each start writes what the log came to as
 * one snapshot and begins a new log.
 *
 * ```
 * lock | snapshot-N | log-N | objects/…
 * ```
 */
import type { ServiceFault } from "@armature/aws/WireFailure"
import * as Either from "effect/Either"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as DynamoDBEngine from "../../DynamoDBEngine.js"
import * as KmsEngine from "../../KmsEngine.js"
import * as S3Engine from "../../S3Engine.js"
import * as LeavesOf from "./leaves.js"
import * as Log from "./log.js"
import * as S3State from "./s3State.js"

export interface Options {
  readonly path: string
  readonly now: () => number
  readonly random: () => number
  readonly region?: string | undefined
  readonly accountId?: string | undefined
}

type Entry =
  | {
    readonly _tag: "DynamoDB"
    readonly operation: string
    readonly input: unknown
    readonly now: number
    readonly random: ReadonlyArray<number>
  }
  | { readonly _tag: "Sweep"; readonly now: number }
  | { readonly _tag: "Kms"; readonly snapshot: KmsEngine.Snapshot }
  | { readonly _tag: "S3"; readonly changes: ReadonlyArray<S3State.StoredChange> }

interface Whole {
  readonly format: 1
  readonly dynamodb: DynamoDBEngine.Snapshot
  readonly kms: KmsEngine.Snapshot
  readonly s3: S3State.State
}

/** An answer, and when what it says is durable; `undefined` if it changed nothing. */
export interface Answered {
  readonly answer: Either.Either<Readonly<Record<string, unknown>>, ServiceFault>
  readonly durable: Promise<void> | undefined
}

export interface Folder {
  /** Nothing had been kept here before. */
  readonly isNew: boolean
  readonly dynamodb: (operation: string, input: unknown) => Answered
  readonly replicate: DynamoDBEngine.Engine["replicate"]
  readonly kms: (operation: string, input: unknown) => Answered
  readonly s3: (operation: string, input: unknown) => Answered
  readonly contents: S3Engine.Contents
  readonly close: () => Promise<void>
}

/** How often items whose time to live has passed are deleted, in milliseconds. */
export const sweepInterval = 60_000

/** Another process has the folder. */
export class InUse extends Error {}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Not ours to signal, but there.
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

const lock = (path: string): () => void => {
  const file = Path.join(path, "lock")
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      Fs.writeFileSync(file, String(process.pid), { flag: "wx", mode: 0o600 })
      return () => Fs.rmSync(file, { force: true })
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error
      const holder = Number(Fs.readFileSync(file, "utf8"))
      if (holder === process.pid || (holder > 0 && isAlive(holder))) break
      // Left behind by a process that was killed.
      Fs.rmSync(file, { force: true })
    }
  }
  throw new InUse()
}

const reads = /^(Get|BatchGet|TransactGet|Query|Scan|List|Describe)/
const select = /^\s*select\b/i

const isRead = (operation: string, input: unknown): boolean =>
  reads.test(operation) ||
  (operation === "ExecuteStatement" && typeof input === "object" && input !== null && "Statement" in input &&
    typeof input.Statement === "string" && select.test(input.Statement))

const numbers = (names: ReadonlyArray<string>, kind: string): ReadonlyArray<number> =>
  names.flatMap((name) => {
    const match = new RegExp(`^${kind}-(\\d+)$`).exec(name)
    return match === null ? [] : [Number(match[1])]
  })

const sameKeys = (a: KmsEngine.Snapshot, b: KmsEngine.Snapshot): boolean =>
  a.keys.length === b.keys.length && a.keys.every((key, index) => key === b.keys[index]) &&
  a.aliases.length === b.aliases.length && a.aliases.every(([name, alias], index) =>
    name === b.aliases[index]?.[0] && alias === b.aliases[index][1]
  )

export const open = (options: Options): Folder => {
  const { now, path, random } = options
  Fs.mkdirSync(path, { recursive: true, mode: 0o700 })
  const unlock = lock(path)
  try {
    return opened()
  } catch (error) {
    unlock()
    throw error
  }

  function opened(): Folder {
    const leaves = LeavesOf.make(Path.join(path, "objects"))
    const file = (kind: string, n: number) => Path.join(path, `${kind}-${n}`)

    // What DynamoDB is given: from the clock and from chance, kept for the log, or again from the log.
    let moment = 0
    let drawn: Array<number> = []
    let replayed: ReadonlyArray<number> | undefined
    let next = 0
    const dynamodb = DynamoDBEngine.make({
      now: () => moment,
      random: () => {
        const number = replayed === undefined ? random() : replayed[next++] ?? 0
        if (replayed === undefined) drawn.push(number)
        return number
      },
      region: options.region,
      accountId: options.accountId
    })
    const kms = KmsEngine.make({ now, region: options.region, accountId: options.accountId })
    let changes: Array<S3State.StoredChange> = []
    const s3 = S3Engine.make({
      now,
      random,
      region: options.region,
      contents: leaves.contents,
      onChange: (change) => void changes.push(S3State.stored(leaves, change))
    })

    const names = Fs.readdirSync(path)
    const last = Math.max(0, ...numbers(names, "snapshot"))
    const state: S3State.State = new Map()
    if (last > 0) {
      // Written in one step by this module, and checked against its checksum: its shape is known.
      const whole = Log.records(file("snapshot", last))[0] as Whole | undefined
      if (whole?.format !== 1) throw new Error("the snapshot cannot be read")
      dynamodb.restore(whole.dynamodb)
      kms.restore(whole.kms)
      for (const [name, bucket] of whole.s3) state.set(name, bucket)
    }
    const entries = Log.records(file("log", last)) as ReadonlyArray<Entry>
    for (const entry of entries) {
      switch (entry._tag) {
        case "DynamoDB":
          moment = entry.now
          replayed = entry.random
          next = 0
          dynamodb.execute(entry.operation, entry.input)
          break
        case "Sweep":
          moment = entry.now
          dynamodb.sweep()
          break
        case "Kms":
          kms.restore(entry.snapshot)
          break
        case "S3":
          for (const change of entry.changes) S3State.apply(state, change)
      }
    }
    replayed = undefined
    let swept = 0
    const loaded = S3State.load(leaves, state)
    s3.restore(loaded.snapshot)
    leaves.keepOnly(loaded.names)

    let current = last
    if (entries.length > 0) {
      current = last + 1
      const whole: Whole = { format: 1, dynamodb: dynamodb.snapshot(), kms: kms.snapshot(), s3: state }
      Log.writeWhole(path, file("snapshot", current), whole)
    }
    for (const kind of ["snapshot", "log"]) {
      for (const n of numbers(names, kind)) if (n < current) Fs.rmSync(file(kind, n), { force: true })
    }
    const log = Log.open(file("log", current))
    Log.syncFolder(path)

    const append = (entry: Entry): Promise<void> => {
      const released = leaves.takeReleased()
      const durable = log.append(entry)
      // Only now does the log say that nothing needs these.
      return released.length === 0 ? durable : durable.then(() => leaves.remove(released))
    }

    return {
      isNew: last === 0 && entries.length === 0,
      contents: leaves.contents,
      replicate: dynamodb.replicate,
      dynamodb: (operation, input) => {
        moment = now()
        if (moment - swept >= sweepInterval) {
          swept = moment
          // Durable before the request's own record, and lost with it at worst: then it is swept again.
          if (dynamodb.sweep() > 0) void append({ _tag: "Sweep", now: moment }).catch(() => undefined)
        }
        drawn = []
        const answer = dynamodb.execute(operation, input)
        return {
          answer,
          durable: Either.isLeft(answer) || isRead(operation, input)
            ? undefined
            : append({ _tag: "DynamoDB", operation, input, now: moment, random: drawn })
        }
      },
      kms: (operation, input) => {
        const before = kms.snapshot()
        const answer = kms.execute(operation, input)
        const after = kms.snapshot()
        return { answer, durable: sameKeys(before, after) ? undefined : append({ _tag: "Kms", snapshot: after }) }
      },
      s3: (operation, input) => {
        // The bytes come before the record that names them.
        leaves.sync()
        changes = []
        const answer = s3.execute(operation, input)
        return { answer, durable: changes.length === 0 ? undefined : append({ _tag: "S3", changes }) }
      },
      close: () => log.close().finally(unlock)
    }
  }
}
