/**
 * ExecuteStatement, BatchExecuteStatement and ExecuteTransaction.
 */
import { checkDistinct, Meters } from "../batch.js"
import { type Level, readUnits } from "../capacity.js"
import type { Condition, Update } from "../expression/ast.js"
import { evaluate as holds } from "../expression/evaluate.js"
import { firstOverlap } from "../expression/projection.js"
import { type Output, updated } from "../items.js"
import { placeOfKey } from "../keys.js"
import * as Members from "../members.js"
import { present, Refusal, validation } from "../refusal.js"
import * as Shape from "../shape.js"
import type { Row, Table } from "../table.js"
import { admitRead, admitWrite } from "../throttle.js"
import {
  cancelled,
  forAll,
  isReplay,
  type Reason,
  remember,
  reportReplay,
  reportWrites,
  writeAll
} from "../transact.js"
import { encodeItem, type Item } from "../value.js"
import * as wording from "../wording/partiql.js"
import * as transactWording from "../wording/transaction.js"
import { tableName, tableOf, type World } from "../world.js"
import { checkedSize, commit, evaluate, locate, type Outcome, type Write } from "../write.js"
import { parse, type Returning, type Select, type Statement } from "./parser.js"
import { chosen, select } from "./select.js"
import { keyOf, mandatoryKey } from "./where.js"

type WriteStatement = Exclude<Statement, Select>

// ---------------------------------------------------------------------------------------------------------------- writes

const standing = (table: Table): Condition => ({
  kind: "call",
  name: "attribute_exists",
  operands: [{ kind: "path", path: [table.schema.partition[0]?.name ?? ""] }]
})

const both = (a: Condition, b: Condition | undefined): Condition =>
  b === undefined ? a : { kind: "and", left: a, right: b }

/** A statement as a write of one item. */
const toWrite = (world: World, statement: WriteStatement, showItem: boolean): Write => {
  const table = tableOf(world, statement.table)
  const common = { table: statement.table, showItem }
  if (statement.kind === "insert") {
    const condition: Condition = { kind: "not", of: standing(table) }
    return { ...common, kind: "put", item: statement.item, size: checkedSize(statement.item), condition }
  }
  const { key, rest } = mandatoryKey(table, statement.where)
  switch (statement.kind) {
    case "delete":
      return { ...common, kind: "delete", key, condition: rest }
    case "exists":
      return { ...common, kind: "check", key, condition: both(standing(table), rest) }
    case "update": {
      const update: Update = { actions: statement.actions, legacy: false }
      const fault = firstOverlap(update.actions.map(({ path }) => path))
      if (fault !== undefined) throw validation(fault)
      return { ...common, kind: "update", key, update, condition: both(standing(table), rest) }
    }
  }
}

const duplicate = (refusal: unknown): unknown =>
  refusal instanceof Refusal && refusal.code === "ConditionalCheckFailedException"
    ? new Refusal("DuplicateItemException", wording.duplicate)
    : refusal

const write = (world: World, statement: WriteStatement, showItem: boolean): Outcome => {
  try {
    const outcome = evaluate(locate(world, toWrite(world, statement, showItem)))
    admitWrite(world, outcome)
    commit(outcome)
    return outcome
  } catch (refusal) {
    throw statement.kind === "insert" ? duplicate(refusal) : refusal
  }
}

const returnValues: Readonly<Record<Returning, string>> = {
  ALL_OLD: "ALL_OLD",
  ALL_NEW: "ALL_NEW",
  MODIFIED_OLD: "UPDATED_OLD",
  MODIFIED_NEW: "UPDATED_NEW"
}

const returned = (statement: WriteStatement, outcome: Outcome): Item | undefined => {
  const returning = statement.kind === "update" || statement.kind === "delete" ? statement.returning : undefined
  if (returning === undefined) return undefined
  if (statement.kind === "delete") return outcome.before
  return updated(returnValues[returning], outcome)
}

// ---------------------------------------------------------------------------------------------------------------- operations

const statementText = Shape.required(Shape.text({ min: 1, max: 8192 }))
const parameterList = Shape.list(Shape.raw, { min: 1 })

const executeShape = Shape.struct({
  Statement: statementText,
  Parameters: parameterList,
  ConsistentRead: Shape.flag,
  NextToken: Shape.text({ min: 1, max: 32_768 }),
  ReturnConsumedCapacity: Members.capacity,
  Limit: Shape.whole({ min: 1 }),
  ReturnValuesOnConditionCheckFailure: Members.onConditionFailure
})

export const executeStatement = (world: World, request: unknown): Output => {
  const input = Shape.check(executeShape, request)
  const statement = parse(input.Statement, input.Parameters ?? [])
  const level = input.ReturnConsumedCapacity
  if (statement.kind === "select") {
    return select(world, statement, {
      limit: input.Limit,
      consistent: input.ConsistentRead === true,
      token: input.NextToken,
      level
    })
  }
  if (statement.kind === "exists") throw validation(wording.existsAlone)
  const outcome = write(world, statement, input.ReturnValuesOnConditionCheckFailure === "ALL_OLD")
  const item = returned(statement, outcome)
  const meters = new Meters()
  meters.of(outcome.located.table).addWrite(outcome, 1)
  return {
    Items: item === undefined ? [] : [encodeItem(item)],
    ...(level === undefined || level === "NONE"
      ? {}
      : { ConsumedCapacity: meters.of(outcome.located.table).report(level) })
  }
}

/** Reads the one item whose key a SELECT gives. */
const selectOne = (
  world: World,
  statement: Select,
  consistent: boolean,
  message: string
): { readonly table: Table; readonly row: Row | undefined; readonly item: Item | undefined } => {
  const table = tableOf(world, statement.table)
  const found = statement.index === undefined ? keyOf(table, statement.where) : undefined
  if (found === undefined) throw validation(message)
  const row = table.rows.get(placeOfKey(table.schema, found.key))
  admitRead(world, table, undefined, () => readUnits(row?.size ?? 0, consistent ? 1 : 0.5))
  const fits = row !== undefined && (found.rest === undefined || holds(found.rest, row.item))
  return { table, row, item: fits ? chosen(row.item, statement.paths) : undefined }
}

const batchShape = Shape.struct({
  Statements: Shape.required(Shape.list(
    Shape.struct({
      Statement: statementText,
      Parameters: parameterList,
      ConsistentRead: Shape.flag,
      ReturnValuesOnConditionCheckFailure: Members.onConditionFailure
    }),
    { min: 1, max: 25 }
  )),
  ReturnConsumedCapacity: Members.capacity
})

const batchCodes: Readonly<Record<string, string>> = {
  ConditionalCheckFailedException: "ConditionalCheckFailed",
  ItemCollectionSizeLimitExceededException: "ItemCollectionSizeLimitExceeded",
  ProvisionedThroughputExceededException: "ProvisionedThroughputExceeded",
  ResourceNotFoundException: "ResourceNotFound",
  DuplicateItemException: "DuplicateItem",
  ValidationException: "ValidationError"
}

const batchError = (refusal: unknown): Output => {
  const code = refusal instanceof Refusal ? batchCodes[refusal.code] : undefined
  if (!(refusal instanceof Refusal) || code === undefined) throw refusal
  const item = refusal.detail?.["Item"]
  return { Code: code, Message: refusal.message, ...(item === undefined ? {} : { Item: item }) }
}

type BatchMember = {
  readonly ConsistentRead?: boolean | undefined
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined
}

const runOne = (world: World, member: BatchMember, statement: Statement, meters: Meters): Item | undefined => {
  if (statement.kind === "exists") throw validation(wording.existsAlone)
  if (statement.kind === "select") {
    const consistent = member.ConsistentRead === true
    const { item, row, table } = selectOne(world, statement, consistent, wording.wholeKeyInBatch)
    meters.of(table).addTable(readUnits(row?.size ?? 0, consistent ? 1 : 0.5))
    return item
  }
  const outcome = write(world, statement, member.ReturnValuesOnConditionCheckFailure === "ALL_OLD")
  meters.of(outcome.located.table).addWrite(outcome, 1)
  const item = returned(statement, outcome)
  return item === undefined ? undefined : encodeItem(item)
}

export const batchExecuteStatement = (world: World, request: unknown): Output => {
  const input = Shape.check(batchShape, request)
  const parsed = input.Statements.map(({ Parameters, Statement }) => {
    try {
      return { statement: parse(Statement, Parameters ?? []) }
    } catch (refusal) {
      return { error: batchError(refusal) }
    }
  })
  const kinds = new Set(
    parsed.flatMap(({ statement }) => (statement === undefined ? [] : [statement.kind === "select"]))
  )
  if (kinds.size > 1) throw validation(wording.mixedBatch)
  const meters = new Meters()
  const responses = parsed.map(({ error, statement }, i): Output => {
    if (statement === undefined) return { Error: error }
    const table = { TableName: tableName(statement.table) }
    try {
      const item = runOne(world, present(input.Statements[i]), statement, meters)
      return item === undefined ? table : { ...table, Item: item }
    } catch (refusal) {
      return { Error: batchError(refusal), ...table }
    }
  })
  return { Responses: responses, ...meters.report(input.ReturnConsumedCapacity) }
}

const transactionShape = Shape.struct({
  TransactStatements: Shape.required(Shape.list(
    Shape.struct({
      Statement: statementText,
      Parameters: parameterList,
      ReturnValuesOnConditionCheckFailure: Members.onConditionFailure
    }),
    { min: 1, max: 100 }
  )),
  ClientRequestToken: Shape.text({ min: 1, max: 36 }),
  ReturnConsumedCapacity: Members.capacity
})

/** A failed INSERT is told as a duplicate, not as a failed condition. */
const asDuplicates = (statements: ReadonlyArray<Statement>, refusal: unknown): unknown => {
  const reasons = refusal instanceof Refusal ? refusal.detail?.["CancellationReasons"] : undefined
  if (!Array.isArray(reasons)) return refusal
  return cancelled(
    reasons.map((reason: Reason, i) =>
      reason.Code === "ConditionalCheckFailed" && statements[i]?.kind === "insert"
        ? { Code: "DuplicateItem", Message: wording.duplicate }
        : reason
    )
  )
}

export const executeTransaction = (world: World, request: unknown): Output => {
  const input = Shape.check(transactionShape, request)
  const statements = input.TransactStatements.map(({ Parameters, Statement }) => parse(Statement, Parameters ?? []))
  const reads = statements.filter((statement) => statement.kind === "select")
  for (const { table } of statements) tableOf(world, table)
  statements.forEach((statement, i) => {
    if ("returning" in statement && statement.returning !== undefined) {
      throw validation(wording.inTransaction(i, wording.noReturning))
    }
    if (statement.kind === "select" && statement.index !== undefined) {
      throw validation(wording.inTransaction(i, wording.noIndexReads))
    }
  })
  if (reads.length > 0) {
    if (reads.length < statements.length) throw validation(wording.mixedBatch)
    return readTransaction(world, reads, input.ReturnConsumedCapacity)
  }
  const changes = statements.filter((statement) => statement.kind !== "select")
  const writes = forAll(
    changes,
    (statement) => toWrite(world, statement, shows(input.TransactStatements[changes.indexOf(statement)]))
  )
  if (isReplay(world, input.ClientRequestToken, input.TransactStatements)) {
    return { Responses: writes.map(() => ({})), ...reportReplay(world, writes, input.ReturnConsumedCapacity) }
  }
  try {
    const outcomes = writeAll(world, writes)
    remember(world, input.ClientRequestToken, input.TransactStatements)
    return {
      Responses: outcomes.map(() => ({})),
      ...reportWrites(outcomes, input.ReturnConsumedCapacity, false)
    }
  } catch (refusal) {
    throw asDuplicates(changes, refusal)
  }
}

const shows = (member: BatchMember | undefined): boolean => member?.ReturnValuesOnConditionCheckFailure === "ALL_OLD"

const readTransaction = (world: World, reads: ReadonlyArray<Select>, level: Level | undefined): Output => {
  const found = forAll(reads, (statement) => selectOne(world, statement, true, wording.wholeKeyInTransaction))
  checkDistinct(
    found.flatMap(({ row, table }) => (row === undefined ? [] : [{ table, place: row }])),
    transactWording.severalOperations
  )
  const meters = new Meters()
  for (const { row, table } of found) meters.of(table).addTable(readUnits(row?.size ?? 0, 2))
  return {
    Responses: found.map(({ item }) => (item === undefined ? {} : { Item: item })),
    ...meters.report(level, "Read")
  }
}
