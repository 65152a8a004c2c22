/**
 * Finds the values in S3 that no item points to any more, and deletes them: what a crash, a lost answer, a batch or a transaction left
 * behind. A sweep first lists, then reads every table, then deletes, and takes only what is older than any write that may still be under
 * way.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Stream from "effect/Stream"
import { sweep as internal } from "./internal/sweep.js"
import type { Pointer } from "./Pointer.js"
import type { S3 } from "./S3.js"
import type { S3AttributeException } from "./S3AttributeException.js"
import type { SweepRefusedException, Table } from "./SweepRefusedException.js"

export type { Table } from "./SweepRefusedException.js"

/**
 * What a sweep goes by.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<E = never, R = never> {
  readonly bucket: string
  /** As the attributes have it. */
  readonly prefix: string
  /** All tables that `references` reads. If values of another table lie under the prefix (another stage's, say), the sweep refuses. */
  readonly tables: ReadonlyArray<Table>
  /**
   * The pointers in all items of all these tables, by strongly consistent scans; pointers elsewhere do no harm. Run anew for each page of
   * candidates. When it fails, the sweep fails and has deleted nothing of the page.
   */
  readonly references: Stream.Stream<Pointer, E, R>
  /** How much older than the longest write under the prefix an object is before it is looked at. Default and least 24 hours. */
  readonly margin?: Duration.DurationInput | undefined
  /**
   * How long an object stays after a sweep first found that nothing points to it: for restores, exports and stream images that still
   * name it. Default: not at all.
   */
  readonly retain?: Duration.DurationInput | undefined
  /** How many candidates are held in memory for one reading of the tables. Default 100,000, which takes about 50 MB. */
  readonly pageSize?: number | undefined
  /** Where an earlier sweep of this prefix stopped: the `cursor` of its last progress. */
  readonly cursor?: string | undefined
  /** Looks, and deletes nothing. */
  readonly dryRun?: boolean | undefined
}

/**
 * What a sweep has done so far, from its own beginning on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** Resumes behind what is done; `undefined` when all is. */
  readonly cursor: string | undefined
  /** Versions of values that were looked at, delete markers included. */
  readonly listed: number
  /** Of them: too young to be judged. */
  readonly young: number
  /** Of them: an item points to it. */
  readonly referenced: number
  /** Of them: nothing points to it, and `retain` has not passed yet. */
  readonly retained: number
  /** Of them: nothing pointed to it, and it is gone; in a dry run, it would be. */
  readonly deleted: number
  /** In bytes, of those deleted. */
  readonly deletedSize: number
  /** S3 did not delete it; the next sweep tries again. */
  readonly failed: number
  /** Uploads of parts that were abandoned, and are ended; in a dry run, would be. */
  readonly aborted: number
}

/**
 * Sweeps a prefix. Gives its progress after each page; whoever stops listening stops the sweep, which goes on from the last `cursor`.
 *
 * Age is S3's own: the date that S3 gave an object against the date that it gives one now. Versions are judged one by one. Needs
 * `s3:ListBucket`, `s3:ListBucketVersions`, `s3:ListBucketMultipartUploads`, `s3:AbortMultipartUpload`, `s3:PutObject`, `s3:GetObject`,
 * `s3:DeleteObject` and `s3:DeleteObjectVersion`.
 *
 * @example
 * ```ts
 * import * as Pointer from "@armature/s3/Pointer"
 * import * as Sweeper from "@armature/s3/Sweeper"
 * import * as Console from "effect/Console"
 * import * as Stream from "effect/Stream"
 *
 * declare const allItems: Stream.Stream<{ readonly [name: string]: Pointer.ReadonlyAttributeValue }>
 *
 * export const program = Sweeper.sweep({
 *   bucket: "documents",
 *   prefix: "invoices/",
 *   tables: [{ account: "111122223333", region: "eu-central-1", table: "app" }],
 *   references: Stream.mapConcat(allItems, Pointer.inItem)
 * }).pipe(Stream.runForEach((progress) => Console.log(progress)))
 * ```
 *
 * @since 0.1.0
 * @category sweeping
 */
export const sweep: <E = never, R = never>(
  options: Options<E, R>
) => Stream.Stream<Progress, SweepRefusedException | S3AttributeException | E, S3 | R> = internal
