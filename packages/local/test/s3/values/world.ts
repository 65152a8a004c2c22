/**
 * A world in which items in DynamoDB point to values in S3, and everything that can go wrong does, by seed: requests take minutes, are
 * lost before or after they took effect, or take effect many hours late; processes die in the middle. Time is virtual and passes only
 * when nobody can go on, so that a run is the same each time. What must always be true is looked at between any two steps.
 */
import type { Transport } from "@armature/aws/Transport"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Faults from "@armature/local/Faults"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as LocalS3 from "@armature/local/LocalS3"
import * as Blobs from "@armature/s3/Blobs"
import * as Pointer from "@armature/s3/Pointer"
import * as S3 from "@armature/s3/S3"
import * as Sweeper from "@armature/s3/Sweeper"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"

export const minute = 60_000
export const hour = 60 * minute

const Bucket = "values"
const prefix = "docs/"
const account = "111122223333"
const region = "us-east-1"
const TableName = "files"
const tables = [{ account, region, table: TableName }]

const table = {
  TableName,
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" as const }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" as const }],
  BillingMode: "PAY_PER_REQUEST" as const
}

/** Time that passes when nobody can go on. */
export class Time {
  now = Date.UTC(2026, 0, 1)
  private due: Array<{ readonly at: number; readonly run: () => void }> = []
  readonly clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => this.now,
    unsafeCurrentTimeNanos: () => BigInt(this.now) * 1_000_000n,
    currentTimeMillis: Effect.sync(() => this.now),
    currentTimeNanos: Effect.sync(() => BigInt(this.now) * 1_000_000n),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const entry = { at: this.now + Math.ceil(Duration.toMillis(duration)), run: () => resume(Effect.void) }
        this.due.push(entry)
        return Effect.sync(() => {
          this.due = this.due.filter((one) => one !== entry)
        })
      })
  }

  /** Runs a program to its end; `look` is run between any two steps. */
  async run<A, E>(program: Effect.Effect<A, E>, seed: number, look: () => void): Promise<Exit.Exit<A, E>> {
    let exit: Exit.Exit<A, E> | undefined
    Effect.runFork(program.pipe(Effect.withClock(this.clock), Effect.withRandom(Random.make(seed)))).addObserver(
      (ended) => {
        exit = ended
      }
    )
    for (let idle = 0; idle < 100;) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (exit !== undefined) return exit
      look()
      const next = this.due.reduce<typeof this.due[number] | undefined>(
        (first, one) => first === undefined || one.at < first.at ? one : first,
        undefined
      )
      if (next === undefined) {
        idle++
        continue
      }
      idle = 0
      this.due = this.due.filter((one) => one !== next)
      this.now = Math.max(this.now, next.at)
      next.run()
    }
    throw new Error("nobody can go on")
  }
}

/** What becomes of one request. Times in milliseconds. */
export interface Fate {
  readonly kind: "pass" | "before" | "after" | "late" | "dieBefore" | "dieAfter"
  readonly pre: number
  readonly post: number
  /** How much later than it failed a late one takes effect. */
  readonly delay: number
}

export const pass: Fate = { kind: "pass", pre: 0, post: 0, delay: 0 }

/** Nobody waits for it, and nothing holds it: unlike `Effect.never`, which has a timer. */
const gone = Effect.async<never>(() => undefined)

/** A process: once it is dead, nothing it sends leaves, and nothing it waits for comes. */
export interface Process {
  dead: boolean
  readonly fate: (operation: string) => Fate
}

const faulty =
  <Ops>({ send }: Transport<Ops>, process: Process, applied: () => void): Transport<Ops>["send"] =>
  (operation, input) =>
    Effect.suspend(() => {
      const inner: Transport<Ops>["send"] = (operation, input) =>
        Effect.ensuring(send(operation, input), Effect.sync(applied))
      if (process.dead) return gone
      const { delay, kind, post, pre } = process.fate(operation)
      const sent = Effect.suspend(() => process.dead ? gone : inner(operation, input))
      const dead = Effect.suspend(() => {
        process.dead = true
        return gone
      })
      const taken = Effect.ignore(inner(operation, input))
      const lost = Effect.fail(Faults.connectionReset)
      const wait = (millis: number) => millis === 0 ? Effect.void : Effect.sleep(millis)
      const after = Effect.suspend(() => process.dead ? gone : wait(post))
      switch (kind) {
        case "pass":
          return wait(pre).pipe(Effect.zipRight(sent), Effect.zipLeft(after))
        case "before":
          return Effect.zipRight(wait(pre), lost)
        case "after":
          return wait(pre).pipe(Effect.zipRight(taken), Effect.zipRight(wait(post)), Effect.zipRight(lost))
        case "late":
          return Effect.zipRight(Effect.forkDaemon(Effect.delay(taken, delay)), lost)
        case "dieBefore":
          return Effect.zipRight(wait(pre), dead)
        case "dieAfter":
          return wait(pre).pipe(Effect.zipRight(taken), Effect.zipRight(dead))
      }
    })

const members = (item: unknown): Readonly<Record<string, Pointer.ReadonlyAttributeValue>> =>
  typeof item === "object" && item !== null ? item as Readonly<Record<string, Pointer.ReadonlyAttributeValue>> : {}

/** The world, and how processes are started in it. */
export const make = (options: { readonly versioned: boolean; readonly maxWrite?: Duration.DurationInput }) =>
  Effect.gen(function*() {
    const s3World = yield* LocalS3.make({ buckets: [Bucket], region, log: false })
    const dbWorld = yield* LocalDynamoDB.make({ tables: [table], region, log: false })
    const engine = s3World.local.engine
    const items = dbWorld.local.engine
    if (options.versioned) {
      engine.execute("PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Enabled" } })
    }
    /** What was put under each key, and for which attribute of which item. */
    const written = new Map<string, { readonly bytes: Uint8Array }>()

    const pointers = (): ReadonlyArray<Pointer.Pointer> => {
      const answer = items.execute("Scan", { TableName })
      const found = Either.isRight(answer) ? answer.right["Items"] : []
      return (Array.isArray(found) ? found : []).flatMap((item) => Pointer.inItem(members(item)))
    }

    let changed = true
    const applied = () => {
      changed = true
    }

    /** No item points to an object that is not there, or is another. */
    const look = (): void => {
      if (!changed) return
      changed = false
      for (const { key, sha256, size, versionId } of pointers()) {
        const head = engine.execute("HeadObject", { Bucket, Key: key, VersionId: versionId, ChecksumMode: "ENABLED" })
        if (Either.isLeft(head)) throw new Error(`dangling: ${key}`)
        const is = head.right
        if (is["ContentLength"] !== size || is["ChecksumSHA256"] !== Buffer.from(sha256).toString("base64")) {
          throw new Error(`wrong object: ${key}`)
        }
      }
    }

    /** Every version, delete marker and upload under the prefix, but for the names of tables. */
    const left = (): ReadonlyArray<string> => {
      const versions = engine.execute("ListObjectVersions", { Bucket, Prefix: prefix })
      const uploads = engine.execute("ListMultipartUploads", { Bucket, Prefix: prefix })
      if (Either.isLeft(versions) || Either.isLeft(uploads)) throw new Error("cannot list")
      const { DeleteMarkers = [], Versions = [] } = versions.right
      const all = [Versions, DeleteMarkers, uploads.right["Uploads"] ?? []].flat()
      return all.map((one) => String(members(one)["Key"])).filter((key) => !key.includes("/.armature/tables/"))
    }

    const start = (fate: (operation: string) => Fate) =>
      Effect.gen(function*() {
        const process: Process = { dead: false, fate }
        const send = faulty<S3.Operations>(s3World.transport, process, applied)
        const noting: S3.S3Port["send"] = (operation, input) => {
          const { Body, Key } = members(input) as { readonly Body?: unknown; readonly Key?: unknown }
          if (operation === "PutObject" && Body instanceof Uint8Array) written.set(String(Key), { bytes: Body })
          return send(operation, input)
        }
        const s3 = yield* Effect.provideService(S3.make(), S3.S3Transport, { ...s3World.transport, send: noting })
        const db = yield* Effect.provideService(DynamoDB.make(), DynamoDB.DynamoDBTransport, {
          info: dbWorld.transport.info,
          send: faulty<DynamoDB.Operations>(dbWorld.transport, process, applied)
        })
        const blobs = yield* Effect.provideService(
          Blobs.make({ bucket: Bucket, account, region, maxWrite: options.maxWrite }),
          S3.S3,
          s3
        )
        return client({ blobs, db, process, s3, written })
      })
    return { start, look, left, pointers, engine, items }
  })

export const owner = (id: string, attribute: string): Blobs.Blobs.Owner => ({
  table: TableName,
  partitionKey: { S: id },
  path: [attribute],
  prefix
})

interface Parts {
  readonly blobs: Blobs.Blobs.Service
  readonly db: DynamoDB.DynamoDB.Service
  readonly s3: S3.S3.Service
  readonly process: Process
  readonly written: ReadonlyMap<string, { readonly bytes: Uint8Array }>
}

export type Client = ReturnType<typeof client>

/** What a program does with its items. */
const client = ({ blobs, db, process, s3, written }: Parts) => {
  const oldOf = (id: string, image: unknown) =>
    Object.entries(members(image)).flatMap(([attribute, value]) => {
      const stored = Pointer.decode(value)
      return Either.isRight(stored) && stored.right._tag === "Offloaded"
        ? [{ owner: owner(id, attribute), pointer: stored.right.pointer }]
        : []
    })
  const encoded = (stored: Blobs.Blobs.Kept | undefined) =>
    stored === undefined ? { NULL: true } : Pointer.encode(stored)
  const resend = { resend: "never" } as const

  /** Puts an item with two values. */
  const put = (id: string, doc: Uint8Array, pic: Uint8Array, create = false) =>
    blobs.write(
      [{ owner: owner(id, "doc"), body: doc }, { owner: owner(id, "pic"), body: pic, above: 8 }],
      ([doc, pic]) => {
        const input = {
          TableName,
          Item: { id: { S: id }, doc: encoded(doc), pic: encoded(pic) },
          ReturnValues: "ALL_OLD" as const
        }
        const done = create
          ? db.putItem({ ...input, ConditionExpression: "attribute_not_exists(id)" }, resend)
          : db.putItem(input, resend)
        return Effect.map(done, ({ Attributes }) => ({ value: "put", old: oldOf(id, Attributes) }))
      }
    )

  /** Replaces one of the values. */
  const replace = (id: string, doc: Uint8Array) =>
    blobs.write([{ owner: owner(id, "doc"), body: doc }], ([doc]) =>
      Effect.map(
        db.updateItem({
          TableName,
          Key: { id: { S: id } },
          UpdateExpression: "SET doc = :doc",
          ExpressionAttributeValues: { ":doc": encoded(doc) },
          ReturnValues: "UPDATED_OLD"
        }, resend),
        ({ Attributes }) => ({ value: "replaced", old: oldOf(id, Attributes) })
      ))

  const remove = (id: string) =>
    blobs.write([], () =>
      Effect.map(
        db.deleteItem({ TableName, Key: { id: { S: id } }, ReturnValues: "ALL_OLD" }, resend),
        ({ Attributes }) => ({ value: "deleted", old: oldOf(id, Attributes) })
      ))

  const now = (id: string, attribute: string) =>
    Effect.map(
      db.getItem({ TableName, Key: { id: { S: id } }, ConsistentRead: true }),
      ({ Item }) => {
        const value = Item?.[attribute]
        return value === undefined ? Option.none() : Either.getRight(Pointer.decode(value))
      }
    )

  /** Reads a value; what was read is what was put under the key that the item named. */
  const read = (id: string, attribute: string) =>
    Effect.gen(function*() {
      const stored = yield* now(id, attribute)
      if (Option.isNone(stored) || stored.value._tag === "Inline") return "nothing"
      const got = yield* blobs.fetch(owner(id, attribute), stored.value.pointer, { reread: now(id, attribute) })
      if (got._tag === "Inline") return "inline"
      const put = written.get(got.pointer.key)
      const own = new TextDecoder().decode(got.bytes).startsWith(`${id}/${attribute}/`)
      if (put === undefined || !Buffer.from(got.bytes).equals(put.bytes) || !own) {
        return yield* Effect.dieMessage(`wrong bytes of ${id}/${attribute}`)
      }
      return "read"
    })

  const references = db.scan.items({ TableName, ConsistentRead: true, Limit: 1 }).pipe(
    Stream.mapConcat(Pointer.inItem)
  )
  const sweep = (more: Partial<Sweeper.Options> = {}) =>
    Sweeper.sweep({ bucket: Bucket, prefix, tables, references, ...more }).pipe(
      Stream.provideService(S3.S3, s3),
      Stream.runLast,
      Effect.map(Option.getOrThrow)
    )
  return { blobs, put, replace, remove, read, sweep, process }
}
