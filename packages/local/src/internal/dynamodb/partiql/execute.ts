/**
 * ExecuteStatement, BatchExecuteStatement and ExecuteTransaction.
 */
import { checkDistinct, Meters } from "../batch.js"
import { type Level, Meter, readUnits } from "../capacity.js"
import type { Condition, Path, Update } from "../expression/ast.js"
import { evaluate as holds, resolve } from "../expression/evaluate.js"
import { type KeyPredicate, keyRange } from "../expression/keyCondition.js"
import { firstOverlap } from "../expression/projection.js"
import { type Output, updated } from "../items.js"
import { hashRange, keyAttributes, placeInIndex, placeOfKey } from "../keys.js"
import * as Members from "../members.js"
import { hashCursor, indexOf, needsFetch, pathsOf, rangeCursor, readPage, type View } from "../query.js"
import { Refusal, validation } from "../refusal.js"
import * as Shape from "../shape.js"
import type { Index, Row, Table } from "../table.js"
import { admitRead, admitWrite } from "../throttle.js"
import { cancelled, forAll, isReplay, type Reason, remember, reportReplay, reportWrites, writeAll } from "../transact.js"
import { attribute, type AttributeValue, decodeItem, emptyItem, encode, encodeItem, type Item, setAttribute } from "../value.js"
import { checkedSize, commit, evaluate, locate, type Outcome, type Write } from "../write.js"
import * as wording from "../wording/partiql.js"
import * as transactWording from "../wording/transaction.js"
import { tableName, tableOf, type World } from "../world.js"
import { parse, type Returning, type Statement } from "./parser.js"

type Select = Extract<Statement, { readonly kind: "select" }>
type WriteStatement = Exclude<Statement, Select>

// ---------------------------------------------------------------------------------------------------------------- WHERE

const conjuncts = (condition: Condition | undefined): ReadonlyArray<Condition> =>
  condition === undefined
    ? []
    : condition.kind === "and"
    ? [...conjuncts(condition.left), ...conjuncts(condition.right)]
    : [condition]

const join = (conditions: ReadonlyArray<Condition>): Condition | undefined => {
  const [first, ...rest] = conditions
  return first === undefined ? undefined : rest.reduce((left, right) => ({ kind: "and", left, right }), first)
}

const flipped = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const

/** A condition on one attribute as a key predicate, if it is one. */
const predicateOf = (condition: Condition): KeyPredicate | undefined => {
  const of = (path: Path, operator: KeyPredicate["operator"], values: ReadonlyArray<AttributeValue>) =>
    path.length === 1 ? { name: String(path[0]), operator, values } : undefined
  switch (condition.kind) {
    case "compare": {
      const { left, operator, right } = condition
      if (operator === "<>") return undefined
      if (left.kind === "path" && right.kind === "value") return of(left.path, operator, [right.value])
      if (left.kind === "value" && right.kind === "path") return of(right.path, flipped[operator], [left.value])
      return undefined
    }
    case "between": {
      const { high, low, of: operand } = condition
      if (operand.kind !== "path" || low.kind !== "value" || high.kind !== "value") return undefined
      return of(operand.path, "between", [low.value, high.value])
    }
    case "call": {
      const [first, second] = condition.operands
      if (condition.name !== "begins_with" || first?.kind !== "path" || second?.kind !== "value") return undefined
      return of(first.path, "begins_with", [second.value])
    }
    default:
      return undefined
  }
}

/** The primary key that a WHERE fixes by equality, and what else it demands. */
const keyOf = (
  table: Table,
  where: Condition | undefined
): { readonly key: Item; readonly rest: Condition | undefined } | undefined => {
  const key = emptyItem()
  const rest = conjuncts(where).filter((condition) => {
    const predicate = predicateOf(condition)
    if (predicate?.operator !== "=" || !table.keyNames.has(predicate.name) || attribute(key, predicate.name) !== undefined) {
      return true
    }
    setAttribute(key, predicate.name, predicate.values[0]!)
    return false
  })
  return [...table.keyNames].every((name) => attribute(key, name) !== undefined) ? { key, rest: join(rest) } : undefined
}

const mandatoryKey = (table: Table, where: Condition | undefined) => {
  const found = keyOf(table, where)
  if (found === undefined) throw validation(wording.keyEquality)
  return found
}

// ---------------------------------------------------------------------------------------------------------------- SELECT

/** The chosen attributes under the names that a result has them by: the last name of each path. */
const chosen = (item: Item, paths: ReadonlyArray<Path> | undefined): Item => {
  if (paths === undefined) return encodeItem(item)
  const result = emptyItem()
  for (const path of paths) {
    const value = resolve(item, path)
    const name = path.findLast((element) => typeof element === "string")
    if (value !== undefined && name !== undefined) setAttribute(result, name, value)
  }
  return encodeItem(result)
}

interface Source {
  readonly range: ReturnType<typeof keyRange> | undefined
}

/** The partitions that a WHERE selects by equality or IN; one source of everything if it selects none. */
const sourcesOf = (schema: Table["schema"], joined: boolean, where: Condition | undefined): ReadonlyArray<Source> => {
  const all = conjuncts(where)
  const predicates = all.flatMap((condition) => predicateOf(condition) ?? [])
  const first = (name: string, only?: KeyPredicate["operator"]) =>
    predicates.find((predicate) => predicate.name === name && (only === undefined || predicate.operator === only))
  const [partition] = schema.partition
  const listed = all.flatMap((condition) =>
    condition.kind === "in" && condition.of.kind === "path" && condition.of.path.length === 1 &&
      schema.partition.length === 1 && condition.of.path[0] === partition?.name &&
      condition.list.every((operand) => operand.kind === "value")
      ? [condition.list.flatMap((operand) => (operand.kind === "value" ? [operand.value] : []))]
      : []
  )[0]
  const fixed = schema.partition.map(({ name }) => first(name, "="))
  const leading: Array<KeyPredicate> = []
  for (const { name } of schema.sort) {
    const predicate = first(name, "=") ?? first(name)
    if (predicate === undefined) break
    leading.push(predicate)
    if (predicate.operator !== "=") break
  }
  const range = (partitions: ReadonlyArray<KeyPredicate>): Source => ({
    range: keyRange(schema, [...partitions, ...leading], joined)
  })
  const given = fixed.filter((predicate) => predicate !== undefined)
  if (given.length === fixed.length) return [range(given)]
  if (listed === undefined || partition === undefined) return [{ range: undefined }]
  const seen = new Map(listed.map((value) => [JSON.stringify(encode(value)), value]))
  return Array.from(seen.values(), (value) => range([{ name: partition.name, operator: "=", values: [value] }]))
}

/** How far a paged statement has come: which source, and the key after which to go on in it. */
interface Position {
  readonly source: number
  readonly after: Item | undefined
}

const binary = (_: string, member: unknown): unknown =>
  member instanceof Uint8Array ? { base64: Buffer.from(member).toString("base64") } : member

const unBinary = (_: string, member: unknown): unknown =>
  typeof member === "object" && member !== null && "base64" in member && typeof member.base64 === "string"
    ? new Uint8Array(Buffer.from(member.base64, "base64"))
    : member

const encodePosition = ({ after, source }: Position): string =>
  Buffer.from(JSON.stringify([source, after === undefined ? null : encodeItem(after)], binary)).toString("base64")

const decodePosition = (token: string | undefined): Position => {
  if (token === undefined) return { source: 0, after: undefined }
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64").toString("utf8"), unBinary)
    const [source, after]: ReadonlyArray<unknown> = Array.isArray(parts) ? parts : []
    if (typeof source === "number") return { source, after: after === null ? undefined : decodeItem(after) }
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError) && !(thrown instanceof Refusal)) throw thrown
  }
  throw validation(wording.nextToken)
}

const afterPlace = (table: Table, index: Index | undefined, after: Item | undefined) => {
  if (after === undefined) return undefined
  const primary = placeOfKey(table.schema, table.keyOf(after))
  return index === undefined ? primary : placeInIndex(index.definition.schema, after, primary)
}

interface SelectOptions {
  readonly limit: number | undefined
  readonly consistent: boolean
  readonly token: string | undefined
  readonly level: Level | undefined
}

const select = (world: World, statement: Select, options: SelectOptions): Output => {
  const table = tableOf(world, statement.table)
  const index = indexOf(table, statement.index, options.consistent)
  const schema = index?.definition.schema ?? table.schema
  const { order, paths, where } = statement
  if (order !== undefined) {
    if (where === undefined) throw validation(wording.orderBy)
    if (keyAttributes(schema).every(({ name }) => name !== order.name)) throw validation(wording.orderByKey(order.name))
  }
  const fault = paths === undefined ? undefined : firstOverlap(paths)
  if (fault !== undefined) throw validation(fault)
  const view: View = {
    table,
    index,
    fetch: needsFetch(index, paths ?? "projected", where === undefined ? [] : pathsOf(where)),
    projection: undefined,
    filter: where,
    countOnly: false
  }
  const factor = options.consistent ? 1 : 0.5
  const sources = sourcesOf(schema, index !== undefined, where)
  let position: Position | undefined = decodePosition(options.token)
  let left = options.limit
  let bytes = 0
  let lastKey: Item | undefined
  const items: Array<Item> = []
  while (position !== undefined && position.source < sources.length) {
    const { range } = sources[position.source]!
    const start = afterPlace(table, index, position.after)
    const next: () => Row | undefined = range === undefined
      ? hashCursor(view, 0, hashRange, start)
      : rangeCursor(view, range, order?.descending !== true, start)
    const page = readPage(view, next, left, factor)
    items.push(...page.items)
    bytes += page.bytes
    lastKey = page.lastKey
    if (left !== undefined) left -= page.scanned
    if (lastKey !== undefined) {
      position = { source: position.source, after: lastKey }
      break
    }
    position = { source: position.source + 1, after: undefined }
  }
  const ended = position === undefined || position.source >= sources.length
  const units = readUnits(bytes, factor)
  admitRead(world, table, index, () => units)
  const meter = new Meter(table)
  if (index === undefined) meter.addTable(units)
  else meter.addIndex(index, units)
  return {
    Items: items.map((item) => chosen(item, paths)),
    ...(ended || position === undefined ? {} : { NextToken: encodePosition(position) }),
    ...(lastKey === undefined ? {} : { LastEvaluatedKey: encodeItem(lastKey) }),
    ...(options.level === undefined || options.level === "NONE" ? {} : { ConsumedCapacity: meter.report(options.level) })
  }
}

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
  if (statement.kind === "delete") return returning === "ALL_OLD" ? outcome.before : undefined
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
  const kinds = new Set(parsed.flatMap(({ statement }) => (statement === undefined ? [] : [statement.kind === "select"])))
  if (kinds.size > 1) throw validation(wording.mixedBatch)
  const meters = new Meters()
  const responses = parsed.map(({ error, statement }, i): Output => {
    if (statement === undefined) return { Error: error }
    const table = { TableName: tableName(statement.table) }
    try {
      const item = runOne(world, input.Statements[i]!, statement, meters)
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
  return cancelled(reasons.map((reason: Reason, i) =>
    reason.Code === "ConditionalCheckFailed" && statements[i]?.kind === "insert"
      ? { Code: "DuplicateItem", Message: wording.duplicate }
      : reason
  ))
}

export const executeTransaction = (world: World, request: unknown): Output => {
  const input = Shape.check(transactionShape, request)
  const statements = input.TransactStatements.map(({ Parameters, Statement }) => parse(Statement, Parameters ?? []))
  const reads = statements.filter((statement) => statement.kind === "select")
  for (const { table } of statements) tableOf(world, table)
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
      Responses: outcomes.map((outcome, i) => {
        const statement = changes[i]
        const item = statement === undefined ? undefined : returned(statement, outcome)
        return item === undefined ? {} : { Item: encodeItem(item) }
      }),
      ...reportWrites(outcomes, input.ReturnConsumedCapacity, false)
    }
  } catch (refusal) {
    throw asDuplicates(changes, refusal)
  }
}

const shows = (member: BatchMember | undefined): boolean => member?.ReturnValuesOnConditionCheckFailure === "ALL_OLD"

const readTransaction = (world: World, reads: ReadonlyArray<Select>, level: Level | undefined): Output => {
  const found = forAll(reads, (statement) => selectOne(world, statement, true, wording.wholeKeyInTransaction))
  checkDistinct(found.flatMap(({ row, table }) => (row === undefined ? [] : [{ table, place: row }])), transactWording.severalOperations)
  const meters = new Meters()
  for (const { row, table } of found) meters.of(table).addTable(readUnits(row?.size ?? 0, 2))
  return {
    Responses: found.map(({ item }) => (item === undefined ? {} : { Item: item })),
    ...meters.report(level, "Read")
  }
}
