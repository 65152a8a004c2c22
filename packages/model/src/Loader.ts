/**
 * Loading: reads that many fibers ask for one by one, within a short while, go to DynamoDB together.
 *
 * @since 0.1.0
 */
import type { DynamoDB } from "@armature/dynamodb/DynamoDB"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { BatchError } from "./Batch.js"
import * as internal from "./internal/loader.js"
import type { PlanRequiresOf, ResultOf } from "./internal/memberTypes.js"
import type { Read, ReadInfo } from "./Operation.js"

/**
 * Options of a loader.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** For how long, from the first that is asked for, reads are gathered before they are sent: what each of them waits at most. */
  readonly window: Duration.DurationInput
}

/**
 * Reads items in batches that their askers do not see.
 *
 * @since 0.1.0
 * @category models
 */
export interface Loader {
  /**
   * What the read gives, out of the batch of its window. A member that the batch leaves over fails whoever asked for it, and no other;
   * so does an item that cannot be decoded. Interrupting it leaves the others; once nobody waits for a batch, it is stopped.
   */
  readonly load: <O extends Read<unknown, unknown, unknown, ReadInfo>>(
    read: O
  ) => Effect.Effect<ResultOf<O>, BatchError<readonly [O]>, PlanRequiresOf<O>>
}

/**
 * A loader, until its scope is closed; who still waits then is interrupted.
 *
 * Any reads of one item can be loaded, of any entity and table. Those that ask for one item in the same way are one read, and all of a window
 * go out in requests of 100. Nothing is remembered beyond that: a read that begins after a write was acknowledged is sent after it.
 *
 * @example
 * ```ts
 * import * as Entity from "@armature/model/Entity"
 * import { key } from "@armature/model/Key"
 * import * as Loader from "@armature/model/Loader"
 * import * as Table from "@armature/model/Table"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * class User extends Schema.Class<User>("User")({ id: Schema.String, name: Schema.String }) {}
 *
 * const Users = Entity.make(Table.make("users", { key: ["pk"] }), User, { primary: { pk: key`USER#${"id"}` } })
 *
 * export const main = Effect.gen(function*() {
 *   const { load } = yield* Loader.make({ window: "5 millis" })
 *   const user = (id: string) => load(Users.get({ id }))
 *   // wherever it is asked from, this is one request for two items
 *   return yield* Effect.all([user("1"), user("2"), user("1")], { concurrency: "unbounded" })
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
// the read's type says what it gives and fails with, and all of it is lost in its plan
export const make = internal.make as (options: Options) => Effect.Effect<Loader, never, DynamoDB | Scope.Scope>
