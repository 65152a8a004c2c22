/** Stream images: what Lambda hands over becomes an entity's changes. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type { Item } from "@armature/dynamodb/Item"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Stored from "@armature/model/Stored"
import * as StreamImage from "@armature/model/StreamImage"
import { describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { inspect } from "node:util"
import { assert } from "vitest"
import { App, Customer, Customers, type World, world } from "./shop.js"

class Thing extends Schema.Class<Thing>("Thing")({
  tenant: Schema.String,
  id: Schema.String,
  n: Schema.BigIntFromSelf,
  bytes: Schema.Uint8ArrayFromSelf,
  tags: Schema.ReadonlySetFromSelf(Schema.String),
  lines: Schema.Array(Schema.Struct({ sku: Schema.String, qty: Schema.Number }))
}) {}
const Things = Entity.make(App, Thing, { primary: { pk: key`T#${"tenant"}`, sk: key`THING#${"id"}` } })

const thing = (n = 1n) =>
  new Thing({
    tenant: "acme",
    id: "1",
    n,
    bytes: new Uint8Array([0, 255, 7]),
    tags: new Set(["x", "y"]),
    lines: [{ sku: "a", qty: 2 }]
  })

const test = (what: string, body: () => Effect.Effect<void, unknown, World>) =>
  it.scopedLive(what, () => Effect.suspend(body).pipe(Effect.provide(world)))

/** As Lambda writes a value: bytes as base64. */
const json = (item: unknown): StreamImage.JsonItem =>
  JSON.parse(JSON.stringify(item, (_, u: unknown) => {
    if (u instanceof Uint8Array) return Buffer.from(u).toString("base64")
    return u
  }))

const keys = { pk: { S: "T#acme" }, sk: { S: "THING#1" } }

/** The item as it lies in the table. */
const raw = (key: Item) =>
  Effect.flatMap(
    DynamoDB.DynamoDB,
    (db) => Effect.map(db.getItem({ TableName: "app", Key: key }), ({ Item }) => json(Item ?? {}))
  )

const stored = (value: Thing) => Effect.zipRight(Things.put(value), raw(keys))

const record = (
  eventName: string,
  images: { readonly NewImage?: StreamImage.JsonItem; readonly OldImage?: StreamImage.JsonItem },
  more: object = {}
): StreamImage.DynamoDBRecord => ({
  eventID: "e1",
  eventName,
  dynamodb: { ApproximateCreationDateTime: 1_700_000_000, Keys: keys, SequenceNumber: "111", ...images },
  ...more
})

const kinesis = (change: object): StreamImage.KinesisRecord => ({
  kinesis: { data: Buffer.from(JSON.stringify(change)).toString("base64"), sequenceNumber: "49" }
})

describe("stream images", () => {
  test("an image is the value that was put, binary and big numbers included", () =>
    Effect.gen(function*() {
      const image = yield* stored(thing(12345678901234567890n))
      assert.deepStrictEqual(yield* StreamImage.decodeImage(Things, image), thing(12345678901234567890n))
    }))

  test("insert, modify and remove, with what was before and after", () =>
    Effect.gen(function*() {
      const [first, second] = [yield* stored(thing(1n)), yield* stored(thing(2n))]
      const inserted = Option.getOrThrow(
        yield* StreamImage.decodeRecord(Things, record("INSERT", { NewImage: first }))
      )
      assert(inserted._tag === "Insert")
      assert.deepStrictEqual(inserted.new, thing(1n))
      assert.strictEqual(inserted.sequenceNumber, "111")
      assert.deepStrictEqual(inserted.eventId, Option.some("e1"))
      assert.deepStrictEqual(inserted.at, Option.some(DateTime.unsafeMake("2023-11-14T22:13:20Z")))
      const modified = Option.getOrThrow(
        yield* StreamImage.decodeRecord(Things, record("MODIFY", { OldImage: first, NewImage: second }))
      )
      assert(modified._tag === "Modify")
      assert.deepStrictEqual([modified.old, modified.new], [thing(1n), thing(2n)])
      const removed = Option.getOrThrow(
        yield* StreamImage.decodeRecord(Things, record("REMOVE", { OldImage: second }))
      )
      assert(removed._tag === "Remove")
      assert.deepStrictEqual([removed.old, removed.expired], [thing(2n), false])
      const userIdentity = { type: "Service", principalId: "dynamodb.amazonaws.com" }
      const expired = Option.getOrThrow(
        yield* StreamImage.decodeRecord(Things, record("REMOVE", { OldImage: second }, { userIdentity }))
      )
      assert(expired._tag === "Remove" && expired.expired)
    }))

  test("a Kinesis record is the same change, with Kinesis' sequence number and a time in milli- or microseconds", () =>
    Effect.gen(function*() {
      const image = yield* stored(thing())
      const body = { Keys: keys, NewImage: image, ApproximateCreationDateTime: 1_700_000_000_123 }
      const change = { eventName: "INSERT", eventID: "e2", recordFormat: "application/json", tableName: "app" }
      const millis = Option.getOrThrow(
        yield* StreamImage.decodeRecord(Things, kinesis({ ...change, dynamodb: body }))
      )
      assert(millis._tag === "Insert")
      assert.deepStrictEqual(millis.new, thing())
      assert.strictEqual(millis.sequenceNumber, "49")
      assert.deepStrictEqual(millis.at, Option.some(DateTime.unsafeMake(1_700_000_000_123)))
      const micros = Option.getOrThrow(
        yield* StreamImage.decodeRecord(
          Things,
          kinesis({
            ...change,
            dynamodb: {
              ...body,
              ApproximateCreationDateTime: 1_700_000_000_123_456,
              ApproximateCreationDateTimePrecision: "MICROSECOND"
            }
          })
        )
      )
      assert.deepStrictEqual(micros.at, millis.at)
    }))

  test("sealed values and values in S3 are opened by the keys of the record", () =>
    Effect.gen(function*() {
      const made = yield* Customers.create(
        {
          tenant: "acme",
          name: "Ada",
          ssn: "123",
          card: { pan: "456", month: 1 },
          photo: Stored.of(new Uint8Array([1, 2, 3]))
        }
      )
      const Keys = { pk: { S: "T#acme" }, sk: { S: `CUSTOMER#${made.id}` } }
      const NewImage = yield* raw(Keys)
      const at = (keys: Item) =>
        StreamImage.decodeRecord(Customers, {
          eventName: "INSERT",
          dynamodb: { Keys: keys, NewImage, SequenceNumber: "1" }
        })
      const change = Option.getOrThrow(yield* at(Keys))
      assert(change._tag === "Insert")
      assert.instanceOf(change.new, Customer)
      assert.strictEqual(change.new.ssn, "123")
      assert.deepStrictEqual(yield* change.new.photo.read, new Uint8Array([1, 2, 3]))
      // an image under another item's keys stays closed
      const e = yield* Effect.flip(at({ ...Keys, sk: { S: "CUSTOMER#other" } }))
      assert.strictEqual(e._tag, "EncryptionException")
    }))

  test("another entity's record is none, and an item that changes hands comes or goes", () =>
    Effect.gen(function*() {
      const mine = yield* stored(thing())
      const theirs = { ...mine, __entity: { S: "Other" } }
      const decode = (record: StreamImage.DynamoDBRecord) => StreamImage.decodeRecord(Things, record)
      assert.deepStrictEqual(yield* decode(record("INSERT", { NewImage: theirs })), Option.none())
      const comes = Option.getOrThrow(yield* decode(record("MODIFY", { OldImage: theirs, NewImage: mine })))
      assert.strictEqual(comes._tag, "Insert")
      const goes = Option.getOrThrow(yield* decode(record("MODIFY", { OldImage: mine, NewImage: theirs })))
      assert(goes._tag === "Remove")
      assert.deepStrictEqual([goes.old, goes.expired], [thing(), false])
    }))

  test("a view without images gives none, and tells entities by their keys", () =>
    Effect.gen(function*() {
      const view = { view: "KEYS_ONLY" } as const
      const mine = Option.getOrThrow(yield* StreamImage.decodeRecord(Things, record("MODIFY", {}), view))
      assert(mine._tag === "Modify")
      assert.deepStrictEqual([mine.new, mine.old, mine.keys], [undefined, undefined, keys])
      assert.deepStrictEqual(yield* StreamImage.decodeRecord(Customers, record("MODIFY", {}), view), Option.none())
      // by default both images are asked for
      const e = yield* Effect.flip(StreamImage.decodeRecord(Things, record("MODIFY", {})))
      assert(e._tag === "StreamRecordException")
      assert.deepStrictEqual(e.path, ["dynamodb", "NewImage"])
    }))

  test("what is no such record is a typed failure that says where, and nothing of what stood there", () =>
    Effect.gen(function*() {
      const image = yield* stored(thing())
      const shapes: ReadonlyArray<readonly [unknown, ReadonlyArray<string | number>]> = [
        [undefined, []],
        [{}, ["eventName"]],
        [record("secret", {}), ["eventName"]],
        [record("toString", {}), ["eventName"]],
        [{ eventName: "INSERT" }, ["dynamodb"]],
        [{ eventName: "INSERT", dynamodb: { Keys: keys } }, ["dynamodb", "SequenceNumber"]],
        [record("INSERT", { NewImage: { ...image, n: { N: "secret" } } }), ["dynamodb", "NewImage", "n"]],
        [record("INSERT", { NewImage: { ...image, bytes: { B: "se cret" } } }), ["dynamodb", "NewImage", "bytes"]],
        [record("INSERT", { NewImage: { ...image, n: { S: "secret", N: "1" } } }), ["dynamodb", "NewImage", "n"]],
        [record("INSERT", { NewImage: { ...image, n: {} } }), ["dynamodb", "NewImage", "n"]],
        [{ kinesis: { data: "c2VjcmV0", sequenceNumber: "1" } }, ["kinesis", "data"]],
        [{ kinesis: { data: Buffer.from("{}").toString("base64"), sequenceNumber: "1" } }, [
          "kinesis",
          "data",
          "eventName"
        ]]
      ]
      for (const [shape, path] of shapes) {
        // not what the types allow
        const e = yield* Effect.flip(StreamImage.decodeRecord(Things, shape as StreamImage.DynamoDBRecord))
        assert(e._tag === "StreamRecordException")
        assert.deepStrictEqual(e.path, path)
        assert.notInclude(inspect(e, { depth: Infinity, showHidden: true }), "secret")
      }
      let deep: StreamImage.JsonValue = { S: "x" }
      for (let i = 0; i < 100_000; i++) deep = { L: [deep] }
      const e = yield* Effect.flip(StreamImage.decodeImage(Things, { ...image, lines: deep }))
      assert.strictEqual(e._tag, "StreamRecordException")
    }))

  test("an image that the schema does not know is a typed failure with the path", () =>
    Effect.gen(function*() {
      const image = yield* stored(thing())
      const e = yield* Effect.flip(StreamImage.decodeImage(Things, { ...image, n: { S: "one" } }))
      assert(e._tag === "SerializationException")
      assert.deepStrictEqual(e.path, ["n"])
    }))
})
