/** What the endpoint sends back, before it meets a socket. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Either whole, or piece by piece with its length in a `content-length` header. */
  readonly body: Uint8Array | Iterable<Uint8Array>
  /** What a log may say about the call: names of resources and error codes, no keys and no values. */
  readonly log: Log
}

export interface Log {
  readonly service: string
  readonly operation: string
  /** The tables, keys of KMS or buckets that the request names. */
  readonly resources: ReadonlyArray<string>
  /** AWS's name of the error, when it is one. */
  readonly code: string | undefined
}

/** A request, as far as it has been read. */
export interface Head {
  readonly method: string
  /** The path as sent, percent-encoded. */
  readonly path: string
  readonly query: ReadonlyArray<readonly [name: string, value: string]>
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
}
