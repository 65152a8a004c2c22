/**
 * The sealed form of one attribute value: AES-256-GCM under a key of its own, derived from a data key that KMS has wrapped, committed to
 * that key, and bound to the table, item and attribute that the value belongs to. Pure functions over `node:crypto`: where data keys
 * come from is not known here.
 *
 * ```
 * 0x01 version | 0x01 suite | u8 length, KMS key id | u16be length, EDK | messageId (32) | commitment (32) | ciphertext | tag (16)
 * ```
 *
 * Nothing here throws, whatever the bytes are.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import type * as attributeValue from "./internal/attributeValue.js"
import * as binding from "./internal/binding.js"
import * as envelope from "./internal/envelope.js"
import * as envelopeKey from "./internal/envelopeKey.js"
import type * as failure from "./internal/failure.js"
import * as layout from "./internal/layout.js"

/**
 * One attribute value in DynamoDB's own notation, with exactly one member. Its nested values go at most 32 levels deep.
 *
 * @since 0.1.0
 * @category models
 */
export type AttributeValue = attributeValue.AttributeValue

/**
 * An attribute value to seal or to bind to: this package's, or the AWS SDK's. One without exactly one member is refused.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReadonlyAttributeValue extends attributeValue.ReadonlyAttributeValue {}

/**
 * DynamoDB's name for the type of an attribute value.
 *
 * @since 0.1.0
 * @category models
 */
export type AttributeType = attributeValue.AttributeType

/**
 * Why a value could not be sealed or opened.
 *
 * - `Tampered`: the bytes are not what was sealed with this key for this place. Which byte, or which check, is not said.
 * - `UnsupportedFormat`: not a sealed value, or of a version or suite that is not known.
 * - `WrongKey`: sealed with another data key than the one given.
 * - `KeyWiped`: the data key given was wiped.
 * - `InvalidKey`: key id, EDK or data key are not of a length that there is.
 * - `InvalidBinding`: the table, key or path cannot be bound to.
 * - `InvalidValue`: not an attribute value, or nested too deep, or with text that is not well-formed or a number that is none.
 * - `TooLarge`: over 16 MiB.
 * - `TypeMismatch`: authentic, but of another type than the one asked for.
 *
 * @since 0.1.0
 * @category models
 */
export type Reason = failure.Reason

/**
 * A failure as plain data. Its message is fixed text for each reason.
 *
 * @since 0.1.0
 * @category models
 */
export type EnvelopeFailure = failure.EnvelopeFailure

/**
 * A data key made ready for use. The secret is held privately until `wipe`.
 *
 * @since 0.1.0
 * @category models
 */
export type EnvelopeKey = envelopeKey.EnvelopeKey

/**
 * An item made ready for binding: its logical table and key, encoded once for all its sealed attributes.
 *
 * @since 0.1.0
 * @category models
 */
export type Item = binding.Item

/**
 * The place that a value is sealed for, and can only be opened for: an item, and the stored names that lead to the attribute.
 *
 * @since 0.1.0
 * @category models
 */
export type Binding = binding.Binding

/**
 * What a sealed value says of the data key it was sealed with: the KMS key's id and the encrypted data key (EDK). Neither is
 * authenticated; only opening tells that a value is genuine.
 *
 * @since 0.1.0
 * @category models
 */
export interface Header {
  readonly keyId: string
  readonly edk: Uint8Array
}

/**
 * Makes a data key ready: 32 bytes, the id of the KMS key that wrapped it (printable ASCII, at most 255) and the wrapped form (at most
 * 65,535 bytes). The data key's own bytes are not kept; the caller should overwrite them. Fails with `InvalidKey`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const key: (parts: {
  readonly keyId: string
  readonly edk: Uint8Array
  readonly dataKey: Uint8Array
}) => Either.Either<EnvelopeKey, EnvelopeFailure> = envelopeKey.makeKey

/**
 * Overwrites a key's secret. Sealing and opening with it then fails with `KeyWiped`.
 *
 * @since 0.1.0
 * @category destructors
 */
export const wipe: (key: EnvelopeKey) => void = envelopeKey.EnvelopeKey.wipe

/**
 * Makes an item ready: its logical table name, which stays the same when the physical table is restored under another name, and the
 * values of its primary key: S, N or B, not empty. Numbers that are equal bind alike, however they are written. Fails with `InvalidBinding`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const item: (key: {
  readonly table: string
  readonly partitionKey: ReadonlyAttributeValue
  readonly sortKey?: ReadonlyAttributeValue | undefined
}) => Either.Either<Item, EnvelopeFailure> = binding.makeItem

/**
 * Seals a value of up to 16 MiB for one place. Each call gives other bytes. Fails with `InvalidValue`, `TooLarge`, `InvalidBinding` or
 * `KeyWiped`.
 *
 * @since 0.1.0
 * @category sealing
 */
export const seal = (
  key: EnvelopeKey,
  value: ReadonlyAttributeValue,
  binding: Binding
): Either.Either<Uint8Array, EnvelopeFailure> => envelope.sealWith(envelope.randomMessageIds, key, value, binding)

/**
 * Opens a sealed value for the place it was sealed for, with the data key that its header names; with `expected`, a value of another
 * type is refused. Nothing of the plaintext is given out before all of it is authenticated.
 *
 * @since 0.1.0
 * @category sealing
 */
export const open: (
  key: EnvelopeKey,
  sealed: Uint8Array,
  binding: Binding,
  expected?: AttributeType | undefined
) => Either.Either<AttributeValue, EnvelopeFailure> = envelope.open

/**
 * Reads which data key a value was sealed with, and checks all its lengths. Fails with `UnsupportedFormat` for what is not a sealed
 * value and `Tampered` for one whose lengths are wrong. The EDK is a view on the sealed bytes.
 *
 * @since 0.1.0
 * @category sealing
 */
export const header = (sealed: Uint8Array): Either.Either<Header, EnvelopeFailure> =>
  Either.map(layout.readHeader(sealed), ({ edk, keyId }) => ({ keyId, edk }))

/**
 * The same sealed value under another encryption of the same data key, as KMS `ReEncrypt` gives it. Neither reads nor needs the
 * plaintext.
 *
 * @since 0.1.0
 * @category sealing
 */
export const rewrap = (sealed: Uint8Array, to: Header): Either.Either<Uint8Array, EnvelopeFailure> =>
  envelope.replaceHeader(sealed, to.keyId, to.edk)
