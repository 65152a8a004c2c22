/**
 * Time to live, tags, limits and backups: what a table has beside its data.
 */
import { evaluate } from "./expression/evaluate.js"
import type { Output } from "./items.js"
import * as Members from "./members.js"
import { Refusal, resourceNotFound, validation } from "./refusal.js"
import * as Shape from "./shape.js"
import type { Row, Table } from "./table.js"
import { checkName, namedTable } from "./tables.js"
import * as requestWording from "./wording/request.js"
import * as wording from "./wording/table.js"
import type { World } from "./world.js"

// ---------------------------------------------------------------------------------------------------------------- time to live

const timeToLiveShape = Shape.struct({
  TableName: Members.table,
  TimeToLiveSpecification: Shape.required(Shape.struct({
    Enabled: Shape.required(Shape.flag),
    AttributeName: Shape.required(Shape.text({ min: 1, max: 255 }))
  }))
})

const nameShape = Shape.struct({ TableName: Members.table })

export const updateTimeToLive = (world: World, request: unknown): Output => {
  checkName(request)
  const { TableName, TimeToLiveSpecification: { AttributeName, Enabled } } = Shape.check(timeToLiveShape, request)
  const table = namedTable(world, TableName)
  const current = table.definition.timeToLive
  if (Enabled === (current !== undefined) && (current === undefined || current === AttributeName)) {
    throw validation(wording.timeToLiveSame(Enabled))
  }
  if (current !== undefined && current !== AttributeName) throw validation(wording.timeToLiveOther + current)
  table.definition = { ...table.definition, timeToLive: Enabled ? AttributeName : undefined }
  return { TimeToLiveSpecification: { Enabled, AttributeName } }
}

export const describeTimeToLive = (world: World, request: unknown): Output => {
  checkName(request)
  const { timeToLive } = namedTable(world, Shape.check(nameShape, request).TableName).definition
  return {
    TimeToLiveDescription: timeToLive === undefined
      ? { TimeToLiveStatus: "DISABLED" }
      : { TimeToLiveStatus: "ENABLED", AttributeName: timeToLive }
  }
}

const fiveYears = 5 * 365 * 24 * 60 * 60

/** Rows whose time, in whole seconds since the epoch, has passed; a time of more than five years ago is taken for a mistake. */
const expiredRows = (table: Table, attribute: string, now: number): ReadonlyArray<Row> => {
  const seconds = Math.floor(now / 1000)
  const path = { kind: "path", path: [attribute] } as const
  const bound = (value: number) => ({ kind: "value", value: { N: String(value) } }) as const
  const expired: Array<Row> = []
  const next = table.rows.ascend(() => false)
  for (let row = next(); row !== undefined; row = next()) {
    const due = { kind: "between", of: path, low: bound(seconds - fiveYears), high: bound(seconds - 1) } as const
    if (evaluate(due, row.item)) expired.push(row)
  }
  return expired
}

/** Deletes what has expired, in all tables. */
export const sweep = (world: World): number => {
  let count = 0
  world.sweeping = true
  for (const table of world.tables.values()) {
    const { timeToLive } = table.definition
    if (timeToLive === undefined) continue
    const rows = expiredRows(table, timeToLive, world.options.now())
    for (const row of rows) table.change(row, row, undefined, 0)
    count += rows.length
  }
  world.sweeping = false
  return count
}

// ---------------------------------------------------------------------------------------------------------------- tags

const tagShape = Shape.struct({
  ResourceArn: Shape.required(Shape.text({ min: 1, max: 1283 })),
  Tags: Shape.required(Shape.list(Shape.struct({
    Key: Shape.required(Shape.text({ min: 1, max: 128 })),
    Value: Shape.required(Shape.text({ max: 256 }))
  })))
})

const untagShape = Shape.struct({
  ResourceArn: Shape.required(Shape.text({ min: 1, max: 1283 })),
  TagKeys: Shape.required(Shape.list(Shape.text({ min: 1, max: 128 })))
})

const listTagsShape = Shape.struct({
  ResourceArn: Shape.required(Shape.text({ min: 1, max: 1283 })),
  NextToken: Shape.text()
})

const arnPattern = /^arn:aws[a-z-]*:dynamodb:[^:]+:\d{12}:table\/([a-zA-Z0-9_.-]{3,255})$/

/** The table that an ARN names; one that it may not know of is refused as AWS refuses it, by access. */
const taggedTable = (world: World, operation: string, arn: string): Table => {
  const name = arnPattern.exec(arn)?.[1]
  if (name === undefined) throw validation(wording.badArn(arn))
  const table = world.tables.get(name)
  if (table !== undefined && table.definition.arn === arn) return table
  if (operation !== "ListTagsOfResource") {
    throw resourceNotFound(`Requested resource not found: ResourcArn: ${arn} not found`)
  }
  throw new Refusal(
    "AccessDeniedException",
    `User: arn:aws:iam::${world.accountId}:root is not authorized to perform: dynamodb:${operation} on resource: ${arn}`
  )
}

export const tagResource = (world: World, request: unknown): Output => {
  const { ResourceArn, Tags } = Shape.check(tagShape, request)
  const table = taggedTable(world, "TagResource", ResourceArn)
  if (Tags.length === 0) throw validation(wording.noTags)
  const tags = new Map([...table.definition.tags, ...Tags.map(({ Key, Value }) => [Key, Value] as const)])
  if (tags.size > 50) throw validation(wording.tooManyTags)
  table.definition = { ...table.definition, tags: [...tags] }
  return {}
}

export const untagResource = (world: World, request: unknown): Output => {
  const { ResourceArn, TagKeys } = Shape.check(untagShape, request)
  const table = taggedTable(world, "UntagResource", ResourceArn)
  if (TagKeys.length === 0) throw validation(wording.noTagKeys)
  const gone = new Set(TagKeys)
  table.definition = { ...table.definition, tags: table.definition.tags.filter(([key]) => !gone.has(key)) }
  return {}
}

export const listTagsOfResource = (world: World, request: unknown): Output => {
  const { ResourceArn } = Shape.check(listTagsShape, request)
  const table = taggedTable(world, "ListTagsOfResource", ResourceArn)
  return { Tags: table.definition.tags.map(([Key, Value]) => ({ Key, Value })) }
}

// ---------------------------------------------------------------------------------------------------------------- the rest

export const describeLimits = (): Output => ({
  AccountMaxReadCapacityUnits: 80_000,
  AccountMaxWriteCapacityUnits: 80_000,
  TableMaxReadCapacityUnits: 40_000,
  TableMaxWriteCapacityUnits: 40_000
})

export const describeEndpoints = (world: World): Output => ({
  Endpoints: [{ Address: `dynamodb.${world.region}.amazonaws.com`, CachePeriodInMinutes: 1440 }]
})

const recoveryShape = Shape.struct({
  TableName: Members.table,
  PointInTimeRecoverySpecification: Shape.required(Shape.struct({
    PointInTimeRecoveryEnabled: Shape.required(Shape.flag)
  }))
})

const backedUpTable = (world: World, name: string): Table => {
  const table = world.tables.get(name)
  if (table === undefined) {
    throw new Refusal(
      "TableNotFoundException",
      requestWording.namedTableNotFound(name).replace("Requested resource not found: ", "")
    )
  }
  return table
}

const describeBackups = (table: Table): Output => ({
  ContinuousBackupsDescription: {
    ContinuousBackupsStatus: "ENABLED",
    PointInTimeRecoveryDescription: {
      PointInTimeRecoveryStatus: table.definition.pointInTimeRecovery ? "ENABLED" : "DISABLED"
    }
  }
})

export const describeContinuousBackups = (world: World, request: unknown): Output => {
  checkName(request)
  return describeBackups(backedUpTable(world, Shape.check(nameShape, request).TableName))
}

export const updateContinuousBackups = (world: World, request: unknown): Output => {
  checkName(request)
  const input = Shape.check(recoveryShape, request)
  const table = backedUpTable(world, input.TableName)
  const pointInTimeRecovery = input.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled
  table.definition = { ...table.definition, pointInTimeRecovery }
  return describeBackups(table)
}
