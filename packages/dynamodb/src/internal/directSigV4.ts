/**
 * AWS Signature Version 4 for a request whose body is known. The key that is derived from the secret stands for a day, a region and a service,
 * and is kept with the two halves of its HMAC ready, so that a signature costs four short hashes.
 */
import { createHmac, hash } from "node:crypto"

/** Lower-case names in order, with values as they are signed. */
export type CanonicalHeaders = ReadonlyArray<readonly [name: string, value: string]>

/** A request but for its body. */
export interface Signable {
  readonly method: string
  /** As it stands in the request line, without a query. */
  readonly path: string
  readonly headers: CanonicalHeaders
}

/** What signs requests that differ only in their bodies. */
export interface Signing {
  /** The value of `authorization` up to the signature. */
  readonly prefix: string
  readonly sign: (bodyHash: string) => string
}

export interface Secret {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export const sha256 = (data: string | Uint8Array): string => hash("sha256", data, "hex")

/** `20150830T123600Z` of a time in milliseconds. */
export const amzDate = (millis: number): string => new Date(millis).toISOString().replace(/[-:]|\.\d{3}/g, "")

/** Headers as they are signed: names in lower case and in order, values without superfluous white space. */
export const canonicalHeaders = (headers: Readonly<Record<string, string>>): CanonicalHeaders =>
  Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, " ")] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))

const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/** A path is signed as the server reads it, each segment escaped once more. */
export const canonicalPath = (path: string): string => {
  const segments: Array<string> = []
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue
    if (segment === "..") segments.pop()
    else segments.push(segment)
  }
  const joined = `/${segments.map(escaped).join("/")}`
  return segments.length > 0 && path.endsWith("/") ? `${joined}/` : joined
}

const namesOf = (headers: CanonicalHeaders): string => {
  let names = ""
  for (const [name] of headers) names += names === "" ? name : `;${name}`
  return names
}

/** The canonical request up to the hash of its body. `path` is canonical already. */
export const canonicalRequest = ({ headers, method, path }: Signable, signed = namesOf(headers)): string => {
  let lines = `${method}\n${path}\n\n`
  for (const [name, value] of headers) lines += `${name}:${value}\n`
  return `${lines}\n${signed}\n`
}

const blockSize = 64

/** HMAC-SHA256 under one key, of text in ASCII. */
class Hmac {
  private readonly inner = Buffer.alloc(blockSize, 0x36)
  private readonly outer = Buffer.alloc(blockSize + 32, 0x5c)

  /** `key` is shorter than a block. */
  constructor(key: Uint8Array) {
    key.forEach((byte, i) => {
      this.inner[i] = byte ^ 0x36
      this.outer[i] = byte ^ 0x5c
    })
  }

  hex(text: string): string {
    const data = Buffer.allocUnsafe(blockSize + text.length)
    this.inner.copy(data)
    data.write(text, blockSize, "latin1")
    this.outer.write(hash("sha256", data, "binary"), blockSize, "latin1")
    return hash("sha256", this.outer, "hex")
  }
}

const hmac = (key: string | Uint8Array, text: string): Uint8Array => createHmac("sha256", key).update(text).digest()

/** The key that signs for one day, region and service. */
export const deriveKey = (secretAccessKey: string, day: string, region: string, service: string): Uint8Array =>
  hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, day), region), service), "aws4_request")

interface Ready {
  readonly secret: Secret
  readonly day: string
  readonly region: string
  readonly service: string
  readonly scope: string
  readonly hmac: Hmac
}

/** Signs requests; it keeps the keys it derived, of which a client has one for each region that it signs for. */
export class Signer {
  private readonly ready: Array<Ready> = []

  private keyFor(secret: Secret, day: string, region: string, service: string): Ready {
    for (const ready of this.ready) {
      if (
        ready.day === day && ready.region === region && ready.service === service &&
        ready.secret.accessKeyId === secret.accessKeyId && ready.secret.secretAccessKey === secret.secretAccessKey
      ) return ready
    }
    const made: Ready = {
      secret: { accessKeyId: secret.accessKeyId, secretAccessKey: secret.secretAccessKey },
      day,
      region,
      service,
      scope: `${day}/${region}/${service}/aws4_request`,
      hmac: new Hmac(deriveKey(secret.secretAccessKey, day, region, service))
    }
    this.ready.unshift(made)
    this.ready.length = Math.min(this.ready.length, mostKeys)
    return made
  }

  /** What signs requests like this one. */
  signing(
    request: Signable,
    given: { readonly secret: Secret; readonly date: string; readonly region: string; readonly service: string }
  ): Signing {
    const { hmac, scope } = this.keyFor(given.secret, given.date.slice(0, 8), given.region, given.service)
    const signed = namesOf(request.headers)
    const canonical = canonicalRequest(request, signed)
    const text = `AWS4-HMAC-SHA256\n${given.date}\n${scope}\n`
    return {
      prefix: `AWS4-HMAC-SHA256 Credential=${given.secret.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=`,
      sign: (bodyHash) => hmac.hex(text + sha256(canonical + bodyHash))
    }
  }
}

const mostKeys = 8
