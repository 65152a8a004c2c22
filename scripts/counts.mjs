/**
 * Prints what the test runner counted, and which tests failed. Arguments: the folders of its reports, the first from the Node of this
 * machine. The last line counts each test once, and each failure, wherever it failed; a file that does not load is a failure.
 */
import { existsSync, readFileSync } from "node:fs"
import { basename, join, relative } from "node:path"

/** As much of a failure as tells which it was. @param {string} message */
const shortened = (message) => message.split("\n").slice(0, 12).map((line) => `    ${line.slice(0, 200)}`).join("\n")

let passed = 0
let failed = 0
let missing = false

process.argv.slice(2).forEach((folder, index) => {
  const file = join(folder, "vitest.json")
  if (!existsSync(file)) {
    console.log(`${basename(folder)}: the tests did not run to their end`)
    missing = true
    return
  }
  const report = JSON.parse(readFileSync(file, "utf8"))
  const unloaded =
    report.testResults.filter((/** @type {{ status: string, assertionResults: ReadonlyArray<object> }} */ result) =>
      result.status === "failed" && result.assertionResults.length === 0
    ).length
  const skipped = report.numPendingTests + report.numTodoTests
  console.log(
    `${basename(folder)}: ${report.numPassedTests} tests pass, ${report.numFailedTests} fail, ${skipped} skipped, ` +
      `${unloaded} files do not load`
  )
  for (const { assertionResults, message, name, status } of report.testResults) {
    if (status !== "failed") continue
    const failures = assertionResults.filter((/** @type {{ status: string }} */ test) => test.status === "failed")
    console.log(`\n${relative(process.cwd(), name)}`)
    if (failures.length === 0) console.log(shortened(message))
    for (const test of failures) console.log(`  ${test.fullName}\n${shortened(test.failureMessages.join("\n"))}`)
    console.log("")
  }
  if (index === 0) passed = report.numPassedTests
  failed += report.numFailedTests + unloaded
})

console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 || missing ? 1 : 0)
