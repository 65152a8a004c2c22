/** Downloads: an object in ranges, several at a time, each written to its place in a file that gets its name at the end. */
import { fieldsOf } from "@armature/aws/AwsException"
import { InvalidResponseException, ServiceException, ValidationException } from "@armature/aws/Exceptions"
import { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { S3 } from "../S3.js"
import { ChecksumMismatch } from "../S3Exception.js"
import type { DownloadError, DownloadInput, DownloadOptions, DownloadOutput } from "../S3File.js"
import * as Bytes from "./bytes.js"
import { beside } from "./file.js"
import * as Partial from "./partial.js"
import { planned } from "./plan.js"

const minRange = 1024

const facts = (input: DownloadInput) => ({ service: "S3", operation: "GetObject", resource: input.Bucket })

export const download = (
  input: DownloadInput,
  path: string,
  options: DownloadOptions = {}
): Effect.Effect<DownloadOutput, DownloadError, S3 | FileSystem> =>
  Effect.scoped(downloading(input, path, options)).pipe(
    // only IfNoneMatch and IfModifiedSince are answered so, and there is none of them
    Effect.catchTag("NotModified", (e) => Effect.fail(new ServiceException(fieldsOf(e))))
  )

const downloading = (input: DownloadInput, path: string, options: DownloadOptions) =>
  Effect.gen(function*() {
    const s3 = yield* S3
    const fs = yield* FileSystem
    const head = yield* s3.headObject({ ...input, ChecksumMode: "ENABLED" })
    const { ContentLength: length, ETag } = head
    if (length === undefined || ETag === undefined) {
      return yield* new InvalidResponseException({ ...facts(input), operation: "HeadObject", retryable: true })
    }
    const { concurrency, partSize } = yield* planned(options, length, minRange, (reason) =>
      new ValidationException({ ...facts(input), reason }))
    const object: Partial.ObjectFacts = { ETag, length, partSize }
    const file = options.resume === true ? `${path}.part` : yield* beside(path)
    const log = options.resume === true ? `${path}.part.log` : undefined
    const there = log === undefined ? Partial.nothing : yield* Partial.resumed(fs, file, log, object)
    if (there.size === 0) {
      yield* Partial.begin(fs, file, log, object)
    }

    const checksums = new Map(there)
    let transferred = [...there.values()].reduce((sum, range) =>
      sum + range.length, 0)
    const resumed = transferred
    const told = Effect.suspend(() =>
      options.onProgress?.({ transferred, total: length }) ?? Effect.void
    )
    if (resumed > 0) yield* told

    const fetched = (index: number) =>
      Effect.gen(function*() {
        const { end, start } = Partial.rangeOf(object, index)
        const { Body } = yield* s3.getObject.bytes({ ...input, IfMatch: ETag, Range: `bytes=${start}-${end - 1}` })
        // a server that knows no ranges
        if (Body.length !== end - start) return yield* new InvalidResponseException(facts(input))
        yield* Partial.write(fs, file, start, Body)
        const checksum = Bytes.checksum(Body)
        if (log !== undefined) yield* Partial.note(fs, log, index, checksum)
        checksums.set(index, checksum)
        transferred += Body.length
        yield* told
      })
    const indexes = Array.from({ length: Partial.countOf(object) }, (_, index) => index)
    yield* Effect.forEach(indexes.filter((index) => !there.has(index)), fetched, { concurrency, discard: true })

    const verified = head.ChecksumType === "FULL_OBJECT" && head.ChecksumCRC32 !== undefined
    const whole = indexes.reduce((sum, index) => Bytes.joined(sum, checksums.get(index) ?? Bytes.none), Bytes.none)
    if (verified && Bytes.base64(whole) !== head.ChecksumCRC32) {
      // nobody can tell which of them is wrong
      yield* Partial.forget(fs, file, log)
      return yield* new ChecksumMismatch({ ...facts(input), retryable: true })
    }
    yield* fs.rename(file, path)
    if (log !== undefined) yield* fs.remove(log, { force: true })
    return { ETag, VersionId: head.VersionId, ContentLength: length, resumed, verified }
  })
