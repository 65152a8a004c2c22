import { AccessDeniedException } from "@armature/aws/Exceptions"
import { describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { assert } from "vitest"
import * as Decryptor from "../src/Decryptor.js"
import type * as Encryptor from "../src/Encryptor.js"
import * as Reencryptor from "../src/Reencryptor.js"
import * as Sealing from "../src/Sealing.js"
import { KmsDouble, refused } from "./double.js"
import { binding, keysOf, open, reasonOf, seal, value } from "./sealing.js"

describe("reencrypt", () => {
  const two = () => {
    const kms = new KmsDouble()
    const [from, to] = [kms.key("old"), kms.key("new")]
    const keys = keysOf(kms)
    const reencryptor = (options: Partial<Reencryptor.Reencryptor.Options> = {}) =>
      Reencryptor.layer({ from: [from], to, ...options }).pipe(Layer.provide(kms.layer))
    return {
      kms,
      from,
      to,
      reencryptor,
      old: Sealing.layerReadWrite({ key: from, accept: [from] }).pipe(Layer.provide(keys)),
      new: Sealing.layerReadWrite({ key: to, accept: [to] }).pipe(Layer.provide(keys))
    }
  }
  const reencrypt = (sealed: Uint8Array, place: Reencryptor.Place = binding) =>
    Effect.flatMap(Reencryptor.Reencryptor, (reencryptor) => reencryptor.reencrypt(sealed, place))

  it.effect("moves a value to another KMS key without opening it, one call for each data key", () => {
    const world = two()
    return Effect.gen(function*() {
      const sealed = yield* Effect.provide(Effect.replicateEffect(seal(), 100), world.old)
      const moved = yield* Effect.provide(
        Effect.forEach(sealed, (each) => reencrypt(each), { concurrency: "unbounded" }),
        world.reencryptor()
      )
      assert.deepStrictEqual([world.kms.count("ReEncrypt"), world.kms.count("Decrypt")], [1, 0])
      yield* Effect.provide(Effect.forEach(moved, (each) => open(each)), world.new)
      assert.strictEqual(reasonOf(yield* Effect.flip(Effect.provide(open(moved[0]!), world.old))), "IncorrectKey")
      const input = world.kms.calls.find((call) => call.operation === "ReEncrypt")?.input
      assert.strictEqual(input?.SourceKeyId, world.from)
    })
  })

  it.effect("leaves alone what is moved already, and refuses what is none of its keys, without a call", () => {
    const world = two()
    return Effect.gen(function*() {
      const sealed = yield* Effect.provide(seal(), world.new)
      assert.strictEqual(yield* Effect.provide(reencrypt(sealed), world.reencryptor()), sealed)
      const other = world.reencryptor({ from: ["other"], to: "third" })
      assert.strictEqual(reasonOf(yield* Effect.flip(Effect.provide(reencrypt(sealed), other))), "IncorrectKey")
      assert.strictEqual(
        reasonOf(yield* Effect.flip(Effect.provide(reencrypt(new Uint8Array(300)), other))),
        "UnsupportedFormat"
      )
      assert.strictEqual(world.kms.count("ReEncrypt"), 0)
    })
  })

  it.effect("brings values under the present context", () => {
    const world = two()
    return Effect.gen(function*() {
      const sealed = yield* Effect.provide(seal(), world.old)
      const refusal = yield* Effect.flip(
        Effect.provide(reencrypt(sealed), world.reencryptor({ context: { app: "a" } }))
      )
      assert.strictEqual(reasonOf(refusal), "InvalidCiphertext")
      const moved = yield* Effect.provide(
        reencrypt(sealed),
        world.reencryptor({
          context: { app: "a" },
          previousContexts: [({ app: _, ...context }) => context]
        })
      )
      const reader = Decryptor.layer({ keys: [world.to], context: { app: "a" } }).pipe(
        Layer.provide(keysOf(world.kms))
      )
      assert.deepStrictEqual(yield* Effect.provide(open(moved), reader), value)
    })
  })

  it.effect("says what it cannot be made with", () => {
    const world = two()
    return Effect.gen(function*() {
      for (
        const options of [{ from: ["alias/a"] }, { to: "alias/a" }, { maxKeys: 0.5 }, { context: { "armature.a": "" } }]
      ) {
        const e = yield* Effect.flip(Effect.scoped(Layer.build(world.reencryptor(options))))
        assert.strictEqual(e._tag, "ConfigurationException")
      }
    })
  })

  it.effect("moves a whole table, tells its progress, and passes over what is moved when begun anew", () => {
    const world = two()
    return Effect.gen(function*() {
      const place = (i: number): Encryptor.Binding => ({
        ...binding,
        partitionKey: { S: `p${i}` },
        context: { tenant: `t${i % 3}` }
      })
      const table = yield* Effect.provide(
        Effect.forEach(Array.from({ length: 30 }), (_, i) => seal({ N: String(i) }, place(i))),
        world.old
      )
      const run = (writes: (i: number) => boolean) =>
        Reencryptor.reencryptAll(
          Stream.fromIterable(table.map((sealed, i) => ({ sealed, i, ...place(i) }))),
          {
            write: ({ i }, reencrypted) =>
              Effect.sync(() => {
                if (writes(i)) table[i] = reencrypted
                return writes(i)
              })
          }
        ).pipe(Stream.runCollect, Effect.map(Chunk.toReadonlyArray), Effect.provide(world.reencryptor()))
      const first = yield* run((i) => i < 20)
      assert.deepStrictEqual(first.map((progress) => progress.seen), Array.from({ length: 30 }, (_, i) => i + 1))
      assert.deepStrictEqual(first.at(-1), { seen: 30, moved: 20, already: 0, changed: 10 })
      assert.strictEqual(world.kms.count("ReEncrypt"), 3)
      assert.deepStrictEqual((yield* run(() => true)).at(-1), { seen: 30, moved: 10, already: 20, changed: 0 })
      assert.deepStrictEqual(
        yield* Effect.provide(Effect.forEach(table, (each, i) => open(each, place(i))), world.new),
        table.map((_, i) => ({ N: String(i) }))
      )
      world.kms.before = () => Effect.fail(refused("AccessDeniedException"))
      const sealed = yield* Effect.flip(Effect.provide(seal(value, place(99)), world.old))
      assert.instanceOf(sealed, AccessDeniedException)
    })
  })
})
