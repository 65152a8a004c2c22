/** Operations: effects by their class, whose plan is made when it is asked for. What they hold is reachable by no inspector. */
import type { Operations } from "@armature/dynamodb/DynamoDB"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import type * as Either from "effect/Either"
import type { Fits, ReadPlan, WriteAction, WritePlan } from "../Operation.js"

export const TypeId: unique symbol = Symbol.for("@armature/model/Operation")

export const isOperation = (u: unknown): boolean => typeof u === "object" && u !== null && TypeId in u

type AnyReadPlan = ReadPlan<unknown, unknown, unknown>
type AnyWritePlan = WritePlan<unknown, unknown, unknown, unknown>

/** How an operation of one kind is planned and run. The types of an entity's operations say what each gives. */
export class ReadOperation extends Effectable.Class<unknown, unknown, unknown> {
  readonly [TypeId] = "Read"
  readonly #plan: () => Effect.Effect<AnyReadPlan, unknown, unknown>
  readonly #run: () => Effect.Effect<unknown, unknown, unknown>
  constructor(
    plan: () => Effect.Effect<AnyReadPlan, unknown, unknown>,
    run: () => Effect.Effect<unknown, unknown, unknown>
  ) {
    super()
    this.#plan = plan
    this.#run = run
  }
  get plan(): Effect.Effect<AnyReadPlan, unknown, unknown> {
    return Effect.suspend(this.#plan)
  }
  /** The plan as it is made now: an `Either` where there is nothing to wait for. */
  make(): Effect.Effect<AnyReadPlan, unknown, unknown> {
    return this.#plan()
  }
  get params(): Effect.Effect<Operations["GetItem"]["input"], unknown, unknown> {
    return Effect.map(this.plan, (plan) => plan.input)
  }
  override commit(): Effect.Effect<unknown, unknown, unknown> {
    return this.#run()
  }
}

/** The plan of an operation, as it is made now. */
export const planOf = <A, E, R>(operation: { readonly plan: Effect.Effect<A, E, R> }): Effect.Effect<A, E, R> =>
  // what it makes is what its `plan` gives
  operation instanceof ReadOperation ? operation.make() as Effect.Effect<A, E, R> : operation.plan

export class WriteOperation extends Effectable.Class<unknown, unknown, unknown> {
  readonly [TypeId] = "Write"
  readonly #plan: () => Effect.Effect<AnyWritePlan, unknown, unknown>
  readonly #run: (plan: AnyWritePlan) => Effect.Effect<unknown, unknown, unknown>
  readonly #inline: (plan: AnyWritePlan) => Either.Either<WriteAction, unknown>
  constructor(
    readonly fits: Fits,
    plan: () => Effect.Effect<AnyWritePlan, unknown, unknown>,
    run: (plan: AnyWritePlan) => Effect.Effect<unknown, unknown, unknown>,
    inline: (plan: AnyWritePlan) => Either.Either<WriteAction, unknown>
  ) {
    super()
    this.#plan = plan
    this.#run = run
    this.#inline = inline
  }
  get plan(): Effect.Effect<AnyWritePlan, unknown, unknown> {
    return Effect.suspend(this.#plan)
  }
  get params(): Effect.Effect<WriteAction, unknown, unknown> {
    return Effect.flatMap(this.plan, this.#inline)
  }
  override commit(): Effect.Effect<unknown, unknown, unknown> {
    return Effect.flatMap(this.plan, this.#run)
  }
  /** The same with something before its plan is made, and after it was applied: what comes after, only who runs it alone can do. */
  around(
    before: Effect.Effect<unknown, unknown, unknown> | undefined,
    after: ((plan: AnyWritePlan) => Effect.Effect<unknown, unknown, unknown>) | undefined
  ): WriteOperation {
    if (before === undefined && after === undefined) return this
    return new WriteOperation(
      after === undefined ? this.fits : "alone",
      before === undefined ? this.#plan : () => Effect.zipRight(before, this.plan),
      after === undefined ? this.#run : (plan) => Effect.tap(this.#run(plan), after(plan)),
      this.#inline
    )
  }
}
