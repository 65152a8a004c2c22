/** Tables as CreateTable asks for them, and how a live one differs from what a program needs. */
import type { Operations } from "@armature/dynamodb/DynamoDB"

export type CreateTableInput = Operations["CreateTable"]["input"]
export type TableDescription = NonNullable<Operations["DescribeTable"]["output"]["Table"]>
export type TimeToLiveDescription = Operations["DescribeTimeToLive"]["output"]["TimeToLiveDescription"]

/** The attribute that tells an entity's items from others. */
export const discriminator = "__entity"

export type KeyType = "S" | "N" | "B"
export type Projection = "ALL" | "KEYS_ONLY" | ReadonlyArray<string>
export type Stream = "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES"

/** Capacity units a second. */
export interface Throughput {
  readonly readCapacityUnits: number
  readonly writeCapacityUnits: number
}

export interface Keys {
  readonly partitionKey: ReadonlyArray<string>
  readonly sortKey: ReadonlyArray<string>
}

export interface IndexPlan extends Keys {
  readonly kind: "global" | "local"
  readonly projection: Projection
  readonly throughput: Throughput | undefined
}

export interface TablePlan {
  readonly key: Keys
  readonly indexes: Readonly<Record<string, IndexPlan>>
  readonly keyTypes: Readonly<Record<string, KeyType | undefined>>
  readonly billing: "PAY_PER_REQUEST" | Throughput
  readonly timeToLive: string | undefined
  readonly stream: Stream | undefined
}

/** Names are partition key and sort key; what is not an array says both. */
export const keysOf = (
  declared: ReadonlyArray<string> | { readonly key: ReadonlyArray<string> } | {
    readonly partitionKey: ReadonlyArray<string>
    readonly sortKey?: ReadonlyArray<string> | undefined
  }
): Keys => {
  if ("partitionKey" in declared) return { partitionKey: declared.partitionKey, sortKey: declared.sortKey ?? [] }
  const names = "key" in declared ? declared.key : declared
  return { partitionKey: names.slice(0, 1), sortKey: names.slice(1) }
}

const keySchema = (keys: Keys) => [
  ...keys.partitionKey.map((AttributeName) => ({ AttributeName, KeyType: "HASH" as const })),
  ...keys.sortKey.map((AttributeName) => ({ AttributeName, KeyType: "RANGE" as const }))
]

const projection = (declared: Projection) =>
  typeof declared === "string"
    ? { ProjectionType: declared }
    : { ProjectionType: "INCLUDE" as const, NonKeyAttributes: [...declared] }

const throughput = ({ readCapacityUnits, writeCapacityUnits }: Throughput) => ({
  ProvisionedThroughput: { ReadCapacityUnits: readCapacityUnits, WriteCapacityUnits: writeCapacityUnits }
})

/** Each attribute that is in a key of the table or of an index, once, with its type. */
export const keyTypes = (plan: TablePlan): ReadonlyMap<string, KeyType> => {
  const all = [plan.key, ...Object.values(plan.indexes)].flatMap((keys) => [...keys.partitionKey, ...keys.sortKey])
  return new Map(
    all.map((name) => [name, (Object.hasOwn(plan.keyTypes, name) ? plan.keyTypes[name] : undefined) ?? "S"])
  )
}

const indexesOf = (plan: TablePlan, kind: IndexPlan["kind"]) =>
  Object.entries(plan.indexes).filter(([, index]) => index.kind === kind)

/** What CreateTable is asked for. The attribute that tells when items expire is set afterwards: CreateTable does not take it. */
export const definition = (plan: TablePlan, name: string | undefined): CreateTableInput => {
  const base = typeof plan.billing === "string" ? undefined : plan.billing
  const described = ([IndexName, index]: readonly [string, IndexPlan]) => ({
    IndexName,
    KeySchema: keySchema(index),
    Projection: projection(index.projection)
  })
  const global = indexesOf(plan, "global").map((entry) => {
    const own = entry[1].throughput ?? base
    return { ...described(entry), ...(base === undefined || own === undefined ? {} : throughput(own)) }
  })
  const local = indexesOf(plan, "local").map(described)
  return {
    TableName: name,
    KeySchema: keySchema(plan.key),
    AttributeDefinitions: Array.from(
      keyTypes(plan),
      ([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })
    ),
    ...(base === undefined ? { BillingMode: "PAY_PER_REQUEST" } : { BillingMode: "PROVISIONED", ...throughput(base) }),
    ...(global.length === 0 ? {} : { GlobalSecondaryIndexes: global }),
    ...(local.length === 0 ? {} : { LocalSecondaryIndexes: local }),
    ...(plan.stream === undefined
      ? {}
      : { StreamSpecification: { StreamEnabled: true, StreamViewType: plan.stream } })
  }
}

/** One thing that a live table has otherwise than the program needs it. `index` is undefined where it is about the table itself. */
export type Difference =
  /** The table's or an index's partition and sort key. */
  | { readonly _tag: "Key"; readonly index: string | undefined; readonly expected: Keys; readonly actual: Keys }
  /** The type of an attribute that is in a key. */
  | { readonly _tag: "KeyType"; readonly attribute: string; readonly expected: KeyType; readonly actual: string }
  | { readonly _tag: "IndexMissing"; readonly index: string }
  /** The index is there, but not yet, or no longer, `ACTIVE`. */
  | { readonly _tag: "IndexStatus"; readonly index: string; readonly actual: string | undefined }
  | {
    readonly _tag: "IndexKind"
    readonly index: string
    readonly expected: "global" | "local"
    readonly actual: "global" | "local"
  }
  /** An index projects less than is needed. */
  | {
    readonly _tag: "Projection"
    readonly index: string
    readonly expected: Projection
    readonly actual: Projection
  }
  /** The stream is off (undefined), or its records hold less than is needed. */
  | { readonly _tag: "Stream"; readonly expected: Stream; readonly actual: string | undefined }
  /** Items expire by no attribute (undefined) or by another one. */
  | { readonly _tag: "TimeToLive"; readonly expected: string; readonly actual: string | undefined }

/** A difference in words: names of attributes and indexes, and nothing else. */
export const describe = (difference: Difference): string => {
  switch (difference._tag) {
    case "Key":
      return difference.index === undefined ? "it has another key" : `index ${difference.index} has another key`
    case "KeyType":
      return `${difference.attribute} is of type ${difference.actual}, not ${difference.expected}`
    case "IndexMissing":
      return `index ${difference.index} is missing`
    case "IndexStatus":
      return `index ${difference.index} is not active`
    case "IndexKind":
      return `index ${difference.index} is ${difference.actual}, not ${difference.expected}`
    case "Projection":
      return `index ${difference.index} does not hold all attributes that are needed`
    case "Stream":
      return difference.actual === undefined ? "it has no stream" : "its stream does not hold what is needed"
    case "TimeToLive":
      return `items do not expire by ${difference.expected}`
  }
}

interface LiveIndex extends Keys {
  readonly kind: "global" | "local"
  readonly projection: Projection
  /** A local index lives and dies with its table. */
  readonly status: string | undefined
}

type LiveKeySchema = TableDescription["KeySchema"]

const liveKeys = (schema: LiveKeySchema): Keys => {
  const of = (type: string) =>
    (schema ?? []).flatMap(({ AttributeName, KeyType }) =>
      KeyType === type && AttributeName !== undefined ? [AttributeName] : []
    )
  return { partitionKey: of("HASH"), sortKey: of("RANGE") }
}

const liveProjection = (
  live: {
    readonly ProjectionType?: string | undefined
    readonly NonKeyAttributes?: ReadonlyArray<string> | undefined
  } = {}
): Projection =>
  live.ProjectionType === "ALL" ? "ALL" : live.ProjectionType === "INCLUDE" ? live.NonKeyAttributes ?? [] : "KEYS_ONLY"

const liveIndexes = (live: TableDescription): ReadonlyMap<string, LiveIndex> => {
  const common = (index: NonNullable<TableDescription["LocalSecondaryIndexes"]>[number]) => ({
    ...liveKeys(index.KeySchema),
    projection: liveProjection(index.Projection)
  })
  return new Map([
    ...(live.GlobalSecondaryIndexes ?? []).map((index): readonly [string, LiveIndex] => [
      index.IndexName ?? "",
      { ...common(index), kind: "global", status: index.IndexStatus }
    ]),
    ...(live.LocalSecondaryIndexes ?? []).map((index): readonly [string, LiveIndex] => [
      index.IndexName ?? "",
      { ...common(index), kind: "local", status: "ACTIVE" }
    ])
  ])
}

const same = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i])

const keyDifference = (index: string | undefined, expected: Keys, actual: Keys): ReadonlyArray<Difference> =>
  same(expected.partitionKey, actual.partitionKey) && same(expected.sortKey, actual.sortKey) ? [] : [{
    _tag: "Key",
    index,
    expected: { partitionKey: expected.partitionKey, sortKey: expected.sortKey },
    actual: { partitionKey: actual.partitionKey, sortKey: actual.sortKey }
  }]

/** Whether the live projection holds all that is needed; an index holds its own key and the table's in any case. */
const covers = (actual: Projection, expected: Projection, keys: ReadonlyArray<string>): boolean => {
  if (actual === "ALL" || expected === "KEYS_ONLY") return true
  if (expected === "ALL") return false
  const held = new Set([...keys, ...(typeof actual === "string" ? [] : actual)])
  return expected.every((name) => held.has(name))
}

const indexDifferences = (
  name: string,
  plan: TablePlan,
  expected: IndexPlan,
  actual: LiveIndex | undefined
): ReadonlyArray<Difference> => {
  if (actual === undefined) return [{ _tag: "IndexMissing", index: name }]
  const differences = [...keyDifference(name, expected, actual)]
  if (actual.kind !== expected.kind) {
    differences.push({ _tag: "IndexKind", index: name, expected: expected.kind, actual: actual.kind })
  }
  const keys = [plan.key, expected].flatMap((of) => [...of.partitionKey, ...of.sortKey])
  if (!covers(actual.projection, expected.projection, keys)) {
    differences.push({ _tag: "Projection", index: name, expected: expected.projection, actual: actual.projection })
  }
  if (actual.status !== "ACTIVE") differences.push({ _tag: "IndexStatus", index: name, actual: actual.status })
  return differences
}

const streamDifferences = (
  expected: Stream | undefined,
  live: TableDescription["StreamSpecification"]
): ReadonlyArray<Difference> => {
  if (expected === undefined) return []
  const actual = live?.StreamEnabled === true ? live.StreamViewType : undefined
  const enough = actual === expected || actual === "NEW_AND_OLD_IMAGES" ||
    (expected === "KEYS_ONLY" && actual !== undefined)
  return enough ? [] : [{ _tag: "Stream", expected, actual }]
}

/**
 * What the program needs and the live table does not have. What the table has beyond that (other indexes, wider projections, other
 * billing) is no difference.
 */
export const differences = (plan: TablePlan, live: TableDescription): ReadonlyArray<Difference> => {
  const indexes = liveIndexes(live)
  const types = new Map((live.AttributeDefinitions ?? []).map((a) => [a.AttributeName, a.AttributeType]))
  return [
    ...keyDifference(undefined, plan.key, liveKeys(live.KeySchema)),
    // one that is in no live key has no type there; its key is a difference already
    ...Array.from(keyTypes(plan)).flatMap(([attribute, expected]): ReadonlyArray<Difference> => {
      const actual = types.get(attribute)
      return actual === undefined || actual === expected ? [] : [{ _tag: "KeyType", attribute, expected, actual }]
    }),
    ...Object.entries(plan.indexes).flatMap(([name, index]) => indexDifferences(name, plan, index, indexes.get(name))),
    ...streamDifferences(plan.stream, live.StreamSpecification)
  ]
}

/** By which attribute items expire, or are about to; undefined where they do not. */
export const expiring = (live: TimeToLiveDescription): string | undefined =>
  live?.TimeToLiveStatus === "ENABLED" || live?.TimeToLiveStatus === "ENABLING" ? live.AttributeName : undefined

export const timeToLiveDifferences = (
  expected: string | undefined,
  live: TimeToLiveDescription
): ReadonlyArray<Difference> => {
  const actual = expiring(live)
  return expected === undefined || actual === expected ? [] : [{ _tag: "TimeToLive", expected, actual }]
}
