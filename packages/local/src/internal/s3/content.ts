/**
 * The bytes of objects. A content is a list of leaves, so that a multipart upload is completed, and an object copied, without its bytes
 * being touched.
 */

export interface Leaf {
  readonly size: number
  readonly read: (start: number, end: number) => Iterable<Uint8Array>
  /** No object has these bytes any more. */
  readonly release: () => void
}

export interface Content {
  readonly size: number
  readonly leaves: ReadonlyArray<Leaf>
}

export interface Writer {
  /** The piece may be reused by the caller afterwards. */
  readonly write: (piece: Uint8Array) => void
  readonly end: () => Content
  /** Forgets what was written. */
  readonly discard: () => void
}

export interface Contents {
  readonly writer: () => Writer
}

export const empty: Content = { size: 0, leaves: [] }

const memoryLeaf = (pieces: ReadonlyArray<Uint8Array>, size: number): Leaf => ({
  size,
  *read(start, end) {
    let at = 0
    for (const piece of pieces) {
      const from = Math.max(start - at, 0)
      const to = Math.min(end - at, piece.length)
      if (from < to) yield piece.subarray(from, to)
      at += piece.length
      if (at >= end) return
    }
  },
  release: () => undefined
})

export const memory: Contents = {
  writer: () => {
    const pieces: Array<Uint8Array> = []
    let size = 0
    return {
      write: (piece) => {
        // a copy, also of a `Buffer`, whose own `slice` is a view
        pieces.push(Uint8Array.from(piece))
        size += piece.length
      },
      end: () => size === 0 ? empty : { size, leaves: [memoryLeaf(pieces, size)] },
      discard: () => undefined
    }
  }
}

/** The content that holds the given bytes. */
export const of = (contents: Contents, bytes: Uint8Array): Content => {
  if (bytes.length === 0) return empty
  const writer = contents.writer()
  writer.write(bytes)
  return writer.end()
}

export const concat = (contents: ReadonlyArray<Content>): Content => ({
  size: contents.reduce((size, one) => size + one.size, 0),
  leaves: contents.flatMap((one) => one.leaves)
})

export function* read(content: Content, start = 0, end = content.size): Iterable<Uint8Array> {
  let at = 0
  for (const leaf of content.leaves) {
    const from = Math.max(start - at, 0)
    const to = Math.min(end - at, leaf.size)
    if (from < to) yield* leaf.read(from, to)
    at += leaf.size
    if (at >= end) return
  }
}

/** A part of a content, as one of its own. Its leaves are views: releasing them releases nothing. */
export const slice = (content: Content, start: number, end: number): Content => ({
  size: end - start,
  leaves: [{
    size: end - start,
    read: (from, to) => read(content, start + from, start + to),
    release: () => undefined
  }]
})

export const isContent = (value: unknown): value is Content =>
  typeof value === "object" && value !== null && "leaves" in value && Array.isArray(value.leaves) && "size" in value
