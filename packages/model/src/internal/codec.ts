/**
 * A schema compiled into the codec of an item, once: what it stores and where, how a value becomes an item and an item a value, and how an
 * operand of an expression becomes what stands at its path. No AST is walked for a value.
 */
import type { SerializationException } from "@armature/aws/Exceptions"
import type { AttributeValue, ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { atOnce } from "./atOnce.js"
import type { Filled } from "./behaviourMarks.js"
import { finishOf, isExact, isScalar } from "./codecExact.js"
import { failure, fromIssue } from "./codecFailure.js"
import * as paths from "./codecPaths.js"
import * as shapes from "./codecShape.js"
import {
  emptySet,
  type Hole,
  isEmptySet,
  isSet,
  isWellFormed,
  itemCodec,
  type Pending,
  valueCodec,
  Walk
} from "./codecWire.js"

export type { Hole, Pending, Place } from "./codecWire.js"

/** An item but for what is to be sealed or offloaded. */
export interface Draft {
  readonly item: Record<string, AttributeValue>
  readonly pending: ReadonlyArray<Pending>
}

/** An operand but for what is to be sealed or offloaded; `value` is `undefined` if that is all of it. */
export interface Operand {
  /** Where it goes: stored names and positions. */
  readonly path: ReadonlyArray<string | number>
  readonly value: AttributeValue | undefined
  readonly pending: ReadonlyArray<Pending>
}

/** A value but for what is to be opened. */
export interface Opening {
  readonly encoded: Readonly<Record<string, unknown>>
  readonly holes: ReadonlyArray<Hole>
  /** A member that the schema requires is not there. */
  readonly lacking: boolean
}

/** An attribute of the item. */
export interface Attribute {
  /** The program's name; of an attribute that no name of the program leads to, the stored one. */
  readonly name: string
  readonly stored: string
  /** It may be absent from the item. */
  readonly optional: boolean
  /** A set that is empty where nothing is stored. */
  readonly set: boolean
  readonly wireTypes: ReadonlyArray<shapes.WireType>
  /** What fills it when it is written. */
  readonly filled: ReadonlyArray<Filled>
  readonly hidden: boolean
  /** Compressed, sealed or offloaded as a whole. */
  readonly opaque: shapes.Opaque | undefined
  /** Anything sealed, or offloaded, in it, itself included. */
  readonly sealed: boolean
  readonly offloaded: boolean
}

/** What stands at a path. */
export interface PathCodec<R> {
  readonly stored: ReadonlyArray<string | number>
  /** Of what is opaque: `B` or `M`, as it is stored. */
  readonly wireTypes: ReadonlyArray<shapes.WireType>
  readonly opaque: shapes.Opaque | undefined
  /** The program's names of its members, where it is a struct. */
  readonly names: ReadonlyArray<string>
  /** A value of the program's type; of an optional or defaulted one that of the schema inside. */
  readonly encode: (value: unknown) => Effect.Effect<Operand, SerializationException, R>
  /** The same of a value that is compared, or added, and need not pass the schema's filters. */
  readonly encodeCompared: (value: unknown) => Effect.Effect<Operand, SerializationException, R>
  /** A set that is always there: where nothing is stored, it is empty. Such an operand is `{ SS: [] }`. */
  readonly set: boolean
  /** What is read where nothing is stored, or `null`, as it would be stored: of what has a default. */
  readonly readAs: (nothing: null | undefined) => ReadonlyArray<AttributeValue>
  /** Of the members of a list or set: for `contains`. Its `stored` is that of the list. */
  readonly element: PathCodec<R> | undefined
}

export interface ItemCodec<A, R> {
  readonly attributes: ReadonlyArray<Attribute>
  readonly encode: (value: A) => Effect.Effect<Draft, SerializationException, R>
  /** The first half of reading: what can be read as the item stands. Attributes that the schema does not know are ignored. */
  readonly open: (
    item: Readonly<Record<string, ReadonlyAttributeValue>>
  ) => Either.Either<Opening, SerializationException>
  /** The second half, once the holes are filled. The value may be that of the opening. */
  readonly close: (opening: Opening) => Effect.Effect<A, SerializationException, R>
  /** Both at once, of an item that has nothing to be opened. */
  readonly read: (
    item: Readonly<Record<string, ReadonlyAttributeValue>>
  ) => Effect.Effect<A, SerializationException, R>
  /** What stands at a path of the program's names, positions and record keys. */
  readonly at: (path: ReadonlyArray<string | number>) => Either.Either<PathCodec<R>, shapes.Problem>
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const stored = (shape: shapes.Shape): ReadonlyArray<shapes.WireType> => {
  const how = shape.opaque?.how
  if (how === undefined) return shapes.wireTypes(shape)
  const own = how.offloaded !== undefined ? ["M" as const] : ["B" as const]
  return [...new Set([...own, ...shapes.wireTypes(shape)])]
}

/** Whether a shape, or any in it, is so. */
const some = (lazy: shapes.Lazy, is: (shape: shapes.Shape) => boolean, seen = new Set<shapes.Shape>()): boolean => {
  const shape = lazy.get()
  if (seen.has(shape)) return false
  seen.add(shape)
  if (is(shape)) return true
  const all = shape.M === undefined ? [] : "byLiteral" in shape.M ? [...shape.M.byLiteral.values()] : [shape.M]
  return all.some(({ fields, rest }) =>
    [...fields.map((one) => one.shape), ...rest === undefined ? [] : [rest]]
      .some((one) => some(one, is, seen))
  )
}

const membersOf = (shape: shapes.Fields | shapes.Variants): ReadonlyArray<shapes.Fields> =>
  "byLiteral" in shape ? [...shape.byLiteral.values()] : [shape]

/** What stands at a path of stored names and positions, by each member of the unions on the way. */
const shapesAt = (
  shape: shapes.Fields | shapes.Variants | undefined,
  [first, ...more]: ReadonlyArray<string | number>
): ReadonlyArray<shapes.Shape> =>
  shape === undefined ? [] : membersOf(shape).flatMap(({ fields, rest }) => {
    const one = (fields.find(({ name }) => name === first)?.shape ?? rest)?.get()
    return one === undefined ? [] : more.length === 0 ? [one] : shapesAt(one.M, more)
  })

/** Opaque in one member of a union and plain in another: which of them an item is of, an operand does not know. */
const isMixed = (all: ReadonlyArray<shapes.Shape>, seen: ReadonlySet<shapes.Shape> = new Set()): boolean => {
  const own = [...new Set(all)]
  if (own.length < 2 || own.every((one) => seen.has(one))) return false
  if (
    own.some(({ opaque }) => opaque !== undefined) &&
    own.some((one) => one.opaque === undefined && shapes.wireTypes(one).some((type) => type !== "NULL"))
  ) return true
  const inside = new Set([...seen, ...own])
  const names = own.flatMap(({ M }) => M === undefined ? [] : membersOf(M).flatMap(({ fields }) => fields))
  return names.some(({ name }) => isMixed(own.flatMap(({ M }) => shapesAt(M, [name])), inside))
}

const attributesOf = (
  shape: shapes.Fields | shapes.Variants,
  namesByStored: ReadonlyMap<string, string>
): ReadonlyArray<Attribute> => {
  const members = membersOf(shape)
  const names = [...new Set(members.flatMap(({ fields }) => fields.map(({ name }) => name)))]
  return names.map((name) => {
    const own = members.map(({ fields }) => fields.find((one) => one.name === name))
    const here = own.flatMap((one) => one === undefined ? [] : [one.shape])
    const given = here.map((lazy) => lazy.get())
    return {
      name: namesByStored.get(name) ?? name,
      stored: name,
      optional: own.some((one) => one === undefined || one.optional || one.shape.get().undefined),
      set: own.some((one) => one !== undefined && !one.optional && isSet(one.shape.get())),
      wireTypes: [...new Set(given.flatMap(stored))],
      filled: given.flatMap((one) => one.filled).filter((one, i, all) =>
        all.findIndex((x) => x._tag === one._tag) === i
      ),
      hidden: given.some((one) => one.hidden),
      opaque: given.find((one) => one.opaque !== undefined)?.opaque?.how,
      sealed: here.some((lazy) => some(lazy, (one) => one.opaque?.how.sealed !== undefined)),
      offloaded: here.some((lazy) => some(lazy, (one) => one.opaque?.how.offloaded !== undefined))
    }
  })
}

/** One attribute at most is the version, and so on; more than one could not all be what they say. */
const twice = (attributes: ReadonlyArray<Attribute>): shapes.Problem | undefined => {
  for (const tag of ["version", "createdAt", "updatedAt", "timeToLive"] as const) {
    const [, second] = attributes.filter(({ filled }) => filled.some((one) => one._tag === tag))
    if (second !== undefined) return { path: [second.name], problem: `is a second attribute that is the ${tag}` }
  }
  return undefined
}

export const compile = <A, I, R>(schema: Schema.Schema<A, I, R>): Either.Either<ItemCodec<A, R>, shapes.Problem> =>
  Either.flatMap(shapes.shapeOfItem(schema.ast), (shape) => {
    const namesByStored = new Map(
      paths.names(schema.ast).flatMap((name) => {
        const to = paths.routes(schema.ast, [name])[0]?.stored[0]
        return typeof to === "string" ? [[to, name] as const] : []
      })
    )
    const attributes = attributesOf(shape, namesByStored)
    const problem = twice(attributes)
    if (problem !== undefined) return Either.left(problem)
    const wire = itemCodec(shape)
    const encodeSchema = ParseResult.encodeUnknown(schema)
    const decodeSchema = ParseResult.decodeUnknown(schema)
    const finish = finishOf(schema.ast)
    const exact = isExact(schema.ast)

    const toWire = (encoded: unknown): Either.Either<Draft, SerializationException> => {
      const walk = new Walk([])
      return walk.run(() => ({ item: isRecord(encoded) ? wire.encode(encoded, walk) : {}, pending: walk.pending }))
    }
    const open: ItemCodec<A, R>["open"] = (item) => {
      const walk = new Walk([])
      return walk.run(() => ({ encoded: wire.decode(item, walk), holes: walk.holes, lacking: walk.lacking }))
    }
    const close: ItemCodec<A, R>["close"] = ({ encoded, lacking }) => {
      // either way it is what the schema makes of it
      if (exact && !lacking) return Either.right(encoded as A)
      const decode = lacking || finish === undefined ? decodeSchema : finish
      const decoded = guarded(() => decode(encoded) as Effect.Effect<A, ParseResult.ParseIssue, R>)
      return Either.isEither(decoded)
        ? Either.mapLeft(decoded, (issue) => fail(issue))
        : Effect.mapError(decoded, (issue) => fail(issue))
    }
    return Either.right({
      attributes,
      encode: (value) => {
        const encoded = guarded(() => encodeSchema(value))
        // without a fiber where there is nothing to wait for
        return Either.isEither(encoded)
          ? Either.flatMap(Either.mapLeft(encoded, (issue) => fail(issue)), toWire)
          : Effect.flatMap(Effect.mapError(encoded, (issue) => fail(issue)), toWire)
      },
      open,
      close,
      read: (item) => {
        const opening = open(item)
        return Either.isLeft(opening) ? Either.left(opening.left) : close(opening.right)
      },
      at: (path) => at<R>(paths.routes(schema.ast, path), path, shape)
    })
  })

type Parsed<A, R> =
  | Either.Either<A, ParseResult.ParseIssue | Thrown>
  | Effect.Effect<A, ParseResult.ParseIssue | Thrown, R>

/** What a schema's own functions threw. */
class Thrown {}

/** Runs a parser: it gives an `Either` where there is nothing to wait for. A function of a schema's that throws makes no defect. */
const guarded = <A, R>(run: () => Effect.Effect<A, ParseResult.ParseIssue, R>): Parsed<A, R> => {
  try {
    return run()
  } catch {
    return Either.left(new Thrown())
  }
}

const fail = (
  issue: ParseResult.ParseIssue | Thrown,
  path: ReadonlyArray<string | number> = []
): SerializationException =>
  issue instanceof Thrown ? failure(path, "makes a function of its schema throw") : fromIssue(issue, path)

const mixedUp = "is sealed, offloaded or compressed in one member of a union and not in another: write the whole item"

const at = <R>(
  routes: ReadonlyArray<paths.Route>,
  path: ReadonlyArray<string | number>,
  item: shapes.Fields | shapes.Variants
): Either.Either<PathCodec<R>, shapes.Problem> => {
  const text = path.map(String)
  const [first] = routes
  if (first === undefined) {
    return Either.left({
      path: text,
      problem: "is not to be found: the schema has no such path, or one through a transformation"
    })
  }
  if (routes.some((route) => route.stored.join("\0") !== first.stored.join("\0"))) {
    return Either.left({ path: text, problem: "has another name in each member of a union" })
  }
  return Either.map(shapes.shapeOf(routes.map(paths.storedEnd), text, first.loose), (lazy) => {
    const shape = lazy.get()
    const { codec } = valueCodec(lazy)
    const inner = first.stored
    const set = isSet(shape) && routes.every((route) => route.required)
    const mixed = isMixed(shapesAt(item, inner))
    const toOperand = (encoded: Option.Option<unknown>): Either.Either<Operand, SerializationException> => {
      const walk = new Walk(inner)
      return Either.flatMap(
        walk.run(() => Option.isSome(encoded) ? codec.encode(encoded.value, walk) : undefined),
        (value) => {
          if (mixed && value?.NULL !== true) return Either.left(failure(inner, mixedUp))
          if (value !== undefined || walk.pending.length > 0) {
            return Either.right({ path: inner, value, pending: walk.pending })
          }
          if (!Option.exists(encoded, isEmptySet)) {
            return Either.left(failure(inner, "is left out when it is stored, so it cannot be an operand"))
          }
          return set
            ? Either.right({ path: inner, value: { SS: [] }, pending: [] })
            : Either.left(failure(inner, emptySet))
        }
      )
    }
    const encoding = (encode: ReturnType<typeof paths.encodeOperand>): PathCodec<R>["encode"] => (value) => {
      // what the schema needs is what its type says
      const encoded = guarded(() => encode(value) as Effect.Effect<Option.Option<unknown>, ParseResult.ParseIssue, R>)
      return Either.isEither(encoded)
        ? Either.flatMap(Either.mapLeft(encoded, failAt), toOperand)
        : Effect.flatMap(Effect.mapError(encoded, failAt), toOperand)
    }
    const bySchema = encoding(paths.encodeOperand(routes))
    // what it refuses, the schema refuses with its own words
    const quick: PathCodec<R>["encode"] = (value) => {
      // most parts of keys are texts
      if (isText && typeof value === "string" && isWellFormed(value)) {
        return Either.right({ path: inner, value: { S: value }, pending: [] })
      }
      const operand = toOperand(Option.some(value))
      return Either.isRight(operand) ? operand : bySchema(value)
    }
    const plain = paths.isDirect(routes) && isScalar(paths.storedEnd(first))
    const isText = plain && AST.isStringKeyword(paths.storedEnd(first))
    const failAt = (issue: ParseResult.ParseIssue | Thrown) => fail(issue, inner)
    return {
      stored: inner,
      wireTypes: stored(shape),
      opaque: shape.opaque?.how,
      names: [...new Set(routes.flatMap((route) => paths.names(route.layers[0]?.ast ?? paths.storedEnd(route))))],
      encode: plain ? quick : bySchema,
      encodeCompared: plain ? quick : encoding(paths.encodeCompared(routes)),
      set,
      readAs: (nothing) =>
        (nothing === null ? !stored(shape).includes("NULL") : routes.every((route) => route.required))
          ? []
          : routes.flatMap((route) => {
            // a default is there at once, or none that could be told beforehand
            const read = atOnce(guarded(() => paths.decodeStored([route])(nothing)))
            if (read === undefined || Either.isLeft(read) || Option.isNone(read.right)) return []
            const made = atOnce(encoding(paths.encodeOperand([route]))(read.right.value))
            if (made === undefined || Either.isLeft(made)) return []
            const { pending, value } = made.right
            return value === undefined || pending.length > 0 ? [] : [value]
          }),
      get element() {
        const members = routes.flatMap(paths.members)
        return members.length === 0 ? undefined : Either.getOrUndefined(at<R>(members, path, item))
      }
    }
  })
}
