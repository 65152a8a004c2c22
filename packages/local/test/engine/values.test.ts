import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { createTable, itemsOf, type Loose, N, S, world } from "./harness.js"

const nested = (levels: number): unknown => (levels === 0 ? S("x") : { M: { m: nested(levels - 1) } })

const setup = () => {
  const w = world()
  createTable(w, "things", ["pk"])
  return w
}

const put = (item: unknown) => ({ TableName: "things", Item: item })
const get = { TableName: "things", Key: { pk: S("a") } }

describe("attribute values", () => {
  it("every type comes back as it was put, numbers in canonical form", () => {
    const w = setup()
    const item = {
      pk: S("a"),
      s: S(""),
      n: N("1.50"),
      b: { B: new Uint8Array([0, 255]) },
      t: { BOOL: false },
      u: { NULL: true },
      m: { M: { x: N("+1"), "": S("empty name") } },
      l: { L: [S("x"), { L: [] }] },
      ss: { SS: ["b", "a", "é"] },
      ns: { NS: ["1.0", "2e1"] },
      bs: { BS: [new Uint8Array([1]), new Uint8Array()] }
    }
    w.ok("PutItem", put(item))
    assert.deepStrictEqual(w.ok("GetItem", get), {
      Item: { ...item, n: N("1.5"), m: { M: { x: N(1), "": S("empty name") } }, ns: { NS: ["1", "20"] } }
    })
  })

  it("a name that every object inherits is a name like any other", () => {
    const w = setup()
    const item = JSON.parse(`{"pk":{"S":"a"},"__proto__":{"S":"p"},"constructor":{"M":{"__proto__":{"N":"1"}}}}`)
    w.ok("PutItem", put(item))
    assert.deepStrictEqual(w.ok("GetItem", get)["Item"], item)
    w.ok("PutItem", put({ pk: S("a") }))
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      w.ok("UpdateItem", {
        ...get,
        UpdateExpression: "SET x = :x",
        ConditionExpression: "attribute_not_exists(#n)",
        ExpressionAttributeNames: { "#n": name },
        ExpressionAttributeValues: { ":x": N(1) }
      })
    }
  })

  it("what is given and what is got may be changed without touching the table", () => {
    const w = setup()
    const bytes = new Uint8Array([1, 2])
    const item = { pk: S("a"), b: { B: bytes }, m: { M: { l: { L: [N(1)] } } }, ss: { SS: ["x"] } }
    w.ok("PutItem", put(item))
    const before = structuredClone(item)
    bytes[0] = 9
    item.m.M.l.L.push(N(2))
    const got: Loose = w.ok("GetItem", get)["Item"]
    assert.deepStrictEqual(got, before)
    got.b.B[0] = 7
    got.m.M.l.L[0].N = "8"
    got.ss.SS.push("y")
    delete got.pk
    assert.deepStrictEqual(w.ok("GetItem", get)["Item"], before)
    const scanned: Loose = itemsOf(w.ok("Scan", { TableName: "things" }))[0]
    scanned.m.M.l.L.pop()
    assert.deepStrictEqual(w.ok("GetItem", get)["Item"], before)
  })

  it("refuses what is no attribute value", () => {
    const w = setup()
    const cases: ReadonlyArray<readonly [unknown, string, RegExp]> = [
      [{}, "ValidationException", /Supplied AttributeValue is empty/],
      [{ S: "a", N: "1" }, "ValidationException", /more than one datatypes set/],
      [{ NULL: false }, "ValidationException", /must have the value of true/],
      [{ SS: [] }, "ValidationException", /An string set {2}may not be empty/],
      [{ NS: [] }, "ValidationException", /An number set {2}may not be empty/],
      [{ BS: [] }, "ValidationException", /Binary sets should not be empty/],
      [{ SS: ["a", "a"] }, "ValidationException", /Input collection \[a, a\] contains duplicates/],
      [{ NS: ["1", "1.0"] }, "ValidationException", /contains duplicates/],
      [{ BS: [new Uint8Array([1]), new Uint8Array([1])] }, "ValidationException", /contains duplicates/],
      [{ N: "x" }, "ValidationException", /numeric value: x/],
      [{ L: [{ SS: [] }] }, "ValidationException", /may not be empty/],
      [{ S: 1 }, "SerializationException", /NUMBER_VALUE cannot be converted to String/],
      [{ N: 1 }, "SerializationException", /NUMBER_VALUE cannot be converted to String/],
      [{ BOOL: "true" }, "SerializationException", /STRING_VALUE/],
      [{ L: {} }, "SerializationException", /Start of structure/],
      [{ M: [] }, "SerializationException", /Unrecognized collection type/],
      [{ B: "AA==" }, "SerializationException", /base-64/],
      ["text", "SerializationException", /Unexpected value type/],
      [null, "SerializationException", /Unexpected value type/]
    ]
    for (const [value, code, message] of cases) w.fails("PutItem", put({ pk: S("a"), v: value }), code, message)
    assert.deepStrictEqual(w.ok("GetItem", get), {})
  })

  it("31 levels of maps pass and 32 do not, also when an update makes them", () => {
    const w = setup()
    w.ok("PutItem", put({ pk: S("a"), m: nested(31) }))
    w.fails("PutItem", put({ pk: S("a"), m: nested(32) }), "ValidationException", /Nesting Levels/)
    w.ok("PutItem", put({ pk: S("a"), m: { M: {} } }))
    const set = (levels: number) => ({
      ...get,
      UpdateExpression: "SET m.x = :v",
      ExpressionAttributeValues: { ":v": nested(levels) }
    })
    w.ok("UpdateItem", set(30))
    w.fails("UpdateItem", set(31), "ValidationException", /Nesting Levels/)
  })

  it("an item of 409,600 bytes is the largest, names included", () => {
    const w = setup()
    const room = 409_600 - "pk".length - "a".length - "data".length
    w.ok("PutItem", put({ pk: S("a"), data: S("x".repeat(room)) }))
    const message = "Item size has exceeded the maximum allowed size"
    w.fails("PutItem", put({ pk: S("a"), data: S("x".repeat(room + 1)) }), "ValidationException", message)
    w.fails("PutItem", put({ pk: S("a"), data: S("é".repeat(room / 2 + 1)) }), "ValidationException", message)
    w.fails(
      "UpdateItem",
      { ...get, UpdateExpression: "SET y = :y", ExpressionAttributeValues: { ":y": { NULL: true } } },
      "ValidationException",
      "Item size to update has exceeded the maximum allowed size"
    )
  })

  it("keys: all of them, of their type, not empty, not too long, and nothing else", () => {
    const w = world()
    createTable(w, "keyed", ["pk", "sk"])
    const key = (Key: unknown) => ({ TableName: "keyed", Key })
    const mismatch = "The provided key element does not match the schema"
    for (
      const bad of [{}, { pk: S("a") }, { pk: S("a"), sk: N(1) }, { pk: S("a"), sk: S("b"), c: S("d") }, {
        pk: S("a"),
        x: S("b")
      }]
    ) {
      w.fails("GetItem", key(bad), "ValidationException", mismatch)
    }
    w.fails(
      "GetItem",
      key({ pk: S(""), sk: S("b") }),
      "ValidationException",
      /cannot contain an empty string value. Key: pk/
    )
    w.ok("GetItem", key({ pk: S("a".repeat(2048)), sk: S("b".repeat(1024)) }))
    w.fails("GetItem", key({ pk: S("a".repeat(2049)), sk: S("b") }), "ValidationException", /hashkey has exceeded/)
    w.fails("GetItem", key({ pk: S("a"), sk: S("é".repeat(513)) }), "ValidationException", /range keys has exceeded/)
    const item = (Item: unknown) => ({ TableName: "keyed", Item })
    w.fails("PutItem", item({ pk: S("a") }), "ValidationException", /Missing the key sk in the item/)
    w.fails(
      "PutItem",
      item({ pk: N(1), sk: S("b") }),
      "ValidationException",
      /Type mismatch for key pk expected: S actual: N/
    )
    w.fails("PutItem", item({ pk: S("a"), sk: S("") }), "ValidationException", /empty string value. Key: sk/)
  })

  it("numbers that are equal are one key", () => {
    const w = world()
    createTable(w, "numbered", ["n"])
    w.ok("PutItem", { TableName: "numbered", Item: { n: N("1.50"), v: S("first") } })
    w.ok("PutItem", { TableName: "numbered", Item: { n: N("15e-1"), v: S("second") } })
    assert.strictEqual(w.ok("Scan", { TableName: "numbered" })["Count"], 1)
    assert.deepStrictEqual(w.ok("GetItem", { TableName: "numbered", Key: { n: N("+1.5") } }), {
      Item: { n: N("1.5"), v: S("second") }
    })
  })
})
