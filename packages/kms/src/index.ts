/**
 * KMS for Effect, and values sealed with it.
 *
 * @since 0.1.0
 */

export * as DataKeys from "./DataKeys.js"

export * as Decryptor from "./Decryptor.js"

export * as EncryptionException from "./EncryptionException.js"

export * as Encryptor from "./Encryptor.js"

export * as Envelope from "./Envelope.js"

export * as Kms from "./Kms.js"

export * as KmsException from "./KmsException.js"

export * as Reencryptor from "./Reencryptor.js"

export * as Sealing from "./Sealing.js"
