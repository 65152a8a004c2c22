import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { createTable, itemsOf, type Loose, N, type Output, S, world } from "./harness.js"

const attributes = (...names: ReadonlyArray<string>) =>
  names.map((AttributeName) => ({ AttributeName, AttributeType: "S" }))
const keys = (...names: ReadonlyArray<string>) =>
  names.map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? "HASH" : "RANGE" }))
const all = { Projection: { ProjectionType: "ALL" } }
const provisioned = { ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 } }
const base = {
  TableName: "things",
  AttributeDefinitions: attributes("pk"),
  KeySchema: keys("pk"),
  BillingMode: "PAY_PER_REQUEST"
}

const describeTable = (w: ReturnType<typeof world>, name = "things"): Loose =>
  w.ok("DescribeTable", { TableName: name })["Table"]

describe("tables", () => {
  it("are described as they were asked for", () => {
    const w = world({ region: "eu-west-1", accountId: "123456789012" })
    const created: Loose = w.ok("CreateTable", {
      TableName: "things",
      AttributeDefinitions: attributes("pk", "sk", "g", "l"),
      KeySchema: keys("pk", "sk"),
      ...provisioned,
      GlobalSecondaryIndexes: [{ IndexName: "gsi", KeySchema: keys("g"), ...all, ...provisioned }],
      LocalSecondaryIndexes: [{
        IndexName: "lsi",
        KeySchema: keys("pk", "l"),
        Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["x"] }
      }],
      DeletionProtectionEnabled: true,
      TableClass: "STANDARD_INFREQUENT_ACCESS",
      Tags: [{ Key: "k", Value: "v" }]
    })
    assert.strictEqual(created.TableDescription.TableStatus, "CREATING")
    w.ok("PutItem", { TableName: "things", Item: { pk: S("a"), sk: S("b"), g: S("c") } })
    const { TableId, ...table } = describeTable(w)
    assert.match(TableId, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
    const arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/things"
    const throughput = { NumberOfDecreasesToday: 0, ReadCapacityUnits: 5, WriteCapacityUnits: 5 }
    assert.deepStrictEqual(table, {
      AttributeDefinitions: attributes("pk", "sk", "g", "l"),
      TableName: "things",
      KeySchema: keys("pk", "sk"),
      TableStatus: "ACTIVE",
      CreationDateTime: new Date(w.time),
      ProvisionedThroughput: throughput,
      TableSizeBytes: 8,
      ItemCount: 1,
      TableArn: arn,
      LocalSecondaryIndexes: [{
        IndexName: "lsi",
        KeySchema: keys("pk", "l"),
        Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["x"] },
        IndexSizeBytes: 0,
        ItemCount: 0,
        IndexArn: `${arn}/index/lsi`
      }],
      GlobalSecondaryIndexes: [{
        IndexName: "gsi",
        KeySchema: keys("g"),
        Projection: { ProjectionType: "ALL" },
        IndexStatus: "ACTIVE",
        ProvisionedThroughput: throughput,
        IndexSizeBytes: 8,
        ItemCount: 1,
        IndexArn: `${arn}/index/gsi`
      }],
      TableClassSummary: { TableClass: "STANDARD_INFREQUENT_ACCESS" },
      DeletionProtectionEnabled: true
    })
    assert.deepStrictEqual(w.ok("GetItem", { TableName: arn, Key: { pk: S("a"), sk: S("b") } })["Item"], {
      pk: S("a"),
      sk: S("b"),
      g: S("c")
    })
  })

  it("are listed in order, in pages", () => {
    const w = world()
    for (const name of ["ccc", "aaa", "bbb"]) createTable(w, name, ["pk"])
    assert.deepStrictEqual(w.ok("ListTables", {}), { TableNames: ["aaa", "bbb", "ccc"] })
    assert.deepStrictEqual(w.ok("ListTables", undefined), { TableNames: ["aaa", "bbb", "ccc"] })
    assert.deepStrictEqual(w.ok("ListTables", { Limit: 2 }), {
      TableNames: ["aaa", "bbb"],
      LastEvaluatedTableName: "bbb"
    })
    assert.deepStrictEqual(w.ok("ListTables", { Limit: 2, ExclusiveStartTableName: "bbb" }), { TableNames: ["ccc"] })
    w.fails("ListTables", { Limit: 0 }, "ValidationException")
    w.fails("ListTables", { Limit: 101 }, "ValidationException")
  })

  it("are made once, and gone when deleted, with all they held", () => {
    const w = world()
    w.ok("CreateTable", base)
    w.fails("CreateTable", base, "ResourceInUseException", "Table already exists: things")
    w.ok("PutItem", { TableName: "things", Item: { pk: S("a") } })
    w.ok("DeleteTable", { TableName: "things" })
    for (const operation of ["DescribeTable", "DeleteTable"]) {
      w.fails(
        operation,
        { TableName: "things" },
        "ResourceNotFoundException",
        "Requested resource not found: Table: things not found"
      )
    }
    w.fails(
      "GetItem",
      { TableName: "things", Key: { pk: S("a") } },
      "ResourceNotFoundException",
      "Requested resource not found"
    )
    w.ok("CreateTable", base)
    assert.strictEqual(w.ok("Scan", { TableName: "things" })["Count"], 0)
  })

  it("refuse what does not fit together", () => {
    const w = world()
    const fails = (extra: Output, message: string | RegExp) =>
      w.fails("CreateTable", { ...base, ...extra }, "ValidationException", message)
    const gsi = (extra: Output) => ({
      AttributeDefinitions: attributes("pk", "g"),
      GlobalSecondaryIndexes: [{ IndexName: "gsi", KeySchema: keys("g"), ...all, ...extra }]
    })
    fails({ TableName: undefined }, "The parameter 'TableName' is required but was not present in the request")
    fails({ TableName: "ab" }, /'tableName'.*greater than or equal to 3/)
    fails({ TableName: "a".repeat(256) }, /less than or equal to 255/)
    fails({ TableName: "a b c" }, /regular expression pattern: \[a-zA-Z0-9_\.-\]\+/)
    fails({ KeySchema: undefined }, /Value null at 'keySchema'.*Member must not be null/)
    fails(
      { KeySchema: keys("a", "b", "c") },
      /KeySchemaElement\(attributeName=a, keyType=HASH\), .*less than or equal to 2/
    )
    fails(
      { KeySchema: [{ AttributeName: "pk", KeyType: "X" }], BillingMode: "Y" },
      /^2 validation errors detected: .*'keySchema\.1\.member\.keyType'.*'billingMode'/
    )
    fails({ KeySchema: keys("pk", "pk") }, "Invalid KeySchema: Some index key attribute have no definition")
    fails(
      { KeySchema: keys("zz") },
      /Some index key attributes are not defined in AttributeDefinitions. Keys: \[zz\], AttributeDefinitions: \[pk\]/
    )
    fails(
      { AttributeDefinitions: attributes("pk", "x"), KeySchema: [{ AttributeName: "pk", KeyType: "RANGE" }] },
      /first KeySchemaElement is not a HASH/
    )
    fails(
      { AttributeDefinitions: attributes("pk", "x"), KeySchema: [...keys("pk"), ...keys("x")] },
      /second KeySchemaElement is not a RANGE/
    )
    fails({ AttributeDefinitions: attributes("pk", "x") }, /Number of attributes in KeySchema does not exactly match/)
    fails({ ...provisioned }, /Neither ReadCapacityUnits nor WriteCapacityUnits can be specified/)
    fails({ BillingMode: "PROVISIONED" }, /must both be specified when BillingMode is PROVISIONED/)
    fails(
      { BillingMode: undefined, ProvisionedThroughput: { ReadCapacityUnits: 1e13, WriteCapacityUnits: 1 } },
      /out of bounds/
    )
    fails({
      AttributeDefinitions: attributes("pk", "l"),
      LocalSecondaryIndexes: [{ IndexName: "lsi", KeySchema: keys("pk", "l"), ...all }]
    }, /Table KeySchema does not have a range key/)
    fails(gsi({ IndexName: "ab" }), /greater than or equal to 3/)
    fails(gsi({ Projection: {} }), /Unknown ProjectionType: null/)
    fails(
      gsi({ Projection: { ProjectionType: "ALL", NonKeyAttributes: ["x"] } }),
      /ProjectionType is ALL, but NonKeyAttributes is specified/
    )
    fails(gsi({ Projection: { ProjectionType: "INCLUDE" } }), /NonKeyAttributes is not specified/)
    fails(gsi(provisioned), /should not be specified for index: gsi/)
    fails({ ...gsi({}), AttributeDefinitions: attributes("pk", "g", "x") }, /Some AttributeDefinitions are not used/)
    fails({
      ...gsi({}),
      GlobalSecondaryIndexes: [0, 1].map(() => ({ IndexName: "gsi", KeySchema: keys("g"), ...all }))
    }, /Duplicate index name: gsi/)
    fails({ GlobalSecondaryIndexes: [] }, /List of GlobalSecondaryIndexes is empty/)
    fails({ StreamSpecification: { StreamEnabled: true } }, /StreamViewType is required/)
    assert.deepStrictEqual(w.ok("ListTables", {}), { TableNames: [] })
  })

  it("deletion protection protects until it is taken off", () => {
    const w = world()
    w.ok("CreateTable", { ...base, DeletionProtectionEnabled: true })
    w.fails("DeleteTable", { TableName: "things" }, "ValidationException", /protected against deletion/)
    w.ok("UpdateTable", { TableName: "things", DeletionProtectionEnabled: false })
    w.ok("DeleteTable", { TableName: "things" })
  })

  it("change their billing and throughput, but not into what they are", () => {
    const w = world()
    w.ok("CreateTable", { ...base, BillingMode: "PROVISIONED", ...provisioned })
    const update = (input: Output) => ({ TableName: "things", ...input })
    w.fails("UpdateTable", update({}), "ValidationException", /At least one of/)
    w.fails(
      "UpdateTable",
      update(provisioned),
      "ValidationException",
      /will not change. The requested value equals the current value/
    )
    w.fails("UpdateTable", { ...update(provisioned), TableName: "none" }, "ResourceNotFoundException")
    w.ok("UpdateTable", update({ ProvisionedThroughput: { ReadCapacityUnits: 9, WriteCapacityUnits: 2 } }))
    assert.deepStrictEqual(describeTable(w).ProvisionedThroughput, {
      LastIncreaseDateTime: new Date(w.time),
      LastDecreaseDateTime: new Date(w.time),
      NumberOfDecreasesToday: 1,
      ReadCapacityUnits: 9,
      WriteCapacityUnits: 2
    })
    w.fails("UpdateTable", update({ BillingMode: "PAY_PER_REQUEST", ...provisioned }), "ValidationException", /Neither/)
    w.ok("UpdateTable", update({ BillingMode: "PAY_PER_REQUEST" }))
    assert.strictEqual(describeTable(w).BillingModeSummary.BillingMode, "PAY_PER_REQUEST")
    w.fails(
      "UpdateTable",
      update({ BillingMode: "PROVISIONED" }),
      "ValidationException",
      /must be specified when BillingMode is PROVISIONED/
    )
    w.ok("UpdateTable", update({ BillingMode: "PROVISIONED", ...provisioned }))
    assert.strictEqual(describeTable(w).ProvisionedThroughput.ReadCapacityUnits, 5)
  })

  it("get indexes filled with what fits, and lose them", () => {
    const w = world()
    createTable(w, "things", ["pk"])
    w.ok("PutItem", { TableName: "things", Item: { pk: S("1"), g: S("x") } })
    w.ok("PutItem", { TableName: "things", Item: { pk: S("2"), g: N(5) } })
    w.ok("PutItem", { TableName: "things", Item: { pk: S("3") } })
    const create = {
      AttributeDefinitions: attributes("g"),
      GlobalSecondaryIndexUpdates: [{ Create: { IndexName: "gsi", KeySchema: keys("g"), ...all } }]
    }
    const update = (input: Output) => ({ TableName: "things", ...input })
    w.ok("UpdateTable", update(create))
    assert.deepStrictEqual(itemsOf(w.ok("Scan", { TableName: "things", IndexName: "gsi" })).map(({ pk }) => pk?.S), [
      "1"
    ])
    w.ok("PutItem", { TableName: "things", Item: { pk: S("4"), g: S("y") } })
    assert.strictEqual(w.ok("Scan", { TableName: "things", IndexName: "gsi" })["Count"], 2)
    w.fails("UpdateTable", update(create), "ValidationException", /index which already exists/)
    w.fails(
      "UpdateTable",
      update({ GlobalSecondaryIndexUpdates: [{ Create: { IndexName: "gsi2", KeySchema: keys("zz"), ...all } }] }),
      "ValidationException",
      /not defined in AttributeDefinitions/
    )
    w.fails(
      "UpdateTable",
      update({ GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "none" } }] }),
      "ResourceNotFoundException"
    )
    w.fails("UpdateTable", update({ GlobalSecondaryIndexUpdates: [{}] }), "ValidationException", /must not be null/)
    w.ok("UpdateTable", update({ GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "gsi" } }] }))
    const table = describeTable(w)
    assert.isUndefined(table.GlobalSecondaryIndexes)
    assert.deepStrictEqual(table.AttributeDefinitions, attributes("pk"))
    w.fails(
      "Scan",
      { TableName: "things", IndexName: "gsi" },
      "ValidationException",
      /does not have the specified index/
    )
  })

  it("stepwise: nothing is ACTIVE before it is settled", () => {
    const w = world({ transitions: "stepwise" })
    w.ok("CreateTable", base)
    assert.strictEqual(describeTable(w).TableStatus, "CREATING")
    w.fails("PutItem", { TableName: "things", Item: { pk: S("a") } }, "ResourceNotFoundException")
    w.fails("DeleteTable", { TableName: "things" }, "ResourceInUseException", /being created: things/)
    w.fails("UpdateTable", { TableName: "things", DeletionProtectionEnabled: true }, "ResourceInUseException")
    w.engine.settle()
    assert.strictEqual(describeTable(w).TableStatus, "ACTIVE")
    w.ok("PutItem", { TableName: "things", Item: { pk: S("a"), g: S("x") } })
    w.ok("UpdateTable", {
      TableName: "things",
      AttributeDefinitions: attributes("g"),
      GlobalSecondaryIndexUpdates: [{ Create: { IndexName: "gsi", KeySchema: keys("g"), ...all } }]
    })
    const { GlobalSecondaryIndexes: [index], TableStatus } = describeTable(w)
    assert.deepStrictEqual([TableStatus, index.IndexStatus, index.Backfilling], ["UPDATING", "CREATING", true])
    w.fails("Scan", { TableName: "things", IndexName: "gsi" }, "ValidationException", /backfilling/)
    w.ok("PutItem", { TableName: "things", Item: { pk: S("b"), g: S("y") } })
    w.engine.settle()
    assert.strictEqual(w.ok("Scan", { TableName: "things", IndexName: "gsi" })["Count"], 2)
    w.ok("DeleteTable", { TableName: "things" })
    assert.strictEqual(describeTable(w).TableStatus, "DELETING")
    w.fails("GetItem", { TableName: "things", Key: { pk: S("a") } }, "ResourceNotFoundException")
    w.engine.settle()
    w.fails("DescribeTable", { TableName: "things" }, "ResourceNotFoundException")
  })
})

describe("settings", () => {
  it("time to live: expired items stay until the sweep, then go, and say so in the stream", () => {
    const w = world()
    createTable(w, "things", ["pk"], {
      extra: { StreamSpecification: { StreamEnabled: true, StreamViewType: "OLD_IMAGE" } }
    })
    const specification = (AttributeName: string, Enabled = true) => ({
      TableName: "things",
      TimeToLiveSpecification: { AttributeName, Enabled }
    })
    assert.deepStrictEqual(w.ok("DescribeTimeToLive", { TableName: "things" }), {
      TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" }
    })
    w.ok("UpdateTimeToLive", specification("ttl"))
    assert.deepStrictEqual(w.ok("DescribeTimeToLive", { TableName: "things" }), {
      TimeToLiveDescription: { TimeToLiveStatus: "ENABLED", AttributeName: "ttl" }
    })
    w.fails("UpdateTimeToLive", specification("ttl"), "ValidationException", "TimeToLive is already enabled")
    w.fails("UpdateTimeToLive", specification("other"), "ValidationException", /active on a different AttributeName/)
    w.fails("UpdateTimeToLive", specification(""), "ValidationException")
    const now = Math.floor(w.time / 1000)
    const put = (pk: string, ttl: unknown) => w.ok("PutItem", { TableName: "things", Item: { pk: S(pk), ttl } })
    put("expired", N(now - 1))
    put("now", N(now))
    put("later", N(now + 60))
    put("text", S(String(now - 1)))
    put("ancient", N(now - 6 * 365 * 86_400))
    assert.strictEqual(w.ok("Scan", { TableName: "things" })["Count"], 5)
    assert.strictEqual(w.engine.sweep(), 1)
    w.time += 61_000
    assert.strictEqual(w.engine.sweep(), 2)
    assert.deepStrictEqual(itemsOf(w.ok("Scan", { TableName: "things" })).map(({ pk }) => pk?.S).sort(), [
      "ancient",
      "text"
    ])
    const { Streams: [stream] }: Loose = w.ok("ListStreams", {})
    const { StreamDescription: { Shards: [shard] } }: Loose = w.ok("DescribeStream", { StreamArn: stream.StreamArn })
    const { ShardIterator } = w.ok("GetShardIterator", {
      StreamArn: stream.StreamArn,
      ShardId: shard.ShardId,
      ShardIteratorType: "TRIM_HORIZON"
    })
    const { Records }: Loose = w.ok("GetRecords", { ShardIterator })
    const removed = Records.filter((record: Loose) => record.eventName === "REMOVE")
    assert.deepStrictEqual(
      removed.map((record: Loose) => record.userIdentity),
      Array(3).fill({ PrincipalId: "dynamodb.amazonaws.com", Type: "Service" })
    )
    w.ok("UpdateTimeToLive", specification("ttl", false))
    w.fails("UpdateTimeToLive", specification("ttl", false), "ValidationException", "TimeToLive is already disabled")
  })

  it("tags", () => {
    const w = world()
    createTable(w, "things", ["pk"])
    const ResourceArn = describeTable(w).TableArn
    w.ok("TagResource", { ResourceArn, Tags: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }] })
    w.ok("TagResource", { ResourceArn, Tags: [{ Key: "a", Value: "3" }] })
    w.ok("UntagResource", { ResourceArn, TagKeys: ["b", "none"] })
    assert.deepStrictEqual(w.ok("ListTagsOfResource", { ResourceArn }), { Tags: [{ Key: "a", Value: "3" }] })
    w.fails("TagResource", { ResourceArn, Tags: [] }, "ValidationException")
    w.fails(
      "TagResource",
      { ResourceArn: "things", Tags: [{ Key: "a", Value: "1" }] },
      "ValidationException",
      /Invalid TableArn/
    )
    w.fails(
      "TagResource",
      { ResourceArn: `${ResourceArn}2`, Tags: [{ Key: "a", Value: "1" }] },
      "ResourceNotFoundException"
    )
    w.fails("ListTagsOfResource", { ResourceArn: `${ResourceArn}2` }, "AccessDeniedException")
  })

  it("limits, backups, and what no operation is", () => {
    const w = world()
    createTable(w, "things", ["pk"])
    assert.strictEqual(w.ok("DescribeLimits", {})["TableMaxReadCapacityUnits"], 40_000)
    const status = () =>
      (w.ok("DescribeContinuousBackups", { TableName: "things" }) as Loose).ContinuousBackupsDescription
        .PointInTimeRecoveryDescription.PointInTimeRecoveryStatus
    assert.strictEqual(status(), "DISABLED")
    w.ok("UpdateContinuousBackups", {
      TableName: "things",
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }
    })
    assert.strictEqual(status(), "ENABLED")
    w.fails("DescribeContinuousBackups", { TableName: "none" }, "TableNotFoundException")
    w.fails("DoSomething", {}, "UnknownOperationException")
    w.fails("constructor", {}, "UnknownOperationException")
  })
})
