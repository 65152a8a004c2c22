/**
 * A fault rule without its types by operation, and which requests it meets. Pure, but for what a standing rule counts.
 */
import type { WireFailure } from "@armature/aws/WireFailure"
import type * as Duration from "effect/Duration"
import { record } from "../refusal.js"
import * as batch from "./batch.js"
import { isEventual, type Replica } from "./replica.js"
import * as Scope from "./scope.js"

export interface Rule extends Scope.Scope {
  readonly operation: string
  readonly nth?: number | ReadonlyArray<number> | "every" | undefined
  readonly times?: number | "always" | undefined
  readonly probability?: number | undefined
  readonly seed?: number | undefined
  readonly effect?: "before" | "after" | "late" | undefined
  readonly delay?: Duration.DurationInput | undefined
  readonly latency?: Duration.DurationInput | undefined
  readonly failure?: WireFailure | undefined
  readonly hang?: true | undefined
  readonly unprocessed?: batch.Chosen | undefined
  readonly page?: number | "empty" | undefined
  readonly conflict?: number | ReadonlyArray<number> | undefined
  readonly body?: "truncated" | "corrupt" | undefined
  readonly stale?: Duration.DurationInput | undefined
}

/** A rule that stands: how many requests of its scope it has seen, and how many it changed. */
export interface Standing {
  readonly rule: Rule
  readonly random: () => number
  /** Of a rule of stale reads, over what has a past. */
  readonly replica?: Replica | undefined
  seen: number
  fired: number
}

/** Which member of the input limits the page of a paged operation. */
export const pageLimits: Readonly<Record<string, string>> = {
  Query: "Limit",
  Scan: "Limit",
  ListTables: "Limit",
  ListAliases: "Limit",
  ListKeys: "Limit",
  ListObjectsV2: "MaxKeys",
  ListObjectVersions: "MaxKeys",
  ListMultipartUploads: "MaxUploads",
  ListParts: "MaxParts"
}

/** The operations whose pages may be empty and not the last. */
export const emptyPages: ReadonlySet<string> = new Set(["Query", "Scan"])

const actions = (input: unknown): number => {
  const { TransactItems, TransactStatements } = record(input)
  const all = TransactItems ?? TransactStatements
  return Array.isArray(all) ? all.length : 0
}

export const positions = (conflict: number | ReadonlyArray<number>): ReadonlyArray<number> =>
  typeof conflict === "number" ? [conflict] : conflict

/** Whether the rule changes anything about a request: a page that is short already, or a member that is not there, does not count. */
const changes = (rule: Rule, input: unknown): boolean => {
  if (rule.unprocessed !== undefined) return batch.choose(rule, rule.unprocessed, input).size > 0
  if (rule.conflict !== undefined) return positions(rule.conflict).every((at) => at < actions(input))
  if (rule.page !== undefined) {
    const limit = record(input)[pageLimits[rule.operation] ?? ""]
    return typeof limit !== "number" || rule.page === "empty" || limit > rule.page
  }
  if (rule.stale !== undefined) return isEventual(rule.operation, input)
  return true
}

/** Which requests of its scope a rule is for. */
export const nthOf = ({ nth, probability }: Rule): number | ReadonlyArray<number> | "every" =>
  nth ?? (probability === undefined ? 1 : "every")

/** Whether the count admits a request of the rule's scope, `seen` counted from 1. */
const admits = (rule: Rule, seen: number): boolean => {
  const { times } = rule
  const which = nthOf(rule)
  if (which === "every") return true
  if (typeof which !== "number") return which.includes(seen)
  return seen >= which && (times === "always" || seen < which + (times ?? 1))
}

/** The first rule that meets a request. Every rule whose scope the request is in counts it. */
export const meet = (standing: ReadonlyArray<Standing>, operation: string, input: unknown): Standing | undefined => {
  let met: Standing | undefined
  for (const one of standing) {
    const { rule } = one
    if (rule.operation !== operation || !Scope.concerns(rule, input) || !changes(rule, input)) continue
    one.seen++
    if (!admits(rule, one.seen)) continue
    // drawn for a request that another rule has taken as well: what one rule meets does not hang on another
    const drawn = rule.probability === undefined || one.random() < rule.probability
    if (drawn && met === undefined) met = one
  }
  return met
}
