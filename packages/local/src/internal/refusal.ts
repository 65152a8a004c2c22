/**
 * How the engines of KMS and S3 say no. A `Refusal` is thrown inside an engine only, and is an answer at its door.
 */
import { serviceFault } from "@armature/aws/WireFailure"
import type { ServiceFault } from "@armature/aws/WireFailure"
import * as Either from "effect/Either"

export class Refusal extends Error {
  constructor(readonly fault: ServiceFault) {
    super()
  }
}

export const refuse = (
  code: string,
  message: string,
  statusCode = 400,
  detail?: Readonly<Record<string, unknown>>
): never => {
  throw new Refusal(serviceFault({ code, message, statusCode, detail }))
}

export type Input = Readonly<Record<string, unknown>>
export type Output = Readonly<Record<string, unknown>>

/** The members of a structure that nobody has checked; none, if it is no structure. */
export const record = (input: unknown): Input =>
  typeof input === "object" && input !== null && !Array.isArray(input) ? input as Input : {}

/** Runs an operation by its name; what it refuses, or breaks on, becomes the left side. */
export const executor = (
  operations: Readonly<Record<string, (input: Input) => Output>>,
  faults: { readonly unknown: ServiceFault; readonly broken: ServiceFault }
) =>
(name: string, input: unknown): Either.Either<Output, ServiceFault> => {
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
  if (operation === undefined) return Either.left(faults.unknown)
  try {
    return Either.right(operation(record(input)))
  } catch (refusal) {
    return Either.left(refusal instanceof Refusal ? refusal.fault : faults.broken)
  }
}
