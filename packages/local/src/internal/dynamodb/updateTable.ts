/**
 * UpdateTable.
 */
import { describe } from "./describe.js"
import type { Output } from "./items.js"
import * as Members from "./members.js"
import { Refusal, resourceInUse, resourceNotFound, validation } from "./refusal.js"
import {
  attributesShape,
  checkThroughput,
  globalIndex,
  globalShape,
  onDemandShape,
  throughputShape,
  units
} from "./schema.js"
import * as Shape from "./shape.js"
import { closeStream, openStream, streamShape, wantedView } from "./streamLog.js"
import type { Index, IndexDefinition, Table, TableDefinition, Throughput } from "./table.js"
import { billingMode, checkName, encryptionOf, encryptionShape, isStepwise, namedTable, tableClass } from "./tables.js"
import * as wording from "./wording/table.js"
import type { World } from "./world.js"

const updateShape = Shape.struct({
  AttributeDefinitions: attributesShape,
  TableName: Members.table,
  BillingMode: billingMode,
  ProvisionedThroughput: throughputShape,
  GlobalSecondaryIndexUpdates: Shape.list(Shape.struct({
    Create: globalShape,
    Update: Shape.struct({
      IndexName: Members.newName,
      ProvisionedThroughput: throughputShape,
      OnDemandThroughput: onDemandShape
    }),
    Delete: Shape.struct({ IndexName: Members.newName })
  })),
  StreamSpecification: streamShape,
  SSESpecification: encryptionShape,
  TableClass: tableClass,
  DeletionProtectionEnabled: Shape.flag,
  OnDemandThroughput: onDemandShape
})

type Input = typeof updateShape extends Shape.Shape<infer A, boolean> ? A : never

const isEmpty = (input: Input): boolean =>
  input.BillingMode === undefined && input.ProvisionedThroughput === undefined &&
  (input.GlobalSecondaryIndexUpdates ?? []).length === 0 && input.StreamSpecification === undefined &&
  input.SSESpecification === undefined && input.TableClass === undefined &&
  input.DeletionProtectionEnabled === undefined && input.OnDemandThroughput === undefined

const same = (a: Throughput, b: Throughput): boolean =>
  a.ReadCapacityUnits === b.ReadCapacityUnits && a.WriteCapacityUnits === b.WriteCapacityUnits

const throughputOf = (
  world: World,
  definition: TableDefinition,
  input: Input,
  billing: TableDefinition["billing"]
): Partial<TableDefinition> => {
  const now = world.options.now()
  const wanted = input.ProvisionedThroughput
  if (billing === "PAY_PER_REQUEST") {
    if (wanted !== undefined) throw validation(wording.unitsOnDemand)
    if (definition.billing === billing) return {}
    return { billing, billingChanged: now, throughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0 } }
  }
  if (definition.billing !== billing && wanted === undefined) throw validation(wording.throughputMissing)
  if (wanted === undefined) return {}
  checkThroughput(wanted)
  const current = definition.throughput
  if (definition.billing === billing && same(current, wanted)) throw validation(wording.sameThroughput(current, wanted))
  const increased = wanted.ReadCapacityUnits > current.ReadCapacityUnits ||
    wanted.WriteCapacityUnits > current.WriteCapacityUnits
  const decreased = wanted.ReadCapacityUnits < current.ReadCapacityUnits ||
    wanted.WriteCapacityUnits < current.WriteCapacityUnits
  return {
    billing,
    throughput: units(wanted),
    throughputIncreased: increased ? now : definition.throughputIncreased,
    throughputDecreased: decreased ? now : definition.throughputDecreased,
    decreasesToday: definition.decreasesToday + (decreased ? 1 : 0)
  }
}

/** The changes of indexes, checked; nothing is done yet. */
const planIndexes = (
  table: Table,
  input: Input,
  attributes: TableDefinition["attributes"],
  billing: TableDefinition["billing"]
): ReadonlyArray<IndexChange> => {
  const seen = new Set<string>()
  const changes = (input.GlobalSecondaryIndexUpdates ?? []).map(({ Create, Delete, Update }): IndexChange => {
    const given = [Create, Update, Delete].filter((each) => each !== undefined)
    const name = given[0]?.IndexName
    if (name === undefined || given.length !== 1) throw validation(wording.oneIndexUpdate)
    if (seen.has(name)) throw validation(wording.repeatedIndexUpdate(name))
    seen.add(name)
    if (Create !== undefined) {
      const definition = globalIndex(Create, attributes, billing)
      if (table.indexes.has(name)) throw validation(wording.indexExists)
      return { kind: "create", definition }
    }
    const index = table.indexes.get(name)
    if (index === undefined || index.definition.kind === "local") throw resourceNotFound(wording.indexNotFound)
    if (index.status !== "ACTIVE") throw resourceInUse(wording.beingChanged("updated", table.name))
    if (Delete !== undefined) return { kind: "delete", index }
    const throughput = Update?.ProvisionedThroughput
    if (throughput !== undefined) {
      if (billing === "PAY_PER_REQUEST") throw validation(wording.indexUnitsOnDemand(name))
      checkThroughput(throughput)
      const current = index.definition.throughput
      if (current !== undefined && same(current, throughput)) {
        throw validation(wording.sameThroughput(current, throughput, `index: ${name}`))
      }
    }
    return {
      kind: "update",
      index,
      definition: {
        ...index.definition,
        throughput: throughput === undefined ? index.definition.throughput : units(throughput),
        onDemand: Update?.OnDemandThroughput === undefined
          ? index.definition.onDemand
          : { ...Update.OnDemandThroughput }
      }
    }
  })
  if (changes.filter(({ kind }) => kind !== "update").length > 1) {
    throw new Refusal("LimitExceededException", wording.tooManyIndexChanges)
  }
  return changes
}

type IndexChange =
  | { readonly kind: "create"; readonly definition: IndexDefinition }
  | { readonly kind: "update"; readonly index: Index; readonly definition: IndexDefinition }
  | { readonly kind: "delete"; readonly index: Index }

/** Starts a change of an index and gives what ends it. */
const startChange = (table: Table, change: IndexChange): () => void => {
  switch (change.kind) {
    case "create": {
      table.addIndex(change.definition, "CREATING")
      return () => {
        const index = table.indexes.get(change.definition.name)
        if (index !== undefined) index.status = "ACTIVE"
      }
    }
    case "update":
      change.index.definition = change.definition
      change.index.status = "UPDATING"
      return () => {
        change.index.status = "ACTIVE"
      }
    case "delete":
      change.index.status = "DELETING"
      return () => {
        table.indexes.delete(change.index.definition.name)
        const used = new Set([
          ...table.keyNames,
          ...Array.from(table.indexes.values(), ({ keyNames }) => keyNames).flat()
        ])
        table.definition = {
          ...table.definition,
          attributes: table.definition.attributes.filter(({ AttributeName }) => used.has(AttributeName))
        }
      }
  }
}

export const updateTable = (world: World, request: unknown): Output => {
  checkName(request)
  const input = Shape.check(updateShape, request)
  if (isEmpty(input)) throw validation(wording.nothingToUpdate)
  const table = namedTable(world, input.TableName)
  if (table.status !== "ACTIVE") {
    throw resourceInUse(wording.beingChanged(table.status === "CREATING" ? "created" : "updated", table.name))
  }
  const { definition } = table
  const billing = input.BillingMode ?? definition.billing
  const attributes = [
    ...definition.attributes,
    ...(input.AttributeDefinitions ?? []).filter(({ AttributeName }) =>
      definition.attributes.every((known) => known.AttributeName !== AttributeName)
    ).map(({ AttributeName, AttributeType }) => ({ AttributeName, AttributeType }))
  ]
  const throughput = throughputOf(world, definition, input, billing)
  const changes = planIndexes(table, input, attributes, billing)
  const stream = input.StreamSpecification
  const view = stream === undefined ? undefined : wantedView(stream)
  if (stream !== undefined && view === undefined && definition.stream === undefined) {
    throw validation(wording.streamDisabled(table.name))
  }
  if (view !== undefined) openStream(world, table, view)
  else if (stream !== undefined) closeStream(world, table)
  const keys = new Set([
    ...table.keyNames,
    ...Array.from(table.indexes.values(), ({ keyNames }) => keyNames).flat(),
    ...changes.flatMap((change) =>
      change.kind === "create"
        ? [...change.definition.schema.partition, ...change.definition.schema.sort].map(({ name }) => name)
        : []
    )
  ])
  table.definition = {
    ...table.definition,
    ...throughput,
    attributes: attributes.filter(({ AttributeName }) => keys.has(AttributeName)),
    deletionProtection: input.DeletionProtectionEnabled ?? definition.deletionProtection,
    tableClass: input.TableClass ?? definition.tableClass,
    encryption: input.SSESpecification === undefined ? definition.encryption : encryptionOf(input.SSESpecification),
    onDemand: input.OnDemandThroughput === undefined ? definition.onDemand : { ...input.OnDemandThroughput }
  }
  const ends = changes.map((change) => startChange(table, change))
  const description = describe(table, "UPDATING")
  const end = () => {
    table.status = "ACTIVE"
    for (const each of ends) each()
  }
  if (isStepwise(world)) {
    table.status = "UPDATING"
    world.transitions.push(end)
  } else end()
  return { TableDescription: description }
}
