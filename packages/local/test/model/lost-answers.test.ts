/** Versioned writes whose answers are lost: told from another writer's by the write's own id. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Faults from "@armature/local/Faults"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { assert } from "vitest"
import { Account, Accounts, Orders, type World, world } from "./shop.js"

const test = (what: string, body: () => Effect.Effect<void, unknown, World>) =>
  it.scopedLive(what, () => Effect.suspend(body).pipe(Effect.provide(world)))

const lost = (operation: "PutItem" | "UpdateItem" | "DeleteItem") =>
  LocalDynamoDB.withFaults([{ operation, failure: Faults.connectionReset, effect: "after" }])

const puts = Effect.flatMap(
  LocalDynamoDB.LocalDynamoDB,
  (local) => Effect.map(local.calls, (all) => all.filter(({ operation }) => operation === "PutItem").length)
)

/** Somebody else's write right after ours. */
const overwritten = Effect.flatMap(DynamoDB.DynamoDB, (db) =>
  db.updateItem({
    TableName: "app",
    Key: { pk: { S: "ACCOUNT#1" }, sk: { S: "ACCOUNT" } },
    UpdateExpression: "SET version = version + :one",
    ExpressionAttributeValues: { ":one": { N: "1" } }
  }))

describe("a versioned write whose answer was lost", () => {
  test("was made once, and is known to be ours", () =>
    Effect.gen(function*() {
      const created = yield* Accounts.create({ id: "1", balance: 1 }).pipe(lost("PutItem"))
      assert.strictEqual(created.version, 1)
      assert.strictEqual(
        yield* Accounts.update(created, (p) => [p.balance.add(1)]).pipe(lost("UpdateItem")),
        2
      )
      const all = yield* Accounts.update({ id: "1", version: 2 }, (p) => [p.balance.add(1)], { return: "ALL_NEW" })
        .pipe(
          lost("UpdateItem")
        )
      assert.strictEqual(all.balance, 3)
      assert.strictEqual(all.version, 3)
    }))

  test("failed if another's stands in its place", () =>
    Effect.gen(function*() {
      const created = yield* Accounts.create({ id: "1", balance: 1 })
      // it never took effect, and meanwhile somebody else's did
      const e = yield* Effect.flip(
        Accounts.update(created, (p) => [p.balance.add(1)]).pipe(
          LocalDynamoDB.withFaults([{
            operation: "UpdateItem",
            failure: Faults.connectionReset,
            latency: "500 millis"
          }]),
          Effect.zipLeft(Effect.delay(overwritten, "5 millis"), { concurrent: true })
        )
      )
      assert.strictEqual(e._tag, "ConditionalCheckFailedException")
    }))

  test("is unknown if the old item is asked for, or nothing stands there", () =>
    Effect.gen(function*() {
      const created = yield* Accounts.create({ id: "1", balance: 1 })
      const old = yield* Effect.flip(
        Accounts.update(created, (p) => [p.balance.add(1)], { return: "ALL_OLD" }).pipe(lost("UpdateItem"))
      )
      assert.strictEqual(old._tag, "WriteOutcomeUnknownException")
      const gone = yield* Effect.flip(Accounts.delete({ id: "1", version: 2 }).pipe(lost("DeleteItem")))
      assert.strictEqual(gone._tag, "WriteOutcomeUnknownException")
    }))
})

describe("a versioned put that returns the old item, and whose answer was lost,", () => {
  const asksForOld = (account: Account) => Accounts.put(account, { return: "ALL_OLD" })

  test("is unknown where it took effect, was sent once, and is seen by whoever reads again", () =>
    Effect.gen(function*() {
      const created = yield* Accounts.create({ id: "1", balance: 1 })
      const write = asksForOld(new Account({ ...created, balance: 2 })).pipe(lost("PutItem"))
      const e = yield* Effect.flip(write)
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
      assert.strictEqual(yield* puts, 2)
      const stands = yield* Accounts.require({ id: "1" })
      assert.deepStrictEqual([stands.version, stands.balance], [2, 2])
    }))

  test("is unknown as well where it did not", () =>
    Effect.gen(function*() {
      const created = yield* Accounts.create({ id: "1", balance: 1 })
      const e = yield* Effect.flip(
        asksForOld(new Account({ ...created, balance: 2 })).pipe(
          LocalDynamoDB.withFaults([{ operation: "PutItem", failure: Faults.connectionReset, effect: "before" }])
        )
      )
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
      assert.strictEqual((yield* Accounts.require({ id: "1" })).version, 1)
    }))

  test("gives the old one where the answer came, and without asking for it is known to be made", () =>
    Effect.gen(function*() {
      const created = yield* Accounts.create({ id: "1", balance: 1 })
      const old = yield* asksForOld(new Account({ ...created, balance: 2 }))
      assert.deepStrictEqual(Option.map(old, ({ balance, version }) => [balance, version]), Option.some([1, 1]))
      const next = yield* Accounts.put(new Account({ ...created, balance: 3, version: 2 })).pipe(lost("PutItem"))
      assert.strictEqual(next.version, 3)
    }))
})

describe("an update without version whose answer was lost", () => {
  const key = { tenant: "acme", id: "1" }
  test("is sent again if doing it twice is doing it once, and never else", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* db.putItem({ TableName: "app", Item: { pk: { S: "T#acme" }, sk: { S: "ORDER#1" } } })
      yield* Orders.update(key, (p) => [p.total.set(1), p.note.remove]).pipe(lost("UpdateItem"))
      const e = yield* Effect.flip(Orders.update(key, (p) => [p.total.add(1)]).pipe(lost("UpdateItem")))
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
    }))
})
