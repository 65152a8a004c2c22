/**
 * Batches some of whose members are left unprocessed: what is sent on without them, and the answer with them. Pure.
 */
import { type Input, record } from "../refusal.js"
import * as Scope from "./scope.js"

/** All members in the scope of the rule, the first so many of them, or those at these positions among them, counted from 0. */
export type Chosen = "all" | number | ReadonlyArray<number>

const isChosen = (chosen: Chosen, at: number): boolean =>
  chosen === "all" || (typeof chosen === "number" ? at < chosen : chosen.includes(at))

/** The places of the chosen members. */
export const choose = (scope: Scope.Scope, chosen: Chosen, input: unknown): ReadonlySet<string> =>
  new Set(
    Scope.members(record(input)).filter((member) => Scope.meets(scope, member.target))
      .filter((_, at) => isChosen(chosen, at)).map((member) => member.place)
  )

/** `RequestItems` with those members only that are to be kept. A table without any is left out. */
const keep = (requests: unknown, kept: (place: string) => boolean): Input =>
  Object.fromEntries(
    Object.entries(record(requests)).flatMap(([table, of]): ReadonlyArray<[string, unknown]> => {
      const isKept = (_: unknown, at: number) => kept(Scope.placeOf(table, at))
      if (Array.isArray(of)) {
        const members = of.filter(isKept)
        return members.length === 0 ? [] : [[table, members]]
      }
      const { Keys } = record(of)
      const keys = Array.isArray(Keys) ? Keys.filter(isKept) : []
      return keys.length === 0 ? [] : [[table, { ...record(of), Keys: keys }]]
    })
  )

/** `undefined` when no member is left to be sent. */
export const without = (input: unknown, chosen: ReadonlySet<string>): Input | undefined => {
  const RequestItems = keep(record(input).RequestItems, (place) => !chosen.has(place))
  return Object.keys(RequestItems).length === 0 ? undefined : { ...record(input), RequestItems }
}

const merge = (a: Input, b: Input): Input => {
  const merged: Record<string, unknown> = { ...a }
  for (const [table, of] of Object.entries(b)) {
    const mine = merged[table]
    merged[table] = Array.isArray(mine) && Array.isArray(of)
      ? [...mine, ...of]
      : mine === undefined
      ? of
      : { ...record(of), Keys: [record(mine).Keys, record(of).Keys].flat() }
  }
  return merged
}

/** An answer, with the chosen members of the request as unprocessed ones. */
export const unprocessed = (
  operation: string,
  input: unknown,
  chosen: ReadonlySet<string>,
  answer: unknown
): Input => {
  const name = operation === "BatchGetItem" ? "UnprocessedKeys" : "UnprocessedItems"
  const mine = keep(record(input).RequestItems, (place) => chosen.has(place))
  return {
    ...(operation === "BatchGetItem" ? { Responses: {} } : {}),
    ...record(answer),
    [name]: merge(record(record(answer)[name]), mine)
  }
}
