import { describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { assert } from "vitest"
import * as Bytes from "../src/internal/bytes.js"

const bytes = FastCheck.uint8Array({ maxLength: 300 })

describe("checksums", () => {
  it.prop("of pieces are put together to that of the whole", [FastCheck.array(bytes)], ([pieces]) => {
    const joined = pieces.map(Bytes.checksum).reduce(Bytes.joined, Bytes.none)
    assert.deepStrictEqual(joined, Bytes.checksum(Bytes.concat(pieces)))
    return true
  })

  it("of long pieces, too", () => {
    const pieces = [5 * 1024 * 1024, 1, 0, 3_000_001].map((length, i) => new Uint8Array(length).fill(i + 1))
    const joined = pieces.map(Bytes.checksum).reduce(Bytes.joined, Bytes.none)
    assert.deepStrictEqual(joined, Bytes.checksum(Bytes.concat(pieces)))
  })

  it.prop("pieces are gathered whole, whatever was expected", [
    FastCheck.array(bytes),
    FastCheck.integer({ min: -1, max: 2000 })
  ], ([pieces, expected]) => {
    const all = Bytes.gathered(expected)
    for (const piece of pieces) all.add(piece)
    assert.deepStrictEqual(Bytes.concat(all.pieces()), Bytes.concat(pieces))
    return true
  })

  it("are written as S3 has them", () => {
    // the check value of CRC-32
    assert.strictEqual(Bytes.base64(Bytes.checksum(new TextEncoder().encode("123456789"))), "y/Q5Jg==")
  })
})
