/**
 * Every operation, answered with marked items and failed with every failure, marked too: no mark stands in a span, metric, log line or
 * printed cause.
 */
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as Exceptions from "@armature/aws/Exceptions"
import type { Transport } from "@armature/aws/Transport"
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as DynamoDBException from "@armature/dynamodb/DynamoDBException"
import * as Expression from "@armature/dynamodb/Expression"
import * as Item from "@armature/dynamodb/Item"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as util from "node:util"
import { assert } from "vitest"
import { logging, tracing } from "./observing.js"

const mark = "MARK \"7f3a\"\u00fc"
const forms = [
  mark,
  Buffer.from(mark).toString("base64").replace(/=+$/, ""),
  Buffer.from(mark).toString("hex"),
  encodeURIComponent(mark),
  JSON.stringify(mark).slice(1, -1),
  util.inspect(mark).slice(1, -1),
  util.inspect(Buffer.from(mark)).slice("<Buffer ".length, -1),
  [...Buffer.from(mark)].join(", ")
]

const TableName = "users"
const Key = { org: { S: mark }, id: { N: "1" } }
const item: DynamoDB.Item = { ...Key, note: { S: mark }, blob: { B: Buffer.from(mark) }, list: { L: [{ S: mark }] } }
const ResourceArn = "arn:aws:dynamodb:us-east-1:123456789012:table/users"
const values = { ":m": { S: mark } }
const Statements = {
  read: { Statement: `SELECT * FROM users WHERE org = '${mark}'`, Parameters: [{ S: mark }] },
  write: { Statement: `DELETE FROM users WHERE org = '${mark}'`, Parameters: [{ S: mark }] }
}

type Failure = { readonly _tag: string }
type Call = Effect.Effect<unknown, Failure>

/** At least one call of each operation. */
const calls = (db: DynamoDB.DynamoDB.Service): { readonly [K in keyof DynamoDB.Operations]: ReadonlyArray<Call> } => {
  const conditional = {
    TableName,
    ConditionExpression: "org = :m",
    ExpressionAttributeValues: values,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD"
  } as const
  const query = { TableName, KeyConditionExpression: "org = :m", ExpressionAttributeValues: values }
  const statements = (one: Sdk.BatchStatementRequest) =>
    Effect.flatMap(
      db.batchExecuteStatement({ Statements: [one] }),
      ({ Responses }) => Effect.forEach(Responses, (result): Either.Either<unknown, Failure> => result)
    )
  const set = { UpdateExpression: "SET n = :m" }
  return {
    BatchExecuteStatement: [statements(Statements.read), statements(Statements.write)],
    BatchGetItem: [db.batchGetItem({ RequestItems: { [TableName]: { Keys: [Key] } } })],
    BatchWriteItem: [
      db.batchWriteItem({ RequestItems: { [TableName]: [{ PutRequest: { Item: item } }] } }),
      db.batchWriteItem({ RequestItems: { [TableName]: [{ DeleteRequest: { Key } }] } })
    ],
    CreateTable: [db.createTable({ TableName })],
    DeleteItem: [db.deleteItem({ ...conditional, Key }), db.deleteItem({ ...conditional, Key }, { idempotent: true })],
    DeleteTable: [db.deleteTable({ TableName })],
    DescribeContinuousBackups: [db.describeContinuousBackups({ TableName })],
    DescribeLimits: [db.describeLimits({})],
    DescribeTable: [
      db.describeTable({ TableName }),
      db.waitUntilTableExists({ TableName }, { schedule: Schedule.stop }),
      db.waitUntilTableNotExists({ TableName }, { schedule: Schedule.stop })
    ],
    DescribeTimeToLive: [db.describeTimeToLive({ TableName })],
    ExecuteStatement: [db.executeStatement(Statements.read), db.executeStatement(Statements.write)],
    ExecuteTransaction: [db.executeTransaction({ TransactStatements: [Statements.write] })],
    GetItem: [db.getItem({ TableName, Key })],
    ListTables: [db.listTables({}), db.ping, Stream.runDrain(db.listTables.names())],
    ListTagsOfResource: [db.listTagsOfResource({ ResourceArn })],
    PutItem: [
      db.putItem({ ...conditional, Item: item }),
      db.putItem({ TableName, Item: item }),
      db.putItem({ ...conditional, Item: item }, { idempotent: true })
    ],
    Query: [db.query(query), Stream.runDrain(Stream.take(db.query.items(query), 3)), db.query(query)],
    Scan: [
      db.scan({ TableName, ExclusiveStartKey: Key, FilterExpression: "org = :m", ExpressionAttributeValues: values })
    ],
    TagResource: [db.tagResource({ ResourceArn, Tags: [{ Key: "k", Value: mark }] })],
    TransactGetItems: [
      db.transactGetItems({ TransactItems: [{ Get: { TableName, Key } }] }),
      // refused here, where the keys are compared
      db.transactGetItems({ TransactItems: [{ Get: { TableName, Key } }, { Get: { TableName, Key } }] })
    ],
    TransactWriteItems: [db.transactWriteItems({ TransactItems: [{ Put: { ...conditional, Item: item } }] })],
    UntagResource: [db.untagResource({ ResourceArn, TagKeys: ["k"] })],
    UpdateItem: [
      db.updateItem({ ...conditional, ...set, Key }),
      db.updateItem({ ...conditional, ...set, Key }, { idempotent: true })
    ],
    UpdateTable: [db.updateTable({ TableName })],
    UpdateTimeToLive: [
      db.updateTimeToLive({ TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: "end" } })
    ]
  }
}

const cause = Object.assign(new Error(mark), { code: "ECONNRESET", Item: item, $response: { body: mark }, input: Key })
const codes = [
  "AccessDeniedException",
  "ConditionalCheckFailedException",
  "DuplicateItemException",
  "ExpiredTokenException",
  "IdempotentParameterMismatchException",
  "InternalServerError",
  "InvalidEndpointException",
  "ItemCollectionSizeLimitExceededException",
  "LimitExceededException",
  "Odd",
  "ProvisionedThroughputExceededException",
  "ReplicatedWriteConflictException",
  "RequestTimeTooSkewed",
  "ResourceInUseException",
  "ResourceNotFoundException",
  "ThrottlingException",
  "TransactionCanceledException",
  "TransactionConflictException",
  "TransactionInProgressException",
  "UnrecognizedClientException",
  "ValidationException"
]
const failures: ReadonlyArray<Wire.WireFailure> = [
  ...codes.map((code) =>
    Wire.serviceFault({
      code,
      message: mark,
      statusCode: 400,
      requestId: "r",
      detail: {
        Item: item,
        CancellationReasons: [{ Code: "ConditionalCheckFailed", Message: mark, Item: item }],
        note: mark
      }
    })
  ),
  Wire.connectionFault({ phase: "connect", timeout: false, cause }),
  Wire.connectionFault({ phase: "sent", timeout: false, cause }),
  Wire.malformedFault({ statusCode: 200, cause }),
  Wire.credentialsFault(cause)
]

/** Answers that hold items wherever an answer can: done, left over, and failed statement by statement. */
const answers = (input: unknown): ReadonlyArray<unknown> => {
  const all = {
    $metadata: { requestId: "r" },
    Item: item,
    Items: [item],
    Attributes: item,
    Count: 1,
    ScannedCount: 1,
    LastEvaluatedKey: Key,
    ConsumedCapacity: undefined,
    Table: { TableName, TableStatus: "CREATING" }
  }
  const RequestItems: unknown = Reflect.get(Object(input), "RequestItems")
  return [
    {
      ...all,
      Responses: { [TableName]: [item] },
      ItemCollectionMetrics: { [TableName]: [{ ItemCollectionKey: Key }] }
    },
    { ...all, Responses: { [TableName]: [item] }, UnprocessedKeys: RequestItems, UnprocessedItems: RequestItems },
    { ...all, Responses: [{ Item: item, Error: { Code: "ConditionalCheckFailed", Message: mark, Item: item } }] }
  ]
}

/** Every tag that a class of the two modules makes. */
const tags = [Exceptions, DynamoDBException].flatMap((module) =>
  Object.values(module).flatMap((exported): ReadonlyArray<string> => {
    const tag: unknown = Reflect.get(exported, "tag")
    return typeof tag === "string" ? [tag] : []
  })
)

describe("nothing of an item, key or credential is told", () => {
  it.effect("by any operation, whatever it is answered and whatever it fails with", () =>
    Effect.gen(function*() {
      const { spans, tracer } = tracing()
      const { lines, logger } = logging()
      const seen = new Set<string>()
      const printed: Array<string> = []
      let answer: (input: unknown) => Effect.Effect<unknown, Wire.WireFailure> = () => Effect.succeed({})
      const transport: Transport<DynamoDB.Operations> = {
        info: { region: "r", serverAddress: "host", serverPort: 1 },
        // what it answers is no answer of the operation, but holds what one can hold
        send: (_, input) => Effect.suspend(() => answer(input)) as Effect.Effect<never, Wire.WireFailure>
      }
      const layer = Layer.provide(
        Layer.effect(DynamoDB.DynamoDB, DynamoDB.make({ slow: 0 })),
        Layer.succeed(DynamoDB.DynamoDBTransport, transport)
      )
      const tell = (call: Call) =>
        Effect.tapErrorCause(call, (cause) => {
          assert.isFalse(Cause.isDie(cause), Cause.pretty(cause))
          const e = Cause.squash(cause)
          for (let one = e; one instanceof Error; one = Reflect.get(one, "last")) {
            seen.add(String(Reflect.get(one, "_tag")))
          }
          printed.push(
            Cause.pretty(cause, { renderErrorCause: true }),
            util.inspect(cause, { depth: Infinity, showHidden: true }),
            JSON.stringify(cause),
            String(e)
          )
          return Effect.logError("failed", e, cause)
        }).pipe(Effect.ignore)

      const operations = new Set<string>()
      const program = Effect.gen(function*() {
        const db = yield* DynamoDB.DynamoDB
        for (const [operation, ofOperation] of Object.entries(calls(db))) {
          operations.add(operation)
          for (const call of ofOperation) {
            for (const failure of failures) {
              answer = () => Effect.fail(failure)
              yield* tell(call)
            }
            for (const i of [0, 1, 2]) {
              answer = (input) => Effect.succeed(answers(input)[i])
              yield* tell(call)
            }
          }
        }
        // what fails before there is a request
        yield* tell(Expression.render({ condition: Expression.eq("org", [mark, Symbol(mark)]) }))
        yield* tell(Item.checkSize({ ...item, big: { S: mark.repeat(100_000) } }))
      }).pipe(
        AwsRetry.withPolicy(Schedule.recurs(1)),
        Effect.provide(Layer.mergeAll(layer, tracer, logger))
      )
      const fiber = yield* Effect.fork(program)
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(tags.filter((tag) => !seen.has(tag)), [])
      assert.deepStrictEqual(new Set(spans.map((span) => span.attributes["db.operation.name"])), operations)
      const metrics = util.inspect(yield* Metric.snapshot, { depth: Infinity, showHidden: true })
      const all = [util.inspect(spans, { depth: Infinity, showHidden: true }), ...lines, ...printed, metrics].join("\n")
      for (const form of forms) assert.notInclude(all, form)
    }), 60_000)
})
