/** The KMS service and the sealing above it, over the engine in process and over the AWS SDK against the endpoint: the same results. */
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as Wire from "@armature/aws/WireFailure"
import * as DataKeys from "@armature/kms/DataKeys"
import * as Decryptor from "@armature/kms/Decryptor"
import * as Encryptor from "@armature/kms/Encryptor"
import * as Kms from "@armature/kms/Kms"
import * as Endpoint from "@armature/local/Endpoint"
import * as LocalKms from "@armature/local/LocalKms"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { assert } from "vitest"

const bytes = (text: string) => Redacted.make(new Uint8Array(Buffer.from(text)))
const text = (plaintext: Redacted.Redacted<Uint8Array> | undefined) =>
  plaintext === undefined ? undefined : Buffer.from(Redacted.value(plaintext)).toString()

const place: Encryptor.Binding = { table: "orders", partitionKey: { S: "acme" }, path: ["ssn"] }
const KeyId = "alias/pii"

const suite = <E>(name: string, kms: Layer.Layer<Kms.Kms, E>) =>
  describe(name, () => {
    const test = (what: string, body: (kms: Kms.Kms.Service) => Effect.Effect<void, unknown, Kms.Kms>) =>
      it.scopedLive(what, () => Effect.flatMap(Kms.Kms, body).pipe(Effect.provide(kms)))

    test("encrypts and decrypts, bound to the context", (kms) =>
      Effect.gen(function*() {
        const { CiphertextBlob } = yield* kms.encrypt({
          KeyId,
          Plaintext: bytes("hello"),
          EncryptionContext: { a: "1", b: "2" }
        })
        const opened = yield* kms.decrypt({ CiphertextBlob, EncryptionContext: { b: "2", a: "1" } })
        assert.strictEqual(text(opened.Plaintext), "hello")
        const other = yield* Effect.flip(kms.decrypt({ CiphertextBlob, EncryptionContext: { a: "1" } }))
        assert.strictEqual(other._tag, "InvalidCiphertextException")
      }))

    test("a missing key, a disabled one, the wrong one", (kms) =>
      Effect.gen(function*() {
        const missing = yield* Effect.flip(kms.generateDataKey({ KeyId: "alias/none", KeySpec: "AES_256" }))
        assert.strictEqual(missing._tag, "NotFoundException")
        const { KeyMetadata } = yield* kms.createKey({})
        const made = KeyMetadata?.KeyId ?? ""
        const { CiphertextBlob } = yield* kms.encrypt({ KeyId, Plaintext: bytes("x") })
        const wrong = yield* Effect.flip(kms.decrypt({ CiphertextBlob, KeyId: made }))
        assert.strictEqual(wrong._tag, "IncorrectKeyException")
        yield* kms.disableKey({ KeyId: made })
        const disabled = yield* Effect.flip(kms.generateDataKey({ KeyId: made, KeySpec: "AES_256" }))
        assert.strictEqual(disabled._tag, "DisabledException")
        yield* kms.enableKey({ KeyId: made })
        yield* kms.scheduleKeyDeletion({ KeyId: made, PendingWindowInDays: 7 })
        const state = yield* Effect.flip(kms.encrypt({ KeyId: made, Plaintext: bytes("x") }))
        assert.strictEqual(state._tag, "KMSInvalidStateException")
        yield* kms.cancelKeyDeletion({ KeyId: made })
        yield* kms.ping
      }))

    test("seals and opens attribute values", (service) =>
      Effect.gen(function*() {
        const { KeyMetadata } = yield* service.describeKey({ KeyId })
        const keys = [KeyMetadata?.Arn ?? ""]
        const capabilities = Layer.merge(Encryptor.layer({ key: KeyId }), Decryptor.layer({ keys })).pipe(
          Layer.provide(DataKeys.layer())
        )
        yield* Effect.gen(function*() {
          const { seal } = yield* Encryptor.Encryptor
          const { open } = yield* Decryptor.Decryptor
          const sealed = yield* seal({ S: "123-45-6789" }, place)
          assert.deepStrictEqual(yield* open(sealed, place, { expected: "S" }), { S: "123-45-6789" })
          const moved = yield* Effect.flip(open(sealed, { ...place, partitionKey: { S: "evil" } }, { expected: "S" }))
          assert.deepStrictEqual(moved._tag === "EncryptionException" ? moved.reason : moved._tag, "Tampered")
        }).pipe(Effect.provide(capabilities))
      }))
  })

suite("KMS in process", LocalKms.layer({ keys: ["pii"] }))

suite(
  "KMS: the AWS SDK against the endpoint",
  Layer.unwrapScoped(Effect.gen(function*() {
    const { local } = yield* LocalKms.make({ keys: ["pii"] })
    const { url } = yield* Endpoint.make({ kms: Endpoint.fromEngine(local.engine) })
    return Kms.layer({
      endpoint: url,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: Redacted.make("test") },
      retry: AwsRetry.none
    })
  }))
)

describe("LocalKms", () => {
  it.effect("an alias that is none is a ConfigurationException that names it", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Effect.scoped(LocalKms.make({ keys: ["pii", "a b"] })))
      assert.deepStrictEqual([e._tag, e.option, e.operation], ["ConfigurationException", "keys[1]", "CreateAlias"])
    }))

  it.effect("follows the clock: a key is gone after its waiting period", () =>
    Effect.gen(function*() {
      const kms = yield* Kms.Kms
      const { KeyMetadata } = yield* kms.describeKey({ KeyId })
      yield* kms.scheduleKeyDeletion({ KeyId: KeyMetadata?.KeyId, PendingWindowInDays: 7 })
      yield* TestClock.adjust("8 days")
      const gone = yield* Effect.flip(kms.describeKey({ KeyId: KeyMetadata?.KeyId }))
      assert.strictEqual(gone._tag, "NotFoundException")
    }).pipe(Effect.provide(LocalKms.layer({ keys: ["pii"] }))))

  it.effect("fails by rules, and keeps its calls", () =>
    Effect.gen(function*() {
      const kms = yield* Kms.Kms
      const failure = Wire.serviceFault({ code: "KMSInternalException", statusCode: 500, message: "" })
      const e = yield* Effect.flip(
        kms.generateDataKey({ KeyId, KeySpec: "AES_256" }).pipe(
          LocalKms.withFaults([{ operation: "GenerateDataKey", failure }]),
          AwsRetry.withPolicy(AwsRetry.none)
        )
      )
      assert.strictEqual(e._tag, "ServiceUnavailableException")
      const { calls } = yield* LocalKms.LocalKms
      assert.deepStrictEqual((yield* calls).map((call) => call.operation), ["GenerateDataKey"])
    }).pipe(Effect.provide(LocalKms.layer({ keys: ["pii"] }))))
})
