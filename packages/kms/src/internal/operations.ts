/**
 * The service as a table: one row for each operation. The types of its failures and what the driver does at run time both come from here.
 */
import * as E from "@armature/aws/Exceptions"
import { type ExceptionClass, type Operation, readExceptions, writeExceptions } from "@armature/aws/ServiceClient"
import type * as Sdk from "@aws-sdk/client-kms"
import * as K from "../KmsException.js"

/** Input and output by operation, in the SDK's own shapes. */
export interface Operations {
  readonly CancelKeyDeletion: {
    readonly input: Sdk.CancelKeyDeletionCommandInput
    readonly output: Sdk.CancelKeyDeletionCommandOutput
  }
  readonly CreateAlias: { readonly input: Sdk.CreateAliasCommandInput; readonly output: Sdk.CreateAliasCommandOutput }
  readonly CreateKey: { readonly input: Sdk.CreateKeyCommandInput; readonly output: Sdk.CreateKeyCommandOutput }
  readonly Decrypt: { readonly input: Sdk.DecryptCommandInput; readonly output: Sdk.DecryptCommandOutput }
  readonly DescribeKey: { readonly input: Sdk.DescribeKeyCommandInput; readonly output: Sdk.DescribeKeyCommandOutput }
  readonly DisableKey: { readonly input: Sdk.DisableKeyCommandInput; readonly output: Sdk.DisableKeyCommandOutput }
  readonly EnableKey: { readonly input: Sdk.EnableKeyCommandInput; readonly output: Sdk.EnableKeyCommandOutput }
  readonly EnableKeyRotation: {
    readonly input: Sdk.EnableKeyRotationCommandInput
    readonly output: Sdk.EnableKeyRotationCommandOutput
  }
  readonly Encrypt: { readonly input: Sdk.EncryptCommandInput; readonly output: Sdk.EncryptCommandOutput }
  readonly GenerateDataKey: {
    readonly input: Sdk.GenerateDataKeyCommandInput
    readonly output: Sdk.GenerateDataKeyCommandOutput
  }
  readonly GenerateDataKeyWithoutPlaintext: {
    readonly input: Sdk.GenerateDataKeyWithoutPlaintextCommandInput
    readonly output: Sdk.GenerateDataKeyWithoutPlaintextCommandOutput
  }
  readonly GetKeyRotationStatus: {
    readonly input: Sdk.GetKeyRotationStatusCommandInput
    readonly output: Sdk.GetKeyRotationStatusCommandOutput
  }
  readonly ListAliases: { readonly input: Sdk.ListAliasesCommandInput; readonly output: Sdk.ListAliasesCommandOutput }
  readonly ListKeys: { readonly input: Sdk.ListKeysCommandInput; readonly output: Sdk.ListKeysCommandOutput }
  readonly ReEncrypt: { readonly input: Sdk.ReEncryptCommandInput; readonly output: Sdk.ReEncryptCommandOutput }
  readonly ScheduleKeyDeletion: {
    readonly input: Sdk.ScheduleKeyDeletionCommandInput
    readonly output: Sdk.ScheduleKeyDeletionCommandOutput
  }
}

const onKey = [K.InvalidArnException, K.NotFoundException] as const
const seals = [
  ...readExceptions,
  K.DisabledException,
  K.DryRunOperationException,
  K.InvalidGrantTokenException,
  K.InvalidKeyUsageException,
  K.KMSInvalidStateException,
  K.NotFoundException
] as const
const opens = [...seals, K.IncorrectKeyException, K.InvalidCiphertextException] as const
const changesKey = [...writeExceptions, ...onKey, K.KMSInvalidStateException] as const

/** What only reads or computes: repeating it changes nothing. */
const read = <const Name extends keyof Operations, const Classes extends ReadonlyArray<ExceptionClass>>(
  name: Name,
  exceptions: Classes,
  resource: (input: Operations[Name]["input"]) => string | undefined
): Operation<Operations[Name]["input"], Classes> & { readonly name: Name } => ({
  name,
  access: "read",
  exceptions,
  resource,
  repeatable: () => "lastWriterWins"
})

/** The control plane: after an attempt with an unknown outcome nothing is sent again. */
const write = <const Name extends keyof Operations, const Classes extends ReadonlyArray<ExceptionClass>>(
  name: Name,
  exceptions: Classes,
  resource: (input: Operations[Name]["input"]) => string | undefined
): Operation<Operations[Name]["input"], Classes> & { readonly name: Name } => ({
  name,
  access: "write",
  exceptions,
  resource,
  repeatable: () => "never"
})

const key = (input: { readonly KeyId?: string | undefined }): string | undefined => input.KeyId
const nothing = () => undefined

export const cancelKeyDeletion = write("CancelKeyDeletion", changesKey, key)
export const createAlias = write(
  "CreateAlias",
  [
    ...writeExceptions,
    E.LimitExceededException,
    K.AlreadyExistsException,
    K.InvalidAliasNameException,
    K.KMSInvalidStateException,
    K.NotFoundException
  ] as const,
  (input) => input.AliasName
)
export const createKey = write(
  "CreateKey",
  [
    ...writeExceptions,
    E.LimitExceededException,
    K.CloudHsmClusterInvalidConfigurationException,
    K.CustomKeyStoreInvalidStateException,
    K.CustomKeyStoreNotFoundException,
    K.InvalidArnException,
    K.MalformedPolicyDocumentException,
    K.TagException,
    K.UnsupportedOperationException,
    K.XksKeyAlreadyInUseException,
    K.XksKeyInvalidConfigurationException,
    K.XksKeyNotFoundException
  ] as const,
  nothing
)
export const decrypt = read("Decrypt", opens, key)
export const describeKey = read("DescribeKey", [...readExceptions, ...onKey] as const, key)
export const disableKey = write("DisableKey", changesKey, key)
export const enableKey = write("EnableKey", [...changesKey, E.LimitExceededException] as const, key)
export const enableKeyRotation = write(
  "EnableKeyRotation",
  [...changesKey, K.DisabledException, K.UnsupportedOperationException] as const,
  key
)
export const encrypt = read("Encrypt", seals, key)
export const generateDataKey = read("GenerateDataKey", seals, key)
export const generateDataKeyWithoutPlaintext = read("GenerateDataKeyWithoutPlaintext", seals, key)
export const getKeyRotationStatus = read(
  "GetKeyRotationStatus",
  [...readExceptions, ...onKey, K.KMSInvalidStateException, K.UnsupportedOperationException] as const,
  key
)
export const listAliases = read("ListAliases", [...readExceptions, ...onKey, K.InvalidMarkerException] as const, key)
export const listKeys = read("ListKeys", [...readExceptions, K.InvalidMarkerException] as const, nothing)
export const reEncrypt = read("ReEncrypt", opens, (input) => input.DestinationKeyId)
export const scheduleKeyDeletion = write("ScheduleKeyDeletion", changesKey, key)
