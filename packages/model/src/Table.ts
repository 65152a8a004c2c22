/**
 * A table: its keys and indexes as literal types, so that an entity cannot name one that is not there, and its definition, the one source
 * for tests, deploy tools and the check of the live table.
 *
 * @since 0.1.0
 */
import { tagged } from "@armature/aws/AwsException"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as internal from "./internal/table.js"

/**
 * Marks a table.
 *
 * @since 0.1.0
 * @category symbols
 */
export const TypeId: unique symbol = Symbol.for("@armature/model/Table")

/**
 * Marks a table.
 *
 * @since 0.1.0
 * @category symbols
 */
export type TypeId = typeof TypeId

/**
 * DynamoDB's types of a key: string, number, binary.
 *
 * @since 0.1.0
 * @category models
 */
export type KeyType = internal.KeyType

/**
 * The attributes of a key: the partition key and, where there is one, the sort key.
 *
 * @since 0.1.0
 * @category models
 */
export type KeyNames = readonly [partitionKey: string] | readonly [partitionKey: string, sortKey: string]

/**
 * One to four attributes.
 *
 * @since 0.1.0
 * @category models
 */
export type UpToFour =
  | readonly [string]
  | readonly [string, string]
  | readonly [string, string, string]
  | readonly [string, string, string, string]

/**
 * What an index holds beside the keys: everything (the default), nothing, or these attributes, and with them the name of each item's entity.
 * In an index of nothing but keys, entities that share its partitions are not told apart.
 *
 * @since 0.1.0
 * @category models
 */
export type Projection = internal.Projection

/**
 * What a table's stream holds of an item.
 *
 * @since 0.1.0
 * @category models
 */
export type Stream = internal.Stream

/**
 * Read and write capacity units a second.
 *
 * @since 0.1.0
 * @category models
 */
export type Throughput = internal.Throughput

/**
 * A global secondary index whose keys are one attribute each.
 *
 * @since 0.1.0
 * @category models
 */
export interface GlobalIndex {
  readonly key: KeyNames
  readonly projection?: Projection | undefined
  /** For provisioned tables; the table's if left out. */
  readonly throughput?: Throughput | undefined
  readonly local?: false | undefined
}

/**
 * A global secondary index whose partition key and sort key are up to four of the items' own attributes each.
 *
 * @since 0.1.0
 * @category models
 */
export interface MultiAttributeIndex {
  readonly partitionKey: UpToFour
  readonly sortKey?: UpToFour | readonly [] | undefined
  readonly projection?: Projection | undefined
  /** For provisioned tables; the table's if left out. */
  readonly throughput?: Throughput | undefined
  readonly local?: false | undefined
}

/**
 * A local secondary index of a table with this partition key: another sort key, readable with strong consistency.
 *
 * @since 0.1.0
 * @category models
 */
export interface LocalIndex<PartitionKey extends string = string> {
  readonly key: readonly [partitionKey: PartitionKey, sortKey: string]
  readonly local: true
  readonly projection?: Projection | undefined
}

/**
 * How an index is declared: the names of its keys alone, for a global one with everything in it, or an object that says more.
 *
 * @since 0.1.0
 * @category models
 */
export type Index = KeyNames | GlobalIndex | MultiAttributeIndex | LocalIndex

/**
 * How the indexes of a table with the key `K` may be declared: local ones have its partition key, and need that it has a sort key.
 *
 * @since 0.1.0
 * @category models
 */
export type Indexes<K extends KeyNames> = Readonly<
  Record<
    string,
    KeyNames | GlobalIndex | MultiAttributeIndex | (K extends readonly [string, string] ? LocalIndex<K[0]> : never)
  >
>

/**
 * The attributes of an index's, or a table's, partition key, as declared.
 *
 * @since 0.1.0
 * @category models
 */
export type PartitionKeyOf<D> = D extends readonly [infer P extends string, ...ReadonlyArray<string>] ? readonly [P]
  : D extends { readonly partitionKey: infer P extends ReadonlyArray<string> } ? P
  : D extends { readonly key: infer N } ? PartitionKeyOf<N>
  : never

/**
 * The attributes of an index's, or a table's, sort key, as declared; none where it has no sort key.
 *
 * @since 0.1.0
 * @category models
 */
export type SortKeyOf<D> = D extends readonly [string, infer S extends string] ? readonly [S]
  : D extends readonly [string] ? readonly []
  : D extends { readonly partitionKey: unknown }
    ? D extends { readonly sortKey: infer S extends ReadonlyArray<string> } ? S : readonly []
  : D extends { readonly key: infer N } ? SortKeyOf<N>
  : never

/**
 * The attributes of all keys of a table and its indexes.
 *
 * @since 0.1.0
 * @category models
 */
export type KeyAttributes<K, I> =
  | PartitionKeyOf<K>[number]
  | SortKeyOf<K>[number]
  | { readonly [N in keyof I]: PartitionKeyOf<I[N]>[number] | SortKeyOf<I[N]>[number] }[keyof I]

/**
 * A table with the key `K`, the indexes `I` and the key types `T`, as declared. `E` is what finding its name can fail with: nothing, or a
 * `ConfigError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Table<
  out K extends KeyNames,
  out I extends Readonly<Record<string, Index>>,
  out E = never,
  out T extends Readonly<Record<string, KeyType | undefined>> = {}
> {
  readonly [TypeId]: TypeId
  /** The table's name, where it does not come from a `Config`. */
  readonly name: string | undefined
  /** The table's name. */
  readonly physicalName: Effect.Effect<string, E>
  /** What sealed values and values in S3 are bound to: it stays when a table is restored under another name. */
  readonly logicalName: string
  readonly key: K
  readonly indexes: I
  /** The types of keys that are not strings. */
  readonly keyTypes: T
  readonly plan: internal.TablePlan
}

/**
 * Any table.
 *
 * @since 0.1.0
 * @category models
 */
export type Any = Table<
  KeyNames,
  Readonly<Record<string, Index>>,
  unknown,
  Readonly<Record<string, KeyType | undefined>>
>

/**
 * How a table is declared.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<K extends KeyNames, I, T> {
  readonly key: K
  readonly indexes?: I | undefined
  /** The types of keys of tables and indexes; `"S"` where none is given. */
  readonly keyTypes?: T | undefined
  /** What sealed values and values in S3 are bound to, whatever the table is called. Default: the table's name. */
  readonly logicalName?: string | undefined
  /** The attribute that holds when an item expires, in seconds. */
  readonly timeToLive?: string | undefined
  /** On demand, or provisioned units. Default: on demand. */
  readonly billing?: "PAY_PER_REQUEST" | Throughput | undefined
  /** Default: no stream. */
  readonly stream?: Stream | undefined
}

/**
 * What is asked of a table to find and describe it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Named<out E> extends Pick<Any, "name" | "plan"> {
  readonly physicalName: Effect.Effect<string, E>
}

/**
 * The input of `CreateTable`.
 *
 * @since 0.1.0
 * @category models
 */
export type CreateTableInput = internal.CreateTableInput

/**
 * One thing that a live table has otherwise than the program needs it.
 *
 * @since 0.1.0
 * @category models
 */
export type Difference = internal.Difference

/**
 * What finding a name fails with.
 *
 * @since 0.1.0
 * @category models
 */
export type NameError<N> = N extends string ? never : ConfigError

/** By its name beside them, entities are told apart in an index of some attributes, too. */
const withEntity = (projection: Projection): Projection =>
  typeof projection === "string" ? projection : [...new Set([...projection, internal.discriminator])]

const toPlan = (index: Index): internal.IndexPlan => ({
  ...internal.keysOf(index),
  kind: "local" in index && index.local === true ? "local" : "global",
  projection: withEntity(("projection" in index ? index.projection : undefined) ?? "ALL"),
  throughput: "throughput" in index ? index.throughput : undefined
})

/**
 * A table. Its name may come from a `Config` when the program runs; it then says its `logicalName`, which is the name itself where none
 * is given.
 *
 * @example
 * ```ts
 * import * as Table from "@armature/model/Table"
 *
 * const App = Table.make("app", {
 *   key: ["pk", "sk"],
 *   indexes: {
 *     gsi1: ["g1pk", "g1sk"],
 *     byRegion: { partitionKey: ["tenant", "region"], sortKey: ["createdAt"], projection: "KEYS_ONLY" },
 *     byAge: { key: ["pk", "age"], local: true }
 *   },
 *   keyTypes: { age: "N" },
 *   timeToLive: "expiresAt"
 * })
 *
 * console.log(Table.definition(App).KeySchema)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <
  const N extends string | Config.Config<string>,
  const K extends KeyNames,
  const I extends Indexes<K> = {},
  const T extends { readonly [A in KeyAttributes<K, I>]?: KeyType } = {}
>(
  name: N,
  options:
    & Options<K, I, T & { readonly [X in Exclude<keyof T, KeyAttributes<K, I>>]: never }>
    & (N extends string ? unknown : { readonly logicalName: string })
): Table<K, I, NameError<N>, T> => {
  const given: string | Config.Config<string> = name
  // left out, they are inferred as {}
  const indexes = (options.indexes ?? {}) as I
  const keyTypes = (options.keyTypes ?? {}) as T
  return {
    [TypeId]: TypeId,
    name: typeof given === "string" ? given : undefined,
    // what is not a Config cannot fail
    physicalName: (typeof given === "string" ? Effect.succeed(given) : given) as Effect.Effect<string, NameError<N>>,
    // the type asks for it where the name is a Config
    logicalName: options.logicalName ?? (typeof given === "string" ? given : ""),
    key: options.key,
    indexes,
    keyTypes,
    plan: {
      key: internal.keysOf(options.key),
      indexes: Object.fromEntries(Object.entries(indexes).map(([index, declared]) => [index, toPlan(declared)])),
      keyTypes,
      billing: options.billing ?? "PAY_PER_REQUEST",
      timeToLive: options.timeToLive,
      stream: options.stream
    }
  }
}

/**
 * The table's name.
 *
 * @since 0.1.0
 * @category accessors
 */
export const name = <E>(table: Named<E>): Effect.Effect<string, E> => table.physicalName

/**
 * The input of `CreateTable`: the one source for tests and deploy tools. A table whose name comes from a `Config` is told it. When items
 * expire is not in it: `CreateTable` does not take that, `create` sets it.
 *
 * @since 0.1.0
 * @category conversions
 */
export const definition: {
  (table: Named<never>): CreateTableInput
  (table: Named<unknown>, name: string): CreateTableInput
} = (table: Named<unknown>, name: string | undefined = table.name): CreateTableInput =>
  internal.definition(table.plan, name)

/**
 * The live table is not what the program needs. `differences` says in what, without data.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class TableMismatchException extends tagged("TableMismatchException")<{
  readonly differences: ReadonlyArray<Difference>
}>({
  says: (e) => `the table is not what the program needs: ${e.differences.map(internal.describe).join("; ")}`,
  printed: ["differences"]
}) {}

const mismatch = (
  TableName: string,
  differences: ReadonlyArray<Difference>
): Effect.Effect<void, TableMismatchException> =>
  differences.length === 0 ? Effect.void : Effect.fail(
    new TableMismatchException({ service: "DynamoDB", operation: "DescribeTable", resource: TableName, differences })
  )

/**
 * What the program needs and the live table does not have: keys and their types, indexes with their keys, projections and status, the
 * stream, and the attribute by which items expire, each where it is declared. What the table has beyond that (other indexes, wider
 * projections, other billing) is no difference.
 *
 * @since 0.1.0
 * @category operations
 */
export const differences = Effect.fnUntraced(function*<E>(table: Named<E>) {
  const TableName = yield* table.physicalName
  const db = yield* DynamoDB.DynamoDB
  const { Table: live } = yield* db.describeTable({ TableName })
  const structure = internal.differences(table.plan, live ?? {})
  if (table.plan.timeToLive === undefined) return structure
  const { TimeToLiveDescription } = yield* db.describeTimeToLive({ TableName })
  return [...structure, ...internal.timeToLiveDifferences(table.plan.timeToLive, TimeToLiveDescription)]
})

/**
 * Fails with a `TableMismatchException` if the live table has any of the `differences`. Changes nothing.
 *
 * @since 0.1.0
 * @category operations
 */
export const verify = <E>(table: Named<E>) =>
  Effect.flatMap(
    Effect.zip(table.physicalName, differences(table)),
    ([name, found]) => mismatch(name, found)
  )

/**
 * Creates the table, waits until it is active, and sets the attribute by which items expire. May be run again: a table that exists is
 * waited for and checked, and is a `TableMismatchException` if it is not what the program needs; nothing in it is changed but an expiry
 * that is not set at all. `schedule` says when to look again; by default for ten minutes at most.
 *
 * @since 0.1.0
 * @category operations
 */
export const create = Effect.fnUntraced(function*<E>(table: Named<E>, options?: DynamoDB.WaitOptions) {
  const TableName = yield* table.physicalName
  const db = yield* DynamoDB.DynamoDB
  yield* db.createTable(definition(table, TableName)).pipe(
    Effect.catchTag("ResourceInUseException", () => Effect.void)
  )
  const { Table: live } = yield* db.waitUntilTableExists({ TableName }, options)
  yield* mismatch(TableName, internal.differences(table.plan, live ?? {}))
  const AttributeName = table.plan.timeToLive
  if (AttributeName === undefined) return
  const expiring = Effect.map(db.describeTimeToLive({ TableName }), (output) => output.TimeToLiveDescription)
  const found = yield* expiring
  if (internal.expiring(found) !== undefined) {
    return yield* mismatch(TableName, internal.timeToLiveDifferences(AttributeName, found))
  }
  yield* db.updateTimeToLive({ TableName, TimeToLiveSpecification: { Enabled: true, AttributeName } }).pipe(
    // who else creates the table at this time may have been first
    Effect.catchTag(
      "ValidationException",
      (e) => Effect.flatMap(expiring, (now) => internal.expiring(now) === AttributeName ? Effect.void : Effect.fail(e))
    )
  )
})
