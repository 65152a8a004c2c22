/** `shop.ts` prints the same in process and over the endpoint, and that is what `docs/model.md` shows. */
import { Endpoint } from "@armature/local"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert } from "vitest"

const root = fileURLToPath(new URL("../..", import.meta.url))

const run = (...args: ReadonlyArray<string>) =>
  Effect.map(
    Effect.promise(() =>
      promisify(execFile)(process.execPath, ["--import", "tsx", "examples/shop.ts", ...args], { cwd: root })
    ),
    ({ stdout }) => stdout
  )

describe("the shop", () => {
  it.scopedLive("prints the same in process and over the endpoint", () =>
    Effect.gen(function*() {
      const { url } = yield* Endpoint.make()
      const [here, there] = yield* Effect.all([run(), run("--endpoint", url)], { concurrency: 2 })
      const shown = /```text\n([^]*?)```/.exec(readFileSync(`${root}/docs/model.md`, "utf8"))?.[1]
      assert.strictEqual(here, shown)
      assert.strictEqual(there, shown)
    }), 60_000)
})
