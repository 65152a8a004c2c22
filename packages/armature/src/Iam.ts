/**
 * Permissions that follow from a program: the least IAM policy for what it does with its entities. What DynamoDB, KMS and S3 are asked for
 * is known from the entity, and so are the keys, attributes, encryption contexts and prefixes that a policy can be narrowed to.
 *
 * @since 0.1.0
 */
import { type SerializationException, ValidationException } from "@armature/aws/Exceptions"
import type * as Access from "@armature/model/Access"
import type * as Entity from "@armature/model/Entity"
import * as Effect from "effect/Effect"
import * as grants from "./internal/iamGrants.js"
import { fits } from "./internal/iamText.js"
import * as internal from "./internal/iamUses.js"

// ---------------------------------------------------------------------------------------------------------------- policies

/**
 * When a statement holds: by operator, the condition keys and the values that they may have.
 *
 * @since 0.1.0
 * @category models
 */
export type Condition = Readonly<Record<string, Readonly<Record<string, string | ReadonlyArray<string>>>>>

/**
 * A statement of a policy.
 *
 * @since 0.1.0
 * @category models
 */
export interface Statement {
  readonly Effect: "Allow"
  readonly Action: ReadonlyArray<string>
  readonly Resource: ReadonlyArray<string>
  readonly Condition?: Condition
}

/**
 * A policy as IAM takes it, once it is JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface Policy {
  readonly Version: "2012-10-17"
  readonly Statement: ReadonlyArray<Statement>
}

/**
 * Where the program runs, and with which keys and buckets: what its Layers are given.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Of the tables, twelve digits. */
  readonly account: string
  /** Of the tables. */
  readonly region: string
  /** By default that of the region: `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition?: string | undefined
  /** The KMS keys of sealed attributes, by ARN or, for keys of this account and region, by id. Aliases cannot stand in a policy. */
  readonly encryption?: {
    /** The `Encryptor`'s own. */
    readonly key?: string | undefined
    /** Those that attributes ask for by name. */
    readonly keys?: Readonly<Record<string, string>> | undefined
    /** Further ones whose values are opened: earlier keys. */
    readonly accept?: ReadonlyArray<string> | undefined
    /** The fixed text of the Layers. */
    readonly context?: Readonly<Record<string, string>> | undefined
  } | undefined
  /** Where values in S3 are. */
  readonly blobs?: {
    readonly bucket: string
    /** Further ones whose pointers are followed. */
    readonly buckets?: ReadonlyArray<string> | undefined
    /** Whether they have versions. Default `false`. */
    readonly versions?: boolean | undefined
    /** As `Blobs` has it. Default `false`. */
    readonly retain?: boolean | undefined
  } | undefined
  /** Adds what `Armature.check` asks for. Default `false`. */
  readonly check?: boolean | undefined
}

// ---------------------------------------------------------------------------------------------------------------- what is used

/**
 * A value that IAM knows when a request is made: a policy variable.
 *
 * @since 0.1.0
 * @category models
 */
export interface Variable {
  readonly name: string
}

/**
 * What stands for a value that IAM knows when a request is made: `variable("aws:PrincipalTag/tenant")`. It is compared with keys as they
 * are written, so what it stands for must hold no character up to `$`, `#` among them: one that does could name a partition of another.
 *
 * @since 0.1.0
 * @category constructors
 */
export const variable = (name: string): Variable => new internal.Variable(name)

type KeysOf<T> = T extends unknown ? keyof T & string : never

/** As much of an entity's type as is asked for, without what its operations give. */
type Indexes<En> = En extends Entity.Entity<infer _A, infer _E, infer _R, infer X, infer _N, infer _H> ? X : never

type Parts<X> = { readonly [I in keyof X]: X[I] extends { readonly pk: ReadonlyArray<infer P> } ? P : never }[keyof X]

type Model<En> = En extends Entity.Entity<infer A, infer _E, infer _R, infer _X, infer _N, infer _H> ? A : never

type Attributes<En> = En extends Entity.Entity<infer A, infer E, infer _R, infer _X, infer _N, infer _H>
  ? KeysOf<E> & keyof A & string
  : never

/**
 * What a program does with an entity. Operations are called as the entity calls them; what runs in a transaction needs the same as alone,
 * what goes into a batch or a loader is `batch:…`. `decode` is for values that are opened from elsewhere: images of a stream, the items
 * that writes and failed conditions give back.
 *
 * @since 0.1.0
 * @category models
 */
export type Operation<En> =
  | "get"
  | "require"
  | "put"
  | "create"
  | "replace"
  | "update"
  | "save"
  | "delete"
  | "check"
  | "decode"
  | "scan"
  | "batch:get"
  | "batch:put"
  | "batch:delete"
  | `query:${keyof Indexes<En> & string}`
  | `scan:${Exclude<keyof Indexes<En> & string, "primary">}`
  | { readonly pick: ReadonlyArray<Attributes<En>>; readonly batch?: boolean | undefined }

/**
 * Values of the attributes that partition keys are made of, from the first on: no other partition may be used then.
 *
 * @since 0.1.0
 * @category models
 */
export type Where<En> = {
  readonly [P in Parts<Indexes<En>> & keyof Model<En>]?: Model<En>[P] | Variable | undefined
}

/**
 * The right to one action on one resource. `leading` is the pattern of the partition keys that its requests may have.
 *
 * @since 0.1.0
 * @category models
 */
export interface Grant {
  readonly action: string
  readonly resource: string
  readonly leading?: string | undefined
  readonly condition?: Condition | undefined
}

/**
 * What a part of a program uses. `N` is what finding the table's name can fail with, `R` what the schemas of its keys need.
 *
 * @since 0.1.0
 * @category models
 */
export interface Uses<out N, out R> {
  /** Its rights, one by one, before they are put together. */
  readonly grants: (
    options: Options
  ) => Effect.Effect<ReadonlyArray<Grant>, N | SerializationException | ValidationException, R>
}

interface AnyEntity {
  readonly plan: Access.Source
}

/**
 * That a program uses operations of an entity: all partitions of it, or those that are given.
 *
 * @since 0.1.0
 * @category constructors
 */
// the types of the plan are lost in it: what finding the name and encoding the keys fail with and need is what the entity's type says
export const uses = ((entity: AnyEntity, operations: ReadonlyArray<internal.Operation>, where = {}) => ({
  grants: (options: Options) => internal.grantsOf({ source: entity.plan, operations, where }, options)
})) as <const En extends AnyEntity>(
  entity: En,
  operations: ReadonlyArray<Operation<En>>,
  where?: Where<En>
) => En extends Entity.Entity<infer _A, infer _E, infer R, infer _X, infer N, infer _H> ? Uses<N, R> : never

/**
 * That a program sweeps the prefixes of an entity's values in S3: rights that no other part of it needs.
 *
 * @since 0.1.0
 * @category constructors
 */
// as above
export const sweeps = ((entity: AnyEntity) => ({
  grants: (options: Options) => internal.sweepOf(entity.plan, options)
})) as <En extends AnyEntity>(
  entity: En
) => En extends Entity.Entity<infer _A, infer _E, infer _R, infer _X, infer N, infer _H> ? Uses<N, never> : never

type Failure<U> = U extends Uses<infer N, infer _R> ? N : never
type Requires<U> = U extends Uses<infer _N, infer R> ? R : never

const invalid = (reason: string) => new ValidationException({ service: "IAM", reason })

const textsOf = ({ Condition = {}, Resource }: Statement): ReadonlyArray<string> => [
  ...Resource,
  ...Object.values(Condition).flatMap((keys) => Object.entries(keys).flat(2))
]

/**
 * The least policy for what a program uses: actions, the ARNs of tables, indexes, keys and prefixes, and conditions by leading keys,
 * attributes and encryption context where they follow. An effect, since a table's name may come from a `Config`.
 *
 * Fails with a `SerializationException` where a given value cannot be written into a key or is ignored by it, and with a
 * `ValidationException` where a key or bucket is not told, or what is to be said cannot be said in a policy.
 *
 * @example
 * ```ts
 * import * as Iam from "armature/Iam"
 * import * as Entity from "@armature/model/Entity"
 * import { key } from "@armature/model/Key"
 * import * as Table from "@armature/model/Table"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const App = Table.make("app", { key: ["pk", "sk"] })
 *
 * class Order extends Schema.Class<Order>("Order")({ tenant: Schema.String, id: Schema.String }) {}
 *
 * const Orders = Entity.make(App, Order, { primary: { pk: key`T#${"tenant"}`, sk: key`ORDER#${"id"}` } })
 *
 * const policy = Iam.policy({ account: "111122223333", region: "eu-central-1" }, [
 *   Iam.uses(Orders, ["get", "put", "query:primary"], { tenant: "acme" })
 * ])
 *
 * console.log(JSON.stringify(Effect.runSync(policy), null, 2))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const policy = <const U extends ReadonlyArray<Uses<unknown, unknown>>>(
  options: Options,
  uses: U
): Effect.Effect<Policy, SerializationException | ValidationException | Failure<U[number]>, Requires<U[number]>> => {
  const made = Effect.flatMap(Effect.forEach(uses, (one) => one.grants(options)), (all) => {
    const Statement = grants.statements(all.flat())
    if (Statement.length === 0) return Effect.fail(invalid("nothing is used, and a policy has a statement"))
    return Statement.flatMap(textsOf).every(fits)
      ? Effect.succeed<Policy>({ Version: "2012-10-17", Statement })
      : Effect.fail(invalid("a name or key has characters beyond U+00FF, which no policy can hold"))
  })
  // the members of `uses` say what each of them fails with and needs
  return made as Effect.Effect<
    Policy,
    SerializationException | ValidationException | Failure<U[number]>,
    Requires<U[number]>
  >
}
