/**
 * The metrics that every call feeds, under OpenTelemetry's names where it has one. Labels are bounded: operations, exception tags, AWS's
 * throttling reasons, and the names of tables, keys or buckets that answered; never what a failed request merely named.
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricKeyType from "effect/MetricKeyType"
import * as MetricLabel from "effect/MetricLabel"

/** OpenTelemetry's advice for the duration of a client's calls, in seconds. */
const boundaries = MetricBoundaries.fromIterable([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10])

/**
 * The key of a histogram of durations in seconds. Its label `time_unit` is where Effect's exporters look for the unit.
 *
 * @since 0.1.0
 * @category keys
 */
export const durationKey = (name: string): MetricKey.MetricKey.Histogram =>
  MetricKey.tagged(MetricKey.histogram(name, boundaries), "time_unit", "s")

/**
 * The key of a counter that only grows.
 *
 * @since 0.1.0
 * @category keys
 */
export const counterKey = (name: string): MetricKey.MetricKey.Counter<number> =>
  MetricKey.counter(name, { incremental: true })

/**
 * The key of `retries`.
 *
 * @since 0.1.0
 * @category keys
 */
export const retriesKey = counterKey("aws.client.retries")

/**
 * The key of `failures`.
 *
 * @since 0.1.0
 * @category keys
 */
export const failuresKey = counterKey("aws.client.failures")

/**
 * The key of `throttles`.
 *
 * @since 0.1.0
 * @category keys
 */
export const throttlesKey = counterKey("aws.client.throttles")

/**
 * How long calls took, retries included, in seconds, by `db.operation.name` or `rpc.method`, and by `error.type` for those that failed.
 * DynamoDB's is `db.client.operation.duration`, the other services' `rpc.client.call.duration`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const duration = (name: string): Metric.Metric.Histogram<number> => Metric.fromMetricKey(durationKey(name))

/**
 * Requests that were sent again, by operation and by the exception that was met.
 *
 * @since 0.1.0
 * @category metrics
 */
export const retries: Metric.Metric.Counter<number> = Metric.fromMetricKey(retriesKey)

/**
 * Calls that failed in the end, by operation and exception.
 *
 * @since 0.1.0
 * @category metrics
 */
export const failures: Metric.Metric.Counter<number> = Metric.fromMetricKey(failuresKey)

/**
 * Requests that AWS throttled, by operation, resource and AWS's reason (`"unknown"` where it gave none).
 *
 * @since 0.1.0
 * @category metrics
 */
export const throttles: Metric.Metric.Counter<number> = Metric.fromMetricKey(throttlesKey)

/**
 * Labels by name.
 *
 * @since 0.1.0
 * @category models
 */
export type Labels = Readonly<Record<string, string>>

/**
 * Updates a metric under labels, at once. Each combination is looked up once in Effect's registry; after that a call pays for a map's get.
 * (`Metric.tagged` would build and hash the labelled key at each update.)
 *
 * @since 0.1.0
 * @category utils
 */
export const labelled = (
  key: MetricKey.MetricKey.Counter<number> | MetricKey.MetricKey.Histogram
): (value: number, labels: Labels) => void => {
  const known = new Known()
  return (value, labels) => {
    let at = known
    for (const label in labels) at = at.next(label).next(labels[label] ?? "")
    at.update ??= updater(key, Object.entries(labels).map(([label, text]) => MetricLabel.make(label, text)))
    at.update(value)
  }
}

/** The updates of all combinations, by one name and one text after the other: to make one key of them would cost more than to update. */
class Known {
  private readonly others = new Map<string, Known>()
  update: ((value: number) => void) | undefined

  next(text: string): Known {
    let found = this.others.get(text)
    if (found === undefined) this.others.set(text, found = new Known())
    return found
  }
}

const updater = (
  key: MetricKey.MetricKey.Counter<number> | MetricKey.MetricKey.Histogram,
  labels: ReadonlyArray<MetricLabel.MetricLabel>
): (value: number) => void => {
  if (isHistogram(key)) {
    const metric = Metric.fromMetricKey(MetricKey.taggedWithLabels(key, labels))
    return (value) => metric.unsafeUpdate(value, [])
  }
  const metric = Metric.fromMetricKey(MetricKey.taggedWithLabels(key, labels))
  return (value) => metric.unsafeUpdate(value, [])
}

const isHistogram = (
  key: MetricKey.MetricKey.Counter<number> | MetricKey.MetricKey.Histogram
): key is MetricKey.MetricKey.Histogram => MetricKeyType.isHistogramKey(key.keyType)
