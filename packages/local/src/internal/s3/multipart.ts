/**
 * Uploads in parts.
 */
import { record, refuse } from "../refusal.js"
import type { Input, Output } from "../refusal.js"
import { composite, compute } from "./checksum.js"
import type { Algorithm } from "./checksum.js"
import * as Conditions from "./conditions.js"
import * as Content from "./content.js"
import * as Read from "./input.js"
import { badDigest, checksumMembers, copySource, keeping, measure, quoted } from "./objects.js"
import type { Bucket, Checksums, Part, Store, Upload } from "./store.js"

type Operation = (store: Store, input: Input) => Output

const minPart = 5 * 1024 * 1024
const maxParts = 10_000

const find = (store: Store, input: Input): { readonly bucket: Bucket; readonly upload: Upload } => {
  const bucket = store.bucket(Read.bucketName(input))
  const key = Read.key(input)
  const id = Read.text(input, "UploadId") ?? ""
  const upload = bucket.uploads.get(id)
  return upload !== undefined && upload.key === key
    ? { bucket, upload }
    : refuse(
      "NoSuchUpload",
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      404,
      { UploadId: id }
    )
}

export const createMultipartUpload: Operation = (store, input) => {
  const bucket = store.bucket(Read.bucketName(input))
  const key = Read.key(input)
  const algorithm = Read.algorithm(input, "ChecksumAlgorithm")
  const type = Read.text(input, "ChecksumType")
  if (
    type !== undefined &&
    (algorithm === undefined || (type === "COMPOSITE" && algorithm === "CRC64NVME") ||
      (type === "FULL_OBJECT" && !algorithm.startsWith("CRC")))
  ) {
    return refuse(
      "InvalidRequest",
      `The ${type} checksum type cannot be used with the ${algorithm ?? "absent"} checksum algorithm.`
    )
  }
  const upload: Upload = {
    id: store.newId(64),
    key,
    initiated: store.second(),
    headers: Read.headers(input),
    tags: Read.tags(input),
    algorithm,
    type: type === "FULL_OBJECT" || algorithm === undefined || algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE",
    parts: new Map()
  }
  store.putUpload(bucket, upload)
  return {
    Bucket: bucket.name,
    Key: key,
    UploadId: upload.id,
    ...(algorithm === undefined ? {} : { ChecksumAlgorithm: algorithm, ChecksumType: upload.type })
  }
}

const partNumber = (input: Input): number => {
  const number = Read.whole(input, "PartNumber", 1, maxParts + 1) ?? 0
  return number >= 1 && number <= maxParts
    ? number
    : refuse("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
}

const addPart = (store: Store, input: Input, content: Content.Content): Part => {
  const { bucket, upload } = find(store, input)
  const number = partNumber(input)
  const stated = [...Read.checksums(input).keys()][0]
  if (stated !== undefined && upload.algorithm !== undefined && stated !== upload.algorithm) {
    return refuse(
      "InvalidRequest",
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm}, actual checksum Type: ${stated}`
    )
  }
  const { etag, values } = measure(input, content, upload.algorithm)
  const part: Part = { number, content, etag, lastModified: store.second(), checksums: values }
  store.putUpload(bucket, upload, part)
  return part
}

export const uploadPart: Operation = (store, input) => {
  const content = Read.body(input, store.options.contents)
  return keeping(store, content, () => {
    const part = addPart(store, input, content)
    return { ETag: quoted(part.etag), ...checksumMembers(part.checksums), ServerSideEncryption: "AES256" }
  })
}

/** The bytes of `CopySourceRange`, copied: the source may go before the upload is completed. */
const copied = (store: Store, source: Content.Content, range: string | undefined): Content.Content => {
  if (range === undefined) return source
  const match = /^bytes=(\d+)-(\d+)$/.exec(range)
  const start = Number(match?.[1])
  const end = Number(match?.[2]) + 1
  if (match === null || start >= end || end > source.size) {
    return refuse(
      "InvalidArgument",
      `The x-amz-copy-source-range value must be of the form bytes=first-last and lie in the source.`
    )
  }
  const writer = store.options.contents.writer()
  for (const piece of Content.read(source, start, end)) writer.write(piece)
  return writer.end()
}

export const uploadPartCopy: Operation = (store, input) => {
  const source = copySource(store, input)
  const content = copied(store, source.body.content, Read.text(input, "CopySourceRange"))
  return keeping(store, content, () => {
    const part = addPart(store, input, content)
    return {
      CopySourceVersionId: source.sourceVersion,
      CopyPartResult: {
        ETag: quoted(part.etag),
        LastModified: new Date(part.lastModified),
        ...checksumMembers(part.checksums)
      }
    }
  })
}

/** The parts that the request lists, each checked against what was uploaded. */
const listed = (input: Input, upload: Upload): ReadonlyArray<Part> => {
  const given = Read.list(record(input["MultipartUpload"])["Parts"]).map(record)
  if (given.length === 0) {
    return refuse(
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema"
    )
  }
  const invalid = () =>
    refuse(
      "InvalidPart",
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag " +
        "may not match the part's entity tag."
    )
  const numbers = given.map(partNumber)
  if (numbers.some((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0))) {
    return refuse(
      "InvalidPartOrder",
      "The list of parts was not in ascending order. Parts must be ordered by part number."
    )
  }
  return given.map((one, index) => {
    const number = numbers[index] ?? 0
    const part = upload.parts.get(number)
    const etag = Read.text(one, "ETag")
    if (part === undefined || (etag !== undefined && Read.unquoted(etag) !== part.etag)) return invalid()
    for (const [algorithm, value] of Read.checksums(one)) if (part.checksums.get(algorithm) !== value) return invalid()
    if (index < given.length - 1 && part.content.size < minPart) {
      return refuse("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400, {
        PartNumber: String(number)
      })
    }
    return part
  })
}

const checksumsOf = (upload: Upload, parts: ReadonlyArray<Part>, content: Content.Content): Checksums => {
  const algorithm: Algorithm = upload.algorithm ?? "CRC64NVME"
  return upload.type === "COMPOSITE"
    ? {
      type: "COMPOSITE",
      values: new Map([[algorithm, composite(algorithm, parts.map((one) => one.checksums.get(algorithm) ?? ""))]])
    }
    : { type: "FULL_OBJECT", values: compute(content, [algorithm]) }
}

export const completeMultipartUpload: Operation = (store, input) => {
  const { bucket, upload } = find(store, input)
  const parts = listed(input, upload)
  const content = Content.concat(parts.map((one) => one.content))
  const size = Read.whole(input, "MpuObjectSize", 0, Number.MAX_SAFE_INTEGER)
  if (size !== undefined && size !== content.size) {
    return refuse("InvalidRequest", "The provided 'x-amz-mp-object-size' header does not match what was computed.")
  }
  const checksums = checksumsOf(upload, parts, content)
  for (const [algorithm, value] of Read.checksums(input)) {
    // A composite checksum is given with or without the number of parts.
    const computed = checksums.values.get(algorithm)
    if (computed !== value && computed?.split("-")[0] !== value) return badDigest(algorithm)
  }
  Conditions.write(input, store.newest(bucket, upload.key))
  const md5s = parts.map((one) => Buffer.from(one.etag, "hex").toString("base64"))
  const [digest = "", count = ""] = composite("MD5", md5s).split("-")
  const etag = `${Buffer.from(digest, "base64").toString("hex")}-${count}`
  const versionId = store.push(bucket, upload.key, {
    content,
    etag,
    headers: upload.headers,
    tags: upload.tags,
    checksums,
    parts: parts.map((one) => one.content.size)
  })
  store.removeUpload(bucket, upload)
  return {
    Location: `https://${bucket.name}.s3.${bucket.region}.amazonaws.com/${encodeURIComponent(upload.key)}`,
    Bucket: bucket.name,
    Key: upload.key,
    ETag: quoted(etag),
    ...checksumMembers(checksums.values),
    ChecksumType: checksums.type,
    ServerSideEncryption: upload.headers["ServerSideEncryption"],
    ...(versionId === undefined ? {} : { VersionId: versionId })
  }
}

export const abortMultipartUpload: Operation = (store, input) => {
  const { bucket, upload } = find(store, input)
  store.removeUpload(bucket, upload)
  return {}
}

export const listParts: Operation = (store, input) => {
  const { bucket, upload } = find(store, input)
  const max = Read.whole(input, "MaxParts", 1, 1000) ?? 1000
  const marker = Number(Read.text(input, "PartNumberMarker") ?? 0)
  if (!Number.isInteger(marker)) return refuse("InvalidArgument", "Argument part-number-marker must be an integer")
  const later = [...upload.parts.values()].filter((one) => one.number > marker).sort((a, b) => a.number - b.number)
  const page = later.slice(0, max)
  const last = page[page.length - 1]
  return {
    Bucket: bucket.name,
    Key: upload.key,
    UploadId: upload.id,
    PartNumberMarker: String(marker),
    ...(later.length > max && last !== undefined ? { NextPartNumberMarker: String(last.number) } : {}),
    MaxParts: max,
    IsTruncated: later.length > max,
    StorageClass: upload.headers["StorageClass"] ?? "STANDARD",
    ...(upload.algorithm === undefined ? {} : { ChecksumAlgorithm: upload.algorithm, ChecksumType: upload.type }),
    Parts: page.map((part) => ({
      PartNumber: part.number,
      LastModified: new Date(part.lastModified),
      ETag: quoted(part.etag),
      Size: part.content.size,
      ...checksumMembers(part.checksums)
    }))
  }
}
