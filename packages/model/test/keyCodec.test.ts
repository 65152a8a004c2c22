/** What the text of keys promises: order, prefixes, and reading back. */
import * as Key from "@armature/model/Key"
import { key } from "@armature/model/Key"
import { describe, it } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { assert } from "vitest"
import type { Template } from "../src/internal/key.js"
import * as codec from "../src/internal/keyCodec.js"

const numRuns = Math.ceil(Number(process.env["ARMATURE_SEQUENCES"] ?? 10_000) / 5)

type AnyKey = Key.Key<ReadonlyArray<string>>

const templateOf = ({ plan, problem }: AnyKey): Template => {
  if (problem !== undefined || plan._tag !== "Template") throw new Error(problem ?? "not a template")
  return plan
}

const from = (values: Readonly<Record<string, codec.Value>>) => (attribute: string) => values[attribute]
const encode = (of: AnyKey, values: Readonly<Record<string, codec.Value>>) => codec.encode(templateOf(of), from(values))
const write = (of: AnyKey, values: Readonly<Record<string, codec.Value>>): string => {
  const text = Either.getOrThrowWith(encode(of, values), (fault) => new Error(fault.reason))
  if (text === undefined) throw new Error("left out")
  return text
}
const decode = (of: AnyKey, text: string) => codec.decode(templateOf(of), text)
const read = (of: AnyKey, text: string) => Either.getOrThrowWith(decode(of, text), (fault) => new Error(fault.reason))
const faultOf = <A>(result: Either.Either<A, codec.KeyFault>): codec.KeyFault => Either.getOrThrow(Either.flip(result))

/** As DynamoDB compares strings: by their bytes in UTF-8. */
const compare = (a: string, b: string) => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))
const compareTuples = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  const i = a.findIndex((part, i) => part !== b[i])
  return i < 0 ? 0 : compare(a[i] ?? "", b[i] ?? "")
}

const anyText = FastCheck.string({
  unit: FastCheck.oneof(
    FastCheck.constantFrom("#", "$", " ", "!", "%", "a", "A", "T", "\0", "\\", "é", "\uffff", "𝄞"),
    FastCheck.string({ unit: "binary", minLength: 1, maxLength: 1 })
  ),
  maxLength: 5
}).filter((s) => !/[\ud800-\udfff]/u.test(s))
// texts that are often the same, or begin the same
const text = FastCheck.oneof(anyText, FastCheck.constantFrom("", "a", "a#", "a$", "a ", "a!", "aa"))
const three = FastCheck.tuple(text, text, text)

const abc = key`T#${"a"}#B#${"b"}#${"c"}`
const named = ([a, b, c]: readonly [string, string, string]) => ({ a, b, c })

describe("text parts", () => {
  it("sort as the parts do, one after the other", () => {
    FastCheck.assert(
      FastCheck.property(three, three, (one, other) => {
        assert.strictEqual(compare(write(abc, named(one)), write(abc, named(other))), compareTuples(one, other))
      }),
      { numRuns }
    )
  })

  it("are read back as they were", () => {
    FastCheck.assert(
      FastCheck.property(three, (parts) => {
        assert.deepStrictEqual(read(abc, write(abc, named(parts))), named(parts))
      }),
      { numRuns }
    )
  })

  it("have a prefix that no other leading parts have", () => {
    FastCheck.assert(
      FastCheck.property(three, three, FastCheck.integer({ min: 0, max: 2 }), (one, other, count) => {
        const leading = Object.fromEntries(["a", "b", "c"].slice(0, count).map((name, i) => [name, one[i]]))
        const prefix = Either.getOrThrow(codec.prefix(templateOf(abc), from(leading)))
        const whole = write(abc, named(other))
        const same = compareTuples(one.slice(0, count), other.slice(0, count)) === 0
        assert.strictEqual(whole.startsWith(prefix), same)
        // and what lies between it and its successor are those keys and no others
        const end = codec.successor(prefix) ?? ""
        assert.strictEqual(compare(whole, prefix) >= 0 && compare(whole, end) < 0, same)
      }),
      { numRuns }
    )
  })

  it("have a prefix for the beginning of a part", () => {
    FastCheck.assert(
      FastCheck.property(three, text, text, (parts, a, b) => {
        const begun = Either.getOrThrow(codec.prefix(templateOf(abc), from({ a, b }), { begins: "b" }))
        assert.strictEqual(write(abc, named(parts)).startsWith(begun), parts[0] === a && parts[1].startsWith(b))
      }),
      { numRuns }
    )
  })

  it("keep their spelling", () => {
    assert.strictEqual(write(abc, { a: "Ünï", b: "a#b", c: "5 $" }), "T#Ünï#B#a$Sb#5$P$T")
    assert.strictEqual(write(key`${"n"}`, { n: 12345678901234567890n }), "12345678901234567890")
    assert.strictEqual(write(key`ALL`, {}), "ALL")
  })

  it("leave an item out where one is missing", () => {
    assert.deepStrictEqual(encode(abc, { a: "x", c: "z" }), Either.right(undefined))
  })

  it("cannot be half of a character, nor make an empty key", () => {
    assert.deepStrictEqual(faultOf(encode(abc, { a: "x", b: "\ud834", c: "z" })).attribute, "b")
    assert.deepStrictEqual(faultOf(encode(key`${"id"}`, { id: "" })).attribute, "id")
  })

  it("take no part after one that is missing", () => {
    assert.strictEqual(faultOf(codec.prefix(templateOf(abc), from({ a: "x", c: "z" }))).attribute, "c")
    assert.strictEqual(
      faultOf(codec.prefix(templateOf(abc), from({ a: "x", b: "y" }), { begins: "a" })).attribute,
      "b"
    )
  })

  for (
    const foreign of [
      "",
      "T#",
      "U#a#B#b#c",
      "T#a#b#c",
      "T#a#B#b",
      "T#a#B#b#c#d",
      "T#a b#B#b#c",
      "T#a$#B#b#c",
      "T#a$Z#B#b#c"
    ]
  ) {
    it(`refuse to read ${JSON.stringify(foreign)}`, () => {
      assert.isTrue(Either.isLeft(decode(abc, foreign)))
    })
  }

  it("read a name that objects have", () => {
    const proto = key`${"__proto__"}`
    assert.deepStrictEqual(Object.entries(read(proto, "x")), [["__proto__", "x"]])
  })
})

const amounts = key`${Key.number("n", { digits: 6, decimals: 2 })}#${"id"}`
const amount = FastCheck.integer({ min: -99_999_999, max: 99_999_999 }).map((cents) =>
  BigDecimal.make(BigInt(cents), 2)
)

describe("number parts", () => {
  it("sort as numbers, negative ones and decimals too", () => {
    FastCheck.assert(
      FastCheck.property(amount, amount, text, text, (a, b, one, other) => {
        const order = BigDecimal.Order(a, b)
        const texts = [a, b].map((n, i) => write(amounts, { n: BigDecimal.format(n), id: i === 0 ? one : other }))
        assert.strictEqual(compare(texts[0] ?? "", texts[1] ?? ""), order === 0 ? compare(one, other) : order)
      }),
      { numRuns }
    )
  })

  it("are read back as the same number", () => {
    FastCheck.assert(
      FastCheck.property(amount, (n) => {
        const back = read(amounts, write(amounts, { n: BigDecimal.format(n), id: "x" }))["n"] ?? ""
        assert.isTrue(BigDecimal.equals(BigDecimal.unsafeFromString(back), n))
        assert.match(back, /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?$/)
      }),
      { numRuns }
    )
  })

  it("have the width that was declared", () => {
    const texts = ["0", "-0", "42", "3.1", "-0.01", "-42", "999999.99", "-999999.99", "1.5e3"]
      .map((n) => write(amounts, { n, id: "x" }))
    assert.deepStrictEqual(texts, [
      "0000000.00#x",
      "0000000.00#x",
      "0000042.00#x",
      "0000003.10#x",
      "-999999.98#x",
      "-999957.99#x",
      "0999999.99#x",
      "-000000.00#x",
      "0001500.00#x"
    ])
  })

  it("take numbers and bigints beyond what a double holds", () => {
    const wide = key`${Key.number("n", { digits: 38 })}`
    const n = 12345678901234567890123456789012345678n
    assert.deepStrictEqual(read(wide, write(wide, { n })), { n: String(n) })
    assert.strictEqual(write(wide, { n: 1e21 }), "0" + "1".padEnd(22, "0").padStart(38, "0"))
  })

  for (
    const n of ["1000000", "-1000000", "0.001", "1e6", "1e1000000000", "1e-1000000000", "", "x", "NaN", "Infinity"]
  ) {
    it(`have no room for ${JSON.stringify(n)}`, () => {
      const fault = faultOf(encode(amounts, { n, id: "x" }))
      assert.strictEqual(fault.attribute, "n")
      assert.notInclude(fault.reason, n === "" ? "1e" : n)
    })
  }

  for (
    const foreign of [
      "000042.00#x",
      "0000042#x",
      "0000042.0#x",
      "1000042.00#x",
      "-999999.99#x",
      "000004a.00#x",
      "+000042.00#x"
    ]
  ) {
    it(`refuse to read ${foreign}`, () => {
      assert.isTrue(Either.isLeft(decode(amounts, foreign)))
    })
  }

  it("have no beginning", () => {
    assert.strictEqual(faultOf(codec.prefix(templateOf(amounts), from({ n: 4 }), { begins: "n" })).attribute, "n")
  })
})

const days = key`${Key.date("at")}#${"id"}`

describe("date parts", () => {
  it("sort as points in time, and are read back", () => {
    const millis = FastCheck.integer({
      min: Date.parse("0000-01-01T00:00:00Z"),
      max: Date.parse("9999-12-31T23:59:59Z")
    })
    FastCheck.assert(
      FastCheck.property(millis, millis, (a, b) => {
        const [one, other] = [a, b].map((at) => write(days, { at: new Date(at).toISOString(), id: "x" }))
        assert.strictEqual(compare(one ?? "", other ?? ""), Math.sign(a - b))
        assert.strictEqual(Date.parse(read(days, one ?? "")["at"] ?? ""), a)
      }),
      { numRuns }
    )
  })

  it("are in UTC with milliseconds, whatever the offset", () => {
    for (
      const at of [
        "2024-02-29T12:00:00Z",
        "2024-02-29T14:00:00.000+02:00",
        "2024-02-29T12:00Z",
        "2024-02-29T12:00:00.00000Z"
      ]
    ) {
      assert.strictEqual(write(days, { at, id: "x" }), "2024-02-29T12:00:00.000Z#x")
    }
  })

  for (
    const at of [
      "2024-02-29",
      "2024-02-29T12:00:00",
      "2024-02-29T12:00:00.0001Z",
      "2024-13-29T12:00:00Z",
      "+012024-02-29T12:00:00Z",
      "0000-01-01T00:00:00+01:00",
      1709208000000,
      "yesterday"
    ]
  ) {
    it(`are not ${at}`, () => {
      assert.strictEqual(faultOf(encode(days, { at, id: "x" })).attribute, "at")
    })
  }

  for (const foreign of ["2024-02-29T12:00:00Z#x", "2023-02-29T12:00:00.000Z#x", "2024-13-29T12:00:00.000Z#x"]) {
    it(`refuse to read ${foreign}`, () => {
      assert.isTrue(Either.isLeft(decode(days, foreign)))
    })
  }
})

describe("raw parts", () => {
  const legacy = key`user_${Key.raw("user")}__${Key.raw("rest")}`

  it("are as they are, and are read back", () => {
    const value = FastCheck.string({ unit: FastCheck.constantFrom("_", "#", "$", "a"), maxLength: 6 })
    FastCheck.assert(
      FastCheck.property(value, value, (user, rest) => {
        const result = encode(legacy, { user, rest })
        if (Either.isRight(result)) {
          assert.strictEqual(result.right, `user_${user}__${rest}`)
          assert.deepStrictEqual(read(legacy, result.right ?? ""), { user, rest })
        } else {
          // refused exactly where it would be read back as something else
          assert.notStrictEqual(`${user}__`.indexOf("__"), user.length)
          assert.strictEqual(result.left.attribute, "user")
        }
      }),
      { numRuns }
    )
  })

  it("may stand before text", () => {
    const before = key`${Key.raw("a")}#END`
    assert.deepStrictEqual(read(before, write(before, { a: "x#y" })), { a: "x#y" })
    assert.isTrue(Either.isLeft(decode(before, "x#y")))
  })
})

describe("a template", () => {
  for (
    const [what, wrong] of Object.entries({
      "is empty": key``,
      "has two parts without text between": key`${"a"}${"b"}`,
      "has text between parts that would break the order": key`${"a"}-${"b"}`,
      "has text at the end that would break the order": key`${"a"}END`,
      "names an attribute twice": key`${"a"}#${"a"}`,
      "names nothing": key`${""}`,
      "has a number without digits": key`${Key.number("n", { digits: 0 })}`,
      "has a number with half a digit": key`${Key.number("n", { digits: 2.5 })}`,
      "has a number with more digits than a number has": key`${Key.number("n", { digits: 39 })}`,
      "has a number with fewer than no decimals": key`${Key.number("n", { digits: 3, decimals: -1 })}`,
      "is an attribute without a name": key.attribute("")
    })
  ) {
    it(`that ${what} has a problem`, () => {
      assert.isString(wrong.problem)
    })
  }

  it("that is right has none", () => {
    assert.isUndefined(abc.problem)
    assert.isUndefined(key.attribute("id").problem)
  })
})

describe("successor", () => {
  it("is the first text after all that begin so", () => {
    assert.strictEqual(codec.successor("a#"), "a$")
    assert.strictEqual(codec.successor("a\ud7ff"), "a\ue000")
    assert.strictEqual(codec.successor("a\u{10ffff}"), "b")
    assert.isUndefined(codec.successor("\u{10ffff}"))
    assert.isUndefined(codec.successor(""))
  })
})
