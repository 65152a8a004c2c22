/**
 * Which requests a rule, or a look at the call log, is about: what a request names, read from its input. Pure.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import * as Value from "../dynamodb/value.js"
import { type Input, record } from "../refusal.js"

type Attributes = Readonly<Record<string, AttributeValue>>

export interface Scope {
  readonly table?: string | undefined
  readonly index?: string | undefined
  readonly key?: Attributes | ((key: Attributes) => boolean) | undefined
  readonly bucket?: string | undefined
  readonly object?: string | ((key: string) => boolean) | undefined
  readonly keyId?: string | undefined
}

/** One thing that a request names. A batch and a transaction name several. */
interface Target {
  readonly table?: string | undefined
  readonly index?: string | undefined
  /** Of a put the whole item: which of its attributes are the key, only the table knows. */
  readonly key?: Attributes | undefined
  readonly bucket?: string | undefined
  readonly object?: string | undefined
  readonly keyId?: string | undefined
}

const text = (value: unknown): string | undefined => typeof value === "string" ? value : undefined

// In process the input has the SDK's type, and the endpoint has decoded it by AWS's own description: an object here is a map of
// attribute values.
const attributes = (value: unknown): Attributes | undefined =>
  typeof value === "object" && value !== null ? value as Attributes : undefined

const list = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

/** A member of a batch: where it stands, since two may be one object, and what it names. */
interface Member {
  readonly place: string
  readonly target: Target
}

export const placeOf = (table: string, at: number): string => `${at} ${table}`

/** The members of a batch in the order of the request. */
export const members = (input: Input): ReadonlyArray<Member> =>
  Object.entries(record(input.RequestItems)).flatMap(([table, requests]) => {
    const values = Array.isArray(requests) ? requests : list(record(requests).Keys)
    return values.map((value, at) => {
      const { DeleteRequest, PutRequest } = record(value)
      const key = Array.isArray(requests) ? record(DeleteRequest).Key ?? record(PutRequest).Item : value
      return { place: placeOf(table, at), target: { table, key: attributes(key) } }
    })
  })

const ofAction = (action: unknown): ReadonlyArray<Target> =>
  Object.values(record(action)).map((one) => {
    const { Item, Key, TableName } = record(one)
    return { table: text(TableName), key: attributes(Key ?? Item) }
  })

/** What a request names, once for each thing; a request that names nothing has one empty target. */
const targets = (given: unknown): ReadonlyArray<Target> => {
  const input = record(given)
  if ("RequestItems" in input) return members(input).map((member) => member.target)
  if ("TransactItems" in input) return list(input.TransactItems).flatMap(ofAction)
  return [{
    table: text(input.TableName),
    index: text(input.IndexName),
    key: attributes(typeof input.Key === "string" ? undefined : input.Key ?? input.Item),
    bucket: text(input.Bucket),
    object: text(input.Key),
    keyId: text(input.KeyId)
  }]
}

/** A table goes by its name or its ARN. */
const isTable = (asked: string, named: string | undefined): boolean =>
  named === asked || named !== undefined && named.startsWith("arn:") && named.endsWith(`:table/${asked}`)

/** Numbers by their value, bytes by their content. */
const equal = (a: unknown, b: unknown): boolean => {
  try {
    return Value.equals(Value.decode(a), Value.decode(b))
  } catch {
    // no value at all, which the engine will say: equal to nothing
    return false
  }
}

const isKey = (asked: NonNullable<Scope["key"]>, key: Attributes | undefined): boolean =>
  key !== undefined &&
  (typeof asked === "function" ? asked(key) : Object.entries(asked).every(([name, value]) => equal(value, key[name])))

export const meets = (scope: Scope, target: Target): boolean =>
  (scope.table === undefined || isTable(scope.table, target.table)) &&
  (scope.index === undefined || scope.index === target.index) &&
  (scope.key === undefined || isKey(scope.key, target.key)) &&
  (scope.bucket === undefined || scope.bucket === target.bucket) &&
  (scope.object === undefined || target.object !== undefined &&
      (typeof scope.object === "function" ? scope.object(target.object) : scope.object === target.object)) &&
  (scope.keyId === undefined || scope.keyId === target.keyId)

const asksNothing = ({ bucket, index, key, keyId, object, table }: Scope): boolean =>
  (table ?? index ?? key ?? bucket ?? object ?? keyId) === undefined

/** Whether a request names what the scope asks for, in one of its members at least. */
export const concerns = (scope: Scope, input: unknown): boolean =>
  asksNothing(scope) || targets(input).some((target) => meets(scope, target))
