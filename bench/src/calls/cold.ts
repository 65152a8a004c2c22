/**
 * The first answer of a process: three programs that get one item, as one minified file each. How large the file is, and how long it takes
 * from the start of the process to the answer.
 */
import { fork } from "node:child_process"
import { bundle } from "./bundle.js"
import { median } from "./figures.js"

export interface Start {
  readonly program: string
  readonly kilobytes: number
  /** From the start of the process to the first answer. */
  readonly millis: number
}

const once = (path: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = fork(path, [String(port)], { env: { ...process.env, NODE_NO_WARNINGS: "1" }, execArgv: [] })
    child.once("message", (told) => {
      resolve(Number(told))
      child.kill()
    })
    child.once("exit", (code) => reject(new Error(`ended with ${code}`)))
  })

export const coldStarts = async (
  programs: ReadonlyArray<{ readonly file: string; readonly title: string }>,
  port: number,
  rounds: number
): Promise<ReadonlyArray<Start>> => {
  const bundles = []
  for (const program of programs) {
    bundles.push({
      ...program,
      ...(await bundle(`cold/${program.file}`, { minify: true })),
      millis: new Array<number>()
    })
  }
  for (let round = 0; round < rounds; round++) {
    for (const { millis, path } of bundles) millis.push(await once(path, port))
  }
  return bundles.map(({ bytes, millis, title }) => ({
    program: title,
    kilobytes: Math.round(bytes / 1024),
    millis: median(millis)
  }))
}
