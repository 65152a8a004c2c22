/**
 * Connections over undici, each with one request at a time. The pool is ours, so that a connection that lay idle too long by the wall clock is
 * not used again (a frozen process runs no timers), and so that it is known whether a request had left when something failed.
 */
import type { buildConnector, Dispatcher } from "undici"
import Client from "undici/lib/dispatcher/client.js"

export interface Limits {
  readonly acquire: number
  readonly connect: number
  readonly maxIdle: number
  readonly maxSockets: number
}

export interface Connection {
  readonly dispatcher: Dispatcher
  /** Milliseconds of the wall clock. */
  idleSince: number
}

interface Waiter {
  readonly start: (connection: Connection) => void
  readonly timer: ReturnType<typeof setTimeout>
}

/** Not Effect's clock: what the other end did to an idle socket happened in the time that really passed. */
// eslint-disable-next-line no-restricted-properties
const wallClock = (): number => Date.now()

/** Connections to one origin. */
export class Pool {
  private readonly idle: Array<Connection> = []
  private readonly waiting: Array<Waiter> = []
  private readonly all = new Set<Connection>()

  constructor(
    private readonly origin: string,
    private readonly limits: Limits,
    /** How to connect where that is not done as usual. */
    private readonly connect: buildConnector.connector | undefined
  ) {}

  /** Starts a request on a connection: at once if one is free or may be made. The result takes back what still waits. */
  acquire(start: (connection: Connection) => void, timedOut: () => void): (() => void) | undefined {
    const connection = this.take()
    if (connection !== undefined) {
      start(connection)
      return undefined
    }
    const waiter: Waiter = {
      start,
      timer: setTimeout(() => {
        forget()
        timedOut()
      }, this.limits.acquire)
    }
    const forget = () => {
      clearTimeout(waiter.timer)
      const at = this.waiting.indexOf(waiter)
      if (at >= 0) this.waiting.splice(at, 1)
    }
    this.waiting.push(waiter)
    return forget
  }

  /** A request has ended, and its connection can carry the next. */
  release(connection: Connection): void {
    const waiter = this.waiting.shift()
    if (waiter === undefined) {
      connection.idleSince = wallClock()
      this.idle.push(connection)
      return
    }
    clearTimeout(waiter.timer)
    waiter.start(connection)
  }

  /** A connection is of no use any more. */
  drop(connection: Connection): void {
    if (!this.all.delete(connection)) return
    void connection.dispatcher.destroy().catch(ignored)
    const waiter = this.waiting.shift()
    if (waiter === undefined) return
    clearTimeout(waiter.timer)
    waiter.start(this.make())
  }

  async close(): Promise<void> {
    for (const { timer } of this.waiting.splice(0)) clearTimeout(timer)
    await Promise.all([...this.all].map(({ dispatcher }) => dispatcher.destroy().catch(ignored)))
  }

  private take(): Connection | undefined {
    let connection = this.idle.pop()
    while (connection !== undefined) {
      if (wallClock() - connection.idleSince <= this.limits.maxIdle) return connection
      this.drop(connection)
      connection = this.idle.pop()
    }
    return this.all.size < this.limits.maxSockets ? this.make() : undefined
  }

  private make(): Connection {
    const { connect: timeout, maxIdle } = this.limits
    const connection: Connection = {
      dispatcher: new Client(this.origin, {
        pipelining: 1,
        keepAliveTimeout: maxIdle,
        keepAliveMaxTimeout: maxIdle,
        allowH2: false,
        connect: this.connect ?? { timeout }
      }),
      idleSince: 0
    }
    this.all.add(connection)
    return connection
  }
}

const ignored = () => {}
