/** Medians, spreads and ratios of what was measured. Pure. */
import type { Line } from "./race.js"
import type { Column } from "./work.js"

export interface Figure {
  readonly contestant: string
  readonly column: Column
  readonly inFlight: number
  /** Microseconds of CPU for each call: the median over the rounds, and the quartiles. */
  readonly cpu: number
  readonly low: number
  readonly high: number
  /** Microseconds from one answer to the next. */
  readonly wall: number
  /** How much of the reference's CPU that is: the median over the rounds, each against the reference in the same round. */
  readonly share: number | undefined
}

const quantile = (sorted: ReadonlyArray<number>, at: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? NaN

export const median = (values: ReadonlyArray<number>): number => quantile([...values].sort((a, b) => a - b), 0.5)

export const figures = (lines: ReadonlyArray<Line>, reference: string): ReadonlyArray<Figure> =>
  lines.map(({ column, contestant, costs, inFlight }) => {
    const cpu = costs.map((cost) => cost.cpu).sort((a, b) => a - b)
    return {
      contestant,
      column,
      inFlight,
      cpu: quantile(cpu, 0.5),
      low: quantile(cpu, 0.25),
      high: quantile(cpu, 0.75),
      wall: median(costs.map((cost) => cost.wall)),
      share: ratio(lines, column, inFlight, contestant, reference)
    }
  })

/** The median over the rounds of one contestant's CPU for each of another's in the same round. */
const ratio = (
  lines: ReadonlyArray<Line>,
  column: Column,
  inFlight: number,
  own: string,
  other: string
): number | undefined => {
  const of = (title: string) =>
    lines.find((line) => line.contestant === title && line.column === column && line.inFlight === inFlight)?.costs
  const [mine, theirs] = [of(own), of(other)]
  if (mine === undefined || theirs === undefined) return undefined
  return median(mine.map(({ cpu }, round) => cpu / (theirs[round]?.cpu ?? NaN)))
}
