/** What is said of an item's size is what DynamoDB counts, by its documented rules. */
import * as Table from "@armature/model/Table"
import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import * as Size from "../src/internal/size.js"

const { plan } = Table.make("app", {
  key: ["pk", "sk"],
  indexes: {
    all: ["g1pk", "g1sk"],
    keys: { partitionKey: ["tenant", "region"], projection: "KEYS_ONLY" },
    some: { key: ["g2pk"], projection: ["note"] },
    local: { key: ["pk", "age"], local: true }
  },
  keyTypes: { age: "N" }
})

const kib = (n: number) => ({ S: "x".repeat(n * 1024) })
/** 5 bytes of key; the others have a name of 4 bytes. */
const item = { pk: { S: "p" }, sk: { S: "" }, note: kib(3), data: kib(8) }

describe("report", () => {
  it("has each attribute with its name, largest first, and its share of the limit", () => {
    const { attributes, maxSize, share, size } = Size.report(plan, item)
    assert.deepStrictEqual(attributes, [
      { attribute: "data", size: 8196, share: 8196 / 409_600 },
      { attribute: "note", size: 3076, share: 3076 / 409_600 },
      { attribute: "pk", size: 3, share: 3 / 409_600 },
      { attribute: "sk", size: 2, share: 2 / 409_600 }
    ])
    assert.strictEqual(size, 11_277)
    assert.strictEqual(maxSize, 409_600)
    assert.strictEqual(share, 11_277 / 409_600)
  })

  it("measures against an entity's own limit", () => {
    const { attributes, maxSize, share } = Size.report(plan, item, 10_000)
    assert.strictEqual(maxSize, 10_000)
    assert.strictEqual(share, 1.1277)
    assert.strictEqual(attributes[0]?.share, 0.8196)
  })

  it("estimates reads by 4 KB and writes by 1 KB", () => {
    const { read, write } = Size.report(plan, item)
    assert.deepStrictEqual(read, { eventuallyConsistent: 1.5, consistent: 3, transactional: 6 })
    assert.deepStrictEqual(write, { table: 12, indexes: {}, total: 12, transactional: 24 })
  })

  it("rounds up past a boundary, and not at it", () => {
    assert.deepStrictEqual([0, 1, 1024, 1025].map(Size.writeUnits), [1, 1, 1, 2])
    assert.deepStrictEqual([0, 4096, 4097].map((bytes) => Size.readUnits(bytes).consistent), [1, 1, 2])
  })

  it("adds the indexes that hold the item, each by what it holds", () => {
    const indexed = {
      ...item,
      g1pk: { S: "a" },
      g1sk: { S: "b" },
      tenant: { S: "t" },
      region: { S: "r" },
      g2pk: { S: "c" },
      age: { N: "7" }
    }
    const { write } = Size.report(plan, indexed)
    assert.deepStrictEqual(write.indexes, { all: 12, keys: 1, some: 4, local: 12 })
    assert.strictEqual(write.total, 12 + 12 + 1 + 4 + 12)
    assert.strictEqual(write.transactional, 82)
  })

  it("does not take what every object has for a key", () => {
    const odd = Table.make("odd", { key: ["pk"], indexes: { odd: ["constructor"] } })
    assert.deepStrictEqual(Size.report(odd.plan, item).write.indexes, {})
    assert.strictEqual(Table.definition(odd).AttributeDefinitions?.[1]?.AttributeType, "S")
  })

  it("leaves out an index of which a key is missing", () => {
    const { write } = Size.report(plan, { ...item, g1pk: { S: "a" }, tenant: { S: "t" }, age: { N: "7" } })
    assert.deepStrictEqual(Object.keys(write.indexes), ["local"])
  })
})
