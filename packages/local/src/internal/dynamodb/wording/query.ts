/**
 * What DynamoDB says about queries and scans.
 */
const invalid = "One or more parameter values were invalid: "

export const conditionType = invalid + "Condition parameter type does not match schema type"
export const operatorType = (operator: string, type: string) =>
  `${invalid}ComparisonOperator ${operator} is not valid for ${type} AttributeValue type`
export const notSupported = "Query key condition not supported"
export const notIndexable = "Attempted conditional constraint is not an indexable operation"
export const missed = (name: string) => `Query condition missed key schema element: ${name}`
export const conditionCount = "Conditions can be of length 1 or 2 only"
export const noKeyCondition =
  "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
export const noIndex = (name: string) => `The table does not have the specified index: ${name}`
export const consistentGlobal = "Consistent reads are not supported on global secondary indexes"
export const startKey = "The provided starting key is invalid"
export const startKeyBecause = (message: string) => `${startKey}: ${message}`
export const startKeyOutside = "The provided starting key is outside query boundaries based on provided conditions"
export const startKeyRange = "The provided starting key does not match the range key predicate"
export const startKeySegment = (segment: number, total: number) =>
  startKeyBecause(
    `Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: ${total} Segment: ${segment}`
  )
export const filterOnKey = (parameter: string, name: string) =>
  `${parameter} can only contain non-primary key attributes: Primary key attribute: ${name}`
export const allAttributesOnGlobal = (index: string) =>
  `${invalid}Select type ALL_ATTRIBUTES is not supported for global secondary index ${index} because its projection type is not ALL`
export const notProjected = (index: string, names: ReadonlyArray<string>) =>
  `${invalid}Global secondary index ${index} does not project [${names.join(", ")}]`
export const projectedWithoutIndex = "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
export const selectWithProjection = (select: string, parameter: string) =>
  select === "COUNT"
    ? `Cannot specify the ${parameter} when choosing to get only the Count`
    : `Cannot specify the ${parameter} when choosing to get ${select}`
export const specificWithoutProjection =
  "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
export const noTotalSegments =
  "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
export const noSegment =
  "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"
export const segmentRange = (segment: number, total: number) =>
  `The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: ${segment} is not less than TotalSegments: ${total}`
