/**
 * The keys and aliases of one world: how they are named, found and described, and what the clock does to them.
 */
import { refuse } from "../refusal.js"

export type Usage = "ENCRYPT_DECRYPT" | "SIGN_VERIFY" | "GENERATE_VERIFY_MAC" | "KEY_AGREEMENT"

export interface Key {
  readonly id: string
  readonly spec: string
  readonly usage: Usage
  readonly description: string
  readonly created: number
  readonly multiRegion: boolean
  /** The newest last. Older ones stay, to open what they sealed. Empty for keys that do not encrypt symmetrically. */
  readonly materials: ReadonlyArray<Uint8Array>
  readonly enabled: boolean
  /** When the key ceases to be, in milliseconds, once its deletion is scheduled. */
  readonly deletion: number | undefined
  readonly rotation: { readonly days: number; readonly next: number } | undefined
}

export interface Options {
  readonly now: () => number
  readonly randomBytes: (size: number) => Uint8Array
  readonly region: string
  readonly accountId: string
}

export const day = 24 * 3600_000

/** Which usages a key spec allows. */
export const usagesOf = (spec: string): ReadonlyArray<Usage> =>
  spec === "SYMMETRIC_DEFAULT"
    ? ["ENCRYPT_DECRYPT"]
    : spec.startsWith("HMAC_")
    ? ["GENERATE_VERIFY_MAC"]
    : spec.startsWith("RSA_")
    ? ["ENCRYPT_DECRYPT", "SIGN_VERIFY"]
    : spec.startsWith("ML_DSA_") || spec === "ECC_SECG_P256K1" || spec === "ECC_NIST_EDWARDS25519"
    ? ["SIGN_VERIFY"]
    : ["SIGN_VERIFY", "KEY_AGREEMENT"]

const algorithms = (key: Key): Readonly<Record<string, ReadonlyArray<string>>> => {
  const { spec, usage } = key
  if (usage === "GENERATE_VERIFY_MAC") return { MacAlgorithms: [spec] }
  if (usage === "KEY_AGREEMENT") return { KeyAgreementAlgorithms: ["ECDH"] }
  if (usage === "ENCRYPT_DECRYPT") {
    return {
      EncryptionAlgorithms: spec === "SYMMETRIC_DEFAULT"
        ? ["SYMMETRIC_DEFAULT"]
        : ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
    }
  }
  if (spec.startsWith("RSA_")) {
    const sizes = ["256", "384", "512"]
    return {
      SigningAlgorithms: ["RSASSA_PKCS1_V1_5_SHA", "RSASSA_PSS_SHA"].flatMap((name) =>
        sizes.map((size) => `${name}_${size}`)
      )
    }
  }
  if (spec.startsWith("ML_DSA_")) return { SigningAlgorithms: ["ML_DSA_SHAKE_256"] }
  if (spec === "ECC_NIST_EDWARDS25519") return { SigningAlgorithms: ["ED25519_SHA_512", "ED25519_PH_SHA_512"] }
  return {
    SigningAlgorithms: [
      spec === "ECC_NIST_P384" ? "ECDSA_SHA_384" : spec === "ECC_NIST_P521" ? "ECDSA_SHA_512" : "ECDSA_SHA_256"
    ]
  }
}

const keyId = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

export class Keys {
  keys = new Map<string, Key>()
  aliases = new Map<string, { readonly target: string; readonly created: number; readonly updated: number }>()

  constructor(readonly options: Options) {}

  private arnOf(resource: string): string {
    return `arn:aws:kms:${this.options.region}:${this.options.accountId}:${resource}`
  }

  arn(key: Key): string {
    return this.arnOf(`key/${key.id}`)
  }

  aliasArn(name: string): string {
    return this.arnOf(name)
  }

  newId(multiRegion: boolean): string {
    const raw = this.options.randomBytes(16)
    if (multiRegion) return `mrk-${Buffer.from(raw).toString("hex")}`
    raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x40
    raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80
    const hex = Buffer.from(raw).toString("hex")
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
  }

  /** What time has done: keys whose waiting period is over are gone, with their aliases; keys due for rotation have new material. */
  settle(): void {
    const now = this.options.now()
    for (const key of this.keys.values()) {
      if (key.deletion !== undefined && key.deletion <= now) {
        this.keys.delete(key.id)
        for (const [name, alias] of this.aliases) if (alias.target === key.id) this.aliases.delete(name)
      } else if (key.rotation !== undefined && key.rotation.next <= now && key.enabled && key.deletion === undefined) {
        const { days } = key.rotation
        const periods = Math.floor((now - key.rotation.next) / (days * day)) + 1
        // Missed rotations leave one new material, as nothing was sealed between them.
        this.keys.set(key.id, {
          ...key,
          materials: [...key.materials, this.options.randomBytes(32)],
          rotation: { days, next: key.rotation.next + periods * days * day }
        })
      }
    }
  }

  /** Finds a key by id or ARN, and by alias or its ARN where the operation takes one. */
  find(name: string, takesAlias: boolean): Key {
    const resource = this.resource(name)
    if (resource.startsWith("alias/")) {
      if (!takesAlias) return refuse("NotFoundException", `Invalid keyId ${resource}`)
      const alias = this.aliases.get(resource)
      const key = alias && this.keys.get(alias.target)
      return key ?? refuse("NotFoundException", `Alias ${this.aliasArn(resource)} is not found.`)
    }
    if (!keyId.test(resource)) return refuse("NotFoundException", `Invalid keyId '${resource}'`)
    return this.keys.get(resource) ??
      refuse("NotFoundException", `Key '${this.arnOf(`key/${resource}`)}' does not exist`)
  }

  /** The id or alias that a name stands for. */
  private resource(name: string): string {
    if (!name.startsWith("arn:")) return name
    const [, , service, region, account, ...rest] = name.split(":")
    const resource = rest.join(":")
    if (service !== "kms" || !(resource.startsWith("key/") || resource.startsWith("alias/"))) {
      return refuse("InvalidArnException", `Invalid arn ${name}`)
    }
    if (region !== this.options.region) return refuse("NotFoundException", `Invalid arn ${region ?? ""}`)
    if (account !== this.options.accountId) return refuse("NotFoundException", `Key '${name}' does not exist`)
    return resource.startsWith("key/") ? resource.slice("key/".length) : resource
  }

  /** Refuses a key that cannot do cryptography at the moment. */
  usable(key: Key): Key {
    if (key.deletion !== undefined) return refuse("KMSInvalidStateException", `${this.arn(key)} is pending deletion.`)
    return key.enabled ? key : refuse("DisabledException", `${this.arn(key)} is disabled.`)
  }

  metadata(key: Key): Readonly<Record<string, unknown>> {
    return {
      AWSAccountId: this.options.accountId,
      KeyId: key.id,
      Arn: this.arn(key),
      CreationDate: new Date(key.created),
      Enabled: key.enabled && key.deletion === undefined,
      Description: key.description,
      KeyUsage: key.usage,
      KeyState: key.deletion !== undefined ? "PendingDeletion" : key.enabled ? "Enabled" : "Disabled",
      Origin: "AWS_KMS",
      KeyManager: "CUSTOMER",
      CustomerMasterKeySpec: key.spec,
      KeySpec: key.spec,
      ...algorithms(key),
      MultiRegion: key.multiRegion,
      ...(key.multiRegion
        ? {
          MultiRegionConfiguration: {
            MultiRegionKeyType: "PRIMARY",
            PrimaryKey: { Arn: this.arn(key), Region: this.options.region },
            ReplicaKeys: []
          }
        }
        : {}),
      ...(key.deletion === undefined ? {} : { DeletionDate: new Date(key.deletion) })
    }
  }
}
