import type {
  AccessDeniedException,
  ConfigurationException,
  ConnectionException,
  CredentialsException,
  InvalidResponseException,
  SerializationException,
  ServiceException,
  ServiceUnavailableException,
  ThrottlingException,
  ValidationException,
  WriteOutcomeUnknownException
} from "@armature/aws/Exceptions"
import type * as S3 from "@armature/s3/S3"
import type * as E from "@armature/s3/S3Exception"
import * as S3File from "@armature/s3/S3File"
import * as S3Upload from "@armature/s3/S3Upload"
import type * as Sdk from "@aws-sdk/client-s3"
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { describe, expect, it } from "tstyche"

declare const s3: S3.S3.Service
declare const failing: Stream.Stream<Uint8Array, "failure", "need">
declare const needing: Schema.Schema<number, string, "need">

type Any =
  | AccessDeniedException
  | ConfigurationException
  | ConnectionException
  | CredentialsException
  | ServiceException
  | ThrottlingException
  | ValidationException
type Read = Any | InvalidResponseException | ServiceUnavailableException
type Write = Any | WriteOutcomeUnknownException
type Get = Read | E.InvalidObjectState | E.NoSuchBucket | E.NoSuchKey | E.NoSuchVersion
type Body = ConnectionException | E.ChecksumMismatch
type Put = Write | E.ChecksumMismatch | E.NoSuchBucket
type Upload = Put | E.NoSuchUpload
type IfWrite = E.ConditionalRequestConflict | E.NoSuchKey | E.PreconditionFailed
type IfRead = E.NotModified | E.PreconditionFailed

const object = { Bucket: "b", Key: "k" }

describe("an upload", () => {
  it("fails with what its requests, its condition and its body fail with", () => {
    expect(S3Upload.upload({ ...object, Body: "x" })).type.toBe<
      Effect.Effect<S3Upload.UploadOutput, Upload, S3.S3>
    >()
    expect(S3Upload.upload({ ...object, Body: new Uint8Array(), IfNoneMatch: "*" })).type.toBe<
      Effect.Effect<S3Upload.UploadOutput, Upload | IfWrite, S3.S3>
    >()
    expect(S3Upload.upload({ ...object, Body: failing }, { concurrency: 2 })).type.toBe<
      Effect.Effect<S3Upload.UploadOutput, Upload | "failure", S3.S3 | "need">
    >()
  })

  it("takes nothing that it could not honour", () => {
    expect(S3Upload.upload).type.not.toBeCallableWith({ ...object })
    expect(S3Upload.upload).type.not.toBeCallableWith({ ...object, Body: "x", ChecksumSHA256: "x" })
    expect(S3Upload.upload).type.not.toBeCallableWith({ ...object, Body: "x", ContentMD5: "x" })
  })
})

describe("files", () => {
  it("bring the file system, and what it fails with", () => {
    expect(S3File.upload(object, "path")).type.toBe<
      Effect.Effect<S3Upload.UploadOutput, Upload | PlatformError, S3.S3 | FileSystem>
    >()
    expect(S3File.putObject({ ...object, IfNoneMatch: "*" }, "path")).type.toBe<
      Effect.Effect<Sdk.PutObjectCommandOutput, Put | IfWrite | PlatformError, S3.S3 | FileSystem>
    >()
    expect(S3File.getObject(object, "path")).type.toBe<
      Effect.Effect<S3File.GetObjectOutput, Get | Body | PlatformError, S3.S3 | FileSystem>
    >()
    expect(S3File.getObject({ ...object, IfNoneMatch: "e" }, "path")).type.toBe<
      Effect.Effect<S3File.GetObjectOutput, Get | Body | IfRead | PlatformError, S3.S3 | FileSystem>
    >()
    expect(S3File.download(object, "path")).type.toBe<
      Effect.Effect<
        S3File.DownloadOutput,
        Get | Body | E.PreconditionFailed | PlatformError,
        S3.S3 | FileSystem
      >
    >()
    expect(S3File.download).type.not.toBeCallableWith({ ...object, Range: "bytes=0-1" }, "path")
    expect(S3File.putObject).type.not.toBeCallableWith({ ...object, Body: "x" }, "path")
  })
})

describe("JSON", () => {
  it("by a schema has its type, and brings what it needs", () => {
    expect(s3.getObject.json(object, needing)).type.toBe<
      Effect.Effect<S3.S3.WithBody<number>, Get | Body | SerializationException, "need">
    >()
    expect(s3.getObject.json({ ...object, IfMatch: "e" }, Schema.String)).type.toBe<
      Effect.Effect<S3.S3.WithBody<string>, Get | Body | IfRead | SerializationException>
    >()
  })
})

describe("lists", () => {
  it("are streams with the failures of a page", () => {
    expect(s3.listBuckets.buckets()).type.toBe<Stream.Stream<Sdk.Bucket, Read>>()
    expect(s3.listMultipartUploads.uploads({ Bucket: "b" })).type.toBe<
      Stream.Stream<Sdk.MultipartUpload, Read | E.NoSuchBucket>
    >()
    expect(s3.listParts.parts({ ...object, UploadId: "u" })).type.toBe<
      Stream.Stream<Sdk.Part, Read | E.NoSuchBucket | E.NoSuchUpload>
    >()
    expect(s3.listObjectVersions.pages({ Bucket: "b" })).type.toBe<
      Stream.Stream<Sdk.ListObjectVersionsCommandOutput, Read | E.NoSuchBucket>
    >()
  })
})
