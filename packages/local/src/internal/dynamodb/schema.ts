/**
 * What CreateTable and UpdateTable are given: shapes, and the rules that a table's keys, indexes and throughput obey.
 */
import { keyAttributes, type KeySchema } from "./keys.js"
import * as Members from "./members.js"
import { validation } from "./refusal.js"
import * as Shape from "./shape.js"
import type { IndexDefinition, Throughput } from "./table.js"
import * as wording from "./wording/table.js"

const keyElement = Shape.struct({
  AttributeName: Shape.required(Shape.text({ min: 1, max: 255 })),
  KeyType: Shape.required(Shape.oneOf("HASH", "RANGE"))
})

type KeyElement = { readonly AttributeName: string; readonly KeyType: "HASH" | "RANGE" }

const showKeyElement = (member: unknown): string => {
  const { AttributeName, KeyType } = { AttributeName: "", KeyType: "", ...(member as object) }
  return `KeySchemaElement(attributeName=${AttributeName}, keyType=${KeyType})`
}

export const attributesShape = Shape.list(Shape.struct({
  AttributeName: Shape.required(Shape.text({ min: 1, max: 255 })),
  AttributeType: Shape.required(Shape.oneOf("B", "N", "S"))
}))

export const tableKeys = Shape.list(keyElement, { min: 1, max: 2, show: showKeyElement })
const indexKeys = Shape.list(keyElement, { min: 1, max: 8, show: showKeyElement })

export const throughputShape = Shape.struct({
  ReadCapacityUnits: Shape.required(Shape.whole({ min: 1 })),
  WriteCapacityUnits: Shape.required(Shape.whole({ min: 1 }))
})

const projection = Shape.struct({
  ProjectionType: Shape.oneOf("ALL", "INCLUDE", "KEYS_ONLY"),
  NonKeyAttributes: Shape.list(Shape.text({ min: 1, max: 255 }), { min: 1 })
})

export const onDemandShape = Shape.map(Shape.whole())

export const localShape = Shape.struct({
  IndexName: Members.newName,
  KeySchema: Shape.required(indexKeys),
  Projection: Shape.required(projection)
})

export const globalShape = Shape.struct({
  IndexName: Members.newName,
  KeySchema: Shape.required(indexKeys),
  Projection: Shape.required(projection),
  ProvisionedThroughput: throughputShape,
  OnDemandThroughput: onDemandShape
})

type IndexInput = {
  readonly IndexName: string
  readonly KeySchema: ReadonlyArray<KeyElement>
  readonly Projection: {
    readonly ProjectionType?: "ALL" | "INCLUDE" | "KEYS_ONLY" | undefined
    readonly NonKeyAttributes?: ReadonlyArray<string> | undefined
  }
  readonly ProvisionedThroughput?: Throughput | undefined
  readonly OnDemandThroughput?: Readonly<Record<string, number>> | undefined
}

export type AttributeDefinitions = ReadonlyArray<
  { readonly AttributeName: string; readonly AttributeType: "S" | "N" | "B" }
>

const maxUnits = 1_000_000_000_000

export const checkThroughput = ({ ReadCapacityUnits, WriteCapacityUnits }: Throughput): void => {
  if (ReadCapacityUnits > maxUnits) throw validation(wording.outOfBounds(ReadCapacityUnits, "ReadCapacityUnits"))
  if (WriteCapacityUnits > maxUnits) throw validation(wording.outOfBounds(WriteCapacityUnits, "WriteCapacityUnits"))
}

/** The key schema that elements and attribute definitions make, for a table (two at most) or an index. */
const keySchema = (elements: ReadonlyArray<KeyElement>, definitions: AttributeDefinitions): KeySchema => {
  const types = new Map(definitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]))
  const names = elements.map(({ AttributeName }) => AttributeName)
  if (names.some((name) => !types.has(name))) throw validation(wording.keysNotDefined(names, [...types.keys()]))
  if (new Set(names).size < names.length) throw validation(wording.sameName)
  if (elements[0]?.KeyType !== "HASH") throw validation(wording.firstNotHash)
  const partitions = elements.findIndex(({ KeyType }) => KeyType === "RANGE")
  const count = partitions < 0 ? elements.length : partitions
  if (elements.slice(count).some(({ KeyType }) => KeyType === "HASH")) throw validation(wording.secondNotRange)
  if (count > 4 || elements.length - count > 4) throw validation(wording.tooManyKeys)
  const attribute = ({ AttributeName }: KeyElement) => ({
    name: AttributeName,
    type: types.get(AttributeName) ?? "S" as const
  })
  return { partition: elements.slice(0, count).map(attribute), sort: elements.slice(count).map(attribute) }
}

export const tableSchema = (elements: ReadonlyArray<KeyElement>, definitions: AttributeDefinitions): KeySchema => {
  if (elements.length > definitions.length) throw validation(wording.undefinedKeys)
  const schema = keySchema(elements, definitions)
  if (schema.partition.length > 1) throw validation(wording.secondNotRange)
  return schema
}

const indexDefinition = (
  kind: "global" | "local",
  input: IndexInput,
  definitions: AttributeDefinitions
): IndexDefinition => {
  const { NonKeyAttributes, ProjectionType } = input.Projection
  const schema = keySchema(input.KeySchema, definitions)
  if (ProjectionType === undefined) throw validation(wording.unknownProjection)
  if (NonKeyAttributes !== undefined && ProjectionType !== "INCLUDE") {
    throw validation(wording.unwantedAttributes(ProjectionType))
  }
  if (NonKeyAttributes === undefined && ProjectionType === "INCLUDE") throw validation(wording.missingAttributes)
  return {
    name: input.IndexName,
    kind,
    schema,
    projection: ProjectionType,
    nonKeyAttributes: NonKeyAttributes === undefined ? undefined : [...NonKeyAttributes],
    throughput: input.ProvisionedThroughput === undefined ? undefined : units(input.ProvisionedThroughput),
    onDemand: input.OnDemandThroughput === undefined ? undefined : { ...input.OnDemandThroughput }
  }
}

export const units = ({ ReadCapacityUnits, WriteCapacityUnits }: Throughput): Throughput => ({
  ReadCapacityUnits,
  WriteCapacityUnits
})

export const globalIndex = (
  input: IndexInput,
  definitions: AttributeDefinitions,
  billing: "PROVISIONED" | "PAY_PER_REQUEST"
): IndexDefinition => {
  const index = indexDefinition("global", input, definitions)
  if (billing === "PAY_PER_REQUEST") {
    if (index.throughput !== undefined) throw validation(wording.indexUnitsOnDemand(index.name))
  } else if (index.throughput === undefined) throw validation(wording.indexThroughputMissing(index.name))
  else checkThroughput(index.throughput)
  return index
}

/** The indexes of a table that is about to be made. */
export const indexDefinitions = (
  schema: KeySchema,
  local: ReadonlyArray<IndexInput> | undefined,
  global: ReadonlyArray<IndexInput> | undefined,
  definitions: AttributeDefinitions,
  billing: "PROVISIONED" | "PAY_PER_REQUEST"
): ReadonlyArray<IndexDefinition> => {
  const seen = new Set<string>()
  const unique = (index: IndexDefinition): IndexDefinition => {
    if (seen.has(index.name)) throw validation(wording.duplicateIndex(index.name))
    seen.add(index.name)
    return index
  }
  if (local?.length === 0) throw validation(wording.emptyIndexes("LocalSecondaryIndexes"))
  if (local !== undefined && schema.sort.length === 0) throw validation(wording.localNeedsRange)
  const locals = (local ?? []).map((input) => {
    const index = indexDefinition("local", input, definitions)
    const tableKey = schema.partition[0]?.name ?? ""
    const indexKey = index.schema.partition[0]?.name ?? ""
    if (index.schema.sort.length !== 1) throw validation(wording.indexNeedsRange(index.name))
    if (indexKey !== tableKey) throw validation(wording.otherHash(index.name, indexKey, tableKey))
    return unique(index)
  })
  if (locals.length > 5) throw validation(wording.tooManyLocal)
  if (global?.length === 0) throw validation(wording.emptyIndexes("GlobalSecondaryIndexes"))
  const globals = (global ?? []).map((input) => unique(globalIndex(input, definitions, billing)))
  if (globals.length > 20) throw validation(wording.tooManyGlobal)
  return [...locals, ...globals]
}

/** Every attribute that is defined must be the key of something. */
export const checkDefinitions = (
  definitions: AttributeDefinitions,
  schema: KeySchema,
  indexes: ReadonlyArray<IndexDefinition>
): void => {
  const names = definitions.map(({ AttributeName }) => AttributeName)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw validation(wording.duplicateDefinition(twice))
  const used = new Set([schema, ...indexes.map((index) => index.schema)].flatMap(keyAttributes).map(({ name }) => name))
  if (names.every((name) => used.has(name))) return
  throw validation(indexes.length === 0 ? wording.definitionCount : wording.unusedDefinitions(names, [...used]))
}
