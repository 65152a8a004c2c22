/**
 * The control path of the endpoint, `/_armature/…`, which is no bucket of S3, since none may hold an underscore:
 *
 * - `PUT /_armature/faults` with a list of rules: they stand until the next such request. `GET` tells how often each has fired,
 *   `DELETE` takes them away.
 * - `GET /_armature/calls`: the calls that were answered, the oldest first. `DELETE` forgets them.
 *
 * Requests that change something must say that they are JSON: a web page of another origin cannot send them unasked.
 */
import { connectionFault, serviceFault } from "@armature/aws/WireFailure"
import type { WireFailure } from "@armature/aws/WireFailure"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Faults from "../../Faults.js"
import type { Answer, Head } from "./answer.js"
import { headerOf } from "./signature.js"

type Send = (operation: string, input: unknown) => Effect.Effect<unknown, WireFailure>

export type Name = "DynamoDB" | "KMS" | "S3"

type Operations = { readonly [operation: string]: { readonly input: unknown; readonly output: unknown } }

const count = Schema.Int.pipe(Schema.positive())

/** A rule as JSON. `delay` and `retryAfter` are milliseconds. */
const Rule = Schema.Struct({
  service: Schema.Literal("DynamoDB", "KMS", "S3"),
  operation: Schema.NonEmptyString,
  nth: Schema.optional(count),
  times: Schema.optional(count),
  effect: Schema.optional(Schema.Literal("before", "after", "late")),
  delay: Schema.optional(Schema.NonNegative),
  failure: Schema.Union(
    Schema.Struct({
      code: Schema.NonEmptyString,
      message: Schema.optional(Schema.String),
      statusCode: Schema.optional(Schema.Int.pipe(Schema.between(300, 599))),
      retryAfter: Schema.optional(Schema.NonNegative),
      detail: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
    }),
    Schema.Struct({ connection: Schema.Literal("sent", "body") })
  )
})

export type Rule = typeof Rule.Type

const decodeRules = Schema.decodeUnknownEither(Schema.parseJson(Schema.Array(Rule)), {
  onExcessProperty: "error",
  errors: "first"
})

/** The rules of a text; on the left what is wrong with it. */
export const parseRules = (text: string): Either.Either<ReadonlyArray<Rule>, string> =>
  Either.mapLeft(decodeRules(text), (error) => error.message)

interface Standing {
  readonly rule: Rule
  readonly failure: WireFailure
  fired: number
}

const failureOf = ({ failure }: Rule): WireFailure =>
  "connection" in failure
    ? connectionFault({ phase: failure.connection, timeout: false, cause: "a fault rule" })
    : serviceFault({
      code: failure.code,
      message: failure.message ?? "",
      statusCode: failure.statusCode ?? 400,
      retryAfter: failure.retryAfter,
      detail: failure.detail
    })

export interface Control {
  /** The services under the rules that stand. */
  readonly services: Readonly<Record<Name, Send>>
  readonly set: (rules: ReadonlyArray<Rule>) => Effect.Effect<void>
  readonly record: (call: unknown) => void
  readonly handle: (
    head: Head,
    body: () => Effect.Effect<Uint8Array | undefined, WireFailure>
  ) => Effect.Effect<Answer, WireFailure>
}

export const prefix = "/_armature/"

const maxCalls = 10_000

const answer = (status: number, document: unknown, operation: string): Answer => ({
  status,
  headers: { "content-type": "application/json" },
  body: new TextEncoder().encode(document === undefined ? "" : JSON.stringify(document)),
  log: { service: "control", operation, resources: [], code: undefined }
})

export const make = (services: Readonly<Record<Name, Send>>): Effect.Effect<Control, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const names: ReadonlyArray<Name> = ["DynamoDB", "KMS", "S3"]
    let standing: ReadonlyArray<Standing> = []
    let fibers: ReadonlyArray<Fiber.RuntimeFiber<unknown, unknown>> = []
    let calls: Array<unknown> = []

    const info = { region: undefined, serverAddress: undefined, serverPort: undefined }
    const faulted = (name: Name) =>
      Faults.make<Operations>({ info, send: (operation, input) => services[name](operation, input) })
    const layers = { DynamoDB: yield* faulted("DynamoDB"), KMS: yield* faulted("KMS"), S3: yield* faulted("S3") }

    // A rule's failure is its own, so whoever fails with it says which rule fired.
    const counted = (name: Name): Send => (operation, input) =>
      Effect.tapError(layers[name].transport.send(operation, input), (failure) =>
        Effect.sync(() => {
          for (const one of standing) if (one.failure === failure) one.fired++
        }))

    const set = (rules: ReadonlyArray<Rule>): Effect.Effect<void> =>
      Effect.gen(function*() {
        yield* Fiber.interruptAll(fibers)
        standing = rules.map((rule) => ({ rule, failure: failureOf(rule), fired: 0 }))
        fibers = yield* Effect.forEach(names, (name) =>
          Effect.gen(function*() {
            const ready = yield* Deferred.make<void>()
            const mine = standing.filter((one) => one.rule.service === name).map(({ failure, rule }) => ({
              operation: rule.operation,
              nth: rule.nth,
              times: rule.times,
              effect: rule.effect,
              delay: rule.delay,
              failure
            }))
            const stand = Effect.zipRight(Deferred.succeed(ready, undefined), Effect.never)
            const fiber = yield* Effect.forkIn(layers[name].run(mine)(stand), scope)
            yield* Deferred.await(ready)
            return fiber
          }))
      })

    const faults = (head: Head, body: () => Effect.Effect<Uint8Array | undefined, WireFailure>) =>
      Effect.gen(function*() {
        switch (head.method) {
          case "GET":
            return answer(200, standing.map(({ fired, rule }) => ({ ...rule, fired })), "faults")
          case "DELETE":
            yield* set([])
            return answer(204, undefined, "faults")
          case "PUT": {
            const bytes = yield* body()
            const rules = parseRules(Buffer.from(bytes ?? []).toString("utf8"))
            if (Either.isLeft(rules)) return answer(400, { message: rules.left }, "faults")
            yield* set(rules.right)
            return answer(204, undefined, "faults")
          }
          default:
            return answer(405, { message: "GET, PUT or DELETE" }, "faults")
        }
      })

    const told = (head: Head): Answer => {
      switch (head.method) {
        case "GET":
          return answer(200, calls, "calls")
        case "DELETE":
          calls = []
          return answer(204, undefined, "calls")
        default:
          return answer(405, { message: "GET or DELETE" }, "calls")
      }
    }

    return {
      services: { DynamoDB: counted("DynamoDB"), KMS: counted("KMS"), S3: counted("S3") },
      set,
      record: (call) => {
        if (calls.length >= maxCalls) calls.shift()
        calls.push(call)
      },
      handle: (head, body) => {
        if (head.method !== "GET" && !/^application\/json/.test(headerOf(head, "content-type") ?? "")) {
          return Effect.succeed(answer(415, { message: "Content-Type must be application/json" }, "-"))
        }
        switch (head.path.slice(prefix.length)) {
          case "faults":
            return faults(head, body)
          case "calls":
            return Effect.succeed(told(head))
          default:
            return Effect.succeed(answer(404, { message: "faults or calls" }, "-"))
        }
      }
    }
  })
