/**
 * Members that the inputs of several operations have.
 */
import * as Shape from "./shape.js"

const namePattern = /^[a-zA-Z0-9_.-]+$/

/** A table by name, or by ARN. */
export const table = Shape.required(
  Shape.text({ min: 1, max: 255, pattern: /^(?:arn:.*|[a-zA-Z0-9_.-]+)$/, patternText: "[a-zA-Z0-9_.-]+" })
)
export const newName = Shape.required(Shape.text({ min: 3, max: 255, pattern: namePattern }))
export const index = Shape.text({ min: 3, max: 255, pattern: namePattern })

export const capacity = Shape.oneOf("INDEXES", "TOTAL", "NONE")
export const collectionMetrics = Shape.oneOf("SIZE", "NONE")
export const returnValues = Shape.oneOf("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
export const onConditionFailure = Shape.oneOf("ALL_OLD", "NONE")

/** Attribute values, decoded by whoever reads them. */
export const item = Shape.map(Shape.raw)

export const expressionNames = Shape.map(Shape.text())
export const expressionValues = Shape.map(Shape.raw)

export const attributesToGet = Shape.list(Shape.text({ max: 65_535 }), { min: 1 })
