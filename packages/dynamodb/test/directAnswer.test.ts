/** Answers over HTTP, however their bytes are cut: as Node's own client reads them, and refused where they are none. */
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Http from "node:http"
import * as Net from "node:net"
import { assert } from "vitest"
import { NotHttp, Reader } from "../src/internal/directAnswer.js"
import { listen } from "./server.js"

/** Bytes in pieces that end where `cuts` say. */
const pieces = (bytes: Buffer, cuts: ReadonlyArray<number>): ReadonlyArray<Buffer> => {
  const at = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  return at.map((end, i) => bytes.subarray(at[i - 1] ?? 0, end)).filter(({ length }) => length > 0)
}

const read = (text: string, cuts: ReadonlyArray<number> = []): Reader => {
  const reader = new Reader()
  for (const piece of pieces(Buffer.from(text, "latin1"), cuts)) reader.push(piece)
  return reader
}

const bodies = FastCheck.string({ unit: "binary-ascii", maxLength: 40 })
const cuts = FastCheck.array(FastCheck.nat(), { maxLength: 12 })

/** A body as one, and in chunks. */
const framed = FastCheck.oneof(
  bodies.map((body) => [`Content-Length: ${body.length}\r\n`, body, body] as const),
  bodies.map((body) => [`content-length:  ${body.length} \r\nConnection: close\r\n`, body, body] as const),
  FastCheck.array(bodies.filter((body) => body !== ""), { maxLength: 4 }).map((chunks) =>
    [
      "Transfer-Encoding: chunked\r\n",
      `${chunks.map((one) => `${one.length.toString(16)};x=y\r\n${one}\r\n`).join("")}0\r\nTrailer: 1\r\n\r\n`,
      chunks.join("")
    ] as const
  ),
  bodies.map((body) => ["Connection: close\r\n", body, body] as const)
)

const answers = FastCheck.record({
  status: FastCheck.constantFrom(200, 400, 413, 500, 503),
  interim: FastCheck.constantFrom("", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early\r\nlink: a\r\n\r\n"),
  framed,
  cuts
}).map(({ cuts, framed: [fields, sent, body], interim, status }) => ({
  cuts,
  body,
  status,
  text: `${interim}HTTP/1.1 ${status} Reason\r\nX-One: a\tb \r\nx-amzn-requestid:r\r\n${fields}\r\n${sent}`
}))

const byNode = (port: number) =>
  Effect.async<readonly [status: number | undefined, header: unknown, body: string], Error>((resume) => {
    Http.get({ port, host: "127.0.0.1", agent: false }, (answer) => {
      const parts: Array<Buffer> = []
      answer.on("data", (part: Buffer) => parts.push(part)).on(
        "end",
        () => resume(Effect.succeed([answer.statusCode, answer.headers["x-one"], Buffer.concat(parts).toString()]))
      )
    }).on("error", (error) => resume(Effect.fail(error)))
  })

const runs = Math.min(Number(process.env.ARMATURE_SEQUENCES ?? 60), 600)

describe("an answer over HTTP", () => {
  it.scopedLive("is what Node's client reads of it, wherever its bytes are cut", () =>
    Effect.gen(function*() {
      let text = ""
      const { port } = yield* listen(Net.createServer((socket) => {
        socket.on("error", () => {}).once("data", () => socket.end(text, "latin1"))
      }))
      for (const answer of FastCheck.sample(answers, { numRuns: runs, seed: 7 })) {
        text = answer.text
        const reader = read(text, answer.cuts)
        const body = reader.end() ? reader.body()?.toString("latin1") ?? "" : "not whole"
        assert.strictEqual(body, answer.body)
        assert.deepStrictEqual([reader.status, reader.headers["x-one"], body], yield* byNode(port))
        assert.strictEqual(reader.keepAlive, !/connection: close/i.test(text))
      }
    }))

  it("is whole exactly when its last byte is there", () => {
    FastCheck.assert(
      FastCheck.property(answers, ({ text }) => {
        const isOpenEnded = !/content-length|chunked/i.test(text)
        assert.strictEqual(read(text).isWhole, !isOpenEnded)
        assert.isFalse(read(text.slice(0, -1)).isWhole)
      }),
      { numRuns: runs }
    )
  })

  it("has no body where its status says so, and carries nothing of another", () => {
    const reader = read("HTTP/1.1 204 No Content\r\n\r\n")
    assert.deepStrictEqual([reader.isWhole, reader.keepAlive, reader.body()], [true, true, undefined])
    const twice = read("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n\r\n")
    assert.deepStrictEqual([twice.isWhole, twice.keepAlive, twice.body()?.toString()], [true, false, "{}"])
    assert.isFalse(read("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n").keepAlive)
    assert.isTrue(read("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n").keepAlive)
    assert.deepStrictEqual(read("HTTP/1.1 200 OK\r\na: 1\r\nA: 2\r\n__proto__: x\r\n\r\n").headers.a, ["1", "2"])
  })

  it("is none where it could be read in two ways, or is something else", () => {
    const ok = "HTTP/1.1 200 OK\r\n"
    const wrong: ReadonlyArray<string> = [
      "garbage",
      "HTTP/2 200 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\n\r\n",
      `${ok}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n`,
      `${ok}content-length: 2\r\ncontent-length: 3\r\n\r\n`,
      `${ok}content-length: -2\r\n\r\n`,
      `${ok}content-length: 0x2\r\n\r\n`,
      `${ok}transfer-encoding: gzip, chunked\r\n\r\n`,
      `${ok}a : 1\r\n\r\n`,
      `${ok} folded\r\n\r\n`,
      `${ok}a: 1\n b: 2\r\n\r\n`,
      `${ok}no colon\r\n\r\n`,
      `${ok}a: ${"x".repeat(17_000)}\r\n\r\n`,
      `${ok}a: ${"x".repeat(17_000)}`,
      `${ok}transfer-encoding: chunked\r\n\r\nxyz\r\n`,
      `${ok}transfer-encoding: chunked\r\n\r\n1\r\nab\r\n`,
      `${ok}transfer-encoding: chunked\r\n\r\n-1\r\n`,
      `${ok}transfer-encoding: chunked\r\n\r\n0\r\n${"a: b\r\n".repeat(5_000)}`
    ]
    for (const text of wrong) {
      assert.throws(() => read(text), NotHttp, undefined, text.slice(0, 60))
      assert.throws(() => read(text, Array.from({ length: 64 }, (_, i) => i)), NotHttp)
    }
  })
})
