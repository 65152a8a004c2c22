/**
 * The socket side of the endpoint: `node:http`, one fiber for each request, everything closed with the scope. What comes over the
 * wire, HTTP or not, gets an answer or a closed connection, and never more memory than the limit.
 */
import type { ConnectionFault, WireFailure } from "@armature/aws/WireFailure"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import type { Answer, Head } from "./answer.js"
import { internalFailure, unknownOperation } from "./jsonProtocol.js"
import { decode } from "./signature.js"

/** The bytes of a request, pulled as they arrive. */
export interface Body {
  /** All of it, or `undefined` when there are more than `limit` bytes (the rest is read and dropped). */
  readonly collect: (limit: number) => Effect.Effect<Uint8Array | undefined, WireFailure>
  /** Piece by piece; `write` is called with each. Ends early when it gives `false`; the rest is then read and dropped. */
  readonly drain: (write: (chunk: Uint8Array) => boolean) => Effect.Effect<void, WireFailure>
}

export interface Options {
  readonly port: number
  readonly host: string
  readonly requestId: () => string
  readonly handle: (head: Head, body: Body) => Effect.Effect<Answer, WireFailure>
}

/** Node's error when it could not listen. */
export class ListenError
  extends Data.TaggedError("ListenError")<{ readonly code: string | undefined; readonly cause: unknown }>
{}

const codeOf = (error: unknown): string | undefined =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined

const pairs = (raw: ReadonlyArray<string>): Head["headers"] => {
  const all: Array<readonly [string, string]> = []
  for (let i = 0; i + 1 < raw.length; i += 2) all.push([raw[i] ?? "", raw[i + 1] ?? ""])
  return all
}

const queryPairs = (query: string): Head["query"] =>
  query === "" ? [] : query.split("&").filter((part) => part !== "").map((part) => {
    const equals = part.indexOf("=")
    return equals === -1 ? [decode(part), ""] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))]
  })

const headOf = (request: Http.IncomingMessage): Head => {
  const url = request.url ?? "/"
  // A proxy's absolute form: `GET http://host/path`.
  const start = url.startsWith("/") ? 0 : Math.max(url.indexOf("/", url.indexOf("//") + 2), 0)
  const question = url.indexOf("?", start)
  const path = url.slice(start, question === -1 ? undefined : question)
  return {
    method: request.method ?? "GET",
    path: path === "" || !path.startsWith("/") ? "/" : path,
    query: question === -1 ? [] : queryPairs(url.slice(question + 1)),
    headers: pairs(request.rawHeaders)
  }
}

const cutShort: ConnectionFault = {
  _tag: "ConnectionFault",
  phase: "sent",
  timeout: false,
  cause: "the client went away"
}

const bodyOf = (request: Http.IncomingMessage): Body => {
  const drain = (write: (chunk: Uint8Array) => boolean): Effect.Effect<void, WireFailure> =>
    Effect.async<void, WireFailure>((resume) => {
      let open = true
      const onData = (chunk: Uint8Array) => {
        if (open) open = write(chunk)
      }
      const onEnd = () => resume(Effect.void)
      const onCut = () => resume(Effect.fail(cutShort))
      request.on("data", onData).once("end", onEnd).once("error", onCut).once("aborted", onCut)
      return Effect.sync(() => {
        request.off("data", onData).off("end", onEnd).off("aborted", onCut)
      })
    })
  const collect = (limit: number): Effect.Effect<Uint8Array | undefined, WireFailure> =>
    Effect.suspend(() => {
      let chunks: Array<Uint8Array> = []
      let size = 0
      return Effect.map(
        drain((chunk) => {
          size += chunk.length
          if (size <= limit) chunks.push(chunk)
          else chunks = []
          return size <= limit
        }),
        () => size > limit ? undefined : Buffer.concat(chunks, size)
      )
    })
  return { collect, drain }
}

/** An answer that begins well and does not arrive whole. */
const cutAnswer = (response: Http.ServerResponse): void => {
  response.writeHead(200, { "content-length": "1024", "content-type": "application/octet-stream" })
  response.write("{")
  response.socket?.end()
}

const write = (response: Http.ServerResponse, answer: Answer, requestId: string): void => {
  const whole = answer.body instanceof Uint8Array ? answer.body : undefined
  response.writeHead(answer.status, {
    ...(whole === undefined ? {} : { "content-length": String(whole.length) }),
    "x-amzn-requestid": requestId,
    ...answer.headers
  })
  if (whole !== undefined) {
    response.end(whole)
    return
  }
  const pieces = answer.body[Symbol.iterator]() as Iterator<Uint8Array>
  const pump = (): void => {
    try {
      while (!response.destroyed) {
        const next = pieces.next()
        if (next.done === true) {
          response.end()
          return
        }
        if (!response.write(next.value)) {
          response.once("drain", pump)
          return
        }
      }
    } catch {
      // The bytes could not be had after all (a file that is gone): cut the answer short.
      response.destroy()
    }
  }
  pump()
}

const rawAnswer = (answer: Answer, status: string): string => {
  const body = answer.body instanceof Uint8Array ? Buffer.from(answer.body).toString("utf8") : ""
  return `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: ${answer.headers["content-type"] ?? ""}\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** Bytes that are not HTTP: an answer in AWS's shape, and the end of the connection. */
const onClientError = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy()
    return
  }
  socket.end(rawAnswer(
    unknownOperation,
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? "408 Request Timeout"
      : "400 Bad Request"
  ))
}

const listen = (server: Http.Server, options: Options): Effect.Effect<AddressInfo, ListenError> =>
  Effect.async((resume) => {
    const onError = (cause: Error) => resume(Effect.fail(new ListenError({ code: codeOf(cause), cause })))
    server.once("error", onError)
    server.listen(options.port, options.host, () => {
      server.off("error", onError)
      const address = server.address()
      resume(
        typeof address === "object" && address !== null
          ? Effect.succeed(address)
          : Effect.fail(new ListenError({ code: undefined, cause: "no address" }))
      )
    })
  })

const close = (server: Http.Server): Effect.Effect<void> =>
  Effect.async((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

/** Listens until the scope closes; gives the address that it got. */
export const serve = (options: Options): Effect.Effect<AddressInfo, ListenError, Scope.Scope> =>
  Effect.gen(function*() {
    const run = yield* FiberSet.makeRuntime<never, void, never>()

    const onRequest = (request: Http.IncomingMessage, response: Http.ServerResponse): void => {
      const respond = Effect.matchCause(Effect.suspend(() => options.handle(headOf(request), bodyOf(request))), {
        onSuccess: (answer) => write(response, answer, options.requestId()),
        onFailure: (cause) => {
          const failure = Cause.failureOption(cause)
          if (failure._tag === "Some" && failure.value._tag === "ConnectionFault") {
            if (failure.value.phase === "body") cutAnswer(response)
            else request.socket.destroy()
          } else write(response, internalFailure, options.requestId())
        }
      })
      const fiber = run(respond)
      fiber.addObserver((exit) => {
        // Interrupted (the scope is closing) or broken: nobody will answer any more.
        if (Exit.isFailure(exit)) request.socket.destroy()
      })
      response.once("close", () => fiber.unsafeInterruptAsFork(FiberId.none))
    }

    const server = yield* Effect.acquireRelease(
      Effect.sync(() =>
        Http.createServer({ maxHeaderSize: 64 * 1024, keepAliveTimeout: 60_000 }, onRequest)
          .on("clientError", onClientError)
      ),
      (server) => server.listening ? close(server) : Effect.void
    )
    return yield* listen(server, options)
  })
