/**
 * DynamoDB for Effect, with every failure in the type.
 *
 * @since 0.1.0
 */

export * as AttributeValue from "./AttributeValue.js"

export * as Document from "./Document.js"

export * as DynamoDB from "./DynamoDB.js"

export * as DynamoDBException from "./DynamoDBException.js"

export * as DynamoDBMetrics from "./DynamoDBMetrics.js"

export * as Expression from "./Expression.js"

export * as HotPartitions from "./HotPartitions.js"

export * as Item from "./Item.js"

export * as Operation from "./Operation.js"

export * as RateLimit from "./RateLimit.js"
