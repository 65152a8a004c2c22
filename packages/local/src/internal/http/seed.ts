/**
 * A seed: calls to be made before the first client comes, as a JSON list. Inputs are written as AWS writes them in JSON, so bytes
 * (the body of an object, too) are base64.
 *
 * ```json
 * [{ "service": "DynamoDB", "operation": "CreateTable", "input": { "TableName": "orders" } }]
 * ```
 */
import type { WireFailure } from "@armature/aws/WireFailure"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Json from "./json.js"
import type { ServiceModel } from "./model.js"

type Send = (operation: string, input: unknown) => Effect.Effect<unknown, WireFailure>

const Name = Schema.Literal("DynamoDB", "KMS", "S3")

const Calls = Schema.parseJson(
  Schema.Array(Schema.Struct({ service: Name, operation: Schema.String, input: Schema.Unknown }))
)

const decode = Schema.decodeUnknownEither(Calls, { onExcessProperty: "error", errors: "first" })

/** The seed could not be applied: which call, counted from 1, and why. */
export class SeedError extends Data.TaggedError("SeedError")<{ readonly reason: string }> {
  override get message(): string {
    return `Cannot apply the seed: ${this.reason}`
  }
}

export interface Target {
  readonly send: Send
  readonly model: ServiceModel
}

const reasonOf = (failure: WireFailure): string =>
  failure._tag === "ServiceFault" ? `${failure.code ?? failure._tag}: ${failure.message}` : failure._tag

/** Makes the calls one after the other; stops at the first that fails. */
export const apply = (
  text: string,
  targets: Readonly<Record<typeof Name.Type, Target>>
): Effect.Effect<number, SeedError> =>
  Effect.gen(function*() {
    const calls = yield* Either.mapLeft(decode(text), (error) => new SeedError({ reason: error.message }))
    for (const [index, { input, operation, service }] of calls.entries()) {
      const failed = (reason: string) =>
        new SeedError({ reason: `call ${index + 1}, ${service} ${operation}: ${reason}` })
      const { model, send } = targets[service]
      const shape = model.operations.get(operation)?.input
      if (shape === undefined) return yield* failed("there is no such operation")
      const decoded = yield* Either.mapLeft(Json.decode(shape, input), (problem) => failed(problem.message))
      yield* Effect.mapError(send(operation, decoded), (failure) => failed(reasonOf(failure)))
    }
    return calls.length
  })
