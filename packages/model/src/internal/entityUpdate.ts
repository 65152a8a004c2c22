/** Updates: what a program changes, the keys of indexes that follow from it, and what changes by itself. */
import type { SerializationException, ValidationException } from "@armature/aws/Exceptions"
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import type { ItemTooLargeException } from "@armature/dynamodb/DynamoDBException"
import * as Wire from "@armature/dynamodb/Expression"
import { checkSize } from "@armature/dynamodb/Item"
import type { Blobs } from "@armature/s3/Blobs"
import type { Stored } from "@armature/s3/Pointer"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { WriteAction } from "../Operation.js"
import { chain } from "./atOnce.js"
import * as behaviours from "./behaviours.js"
import type { Draft, Operand } from "./codec.js"
import * as condition from "./condition.js"
import { type Claims, claims, type If, operands, render } from "./entityCondition.js"
import { type Changes as Differences, changes as differences } from "./entityDiff.js"
import {
  discriminator,
  encodeAttributes,
  type EntityPlan,
  factsOf,
  keysOfItem,
  primaryKey,
  withoutKeyAttributes,
  writeId
} from "./entityPlan.js"
import { decode, decodeSome, withTable } from "./entityRead.js"
import { canTell, failedOf, type Lock, onFailure, operation, type Prepared, type Returns } from "./entitySend.js"
import { existingItem, keptConditions, lockOf } from "./entityWrite.js"
import { replacing, type Values, writtenAt } from "./filled.js"
import { type Failure, type Given, indexKeys, invalid, selfSets } from "./indexKeys.js"
import type { WriteOperation } from "./operation.js"

type AnyPlan = EntityPlan<never>

// ---------------------------------------------------------------------------------------------------------------- values

/** A change whose value is in wire form but for what is stored in S3 first. */
interface Change {
  readonly action: condition.Action
  readonly values: (stored: Stores) => ReadonlyArray<AttributeValue>
}

/** What became of the values for S3, by operand. */
type Stores = ReadonlyMap<Operand, ReadonlyArray<Stored>>

interface Changes {
  readonly changes: ReadonlyArray<Change>
  readonly values: ReadonlyArray<Blobs.Value<SerializationException>>
  /** The operand that each of `values` belongs to. */
  readonly owners: ReadonlyArray<Operand>
  readonly kept: Prepared["kept"]
}

/** What an operand is once it is sealed, and what of it goes to S3. */
const preparedOperand = (
  operand: Operand,
  facts: Prepared["facts"]
): Effect.Effect<behaviours.Prepared<AttributeValue | undefined>, unknown, unknown> =>
  operand.pending.length === 0
    ? Either.right({ values: [], kept: [], item: () => operand.value })
    : behaviours.prepareOperand(operand, facts)

const prepareActions = (
  actions: ReadonlyArray<condition.Action>,
  facts: Prepared["facts"]
): Effect.Effect<Changes, unknown, unknown> =>
  chain(operands(actions.flatMap((action) => action.operands)), (all) =>
    chain(sealed(all, facts), (prepared) => {
      const valueOf = (stores: Stores, i: number): AttributeValue => {
        const operand = all[i]
        const value = operand === undefined ? undefined : prepared[i]?.item(stores.get(operand) ?? [])
        // an operand without a value was refused when it was encoded
        return value ?? { NULL: true }
      }
      let from = 0
      const made = actions.map((action): Change => {
        const start = from
        from += action.operands.length
        return { action, values: (stores) => action.operands.map((_, i) => valueOf(stores, start + i)) }
      })
      return Either.right({
        changes: made,
        values: prepared.flatMap((one) => one.values),
        owners: all.flatMap((operand, i) => (prepared[i]?.values ?? []).map(() => operand)),
        kept: prepared.flatMap((one) => one.kept)
      })
    }))

/** What the changes make of attributes; of what goes to S3, which is part of no key, nothing. */
const known = ({ changes }: Changes) =>
  changes.map(({ action, values }) => ({ action, value: () => values(new Map())[0] }))

const sealed = (
  all: ReadonlyArray<Operand>,
  facts: Prepared["facts"]
): Effect.Effect<ReadonlyArray<behaviours.Prepared<AttributeValue | undefined>>, unknown, unknown> => {
  const done: Array<behaviours.Prepared<AttributeValue | undefined>> = []
  const next = (): Effect.Effect<typeof done, unknown, unknown> => {
    const operand = all[done.length]
    return operand === undefined ? Either.right(done) : chain(preparedOperand(operand, facts), (one) => {
      done.push(one)
      return next()
    })
  }
  return next()
}

const storesOf = (owners: Changes["owners"], stored: ReadonlyArray<Stored>): Stores => {
  const stores = new Map<Operand, Array<Stored>>()
  stored.forEach((one, i) => {
    const owner = owners[i]
    if (owner !== undefined) stores.set(owner, [...stores.get(owner) ?? [], one])
  })
  return stores
}

// ---------------------------------------------------------------------------------------------------------------- the plan

const set = (name: string, value: AttributeValue): Wire.Action => Wire.set([name], Wire.attributeValue(value))

interface Update {
  readonly actions: ReadonlyArray<condition.Action>
  readonly given: Given
  readonly if: If | undefined
  /** Conditions of the model's own. */
  readonly conditions: ReadonlyArray<Wire.Condition>
  /** Whether it may make an item where none stands. */
  readonly upsert: boolean
  /** Whether its own conditions say that one stands there. */
  readonly stands: boolean
  readonly returns: Returns
  readonly value: (lock: Lock | undefined) => unknown
}

const updatePlan = (
  plan: AnyPlan,
  key: Values,
  make: (primary: ReadonlyMap<string, AttributeValue>, millis: number) => Effect.Effect<Update, unknown, unknown>
): Effect.Effect<Prepared, unknown, unknown> =>
  withTable(
    plan,
    (table) =>
      Effect.flatMap(Clock.currentTimeMillis, (millis) =>
        chain(primaryKey(plan, key), ({ key: Key, parts }) => {
          const facts = factsOf(plan, table, Key, (part) => parts.get(part.name))
          return chain(make(parts, millis), (update) =>
            chain(lockOf(plan, key), (lock) =>
              chain(prepareActions(update.actions, facts), (made) => {
                const self = selfSets(plan, lock, update.actions, millis)
                return chain(indexKeys(plan, known(made), self, parts, update.given, update.upsert), (indexed) => {
                  const required = [
                    ...(lock === undefined ? [] : [lock.condition]),
                    ...indexed.conditions,
                    ...update.conditions
                  ]
                  return chain(claims(plan, update.if, required), (all) => {
                    const own = [
                      ...(lock === undefined ? keptConditions(made.kept) : []),
                      // a version that was read says so
                      ...(update.upsert || update.stands || (lock !== undefined && lock.to > 1)
                        ? []
                        : [existingItem(plan)])
                    ]
                    const whole: Claims = { ...all, conditions: [...all.conditions, ...own] }
                    const others = [
                      ...indexed.actions,
                      set(discriminator, { S: plan.name }),
                      ...self.map(({ attribute, value }) => set(attribute.stored, value)),
                      ...(lock === undefined ? [] : [set(writeId, { B: lock.id })])
                    ]
                    const conditional = all.conditions.length > 0 || all.raw !== undefined
                    const constant = update.actions.every((action) => action.constant)
                    const actionOf = (members: Rendered): WriteAction => ({
                      Update: { TableName: table, Key, ...members, ...onFailure(members) }
                    })
                    return chain(rendered(made, others, whole, []), (members) =>
                      Either.right<Prepared>({
                        table,
                        key: Key,
                        values: made.values,
                        value: update.value(lock),
                        facts,
                        lock: canTell(update.returns) ? lock : undefined,
                        kept: made.kept,
                        drops: dropsOf(plan, update.actions),
                        // that the item stands there makes no other item of it when it is sent again
                        resend: resendOf(update.returns, lock, conditional || made.kept.length > 0, constant),
                        failed: failedOf(plan, table, conditional, !update.upsert),
                        action: (stored) =>
                          made.values.length === 0
                            ? Either.right(actionOf(members))
                            : Either.map(rendered(made, others, whole, stored), actionOf)
                      }))
                  })
                })
              })))
        }))
  )

/** What stands at the paths of the actions, or below, if any of it may be in S3. */
const dropsOf = (plan: AnyPlan, actions: ReadonlyArray<condition.Action>): Prepared["drops"] =>
  actions.some(({ root }) => plan.attributes.get(root)?.offloaded === true)
    ? (path) => actions.some((action) => action.path.every((name, i) => path[i] === name))
    : undefined

/**
 * A write under a version is told from another's by its id. One without condition that is made of constants is the same when it is done
 * again; its old image is not.
 */
const resendOf = (
  returns: Returns,
  lock: Lock | undefined,
  conditional: boolean,
  constant: boolean
): Prepared["resend"] =>
  lock !== undefined
    ? canTell(returns) ? "always" : undefined
    : !conditional && constant && !returns.endsWith("_OLD")
    ? "always"
    : undefined

type Rendered = Either.Either.Right<ReturnType<typeof rendered>>

/** The request's expressions. */
const rendered = (
  made: Changes,
  others: ReadonlyArray<Wire.Action>,
  all: Claims,
  stored: ReadonlyArray<Stored>
) => {
  const stores = storesOf(made.owners, stored)
  const own = made.changes.map(({ action, values }) => action.make(values(stores), 0))
  const [first, ...more] = [...own, ...others]
  // the discriminator is always among them
  const members = first === undefined ? render(all) : render(all, [first, ...more])
  return Either.map(members, ({ UpdateExpression, ...rest }) => ({ ...rest, UpdateExpression: UpdateExpression ?? "" }))
}

// ---------------------------------------------------------------------------------------------------------------- operations

export interface UpdateOptions {
  readonly if?: If | undefined
  readonly given?: Values | undefined
  readonly return?: Returns | undefined
  readonly upsert?: boolean | undefined
}

type Actions = (paths: AnyPlan["paths"]) => ReadonlyArray<unknown>

/** The attributes that are given, in wire form; one that is given as `undefined` is not there. */
const givenOf = (plan: AnyPlan, given: Values): Effect.Effect<Given, SerializationException, unknown> => {
  const names = Object.keys(given).filter((name) => plan.attributes.has(name))
  return chain(
    encodeAttributes(plan, names, given),
    (values) => Either.right(new Map(names.map((name) => [name, values.get(name)] as const)))
  )
}

/** What an item must have, and neither the primary key nor an update itself says. */
const required = (plan: AnyPlan): ReadonlyArray<string> => {
  const given = new Set([...plan.primary.partNames, plan.filled.version?.name, plan.filled.updatedAt?.name])
  return [...plan.attributes].flatMap(([name, { optional, set }]) => optional || set || given.has(name) ? [] : [name])
}

const actionsOf = (
  plan: AnyPlan,
  f: Actions,
  upsert: boolean
): Either.Either<ReadonlyArray<condition.Action>, ValidationException> => {
  const said = condition.made(plan.paths, f)
  if (Either.isLeft(said)) return Either.left(said.left)
  const actions = said.right
  const own = actions.filter(condition.isAction)
  if (own.length !== actions.length) {
    return invalid("the changes of an update are made of the paths that its function is given")
  }
  const version = plan.filled.version?.name
  if (own.some((action) => action.root === version)) return invalid("a version changes by itself")
  if (own.length === 0 && version === undefined) return invalid("the update changes nothing")
  const made = new Set(own.flatMap(({ makes, path, root }) => makes && path.length === 1 ? [root] : []))
  const missing = upsert ? required(plan).find((name) => !made.has(name)) : undefined
  return missing === undefined
    ? Either.right(own)
    : invalid(`the update may make an item, and does not set ${missing}, which every ${plan.name} has`)
}

/** Of what is touched as a whole, or added to. What is changed further in comes back in part, and is left out. */
const wholly = (actions: ReadonlyArray<condition.Action>): ReadonlyArray<string> => {
  const deeper = new Set(actions.filter((action) => action.path.length > 1).map((action) => action.root))
  return [...new Set(actions.map((action) => action.root))].filter((name) => !deeper.has(name))
}

export const update = (plan: AnyPlan) => (key: Values, f: Actions, options: UpdateOptions = {}): WriteOperation => {
  const returns = options.return ?? "NONE"
  let touched: ReadonlyArray<string> = []
  return operation(
    plan,
    returns === "NONE" ? "transact" : "alone",
    returns,
    () =>
      updatePlan(
        plan,
        key,
        () =>
          chain(actionsOf(plan, f, options.upsert === true), (actions) =>
            chain(givenOf(plan, options.given ?? {}), (given) => {
              touched = wholly(actions)
              return Either.right<Update>({
                actions,
                given,
                if: options.if,
                conditions: [],
                upsert: options.upsert === true,
                stands: false,
                returns,
                value: (lock) =>
                  lock?.to
              })
            }))
      ),
    (write, { Attributes }, db) => {
      switch (returns) {
        case "NONE":
          return Effect.succeed(write.value)
        case "ALL_OLD":
          return Attributes === undefined
            ? Effect.succeedNone
            : Effect.map(decode(plan, write.table, Attributes, db), Option.some)
        case "ALL_NEW":
          return decode(plan, write.table, Attributes ?? {}, db)
        default: {
          const image = Attributes ?? {}
          const there = touched.filter((name) => (plan.attributes.get(name)?.stored ?? name) in image)
          // the image has no key, and what is sealed is bound to it
          return there.length === 0
            ? Effect.succeed({})
            : decodeSome(plan, there, write.table, { ...image, ...write.key }, db)
        }
      }
    }
  )
}

/**
 * What is different, if the item that comes of it is not too large. What is sealed counts as what it seals, which is less, and what goes to
 * S3 as nothing: nothing is refused that could be written.
 */
const savable = (
  plan: AnyPlan,
  before: Draft,
  after: Draft,
  primary: ReadonlyMap<string, AttributeValue>
): Either.Either<Differences, Failure | ItemTooLargeException> =>
  Either.flatMap(
    differences(plan, before, after, primary),
    (found) =>
      Either.flatMap(keysOfItem(plan, after.item), (keys) => {
        const item = after.pending.reduce<AttributeValue>((into, { content, path, place }) =>
          content._tag === "Kept"
            ? behaviours.putAt(into, path, content.kept.value)
            : content._tag === "Value" && place.how.offloaded === undefined
            ? behaviours.putAt(into, path, content.value)
            : into, { M: after.item })
        const own = plan.filled.version === undefined ? {} : { [writeId]: { B: new Uint8Array(16) } }
        return Either.map(
          checkSize(
            withoutKeyAttributes(plan, { ...item.M, ...keys, ...own, [discriminator]: { S: plan.name } }),
            { maxSize: plan.maxSize }
          ),
          () => found
        )
      })
  )

/** Whether a version says that a value was read or written, and so that it stands there. */
const wasWritten = ({ filled: { version } }: AnyPlan, value: Values): boolean =>
  version !== undefined && value[version.name] !== 0

/** Sends what is different in `after`, under the condition that what it builds on is still there. */
export const save = (plan: AnyPlan) => (before: Values, after: Values): WriteOperation =>
  operation(
    plan,
    "transact",
    "NONE",
    () =>
      updatePlan(plan, before, (primary, millis) =>
        chain(draftOf(plan, before), (old) =>
          chain(draftOf(plan, after), (now) =>
            chain(writtenAt(plan, after, millis), (time) =>
              Either.map(savable(plan, old, now, primary), ({ actions, conditions }): Update => ({
                actions,
                given: new Map(
                  codecNames(plan).map(([name, stored]) =>
                    [name, old.item[stored]] as const
                  )
                ),
                if: undefined,
                conditions: wasWritten(plan, before) ? conditions : [...conditions, existingItem(plan)],
                upsert: false,
                stands: true,
                returns: "NONE",
                value: (lock) => {
                  const { version } = plan.filled
                  return replacing(after, {
                    ...(lock === undefined || version === undefined ? {} : { [version.name]: lock.to }),
                    ...time
                  })
                }
              })))))),
    ({ value }) =>
      Effect.succeed(value)
  )

const draftOf = (plan: AnyPlan, value: Values): Effect.Effect<Draft, SerializationException, unknown> =>
  // whoever saves has two values of the entity
  plan.codec.encode(value as never)

const codecNames = (plan: AnyPlan): ReadonlyArray<readonly [string, string]> =>
  Array.from(plan.attributes, ([name, attribute]) => [name, attribute.stored] as const)
