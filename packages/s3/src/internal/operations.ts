/**
 * The service as a table: one row for each operation. The types of its failures and what the driver does at run time both come from here.
 */
import * as E from "@armature/aws/Exceptions"
import {
  type ExceptionClass,
  type Operation,
  readExceptions,
  type Repeatable,
  writeExceptions
} from "@armature/aws/ServiceClient"
import * as S from "../S3Exception.js"
import type { Operations } from "./port.js"

type Input<Name extends keyof Operations> = Operations[Name]["input"]
type Row<Name extends keyof Operations, Classes extends ReadonlyArray<ExceptionClass>> =
  & Operation<Input<Name>, Classes>
  & { readonly name: Name }

/** The members of an input that make it conditional. Without any of them the exceptions of a condition cannot come. */
export const readConditions = ["IfMatch", "IfModifiedSince", "IfNoneMatch", "IfUnmodifiedSince"] as const
export const writeConditions = [
  "IfMatch",
  "IfMatchInitiatedTime",
  "IfMatchLastModifiedTime",
  "IfMatchSize",
  "IfNoneMatch"
] as const
export const sourceConditions = [
  "CopySourceIfMatch",
  "CopySourceIfModifiedSince",
  "CopySourceIfNoneMatch",
  "CopySourceIfUnmodifiedSince"
] as const
const allConditions: ReadonlyArray<string> = [...readConditions, ...writeConditions, ...sourceConditions]

const isConditional = (input: object): boolean =>
  Object.entries(input).some(([name, value]) => value !== undefined && allConditions.includes(name))

const ofRead = [S.NotModified, S.PreconditionFailed] as const
const ofSource = [S.PreconditionFailed] as const
/** With `IfMatch`, an object that is not there is `NoSuchKey`. */
const ofWrite = [S.ConditionalRequestConflict, S.NoSuchKey, S.PreconditionFailed] as const
const ofCopy = [S.ConditionalRequestConflict, S.PreconditionFailed] as const

const bucket = (input: object): string | undefined =>
  "Bucket" in input && typeof input.Bucket === "string" ? input.Bucket : undefined

const row = <const Name extends keyof Operations, const Classes extends ReadonlyArray<ExceptionClass>>(
  name: Name,
  access: "read" | "write",
  exceptions: Classes,
  repeatable: (input: Input<Name>) => Repeatable,
  conditional: ReadonlyArray<ExceptionClass>
): Row<Name, Classes> => ({
  name,
  access,
  exceptions,
  excludes: conditional.length === 0 ? undefined : (input) => isConditional(input) ? [] : conditional,
  resource: bucket,
  repeatable
})

const read = <const Name extends keyof Operations, const Classes extends ReadonlyArray<ExceptionClass>>(
  name: Name,
  exceptions: Classes,
  conditional: ReadonlyArray<ExceptionClass> = []
): Row<Name, Classes> => row(name, "read", exceptions, () => "lastWriterWins", conditional)

/** A write of which a second application, within a short time, would change nothing but the order among writers. */
const write = <const Name extends keyof Operations, const Classes extends ReadonlyArray<ExceptionClass>>(
  name: Name,
  exceptions: Classes,
  conditional: ReadonlyArray<ExceptionClass> = []
): Row<Name, Classes> =>
  row(
    name,
    "write",
    exceptions,
    (input) => mayDiffer(input) ? "never" : "lastWriterWins",
    conditional
  )

/**
 * What a second request did may not be what the first one did: a condition may hold no more, and nobody says that a stream gives the same
 * bytes again.
 */
const mayDiffer = (input: object): boolean => isConditional(input) || isStreamed(input)

const isStreamed = (input: object): boolean =>
  "Body" in input && typeof input.Body === "object" && input.Body !== null && Symbol.asyncIterator in input.Body

/** A write to an upload in parts: it is its owner's alone, each part is what was sent last, and it is completed or aborted once. */
const writeOwn = <const Name extends keyof Operations, const Classes extends ReadonlyArray<ExceptionClass>>(
  name: Name,
  exceptions: Classes,
  conditional: ReadonlyArray<ExceptionClass> = []
): Row<Name, Classes> => row(name, "write", exceptions, (input) => mayDiffer(input) ? "never" : "own", conditional)

/** A write that would be applied twice, or refuse itself the second time. */
const writeOnce = <const Name extends keyof Operations, const Classes extends ReadonlyArray<ExceptionClass>>(
  name: Name,
  exceptions: Classes,
  conditional: ReadonlyArray<ExceptionClass> = []
): Row<Name, Classes> => row(name, "write", exceptions, () => "never", conditional)

export const abortMultipartUpload = writeOwn(
  "AbortMultipartUpload",
  [...writeExceptions, S.NoSuchBucket, S.NoSuchUpload, S.PreconditionFailed] as const,
  [S.PreconditionFailed]
)
export const completeMultipartUpload = writeOwn(
  "CompleteMultipartUpload",
  [...writeExceptions, S.ChecksumMismatch, S.NoSuchBucket, S.NoSuchUpload, ...ofWrite] as const,
  ofWrite
)
export const copyObject = write(
  "CopyObject",
  [...writeExceptions, S.InvalidObjectState, S.NoSuchBucket, S.NoSuchKey, S.NoSuchVersion, ...ofCopy] as const,
  ofCopy
)
export const createBucket = writeOnce(
  "CreateBucket",
  [...writeExceptions, E.LimitExceededException, E.ResourceInUseException, S.ConditionalRequestConflict] as const
)
export const createMultipartUpload = writeOnce("CreateMultipartUpload", [...writeExceptions, S.NoSuchBucket] as const)
export const deleteBucket = writeOnce(
  "DeleteBucket",
  [...writeExceptions, S.BucketNotEmpty, S.ConditionalRequestConflict, S.NoSuchBucket] as const
)
export const deleteObject = write("DeleteObject", [...writeExceptions, S.NoSuchBucket, ...ofWrite] as const, ofWrite)
export const deleteObjects = write("DeleteObjects", [...writeExceptions, S.ChecksumMismatch, S.NoSuchBucket] as const)
export const getObject = read(
  "GetObject",
  [...readExceptions, S.InvalidObjectState, S.NoSuchBucket, S.NoSuchKey, S.NoSuchVersion, ...ofRead] as const,
  ofRead
)
/** With the body as part of the answer. */
export const getObjectWhole = read("GetObject", [...getObject.exceptions, S.ChecksumMismatch] as const, ofRead)
export const headBucket = read("HeadBucket", [...readExceptions, S.NoSuchBucket] as const)
export const headObject = read(
  "HeadObject",
  [...readExceptions, S.NoSuchKey, S.NoSuchVersion, ...ofRead] as const,
  ofRead
)
export const listBuckets = read("ListBuckets", readExceptions)
export const listMultipartUploads = read("ListMultipartUploads", [...readExceptions, S.NoSuchBucket] as const)
export const listObjectVersions = read("ListObjectVersions", [...readExceptions, S.NoSuchBucket] as const)
export const listObjectsV2 = read("ListObjectsV2", [...readExceptions, S.NoSuchBucket] as const)
export const listParts = read("ListParts", [...readExceptions, S.NoSuchBucket, S.NoSuchUpload] as const)
export const putObject = write(
  "PutObject",
  [...writeExceptions, S.ChecksumMismatch, S.NoSuchBucket, ...ofWrite] as const,
  ofWrite
)
export const uploadPart = writeOwn(
  "UploadPart",
  [...writeExceptions, S.ChecksumMismatch, S.NoSuchBucket, S.NoSuchUpload] as const
)
export const uploadPartCopy = writeOwn(
  "UploadPartCopy",
  [
    ...writeExceptions,
    S.InvalidObjectState,
    S.NoSuchBucket,
    S.NoSuchKey,
    S.NoSuchUpload,
    S.NoSuchVersion,
    ...ofSource
  ] as const,
  ofSource
)
