/**
 * What of the AWS SDK the direct transport may have to ask, and nothing else: it is loaded when it is needed, and a bundler wraps up all that such
 * a module imports.
 */
export { BatchGetItemCommand, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb"
export { defaultProvider } from "@aws-sdk/credential-provider-node"
