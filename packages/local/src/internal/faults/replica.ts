/**
 * The state as it stood some time ago: a second engine that is told of each change and carries it out late. Pure, but for the engine.
 */
import type { ServiceFault } from "@armature/aws/WireFailure"
import * as Either from "effect/Either"
import { isDeepStrictEqual } from "node:util"
import { type Input, record } from "../refusal.js"

export type Execute = (operation: string, input: unknown) => Either.Either<Input, ServiceFault>

/** A second engine with the state as it stands, whose clock is the one given. */
export type Replicate = (now: () => number) => { readonly execute: Execute }

/** The operations whose reads may lag behind. */
export const staleReads: ReadonlySet<string> = new Set(["BatchGetItem", "GetItem", "Query", "Scan"])

const readOnly = /^(BatchGet|Describe|Get|List|Query|Scan|TransactGet)/

/** The tables of a request that are read without demanding what stands now; of a batch those only. */
const eventual = (operation: string, input: unknown): Input | undefined => {
  const given = record(input)
  if (!staleReads.has(operation)) return undefined
  if (operation !== "BatchGetItem") return given.ConsistentRead === true ? undefined : given
  const tables = Object.entries(record(given.RequestItems)).filter(([, of]) => record(of).ConsistentRead !== true)
  return tables.length === 0 ? undefined : { ...given, RequestItems: Object.fromEntries(tables) }
}

export const isEventual = (operation: string, input: unknown): boolean => eventual(operation, input) !== undefined

/** The items of one table of a batch come in no order. */
const unordered = (items: unknown): ReadonlyArray<string> =>
  (Array.isArray(items) ? items : []).map((item) => JSON.stringify(item, sortedMembers)).sort()

const sortedMembers = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
    : value

/** What an answer tells of the items. */
const told = ({ $metadata: _, ConsumedCapacity: __, Responses, ...rest }: Input): unknown => ({
  ...rest,
  Responses: Object.fromEntries(Object.entries(record(Responses)).map(([table, items]) => [table, unordered(items)]))
})

export interface Replica {
  /** Tells of a change that was made. */
  readonly note: (at: number, operation: string, input: unknown) => void
  /** What a read is answered by the state as it stood; `undefined` if that is what it is answered now. */
  readonly read: (asOf: number, operation: string, input: unknown, present: Input) => Input | undefined
}

export const make = (replicate: Replicate, began: number): Replica => {
  let time = began
  const { execute } = replicate(() => time)
  const changes: Array<{ readonly at: number; readonly operation: string; readonly input: unknown }> = []

  const advance = (asOf: number): void => {
    const next = changes.findIndex(({ at }) => at > asOf)
    for (const { at, input, operation } of changes.splice(0, next < 0 ? changes.length : next)) {
      time = at
      execute(operation, input)
    }
    time = Math.max(time, asOf)
  }

  return {
    note: (at, operation, input) => {
      // whoever asked may change what it asked with
      if (!readOnly.test(operation)) changes.push({ at, operation, input: structuredClone(input) })
    },
    read: (asOf, operation, input, present) => {
      advance(asOf)
      const asked = eventual(operation, input)
      if (asked === undefined) return undefined
      const past = execute(operation, asked)
      // what did not stand then, a table for one, is not told: the present answer is
      if (Either.isLeft(past)) return undefined
      const answer: Input = {
        ...past.right,
        ...(operation === "BatchGetItem"
          ? {
            Responses: { ...record(present.Responses), ...record(past.right.Responses) },
            UnprocessedKeys: { ...record(present.UnprocessedKeys), ...record(past.right.UnprocessedKeys) }
          }
          : {}),
        $metadata: present.$metadata,
        ConsumedCapacity: present.ConsumedCapacity
      }
      return isDeepStrictEqual(told(answer), told(present)) ? undefined : answer
    }
  }
}
