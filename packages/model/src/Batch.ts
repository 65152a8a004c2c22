/**
 * Batches of operations, over any entities and tables: what fits no request of one item, in as few requests as there can be.
 *
 * @since 0.1.0
 */
import type { BatchGetItemError, BatchWriteItemError, DynamoDB } from "@armature/dynamodb/DynamoDB"
import type { UnprocessedException } from "@armature/dynamodb/DynamoDBException"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as internal from "./internal/batch.js"
import type {
  AnyOperation,
  Fitting,
  MemberOf,
  Members,
  PlanErrorOf,
  PlanRequiresOf,
  ResultOf,
  Results
} from "./internal/memberTypes.js"
import type { Read, ReadInfo, TypeId, Write, WriteInfo } from "./Operation.js"

/**
 * What a write says of itself that a batch can take.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchInfo extends WriteInfo {
  readonly fits: "batch"
}

/**
 * What a batch can take: any read of one item, and writes without condition, version or return value.
 *
 * @since 0.1.0
 * @category models
 */
export type Member = Read<unknown, unknown, unknown, ReadInfo> | Write<unknown, unknown, unknown, BatchInfo>

/**
 * A batch of which some members were done and others not. `unprocessed` are the operations that were certainly not done, `unknown` writes
 * of which it is not known: both can go into a batch again. `items` has the form of the members: what each that was done gives, and
 * `None` for each that was not.
 *
 * @since 0.1.0
 * @category errors
 */
export type Unprocessed<M> = UnprocessedException<
  ReadonlyArray<MemberOf<M>>,
  { readonly [I in keyof M]: Option.Option<ResultOf<M[I]>> }
>

interface Whys {
  readonly transact:
    "no batch takes an update, or what has a condition or a version: it goes alone or into a transaction"
  readonly alone: "no batch takes what returns an item, or has a hook after it: it goes alone"
}

type ServiceError<O> = O extends { readonly [TypeId]: "Read" } ? BatchGetItemError
  : O extends { readonly [TypeId]: "Write" } ? BatchWriteItemError
  : never

type OwnError<E> = E extends { readonly _tag: "UnprocessedException" } ? never : E

/**
 * What a batch of these members can fail with: the service's own failures for reads or for writes, whichever are there, what the members'
 * plans and answers fail with, and what was left over.
 *
 * @since 0.1.0
 * @category errors
 */
export type BatchError<M> =
  | OwnError<ServiceError<MemberOf<M>>>
  | PlanErrorOf<MemberOf<M>>
  | Unprocessed<M>

/**
 * Any number of operations at once, in an array or by names; gives what each of them gives, in the same form.
 *
 * Every plan is made before anything is sent. The reads come first: keys that are equal are read once, 100 in a request; then the writes,
 * 25 in a request. Of several writes on one item the last one is made, and no other; the order among items is open, and none of it is a
 * transaction. A read fails the batch if its item cannot be decoded, and before anything is written.
 *
 * A failure is the service's own where nothing was done. Where some of it was, it is an `UnprocessedException` with the operations that
 * were not done, and those of which it is not known.
 *
 * No old image comes back of a batch: values in S3 that its puts replace, and those of puts that were not done, stay for the sweeper. A
 * put that keeps a value in S3 that was read takes a condition, and is refused here with a `ValidationException`.
 *
 * @example
 * ```ts
 * import { batch } from "@armature/model/Batch"
 * import * as Entity from "@armature/model/Entity"
 * import { key } from "@armature/model/Key"
 * import * as Table from "@armature/model/Table"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const App = Table.make("app", { key: ["pk"] })
 *
 * class User extends Schema.Class<User>("User")({ id: Schema.String, name: Schema.String }) {}
 *
 * const Users = Entity.make(App, User, { primary: { pk: key`USER#${"id"}` } })
 *
 * export const names = batch({ ann: Users.get({ id: "1" }), ben: Users.pick({ id: "2" }, ["name"]) })
 *
 * export const importAll = (users: ReadonlyArray<User>) =>
 *   batch(users.map((user) => Users.put(user))).pipe(
 *     // once more for what was certainly not done
 *     Effect.catchTag("UnprocessedException", (e) => batch(e.unprocessed))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
// the members' types say what each of them gives and fails with, and all of it is lost in their plans
export const batch = internal.batch as <const M extends Members<AnyOperation>>(
  members: Fitting<M, Member, Whys> & M
) => Effect.Effect<Results<M>, BatchError<M>, DynamoDB | PlanRequiresOf<MemberOf<M>>>
