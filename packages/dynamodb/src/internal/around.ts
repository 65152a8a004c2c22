/**
 * What stands around the calls of a client when a Layer or a program asks for it: rate limits, and the watch for hot partitions. For a
 * program that asks for neither it is a look into the fiber's context.
 */
import type { ServiceClient } from "@armature/aws/ServiceClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as hotPartitions from "./hotPartitions.js"
import type { Operations } from "./operations.js"
import * as rateLimit from "./rateLimit.js"

/** What is in force where the client is made, and so for all its calls. */
interface Base {
  readonly limiters: rateLimit.Limiters
  readonly monitors: hotPartitions.Monitors
}

export const base: Effect.Effect<Base> = Effect.all({
  limiters: rateLimit.InForce,
  monitors: hotPartitions.HotPartitions
})

/** Those of the client's Layer, and those of the program that the former are not among. */
const union = <A>(base: ReadonlyArray<A>, own: ReadonlyArray<A>): ReadonlyArray<A> =>
  own.length === 0 || own === base
    ? base
    : base.length === 0
    ? own
    : [...base, ...own.filter((one) => !base.includes(one))]

type Call = ServiceClient<Operations>["call"]

export const calls = (client: ServiceClient<Operations>, base: Base): ServiceClient<Operations> => {
  const watched = (monitors: hotPartitions.Monitors, clock: Clock.Clock): Call => (operation, input, options) =>
    hotPartitions.watched(
      monitors,
      clock,
      operation.name,
      input,
      // of a read, all is of the table or all of the index
      client.call(operation, operation.access === "read" ? input : rateLimit.asking(input), options)
    )
  return {
    call: (operation, input, options) =>
      Effect.withFiberRuntime((fiber) => {
        const context = fiber.currentContext
        const limiters = union(base.limiters, Context.get(context, rateLimit.InForce))
        const monitors = union(base.monitors, Context.get(context, hotPartitions.HotPartitions))
        const call = monitors.length === 0
          ? client.call
          : watched(monitors, Context.get(fiber.currentDefaultServices, Clock.Clock))
        if (limiters.length === 0) return call(operation, input, options)
        const { access, name } = operation
        return rateLimit.limited(limiters, name, access, input, (asked) => call(operation, asked, options))
      })
  }
}
