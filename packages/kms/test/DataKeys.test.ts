import { describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"
import * as DataKeys from "../src/DataKeys.js"
import * as Decryptor from "../src/Decryptor.js"
import type { EncryptionError } from "../src/EncryptionException.js"
import * as Encryptor from "../src/Encryptor.js"
import * as Envelope from "../src/Envelope.js"
import * as SharedCache from "../src/internal/sharedCache.js"
import * as Kms from "../src/Kms.js"
import * as Sealing from "../src/Sealing.js"
import { KmsDouble, refused } from "./double.js"
import { binding as at, bytesOf } from "./support.js"

const place = (pk: string, tenant?: string): Encryptor.Binding => ({
  table: "orders",
  partitionKey: { S: pk },
  path: ["ssn"],
  context: tenant === undefined ? undefined : { tenant }
})

/** A world with one KMS key, and both capabilities over one cache. */
const world = (options: DataKeys.DataKeys.Options = {}) => {
  const kms = new KmsDouble()
  const key = kms.key("one")
  const keys = DataKeys.layer(options).pipe(Layer.provide(kms.layer))
  return { kms, key, keys, layer: Sealing.layerReadWrite({ key, accept: [key] }).pipe(Layer.provide(keys)) }
}

const seal = (pk = "p", tenant?: string) =>
  Effect.flatMap(Encryptor.Encryptor, (encryptor) => encryptor.seal({ S: "secret" }, place(pk, tenant)))
const open = (sealed: Uint8Array, pk = "p", tenant?: string) =>
  Effect.flatMap(Decryptor.Decryptor, (decryptor) => decryptor.open(sealed, place(pk, tenant)))

/** Holds all calls up until it is opened. */
const gate = (kms: KmsDouble) => {
  const latch = Effect.unsafeMakeLatch()
  kms.before = () => latch.await
  return latch
}

const evicted = { S: "seen" }
const isWiped = (key: Envelope.EnvelopeKey): boolean => {
  const result = Envelope.seal(key, evicted, at)
  return Either.isLeft(result) && result.left.reason === "KeyWiped"
}

/** The key that seals now. */
const borrow = (request: DataKeys.SealingRequest) =>
  Effect.flatMap(DataKeys.DataKeys, (keys) => {
    const lent: Array<Envelope.EnvelopeKey> = []
    return Effect.map(
      keys.withSealingKey(request, (key) => {
        lent.push(key)
        return Envelope.seal(key, { S: "x" }, at)
      }),
      () => lent[0]!
    )
  })

describe("data keys", () => {
  it.effect("10,000 seals and 10,000 opens of one table's items are one GenerateDataKey and one Decrypt", () => {
    const { kms, layer } = world()
    return Effect.gen(function*() {
      for (let i = 0; i < 10_000; i++) {
        const sealed = yield* seal(`p${i}`)
        assert.deepStrictEqual(yield* open(sealed, `p${i}`), { S: "secret" })
      }
      assert.deepStrictEqual(kms.calls.map((call) => call.operation), ["GenerateDataKey", "Decrypt"])
    }).pipe(Effect.provide(layer))
  }, 60_000)

  it.effect("one Decrypt for each data key", () => {
    const { kms, layer } = world({ sealing: { maxMessages: 10 } })
    return Effect.gen(function*() {
      const sealed = yield* Effect.forEach(Array.from({ length: 50 }), () => seal())
      yield* Effect.forEach([...sealed, ...sealed], (each) => open(each), { concurrency: "unbounded" })
      assert.deepStrictEqual([kms.count("GenerateDataKey"), kms.count("Decrypt")], [5, 5])
    }).pipe(Effect.provide(layer))
  })

  it.effect("any number of concurrent misses make one call, and so does a burst after expiry", () => {
    const { kms, layer } = world()
    return Effect.gen(function*() {
      const burst = Effect.gen(function*() {
        const latch = gate(kms)
        const fibers = yield* Effect.forEach(Array.from({ length: 500 }), () => Effect.fork(seal()))
        yield* Effect.yieldNow()
        yield* latch.open
        yield* Fiber.joinAll(fibers)
      })
      yield* burst
      assert.strictEqual(kms.count("GenerateDataKey"), 1)
      yield* TestClock.adjust("5 minutes")
      yield* burst
      assert.strictEqual(kms.count("GenerateDataKey"), 2)

      const sealed = yield* seal()
      const latch = gate(kms)
      const fibers = yield* Effect.forEach(Array.from({ length: 500 }), () => Effect.fork(open(sealed)))
      yield* latch.open
      yield* Fiber.joinAll(fibers)
      assert.strictEqual(kms.count("Decrypt"), 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("concurrent misses of more keys than are kept make one call for each", () => {
    const { kms, layer } = world({ sealing: { maxKeys: 2 } })
    return Effect.gen(function*() {
      const latch = gate(kms)
      const askers = Array.from({ length: 60 }, (_, i) => Effect.fork(seal("p", `t${i % 20}`)))
      const fibers = yield* Effect.all(askers)
      yield* Effect.yieldNow()
      yield* latch.open
      yield* Fiber.joinAll(fibers)
      assert.strictEqual(kms.count("GenerateDataKey"), 20)
      yield* seal("p", "t19")
      yield* seal("p", "t18")
      assert.strictEqual(kms.count("GenerateDataKey"), 20)
      yield* seal("p", "t17")
      assert.strictEqual(kms.count("GenerateDataKey"), 21)
    }).pipe(Effect.provide(layer))
  })

  it.effect("nothing that failed is kept: all who waited fail, the next one asks again", () => {
    const { kms, layer } = world()
    return Effect.gen(function*() {
      kms.before = () => Effect.fail(refused("DisabledException"))
      const failures = yield* Effect.all(Array.from({ length: 20 }, () => Effect.flip(seal())), {
        concurrency: "unbounded"
      })
      assert.strictEqual(kms.count("GenerateDataKey"), 1)
      for (const e of failures) assert.isTrue(e._tag === "EncryptionException" && e.reason === "KeyDisabled")
      kms.before = () => Effect.void
      const sealed = yield* seal()
      assert.strictEqual(kms.count("GenerateDataKey"), 2)

      kms.before = () => Effect.fail(refused("AccessDeniedException"))
      assert.strictEqual((yield* Effect.flip(open(sealed)))._tag, "AccessDeniedException")
      kms.before = () => Effect.void
      assert.deepStrictEqual(yield* open(sealed), { S: "secret" })
      assert.strictEqual(kms.count("Decrypt"), 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("one asker's interruption leaves the others; the last one's stops the call", () => {
    const { kms, layer } = world()
    return Effect.gen(function*() {
      const latch = gate(kms)
      const first = yield* Effect.fork(seal())
      const second = yield* Effect.fork(seal())
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(first)
      yield* latch.open
      yield* Fiber.join(second)
      assert.strictEqual(kms.count("GenerateDataKey"), 1)

      yield* TestClock.adjust("5 minutes")
      const stopped = yield* Deferred.make<void>()
      kms.before = () => Effect.onInterrupt(Effect.never, () => Deferred.succeed(stopped, undefined))
      const askers = yield* Effect.forEach([1, 2], () => Effect.fork(seal()))
      yield* Effect.yieldNow()
      yield* Fiber.interruptAll(askers)
      yield* Deferred.await(stopped)
      kms.before = () => Effect.void
      yield* seal()
      assert.strictEqual(kms.count("GenerateDataKey"), 3)
    }).pipe(Effect.provide(layer))
  })
})

describe("a sealing key is used no more", () => {
  it.effect("after its age", () => {
    const { kms, layer } = world({ sealing: { maxAge: "1 minute" } })
    return Effect.gen(function*() {
      yield* seal()
      yield* TestClock.adjust("59 seconds")
      yield* seal()
      assert.strictEqual(kms.count("GenerateDataKey"), 1)
      yield* TestClock.adjust("1 second")
      yield* seal()
      assert.strictEqual(kms.count("GenerateDataKey"), 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("after its messages", () => {
    const { kms, layer } = world({ sealing: { maxMessages: 3 } })
    return Effect.gen(function*() {
      yield* Effect.all(Array.from({ length: 9 }, () => seal()), { concurrency: "unbounded" })
      assert.strictEqual(kms.count("GenerateDataKey"), 3)
      yield* seal()
      assert.strictEqual(kms.count("GenerateDataKey"), 4)
    }).pipe(Effect.provide(layer))
  })

  it.effect("after its bytes, and takes one message of any size before that", () => {
    const { kms, layer } = world({ sealing: { maxBytes: 1_000_000 } })
    const large = Effect.flatMap(
      Encryptor.Encryptor,
      (encryptor) => encryptor.seal({ B: new Uint8Array(600_000) }, place("p"))
    )
    return Effect.gen(function*() {
      yield* large
      yield* large
      assert.strictEqual(kms.count("GenerateDataKey"), 1)
      yield* large
      assert.strictEqual(kms.count("GenerateDataKey"), 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("after so many others, the least recently used first", () => {
    const { kms, layer } = world({ sealing: { maxKeys: 2 } })
    return Effect.gen(function*() {
      for (const tenant of ["a", "b", "a", "c", "a"]) yield* seal("p", tenant)
      assert.strictEqual(kms.count("GenerateDataKey"), 3)
      yield* seal("p", "b")
      assert.strictEqual(kms.count("GenerateDataKey"), 4)
    }).pipe(Effect.provide(layer))
  })
})

describe("an opening key is used no more", () => {
  it.effect("after its age", () => {
    const { kms, layer } = world({ opening: { maxAge: "1 minute" } })
    return Effect.gen(function*() {
      const sealed = yield* seal()
      yield* open(sealed)
      yield* TestClock.adjust("59 seconds")
      yield* open(sealed)
      assert.strictEqual(kms.count("Decrypt"), 1)
      yield* TestClock.adjust("1 second")
      yield* open(sealed)
      assert.strictEqual(kms.count("Decrypt"), 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("when the clock was set back, since its age cannot be told", () => {
    const { kms, layer } = world({ opening: { maxAge: "1 minute" } })
    return Effect.gen(function*() {
      yield* TestClock.setTime(3_600_000)
      const sealed = yield* seal()
      yield* open(sealed)
      yield* TestClock.setTime(3_000_000)
      yield* open(sealed)
      assert.strictEqual(kms.count("Decrypt"), 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("after so many others, the least recently used first", () => {
    const { kms, layer } = world({ opening: { maxKeys: 2 } })
    return Effect.gen(function*() {
      const [a, b, c] = [yield* seal("p", "a"), yield* seal("p", "b"), yield* seal("p", "c")]
      for (const [sealed, tenant] of [[a, "a"], [b, "b"], [a, "a"], [c, "c"], [a, "a"]] as const) {
        yield* open(sealed, "p", tenant)
      }
      assert.strictEqual(kms.count("Decrypt"), 3)
      yield* open(b, "p", "b")
      assert.strictEqual(kms.count("Decrypt"), 4)
    }).pipe(Effect.provide(layer))
  })
})

describe("keys are overwritten", () => {
  it.effect("when they are too old, though nobody asks", () => {
    const { key, keys } = world()
    return Effect.gen(function*() {
      const lent = yield* borrow({ key, context: {} })
      yield* TestClock.adjust("299 seconds")
      assert.isFalse(isWiped(lent))
      yield* TestClock.adjust("1 second")
      assert.isTrue(isWiped(lent))
    }).pipe(Effect.provide(keys))
  })

  it.effect("when they are too old, though the only one who asked left as they came", () =>
    Effect.gen(function*() {
      const left: Array<number> = []
      const cache = yield* SharedCache.make<string, never>({
        bounds: { maxAge: 60_000, maxEntries: 10, maxUses: 10, maxBytes: 10 },
        onHit: () => undefined,
        onEvict: (_, age) => void left.push(age)
      })
      const asker: Fiber.RuntimeFiber<unknown> = yield* Effect.fork(
        cache.use(
          "key",
          // the asker goes in the very step in which the value comes
          Effect.sync(() => {
            asker.unsafeInterruptAsFork(asker.id())
            return "value"
          }),
          (value) => value,
          () => 1
        )
      )
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(asker)))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(left, [60_000])
    }).pipe(Effect.scoped))

  it.effect("when they make room, and when they are used up", () => {
    const { key, keys } = world({ sealing: { maxKeys: 1, maxMessages: 2 } })
    return Effect.gen(function*() {
      const first = yield* borrow({ key, context: { tenant: "a" } })
      const second = yield* borrow({ key, context: { tenant: "b" } })
      assert.deepStrictEqual([isWiped(first), isWiped(second)], [true, false])
      yield* borrow({ key, context: { tenant: "b" } })
      yield* borrow({ key, context: { tenant: "b" } })
      assert.isTrue(isWiped(second))
    }).pipe(Effect.provide(keys))
  })

  it.effect("when the Layer is closed", () => {
    const { key, keys } = world()
    return Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(keys, scope)
      const lent = yield* Effect.provide(borrow({ key, context: {} }), context)
      assert.isFalse(isWiped(lent))
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(isWiped(lent))
    })
  })

  it.effect("so is the plaintext that KMS answered", () => {
    const { kms, layer } = world()
    return Effect.gen(function*() {
      yield* open(yield* seal())
      assert.strictEqual(kms.plaintexts.length, 2)
      for (const plaintext of kms.plaintexts) assert.isTrue(plaintext.every((byte) => byte === 0))
    }).pipe(Effect.provide(layer))
  })
})

describe("the provider", () => {
  it.effect("tells its calls, its hits and how old keys became", () => {
    const { layer } = world({ sealing: { maxAge: "1 minute" } })
    const read = (name: string) =>
      Effect.map(Metric.snapshot, (all) =>
        Object.fromEntries(
          all.flatMap(({ metricKey, metricState }) =>
            metricKey.name === `armature.kms.data_key.${name}`
              ? metricKey.tags.map((tag) => [tag.value, "count" in metricState ? Number(metricState.count) : NaN])
              : []
          )
        ))
    return Effect.gen(function*() {
      const before = { calls: yield* read("calls"), hits: yield* read("hits"), age: yield* read("age") }
      const sealed = yield* seal()
      yield* seal()
      yield* seal()
      yield* open(sealed)
      yield* TestClock.adjust("1 minute")
      const after = { calls: yield* read("calls"), hits: yield* read("hits"), age: yield* read("age") }
      const more = (kind: keyof typeof after, operation: string) =>
        after[kind][operation]! - (before[kind][operation] ?? 0)
      assert.strictEqual(more("calls", "GenerateDataKey"), 1)
      assert.strictEqual(more("calls", "Decrypt"), 1)
      assert.strictEqual(more("hits", "GenerateDataKey"), 2)
      assert.strictEqual(more("age", "GenerateDataKey"), 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("refuses bounds under which nothing could be sealed", () =>
    Effect.gen(function*() {
      const wrong: ReadonlyArray<DataKeys.DataKeys.Options> = [
        { sealing: { maxAge: 0 } },
        { sealing: { maxMessages: 0 } },
        { sealing: { maxBytes: -1 } },
        { sealing: { maxKeys: NaN } },
        { sealing: { maxKeys: 0.5 } },
        { opening: { maxAge: 0 } },
        { opening: { maxKeys: 0 } }
      ]
      for (const options of wrong) {
        const e = yield* Effect.flip(Effect.scoped(Layer.build(world(options).keys)))
        assert.strictEqual(e._tag, "ConfigurationException")
        assert.include(e.message, Object.keys(Object.values(options)[0])[0]!)
      }
    }))

  it.effect("does not take what is no data key from KMS", () => {
    const { kms, layer } = world()
    const wrong: ReadonlyArray<object> = [
      { Plaintext: new Uint8Array(16) },
      { Plaintext: undefined },
      { KeyId: undefined },
      { KeyId: "alias/one" },
      { CiphertextBlob: undefined },
      { CiphertextBlob: new Uint8Array() }
    ]
    const isUnavailable = (e: EncryptionError) => e._tag === "EncryptionException" && e.reason === "Unavailable"
    return Effect.gen(function*() {
      for (const change of wrong) {
        kms.after = (output) => ({ ...output, ...change })
        assert.isTrue(isUnavailable(yield* Effect.flip(seal())), Object.keys(change).join())
      }
      kms.after = (output) => output
      const sealed = yield* seal()
      kms.after = (output) => ({ ...output, Plaintext: new Uint8Array(16) })
      assert.isTrue(isUnavailable(yield* Effect.flip(open(sealed))))
    }).pipe(Effect.provide(layer))
  })

  it.effect("does not take a plaintext that was overwritten before, as one handed out twice is", () =>
    Effect.gen(function*() {
      const bytes = new Uint8Array(32).fill(1)
      const redacted = Redacted.make(new Uint8Array(32).fill(2))
      for (const plaintext of [() => Redacted.make(bytes), () => redacted]) {
        const kms = Kms.layerFake({
          generateDataKey: ({ KeyId }) =>
            Effect.sync(() => ({ KeyId, CiphertextBlob: bytesOf("edk", 20), Plaintext: plaintext() }))
        })
        const keys = DataKeys.layer({ sealing: { maxMessages: 1 } }).pipe(Layer.provide(kms))
        const second = yield* Effect.zipRight(seal(), Effect.exit(seal())).pipe(
          Effect.provide(Encryptor.layer({ key: "one" }).pipe(Layer.provide(keys)))
        )
        assert.isTrue(Exit.isFailure(second) && Cause.isFailType(second.cause))
        if (Exit.isFailure(second) && Cause.isFailType(second.cause)) {
          assert.deepInclude(second.cause.error, { _tag: "EncryptionException", reason: "Unavailable" })
        }
      }
    }))
})

describe("static keys", () => {
  const staticKey = (keyId: string, label = keyId): DataKeys.DataKeys.StaticKey => ({
    keyId,
    dataKey: Redacted.make(bytesOf(label, 32))
  })
  const layer = (seal: DataKeys.DataKeys.StaticKey, open?: ReadonlyArray<DataKeys.DataKeys.StaticKey>) =>
    Sealing.layerReadWrite({ key: "any", accept: ["old", "new"] }).pipe(
      Layer.provide(DataKeys.layerStatic({ seal, open }))
    )

  it.effect("seal, and open what any of them sealed", () =>
    Effect.gen(function*() {
      const old = yield* Effect.provide(seal(), layer(staticKey("old")))
      const both = layer(staticKey("new"), [staticKey("old")])
      assert.deepStrictEqual(yield* Effect.provide(open(old), both), { S: "secret" })
      assert.deepStrictEqual(yield* Effect.provide(Effect.flatMap(seal(), (it) => open(it)), both), { S: "secret" })
      const e = yield* Effect.flip(Effect.provide(open(old), layer(staticKey("new"))))
      assert.isTrue(e._tag === "EncryptionException" && e.reason === "IncorrectKey")
      const impostor = yield* Effect.flip(Effect.provide(open(old), layer(staticKey("old", "other"))))
      assert.isTrue(impostor._tag === "EncryptionException" && impostor.reason === "Tampered")
    }))

  it.effect("are refused when two of them could not be told apart", () =>
    Effect.gen(function*() {
      const build = (open: DataKeys.DataKeys.StaticKey) =>
        Effect.exit(Effect.scoped(Layer.build(DataKeys.layerStatic({ seal: staticKey("k"), open: [open] }))))
      const exit = yield* build(staticKey("k", "another"))
      assert.isTrue(Exit.isFailure(exit) && Cause.isFailType(exit.cause))
      assert.isTrue(Exit.isSuccess(yield* build(staticKey("k"))))
      assert.isTrue(Exit.isSuccess(yield* build({ ...staticKey("k", "another"), edk: bytesOf("edk", 8) })))
    }))

  it.effect("are refused when they are no data keys", () =>
    Effect.gen(function*() {
      const wiped = staticKey("wiped")
      Redacted.unsafeWipe(wiped.dataKey)
      for (
        const key of [
          { keyId: "k", dataKey: Redacted.make(new Uint8Array(16)) },
          { ...staticKey("k"), keyId: "" },
          wiped
        ]
      ) {
        const exit = yield* Effect.exit(Effect.scoped(Layer.build(DataKeys.layerStatic({ seal: key }))))
        assert.isTrue(Exit.isFailure(exit) && Cause.isFailType(exit.cause))
      }
    }))
})
