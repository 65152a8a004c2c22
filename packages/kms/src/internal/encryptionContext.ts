/** The KMS encryption context of a sealed value: known before the value is opened, and the same for many values. */
import { ConfigurationException } from "@armature/aws/Exceptions"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import type { EncryptionException } from "../EncryptionException.js"
import { encryptionFailure } from "./encryptionErrors.js"

export type EncryptionContext = Readonly<Record<string, string>>

/** The part of a place that the context is made of. */
export interface Scope {
  readonly table: string
  readonly context?: EncryptionContext | undefined
}

const reserved = "armature."
const tableKey = "armature.table"

/** A function of the logical table, the fixed text of the Layer, and what the place adds; none of them says the same thing twice. */
export const contextOf = (
  fixed: EncryptionContext,
  { context, table }: Scope
): Effect.Effect<EncryptionContext, EncryptionException> => {
  if (context === undefined) return Effect.succeed({ ...fixed, [tableKey]: table })
  for (const name in context) {
    if (name.startsWith(reserved) || Object.hasOwn(fixed, name)) return encryptionFailure("InvalidBinding")
  }
  return Effect.succeed({ ...fixed, ...context, [tableKey]: table })
}

export const fixedContext = (
  context: EncryptionContext | undefined
): Effect.Effect<EncryptionContext, ConfigurationException> =>
  Object.keys(context ?? {}).some((name) => name.startsWith(reserved))
    ? Effect.fail(new ConfigurationException({ service: "KMS", reason: "Invalid", option: "context" }))
    : Effect.succeed({ ...context })

/** A cache key: a hash of texts, context and bytes, each with its length before it. */
export const cacheKey = (text: string, context: EncryptionContext, bytes?: Uint8Array): string => {
  const hash = createHash("sha256")
  const add = (part: string | Uint8Array) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(typeof part === "string" ? Buffer.byteLength(part) : part.length)
    hash.update(length).update(part)
  }
  add(text)
  for (const name of Object.keys(context).sort()) {
    add(name)
    add(context[name] ?? "")
  }
  if (bytes !== undefined) add(bytes)
  return hash.digest("binary")
}
