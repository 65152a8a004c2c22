/**
 * Random sequences of operations over a transport that loses requests and answers, applies some late, and throttles. What the program was
 * told must be true of what stands. Each sequence has a seed, which is printed when it fails.
 */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import { describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Utils from "effect/Utils"
import { assert } from "vitest"
import { Counter, lossy, Register, table, World } from "./chaos.js"

/** One for each ten of the number that CI sets, which makes ten thousand. */
const sequences = Math.ceil(Number(process.env.ARMATURE_SEQUENCES ?? 20_000) / 10)
const operationsEach = 8

const anyTags = [
  "AccessDeniedException",
  "ConnectionException",
  "CredentialsException",
  "ServiceException",
  "ThrottlingException",
  "ProvisionedThroughputExceededException"
]
const readTags = new Set([...anyTags, "InvalidResponseException", "ServiceUnavailableException"])
const writeTags = new Set([...anyTags, "WriteOutcomeUnknownException"])
const conditionalTags = new Set([...writeTags, "ConditionalCheckFailedException"])
const transactTags = new Set([...writeTags, "TransactionCanceledException"])

const idempotentTags = new Set([
  ...writeTags,
  "ItemCollectionSizeLimitExceededException",
  "TransactionConflictException"
])
const tokenTags = new Set([...transactTags, "IdempotentParameterMismatchException"])
const batchTags = new Set([...writeTags, "UnprocessedException"])
const batchReadTags = new Set([...readTags, "UnprocessedException"])
const own = ["counter", "transact", "idempotent", "token", "statement", "statements"] as const
const statementsOf = (n: number) => Array.from({ length: n }, (_, i) => `batched${i}`)
const registers = ["register", "r0", "r1", "r2"]
const key = (id: string) => ({ id: { S: id } })
const numberOf = (item: unknown): number | undefined => {
  const n = typeof item === "object" && item !== null && "n" in item ? item.n : undefined
  return typeof n === "object" && n !== null && "N" in n ? Number(n.N) : undefined
}
const addOne = (id: string) => ({
  TableName: "chaos",
  Key: key(id),
  UpdateExpression: "ADD n :one",
  ExpressionAttributeValues: { ":one": { N: "1" } }
})
const addOneByStatement = (id: string) => `UPDATE "chaos" SET n = n + 1 WHERE id = '${id}'` as const

/** How often each failure was met. */
const met = new Map<string, number>()

const run = (seed: number, resend: "safe" | "never") => {
  const world = new World()
  const random = new Utils.PCGRandom(seed)
  const check = (condition: boolean, what: string) => {
    if (!condition) throw new Error(`seed ${seed}, resend ${resend}: ${what}`)
  }

  const program = Effect.gen(function*() {
    const { local, transport } = yield* LocalDynamoDB.make({ tables: [table], log: false })
    const db = yield* Effect.provideService(
      DynamoDB.make({ resend }),
      DynamoDB.DynamoDBTransport,
      lossy(transport, world, random)
    )
    const stands = (id: string) => {
      const answer = local.engine.execute("GetItem", { TableName: "chaos", Key: key(id) })
      return numberOf(Either.isRight(answer) ? answer.right.Item : undefined)
    }
    /** What a call came to; its tag is one of those declared. */
    const outcome = <A, E extends { readonly _tag: string }>(call: Effect.Effect<A, E>, tags: ReadonlySet<string>) =>
      Effect.map(Effect.either(call), (result) => {
        if (Either.isLeft(result)) {
          const { _tag } = result.left
          check(tags.has(_tag), `${_tag} is not declared`)
          met.set(_tag, (met.get(_tag) ?? 0) + 1)
        }
        return result
      })
    const told = <A, E extends { readonly _tag: string }>(call: Effect.Effect<A, E>, tags: ReadonlySet<string>) =>
      Effect.map(outcome(call, tags), (result) => Either.isRight(result) ? "ok" : result.left._tag)

    const holds = new Map(registers.map((id) => [id, new Register()]))
    const counters = new Map([...own, ...statementsOf(3)].map((id) => [id as string, new Counter()]))
    const register = (id: string) => holds.get(id) ?? new Register()
    const counter = (id: string) => counters.get(id) ?? new Counter()
    // an UPDATE statement makes no item
    for (const id of ["statement", "statements", ...statementsOf(3)]) {
      local.engine.execute("PutItem", { TableName: "chaos", Item: { ...key(id), n: { N: "0" } } })
    }
    const counted = <A, E extends { readonly _tag: string }>(
      id: string,
      call: Effect.Effect<A, E>,
      tags: ReadonlySet<string>
    ) =>
      Effect.map(told(call, tags), (tag) => {
        if (tag === "ok") counter(id).acknowledged()
        if (tag === "WriteOutcomeUnknownException") counter(id).unknown()
        return tag
      })
    const created = { acknowledged: 0, unknown: 0 }
    let value = 0
    /** Whether a write that began then may have been sent again, and its first request not have come to its end. */
    const repeated = (began: number) => resend === "safe" && world.now - began > 5

    for (let i = 0; i < operationsEach; i++) {
      const began = world.now
      switch (random.integer(13)) {
        case 0: {
          const n = ++value
          const tag = yield* told(
            db.putItem({ TableName: "chaos", Item: { ...key("register"), n: { N: String(n) } } }),
            writeTags
          )
          if (tag === "ok") register("register").acknowledged(n, repeated(began))
          else if (tag === "WriteOutcomeUnknownException") register("register").unknown(n)
          break
        }
        case 1: {
          const tag = yield* told(db.deleteItem({ TableName: "chaos", Key: key("register") }), writeTags)
          if (tag === "ok") register("register").acknowledged(undefined, repeated(began))
          else if (tag === "WriteOutcomeUnknownException") register("register").unknown(undefined)
          break
        }
        case 2:
          yield* counted("counter", db.updateItem(addOne("counter")), writeTags)
          break
        case 3:
          yield* counted(
            "transact",
            db.transactWriteItems({ TransactItems: [{ Update: addOne("transact") }] }),
            transactTags
          )
          break
        case 4: {
          const put = { TableName: "chaos", Item: { ...key("fresh"), n: { N: String(i) } } }
          const tag = yield* told(
            db.putItem({ ...put, ConditionExpression: "attribute_not_exists(id)" }),
            conditionalTags
          )
          if (tag === "ConditionalCheckFailedException") {
            check(created.acknowledged + created.unknown > 0, "a false ConditionalCheckFailedException")
          }
          if (tag === "ok") {
            check(created.acknowledged === 0, "a fresh item created twice")
            created.acknowledged++
          }
          if (tag === "WriteOutcomeUnknownException") created.unknown++
          break
        }
        case 5:
          yield* told(db.getItem({ TableName: "chaos", Key: key("register") }), readTags)
          break
        case 6: {
          const writes = registers.map((id) => ({ id, n: random.integer(4) === 0 ? undefined : ++value }))
          const chaos = writes.map(({ id, n }) =>
            n === undefined
              ? { DeleteRequest: { Key: key(id) } }
              : { PutRequest: { Item: { ...key(id), n: { N: String(n) } } } }
          )
          const result = yield* outcome(
            db.batchWriteItem({ RequestItems: { chaos } }, { keys: { chaos: ["id"] } }),
            batchTags
          )
          const failure = Either.isLeft(result) ? result.left : undefined
          if (failure === undefined || failure._tag === "UnprocessedException") {
            const asked = chaos.map((one) => JSON.stringify(one))
            const left = (failure?.unprocessed["chaos"] ?? []).map((one) => JSON.stringify(one))
            const unsure = (failure?.unknown["chaos"] ?? []).map((one) => JSON.stringify(one))
            const both = new Set([...left, ...unsure])
            check(both.size === left.length + unsure.length, "a write is left over twice")
            check([...both].every((one) => asked.includes(one)), "what is left over was not asked for")
            check(failure === undefined || both.size > 0, "nothing is left over of a batch that failed")
            writes.forEach(({ id, n }, at) => {
              const one = asked[at] ?? ""
              if (unsure.includes(one)) register(id).unknown(n)
              else if (!left.includes(one)) register(id).acknowledged(n, repeated(began))
            })
          } else if (failure._tag === "WriteOutcomeUnknownException") {
            for (const { id, n } of writes) register(id).unknown(n)
          }
          break
        }
        case 7: {
          const ids = [...registers].reverse()
          const result = yield* outcome(
            db.batchGetItem({ RequestItems: { chaos: { Keys: ids.map(key), ConsistentRead: true } } }),
            batchReadTags
          )
          const failure = Either.isLeft(result) ? result.left : undefined
          if (failure !== undefined && failure._tag !== "UnprocessedException") break
          const items = (Either.isRight(result) ? result.right.items : failure?.items)?.["chaos"] ?? []
          const left = (failure?.unprocessed["chaos"]?.Keys ?? []).map(({ id }) => id?.S)
          check(failure === undefined || left.length > 0, "nothing is left over of a batch that failed")
          check(items.length === ids.length, "an answer for each key")
          ids.forEach((id, at) => {
            const item = items[at] ?? Option.none()
            if (left.includes(id)) check(Option.isNone(item), "what was read is left over")
            else check(register(id).mayHaveHeld(numberOf(Option.getOrUndefined(item))), `${id} was never that`)
            check(Option.isNone(item) || item.value["id"]?.S === id, "the items are not in the order of the keys")
          })
          break
        }
        case 8:
          yield* counted(
            "statement",
            db.executeStatement({ Statement: addOneByStatement("statement") }),
            conditionalTags
          )
          break
        case 9: {
          const ids = statementsOf(3)
          const result = yield* outcome(
            db.batchExecuteStatement({ Statements: ids.map((id) => ({ Statement: addOneByStatement(id) })) }),
            writeTags
          )
          if (Either.isRight(result)) {
            const { Responses } = result.right
            check(Responses.length === ids.length, "an answer for each statement")
            ids.forEach((id, at) => {
              const one = Responses[at]
              if (one === undefined) return
              if (Either.isRight(one)) counter(id).acknowledged()
              else if (one.left.outcome === "unknown") counter(id).unknown()
            })
          } else if (result.left._tag === "WriteOutcomeUnknownException") {
            for (const id of ids) counter(id).unknown()
          }
          break
        }
        case 10:
          yield* counted(
            "statements",
            db.executeTransaction({ TransactStatements: [{ Statement: addOneByStatement("statements") }] }),
            transactTags
          )
          break
        case 11:
          yield* counted("idempotent", db.updateItem(addOne("idempotent"), { idempotent: true }), idempotentTags)
          break
        case 12: {
          // the same transaction twice is one
          const twice = {
            TransactItems: [{ Update: addOne("token") }],
            ClientRequestToken: `${seed}-${i}`
          }
          const tags = [
            yield* told(db.transactWriteItems(twice), tokenTags),
            yield* told(db.transactWriteItems(twice), tokenTags)
          ]
          if (tags.includes("ok")) counter("token").acknowledged()
          else if (tags.includes("WriteOutcomeUnknownException")) counter("token").unknown()
          break
        }
      }
    }
    world.pass(world.now + 60_000)
    for (const [id, one] of holds) check(one.mayHold(stands(id)), `${id} holds ${stands(id)}`)
    for (const [id, one] of counters) check(one.mayHold(stands(id) ?? 0), `${id}: ${stands(id)} of ${one}`)
    if (created.acknowledged > 0) check(stands("fresh") !== undefined, "an acknowledged item is missing")
  })

  const exit = Effect.runSyncExit(
    program.pipe(Effect.scoped, Effect.withClock(world.clock), Effect.withRandom(Random.make(seed)))
  )
  if (Exit.isFailure(exit)) assert.fail(`seed ${seed}, resend ${resend}: ${Cause.pretty(exit.cause)}`)
}

describe("chaos", () => {
  for (const resend of ["safe", "never"] as const) {
    it(`${sequences / 2} random sequences with resend: ${resend}`, async () => {
      for (let seed = 1; seed <= sequences / 2; seed++) {
        run(seed, resend)
        // lets the test runner hear of us
        if (seed % 500 === 0) await new Promise(setImmediate)
      }
    }, 600_000)
  }

  it("met every failure that is declared", () => {
    const declared = [readTags, conditionalTags, idempotentTags, tokenTags, batchTags].flatMap((tags) => [...tags])
    // a conflict every time, and a token that is used for something else
    const rare = ["TransactionConflictException", "IdempotentParameterMismatchException"]
    assert.deepStrictEqual([...new Set(declared)].filter((tag) => !met.has(tag) && !rare.includes(tag)), [])
  })
})
