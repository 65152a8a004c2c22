import { describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { assert } from "vitest"
import * as Checksum from "../../src/internal/s3/checksum.js"
import * as Content from "../../src/internal/s3/content.js"

const hex = (text: string, algorithm: Checksum.Algorithm) =>
  Checksum.hexOf(Checksum.compute(Content.of(Content.memory, Buffer.from(text)), [algorithm]).get(algorithm) ?? "")

describe("checksums", () => {
  // The check values of the catalogue of CRC algorithms, over the text `123456789`; digests of `abc` from FIPS 180 and RFC 1321.
  it("are those of the published vectors", () => {
    assert.strictEqual(hex("123456789", "CRC32"), "cbf43926")
    assert.strictEqual(hex("123456789", "CRC32C"), "e3069283")
    assert.strictEqual(hex("123456789", "CRC64NVME"), "ae8b14860a799888")
    assert.strictEqual(hex("abc", "SHA1"), "a9993e364706816aba3e25717850c26c9cd0d89d")
    assert.strictEqual(hex("abc", "SHA256"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    assert.strictEqual(hex("abc", "MD5"), "900150983cd24fb0d6963f7d28e17f72")
  })

  it.prop(
    "do not depend on how the bytes are cut",
    [FastCheck.array(FastCheck.uint8Array({ maxLength: 20 }), { maxLength: 8 })],
    ([pieces]) => {
      const whole = Content.of(Content.memory, Buffer.concat(pieces))
      const cut = Content.concat(pieces.map((piece) => Content.of(Content.memory, piece)))
      assert.strictEqual(cut.size, whole.size)
      assert.deepStrictEqual(
        Checksum.compute(cut, Checksum.algorithms),
        Checksum.compute(whole, Checksum.algorithms)
      )
    }
  )

  it.prop(
    "contents are read from any byte to any other",
    [FastCheck.array(FastCheck.uint8Array({ maxLength: 9 }), { maxLength: 8 }), FastCheck.nat(80), FastCheck.nat(80)],
    ([pieces, a, b]) => {
      const content = Content.concat(pieces.map((piece) => Content.of(Content.memory, piece)))
      const [start, end] = [Math.min(a, b, content.size), Math.min(Math.max(a, b), content.size)]
      const expected = Buffer.concat(pieces).subarray(start, end)
      assert.deepStrictEqual(Buffer.concat([...Content.read(content, start, end)]), expected)
      assert.deepStrictEqual(Buffer.concat([...Content.read(Content.slice(content, start, end))]), expected)
    }
  )
})
