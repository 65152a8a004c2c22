/**
 * What is done to the values that a codec hands out, and undone on the way back: compressed by the codec, sealed here, and stored in S3 last.
 * Services are asked for only where a value needs them.
 */
import { SerializationException } from "@armature/aws/Exceptions"
import type { AttributeValue, ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type { EncryptionContext } from "@armature/kms/DataKeys"
import { Decryptor } from "@armature/kms/Decryptor"
import { type EncryptionError, EncryptionException } from "@armature/kms/EncryptionException"
import { type Binding, Encryptor } from "@armature/kms/Encryptor"
import * as Envelope from "@armature/kms/Envelope"
import { Blobs } from "@armature/s3/Blobs"
import * as S3Pointer from "@armature/s3/Pointer"
import { S3AttributeException } from "@armature/s3/S3AttributeException"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { StoredError } from "../Stored.js"
import { fromBytes, toBytes, typeBytes } from "./attributeBytes.js"
import type { Offloaded } from "./behaviourMarks.js"
import { concat, Held, type Kept } from "./behaviourStored.js"
import type { Draft, Hole, ItemCodec, Operand, Pending, Place } from "./codec.js"
import { failure } from "./codecFailure.js"
import { Walk } from "./codecWire.js"
import { maxLength } from "./compression.js"

type Item = Readonly<Record<string, ReadonlyAttributeValue>>

/** What values are bound to: the item that they stand in. */
export interface Facts {
  /** The table's logical name. */
  readonly table: string
  readonly physicalTable?: string | undefined
  readonly partitionKey: S3Pointer.KeyValue
  readonly sortKey?: S3Pointer.KeyValue | undefined
  readonly context?: EncryptionContext | undefined
  /** The item by a consistent read of the table itself, for a value that was replaced between the read of its item and its own. */
  readonly reread?: Effect.Effect<Option.Option<Item>, DynamoDB.GetItemError> | undefined
}

/** What a write sends, once the values that go to S3 are there. */
export interface Prepared<out A> {
  /** For `Blobs.write`; in the order that `item` takes what became of them. */
  readonly values: ReadonlyArray<Blobs.Value<SerializationException>>
  readonly item: (stored: ReadonlyArray<S3Pointer.Stored>) => A
  /** Values that stay what they are: a write must be conditional on them, or on the version, lest what they point to is deleted meanwhile. */
  readonly kept: ReadonlyArray<{ readonly path: ReadonlyArray<string>; readonly value: ReadonlyAttributeValue }>
}

const binding = (facts: Facts, path: ReadonlyArray<string>): Binding => ({
  table: facts.table,
  partitionKey: facts.partitionKey,
  sortKey: facts.sortKey,
  path,
  context: facts.context
})

const owner = (facts: Facts, path: ReadonlyArray<string>, how: Offloaded): Blobs.Owner => ({
  table: facts.table,
  physicalTable: facts.physicalTable,
  partitionKey: facts.partitionKey,
  sortKey: facts.sortKey,
  path,
  prefix: how.prefix,
  previousPrefixes: how.previousPrefixes
})

// ---------------------------------------------------------------------------------------------------------------- writing

/** What goes into the item in place of a pending value. */
type Done =
  | { readonly _tag: "Here"; readonly value: ReadonlyAttributeValue }
  | { readonly _tag: "Kept"; readonly value: ReadonlyAttributeValue }
  | {
    readonly _tag: "ToStore"
    readonly value: Blobs.Value<SerializationException>
    /** As it stands in the item if it stays there. */
    readonly inline: ReadonlyAttributeValue | undefined
  }

const seal = (
  value: ReadonlyAttributeValue,
  path: ReadonlyArray<string>,
  place: Place,
  facts: Facts
): Effect.Effect<ReadonlyAttributeValue, EncryptionError, Encryptor> =>
  place.how.sealed === undefined
    ? Effect.succeed(value)
    : Effect.flatMap(Encryptor, (encryptor) =>
      Effect.map(encryptor.seal(value, binding(facts, path), { key: place.how.sealed?.key }), (B) => ({ B })))

/** The bytes that S3 gets: of a value of one known type its own, otherwise with the type before them. */
const bodyOf = (value: ReadonlyAttributeValue, place: Place): Uint8Array => {
  if (value.B !== undefined && (place.how.sealed !== undefined || place.type === "B")) return value.B
  const typed = toBytes(value) ?? { type: 0, bytes: new Uint8Array() }
  return place.type === undefined ? concat([Uint8Array.of(typed.type), typed.bytes]) : typed.bytes
}

const fromBody = (
  bytes: Uint8Array,
  path: ReadonlyArray<string>,
  place: Place
): Either.Either<ReadonlyAttributeValue, SerializationException> => {
  const [first] = bytes
  const typed = place.type === undefined
    ? { type: first ?? 0, bytes: bytes.subarray(1) }
    : { type: typeBytes[place.type], bytes }
  return Either.fromNullable(fromBytes(typed), () => failure(path, "is not what the schema says, as it lies in S3"))
}

const finish = (
  value: ReadonlyAttributeValue,
  path: ReadonlyArray<string>,
  place: Place,
  facts: Facts
): Effect.Effect<Done, EncryptionError, Encryptor> =>
  Effect.map(seal(value, path, place, facts), (sealed): Done => {
    const { offloaded } = place.how
    return offloaded === undefined ? { _tag: "Here", value: sealed } : {
      _tag: "ToStore",
      value: {
        owner: owner(facts, path, offloaded),
        body: bodyOf(sealed, place),
        above: offloaded.above,
        contentType: offloaded.contentType
      },
      inline: sealed
    }
  })

const streamFailed = (path: ReadonlyArray<string>) => (cause: unknown): SerializationException =>
  cause instanceof SerializationException ? cause : failure(path, "is a stream that failed", cause)

/** A stream as one value: it is to be sealed or compressed, which takes all of it. */
const collected = (
  stream: Stream.Stream<Uint8Array, SerializationException>,
  path: ReadonlyArray<string>
): Effect.Effect<Uint8Array, SerializationException> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let length = 0
    const all = Stream.runForEach(stream, (chunk) => {
      length += chunk.length
      if (length > maxLength) {
        return Effect.fail(failure(path, `has more than ${maxLength} bytes, too many to be sealed or compressed`))
      }
      chunks.push(chunk)
      return Effect.void
    })
    return Effect.map(all, () => concat(chunks))
  })

const sameKey = (a: ReadonlyAttributeValue | undefined, b: ReadonlyAttributeValue | undefined): boolean => {
  if (a === undefined || b === undefined) return a === b
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(a.B, b.B) === 0
  return a.S === b.S && a.N === b.N && (a.B === undefined) === (b.B === undefined)
}

const isOwn = ({ place }: Kept, path: ReadonlyArray<string>, facts: Facts): boolean =>
  place.table === facts.table && sameKey(place.partitionKey, facts.partitionKey) &&
  sameKey(place.sortKey, facts.sortKey) && place.path.length === path.length &&
  place.path.every((name, i) => name === path[i])

const settle = (
  { content, path, place }: Pending,
  facts: Facts
): Effect.Effect<Done, EncryptionError | S3AttributeException | SerializationException, Encryptor> => {
  switch (content._tag) {
    case "Value":
      return finish(content.value, path, place, facts)
    case "Kept":
      return isOwn(content.kept, path, facts)
        ? Effect.succeed({ _tag: "Kept", value: content.kept.value })
        : Effect.fail(new S3AttributeException({ reason: "Foreign" }))
    case "Stream": {
      const stream = Stream.mapError(content.stream, streamFailed(path))
      const { compressed, offloaded, sealed } = place.how
      if (offloaded !== undefined && sealed === undefined && compressed === undefined && place.type === "B") {
        return Effect.succeed({
          _tag: "ToStore",
          value: {
            owner: owner(facts, path, offloaded),
            body: stream,
            above: offloaded.above,
            contentType: offloaded.contentType
          },
          inline: undefined
        })
      }
      if (place.type !== "B") {
        return Effect.fail(failure(path, "is a stream, which only an attribute that is encoded as binary can be"))
      }
      return Effect.flatMap(collected(stream, path), (bytes) => {
        const walk = new Walk(path)
        return Effect.flatMap(
          walk.run(() => place.inner.encode(bytes, walk)),
          (value) => finish(value ?? { B: bytes }, path, place, facts)
        )
      })
    }
  }
}

/** A copy of `into` with a value at a path of maps; those on the way are copied. */
export const putAt = (
  into: AttributeValue | undefined,
  path: ReadonlyArray<string>,
  value: ReadonlyAttributeValue
): AttributeValue => {
  const [name, ...others] = path
  // it is only read, by whoever sends it
  if (name === undefined) return value as AttributeValue
  const M = { ...into?.M }
  // defined, not assigned: a member may be named __proto__
  const own = Object.hasOwn(M, name) ? M[name] : undefined
  Object.defineProperty(M, name, {
    value: putAt(own, others, value),
    writable: true,
    enumerable: true,
    configurable: true
  })
  return { M }
}

const inTheItem = (done: Done, stored: S3Pointer.Stored | undefined): ReadonlyAttributeValue => {
  if (done._tag !== "ToStore") return done.value
  if (stored === undefined) return { NULL: true }
  return S3Pointer.encode(
    stored._tag === "Inline" && done.inline !== undefined ? S3Pointer.inline(done.inline) : stored
  )
}

const prepareAll = (
  root: AttributeValue | undefined,
  base: number,
  pending: ReadonlyArray<Pending>,
  facts: Facts
): Effect.Effect<
  Prepared<AttributeValue | undefined>,
  EncryptionError | S3AttributeException | SerializationException,
  Encryptor
> =>
  pending.length === 0
    ? Effect.succeed({ values: [], item: () => root, kept: [] })
    : Effect.map(Effect.forEach(pending, (one) => settle(one, facts)), (all) => {
      const places = pending.map((one) => one.path)
      return {
        values: all.flatMap((done) => done._tag === "ToStore" ? [done.value] : []),
        kept: all.flatMap((done, i) => done._tag === "Kept" ? [{ path: places[i] ?? [], value: done.value }] : []),
        item: (stored) => {
          let next = 0
          let whole = root
          all.forEach((done, i) => {
            const own = done._tag === "ToStore" ? stored[next++] : undefined
            whole = putAt(whole, (places[i] ?? []).slice(base), inTheItem(done, own))
          })
          return whole
        }
      }
    })

/** What is to be written for an item: everything sealed, and what goes to S3 beside it. */
export const prepare = (
  draft: Draft,
  facts: Facts
): Effect.Effect<
  Prepared<Record<string, AttributeValue>>,
  EncryptionError | S3AttributeException | SerializationException,
  Encryptor
> =>
  Effect.map(prepareAll({ M: draft.item }, 0, draft.pending, facts), (prepared) => ({
    ...prepared,
    item: (stored) => prepared.item(stored)?.M ?? {}
  }))

/** The same for an operand of an update; it has a value, since one without any was refused when it was encoded. */
export const prepareOperand = (
  operand: Operand,
  facts: Facts
): Effect.Effect<
  Prepared<AttributeValue | undefined>,
  EncryptionError | S3AttributeException | SerializationException,
  Encryptor
> => prepareAll(operand.value, operand.path.length, operand.pending, facts)

// ---------------------------------------------------------------------------------------------------------------- reading

const openBytes = (
  bytes: Uint8Array,
  path: ReadonlyArray<string>,
  place: Place,
  facts: Facts
): Effect.Effect<ReadonlyAttributeValue, EncryptionError, Decryptor> =>
  Effect.flatMap(Decryptor, (decryptor) => decryptor.open(bytes, binding(facts, path), { expected: place.type }))

const isSealed = (bytes: Uint8Array): boolean => Either.isRight(Envelope.header(bytes))

/** Opens what stands in the item. There is no way round the seal but the one that the schema allows for a migration. */
const open = (
  value: ReadonlyAttributeValue,
  path: ReadonlyArray<string>,
  place: Place,
  facts: Facts
): Effect.Effect<ReadonlyAttributeValue, EncryptionError, Decryptor> => {
  const { sealed } = place.how
  if (sealed === undefined) return Effect.succeed(value)
  if (value.B === undefined || (sealed.acceptPlaintext && !isSealed(value.B))) {
    return sealed.acceptPlaintext
      ? Effect.succeed(value)
      : Effect.fail(new EncryptionException({ reason: "UnsupportedFormat" }))
  }
  return openBytes(value.B, path, place, facts)
}

/** The same of what lies in S3. */
const openBody = (
  bytes: Uint8Array,
  path: ReadonlyArray<string>,
  place: Place,
  facts: Facts
): Effect.Effect<ReadonlyAttributeValue, EncryptionError | SerializationException, Decryptor> => {
  const { sealed } = place.how
  return sealed === undefined || (sealed.acceptPlaintext && !isSealed(bytes))
    ? fromBody(bytes, path, place)
    : openBytes(bytes, path, place, facts)
}

const decodeInner = (
  value: ReadonlyAttributeValue,
  path: ReadonlyArray<string>,
  place: Place
): Either.Either<unknown, SerializationException> => {
  const walk = new Walk(path)
  return walk.run(() => place.inner.decode(value, walk))
}

const at = (item: Item, path: ReadonlyArray<string>): ReadonlyAttributeValue | undefined =>
  path.reduce<ReadonlyAttributeValue | undefined>(
    (value, name) => value?.M !== undefined && Object.hasOwn(value.M, name) ? value.M[name] : undefined,
    { M: item }
  )

/** What stands in S3, or inline in the wrap of what could: fetched when it is asked for. */
const keep = ({ path, place, value }: Hole, how: Offloaded, facts: Facts): Kept => {
  const own = { table: facts.table, partitionKey: facts.partitionKey, sortKey: facts.sortKey, path }
  const decoded = S3Pointer.decode(value)
  if (Either.isLeft(decoded)) {
    const failed = Effect.fail(new S3AttributeException({ reason: "UnsupportedFormat" }))
    return { place: own, value, size: undefined, read: failed, stream: undefined }
  }
  const inline = (stored: ReadonlyAttributeValue) =>
    Effect.flatMap(open(stored, path, place, facts), (opened) => decodeInner(opened, path, place))
  if (decoded.right._tag === "Inline") {
    return { place: own, value, size: undefined, read: inline(decoded.right.value), stream: undefined }
  }
  const { pointer } = decoded.right
  const who = owner(facts, path, how)
  const reread = facts.reread === undefined
    ? undefined
    : Effect.map(
      facts.reread,
      Option.flatMap((item) =>
        Option.flatMap(Option.fromNullable(at(item, path)), (now) => Either.getRight(S3Pointer.decode(now)))
      )
    )
  const read: Effect.Effect<unknown, StoredError, Blobs | Decryptor> = Effect.flatMap(
    Effect.flatMap(Blobs, (blobs) => blobs.fetch(who, pointer, { reread })),
    (fetched) =>
      fetched._tag === "Inline"
        ? inline(fetched.value)
        : Effect.flatMap(openBody(fetched.bytes, path, place, facts), (opened) => decodeInner(opened, path, place))
  )
  const asItIs = place.how.sealed === undefined && place.how.compressed === undefined && place.type === "B"
  return {
    place: own,
    value,
    size: pointer.size,
    read,
    stream: asItIs ? Stream.flatMap(Blobs, (blobs) => blobs.stream(who, pointer)) : undefined
  }
}

const fill = (hole: Hole, facts: Facts): Effect.Effect<void, EncryptionError | SerializationException, Decryptor> => {
  const { path, place, value } = hole
  const { offloaded } = place.how
  if (offloaded !== undefined) {
    hole.fill(new Held({ _tag: "Kept", kept: keep(hole, offloaded, facts) }))
    return Effect.void
  }
  return Effect.flatMap(
    open(value, path, place, facts),
    (opened) => Either.map(decodeInner(opened, path, place), hole.fill)
  )
}

/** An item as a value: opened, and decoded. Nothing is fetched from S3. */
export const read = <A, R>(
  codec: ItemCodec<A, R>,
  item: Item,
  facts: Facts
): Effect.Effect<A, EncryptionError | SerializationException, Decryptor | R> => {
  const opening = codec.open(item)
  if (Either.isLeft(opening)) return Either.left(opening.left)
  const { holes } = opening.right
  return holes.length === 0
    ? codec.close(opening.right)
    : Effect.zipRight(
      Effect.forEach(holes, (hole) => fill(hole, facts), { discard: true }),
      Effect.suspend(() => codec.close(opening.right))
    )
}

/** What an item points to in S3, for whoever replaces or deletes it; nothing of an item that cannot be read. */
export const pointers = <A, R>(codec: ItemCodec<A, R>, item: Item, facts: Facts): ReadonlyArray<Blobs.Old> =>
  Either.match(codec.open(item), {
    onLeft: () => [],
    onRight: ({ holes }) =>
      holes.flatMap(({ path, place, value }) => {
        const { offloaded } = place.how
        const decoded = offloaded === undefined ? undefined : S3Pointer.decode(value)
        return offloaded !== undefined && decoded !== undefined && Either.isRight(decoded) &&
            decoded.right._tag === "Offloaded"
          ? [{ owner: owner(facts, path, offloaded), pointer: decoded.right.pointer }]
          : []
      })
  })
