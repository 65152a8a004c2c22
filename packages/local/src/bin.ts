#!/usr/bin/env node
/**
 * `armature-local`: the endpoint as a command. Run with `--help` for its options.
 *
 * @since 0.1.0
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Endpoint from "./Endpoint.js"
import * as cli from "./internal/http/cli.js"

const run = (given: cli.Arguments): Effect.Effect<never, Endpoint.EndpointException> =>
  Effect.scoped(Effect.gen(function*() {
    const { accessKeyId, secretAccessKey } = given
    const endpoint = yield* Endpoint.make({
      port: given.port,
      host: given.host,
      allowRemote: given.allowRemote,
      credentials: accessKeyId === undefined || secretAccessKey === undefined
        ? []
        : [{ accessKeyId, secretAccessKey: Redacted.make(secretAccessKey) }],
      onCall: given.quiet ? undefined : (call) => Console.log(cli.line(call))
    })
    yield* Console.log(`armature-local listens on ${endpoint.url}`)
    return yield* Effect.never
  }))

const main = (): void => {
  const command = cli.parse(process.argv.slice(2), process.env)
  if (command._tag === "Left") {
    process.stderr.write(`armature-local: ${command.left}\nTry armature-local --help\n`)
    process.exitCode = 2
    return
  }
  if (command.right._tag === "Help") {
    process.stdout.write(cli.help)
    return
  }
  const fiber = Effect.runFork(run(command.right.arguments))
  // A second signal finds no listener and ends the process at once.
  const stop = () => void Effect.runFork(Fiber.interrupt(fiber))
  process.once("SIGINT", stop).once("SIGTERM", stop)
  fiber.addObserver((exit) => {
    process.off("SIGINT", stop).off("SIGTERM", stop)
    if (Exit.isInterrupted(exit)) {
      process.exitCode = 0
      return
    }
    process.exitCode = 1
    const failure = Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error.message : "unexpected failure"
    process.stderr.write(`armature-local: ${failure}\n`)
  })
}

main()
