/**
 * Signature Version 2 in a URL, as boto3 still presigns by default in S3's first region.
 */
import { createHmac } from "node:crypto"
import type { Head } from "../answer.js"
import type { Credential, Problem } from "../auth.js"
import { encode, equal, headerOf, queryOf } from "../signature.js"
import type { Target } from "./route.js"

export interface Presigned {
  readonly accessKeyId: string
  readonly expires: string
  readonly signature: string
}

/** The signature of a request that carries one of this version in its query. */
export const parse = (head: Head): Presigned | undefined => {
  const accessKeyId = queryOf(head, "AWSAccessKeyId")
  const expires = queryOf(head, "Expires")
  const signature = queryOf(head, "Signature")
  return accessKeyId !== undefined && expires !== undefined && signature !== undefined
    ? { accessKeyId, expires, signature }
    : undefined
}

/** The query parameters that name what the request is about, and so are signed. */
const subresources = new Set([
  "acl",
  "delete",
  "location",
  "partNumber",
  "tagging",
  "uploadId",
  "uploads",
  "versionId",
  "versioning",
  "versions",
  "response-cache-control",
  "response-content-disposition",
  "response-content-encoding",
  "response-content-language",
  "response-content-type",
  "response-expires"
])

const toSign = (head: Head, target: Target, expires: string): string => {
  const amazon = new Map<string, string>()
  for (const [name] of head.headers) {
    const lower = name.toLowerCase()
    if (lower.startsWith("x-amz-")) amazon.set(lower, (headerOf(head, lower) ?? "").trim())
  }
  const resource = `/${
    [target.bucket, target.key].flatMap((part) => part === undefined ? [] : [part.split("/").map(encode).join("/")])
      .join("/")
  }`
  const query = head.query
    .filter(([name]) => subresources.has(name))
    .map(([name, value]) => value === "" ? name : `${name}=${value}`)
    .sort()
    .join("&")
  return [
    head.method,
    headerOf(head, "content-md5") ?? "",
    headerOf(head, "content-type") ?? "",
    expires,
    ...[...amazon].sort(([a], [b]) => a < b ? -1 : 1).map(([name, value]) => `${name}:${value}`),
    resource + (query === "" ? "" : `?${query}`)
  ].join("\n")
}

/** What is wrong with it; without configured credentials only its time is looked at. */
export const check = (
  head: Head,
  target: Target,
  presigned: Presigned,
  credentials: ReadonlyArray<Credential>,
  now: number
): Problem | undefined => {
  if (!/^\d{1,12}$/.test(presigned.expires)) {
    return { _tag: "Malformed", kind: "query", message: "Expires should be a number" }
  }
  if (now > Number(presigned.expires) * 1000) return { _tag: "UrlExpired" }
  if (credentials.length === 0) return undefined
  const credential = credentials.find((one) => one.accessKeyId === presigned.accessKeyId)
  if (credential === undefined) return { _tag: "UnknownKey" }
  if (credential.sessionToken !== undefined && queryOf(head, "x-amz-security-token") !== credential.sessionToken) {
    return { _tag: "BadToken" }
  }
  const wanted = createHmac("sha1", credential.secretAccessKey).update(toSign(head, target, presigned.expires)).digest(
    "base64"
  )
  return equal(wanted, presigned.signature) ? undefined : { _tag: "Mismatch" }
}
