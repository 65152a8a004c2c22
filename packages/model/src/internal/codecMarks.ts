/**
 * What a schema comes down to at its encoded end: no union, transformation, filter or suspension is left, and what the marks on the way do
 * is known. A mark that would be lost is refused here, since it would store a secret in clear.
 */
import * as AST from "effect/SchemaAST"
import * as marks from "./behaviourMarks.js"

/** Why a schema cannot be stored, and where; `problem` follows "the attribute at …". `"*"` is any member of a list or record. */
export interface Problem {
  readonly path: ReadonlyArray<string>
  readonly problem: string
}

/** What is done to a value as a whole before it is stored. */
export interface Opaque {
  readonly compressed: marks.Compressed | undefined
  readonly sealed: marks.Sealed | undefined
  readonly offloaded: marks.Offloaded | undefined
}

export class Refused {
  constructor(readonly problem: Problem) {}
}

/** Where the walk is. */
export interface At {
  readonly path: ReadonlyArray<string>
  /** Below a list, a set or a record, where nothing can be bound to its place. */
  readonly loose: boolean
  /** Inside of what is opaque already. */
  readonly opaque: boolean
}

export const refuse = (at: At, problem: string): never => {
  throw new Refused({ path: at.path, problem })
}

export const below = (at: At, name: string, loose = false): At => ({
  path: [...at.path, name],
  loose: at.loose || loose,
  opaque: at.opaque
})

/** What a set of schemas comes down to: no union, transformation, filter or suspension is left. */
export interface Leaves {
  readonly plain: Array<AST.AST>
  readonly inside: Array<AST.AST>
  how: Opaque | undefined
  readonly filled: Array<marks.Filled>
  hidden: boolean
}

const nothing: Opaque = { compressed: undefined, sealed: undefined, offloaded: undefined }

export const describe = (how: Opaque): string =>
  [how.compressed, how.sealed, how.offloaded].filter((one) => one !== undefined).map((one) => one._tag).join(" and ")

export const isClass = (ast: AST.Declaration): boolean => AST.SurrogateAnnotationId in ast.annotations

/** More than any schema that is written by hand has. */
export const maxNodes = 20_000

export const endless = "unfolds without end; give the recursive schema itself, not a side of it"

/**
 * A mark anywhere in a schema, at whichever end. The type side of a recursive schema unfolds into ever new ones: it is followed twice, and
 * what is not done by then is refused rather than taken for harmless.
 */
const someMark = (root: AST.AST, at: At): marks.Mark | undefined => {
  const seen = new Set<AST.AST>()
  const go = (ast: AST.AST, unfolded: ReadonlyArray<string>): marks.Mark | undefined => {
    if (seen.has(ast)) return undefined
    seen.add(ast)
    if (seen.size > maxNodes) refuse(at, endless)
    const first = (asts: ReadonlyArray<AST.AST>): marks.Mark | undefined => {
      for (const one of asts) {
        const found = go(one, unfolded)
        if (found !== undefined) return found
      }
      return undefined
    }
    switch (ast._tag) {
      case "Declaration":
        // the parameter of a class is the schema that stands at its other end
        return marks.markOf(ast) ?? (isClass(ast) ? undefined : first(ast.typeParameters))
      case "Refinement":
        return go(ast.from, unfolded)
      case "Transformation":
        return first([ast.from, ast.to])
      case "Suspend": {
        const inside = ast.f()
        const text = String(inside)
        return unfolded.filter((one) => one === text).length > 1 ? undefined : go(inside, [...unfolded, text])
      }
      case "Union":
        return first(ast.types)
      case "TupleType":
        return first([...ast.elements, ...ast.rest].map((one) => one.type))
      case "TypeLiteral":
        return first([...ast.propertySignatures, ...ast.indexSignatures].map((one) => one.type))
      default:
        return undefined
    }
  }
  return go(root, [])
}

const addMark = (into: Opaque, behaviour: marks.Sealed | marks.Offloaded | marks.Compressed, at: At): Opaque => {
  switch (behaviour._tag) {
    case "compressed":
      return into.compressed === undefined ? { ...into, compressed: behaviour } : refuse(at, "is compressed twice")
    case "sealed":
      return into.sealed === undefined ? { ...into, sealed: behaviour } : refuse(at, "is sealed twice")
    case "offloaded":
      return into.offloaded === undefined ? { ...into, offloaded: behaviour } : refuse(at, "is offloaded twice")
  }
}

const sameHow = (a: Opaque, b: Opaque): boolean =>
  a.compressed?.algorithm === b.compressed?.algorithm &&
  (a.compressed === undefined) === (b.compressed === undefined) &&
  a.sealed?.key === b.sealed?.key && a.sealed?.acceptPlaintext === b.sealed?.acceptPlaintext &&
  (a.sealed === undefined) === (b.sealed === undefined) && a.offloaded?.prefix === b.offloaded?.prefix &&
  a.offloaded?.above === b.offloaded?.above && a.offloaded?.contentType === b.offloaded?.contentType &&
  (a.offloaded === undefined) === (b.offloaded === undefined)

export const isNothing = (ast: AST.AST): boolean =>
  AST.isUndefinedKeyword(ast) || AST.isVoidKeyword(ast) || (AST.isLiteral(ast) && ast.literal === null)

export const collect = (asts: ReadonlyArray<AST.AST>, at: At): Leaves => {
  const leaves: Leaves = { plain: [], inside: [], how: undefined, filled: [], hidden: false }
  const seen = new Set<AST.AST>()
  // `how` is what the marks passed so far do; undefined outside of any
  const go = (ast: AST.AST, how: Opaque | undefined): void => {
    const mark = marks.markOf(ast)
    if (mark !== undefined) return goMark(mark, how)
    switch (ast._tag) {
      case "Union":
        // a union inside of a mark is the mark's own
        if (how !== undefined) return add(ast, how)
        return ast.types.forEach((type) => go(type, how))
      case "Suspend":
        if (how !== undefined) return add(ast, how)
        if (seen.has(ast)) return
        seen.add(ast)
        return go(ast.f(), how)
      case "Refinement":
        return go(ast.from, how)
      case "Transformation": {
        const own = marks.markOf(ast.from)
        if (own === undefined || own.inner !== ast.to) {
          const lost = someMark(ast.to, at)
          if (lost !== undefined) {
            refuse(
              at,
              `has a ${lost.behaviour._tag} value behind a transformation, which would store it without being so`
            )
          }
        }
        return go(ast.from, how)
      }
      default:
        return add(ast, how)
    }
  }
  const goMark = ({ behaviour, inner }: marks.Mark, how: Opaque | undefined): void => {
    switch (behaviour._tag) {
      case "sealed":
      case "offloaded":
      case "compressed":
        return go(inner, addMark(how ?? nothing, behaviour, at))
      case "hidden":
        leaves.hidden = true
        return go(inner, how)
      default:
        if (!leaves.filled.some((one) => one._tag === behaviour._tag)) leaves.filled.push(behaviour)
        return go(inner, how)
    }
  }
  const add = (ast: AST.AST, how: Opaque | undefined): void => {
    if (how === undefined) {
      leaves.plain.push(ast)
      return
    }
    if (leaves.how !== undefined && !sameHow(leaves.how, how)) {
      refuse(at, "is a union whose members are sealed, offloaded or compressed each in its own way")
    }
    leaves.how = how
    leaves.inside.push(ast)
  }
  for (const ast of asts) go(ast, undefined)
  return leaves
}
