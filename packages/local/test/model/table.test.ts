/** Creating a table and checking the live one, on the engine. */
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as Table from "@armature/model/Table"
import { describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"

const app = Table.make("app", {
  key: ["pk", "sk"],
  indexes: {
    gsi1: ["g1pk", "g1sk"],
    some: { key: ["g2pk"], projection: ["total"] },
    multi: { partitionKey: ["tenant", "region"], sortKey: ["year", "id"], projection: "KEYS_ONLY" },
    byAge: { key: ["pk", "age"], local: true }
  },
  keyTypes: { age: "N", year: "N", id: "B" },
  timeToLive: "expiresAt",
  stream: "NEW_IMAGE"
})

const db = DynamoDB.DynamoDB
const empty = LocalDynamoDB.layer()
const calls = Effect.gen(function*() {
  const local = yield* LocalDynamoDB.LocalDynamoDB
  return (yield* local.calls).map(({ operation }) => operation)
})

/** The differences of a live table that was made by another declaration. */
const between = (declared: Table.Named<never>, live: Table.Named<never>) =>
  Table.differences(declared).pipe(
    Effect.provide(LocalDynamoDB.layer({ tables: [Table.definition(live)] })),
    Effect.orDie
  )

describe("definition", () => {
  it("is what CreateTable takes", () => {
    assert.deepStrictEqual(Table.definition(app), {
      TableName: "app",
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }, { AttributeName: "sk", KeyType: "RANGE" }],
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "S" },
        { AttributeName: "g1pk", AttributeType: "S" },
        { AttributeName: "g1sk", AttributeType: "S" },
        { AttributeName: "g2pk", AttributeType: "S" },
        { AttributeName: "tenant", AttributeType: "S" },
        { AttributeName: "region", AttributeType: "S" },
        { AttributeName: "year", AttributeType: "N" },
        { AttributeName: "id", AttributeType: "B" },
        { AttributeName: "age", AttributeType: "N" }
      ],
      BillingMode: "PAY_PER_REQUEST",
      GlobalSecondaryIndexes: [
        {
          IndexName: "gsi1",
          KeySchema: [{ AttributeName: "g1pk", KeyType: "HASH" }, { AttributeName: "g1sk", KeyType: "RANGE" }],
          Projection: { ProjectionType: "ALL" }
        },
        {
          IndexName: "some",
          KeySchema: [{ AttributeName: "g2pk", KeyType: "HASH" }],
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["total", "__entity"] }
        },
        {
          IndexName: "multi",
          KeySchema: [
            { AttributeName: "tenant", KeyType: "HASH" },
            { AttributeName: "region", KeyType: "HASH" },
            { AttributeName: "year", KeyType: "RANGE" },
            { AttributeName: "id", KeyType: "RANGE" }
          ],
          Projection: { ProjectionType: "KEYS_ONLY" }
        }
      ],
      LocalSecondaryIndexes: [{
        IndexName: "byAge",
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }, { AttributeName: "age", KeyType: "RANGE" }],
        Projection: { ProjectionType: "ALL" }
      }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" }
    })
  })

  it("has provisioned units, an index's own or the table's", () => {
    const { BillingMode, GlobalSecondaryIndexes, ProvisionedThroughput } = Table.definition(Table.make("app", {
      key: ["pk"],
      billing: { readCapacityUnits: 5, writeCapacityUnits: 6 },
      indexes: {
        a: ["a"],
        b: { key: ["b"], throughput: { readCapacityUnits: 1, writeCapacityUnits: 2 } }
      }
    }))
    assert.strictEqual(BillingMode, "PROVISIONED")
    assert.deepStrictEqual(ProvisionedThroughput, { ReadCapacityUnits: 5, WriteCapacityUnits: 6 })
    assert.deepStrictEqual(GlobalSecondaryIndexes?.map((index) => index.ProvisionedThroughput), [
      { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
      { ReadCapacityUnits: 1, WriteCapacityUnits: 2 }
    ])
  })

  it("is told the name that comes from a Config", () => {
    const configured = Table.make(Config.string("TABLE"), { key: ["pk"], logicalName: "app" })
    assert.strictEqual(Table.definition(configured, "app-test").TableName, "app-test")
    assert.strictEqual(configured.logicalName, "app")
    assert.strictEqual(app.logicalName, "app")
  })
})

describe("create", () => {
  it.effect("makes the table that was declared, and may be run again", () =>
    Effect.gen(function*() {
      yield* Table.create(app)
      assert.deepStrictEqual(yield* Table.differences(app), [])
      const { TimeToLiveDescription } = yield* (yield* db).describeTimeToLive({ TableName: "app" })
      assert.deepStrictEqual(TimeToLiveDescription, { TimeToLiveStatus: "ENABLED", AttributeName: "expiresAt" })
      yield* Table.create(app)
      yield* Table.verify(app)
      assert.strictEqual((yield* calls).filter((operation) => operation === "UpdateTimeToLive").length, 1)
    }).pipe(Effect.provide(empty)))

  it.effect("waits until the table is active", () =>
    Effect.gen(function*() {
      const { engine } = yield* LocalDynamoDB.LocalDynamoDB
      const creating = yield* Effect.fork(Table.create(app))
      yield* TestClock.adjust("30 seconds")
      assert.isNull(yield* Fiber.poll(creating).pipe(Effect.map((exit) => exit._tag === "None" ? null : exit)))
      engine.settle()
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(creating)
    }).pipe(Effect.provide(LocalDynamoDB.layer({ transitions: "stepwise" }))))

  it.effect("refuses a table of that name that is another, and leaves it as it is", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Table.create(app))
      assert.strictEqual(e._tag, "TableMismatchException")
      assert.include(e.message, "it has another key")
      assert.notInclude(yield* calls, "UpdateTimeToLive")
    }).pipe(Effect.provide(LocalDynamoDB.layer({ tables: [Table.definition(Table.make("app", { key: ["id"] }))] }))))

  it.effect("does not change by which attribute items expire", () =>
    Effect.gen(function*() {
      yield* Table.create(Table.make("app", { key: ["pk"], timeToLive: "other" }))
      const e = yield* Effect.flip(Table.create(Table.make("app", { key: ["pk"], timeToLive: "expiresAt" })))
      assert.strictEqual(e._tag === "TableMismatchException" ? e.differences[0]?._tag : e._tag, "TimeToLive")
      const { TimeToLiveDescription } = yield* (yield* db).describeTimeToLive({ TableName: "app" })
      assert.strictEqual(TimeToLiveDescription?.AttributeName, "other")
    }).pipe(Effect.provide(empty)))

  it.effect("is content when another was first to set it", () =>
    Effect.gen(function*() {
      yield* Table.create(app)
    }).pipe(
      LocalDynamoDB.withFaults([{
        operation: "UpdateTimeToLive",
        effect: "after",
        failure: Wire.serviceFault({ code: "ValidationException", message: "", statusCode: 400 })
      }]),
      Effect.provide(empty)
    ))

  it.effect("does not take another refusal for that", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Table.create(app))
      assert.strictEqual(e._tag, "ValidationException")
    }).pipe(
      LocalDynamoDB.withFaults([{
        operation: "UpdateTimeToLive",
        failure: Wire.serviceFault({ code: "ValidationException", message: "", statusCode: 400 })
      }]),
      Effect.provide(empty)
    ))

  it.effect("takes the name from the Config when it runs", () =>
    Effect.gen(function*() {
      const configured = Table.make(Config.string("TABLE"), { key: ["pk"], logicalName: "app" })
      yield* Table.create(configured).pipe(
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["TABLE", "app-test"]])))
      )
      const { Table: live } = yield* (yield* db).describeTable({ TableName: "app-test" })
      assert.strictEqual(live?.TableStatus, "ACTIVE")
      const e = yield* Effect.flip(
        Effect.withConfigProvider(Table.create(configured), ConfigProvider.fromMap(new Map()))
      )
      assert.strictEqual(e._tag, "ConfigError")
    }).pipe(Effect.provide(empty)))
})

describe("verify", () => {
  it.effect("fails with what differs, and changes nothing", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Table.verify(app))
      assert.strictEqual(e._tag, "TableMismatchException")
      assert.deepStrictEqual(e._tag === "TableMismatchException" ? e.differences.map(({ _tag }) => _tag) : [], [
        "IndexMissing",
        "IndexMissing",
        "IndexMissing",
        "IndexMissing",
        "Stream",
        "TimeToLive"
      ])
      assert.include(e.message, "index multi is missing")
      assert.deepStrictEqual(yield* calls, ["DescribeTable", "DescribeTimeToLive"])
    }).pipe(
      Effect.provide(LocalDynamoDB.layer({ tables: [Table.definition(Table.make("app", { key: ["pk", "sk"] }))] }))
    ))

  it.effect("says of a table that is not there what DynamoDB says", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(Table.verify(app)))._tag, "ResourceNotFoundException")
    }).pipe(Effect.provide(empty)))

  it.effect("asks about expiry only where it is declared", () =>
    Effect.gen(function*() {
      const plain = Table.make("app", { key: ["pk"] })
      yield* Table.create(plain)
      yield* Table.verify(plain)
      assert.notInclude(yield* calls, "DescribeTimeToLive")
    }).pipe(Effect.provide(empty)))

  it.effect("has nothing against what a table has beyond what is needed", () =>
    Effect.gen(function*() {
      const needed = Table.make("app", {
        key: ["pk", "sk"],
        indexes: {
          none: { key: ["a"], projection: "KEYS_ONLY" },
          // the keys are in each index in any case
          some: { key: ["b"], projection: ["x", "pk", "b"] }
        },
        stream: "KEYS_ONLY"
      })
      const live = Table.make("app", {
        key: ["pk", "sk"],
        indexes: { none: ["a"], some: { key: ["b"], projection: ["y", "x"] }, more: ["c"] },
        billing: { readCapacityUnits: 1, writeCapacityUnits: 1 },
        stream: "OLD_IMAGE"
      })
      assert.deepStrictEqual(yield* between(needed, live), [])
    }))

  it.effect("names each kind of difference", () =>
    Effect.gen(function*() {
      const live = Table.make("app", {
        key: ["pk", "sk"],
        indexes: {
          key: { partitionKey: ["a", "b"] },
          kind: ["pk", "age"],
          less: { key: ["c"], projection: ["x"] },
          none: { key: ["d"], projection: "KEYS_ONLY" },
          type: ["n"]
        },
        stream: "OLD_IMAGE"
      })
      const needed = Table.make("app", {
        key: ["pk", "sk"],
        indexes: {
          key: { partitionKey: ["b", "a"] },
          kind: { key: ["pk", "age"], local: true },
          less: ["c"],
          none: { key: ["d"], projection: ["x"] },
          type: ["n"]
        },
        keyTypes: { n: "N" },
        stream: "NEW_IMAGE"
      })
      assert.deepStrictEqual(yield* between(needed, live), [
        { _tag: "KeyType", attribute: "n", expected: "N", actual: "S" },
        {
          _tag: "Key",
          index: "key",
          expected: { partitionKey: ["b", "a"], sortKey: [] },
          actual: { partitionKey: ["a", "b"], sortKey: [] }
        },
        { _tag: "IndexKind", index: "kind", expected: "local", actual: "global" },
        { _tag: "Projection", index: "less", expected: "ALL", actual: ["x", "__entity"] },
        { _tag: "Projection", index: "none", expected: ["x", "__entity"], actual: "KEYS_ONLY" },
        { _tag: "Stream", expected: "NEW_IMAGE", actual: "OLD_IMAGE" }
      ])
      assert.deepStrictEqual(yield* between(Table.make("app", { key: ["pk"] }), live), [{
        _tag: "Key",
        index: undefined,
        expected: { partitionKey: ["pk"], sortKey: [] },
        actual: { partitionKey: ["pk"], sortKey: ["sk"] }
      }])
    }))

  it.effect("names an index that is not active yet", () =>
    Effect.gen(function*() {
      const { engine } = yield* LocalDynamoDB.LocalDynamoDB
      engine.settle()
      yield* (yield* db).updateTable({
        TableName: "app",
        AttributeDefinitions: [{ AttributeName: "a", AttributeType: "S" }],
        GlobalSecondaryIndexUpdates: [{
          Create: {
            IndexName: "late",
            KeySchema: [{ AttributeName: "a", KeyType: "HASH" }],
            Projection: { ProjectionType: "ALL" }
          }
        }]
      })
      const needed = Table.make("app", { key: ["pk"], indexes: { late: ["a"] } })
      assert.deepStrictEqual(yield* Table.differences(needed), [{
        _tag: "IndexStatus",
        index: "late",
        actual: "CREATING"
      }])
      engine.settle()
      assert.deepStrictEqual(yield* Table.differences(needed), [])
    }).pipe(Effect.provide(LocalDynamoDB.layer({
      transitions: "stepwise",
      tables: [Table.definition(Table.make("app", { key: ["pk"] }))]
    }))))
})
