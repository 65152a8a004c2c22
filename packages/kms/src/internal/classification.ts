/** KMS's own rows of the table from AWS's error names to exceptions. Names decide; AWS sends status 400 for nearly all of them. */
import type { AwsException, Fields } from "@armature/aws/AwsException"
import type { Rule, Rules } from "@armature/aws/Classify"
import * as E from "@armature/aws/Exceptions"
import * as K from "../KmsException.js"

const as = (exception: new(fields?: Fields) => AwsException): Rule => (fields) => new exception(fields)

// the SDK does not retry the first two
const unavailable: Rule = (fields) =>
  new E.ServiceUnavailableException({ ...fields, retryable: true, outcome: "unknown" })

export const rules: Rules = {
  DependencyTimeoutException: unavailable,
  KeyUnavailableException: unavailable,
  KMSInternalException: unavailable,
  LimitExceededException: as(E.LimitExceededException),
  AlreadyExistsException: as(K.AlreadyExistsException),
  CloudHsmClusterInvalidConfigurationException: as(K.CloudHsmClusterInvalidConfigurationException),
  CustomKeyStoreInvalidStateException: as(K.CustomKeyStoreInvalidStateException),
  CustomKeyStoreNotFoundException: as(K.CustomKeyStoreNotFoundException),
  DisabledException: as(K.DisabledException),
  DryRunOperationException: as(K.DryRunOperationException),
  IncorrectKeyException: as(K.IncorrectKeyException),
  InvalidAliasNameException: as(K.InvalidAliasNameException),
  InvalidArnException: as(K.InvalidArnException),
  InvalidCiphertextException: as(K.InvalidCiphertextException),
  InvalidGrantTokenException: as(K.InvalidGrantTokenException),
  InvalidKeyUsageException: as(K.InvalidKeyUsageException),
  InvalidMarkerException: as(K.InvalidMarkerException),
  KMSInvalidStateException: as(K.KMSInvalidStateException),
  MalformedPolicyDocumentException: as(K.MalformedPolicyDocumentException),
  NotFoundException: as(K.NotFoundException),
  TagException: as(K.TagException),
  UnsupportedOperationException: as(K.UnsupportedOperationException),
  XksKeyAlreadyInUseException: as(K.XksKeyAlreadyInUseException),
  XksKeyInvalidConfigurationException: as(K.XksKeyInvalidConfigurationException),
  XksKeyNotFoundException: as(K.XksKeyNotFoundException)
}
