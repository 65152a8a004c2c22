/**
 * How the engine reads an input whose shape nobody has checked, with the constraints that KMS puts on its members.
 */
import { record, refuse } from "../refusal.js"
import type { Input } from "../refusal.js"

export const invalid = (message: string): never => refuse("ValidationException", message)

const member = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

const constraint = (name: string, what: string): never =>
  invalid(`1 validation error detected: Value at '${member(name)}' failed to satisfy constraint: ${what}`)

const missing = (name: string): never =>
  invalid(
    `1 validation error detected: Value null at '${member(name)}' failed to satisfy constraint: Member must not be null`
  )

export const text = (input: Input, name: string): string | undefined => {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  return typeof value === "string" ? value : refuse("SerializationException", `${name} is not a string`)
}

export const requiredText = (input: Input, name: string): string => {
  const value = text(input, name) ?? missing(name)
  return value === "" ? constraint(name, "Member must have length greater than or equal to 1") : value
}

export const oneOf = <const A extends string>(input: Input, name: string, allowed: ReadonlyArray<A>): A | undefined => {
  const value = text(input, name)
  if (value === undefined) return undefined
  return allowed.find((one) => one === value) ??
    constraint(name, `Member must satisfy enum value set: [${allowed.join(", ")}]`)
}

/** The members of a list, each of which is one of those that are allowed. */
export const someOf = <const A extends string>(
  input: Input,
  name: string,
  allowed: ReadonlyArray<A>
): ReadonlyArray<A> => {
  const value = input[name] ?? []
  if (!Array.isArray(value)) return refuse("SerializationException", `${name} is not a list`)
  return value.map((member: unknown) =>
    allowed.find((one) => one === member) ??
      constraint(name, `Member must satisfy enum value set: [${allowed.join(", ")}]`)
  )
}

export const flag = (input: Input, name: string): boolean => {
  const value = input[name] ?? false
  return typeof value === "boolean" ? value : refuse("SerializationException", `${name} is not a boolean`)
}

export const whole = (input: Input, name: string, min: number, max: number): number | undefined => {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== "number" || !Number.isInteger(value)) {
    return refuse("SerializationException", `${name} is not an integer`)
  }
  if (value < min) return constraint(name, `Member must have value greater than or equal to ${min}`)
  return value > max ? constraint(name, `Member must have value less than or equal to ${max}`) : value
}

export const bytes = (input: Input, name: string, max: number): Uint8Array => {
  const value = input[name] ?? missing(name)
  if (!(value instanceof Uint8Array)) return refuse("SerializationException", `${name} is not binary`)
  if (value.length === 0) return constraint(name, "Member must have length greater than or equal to 1")
  return value.length > max ? constraint(name, `Member must have length less than or equal to ${max}`) : value
}

/** The pairs of a map of text, sorted by name: an encryption context has no order. */
export const textMap = (input: Input, name: string): ReadonlyArray<readonly [string, string]> =>
  Object.entries(record(input[name]))
    .map(([key, value]) =>
      typeof value === "string"
        ? [key, value] as const
        : refuse("SerializationException", `${name} holds what is no string`)
    )
    .sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
