/**
 * Connections over HTTP/1.1, each with one request at a time. They are ours, so that one that lay idle too long by the wall clock is not used
 * again (a frozen process runs no timers), so that it is known whether a request had left when something failed, and because a client of HTTP
 * for every purpose would be larger and slower to start than all the rest.
 */
import type * as Answer from "@armature/aws/Answer"
import type * as Net from "node:net"
import { NotHttp, Reader } from "./directAnswer.js"
import type { Connect } from "./directConnect.js"

export interface Limits {
  readonly acquire: number
  readonly maxIdle: number
  readonly maxSockets: number
}

/** How far a request had come: nothing of it has left, it has, or its answer has begun. */
export type Phase = "connect" | "sent" | "body"

/** What became of a request that was not answered. */
export interface Broken {
  readonly phase: Phase
  readonly cause: Error | "timeout"
  readonly status: number
  readonly headers: Answer.Headers
}

/** A request. */
export interface Exchange {
  readonly head: string
  readonly body: Buffer
  /** Milliseconds until the answer begins, at most; 0 is without end. */
  readonly answerWithin: number
  /** Milliseconds from there until it has ended. */
  readonly endWithin: number
  readonly answered: (status: number, headers: Answer.Headers, body: Buffer | undefined) => void
  readonly broken: (what: Broken) => void
}

interface Waiter {
  readonly exchange: Exchange
  readonly timer: ReturnType<typeof setTimeout>
}

/** Not Effect's clock: what the other end did to an idle socket happened in the time that really passed. */
// eslint-disable-next-line no-restricted-properties
const wallClock = (): number => Date.now()

/** The real one: tests that give programs a clock of their own replace the global, and a request would never leave. */
const soon = setImmediate

const failure = (code: string): Error => Object.assign(new Error(code), { code })

/** Bodies of more bytes are not copied behind their heads. */
const mostCopied = 64 * 1024

/** A server names the seconds that it keeps an idle connection; so much earlier it is not used any more. */
const margin = 1_000

class Connection {
  private socket: Net.Socket | undefined
  private exchange: Exchange | undefined
  private reader = new Reader()
  /** Whether anything of its request has left. */
  private sent = false
  private stopConnecting: (() => void) | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private armed = 0
  /** The wall clock's milliseconds from which on it is not used any more. */
  idleUntil = 0

  constructor(private readonly pool: Pool, connect: Connect, exchange: Exchange) {
    this.exchange = exchange
    this.stopConnecting = connect((result) => {
      this.stopConnecting = undefined
      if (result instanceof Error) this.break(result)
      else {
        this.socket = result
          .on("data", (bytes) => this.read(bytes))
          .on("end", () => this.ended(failure("ECONNRESET")))
          .on("error", (error) => this.ended(error))
          .on("close", () => this.ended(failure("ECONNRESET")))
        this.arm(exchange.answerWithin)
        this.send()
      }
    })
  }

  carries(exchange: Exchange): boolean {
    return this.exchange === exchange
  }

  get isOpen(): boolean {
    return this.socket?.writable === true
  }

  /** Takes the next request. It leaves when it is told to. */
  start(exchange: Exchange): void {
    this.exchange = exchange
    this.reader = new Reader()
    this.sent = false
    this.socket?.ref()
    this.arm(exchange.answerWithin)
  }

  close(): void {
    this.exchange = undefined
    clearTimeout(this.timer)
    this.stopConnecting?.()
    this.socket?.destroy()
  }

  /** Sends its request on its way. */
  send(): void {
    const { exchange, socket } = this
    if (exchange === undefined || socket === undefined) return
    this.sent = true
    const { body, head } = exchange
    if (body.length > mostCopied) {
      socket.cork()
      socket.write(head, "latin1")
      socket.write(body)
      socket.uncork()
      return
    }
    const bytes = Buffer.allocUnsafe(head.length + body.length)
    bytes.write(head, "latin1")
    body.copy(bytes, head.length)
    socket.write(bytes)
  }

  private read(bytes: Buffer): void {
    const { exchange, reader } = this
    // an answer that nobody asked for
    if (exchange === undefined) return this.pool.drop(this)
    if (!this.sent) return this.break(failure("ECONNRESET"))
    const begun = reader.status !== 0
    try {
      reader.push(bytes)
    } catch (error) {
      return this.break(error instanceof Error ? error : new NotHttp())
    }
    if (reader.isWhole) this.finish(exchange)
    else if (!begun && reader.status !== 0) this.arm(exchange.endWithin)
  }

  private finish(exchange: Exchange): void {
    const { reader } = this
    const { headers, keepAlive, status } = reader
    this.exchange = undefined
    // the next may go out before the answer is looked at, but not behind the rest of a request that was answered before it was read
    if (keepAlive && this.isOpen && this.hasLeft(exchange)) this.pool.release(this, hinted(headers))
    else this.pool.drop(this)
    exchange.answered(status, headers, reader.body())
  }

  /** Whether all of a request has left; the kernel takes a small one at once. */
  private hasLeft({ body }: Exchange): boolean {
    return body.length <= mostCopied || this.socket?.writableLength === 0
  }

  /** The socket is at its end. */
  private ended(error: Error): void {
    const { exchange, reader } = this
    if (exchange !== undefined && reader.end()) return this.finish(exchange)
    this.break(error)
  }

  private get phase(): Phase {
    return this.reader.status !== 0 ? "body" : this.sent ? "sent" : "connect"
  }

  /** It is of no use any more; what becomes of its request depends on how far that had come. */
  break(cause: Broken["cause"]): void {
    const { exchange, phase, reader } = this
    this.exchange = undefined
    // it had lain idle and broke before anything of its request left: another is as good
    if (exchange !== undefined && this.socket !== undefined && !this.sent && cause !== "timeout") {
      return this.pool.move(this, exchange)
    }
    this.pool.drop(this)
    exchange?.broken({ phase, cause, status: reader.status, headers: reader.headers })
  }

  /** A timer is made once and wound up again: it also closes what lies idle until it goes off. */
  private arm(millis: number): void {
    if (this.timer !== undefined && this.armed === millis) {
      this.timer.refresh()
      return
    }
    clearTimeout(this.timer)
    this.armed = millis
    this.timer = millis === 0 ? undefined : setTimeout(() => {
      if (this.exchange === undefined) this.pool.drop(this)
      else this.break("timeout")
    }, millis).unref()
  }

  rest(until: number): void {
    this.idleUntil = until
    this.socket?.unref()
  }
}

const hint = /\btimeout=(\d{1,9})\b/

/** Milliseconds that the server says it keeps the connection. */
const hinted = (headers: Answer.Headers): number => {
  const value = headers["keep-alive"]
  const seconds = typeof value === "string" ? hint.exec(value)?.[1] : undefined
  return seconds === undefined ? Infinity : Number(seconds) * 1000 - margin
}

/** Connections to one origin. */
export class Pool {
  private readonly idle: Array<Connection> = []
  private readonly waiting: Array<Waiter> = []
  private readonly all = new Set<Connection>()
  private leaving: Array<Connection> = []
  private closed = false

  constructor(private readonly limits: Limits, private readonly connect: Connect) {}

  /** Starts a request on a connection: at once if one is free or may be made. */
  start(exchange: Exchange): void {
    const connection = this.take()
    if (connection !== undefined) return this.carry(connection, exchange)
    if (this.all.size < this.limits.maxSockets) return this.make(exchange)
    const timer = setTimeout(() => {
      this.forget(exchange)
      exchange.broken({ phase: "connect", cause: "timeout", status: 0, headers: {} })
    }, this.limits.acquire)
    this.waiting.push({ exchange, timer })
  }

  /**
   * Where there are several, those of one turn of the event loop leave together at its end: a write costs half as much while the other side is
   * awake.
   */
  private carry(connection: Connection, exchange: Exchange): void {
    connection.start(exchange)
    if (this.all.size - this.idle.length === 1) connection.send()
    else if (this.leaving.push(connection) === 1) soon(this.leave)
  }

  private readonly leave = (): void => {
    const { leaving } = this
    this.leaving = []
    for (const connection of leaving) connection.send()
  }

  /** Nobody wants the answer any more. */
  stop(exchange: Exchange): void {
    this.forget(exchange)
    for (const connection of this.all) if (connection.carries(exchange)) return this.drop(connection)
  }

  /** A request has ended, and its connection can carry the next. */
  release(connection: Connection, keptFor: number): void {
    const waiter = this.waiting.shift()
    if (waiter !== undefined) {
      clearTimeout(waiter.timer)
      return this.carry(connection, waiter.exchange)
    }
    if (this.closed) return this.drop(connection)
    connection.rest(wallClock() + Math.min(keptFor, this.limits.maxIdle))
    this.idle.push(connection)
  }

  /** A connection is of no use any more. */
  drop(connection: Connection): void {
    if (!this.all.delete(connection)) return
    const at = this.idle.indexOf(connection)
    if (at >= 0) this.idle.splice(at, 1)
    connection.close()
    const waiter = this.waiting.shift()
    if (waiter === undefined) return
    clearTimeout(waiter.timer)
    this.make(waiter.exchange)
  }

  /** A request goes over another connection than one that broke; those that wait keep their turn. */
  move(from: Connection, exchange: Exchange): void {
    this.all.delete(from)
    from.close()
    this.start(exchange)
  }

  /** Closes all connections. What they carried has failed, and whatever is sent from now on has a connection for itself. */
  close(): void {
    this.closed = true
    for (const connection of [...this.all]) connection.break(failure("ECONNRESET"))
  }

  private forget(exchange: Exchange): void {
    const at = this.waiting.findIndex((waiter) => waiter.exchange === exchange)
    for (const { timer } of at < 0 ? [] : this.waiting.splice(at, 1)) clearTimeout(timer)
  }

  private take(): Connection | undefined {
    let connection = this.idle.pop()
    while (connection !== undefined) {
      if (wallClock() <= connection.idleUntil && connection.isOpen) return connection
      this.drop(connection)
      connection = this.idle.pop()
    }
    return undefined
  }

  private make(exchange: Exchange): void {
    this.all.add(new Connection(this, this.connect, exchange))
  }
}
