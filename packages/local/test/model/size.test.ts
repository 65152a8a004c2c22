/** What an item takes up, told before it is written, and that none too large is sent. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Item from "@armature/dynamodb/Item"
import * as Attribute from "@armature/model/Attribute"
import { batch } from "@armature/model/Batch"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Stored from "@armature/model/Stored"
import { transact } from "@armature/model/Transact"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { assert, describe } from "vitest"
import { Account, Accounts, App } from "./shop.js"
import { objects, person, Persons, sent, test, Users } from "./together.js"

class Note extends Schema.Class<Note>("Note")({
  id: Schema.String,
  text: Schema.String,
  secret: Attribute.encrypted(Schema.String),
  twice: Attribute.computed(Schema.String, ({ text }: { readonly text: string }) => `${text}${text}`)
}) {}

const maxSize = 2000

const Notes = Entity.make(App, Note, { primary: { pk: key`NOTE#${"id"}`, sk: key`NOTE` } }, { maxSize })

const note = (length: number, secret = "s") => new Note({ id: "1", text: "x".repeat(length), secret, twice: "" })

const stands = (pk: string, sk: string) =>
  Effect.flatMap(
    DynamoDB.DynamoDB,
    (db) =>
      Effect.map(db.getItem({ TableName: "app", Key: { pk: { S: pk }, sk: { S: sk } } }), ({ Item }) => Item ?? {})
  )

const writes = Effect.map(
  Effect.all([sent("PutItem"), sent("UpdateItem"), sent("TransactWriteItems"), sent("BatchWriteItem")]),
  (all) => all.reduce((sum, one) => sum + one, 0)
)

describe("size", () => {
  test("is that of the item as it is written: keys, what fills itself and what is sealed included", () =>
    Effect.gen(function*() {
      const { attributes, maxSize: limit, share, size } = yield* Notes.size(note(100))
      yield* Notes.put(note(100))
      const item = yield* stands("NOTE#1", "NOTE")
      assert.strictEqual(size, Item.size(item))
      assert.strictEqual(limit, maxSize)
      assert.strictEqual(share, size / maxSize)
      assert.deepStrictEqual(attributes.map(({ attribute }) => attribute).sort(), Object.keys(item).sort())
      assert.deepStrictEqual(attributes[0], { attribute: "twice", size: 205, share: 205 / maxSize })
    }))

  test("counts a version's own attributes, and writes nothing", () =>
    Effect.gen(function*() {
      const account = yield* Accounts.create({ id: "1", balance: 1 })
      const before = yield* writes
      const { read, size, write } = yield* Accounts.size(account)
      assert.strictEqual(yield* writes, before)
      assert.strictEqual(size, Item.size(yield* stands("ACCOUNT#1", "ACCOUNT")))
      assert.deepStrictEqual(read, { eventuallyConsistent: 0.5, consistent: 1, transactional: 2 })
      assert.deepStrictEqual(write, { table: 1, indexes: {}, total: 1, transactional: 2 })
    }))

  test("counts a value for S3 as its pointer, and stores nothing", () =>
    Effect.gen(function*() {
      const { attributes } = yield* Persons.size({ ...person("1"), photo: Stored.of(new Uint8Array(1_000_000)) })
      assert.strictEqual(yield* objects, 0)
      yield* Persons.put(person("1"))
      const { photo } = yield* stands("PERSON#1", "PERSON")
      const counted = attributes.find(({ attribute }) => attribute === "photo")?.size ?? 0
      const pointer = Item.size(photo === undefined ? {} : { photo })
      assert.isAtLeast(counted, pointer)
      assert.isAtMost(counted, pointer + 150)
    }))

  test("fails as encoding does, with the path", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Users.size({ id: "1", name: "\ud800", n: 1 }))
      assert.strictEqual(e._tag, "SerializationException")
      assert.deepStrictEqual(e.path, ["name"])
    }))
})

describe("an item above the entity's own limit", () => {
  const large = note(1000)

  test("is not sent by any write of a whole item, and what is largest is named", () =>
    Effect.gen(function*() {
      yield* Notes.put(note(1))
      const before = yield* writes
      const all = [
        yield* Effect.flip(Notes.put(large)),
        yield* Effect.flip(Notes.create(large)),
        yield* Effect.flip(Notes.replace(large)),
        yield* Effect.flip(Notes.save(note(1), new Note({ ...note(1), text: large.text, twice: large.text }))),
        yield* Effect.flip(batch([Notes.put(large)])),
        yield* Effect.flip(transact([Notes.put(large)])),
        yield* Effect.flip(transact([Notes.save(note(1), new Note({ ...large, twice: large.text }))]))
      ]
      for (const e of all) {
        assert(e._tag === "ItemTooLargeException", e._tag)
        assert.strictEqual(e.maxSize, maxSize)
        assert.isAbove(e.size, maxSize)
        assert.include(["text", "twice"], e.largest[0]?.attribute)
      }
      assert.strictEqual(yield* writes, before)
    }))

  test("one that is saved counts what is sealed in it and stays so", () =>
    Effect.gen(function*() {
      const [one, other] = [note(1, "s".repeat(maxSize)), note(2, "s".repeat(maxSize))]
      const e = yield* Effect.flip(Notes.save(one, other))
      assert(e._tag === "ItemTooLargeException")
      assert.strictEqual(e.largest[0]?.attribute, "secret")
    }))

  test("is no failure of one below it", () =>
    Effect.gen(function*() {
      const saved = yield* Effect.zipRight(Notes.put(note(1)), Notes.save(note(1), note(500)))
      assert.strictEqual(saved.text.length, 500)
      const account = yield* Accounts.create({ id: "1", balance: 1 })
      assert.strictEqual((yield* Accounts.save(account, new Account({ ...account, balance: 2 }))).balance, 2)
    }))
})
