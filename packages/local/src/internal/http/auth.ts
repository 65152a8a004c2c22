/**
 * Who signed a request, and whether the signature holds. Signatures are always parsed; they are computed and compared when
 * credentials are configured. Each protocol names the problems in its own way.
 */
import * as Signature from "./signature.js"

export interface Credential {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export interface Policy {
  /** Without any, every well-formed signature is accepted. */
  readonly credentials: ReadonlyArray<Credential>
  readonly now: number
}

export type Problem =
  | { readonly _tag: "Missing" | "Both" | "UnknownKey" | "BadToken" | "Mismatch" | "Skewed" | "UrlExpired" }
  | { readonly _tag: "Malformed"; readonly kind: "header" | "query"; readonly message: string }

export type Checked =
  | { readonly _tag: "Accepted"; readonly signature: Signature.Signature; readonly secret: string | undefined }
  | { readonly _tag: "Refused"; readonly problem: Problem }

const refused = (problem: Problem): Checked => ({ _tag: "Refused", problem })

const skew = 15 * 60_000
const maxExpires = 7 * 24 * 3600

/** Checks a request whose payload has the given hash (as the signature covers it). */
export const check = (
  request: Signature.SignedRequest,
  payloadHash: () => string,
  policy: Policy
): Checked => {
  const parsed = Signature.parse(request)
  switch (parsed._tag) {
    case "Missing":
      return refused({ _tag: "Missing" })
    case "Both":
      return refused({ _tag: "Both" })
    case "Incomplete":
      return refused({
        _tag: "Malformed",
        kind: Signature.headerOf(request, "authorization") === undefined ? "query" : "header",
        message: parsed.message
      })
    case "Signature":
  }
  const signature = parsed.signature
  const signedAt = Signature.instantOf(signature.timestamp)
  if (signedAt === undefined || !signature.timestamp.startsWith(signature.date)) {
    return refused({
      _tag: "Malformed",
      kind: signature.kind,
      message: "Date must be in ISO-8601 'basic format', and that of the Credential scope."
    })
  }
  if (signature.expires !== undefined) {
    if (signature.expires > maxExpires) {
      return refused({
        _tag: "Malformed",
        kind: "query",
        message:
          "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
      })
    }
    if (policy.now > signedAt + signature.expires * 1000) return refused({ _tag: "UrlExpired" })
  }
  if (policy.credentials.length === 0) return { _tag: "Accepted", signature, secret: undefined }

  const credential = policy.credentials.find((one) => one.accessKeyId === signature.accessKeyId)
  if (credential === undefined) return refused({ _tag: "UnknownKey" })
  const ahead = signedAt - policy.now
  if (ahead > skew || (signature.expires === undefined && ahead < -skew)) return refused({ _tag: "Skewed" })
  if (!signature.signedHeaders.includes("host")) {
    return refused({
      _tag: "Malformed",
      kind: signature.kind,
      message: "'Host' must be a 'SignedHeader' in the AWS Authorization."
    })
  }
  const token = signature.kind === "header"
    ? Signature.headerOf(request, "x-amz-security-token")
    : Signature.queryOf(request, "X-Amz-Security-Token")
  if (credential.sessionToken !== undefined && token !== credential.sessionToken) return refused({ _tag: "BadToken" })
  const wanted = Signature.expected(request, signature, payloadHash(), credential.secretAccessKey)
  return Signature.equal(wanted, signature.signature)
    ? { _tag: "Accepted", signature, secret: credential.secretAccessKey }
    : refused({ _tag: "Mismatch" })
}
