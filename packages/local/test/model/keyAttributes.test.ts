/** Attributes that stand in the primary key alone. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Local from "@armature/local/Local"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import { batch } from "@armature/model/Batch"
import * as Entity from "@armature/model/Entity"
import * as Key from "@armature/model/Key"
import { key } from "@armature/model/Key"
import * as Table from "@armature/model/Table"
import { transact } from "@armature/model/Transact"
import { describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { assert } from "vitest"

const App = Table.make("app", {
  key: ["pk", "sk"],
  indexes: { gsi1: ["g1pk", "g1sk"], byYear: { partitionKey: ["year"], sortKey: ["tenant"] } },
  keyTypes: { year: "N" }
})

class Line extends Schema.Class<Line>("Line")({
  tenant: Schema.String,
  order: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("o")),
  n: Schema.Number,
  year: Schema.Number,
  state: Schema.String,
  total: Schema.Number
}) {}

const keys = {
  primary: { pk: key`T#${"tenant"}#${"order"}`, sk: key`LINE#${Key.number("n", { digits: 6 })}` },
  byState: { index: "gsi1", pk: key`S#${"state"}#${"tenant"}`, sk: key`${"order"}` }
} as const

const Lines = Entity.make(App, Line, keys, { storeKeyAttributes: false })
const Stored = Entity.make(App, Line, keys)
/** The tenant and the year are also keys of an index by themselves. */
const Yearly = Entity.make(App, Line, { ...keys, byYear: { index: "byYear" } }, { storeKeyAttributes: false })

const world = Local.layer({ tables: [Table.definition(App)] })
const line = (n: number, state = "open") => new Line({ tenant: "a#b", order: "é 1", n, year: 2026, state, total: 5 })
const at = (n: number) => ({ tenant: "a#b", order: "é 1", n })

const raw = (n: number) =>
  Effect.gen(function*() {
    const db = yield* DynamoDB.DynamoDB
    const all = yield* Stream.runCollect(db.scan.items({ TableName: "app" }))
    return Option.getOrThrow(Chunk.findFirst(all, (item) => item["sk"]?.S?.endsWith(`${n}`) === true))
  })

const test = (
  what: string,
  body: () => Effect.Effect<void, unknown, DynamoDB.DynamoDB | LocalDynamoDB.LocalDynamoDB>
) => it.effect(what, () => Effect.suspend(body).pipe(Effect.provide(world)))

describe("attributes in the key alone", () => {
  test("are not stored beside it, and read from there by every read", () =>
    Effect.gen(function*() {
      for (const n of [-3, 0, 12]) {
        yield* Lines.put(line(n))
        assert.deepStrictEqual(yield* Lines.require(at(n)), line(n))
      }
      assert.deepStrictEqual(
        Object.keys(yield* raw(12)).sort(),
        ["__entity", "g1pk", "g1sk", "pk", "sk", "state", "total", "year"]
      )
      assert.deepStrictEqual(yield* Lines.pick(at(12), ["order", "n"]), Option.some({ order: "é 1", n: 12 }))
      const sorted = (found: Chunk.Chunk<Line>) => Chunk.toReadonlyArray(found).map(({ n }) => n)
      const [primary, indexed, scanned] = [
        Lines.query("primary", { tenant: "a#b", order: "é 1" }),
        Lines.query("byState", { state: "open", tenant: "a#b" }),
        Lines.scan()
      ]
      assert.deepStrictEqual(sorted(yield* Stream.runCollect(primary)), [-3, 0, 12])
      assert.deepStrictEqual(sorted(yield* Stream.runCollect(indexed)).sort(), [-3, 0, 12])
      assert.deepStrictEqual(sorted(yield* Stream.runCollect(scanned)).sort(), [-3, 0, 12])
      assert.deepStrictEqual(yield* batch([Lines.require(at(0))]), [line(0)])
    }))

  test("stay out of what is created, saved and transacted, and keys of indexes follow", () =>
    Effect.gen(function*() {
      const made = yield* Lines.create(line(1))
      const paid = new Line({ ...made, state: "paid", total: 6 })
      yield* Lines.save(made, paid)
      yield* transact([Lines.put(line(2)), Lines.update(at(1), (p) => [p.state.set("sent")])])
      assert.deepStrictEqual(yield* Lines.require(at(1)), new Line({ ...paid, state: "sent" }))
      assert.deepStrictEqual((yield* raw(1))["g1pk"], { S: "S#sent#a$Sb" })
      for (const n of [1, 2]) assert.notProperty(yield* raw(n), "o")
      const old = yield* Lines.put(line(1), { return: "ALL_OLD" })
      assert.deepStrictEqual(old, Option.some(new Line({ ...paid, state: "sent" })))
    }))

  test("count for nothing in the size", () =>
    Effect.gen(function*() {
      const [alone, both] = [yield* Lines.size(line(1)), yield* Stored.size(line(1))]
      // tenant, o and n: three names and their values
      assert.strictEqual(both.size - alone.size, 6 + 3 + 1 + 4 + 1 + 2)
    }))

  test("are read by no expression: nothing is sent", () =>
    Effect.gen(function*() {
      const refused: ReadonlyArray<
        Effect.Effect<unknown, { readonly _tag: string; readonly message: string }, DynamoDB.DynamoDB>
      > = [
        Lines.put(line(1), { if: (p) => p.tenant.eq("a") }),
        Lines.put(line(1), { if: (p) => p.total.eq(1).and(p.order.exists.not) }),
        Lines.update(at(1), (p) => [p.total.set(p.n)]),
        Lines.update(at(1), (p) => [p.total.set(1)], { if: (p) => p.n.gt(0) }),
        Lines.delete(at(1), { if: (p) => p.order.size.gt(0) }),
        Stream.runDrain(Lines.scan({ filter: (p) => p.tenant.eq("a") })),
        Stream.runDrain(Lines.query("byState", { state: "open", tenant: "a#b" }, { filter: (p) => p.n.gt(1) }))
      ]
      for (const one of refused) {
        const e = yield* Effect.flip(one)
        assert.strictEqual(e._tag, "ValidationException")
        assert.include(e.message, "is stored in the key alone")
      }
      assert.isEmpty(yield* Effect.flatMap(LocalDynamoDB.LocalDynamoDB, (local) => local.calls))
    }))

  test("are read where they still stand beside the key, and stay where an index is made of them by itself", () =>
    Effect.gen(function*() {
      yield* Stored.put(line(7))
      assert.property(yield* raw(7), "tenant")
      assert.deepStrictEqual(yield* Lines.require(at(7)), line(7))
      yield* Yearly.put(line(8))
      const item = yield* raw(8)
      assert.deepStrictEqual([item["tenant"], item["o"], item["n"]], [{ S: "a#b" }, undefined, undefined])
      const found = yield* Stream.runCollect(Yearly.query("byYear", { year: 2026 }, { sk: { eq: { tenant: "a#b" } } }))
      assert.include(Chunk.toReadonlyArray(found).map(({ n }) => n), 8)
      assert.deepStrictEqual(yield* Yearly.require(at(8)), line(8))
    }))
})
