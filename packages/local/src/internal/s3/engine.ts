/**
 * The operations of S3 over the buckets of one world, and the world as a snapshot.
 */
import { serviceFault } from "@armature/aws/WireFailure"
import { executor, Refusal, refuse } from "../refusal.js"
import type { Input, Output } from "../refusal.js"
import * as Buckets from "./buckets.js"
import { memory } from "./content.js"
import type { Contents } from "./content.js"
import * as Listing from "./listing.js"
import * as Multipart from "./multipart.js"
import * as Objects from "./objects.js"
import { Store } from "./store.js"
import type { Bucket, BucketRecord, Change, Upload, Version } from "./store.js"

export interface Options {
  readonly now: () => number
  readonly random: () => number
  readonly region?: string | undefined
  readonly contents?: Contents | undefined
  readonly onChange?: ((change: Change) => void) | undefined
}

export interface Snapshot {
  readonly buckets: ReadonlyArray<{
    readonly bucket: BucketRecord
    readonly objects: ReadonlyArray<readonly [key: string, versions: ReadonlyArray<Version>]>
    readonly uploads: ReadonlyArray<Upload>
  }>
}

type Operation = (store: Store, input: Input) => Output

/** HEAD has no body to say in what is missing: everything missing is `NotFound`. */
const heading = (operation: Operation): Operation => (store, input) => {
  try {
    return operation(store, input)
  } catch (refusal) {
    if (refusal instanceof Refusal && refusal.fault.statusCode === 404) {
      return refuse("NotFound", "", 404, refusal.fault.detail)
    }
    throw refusal
  }
}

const operations: Readonly<Record<string, Operation>> = {
  CreateBucket: Buckets.createBucket,
  DeleteBucket: Buckets.deleteBucket,
  HeadBucket: heading(Buckets.headBucket),
  GetBucketLocation: Buckets.getBucketLocation,
  ListBuckets: Buckets.listBuckets,
  PutBucketVersioning: Buckets.putBucketVersioning,
  GetBucketVersioning: Buckets.getBucketVersioning,
  PutObject: Objects.putObject,
  GetObject: Objects.getObject,
  HeadObject: heading(Objects.headObject),
  DeleteObject: Objects.deleteObject,
  DeleteObjects: Objects.deleteObjects,
  CopyObject: Objects.copyObject,
  GetObjectAttributes: Objects.getObjectAttributes,
  GetObjectTagging: Objects.getObjectTagging,
  PutObjectTagging: Objects.putObjectTagging,
  DeleteObjectTagging: Objects.deleteObjectTagging,
  ListObjects: Listing.listObjects,
  ListObjectsV2: Listing.listObjectsV2,
  ListObjectVersions: Listing.listObjectVersions,
  CreateMultipartUpload: Multipart.createMultipartUpload,
  UploadPart: Multipart.uploadPart,
  UploadPartCopy: Multipart.uploadPartCopy,
  CompleteMultipartUpload: Multipart.completeMultipartUpload,
  AbortMultipartUpload: Multipart.abortMultipartUpload,
  ListParts: Multipart.listParts,
  ListMultipartUploads: Listing.listMultipartUploads
}

const contentsOf = (bucket: Bucket) => [
  ...[...bucket.objects.values()].flat().map((version) => version.body?.content),
  ...[...bucket.uploads.values()].flatMap((upload) => [...upload.parts.values()].map((part) => part.content))
]

export const make = (options: Options) => {
  const contents = options.contents ?? memory
  const store = new Store({
    now: options.now,
    random: options.random,
    region: options.region ?? "us-east-1",
    contents,
    onChange: options.onChange ?? (() => undefined)
  })
  const bound = Object.entries(operations).map(([name, operation]) =>
    [name, (input: Input) => operation(store, input)] as const
  )
  const holdAll = (): void => {
    for (const bucket of store.buckets.values()) for (const content of contentsOf(bucket)) store.hold(content)
  }
  return {
    contents,
    execute: executor(Object.fromEntries(bound), {
      unknown: serviceFault({
        code: "NotImplemented",
        message: "A header you provided implies functionality that is not implemented",
        statusCode: 501
      }),
      broken: serviceFault({ code: "InternalError", message: "We encountered an internal error.", statusCode: 500 })
    }),
    snapshot: (): Snapshot => {
      // What a snapshot shows stays readable, whatever is deleted later.
      holdAll()
      return {
        buckets: [...store.buckets.values()].map(({ objects, uploads, ...bucket }) => ({
          bucket,
          objects: [...objects],
          uploads: [...uploads.values()]
        }))
      }
    },
    restore: (snapshot: Snapshot): void => {
      const before = [...store.buckets.values()]
      store.buckets = new Map(
        snapshot.buckets.map(({ bucket, objects, uploads }) => [
          bucket.name,
          { ...bucket, objects: new Map(objects), uploads: new Map(uploads.map((one) => [one.id, one])) }
        ])
      )
      holdAll()
      for (const bucket of before) for (const content of contentsOf(bucket)) store.drop(content)
    }
  }
}
