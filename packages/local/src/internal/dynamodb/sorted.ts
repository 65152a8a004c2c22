/**
 * Rows in order: a sorted sequence cut into chunks of bounded length. Finding a place costs the logarithm of the number of rows, an
 * insertion the logarithm and the length of one chunk.
 */

/** Rows are ordered by the hash of the partition key, then the partition key, then the sort key, each encoded so that it sorts. */
export interface Place {
  readonly hash: number
  readonly pk: string
  readonly sk: string
}

export const comparePlaces = (a: Place, b: Place): number =>
  a.hash !== b.hash
    ? a.hash - b.hash
    : a.pk !== b.pk
    ? (a.pk < b.pk ? -1 : 1)
    : a.sk === b.sk
    ? 0
    : a.sk < b.sk
    ? -1
    : 1

/** Rows in order, to be found by their place. What a table or an index keeps its data in. */
export interface Store<R extends Place> {
  readonly size: number
  readonly get: (place: Place) => R | undefined
  /** Adds a row, or replaces the one at its place. */
  readonly set: (row: R) => void
  readonly delete: (place: Place) => boolean
  /**
   * Rows from one that `isBefore` does not say to lie before the start, in ascending order; `isBefore` must hold for a beginning of
   * the sequence and for nothing after.
   */
  readonly ascend: (isBefore: (row: R) => boolean) => Cursor<R>
  /** Rows from the last that `isBefore` says to lie before the start, in descending order. */
  readonly descend: (isBefore: (row: R) => boolean) => Cursor<R>
}

/** Gives one row after the other, then `undefined`. Not to be used after a change of the store. */
export type Cursor<R> = () => R | undefined

const maxChunk = 256

export const make = <R extends Place>(): Store<R> => new Chunked<R>()

class Chunked<R extends Place> implements Store<R> {
  size = 0
  private readonly chunks: Array<Array<R>> = []

  /** The last chunk that begins at or before a place; 0 if there is none. */
  private chunkOf(place: Place): number {
    const chunks = this.chunks
    let low = 0
    let high = chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (comparePlaces(chunks[middle]![0]!, place) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Where a place is or would be within a chunk. */
  private static indexIn<R extends Place>(chunk: ReadonlyArray<R>, place: Place): number {
    let low = 0
    let high = chunk.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (comparePlaces(chunk[middle]!, place) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  get(place: Place): R | undefined {
    const chunk = this.chunks[this.chunkOf(place)]
    if (chunk === undefined) return undefined
    const row = chunk[Chunked.indexIn(chunk, place)]
    return row !== undefined && comparePlaces(row, place) === 0 ? row : undefined
  }

  set(row: R): void {
    const at = this.chunkOf(row)
    const chunk = this.chunks[at]
    if (chunk === undefined) {
      this.chunks.push([row])
      this.size = 1
      return
    }
    const index = Chunked.indexIn(chunk, row)
    const standing = chunk[index]
    if (standing !== undefined && comparePlaces(standing, row) === 0) {
      chunk[index] = row
      return
    }
    this.size++
    // Rows often come in order: a full last chunk is then left full.
    if (chunk.length >= maxChunk && index === chunk.length && at === this.chunks.length - 1) {
      this.chunks.push([row])
      return
    }
    chunk.splice(index, 0, row)
    if (chunk.length > maxChunk) this.chunks.splice(at + 1, 0, chunk.splice(chunk.length >>> 1))
  }

  delete(place: Place): boolean {
    const at = this.chunkOf(place)
    const chunk = this.chunks[at]
    if (chunk === undefined) return false
    const index = Chunked.indexIn(chunk, place)
    const row = chunk[index]
    if (row === undefined || comparePlaces(row, place) !== 0) return false
    chunk.splice(index, 1)
    if (chunk.length === 0) this.chunks.splice(at, 1)
    this.size--
    return true
  }

  /** The first position that is not before the start. */
  private seek(isBefore: (row: R) => boolean): { readonly at: number; readonly index: number } {
    const chunks = this.chunks
    let low = 0
    let high = chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBefore(chunks[middle]![0]!)) low = middle + 1
      else high = middle
    }
    if (low === 0) return { at: 0, index: 0 }
    const at = low - 1
    const chunk = chunks[at]!
    let first = 1
    let end = chunk.length
    while (first < end) {
      const middle = (first + end) >>> 1
      if (isBefore(chunk[middle]!)) first = middle + 1
      else end = middle
    }
    return { at, index: first }
  }

  ascend(isBefore: (row: R) => boolean): Cursor<R> {
    let { at, index } = this.seek(isBefore)
    return () => {
      const chunk = this.chunks[at]
      if (chunk === undefined) return undefined
      if (index < chunk.length) return chunk[index++]
      at++
      index = 1
      return this.chunks[at]?.[0]
    }
  }

  descend(isBefore: (row: R) => boolean): Cursor<R> {
    let { at, index } = this.seek(isBefore)
    return () => {
      if (index > 0) return this.chunks[at]?.[--index]
      at--
      const chunk = this.chunks[at]
      if (chunk === undefined) return undefined
      index = chunk.length - 1
      return chunk[index]
    }
  }
}
