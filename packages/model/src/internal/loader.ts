/** Loading: reads are gathered for a while, and go as one batch. */
import { fieldsOf } from "@armature/aws/AwsException"
import { DynamoDB } from "@armature/dynamodb/DynamoDB"
import { UnprocessedException } from "@armature/dynamodb/DynamoDBException"
import type { Item } from "@armature/dynamodb/Item"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Read, ReadInfo } from "../Operation.js"
import { type Input, readAll } from "./batchReads.js"
import { captured } from "./repository.js"

type AnyRead = Read<unknown, unknown, unknown, ReadInfo>

interface Ask {
  readonly read: AnyRead
  readonly input: Input
  readonly answer: Deferred.Deferred<Item | undefined, unknown>
}

/** What is asked for within one window. Once it is sent nobody joins it, so that no read is answered by one that began before it. */
interface Window {
  readonly asks: Set<Ask>
  fiber: Fiber.RuntimeFiber<void> | undefined
}

/** What of a batch concerns one who asked. */
const ownFailure = (e: unknown, read: AnyRead): unknown =>
  e instanceof UnprocessedException
    ? new UnprocessedException<unknown, unknown>({
      ...fieldsOf(e),
      unprocessed: [read],
      unknown: [],
      items: [Option.none()],
      last: e.last
    })
    : e

export const make = (
  options: { readonly window: Duration.DurationInput }
): Effect.Effect<
  { readonly load: (read: AnyRead) => Effect.Effect<unknown, unknown, unknown> },
  never,
  DynamoDB | Scope.Scope
> =>
  Effect.gen(function*() {
    const db = yield* DynamoDB
    const scope = yield* Effect.scope
    // the batch is nobody's own: it runs with what the loader was made with, and not with what the first to ask has
    const context = yield* captured<never>()
    let open: Window | undefined

    const send = (window: Window): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (open === window) open = undefined
        const asks = [...window.asks]
        return Effect.map(readAll(db, asks.map(({ input }) => input)), (answers) => {
          for (const [i, { answer, read }] of asks.entries()) {
            const found = answers[i]
            if (found === undefined) continue
            Deferred.unsafeDone(answer, Either.mapLeft(found, (e) => ownFailure(e, read)))
          }
        })
      })

    const start = (window: Window): Effect.Effect<void> =>
      Effect.map(
        Effect.forkIn(
          // whoever opens it cannot be interrupted meanwhile; this can
          Effect.interruptible(
            Effect.mapInputContext(Effect.delay(send(window), options.window), () => context)
          ),
          scope
        ),
        (fiber) => {
          window.fiber = fiber
          // a loader whose scope is closed answers nobody, and lets nobody wait
          fiber.addObserver((exit) => {
            if (open === window) open = undefined
            for (const { answer } of window.asks) Deferred.unsafeDone(answer, Effect.zipRight(exit, Effect.interrupt))
          })
        }
      )

    /** Joins the window, or opens one. In one step: a window that is sent in between would never answer. */
    const join = (ask: Ask): Effect.Effect<Window> =>
      Effect.suspend(() => {
        if (open !== undefined) {
          open.asks.add(ask)
          return Effect.succeed(open)
        }
        const window: Window = { asks: new Set([ask]), fiber: undefined }
        open = window
        return Effect.as(start(window), window)
      })

    const leave = (window: Window, ask: Ask): Effect.Effect<void> =>
      Effect.suspend(() => {
        window.asks.delete(ask)
        // nobody waits for it any more: nothing is sent, and what was sent is stopped
        if (window.asks.size > 0 || window.fiber === undefined) return Effect.void
        if (open === window) open = undefined
        return Fiber.interrupt(window.fiber)
      })

    return {
      load: (read) =>
        Effect.flatMap(read.plan, ({ decode, input }) =>
          Effect.flatMap(Deferred.make<Item | undefined, unknown>(), (answer) => {
            const ask: Ask = { read, input, answer }
            const asked = Effect.uninterruptibleMask((restore) =>
              Effect.flatMap(
                join(ask),
                (window) =>
                  Effect.onInterrupt(restore(Deferred.await(answer)), () => leave(window, ask))
              )
            )
            return Effect.flatMap(asked, decode)
          }))
    }
  })
