import * as AwsRetry from "@armature/aws/AwsRetry"
import * as Wire from "@armature/aws/WireFailure"
import { describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Http from "node:http"
import { inspect } from "node:util"
import { assert } from "vitest"
import * as Kms from "../src/Kms.js"
import { KmsDouble, refused } from "./double.js"

const secret = new TextEncoder().encode("SECRET-42")

type Service = Kms.Kms.Service
type Method = Exclude<keyof Service, "ping">

/** One call of each operation, the exceptions that AWS declares for it apart from those of any service, and whether it writes. */
const operations: {
  readonly [M in Method]: {
    readonly call: (kms: Service) => ReturnType<Service[M]>
    readonly declared: ReadonlyArray<string>
    readonly writes: boolean
  }
} = (() => {
  const KeyId = "k"
  const crypto = [
    "DisabledException",
    "DryRunOperationException",
    "InvalidGrantTokenException",
    "InvalidKeyUsageException",
    "KMSInvalidStateException",
    "NotFoundException"
  ]
  const opens = [...crypto, "IncorrectKeyException", "InvalidCiphertextException"]
  const key = ["InvalidArnException", "NotFoundException"]
  const change = [...key, "KMSInvalidStateException"]
  return {
    cancelKeyDeletion: { call: (kms) => kms.cancelKeyDeletion({ KeyId }), declared: change, writes: true },
    createAlias: {
      call: (kms) => kms.createAlias({ AliasName: "alias/a", TargetKeyId: KeyId }),
      declared: [
        "AlreadyExistsException",
        "InvalidAliasNameException",
        "KMSInvalidStateException",
        "LimitExceededException",
        "NotFoundException"
      ],
      writes: true
    },
    createKey: {
      call: (kms) => kms.createKey({}),
      declared: [
        "CloudHsmClusterInvalidConfigurationException",
        "CustomKeyStoreInvalidStateException",
        "CustomKeyStoreNotFoundException",
        "InvalidArnException",
        "LimitExceededException",
        "MalformedPolicyDocumentException",
        "TagException",
        "UnsupportedOperationException",
        "XksKeyAlreadyInUseException",
        "XksKeyInvalidConfigurationException",
        "XksKeyNotFoundException"
      ],
      writes: true
    },
    decrypt: { call: (kms) => kms.decrypt({ KeyId, CiphertextBlob: secret }), declared: opens, writes: false },
    describeKey: { call: (kms) => kms.describeKey({ KeyId }), declared: key, writes: false },
    disableKey: { call: (kms) => kms.disableKey({ KeyId }), declared: change, writes: true },
    enableKey: {
      call: (kms) => kms.enableKey({ KeyId }),
      declared: [...change, "LimitExceededException"],
      writes: true
    },
    enableKeyRotation: {
      call: (kms) => kms.enableKeyRotation({ KeyId }),
      declared: [...change, "DisabledException", "UnsupportedOperationException"],
      writes: true
    },
    encrypt: {
      call: (kms) => kms.encrypt({ KeyId, Plaintext: Redacted.make(secret) }),
      declared: crypto,
      writes: false
    },
    generateDataKey: {
      call: (kms) => kms.generateDataKey({ KeyId, KeySpec: "AES_256" }),
      declared: crypto,
      writes: false
    },
    generateDataKeyWithoutPlaintext: {
      call: (kms) => kms.generateDataKeyWithoutPlaintext({ KeyId, KeySpec: "AES_256" }),
      declared: crypto,
      writes: false
    },
    getKeyRotationStatus: {
      call: (kms) => kms.getKeyRotationStatus({ KeyId }),
      declared: [...change, "UnsupportedOperationException"],
      writes: false
    },
    listAliases: {
      call: (kms) => kms.listAliases({}),
      declared: [...key, "InvalidMarkerException"],
      writes: false
    },
    listKeys: { call: (kms) => kms.listKeys({}), declared: ["InvalidMarkerException"], writes: false },
    reEncrypt: {
      call: (kms) => kms.reEncrypt({ CiphertextBlob: secret, DestinationKeyId: KeyId }),
      declared: opens,
      writes: false
    },
    scheduleKeyDeletion: { call: (kms) => kms.scheduleKeyDeletion({ KeyId }), declared: change, writes: true }
  }
})()

const methods = Object.keys(operations) as ReadonlyArray<Method>
const call = (method: Method): Effect.Effect<object, { readonly _tag: string }, Kms.Kms> =>
  Effect.flatMap(Kms.Kms, (kms): Effect.Effect<object, { readonly _tag: string }> => operations[method].call(kms))
const nameOf = (method: Method): string => `${method[0]!.toUpperCase()}${method.slice(1)}`

const anyService: Readonly<Record<string, string>> = {
  AccessDeniedException: "AccessDeniedException",
  ExpiredTokenException: "CredentialsException",
  InvalidEndpointException: "ConfigurationException",
  ThrottlingException: "ThrottlingException",
  ValidationException: "ValidationException",
  NobodyKnowsException: "ServiceException"
}
const unavailable = ["DependencyTimeoutException", "KeyUnavailableException", "KMSInternalException"]
const all = [...new Set(methods.flatMap((method) => operations[method].declared))]

/** Without repetitions. */
const once = <A, E, R>(effect: Effect.Effect<A, E, R>) => AwsRetry.withPolicy(effect, AwsRetry.none)

describe("each operation", () => {
  for (const method of methods) {
    const { declared, writes } = operations[method]

    it.effect(`${method} fails with what it declares, and with nothing else`, () => {
      const kms = new KmsDouble()
      const tagOf = (failure: Wire.WireFailure) => {
        kms.before = () => Effect.fail(failure)
        return Effect.map(Effect.flip(once(call(method))), (e) => e._tag)
      }
      return Effect.gen(function*() {
        for (const [code, tag] of Object.entries(anyService)) assert.strictEqual(yield* tagOf(refused(code)), tag, code)
        for (const code of all) {
          assert.strictEqual(yield* tagOf(refused(code)), declared.includes(code) ? code : "ServiceException", code)
        }
        const unknown = writes ? "WriteOutcomeUnknownException" : "ServiceUnavailableException"
        for (const code of unavailable) assert.strictEqual(yield* tagOf(refused(code)), unknown, code)
        assert.strictEqual(
          yield* tagOf(Wire.malformedFault({ statusCode: 200, cause: undefined })),
          writes ? "WriteOutcomeUnknownException" : "InvalidResponseException"
        )
        assert.isTrue(kms.calls.every((call) => call.operation === nameOf(method)))
      }).pipe(Effect.provide(kms.layer))
    })

    it.effect(`${method} is ${writes ? "not" : ""} sent again after an attempt with an unknown outcome`, () => {
      const kms = new KmsDouble()
      kms.before = () => kms.calls.length === 1 ? Effect.fail(refused("KeyUnavailableException")) : Effect.void
      return Effect.gen(function*() {
        const fiber = yield* Effect.fork(Effect.either(call(method)))
        yield* TestClock.adjust("1 minute")
        yield* fiber
        assert.strictEqual(kms.calls.length, writes ? 1 : 2)
      }).pipe(Effect.provide(kms.layer))
    })
  }
})

describe("plaintext", () => {
  it.effect("goes in and comes out as Redacted, and is printed by nothing", () => {
    const kms = new KmsDouble()
    const KeyId = kms.key("one")
    return Effect.gen(function*() {
      const service = yield* Kms.Kms
      const generated = yield* service.generateDataKey({ KeyId, KeySpec: "AES_256" })
      const decrypted = yield* service.decrypt({ KeyId, CiphertextBlob: generated.CiphertextBlob })
      assert.deepStrictEqual(Redacted.value(generated.Plaintext!), kms.plaintexts[0])
      assert.deepStrictEqual(Redacted.value(decrypted.Plaintext!), kms.plaintexts[0])
      for (const shown of [inspect(generated, { depth: Infinity, showHidden: true }), JSON.stringify(decrypted)]) {
        assert.include(shown, "<redacted>")
      }
      yield* service.encrypt({ KeyId, Plaintext: Redacted.make(secret) })
      assert.strictEqual(kms.calls.at(-1)?.input.Plaintext, secret)
    }).pipe(Effect.provide(kms.layer))
  })

  it.effect("that was wiped is not sent", () => {
    const kms = new KmsDouble()
    const Plaintext = Redacted.make(secret)
    Redacted.unsafeWipe(Plaintext)
    return Effect.gen(function*() {
      const service = yield* Kms.Kms
      const e = yield* Effect.flip(service.encrypt({ KeyId: "k", Plaintext }))
      assert.strictEqual(e._tag, "ValidationException")
      assert.strictEqual(kms.calls.length, 0)
    }).pipe(Effect.provide(kms.layer))
  })

  it.effect("may be missing: an answer for an enclave has none", () => {
    const kms = new KmsDouble()
    const KeyId = kms.key("one")
    kms.after = () => ({ KeyId, CiphertextForRecipient: new Uint8Array(1) })
    return Effect.gen(function*() {
      const answer = yield* (yield* Kms.Kms).generateDataKey({ KeyId, KeySpec: "AES_256" })
      assert.isFalse("Plaintext" in answer)
    }).pipe(Effect.provide(kms.layer))
  })
})

describe("layerFake", () => {
  it.effect("does what its handlers say, and says what has none", () =>
    Effect.gen(function*() {
      const kms = yield* Kms.Kms
      const { KeyMetadata } = yield* kms.describeKey({ KeyId: "k" })
      assert.strictEqual(KeyMetadata?.KeyId, "k")
      const e = yield* Effect.flip(kms.listKeys({}))
      assert.isTrue(e._tag === "ConfigurationException" && e.reason === "HandlerMissing")
      assert.strictEqual((yield* Effect.flip(kms.ping))._tag, "ConfigurationException")
    }).pipe(
      Effect.provide(
        Kms.layerFake({ describeKey: ({ KeyId }) => Effect.succeed({ KeyMetadata: { KeyId: KeyId ?? "" } }) })
      )
    ))
})

describe("over the AWS SDK", () => {
  /** KMS on a loopback port, as far as it is told to answer. */
  const serve = (answer: (target: string, n: number) => readonly [status: number, body: object]) =>
    Effect.acquireRelease(
      Effect.async<{ readonly endpoint: string; readonly targets: Array<string>; readonly server: Http.Server }>(
        (resume) => {
          const targets: Array<string> = []
          const server = Http.createServer((request, response) => {
            const target = String(request.headers["x-amz-target"])
            targets.push(target)
            request.resume().on("end", () => {
              const [status, body] = answer(target, targets.length)
              response.writeHead(status, { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": "r-1" })
                .end(JSON.stringify(body))
            })
          })
          server.listen(0, "127.0.0.1", () => {
            const address = server.address()
            const port = typeof address === "object" && address !== null ? address.port : 0
            resume(Effect.succeed({ endpoint: `http://127.0.0.1:${port}`, targets, server }))
          })
        }
      ),
      ({ server }) =>
        Effect.async<void>((resume) => {
          server.closeAllConnections()
          server.close(() => resume(Effect.void))
        })
    )
  const options = (endpoint: string): Kms.Kms.Options => ({
    endpoint,
    region: "eu-central-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: Redacted.make("secret") }
  })

  it.scopedLive("each method sends its own operation", () =>
    Effect.gen(function*() {
      const { endpoint, targets } = yield* serve(() => [200, {}])
      yield* Effect.forEach(methods, call).pipe(
        Effect.zipRight(Effect.flatMap(Kms.Kms, (kms) => kms.ping)),
        Effect.provide(Kms.layer(options(endpoint)))
      )
      assert.deepStrictEqual(targets, [...methods.map(nameOf), "ListKeys"].map((name) => `TrentService.${name}`))
    }))

  it.scopedLive("a key that is not available is asked again, though AWS answers 400 and the SDK would not", () =>
    Effect.gen(function*() {
      const { endpoint, targets } = yield* serve((_, n) =>
        n < 3
          ? [400, { __type: n === 1 ? "KeyUnavailableException" : "DependencyTimeoutException", message: "later" }]
          : [200, { KeyId: "k", Plaintext: Buffer.from(secret).toString("base64") }]
      )
      const { Plaintext } = yield* Effect.flatMap(Kms.Kms, (kms) => kms.decrypt({ KeyId: "k", CiphertextBlob: secret }))
        .pipe(
          Effect.provide(Kms.layerConfig({
            endpoint: Config.string("ENDPOINT"),
            region: Config.string("REGION"),
            credentials: Config.succeed(options(endpoint).credentials)
          })),
          Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["ENDPOINT", endpoint], ["REGION", "eu-west-1"]])))
        )
      assert.deepStrictEqual(Redacted.value(Plaintext!), secret)
      assert.strictEqual(targets.length, 3)
    }))

  it.effect("an endpoint that is none is a ConfigurationException of the Layer", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Effect.scoped(Layer.build(Kms.layer(options("nowhere")))))
      assert.strictEqual(e._tag, "ConfigurationException")
    }))
})
