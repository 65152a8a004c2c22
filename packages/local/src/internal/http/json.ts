/**
 * AWS JSON to the SDK's shapes and back, in one pass: bytes are base64 on the wire and `Uint8Array` inside, moments are epoch seconds
 * and `Date`. What is binary or a date is said by the member's schema, never guessed from a name or a value, so an attribute that
 * happens to be called `B` stays what it is.
 */
import type { NormalizedSchema } from "@smithy/core/schema"
import * as Either from "effect/Either"

/** What AWS says, in its words, about JSON of the wrong shape. It names types, never values. */
export interface ShapeProblem {
  readonly message: string
}

class WrongShape extends Error {}

type Step = (value: unknown, depth: number) => unknown

// Deeper than any request that AWS takes (32 levels of attribute values), shallower than the stack.
const maxDepth = 400

const wrong = (message: string): never => {
  throw new WrongShape(message)
}

const tokenOf = (value: unknown): string =>
  typeof value === "boolean"
    ? (value ? "TRUE_VALUE" : "FALSE_VALUE")
    : typeof value === "number"
    ? (Number.isInteger(value) ? "NUMBER_VALUE" : "DECIMAL_VALUE")
    : "STRING_VALUE"

const scalar = <A>(javaType: string, accept: (value: unknown) => A | undefined): Step => (value) => {
  const accepted = accept(value)
  if (accepted !== undefined) return accepted
  if (Array.isArray(value)) return wrong(`Unrecognized collection type class ${javaType}`)
  if (typeof value === "object") return wrong("Start of structure or map found where not expected")
  return wrong(`${tokenOf(value)} cannot be converted to ${javaType.slice(javaType.lastIndexOf(".") + 1)}`)
}

const truths = new Map([["TRUE", true], ["1", true], ["YES", true], ["FALSE", false], ["0", false], ["NO", false]])

const decodeString = scalar("java.lang.String", (value) => typeof value === "string" ? value : undefined)

const decodeBoolean = scalar(
  "java.lang.Boolean",
  (value) =>
    typeof value === "boolean"
      ? value
      : typeof value === "string"
      ? truths.get(value.toUpperCase()) ?? wrong("Unexpected token received from parser")
      : undefined
)

const decodeInteger = scalar("java.lang.Integer", (value) => typeof value === "number" ? Math.floor(value) : undefined)

const decodeTimestamp = scalar("java.util.Date", (value) => {
  if (typeof value === "number") return new Date(value * 1000)
  const parsed = typeof value === "string" ? new Date(value) : undefined
  return parsed !== undefined && !Number.isNaN(parsed.getTime()) ? parsed : undefined
})

const base64 = /^[A-Za-z0-9+/]*={0,2}$/

const decodeBlob: Step = (value) => {
  if (Array.isArray(value)) return wrong("Unrecognized collection type class java.nio.ByteBuffer")
  if (typeof value === "object") return wrong("Start of structure or map found where not expected")
  if (typeof value !== "string") return wrong("only base-64-encoded strings are convertible to bytes")
  if (value.length % 4 !== 0) {
    return wrong(`Base64 encoded length is expected a multiple of 4 bytes but found: ${value.length}`)
  }
  if (!base64.test(value)) return wrong("Invalid Base64 character detected")
  return new Uint8Array(Buffer.from(value, "base64"))
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const record = (value: unknown, name: string | undefined): Readonly<Record<string, unknown>> =>
  isRecord(value)
    ? value
    : wrong(Array.isArray(value) ? `Unrecognized collection type class ${name ?? ""}` : "Unexpected field type")

/** An own property whatever its name: an attribute called `__proto__` is an attribute. */
const assign = (target: Record<string, unknown>, key: string, value: unknown): void => {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else target[key] = value
}

const members = (schema: NormalizedSchema): ReadonlyArray<readonly [string, NormalizedSchema]> => [
  ...schema.structIterator()
]

/** A step for each schema, made when it is first met: the schema of attribute values contains itself. */
const compiled = (compile: (schema: NormalizedSchema) => Step) => {
  const cache = new Map<unknown, Step>()
  return (schema: NormalizedSchema): Step => {
    const shape = schema.getSchema()
    // A plain number or string stands for a simple schema and says nothing on its member's traits.
    if (typeof shape !== "object") return compile(schema)
    const known = cache.get(shape)
    if (known !== undefined) return known
    let made: Step | undefined
    const step: Step = (value, depth) => (made ??= compile(schema))(value, depth)
    cache.set(shape, step)
    return step
  }
}

const decoder = compiled((schema) => {
  if (schema.isStructSchema()) {
    const name = schema.getName()
    const steps = members(schema).map(([member, of]) => [member, decoder(of)] as const)
    return (value, depth) => {
      if (depth > maxDepth) return wrong("Nesting too deep")
      const source = record(value, name)
      const out: Record<string, unknown> = {}
      for (const [member, step] of steps) {
        const given = Object.hasOwn(source, member) ? source[member] : undefined
        if (given !== undefined && given !== null) out[member] = step(given, depth + 1)
      }
      return out
    }
  }
  if (schema.isListSchema()) {
    const of = schema.getValueSchema()
    const step = decoder(of)
    const empty = of.isStructSchema()
    return (value, depth) => {
      if (!Array.isArray(value)) {
        return wrong(isRecord(value) ? "Start of structure or map found where not expected" : "Unexpected field type")
      }
      const out: Array<unknown> = []
      for (const member of value) {
        if (member !== null) out.push(step(member, depth + 1))
        else if (empty) out.push({})
      }
      return out
    }
  }
  if (schema.isMapSchema()) {
    const of = schema.getValueSchema()
    const step = decoder(of)
    const empty = of.isStructSchema()
    return (value, depth) => {
      const source = record(value, "java.util.Map")
      const out: Record<string, unknown> = {}
      for (const key of Object.keys(source)) {
        const given = source[key]
        if (given !== null) assign(out, key, step(given, depth + 1))
        else if (empty) assign(out, key, {})
      }
      return out
    }
  }
  if (schema.isBlobSchema()) return decodeBlob
  if (schema.isTimestampSchema()) return decodeTimestamp
  if (schema.isBooleanSchema()) return decodeBoolean
  if (schema.isNumericSchema()) return decodeInteger
  if (schema.isStringSchema()) return decodeString
  return (value) => value
})

const encoder = compiled((schema) => {
  if (schema.isStructSchema()) {
    const steps = members(schema).map(([member, of]) => [member, encoder(of)] as const)
    return (value, depth) => {
      if (!isRecord(value)) return undefined
      const out: Record<string, unknown> = {}
      for (const [member, step] of steps) {
        const given = value[member]
        if (given !== undefined && given !== null) out[member] = step(given, depth + 1)
      }
      return out
    }
  }
  if (schema.isListSchema()) {
    const step = encoder(schema.getValueSchema())
    return (value, depth) => Array.isArray(value) ? value.map((member) => step(member, depth + 1)) : undefined
  }
  if (schema.isMapSchema()) {
    const step = encoder(schema.getValueSchema())
    return (value, depth) => {
      if (!isRecord(value)) return undefined
      const out: Record<string, unknown> = {}
      for (const key of Object.keys(value)) assign(out, key, step(value[key], depth + 1))
      return out
    }
  }
  if (schema.isBlobSchema()) {
    return (value) =>
      value instanceof Uint8Array
        ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")
        : undefined
  }
  if (schema.isTimestampSchema()) return (value) => value instanceof Date ? value.getTime() / 1000 : undefined
  return (value) => value
})

/** Decodes a parsed JSON document to the SDK's shape. Members that the schema does not know are left out, as AWS does. */
export const decode = (schema: NormalizedSchema, document: unknown): Either.Either<unknown, ShapeProblem> => {
  try {
    return Either.right(schema.isUnitSchema() ? {} : decoder(schema)(document, 0))
  } catch (error) {
    if (error instanceof WrongShape) return Either.left({ message: error.message })
    throw error
  }
}

/** Encodes a value in the SDK's shape to a JSON document. Members that the schema does not know are left out. */
export const encode = (schema: NormalizedSchema, value: unknown): unknown =>
  schema.isUnitSchema() ? {} : encoder(schema)(value, 0)
