import { Encryptor } from "@armature/kms/Encryptor"
import * as Envelope from "@armature/kms/Envelope"
import { describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { inspect } from "node:util"
import { assert } from "vitest"
import * as Attribute from "../src/Attribute.js"
import * as behaviours from "../src/internal/behaviours.js"
import * as Stored from "../src/Stored.js"
import { bucket, compiled, facts, type Item, printed, read, sealing, services, write } from "./behaving.js"

/** Looked for in what is random: long enough that it is not met there by chance, and without padding in base64. */
const mark = "MARKMARKMARK"
const secret = mark.repeat(7)
const elsewhere: behaviours.Facts = { ...facts, partitionKey: { S: "other" } }

describe("a sealed attribute", () => {
  const codec = compiled(Schema.Struct({
    id: Schema.String,
    ssn: Schema.NullOr(Attribute.encrypted(Schema.String, { key: "pii" })),
    n: Schema.optional(Attribute.encrypted(Schema.NullOr(Schema.Number)))
  }))

  it.effect("is an envelope, and opens at its own place alone", () =>
    Effect.gen(function*() {
      const item = yield* write(codec, { id: "1", ssn: secret, n: 7 })
      for (const name of ["ssn", "n"]) assert.isTrue(Either.isRight(Envelope.header(item[name]?.B ?? new Uint8Array())))
      assert.deepStrictEqual(yield* read(codec, item), { id: "1", ssn: secret, n: 7 })
      const moved = { ...item, ...(item.n === undefined ? {} : { ssn: item.n }) }
      for (
        const fails of [read(codec, item, elsewhere), read(codec, item, { ...facts, table: "t" }), read(codec, moved)]
      ) {
        const failure = yield* Effect.flip(fails)
        assert.deepInclude(failure, { _tag: "EncryptionException", reason: "Tampered" })
      }
    }).pipe(Effect.provide(services)))

  it.effect("asks for its key by name", () =>
    Effect.gen(function*() {
      const asked: Array<unknown> = []
      const { seal } = yield* Encryptor
      const watching = Encryptor.of({
        seal: (value, binding, options) => {
          asked.push([binding, options])
          return seal(value, binding, options)
        }
      })
      const context = { tenant: "t" }
      yield* Effect.provideService(
        write(codec, { id: "1", ssn: secret }, { ...facts, context }),
        Encryptor,
        watching
      )
      assert.deepStrictEqual(asked, [[{ ...facts, path: ["ssn"], context }, { key: "pii" }]])
    }).pipe(Effect.provide(services)))

  it.effect("that is null or absent outside of the seal stays so; null inside is sealed", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* write(codec, { id: "1", ssn: null }), { id: { S: "1" }, ssn: { NULL: true } })
      const item = yield* write(codec, { id: "1", ssn: null, n: null })
      assert.isDefined(item.n?.B)
      assert.deepStrictEqual(yield* read(codec, item), { id: "1", ssn: null, n: null })
    }).pipe(Effect.provide(services)))

  it.effect("that is not sealed is refused, unless the schema takes it for the time of a migration", () =>
    Effect.gen(function*() {
      const plain: Item = { id: { S: "1" }, ssn: { S: "in clear" } }
      const failure = yield* Effect.flip(read(codec, plain))
      assert.deepInclude(failure, { _tag: "EncryptionException", reason: "UnsupportedFormat" })
      const migrating = compiled(Schema.Struct({
        ssn: Attribute.encrypted(Schema.String, { acceptPlaintext: true }),
        raw: Schema.optional(Attribute.encrypted(Schema.Uint8ArrayFromSelf, { acceptPlaintext: true }))
      }))
      const bytes = new Uint8Array([1, 2, 3])
      assert.deepStrictEqual(yield* read(migrating, { ssn: { S: "in clear" }, raw: { B: bytes } }), {
        ssn: "in clear",
        raw: bytes
      })
      const item = yield* write(migrating, { ssn: secret, raw: bytes })
      assert.isTrue(Either.isRight(Envelope.header(item.raw?.B ?? bytes)))
      assert.deepStrictEqual(yield* read(migrating, item), { ssn: secret, raw: bytes })
    }).pipe(Effect.provide(services)))

  it.effect("in a union seals the other members, too", () =>
    Effect.gen(function*() {
      const mixed = compiled(Schema.Struct({ at: Schema.Union(Attribute.encrypted(Schema.String), Schema.Number) }))
      for (const at of [secret, 4111]) {
        const item = yield* write(mixed, { at })
        assert.isTrue(Either.isRight(Envelope.header(item.at?.B ?? new Uint8Array())))
        assert.deepStrictEqual(yield* read(mixed, item), { at })
      }
    }).pipe(Effect.provide(services)))

  it.effect("asks for no service where there is nothing to seal", () =>
    Effect.gen(function*() {
      const draft = yield* codec.encode({ id: "1", ssn: null })
      // the types say what could be needed: this is run without any of it
      const prepared = yield* behaviours.prepare(draft, facts) as Effect.Effect<
        behaviours.Prepared<Item>,
        unknown,
        unknown
      > as Effect.Effect<behaviours.Prepared<Item>>
      assert.deepStrictEqual(prepared.values, [])
      assert.deepStrictEqual(yield* read(codec, prepared.item([])) as Effect.Effect<unknown, unknown>, {
        id: "1",
        ssn: null
      })
    }))

  it.effect("inside of an operand is sealed at its place", () =>
    Effect.gen(function*() {
      const cards = compiled(Schema.Struct({
        card: Schema.Struct({ pan: Attribute.encrypted(Schema.String), brand: Schema.String })
      }))
      const at = yield* cards.at(["card"])
      const prepared = yield* behaviours.prepareOperand(yield* at.encode({ pan: secret, brand: "x" }), facts)
      const card = prepared.item([]) ?? { NULL: true }
      assert.deepStrictEqual(yield* read(cards, { card }), { card: { pan: secret, brand: "x" } })
      const own = yield* cards.at(["card", "pan"])
      const pan = (yield* behaviours.prepareOperand(yield* own.encode(secret), facts)).item([]) ?? { NULL: true }
      assert.deepStrictEqual(yield* read(cards, { card: { M: { pan, brand: { S: "x" } } } }), {
        card: { pan: secret, brand: "x" }
      })
    }).pipe(Effect.provide(services)))
})

describe("an offloaded attribute", () => {
  const Invoice = Schema.Struct({
    id: Schema.String,
    file: Attribute.offloaded(Schema.Uint8ArrayFromSelf, {
      prefix: "invoices/",
      above: 10,
      contentType: "application/pdf"
    }),
    doc: Schema.optional(
      Attribute.offloaded(
        Attribute.encrypted(Attribute.compressed(Schema.Struct({ a: Schema.Array(Schema.String) }))),
        {
          prefix: "docs/"
        }
      )
    ),
    text: Schema.optional(Attribute.offloaded(Schema.Union(Schema.String, Schema.Number), { prefix: "texts/" }))
  })
  const codec = compiled(Invoice)
  const large = new Uint8Array(20).fill(5)
  const run = <A, E, R>(effect: (objects: Map<string, Uint8Array>) => Effect.Effect<A, E, R>) => {
    const objects = new Map<string, Uint8Array>()
    return Effect.provide(effect(objects), Layer.merge(sealing, bucket(objects)))
  }

  it.effect("is bytes in S3 as they are, and a pointer in the item; a small one stays, wrapped", () =>
    run((objects) =>
      Effect.gen(function*() {
        const item = yield* write(codec, { id: "1", file: Stored.of(large) })
        assert.deepStrictEqual([...objects.values()], [large])
        assert.strictEqual(item.file?.M?.p?.M?.contentType?.S, "application/pdf")
        const again = yield* read(codec, item)
        assert.strictEqual(again.file.size, 20)
        assert.deepStrictEqual(yield* again.file.read, large)
        assert.deepStrictEqual(yield* Stored.read(again.file), large)
        const streamed = yield* Stream.runCollect(Stored.stream(again.file))
        assert.deepStrictEqual([...streamed], [large])

        const small = yield* write(codec, { id: "1", file: Stored.of(new Uint8Array([1])) })
        assert.deepStrictEqual(small.file, { M: { v: { N: "1" }, i: { B: new Uint8Array([1]) } } })
        const inline = yield* read(codec, small)
        assert.strictEqual(inline.file.size, undefined)
        assert.deepStrictEqual(yield* inline.file.read, new Uint8Array([1]))
      })
    ))

  it.effect("is compressed first, then sealed, then stored", () =>
    run((objects) =>
      Effect.gen(function*() {
        const doc = { a: Array.from({ length: 1000 }, () => secret) }
        const item = yield* write(codec, { id: "1", file: Stored.of(new Uint8Array()), doc: Stored.of(doc) })
        const [bytes] = objects.values()
        assert.isTrue(Either.isRight(Envelope.header(bytes ?? new Uint8Array())))
        assert.isBelow(bytes?.length ?? Infinity, 2000)
        const again = yield* read(codec, item)
        assert.deepStrictEqual(yield* again.doc?.read ?? Effect.succeed(doc.a), doc)
        // another place: what is in S3 does not open there
        const moved = yield* read(codec, item, elsewhere)
        const failure = yield* Effect.flip(moved.doc?.read ?? Effect.succeed(doc))
        assert.deepInclude(failure, { _tag: "EncryptionException", reason: "Tampered" })
      })
    ))

  it.effect("of more types than one says which it is", () =>
    run((objects) =>
      Effect.gen(function*() {
        for (const value of ["7", 7]) {
          const item = yield* write(codec, { id: "1", file: Stored.of(new Uint8Array()), text: Stored.of(value) })
          const again = yield* read(codec, item)
          assert.strictEqual(yield* again.text?.read ?? Effect.succeed(0), value)
        }
        assert.deepStrictEqual([...objects.values()].map((one) => Buffer.from(one).toString()), ["S7", "N7"])
      })
    ))

  it.effect("keeps its own pointer on a put, and no other's", () =>
    run((objects) =>
      Effect.gen(function*() {
        const item = yield* write(codec, { id: "1", file: Stored.of(large) })
        const again = yield* read(codec, item)
        const draft = yield* codec.encode({ ...again, id: "2" })
        const prepared = yield* behaviours.prepare(draft, facts)
        assert.deepStrictEqual(prepared.values, [])
        assert.deepStrictEqual(prepared.kept, [{ path: ["file"], value: item.file ?? { NULL: true } }])
        assert.deepStrictEqual<Item>(prepared.item([]), { ...item, id: { S: "2" } })
        assert.strictEqual(objects.size, 1)
        const failure = yield* Effect.flip(write(codec, again, elsewhere))
        assert.deepInclude(failure, { _tag: "S3AttributeException", reason: "Foreign" })
        // a copy is read, and stored anew
        const copy = yield* write(codec, { ...again, file: Stored.of(yield* again.file.read) }, elsewhere)
        assert.strictEqual(objects.size, 2)
        assert.deepStrictEqual(yield* (yield* read(codec, copy, elsewhere)).file.read, large)
      })
    ))

  it.effect("takes a stream, whose failure is the write's", () =>
    run((objects) =>
      Effect.gen(function*() {
        const chunks = Stream.make(large, large)
        const item = yield* write(codec, { id: "1", file: Stored.fromStream(chunks) })
        assert.deepStrictEqual([...objects.values()].map((one) => one.length), [40])
        assert.strictEqual((yield* (yield* read(codec, item)).file.read).length, 40)
        const broken = Stream.concat(chunks, Stream.fail("broken"))
        const failure = yield* Effect.flip(write(codec, { id: "1", file: Stored.fromStream(broken) }))
        assert.deepInclude(failure, { _tag: "SerializationException", reason: "is a stream that failed" })
        assert.strictEqual(objects.size, 1)

        const sealed = compiled(Schema.Struct({
          file: Attribute.offloaded(Attribute.encrypted(Schema.Uint8ArrayFromSelf), { prefix: "p/" })
        }))
        const again = yield* read(sealed, yield* write(sealed, { file: Stored.fromStream(chunks) }))
        assert.strictEqual((yield* again.file.read).length, 40)
        const text = compiled(Schema.Struct({
          file: Attribute.offloaded(Schema.Uint8ArrayFromBase64, { prefix: "p/" })
        }))
        const refused = yield* Effect.flip(write(text, { file: Stored.fromStream(chunks) }))
        assert.match(refused.message, /^the value at file is a stream, which only/)
      })
    ))

  it.effect("that was replaced meanwhile is found by reading the item again", () =>
    run((objects) =>
      Effect.gen(function*() {
        const before = yield* write(codec, { id: "1", file: Stored.of(large) })
        objects.clear()
        const lost = yield* Effect.flip((yield* read(codec, before)).file.read)
        assert.deepInclude(lost, { _tag: "S3AttributeException", reason: "NotFound" })
        const now = yield* write(codec, { id: "1", file: Stored.of(new Uint8Array([1])) })
        const again = yield* read(codec, before, { ...facts, reread: Effect.succeed(Option.some(now)) })
        assert.deepStrictEqual(yield* again.file.read, new Uint8Array([1]))
      })
    ))

  it.effect("that is neither a value nor a pointer fails when it is read, not its item", () =>
    run(() =>
      Effect.gen(function*() {
        const again = yield* read(codec, { id: { S: "1" }, file: { M: { p: { S: mark } } } })
        assert.strictEqual(again.id, "1")
        const failure = yield* Effect.flip(again.file.read)
        assert.deepInclude(failure, { _tag: "S3AttributeException", reason: "UnsupportedFormat" })
      })
    ))

  it.effect("tells what an old item points to, for whoever deletes it", () =>
    run(() =>
      Effect.gen(function*() {
        const item = yield* write(codec, { id: "1", file: Stored.of(large), text: Stored.of("x") })
        const old = behaviours.pointers(codec, item, facts)
        assert.deepStrictEqual(old.map((one) => [one.owner.path, one.owner.prefix, one.pointer.size]), [
          [["file"], "invoices/", 20],
          [["text"], "texts/", 2]
        ])
        assert.deepStrictEqual(behaviours.pointers(codec, { id: { N: "1" } }, facts), [])
      })
    ))
})

it.effect("nothing that is sealed or hidden is printed, by value, plan or failure", () =>
  Effect.gen(function*() {
    const schema = Schema.Struct({
      id: Schema.String,
      hidden: Attribute.hidden(Schema.Record({ key: Schema.String, value: Schema.String })),
      sealed: Schema.optional(
        Attribute.encrypted(Schema.Struct({
          n: Schema.Number,
          in: Schema.Record({ key: Schema.String, value: Schema.NumberFromString })
        }))
      ),
      file: Schema.optional(Attribute.offloaded(Attribute.encrypted(Schema.String), { prefix: "p/" })),
      zipped: Schema.optional(Attribute.encrypted(Attribute.compressed(Schema.Number)))
    })
    const codec = compiled(schema)
    const value = { id: "1", hidden: Redacted.make({ [mark]: mark }), file: Stored.of(secret) }
    const item = yield* write(codec, { ...value, sealed: { n: 1, in: { [mark]: 1 } } })
    assert.notInclude(printed({ ...item, hidden: { NULL: true } }), mark)
    const again = yield* read(codec, item)
    const failures = yield* Effect.all([
      Effect.flip(codec.encode({ ...value, sealed: { n: NaN, in: { [mark]: 1 } } })),
      Effect.flip(codec.encode({ ...value, sealed: { n: 1, in: { [mark]: Symbol.for(mark) as never } } })),
      Effect.flip(codec.encode({ ...value, hidden: Redacted.make({ [mark]: 1 as never }) })),
      Effect.flip(codec.encode({ ...value, hidden: Redacted.make({ [mark]: `${mark}\ud800` }) })),
      Effect.flip(codec.encode({ ...value, file: Stored.of(`${secret}\ud800`) })),
      Effect.flip(read(codec, item, elsewhere)),
      Effect.flip(read(codec, { ...item, sealed: { S: mark } })),
      Effect.flip(read(codec, { ...item, hidden: { M: { [mark]: { N: "1" } } } })),
      Effect.flip(read(codec, { ...item, zipped: { B: Buffer.from(mark) } }))
    ])
    for (const each of [...failures, Stored.of(secret), again.file, codec, Cause.fail(failures)]) {
      const text = inspect(each, { depth: Infinity, showHidden: true, maxStringLength: Infinity }) +
        JSON.stringify(each) + String(each)
      for (const form of [mark, Buffer.from(mark).toString("hex"), Buffer.from(mark).toString("base64")]) {
        assert.notInclude(text, form)
      }
    }
    assert.strictEqual(JSON.stringify(Stored.of(secret)), `"Stored(<hidden>)"`)
  }).pipe(Effect.provide(services)))
