/**
 * Migrating a whole table to an entity's current schema, while programs read and write it.
 *
 * @since 0.1.0
 */
import type { ValidationException } from "@armature/aws/Exceptions"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type * as Entity from "./Entity.js"
import type { Evolved } from "./Evolution.js"
import type { EntityPlan } from "./internal/entityPlan.js"
import type * as T from "./internal/entityTypes.js"
import * as internal from "./internal/migration.js"

/**
 * How a table is migrated.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Where to go on: the `cursor` of a `Progress` of the same entity. One that is not is a `ValidationException`. */
  readonly cursor?: string | undefined
  /** How many items DynamoDB reads for one page. */
  readonly pageSize?: number | undefined
  /** How many items of a page are written at a time. Default: 8. */
  readonly concurrency?: number | undefined
}

/**
 * How far a migration has come: what it did since it was begun, or gone on with.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** The entity's items that were looked at. */
  readonly read: number
  /** Those of them that were of an earlier schema and were written. */
  readonly migrated: number
  /** Where to go on if the program ends here: all before it is migrated. None where the table is done. */
  readonly cursor: Option.Option<string>
}

/**
 * What a migration can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type MigrationError<A, E, R, N, H extends T.Around> =
  | DynamoDB.ScanError
  | DynamoDB.GetItemError
  | DynamoDB.PutItemError
  | Entity.PutPlanError<E, N>
  | Entity.ReadPlanError<E, H["load"]["error"]>
  | T.ConditionFailed<A, E, R>
  | ValidationException

/**
 * Reads all items of the entity with strong consistency and writes those of an earlier schema as the current one has them, a page at a
 * time; after each page it says how far it has come. It can be interrupted, run again, and run twice at once.
 *
 * Other programs may write meanwhile: an item is written only if it is still what was read, by its version or by all of its attributes, and
 * is else read again. One that goes on changing is a `ConditionalCheckFailedException`, and one that no schema decodes ends the migration,
 * too: then it goes on from the last cursor. Programs that write by an earlier schema after their item was passed leave it so: run the
 * migration when there are none any more. The whole table is read, and paid for.
 *
 * @example
 * ```ts
 * import * as Entity from "@armature/model/Entity"
 * import * as Evolution from "@armature/model/Evolution"
 * import { key } from "@armature/model/Key"
 * import * as Migration from "@armature/model/Migration"
 * import * as Table from "@armature/model/Table"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import * as Stream from "effect/Stream"
 *
 * const UserV1 = Schema.Struct({ id: Schema.String, name: Schema.String })
 * class User extends Schema.Class<User>("User")({ id: Schema.String, names: Schema.Array(Schema.String) }) {}
 *
 * const App = Table.make("app", { key: ["pk"] })
 * const Users = Evolution.make(Entity.make(App, User, { primary: { pk: key`USER#${"id"}` } }), {
 *   previous: [Evolution.from(UserV1, ({ id, name }) => new User({ id, names: name.split(" ") }))]
 * })
 *
 * export const program = Migration.run(Users).pipe(
 *   Stream.runForEach(({ migrated, read }) => Effect.logInfo(`${migrated} of ${read} migrated`))
 * )
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const run = <A, E, R, X extends T.AnyKeys, N, H extends T.Around>(
  entity: Evolved<A, E, R, X, N, H>,
  options?: Options
): Stream.Stream<
  Progress,
  MigrationError<A, E, R, N, H>,
  DynamoDB.DynamoDB | T.EncodeRequires<E, R> | T.DecodeRequires<E, R> | H["load"]["requires"]
> =>
  // operations are built by the plan, whose types are lost in it
  internal.run(entity.plan as unknown as EntityPlan<never>, entity.previous, options) as unknown as Stream.Stream<
    Progress,
    MigrationError<A, E, R, N, H>,
    DynamoDB.DynamoDB | T.EncodeRequires<E, R> | T.DecodeRequires<E, R> | H["load"]["requires"]
  >
