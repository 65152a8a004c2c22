/**
 * A file that is only ever added to: frames of a length, a checksum and a record. A kill in the middle of a frame leaves a torn tail,
 * which is cut off when the file is opened again. What was synced before the kill is whole.
 */
import * as Fs from "node:fs"
import { deserialize, serialize } from "node:v8"
import { crc32 } from "node:zlib"

const headerSize = 8

const frame = (record: unknown): Buffer => {
  const payload = serialize(record)
  const out = Buffer.alloc(headerSize + payload.length)
  out.writeUInt32BE(payload.length, 0)
  out.writeUInt32BE(crc32(payload), 4)
  payload.copy(out, headerSize)
  return out
}

/** The whole records at the beginning of the bytes, and how many bytes they take. */
export const parse = (bytes: Buffer): { readonly records: ReadonlyArray<unknown>; readonly size: number } => {
  const records: Array<unknown> = []
  let at = 0
  while (at + headerSize <= bytes.length) {
    const length = bytes.readUInt32BE(at)
    const end = at + headerSize + length
    if (end > bytes.length) break
    const payload = bytes.subarray(at + headerSize, end)
    if (crc32(payload) !== bytes.readUInt32BE(at + 4)) break
    records.push(deserialize(payload))
    at = end
  }
  return { records, size: at }
}

const read = (path: string): Buffer => {
  try {
    return Fs.readFileSync(path)
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return Buffer.alloc(0)
    throw error
  }
}

/** The records of a file; none, if it is not there. */
export const records = (path: string): ReadonlyArray<unknown> => parse(read(path)).records

/** Makes the names in a folder durable, not only the bytes behind them. */
export const syncFolder = (path: string): void => {
  const fd = Fs.openSync(path, "r")
  try {
    Fs.fsyncSync(fd)
  } finally {
    Fs.closeSync(fd)
  }
}

export interface Log {
  /** Adds a record. It is durable when the promise is kept; records are durable in the order of their adding. */
  readonly append: (record: unknown) => Promise<void>
  /** Ends when what is being synced has been. */
  readonly close: () => Promise<void>
}

/** Opens a log for adding, its torn tail cut off. */
export const open = (path: string): Log => {
  const { size } = parse(read(path))
  const fd = Fs.openSync(path, "a", 0o600)
  Fs.ftruncateSync(fd, size)
  Fs.fsyncSync(fd)
  let end = size
  let broken: Error | undefined

  // Syncs are shared: whoever comes while one is under way waits for the next.
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  const sync = (): Promise<void> =>
    new Promise((resolve, reject) => {
      Fs.fdatasync(fd, (error) => {
        if (error === null) resolve()
        else reject(broken = error)
      })
    })
  const synced = (): Promise<void> => {
    if (running === undefined) {
      running = sync().finally(() => {
        running = undefined
      })
      return running
    }
    next ??= running.catch(() => undefined).then(() => {
      next = undefined
      return synced()
    })
    return next
  }

  return {
    append: (record) => {
      if (broken !== undefined) return Promise.reject(broken)
      const bytes = frame(record)
      try {
        for (let at = 0; at < bytes.length;) at += Fs.writeSync(fd, bytes, at)
        end += bytes.length
      } catch (error) {
        // Half a frame (a full disk) would hide every later one: back to where the last one ended.
        broken = error instanceof Error ? error : new Error("write failed")
        Fs.ftruncateSync(fd, end)
        return Promise.reject(broken)
      }
      return synced()
    },
    close: async () => {
      while (running !== undefined || next !== undefined) await (next ?? running)?.catch(() => undefined)
      Fs.closeSync(fd)
    }
  }
}

/** Writes a file of one record in one step: it is there whole, or not at all. */
export const writeWhole = (folder: string, path: string, record: unknown): void => {
  const temporary = `${path}.tmp`
  const fd = Fs.openSync(temporary, "w", 0o600)
  try {
    const bytes = frame(record)
    for (let at = 0; at < bytes.length;) at += Fs.writeSync(fd, bytes, at)
    Fs.fsyncSync(fd)
  } finally {
    Fs.closeSync(fd)
  }
  Fs.renameSync(temporary, path)
  syncFolder(folder)
}
