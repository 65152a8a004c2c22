/** The other engine: its own program, on a loopback port for as long as the scope lives. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import * as Http from "node:http"
import { createRequire } from "node:module"
import * as Net from "node:net"
import { dirname, join } from "node:path"
import type { Input } from "./requests.js"

/** Where the program stands, where the platform has it. */
export const program = ((): string | undefined => {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("@dynoxide/linux-x64/package.json")), "dynoxide")
  } catch {
    return undefined
  }
})()

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = Net.createServer()
    server.on("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })

/** Starts the program; the port was free a moment ago, and the program says when it listens. */
const start = async (path: string) => {
  const port = await freePort()
  const child = spawn(path, ["--port", String(port)], { stdio: ["ignore", "pipe", "pipe"] })
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject)
    child.once("exit", (code) => reject(new Error(`dynoxide ended with ${code} before it listened`)))
    for (const output of [child.stdout, child.stderr]) {
      output.on("data", (text) => {
        if (String(text).includes("listening")) resolve()
      })
    }
  })
  return { child, port }
}

export interface HttpAnswer {
  readonly status: number
  readonly body: Input
}

export type Send = (operation: string, input: Input) => Promise<HttpAnswer>

// No signature is checked there, but its form is.
const authorization =
  "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00"

const sender = (port: number, agent: Http.Agent): Send => (operation, input) =>
  new Promise((resolve, reject) => {
    const body = JSON.stringify(
      input,
      (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value)
    )
    const request = Http.request({
      host: "127.0.0.1",
      port,
      agent,
      method: "POST",
      headers: {
        authorization,
        "x-amz-date": "20260101T000000Z",
        "x-amz-target": `DynamoDB_20120810.${operation}`,
        "content-type": "application/x-amz-json-1.0",
        "content-length": Buffer.byteLength(body)
      }
    }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("error", reject)
      response.on("end", () => {
        try {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) as Input })
        } catch (error) {
          reject(error)
        }
      })
    })
    request.on("error", reject)
    request.end(body)
  })

/** The running program, reached by `inFlight` connections that are kept. */
export const make = (path: string, inFlight: number): Effect.Effect<Send, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { port } = yield* Effect.acquireRelease(
      Effect.retry(Effect.tryPromise(() => start(path)), { times: 3 }).pipe(Effect.orDie),
      ({ child }) =>
        Effect.async<void>((resume) => {
          if (child.exitCode !== null) return resume(Effect.void)
          child.once("exit", () => resume(Effect.void))
          child.kill("SIGKILL")
        })
    )
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Http.Agent({ keepAlive: true, maxSockets: inFlight })),
      (agent) => Effect.sync(() => agent.destroy())
    )
    return sender(port, agent)
  })
