/**
 * AWS in process, to test against.
 *
 * @since 0.1.0
 */

export * as DataFolder from "./DataFolder.js"

export * as DynamoDBEngine from "./DynamoDBEngine.js"

export * as Endpoint from "./Endpoint.js"

export * as Faults from "./Faults.js"

export * as KmsEngine from "./KmsEngine.js"

export * as Local from "./Local.js"

export * as LocalDynamoDB from "./LocalDynamoDB.js"

export * as LocalKms from "./LocalKms.js"

export * as LocalS3 from "./LocalS3.js"

export * as S3Engine from "./S3Engine.js"
