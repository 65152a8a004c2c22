/**
 * `npm run demo`, `npm run example -- examples/name.ts`, `npm test`, `npm run local`, `npm run bench` and `npm run reference`, on a
 * machine that has Node and nothing else.
 */
import { spawn } from "node:child_process"
import { mkdirSync } from "node:fs"
import { constants } from "node:os"
import { join } from "node:path"
import { quiet, withoutAws } from "./env.mjs"
import { root, say, setup } from "./setup.mjs"

const underNpm = process.env["npm_lifecycle_event"] !== undefined

/** A signal asked for the end. */
let stopped = false

/**
 * Runs a script under this Node, hands signals on to it, and gives its exit code, or 128 and the signal's number as a shell does.
 *
 * @param {ReadonlyArray<string>} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
const node = (args, env) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: "inherit" })
    const forward = (/** @type {NodeJS.Signals} */ signal) => {
      stopped = true
      // A terminal sends Ctrl-C to the child too, and a second one means "at once" to many programs.
      if (signal === "SIGINT" && process.stdin.isTTY) return
      child.kill(signal)
    }
    const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])
    for (const signal of signals) process.on(signal, forward)
    // npm runs this in a shell, which dies of a signal without passing it on.
    const parent = process.ppid
    const watch = setInterval(() => {
      if (underNpm && process.ppid !== parent) {
        clearInterval(watch)
        forward("SIGTERM")
      }
    }, 250).unref()
    child.on("error", reject)
    child.on("exit", (code, signal) => {
      for (const name of signals) process.off(name, forward)
      clearInterval(watch)
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })

const tsx = (
  /** @type {string} */ file,
  /** @type {ReadonlyArray<string>} */ args
) => ["--import", "tsx", file, ...args]

const example = (/** @type {ReadonlyArray<string>} */ [file = "", ...args]) => {
  // Against an endpoint the caller's region and credentials are meant; in process there must be none.
  const env = args.some((arg) => /^--endpoint(=|$)/.test(arg)) ? quiet(process.env) : withoutAws(process.env)
  say(`running ${file}`)
  return node(tsx(file, args), env)
}

/** @type {Record<string, (args: ReadonlyArray<string>) => Promise<number>>} */
const commands = {
  demo: (args) => example(["examples/failures.ts", ...args]),

  example: (args) => example(args),

  local: (args) => {
    say("starting the DynamoDB of packages/local")
    return node(tsx("packages/local/src/bin.ts", args), withoutAws(process.env))
  },

  bench: (args) => {
    say("measuring what a call costs; everything else that runs disturbs it")
    return node(tsx("bench/src/calls/run.ts", args), withoutAws(process.env))
  },

  reference: () => {
    say("writing the API reference to build/reference")
    return node(["scripts/reference.mjs"], withoutAws(process.env))
  },

  // With arguments: only vitest, with them (`npm test -- packages/aws -t retry`).
  test: async (args) => {
    const env = withoutAws(process.env)
    // A folder to write the runners' own counts to, for .ci/run.
    const reports = process.env["ARMATURE_REPORTS"]
    if (reports !== undefined) mkdirSync(reports, { recursive: true })
    const report = reports === undefined
      ? []
      : ["--reporter=default", "--reporter=json", `--outputFile.json=${join(reports, "vitest.json")}`]
    say(`running the tests${args.length === 0 ? "" : ` (${args.join(" ")})`}`)
    // Enough for a busy machine; a test that hangs still ends.
    const options = ["--maxWorkers=100%", "--testTimeout=30000", ...report]
    const units = await node(["node_modules/vitest/vitest.mjs", "run", ...options, ...args], env)
    if (stopped || args.length > 0) return units
    say("running the type tests")
    const types = await node(["node_modules/tstyche/build/bin.js"], env)
    return units === 0 ? types : units
  }
}

const [name = "", ...args] = process.argv.slice(2)
const command = Object.keys(commands).includes(name) ? commands[name] : undefined
if (command === undefined) {
  say(`usage: node scripts/run.mjs ${Object.keys(commands).join(" | ")}`)
  process.exitCode = 2
} else {
  setup()
  process.exitCode = await command(args)
}
