/**
 * GetItem, PutItem, UpdateItem and DeleteItem.
 */
import { consumed, type Level, Meter, readUnits } from "./capacity.js"
import type { Path } from "./expression/ast.js"
import { checkParameters, compile, type Compiled, type Parameters } from "./expression/compile.js"
import { choose, projectItem } from "./expression/projection.js"
import { placeOfKey } from "./keys.js"
import * as Legacy from "./legacy.js"
import * as Members from "./members.js"
import { validation } from "./refusal.js"
import * as Shape from "./shape.js"
import type { Table } from "./table.js"
import { admitRead, admitWrite } from "./throttle.js"
import { attribute, decodeItem, encode, encodeItem, type Item } from "./value.js"
import * as wording from "./wording/request.js"
import { tableOf, type World } from "./world.js"
import {
  checkedSize,
  checkKeyPaths,
  commit,
  evaluate,
  locate,
  type Located,
  type Outcome,
  type Write
} from "./write.js"

export type Output = Readonly<Record<string, unknown>>

// ---------------------------------------------------------------------------------------------------------------- reading

const getShape = Shape.struct({
  ReturnConsumedCapacity: Members.capacity,
  TableName: Members.table,
  Key: Shape.required(Members.item),
  ConsistentRead: Shape.flag,
  ProjectionExpression: Shape.text(),
  ExpressionAttributeNames: Members.expressionNames,
  AttributesToGet: Members.attributesToGet
})

/** A projection by expression or by attributes, compiled. */
export const compileProjection = (
  input: Parameters & { readonly AttributesToGet?: ReadonlyArray<string> | undefined }
): ReadonlyArray<Path> | undefined => {
  checkParameters(input, ["ProjectionExpression"], input.AttributesToGet === undefined ? [] : ["AttributesToGet"])
  if (input.AttributesToGet !== undefined) return Legacy.fromAttributes(input.AttributesToGet)
  return input.ProjectionExpression === undefined ? undefined : compile(input).projection
}

/** What a read of a whole item by key gives out. */
export const giveOut = (table: Table, item: Item, paths: ReadonlyArray<Path> | undefined): Item => {
  if (paths === undefined) return encodeItem(item)
  checkKeyPaths(table, paths)
  return encodeItem(projectItem(item, choose(paths)))
}

export const getItem = (world: World, request: unknown): Output => {
  const input = Shape.check(getShape, request)
  const hasProjection = input.ProjectionExpression !== undefined || input.AttributesToGet !== undefined ||
    input.ExpressionAttributeNames !== undefined
  const key = decodeItem(input.Key)
  const paths = hasProjection ? compileProjection(input) : undefined
  const table = tableOf(world, input.TableName)
  const place = placeOfKey(table.schema, key)
  if (paths !== undefined) checkKeyPaths(table, paths)
  const row = table.rows.get(place)
  const units = () => readUnits(row?.size ?? 0, input.ConsistentRead === true ? 1 : 0.5)
  admitRead(world, table, undefined, units)
  const level = input.ReturnConsumedCapacity
  if (level === undefined || level === "NONE") return row === undefined ? {} : { Item: giveOut(table, row.item, paths) }
  const meter = new Meter(table)
  meter.addTable(units())
  return { ...(row === undefined ? {} : { Item: giveOut(table, row.item, paths) }), ...consumed(meter, level) }
}

// ---------------------------------------------------------------------------------------------------------------- writing

const writeMembers = {
  ReturnConsumedCapacity: Members.capacity,
  ReturnItemCollectionMetrics: Members.collectionMetrics,
  ReturnValues: Members.returnValues,
  ReturnValuesOnConditionCheckFailure: Members.onConditionFailure,
  TableName: Members.table,
  ConditionalOperator: Legacy.conditionalOperator,
  Expected: Legacy.expectedShape,
  ConditionExpression: Shape.text(),
  ExpressionAttributeNames: Members.expressionNames,
  ExpressionAttributeValues: Members.expressionValues
} as const

const putShape = Shape.struct({ ...writeMembers, Item: Shape.required(Members.item) })
const deleteShape = Shape.struct({ ...writeMembers, Key: Shape.required(Members.item) })
const updateShape = Shape.struct({
  ...writeMembers,
  Key: Shape.required(Members.item),
  AttributeUpdates: Legacy.updatesShape,
  UpdateExpression: Shape.text()
})

type WriteInput = Shape.Decoded<typeof writeMembers>

const legacyNames = ["AttributeUpdates", "Expected", "ConditionalOperator"]

const checkLegacyMix = (
  input: WriteInput,
  expressions: ReadonlyArray<"UpdateExpression" | "ConditionExpression">
): void => checkParameters(input, expressions, Legacy.given(input, legacyNames))

const compileCondition = (input: WriteInput): Compiled => {
  const expected = Legacy.fromExpected(input.Expected, input.ConditionalOperator)
  if (expected !== undefined) return { condition: expected }
  return input.ConditionExpression === undefined ? {} : compile(input)
}

const allOldOnly = (input: WriteInput): void => {
  if (input.ReturnValues !== undefined && input.ReturnValues !== "ALL_OLD" && input.ReturnValues !== "NONE") {
    throw validation(wording.allOldOnly)
  }
}

const showItem = (input: { readonly ReturnValuesOnConditionCheckFailure?: string | undefined }): boolean =>
  input.ReturnValuesOnConditionCheckFailure === "ALL_OLD"

export const putItem = (world: World, request: unknown): Output => {
  const input = Shape.check(putShape, request)
  checkLegacyMix(input, ["ConditionExpression"])
  const item = decodeItem(input.Item)
  allOldOnly(input)
  const size = checkedSize(item)
  const { condition } = compileCondition(input)
  const located = locate(world, {
    kind: "put",
    table: input.TableName,
    item,
    size,
    condition,
    showItem: showItem(input)
  })
  const outcome = run(world, located)
  return respond(input, outcome, input.ReturnValues === "ALL_OLD" ? outcome.before : undefined)
}

export const deleteItem = (world: World, request: unknown): Output => {
  const input = Shape.check(deleteShape, request)
  checkLegacyMix(input, ["ConditionExpression"])
  const key = decodeItem(input.Key)
  allOldOnly(input)
  const { condition } = compileCondition(input)
  const located = locate(world, {
    kind: "delete",
    table: input.TableName,
    key,
    condition,
    showItem: showItem(input)
  })
  const outcome = run(world, located)
  return respond(input, outcome, input.ReturnValues === "ALL_OLD" ? outcome.before : undefined)
}

export const updateItem = (world: World, request: unknown): Output => {
  const input = Shape.check(updateShape, request)
  checkLegacyMix(input, ["UpdateExpression", "ConditionExpression"])
  const key = decodeItem(input.Key)
  const legacy = Legacy.fromUpdates(input.AttributeUpdates)
  const expected = Legacy.fromExpected(input.Expected, input.ConditionalOperator)
  const compiled = input.UpdateExpression === undefined && input.ConditionExpression === undefined ? {} : compile(input)
  const update = legacy ?? compiled.update
  const located = locate(world, {
    kind: "update",
    table: input.TableName,
    key,
    update,
    condition: expected ?? compiled.condition,
    showItem: showItem(input)
  })
  const outcome = run(world, located)
  return respond(input, outcome, updated(input.ReturnValues, outcome))
}

/** Evaluates and commits one write, within what its table's capacity allows. */
const run = (world: World, located: Located): Outcome => {
  const outcome = evaluate(located)
  admitWrite(world, outcome)
  commit(outcome)
  return outcome
}

const part = (item: Item | undefined, update: Extract<Write, { kind: "update" }>["update"]): Item | undefined => {
  if (item === undefined || update === undefined) return undefined
  const chosen = projectItem(item, choose(update.actions.map(({ path }) => path)))
  for (const _ in chosen) return chosen
  return undefined
}

/** What `ReturnValues` asks of an update. */
export const updated = (returnValues: string | undefined, outcome: Outcome): Item | undefined => {
  const { write } = outcome.located
  if (write.kind !== "update") return undefined
  switch (returnValues) {
    case "ALL_OLD":
      return outcome.before
    case "ALL_NEW":
      return outcome.after
    case "UPDATED_OLD":
      return part(outcome.before, write.update)
    case "UPDATED_NEW":
      return part(outcome.after, write.update)
    default:
      return undefined
  }
}

const gigabyte = 1024 ** 3

/** The `ItemCollectionMetrics` of a write, for a table with local indexes. */
export const collectionMetrics = ({ located: { place, table }, ...outcome }: Outcome): Output | undefined => {
  const item = outcome.after ?? outcome.before
  const [partition] = table.schema.partition
  if (!table.hasLocalIndexes || item === undefined || partition === undefined) return undefined
  const value = attribute(item, partition.name)
  if (value === undefined) return undefined
  const low = Math.floor(table.collectionBytes(place.pk) / gigabyte)
  return { ItemCollectionKey: { [partition.name]: encode(value) }, SizeEstimateRangeGB: [low, low + 1] }
}

const respond = (
  input: {
    readonly ReturnConsumedCapacity?: Level | undefined
    readonly ReturnItemCollectionMetrics?: string | undefined
  },
  outcome: Outcome,
  attributes: Item | undefined
): Output => {
  const output: Record<string, unknown> = {}
  if (attributes !== undefined) output["Attributes"] = encodeItem(attributes)
  const level = input.ReturnConsumedCapacity
  if (level !== undefined && level !== "NONE") {
    const meter = new Meter(outcome.located.table)
    meter.addWrite(outcome, 1)
    Object.assign(output, consumed(meter, level))
  }
  if (input.ReturnItemCollectionMetrics === "SIZE") {
    const metrics = collectionMetrics(outcome)
    if (metrics !== undefined) output["ItemCollectionMetrics"] = metrics
  }
  return output
}
