/** A service's transport over an engine: what each `Local…` module shares. */
import type { Transport } from "@armature/aws/Transport"
import type { ServiceFault } from "@armature/aws/WireFailure"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type * as DynamoDBEngine from "../DynamoDBEngine.js"
import * as Faults from "../Faults.js"
import { concerns } from "./faults/scope.js"

/** One request that reached the transport. */
export interface Call {
  readonly operation: string
  readonly input: unknown
}

export interface InProcess<Ops, Engine> {
  readonly transport: Transport<Ops>
  readonly local: {
    readonly engine: Engine
    readonly faults: Faults.Faults<Ops>
    /** The calls so far, in the order of their coming: those that a fault met as well, and each repetition. */
    readonly calls: Effect.Effect<ReadonlyArray<Call>>
    /** Those of an operation, and on what it names: asked as fault rules ask. */
    readonly callsTo: (target: Faults.Target<Ops>) => Effect.Effect<ReadonlyArray<Call>>
  }
}

/** Time is that of whoever calls: an engine asks for it in the middle of a request. */
export const make = <Ops, Engine extends { readonly execute: Execute }>(options: {
  readonly region: string
  readonly log: boolean
  readonly engine: (now: () => number) => Engine
  /** For the stale reads of an engine that can be copied. */
  readonly replicate?: (engine: Engine) => DynamoDBEngine.Engine["replicate"]
}): Effect.Effect<InProcess<Ops, Engine>, never, Scope.Scope> =>
  Effect.gen(function*() {
    let clock: Clock.Clock = yield* Effect.clock
    const engine = options.engine(() => clock.unsafeCurrentTimeMillis())
    let requests = 0
    const direct: Transport<Ops> = {
      info: { region: options.region, serverAddress: undefined, serverPort: undefined },
      send: (operation, input) =>
        Effect.clockWith((now) => {
          clock = now
          const requestId = `local-${++requests}`
          const answer = engine.execute(operation, input)
          // the engine answers each operation in the SDK's own shape, which its tests hold against the SDK's client
          type Output = Effect.Effect.Success<ReturnType<typeof direct.send<typeof operation>>>
          return Either.isRight(answer)
            ? Effect.succeed({ ...answer.right, $metadata: { httpStatusCode: 200, requestId } } as Output)
            : Effect.fail({ ...answer.left, requestId })
        })
    }
    const faults = yield* Faults.make(direct, options.replicate?.(engine))
    const calls: Array<Call> = []
    const transport: Transport<Ops> = options.log
      ? {
        info: direct.info,
        send: (operation, input) =>
          Effect.suspend(() => {
            calls.push({ operation, input })
            return faults.transport.send(operation, input)
          })
      }
      : faults.transport
    return {
      transport,
      local: {
        engine,
        faults,
        calls: Effect.sync(() => [...calls]),
        callsTo: (target) =>
          Effect.sync(() => calls.filter((call) => call.operation === target.operation && concerns(target, call.input)))
      }
    }
  })

type Execute = (operation: string, input: unknown) => Either.Either<Readonly<Record<string, unknown>>, ServiceFault>
