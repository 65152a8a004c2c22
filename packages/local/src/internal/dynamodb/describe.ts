/**
 * Tables as descriptions.
 */
import type { KeySchema } from "./keys.js"
import { type Index, type IndexDefinition, sizeInIndex, type Status, type Table } from "./table.js"

const keyElements = ({ partition, sort }: KeySchema) => [
  ...partition.map(({ name }) => ({ AttributeName: name, KeyType: "HASH" })),
  ...sort.map(({ name }) => ({ AttributeName: name, KeyType: "RANGE" }))
]

const projection = ({ nonKeyAttributes, projection }: IndexDefinition) => ({
  ProjectionType: projection,
  ...(nonKeyAttributes === undefined ? {} : { NonKeyAttributes: [...nonKeyAttributes] })
})

const bytesOf = (index: Index): number => {
  const next = index.entries.ascend(() => false)
  let bytes = 0
  for (let entry = next(); entry !== undefined; entry = next()) bytes += sizeInIndex(index, entry.row)
  return bytes
}

const describeIndex = (table: Table, index: Index): Readonly<Record<string, unknown>> => {
  const { definition } = index
  const isGlobal = definition.kind === "global"
  return {
    IndexName: definition.name,
    KeySchema: keyElements(definition.schema),
    Projection: projection(definition),
    ...(isGlobal
      ? {
        IndexStatus: index.status,
        ...(index.status === "CREATING" ? { Backfilling: true } : {}),
        ProvisionedThroughput: {
          NumberOfDecreasesToday: 0,
          ReadCapacityUnits: definition.throughput?.ReadCapacityUnits ?? 0,
          WriteCapacityUnits: definition.throughput?.WriteCapacityUnits ?? 0
        },
        ...(definition.onDemand === undefined ? {} : { OnDemandThroughput: { ...definition.onDemand } })
      }
      : {}),
    IndexSizeBytes: index.projected === undefined && index.entries.size === table.rows.size
      ? table.bytes
      : bytesOf(index),
    ItemCount: index.entries.size,
    IndexArn: `${table.definition.arn}/index/${definition.name}`
  }
}

const date = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms))

const defined = (record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))

const streamArn = ({ definition }: Table): string | undefined =>
  definition.stream === undefined ? undefined : `${definition.arn}/stream/${definition.stream.label}`

/** The `TableDescription`, with another status than the one that stands where the answer runs ahead of it. */
export const describe = (table: Table, status: Status = table.status): Readonly<Record<string, unknown>> => {
  const { definition } = table
  const indexes = [...table.indexes.values()]
  const local = indexes.filter((index) => index.definition.kind === "local")
  const global = indexes.filter((index) => index.definition.kind === "global")
  return defined({
    AttributeDefinitions: definition.attributes.map((attribute) => ({ ...attribute })),
    TableName: definition.name,
    KeySchema: keyElements(definition.schema),
    TableStatus: status,
    CreationDateTime: new Date(definition.created),
    ProvisionedThroughput: defined({
      LastIncreaseDateTime: date(definition.throughputIncreased),
      LastDecreaseDateTime: date(definition.throughputDecreased),
      NumberOfDecreasesToday: definition.decreasesToday,
      ReadCapacityUnits: definition.throughput.ReadCapacityUnits,
      WriteCapacityUnits: definition.throughput.WriteCapacityUnits
    }),
    TableSizeBytes: table.bytes,
    ItemCount: table.rows.size,
    TableArn: definition.arn,
    TableId: definition.id,
    BillingModeSummary: definition.billing === "PAY_PER_REQUEST" || definition.billingChanged !== undefined
      ? defined({
        BillingMode: definition.billing,
        LastUpdateToPayPerRequestDateTime: date(definition.billingChanged)
      })
      : undefined,
    LocalSecondaryIndexes: local.length === 0 ? undefined : local.map((index) => describeIndex(table, index)),
    GlobalSecondaryIndexes: global.length === 0 ? undefined : global.map((index) => describeIndex(table, index)),
    StreamSpecification: definition.stream === undefined
      ? undefined
      : { StreamEnabled: true, StreamViewType: definition.stream.view },
    LatestStreamLabel: definition.stream?.label,
    LatestStreamArn: streamArn(table),
    SSEDescription: definition.encryption === undefined
      ? undefined
      : defined({ Status: "ENABLED", SSEType: definition.encryption.type, KMSMasterKeyArn: definition.encryption.key }),
    TableClassSummary: definition.tableClass === undefined ? undefined : { TableClass: definition.tableClass },
    OnDemandThroughput: definition.onDemand === undefined ? undefined : { ...definition.onDemand },
    DeletionProtectionEnabled: definition.deletionProtection
  })
}
