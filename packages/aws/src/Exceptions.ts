/**
 * The failures that several services share. Each service adds its own beside them.
 *
 * @since 0.1.0
 */
import { type AwsException, type Fields, tagged } from "./AwsException.js"

/**
 * IAM says no. The message names the action that was asked for.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class AccessDeniedException extends tagged("AccessDeniedException")({
  says: (e) =>
    `these credentials are not allowed to do this; grant ${
      e.service === undefined || e.operation === undefined ? "the action" : `${e.service.toLowerCase()}:${e.operation}`
    } on the resource`
}) {}

/**
 * Why a client is not set up so that it could send.
 *
 * @since 0.1.0
 * @category models
 */
export type ConfigurationReason =
  | "RegionMissing"
  | "InvalidEndpoint"
  | "UntrustedCertificate"
  | "WrongRegion"
  | "ProfileInvalid"
  | "HandlerMissing"
  | "Invalid"

const configurationSays: Record<ConfigurationReason, string> = {
  RegionMissing: "no region is set; give `region`, or set AWS_REGION or the profile's region",
  InvalidEndpoint: "the endpoint is not a URL that can be used; give `endpoint` as http(s)://host:port",
  UntrustedCertificate:
    "the server's TLS certificate is not trusted; check the endpoint's host name, or add its authority to NODE_EXTRA_CA_CERTS",
  WrongRegion: "the resource is in another region; set `region` to the one that owns it",
  ProfileInvalid: "the shared AWS configuration cannot be read; check `profile` and ~/.aws/config",
  HandlerMissing: "the fake has no handler for this operation; give one to `layerFake`",
  Invalid: "the client's options cannot be used"
}

/**
 * The client is not set up so that it could send. `option` names the option at fault where one is.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ConfigurationException extends tagged("ConfigurationException")<{
  readonly reason: ConfigurationReason
  readonly option?: string | undefined
  /** What more is known, free of data. */
  readonly detail?: string | undefined
}>({
  says: (e) =>
    configurationSays[e.reason] + (e.option === undefined ? "" : ` (option \`${e.option}\`)`) +
    (e.detail === undefined ? "" : `: ${e.detail}`),
  printed: ["reason", "option", "detail"]
}) {}

/**
 * What went wrong between the program and the server's address.
 *
 * @since 0.1.0
 * @category models
 */
export type ConnectionReason =
  | "Refused"
  | "NotFound"
  | "Unreachable"
  | "ConnectTimeout"
  | "Timeout"
  | "Reset"
  | "Truncated"
  | "Aborted"

const connectionSays: Record<ConnectionReason, string> = {
  Refused: "the connection was refused",
  NotFound: "the host name does not resolve",
  Unreachable: "the network cannot reach the server",
  ConnectTimeout: "no connection could be had in time",
  Timeout: "no answer came in time",
  Reset: "the connection was cut",
  Truncated: "the answer was cut short",
  Aborted: "the request was aborted"
}

const loopback = /^(localhost|127\.|\[?::1)/

/**
 * The server cannot be reached, did not answer in time, or was cut off. `address` is what was tried, where it is known.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ConnectionException extends tagged("ConnectionException")<{
  readonly reason: ConnectionReason
  readonly address?: string | undefined
}>({
  says: (e) =>
    `${connectionSays[e.reason]}${e.address === undefined ? "" : ` at ${e.address}`}${
      e.reason === "Refused" && e.address !== undefined && loopback.test(e.address)
        ? "; nothing listens there: start the in-process endpoint with `armature-local --port N`, or check `endpoint`"
        : e.reason === "NotFound" || e.reason === "Refused" || e.reason === "Unreachable"
        ? "; check `endpoint`, `region` and the network"
        : ""
    }`,
  printed: ["reason", "address"]
}) {}

/**
 * What is wrong with the credentials.
 *
 * @since 0.1.0
 * @category models
 */
export type CredentialsReason = "Missing" | "Invalid" | "Expired" | "ClockSkew"

const credentialsSays: Record<CredentialsReason, string> = {
  Missing:
    "no credentials were found; looked, in this order, at `credentials`, `profile`, the environment (AWS_ACCESS_KEY_ID), the shared files (~/.aws), SSO, a process, a web identity, and the container's or instance's role",
  Invalid: "AWS does not accept these credentials; check the access key, the secret and the session token",
  Expired: "the credentials have expired; refresh them, or use a provider that does",
  ClockSkew: "the machine's clock is too far from AWS's; set it by NTP"
}

/**
 * Credentials are missing, invalid or expired, or the clock that signed with them is off. Nothing was applied.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class CredentialsException extends tagged("CredentialsException")<{ readonly reason: CredentialsReason }>({
  says: (e) => credentialsSays[e.reason],
  printed: ["reason"]
}) {}

/**
 * An answer came that is not what the protocol allows: HTML, JSON cut short, a wrong checksum. Something between may be a proxy.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class InvalidResponseException extends tagged("InvalidResponseException")({
  says: "the answer is not one of this service; check `endpoint`, and for a proxy that answers in its place"
}) {}

/**
 * A quota of the account or of the control plane is reached.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class LimitExceededException extends tagged("LimitExceededException")({
  says: "a limit of the account is reached; wait for what is under way, or ask AWS to raise the quota"
}) {}

/**
 * The resource exists already, or is being changed.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ResourceInUseException extends tagged("ResourceInUseException")({
  says: "it exists already, or is being changed; wait until it is active, or use another name"
}) {}

/**
 * The table, index or other resource does not exist.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ResourceNotFoundException extends tagged("ResourceNotFoundException")({
  says: "it does not exist in this account and region; check the name and `region`, or create it"
}) {}

/**
 * A value cannot become an attribute value, or an item is not what was expected. `path` leads to it from the root, and may be empty.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class SerializationException extends tagged("SerializationException")<{
  /** Attribute names and list positions from the root to the value. */
  readonly path: ReadonlyArray<string | number>
  /** What is wrong with it, without the value itself. */
  readonly reason: string
}>({
  says: (e) => `the value at ${renderPath(e.path)} ${e.reason}`,
  printed: ["path", "reason"]
}) {}

/** As AWS writes document paths: `orders[3].total`. */
const renderPath = (path: ReadonlyArray<string | number>): string =>
  path.length === 0
    ? "the root"
    : path.map((part, i) => typeof part === "number" ? `[${part}]` : i === 0 ? part : `.${part}`).join("")

/**
 * AWS named an error that no other exception stands for. `code` is AWS's name for it.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ServiceException extends tagged("ServiceException")({
  says: "AWS answered with an error that has no exception of its own; see `code` and `awsMessage`"
}) {}

/**
 * The service failed or is not available; it answered 5xx.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ServiceUnavailableException extends tagged("ServiceUnavailableException")({
  says: "the service is not available for now"
}) {}

/**
 * Too fast. `reasons` are AWS's throttling reasons, where it gave any.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ThrottlingException extends tagged("ThrottlingException")<{
  readonly reasons?: ReadonlyArray<ThrottlingReason> | undefined
}>({
  says: (e) => throttlingSays("requests came faster than AWS takes them", e.reasons),
  printed: ["reasons"]
}) {}

/**
 * Why AWS throttled: `TableWriteKeyRangeThroughputExceeded` and its fifteen kin, with the ARN it concerns.
 *
 * @since 0.1.0
 * @category models
 */
export interface ThrottlingReason {
  readonly reason: string
  readonly resource: string | undefined
}

/**
 * @internal
 */
export const throttlingSays = (what: string, reasons: ReadonlyArray<ThrottlingReason> | undefined): string =>
  reasons === undefined || reasons.length === 0 ? what : `${what}: ${reasons.map((r) => r.reason).join(", ")}`

/**
 * The request is invalid: a key, a type, an expression, a limit. `reason` says what, where Armature found it before sending; what AWS
 * found is in `awsMessage`, which nothing prints since it may quote values.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ValidationException extends tagged("ValidationException")<{ readonly reason?: string | undefined }>({
  says: (e) => e.reason ?? "the request is not valid; AWS's explanation, which may quote values, is in `awsMessage`",
  printed: ["reason"]
}) {}

/**
 * A write of which it is not known whether it was applied. `last` is the last failure that was seen.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class WriteOutcomeUnknownException
  extends tagged("WriteOutcomeUnknownException")<{ readonly last: AwsException }>({
    says: (e) =>
      `it is not known whether the write was applied; the last failure was ${e.last._tag}: read before writing again`,
    printed: ["last"]
  })
{
  constructor(fields: Fields & { readonly last: AwsException }) {
    super({ ...fields, outcome: "unknown" })
  }
}
