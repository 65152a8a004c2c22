/** Sending the plan of one write alone: what its answer, or the lack of one, says, and what of its values in S3 is deleted then. */
import { type AwsException, fieldsOf } from "@armature/aws/AwsException"
import { ValidationException, WriteOutcomeUnknownException } from "@armature/aws/Exceptions"
import { DynamoDB } from "@armature/dynamodb/DynamoDB"
import * as D from "@armature/dynamodb/DynamoDBException"
import type { Item } from "@armature/dynamodb/Item"
import { Blobs } from "@armature/s3/Blobs"
import * as Pointer from "@armature/s3/Pointer"
import { S3AttributeException } from "@armature/s3/S3AttributeException"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Option from "effect/Option"
import { ConditionalCheckFailedException, ItemNotFoundException } from "../EntityException.js"
import type { Fits, WriteAction, WritePlan } from "../Operation.js"
import type { Facts } from "./behaviours.js"
import * as behaviours from "./behaviours.js"
import { type EntityPlan, writeId } from "./entityPlan.js"
import { decode } from "./entityRead.js"
import { WriteOperation } from "./operation.js"

type AnyPlan = EntityPlan<never>

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
  /** Whether it takes away or replaces what stands at a stored path, in S3 perhaps; undefined where nothing of an item's can be there. */
  readonly drops: ((path: ReadonlyArray<string>) => boolean) | undefined
  /** Of a put: the value as it is written. */
  readonly written?: object | undefined
  /** Whether it may be sent again after an attempt of unknown outcome. */
  readonly resend: "always" | "never" | undefined
}

// ---------------------------------------------------------------------------------------------------------------- sending

/** `now`: the image is the item as it stands now, and no old one, whatever was asked for. */
type Output = { readonly Attributes?: Item | undefined; readonly now?: true }

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
    ? Effect.succeed({ Attributes: item.value, now: true })
    : Effect.fail(conditionFailed(write, e.last))
}

const conditionFailed = (write: Prepared, e: D.ConditionalCheckFailedException<Item>): unknown =>
  write.failed({ ...fieldsOf(e), item: e.item })

/** Whether the item as it now stands, by which our own write is known, tells what is returned. */
export const canTell = (returns: Returns): boolean => returns === "NONE" || returns === "ALL_NEW"

/**
 * Sends a plan alone, and gives what the operation gives. What the write replaces or takes away in S3 is told by the old image, which is asked
 * for wherever something can be there and no other image was; and is deleted, if there is somebody who can.
 */
const run = (
  plan: AnyPlan,
  returns: Returns,
  answer: (write: Prepared, output: Output, db: DynamoDB.Service) => Effect.Effect<unknown, unknown, unknown>
) =>
(made: Prepared): Effect.Effect<unknown, unknown, unknown> =>
  Effect.flatMap(DynamoDB, (db) => {
    const write = made.lock === undefined || canTell(returns) ? made : { ...made, lock: undefined, resend: undefined }
    const once = (stored: ReadonlyArray<Pointer.Stored>, wanted: Returns, resend: Prepared["resend"]) =>
      Effect.flatMap(
        write.action(stored),
        (action) => Effect.catchAll(send(db, action, wanted, resend), (e) => failed(write, e))
      )
    const settled = (blobs: Blobs.Service) => {
      const wanted = returns === "NONE" && write.drops !== undefined ? "ALL_OLD" : returns
      const resend = write.values.length === 0 ? write.resend : "never"
      const item = (stored: ReadonlyArray<Pointer.Stored>) =>
        Effect.map(once(stored, wanted, resend), (output) => ({
          value: output,
          old: wanted.endsWith("_OLD") && output.now !== true && output.Attributes !== undefined
            ? dropped(plan, write, output.Attributes)
            : undefined
        }))
      return Effect.flatMap(blobs.write(write.values, item), ({ result }) => result)
    }
    const sent = write.values.length > 0
      ? Effect.flatMap(Blobs, settled)
      : plan.offloaded && write.drops !== undefined
      // who deletes an item need not be able to write one
      ? Effect.flatMap(
        Effect.serviceOption(Blobs),
        Option.match({
          onNone: () => once([], returns, write.resend),
          onSome: settled
        })
      )
      : once([], returns, write.resend)
    return Effect.flatMap(sent, (output) => answer(write, output, db))
  })

/** What an old image points to and the write takes away, but for what the new item keeps. */
const dropped = (plan: AnyPlan, write: Prepared, old: Item): ReadonlyArray<Blobs.Old> => {
  const kept = new Set(write.kept.map(({ path }) => path.join("\0")))
  return behaviours.pointers(plan.codec, old, write.facts)
    .filter(({ owner: { path } }) => write.drops?.(path) === true && !kept.has(path.join("\0")))
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

/**
 * A failed condition as the entity's own exception. `told`: the condition is one that the operation's type tells. Any other is the model's
 * own: that an item which is changed stands there (`exists`), and that what is kept in S3 is still what it points to.
 */
export const failedOf = (
  plan: AnyPlan,
  table: string,
  told: boolean,
  exists = false
): WritePlan<unknown, unknown, unknown, unknown>["failed"] =>
(fields) => {
  if (!told) {
    return exists && Option.isNone(fields.item)
      ? new ItemNotFoundException({ ...fields, resource: table, entity: plan.name })
      : new S3AttributeException({ ...fields, reason: "Foreign" })
  }
  return new ConditionalCheckFailedException<unknown, unknown, unknown>({
    ...fields,
    decoded: Option.match(fields.item, {
      onNone: () => Effect.succeedNone,
      // not before somebody asks
      onSome: (item) => Effect.map(Effect.suspend(() => decode(plan, table, item)), Option.some)
    })
  })
}

/** The item that stands there is asked for with every condition: it costs nothing, and is decoded only if somebody asks. */
export const onFailure = (members: { readonly ConditionExpression?: string }) =>
  members.ConditionExpression === undefined ? {} : { ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const }
