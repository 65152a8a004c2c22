/**
 * From the names of the program to those of the item: where a path of the program's leads, and how a value of its type becomes what stands
 * there.
 *
 * A place has layers: the schemas that a value passes on its way to what is stored, first the program's. A struct has one; one whose
 * properties are renamed, optional or defaulted has two, with a property's own transformation between them.
 */
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as marks from "./behaviourMarks.js"

interface Layer {
  readonly ast: AST.AST
  /** Between what this layer encodes to, and what the next one takes. */
  readonly next: Between | undefined
}

type Between = Pick<AST.PropertySignatureTransformation, "encode" | "decode">

/** Where a path leads, in one member of a union. */
export interface Route {
  /** Names and positions in the item. */
  readonly stored: ReadonlyArray<string | number>
  readonly layers: ReadonlyArray<Layer>
  /** Below a list or a record of unknown keys. */
  readonly loose: boolean
  /** The name of a member that is always there, as it is stored. */
  readonly required: boolean
}

const root = (ast: AST.AST): Route => ({
  stored: [],
  layers: [{ ast, next: undefined }],
  loose: false,
  required: false
})

/** One step of a path through one layer: the name on the other side, and the schemas between. */
interface Step {
  readonly name: string | number
  readonly layers: ReadonlyArray<Layer>
  readonly loose: boolean
  readonly required: boolean
}

const layer = (ast: AST.AST): Layer => ({ ast, next: undefined })

const surrogate = (ast: AST.AST): AST.AST | undefined => Option.getOrUndefined(AST.getSurrogateAnnotation(ast))

const isOption = (ast: AST.AST): ast is AST.Declaration =>
  AST.isDeclaration(ast) &&
  Option.exists(AST.getTypeConstructorAnnotation(ast), (type) => type._tag === "effect/Option")

/**
 * An operand at a place whose values are Options: what is in it, or `null` for none where that is no value of its own. One of an element of a
 * list or a record is an Option as it is.
 */
const wrapping = (ast: AST.AST): (value: unknown) => unknown => {
  let type = AST.typeAST(ast)
  while (AST.isRefinement(type) || AST.isSuspend(type)) type = AST.isSuspend(type) ? type.f() : type.from
  const inside = isOption(type) ? type.typeParameters[0] : undefined
  if (inside === undefined) return (value) => value
  if (isOption(inside)) return Option.some
  const isValue = ParseResult.is(Schema.make(inside))
  return (value) =>
    Option.isOption(value) ? value : value === null && !isValue(null) ? Option.none() : Option.some(value)
}

/** Every way that a name of the program's can take through a schema. */
const steps = (ast: AST.AST, name: string | number): ReadonlyArray<Step> => {
  switch (ast._tag) {
    case "TypeLiteral": {
      const own = ast.propertySignatures.find((signature) => signature.name === name)
      if (own !== undefined) {
        return [{ name, layers: [layer(own.type)], loose: false, required: !own.isOptional }]
      }
      return typeof name === "string"
        ? ast.indexSignatures.map((index) => ({ name, layers: [layer(index.type)], loose: true, required: false }))
        : []
    }
    case "TupleType": {
      if (typeof name !== "number") return []
      const own = ast.elements[name]
      return (own === undefined ? ast.rest : [own]).map(({ type }) => ({
        name,
        layers: [layer(type)],
        loose: true,
        required: false
      }))
    }
    case "Refinement":
      return steps(ast.from, name)
    case "Suspend":
      return steps(ast.f(), name)
    case "Union":
      return ast.types.flatMap((type) => steps(type, name))
    case "Declaration": {
      // the type side of a class has the names of its fields; an Option is seen through
      const inside = isOption(ast) ? ast.typeParameters[0] : surrogate(ast)
      return inside === undefined ? [] : steps(inside, name)
    }
    case "Transformation":
      return transformed(ast, name)
    default:
      return []
  }
}

const transformed = (ast: AST.Transformation, name: string | number): ReadonlyArray<Step> => {
  const mark = marks.markOf(ast.from)
  if (mark !== undefined) {
    const { _tag } = mark.behaviour
    // there are no paths into what DynamoDB cannot see
    return _tag === "sealed" || _tag === "offloaded" || _tag === "compressed" ? [] : steps(ast.to, name)
  }
  const { transformation } = ast
  switch (transformation._tag) {
    case "FinalTransformation":
      // a class encodes to the struct that it is made of; what any other does is not known
      return surrogate(ast) === undefined ? [] : steps(ast.from, name)
    case "ComposeTransformation":
      return steps(ast.to, name).flatMap((outer) => joined(outer, ast.from, outer.name, undefined))
    case "TypeLiteralTransformation": {
      const own = transformation.propertySignatureTransformations.find((one) => one.to === name)
      const from = own?.from ?? name
      return typeof from === "symbol"
        ? []
        : steps(ast.to, name).flatMap((outer) => joined(outer, ast.from, from, own))
    }
  }
}

const joined = (outer: Step, from: AST.AST, name: string | number, next: Layer["next"]): ReadonlyArray<Step> =>
  steps(from, name).map((inner) => ({
    name: inner.name,
    layers: [
      ...outer.layers.map((one, i) => i === outer.layers.length - 1 ? { ...one, next: next ?? one.next } : one),
      ...inner.layers
    ],
    loose: outer.loose || inner.loose,
    required: inner.required
  }))

/** One step on: through each layer in turn, whose names are those of the one before. */
const step = (route: Route, name: string | number): ReadonlyArray<Route> => {
  const [first, ...others] = route.layers
  if (first === undefined) return []
  let found = steps(first.ast, name)
  for (const next of others) found = found.flatMap((outer) => joined(outer, next.ast, outer.name, undefined))
  return found.map((one) => ({
    stored: [...route.stored, one.name],
    layers: one.layers,
    loose: route.loose || one.loose,
    required: one.required
  }))
}

/** Where a path of the program's leads: to one place, by a route for each member of a union that has it. */
export const routes = (ast: AST.AST, path: ReadonlyArray<string | number>): ReadonlyArray<Route> =>
  path.reduce<ReadonlyArray<Route>>((found, name) => found.flatMap((route) => step(route, name)), [root(ast)])

/** The schema at the stored end of a route. */
export const storedEnd = (route: Route): AST.AST => route.layers[route.layers.length - 1]?.ast ?? AST.neverKeyword

/** Whether a value passes one schema on its way, and nothing beside it. */
export const isDirect = ([first, ...others]: ReadonlyArray<Route>): boolean =>
  first !== undefined && others.length === 0 && first.layers.length === 1 && first.layers[0]?.next === undefined

/** The names that the program has for the members of what stands at a schema's end, each with the name in the item. */
export const names = (ast: AST.AST): ReadonlyArray<string> => {
  switch (ast._tag) {
    case "TypeLiteral":
      return ast.propertySignatures.flatMap(({ name }) => typeof name === "symbol" ? [] : [String(name)])
    case "Refinement":
      return names(ast.from)
    case "Suspend":
      return names(ast.f())
    case "Union":
      return [...new Set(ast.types.flatMap(names))]
    case "Declaration": {
      const inside = surrogate(ast)
      return inside === undefined ? [] : names(inside)
    }
    case "Transformation":
      return ast.transformation._tag !== "FinalTransformation"
        ? names(ast.to)
        : surrogate(ast) === undefined
        ? []
        : names(ast.from)
    default:
      return []
  }
}

const setMembers = (ast: AST.Declaration): ReadonlyArray<AST.AST> =>
  Option.exists(AST.getTypeConstructorAnnotation(ast), (type) => type._tag === "ReadonlySet") ? ast.typeParameters : []

/** The schemas of the members of a list, or of a set that is stored as one. */
const membersOf = (ast: AST.AST): ReadonlyArray<AST.AST> => {
  switch (ast._tag) {
    case "TupleType":
      return [...ast.elements, ...ast.rest].map(({ type }) => type)
    case "Declaration":
      return setMembers(ast)
    case "Refinement":
      return membersOf(ast.from)
    case "Suspend":
      return membersOf(ast.f())
    case "Union":
      return ast.types.flatMap(membersOf)
    default:
      return []
  }
}

/** From a list or set on to its members, wherever they stand. */
export const members = (route: Route): ReadonlyArray<Route> =>
  membersOf(storedEnd(route)).map((ast) => ({
    stored: route.stored,
    layers: [layer(ast)],
    loose: true,
    required: false
  }))

type Encode = (value: unknown) => Effect.Effect<Option.Option<unknown>, ParseResult.ParseIssue, unknown>

/** A value of the program's type, through the layers of a route; `None` where a property's transformation leaves it out. */
const encodeRoute = ({ layers }: Route): Encode => {
  const encoders = layers.map(({ ast, next }) => {
    const encode = ParseResult.encodeUnknown(Schema.make<unknown, unknown, unknown>(ast))
    return (value: Option.Option<unknown>) => {
      const given = Option.isSome(value)
        ? ParseResult.map(encode(value.value), Option.some)
        : ParseResult.succeed(value)
      return next === undefined ? given : ParseResult.map(given, next.encode)
    }
  })
  const [first] = layers
  const wrap = wrapping(first?.ast ?? AST.neverKeyword)
  return (value) =>
    encoders.reduce<ReturnType<Encode>>(
      (before, encode) => ParseResult.flatMap(before, encode),
      ParseResult.succeed(Option.some(wrap(value)))
    )
}

/** What is stored at the end of a route, back through its layers; `None` where a property's transformation leaves it out. */
const decodeRoute = ({ layers }: Route): Encode => {
  const decoders = layers.map(({ ast, next }) => {
    const decode = ParseResult.decodeUnknown(Schema.make<unknown, unknown, unknown>(ast))
    return (value: Option.Option<unknown>) => {
      const given = next === undefined ? value : next.decode(value)
      return Option.isSome(given) ? ParseResult.map(decode(given.value), Option.some) : ParseResult.succeed(given)
    }
  })
  return (value) =>
    decoders.reduceRight<ReturnType<Encode>>(
      (before, decode) => ParseResult.flatMap(before, decode),
      ParseResult.succeed(value === undefined ? Option.none() : Option.some(value))
    )
}

/** A schema without its filters: a class's own stay. */
const unfiltered = (ast: AST.AST): AST.AST => {
  switch (ast._tag) {
    case "Refinement":
      return unfiltered(ast.from)
    case "Transformation":
      return new AST.Transformation(
        unfiltered(ast.from),
        unfiltered(ast.to),
        ast.transformation,
        ast.annotations
      )
    case "Union":
      return AST.Union.make(ast.types.map(unfiltered), ast.annotations)
    case "TupleType":
      return new AST.TupleType(
        ast.elements.map((one) => new AST.OptionalType(unfiltered(one.type), one.isOptional, one.annotations)),
        ast.rest.map((one) => new AST.Type(unfiltered(one.type), one.annotations)),
        ast.isReadonly,
        ast.annotations
      )
    case "Declaration":
      return surrogate(ast) === undefined && ast.typeParameters.length > 0
        ? new AST.Declaration(ast.typeParameters.map(unfiltered), ast.decodeUnknown, ast.encodeUnknown, ast.annotations)
        : ast
    default:
      return ast
  }
}

const byFirst = ([first, ...others]: ReadonlyArray<Encode>): Encode => (value) =>
  others.reduce(
    (before, encode) => ParseResult.orElse(before, () => encode(value)),
    first === undefined ? ParseResult.succeed(Option.none()) : first(value)
  )

/** A value of the program's type: by the first route whose schemas take it. */
export const encodeOperand = (all: ReadonlyArray<Route>): Encode => byFirst(all.map(encodeRoute))

/** What is stored as a value of the program's type: by the first route whose schemas take it. */
export const decodeStored = (all: ReadonlyArray<Route>): Encode => byFirst(all.map(decodeRoute))

/** The same of a value that is not stored: one that the filters refuse is encoded without them. */
export const encodeCompared = (all: ReadonlyArray<Route>): Encode => {
  const strict = encodeOperand(all)
  let loose: Encode | undefined
  return (value) =>
    ParseResult.orElse(strict(value), () => {
      loose ??= encodeOperand(all.map((route) => ({
        ...route,
        layers: route.layers.map((one) => ({ ...one, ast: unfiltered(one.ast) }))
      })))
      return loose(value)
    })
}
