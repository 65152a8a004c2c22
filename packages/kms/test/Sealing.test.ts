import * as Wire from "@armature/aws/WireFailure"
import { describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import { assert } from "vitest"
import * as DataKeys from "../src/DataKeys.js"
import * as Decryptor from "../src/Decryptor.js"
import type { EncryptionError } from "../src/EncryptionException.js"
import * as Encryptor from "../src/Encryptor.js"
import * as Envelope from "../src/Envelope.js"
import * as Sealing from "../src/Sealing.js"
import { KmsDouble, refused } from "./double.js"
import { binding, keysOf, open, reasonOf, seal, value } from "./sealing.js"
import { values } from "./support.js"

const world = () => {
  const kms = new KmsDouble()
  const key = kms.key("one")
  const keys = keysOf(kms)
  return { kms, key, keys, layer: Sealing.layerReadWrite({ key, accept: [key] }).pipe(Layer.provide(keys)) }
}

describe("Encryptor and Decryptor", () => {
  it.effect("give every value back with its type, and refuse another type than the expected", () => {
    const { layer } = world()
    return Effect.gen(function*() {
      for (const v of values) {
        const sealed = yield* seal(v)
        assert.deepStrictEqual(yield* open(sealed), v)
        const type = "S" in v ? "N" : "S"
        assert.strictEqual(reasonOf(yield* Effect.flip(open(sealed, binding, { expected: type }))), "TypeMismatch")
      }
    }).pipe(Effect.provide(layer))
  })

  it.effect("say what cannot be sealed or opened, and do not ask KMS to open what is no sealed value", () => {
    const { kms, layer } = world()
    return Effect.gen(function*() {
      const flipped = (e: Effect.Effect<unknown, EncryptionError, Encryptor.Encryptor | Decryptor.Decryptor>) =>
        Effect.map(Effect.flip(e), reasonOf)
      assert.strictEqual(yield* flipped(seal(value, { ...binding, partitionKey: { S: "" } })), "InvalidBinding")
      assert.strictEqual(kms.calls.length, 0)
      assert.strictEqual(yield* flipped(seal({ S: "\ud800" })), "InvalidValue")
      assert.strictEqual(yield* flipped(seal({ B: new Uint8Array(16 * 1024 * 1024 + 1) })), "TooLarge")
      const sealed = yield* seal()
      const calls = kms.calls.length
      assert.strictEqual(yield* flipped(open(new Uint8Array(400))), "UnsupportedFormat")
      assert.strictEqual(yield* flipped(open(sealed.subarray(1))), "UnsupportedFormat")
      assert.strictEqual(yield* flipped(open(sealed.subarray(0, -1))), "Tampered")
      assert.strictEqual(kms.calls.length, calls)
      assert.strictEqual(yield* flipped(open(sealed, { ...binding, path: ["card", "cvc"] })), "Tampered")
      sealed[sealed.length - 1]! ^= 1
      assert.strictEqual(yield* flipped(open(sealed)), "Tampered")
    }).pipe(Effect.provide(layer))
  })

  it.effect("seal with the key that an attribute asks for by name", () => {
    const kms = new KmsDouble()
    const [one, pii] = [kms.key("one"), kms.key("pii")]
    const layer = Sealing.layerReadWrite({ key: one, keys: { pii }, accept: [one, pii] }).pipe(
      Layer.provide(keysOf(kms))
    )
    return Effect.gen(function*() {
      const sealed = yield* seal(value, binding, { key: "pii" })
      assert.strictEqual(Either.getOrThrow(Envelope.header(sealed)).keyId, "pii")
      assert.strictEqual(Either.getOrThrow(Envelope.header(yield* seal())).keyId, "one")
      assert.deepStrictEqual(yield* open(sealed), value)
      for (const name of ["other", "toString"]) {
        assert.strictEqual(reasonOf(yield* Effect.flip(seal(value, binding, { key: name }))), "KeyNotFound")
      }
      assert.strictEqual(kms.count("GenerateDataKey"), 2)
    }).pipe(Effect.provide(layer))
  })
})

describe("the key pin", () => {
  it.effect("sends the ARN that has the value's key id", () => {
    const { key, kms, layer } = world()
    return Effect.gen(function*() {
      yield* open(yield* seal())
      assert.deepStrictEqual(kms.calls.map(({ input, operation }) => [operation, input.KeyId]), [
        ["GenerateDataKey", key],
        ["Decrypt", key]
      ])
    }).pipe(Effect.provide(layer))
  })

  it.effect("refuses a value of a key that is not accepted, and does not ask KMS", () => {
    const kms = new KmsDouble()
    const [one, two] = [kms.key("one"), kms.key("two")]
    const layer = Sealing.layerReadWrite({ key: two, accept: [one] }).pipe(Layer.provide(keysOf(kms)))
    return Effect.gen(function*() {
      const sealed = yield* seal()
      assert.strictEqual(reasonOf(yield* Effect.flip(open(sealed))), "IncorrectKey")
      assert.strictEqual(kms.count("Decrypt"), 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("refuses a data key of another KMS key that names an accepted one", () => {
    const kms = new KmsDouble()
    const [one, two] = [kms.key("one"), kms.key("two")]
    const layer = Sealing.layerReadWrite({ key: two, accept: [one] }).pipe(Layer.provide(keysOf(kms)))
    return Effect.gen(function*() {
      const sealed = yield* seal()
      const { edk } = Either.getOrThrow(Envelope.header(sealed))
      const renamed = Either.getOrThrow(Envelope.rewrap(sealed, { keyId: "one", edk }))
      assert.strictEqual(reasonOf(yield* Effect.flip(open(renamed))), "IncorrectKey")
      assert.strictEqual(kms.count("Decrypt"), 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("holds for data keys that are cached", () => {
    const kms = new KmsDouble()
    const [one, two] = [kms.key("one"), kms.key("two")]
    const layer = Sealing.layerReadWrite({ key: one, accept: [one, two] }).pipe(Layer.provide(keysOf(kms)))
    return Effect.gen(function*() {
      const sealed = yield* seal()
      yield* open(sealed)
      const { edk } = Either.getOrThrow(Envelope.header(sealed))
      const renamed = Either.getOrThrow(Envelope.rewrap(sealed, { keyId: "two", edk }))
      assert.strictEqual(reasonOf(yield* Effect.flip(open(renamed))), "IncorrectKey")
    }).pipe(Effect.provide(layer))
  })

  it.effect("takes ARNs and ids, and no aliases, nor two keys with one id", () =>
    Effect.gen(function*() {
      const arn = "arn:aws:kms:eu-central-1:111122223333:key/mrk-1"
      const build = (keys: ReadonlyArray<string>) =>
        Effect.scoped(Layer.build(Decryptor.layer({ keys }).pipe(Layer.provide(keysOf(new KmsDouble())))))
      yield* build([arn, arn, "1234abcd-12ab-34cd-56ef-1234567890ab"])
      for (
        const keys of [["alias/app"], ["arn:aws:kms:eu-central-1:111122223333:alias/app"], [""], [
          arn,
          arn.replace("eu-central-1", "eu-west-1")
        ]]
      ) {
        const e = yield* Effect.flip(build(keys))
        assert.strictEqual(e._tag, "ConfigurationException")
        assert.include(e.message, "keys")
      }
    }))
})

describe("the encryption context", () => {
  const withContext = (kms: KmsDouble, key: string, context: DataKeys.EncryptionContext, options = {}) =>
    Sealing.layerReadWrite({ key, accept: [key], context, ...options }).pipe(Layer.provide(keysOf(kms)))
  const tenant = { ...binding, context: { tenant: "acme" } }

  it.effect("is the logical table, the fixed text and what the binding adds, and nothing else", () => {
    const kms = new KmsDouble()
    return Effect.gen(function*() {
      yield* open(yield* seal(value, tenant), tenant)
      const expected = { "armature.table": "orders", app: "shop", tenant: "acme" }
      assert.deepStrictEqual(kms.calls.map((call) => call.input.EncryptionContext), [expected, expected])
    }).pipe(Effect.provide(withContext(kms, kms.key("one"), { app: "shop" })))
  })

  it.effect("of another table, tenant or application is refused by KMS", () => {
    const kms = new KmsDouble()
    const key = kms.key("one")
    return Effect.gen(function*() {
      const shop = withContext(kms, key, { app: "shop" })
      const sealed = yield* Effect.provide(seal(value, tenant), shop)
      const refusal = (at: Encryptor.Binding, layer = shop) =>
        Effect.map(Effect.flip(Effect.provide(open(sealed, at), layer)), reasonOf)
      assert.strictEqual(yield* refusal({ ...tenant, table: "invoices" }), "InvalidCiphertext")
      assert.strictEqual(yield* refusal({ ...tenant, context: { tenant: "other" } }), "InvalidCiphertext")
      assert.strictEqual(yield* refusal(binding), "InvalidCiphertext")
      assert.strictEqual(yield* refusal(tenant, withContext(kms, key, { app: "till" })), "InvalidCiphertext")
      assert.strictEqual(yield* refusal(tenant, withContext(kms, key, {})), "InvalidCiphertext")
    })
  })

  it.effect("holds for data keys that are cached: each has its own, and opens under its own alone", () => {
    const kms = new KmsDouble()
    const other = { ...binding, context: { tenant: "other" } }
    return Effect.gen(function*() {
      const sealed = yield* seal(value, tenant)
      yield* open(sealed, tenant)
      for (const at of [other, binding, { ...tenant, table: "invoices" }]) {
        assert.strictEqual(reasonOf(yield* Effect.flip(open(sealed, at))), "InvalidCiphertext")
      }
      yield* seal(value, other)
      assert.strictEqual(kms.count("GenerateDataKey"), 2)
    }).pipe(Effect.provide(withContext(kms, kms.key("one"), {})))
  })

  it.effect("may have been another before: one more call for each data key", () => {
    const kms = new KmsDouble()
    const key = kms.key("one")
    return Effect.gen(function*() {
      const sealed = yield* Effect.provide(
        Effect.replicateEffect(seal(value, tenant), 20),
        withContext(kms, key, { app: "shop" })
      )
      const renamed = withContext(kms, key, { app: "store" }, {
        previousContexts: [
          (context: DataKeys.EncryptionContext) => ({ ...context, app: "never" }),
          (context: DataKeys.EncryptionContext) => ({ ...context, app: "shop" })
        ]
      })
      yield* Effect.gen(function*() {
        for (const each of sealed) assert.deepStrictEqual(yield* open(each, tenant), value)
        assert.strictEqual(kms.count("Decrypt"), 3)
      }).pipe(Effect.provide(renamed))
    })
  })

  it.effect("that was another before opens for the readers that say so, and not for others with the same data keys", () => {
    const kms = new KmsDouble()
    const key = kms.key("one")
    const build = (previousContexts: Decryptor.Decryptor.Options["previousContexts"]) =>
      Decryptor.make({ keys: [key], context: { app: "store" }, previousContexts })
    return Effect.gen(function*() {
      const sealed = yield* Effect.provide(seal(value, tenant), withContext(kms, key, { app: "shop" }))
      yield* Effect.gen(function*() {
        const knows = yield* build([(context) => ({ ...context, app: "shop" })])
        const knowsNot = yield* build(undefined)
        assert.deepStrictEqual(yield* knows.open(sealed, tenant), value)
        assert.strictEqual(reasonOf(yield* Effect.flip(knowsNot.open(sealed, tenant))), "InvalidCiphertext")
      }).pipe(Effect.provide(keysOf(kms)))
    })
  })

  it.effect("cannot say anything twice, nor take what is Armature's", () => {
    const kms = new KmsDouble()
    const key = kms.key("one")
    return Effect.gen(function*() {
      for (const context of [{ app: "other" }, { "armature.table": "t" }]) {
        assert.strictEqual(reasonOf(yield* Effect.flip(seal(value, { ...binding, context }))), "InvalidBinding")
      }
      assert.strictEqual(kms.calls.length, 0)
      const e = yield* Effect.flip(Effect.scoped(Layer.build(withContext(kms, key, { "armature.x": "y" }))))
      assert.strictEqual(e._tag, "ConfigurationException")
    }).pipe(Effect.provide(withContext(kms, key, { app: "shop" })))
  })
})

describe("a failure of KMS", () => {
  const expected: Readonly<Record<string, string>> = {
    NotFoundException: "KeyNotFound",
    DisabledException: "KeyDisabled",
    KMSInvalidStateException: "KeyState",
    InvalidKeyUsageException: "KeyUsage",
    KeyUnavailableException: "Unavailable",
    DependencyTimeoutException: "Unavailable",
    KMSInternalException: "Unavailable",
    InvalidGrantTokenException: "AccessDeniedException",
    AccessDeniedException: "AccessDeniedException",
    DryRunOperationException: "ServiceException",
    SomethingNewException: "ServiceException",
    ThrottlingException: "ThrottlingException",
    ExpiredTokenException: "CredentialsException",
    ValidationException: "ValidationException",
    InvalidEndpointException: "ConfigurationException"
  }
  const whenOpening: Readonly<Record<string, string>> = {
    ...expected,
    InvalidCiphertextException: "InvalidCiphertext",
    IncorrectKeyException: "IncorrectKey"
  }

  /** Lets time pass until an effect ends: between repetitions it sleeps. */
  const patiently = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(effect)
      yield* TestClock.adjust("1 minute")
      return yield* fiber
    })

  it.effect("is a reason when sealing, and when opening", () => {
    const { kms, layer } = world()
    return Effect.gen(function*() {
      for (const [code, reason] of Object.entries(expected)) {
        kms.before = () => Effect.fail(refused(code))
        assert.strictEqual(reasonOf(yield* patiently(Effect.flip(seal()))), reason, code)
      }
      kms.before = () => Effect.void
      const sealed = yield* seal()
      for (const [code, reason] of Object.entries(whenOpening)) {
        kms.before = () => Effect.fail(refused(code))
        assert.strictEqual(reasonOf(yield* patiently(Effect.flip(open(sealed)))), reason, code)
      }
    }).pipe(Effect.provide(layer))
  })

  it.effect("keeps AWS's facts, and leaves no outcome unknown", () => {
    const { key, kms, layer } = world()
    return Effect.gen(function*() {
      kms.before = () => Effect.fail(refused("DisabledException"))
      const e = yield* Effect.flip(seal())
      assert.deepInclude(e, { service: "KMS", operation: "GenerateDataKey", resource: key, requestId: "r-1" })
      for (
        const failure of [
          Wire.connectionFault({ phase: "sent", timeout: true, cause: undefined }),
          refused("KMSInternalException", 500),
          refused("Odd", 507),
          Wire.malformedFault({ statusCode: 200, cause: undefined })
        ]
      ) {
        kms.before = () => Effect.fail(failure)
        const e = yield* patiently(Effect.flip(seal()))
        assert.strictEqual(e.outcome, "not-applied")
      }
    }).pipe(Effect.provide(layer))
  })
})

describe("secrets", () => {
  it.effect("are in no failure, span, metric, log or inspection", () => {
    const kms = new KmsDouble()
    const key = kms.key("one")
    const dataKeys: Array<Buffer> = []
    kms.after = (output) => {
      if ("Plaintext" in output && output.Plaintext instanceof Uint8Array) {
        dataKeys.push(Buffer.from(output.Plaintext))
      }
      return output
    }
    const spans: Array<unknown> = []
    const logs: Array<unknown> = []
    const tracer = Tracer.make({
      context: (f) => f(),
      span: (name, parent, context, links, startTime, kind, options) => {
        const attributes = new Map(Object.entries(options?.attributes ?? {}))
        const span: Tracer.Span = {
          _tag: "Span",
          spanId: "s",
          traceId: "t",
          name,
          parent,
          context,
          links,
          sampled: true,
          kind,
          attributes,
          status: { _tag: "Started", startTime },
          end: () => undefined,
          attribute: (name, value) => void attributes.set(name, value),
          event: (...event) => void spans.push(event),
          addLinks: () => undefined
        }
        spans.push([name, attributes])
        return span
      }
    })
    const marked: Encryptor.Binding = {
      table: "orders",
      partitionKey: { S: "SECRETMARK-partition" },
      sortKey: { S: "SECRETMARK-sort" },
      path: ["ssn"],
      context: { tenant: "SECRETMARK-tenant" }
    }
    const layer = Sealing.layerReadWrite({ key, accept: [key], context: { app: "SECRETMARK-app" } }).pipe(
      Layer.provideMerge(keysOf(kms))
    )
    return Effect.gen(function*() {
      const failures: Array<unknown> = []
      const failed = (effect: Effect.Effect<unknown, EncryptionError, Encryptor.Encryptor | Decryptor.Decryptor>) =>
        Effect.flatMap(Effect.exit(effect), (exit) => {
          assert.strictEqual(exit._tag, "Failure")
          if (exit._tag === "Success") return Effect.void
          failures.push(exit.cause, Option.getOrThrow(Cause.failureOption(exit.cause)), Cause.pretty(exit.cause))
          return Effect.logError("failed", exit.cause)
        })
      const sealed = yield* seal({ S: "SECRETMARK-value" }, marked)
      assert.deepStrictEqual(yield* open(sealed, marked), { S: "SECRETMARK-value" })
      yield* failed(open(sealed, { ...marked, context: { tenant: "SECRETMARK-other" } }))
      yield* failed(open(sealed, { ...marked, partitionKey: { S: "SECRETMARK-other" } }))
      yield* failed(open(sealed, marked, { expected: "N" }))
      yield* failed(seal({ S: "SECRETMARK-value\ud800" }, marked))
      yield* failed(seal({ S: "SECRETMARK-value" }, { ...marked, sortKey: { N: "SECRETMARK-number" } }))
      kms.before = () =>
        Effect.fail(Wire.serviceFault({
          code: "AccessDeniedException",
          message: "SECRETMARK-app SECRETMARK-tenant",
          statusCode: 400,
          detail: { EncryptionContext: "SECRETMARK-tenant" }
        }))
      yield* failed(seal({ S: "SECRETMARK-value" }, { ...marked, context: { tenant: "SECRETMARK-third" } }))

      const services = [yield* Encryptor.Encryptor, yield* Decryptor.Decryptor, yield* DataKeys.DataKeys]
      const printed = [spans, logs, failures, services, yield* Metric.snapshot].map((each) =>
        inspect(each, { depth: Infinity, showHidden: true, maxArrayLength: Infinity, maxStringLength: Infinity }) +
        JSON.stringify(each, (_, value: unknown) => typeof value === "bigint" ? String(value) : value) + String(each)
      ).join().replace(/\s|"\d+":/g, "")
      assert.include(printed, "GenerateDataKey")
      assert.strictEqual(dataKeys.length, 2)
      for (const secret of [Buffer.from("SECRETMARK"), ...dataKeys]) {
        const start = secret.subarray(0, 6)
        assert.notInclude(printed, secret.toString("latin1"))
        assert.notInclude(printed, start.toString("hex"))
        assert.notInclude(printed, start.subarray(0, start.length - start.length % 3).toString("base64"))
        assert.notInclude(printed, start.join())
      }
    }).pipe(
      Effect.provide(layer),
      Effect.withTracer(tracer),
      Effect.provide(Logger.replace(Logger.defaultLogger, Logger.make((entry) => logs.push(entry))))
    )
  }, 60_000)
})

describe("rebind", () => {
  it.effect("moves a value to another place, where alone it opens", () => {
    const { layer } = world()
    const to = { ...binding, partitionKey: { S: "T#other" }, path: ["card", "number"] }
    return Effect.gen(function*() {
      for (const v of values) {
        const moved = yield* Sealing.rebind(yield* seal(v), binding, to)
        assert.deepStrictEqual(yield* open(moved, to), v)
        assert.strictEqual(reasonOf(yield* Effect.flip(open(moved))), "Tampered")
      }
      const elsewhere = Effect.flatMap(seal(), (sealed) => Sealing.rebind(sealed, to, binding))
      assert.strictEqual(reasonOf(yield* Effect.flip(elsewhere)), "Tampered")
    }).pipe(Effect.provide(layer))
  })
})
