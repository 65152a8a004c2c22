/** Servers that answer as a test says. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as Http from "node:http"
import type * as Net from "node:net"

export type Handle = (request: Http.IncomingMessage, response: Http.ServerResponse, n: number) => void

export const listen = <S extends Net.Server>(
  server: S
): Effect.Effect<{ readonly server: S; readonly port: number }, never, Scope> =>
  Effect.acquireRelease(
    Effect.async<{ readonly server: S; readonly port: number }>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed({ server, port: typeof address === "object" && address !== null ? address.port : 0 }))
      })
    }),
    () =>
      Effect.async<void>((resume) => {
        if (server instanceof Http.Server) server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )

/** A server and how often it was asked. */
export const serve = (handle: Handle, begun?: (request: Http.IncomingMessage) => void) =>
  Effect.gen(function*() {
    const asked = { count: 0 }
    const { port } = yield* listen(Http.createServer((request, response) => {
      asked.count++
      begun?.(request)
      request.on("data", () => {}).on("end", () => handle(request, response, asked.count)).on("error", () => {})
    }))
    return { asked, endpoint: `http://127.0.0.1:${port}` }
  })
