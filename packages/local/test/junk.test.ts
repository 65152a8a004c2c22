/** Inputs that the types refuse, as a program without types gives them: each is a failure of the call, nothing is thrown or dies. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Kms from "@armature/kms/Kms"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as LocalKms from "@armature/local/LocalKms"
import { describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { assert } from "vitest"

const junk: ReadonlyArray<unknown> = [
  undefined,
  null,
  0,
  "text",
  [],
  [null],
  {},
  { TableName: null },
  { RequestItems: null },
  { RequestItems: [null] },
  { RequestItems: { users: null } },
  { RequestItems: { users: [null] } },
  { RequestItems: { users: { Keys: [null] } } },
  { TransactItems: null },
  { TransactItems: [null, { Put: null }] },
  { Statement: null },
  { Statements: null },
  { Statements: [null] },
  { TransactStatements: [null] },
  { TableName: "users", Key: null },
  { TableName: "users", Item: null },
  { TableName: "users", Item: { id: null } },
  { TableName: "users", Item: { id: { S: 1 } } },
  { KeyId: 1 },
  { KeyId: "alias/a", Plaintext: 1 },
  { CiphertextBlob: "text", EncryptionContext: null }
]

const isFunction = (value: unknown): value is (...args: ReadonlyArray<unknown>) => unknown =>
  typeof value === "function"

/** Each function of the service, with those that hang on one: `query`, `query.pages`, … */
const functions = (db: object): ReadonlyArray<readonly [name: string, (...args: ReadonlyArray<unknown>) => unknown]> =>
  Object.entries(db).flatMap(([name, member]) =>
    isFunction(member)
      ? [
        [name, member] as const,
        ...Object.entries(member).flatMap(([inner, of]) => isFunction(of) ? [[`${name}.${inner}`, of] as const] : [])
      ]
      : []
  )

const isEffect = (value: unknown): value is Effect.Effect<unknown, unknown> => Effect.isEffect(value)
const isStream = (value: unknown): value is Stream.Stream<unknown, unknown> =>
  typeof value === "object" && value !== null && Stream.StreamTypeId in value

const run = (call: () => unknown): Effect.Effect<unknown, unknown> =>
  Effect.suspend(() => {
    const called = call()
    return isEffect(called)
      ? called
      : isStream(called)
      ? Stream.runDrain(called)
      : Effect.die("neither effect nor stream")
  })

describe("an input of another type fails the call, whatever method it is given to:", () => {
  const holds = (service: object, least: number) =>
    Effect.gen(function*() {
      const methods = functions(service)
      assert.isAtLeast(methods.length, least)
      const died: Array<string> = []
      for (const [name, method] of methods) {
        for (const input of junk) {
          for (
            const options of name === "scan.parallel"
              ? [{ segments: 2 }]
              : [undefined, { segments: 2, idempotent: true, timeout: "1 millis" }]
          ) {
            const exit = yield* Effect.exit(run(() => method(input, options)).pipe(Effect.timeout("100 millis")))
            if (Exit.isFailure(exit) && !Cause.isFailType(exit.cause)) {
              died.push(`${name}(${JSON.stringify(input)}): ${Cause.pretty(exit.cause).split("\n", 3).join(" ")}`)
            }
          }
        }
      }
      assert.deepStrictEqual(died, [])
    })

  it.live("DynamoDB", () =>
    Effect.flatMap(DynamoDB.DynamoDB, (db) => holds(db, 30)).pipe(
      Effect.provide(LocalDynamoDB.layer({ log: false }))
    ), 60_000)

  it.live("KMS", () => Effect.flatMap(Kms.Kms, (kms) => holds(kms, 12)).pipe(Effect.provide(LocalKms.layer())), 60_000)
})
