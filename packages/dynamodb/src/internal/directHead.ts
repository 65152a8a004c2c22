/**
 * The head of a request, signed. Of requests of one operation to one place, by one identity and within one second, all is the same but what
 * depends on the body: it is written once.
 */
import { type CanonicalHeaders, sha256, type Signer } from "./directSigV4.js"
import type { Identity, Target } from "./directTarget.js"

const contentType = "application/x-amz-json-1.0"

/** What can stand in a line of a head. */
const sendable = /^[\t\x20-\x7e\x80-\xff]*$/

const line = (name: string, value: string): string => {
  if (!sendable.test(value)) throw new TypeError("not a header")
  return `${name}: ${value}\r\n`
}

interface Common {
  readonly target: Target
  readonly identity: Identity
  readonly date: string
  /** Up to the body's length, and from there to the signature. */
  readonly start: string
  readonly middle: string
  readonly sign: (bodyHash: string) => string
}

/** The heads of one operation. */
export class Heads {
  private common: Common | undefined

  /** `operation` is what `x-amz-target` names. */
  constructor(private readonly operation: string) {}

  /** All of a request but its body. Throws if something in it cannot be sent. */
  of(signer: Signer, date: string, target: Target, identity: Identity, body: Uint8Array): string {
    let common = this.common
    if (common === undefined || common.date !== date || common.target !== target || common.identity !== identity) {
      this.common = common = this.prepare(signer, date, target, identity)
    }
    const { middle, sign, start } = common
    return `${start}${body.length}\r\n${middle}${sign(sha256(body))}\r\n\r\n`
  }

  private prepare(signer: Signer, date: string, target: Target, identity: Identity): Common {
    const { sessionToken } = identity
    const signed: CanonicalHeaders = [
      ["content-type", contentType],
      ["host", target.host],
      ["x-amz-date", date],
      ...(sessionToken === undefined ? [] : [["x-amz-security-token", sessionToken]] as const),
      ["x-amz-target", this.operation]
    ]
    const { prefix, sign } = signer.signing(
      { method: "POST", path: target.canonicalPath, headers: signed },
      { secret: identity, date, region: target.region, service: target.service }
    )
    let middle = ""
    for (const [name, value] of [...signed, ...target.headers]) middle += line(name, value)
    if (!sendable.test(prefix)) throw new TypeError("not a header")
    return {
      target,
      identity,
      date,
      start: `POST ${target.path} HTTP/1.1\r\naccept-encoding: identity\r\nuser-agent: armature\r\ncontent-length: `,
      middle: `${middle}authorization: ${prefix}`,
      sign
    }
  }
}
