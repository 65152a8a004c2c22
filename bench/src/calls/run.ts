/**
 * What a call costs the client: Armature at its levels, the AWS SDK and its mappers, each in a process of its own against a server with
 * canned answers in another. CPU and wall time, medians over interleaved rounds.
 *
 *     npm run bench [-- --quick] [-- --json FILE] [-- --svg FILE] [-- --only TEXT,…] [-- --columns NAME,…] [-- --in-flight N,…]
 */
import { fork } from "node:child_process"
import { writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { parseArgs } from "node:util"
import { bundle } from "./bundle.js"
import { coldStarts, type Start } from "./cold.js"
import { contestants } from "./contestants.js"
import { figures } from "./figures.js"
import { race } from "./race.js"
import { picture, table } from "./report.js"
import { columns } from "./work.js"

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "string" },
    svg: { type: "string" },
    /** Only the contestants whose title has one of these. */
    only: { type: "string", default: "" },
    columns: { type: "string", default: columns.join(",") },
    rounds: { type: "string" },
    "in-flight": { type: "string", default: "1,16" }
  }
})

const settings = {
  rounds: values.rounds === undefined ? (values.quick ? 3 : 11) : Number(values.rounds),
  millis: values.quick ? 60 : 250,
  inFlight: values["in-flight"].split(",").map(Number),
  columns: columns.filter((column) => values.columns.split(",").includes(column))
}
const reference = "@aws-sdk/lib-dynamodb"
const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown CPU"}`
const method =
  `medians of ${settings.rounds} interleaved rounds of about ${settings.millis} ms, bundled, a process each; server in another`

console.error(`${machine}\n${method}`)
const lines = await race(
  contestants.filter(({ title }) => values.only.split(",").some((text) => title.includes(text))),
  settings,
  (text) => console.error(text)
)
const measured = figures(lines, reference)

const server = fork((await bundle("server", { minify: false })).path, [], { execArgv: [] })
const port = await new Promise<number>((resolve) => void server.once("message", (told) => resolve(Number(told))))
const starts = await coldStarts(
  [
    { file: "sdk", title: "@aws-sdk/client-dynamodb" },
    { file: "armatureOnSdk", title: "Armature service, sdk" },
    { file: "armatureOnDirect", title: "Armature service, direct" },
    { file: "armatureAlone", title: "Armature service, direct, without the SDK" },
    { file: "nothing", title: "(a process that does nothing)" }
  ],
  port,
  values.quick ? 3 : 15
).finally(() => server.kill())

console.log(`${machine}; ${method}\n`)
console.log(table(measured, reference))
console.log("\nFirst answer of a process: KB loaded, ms (of CPU) from its start, as one minified file and in parts:\n")
console.log("| | one file, KB | ms | in parts, KB | ms |\n|---|---:|---:|---:|---:|")
const cells = ({ cpu, kilobytes, millis }: Start) => `${kilobytes} | ${millis.toFixed(0)} (${cpu.toFixed(0)})`
for (const { inParts, oneFile, program } of starts) {
  console.log(`| ${program} | ${cells(oneFile)} | ${cells(inParts)} |`)
}

if (values.json !== undefined) {
  writeFileSync(values.json, JSON.stringify({ machine, method, figures: measured, lines, starts }, undefined, 2))
}
if (values.svg !== undefined) {
  writeFileSync(values.svg, picture(measured, "GetItem", Math.max(...settings.inFlight), `${machine}; ${method}`))
}
