/** `armature-local` as a process. */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const bin = fileURLToPath(new URL("../../src/bin.ts", import.meta.url))

/** The command as a process; `ready` gives the line that says where it listens. */
export const start = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, ["--import", "tsx", bin, ...args], {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let out = ""
      let err = ""
      const waiting: Array<() => void> = []
      child.stdout.on("data", (chunk: Buffer) => {
        out += chunk.toString()
        for (const wake of waiting) wake()
      })
      child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()))
      const exit = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)))
      const seen = (text: RegExp) =>
        Effect.async<string>((resume) => {
          const look = () => {
            const match = text.exec(out)
            if (match !== null) resume(Effect.succeed(match[1] ?? match[0]))
          }
          waiting.push(look)
          look()
          void exit.then((code) => resume(Effect.dieMessage(`it ended with ${code}: ${err}`)))
        })
      return { child, exit: Effect.promise(() => exit), out: () => out, err: () => err, seen }
    }),
    ({ child, exit }) => Effect.zipRight(Effect.sync(() => child.kill("SIGKILL")), exit)
  )

/** Starts it on a free port and waits until it listens. */
export const listening = (args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const command = yield* start(["--port", "0", ...args])
    const port = Number(yield* command.seen(/listens on http:\/\/127\.0\.0\.1:(\d+)\n/))
    return { ...command, endpoint: { url: `http://127.0.0.1:${port}`, host: "127.0.0.1", port } }
  })
