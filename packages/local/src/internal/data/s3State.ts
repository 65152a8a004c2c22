/**
 * The state of S3 as it lies in a data folder: contents by the names of their files, changes applied one after the other.
 */
import type { Content, Leaf } from "../s3/content.js"
import type { Snapshot } from "../s3/engine.js"
import type { BucketRecord, Change, Upload, Version } from "../s3/store.js"
import type { Leaves } from "./leaves.js"

interface StoredLeaf {
  readonly name: string
  readonly size: number
}

/** The same shapes with another kind of leaf. */
type With<A, L> = A extends Content ? { readonly size: number; readonly leaves: ReadonlyArray<L> }
  : A extends ReadonlyMap<infer K, infer V> ? ReadonlyMap<K, With<V, L>>
  : A extends ReadonlyArray<infer B> ? ReadonlyArray<With<B, L>>
  : A extends object ? { readonly [K in keyof A]: With<A[K], L> }
  : A

export type StoredChange = With<Change, StoredLeaf>

type StoredVersion = With<Version, StoredLeaf>
type StoredUpload = With<Upload, StoredLeaf>

interface StoredBucket {
  readonly bucket: BucketRecord
  readonly objects: Map<string, ReadonlyArray<StoredVersion>>
  readonly uploads: Map<string, StoredUpload>
}

export type State = Map<string, StoredBucket>

const storedContent = (leaves: Leaves, content: Content) => ({
  size: content.size,
  leaves: content.leaves.map((leaf): StoredLeaf => ({ name: leaves.nameOf(leaf) ?? "", size: leaf.size }))
})

const storedVersion = (leaves: Leaves, version: Version): StoredVersion => ({
  ...version,
  body: version.body && { ...version.body, content: storedContent(leaves, version.body.content) }
})

const storedUpload = (leaves: Leaves, upload: Upload): StoredUpload => ({
  ...upload,
  parts: new Map([...upload.parts].map(([n, part]) => [n, { ...part, content: storedContent(leaves, part.content) }]))
})

/** A change as the log keeps it. */
export const stored = (leaves: Leaves, change: Change): StoredChange => {
  switch (change._tag) {
    case "Key":
      return { ...change, versions: change.versions.map((version) => storedVersion(leaves, version)) }
    case "Upload":
      return { ...change, upload: storedUpload(leaves, change.upload) }
    default:
      return change
  }
}

export const apply = (state: State, change: StoredChange): void => {
  if (change._tag === "Bucket") {
    const known = state.get(change.bucket.name)
    state.set(change.bucket.name, {
      bucket: change.bucket,
      objects: known?.objects ?? new Map(),
      uploads: known?.uploads ?? new Map()
    })
    return
  }
  const bucket = state.get(change.bucket)
  switch (change._tag) {
    case "BucketGone":
      state.delete(change.bucket)
      return
    case "Key":
      if (change.versions.length === 0) bucket?.objects.delete(change.key)
      else bucket?.objects.set(change.key, change.versions)
      return
    case "Upload":
      bucket?.uploads.set(change.upload.id, change.upload)
      return
    case "UploadGone":
      bucket?.uploads.delete(change.id)
  }
}

/** The state as the engine takes it, and the names of all files that it needs. */
export const load = (
  leaves: Leaves,
  state: State
): { readonly snapshot: Snapshot; readonly names: ReadonlySet<string> } => {
  const known = new Map<string, Leaf>()
  const content = (one: With<Content, StoredLeaf>): Content => ({
    size: one.size,
    // One leaf for one file, so that its holders are counted together.
    leaves: one.leaves.map(({ name, size }) => {
      const leaf = known.get(name) ?? leaves.leafOf(name, size)
      known.set(name, leaf)
      return leaf
    })
  })
  const snapshot: Snapshot = {
    buckets: [...state.values()].map(({ bucket, objects, uploads }) => ({
      bucket,
      objects: [...objects].map(([key, versions]) =>
        [
          key,
          versions.map((one): Version => ({
            ...one,
            body: one.body && { ...one.body, content: content(one.body.content) }
          }))
        ] as const
      ),
      uploads: [...uploads.values()].map((one): Upload => ({
        ...one,
        parts: new Map([...one.parts].map(([n, part]) => [n, { ...part, content: content(part.content) }]))
      }))
    }))
  }
  return { snapshot, names: new Set(known.keys()) }
}
