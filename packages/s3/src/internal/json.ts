/** An object's bytes as JSON of a schema. What is wrong with them is said without a word of what they are. */
import { SerializationException } from "@armature/aws/Exceptions"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"

/** Where the first thing is that the schema does not take. */
const pathOf = (issue: ParseResult.ParseIssue): ReadonlyArray<PropertyKey> => {
  switch (issue._tag) {
    case "Pointer":
      return [...(Array.isArray(issue.path) ? issue.path : [issue.path]), ...pathOf(issue.issue)]
    case "Composite": {
      const first = Array.isArray(issue.issues) ? issue.issues[0] : issue.issues
      return first === undefined ? [] : pathOf(first)
    }
    case "Refinement":
    case "Transformation":
      return pathOf(issue.issue)
    default:
      return []
  }
}

const parse = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))

export const decodeJson = <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  bytes: Uint8Array,
  resource: string | undefined
): Effect.Effect<A, SerializationException, R> => {
  const wrong = (path: ReadonlyArray<string | number>, reason: string) =>
    new SerializationException({ service: "S3", operation: "GetObject", resource, path, reason })
  return Effect.flatMap(
    Effect.try({ try: () => parse(bytes), catch: () => wrong([], "is not JSON") }),
    (value) =>
      Effect.mapError(
        ParseResult.decodeUnknown(schema)(value),
        (issue) =>
          wrong(
            pathOf(issue).map((part) => typeof part === "number" ? part : String(part)),
            "is not what the schema says"
          )
      )
  )
}
