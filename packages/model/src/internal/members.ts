/** The operations of a batch or a transaction: in what form they came, which of them are on one item, and what of them goes to S3. */
import type { ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import { Blobs } from "@armature/s3/Blobs"
import type { Stored } from "@armature/s3/Pointer"
import * as BigDecimal from "effect/BigDecimal"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { WriteAction, WritePlan } from "../Operation.js"
import { atOnce } from "./atOnce.js"
import type { Members } from "./memberTypes.js"

export type AnyWritePlan = WritePlan<unknown, unknown, unknown, unknown>

/** How many plans are made, or answers decoded, at a time: each may ask KMS. */
const concurrency = 8

/** Does the same with each, a few at a time. Where there is nothing to wait for, which is most often so, it takes no fiber. */
export const forEach = <A, B, E, R>(
  all: ReadonlyArray<A>,
  f: (one: A, i: number) => Effect.Effect<B, E, R>
): Effect.Effect<ReadonlyArray<B>, E, R> =>
  Effect.suspend(() => {
    const done: Array<B> = []
    for (const [i, one] of all.entries()) {
      const effect = f(one, i)
      const known = atOnce(effect)
      if (known === undefined) {
        return Effect.map(
          Effect.forEach(all.slice(i), (one, k) => k === 0 ? effect : f(one, i + k), { concurrency }),
          (rest) => [...done, ...rest]
        )
      }
      if (Either.isLeft(known)) return Either.left(known.left)
      done.push(known.right)
    }
    return Either.right(done)
  })

const isList = <O>(members: Members<O>): members is ReadonlyArray<O> => Array.isArray(members)

export const listOf = <O>(members: Members<O>): ReadonlyArray<O> => isList(members) ? members : Object.values(members)

/** What each of them is called in a failure: its place, or its name. */
export const namesOf = (members: Members<unknown>): ReadonlyArray<string> => Object.keys(members)

/** A value for each of them, in their form. */
export const shaped = (members: Members<unknown>, values: ReadonlyArray<unknown>): unknown =>
  isList(members) ? values : Object.fromEntries(namesOf(members).map((name, i) => [name, values[i]]))

// ---------------------------------------------------------------------------------------------------------------- items

/** A number of a key as a text, the same for numbers that are equal. */
const numberText = (text: string): string =>
  Option.match(BigDecimal.fromString(text), {
    onNone: () => text,
    onSome: (n) => BigDecimal.format(BigDecimal.normalize(n))
  })

const valueText = (value: ReadonlyAttributeValue | undefined): ReadonlyArray<string | undefined> => [
  value?.S,
  value?.N === undefined ? undefined : numberText(value.N),
  value?.B === undefined ? undefined : Buffer.from(value.B).toString("base64")
]

/** A text of a table and of the attributes of a key, the same for two if and only if DynamoDB takes them for one item. */
export const itemText = (
  table: string,
  key: Readonly<Record<string, ReadonlyAttributeValue>>,
  names: ReadonlyArray<string> = Object.keys(key)
): string => JSON.stringify([table, ...[...names].sort().map((name) => [name, ...valueText(key[name])])])

// ---------------------------------------------------------------------------------------------------------------- writes

/** The request of each plan, each with its part of what was stored. */
const actionsOf = (
  plans: ReadonlyArray<AnyWritePlan>,
  stored: ReadonlyArray<Stored>
): Either.Either<ReadonlyArray<WriteAction>, unknown> => {
  let from = 0
  return Either.all(plans.map(({ action, values }) => action(stored.slice(from, from += values.length))))
}

/**
 * Stores what goes to S3 and sends the requests. No old image comes back of a batch or a transaction, so what they replace in S3 is the
 * sweeper's.
 */
export const send = <A>(
  plans: ReadonlyArray<AnyWritePlan>,
  request: (actions: ReadonlyArray<WriteAction>) => Effect.Effect<A, unknown, unknown>
): Effect.Effect<A, unknown, unknown> => {
  const values = plans.flatMap((plan) => plan.values)
  const once = (stored: ReadonlyArray<Stored>) => Effect.flatMap(actionsOf(plans, stored), request)
  if (values.length === 0) return Effect.suspend(() => once([]))
  return Effect.flatMap(Blobs, (blobs) =>
    Effect.flatMap(
      blobs.write(values, (stored) => Effect.map(once(stored), (value) => ({ value, old: undefined }))),
      ({ result }) => result
    ))
}
