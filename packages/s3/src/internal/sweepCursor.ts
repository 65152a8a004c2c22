/** Where a sweep stands in the list of versions, as a text to keep. */

/** In S3's names; empty at the beginning. */
export interface Position {
  readonly KeyMarker?: string | undefined
  readonly VersionIdMarker?: string | undefined
}

const version = 1

export const writeCursor = ({ KeyMarker, VersionIdMarker }: Position): string =>
  Buffer.from(JSON.stringify([version, KeyMarker, VersionIdMarker])).toString("base64url")

/** `undefined` for what is no cursor of this prefix. */
export const readCursor = (prefix: string, cursor: string | undefined): Position | undefined => {
  if (cursor === undefined) return {}
  // kept by who sweeps, and perhaps not as it was given
  const parts = typeof cursor === "string" ? parsed(Buffer.from(cursor, "base64url").toString()) : undefined
  if (!Array.isArray(parts) || parts.length !== 3) return undefined
  const [stated, key, versionId]: ReadonlyArray<unknown> = parts
  if (stated !== version || typeof key !== "string" || !key.startsWith(`${prefix}/`)) return undefined
  if (versionId === null) return { KeyMarker: key }
  return typeof versionId === "string" ? { KeyMarker: key, VersionIdMarker: versionId } : undefined
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
