/** Conditions of an operation, put together and rendered: the program's own, the version's, what was given. */
import { SerializationException, ValidationException } from "@armature/aws/Exceptions"
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Wire from "@armature/dynamodb/Expression"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { chain } from "./atOnce.js"
import type { Operand } from "./codec.js"
import * as condition from "./condition.js"
import type { EntityPlan } from "./entityPlan.js"

export type Claim = condition.Condition | condition.Raw

export type If = (paths: Readonly<Record<string, condition.Path>>) => Claim

/** The operands in order; at once where none of them has to be waited for. */
export const operands = (
  all: ReadonlyArray<condition.Operand>
): Effect.Effect<ReadonlyArray<Operand>, SerializationException, unknown> => {
  const done: Array<Operand> = []
  const next = (): Effect.Effect<ReadonlyArray<Operand>, SerializationException, unknown> => {
    const operand = all[done.length]
    return operand === undefined ? Either.right(done) : chain(operand, (one) => {
      done.push(one)
      return next()
    })
  }
  return next()
}

/** The values of operands that DynamoDB compares: nothing of them is sealed or in S3, which the types of the paths say. */
const values = (
  all: ReadonlyArray<Operand>
): Either.Either<ReadonlyArray<AttributeValue>, SerializationException> => {
  const found: Array<AttributeValue> = []
  for (const { path, pending, value } of all) {
    if (value === undefined || pending.length > 0) {
      return Either.left(new SerializationException({ path, reason: "cannot be compared: DynamoDB does not see it" }))
    }
    found.push(value)
  }
  return Either.right(found)
}

/** What an operation claims: its own condition, if it has one, and those of the model. */
export const claims = (
  plan: EntityPlan<never>,
  own: If | undefined,
  added: ReadonlyArray<Wire.Condition>
): Effect.Effect<Claims, SerializationException | ValidationException, unknown> => {
  if (own === undefined) return Either.right({ conditions: added, raw: undefined })
  const said = condition.made(plan.paths, own)
  if (Either.isLeft(said)) return Either.left(said.left)
  const claim = said.right
  if (condition.isRaw(claim)) return Either.right({ conditions: added, raw: claim })
  if (!condition.isCondition(claim)) {
    return Either.left(
      new ValidationException({ reason: "a condition is made of the paths that its function is given" })
    )
  }
  return chain(
    operands(claim.operands),
    (all) => Either.map(values(all), (values) => ({ conditions: [claim.make(values, 0), ...added], raw: undefined }))
  )
}

export interface Claims {
  readonly conditions: ReadonlyArray<Wire.Condition>
  readonly raw: condition.Raw | undefined
}

/** The tree of all conditions, and the text of a raw one around it. */
export const treeOf = ({ conditions }: Claims): Wire.Condition | undefined => {
  const [first, ...more] = conditions
  return first === undefined ? undefined : Wire.and(first, ...more)
}

/** A rendered expression with the program's own text before it. */
export const withRaw = ({ raw }: Claims, expression: string | undefined): string | undefined =>
  raw === undefined ? expression : expression === undefined ? raw.text : `(${raw.text}) AND (${expression})`

/** A request's members for a condition and, of an update, its actions. */
export const render = (
  all: Claims,
  update?: readonly [Wire.Action, ...ReadonlyArray<Wire.Action>]
): Either.Either<
  {
    ConditionExpression?: string
    UpdateExpression?: string
    ExpressionAttributeNames?: Record<string, string>
    ExpressionAttributeValues?: Record<string, AttributeValue>
  },
  SerializationException | ValidationException
> => {
  const tree = treeOf(all)
  const rendered = Wire.render({
    ...(tree === undefined ? {} : { condition: tree }),
    ...(update === undefined ? {} : { update }),
    ...(all.raw === undefined ? {} : { names: all.raw.names, values: all.raw.values })
  })
  return Either.map(rendered, (members) => {
    const { ConditionExpression, ...others } = members
    const text = withRaw(all, ConditionExpression)
    return text === undefined ? others : { ...others, ConditionExpression: text }
  })
}
