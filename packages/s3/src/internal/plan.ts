/** How an object is cut. */
import type { ValidationException } from "@armature/aws/Exceptions"
import * as Effect from "effect/Effect"

/** S3's own limits. */
export const maxParts = 10_000
const mebibyte = 1024 * 1024
const maxPart = 5 * 1024 * mebibyte

export interface Plan {
  readonly partSize: number
  readonly concurrency: number
}

/** `min` bytes is the smallest part that is taken. What is known to be longer than so many parts hold is cut into larger ones. */
export const planned = (
  options: { readonly partSize?: number | undefined; readonly concurrency?: number | undefined },
  length: number | undefined,
  min: number,
  refuse: (reason: string) => ValidationException
): Effect.Effect<Plan, ValidationException> =>
  Effect.suspend(() => {
    const { concurrency = 4, partSize = 8 * mebibyte } = options
    if (!(Number.isInteger(partSize) && partSize >= min && partSize <= maxPart)) {
      return Effect.fail(refuse(`partSize is a whole number of bytes, from ${min} to ${maxPart}`))
    }
    if (!(Number.isInteger(concurrency) && concurrency >= 1)) {
      return Effect.fail(refuse("concurrency is a whole number from 1"))
    }
    return Effect.succeed({ concurrency, partSize: Math.max(partSize, Math.ceil((length ?? 0) / maxParts)) })
  })

export const minPart = 5 * mebibyte
