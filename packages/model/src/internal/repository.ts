/** Operations bound to the services that they need. */
import { DynamoDB } from "@armature/dynamodb/DynamoDB"
import { Decryptor } from "@armature/kms/Decryptor"
import { Encryptor } from "@armature/kms/Encryptor"
import { Blobs } from "@armature/s3/Blobs"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"

type AnyContext = Context.Context<unknown>
type AnyEffect = Effect.Effect<unknown, unknown, unknown>
type AnyStream = Stream.Stream<unknown, unknown, unknown>

/** Services as they are here, for what runs elsewhere: not under the span that stands here. */
export const captured = <R>() => Effect.map(Effect.context<R>(), Context.omit(Tracer.ParentSpan))

/**
 * What a call runs with. The services are the bound ones; how it is retried, limited or traced is the caller's to say, as of any other
 * call.
 */
const within = (bound: AnyContext, services: (bound: AnyContext) => Context.Context<never>) => {
  const own = services(bound)
  return (caller: Context.Context<never>): AnyContext => Context.merge(Context.merge(bound, caller), own)
}

type Operations<Names extends string, A> = Readonly<Record<Names, (...args: ReadonlyArray<never>) => A>>

const each = <Names extends string, A, B>(
  operations: Operations<Names, A>,
  names: ReadonlyArray<Names>,
  f: (operation: A) => B
): Readonly<Record<string, (...args: ReadonlyArray<never>) => B>> =>
  Object.fromEntries(names.map((name) => [name, (...args: ReadonlyArray<never>) => f(operations[name](...args))]))

type ReadNames = "get" | "require" | "pick" | "queryPage" | "scanPage"
type ManyNames = "query" | "scan"
type WriteNames = "put" | "create" | "replace" | "update" | "save" | "delete" | "check"

export const reader = (
  entity: Operations<ReadNames, AnyEffect> & Operations<ManyNames, AnyStream>
): Effect.Effect<unknown, never, unknown> =>
  Effect.map(captured<unknown>(), (context) => {
    const whole = within(context, Context.pick(DynamoDB, Decryptor, Blobs))
    return {
      ...each(
        entity,
        ["get", "require", "pick", "queryPage", "scanPage"],
        (read: AnyEffect) => Effect.mapInputContext(read, whole)
      ),
      ...each(entity, ["query", "scan"], (items: AnyStream) => Stream.mapInputContext(items, whole))
    }
  })

export const writer = (entity: Operations<WriteNames, AnyEffect>): Effect.Effect<unknown, never, unknown> =>
  Effect.map(captured<unknown>(), (context) => {
    // who opens what is sealed is nobody to it, even where one stands there
    const whole = within(Context.omit(Decryptor)(context), Context.pick(DynamoDB, Encryptor, Blobs))
    return each(
      entity,
      ["put", "create", "replace", "update", "save", "delete", "check"],
      (write) => Effect.mapInputContext(write, whole)
    )
  })
