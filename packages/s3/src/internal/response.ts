/** The body of an answer as the AWS SDK gives it: one of Node's streams, made a stream of Effect's. */
import { connectionFault } from "@armature/aws/WireFailure"
import type { ConnectionFault } from "@armature/aws/WireFailure"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"
import type { ChecksumFault, ResponseBody } from "./port.js"

type Fault = ConnectionFault | ChecksumFault

/** The SDK's own words, at the end of a body that it found to be another. It gives this error neither a name nor a code. */
const mismatch = /^Checksum mismatch/

const stalled = Object.assign(new Error("the body stands still"), { name: "TimeoutError", code: "ETIMEDOUT" })

const faultOf = (error: Error | null): Fault =>
  error === stalled ?
    connectionFault({ phase: "body", timeout: true, cause: error }) :
    error !== null && mismatch.test(error.message)
    ? { _tag: "ChecksumFault" }
    : connectionFault({ phase: "body", timeout: false, cause: error ?? new Error("the body ended early") })

/** The next piece; `None` at the end. Whoever sends has `idle` milliseconds for it; how long the reader takes in between is his own affair. */
const pull = (readable: Readable, idle: number): Pulled =>
  Effect.suspend(() => taken(readable) ?? awaited(readable, idle))

type Pulled = Effect.Effect<Uint8Array, Option.Option<Fault>>

/** What can be had at once. */
const taken = (readable: Readable): Pulled | undefined => {
  const piece: unknown = readable.readable ? readable.read() : null
  if (piece instanceof Uint8Array) return Effect.succeed(piece)
  if (readable.readableEnded) return Effect.fail(Option.none())
  return readable.destroyed ? Effect.fail(Option.some(faultOf(readable.errored))) : undefined
}

const events = ["readable", "end", "error", "close"] as const

const awaited = (readable: Readable, idle: number): Pulled =>
  Effect.async((resume) => {
    const timer = setTimeout(() => readable.destroy(stalled), idle)
    const off = () => {
      clearTimeout(timer)
      for (const event of events) readable.off(event, look)
    }
    const look = () => {
      const result = taken(readable)
      if (result === undefined) return
      off()
      resume(result)
    }
    for (const event of events) readable.on(event, look)
    return Effect.sync(off)
  })

/** A body that is no stream of Node's, which the SDK gives where there is none, is empty. */
export const responseBody = (body: unknown, idle: number): ResponseBody => {
  if (!(body instanceof Readable)) return { stream: Stream.empty, release: Effect.void }
  // an error that strikes while nobody reads is told to whoever reads next
  body.on("error", () => undefined)
  const release = Effect.sync(() => void body.destroy())
  return { stream: Stream.ensuring(Stream.repeatEffectOption(pull(body, idle)), release), release }
}
