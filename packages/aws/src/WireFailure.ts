/**
 * What happened between a program and an AWS service, as plain data. A transport says what it saw and nothing about what to do:
 * tags, retries and outcomes are decided by `Classify`.
 *
 * @since 0.1.0
 */

/**
 * The service answered with an error that it named.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServiceFault {
  readonly _tag: "ServiceFault"
  /** AWS's name for the error, without namespace; `undefined` when the answer carried none (an empty body). */
  readonly code: string | undefined
  /** AWS's own text. It may quote values of the request, so it is never printed. */
  readonly message: string
  /** HTTP status of the answer; `undefined` when there was none to see. */
  readonly statusCode: number | undefined
  readonly requestId?: string | undefined
  /** The server's hint how long to wait, in milliseconds. */
  readonly retryAfter?: number | undefined
  /** How far the server's clock is ahead of ours, in milliseconds, when the answer told. */
  readonly clockSkew?: number | undefined
  /** The error's further members by their wire names: `Item`, `CancellationReasons`, `ThrottlingReasons`, … */
  readonly detail?: Readonly<Record<string, unknown>> | undefined
}

/**
 * How far a request had come when its connection failed.
 *
 * - `connect`: no secure connection stood yet, so the server has seen nothing of the request.
 * - `sent`: the request was, or may have been, under way; no answer had begun.
 * - `body`: the answer had begun and did not arrive whole.
 *
 * @since 0.1.0
 * @category models
 */
export type Phase = "connect" | "sent" | "body"

/**
 * The connection failed, or its time ran out.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConnectionFault {
  readonly _tag: "ConnectionFault"
  readonly phase: Phase
  /** Time ran out, as opposed to a connection that was refused or broken. */
  readonly timeout: boolean
  /** The error that the socket gave, `unknown` as it came. */
  readonly cause: unknown
}

/**
 * No credentials could be had to sign the request with. Nothing was sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialsFault {
  readonly _tag: "CredentialsFault"
  readonly cause: unknown
}

/**
 * An answer arrived that is not what the protocol allows: HTML, JSON cut short, a wrong checksum.
 *
 * @since 0.1.0
 * @category models
 */
export interface MalformedFault {
  readonly _tag: "MalformedFault"
  readonly statusCode: number | undefined
  readonly requestId?: string | undefined
  readonly cause: unknown
}

/**
 * The client is not set up so that it could send: no region, an endpoint that is none, a certificate that is not trusted.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConfigurationFault {
  readonly _tag: "ConfigurationFault"
  readonly cause: unknown
}

/**
 * The input could not be written as a request. Nothing was sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface InputFault {
  readonly _tag: "InputFault"
  readonly cause: unknown
}

/**
 * Everything a transport can report.
 *
 * @since 0.1.0
 * @category models
 */
export type WireFailure =
  | ServiceFault
  | ConnectionFault
  | CredentialsFault
  | MalformedFault
  | ConfigurationFault
  | InputFault

type Fields<F> = Omit<F, "_tag">

/**
 * The service answered with an error.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serviceFault = (fields: Fields<ServiceFault>): ServiceFault => ({ _tag: "ServiceFault", ...fields })

/**
 * The connection failed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const connectionFault = (fields: Fields<ConnectionFault>): ConnectionFault => ({
  _tag: "ConnectionFault",
  ...fields
})

/**
 * No credentials could be had.
 *
 * @since 0.1.0
 * @category constructors
 */
export const credentialsFault = (cause: unknown): CredentialsFault => ({ _tag: "CredentialsFault", cause })

/**
 * The answer is not one.
 *
 * @since 0.1.0
 * @category constructors
 */
export const malformedFault = (fields: Fields<MalformedFault>): MalformedFault => ({
  _tag: "MalformedFault",
  ...fields
})

/**
 * The client is not set up so that it could send.
 *
 * @since 0.1.0
 * @category constructors
 */
export const configurationFault = (cause: unknown): ConfigurationFault => ({ _tag: "ConfigurationFault", cause })

/**
 * The input could not be written as a request.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inputFault = (cause: unknown): InputFault => ({ _tag: "InputFault", cause })
