/** What is different between two values of one item, as the smallest changes of it: maps are compared member by member. */
import { ValidationException } from "@armature/aws/Exceptions"
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Wire from "@armature/dynamodb/Expression"
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import { isDeepStrictEqual } from "node:util"
import { mayBeNothing, memberPath, type OwnPath, readsAs, same } from "./asRead.js"
import type { Draft, Operand, Pending } from "./codec.js"
import { Action, type WirePath } from "./condition.js"
import type { EntityPlan } from "./entityPlan.js"

/** Before sealing, values are what they are; one in S3 is the same if it is the same pointer. */
const samePending = (a: Pending, b: Pending): boolean => {
  const [one, other] = [a.content, b.content]
  if (one._tag === "Value" && other._tag === "Value") return isDeepStrictEqual(one.value, other.value)
  if (one._tag === "Kept" && other._tag === "Kept") return isDeepStrictEqual(one.kept.value, other.kept.value)
  return Equal.equals(one, other)
}

const set = (
  root: string,
  path: WirePath,
  value: AttributeValue | undefined,
  pending: ReadonlyArray<Pending>
): Action => {
  const operand: Operand = { path, value, pending }
  return new Action(
    root,
    path.length === 1,
    true,
    path,
    [Either.right(operand)],
    ([first], _from) => Wire.set(path, Wire.attributeValue(first ?? { NULL: true })),
    true
  )
}

const remove = (root: string, path: WirePath): Action =>
  // an attribute that is no more is known to be none
  new Action(root, path.length === 1, true, path, [], () => Wire.remove(path), false)

const below = (pending: ReadonlyArray<Pending>, path: ReadonlyArray<string>): ReadonlyArray<Pending> =>
  pending.filter((one) => path.every((name, i) => one.path[i] === name))

export interface Changes {
  readonly actions: ReadonlyArray<Action>
  /** That what is written as a whole is still what it was. */
  readonly conditions: ReadonlyArray<Wire.Condition>
}

export const changes = (
  plan: EntityPlan<never>,
  before: Draft,
  after: Draft,
  primary: ReadonlyMap<string, AttributeValue>
): Either.Either<Changes, ValidationException> => {
  const actions: Array<Action> = []
  const conditions: Array<Wire.Condition> = []
  const byItself = new Set([plan.filled.version?.name, plan.filled.updatedAt?.name])
  const walk = (
    root: string,
    path: readonly [string, ...ReadonlyArray<string>],
    own: () => OwnPath,
    old: AttributeValue | undefined,
    now: AttributeValue | undefined
  ): void => {
    const [oldPending, nowPending] = [below(before.pending, path), below(after.pending, path)]
    const oldThere = old !== undefined || oldPending.length > 0
    const nowThere = now !== undefined || nowPending.length > 0
    if (!nowThere) {
      if (oldThere) actions.push(remove(root, path))
      return
    }
    if (old?.M !== undefined && now?.M !== undefined) {
      const inside = [...oldPending, ...nowPending].flatMap((one) => one.path[path.length] ?? [])
      const [before, required] = [actions.length, conditions.length]
      for (const name of new Set([...Object.keys(old.M), ...Object.keys(now.M), ...inside])) {
        walk(
          root,
          [path[0], ...path.slice(1), name],
          () => memberPath(plan, own(), name),
          old.M[name],
          now.M[name]
        )
      }
      // DynamoDB sets nothing in a map that is not there
      if (actions.length > before && oldPending.length === 0 && mayBeNothing(plan, own(), old)) {
        actions.splice(before, Infinity, set(root, path, now, nowPending))
        conditions.splice(required, Infinity, readsAs(plan, path, own(), old))
      }
      return
    }
    const unchanged = oldThere && oldPending.length === nowPending.length &&
      (old === undefined ? now === undefined : now !== undefined && same(old, now)) &&
      nowPending.every((one, i) => oldPending[i] !== undefined && samePending(oldPending[i], one))
    if (!unchanged) actions.push(set(root, path, now, nowPending))
  }
  for (const [name, { stored }] of plan.attributes) {
    if (!byItself.has(name)) walk(name, [stored], () => [name], before.item[stored], after.item[stored])
  }
  const key = plan.primary.partNames
  return actions.some((action) => key.includes(action.root)) || primary.size === 0
    ? Either.left(new ValidationException({ reason: "what is saved has another primary key than what it was" }))
    : Either.right({ actions, conditions })
}
