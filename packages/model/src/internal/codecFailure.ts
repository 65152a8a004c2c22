/**
 * What Schema says of a value, as a `SerializationException`: the path and what was expected, and nothing of the value. A path ends where
 * the names are no longer the schema's own: the keys of a record are data.
 */
import { SerializationException } from "@armature/aws/Exceptions"
import type { ParseIssue } from "effect/ParseResult"
import * as AST from "effect/SchemaAST"

export type Path = ReadonlyArray<string | number>

/** Thrown inside the codec, where the path is known, and caught at its edge; `reason` follows "the value at …". */
export class Unstorable {
  constructor(readonly reason: string) {}
}

export const refuse = (reason: string): never => {
  throw new Unstorable(reason)
}

export const failure = (path: Path, reason: string, cause?: unknown): SerializationException =>
  new SerializationException({ path, reason, ...(cause === undefined ? {} : { cause }) })

const maxExpected = 120

/** Of the schema alone: no value is in it. */
const expected = (ast: AST.AST): string => {
  const text = String(ast)
  return text.length > maxExpected ? `${text.slice(0, maxExpected)}…` : text
}

/** Whether the next part of a path is a name of the schema, or a position. */
const isOwnName = (ast: AST.AST, name: PropertyKey): boolean => {
  switch (ast._tag) {
    case "TypeLiteral":
      return ast.propertySignatures.some((signature) => signature.name === name)
    case "TupleType":
      return typeof name === "number"
    default:
      return false
  }
}

const isNothing = (ast: AST.AST): boolean => AST.isUndefinedKeyword(ast) || (AST.isLiteral(ast) && ast.literal === null)

interface Found {
  readonly path: Path
  readonly reason: string
}

const find = (issue: ParseIssue, holder: AST.AST | undefined, path: Path): Found => {
  switch (issue._tag) {
    case "Pointer": {
      const names = typeof issue.path === "object" ? issue.path : [issue.path]
      const name: unknown = names[0]
      if (
        names.length !== 1 || holder === undefined || (typeof name !== "string" && typeof name !== "number") ||
        !isOwnName(holder, name)
      ) return { path, reason: "has a member that is not what the schema says" }
      return find(issue.issue, undefined, [...path, name])
    }
    case "Composite": {
      const all = "_tag" in issue.issues ? [issue.issues] : issue.issues
      // that it is not left out, nor null, says nothing
      const issues = AST.isUnion(issue.ast) ? all.filter((one) => one._tag !== "Type" || !isNothing(one.ast)) : all
      const only = issues[0]
      // of a union each member says why not: the union itself says what was expected
      if (only === undefined || issues.length > 1) {
        return { path, reason: `is not ${expected(issue.ast)}` }
      }
      return find(only, issue.ast, path)
    }
    case "Refinement":
    case "Transformation":
      return issue.kind === "Predicate"
        ? { path, reason: `is not ${expected(issue.ast)}` }
        : find(issue.issue, holder, path)
    case "Missing":
      return { path, reason: "is missing" }
    case "Unexpected":
      return { path, reason: "is not expected" }
    case "Type":
      return { path, reason: `is not ${expected(issue.ast)}` }
    case "Forbidden":
      return { path, reason: "cannot be had without waiting" }
  }
}

export const fromIssue = (issue: ParseIssue, at: Path = []): SerializationException => {
  const found = find(issue, undefined, at)
  return failure(found.path, found.reason)
}
