import type { ServiceFault } from "@armature/aws/WireFailure"
import { describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { assert } from "vitest"
import * as KmsEngine from "../../src/KmsEngine.js"

const day = 24 * 3600_000

/** An engine with a clock that the test turns, and short ways to call it. */
const world = () => {
  const time = { now: Date.UTC(2026, 0, 1) }
  const engine = KmsEngine.make({ now: () => time.now })
  const ok = (operation: string, input: unknown): Record<string, unknown> =>
    Either.getOrThrowWith(
      engine.execute(operation, input),
      (fault) => new Error(`${operation}: ${fault.code}: ${fault.message}`)
    )
  const fault = (operation: string, input: unknown): ServiceFault =>
    Either.getOrThrowWith(Either.flip(engine.execute(operation, input)), () => new Error(`${operation} succeeded`))
  const code = (operation: string, input: unknown): string | undefined => fault(operation, input).code
  const createKey = (input: unknown = {}): Metadata => ok("CreateKey", input)["KeyMetadata"] as Metadata
  return { time, engine, ok, fault, code, createKey }
}

interface Metadata {
  readonly KeyId: string
  readonly Arn: string
  readonly KeyState: string
  readonly [member: string]: unknown
}

const bytes = (text: string) => new TextEncoder().encode(text)

describe("ciphertexts", () => {
  it.prop(
    "open to what was sealed, in the same context, and in no other",
    [
      FastCheck.uint8Array({ minLength: 1, maxLength: 4096 }),
      FastCheck.dictionary(FastCheck.string(), FastCheck.string())
    ],
    ([Plaintext, EncryptionContext]) => {
      const { code, createKey, ok } = world()
      const { Arn, KeyId } = createKey()
      const { CiphertextBlob, KeyId: by } = ok("Encrypt", { KeyId, Plaintext, EncryptionContext })
      assert.strictEqual(by, Arn)
      const reordered = Object.fromEntries(Object.entries(EncryptionContext).reverse())
      const opened = ok("Decrypt", { CiphertextBlob, EncryptionContext: reordered })
      assert.deepStrictEqual(opened["Plaintext"], Plaintext)
      assert.strictEqual(opened["KeyId"], Arn)
      const other = { ...EncryptionContext, [`${Object.keys(EncryptionContext)[0] ?? ""}x`]: "" }
      assert.strictEqual(code("Decrypt", { CiphertextBlob, EncryptionContext: other }), "InvalidCiphertextException")
    }
  )

  it("do not open when a single bit is another", () => {
    const { code, createKey, ok } = world()
    const { KeyId } = createKey()
    const blob = ok("Encrypt", { KeyId, Plaintext: bytes("a secret") })["CiphertextBlob"] as Uint8Array
    for (let bit = 0; bit < blob.length * 8; bit++) {
      const CiphertextBlob = blob.slice()
      CiphertextBlob[bit >> 3] = (CiphertextBlob[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.strictEqual(code("Decrypt", { CiphertextBlob }), "InvalidCiphertextException", `bit ${bit}`)
    }
    for (let length = 1; length < blob.length; length++) {
      assert.strictEqual(code("Decrypt", { CiphertextBlob: blob.slice(0, length) }), "InvalidCiphertextException")
    }
    const longer = Uint8Array.of(...blob, 0)
    assert.strictEqual(code("Decrypt", { CiphertextBlob: longer }), "InvalidCiphertextException")
  })

  it("keep the boundary between a name and a value of the context", () => {
    const { code, createKey, ok } = world()
    const { KeyId } = createKey()
    const { CiphertextBlob } = ok("Encrypt", { KeyId, Plaintext: bytes("x"), EncryptionContext: { ab: "c" } })
    assert.strictEqual(
      code("Decrypt", { CiphertextBlob, EncryptionContext: { a: "bc" } }),
      "InvalidCiphertextException"
    )
  })

  it("never show the plaintext, and are never the same twice", () => {
    const { createKey, ok } = world()
    const { KeyId } = createKey()
    const Plaintext = bytes("attack at dawn, attack at dawn")
    const one = ok("Encrypt", { KeyId, Plaintext })["CiphertextBlob"] as Uint8Array
    const two = ok("Encrypt", { KeyId, Plaintext })["CiphertextBlob"] as Uint8Array
    assert.isFalse(Buffer.from(one).includes("attack"))
    assert.notDeepEqual(one, two)
  })

  it("name their key: another one is incorrect, one of another world is not accessible", () => {
    const { code, createKey, ok } = world()
    const { KeyId } = createKey()
    const other = createKey()
    const { CiphertextBlob } = ok("Encrypt", { KeyId, Plaintext: bytes("x") })
    assert.strictEqual(code("Decrypt", { CiphertextBlob, KeyId: other.KeyId }), "IncorrectKeyException")
    assert.strictEqual(world().code("Decrypt", { CiphertextBlob }), "AccessDeniedException")
  })

  it("move to another key and context", () => {
    const { code, createKey, ok } = world()
    const from = createKey()
    const to = createKey()
    const { CiphertextBlob } = ok("Encrypt", {
      KeyId: from.KeyId,
      Plaintext: bytes("x"),
      EncryptionContext: { a: "1" }
    })
    const moved = ok("ReEncrypt", {
      CiphertextBlob,
      SourceEncryptionContext: { a: "1" },
      DestinationKeyId: to.Arn,
      DestinationEncryptionContext: { b: "2" }
    })
    assert.strictEqual(moved["SourceKeyId"], from.Arn)
    assert.strictEqual(moved["KeyId"], to.Arn)
    const opened = ok("Decrypt", {
      CiphertextBlob: moved["CiphertextBlob"],
      KeyId: to.KeyId,
      EncryptionContext: { b: "2" }
    })
    assert.deepStrictEqual(opened["Plaintext"], bytes("x"))
    assert.strictEqual(
      code("ReEncrypt", { CiphertextBlob, DestinationKeyId: to.Arn }),
      "InvalidCiphertextException"
    )
    assert.strictEqual(
      code("ReEncrypt", {
        CiphertextBlob,
        SourceKeyId: to.KeyId,
        SourceEncryptionContext: { a: "1" },
        DestinationKeyId: to.Arn
      }),
      "IncorrectKeyException"
    )
  })
})

describe("data keys", () => {
  it("come in the length asked for, and open again", () => {
    const { createKey, ok } = world()
    const { Arn, KeyId } = createKey()
    for (
      const [asked, length] of [
        [{ KeySpec: "AES_256" }, 32],
        [{ KeySpec: "AES_128" }, 16],
        [{ NumberOfBytes: 1 }, 1],
        [{ NumberOfBytes: 1024 }, 1024]
      ] as const
    ) {
      const EncryptionContext = { tenant: "t" }
      const made = ok("GenerateDataKey", { KeyId, EncryptionContext, ...asked })
      assert.strictEqual(made["KeyId"], Arn)
      assert.strictEqual((made["Plaintext"] as Uint8Array).length, length)
      const opened = ok("Decrypt", { CiphertextBlob: made["CiphertextBlob"], EncryptionContext })
      assert.deepStrictEqual(opened["Plaintext"], made["Plaintext"])
      const blind = ok("GenerateDataKeyWithoutPlaintext", { KeyId, ...asked })
      assert.notProperty(blind, "Plaintext")
      assert.strictEqual(
        (ok("Decrypt", { CiphertextBlob: blind["CiphertextBlob"] })["Plaintext"] as Uint8Array).length,
        length
      )
    }
  })

  it("need exactly one of a spec and a length, and a key that encrypts", () => {
    const { code, createKey } = world()
    const { KeyId } = createKey()
    assert.strictEqual(code("GenerateDataKey", { KeyId }), "ValidationException")
    assert.strictEqual(code("GenerateDataKey", { KeyId, KeySpec: "AES_256", NumberOfBytes: 32 }), "ValidationException")
    assert.strictEqual(code("GenerateDataKey", { KeyId, NumberOfBytes: 0 }), "ValidationException")
    assert.strictEqual(code("GenerateDataKey", { KeyId, NumberOfBytes: 1025 }), "ValidationException")
    assert.strictEqual(code("GenerateDataKey", { KeyId, KeySpec: "AES_512" }), "ValidationException")
    const signing = createKey({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" })
    assert.strictEqual(
      code("GenerateDataKey", { KeyId: signing.KeyId, KeySpec: "AES_256" }),
      "InvalidKeyUsageException"
    )
    assert.strictEqual(code("Encrypt", { KeyId: signing.KeyId, Plaintext: bytes("x") }), "InvalidKeyUsageException")
  })
})

describe("limits", () => {
  it("hold for plaintexts, blobs and contexts", () => {
    const { code, createKey, ok } = world()
    const { KeyId } = createKey()
    assert.strictEqual(code("Encrypt", { KeyId, Plaintext: new Uint8Array(4097) }), "ValidationException")
    assert.strictEqual(code("Encrypt", { KeyId, Plaintext: new Uint8Array(0) }), "ValidationException")
    const largest = ok("Encrypt", { KeyId, Plaintext: new Uint8Array(4096) })["CiphertextBlob"] as Uint8Array
    assert.isAtMost(largest.length, 6144)
    assert.strictEqual(code("Decrypt", { CiphertextBlob: new Uint8Array(6145) }), "ValidationException")
    assert.strictEqual(code("Decrypt", { CiphertextBlob: new Uint8Array(6144) }), "InvalidCiphertextException")
    const EncryptionContext = { a: "x".repeat(8192) }
    assert.strictEqual(code("Encrypt", { KeyId, Plaintext: bytes("x"), EncryptionContext }), "ValidationException")
  })
})

describe("keys", () => {
  it("are found by id, ARN, alias and alias ARN", () => {
    const { code, createKey, fault, ok } = world()
    const { Arn, KeyId } = createKey({ Description: "first" })
    ok("CreateAlias", { AliasName: "alias/app/main", TargetKeyId: Arn })
    const aliasArn = "arn:aws:kms:us-east-1:000000000000:alias/app/main"
    for (const name of [KeyId, Arn, "alias/app/main", aliasArn]) {
      assert.deepInclude(ok("DescribeKey", { KeyId: name })["KeyMetadata"], { Arn, KeyId, Description: "first" })
      assert.strictEqual(ok("Encrypt", { KeyId: name, Plaintext: bytes("x") })["KeyId"], Arn)
    }
    assert.strictEqual(code("DescribeKey", { KeyId: "alias/none" }), "NotFoundException")
    assert.strictEqual(code("DescribeKey", { KeyId: "none" }), "NotFoundException")
    assert.strictEqual(code("DescribeKey", { KeyId: "arn:aws:s3:::bucket" }), "InvalidArnException")
    assert.strictEqual(code("DescribeKey", { KeyId: Arn.replace("us-east-1", "eu-west-1") }), "NotFoundException")
    assert.strictEqual(code("DescribeKey", {}), "ValidationException")
    assert.strictEqual(code("DisableKey", { KeyId: "alias/app/main" }), "NotFoundException")
    assert.strictEqual(
      fault("DescribeKey", { KeyId: "00000000-0000-4000-8000-000000000000" }).message,
      "Key 'arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000000' does not exist"
    )
  })

  it("say what they are", () => {
    const { createKey } = world()
    assert.deepInclude(createKey(), {
      AWSAccountId: "000000000000",
      CreationDate: new Date(Date.UTC(2026, 0, 1)),
      CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
      Enabled: true,
      EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
      KeyManager: "CUSTOMER",
      KeySpec: "SYMMETRIC_DEFAULT",
      KeyState: "Enabled",
      KeyUsage: "ENCRYPT_DECRYPT",
      MultiRegion: false,
      Origin: "AWS_KMS"
    })
    assert.match(createKey().KeyId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.match(createKey({ MultiRegion: true }).KeyId, /^mrk-[0-9a-f]{32}$/)
    assert.deepInclude(createKey({ KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" }), {
      MacAlgorithms: ["HMAC_256"]
    })
  })

  it("refuse while they are disabled, and work when they are enabled again", () => {
    const { code, createKey, ok } = world()
    const { KeyId } = createKey()
    const { CiphertextBlob } = ok("Encrypt", { KeyId, Plaintext: bytes("x") })
    ok("DisableKey", { KeyId })
    assert.strictEqual(code("Encrypt", { KeyId, Plaintext: bytes("x") }), "DisabledException")
    assert.strictEqual(code("GenerateDataKey", { KeyId, KeySpec: "AES_256" }), "DisabledException")
    assert.strictEqual(code("Decrypt", { CiphertextBlob }), "DisabledException")
    ok("EnableKey", { KeyId })
    assert.deepStrictEqual(ok("Decrypt", { CiphertextBlob })["Plaintext"], bytes("x"))
  })

  it("refuse while their deletion is pending, and are gone on the day, with their aliases", () => {
    const { code, createKey, ok, time } = world()
    const { KeyId } = createKey()
    ok("CreateAlias", { AliasName: "alias/a", TargetKeyId: KeyId })
    const { CiphertextBlob } = ok("Encrypt", { KeyId, Plaintext: bytes("x") })
    assert.strictEqual(code("ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 6 }), "ValidationException")
    const scheduled = ok("ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 7 })
    assert.deepInclude(scheduled, { KeyState: "PendingDeletion", DeletionDate: new Date(time.now + 7 * day) })
    assert.strictEqual(code("Decrypt", { CiphertextBlob }), "KMSInvalidStateException")
    assert.strictEqual(code("EnableKey", { KeyId }), "KMSInvalidStateException")
    assert.strictEqual(code("ScheduleKeyDeletion", { KeyId }), "KMSInvalidStateException")
    time.now += 7 * day - 1
    ok("CancelKeyDeletion", { KeyId })
    assert.strictEqual(code("CancelKeyDeletion", { KeyId }), "KMSInvalidStateException")
    assert.strictEqual(code("Decrypt", { CiphertextBlob }), "DisabledException")
    ok("EnableKey", { KeyId })
    ok("Decrypt", { CiphertextBlob })
    ok("ScheduleKeyDeletion", { KeyId })
    time.now += 30 * day
    assert.strictEqual(code("DescribeKey", { KeyId }), "NotFoundException")
    assert.strictEqual(code("DescribeKey", { KeyId: "alias/a" }), "NotFoundException")
    assert.strictEqual(code("Decrypt", { CiphertextBlob }), "AccessDeniedException")
  })

  it("rotate on the clock, and open what older material sealed", () => {
    const { code, createKey, ok, time } = world()
    const { KeyId } = createKey()
    assert.deepInclude(ok("GetKeyRotationStatus", { KeyId }), { KeyRotationEnabled: false })
    ok("EnableKeyRotation", { KeyId, RotationPeriodInDays: 90 })
    const before = ok("Encrypt", { KeyId, Plaintext: bytes("x") })["CiphertextBlob"] as Uint8Array
    time.now += 91 * day
    const after = ok("Encrypt", { KeyId, Plaintext: bytes("x") })["CiphertextBlob"] as Uint8Array
    // The number of the material, behind the key's id.
    assert.deepStrictEqual([before[41], after[41]], [0, 1])
    assert.deepStrictEqual(ok("Decrypt", { CiphertextBlob: before })["Plaintext"], bytes("x"))
    assert.deepStrictEqual(ok("Decrypt", { CiphertextBlob: after })["Plaintext"], bytes("x"))
    assert.deepInclude(ok("GetKeyRotationStatus", { KeyId }), {
      KeyRotationEnabled: true,
      RotationPeriodInDays: 90,
      NextRotationDate: new Date(Date.UTC(2026, 0, 1) + 180 * day)
    })
    const signing = createKey({ KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" })
    assert.strictEqual(code("EnableKeyRotation", { KeyId: signing.KeyId }), "UnsupportedOperationException")
  })

  it("are listed in pages", () => {
    const { code, createKey, ok } = world()
    const ids = [createKey(), createKey(), createKey()].map((key) => key.KeyId)
    const first = ok("ListKeys", { Limit: 2 })
    assert.deepInclude(first, { Truncated: true })
    const second = ok("ListKeys", { Limit: 2, Marker: first["NextMarker"] })
    assert.deepInclude(second, { Truncated: false })
    const listed = [first, second].flatMap((page) => page["Keys"] as Array<Metadata>).map((key) => key.KeyId)
    assert.deepStrictEqual(listed, ids)
    assert.strictEqual(code("ListKeys", { Marker: "no" }), "InvalidMarkerException")
  })
})

describe("aliases", () => {
  it("are made, listed, moved and removed", () => {
    const { code, createKey, ok } = world()
    const one = createKey()
    const two = createKey()
    ok("CreateAlias", { AliasName: "alias/b", TargetKeyId: one.KeyId })
    ok("CreateAlias", { AliasName: "alias/a", TargetKeyId: two.KeyId })
    assert.strictEqual(code("CreateAlias", { AliasName: "alias/a", TargetKeyId: one.KeyId }), "AlreadyExistsException")
    assert.strictEqual(code("CreateAlias", { AliasName: "a", TargetKeyId: one.KeyId }), "InvalidAliasNameException")
    assert.strictEqual(
      code("CreateAlias", { AliasName: "alias/aws/s3", TargetKeyId: one.KeyId }),
      "NotAuthorizedException"
    )
    assert.strictEqual(code("CreateAlias", { AliasName: "alias/c", TargetKeyId: "alias/a" }), "ValidationException")
    const names = (input: unknown) =>
      (ok("ListAliases", input)["Aliases"] as Array<Metadata>).map((one) => one["AliasName"])
    assert.deepStrictEqual(names({}), ["alias/a", "alias/b"])
    assert.deepStrictEqual(names({ KeyId: one.Arn }), ["alias/b"])
    ok("UpdateAlias", { AliasName: "alias/a", TargetKeyId: one.KeyId })
    assert.deepStrictEqual(names({ KeyId: one.KeyId }), ["alias/a", "alias/b"])
    ok("DeleteAlias", { AliasName: "alias/a" })
    assert.deepStrictEqual(names({}), ["alias/b"])
    assert.strictEqual(code("DeleteAlias", { AliasName: "alias/a" }), "NotFoundException")
  })
})

describe("the engine", () => {
  it("gives back its state as it was", () => {
    const { createKey, engine, ok } = world()
    const { KeyId } = createKey()
    const { CiphertextBlob } = ok("Encrypt", { KeyId, Plaintext: bytes("x") })
    const snapshot = engine.snapshot()
    ok("DisableKey", { KeyId })
    createKey()
    const other = world()
    other.engine.restore(snapshot)
    assert.deepStrictEqual(other.ok("Decrypt", { CiphertextBlob })["Plaintext"], bytes("x"))
    assert.lengthOf(other.ok("ListKeys", {})["Keys"] as Array<unknown>, 1)
  })

  it.prop(
    "answers whatever it is asked",
    [
      FastCheck.constantFrom(
        "CreateKey",
        "Encrypt",
        "Decrypt",
        "ReEncrypt",
        "ListKeys",
        "CreateAlias",
        "constructor",
        "x"
      ),
      FastCheck.anything()
    ],
    ([operation, input]) => {
      const answer = world().engine.execute(operation, input)
      if (Either.isLeft(answer)) assert.notStrictEqual(answer.left.code, "KMSInternalException")
    }
  )

  it("does not act on a dry run", () => {
    const { createKey, fault } = world()
    const { KeyId } = createKey()
    const refused = fault("Encrypt", { KeyId, Plaintext: bytes("x"), DryRun: true })
    assert.deepInclude(refused, { code: "DryRunOperationException", statusCode: 412 })
  })

  it("looks at no ciphertext in a dry run that is to ignore it, but at the key, which has to be named", () => {
    const { code, createKey, ok } = world()
    const { KeyId } = createKey()
    const { KeyId: disabled } = createKey()
    ok("DisableKey", { KeyId: disabled })
    const { CiphertextBlob } = ok("Encrypt", { KeyId, Plaintext: bytes("x") })
    const dry = { DryRun: true, DryRunModifiers: ["IGNORE_CIPHERTEXT"] }
    const decrypt = (input: object) => code("Decrypt", input)
    assert.deepStrictEqual(
      [
        decrypt({ ...dry, KeyId }),
        decrypt({ ...dry, KeyId, CiphertextBlob: bytes("no ciphertext"), EncryptionContext: { any: "context" } }),
        decrypt({ ...dry, KeyId: disabled }),
        decrypt({ ...dry, KeyId: "none" }),
        decrypt({ ...dry, CiphertextBlob }),
        decrypt({ KeyId, DryRun: true }),
        decrypt({ KeyId, DryRun: true, CiphertextBlob: bytes("no ciphertext") }),
        decrypt({ KeyId, DryRunModifiers: ["IGNORE_CIPHERTEXT"], CiphertextBlob: bytes("no ciphertext") }),
        decrypt({ KeyId, DryRun: true, DryRunModifiers: ["IGNORE_ALL"] })
      ],
      [
        "DryRunOperationException",
        "DryRunOperationException",
        "DisabledException",
        "NotFoundException",
        "ValidationException",
        "ValidationException",
        "InvalidCiphertextException",
        "InvalidCiphertextException",
        "ValidationException"
      ]
    )
    const reEncrypt = (input: object) => code("ReEncrypt", { ...dry, ...input })
    assert.deepStrictEqual(
      [
        reEncrypt({ SourceKeyId: KeyId, DestinationKeyId: KeyId }),
        reEncrypt({ SourceKeyId: KeyId, DestinationKeyId: disabled }),
        reEncrypt({ DestinationKeyId: KeyId, CiphertextBlob })
      ],
      ["DryRunOperationException", "DisabledException", "ValidationException"]
    )
  })
})
