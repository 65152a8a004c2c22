/**
 * A body on its way in: framing taken off, its stated hash and length checked, its chunks' signatures too when the secret is known.
 */
import { createHash } from "node:crypto"
import type { Head } from "../answer.js"
import * as Signature from "../signature.js"
import * as Chunked from "./chunked.js"

export interface Problem {
  readonly code: string
  readonly message: string
  readonly status: number
}

export interface Receiver {
  /** `false` when nothing more is wanted. */
  readonly write: (piece: Uint8Array) => boolean
  /** What is wrong with the whole, or the trailers that came behind it. */
  readonly end: () => Problem | ReadonlyMap<string, string>
}

export const isProblem = (ended: Problem | ReadonlyMap<string, string>): ended is Problem => "code" in ended

const problem = (code: string, message: string, status = 400): Problem => ({ code, message, status })

const incomplete = problem(
  "IncompleteBody",
  "You did not provide the number of bytes specified by the Content-Length HTTP header"
)

const mismatch = problem(
  "XAmzContentSHA256Mismatch",
  "The provided 'x-amz-content-sha256' header does not match what was computed."
)

const badChunk = problem("SignatureDoesNotMatch", "The signature of a chunk does not match.", 403)

const hexHash = /^[0-9a-f]{64}$/

const plain = (stated: string | undefined, sink: (piece: Uint8Array) => void): Receiver => {
  const hash = stated !== undefined && hexHash.test(stated) ? createHash("sha256") : undefined
  return {
    write: (piece) => {
      hash?.update(piece)
      sink(piece)
      return true
    },
    end: () => hash !== undefined && hash.digest("hex") !== stated ? mismatch : new Map()
  }
}

/** Checks the chain of signatures of a signed stream. */
const chain = (signature: Signature.Signature, secret: string) => {
  const key = Signature.signingKey(secret, signature)
  let previous = signature.signature
  let hash = createHash("sha256")
  const link = (kind: "PAYLOAD" | "TRAILER", digest: string, given: string | undefined): boolean => {
    const wanted = Signature.chunk(key, signature, previous, kind, digest)
    previous = wanted
    return given !== undefined && Signature.equal(wanted, given)
  }
  return {
    data: (piece: Uint8Array): void => void hash.update(piece),
    chunk: (given: string | undefined): boolean => {
      const digest = hash.digest("hex")
      hash = createHash("sha256")
      return link("PAYLOAD", digest, given)
    },
    trailer: (text: string, given: string | undefined): boolean => link("TRAILER", Signature.payloadHash(text), given)
  }
}

const framed = (
  head: Head,
  stated: string,
  secret: { readonly signature: Signature.Signature; readonly secret: string } | undefined,
  sink: (piece: Uint8Array) => void
): Receiver => {
  const signed = stated.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") && secret !== undefined
    ? chain(secret.signature, secret.secret)
    : undefined
  const trailers = new Map<string, string>()
  let size = 0
  let good = true
  const decoder = Chunked.decoder({
    data: (piece) => {
      size += piece.length
      signed?.data(piece)
      sink(piece)
    },
    chunk: (_size, signature) => {
      if (signed !== undefined && !signed.chunk(signature)) good = false
    },
    trailer: (name, value) => void trailers.set(name, value)
  })
  let whole = true
  return {
    write: (piece) => (whole = decoder.write(piece) && good),
    end: () => {
      if (!good) return badChunk
      const length = Signature.headerOf(head, "x-amz-decoded-content-length")
      if (!whole || !decoder.done() || (length !== undefined && Number(length) !== size)) return incomplete
      const announced = (Signature.headerOf(head, "x-amz-trailer") ?? "").toLowerCase().split(",").map((one) =>
        one.trim()
      )
      const missing = announced.some((name) => name !== "" && !trailers.has(name))
      if (missing) {
        return problem("MalformedTrailerError", "The request contained trailing data that was not well-formed.")
      }
      if (signed !== undefined && stated.endsWith("-TRAILER")) {
        const given = trailers.get("x-amz-trailer-signature")
        const text = [...trailers].filter(([name]) => name !== "x-amz-trailer-signature")
          .map(([name, value]) => `${name}:${value}\n`).join("")
        if (!signed.trailer(text, given)) return badChunk
      }
      return trailers
    }
  }
}

export const isFramed = (head: Head): boolean =>
  (Signature.headerOf(head, "x-amz-content-sha256") ?? "").startsWith("STREAMING-") ||
  (Signature.headerOf(head, "content-encoding") ?? "").toLowerCase().split(",").some((one) =>
    one.trim() === "aws-chunked"
  )

/** A receiver for the body that the head announces; `sink` is given the bytes without their framing. */
export const receiver = (
  head: Head,
  secret: { readonly signature: Signature.Signature; readonly secret: string } | undefined,
  sink: (piece: Uint8Array) => void
): Receiver => {
  const stated = Signature.headerOf(head, "x-amz-content-sha256")
  return isFramed(head) ? framed(head, stated ?? "", secret, sink) : plain(stated, sink)
}
