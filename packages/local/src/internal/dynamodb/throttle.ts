/**
 * Provisioned capacity as a limit, when the engine is asked to keep to it: each table and global index has a bucket that fills at
 * its provisioned rate and holds five minutes of it. A request is refused while a bucket that it draws on is empty.
 */
import { Meter } from "./capacity.js"
import { Refusal } from "./refusal.js"
import type { Index, Table, Throughput } from "./table.js"
import type { World } from "./world.js"
import type { Outcome } from "./write.js"

type Kind = "Read" | "Write"

interface Bucket {
  level: number
  at: number
}

const burstSeconds = 300

/** Buckets by table and then by index and kind; a table that is deleted takes its buckets with it. */
const buckets = new WeakMap<Table, Map<string, Bucket>>()

const bucketOf = (world: World, table: Table, index: Index | undefined, kind: Kind, rate: number): Bucket => {
  let ofTable = buckets.get(table)
  if (ofTable === undefined) buckets.set(table, ofTable = new Map())
  const name = `${kind}/${index?.definition.name ?? ""}`
  const now = world.options.now()
  let bucket = ofTable.get(name)
  if (bucket === undefined) ofTable.set(name, bucket = { level: rate * burstSeconds, at: now })
  bucket.level = Math.min(rate * burstSeconds, bucket.level + rate * Math.max(0, now - bucket.at) / 1000)
  bucket.at = now
  return bucket
}

const rateOf = ({ ReadCapacityUnits, WriteCapacityUnits }: Throughput, kind: Kind): number =>
  kind === "Read" ? ReadCapacityUnits : WriteCapacityUnits

const limit = (table: Table, index: Index | undefined): Throughput | undefined =>
  table.definition.billing === "PAY_PER_REQUEST"
    ? undefined
    : index === undefined || index.definition.kind === "local"
    ? table.definition.throughput
    : index.definition.throughput

const exceeded = (table: Table, index: Index | undefined, kind: Kind): Refusal => {
  const isIndex = index !== undefined && index.definition.kind === "global"
  return new Refusal(
    "ProvisionedThroughputExceededException",
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
    400,
    {
      ThrottlingReasons: [{
        reason: `${isIndex ? "Index" : "Table"}${kind}ProvisionedThroughputExceeded`,
        resource: isIndex ? `${table.definition.arn}/index/${index.definition.name}` : table.definition.arn
      }]
    }
  )
}

const admit = (world: World, table: Table, index: Index | undefined, kind: Kind, units: () => number): void => {
  const throughput = limit(table, index)
  if (throughput === undefined) return
  const bucket = bucketOf(world, table, index, kind, rateOf(throughput, kind))
  if (bucket.level <= 0) throw exceeded(table, index, kind)
  bucket.level -= units()
}

/** Lets a read of so many units pass, or refuses it. */
export const admitRead = (world: World, table: Table, index: Index | undefined, units: () => number): void => {
  if (world.options.throttle === true) admit(world, table, index, "Read", units)
}

/** Lets a write pass, or refuses it before anything is changed. */
export const admitWrite = (world: World, outcome: Outcome, factor = 1): void => {
  if (world.options.throttle !== true) return
  const { table } = outcome.located
  const meter = new Meter(table)
  meter.addWrite(outcome, factor)
  admit(world, table, undefined, "Write", () => meter.tableUnits)
  for (const [name, units] of meter.indexUnits) admit(world, table, table.indexes.get(name), "Write", () => units)
}
