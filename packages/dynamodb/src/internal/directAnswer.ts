/**
 * An answer over HTTP/1.1, read as its bytes come. Strict: what may be read in two ways is no answer, and one request is answered by one answer.
 * Pure.
 */
import type * as Answer from "@armature/aws/Answer"

/** That what came is no HTTP. */
export class NotHttp extends Error {}

/** Bytes of a head, of a line between chunks or of trailers that are read at most. */
const longest = 16 * 1024

const begin = "HTTP/1."
const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [^\0\n\r]*)?$/
const fieldName = /^[!#$%&'*+.^_`|~\w-]+$/
const notFieldValue = /[^\t\x20-\x7e\x80-\xff]/
const digits = /^\d{1,15}$/
const chunkLine = /^([\da-f]{1,12})[ \t]*(?:;.*)?$/i

type Fields = Record<string, string | ReadonlyArray<string>>

/** The name is an own one whatever it is. */
const noFields = (): Fields => Object.setPrototypeOf({}, null) as Fields

const fieldsOf = (head: string, from: number): Fields => {
  const fields = noFields()
  let at = from
  while (at < head.length) {
    let end = head.indexOf("\r\n", at)
    if (end < 0) end = head.length
    const colon = head.indexOf(":", at)
    if (colon < 0 || colon > end) throw new NotHttp("a field without a colon")
    const name = head.slice(at, colon).toLowerCase()
    const value = head.slice(colon + 1, end).trim()
    if (!fieldName.test(name) || notFieldValue.test(value)) throw new NotHttp("a field that is none")
    const before = fields[name]
    fields[name] = before === undefined ? value : typeof before === "string" ? [before, value] : [...before, value]
    at = end + 2
  }
  return fields
}

const one = (fields: Answer.Headers, name: string): string | undefined => {
  const value = fields[name]
  return typeof value === "string" ? value : value?.join(", ")
}

/** How the end of a body is known. */
type Framing = "head" | "length" | "close" | "size" | "chunk" | "chunkEnd" | "trailers" | "whole"

/** One answer. */
export class Reader {
  /** 0 until the head is there. */
  status = 0
  headers: Answer.Headers = {}
  /** Whether the connection can carry another request, once this answer is whole. */
  keepAlive = false
  private framing: Framing = "head"
  /** What came and could not be read yet. */
  private rest: Buffer | undefined
  private readonly parts: Array<Buffer> = []
  /** Bytes of the body, or of the chunk, that are still to come. */
  private missing = 0
  private trailers = 0

  get isWhole(): boolean {
    return this.framing === "whole"
  }

  /** The body, as far as it came. */
  body(): Buffer | undefined {
    return this.parts.length > 1 ? Buffer.concat(this.parts) : this.parts[0]
  }

  /** Reads bytes. Throws `NotHttp`. */
  push(bytes: Buffer): void {
    let input = this.rest === undefined ? bytes : Buffer.concat([this.rest, bytes])
    this.rest = undefined
    while (input.length > 0) {
      const taken = this.step(input)
      if (taken < 0) {
        if (input.length > longest) throw new NotHttp("too long a head")
        this.rest = input
        return
      }
      input = taken === input.length ? none : input.subarray(taken)
    }
  }

  /** The other side has closed. Whether that makes the answer whole. */
  end(): boolean {
    if (this.framing === "close") this.framing = "whole"
    return this.isWhole
  }

  /** Bytes that it has read; -1 when there must come more first. */
  private step(input: Buffer): number {
    switch (this.framing) {
      case "head":
        return this.head(input)
      case "length":
      case "chunk": {
        const part = input.length > this.missing ? input.subarray(0, this.missing) : input
        this.parts.push(part)
        this.missing -= part.length
        if (this.missing === 0) this.framing = this.framing === "length" ? "whole" : "chunkEnd"
        return part.length
      }
      case "close":
        this.parts.push(input)
        return input.length
      case "chunkEnd":
        if (input.length < 2) return -1
        if (input[0] !== 13 || input[1] !== 10) throw new NotHttp("a chunk that goes on")
        this.framing = "size"
        return 2
      case "size": {
        const line = lineOf(input)
        if (line === undefined) return -1
        const size = chunkLine.exec(line)?.[1]
        if (size === undefined) throw new NotHttp("a chunk without a size")
        this.missing = Number.parseInt(size, 16)
        this.framing = this.missing === 0 ? "trailers" : "chunk"
        return line.length + 2
      }
      case "trailers": {
        const line = lineOf(input)
        if (line === undefined) return -1
        this.trailers += line.length
        if (this.trailers > longest) throw new NotHttp("too long trailers")
        if (line === "") this.framing = "whole"
        return line.length + 2
      }
      case "whole":
        // nobody asked for more: what it is of is not known, so that the connection is of no use
        this.keepAlive = false
        return input.length
    }
  }

  private head(input: Buffer): number {
    const found = input.indexOf("\r\n\r\n")
    if (found < 0 || found > longest) {
      const start = input.toString("latin1", 0, begin.length)
      if (found > longest || !begin.startsWith(start)) throw new NotHttp("not HTTP")
      return -1
    }
    const head = input.toString("latin1", 0, found)
    const line = head.indexOf("\r\n")
    const [, minor, code] = statusLine.exec(line < 0 ? head : head.slice(0, line)) ?? []
    if (code === undefined) throw new NotHttp("not HTTP")
    const fields = fieldsOf(head, line < 0 ? head.length : line + 2)
    const status = Number(code)
    if (status >= 200) this.begin(status, minor === "1", fields)
    // 100 and 103 come before the answer; nothing was asked for that 101 could answer
    else if (status === 101) throw new NotHttp("another protocol")
    return found + 4
  }

  private begin(status: number, current: boolean, fields: Answer.Headers): void {
    const length = one(fields, "content-length")
    const coding = one(fields, "transfer-encoding")
    const connection = one(fields, "connection")?.toLowerCase()
    if (length !== undefined && (coding !== undefined || !digits.test(length))) throw new NotHttp("two lengths")
    if (coding !== undefined && coding.toLowerCase() !== "chunked") throw new NotHttp("a coding that is not known")
    this.status = status
    this.headers = fields
    this.keepAlive = connection === undefined
      ? current
      : current
      ? !/\bclose\b/.test(connection)
      : /\bkeep-alive\b/.test(connection)
    if (status === 204 || status === 304) this.framing = "whole"
    else if (coding !== undefined) this.framing = "size"
    else if (length !== undefined) {
      this.missing = Number(length)
      this.framing = this.missing === 0 ? "whole" : "length"
    } else {
      this.keepAlive = false
      this.framing = "close"
    }
  }
}

const none = Buffer.alloc(0)

const lineOf = (input: Buffer): string | undefined => {
  const end = input.indexOf("\r\n")
  return end < 0 ? undefined : input.toString("latin1", 0, end)
}
