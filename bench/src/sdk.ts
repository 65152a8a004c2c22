/**
 * What the service adds to a bare `client.send` of the AWS SDK, for the same `GetItem` of a 1 KB item: CPU of the client, with span, metrics
 * and retry policy in place. The server is another process with a canned answer. Each contestant is a process of its own, made anew several
 * times, from a bundle (what loads TypeScript on the fly leaves its marks on each function); they take turns in many short rounds, so that a
 * noisy machine disturbs both alike. The ratio is that of neighbouring rounds; half of all ratios lie between its quartiles.
 *
 *     npx tsx bench/src/sdk.ts [--processes N] [--rounds N] [--calls N] [--json FILE]
 */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const inFlight = 16
const region = "us-east-1"
const input = {
  TableName: "bench",
  Key: { pk: { S: "a" }, sk: { S: "b" } },
  ReturnConsumedCapacity: "TOTAL" as const
}

const answer = JSON.stringify({
  Item: Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`attribute${i}`, { S: "x".repeat(50) }])),
  ConsumedCapacity: { TableName: "bench", CapacityUnits: 0.5 }
})

const serve = () => {
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "bench" }
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(200, headers).end(answer))
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    process.send?.(typeof address === "object" && address !== null ? address.port : 0)
  })
}

/** Makes `each` calls in each of the lanes. */
type Contestant = (each: number) => Promise<unknown>

const contestants: Readonly<Record<string, (endpoint: string) => Promise<Contestant>>> = {
  "client.send": async (endpoint) => {
    const credentials = { accessKeyId: "bench", secretAccessKey: "bench" }
    const client = new DynamoDBClient({ endpoint, region, credentials, maxAttempts: 1 })
    return (each) =>
      Promise.all(Array.from({ length: inFlight }, async () => {
        for (let i = 0; i < each; i++) await client.send(new GetItemCommand(input))
      }))
  },
  "db.getItem": async (endpoint) => {
    const credentials = { accessKeyId: "bench", secretAccessKey: Redacted.make("bench") }
    const scope = await Effect.runPromise(Scope.make())
    const service = Effect.flatMap(
      DynamoDB.sdkTransport({ endpoint, region, credentials }),
      (transport) => Effect.provideService(DynamoDB.make(), DynamoDB.DynamoDBTransport, transport)
    )
    const db = await Effect.runPromise(Scope.extend(service, scope))
    return (each) =>
      Effect.runPromise(
        Effect.forEach(Array.from({ length: inFlight }), () => Effect.repeatN(db.getItem(input), each - 1), {
          concurrency: "unbounded",
          discard: true
        })
      )
  }
}

/** Answers each number of calls with the microseconds that one took. */
const contest = async (name: string, endpoint: string) => {
  const run = await contestants[name]?.(endpoint)
  process.on("message", (calls) => {
    const each = Math.ceil(Number(calls) / inFlight)
    const before = process.cpuUsage()
    void run?.(each).then(() => {
      const { system, user } = process.cpuUsage(before)
      process.send?.((user + system) / (each * inFlight))
    })
  })
  process.send?.("ready")
}

const first = async (child: ChildProcess): Promise<unknown> => {
  const [message]: ReadonlyArray<unknown> = await once(child, "message")
  return message
}

const at = (list: ReadonlyArray<number>, part: number) =>
  [...list].sort((a, b) => a - b)[Math.floor(list.length * part)] ?? NaN

const measure = async () => {
  const { values } = parseArgs({
    options: {
      processes: { type: "string", default: "3" },
      rounds: { type: "string", default: "25" },
      calls: { type: "string", default: "500" },
      json: { type: "string" }
    }
  })
  const folder = mkdtempSync(join(tmpdir(), "bench-"))
  const outfile = join(folder, "sdk.mjs")
  // loaded here, since a bundle of esbuild does not run
  const { build } = await import("esbuild")
  await build({
    entryPoints: [fileURLToPath(import.meta.url)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["esbuild"],
    // parts of the SDK are CommonJS
    banner: { js: "import { createRequire } from \"node:module\"; const require = createRequire(import.meta.url)" },
    logLevel: "error"
  })
  const execArgv = ["--no-warnings"]
  const start = (...args: ReadonlyArray<string>) => fork(outfile, args, { execArgv })
  const server = start("serve")
  const endpoint = `http://127.0.0.1:${String(await first(server))}`
  const micros: Record<string, Array<number>> = { "client.send": [], "db.getItem": [] }
  const names = Object.keys(micros)
  for (let n = 0; n < Number(values.processes); n++) {
    const children = new Map<string, ChildProcess>()
    for (const name of names) {
      const child = start(name, endpoint)
      children.set(name, child)
      await first(child)
    }
    for (let round = -8; round < Number(values.rounds); round++) {
      for (const name of round % 2 === 0 ? names : [...names].reverse()) {
        const child = children.get(name)
        if (child === undefined) continue
        child.send(round < 0 ? 1000 : Number(values.calls))
        const taken = Number(await first(child))
        if (round >= 0) micros[name]?.push(taken)
      }
    }
    for (const child of children.values()) child.disconnect()
  }
  server.disconnect()
  rmSync(folder, { recursive: true })
  const sent = micros["client.send"] ?? []
  const got = micros["db.getItem"] ?? []
  const ratios = got.map((own, i) => own / (sent[i] ?? NaN))
  const report = {
    node: process.version,
    cpu: cpus()[0]?.model,
    processes: Number(values.processes),
    rounds: Number(values.rounds),
    calls: Number(values.calls),
    inFlight,
    microsecondsPerCall: Object.fromEntries(
      Object.entries(micros).map(([name, list]) => [name, { median: at(list, 0.5), least: at(list, 0) }])
    ),
    ratio: { median: at(ratios, 0.5), quartiles: [at(ratios, 0.25), at(ratios, 0.75)] }
  }
  console.log(JSON.stringify(report, undefined, 2))
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(report))
}

const [role, endpoint] = process.argv.slice(2)
if (process.send === undefined) await measure()
else if (role === "serve") serve()
else await contest(role ?? "", endpoint ?? "")
process.once("disconnect", () => process.exit())
