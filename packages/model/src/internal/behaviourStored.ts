/**
 * `Stored` and what stands for it at the encoded end of a schema: a new value, a stream, or what was read from an item, pointer and all.
 */
import type { SerializationException } from "@armature/aws/Exceptions"
import type { ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Effect from "effect/Effect"
import { NodeInspectSymbol } from "effect/Inspectable"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Stored, StoredError, TypeId as PublicTypeId } from "../Stored.js"
import { markOpaque, type Offloaded } from "./behaviourMarks.js"
import { failure, fromIssue } from "./codecFailure.js"

// the public module declares it; to import it from there would be a circle
const TypeId: PublicTypeId = Symbol.for("@armature/model/Stored") as PublicTypeId

/** The attribute of an item that something was read from, or is written to. */
export interface Place {
  readonly table: string
  readonly partitionKey: ReadonlyAttributeValue
  readonly sortKey?: ReadonlyAttributeValue | undefined
  readonly path: ReadonlyArray<string>
}

/** A value as an item holds it. What `read` and `stream` need is said by the schema's type. */
export interface Kept {
  readonly place: Place
  /** As it stands in the item. */
  readonly value: ReadonlyAttributeValue
  readonly size: number | undefined
  /** The value, encoded as the schema says. */
  readonly read: Effect.Effect<unknown, StoredError, unknown>
  /** Where the bytes are the value as it is. */
  readonly stream: Stream.Stream<Uint8Array, StoredError, unknown> | undefined
}

/** What stands for a `Stored` at the encoded end. */
export class Held {
  readonly #content: HeldContent
  constructor(content: HeldContent) {
    this.#content = content
  }
  static content(held: Held): HeldContent {
    return held.#content
  }
}

export const contentOf = (held: Held): HeldContent => Held.content(held)

export type HeldContent =
  | { readonly _tag: "Value"; readonly encoded: unknown }
  | { readonly _tag: "Stream"; readonly stream: Stream.Stream<Uint8Array, unknown> }
  | { readonly _tag: "Kept"; readonly kept: Kept }

type Source<A> =
  | { readonly _tag: "Value"; readonly value: A }
  | { readonly _tag: "Stream"; readonly stream: Stream.Stream<Uint8Array, unknown> }
  | { readonly _tag: "Kept"; readonly kept: Kept }

const printed = "Stored(<hidden>)"

class StoredImpl<A, R> implements Stored<A, R> {
  readonly [TypeId]: PublicTypeId = TypeId
  readonly #source: Source<A>
  readonly #read: Effect.Effect<A, StoredError, R>
  readonly #size: number | undefined
  constructor(source: Source<A>, read: Effect.Effect<A, StoredError, R>, size: number | undefined) {
    this.#source = source
    this.#read = read
    this.#size = size
  }
  get size(): number | undefined {
    return this.#size
  }
  get read(): Effect.Effect<A, StoredError, R> {
    return this.#read
  }
  static source<A, R>(self: StoredImpl<A, R>): Source<A> {
    return self.#source
  }
  toString(): string {
    return printed
  }
  toJSON(): string {
    return printed
  }
  [NodeInspectSymbol](): string {
    return printed
  }
}

export const isStored = (value: unknown): value is Stored<unknown, unknown> => value instanceof StoredImpl

const isHeld = (value: unknown): value is Held => value instanceof Held

const sourceOf = (stored: Stored<unknown, unknown>): Source<unknown> | undefined =>
  stored instanceof StoredImpl ? StoredImpl.source(stored) : undefined

export const of = <A>(value: A): Stored<A> =>
  new StoredImpl<A, never>({ _tag: "Value", value }, Effect.succeed(value), undefined)

const streamFailed = (cause: unknown): SerializationException => failure([], "is a stream that failed", cause)

export const fromStream = <E>(bytes: Stream.Stream<Uint8Array, E>): Stored<Uint8Array> =>
  new StoredImpl<Uint8Array, never>(
    { _tag: "Stream", stream: bytes },
    Effect.map(Effect.mapError(Stream.runCollect(bytes), streamFailed), (chunks) => concat(chunks)),
    undefined
  )

export const concat = (chunks: Iterable<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat([...chunks]))

export const stream = <R>(self: Stored<Uint8Array, R>): Stream.Stream<Uint8Array, StoredError, R> => {
  const source = sourceOf(self)
  switch (source?._tag) {
    case "Stream":
      return Stream.mapError(source.stream, streamFailed)
    case "Kept":
      // the schema that made it says what reading needs, in its type
      return source.kept.stream === undefined
        ? Stream.fromEffect(self.read)
        : source.kept.stream as Stream.Stream<Uint8Array, StoredError, R>
    default:
      return Stream.fromEffect(self.read)
  }
}

/** The schema of a `Stored` over the schema of its value. `Services` is what reading the value needs, `Encoded` the mark. */
export const schema = <A, I, R, Services, Encoded>(
  inner: Schema.Schema<A, I, R>,
  behaviour: Offloaded
): Schema.Schema<Stored<A, Services>, Encoded, R> => {
  const decode = ParseResult.decodeUnknown(inner)
  const encode = ParseResult.encodeUnknown(inner)
  const self = Schema.declare(
    [Schema.typeSchema(inner)],
    {
      decode: () => (value, _, ast) =>
        isStored(value)
          ? ParseResult.succeed(value as Stored<A, Services>)
          : ParseResult.fail(new ParseResult.Type(ast, value)),
      encode: () => (value, _, ast) =>
        isStored(value)
          ? ParseResult.succeed(value as Stored<A, Services>)
          : ParseResult.fail(new ParseResult.Type(ast, value))
    },
    {
      title: "Stored",
      description: "a value in S3",
      pretty: () => () => printed,
      arbitrary: (value) => (fc) => value(fc).map(of)
    }
  )
  const transformed = Schema.transformOrFail(markOpaque(inner, behaviour, isHeld), self, {
    strict: true,
    decode: (held, _, ast) => {
      const content = contentOf(held)
      if (content._tag !== "Kept") return ParseResult.fail(new ParseResult.Type(ast, held))
      const { kept } = content
      const read = Effect.flatMap(
        kept.read as Effect.Effect<unknown, StoredError, Services>,
        (encoded) => Effect.mapError(decode(encoded), (issue) => fromIssue(issue, kept.place.path))
      )
      return ParseResult.succeed(
        new StoredImpl<A, Services>(content, read as Effect.Effect<A, StoredError, Services>, kept.size)
      )
    },
    encode: (stored, options, ast) => {
      const source = sourceOf(stored)
      if (source === undefined) return ParseResult.fail(new ParseResult.Type(ast, stored))
      return source._tag === "Value"
        ? ParseResult.map(encode(source.value, options), (encoded) => new Held({ _tag: "Value", encoded }))
        : ParseResult.succeed(new Held(source))
    }
  })
  return Schema.make(transformed.ast)
}
