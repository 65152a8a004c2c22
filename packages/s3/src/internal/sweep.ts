/** A sweep: marks and clock, then page by page list, look and delete, and the abandoned uploads at the end. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { randomBytes } from "node:crypto"
import type { S3 as Api } from "../S3.js"
import type { S3AttributeException } from "../S3AttributeException.js"
import type { Options, Progress, Table } from "../Sweeper.js"
import { type RefusedReason, SweepRefusedException } from "../SweepRefusedException.js"
import * as keys from "./blobKey.js"
import { fromS3 } from "./blobsFailure.js"
import { type Position, readCursor, writeCursor } from "./sweepCursor.js"
import { deleteAll } from "./sweepDelete.js"
import { type Candidate, candidatesAt, type Page, type Sweep, versionsAt } from "./sweepList.js"
import { overdue } from "./sweepRetain.js"
import { S3 } from "./tag.js"

const leastMargin = Duration.hours(24)
const defaultPageSize = 100_000

/** S3's own time, as the date of an object that is put for the purpose. */
const clockOf = (s3: Api.Service, bucket: string, prefix: string): Effect.Effect<number, S3AttributeException> =>
  Effect.gen(function*() {
    const own = yield* Clock.currentTimeMillis
    const object = { Bucket: bucket, Key: keys.clockUnder(prefix, keys.ulid(own, randomBytes(10))) }
    const { VersionId } = yield* s3.putObject({ ...object, Body: "" })
    const head = yield* Effect.ensuring(
      s3.headObject({ ...object, VersionId }),
      // no value lies there: what stays behind is empty, and in nobody's way
      Effect.ignore(s3.deleteObject({ ...object, VersionId }))
    )
    return head.LastModified?.getTime() ?? own
  }).pipe(Effect.mapError(fromS3({ bucket, key: prefix })))

const sameTable = (a: Table, b: Table): boolean =>
  a.account === b.account && a.region === b.region && a.table === b.table

const prepare = <E, R>(options: Options<E, R>) =>
  Effect.gen(function*() {
    const s3 = yield* S3
    const { bucket } = options
    const refused = (reason: RefusedReason, tables: ReadonlyArray<Table> = []) =>
      new SweepRefusedException({ service: "S3", reason, bucket, prefix: options.prefix, tables })
    const prefix = keys.prefixOf(options.prefix)
    const position = prefix === undefined ? undefined : readCursor(prefix, options.cursor)
    const margin = Option.getOrUndefined(Duration.decodeUnknown(options.margin ?? leastMargin))
    const retain = Option.getOrUndefined(Duration.decodeUnknown(options.retain ?? 0))
    const pageSize = options.pageSize ?? defaultPageSize
    if (
      prefix === undefined || position === undefined || margin === undefined || !Duration.isFinite(margin) ||
      Duration.lessThan(margin, leastMargin) || retain === undefined || !(pageSize >= 1)
    ) {
      return yield* refused("InvalidOptions")
    }
    const marks = yield* Effect.mapError(
      Stream.runCollect(s3.listObjectsV2.objects({ Bucket: bucket, Prefix: keys.tablesUnder(prefix) })),
      fromS3({ bucket, key: prefix })
    )
    let maxWrite = 0
    const unknown: Array<Table> = []
    for (const { Key = "" } of marks) {
      const mark = keys.readTableMark(prefix, Key)
      // what cannot be read names no table that this sweep could know
      const { account, region, table } = mark ?? { account: "", region: "", table: Key }
      maxWrite = Math.max(maxWrite, mark?.maxWrite ?? 0)
      if (mark === undefined || !options.tables.some((one) => sameTable(one, mark))) {
        unknown.push({ account, region, table })
      }
    }
    if (unknown.length > 0) return yield* refused("UnknownTable", unknown)
    if (marks.length === 0) return yield* refused("Unmarked")
    const now = yield* clockOf(s3, bucket, prefix)
    const sweep: Sweep = {
      s3,
      bucket,
      prefix,
      now,
      before: now - maxWrite * 1000 - Duration.toMillis(margin),
      retain: Duration.toMillis(retain),
      dryRun: options.dryRun ?? false
    }
    return { sweep, position, pageSize }
  })

interface Judged {
  readonly referenced: ReadonlyArray<Candidate>
  readonly unreferenced: ReadonlyArray<Candidate>
}

/** Reads all tables, and tells the candidates that an item points to from the others. */
const judge = <E, R>(options: Options<E, R>, { candidates }: Page): Effect.Effect<Judged, E, R> =>
  Effect.suspend(() => {
    const spared = new Set<Candidate>()
    const look = Stream.runForEach(options.references, ({ bucket, key, versionId }) =>
      Effect.sync(() => {
        const versions = (bucket === options.bucket ? candidates.get(key) : undefined) ?? []
        const named = versions.filter((one) => one.versionId === versionId)
        // a pointer without a version, or to one that is not there, may mean any of them
        for (const one of named.length === 0 ? versions : named) spared.add(one)
      }))
    return Effect.map(candidates.size === 0 ? Effect.void : look, () => {
      const all = [...candidates.values()].flat()
      return { referenced: [...spared], unreferenced: all.filter((one) => !spared.has(one)) }
    })
  })

type Counts = Omit<Progress, "cursor">

const nothing: Counts = {
  listed: 0,
  young: 0,
  referenced: 0,
  retained: 0,
  deleted: 0,
  deletedSize: 0,
  failed: 0,
  aborted: 0
}

const sweepPage = <E, R>(sweep: Sweep, options: Options<E, R>, page: Page) =>
  Effect.gen(function*() {
    const { referenced, unreferenced } = yield* judge(options, page)
    const due = yield* overdue(sweep, unreferenced, referenced)
    const failed = sweep.dryRun ? new Set<Candidate>() : yield* deleteAll(sweep.s3, sweep.bucket, due)
    const gone = due.filter((one) => !failed.has(one))
    return {
      listed: page.listed,
      young: page.young,
      referenced: referenced.length,
      retained: unreferenced.length - due.length,
      deleted: gone.length,
      deletedSize: gone.reduce((sum, one) => sum + one.size, 0),
      failed: failed.size,
      aborted: 0
    }
  })

/** Ends the uploads of parts that have been under way for longer than any write may be. Gives how many. */
const abandon = (sweep: Sweep): Effect.Effect<number, S3AttributeException> => {
  const { before, bucket, dryRun, prefix, s3 } = sweep
  const Prefix = `${prefix}/`
  return s3.listMultipartUploads.uploads({ Bucket: bucket, Prefix }).pipe(
    Stream.mapEffect(({ Initiated, Key, UploadId }) => {
      const isOld = Initiated !== undefined && Initiated.getTime() < before
      if (!isOld || Key === undefined || keys.valueUnder(prefix, Key) === undefined) return Effect.succeed(0)
      return dryRun ? Effect.succeed(1) : s3.abortMultipartUpload({ Bucket: bucket, Key, UploadId }).pipe(
        Effect.as(1),
        Effect.catchTag("NoSuchUpload", () => Effect.succeed(0))
      )
    }),
    Stream.runSum,
    Effect.mapError(fromS3({ bucket, key: Prefix }))
  )
}

/** Takes away what earlier sweeps that were stopped in the middle of asking the time have left. */
const tidy = (sweep: Sweep): Effect.Effect<void, S3AttributeException> =>
  Effect.gen(function*() {
    let position: Position | "done" = sweep.dryRun ? "done" : {}
    while (position !== "done") {
      const { next, versions } = yield* versionsAt(sweep, keys.clockUnder(sweep.prefix, ""), position)
      yield* deleteAll(
        sweep.s3,
        sweep.bucket,
        versions.filter(({ lastModified = sweep.now }) => lastModified < sweep.before)
      )
      position = next
    }
  })

const sum = (a: Counts, b: Counts): Counts => ({
  listed: a.listed + b.listed,
  young: a.young + b.young,
  referenced: a.referenced + b.referenced,
  retained: a.retained + b.retained,
  deleted: a.deleted + b.deleted,
  deletedSize: a.deletedSize + b.deletedSize,
  failed: a.failed + b.failed,
  aborted: a.aborted + b.aborted
})

interface State {
  readonly position: Position
  readonly counts: Counts
}

export const sweep = <E, R>(
  options: Options<E, R>
): Stream.Stream<Progress, SweepRefusedException | S3AttributeException | E, Api | R> =>
  Stream.unwrap(Effect.map(prepare(options), ({ pageSize, position, sweep }) => {
    type Step = readonly [Progress, Option.Option<State>]
    const first: State = { position, counts: nothing }
    return Stream.paginateEffect(first, ({ counts, position }) =>
      Effect.gen(function*() {
        const page = yield* candidatesAt(sweep, position, pageSize)
        const seen = sum(counts, yield* sweepPage(sweep, options, page))
        if (page.next === "done") yield* tidy(sweep)
        const step: Step = page.next === "done"
          ? [{ ...seen, aborted: yield* abandon(sweep), cursor: undefined }, Option.none()]
          : [{ ...seen, cursor: writeCursor(page.next) }, Option.some({ position: page.next, counts: seen })]
        return step
      }))
  }))
