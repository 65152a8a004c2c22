import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Faults from "@armature/local/Faults"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as LocalKms from "@armature/local/LocalKms"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"

const table = (TableName: string) => ({
  TableName,
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" as const }, { AttributeName: "n", KeyType: "RANGE" as const }],
  AttributeDefinitions: [
    { AttributeName: "id", AttributeType: "S" as const },
    { AttributeName: "n", AttributeType: "N" as const }
  ],
  GlobalSecondaryIndexes: [{
    IndexName: "by-n",
    KeySchema: [{ AttributeName: "n", KeyType: "HASH" as const }],
    Projection: { ProjectionType: "ALL" as const }
  }],
  BillingMode: "PAY_PER_REQUEST" as const
})

type Rule = Faults.Rule<DynamoDB.Operations>

const world = Effect.map(
  LocalDynamoDB.make({ tables: [table("aaa"), table("bbb")] }),
  ({ local, transport: { send } }) => ({ local, send, under: local.faults.run })
)

const key = (n: number, id = "x") => ({ id: { S: id }, n: { N: String(n) } })
const put = (n: number, id = "x") => ({ PutRequest: { Item: { ...key(n, id), even: { BOOL: n % 2 === 0 } } } })

const ok = <A, E>(effect: Effect.Effect<A, E>) => Effect.map(Effect.either(effect), Either.isRight)
const numbers = (Items: ReadonlyArray<DynamoDB.Item> | undefined) => Items?.map((item) => Number(item.n?.N))

/** Four numbered items in table `a`. */
const filled = Effect.tap(
  world,
  ({ send }) => send("BatchWriteItem", { RequestItems: { aaa: [1, 2, 3, 4].map((n) => put(n)) } })
)

describe("what a rule meets", () => {
  it.scoped("requests on its table, by name or ARN, in single requests, batches and transactions", () =>
    Effect.gen(function*() {
      const { send, under } = yield* world
      const on = (operation: "GetItem" | "BatchGetItem" | "TransactWriteItems"): Rule => ({
        operation,
        table: "bbb",
        nth: "every",
        failure: Faults.throttled()
      })
      const arn = "arn:aws:dynamodb:us-east-1:000000000000:table/bbb"
      const results = yield* Effect.all([
        ok(send("GetItem", { TableName: "aaa", Key: key(1) })),
        ok(send("GetItem", { TableName: "bbb", Key: key(1) })),
        ok(send("GetItem", { TableName: arn, Key: key(1) })),
        ok(send("BatchGetItem", { RequestItems: { aaa: { Keys: [key(1)] } } })),
        ok(send("BatchGetItem", { RequestItems: { aaa: { Keys: [key(1)] }, bbb: { Keys: [key(1)] } } })),
        ok(send("TransactWriteItems", { TransactItems: [{ Put: { TableName: "aaa", Item: key(1) } }] })),
        ok(send("TransactWriteItems", { TransactItems: [{ Delete: { TableName: "bbb", Key: key(1) } }] }))
      ]).pipe(under([on("GetItem"), on("BatchGetItem"), on("TransactWriteItems")]))
      assert.deepStrictEqual(results, [true, false, false, true, false, true, false])
    }))

  it.scoped("requests on its index", () =>
    Effect.gen(function*() {
      const { send, under } = yield* world
      const query = (IndexName?: string) =>
        ok(send("Query", {
          TableName: "aaa",
          IndexName,
          KeyConditionExpression: "n = :n AND id = :id".slice(0, IndexName === undefined ? undefined : 6),
          ExpressionAttributeValues: { ":n": { N: "1" }, ...(IndexName === undefined ? { ":id": { S: "x" } } : {}) }
        }))
      const results = yield* Effect.all([query(), query("by-n")]).pipe(
        under([{ operation: "Query", table: "aaa", index: "by-n", nth: "every", failure: Faults.throughputExceeded() }])
      )
      assert.deepStrictEqual(results, [true, false])
    }))

  it.scoped("requests with its key: attributes by their value, or a predicate", () =>
    Effect.gen(function*() {
      const { send, under } = yield* world
      const requests = Effect.all([
        ok(send("UpdateItem", { TableName: "aaa", Key: key(1) })),
        ok(send("UpdateItem", { TableName: "aaa", Key: key(2) })),
        ok(send("PutItem", { TableName: "aaa", Item: { ...key(2), more: { S: "m" } } })),
        ok(send("BatchWriteItem", { RequestItems: { aaa: [put(1), { DeleteRequest: { Key: key(2) } }] } }))
      ])
      const rules = (key: Faults.Attributes | ((key: Faults.Attributes) => boolean)): ReadonlyArray<Rule> =>
        (["UpdateItem", "PutItem", "BatchWriteItem"] as const).map((operation) => ({
          operation,
          key,
          failure: Faults.accessDenied
        }))
      const met = [true, false, false, false]
      assert.deepStrictEqual(yield* requests.pipe(under(rules({ n: { N: "2.0" } }))), met)
      assert.deepStrictEqual(yield* requests.pipe(under(rules((key) => key.n?.N === "2"))), met)
    }))

  it.scoped("counted for itself: a list of numbers, every one, all from one on", () =>
    Effect.gen(function*() {
      const { send, under } = yield* world
      const five = (rule: Rule) => Effect.all([1, 2, 3, 4, 5].map(() => ok(send("ListTables", {})))).pipe(under([rule]))
      const failure = Faults.internalError
      const operation = "ListTables"
      assert.deepStrictEqual(yield* five({ operation, nth: [1, 3], failure }), [false, true, false, true, true])
      assert.deepStrictEqual(yield* five({ operation, nth: "every", failure }), [false, false, false, false, false])
      assert.deepStrictEqual(yield* five({ operation, nth: 4, times: "always", failure }), [
        true,
        true,
        true,
        false,
        false
      ])
    }))

  it.scoped("by chance: the same seed meets the same, and without one the program's Random decides", () =>
    Effect.gen(function*() {
      const { send, under } = yield* world
      const fifty = (rule: Partial<Faults.Count>) =>
        Effect.all(Array.from({ length: 50 }, () => ok(send("ListTables", {})))).pipe(
          under([{ operation: "ListTables", probability: 0.5, failure: Faults.internalError, ...rule } as Rule])
        )
      const first = yield* fifty({ seed: 1 })
      assert.deepStrictEqual(yield* fifty({ seed: 1 }), first)
      assert.notDeepEqual(yield* fifty({ seed: 2 }), first)
      const failed = first.filter((result) => !result).length
      assert.isTrue(failed > 10 && failed < 40, `${failed} of 50`)
      const drawn = (seed: string) => Effect.withRandom(fifty({}), Random.make(seed))
      assert.deepStrictEqual(yield* drawn("a"), yield* drawn("a"))
      assert.notDeepEqual(yield* drawn("a"), yield* drawn("b"))
    }))

  it.scoped("nothing, which fails the program and says how near it came", () =>
    Effect.gen(function*() {
      const { send, under } = yield* world
      const e = yield* send("GetItem", { TableName: "aaa", Key: key(1) }).pipe(
        under([{ operation: "GetItem", table: "aaa", nth: [2, 5], failure: Faults.throttled() }]),
        Effect.flip
      )
      assert.strictEqual(e._tag, "FaultNotFiredException")
      assert.include("message" in e ? e.message : "", "GetItem, request 2 or 5; 1 came near")
      const other = yield* send("GetItem", { TableName: "aaa", Key: key(1) }).pipe(
        under([{ operation: "GetItem", table: "bbb", nth: "every", failure: Faults.throttled() }]),
        Effect.flip
      )
      assert.include("message" in other ? other.message : "", "any request; 0 came near")
    }))
})

describe("what becomes of a request", () => {
  it.scoped("a throttled one says why, and when to come again", () =>
    Effect.gen(function*() {
      const { send, under } = yield* world
      const reasons = [{ reason: "TableReadProvisionedThroughputExceeded", resource: "arn" }]
      const failed = (failure: Faults.Happening<DynamoDB.Operations>["failure"]) =>
        send("ListTables", {}).pipe(under([{ operation: "ListTables", failure } as Rule]), Effect.flip)
      const throttled = yield* failed(Faults.throttled({ reasons, retryAfter: "2 seconds" }))
      assert.deepInclude(throttled, {
        code: "ThrottlingException",
        retryAfter: 2000,
        detail: { throttlingReasons: reasons }
      })
      const exceeded = yield* failed(Faults.throughputExceeded({ reasons }))
      assert.deepInclude(exceeded, {
        code: "ProvisionedThroughputExceededException",
        detail: { ThrottlingReasons: reasons }
      })
    }))

  it.scoped("a slow one takes effect after its latency, and fails after it as well", () =>
    Effect.gen(function*() {
      const { send, under } = yield* world
      const slow = yield* Effect.fork(
        Effect.zip(ok(send("DeleteTable", { TableName: "aaa" })), ok(send("DeleteTable", { TableName: "bbb" }))).pipe(
          under([
            { operation: "DeleteTable", latency: "3 seconds" },
            { operation: "DeleteTable", nth: 2, latency: "1 second", failure: Faults.throttled() }
          ])
        )
      )
      const names = Effect.map(send("ListTables", {}), ({ TableNames }) => TableNames)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* names, ["aaa", "bbb"])
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(yield* names, ["bbb"])
      assert.isTrue((yield* Fiber.poll(slow))._tag === "None")
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(yield* Fiber.join(slow), [true, false])
      assert.deepStrictEqual(yield* names, ["bbb"])
    }))

  it.scoped("a slow one that nobody waited for was met all the same", () =>
    Effect.gen(function*() {
      const { send, under } = yield* world
      const fiber = yield* Effect.fork(
        send("ListTables", {}).pipe(
          Effect.timeoutOption("1 second"),
          under([{ operation: "ListTables", latency: "1 hour" }])
        )
      )
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isNone(yield* Fiber.join(fiber)))
    }))

  it.scoped("one that hangs takes effect never, at once or late", () =>
    Effect.gen(function*() {
      const { send, under } = yield* world
      const hung = (n: number, rule: Faults.Taken) =>
        send("PutItem", { TableName: "aaa", Item: key(n) }).pipe(
          Effect.timeout("1 second"),
          Effect.either,
          under([{ operation: "PutItem", hang: true, ...rule }])
        )
      const all = Effect.all([
        hung(1, {}),
        hung(2, { effect: "after" }),
        hung(3, { effect: "late", delay: "5 seconds" })
      ])
      const fiber = yield* Effect.fork(all)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual((yield* Fiber.join(fiber)).map(Either.isLeft), [true, true, true])
      const there = Effect.map(send("Scan", { TableName: "aaa" }), ({ Items }) => numbers(Items))
      assert.deepStrictEqual(yield* there, [2])
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(yield* there, [2, 3])
    }))

  it.scoped("members of a batch write are left unprocessed, and the others written", () =>
    Effect.gen(function*() {
      const { send, under } = yield* world
      const RequestItems = { aaa: [put(1), put(2), put(3)], bbb: [put(4), put(5)] }
      const written = Effect.map(
        Effect.all([send("Scan", { TableName: "aaa" }), send("Scan", { TableName: "bbb" })]),
        (all) => all.flatMap(({ Items }) => numbers(Items) ?? [])
      )
      const left = (
        rule: Pick<Rule, "key" | "table"> & { readonly unprocessed: "all" | number | ReadonlyArray<number> }
      ) =>
        Effect.map(
          send("BatchWriteItem", { RequestItems }).pipe(
            under([{ operation: "BatchWriteItem", ...rule } as Rule])
          ),
          ({ UnprocessedItems }) => UnprocessedItems
        )
      assert.deepStrictEqual(yield* left({ unprocessed: "all" }), RequestItems)
      assert.deepStrictEqual(yield* written, [])
      assert.deepStrictEqual(yield* left({ unprocessed: [1, 3] }), { aaa: [put(2)], bbb: [put(4)] })
      assert.deepStrictEqual(yield* written, [1, 3, 5])
      assert.deepStrictEqual(yield* left({ table: "bbb", unprocessed: 1 }), { bbb: [put(4)] })
      assert.deepStrictEqual(yield* left({ key: { n: { N: "3" } }, unprocessed: "all" }), { aaa: [put(3)] })
      assert.deepStrictEqual(yield* written, [1, 2, 3, 4, 5])
    }))

  it.scoped("keys of a batch read are left unprocessed, with all that was said about their table", () =>
    Effect.gen(function*() {
      const { send, under } = yield* filled
      const answer = yield* send("BatchGetItem", {
        RequestItems: { aaa: { Keys: [key(1), key(2), key(3)], ConsistentRead: true, ProjectionExpression: "n" } }
      }).pipe(under([{ operation: "BatchGetItem", unprocessed: [0, 2] }]))
      assert.deepStrictEqual(answer.Responses, { aaa: [{ n: { N: "2" } }] })
      assert.deepStrictEqual(answer.UnprocessedKeys, {
        aaa: { Keys: [key(1), key(3)], ConsistentRead: true, ProjectionExpression: "n" }
      })
      const none = yield* send("BatchGetItem", { RequestItems: { aaa: { Keys: [key(1)] } } }).pipe(
        under([{ operation: "BatchGetItem", unprocessed: "all" }])
      )
      assert.deepStrictEqual([none.Responses, none.UnprocessedKeys], [{}, { aaa: { Keys: [key(1)] } }])
    }))

  it.scoped("a member is told by its place: two of them may be one object", () =>
    Effect.gen(function*() {
      const { send, under } = yield* filled
      const one = key(1)
      const answer = yield* send("BatchGetItem", { RequestItems: { aaa: { Keys: [one] }, bbb: { Keys: [one] } } }).pipe(
        under([{ operation: "BatchGetItem", table: "bbb", unprocessed: "all" }])
      )
      assert.deepStrictEqual(answer.UnprocessedKeys, { bbb: { Keys: [one] } })
      assert.lengthOf(answer.Responses?.aaa ?? [], 1)
    }))

  it.scoped("a batch without the member is not met", () =>
    Effect.gen(function*() {
      const { send, under } = yield* world
      const e = yield* send("BatchWriteItem", { RequestItems: { aaa: [put(1)] } }).pipe(
        under([{ operation: "BatchWriteItem", unprocessed: [1] }]),
        Effect.flip
      )
      assert.strictEqual(e._tag, "FaultNotFiredException")
    }))

  it.scoped("a page is shorter than asked for, and the rest comes behind its cursor", () =>
    Effect.gen(function*() {
      const { send, under } = yield* filled
      for (const operation of ["Query", "Scan"] as const) {
        const input = operation === "Query"
          ? { KeyConditionExpression: "id = :id", ExpressionAttributeValues: { ":id": { S: "x" } } }
          : {}
        const page = (ExclusiveStartKey?: DynamoDB.Item) =>
          send(operation, { TableName: "aaa", Limit: 3, ExclusiveStartKey, ...input })
        const [first, second] = yield* Effect.flatMap(page(), (one) =>
          Effect.map(page(one.LastEvaluatedKey), (two) => [one, two] as const)).pipe(
            under([{ operation, page: 1 }])
          )
        assert.deepStrictEqual([numbers(first.Items), first.LastEvaluatedKey], [[1], key(1)])
        assert.deepStrictEqual([numbers(second.Items), second.LastEvaluatedKey], [[2, 3, 4], key(4)])
      }
      const tables = yield* send("ListTables", {}).pipe(under([{ operation: "ListTables", page: 1 }]))
      assert.deepStrictEqual([tables.TableNames, tables.LastEvaluatedTableName], [["aaa"], "aaa"])
      const short = yield* Effect.flip(
        send("Scan", { TableName: "aaa", Limit: 1 }).pipe(under([{ operation: "Scan", page: 1 }]))
      )
      assert.strictEqual(short._tag, "FaultNotFiredException")
    }))

  it.scoped("a page is empty and not the last, where the filter drops what comes first", () =>
    Effect.gen(function*() {
      const { send, under } = yield* filled
      const even = (expected: boolean, ExclusiveStartKey?: DynamoDB.Item) =>
        send("Scan", {
          TableName: "aaa",
          ExclusiveStartKey,
          FilterExpression: "even = :even",
          ExpressionAttributeValues: { ":even": { BOOL: expected } }
        })
      const empty = under([{ operation: "Scan", page: "empty" }])
      const first = yield* empty(even(true))
      assert.deepStrictEqual([first.Items, first.Count, first.LastEvaluatedKey], [[], 0, key(1)])
      assert.deepStrictEqual(numbers((yield* even(true, first.LastEvaluatedKey)).Items), [2, 4])
      let kept: ReadonlyArray<number> | undefined
      const e = yield* even(false).pipe(
        Effect.tap(({ Items }) => Effect.sync(() => (kept = numbers(Items)))),
        empty,
        Effect.flip
      )
      assert.strictEqual(e._tag, "FaultNotFiredException")
      assert.deepStrictEqual(kept, [1, 3])
    }))

  it.scoped("a transaction conflicts at its positions, and writes nothing", () =>
    Effect.gen(function*() {
      const { send, under } = yield* world
      const three = send("TransactWriteItems", {
        TransactItems: [1, 2, 3].map((n) => ({ Put: { TableName: "aaa", Item: key(n) } }))
      })
      const e = yield* three.pipe(under([{ operation: "TransactWriteItems", conflict: [0, 2] }]), Effect.flip)
      assert.deepInclude(e, { _tag: "ServiceFault", code: "TransactionCanceledException" })
      assert.include("message" in e ? e.message : "", "[TransactionConflict, None, TransactionConflict]")
      assert.deepStrictEqual(
        e._tag === "ServiceFault"
          ? (e.detail?.CancellationReasons as ReadonlyArray<{ Code: string }>).map((one) => one.Code)
          : [],
        ["TransactionConflict", "None", "TransactionConflict"]
      )
      assert.strictEqual((yield* send("Scan", { TableName: "aaa" })).Count, 0)
      const beyond = yield* three.pipe(under([{ operation: "TransactWriteItems", conflict: 3 }]), Effect.flip)
      assert.strictEqual(beyond._tag, "FaultNotFiredException")
    }))

  it.scoped("KMS gives out: a key that is disabled half-way", () =>
    Effect.gen(function*() {
      const { local, transport } = yield* LocalKms.make({ keys: ["one", "two"] })
      const use = (KeyId: string) => ok(transport.send("GenerateDataKey", { KeyId, KeySpec: "AES_256" }))
      const results = yield* Effect.all([use("alias/one"), use("alias/two"), use("alias/one"), use("alias/one")]).pipe(
        local.faults.run([
          { operation: "GenerateDataKey", keyId: "alias/one", nth: 2, times: "always", failure: Faults.keyDisabled }
        ])
      )
      assert.deepStrictEqual(results, [true, true, false, false])
    }))
})

describe("the call log", () => {
  it.scoped("tells the calls of an operation, and on what it names, those that a rule met as well", () =>
    Effect.gen(function*() {
      const { local, send, under } = yield* world
      yield* ok(send("GetItem", { TableName: "aaa", Key: key(1) })).pipe(
        under([{ operation: "GetItem", failure: Faults.throttled() }])
      )
      yield* send("GetItem", { TableName: "bbb", Key: key(2) })
      yield* send("BatchGetItem", { RequestItems: { aaa: { Keys: [key(1)] }, bbb: { Keys: [key(2)] } } })
      const count = (target: Faults.Target<DynamoDB.Operations>) =>
        Effect.map(local.callsTo(target), (calls) => calls.length)
      assert.deepStrictEqual(
        yield* Effect.all([
          count({ operation: "GetItem" }),
          count({ operation: "GetItem", table: "aaa" }),
          count({ operation: "GetItem", key: { n: { N: "2" } } }),
          count({ operation: "BatchGetItem", table: "aaa", key: { n: { N: "1" } } }),
          count({ operation: "BatchGetItem", table: "aaa", key: { n: { N: "2" } } }),
          count({ operation: "PutItem" })
        ]),
        [2, 1, 1, 1, 0, 0]
      )
    }))
})
