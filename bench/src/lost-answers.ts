/**
 * What a program is told when answers are lost: 500 increments and 500 conditional puts of fresh keys, by the plain AWS SDK with its own
 * retries and by Armature with `idempotent: true`, each against a server on loopback of its own that loses a tenth of the requests and a
 * fifth of the answers, and has some of what it lost take effect late. Both meet the same seed.
 *
 *     npx tsx bench/src/lost-answers.ts [--seed N] [--writes N] [--json FILE]
 */
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as DynamoDBEngine from "@armature/local/DynamoDBEngine"
import * as Endpoint from "@armature/local/Endpoint"
import * as Sdk from "@aws-sdk/client-dynamodb"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Utils from "effect/Utils"
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"

const { values: flags } = parseArgs({
  options: {
    json: { type: "string" },
    seed: { type: "string", default: "1" },
    writes: { type: "string", default: "500" }
  }
})
const seed = Number(flags.seed)
const writes = Number(flags.writes)
const concurrency = 10
const latest = 400

const table: Sdk.CreateTableCommandInput = {
  TableName: "loss",
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
  BillingMode: "PAY_PER_REQUEST"
}
const lost = Wire.connectionFault({ phase: "sent", timeout: false, cause: undefined })

/** An engine whose writes are lost on one side or the other. */
const world = () => {
  const random = new Utils.PCGRandom(seed)
  const chance = new Utils.PCGRandom(seed)
  const engine = DynamoDBEngine.make({ now: Date.now, random: () => random.number() })
  engine.execute("CreateTable", table)
  const losses = { requests: 0, answers: 0, late: 0 }
  const send = (operation: string, input: unknown): Effect.Effect<unknown, Wire.WireFailure> =>
    Effect.suspend((): Effect.Effect<unknown, Wire.WireFailure> => {
      const reached = chance.number()
      if (reached < 0.1) {
        losses.requests++
        return Effect.fail(lost)
      }
      if (reached >= 0.3) return engine.execute(operation, input)
      losses.answers++
      if (chance.number() < 0.25) {
        losses.late++
        setTimeout(() => engine.execute(operation, input), chance.number() * latest)
      } else engine.execute(operation, input)
      return Effect.fail(lost)
    })
  const items = () => {
    const answer = engine.execute("Scan", { TableName: "loss" })
    return answer._tag === "Right" && Array.isArray(answer.right.Items)
      ? answer.right.Items as Array<DynamoDB.Item>
      : []
  }
  return { send, losses, items }
}

const increment = (mark: number) => ({
  TableName: "loss",
  Key: { id: { S: "counter" } },
  UpdateExpression: "ADD n :one, marks :mark",
  ExpressionAttributeValues: { ":one": { N: "1" }, ":mark": { SS: [String(mark)] } }
})
const creation = (id: number) => ({
  TableName: "loss",
  Item: { id: { S: String(id) } },
  ConditionExpression: "attribute_not_exists(id)"
})

/** What one write came to: `"ok"`, or the name of its failure. */
interface Contestant {
  readonly increment: (mark: number) => Effect.Effect<string>
  readonly create: (id: number) => Effect.Effect<string>
}

const credentials = { accessKeyId: "bench", secretAccessKey: "bench" }
const place = (endpoint: string) => ({ endpoint, region: "us-east-1" })

const sdk = (endpoint: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Sdk.DynamoDBClient({ ...place(endpoint), credentials })),
      (client) => Effect.sync(() => client.destroy())
    ),
    (client): Contestant => {
      const told = (send: () => Promise<unknown>) =>
        Effect.promise(() => send().then(() => "ok", (e: unknown) => e instanceof Error ? e.name : "unknown"))
      return {
        increment: (mark) => told(() => client.send(new Sdk.UpdateItemCommand(increment(mark)))),
        create: (id) => told(() => client.send(new Sdk.PutItemCommand(creation(id))))
      }
    }
  )

const armature = (endpoint: string) =>
  Effect.map(
    Effect.flatMap(
      DynamoDB.sdkTransport({
        ...place(endpoint),
        credentials: { ...credentials, secretAccessKey: Redacted.make(credentials.secretAccessKey) }
      }),
      (transport) => Effect.provideService(DynamoDB.make(), DynamoDB.DynamoDBTransport, transport)
    ),
    (db): Contestant => {
      const told = <E extends { readonly _tag: string }>(write: Effect.Effect<unknown, E>) =>
        Effect.match(write, { onFailure: (e) => e._tag, onSuccess: () => "ok" })
      return {
        increment: (mark) => told(db.updateItem(increment(mark), { idempotent: true })),
        create: (id) => told(db.putItem(creation(id), { idempotent: true }))
      }
    }
  )

const tally = (told: ReadonlyArray<string>) => {
  const counts: Record<string, number> = {}
  for (const one of told) counts[one] = (counts[one] ?? 0) + 1
  return counts
}

const numbers = Array.from({ length: writes }, (_, i) => i)

const measure = <E>(contestant: (endpoint: string) => Effect.Effect<Contestant, E, Scope.Scope>) =>
  Effect.gen(function*() {
    const counting = world()
    const counted = yield* Effect.scoped(
      Effect.flatMap(
        Endpoint.make({ dynamodb: counting }),
        ({ url }) => Effect.flatMap(contestant(url), (own) => Effect.forEach(numbers, own.increment, { concurrency }))
      )
    )
    const creating = world()
    const created = yield* Effect.scoped(
      Effect.flatMap(
        Endpoint.make({ dynamodb: creating }),
        ({ url }) => Effect.flatMap(contestant(url), (own) => Effect.forEach(numbers, own.create, { concurrency }))
      )
    )
    yield* Effect.sleep(latest + 100)
    const [counter] = counting.items()
    const marks = new Set(counter?.marks?.SS)
    const stored = new Set(creating.items().map((item) => item.id?.S))
    return {
      increments: {
        told: tally(counted),
        count: Number(counter?.n?.N),
        applied: marks.size,
        phantoms: Number(counter?.n?.N) - marks.size,
        acknowledgedButMissing: counted.filter((told, i) => told === "ok" && !marks.has(String(i))).length,
        losses: counting.losses
      },
      creations: {
        told: tally(created),
        // every key is fresh: a condition that fails has met the same write
        falseConditions: tally(created)["ConditionalCheckFailedException"] ?? 0,
        acknowledgedButMissing: created.filter((told, i) => told === "ok" && !stored.has(String(i))).length,
        losses: creating.losses
      }
    }
  })

const result = await Effect.runPromise(
  Effect.all({ sdk: measure(sdk), armature: measure(armature) }, { concurrency: 1 })
)
for (const [name, { creations, increments }] of Object.entries(result)) {
  console.log(`${name}`)
  console.log(`  increments: ${JSON.stringify(increments.told)}, lost ${JSON.stringify(increments.losses)}`)
  console.log(`    ${increments.applied} applied, counted ${increments.count}: ${increments.phantoms} phantoms`)
  console.log(`  creations:  ${JSON.stringify(creations.told)}, lost ${JSON.stringify(creations.losses)}`)
  console.log(`    ${creations.falseConditions} false ConditionalCheckFailedException`)
  console.log(`  acknowledged, but missing: ${increments.acknowledgedButMissing + creations.acknowledgedButMissing}`)
}
if (flags.json !== undefined) writeFileSync(flags.json, JSON.stringify({ seed, writes, ...result }, undefined, 2))
