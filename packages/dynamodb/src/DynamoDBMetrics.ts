/**
 * The metrics that only DynamoDB has. Those of every service are in `@armature/aws/Telemetry`; the duration of calls is
 * `db.client.operation.duration`, in seconds, by `db.operation.name` and `error.type`.
 *
 * @since 0.1.0
 */
import { counterKey, duration as durationOf } from "@armature/aws/Telemetry"
import * as Metric from "effect/Metric"

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
 * Capacity units that AWS reports as consumed, by `db.collection.name` and `unit` (`"read"` or `"write"`).
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
