/** What is put around an entity's operations: hooks, and the schemas that its items had earlier. */
import type { DynamoDB } from "@armature/dynamodb/DynamoDB"
import type { ReadonlyItem } from "@armature/dynamodb/Item"
import type * as Effect from "effect/Effect"

type Any<A = unknown> = Effect.Effect<A, unknown, unknown>

type Key = Readonly<Record<string, unknown>>

/** What runs before a write's plan is made, after a write was applied, and after an item was decoded. */
export interface Hooks {
  readonly beforePut?: ((item: object) => Any<object>) | undefined
  readonly afterPut?: ((item: object) => Any) | undefined
  readonly beforeUpdate?: ((key: Key) => Any) | undefined
  readonly afterUpdate?: ((key: Key) => Any) | undefined
  readonly beforeDelete?: ((key: Key) => Any) | undefined
  readonly afterDelete?: ((key: Key) => Any) | undefined
  readonly afterLoad?: ((item: unknown) => Any) | undefined
}

/** Where an item that is decoded comes from. */
export interface From {
  readonly table: string
  readonly item: ReadonlyItem
  readonly db: DynamoDB.Service | undefined
  /** The item was just read whole from the table itself, so that it can be written back. */
  readonly writable: boolean
}

/** Decodes what the current schema does not: `current` is its decoding. */
export type Evolve = (current: Any, from: From) => Any
