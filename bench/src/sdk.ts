/**
 * What the service adds to a bare `client.send` of the AWS SDK, for the same `GetItem` of a 1 KB item: CPU of the client, with span, metrics
 * and retry policy in place. The server is another process with a canned answer; both take turns in rounds; medians over the rounds.
 *
 *     npx tsx bench/src/sdk.ts [--rounds N] [--calls N] [--json FILE]
 */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { fork } from "node:child_process"
import { writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const inFlight = 16

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

const measure = async (port: number) => {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "15" },
      calls: { type: "string", default: "1500" },
      json: { type: "string" }
    }
  })
  const rounds = Number(values.rounds)
  const each = Math.ceil(Number(values.calls) / inFlight)
  const calls = each * inFlight
  const endpoint = `http://127.0.0.1:${port}`
  const input = {
    TableName: "bench",
    Key: { pk: { S: "a" }, sk: { S: "b" } },
    ReturnConsumedCapacity: "TOTAL" as const
  }

  const client = new DynamoDBClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
    maxAttempts: 1
  })
  const runtime = ManagedRuntime.make(
    DynamoDB.layer({
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "bench", secretAccessKey: Redacted.make("bench") }
    })
  )
  const db = await runtime.runPromise(DynamoDB.DynamoDB)

  const contestants = {
    "client.send": () =>
      Promise.all(Array.from({ length: inFlight }, async () => {
        for (let i = 0; i < each; i++) await client.send(new GetItemCommand(input))
      })),
    "db.getItem": () =>
      runtime.runPromise(
        Effect.forEach(Array.from({ length: inFlight }), () => Effect.repeatN(db.getItem(input), each - 1), {
          concurrency: "unbounded",
          discard: true
        })
      )
  }
  type Name = keyof typeof contestants
  const names: ReadonlyArray<Name> = ["client.send", "db.getItem"]
  const micros: Record<Name, Array<number>> = { "client.send": [], "db.getItem": [] }
  for (let round = -2; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const before = process.cpuUsage()
      await contestants[name]()
      const { system, user } = process.cpuUsage(before)
      if (round >= 0) micros[name].push((user + system) / calls)
    }
  }
  const median = (list: ReadonlyArray<number>) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN
  const ratios = micros["db.getItem"].map((own, i) => own / (micros["client.send"][i] ?? NaN))
  const report = {
    node: process.version,
    cpu: cpus()[0]?.model,
    rounds,
    calls,
    inFlight,
    microsecondsPerCall: { "client.send": median(micros["client.send"]), "db.getItem": median(micros["db.getItem"]) },
    ratio: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) }
  }
  console.log(JSON.stringify(report, undefined, 2))
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(report))
  client.destroy()
  await runtime.dispose()
}

if (process.send !== undefined) serve()
else {
  const server = fork(fileURLToPath(import.meta.url), { execArgv: process.execArgv })
  server.once("message", (port) => {
    void measure(Number(port)).finally(() => server.kill())
  })
}
