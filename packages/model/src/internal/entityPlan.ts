/**
 * An entity compiled, once: where its attributes and keys stand in the table, what fills itself, and how a key is written and read. What
 * is built over entities (batches, transactions, collections, streams) takes it from here.
 */
import { SerializationException } from "@armature/aws/Exceptions"
import type { AttributeValue, ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import type { Item } from "@armature/dynamodb/Item"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import type * as Table from "../Table.js"
import type { Evolve, Hooks } from "./around.js"
import { atOnce, chain } from "./atOnce.js"
import type { Facts } from "./behaviours.js"
import { type Attribute, compile as compileCodec, type ItemCodec, type Operand, type PathCodec } from "./codec.js"
import { NoPath, type Path, root } from "./condition.js"
import type { Plan as KeyPlan } from "./key.js"
import * as keyCodec from "./keyCodec.js"
import { discriminator } from "./table.js"

export { discriminator } from "./table.js"

/** Beside the version: 16 random bytes of the write that made it. */
export const writeId = "__write"

/** One side of a key: the attribute of the table, and what it is made of. */
export interface Side {
  readonly attribute: string
  readonly key: KeyPlan
  /** The names of its parts in the program and as they are stored, in order. */
  readonly parts: ReadonlyArray<{ readonly name: string; readonly stored: string; readonly numeric: boolean }>
}

/** The primary key, or an index. */
export interface KeysPlan {
  /** The name that the entity has for it. */
  readonly name: string
  /** The index's name in the table; undefined for the table itself. */
  readonly index: string | undefined
  /** Its keys are the entity's own attributes, one by one. */
  readonly own: boolean
  readonly global: boolean
  readonly pk: ReadonlyArray<Side>
  readonly sk: ReadonlyArray<Side>
  /** `pk` and `sk`. */
  readonly all: ReadonlyArray<Side>
  /** The parts of all, by the program's names, each once. */
  readonly partNames: ReadonlyArray<string>
}

/** What operations themselves take from an item or put into it; each by its attribute. */
export interface FilledPlan {
  readonly version: Attribute | undefined
  readonly updatedAt: Attribute | undefined
  readonly timeToLive: Attribute | undefined
}

export interface EntityPlan<in out A> {
  readonly name: string
  readonly table: Table.Any
  readonly schema: Schema.Schema.All
  readonly codec: ItemCodec<A, unknown>
  /** By the program's names. */
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly primary: KeysPlan
  readonly secondary: ReadonlyArray<KeysPlan>
  readonly filled: FilledPlan
  /** Whether anything in it is sealed or offloaded. */
  readonly bound: boolean
  readonly offloaded: boolean
  readonly maxSize: number | undefined
  /** The parts of the primary key that go into the KMS encryption context. */
  readonly context: ReadonlyArray<Side["parts"][number]>
  /** What stands in the primary key alone: the program's names. */
  readonly keyOnly: ReadonlySet<string>
  readonly paths: Readonly<Record<string, Path>>
  /** The codec of a path in the program's names. */
  readonly at: (path: ReadonlyArray<string | number>) => PathCodec<unknown>
  readonly hooks?: Hooks | undefined
  /** Decodes items of earlier schemas. */
  readonly evolve?: Evolve | undefined
}

/** A fault of the program's text: thrown where the entity is made. */
export const refuse = (entity: string, problem: string): never => {
  throw new Error(`the entity ${entity} cannot be made: ${problem}`)
}

// ---------------------------------------------------------------------------------------------------------------- keys

/** A part's value in wire form, as a key is written with it. */
const partOf = (value: ReadonlyAttributeValue | undefined): string | undefined => value?.S ?? value?.N

/** Faults are told by the program's name of the part. */
const faulty = (fault: keyCodec.KeyFault): SerializationException =>
  new SerializationException({ path: fault.attribute === undefined ? [] : [fault.attribute], reason: fault.reason })

/** One side of a key out of its parts in wire form; undefined where one is missing. */
export const writeSide = (
  side: Side,
  get: (part: Side["parts"][number]) => ReadonlyAttributeValue | undefined
): Either.Either<AttributeValue | undefined, SerializationException> => {
  const { key, parts } = side
  if (key._tag === "Attribute") {
    const [part] = parts
    const value = part === undefined ? undefined : get(part)
    return value === undefined || value.S !== undefined || value.N !== undefined || value.B !== undefined
      // S, N and B are alike whether they are readonly or not
      ? Either.right(value as AttributeValue | undefined)
      : Either.left(faulty({ attribute: part?.name, reason: "is no text, number or binary, as the value of a key is" }))
  }
  const written = keyCodec.encode(key, (name) => {
    for (const part of parts) if (part.name === name) return partOf(get(part))
    return undefined
  })
  if (Either.isLeft(written)) return Either.left(faulty(written.left))
  return Either.right(written.right === undefined ? undefined : { S: written.right })
}

/** What is left out of an item since its key says it, filled in from there. */
const readSide = (side: Side, item: Readonly<Record<string, ReadonlyAttributeValue>>, into: Item): void => {
  const { key, parts } = side
  const text = item[side.attribute]?.S
  if (key._tag === "Attribute" || text === undefined || parts.every((part) => part.stored in item)) return
  const decoded = keyCodec.decode(key, text)
  if (Either.isLeft(decoded)) return
  for (const { name, numeric, stored } of parts) {
    const part = decoded.right[name]
    if (part !== undefined && !(stored in item)) into[stored] = numeric ? { N: part } : { S: part }
  }
}

const missing = (name: string): SerializationException =>
  new SerializationException({ path: [name], reason: "is missing, and the primary key is made of it" })

/** A key in wire form out of parts in wire form, all of which are there. */
const writeWhole = (
  keys: KeysPlan,
  get: (part: Side["parts"][number]) => ReadonlyAttributeValue | undefined
): Either.Either<Item, SerializationException> => {
  const item: Item = {}
  for (const side of keys.all) {
    const written = writeSide(side, get)
    if (Either.isLeft(written)) return Either.left(written.left)
    if (written.right === undefined) {
      return Either.left(missing(side.parts.find((part) => get(part) === undefined)?.name ?? side.attribute))
    }
    item[side.attribute] = written.right
  }
  return Either.right(item)
}

/** All keys of an item, out of its attributes; an index is left out where one of its parts is. */
export const keysOfItem = (plan: EntityPlan<never>, item: Item): Either.Either<Item, SerializationException> =>
  Either.flatMap(writeWhole(plan.primary, (part) => item[part.stored]), (keys) => {
    for (const index of plan.secondary) {
      if (index.own) continue
      for (const side of index.all) {
        const written = writeSide(side, (part) => item[part.stored])
        if (Either.isLeft(written)) return Either.left(written.left)
        if (written.right !== undefined) keys[side.attribute] = written.right
      }
    }
    return Either.right(keys)
  })

/** Some attributes of the program in wire form, by their names in the program. */
export const encodeAttributes = (
  plan: EntityPlan<never>,
  names: Iterable<string>,
  values: Readonly<Record<string, unknown>>
): Effect.Effect<ReadonlyMap<string, AttributeValue>, SerializationException, unknown> => {
  const encoded = new Map<string, AttributeValue>()
  const rest = names[Symbol.iterator]()
  const add = (name: string, { value }: Operand) => {
    if (value !== undefined) encoded.set(name, value)
  }
  const next = (): Effect.Effect<ReadonlyMap<string, AttributeValue>, SerializationException, unknown> => {
    for (let one = rest.next(); one.done !== true; one = rest.next()) {
      const name = one.value
      const value = values[name]
      if (value === undefined) continue
      const operand = plan.at([name]).encode(value)
      const known = atOnce(operand)
      if (known === undefined) {
        return Effect.flatMap(operand, (later) => {
          add(name, later)
          return next()
        })
      }
      if (Either.isLeft(known)) return Either.left(known.left)
      add(name, known.right)
    }
    return Either.right(encoded)
  }
  return next()
}

/** A primary key in wire form, and its parts by the program's names. */
export interface PrimaryKey {
  readonly key: Item
  readonly parts: ReadonlyMap<string, AttributeValue>
}

/** The primary key in wire form, out of the program's. */
export const primaryKey = (
  plan: EntityPlan<never>,
  key: Readonly<Record<string, unknown>>
): Effect.Effect<PrimaryKey, SerializationException, unknown> =>
  chain(
    encodeAttributes(plan, plan.primary.partNames, key),
    (parts) => Either.map(writeWhole(plan.primary, (part) => parts.get(part.name)), (key) => ({ key, parts }))
  )

// ---------------------------------------------------------------------------------------------------------------- items

/** The primary key of an item, as it stands there. */
export const primaryOf = (
  plan: EntityPlan<never>,
  item: Readonly<Record<string, ReadonlyAttributeValue>>
): Item => {
  const key: Item = {}
  for (const { attribute } of plan.primary.all) {
    const value = item[attribute]
    // of a key, S, N or B: alike whether readonly or not
    if (value !== undefined) key[attribute] = value as AttributeValue
  }
  return key
}

/** The item with what its keys say of it. */
export const completed = (
  plan: EntityPlan<never>,
  item: Readonly<Record<string, ReadonlyAttributeValue>>
): Readonly<Record<string, ReadonlyAttributeValue>> => {
  const found: Item = {}
  for (const side of plan.primary.all) readSide(side, item, found)
  for (const _ in found) return { ...item, ...found }
  return item
}

/** Takes out of an item what its primary key says, and says exactly. */
export const withoutKeyAttributes = (plan: EntityPlan<never>, item: Item): Item => {
  if (plan.keyOnly.size === 0) return item
  const rest = { ...item }
  for (const { attribute, key, parts } of plan.primary.all) {
    const text = item[attribute]?.S
    if (key._tag === "Attribute" || text === undefined) continue
    const decoded = keyCodec.decode(key, text)
    if (Either.isLeft(decoded)) continue
    for (const { name, numeric, stored } of parts) {
      const part = decoded.right[name]
      const value = item[stored]
      if (plan.keyOnly.has(name) && part !== undefined && part === (numeric ? value?.N : value?.S)) delete rest[stored]
    }
  }
  return rest
}

/** Whether an item is another entity's. One that does not say is ours: a table may be older than its entities. */
export const isForeign = (plan: EntityPlan<never>, item: Readonly<Record<string, ReadonlyAttributeValue>>): boolean =>
  item[discriminator]?.S !== undefined && item[discriminator].S !== plan.name

/** What sealed and stored values of an item are bound to; `get` gives the parts of its primary key. */
export const factsOf = (
  plan: EntityPlan<never>,
  physicalTable: string,
  key: Readonly<Record<string, ReadonlyAttributeValue>>,
  get: (part: Side["parts"][number]) => ReadonlyAttributeValue | undefined,
  reread?: Facts["reread"]
): Facts => {
  const [pk] = plan.primary.pk
  const [sk] = plan.primary.sk
  return {
    table: plan.table.logicalName,
    physicalTable,
    partitionKey: keyValue(pk === undefined ? undefined : key[pk.attribute]),
    sortKey: sk === undefined ? undefined : keyValue(key[sk.attribute]),
    context: Object.fromEntries(plan.context.map((part) => [part.name, partOf(get(part)) ?? ""])),
    reread
  }
}

const keyValue = (value: ReadonlyAttributeValue | undefined): Facts["partitionKey"] =>
  value?.N !== undefined ? { N: value.N } : value?.B !== undefined ? { B: value.B } : { S: value?.S ?? "" }

// ---------------------------------------------------------------------------------------------------------------- compiling

const keysPlan = (plan: Omit<KeysPlan, "all" | "partNames">): KeysPlan => {
  const all = [...plan.pk, ...plan.sk]
  return { ...plan, all, partNames: [...new Set(all.flatMap((side) => side.parts.map((part) => part.name)))] }
}

interface KeyDeclared {
  readonly plan: KeyPlan
  readonly parts: ReadonlyArray<string>
  readonly problem: string | undefined
}

export interface Declared {
  readonly index?: string | undefined
  readonly pk?: KeyDeclared | undefined
  readonly sk?: KeyDeclared | undefined
}

export interface Options {
  readonly name?: string | undefined
  readonly maxSize?: number | undefined
  readonly context?: ReadonlyArray<string> | undefined
  readonly storeKeyAttributes?: boolean | undefined
}

const identifierOf = (schema: Schema.Schema.All): string | undefined => {
  const named: { readonly identifier?: unknown } = Object.assign(Object.create(null), {
    identifier: Reflect.get(schema, "identifier")
  })
  return typeof named.identifier === "string" ? named.identifier : undefined
}

/** Compiles an entity; throws where it cannot be. */
export const compile = <A>(
  table: Table.Any,
  schema: Schema.Schema.All,
  keys: Readonly<Record<string, Declared>>,
  options: Options
): EntityPlan<A> => {
  const name = options.name ?? identifierOf(schema) ??
    refuse("without a name", "the schema has no identifier; give the option `name`")
  // the type of the schema is what Entity.make declares
  const compiled = compileCodec(schema as Schema.Schema<A, unknown, unknown>)
  if (Either.isLeft(compiled)) {
    const { path, problem } = compiled.left
    return refuse(name, `the attribute at ${path.join(".")} ${problem}`)
  }
  const codec = compiled.right
  const attributes = new Map(codec.attributes.map((attribute) => [attribute.name, attribute]))
  const own = new Set(codec.attributes.map((attribute) => attribute.stored))
  for (const reserved of [discriminator, writeId]) {
    if (own.has(reserved)) refuse(name, `the attribute ${reserved} is Armature's own`)
  }

  const part = (of: string) => {
    const attribute = attributes.get(of) ?? refuse(name, `a key is made of ${of}, which is no attribute`)
    if (attribute.opaque !== undefined) refuse(name, `a key is made of ${of}, which DynamoDB does not see`)
    return { name: of, stored: attribute.stored, numeric: attribute.wireTypes.every((type) => type === "N") }
  }
  const side = (attribute: string, key: KeyDeclared): Side => {
    if (key.problem !== undefined) refuse(name, `its key ${attribute}: ${key.problem}`)
    const { plan } = key
    const parts = key.parts.map(part)
    if (plan._tag === "Attribute" && parts[0]?.stored !== attribute) {
      refuse(name, `the key ${attribute} of the table is another attribute than ${parts[0]?.stored}`)
    }
    if (plan._tag === "Template" && own.has(attribute)) {
      refuse(name, `the attribute ${attribute} is a key of the table that is made of others`)
    }
    return { attribute, key: plan, parts }
  }
  const native = (attribute: string): Side => {
    const found = codec.attributes.find(({ stored }) => stored === attribute) ??
      refuse(name, `the key ${attribute} of an index is no attribute`)
    return { attribute, key: { _tag: "Attribute", attribute: found.name }, parts: [part(found.name)] }
  }
  const sides = (names: ReadonlyArray<string>, key: KeyDeclared | undefined, what: string): ReadonlyArray<Side> => {
    const [first, ...more] = names
    if (first === undefined) return key === undefined ? [] : refuse(name, `${what} has no such key`)
    return key === undefined || more.length > 0
      ? refuse(name, `${what} has a key of another shape`)
      : [side(first, key)]
  }

  const [primaryDeclared, ...others] = [
    ["primary", keys["primary"] ?? refuse(name, "it has no primary key")] as const,
    ...Object.entries(keys).filter(([entry]) => entry !== "primary")
  ]
  const tableKey = table.plan.key
  const primary = keysPlan({
    name: "primary",
    index: undefined,
    own: false,
    global: false,
    pk: sides(tableKey.partitionKey, primaryDeclared[1].pk, "the table"),
    sk: sides(tableKey.sortKey, primaryDeclared[1].sk, "the table")
  })
  const secondary = others.map(([entry, declared]): KeysPlan => {
    const index = declared.index ?? refuse(name, `${entry} names no index`)
    const indexed = table.plan.indexes[index] ?? refuse(name, `the table has no index ${index}`)
    const global = indexed.kind === "global"
    if (declared.pk === undefined && declared.sk === undefined) {
      return keysPlan({
        name: entry,
        index,
        own: true,
        global,
        pk: indexed.partitionKey.map(native),
        sk: indexed.sortKey.map(native)
      })
    }
    return keysPlan({
      name: entry,
      index,
      own: false,
      global,
      pk: declared.pk === undefined && !global
        ? primary.pk
        : sides(indexed.partitionKey, declared.pk, `the index ${index}`),
      sk: sides(indexed.sortKey, declared.sk, `the index ${index}`)
    })
  })

  for (const { all, index } of secondary) {
    const computed = all.flatMap((one) => one.parts).find((one) =>
      !primary.partNames.includes(one.name) &&
      attributes.get(one.name)?.filled.some(({ _tag }) => _tag === "computed") === true
    )
    if (computed !== undefined) {
      refuse(
        name,
        `a key of the index ${index} is made of ${computed.name}, which is computed: an update of what that is made of would leave it as it was`
      )
    }
  }

  const keyOnly = new Set(
    options.storeKeyAttributes !== false ? [] : primary.all
      .flatMap(({ key, parts }) => key._tag === "Template" ? parts.map((part) => part.name) : [])
      // DynamoDB itself reads the time of expiry, and what is a key of an index by itself
      .filter((of) =>
        attributes.get(of)?.stored !== table.plan.timeToLive &&
        !secondary.some(({ all }) => all.some(({ key, parts }) => key._tag === "Attribute" && parts[0]?.name === of))
      )
  )

  const filledBy = (tag: "version" | "updatedAt" | "timeToLive") =>
    codec.attributes.find(({ filled }) => filled.some((one) => one._tag === tag))
  const at = (path: ReadonlyArray<string | number>): PathCodec<unknown> => {
    const found = codec.at(path)
    if (Either.isRight(found)) return found.right
    // the names of a record's members are data
    throw new NoPath(`a path into ${path[0]} ${found.left.problem}`)
  }
  const known = new Map<string, PathCodec<unknown>>()
  const top = (path: ReadonlyArray<string | number>): PathCodec<unknown> => {
    const [first] = path
    if (path.length !== 1 || typeof first !== "string") return at(path)
    const before = known.get(first)
    if (before !== undefined) return before
    const made = at(path)
    known.set(first, made)
    return made
  }
  return {
    name,
    table,
    schema,
    codec,
    attributes,
    primary,
    secondary,
    filled: {
      version: filledBy("version"),
      updatedAt: filledBy("updatedAt"),
      timeToLive: filledBy("timeToLive")
    },
    bound: codec.attributes.some(({ offloaded, sealed }) => offloaded || sealed),
    offloaded: codec.attributes.some(({ offloaded }) => offloaded),
    maxSize: options.maxSize,
    context: (options.context ?? []).map((of) =>
      primary.all.flatMap((one) => one.parts).find((one) => one.name === of) ??
        refuse(name, `its context has ${of}, which is no part of the primary key`)
    ),
    keyOnly,
    paths: root([...attributes.keys()], keyOnly, (path) => {
      const codecOfPath = top(path)
      const [first, ...rest] = codecOfPath.stored
      return {
        stored: [String(first), ...rest],
        wireTypes: codecOfPath.wireTypes,
        set: codecOfPath.set,
        names: codecOfPath.names,
        encode: codecOfPath.encode,
        encodeCompared: codecOfPath.encodeCompared
      }
    }),
    at: top
  }
}
