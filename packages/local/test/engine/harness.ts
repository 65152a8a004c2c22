import * as DynamoDBEngine from "@armature/local/DynamoDBEngine"
import * as Either from "effect/Either"
import { assert } from "vitest"

export type Output = Readonly<Record<string, unknown>>

/** A small generator of numbers in [0, 1) with a seed. */
const seeded = (seed: number): () => number => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** A part of an answer, looked into member by member: the engine's answers are untyped, and a wrong guess fails the test. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Loose = any

export interface World {
  readonly engine: DynamoDBEngine.Engine
  /** The clock, to be moved. */
  time: number
  readonly ok: (operation: string, input: unknown) => Output
  readonly fails: (operation: string, input: unknown, code: string, message?: string | RegExp) => Output
}

export const world = (options: Partial<DynamoDBEngine.Options> = {}): World => {
  const self: World = {
    time: 1_700_000_000_000,
    engine: DynamoDBEngine.make({ now: () => self.time, random: seeded(1), ...options }),
    ok: (operation, input) => {
      const answer = self.engine.execute(operation, input)
      if (Either.isLeft(answer)) assert.fail(`${operation}: ${answer.left.code}: ${answer.left.message}`)
      return answer.right
    },
    fails: (operation, input, code, message) => {
      const answer = self.engine.execute(operation, input)
      if (Either.isRight(answer)) return assert.fail(`${operation} did not fail with ${code}`)
      assert.strictEqual(answer.left.code, code, answer.left.message)
      if (typeof message === "string") assert.strictEqual(answer.left.message, message)
      else if (message !== undefined) assert.match(answer.left.message, message)
      return answer.left.detail ?? {}
    }
  }
  return self
}

const attributeType = (name: string) => (name.startsWith("n") ? "N" : name.startsWith("b") ? "B" : "S")

interface IndexOptions {
  readonly keys: ReadonlyArray<string>
  readonly partitions?: number
  readonly projection?: "ALL" | "KEYS_ONLY" | ReadonlyArray<string>
}

const indexInput = (name: string, { keys, partitions = 1, projection = "ALL" }: IndexOptions) => ({
  IndexName: name,
  KeySchema: keys.map((key, i) => ({ AttributeName: key, KeyType: i < partitions ? "HASH" : "RANGE" })),
  Projection: typeof projection === "string"
    ? { ProjectionType: projection }
    : { ProjectionType: "INCLUDE", NonKeyAttributes: projection }
})

/** A table on demand; an attribute whose name begins with `n` is a number, with `b` binary, with anything else a string. */
export const createTable = (
  { ok }: World,
  name: string,
  keys: ReadonlyArray<string>,
  options: {
    readonly global?: Readonly<Record<string, IndexOptions>>
    readonly local?: Readonly<Record<string, IndexOptions>>
    readonly extra?: Readonly<Record<string, unknown>>
  } = {}
): void => {
  const global = Object.entries(options.global ?? {})
  const local = Object.entries(options.local ?? {})
  const names = new Set([...keys, ...[...global, ...local].flatMap(([, index]) => index.keys)])
  ok("CreateTable", {
    TableName: name,
    AttributeDefinitions: Array.from(names, (key) => ({ AttributeName: key, AttributeType: attributeType(key) })),
    KeySchema: keys.map((key, i) => ({ AttributeName: key, KeyType: i === 0 ? "HASH" : "RANGE" })),
    BillingMode: "PAY_PER_REQUEST",
    ...(global.length > 0 ? { GlobalSecondaryIndexes: global.map(([index, of]) => indexInput(index, of)) } : {}),
    ...(local.length > 0 ? { LocalSecondaryIndexes: local.map(([index, of]) => indexInput(index, of)) } : {}),
    ...options.extra
  })
}

export const S = (value: string) => ({ S: value })
export const N = (value: number | string) => ({ N: String(value) })

/** Reads every page of a Query or Scan. */
export const pages = ({ ok }: World, operation: string, input: Output): ReadonlyArray<Output> => {
  const all: Array<Output> = []
  let start: unknown
  do {
    const page = ok(operation, start === undefined ? input : { ...input, ExclusiveStartKey: start })
    all.push(page)
    start = page["LastEvaluatedKey"]
  } while (start !== undefined)
  return all
}

export const itemsOf = (
  output: Output
): ReadonlyArray<Readonly<Record<string, { readonly S?: string; readonly N?: string }>>> => {
  const items = output["Items"]
  // The engine's answers list items under this name.
  return Array.isArray(items) ? items : []
}
