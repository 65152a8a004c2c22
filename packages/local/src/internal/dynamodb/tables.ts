/**
 * CreateTable, DescribeTable, DeleteTable and ListTables.
 */
import { describe } from "./describe.js"
import type { Output } from "./items.js"
import * as Members from "./members.js"
import { resourceInUse, resourceNotFound, validation } from "./refusal.js"
import {
  attributesShape,
  checkDefinitions,
  checkThroughput,
  globalShape,
  indexDefinitions,
  localShape,
  onDemandShape,
  tableKeys,
  tableSchema,
  throughputShape,
  units
} from "./schema.js"
import * as Shape from "./shape.js"
import { closeStream, openStream, type StreamInput, streamShape, wantedView } from "./streamLog.js"
import { Table, type TableDefinition, type Throughput } from "./table.js"
import * as requestWording from "./wording/request.js"
import * as wording from "./wording/table.js"
import { randomUuid, tableName, type World } from "./world.js"

export const encryptionShape = Shape.struct({
  Enabled: Shape.flag,
  SSEType: Shape.oneOf("AES256", "KMS"),
  KMSMasterKeyId: Shape.text()
})

export const tableClass = Shape.oneOf("STANDARD", "STANDARD_INFREQUENT_ACCESS")
export const billingMode = Shape.oneOf("PROVISIONED", "PAY_PER_REQUEST")

const createShape = Shape.struct({
  AttributeDefinitions: Shape.required(attributesShape),
  TableName: Members.newName,
  KeySchema: Shape.required(tableKeys),
  LocalSecondaryIndexes: Shape.list(localShape),
  GlobalSecondaryIndexes: Shape.list(globalShape),
  BillingMode: billingMode,
  ProvisionedThroughput: throughputShape,
  StreamSpecification: streamShape,
  SSESpecification: encryptionShape,
  Tags: Shape.list(Shape.struct({ Key: Shape.required(Shape.text()), Value: Shape.required(Shape.text()) })),
  TableClass: tableClass,
  DeletionProtectionEnabled: Shape.flag,
  OnDemandThroughput: onDemandShape
})

const nameShape = Shape.struct({ TableName: Members.table })

/** Control-plane operations say otherwise than the rest that the name is missing. */
export const checkName = (request: unknown): void => {
  if (typeof request === "object" && request !== null && "TableName" in request && request.TableName !== undefined) {
    return
  }
  throw validation(requestWording.required("TableName"))
}

export const namedTable = (world: World, given: string): Table => {
  const table = world.tables.get(tableName(given))
  if (table === undefined) throw resourceNotFound(requestWording.namedTableNotFound(given))
  return table
}

const onDemand: Throughput = { ReadCapacityUnits: 0, WriteCapacityUnits: 0 }

const checkBilling = (
  billing: "PROVISIONED" | "PAY_PER_REQUEST",
  throughput: Throughput | undefined
): Throughput => {
  if (billing === "PAY_PER_REQUEST") {
    if (throughput !== undefined) throw validation(wording.unitsOnDemand)
    return onDemand
  }
  if (throughput === undefined) throw validation(wording.unitsMissing)
  checkThroughput(throughput)
  return units(throughput)
}

export const encryptionOf = (
  input: { readonly Enabled?: boolean | undefined; readonly KMSMasterKeyId?: string | undefined } | undefined
): TableDefinition["encryption"] => input?.Enabled === true ? { type: "KMS", key: input.KMSMasterKeyId } : undefined

export const isStepwise = (world: World): boolean => world.options.transitions === "stepwise"

export const createTable = (world: World, request: unknown): Output => {
  checkName(request)
  const input = Shape.check(createShape, request)
  const billing = input.BillingMode ?? "PROVISIONED"
  const throughput = checkBilling(billing, input.ProvisionedThroughput)
  const attributes = input.AttributeDefinitions.map(({ AttributeName, AttributeType }) => ({
    AttributeName,
    AttributeType
  }))
  const schema = tableSchema(input.KeySchema, attributes)
  const indexes = indexDefinitions(
    schema,
    input.LocalSecondaryIndexes,
    input.GlobalSecondaryIndexes,
    attributes,
    billing
  )
  checkDefinitions(attributes, schema, indexes)
  const stream: StreamInput | undefined = input.StreamSpecification
  const view = stream === undefined ? undefined : wantedView(stream)
  const name = input.TableName
  if (world.tables.has(name)) throw resourceInUse(wording.exists(name))
  const table = new Table({
    name,
    id: randomUuid(world),
    arn: `arn:aws:dynamodb:${world.region}:${world.accountId}:table/${name}`,
    created: world.options.now(),
    schema,
    attributes,
    billing,
    billingChanged: billing === "PAY_PER_REQUEST" ? world.options.now() : undefined,
    throughput,
    throughputIncreased: undefined,
    throughputDecreased: undefined,
    decreasesToday: 0,
    onDemand: input.OnDemandThroughput === undefined ? undefined : { ...input.OnDemandThroughput },
    deletionProtection: input.DeletionProtectionEnabled ?? false,
    tableClass: input.TableClass,
    encryption: encryptionOf(input.SSESpecification),
    timeToLive: undefined,
    pointInTimeRecovery: false,
    tags: (input.Tags ?? []).map(({ Key, Value }) => [Key, Value] as const),
    stream: undefined
  }, world.onChange)
  for (const index of indexes) table.addIndex(index)
  world.tables.set(name, table)
  if (view !== undefined) openStream(world, table, view)
  if (isStepwise(world)) {
    table.status = "CREATING"
    for (const index of table.indexes.values()) index.status = "CREATING"
    world.transitions.push(() => {
      table.status = "ACTIVE"
      for (const index of table.indexes.values()) index.status = "ACTIVE"
    })
  }
  return { TableDescription: describe(table, "CREATING") }
}

export const describeTable = (world: World, request: unknown): Output => {
  checkName(request)
  return { Table: describe(namedTable(world, Shape.check(nameShape, request).TableName)) }
}

export const deleteTable = (world: World, request: unknown): Output => {
  checkName(request)
  const table = namedTable(world, Shape.check(nameShape, request).TableName)
  if (table.status === "CREATING") throw resourceInUse(wording.beingChanged("created", table.name))
  if (table.status === "DELETING") throw resourceInUse(wording.beingChanged("deleted", table.name))
  if (table.definition.deletionProtection) {
    throw validation(wording.protectedFromDeletion(table.definition.arn))
  }
  const description = { ...describe(table, "DELETING") }
  const remove = () => {
    closeStream(world, table)
    world.tables.delete(table.name)
  }
  if (isStepwise(world)) {
    table.status = "DELETING"
    world.transitions.push(remove)
  } else remove()
  return { TableDescription: description }
}

const listShape = Shape.struct({
  ExclusiveStartTableName: Members.index,
  Limit: Shape.whole({ min: 1, max: 100 })
})

export const listTables = (world: World, request: unknown): Output => {
  const { ExclusiveStartTableName: start = "", Limit: limit = 100 } = Shape.check(listShape, request)
  const names = [...world.tables.keys()].filter((name) => name > start).sort()
  const page = names.slice(0, limit)
  return {
    TableNames: page,
    ...(names.length > page.length ? { LastEvaluatedTableName: page[page.length - 1] } : {})
  }
}
