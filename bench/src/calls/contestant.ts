/**
 * A contestant in a process of its own: does calls when it is told to, and tells what they cost it.
 */
import type { Column } from "./work.js"

/** One call after the other, as a program makes them: those from one number to before another. */
export type Lane = (from: number, to: number) => Promise<unknown>

/** The calls of each column; a column that a contestant has no such call for is left out. */
export type Calls = { readonly [C in Column]?: Lane }

/** Calls that are promises. */
export const promises = (calls: { readonly [C in Column]?: (i: number) => Promise<unknown> }): Calls =>
  Object.fromEntries(
    Object.entries(calls).map(([column, call]): [string, Lane] => [column, async (from, to) => {
      for (let i = from; i < to; i++) await call(i)
    }])
  )

export interface Task {
  readonly column: Column
  readonly calls: number
  readonly inFlight: number
}

/** Microseconds for each call. */
export interface Cost {
  readonly cpu: number
  readonly wall: number
}

export type Answer =
  | { readonly _tag: "Ready"; readonly columns: ReadonlyArray<string> }
  | { readonly _tag: "Cost"; readonly cost: Cost }
  | { readonly _tag: "Failed"; readonly why: string }

const isTask = (message: unknown): message is Task =>
  typeof message === "object" && message !== null && "column" in message

const run = async (calls: Calls, { calls: count, column, inFlight }: Task): Promise<Cost> => {
  const lane = calls[column]
  if (lane === undefined) throw new Error(`no ${column}`)
  const each = Math.ceil(count / inFlight)
  const started = process.hrtime.bigint()
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: inFlight }, (_, at) => lane(at * each, (at + 1) * each)))
  const { system, user } = process.cpuUsage(before)
  const wall = Number(process.hrtime.bigint() - started) / 1000
  return { cpu: (user + system) / (each * inFlight), wall: wall / (each * inFlight) }
}

/** The port of the server is this process's argument. */
export const contestant = (make: (endpoint: string) => Calls | Promise<Calls>): void => {
  const send = (answer: Answer) => void process.send?.(answer)
  const failed = (error: unknown) => send({ _tag: "Failed", why: String(error) })
  process.on("disconnect", () => process.exit())
  Promise.resolve(make(`http://127.0.0.1:${process.argv[2]}`)).then((calls) => {
    process.on("message", (message) => {
      if (isTask(message)) run(calls, message).then((cost) => send({ _tag: "Cost", cost }), failed)
    })
    send({ _tag: "Ready", columns: Object.keys(calls) })
  }, failed)
}
