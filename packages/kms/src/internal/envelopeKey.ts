/**
 * A data key as the envelope uses it: the header of every value sealed with it, and the pseudorandom key that each message's key comes
 * from. The secret is reachable from this module alone and shows in no print.
 */
import * as Either from "effect/Either"
import * as failure from "./failure.js"
import { writeHeader } from "./layout.js"
import { hashLength, hkdfExtract } from "./primitives.js"

const dataKeyLength = 32
const salt = Buffer.alloc(hashLength)

export class EnvelopeKey {
  readonly #header: Buffer
  #prk: Buffer | undefined
  constructor(readonly keyId: string, readonly edk: Uint8Array, header: Buffer, prk: Buffer) {
    this.#header = header
    this.#prk = prk
  }
  /** What every value sealed with this key begins with. */
  static header(key: EnvelopeKey): Buffer {
    return key.#header
  }
  /** `undefined` once the key was wiped. */
  static prk(key: EnvelopeKey): Buffer | undefined {
    return key.#prk
  }
  static wipe(key: EnvelopeKey): void {
    key.#prk?.fill(0)
    key.#prk = undefined
  }
}

export interface KeyParts {
  readonly keyId: string
  readonly edk: Uint8Array
  readonly dataKey: Uint8Array
}

export const makeKey = (parts: KeyParts): Either.Either<EnvelopeKey, failure.EnvelopeFailure> =>
  parts.dataKey.length !== dataKeyLength
    ? failure.invalidDataKey
    : Either.map(
      writeHeader(parts.keyId, parts.edk),
      (header) => new EnvelopeKey(parts.keyId, new Uint8Array(parts.edk), header, hkdfExtract(salt, parts.dataKey))
    )
