/**
 * The bytes of S3 objects as files in a folder, one for each leaf. A file is removed only when the log says durably that no object
 * has it any more.
 */
import { randomBytes } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { empty } from "../s3/content.js"
import type { Contents, Leaf } from "../s3/content.js"
import { syncFolder } from "./log.js"

export interface Leaves {
  readonly contents: Contents
  readonly nameOf: (leaf: Leaf) => string | undefined
  readonly leafOf: (name: string, size: number) => Leaf
  /** Makes everything written so far durable. */
  readonly sync: () => void
  /** The names that were released since this was asked last. */
  readonly takeReleased: () => ReadonlyArray<string>
  readonly remove: (names: Iterable<string>) => void
  /** Removes every file but those named. */
  readonly keepOnly: (names: ReadonlySet<string>) => void
}

const pieceSize = 64 * 1024

export const make = (folder: string): Leaves => {
  Fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  const names = new WeakMap<Leaf, string>()
  let released: Array<string> = []
  let dirty: Array<number> = []

  const leafOf = (name: string, size: number): Leaf => {
    const leaf: Leaf = {
      size,
      *read(start, end) {
        const fd = Fs.openSync(Path.join(folder, name), "r")
        try {
          for (let at = start; at < end;) {
            const piece = Buffer.alloc(Math.min(pieceSize, end - at))
            const count = Fs.readSync(fd, piece, 0, piece.length, at)
            if (count === 0) throw new Error("a file of the data folder is shorter than it was written")
            yield piece.subarray(0, count)
            at += count
          }
        } finally {
          Fs.closeSync(fd)
        }
      },
      release: () => {
        released.push(name)
      }
    }
    names.set(leaf, name)
    return leaf
  }

  const remove = (gone: Iterable<string>): void => {
    for (const name of gone) Fs.rmSync(Path.join(folder, name), { force: true })
  }

  return {
    contents: {
      writer: () => {
        const name = randomBytes(16).toString("hex")
        let fd: number | undefined
        let size = 0
        return {
          write: (piece) => {
            fd ??= Fs.openSync(Path.join(folder, name), "wx", 0o600)
            for (let at = 0; at < piece.length;) at += Fs.writeSync(fd, piece, at)
            size += piece.length
          },
          end: () => {
            if (fd !== undefined) dirty.push(fd)
            return size === 0 ? empty : { size, leaves: [leafOf(name, size)] }
          },
          discard: () => {
            if (fd === undefined) return
            Fs.closeSync(fd)
            remove([name])
          }
        }
      }
    },
    nameOf: (leaf) => names.get(leaf),
    leafOf,
    sync: () => {
      const fds = dirty
      dirty = []
      for (const fd of fds) {
        Fs.fsyncSync(fd)
        Fs.closeSync(fd)
      }
      if (fds.length > 0) syncFolder(folder)
    },
    takeReleased: () => {
      const taken = released
      released = []
      return taken
    },
    remove,
    keepOnly: (kept) => remove(Fs.readdirSync(folder).filter((name) => !kept.has(name)))
  }
}
