/**
 * The `aws-chunked` framing, which SDKs put around streams so that a checksum can follow the bytes: taken off piece by piece. A
 * server that keeps it corrupts what it stores without anyone noticing.
 */

export interface Listener {
  readonly data: (piece: Uint8Array) => void
  /** A chunk is whole; its signature, when the stream is signed. */
  readonly chunk: (size: number, signature: string | undefined) => void
  readonly trailer: (name: string, value: string) => void
}

export interface Decoder {
  /** `false` when the framing is broken. */
  readonly write: (piece: Uint8Array) => boolean
  /** Whether the last chunk and its trailers have come. */
  readonly done: () => boolean
}

const maxLine = 8192

export const decoder = (listener: Listener): Decoder => {
  let state: "size" | "data" | "break" | "trailer" | "done" = "size"
  let line = ""
  let left = 0
  let size = 0
  let signature: string | undefined

  const onSize = (text: string): boolean => {
    const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(text)
    if (match === null) return false
    size = left = parseInt(match[1] ?? "", 16)
    signature = match[2]
    if (size > 0) {
      state = "data"
    } else {
      listener.chunk(0, signature)
      state = "trailer"
    }
    return true
  }
  const onTrailer = (text: string): boolean => {
    if (text === "") {
      state = "done"
      return true
    }
    const colon = text.indexOf(":")
    if (colon < 1) return false
    listener.trailer(text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim())
    return true
  }
  const onBreak = (text: string): boolean => {
    if (text !== "") return false
    listener.chunk(size, signature)
    state = "size"
    return true
  }

  return {
    write: (piece) => {
      let at = 0
      while (at < piece.length) {
        if (state === "data") {
          const taken = piece.subarray(at, at + left)
          listener.data(taken)
          at += taken.length
          left -= taken.length
          if (left === 0) state = "break"
          continue
        }
        if (state === "done") return false
        const newline = piece.indexOf(10, at)
        const stop = newline === -1 ? piece.length : newline
        line += Buffer.from(piece.subarray(at, stop)).toString("latin1")
        if (line.length > maxLine) return false
        at = stop + 1
        if (newline === -1) break
        const text = line.replace(/\r$/, "")
        line = ""
        const good = state === "size" ? onSize(text) : state === "break" ? onBreak(text) : onTrailer(text)
        if (!good) return false
      }
      return true
    },
    // Some clients end the stream with the last chunk's line and no empty one behind it.
    done: () => state === "done" || (state === "trailer" && line === "")
  }
}
