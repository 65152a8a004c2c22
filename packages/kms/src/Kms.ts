/**
 * The KMS service: AWS's operations in the AWS SDK's own shapes, each with exactly the failures it can have. Plaintext goes in and comes
 * out as `Redacted`, so that no log or span shows it by accident.
 *
 * @since 0.1.0
 */
import * as AwsConfig from "@armature/aws/AwsConfig"
import { AwsRetry, standard } from "@armature/aws/AwsRetry"
import { type ConfigurationException, ValidationException } from "@armature/aws/Exceptions"
import * as SdkTransport from "@armature/aws/SdkTransport"
import * as ServiceClient from "@armature/aws/ServiceClient"
import type { Transport } from "@armature/aws/Transport"
import type * as Sdk from "@aws-sdk/client-kms"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { rules } from "./internal/classification.js"
import { fake } from "./internal/fake.js"
import * as operations from "./internal/operations.js"
import * as sdk from "./internal/sdk.js"
import { key } from "./internal/tag.js"
import { answered, attributes } from "./internal/telemetry.js"

/**
 * Input and output of each operation, in the AWS SDK's own shapes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operations extends operations.Operations {}

/**
 * The bytes of a `Plaintext` member, printed by nothing.
 *
 * @since 0.1.0
 * @category models
 */
export type Plaintext = Redacted.Redacted<Uint8Array>

/**
 * An answer whose plaintext is redacted. `Plaintext` is missing where KMS answers `CiphertextForRecipient` instead.
 *
 * @since 0.1.0
 * @category models
 */
export type WithPlaintext<Output> = Omit<Output, "Plaintext"> & { readonly Plaintext?: Plaintext | undefined }

/**
 * What `encrypt` takes: AWS's input, its plaintext redacted.
 *
 * @since 0.1.0
 * @category models
 */
export type EncryptInput = Omit<Sdk.EncryptCommandInput, "Plaintext"> & { readonly Plaintext: Plaintext }

/**
 * What `cancelKeyDeletion` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type CancelKeyDeletionError = ServiceClient.ErrorOf<typeof operations.cancelKeyDeletion>

/**
 * What `createAlias` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type CreateAliasError = ServiceClient.ErrorOf<typeof operations.createAlias>

/**
 * What `createKey` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type CreateKeyError = ServiceClient.ErrorOf<typeof operations.createKey>

/**
 * What `decrypt` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DecryptError = ServiceClient.ErrorOf<typeof operations.decrypt>

/**
 * What `describeKey` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DescribeKeyError = ServiceClient.ErrorOf<typeof operations.describeKey>

/**
 * What `disableKey` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DisableKeyError = ServiceClient.ErrorOf<typeof operations.disableKey>

/**
 * What `enableKey` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type EnableKeyError = ServiceClient.ErrorOf<typeof operations.enableKey>

/**
 * What `enableKeyRotation` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type EnableKeyRotationError = ServiceClient.ErrorOf<typeof operations.enableKeyRotation>

/**
 * What `encrypt` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type EncryptError = ServiceClient.ErrorOf<typeof operations.encrypt>

/**
 * What `generateDataKey` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type GenerateDataKeyError = ServiceClient.ErrorOf<typeof operations.generateDataKey>

/**
 * What `generateDataKeyWithoutPlaintext` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type GenerateDataKeyWithoutPlaintextError = ServiceClient.ErrorOf<
  typeof operations.generateDataKeyWithoutPlaintext
>

/**
 * What `getKeyRotationStatus` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type GetKeyRotationStatusError = ServiceClient.ErrorOf<typeof operations.getKeyRotationStatus>

/**
 * What `listAliases` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListAliasesError = ServiceClient.ErrorOf<typeof operations.listAliases>

/**
 * What `listKeys` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListKeysError = ServiceClient.ErrorOf<typeof operations.listKeys>

/**
 * What `reEncrypt` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ReEncryptError = ServiceClient.ErrorOf<typeof operations.reEncrypt>

/**
 * What `scheduleKeyDeletion` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ScheduleKeyDeletionError = ServiceClient.ErrorOf<typeof operations.scheduleKeyDeletion>

/**
 * What `ping` fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type PingError = ListKeysError

/**
 * What carries requests to KMS: the AWS SDK, or an engine in process.
 *
 * @since 0.1.0
 * @category tags
 */
export class KmsTransport extends Context.Tag("@armature/kms/KmsTransport")<KmsTransport, Transport<Operations>>() {}

/**
 * The service.
 *
 * @example
 * ```ts
 * import * as Kms from "@armature/kms/Kms"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const program = Effect.gen(function*() {
 *   const kms = yield* Kms.Kms
 *   const { CiphertextBlob } = yield* kms.encrypt({
 *     KeyId: "alias/app",
 *     Plaintext: Redacted.make(new TextEncoder().encode("a secret"))
 *   })
 *   return CiphertextBlob
 * })
 *
 * export const main = program.pipe(Effect.provide(Kms.layer({ region: "eu-central-1" })))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Kms extends Context.Tag(key)<Kms, Kms.Service>() {}

/**
 * @since 0.1.0
 */
export declare namespace Kms {
  /**
   * @since 0.1.0
   * @category models
   */
  export interface Options extends AwsConfig.Options {}

  /**
   * One method for each operation. Inputs and outputs are those of AWS's API reference, but for `Plaintext`.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    readonly cancelKeyDeletion: (
      input: Sdk.CancelKeyDeletionCommandInput
    ) => Effect.Effect<Sdk.CancelKeyDeletionCommandOutput, CancelKeyDeletionError>
    readonly createAlias: (
      input: Sdk.CreateAliasCommandInput
    ) => Effect.Effect<Sdk.CreateAliasCommandOutput, CreateAliasError>
    readonly createKey: (
      input: Sdk.CreateKeyCommandInput
    ) => Effect.Effect<Sdk.CreateKeyCommandOutput, CreateKeyError>
    readonly decrypt: (
      input: Sdk.DecryptCommandInput
    ) => Effect.Effect<WithPlaintext<Sdk.DecryptCommandOutput>, DecryptError>
    readonly describeKey: (
      input: Sdk.DescribeKeyCommandInput
    ) => Effect.Effect<Sdk.DescribeKeyCommandOutput, DescribeKeyError>
    readonly disableKey: (
      input: Sdk.DisableKeyCommandInput
    ) => Effect.Effect<Sdk.DisableKeyCommandOutput, DisableKeyError>
    readonly enableKey: (
      input: Sdk.EnableKeyCommandInput
    ) => Effect.Effect<Sdk.EnableKeyCommandOutput, EnableKeyError>
    readonly enableKeyRotation: (
      input: Sdk.EnableKeyRotationCommandInput
    ) => Effect.Effect<Sdk.EnableKeyRotationCommandOutput, EnableKeyRotationError>
    readonly encrypt: (
      input: EncryptInput
    ) => Effect.Effect<Sdk.EncryptCommandOutput, EncryptError>
    readonly generateDataKey: (
      input: Sdk.GenerateDataKeyCommandInput
    ) => Effect.Effect<WithPlaintext<Sdk.GenerateDataKeyCommandOutput>, GenerateDataKeyError>
    readonly generateDataKeyWithoutPlaintext: (
      input: Sdk.GenerateDataKeyWithoutPlaintextCommandInput
    ) => Effect.Effect<Sdk.GenerateDataKeyWithoutPlaintextCommandOutput, GenerateDataKeyWithoutPlaintextError>
    readonly getKeyRotationStatus: (
      input: Sdk.GetKeyRotationStatusCommandInput
    ) => Effect.Effect<Sdk.GetKeyRotationStatusCommandOutput, GetKeyRotationStatusError>
    readonly listAliases: (
      input: Sdk.ListAliasesCommandInput
    ) => Effect.Effect<Sdk.ListAliasesCommandOutput, ListAliasesError>
    readonly listKeys: (
      input: Sdk.ListKeysCommandInput
    ) => Effect.Effect<Sdk.ListKeysCommandOutput, ListKeysError>
    /** Whether the service can be reached with these credentials: lists one key, for which they need `kms:ListKeys`. */
    readonly ping: Effect.Effect<void, PingError>
    readonly reEncrypt: (
      input: Sdk.ReEncryptCommandInput
    ) => Effect.Effect<Sdk.ReEncryptCommandOutput, ReEncryptError>
    readonly scheduleKeyDeletion: (
      input: Sdk.ScheduleKeyDeletionCommandInput
    ) => Effect.Effect<Sdk.ScheduleKeyDeletionCommandOutput, ScheduleKeyDeletionError>
  }

  /**
   * What a fake does for each operation. A handler may fail with whatever its operation can fail with.
   *
   * @since 0.1.0
   * @category models
   */
  export type Handlers = {
    readonly [K in keyof Service]: Service[K] extends (input: infer I) => Effect.Effect<infer A, infer E>
      ? Handler<I, A, E>
      : Service[K]
  }

  /**
   * An answer may leave `$metadata` out.
   *
   * @since 0.1.0
   * @category models
   */
  export type Handler<I, A, E> = (input: I) => Effect.Effect<Omit<A, "$metadata">, E>
}

/**
 * KMS's default policy: AWS's standard mode with a base of 50 ms and 3 attempts.
 *
 * @since 0.1.0
 * @category retries
 */
export const defaultRetry = standard({ base: "50 millis", attempts: 3 })

/**
 * The service over the transport in the context. The policy is `options.retry`, else the `AwsRetry` that is in force here; a program's or
 * a call's `AwsRetry` wins over both.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Kms.Options = {}): Effect.Effect<Kms.Service, never, KmsTransport> =>
  Effect.gen(function*() {
    const transport = yield* KmsTransport
    const resolved = yield* AwsConfig.resolve(options)
    const inForce = yield* AwsRetry
    const client = ServiceClient.make<Operations>({
      service: "KMS",
      transport,
      rules,
      retry: resolved.retry ?? Option.getOrElse(inForce, () => defaultRetry),
      resend: resolved.resend ?? "safe",
      attributes,
      answered
    })
    return {
      cancelKeyDeletion: (input) => client.call(operations.cancelKeyDeletion, input),
      createAlias: (input) => client.call(operations.createAlias, input),
      createKey: (input) => client.call(operations.createKey, input),
      decrypt: (input) => Effect.map(client.call(operations.decrypt, input), redact),
      describeKey: (input) => client.call(operations.describeKey, input),
      disableKey: (input) => client.call(operations.disableKey, input),
      enableKey: (input) => client.call(operations.enableKey, input),
      enableKeyRotation: (input) => client.call(operations.enableKeyRotation, input),
      encrypt: (input) =>
        Effect.flatMap(revealed(input), (Plaintext) => client.call(operations.encrypt, { ...input, Plaintext })),
      generateDataKey: (input) => Effect.map(client.call(operations.generateDataKey, input), redact),
      generateDataKeyWithoutPlaintext: (input) => client.call(operations.generateDataKeyWithoutPlaintext, input),
      getKeyRotationStatus: (input) => client.call(operations.getKeyRotationStatus, input),
      listAliases: (input) => client.call(operations.listAliases, input),
      listKeys: (input) => client.call(operations.listKeys, input),
      ping: Effect.asVoid(client.call(operations.listKeys, { Limit: 1 })),
      reEncrypt: (input) => client.call(operations.reEncrypt, input),
      scheduleKeyDeletion: (input) => client.call(operations.scheduleKeyDeletion, input)
    }
  })

const redact = <Output extends { readonly Plaintext?: Uint8Array | undefined }>(
  output: Output
): WithPlaintext<Output> => {
  const { Plaintext, ...rest } = output
  return Plaintext === undefined ? rest : { ...rest, Plaintext: Redacted.make(Plaintext) }
}

// a program without types may leave out the input
const revealed = (input: Partial<EncryptInput> | undefined): Effect.Effect<Uint8Array, ValidationException> =>
  Effect.mapError(
    Redacted.isRedacted(input?.Plaintext)
      ? plaintextOf(input.Plaintext)
      : Effect.fail("there is no redacted plaintext"),
    (reason) => new ValidationException({ service: "KMS", operation: "Encrypt", resource: input?.KeyId, reason })
  )

const plaintextOf = (plaintext: Redacted.Redacted<Uint8Array>): Effect.Effect<Uint8Array, string> =>
  Effect.try({
    try: () => Redacted.value(plaintext),
    catch: () => "the plaintext was wiped before it could be sent"
  })

/**
 * The service over whatever transport is in the context: this is how the in-process engine and faults plug in. Options come from
 * `AwsConfig` and `AwsRetry`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTransport: Layer.Layer<Kms, never, KmsTransport> = Layer.effect(Kms, make())

/**
 * The service on AWS, through the AWS SDK. Its client and connections are closed with the scope. Fails when no region is to be found or
 * the endpoint is not a URL; credentials are looked for at the first call.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Kms.Options = {}): Layer.Layer<Kms, ConfigurationException> =>
  Layer.scoped(
    Kms,
    Effect.flatMap(sdkTransport(options), (transport) => Effect.provideService(make(options), KmsTransport, transport))
  )

/**
 * The transport of `layer`, for those who put something of their own between.
 *
 * @since 0.1.0
 * @category constructors
 */
export const sdkTransport = (
  options: Kms.Options = {}
): Effect.Effect<Transport<Operations>, ConfigurationException, Scope.Scope> =>
  Effect.flatMap(
    AwsConfig.resolve(options),
    (resolved) => SdkTransport.make({ service: "KMS", options: resolved, client: sdk.client, senders: sdk.senders })
  )

/**
 * `layer` with its options from `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<Kms.Options>
): Layer.Layer<Kms, ConfigError | ConfigurationException> =>
  Layer.unwrapEffect(Effect.map(Config.unwrap(options), layer))

/**
 * A service that does what its handlers say, for tests. An operation without a handler fails with a `ConfigurationException` that says
 * so.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFake = (handlers: Partial<Kms.Handlers>): Layer.Layer<Kms> => Layer.succeed(Kms, fake(handlers))
