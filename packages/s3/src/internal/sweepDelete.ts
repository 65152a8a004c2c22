/** Deleting many versions at once. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type { S3 } from "../S3.js"
import type { S3AttributeException } from "../S3AttributeException.js"
import { fromS3 } from "./blobsFailure.js"

/** One version of an object. */
export interface Version {
  readonly key: string
  /** `null` in a bucket without versions. */
  readonly versionId: string
}

/** As many as one request of S3 takes. */
const batchSize = 1000
const concurrency = 4

/** Deletes versions; gives those that S3 did not delete. */
export const deleteAll = <V extends Version>(
  s3: S3.Service,
  bucket: string,
  versions: ReadonlyArray<V>
): Effect.Effect<ReadonlySet<V>, S3AttributeException> =>
  Effect.forEach(
    Chunk.chunksOf(Chunk.fromIterable(versions), batchSize),
    (batch) => {
      const Objects = [...batch].map(({ key, versionId }) => ({ Key: key, VersionId: versionId }))
      return s3.deleteObjects({ Bucket: bucket, Delete: { Objects, Quiet: true } }).pipe(
        Effect.mapError((e) => fromS3({ bucket, key: "" }, e.outcome)(e)),
        Effect.map(({ Errors = [] }) =>
          [...batch].filter((one) =>
            Errors.some((e) => e.Key === one.key && (e.VersionId === undefined || e.VersionId === one.versionId))
          )
        )
      )
    },
    { concurrency }
  ).pipe(Effect.map((failed) => new Set(failed.flat())))
