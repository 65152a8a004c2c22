/**
 * What a schema says no more of than its stored type. Such a value is decoded when the item is walked: it need not pass the schema, which
 * would only look at it again.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { atOnce } from "./atOnce.js"
import { isNothing } from "./codecMarks.js"

/** Text, a number or a boolean, whichever it is. */
export const isScalar = (ast: AST.AST): boolean =>
  AST.isStringKeyword(ast) || AST.isNumberKeyword(ast) || AST.isBigIntKeyword(ast) || AST.isBooleanKeyword(ast)

/** Whether a schema says no more than the stored type. `NaN` and the like are numbers that the walk refuses by itself. */
export const isExact = (ast: AST.AST): boolean => {
  switch (ast._tag) {
    case "TypeLiteral":
      return ast.indexSignatures.length === 0 && !hasOptions(ast) &&
        ast.propertySignatures.every(({ name, type }) => typeof name === "string" && isExact(type))
    case "TupleType": {
      const [rest, ...more] = ast.rest
      return ast.elements.length === 0 && rest !== undefined && more.length === 0 && isExact(rest.type)
    }
    case "Union": {
      const [something, ...more] = ast.types.filter((type) => !isNothing(type))
      return something !== undefined && more.length === 0 && isExact(something)
    }
    default:
      return isScalar(ast)
  }
}

/** What a schema may say of how it is decoded. */
const options = [
  AST.ParseOptionsAnnotationId,
  AST.DecodingFallbackAnnotationId,
  AST.ConcurrencyAnnotationId,
  AST.BatchingAnnotationId
]

const hasOptions = (ast: AST.AST): boolean => options.some((option) => option in ast.annotations)

type Members = Readonly<Record<string, unknown>>

/** Decodes what the walk has read, and what lacks nothing that its schema requires: as the schema does, and with its issues. */
export type Finish = (encoded: Members) => Effect.Effect<Members, ParseResult.ParseIssue, unknown>

/** The way to finish a schema's values; `undefined` where there is none. */
export const finishOf = (ast: AST.AST): Finish | undefined => {
  if (!AST.isTypeLiteral(ast) || ast.indexSignatures.length > 0 || hasOptions(ast)) return undefined
  const rest = ast.propertySignatures.filter(({ type }) => !isExact(type)).map(({ name, type }) => ({
    name: String(name),
    decode: ParseResult.decodeUnknown(Schema.make<unknown, unknown, unknown>(type))
  }))
  // an assignment to it would be lost
  if (rest.some(({ name }) => name === "__proto__")) return undefined
  return (encoded) => {
    const out = { ...encoded }
    const inside = (name: string) => (issue: ParseResult.ParseIssue) =>
      new ParseResult.Composite(ast, encoded, new ParseResult.Pointer(name, encoded, issue), out)
    const waiting: Array<Effect.Effect<readonly [string, unknown], ParseResult.ParseIssue, unknown>> = []
    for (const { decode, name } of rest) {
      if (!Object.hasOwn(encoded, name)) continue
      const value = decode(encoded[name])
      const known = atOnce(value)
      if (known === undefined) {
        waiting.push(Effect.mapBoth(value, { onSuccess: (one) => [name, one] as const, onFailure: inside(name) }))
      } else if (Either.isLeft(known)) return Either.left(inside(name)(known.left))
      else out[name] = known.right
    }
    return waiting.length === 0
      ? Either.right(out)
      : Effect.map(Effect.all(waiting), (values) => ({ ...out, ...Object.fromEntries(values) }))
  }
}
