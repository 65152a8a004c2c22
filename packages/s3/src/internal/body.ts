/** The bodies of objects between the service, which gives and takes streams of Effect's, and the port. */
import { ValidationException } from "@armature/aws/Exceptions"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { RequestBody } from "./port.js"

/** A body as a program gives it. */
export type Body = Uint8Array | string | Stream.Stream<Uint8Array, unknown, unknown>

const invalid = (operation: string, resource: string | undefined, reason: string) =>
  new ValidationException({ service: "S3", operation, resource, reason })

const empty = new Uint8Array()

/** What is wrong with a body and the length stated of it; `undefined` if nothing is. A request of another length than its body never ends. */
export const problemOf = (body: unknown, length: number | undefined): string | undefined => {
  if (length !== undefined && !(Number.isSafeInteger(length) && length >= 0)) {
    return "ContentLength is a whole number of bytes"
  }
  if (typeof body === "string" || body instanceof Uint8Array) {
    return length === undefined || length === Buffer.byteLength(body) ? undefined : "the body has not its ContentLength"
  }
  return Predicate.hasProperty(body, Stream.StreamTypeId)
    ? undefined
    : "the body is neither bytes, nor text, nor a Stream of Effect's"
}

/** A stream that has exactly the length given. Its last piece goes out when it is known to be the last, so that S3 never has a body whole that is none. */
export const exactly = <E, R>(
  stream: Stream.Stream<Uint8Array, E, R>,
  length: number,
  refuse: (reason: string) => ValidationException
): Stream.Stream<Uint8Array, E | ValidationException, R> =>
  Stream.suspend(() => {
    let seen = 0
    let held: Uint8Array = empty
    const next = (piece: Uint8Array) => {
      const out = held
      held = piece
      seen += piece.length
      return seen > length ? Effect.fail(refuse("the body is longer than its ContentLength")) : Effect.succeed(out)
    }
    const last = Stream.suspend(() =>
      seen < length ? Stream.fail(refuse("the body is shorter than its ContentLength")) : Stream.succeed(held)
    )
    return Stream.filter(Stream.concat(Stream.mapEffect(stream, next), last), (piece) => piece.length > 0)
  })

/**
 * Runs a call with the body of its input as the port takes it. When the body fails, the call is interrupted, which stops its request, and
 * fails with what the body failed with.
 */
export const withBody = <
  I extends {
    readonly Body?: Body | undefined
    readonly ContentLength?: number | undefined
    readonly Bucket?: string | undefined
  },
  A,
  E
>(
  operation: string,
  input: I,
  call: (input: Omit<I, "Body"> & { readonly Body?: RequestBody | undefined }) => Effect.Effect<A, E>
): Effect.Effect<A, unknown, unknown> => {
  // no input at all is refused where every input is looked at
  const { Body, ...rest } = { ...input }
  if (Body === undefined) return call(rest)
  const length = rest.ContentLength
  const refuse = (reason: string) => invalid(operation, rest.Bucket, reason)
  const problem = problemOf(Body, length)
  if (problem !== undefined) return Effect.fail(refuse(problem))
  if (typeof Body === "string" || Body instanceof Uint8Array) return call({ ...rest, Body })
  if (length === undefined) return Effect.fail(refuse("a body that is a stream needs its ContentLength"))
  return Effect.gen(function*() {
    const runtime = yield* Effect.runtime<unknown>()
    const failed = yield* Deferred.make<never, unknown>()
    const body = exactly(Body, length, refuse).pipe(
      Stream.catchAllCause((cause) =>
        Stream.fromEffect(Effect.zipRight(Deferred.failCause(failed, cause), Effect.never))
      )
    )
    const iterable = Stream.toAsyncIterableRuntime(body, runtime)
    return yield* Effect.raceFirst(call({ ...rest, Body: iterable }), Deferred.await(failed))
  })
}
