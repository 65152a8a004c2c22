/**
 * What DynamoDB says about expressions and the parameters that go with them.
 */
import { type AttributeValue, latin1, typeOf } from "../value.js"

export const empty = "The expression can not be empty;"
export const syntax = (token: string, near: string) => `Syntax error; token: "${token}", near: "${near}"`
export const tooLong = (size: number) =>
  `Expression size has exceeded the maximum allowed size; expression size: ${size}`
export const tooManyOperators = "The expression contains too many operators; operator count exceeds the limit of 300"
export const redundantParentheses = "The expression has redundant parentheses;"
export const unknownFunction = (name: string) => `Invalid function name; function: ${name}`
export const misusedFunction = (name: string) =>
  `The function is not allowed to be used this way in an expression; function: ${name}`
export const notInCondition = (name: string) =>
  `The function is not allowed in a condition expression; function: ${name}`
export const notInUpdate = (name: string) => `The function is not allowed in an update expression; function: ${name}`
export const reservedWord = (word: string) => `Attribute name is a reserved keyword; reserved keyword: ${word}`
export const undefinedName = (name: string) =>
  `An expression attribute name used in the document path is not defined; attribute name: ${name}`
export const undefinedValue = (name: string) =>
  `An expression attribute value used in expression is not defined; attribute value: ${name}`
export const operandCount = (name: string, count: number) =>
  `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${count}`
export const operandType = (name: string, type: string) =>
  `Incorrect operand type for operator or function; operator or function: ${name}, operand type: ${type}`
export const updateOperandType = (operator: string, type: string) =>
  `Incorrect operand type for operator or function; operator: ${operator}, operand type: ${type}`
export const needsPath = (name: string) =>
  `Operator or function requires a document path; operator or function: ${name}`
export const typeName = (given: string) =>
  `Invalid attribute type name found; type: ${given}, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}`
export const notDistinct = (operator: string, operand: string) =>
  `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: ${operand}`

const show = (value: AttributeValue): string => {
  const type = typeOf(value)
  const text = value.S ?? value.N ?? (value.B === undefined ? "..." : latin1(value.B))
  return `AttributeValue: {${type}:${text}}`
}
const bounds = (low: AttributeValue, high: AttributeValue) =>
  `lower bound operand: ${show(low)}, upper bound operand: ${show(high)}`
export const betweenTypes = (low: AttributeValue, high: AttributeValue) =>
  `The BETWEEN operator requires same data type for lower and upper bounds; ${bounds(low, high)}`
export const betweenOrder = (low: AttributeValue, high: AttributeValue) =>
  `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${bounds(low, high)}`

export const repeatedSection = (name: string) => `The "${name}" section can only be used once in an update expression;`
export const showPath = (path: ReadonlyArray<string | number>) =>
  `[${path.map((element) => (typeof element === "number" ? `[${element}]` : element)).join(", ")}]`
const twoPaths = (one: ReadonlyArray<string | number>, two: ReadonlyArray<string | number>) =>
  `must remove or rewrite one of these paths; path one: ${showPath(one)}, path two: ${showPath(two)}`
export const overlap = (one: ReadonlyArray<string | number>, two: ReadonlyArray<string | number>) =>
  `Two document paths overlap with each other; ${twoPaths(one, two)}`
export const conflict = (one: ReadonlyArray<string | number>, two: ReadonlyArray<string | number>) =>
  `Two document paths conflict with each other; ${twoPaths(one, two)}`
export const pathTooDeep = (levels: number) =>
  `The document path has too many nesting elements; nesting levels: ${levels}`

export const mixed = (legacy: ReadonlyArray<string>, expressions: ReadonlyArray<string>) =>
  `Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {${
    legacy.join(", ")
  }} Expression parameters: {${expressions.join(", ")}}`
export const namesWithoutExpression = "ExpressionAttributeNames can only be specified when using expressions"
export const valuesWithoutExpression = (parameters: ReadonlyArray<string>) =>
  `ExpressionAttributeValues can only be specified when using expressions: ${parameters.join(" and ")} ${
    parameters.length > 1 ? "are" : "is"
  } null`
export const emptyNames = "ExpressionAttributeNames must not be empty"
export const emptyValues = "ExpressionAttributeValues must not be empty"
export const nameKey = (key: string) => `ExpressionAttributeNames contains invalid key: Syntax error; key: "${key}"`
export const valueKey = (key: string) => `ExpressionAttributeValues contains invalid key: Syntax error; key: "${key}"`
export const nameEmpty = (key: string) =>
  `ExpressionAttributeNames contains invalid value: Empty attribute name; key: ${key}`
export const invalidValue = (message: string, key: string) =>
  `ExpressionAttributeValues contains invalid value: ${message} for key ${key}`
export const unusedNames = (names: ReadonlyArray<string>) =>
  `Value provided in ExpressionAttributeNames unused in expressions: keys: {${names.join(", ")}}`
export const unusedValues = (names: ReadonlyArray<string>) =>
  `Value provided in ExpressionAttributeValues unused in expressions: keys: {${names.join(", ")}}`

export const keyOperator = (name: string) => `Invalid operator used in KeyConditionExpression: ${name}`
export const keyNested = "KeyConditionExpressions cannot contain nested operations"
export const keyNestedPath = "KeyConditionExpressions cannot have conditions on nested attributes"
export const keyTwice = "KeyConditionExpressions must only contain one condition per key"
export const keyFirstOperand = (name: string) =>
  `Invalid condition in KeyConditionExpression: ${name} operator must have the key attribute as its first operand`
export const keySeveralNames =
  "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
export const keyNoName = "Invalid condition in KeyConditionExpression: No key attribute specified"

export const invalidPath = "The document path provided in the update expression is invalid for update"
export const missingAttribute = "The provided expression refers to an attribute that does not exist in the item"
export const wrongOperand = "An operand in the update expression has an incorrect data type"
export const wrongLegacyOperand = "Type mismatch for attribute to update"
export const keyUpdate = (name: string) =>
  `One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`
export const keyNotScalar = (name: string, isIndex: boolean) =>
  `Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: ${
    isIndex ? "IndexKey" : "Key"
  }: ${name}`
