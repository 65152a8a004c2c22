/**
 * TransactGetItems and TransactWriteItems.
 */
import { createHash } from "node:crypto"
import { checkDistinct, Meters } from "./batch.js"
import { type Level, readUnits } from "./capacity.js"
import { checkParameters, compile, type Compiled, type Parameters } from "./expression/compile.js"
import { collectionMetrics, compileProjection, giveOut, type Output } from "./items.js"
import { placeOfKey } from "./keys.js"
import * as Members from "./members.js"
import { Refusal, validation } from "./refusal.js"
import * as Shape from "./shape.js"
import type { Place } from "./sorted.js"
import type { Table } from "./table.js"
import { admitRead, admitWrite } from "./throttle.js"
import { decodeItem, type Item } from "./value.js"
import * as wording from "./wording/transaction.js"
import { tableOf, type World } from "./world.js"
import { checkedSize, checkKeyPaths, commit, evaluate, locate, type Outcome, type Write } from "./write.js"

const maxBytes = 4 * 1024 * 1024
const windowMs = 10 * 60 * 1000

// ---------------------------------------------------------------------------------------------------------------- reasons

export interface Reason {
  readonly Code: string
  readonly Message?: string
  readonly Item?: unknown
}

const none: Reason = { Code: "None" }

const reasonCodes: Readonly<Record<string, string>> = {
  ConditionalCheckFailedException: "ConditionalCheckFailed",
  ItemCollectionSizeLimitExceededException: "ItemCollectionSizeLimitExceeded",
  ProvisionedThroughputExceededException: "ProvisionedThroughputExceeded",
  DuplicateItemException: "DuplicateItem",
  ValidationException: "ValidationError"
}

/** A refusal of one member as the reason for the cancellation; what is no reason is thrown on. */
const reasonOf = (refusal: unknown): Reason => {
  const code = refusal instanceof Refusal ? reasonCodes[refusal.code] : undefined
  if (!(refusal instanceof Refusal) || code === undefined) throw refusal
  const item = refusal.detail?.["Item"]
  return { Code: code, Message: refusal.message, ...(item === undefined ? {} : { Item: item }) }
}

export const cancelled = (reasons: ReadonlyArray<Reason>): Refusal =>
  new Refusal("TransactionCanceledException", wording.cancelled(reasons.map(({ Code }) => Code)), 400, {
    CancellationReasons: reasons
  })

/** Runs a step for every member; if one refuses, the transaction is cancelled with a reason for each. */
export const forAll = <A, B>(members: ReadonlyArray<A>, step: (member: A) => B): ReadonlyArray<B> => {
  const results: Array<B> = []
  const reasons: Array<Reason> = []
  let failed = false
  for (const member of members) {
    try {
      results.push(step(member))
      reasons.push(none)
    } catch (refusal) {
      reasons.push(reasonOf(refusal))
      failed = true
    }
  }
  if (failed) throw cancelled(reasons)
  return results
}

const isEmptyKey = (message: string): boolean => message.startsWith("One or more parameter values are not valid.")

/** As `forAll`, but a missing table and an empty key value refuse the whole request. */
const locateAll = <A, B>(members: ReadonlyArray<A>, step: (member: A) => B): ReadonlyArray<B> =>
  forAll(members, (member) => {
    try {
      return step(member)
    } catch (refusal) {
      if (refusal instanceof Refusal && isEmptyKey(refusal.message)) throw new TopLevel(refusal)
      throw refusal
    }
  })

/** A refusal that is not the reason of one member but of the whole request. */
class TopLevel {
  constructor(readonly refusal: Refusal) {}
}

const unwrap = <A>(run: () => A): A => {
  try {
    return run()
  } catch (thrown) {
    throw thrown instanceof TopLevel ? thrown.refusal : thrown
  }
}

// ---------------------------------------------------------------------------------------------------------------- reading

const getShape = Shape.struct({
  TransactItems: Shape.required(Shape.list(
    Shape.struct({
      Get: Shape.required(Shape.struct({
        Key: Shape.required(Members.item),
        TableName: Members.table,
        ProjectionExpression: Shape.text(),
        ExpressionAttributeNames: Members.expressionNames
      }))
    }),
    { min: 1, max: 100 }
  )),
  ReturnConsumedCapacity: Members.capacity
})

interface LocatedGet {
  readonly table: Table
  readonly place: Place
  readonly paths: ReturnType<typeof compileProjection>
}

export const transactGetItems = (world: World, request: unknown): Output => {
  const input = Shape.check(getShape, request)
  const gets = input.TransactItems.map(({ Get }) => ({
    name: Get.TableName,
    key: decodeItem(Get.Key),
    paths: compileProjection(Get)
  }))
  for (const { name } of gets) tableOf(world, name)
  const located = unwrap(() =>
    locateAll(gets, ({ key, name, paths }): LocatedGet => {
      const table = tableOf(world, name)
      if (paths !== undefined) checkKeyPaths(table, paths)
      return { table, place: placeOfKey(table.schema, key), paths }
    })
  )
  checkDistinct(located, wording.severalOperations)
  const meters = new Meters()
  const rows = located.map(({ place, table }) => table.rows.get(place))
  if (rows.reduce((sum, row) => sum + (row?.size ?? 0), 0) > maxBytes) throw validation(wording.tooLarge)
  const responses = located.map(({ paths, table }, i) => {
    const row = rows[i]
    const units = readUnits(row?.size ?? 0, 2)
    admitRead(world, table, undefined, () => units)
    meters.of(table).addTable(units)
    return row === undefined ? {} : { Item: giveOut(table, row.item, paths) }
  })
  return { Responses: responses, ...meters.report(input.ReturnConsumedCapacity, "Read") }
}

// ---------------------------------------------------------------------------------------------------------------- writing

const conditionMembers = {
  TableName: Members.table,
  ConditionExpression: Shape.text(),
  ExpressionAttributeNames: Members.expressionNames,
  ExpressionAttributeValues: Members.expressionValues,
  ReturnValuesOnConditionCheckFailure: Members.onConditionFailure
} as const

const key = Shape.required(Members.item)

const writeShape = Shape.struct({
  ClientRequestToken: Shape.text({ min: 1, max: 36 }),
  TransactItems: Shape.required(Shape.list(
    Shape.struct({
      ConditionCheck: Shape.struct({
        ...conditionMembers,
        Key: key,
        ConditionExpression: Shape.required(Shape.text())
      }),
      Put: Shape.struct({ ...conditionMembers, Item: Shape.required(Members.item) }),
      Delete: Shape.struct({ ...conditionMembers, Key: key }),
      Update: Shape.struct({ ...conditionMembers, Key: key, UpdateExpression: Shape.required(Shape.text()) })
    }),
    { min: 1, max: 100 }
  )),
  ReturnConsumedCapacity: Members.capacity,
  ReturnItemCollectionMetrics: Members.collectionMetrics
})

type Member = Parameters & {
  readonly TableName: string
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined
}

const compileMember = (
  member: Member,
  expressions: ReadonlyArray<"UpdateExpression" | "ConditionExpression">
): Compiled => {
  checkParameters(member, expressions, [])
  return member.ConditionExpression === undefined && member.UpdateExpression === undefined ? {} : compile(member)
}

const common = (member: Member, { condition }: Compiled) => ({
  table: member.TableName,
  condition,
  showItem: member.ReturnValuesOnConditionCheckFailure === "ALL_OLD"
})

type Action = {
  readonly ConditionCheck?: Member & { readonly Key: Readonly<Record<string, unknown>> } | undefined
  readonly Put?: Member & { readonly Item: Readonly<Record<string, unknown>> } | undefined
  readonly Delete?: Member & { readonly Key: Readonly<Record<string, unknown>> } | undefined
  readonly Update?: Member & { readonly Key: Readonly<Record<string, unknown>> } | undefined
}

const compileAction = (action: Action): Write => {
  const { ConditionCheck, Delete, Put, Update } = action
  if ([ConditionCheck, Delete, Put, Update].filter((member) => member !== undefined).length !== 1) {
    throw validation(wording.oneAction)
  }
  if (Put !== undefined) {
    const item = decodeItem(Put.Item)
    const compiled = compileMember(Put, ["ConditionExpression"])
    return { ...common(Put, compiled), kind: "put", item, size: checkedSize(item) }
  }
  if (Update !== undefined) {
    const decoded = decodeItem(Update.Key)
    const compiled = compileMember(Update, ["UpdateExpression", "ConditionExpression"])
    return { ...common(Update, compiled), kind: "update", key: decoded, update: compiled.update }
  }
  const member = Delete ?? ConditionCheck
  if (member === undefined) throw validation(wording.oneAction)
  const decoded: Item = decodeItem(member.Key)
  const compiled = compileMember(member, ["ConditionExpression"])
  return { ...common(member, compiled), kind: Delete === undefined ? "check" : "delete", key: decoded }
}

/** One text for each request that means the same to DynamoDB. */
const digest = (request: unknown): string => {
  const canonical = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") }
    if (Array.isArray(value)) return value.map(canonical)
    if (typeof value !== "object" || value === null) return value
    return Object.entries(value).filter(([, member]) => member !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, canonical(member)])
  }
  return createHash("sha256").update(JSON.stringify(canonical(request))).digest("base64")
}

/**
 * Whether a token was used before: `true` when this is the same request again, within ten minutes. Other parameters under the same
 * token are refused.
 */
export const isReplay = (world: World, token: string | undefined, request: unknown): boolean => {
  if (token === undefined) return false
  const now = world.options.now()
  // Tokens stand in the order of their use, so the expired ones come first.
  for (const [name, { at }] of world.tokens) {
    if (now - at < windowMs) break
    world.tokens.delete(name)
  }
  const known = world.tokens.get(token)
  if (known === undefined) return false
  if (known.digest !== digest(request)) {
    throw new Refusal("IdempotentParameterMismatchException", wording.otherParameters)
  }
  return true
}

export const remember = (world: World, token: string | undefined, request: unknown): void => {
  if (token !== undefined) world.tokens.set(token, { at: world.options.now(), digest: digest(request) })
}

/** Evaluates writes together and commits all or none. */
export const writeAll = (world: World, writes: ReadonlyArray<Write>): ReadonlyArray<Outcome> => {
  for (const { table } of writes) tableOf(world, table)
  const located = unwrap(() => locateAll(writes, (write) => locate(world, write)))
  checkDistinct(located, wording.severalOperations)
  const outcomes = forAll(located, evaluate)
  const bytes = outcomes.reduce((sum, { afterSize, beforeSize }) => sum + Math.max(afterSize, beforeSize), 0)
  if (bytes > maxBytes) throw validation(wording.tooLarge)
  forAll(outcomes, (outcome) => admitWrite(world, outcome, 2))
  outcomes.forEach(commit)
  return outcomes
}

export const reportWrites = (
  outcomes: ReadonlyArray<Outcome>,
  level: Level | undefined,
  metrics: boolean
): Output => {
  const meters = new Meters()
  const collections: Record<string, Array<Output>> = {}
  for (const outcome of outcomes) {
    meters.of(outcome.located.table).addWrite(outcome, 2)
    const metric = metrics ? collectionMetrics(outcome) : undefined
    if (metric !== undefined) (collections[outcome.located.table.name] ??= []).push(metric)
  }
  return {
    ...meters.report(level, "Write"),
    ...(Object.keys(collections).length > 0 ? { ItemCollectionMetrics: collections } : {})
  }
}

/** What a replayed transaction is billed: a transactional read of each item. */
export const reportReplay = (world: World, writes: ReadonlyArray<Write>, level: Level | undefined): Output => {
  const meters = new Meters()
  for (const write of writes) {
    const { place, table } = locate(world, write)
    meters.of(table).addTable(readUnits(table.rows.get(place)?.size ?? 0, 2))
  }
  return meters.report(level, "Read")
}

export const transactWriteItems = (world: World, request: unknown): Output => {
  const input = Shape.check(writeShape, request)
  const writes = input.TransactItems.map(compileAction)
  if (isReplay(world, input.ClientRequestToken, input.TransactItems)) {
    return reportReplay(world, writes, input.ReturnConsumedCapacity)
  }
  const outcomes = writeAll(world, writes)
  remember(world, input.ClientRequestToken, input.TransactItems)
  return reportWrites(outcomes, input.ReturnConsumedCapacity, input.ReturnItemCollectionMetrics === "SIZE")
}
