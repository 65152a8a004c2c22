/**
 * Keeping what nothing points to for a while. S3 does not know since when that is so: the sweep that finds it first puts a mark of the
 * same name beside the values, whose date says it; a later one deletes both, the mark first, so that none is ever left over.
 */
import * as Effect from "effect/Effect"
import type { S3AttributeException } from "../S3AttributeException.js"
import * as keys from "./blobKey.js"
import { fromS3 } from "./blobsFailure.js"
import type { Position } from "./sweepCursor.js"
import { deleteAll, type Version } from "./sweepDelete.js"
import { type Candidate, type Sweep, versionsAt } from "./sweepList.js"

const concurrency = 8

interface Mark {
  /** Milliseconds. */
  readonly since: number
  readonly versions: ReadonlyArray<Version>
}

/** The marks that stand from the first name to the last. */
const marksOf = (
  sweep: Sweep,
  names: ReadonlyArray<string>
): Effect.Effect<ReadonlyMap<string, Mark>, S3AttributeException> =>
  Effect.gen(function*() {
    const marks = new Map<string, Mark>()
    const sorted = [...names].sort()
    const [first = "", last = ""] = [sorted.at(0), sorted.at(-1)]
    // a list begins behind its marker, and this one is before the first name
    let position: Position | "done" = names.length === 0 ? "done" : { KeyMarker: first.slice(0, -1) }
    while (position !== "done") {
      const { next, versions } = yield* versionsAt(sweep, keys.retiredUnder(sweep.prefix), position)
      for (const version of versions) {
        const { key, lastModified = sweep.now } = version
        const known = marks.get(key)
        marks.set(key, {
          since: Math.min(known?.since ?? lastModified, lastModified),
          versions: [...known?.versions ?? [], version]
        })
      }
      const passed: boolean = versions.some(({ key }) => key > last)
      position = passed ? "done" : next
    }
    return marks
  })

/** Of what nothing points to, what has been so for long enough. Marks what is found first, and unmarks what is pointed to again. */
export const overdue = (
  sweep: Sweep,
  unreferenced: ReadonlyArray<Candidate>,
  referenced: ReadonlyArray<Candidate>
): Effect.Effect<ReadonlyArray<Candidate>, S3AttributeException> =>
  sweep.retain <= 0 ? Effect.succeed(unreferenced) : Effect.gen(function*() {
    const nameOf = (one: Candidate) => keys.retiredMark(sweep.prefix, one.value, one.versionId)
    const marks = yield* marksOf(sweep, [...unreferenced, ...referenced].map(nameOf))
    const due = unreferenced.filter((one) => (marks.get(nameOf(one))?.since ?? sweep.now) <= sweep.now - sweep.retain)
    if (sweep.dryRun) return due
    yield* Effect.forEach(
      unreferenced.filter((one) => !marks.has(nameOf(one))),
      (one) => sweep.s3.putObject({ Bucket: sweep.bucket, Key: nameOf(one), Body: "" }),
      { concurrency, discard: true }
    ).pipe(Effect.mapError(fromS3({ bucket: sweep.bucket, key: keys.retiredUnder(sweep.prefix) })))
    const over = [...due, ...referenced].flatMap((one) => marks.get(nameOf(one))?.versions ?? [])
    yield* deleteAll(sweep.s3, sweep.bucket, over)
    return due
  })
