/**
 * Preconditions of reads, copies and writes, in the order in which HTTP and S3 weigh them.
 */
import { refuse } from "../refusal.js"
import type { Input } from "../refusal.js"
import { date, text, unquoted } from "./input.js"
import type { Body, Version } from "./store.js"

const failed = (condition: string): never =>
  refuse("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412, {
    Condition: condition
  })

const matches = (list: string, etag: string): boolean =>
  list.trim() === "*" || list.split(",").some((one) => unquoted(one) === etag)

/** The conditions of a read, or with the prefix `CopySource` of the source of a copy. */
export const read = (input: Input, prefix: "" | "CopySource", version: Version, body: Body): void => {
  const ifMatch = text(input, `${prefix}IfMatch`)
  const ifNoneMatch = text(input, `${prefix}IfNoneMatch`)
  const ifModifiedSince = date(input, `${prefix}IfModifiedSince`)
  const ifUnmodifiedSince = date(input, `${prefix}IfUnmodifiedSince`)
  const notModified = (condition: string): void => {
    if (prefix === "CopySource") failed(condition)
    else refuse("NotModified", "Not Modified", 304, { ETag: `"${body.etag}"` })
  }
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, body.etag)) failed("If-Match")
  } else if (ifUnmodifiedSince !== undefined && version.lastModified > ifUnmodifiedSince) {
    failed("If-Unmodified-Since")
  }
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, body.etag)) notModified("If-None-Match")
  } else if (ifModifiedSince !== undefined && version.lastModified <= ifModifiedSince) {
    notModified("If-Modified-Since")
  }
}

/** The conditions of a write on what stands there now. */
export const write = (input: Input, newest: Version | undefined): void => {
  const current = newest?.body
  const ifMatch = text(input, "IfMatch")
  const ifNoneMatch = text(input, "IfNoneMatch")
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== "*") {
      refuse("NotImplemented", "A header you provided implies functionality that is not implemented", 501, {
        Header: "If-None-Match"
      })
    }
    if (current !== undefined) failed("If-None-Match")
  }
  if (ifMatch !== undefined) {
    if (current === undefined) refuse("NoSuchKey", "The specified key does not exist.", 404)
    else if (!matches(ifMatch, current.etag)) failed("If-Match")
  }
}
