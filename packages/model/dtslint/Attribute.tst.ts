/** A behaviour stays in the encoded type under every combinator, and is seen where it could not work. */
import type { Decryptor } from "@armature/kms/Decryptor"
import * as Attribute from "@armature/model/Attribute"
import type { Stored } from "@armature/model/Stored"
import type { Blobs } from "@armature/s3/Blobs"
import type * as DateTime from "effect/DateTime"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "tstyche"
import { kept, lost, refused } from "../test/combinators.js"

const encrypted = Attribute.encrypted(Schema.String)
const offloaded = Attribute.offloaded(Schema.String, { prefix: "p/" })
const compressed = Attribute.compressed(Schema.String)

type Encoded<F extends Schema.Struct.Fields> = Schema.Struct.Encoded<F>
type Names<E> = keyof E & string

describe("every combinator keeps", () => {
  it("what is sealed", () => {
    const _fields = kept(encrypted)
    type E = Encoded<typeof _fields>
    expect<Attribute.Marked<E, Attribute.SealedMark>>().type.toBe<Names<E>>()
    expect<Attribute.Marked<E, Attribute.OffloadedMark>>().type.toBe<never>()
    expect<Attribute.Misplaced<E>>().type.toBe<never>()
  })

  it("what is offloaded", () => {
    const _fields = kept(offloaded)
    type E = Encoded<typeof _fields>
    expect<Attribute.Marked<E, Attribute.OffloadedMark>>().type.toBe<Names<E>>()
    expect<Attribute.Marked<E, Attribute.SealedMark>>().type.toBe<never>()
  })

  it("what is compressed", () => {
    const _fields = kept(compressed)
    type E = Encoded<typeof _fields>
    expect<Attribute.Marked<E, Attribute.CompressedMark>>().type.toBe<Names<E>>()
    expect<Attribute.Marked<E, Attribute.OpaqueMark>>().type.toBe<Names<E>>()
  })

  it("what is filled", () => {
    const _fields = kept(Attribute.CreatedAt)
    type E = Encoded<typeof _fields>
    expect<Attribute.Marked<E, Attribute.CreatedAtMark>>().type.toBe<Names<E>>()
    expect<Attribute.Marked<E, Attribute.UpdatedAtMark>>().type.toBe<never>()
  })
})

describe("every combinator keeps what fills itself, and what is hidden:", () => {
  it("the time of the last write", () => {
    const _fields = kept(Attribute.UpdatedAt)
    type E = Encoded<typeof _fields>
    expect<Attribute.Marked<E, Attribute.UpdatedAtMark>>().type.toBe<Names<E>>()
    expect<Attribute.Marked<E, Attribute.CreatedAtMark>>().type.toBe<never>()
  })

  it("the time to live", () => {
    const _fields = kept(Attribute.TimeToLive)
    type E = Encoded<typeof _fields>
    expect<Attribute.Marked<E, Attribute.TimeToLiveMark>>().type.toBe<Names<E>>()
    expect<Attribute.Marked<E, Attribute.OpaqueMark>>().type.toBe<never>()
  })

  it("an id", () => {
    const _fields = kept(Attribute.ulid)
    type E = Encoded<typeof _fields>
    expect<Attribute.Marked<E, Attribute.GeneratedMark>>().type.toBe<Names<E>>()
    const _uuids = kept(Attribute.uuid7)
    expect<Attribute.Marked<Encoded<typeof _uuids>, Attribute.GeneratedMark>>().type.toBe<Names<E>>()
  })

  it("what is computed", () => {
    const _fields = kept(Attribute.computed(Schema.String, () => "x"))
    type E = Encoded<typeof _fields>
    expect<Attribute.Marked<E, Attribute.FilledMark<"computed">>>().type.toBe<Names<E>>()
  })

  it("what is hidden", () => {
    const _fields = kept(Attribute.hidden(Schema.String))
    type E = Encoded<typeof _fields>
    expect<Attribute.Marked<E, Attribute.HiddenMark>>().type.toBe<Names<E>>()
    expect<Attribute.Marked<E, Attribute.OpaqueMark>>().type.toBe<never>()
  })

  it("the version, which is a property already", () => {
    const _fields = { v: Attribute.Version.pipe(Schema.fromKey("stored")) }
    expect<Attribute.Marked<Encoded<typeof _fields>, Attribute.VersionMark>>().type.toBe<"stored">()
  })
})

describe("what would lose it", () => {
  it("shows below lists, sets and records", () => {
    const _fields = refused(encrypted)
    type E = Encoded<typeof _fields>
    expect<Attribute.Misplaced<E>>().type.toBe<Names<E>>()
    const _stored = refused(offloaded)
    expect<Attribute.Misplaced<Encoded<typeof _stored>>>().type.toBe<Names<E>>()
  })

  it("shows nowhere behind a transformation to something else, nor on the type side", () => {
    const _fields = { ...lost(encrypted), type: Schema.typeSchema(encrypted) }
    expect<Attribute.Marked<Encoded<typeof _fields>, Attribute.OpaqueMark>>().type.toBe<never>()
  })

  it("is not found where it is not", () => {
    interface Tree {
      readonly v: string
      readonly bytes: Uint8Array
      readonly set: ReadonlySet<string>
      readonly kids: ReadonlyArray<Tree>
    }
    expect<Attribute.HasMark<Tree, Attribute.SealedMark>>().type.toBe<never>()
    expect<
      Attribute.HasMark<Tree & { readonly deep: { readonly s: string & Attribute.SealedMark } }, Attribute.SealedMark>
    >()
      .type.toBe<true>()
  })
})

describe("the behaviours", () => {
  it("keep the type, and mark what is encoded", () => {
    expect(encrypted).type.toBe<Schema.Schema<string, string & Attribute.SealedMark>>()
    expect(Attribute.encrypted(Schema.Null)).type.toBe<Schema.Schema<null, Attribute.SealedMark>>()
    expect(Attribute.encrypted(Schema.DateTimeUtc)).type.toBe<
      Schema.Schema<DateTime.Utc, string & Attribute.SealedMark>
    >()
    expect(Attribute.hidden(Schema.String)).type.toBe<
      Schema.Schema<Redacted.Redacted<string>, string & Attribute.HiddenMark>
    >()
    expect(Attribute.TimeToLive).type.toBe<Schema.Schema<DateTime.Utc, number & Attribute.TimeToLiveMark>>()
    expect(Attribute.computed(Schema.Number, (item: { readonly a: string }) => item.a.length)).type.toBe<
      Schema.Schema<number, number & Attribute.ComputedMark<{ readonly a: string }>>
    >()
  })

  it("say what reading needs", () => {
    expect(offloaded).type.toBe<Schema.Schema<Stored<string, Blobs>, Attribute.OffloadedMark>>()
    expect(Attribute.offloaded(encrypted, { prefix: "p/" })).type.toBe<
      Schema.Schema<Stored<string, Blobs | Decryptor>, Attribute.OffloadedMark & Attribute.SealedMark>
    >()
  })

  it("compose in one order", () => {
    expect(Attribute.encrypted(compressed)).type.toBe<
      Schema.Schema<string, string & Attribute.CompressedMark & Attribute.SealedMark>
    >()
    expect(Attribute.encrypted).type.not.toBeCallableWith(offloaded)
    expect(Attribute.compressed).type.not.toBeCallableWith(offloaded)
    expect(Attribute.offloaded).type.not.toBeCallableWith(offloaded, { prefix: "p/" })
  })

  it("leave out of a constructor what it has a default for", () => {
    class Account extends Schema.Class<Account>("Account")({ id: Attribute.ulid, version: Attribute.Version }) {}
    expect(Account).type.toBeConstructableWith({ id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" })
    expect<Attribute.Marked<Schema.Schema.Encoded<typeof Account>, Attribute.FilledMark>>().type.toBe<
      "id" | "version"
    >()
  })
})
