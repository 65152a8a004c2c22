/**
 * Conditions and actions as a program builds them: each holds its operands, on their way through the attribute's schema, and how the tree
 * of DynamoDB's expression is made of them once they are in wire form.
 */
import { type SerializationException, ValidationException } from "@armature/aws/Exceptions"
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Wire from "@armature/dynamodb/Expression"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as codec from "./codec.js"
import { failure } from "./codecFailure.js"
import { emptySet } from "./codecWire.js"

export const TypeId: unique symbol = Symbol.for("@armature/model/Expression")

/** A value on its way through its attribute's schema, with what of it is still to be sealed or stored. */
export type Operand = Effect.Effect<codec.Operand, SerializationException, unknown>

export type WirePath = readonly [string, ...ReadonlyArray<string | number>]

type Values = ReadonlyArray<AttributeValue>

/** Whether an object is one of ours. */
const kindOf = (u: unknown): unknown => typeof u === "object" && u !== null && TypeId in u ? u[TypeId] : undefined

const plain = (value: AttributeValue): Operand => Either.right({ path: [], value, pending: [] })

// ---------------------------------------------------------------------------------------------------------------- conditions

/** A condition: `make` takes its operands from `from` on. */
export class Condition {
  readonly [TypeId] = "Condition"
  constructor(
    readonly operands: ReadonlyArray<Operand>,
    readonly make: (values: Values, from: number) => Wire.Condition
  ) {}

  private joined(
    that: Condition,
    by: (...both: readonly [Wire.Condition, Wire.Condition]) => Wire.Condition
  ): Condition {
    const left = this.operands.length
    return new Condition(
      [...this.operands, ...that.operands],
      (values, from) => by(this.make(values, from), that.make(values, from + left))
    )
  }

  and(that: Condition): Condition {
    return this.joined(that, Wire.and)
  }

  or(that: Condition): Condition {
    return this.joined(that, Wire.or)
  }

  get not(): Condition {
    return new Condition(this.operands, (values, from) => Wire.not(this.make(values, from)))
  }
}

export const isCondition = (u: unknown): u is Condition => kindOf(u) === "Condition"

/** Text of a program's own. */
export interface Raw {
  readonly text: string
  readonly names: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, unknown>>
}

export const isRaw = (u: unknown): u is Raw => kindOf(u) === "RawCondition"

const fixed = (condition: Wire.Condition): Condition => new Condition([], () => condition)

// ---------------------------------------------------------------------------------------------------------------- terms

const operandsOf: unique symbol = Symbol("operands")
const termOf: unique symbol = Symbol("term")

/** What stands on the right of a comparison or of `set`: it takes its operands from `from` on. */
export class Term {
  readonly [TypeId]: string = "Term"
  // by symbols: a path has the names of a struct's members
  readonly [operandsOf]: ReadonlyArray<Operand>
  readonly [termOf]: (values: Values, from: number) => unknown
  constructor(operands: ReadonlyArray<Operand>, term: (values: Values, from: number) => unknown) {
    this[operandsOf] = operands
    this[termOf] = term
  }
}

const isTerm = (u: unknown): u is Term => {
  const kind = kindOf(u)
  return kind === "Term" || kind === "Path"
}

const at = (values: Values, i: number): AttributeValue => {
  const value = values[i]
  // one for each operand, which is how `resolve` makes them
  if (value === undefined) throw new Error("an operand is missing")
  return value
}

const toTerm = (value: unknown, encode: (value: unknown) => Operand): Term => {
  if (!isTerm(value)) return new Term([encode(value)], (values, from) => Wire.attributeValue(at(values, from)))
  // a path that there is none of is told here, and not where the request is made
  if (value[operandsOf].length === 0) value[termOf]([], 0)
  return value
}

const compare = (
  left: Wire.Path | Wire.ConditionOperand,
  by: (left: Wire.Path | Wire.ConditionOperand, right: unknown) => Wire.Condition,
  value: unknown,
  encode: (value: unknown) => Operand
): Condition => {
  const right = toTerm(value, encode)
  return new Condition(right[operandsOf], (values, from) => by(left, right[termOf](values, from)))
}

const several = (
  operands: ReadonlyArray<Operand>,
  make: (values: readonly [unknown, ...ReadonlyArray<unknown>]) => Wire.Condition
): Condition =>
  new Condition(operands, (values, from) => {
    const [first, ...rest] = operands.map((_, i) => Wire.attributeValue(at(values, from + i)))
    return make([first, ...rest])
  })

const ordered = (left: Wire.Path | Wire.ConditionOperand, encode: (value: unknown) => Operand) => ({
  eq: (value: unknown) => compare(left, Wire.eq, value, encode),
  ne: (value: unknown) => compare(left, Wire.ne, value, encode),
  lt: (value: unknown) => compare(left, Wire.lt, value, encode),
  lte: (value: unknown) => compare(left, Wire.le, value, encode),
  gt: (value: unknown) => compare(left, Wire.gt, value, encode),
  gte: (value: unknown) => compare(left, Wire.ge, value, encode),
  between: (low: unknown, high: unknown) =>
    several([encode(low), encode(high)], ([first, second]) => Wire.between(left, first, second))
})

// ---------------------------------------------------------------------------------------------------------------- actions

/** One change of an update. */
export class Action {
  readonly [TypeId] = "Action"
  constructor(
    /** The attribute in the program, and whether all of it is set, to a value that is known, or taken away. */
    readonly root: string,
    readonly whole: boolean,
    /** Whether doing it twice is doing it once. */
    readonly constant: boolean,
    readonly path: WirePath,
    readonly operands: ReadonlyArray<Operand>,
    readonly make: (values: Values, from: number) => Wire.Action,
    /** Whether there is something after it where nothing was. */
    readonly makes: boolean
  ) {}
}

export const isAction = (u: unknown): u is Action => kindOf(u) === "Action"

// ---------------------------------------------------------------------------------------------------------------- paths

/** What a path needs of its attribute. */
export interface PathCodec {
  readonly stored: WirePath
  /** What can stand here, by DynamoDB's types. */
  readonly wireTypes: ReadonlyArray<string>
  /** A set that is empty where nothing is stored. */
  readonly set: boolean
  /** Of the members of a struct. */
  readonly names: ReadonlyArray<string>
  readonly encode: (value: unknown) => Operand
  /** Of a value that is compared, or added, and not stored. */
  readonly encodeCompared: (value: unknown) => Operand
}

/** The codec of a path in the program's names. */
export type Lookup = (path: ReadonlyArray<string | number>) => PathCodec

const number = (value: unknown): Operand => plain({ N: String(value) })

const textOrBytes = (value: unknown): Operand =>
  plain(value instanceof Uint8Array ? { B: value } : { S: String(value) })

/** The empty set of a set that is always there, which is the absent attribute. */
const isEmptySet = (value: AttributeValue): boolean => value.SS?.length === 0

/** Of what cannot be the absent attribute. */
const filled = (operand: Operand): Operand => {
  const check = (one: codec.Operand) =>
    one.value !== undefined && isEmptySet(one.value) ? Either.left(failure(one.path, emptySet)) : Either.right(one)
  // an Either that is an operand's effect; without a fiber where there is nothing to wait for
  return Either.isEither(operand)
    ? Either.flatMap(operand as Either.Either<codec.Operand, SerializationException>, check)
    : Effect.flatMap(operand, check)
}

/** A member of a set, out of a set of it alone. */
const memberOf = (operand: codec.Operand): codec.Operand => {
  const { BS, NS, SS } = operand.value ?? {}
  if (SS?.[0] !== undefined) return { ...operand, value: { S: SS[0] } }
  if (NS?.[0] !== undefined) return { ...operand, value: { N: NS[0] } }
  return BS?.[0] === undefined ? operand : { ...operand, value: { B: BS[0] } }
}

export class Size extends Term {
  override readonly [TypeId] = "Path"
  readonly eq
  readonly ne
  readonly lt
  readonly lte
  readonly gt
  readonly gte
  readonly between
  /** `absent`: where nothing is stored, the size is 0; DynamoDB has none there. */
  constructor(path: WirePath, absent: boolean) {
    const size = Wire.size(path)
    super([], () => size)
    const by = ordered(size, number)
    const missing = fixed(Wire.attributeNotExists(path))
    const one = (by: (value: unknown) => Condition, isOfZero: (n: number) => boolean) => (value: unknown) =>
      absent && typeof value === "number" && isOfZero(value) ? missing.or(by(value)) : by(value)
    this.eq = one(by.eq, (n) => n === 0)
    this.ne = one(by.ne, (n) => n !== 0)
    this.lt = one(by.lt, (n) => 0 < n)
    this.lte = one(by.lte, (n) => 0 <= n)
    this.gt = one(by.gt, (n) => 0 > n)
    this.gte = one(by.gte, (n) => 0 >= n)
    this.between = (low: number, high: number) =>
      absent && low <= 0 && 0 <= high ? missing.or(by.between(low, high)) : by.between(low, high)
  }
}

/**
 * A path, with every operator there is; the types show those that what is stored has. Members of structs are properties: a path is
 * wrapped so that a name which is no operator's leads further in.
 */
export class Path extends Term {
  override readonly [TypeId] = "Path"
  readonly #lookup: Lookup
  #known: PathCodec | undefined
  #by: ReturnType<typeof ordered> | undefined
  constructor(lookup: Lookup, readonly path: readonly [string, ...ReadonlyArray<string | number>]) {
    super([], () => Wire.path(...this.#codec.stored))
    this.#lookup = lookup
  }

  get #codec(): PathCodec {
    return this.#known ??= this.#lookup(this.path)
  }

  /** Of what is stored. */
  readonly #encode = (value: unknown): Operand => filled(this.#codec.encode(value))

  /** Of what is compared, or added. */
  readonly #compared = (value: unknown): Operand => filled(this.#codec.encodeCompared(value))

  get #order(): ReturnType<typeof ordered> {
    return this.#by ??= ordered(this.#codec.stored, this.#compared)
  }

  /** A comparison for equality with one value, of which the empty set is no value. */
  #equal(value: unknown, empty: Wire.Condition, by: typeof Wire.eq | typeof Wire.ne): Condition {
    const { encodeCompared, stored } = this.#codec
    return new Condition([encodeCompared(value)], (values, from) => {
      const one = at(values, from)
      return isEmptySet(one) ? empty : by(stored, Wire.attributeValue(one))
    })
  }

  #action(
    constant: boolean,
    operands: ReadonlyArray<Operand>,
    make: Action["make"],
    { makes = true, whole = false }: { readonly makes?: boolean; readonly whole?: boolean } = {}
  ): Action {
    const { stored } = this.#codec
    return new Action(this.path[0], whole && this.path.length === 1, constant, stored, operands, make, makes)
  }

  static hasMember(path: Path, name: string): boolean {
    return path.#codec.names.includes(name)
  }

  at(step: string | number): Path {
    return wrapped(this.#lookup, [...this.path, step])
  }

  get exists(): Condition {
    return fixed(Wire.attributeExists(this.#codec.stored))
  }
  get missing(): Condition {
    return fixed(Wire.attributeNotExists(this.#codec.stored))
  }
  hasType(type: "S" | "N" | "B" | "BOOL" | "NULL" | "M" | "L" | "SS" | "NS" | "BS"): Condition {
    return fixed(Wire.attributeType(this.#codec.stored, type))
  }
  eq(value: unknown): Condition {
    return this.#codec.set && !isTerm(value)
      ? this.#equal(value, Wire.attributeNotExists(this.#codec.stored), Wire.eq)
      : this.#order.eq(value)
  }
  ne(value: unknown): Condition {
    return this.#codec.set && !isTerm(value)
      ? this.#equal(value, Wire.attributeExists(this.#codec.stored), Wire.ne)
      : this.#order.ne(value)
  }
  lt(value: unknown): Condition {
    return this.#order.lt(value)
  }
  lte(value: unknown): Condition {
    return this.#order.lte(value)
  }
  gt(value: unknown): Condition {
    return this.#order.gt(value)
  }
  gte(value: unknown): Condition {
    return this.#order.gte(value)
  }
  between(low: unknown, high: unknown): Condition {
    return this.#order.between(low, high)
  }
  in(values: ReadonlyArray<unknown>): Condition {
    if (this.#codec.set) {
      const [first, ...more] = values.map((value) => this.eq(value))
      return more.reduce((left, right) => left.or(right), first ?? this.missing.and(this.exists))
    }
    return several(values.map(this.#compared), (members) => Wire.in(this.#codec.stored, members))
  }
  get size(): Size {
    return new Size(this.#codec.stored, this.#codec.set)
  }
  beginsWith(value: unknown): Condition {
    return several([textOrBytes(value)], ([prefix]) => Wire.beginsWith(this.#codec.stored, prefix))
  }
  contains(value: unknown): Condition {
    const { stored, wireTypes } = this.#codec
    const part = wireTypes.includes("L")
      ? new Path(this.#lookup, [...this.path, 0]).#compared(value)
      : wireTypes.includes("SS") || wireTypes.includes("NS") || wireTypes.includes("BS")
      ? Effect.map(this.#compared(new Set([value])), memberOf)
      : textOrBytes(value)
    return several([part], ([member]) => Wire.contains(stored, member))
  }

  set(value: unknown): Action {
    const to = toTerm(value, this.#codec.encode)
    return this.#action(
      !isTerm(value),
      to[operandsOf],
      (values, from) =>
        !isTerm(value) && isEmptySet(at(values, from))
          ? Wire.remove(this.#codec.stored)
          : Wire.set(this.#codec.stored, to[termOf](values, from)),
      { whole: !isTerm(value) }
    )
  }
  setIfMissing(value: unknown): Action {
    const to = this.ifMissing(value)
    return this.#action(false, to[operandsOf], (values, from) => Wire.set(this.#codec.stored, to[termOf](values, from)))
  }
  ifMissing(value: unknown): Term {
    return new Term(
      [this.#encode(value)],
      (values, from) => Wire.ifNotExists(this.#codec.stored, Wire.attributeValue(at(values, from)))
    )
  }
  plus(value: unknown): Term {
    const right = toTerm(value, this.#compared)
    return new Term(right[operandsOf], (values, from) => Wire.plus(this.#codec.stored, right[termOf](values, from)))
  }
  minus(value: unknown): Term {
    const right = toTerm(value, this.#compared)
    return new Term(right[operandsOf], (values, from) => Wire.minus(this.#codec.stored, right[termOf](values, from)))
  }
  get remove(): Action {
    // of a list the second removal takes the next element
    const constant = typeof this.path[this.path.length - 1] === "string"
    return this.#action(constant, [], () => Wire.remove(this.#codec.stored), { makes: false, whole: true })
  }
  add(value: unknown): Action {
    return this.#action(
      false,
      // what is added to a set is stored as it is, an amount is not
      [this.#codec.wireTypes.includes("N") ? this.#compared(value) : this.#encode(value)],
      (values, from) => Wire.add(this.#codec.stored, Wire.attributeValue(at(values, from)))
    )
  }
  delete(members: unknown): Action {
    return this.#action(
      false,
      [this.#compared(members)],
      (values, from) => Wire.delete(this.#codec.stored, Wire.attributeValue(at(values, from))),
      { makes: false }
    )
  }
  append(values: unknown): Action {
    return this.#action(
      false,
      [this.#encode(values)],
      (values, from) =>
        Wire.set(
          this.#codec.stored,
          Wire.listAppend(this.#codec.stored, Wire.attributeValue(at(values, from)))
        )
    )
  }
  prepend(values: unknown): Action {
    return this.#action(
      false,
      [this.#encode(values)],
      (values, from) =>
        Wire.set(
          this.#codec.stored,
          Wire.listAppend(Wire.attributeValue(at(values, from)), Wire.path(...this.#codec.stored))
        )
    )
  }
}

/** What a path of a struct has, beside its members: those of these names are reached by `at`. */
const reserved: ReadonlySet<string> = new Set([
  "exists",
  "missing",
  "hasType",
  "eq",
  "ne",
  "in",
  "set",
  "setIfMissing",
  "ifMissing",
  "path",
  "at",
  "size",
  "remove"
])

const handler: ProxyHandler<Path> = {
  get: (path, name) => {
    if (typeof name === "symbol" || (name in path && (reserved.has(name) || !Path.hasMember(path, name)))) {
      const own: unknown = Reflect.get(path, name, path)
      return typeof own === "function" ? own.bind(path) : own
    }
    return path.at(name)
  }
}

const wrapped = (lookup: Lookup, path: readonly [string, ...ReadonlyArray<string | number>]): Path =>
  new Proxy(new Path(lookup, path), handler)

/** Thrown where a program asks for a path that there is none of, and caught where its function is called. */
export class NoPath {
  constructor(readonly reason: string) {}
}

/** What a program's function makes of an entity's paths. */
export const made = <P, A>(paths: P, f: (paths: P) => A): Either.Either<A, ValidationException> => {
  try {
    return Either.right(f(paths))
  } catch (e) {
    if (!(e instanceof NoPath)) throw e
    return Either.left(new ValidationException({ reason: e.reason }))
  }
}

/** The paths of an entity, each made when it is first asked for, and kept; `keyOnly` are those that there are none of. */
export const root = (
  names: ReadonlyArray<string>,
  keyOnly: ReadonlySet<string>,
  lookup: Lookup
): Readonly<Record<string, Path>> => {
  const paths: Record<string, Path> = {}
  for (const name of names) {
    let path: Path | undefined
    const get = keyOnly.has(name)
      ? () => {
        throw new NoPath(`${name} is stored in the key alone (storeKeyAttributes is false): no expression can read it`)
      }
      : () => path ??= wrapped(lookup, [name])
    Object.defineProperty(paths, name, { enumerable: true, get })
  }
  return paths
}
