import { describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { assert } from "vitest"
import * as decimal from "../../src/internal/dynamodb/decimal.js"
import { Refusal } from "../../src/internal/dynamodb/refusal.js"

const refused = (run: () => unknown): string => {
  try {
    run()
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.message
    throw thrown
  }
  return assert.fail("not refused")
}

/** The oracle: a number as an integer count of 10^-200. */
const scale = 200
const exact = (text: string): bigint => {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e")
  const negative = mantissa.startsWith("-")
  const [whole = "", fraction = ""] = mantissa.replace(/^[+-]/, "").split(".")
  const shift = scale + Number(exponent) - fraction.length
  const magnitude = BigInt(whole + fraction) * 10n ** BigInt(shift)
  return negative ? -magnitude : magnitude
}

const digits = (max: number) =>
  FastCheck.array(FastCheck.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: max }).map((all) => all.join(""))

/** Numbers of up to 38 digits, in every notation, whose sums mostly stay within range. */
const numbers = FastCheck.tuple(
  FastCheck.constantFrom("", "-", "+"),
  digits(19),
  FastCheck.option(digits(19), { nil: undefined }),
  FastCheck.option(FastCheck.integer({ min: -60, max: 60 }), { nil: undefined })
).map(([sign, whole, fraction, exponent]) =>
  sign + whole + (fraction === undefined ? "" : `.${fraction}`) + (exponent === undefined ? "" : `e${exponent}`)
)

const significant = (value: bigint): number => value.toString().replace("-", "").replace(/0+$/, "").length

describe("decimal", () => {
  it.prop("canonical text is the same number, and canonical", [numbers], ([text]) => {
    const canonical = decimal.canonical(text)
    assert.strictEqual(exact(canonical), exact(text))
    assert.strictEqual(decimal.canonical(canonical), canonical)
    assert.match(canonical, /^(0|-?(0\.[0-9]*[1-9]|[1-9][0-9]*(\.[0-9]*[1-9])?))$/)
  }, { fastCheck: { numRuns: 500 } })

  it.prop("order, by comparison and as sortable text", [numbers, numbers], ([a, b]) => {
    const [x, y] = [decimal.canonical(a), decimal.canonical(b)]
    const expected = exact(x) < exact(y) ? -1 : exact(x) > exact(y) ? 1 : 0
    assert.strictEqual(Math.sign(decimal.compare(x, y)), expected)
    const [p, q] = [decimal.sortable(x), decimal.sortable(y)]
    assert.strictEqual(p < q ? -1 : p > q ? 1 : 0, expected)
  }, { fastCheck: { numRuns: 1000 } })

  it.prop(
    "sums and differences are exact, or refused where 38 digits do not hold them",
    [numbers, numbers],
    ([a, b]) => {
      const [x, y] = [decimal.canonical(a), decimal.canonical(b)]
      for (
        const [run, expected] of [[decimal.add, exact(x) + exact(y)], [decimal.subtract, exact(x) - exact(y)]] as const
      ) {
        if (significant(expected) <= 38) assert.strictEqual(exact(run(x, y)), expected)
        else {assert.strictEqual(
            refused(() => run(x, y)),
            "Attempting to store more than 38 significant digits in a Number"
          )}
      }
    },
    { fastCheck: { numRuns: 1000 } }
  )

  it("takes 38 digits and the whole range, and nothing beyond", () => {
    for (
      const text of ["9".repeat(38), "9.9999999999999999999999999999999999999E+125", "1E-130", "-1E-130", "0e999", "-0"]
    ) {
      decimal.canonical(text)
    }
    assert.match(refused(() => decimal.canonical("1".repeat(39))), /38 significant digits/)
    assert.match(refused(() => decimal.canonical("1E126")), /overflow/)
    assert.match(refused(() => decimal.canonical("-1E+126")), /overflow/)
    assert.match(refused(() => decimal.canonical("1E-131")), /underflow/)
    assert.match(
      refused(() =>
        decimal.add("9.9E+125".replace("9.9E+125", decimal.canonical("9.9E+125")), decimal.canonical("9E+125"))
      ),
      /overflow/
    )
  })

  it("refuses what is no number", () => {
    for (const text of ["", " 1", "1 ", "abc", "1e", "--1", ".", "0x10", "NaN", "Infinity", "1_000"]) {
      assert.match(refused(() => decimal.canonical(text)), /cannot be converted to a numeric value/)
    }
  })

  it("writes numbers as DynamoDB gives them back", () => {
    const cases = {
      "+5": "5",
      "-0": "0",
      "00042": "42",
      "1.0": "1",
      "3.1400": "3.14",
      "1.5E2": "150",
      ".5": "0.5",
      "1E-3": "0.001"
    }
    for (const [given, back] of Object.entries(cases)) assert.strictEqual(decimal.canonical(given), back)
  })

  it("takes a byte and one for two digits on each side of the point, and one for a minus", () => {
    const sizes = { "0": 1, "1": 2, "10": 2, "12": 2, "123": 3, "100": 2, "1.2": 3, "-1": 3, "-12.34": 4, "0.001": 2 }
    for (const [number, size] of Object.entries(sizes)) assert.strictEqual(decimal.size(number), size, number)
    assert.strictEqual(decimal.size("9".repeat(38)), 20)
    assert.strictEqual(decimal.size("-" + "9".repeat(19) + "." + "9".repeat(19)), 21)
  })
})
