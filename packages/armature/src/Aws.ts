/**
 * DynamoDB, KMS and S3 on AWS, at once: what `Local.layer` is in process. A program moves between the two by this one line.
 *
 * @since 0.1.0
 */
import type * as AwsConfig from "@armature/aws/AwsConfig"
import type { ConfigurationException } from "@armature/aws/Exceptions"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Kms from "@armature/kms/Kms"
import * as S3 from "@armature/s3/S3"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * Options for all three; what stands under a service's name is for that one alone, and wins field by field.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends AwsConfig.Options {
  readonly dynamodb?: DynamoDB.DynamoDB.Options | undefined
  readonly kms?: Kms.Kms.Options | undefined
  readonly s3?: S3.S3.Options | undefined
}

/**
 * The three services over the AWS SDK. Without options, region and credentials come from where the SDK looks for them.
 *
 * @example
 * ```ts
 * import { Aws, DynamoDB } from "armature"
 * import { Effect } from "effect"
 *
 * const program = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.listTables({}))
 *
 * export const main = program.pipe(Effect.provide(Aws.layer({ region: "eu-central-1" })))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  { dynamodb, kms, s3, ...shared }: Options = {}
): Layer.Layer<DynamoDB.DynamoDB | Kms.Kms | S3.S3, ConfigurationException> =>
  Layer.mergeAll(
    DynamoDB.layer(over(shared, dynamodb)),
    Kms.layer(over(shared, kms)),
    S3.layer(over(shared, s3))
  )

/** The shared options with one service's own over them; a field that is `undefined` is one that is not given. */
const over = <O extends object>(shared: AwsConfig.Options, own: O | undefined): AwsConfig.Options & Partial<O> => {
  // a subset of the fields of O
  const given = Object.fromEntries(Object.entries(own ?? {}).filter(([, value]) => value !== undefined)) as Partial<O>
  return { ...shared, ...given }
}

/**
 * As `layer`, from `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<DynamoDB.DynamoDB | Kms.Kms | S3.S3, ConfigError | ConfigurationException> =>
  Layer.unwrapEffect(Effect.map(Config.unwrap(options), layer))
