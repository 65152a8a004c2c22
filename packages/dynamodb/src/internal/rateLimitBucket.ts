/**
 * A token bucket as a value: capacity units, filled at a rate, taken before a request and corrected after it. All of it is plain functions
 * of time.
 *
 * The rate of an adaptive bucket follows CUBIC (RFC 9438), as that of the AWS SDKs' adaptive mode does: a throttle takes it down by a
 * factor, from the rate that was really granted; then it comes back along a cubic curve, fast at first, flat around the rate at which it
 * was throttled, and faster again past that. Before the first throttle it doubles each second (slow start). It grows only while requests
 * wait for it (RFC 9438, section 5.8): a rate that nobody uses says nothing about what the table gives. Two things differ from the RFC:
 * the time back to the old rate is fixed, since rates here span 1 to many thousand units where C is chosen for one network; and the
 * factor is 0.85 where a network's is 0.7, since the table's capacity does not change from one second to the next, and what is given
 * away is paid for.
 */

/** Milliseconds since the epoch. */
type Time = number

/** What makes a bucket adaptive. */
interface Control {
  readonly min: number
  readonly max: number
  /** The rate at the last throttle; `undefined` before the first. */
  readonly ceiling: number | undefined
  /** Seconds since then in which requests waited. */
  readonly grown: number
  /** Units a second that were granted lately: an exponential average, and how much of its time has been seen. */
  readonly granted: number
  readonly seen: number
}

export interface Bucket {
  /** Units that can be taken; negative where more was taken than there was. */
  readonly level: number
  readonly at: Time
  /** Units a second. */
  readonly rate: number
  /** What the bucket holds at most. */
  readonly capacity: number
  /** How often the rate was taken down. */
  readonly epoch: number
  readonly control: Control | undefined
}

/** What is kept of the rate on a throttle. */
const decrease = 0.85
/** Seconds until the curve is back at the rate of the last throttle. */
const recovery = 15
/** Seconds over which the rate that is granted is averaged. */
const averaged = 2
/** Sums of fractions are not exact: nobody waits for less than this. */
const tolerance = 1e-6

/** A full bucket of a rate that stays. */
export const fixed = (rate: number, capacity: number, at: Time): Bucket => ({
  level: capacity,
  at,
  rate,
  capacity,
  epoch: 0,
  control: undefined
})

/** The most that an adaptive bucket holds: what comes in a second. */
const capacityOf = (rate: number): number => Math.max(1, rate)

/** A bucket whose rate begins half-way between its bounds, counted in doublings; it holds what the lower bound gives in a second. */
export const adaptive = (min: number, max: number, at: Time): Bucket => {
  const rate = Math.sqrt(min * max)
  const control = { min, max, ceiling: undefined, grown: 0, granted: 0, seen: 0 }
  return { level: capacityOf(min), at, rate, capacity: capacityOf(rate), epoch: 0, control }
}

const within = ({ max, min }: Control, rate: number): number => Math.min(max, Math.max(min, rate))

const curve = (ceiling: number, seconds: number): number =>
  ceiling * (1 + (1 - decrease) * (seconds / recovery - 1) ** 3)

/** The bucket as it stands at a time; `waiting` says whether requests have waited for it since it was last looked at. */
export const advance = (bucket: Bucket, now: Time, waiting: boolean): Bucket => {
  // a clock that goes back gives nothing, and takes nothing
  const seconds = Math.max(0, now - bucket.at) / 1000
  if (seconds === 0) return bucket
  const { capacity, control, rate } = bucket
  const level = Math.min(capacity, bucket.level + rate * seconds)
  if (control === undefined) return { ...bucket, level, at: now }
  const fade = Math.exp(-seconds / averaged)
  const grown = waiting ? control.grown + seconds : control.grown
  const next = !waiting
    ? rate
    : within(control, control.ceiling === undefined ? rate * 2 ** seconds : curve(control.ceiling, grown))
  return {
    ...bucket,
    level,
    at: now,
    rate: next,
    capacity: capacityOf(next),
    control: { ...control, grown, granted: control.granted * fade, seen: 1 - (1 - control.seen) * fade }
  }
}

/** What has to be there for a request: all that it costs, or a full bucket where it costs more than that. */
const needed = ({ capacity }: Bucket, cost: number): number => Math.min(cost, capacity)

export const admits = (bucket: Bucket, cost: number): boolean => bucket.level >= needed(bucket, cost) - tolerance

/** Milliseconds until a request is admitted, as things are. */
export const wait = (bucket: Bucket, cost: number): number =>
  Math.max(0, Math.ceil((needed(bucket, cost) - bucket.level - tolerance) / bucket.rate * 1000))

/** Takes what a request costs; gives back, where it is negative. What a request costs more than there is has to come in before the next. */
export const take = (bucket: Bucket, cost: number): Bucket => ({
  ...bucket,
  level: Math.min(bucket.capacity, bucket.level - cost)
})

/** Tells what was granted, by which an adaptive rate is measured. */
export const granted = (bucket: Bucket, units: number): Bucket => {
  const { control } = bucket
  return control === undefined
    ? bucket
    : { ...bucket, control: { ...control, granted: control.granted + units / averaged } }
}

/** Takes the rate down, once for all requests that were under way; `epoch` is the bucket's when the request was admitted. */
export const throttled = (bucket: Bucket, epoch: number): Bucket => {
  const { control, rate } = bucket
  if (control === undefined || epoch < bucket.epoch) return bucket
  // what was granted in the first moments says too little: they search by halves, and set no ceiling
  const early = control.ceiling === undefined && control.seen < 1 / 2
  const ceiling = early ? undefined : within(control, Math.min(rate, control.granted / control.seen))
  const next = within(control, ceiling === undefined ? rate / 2 : ceiling * decrease)
  return {
    ...bucket,
    rate: next,
    capacity: capacityOf(next),
    level: Math.min(0, bucket.level),
    epoch: bucket.epoch + 1,
    control: { ...control, ceiling, grown: 0 }
  }
}
