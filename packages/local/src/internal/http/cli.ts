/**
 * The command line of `armature-local`: its arguments, and the line that it prints for a call. Pure.
 */
import * as Either from "effect/Either"
import type { Call } from "../../Endpoint.js"

export interface Arguments {
  readonly port: number
  readonly host: string
  readonly allowRemote: boolean
  readonly quiet: boolean
  readonly data: string | undefined
  readonly seed: string | undefined
  readonly faults: string | undefined
  readonly accessKeyId: string | undefined
  readonly secretAccessKey: string | undefined
}

export type Command = { readonly _tag: "Help" } | { readonly _tag: "Run"; readonly arguments: Arguments }

export const help = `armature-local: DynamoDB, KMS and S3 on one loopback port, in process

Usage: armature-local [options]

  --port N          port to listen on (default 8000; 0 takes a free one)
  --host HOST       address to listen on (default 127.0.0.1)
  --allow-remote    needed as well for a host that is not loopback
  --data DIR        keep the state in a folder, and find it there again
  --seed FILE       calls to make before the first client comes (with --data: only in a new folder), as JSON:
                    [{ "service": "DynamoDB", "operation": "CreateTable", "input": { ... } }]
  --faults FILE     fault rules, as JSON:
                    [{ "service": "DynamoDB", "operation": "PutItem", "nth": 2, "failure": { "code": "ThrottlingException" } }]
  --quiet           no line for each call
  --help            this text

PUT, GET and DELETE /_armature/faults set, tell and clear fault rules; GET /_armature/calls tells the calls.
Signatures are checked when ARMATURE_ACCESS_KEY_ID and ARMATURE_SECRET_ACCESS_KEY are set;
otherwise any well-formed signature is accepted.

Exit codes: 0 stopped by SIGINT or SIGTERM, 1 could not start, 2 wrong arguments.
`

const flags = new Set(["--help", "-h", "--allow-remote", "--quiet"])
const valued = new Set(["--port", "--host", "--data", "--seed", "--faults"])

/** Reads arguments and environment; the left side says what is wrong with them. */
export const parse = (
  argv: ReadonlyArray<string>,
  env: Readonly<Record<string, string | undefined>>
): Either.Either<Command, string> => {
  const given = new Map<string, string>()
  for (let i = 0; i < argv.length; i++) {
    const [name = "", ...rest] = (argv[i] ?? "").split("=")
    const inline = rest.length > 0 ? rest.join("=") : undefined
    if (flags.has(name) && inline === undefined) {
      given.set(name, "")
    } else if (valued.has(name)) {
      const value = inline ?? argv[++i]
      if (value === undefined || value === "") return Either.left(`${name} needs a value`)
      given.set(name, value)
    } else return Either.left(`unknown argument ${name}`)
  }
  if (given.has("--help") || given.has("-h")) return Either.right({ _tag: "Help" })

  const port = given.get("--port") ?? "8000"
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) return Either.left("--port is a number from 0 to 65535")
  const accessKeyId = env["ARMATURE_ACCESS_KEY_ID"] || undefined
  const secretAccessKey = env["ARMATURE_SECRET_ACCESS_KEY"] || undefined
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    return Either.left("ARMATURE_ACCESS_KEY_ID and ARMATURE_SECRET_ACCESS_KEY are set together or not at all")
  }
  return Either.right({
    _tag: "Run",
    arguments: {
      port: Number(port),
      host: given.get("--host") ?? "127.0.0.1",
      allowRemote: given.has("--allow-remote"),
      quiet: given.has("--quiet"),
      data: given.get("--data"),
      seed: given.get("--seed"),
      faults: given.get("--faults"),
      accessKeyId,
      secretAccessKey
    }
  })
}

// A name of a table comes from the client: nothing of it may steer a terminal.

const plain = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?").slice(0, 80)

/** `05:31:02.120 DynamoDB PutItem orders 400 ConditionalCheckFailedException 2 ms` */
export const line = (call: Call): string =>
  [
    new Date(call.time).toISOString().slice(11, 23),
    call.service,
    plain(call.operation),
    ...(call.resources.length === 0 ? [] : [call.resources.map(plain).join(",")]),
    String(call.status),
    ...(call.code === undefined ? [] : [plain(call.code)]),
    `${call.duration} ms`
  ].join(" ")
