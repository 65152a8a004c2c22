/**
 * Between what a schema encodes to and DynamoDB's attribute values: closures, made once for each shape. What is to be sealed or offloaded
 * is handed out on the way in, and left open on the way back.
 */
import * as AttributeValue from "@armature/dynamodb/AttributeValue"
import * as BigDecimal from "effect/BigDecimal"
import * as Either from "effect/Either"
import { contentOf as content, Held, type HeldContent } from "./behaviourStored.js"
import { failure, type Path, refuse, Unstorable } from "./codecFailure.js"
import {
  type Field,
  type Fields,
  type Lazy,
  type List,
  literalKey,
  type NumberKind,
  type Opaque,
  type Shape,
  type Variants,
  type WireType,
  wireTypes
} from "./codecShape.js"
import * as compression from "./compression.js"

type AttributeValue_ = AttributeValue.AttributeValue
type Wire = AttributeValue.ReadonlyAttributeValue

/** A value that waits to be sealed or offloaded. */
export interface Pending {
  /** The stored names that lead to it, from the root of the item. */
  readonly path: ReadonlyArray<string>
  readonly place: Place
  readonly content:
    | { readonly _tag: "Value"; readonly value: AttributeValue_ }
    | Exclude<HeldContent, { readonly _tag: "Value" }>
}

/** A value that waits to be opened, and where it goes then. */
export interface Hole {
  readonly path: ReadonlyArray<string>
  readonly place: Place
  readonly value: Wire
  readonly fill: (encoded: unknown) => void
}

/** Where something is sealed or offloaded, and what stands inside. */
export interface Place {
  readonly how: Opaque
  /** Compression included. */
  readonly inner: Codec
  /** The one type that stands inside, if there is but one. */
  readonly type: WireType | undefined
}

/** One pass through a value. */
export class Walk {
  readonly path: Array<string | number>
  readonly pending: Array<Pending> = []
  readonly holes: Array<Hole> = []
  /** Where the names on the path begin to be data, which no failure tells. */
  private: number | undefined
  /** Whether a member that the schema requires was not there. */
  lacking = false
  depth: number

  constructor(base: Path) {
    this.path = [...base]
    this.depth = base.length
  }

  /** The stored names that lead to where it is. Nothing with a place of its own stands in a list. */
  names(): ReadonlyArray<string> {
    return this.path.map(String)
  }

  run<A>(walk: () => A): Either.Either<A, ReturnType<typeof failure>> {
    try {
      return Either.right(walk())
    } catch (thrown) {
      // what is no attribute value at all, from whatever sent it
      const reason = thrown instanceof Unstorable ? thrown.reason : "throws when it is read"
      return this.private === undefined
        ? Either.left(failure(this.path, reason))
        : Either.left(failure(this.path.slice(0, this.private), `has a member that ${reason}`))
    }
  }
}

export interface Codec {
  /** `undefined` if there is nothing to store. */
  readonly encode: (value: unknown, walk: Walk) => AttributeValue_ | undefined
  readonly decode: (value: Wire, walk: Walk) => unknown
}

const mismatch = (): never => refuse("is not what the schema says")

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

// ---------------------------------------------------------------------------------------------------------------- scalars

/** By the package that knows all about values; its reasons have no path here. */
const native = (value: unknown): AttributeValue_ => {
  const encoded = AttributeValue.encode(value)
  return Either.isRight(encoded) ? encoded.right : refuse(encoded.left.reason)
}

const loneSurrogate = /\p{Surrogate}/u

/** Whether UTF-8 can hold it. */
export const isWellFormed = (text: string): boolean => !loneSurrogate.test(text)

const text: Codec = {
  encode: (value) =>
    typeof value !== "string"
      ? mismatch()
      : !isWellFormed(value)
      ? refuse("has a lone surrogate, which UTF-8 cannot hold")
      : { S: value },
  decode: ({ S }) => S === undefined ? mismatch() : S
}

/** Any decimal of 15 digits is that of the double next to it. */
const shortNumber = /^-?[0-9]{1,13}(?:\.[0-9]{1,2})?$/

const numberText: { readonly [K in NumberKind]: (text: string) => unknown } = {
  number: (text) => {
    if (shortNumber.test(text)) {
      const value = Number(text)
      return value === 0 ? 0 : value
    }
    return readNumber(text, "number")
  },
  bigint: (text) => readNumber(text, "bigint"),
  BigDecimal: (text) => readNumber(text, "BigDecimal")
}

const readNumber = (text: string, numbers: NumberKind): unknown => {
  const decoded = AttributeValue.decode({ N: text }, { numbers })
  return Either.isRight(decoded) ? decoded.right : refuse(decoded.left.reason)
}

const isNumber: { readonly [K in NumberKind]: (value: unknown) => boolean } = {
  number: (value) => typeof value === "number",
  bigint: (value) => typeof value === "bigint",
  BigDecimal: BigDecimal.isBigDecimal
}

const number = (kind: NumberKind): Codec => {
  const is = isNumber[kind]
  const read = numberText[kind]
  return {
    encode: (value) => {
      if (!is(value)) return mismatch()
      if (typeof value !== "number") return native(value)
      const text = String(value)
      // without exponent: at most 17 digits between 1E-6 and 1E+21
      return Number.isFinite(value) && !text.includes("e") ? { N: text } : native(value)
    },
    decode: ({ N }) => N === undefined ? mismatch() : read(N)
  }
}

const binary: Codec = {
  encode: (value) => value instanceof Uint8Array ? { B: value } : mismatch(),
  decode: ({ B }) => B === undefined ? mismatch() : B
}

const boolean: Codec = {
  encode: (value) => typeof value === "boolean" ? { BOOL: value } : mismatch(),
  decode: ({ BOOL }) => BOOL === undefined ? mismatch() : BOOL
}

const never: Codec = { encode: mismatch, decode: mismatch }

const isNull: Codec = {
  encode: (value) => value === null ? { NULL: true } : mismatch(),
  decode: ({ NULL }) => NULL === true ? null : mismatch()
}

// ------------------------------------------------------------------------------------------------------------------- sets

/** DynamoDB has none: that of a required attribute is the absent attribute, and any other is refused. */
export const isEmptySet = (value: unknown): boolean => value instanceof Set && value.size === 0

export const emptySet = "is an empty set, which DynamoDB cannot store"

const set = (type: "SS" | "NS" | "BS", read: (value: Wire) => ReadonlySet<unknown>): Codec => ({
  encode: (value) => {
    if (isEmptySet(value)) return undefined
    const encoded = value instanceof Set ? native(value) : mismatch()
    return encoded[type] === undefined ? mismatch() : encoded
  },
  decode: (value) => value[type] === undefined ? mismatch() : read(value)
})

const textSet = set("SS", ({ SS }) => new Set(SS))
const binarySet = set("BS", ({ BS }) => new Set(BS))
const numberSet = (kind: NumberKind): Codec => set("NS", ({ NS }) => new Set(NS?.map(numberText[kind])))

// --------------------------------------------------------------------------------------------------------- lists and maps

/** DynamoDB's limit: 32 levels, of which the item is the first. */
const maxDepth = 31

const enter = (walk: Walk): void => {
  if (++walk.depth > maxDepth) refuse(`is a list or map at more than ${maxDepth} levels, which DynamoDB cannot store`)
}

const list = ({ elements, rest }: List, codecs: Codecs): Codec => {
  const own = elements.map(codecs.of)
  const others = rest === undefined ? undefined : codecs.of(rest)
  const at = (i: number): Codec => own[i] ?? others ?? mismatch()
  return {
    encode: (value, walk) => {
      if (!Array.isArray(value)) return mismatch()
      enter(walk)
      const L: Array<AttributeValue_> = []
      for (let i = 0; i < value.length; i++) {
        walk.path.push(i)
        const member: unknown = value[i]
        L.push(
          at(i).encode(member, walk) ??
            refuse(isEmptySet(member) ? emptySet : "is undefined in a list, which DynamoDB cannot store")
        )
        walk.path.pop()
      }
      walk.depth--
      return { L }
    },
    decode: ({ L }, walk) => {
      if (L === undefined) return mismatch()
      const out: Array<unknown> = []
      for (let i = 0; i < L.length; i++) {
        walk.path.push(i)
        out.push(at(i).decode(L[i] ?? mismatch(), walk))
        walk.path.pop()
      }
      return out
    }
  }
}

/** A member by any name; an assignment to `__proto__` would be lost. */
const put = <A>(to: Record<string, A>, name: string, value: A): void => {
  if (name === "__proto__") {
    Object.defineProperty(to, name, { value, writable: true, enumerable: true, configurable: true })
  } else to[name] = value
}

/** Whether all objects have something of this name. */
const isInherited = (name: string): boolean => name in Object.prototype

/** What stands under an inherited name is the object's own, or nothing. */
const memberOf = <A>(from: Readonly<Record<string, A>>, name: string, inherited: boolean): A | undefined =>
  inherited && !Object.hasOwn(from, name) ? undefined : from[name]

interface MapCodec {
  readonly encode: (value: Readonly<Record<string, unknown>>, walk: Walk) => Record<string, AttributeValue_>
  readonly decode: (value: Readonly<Record<string, Wire>>, walk: Walk) => Record<string, unknown>
}

interface FieldCodec {
  readonly name: string
  readonly inherited: boolean
  readonly codec: Codec
  readonly place: Place | undefined
  /** `null` stands beside what is sealed or offloaded, and in clear. */
  readonly nullInClear: boolean
  /** A set that is always there: where nothing is stored, it is empty. */
  readonly set: boolean
  readonly optional: boolean
}

/** A set that DynamoDB sees. */
export const isSet = (shape: Shape): boolean =>
  shape.opaque === undefined && !shape.undefined && (shape.SS || shape.NS !== undefined || shape.BS)

const field = ({ name, optional, shape: lazy }: Field, codecs: Codecs): FieldCodec => {
  const shape = lazy.get()
  const place = codecs.place(shape)
  return {
    name,
    inherited: isInherited(name),
    codec: codecs.of(lazy),
    place,
    nullInClear: shape.NULL && shape.opaque?.inner.get().NULL === false,
    set: !optional && isSet(shape),
    optional
  }
}

const encodePlace = (field: FieldCodec, place: Place, value: unknown, walk: Walk): AttributeValue_ | undefined => {
  if (value === null && field.nullInClear) return { NULL: true }
  const held = value instanceof Held ? content(value) : undefined
  if (held === undefined || held._tag === "Value") {
    const depth = walk.depth
    // what is sealed or offloaded is no part of the item's levels
    walk.depth = 0
    const encoded = place.inner.encode(held === undefined ? value : held.encoded, walk)
    walk.depth = depth
    if (encoded !== undefined) {
      walk.pending.push({ path: walk.names(), place, content: { _tag: "Value", value: encoded } })
    } else if (isEmptySet(held === undefined ? value : held.encoded)) refuse(emptySet)
  } else walk.pending.push({ path: walk.names(), place, content: held })
  return undefined
}

const map = (shape: Fields, codecs: Codecs): MapCodec => {
  const fields = shape.fields.map((one) => field(one, codecs))
  const known = new Set(shape.fields.map((one) => one.name))
  const rest = shape.rest === undefined ? undefined : codecs.of(shape.rest)
  return {
    encode: (value, walk) => {
      enter(walk)
      const M: Record<string, AttributeValue_> = {}
      for (const own of fields) {
        const member = memberOf(value, own.name, own.inherited)
        if (member === undefined) continue
        walk.path.push(own.name)
        const encoded = own.place === undefined
          ? own.codec.encode(member, walk)
          : encodePlace(own, own.place, member, walk)
        if (encoded !== undefined) put(M, own.name, encoded)
        else if (!own.set && own.place === undefined && isEmptySet(member)) refuse(emptySet)
        walk.path.pop()
      }
      if (rest !== undefined) {
        const outer = walk.private
        walk.private ??= walk.path.length
        for (const name of Object.keys(value)) {
          const member = value[name]
          if (member === undefined || known.has(name)) continue
          if (!isWellFormed(name)) refuse("has a lone surrogate in its name, which UTF-8 cannot hold")
          const encoded = rest.encode(member, walk)
          if (encoded !== undefined) put(M, name, encoded)
          else if (isEmptySet(member)) refuse(emptySet)
        }
        walk.private = outer
      }
      walk.depth--
      return M
    },
    decode: (M, walk) => {
      const out: Record<string, unknown> = {}
      for (const own of fields) {
        const member = memberOf(M, own.name, own.inherited)
        if (member === undefined) {
          if (own.set) put(out, own.name, new Set())
          else if (!own.optional) walk.lacking = true
          continue
        }
        walk.path.push(own.name)
        const { place } = own
        if (place === undefined) put(out, own.name, own.codec.decode(member, walk))
        else if (member.NULL === true && own.nullInClear) put(out, own.name, null)
        else {
          // its name has its place
          put(out, own.name, undefined)
          walk.holes.push({ path: walk.names(), place, value: member, fill: (encoded) => put(out, own.name, encoded) })
        }
        walk.path.pop()
      }
      if (rest !== undefined) {
        const outer = walk.private
        walk.private ??= walk.path.length
        for (const name of Object.keys(M)) {
          const member = M[name]
          if (member !== undefined && !known.has(name)) put(out, name, rest.decode(member, walk))
        }
        walk.private = outer
      }
      return out
    }
  }
}

/** The literals that a stored value may be: a number is written as `bigint` and as `number` are. */
const storedLiterals = (value: Wire | undefined): ReadonlyArray<string | undefined> =>
  value?.N !== undefined ? [`N${value.N}`, literalKey(Number(value.N))] : [literalKey(value?.S ?? value?.BOOL)]

const variants = (shape: Variants, codecs: Codecs): MapCodec => {
  const { discriminator } = shape
  const members = new Map([...shape.byLiteral].map(([value, fields]) => [value, map(fields, codecs)]))
  const inherited = isInherited(discriminator)
  const unknown = (walk: Walk): never => {
    walk.path.push(discriminator)
    return refuse("is of no member that the schema has")
  }
  return {
    encode: (value, walk) =>
      (members.get(literalKey(memberOf(value, discriminator, inherited)) ?? "") ?? unknown(walk)).encode(value, walk),
    decode: (M, walk) => {
      for (const key of storedLiterals(memberOf(M, discriminator, inherited))) {
        const member = key === undefined ? undefined : members.get(key)
        if (member !== undefined) return member.decode(M, walk)
      }
      return unknown(walk)
    }
  }
}

const anyMap = (shape: Fields | Variants, codecs: Codecs): MapCodec =>
  "byLiteral" in shape ? variants(shape, codecs) : map(shape, codecs)

/** The codec of an item, which is a map without being one value. */
export const itemCodec = (shape: Fields | Variants): MapCodec => anyMap(shape, new Codecs())

/** The codec of a value on its own, with its place if it has one. */
export const valueCodec = (lazy: Lazy): { readonly codec: Codec; readonly place: Place | undefined } => {
  const codecs = new Codecs()
  const own = field({ name: "", optional: false, shape: lazy }, codecs)
  const { place } = own
  return {
    codec: place === undefined ? own.codec : {
      encode: (value, walk) => value === undefined ? undefined : encodePlace(own, place, value, walk),
      decode: own.codec.decode
    },
    place
  }
}

// ------------------------------------------------------------------------------------------------------------- any of them

const typeOf = (value: unknown): WireType | undefined => {
  switch (typeof value) {
    case "string":
      return "S"
    case "number":
    case "bigint":
      return "N"
    case "boolean":
      return "BOOL"
    case "object":
      if (value === null) return "NULL"
      if (Array.isArray(value)) return "L"
      if (value instanceof Uint8Array) return "B"
      if (BigDecimal.isBigDecimal(value)) return "N"
      return value instanceof Set ? setTypeOf(value) : "M"
    default:
      return undefined
  }
}

const setTypeOf = (members: ReadonlySet<unknown>): WireType | undefined => {
  for (const member of members) {
    switch (typeOf(member)) {
      case "S":
        return "SS"
      case "N":
        return "NS"
      case "B":
        return "BS"
      default:
        return undefined
    }
  }
  return undefined
}

const one = (type: WireType, shape: Shape, codecs: Codecs): Codec => {
  switch (type) {
    case "S":
      return text
    case "N":
      return number(shape.N ?? "number")
    case "B":
      return binary
    case "BOOL":
      return boolean
    case "NULL":
      return isNull
    case "SS":
      return textSet
    case "NS":
      return numberSet(shape.NS ?? "number")
    case "BS":
      return binarySet
    case "L":
      return list(shape.L ?? { elements: [], rest: undefined }, codecs)
    case "M": {
      const members = anyMap(shape.M ?? { fields: [], rest: undefined }, codecs)
      return {
        encode: (value, walk) => isRecord(value) ? { M: members.encode(value, walk) } : mismatch(),
        decode: ({ M }, walk) => M === undefined ? mismatch() : members.decode(M, walk)
      }
    }
  }
}

const either = (types: ReadonlyArray<WireType>, shape: Shape, codecs: Codecs): Codec => {
  const members: { readonly [type: string]: Codec } = Object.fromEntries(
    types.map((type) => [type, one(type, shape, codecs)])
  )
  return {
    encode: (value, walk) =>
      isEmptySet(value) && isSet(shape)
        ? undefined
        : (members[typeOf(value) ?? ""] ?? mismatch()).encode(value, walk),
    decode: (value, walk) => {
      for (const type of types) if (value[type] !== undefined) return members[type]?.decode(value, walk)
      return mismatch()
    }
  }
}

const compressed = (inner: Codec, how: NonNullable<Opaque["compressed"]>): Codec => ({
  encode: (value, walk) => {
    const encoded = inner.encode(value, walk)
    if (encoded === undefined) return isEmptySet(value) ? refuse(emptySet) : undefined
    const small = compression.compress(encoded, how.algorithm ?? "gzip")
    return Either.isRight(small) ? { B: small.right } : refuse(small.left)
  },
  decode: ({ B }, walk) => {
    if (B === undefined) return mismatch()
    const inflated = compression.decompress(B)
    return Either.isRight(inflated) ? inner.decode(inflated.right, walk) : refuse(inflated.left)
  }
})

/** The codecs of one schema: each shape has one, made when it is first met, since it may contain itself. */
class Codecs {
  readonly #known = new Map<Shape, Codec>()
  readonly #places = new Map<Shape, Place>()

  readonly of = (lazy: Lazy): Codec => {
    const shape = lazy.get()
    const known = this.#known.get(shape)
    if (known !== undefined) return known
    // met again before it is made: it contains itself
    const later = { codec: never }
    this.#known.set(shape, {
      encode: (value, walk) => later.codec.encode(value, walk),
      decode: (value, walk) => later.codec.decode(value, walk)
    })
    const made = this.#make(shape)
    later.codec = made
    this.#known.set(shape, made)
    return made
  }

  place(shape: Shape): Place | undefined {
    const { opaque } = shape
    if (opaque === undefined || (opaque.how.sealed ?? opaque.how.offloaded) === undefined) return undefined
    const known = this.#places.get(shape)
    if (known !== undefined) return known
    const inner = this.of(opaque.inner)
    const types = wireTypes(opaque.inner.get())
    const place: Place = {
      how: opaque.how,
      inner: opaque.how.compressed === undefined ? inner : compressed(inner, opaque.how.compressed),
      type: opaque.how.compressed !== undefined ? "B" : types.length === 1 ? types[0] : undefined
    }
    this.#places.set(shape, place)
    return place
  }

  #make(shape: Shape): Codec {
    const types = wireTypes(shape)
    const only = types[0]
    const { opaque } = shape
    if (opaque !== undefined) {
      // in clear beside it: nothing but null
      const plain = this.place(shape)?.inner ?? this.#compressedOnly(opaque.inner, opaque.how)
      if (!shape.NULL) return plain
      const nullInside = opaque.inner.get().NULL
      return {
        encode: (value, walk) => value === null && !nullInside ? { NULL: true } : plain.encode(value, walk),
        decode: (value, walk) => value.NULL === true && !nullInside ? null : plain.decode(value, walk)
      }
    }
    return types.length === 1 && only !== undefined ? one(only, shape, this) : either(types, shape, this)
  }

  #compressedOnly(inner: Lazy, how: Opaque): Codec {
    const codec = this.of(inner)
    return how.compressed === undefined ? codec : compressed(codec, how.compressed)
  }
}
