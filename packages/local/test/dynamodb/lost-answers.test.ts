/**
 * Writes over a transport that loses a tenth of the requests and a fifth of the answers, and has some of what it lost take effect late.
 * Each update leaves its own mark beside the count, so that it can be seen which were applied, and which were applied twice.
 */
import type { Transport } from "@armature/aws/Transport"
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import { describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as TestClock from "effect/TestClock"
import * as Utils from "effect/Utils"
import { assert } from "vitest"

const table = {
  TableName: "loss",
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" as const }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" as const }],
  BillingMode: "PAY_PER_REQUEST" as const
}

const lost = Wire.connectionFault({ phase: "sent", timeout: false, cause: { code: "ECONNRESET" } })

/** What was lost. */
interface Losses {
  requests: number
  answers: number
  late: number
}

const lossy = (inner: Transport<DynamoDB.Operations>, random: Utils.PCGRandom, losses: Losses) =>
  Effect.map(Effect.scope, (scope): Transport<DynamoDB.Operations> => ({
    info: inner.info,
    send: (operation, input) =>
      Effect.suspend(() => {
        const taken = Effect.either(inner.send(operation, input))
        const chance = operation === "GetItem" || operation === "Scan" ? 1 : random.number()
        if (chance < 0.1) {
          losses.requests++
          return Effect.fail(lost)
        }
        if (chance >= 0.3) return inner.send(operation, input)
        losses.answers++
        if (random.number() >= 0.25) return Effect.zipRight(taken, Effect.fail(lost))
        losses.late++
        return taken.pipe(
          Effect.delay(Duration.millis(random.number() * 60_000)),
          Effect.forkIn(scope),
          Effect.zipRight(Effect.fail(lost))
        )
      })
  }))

/** Runs a program over a lossy service, until the last late request has arrived. */
const under = <A>(seed: number, program: (losses: Losses) => Effect.Effect<A, never, DynamoDB.DynamoDB>) => {
  const losses: Losses = { requests: 0, answers: 0, late: 0 }
  const transport = Layer.scopedContext(
    Effect.flatMap(
      LocalDynamoDB.make({ tables: [table], log: false }),
      ({ transport }) =>
        Effect.map(
          lossy(transport, new Utils.PCGRandom(seed), losses),
          (transport) => Context.make(DynamoDB.DynamoDBTransport, transport)
        )
    )
  )
  return Effect.gen(function*() {
    const fiber = yield* Effect.fork(program(losses))
    yield* TestClock.adjust("10 minutes")
    const result = yield* Fiber.join(fiber)
    assert.isAbove(losses.late, 0)
    const db = yield* DynamoDB.DynamoDB
    const { Items = [] } = yield* Effect.orDie(db.scan({ TableName: "loss" }))
    return { result, losses, items: Items }
  }).pipe(Effect.provide(DynamoDB.layerTransport.pipe(Layer.provide(transport))), Effect.withRandom(Random.make(seed)))
}

const calls = Array.from({ length: 500 }, (_, i) => String(i))
const concurrently = { concurrency: 50 }
const tag = <E extends { readonly _tag: string }, R>(write: Effect.Effect<unknown, E, R>) =>
  Effect.match(write, { onFailure: (e) => e._tag, onSuccess: () => "acknowledged" as const })

const increments = (options: { readonly idempotent: boolean }) =>
  Effect.flatMap(DynamoDB.DynamoDB, (db) =>
    Effect.forEach(calls, (mark) => {
      const input = {
        TableName: "loss",
        Key: { id: { S: "counter" } },
        UpdateExpression: "ADD n :one, marks :mark",
        ExpressionAttributeValues: { ":one": { N: "1" }, ":mark": { SS: [mark] } }
      }
      return tag(options.idempotent ? db.updateItem(input, { idempotent: true }) : db.updateItem(input))
    }, concurrently))

const creations = (options: { readonly idempotent: boolean }) =>
  Effect.flatMap(DynamoDB.DynamoDB, (db) =>
    Effect.forEach(calls, (id) => {
      const input = { TableName: "loss", Item: { id: { S: id } }, ConditionExpression: "attribute_not_exists(id)" }
      return tag(options.idempotent ? db.putItem(input, { idempotent: true }) : db.putItem(input))
    }, concurrently))

const tally = (tags: ReadonlyArray<string>) => {
  const counts: Record<string, number> = {}
  for (const tag of tags) counts[tag] = (counts[tag] ?? 0) + 1
  return counts
}

const counterOf = (items: ReadonlyArray<DynamoDB.Item>) => ({
  n: Number(items[0]?.n?.N),
  marks: new Set(items[0]?.marks?.SS)
})

for (const seed of [1, 2]) {
  describe(`lost answers, seed ${seed}`, () => {
    it.effect(
      "idempotent increments: each that was acknowledged is counted once, and there is no phantom",
      () =>
        Effect.gen(function*() {
          const { items, losses, result } = yield* under(seed, () => increments({ idempotent: true }))
          const { marks, n } = counterOf(items)
          assert.isAbove(losses.requests + losses.answers, 150)
          assert.strictEqual(n, marks.size)
          for (const [i, outcome] of result.entries()) if (outcome === "acknowledged") assert.include(marks, String(i))
          const { acknowledged = 0, WriteOutcomeUnknownException = 0, ...others } = tally(result)
          assert.deepStrictEqual(others, {})
          // the rest ended with the retry budget, and is unknown
          assert.isAbove(acknowledged, 380)
          assert.isAtMost(n, acknowledged + WriteOutcomeUnknownException)
        }),
      60_000
    )

    it.effect("without idempotent each lost one is unknown, and none is counted twice", () =>
      Effect.gen(function*() {
        const { items, losses, result } = yield* under(seed, () => increments({ idempotent: false }))
        const { marks, n } = counterOf(items)
        assert.strictEqual(n, marks.size)
        for (const [i, outcome] of result.entries()) if (outcome === "acknowledged") assert.include(marks, String(i))
        assert.deepStrictEqual(tally(result), {
          acknowledged: 500 - losses.requests - losses.answers,
          WriteOutcomeUnknownException: losses.requests + losses.answers
        })
      }), 60_000)

    it.effect("conditional puts of fresh keys: no condition is said to have failed", () =>
      Effect.gen(function*() {
        for (const idempotent of [true, false]) {
          const { items, result } = yield* under(seed, () => creations({ idempotent }))
          const stored = new Set(items.map((item) => item.id?.S))
          for (const [i, outcome] of result.entries()) if (outcome === "acknowledged") assert.include(stored, String(i))
          const { acknowledged = 0, WriteOutcomeUnknownException: _unknown, ...others } = tally(result)
          assert.deepStrictEqual(others, {})
          assert.isAbove(acknowledged, idempotent ? 380 : 300)
        }
      }), 60_000)

    it.effect("two workers that put one and the same lock: never two winners", () =>
      Effect.gen(function*() {
        for (const idempotent of [true, false]) {
          const { items, result } = yield* under(seed, () =>
            Effect.zip(creations({ idempotent }), creations({ idempotent }), { concurrent: true }))
          const stored = new Set(items.map((item) =>
            item.id?.S
          ))
          const [one, other] = result
          let won = 0
          for (const [i, outcome] of one.entries()) {
            const winners = [outcome, other[i]].filter((each) => each === "acknowledged").length
            assert.isAtMost(winners, 1)
            won += winners
            // who is told that somebody else holds it is told the truth
            if (winners === 1 || outcome === "ConditionalCheckFailedException") assert.include(stored, String(i))
          }
          assert.isAbove(won, 250)
        }
      }), 60_000)
  })
}
