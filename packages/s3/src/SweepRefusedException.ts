/**
 * What a sweep fails with before it begins.
 *
 * @since 0.1.0
 */
import { tagged } from "@armature/aws/AwsException"

/**
 * A table whose items point to values under a prefix.
 *
 * @since 0.1.0
 * @category models
 */
export interface Table {
  readonly account: string
  readonly region: string
  /** The physical name. */
  readonly table: string
}

/**
 * Why a sweep refuses.
 *
 * - `Unmarked`: no table is named under the prefix: nothing was ever stored there by `Blobs`, or somebody has deleted its marks.
 * - `UnknownTable`: values of a table lie there that the sweep is not told to read.
 * - `InvalidOptions`: prefix, cursor, margin or page size cannot be used.
 *
 * @since 0.1.0
 * @category models
 */
export type RefusedReason = "Unmarked" | "UnknownTable" | "InvalidOptions"

const says: Record<RefusedReason, string> = {
  Unmarked: "no table is named under the prefix; is it the one that values are stored under?",
  UnknownTable: "values of a table lie under the prefix that this sweep does not read; do two stages share the bucket?",
  InvalidOptions: "prefix, cursor, margin or page size cannot be used"
}

/**
 * The sweep did not begin, and deleted nothing.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class SweepRefusedException extends tagged("SweepRefusedException")<{
  readonly reason: RefusedReason
  readonly bucket: string
  readonly prefix: string
  /** Those that are named under the prefix and not in the options. */
  readonly tables: ReadonlyArray<Table>
}>({
  says: (e) => says[e.reason],
  printed: ["reason", "bucket", "prefix", "tables"]
}) {}
