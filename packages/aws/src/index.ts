/**
 * What every AWS service of Armature shares.
 *
 * @since 0.1.0
 */

export * as Answer from "./Answer.js"

export * as AwsConfig from "./AwsConfig.js"

export * as AwsException from "./AwsException.js"

export * as AwsRetry from "./AwsRetry.js"

export * as Classify from "./Classify.js"

export * as Exceptions from "./Exceptions.js"

export * as SdkConfig from "./SdkConfig.js"

export * as SdkTransport from "./SdkTransport.js"

export * as ServiceClient from "./ServiceClient.js"

export * as Telemetry from "./Telemetry.js"

export * as Transport from "./Transport.js"

export * as WireFailure from "./WireFailure.js"
