/** What a failure of a probe says of what was probed, and what to do about it. Pure: the probes are in `checks.ts`. */
import type { AwsException } from "@armature/aws/AwsException"
import { ConfigurationException, CredentialsException, type CredentialsReason } from "@armature/aws/Exceptions"
import type { Difference } from "@armature/model/Table"

export type Service = "DynamoDB" | "KMS" | "S3"

interface Told<Tag extends string> {
  readonly _tag: Tag
  /** What to do, in words. */
  readonly fix: string
}

interface Failed<Tag extends string> extends Told<Tag> {
  readonly service: Service
  /** What the service answered, or what became of the request. */
  readonly cause: AwsException
}

interface OfTable<Tag extends string> extends Told<Tag> {
  readonly table: string
}

interface OfKey<Tag extends string> extends Told<Tag> {
  /** As it was asked for. */
  readonly key: string
  readonly cause: AwsException
}

interface OfBucket<Tag extends string> extends Told<Tag> {
  readonly bucket: string
}

export type Finding =
  /** Of a whole service: told once, however many probes failed of it. */
  | Failed<"Credentials"> & { readonly reason: CredentialsReason }
  | Failed<"Unreachable">
  | Failed<"Misconfigured">
  | Failed<"AccessDenied"> & { readonly action: string; readonly resource: string | undefined }
  /** The table's name cannot be had; `table` is the logical one. */
  | OfTable<"TableName"> & { readonly cause: unknown }
  | OfTable<"TableMissing">
  | OfTable<"TableDifferent"> & { readonly differences: ReadonlyArray<Difference> }
  | OfKey<"KeyMissing">
  | OfKey<"KeyDisabled">
  /** Waiting for its deletion, or for its material. */
  | OfKey<"KeyState">
  /** No symmetric key that encrypts. */
  | OfKey<"KeyUsage">
  | OfBucket<"BucketMissing">
  /** `region` is where it is, if S3 says so. */
  | OfBucket<"BucketRegion"> & { readonly region: string | undefined }
  /** Anything else. */
  | Failed<"Failed"> & { readonly operation: string | undefined; readonly resource: string | undefined }

/** What was probed. */
export type Subject =
  | { readonly service: "DynamoDB"; readonly table: string | undefined }
  | { readonly service: "KMS"; readonly key: string }
  | { readonly service: "S3"; readonly bucket: string }

const nameOf = (subject: Subject): string | undefined =>
  subject.service === "DynamoDB" ? subject.table : subject.service === "KMS" ? subject.key : subject.bucket

/** The right that an operation needs, where it is not called as the operation is. */
const actionOf = (service: Service, operation: string | undefined): string =>
  operation === "HeadBucket" ? "s3:ListBucket" : `${service.toLowerCase()}:${operation ?? "*"}`

const credentials: Readonly<Record<CredentialsReason, string>> = {
  Missing: "give credentials: a role, a profile, or the environment",
  Invalid: "look at the access key, the secret and the session token: they are not accepted",
  Expired: "refresh the credentials, or use a provider that does",
  ClockSkew: "set the machine's clock: it is too far from the service's"
}

const unreachable = new Set([
  "ConnectionException",
  "InvalidResponseException",
  "ProvisionedThroughputExceededException",
  "ServiceUnavailableException",
  "ThrottlingException"
])

const ofKey = (key: string, cause: AwsException): Finding | undefined => {
  switch (cause._tag) {
    case "NotFoundException":
    case "InvalidArnException":
      return {
        _tag: "KeyMissing",
        key,
        cause,
        fix: `the KMS key ${key} is not there: look at its ARN or alias, the account and the region`
      }
    case "DisabledException":
      return { _tag: "KeyDisabled", key, cause, fix: `enable the KMS key ${key}` }
    case "KMSInvalidStateException":
      return {
        _tag: "KeyState",
        key,
        cause,
        fix: `the KMS key ${key} cannot be used as it stands: cancel its deletion, or import its material`
      }
    case "InvalidKeyUsageException":
      return {
        _tag: "KeyUsage",
        key,
        cause,
        fix: `the KMS key ${key} is of another kind: take a symmetric one that encrypts and decrypts`
      }
    default:
      return undefined
  }
}

export const bucketRegion = (bucket: string, region: string | undefined): Finding => ({
  _tag: "BucketRegion",
  bucket,
  region,
  fix: `the bucket ${bucket} is in ${region ?? "another region"}: set the region of S3 to it, or take another bucket`
})

const ofSubject = (subject: Subject, cause: AwsException): Finding | undefined => {
  switch (subject.service) {
    case "KMS":
      return ofKey(subject.key, cause)
    case "DynamoDB": {
      const { table } = subject
      return cause._tag === "ResourceNotFoundException" && table !== undefined
        ? { _tag: "TableMissing", table, fix: `create the table ${table}, or look at its name and the region` }
        : undefined
    }
    case "S3": {
      const { bucket } = subject
      if (cause._tag === "NoSuchBucket") {
        return { _tag: "BucketMissing", bucket, fix: `create the bucket ${bucket}, or look at its name` }
      }
      return cause instanceof ConfigurationException && cause.reason === "WrongRegion"
        ? bucketRegion(bucket, undefined)
        : undefined
    }
  }
}

/** A probe's failure as a finding. */
export const findingOf = (subject: Subject, cause: AwsException): Finding => {
  const own = ofSubject(subject, cause)
  if (own !== undefined) return own
  const { service } = subject
  const { operation } = cause
  const resource = nameOf(subject)
  if (cause instanceof CredentialsException) {
    const { reason } = cause
    return { _tag: "Credentials", service, reason, cause, fix: `${service}: ${credentials[reason]}` }
  }
  if (cause instanceof ConfigurationException) {
    return { _tag: "Misconfigured", service, cause, fix: `${service}: ${cause.message}` }
  }
  if (cause._tag === "AccessDeniedException") {
    const action = actionOf(service, operation)
    const on = resource === undefined ? "" : ` on ${resource}`
    return { _tag: "AccessDenied", service, action, resource, cause, fix: `allow ${action}${on}` }
  }
  return unreachable.has(cause._tag)
    ? {
      _tag: "Unreachable",
      service,
      cause,
      fix: `${service} does not answer as it should: look at the network, the endpoint and the region`
    }
    : {
      _tag: "Failed",
      service,
      operation,
      resource,
      cause,
      fix: `${service}: ${cause.message}`
    }
}

/** What is of a whole service is told once. */
export const distinct = (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> =>
  findings.filter((one, i) =>
    !(one._tag === "Credentials" || one._tag === "Unreachable" || one._tag === "Misconfigured") ||
    findings.findIndex((other) => other._tag === one._tag && "service" in other && other.service === one.service) === i
  )
