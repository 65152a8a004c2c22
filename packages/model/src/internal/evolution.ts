/** Items of earlier schemas: found where the current one does not decode, migrated, and written back where nothing has changed since. */
import { SerializationException } from "@armature/aws/Exceptions"
import * as Telemetry from "@armature/aws/Telemetry"
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import { DynamoDB } from "@armature/dynamodb/DynamoDB"
import * as Wire from "@armature/dynamodb/Expression"
import type { ReadonlyItem } from "@armature/dynamodb/Item"
import { EncryptionException } from "@armature/kms/EncryptionException"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import { ConditionalCheckFailedException } from "../EntityException.js"
import type { From } from "./around.js"
import { chain } from "./atOnce.js"
import { compile } from "./codec.js"
import { Condition } from "./condition.js"
import { discriminator, type EntityPlan, writeId } from "./entityPlan.js"
import { decode } from "./entityRead.js"
import { migrateItem } from "./entityWrite.js"
import { replacing } from "./filled.js"

type AnyPlan = EntityPlan<never>
type Any<A = unknown> = Effect.Effect<A, unknown, unknown>

/** An earlier schema, as the entity's plan would be with it, and what makes a current value of its values. */
export interface Previous {
  readonly plan: AnyPlan
  readonly migrate: (old: never) => unknown
}

export const counterKey = Telemetry.counterKey("armature.entity.migrations")

const update = Telemetry.labelled(counterKey)

/** Labels are the program's own names and a position: as many as there are schemas. */
const count = (plan: AnyPlan, position: number, outcome: "read" | "written" | "conflict" | "failed"): void =>
  update(1, { entity: plan.name, schema: String(position + 1), outcome })

/** Throws what cannot be stored: it is a fault of the program's text. */
export const compilePrevious = (
  plan: AnyPlan,
  schema: Schema.Schema.All,
  migrate: Previous["migrate"],
  position: number
): Previous => {
  // its type is what `Evolution.from` declares
  const compiled = compile(schema as unknown as Schema.Schema<never, unknown, unknown>)
  if (Either.isLeft(compiled)) {
    const { path, problem } = compiled.left
    throw new Error(`${plan.name}, previous schema ${position + 1}: the attribute at ${path.join(".")} ${problem}`)
  }
  const codec = compiled.right
  const { attributes } = codec
  return {
    migrate,
    plan: {
      ...plan,
      codec,
      bound: attributes.some(({ offloaded, sealed }) => offloaded || sealed),
      offloaded: attributes.some(({ offloaded }) => offloaded),
      hooks: undefined,
      evolve: undefined
    }
  }
}

const migrated = ({ migrate }: Previous, old: unknown): Either.Either<unknown, SerializationException> =>
  Either.try({
    // what the earlier schema decoded is what the function takes
    try: () => migrate(old as never),
    catch: () => new SerializationException({ path: [], reason: "makes the function that migrates it throw" })
  })

/** A value, and the position of the earlier schema that it had, if any. */
export interface Outcome {
  readonly value: unknown
  readonly position: number | undefined
}

/** The attributes in which something stands in clear that is sealed now. What is binary may have been sealed, and is none of them. */
const inClear = (plan: AnyPlan, item: ReadonlyItem): ReadonlyArray<string> =>
  Either.match(plan.codec.open(item), {
    onLeft: () => [],
    onRight: ({ holes }) =>
      holes.flatMap(({ path: [attribute], place: { how }, value }) =>
        attribute !== undefined && how.sealed !== undefined && how.offloaded === undefined && value.B === undefined
          ? [attribute]
          : []
      )
  })

/** Whether an earlier schema has these attributes, and in clear. */
const hasInClear = ({ plan: { codec } }: Previous, names: ReadonlyArray<string>): boolean =>
  names.every((name) => codec.attributes.some(({ sealed, stored }) => stored === name && !sealed))

/** An item by the current schema, or else the first earlier one that fits; with none of them, why the current one does not. */
export const outcome = (
  plan: AnyPlan,
  previous: ReadonlyArray<Previous>,
  current: Any,
  { db, item, table }: Omit<From, "writable">
): Any<Outcome> => {
  const recover = (first: unknown): Any<Outcome> => {
    const clear = first instanceof EncryptionException ? inClear(plan, item) : []
    // what cannot be opened is no older item, but one that was tampered with; what was never sealed may be one
    if (!(first instanceof SerializationException) && clear.length === 0) return Effect.fail(first)
    const from = (position: number): Any<Outcome> => {
      const one = previous[position]
      if (one === undefined) return Effect.fail(first)
      if (!hasInClear(one, clear)) return from(position + 1)
      return Effect.matchEffect(decode(one.plan, table, item, db), {
        onFailure: (e) => e instanceof SerializationException ? from(position + 1) : Effect.fail(e),
        onSuccess: (old) => Either.map(migrated(one, old), (value): Outcome => ({ value, position }))
      })
    }
    return from(0)
  }
  if (Either.isEither(current)) {
    // an Either that is an Effect of unknown
    return Either.isRight(current) ? Either.right({ value: current.right, position: undefined }) : recover(current.left)
  }
  return Effect.matchEffect(current, {
    onFailure: recover,
    onSuccess: (value) => Effect.succeed<Outcome>({ value, position: undefined })
  })
}

/** The item is what was read: its version is, or everything that an entity writes. */
const unchanged = (plan: AnyPlan, item: ReadonlyItem): Condition => {
  const version = plan.filled.version?.stored
  const names = version !== undefined && item[version] !== undefined
    ? [...plan.primary.all.map(({ attribute }) => attribute), version]
    : [
      ...new Set([
        ...Object.keys(item),
        ...plan.codec.attributes.map(({ stored }) => stored),
        ...plan.secondary.flatMap(({ all }) => all.map(({ attribute }) => attribute)),
        discriminator,
        writeId
      ])
    ]
  const [first, ...more] = names.map((name) => {
    const value = item[name]
    // DynamoDB only compares it
    return value === undefined
      ? Wire.attributeNotExists([name])
      : Wire.eq([name], Wire.attributeValue(value as AttributeValue))
  })
  return new Condition([], () => first === undefined ? Wire.attributeExists([discriminator]) : Wire.and(first, ...more))
}

/** Writes a migrated value over the item that it was made of, if that has not changed; gives it as written. */
const writeBack = (plan: AnyPlan, value: unknown, item: ReadonlyItem): Any => {
  const { version } = plan.filled
  const stored = version === undefined ? undefined : item[version.stored]?.N
  // the version is the item's, whatever the migration says; an item that had none begins with it
  const known = version === undefined ? value : replacing(value as object, {
    [version.name]: stored === undefined ? 0 : Number(stored)
  })
  // a migrated value is one of the entity's, and those are structs
  return migrateItem({ ...plan, hooks: undefined })(known as object, () => unchanged(plan, item))
}

/** Reads items of earlier schemas, too, and writes them back where that is asked for and they can be. */
export const evolve =
  (plan: AnyPlan, previous: ReadonlyArray<Previous>, write: boolean) => (current: Any, from: From): Any =>
    chain(outcome(plan, previous, current, from), ({ position, value }) => {
      if (position === undefined) return Either.right(value)
      const { db, item, writable } = from
      if (!write || !writable || db === undefined) {
        count(plan, position, "read")
        return Either.right(value)
      }
      return Effect.matchEffect(Effect.provideService(writeBack(plan, value, item), DynamoDB, db), {
        onSuccess: (written) => Effect.sync(() => (count(plan, position, "written"), written)),
        // who reads is not troubled by it: the item stays as it was, and is migrated again when it is read again
        onFailure: (e) => Effect.sync(() => (count(plan, position, outcomeOf(e)), value))
      })
    })

const outcomeOf = (e: unknown): "conflict" | "failed" =>
  e instanceof ConditionalCheckFailedException ? "conflict" : "failed"

/** As `evolve` writes, for a migration: what happened is counted, and failures stay. */
export const migrateOne = (
  plan: AnyPlan,
  { position, value }: Outcome & { readonly position: number },
  item: ReadonlyItem
) =>
  Effect.tapBoth(writeBack(plan, value, item), {
    onSuccess: () => Effect.sync(() => count(plan, position, "written")),
    onFailure: (e) => Effect.sync(() => count(plan, position, outcomeOf(e)))
  })
