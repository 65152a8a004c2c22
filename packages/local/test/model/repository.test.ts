/** What bound operations promise. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Decryptor from "@armature/kms/Decryptor"
import * as Repository from "@armature/model/Repository"
import { describe } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { assert } from "vitest"
import { failure, person, Persons, test, user, Users } from "./together.js"

/** With nothing around it, or what would be wrong. */
const bare = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.mapInputContext(Effect.provide(effect, DynamoDB.layerFake({})), () => Context.empty())

describe("bound operations", () => {
  test("run with the services that they were bound to", () =>
    Effect.gen(function*() {
      const writes = yield* Repository.writer(Users)
      const reads = yield* Repository.reader(Users)
      yield* bare(writes.put(user("1")))
      yield* bare(writes.update({ id: "1" }, (p) => [p.n.add(2)], { if: (p) => p.n.eq(0) }))
      assert.strictEqual((yield* bare(reads.require({ id: "1" }))).n, 2)
      assert.deepStrictEqual(yield* bare(reads.pick({ id: "1" }, ["n"])), Option.some({ n: 2 }))
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(yield* bare(Stream.runCollect(reads.query("primary", { id: "1" })))).map(({ n }) => n),
        [2]
      )
      assert.strictEqual((yield* bare(reads.scanPage())).items.length, 1)
      assert.strictEqual((yield* bare(Stream.runCollect(reads.scan()))).length, 1)
      yield* bare(writes.delete({ id: "1" }))
      assert.deepStrictEqual(yield* bare(reads.get({ id: "1" })), Option.none())
    }))

  test("that write cannot open what is sealed", () =>
    Effect.gen(function*() {
      const writes = yield* Repository.writer(Persons)
      const reads = yield* Repository.reader(Persons)
      yield* bare(writes.put(person("1")))
      assert.strictEqual((yield* bare(reads.require({ id: "1" }))).ssn, "marked-ssn")
      const e = yield* failure(bare(writes.create(person("1"))), "ConditionalCheckFailedException")
      const decryptor = yield* Decryptor.Decryptor
      // it is opened by who can
      const stands = yield* Effect.provideService(e.decoded, Decryptor.Decryptor, decryptor)
      assert.strictEqual(Option.getOrThrow(stands).ssn, "marked-ssn")
      // what the type does not let it ask for it has no means for
      const options: object = { return: "ALL_OLD" }
      assert.isTrue(Exit.isFailure(yield* Effect.exit(bare(writes.put(person("1"), options)))))
    }))
})
