import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { createTable, type Loose, N, type Output, S, world } from "./harness.js"

const setup = (StreamViewType: string) => {
  const w = world()
  createTable(w, "things", ["pk"], { extra: { StreamSpecification: { StreamEnabled: true, StreamViewType } } })
  const { LatestStreamArn: StreamArn }: Loose = w.ok("DescribeTable", { TableName: "things" })["Table"]
  const shard = (): Loose => (w.ok("DescribeStream", { StreamArn }) as Loose).StreamDescription.Shards[0]
  const iterator = (ShardIteratorType: string, extra: Output = {}) =>
    w.ok("GetShardIterator", { StreamArn, ShardId: shard().ShardId, ShardIteratorType, ...extra })["ShardIterator"]
  const read = (ShardIterator: unknown, extra: Output = {}): Loose => w.ok("GetRecords", { ShardIterator, ...extra })
  const put = (v: number) => w.ok("PutItem", { TableName: "things", Item: { pk: S("a"), v: N(v) } })
  const remove = () => w.ok("DeleteItem", { TableName: "things", Key: { pk: S("a") } })
  return { w, StreamArn, shard, iterator, read, put, remove }
}

describe("streams", () => {
  it("tell each change in the four views, and no change that is none", () => {
    const item = (v: number) => ({ pk: S("a"), v: N(v) })
    const expected: Readonly<Record<string, ReadonlyArray<Output>>> = {
      KEYS_ONLY: [{}, {}, {}],
      NEW_IMAGE: [{ NewImage: item(1) }, { NewImage: item(2) }, {}],
      OLD_IMAGE: [{}, { OldImage: item(1) }, { OldImage: item(2) }],
      NEW_AND_OLD_IMAGES: [{ NewImage: item(1) }, { NewImage: item(2), OldImage: item(1) }, { OldImage: item(2) }]
    }
    for (const [view, images] of Object.entries(expected)) {
      const { iterator, put, read, remove, w } = setup(view)
      put(1)
      put(1)
      w.ok("UpdateItem", {
        TableName: "things",
        Key: { pk: S("a") },
        UpdateExpression: "SET v = :v",
        ExpressionAttributeValues: { ":v": N(2) }
      })
      w.fails(
        "DeleteItem",
        { TableName: "things", Key: { pk: S("a") }, ConditionExpression: "attribute_exists(x)" },
        "ConditionalCheckFailedException"
      )
      remove()
      remove()
      const { Records } = read(iterator("TRIM_HORIZON"))
      assert.deepStrictEqual(Records.map((record: Loose) => record.eventName), ["INSERT", "MODIFY", "REMOVE"])
      Records.forEach((record: Loose, i: number) => {
        const { ApproximateCreationDateTime, Keys, SequenceNumber, SizeBytes, StreamViewType, ...rest } =
          record.dynamodb
        assert.deepStrictEqual(rest, images[i])
        assert.deepStrictEqual([Keys, StreamViewType], [{ pk: S("a") }, view])
        assert.deepStrictEqual(ApproximateCreationDateTime, new Date(w.time))
        assert.match(SequenceNumber, /^\d{21}$/)
        assert.isAbove(SizeBytes, 0)
        assert.isUndefined(record.userIdentity)
      })
    }
  })

  it("a transaction tells all its changes", () => {
    const { iterator, read, w } = setup("KEYS_ONLY")
    w.ok("TransactWriteItems", {
      TransactItems: ["x", "y"].map((pk) => ({ Put: { TableName: "things", Item: { pk: S(pk) } } }))
    })
    assert.deepStrictEqual(read(iterator("TRIM_HORIZON")).Records.map((record: Loose) => record.dynamodb.Keys.pk.S), [
      "x",
      "y"
    ])
  })

  it("iterators: from the beginning, the end, or a record; forward in pages", () => {
    const { iterator, put, read, w } = setup("NEW_IMAGE")
    const latest = iterator("LATEST")
    for (const v of [1, 2, 3]) put(v)
    const values = ({ Records }: Loose) => Records.map((record: Loose) => record.dynamodb.NewImage.v.N)
    assert.deepStrictEqual(values(read(latest)), ["1", "2", "3"])
    assert.deepStrictEqual(values(read(iterator("LATEST"))), [])
    const first = read(iterator("TRIM_HORIZON"), { Limit: 2 })
    assert.deepStrictEqual(values(first), ["1", "2"])
    const rest = read(first.NextShardIterator)
    assert.deepStrictEqual(values(rest), ["3"])
    put(4)
    assert.deepStrictEqual(values(read(rest.NextShardIterator)), ["4"])
    const { SequenceNumber } = first.Records[1].dynamodb
    assert.deepStrictEqual(values(read(iterator("AT_SEQUENCE_NUMBER", { SequenceNumber }))), ["2", "3", "4"])
    assert.deepStrictEqual(values(read(iterator("AFTER_SEQUENCE_NUMBER", { SequenceNumber }))), ["3", "4"])
    w.time += 15 * 60_000 + 1
    w.fails("GetRecords", { ShardIterator: latest }, "ExpiredIteratorException")
    w.fails("GetRecords", { ShardIterator: "nonsense" }, "ValidationException")
    w.fails("GetRecords", { ShardIterator: Buffer.from("[1,2,3]").toString("base64") }, "ValidationException")
  })

  it("keep records for a day", () => {
    const { iterator, put, read, w } = setup("NEW_IMAGE")
    put(1)
    const { SequenceNumber } = read(iterator("TRIM_HORIZON")).Records[0].dynamodb
    w.time += 24 * 3_600_000 + 1
    put(2)
    const { Records } = read(iterator("TRIM_HORIZON"))
    assert.deepStrictEqual(Records.map((record: Loose) => record.dynamodb.NewImage.v.N), ["2"])
    assert.throws(() => iterator("AT_SEQUENCE_NUMBER", { SequenceNumber }), /TrimmedDataAccessException/)
  })

  it("outlive their table, closed; a new one is another stream", () => {
    const { iterator, put, read, StreamArn, w } = setup("KEYS_ONLY")
    put(1)
    w.fails(
      "UpdateTable",
      { TableName: "things", StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" } },
      "ResourceInUseException",
      /already has an enabled stream/
    )
    w.ok("UpdateTable", { TableName: "things", StreamSpecification: { StreamEnabled: false } })
    put(2)
    const page = read(iterator("TRIM_HORIZON"))
    assert.strictEqual(page.Records.length, 1)
    assert.isUndefined(page.NextShardIterator)
    assert.strictEqual((w.ok("DescribeStream", { StreamArn }) as Loose).StreamDescription.StreamStatus, "DISABLED")
    w.ok("UpdateTable", {
      TableName: "things",
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" }
    })
    w.ok("DeleteTable", { TableName: "things" })
    const { Streams }: Loose = w.ok("ListStreams", { TableName: "things" })
    assert.deepStrictEqual([Streams.length, Streams[0].StreamArn], [2, StreamArn])
    assert.notStrictEqual(Streams[1].StreamArn, StreamArn)
    assert.deepStrictEqual(w.ok("ListStreams", { TableName: "others" }), { Streams: [] })
    const { LastEvaluatedStreamArn }: Loose = w.ok("ListStreams", { Limit: 1 })
    assert.strictEqual(LastEvaluatedStreamArn, StreamArn)
    w.fails("DescribeStream", { StreamArn: `${StreamArn}0` }, "ResourceNotFoundException")
    w.fails("GetShardIterator", {
      StreamArn,
      ShardId: "shardId-00000000000000000000-00000000",
      ShardIteratorType: "LATEST"
    }, "ResourceNotFoundException")
  })
})
