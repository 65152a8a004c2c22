/** Writing or taking away a whole item: the plans of the operations, and what an item takes up. */
import { SerializationException } from "@armature/aws/Exceptions"
import type { AttributeValue, ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import type { DynamoDB, Operations } from "@armature/dynamodb/DynamoDB"
import * as Wire from "@armature/dynamodb/Expression"
import { checkSize, type Item } from "@armature/dynamodb/Item"
import type * as Pointer from "@armature/s3/Pointer"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { randomBytes } from "node:crypto"
import type { Fits, WriteAction } from "../Operation.js"
import { chain } from "./atOnce.js"
import type { Facts } from "./behaviours.js"
import * as behaviours from "./behaviours.js"
import type { Draft } from "./codec.js"
import { claims, type If, render } from "./entityCondition.js"
import {
  discriminator,
  type EntityPlan,
  factsOf,
  keysOfItem,
  primaryKey,
  primaryOf,
  withoutKeyAttributes,
  writeId
} from "./entityPlan.js"
import { decode, withTable } from "./entityRead.js"
import { failedOf, type Lock, onFailure, operation, type Prepared, type Returns } from "./entitySend.js"
import { filled, replacing, type Values } from "./filled.js"
import type { WriteOperation } from "./operation.js"
import { assumed, report, type SizeReport } from "./size.js"

type AnyPlan = EntityPlan<never>

// ---------------------------------------------------------------------------------------------------------------- versions

export const lockOf = (
  plan: AnyPlan,
  value: Values
): Either.Either<(Lock & { readonly condition: Wire.Condition }) | undefined, SerializationException> => {
  const { version } = plan.filled
  if (version === undefined) return Either.right(undefined)
  const read = value[version.name]
  if (typeof read !== "number" || !Number.isSafeInteger(read) || read < 0) {
    return Either.left(
      new SerializationException({ path: [version.name], reason: "is no version: a whole number from 0" })
    )
  }
  return Either.right({
    stored: version.stored,
    to: read + 1,
    id: Uint8Array.from(randomBytes(16)),
    condition: read === 0 ? missingItem(plan) : Wire.eq([version.stored], Wire.attributeValue({ N: String(read) }))
  })
}

const primaryName = (plan: AnyPlan): string => plan.primary.pk[0]?.attribute ?? ""

/** Nothing stands at the key. */
const missingItem = (plan: AnyPlan): Wire.Condition => Wire.attributeNotExists([primaryName(plan)])

/** Something stands at the key. */
export const existingItem = (plan: AnyPlan): Wire.Condition => Wire.attributeExists([primaryName(plan)])

/** What is kept in S3 is still what stands there. */
export const keptConditions = (kept: Prepared["kept"]): ReadonlyArray<Wire.Condition> =>
  kept.map(({ path, value }) => {
    const [name, ...steps] = path
    // a pointer as it was read, which DynamoDB only compares
    return Wire.eq([name ?? "", ...steps], Wire.attributeValue(value as AttributeValue))
  })

const everything = (): boolean => true

// ---------------------------------------------------------------------------------------------------------------- puts

/** `migrate` has a condition of its own in place of the version's. */
type Mode = "put" | "create" | "replace" | "migrate"

export interface PutOptions {
  readonly if?: If | undefined
  readonly return?: Returns | undefined
}

const beforePut = (plan: AnyPlan, given: object): Effect.Effect<object, unknown, unknown> =>
  plan.hooks?.beforePut?.(given) ?? Either.right(given)

/** An item as it is written whole, but for what is sealed and what goes to S3. */
interface Whole {
  readonly value: object
  readonly lock: Effect.Effect.Success<ReturnType<typeof lockOf>>
  readonly draft: Draft
  readonly keys: Item
  readonly facts: Facts
}

const whole = (plan: AnyPlan, table: string, given: Values, mode: Mode): Effect.Effect<Whole, unknown, unknown> =>
  chain(filled(plan, given, mode === "create"), (ready) =>
    chain(lockOf(plan, ready as Values), (lock) => {
      const value = lock === undefined || plan.filled.version === undefined
        ? ready
        : replacing(ready, { [plan.filled.version.name]: lock.to })
      return chain(
        plan.codec.encode(value as never),
        (draft) =>
          Either.map(keysOfItem(plan, draft.item), (keys): Whole => ({
            value,
            lock,
            draft,
            keys,
            facts: factsOf(plan, table, keys, (part) => draft.item[part.stored])
          }))
      )
    }))

type Body = behaviours.Prepared<Record<string, AttributeValue>>

/** The item in wire form. */
const itemOf = (plan: AnyPlan, { keys, lock }: Whole, body: Body, stored: ReadonlyArray<Pointer.Stored>): Item => {
  const item = withoutKeyAttributes(plan, { ...body.item(stored), ...keys, [discriminator]: { S: plan.name } })
  if (lock !== undefined) item[writeId] = { B: lock.id }
  return item
}

const putPlan = (
  plan: AnyPlan,
  given: object,
  mode: Mode,
  own: If | undefined
): Effect.Effect<Prepared, unknown, unknown> =>
  withTable(
    plan,
    (table) =>
      chain(chain(beforePut(plan, given), (given) => whole(plan, table, given as Values, mode)), (made) => {
        const { draft, facts, keys, lock, value } = made
        const added = [
          ...(lock === undefined || mode === "migrate" ? [] : [lock.condition]),
          ...(mode === "create" && lock === undefined ? [missingItem(plan)] : []),
          ...(mode === "replace" ? [existingItem(plan)] : [])
        ]
        return chain(claims(plan, own, added), (all) =>
          chain(prepared(draft, facts), (body) => {
            const conditions = lock === undefined
              ? [...all.conditions, ...keptConditions(body.kept)]
              : all.conditions
            return Either.map(render({ ...all, conditions }), (members): Prepared => ({
              table,
              key: primaryOf(plan, keys),
              values: body.values,
              value: plan.filled.version === undefined && mode !== "create" ? undefined : value,
              written: value,
              facts,
              lock,
              kept: body.kept,
              // where an item is created none stood
              drops: mode === "create" ? undefined : everything,
              resend: lock === undefined ? undefined : "always",
              failed: failedOf(plan, table, all.conditions.length > 0 || all.raw !== undefined),
              action: (stored) =>
                Either.map(
                  checkSize(itemOf(plan, made, body, stored), { maxSize: plan.maxSize }),
                  (Item): WriteAction => ({ Put: { TableName: table, Item, ...members, ...onFailure(members) } })
                )
            }))
          }))
      })
  )

/** What an item takes up as a put would write it. */
export const size = (plan: AnyPlan) => (item: object): Effect.Effect<SizeReport, unknown, unknown> =>
  Effect.suspend(() =>
    // no size depends on the table's own name
    chain(whole(plan, plan.table.logicalName, item as Values, "put"), (made) =>
      chain(prepared(made.draft, made.facts), (body) =>
        Either.right(
          report(plan.table.plan, itemOf(plan, made, body, body.values.map(assumed)), plan.maxSize)
        )))
  )

const prepared = (
  draft: Draft,
  facts: Facts
): Effect.Effect<Body, unknown, unknown> =>
  draft.pending.length === 0
    ? Either.right({ values: [], kept: [], item: () => draft.item })
    : behaviours.prepare(draft, facts)

const old = (
  plan: AnyPlan,
  table: string,
  item: Readonly<Record<string, ReadonlyAttributeValue>> | undefined,
  db: DynamoDB.Service
): Effect.Effect<unknown, unknown, unknown> =>
  item === undefined ? Effect.succeedNone : Effect.map(decode(plan, table, item, db), Option.some)

const fitsOf = (returns: Returns, conditional: boolean): Fits =>
  returns !== "NONE" ? "alone" : conditional ? "transact" : "batch"

export const put = (plan: AnyPlan) => (item: object, options: PutOptions = {}): WriteOperation => {
  const returns = options.return ?? "NONE"
  return operation(
    plan,
    fitsOf(returns, options.if !== undefined || plan.filled.version !== undefined),
    returns,
    () => putPlan(plan, item, "put", options.if),
    (write, { Attributes }, db) =>
      returns === "NONE" ? Effect.succeed(write.value) : old(plan, write.table, Attributes, db)
  )
}

export const replace = (plan: AnyPlan) => (item: object): WriteOperation =>
  operation(
    plan,
    "transact",
    "NONE",
    () => putPlan(plan, item, "replace", undefined),
    ({ value }) => Effect.succeed(value)
  )

/** Writes a migrated item over the one that it was made of, which the condition tells; gives it as it was written. */
export const migrateItem = (plan: AnyPlan) => (item: object, unchanged: If): WriteOperation =>
  operation(
    plan,
    "transact",
    "NONE",
    () => putPlan(plan, item, "migrate", unchanged),
    ({ written }) => Effect.succeed(written)
  )

export const create = (plan: AnyPlan, construct: (input: Values) => object) => (input: Values): WriteOperation =>
  operation(
    plan,
    "transact",
    "NONE",
    () =>
      chain(
        Either.try({
          // what fills itself may be made of what has a default
          try: () => construct(input),
          catch: () => new SerializationException({ path: [], reason: "is not what the schema makes" })
        }),
        (made) => {
          const write = (item: object) => putPlan(plan, item, "create", undefined)
          // once more before hooks see it
          return plan.hooks?.beforePut === undefined
            ? write(made)
            : chain(filled(plan, made as Values, true), write)
        }
      ),
    ({ value }) => Effect.succeed(value)
  )

// ---------------------------------------------------------------------------------------------------------------- by key

/** A write of a key with a condition and nothing else. */
const keyPlan = (
  plan: AnyPlan,
  key: Values,
  own: If | undefined,
  locked: boolean,
  action: (members: { readonly TableName: string; readonly Key: Item } & Conditioned) => WriteAction
): Effect.Effect<Prepared, unknown, unknown> =>
  withTable(
    plan,
    (table) =>
      chain(primaryKey(plan, key), ({ key: Key, parts }) =>
        chain(locked ? lockOf(plan, key) : Either.right(undefined), (lock) =>
          chain(claims(plan, own, lock === undefined ? [] : [lock.condition]), (all) =>
            Either.map(render(all), (members): Prepared => ({
              table,
              key: Key,
              values: [],
              value: undefined,
              facts: factsOf(plan, table, Key, (part) =>
                parts.get(part.name)),
              // whoever takes an item away leaves no id by which that could be told
              lock: undefined,
              kept: [],
              drops: locked ? everything : undefined,
              resend: undefined,
              failed: failedOf(plan, table, true),
              action: () =>
                Either.right(action({ TableName: table, Key, ...members, ...onFailure(members) }))
            })))))
  )

type Conditioned = Pick<
  Operations["DeleteItem"]["input"],
  | "ConditionExpression"
  | "ExpressionAttributeNames"
  | "ExpressionAttributeValues"
  | "ReturnValuesOnConditionCheckFailure"
>

export const delete_ = (plan: AnyPlan) => (key: Values, options: PutOptions = {}): WriteOperation => {
  const returns = options.return ?? "NONE"
  return operation(
    plan,
    fitsOf(returns, options.if !== undefined || plan.filled.version !== undefined),
    returns,
    () => keyPlan(plan, key, options.if, true, (Delete) => ({ Delete })),
    (write, { Attributes }, db) => returns === "NONE" ? Effect.void : old(plan, write.table, Attributes, db)
  )
}

export const checkItem = (plan: AnyPlan) => (key: Values, own: If): WriteOperation =>
  operation(
    plan,
    "transact",
    "NONE",
    () =>
      keyPlan(plan, key, own, false, ({ ConditionExpression, ...others }) => ({
        ConditionCheck: { ...others, ConditionExpression: ConditionExpression ?? "" }
      })),
    () => Effect.void
  )
