/** KMS's client and commands of the AWS SDK: the only module that loads them. */
import type { ClientConfig, Senders } from "@armature/aws/SdkTransport"
import * as Sdk from "@aws-sdk/client-kms"
import type { Operations } from "./operations.js"

export const client = (config: ClientConfig): Sdk.KMSClient => new Sdk.KMSClient(config)

export const senders: Senders<Operations, Sdk.KMSClient> = {
  CancelKeyDeletion: (client, input, options) => client.send(new Sdk.CancelKeyDeletionCommand(input), options),
  CreateAlias: (client, input, options) => client.send(new Sdk.CreateAliasCommand(input), options),
  CreateKey: (client, input, options) => client.send(new Sdk.CreateKeyCommand(input), options),
  Decrypt: (client, input, options) => client.send(new Sdk.DecryptCommand(input), options),
  DescribeKey: (client, input, options) => client.send(new Sdk.DescribeKeyCommand(input), options),
  DisableKey: (client, input, options) => client.send(new Sdk.DisableKeyCommand(input), options),
  EnableKey: (client, input, options) => client.send(new Sdk.EnableKeyCommand(input), options),
  EnableKeyRotation: (client, input, options) => client.send(new Sdk.EnableKeyRotationCommand(input), options),
  Encrypt: (client, input, options) => client.send(new Sdk.EncryptCommand(input), options),
  GenerateDataKey: (client, input, options) => client.send(new Sdk.GenerateDataKeyCommand(input), options),
  GenerateDataKeyWithoutPlaintext: (client, input, options) =>
    client.send(new Sdk.GenerateDataKeyWithoutPlaintextCommand(input), options),
  GetKeyRotationStatus: (client, input, options) => client.send(new Sdk.GetKeyRotationStatusCommand(input), options),
  ListAliases: (client, input, options) => client.send(new Sdk.ListAliasesCommand(input), options),
  ListKeys: (client, input, options) => client.send(new Sdk.ListKeysCommand(input), options),
  ReEncrypt: (client, input, options) => client.send(new Sdk.ReEncryptCommand(input), options),
  ScheduleKeyDeletion: (client, input, options) => client.send(new Sdk.ScheduleKeyDeletionCommand(input), options)
}
