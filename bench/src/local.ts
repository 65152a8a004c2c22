/**
 * The in-process DynamoDB against dynalite and dynoxide: the same gets and conditional updates of a 1 KB item through the service in
 * process, on the bare engine, and through the AWS SDK over HTTP to each of the two servers. All contestants take turns in rounds;
 * medians over the rounds. Then the bare engine with a million small items, and a query in a partition of 100,000.
 *
 *     npx tsx bench/src/local.ts [--rounds N] [--millis N] [--json FILE]
 */
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Service from "@armature/dynamodb/DynamoDB"
import * as DynamoDBEngine from "@armature/local/DynamoDBEngine"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import type { CreateTableCommandInput, PutItemCommandInput, UpdateItemCommandInput } from "@aws-sdk/client-dynamodb"
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand
} from "@aws-sdk/client-dynamodb"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { fork, spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { createServer } from "node:net"
import { cpus } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { median } from "./calls/figures.js"

const inFlight = 16
const items = 1_000

const table: CreateTableCommandInput = {
  TableName: "bench",
  AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }, { AttributeName: "sk", AttributeType: "S" }],
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }, { AttributeName: "sk", KeyType: "RANGE" }],
  BillingMode: "PAY_PER_REQUEST"
}
const keyOf = (i: number) => ({ pk: { S: `user#${i % 50}` }, sk: { S: `order#${i % items}` } })
const putInput = (i: number): PutItemCommandInput => ({
  TableName: "bench",
  Item: {
    ...keyOf(i),
    n: { N: "0" },
    ...Object.fromEntries(Array.from({ length: 12 }, (_, k) => [`attribute${k}`, { S: "x".repeat(70) }]))
  }
})
const getInput = (i: number) => ({ TableName: "bench", Key: keyOf(i * 7919) })
const updateInput = (i: number): UpdateItemCommandInput => ({
  TableName: "bench",
  Key: keyOf(i * 7919),
  UpdateExpression: "SET n = n + :one",
  ConditionExpression: "attribute_exists(pk) AND n >= :zero",
  ExpressionAttributeValues: { ":one": { N: "1" }, ":zero": { N: "0" } }
})

type Work = "get" | "update"
const works: ReadonlyArray<Work> = ["get", "update"]

interface Contestant {
  /** Does `calls` requests, from the `i`th on. */
  readonly run: (work: Work, from: number, calls: number) => Promise<void>
  readonly close: () => Promise<void>
}

const sendOne = (engine: DynamoDBEngine.Engine, operation: string, input: unknown) => {
  const answer = engine.execute(operation, input)
  if (Either.isLeft(answer)) throw new Error(`${operation}: ${answer.left.code}`)
}

const newEngine = () => DynamoDBEngine.make({ now: () => 1_700_000_000_000, random: Math.random })

const bareEngine = (): Contestant => {
  const engine = newEngine()
  sendOne(engine, "CreateTable", table)
  for (let i = 0; i < items; i++) sendOne(engine, "PutItem", putInput(i))
  return {
    run: (work, from, calls) => {
      for (let i = from; i < from + calls; i++) {
        if (work === "get") sendOne(engine, "GetItem", getInput(i))
        else sendOne(engine, "UpdateItem", updateInput(i))
      }
      return Promise.resolve()
    },
    close: () => Promise.resolve()
  }
}

const service = async (): Promise<Contestant> => {
  const runtime = ManagedRuntime.make(LocalDynamoDB.layer({ tables: [table], log: false }))
  const db: DynamoDB.DynamoDB["Type"] = await runtime.runPromise(Service.DynamoDB)
  await runtime.runPromise(
    Effect.forEach(Array.from({ length: items }, (_, i) => i), (i) => db.putItem(putInput(i)), { discard: true })
  )
  const loop = <A, E>(from: number, calls: number, one: (i: number) => Effect.Effect<A, E>) =>
    Effect.gen(function*() {
      for (let i = from; i < from + calls; i++) yield* one(i)
    })
  return {
    run: (work, from, calls) =>
      work === "get"
        ? runtime.runPromise(loop(from, calls, (i) => db.getItem(getInput(i))))
        : runtime.runPromise(loop(from, calls, (i) => db.updateItem(updateInput(i)))),
    close: () => runtime.dispose()
  }
}

const sdk = async (port: number, stop: () => void): Promise<Contestant> => {
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
    maxAttempts: 1
  })
  await client.send(new CreateTableCommand(table))
  for (let i = 0; i < items; i++) await client.send(new PutItemCommand(putInput(i)))
  return {
    run: async (work, from, calls) => {
      const each = Math.ceil(calls / inFlight)
      await Promise.all(Array.from({ length: inFlight }, async (_, lane) => {
        for (let i = from + lane * each; i < from + (lane + 1) * each; i++) {
          if (work === "get") await client.send(new GetItemCommand(getInput(i)))
          else await client.send(new UpdateItemCommand(updateInput(i)))
        }
      }))
    },
    close: () => {
      client.destroy()
      stop()
      return Promise.resolve()
    }
  }
}

/** dynalite in a process of its own, which is this file again. */
const dynalite = (): Promise<Contestant> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), { execArgv: process.execArgv })
    child.once("error", reject)
    child.once("message", (port) => resolve(sdk(Number(port), () => child.kill())))
  })

/** What this file uses of dynalite, which has no types. */
type Dynalite = (options: Readonly<Record<string, number>>) => ReturnType<typeof createServer>

const serveDynalite = () => {
  const make = createRequire(import.meta.url)("dynalite") as Dynalite
  const server = make({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    process.send?.(typeof address === "object" && address !== null ? address.port : 0)
  })
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

const dynoxideProgram = (): string | undefined => {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("@dynoxide/linux-x64/package.json")), "dynoxide")
  } catch {
    return undefined
  }
}

const dynoxide = async (program: string): Promise<Contestant> => {
  const port = await freePort()
  const child = spawn(program, ["--port", String(port)], { stdio: ["ignore", "pipe", "pipe"] })
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject)
    child.once("exit", (code) => reject(new Error(`dynoxide ended with ${code}`)))
    for (const output of [child.stdout, child.stderr]) {
      output.on("data", (text) => {
        if (String(text).includes("listening")) resolve()
      })
    }
  })
  return sdk(port, () => child.kill("SIGKILL"))
}

const race = async (rounds: number, millis: number) => {
  const contestants = new Map<string, Contestant>([["engine", bareEngine()], ["service", await service()]])
  contestants.set("dynalite", await dynalite())
  const program = dynoxideProgram()
  if (program === undefined) console.log("dynoxide is left out: @dynoxide/linux-x64 is not installed on this platform")
  else contestants.set("dynoxide", await dynoxide(program))

  const figures = Object.fromEntries(
    [...contestants.keys()].map((name) => [name, {
      get: { perSecond: [] as Array<number>, perCpuSecond: [] as Array<number> },
      update: { perSecond: [] as Array<number>, perCpuSecond: [] as Array<number> }
    }])
  )
  let from = 0
  const timed = async (contestant: Contestant, work: Work, calls: number) => {
    const [cpu, start] = [process.cpuUsage(), performance.now()]
    await contestant.run(work, from, calls)
    const seconds = (performance.now() - start) / 1000
    const { system, user } = process.cpuUsage(cpu)
    from += calls
    return { seconds, cpuSeconds: (user + system) / 1e6 }
  }
  // As many calls as fill a round, found while the code warms up.
  const calls = new Map<string, number>()
  for (const [name, contestant] of contestants) {
    for (const work of works) {
      let count = inFlight * 4
      for (let i = 0; i < 4; i++) {
        const { seconds } = await timed(contestant, work, count)
        count = Math.max(inFlight, Math.ceil(count / seconds * millis / 1000 / inFlight) * inFlight)
      }
      calls.set(`${name} ${work}`, count)
    }
  }
  for (let round = 0; round < rounds; round++) {
    const order = [...contestants]
    for (const [name, contestant] of round % 2 === 0 ? order : order.reverse()) {
      for (const work of works) {
        const count = calls.get(`${name} ${work}`) ?? inFlight
        const { cpuSeconds, seconds } = await timed(contestant, work, count)
        figures[name]?.[work].perSecond.push(count / seconds)
        figures[name]?.[work].perCpuSecond.push(count / cpuSeconds)
      }
    }
  }
  for (const contestant of contestants.values()) await contestant.close()

  const medians = Object.fromEntries(
    Object.entries(figures).map(([name, of]) => [
      name,
      Object.fromEntries(works.map((work) => [work, {
        perSecond: Math.round(median(of[work].perSecond)),
        perCpuSecond: Math.round(median(of[work].perCpuSecond))
      }]))
    ])
  )
  // of each round, so that what slows a round slows both
  const ratio = (a: string, b: string, work: Work) => {
    const [one, other] = [figures[a]?.[work].perSecond ?? [], figures[b]?.[work].perSecond ?? []]
    return Number(median(one.map((each, i) => each / (other[i] ?? NaN))).toFixed(1))
  }
  const pairs = [["engine", "service"], ["service", "dynalite"], ["service", "dynoxide"]] as const
  const ratios = Object.fromEntries(
    pairs.filter(([, b]) => contestants.has(b)).map(([a, b]) => [
      `${a} / ${b}`,
      { get: ratio(a, b, "get"), update: ratio(a, b, "update") }
    ])
  )
  return { medians, ratios }
}

const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20)

/** A million items of about 60 bytes: seconds for each quarter of the load, and memory; then queries in one large partition. */
const size = () => {
  const engine = newEngine()
  const numbered = (name: string): CreateTableCommandInput => ({
    ...table,
    TableName: name,
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }, { AttributeName: "sk", AttributeType: "N" }]
  })
  const before = process.memoryUsage().rss
  sendOne(engine, "CreateTable", numbered("million"))
  const quarters = Array.from({ length: 4 }, (_, quarter) => {
    const start = process.cpuUsage()
    for (let i = quarter * 250_000; i < (quarter + 1) * 250_000; i++) {
      const Item = {
        pk: { S: `user#${i % 100_000}` },
        sk: { N: String(i) },
        name: { S: `name${i}` },
        v: { N: String(i * 7) },
        flag: { BOOL: i % 2 === 0 }
      }
      sendOne(engine, "PutItem", { TableName: "million", Item })
    }
    const { system, user } = process.cpuUsage(start)
    return { cpuSeconds: Number(((user + system) / 1e6).toFixed(2)), rssMiB: mebibytes(process.memoryUsage().rss) }
  })
  const perSecond = (name: string, partition: number, limit: number) => {
    const times = 5_000
    const start = process.cpuUsage()
    for (let i = 0; i < times; i++) {
      sendOne(engine, "Query", {
        TableName: name,
        KeyConditionExpression: "pk = :p AND sk >= :s",
        ExpressionAttributeValues: { ":p": { S: "one" }, ":s": { N: String((i * 977) % (partition - limit)) } },
        Limit: limit
      })
    }
    const { system, user } = process.cpuUsage(start)
    return Math.round(times / ((user + system) / 1e6))
  }
  const queries = Object.fromEntries([1_000, 100_000].map((partition) => {
    const name = `partition${partition}`
    sendOne(engine, "CreateTable", numbered(name))
    for (let i = 0; i < partition; i++) {
      sendOne(engine, "PutItem", { TableName: name, Item: { pk: { S: "one" }, sk: { N: String(i) }, v: { N: "1" } } })
    }
    // the first run warms up
    perSecond(name, partition, 10)
    return [name, Object.fromEntries([1, 10, 100].map((limit) => [`limit${limit}`, perSecond(name, partition, limit)]))]
  }))
  return { rssBeforeMiB: mebibytes(before), millionItems: quarters, queriesPerCpuSecond: queries }
}

const measure = async () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "9" },
      millis: { type: "string", default: "300" },
      json: { type: "string" }
    }
  })
  const [rounds, millis] = [Number(values.rounds), Number(values.millis)]
  const report = {
    node: process.version,
    cpu: cpus()[0]?.model,
    rounds,
    millis,
    inFlight,
    ...(await race(rounds, millis)),
    size: size()
  }
  console.log(JSON.stringify(report, undefined, 2))
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(report))
}

if (process.send !== undefined) serveDynalite()
else await measure()
