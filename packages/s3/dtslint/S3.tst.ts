import type {
  AccessDeniedException,
  ConfigurationException,
  ConnectionException,
  CredentialsException,
  InvalidResponseException,
  LimitExceededException,
  ResourceInUseException,
  ServiceException,
  ServiceUnavailableException,
  ThrottlingException,
  ValidationException,
  WriteOutcomeUnknownException
} from "@armature/aws/Exceptions"
import * as S3 from "@armature/s3/S3"
import type * as E from "@armature/s3/S3Exception"
import type * as Sdk from "@aws-sdk/client-s3"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { describe, expect, it } from "tstyche"

declare const s3: S3.S3.Service
declare const bytes: Stream.Stream<Uint8Array>
declare const failing: Stream.Stream<Uint8Array, "failure", "need">

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
type Put = Write | E.ChecksumMismatch | E.NoSuchBucket
type IfRead = E.NotModified | E.PreconditionFailed
type IfWrite = E.ConditionalRequestConflict | E.NoSuchKey | E.PreconditionFailed
type Body = ConnectionException | E.ChecksumMismatch

const object = { Bucket: "b", Key: "k" }
const upload = { ...object, UploadId: "u" }

describe("a failure of a condition is there with a condition only", () => {
  it("of reads", () => {
    expect(s3.headObject(object)).type.toBe<
      Effect.Effect<Sdk.HeadObjectCommandOutput, Read | E.NoSuchKey | E.NoSuchVersion>
    >()
    expect(s3.headObject({ ...object, IfMatch: "e" })).type.toBe<
      Effect.Effect<Sdk.HeadObjectCommandOutput, Read | E.NoSuchKey | E.NoSuchVersion | IfRead>
    >()
    expect(s3.getObject.bytes(object)).type.toBe<Effect.Effect<S3.S3.WithBody<Uint8Array>, Get | Body>>()
    expect(s3.getObject.text({ ...object, IfNoneMatch: "e" })).type.toBe<
      Effect.Effect<S3.S3.WithBody<string>, Get | Body | IfRead>
    >()
  })

  it("of writes", () => {
    expect(s3.putObject({ ...object, Body: "x" })).type.toBe<Effect.Effect<Sdk.PutObjectCommandOutput, Put>>()
    expect(s3.putObject({ ...object, IfNoneMatch: undefined })).type.toBe<
      Effect.Effect<Sdk.PutObjectCommandOutput, Put>
    >()
    expect(s3.putObject({ ...object, IfNoneMatch: "*" })).type.toBe<
      Effect.Effect<Sdk.PutObjectCommandOutput, Put | IfWrite>
    >()
    expect(s3.deleteObject(object)).type.toBe<
      Effect.Effect<Sdk.DeleteObjectCommandOutput, Write | E.NoSuchBucket>
    >()
    expect(s3.deleteObject({ ...object, IfMatch: "e" })).type.toBe<
      Effect.Effect<Sdk.DeleteObjectCommandOutput, Write | E.NoSuchBucket | IfWrite>
    >()
    expect(s3.completeMultipartUpload(upload)).type.toBe<
      Effect.Effect<
        Sdk.CompleteMultipartUploadCommandOutput,
        Write | E.ChecksumMismatch | E.NoSuchBucket | E.NoSuchUpload
      >
    >()
    expect(s3.copyObject({ ...object, CopySource: "b/k" })).type.toBe<
      Effect.Effect<
        Sdk.CopyObjectCommandOutput,
        Write | E.InvalidObjectState | E.NoSuchBucket | E.NoSuchKey | E.NoSuchVersion
      >
    >()
    expect(s3.copyObject({ ...object, CopySource: "b/k", CopySourceIfMatch: "e" })).type.toBe<
      Effect.Effect<
        Sdk.CopyObjectCommandOutput,
        | Write
        | E.ConditionalRequestConflict
        | E.InvalidObjectState
        | E.NoSuchBucket
        | E.NoSuchKey
        | E.NoSuchVersion
        | E.PreconditionFailed
      >
    >()
  })
})

describe("bodies", () => {
  it("that are read belong to a scope, and fail by themselves", () => {
    expect(s3.getObject(object)).type.toBe<Effect.Effect<S3.S3.GetObjectOutput, Get, Scope.Scope>>()
    expect<S3.S3.GetObjectOutput["Body"]>().type.toBe<Stream.Stream<Uint8Array, Body>>()
  })

  it("that are streams bring what they fail with and need", () => {
    expect(s3.putObject({ ...object, Body: bytes, ContentLength: 1 })).type.toBe<
      Effect.Effect<Sdk.PutObjectCommandOutput, Put>
    >()
    expect(s3.putObject({ ...object, Body: failing, ContentLength: 1 })).type.toBe<
      Effect.Effect<Sdk.PutObjectCommandOutput, Put | "failure", "need">
    >()
    expect(s3.uploadPart({ ...upload, PartNumber: 1, Body: failing, ContentLength: 1 })).type.toBe<
      Effect.Effect<Sdk.UploadPartCommandOutput, Put | E.NoSuchUpload | "failure", "need">
    >()
  })

  it("that are streams need their length", () => {
    expect(s3.putObject).type.not.toBeCallableWith({ ...object, Body: bytes })
  })
})

describe("inputs", () => {
  it("have no members that S3 does not know", () => {
    expect(s3.putObject).type.not.toBeCallableWith({ ...object, IfNonMatch: "*" })
    expect(s3.headObject).type.not.toBeCallableWith({ ...object, Ifmatch: "e" })
  })
})

describe("the other operations have their own closed unions", () => {
  it("lists", () => {
    expect(s3.listObjectsV2({ Bucket: "b" })).type.toBe<
      Effect.Effect<Sdk.ListObjectsV2CommandOutput, Read | E.NoSuchBucket>
    >()
    expect(s3.listObjectsV2.objects({ Bucket: "b" })).type.toBe<Stream.Stream<Sdk._Object, Read | E.NoSuchBucket>>()
    expect(s3.listObjectVersions({ Bucket: "b" })).type.toBe<
      Effect.Effect<Sdk.ListObjectVersionsCommandOutput, Read | E.NoSuchBucket>
    >()
    expect(s3.listParts(upload)).type.toBe<
      Effect.Effect<Sdk.ListPartsCommandOutput, Read | E.NoSuchBucket | E.NoSuchUpload>
    >()
    expect(s3.ping).type.toBe<Effect.Effect<void, Read>>()
  })

  it("buckets", () => {
    expect(s3.createBucket({ Bucket: "b" })).type.toBe<
      Effect.Effect<
        Sdk.CreateBucketCommandOutput,
        Write | E.ConditionalRequestConflict | LimitExceededException | ResourceInUseException
      >
    >()
    expect(s3.deleteBucket({ Bucket: "b" })).type.toBe<
      Effect.Effect<
        Sdk.DeleteBucketCommandOutput,
        Write | E.BucketNotEmpty | E.ConditionalRequestConflict | E.NoSuchBucket
      >
    >()
    expect(s3.headBucket({ Bucket: "b" })).type.toBe<
      Effect.Effect<Sdk.HeadBucketCommandOutput, Read | E.NoSuchBucket>
    >()
  })

  it("URLs", () => {
    expect(s3.presignGetObject(object, { expiresIn: "1 hour" })).type.toBe<
      Effect.Effect<string, ConfigurationException | CredentialsException | ServiceException | ValidationException>
    >()
  })
})

describe("layers", () => {
  it("say what can go wrong while they are built", () => {
    expect(S3.layer()).type.toBe<Layer.Layer<S3.S3, ConfigurationException>>()
    expect(S3.layerConfig({ region: Config.string("REGION") })).type.toBe<
      Layer.Layer<S3.S3, ConfigError | ConfigurationException>
    >()
    expect(S3.layerTransport).type.toBe<Layer.Layer<S3.S3, never, S3.S3Transport>>()
    expect(S3.layerFake({})).type.toBe<Layer.Layer<S3.S3>>()
  })
})
