/**
 * Connections that the transport owns. Only who owns the socket knows how far a request had come: each error before a secure connection
 * stands is stamped, getting a socket and connecting have deadlines, and a socket that lay idle too long is not used again.
 */
import * as Http from "node:http"
import * as Https from "node:https"
import * as Net from "node:net"

declare module "node:http" {
  // there, as Node's documentation of `http.Agent` implies, but not in its types
  interface Agent {
    addRequest(request: Http.ClientRequest, options: Http.RequestOptions): void
  }
}

const connectPhase: unique symbol = Symbol.for("@armature/aws/connectPhase")
const connectTimeout: unique symbol = Symbol.for("@armature/aws/connectTimeout")

/** Whether an error struck before a secure connection stood, so that the server has seen nothing of the request. */
export const isBeforeConnected = (error: unknown): boolean =>
  typeof error === "object" && error !== null && connectPhase in error

/** Whether it was one of the deadlines of this module. */
export const isConnectTimeout = (error: unknown): boolean =>
  typeof error === "object" && error !== null && connectTimeout in error

const stamp = (error: Error): Error => Object.defineProperty(error, connectPhase, { value: true, enumerable: false })

const timeoutError = (code: string, options: Http.RequestOptions): Error =>
  Object.defineProperty(
    stamp(
      Object.assign(new Error(code), {
        code,
        syscall: "connect",
        hostname: options.host ?? undefined,
        port: options.port ?? undefined
      })
    ),
    connectTimeout,
    { value: true, enumerable: false }
  )

export interface Options {
  readonly maxSockets: number
  /** Milliseconds to get a socket when all are busy. */
  readonly acquire: number
  /** Milliseconds to connect, TLS handshake included. */
  readonly connect: number
  /** Milliseconds by the wall clock after which an idle socket is dropped. A frozen process runs no timers. */
  readonly maxIdle: number
}

/** Not Effect's clock: what the other end did to an idle socket happened in the time that really passed. */
// eslint-disable-next-line no-restricted-properties
const wallClock = (): number => Date.now()

/** Lays the rules of this module over one of Node's agents. */
const rule = (agent: Http.Agent, connected: "connect" | "secureConnect", options: Options): void => {
  const { addRequest, createConnection } = agent
  const idleSince = new WeakMap<Net.Socket, number>()
  agent.createConnection = function(target, callback) {
    const socket = createConnection.call(agent, target, callback)
    if (!(socket instanceof Net.Socket)) return socket
    const onError = (error: Error) => {
      stamp(error)
    }
    const timer = setTimeout(() => socket.destroy(timeoutError("CONNECT_TIMEOUT", target)), options.connect)
    const settle = () => {
      clearTimeout(timer)
      socket.removeListener("error", onError)
    }
    socket.prependListener("error", onError)
    socket.once(connected, settle)
    socket.once("close", () => clearTimeout(timer))
    return socket
  }
  agent.addRequest = function(request, target) {
    const name = agent.getName(target)
    for (const socket of [...(agent.freeSockets[name] ?? [])]) {
      const since = idleSince.get(socket)
      if (since !== undefined && wallClock() - since > options.maxIdle) socket.destroy()
    }
    addRequest.call(agent, request, target)
    const queue = agent.requests[name]
    // Node types the queue as of incoming messages; it holds the requests that wait for a socket
    if (queue === undefined || !waits(queue, request)) return
    const timer = setTimeout(() => {
      const waiting = agent.requests[name]
      if (waiting !== undefined) {
        const at = waiting.findIndex((other: unknown) => other === request)
        if (at >= 0) waiting.splice(at, 1)
        if (waiting.length === 0) Reflect.deleteProperty(agent.requests, name)
      }
      request.emit("error", timeoutError("ACQUIRE_TIMEOUT", target))
      request.destroy()
    }, options.acquire)
    request.once("socket", () => clearTimeout(timer))
    request.once("close", () => clearTimeout(timer))
  }
  agent.on("free", (socket: Net.Socket) => idleSince.set(socket, wallClock()))
}

const waits = (queue: ReadonlyArray<unknown>, request: unknown): boolean => queue[queue.length - 1] === request

export const make = (options: Options): { readonly http: Http.Agent; readonly https: Https.Agent } => {
  const node = { keepAlive: true, maxSockets: options.maxSockets }
  const agents = { http: new Http.Agent(node), https: new Https.Agent(node) }
  rule(agents.http, "connect", options)
  rule(agents.https, "secureConnect", options)
  return agents
}
