/**
 * Tells of partition keys that take more than a partition gives, before AWS throttles them: as a log line, the metric
 * `aws.dynamodb.hot_partitions` and a stream.
 *
 * Units are counted by what DynamoDB reports, over a sliding window, by the Space-Saving algorithm (Metwally, Agrawal, El Abbadi, 2005)
 * in bounded memory: whoever is warned of has surely had as much.
 *
 * @since 0.1.0
 */
import type { ConfigurationException } from "@armature/aws/Exceptions"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as internal from "./internal/hotPartitions.js"

export type { Options, Warning, Watched } from "./internal/hotPartitions.js"

/**
 * Watches the clients whose Layers this is provided to (`Layer.provide`), or a whole program. Gets, writes, queries, batches and
 * transactions are counted; scans and PartiQL, which name no key, are not, nor is what a write costs in indexes. A key is warned of once
 * in a window. Fails when an option is none that can be.
 *
 * @example
 * ```ts
 * import * as DynamoDB from "@armature/dynamodb/DynamoDB"
 * import * as HotPartitions from "@armature/dynamodb/HotPartitions"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Stream from "effect/Stream"
 *
 * const watch = HotPartitions.layer({
 *   tables: { orders: { key: "pk", write: 500 }, "orders/byStatus": { key: "g1pk" } }
 * })
 *
 * const page = (warning: HotPartitions.Warning) => Effect.logError(`${warning.table} is hot: ${warning.rate} units a second`)
 *
 * export const alarms = Stream.runForEach(HotPartitions.warnings, page).pipe(
 *   Effect.provide(DynamoDB.layer({ region: "eu-central-1" }).pipe(Layer.provideMerge(watch)))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: internal.Options): Layer.Layer<never, ConfigurationException> =>
  Layer.scoped(internal.HotPartitions, internal.inside(options))

/**
 * The warnings of the watches in force where this is run, from then on; it ends with them. Of a listener that falls behind, the oldest
 * are dropped.
 *
 * @since 0.1.0
 * @category streams
 */
export const warnings: Stream.Stream<internal.Warning> = Stream.unwrap(
  Effect.map(
    internal.HotPartitions,
    (monitors) =>
      Stream.mergeAll(monitors.map((monitor) => Stream.fromPubSub(monitor.warnings)), { concurrency: "unbounded" })
  )
)
