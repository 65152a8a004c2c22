/**
 * Who takes the most, in bounded memory: the Space-Saving algorithm (A. Metwally, D. Agrawal, A. El Abbadi: "Efficient computation of
 * frequent and top-k elements in data streams", ICDT 2005), with weights, over a sliding window.
 *
 * A sketch holds so many keys. A key that is not among them takes the place of the one with the least, and begins with its count, which
 * is then how much too high the new one's may be. So a count is never too low, what it is surely worth is the count without that error,
 * and the error is never more than the sum of all weights by the number of keys held.
 *
 * The window is cut into panes with a sketch each, so that what leaves the window leaves with its pane.
 */

/** A key that is held. */
interface Entry {
  key: string
  count: number
  /** How much of the count may be of keys that were here before. */
  error: number
  /** What it is surely worth in the panes before this one; `unknown` until somebody wants to know. */
  past: number
  /** Its place in the heap. */
  at: number
}

const unknown = -1

/** One sketch. Entries form a heap with the least count on top. */
class Sketch {
  private readonly entries = new Map<string, Entry>()
  private readonly heap: Array<Entry> = []
  /** No key is surely worth more. */
  most = 0

  constructor(private readonly size: number) {}

  /** What a key is surely worth. */
  worth(key: string): number {
    const entry = this.entries.get(key)
    return entry === undefined ? 0 : entry.count - entry.error
  }

  /** Counts for a key, which takes another's place if need be. */
  add(key: string, weight: number): Entry {
    const entry = this.entries.get(key) ?? this.enter(key)
    entry.count += weight
    this.sink(entry)
    if (entry.count - entry.error > this.most) this.most = entry.count - entry.error
    return entry
  }

  private enter(key: string): Entry {
    const least = this.heap[0]
    if (least === undefined || this.heap.length < this.size) {
      const entry = { key, count: 0, error: 0, past: unknown, at: this.heap.length }
      this.heap.push(entry)
      this.entries.set(key, entry)
      this.rise(entry)
      return entry
    }
    this.entries.delete(least.key)
    least.key = key
    least.error = least.count
    least.past = unknown
    this.entries.set(key, least)
    return least
  }

  private put(entry: Entry, at: number): void {
    this.heap[at] = entry
    entry.at = at
  }

  private rise(entry: Entry): void {
    let at = entry.at
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = this.heap[above]
      if (parent === undefined || parent.count <= entry.count) break
      this.put(parent, at)
      at = above
    }
    this.put(entry, at)
  }

  private sink(entry: Entry): void {
    let at = entry.at
    for (;;) {
      const left = this.heap[2 * at + 1]
      const right = this.heap[2 * at + 2]
      const child = right !== undefined && left !== undefined && right.count < left.count ? right : left
      if (child === undefined || child.count >= entry.count) break
      const below = child.at
      this.put(child, at)
      at = below
    }
    this.put(entry, at)
  }
}

const panesInWindow = 10

/** Counts of the keys with the most, over the last `window` milliseconds at most, and nine tenths of them at least. */
export class SlidingWindow {
  private readonly pane: number
  private panes: ReadonlyArray<Sketch>
  private current: Sketch
  private number = Number.NEGATIVE_INFINITY
  /** No key is surely worth more in the panes before the current one. */
  private mostBefore = 0

  constructor(window: number, private readonly size: number) {
    this.pane = window / panesInWindow
    this.current = new Sketch(size)
    this.panes = [this.current]
  }

  /**
   * Counts a weight for a key; gives what the key is surely worth in the window, or, where that is less than `enough`, anything less. To
   * say that takes a look at the current pane alone, as long as no key is near it.
   */
  add(key: string, weight: number, now: number, enough = 0): number {
    this.turnTo(Math.floor(now / this.pane))
    const entry = this.current.add(key, weight)
    const here = entry.count - entry.error
    if (here + this.mostBefore < enough) return here
    if (entry.past === unknown) entry.past = this.pastOf(key)
    return entry.past + here
  }

  private pastOf(key: string): number {
    let past = 0
    for (const pane of this.panes) if (pane !== this.current) past += pane.worth(key)
    return past
  }

  /** Drops the panes that have left the window. A clock that goes back counts into the newest. */
  private turnTo(number: number): void {
    const passed = number - this.number
    if (passed <= 0) return
    this.number = number
    // a pane for each that passed, though nothing happened in it: their order is their age
    const fresh = Array.from({ length: Math.min(passed, panesInWindow) }, () => new Sketch(this.size))
    this.panes = [...this.panes, ...fresh].slice(-panesInWindow)
    this.current = this.panes.at(-1) ?? this.current
    this.mostBefore = this.panes.reduce((sum, pane) => pane === this.current ? sum : sum + pane.most, 0)
  }
}
