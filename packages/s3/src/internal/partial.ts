/**
 * A file of which some ranges are there, and its log: a line that says of what object, then one for each range with its checksum, written
 * when the range is. What a process left that was killed, or whose machine was, is believed as far as the file has what the log says.
 */
import type { PlatformError } from "@effect/platform/Error"
import type { File, FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Bytes from "./bytes.js"

export interface ObjectFacts {
  readonly ETag: string
  readonly length: number
  readonly partSize: number
}

/** The checksums of the ranges that are there, by index. */
export type Ranges = ReadonlyMap<number, Bytes.Checksum>

export const nothing: Ranges = new Map()

export const countOf = ({ length, partSize }: ObjectFacts): number => Math.ceil(length / partSize)

export const rangeOf = ({ length, partSize }: ObjectFacts, index: number) => ({
  start: index * partSize,
  end: Math.min(length, (index + 1) * partSize)
})

const title = ({ ETag, length, partSize }: ObjectFacts): string =>
  JSON.stringify({ armature: "download", version: 1, ETag, length, partSize })

/** Makes the file anew, with nothing in it, and its log. */
export const begin = (fs: FileSystem, file: string, log: string | undefined, object: ObjectFacts) =>
  Effect.zipRight(
    Effect.scoped(Effect.asVoid(fs.open(file, { flag: "w" }))),
    log === undefined ? Effect.void : fs.writeFileString(log, `${title(object)}\n`)
  )

/** Writes a range to its place. Each has the file open for itself, as two that shared it would share their place in it. */
export const write = (fs: FileSystem, file: string, start: number, bytes: Uint8Array) =>
  Effect.scoped(Effect.gen(function*() {
    const open = yield* fs.open(file, { flag: "r+" })
    yield* open.seek(start, "start")
    yield* open.writeAll(bytes)
  }))

export const note = (fs: FileSystem, log: string, index: number, { crc }: Bytes.Checksum) =>
  fs.writeFileString(log, `${index} ${crc}\n`, { flag: "a" })

export const forget = (fs: FileSystem, file: string, log: string | undefined) =>
  Effect.zipRight(
    log === undefined ? Effect.void : fs.remove(log, { force: true }),
    fs.remove(file, { force: true })
  )

const line = /^(\d{1,9}) (\d{1,10})$/

/** What is there of the object, as the log says and the file bears out. */
export const resumed = (
  fs: FileSystem,
  file: string,
  log: string,
  object: ObjectFacts
): Effect.Effect<Ranges, PlatformError> =>
  Effect.gen(function*() {
    if (!(yield* fs.exists(log)) || !(yield* fs.exists(file))) return nothing
    const lines = (yield* fs.readFileString(log)).split("\n")
    // the last is empty, or one that was being written
    const [first, ...noted] = lines.slice(0, -1)
    if (first !== title(object)) return nothing
    const open = yield* fs.open(file, { flag: "r" })
    const there = new Map<number, Bytes.Checksum>()
    for (const one of noted) {
      const [, index, crc] = line.exec(one)?.map(Number) ?? []
      if (index === undefined || crc === undefined || index >= countOf(object)) continue
      const { end, start } = rangeOf(object, index)
      yield* open.seek(start, "start")
      const found = Bytes.checksum(yield* readAll(open, end - start))
      if (found.crc === crc && found.length === end - start) there.set(index, found)
    }
    return there
  }).pipe(Effect.scoped)

/** So many bytes from where the file is, or fewer where it ends. */
const readAll = (open: File, length: number): Effect.Effect<Uint8Array, PlatformError> =>
  Effect.gen(function*() {
    const out = new Uint8Array(length)
    let at = 0
    while (at < length) {
      const read = Number(yield* open.read(out.subarray(at)))
      if (read === 0) break
      at += read
    }
    return out.subarray(0, at)
  })
