/**
 * A small bank, and what can go wrong at one. Each step does something that fails, and handles that failure by its tag.
 *
 *     npm run demo                                  everything in process
 *     npm run demo -- --endpoint http://host:port   against any DynamoDB endpoint, with your own region and credentials
 *     npm run demo -- --json                        one JSON object a line
 */
import { type AwsException, AwsRetry, WireFailure } from "@armature/aws"
import { AttributeValue, DynamoDB, Item } from "@armature/dynamodb"
import { Faults, LocalDynamoDB } from "@armature/local"
import { Console, Context, Duration, Effect, Layer, Option, Redacted, Schedule } from "effect"
import { createServer } from "node:net"
import { devNull } from "node:os"
import { parseArgs } from "node:util"
import { accounts, users } from "./tables.js"

const { values: flags } = parseArgs({ options: { endpoint: { type: "string" }, json: { type: "boolean" } } })

/** What a step met, and what it did about it. */
interface Met {
  readonly tag: string
  readonly did: string
}

const met = (failure: AwsException.AwsException, did: string): Effect.Effect<Met> =>
  Effect.succeed({ tag: failure._tag, did })

class Fault extends Context.Tag("Fault")<Fault, Faults.Faults<DynamoDB.Operations>>() {}

const text = (item: DynamoDB.Item, attribute: string): string => {
  const value = item[attribute]
  return value?.S ?? value?.N ?? "nothing"
}

const account = (id: string, balance: number, version = 1) => ({
  id: { S: id },
  balance: { N: String(balance) },
  version: { N: String(version) }
})

const open = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  for (const table of [users, accounts]) {
    yield* db.createTable(table).pipe(Effect.catchTag("ResourceInUseException", () => Effect.void))
    yield* db.describeTable({ TableName: table.TableName }).pipe(
      Effect.repeat({ until: ({ Table }) => Table?.TableStatus === "ACTIVE", schedule: Schedule.spaced("250 millis") })
    )
  }
  yield* db.putItem({ TableName: users.TableName, Item: { id: { S: "ada" }, name: { S: "Ada Lovelace" } } })
  yield* db.putItem({ TableName: accounts.TableName, Item: account("ada", 100) })
  yield* db.putItem({ TableName: accounts.TableName, Item: account("bob", 20) })
  const { Item } = yield* db.getItem({ TableName: users.TableName, Key: { id: { S: "ada" } } })
  return Item === undefined ? "nobody" : text(Item, "name")
})

const close = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  yield* Effect.forEach([users, accounts], ({ TableName }) => db.deleteTable({ TableName }))
})

const missingTable = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  return yield* Effect.as(db.getItem({ TableName: "armature-demo-loans", Key: { id: { S: "1" } } }), undefined)
}).pipe(Effect.catchTag("ResourceNotFoundException", (e) => met(e, "went on without loans")))

const tableExists = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  return yield* Effect.as(db.createTable(users), undefined)
}).pipe(Effect.catchTag("ResourceInUseException", (e) => met(e, `kept the table "${e.resource}" that stands`)))

const invalidKey = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  return yield* Effect.as(db.getItem({ TableName: users.TableName, Key: { name: { S: "Ada" } } }), undefined)
}).pipe(Effect.catchTag("ValidationException", (e) => met(e, "refused the request, sent once and not retried")))

const someoneWasFirst = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  return yield* Effect.as(
    db.putItem({
      TableName: users.TableName,
      Item: { id: { S: "ada" }, name: { S: "Ada Byron" } },
      ConditionExpression: "attribute_not_exists(id)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD"
    }),
    undefined
  )
}).pipe(
  Effect.catchTag(
    "ConditionalCheckFailedException",
    (e) =>
      met(
        e,
        Option.match(e.item, {
          onNone: () => "found nobody",
          onSome: (item) => `greeted ${text(item, "name")}, who stands there`
        })
      )
  )
)

/** Adds to a balance if nobody changed the account since `version` was read. */
const deposit = (amount: number, version: string) =>
  Effect.flatMap(DynamoDB.DynamoDB, (db) =>
    db.updateItem({
      TableName: accounts.TableName,
      Key: { id: { S: "ada" } },
      UpdateExpression: "SET balance = balance + :amount, version = version + :one",
      ConditionExpression: "version = :version",
      ExpressionAttributeValues: { ":amount": { N: String(amount) }, ":one": { N: "1" }, ":version": { N: version } },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD"
    }))

const versionConflict = Effect.as(deposit(5, "0"), undefined).pipe(
  Effect.catchTag("ConditionalCheckFailedException", (e) => {
    const current = Option.match(e.item, { onNone: () => "0", onSome: (item) => text(item, "version") })
    return Effect.zipRight(deposit(5, current), met(e, `deposited again, on version ${current}`))
  })
)

const canceledTransaction = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  const move = (id: string, amount: number) => ({
    Update: {
      TableName: accounts.TableName,
      Key: { id: { S: id } },
      UpdateExpression: "SET balance = balance + :amount",
      ConditionExpression: "balance >= :least",
      ExpressionAttributeValues: { ":amount": { N: String(amount) }, ":least": { N: String(Math.max(0, -amount)) } }
    }
  })
  return yield* Effect.as(db.transactWriteItems({ TransactItems: [move("ada", 500), move("bob", -500)] }), undefined)
}).pipe(
  Effect.catchTag(
    "TransactionCanceledException",
    (e) => met(e, `moved no money; ada: ${e.reasons[0]?.code}, bob: ${e.reasons[1]?.code}`)
  )
)

const throttled = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  const fault = yield* Fault
  const waits: Array<string> = []
  const seen: Array<AwsException.AwsException> = []
  const policy: AwsRetry.Policy = Schedule.exponential("20 millis").pipe(
    Schedule.tapOutput((wait) => Effect.sync(() => void waits.push(Duration.format(wait)))),
    Schedule.tapInput((e: AwsException.AwsException) => Effect.sync(() => void seen.push(e))),
    Schedule.intersect(Schedule.recurs(5))
  )
  yield* db.getItem({ TableName: users.TableName, Key: { id: { S: "ada" } } }).pipe(
    AwsRetry.withPolicy(policy),
    fault.run([{
      operation: "GetItem",
      times: 3,
      failure: WireFailure.serviceFault({
        code: "ProvisionedThroughputExceededException",
        message: "",
        statusCode: 400
      })
    }])
  )
  const [first] = seen
  return first === undefined ? undefined : yield* met(first, `read the item after waits of ${waits.join(", ")}`)
})

const nobodyListens = Effect.gen(function*() {
  const port = yield* closedPort
  const elsewhere = DynamoDB.layer({
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: "demo", secretAccessKey: Redacted.make("demo") }
  })
  return yield* Effect.flatMap(DynamoDB.DynamoDB, (db) => Effect.as(db.ping, undefined)).pipe(
    Effect.catchTag(
      "ConnectionException",
      (e) => met(e, `gave up after ${e.attempts} attempts: ${e.reason.toLowerCase()}`)
    ),
    Effect.provide(elsewhere)
  )
})

/** A port on which, a moment ago, something listened. */
const closedPort = Effect.async<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** An environment in which the SDK's chain finds nothing, for as long as an effect runs. */
const emptyChain = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const before = { ...process.env }
      for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name]
      Object.assign(process.env, {
        AWS_CONFIG_FILE: devNull,
        AWS_SHARED_CREDENTIALS_FILE: devNull,
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true"
      })
      return before
    }),
    () => effect,
    (before) =>
      Effect.sync(() => {
        for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
        Object.assign(process.env, before)
      })
  )

const noCredentials = Effect.flatMap(DynamoDB.DynamoDB, (db) => Effect.as(db.ping, undefined)).pipe(
  Effect.catchTag(
    "CredentialsException",
    (e) => met(e, `asked for a login: credentials are ${e.reason.toLowerCase()}`)
  ),
  Effect.provide(DynamoDB.layer({ region: "us-east-1" })),
  emptyChain
)

const accessDenied = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  const fault = yield* Fault
  return yield* Effect.as(db.scan({ TableName: accounts.TableName }), undefined).pipe(
    fault.run([{
      operation: "Scan",
      failure: WireFailure.serviceFault({ code: "AccessDeniedException", message: "", statusCode: 400 })
    }])
  )
}).pipe(Effect.catchTag("AccessDeniedException", (e) => met(e, `asked the administrator for dynamodb:${e.operation}`)))

const notSerializable = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  const item = yield* AttributeValue.encodeItem({ id: "eve", limits: [100, 0 / 0] })
  return yield* Effect.as(db.putItem({ TableName: accounts.TableName, Item: item }), undefined)
}).pipe(Effect.catchTag("SerializationException", (e) => met(e, `sent nothing; look at ${e.path.join(".")}`)))

const tooLarge = Effect.gen(function*() {
  const db = yield* DynamoDB.DynamoDB
  const item = yield* AttributeValue.encodeItem({ id: "ada", name: "Ada", portrait: new Uint8Array(500_000) })
  yield* Item.checkSize(item)
  return yield* Effect.as(db.putItem({ TableName: users.TableName, Item: item }), undefined)
}).pipe(
  Effect.catchTag(
    "ItemTooLargeException",
    (e) => met(e, `sent nothing; ${e.size} of ${e.maxSize} bytes, mostly ${e.largest[0]?.attribute}`)
  )
)

/** Tries one step. Whatever it did not handle by tag is a failure of this program: the catch-all names it. */
const step = <E extends { readonly _tag: string; readonly message: string }, R>(
  tried: string,
  effect: Effect.Effect<Met | undefined, E, R>
): Effect.Effect<
  { readonly tried: string; readonly tag: string; readonly handled: boolean; readonly did: string },
  never,
  R
> =>
  effect.pipe(
    Effect.map((result) =>
      result === undefined
        ? { tried, tag: "none", handled: false, did: "met no failure" }
        : { tried, tag: result.tag, handled: true, did: result.did }
    ),
    Effect.catchAll((e) => Effect.succeed({ tried, tag: e._tag, handled: false, did: `not handled: ${e.message}` }))
  )

const steps = [
  step("read from a table that is not there", missingTable),
  step("create a table that exists", tableExists),
  step("read by an attribute that is no key", invalidKey),
  step("register a name that is taken", someoneWasFirst),
  step("deposit on an old version", versionConflict),
  step("move 500 from an account that has 20", canceledTransaction),
  step("read faster than the table allows", throttled),
  step("call a port where nothing listens", nobodyListens),
  step("call without credentials", noCredentials),
  step("read what is not permitted", accessDenied),
  step("store a number that is none", notSerializable),
  step("store half a megabyte in one item", tooLarge)
]

const program = Effect.gen(function*() {
  const say = (line: string) => flags.json === true ? Effect.void : Console.log(line)
  const name = yield* open
  yield* say(`Opened the bank at ${flags.endpoint ?? "home (in process)"}; its first customer is ${name}.\n`)
  let handled = 0
  for (const one of steps) {
    const result = yield* one
    if (result.handled) handled++
    yield* flags.json === true
      ? Console.log(JSON.stringify(result))
      : Console.log(`${result.handled ? "✓" : "✗"} ${result.tried.padEnd(37)} ${result.tag.padEnd(39)} ${result.did}`)
  }
  yield* close
  yield* say(`\n${handled} of ${steps.length} failures met and handled, each by its tag.`)
  if (handled < steps.length) process.exitCode = 1
})

/** The bank's transport: the engine in process, or the AWS SDK; fault rules over either. */
const transport = Effect.gen(function*() {
  const base = flags.endpoint === undefined
    ? (yield* LocalDynamoDB.make()).transport
    : yield* DynamoDB.sdkTransport({ endpoint: flags.endpoint })
  return yield* Faults.make(base)
})

const bank = DynamoDB.layerTransport.pipe(
  Layer.provideMerge(Layer.scopedContext(
    Effect.map(
      transport,
      (faults) => Context.make(Fault, faults).pipe(Context.add(DynamoDB.DynamoDBTransport, faults.transport))
    )
  ))
)

const main = program.pipe(
  Effect.provide(bank),
  Effect.catchAll((e) =>
    Effect.zipRight(
      Console.error(`The demo could not run: ${e.message}`),
      Effect.sync(() => {
        process.exitCode = 1
      })
    )
  )
)

Effect.runFork(main)
