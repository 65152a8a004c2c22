/** Waiting for a table to be there, or to be gone. */
import { ResourceNotFoundException } from "@armature/aws/Exceptions"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { WaiterTimeoutException } from "../DynamoDBException.js"
import type { DescribeTableError, WaitError } from "./errors.js"
import type { WaitOptions } from "./methods.js"

/** Not yet. */
class Pending extends Data.TaggedError("Pending")<{ readonly status: string | undefined }> {}

type Describe = Effect.Effect<Sdk.DescribeTableCommandOutput, DescribeTableError>

const patience = Schedule.exponential("1 second", 1.5).pipe(
  Schedule.union(Schedule.spaced("20 seconds")),
  Schedule.upTo("10 minutes")
)

const wait = <A>(
  waiter: "TableExists" | "TableNotExists",
  table: string | undefined,
  ask: Effect.Effect<A, Exclude<DescribeTableError, ResourceNotFoundException> | Pending>,
  options: WaitOptions = {}
): Effect.Effect<A, WaitError> =>
  ask.pipe(
    Effect.retry({ schedule: options.schedule ?? patience, while: (e) => e instanceof Pending }),
    Effect.catchTag("Pending", ({ status }) =>
      Effect.fail(
        new WaiterTimeoutException({ service: "DynamoDB", operation: "DescribeTable", resource: table, waiter, status })
      ))
  )

export const untilExists = (table: string | undefined, describe: Describe, options?: WaitOptions) =>
  wait(
    "TableExists",
    table,
    describe.pipe(
      Effect.catchTag("ResourceNotFoundException", () => Effect.fail(new Pending({ status: undefined }))),
      Effect.filterOrFail(
        ({ Table }) => Table?.TableStatus === "ACTIVE",
        ({ Table }) => new Pending({ status: Table?.TableStatus })
      )
    ),
    options
  )

export const untilNotExists = (table: string | undefined, describe: Describe, options?: WaitOptions) =>
  wait(
    "TableNotExists",
    table,
    Effect.matchEffect(describe, {
      onFailure: (e) => e instanceof ResourceNotFoundException ? Effect.void : Effect.fail(e),
      onSuccess: ({ Table }) => Effect.fail(new Pending({ status: Table?.TableStatus }))
    }),
    options
  )
