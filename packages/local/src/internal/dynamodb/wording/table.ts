/**
 * What DynamoDB says about tables and their indexes.
 */
const invalid = "One or more parameter values were invalid: "

const list = (names: ReadonlyArray<string>) => `[${names.join(", ")}]`

export const exists = (name: string) => `Table already exists: ${name}`
export const beingChanged = (what: string, name: string) =>
  `Attempt to change a resource which is still in use: Table is being ${what}: ${name}`
export const protectedFromDeletion = (arn: string) =>
  `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. ${arn}`
export const undefinedKeys = "Invalid KeySchema: Some index key attribute have no definition"
export const keysNotDefined = (keys: ReadonlyArray<string>, definitions: ReadonlyArray<string>) =>
  `${invalid}Some index key attributes are not defined in AttributeDefinitions. Keys: ${
    list(keys)
  }, AttributeDefinitions: ${list(definitions)}`
export const sameName = "Both the Hash Key and the Range Key element in the KeySchema have the same name"
export const firstNotHash = "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
export const secondNotRange = "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
export const tooManyKeys = "Invalid KeySchema: At most 4 HASH and 4 RANGE attributes are allowed for an index"
export const definitionCount = invalid +
  "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
export const unusedDefinitions = (definitions: ReadonlyArray<string>, used: ReadonlyArray<string>) =>
  `${invalid}Some AttributeDefinitions are not used. AttributeDefinitions: ${list(definitions)}, keys used: ${
    list(used)
  }`
export const duplicateDefinition = (name: string) => `${invalid}Duplicate AttributeDefinition: ${name}`
export const emptyIndexes = (kind: string) => `${invalid}List of ${kind} is empty`
export const localNeedsRange = invalid +
  "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
export const indexNeedsRange = (index: string) =>
  `${invalid}Index KeySchema does not have a range key for index: ${index}`
export const otherHash = (index: string, indexKey: string, tableKey: string) =>
  `${invalid}Index KeySchema does not have the same leading hash key as table KeySchema for index: ${index}. index hash key: ${indexKey}, table hash key: ${tableKey}`
export const unknownProjection = invalid + "Unknown ProjectionType: null"
export const unwantedAttributes = (type: string) =>
  `${invalid}ProjectionType is ${type}, but NonKeyAttributes is specified`
export const missingAttributes = invalid + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"
export const duplicateIndex = (name: string) => `${invalid}Duplicate index name: ${name}`
export const tooManyLocal = invalid + "Number of LocalSecondaryIndexes exceeds per-table limit of 5"
export const tooManyGlobal = invalid + "GlobalSecondaryIndex count exceeds the per-table limit of 20"
export const unitsOnDemand = invalid +
  "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
export const unitsMissing = invalid +
  "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
export const throughputMissing = invalid + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
export const indexThroughputMissing = (index: string) =>
  `${invalid}ProvisionedThroughput must be specified for index: ${index}`
export const indexUnitsOnDemand = (index: string) =>
  `${invalid}ProvisionedThroughput should not be specified for index: ${index} when BillingMode is PAY_PER_REQUEST`
export const outOfBounds = (units: number, name: string) => `Given value ${units} for ${name} is out of bounds`
export const streamView = invalid + "StreamViewType is required when StreamEnabled is true"
export const streamViewUnwanted = invalid + "StreamViewType must not be specified when StreamEnabled is false"
export const streamEnabled = (name: string) => `Table already has an enabled stream: TableName: ${name}`
export const streamDisabled = (name: string) => `Table already has a disabled stream: TableName: ${name}`
export const nothingToUpdate =
  "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
export const sameThroughput = (
  current: { readonly ReadCapacityUnits: number; readonly WriteCapacityUnits: number },
  wanted: { readonly ReadCapacityUnits: number; readonly WriteCapacityUnits: number },
  what = "table"
) =>
  `The provisioned throughput for the ${what} will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the ${what}: ${current.ReadCapacityUnits}. Requested ReadCapacityUnits: ${wanted.ReadCapacityUnits}. Current WriteCapacityUnits provisioned for the ${what}: ${current.WriteCapacityUnits}. Requested WriteCapacityUnits: ${wanted.WriteCapacityUnits}. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.`
export const oneIndexUpdate = invalid +
  "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null"
export const repeatedIndexUpdate = (index: string) =>
  `${invalid}Only one global secondary index update per index is allowed simultaneously. Index: ${index}`
export const tooManyIndexChanges =
  "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
export const indexExists = "Attempting to create an index which already exists"
export const indexNotFound = "Requested resource not found"
export const timeToLiveSame = (enabled: boolean) => `TimeToLive is already ${enabled ? "enabled" : "disabled"}`
export const timeToLiveOther = "TimeToLive is active on a different AttributeName: current AttributeName is "
export const noTags = "Atleast one Tag needs to be provided as Input."
export const tooManyTags = "Too many tags: a resource may have up to 50"
export const badArn = (arn: string) => `Invalid TableArn: Invalid ResourceArn provided as input ${arn}`
export const noTagKeys = "Atleast one Tag Key needs to be provided as Input."
