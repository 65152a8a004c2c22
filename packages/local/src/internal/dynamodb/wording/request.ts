/**
 * What DynamoDB says about the members of a request, whatever the operation.
 */
export const violations = (list: ReadonlyArray<string>) =>
  `${list.length} validation error${list.length > 1 ? "s" : ""} detected: ${list.join("; ")}`

const at = (value: string, path: string, constraint: string) =>
  `Value ${value} at '${path}' failed to satisfy constraint: ${constraint}`

export const notNull = (path: string) => at("null", path, "Member must not be null")
export const minLength = (value: string, path: string, min: number) =>
  at(`'${value}'`, path, `Member must have length greater than or equal to ${min}`)
export const maxLength = (value: string, path: string, max: number) =>
  at(`'${value}'`, path, `Member must have length less than or equal to ${max}`)
export const minValue = (value: number, path: string, min: number) =>
  at(`'${value}'`, path, `Member must have value greater than or equal to ${min}`)
export const maxValue = (value: number, path: string, max: number) =>
  at(`'${value}'`, path, `Member must have value less than or equal to ${max}`)
export const pattern = (value: string, path: string, regex: string) =>
  at(`'${value}'`, path, `Member must satisfy regular expression pattern: ${regex}`)
export const enumeration = (value: string, path: string, values: ReadonlyArray<string>) =>
  at(`'${value}'`, path, `Member must satisfy enum value set: [${values.join(", ")}]`)
export const mapValueLength = (value: string, path: string, min: number, max: number) =>
  at(
    `'${value}'`,
    path,
    `Map value must satisfy constraint: [Member must have length less than or equal to ${max}, Member must have length greater than or equal to ${min}]`
  )

export const required = (name: string) => `The parameter '${name}' is required but was not present in the request`
export const emptyRequestItems = (operation: string) => `The requestItems parameter is required for ${operation}`
export const tooManyItems = (operation: string) => `Too many items requested for the ${operation} call`
export const tooManyKeys = (table: string) =>
  violations([
    `Value at 'RequestItems.${table}.member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100`
  ])
export const queryLimit = violations([
  "Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
])
export const duplicateKeys = "Provided list of item keys contains duplicates"
export const duplicateAttribute = (name: string) =>
  `One or more parameter values were invalid: Duplicate value in attribute name: ${name}`
export const oneWriteRequest =
  "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
export const allOldOnly = "ReturnValues can only be ALL_OLD or NONE"

export const tableNotFound = "Requested resource not found"
export const namedTableNotFound = (name: string) => `Requested resource not found: Table: ${name} not found`
