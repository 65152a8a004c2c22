/** Reading: an item in wire form as a value, and the operations that read one item. */
import { SerializationException } from "@armature/aws/Exceptions"
import type { ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import { DynamoDB } from "@armature/dynamodb/DynamoDB"
import * as Wire from "@armature/dynamodb/Expression"
import type { Item } from "@armature/dynamodb/Item"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ItemNotFoundException } from "../EntityException.js"
import type { ReadPlan } from "../Operation.js"
import { chain } from "./atOnce.js"
import type { Facts } from "./behaviours.js"
import * as behaviours from "./behaviours.js"
import { compile, type ItemCodec } from "./codec.js"
import { completed, discriminator, type EntityPlan, factsOf, isForeign, primaryKey, primaryOf } from "./entityPlan.js"
import { ReadOperation } from "./operation.js"

type AnyPlan = EntityPlan<never>
type ReadonlyItem = Readonly<Record<string, ReadonlyAttributeValue>>
type Key = Readonly<Record<string, unknown>>

/** Runs with the table's own name. */
export const withTable = <A, E, R>(
  plan: AnyPlan,
  f: (table: string) => Effect.Effect<A, E, R>
): Effect.Effect<A, unknown, R> =>
  plan.table.name === undefined ? Effect.flatMap(plan.table.physicalName, f) : f(plan.table.name)

/** The item as it stands, for a value in S3 that was replaced between the read of its item and its own. */
const rereadBy = (db: DynamoDB.Service, TableName: string, plan: AnyPlan, item: ReadonlyItem): Facts["reread"] => {
  const Key = primaryOf(plan, item)
  return Effect.map(db.getItem({ TableName, Key, ConsistentRead: true }), ({ Item }) => Option.fromNullable(Item))
}

/** An item as a value of a codec that is the entity's, or one of some of its attributes. */
const readWith = <A>(
  plan: AnyPlan,
  codec: ItemCodec<A, unknown>,
  table: string,
  item: ReadonlyItem,
  db: DynamoDB.Service | undefined
): Effect.Effect<A, unknown, unknown> => {
  if (isForeign(plan, item)) {
    return Either.left(
      new SerializationException({ path: [discriminator], reason: `is not of the entity ${plan.name}` })
    )
  }
  const whole = completed(plan, item)
  if (!plan.bound) return codec.read(whole)
  const facts = factsOf(
    plan,
    table,
    whole,
    (part) => whole[part.stored],
    plan.offloaded && db !== undefined ? rereadBy(db, table, plan, whole) : undefined
  )
  return behaviours.read(codec, whole, facts)
}

/**
 * An item as a value, opened and decoded. `fresh` says that it was just read whole from the table itself: one of an earlier schema may then
 * be written back.
 */
export const decode = (
  plan: AnyPlan,
  table: string,
  item: ReadonlyItem,
  db?: DynamoDB.Service,
  fresh = false
): Effect.Effect<unknown, unknown, unknown> => {
  const current = readWith(plan, plan.codec, table, item, db)
  const value = plan.evolve === undefined
    ? current
    : plan.evolve(current, { table, item, db, writable: fresh })
  const afterLoad = plan.hooks?.afterLoad
  return afterLoad === undefined ? value : Effect.flatMap(value, afterLoad)
}

export interface ReadOptions {
  readonly consistent?: boolean | undefined
  readonly unexpired?: boolean | undefined
}

/** Whether an item has expired, though it was not deleted yet. */
export const isExpired = (plan: AnyPlan, item: ReadonlyItem, millis: number): boolean => {
  const seconds = plan.filled.timeToLive === undefined ? undefined : item[plan.filled.timeToLive.stored]?.N
  return seconds !== undefined && Number(seconds) * 1000 <= millis
}

const optional = <A>(
  item: Item | undefined,
  decode: (item: Item) => Effect.Effect<A, unknown, unknown>
): Effect.Effect<Option.Option<A>, unknown, unknown> =>
  item === undefined ? Either.right(Option.none()) : chain(decode(item), (value) => Either.right(Option.some(value)))

type Input = ReadPlan<unknown, unknown, unknown>["input"]

type Decode = (
  table: string,
  item: Item | undefined,
  db: DynamoDB.Service | undefined,
  fresh: boolean
) => Effect.Effect<unknown, unknown, unknown>

/** What has expired counts as nothing where that is asked for. */
const unexpired = (plan: AnyPlan, options: ReadOptions | undefined, decode: Decode): Decode =>
  options?.unexpired !== true || plan.filled.timeToLive === undefined
    ? decode
    : (table, item, db, fresh) =>
      Effect.flatMap(
        Clock.currentTimeMillis,
        (millis) => decode(table, item !== undefined && isExpired(plan, item, millis) ? undefined : item, db, fresh)
      )

/** A read by key: `decode` makes the answer. */
const operation = (
  plan: AnyPlan,
  key: Key,
  options: ReadOptions | undefined,
  projection: Pick<Input, "ProjectionExpression" | "ExpressionAttributeNames"> | undefined,
  decodeItem: Decode
): ReadOperation => {
  const decode = unexpired(plan, options, decodeItem)
  const input = (): Effect.Effect<Input, unknown, unknown> =>
    withTable(plan, (TableName) =>
      chain(primaryKey(plan, key), ({ key: Key }) =>
        Either.right<Input>(
          projection === undefined && options?.consistent === undefined
            ? { TableName, Key }
            : {
              TableName,
              Key,
              ...projection,
              ...(options?.consistent === undefined ? {} : { ConsistentRead: options.consistent })
            }
        )))
  return new ReadOperation(
    () =>
      chain(input(), (input) =>
        Either.right({
          input,
          decode: (item: Item | undefined) =>
            plan.offloaded
              // whoever sent it has the service, by which a value that was replaced in S3 is found
              ? Effect.flatMap(
                Effect.serviceOption(DynamoDB),
                (db) => decode(input.TableName, item, Option.getOrUndefined(db), false)
              )
              : decode(input.TableName, item, undefined, false)
        })),
    () =>
      // a `flatMap` of the tag would be three steps of the fiber
      Effect.withFiberRuntime<unknown, unknown, unknown>((fiber) => {
        // which the operation's type requires
        const db = Context.get(fiber.currentContext as Context.Context<DynamoDB>, DynamoDB)
        return chain(input(), (input) =>
          Effect.flatMap(db.getItem(input), ({ Item }) => decode(input.TableName, Item, db, true)))
      })
  )
}

export const get = (plan: AnyPlan) => (key: Key, options?: ReadOptions): ReadOperation =>
  operation(
    plan,
    key,
    options,
    undefined,
    (table, item, db, fresh) => optional(item, (item) => decode(plan, table, item, db, fresh))
  )

export const require_ = (plan: AnyPlan) => (key: Key, options?: ReadOptions): ReadOperation =>
  operation(plan, key, options, undefined, (table, item, db, fresh) =>
    item === undefined
      ? Effect.fail(
        new ItemNotFoundException({ service: "DynamoDB", operation: "GetItem", resource: table, entity: plan.name })
      )
      : decode(plan, table, item, db, fresh))

// ---------------------------------------------------------------------------------------------------------------- some attributes

const membersOf = (schema: unknown): ReadonlyArray<Schema.Schema.All> | undefined => {
  const members: unknown = (typeof schema === "object" || typeof schema === "function") && schema !== null
    ? Reflect.get(schema, "members")
    : undefined
  // what a union has under this name are its members
  return Array.isArray(members) ? members as ReadonlyArray<Schema.Schema.All> : undefined
}

const fieldsOf = (schema: Schema.Schema.All): Schema.Struct.Fields | undefined => {
  const fields: unknown = Reflect.get(schema, "fields")
  // what a struct or class has under this name are its fields
  return typeof fields === "object" && fields !== null ? fields as Schema.Struct.Fields : undefined
}

/** The schema of some attributes: of a struct or class those fields, of a union those of each member. */
const pickSchema = (schema: Schema.Schema.All, names: ReadonlySet<string>): Schema.Schema.All => {
  const members = membersOf(schema)
  if (members !== undefined) return Schema.Union(...members.map((member) => pickSchema(member, names)))
  const fields = fieldsOf(schema)
  if (fields !== undefined) {
    return Schema.Struct(Object.fromEntries(Object.entries(fields).filter(([name]) => names.has(name))))
  }
  // every name is one of its attributes, which is how an entity's paths are made
  return Schema.pick<Record<string, unknown>, Record<string, unknown>, ReadonlyArray<string>>(...names)(
    schema as Schema.Schema<Record<string, unknown>, Record<string, unknown>>
  )
}

const picked = new WeakMap<AnyPlan, Map<string, ItemCodec<unknown, unknown>>>()

/** The codec of some attributes, compiled when they are first asked for. */
const codecOf = (
  plan: AnyPlan,
  names: ReadonlyArray<string>
): Either.Either<ItemCodec<unknown, unknown>, SerializationException> => {
  const known = picked.get(plan) ?? new Map<string, ItemCodec<unknown, unknown>>()
  picked.set(plan, known)
  const sorted = [...new Set(names)].sort()
  const id = JSON.stringify(sorted)
  const before = known.get(id)
  if (before !== undefined) return Either.right(before)
  // the type of the schema is what the operation declares
  const schema = pickSchema(plan.schema, new Set(sorted)) as Schema.Schema<unknown, unknown, unknown>
  return Either.mapBoth(compile(schema), {
    onLeft: ({ path, problem }) => new SerializationException({ path, reason: problem }),
    onRight: (codec) => {
      known.set(id, codec)
      return codec
    }
  })
}

/** Some attributes of an item that has the keys beside them. */
export const decodeSome = (
  plan: AnyPlan,
  names: ReadonlyArray<string>,
  table: string,
  item: ReadonlyItem,
  db?: DynamoDB.Service
): Effect.Effect<unknown, unknown, unknown> =>
  chain(codecOf(plan, names), (codec) => readWith(plan, codec, table, item, db))

export const pick =
  (plan: AnyPlan) => (key: Key, names: ReadonlyArray<string>, options?: ReadOptions): ReadOperation => {
    const attributes = names.flatMap((name) => plan.attributes.get(name)?.stored ?? [])
    // what is sealed is bound to the key, which is sent with it
    const paths = new Set([
      discriminator,
      ...plan.primary.all.map((side) => side.attribute),
      ...plan.context.map((part) => part.stored),
      ...(options?.unexpired === true && plan.filled.timeToLive !== undefined ? [plan.filled.timeToLive.stored] : []),
      ...attributes
    ])
    const rendered = Wire.render({ projection: [...paths].map((path): [string] => [path]) as unknown as [[string]] })
    const projection = Either.isRight(rendered) ? rendered.right : undefined
    return operation(
      plan,
      key,
      options,
      projection,
      (table, item, db) => optional(item, (item) => decodeSome(plan, names, table, item, db))
    )
  }
