/**
 * The family of failures: what every exception of Armature carries, the factory that makes one, and the categories that cut across them.
 * The failures that several services share are in `Exceptions`.
 *
 * What an exception holds of a program's data (an item, a reason's item, AWS's own text) is reachable by name and printed by nothing:
 * `toJSON`, `toString`, an inspector and `Cause.pretty` show an allow-list of fields.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import { NodeInspectSymbol } from "effect/Inspectable"
import { errorsOf, member, word } from "./internal/unknown.js"

/**
 * The brand of the family.
 *
 * @since 0.1.0
 * @category symbols
 */
export const TypeId: unique symbol = Symbol.for("@armature/aws/AwsException")

/**
 * The type of the brand.
 *
 * @since 0.1.0
 * @category symbols
 */
export type TypeId = typeof TypeId

/**
 * Whether a request may have taken effect. On a write, only `WriteOutcomeUnknownException` is `"unknown"`.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = "not-applied" | "unknown"

/**
 * What every exception can be made with; all of it is optional, so that a test can make any of them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fields {
  /** `"DynamoDB"`, `"KMS"`, `"S3"`. */
  readonly service?: string | undefined
  /** AWS's name of the operation, `"PutItem"`. */
  readonly operation?: string | undefined
  /** What it was done to: a table, a key id, a bucket. Never an item's key. */
  readonly resource?: string | undefined
  /** AWS's name for the error, or the socket's (`"ECONNREFUSED"`). */
  readonly code?: string | undefined
  /** AWS's own text. It may quote values of the request, so nothing prints it. */
  readonly awsMessage?: string | undefined
  readonly statusCode?: number | undefined
  readonly requestId?: string | undefined
  /** How many requests were sent for this call. */
  readonly attempts?: number | undefined
  /** Whether the same request could succeed later. Default `false`. */
  readonly retryable?: boolean | undefined
  /** Default `"not-applied"`. */
  readonly outcome?: Outcome | undefined
  /** The server's hint how long to wait, in milliseconds. */
  readonly retryAfter?: number | undefined
  /** What lay behind it, stripped of request, response and item. */
  readonly cause?: unknown
}

/**
 * Any failure of Armature. `isAwsException` recognises one, `catchAws` catches all that are left.
 *
 * @since 0.1.0
 * @category models
 */
export interface AwsException extends Cause.YieldableError {
  readonly [TypeId]: TypeId
  readonly _tag: string
  readonly service: string | undefined
  readonly operation: string | undefined
  readonly resource: string | undefined
  readonly code: string | undefined
  readonly awsMessage: string | undefined
  readonly statusCode: number | undefined
  readonly requestId: string | undefined
  readonly attempts: number | undefined
  readonly retryable: boolean
  readonly outcome: Outcome
  readonly retryAfter: number | undefined
}

/**
 * How one exception of the family reads: the sentence that its message ends with, and which of its own fields may be printed. A field
 * that is not listed is data, and stays hidden.
 *
 * @since 0.1.0
 * @category models
 */
export interface Description<F> {
  readonly says: string | ((fields: AwsException & Readonly<F>) => string)
  readonly printed?: ReadonlyArray<keyof F & string> | undefined
}

/**
 * An exception of the family with its own fields `F`.
 *
 * @since 0.1.0
 * @category models
 */
export type Tagged<Tag extends string, F> = AwsException & { readonly _tag: Tag } & Readonly<F>

/**
 * The constructor of an exception of the family. Where every field of its own is optional, so is the argument.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaggedClass<Tag extends string, F> {
  readonly tag: Tag
  new(...args: {} extends F ? [fields?: Fields & Readonly<F>] : [fields: Fields & Readonly<F>]): Tagged<Tag, F>
}

const common = [
  "service",
  "operation",
  "resource",
  "code",
  "statusCode",
  "requestId",
  "attempts",
  "retryable",
  "outcome",
  "retryAfter"
] as const

const hidden = (self: object, name: string, value: unknown) =>
  // a getter, so that even an inspector that shows hidden properties shows no value
  Object.defineProperty(self, name, { get: () => value, enumerable: false, configurable: true })

/**
 * Makes a class of the family over `Data.TaggedError`: brand, common fields, `message` in our words, and printing by allow-list.
 *
 * @example
 * ```ts
 * import * as AwsException from "@armature/aws/AwsException"
 *
 * class QuotaException extends AwsException.tagged("QuotaException")<{ readonly quota: string; readonly note: string }>({
 *   says: (e) => `the quota ${e.quota} is used up`,
 *   printed: ["quota"]
 * }) {}
 *
 * const e = new QuotaException({ operation: "CreateTable", quota: "tables", note: "not printed" })
 * console.log(e.message) // CreateTable: the quota tables is used up
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const tagged =
  <Tag extends string>(tag: Tag) => <F extends object = {}>(description: Description<F>): TaggedClass<Tag, F> => {
    const own: ReadonlyArray<string> = description.printed ?? []
    const { says } = description
    class Exception extends Data.TaggedError(tag) {
      static readonly tag = tag
      readonly [TypeId]: TypeId = TypeId
      declare readonly service: string | undefined
      declare readonly operation: string | undefined
      declare readonly resource: string | undefined
      declare readonly code: string | undefined
      declare readonly awsMessage: string | undefined
      declare readonly statusCode: number | undefined
      declare readonly requestId: string | undefined
      declare readonly attempts: number | undefined
      declare readonly retryable: boolean
      declare readonly outcome: Outcome
      declare readonly retryAfter: number | undefined
      constructor(fields: Fields & Readonly<F>) {
        super()
        const given: Readonly<Record<string, unknown>> = { ...fields }
        Object.defineProperty(this, TypeId, { value: TypeId, enumerable: false })
        const self: Record<string, unknown> = {}
        for (const name of common) self[name] = given[name]
        self.retryable = given.retryable ?? false
        self.outcome = given.outcome ?? "not-applied"
        for (const name of own) self[name] = given[name]
        Object.assign(this, self)
        hidden(this, "awsMessage", given.awsMessage)
        if (given.cause !== undefined) {
          Object.defineProperty(this, "cause", { value: safeCause(given.cause), enumerable: false, configurable: true })
        }
        for (const name in given) {
          if (!(name in self) && name !== "cause" && name !== "awsMessage") hidden(this, name, given[name])
        }
      }
      override get message(): string {
        // the fields of F were put on the instance by the constructor, name by name, so it is one
        const self = this as unknown as AwsException & Readonly<F>
        return sentence(self, typeof says === "string" ? says : says(self))
      }
      override toJSON(): unknown {
        const out: Record<string, unknown> = { _tag: tag, message: this.message }
        const self: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(this))
        for (const name of common) if (self[name] !== undefined) out[name] = self[name]
        for (const name of own) if (self[name] !== undefined) out[name] = self[name]
        return out
      }
      override toString(): string {
        return `${tag}: ${this.message}`
      }
      override [NodeInspectSymbol](): unknown {
        return this.toJSON()
      }
    }
    // TypeScript cannot express "an instance that also has the properties of F": the constructor above copies each of them
    return Exception as unknown as TaggedClass<Tag, F>
  }

const sentence = (e: AwsException, says: string): string => {
  const what = e.operation ?? e.service
  const where = e.resource === undefined ? "" : ` on "${e.resource}"`
  const facts = [
    e.code,
    e.statusCode === undefined ? undefined : `HTTP ${e.statusCode}`,
    e.requestId === undefined ? undefined : `request ${e.requestId}`,
    e.attempts === undefined || e.attempts < 2 ? undefined : `${e.attempts} attempts`
  ].filter((fact) => fact !== undefined)
  return `${what === undefined ? "" : `${what}${where}: `}${says}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`
}

/** What the operating system says, quoting nothing but addresses. */
const systemText = (e: unknown): string | undefined => {
  const message = member(e, "message")
  return word(member(e, "syscall")) !== undefined && typeof message === "string" ? message : undefined
}

/** What `safeCause` made: an exception made of another's fields keeps its cause as it is. */
const stripped = new WeakSet<object>()

/**
 * An error without request, response, item or text that may quote them: its name, and for a failure of the operating system (which
 * quotes nothing but addresses) its message and code.
 *
 * @since 0.1.0
 * @category utils
 */
export const safeCause = (cause: unknown): unknown => {
  if (isAwsException(cause)) return cause
  if (typeof cause !== "object" || cause === null) return undefined
  if (stripped.has(cause)) return cause
  const name = word(member(cause, "name")) ?? "Error"
  const code = word(member(cause, "code"))
  const several = errorsOf(cause).map((e) => systemText(e) ?? word(member(e, "code"))).filter((text) =>
    text !== undefined
  )
  const safe = new Error(
    several.length > 0
      ? several.join("; ")
      : systemText(cause) ?? code ?? "the text is left out, since it may quote data"
  )
  stripped.add(safe)
  safe.name = name
  safe.stack = `${name}: ${safe.message}`
  return code === undefined ? safe : Object.assign(safe, { code })
}

/**
 * Whether a value is a failure of Armature: the guard for a catch-all.
 *
 * @since 0.1.0
 * @category guards
 */
export const isAwsException = (u: unknown): u is AwsException => member(u, TypeId) === TypeId

/**
 * The fields that an exception was made with, and that any other of the family can be made with in its turn: an exception that stands
 * for another says the same service, request and text. Its own fields (a reason, an item) are not among them.
 *
 * @since 0.1.0
 * @category utils
 */
export const fieldsOf = (e: AwsException): Fields => ({
  service: e.service,
  operation: e.operation,
  resource: e.resource,
  code: e.code,
  awsMessage: e.awsMessage,
  statusCode: e.statusCode,
  requestId: e.requestId,
  attempts: e.attempts,
  retryable: e.retryable,
  outcome: e.outcome,
  retryAfter: e.retryAfter,
  cause: e.cause
})

const throttling = ["ThrottlingException", "ProvisionedThroughputExceededException"] as const
const transient = [
  "ServiceUnavailableException",
  "ConnectionException",
  "InvalidResponseException",
  "TransactionConflictException",
  "TransactionInProgressException",
  "ReplicatedWriteConflictException",
  "ConditionalRequestConflict"
] as const
const auth = ["AccessDeniedException", "CredentialsException"] as const

type Throttling = (typeof throttling)[number]
type Transient = (typeof transient)[number]
type Auth = (typeof auth)[number]
/** What of `E` has one of these tags; of a failure whose tag is not known, that failure with the tag. */
type Named<E, Tag extends string> = unknown extends E ? AwsException & { readonly _tag: Tag }
  : E extends { readonly _tag: Tag } ? E
  : E extends { readonly _tag: infer T } ? string extends T ? E & { readonly _tag: Tag } : never
  : never

const guard = <Tag extends string>(tags: ReadonlyArray<Tag>) => {
  const set: ReadonlySet<string> = new Set(tags)
  return <E>(e: E): e is E & Named<E, Tag> => isAwsException(e) && set.has(e._tag)
}

const catcher = <Tag extends string>(is: <E>(e: E) => e is E & Named<E, Tag>): {
  <E, A2, E2, R2>(
    f: (e: Named<E, Tag>) => Effect.Effect<A2, E2, R2>
  ): <A, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A | A2, Exclude<E, { readonly _tag: Tag }> | E2, R | R2>
  <A, E, R, A2, E2, R2>(
    self: Effect.Effect<A, E, R>,
    f: (e: Named<E, Tag>) => Effect.Effect<A2, E2, R2>
  ): Effect.Effect<A | A2, Exclude<E, { readonly _tag: Tag }> | E2, R | R2>
} =>
  dual(2, <A, E, R, A2, E2, R2>(
    self: Effect.Effect<A, E, R>,
    f: (e: Named<E, Tag>) => Effect.Effect<A2, E2, R2>
  ): Effect.Effect<A | A2, E | E2, R | R2> =>
    Effect.catchAll(self, (e): Effect.Effect<A2, E | E2, R2> => is(e) ? f(e) : Effect.fail(e)))

/**
 * Too fast: `ThrottlingException` and `ProvisionedThroughputExceededException`.
 *
 * @since 0.1.0
 * @category guards
 */
export const isThrottling: <E>(e: E) => e is E & Named<E, Throttling> = guard(throttling)

/**
 * Likely to pass by itself: the service, the connection or a concurrent writer was in the way.
 *
 * @since 0.1.0
 * @category guards
 */
export const isTransient: <E>(e: E) => e is E & Named<E, Transient> = guard(transient)

/**
 * Credentials or permissions: `AccessDeniedException` and `CredentialsException`.
 *
 * @since 0.1.0
 * @category guards
 */
export const isAuth: <E>(e: E) => e is E & Named<E, Auth> = guard(auth)

/**
 * Whether the failure leaves open if the request took effect.
 *
 * @since 0.1.0
 * @category guards
 */
export const isOutcomeUnknown = (u: unknown): boolean => isAwsException(u) && u.outcome === "unknown"

/**
 * Handles the failures of `isThrottling`; the others stay in the error channel.
 *
 * @since 0.1.0
 * @category error handling
 */
export const catchThrottling = catcher<Throttling>(isThrottling)

/**
 * Handles the failures of `isTransient`; the others stay in the error channel.
 *
 * @since 0.1.0
 * @category error handling
 */
export const catchTransient = catcher<Transient>(isTransient)

/**
 * Handles the failures of `isAuth`; the others stay in the error channel.
 *
 * @since 0.1.0
 * @category error handling
 */
export const catchAuth = catcher<Auth>(isAuth)

/**
 * The catch-all: handles every failure of Armature, whatever its tag, and leaves a program's own in the error channel.
 *
 * @since 0.1.0
 * @category error handling
 */
export const catchAws: {
  <E, A2, E2, R2>(
    f: (e: Extract<E, AwsException>) => Effect.Effect<A2, E2, R2>
  ): <A, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A | A2, Exclude<E, AwsException> | E2, R | R2>
  <A, E, R, A2, E2, R2>(
    self: Effect.Effect<A, E, R>,
    f: (e: Extract<E, AwsException>) => Effect.Effect<A2, E2, R2>
  ): Effect.Effect<A | A2, Exclude<E, AwsException> | E2, R | R2>
} = dual(2, <A, E, R, A2, E2, R2>(
  self: Effect.Effect<A, E, R>,
  f: (e: Extract<E, AwsException>) => Effect.Effect<A2, E2, R2>
): Effect.Effect<A | A2, E | E2, R | R2> => {
  const is = (e: E): e is Extract<E, AwsException> => isAwsException(e)
  return Effect.catchAll(self, (e): Effect.Effect<A2, E | E2, R2> => is(e) ? f(e) : Effect.fail(e))
})
