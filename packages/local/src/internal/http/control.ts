/**
 * The control path of the endpoint, `/_armature/…`, which is no bucket of S3, since none may hold an underscore:
 *
 * - `PUT /_armature/faults` with a list of rules: they stand until the next such request. `GET` tells how often each has fired,
 *   `DELETE` takes them away.
 * - `GET /_armature/calls`: the calls that were answered, the oldest first. `DELETE` forgets them.
 *
 * Requests that change something must say that they are JSON: a web page of another origin cannot send them unasked.
 */
import type { WireFailure } from "@armature/aws/WireFailure"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as json from "../faults/json.js"
import * as layer from "../faults/layer.js"
import type { Replicate } from "../faults/replica.js"
import type { Standing } from "../faults/rule.js"
import type { Answer, Head } from "./answer.js"
import { headerOf } from "./signature.js"

interface Service {
  readonly send: layer.Send
  readonly replicate?: Replicate | undefined
}

/** A rule as it was given, and as it stands. */
interface Given {
  readonly rule: json.Rule
  readonly standing: Standing
}

export interface Control {
  /** The services under the rules that stand. */
  readonly services: Readonly<Record<json.Name, layer.Send>>
  readonly set: (rules: ReadonlyArray<json.Rule>) => Effect.Effect<void>
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

export const make = (
  services: Readonly<Record<json.Name, Service>>,
  models: json.Models
): Effect.Effect<Control, never, Scope.Scope> =>
  Effect.gen(function*() {
    const layers = {
      DynamoDB: yield* layer.make(services.DynamoDB.send, services.DynamoDB.replicate),
      KMS: yield* layer.make(services.KMS.send),
      S3: yield* layer.make(services.S3.send)
    }
    let given: ReadonlyArray<Given> = []
    let calls: Array<unknown> = []

    const set = (rules: ReadonlyArray<json.Rule>): Effect.Effect<void> =>
      Effect.gen(function*() {
        for (const { rule, standing } of given) yield* layers[rule.service].withdraw([standing])
        given = yield* Effect.forEach(
          rules,
          (rule) => Effect.map(layers[rule.service].stand(json.toRule(rule)), (standing) => ({ rule, standing }))
        )
      })

    const faults = (head: Head, body: () => Effect.Effect<Uint8Array | undefined, WireFailure>) =>
      Effect.gen(function*() {
        switch (head.method) {
          case "GET":
            return answer(200, given.map(({ rule, standing }) => ({ ...rule, fired: standing.fired })), "faults")
          case "DELETE":
            yield* set([])
            return answer(204, undefined, "faults")
          case "PUT": {
            const bytes = yield* body()
            const rules = json.parse(models, Buffer.from(bytes ?? []).toString("utf8"))
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
      services: { DynamoDB: layers.DynamoDB.send, KMS: layers.KMS.send, S3: layers.S3.send },
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
