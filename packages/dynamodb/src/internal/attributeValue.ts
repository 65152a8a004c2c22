/**
 * Native values to attribute values and back, in one pass that knows where it is, so that a failure can name the path.
 */
import { SerializationException } from "@armature/aws/Exceptions"
import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import * as BigDecimal from "effect/BigDecimal"
import * as Either from "effect/Either"
import type { Item } from "./items.js"
import * as number from "./number.js"
import { Unrepresentable } from "./number.js"

/** An attribute value to read: the SDK's, or one whose members are readonly. */
export interface ReadonlyAttributeValue {
  readonly S?: string | undefined
  readonly N?: string | undefined
  readonly B?: Uint8Array | undefined
  readonly BOOL?: boolean | undefined
  readonly NULL?: boolean | undefined
  readonly M?: Readonly<Record<string, ReadonlyAttributeValue>> | undefined
  readonly L?: ReadonlyArray<ReadonlyAttributeValue> | undefined
  readonly SS?: ReadonlyArray<string> | undefined
  readonly NS?: ReadonlyArray<string> | undefined
  readonly BS?: ReadonlyArray<Uint8Array> | undefined
}

export type AnyNumber = number | bigint | BigDecimal.BigDecimal

export type Native<N> =
  | string
  | N
  | boolean
  | null
  | Uint8Array
  | ReadonlySet<string>
  | ReadonlySet<N>
  | ReadonlySet<Uint8Array>
  | ReadonlyArray<Native<N>>
  | NativeItem<N>

export interface NativeItem<N> {
  readonly [name: string]: Native<N>
}

/** DynamoDB's limit: 32 levels, of which the item is the first. */
const maxNesting = 31

/** Where a walk through a value is. `base` is the level of the root: 0 for an item, 1 for a value of one. */
class Walk {
  readonly path: Array<string | number> = []
  inSet = false

  constructor(readonly base: 0 | 1) {}

  enter(): void {
    if (this.path.length + this.base > maxNesting) throw tooDeep
  }

  /** Runs a walk; whatever it throws (a getter or a proxy of the value, too) is a failure at the place that was reached. */
  run<A>(
    walk: () => A,
    whenTooDeep?: () => SerializationException | undefined
  ): Either.Either<A, SerializationException> {
    try {
      return Either.right(walk())
    } catch (thrown) {
      const reason = Unrepresentable.is(thrown) ? thrown.reason : "throws when it is read"
      return Either.left(
        (thrown === tooDeep ? whenTooDeep?.() : undefined) ?? new SerializationException({
          path: this.path,
          reason: this.inSet ? `is a set with a member that ${reason}` : reason
        })
      )
    }
  }
}

const tooDeep = new Unrepresentable(`is a list or map at more than ${maxNesting} levels, which DynamoDB cannot store`)

/** A cycle is found by its depth, so that values without one pay nothing: this is what tells one from what is only deep. */
const cycleIn = (root: unknown, path: ReadonlyArray<string | number>): SerializationException | undefined => {
  try {
    const passed: Array<unknown> = [root]
    let value = root
    for (let i = 0; i < path.length; i++) {
      const name: unknown = path[i]
      value = value instanceof Map ? value.get(name) : Reflect.get(Object(value), String(name))
      if (passed.includes(value)) {
        return new SerializationException({
          path: path.slice(0, i + 1),
          reason: "contains itself, which DynamoDB cannot store"
        })
      }
      passed.push(value)
    }
  } catch {
    // it reads otherwise than before: deep is what it was
  }
  return undefined
}

const refuse = (reason: string): never => {
  throw new Unrepresentable(reason)
}

const cannotStore = (what: string): never => refuse(`is ${what}, which DynamoDB cannot store`)

/** An attribute by any name; an assignment to `__proto__` would be lost. */
const put = <A>(to: Record<string, A>, name: string, value: A): void => {
  if (name === "__proto__") {
    Object.defineProperty(to, name, { value, writable: true, enumerable: true, configurable: true })
  } else to[name] = value
}

// ---------------------------------------------------------------------------------------------------------------- encoding

const loneSurrogate = /\p{Surrogate}/u

/** Whether a text can be stored: UTF-8 holds no lone surrogate, and would silently replace one. */
export const isWellFormed = (value: string): boolean => !loneSurrogate.test(value)

const text = (value: string): string =>
  isWellFormed(value) ? value : refuse("has a lone surrogate, which UTF-8 cannot hold")

/** Not a proxy, which the SDK could not read. */
const isBytes = (value: unknown): value is Uint8Array => ArrayBuffer.isView(value) && value instanceof Uint8Array

const isBigDecimal = (value: unknown): value is BigDecimal.BigDecimal =>
  BigDecimal.isBigDecimal(value) && typeof value.value === "bigint" && Number.isInteger(value.scale)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** An object that is nobody's instance: its prototype is `Object.prototype` (of whatever realm) or none. */
const isPlain = (value: object): value is Readonly<Record<string, unknown>> => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ||
    (typeof prototype === "object" && Object.getPrototypeOf(prototype) === null)
}

const encodeValue = (value: unknown, walk: Walk): AttributeValue => {
  switch (typeof value) {
    case "string":
      return { S: text(value) }
    case "number":
      return { N: number.ofNumber(value) }
    case "boolean":
      return { BOOL: value }
    case "bigint":
      return { N: number.ofBigInt(value) }
    case "object":
      return value === null ? { NULL: true } : encodeObject(value, walk)
    case "undefined":
      return cannotStore("undefined")
    default:
      return cannotStore(`a ${typeof value}`)
  }
}

const encodeObject = (value: object, walk: Walk): AttributeValue => {
  if (Array.isArray(value)) return { L: encodeList(value, walk) }
  if (isPlain(value)) return { M: encodeRecord(value, walk) }
  if (isBytes(value)) return { B: value }
  if (value instanceof Set) return encodeSet(value, walk)
  if (isBigDecimal(value)) return { N: number.ofBigDecimal(value) }
  if (value instanceof Map) return { M: encodeMap(value, walk) }
  return refuse("is an instance of a class; give an object without one")
}

const encodeList = (list: ReadonlyArray<unknown>, walk: Walk): Array<AttributeValue> => {
  walk.enter()
  const L: Array<AttributeValue> = []
  for (let i = 0; i < list.length; i++) {
    walk.path.push(i)
    L.push(encodeValue(list[i], walk))
    walk.path.pop()
  }
  return L
}

const encodeMember = (M: Item, name: string, value: unknown, walk: Walk): void => {
  if (value === undefined) return
  put(M, text(name), encodeValue(value, walk))
}

const encodeRecord = (record: Readonly<Record<string, unknown>>, walk: Walk): Item => {
  walk.enter()
  const M: Item = {}
  for (const name of Object.keys(record)) {
    walk.path.push(name)
    encodeMember(M, name, record[name], walk)
    walk.path.pop()
  }
  return M
}

const encodeMap = (map: ReadonlyMap<unknown, unknown>, walk: Walk): Item => {
  walk.enter()
  const M: Item = {}
  for (const [name, value] of map) {
    if (typeof name !== "string") return refuse("is a Map with a key that is no string")
    walk.path.push(name)
    encodeMember(M, name, value, walk)
    walk.path.pop()
  }
  return M
}

type SetType = "SS" | "NS" | "BS"

const setTypeOf = (value: unknown): SetType => {
  switch (typeof value) {
    case "string":
      return "SS"
    case "number":
    case "bigint":
      return "NS"
    default:
      return isBytes(value)
        ? "BS"
        : isBigDecimal(value)
        ? "NS"
        : refuse("is neither a string, a number nor binary")
  }
}

const emptySet = "is an empty set, which DynamoDB cannot store"

const encodeSet = (set: ReadonlySet<unknown>, walk: Walk): AttributeValue => {
  walk.inSet = true
  let type: SetType | undefined
  const texts = new Set<string>()
  const binaries = new Map<string, Uint8Array>()
  for (const value of set) {
    const own = setTypeOf(value)
    type ??= own
    if (own !== type) refuse("is of another type than those before it")
    if (typeof value === "string") texts.add(text(value))
    else if (typeof value === "number") texts.add(number.ofNumber(value))
    else if (typeof value === "bigint") texts.add(number.ofBigInt(value))
    else if (isBytes(value)) binaries.set(latin1(value), value)
    else if (isBigDecimal(value)) texts.add(number.ofBigDecimal(value))
  }
  walk.inSet = false
  switch (type) {
    case "SS":
      return { SS: [...texts] }
    case "NS":
      return { NS: [...texts] }
    case "BS":
      return { BS: [...binaries.values()] }
    case undefined:
      return refuse(emptySet)
  }
}

export const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")

export const encode = (value: unknown): Either.Either<AttributeValue, SerializationException> => {
  const walk = new Walk(1)
  return walk.run(() => encodeValue(value, walk), () => cycleIn(value, walk.path))
}

export const encodeItem = (value: unknown): Either.Either<Item, SerializationException> => {
  const walk = new Walk(0)
  return walk.run(() => {
    if (value instanceof Map) return encodeMap(value, walk)
    if (isObject(value) && isPlain(value)) return encodeRecord(value, walk)
    return refuse("is not an object of attributes")
  }, () => cycleIn(value, walk.path))
}

// ---------------------------------------------------------------------------------------------------------------- decoding

export interface NumberTypes {
  readonly number: number
  readonly bigint: bigint
  readonly BigDecimal: BigDecimal.BigDecimal
}

type ReadNumber<N> = (text: string) => N

const readers: { readonly [K in keyof NumberTypes]: ReadNumber<NumberTypes[K]> } = {
  number: number.toNumber,
  bigint: number.toBigInt,
  BigDecimal: number.toBigDecimal
}

const malformed = (): never => refuse("is not an attribute value")

const asText = (value: unknown): string => typeof value === "string" ? value : malformed()

const asBytes = (value: unknown): Uint8Array => value instanceof Uint8Array ? value : malformed()

const asSet = <A>(values: unknown, one: (value: unknown) => A): ReadonlySet<A> => {
  if (!Array.isArray(values)) return malformed()
  if (values.length === 0) return refuse(emptySet)
  return new Set(values.map(one))
}

const decodeValue = <N>(value: unknown, read: ReadNumber<N>, walk: Walk): Native<N> => {
  if (!isObject(value)) return malformed()
  let type: string | undefined
  let held: unknown
  for (const name in value) {
    const own = value[name]
    if (own === undefined) continue
    if (type !== undefined) return malformed()
    type = name
    held = own
  }
  switch (type) {
    case "S":
      return asText(held)
    case "N":
      return read(asText(held))
    case "BOOL":
      return typeof held === "boolean" ? held : malformed()
    case "NULL":
      return held === true ? null : malformed()
    case "M":
      return decodeRecord(held, read, walk)
    case "L":
      return decodeList(held, read, walk)
    case "B":
      return asBytes(held)
    case "SS":
      return asSet(held, asText)
    case "NS":
      return asSet(held, (text) => read(asText(text)))
    case "BS":
      return asSet(held, asBytes)
    default:
      return malformed()
  }
}

const decodeList = <N>(list: unknown, read: ReadNumber<N>, walk: Walk): ReadonlyArray<Native<N>> => {
  if (!Array.isArray(list)) return malformed()
  walk.enter()
  const out: Array<Native<N>> = []
  for (let i = 0; i < list.length; i++) {
    walk.path.push(i)
    out.push(decodeValue(list[i], read, walk))
    walk.path.pop()
  }
  return out
}

const decodeRecord = <N>(record: unknown, read: ReadNumber<N>, walk: Walk): NativeItem<N> => {
  if (!isObject(record)) return malformed()
  walk.enter()
  // a copy has all its members at once, where they would be added one by one to an empty object; `__proto__` is one of them
  const out: Record<string, unknown> = { ...record }
  for (const name in out) {
    walk.path.push(name)
    out[name] = decodeValue(out[name], read, walk)
    walk.path.pop()
  }
  // each member is a native value now
  return out as NativeItem<N>
}

export const decode = <K extends keyof NumberTypes>(
  value: unknown,
  numbers: K
): Either.Either<Native<NumberTypes[K]>, SerializationException> => {
  const walk = new Walk(1)
  return walk.run(() => decodeValue<NumberTypes[K]>(value, readers[numbers], walk))
}

export const decodeItem = <K extends keyof NumberTypes>(
  value: unknown,
  numbers: K
): Either.Either<NativeItem<NumberTypes[K]>, SerializationException> => {
  const walk = new Walk(0)
  return walk.run(() => decodeRecord<NumberTypes[K]>(value, readers[numbers], walk))
}

/** As `decodeItem`, but a number that the chosen type cannot hold becomes a `BigDecimal`: no stored item fails. */
export const decodeWhole = <K extends keyof NumberTypes>(
  value: unknown,
  numbers: K
): Either.Either<NativeItem<NumberTypes[K] | BigDecimal.BigDecimal>, SerializationException> => {
  const chosen: ReadNumber<NumberTypes[K]> = readers[numbers]
  const read = (text: string): NumberTypes[K] | BigDecimal.BigDecimal => {
    try {
      return chosen(text)
    } catch {
      return number.toBigDecimal(text)
    }
  }
  const walk = new Walk(0)
  return walk.run(() => decodeRecord<NumberTypes[K] | BigDecimal.BigDecimal>(value, read, walk))
}
