/**
 * What stands in items for ever: `golden/*.json` is never written again. What fails here breaks what is stored.
 */
import { describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { assert } from "vitest"
import * as Pointer from "../src/Pointer.js"

const text = readFileSync(new URL("golden/pointer-version-1.json", import.meta.url), "utf8")

/** Bytes are `{ "base64": … }` in the files. */
const revived: unknown = JSON.parse(
  text,
  (_, value: unknown) =>
    typeof value === "object" && value !== null && "base64" in value && typeof value.base64 === "string"
      ? new Uint8Array(Buffer.from(value.base64, "base64"))
      : value
)

interface Golden {
  readonly name: string
  readonly value: Pointer.ReadonlyAttributeValue
  readonly stored: { readonly inline?: Pointer.ReadonlyAttributeValue; readonly pointer?: Pointer.Pointer }
}

const goldens = revived as ReadonlyArray<Golden>

const storedOf = ({ stored }: Golden): Pointer.Stored => {
  if (stored.pointer !== undefined) return Pointer.offloaded(stored.pointer)
  assert.isDefined(stored.inline)
  return Pointer.inline(stored.inline ?? {})
}

describe("golden pointers", () => {
  it("are the ones that were written first", () => {
    assert.strictEqual(
      createHash("sha256").update(text).digest("hex"),
      "23d0d15b1d0a598260ffd178738c669d9cea2de69c82de3e5d35309550e5c442"
    )
  })
  for (const golden of goldens) {
    it(golden.name, () => {
      assert.deepStrictEqual(Either.getOrThrow(Pointer.decode(golden.value)), storedOf(golden))
      const encoded: Pointer.ReadonlyAttributeValue = Pointer.encode(storedOf(golden))
      assert.deepEqual(encoded, golden.value)
    })
  }
})

const sha256 = new Uint8Array(32).fill(7)
const members = {
  bucket: { S: "b" },
  region: { S: "r" },
  key: { S: "k" },
  size: { N: "3" },
  sha256: { B: sha256 }
}
const v = { N: "1" }
const { region: _, ...withoutRegion } = members

describe("decode refuses", () => {
  const wrong: Readonly<Record<string, Pointer.ReadonlyAttributeValue>> = {
    "text": { S: "x" },
    "nothing": {},
    "two types at once": { S: "x", M: { v, i: { S: "x" } } },
    "no version": { M: { i: { S: "x" } } },
    "another version": { M: { v: { N: "2" }, i: { S: "x" } } },
    "a version as text": { M: { v: { S: "1" }, i: { S: "x" } } },
    "another spelling of the version": { M: { v: { N: "1.0" }, i: { S: "x" } } },
    "neither": { M: { v } },
    "both": { M: { v, i: { S: "x" }, p: { M: members } } },
    "a member more": { M: { v, i: { S: "x" }, a: { S: "x" } } },
    "an inline value of no type": { M: { v, i: {} } },
    "a pointer as text": { M: { v, p: { S: "x" } } },
    "a member more in the pointer": { M: { v, p: { M: { ...members, a: { S: "x" } } } } },
    "a member less": { M: { v, p: { M: withoutRegion } } },
    "an empty bucket": { M: { v, p: { M: { ...members, bucket: { S: "" } } } } },
    "a key of another type": { M: { v, p: { M: { ...members, key: { B: sha256 } } } } },
    "a negative size": { M: { v, p: { M: { ...members, size: { N: "-1" } } } } },
    "a broken size": { M: { v, p: { M: { ...members, size: { N: "1.5" } } } } },
    "a size beyond what is exact": { M: { v, p: { M: { ...members, size: { N: "9007199254740993" } } } } },
    "a size as text": { M: { v, p: { M: { ...members, size: { S: "3" } } } } },
    "a short digest": { M: { v, p: { M: { ...members, sha256: { B: sha256.subarray(1) } } } } },
    "a digest as text": { M: { v, p: { M: { ...members, sha256: { S: "x" } } } } },
    "an empty version id": { M: { v, p: { M: { ...members, versionId: { S: "" } } } } },
    "a content type of another type": { M: { v, p: { M: { ...members, contentType: { N: "1" } } } } },
    "members from a prototype": { M: Object.create({ v, i: { S: "x" } }) as {} }
  }
  it("takes what these were made from", () => {
    assert.isTrue(Either.isRight(Pointer.decode({ M: { v, p: { M: members } } })))
  })
  for (const [name, value] of Object.entries(wrong)) {
    it(name, () => {
      const decoded = Pointer.decode(value)
      assert.isTrue(Either.isLeft(decoded))
      assert.match(Either.isLeft(decoded) ? decoded.left : "", /^is (not )?a /)
    })
  }
})

const Size = Schema.Int.pipe(Schema.between(0, Number.MAX_SAFE_INTEGER))
const Shape = Schema.Struct({
  bucket: Schema.NonEmptyString,
  region: Schema.NonEmptyString,
  key: Schema.NonEmptyString,
  size: Size,
  versionId: Schema.optionalWith(Schema.NonEmptyString, { exact: true }),
  contentType: Schema.optionalWith(Schema.NonEmptyString, { exact: true })
})

it.prop("what is encoded is decoded", [Arbitrary.make(Shape)], ([shape]) => {
  const stored = Pointer.offloaded({ ...shape, sha256 })
  assert.deepStrictEqual(Either.getOrThrow(Pointer.decode(Pointer.encode(stored))), stored)
})

it("all pointers of an item are found, and inline values are not looked into", () => {
  const pointer = (key: string) => Pointer.encode(Pointer.offloaded({ bucket: "b", region: "r", key, size: 3, sha256 }))
  const item = {
    id: { S: "1" },
    a: pointer("1"),
    list: { L: [{ S: "x" }, pointer("2"), { M: { deep: pointer("3"), v } }] },
    inline: Pointer.encode(Pointer.inline({ B: sha256 }))
  }
  assert.deepStrictEqual(Pointer.inItem(item).map((one) => one.key).sort(), ["1", "2", "3"])
})
