/** Operations answered by handlers. */
import { ConfigurationException, ServiceException } from "@armature/aws/Exceptions"
import type { ServiceClient } from "@armature/aws/ServiceClient"
import * as Effect from "effect/Effect"
import type { DynamoDB } from "../DynamoDB.js"
import type { Operations } from "./operations.js"

/**
 * Calls handlers in place of AWS. What a handler fails with is held to the operation's row, as the driver holds what AWS answers: an
 * exception that this input rules out becomes a `ServiceException`.
 */
export const make = (handlers: Partial<DynamoDB.Handlers>): ServiceClient<Operations> => {
  const call: ServiceClient<Operations>["call"] = (operation, input) => {
    type Answer = ReturnType<typeof call<typeof operation.name, typeof operation.exceptions>>
    const { name } = operation
    const where = { service: "DynamoDB", operation: name }
    // `Handlers` says, name by name, that a handler takes the input of the operation that it is named for and gives its output
    const handler = Reflect.get(handlers, `${name.charAt(0).toLowerCase()}${name.slice(1)}`) as
      | ((given: typeof input) => Answer)
      | undefined
    if (handler === undefined) {
      // every row declares this one
      return Effect.fail(new ConfigurationException({ ...where, reason: "HandlerMissing" })) as unknown as Answer
    }
    const excluded = operation.excludes?.(input) ?? []
    const isDeclared = (e: unknown) =>
      [...operation.exceptions, ServiceException].some((declared) => e instanceof declared) &&
      !excluded.some((out) => e instanceof out)
    return Effect.suspend(() => handler(input)).pipe(
      Effect.map((output) => Object.assign({ $metadata: {} }, output)),
      Effect.mapError((e) => isDeclared(e) ? e : new ServiceException({ ...where, code: e._tag }))
    )
  }
  return { call }
}
