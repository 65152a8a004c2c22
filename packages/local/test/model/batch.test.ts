/** What batches promise, over the service and the engine in process. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Faults from "@armature/local/Faults"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import { batch } from "@armature/model/Batch"
import * as Stored from "@armature/model/Stored"
import * as Table from "@armature/model/Table"
import { describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { inspect } from "node:util"
import { assert } from "vitest"
import {
  counter,
  Counters,
  denied,
  failure,
  lost,
  Numbers,
  objects,
  person,
  Persons,
  sent,
  test,
  user,
  Users
} from "./together.js"

const range = (n: number) => Array.from({ length: n }, (_, i) => String(i))

/** The same members are left over however often they are asked for. */
const leftOver = (operation: "BatchGetItem" | "BatchWriteItem", key: Faults.Attributes) =>
  LocalDynamoDB.withFaults([{ operation, key, nth: "every", unprocessed: "all" }])

const keyOf = (id: string): Faults.Attributes => ({ pk: { S: `USER#${id}` } })

describe("reads", () => {
  test("of any entities and tables, each as it would be alone", () =>
    Effect.gen(function*() {
      yield* Table.create(Numbers)
      yield* Users.put(user("1", 7))
      yield* Counters.put(counter(1))
      yield* Persons.put(person("c"))
      const [first, none, some, counted, opened] = yield* batch([
        Users.get({ id: "1" }),
        Users.get({ id: "2" }),
        Users.pick({ id: "1" }, ["n"]),
        Counters.require({ n: 1 }),
        Persons.require({ id: "c" })
      ])
      assert.deepStrictEqual(first, Option.some(user("1", 7)))
      assert.deepStrictEqual(none, Option.none())
      assert.deepStrictEqual(some, Option.some({ n: 7 }))
      assert.deepStrictEqual(counted, counter(1))
      assert.strictEqual(opened.ssn, "marked-ssn")
      assert.deepStrictEqual(yield* opened.photo.read, new Uint8Array([1, 2, 3]))
      // what is picked is asked of the table in another way than the rest
      assert.strictEqual(yield* sent("BatchGetItem"), 2)
    }))

  test("by names, and in an array of any length", () =>
    Effect.gen(function*() {
      yield* Users.put(user("1"))
      const { a, b } = yield* batch({ a: Users.get({ id: "1" }), b: Users.get({ id: "2" }) })
      assert.deepStrictEqual([a, b], [Option.some(user("1")), Option.none()])
      assert.deepStrictEqual(yield* batch([]), [])
      const many = yield* batch(range(250).map((id) => Users.get({ id })))
      assert.deepStrictEqual(many.map(Option.isSome), range(250).map((id) => id === "1"))
      assert.strictEqual(yield* sent("BatchGetItem"), 4)
    }))

  test("ask for one item once, and as consistently as each of them would", () =>
    Effect.gen(function*() {
      yield* Users.put(user("1"))
      const both = yield* batch([
        Users.get({ id: "1" }),
        Users.get({ id: "1" }),
        Users.get({ id: "1" }, { consistent: true })
      ])
      assert.deepStrictEqual(both, [Option.some(user("1")), Option.some(user("1")), Option.some(user("1"))])
      assert.notStrictEqual(both[0], both[1])
      const local = yield* LocalDynamoDB.LocalDynamoDB
      const calls = (yield* local.calls).filter(({ operation }) => operation === "BatchGetItem")
      assert.deepStrictEqual(
        calls.map(({ input }) => input).map((input) => (input as { RequestItems: object }).RequestItems),
        [
          { app: { Keys: [{ pk: { S: "USER#1" }, sk: { S: "USER" } }] } },
          { app: { Keys: [{ pk: { S: "USER#1" }, sk: { S: "USER" } }], ConsistentRead: true } }
        ]
      )
    }))

  test("what was left over is handed back, with what was read", () =>
    Effect.gen(function*() {
      yield* Users.put(user("1"))
      const members = { a: Users.get({ id: "1" }), b: Users.get({ id: "2" }), c: Users.get({ id: "2" }) }
      const e = yield* failure(batch(members).pipe(leftOver("BatchGetItem", keyOf("2"))), "UnprocessedException")
      assert.deepStrictEqual(e.items, { a: Option.some(Option.some(user("1"))), b: Option.none(), c: Option.none() })
      assert.strictEqual(e.unprocessed.length, 2)
      assert.strictEqual(e.unprocessed[0], members.b)
      assert.strictEqual(e.unprocessed[1], members.c)
      assert.deepStrictEqual(e.unknown, [])
      assert.deepStrictEqual(yield* batch(e.unprocessed), [Option.none(), Option.none()])
      assert.notInclude(inspect(e, { depth: Infinity, showHidden: true }), "marked")
    }))

  test("keys that are equal numbers are one item", () =>
    Effect.gen(function*() {
      yield* Table.create(Numbers)
      yield* Counters.put(counter(1))
      const e = yield* failure(
        batch([Counters.get({ n: 1 }), Counters.get({ n: 2 })]).pipe(leftOver("BatchGetItem", { n: { N: "1" } })),
        "UnprocessedException"
      )
      assert.deepStrictEqual(e.items, [Option.none(), Option.some(Option.none())])
    }))

  test("fail as the service does where nothing was read", () =>
    Effect.gen(function*() {
      yield* failure(
        batch([Users.get({ id: "1" }), Users.get({ id: "2" })]).pipe(denied("BatchGetItem")),
        "AccessDeniedException"
      )
    }))

  test("fail if an item cannot be decoded", () =>
    Effect.gen(function*() {
      const db = yield* DynamoDB.DynamoDB
      yield* db.putItem({ TableName: "app", Item: { pk: { S: "USER#1" }, sk: { S: "USER" }, n: { S: "x" } } })
      yield* failure(batch([Users.get({ id: "1" })]), "SerializationException")
    }))
})

describe("writes", () => {
  test("of any entities and tables", () =>
    Effect.gen(function*() {
      yield* Table.create(Numbers)
      yield* Users.put(user("old"))
      const done = yield* batch({
        a: Users.put(user("1")),
        b: Users.delete({ id: "old" }),
        c: Counters.put(counter(2)),
        d: Persons.put(person("c"))
      })
      assert.deepStrictEqual(done, { a: undefined, b: undefined, c: undefined, d: undefined })
      assert.strictEqual(yield* sent("BatchWriteItem"), 1)
      assert.deepStrictEqual(yield* Users.get({ id: "1" }), Option.some(user("1")))
      assert.deepStrictEqual(yield* Users.get({ id: "old" }), Option.none())
      assert.deepStrictEqual(yield* Counters.get({ n: 2 }), Option.some(counter(2)))
      const stored = yield* Persons.require({ id: "c" })
      assert.deepStrictEqual(yield* stored.photo.read, new Uint8Array([1, 2, 3]))
      const db = yield* DynamoDB.DynamoDB
      const { Item } = yield* db.getItem({ TableName: "app", Key: { pk: { S: "PERSON#c" }, sk: { S: "PERSON" } } })
      assert.notInclude(inspect(Item, { depth: Infinity }), "marked")
      assert.strictEqual(yield* objects, 1)
    }))

  test("in requests of 25; of several on one item the last", () =>
    Effect.gen(function*() {
      yield* batch([...range(30).map((id) => Users.put(user(id))), Users.put(user("0", 5)), Users.delete({ id: "1" })])
      assert.strictEqual(yield* sent("BatchWriteItem"), 2)
      // which attributes make a key is known, and not asked for
      assert.strictEqual(yield* sent("DescribeTable"), 0)
      const found = yield* batch(range(30).map((id) => Users.get({ id })))
      assert.deepStrictEqual(found[0], Option.some(user("0", 5)))
      assert.deepStrictEqual(found[1], Option.none())
      assert.strictEqual(found.filter(Option.isSome).length, 29)
    }))

  test("what was left over is handed back as the operations that it was", () =>
    Effect.gen(function*() {
      const members = [
        Users.put(user("1")),
        Users.put(user("2")),
        Users.put(user("2", 1)),
        Users.put(user("3"))
      ] as const
      const e = yield* failure(batch(members).pipe(leftOver("BatchWriteItem", keyOf("2"))), "UnprocessedException")
      assert.strictEqual(e.outcome, "not-applied")
      assert.strictEqual(e.unprocessed[0], members[1])
      // of both the last is the one that would have been made
      assert.strictEqual(e.unprocessed[1], members[2])
      assert.strictEqual(e.unprocessed.length, 2)
      assert.deepStrictEqual(e.unknown, [])
      assert.deepStrictEqual(e.items, [Option.some(undefined), Option.none(), Option.none(), Option.some(undefined)])
      assert.notInclude(inspect(e, { depth: Infinity, showHidden: true }), "marked")
      yield* batch(e.unprocessed)
      assert.deepStrictEqual(yield* Users.get({ id: "2" }), Option.some(user("2", 1)))
    }))

  test("of what nobody answered it is told that it is not known", () =>
    Effect.gen(function*() {
      const members = range(30).map((id) => Users.put(user(id)))
      const e = yield* failure(
        batch(members).pipe(
          LocalDynamoDB.withFaults([{
            operation: "BatchWriteItem",
            key: keyOf("29"),
            nth: "every",
            effect: "after",
            failure: Faults.connectionReset
          }])
        ),
        "UnprocessedException"
      )
      assert.strictEqual(e.outcome, "unknown")
      assert.deepStrictEqual(e.unprocessed, [])
      assert.deepStrictEqual(e.unknown.map((operation) => members.indexOf(operation)), [25, 26, 27, 28, 29])
    }))

  test("too large an item is found before anything is sent", () =>
    Effect.gen(function*() {
      const large = user("2")
      yield* failure(
        batch([Users.put(user("1")), Users.put({ ...large, name: "x".repeat(500_000) })]),
        "ItemTooLargeException"
      )
      assert.strictEqual(yield* sent("BatchWriteItem"), 0)
    }))
})

describe("values in S3", () => {
  test("are written once: a lost answer is not answered by sending them again", () =>
    Effect.gen(function*() {
      yield* failure(
        batch([Persons.put(person("1")), Persons.put(person("2"))]).pipe(lost("BatchWriteItem")),
        "WriteOutcomeUnknownException"
      )
      assert.strictEqual(yield* sent("BatchWriteItem"), 1)
      // they may be pointed to
      assert.strictEqual(yield* objects, 2)
    }))

  test("are taken away again if nothing was written", () =>
    Effect.gen(function*() {
      yield* failure(batch([Persons.put(person("1"))]).pipe(denied("BatchWriteItem")), "AccessDeniedException")
      assert.strictEqual(yield* objects, 0)
    }))

  test("of what was written stay, if not all of it was", () =>
    Effect.gen(function*() {
      const e = yield* failure(
        batch([Persons.put(person("1")), Persons.put(person("2"))]).pipe(
          leftOver("BatchWriteItem", { pk: { S: "PERSON#2" } })
        ),
        "UnprocessedException"
      )
      assert.strictEqual(e.unprocessed.length, 1)
      const { photo } = yield* Persons.require({ id: "1" })
      assert.deepStrictEqual(yield* photo.read, new Uint8Array([1, 2, 3]))
    }))

  test("that were read and are kept take a condition, which no batch can have", () =>
    Effect.gen(function*() {
      yield* Persons.put(person("1"))
      const read = yield* Persons.require({ id: "1" })
      const e = yield* failure(batch({ mine: Persons.put(read) }), "ValidationException")
      assert.include(e.message, "mine")
      assert.strictEqual(yield* sent("BatchWriteItem"), 0)
      assert.isTrue(Stored.isStored(read.photo))
    }))
})

describe("reads and writes", () => {
  test("the reads come first", () =>
    Effect.gen(function*() {
      yield* Users.put(user("1", 1))
      const [before] = yield* batch([Users.get({ id: "1" }), Users.put(user("1", 2))])
      assert.deepStrictEqual(before, Option.some(user("1", 1)))
      assert.deepStrictEqual(yield* Users.get({ id: "1" }), Option.some(user("1", 2)))
    }))

  test("nothing is written if not all was read", () =>
    Effect.gen(function*() {
      const members = [Users.put(user("1")), Users.get({ id: "2" }), Users.get({ id: "3" })] as const
      const e = yield* failure(batch(members).pipe(leftOver("BatchGetItem", keyOf("2"))), "UnprocessedException")
      assert.strictEqual(e.unprocessed[0], members[0])
      assert.strictEqual(e.unprocessed[1], members[1])
      assert.deepStrictEqual(e.items, [Option.none(), Option.none(), Option.some(Option.none())])
      yield* failure(batch([Users.put(user("1")), Users.require({ id: "2" })]), "ItemNotFoundException")
      assert.strictEqual(yield* sent("BatchWriteItem"), 0)
    }))
})
