/**
 * The operations of KMS over the keys of one world.
 */
import { serviceFault } from "@armature/aws/WireFailure"
import { randomBytes } from "node:crypto"
import { executor, refuse } from "../refusal.js"
import type { Input, Output } from "../refusal.js"
import * as Cipher from "./cipher.js"
import { bytes, flag, invalid, oneOf, requiredText, someOf, text, textMap, whole } from "./input.js"
import { day, Keys, usagesOf } from "./keys.js"
import type { Key } from "./keys.js"

export interface Options {
  readonly now: () => number
  readonly randomBytes?: ((size: number) => Uint8Array) | undefined
  readonly region?: string | undefined
  readonly accountId?: string | undefined
}

export interface Snapshot {
  readonly keys: ReadonlyArray<Key>
  readonly aliases: ReadonlyArray<
    readonly [
      name: string,
      alias: { readonly target: string; readonly created: number; readonly updated: number }
    ]
  >
}

type Operation = (keys: Keys, input: Input) => Output

const maxPlaintext = 4096
const maxBlob = 6144
const maxContext = 8192

const specs = [
  "SYMMETRIC_DEFAULT",
  "RSA_2048",
  "RSA_3072",
  "RSA_4096",
  "ECC_NIST_P256",
  "ECC_NIST_P384",
  "ECC_NIST_P521",
  "ECC_SECG_P256K1",
  "ECC_NIST_EDWARDS25519",
  "HMAC_224",
  "HMAC_256",
  "HMAC_384",
  "HMAC_512",
  "ML_DSA_44",
  "ML_DSA_65",
  "ML_DSA_87"
] as const

const contextOf = (input: Input, name: string): Cipher.Context => {
  const context = textMap(input, name)
  const size = context.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0)
  return size > maxContext ? invalid("The encryption context is larger than 8192 bytes.") : context
}

const dryRun = (input: Input): void => {
  if (flag(input, "DryRun")) {
    refuse("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.", 412)
  }
}

/** A symmetric key that may be used now, for the operation that is named. */
const symmetric = (keys: Keys, key: Key, operation: string): Key => {
  keys.usable(key)
  if (
    key.usage !== "ENCRYPT_DECRYPT" || (key.spec !== "SYMMETRIC_DEFAULT" && operation.startsWith("GenerateDataKey"))
  ) {
    return refuse(
      "InvalidKeyUsageException",
      `${keys.arn(key)} key usage is ${key.usage} which is not valid for ${operation}.`
    )
  }
  return key.spec === "SYMMETRIC_DEFAULT"
    ? key
    : refuse("UnsupportedOperationException", "Encryption under an asymmetric key is not available here.")
}

const symmetricAlgorithm = (input: Input, name: string, key: string): void => {
  const algorithm = oneOf(input, name, ["SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"])
  if (algorithm !== undefined && algorithm !== "SYMMETRIC_DEFAULT") {
    refuse(
      "InvalidKeyUsageException",
      `Algorithm ${algorithm} is incompatible with key spec SYMMETRIC_DEFAULT of ${key}.`
    )
  }
}

const seal = (keys: Keys, key: Key, context: Cipher.Context, plaintext: Uint8Array): Uint8Array => {
  const material = key.materials.length - 1
  const secret = key.materials[material] ??
    refuse("InvalidKeyUsageException", `${keys.arn(key)} has no symmetric material.`)
  return Cipher.seal(key.id, material, secret, keys.options.randomBytes(12), context, plaintext)
}

/** Finds the key in the blob, checks it against the one that was named, and opens. */
const open = (
  keys: Keys,
  operation: string,
  blob: Uint8Array,
  context: Cipher.Context,
  named: string | undefined
): { readonly key: Key; readonly plaintext: Uint8Array } => {
  const wanted = named === undefined ? undefined : symmetric(keys, keys.find(named, true), operation)
  const parsed = Cipher.parse(blob) ?? refuse("InvalidCiphertextException", "")
  if (wanted !== undefined && wanted.id !== parsed.keyId) {
    return refuse(
      "IncorrectKeyException",
      "The key ID in the request does not identify a CMK that can perform this operation."
    )
  }
  const key = keys.keys.get(parsed.keyId)
  if (key === undefined) {
    return refuse(
      "AccessDeniedException",
      "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not " +
        "allowed to access."
    )
  }
  const secret = symmetric(keys, key, operation).materials[parsed.material]
  const plaintext = secret && Cipher.open(parsed, secret, context)
  return plaintext === undefined ? refuse("InvalidCiphertextException", "") : { key, plaintext }
}

/** A dry run may look at no ciphertext, but only at whether the key may be used: then the key has to be named. */
const ignoresCiphertext = (input: Input): boolean =>
  someOf(input, "DryRunModifiers", ["IGNORE_CIPHERTEXT"]).length > 0 && flag(input, "DryRun")

/** The key of what is to be decrypted, and what that says; nothing where the ciphertext is ignored. */
const source = (keys: Keys, operation: string, input: Input, prefix: "" | "Source") => {
  if (ignoresCiphertext(input)) {
    const named = requiredText(input, `${prefix}KeyId`)
    contextOf(input, `${prefix}EncryptionContext`)
    return { key: symmetric(keys, keys.find(named, true), operation), plaintext: new Uint8Array() }
  }
  const blob = bytes(input, "CiphertextBlob", maxBlob)
  const context = contextOf(input, `${prefix}EncryptionContext`)
  return open(keys, operation, blob, context, text(input, `${prefix}KeyId`))
}

const dataKey = (operation: string, withPlaintext: boolean): Operation => (keys, input) => {
  const name = requiredText(input, "KeyId")
  const spec = oneOf(input, "KeySpec", ["AES_256", "AES_128"])
  const number = whole(input, "NumberOfBytes", 1, 1024)
  if ((spec === undefined) === (number === undefined)) {
    return invalid("Please specify either number of bytes or key spec.")
  }
  const context = contextOf(input, "EncryptionContext")
  if (input["Recipient"] !== undefined) {
    return refuse("UnsupportedOperationException", "Recipients (Nitro enclaves) are not available here.")
  }
  const key = symmetric(keys, keys.find(name, true), operation)
  dryRun(input)
  const plaintext = keys.options.randomBytes(number ?? (spec === "AES_256" ? 32 : 16))
  return {
    CiphertextBlob: seal(keys, key, context, plaintext),
    ...(withPlaintext ? { Plaintext: plaintext } : {}),
    KeyId: keys.arn(key)
  }
}

const createKey: Operation = (keys, input) => {
  const spec = oneOf(input, "KeySpec", specs)
  const older = oneOf(input, "CustomerMasterKeySpec", specs)
  if (spec !== undefined && older !== undefined && spec !== older) {
    return invalid("You cannot specify both KeySpec and CustomerMasterKeySpec. CustomerMasterKeySpec is deprecated.")
  }
  const origin = oneOf(input, "Origin", ["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"])
  if ((origin ?? "AWS_KMS") !== "AWS_KMS" || input["CustomKeyStoreId"] !== undefined) {
    return refuse("UnsupportedOperationException", "Only keys of origin AWS_KMS are available here.")
  }
  const chosen = spec ?? older ?? "SYMMETRIC_DEFAULT"
  const allowed = usagesOf(chosen)
  const usage = oneOf(input, "KeyUsage", ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"]) ??
    "ENCRYPT_DECRYPT"
  if (!allowed.includes(usage)) return invalid(`KeyUsage ${usage} is not compatible with KeySpec ${chosen}`)
  const multiRegion = flag(input, "MultiRegion")
  const key: Key = {
    id: keys.newId(multiRegion),
    spec: chosen,
    usage,
    description: text(input, "Description") ?? "",
    created: keys.options.now(),
    multiRegion,
    materials: chosen === "SYMMETRIC_DEFAULT" ? [keys.options.randomBytes(32)] : [],
    enabled: true,
    deletion: undefined,
    rotation: undefined
  }
  keys.keys.set(key.id, key)
  return { KeyMetadata: keys.metadata(key) }
}

const aliasName = (input: Input): string => {
  const name = requiredText(input, "AliasName")
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(name)) {
    return refuse(
      "InvalidAliasNameException",
      "Alias must start with the prefix \"alias/\" and hold letters, digits, /, _ and -."
    )
  }
  return name.startsWith("alias/aws/")
    ? refuse("NotAuthorizedException", "The alias namespace alias/aws/ is reserved.")
    : name
}

const aliasTarget = (keys: Keys, input: Input): Key => {
  const name = requiredText(input, "TargetKeyId")
  if (name.includes("alias/")) return invalid("Aliases must refer to keys. Not aliases")
  const key = keys.find(name, false)
  return key.deletion === undefined
    ? key
    : refuse("KMSInvalidStateException", `${keys.arn(key)} is pending deletion.`)
}

const existingAlias = (keys: Keys, name: string) =>
  keys.aliases.get(name) ?? refuse("NotFoundException", `Alias ${keys.aliasArn(name)} is not found.`)

/** Changes a key that is not waiting for its deletion. */
const change = (change: (key: Key, keys: Keys, input: Input) => Partial<Key>): Operation => (keys, input) => {
  const key = keys.find(requiredText(input, "KeyId"), false)
  if (key.deletion !== undefined) return refuse("KMSInvalidStateException", `${keys.arn(key)} is pending deletion.`)
  keys.keys.set(key.id, { ...key, ...change(key, keys, input) })
  return {}
}

const rotatable = (keys: Keys, key: Key): Key =>
  key.spec === "SYMMETRIC_DEFAULT"
    ? key
    : refuse("UnsupportedOperationException", `${keys.arn(key)} is not a symmetric encryption key.`)

/** One page of a list, by the name of the entry after which it begins. */
const page = <A>(
  input: Input,
  all: ReadonlyArray<readonly [name: string, entry: A]>,
  max: number
): { readonly entries: ReadonlyArray<A>; readonly rest: Output } => {
  const limit = whole(input, "Limit", 1, max) ?? Math.min(max, 100)
  const marker = text(input, "Marker")
  const after = marker === undefined ? -1 : all.findIndex(([name]) => name === marker)
  if (marker !== undefined && after === -1) return refuse("InvalidMarkerException", "The marker is not valid.")
  const taken = all.slice(after + 1, after + 1 + limit)
  const last = taken[taken.length - 1]
  return {
    entries: taken.map(([, entry]) => entry),
    rest: after + 1 + limit < all.length && last !== undefined
      ? { Truncated: true, NextMarker: last[0] }
      : { Truncated: false }
  }
}

const operations: Readonly<Record<string, Operation>> = {
  CreateKey: createKey,

  DescribeKey: (keys, input) => ({ KeyMetadata: keys.metadata(keys.find(requiredText(input, "KeyId"), true)) }),

  ListKeys: (keys, input) => {
    const all = [...keys.keys.values()].map((key) => [key.id, { KeyId: key.id, KeyArn: keys.arn(key) }] as const)
    const { entries, rest } = page(input, all, 1000)
    return { Keys: entries, ...rest }
  },

  CreateAlias: (keys, input) => {
    const name = aliasName(input)
    const key = aliasTarget(keys, input)
    if (keys.aliases.has(name)) {
      return refuse("AlreadyExistsException", `An alias with the name ${keys.aliasArn(name)} already exists`)
    }
    const now = keys.options.now()
    keys.aliases.set(name, { target: key.id, created: now, updated: now })
    return {}
  },

  UpdateAlias: (keys, input) => {
    const name = aliasName(input)
    const key = aliasTarget(keys, input)
    const alias = existingAlias(keys, name)
    const before = keys.keys.get(alias.target)
    if (before !== undefined && before.usage !== key.usage) {
      return invalid("The current and the new key of an alias must have the same key usage.")
    }
    keys.aliases.set(name, { ...alias, target: key.id, updated: keys.options.now() })
    return {}
  },

  DeleteAlias: (keys, input) => {
    const name = aliasName(input)
    existingAlias(keys, name)
    keys.aliases.delete(name)
    return {}
  },

  ListAliases: (keys, input) => {
    const named = text(input, "KeyId")
    const of = named === undefined ? undefined : keys.find(named, false).id
    const all = [...keys.aliases]
      .filter(([, alias]) => of === undefined || alias.target === of)
      .sort(([a], [b]) => a < b ? -1 : 1)
      .map(([name, alias]) =>
        [name, {
          AliasName: name,
          AliasArn: keys.aliasArn(name),
          TargetKeyId: alias.target,
          CreationDate: new Date(alias.created),
          LastUpdatedDate: new Date(alias.updated)
        }] as const
      )
    const { entries, rest } = page(input, all, 100)
    return { Aliases: entries, ...rest }
  },

  EnableKey: change(() => ({ enabled: true })),
  DisableKey: change(() => ({ enabled: false })),

  ScheduleKeyDeletion: (keys, input) => {
    const days = whole(input, "PendingWindowInDays", 7, 30) ?? 30
    const key = keys.find(requiredText(input, "KeyId"), false)
    if (key.deletion !== undefined) return refuse("KMSInvalidStateException", `${keys.arn(key)} is pending deletion.`)
    const deletion = keys.options.now() + days * day
    keys.keys.set(key.id, { ...key, enabled: false, deletion })
    return {
      KeyId: keys.arn(key),
      DeletionDate: new Date(deletion),
      KeyState: "PendingDeletion",
      PendingWindowInDays: days
    }
  },

  CancelKeyDeletion: (keys, input) => {
    const key = keys.find(requiredText(input, "KeyId"), false)
    if (key.deletion === undefined) {
      return refuse("KMSInvalidStateException", `${keys.arn(key)} is not pending deletion.`)
    }
    keys.keys.set(key.id, { ...key, enabled: false, deletion: undefined })
    return { KeyId: keys.arn(key) }
  },

  EnableKeyRotation: change((key, keys, input) => {
    const days = whole(input, "RotationPeriodInDays", 90, 2560) ?? 365
    keys.usable(rotatable(keys, key))
    return { rotation: { days, next: keys.options.now() + days * day } }
  }),

  DisableKeyRotation: change((key, keys) => {
    keys.usable(rotatable(keys, key))
    return { rotation: undefined }
  }),

  GetKeyRotationStatus: (keys, input) => {
    const key = rotatable(keys, keys.find(requiredText(input, "KeyId"), false))
    return {
      KeyId: keys.arn(key),
      KeyRotationEnabled: key.rotation !== undefined && key.deletion === undefined,
      ...(key.rotation === undefined
        ? {}
        : { RotationPeriodInDays: key.rotation.days, NextRotationDate: new Date(key.rotation.next) })
    }
  },

  GenerateDataKey: dataKey("GenerateDataKey", true),
  GenerateDataKeyWithoutPlaintext: dataKey("GenerateDataKeyWithoutPlaintext", false),

  GenerateRandom: (keys, input) => {
    const size = whole(input, "NumberOfBytes", 1, 1024) ?? invalid("NumberOfBytes is required.")
    return { Plaintext: keys.options.randomBytes(size) }
  },

  Encrypt: (keys, input) => {
    const name = requiredText(input, "KeyId")
    const plaintext = bytes(input, "Plaintext", maxPlaintext)
    const context = contextOf(input, "EncryptionContext")
    const key = symmetric(keys, keys.find(name, true), "Encrypt")
    symmetricAlgorithm(input, "EncryptionAlgorithm", keys.arn(key))
    dryRun(input)
    return {
      CiphertextBlob: seal(keys, key, context, plaintext),
      KeyId: keys.arn(key),
      EncryptionAlgorithm: "SYMMETRIC_DEFAULT"
    }
  },

  Decrypt: (keys, input) => {
    const { key, plaintext } = source(keys, "Decrypt", input, "")
    symmetricAlgorithm(input, "EncryptionAlgorithm", keys.arn(key))
    dryRun(input)
    return { KeyId: keys.arn(key), Plaintext: plaintext, EncryptionAlgorithm: "SYMMETRIC_DEFAULT" }
  },

  ReEncrypt: (keys, input) => {
    const destination = requiredText(input, "DestinationKeyId")
    const to = contextOf(input, "DestinationEncryptionContext")
    const from = source(keys, "ReEncrypt", input, "Source")
    const key = symmetric(keys, keys.find(destination, true), "ReEncrypt")
    symmetricAlgorithm(input, "SourceEncryptionAlgorithm", keys.arn(from.key))
    symmetricAlgorithm(input, "DestinationEncryptionAlgorithm", keys.arn(key))
    dryRun(input)
    return {
      CiphertextBlob: seal(keys, key, to, from.plaintext),
      SourceKeyId: keys.arn(from.key),
      KeyId: keys.arn(key),
      SourceEncryptionAlgorithm: "SYMMETRIC_DEFAULT",
      DestinationEncryptionAlgorithm: "SYMMETRIC_DEFAULT"
    }
  }
}

export const make = (options: Options) => {
  const keys = new Keys({
    now: options.now,
    randomBytes: options.randomBytes ?? ((size) => new Uint8Array(randomBytes(size))),
    region: options.region ?? "us-east-1",
    accountId: options.accountId ?? "000000000000"
  })
  const bound = Object.entries(operations).map(([name, operation]) =>
    [name, (input: Input) => {
      keys.settle()
      return operation(keys, input)
    }] as const
  )
  return {
    execute: executor(Object.fromEntries(bound), {
      unknown: serviceFault({ code: "UnknownOperationException", message: "", statusCode: 400 }),
      broken: serviceFault({ code: "KMSInternalException", message: "", statusCode: 500 })
    }),
    // Keys are replaced, never changed, so their array is a snapshot.
    snapshot: (): Snapshot => ({ keys: [...keys.keys.values()], aliases: [...keys.aliases] }),
    restore: (snapshot: Snapshot): void => {
      keys.keys = new Map(snapshot.keys.map((key) => [key.id, key]))
      keys.aliases = new Map(snapshot.aliases)
    }
  }
}
