/** Writing: a plan sent alone, and the operations that write or take away whole items. */
import { type AwsException, fieldsOf } from "@armature/aws/AwsException"
import { SerializationException, ValidationException, WriteOutcomeUnknownException } from "@armature/aws/Exceptions"
import type { AttributeValue, ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import { DynamoDB, type Operations } from "@armature/dynamodb/DynamoDB"
import * as D from "@armature/dynamodb/DynamoDBException"
import * as Wire from "@armature/dynamodb/Expression"
import { checkSize, type Item } from "@armature/dynamodb/Item"
import { Blobs } from "@armature/s3/Blobs"
import * as Pointer from "@armature/s3/Pointer"
import { S3AttributeException } from "@armature/s3/S3AttributeException"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { randomBytes } from "node:crypto"
import { ConditionalCheckFailedException } from "../EntityException.js"
import { Ids } from "../Ids.js"
import type { Fits, WriteAction, WritePlan } from "../Operation.js"
import type { Facts } from "./behaviours.js"
import * as behaviours from "./behaviours.js"
import type { Draft } from "./codec.js"
import { claims, type If, render } from "./entityCondition.js"
import { chain, discriminator, type EntityPlan, factsOf, keysOfItem, primaryKey, writeId } from "./entityPlan.js"
import { decode, withTable } from "./entityRead.js"
import { WriteOperation } from "./operation.js"

type AnyPlan = EntityPlan<never>
export type Values = Readonly<Record<string, unknown>>

/** The version that a write makes, and by which id it can be told from another writer's. */
export interface Lock {
  readonly stored: string
  readonly to: number
  readonly id: Uint8Array
}

export type Returns = "NONE" | "ALL_OLD" | "ALL_NEW" | "UPDATED_OLD" | "UPDATED_NEW"

/** A plan, and what sending it alone takes beside. */
export interface Prepared extends WritePlan<unknown, unknown, unknown, unknown> {
  readonly facts: Facts
  readonly lock: Lock | undefined
  /** Values in S3 that the item keeps. */
  readonly kept: behaviours.Prepared<unknown>["kept"]
  /** Whether the condition is there for what is kept, and for nothing that the type of the operation tells. */
  readonly onlyKept: boolean
  /** Of a put: the value as it is written. */
  readonly written?: object | undefined
  /** Whether it may be sent again after an attempt of unknown outcome. */
  readonly resend: "always" | "never" | undefined
}

// ---------------------------------------------------------------------------------------------------------------- sending

type Output = { readonly Attributes?: Item | undefined }

const send = (
  db: DynamoDB.Service,
  action: WriteAction,
  ReturnValues: Returns,
  resend: Prepared["resend"]
): Effect.Effect<Output, unknown> => {
  const options = { resend }
  if (action.Put !== undefined) return db.putItem({ ...action.Put, ReturnValues }, options)
  if (action.Update !== undefined) return db.updateItem({ ...action.Update, ReturnValues }, options)
  if (action.Delete !== undefined) return db.deleteItem({ ...action.Delete, ReturnValues }, options)
  return action.ConditionCheck === undefined ? Effect.succeed({}) : check(db, action.ConditionCheck)
}

type ConditionCheck = NonNullable<WriteAction["ConditionCheck"]>

/** A check alone is a transaction of one, whose single reason is its failure. */
const check = (db: DynamoDB.Service, ConditionCheck: ConditionCheck): Effect.Effect<Output, unknown> =>
  Effect.catchAll(
    Effect.map(db.transactWriteItems({ TransactItems: [{ ConditionCheck }] }), (): Output => ({})),
    (e): Effect.Effect<never, AwsException> => {
      if (e._tag !== "TransactionCanceledException") return Effect.fail(e)
      const [reason] = e.reasons
      const fields = { ...fieldsOf(e), code: reason?.code, awsMessage: reason?.awsMessage }
      switch (reason?.code) {
        case "ConditionalCheckFailed":
          return Effect.fail(new D.ConditionalCheckFailedException({ ...fields, item: reason.item }))
        case "ProvisionedThroughputExceeded":
        case "ThrottlingError":
          return Effect.fail(new D.ProvisionedThroughputExceededException(fields))
        case "TransactionConflict":
          return Effect.fail(new D.TransactionConflictException(fields))
        default:
          return Effect.fail(new ValidationException(fields))
      }
    }
  )

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.compare(a, b) === 0

/** A failure of the service as the entity's own. */
const failed = (write: Prepared, e: unknown): Effect.Effect<Output, unknown> => {
  if (e instanceof D.ConditionalCheckFailedException) return Effect.fail(conditionFailed(write, e))
  const { lock } = write
  if (!(e instanceof WriteOutcomeUnknownException) || lock === undefined) return Effect.fail(e)
  // the condition failed after an attempt of unknown outcome: it may have failed on our own write
  if (!(e.last instanceof D.ConditionalCheckFailedException)) return Effect.fail(e)
  const item: Option.Option<Item> = e.last.item
  if (Option.isNone(item) || item.value[lock.stored]?.N !== String(lock.to)) return Effect.fail(e)
  return sameBytes(item.value[writeId]?.B, lock.id)
    ? Effect.succeed({ Attributes: item.value })
    : Effect.fail(conditionFailed(write, e.last))
}

const conditionFailed = (write: Prepared, e: D.ConditionalCheckFailedException<Item>): unknown =>
  write.onlyKept
    ? new S3AttributeException({ ...fieldsOf(e), reason: "Foreign" })
    : write.failed({ ...fieldsOf(e), item: e.item })

/** Sends a plan alone, and gives what the operation gives. */
const run = (
  plan: AnyPlan,
  returns: Returns,
  answer: (write: Prepared, output: Output, db: DynamoDB.Service) => Effect.Effect<unknown, unknown, unknown>
) =>
(write: Prepared): Effect.Effect<unknown, unknown, unknown> =>
  Effect.flatMap(DynamoDB, (db) => {
    const once = (stored: ReadonlyArray<Pointer.Stored>, wanted: Returns, resend: Prepared["resend"]) =>
      Effect.flatMap(
        write.action(stored),
        (action) => Effect.catchAll(send(db, action, wanted, resend), (e) => failed(write, e))
      )
    const sent = write.values.length === 0
      ? once([], returns, write.resend)
      : Effect.flatMap(Blobs, (blobs) => {
        // what was replaced is told by the old image, and can be deleted
        const wanted = returns === "NONE" && write.lock === undefined ? "ALL_OLD" : returns
        const item = (stored: ReadonlyArray<Pointer.Stored>) =>
          Effect.map(once(stored, wanted, "never"), (value) => ({
            value,
            old: wanted === "ALL_OLD" && value.Attributes !== undefined
              ? replaced(plan, write, value.Attributes)
              : undefined
          }))
        return Effect.flatMap(blobs.write(write.values, item), ({ result }) => result)
      })
    return Effect.flatMap(sent, (output) => answer(write, output, db))
  })

/** What an old image points to, but for what the new item keeps. */
const replaced = (plan: AnyPlan, write: Prepared, old: Item): ReadonlyArray<Blobs.Old> => {
  const kept = new Set(write.kept.map(({ path }) => path.join("\0")))
  return behaviours.pointers(plan.codec, old, write.facts).filter(({ owner }) => !kept.has(owner.path.join("\0")))
}

/** The request with what would go to S3 in the item. */
const inline = (write: WritePlan<unknown, unknown, unknown, unknown>): Either.Either<WriteAction, unknown> =>
  write.action(write.values.map(() => Pointer.inline({ B: new Uint8Array() })))

/** A write as a value; `plan` is made anew for each run. */
export const operation = (
  plan: AnyPlan,
  fits: Fits,
  returns: Returns,
  make: () => Effect.Effect<Prepared, unknown, unknown>,
  answer: (write: Prepared, output: Output, db: DynamoDB.Service) => Effect.Effect<unknown, unknown, unknown>
): WriteOperation => {
  const runs = run(plan, returns, answer)
  // what is run is what `make` made
  return new WriteOperation(fits, make, (write) => runs(write as Prepared), inline)
}

/** The entity's own exception of a failed condition. */
export const failedOf =
  (plan: AnyPlan, table: string): WritePlan<unknown, unknown, unknown, unknown>["failed"] => (fields) =>
    new ConditionalCheckFailedException<unknown, unknown, unknown>({
      ...fields,
      decoded: Option.match(fields.item, {
        onNone: () => Effect.succeedNone,
        // not before somebody asks
        onSome: (item) => Effect.map(Effect.suspend(() => decode(plan, table, item)), Option.some)
      })
    })

// ---------------------------------------------------------------------------------------------------------------- versions

/** A copy of a value of the program with some of its attributes replaced; of a class, an instance of it. */
export const replacing = (value: object, by: Values): object =>
  Object.assign(Object.create(Object.getPrototypeOf(value)), value, by)

export const lockOf = (
  plan: AnyPlan,
  value: Values
): Either.Either<(Lock & { readonly condition: Wire.Condition }) | undefined, SerializationException> => {
  const { version } = plan.filled
  if (version === undefined) return Either.right(undefined)
  const read = value[version.name]
  // a member of a union may have none
  if (read === undefined && version.optional) return Either.right(undefined)
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

// ---------------------------------------------------------------------------------------------------------------- puts

/** `migrate` has a condition of its own in place of the version's. */
type Mode = "put" | "create" | "replace" | "migrate"

const nowUtc = Effect.map(Clock.currentTimeMillis, (millis) => DateTime.unsafeMake(millis))

/** The item with what fills itself: by every put the time of it and what is computed, by `create` ids and the time of creation. */
const filled = (plan: AnyPlan, value: Values, mode: Mode): Effect.Effect<object> => {
  const { computed, createdAt, generated, updatedAt, version } = plan.filled
  const timed = mode === "create" ? [createdAt, updatedAt] : [updatedAt]
  const times = timed.filter((one) => one !== undefined)
  const ids = mode === "create" ? generated.filter(({ attribute }) => value[attribute.name] === undefined) : []
  if (times.length === 0 && ids.length === 0 && computed.length === 0 && mode !== "create") return Effect.succeed(value)
  return Effect.gen(function*() {
    const fills: Record<string, unknown> = {}
    if (mode === "create" && version !== undefined) fills[version.name] = 0
    const now = times.length === 0 ? undefined : yield* nowUtc
    for (const { name } of times) {
      // a time of creation that is given stands
      if (name !== createdAt?.name || value[name] === undefined) fills[name] = now
    }
    const service = yield* Ids
    for (const { attribute, kind } of ids) fills[attribute.name] = yield* service[kind]
    const made = replacing(value, fills)
    for (const { attribute, from } of computed) Object.assign(made, { [attribute.name]: from(made) })
    return made
  })
}

export interface PutOptions {
  readonly if?: If | undefined
  readonly return?: Returns | undefined
}

const beforePut = (plan: AnyPlan, given: object): Effect.Effect<object, unknown, unknown> =>
  plan.hooks?.beforePut?.(given) ?? Either.right(given)

const putPlan = (
  plan: AnyPlan,
  given: object,
  mode: Mode,
  own: If | undefined
): Effect.Effect<Prepared, unknown, unknown> =>
  withTable(
    plan,
    (table) =>
      chain(chain(beforePut(plan, given), (given) => filled(plan, given as Values, mode)), (ready) =>
        chain(lockOf(plan, ready as Values), (lock) => {
          const value = lock === undefined || plan.filled.version === undefined
            ? ready
            : replacing(ready, { [plan.filled.version.name]: lock.to })
          return chain(plan.codec.encode(value as never), (draft) =>
            chain(keysOfItem(plan, draft.item), (keys) => {
              const facts = factsOf(plan, table, keys, (part) =>
                draft.item[part.stored])
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
                    onlyKept: all.conditions.length === 0 && all.raw === undefined,
                    resend: lock === undefined ? undefined : "always",
                    failed: failedOf(plan, table),
                    action: (stored) => {
                      const Item: Item = { ...body.item(stored), ...keys, [discriminator]: { S: plan.name } }
                      if (lock !== undefined) Item[writeId] = { B: lock.id }
                      return Either.map(
                        checkSize(Item, { maxSize: plan.maxSize }),
                        (Item): WriteAction => ({
                          Put: { TableName: table, Item, ...members, ...onFailure(members) }
                        })
                      )
                    }
                  }))
                }))
            }))
        }))
  )

/** The item that stands there is asked for with every condition: it costs nothing, and is decoded only if somebody asks. */
export const onFailure = (members: { readonly ConditionExpression?: string }) =>
  members.ConditionExpression === undefined ? {} : { ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const }

const prepared = (
  draft: Draft,
  facts: Facts
): Effect.Effect<behaviours.Prepared<Record<string, AttributeValue>>, unknown, unknown> =>
  draft.pending.length === 0
    ? Either.right({ values: [], kept: [], item: () => draft.item })
    : behaviours.prepare(draft, facts)

const primaryOf = (plan: AnyPlan, keys: Item): Item => {
  const key: Item = {}
  for (const { attribute } of [...plan.primary.pk, ...plan.primary.sk]) {
    const value = keys[attribute]
    if (value !== undefined) key[attribute] = value
  }
  return key
}

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
      Effect.flatMap(filled(plan, input, "create"), (all) =>
        chain(
          Either.try({
            try: () => construct(all as Values),
            catch: () => new SerializationException({ path: [], reason: "is not what the schema makes" })
          }),
          (item) => putPlan(plan, item, "create", undefined)
        )),
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
              onlyKept: false,
              resend: undefined,
              failed: failedOf(plan, table),
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
