/**
 * Operations as values: effects that also carry their plan. An operation runs alone by being yielded, goes into a batch or a transaction by
 * its plan, and shows its request by `params`. Each run, and each plan, is an operation of its own: its own clock, ids, seals and object
 * keys. What is piped is an ordinary effect, and no operation any more.
 *
 * @since 0.1.0
 */
import type { Fields } from "@armature/aws/AwsException"
import type { Operations } from "@armature/dynamodb/DynamoDB"
import type { Item } from "@armature/dynamodb/Item"
import type { Blobs } from "@armature/s3/Blobs"
import type { Stored } from "@armature/s3/Pointer"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import * as internal from "./internal/operation.js"

/**
 * The brand of operations.
 *
 * @since 0.1.0
 * @category symbols
 */
export const TypeId: typeof internal.TypeId = internal.TypeId

/**
 * The type of the brand.
 *
 * @since 0.1.0
 * @category symbols
 */
export type TypeId = typeof internal.TypeId

type GetItemInput = Operations["GetItem"]["input"]
type Action = Required<NonNullable<Operations["TransactWriteItems"]["input"]["TransactItems"]>[number]>

// ---------------------------------------------------------------------------------------------------------------- reads

/**
 * A read of one item, ready to be sent: by `GetItem` itself (`input`), or as a member of `BatchGetItem` or `TransactGetItems`, which take
 * the same members of `input` apart.
 *
 * `decode` makes of the item in wire form (`undefined` where there is none) what the operation gives.
 *
 * @since 0.1.0
 * @category plans
 */
export interface ReadPlan<out A, out E, out R> {
  readonly input: GetItemInput & { readonly TableName: string; readonly Key: Item }
  readonly decode: (item: Item | undefined) => Effect.Effect<A, E, R>
}

/**
 * What a read says of itself in its type: `error` and `requires` are what making its plan and decoding its answer can fail with and need,
 * without the service's own.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReadInfo {
  readonly error: unknown
  readonly requires: unknown
}

/**
 * A read of one item that is an effect and carries its plan.
 *
 * @since 0.1.0
 * @category models
 */
export interface Read<out A, out E, out R, out I extends ReadInfo> extends Effect.Effect<A, E, R> {
  readonly [TypeId]: "Read"
  /** The request and how its answer is decoded. */
  readonly plan: Effect.Effect<ReadPlan<A, I["error"], I["requires"]>, I["error"], I["requires"]>
  /** The request as it would be sent. */
  readonly params: Effect.Effect<GetItemInput, I["error"], I["requires"]>
}

// ---------------------------------------------------------------------------------------------------------------- writes

/**
 * Where a write can go: `"batch"` (into batches and transactions: no condition, no version, no return value), `"transact"` (into
 * transactions), `"alone"`.
 *
 * @since 0.1.0
 * @category models
 */
export type Fits = "batch" | "transact" | "alone"

/**
 * What a write says of itself in its type: `error` and `requires` are what making its plan can fail with and need; `condition` is its
 * `ConditionalCheckFailedException`, or `never`.
 *
 * @since 0.1.0
 * @category models
 */
export interface WriteInfo {
  readonly fits: Fits
  readonly error: unknown
  readonly requires: unknown
  readonly condition: unknown
}

/**
 * A write, ready to be sent.
 *
 * `values` are what goes to S3 first. A sender hands those of all its plans to `Blobs.write`, and makes each `action` of what was stored;
 * where all plans have none, it needs no `Blobs`, and `action([])` is the request.
 *
 * @since 0.1.0
 * @category plans
 */
export interface WritePlan<out A, out F, out E, out R> {
  readonly table: string
  /** The item's primary key in wire form. */
  readonly key: Item
  readonly values: ReadonlyArray<Blobs.Value<E, R>>
  /** The request, with a stored value for each of `values`, in order. Too large an item is found here, before it is sent. */
  readonly action: (stored: ReadonlyArray<Stored>) => Either.Either<WriteAction, E>
  /** The failed condition as the entity's own exception; `item` is what stands there, as the failure or the reason says. */
  readonly failed: (fields: Fields & { readonly item: Option.Option<Item> }) => F
  /** What the operation gives when it was applied, and nothing was returned. */
  readonly value: A
}

/**
 * The request of a write, in the SDK's own shape: exactly one member is there.
 *
 * @since 0.1.0
 * @category plans
 */
export type WriteAction =
  | { readonly Put: Action["Put"]; readonly Update?: never; readonly Delete?: never; readonly ConditionCheck?: never }
  | {
    readonly Put?: never
    readonly Update: Action["Update"]
    readonly Delete?: never
    readonly ConditionCheck?: never
  }
  | {
    readonly Put?: never
    readonly Update?: never
    readonly Delete: Action["Delete"]
    readonly ConditionCheck?: never
  }
  | {
    readonly Put?: never
    readonly Update?: never
    readonly Delete?: never
    readonly ConditionCheck: Action["ConditionCheck"]
  }

/**
 * A write of one item that is an effect and carries its plan.
 *
 * @since 0.1.0
 * @category models
 */
export interface Write<out A, out E, out R, out I extends WriteInfo> extends Effect.Effect<A, E, R> {
  readonly [TypeId]: "Write"
  readonly fits: I["fits"]
  /** A new write: its own ids, clock, seals and uploads. */
  readonly plan: Effect.Effect<WritePlan<A, I["condition"], I["error"], I["requires"]>, I["error"], I["requires"]>
  /** The request that the write would send. What it would put in S3 stands in the item, as if it were small. */
  readonly params: Effect.Effect<WriteAction, I["error"], I["requires"]>
}

/**
 * Whether a value is an operation.
 *
 * @since 0.1.0
 * @category guards
 */
export const isOperation = (
  u: unknown
): u is Read<unknown, unknown, unknown, ReadInfo> | Write<unknown, unknown, unknown, WriteInfo> =>
  internal.isOperation(u)
