/**
 * A compressed attribute, version 1: `0x01 version | algorithm | type byte | bytes`. What does not get smaller is stored as it is.
 */
import type { AttributeValue, ReadonlyAttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Either from "effect/Either"
import * as zlib from "node:zlib"
import { fromBytes, toBytes } from "./attributeBytes.js"

export type Algorithm = "gzip" | "deflate" | "brotli" | "zstd"

const version = 1
const header = 3
const stored = 0
const zstdByte = 4

/** The most bytes that a value may have before it is compressed, and after it is inflated: 64 MiB. */
export const maxLength = 64 * 1024 * 1024

interface Codec {
  readonly byte: number
  readonly deflate: (bytes: Uint8Array) => Uint8Array
  /** Throws for bytes that it did not make, and for more than `maxOutputLength`. */
  readonly inflate: (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array
}

// the best quality takes a hundred times as long, for a few bytes less
const brotli = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }

/** Not every Node that we run on has it, nor do its types. */
const zstd = (byte: number): Codec | undefined => {
  const deflate: unknown = Reflect.get(zlib, "zstdCompressSync")
  const inflate: unknown = Reflect.get(zlib, "zstdDecompressSync")
  return typeof deflate === "function" && typeof inflate === "function"
    // as Node documents them
    ? { byte, deflate: deflate as Codec["deflate"], inflate: inflate as Codec["inflate"] }
    : undefined
}

const codecs: Readonly<Record<Algorithm, Codec | undefined>> = {
  gzip: { byte: 1, deflate: (bytes) => zlib.gzipSync(bytes), inflate: zlib.gunzipSync },
  deflate: { byte: 2, deflate: (bytes) => zlib.deflateSync(bytes), inflate: zlib.inflateSync },
  brotli: { byte: 3, deflate: (bytes) => zlib.brotliCompressSync(bytes, brotli), inflate: zlib.brotliDecompressSync },
  zstd: zstd(zstdByte)
}

const byByte: ReadonlyMap<number | undefined, Codec> = new Map(
  Object.values(codecs).flatMap((codec) => codec === undefined ? [] : [[codec.byte, codec] as const])
)

/** Whether this runtime can compress so. */
export const isAvailable = (algorithm: Algorithm): boolean => codecs[algorithm] !== undefined

const noZstd = "needs zstd, which this version of Node does not have"
const tooLarge = `has more than ${maxLength} bytes, which is more than a compressed value may have`

const attempt = (run: () => Uint8Array, otherwise: (code: unknown) => string): Either.Either<Uint8Array, string> => {
  try {
    return Either.right(run())
  } catch (thrown) {
    return Either.left(otherwise(thrown instanceof Error && "code" in thrown ? thrown.code : undefined))
  }
}

const framed = (algorithm: number, type: number, bytes: Uint8Array): Uint8Array => {
  const out = new Uint8Array(header + bytes.length)
  out.set([version, algorithm, type])
  out.set(bytes, header)
  return out
}

/** A value's compressed form; a reason that follows "the value at …" where there is none. */
export const compress = (value: ReadonlyAttributeValue, algorithm: Algorithm): Either.Either<Uint8Array, string> => {
  const codec = codecs[algorithm]
  if (codec === undefined) return Either.left(noZstd)
  const typed = toBytes(value)
  if (typed === undefined) return Either.left("is no attribute value")
  if (typed.bytes.length > maxLength) return Either.left(tooLarge)
  return Either.map(
    attempt(() => codec.deflate(typed.bytes), () => "could not be compressed"),
    (small) =>
      small.length < typed.bytes.length
        ? framed(codec.byte, typed.type, small)
        : framed(stored, typed.type, typed.bytes)
  )
}

/** The value in a compressed form; a reason that follows "the value at …" where there is none. */
export const decompress = (
  compressed: Uint8Array,
  options: { readonly maxLength?: number | undefined } = {}
): Either.Either<AttributeValue, string> => {
  const maxOutputLength = options.maxLength ?? maxLength
  const [first, algorithm, type] = compressed
  if (first !== version || type === undefined) return Either.left("is not compressed, or in a format that is not known")
  const bytes = compressed.subarray(header)
  return Either.flatMap(inflated(algorithm, bytes, maxOutputLength), (whole) => {
    const value = fromBytes({ type, bytes: whole })
    return value === undefined ? Either.left("holds no attribute value when it is inflated") : Either.right(value)
  })
}

const inflated = (
  algorithm: number | undefined,
  bytes: Uint8Array,
  maxOutputLength: number
): Either.Either<Uint8Array, string> => {
  const bomb = `has more than ${maxOutputLength} bytes when it is inflated`
  if (algorithm === stored) return bytes.length > maxOutputLength ? Either.left(bomb) : Either.right(bytes.slice())
  const codec = byByte.get(algorithm)
  if (codec === undefined) {
    return Either.left(algorithm === zstdByte ? noZstd : "is compressed by an algorithm that is not known")
  }
  return attempt(
    () => new Uint8Array(codec.inflate(bytes, { maxOutputLength })),
    (code) => code === "ERR_BUFFER_TOO_LARGE" ? bomb : "is compressed, and not readable"
  )
}
