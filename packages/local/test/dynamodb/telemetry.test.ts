/** What a call tells of itself, by OpenTelemetry's names, and what it keeps to itself. */
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as Telemetry from "@armature/aws/Telemetry"
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as DynamoDBMetrics from "@armature/dynamodb/DynamoDBMetrics"
import * as Endpoint from "@armature/local/Endpoint"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import { describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import * as util from "node:util"
import { assert } from "vitest"
import { users } from "../service.js"
import { logging, tracing } from "./observing.js"

const Key = { org: { S: "acme" }, id: { N: "1" } }
const local = LocalDynamoDB.layer({ tables: [users] })
const throttle = Wire.serviceFault({
  code: "ProvisionedThroughputExceededException",
  message: "",
  statusCode: 400,
  detail: { ThrottlingReasons: [{ reason: "TableReadProvisionedThroughputExceeded", resource: "arn" }] }
})

describe("telemetry", () => {
  it.effect("a span for each call, by OpenTelemetry's conventions", () =>
    Effect.gen(function*() {
      const { spans, tracer } = tracing()
      yield* Effect.gen(function*() {
        const db = yield* DynamoDB.DynamoDB
        yield* db.putItem({ TableName: "users", Item: { ...Key } })
        yield* db.scan({ TableName: "users" })
        yield* Effect.flip(db.getItem({ TableName: "none", Key }))
        yield* db.ping
      }).pipe(Effect.provide(Layer.merge(local, tracer)))
      assert.deepStrictEqual(spans.map((span) => [span.name, span.kind, span.ended]), [
        ["PutItem users", "client", true],
        ["Scan users", "client", true],
        ["GetItem none", "client", true],
        ["ListTables", "client", true]
      ])
      assert.deepStrictEqual(spans[1]?.attributes, {
        "db.system.name": "aws.dynamodb",
        "db.operation.name": "Scan",
        "db.collection.name": "users",
        "cloud.region": "us-east-1",
        "aws.request_id": "local-2",
        "aws.dynamodb.consumed_capacity": [`{"TableName":"users","CapacityUnits":0.5}`],
        "aws.dynamodb.count": 1,
        "aws.dynamodb.scanned_count": 1
      })
      assert.deepStrictEqual(spans[2]?.attributes, {
        "db.system.name": "aws.dynamodb",
        "db.operation.name": "GetItem",
        "db.collection.name": "none",
        "cloud.region": "us-east-1",
        "aws.request_id": "local-3",
        "error.type": "ResourceNotFoundException"
      })
    }))

  it.effect("an event for each retry, and the number of attempts", () =>
    Effect.gen(function*() {
      const { spans, tracer } = tracing()
      const fiber = yield* Effect.flatMap(DynamoDB.DynamoDB, (db) => db.getItem({ TableName: "users", Key })).pipe(
        AwsRetry.withPolicy(Schedule.spaced("100 millis")),
        LocalDynamoDB.withFaults([{ operation: "GetItem", times: 2, failure: throttle }]),
        Effect.provide(Layer.merge(local, tracer)),
        Effect.fork
      )
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      const [span] = spans
      assert.deepStrictEqual(
        span?.events.map((event) => [event.name, event.attributes]),
        [1, 2].map((n) => [
          "retry",
          {
            "error.type": "ProvisionedThroughputExceededException",
            "http.request.resend_count": n,
            "retry.delay_ms": 100
          }
        ])
      )
      assert.strictEqual(span?.attributes["http.request.resend_count"], 2)
    }))

  it.scopedLive("server address and port as they really are", () =>
    Effect.gen(function*() {
      const { spans, tracer } = tracing()
      const world = yield* LocalDynamoDB.make({ tables: [users] })
      const endpoint = yield* Endpoint.make({ dynamodb: Endpoint.fromEngine(world.local.engine) })
      yield* Effect.flatMap(DynamoDB.DynamoDB, (db) => db.ping).pipe(
        Effect.provide(DynamoDB.layer({
          endpoint: endpoint.url,
          region: "eu-west-1",
          credentials: { accessKeyId: "k", secretAccessKey: Redacted.make("s") }
        })),
        Effect.provide(tracer)
      )
      assert.deepStrictEqual(
        ["cloud.region", "server.address", "server.port"].map((name) => spans[0]?.attributes[name]),
        ["eu-west-1", "127.0.0.1", endpoint.port]
      )
    }))

  it.effect("metrics: durations, capacity, items, retries, throttles by reason, failures by tag", () =>
    Effect.gen(function*() {
      const tagged = <T, I, O>(metric: Metric.Metric<T, I, O>, labels: Record<string, string>) =>
        Metric.value(Object.entries(labels).reduce((one, [key, value]) => Metric.tagged(one, key, value), metric))
      const op = { "db.operation.name": "Scan" }
      const reads = { "db.collection.name": "metered", access: "read" }
      const writes = { "db.collection.name": "metered", access: "write" }
      const refused = { ...op, "error.type": "ProvisionedThroughputExceededException" }
      const reason = { ...op, resource: "metered", reason: "TableReadProvisionedThroughputExceeded" }
      const read = Effect.all({
        items: tagged(DynamoDBMetrics.items, op),
        reads: tagged(DynamoDBMetrics.consumedCapacity, reads),
        writes: tagged(DynamoDBMetrics.consumedCapacity, writes),
        retries: tagged(Telemetry.retries, refused),
        throttles: tagged(Telemetry.throttles, reason),
        failures: tagged(Telemetry.failures, refused),
        ok: tagged(DynamoDBMetrics.duration, op),
        failed: tagged(DynamoDBMetrics.duration, refused)
      })
      const before = yield* read
      yield* Effect.gen(function*() {
        const db = yield* DynamoDB.DynamoDB
        for (const id of ["1", "2"]) yield* db.putItem({ TableName: "metered", Item: { ...Key, id: { N: id } } })
        const scan = db.scan({ TableName: "metered" }).pipe(AwsRetry.withPolicy(Schedule.recurs(1)))
        yield* scan.pipe(LocalDynamoDB.withFaults([{ operation: "Scan", failure: throttle }]))
        yield* Effect.flip(scan.pipe(LocalDynamoDB.withFaults([{ operation: "Scan", times: 2, failure: throttle }])))
      }).pipe(Effect.provide(LocalDynamoDB.layer({ tables: [{ ...users, TableName: "metered" }] })))
      const after = yield* read
      assert.deepStrictEqual(
        {
          items: after.items.count - before.items.count,
          reads: after.reads.count - before.reads.count,
          writes: after.writes.count - before.writes.count,
          retries: after.retries.count - before.retries.count,
          throttles: after.throttles.count - before.throttles.count,
          failures: after.failures.count - before.failures.count,
          ok: after.ok.count - before.ok.count,
          failed: after.failed.count - before.failed.count
        },
        { items: 2, reads: 0.5, writes: 2, retries: 2, throttles: 3, failures: 1, ok: 1, failed: 1 }
      )
    }))

  it.effect("times tell exporters their unit, and nothing else tells one", () =>
    Effect.gen(function*() {
      yield* Metric.update(DynamoDBMetrics.rateLimitWaits, 0)
      yield* Effect.flatMap(DynamoDB.DynamoDB, (db) => db.scan({ TableName: "units" })).pipe(
        Effect.provide(LocalDynamoDB.layer({ tables: [{ ...users, TableName: "units" }] }))
      )
      const ours = (yield* Metric.snapshot)
        .map(({ metricKey }) => metricKey)
        .filter(({ name }) => /^(aws|db|rpc|armature)\./.test(name))
      const labels = ours.flatMap(({ name, tags }) => tags.map(({ key, value }) => [name, key, value] as const))
      assert.deepStrictEqual(
        new Set(labels.filter(([, key]) => /unit$/.test(key)).map((label) => label.join(" "))),
        new Set(["aws.dynamodb.rate_limit.wait time_unit s", "db.client.operation.duration time_unit s"])
      )
      assert.include(labels.map((label) => label.join(" ")), "aws.dynamodb.consumed_capacity access read")
    }))

  it.effect("the items of every answer that holds some are counted, and those of a count are not", () =>
    Effect.gen(function*() {
      const names = [
        "GetItem",
        "Query",
        "Scan",
        "BatchGetItem",
        "TransactGetItems",
        "ExecuteStatement",
        "BatchExecuteStatement",
        "ExecuteTransaction",
        "PutItem"
      ]
      const read = Effect.forEach(
        names,
        (name) =>
          Effect.map(
            Metric.value(Metric.tagged(DynamoDBMetrics.items, "db.operation.name", name)),
            ({ count }) => count
          )
      )
      const before = yield* read
      yield* Effect.gen(function*() {
        const db = yield* DynamoDB.DynamoDB
        const other = { ...Key, id: { N: "2" } }
        const missing = { ...Key, id: { N: "3" } }
        const Statement = "SELECT * FROM users WHERE org = 'acme' AND id = 1"
        const query = {
          TableName: "users",
          KeyConditionExpression: "org = :o",
          ExpressionAttributeValues: { ":o": { S: "acme" } }
        }
        for (const Item of [Key, other]) yield* db.putItem({ TableName: "users", Item })
        for (const one of [Key, missing]) yield* db.getItem({ TableName: "users", Key: one })
        yield* db.query(query)
        yield* db.query.count(query)
        yield* db.scan.count({ TableName: "users" })
        yield* db.batchGetItem({ RequestItems: { users: { Keys: [Key, other, missing] } } })
        yield* db.transactGetItems({
          TransactItems: [Key, missing].map((Key) => ({ Get: { TableName: "users", Key } }))
        })
        yield* db.executeStatement({ Statement: "SELECT * FROM users WHERE org = 'acme'" })
        yield* db.batchExecuteStatement({ Statements: [{ Statement }, { Statement: Statement.replace("1", "3") }] })
        yield* db.executeTransaction({ TransactStatements: [{ Statement }] })
      }).pipe(Effect.provide(local))
      const after = yield* read
      assert.deepStrictEqual(
        Object.fromEntries(names.map((name, i) => [name, (after[i] ?? 0) - (before[i] ?? 0)])),
        {
          GetItem: 1,
          Query: 2,
          Scan: 0,
          BatchGetItem: 2,
          TransactGetItems: 1,
          ExecuteStatement: 2,
          BatchExecuteStatement: 1,
          ExecuteTransaction: 1,
          PutItem: 0
        }
      )
    }))

  it.effect("a debug line for each call, and a warning for a slow one", () =>
    Effect.gen(function*() {
      const { lines, logger } = logging()
      const call = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.getItem({ TableName: "users", Key }))
      const slow = Layer.effect(DynamoDB.DynamoDB, DynamoDB.make({ slow: Duration.millis(50) })).pipe(
        Layer.provideMerge(LocalDynamoDB.layerTransport({ tables: [users] }))
      )
      yield* Effect.provide(call, Layer.merge(slow, logger))
      const fiber = yield* call.pipe(
        AwsRetry.withPolicy(Schedule.spaced("100 millis")),
        LocalDynamoDB.withFaults([{ operation: "GetItem", failure: throttle }]),
        Effect.provide(Layer.merge(slow, logger)),
        Effect.fork
      )
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      const own = lines.filter((line) => line.includes("GetItem"))
      assert.match(own[0] ?? "", /^DEBUG .*GetItem users succeeded after 0 ms, 1 request'/)
      assert.match(own[1] ?? "", /^WARN .*GetItem users succeeded after 100 ms, 2 requests'/)
    }))

  it.effect("consumed capacity is asked for, unless the caller says otherwise", () =>
    Effect.gen(function*() {
      const asked = (layer: Layer.Layer<DynamoDB.DynamoDB | LocalDynamoDB.LocalDynamoDB, unknown>) =>
        Effect.gen(function*() {
          const db = yield* DynamoDB.DynamoDB
          const one = yield* db.getItem({ TableName: "users", Key })
          const two = yield* db.getItem({ TableName: "users", Key, ReturnConsumedCapacity: "NONE" })
          return [one.ConsumedCapacity?.CapacityUnits, two.ConsumedCapacity?.CapacityUnits]
        }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(yield* asked(local), [0.5, undefined])
      const off = Layer.effect(DynamoDB.DynamoDB, DynamoDB.make({ consumedCapacity: "NONE" })).pipe(
        Layer.provideMerge(LocalDynamoDB.layerTransport({ tables: [users] }))
      )
      assert.deepStrictEqual(yield* asked(off), [undefined, undefined])
    }))

  it.effect("nothing of an item, key or credential appears in a span, metric, log or pretty cause", () =>
    Effect.gen(function*() {
      const mark = "MARK-7f3a"
      const forms = [
        mark,
        Buffer.from(mark).toString("base64"),
        Buffer.from(mark).toString("hex"),
        encodeURIComponent(mark),
        JSON.stringify(mark).slice(1, -1)
      ]
      const { spans, tracer } = tracing()
      const { lines, logger } = logging()
      const secret = { org: { S: mark }, id: { N: "1" } }
      const item = { ...secret, note: { S: mark }, blob: { B: Buffer.from(mark) } }
      const lost = Wire.connectionFault({
        phase: "sent",
        timeout: false,
        cause: Object.assign(new Error(mark), { code: "ECONNRESET", Item: item })
      })
      const printed: Array<string> = []
      yield* Effect.gen(function*() {
        const db = yield* DynamoDB.DynamoDB
        const see = <A, E>(call: Effect.Effect<A, E>) =>
          Effect.tapErrorCause(call, (cause) =>
            Effect.zipRight(
              Effect.logError("failed", cause),
              Effect.sync(() =>
                printed.push(
                  Cause.pretty(cause, { renderErrorCause: true }),
                  util.inspect(cause, { depth: Infinity, showHidden: true }),
                  JSON.stringify(cause)
                )
              )
            )).pipe(Effect.ignore)
        yield* see(db.putItem({ TableName: "users", Item: item }))
        yield* see(db.getItem({ TableName: "users", Key: secret }))
        yield* see(db.query({
          TableName: "users",
          KeyConditionExpression: "org = :o",
          ExpressionAttributeValues: { ":o": { S: mark } }
        }))
        yield* see(db.scan({ TableName: "users" }))
        yield* see(db.updateItem({
          TableName: "users",
          Key: secret,
          UpdateExpression: "SET n = :n",
          ExpressionAttributeValues: { ":n": { S: mark } },
          ReturnValues: "ALL_NEW"
        }))
        yield* see(db.putItem({
          TableName: "users",
          Item: item,
          ConditionExpression: "attribute_not_exists(id)",
          ReturnValuesOnConditionCheckFailure: "ALL_OLD"
        }))
        yield* see(db.transactWriteItems({
          TransactItems: [{
            Put: {
              TableName: "users",
              Item: item,
              ConditionExpression: "attribute_not_exists(id)",
              ReturnValuesOnConditionCheckFailure: "ALL_OLD"
            }
          }]
        }))
        yield* see(db.getItem({ TableName: "users", Key: { org: { S: mark }, wrong: { S: mark } } }))
        yield* see(db.scan({ TableName: "users", FilterExpression: `${mark} = ${mark}` }))
        yield* see(db.getItem({ TableName: "none", Key: secret }))
        const failing = db.updateItem({ TableName: "users", Key: secret, UpdateExpression: "REMOVE note" })
        yield* see(
          failing.pipe(LocalDynamoDB.withFaults([{ operation: "UpdateItem", failure: lost }]), Effect.provide(local))
        )
        for (const code of ["AccessDeniedException", "UnrecognizedClientException", "InternalServerError", "Odd"]) {
          const failure = Wire.serviceFault({
            code,
            message: mark,
            statusCode: 400,
            detail: { Item: item, note: mark }
          })
          const world = yield* LocalDynamoDB.LocalDynamoDB
          yield* see(
            world.faults.run([{ operation: "Scan", failure }])(
              db.scan({ TableName: "users" }).pipe(AwsRetry.withPolicy(AwsRetry.none))
            )
          )
        }
        yield* see(db.deleteItem({ TableName: "users", Key: secret, ReturnValues: "ALL_OLD" }))
      }).pipe(Effect.provide(Layer.mergeAll(local, tracer, logger)))
      assert.isAbove(spans.length, 14)
      assert.isAbove(printed.length, 20)
      assert.isAbove(lines.length, 20)
      const metrics = util.inspect(yield* Metric.snapshot, { depth: Infinity, showHidden: true })
      const all = [util.inspect(spans, { depth: Infinity, showHidden: true }), ...lines, ...printed, metrics]
      for (const text of all) for (const form of forms) assert.notInclude(text, form)
      assert.isTrue(Option.isSome(Option.fromNullable(spans[0]?.attributes["aws.request_id"])))
    }))
})
