/**
 * Uploads and downloads of a large object through the endpoint, which is another process: throughput beside the AWS SDK's own `Upload`
 * and `GetObject`, taking turns in rounds, and how much memory each adds to this process while it runs.
 *
 *     npx tsx bench/src/transfer.ts [--rounds N] [--mebibytes N] [--only upload|download] [--json FILE]
 */
import * as S3 from "@armature/s3/S3"
import * as S3File from "@armature/s3/S3File"
import * as S3Upload from "@armature/s3/S3Upload"
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3"
import { Upload } from "@aws-sdk/lib-storage"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { fork } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const Bucket = "bench"
const mebibyte = 1024 * 1024
const partSize = 8 * mebibyte
const concurrency = 4

/** An endpoint with a bucket, its bytes in its own memory: one object of each name stands at a time. A client has no need of its modules. */
const serve = async () => {
  const Endpoint = await import("@armature/local/Endpoint")
  const LocalS3 = await import("@armature/local/LocalS3")
  await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const { local } = yield* LocalS3.make({ buckets: [Bucket], log: false })
    const { url } = yield* Endpoint.make({ s3: Endpoint.fromS3Engine(local.engine) })
    process.send?.(url)
    yield* Effect.never
  })))
}

const pieceSize = 256 * 1024

/** A piece of what is to be uploaded: made as it is read, so that it takes no memory of its own; no piece is like the one before. */
const piece = (index: number): Buffer => {
  const out = Buffer.allocUnsafe(pieceSize).fill(`${index} of `)
  out.writeUInt32BE(index)
  return out
}

/** What one transfer took: seconds, of a clock and of the processor, and MiB of memory, at most and more than before it. */
interface Taken {
  readonly seconds: number
  readonly cpu: number
  readonly most: number
  readonly added: number
}

const watched = async (run: () => Promise<unknown>): Promise<Taken> => {
  const before = process.memoryUsage.rss()
  let most = before
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss())
  }
  const timer = setInterval(look, 5)
  const began = process.hrtime.bigint()
  const used = process.cpuUsage()
  await run()
  const { system, user } = process.cpuUsage(used)
  const seconds = Number(process.hrtime.bigint() - began) / 1e9
  clearInterval(timer)
  look()
  return { seconds, cpu: (system + user) / 1e6, most: most / mebibyte, added: (most - before) / mebibyte }
}

const target = { Bucket, Key: "object" }

const sdk = (url: string) =>
  new S3Client({
    endpoint: url,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "bench", secretAccessKey: "bench" }
  })

/** Runs a program of Armature's. */
const own = <A, E>(url: string, program: Effect.Effect<A, E, S3.S3 | FileSystem>) => {
  const credentials = { accessKeyId: "bench", secretAccessKey: Redacted.make("bench") }
  const layer = Layer.merge(S3.layer({ endpoint: url, region: "us-east-1", credentials }), NodeFileSystem.layer)
  return Effect.runPromise(Effect.provide(program, layer))
}

const contestants: Readonly<Record<string, (url: string, file: string, size: number) => Promise<unknown>>> = {
  "upload: lib-storage": (url, _, size) => {
    const pieces = function*() {
      for (let i = 0; i < size / pieceSize; i++) yield piece(i)
    }
    const params = { ...target, Body: Readable.from(pieces(), { objectMode: false }) }
    return new Upload({ client: sdk(url), params, partSize, queueSize: concurrency }).done()
  },
  "upload: S3Upload": (url, _, size) => {
    const Body = Stream.unfold(
      0,
      (i) => i * pieceSize >= size ? Option.none() : Option.some([piece(i), i + 1] as const)
    )
    return own(url, S3Upload.upload({ ...target, Body }, { partSize, concurrency }))
  },
  "download: GetObject": async (url, file) => {
    const { Body } = await sdk(url).send(new GetObjectCommand(target))
    if (Body instanceof Readable) await pipeline(Body, createWriteStream(file))
  },
  "download: S3File": (url, file) => own(url, S3File.download(target, file, { partSize, concurrency }))
}

/** One contestant, in a process of its own: what another one left in memory is of no account. */
const run = async (name: string, url: string, file: string, size: number): Promise<void> => {
  const contestant = contestants[name]
  if (contestant === undefined) throw new Error(`no contestant is called ${name}`)
  process.send?.(await watched(() => contestant(url, file, size)))
  process.disconnect()
}

const forked = (args: ReadonlyArray<string>) =>
  fork(fileURLToPath(import.meta.url), args, { execArgv: process.execArgv })

const told = <A>(child: ChildProcess): Promise<A> =>
  new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as A))
    child.once("exit", (code) => code === 0 ? undefined : reject(new Error(`a child ended with ${code}`)))
  })

const rounded = (n: number) => Math.round(n * 100) / 100

const summary = (list: ReadonlyArray<number>) => ({
  median: rounded([...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN),
  min: rounded(Math.min(...list)),
  max: rounded(Math.max(...list))
})

const measure = async (rounds: number, size: number, only: string, json: string | undefined) => {
  const folder = mkdtempSync(join(tmpdir(), "transfer-"))
  const server = forked(["--serve"])
  const url = await told<string>(server)
  const names = Object.keys(contestants).filter((name) => name.startsWith(only))
  const seen = new Map(names.map((name) => [name, [] as Array<Taken>]))
  for (let round = 0; round < rounds; round++) {
    // those that are compared take turns, so that what the machine does besides strikes both; and one as often first as the other
    for (const name of round % 2 === 0 ? names : [...names.slice(0, 2).reverse(), ...names.slice(2).reverse()]) {
      const child = forked(["--run", name, "--url", url, "--file", join(folder, "file"), "--bytes", String(size)])
      const taken = await told<Taken>(child)
      console.error(round, name, JSON.stringify(taken))
      seen.get(name)?.push(taken)
    }
  }
  server.kill()
  rmSync(folder, { recursive: true })
  const of = (name: string) => seen.get(name) ?? []
  const ratio = (mine: string, other: string, of_: (taken: Taken) => number) =>
    summary(
      of(mine).map((taken, i) => {
        const against = of(other)[i]
        return against === undefined ? NaN : of_(against) / of_(taken)
      })
    )
  const against = (mine: string, other: string) => ({
    throughput: ratio(mine, other, (taken) => taken.seconds),
    perProcessorSecond: ratio(mine, other, (taken) => taken.cpu)
  })
  const report = {
    node: process.version,
    cpu: cpus()[0]?.model,
    rounds,
    mebibytes: size / mebibyte,
    partSize: partSize / mebibyte,
    concurrency,
    contestants: Object.fromEntries(names.map((name) => [name, {
      mebibytesPerSecond: summary(of(name).map(({ seconds }) => size / mebibyte / seconds)),
      processorSeconds: summary(of(name).map(({ cpu }) => cpu)),
      addedMebibytes: summary(of(name).map(({ added }) => added)),
      mostMebibytes: summary(of(name).map(({ most }) => most))
    }])),
    ratios: {
      upload: against("upload: S3Upload", "upload: lib-storage"),
      download: against("download: S3File", "download: GetObject")
    }
  }
  console.log(JSON.stringify(report, undefined, 2))
  if (json !== undefined) writeFileSync(json, JSON.stringify(report))
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    mebibytes: { type: "string", default: "1024" },
    only: { type: "string", default: "" },
    json: { type: "string" },
    serve: { type: "boolean", default: false },
    run: { type: "string" },
    url: { type: "string", default: "" },
    file: { type: "string", default: "" },
    bytes: { type: "string", default: "0" }
  }
})
if (values.serve) void serve()
else if (values.run !== undefined) void run(values.run, values.url, values.file, Number(values.bytes))
else void measure(Number(values.rounds), Number(values.mebibytes) * mebibyte, values.only, values.json)
