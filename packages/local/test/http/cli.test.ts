import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { assert } from "vitest"
import * as Endpoint from "../../src/Endpoint.js"
import * as cli from "../../src/internal/http/cli.js"
import { json, request, signed } from "./client.js"
import { start } from "./command.js"

describe("armature-local", () => {
  it.scopedLive("listens, logs calls, and stops cleanly on a signal", () =>
    Effect.gen(function*() {
      for (const signal of ["SIGTERM", "SIGINT"] as const) {
        const command = yield* start(["--port", "0"])
        const port = Number(yield* command.seen(/listens on http:\/\/127\.0\.0\.1:(\d+)\n/))
        const answered = yield* request({ url: "", host: "127.0.0.1", port }, {
          headers: { ...signed, "x-amz-target": "DynamoDB_20120810.ListTables" },
          body: "{}"
        })
        assert.deepStrictEqual(json(answered), { TableNames: [] })
        yield* command.seen(/DynamoDB ListTables 200 \d+ ms\n/)
        command.child.kill(signal)
        assert.strictEqual(yield* command.exit, 0)
        assert.strictEqual(command.err(), "")
      }
    }), 30_000)

  it.scopedLive(
    "exits with 1 when the port is in use, with 2 when its arguments are wrong",
    () =>
      Effect.gen(function*() {
        const { port } = yield* Endpoint.make()
        const taken = yield* start(["--port", String(port)])
        const wrong = yield* start(["--prot", "1"])
        const helped = yield* start(["--help"])
        assert.strictEqual(yield* taken.exit, 1)
        assert.strictEqual(taken.err(), `armature-local: Cannot listen on 127.0.0.1:${port}: the port is in use.\n`)
        assert.strictEqual(yield* wrong.exit, 2)
        assert.match(wrong.err(), /unknown argument --prot/)
        assert.strictEqual(yield* helped.exit, 0)
        assert.match(helped.out(), /--port N/)
      }),
    30_000
  )

  it("reads its arguments", () => {
    const run = {
      port: 8000,
      host: "127.0.0.1",
      allowRemote: false,
      quiet: false,
      data: undefined,
      seed: undefined,
      faults: undefined,
      accessKeyId: undefined,
      secretAccessKey: undefined
    }
    const parsed = (argv: ReadonlyArray<string>, env: Record<string, string> = {}) => cli.parse(argv, env)
    assert.deepStrictEqual(parsed([]), Either.right({ _tag: "Run", arguments: run }))
    assert.deepStrictEqual(
      parsed(["--port=9000", "--host", "::1", "--allow-remote", "--quiet"]),
      Either.right({ _tag: "Run", arguments: { ...run, port: 9000, host: "::1", allowRemote: true, quiet: true } })
    )
    assert.deepStrictEqual(
      parsed(["--data", "d", "--seed=s", "--faults", "f"]),
      Either.right({ _tag: "Run", arguments: { ...run, data: "d", seed: "s", faults: "f" } })
    )
    assert.deepStrictEqual(
      parsed([], { ARMATURE_ACCESS_KEY_ID: "a", ARMATURE_SECRET_ACCESS_KEY: "b" }),
      Either.right({ _tag: "Run", arguments: { ...run, accessKeyId: "a", secretAccessKey: "b" } })
    )
    assert.isTrue(Either.isLeft(parsed([], { ARMATURE_ACCESS_KEY_ID: "a" })))
    for (const argv of [["--port"], ["--port", "x"], ["--port", "65536"], ["x"], ["--quiet=yes"]]) {
      assert.isTrue(Either.isLeft(parsed(argv)), argv.join(" "))
    }
  })

  it("keeps control characters of a client out of the log", () => {
    const line = cli.line({
      time: 0,
      duration: 3,
      service: "DynamoDB",
      operation: "GetItem",
      resources: ["a\u001b[2Jb"],
      status: 400,
      code: "ValidationException"
    })
    assert.strictEqual(line, "00:00:00.000 DynamoDB GetItem a?[2Jb 400 ValidationException 3 ms")
  })
})
