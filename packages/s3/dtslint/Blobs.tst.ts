import type {
  ConfigurationException,
  ThrottlingException,
  WriteOutcomeUnknownException
} from "@armature/aws/Exceptions"
import * as Blobs from "@armature/s3/Blobs"
import type * as Pointer from "@armature/s3/Pointer"
import type { S3 } from "@armature/s3/S3"
import type { S3AttributeException } from "@armature/s3/S3AttributeException"
import * as Sweeper from "@armature/s3/Sweeper"
import type { SweepRefusedException } from "@armature/s3/SweepRefusedException"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import { describe, expect, test } from "tstyche"

declare const blobs: Blobs.Blobs.Service
declare const owner: Blobs.Blobs.Owner
declare const pointer: Pointer.Pointer
declare const bytes: Uint8Array

interface Broken {
  readonly _tag: "Broken"
}
interface Source {
  readonly source: true
}
declare const body: Stream.Stream<Uint8Array, Broken, Source>

describe("Blobs", () => {
  test("store fails with what its body fails with, and needs what it needs", () => {
    expect(blobs.store({ owner, body: bytes })).type.toBe<Effect.Effect<Blobs.Blobs.Kept, S3AttributeException>>()
    expect(blobs.store({ owner, body })).type.toBe<
      Effect.Effect<Blobs.Blobs.Kept, S3AttributeException | Broken, Source>
    >()
  })

  test("fetch fails with what the reading of the item fails with", () => {
    type Got = Blobs.Blobs.Fetched | Pointer.Inline
    expect(blobs.fetch(owner, pointer)).type.toBe<Effect.Effect<Got, S3AttributeException>>()
    const reread = null as unknown as Effect.Effect<Option.Option<Pointer.Stored>, Broken, Source>
    expect(blobs.fetch(owner, pointer, { reread })).type.toBe<
      Effect.Effect<Got, S3AttributeException | Broken, Source>
    >()
    expect(blobs.stream(owner, pointer)).type.toBe<Stream.Stream<Uint8Array, S3AttributeException>>()
  })

  test("write fails while it stores; what the item write came to is in its result", () => {
    const item = null as unknown as Effect.Effect<Blobs.Blobs.Written<number>, ThrottlingException, Source>
    const settled = blobs.write([{ owner, body }], () => item)
    expect(settled).type.toBe<
      Effect.Effect<Blobs.Blobs.Settled<number, ThrottlingException>, S3AttributeException | Broken, Source>
    >()
    expect<Effect.Effect.Success<typeof settled>["result"]>().type.toBe<
      Either.Either<number, ThrottlingException | WriteOutcomeUnknownException>
    >()
  })

  test("the layer needs S3, and a bucket and an account", () => {
    const options = { bucket: "b", account: "1" }
    expect(Blobs.layer(options)).type.toBe<Layer.Layer<Blobs.Blobs, ConfigurationException, S3>>()
    expect(Blobs.layer).type.not.toBeCallableWith({ bucket: "b" })
  })
})

test("a sweep fails with what reading the tables fails with", () => {
  const references = null as unknown as Stream.Stream<Pointer.Pointer, Broken, Source>
  expect(Sweeper.sweep({ bucket: "b", prefix: "p", tables: [], references })).type.toBe<
    Stream.Stream<Sweeper.Progress, SweepRefusedException | S3AttributeException | Broken, S3 | Source>
  >()
})
