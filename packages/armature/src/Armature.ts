/**
 * The check that a program makes when it starts: whether its credentials, tables, keys and buckets are what it needs, in one report, before
 * the first user finds out.
 *
 * @since 0.1.0
 */
import { tagged } from "@armature/aws/AwsException"
import type { DynamoDB } from "@armature/dynamodb/DynamoDB"
import type { Kms } from "@armature/kms/Kms"
import type * as Table from "@armature/model/Table"
import type { S3 } from "@armature/s3/S3"
import * as Effect from "effect/Effect"
import * as internal from "./internal/checks.js"
import type * as findings from "./internal/findings.js"

/**
 * One thing that is not as the program needs it: what (`_tag`, and what it is about) and what to do (`fix`, without data).
 *
 * @since 0.1.0
 * @category models
 */
export type Finding = findings.Finding

/**
 * What was found, in the order in which it was asked for; what is of a whole service (its credentials, the way to it) is told once.
 *
 * @since 0.1.0
 * @category models
 */
export interface Report {
  /** Nothing was found. */
  readonly ok: boolean
  readonly findings: ReadonlyArray<Finding>
}

/**
 * A key of KMS, and what the program does with it. The encryption context is that of the values: policies are made on it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Key {
  /** An id, ARN or alias; to open, no alias. */
  readonly key: string
  /** `"seal"` needs `kms:GenerateDataKey`, `"open"` `kms:Decrypt`. */
  readonly rights: ReadonlyArray<"seal" | "open">
  /** The logical name of the table whose values are sealed. */
  readonly table?: string | undefined
  /** The Layers' fixed text, and what the entity adds: a tenant. */
  readonly context?: Readonly<Record<string, string>> | undefined
}

/**
 * A bucket, and the region that it has to be in.
 *
 * @since 0.1.0
 * @category models
 */
export interface Bucket {
  readonly bucket: string
  /** Default: whatever S3 answers from. */
  readonly region?: string | undefined
}

/**
 * What is checked.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Whether each is there, with its keys, indexes, projections, stream and expiry as declared. */
  readonly tables?: ReadonlyArray<Pick<Table.Any, "name" | "plan" | "physicalName" | "logicalName">> | undefined
  readonly keys?: ReadonlyArray<Key> | undefined
  readonly buckets?: ReadonlyArray<string | Bucket> | undefined
  /** How many are asked at once. Default 8. */
  readonly concurrency?: number | undefined
}

/**
 * The check found something. `report` says what; the message is what to do about all of it.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class CheckFailedException extends tagged("CheckFailedException")<{ readonly report: Report }>({
  says: ({ report }) => `the program cannot run here: ${report.findings.map(({ fix }) => fix).join("; ")}`
}) {}

/**
 * Asks DynamoDB, KMS and S3 whether the program could run: describes its tables, tries its keys without using them (a dry run), and
 * looks whether its buckets are there. Changes nothing, never fails, and takes as long as the retries of a service that does not answer.
 *
 * A right that is missing for the check itself (`dynamodb:DescribeTable`, `dynamodb:DescribeTimeToLive`, `s3:ListBucket`) is a finding as
 * well: `Iam.policy` adds them with `check: true`. Without tables, DynamoDB is only asked whether it lets these credentials in.
 *
 * @example
 * ```ts
 * import { Armature, Local, Table } from "armature"
 * import * as Effect from "effect/Effect"
 *
 * const App = Table.make("app", { key: ["pk", "sk"] })
 *
 * export const report = Armature.check({
 *   tables: [App],
 *   keys: [{ key: "alias/app", rights: ["seal"], table: "app" }],
 *   buckets: ["documents"]
 * }).pipe(Effect.provide(Local.layer({ tables: [Table.definition(App)], keys: ["app"], buckets: ["documents"] })))
 * ```
 *
 * @since 0.1.0
 * @category checks
 */
export const check: (options: Options) => Effect.Effect<Report, never, DynamoDB | Kms | S3> = internal.check

/**
 * The same for a program that must not start otherwise: fails with a `CheckFailedException` if anything is found.
 *
 * @since 0.1.0
 * @category checks
 */
export const checkOrFail = (options: Options): Effect.Effect<void, CheckFailedException, DynamoDB | Kms | S3> =>
  Effect.flatMap(
    check(options),
    (report) => report.ok ? Effect.void : Effect.fail(new CheckFailedException({ report }))
  )
