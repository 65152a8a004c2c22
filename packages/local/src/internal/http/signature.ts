/**
 * AWS Signature Version 4 as a server sees it: the parts of an `Authorization` header or of a presigned URL, and the signature that
 * the request should carry. Pure, on `node:crypto`.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"

/** The parts of a request that a signature covers, as they came over the wire. */
export interface SignedRequest {
  readonly method: string
  /** The path as sent, still percent-encoded, without the query. */
  readonly path: string
  readonly query: ReadonlyArray<readonly [name: string, value: string]>
  /** Every header line, names as sent. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
}

export interface Scope {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
}

export interface Signature extends Scope {
  readonly kind: "header" | "query"
  readonly signedHeaders: ReadonlyArray<string>
  readonly signature: string
  /** When it was signed: ISO 8601 basic format, UTC. */
  readonly timestamp: string
  /** How long a presigned URL is valid from `timestamp`, in seconds. */
  readonly expires: number | undefined
}

/** Why there is no usable signature, each with the words of AWS. None of them quotes the header. */
export type Parsed =
  | { readonly _tag: "Signature"; readonly signature: Signature }
  | { readonly _tag: "Missing" }
  | { readonly _tag: "Both" }
  | { readonly _tag: "Incomplete"; readonly message: string }

export const algorithm = "AWS4-HMAC-SHA256"
export const unsignedPayload = "UNSIGNED-PAYLOAD"

export const headerOf = (request: SignedRequest, name: string): string | undefined => {
  const lower = name.toLowerCase()
  const values = request.headers.filter(([key]) => key.toLowerCase() === lower).map(([, value]) => value)
  return values.length === 0 ? undefined : values.join(",")
}

export const queryOf = (request: SignedRequest, name: string): string | undefined =>
  request.query.find(([key]) => key === name)?.[1]

const incomplete = (message: string): Parsed => ({ _tag: "Incomplete", message })

const scopeOf = (credential: string): Scope | undefined => {
  // An access key id holds no slash; a trailing one is ignored.
  const parts = credential.replace(/\/+$/, "").split("/")
  const [accessKeyId, date, region, service, term] = parts
  return parts.length === 5 && term === "aws4_request" && accessKeyId !== undefined && date !== undefined &&
      region !== undefined && service !== undefined
    ? { accessKeyId, date, region, service }
    : undefined
}

const badScope = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term."

const parseHeader = (authorization: string, request: SignedRequest): Parsed => {
  const fields = new Map<string, string>()
  for (const part of authorization.split(/[, ]+/).slice(1)) {
    const equals = part.indexOf("=")
    if (equals > 0) fields.set(part.slice(0, equals), part.slice(equals + 1))
  }
  const credential = fields.get("Credential")
  const signature = fields.get("Signature")
  const signedHeaders = fields.get("SignedHeaders")
  const timestamp = headerOf(request, "x-amz-date") ?? dateHeader(request)
  const problems = [
    ...(credential ? [] : ["Authorization header requires 'Credential' parameter."]),
    ...(signature ? [] : ["Authorization header requires 'Signature' parameter."]),
    ...(signedHeaders ? [] : ["Authorization header requires 'SignedHeaders' parameter."]),
    ...(timestamp
      ? []
      : ["Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."])
  ]
  if (!credential || !signature || !signedHeaders || !timestamp) return incomplete(problems.join(" "))
  if (!authorization.startsWith(`${algorithm} `)) {
    return incomplete(`Unsupported AWS 'algorithm' (only ${algorithm} for now).`)
  }
  const scope = scopeOf(credential)
  if (scope === undefined) return incomplete(badScope)
  return {
    _tag: "Signature",
    signature: {
      kind: "header",
      ...scope,
      signature,
      signedHeaders: signedHeaders.split(";"),
      timestamp,
      expires: undefined
    }
  }
}

/** The `Date` header in the basic format that a signature is made over. */
const dateHeader = (request: SignedRequest): string | undefined => {
  const date = headerOf(request, "date")
  if (date === undefined) return undefined
  const millis = Date.parse(date)
  return Number.isNaN(millis) ? date : new Date(millis).toISOString().replace(/[-:]|\.\d{3}/g, "")
}

const queryFields = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"]

const parseQuery = (request: SignedRequest): Parsed => {
  const missing = queryFields.filter((name) => !queryOf(request, name))
  if (missing.length > 0) {
    const all = missing.map((name) => `AWS query-string parameters must include '${name}'.`)
    return incomplete([...all, "Re-examine the query-string parameters."].join(" "))
  }
  if (queryOf(request, "X-Amz-Algorithm") !== algorithm) {
    return incomplete(`Unsupported AWS 'algorithm' (only ${algorithm} for now).`)
  }
  const scope = scopeOf(queryOf(request, "X-Amz-Credential") ?? "")
  if (scope === undefined) return incomplete(badScope)
  const expires = queryOf(request, "X-Amz-Expires")
  if (expires !== undefined && !/^\d{1,6}$/.test(expires)) return incomplete("X-Amz-Expires should be a number")
  return {
    _tag: "Signature",
    signature: {
      kind: "query",
      ...scope,
      signature: queryOf(request, "X-Amz-Signature") ?? "",
      signedHeaders: (queryOf(request, "X-Amz-SignedHeaders") ?? "").split(";"),
      timestamp: queryOf(request, "X-Amz-Date") ?? "",
      expires: expires === undefined ? undefined : Number(expires)
    }
  }
}

/** Reads the signature of a request, from its `Authorization` header or its query. */
export const parse = (request: SignedRequest): Parsed => {
  const authorization = headerOf(request, "authorization")?.trim()
  const presigned = queryOf(request, "X-Amz-Algorithm") !== undefined
  if (authorization && presigned) return { _tag: "Both" }
  if (authorization?.startsWith("AWS4-")) return parseHeader(authorization, request)
  return presigned ? parseQuery(request) : { _tag: "Missing" }
}

/** Milliseconds since the epoch of an ISO 8601 basic timestamp; `undefined` if it is none. */
export const instantOf = (timestamp: string): number | undefined => {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second] = match
  const millis = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(millis) ? undefined : millis
}

/** Percent-encoding as RFC 3986 has it: everything but letters, digits and `-._~`. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

/** Undoes percent-encoding; text that is not validly encoded is left as it is. */
export const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const canonicalPath = (path: string, service: string): string => {
  const segments = path.split("/").map((segment) => encode(decode(segment)))
  // Every service but S3 encodes the encoded path once more.
  return (service === "s3" ? segments : segments.map(encode)).join("/")
}

const canonicalQuery = (query: SignedRequest["query"]): string =>
  query
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0)
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex")

const hmac = (key: string | Uint8Array, data: string): Buffer => createHmac("sha256", key).update(data).digest()

const scopeText = (scope: Scope): string => `${scope.date}/${scope.region}/${scope.service}/aws4_request`

/** The key that signs everything of one scope. */
export const signingKey = (secretAccessKey: string, scope: Scope): Uint8Array =>
  hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, scope.date), scope.region), scope.service), "aws4_request")

/** The signature, in hexadecimal, that a request must carry for a payload of the given hash. */
export const expected = (
  request: SignedRequest,
  signature: Signature,
  payloadHash: string,
  secretAccessKey: string
): string => {
  const headers = signature.signedHeaders
    .map((name) => `${name}:${(headerOf(request, name) ?? "").trim().replace(/ +/g, " ")}\n`)
    .join("")
  const canonical = [
    request.method,
    canonicalPath(request.path, signature.service),
    canonicalQuery(request.query),
    headers,
    signature.signedHeaders.join(";"),
    payloadHash
  ].join("\n")
  const toSign = [algorithm, signature.timestamp, scopeText(signature), sha256(canonical)].join("\n")
  return hmac(signingKey(secretAccessKey, signature), toSign).toString("hex")
}

/** The signature of one chunk of a signed stream, or of its trailers, chained to the one before it; `hash` is that of its bytes. */
export const chunk = (
  key: Uint8Array,
  signature: Signature,
  previous: string,
  kind: "PAYLOAD" | "TRAILER",
  hash: string
): string => {
  const hashes = kind === "PAYLOAD" ? [sha256(""), hash] : [hash]
  const toSign = [`${algorithm}-${kind}`, signature.timestamp, scopeText(signature), previous, ...hashes].join("\n")
  return hmac(key, toSign).toString("hex")
}

/** Equality of two signatures in constant time. */
export const equal = (a: string, b: string): boolean => {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** The hash of a payload as a signature covers it. */
export const payloadHash = (body: Uint8Array | string): string => sha256(body)
