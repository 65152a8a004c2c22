/** Hooks: what runs around writes and after reads, and where it does not. */
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as Batch from "@armature/model/Batch"
import * as Hooks from "@armature/model/Hooks"
import * as Transact from "@armature/model/Transact"
import { describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { assert } from "vitest"
import { Account, Accounts, type World, world } from "./shop.js"

class Refused extends Data.TaggedError("Refused")<{ readonly by: string }> {}

class Log extends Context.Tag("test/Log")<Log, Ref.Ref<ReadonlyArray<string>>>() {}

const log = (line: string) => Effect.flatMap(Log, Ref.update((all) => [...all, line]))
const logged = Effect.flatMap(Log, Ref.getAndSet<ReadonlyArray<string>>([]))

const Hooked = Hooks.make(Accounts, {
  beforePut: (account) =>
    account.balance < 0
      ? Effect.fail(new Refused({ by: "put" }))
      : Effect.as(log(`before put ${account.id}`), new Account({ ...account, balance: Math.round(account.balance) })),
  afterPut: (account) => log(`after put ${account.id} ${account.version} ${account.balance}`),
  beforeUpdate: (key) => log(`before update ${Object.keys(key).join()} ${key.id}`),
  afterUpdate: ({ id }) => log(`after update ${id}`),
  beforeDelete: ({ id }) => id === "kept" ? Effect.fail(new Refused({ by: "delete" })) : log(`before delete ${id}`),
  afterDelete: ({ id }) => log(`after delete ${id}`),
  afterLoad: (account) =>
    Effect.as(log(`load ${account.id}`), new Account({ ...account, balance: account.balance * 2 }))
})

const test = (what: string, body: () => Effect.Effect<void, unknown, World | Log>) =>
  it.scopedLive(
    what,
    () =>
      Effect.suspend(body).pipe(
        Effect.provide(world),
        Effect.provideServiceEffect(Log, Ref.make<ReadonlyArray<string>>([]))
      )
  )

const calls = Effect.flatMap(
  LocalDynamoDB.LocalDynamoDB,
  (local) => Effect.map(local.calls, (all) => all.map(({ operation }) => operation))
)

describe("hooks", () => {
  test("run before and after each write, with what is written", () =>
    Effect.gen(function*() {
      const made = yield* Hooked.create({ id: "1", balance: 9.6 })
      assert.strictEqual(made.balance, 10)
      assert.deepStrictEqual(yield* logged, ["before put 1", "after put 1 1 10"])
      yield* Hooked.put(made)
      assert.deepStrictEqual(yield* logged, ["before put 1", "after put 1 2 10"])
      yield* Hooked.update({ id: "1", version: 2 }, (p) => [p.balance.set(5)])
      assert.deepStrictEqual(yield* logged, ["before update id 1", "after update 1"])
      const read = yield* Accounts.require({ id: "1" })
      yield* Hooked.save(read, new Account({ ...read, balance: 6 }))
      assert.deepStrictEqual(yield* logged, ["before update id 1", "after update 1"])
      yield* Hooked.delete({ id: "1", version: 4 })
      assert.deepStrictEqual(yield* logged, ["before delete 1", "after delete 1"])
    }))

  test("a failure before means that nothing is sent", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Hooked.create({ id: "1", balance: -1 }))
      assert(e._tag === "Refused" && e.by === "put")
      const d = yield* Effect.flip(Hooked.delete({ id: "kept", version: 1 }))
      assert(d._tag === "Refused" && d.by === "delete")
      assert.deepStrictEqual(yield* calls, [])
    }))

  test("a write that failed has no after", () =>
    Effect.gen(function*() {
      yield* Accounts.create({ id: "1", balance: 1 })
      const e = yield* Effect.flip(Hooked.create({ id: "1", balance: 2 }))
      assert(e._tag === "ConditionalCheckFailedException")
      assert.deepStrictEqual(yield* logged, ["before put 1"])
      // what stands there is loaded where it is asked for
      const stood = yield* e.decoded
      assert.strictEqual(Option.getOrThrow(stood).balance, 2)
      assert.deepStrictEqual(yield* logged, ["load 1"])
    }))

  test("whatever is read whole is loaded", () =>
    Effect.gen(function*() {
      yield* Accounts.create({ id: "1", balance: 4 })
      assert.strictEqual(Option.getOrThrow(yield* Hooked.get({ id: "1" })).balance, 8)
      assert.strictEqual((yield* Hooked.require({ id: "1" })).balance, 8)
      const scanned = yield* Stream.runHead(Hooked.scan())
      assert.strictEqual(Option.getOrThrow(scanned).balance, 8)
      const queried = yield* Stream.runHead(Hooked.query("primary", { id: "1" }))
      assert.strictEqual(Option.getOrThrow(queried).balance, 8)
      assert.deepStrictEqual(yield* logged, ["load 1", "load 1", "load 1", "load 1"])
      assert.deepStrictEqual(yield* Hooked.pick({ id: "1" }, ["balance"]), Option.some({ balance: 4 }))
      assert.deepStrictEqual(yield* logged, [])
    }))

  test("before a write of a batch or a transaction, too; what has something after goes alone", () =>
    Effect.gen(function*() {
      const Before = Hooks.make(Accounts, {
        beforePut: (account) => Effect.as(log(`before ${account.id}`), account),
        afterLoad: (account) => Effect.as(log(`load ${account.id}`), account)
      })
      assert.strictEqual(Before.create({ id: "1", balance: 1 }).fits, "transact")
      yield* Transact.transact([Before.create({ id: "1", balance: 1 }), Before.create({ id: "2", balance: 1 })])
      assert.sameMembers([...(yield* logged)], ["before 1", "before 2"])
      yield* Batch.batch([Before.get({ id: "1" }), Before.get({ id: "2" })])
      assert.sameMembers([...(yield* logged)], ["load 1", "load 2"])
      assert.strictEqual(Hooked.create({ id: "1", balance: 1 }).fits, "alone")
      assert.strictEqual(Hooked.update({ id: "1", version: 1 }, (p) => [p.balance.set(1)]).fits, "alone")
    }))

  test("of hooks upon hooks the earlier come first", () =>
    Effect.gen(function*() {
      const Twice = Hooks.make(Hooks.make(Accounts, { beforePut: (a) => Effect.as(log("first"), a) }), {
        beforePut: (a) => Effect.as(log("second"), a),
        afterPut: () => log("after")
      })
      yield* Twice.create({ id: "1", balance: 1 })
      assert.deepStrictEqual(yield* logged, ["first", "second", "after"])
    }))
})
