/** The keys of values in S3, which outlive the code: pointers are followed only to them, and sweeps go by them. */
import { describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { createHash } from "node:crypto"
import { assert } from "vitest"
import type { Blobs } from "../src/Blobs.js"
import * as keys from "../src/internal/blobKey.js"
import { readCursor, writeCursor } from "../src/internal/sweepCursor.js"

const id = "01JCZ0000000000000000000AB"

const keyOf = (owner: Blobs.Owner): string | undefined => {
  const place = keys.placeOf(owner)
  return place === undefined ? undefined : keys.keyAt(place, id)
}

const owner: Blobs.Owner = { table: "app", partitionKey: { S: "T#1" }, path: ["invoice"], prefix: "invoices/" }

/** The hash as the format says it, written a second time. */
const hash = (...fields: ReadonlyArray<string>) => {
  const sha = createHash("sha256").update("armature.s3\u0001", "latin1")
  for (const field of fields) {
    const bytes = Buffer.from(field)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    sha.update(length).update(bytes)
  }
  return sha.digest("hex")
}

describe("keys", () => {
  it("are those of version 1", () => {
    const golden: ReadonlyArray<readonly [Blobs.Owner, string]> = [
      [owner, `invoices/188cfec4d41396201c6d7996c7603a2102f32b1f44a40d13cfe98ad268071521/invoice/${id}`],
      [
        { ...owner, sortKey: { S: "ORDER#1" }, prefix: "a/b.c" },
        `a/b.c/f313a6c7e8adcd1a26c055858f5c122cff35210d6fdb2ab288e4424857325e3b/invoice/${id}`
      ],
      [
        { ...owner, partitionKey: { N: "-12.50" }, sortKey: { B: Uint8Array.of(0, 255) } },
        `invoices/c4dede29316d9554a41b032c258ac6d836ae72e754844f78440b424bfe6217da/invoice/${id}`
      ],
      [
        { ...owner, path: ["a.b", "żółw", "c-d_e"] },
        `invoices/188cfec4d41396201c6d7996c7603a2102f32b1f44a40d13cfe98ad268071521/a!2eb.!c5!bc!c3!b3!c5!82w.c-d_e/${id}`
      ]
    ]
    for (const [one, key] of golden) assert.strictEqual(keyOf(one), key)
    assert.strictEqual(golden[0]?.[1].split("/")[1], hash("app", "ST#1", ""))
    assert.strictEqual(golden[1]?.[1].split("/")[2], hash("app", "ST#1", "SORDER#1"))
  })

  it("hold a path that is too long as its hash", () => {
    const key = keyOf({ ...owner, path: ["x".repeat(600)] }) ?? ""
    assert.match(key, /^invoices\/[0-9a-f]{64}\/!![0-9a-f]{64}\/[0-9A-Z]{26}$/)
    assert.isBelow(Buffer.byteLength(key), 1024)
  })

  it("are one for all spellings of a number, and another for each number", () => {
    const of = (N: string) => keyOf({ ...owner, partitionKey: { N } })
    for (const spelling of ["1200", "1200.0", "+01200", "1.2e3", "12E2", "1200."]) {
      assert.strictEqual(of(spelling), of("1200"), spelling)
    }
    assert.strictEqual(of("-0"), of("0"))
    const others = ["1200", "-1200", "120", "12000", "0.12", "12e125", "12e-128", "0"].map(of)
    assert.strictEqual(new Set(others).size, others.length)
  })

  it("do not exist for an owner that cannot be used", () => {
    const wrong: ReadonlyArray<Partial<Blobs.Owner>> = [
      { table: "" },
      { table: "\ud800" },
      { partitionKey: { S: "" } },
      { partitionKey: { S: "\udc00" } },
      { partitionKey: { N: "" } },
      { partitionKey: { N: "0x10" } },
      { partitionKey: { N: "NaN" } },
      { sortKey: { B: new Uint8Array() } },
      { path: [] },
      { path: ["a", ""] },
      { path: ["\ud800"] },
      ...["", "/", "/a", "a//b", "a b", "ż", "..", "a/./b", ".armature", "a/.armature/b", "x".repeat(300)].map((
        prefix
      ) => ({
        prefix
      }))
    ]
    for (const one of wrong) assert.isUndefined(keyOf({ ...owner, ...one }), JSON.stringify(one))
  })

  const text = FastCheck.string({ minLength: 1, maxLength: 6, unit: "grapheme" })
  const anyKey = FastCheck.oneof(
    FastCheck.record({ S: text }),
    FastCheck.record({ N: FastCheck.integer().map(String) }),
    FastCheck.record({ B: FastCheck.uint8Array({ minLength: 1, maxLength: 6 }) })
  )
  const anyOwner = FastCheck.record({
    table: text,
    partitionKey: anyKey,
    sortKey: FastCheck.option(anyKey, { nil: undefined }),
    path: FastCheck.array(text, { minLength: 1, maxLength: 3 }),
    prefix: FastCheck.constantFrom("a", "a/b", "ab/")
  })
  const facts = (one: Blobs.Owner) =>
    JSON.stringify(
      [one.table, one.partitionKey, one.sortKey, one.path],
      (_, value: unknown) => value instanceof Uint8Array ? [...value] : value
    )

  it.prop("of two owners are followed by their own alone", [anyOwner, anyOwner], ([a, b]) => {
    const [placeA, placeB] = [keys.placeOf(a), keys.placeOf(b)]
    assert.isDefined(placeA)
    assert.isDefined(placeB)
    if (placeA === undefined || placeB === undefined) return
    const pointer = { bucket: "b", region: "r", key: keys.keyAt(placeA, id), size: 0, sha256: new Uint8Array(32) }
    const buckets = new Set(["b"])
    assert.isTrue(keys.isOwn(placeA, buckets, pointer))
    assert.isFalse(keys.isOwn(placeA, new Set(["c"]), pointer))
    const same = facts(a) === facts(b) && keys.prefixOf(a.prefix) === keys.prefixOf(b.prefix)
    assert.strictEqual(keys.isOwn(placeB, buckets, pointer), same)
    assert.strictEqual(keys.valueUnder(placeA.prefix, pointer.key), pointer.key.slice(placeA.prefix.length + 1))
  }, { fastCheck: { numRuns: 300 } })

  it("are told from what else lies under a prefix", () => {
    const key = keyOf(owner) ?? ""
    assert.isDefined(keys.valueUnder("invoices", key))
    const others = [
      key.slice(0, -1),
      `${key}/`,
      `x${key}`,
      key.replace("/invoice/", "/a/b/"),
      keys.tableMark("invoices", { account: "1", region: "r", table: "t" }, 3600),
      keys.clockUnder("invoices", id),
      keys.retiredMark("invoices", key.slice("invoices/".length), "null")
    ]
    for (const other of others) assert.isUndefined(keys.valueUnder("invoices", other), other)
    assert.isUndefined(keys.valueUnder("invoice", key))
  })
})

describe("marks", () => {
  it("name their table", () => {
    const table = { account: "111122223333", region: "eu-central-1", table: "arn:aws:dynamodb:…/app.prod" }
    const key = keys.tableMark("a/b", table, 3600)
    assert.strictEqual(
      key,
      "a/b/.armature/tables/111122223333/eu-central-1/arn!3aaws!3adynamodb!3a!e2!80!a6!2fapp!2eprod/3600"
    )
    assert.deepStrictEqual(keys.readTableMark("a/b", key), { ...table, maxWrite: 3600 })
  })
  it("that cannot be read are nobody's", () => {
    for (const rest of ["", "1/r/t", "1/r/t/0", "1/r/t/x", "1/r/t/3600/4", "1/r/t/-1"]) {
      assert.isUndefined(keys.readTableMark("a", `${keys.tablesUnder("a")}${rest}`), rest)
    }
  })
})

it("ulids have their time first and their random bytes behind it", () => {
  assert.strictEqual(keys.ulid(0, new Uint8Array(10)), "0".repeat(26))
  assert.strictEqual(keys.ulid(1469918176385, new Uint8Array(10)), "01ARYZ6S410000000000000000")
  assert.strictEqual(keys.ulid(2 ** 48 - 1, new Uint8Array(10).fill(255)), "7" + "Z".repeat(25))
  assert.strictEqual(keys.ulid(1.5, new Uint8Array(10)), keys.ulid(1, new Uint8Array(10)))
})

it("cursors come back, and those of another prefix or of no sweep are refused", () => {
  const position = { KeyMarker: "a/x", VersionIdMarker: "v" }
  assert.deepStrictEqual(readCursor("a", writeCursor(position)), position)
  assert.deepStrictEqual(readCursor("a", writeCursor({ KeyMarker: "a/x" })), { KeyMarker: "a/x" })
  assert.deepStrictEqual(readCursor("a", undefined), {})
  assert.isUndefined(readCursor("b", writeCursor(position)))
  for (const wrong of ["", "x", "e30", Buffer.from("[2,\"a/x\",null]").toString("base64url")]) {
    assert.isUndefined(readCursor("a", wrong), wrong)
  }
})
