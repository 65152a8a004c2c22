/**
 * The engine: dispatch of an operation by its name, and the one place where a thrown `Refusal` becomes an answer.
 */
import { type ServiceFault, serviceFault } from "@armature/aws/WireFailure"
import * as Either from "effect/Either"
import type { Engine, Options } from "../../DynamoDBEngine.js"

export interface Snapshot {
  readonly version: 1
  readonly tables: ReadonlyArray<unknown>
}

type Answer = Either.Either<Readonly<Record<string, unknown>>, ServiceFault>

export const make = (_options: Options): Engine => ({
  execute: (): Answer =>
    Either.left(serviceFault({ code: "UnknownOperationException", message: "", statusCode: 400 })),
  sweep: () => 0,
  settle: () => {},
  snapshot: () => ({ version: 1, tables: [] }),
  restore: () => {}
})
