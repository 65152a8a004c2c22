/**
 * What DynamoDB says about attribute values, items and keys.
 */
const invalid = "One or more parameter values were invalid: "
const notValid = "One or more parameter values are not valid. "

export const notNumeric = (text: string) =>
  "The parameter cannot be converted to a numeric value" + (text === "" ? "" : `: ${text}`)
export const numberOverflow = "Number overflow. Attempting to store a number with magnitude larger than supported range"
export const numberUnderflow =
  "Number underflow. Attempting to store a number with magnitude smaller than supported range"
export const numberPrecision = "Attempting to store more than 38 significant digits in a Number"

export const emptyValue = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
export const severalTypes =
  "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
export const nullNotTrue = invalid + "Null attribute value types must have the value of true"
export const emptySet = (type: "SS" | "NS" | "BS") =>
  invalid + (type === "SS"
    ? "An string set  may not be empty"
    : type === "NS"
    ? "An number set  may not be empty"
    : "Binary sets should not be empty")
export const duplicateStrings = (values: ReadonlyArray<string>) =>
  `${invalid}Input collection [${values.join(", ")}] contains duplicates.`
export const duplicateNumbers = "Input collection contains duplicates"
export const duplicateBinaries = (count: number) =>
  `${invalid}Input collection [${
    Array(count).fill("java.nio.HeapByteBuffer").join(", ")
  }]of type BS contains duplicates.`
export const nesting = "Nesting Levels have exceeded supported limits"

export const itemTooLarge = "Item size has exceeded the maximum allowed size"
export const updatedItemTooLarge = "Item size to update has exceeded the maximum allowed size"

export const keyMismatch = "The provided key element does not match the schema"
export const missingKey = (name: string) => `${invalid}Missing the key ${name} in the item`
export const keyType = (name: string, expected: string, actual: string) =>
  `${invalid}Type mismatch for key ${name} expected: ${expected} actual: ${actual}`
export const emptyKey = (name: string, type: "S" | "B") =>
  `${notValid}The AttributeValue for a key attribute cannot contain an empty ${
    type === "S" ? "string" : "binary"
  } value. Key: ${name}`
export const partitionKeyTooLong = invalid + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
export const sortKeyTooLong = invalid + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
export const indexKeyType = (name: string, expected: string, actual: string, index: string) =>
  `${invalid}Type mismatch for Index Key ${name} Expected: ${expected} Actual: ${actual} IndexName: ${index}`
export const emptyIndexKey = (name: string, type: "S" | "B", index: string) =>
  `${notValid}A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty ${
    type === "S" ? "string" : "binary"
  } value. IndexName: ${index}, IndexKey: ${name}`
export const collectionTooLarge = "Collection size exceeded."
