/**
 * What an answer over HTTP tells beside what the service answers. Names of headers are in lower case.
 *
 * @since 0.1.0
 */

/**
 * Headers of an answer.
 *
 * @since 0.1.0
 * @category models
 */
export type Headers = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

const one = (headers: Headers, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === "string" ? value : value?.[0]
}

/**
 * AWS's name for the request.
 *
 * @since 0.1.0
 * @category decoding
 */
export const requestId = (headers: Headers): string | undefined =>
  one(headers, "x-amzn-requestid") ?? one(headers, "x-amz-request-id") ?? one(headers, "x-amzn-request-id")

/**
 * How long to wait, in milliseconds. AWS's own hint is in milliseconds; HTTP's `Retry-After` is in seconds, or a date.
 *
 * @since 0.1.0
 * @category decoding
 */
export const retryAfter = (headers: Headers): number | undefined => {
  const own = one(headers, "x-amz-retry-after")
  if (own !== undefined) return /^\d+$/.test(own) ? Number(own) : undefined
  const standard = one(headers, "retry-after")
  if (standard === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(standard)) return Number(standard) * 1000
  const at = Date.parse(standard)
  // a date of the server's is held against the server's own clock, so that ours need not be right
  const now = Date.parse(one(headers, "date") ?? "")
  return Number.isNaN(at) || Number.isNaN(now) ? undefined : Math.max(0, at - now)
}

/**
 * How far the server's clock is ahead of ours, in milliseconds, to the second.
 *
 * @since 0.1.0
 * @category decoding
 */
export const clockSkew = (headers: Headers): number | undefined => {
  const at = Date.parse(one(headers, "date") ?? "")
  // the machine's clock, not Effect's: it is the one that requests are signed with
  // eslint-disable-next-line no-restricted-properties
  return Number.isNaN(at) ? undefined : at - Date.now()
}

/** Members of an error that are the SDK's, JavaScript's or the protocol's, not the service's. */
const notDetail: ReadonlySet<string> = new Set([
  "name",
  "message",
  "Message",
  "stack",
  "$fault",
  "$metadata",
  "$retryable",
  "$response",
  "code",
  "__type"
])

/**
 * What the service itself says of an error, beside its name and message.
 *
 * @since 0.1.0
 * @category decoding
 */
export const detail = (members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(members).filter(([member]) => !notDetail.has(member)))

/**
 * Milliseconds that a body of so many bytes may take on its way: a slow line is not a silent one.
 *
 * @since 0.1.0
 * @category utils
 */
export const sendingTime = (bytes: number): number => bytes > slowest ? bytes * 1000 / slowest : 0

/** Bytes in a second. */
const slowest = 16 * 1024
