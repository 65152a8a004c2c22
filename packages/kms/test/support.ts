/** What the envelope's tests share: fixed keys and places, and values that cover every type. */
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { createHash } from "node:crypto"
import * as Envelope from "../src/Envelope.js"

export const bytesOf = (label: string, length: number): Uint8Array => {
  const out = Buffer.alloc(length)
  for (let i = 0; i < length; i += 32) createHash("sha256").update(`${label}/${i}`).digest().copy(out, i)
  return new Uint8Array(out)
}

export const keyOf = (label: string): Envelope.EnvelopeKey =>
  Either.getOrThrow(Envelope.key({
    keyId: "1234abcd-12ab-34cd-56ef-1234567890ab",
    edk: bytesOf(`${label} edk`, 184),
    dataKey: bytesOf(`${label} data key`, 32)
  }))

export const key = keyOf("one")

export const item = Either.getOrThrow(
  Envelope.item({ table: "orders", partitionKey: { S: "T#acme" }, sortKey: { N: "12.50" } })
)

export const binding: Envelope.Binding = { item, path: ["card", "pan"] }

export const sealed = (value: Envelope.AttributeValue, at = binding, by = key): Uint8Array =>
  Either.getOrThrow(Envelope.seal(by, value, at))

/** The reason of a refusal; a value that was opened fails the test. */
export const reason = (result: Either.Either<unknown, Envelope.EnvelopeFailure>): Envelope.Reason =>
  Either.match(result, {
    onLeft: (failure) => failure.reason,
    onRight: () => {
      throw new Error("was not refused")
    }
  })

export const values: ReadonlyArray<Envelope.AttributeValue> = [
  { S: "" },
  { S: "4111 1111 1111 1111" },
  { S: "naïve — 山 — 🏔" },
  { S: "x".repeat(1000) },
  { N: "0" },
  { N: "-12345678901234567890123456789012345678" },
  { B: new Uint8Array() },
  { B: bytesOf("binary", 300) },
  { BOOL: true },
  { BOOL: false },
  { NULL: true },
  { SS: ["b", "a"] },
  { NS: ["1", "2.50"] },
  { BS: [bytesOf("a", 3), bytesOf("b", 4), new Uint8Array()] },
  { L: [{ S: "a" }, { L: [] }, { B: bytesOf("c", 5) }, { NULL: true }] },
  { M: { name: { S: "Ann" }, nested: { M: { tags: { SS: ["x"] }, "": { BOOL: false } } } } }
]

const text = FastCheck.string({ unit: "grapheme" })

export const value: FastCheck.Arbitrary<Envelope.AttributeValue> = FastCheck.letrec<{ any: Envelope.AttributeValue }>((
  tie
) => ({
  any: FastCheck.oneof(
    { maxDepth: 4 },
    FastCheck.record({ S: text }),
    FastCheck.record({ N: FastCheck.integer().map(String) }),
    FastCheck.record({ B: FastCheck.uint8Array() }),
    FastCheck.record({ BOOL: FastCheck.boolean() }),
    FastCheck.record({ NULL: FastCheck.constant(true) }),
    FastCheck.record({ SS: FastCheck.array(text) }),
    FastCheck.record({ NS: FastCheck.array(FastCheck.integer().map(String)) }),
    FastCheck.record({ BS: FastCheck.array(FastCheck.uint8Array()) }),
    FastCheck.record({ L: FastCheck.array(tie("any"), { maxLength: 4 }) }),
    FastCheck.record({
      M: FastCheck.array(FastCheck.tuple(FastCheck.oneof(text, FastCheck.constant("__proto__")), tie("any")), {
        maxLength: 4
      }).map((entries) => Object.fromEntries(entries))
    })
  )
})).any

/** A sealed value cut into the fields of the format. */
export const fields = (bytes: Uint8Array): ReadonlyArray<readonly [name: string, bytes: Uint8Array]> => {
  const keyIdLength = bytes[2] ?? 0
  const edkLength = Buffer.from(bytes).readUInt16BE(3 + keyIdLength)
  const lengths = [
    ["version", 1],
    ["suite", 1],
    ["key id length", 1],
    ["key id", keyIdLength],
    ["EDK length", 2],
    ["EDK", edkLength],
    ["messageId", 32],
    ["commitment", 32],
    ["ciphertext", bytes.length - (3 + keyIdLength + 2 + edkLength + 64 + 16)],
    ["tag", 16]
  ] as const
  let offset = 0
  return lengths.map(([name, length]) => [name, bytes.slice(offset, offset += length)] as const)
}
