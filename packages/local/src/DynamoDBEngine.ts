/**
 * DynamoDB as a plain value: a deterministic, in-process engine that takes requests in the AWS SDK's own shapes and answers as
 * DynamoDB answers. It reads no clock and draws no randomness but what it is given, and holds no connection, file or timer.
 *
 * @since 0.1.0
 */
import type { ServiceFault } from "@armature/aws/WireFailure"
import type * as Either from "effect/Either"
import * as internal from "./internal/dynamodb/engine.js"
import type * as Snapshots from "./internal/dynamodb/snapshot.js"

/**
 * What the engine takes from outside, and how it deviates from AWS on request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Milliseconds since the epoch. Timestamps, time to live and the window of transaction tokens follow it. */
  readonly now: () => number
  /** A number in [0, 1): the order of batch answers, ids and tokens follow it. */
  readonly random: () => number
  /** The region in ARNs; `us-east-1` by default. */
  readonly region?: string | undefined
  /** The account in ARNs; `000000000000` by default. */
  readonly accountId?: string | undefined
  /**
   * `instant` (the default): a table, an index or a change of them is ACTIVE by the next request. `stepwise`: it stays CREATING,
   * UPDATING or DELETING until `Engine.settle` is called.
   */
  readonly transitions?: "instant" | "stepwise" | undefined
  /** Refuse what exceeds a table's provisioned capacity, with a burst of five minutes, as AWS does. Off by default. */
  readonly throttle?: boolean | undefined
}

/**
 * The whole state of an engine as plain data: objects, arrays, strings, numbers, booleans and `Uint8Array`s. A snapshot is not
 * changed by what the engine does later.
 *
 * @since 0.1.0
 * @category models
 */
export type Snapshot = Snapshots.Snapshot

/**
 * One world of tables.
 *
 * @since 0.1.0
 * @category models
 */
export interface Engine {
  /**
   * One request of DynamoDB or DynamoDB Streams, by the operation's name. Input and output have the AWS SDK's shapes: binary as
   * `Uint8Array`, dates as `Date`, numbers as `number`. Nothing given is kept and nothing kept is given, so both may be mutated.
   * Never throws: what is wrong with a request is the answer on the left.
   */
  readonly execute: (
    operation: string,
    input: unknown
  ) => Either.Either<Readonly<Record<string, unknown>>, ServiceFault>
  /** Deletes the items whose time to live has passed, as DynamoDB does within days; gives how many. */
  readonly sweep: () => number
  /** Ends every transition that is under way (see `Options.transitions`). */
  readonly settle: () => void
  /** The state as it stands, once transitions that are under way have ended. Items are shared with the engine, which never changes one: treat them as immutable. */
  readonly snapshot: () => Snapshot
  /** Replaces the whole state by that of a snapshot, of this engine or another. */
  readonly restore: (snapshot: Snapshot) => void
  /** Another engine with the state as a snapshot has it, and a clock of its own. It draws no randomness and throttles nothing. */
  readonly replicate: (now: () => number) => Engine
}

/**
 * An engine without tables.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options: Options) => Engine = internal.make
