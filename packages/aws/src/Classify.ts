/**
 * What a wire failure means: one table from AWS's error names to exceptions, with each exception's retryability and the outcome of the
 * attempt. Services lay their own rows over the shared ones. Pure; AWS's message text is never looked at.
 *
 * The names are those of AWS's common errors, of the declared errors in the SDK's models, and of its retry classification.
 *
 * @since 0.1.0
 */
import type { AwsException, Fields } from "./AwsException.js"
import * as E from "./Exceptions.js"
import { errorsOf, member, textOf, word } from "./internal/unknown.js"
import type { ConfigurationFault, ConnectionFault, MalformedFault, ServiceFault, WireFailure } from "./WireFailure.js"

/**
 * What is known of a call apart from its failure.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call {
  readonly service: string
  readonly operation: string
  readonly resource: string | undefined
  readonly attempts: number
}

/**
 * Makes the exception for an error that AWS named. The fields that every exception carries are given; a rule adds its own.
 *
 * @since 0.1.0
 * @category models
 */
export type Rule = (fields: Fields, fault: ServiceFault) => AwsException

/**
 * Rules by AWS's error name.
 *
 * @since 0.1.0
 * @category models
 */
export type Rules = { readonly [code: string]: Rule }

const rows = (codes: ReadonlyArray<string>, rule: Rule): Rules => Object.fromEntries(codes.map((code) => [code, rule]))

/** A signature that fails while the clocks are this far apart (ms) fails because of them: the SDK's own threshold. */
const skewed = 240_000

/**
 * AWS's throttling reasons, as `ThrottlingReasons` or `throttlingReasons` carries them.
 *
 * @since 0.1.0
 * @category decoding
 */
export const throttlingReasons = (fault: ServiceFault): ReadonlyArray<E.ThrottlingReason> | undefined => {
  const list = fault.detail?.ThrottlingReasons ?? fault.detail?.throttlingReasons
  return Array.isArray(list) ? list.flatMap(throttlingReason) : undefined
}

const throttlingReason = (u: unknown): ReadonlyArray<E.ThrottlingReason> => {
  const record = asRecord(u)
  // printed and a label, so it is a name or nothing
  const reason = word(record.reason ?? record.Reason)
  const resource = record.resource ?? record.Resource
  return reason !== undefined ? [{ reason, resource: typeof resource === "string" ? resource : undefined }] : []
}

/**
 * The members of an object whose type is not known; none of anything else.
 *
 * @since 0.1.0
 * @category decoding
 */
export const asRecord = (u: unknown): Readonly<Record<string, unknown>> => isRecord(u) ? u : nothing

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === "object" && u !== null && !Array.isArray(u)

const nothing: Readonly<Record<string, unknown>> = {}

const throttling: Rule = (fields, fault) =>
  new E.ThrottlingException({ ...fields, retryable: true, reasons: throttlingReasons(fault) })
const unavailable: Rule = (fields) =>
  new E.ServiceUnavailableException({ ...fields, retryable: true, outcome: "unknown" })
const signature: Rule = (fields, fault) =>
  new E.CredentialsException(
    fault.clockSkew !== undefined && Math.abs(fault.clockSkew) >= skewed
      ? { ...fields, reason: "ClockSkew", retryable: true }
      : { ...fields, reason: "Invalid" }
  )
const accessDenied: Rule = (fields) => new E.AccessDeniedException(fields)
const validation: Rule = (fields) => new E.ValidationException(fields)
const wrongRegion: Rule = (fields) =>
  new E.ConfigurationException({ ...fields, reason: "WrongRegion", option: "region" })

/**
 * The rows that hold for any service.
 *
 * @since 0.1.0
 * @category tables
 */
export const shared: Rules = {
  ...rows([
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingError",
    "ThrottlingException",
    "TooManyRequestsException"
  ], throttling),
  ...rows([
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "ServiceUnavailable",
    "ServiceUnavailableException"
  ], unavailable),
  ...rows(
    ["RequestTimeout", "RequestTimeoutException"],
    (fields) => new E.ConnectionException({ ...fields, reason: "Timeout", retryable: true, outcome: "unknown" })
  ),
  ...rows([
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException"
  ], signature),
  ...rows(
    ["ExpiredToken", "ExpiredTokenException"],
    (fields) => new E.CredentialsException({ ...fields, reason: "Expired", retryable: true })
  ),
  ...rows(
    ["RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"],
    (fields) => new E.CredentialsException({ ...fields, reason: "ClockSkew", retryable: true })
  ),
  ...rows(["AccessDenied", "AccessDeniedException", "AuthFailure", "NotAuthorized", "OptInRequired"], accessDenied),
  ...rows(["PermanentRedirect"], wrongRegion),
  ...rows(
    ["InvalidEndpointException"],
    (fields) => new E.ConfigurationException({ ...fields, reason: "InvalidEndpoint", option: "endpoint" })
  ),
  ...rows(["SerializationException", "ValidationError", "ValidationException"], validation)
}

/**
 * The exception for a wire failure. `rules` are the service's own rows; the shared ones stand under them.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify = (call: Call, failure: WireFailure, rules: Rules): AwsException => {
  switch (failure._tag) {
    case "ServiceFault":
      return service(call, failure, rules)
    case "ConnectionFault":
      return connection(call, failure)
    case "CredentialsFault":
      return new E.CredentialsException({
        ...call,
        code: codeOf(failure.cause),
        cause: failure.cause,
        reason: credentialsReason(textOf(failure.cause, "name"))
      })
    case "MalformedFault":
      return malformed(call, failure)
    case "ConfigurationFault":
      return configuration(call, failure)
    case "InputFault":
      return new E.ValidationException({
        ...call,
        cause: failure.cause,
        reason:
          "the input cannot be written as a request; check that each member has the type AWS's API reference gives it"
      })
  }
}

const credentialsReason = (name: string): E.CredentialsReason =>
  /^(Expired|TokenRefresh)/.test(name) ? "Expired" : name === "InvalidCredentials" ? "Invalid" : "Missing"

const service = (call: Call, fault: ServiceFault, rules: Rules): AwsException => {
  const fields: Fields = {
    ...call,
    code: fault.code,
    awsMessage: fault.message,
    statusCode: fault.statusCode,
    requestId: fault.requestId,
    retryAfter: fault.retryAfter
  }
  if (fault.code !== undefined) {
    const rule = own(rules, fault.code) ?? own(shared, fault.code)
    if (rule !== undefined) return rule(fields, fault)
  }
  return byStatus(fields, fault)
}

// own properties only: an error named "constructor" must not find one
const own = (rules: Rules, code: string): Rule | undefined => Object.hasOwn(rules, code) ? rules[code] : undefined

/** An error whose name no row knows, or that has none (an empty body). */
const byStatus = (fields: Fields, fault: ServiceFault): AwsException => {
  const status = fault.statusCode
  const named = fault.code !== undefined
  if (status === 429) return throttling(fields, fault)
  if (status === 413) return validation(fields, fault)
  if (status !== undefined && status >= 500) {
    return named && !ordinary5xx.has(status)
      ? new E.ServiceException({ ...fields, retryable: true, outcome: "unknown" })
      : unavailable(fields, fault)
  }
  if (!named) {
    if (status === 401 || status === 403) return accessDenied(fields, fault)
    if (status === 408) {
      return new E.ConnectionException({ ...fields, reason: "Timeout", retryable: true, outcome: "unknown" })
    }
    if (status === 301 || status === 307) return wrongRegion(fields, fault)
    // no name: nobody vouches that AWS itself refused it
    return new E.ServiceException({ ...fields, outcome: "unknown" })
  }
  // AWS named its refusal, so the request was read and not carried out
  return new E.ServiceException(fields)
}

const ordinary5xx: ReadonlySet<number> = new Set([500, 502, 503, 504])

const malformed = (call: Call, fault: MalformedFault): AwsException =>
  new E.InvalidResponseException({
    ...call,
    statusCode: fault.statusCode,
    requestId: fault.requestId,
    cause: fault.cause,
    retryable: true,
    outcome: "unknown"
  })

const connectReasons: { readonly [code: string]: E.ConnectionReason } = {
  ECONNREFUSED: "Refused",
  EPROTO: "Refused",
  EMFILE: "Refused",
  ENOTFOUND: "NotFound",
  EAI_AGAIN: "NotFound",
  EHOSTUNREACH: "Unreachable",
  ENETUNREACH: "Unreachable",
  ETIMEDOUT: "Unreachable",
  ECONNRESET: "Reset",
  EPIPE: "Reset"
}

const connection = (call: Call, fault: ConnectionFault): AwsException => {
  const code = codeOf(fault.cause)
  const fields = { ...call, code, cause: fault.cause, address: addressOf(fault.cause), retryable: true }
  switch (fault.phase) {
    case "connect":
      return new E.ConnectionException({
        ...fields,
        reason: fault.timeout
          ? "ConnectTimeout"
          : (code !== undefined ? connectReasons[code] : undefined) ?? "Unreachable"
      })
    case "sent":
      return new E.ConnectionException({
        ...fields,
        outcome: "unknown",
        reason: fault.timeout ? "Timeout" : textOf(fault.cause, "name") === "AbortError" ? "Aborted" : "Reset"
      })
    case "body":
      return new E.ConnectionException({
        ...fields,
        outcome: "unknown",
        reason: fault.timeout ? "Timeout" : "Truncated"
      })
  }
}

/** The codes by which Node's TLS says that it does not trust a certificate. */
const certificate = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/

/**
 * Whether a socket's error says that the server's certificate is not trusted.
 *
 * @since 0.1.0
 * @category decoding
 */
export const isCertificateError = (cause: unknown): boolean => certificate.test(codeOf(cause) ?? "")

const configuration = (call: Call, fault: ConfigurationFault): AwsException =>
  new E.ConfigurationException({
    ...call,
    code: codeOf(fault.cause),
    cause: fault.cause,
    ...configurationReason(fault.cause)
  })

/**
 * Which option a failure of the SDK's own configuration is about.
 *
 * @since 0.1.0
 * @category decoding
 */
export const configurationReason = (
  cause: unknown
): { readonly reason: E.ConfigurationReason; readonly option?: string } => {
  const code = codeOf(cause) ?? ""
  // the SDK gives this one no code or name of its own; the text is the SDK's, not a server's
  if (textOf(cause, "message").startsWith("Region is missing")) return { reason: "RegionMissing", option: "region" }
  if (certificate.test(code)) return { reason: "UntrustedCertificate" }
  if (code === "ERR_INVALID_URL" || textOf(cause, "name") === "EndpointError") {
    return { reason: "InvalidEndpoint", option: "endpoint" }
  }
  return { reason: "Invalid" }
}

/** The code of an error, or of the first of several (two addresses were tried). */
const codeOf = (u: unknown): string | undefined => {
  const code = textOf(u, "code") || textOf(errorsOf(u)[0], "code")
  return code === "" ? undefined : code
}

const addressOf = (u: unknown): string | undefined => {
  const tried = errorsOf(u)[0] ?? u
  const host = textOf(tried, "address") || textOf(tried, "hostname")
  const port = member(tried, "port")
  return host === "" ? undefined : typeof port === "number" || typeof port === "string" ? `${host}:${port}` : host
}
