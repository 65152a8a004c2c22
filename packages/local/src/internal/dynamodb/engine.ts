/**
 * The engine: dispatch of an operation by its name, and the one place where what is thrown inside becomes an answer.
 */
import type { ServiceFault } from "@armature/aws/WireFailure"
import * as Either from "effect/Either"
import type { Engine, Options } from "../../DynamoDBEngine.js"
import * as Batch from "./batch.js"
import * as Items from "./items.js"
import * as PartiQL from "./partiql/execute.js"
import * as Query from "./query.js"
import { Refusal } from "./refusal.js"
import * as Settings from "./settings.js"
import * as Snapshots from "./snapshot.js"
import { record } from "./streamLog.js"
import * as Streams from "./streams.js"
import * as Tables from "./tables.js"
import * as Transact from "./transact.js"
import { updateTable } from "./updateTable.js"
import { impossible, type World } from "./world.js"

type Operation = (world: World, request: unknown) => Items.Output

const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ["GetItem", Items.getItem],
  ["PutItem", Items.putItem],
  ["UpdateItem", Items.updateItem],
  ["DeleteItem", Items.deleteItem],
  ["Query", Query.query],
  ["Scan", Query.scan],
  ["BatchGetItem", Batch.batchGetItem],
  ["BatchWriteItem", Batch.batchWriteItem],
  ["TransactGetItems", Transact.transactGetItems],
  ["TransactWriteItems", Transact.transactWriteItems],
  ["CreateTable", Tables.createTable],
  ["DescribeTable", Tables.describeTable],
  ["DeleteTable", Tables.deleteTable],
  ["ListTables", Tables.listTables],
  ["UpdateTable", updateTable],
  ["UpdateTimeToLive", Settings.updateTimeToLive],
  ["DescribeTimeToLive", Settings.describeTimeToLive],
  ["TagResource", Settings.tagResource],
  ["UntagResource", Settings.untagResource],
  ["ListTagsOfResource", Settings.listTagsOfResource],
  ["DescribeLimits", Settings.describeLimits],
  ["DescribeEndpoints", Settings.describeEndpoints],
  ["DescribeContinuousBackups", Settings.describeContinuousBackups],
  ["UpdateContinuousBackups", Settings.updateContinuousBackups],
  ["ExecuteStatement", PartiQL.executeStatement],
  ["BatchExecuteStatement", PartiQL.batchExecuteStatement],
  ["ExecuteTransaction", PartiQL.executeTransaction],
  ["ListStreams", Streams.listStreams],
  ["DescribeStream", Streams.describeStream],
  ["GetShardIterator", Streams.getShardIterator],
  ["GetRecords", Streams.getRecords]
])

const makeWorld = (options: Options): World => {
  const world: World = {
    options,
    region: options.region ?? "us-east-1",
    accountId: options.accountId ?? "000000000000",
    tables: new Map(),
    tokens: new Map(),
    streams: new Map(),
    transitions: [],
    onChange: (table, before, after) => record(world, table, before, after),
    sweeping: false
  }
  return world
}

export const make = (options: Options): Engine => {
  const world = makeWorld(options)

  const execute = (operation: string, input: unknown): Either.Either<Items.Output, ServiceFault> => {
    const run = operations.get(operation)
    if (run === undefined) return Either.left(new Refusal("UnknownOperationException", "").fault)
    try {
      return Either.right(run(world, input))
    } catch (thrown) {
      // Anything but a refusal is a mistake in the engine; its text could hold data, so it is not told.
      return Either.left((thrown instanceof Refusal ? thrown : impossible("The engine failed")).fault)
    }
  }

  const settle = (): void => {
    for (const end of world.transitions.splice(0)) end()
  }

  const snapshot = (): Snapshots.Snapshot => {
    // A snapshot holds no transition that is under way.
    settle()
    return Snapshots.take(world)
  }

  return {
    execute,
    sweep: () => Settings.sweep(world),
    settle,
    snapshot,
    restore: (snapshot) => Snapshots.restore(world, snapshot),
    replicate: (now) => {
      const other = make({ ...options, now, random: () => 0, throttle: false })
      other.restore(snapshot())
      return other
    }
  }
}
