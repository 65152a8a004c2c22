import type {
  AccessDeniedException,
  ConfigurationException,
  ConnectionException,
  CredentialsException,
  InvalidResponseException,
  LimitExceededException,
  ServiceException,
  ServiceUnavailableException,
  ThrottlingException,
  ValidationException,
  WriteOutcomeUnknownException
} from "@armature/aws/Exceptions"
import * as Kms from "@armature/kms/Kms"
import type * as K from "@armature/kms/KmsException"
import type * as Sdk from "@aws-sdk/client-kms"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { describe, expect, it } from "tstyche"

declare const kms: Kms.Kms.Service
declare const secret: Redacted.Redacted<Uint8Array>

type Any =
  | AccessDeniedException
  | ConfigurationException
  | ConnectionException
  | CredentialsException
  | ServiceException
  | ThrottlingException
  | ValidationException
type Read = Any | InvalidResponseException | ServiceUnavailableException
type Write = Any | WriteOutcomeUnknownException
type OnKey = K.InvalidArnException | K.NotFoundException
type Seals =
  | Read
  | K.DisabledException
  | K.DryRunOperationException
  | K.InvalidGrantTokenException
  | K.InvalidKeyUsageException
  | K.KMSInvalidStateException
  | K.NotFoundException
type Opens = Seals | K.IncorrectKeyException | K.InvalidCiphertextException
type Change = Write | OnKey | K.KMSInvalidStateException

interface Revealing {
  readonly Plaintext?: Redacted.Redacted<Uint8Array> | undefined
}

const key = { KeyId: "k" }
const blob = { CiphertextBlob: new Uint8Array() }

describe("each operation has its own closed union", () => {
  it("cryptography", () => {
    expect(kms.generateDataKey(key)).type.toBe<
      Effect.Effect<Omit<Sdk.GenerateDataKeyCommandOutput, "Plaintext"> & Revealing, Seals>
    >()
    expect(kms.generateDataKeyWithoutPlaintext(key)).type.toBe<
      Effect.Effect<Sdk.GenerateDataKeyWithoutPlaintextCommandOutput, Seals>
    >()
    expect(kms.encrypt({ ...key, Plaintext: secret })).type.toBe<Effect.Effect<Sdk.EncryptCommandOutput, Seals>>()
    expect(kms.decrypt(blob)).type.toBe<
      Effect.Effect<Omit<Sdk.DecryptCommandOutput, "Plaintext"> & Revealing, Opens>
    >()
    expect(kms.reEncrypt({ ...blob, DestinationKeyId: "k" })).type.toBe<
      Effect.Effect<Sdk.ReEncryptCommandOutput, Opens>
    >()
  })

  it("reads", () => {
    expect(kms.describeKey(key)).type.toBe<Effect.Effect<Sdk.DescribeKeyCommandOutput, Read | OnKey>>()
    expect(kms.getKeyRotationStatus(key)).type.toBe<
      Effect.Effect<
        Sdk.GetKeyRotationStatusCommandOutput,
        Read | OnKey | K.KMSInvalidStateException | K.UnsupportedOperationException
      >
    >()
    expect(kms.listKeys({})).type.toBe<Effect.Effect<Sdk.ListKeysCommandOutput, Read | K.InvalidMarkerException>>()
    expect(kms.listAliases({})).type.toBe<
      Effect.Effect<Sdk.ListAliasesCommandOutput, Read | OnKey | K.InvalidMarkerException>
    >()
    expect(kms.ping).type.toBe<Effect.Effect<void, Read | K.InvalidMarkerException>>()
  })

  it("the control plane", () => {
    expect(kms.createKey({})).type.toBe<
      Effect.Effect<
        Sdk.CreateKeyCommandOutput,
        | Write
        | LimitExceededException
        | K.CloudHsmClusterInvalidConfigurationException
        | K.CustomKeyStoreInvalidStateException
        | K.CustomKeyStoreNotFoundException
        | K.InvalidArnException
        | K.MalformedPolicyDocumentException
        | K.TagException
        | K.UnsupportedOperationException
        | K.XksKeyAlreadyInUseException
        | K.XksKeyInvalidConfigurationException
        | K.XksKeyNotFoundException
      >
    >()
    expect(kms.createAlias({ AliasName: "alias/a", TargetKeyId: "k" })).type.toBe<
      Effect.Effect<
        Sdk.CreateAliasCommandOutput,
        | Write
        | LimitExceededException
        | K.AlreadyExistsException
        | K.InvalidAliasNameException
        | K.KMSInvalidStateException
        | K.NotFoundException
      >
    >()
    expect(kms.enableKey(key)).type.toBe<Effect.Effect<Sdk.EnableKeyCommandOutput, Change | LimitExceededException>>()
    expect(kms.disableKey(key)).type.toBe<Effect.Effect<Sdk.DisableKeyCommandOutput, Change>>()
    expect(kms.scheduleKeyDeletion(key)).type.toBe<Effect.Effect<Sdk.ScheduleKeyDeletionCommandOutput, Change>>()
    expect(kms.cancelKeyDeletion(key)).type.toBe<Effect.Effect<Sdk.CancelKeyDeletionCommandOutput, Change>>()
    expect(kms.enableKeyRotation(key)).type.toBe<
      Effect.Effect<
        Sdk.EnableKeyRotationCommandOutput,
        Change | K.DisabledException | K.UnsupportedOperationException
      >
    >()
  })
})

describe("plaintext", () => {
  it("is Redacted, in and out", () => {
    expect(kms.encrypt).type.not.toBeCallableWith({ KeyId: "k", Plaintext: new Uint8Array() })
  })
})

describe("layers", () => {
  it("say what can go wrong while they are built", () => {
    expect(Kms.layer()).type.toBe<Layer.Layer<Kms.Kms, ConfigurationException>>()
    expect(Kms.layerConfig({ region: Config.string("REGION") })).type.toBe<
      Layer.Layer<Kms.Kms, ConfigError | ConfigurationException>
    >()
    expect(Kms.layerTransport).type.toBe<Layer.Layer<Kms.Kms, never, Kms.KmsTransport>>()
    expect(Kms.layerFake({})).type.toBe<Layer.Layer<Kms.Kms>>()
  })
})
