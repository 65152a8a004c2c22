/** A collector of OpenTelemetry for `observability.ts`: OTLP/HTTP with JSON, on loopback, in memory. Stands in for a real one. */
import { Effect } from "effect"
import { createServer } from "node:http"

interface Received {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly path: string
  readonly body: unknown
}

/** Listens on a free port until the scope closes. */
export const collector = Effect.gen(function*() {
  const received: Array<Received> = []
  const server = createServer((request, response) => {
    const pieces: Array<Buffer> = []
    request.on("data", (piece: Buffer) => pieces.push(piece))
    request.on("end", () => {
      received.push({ at: Date.now(), path: request.url ?? "", body: JSON.parse(Buffer.concat(pieces).toString()) })
      response.setHeader("content-type", "application/json").end("{}")
    })
  })
  const url = yield* Effect.acquireRelease(
    Effect.async<string>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed(`http://127.0.0.1:${port}`))
      })
    }),
    () =>
      Effect.async<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )
  return { url, received }
})
