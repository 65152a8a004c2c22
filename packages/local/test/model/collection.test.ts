/** Collections: a partition of several entities, read together. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Local from "@armature/local/Local"
import * as Collection from "@armature/model/Collection"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Stored from "@armature/model/Stored"
import * as StreamImage from "@armature/model/StreamImage"
import * as Table from "@armature/model/Table"
import { describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { assert } from "vitest"
import { App, Customers, type World, world } from "./shop.js"

class Bill extends Schema.Class<Bill>("Bill")({ tenant: Schema.String, id: Schema.String, total: Schema.Number }) {}
const Bills = Entity.make(App, Bill, {
  primary: { pk: key`T#${"tenant"}`, sk: key`BILL#${"id"}` },
  byTenant: { index: "gsi1", pk: key`T#${"tenant"}`, sk: key`${"id"}` }
})

class Note extends Schema.Class<Note>("Note")({ tenant: Schema.String, id: Schema.String, text: Schema.String }) {}
const Notes = Entity.make(App, Note, {
  primary: { pk: key`T#${"tenant"}`, sk: key`NOTE#${"id"}` },
  byTenant: { index: "gsi1", pk: key`T#${"tenant"}`, sk: key`${"id"}` }
})

const All = Collection.make({ bills: Bills, notes: Notes })

const bill = (id: string, tenant = "acme") => new Bill({ tenant, id, total: 1 })
const note = (id: string) => new Note({ tenant: "acme", id, text: "x" })

const test = (what: string, body: () => Effect.Effect<void, unknown, World>) =>
  it.scopedLive(what, () => Effect.suspend(body).pipe(Effect.provide(world)))

const list = <A, E, R>(stream: Stream.Stream<A, E, R>) => Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

/** Something else in the same partition. */
const stranger = Effect.flatMap(
  DynamoDB.DynamoDB,
  (db) => db.putItem({ TableName: "app", Item: { pk: { S: "T#acme" }, sk: { S: "A" }, __entity: { S: "Else" } } })
)

const all = Effect.all([
  Bills.put(bill("1")),
  Bills.put(bill("2")),
  Notes.put(note("1")),
  Bills.put(bill("1", "other")),
  stranger
])

describe("collections", () => {
  test("a partition as a stream of tagged values, in the order of the sort key", () =>
    Effect.gen(function*() {
      yield* all
      assert.deepStrictEqual(yield* list(All.query({ tenant: "acme" })), [
        { _tag: "bills", value: bill("1") },
        { _tag: "bills", value: bill("2") },
        { _tag: "notes", value: note("1") }
      ])
      const [first] = yield* list(All.query({ tenant: "acme" }, { reverse: true, limit: 1 }))
      assert.deepStrictEqual(first, { _tag: "notes", value: note("1") })
    }))

  test("grouped: each member's values in a list of its own", () =>
    Effect.gen(function*() {
      yield* all
      assert.deepStrictEqual(yield* All.grouped({ tenant: "acme" }, { pageSize: 1 }), {
        bills: [bill("1"), bill("2")],
        notes: [note("1")]
      })
      assert.deepStrictEqual(yield* All.grouped({ tenant: "none" }), { bills: [], notes: [] })
    }))

  test("by an index that every member has", () =>
    Effect.gen(function*() {
      yield* all
      const indexed = Collection.make({ bills: Bills, notes: Notes }, { index: "byTenant" })
      const found = yield* list(indexed.query({ tenant: "acme" }))
      assert.sameMembers(found.map(({ _tag, value }) => `${_tag} ${value.id}`), ["bills 1", "bills 2", "notes 1"])
      const page = yield* indexed.queryPage({ tenant: "acme" }, { limit: 2 })
      const cursor = Option.getOrThrow(page.cursor)
      const rest = yield* indexed.queryPage({ tenant: "acme" }, { cursor })
      assert.deepStrictEqual([...page.items, ...rest.items], found)
    }))

  it.effect("by an index of some attributes, where entities are told apart as well", () =>
    Effect.gen(function*() {
      const Some = Table.make("some", {
        key: ["pk"],
        indexes: { gsi1: { key: ["g1pk"], projection: ["tenant", "id"] } }
      })
      const fields = { tenant: Schema.String, id: Schema.String }
      const byTenant = { index: "gsi1", pk: key`T#${"tenant"}` } as const
      const One = Entity.make(Some, Schema.Struct(fields), { primary: { pk: key`ONE#${"id"}` }, byTenant }, {
        name: "One"
      })
      const Two = Entity.make(Some, Schema.Struct(fields), { primary: { pk: key`TWO#${"id"}` }, byTenant }, {
        name: "Two"
      })
      const items = Effect.gen(function*() {
        yield* One.put({ tenant: "t", id: "1" })
        yield* Two.put({ tenant: "t", id: "2" })
        const both = Collection.make({ one: One, two: Two }, { index: "byTenant" })
        return [yield* both.grouped({ tenant: "t" }), yield* list(One.query("byTenant", { tenant: "t" }))]
      })
      assert.deepStrictEqual(yield* Effect.provide(items, Local.layer({ tables: [Table.definition(Some)] })), [
        { one: [{ tenant: "t", id: "1" }], two: [{ tenant: "t", id: "2" }] },
        [{ tenant: "t", id: "1" }]
      ])
    }))

  test("items of no member are left out, or a failure where that is asked for", () =>
    Effect.gen(function*() {
      yield* all
      const e = yield* Effect.flip(list(All.query({ tenant: "acme" }, { others: "fail" })))
      assert.strictEqual(e._tag, "NoMemberException")
      assert.deepStrictEqual((yield* list(All.query({ tenant: "other" }, { others: "fail" }))).length, 1)
    }))

  test("a cursor goes on in its own partition and in no other", () =>
    Effect.gen(function*() {
      yield* all
      const page = yield* All.queryPage({ tenant: "acme" }, { limit: 1 })
      const cursor = Option.getOrThrow(page.cursor)
      const rest = yield* list(All.query({ tenant: "acme" }, { cursor }))
      assert.deepStrictEqual(rest.map(({ value }) => value), [bill("2"), note("1")])
      const e = yield* Effect.flip(All.queryPage({ tenant: "other" }, { cursor }))
      assert.strictEqual(e._tag, "ValidationException")
    }))

  test("a member with sealed values is opened as it is by itself", () =>
    Effect.gen(function*() {
      const made = yield* Customers.create({
        tenant: "acme",
        name: "Ada",
        ssn: "123",
        card: { pan: "456", month: 1 },
        photo: Stored.of(new Uint8Array([1]))
      })
      yield* Bills.put(bill("1"))
      const { customers } = yield* Collection.make({ bills: Bills, customers: Customers }).grouped({ tenant: "acme" })
      assert.deepStrictEqual(customers.map(({ id, ssn }) => [id, ssn]), [[made.id, "123"]])
    }))

  test("images of a stream are decoded as the member's whose they are", () =>
    Effect.gen(function*() {
      const image = {
        pk: { S: "T#acme" },
        sk: { S: "NOTE#1" },
        tenant: { S: "acme" },
        id: { S: "1" },
        text: { S: "x" },
        __entity: { S: "Note" }
      }
      assert.deepStrictEqual(yield* StreamImage.decodeImage(All, image), { _tag: "notes", value: note("1") })
      const record = (NewImage: StreamImage.JsonItem): StreamImage.DynamoDBRecord => ({
        eventName: "INSERT",
        dynamodb: { Keys: { pk: { S: "T#acme" }, sk: { S: "NOTE#1" } }, NewImage, SequenceNumber: "1" }
      })
      const change = Option.getOrThrow(yield* StreamImage.decodeRecord(All, record(image)))
      assert(change._tag === "Insert" && change.new._tag === "notes")
      const other = { ...image, __entity: { S: "Else" } }
      assert.deepStrictEqual(yield* StreamImage.decodeRecord(All, record(other)), Option.none())
      const { __entity: _, ...nameless } = image
      assert.deepStrictEqual(yield* StreamImage.decodeRecord(All, record(nameless)), Option.none())
    }))

  test("members that write a partition differently are refused", () =>
    Effect.gen(function*() {
      const Shouting = Schema.transform(Schema.String, Schema.String, {
        strict: true,
        decode: (s) => s.toLowerCase(),
        encode: (s) => s.toUpperCase()
      })
      const Loud = Entity.make(
        App,
        Schema.Struct({ tenant: Shouting, id: Schema.String }),
        { primary: { pk: key`T#${"tenant"}`, sk: key`LOUD#${"id"}` } },
        { name: "Loud" }
      )
      const mixed = Collection.make({ bills: Bills, loud: Loud })
      const e = yield* Effect.flip(mixed.grouped({ tenant: "acme" }))
      assert.strictEqual(e._tag, "ValidationException")
    }))
})

it("members of other tables, partitions or of one name make no collection", () => {
  const Elsewhere = Entity.make(Table.make("else", { key: ["pk", "sk"] }), Note, {
    primary: { pk: key`T#${"tenant"}`, sk: key`NOTE#${"id"}` }
  })
  const Otherwise = Entity.make(App, Note, { primary: { pk: key`U#${"tenant"}`, sk: key`NOTE#${"id"}` } })
  assert.throws(() => Collection.make({ bills: Bills, notes: Elsewhere }), /another table/)
  assert.throws(() => Collection.make({ bills: Bills, notes: Otherwise }), /otherwise/)
  assert.throws(() => Collection.make({ a: Bills, b: Bills }), /one name/)
})
