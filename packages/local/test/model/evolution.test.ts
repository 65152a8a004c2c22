/** Evolution: items of earlier schemas, read, written back, and migrated by whole tables. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type { Item } from "@armature/dynamodb/Item"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as Attribute from "@armature/model/Attribute"
import * as Entity from "@armature/model/Entity"
import * as Evolution from "@armature/model/Evolution"
import { key } from "@armature/model/Key"
import * as Migration from "@armature/model/Migration"
import * as Table from "@armature/model/Table"
import { describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { assert } from "vitest"
import { App, type World, world } from "./shop.js"

const UserV1 = Schema.Struct({ id: Schema.String, name: Schema.String })
const UserV2 = Schema.Struct({ id: Schema.String, first: Schema.String, surname: Schema.String })
class User extends Schema.Class<User>("User")({ id: Schema.String, names: Schema.Array(Schema.String) }) {}

const keys = { primary: { pk: key`USER#${"id"}`, sk: key`USER` } }
const Current = Entity.make(App, User, keys)
const V1 = Entity.make(App, UserV1, keys, { name: "User" })
const V2 = Entity.make(App, UserV2, keys, { name: "User" })

const previous = [
  Evolution.from(UserV2, ({ first, id, surname }) => new User({ id, names: [first, surname] })),
  Evolution.from(UserV1, ({ id, name }) => new User({ id, names: name.split(" ") }))
] as const
const Users = Evolution.make(Current, { previous })
const Written = Evolution.make(Current, { previous, writeBack: true })

const AccountV1 = Schema.Struct({ id: Schema.String, balance: Schema.String, version: Attribute.Version })
class Account extends Schema.Class<Account>("Account")({
  id: Schema.String,
  cents: Schema.Number,
  version: Attribute.Version
}) {}
const accountKeys = { primary: { pk: key`ACCOUNT#${"id"}`, sk: key`ACCOUNT` } }
const OldAccounts = Entity.make(App, AccountV1, accountKeys, { name: "Account" })
const Accounts = Evolution.make(Entity.make(App, Account, accountKeys), {
  previous: [
    Evolution.from(
      AccountV1,
      ({ balance, ...rest }) => new Account({ ...rest, cents: Math.round(Number(balance) * 100) })
    )
  ],
  writeBack: true
})

const test = (what: string, body: () => Effect.Effect<void, unknown, World>) =>
  it.scopedLive(what, () => Effect.suspend(body).pipe(Effect.provide(world)))

const raw = (id: string, kind = "USER") =>
  Effect.flatMap(
    DynamoDB.DynamoDB,
    (db) =>
      Effect.map(
        db.getItem({ TableName: "app", Key: { pk: { S: `${kind}#${id}` }, sk: { S: kind } } }),
        ({ Item }): Item => Item ?? {}
      )
  )

const calls = Effect.flatMap(
  LocalDynamoDB.LocalDynamoDB,
  (local) => Effect.map(local.calls, (all) => all.map(({ operation }) => operation))
)

const counted = (schema: string, outcome: string) =>
  Effect.map(
    Metric.value(Evolution.migrations.pipe(
      Metric.tagged("entity", "User"),
      Metric.tagged("schema", schema),
      Metric.tagged("outcome", outcome)
    )),
    ({ count }) => count
  )

const ada = new User({ id: "1", names: ["Ada", "Lovelace"] })

describe("evolution", () => {
  test("an item of an earlier schema is read as the current one, and counted", () =>
    Effect.gen(function*() {
      yield* V1.put({ id: "1", name: "Ada Lovelace" })
      const before = yield* counted("2", "read")
      assert.deepStrictEqual(yield* Users.require({ id: "1" }), ada)
      assert.strictEqual((yield* counted("2", "read")) - before, 1)
      yield* V2.put({ id: "1", first: "Ada", surname: "Lovelace" })
      assert.deepStrictEqual(yield* Users.get({ id: "1" }), Option.some(ada))
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Stream.runCollect(Users.scan())), [ada])
      // and nothing was written
      assert.notProperty(yield* raw("1"), "names")
    }))

  test("with none that fits, the failure is that of the current schema", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* db.putItem({
        TableName: "app",
        Item: { pk: { S: "USER#1" }, sk: { S: "USER" }, id: { S: "1" }, names: { S: "secret" } }
      })
      const e = yield* Effect.flip(Users.get({ id: "1" }))
      assert(e._tag === "SerializationException")
      assert.deepStrictEqual(e.path, ["names"])
    }))

  test("a migration that throws is a typed failure", () =>
    Effect.gen(function*() {
      yield* V1.put({ id: "1", name: "Ada" })
      const Throwing = Evolution.make(Current, {
        previous: [Evolution.from(UserV1, (): User => {
          throw new Error("secret")
        })]
      })
      const e = yield* Effect.flip(Throwing.get({ id: "1" }))
      assert(e._tag === "SerializationException")
      assert.notInclude(e.message, "secret")
    }))

  test("written back when it is read, once, as any put would write it", () =>
    Effect.gen(function*() {
      yield* V1.put({ id: "1", name: "Ada Lovelace" })
      const before = yield* counted("2", "written")
      assert.deepStrictEqual(yield* Written.require({ id: "1" }), ada)
      assert.deepStrictEqual(yield* Written.require({ id: "1" }), ada)
      assert.strictEqual((yield* counted("2", "written")) - before, 1)
      const item = yield* raw("1")
      assert.deepStrictEqual(item["names"], { L: [{ S: "Ada" }, { S: "Lovelace" }] })
      assert.notProperty(item, "name")
      assert.deepStrictEqual((yield* calls).filter((operation) => operation === "PutItem").length, 2)
    }))

  test("a version goes up when it is written back, and the value that is read has the new one", () =>
    Effect.gen(function*() {
      const old = yield* OldAccounts.create({ id: "1", balance: "12.34" })
      const account = yield* Accounts.require({ id: "1" })
      assert.deepStrictEqual(account, new Account({ id: "1", cents: 1234, version: old.version + 1 }))
      // who still holds the old item cannot write it over the new one
      const e = yield* Effect.flip(OldAccounts.put({ ...old, balance: "1" }))
      assert.strictEqual(e._tag, "ConditionalCheckFailedException")
      const saved = yield* Accounts.save(account, new Account({ ...account, cents: 1 }))
      assert.strictEqual(saved.version, old.version + 2)
    }))

  test("an item that becomes versioned begins with its first version", () =>
    Effect.gen(function*() {
      const Unversioned = Entity.make(App, Schema.Struct({ id: Schema.String, n: Schema.Number }), accountKeys, {
        name: "Account"
      })
      const Versioned = Evolution.make(Entity.make(App, Account, accountKeys), {
        previous: [
          Evolution.from(
            Schema.Struct({ id: Schema.String, n: Schema.Number }),
            ({ id, n }) => new Account({ id, cents: n, version: 0 })
          )
        ],
        writeBack: true
      })
      yield* Unversioned.put({ id: "1", n: 7 })
      assert.deepStrictEqual(
        yield* Versioned.require({ id: "1" }),
        new Account({ id: "1", cents: 7, version: 1 })
      )
      assert.deepStrictEqual((yield* raw("1", "ACCOUNT"))["version"], { N: "1" })
    }))

  test("what somebody else wrote meanwhile is not overwritten", () =>
    Effect.gen(function*() {
      yield* V1.put({ id: "1", name: "Ada Lovelace" })
      // between the read and the write back
      const context = yield* Effect.context<World>()
      const Raced = Evolution.make(Current, {
        previous: [
          Evolution.from(UserV1, ({ id, name }) => {
            Effect.runSync(V1.put({ id: "1", name: "Somebody Else" }).pipe(Effect.provide(context)))
            return new User({ id, names: name.split(" ") })
          })
        ],
        writeBack: true
      })
      const before = yield* counted("1", "conflict")
      assert.deepStrictEqual(yield* Raced.require({ id: "1" }), ada)
      assert.strictEqual((yield* counted("1", "conflict")) - before, 1)
      assert.deepStrictEqual((yield* raw("1"))["name"], { S: "Somebody Else" })
    }))

  test("an item out of an index that has not all of it is not written back", () =>
    Effect.gen(function*() {
      const Part = Table.make("part", {
        key: ["pk"],
        indexes: { byName: { key: ["name", "pk"], projection: ["id", "version", "__entity"] } }
      })
      const partKeys = {
        primary: { pk: key`U#${"id"}` },
        byName: { index: "byName", pk: key.attribute("name"), sk: key`U#${"id"}` }
      } as const
      // a version alone does not tell that something of the item is missing
      const Old = Schema.Struct({
        id: Schema.String,
        name: Schema.String,
        note: Schema.optional(Schema.String),
        version: Attribute.Version
      })
      const Now = Schema.Struct({ ...Old.fields, greeting: Schema.String })
      const OldParts = Entity.make(Part, Old, partKeys, { name: "Part" })
      const Parts = Evolution.make(Entity.make(Part, Now, partKeys, { name: "Part" }), {
        previous: [Evolution.from(Old, (old) => ({ ...old, greeting: `hello ${old.name}` }))],
        writeBack: true
      })
      const db = yield* DynamoDB.DynamoDB
      yield* Table.create(Part)
      yield* OldParts.create({ id: "1", name: "ada", note: "kept" })
      const found = yield* Stream.runHead(Parts.query("byName", { name: "ada" }))
      assert.strictEqual(Option.getOrThrow(found).greeting, "hello ada")
      const { Item } = yield* db.getItem({ TableName: "part", Key: { pk: { S: "U#1" } } })
      assert.deepStrictEqual(Item?.["note"], { S: "kept" })
      assert.notProperty(Item, "greeting")
      // the table itself has all of it
      yield* Parts.get({ id: "1" })
      const whole = yield* db.getItem({ TableName: "part", Key: { pk: { S: "U#1" } } })
      assert.deepStrictEqual([whole.Item?.["note"], whole.Item?.["greeting"]], [{ S: "kept" }, { S: "hello ada" }])
    }))

  test("an old image is not written back: the item is gone", () =>
    Effect.gen(function*() {
      yield* V1.put({ id: "1", name: "Ada Lovelace" })
      assert.deepStrictEqual(yield* Written.delete({ id: "1" }, { return: "ALL_OLD" }), Option.some(ada))
      assert.deepStrictEqual(yield* raw("1"), {})
      assert.strictEqual((yield* calls).filter((operation) => operation === "PutItem").length, 1)
    }))

  test("what cannot be opened is no older item", () =>
    Effect.gen(function*() {
      const Sealed = Schema.Struct({ id: Schema.String, ssn: Attribute.encrypted(Schema.String) })
      const Plain = Schema.Struct({ id: Schema.String, ssn: Schema.Uint8ArrayFromSelf })
      const own = { primary: { pk: key`S#${"id"}`, sk: key`S` } }
      const People = Evolution.make(Entity.make(App, Sealed, own, { name: "Person" }), {
        previous: [Evolution.from(Plain, ({ id }) => ({ id, ssn: "made up" }))]
      })
      const db = yield* DynamoDB.DynamoDB
      yield* db.putItem({
        TableName: "app",
        Item: { pk: { S: "S#1" }, sk: { S: "S" }, id: { S: "1" }, ssn: { B: new Uint8Array([1, 2, 3]) } }
      })
      const e = yield* Effect.flip(People.get({ id: "1" }))
      assert.strictEqual(e._tag, "EncryptionException")
    }))

  test("what was in clear and is sealed now is read by a schema that has it so, and sealed when it is migrated", () =>
    Effect.gen(function*() {
      const Card = Schema.Struct({ pan: Attribute.encrypted(Schema.String) })
      const Sealed = Schema.Struct({ id: Schema.String, ssn: Attribute.encrypted(Schema.String), card: Card })
      const Clear = Schema.Struct({
        id: Schema.String,
        ssn: Schema.String,
        card: Schema.Struct({ pan: Schema.String })
      })
      const own = { primary: { pk: key`S#${"id"}`, sk: key`S` } }
      const Before = Entity.make(App, Clear, own, { name: "Person" })
      const Now = Entity.make(App, Sealed, own, { name: "Person" })
      const People = Evolution.make(Now, { previous: [Evolution.from(Clear, (old) => old)] })
      const one = { id: "1", ssn: "marked-ssn", card: { pan: "marked-pan" } }
      yield* Before.put(one)
      assert.strictEqual((yield* Effect.flip(Now.get({ id: "1" })))._tag, "EncryptionException")
      assert.deepStrictEqual(yield* People.require({ id: "1" }), one)
      const [progress] = Chunk.toReadonlyArray(yield* Stream.runCollect(Migration.run(People)))
      assert.deepStrictEqual([progress?.read, progress?.migrated], [1, 1])
      assert.deepStrictEqual(Object.keys((yield* raw("1", "S"))["ssn"] ?? {}), ["B"])
      assert.deepStrictEqual(yield* Now.require({ id: "1" }), one)
      // a schema that does not have the attribute would lose what stands there
      const Without = Schema.Struct({ id: Schema.String })
      const Lossy = Evolution.make(Now, {
        previous: [Evolution.from(Without, ({ id }) => ({ ...one, id, ssn: "made up" }))]
      })
      yield* Before.put(one)
      assert.strictEqual((yield* Effect.flip(Lossy.get({ id: "1" })))._tag, "EncryptionException")
    }))
})

describe("migrations", () => {
  const fill = Effect.forEach(
    Array.from({ length: 25 }, (_, i) => String(i)),
    (id) =>
      Number(id) % 5 === 0
        ? Current.put(new User({ id, names: ["Ada"] }))
        : Number(id) % 2 === 0
        ? V1.put({ id, name: "Ada Lovelace" })
        : V2.put({ id, first: "Ada", surname: "Lovelace" })
  )

  test("the whole table, page by page, and other entities' items untouched", () =>
    Effect.gen(function*() {
      yield* fill
      yield* OldAccounts.create({ id: "1", balance: "1" })
      const progress = Chunk.toReadonlyArray(yield* Stream.runCollect(Migration.run(Users, { pageSize: 4 })))
      const last = progress.at(-1)
      assert.deepStrictEqual([last?.read, last?.migrated, last?.cursor], [25, 20, Option.none()])
      assert.isAbove(progress.length, 5)
      const all = Chunk.toReadonlyArray(yield* Stream.runCollect(Current.scan()))
      assert.strictEqual(all.length, 25)
      assert.deepStrictEqual((yield* raw("1", "ACCOUNT"))["balance"], { S: "1" })
      const again = yield* Stream.runLast(Migration.run(Users))
      assert.strictEqual(Option.getOrThrow(again).migrated, 0)
    }))

  test("goes on where it ended", () =>
    Effect.gen(function*() {
      yield* fill
      const first = Option.getOrThrow(yield* Stream.runHead(Migration.run(Users, { pageSize: 7 })))
      const cursor = Option.getOrThrow(first.cursor)
      const rest = Option.getOrThrow(yield* Stream.runLast(Migration.run(Users, { pageSize: 7, cursor })))
      assert.deepStrictEqual([first.read + rest.read, first.migrated + rest.migrated], [25, 20])
      const e = yield* Effect.flip(Stream.runDrain(Migration.run(Users, { cursor: `${cursor}A` })))
      assert.strictEqual(e._tag, "ValidationException")
    }))

  test("a concurrent writer's change is read again and kept", () =>
    Effect.gen(function*() {
      yield* V1.put({ id: "1", name: "Ada Lovelace" })
      const context = yield* Effect.context<World>()
      let raced = false
      const Raced = Evolution.make(Current, {
        previous: [
          Evolution.from(UserV1, ({ id, name }) => {
            if (!raced) Effect.runSync(V1.put({ id: "1", name: "Grace Hopper" }).pipe(Effect.provide(context)))
            raced = true
            return new User({ id, names: name.split(" ") })
          })
        ]
      })
      const done = Option.getOrThrow(yield* Stream.runLast(Migration.run(Raced)))
      assert.strictEqual(done.migrated, 1)
      assert.deepStrictEqual((yield* Current.require({ id: "1" })).names, ["Grace", "Hopper"])
    }))

  test("an item that no schema decodes ends it", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* db.putItem({
        TableName: "app",
        Item: { pk: { S: "USER#1" }, sk: { S: "USER" }, id: { S: "1" }, __entity: { S: "User" } }
      })
      const e = yield* Effect.flip(Stream.runDrain(Migration.run(Users)))
      assert.strictEqual(e._tag, "SerializationException")
    }))
})
