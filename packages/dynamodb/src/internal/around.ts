/**
 * What stands around the calls of a client when a Layer or a program asks for it: rate limits, and the watch for hot partitions. For a
 * program that asks for neither it is a look into the fiber's context.
 */
import type { ServiceClient } from "@armature/aws/ServiceClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
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
  base.length === 0 ? own : [...base, ...own.filter((one) => !base.includes(one))]

export const calls = (client: ServiceClient<Operations>, base: Base): ServiceClient<Operations> => ({
  call: (operation, input, options) =>
    Effect.withFiberRuntime((fiber) => {
      const context = fiber.getFiberRef(FiberRef.currentContext)
      const limiters = union(base.limiters, Context.get(context, rateLimit.InForce))
      const monitors = union(base.monitors, Context.get(context, hotPartitions.HotPartitions))
      const { access, name } = operation
      const run = (given: typeof input) =>
        monitors.length === 0
          ? client.call(operation, given, options)
          : hotPartitions.watched(monitors, name, given, client.call(operation, rateLimit.asking(given), options))
      return limiters.length === 0 ? run(input) : rateLimit.limited(limiters, name, access, input, run)
    })
})
