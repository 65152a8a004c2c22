/** What a write takes out of an item is taken out of S3 as well: the objects that are left are counted. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Faults from "@armature/local/Faults"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as Attribute from "@armature/model/Attribute"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Stored from "@armature/model/Stored"
import * as S3 from "@armature/s3/S3"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { assert, describe } from "vitest"
import { App } from "./shop.js"
import { test } from "./together.js"

const file = Attribute.offloaded(Schema.String, { prefix: "photos/" })

const fields = {
  id: Schema.String,
  text: Schema.String,
  front: Schema.optionalWith(file, { exact: true }),
  back: Schema.optionalWith(file, { exact: true }),
  deep: Schema.Struct({ inside: Schema.optionalWith(file, { exact: true }) })
}

class Paper extends Schema.Class<Paper>("Paper")(fields) {}
class Draft extends Schema.Class<Draft>("Draft")({ ...fields, version: Attribute.Version }) {}

const Papers = Entity.make(App, Paper, { primary: { pk: key`PAPER#${"id"}`, sk: key`PAPER` } })
const Drafts = Entity.make(App, Draft, { primary: { pk: key`DRAFT#${"id"}`, sk: key`DRAFT` } })

const all = () => ({
  id: "1",
  text: "t",
  front: Stored.of("front"),
  back: Stored.of("back"),
  deep: { inside: Stored.of("inside") }
})

const objects = Effect.flatMap(S3.S3, (s3) =>
  Effect.map(
    s3.listObjectsV2({ Bucket: "files", Prefix: "photos/" }),
    // the marker, which says whose values these are, is empty
    ({ Contents = [] }) => Contents.filter(({ Size }) => Size !== 0).length
  ))

const left = (n: number) => Effect.map(objects, (count) => assert.strictEqual(count, n))

const one = { id: "1" }

/** That what stands there still leads somewhere. */
const readable = (paper: Pick<Paper, "front" | "back" | "deep">) =>
  Effect.forEach(
    [paper.front, paper.back, paper.deep.inside].flatMap((stored) => stored ?? []),
    (stored) => stored.read
  )

const lost = LocalDynamoDB.withFaults([{
  operation: "UpdateItem",
  failure: Faults.connectionReset,
  effect: "after",
  times: 1
}])

describe("without a version", () => {
  test("a delete leaves nothing", () =>
    Effect.gen(function*() {
      yield* Papers.put(new Paper(all()))
      yield* left(3)
      yield* Papers.delete(one)
      yield* left(0)
    }))

  test("a put leaves what it keeps, and nothing that it leaves out or replaces", () =>
    Effect.gen(function*() {
      yield* Papers.put(new Paper(all()))
      const { back: _, ...kept } = yield* Papers.require(one)
      yield* Papers.put(new Paper(kept))
      yield* left(2)
      assert.deepStrictEqual(yield* readable(yield* Papers.require(one)), ["front", "inside"])
      yield* Papers.put(new Paper({ id: "1", text: "t", front: Stored.of("other"), deep: {} }))
      yield* left(1)
      yield* Papers.replace(new Paper({ id: "1", text: "t", deep: {} }))
      yield* left(0)
    }))

  test("an update leaves what it does not touch, and nothing that it removes or replaces", () =>
    Effect.gen(function*() {
      yield* Papers.put(new Paper(all()))
      yield* Papers.update(one, (p) => [p.front.set(Stored.of("other"))])
      yield* left(3)
      assert.deepStrictEqual(yield* readable(yield* Papers.require(one)), ["other", "back", "inside"])
      yield* Papers.update(one, (p) => [p.back.remove, p.text.set("u")])
      yield* left(2)
      yield* Papers.update(one, (p) => [p.text.set("v")])
      yield* Papers.update(one, (p) => [p.deep.inside.remove])
      yield* left(1)
      assert.deepStrictEqual(yield* readable(yield* Papers.require(one)), ["other"])
    }))

  test("a save leaves nothing that it leaves out", () =>
    Effect.gen(function*() {
      yield* Papers.put(new Paper(all()))
      const before = yield* Papers.require(one)
      const { front: _, ...after } = before
      yield* Papers.save(before, new Paper({ ...after, deep: {} }))
      yield* left(1)
      assert.deepStrictEqual(yield* readable(yield* Papers.require(one)), ["back"])
    }))

  test("what is returned decides whether it is known what was replaced", () =>
    Effect.gen(function*() {
      yield* Papers.put(new Paper(all()))
      yield* Papers.update(one, (p) => [p.front.remove], { return: "UPDATED_OLD" })
      yield* left(2)
      yield* Papers.update(one, (p) => [p.back.remove], { return: "ALL_OLD" })
      yield* left(1)
      yield* Papers.update(one, (p) => [p.deep.inside.remove], { return: "ALL_NEW" })
      yield* left(1)
    }))

  test("who has no means to delete leaves it to the sweeper", () =>
    Effect.gen(function*() {
      yield* Papers.put(new Paper(all()))
      yield* Effect.mapInputContext(
        Papers.delete(one),
        (context: Context.Context<DynamoDB.DynamoDB>) => Context.pick(DynamoDB.DynamoDB)(context)
      )
      assert.deepStrictEqual(yield* Papers.get(one), Option.none())
      yield* left(3)
    }))
})

describe("with a version", () => {
  test("every write leaves what the item points to, and nothing else", () =>
    Effect.gen(function*() {
      const created = yield* Drafts.create(all())
      const first = yield* Drafts.require(one)
      const { back: _, ...kept } = first
      yield* Drafts.put(new Draft(kept))
      yield* left(2)
      yield* Drafts.update({ id: "1", version: created.version + 1 }, (p) => [p.front.set(Stored.of("other"))])
      yield* left(2)
      const before = yield* Drafts.require(one)
      assert.deepStrictEqual(yield* readable(before), ["other", "inside"])
      yield* Drafts.save(before, new Draft({ ...before, deep: {} }))
      yield* left(1)
      yield* Drafts.delete({ id: "1", version: before.version + 1 })
      yield* left(0)
    }))

  test("who is too late leaves what stands there", () =>
    Effect.gen(function*() {
      const created = yield* Drafts.create(all())
      yield* Effect.flip(Drafts.delete({ id: "1", version: created.version + 1 }))
      yield* Effect.flip(Drafts.update({ id: "1", version: 7 }, (p) => [p.front.set(Stored.of("other"))]))
      yield* left(3)
      assert.deepStrictEqual(yield* readable(yield* Drafts.require(one)), ["front", "back", "inside"])
    }))

  test("a lost answer that turns out to be our own gives no old image", () =>
    Effect.gen(function*() {
      const created = yield* Drafts.create(all())
      yield* lost(Drafts.update(created, (p) => [p.front.remove]))
      // the sweeper's
      yield* left(3)
      assert.deepStrictEqual(yield* readable(yield* Drafts.require(one)), ["back", "inside"])
    }))
})
