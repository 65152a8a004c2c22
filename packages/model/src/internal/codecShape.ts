/**
 * What can stand at each place of an item, by DynamoDB's types: read off the encoded end of a schema, once. A place is a set of schemas (the
 * members of a union, the fields of its members), so that a union is told apart on the wire where it must be, and nowhere else.
 */
import * as Either from "effect/Either"
import * as AST from "effect/SchemaAST"
import type * as marks from "./behaviourMarks.js"
import {
  type At,
  below,
  collect,
  describe,
  endless,
  isClass,
  isNothing,
  maxNodes,
  type Opaque,
  type Problem,
  refuse,
  Refused
} from "./codecMarks.js"
import * as compression from "./compression.js"

export type { Opaque, Problem } from "./codecMarks.js"

export type NumberKind = "number" | "bigint" | "BigDecimal"

export interface Field {
  readonly name: string
  readonly optional: boolean
  readonly shape: Lazy
}

export interface Fields {
  readonly fields: ReadonlyArray<Field>
  /** Of a record: what stands under all other names. */
  readonly rest: Lazy | undefined
}

/** Maps that one attribute tells apart, by its value in wire form. */
export interface Variants {
  readonly discriminator: string
  readonly byLiteral: ReadonlyMap<string, Fields>
}

export interface List {
  readonly elements: ReadonlyArray<Lazy>
  readonly rest: Lazy | undefined
}

export interface Shape {
  readonly S: boolean
  readonly N: NumberKind | undefined
  readonly B: boolean
  readonly BOOL: boolean
  readonly NULL: boolean
  readonly SS: boolean
  readonly NS: NumberKind | undefined
  readonly BS: boolean
  readonly L: List | undefined
  readonly M: Fields | Variants | undefined
  readonly undefined: boolean
  /** What stands here is opaque to DynamoDB: beside `null` and `undefined`, all that this shape has is inside. */
  readonly opaque: { readonly how: Opaque; readonly inner: Lazy } | undefined
  readonly filled: ReadonlyArray<marks.Filled>
  readonly hidden: boolean
}

/** A shape that may contain itself. */
export interface Lazy {
  readonly get: () => Shape
}

const ids = new WeakMap<AST.AST, number>()
let lastId = 0

const idOf = (ast: AST.AST): number => {
  const known = ids.get(ast)
  if (known !== undefined) return known
  ids.set(ast, ++lastId)
  return lastId
}

interface Draft {
  S: boolean
  N: NumberKind | undefined
  B: boolean
  BOOL: boolean
  NULL: boolean
  SS: boolean
  NS: NumberKind | undefined
  BS: boolean
  undefined: boolean
  readonly lists: Array<AST.TupleType>
  readonly maps: Array<AST.TypeLiteral>
}

/** Builds the shapes of one schema. All of them are built before `resolve` ends, so that nothing is refused later. */
class Builder {
  readonly #known = new Map<string, Lazy>()
  readonly #open: Array<() => void> = []

  resolve(asts: ReadonlyArray<AST.AST>, at: At): Lazy {
    const lazy = this.node(asts, at)
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) next()
    return lazy
  }

  node(asts: ReadonlyArray<AST.AST>, at: At): Lazy {
    const place = `${at.loose ? "l" : ""}${at.opaque ? "o" : ""}${Math.min(at.path.length, 2)}`
    const key = `${place}:${[...new Set(asts.map(idOf))].sort((a, b) => a - b).join()}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.#known.size > maxNodes) refuse({ ...at, path: at.path.slice(0, 1) }, endless)
    let shape: Shape | undefined
    const lazy = { get: () => shape ??= this.#shape(asts, at) }
    this.#known.set(key, lazy)
    this.#open.push(lazy.get)
    return lazy
  }

  #shape(asts: ReadonlyArray<AST.AST>, at: At): Shape {
    const leaves = collect(asts, at)
    if (leaves.filled.length > 0 && at.path.length !== 1) {
      refuse(at, "is filled when it is written, and is no attribute of its own")
    }
    const draft: Draft = {
      S: false,
      N: undefined,
      B: false,
      BOOL: false,
      NULL: false,
      SS: false,
      NS: undefined,
      BS: false,
      undefined: false,
      lists: [],
      maps: []
    }
    const { how } = leaves
    const outside = how === undefined ? leaves.plain : leaves.plain.filter(isNothing)
    for (const ast of outside) this.#leaf(ast, draft, at)
    return {
      ...scalars(draft),
      L: this.#list(draft.lists, at),
      M: this.#map(draft.maps, at),
      opaque: how === undefined ? undefined : {
        how,
        inner: this.#inside([...leaves.inside, ...leaves.plain.filter((ast) => !isNothing(ast))], how, at)
      },
      filled: leaves.filled,
      hidden: leaves.hidden
    }
  }

  #inside(asts: ReadonlyArray<AST.AST>, how: Opaque, at: At): Lazy {
    if (at.opaque) refuse(at, `is ${describe(how)} inside of what is sealed, offloaded or compressed as a whole`)
    if (at.path.length === 0) refuse(at, `is ${describe(how)} as a whole; only its attributes can be`)
    if (how.compressed?.algorithm !== undefined && !compression.isAvailable(how.compressed.algorithm)) {
      refuse(at, `is compressed by ${how.compressed.algorithm}, which this version of Node does not have`)
    }
    if (at.loose && (how.sealed ?? how.offloaded) !== undefined) {
      refuse(at, `is ${describe(how)} in a list, a set or a record, where it cannot be bound to its place`)
    }
    return this.node(asts, { ...at, opaque: true })
  }

  #leaf(ast: AST.AST, into: Draft, at: At): void {
    switch (ast._tag) {
      case "StringKeyword":
      case "TemplateLiteral":
        into.S = true
        return
      case "NumberKeyword":
        into.N = oneKind(into.N, "number", at)
        return
      case "BigIntKeyword":
        into.N = oneKind(into.N, "bigint", at)
        return
      case "BooleanKeyword":
        into.BOOL = true
        return
      case "UndefinedKeyword":
      case "VoidKeyword":
        into.undefined = true
        return
      case "NeverKeyword":
        return
      case "Literal":
        return literal(ast.literal, into, at)
      case "Enums":
        for (const [, value] of ast.enums) literal(value, into, at)
        return
      case "TupleType":
        into.lists.push(ast)
        return
      case "TypeLiteral":
        into.maps.push(ast)
        return
      case "Declaration":
        return this.#declaration(ast, into, at)
      case "UnknownKeyword":
      case "AnyKeyword":
      case "ObjectKeyword":
        return refuse(at, "is of a type that is not known, so it could not be read back; give its schema, or parseJson")
      case "SymbolKeyword":
      case "UniqueSymbol":
        return refuse(at, "is a symbol, which DynamoDB cannot store")
      case "Union":
      case "Suspend":
        return this.#nested(ast, into, at)
      case "Refinement":
      case "Transformation":
        return refuse(at, "cannot be stored")
    }
  }

  /** The inside of a mark: its unions and suspensions come apart here, where marks are refused. */
  #nested(ast: AST.Union | AST.Suspend, into: Draft, at: At): void {
    const leaves = collect([ast], at)
    if (leaves.how !== undefined) this.#inside(leaves.inside, leaves.how, at)
    for (const leaf of leaves.plain) this.#leaf(leaf, into, at)
  }

  #declaration(ast: AST.Declaration, into: Draft, at: At): void {
    const type = AST.getTypeConstructorAnnotation(ast)
    const name = type._tag === "Some" ? String(type.value._tag) : undefined
    switch (name) {
      case "Uint8Array":
        into.B = true
        return
      case "effect/BigDecimal":
        into.N = oneKind(into.N, "BigDecimal", at)
        return
      case "ReadonlySet":
        return this.#set(ast.typeParameters, into, at)
      case undefined:
        return refuse(at, isClass(ast) ? "is an instance of a class; give the class, not its type side" : unknownType)
      default:
        return refuse(at, `is a ${name} as it is; give a schema that encodes it as text, a number, a list or a struct`)
    }
  }

  #set(members: ReadonlyArray<AST.AST>, into: Draft, at: At): void {
    const member = this.node(members, below(at, "*", true)).get()
    const types = wireTypes(member)
    const only = types[0]
    if (types.length > 1 || member.undefined || member.opaque !== undefined) return refuse(at, setTypes)
    switch (only) {
      case "S":
        into.SS = true
        return
      case "B":
        into.BS = true
        return
      case "N":
        into.NS = oneKind(into.NS, member.N ?? "number", at)
        return
      case undefined:
        return
      default:
        return refuse(at, setTypes)
    }
  }

  #list(tuples: ReadonlyArray<AST.TupleType>, at: At): List | undefined {
    if (tuples.length === 0) return undefined
    const length = Math.max(...tuples.map((tuple) => tuple.elements.length))
    const rest = tuples.flatMap((tuple) => tuple.rest.map((type) => type.type))
    const element = (asts: ReadonlyArray<AST.AST>): Lazy => {
      const lazy = this.node(asts, below(at, "*", true))
      this.#open.push(() => {
        if (lazy.get().undefined) {
          refuse(below(at, "*", true), "may be undefined in a list, which DynamoDB cannot store")
        }
      })
      return lazy
    }
    const elements: Array<Lazy> = []
    for (let i = 0; i < length; i++) {
      elements.push(
        element(tuples.flatMap((tuple) => {
          const own = tuple.elements[i]
          return own !== undefined ? [own.type] : tuple.rest.map((type) => type.type)
        }))
      )
    }
    return { elements, rest: rest.length === 0 ? undefined : element(rest) }
  }

  #map(literals: ReadonlyArray<AST.TypeLiteral>, at: At): Fields | Variants | undefined {
    if (literals.length === 0) return undefined
    if (literals.length > 1) {
      const found = discriminate(literals)
      if (found !== undefined) {
        return {
          discriminator: found.name,
          byLiteral: new Map([...found.members].map(([value, members]) => [value, this.#fields(members, at)]))
        }
      }
    }
    return this.#fields(literals, at)
  }

  #fields(literals: ReadonlyArray<AST.TypeLiteral>, at: At): Fields {
    const names = new Set<string>()
    for (const literal of literals) {
      for (const { name } of literal.propertySignatures) {
        if (typeof name === "symbol") refuse(at, "has a symbol for a name, which DynamoDB cannot store")
        names.add(String(name))
      }
      for (const { parameter } of literal.indexSignatures) {
        if (!isText(parameter)) refuse(at, "is a record whose names are no text")
        if (at.path.length === 0) refuse(at, "is a record; an item's attributes must be known by name")
      }
    }
    const fields = [...names].map((name): Field => {
      const own = literals.map((literal) => literal.propertySignatures.find((one) => String(one.name) === name))
      const types = own.flatMap((one, i) => one !== undefined ? [one.type] : restOf(literals[i]))
      return {
        name,
        optional: own.some((one) => one === undefined || one.isOptional),
        shape: this.node(types, below(at, name))
      }
    })
    const rest = literals.flatMap(restOf)
    return { fields, rest: rest.length === 0 ? undefined : this.node(rest, below(at, "*", true)) }
  }
}

const restOf = (literal: AST.TypeLiteral | undefined): ReadonlyArray<AST.AST> =>
  literal === undefined ? [] : literal.indexSignatures.map((one) => one.type)

const unknownType = "is of a type of its own; give a schema that encodes it as text, a number, a list or a struct"
const setTypes = "is a set that is not of text alone, of numbers alone or of binary alone"

const isText = (ast: AST.AST): boolean =>
  AST.isStringKeyword(ast) || AST.isTemplateLiteral(ast) || (AST.isRefinement(ast) && isText(ast.from))

const oneKind = (before: NumberKind | undefined, kind: NumberKind, at: At): NumberKind =>
  before === undefined || before === kind
    ? kind
    : refuse(at, `is a ${before} or a ${kind}, which DynamoDB cannot tell apart`)

const literal = (value: AST.LiteralValue, into: Draft, at: At): void => {
  switch (typeof value) {
    case "string":
      into.S = true
      return
    case "number":
      into.N = oneKind(into.N, "number", at)
      return
    case "bigint":
      into.N = oneKind(into.N, "bigint", at)
      return
    case "boolean":
      into.BOOL = true
      return
    case "object":
      into.NULL = true
  }
}

const scalars = ({ lists: _lists, maps: _maps, ...rest }: Draft): Omit<Draft, "lists" | "maps"> => rest

/** A value of an attribute that tells maps apart: the same for what is encoded and for what is stored. */
export const literalKey = (value: unknown): string | undefined => {
  switch (typeof value) {
    case "string":
      return `S${value}`
    case "number":
    case "bigint":
      return `N${value}`
    case "boolean":
      return `B${value}`
    default:
      return undefined
  }
}

const literalsOf = (ast: AST.AST): ReadonlyArray<string> | undefined => {
  switch (ast._tag) {
    case "Literal": {
      const key = literalKey(ast.literal)
      return key === undefined ? undefined : [key]
    }
    case "Enums":
      return ast.enums.flatMap(([, value]) => literalKey(value) ?? [])
    case "Union": {
      const all = ast.types.map(literalsOf)
      return all.includes(undefined) ? undefined : all.flatMap((one) => one ?? [])
    }
    case "Refinement":
      return literalsOf(ast.from)
    case "Transformation":
      return literalsOf(ast.from)
    default:
      return undefined
  }
}

interface Discriminated {
  readonly name: string
  readonly members: ReadonlyMap<string, ReadonlyArray<AST.TypeLiteral>>
}

/** The attribute whose literals tell most of the maps apart, if each has literals there. */
const discriminate = (literals: ReadonlyArray<AST.TypeLiteral>): Discriminated | undefined => {
  let best: Discriminated | undefined
  for (const signature of literals[0]?.propertySignatures ?? []) {
    const name = signature.name
    if (typeof name !== "string") continue
    const members = new Map<string, Array<AST.TypeLiteral>>()
    const all = literals.every((literal) => {
      const own = literal.propertySignatures.find((one) => one.name === name)
      const values = own === undefined || own.isOptional ? undefined : literalsOf(own.type)
      for (const value of values ?? []) members.set(value, [...members.get(value) ?? [], literal])
      return values !== undefined
    })
    if (all && members.size > 1 && members.size > (best?.members.size ?? 0)) best = { name, members }
  }
  return best
}

export type WireType = "S" | "N" | "B" | "BOOL" | "NULL" | "SS" | "NS" | "BS" | "L" | "M"

const allTypes: ReadonlyArray<WireType> = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"]

/** The types that a shape itself has, whatever is opaque in it. */
export const wireTypes = (shape: Shape): ReadonlyArray<WireType> =>
  allTypes.filter((type) => shape[type] !== false && shape[type] !== undefined)

const run = <A>(build: (builder: Builder) => A): Either.Either<A, Problem> => {
  try {
    return Either.right(build(new Builder()))
  } catch (thrown) {
    if (thrown instanceof Refused) return Either.left(thrown.problem)
    throw thrown
  }
}

/** The shape of what stands at a place: one of these schemas. `depth` tells an attribute of the item from what is inside of one. */
export const shapeOf = (
  asts: ReadonlyArray<AST.AST>,
  path: ReadonlyArray<string>,
  loose = false
): Either.Either<Lazy, Problem> => run((builder) => builder.resolve(asts, { path, loose, opaque: false }))

/** The shape of an item: a map, or several that one attribute tells apart. */
export const shapeOfItem = (ast: AST.AST): Either.Either<Fields | Variants, Problem> =>
  Either.flatMap(shapeOf([ast], []), (lazy) => {
    const shape = lazy.get()
    return shape.M !== undefined && wireTypes(shape).length === 1 && !shape.undefined
      ? Either.right(shape.M)
      : Either.left({ path: [], problem: "is not a struct" })
  })
