/**
 * The bytes of an object, harmed on their way: cut in the middle, or not those that its checksum was made of.
 */
import { record } from "../refusal.js"
import { isContent, read } from "../s3/content.js"
import type { Content } from "../s3/content.js"

function* cut(content: Content, start: number, end: number): Iterable<Uint8Array> {
  const half = Math.floor(content.size / 2)
  yield* read(content, start, Math.min(end, half))
  // how a body says that the rest cannot be had: whoever writes it to a socket closes that
  if (end > half) throw new Error("cut by a fault rule")
}

function* flipped(content: Content, start: number, end: number): Iterable<Uint8Array> {
  let first = start === 0
  for (const piece of read(content, start, end)) {
    if (first) {
      const bytes = Uint8Array.from(piece)
      bytes[0] = (bytes[0] ?? 0) ^ 1
      yield bytes
    } else yield piece
    first = false
  }
}

/** The answer with its body harmed; `undefined` when it has no bytes that could be. */
export const harm = (how: "truncated" | "corrupt", answer: unknown): unknown => {
  const { Body } = record(answer)
  if (!isContent(Body) || Body.size === 0) return undefined
  const way = how === "truncated" ? cut : flipped
  const harmed: Content = {
    size: Body.size,
    leaves: [{ size: Body.size, read: (start, end) => way(Body, start, end), release: () => undefined }]
  }
  return { ...record(answer), Body: harmed }
}
