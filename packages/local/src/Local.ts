/**
 * The three services in process at once. A program that runs on AWS by one Layer runs here by another, without a port or an account.
 *
 * @since 0.1.0
 */
import type { ConfigurationException } from "@armature/aws/Exceptions"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type * as Kms from "@armature/kms/Kms"
import type * as S3 from "@armature/s3/S3"
import * as Layer from "effect/Layer"
import * as LocalDynamoDB from "./LocalDynamoDB.js"
import * as LocalKms from "./LocalKms.js"
import * as LocalS3 from "./LocalS3.js"

/**
 * What stands from the beginning.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends LocalDynamoDB.Options, LocalKms.Options, LocalS3.Options {}

/**
 * DynamoDB, KMS and S3 in process, and behind each what a test can see and do. Each `layer` is a world of its own. Fails when a table, a
 * key or a bucket of the options cannot be made.
 *
 * @example
 * ```ts
 * import * as Local from "@armature/local/Local"
 * import * as S3 from "@armature/s3/S3"
 * import * as Effect from "effect/Effect"
 *
 * export const main = Effect.flatMap(S3.S3, (s3) => s3.headBucket({ Bucket: "documents" })).pipe(
 *   Effect.provide(Local.layer({ keys: ["pii"], buckets: ["documents"] }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<
  | DynamoDB.DynamoDB
  | Kms.Kms
  | S3.S3
  | LocalDynamoDB.LocalDynamoDB
  | LocalKms.LocalKms
  | LocalS3.LocalS3,
  ConfigurationException
> => Layer.mergeAll(LocalDynamoDB.layer(options), LocalKms.layer(options), LocalS3.layer(options))
