/**
 * The failures that only entities have, or have in a form of their own.
 *
 * @since 0.1.0
 */
import { type Fields, tagged } from "@armature/aws/AwsException"
import type { CancellationCode } from "@armature/dynamodb/DynamoDBException"
import * as DynamoDBException from "@armature/dynamodb/DynamoDBException"
import type { Item } from "@armature/dynamodb/Item"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/**
 * There is no item with the key: for `require`, and for an `update` that has no condition of its own.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ItemNotFoundException extends tagged("ItemNotFoundException")<{
  /** The entity's name. */
  readonly entity: string
}>({
  says: (e) => `there is no ${e.entity} with this key`,
  printed: ["entity"]
}) {}

/**
 * The condition is false: the operation's `if`, what was `given`, or the version that was read. `item` is the item that stands there in
 * wire form, `decoded` an effect that opens and decodes it; both are none where nothing stands there.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class ConditionalCheckFailedException<out A, out E = never, out R = never>
  extends DynamoDBException.ConditionalCheckFailedException<Item>
{
  readonly decoded: Effect.Effect<Option.Option<A>, E, R>
  constructor(
    fields: Fields & {
      readonly item: Option.Option<Item>
      readonly decoded: Effect.Effect<Option.Option<A>, E, R>
    }
  ) {
    super(fields)
    this.decoded = fields.decoded
    // an inspector would show what the effect holds
    Object.defineProperty(this, "decoded", { enumerable: false, get: () => fields.decoded })
  }
}

/**
 * The transaction was canceled, and none of its members applied. `reasons` has the form of the members: why each of them failed, and
 * `None` for each that did not.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class TransactionCanceledException<out Reasons> extends tagged("TransactionCanceledException")<{
  readonly reasons: unknown
  /** AWS's names for the reasons, in the order of the members. */
  readonly codes: ReadonlyArray<CancellationCode>
}>({
  says: (e) => `the transaction was canceled and nothing was applied; by member: ${e.codes.join(", ")}`,
  printed: ["codes"]
}) {
  declare readonly reasons: Reasons
  constructor(fields: Fields & { readonly reasons: Reasons; readonly codes: ReadonlyArray<CancellationCode> }) {
    super(fields)
  }
}
