/**
 * How the engine reads an input whose shape nobody has checked, with the constraints that S3 puts on its members.
 */
import { record, refuse } from "../refusal.js"
import type { Input } from "../refusal.js"
import { algorithms, memberOf, unavailable } from "./checksum.js"
import type { Algorithm } from "./checksum.js"
import * as Content from "./content.js"

const argument = (name: string): never => refuse("InvalidArgument", `Invalid argument: ${name}`)

export const text = (input: Input, name: string): string | undefined => {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  return typeof value === "string" ? value : argument(name)
}

export const flag = (input: Input, name: string): boolean => input[name] === true

export const date = (input: Input, name: string): number | undefined => {
  const value = input[name]
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value.getTime() : undefined
}

export const whole = (input: Input, name: string, min: number, max: number): number | undefined => {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== "number" || !Number.isInteger(value) || value < min) return argument(name)
  return Math.min(value, max)
}

export const list = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

export const bucketName = (input: Input): string => {
  const name = text(input, "Bucket")
  return name === undefined || name === "" ? refuse("InvalidBucketName", "The specified bucket is not valid.") : name
}

export const key = (input: Input): string => {
  const value = text(input, "Key")
  if (value === undefined || value === "") return argument("Key")
  return Buffer.byteLength(value) > 1024 ? refuse("KeyTooLongError", "Your key is too long") : value
}

export const body = (input: Input, contents: Content.Contents): Content.Content => {
  const value = input["Body"]
  if (value === undefined || value === null) return Content.empty
  if (Content.isContent(value)) return value
  if (value instanceof Uint8Array) return Content.of(contents, value)
  return typeof value === "string" ? Content.of(contents, Buffer.from(value, "utf8")) : argument("Body")
}

const stored = [
  "CacheControl",
  "ContentDisposition",
  "ContentEncoding",
  "ContentLanguage",
  "ContentType",
  "Expires",
  "WebsiteRedirectLocation",
  "StorageClass",
  "ServerSideEncryption",
  "SSEKMSKeyId",
  "BucketKeyEnabled"
] as const

const refused = [
  "SSECustomerAlgorithm",
  "SSECustomerKey",
  "ObjectLockMode",
  "ObjectLockRetainUntilDate",
  "WriteOffsetBytes"
]

/** The members that stay with an object. Refuses those that ask for something that would silently not happen. */
export const headers = (input: Input): Readonly<Record<string, unknown>> => {
  for (const name of refused) {
    if (input[name] !== undefined) {
      return refuse("NotImplemented", "A header you provided implies functionality that is not implemented", 501, {
        Header: name
      })
    }
  }
  const out: Record<string, unknown> = { ContentType: "binary/octet-stream", ServerSideEncryption: "AES256" }
  for (const name of stored) {
    const value = input[name]
    if (value !== undefined && value !== null && value !== "") out[name] = value
  }
  const metadata: Record<string, string> = {}
  let size = 0
  for (const [name, value] of Object.entries(record(input["Metadata"]))) {
    if (typeof value !== "string") return argument("Metadata")
    metadata[name.toLowerCase()] = value
    size += Buffer.byteLength(name) + Buffer.byteLength(value)
  }
  if (size > 2048) return refuse("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
  out["Metadata"] = metadata
  return out
}

/** Tags as the header has them: a query string. */
export const tags = (input: Input): Readonly<Record<string, string>> => {
  const given = text(input, "Tagging")
  return given === undefined ? {} : checkedTags([...new URLSearchParams(given)])
}

export const checkedTags = (pairs: ReadonlyArray<readonly [string, string]>): Readonly<Record<string, string>> => {
  const out = Object.fromEntries(pairs)
  if (pairs.length > 10) return refuse("BadRequest", "Object tags cannot be greater than 10")
  return Object.keys(out).length === pairs.length &&
      pairs.every(([name, value]) => name.length >= 1 && name.length <= 128 && value.length <= 256)
    ? out
    : refuse("InvalidTag", "The tags are not valid: names of 1 to 128 characters, each once, values up to 256.")
}

export const algorithm = (input: Input, name: string): Algorithm | undefined => {
  const given = text(input, name)
  if (given === undefined) return undefined
  return algorithms.find((one) => one === given) ??
    refuse("InvalidRequest", "The checksum algorithm is not valid or not available here.")
}

/** The checksums that a request states, by algorithm, in base64. */
export const checksums = (input: Input): ReadonlyMap<Algorithm, string> => {
  for (const name of unavailable) {
    if (input[memberOf(name)] !== undefined) {
      return refuse("NotImplemented", `The checksum algorithm ${name} is not available here.`, 501)
    }
  }
  const given = algorithms.flatMap((one) => {
    const value = text(input, memberOf(one))
    return value === undefined ? [] : [[one, value] as const]
  })
  return given.length > 1
    ? refuse("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    : new Map(given)
}

/** An ETag without its quotes; `*` stays. */
export const unquoted = (etag: string): string => etag.trim().replace(/^(W\/)?"|"$/g, "")
