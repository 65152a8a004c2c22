/** What the service does for tables, tags, limits and transactional reads: in process, and through the AWS SDK against the endpoint. */
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Endpoint from "@armature/local/Endpoint"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { assert } from "vitest"
import { users } from "../service.js"

const overHttp = (transport: typeof DynamoDB.layer) =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const { local } = yield* LocalDynamoDB.make({ tables: [users] })
    const { url } = yield* Endpoint.make({ dynamodb: Endpoint.fromEngine(local.engine) })
    return transport({
      endpoint: url,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: Redacted.make("test") },
      retry: AwsRetry.none
    })
  }))

const TableName = "users"
const key = (id: number) => ({ org: { S: "acme" }, id: { N: String(id) } })

const suite = <E>(name: string, layer: Layer.Layer<DynamoDB.DynamoDB, E>) =>
  describe(name, () => {
    const test = (what: string, body: (db: DynamoDB.DynamoDB.Service) => Effect.Effect<void, unknown>) =>
      it.scopedLive(what, () => Effect.flatMap(DynamoDB.DynamoDB, body).pipe(Effect.provide(layer)))

    /** The tag of each failure. */
    const tags = (calls: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }>>) =>
      Effect.forEach(calls, (call) => Effect.map(Effect.flip(call), (e) => e._tag))

    test("changes a table and its time to live", (db) =>
      Effect.gen(function*() {
        yield* db.updateTable({ TableName, DeletionProtectionEnabled: true })
        assert.isTrue((yield* db.describeTable({ TableName })).Table?.DeletionProtectionEnabled)
        yield* db.updateTimeToLive({ TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: "end" } })
        const { TimeToLiveDescription } = yield* db.describeTimeToLive({ TableName })
        assert.deepStrictEqual(TimeToLiveDescription, { TimeToLiveStatus: "ENABLED", AttributeName: "end" })
      }))

    test("tags a table", (db) =>
      Effect.gen(function*() {
        const ResourceArn = (yield* db.describeTable({ TableName })).Table?.TableArn ?? assert.fail("no ARN")
        yield* db.tagResource({ ResourceArn, Tags: [{ Key: "team", Value: "a" }, { Key: "cost", Value: "b" }] })
        yield* db.untagResource({ ResourceArn, TagKeys: ["team"] })
        assert.deepStrictEqual((yield* db.listTagsOfResource({ ResourceArn })).Tags, [{ Key: "cost", Value: "b" }])
      }))

    test("tells limits and backups", (db) =>
      Effect.gen(function*() {
        assert.isAbove((yield* db.describeLimits({})).TableMaxReadCapacityUnits ?? 0, 0)
        const { ContinuousBackupsDescription } = yield* db.describeContinuousBackups({ TableName })
        assert.isDefined(ContinuousBackupsDescription?.ContinuousBackupsStatus)
      }))

    test("a table that does not exist, whatever is asked of it", (db) =>
      Effect.gen(function*() {
        const none = { TableName: "none" }
        const arn = { ResourceArn: "arn:aws:dynamodb:us-east-1:000000000000:table/none" }
        const missing = yield* tags([
          db.updateTable({ ...none, DeletionProtectionEnabled: true }),
          db.updateTimeToLive({ ...none, TimeToLiveSpecification: { Enabled: true, AttributeName: "end" } }),
          db.describeTimeToLive(none),
          db.describeContinuousBackups(none),
          db.tagResource({ ...arn, Tags: [{ Key: "a", Value: "b" }] }),
          db.untagResource({ ...arn, TagKeys: ["a"] }),
          db.transactGetItems({ TransactItems: [{ Get: { ...none, Key: key(1) } }] }),
          Stream.runDrain(db.scan.parallel(none, { segments: 2 })),
          db.query.count({
            ...none,
            KeyConditionExpression: "org = :o",
            ExpressionAttributeValues: { ":o": { S: "acme" } }
          })
        ])
        assert.deepStrictEqual(new Set(missing), new Set(["ResourceNotFoundException"]))
        // to whom a table's tags are shown is decided before whether it exists
        const e = yield* Effect.flip(db.listTagsOfResource(arn))
        assert.deepStrictEqual([e._tag, e.resource], ["AccessDeniedException", "none"])
      }))

    test("reads a transaction in order, with holes where there is nothing", (db) =>
      Effect.gen(function*() {
        for (const id of [1, 3]) yield* db.putItem({ TableName, Item: key(id) })
        const { Responses } = yield* db.transactGetItems({
          TransactItems: [3, 2, 1].map((id) => ({ Get: { TableName, Key: key(id) } }))
        })
        assert.deepStrictEqual(Responses?.map(({ Item }) => Item), [key(3), undefined, key(1)])
      }))

    test("runs statements, each with its own failures", (db) =>
      Effect.gen(function*() {
        const run = (Statement: string) => db.executeStatement({ Statement })
        yield* run("INSERT INTO users VALUE {'org': 'acme', 'id': 1, 'n': 1}")
        yield* run("UPDATE users SET n = n + 1 WHERE org = 'acme' AND id = 1")
        const { Items } = yield* db.executeStatement({ Statement: "SELECT * FROM users WHERE org = 'acme'" })
        assert.deepStrictEqual(Items, [{ ...key(1), n: { N: "2" } }])
        assert.deepStrictEqual(
          yield* tags([
            run("INSERT INTO users VALUE {'org': 'acme', 'id': 1}"),
            run("UPDATE users SET n = 0 WHERE org = 'acme' AND id = 1 AND n = 7"),
            run("SELECT * FROM none WHERE org = 'acme'"),
            run("DELETE FROM none WHERE org = 'acme' AND id = 1"),
            run("SELEKT"),
            run("SELECT FROM")
          ]),
          [
            "DuplicateItemException",
            "ConditionalCheckFailedException",
            "ResourceNotFoundException",
            "ResourceNotFoundException",
            "ValidationException",
            "ValidationException"
          ]
        )
      }))

    test("runs batches of statements, with a result for each", (db) =>
      Effect.gen(function*() {
        yield* db.putItem({ TableName, Item: key(1) })
        const batch = (...statements: ReadonlyArray<string>) =>
          Effect.map(
            db.batchExecuteStatement({ Statements: statements.map((Statement) => ({ Statement })) }),
            ({ Responses }) => Responses.map(Either.getOrElse((e) => e.code))
          )
        assert.deepStrictEqual(
          yield* batch(
            "INSERT INTO users VALUE {'org': 'acme', 'id': 1}",
            "INSERT INTO users VALUE {'org': 'acme', 'id': 2}"
          ),
          ["DuplicateItem", undefined]
        )
        assert.deepStrictEqual(
          yield* batch(
            "SELECT * FROM users WHERE org = 'acme' AND id = 2",
            "SELECT * FROM none WHERE org = 'acme' AND id = 2",
            "SELECT * FROM users WHERE org = 'acme' AND id = 3"
          ),
          [key(2), "ResourceNotFound", undefined]
        )
      }))

    test("runs transactions of statements, once for each token", (db) =>
      Effect.gen(function*() {
        yield* db.putItem({ TableName, Item: { ...key(1), n: { N: "0" } } })
        const add = {
          TransactStatements: [{ Statement: "UPDATE users SET n = n + 1 WHERE org = 'acme' AND id = 1" }],
          ClientRequestToken: "token"
        }
        yield* db.executeTransaction(add)
        yield* db.executeTransaction(add)
        assert.deepStrictEqual((yield* db.getItem({ TableName, Key: key(1) })).Item?.n, { N: "1" })
        const insert = { Statement: "INSERT INTO users VALUE {'org': 'acme', 'id': 1}" }
        const e = yield* Effect.flip(db.executeTransaction({ TransactStatements: [insert] }))
        assert.deepStrictEqual(
          e._tag === "TransactionCanceledException" ? e.reasons.map(({ code }) => code) : e._tag,
          ["DuplicateItem"]
        )
        const mismatch = yield* Effect.flip(db.executeTransaction({ ...add, TransactStatements: [insert] }))
        assert.strictEqual(mismatch._tag, "IdempotentParameterMismatchException")
      }))

    test("waits for tables to come and go", (db) =>
      Effect.gen(function*() {
        const options = { schedule: Schedule.recurs(3) }
        yield* db.createTable({ ...users, TableName: "more" })
        const { Table } = yield* db.waitUntilTableExists({ TableName: "more" }, options)
        assert.strictEqual(Table?.TableStatus, "ACTIVE")
        yield* db.deleteTable({ TableName: "more" })
        yield* db.waitUntilTableNotExists({ TableName: "more" }, options)
        assert.deepStrictEqual([...yield* Stream.runCollect(db.listTables.names())], ["users"])
      }))
  })

suite("in process", LocalDynamoDB.layer({ tables: [users] }))
suite("the AWS SDK against the endpoint", overHttp(DynamoDB.layer))
suite("the direct transport against the endpoint", overHttp(DynamoDB.layerDirect))
