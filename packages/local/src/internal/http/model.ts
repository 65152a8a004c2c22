/**
 * AWS's own description of a service, as the SDK's client carries it: which operations there are, which shapes go in and out, which
 * errors are declared. The codecs read it, so that no table of shapes is kept by hand.
 */
import { NormalizedSchema } from "@smithy/core/schema"

export interface OperationModel {
  readonly name: string
  readonly input: NormalizedSchema
  readonly output: NormalizedSchema
  /** How the operation is bound to HTTP: method, path with query literals, status. Only REST services have one. */
  readonly http: readonly [method: string, uri: string, status: number] | undefined
}

export interface ServiceModel {
  readonly operations: ReadonlyMap<string, OperationModel>
  readonly errors: ReadonlyMap<string, NormalizedSchema>
}

// The tuples that the SDK's clients export: `[9, namespace, name, traits, input, output]` is an operation, `[-3, namespace, name, …]`
// a declared error.
const operationId = 9
const errorId = -3

type Reference = Parameters<typeof NormalizedSchema.of>[0]

// The tuple was told apart by its first member, which is all that the SDK's own code looks at.
const normalized = (schema: unknown): NormalizedSchema => NormalizedSchema.of(schema as Reference)

const isHttpTrait = (value: unknown): value is readonly [string, string, number] =>
  Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "string" && typeof value[2] === "number"

const httpOf = (traits: unknown): OperationModel["http"] => {
  const http = typeof traits === "object" && traits !== null && "http" in traits ? traits.http : undefined
  return isHttpTrait(http) ? http : undefined
}

/** Reads the model out of an SDK client's module (`await import("@aws-sdk/client-…")`). */
export const fromSdk = (module: object): ServiceModel => {
  const operations = new Map<string, OperationModel>()
  const errors = new Map<string, NormalizedSchema>()
  for (const schema of Object.values(module) as Iterable<unknown>) {
    if (!Array.isArray(schema) || typeof schema[2] !== "string") continue
    const name = schema[2]
    if (schema[0] === operationId) {
      operations.set(name, {
        name,
        input: normalized(schema[4]),
        output: normalized(schema[5]),
        http: httpOf(schema[3])
      })
    } else if (schema[0] === errorId) {
      errors.set(name, normalized(schema))
    }
  }
  return { operations, errors }
}
