/** Collections: one partition of a table or an index, read as items of several entities. */
import type { DynamoDB } from "@armature/dynamodb/DynamoDB"
import type { Item } from "@armature/dynamodb/Item"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { chain } from "./atOnce.js"
import { encodeAttributes, type EntityPlan, type KeysPlan } from "./entityPlan.js"
import {
  common,
  expired,
  invalid,
  isWhole,
  joined,
  keysNamed,
  page,
  type QueryOptions,
  type Request,
  sameKey,
  startOf,
  stream,
  unread
} from "./entityQuery.js"
import { decode, withTable } from "./entityRead.js"
import type { Values } from "./filled.js"
import { memberOf } from "./membership.js"
import { sideEquals } from "./queryRange.js"

type AnyPlan = EntityPlan<never>

export interface Options extends Omit<QueryOptions, "filter" | "index" | "segments" | "sk"> {
  readonly others?: "skip" | "fail" | undefined
}

/** A collection compiled: its entities in the table, and the keys by which each stands in the same partition. */
export interface CollectionPlan {
  readonly members: ReadonlyArray<{ readonly tag: string; readonly plan: AnyPlan; readonly keys: KeysPlan }>
  readonly plans: ReadonlyArray<AnyPlan>
  readonly first: { readonly plan: AnyPlan; readonly keys: KeysPlan }
  /** The failure of an item of no member. */
  readonly none: (table: string) => unknown
}

/** A fault of the program's text: thrown where the collection is made. */
const refuse = (problem: string): never => {
  throw new Error(`the collection cannot be made: ${problem}`)
}

export const compile = (
  entities: Readonly<Record<string, AnyPlan>>,
  index: string,
  none: CollectionPlan["none"]
): CollectionPlan => {
  const members = Object.entries(entities).map(([tag, plan]) => ({
    tag,
    plan,
    keys: keysNamed(plan, index) ?? refuse(`${tag} has no index ${index}`)
  }))
  const [first, ...more] = members
  if (first === undefined) return refuse("it has no members")
  const partition = JSON.stringify(first.keys.pk.map(({ attribute, key }) => [attribute, key]))
  for (const { keys, plan, tag } of more) {
    if (plan.table !== first.plan.table) refuse(`${tag} is of another table than ${first.tag}`)
    if (keys.index !== first.keys.index) refuse(`${index} of ${tag} is another index of the table than ${first.tag}'s`)
    if (JSON.stringify(keys.pk.map(({ attribute, key }) => [attribute, key])) !== partition) {
      refuse(`the partition key of ${tag} is made otherwise than ${first.tag}'s`)
    }
  }
  const names = new Set(members.map(({ plan }) => plan.name))
  if (names.size < members.length) refuse("two of its entities have one name")
  return { members, plans: members.map(({ plan }) => plan), first, none }
}

/** An item as its entity's value, with the name that the collection has for it. */
export const decodeItem = (
  { members, none, plans }: CollectionPlan,
  table: string,
  item: Item,
  db?: DynamoDB.Service,
  fresh = false
): Effect.Effect<unknown, unknown, unknown> => {
  const own = memberOf(plans, item)
  const member = members.find(({ plan }) => plan === own)
  return member === undefined
    ? Either.left(none(table))
    : chain(decode(member.plan, table, item, db, fresh), (value) => Either.right({ _tag: member.tag, value }))
}

/** The partition as every member writes it; they must agree, or some of them would stand elsewhere. */
const partitionOf = ({ members }: CollectionPlan, partition: Values) =>
  Effect.flatMap(
    Effect.forEach(members, ({ keys, plan }) => {
      const names = keys.pk.flatMap((side) => side.parts.map((part) => part.name))
      return chain(encodeAttributes(plan, names, partition), (parts) => sideEquals(keys.pk, parts))
    }),
    ([first, ...more]) =>
      first !== undefined &&
        more.every(({ values }) => Object.entries(first.values).every(([name, value]) => sameKey(values[name], value)))
        ? Effect.succeed(first)
        : Effect.fail(invalid("Query", "the members of the collection write this partition key differently"))
  )

const request = (
  plan: CollectionPlan,
  partition: Values,
  options: Options
): Effect.Effect<Request, unknown, unknown> => {
  const { first, plans } = plan
  const { others } = options
  if (others !== undefined && others !== "skip" && others !== "fail") {
    return Effect.fail(invalid("Query", "`others` is neither skip nor fail"))
  }
  const cursor = `C ${first.plan.table.logicalName} ${first.keys.index ?? "primary"}`
  return withTable(
    first.plan,
    (TableName) =>
      Effect.flatMap(
        Effect.all([Clock.currentTimeMillis, partitionOf(plan, partition)]),
        ([millis, own]) =>
          chain(
            common(
              "Query",
              first.keys,
              options,
              { conditions: [], raw: undefined },
              joined(own.conditions, { conditions: [], drop: () => false })
            ),
            (members) =>
              chain(
                startOf(
                  first.plan,
                  "Query",
                  first.keys,
                  cursor,
                  options.cursor,
                  (key) => Object.entries(own.values).every(([name, value]) => sameKey(key[name], value))
                ),
                (start) => {
                  const expiry = new Map(plans.map((plan) => [plan, expired(plan, options, millis)]))
                  return Either.right<Request>({
                    operation: "Query",
                    input: {
                      ...members,
                      TableName,
                      ...(options.reverse === true ? { ScanIndexForward: false } : {})
                    },
                    start,
                    plan: first.plan,
                    keys: first.keys,
                    cursor,
                    drop: (item) => {
                      const member = memberOf(plans, item)
                      return member === undefined ? others !== "fail" : expiry.get(member)?.(item) === true
                    },
                    limit: options.limit,
                    decode: (item, db) => {
                      const own = memberOf(plans, item)
                      const missing = plan.members.flatMap((one) => one.plan === own ? unread(own, one.keys) ?? [] : [])
                      return missing[0] === undefined
                        ? decodeItem(plan, TableName, item, db, isWhole(first.plan, first.keys))
                        : Either.left(missing[0])
                    }
                  })
                }
              )
          )
      )
  )
}

export const query = (plan: CollectionPlan) => (partition: Values, options: Options = {}) =>
  stream(() => request(plan, partition, options))

export const queryPage = (plan: CollectionPlan) => (partition: Values, options: Options = {}) =>
  page(() => request(plan, partition, options))

interface Tagged {
  readonly _tag: string
  readonly value: unknown
}

export const grouped = (plan: CollectionPlan) => (partition: Values, options: Options = {}) =>
  Stream.runFold(
    // what the stream of a collection is of
    query(plan)(partition, options) as Stream.Stream<Tagged, unknown, unknown>,
    Object.fromEntries(plan.members.map(({ tag }): [string, Array<unknown>] => [tag, []])),
    (all, { _tag, value }) => {
      all[_tag]?.push(value)
      return all
    }
  )
