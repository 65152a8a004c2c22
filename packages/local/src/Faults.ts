/**
 * Failures on demand. A rule says which requests it meets (by operation, by what they name, by their number or by chance) and what
 * becomes of them: a wire failure or no answer at all, while the request takes effect never, at once or later; a slow answer; members
 * of a batch left unprocessed; a short or an empty page; a transaction in conflict; a harmed body. Rules wrap a transport, so
 * everything above it is the code that runs on AWS.
 *
 * @since 0.1.0
 */
import type { InputOf, OutputOf, Transport } from "@armature/aws/Transport"
import * as Wire from "@armature/aws/WireFailure"
import type { ConnectionFault, ServiceFault, WireFailure } from "@armature/aws/WireFailure"
import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type * as DynamoDBEngine from "./DynamoDBEngine.js"
import * as layer from "./internal/faults/layer.js"
import { nthOf } from "./internal/faults/rule.js"

/** The operations whose input has one of these members. */
type Taking<Ops, Members extends string> = {
  readonly [K in keyof Ops & string]: Extract<keyof InputOf<Ops, K>, Members> extends never ? never : K
}[keyof Ops & string]

/** The operations whose output has one of these members. */
type Giving<Ops, Members extends string> = {
  readonly [K in keyof Ops & string]: Extract<keyof OutputOf<Ops, K>, Members> extends never ? never : K
}[keyof Ops & string]

type OfTables = "TableName" | "RequestItems" | "TransactItems"
type OfItems = "Item" | "RequestItems" | "TransactItems"

/**
 * Some of an item's attributes, as they go over the wire.
 *
 * @since 0.1.0
 * @category models
 */
export type Attributes = Readonly<Record<string, AttributeValue>>

interface Nothing {
  readonly table?: undefined
  readonly index?: undefined
  readonly key?: undefined
  readonly bucket?: undefined
  readonly object?: undefined
  readonly keyId?: undefined
}

interface Of<Operation> {
  readonly operation: Operation
}

interface OnTable {
  /** The table, by its name. */
  readonly table?: string | undefined
}

interface OnIndex {
  /** The index, by its name. */
  readonly index?: string | undefined
}

interface OnKey {
  /**
   * The key: attributes that it has to hold, or a predicate. A put is asked by its whole item. Of a batch or a transaction one member
   * is enough.
   */
  readonly key?: Attributes | ((key: Attributes) => boolean) | undefined
}

interface OnBucket {
  readonly bucket?: string | undefined
}

interface OnObject {
  /** The key of the object. */
  readonly object?: string | ((key: string) => boolean) | undefined
}

interface OnKeyId {
  /** The key of KMS, named as the request names it. */
  readonly keyId?: string | undefined
}

/** The operations on single items: those with a key of attributes, which S3's keys are not. */
type OnItems<Ops> = Exclude<Taking<Ops, OfItems | "Key">, Taking<Ops, "Bucket">>

/**
 * What a rule meets: an operation, and what its request names. Only what the operation can name may be asked for.
 *
 * @since 0.1.0
 * @category models
 */
export type Target<Ops> =
  | Of<keyof Ops & string> & Nothing
  | Of<Taking<Ops, OfTables>> & Omit<Nothing, "table"> & OnTable
  | Of<Taking<Ops, "IndexName">> & Omit<Nothing, "table" | "index"> & OnTable & OnIndex
  | Of<OnItems<Ops>> & Omit<Nothing, "table" | "key"> & OnTable & OnKey
  | Of<Taking<Ops, "Bucket">> & Omit<Nothing, "bucket"> & OnBucket
  | Of<Extract<Taking<Ops, "Bucket">, Taking<Ops, "Key">>> & Omit<Nothing, "bucket" | "object"> & OnBucket & OnObject
  | Of<Taking<Ops, "KeyId">> & Omit<Nothing, "keyId"> & OnKeyId

/**
 * Which of the requests that a rule is about it meets, counted from 1 since the rule stands.
 *
 * @since 0.1.0
 * @category models
 */
export interface Count {
  /** A number: the first that it meets, and `times` says how many. A list: those. Default 1; with a `probability`, every one. */
  readonly nth?: number | ReadonlyArray<number> | "every" | undefined
  /** How many in a row from the number `nth` on. Default 1. */
  readonly times?: number | "always" | undefined
  /** From 0 to 1: how likely each of these is met. Default 1. */
  readonly probability?: number | undefined
  /** Of the `probability`; the same seed draws the same. By default drawn from Effect's `Random` when the rule begins to stand. */
  readonly seed?: number | undefined
}

/**
 * Whether a request that is not answered takes effect all the same.
 *
 * - `"before"` (the default): it never took effect.
 * - `"after"`: it took effect, and the answer was lost.
 * - `"late"`: it takes effect `delay` after it failed, on Effect's clock.
 *
 * @since 0.1.0
 * @category models
 */
export interface Taken {
  readonly effect?: "before" | "after" | "late" | undefined
  /** Default 1 second. */
  readonly delay?: Duration.DurationInput | undefined
}

interface Untaken {
  readonly effect?: undefined
  readonly delay?: undefined
}

interface NoFailure {
  readonly failure?: undefined
}

interface NoHang {
  readonly hang?: undefined
}

interface NoUnprocessed {
  readonly unprocessed?: undefined
}

interface NoPage {
  readonly page?: undefined
}

interface NoConflict {
  readonly conflict?: undefined
}

interface NoBody {
  readonly body?: undefined
}

interface NoStale {
  readonly stale?: undefined
}

interface Slow {
  /** How long the request waits first, on Effect's clock. Alone, nothing else befalls it. */
  readonly latency?: Duration.DurationInput | undefined
}

/**
 * What becomes of a request that a rule meets.
 *
 * @since 0.1.0
 * @category models
 */
export type Happening<Ops> =
  | NoStale
    & (
      | NoBody & Of<keyof Ops & string> & Slow & Taken & NoHang & NoUnprocessed & NoPage & NoConflict & {
        readonly failure: WireFailure
      }
      | NoBody & Of<keyof Ops & string> & Slow & Taken & NoFailure & NoUnprocessed & NoPage & NoConflict & {
        /** Never answered: whoever asks waits until he gives up. */
        readonly hang: true
      }
      | NoBody
        & Of<keyof Ops & string>
        & Untaken
        & NoFailure
        & NoHang
        & NoUnprocessed
        & NoPage
        & NoConflict
        & Required<Slow>
      | NoBody
        & Of<Giving<Ops, "UnprocessedItems" | "UnprocessedKeys">>
        & Slow
        & Untaken
        & NoFailure
        & NoHang
        & NoPage
        & NoConflict
        & {
          /**
           * Members of the batch that are not carried out, and given back: of those on the rule's table and key all, the first so many, or
           * those at these positions, counted from 0. A batch without such a member is not met.
           */
          readonly unprocessed: "all" | number | ReadonlyArray<number>
        }
      | NoBody & Of<keyof Ops & Limited> & Slow & Untaken & NoFailure & NoHang & NoUnprocessed & NoConflict & {
        /** The most that a page holds, with the cursor behind it. A request that asks for no more is not met. */
        readonly page: number
      }
      | NoBody
        & Of<keyof Ops & ("Query" | "Scan")>
        & Slow
        & Untaken
        & NoFailure
        & NoHang
        & NoUnprocessed
        & NoConflict
        & {
          /**
           * A page without items that is not the last. DynamoDB gives such a page when the filter drops all that was read, and so it is here:
           * the request is met only if its first item is dropped by its filter.
           */
          readonly page: "empty"
        }
      | NoBody
        & Of<Taking<Ops, "TransactItems" | "TransactStatements">>
        & Slow
        & Untaken
        & NoFailure
        & NoHang
        & NoUnprocessed
        & NoPage
        & {
          /** The positions in the transaction, counted from 0, that conflict with another one. A shorter transaction is not met. */
          readonly conflict: number | ReadonlyArray<number>
        }
      | Of<keyof Ops & "GetObject"> & Slow & Untaken & NoFailure & NoHang & NoUnprocessed & NoPage & NoConflict & {
        /** The bytes of the object end in the middle, or are not those of its checksum. An object without bytes is not met. */
        readonly body: "truncated" | "corrupt"
      }
    )
  | NoBody
    & Of<keyof Ops & ("BatchGetItem" | "GetItem" | "Query" | "Scan")>
    & Slow
    & Untaken
    & NoFailure
    & NoHang
    & NoUnprocessed
    & NoPage
    & NoConflict
    & {
      /**
       * How far the read lags behind: it is answered as things stood so long ago, on Effect's clock, at the earliest when the rule began to
       * stand. A table without its index, and an index alone, are asked by `index`. A consistent read is not met, and one that is answered
       * as things stand now does not count as fired. Only the services in process and the endpoint have a past to answer from.
       */
      readonly stale: Duration.DurationInput
    }

type Limited =
  | "Query"
  | "Scan"
  | "ListTables"
  | "ListAliases"
  | "ListKeys"
  | "ListObjectsV2"
  | "ListObjectVersions"
  | "ListMultipartUploads"
  | "ListParts"

/**
 * A fault rule: what it meets, how often, and what becomes of the request.
 *
 * @example
 * ```ts
 * import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
 * import * as Faults from "@armature/local/Faults"
 *
 * export const rules: ReadonlyArray<Faults.Rule<DynamoDB.Operations>> = [
 *   // the answer to the second write to this item is lost
 *   { operation: "UpdateItem", table: "users", key: { id: { S: "1" } }, nth: 2, effect: "after", failure: Faults.connectionReset },
 *   // one read in ten is throttled, the same ones in each run
 *   { operation: "GetItem", probability: 0.1, seed: 1, failure: Faults.throttled() },
 *   { operation: "BatchWriteItem", unprocessed: [0, 2] },
 *   { operation: "TransactWriteItems", conflict: 1 },
 *   // the index lags two seconds behind
 *   { operation: "Query", table: "users", index: "by-name", nth: "every", stale: "2 seconds" }
 * ]
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export type Rule<Ops> = Target<Ops> & Count & Happening<Ops>

/**
 * A rule stood for a whole program and no request met it: the test does not test what it says.
 *
 * @since 0.1.0
 * @category errors
 */
export class FaultNotFiredException extends Data.TaggedError("FaultNotFiredException")<{
  readonly operation: string
  readonly nth: number | ReadonlyArray<number> | "every"
  /** How many requests of the operation, and on what the rule names, there were. */
  readonly seen: number
}> {
  override get message(): string {
    const which = this.nth === "every" ? "any request" : `request ${[this.nth].flat().join(" or ")}`
    return `no request met the fault rule for ${this.operation}, ${which}; ${this.seen} came near`
  }
}

/**
 * A transport whose requests fail by rules.
 *
 * @since 0.1.0
 * @category models
 */
export interface Faults<Ops> {
  readonly transport: Transport<Ops>
  /**
   * Runs a program under rules. Where two rules meet one request, the first wins. A rule that never fired fails a program that
   * succeeded.
   */
  readonly run: (
    rules: ReadonlyArray<Rule<Ops>>
  ) => <A, E, R>(program: Effect.Effect<A, E, R>) => Effect.Effect<A, E | FaultNotFiredException, R>
}

/**
 * Lays rules over a transport. What takes effect late does so in the scope given, and not at all once that is closed. Stale reads need
 * `replicate`, of the engine below the transport.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Ops>(
  transport: Transport<Ops>,
  replicate?: DynamoDBEngine.Engine["replicate"]
): Effect.Effect<Faults<Ops>, never, Scope.Scope> =>
  Effect.map(
    // below its types a transport takes an operation's name and input, and gives what it answers: rules change an input and an answer
    // within their shapes only
    layer.make(transport.send as layer.Send, replicate),
    ({ send, stand, withdraw }): Faults<Ops> => ({
      transport: { info: transport.info, send: send as Transport<Ops>["send"] },
      run: (rules) => (program) =>
        Effect.acquireUseRelease(
          Effect.forEach(rules, stand),
          (mine) =>
            Effect.tap(program, () => {
              const idle = mine.find((one) => one.fired === 0)
              return idle === undefined
                ? Either.right(undefined)
                : Either.left(
                  new FaultNotFiredException({ operation: idle.rule.operation, nth: nthOf(idle.rule), seen: idle.seen })
                )
            }),
          withdraw
        )
    })
  )

/**
 * Why a request was throttled, as DynamoDB says it: `TableReadProvisionedThroughputExceeded` and the ARN of the table, for example.
 *
 * @since 0.1.0
 * @category models
 */
export interface ThrottlingReason {
  readonly reason: string
  readonly resource: string
}

/**
 * What a throttled answer carries.
 *
 * @since 0.1.0
 * @category models
 */
export interface Throttled {
  readonly reasons?: ReadonlyArray<ThrottlingReason> | undefined
  /** The server's hint how long to wait. */
  readonly retryAfter?: Duration.DurationInput | undefined
}

const answered = (code: string, statusCode: number, options: Partial<ServiceFault> = {}): ServiceFault =>
  Wire.serviceFault({ code, message: "", statusCode, ...options })

const hint = ({ retryAfter }: Throttled): number | undefined =>
  retryAfter === undefined ? undefined : Duration.toMillis(retryAfter)

/**
 * `ThrottlingException`, as DynamoDB and KMS answer it.
 *
 * @since 0.1.0
 * @category failures
 */
export const throttled = (options: Throttled = {}): ServiceFault =>
  answered("ThrottlingException", 400, {
    retryAfter: hint(options),
    ...(options.reasons === undefined ? {} : { detail: { throttlingReasons: options.reasons } })
  })

/**
 * `ProvisionedThroughputExceededException`, as DynamoDB answers it.
 *
 * @since 0.1.0
 * @category failures
 */
export const throughputExceeded = (options: Throttled = {}): ServiceFault =>
  answered("ProvisionedThroughputExceededException", 400, {
    retryAfter: hint(options),
    ...(options.reasons === undefined ? {} : { detail: { ThrottlingReasons: options.reasons } })
  })

/**
 * `SlowDown`, as S3 answers it.
 *
 * @since 0.1.0
 * @category failures
 */
export const slowDown: ServiceFault = answered("SlowDown", 503)

/**
 * `AccessDeniedException`, as DynamoDB and KMS answer it.
 *
 * @since 0.1.0
 * @category failures
 */
export const accessDenied: ServiceFault = answered("AccessDeniedException", 400)

/**
 * `ExpiredTokenException`, as DynamoDB and KMS answer it.
 *
 * @since 0.1.0
 * @category failures
 */
export const expiredToken: ServiceFault = answered("ExpiredTokenException", 400)

/**
 * `InternalServerError`, status 500. Nobody knows whether a write that is answered so took effect.
 *
 * @since 0.1.0
 * @category failures
 */
export const internalError: ServiceFault = answered("InternalServerError", 500)

/**
 * `TransactionInProgressException`: a transaction with the same token is still under way.
 *
 * @since 0.1.0
 * @category failures
 */
export const transactionInProgress: ServiceFault = answered("TransactionInProgressException", 400)

/**
 * `DisabledException`: the key of KMS is disabled.
 *
 * @since 0.1.0
 * @category failures
 */
export const keyDisabled: ServiceFault = answered("DisabledException", 400)

/**
 * No connection could be made: the server has seen nothing. It goes with `effect: "before"` only.
 *
 * @since 0.1.0
 * @category failures
 */
export const connectionRefused: ConnectionFault = Wire.connectionFault({
  phase: "connect",
  timeout: false,
  cause: { code: "ECONNREFUSED" }
})

/**
 * The connection broke after the request was sent, before an answer came.
 *
 * @since 0.1.0
 * @category failures
 */
export const connectionReset: ConnectionFault = Wire.connectionFault({
  phase: "sent",
  timeout: false,
  cause: { code: "ECONNRESET" }
})

/**
 * The client's time for an answer ran out.
 *
 * @since 0.1.0
 * @category failures
 */
export const timedOut: ConnectionFault = Wire.connectionFault({
  phase: "sent",
  timeout: true,
  cause: { name: "TimeoutError" }
})

/**
 * The answer began and did not arrive whole.
 *
 * @since 0.1.0
 * @category failures
 */
export const answerCut: ConnectionFault = Wire.connectionFault({
  phase: "body",
  timeout: false,
  cause: { code: "ECONNRESET" }
})
