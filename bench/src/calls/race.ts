/** The contestants take turns in rounds, so that a noisy machine disturbs all alike. */
import { type ChildProcess, fork } from "node:child_process"
import { bundle } from "./bundle.js"
import type { Answer, Cost, Task } from "./contestant.js"
import type { Entry } from "./contestants.js"
import type { Column } from "./work.js"

export interface Settings {
  readonly rounds: number
  /** How long a turn is to take about. */
  readonly millis: number
  readonly inFlight: ReadonlyArray<number>
  readonly columns: ReadonlyArray<Column>
}

/** The costs of one contestant in one column, round by round. */
export interface Line {
  readonly contestant: string
  readonly column: Column
  readonly inFlight: number
  readonly costs: ReadonlyArray<Cost>
}

const isAnswer = (message: unknown): message is Answer =>
  typeof message === "object" && message !== null && "_tag" in message

const next = (child: ChildProcess): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const died = () => reject(new Error("the process ended"))
    child.once("exit", died)
    child.once("message", (message: unknown) => {
      child.off("exit", died)
      if (!isAnswer(message)) reject(new Error("an answer of another kind"))
      else if (message._tag === "Failed") reject(new Error(message.why))
      else resolve(message)
    })
  })

interface Runner {
  readonly entry: Entry
  readonly columns: ReadonlyArray<string>
  readonly run: (task: Task) => Promise<Cost>
}

const start = async (entry: Entry, port: number, children: Array<ChildProcess>): Promise<Runner> => {
  const { path } = await bundle(`contestants/${entry.file}`, { minify: false })
  const child = fork(path, [String(port)], { env: { ...process.env, NODE_NO_WARNINGS: "1" }, execArgv: [] })
  children.push(child)
  const ready = await next(child)
  if (ready._tag !== "Ready") throw new Error(`${entry.title} is not ready`)
  return {
    entry,
    columns: ready.columns,
    run: async (task) => {
      const answer = next(child)
      child.send(task)
      const done = await answer
      if (done._tag !== "Cost") throw new Error(`${entry.title} gave no cost`)
      return done.cost
    }
  }
}

export const race = async (
  entries: ReadonlyArray<Entry>,
  settings: Settings,
  tell: (text: string) => void
): Promise<ReadonlyArray<Line>> => {
  const children: Array<ChildProcess> = []
  try {
    const { path } = await bundle("server", { minify: false })
    const server = fork(path, [], { execArgv: [] })
    children.push(server)
    const port = await new Promise<number>((resolve) => void server.once("message", (told) => resolve(Number(told))))
    const runners: Array<Runner> = []
    for (const entry of entries) runners.push(await start(entry, port, children))
    const lines: Array<Line> = []
    for (const column of settings.columns) {
      const taking = runners.filter((runner) => runner.columns.includes(column))
      for (const inFlight of settings.inFlight) {
        tell(`${column}, ${inFlight} in flight`)
        // how many calls a turn has is the contestant's own matter: what is told is the cost of one
        const turns = new Map<Runner, number>()
        for (const runner of taking) {
          await runner.run({ column, inFlight, calls: 8 * inFlight })
          const { wall } = await runner.run({ column, inFlight, calls: 32 * inFlight })
          const calls = Math.max(2 * inFlight, Math.ceil((settings.millis * 1000) / wall))
          await runner.run({ column, inFlight, calls })
          turns.set(runner, calls)
        }
        const costs = new Map<Runner, Array<Cost>>(taking.map((runner) => [runner, []]))
        for (let round = 0; round < settings.rounds; round++) {
          // who begins changes, and so does who stands behind whom
          const first = Math.floor(round / 2) % taking.length
          const turned = [...taking.slice(first), ...taking.slice(0, first)]
          for (const runner of round % 2 === 0 ? turned : turned.reverse()) {
            costs.get(runner)?.push(await runner.run({ column, inFlight, calls: turns.get(runner) ?? 1 }))
          }
        }
        for (const runner of taking) {
          lines.push({ contestant: runner.entry.title, column, inFlight, costs: costs.get(runner) ?? [] })
        }
      }
    }
    return lines
  } finally {
    for (const child of children) child.kill()
  }
}
