/**
 * What a request draws on and costs, as far as it can be said before it is sent; and what its answer says of that.
 *
 * A cost before the call is a base, read off the request, times a factor that is learned by operation and table: items of 10 KB cost ten
 * units because they are so large, and twice that because an index has each of them too.
 */
import { type AwsException, isThrottling } from "@armature/aws/AwsException"
import { asRecord } from "@armature/aws/Classify"
import type { InputOf } from "@armature/aws/Transport"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import type { ReadonlyAttributeValue } from "../AttributeValue.js"
import { ConditionalCheckFailedException, TransactionCanceledException } from "../DynamoDBException.js"
import { type Access, accessOf } from "./access.js"
import { sizeOfAttribute } from "./item.js"
import type { Operations } from "./operations.js"

/** A table, or one of its global indexes. */
export interface Place {
  readonly table: string
  readonly index: string | undefined
}

/** What a request costs one place. */
export interface Charge extends Place {
  readonly access: Access
  /** Capacity units, read off the request. */
  readonly base: number
  /** What the base is multiplied by until something has been learned. */
  readonly factor: number
  /** What is learned is learned for requests of this kind. */
  readonly kind: string
}

/** What an answer says was consumed at one place. */
export interface Consumed extends Place {
  readonly access: Access
  readonly units: number
}

/** Where AWS throttled; what it does not say is `undefined`. */
export interface Throttled {
  readonly table: string | undefined
  readonly index: string | undefined
  readonly access: Access | undefined
}

const eventual = 0.5
const transactional = 2
/** Units of a page, which reads 1 MB at most: 128 of them, or 256 consistent. */
const page = 256

/** A table may be named by its ARN. */
export const tableName = (name: string): string =>
  name.startsWith("arn:") ? /:table\/([^/]+)/.exec(name)?.[1] ?? name : name

const readUnit = (consistent: boolean | undefined): number => consistent === true ? 1 : eventual

/** Units of a write of an item: one for each KB that has begun. */
export const writeUnits = (item: Readonly<Record<string, ReadonlyAttributeValue>> | undefined): number => {
  let bytes = 0
  for (const name in item) bytes += sizeOfAttribute(name, item[name])
  return Math.max(1, Math.ceil(bytes / 1024))
}

const charge = (
  access: Access,
  table: string | undefined,
  base: number,
  more: { readonly index?: string | undefined; readonly factor?: number; readonly kind?: string } = {}
): ReadonlyArray<Charge> =>
  table === undefined
    ? []
    : [{ access, table: tableName(table), index: more.index, base, factor: more.factor ?? 1, kind: more.kind ?? "" }]

/** One charge for each place, of all that a request does there. */
const together = (charges: ReadonlyArray<Charge>): ReadonlyArray<Charge> => {
  const sums = new Map<string, Charge>()
  for (const one of charges) {
    const name = `${one.access}/${one.table}/${one.index ?? ""}`
    const sum = sums.get(name)
    sums.set(name, sum === undefined ? one : { ...sum, base: sum.base + one.base })
  }
  return [...sums.values()]
}

interface PageInput {
  readonly TableName: string | undefined
  readonly IndexName?: string | undefined
  readonly ConsistentRead?: boolean | undefined
  readonly Limit?: number | undefined
}

/** A page reads up to its limit, or as much as there is: what that costs is learned for either. */
const pageOf = ({ ConsistentRead, IndexName, Limit, TableName }: PageInput): ReadonlyArray<Charge> =>
  charge(
    "read",
    TableName,
    readUnit(ConsistentRead) * (Limit === undefined ? 1 : Math.min(page, Limit)),
    { index: IndexName, factor: Limit === undefined ? page : 1, kind: Limit === undefined ? "" : "limited" }
  )

const actionOf = ({ ConditionCheck, Delete, Put, Update }: Sdk.TransactWriteItem): ReadonlyArray<Charge> =>
  charge(
    "write",
    (Put ?? Update ?? Delete ?? ConditionCheck)?.TableName,
    transactional * (Put === undefined ? 1 : writeUnits(Put.Item))
  )

/** The table that a statement names, and the index. */
const named = /\b(?:from|into|update)\s+(?:"([^"]+)"|([\w.-]+))(?:\s*\.\s*(?:"([^"]+)"|([\w.-]+)))?/i

const statementOf = (
  statement: string | undefined,
  reading: (place: { readonly TableName: string | undefined; readonly IndexName: string | undefined }) => ReadonlyArray<
    Charge
  >,
  writing: number
): ReadonlyArray<Charge> => {
  const [, quoted, plain, quotedIndex, plainIndex] = named.exec(`${statement}`) ?? []
  const TableName = quoted ?? plain
  return accessOf(statement) === "read"
    ? reading({ TableName, IndexName: quotedIndex ?? plainIndex })
    : charge("write", TableName, writing)
}

const plans: { readonly [K in keyof Operations]?: (input: InputOf<Operations, K>) => ReadonlyArray<Charge> } = {
  GetItem: ({ ConsistentRead, TableName }) => charge("read", TableName, readUnit(ConsistentRead)),
  PutItem: ({ Item, TableName }) => charge("write", TableName, writeUnits(Item)),
  UpdateItem: ({ TableName }) => charge("write", TableName, 1),
  DeleteItem: ({ TableName }) => charge("write", TableName, 1),
  Query: pageOf,
  Scan: pageOf,
  BatchGetItem: ({ RequestItems = {} }) =>
    Object.entries(RequestItems).flatMap(([table, { ConsistentRead, Keys = [] }]) =>
      charge("read", table, readUnit(ConsistentRead) * Keys.length)
    ),
  BatchWriteItem: ({ RequestItems = {} }) =>
    Object.entries(RequestItems).flatMap(([table, requests]) =>
      requests.flatMap(({ PutRequest }) => charge("write", table, writeUnits(PutRequest?.Item)))
    ),
  TransactGetItems: ({ TransactItems = [] }) =>
    TransactItems.flatMap(({ Get }) => charge("read", Get?.TableName, transactional)),
  TransactWriteItems: ({ TransactItems = [] }) => TransactItems.flatMap(actionOf),
  ExecuteStatement: ({ Statement, ...input }) => statementOf(Statement, (place) => pageOf({ ...input, ...place }), 1),
  BatchExecuteStatement: ({ Statements = [] }) =>
    Statements.flatMap(({ ConsistentRead, Statement }) =>
      statementOf(Statement, ({ TableName }) => charge("read", TableName, readUnit(ConsistentRead)), 1)
    ),
  ExecuteTransaction: ({ TransactStatements = [] }) =>
    TransactStatements.flatMap(({ Statement }) =>
      statementOf(Statement, ({ TableName }) => charge("read", TableName, transactional), transactional)
    )
}

/** What a request will be charged; `undefined` for an operation that takes no capacity. */
export const chargesOf = <K extends keyof Operations>(
  operation: K,
  input: InputOf<Operations, K>
): ReadonlyArray<Charge> | undefined => {
  const plan = plans[operation]
  if (plan === undefined) return undefined
  try {
    return together(plan(input))
  } catch {
    // no input of this operation: whoever writes it as a request says so
    return []
  }
}

const number = (u: unknown): number | undefined => typeof u === "number" && Number.isFinite(u) ? u : undefined

const reports = (output: unknown): ReadonlyArray<unknown> => {
  const { ConsumedCapacity } = asRecord(output)
  return ConsumedCapacity === undefined ? [] : Array.isArray(ConsumedCapacity) ? ConsumedCapacity : [ConsumedCapacity]
}

const unitsOf = (access: Access, report: unknown): { readonly read: number; readonly write: number } => {
  const { CapacityUnits, ReadCapacityUnits, WriteCapacityUnits } = asRecord(report)
  const [read, write] = [number(ReadCapacityUnits), number(WriteCapacityUnits)]
  if (read !== undefined || write !== undefined) return { read: read ?? 0, write: write ?? 0 }
  return { read: 0, write: 0, [access]: number(CapacityUnits) ?? 0 }
}

/** What an answer says was consumed. */
export interface Answer {
  readonly consumed: ReadonlyArray<Consumed>
  /** Whether it says what indexes had of it; else all stands for the table. */
  readonly split: boolean
}

/**
 * What an answer says was consumed, by table and global index; a local index draws on its table. `undefined` when it says nothing. What
 * AWS does not split into read and write is what the operation does.
 */
export const consumedOf = (access: Access, output: unknown): Answer | undefined => {
  const all = reports(output)
  if (all.length === 0) return undefined
  const consumed = all.flatMap((report) => {
    const { GlobalSecondaryIndexes, TableName } = asRecord(report)
    if (typeof TableName !== "string") return []
    const table = tableName(TableName)
    const own = { ...unitsOf(access, report) }
    const entries: Array<Consumed> = []
    const add = (index: string | undefined, units: { readonly read: number; readonly write: number }) => {
      for (const  of of["read", "write"] as const) {
        if (units[of] > 0) entries.push({ table, index, access: of, units: units[of] })
      }
    }
    for (const [index, part] of Object.entries(asRecord(GlobalSecondaryIndexes))) {
      const units = unitsOf(access, part)
      own.read -= units.read
      own.write -= units.write
      add(index, units)
    }
    add(undefined, own)
    return entries
  })
  return { consumed, split: all.every((report) => asRecord(report).Table !== undefined) }
}

const everywhere: ReadonlyArray<Throttled> = [{ table: undefined, index: undefined, access: undefined }]

const reasonOf = (reason: string, resource: string | undefined): Throttled => ({
  table: resource === undefined ? undefined : tableName(resource),
  index: /\/index\/([^/]+)/.exec(resource ?? "")?.[1],
  access: reason.includes("Read") ? "read" : reason.includes("Write") ? "write" : undefined
})

const throttleCodes: ReadonlySet<unknown> = new Set([
  "ProvisionedThroughputExceeded",
  "RequestLimitExceeded",
  "ThrottlingError"
])

/** Where a failed request was throttled: nowhere, where AWS says, or wherever it drew. */
export const throttlesOf = (e: AwsException): ReadonlyArray<Throttled> => {
  if (isThrottling(e)) {
    const reasons = "reasons" in e && Array.isArray(e.reasons) ? e.reasons : []
    const found = reasons.map((u: unknown) => {
      const { reason, resource } = asRecord(u)
      return reasonOf(`${reason}`, typeof resource === "string" ? resource : undefined)
    })
    return found.length === 0 ? everywhere : found
  }
  return e instanceof TransactionCanceledException && codesIn(e.reasons).some((code) => throttleCodes.has(code))
    ? everywhere
    : []
}

const codesIn = (reasons: unknown): ReadonlyArray<unknown> =>
  Array.isArray(reasons) ? reasons.map((reason: unknown) => asRecord(reason).code) : []

/** A page of 1 MB: what is left over after as much as that was left since the answer was full. */
const fullAnswer = page * eventual

/** Where an answer to a batch says that members were throttled. */
export const leftOf = (output: unknown, consumed: ReadonlyArray<Consumed>): ReadonlyArray<Throttled> => {
  const { Responses, UnprocessedItems, UnprocessedKeys } = asRecord(output)
  const on = (table: string, access: Access): Throttled => ({ table: tableName(table), index: undefined, access })
  const isFull = (table: string) => consumed.some((one) => one.table === tableName(table) && one.units >= fullAnswer)
  return [
    ...Object.keys(asRecord(UnprocessedItems)).map((table) => on(table, "write")),
    ...Object.keys(asRecord(UnprocessedKeys)).filter((table) => !isFull(table)).map((table) => on(table, "read")),
    ...(Array.isArray(Responses) ? Responses : []).flatMap((one: unknown) => {
      const { Error, TableName } = asRecord(one)
      const { Code } = asRecord(Error)
      return throttleCodes.has(Code)
        ? [{
          table: typeof TableName === "string" ? tableName(TableName) : undefined,
          index: undefined,
          access: undefined
        }]
        : []
    })
  ]
}

/** Units of the item that a failed condition gave out, which is what the failed write cost at least. */
export const failedUnits = (e: AwsException): number | undefined =>
  e instanceof ConditionalCheckFailedException && e.item._tag === "Some" ? writeUnits(e.item.value) : undefined
