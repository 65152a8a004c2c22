/**
 * The first answer of a process: programs that get one item, minified, as one file and in parts of which some are loaded later. How much of it is
 * loaded, and what it takes from the start of the process to the answer.
 */
import { fork } from "node:child_process"
import { type Bundle, bundle } from "./bundle.js"
import { median } from "./figures.js"

/** One way to bundle a program. */
export interface Start {
  readonly kilobytes: number
  /** From the start of the process to the first answer. */
  readonly millis: number
  /** Milliseconds of CPU until then, of which a process that does nothing has its own. */
  readonly cpu: number
}

export interface Cold {
  readonly program: string
  readonly oneFile: Start
  readonly inParts: Start
}

interface Told {
  readonly wall: number
  readonly cpu: { readonly user: number; readonly system: number }
}

const isTold = (message: unknown): message is Told =>
  typeof message === "object" && message !== null && "wall" in message && "cpu" in message

const once = (path: string, port: number): Promise<Told> =>
  new Promise((resolve, reject) => {
    const child = fork(path, [String(port)], { env: { ...process.env, NODE_NO_WARNINGS: "1" }, execArgv: [] })
    child.once("message", (told) => {
      if (isTold(told)) resolve(told)
      else reject(new Error("an answer of another kind"))
      child.kill()
    })
    child.once("exit", (code) => reject(new Error(`ended with ${code}`)))
  })

interface Run {
  readonly bundle: Bundle
  readonly told: Array<Told>
}

const start = ({ bundle, told }: Run): Start => ({
  kilobytes: Math.round(bundle.bytes / 1024),
  millis: median(told.map(({ wall }) => wall)),
  cpu: median(told.map(({ cpu }) => (cpu.user + cpu.system) / 1000))
})

export const coldStarts = async (
  programs: ReadonlyArray<{ readonly file: string; readonly title: string }>,
  port: number,
  rounds: number
): Promise<ReadonlyArray<Cold>> => {
  const runs: Array<{ readonly title: string; readonly oneFile: Run; readonly inParts: Run }> = []
  for (const { file, title } of programs) {
    runs.push({
      title,
      oneFile: { bundle: await bundle(`cold/${file}`, { minify: true }), told: [] },
      inParts: { bundle: await bundle(`cold/${file}`, { minify: true, split: true }), told: [] }
    })
  }
  for (let round = 0; round < rounds; round++) {
    for (const { inParts, oneFile } of runs) {
      for (const run of [oneFile, inParts]) run.told.push(await once(run.bundle.path, port))
    }
  }
  return runs.map(({ inParts, oneFile, title }) => ({
    program: title,
    oneFile: start(oneFile),
    inParts: start(inParts)
  }))
}
