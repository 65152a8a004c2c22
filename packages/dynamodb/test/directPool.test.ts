/** The pool of connections, where a request has taken one and not left yet. */
import { describe, it } from "@effect/vitest"
import * as Net from "node:net"
import { assert, vi } from "vitest"
import { connector } from "../src/internal/directConnect.js"
import { type Broken, type Exchange, Pool } from "../src/internal/directPool.js"

const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"

type Outcome = { readonly status: number } | Broken

const request = (path: string): { readonly exchange: Exchange; readonly outcome: Promise<Outcome> } => {
  let settle: (outcome: Outcome) => void
  const outcome = new Promise<Outcome>((resolve) => {
    settle = resolve
  })
  return {
    outcome,
    exchange: {
      head: `POST ${path} HTTP/1.1\r\ncontent-length: 2\r\n\r\n`,
      body: Buffer.from("{}"),
      answerWithin: 5_000,
      endWithin: 5_000,
      answered: (status) => settle({ status }),
      broken: (what) => settle(what)
    }
  }
}

/** A server that answers each request, and a pool of connections to it. `sockets` are the pool's ends, `heard` what came. */
const withPool = async (
  run: (
    pool: Pool,
    server: { readonly sockets: ReadonlyArray<Net.Socket>; readonly heard: ReadonlyArray<string> }
  ) => Promise<void>
): Promise<void> => {
  const sockets: Array<Net.Socket> = []
  const ends: Array<Net.Socket> = []
  const heard: Array<string> = []
  const server = Net.createServer((socket) => {
    ends.push(socket)
    socket.on("error", () => {}).on("data", (bytes) => {
      for (const one of bytes.toString("latin1").split("POST ").slice(1)) heard.push(one.slice(0, one.indexOf(" ")))
      socket.write(answer)
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : assert.fail()
  const connect = connector(`http://127.0.0.1:${port}`, 5_000, undefined)
  const pool = new Pool({ acquire: 5_000, maxIdle: 5_000, maxSockets: 10 }, (opened) =>
    connect((result) => {
      if (!(result instanceof Error)) sockets.push(result)
      opened(result)
    }))
  try {
    await run(pool, { sockets, heard })
  } finally {
    pool.close()
    for (const socket of ends) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** Several connections that lie idle. */
const warm = async (pool: Pool, count: number): Promise<void> => {
  const all = Array.from({ length: count }, () => request("/warm"))
  for (const { exchange } of all) pool.start(exchange)
  await Promise.all(all.map(({ outcome }) => outcome))
}

describe("requests that leave together", () => {
  it("are all answered", () =>
    withPool(async (pool, { heard }) => {
      await warm(pool, 3)
      const all = ["/a", "/b", "/c"].map(request)
      for (const { exchange } of all) pool.start(exchange)
      assert.deepStrictEqual(
        await Promise.all(all.map(({ outcome }) => outcome)),
        all.map(() => ({ status: 200 }))
      )
      assert.deepStrictEqual([...heard].sort().slice(0, 3), ["/a", "/b", "/c"])
    }))

  it.each([
    ["that breaks", (socket: Net.Socket) => socket.emit("error", new Error("broken"))],
    [
      "over which an answer comes that nobody asked for",
      (socket: Net.Socket) => socket.emit("data", Buffer.from(answer))
    ]
  ])("have not left over a connection %s before", (_, meanwhile) =>
    withPool(async (pool, { heard, sockets }) => {
      await warm(pool, 2)
      const [first, second] = [request("/first"), request("/second")]
      // the first leaves at once and the second a turn later; what happens to the sockets happens before
      pool.start(first.exchange)
      pool.start(second.exchange)
      const leaving = sockets.length === 2 ? sockets : assert.fail()
      for (const socket of leaving) meanwhile(socket)
      const outcome = await second.outcome
      assert.strictEqual("phase" in outcome ? outcome.phase : "answered", "connect")
      assert.notInclude(heard, "/second")
    }))

  it("leave under a clock that stands, too", () =>
    withPool(async (pool) => {
      await warm(pool, 2)
      const all = ["/a", "/b"].map(request)
      vi.useFakeTimers({ toFake: ["setImmediate"] })
      try {
        for (const { exchange } of all) pool.start(exchange)
      } finally {
        vi.useRealTimers()
      }
      assert.deepStrictEqual(await Promise.all(all.map(({ outcome }) => outcome)), [{ status: 200 }, { status: 200 }])
    }))

  it("do not leave at all once nobody wants them", () =>
    withPool(async (pool, { heard }) => {
      await warm(pool, 2)
      const [first, second] = [request("/first"), request("/second")]
      pool.start(first.exchange)
      pool.start(second.exchange)
      pool.stop(second.exchange)
      assert.deepStrictEqual(await first.outcome, { status: 200 })
      await new Promise((resolve) => setImmediate(resolve))
      assert.notInclude(heard, "/second")
    }))
})
