/**
 * What can be done with a write before it is run.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as internal from "./internal/idempotent.js"

/**
 * Freezes a write: gives an effect that can be run again as the same write. The first run fixes its token and its bytes; each later run
 * sends those, whatever has become of the input, goes on from what is unknown of the earlier ones (the last request is sent 8 minutes
 * after the first, then it fails with `WriteOutcomeUnknownException`), and once there was an answer gives that.
 *
 * The effect makes one write: `transactWriteItems`, `executeTransaction`, or a single write with `idempotent: true`. Another write, or
 * a second one, fails with a `ValidationException`; it may read as it likes.
 *
 * @example
 * ```ts
 * import * as DynamoDB from "@armature/dynamodb/DynamoDB"
 * import * as Operation from "@armature/dynamodb/Operation"
 * import * as Effect from "effect/Effect"
 * import * as Schedule from "effect/Schedule"
 *
 * export const count = Effect.gen(function*() {
 *   const db = yield* DynamoDB.DynamoDB
 *   const increment = yield* Operation.freeze(
 *     db.updateItem({
 *       TableName: "users",
 *       Key: { id: { S: "1" } },
 *       UpdateExpression: "ADD visits :one",
 *       ExpressionAttributeValues: { ":one": { N: "1" } }
 *     }, { idempotent: true })
 *   )
 *   // counts one visit, however often it is tried
 *   yield* increment.pipe(Effect.retry(Schedule.spaced("10 seconds").pipe(Schedule.intersect(Schedule.recurs(20)))))
 * })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const freeze: <A, E, R>(write: Effect.Effect<A, E, R>) => Effect.Effect<Effect.Effect<A, E, R>> = internal.freeze
