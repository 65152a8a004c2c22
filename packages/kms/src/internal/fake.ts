/** The service made of handlers. */
import { ConfigurationException } from "@armature/aws/Exceptions"
import * as Effect from "effect/Effect"
import type { Kms } from "../Kms.js"

const missing = (operation: string) =>
  Effect.fail(new ConfigurationException({ service: "KMS", operation, reason: "HandlerMissing" }))

const run = <I, A extends object, E>(
  operation: string,
  handler: ((input: I) => Effect.Effect<A, E>) | undefined
) =>
(input: I): Effect.Effect<A & { readonly $metadata: {} }, E | ConfigurationException> =>
  handler === undefined
    ? missing(operation)
    : Effect.map(Effect.suspend(() => handler(input)), (output) => ({ ...output, $metadata: {} }))

export const fake = (handlers: Partial<Kms.Handlers>): Kms.Service => ({
  cancelKeyDeletion: run("CancelKeyDeletion", handlers.cancelKeyDeletion),
  createAlias: run("CreateAlias", handlers.createAlias),
  createKey: run("CreateKey", handlers.createKey),
  decrypt: run("Decrypt", handlers.decrypt),
  describeKey: run("DescribeKey", handlers.describeKey),
  disableKey: run("DisableKey", handlers.disableKey),
  enableKey: run("EnableKey", handlers.enableKey),
  enableKeyRotation: run("EnableKeyRotation", handlers.enableKeyRotation),
  encrypt: run("Encrypt", handlers.encrypt),
  generateDataKey: run("GenerateDataKey", handlers.generateDataKey),
  generateDataKeyWithoutPlaintext: run("GenerateDataKeyWithoutPlaintext", handlers.generateDataKeyWithoutPlaintext),
  getKeyRotationStatus: run("GetKeyRotationStatus", handlers.getKeyRotationStatus),
  listAliases: run("ListAliases", handlers.listAliases),
  listKeys: run("ListKeys", handlers.listKeys),
  ping: handlers.ping ?? missing("ListKeys"),
  reEncrypt: run("ReEncrypt", handlers.reEncrypt),
  scheduleKeyDeletion: run("ScheduleKeyDeletion", handlers.scheduleKeyDeletion)
})
