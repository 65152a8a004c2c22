/**
 * The metrics that every call feeds, under OpenTelemetry's names where it has one. Labels are bounded: operations, exception tags, AWS's
 * throttling reasons, and the names of tables, keys or buckets that answered; never what a failed request merely named.
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import type * as MetricKeyType from "effect/MetricKeyType"

/** OpenTelemetry's advice for the duration of a client's calls, in seconds. */
const boundaries = MetricBoundaries.fromIterable([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10])

/**
 * How long calls took, retries included, in seconds, by `db.operation.name` or `rpc.method`, and by `error.type` for those that failed.
 * DynamoDB's is `db.client.operation.duration`, the other services' `rpc.client.call.duration`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const duration = (name: string): Metric.Metric.Histogram<number> => Metric.histogram(name, boundaries)

/**
 * Requests that were sent again, by operation and by the exception that was met.
 *
 * @since 0.1.0
 * @category metrics
 */
export const retries: Metric.Metric.Counter<number> = Metric.counter("aws.client.retries", { incremental: true })

/**
 * Calls that failed in the end, by operation and exception.
 *
 * @since 0.1.0
 * @category metrics
 */
export const failures: Metric.Metric.Counter<number> = Metric.counter("aws.client.failures", { incremental: true })

/**
 * Requests that AWS throttled, by operation, resource and AWS's reason (`"unknown"` where it gave none).
 *
 * @since 0.1.0
 * @category metrics
 */
export const throttles: Metric.Metric.Counter<number> = Metric.counter("aws.client.throttles", { incremental: true })

/**
 * Labels by name.
 *
 * @since 0.1.0
 * @category models
 */
export type Labels = Readonly<Record<string, string>>

/**
 * Updates a metric under labels, at once. Each combination is looked up once; a hot path pays for a map's get.
 *
 * @since 0.1.0
 * @category utils
 */
export const labelled = <Type extends MetricKeyType.MetricKeyType<In, Out>, In, Out>(
  metric: Metric.Metric<Type, In, Out>
) => {
  const known = new Map<string, Metric.Metric<Type, In, Out>>()
  return (value: In, labels: Labels): void => {
    let key = ""
    for (const name in labels) key += `${name}\u0000${labels[name]}\u0000`
    let found = known.get(key)
    if (found === undefined) {
      found = Object.entries(labels).reduce((metric, [name, label]) => Metric.tagged(metric, name, label), metric)
      known.set(key, found)
    }
    found.unsafeUpdate(value, [])
  }
}
