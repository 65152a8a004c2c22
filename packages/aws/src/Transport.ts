/**
 * The one seam: everything that reaches AWS goes through a `Transport`, one request and one answer at a time. The AWS SDK, the direct
 * wire and the in-process engines are transports; retries, telemetry and exceptions stand above.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { WireFailure } from "./WireFailure.js"

/**
 * The shape of a service's table of operations: input and output by operation name, in the AWS SDK's own types.
 *
 * @since 0.1.0
 * @category models
 */
export type Operations = { readonly [operation: string]: { readonly input: unknown; readonly output: unknown } }

/**
 * Where a transport sends to, for telemetry and messages.
 *
 * @since 0.1.0
 * @category models
 */
export interface Info {
  readonly region: string | undefined
  /** Host name or address of the newest request; `undefined` in process, and before the first. */
  readonly serverAddress: string | undefined
  readonly serverPort: number | undefined
}

/**
 * One request, one answer. `send` neither retries nor judges; interrupting it stops the request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transport<Ops> {
  readonly info: Info
  readonly send: <K extends keyof Ops & string>(
    operation: K,
    input: InputOf<Ops, K>
  ) => Effect.Effect<OutputOf<Ops, K>, WireFailure>
}

/**
 * What an operation takes.
 *
 * @since 0.1.0
 * @category models
 */
export type InputOf<Ops, K extends keyof Ops> = Ops[K] extends { readonly input: infer I } ? I : never

/**
 * What an operation answers.
 *
 * @since 0.1.0
 * @category models
 */
export type OutputOf<Ops, K extends keyof Ops> = Ops[K] extends { readonly output: infer O } ? O : never
