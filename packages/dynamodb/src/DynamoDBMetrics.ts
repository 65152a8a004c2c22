/**
 * The metrics that only DynamoDB has. Those of every service are in `@armature/aws/Telemetry`; the duration of calls is
 * `db.client.operation.duration`, in seconds, by `db.operation.name` and `error.type`.
 *
 * @since 0.1.0
 */
import { counterKey, duration as durationOf } from "@armature/aws/Telemetry"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

/**
 * The name of the histogram of durations.
 *
 * @since 0.1.0
 * @category constants
 */
export const durationName = "db.client.operation.duration"

/**
 * How long calls took, retries included, in seconds.
 *
 * @since 0.1.0
 * @category metrics
 */
export const duration: Metric.Metric.Histogram<number> = durationOf(durationName)

/**
 * The key of `consumedCapacity`.
 *
 * @since 0.1.0
 * @category keys
 */
export const consumedCapacityKey = counterKey("aws.dynamodb.consumed_capacity")

/**
 * The key of `items`.
 *
 * @since 0.1.0
 * @category keys
 */
export const itemsKey = counterKey("aws.dynamodb.items")

/**
 * Capacity units that AWS reports as consumed, by `db.collection.name` and `access` (`"read"` or `"write"`).
 *
 * @since 0.1.0
 * @category metrics
 */
export const consumedCapacity: Metric.Metric.Counter<number> = Metric.fromMetricKey(consumedCapacityKey)

/**
 * Items that were returned, by `db.operation.name`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const items: Metric.Metric.Counter<number> = Metric.fromMetricKey(itemsKey)

const seconds = MetricBoundaries.fromIterable([0.001, 0.01, 0.1, 0.5, 1, 5, 10, 60])

/**
 * Capacity units that a rate limiter holds; negative while more was consumed than there was. By `limit` (a table, `table/index`, or `*`)
 * and `access` (`"read"` or `"write"`), as are the other metrics of rate limiters.
 *
 * @since 0.1.0
 * @category metrics
 */
export const rateLimitTokens: Metric.Metric.Gauge<number> = Metric.gauge("aws.dynamodb.rate_limit.tokens")

/**
 * Capacity units a second that a rate limiter lets pass.
 *
 * @since 0.1.0
 * @category metrics
 */
export const rateLimitRate: Metric.Metric.Gauge<number> = Metric.gauge("aws.dynamodb.rate_limit.rate")

/**
 * How long requests waited for a rate limiter, in seconds. Those that did not wait are not counted.
 *
 * @since 0.1.0
 * @category metrics
 */
export const rateLimitWaits: Metric.Metric.Histogram<number> = Metric.histogram("aws.dynamodb.rate_limit.wait", seconds)
  .pipe(
    Metric.tagged("time_unit", "s")
  )

/**
 * Capacity units by which estimates were wrong; `direction` is `"charged"` for what was too little and `"returned"` for what was too much.
 *
 * @since 0.1.0
 * @category metrics
 */
export const rateLimitCorrections: Metric.Metric.Counter<number> = Metric.counter(
  "aws.dynamodb.rate_limit.corrections",
  { incremental: true }
)

/**
 * Partition keys that were found hot, by `db.collection.name` and `access`. The keys themselves are no label.
 *
 * @since 0.1.0
 * @category metrics
 */
export const hotPartitions: Metric.Metric.Counter<number> = Metric.counter("aws.dynamodb.hot_partitions", {
  incremental: true
})
