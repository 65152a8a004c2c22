import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert } from "vitest"
import * as Log from "../../src/internal/data/log.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "armature-log-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

const fill = (path: string, records: ReadonlyArray<unknown>) =>
  Effect.promise(async () => {
    const log = Log.open(path)
    await Promise.all(records.map((record) => log.append(record)))
    await log.close()
  })

describe("the log", () => {
  it.scoped("gives back what was added, in its order", () =>
    Effect.gen(function*() {
      const path = Path.join(yield* folder, "log")
      const records = [
        { a: new Uint8Array([1, 2]), b: new Date(5), c: new Map([["x", 1]]), d: undefined },
        JSON.parse(`{"__proto__":{"S":"x"}}`),
        ...Array.from({ length: 200 }, (_, n) => ({ n }))
      ]
      yield* fill(path, records.slice(0, 50))
      yield* fill(path, records.slice(50))
      assert.deepStrictEqual(Log.records(path), records)
      assert.isTrue(Object.hasOwn(Log.records(path)[1] as object, "__proto__"))
    }))

  it.scoped("cut at any byte has the records that are whole, and goes on behind them", () =>
    Effect.gen(function*() {
      const path = Path.join(yield* folder, "log")
      yield* fill(path, [{ n: 1 }, { n: 2 }, { n: 3 }])
      const whole = Fs.readFileSync(path)
      const one = Log.parse(whole.subarray(0, whole.length / 3)).size
      for (let length = 0; length < whole.length; length++) {
        Fs.writeFileSync(path, whole.subarray(0, length))
        const kept = Array.from({ length: Math.floor(length / one) }, (_, n) => ({ n: n + 1 }))
        assert.deepStrictEqual(Log.records(path), kept)
        if (length % 7 === 0) {
          yield* fill(path, [{ n: "next" }])
          assert.deepStrictEqual(Log.records(path), [...kept, { n: "next" }])
        }
      }
    }))

  it.scoped("does not take a damaged record for a good one", () =>
    Effect.gen(function*() {
      const path = Path.join(yield* folder, "log")
      yield* fill(path, [{ n: 1 }, { n: 2 }])
      const whole = Fs.readFileSync(path)
      const second = whole.length / 2
      for (let at = second; at < whole.length; at++) {
        const damaged = Buffer.from(whole)
        damaged[at] = (damaged[at] ?? 0) ^ 1
        assert.deepStrictEqual(Log.parse(damaged).records, [{ n: 1 }], `byte ${at}`)
      }
    }))

  it.prop("reads arbitrary bytes as no record at all", [FastCheck.uint8Array({ maxLength: 64 })], ([bytes]) => {
    const { records, size } = Log.parse(Buffer.from(bytes))
    assert.isTrue(records.length === 0 || size > 0)
  })
})
