/** The pool of connections: requests that have taken one and not left yet, or not wholly, and the pool's end. */
import { describe, it } from "@effect/vitest"
import * as Net from "node:net"
import { assert, vi } from "vitest"
import { connector } from "../src/internal/directConnect.js"
import { type Broken, type Exchange, Pool } from "../src/internal/directPool.js"

const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"

type Outcome = { readonly status: number } | Broken

const request = (
  path: string,
  body = Buffer.from("{}")
): { readonly exchange: Exchange; readonly outcome: Promise<Outcome> } => {
  let settle: (outcome: Outcome) => void
  const outcome = new Promise<Outcome>((resolve) => {
    settle = resolve
  })
  return {
    outcome,
    exchange: {
      head: `POST ${path} HTTP/1.1\r\ncontent-length: ${body.length}\r\n\r\n`,
      body,
      answerWithin: 5_000,
      endWithin: 5_000,
      answered: (status) => settle({ status }),
      broken: (what) => settle(what)
    }
  }
}

/**
 * A server that answers each request but those to `/silent`, and reads no more after `/early`; and a pool of connections to it. `sockets` are
 * the pool's ends, `heard` what came.
 */
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
    let path = ""
    let missing = 0
    socket.on("error", () => {}).on("data", (bytes) => {
      const head = missing > 0 ? undefined : /^POST (\S+).*?length: (\d+)\r\n\r\n/s.exec(bytes.toString("latin1"))
      if (head !== undefined && head !== null) {
        path = head[1] ?? ""
        missing = Number(head[2]) + head[0].length
        heard.push(path)
      }
      missing -= bytes.length
      if (path === "/early") socket.pause()
      if (path === "/early" || missing === 0 && path !== "/silent") socket.write(answer)
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
      const all = ["/a", "/b", "/c"].map((path) => request(path))
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
  ])(
    "leave over another connection than one %s before",
    (_, meanwhile) =>
      withPool(async (pool, { heard, sockets }) => {
        await warm(pool, 2)
        const [first, second] = [request("/first"), request("/second")]
        // the first leaves at once and the second a turn later; what happens to the sockets happens before
        pool.start(first.exchange)
        pool.start(second.exchange)
        const leaving = sockets.length === 2 ? [...sockets] : assert.fail()
        for (const socket of leaving) meanwhile(socket)
        assert.deepStrictEqual(await second.outcome, { status: 200 })
        assert.deepStrictEqual(heard.filter((path) => path === "/second"), ["/second"])
        assert.isTrue(leaving.every((socket) => socket.destroyed))
      })
  )

  it("leave under a clock that stands, too", () =>
    withPool(async (pool) => {
      await warm(pool, 2)
      const all = ["/a", "/b"].map((path) => request(path))
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

describe("a connection", () => {
  it("that cannot be made has sent nothing", async () => {
    const connect = connector("http://127.0.0.1:1", 5_000, undefined)
    const pool = new Pool({ acquire: 5_000, maxIdle: 5_000, maxSockets: 10 }, connect)
    const one = request("/never")
    pool.start(one.exchange)
    const outcome = await one.outcome
    assert.strictEqual("phase" in outcome ? outcome.phase : "answered", "connect")
  })

  it("whose server answered before it had read all of a request carries no other", () =>
    withPool(async (pool, { sockets }) => {
      const early = request("/early", Buffer.alloc(20_000_000))
      pool.start(early.exchange)
      assert.deepStrictEqual(await early.outcome, { status: 200 })
      const next = request("/next")
      pool.start(next.exchange)
      assert.deepStrictEqual(await next.outcome, { status: 200 })
      assert.strictEqual(sockets.length, 2)
    }))

  it("carries another after a large request that was read", () =>
    withPool(async (pool, { sockets }) => {
      for (let i = 0; i < 2; i++) {
        const large = request("/large", Buffer.alloc(70_000))
        pool.start(large.exchange)
        await large.outcome
        await new Promise((resolve) => setImmediate(resolve))
      }
      assert.strictEqual(sockets.length, 1)
    }))
})

describe("a pool that is closed", () => {
  it("lets nobody wait for ever, and keeps no connection", () =>
    withPool(async (pool, { heard, sockets }) => {
      await warm(pool, 2)
      const silent = request("/silent")
      pool.start(silent.exchange)
      while (!heard.includes("/silent")) await new Promise((resolve) => setImmediate(resolve))
      // nine more: one has taken a connection, the others make theirs; and one waits for its turn
      const connecting = Array.from({ length: 9 }, () => request("/starting"))
      for (const { exchange } of connecting) pool.start(exchange)
      const waiting = request("/waiting")
      pool.start(waiting.exchange)
      pool.close()
      const outcomes = await Promise.all([silent, ...connecting].map(({ outcome }) => outcome))
      const phases = outcomes.map((outcome) => "phase" in outcome ? outcome.phase : "answered")
      assert.strictEqual(phases[0], "sent")
      assert.isTrue(phases.slice(1).includes("connect"))
      assert.deepStrictEqual(await waiting.outcome, { status: 200 })
      const late = request("/late")
      pool.start(late.exchange)
      assert.deepStrictEqual(await late.outcome, { status: 200 })
      assert.isTrue(sockets.every((socket) => socket.destroyed))
    }))
})
