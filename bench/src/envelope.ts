/**
 * Sealing and opening 200-byte values with a warm data key, against the AWS Encryption SDK (committing suite without signatures, cached
 * materials) and against bare `node:crypto` doing the same primitives. All contestants take turns in rounds; medians over the rounds.
 *
 *     npx tsx bench/src/envelope.ts [--rounds N] [--json FILE]
 */
import * as DataKeys from "@armature/kms/DataKeys"
import * as Decryptor from "@armature/kms/Decryptor"
import * as Encryptor from "@armature/kms/Encryptor"
import * as Envelope from "@armature/kms/Envelope"
import * as Kms from "@armature/kms/Kms"
import * as Sealing from "@armature/kms/Sealing"
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  NodeCachingMaterialsManager,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier
} from "@aws-crypto/client-node"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"

const { values: flags } = parseArgs({
  options: { json: { type: "string" }, rounds: { type: "string", default: "11" } }
})
const rounds = Number(flags.rounds)
const roundMillis = 200

const text = "x".repeat(200)

// Envelope
const dataKey = randomBytes(32)
const key = Either.getOrThrow(
  Envelope.key({ keyId: "1234abcd-12ab-34cd-56ef-1234567890ab", edk: randomBytes(184), dataKey })
)
const item = Either.getOrThrow(
  Envelope.item({ table: "orders", partitionKey: { S: "T#acme" }, sortKey: { S: "ORDER#0001" } })
)
const binding: Envelope.Binding = { item, path: ["ssn"] }
const sealed = Either.getOrThrow(Envelope.seal(key, { S: text }, binding))

// The same primitives on bytes of the same sizes, and nothing else
const prk = createHmac("sha512", Buffer.alloc(64)).update(dataKey).digest()
const info = randomBytes(53)
const aad = randomBytes(146)
const iv = Buffer.alloc(12)
const plaintext = Buffer.alloc(224, "x")
const bare = {
  seal: () => {
    randomBytes(32)
    const okm = createHmac("sha512", prk).update(info).digest()
    const cipher = createCipheriv("aes-256-gcm", okm.subarray(0, 32), iv, { authTagLength: 16 }).setAAD(aad)
    const ciphertext = cipher.update(plaintext)
    cipher.final()
    return { ciphertext, tag: cipher.getAuthTag(), commitment: okm.subarray(32) }
  },
  open: () => {
    const okm = createHmac("sha512", prk).update(info).digest()
    if (!timingSafeEqual(okm.subarray(32), message.commitment)) throw new Error("commitment")
    const decipher = createDecipheriv("aes-256-gcm", okm.subarray(0, 32), iv, { authTagLength: 16 }).setAAD(aad)
    const opened = decipher.setAuthTag(message.tag).update(message.ciphertext)
    decipher.final()
    return opened
  }
}
const message = bare.seal()

// AWS Encryption SDK
const client = buildClient({
  commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  maxEncryptedDataKeys: false
})
const manager = new NodeCachingMaterialsManager({
  backingMaterials: new RawAesKeyringNode({
    keyName: "bench",
    keyNamespace: "bench",
    unencryptedMasterKey: new Uint8Array(dataKey),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING
  }),
  cache: getLocalCryptographicMaterialsCache(100),
  maxAge: 3_600_000
})
const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY
const encryptionContext = { table: "orders", pk: "T#acme", sk: "ORDER#0001", path: "ssn" }
const sdkSeal = () => client.encrypt(manager, text, { suiteId, encryptionContext })
const sdkMessage = (await sdkSeal()).result

// The same through the capabilities, data-key cache and Effect runtime included
const arn = `arn:aws:kms:eu-central-1:111122223333:key/${key.keyId}`
const kms = Kms.layerFake({
  generateDataKey: () =>
    Effect.succeed({ KeyId: arn, CiphertextBlob: key.edk, Plaintext: Redacted.make(new Uint8Array(dataKey)) }),
  decrypt: () => Effect.succeed({ KeyId: arn, Plaintext: Redacted.make(new Uint8Array(dataKey)) })
})
const runtime = ManagedRuntime.make(
  Sealing.layerReadWrite({ key: arn, accept: [arn] }).pipe(
    Layer.provide(DataKeys.layer({ sealing: { maxAge: "1 hour", maxMessages: Infinity, maxBytes: Infinity } })),
    Layer.provide(kms)
  )
)
const encryptor = await runtime.runPromise(Encryptor.Encryptor)
const decryptor = await runtime.runPromise(Decryptor.Decryptor)
const place: Encryptor.Binding = {
  table: "orders",
  partitionKey: { S: "T#acme" },
  sortKey: { S: "ORDER#0001" },
  path: ["ssn"]
}
await Effect.runPromise(Effect.flatMap(encryptor.seal({ S: text }, place), (sealed) => decryptor.open(sealed, place)))

const contestants = {
  "armature seal": () => Envelope.seal(key, { S: text }, binding),
  "armature open": () => Envelope.open(key, sealed, binding),
  "Encryptor seal": () => Effect.runSync(encryptor.seal({ S: text }, place)),
  "Decryptor open": () => Effect.runSync(decryptor.open(sealed, place)),
  "node:crypto seal": bare.seal,
  "node:crypto open": bare.open,
  "AWS Encryption SDK seal": sdkSeal,
  "AWS Encryption SDK open": () => client.decrypt(manager, sdkMessage)
} satisfies Record<string, () => unknown>
type Name = keyof typeof contestants
const names = Object.keys(contestants) as ReadonlyArray<Name>

// A contestant that does not do its work has no speed
const check = (what: string, holds: boolean) => {
  if (!holds) throw new Error(`${what} does not give the value back`)
}
check("armature", JSON.stringify(Envelope.open(key, sealed, binding)) === JSON.stringify(Either.right({ S: text })))
check("node:crypto", bare.open().equals(plaintext))
check("AWS Encryption SDK", (await client.decrypt(manager, sdkMessage)).plaintext.toString() === text)

/** Operations a second over one round. */
const round = async (run: () => unknown): Promise<number> => {
  const start = process.hrtime.bigint()
  const end = start + BigInt(roundMillis) * 1_000_000n
  let operations = 0
  let now = start
  while (now < end) {
    for (let i = 0; i < 20; i++) {
      const result = run()
      if (result instanceof Promise) await result
    }
    operations += 20
    now = process.hrtime.bigint()
  }
  return operations / (Number(now - start) / 1e9)
}

const median = (numbers: ReadonlyArray<number>): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0

const speeds = new Map<Name, Array<number>>(names.map((name) => [name, []]))
for (const name of names) await round(contestants[name]) // warm
for (let i = 0; i < rounds; i++) {
  for (const name of names) speeds.get(name)?.push(await round(contestants[name]))
}

const perSecond = Object.fromEntries(names.map((name) => [name, Math.round(median(speeds.get(name) ?? []))]))
const ratio = (one: Name, other: Name): number => {
  const [a, b] = [speeds.get(one) ?? [], speeds.get(other) ?? []]
  return Number(median(a.map((speed, i) => speed / (b[i] ?? Infinity))).toFixed(2))
}
const report = {
  what: "200-byte values, warm data key, operations a second on one core, medians",
  node: process.version,
  rounds,
  perSecond,
  ratios: {
    "seal: times the AWS Encryption SDK (at least 25)": ratio("armature seal", "AWS Encryption SDK seal"),
    "open: times the AWS Encryption SDK (at least 25)": ratio("armature open", "AWS Encryption SDK open"),
    "Encryptor: times the AWS Encryption SDK": ratio("Encryptor seal", "AWS Encryption SDK seal"),
    "Decryptor: times the AWS Encryption SDK": ratio("Decryptor open", "AWS Encryption SDK open"),
    "seal: of bare node:crypto (at least 0.5)": ratio("armature seal", "node:crypto seal"),
    "open: of bare node:crypto (at least 0.5)": ratio("armature open", "node:crypto open")
  }
}
console.log(report)
if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(report, null, 2)}\n`)
await runtime.dispose()
