/** Two answers to one request, in a form in which they are equal when AWS would call them equal. */
import type { Input, Request } from "./requests.js"

export interface Refusal {
  readonly code: string
  readonly message: string
  /** Of a cancelled transaction: each action's code, and its item where one was asked for. */
  readonly reasons: unknown
}

export type Answer =
  | { readonly refusal: Refusal; readonly output?: never }
  | { readonly output: Input; readonly refusal?: never }

const isRecord = (value: unknown): value is Input =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const json = (value: unknown): string => JSON.stringify(value) ?? ""

const sorted = (list: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
  [...list].sort((a, b) => (json(a) < json(b) ? -1 : 1))

/** Members in order, binary as base64, sets and capacities of several tables in an order of their own. */
const canonical = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64")
  if (Array.isArray(value)) return value.map(canonical)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.keys(value).filter((name) => value[name] !== undefined).sort().map((name) => {
      const member = canonical(value[name])
      const unordered = name === "SS" || name === "NS" || name === "BS" || name === "ConsumedCapacity"
      return [name, unordered && Array.isArray(member) ? sorted(member) : member]
    })
  )
}

const record = (value: unknown): Input => (isRecord(value) ? value : {})

export const answered = (output: unknown): Answer => ({ output: record(canonical(output)) })

export const refused = (code: string, message: string, detail: Input): Answer => {
  const reasons = detail["CancellationReasons"]
  return {
    refusal: {
      code,
      message,
      reasons: Array.isArray(reasons) ? reasons.map(({ Code, Item }) => canonical({ Code, Item })) : undefined
    }
  }
}

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
const total = (outputs: ReadonlyArray<Input>, name: string) =>
  outputs.reduce((sum, output) => sum + Number(output[name] ?? 0), 0)

/** What must be equal of the pages of an answer: everything, but for what has no order with AWS. */
export const comparable = ({ order = "exact", unseen = false }: Request, outputs: ReadonlyArray<Input>): unknown => {
  if (unseen) return outputs.length
  if (order === "exact") return outputs
  const items = outputs.flatMap((output) => list(output["Items"]))
  const { LastEvaluatedKey: _, Items: __, Responses, ...rest } = outputs[0] ?? {}
  return {
    ...rest,
    Count: total(outputs, "Count"),
    ScannedCount: total(outputs, "ScannedCount"),
    pages: outputs.length,
    items: sorted(items),
    responses: Object.entries(record(Responses)).map(([name, found]) => [name, sorted(list(found))]),
    by: order === "none" ? [] : items.map((item) => record(item)[order.by])
  }
}
