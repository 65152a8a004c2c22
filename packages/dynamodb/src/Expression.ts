/**
 * Expressions as plain, immutable values: conditions, filters, key conditions, projections and updates, put together with functions and
 * rendered into the members of a request. Every name and value becomes a placeholder, so that no attribute name is a reserved word
 * or needs care, and nothing that a program puts in can become syntax.
 *
 * A path is an attribute's name, whatever characters it has (`"a.b"` is one name), or the steps to something within: `["orders", 0,
 * "total"]`. The first argument of a function is a path; those after it are native values, as `AttributeValue.encode` takes them. Where
 * it is to be otherwise, `path`, `value`, `attributeValue` and `size` say so.
 *
 * @example
 * ```ts
 * import * as Expression from "@armature/dynamodb/Expression"
 *
 * export const input = Expression.render({
 *   update: [Expression.set("status", "paid"), Expression.set("count", Expression.plus("count", 1)), Expression.remove("note")],
 *   condition: Expression.and(Expression.attributeExists("id"), Expression.lt(["totals", 0], 100))
 * })
 * // ConditionExpression: "attribute_exists(#n0) AND #n1[0] < :v0"
 * // UpdateExpression: "SET #n2 = :v1, #n3 = #n3 + :v2 REMOVE #n4"
 * ```
 *
 * @since 0.1.0
 */
import type { SerializationException, ValidationException } from "@armature/aws/Exceptions"
import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import type { Either } from "effect/Either"
import * as internal from "./internal/expression.js"
import type * as tree from "./internal/expressionTree.js"
import { TypeId } from "./internal/expressionTree.js"
import type { Item } from "./internal/items.js"

// ---------------------------------------------------------------------------------------------------------------- operands

/**
 * The name of an attribute, or the steps to something within it: names of a map's members, positions in a list from 0.
 *
 * @since 0.1.0
 * @category models
 */
export type Path = tree.Path

/**
 * A path or a value where the other would be understood.
 *
 * @since 0.1.0
 * @category models
 */
export type ValueOperand = tree.ValueOperand

/**
 * What a condition compares, beside plain paths and values.
 *
 * @since 0.1.0
 * @category models
 */
export type ConditionOperand = tree.ConditionOperand

/**
 * What an update adds up, beside plain paths and values.
 *
 * @since 0.1.0
 * @category models
 */
export type SetOperand = tree.SetOperand

/**
 * A path where a value would be understood: `eq("a", path("b"))`.
 *
 * @since 0.1.0
 * @category operands
 */
export const path = (name: string, ...steps: ReadonlyArray<string | number>): tree.PathOperand => ({
  [TypeId]: TypeId,
  _tag: "Path",
  path: [name, ...steps]
})

/**
 * A native value where a path would be understood: `listAppend(value(["first"]), path("list"))`.
 *
 * @since 0.1.0
 * @category operands
 */
export const value = (value: unknown): tree.NativeOperand => ({ [TypeId]: TypeId, _tag: "Native", value })

/**
 * A value in wire form.
 *
 * @since 0.1.0
 * @category operands
 */
export const attributeValue = (value: AttributeValue): tree.WireOperand => ({ [TypeId]: TypeId, _tag: "Wire", value })

/**
 * The size of what is at a path: the length of text in UTF-8 or of binary in bytes, or the number of members. In conditions only.
 *
 * @since 0.1.0
 * @category operands
 */
export const size = (path: Path): tree.Size => ({ [TypeId]: TypeId, _tag: "Size", path })

/**
 * What is at a path, or another value where there is nothing. In updates only.
 *
 * @since 0.1.0
 * @category operands
 */
export const ifNotExists = (path: Path, value: unknown): tree.IfNotExists => ({
  [TypeId]: TypeId,
  _tag: "IfNotExists",
  path,
  value
})

/**
 * A list, and behind it the members of another. In updates only.
 *
 * @since 0.1.0
 * @category operands
 */
export const listAppend = (list: Path | SetOperand, more: unknown): tree.ListAppend => ({
  [TypeId]: TypeId,
  _tag: "ListAppend",
  left: list,
  right: more
})

const sum = (operator: "+" | "-") => (left: Path | SetOperand, right: unknown): tree.Sum => ({
  [TypeId]: TypeId,
  _tag: "Sum",
  operator,
  left,
  right
})

/**
 * The sum of two numbers. In updates only; sums do not nest.
 *
 * @since 0.1.0
 * @category operands
 */
export const plus: (left: Path | SetOperand, right: unknown) => tree.Sum = sum("+")

/**
 * The difference of two numbers. In updates only; sums do not nest.
 *
 * @since 0.1.0
 * @category operands
 */
export const minus: (left: Path | SetOperand, right: unknown) => tree.Sum = sum("-")

// ---------------------------------------------------------------------------------------------------------------- conditions

/**
 * Something that is true or false of an item.
 *
 * @since 0.1.0
 * @category models
 */
export type Condition = tree.Condition

/**
 * What a query's key condition can be made of: comparisons but `ne`, `between` and `beginsWith`, joined by `and`.
 *
 * @since 0.1.0
 * @category models
 */
export type KeyCondition = tree.KeyCondition

const compare =
  <Op extends tree.Comparator>(operator: Op) => (left: Path | ConditionOperand, right: unknown): tree.Compare<Op> => ({
    _tag: "Compare",
    operator,
    left,
    right
  })

/**
 * Equal, in type and value.
 *
 * @since 0.1.0
 * @category conditions
 */
export const eq: (left: Path | ConditionOperand, right: unknown) => tree.Compare<"="> = compare("=")

/**
 * Not equal, or not there.
 *
 * @since 0.1.0
 * @category conditions
 */
export const ne: (left: Path | ConditionOperand, right: unknown) => tree.Compare<"<>"> = compare("<>")

/**
 * Less than.
 *
 * @since 0.1.0
 * @category conditions
 */
export const lt: (left: Path | ConditionOperand, right: unknown) => tree.Compare<"<"> = compare("<")

/**
 * Less than or equal.
 *
 * @since 0.1.0
 * @category conditions
 */
export const le: (left: Path | ConditionOperand, right: unknown) => tree.Compare<"<="> = compare("<=")

/**
 * Greater than.
 *
 * @since 0.1.0
 * @category conditions
 */
export const gt: (left: Path | ConditionOperand, right: unknown) => tree.Compare<">"> = compare(">")

/**
 * Greater than or equal.
 *
 * @since 0.1.0
 * @category conditions
 */
export const ge: (left: Path | ConditionOperand, right: unknown) => tree.Compare<">="> = compare(">=")

/**
 * From `low` to `high`, both included.
 *
 * @since 0.1.0
 * @category conditions
 */
export const between = (of: Path | ConditionOperand, low: unknown, high: unknown): tree.Between => ({
  _tag: "Between",
  of,
  low,
  high
})

const in_ = (of: Path | ConditionOperand, values: readonly [unknown, ...ReadonlyArray<unknown>]): tree.In => ({
  _tag: "In",
  of,
  values
})

export {
  /**
   * Equal to one of up to 100 values.
   *
   * @since 0.1.0
   * @category conditions
   */
  in_ as in
}

/**
 * There is something at the path.
 *
 * @since 0.1.0
 * @category conditions
 */
export const attributeExists = (path: Path): tree.Exists => ({ _tag: "Exists", exists: true, path })

/**
 * There is nothing at the path.
 *
 * @since 0.1.0
 * @category conditions
 */
export const attributeNotExists = (path: Path): tree.Exists => ({ _tag: "Exists", exists: false, path })

/**
 * What is at the path is of this type.
 *
 * @since 0.1.0
 * @category conditions
 */
export const attributeType = (path: Path, type: tree.AttributeType): tree.HasType => ({ _tag: "HasType", path, type })

/**
 * Text or binary that begins with a value.
 *
 * @since 0.1.0
 * @category conditions
 */
export const beginsWith = (of: Path | ConditionOperand, prefix: unknown): tree.Call<"begins_with"> => ({
  _tag: "Call",
  name: "begins_with",
  of,
  value: prefix
})

/**
 * Text that has a part, or a set or list that has a member.
 *
 * @since 0.1.0
 * @category conditions
 */
export const contains = (of: Path | ConditionOperand, part: unknown): tree.Call<"contains"> => ({
  _tag: "Call",
  name: "contains",
  of,
  value: part
})

/**
 * All of them; at least one.
 *
 * @since 0.1.0
 * @category conditions
 */
export const and = <const C extends tree.Conditions>(...conditions: C): tree.And<C> => ({ _tag: "And", conditions })

/**
 * Any of them; at least one.
 *
 * @since 0.1.0
 * @category conditions
 */
export const or = (...conditions: tree.Conditions): tree.Or => ({ _tag: "Or", conditions })

/**
 * Its opposite.
 *
 * @since 0.1.0
 * @category conditions
 */
export const not = (condition: Condition): tree.Not => ({ _tag: "Not", condition })

// ---------------------------------------------------------------------------------------------------------------- updates

/**
 * One change of an update. The changes of an update all see the item as it was before, and may stand in any order.
 *
 * @since 0.1.0
 * @category models
 */
export type Action = tree.Action

/**
 * Puts a value, or `ifNotExists`, `listAppend`, `plus` or `minus` of some, at a path.
 *
 * @since 0.1.0
 * @category updates
 */
export const set = (path: Path, value: unknown): tree.SetAction => ({ _tag: "Set", path, value })

/**
 * Takes away what is at a path.
 *
 * @since 0.1.0
 * @category updates
 */
export const remove = (path: Path): tree.RemoveAction => ({ _tag: "Remove", path })

/**
 * Adds to a number, or members to a set; what is not there counts as zero or empty.
 *
 * @since 0.1.0
 * @category updates
 */
export const add = (path: Path, value: unknown): tree.MemberAction<"Add"> => ({ _tag: "Add", path, value })

const delete_ = (path: Path, members: unknown): tree.MemberAction<"Delete"> => ({
  _tag: "Delete",
  path,
  value: members
})

export {
  /**
   * Takes members out of a set.
   *
   * @since 0.1.0
   * @category updates
   */
  delete_ as delete
}

// ---------------------------------------------------------------------------------------------------------------- rendering

/**
 * The expressions of one request. Each may be text of one's own, whose placeholders `names` and `values` define; placeholders that are
 * allotted beside never collide with these.
 *
 * @since 0.1.0
 * @category models
 */
export interface Expressions extends tree.Expressions {}

type Members = {
  readonly condition: "ConditionExpression"
  readonly filter: "FilterExpression"
  readonly keyCondition: "KeyConditionExpression"
  readonly projection: "ProjectionExpression"
  readonly update: "UpdateExpression"
}

/**
 * The members of a request that expressions `E` become, and no others: `ConditionExpression` is there if `condition` was given.
 *
 * @since 0.1.0
 * @category models
 */
export type Rendered<E> =
  & {
    [K in keyof E as K extends keyof Members ? Members[K] : never]: string | Extract<E[K], undefined>
  }
  & {
    ExpressionAttributeNames?: Record<string, string>
    ExpressionAttributeValues?: Item
  }

/**
 * The expressions of a request as its members, which share names and equal values. Fails with a `ValidationException` where an
 * expression has more than 4,096 bytes or 300 nested operators, an `in` more than 100 values, or a part cannot stand where it does; with
 * a `SerializationException` where a value has no representation.
 *
 * @example
 * ```ts
 * import * as DynamoDB from "@armature/dynamodb/DynamoDB"
 * import * as Expression from "@armature/dynamodb/Expression"
 * import * as Effect from "effect/Effect"
 *
 * export const program = Effect.gen(function*() {
 *   const db = yield* DynamoDB.DynamoDB
 *   const expressions = yield* Expression.render({
 *     keyCondition: Expression.and(Expression.eq("pk", "USER#1"), Expression.beginsWith("sk", "ORDER#")),
 *     filter: Expression.gt("total", 100),
 *     projection: ["sk", "total"]
 *   })
 *   return yield* db.query({ TableName: "app", ...expressions })
 * })
 * ```
 *
 * @since 0.1.0
 * @category rendering
 */
export const render = <const E extends Expressions>(
  expressions: E & { readonly [K in Exclude<keyof E, keyof Expressions>]: never }
): Either<Rendered<E>, SerializationException | ValidationException> =>
  // each member is there exactly if its expression is, which is what Rendered says of E
  internal.render(expressions) as Either<Rendered<E>, SerializationException | ValidationException>
