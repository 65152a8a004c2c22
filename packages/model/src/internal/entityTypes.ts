/**
 * What the types of an entity are computed from: the encoded type by the program's names, the parts of its keys, and what each operation
 * can fail with and needs. All of it is looked up by the attribute that is touched; nothing here lists paths.
 */
import type { SerializationException } from "@armature/aws/Exceptions"
import type { TransactWriteItemsError } from "@armature/dynamodb/DynamoDB"
import type {
  ProvisionedThroughputExceededException,
  TransactionConflictException
} from "@armature/dynamodb/DynamoDBException"
import type { Decryptor } from "@armature/kms/Decryptor"
import type { EncryptionError } from "@armature/kms/EncryptionException"
import type { Encryptor } from "@armature/kms/Encryptor"
import type * as Blobs from "@armature/s3/Blobs"
import type { S3AttributeException } from "@armature/s3/S3AttributeException"
import type * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import type {
  DefaultedMark,
  FilledMark,
  Marked,
  Misplaced,
  OffloadedMark,
  OpaqueMark,
  SealedMark,
  VersionMark
} from "../Attribute.js"
import type { ConditionalCheckFailedException, ItemNotFoundException } from "../EntityException.js"
import type { Action, Condition, Paths, RawCondition } from "../Expression.js"
import type { Key } from "../Key.js"
import type * as Table from "../Table.js"

// ---------------------------------------------------------------------------------------------------------------- the model

/**
 * Any schema, by the members that its types are read from: to ask for them by name costs the compiler much less than to infer them.
 */
export interface AnySchema {
  readonly Type: unknown
  readonly Encoded: unknown
  readonly Context: unknown
  readonly ast: AST.AST
}

/**
 * The encoded type by the names that the program uses: of a struct or class its fields', so that a renamed attribute keeps its name. It is
 * computed from the class, whose name the compiler passes on at no cost, not from the type of its fields.
 */
export type Shape<S extends AnySchema> = ShapeOf<S, unknown>

type ShapeOf<S extends AnySchema, Of> = S extends { readonly fields: unknown } ?
    & { readonly [K in keyof S["fields"]]: FieldShape<S["fields"][K]> }
    & DefaultedMark<
      {
        [K in keyof S["fields"]]: S["fields"][K] extends { readonly _HasDefault: true } ? K : never
      }[keyof S["fields"]],
      Of
    >
  : S extends { readonly members: ReadonlyArray<infer M> } ? ShapeOfMember<M>
  : S["Encoded"]

type ShapeOfMember<M> = M extends AnySchema ? ShapeOf<M, M["Type"]> : never

type FieldShape<F> = F extends { readonly Encoded: infer E } ? E
  : F extends { readonly _EncodedToken: "?:" } ? Schema.Schema.Encoded<F> | undefined
  : Schema.Schema.Encoded<F>

/** What no value has, and why: the words stand in the first line of the compiler's message. */
export type Refused<Why extends string> = { readonly [W in Why]: never }

export type KeysOf<T> = T extends unknown ? keyof T & string : never

/**
 * The marks anywhere in an encoded type, by name, in one walk; `"misplaced"` where something sealed or offloaded stands in a list, a set or a
 * record of unknown keys. To 8 levels.
 */
type MarksOf<E, Depth extends ReadonlyArray<0> = []> = Depth["length"] extends 8 ? never
  : E extends OpaqueMark ? (E extends SealedMark ? "sealed" : never) | (E extends OffloadedMark ? "offloaded" : never)
  : E extends FilledMark ? E[keyof FilledMark]
  : E extends Primitive ? never
  : E extends ReadonlyArray<unknown> ? Loose<MarksOf<E[number], [0, ...Depth]>>
  : E extends ReadonlySet<infer Member> ? Loose<MarksOf<Member, [0, ...Depth]>>
  : E extends ReadonlyMap<infer Key, infer Value> ? Loose<MarksOf<Key | Value, [0, ...Depth]>>
  : E extends (...args: ReadonlyArray<never>) => unknown ? never
  : E extends object
  // the members' types are looked at as one union, each of which stands there once
    ? string extends keyof E ? {
        [K in keyof E]-?: string extends K ? Loose<MarksOf<E[K], [0, ...Depth]>> : MarksOf<E[K], [0, ...Depth]>
      }[keyof E]
    : MarksOf<E[keyof E], [0, ...Depth]>
  : never

type Primitive = string | number | bigint | boolean | symbol | null | undefined | Uint8Array

/** Marks below a list, a set or a record. */
type Loose<M> = M extends "sealed" | "offloaded" ? M | "misplaced" : M

export type VersionOf<E> = "version" extends MarksOf<E> ? Marked<E, VersionMark> : never

type SealedOf<E> = "sealed" extends MarksOf<E> ? Marked<E, SealedMark> : never

/** What `create` fills by itself. */
export type Filled<E> = [MarksOf<E> & FilledKinds] extends [never] ? never : Marked<E, FilledMark<FilledKinds>>

type FilledKinds = "version" | "createdAt" | "updatedAt" | "generated" | "computed"

/** What has a default in the constructor. */
type Defaulted<E> = E extends DefaultedMark<infer Names> ? Names : never

/**
 * What `create` takes: the attributes of the model; those that it fills, and those that have a default, may be left out. Of a union, those that
 * the value's own member fills, but for what tells the members apart.
 */
export type CreateInput<A, E> = CreateInputOfAny<A, E, A>

type CreateInputOfAny<A, E, All> = A extends unknown ? CreateInputOfMember<A, MemberOf<A, E>, All> : never

type CreateInputOfMember<A, E, All> = CreateInputOf<A, KeysOf<E>, Filled<E> | Exclude<Defaulted<E>, Telling<A, All>>>

/** The members of the encoded type that a value is of. */
type MemberOf<A, E> = E extends DefaultedMark<PropertyKey, infer Of> ? A extends Of ? E : never : E

/** The attributes by whose literals a value of the one type is told from others of the union. */
type Telling<A, All> = [All] extends [A] ? never
  : { [N in keyof A & keyof All]: Tells<A[N], All[N], N> }[keyof A & keyof All]

type Tells<Own, Any, N> = [Any] extends [Own] ? never
  : Own extends string | number | bigint | boolean | null
    ? string extends Own ? never : number extends Own ? never : bigint extends Own ? never : N
  : never

/**
 * What `create` takes of the type `I`: where an attribute is not there, what says so in the first line of the compiler's message.
 */
export type Created<I, C> = [Lacking<I, C>] extends [never] ? C : Refused<`${Lacking<I, C>} is missing`> & I

/** What a value of the type `I` lacks: of a union, nothing if it has all of one member. */
type Lacking<I, C> = true extends (C extends unknown ? [LackingOf<I, C>] extends [never] ? true : never : never) ? never
  : C extends unknown ? LackingOf<I, C>
  : never

type LackingOf<I, C> =
  & Exclude<{ [N in keyof C]-?: undefined extends C[N] ? never : N }[keyof C], keyof I>
  & string

type CreateInputOf<A, K, F> =
  & Pick<A, Exclude<keyof A & K, F>>
  & { readonly [N in keyof A & K & F]?: A[N] | undefined }

// ---------------------------------------------------------------------------------------------------------------- keys

/** The keys of an entity as it declares them; that they are those of the table is what `Sound` says. */
export interface Declared<E> {
  readonly primary: { readonly index?: undefined; readonly pk: AnyKey<E>; readonly sk?: AnyKey<E> | undefined }
  readonly [name: string]: {
    readonly index?: string | undefined
    readonly pk?: AnyKey<E> | undefined
    readonly sk?: AnyKey<E> | undefined
  }
}

type AnyKey<E> = Key<ReadonlyArray<KeysOf<E>>>

/**
 * Refuses keys that are not those of the table, and parts that no key can have: of a primary key, what is not always there, or changes with each write; of any, what is
 * sealed, offloaded, compressed or structured, or of another type than the key's in the table. What is not there, or `null`, takes an item out
 * of an index; but where the attribute is the key itself DynamoDB refuses a `null`. Only the parts that are named are looked at.
 */
export type Sound<Ix, K, I, T, E> = { readonly [N in keyof Ix]: SoundKeys<Ix[N], N, K, I, T, E> }

type SoundKeys<D, N, K, I, T, E> = N extends "primary" ? SoundSides<D, K, T, E, never>
  : D extends { readonly index: infer Name } ? string extends Name ? unknown
    : Name extends keyof I ? SoundIndex<D, I[Name], T, E>
    : { readonly index: keyof I }
  : { readonly index: keyof I }

type SoundIndex<D, Names, T, E> = Names extends { readonly partitionKey: unknown }
  ? { readonly pk?: undefined; readonly sk?: undefined } & SoundOwn<UnsoundOwn<OwnNames<Names>, T, E>>
  : Names extends { readonly local: true } ?
    { readonly pk?: undefined } & SoundSide<D, "sk", Table.SortKeyOf<Names>, T, E, null | undefined>
  : SoundSides<D, Names, T, E, null | undefined>

type OwnNames<Names> = (Table.PartitionKeyOf<Names> | Table.SortKeyOf<Names>)[number]

/** Of an index whose keys are the entity's own attributes. */
type UnsoundOwn<P extends string, T, E> = P extends unknown ? Unsound<P, "attribute", P, T, E, undefined> : never

type SoundOwn<P extends string> = [P] extends [never] ? unknown : Refused<`${P} cannot be part of this key`>

type SoundSides<D, Names, T, E, Absent> =
  & SoundSide<D, "pk", Table.PartitionKeyOf<Names>, T, E, Absent>
  & SoundSide<D, "sk", Table.SortKeyOf<Names>, T, E, Absent>

type SoundSide<D, Side extends string, Names, T, E, Absent> = Names extends readonly [infer Name]
  ? D extends { readonly [S in Side]: Key<infer P, infer Kind> }
    ? { readonly [S in Side]: number extends P["length"] ? unknown : SoundParts<P[number], Kind, Name, T, E, Absent> }
  : { readonly [S in Side]: AnyKey<E> }
  : { readonly [S in Side]?: undefined }

type SoundParts<P extends string, Kind, Name, T, E, Absent> = [Unsound<P, Kind, Name, T, E, Absent>] extends [never]
  ? TypeOf<Name, T> extends "S" ? unknown : Key<ReadonlyArray<string>, "attribute">
  : { readonly [M in `${Unsound<P, Kind, Name, T, E, Absent>} cannot be part of this key`]: never }

type TypeOf<Name, T> = Name extends keyof T ? T[Name] : "S"

/** What an attribute of a key holds, in the encoded form. */
type Holds<Kind, Name, T> = "template" extends Kind ? string | number | bigint
  : TypeOf<Name, T> extends "N" ? number | bigint
  : TypeOf<Name, T> extends "B" ? Uint8Array
  : string

type Unsound<P extends string, Kind, Name, T, E, Absent> = P extends unknown
  ? [Get<E, P>] extends [Holds<Kind, Name, T> | ("template" extends Kind ? Absent : Exclude<Absent, null>)]
    ? [Extract<Get<E, P>, OpaqueMark | ([Absent] extends [never] ? FilledMark<SelfSetKinds> : never)>] extends [never]
      ? never
    : P
  : P
  : never

type Get<E, P> = E extends unknown ? P extends keyof E ? E[P] : undefined : never

/** The parts of all keys of an entity, out of its declaration. */
export type KeysDeclared<Ix, I> = { readonly [N in keyof Ix]: PartsDeclared<Ix[N], Ix, I> }

type PartsDeclared<D, Ix, I> = D extends { readonly pk: Key<infer P>; readonly sk?: infer S } ? {
    readonly pk: P
    readonly sk: PartsOf<S>
    readonly own: false
    readonly made: MadeOf<D["pk"]> | MadeOf<S>
    readonly global: IsGlobal<D, I>
  }
  : D extends { readonly index: string; readonly sk: Key<infer S> } ? {
      readonly pk: PartsOf<PrimaryPk<Ix>>
      readonly sk: S
      readonly own: false
      readonly made: MadeOf<D["sk"]>
      readonly global: false
    }
  : D extends { readonly index: infer N extends keyof I } ? {
      readonly pk: Table.PartitionKeyOf<I[N]>
      readonly sk: Table.SortKeyOf<I[N]>
      readonly own: true
      readonly made: never
      readonly global: IsGlobal<D, I>
    }
  : never

/** The parts of a key that is a template; an attribute that is the key by itself is stored once, and never stale. */
type MadeOf<K> = K extends Key<infer P, infer Kind> ? "template" extends Kind ? P[number] : never : never

type IsGlobal<D, I> = D extends { readonly index: infer N extends keyof I }
  ? I[N] extends { readonly local: true } ? false : true
  : false

type PrimaryPk<Ix> = Ix extends { readonly primary: { readonly pk: infer P } } ? P : never

/**
 * The parts of each key of an entity, in order. `own`: the index's keys are the entity's attributes themselves, one by one. `made`:
 * those that are parts of a template. `global`: it is that of a global index.
 */
export interface KeyParts {
  readonly pk: ReadonlyArray<string>
  readonly sk: ReadonlyArray<string>
  readonly own: boolean
  readonly made: string
  readonly global: boolean
}

export type AnyKeys = { readonly [name: string]: KeyParts }

export type PrimaryAttributes<X> = X extends { readonly primary: infer P extends KeyParts } ?
  P["pk"][number] | P["sk"][number]
  : never

export type PrimaryKey<A, X> = Pick<A, PrimaryAttributes<X> & keyof A>

type SecondaryNames<X> = Exclude<keyof X, "primary">

type Rest<P extends ReadonlyArray<string>, Touched extends string, Have extends string> = [P[number] & Touched] extends
  [never] ? never : Exclude<P[number], Have>

type RestOf<P, Touched extends string, Have extends string> = P extends KeyParts ? P["own"] extends true ? never
  : Rest<P["pk"], Touched, Have> | Rest<P["sk"], Touched, Have>
  : never

/** The other attributes of the index keys that are touched. */
export type Given<X, Touched extends string> = {
  [N in SecondaryNames<X>]: RestOf<X[N], Touched, Touched | PrimaryAttributes<X>>
}[SecondaryNames<X>]

type TemplateAttribute<X> = {
  [N in SecondaryNames<X>]: X[N] extends KeyParts ? X[N]["made"] : never
}[SecondaryNames<X>]

type TouchedOf<L> = L extends Action<infer K, boolean, unknown> ? K : never
type UnknownOf<L> = L extends Action<infer K, infer Known, unknown> ? Known extends true ? never : K : never
type CapabilityOf<L> = L extends Action<string, boolean, infer W> ? W : never

type Unsettable<E, X, L> =
  | `${TouchedOf<L> & PrimaryAttributes<X>} is part of the primary key: no update changes it`
  | `${TouchedOf<L> & VersionOf<E> & string} is the version: each write counts it up by itself`
  | `${
    & UnknownOf<L>
    & Exclude<TemplateAttribute<X>, PrimaryAttributes<X>>} is part of an index key: it can only be set to a value`

/** Refuses actions that would leave a key stale. Of a list that was made elsewhere, nothing is known. */
export type Settable<E, X, L> = string extends TouchedOf<L> ? unknown
  : [Unsettable<E, X, L>] extends [never] ? unknown
  : Refused<Unsettable<E, X, L>>

/** What each update changes by itself. */
type SelfSet<E> = [MarksOf<E> & SelfSetKinds] extends [never] ? never : Marked<E, FilledMark<SelfSetKinds>>

type SelfSetKinds = "version" | "updatedAt"

/** The attributes that an update must be given. */
type GivenOf<E, X, L> = Given<X, TouchedOf<L> | SelfSet<E>>

/** Attributes as they stand in the item: `undefined` where they are not there. */
type Standing<A, N> = { readonly [K in N & keyof A]: StandingValue<A[K]> }

type StandingValue<A> = A extends Option.Option<infer Value> ? Value | undefined : A

/** Options of an update: `given` is there exactly if an index key is touched whose other attributes are not known. */
export type UpdateArguments<A, E, X, L, O> = string extends TouchedOf<L>
  ? [options?: O & { readonly given?: Partial<Standing<A, KeysOf<E>>> }]
  : [Unsettable<E, X, L>] extends [never]
    ? [GivenOf<E, X, L>] extends [never] ? [options?: O & { readonly given?: undefined }]
    : [options: O & { readonly given: Standing<A, GivenOf<E, X, L>> }]
  // the actions are refused already
  : [options?: O & { readonly given?: Partial<Standing<A, KeysOf<E>>> }]

// ---------------------------------------------------------------------------------------------------------------- queries

/** Whether a read is consistent, which none of a global index (`G`) can be. */
export type Consistent<G> = [G] extends [true] ? false | Refused<"a global index has no consistent reads"> : boolean

/** Which index a scan reads, and what follows of it. */
export type ScanIndex<X> =
  | { readonly index?: Exclude<SecondaryNames<X>, GlobalNames<X>> | undefined }
  | { readonly index: GlobalNames<X>; readonly consistent?: Consistent<true> | undefined }

type GlobalNames<X> = { [N in keyof X]: X[N] extends { readonly global: true } ? N : never }[keyof X]

/** The leading parts of a key: all of them, or the first few. */
export type Leading<A, P extends ReadonlyArray<string>> = P extends readonly [
  infer H extends string,
  ...infer T extends ReadonlyArray<string>
] ? Keyed<A, H> | (T extends readonly [] ? never : Keyed<A, H> & Leading<A, T>)
  : never

/** Every part of a key. */
export type Whole<A, P extends ReadonlyArray<string>> = Keyed<A, P[number]>

/** Attributes as a key has them: the value itself, of one that need not be there, too. */
type Keyed<A, N> = { readonly [K in N & keyof A]: KeyValue<A[K]> }

type KeyValue<A> = A extends Option.Option<infer Value> ? NonNullable<Value> : NonNullable<A>

// ---------------------------------------------------------------------------------------------------------------- failures

type If_<M, Yes> = [M] extends [never] ? never : Yes

/** What sealing and storing fail with, beyond the write itself. */
export type EncodeError<E> =
  | SerializationException
  | If_<MarksOf<E> & "sealed", EncryptionError>
  | If_<MarksOf<E> & "offloaded", S3AttributeException>

export type EncodeRequires<E, R> =
  | R
  | If_<MarksOf<E> & "sealed", Encryptor>
  | If_<MarksOf<E> & "offloaded", Blobs.Blobs>

export type ActionError<L> =
  | ("seal" extends CapabilityOf<L> ? EncryptionError : never)
  | ("store" extends CapabilityOf<L> ? S3AttributeException : never)

export type ActionRequires<L> =
  | ("seal" extends CapabilityOf<L> ? Encryptor : never)
  | ("store" extends CapabilityOf<L> ? Blobs.Blobs : never)

/** What opening and decoding fail with. What lies in S3 is fetched later, by whoever reads it. */
export type DecodeError<E> = SerializationException | If_<MarksOf<E> & "sealed", EncryptionError>

export type DecodeRequires<E, R> = R | If_<MarksOf<E> & "sealed", Decryptor>

/** What opening and decoding some attributes fails with. */
export type PickError<E, K> = SerializationException | If_<K & SealedOf<E>, EncryptionError>

export type PickRequires<E, K, R> = R | If_<K & SealedOf<E>, Decryptor>

/** What hooks and earlier schemas add to the operations of an entity; `after`: to a write, so that it only goes alone. */
export interface Around {
  readonly load: { readonly error: unknown; readonly requires: unknown }
  readonly put: AroundWrite
  readonly update: AroundWrite
  readonly delete: AroundWrite
}

interface AroundWrite {
  readonly error: unknown
  readonly requires: unknown
  readonly after: boolean
}

interface Nothing {
  readonly error: never
  readonly requires: never
  readonly after: false
}

/** An entity without any. */
export interface Plain extends Around {
  readonly load: Nothing
  readonly put: Nothing
  readonly update: Nothing
  readonly delete: Nothing
}

export type ConditionFailed<A, E, R, H extends Around = Plain> = ConditionalCheckFailedException<
  A,
  DecodeError<E> | H["load"]["error"],
  DecodeRequires<E, R> | H["load"]["requires"]
>

export type Claim<A> = Condition<A> | RawCondition

export type If<A, E> = (p: Paths<A, E>) => Claim<A>

/** The failure of a condition that an operation has if `C` is one, and of the version if there is one. */
export type Conditional<A, E, R, C, H extends Around = Plain> = [VersionOf<E>] extends [never]
  ? [C] extends [never] ? never : ConditionFailed<A, E, R, H>
  : ConditionFailed<A, E, R, H>

/**
 * The failure of an update's condition, where `given`, too, is one; without any, that nothing stands there, unless the update may make an
 * item (`U`). Of a list of actions that was made elsewhere it is not known.
 */
export type UpdateConditional<A, E, R, X, L, C, U, H extends Around = Plain> = string extends TouchedOf<L>
  ? ConditionFailed<A, E, R, H> | (U extends true ? never : ItemNotFoundException)
  : [GivenOf<E, X, L>] extends [never] ?
    [VersionOf<E>] extends [never] ? [C] extends [never] ? U extends true ? never : ItemNotFoundException
      : ConditionFailed<A, E, R, H>
    : ConditionFailed<A, E, R, H>
  : ConditionFailed<A, E, R, H>

/** What an operation gives for a `return` of V. */
export type Returned<A, V, None> = V extends "NONE" ? None
  : V extends "ALL_OLD" ? Option.Option<A>
  : V extends "ALL_NEW" ? A
  : V extends "UPDATED_OLD" | "UPDATED_NEW" ? Partial<A>
  : never

/** What a put gives that returns nothing: the item as it was written, where writing it made it another. */
export type AsWritten<A, E> = [VersionOf<E>] extends [never] ? void : A

/** What an update gives that returns nothing: the new version. */
export type NewVersion<A, E> = [VersionOf<E>] extends [never] ? void : A[VersionOf<E> & keyof A]

/** Where an operation fits. */
export type FitsOf<V, Condition, Otherwise, After = false> = After extends true ? "alone"
  : V extends "NONE" ? [Condition] extends [never] ? Otherwise : "transact"
  : "alone"

type PartsOf<K> = K extends Key<infer P> ? P : readonly []

/** Refuses a schema with something sealed or offloaded where nothing can be. */
export type Storable<E> = "misplaced" extends MarksOf<E>
  ? { readonly "nothing sealed or offloaded can stand in a list, a set or a record of unknown keys": Misplaced<E> }
  : unknown

/** What the transaction of one check can fail with. */
export type CheckError =
  | Exclude<TransactWriteItemsError, { readonly _tag: "TransactionCanceledException" }>
  | ProvisionedThroughputExceededException
  | TransactionConflictException
