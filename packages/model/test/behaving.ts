/** What tests of attributes share: an item as it is written and read, with real seals and a store in memory. */
import type { SerializationException } from "@armature/aws/Exceptions"
import type { ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import * as DataKeys from "@armature/kms/DataKeys"
import type { Decryptor } from "@armature/kms/Decryptor"
import type { EncryptionError } from "@armature/kms/EncryptionException"
import type { Encryptor } from "@armature/kms/Encryptor"
import * as Sealing from "@armature/kms/Sealing"
import { Blobs } from "@armature/s3/Blobs"
import * as Pointer from "@armature/s3/Pointer"
import { S3AttributeException } from "@armature/s3/S3AttributeException"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import * as behaviours from "../src/internal/behaviours.js"
import { compile, type ItemCodec } from "../src/internal/codec.js"

export type Item = Readonly<Record<string, ReadonlyAttributeValue>>

export const facts: behaviours.Facts = { table: "orders", partitionKey: { S: "t" }, sortKey: { N: "1" } }

export const compiled = <A, I, R>(schema: Schema.Schema<A, I, R>): ItemCodec<A, R> =>
  Either.getOrThrowWith(compile(schema), (problem) => new Error(`${problem.path.join(".")} ${problem.problem}`))

/** Why a schema makes no item: where, and what is said. */
export const problemOf = <A, I, R>(schema: Schema.Schema<A, I, R>): string =>
  Either.match(compile(schema), {
    onLeft: ({ path, problem }) => `${path.join(".")} ${problem}`,
    onRight: () => "can be stored"
  })

const keys = DataKeys.layerStatic({
  seal: { keyId: "test", edk: new Uint8Array([1]), dataKey: Redacted.make(new Uint8Array(32).fill(7)) }
})

/** Seals with a key that the tests hold. */
export const sealing: Layer.Layer<Encryptor | Decryptor> = Layer.orDie(Layer.provide(
  Sealing.layerReadWrite({ key: "test", keys: { pii: "test" }, accept: ["test"] }),
  keys
))

/** A bucket in memory. What the real one does beyond keeping bytes is not asked of it here. */
export const bucket = (objects: Map<string, Uint8Array> = new Map()): Layer.Layer<Blobs> => {
  const missing = new S3AttributeException({ reason: "NotFound" })
  const bytesOf = <E, R>(body: Blobs.Body<E, R>): Effect.Effect<Uint8Array, E, R> =>
    body instanceof Uint8Array
      ? Effect.succeed(body)
      : Effect.map(Stream.runCollect(body), (all) => new Uint8Array(Buffer.concat(Chunk.toReadonlyArray(all))))
  const unused = Effect.die("not used here")
  return Layer.succeed(Blobs, {
    store: ({ above, body, contentType, owner }) =>
      Effect.map(bytesOf(body), (bytes): Pointer.Stored<{ readonly B: Uint8Array }> => {
        if (bytes.length <= (above ?? 0)) return Pointer.inline({ B: bytes })
        const key = `${owner.prefix}${objects.size}`
        objects.set(key, bytes)
        return Pointer.offloaded({
          bucket: "b",
          region: "r",
          key,
          size: bytes.length,
          sha256: createHash("sha256").update(bytes).digest(),
          contentType
        })
      }),
    fetch: <E = never, R = never>(
      _: Blobs.Owner,
      pointer: Pointer.Pointer,
      options?: Blobs.FetchOptions<E, R>
    ): Effect.Effect<Blobs.Fetched | Pointer.Inline, S3AttributeException | E, R> => {
      const bytes = objects.get(pointer.key)
      if (bytes !== undefined) return Effect.succeed({ _tag: "Fetched", bytes, pointer })
      return Effect.flatMap(
        options?.reread ?? Effect.succeed(Option.none()),
        (now): Effect.Effect<Blobs.Fetched | Pointer.Inline, S3AttributeException> => {
          if (Option.isNone(now)) return Effect.fail(missing)
          if (now.value._tag === "Inline") return Effect.succeed(now.value)
          const { pointer } = now.value
          const bytes = objects.get(pointer.key)
          return bytes === undefined ? Effect.fail(missing) : Effect.succeed({ _tag: "Fetched", bytes, pointer })
        }
      )
    },
    stream: (_, pointer) =>
      Stream.fromEffect(Effect.mapError(Effect.fromNullable(objects.get(pointer.key)), () => missing)),
    delete: () => unused,
    presign: () => unused,
    write: () => unused
  })
}

/** Seals, and a bucket of their own. */
export const services: Layer.Layer<Encryptor | Decryptor | Blobs> = Layer.merge(sealing, Layer.suspend(() => bucket()))

/** A value as the item that is written for it. */
export const write = <A, R>(
  codec: ItemCodec<A, R>,
  value: A,
  at: behaviours.Facts = facts
): Effect.Effect<
  Item,
  SerializationException | EncryptionError | S3AttributeException,
  Encryptor | Blobs | R
> =>
  Effect.gen(function*() {
    const draft = yield* codec.encode(value)
    const prepared = yield* behaviours.prepare(draft, at)
    if (prepared.values.length === 0) return prepared.item([])
    const blobs = yield* Blobs
    return prepared.item(yield* Effect.forEach(prepared.values, (one) => blobs.store(one)))
  })

export const read = <A, R>(codec: ItemCodec<A, R>, item: Item, at: behaviours.Facts = facts) =>
  behaviours.read(codec, item, at)

/** All of an item as text, its binary in hex and base64 too. */
export const printed = (item: Item): string => {
  const texts: Array<string> = []
  const go = (value: unknown): void => {
    if (value instanceof Uint8Array) {
      const bytes = Buffer.from(value)
      texts.push(bytes.toString("latin1"), bytes.toString("hex"), bytes.toString("base64"))
    } else if (typeof value === "object" && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        texts.push(name)
        go(member)
      }
    } else texts.push(String(value))
  }
  go(item)
  return texts.join("\n")
}
