/** What a sweep is about, and the lists that it reads. */
import * as Effect from "effect/Effect"
import type { S3 } from "../S3.js"
import type { S3AttributeException } from "../S3AttributeException.js"
import * as keys from "./blobKey.js"
import { fromS3 } from "./blobsFailure.js"
import type { Position } from "./sweepCursor.js"
import type { Version } from "./sweepDelete.js"

/** Times are in milliseconds, by S3's clock. */
export interface Sweep {
  readonly s3: S3.Service
  readonly bucket: string
  /** Without a slash at its end. */
  readonly prefix: string
  readonly now: number
  /** What is not older than this is left alone. */
  readonly before: number
  readonly retain: number
  readonly dryRun: boolean
}

/** An object's version, or a delete marker, as S3 lists it. */
interface Listed extends Version {
  readonly lastModified: number | undefined
  readonly size: number
}

interface Listing {
  readonly versions: ReadonlyArray<Listed>
  readonly next: Position | "done"
}

/** One page of the versions under a prefix. */
export const versionsAt = (
  sweep: Sweep,
  prefix: string,
  position: Position
): Effect.Effect<Listing, S3AttributeException> =>
  Effect.mapBoth(sweep.s3.listObjectVersions({ Bucket: sweep.bucket, Prefix: prefix, ...position }), {
    onFailure: fromS3({ bucket: sweep.bucket, key: prefix }),
    onSuccess: ({ DeleteMarkers = [], IsTruncated, NextKeyMarker, NextVersionIdMarker, Versions = [] }) => {
      const versions: Array<Listed> = []
      const markers = DeleteMarkers.map((one) => ({ ...one, Size: 0 }))
      for (const { Key, LastModified, Size = 0, VersionId } of [...Versions, ...markers]) {
        if (Key === undefined || VersionId === undefined) continue
        versions.push({ key: Key, versionId: VersionId, lastModified: LastModified?.getTime(), size: Size })
      }
      return {
        versions,
        next: IsTruncated === true && NextKeyMarker !== undefined
          ? { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker }
          : "done"
      }
    }
  })

/** A version of a value that is old enough to be judged. */
export interface Candidate extends Version {
  /** Its key behind the prefix. */
  readonly value: string
  readonly size: number
}

/** The candidates of one reading of the tables, by their keys. */
export interface Page {
  readonly listed: number
  readonly young: number
  readonly candidates: ReadonlyMap<string, ReadonlyArray<Candidate>>
  readonly next: Position | "done"
}

/** Lists until there are enough candidates for one reading of the tables. */
export const candidatesAt = (
  sweep: Sweep,
  from: Position,
  pageSize: number
): Effect.Effect<Page, S3AttributeException> =>
  Effect.gen(function*() {
    const candidates = new Map<string, Array<Candidate>>()
    let position = from
    let [listed, young] = [0, 0]
    while (true) {
      const { next, versions } = yield* versionsAt(sweep, `${sweep.prefix}/`, position)
      for (const { key, lastModified, size, versionId } of versions) {
        const value = keys.valueUnder(sweep.prefix, key)
        if (value === undefined) continue
        listed++
        // what has no date is not known to be old
        if (lastModified === undefined || lastModified >= sweep.before) {
          young++
          continue
        }
        const known = candidates.get(key)
        const candidate = { key, value, versionId, size }
        if (known === undefined) candidates.set(key, [candidate])
        else known.push(candidate)
      }
      if (next === "done" || listed - young >= pageSize) return { listed, young, candidates, next }
      position = next
    }
  })
