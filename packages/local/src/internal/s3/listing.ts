/**
 * Lists of objects, versions and uploads: prefix, delimiter, pages.
 */
import { refuse } from "../refusal.js"
import type { Input, Output } from "../refusal.js"
import * as Read from "./input.js"
import { quoted } from "./objects.js"
import { compareKeys } from "./store.js"
import type { Body, Store } from "./store.js"

type Operation = (store: Store, input: Input) => Output

interface Walk {
  readonly prefix: string
  readonly delimiter: string | undefined
  /** The name after which the page begins. */
  readonly after: string
  /** Whether names that begin with `after` were told already, as a common prefix. */
  readonly skip: boolean
  readonly max: number
}

type Entry = { readonly _tag: "Name" | "Prefix"; readonly name: string }

/** The first index whose name is not less than (or, with `past`, is greater than) the given one. */
const search = (names: ReadonlyArray<string>, name: string, past: boolean): number => {
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const order = compareKeys(names[middle] ?? "", name)
    if (order < 0 || (past && order === 0)) low = middle + 1
    else high = middle
  }
  return low
}

/** Whether a marker is a common prefix of the list, whose names were told with it. */
const isPrefix = (marker: string, prefix: string, delimiter: string | undefined): boolean =>
  delimiter !== undefined && marker.startsWith(prefix) && marker.length >= prefix.length + delimiter.length &&
  marker.indexOf(delimiter, prefix.length) === marker.length - delimiter.length

/** One page of sorted names: names and common prefixes in order, and whether more would follow. */
const walk = (names: ReadonlyArray<string>, { after, delimiter, max, prefix, skip }: Walk) => {
  const entries: Array<Entry> = []
  let at = Math.max(search(names, prefix, false), after === "" ? 0 : search(names, after, true))
  for (; at < names.length; at++) {
    const name = names[at] ?? ""
    if (!name.startsWith(prefix)) break
    if (skip && name.startsWith(after)) continue
    const end = delimiter === undefined ? -1 : name.indexOf(delimiter, prefix.length)
    const entry: Entry = end === -1
      ? { _tag: "Name", name }
      : { _tag: "Prefix", name: name.slice(0, end + (delimiter?.length ?? 0)) }
    const last = entries[entries.length - 1]
    if (last !== undefined && last._tag === "Prefix" && last.name === entry.name) continue
    if (entries.length >= max) return { entries, truncated: max > 0 }
    entries.push(entry)
  }
  return { entries, truncated: false }
}

/** Reads what all lists share, and gives the encoding that the answer's keys take. */
const request = (input: Input) => {
  const encodingType = Read.text(input, "EncodingType")
  if (encodingType !== undefined && encodingType !== "url") {
    return refuse("InvalidArgument", "Invalid Encoding Method specified in Request")
  }
  const encode = (text: string): string =>
    encodingType === undefined
      ? text
      : encodeURIComponent(text).replace(/%2F/g, "/").replace(/[!'()*]/g, (char) =>
        `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  const delimiter = Read.text(input, "Delimiter")
  return {
    prefix: Read.text(input, "Prefix") ?? "",
    delimiter: delimiter === "" ? undefined : delimiter,
    encodingType,
    encode
  }
}

const echoed = (given: ReturnType<typeof request>): Output => ({
  Prefix: given.encode(given.prefix),
  Delimiter: given.delimiter === undefined ? undefined : given.encode(given.delimiter),
  EncodingType: given.encodingType
})

const prefixes = (entries: ReadonlyArray<Entry>, encode: (text: string) => string) => {
  const all = entries.filter((one) => one._tag === "Prefix").map((one) => ({ Prefix: encode(one.name) }))
  return all.length === 0 ? {} : { CommonPrefixes: all }
}

const owner = { ID: "armature", DisplayName: "armature" }

const described = (body: Body, lastModified: number): Output => ({
  LastModified: new Date(lastModified),
  ETag: quoted(body.etag),
  ChecksumAlgorithm: [...body.checksums.values.keys()],
  ChecksumType: body.checksums.type,
  Size: body.content.size,
  StorageClass: body.headers["StorageClass"] ?? "STANDARD"
})

/** The keys whose newest version is an object, with what a list says of them. */
const objects = (store: Store, input: Input, walked: Walk, given: ReturnType<typeof request>) => {
  const bucket = store.bucket(Read.bucketName(input))
  const all = store.keys(bucket)
  const present = bucket.versioning === undefined
    ? all
    : all.filter((key) => store.newest(bucket, key)?.body !== undefined)
  const { entries, truncated } = walk(present, walked)
  const contents = entries.flatMap(({ _tag, name }) => {
    const version = _tag === "Name" ? store.newest(bucket, name) : undefined
    return version?.body === undefined
      ? []
      : [{ Key: given.encode(name), ...described(version.body, version.lastModified) }]
  })
  return { bucket, entries, truncated, contents, last: entries[entries.length - 1] }
}

const token = (entry: Entry): string =>
  Buffer.from(`${entry._tag === "Prefix" ? "p" : "n"}${entry.name}`, "utf8").toString("base64url")

const untoken = (given: string): { readonly after: string; readonly skip: boolean } => {
  const decoded = Buffer.from(given, "base64url").toString("utf8")
  return /^[pn]/.test(decoded)
    ? { after: decoded.slice(1), skip: decoded.startsWith("p") }
    : refuse("InvalidArgument", "The continuation token provided is incorrect")
}

export const listObjectsV2: Operation = (store, input) => {
  const given = request(input)
  const max = Read.whole(input, "MaxKeys", 0, 1000) ?? 1000
  const continuation = Read.text(input, "ContinuationToken")
  const startAfter = Read.text(input, "StartAfter")
  const from = continuation === undefined ? { after: startAfter ?? "", skip: false } : untoken(continuation)
  const { bucket, contents, entries, last, truncated } = objects(store, input, { ...given, ...from, max }, given)
  return {
    Name: bucket.name,
    ...echoed(given),
    MaxKeys: max,
    KeyCount: entries.length,
    IsTruncated: truncated,
    ContinuationToken: continuation,
    StartAfter: startAfter === undefined ? undefined : given.encode(startAfter),
    NextContinuationToken: truncated && last !== undefined ? token(last) : undefined,
    ...(contents.length === 0
      ? {}
      : { Contents: Read.flag(input, "FetchOwner") ? contents.map((one) => ({ ...one, Owner: owner })) : contents }),
    ...prefixes(entries, given.encode)
  }
}

export const listObjects: Operation = (store, input) => {
  const given = request(input)
  const max = Read.whole(input, "MaxKeys", 0, 1000) ?? 1000
  const marker = Read.text(input, "Marker") ?? ""
  const skip = isPrefix(marker, given.prefix, given.delimiter)
  const { bucket, contents, entries, last, truncated } = objects(
    store,
    input,
    { ...given, after: marker, skip, max },
    given
  )
  return {
    Name: bucket.name,
    ...echoed(given),
    Marker: given.encode(marker),
    MaxKeys: max,
    IsTruncated: truncated,
    NextMarker: truncated && given.delimiter !== undefined && last !== undefined ? given.encode(last.name) : undefined,
    ...(contents.length === 0 ? {} : { Contents: contents.map((one) => ({ ...one, Owner: owner })) }),
    ...prefixes(entries, given.encode)
  }
}

export const listObjectVersions: Operation = (store, input) => {
  const given = request(input)
  const bucket = store.bucket(Read.bucketName(input))
  const max = Read.whole(input, "MaxKeys", 0, 1000) ?? 1000
  const keyMarker = Read.text(input, "KeyMarker") ?? ""
  const versionIdMarker = Read.text(input, "VersionIdMarker")
  const rest = versionIdMarker === undefined || keyMarker === ""
    ? []
    : (bucket.objects.get(keyMarker) ?? [])
  const passed = rest.findIndex((one) => one.versionId === versionIdMarker)
  const skip = passed === -1 && isPrefix(keyMarker, given.prefix, given.delimiter)
  // Every key yields at least one version, so a page of keys is never short of a page of versions.
  const { entries, truncated } = walk(store.keys(bucket), { ...given, after: keyMarker, skip, max })

  type Row = { readonly entry: Entry; readonly versionId: string | undefined; readonly output: Output }
  const rowsOf = (key: string, from: number): ReadonlyArray<Row> =>
    (bucket.objects.get(key) ?? []).slice(from).map((version, index) => ({
      entry: { _tag: "Name", name: key },
      versionId: version.versionId,
      output: {
        Key: given.encode(key),
        VersionId: version.versionId,
        IsLatest: from + index === 0,
        Owner: owner,
        ...(version.body === undefined
          ? { LastModified: new Date(version.lastModified) }
          : described(version.body, version.lastModified))
      }
    }))
  const rows = [
    ...(passed === -1 ? [] : rowsOf(keyMarker, passed + 1)),
    ...entries.flatMap((entry): ReadonlyArray<Row> =>
      entry._tag === "Prefix" ? [{ entry, versionId: undefined, output: {} }] : rowsOf(entry.name, 0)
    )
  ]
  const page = rows.slice(0, max)
  const more = max > 0 && (truncated || rows.length > max)
  const last = page[page.length - 1]
  const versions = page.filter((row) => row.versionId !== undefined)
  const isObject = (row: Row): boolean => "ETag" in row.output
  return {
    Name: bucket.name,
    ...echoed(given),
    KeyMarker: given.encode(keyMarker),
    VersionIdMarker: versionIdMarker,
    MaxKeys: max,
    IsTruncated: more,
    NextKeyMarker: more && last !== undefined ? given.encode(last.entry.name) : undefined,
    NextVersionIdMarker: more && last !== undefined ? last.versionId : undefined,
    Versions: versions.filter(isObject).map((row) => row.output),
    DeleteMarkers: versions.filter((row) => !isObject(row)).map((row) => row.output),
    ...prefixes(page.map((row) => row.entry), given.encode)
  }
}

export const listMultipartUploads: Operation = (store, input) => {
  const given = request(input)
  const bucket = store.bucket(Read.bucketName(input))
  const max = Read.whole(input, "MaxUploads", 1, 1000) ?? 1000
  const keyMarker = Read.text(input, "KeyMarker") ?? ""
  const idMarker = Read.text(input, "UploadIdMarker")
  const uploads = [...bucket.uploads.values()].sort((a, b) =>
    compareKeys(a.key, b.key) || a.initiated - b.initiated || compareKeys(a.id, b.id)
  )
  const marked = uploads.findIndex((one) => one.key === keyMarker && one.id === idMarker)
  const later = uploads.filter((one, index) => marked === -1 ? compareKeys(one.key, keyMarker) > 0 : index > marked)
  const matching = later.filter((one) => one.key.startsWith(given.prefix))
  const grouped = (key: string): string | undefined => {
    const end = given.delimiter === undefined ? -1 : key.indexOf(given.delimiter, given.prefix.length)
    return end === -1 ? undefined : key.slice(0, end + (given.delimiter?.length ?? 0))
  }
  const single = matching.filter((one) => grouped(one.key) === undefined)
  const groups = [...new Set(matching.flatMap((one) => grouped(one.key) ?? []))]
  const page = single.slice(0, max)
  const last = page[page.length - 1]
  const more = single.length > max
  return {
    Bucket: bucket.name,
    ...echoed(given),
    KeyMarker: given.encode(keyMarker),
    UploadIdMarker: idMarker,
    MaxUploads: max,
    IsTruncated: more,
    NextKeyMarker: more && last !== undefined ? given.encode(last.key) : undefined,
    NextUploadIdMarker: more && last !== undefined ? last.id : undefined,
    Uploads: page.map((one) => ({
      Key: given.encode(one.key),
      UploadId: one.id,
      Initiated: new Date(one.initiated),
      StorageClass: one.headers["StorageClass"] ?? "STANDARD",
      Owner: owner,
      Initiator: owner,
      ChecksumAlgorithm: one.algorithm,
      ChecksumType: one.algorithm === undefined ? undefined : one.type
    })),
    ...(groups.length === 0 ? {} : { CommonPrefixes: groups.map((one) => ({ Prefix: given.encode(one) })) })
  }
}
