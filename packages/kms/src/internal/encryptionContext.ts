/** The KMS encryption context of a sealed value: known before the value is opened, and the same for many values. */
import { ConfigurationException } from "@armature/aws/Exceptions"
import * as Effect from "effect/Effect"
import { asBuffer } from "./layout.js"

export type EncryptionContext = Readonly<Record<string, string>>

/** The part of a place that the context is made of. */
export interface Scope {
  readonly table: string
  readonly context?: EncryptionContext | undefined
}

const reserved = "armature."
const tableKey = "armature.table"

/**
 * A function of the logical table, the fixed text of the Layer, and what the place adds. `undefined` when the place takes a name that is
 * Armature's or the Layer's: nothing is said twice.
 */
export const contextOf = (fixed: EncryptionContext, { context, table }: Scope): EncryptionContext | undefined => {
  if (context === undefined) return { ...fixed, [tableKey]: table }
  for (const name in context) {
    if (name.startsWith(reserved) || Object.hasOwn(fixed, name)) return undefined
  }
  return { ...fixed, ...context, [tableKey]: table }
}

export const fixedContext = (
  context: EncryptionContext | undefined
): Effect.Effect<EncryptionContext, ConfigurationException> =>
  Object.keys(context ?? {}).some((name) => name.startsWith(reserved))
    ? Effect.fail(new ConfigurationException({ service: "KMS", reason: "Invalid", option: "context" }))
    : Effect.succeed({ ...context })

/** A cache key: text, context in order of its names, and bytes, each with its length before it. */
export const cacheKey = (text: string, context: EncryptionContext, bytes?: Uint8Array): string => {
  const names = Object.keys(context)
  let key = `${text.length}:${text}${names.length}:`
  for (const name of names.length > 1 ? names.sort() : names) {
    const value = context[name] ?? ""
    key += `${name.length}:${name}${value.length}:${value}`
  }
  return bytes === undefined ? key : key + asBuffer(bytes).toString("latin1")
}
