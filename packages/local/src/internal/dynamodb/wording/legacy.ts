/**
 * What DynamoDB says about the parameters that came before expressions.
 */
const invalid = "One or more parameter values were invalid: "

export const valueAndList = (name: string) =>
  `${invalid}Value and AttributeValueList cannot be used together for Attribute: ${name}`
export const existsAndOperator = (name: string) =>
  `${invalid}Exists and ComparisonOperator cannot be used together for Attribute: ${name}`
export const noOperand = (operator: string, name: string) =>
  `${invalid}Value or AttributeValueList must be used with ComparisonOperator: ${operator} for Attribute: ${name}`
export const argumentCount = (operator: string) =>
  `${invalid}Invalid number of argument(s) for the ${operator} ComparisonOperator`
export const differentTypes = invalid + "AttributeValues inside AttributeValueList must be of same type"
export const operandType = (operator: string, type: string) =>
  `${invalid}ComparisonOperator ${operator} is not valid for ${type} AttributeValue type`
export const betweenOrder =
  "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
export const listWithoutOperator = (name: string) =>
  `${invalid}AttributeValueList can only be used with a ComparisonOperator for Attribute: ${name}`
export const valueNeeded = (exists: boolean | undefined, name: string) =>
  `${invalid}Value must be provided when Exists is ${exists === undefined ? "null" : exists} for Attribute: ${name}`
export const valueNotAllowed = (name: string) =>
  `${invalid}Value cannot be used when Exists is false for Attribute: ${name}`
export const operatorAlone = "ConditionalOperator cannot be used without Filter or Expected"
export const deleteOnly = invalid + "Only DELETE action is allowed when no attribute value is specified"
export const deleteType = (type: string) => `${invalid}DELETE action with value is not supported for the type ${type}`
export const addType = (type: string) => `${invalid}ADD action is not supported for the type ${type}`
