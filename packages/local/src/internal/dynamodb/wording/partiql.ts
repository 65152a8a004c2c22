/**
 * What DynamoDB says about PartiQL statements.
 */
export const malformed = (at: string) => `Statement wasn't well formed, can't be processed: Unexpected token: ${at}`
export const emptyStatement = "Statement wasn't well formed, can't be processed: Expected statement"
export const parameterCount = "Number of parameters in request and statement don't match."
export const unsupportedFunction = (name: string) => `Unsupported operation: function ${name} is not supported`
export const keyEquality = "Where clause does not contain a mandatory equality on all key attributes"
export const wholeKeyInBatch =
  "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
export const wholeKeyInTransaction =
  "Select statements within ExecuteTransaction must specify the primary key in the where clause."
export const duplicate = "Duplicate primary key exists in table"
export const mixedBatch =
  "Reads and writes cannot be mixed in one request: all statements must be either SELECT or INSERT, UPDATE and DELETE"
export const existsAlone = "EXISTS can only be used in a transaction that has another statement"
export const orderBy = "Must have WHERE clause in the statement when using ORDER BY clause."
export const orderByKey = (name: string) => `Variable reference ${name} in ORDER BY clause must be part of the sort key`
export const nextToken = "Invalid NextToken"
export const repeatedAttribute = (name: string) => `Duplicate attribute in the inserted item: ${name}`
export const noIndex = "The table does not have the specified index"
export const consistentGlobal = "Strongly consistent read is not supported on Global Secondary Indexes"
export const filterNotProjected = (index: string, names: ReadonlyArray<string>) =>
  `One or more parameter values were invalid: Secondary index ${index} does not project one or more filter attributes: [${
    names.join(", ")
  }]`
export const tooManyComponents = "A path may contain at most 2 components in the FROM clause"
export const emptyComponent = "Path component cannot be an empty string"
export const deleteReturning = (image: string) =>
  `Invalid returning clause: RETURNING ${image} *. Only RETURNING ALL OLD * is allowed in DELETE statements.`
export const inTransaction = (position: number, message: string) =>
  `Validation failed in TransactStatements[${position}]: ${message}`
export const noReturning = "RETURNING clause is not supported in ExecuteTransaction."
export const noIndexReads = "Reads on indices are not supported within transactions."
