/**
 * How the engine says no. A refusal is thrown inside the engine and caught in one place, where it becomes a `ServiceFault`. It is no
 * `Error`: a failed condition is an everyday answer, and taking a stack for each would cost more than the request.
 */
import { type ServiceFault, serviceFault } from "@armature/aws/WireFailure"

export class Refusal {
  constructor(
    readonly code: string,
    readonly message: string,
    readonly statusCode: number = 400,
    readonly detail: Readonly<Record<string, unknown>> | undefined = undefined
  ) {}

  get fault(): ServiceFault {
    const { code, detail, message, statusCode } = this
    return serviceFault(
      detail === undefined ? { code, message, statusCode } : { code, message, statusCode, detail }
    )
  }
}

export const validation = (message: string): Refusal => new Refusal("ValidationException", message)

export const serialization = (message: string): Refusal => new Refusal("SerializationException", message)

export const resourceNotFound = (message: string): Refusal => new Refusal("ResourceNotFoundException", message)

export const resourceInUse = (message: string): Refusal => new Refusal("ResourceInUseException", message)

export const conditionFailed = (item: unknown): Refusal =>
  new Refusal(
    "ConditionalCheckFailedException",
    "The conditional request failed",
    400,
    item === undefined ? undefined : { Item: item }
  )

/** A value that cannot be missing where it is asked for; a mistake in the engine if it is. */
export const present = <A>(value: A | undefined): A => {
  if (value === undefined) throw new Refusal("InternalServerError", "The engine failed", 500)
  return value
}
