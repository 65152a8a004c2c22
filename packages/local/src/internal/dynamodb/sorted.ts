/**
 * Rows in order: a sorted sequence cut into chunks of bounded length. Finding a place costs the logarithm of the number of rows, an
 * insertion the logarithm and the length of one chunk.
 */
import { present } from "./refusal.js"

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

/** Rows in order, and their hashes beside them: most comparisons are then made without touching a row. */
class Chunk<R extends Place> {
  readonly hashes = new Int32Array(maxChunk + 1)

  constructor(readonly rows: Array<R>) {
    for (let i = 0; i < rows.length; i++) this.hashes[i] = present(rows[i]).hash
  }

  compare(index: number, place: Place): number {
    const hash = present(this.hashes[index])
    return hash === place.hash ? comparePlaces(present(this.rows[index]), place) : hash - place.hash
  }

  /** The first index whose row is not before the place. */
  indexOf(place: Place): number {
    let low = 0
    let high = this.rows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.compare(middle, place) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  has(index: number, place: Place): boolean {
    return index < this.rows.length && this.compare(index, place) === 0
  }

  insert(index: number, row: R): void {
    this.hashes.copyWithin(index + 1, index, this.rows.length)
    this.hashes[index] = row.hash
    this.rows.splice(index, 0, row)
  }

  remove(index: number): void {
    this.hashes.copyWithin(index, index + 1, this.rows.length)
    this.rows.splice(index, 1)
  }

  /** Splits off the second half. */
  split(): Chunk<R> {
    return new Chunk(this.rows.splice(this.rows.length >>> 1))
  }
}

class Chunked<R extends Place> implements Store<R> {
  size = 0
  private readonly chunks: Array<Chunk<R>> = []

  /** The last chunk that begins at or before a place; 0 if there is none. */
  private chunkOf(place: Place): number {
    const chunks = this.chunks
    let low = 0
    let high = chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (present(chunks[middle]).compare(0, place) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }

  get(place: Place): R | undefined {
    const chunk = this.chunks[this.chunkOf(place)]
    if (chunk === undefined) return undefined
    const index = chunk.indexOf(place)
    return chunk.has(index, place) ? chunk.rows[index] : undefined
  }

  set(row: R): void {
    const at = this.chunkOf(row)
    const chunk = this.chunks[at]
    if (chunk === undefined) {
      this.chunks.push(new Chunk([row]))
      this.size = 1
      return
    }
    const index = chunk.indexOf(row)
    if (chunk.has(index, row)) {
      chunk.rows[index] = row
      return
    }
    this.size++
    // Rows often come in order: a full last chunk is then left full.
    if (chunk.rows.length >= maxChunk && index === chunk.rows.length && at === this.chunks.length - 1) {
      this.chunks.push(new Chunk([row]))
      return
    }
    chunk.insert(index, row)
    if (chunk.rows.length > maxChunk) this.chunks.splice(at + 1, 0, chunk.split())
  }

  delete(place: Place): boolean {
    const at = this.chunkOf(place)
    const chunk = this.chunks[at]
    if (chunk === undefined) return false
    const index = chunk.indexOf(place)
    if (!chunk.has(index, place)) return false
    chunk.remove(index)
    if (chunk.rows.length === 0) this.chunks.splice(at, 1)
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
      if (isBefore(present(present(chunks[middle]).rows[0]))) low = middle + 1
      else high = middle
    }
    if (low === 0) return { at: 0, index: 0 }
    const at = low - 1
    const { rows } = present(chunks[at])
    let first = 1
    let end = rows.length
    while (first < end) {
      const middle = (first + end) >>> 1
      if (isBefore(present(rows[middle]))) first = middle + 1
      else end = middle
    }
    return { at, index: first }
  }

  ascend(isBefore: (row: R) => boolean): Cursor<R> {
    let { at, index } = this.seek(isBefore)
    return () => {
      const rows = this.chunks[at]?.rows
      if (rows === undefined) return undefined
      if (index < rows.length) return rows[index++]
      at++
      index = 1
      return this.chunks[at]?.rows[0]
    }
  }

  descend(isBefore: (row: R) => boolean): Cursor<R> {
    let { at, index } = this.seek(isBefore)
    return () => {
      if (index > 0) return this.chunks[at]?.rows[--index]
      at--
      const rows = this.chunks[at]?.rows
      if (rows === undefined) return undefined
      index = rows.length - 1
      return rows[index]
    }
  }
}
