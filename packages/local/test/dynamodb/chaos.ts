/**
 * A world in which requests and answers are lost, writes come late and batches are done by halves, by seed; and what may stand in it
 * after all that a program was told.
 */
import type { Transport } from "@armature/aws/Transport"
import * as Wire from "@armature/aws/WireFailure"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Utils from "effect/Utils"

/** Time that passes when somebody waits for it: what was due meanwhile is done first, in order. */
export class World {
  now = 0
  private due: Array<{ readonly at: number; readonly run: () => void }> = []
  later(at: number, run: () => void) {
    this.due.push({ at, run })
  }
  pass(to: number) {
    for (;;) {
      const next = this.due.filter((one) => one.at <= to).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.due.splice(this.due.indexOf(next), 1)
      this.now = next.at
      next.run()
    }
    this.now = Math.max(this.now, to)
  }
  readonly clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => this.now,
    unsafeCurrentTimeNanos: () => BigInt(Math.round(this.now * 1e6)),
    currentTimeMillis: Effect.sync(() => this.now),
    currentTimeNanos: Effect.sync(() => BigInt(Math.round(this.now * 1e6))),
    sleep: (duration) => Effect.sync(() => this.pass(this.now + Duration.toMillis(duration)))
  }
}

export const table = {
  TableName: "chaos",
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" as const }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" as const }],
  BillingMode: "PAY_PER_REQUEST" as const
}

const failures: ReadonlyArray<Wire.WireFailure> = [
  Wire.connectionFault({ phase: "sent", timeout: false, cause: { code: "ECONNRESET" } }),
  Wire.connectionFault({ phase: "sent", timeout: true, cause: undefined }),
  Wire.connectionFault({ phase: "body", timeout: false, cause: { code: "ECONNRESET" } }),
  Wire.malformedFault({ statusCode: 200, cause: new SyntaxError("cut") }),
  Wire.serviceFault({ code: "InternalServerError", statusCode: 500, message: "" }),
  Wire.serviceFault({ code: undefined, statusCode: 503, message: "" })
]
const refusals: ReadonlyArray<Wire.WireFailure> = [
  Wire.connectionFault({ phase: "connect", timeout: false, cause: { code: "ECONNREFUSED" } }),
  Wire.connectionFault({ phase: "connect", timeout: true, cause: undefined }),
  Wire.serviceFault({ code: "ThrottlingException", statusCode: 400, message: "" }),
  Wire.serviceFault({ code: "ProvisionedThroughputExceededException", statusCode: 400, message: "" }),
  Wire.serviceFault({ code: "AccessDeniedException", statusCode: 400, message: "" }),
  Wire.serviceFault({ code: "ExpiredTokenException", statusCode: 400, message: "" }),
  Wire.serviceFault({ code: "NobodyKnows", statusCode: 400, message: "" }),
  Wire.credentialsFault(undefined)
]

const transactionRefusals: ReadonlyArray<Wire.WireFailure> = [
  ...refusals,
  // one that is tried again, and one that is not
  ...["TransactionConflict", "ItemCollectionSizeLimitExceeded"].map((Code) =>
    Wire.serviceFault({
      code: "TransactionCanceledException",
      statusCode: 400,
      message: "",
      detail: { CancellationReasons: [{ Code }] }
    })
  ),
  Wire.serviceFault({ code: "TransactionInProgressException", statusCode: 400, message: "" })
]

type Fields = Readonly<Record<string, unknown>>
const fields = (value: unknown): Fields => typeof value === "object" && value !== null ? value as Fields : {}
const listed = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

/** A request whose shapes do not matter here, as `lossy` handles those of batches. */
type Send = (operation: string, input: unknown) => Effect.Effect<Fields, Wire.WireFailure>

/** Does a part of a batch, and leaves the rest over as the operation says it. */
const partly = (send: Send, operation: string, input: Fields, random: Utils.PCGRandom): ReturnType<Send> => {
  const halved = (members: ReadonlyArray<unknown>) => {
    const left = new Set(members.filter(() => random.integer(4) === 0))
    return { done: members.filter((member) => !left.has(member)), left: [...left] }
  }
  const table = fields(input["RequestItems"])["chaos"]
  switch (operation) {
    case "BatchWriteItem": {
      const { done, left } = halved(listed(table))
      if (left.length === 0) return send(operation, input)
      const UnprocessedItems = { chaos: left }
      return done.length === 0 ? Effect.succeed({ UnprocessedItems }) : Effect.map(
        send(operation, { ...input, RequestItems: { chaos: done } }),
        (output) => ({ ...output, UnprocessedItems })
      )
    }
    case "BatchGetItem": {
      const { done, left } = halved(listed(fields(table)["Keys"]))
      if (left.length === 0) return send(operation, input)
      const UnprocessedKeys = { chaos: { ...fields(table), Keys: left } }
      return done.length === 0 ? Effect.succeed({ Responses: {}, UnprocessedKeys }) : Effect.map(
        send(operation, { ...input, RequestItems: { chaos: { ...fields(table), Keys: done } } }),
        (output) => ({ ...output, UnprocessedKeys })
      )
    }
    case "BatchExecuteStatement": {
      const { done, left } = halved(listed(input["Statements"]))
      if (left.length === 0) return send(operation, input)
      // what fails inside may have been done all the same
      const [code, sent] = random.integer(2) === 0
        ? ["ThrottlingError", done]
        : ["InternalServerError", random.integer(2) === 0 ? done : listed(input["Statements"])]
      const answers = sent.length === 0 ? Effect.succeed<Fields>({}) : send(operation, { ...input, Statements: sent })
      return Effect.map(answers, (output) => ({
        ...output,
        Responses: listed(input["Statements"]).map((statement) =>
          left.includes(statement) ? { Error: { Code: code } } : listed(output["Responses"])[sent.indexOf(statement)]
        )
      }))
    }
    default:
      return send(operation, input)
  }
}

/** Loses a fifth of what passes, on either side, refuses some, and does batches by halves. */
export const lossy = (
  inner: Transport<DynamoDB.Operations>,
  world: World,
  random: Utils.PCGRandom
): Transport<DynamoDB.Operations> => {
  const pick = (list: ReadonlyArray<Wire.WireFailure>) => Effect.fail(list[random.integer(list.length)] ?? list[0]!)
  return {
    info: inner.info,
    send: (operation, input) =>
      Effect.suspend(() => {
        world.pass(world.now + 5)
        // the operation's own input and output: `partly` leaves members out, and adds those that are left over
        const run = partly(inner.send as Send, operation, input as Fields, random) as ReturnType<typeof inner.send>
        const fate = random.integer(100)
        if (fate < 60) return run
        if (fate < 72) return pick(/Transact/.test(operation) ? transactionRefusals : refusals)
        if (fate < 82) return pick(failures)
        if (fate < 94) return Effect.zipRight(Effect.either(run), pick(failures))
        world.later(world.now + random.integer(20_000), () =>
          void Effect.runSync(Effect.withClock(Effect.either(run), world.clock)))
        return pick(failures)
      })
  }
}

/** What stands under one key: which values it may hold in the end. */
export class Register {
  private may: ReadonlySet<number | undefined> = new Set([undefined])
  private readonly floating = new Set<number | undefined>()
  private readonly written = new Set<number | undefined>([undefined])

  /** A write that was acknowledged; one that was sent again may land once more, later. */
  acknowledged(value: number | undefined, repeated: boolean) {
    this.may = new Set([value])
    this.written.add(value)
    if (repeated) this.floating.add(value)
  }
  unknown(value: number | undefined) {
    this.floating.add(value)
    this.written.add(value)
  }
  mayHold(value: number | undefined): boolean {
    return this.may.has(value) || this.floating.has(value)
  }
  /** Whether it may have held a value at some time. */
  mayHaveHeld(value: number | undefined): boolean {
    return this.written.has(value)
  }
}

/** What a number is added to: how often that was acknowledged, and how often it may have been done. */
export class Counter {
  private done = 0
  private perhaps = 0

  acknowledged() {
    this.done++
  }
  unknown() {
    this.perhaps++
  }
  mayHold(value: number): boolean {
    return value >= this.done && value <= this.done + this.perhaps
  }
  toString(): string {
    return `${this.done} acknowledged, ${this.perhaps} unknown`
  }
}
