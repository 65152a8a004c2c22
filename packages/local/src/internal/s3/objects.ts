/**
 * The operations on single objects: put, get, head, delete, copy, tags, attributes.
 */
import { record, refuse } from "../refusal.js"
import type { Input, Output } from "../refusal.js"
import { compute, hexOf, memberOf } from "./checksum.js"
import type { Algorithm } from "./checksum.js"
import * as Conditions from "./conditions.js"
import { slice } from "./content.js"
import type { Content } from "./content.js"
import * as Read from "./input.js"
import type { Body, Bucket, Checksums, Store, Version } from "./store.js"

type Operation = (store: Store, input: Input) => Output

export const quoted = (etag: string): string => `"${etag}"`

export const checksumMembers = (values: Checksums["values"]): Output =>
  Object.fromEntries([...values].map(([algorithm, value]) => [memberOf(algorithm), value]))

/** What S3 adds when a request states no checksum. */
const fallback: Algorithm = "CRC64NVME"

export const badDigest = (what: string): never =>
  refuse("BadDigest", `The ${what} you specified did not match the calculated checksum.`)

/** Reads the bytes once: verifies what the request states of them, and gives their ETag and checksum. */
export const measure = (
  input: Input,
  content: Content,
  also?: Algorithm
): { readonly etag: string; readonly values: Checksums["values"] } => {
  const stated = Read.checksums(input)
  const wanted = [...stated.keys(), ...(also === undefined ? [] : [also])]
  const kept = wanted.length === 0 ? [fallback] : wanted
  const computed = compute(content, ["MD5", ...kept])
  const md5 = computed.get("MD5") ?? ""
  const contentMd5 = Read.text(input, "ContentMD5")
  if (contentMd5 !== undefined && contentMd5 !== md5) {
    return Buffer.from(contentMd5, "base64").length === 16
      ? refuse("BadDigest", "The Content-MD5 you specified did not match what we received.")
      : refuse("InvalidDigest", "The Content-MD5 you specified is not valid.")
  }
  for (const [algorithm, value] of stated) if (computed.get(algorithm) !== value) badDigest(algorithm)
  return { etag: hexOf(md5), values: new Map(kept.map((one) => [one, computed.get(one) ?? ""])) }
}

const versioned = (versionId: string | undefined): Output => versionId === undefined ? {} : { VersionId: versionId }

const encryption = (headers: Body["headers"]): Output => ({
  ServerSideEncryption: headers["ServerSideEncryption"],
  SSEKMSKeyId: headers["SSEKMSKeyId"],
  BucketKeyEnabled: headers["BucketKeyEnabled"]
})

/** Runs a write; bytes that end up in no object are let go. */
export const keeping = <A>(store: Store, content: Content, write: () => A): A => {
  store.hold(content)
  try {
    return write()
  } finally {
    store.drop(content)
  }
}

export const putObject: Operation = (store, input) => {
  const content = Read.body(input, store.options.contents)
  return keeping(store, content, () => {
    const bucket = store.bucket(Read.bucketName(input))
    const key = Read.key(input)
    const headers = Read.headers(input)
    const tags = Read.tags(input)
    const { etag, values } = measure(input, content)
    Conditions.write(input, store.newest(bucket, key))
    const checksums: Checksums = { type: "FULL_OBJECT", values }
    const versionId = store.push(bucket, key, { content, etag, headers, tags, checksums, parts: [] })
    return {
      ETag: quoted(etag),
      ...checksumMembers(values),
      ChecksumType: checksums.type,
      ...encryption(headers),
      ...versioned(versionId)
    }
  })
}

/** The version that a request means. Refuses as S3 does when there is none, or when it is a delete marker. */
const locate = (
  bucket: Bucket,
  key: string,
  versionId: string | undefined
): { readonly version: Version; readonly body: Body } => {
  const versions = bucket.objects.get(key) ?? []
  const version = versionId === undefined ? versions[0] : versions.find((one) => one.versionId === versionId)
  if (version === undefined) {
    return versionId === undefined
      ? refuse("NoSuchKey", "The specified key does not exist.", 404, { Key: key })
      : refuse("NoSuchVersion", "The specified version does not exist.", 404, { Key: key, VersionId: versionId })
  }
  if (version.body === undefined) {
    const detail = { DeleteMarker: true, VersionId: version.versionId }
    return versionId === undefined
      ? refuse("NoSuchKey", "The specified key does not exist.", 404, { Key: key, ...detail })
      : refuse("MethodNotAllowed", "The specified method is not allowed against this resource.", 405, {
        ...detail,
        LastModified: new Date(version.lastModified)
      })
  }
  return { version, body: version.body }
}

interface Range {
  readonly start: number
  readonly end: number
}

/** What a `Range` header asks for; `undefined` for all of it, which is also what S3 sends for a range that it does not take. */
const rangeOf = (header: string | undefined, size: number): Range | undefined => {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "")
  const [, first = "", last = ""] = match ?? []
  if (match === null || (first === "" && last === "")) return undefined
  const start = first === "" ? Math.max(size - Number(last), 0) : Number(first)
  const end = first === "" || last === "" ? size : Math.min(Number(last) + 1, size)
  if (first !== "" && last !== "" && Number(last) < start) return undefined
  if (start >= size || (first === "" && Number(last) === 0)) {
    return refuse("InvalidRange", "The requested range is not satisfiable", 416, { ActualObjectSize: String(size) })
  }
  return { start, end }
}

const partRange = (body: Body, number: number): Range => {
  if (body.parts.length === 0 && number === 1) return { start: 0, end: body.content.size }
  const size = body.parts[number - 1]
  if (size === undefined) return refuse("InvalidPartNumber", "The requested partnumber is not satisfiable", 416)
  const start = body.parts.slice(0, number - 1).reduce((sum, one) => sum + one, 0)
  return { start, end: start + size }
}

const overrides = [
  "CacheControl",
  "ContentDisposition",
  "ContentEncoding",
  "ContentLanguage",
  "ContentType",
  "Expires"
] as const

/** Everything but the bytes: the answer to HEAD. */
const described = (store: Store, input: Input) => {
  const bucket = store.bucket(Read.bucketName(input))
  const { body, version } = locate(bucket, Read.key(input), Read.text(input, "VersionId"))
  Conditions.read(input, "", version, body)
  const { size } = body.content
  const partNumber = Read.whole(input, "PartNumber", 1, 10_000)
  const header = Read.text(input, "Range")
  if (partNumber !== undefined && header !== undefined) {
    return refuse("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
  }
  const range = partNumber === undefined ? rangeOf(header, size) : partRange(body, partNumber)
  const whole = range === undefined || (range.start === 0 && range.end === size)
  const tagCount = Object.keys(body.tags).length
  const output: Record<string, unknown> = {
    AcceptRanges: "bytes",
    LastModified: new Date(version.lastModified),
    ContentLength: range === undefined ? size : range.end - range.start,
    ETag: quoted(body.etag),
    ...body.headers,
    ...(range === undefined || size === 0 ? {} : { ContentRange: `bytes ${range.start}-${range.end - 1}/${size}` }),
    ...(Read.text(input, "ChecksumMode") === "ENABLED" && whole
      ? { ...checksumMembers(body.checksums.values), ChecksumType: body.checksums.type }
      : {}),
    ...(partNumber === undefined || body.parts.length === 0 ? {} : { PartsCount: body.parts.length }),
    ...(tagCount === 0 ? {} : { TagCount: tagCount }),
    ...versioned(bucket.versioning === undefined ? undefined : version.versionId)
  }
  for (const name of overrides) {
    const value = input[`Response${name}`]
    if (value !== undefined) output[name] = value
  }
  return { output, content: range === undefined ? body.content : slice(body.content, range.start, range.end) }
}

export const getObject: Operation = (store, input) => {
  const { content, output } = described(store, input)
  return { ...output, Body: content }
}

/** HEAD has no body to say in what is missing, so everything missing is `NotFound`. */
export const headObject: Operation = (store, input) => described(store, input).output

const remove = (store: Store, bucket: Bucket, key: string, versionId: string | undefined): Output => {
  if (versionId === undefined) {
    if (bucket.versioning === undefined) {
      store.write(bucket, key, [])
      return {}
    }
    return { DeleteMarker: true, VersionId: store.push(bucket, key, undefined) }
  }
  const versions = bucket.objects.get(key) ?? []
  const removed = versions.find((one) => one.versionId === versionId)
  if (removed !== undefined) store.write(bucket, key, versions.filter((one) => one !== removed))
  return {
    ...(removed !== undefined && removed.body === undefined ? { DeleteMarker: true } : {}),
    VersionId: versionId
  }
}

export const deleteObject: Operation = (store, input) => {
  const bucket = store.bucket(Read.bucketName(input))
  const key = Read.key(input)
  Conditions.write(input, store.newest(bucket, key))
  return remove(store, bucket, key, Read.text(input, "VersionId"))
}

export const deleteObjects: Operation = (store, input) => {
  const bucket = store.bucket(Read.bucketName(input))
  const request = record(input["Delete"])
  const objects = Read.list(request["Objects"]).map(record)
  if (objects.length === 0 || objects.length > 1000) {
    return refuse(
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema"
    )
  }
  const deleted = objects.map((object) => {
    const key = Read.key(object)
    const versionId = Read.text(object, "VersionId")
    const { DeleteMarker, VersionId } = remove(store, bucket, key, versionId)
    return {
      Key: key,
      ...(versionId === undefined ? {} : { VersionId: versionId }),
      ...(DeleteMarker === true ? { DeleteMarker, DeleteMarkerVersionId: VersionId } : {})
    }
  })
  return Read.flag(request, "Quiet") ? {} : { Deleted: deleted }
}

/** The object that `CopySource` names: `bucket/key` or `/bucket/key`, percent-encoded, with `?versionId=`. */
export const copySource = (store: Store, input: Input) => {
  const malformed = () =>
    refuse("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
  const given = Read.text(input, "CopySource") ?? malformed()
  const [path = "", query] = given.split(/\?versionId=/)
  let decoded: string
  try {
    decoded = decodeURIComponent(path.replace(/^\//, ""))
  } catch {
    return malformed()
  }
  const slash = decoded.indexOf("/")
  if (slash < 1 || slash === decoded.length - 1) return malformed()
  const bucket = store.bucket(decoded.slice(0, slash))
  const key = decoded.slice(slash + 1)
  const { body, version } = locate(bucket, key, query)
  Conditions.read(input, "CopySource", version, body)
  return { bucket, key, body, sourceVersion: bucket.versioning === undefined ? undefined : version.versionId }
}

export const copyObject: Operation = (store, input) => {
  const source = copySource(store, input)
  const bucket = store.bucket(Read.bucketName(input))
  const key = Read.key(input)
  const replace = Read.text(input, "MetadataDirective") === "REPLACE"
  const given = Read.headers(input)
  if (
    source.bucket === bucket && source.key === key && !replace && input["StorageClass"] === undefined &&
    Read.text(input, "CopySource")?.includes("?versionId=") !== true
  ) {
    return refuse(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, " +
        "storage class, website redirect location or encryption attributes."
    )
  }
  Conditions.write(input, store.newest(bucket, key))
  const wanted = Read.algorithm(input, "ChecksumAlgorithm")
  const content = source.body.content
  const before = source.body.checksums
  const same = before.type === "FULL_OBJECT" && (wanted === undefined || before.values.has(wanted))
  const measured = source.body.parts.length === 0 && same
    ? { etag: source.body.etag, values: before.values }
    : measure({}, content, wanted ?? [...before.values.keys()][0])
  const headers = replace
    ? given
    : {
      ...source.body.headers,
      ...(input["StorageClass"] === undefined ? {} : { StorageClass: input["StorageClass"] })
    }
  const tags = Read.text(input, "TaggingDirective") === "REPLACE" ? Read.tags(input) : source.body.tags
  const versionId = store.push(bucket, key, {
    content,
    etag: measured.etag,
    headers,
    tags,
    checksums: { type: "FULL_OBJECT", values: measured.values },
    parts: []
  })
  return {
    CopyObjectResult: {
      ETag: quoted(measured.etag),
      LastModified: new Date(store.second()),
      ChecksumType: "FULL_OBJECT",
      ...checksumMembers(measured.values)
    },
    CopySourceVersionId: source.sourceVersion,
    ...encryption(headers),
    ...versioned(versionId)
  }
}

/** Replaces the tags of one version. */
const retag = (store: Store, input: Input, tags: Body["tags"]): Output => {
  const bucket = store.bucket(Read.bucketName(input))
  const key = Read.key(input)
  const { body, version } = locate(bucket, key, Read.text(input, "VersionId"))
  const versions = bucket.objects.get(key) ?? []
  store.write(bucket, key, versions.map((one) => one === version ? { ...version, body: { ...body, tags } } : one))
  return versioned(bucket.versioning === undefined ? undefined : version.versionId)
}

export const putObjectTagging: Operation = (store, input) => {
  const pairs = Read.list(record(input["Tagging"])["TagSet"]).map(record).map((tag) =>
    [Read.text(tag, "Key") ?? "", Read.text(tag, "Value") ?? ""] as const
  )
  return retag(store, input, Read.checkedTags(pairs))
}

export const deleteObjectTagging: Operation = (store, input) => retag(store, input, {})

export const getObjectTagging: Operation = (store, input) => {
  const bucket = store.bucket(Read.bucketName(input))
  const { body, version } = locate(bucket, Read.key(input), Read.text(input, "VersionId"))
  return {
    TagSet: Object.entries(body.tags).map(([Key, Value]) => ({ Key, Value })),
    ...versioned(bucket.versioning === undefined ? undefined : version.versionId)
  }
}

export const getObjectAttributes: Operation = (store, input) => {
  const bucket = store.bucket(Read.bucketName(input))
  const { body, version } = locate(bucket, Read.key(input), Read.text(input, "VersionId"))
  const all: Output = {
    ETag: body.etag,
    Checksum: { ...checksumMembers(body.checksums.values), ChecksumType: body.checksums.type },
    ObjectSize: body.content.size,
    StorageClass: body.headers["StorageClass"] ?? "STANDARD",
    ObjectParts: body.parts.length === 0 ? undefined : { TotalPartsCount: body.parts.length }
  }
  const asked = Read.list(input["ObjectAttributes"])
  return {
    ...Object.fromEntries(Object.entries(all).filter(([name]) => asked.includes(name))),
    LastModified: new Date(version.lastModified),
    ...versioned(bucket.versioning === undefined ? undefined : version.versionId)
  }
}
