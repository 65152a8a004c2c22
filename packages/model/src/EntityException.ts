/**
 * The failures that only entities have, or have in a form of their own.
 *
 * @since 0.1.0
 */
import { type Fields, tagged } from "@armature/aws/AwsException"
import * as DynamoDBException from "@armature/dynamodb/DynamoDBException"
import type { Item } from "@armature/dynamodb/Item"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/**
 * There is no item with the key; only `require` fails with it.
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
