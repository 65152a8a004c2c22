/**
 * Random sequences of operations over a transport that loses requests and answers, applies some late, and throttles. What the program was
 * told must be true of what stands. Each sequence has a seed, which is printed when it fails.
 */
import type { Transport } from "@armature/aws/Transport"
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import { describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import * as Utils from "effect/Utils"
import { assert } from "vitest"

/** One for each five of the number that CI sets, which makes twenty thousand. */
const sequences = Math.ceil(Number(process.env.ARMATURE_SEQUENCES ?? 20_000) / 5)
const operationsEach = 6

/** Time that passes when somebody waits for it: what was due meanwhile is done first, in order. */
class World {
  now = 0
  private due: Array<{ readonly at: number; readonly run: () => void }> = []
  later(at: number, run: () => void) {
    this.due.push({ at, run })
  }
  pass(to: number) {
    for (;;) {
      const next = this.due.filter((one) => one.at <= to).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.due.splice(this.due.indexOf(next), 1)
      this.now = next.at
      next.run()
    }
    this.now = Math.max(this.now, to)
  }
  readonly clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => this.now,
    unsafeCurrentTimeNanos: () => BigInt(Math.round(this.now * 1e6)),
    currentTimeMillis: Effect.sync(() => this.now),
    currentTimeNanos: Effect.sync(() => BigInt(Math.round(this.now * 1e6))),
    sleep: (duration) => Effect.sync(() => this.pass(this.now + Duration.toMillis(duration)))
  }
}

const table = {
  TableName: "chaos",
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" as const }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" as const }],
  BillingMode: "PAY_PER_REQUEST" as const
}

const failures: ReadonlyArray<Wire.WireFailure> = [
  Wire.connectionFault({ phase: "sent", timeout: false, cause: { code: "ECONNRESET" } }),
  Wire.connectionFault({ phase: "sent", timeout: true, cause: undefined }),
  Wire.connectionFault({ phase: "body", timeout: false, cause: { code: "ECONNRESET" } }),
  Wire.malformedFault({ statusCode: 200, cause: new SyntaxError("cut") }),
  Wire.serviceFault({ code: "InternalServerError", statusCode: 500, message: "" }),
  Wire.serviceFault({ code: undefined, statusCode: 503, message: "" })
]
const refusals: ReadonlyArray<Wire.WireFailure> = [
  Wire.connectionFault({ phase: "connect", timeout: false, cause: { code: "ECONNREFUSED" } }),
  Wire.connectionFault({ phase: "connect", timeout: true, cause: undefined }),
  Wire.serviceFault({ code: "ThrottlingException", statusCode: 400, message: "" }),
  Wire.serviceFault({ code: "ProvisionedThroughputExceededException", statusCode: 400, message: "" }),
  Wire.serviceFault({ code: "AccessDeniedException", statusCode: 400, message: "" }),
  Wire.serviceFault({ code: "ExpiredTokenException", statusCode: 400, message: "" }),
  Wire.serviceFault({ code: "NobodyKnows", statusCode: 400, message: "" }),
  Wire.credentialsFault(undefined)
]

/** Loses a fifth of what passes, on either side, and refuses some. */
const lossy = (
  inner: Transport<DynamoDB.Operations>,
  world: World,
  random: Utils.PCGRandom
): Transport<DynamoDB.Operations> => {
  const pick = (list: ReadonlyArray<Wire.WireFailure>) => Effect.fail(list[random.integer(list.length)] ?? list[0]!)
  return {
    info: inner.info,
    send: (operation, input) =>
      Effect.suspend(() => {
        world.pass(world.now + 5)
        const run = inner.send(operation, input)
        const fate = random.integer(100)
        if (fate < 60) return run
        if (fate < 72) return pick(refusals)
        if (fate < 82) return pick(failures)
        if (fate < 94) return Effect.zipRight(Effect.either(run), pick(failures))
        world.later(world.now + random.integer(20_000), () =>
          void Effect.runSync(Effect.withClock(Effect.either(run), world.clock)))
        return pick(failures)
      })
  }
}

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

const run = (seed: number, resend: "safe" | "never") => {
  const world = new World()
  const random = new Utils.PCGRandom(seed)
  const key = (id: string) => ({ id: { S: id } })
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
    const stands = (id: string) =>
      Effect.sync(() => {
        const answer = local.engine.execute("GetItem", { TableName: "chaos", Key: key(id) })
        const item = Either.isRight(answer) ? answer.right.Item : undefined
        const n = typeof item === "object" && item !== null && "n" in item ? item.n : undefined
        return typeof n === "object" && n !== null && "N" in n ? Number(n.N) : undefined
      })
    /** What a call came to; its tag is one of those declared. */
    const told = <A>(call: Effect.Effect<A, { readonly _tag: string }>, tags: ReadonlySet<string>) =>
      Effect.map(Effect.either(call), (result) => {
        if (Either.isRight(result)) return "ok"
        check(tags.has(result.left._tag), `${result.left._tag} is not declared`)
        return result.left._tag
      })

    // a register: which values it may hold in the end
    let may: Set<number | undefined> = new Set([undefined])
    const floating = new Set<number | undefined>()
    let value = 0
    // counters: how many were acknowledged, and how many may have been applied
    const counts = { update: { acknowledged: 0, unknown: 0 }, transact: { acknowledged: 0, unknown: 0 } }
    const created = { acknowledged: 0, unknown: 0 }

    for (let i = 0; i < operationsEach; i++) {
      switch (random.integer(6)) {
        case 0: {
          const n = ++value
          const before = world.now
          const tag = yield* told(
            db.putItem({ TableName: "chaos", Item: { ...key("register"), n: { N: String(n) } } }),
            writeTags
          )
          const repeated = world.now - before > 5
          if (tag === "ok") {
            may = new Set([n])
            // a resend of a last-writer-wins write may land once more, later
            if (resend === "safe" && repeated) floating.add(n)
          } else if (tag === "WriteOutcomeUnknownException") floating.add(n)
          break
        }
        case 1: {
          const before = world.now
          const tag = yield* told(db.deleteItem({ TableName: "chaos", Key: key("register") }), writeTags)
          if (tag === "ok") {
            may = new Set([undefined])
            if (resend === "safe" && world.now - before > 5) floating.add(undefined)
          } else if (tag === "WriteOutcomeUnknownException") floating.add(undefined)
          break
        }
        case 2: {
          const add = { UpdateExpression: "ADD n :one", ExpressionAttributeValues: { ":one": { N: "1" } } }
          const tag = yield* told(db.updateItem({ TableName: "chaos", Key: key("counter"), ...add }), writeTags)
          if (tag === "ok") counts.update.acknowledged++
          if (tag === "WriteOutcomeUnknownException") counts.update.unknown++
          break
        }
        case 3: {
          const Update = {
            TableName: "chaos",
            Key: key("transact"),
            UpdateExpression: "ADD n :one",
            ExpressionAttributeValues: { ":one": { N: "1" } }
          }
          const tag = yield* told(db.transactWriteItems({ TransactItems: [{ Update }] }), transactTags)
          if (tag === "ok") counts.transact.acknowledged++
          if (tag === "WriteOutcomeUnknownException") counts.transact.unknown++
          break
        }
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
      }
    }
    world.pass(world.now + 60_000)
    const register = yield* stands("register")
    check(may.has(register) || floating.has(register), `the register holds ${register}`)
    for (
      const [id, { acknowledged, unknown }] of [["counter", counts.update], ["transact", counts.transact]] as const
    ) {
      const n = (yield* stands(id)) ?? 0
      check(
        n >= acknowledged && n <= acknowledged + unknown,
        `${id}: ${n} of ${acknowledged} acknowledged, ${unknown} unknown`
      )
    }
    if (created.acknowledged > 0) check((yield* stands("fresh")) !== undefined, "an acknowledged item is missing")
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
})
