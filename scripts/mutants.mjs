/**
 * Breaks the code on purpose, one line at a time, and demands that the test which is named for it turns red: a promise whose test stays
 * green when it is broken is not tested. The list is `mutants.json`; each entry has
 *
 * - `why`: the promise that the change breaks
 * - `file`, `find`, `replace`: the change; `find` occurs exactly once in the file
 * - `test`, `name`: the test file, and a regular expression for the full name of the test or tests that must fail
 *
 * Works on a copy of the tree, so that nothing is left broken however this ends. With an argument: only the entries whose text has it; with
 * `--places`: only whether each change still finds its place, which takes no time.
 */
import { spawn } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { basename, join } from "node:path"
import { withoutAws } from "./env.mjs"
import { folders, root } from "./setup.mjs"

/** @typedef {{ why: string, file: string, find: string, replace: string, test: string, name: string }} Mutant */

/** No test that is named here takes longer, even on a busy machine. */
const patience = 120_000

const places = process.argv[2] === "--places"
const filter = places ? "" : process.argv[2] ?? ""
/** @type {ReadonlyArray<Mutant>} */
const mutants = JSON.parse(readFileSync(join(root, "scripts/mutants.json"), "utf8"))
  .filter((/** @type {Mutant} */ mutant) => JSON.stringify(mutant).includes(filter))

/** How often a mutant's place is in its file. */
const times = (/** @type {Mutant} */ { file, find }) => readFileSync(join(root, file), "utf8").split(find).length - 1

const misplaced = mutants.filter((mutant) => times(mutant) !== 1)
for (const mutant of misplaced) {
  console.error(`${mutant.why}: what it looks for occurs ${times(mutant)} times in ${mutant.file}`)
}
if (places || misplaced.length > 0) process.exit(misplaced.length > 0 ? 1 : 0)

const scratch = mkdtempSync(join(tmpdir(), "armature-mutants-"))
/** The runs that are under way, each a process group of its own: a worker in an endless loop outlives its parent. @type {Set<number>} */
const running = new Set()
const kill = (/** @type {number} */ pid) => {
  try {
    process.kill(-pid, "SIGKILL")
  } catch {
    // It is gone already.
  }
}
process.on("exit", () => {
  for (const pid of running) kill(pid)
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 })
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1))

/** A copy of the sources; its packages see each other's copies, and share what is installed. */
const copyTree = (/** @type {string} */ to) => {
  const left = new Set(["node_modules", "dist", "build", "coverage", ".git"])
  cpSync(root, to, { recursive: true, filter: (path) => !left.has(basename(path)) })
  symlinkSync(join(root, "node_modules"), join(to, "node_modules"))
  for (const folder of folders().filter((each) => each !== ".")) {
    const installed = join(folder, "node_modules")
    mkdirSync(join(to, installed))
    cpSync(join(root, installed), join(to, installed), { recursive: true, verbatimSymlinks: true })
  }
}

/**
 * Runs tests of a copy: the full names of those that passed and that failed. `undefined` when their file did not load, or did not end.
 *
 * @param {string} tree
 * @param {string} test
 * @param {string} name
 * @param {ReadonlyArray<string>} options
 * @returns {Promise<{ passed: ReadonlyArray<string>, failed: ReadonlyArray<string>, messages: ReadonlyArray<string> } | undefined>}
 */
const vitest = (tree, test, name, options = []) =>
  new Promise((resolve) => {
    const report = join(tree, "mutants-report.json")
    rmSync(report, { force: true })
    const child = spawn(
      process.execPath,
      [
        "node_modules/vitest/vitest.mjs",
        "run",
        test,
        "-t",
        name,
        "--reporter=json",
        `--outputFile=${report}`,
        ...options
      ],
      { cwd: tree, env: withoutAws({ ...process.env }), stdio: "ignore", detached: true }
    )
    const { pid } = child
    if (pid === undefined) throw new Error("vitest does not start")
    running.add(pid)
    const timer = setTimeout(() => kill(pid), patience)
    child.on("exit", () => {
      clearTimeout(timer)
      kill(pid)
      running.delete(pid)
      try {
        const { testResults } = JSON.parse(readFileSync(report, "utf8"))
        /** @type {ReadonlyArray<{ status: string, fullName: string, failureMessages: ReadonlyArray<string> }>} */
        const tests = testResults.flatMap((/** @type {{ assertionResults: object }} */ file) => file.assertionResults)
        const named = (/** @type {string} */ wanted) =>
          tests.filter(({ status }) => status === wanted).map(({ fullName }) => fullName)
        const messages = tests.flatMap(({ failureMessages }) => failureMessages)
        resolve(testResults.length === 1 ? { passed: named("passed"), failed: named("failed"), messages } : undefined)
      } catch {
        resolve(undefined)
      }
    })
  })

/** What is wrong with an entry of the list; `undefined` when its test turned red. @returns {Promise<string | undefined>} */
const judge = async (/** @type {string} */ tree, /** @type {Mutant} */ mutant) => {
  const path = join(tree, mutant.file)
  const source = readFileSync(path, "utf8")
  writeFileSync(path, source.replace(mutant.find, () => mutant.replace))
  try {
    const result = await vitest(tree, mutant.test, mutant.name)
    if (result === undefined || result.passed.length + result.failed.length === 0) {
      return "breaks the file as a whole, or never ends: that proves nothing"
    }
    return result.failed.length === 0 ? "SURVIVES: its test stays green" : undefined
  } finally {
    writeFileSync(path, source)
  }
}

/**
 * Runs a task for each item, as many at a time as there are copies.
 *
 * @template T
 * @param {ReadonlyArray<T>} items
 * @param {(tree: string, item: T) => Promise<void>} task
 */
const forEach = async (items, task) => {
  const queue = [...items]
  await Promise.all(trees.map(async (tree) => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await task(tree, item)
  }))
}

const trees = Array.from(
  { length: Math.max(1, Math.min(4, availableParallelism(), mutants.length)) },
  (_, index) => join(scratch, String(index))
)
for (const tree of trees) copyTree(tree)

/** @type {Array<string>} */
const problems = []
const complain = (/** @type {string} */ text) => {
  problems.push(text)
  console.error(text)
}

// A test that is red already shows nothing. Those of one file are asked in one run.
/** @type {Map<string, Set<string>>} */
const named = new Map()
for (const { name, test } of mutants) named.set(test, (named.get(test) ?? new Set()).add(name))
await forEach([...named], async (tree, [test, names]) => {
  const all = [...names].map((name) => `(?:${name})`).join("|")
  const { failed = [], messages = [], passed = [] } = await vitest(tree, test, all, ["--testTimeout=30000"]) ?? {}
  for (const name of names) {
    const is = (/** @type {string} */ fullName) => new RegExp(name).test(fullName)
    if (failed.some(is)) {
      complain(`${test} ${name} is red before anything is changed: ${messages.join("\n").slice(0, 500)}`)
    } else if (!passed.some(is)) complain(`no test of ${test} is named ${name}`)
  }
})
if (problems.length === 0) {
  await forEach(mutants, async (tree, mutant) => {
    const problem = await judge(tree, mutant)
    if (problem === undefined) console.log(`red, as it must: ${mutant.why}`)
    else complain(`${mutant.why} (${mutant.file}): ${problem}`)
  })
}
if (problems.length > 0) {
  // again, where a reader of the last lines finds it
  console.error(`\n${problems.length} of ${mutants.length} mutants prove nothing:\n${problems.join("\n")}`)
  process.exit(1)
}
console.log(`${mutants.length} mutants, each turned its test red`)
process.exit(0)
