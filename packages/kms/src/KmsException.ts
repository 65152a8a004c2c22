/**
 * The failures that only KMS has, by AWS's own names. Those it shares with other services are in `@armature/aws/Exceptions`; what sealing
 * and opening fail with is in `EncryptionException`.
 *
 * @since 0.1.0
 */
import { tagged } from "@armature/aws/AwsException"

/**
 * The alias or key store exists already.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class AlreadyExistsException extends tagged("AlreadyExistsException")({
  says: "it exists already; use another name"
}) {}

/**
 * The CloudHSM cluster behind a custom key store is not configured as KMS needs it.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class CloudHsmClusterInvalidConfigurationException
  extends tagged("CloudHsmClusterInvalidConfigurationException")({
    says: "the CloudHSM cluster is not configured as KMS needs it"
  })
{}

/**
 * The custom key store is not in a state that allows this.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class CustomKeyStoreInvalidStateException extends tagged("CustomKeyStoreInvalidStateException")({
  says: "the custom key store is not in a state that allows this"
}) {}

/**
 * The custom key store does not exist.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class CustomKeyStoreNotFoundException extends tagged("CustomKeyStoreNotFoundException")({
  says: "the custom key store does not exist in this account and region"
}) {}

/**
 * The KMS key is disabled.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class DisabledException extends tagged("DisabledException")({
  says: "the KMS key is disabled; enable it, or use another"
}) {}

/**
 * The request was a dry run, and would have succeeded.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class DryRunOperationException extends tagged("DryRunOperationException")({
  says: "it was a dry run, and would have succeeded"
}) {}

/**
 * The ciphertext was made with another KMS key than the one that was named.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class IncorrectKeyException extends tagged("IncorrectKeyException")({
  says: "the ciphertext was made with another KMS key"
}) {}

/**
 * The name cannot be an alias.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class InvalidAliasNameException extends tagged("InvalidAliasNameException")({
  says: "the name cannot be an alias; it begins with \"alias/\", but not with \"alias/aws/\""
}) {}

/**
 * The ARN is not one of a KMS resource.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class InvalidArnException extends tagged("InvalidArnException")({
  says: "the ARN is not that of a KMS resource"
}) {}

/**
 * The ciphertext is corrupt, or was made with another encryption context.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class InvalidCiphertextException extends tagged("InvalidCiphertextException")({
  says: "the ciphertext is corrupt, or was made with another encryption context"
}) {}

/**
 * A grant token is not valid.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class InvalidGrantTokenException extends tagged("InvalidGrantTokenException")({
  says: "a grant token is not valid"
}) {}

/**
 * The KMS key is not one for this kind of operation.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class InvalidKeyUsageException extends tagged("InvalidKeyUsageException")({
  says: "the KMS key is for another use; this needs a symmetric key whose usage is ENCRYPT_DECRYPT"
}) {}

/**
 * The marker of a listing is not valid.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class InvalidMarkerException extends tagged("InvalidMarkerException")({
  says: "the marker is not one of this listing"
}) {}

/**
 * The KMS key is not in a state that allows this: it waits for its deletion, or for its material.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class KMSInvalidStateException extends tagged("KMSInvalidStateException")({
  says: "the KMS key is not in a state that allows this; see `describeKey`"
}) {}

/**
 * The key policy is not valid.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class MalformedPolicyDocumentException extends tagged("MalformedPolicyDocumentException")({
  says: "the key policy is not valid"
}) {}

/**
 * The KMS key or alias does not exist.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class NotFoundException extends tagged("NotFoundException")({
  says: "the KMS key or alias does not exist in this account and region"
}) {}

/**
 * A tag is not valid.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class TagException extends tagged("TagException")({
  says: "a tag is not valid"
}) {}

/**
 * The KMS key is of a kind for which this cannot be done.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class UnsupportedOperationException extends tagged("UnsupportedOperationException")({
  says: "it cannot be done with a KMS key of this kind"
}) {}

/**
 * The external key is in use by another KMS key.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class XksKeyAlreadyInUseException extends tagged("XksKeyAlreadyInUseException")({
  says: "the external key is in use by another KMS key"
}) {}

/**
 * The external key is not configured as KMS needs it.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class XksKeyInvalidConfigurationException extends tagged("XksKeyInvalidConfigurationException")({
  says: "the external key is not configured as KMS needs it"
}) {}

/**
 * The external key does not exist.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class XksKeyNotFoundException extends tagged("XksKeyNotFoundException")({
  says: "the external key does not exist"
}) {}
