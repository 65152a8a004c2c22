/** What the tests of sealing and re-encryption share: one place, one value, and effects that seal and open it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as DataKeys from "../src/DataKeys.js"
import * as Decryptor from "../src/Decryptor.js"
import type { EncryptionError } from "../src/EncryptionException.js"
import * as Encryptor from "../src/Encryptor.js"
import type * as Envelope from "../src/Envelope.js"
import type { KmsDouble } from "./double.js"

export const binding: Encryptor.Binding = {
  table: "orders",
  partitionKey: { S: "T#acme" },
  sortKey: { N: "12.50" },
  path: ["card", "pan"]
}
export const value = { S: "4111 1111 1111 1111" }

export const seal = (v: Envelope.AttributeValue = value, at = binding, options?: Encryptor.Encryptor.SealOptions) =>
  Effect.flatMap(Encryptor.Encryptor, (encryptor) => encryptor.seal(v, at, options))
export const open = (sealed: Uint8Array, at = binding, options?: Decryptor.Decryptor.OpenOptions) =>
  Effect.flatMap(Decryptor.Decryptor, (decryptor) => decryptor.open(sealed, at, options))

export const keysOf = (kms: KmsDouble) => DataKeys.layer().pipe(Layer.provide(kms.layer))

export const reasonOf = (e: EncryptionError): string => e._tag === "EncryptionException" ? e.reason : e._tag
