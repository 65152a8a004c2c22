/**
 * Which operation a request of S3 means, and on which bucket and key: read from AWS's model, by method, path, query and headers.
 */
import type { NormalizedSchema } from "@smithy/core/schema"
import type { Head } from "../answer.js"
import type { OperationModel, ServiceModel } from "../model.js"
import { decode, headerOf, queryOf } from "../signature.js"

export interface Target {
  readonly bucket: string | undefined
  readonly key: string | undefined
}

const hosts = [
  /^(.+)\.s3[.-](?:[a-z0-9-]+\.)?localhost$/,
  /^(.+)\.localhost$/,
  /^(.+)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com$/
]

/** Bucket and key, from the host's name (`bucket.localhost`) or else from the path. */
export const targetOf = (head: Head): Target => {
  const host = (headerOf(head, "host") ?? "").replace(/:\d+$/, "").toLowerCase()
  const hosted = hosts.map((pattern) => pattern.exec(host)?.[1]).find((name) => name !== undefined && name !== "s3")
  if (hosted !== undefined) return { bucket: hosted, key: head.path === "/" ? undefined : decode(head.path.slice(1)) }
  const [, bucket = "", ...rest] = head.path.split("/")
  const key = rest.join("/")
  return { bucket: bucket === "" ? undefined : decode(bucket), key: key === "" ? undefined : decode(key) }
}

interface Route {
  readonly operation: OperationModel
  readonly method: string
  readonly onBucket: boolean
  readonly onKey: boolean
  readonly id: string | undefined
  readonly literals: ReadonlyArray<readonly [name: string, value: string]>
  readonly queries: ReadonlyArray<string>
  readonly headers: ReadonlyArray<string>
}

/** How many of a structure's members, from the first, are required: the last entry of its tuple. */
const requiredCount = (schema: NormalizedSchema): number => {
  const shape: unknown = schema.getSchema()
  const count: unknown = Array.isArray(shape) ? shape[6] : undefined
  return typeof count === "number" ? count : 0
}

export const routes = (model: ServiceModel): ReadonlyArray<Route> =>
  [...model.operations.values()].flatMap((operation): ReadonlyArray<Route> => {
    const [method = "", uri = ""] = operation.http ?? []
    const [path, query = ""] = uri.split("?")
    if (path !== "/" && path !== "/{Key+}") return []
    const literals = query.split("&").filter((part) => part !== "").map((part) => {
      const [name = "", value = ""] = part.split("=")
      return [name, value] as const
    })
    const members = operation.input.isUnitSchema() ? [] : [...operation.input.structIterator()]
    const required = members.slice(0, requiredCount(operation.input))
    const traits = required.map(([, schema]) => schema.getMergedTraits())
    return [{
      operation,
      method,
      onBucket: members.some(([name]) => name === "Bucket"),
      onKey: path === "/{Key+}",
      id: literals.find(([name]) => name === "x-id")?.[1],
      literals: literals.filter(([name]) => name !== "x-id"),
      queries: traits.flatMap(({ httpQuery }) => httpQuery ?? []),
      headers: traits.flatMap(({ httpHeader }) => httpHeader ?? [])
    }]
  })

const fits = (route: Route, head: Head, target: Target): boolean =>
  route.method === head.method && route.onBucket === (target.bucket !== undefined) &&
  route.onKey === (target.key !== undefined) &&
  route.literals.every(([name, value]) => queryOf(head, name) === value) &&
  route.queries.every((name) => queryOf(head, name) !== undefined) &&
  route.headers.every((name) => headerOf(head, name) !== undefined)

/** The most particular of the routes that fit. `x-id`, which only some SDKs send, decides between equals. */
export const find = (all: ReadonlyArray<Route>, head: Head, target: Target): OperationModel | undefined => {
  const id = queryOf(head, "x-id")
  const weight = (route: Route): number =>
    2 * (route.literals.length + route.queries.length + route.headers.length) +
    (id !== undefined && route.id === id ? 1 : 0)
  let best: Route | undefined
  for (const route of all) {
    if (fits(route, head, target) && (best === undefined || weight(route) > weight(best))) best = route
  }
  return best?.operation
}
