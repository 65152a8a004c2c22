/** A whole table of one entity, page by page, brought to the current schema by conditional writes alone. */
import { ValidationException } from "@armature/aws/Exceptions"
import { DynamoDB } from "@armature/dynamodb/DynamoDB"
import type { Item } from "@armature/dynamodb/Item"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ConditionalCheckFailedException } from "../EntityException.js"
import * as cursors from "./cursor.js"
import { type EntityPlan, primaryOf } from "./entityPlan.js"
import { pageOf, scanRequest } from "./entityQuery.js"
import { decode } from "./entityRead.js"
import { migrateOne, outcome, type Previous } from "./evolution.js"

type AnyPlan = EntityPlan<never>
type Any<A = unknown> = Effect.Effect<A, unknown, unknown>

export interface Options {
  readonly cursor?: string | undefined
  readonly pageSize?: number | undefined
  readonly concurrency?: number | undefined
}

interface Counts {
  readonly read: number
  readonly migrated: number
}

/** Another writer's change is read again so often; each time somebody else got on. */
const attempts = 10

export const run = (plan: AnyPlan, previous: ReadonlyArray<Previous>, options: Options = {}) => {
  const { concurrency = 8, cursor, pageSize } = options
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    return Stream.fail(
      new ValidationException({
        service: "DynamoDB",
        operation: "Scan",
        reason: "`concurrency` is no whole number from 1"
      })
    )
  }
  // as the item is, without what reading it would do
  const plain: AnyPlan = { ...plan, hooks: undefined, evolve: undefined }

  /** Whether it was migrated here. */
  const one = (db: DynamoDB.Service, table: string, item: Item, left = attempts): Any<boolean> =>
    Effect.flatMap(
      outcome(plain, previous, decode(plain, table, item, db), { table, item, db }),
      ({ position, value }) =>
        position === undefined
          ? Effect.succeed(false)
          : Effect.matchEffect(migrateOne(plain, { position, value }, item), {
            onSuccess: () => Effect.succeed(true),
            onFailure: (e) =>
              e instanceof ConditionalCheckFailedException && left > 1
                ? again(db, table, item, left - 1)
                : Effect.fail(e)
          })
    )

  /** Somebody wrote it meanwhile: what stands there now may be of the current schema, or of none. */
  const again = (db: DynamoDB.Service, TableName: string, item: Item, left: number): Any<boolean> => {
    const Key = primaryOf(plan, item)
    return Effect.flatMap(
      db.getItem({ TableName, Key, ConsistentRead: true }),
      ({ Item }) => Item === undefined ? Effect.succeed(false) : one(db, TableName, Item, left)
    )
  }

  return Stream.unwrap(
    Effect.flatMap(DynamoDB, (db) =>
      Effect.map(
        Effect.suspend(() => scanRequest(plain, { consistent: true, cursor, pageSize })),
        (request) =>
          Stream.paginateEffect(
            { start: request.start, counts: { read: 0, migrated: 0 } satisfies Counts as Counts },
            ({ counts, start }) =>
              Effect.flatMap(pageOf(db, request, start), ({ items, next }) =>
                Effect.map(
                  Effect.forEach(items, (item) => one(db, request.input.TableName, item), { concurrency }),
                  (done) => {
                    const all: Counts = {
                      read: counts.read + items.length,
                      migrated: counts.migrated + done.filter((migrated) => migrated).length
                    }
                    const progress = {
                      ...all,
                      cursor: Option.map(Option.fromNullable(next), (key) => cursors.encode(request.cursor, key))
                    }
                    return [
                      progress,
                      Option.map(Option.fromNullable(next), (start) => ({ start, counts: all }))
                    ] as const
                  }
                ))
          )
      ))
  )
}
