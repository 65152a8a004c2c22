/**
 * What the watch for hot partitions costs a call: the call of the service over a transport that answers at once, with the watch and
 * without; and the watch alone, on keys of which few are hot and on keys that are never the same. Contestants take turns in
 * many short rounds; the quickest of each is told, in nanoseconds a call.
 *
 *     npx tsx bench/src/bundled.ts hot-partitions [--rounds N] [--calls N] [--json FILE]
 */
import type { Transport } from "@armature/aws/Transport"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as HotPartitions from "@armature/dynamodb/HotPartitions"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"

const { values: flags } = parseArgs({
  options: { rounds: { type: "string" }, calls: { type: "string" }, json: { type: "string" } }
})
const rounds = Number(flags.rounds ?? 300)
const calls = Number(flags.calls ?? 2_000)

const answer = {
  $metadata: {},
  ConsumedCapacity: { TableName: "orders", CapacityUnits: 0.5, Table: { CapacityUnits: 0.5 } }
}
const transport: Transport<DynamoDB.Operations> = {
  info: { region: undefined, serverAddress: undefined, serverPort: undefined },
  // every operation's answer may be this one: nothing else of it is read here
  send: () => Effect.succeed(answer) as Effect.Effect<never>
}
const service = Layer.provide(DynamoDB.layerTransport, Layer.succeed(DynamoDB.DynamoDBTransport, transport))
const watch = HotPartitions.layer({ tables: { orders: { key: "pk" } } })
const runtimes = {
  bare: ManagedRuntime.make(service),
  watched: ManagedRuntime.make(Layer.provide(service, watch))
}

/** Keys as a program has them: half of the calls go to ten of them, the others to many. */
const skewed = Array.from({ length: calls }, (_, i) => `T#acme#USER#${i % 2 === 0 ? i % 10 : (i * 7919) % 100_000}`)
const fresh = (round: number) => Array.from({ length: calls }, (_, i) => `T#acme#USER#${round * calls + i}`)

const nanos = async (runtime: "bare" | "watched", keys: ReadonlyArray<string>): Promise<number> => {
  const inputs = keys.map((pk) => ({ TableName: "orders", Key: { pk: { S: pk } } }))
  const program = Effect.flatMap(DynamoDB.DynamoDB, (db) => Effect.forEach(inputs, db.getItem, { discard: true }))
  const began = process.cpuUsage()
  await runtimes[runtime].runPromise(program)
  // of the process, so that what else runs on the machine is not in it
  const { system, user } = process.cpuUsage(began)
  return (system + user) * 1000 / calls
}

/** Of many short rounds the quickest: what else runs on the machine only adds. */
const quickest = (numbers: ReadonlyArray<number>): number => Math.min(...numbers)

const times: Record<"bare" | "skewed" | "fresh", Array<number>> = { bare: [], skewed: [], fresh: [] }
for (let round = 0; round < rounds; round++) {
  times.bare.push(await nanos("bare", skewed))
  times.skewed.push(await nanos("watched", skewed))
  times.fresh.push(await nanos("watched", fresh(round)))
}
const bare = quickest(times.bare)
const report = {
  what: "a get over a transport that answers at once, nanoseconds a call on one core, the quickest rounds",
  node: process.version,
  rounds,
  calls,
  "call without the watch": Math.round(bare),
  "call with the watch": Math.round(quickest(times.skewed)),
  "cost of the watch, half of the calls to ten keys (below 1000)": Math.round(quickest(times.skewed) - bare),
  "cost of the watch, keys never seen before (below 1000)": Math.round(quickest(times.fresh) - bare)
}
console.log(report)
if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(report, null, 2)}\n`)
await Promise.all(Object.values(runtimes).map((runtime) => runtime.dispose()))
