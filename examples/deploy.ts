/**
 * A table from one declaration: its definition, its creation, and the check of the live one. For `docs/tables-and-deploys.md`.
 *
 *     npm run example -- examples/deploy.ts
 */
import { DynamoDB } from "@armature/dynamodb"
import { LocalDynamoDB } from "@armature/local"
import { Table } from "@armature/model"
import { Config, ConfigProvider, Console, Effect, Schedule } from "effect"

/** What the program needs. Each stage has a table of its own name; `logicalName` stays. */
const App = Table.make(Config.string("APP_TABLE"), {
  logicalName: "app",
  key: ["pk", "sk"],
  indexes: {
    gsi1: ["g1pk", "g1sk"],
    byAge: { key: ["pk", "age"], local: true, projection: "KEYS_ONLY" }
  },
  keyTypes: { age: "N" },
  timeToLive: "expiresAt"
})

/** For CDK, CloudFormation or Terraform: the input of `CreateTable`. */
const definition = Table.definition(App, "app-production")

/** May be run at each deploy. On a table of another shape it changes nothing and fails. */
const deploy = Table.create(App)

/** At the start of the program: fails before it serves, and says what is missing. */
const check = Table.verify(App).pipe(
  Effect.catchTag("TableMismatchException", (e) => Effect.fail(`fix the table first: ${e.message}`))
)

/** Without the model, in wire shapes. */
const raw = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  yield* db.createTable({
    TableName: "events",
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST"
  }).pipe(Effect.catchTag("ResourceInUseException", () => Effect.void))
  yield* db.waitUntilTableExists({ TableName: "events" }, {
    schedule: Schedule.spaced("1 second").pipe(Schedule.upTo("2 minutes"))
  })
  yield* db.updateTimeToLive({
    TableName: "events",
    TimeToLiveSpecification: { Enabled: true, AttributeName: "expiresAt" }
  })
})

const program = Effect.gen(function*() {
  yield* Console.log(`defined: ${definition.KeySchema?.map((key) => key.AttributeName).join(", ")}`)
  yield* deploy
  yield* deploy
  yield* check
  yield* Console.log("deployed twice, checked")

  // somebody made "old" by hand
  const db = yield* DynamoDB.DynamoDB
  yield* db.createTable({
    TableName: "old",
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST"
  })
  yield* check.pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["APP_TABLE", "old"]]))),
    Effect.catchAll((e) => Console.log(typeof e === "string" ? e : e.message))
  )

  yield* raw
  yield* Console.log(yield* db.ping.pipe(Effect.as("DynamoDB answers")))
})

await Effect.runPromise(program.pipe(
  Effect.provide(LocalDynamoDB.layer()),
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["APP_TABLE", "app-test"]])))
))
