/**
 * Behaviours as data on a schema's AST. A mark is a declaration at the *encoded* end of a schema, around what is encoded: every combinator
 * of Schema works on the other end, so none of them loses it, and user annotations never touch it.
 */
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** Where a behaviour is kept among a declaration's annotations. */
const MarkId: unique symbol = Symbol.for("@armature/model/Mark")

export type Algorithm = "gzip" | "deflate" | "brotli" | "zstd"

export type IdKind = "uuid4" | "uuid7" | "ulid"

export interface Sealed {
  readonly _tag: "sealed"
  readonly key: string | undefined
  readonly acceptPlaintext: boolean
}

export interface Offloaded {
  readonly _tag: "offloaded"
  readonly prefix: string
  readonly previousPrefixes: ReadonlyArray<string> | undefined
  readonly above: number | undefined
  readonly contentType: string | undefined
}

export interface Compressed {
  readonly _tag: "compressed"
  readonly algorithm: Algorithm | undefined
}

/** What fills an attribute when an item is written. */
export type Filled =
  | { readonly _tag: "version" }
  | { readonly _tag: "createdAt" }
  | { readonly _tag: "updatedAt" }
  | { readonly _tag: "timeToLive" }
  | { readonly _tag: "generated"; readonly kind: IdKind }
  | { readonly _tag: "computed"; readonly from: (item: never) => unknown }

export type Behaviour = Sealed | Offloaded | Compressed | Filled | { readonly _tag: "hidden" }

export interface Mark {
  readonly behaviour: Behaviour
  /** What stands under the mark, with its own encoded end. */
  readonly inner: AST.AST
}

/** The mark that a declaration is, if it is one. */
export const markOf = (ast: AST.AST): Mark | undefined =>
  // only this module writes under the symbol
  AST.isDeclaration(ast) ? ast.annotations[MarkId] as Mark | undefined : undefined

const declaration = (behaviour: Behaviour, inner: AST.AST, parse: AST.Declaration["decodeUnknown"]): AST.Declaration =>
  new AST.Declaration([], parse, parse, {
    [MarkId]: { behaviour, inner } satisfies Mark,
    [AST.DescriptionAnnotationId]: `${behaviour._tag} value`
  })

/** The schema, with a behaviour at its encoded end. `Marked` is what that adds to the encoded type. */
export const mark = <A, I, R, Marked>(
  schema: Schema.Schema<A, I, R>,
  behaviour: Behaviour
): Schema.Schema<A, Marked, R> => {
  const encoded = AST.encodedAST(schema.ast)
  let validate:
    | ((value: unknown, options?: AST.ParseOptions) => ReturnType<ReturnType<AST.Declaration["decodeUnknown"]>>)
    | undefined
  const parse = () => (value: unknown, options: AST.ParseOptions) => {
    // not before it is used: a suspended schema may not be there yet
    validate ??= ParseResult.decodeUnknown(Schema.make(encoded))
    return validate(value, options)
  }
  return Schema.make(
    new AST.Transformation(declaration(behaviour, schema.ast, parse), schema.ast, AST.composeTransformation)
  )
}

/** A value that stands for what lies in S3: only what is an instance of `Encoded` stands at its encoded end. */
export const markOpaque = <A, I, R, Encoded>(
  schema: Schema.Schema<A, I, R>,
  behaviour: Offloaded,
  is: (value: unknown) => value is Encoded
): Schema.Schema<Encoded> =>
  Schema.make(
    declaration(
      behaviour,
      schema.ast,
      () => (value, _, ast) =>
        is(value) ? ParseResult.succeed(value) : ParseResult.fail(new ParseResult.Type(ast, value))
    )
  )
