/**
 * What a world of buckets holds, and the few ways in which it changes. Versions are never changed, only replaced.
 */
import { refuse } from "../refusal.js"
import type { Algorithm } from "./checksum.js"
import type { Content, Contents, Leaf } from "./content.js"

/** The members that an object is put with and got back with, in the SDK's names. */
export type Headers = Readonly<Record<string, unknown>>

export interface Checksums {
  readonly type: "FULL_OBJECT" | "COMPOSITE"
  readonly values: ReadonlyMap<Algorithm, string>
}

export interface Version {
  /** `null` for what was put while versioning was not enabled. */
  readonly versionId: string
  readonly lastModified: number
  /** `undefined` for a delete marker. */
  readonly body: Body | undefined
}

export interface Body {
  readonly content: Content
  readonly etag: string
  readonly headers: Headers
  readonly tags: Readonly<Record<string, string>>
  readonly checksums: Checksums
  /** The sizes of the parts of a multipart upload; empty otherwise. */
  readonly parts: ReadonlyArray<number>
}

export interface Part {
  readonly number: number
  readonly content: Content
  readonly etag: string
  readonly lastModified: number
  readonly checksums: ReadonlyMap<Algorithm, string>
}

export interface Upload {
  readonly id: string
  readonly key: string
  readonly initiated: number
  readonly headers: Headers
  readonly tags: Readonly<Record<string, string>>
  readonly algorithm: Algorithm | undefined
  readonly type: Checksums["type"]
  readonly parts: ReadonlyMap<number, Part>
}

export interface Bucket {
  readonly name: string
  readonly created: number
  readonly region: string
  readonly versioning: "Enabled" | "Suspended" | undefined
  /** The newest version first. No key is without one. */
  readonly objects: Map<string, ReadonlyArray<Version>>
  readonly uploads: Map<string, Upload>
}

/** A bucket without what is in it. */
export type BucketRecord = Omit<Bucket, "objects" | "uploads">

/** One change of a world, as the state that it leaves. Applied in their order, changes make the same world again. */
export type Change =
  | { readonly _tag: "Bucket"; readonly bucket: BucketRecord }
  | { readonly _tag: "BucketGone"; readonly bucket: string }
  | { readonly _tag: "Key"; readonly bucket: string; readonly key: string; readonly versions: ReadonlyArray<Version> }
  | { readonly _tag: "Upload"; readonly bucket: string; readonly upload: Upload }
  | { readonly _tag: "UploadGone"; readonly bucket: string; readonly id: string }

export interface Options {
  readonly now: () => number
  readonly random: () => number
  readonly region: string
  readonly contents: Contents
  readonly onChange: (change: Change) => void
}

const recordOf = ({ created, name, region, versioning }: Bucket): BucketRecord => ({
  created,
  name,
  region,
  versioning
})

/** The order of keys: that of their UTF-8 bytes, which differs from that of JavaScript where surrogates begin. */
export const compareKeys = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) {
      const surrogates = Number(x >= 0xd800 && x <= 0xdfff) - Number(y >= 0xd800 && y <= 0xdfff)
      return surrogates !== 0 ? surrogates : x - y
    }
  }
  return a.length - b.length
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

export class Store {
  buckets = new Map<string, Bucket>()
  private held = new Map<Leaf, number>()
  private sorted = new WeakMap<Bucket["objects"], ReadonlyArray<string>>()

  constructor(readonly options: Options) {}

  /** Milliseconds of now, cut to the second: HTTP knows no finer date. */
  second(): number {
    return Math.floor(this.options.now() / 1000) * 1000
  }

  newId(length: number): string {
    let id = ""
    for (let i = 0; i < length; i++) id += letters[Math.floor(this.options.random() * letters.length)] ?? "A"
    return id
  }

  bucket(name: string): Bucket {
    return this.buckets.get(name) ??
      refuse("NoSuchBucket", "The specified bucket does not exist", 404, { BucketName: name })
  }

  /** The newest version of a key, be it a delete marker. */
  newest(bucket: Bucket, key: string): Version | undefined {
    return bucket.objects.get(key)?.[0]
  }

  keys(bucket: Bucket): ReadonlyArray<string> {
    const known = this.sorted.get(bucket.objects)
    if (known !== undefined) return known
    const keys = [...bucket.objects.keys()].sort(compareKeys)
    this.sorted.set(bucket.objects, keys)
    return keys
  }

  /** Replaces the versions of a key. */
  write(bucket: Bucket, key: string, versions: ReadonlyArray<Version>): void {
    const before = bucket.objects.get(key)
    if (before === undefined || versions.length === 0) this.sorted.delete(bucket.objects)
    for (const version of versions) this.hold(version.body?.content)
    if (versions.length === 0) bucket.objects.delete(key)
    else bucket.objects.set(key, versions)
    this.options.onChange({ _tag: "Key", bucket: bucket.name, key, versions })
    for (const version of before ?? []) this.drop(version.body?.content)
  }

  putBucket(bucket: Bucket): void {
    this.buckets.set(bucket.name, bucket)
    this.options.onChange({ _tag: "Bucket", bucket: recordOf(bucket) })
  }

  removeBucket(bucket: Bucket): void {
    for (const upload of bucket.uploads.values()) for (const part of upload.parts.values()) this.drop(part.content)
    this.buckets.delete(bucket.name)
    this.options.onChange({ _tag: "BucketGone", bucket: bucket.name })
  }

  /** Begins an upload, or puts a part in its place, over one of the same number. */
  putUpload(bucket: Bucket, upload: Upload, part?: Part): void {
    const parts = part === undefined ? upload.parts : new Map([...upload.parts, [part.number, part]])
    this.hold(part?.content)
    if (part !== undefined) this.drop(upload.parts.get(part.number)?.content)
    const changed = { ...upload, parts }
    bucket.uploads.set(upload.id, changed)
    this.options.onChange({ _tag: "Upload", bucket: bucket.name, upload: changed })
  }

  removeUpload(bucket: Bucket, upload: Upload): void {
    bucket.uploads.delete(upload.id)
    this.options.onChange({ _tag: "UploadGone", bucket: bucket.name, id: upload.id })
    for (const part of upload.parts.values()) this.drop(part.content)
  }

  hold(content: Content | undefined): void {
    for (const leaf of content?.leaves ?? []) this.held.set(leaf, (this.held.get(leaf) ?? 0) + 1)
  }

  drop(content: Content | undefined): void {
    for (const leaf of content?.leaves ?? []) {
      const holders = (this.held.get(leaf) ?? 0) - 1
      if (holders > 0) {
        this.held.set(leaf, holders)
      } else {
        this.held.delete(leaf)
        leaf.release()
      }
    }
  }

  /** Puts a version on top, in the manner of the bucket's versioning. Gives its id, when the bucket has ids. */
  push(bucket: Bucket, key: string, body: Body | undefined): string | undefined {
    const before = bucket.objects.get(key) ?? []
    const versionId = bucket.versioning === "Enabled" ? this.newId(32) : "null"
    const version: Version = { versionId, lastModified: this.second(), body }
    const kept = bucket.versioning === undefined
      ? []
      : versionId === "null"
      ? before.filter((one) => one.versionId !== "null")
      : before
    this.write(bucket, key, [version, ...kept])
    return bucket.versioning === undefined ? undefined : versionId
  }
}
