/** The probes of a check: requests that change nothing, each of which ends in the findings that it makes. */
import type { AwsException } from "@armature/aws/AwsException"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Kms from "@armature/kms/Kms"
import * as Table from "@armature/model/Table"
import * as S3 from "@armature/s3/S3"
import * as Effect from "effect/Effect"
import { bucketRegion, distinct, type Finding, findingOf, type Subject } from "./findings.js"

export interface KeyToCheck {
  readonly key: string
  readonly rights: ReadonlyArray<"seal" | "open">
  readonly table?: string | undefined
  readonly context?: Readonly<Record<string, string>> | undefined
}

export interface BucketToCheck {
  readonly bucket: string
  readonly region?: string | undefined
}

export interface TableToCheck extends Table.Named<unknown>, Pick<Table.Any, "logicalName"> {}

export interface Options {
  readonly tables?: ReadonlyArray<TableToCheck> | undefined
  readonly keys?: ReadonlyArray<KeyToCheck> | undefined
  readonly buckets?: ReadonlyArray<string | BucketToCheck> | undefined
  readonly concurrency?: number | undefined
}

export interface Report {
  readonly ok: boolean
  readonly findings: ReadonlyArray<Finding>
}

type Findings<R> = Effect.Effect<ReadonlyArray<Finding>, never, R>

const none: ReadonlyArray<Finding> = []

const probed = <R>(subject: Subject, probe: Effect.Effect<ReadonlyArray<Finding>, AwsException, R>): Findings<R> =>
  Effect.catchAll(probe, (e) => Effect.succeed([findingOf(subject, e)]))

const checkTable = (declared: TableToCheck): Findings<DynamoDB.DynamoDB> =>
  Effect.matchEffect(declared.physicalName, {
    onFailure: (cause) =>
      Effect.succeed<ReadonlyArray<Finding>>([{
        _tag: "TableName",
        table: declared.logicalName,
        cause,
        fix: `the name of the table ${declared.logicalName} is not configured`
      }]),
    onSuccess: (table) =>
      probed(
        { service: "DynamoDB", table },
        Effect.map(
          Table.differences({ name: table, plan: declared.plan, physicalName: Effect.succeed(table) }),
          (differences): ReadonlyArray<Finding> =>
            differences.length === 0 ? none : [{
              _tag: "TableDifferent",
              table,
              differences,
              fix: new Table.TableMismatchException({ resource: table, differences }).message
            }]
        )
      )
  })

/** Whether these credentials are let in; that they may list tables is not asked of them. */
const checkDynamoDB: Findings<DynamoDB.DynamoDB> = probed(
  { service: "DynamoDB", table: undefined },
  Effect.flatMap(DynamoDB.DynamoDB, (db) =>
    db.ping.pipe(
      Effect.as(none),
      Effect.catchTag("AccessDeniedException", () => Effect.succeed(none))
    ))
)

/** A server that does not know that the ciphertext is to be ignored looks at the key first, and then refuses this. */
const noCiphertext = Uint8Array.of(0)

const checkKey = ({ context, key, rights, table }: KeyToCheck): Findings<Kms.Kms> =>
  Effect.flatMap(Kms.Kms, (kms) => {
    const EncryptionContext = { ...context, ...(table === undefined ? {} : { "armature.table": table }) }
    const request = { KeyId: key, EncryptionContext, DryRun: true }
    const seal = kms.generateDataKey({ ...request, KeySpec: "AES_256" }).pipe(
      Effect.as(none),
      Effect.catchTag("DryRunOperationException", () => Effect.succeed(none))
    )
    const open = kms.decrypt({
      ...request,
      CiphertextBlob: noCiphertext,
      DryRunModifiers: ["IGNORE_CIPHERTEXT"]
    }).pipe(
      Effect.as(none),
      Effect.catchTags({
        DryRunOperationException: () => Effect.succeed(none),
        InvalidCiphertextException: () => Effect.succeed(none)
      })
    )
    const subject = { service: "KMS", key } as const
    const probes = [...(rights.includes("seal") ? [seal] : []), ...(rights.includes("open") ? [open] : [])]
    return Effect.map(Effect.forEach(probes, (probe) => probed(subject, probe)), (all) => {
      const [first = none, second = none] = all
      // what is wrong with the key itself is told once, a right that is missing each time
      return [...first, ...second.filter((one) => !first.some((other) => other._tag === one._tag && !isRight(one)))]
    })
  })

const isRight = (finding: Finding): boolean => finding._tag === "AccessDenied" || finding._tag === "Failed"

const checkBucket = (one: string | BucketToCheck): Findings<S3.S3> => {
  const { bucket, region }: BucketToCheck = typeof one === "string" ? { bucket: one } : one
  return probed(
    { service: "S3", bucket },
    Effect.flatMap(
      S3.S3,
      (s3) =>
        Effect.map(
          s3.headBucket({ Bucket: bucket }),
          ({ BucketRegion }) =>
            region === undefined || BucketRegion === undefined || BucketRegion === region
              ? none
              : [bucketRegion(bucket, BucketRegion)]
        )
    )
  )
}

export const check = (
  { buckets = [], concurrency = 8, keys = [], tables = [] }: Options
): Effect.Effect<Report, never, DynamoDB.DynamoDB | Kms.Kms | S3.S3> => {
  const probes: ReadonlyArray<Findings<DynamoDB.DynamoDB | Kms.Kms | S3.S3>> = [
    ...(tables.length === 0 ? [checkDynamoDB] : tables.map(checkTable)),
    ...keys.map(checkKey),
    ...buckets.map(checkBucket)
  ]
  return Effect.map(Effect.all(probes, { concurrency }), (all) => {
    const findings = distinct(all.flat())
    return { ok: findings.length === 0, findings }
  })
}
