/** Reads of one item: of what has expired, and of values in S3 that are replaced between an item's reading and their own. */
import * as Attribute from "@armature/model/Attribute"
import { batch } from "@armature/model/Batch"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Stored from "@armature/model/Stored"
import { transact, transactGet } from "@armature/model/Transact"
import { S3AttributeException } from "@armature/s3/S3AttributeException"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { assert, describe, it } from "vitest"
import { App } from "./shop.js"
import { person, Persons, test, timed } from "./together.js"

class Session extends Schema.Class<Session>("Session")({
  id: Schema.String,
  name: Schema.String,
  until: Attribute.TimeToLive
}) {}

const Sessions = Entity.make(App, Session, { primary: { pk: key`SESSION#${"id"}`, sk: key`SESSION` } })

const one = { id: "1" }

describe("what has expired", () => {
  timed("is none where that is asked for, and stands there otherwise", () =>
    Effect.gen(function*() {
      yield* Sessions.put(new Session({ id: "1", name: "n", until: DateTime.unsafeMake(10_000) }))
      const only = { unexpired: true }
      assert.isTrue(Option.isSome(yield* Sessions.get(one, only)))
      assert.deepStrictEqual(yield* Sessions.pick(one, ["name"], only), Option.some({ name: "n" }))
      yield* TestClock.adjust("10 seconds")
      assert.isTrue(Option.isSome(yield* Sessions.get(one)))
      assert.deepStrictEqual(yield* Sessions.get(one, only), Option.none())
      assert.deepStrictEqual(yield* Sessions.pick(one, ["name"], only), Option.none())
      assert.deepStrictEqual(yield* batch([Sessions.get(one, only)]), [Option.none()])
      const e = yield* Effect.flip(Sessions.require(one, only))
      assert.strictEqual(e._tag, "ItemNotFoundException")
    }))
})

describe("a value in S3", () => {
  const photo = (...bytes: ReadonlyArray<number>) => ({ ...person("1"), photo: Stored.of(Uint8Array.from(bytes)) })

  test("that was replaced meanwhile is found by who read its item with others", () =>
    Effect.gen(function*() {
      yield* Persons.put(photo(1))
      const [batched] = yield* batch([Persons.require(one)])
      const [together] = yield* transactGet([Persons.require(one)])
      yield* Persons.put(photo(2))
      assert.deepStrictEqual(yield* batched.photo.read, Uint8Array.of(2))
      assert.deepStrictEqual(yield* together.photo.read, Uint8Array.of(2))
    }))

  test("that is kept and was replaced meanwhile is foreign, in a transaction as well", () =>
    Effect.gen(function*() {
      yield* Persons.put(photo(1))
      const stale = yield* Persons.require(one)
      yield* Persons.put(photo(2))
      const alone = yield* Effect.flip(Persons.put(stale))
      assert(alone._tag === "S3AttributeException")
      assert.strictEqual(alone.reason, "Foreign")
      const e = yield* Effect.flip(transact([Persons.put(stale)]))
      assert(e._tag === "TransactionCanceledException")
      const reason: unknown = Option.getOrThrow(e.reasons[0])
      assert.instanceOf(reason, S3AttributeException)
      assert.strictEqual(reason.reason, "Foreign")
    }))
})

describe("a computed attribute", () => {
  it("is no part of an index's key, where an update would leave it stale", () => {
    const made = Schema.Struct({
      id: Schema.String,
      mail: Schema.String,
      lower: Attribute.computed(Schema.String, ({ mail }: { readonly mail: string }) => mail.toLowerCase())
    })
    assert.throws(
      () =>
        Entity.make(App, made, {
          primary: { pk: key`M#${"id"}`, sk: key`M` },
          byMail: { index: "gsi1", pk: key`M#${"lower"}`, sk: key`M` }
        }, { name: "Mail" }),
      /lower, which is computed/
    )
    assert.doesNotThrow(() =>
      Entity.make(App, made, { primary: { pk: key`M#${"id"}`, sk: key`M#${"lower"}` } }, { name: "Mail" })
    )
  })
})
