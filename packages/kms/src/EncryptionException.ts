/**
 * What sealing and opening fail with.
 *
 * @since 0.1.0
 */
import { tagged } from "@armature/aws/AwsException"
import type * as E from "@armature/aws/Exceptions"

/**
 * Why a value could not be sealed or opened.
 *
 * - `KeyNotFound`, `KeyDisabled`, `KeyState`, `KeyUsage`: the KMS key cannot be used; also a key name that no option resolves.
 * - `InvalidCiphertext`: KMS does not open the data key: it is corrupt, or the encryption context is another.
 * - `IncorrectKey`: sealed with a KMS key or a data key that this reader does not accept, or that another KMS key than the one named wrapped.
 *   Of a key that is not accepted KMS is not asked.
 * - `Unavailable`: KMS failed, or answered what it should not. Later it may work.
 * - `Tampered`: the sealed value is not what was sealed for this place.
 * - `UnsupportedFormat`: not a sealed value, or of a version that this one does not know.
 * - `TypeMismatch`: genuine, but of another type than the one expected.
 * - `InvalidBinding`: the table, key, path or context that the value is bound to cannot be used.
 * - `InvalidValue`: what was to be sealed is not an attribute value.
 * - `TooLarge`: what was to be sealed is over 16 MiB.
 *
 * @since 0.1.0
 * @category models
 */
export type EncryptionReason =
  | "KeyNotFound"
  | "KeyDisabled"
  | "KeyState"
  | "KeyUsage"
  | "InvalidCiphertext"
  | "IncorrectKey"
  | "Unavailable"
  | "Tampered"
  | "UnsupportedFormat"
  | "TypeMismatch"
  | "InvalidBinding"
  | "InvalidValue"
  | "TooLarge"

const says: Record<EncryptionReason, string> = {
  KeyNotFound: "the KMS key does not exist, or no key has this name; check the key id, account and region",
  KeyDisabled: "the KMS key is disabled",
  KeyState: "the KMS key is not in a state in which it can be used",
  KeyUsage: "the KMS key is for another use; sealing needs a symmetric key whose usage is ENCRYPT_DECRYPT",
  InvalidCiphertext: "KMS does not open the data key: it is corrupt, or the encryption context is another",
  IncorrectKey: "the value was sealed with a key that this reader does not accept; see its option `keys`",
  Unavailable: "KMS is not available for now",
  Tampered: "the value is not what was sealed for this attribute of this item",
  UnsupportedFormat: "this is not a sealed value, or one of a format that this version does not know",
  TypeMismatch: "the value is of another type than the one expected",
  InvalidBinding: "the table, key, path or context to seal for cannot be used",
  InvalidValue: "what is to be sealed is not an attribute value",
  TooLarge: "what is to be sealed is over 16 MiB"
}

/**
 * A value could not be sealed or opened. Says nothing of the value beyond its reason.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class EncryptionException extends tagged("EncryptionException")<{ readonly reason: EncryptionReason }>({
  says: (e) => says[e.reason],
  printed: ["reason"]
}) {}

/**
 * Everything that sealing and opening can fail with: `EncryptionException`, or the failure of the call to KMS that it came from. None of
 * them leaves an outcome unknown, since nothing is written.
 *
 * @since 0.1.0
 * @category errors
 */
export type EncryptionError =
  | EncryptionException
  | E.AccessDeniedException
  | E.ConfigurationException
  | E.ConnectionException
  | E.CredentialsException
  | E.ServiceException
  | E.ThrottlingException
  | E.ValidationException
