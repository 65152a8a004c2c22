/** A stand-in for S3 at the port: answers as it is told, and notes every call. */
import { asRecord } from "@armature/aws/Classify"
import type { WireFailure } from "@armature/aws/WireFailure"
import * as Wire from "@armature/aws/WireFailure"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as S3 from "../src/S3.js"

export const refused = (code: string | undefined, statusCode = 400): WireFailure =>
  Wire.serviceFault({ code, statusCode, message: `text of ${code}`, requestId: "r-1" })

export interface Call {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
}

const isIterated = (body: unknown): body is AsyncIterable<Uint8Array> =>
  typeof body === "object" && body !== null && Symbol.asyncIterator in body

export class S3Double {
  readonly calls: Array<Call> = []
  /** Runs before each call: may fail it, or hold it up. */
  before: (call: Call) => Effect.Effect<void, WireFailure> = () => Effect.void
  /** Runs when an answer has been made, before the service has it. */
  after: Effect.Effect<void> = Effect.void
  /** What the next objects have in them. */
  body: S3.ResponseBody["stream"] = Stream.make(new Uint8Array([1, 2, 3]))
  /** How many bodies were let go. */
  released = 0

  readonly port: S3.S3Port = {
    info: { region: "eu-central-1", serverAddress: undefined, serverPort: undefined },
    presign: ({ expiresIn, request }) => Effect.succeed(`${request.operation}:${expiresIn}`),
    send: (operation, input) =>
      Effect.gen(this, function*() {
        const { Body, ...rest } = asRecord(input)
        const index = this.calls.push({ operation, input: rest }) - 1
        yield* this.before({ operation, input: rest })
        if (isIterated(Body)) {
          const pieces = yield* Stream.runCollect(Stream.fromAsyncIterable(Body, () => Wire.inputFault(undefined)))
          this.calls[index] = { operation, input: { ...rest, Body: Buffer.concat([...pieces]).toString() } }
        } else if (Body !== undefined) this.calls[index] = { operation, input: { ...rest, Body } }
        yield* this.after
        const release = Effect.sync(() => {
          this.released++
        })
        // each answer has the shape of its operation's output
        return {
          $metadata: { requestId: "r-1" },
          ...(operation === "GetObject" ? { Body: { stream: this.body, release } } : {})
        } as never
      })
  }

  readonly layer: Layer.Layer<S3.S3> = Layer.provide(
    S3.layerTransport,
    Layer.sync(S3.S3Transport, () => this.port)
  )
}
