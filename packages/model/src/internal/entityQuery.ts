/** Reading many items: queries of the table and its indexes, scans, page by page. */
import { SerializationException, ValidationException } from "@armature/aws/Exceptions"
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import { DynamoDB, type Operations } from "@armature/dynamodb/DynamoDB"
import * as Wire from "@armature/dynamodb/Expression"
import type { Item } from "@armature/dynamodb/Item"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { chain } from "./atOnce.js"
import * as cursors from "./cursor.js"
import { type Claims, claims, type If, treeOf, withRaw } from "./entityCondition.js"
import { discriminator, encodeAttributes, type EntityPlan, isForeign, type KeysPlan } from "./entityPlan.js"
import { decode, isExpired, withTable } from "./entityRead.js"
import type { Values } from "./filled.js"
import { type Bounds, type KeyPart, type Range, rangeOf, sideEquals } from "./queryRange.js"

type AnyPlan = EntityPlan<never>

export interface ScanOptions {
  readonly filter?: If | undefined
  readonly limit?: number | undefined
  readonly consistent?: boolean | undefined
  readonly cursor?: string | undefined
  readonly pageSize?: number | undefined
  readonly unexpired?: boolean | undefined
  readonly index?: string | undefined
  readonly segments?: number | undefined
}

export interface QueryOptions extends ScanOptions {
  readonly sk?: Range | undefined
  readonly reverse?: boolean | undefined
}

export const invalid = (operation: string, reason: string): ValidationException =>
  new ValidationException({ service: "DynamoDB", operation, reason })

/** What a query and a scan have in common. */
type Common = Pick<
  Operations["Scan"]["input"],
  | "ConsistentRead"
  | "ExpressionAttributeNames"
  | "ExpressionAttributeValues"
  | "FilterExpression"
  | "IndexName"
  | "Limit"
>

type Input = Common & {
  readonly TableName: string
  readonly KeyConditionExpression?: string
  readonly ScanIndexForward?: boolean
}

/** What is asked for, and what is done with each answer. */
export interface Request {
  readonly operation: "Query" | "Scan"
  readonly input: Input
  /** Where it begins, if not at the beginning. */
  readonly start: Item | undefined
  /** Of the table that is read. */
  readonly plan: AnyPlan
  readonly keys: KeysPlan
  /** What a cursor belongs to. */
  readonly cursor: string
  /** Whether an item that was read is none of those that were asked for. */
  readonly drop: (item: Item) => boolean
  readonly limit: number | undefined
  readonly decode: (item: Item, db: DynamoDB.Service) => Effect.Effect<unknown, unknown, unknown>
}

/** Whether what is read by these keys has all that stands in the table. */
export const isWhole = (plan: AnyPlan, { index }: KeysPlan): boolean =>
  index === undefined || plan.table.plan.indexes[index]?.projection === "ALL"

/** A set that is in no projection of an index, and would be read as the empty one. */
export const unread = (plan: AnyPlan, keys: KeysPlan): SerializationException | undefined => {
  if (keys.index === undefined || isWhole(plan, keys)) return undefined
  const projection = plan.table.plan.indexes[keys.index]?.projection
  const names = typeof projection === "string" ? [] : projection ?? []
  const missing = plan.codec.attributes.find(({ set, stored }) => set && !names.includes(stored))
  return missing && new SerializationException({
    path: [missing.name],
    reason: `is not in the projection of ${keys.index}`
  })
}

/** Decodes what is read by these keys. */
const decoding = (plan: AnyPlan, table: string, keys: KeysPlan): Request["decode"] => {
  const [whole, missing] = [isWhole(plan, keys), unread(plan, keys)]
  return missing === undefined
    ? (item, db) => decode(plan, table, item, db, whole)
    : () => Either.left(missing)
}

export const keysNamed = (plan: AnyPlan, name: string): KeysPlan | undefined =>
  name === "primary" ? plan.primary : plan.secondary.find((keys) => keys.name === name)

/** The attributes of the keys that a page of an index ends at: the table's, and the index's own. */
const keyTypes = (plan: AnyPlan, keys: KeysPlan): ReadonlyMap<string, "S" | "N" | "B"> => {
  const { keyTypes } = plan.table.plan
  return new Map(
    [...plan.primary.all, ...keys.all].map((
      { attribute }
    ) => [attribute, keyTypes[attribute] ?? "S"])
  )
}

export const startOf = (
  plan: AnyPlan,
  operation: "Query" | "Scan",
  keys: KeysPlan,
  what: string,
  cursor: string | undefined,
  isOwn: (key: Item) => boolean
): Either.Either<Item | undefined, ValidationException> => {
  if (cursor === undefined) return Either.right(undefined)
  const key = cursors.decode(what, cursor, keyTypes(plan, keys))
  return key !== undefined && isOwn(key)
    ? Either.right(key)
    : Either.left(invalid(operation, "the cursor is none of this query's"))
}

const isCount = (n: number | undefined): boolean => n === undefined || (Number.isSafeInteger(n) && n >= 1)

/** What all reads of many have in common. */
export const common = (
  operation: "Query" | "Scan",
  keys: KeysPlan,
  options: ScanOptions,
  all: Claims,
  condition: Wire.KeyCondition | undefined
): Either.Either<
  Common & { readonly KeyConditionExpression?: string },
  SerializationException | ValidationException
> => {
  if (!isCount(options.limit) || !isCount(options.pageSize)) {
    return Either.left(invalid(operation, "`limit` and `pageSize` are whole numbers from 1"))
  }
  if (options.consistent === true && keys.global) {
    return Either.left(invalid(operation, "a global index is never read with strong consistency"))
  }
  const tree = treeOf(all)
  const rendered = Wire.render({
    ...(condition === undefined ? {} : { keyCondition: condition }),
    ...(tree === undefined ? {} : { filter: tree }),
    ...(all.raw === undefined ? {} : { names: all.raw.names, values: all.raw.values })
  })
  return Either.map(rendered, (members) => {
    const FilterExpression = withRaw(all, members.FilterExpression)
    const Limit = options.pageSize ?? (FilterExpression === undefined ? options.limit : undefined)
    return {
      ...members,
      ...(FilterExpression === undefined ? {} : { FilterExpression }),
      ...(keys.index === undefined ? {} : { IndexName: keys.index }),
      ...(options.consistent === undefined ? {} : { ConsistentRead: options.consistent }),
      ...(Limit === undefined ? {} : { Limit })
    }
  })
}

export const expired = (plan: AnyPlan, options: ScanOptions, millis: number) => (item: Item): boolean =>
  options.unexpired === true && isExpired(plan, item, millis)

const queryRequest = (
  plan: AnyPlan,
  index: string,
  partition: Values,
  options: QueryOptions
): Effect.Effect<Request, unknown, unknown> => {
  const keys = keysNamed(plan, index)
  if (keys === undefined) return Effect.fail(invalid("Query", `the entity ${plan.name} has no index ${index}`))
  const names = keys.pk.flatMap((side) => side.parts.map((part) => part.name))
  return withTable(
    plan,
    (TableName) =>
      Effect.flatMap(
        Clock.currentTimeMillis,
        (millis) =>
          chain(encodeAttributes(plan, names, partition), (parts) =>
            chain(sideEquals(keys.pk, parts), (own) =>
              chain(encodeRange(plan, keys, options.sk), (range) =>
                chain(rangeOf(keys, range), (bounds) =>
                  chain(claims(plan, options.filter, []), (all) =>
                    chain(common("Query", keys, options, all, joined(own.conditions, bounds)), (members) =>
                      chain(
                        startOf(plan, "Query", keys, `Q ${plan.name} ${index}`, options.cursor, (key) =>
                          Object.entries(own.values).every(([name, value]) =>
                            sameKey(key[name], value)
                          )),
                        (start) => {
                          const isExpired = expired(plan, options, millis)
                          return Either.right<Request>({
                            operation: "Query",
                            input: {
                              ...members,
                              TableName,
                              ...(options.reverse === true ? { ScanIndexForward: false } : {})
                            },
                            start,
                            plan,
                            keys,
                            cursor: `Q ${plan.name} ${index}`,
                            drop: (item) =>
                              isForeign(plan, item) || bounds.drop(item) || isExpired(item),
                            limit: options.limit,
                            decode: decoding(plan, TableName, keys)
                          })
                        }
                      )))))))
      )
  )
}

export const joined = (own: ReadonlyArray<KeyPart>, bounds: Bounds): Wire.KeyCondition | undefined => {
  const [first, ...more] = [...own, ...bounds.conditions]
  return first === undefined ? undefined : Wire.and(first, ...more)
}

export const sameKey = (a: AttributeValue | undefined, b: AttributeValue): boolean =>
  a !== undefined && (b.B !== undefined
    ? a.B !== undefined && Buffer.compare(a.B, b.B) === 0
    : a.S === b.S && a.N === b.N)

/** The values of a range in wire form. */
const encodeRange = (
  plan: AnyPlan,
  keys: KeysPlan,
  range: Range | undefined
): Effect.Effect<
  ReadonlyArray<readonly [string, ReadonlyMap<string, AttributeValue>]>,
  SerializationException,
  unknown
> => {
  const [entry] = Object.entries(range ?? {})
  if (entry === undefined) return Either.right([])
  const [operator, value] = entry
  const names = new Set(keys.sk.flatMap((side) => side.parts.map((part) => part.name)))
  const one = (values: Values) => encodeAttributes(plan, Object.keys(values).filter((name) => names.has(name)), values)
  if (operator !== "between") {
    return chain(one(value as Values), (encoded) => Either.right([[operator, encoded] as const]))
  }
  const [low, high] = value as readonly [Values, Values]
  return chain(
    one(low),
    (from) => chain(one(high), (to) => Either.right([[operator, from] as const, [operator, to] as const]))
  )
}

export const scanRequest = (plan: AnyPlan, options: ScanOptions): Effect.Effect<Request, unknown, unknown> => {
  const keys = keysNamed(plan, options.index ?? "primary")
  if (keys === undefined) return Effect.fail(invalid("Scan", `the entity ${plan.name} has no index ${options.index}`))
  const own = Wire.or(
    Wire.eq([discriminator], Wire.attributeValue({ S: plan.name })),
    Wire.attributeNotExists([discriminator])
  )
  const what = `S ${plan.name} ${keys.name}`
  return withTable(
    plan,
    (TableName) =>
      Effect.flatMap(
        Clock.currentTimeMillis,
        (millis) =>
          chain(claims(plan, options.filter, [own]), (all) =>
            chain(common("Scan", keys, options, all, undefined), (members) =>
              chain(
                startOf(plan, "Scan", keys, what, options.cursor, () =>
                  true),
                (start) => {
                  const isExpired = expired(plan, options, millis)
                  return Either.right<Request>({
                    operation: "Scan",
                    input: { ...members, TableName },
                    start,
                    plan,
                    keys,
                    cursor: what,
                    drop: (item) => isForeign(plan, item) || isExpired(item),
                    limit: options.limit,
                    decode: decoding(plan, TableName, keys)
                  })
                }
              )))
      )
  )
}

// ---------------------------------------------------------------------------------------------------------------- pages

interface Read {
  readonly items: ReadonlyArray<Item>
  readonly next: Item | undefined
}

export const pageOf = (
  db: DynamoDB.Service,
  { drop, input, operation }: Request,
  start: Item | undefined
): Effect.Effect<Read, unknown> => {
  const from = start === undefined ? {} : { ExclusiveStartKey: start }
  const { KeyConditionExpression, ScanIndexForward, ...others } = input
  const page: Effect.Effect<Operations["Query"]["output"], unknown> = operation === "Query"
    ? db.query({ ...others, ...from, KeyConditionExpression, ScanIndexForward })
    : db.scan({ ...others, ...from })
  return Effect.map(page, ({ Items, LastEvaluatedKey }) => ({
    items: (Items ?? []).filter((item) => !drop(item)),
    // an empty key is what some servers send where there is none
    next: LastEvaluatedKey !== undefined && Object.keys(LastEvaluatedKey).length > 0 ? LastEvaluatedKey : undefined
  }))
}

const decodeAll = (
  request: Request,
  db: DynamoDB.Service,
  items: ReadonlyArray<Item>
): Effect.Effect<ReadonlyArray<unknown>, unknown, unknown> => {
  const decoded: Array<unknown> = []
  // what is there at once needs no fiber
  for (const [i, item] of items.entries()) {
    const one = request.decode(item, db)
    if (!Either.isEither(one)) {
      return Effect.map(
        Effect.flatMap(
          one,
          (first) =>
            Effect.map(
              Effect.forEach(items.slice(i + 1), (item) => request.decode(item, db)),
              (rest) => [first, ...rest]
            )
        ),
        (rest) => [...decoded, ...rest]
      )
    }
    if (Either.isLeft(one)) return Effect.fail(one.left)
    decoded.push(one.right)
  }
  return Effect.succeed(decoded)
}

/** Where a page ends that was cut short: at the key of its last item. */
const keyOf = (plan: AnyPlan, keys: KeysPlan, item: Item): Item => {
  const key: Item = {}
  for (const name of keyTypes(plan, keys).keys()) {
    const value = item[name]
    if (value !== undefined) key[name] = value
  }
  return key
}

/** Pages until there are as many items as were asked for, or one with something in it, or none are left. */
const onePage = (db: DynamoDB.Service, request: Request): Effect.Effect<Read, unknown> => {
  const { limit } = request
  const more = (start: Item | undefined, before: ReadonlyArray<Item>): Effect.Effect<Read, unknown> =>
    Effect.flatMap(pageOf(db, request, start), ({ items, next }) => {
      const all = [...before, ...items]
      if (limit !== undefined && all.length >= limit) {
        const given = all.slice(0, limit)
        const last = given[given.length - 1]
        const cut = all.length > limit && last !== undefined
        return Effect.succeed({ items: given, next: cut ? keyOf(request.plan, request.keys, last) : next })
      }
      const enough = limit === undefined && all.length > 0
      return next === undefined || enough ? Effect.succeed({ items: all, next }) : more(next, all)
    })
  return more(request.start, [])
}

export const page = (make: () => Effect.Effect<Request, unknown, unknown>) =>
  Effect.flatMap(
    DynamoDB,
    (db) =>
      Effect.flatMap(Effect.suspend(make), (request) =>
        Effect.flatMap(onePage(db, request), ({ items, next }) =>
          Effect.map(decodeAll(request, db, items), (items) => ({
            items,
            cursor: Option.map(Option.fromNullable(next), (key) =>
              cursors.encode(request.cursor, key))
          }))))
  )

export const stream = (
  make: () => Effect.Effect<Request, unknown, unknown>
): Stream.Stream<unknown, unknown, unknown> =>
  Stream.unwrap(
    Effect.flatMap(DynamoDB, (db) =>
      Effect.map(Effect.suspend(make), (request) => {
        const pages = Stream.paginateChunkEffect(request.start, (start: Item | undefined) =>
          Effect.flatMap(pageOf(db, request, start), ({ items, next }) =>
            Effect.map(
              decodeAll(request, db, items),
              (values) => [Chunk.unsafeFromArray(values), Option.fromNullable(next)] as const
            )))
        return request.limit === undefined ? pages : Stream.take(pages, request.limit)
      }))
  )

export const query =
  (plan: AnyPlan) =>
  (index: string, partition: Values, options: QueryOptions = {}): Stream.Stream<unknown, unknown, unknown> =>
    stream(() => queryRequest(plan, index, partition, options))

export const queryPage = (plan: AnyPlan) => (index: string, partition: Values, options: QueryOptions = {}) =>
  page(() => queryRequest(plan, index, partition, options))

export const scanPage = (plan: AnyPlan) => (options: ScanOptions = {}) => page(() => scanRequest(plan, options))

export const scan = (plan: AnyPlan) => (options: ScanOptions = {}): Stream.Stream<unknown, unknown, unknown> => {
  const { segments } = options
  if (segments === undefined) return stream(() => scanRequest(plan, options))
  if (options.cursor !== undefined) return Stream.fail(invalid("Scan", "a scan in segments has no cursor"))
  return Stream.unwrap(
    Effect.flatMap(DynamoDB, (db) =>
      Effect.map(scanRequest(plan, options), ({ decode, drop, input, limit }) => {
        const items = db.scan.parallel(input, { segments })
        const decoded = Stream.mapEffect(Stream.filter(items, (item) => !drop(item)), (item) => decode(item, db))
        return limit === undefined ? decoded : Stream.take(decoded, limit)
      }))
  )
}
