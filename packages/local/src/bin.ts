#!/usr/bin/env node
/**
 * `armature-local`: the endpoint as a command. Run with `--help` for its options.
 *
 * @since 0.1.0
 */
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { readFileSync } from "node:fs"
import * as DataFolder from "./DataFolder.js"
import * as Endpoint from "./Endpoint.js"
import * as json from "./internal/faults/json.js"
import * as cli from "./internal/http/cli.js"
import * as dispatch from "./internal/http/dispatch.js"
import * as seed from "./internal/http/seed.js"

/** It cannot start with the files that it was given. */
class FileException extends Data.TaggedError("FileException")<{ readonly option: string; readonly reason: string }> {
  override get message(): string {
    return `${this.option}: ${this.reason}`
  }
}

const read = (option: string, path: string) =>
  Effect.try({
    try: () => readFileSync(path, "utf8"),
    catch: () => new FileException({ option, reason: `${path} cannot be read` })
  })

const run = (given: cli.Arguments) =>
  Effect.scoped(Effect.gen(function*() {
    const { accessKeyId, secretAccessKey } = given
    const rules = given.faults === undefined
      ? []
      : yield* Either.mapLeft(
        json.parse(yield* dispatch.models, yield* read("--faults", given.faults)),
        (reason) => new FileException({ option: "--faults", reason })
      )
    const services = given.data === undefined
      ? { ...(yield* Endpoint.services), isNew: true }
      : yield* DataFolder.open({ path: given.data })
    if (given.seed !== undefined && services.isNew) {
      const models = yield* dispatch.models
      const made = yield* seed.apply(yield* read("--seed", given.seed), {
        DynamoDB: { send: services.dynamodb.send, model: models.dynamodb },
        KMS: { send: services.kms.send, model: models.kms },
        S3: { send: services.s3.send, model: models.s3 }
      })
      yield* Console.log(`armature-local made ${made} calls of the seed`)
    }
    const endpoint = yield* Endpoint.make({
      ...services,
      rules,
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
