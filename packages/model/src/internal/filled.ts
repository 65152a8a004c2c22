/**
 * What fills itself when an item is written. It is filled through its attribute's own schema, as reading it would: an `Option` gets a `some`,
 * a transformed one what it is transformed to. Of a union, a value gets what its own member has.
 */
import { SerializationException } from "@armature/aws/Exceptions"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { Ids } from "../Ids.js"
import * as marks from "./behaviourMarks.js"
import { fromIssue } from "./codecFailure.js"
import * as paths from "./codecPaths.js"
import type { EntityPlan } from "./entityPlan.js"

export type Values = Readonly<Record<string, unknown>>

/** A copy of a value of the program with some of its attributes replaced; of a class, an instance of it. */
export const replacing = (value: object, by: Values): object =>
  Object.assign(Object.create(Object.getPrototypeOf(value)), value, by)

// ---------------------------------------------------------------------------------------------------------------- unions

const membersOf = (ast: AST.AST): ReadonlyArray<AST.AST> => {
  switch (ast._tag) {
    case "Union":
      return ast.types.flatMap(membersOf)
    case "Refinement":
      return membersOf(ast.from)
    case "Suspend":
      return membersOf(ast.f())
    default:
      return [ast]
  }
}

const literalsOf = (ast: AST.AST): ReadonlyArray<unknown> => {
  switch (ast._tag) {
    case "Literal":
      return [ast.literal]
    case "Enums":
      return ast.enums.map(([, value]) => value)
    case "Refinement":
      return literalsOf(ast.from)
    case "Union": {
      const all = ast.types.map(literalsOf)
      return all.every((one) => one.length > 0) ? all.flat() : []
    }
    default:
      return []
  }
}

/** The attributes of a schema that are literals, with these. */
const literalsIn = (ast: AST.AST): ReadonlyMap<string, ReadonlyArray<unknown>> => {
  const found = new Map<string, ReadonlyArray<unknown>>()
  for (const name of paths.names(ast)) {
    const all = paths.routes(ast, [name]).map(({ layers: [first] }) =>
      first === undefined ? [] : literalsOf(AST.typeAST(first.ast))
    )
    if (all.every((one) => one.length > 0)) found.set(name, all.flat())
  }
  return found
}

const sameLiterals = (a: ReadonlyArray<unknown> = [], b: ReadonlyArray<unknown> = []): boolean =>
  a.every((one) => b.includes(one)) && b.every((one) => a.includes(one))

/** For each member of a union, whether a value is one of it, by the literals that tell the members apart; none is where nothing does. */
export const apart = (members: ReadonlyArray<AST.AST>): ReadonlyArray<(value: Values) => boolean> => {
  const all = members.map(literalsIn)
  const names = [...all[0]?.keys() ?? []].filter((name) =>
    all.every((one) => one.has(name)) && all.some((one) => !sameLiterals(one.get(name), all[0]?.get(name)))
  )
  return all.map((own) => (value) => names.length > 0 && names.every((name) => own.get(name)?.includes(value[name])))
}

// ---------------------------------------------------------------------------------------------------------------- attributes

interface Fill {
  readonly name: string
  readonly by: marks.Filled
  /** What fills it, as the attribute's value in the program. */
  readonly through: (plain: unknown) => Effect.Effect<unknown, SerializationException, unknown>
}

/** What fills a schema's value, and the schema that it was said of. */
const markIn = (
  ast: AST.AST,
  seen: ReadonlySet<AST.AST> = new Set()
): (marks.Mark & { by: marks.Filled }) | undefined => {
  if (seen.has(ast)) return undefined
  const inside = new Set([...seen, ast])
  const mark = marks.markOf(ast)
  if (mark !== undefined) {
    const { behaviour } = mark
    switch (behaviour._tag) {
      case "sealed":
      case "compressed":
      case "offloaded":
      case "hidden":
        return markIn(mark.inner, inside)
      default:
        return { ...mark, by: behaviour }
    }
  }
  switch (ast._tag) {
    case "Transformation":
    case "Refinement":
      return markIn(ast.from, inside)
    case "Suspend":
      return markIn(ast.f(), inside)
    case "Union":
      for (const type of ast.types) {
        const found = markIn(type, inside)
        if (found !== undefined) return found
      }
      return undefined
    default:
      return undefined
  }
}

/** What is said of an attribute, and nothing else of it. */
const isBare = (route: paths.Route, inner: AST.AST): boolean => {
  const [only, ...more] = route.layers
  return only !== undefined && more.length === 0 && AST.isTransformation(only.ast) && only.ast.to === inner &&
    marks.markOf(only.ast.from)?.inner === inner
}

const fillOf = (ast: AST.AST, name: string): ReadonlyArray<Fill> => {
  const routes = paths.routes(ast, [name])
  const mark = routes.map((route) => markIn(paths.storedEnd(route))).find((one) => one !== undefined)
  if (mark === undefined) return []
  if (routes.every((route) => isBare(route, mark.inner))) return [{ name, by: mark.by, through: Either.right }]
  const encode = ParseResult.encodeUnknown(Schema.make<unknown, unknown, unknown>(mark.inner))
  const decode = paths.decodeStored(routes)
  return [{
    name,
    by: mark.by,
    through: (plain) =>
      Effect.suspend(() => Effect.flatMap(encode(plain), decode)).pipe(
        Effect.mapBoth({ onFailure: (issue) => fromIssue(issue, [name]), onSuccess: Option.getOrUndefined })
      )
  }]
}

interface Fills {
  readonly members: ReadonlyArray<{ readonly is: (value: Values) => boolean; readonly fills: ReadonlyArray<Fill> }>
  /** Of a value that is told to be of no member. */
  readonly any: ReadonlyArray<Fill>
}

const known = new WeakMap<Schema.Schema.All, Fills>()

const compiled = ({ attributes, schema: { ast } }: EntityPlan<never>): Fills => {
  const names = [...attributes.values()].flatMap(({ filled, name }) => filled.length === 0 ? [] : [name])
  const fillsIn = (member: AST.AST) => names.flatMap((name) => fillOf(member, name))
  const members = membersOf(ast)
  const is = apart(members)
  return {
    any: fillsIn(ast),
    members: names.length === 0 || members.length === 1
      ? []
      : members.map((member, i) => ({ is: is[i] ?? nothing, fills: fillsIn(member) }))
  }
}

const nothing = (): boolean => false

/** What fills itself in a value of the entity. */
const fillsOf = (plan: EntityPlan<never>, value: Values): ReadonlyArray<Fill> => {
  const before = known.get(plan.schema)
  const { any, members } = before ?? compiled(plan)
  if (before === undefined) known.set(plan.schema, { any, members })
  return members.find(({ is }) => is(value))?.fills ?? any
}

// ---------------------------------------------------------------------------------------------------------------- values

const computedBy = (name: string, from: (item: never) => unknown, item: object) =>
  Effect.try({
    // its type says what it is computed out of, and the entity has that
    try: () => from(item as never),
    catch: () => new SerializationException({ path: [name], reason: "is computed by a function that throws" })
  })

/** The time of a write, as a value has it. */
export const writtenAt = (
  plan: EntityPlan<never>,
  value: Values,
  millis: number
): Effect.Effect<Values, SerializationException, unknown> => {
  const fill = fillsOf(plan, value).find(({ by }) => by._tag === "updatedAt")
  return fill === undefined
    ? Either.right({})
    : Effect.map(fill.through(DateTime.unsafeMake(millis)), (time) => ({ [fill.name]: time }))
}

/**
 * The item with what fills itself: by every put the time of it and what is computed; by one that creates it ids, the time of creation and
 * the version that nothing has, too. What is given of these stands, but for the version.
 */
export const filled = (
  plan: EntityPlan<never>,
  value: Values,
  creates: boolean
): Effect.Effect<object, SerializationException, unknown> => {
  const fills = fillsOf(plan, value)
  if (fills.length === 0 && !creates) return Either.right(value)
  return Effect.gen(function*() {
    const made: Record<string, unknown> = {}
    const now = DateTime.unsafeMake(yield* Clock.currentTimeMillis)
    for (const { by, name, through } of fills) {
      const missing = creates && value[name] === undefined
      if (by._tag === "updatedAt" || (by._tag === "createdAt" && missing)) made[name] = yield* through(now)
      else if (by._tag === "generated" && missing) made[name] = yield* through(yield* (yield* Ids)[by.kind])
      else if (by._tag === "version" && creates) made[name] = 0
    }
    const whole = replacing(value, made)
    for (const { by, name, through } of fills) {
      if (by._tag === "computed") {
        Object.assign(whole, { [name]: yield* through(yield* computedBy(name, by.from, whole)) })
      }
    }
    return whole
  })
}
