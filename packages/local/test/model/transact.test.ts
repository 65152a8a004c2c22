/** What transactions promise, over the service and the engine in process. */
import * as Faults from "@armature/local/Faults"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as Stored from "@armature/model/Stored"
import * as Table from "@armature/model/Table"
import { transact, transactGet } from "@armature/model/Transact"
import { describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { inspect } from "node:util"
import { assert } from "vitest"
import { Accounts } from "./shop.js"
import {
  counter,
  Counters,
  denied,
  failure,
  lost,
  Numbers,
  objects,
  Person,
  person,
  Persons,
  sent,
  test,
  user,
  Users
} from "./together.js"

describe("writes", () => {
  test("of any entities and tables all apply, and each gives what it would alone", () =>
    Effect.gen(function*() {
      yield* Table.create(Numbers)
      yield* Users.put(user("1"))
      yield* Users.put(user("2"))
      yield* Users.put(user("3"))
      const created = yield* Accounts.create({ id: "0", balance: 1 })
      const done = yield* transact([
        Accounts.create({ id: "1", balance: 2 }),
        Accounts.update(created, (p) => [p.balance.add(5)]),
        Users.update({ id: "1" }, (p) => [p.n.add(1)]),
        Users.delete({ id: "2" }),
        Users.check({ id: "3" }, (p) => p.n.eq(0)),
        Counters.put(counter(1)),
        Persons.put(person("p"))
      ])
      assert.strictEqual(done[0].version, 1)
      assert.deepStrictEqual(done.slice(1), [2, undefined, undefined, undefined, undefined, undefined])
      assert.strictEqual(yield* sent("TransactWriteItems"), 1)
      assert.strictEqual(Option.getOrThrow(yield* Accounts.get({ id: "0" })).balance, 6)
      assert.strictEqual(Option.getOrThrow(yield* Users.get({ id: "1" })).n, 1)
      assert.deepStrictEqual(yield* Users.get({ id: "2" }), Option.none())
      const found = yield* Persons.require({ id: "p" })
      assert.strictEqual(found.ssn, "marked-ssn")
      assert.deepStrictEqual(yield* found.photo.read, new Uint8Array([1, 2, 3]))
    }))

  test("say of each member why it failed, with what stands there", () =>
    Effect.gen(function*() {
      yield* Persons.put(person("1"))
      yield* Users.put(user("2", 1))
      const e = yield* failure(
        transact({
          free: Users.put(user("1")),
          taken: Persons.create(person("1")),
          other: Users.update({ id: "2" }, (p) => [p.n.add(1)], { if: (p) => p.n.gt(1) })
        }),
        "TransactionCanceledException"
      )
      assert.deepStrictEqual(e.codes, ["None", "ConditionalCheckFailed", "ConditionalCheckFailed"])
      assert.deepStrictEqual(e.reasons.free, Option.none())
      const taken = Option.getOrThrow(e.reasons.taken)
      assert(taken._tag === "ConditionalCheckFailedException")
      const stands = Option.getOrThrow(yield* taken.decoded)
      assert.instanceOf(stands, Person)
      assert.strictEqual(stands.ssn, "marked-ssn")
      const other = Option.getOrThrow(e.reasons.other)
      assert(other._tag === "ConditionalCheckFailedException")
      assert.deepStrictEqual(yield* other.decoded, Option.some(user("2", 1)))
      assert.deepStrictEqual(yield* Users.get({ id: "1" }), Option.none())
      assert.notInclude(inspect(e, { depth: Infinity, showHidden: true }), "marked")
    }))

  test("say where another transaction was in the way", () =>
    Effect.gen(function*() {
      const e = yield* failure(
        transact([Users.put(user("1")), Users.put(user("2"))]).pipe(
          LocalDynamoDB.withFaults([{ operation: "TransactWriteItems", nth: "every", conflict: 1 }])
        ),
        "TransactionCanceledException"
      )
      assert.deepStrictEqual(e.reasons[0], Option.none())
      assert.strictEqual(Option.getOrThrow(e.reasons[1])._tag, "TransactionConflictException")
    }))

  test("have one member on an item, and 1 to 100 of them: looked at before anything is sent or stored", () =>
    Effect.gen(function*() {
      const same = yield* failure(
        transact({ put: Persons.put(person("1")), own: Users.put(user("1")), check: Persons.delete({ id: "1" }) }),
        "ValidationException"
      )
      assert.include(same.message, "put and check")
      // puts tell their keys to nobody but the model
      yield* failure(transact([Users.put(user("1")), Users.put(user("1", 2))]), "ValidationException")
      yield* failure(transact([]), "ValidationException")
      yield* failure(
        transact(Array.from({ length: 101 }, (_, i) => Persons.put(person(`${i}`)))),
        "ValidationException"
      )
      assert.strictEqual(yield* sent("TransactWriteItems"), 0)
      assert.strictEqual(yield* objects, 0)
    }))

  test("are applied once, though the answer is lost", () =>
    Effect.gen(function*() {
      yield* Users.put(user("1"))
      yield* transact([Users.update({ id: "1" }, (p) => [p.n.add(1)])]).pipe(lost("TransactWriteItems"))
      assert.strictEqual(yield* sent("TransactWriteItems"), 2)
      assert.strictEqual(Option.getOrThrow(yield* Users.get({ id: "1" })).n, 1)
    }))

  test("with one token and the same bytes are one transaction; with others they are refused", () =>
    Effect.gen(function*() {
      yield* Users.put(user("1"))
      const add = transact([Users.update({ id: "1" }, (p) => [p.n.add(1)])], { token: "once" })
      yield* add
      yield* add
      assert.strictEqual(Option.getOrThrow(yield* Users.get({ id: "1" })).n, 1)
      yield* failure(
        transact([Users.update({ id: "1" }, (p) => [p.n.add(2)])], { token: "once" }),
        "IdempotentParameterMismatchException"
      )
      yield* failure(transact([Users.delete({ id: "1" })], { token: "x".repeat(37) }), "ValidationException")
      // without a token each run is its own
      const again = transact([Users.update({ id: "1" }, (p) => [p.n.add(1)])])
      yield* again
      yield* again
      assert.strictEqual(Option.getOrThrow(yield* Users.get({ id: "1" })).n, 3)
    }))
})

describe("values in S3", () => {
  test("are taken away again if the transaction was canceled", () =>
    Effect.gen(function*() {
      yield* failure(
        transact([Persons.put(person("1")), Users.check({ id: "1" }, (p) => p.n.exists)]),
        "TransactionCanceledException"
      )
      assert.strictEqual(yield* objects, 0)
      yield* failure(transact([Persons.put(person("1"))]).pipe(denied("TransactWriteItems")), "AccessDeniedException")
      assert.strictEqual(yield* objects, 0)
    }))

  test("stay while it is not known", () =>
    Effect.gen(function*() {
      yield* failure(
        transact([Persons.put(person("1"))]).pipe(
          LocalDynamoDB.withFaults([{
            operation: "TransactWriteItems",
            nth: "every",
            effect: "after",
            failure: Faults.connectionReset
          }])
        ),
        "WriteOutcomeUnknownException"
      )
      const { photo } = yield* Persons.require({ id: "1" })
      assert.deepStrictEqual(yield* photo.read, new Uint8Array([1, 2, 3]))
    }))

  test("that are kept stand, and what they replaced is the sweeper's", () =>
    Effect.gen(function*() {
      yield* Persons.put(person("1"))
      const read = yield* Persons.require({ id: "1" })
      yield* transact([Persons.put(new Person({ ...read, ssn: "other" }))])
      assert.strictEqual(yield* objects, 1)
      yield* transact([Persons.put(new Person({ ...read, photo: Stored.of(new Uint8Array([4, 5, 6])) }))])
      assert.strictEqual(yield* objects, 2)
      const { photo, ssn } = yield* Persons.require({ id: "1" })
      assert.deepStrictEqual([ssn, yield* photo.read], ["marked-ssn", new Uint8Array([4, 5, 6])])
    }))
})

describe("reads", () => {
  test("of any entities and tables at one moment", () =>
    Effect.gen(function*() {
      yield* Table.create(Numbers)
      yield* Users.put(user("1", 7))
      yield* Counters.put(counter(1))
      yield* Persons.put(person("p"))
      const found = yield* transactGet({
        user: Users.get({ id: "1" }, { consistent: true }),
        none: Users.get({ id: "2" }),
        counter: Counters.require({ n: 1 }),
        ssn: Persons.pick({ id: "p" }, ["ssn"])
      })
      assert.deepStrictEqual(found, {
        user: Option.some(user("1", 7)),
        none: Option.none(),
        counter: counter(1),
        ssn: Option.some({ ssn: "marked-ssn" })
      })
      assert.strictEqual(yield* sent("TransactGetItems"), 1)
      yield* failure(transactGet([Users.require({ id: "2" })]), "ItemNotFoundException")
    }))

  test("say where a transaction was in the way, and are of one item each", () =>
    Effect.gen(function*() {
      const e = yield* failure(
        transactGet([Users.get({ id: "1" }), Users.get({ id: "2" })]).pipe(
          LocalDynamoDB.withFaults([{ operation: "TransactGetItems", nth: "every", conflict: 0 }])
        ),
        "TransactionCanceledException"
      )
      assert.strictEqual(Option.getOrThrow(e.reasons[0])._tag, "TransactionConflictException")
      assert.deepStrictEqual(e.reasons[1], Option.none())
      yield* failure(transactGet([Users.get({ id: "1" }), Users.pick({ id: "1" }, ["n"])]), "ValidationException")
      yield* failure(transactGet([]), "ValidationException")
    }))
})
