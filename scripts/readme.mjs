/** The README shows the true output of the demo: its block is what a run prints, line by line. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { withoutAws } from "./env.mjs"
import { root } from "./setup.mjs"

const shown = /```text\n(.*?)```/s.exec(readFileSync(join(root, "README.md"), "utf8"))?.[1]?.trim()
const { status, stderr, stdout } = spawnSync(process.execPath, ["scripts/run.mjs", "demo"], {
  cwd: root,
  encoding: "utf8",
  env: withoutAws({ ...process.env })
})
if (status !== 0 || shown !== stdout.trim()) {
  console.error(`README.md does not show what the demo prints (exit code ${status}):\n\n${stdout}\n${stderr}`)
  process.exit(1)
}
console.log("README.md shows what the demo prints")
