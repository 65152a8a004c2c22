/**
 * What the address of a request is made of. The AWS SDK leaves out what an input has not, and the rest is the address of something else:
 * a DELETE without its key deletes the bucket, one without its upload the object, and a part without its number overwrites it.
 */
import { asRecord } from "@armature/aws/Classify"
import type { Operations } from "./port.js"

type Member = "Bucket" | "Key" | "UploadId" | "PartNumber" | "CopySource"

const bucket = ["Bucket"] as const
const object = ["Bucket", "Key"] as const
const upload = ["Bucket", "Key", "UploadId"] as const

const members: Readonly<Record<keyof Operations, ReadonlyArray<Member>>> = {
  AbortMultipartUpload: upload,
  CompleteMultipartUpload: upload,
  CopyObject: [...object, "CopySource"],
  CreateBucket: bucket,
  CreateMultipartUpload: object,
  DeleteBucket: bucket,
  DeleteObject: object,
  DeleteObjects: bucket,
  GetObject: object,
  HeadBucket: bucket,
  HeadObject: object,
  ListBuckets: [],
  ListMultipartUploads: bucket,
  ListObjectVersions: bucket,
  ListObjectsV2: bucket,
  ListParts: upload,
  PutObject: object,
  UploadPart: [...upload, "PartNumber"],
  UploadPartCopy: [...upload, "PartNumber", "CopySource"]
}

/** Half a surrogate pair has no UTF-8, and so no address. */
const isText = (value: unknown): boolean => typeof value === "string" && value !== "" && !/\p{Cs}/u.test(value)

/** The member by which the input of an operation names nothing; `undefined` if there is none. */
export const missing = (operation: keyof Operations, input: unknown): Member | undefined => {
  const record = asRecord(input)
  return members[operation].find((name) => {
    const value = record[name]
    return name === "PartNumber" ? !Number.isInteger(value) : !isText(value)
  })
}
